//! What a gesture on the canvas or in the inspector does to the document: from names to [`Edit`]s.
//!
//! Every function looks at one play and gives the edits in the order in which they are to be applied, or a refusal
//! that says what to do instead. Statements that a gesture does not need to touch are never part of an edit. The
//! wires out of a node keep their order: it is what `one` and guards go by.
//!
//! Must never: change a document itself. Only [`inline()`] rewrites expressions. Start reading at [`At`], then `draft`;
//! gestures of several steps are [`Steps`].

mod bind;
mod draft;
mod extract;
mod field;
mod flow;
mod frame;
mod inline;
mod node;
mod note;
mod part;
mod paste;
mod rewire;
mod share;
mod steps;
mod whole;
mod wire;

use crate::base::NodeId;
use crate::play::doc::Play;
use crate::play::{Document, Edit, Graph};

pub use bind::{add_formation, bind, rebind, remove_bind};
pub use extract::{extract, suggested_name};
pub use field::{NodeField, PlayField};
pub use inline::inline;
pub use node::{fresh_id, palette};
pub use part::{Moved, Regrouped};
pub use share::CANARY;
pub use steps::Steps;

/// A play of a document, with its graph: what every gesture is made on.
#[derive(Clone, Copy, Debug)]
pub struct At<'d> {
    pub item: usize,
    pub play: &'d Play,
    /// Of that very play.
    pub graph: &'d Graph,
}

/// Where a wire leaves a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outlet {
    Out,
    Error,
    Timeout,
}

/// A gesture that cannot be done, with what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no node '{0}' any more: select it again")]
    NoNode(NodeId),
    #[error("that wire is gone: select it again")]
    NoWire,
    #[error("there is no frame '{0}' any more: select it again")]
    NoFrame(String),
    #[error("that note is gone: select it again")]
    NoNote,
    #[error("there is a '{0}' already: choose another name")]
    Taken(String),
    #[error("'{0}' is not a name: start with a letter, go on with letters, digits, '_' or '-'")]
    BadName(String),
    #[error("{0}")]
    BadValue(String),
    #[error("'{from}' leads to '{to}' already")]
    WiredAlready { from: NodeId, to: NodeId },
    #[error("a pass ends the run, so nothing follows '{0}': wire out of another node")]
    AfterPass(NodeId),
    #[error("a run starts at '{0}', so nothing leads to it: wire to the node after it")]
    BeforeSnap(NodeId),
    #[error("'{node}' has its wire for {what} already: drag the end of that one")]
    SecondOutlet { node: NodeId, what: &'static str },
    #[error("there is no formation '{0}' any more")]
    NoFormation(String),
}

/// In the order in which they are to be applied.
pub type Edits = Result<Vec<Edit>, Refusal>;

impl<'d> At<'d> {
    /// `None` if item `item` is no play.
    pub fn new(doc: &'d Document, item: usize, graph: &'d Graph) -> Option<Self> {
        doc.play(item).map(|play| Self { item, play, graph })
    }

    fn find(self, id: &str) -> Result<u32, Refusal> {
        self.graph.find(id).ok_or_else(|| Refusal::NoNode(id.into()))
    }
}

#[cfg(test)]
mod tests;
