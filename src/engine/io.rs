use crate::base::{BallId, Coord, NodeId, RunMicros};
use crate::event::{Answer, Event, Failure, ParkedOn, Payload, Started};

/// What the shell tells a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The first input, and only the first.
    Start {
        /// As the shell knows it: the play, its digest and `until` are the engine's to say.
        started: Box<Started>,
        /// `None` for the `snap`; else the `wait-for-signal` node whose signal starts the run.
        entry: Option<NodeId>,
        /// Bounds the run, in microseconds, as the play's own timeout does; the shorter one counts.
        within: Option<u64>,
    },
    /// An attempt came back. `jitter` is drawn by the shell, 0 to 65535 evenly; it spreads the next attempt.
    Answer {
        ball: BallId,
        attempt: u32,
        result: Result<Answer, Failure>,
        jitter: u16,
    },
    /// A worker took the ball that was offered as `attempt`.
    Caught {
        ball: BallId,
        attempt: u32,
        worker: String,
    },
    /// The worker that held the ball is gone.
    Dropped {
        ball: BallId,
        attempt: u32,
        worker: String,
    },
    /// The same `id` twice counts once. `key` is given if it was sent to a key.
    Signal {
        id: String,
        name: String,
        key: Option<String>,
        payload: Payload,
    },
    Cancel {
        reason: String,
    },
    /// Time has passed: see `Run::next_deadline`. `jitter` as in `Answer`.
    Tick {
        jitter: u16,
    },
}

/// What the shell owes the world. Every effect is made again after a crash, unless an event says that it is over.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make the attempt and answer with [`Input::Answer`]. (run, node, visit, attempt) is its idempotency key.
    Call { ball: BallId, node: NodeId, attempt: u32, visit: u32, to: Coord, payload: Payload, until: Option<RunMicros> },
    /// Give the ball to the next ready worker of `to`: [`Input::Caught`], then [`Input::Answer`] or [`Input::Dropped`].
    Offer { ball: BallId, node: NodeId, attempt: u32, visit: u32, to: Coord, payload: Payload },
    /// Send [`Input::Signal`] when one comes for this name and key.
    Listen { ball: BallId, node: NodeId, name: String, key: Option<String> },
    /// Whatever was owed for the ball (an attempt, an offer, a signal) is owed no longer.
    CallOff { ball: BallId },
    /// The run is over.
    Finish,
}

/// The effect of an event, to be started once the event is on disk.
pub fn effect_of(event: &Event) -> Option<Effect> {
    match event {
        Event::Called { ball, node, attempt, visit, to, payload, until } => Some(Effect::Call {
            ball: *ball,
            node: node.clone(),
            attempt: *attempt,
            visit: *visit,
            to: to.clone(),
            payload: payload.clone(),
            until: *until,
        }),
        Event::Parked { ball, node, on, .. } => Some(match on {
            ParkedOn::Signal { name, key } => {
                Effect::Listen { ball: *ball, node: node.clone(), name: name.clone(), key: key.clone() }
            }
            ParkedOn::Worker { to, payload, attempt, visit } => Effect::Offer {
                ball: *ball,
                node: node.clone(),
                attempt: *attempt,
                visit: *visit,
                to: to.clone(),
                payload: payload.clone(),
            },
        }),
        // An attempt that timed out may still be running.
        Event::AttemptFailed { ball, .. } | Event::NodeFailed { ball, .. } | Event::Cancelled { ball, .. } => {
            Some(Effect::CallOff { ball: *ball })
        }
        Event::Finished { .. } => Some(Effect::Finish),
        _ => None,
    }
}
