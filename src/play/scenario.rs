//! What a play is to do when the world does this: scenarios.

use serde::{Deserialize, Serialize};

use crate::base::{Dur, NodeId};

/// A test of a play, kept beside what it tests. A run knows nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    pub name: String,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// What the snap gets; null without one.
    Input(Given),
    Mock(Mock),
    Signal(SentSignal),
    Expect(Expect),
}

/// A value as it is written: JSON, which may leave out the quotes of its keys, or an expression in parentheses.
///
/// Without spaces at its ends; in parentheses also none just inside of them. Its brackets are balanced and its strings
/// closed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Given(pub String);

impl Given {
    /// The source of the expression, if it is one in parentheses.
    pub fn expr(&self) -> Option<&str> {
        self.0.strip_prefix('(')?.strip_suffix(')')
    }

    /// What CEL makes the same value of: an expression, or a value that is one as it stands.
    pub fn source(&self) -> &str {
        self.expr().unwrap_or(&self.0)
    }
}

/// What a node's target does instead of being called. At least one of the first three says something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mock {
    pub node: NodeId,
    /// Until a worker is ready: for a `wait-for-worker`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Dur>,
    /// From the call to the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<Dur>,
    #[serde(default, skip_serializing_if = "Gives::is_own")]
    pub gives: Gives,
    /// For so many attempts; then comes the next of the node's, or its own method. All that are left without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gives {
    /// What its method gives.
    #[default]
    Own,
    /// An expression sees what was sent as `ball`.
    Answer(Given),
    /// `CODE`, `CODE: message`, or a message alone.
    Failure(String),
}

impl Gives {
    pub const fn is_own(&self) -> bool {
        matches!(self, Self::Own)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentSignal {
    pub to: SignalTo,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Given>,
    /// From the start of the run; without it, as soon as a ball waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Dur>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignalTo {
    /// The signal that this `wait-for-signal` waits for.
    Node(NodeId),
    /// The signal of that name.
    Name(String),
}

/// What has to be so when nothing more can happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// The run ended by a pass, by this one.
    Pass(Option<NodeId>),
    /// The run failed: at that node, with that code or a message that holds this.
    Fail { node: Option<NodeId>, said: Option<String> },
    /// The run's result is that value, or that is true of it.
    Result(Given),
    /// A ball came to the node: at least one, or so many.
    Visited { node: NodeId, times: Option<u32> },
    /// No ball came to the node.
    Not(NodeId),
    /// The node's target was sent that value, or that is true of what it was sent, at least once.
    Sent { node: NodeId, value: Given },
    /// The run took no longer.
    Within(Dur),
    /// The run is not over, and a ball waits at the node.
    Parked(NodeId),
}

impl Step {
    /// The node that it names.
    pub const fn node(&self) -> Option<&NodeId> {
        match self {
            Self::Mock(Mock { node, .. })
            | Self::Signal(SentSignal { to: SignalTo::Node(node), .. })
            | Self::Expect(
                Expect::Pass(Some(node))
                | Expect::Fail { node: Some(node), .. }
                | Expect::Visited { node, .. }
                | Expect::Not(node)
                | Expect::Sent { node, .. }
                | Expect::Parked(node),
            ) => Some(node),
            _ => None,
        }
    }

    /// The value that it gives.
    pub const fn given(&self) -> Option<&Given> {
        match self {
            Self::Input(given)
            | Self::Mock(Mock { gives: Gives::Answer(given), .. })
            | Self::Signal(SentSignal { payload: Some(given), .. })
            | Self::Expect(Expect::Result(given) | Expect::Sent { value: given, .. }) => Some(given),
            _ => None,
        }
    }
}
