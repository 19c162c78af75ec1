//! The events of a run: the only record of what happened, and what every view is a fold over.
//!
//! Events name nodes by id, so that a journal opens without the play that it ran. Fields are only ever added, with
//! a default. Must never: decide anything, read a clock. Start reading at [`Event`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod child;
mod failure;
mod headers;
mod payload;
mod trace;
mod words;

use serde::{Deserialize, Serialize};

pub use child::{child_run, named_run};
pub use failure::{Detail, Failure};
pub use headers::{Answer, Headers, MAX_HEADER_BYTES, MAX_HEADERS};
pub use payload::{OpaquePayload, Payload, Size, unread};
pub use trace::{TraceContext, span_id};
pub use words::{outcome_words, tame, words};

use crate::base::{BallId, Coord, GroupId, NodeId, RunId, RunMicros};

/// An event with its place in the run. `seq` counts up from 0 without gaps; `at` never goes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    pub seq: u64,
    pub at: RunMicros,
    pub event: Event,
}

/// What happened. A ball's fate is always one of: moved, split, joined, parked, passed, lost, cancelled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Always the first, and only there.
    Started(Box<Started>),
    /// A ball came into play at a `snap`, or at a `wait-for-signal` whose signal (`signal`) started the run.
    Snapped { ball: BallId, node: NodeId, payload: Payload, signal: Option<Payload> },
    /// The ball left `wire.from` and arrived at `wire.to`. `payload` is given where it changed on leaving.
    Moved { ball: BallId, wire: WireRef, payload: Option<Payload> },
    /// The ball became one ball for each of `into` at a fan-out; they have arrived at the ends of their wires.
    /// Empty only for `each` over an empty list.
    Split { ball: BallId, node: NodeId, group: GroupId, into: Vec<Child> },
    /// The ball waits at a fan-in for others of `group`. `until` is given by the first to come, if there is a timeout.
    Waiting { ball: BallId, node: NodeId, group: GroupId, until: Option<RunMicros> },
    /// The balls `from` became the one ball `ball` at a fan-in. They may be none after `each` over an empty list.
    Joined { node: NodeId, group: GroupId, from: Vec<BallId>, ball: BallId, payload: Payload },
    /// An attempt was handed to a target. `attempt` counts from 1.
    Called {
        ball: BallId,
        node: NodeId,
        attempt: u32,
        /// Counts the passages of any ball through the node, from 1. (run, node, visit, attempt) is unique.
        visit: u32,
        to: Coord,
        payload: Payload,
        until: Option<RunMicros>,
    },
    /// The attempt came back well.
    Answered {
        ball: BallId,
        node: NodeId,
        attempt: u32,
        payload: Payload,
        /// Taken in among those that go with the ball.
        #[serde(default, skip_serializing_if = "Headers::is_empty")]
        headers: Headers,
    },
    /// The attempt failed. With `retry_at` there will be another.
    AttemptFailed { ball: BallId, node: NodeId, attempt: u32, failure: Failure, retry_at: Option<RunMicros> },
    /// The ball waits for a signal, or for a worker of a target.
    Parked { ball: BallId, node: NodeId, on: ParkedOn, until: Option<RunMicros> },
    /// A signal came to the run. It is kept until a wait uses it.
    Signalled { id: String, name: String, key: Option<String>, payload: Payload },
    /// The parked ball carries the signal on.
    SignalUsed { ball: BallId, node: NodeId, id: String },
    /// A worker took the parked ball; the attempt is in its hands.
    Caught { ball: BallId, node: NodeId, attempt: u32, worker: String },
    /// The worker that held the ball is gone; the ball is parked again.
    Dropped { ball: BallId, node: NodeId, worker: String },
    /// The node gives up on the ball: it goes on by `on error` or `on timeout`, is lost, or fails the run.
    NodeFailed { ball: BallId, node: NodeId, failure: Failure, timed_out: bool },
    /// The ball left the field by a pass, with the run's result.
    Passed { ball: BallId, node: NodeId, payload: Payload },
    /// The ball is gone, and nothing comes of it.
    Lost { ball: BallId, node: NodeId, reason: String },
    /// The ball was taken out of play; an attempt in flight is called off.
    Cancelled { ball: BallId, node: NodeId, reason: String },
    /// Somebody asked for the run to end.
    CancelAsked { reason: String },
    /// Always the last.
    Finished { outcome: Outcome },
}

/// Where payloads are in an event, for those who read them and for those who change them.
macro_rules! each_payload {
    ($event:expr, $take:ident, $iter:ident, $as:ident, $($borrow:tt)+) => {
        match $event {
            Self::Started(started) => $take($($borrow)+ started.input),
            Self::Snapped { payload, signal, .. } => {
                $take(payload);
                signal.$iter().for_each($take);
            }
            Self::Moved { payload: Some(payload), .. }
            | Self::Joined { payload, .. }
            | Self::Called { payload, .. }
            | Self::Answered { payload, .. }
            | Self::Parked { on: ParkedOn::Worker { payload, .. }, .. }
            | Self::Signalled { payload, .. }
            | Self::Passed { payload, .. }
            | Self::Finished { outcome: Outcome::Passed { payload, .. } } => $take(payload),
            Self::Split { into, .. } => into.$iter().filter_map(|child| child.payload.$as()).for_each($take),
            Self::Moved { payload: None, .. }
            | Self::Waiting { .. }
            | Self::AttemptFailed { .. }
            | Self::Parked { on: ParkedOn::Signal { .. }, .. }
            | Self::SignalUsed { .. }
            | Self::Caught { .. }
            | Self::Dropped { .. }
            | Self::NodeFailed { .. }
            | Self::Lost { .. }
            | Self::Cancelled { .. }
            | Self::CancelAsked { .. }
            | Self::Finished { outcome: Outcome::Failed { .. } | Outcome::Cancelled { .. } } => {}
        }
    };
}

impl Event {
    /// Shows each payload that it holds.
    pub fn payloads<'e>(&'e self, see: &mut impl FnMut(&'e Payload)) {
        each_payload!(self, see, iter, as_ref, &);
    }

    /// The same for changing them.
    pub fn payloads_mut(&mut self, change: &mut impl FnMut(&mut Payload)) {
        each_payload!(self, change, iter_mut, as_mut, &mut);
    }
}

impl Event {
    /// Changes the headers that it holds.
    pub fn headers_mut(&mut self, change: &mut impl FnMut(&mut Headers)) {
        match self {
            Self::Started(started) => change(&mut started.headers),
            Self::Answered { headers, .. } | Self::Finished { outcome: Outcome::Passed { headers, .. } } => {
                change(headers);
            }
            _ => {}
        }
    }

    /// Changes the failure that it tells of.
    pub fn failures_mut(&mut self, change: &mut impl FnMut(&mut Failure)) {
        match self {
            Self::AttemptFailed { failure, .. }
            | Self::NodeFailed { failure, .. }
            | Self::Finished { outcome: Outcome::Failed { failure, .. } } => change(failure),
            _ => {}
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub run: RunId,
    pub play: Coord,
    /// Of the plan, see `plan::Plan::digest`.
    pub digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formation: Option<String>,
    /// Wall-clock milliseconds since 1970, UTC.
    pub started_ms: u64,
    pub input: Payload,
    /// The version that each target of the play stands for in this run, by the target's text.
    #[serde(default)]
    pub pins: Vec<(String, Coord)>,
    /// When the run's own timeout comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<RunMicros>,
    /// The run and node that called this play.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<(RunId, NodeId)>,
    /// How many plays are above this one: the parent's parent, and so on, on this machine or another.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// The span that the run was started in: of its caller, or of a run above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Box<TraceContext>>,
    /// Go with the first ball.
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// The run that this one makes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun: Option<Rerun>,
}

impl Started {
    /// With nothing else said, from an empty input at time 0.
    pub fn new(run: RunId, play: Coord) -> Self {
        Self {
            run,
            play,
            digest: String::new(),
            formation: None,
            started_ms: 0,
            input: Payload::default(),
            pins: Vec::new(),
            until: None,
            parent: None,
            depth: 0,
            trace: None,
            headers: Headers::default(),
            rerun: None,
        }
    }
}

/// Which run is made again. What that was answered before `from` is taken from it: the `Called` and `Parked` of those
/// nodes are in the new run as if they had been made, and nobody was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rerun {
    pub of: RunId,
    /// `None`: nothing is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NodeId>,
}

/// A wire by its ends; `nth` counts the wires between the same two nodes, in the order of the text, from 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WireRef {
    pub from: NodeId,
    pub to: NodeId,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nth: u32,
}

/// A ball made by a fan-out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Child {
    pub ball: BallId,
    pub to: NodeId,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nth: u32,
    /// Given where it is not the parent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ParkedOn {
    Signal {
        name: String,
        key: Option<String>,
    },
    /// `attempt` and `visit` as in [`Event::Called`].
    Worker {
        to: Coord,
        payload: Payload,
        attempt: u32,
        visit: u32,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    Passed {
        node: NodeId,
        payload: Payload,
        #[serde(default, skip_serializing_if = "Headers::is_empty")]
        headers: Headers,
    },
    Failed {
        node: Option<NodeId>,
        failure: Failure,
    },
    Cancelled {
        reason: String,
    },
}

/// The status codes of gRPC that a failure may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl Code {
    /// By gRPC's numbers, 1 to 16.
    pub const ALL: [Self; 16] = [
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// Whether another attempt may help.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Unavailable | Self::DeadlineExceeded | Self::ResourceExhausted | Self::Aborted)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(n: &u32) -> bool {
    *n == 0
}
