//! The pure state machine of a run: inputs and the time in, events out.
//!
//! `decide` and `pending` say what happens, `evolve` is the only writer of state, `effect_of` says what the shell
//! owes the world once an event is on disk. All three are deterministic, and none costs time in proportion to the
//! play. Must never: read a clock, draw randomness, touch files, spawn, await.
//!
//! Start reading at [`Run`]; then `decide.rs` (answers from the world), `leave.rs` (a ball goes on), `join.rs`
//! (fan-ins), `evolve.rs` (what each event does to the state). `explore.rs` has what the model checker asks.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod decide;
mod evolve;
mod explore;
mod io;
mod join;
mod leave;
pub mod sim;
mod state;
#[cfg(test)]
mod tests;
mod weight;

use std::sync::Arc;

pub use explore::Oracle;
pub use io::{Effect, Input, effect_of};
pub use state::{Ball, BallAt};

use crate::base::{BallId, NodeId, RunMicros};
use crate::event::{Event, Headers, Outcome, Recorded, Started};
use crate::plan::Plan;
use state::State;

/// One run of a plan.
#[derive(Clone, Debug)]
pub struct Run {
    plan: Arc<Plan>,
    state: State,
    /// Instead of the plan's.
    max_bytes: Option<u64>,
    /// Instead of data: for the model checker.
    oracle: Option<Arc<dyn Oracle>>,
}

impl Run {
    /// A run that has not started: its first input is [`Input::Start`], or its first event a `Started`.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { plan, state: State::default(), max_bytes: None, oracle: None }
    }

    /// Bounds the payloads that it holds by another number of bytes than the plan's.
    #[must_use]
    pub const fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    fn max_bytes(&self) -> u64 {
        self.max_bytes.unwrap_or(self.plan.limits.bytes)
    }

    /// Takes an input and all that follows from it; appends the events to `out`, already evolved.
    ///
    /// An input that no longer matters (a late answer, a doubled signal) gives no events.
    pub fn advance(&mut self, now: RunMicros, input: &Input, out: &mut Vec<Recorded>) {
        loop {
            let events = self.decide(now, input);
            let n_events = events.len();
            self.record(now, events, out);
            self.settle(now, out);
            // A tick handles one timer; several may be due.
            if n_events == 0 || !matches!(input, Input::Tick { .. }) {
                return;
            }
        }
    }

    /// Does what the run owes itself, as after a recovery that cut a batch short.
    pub fn settle(&mut self, now: RunMicros, out: &mut Vec<Recorded>) {
        loop {
            let events = self.pending(now);
            if events.is_empty() {
                return;
            }
            self.record(now, events, out);
        }
    }

    fn record(&mut self, now: RunMicros, events: Vec<Event>, out: &mut Vec<Recorded>) {
        for event in events {
            // Time never goes back in a journal, whatever the shell's clock does.
            let at = now.max(self.state.now);
            let recorded = Recorded { seq: self.state.n_events, at, event };
            self.evolve(&recorded);
            out.push(recorded);
        }
    }

    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub fn started(&self) -> Option<&Started> {
        self.state.started.as_ref()
    }

    pub const fn outcome(&self) -> Option<&Outcome> {
        self.state.outcome.as_ref()
    }

    pub const fn is_finished(&self) -> bool {
        self.state.outcome.is_some()
    }

    /// Events so far; the next one's `seq`.
    pub const fn n_events(&self) -> u64 {
        self.state.n_events
    }

    /// When the last event happened.
    pub const fn now(&self) -> RunMicros {
        self.state.now
    }

    /// When the run wants an [`Input::Tick`], if it waits for time.
    pub fn next_deadline(&self) -> Option<RunMicros> {
        self.state.timers.first().map(|(at, _)| *at)
    }

    /// The balls in play, in the order in which they were made.
    pub fn balls(&self) -> impl Iterator<Item = (BallId, &Ball)> {
        self.state.balls.iter().map(|(id, ball)| (*id, ball))
    }

    /// A ball in play.
    pub fn ball(&self, id: BallId) -> Option<&Ball> {
        self.state.balls.get(&id)
    }

    /// The node that a ball in play is at.
    pub fn node_of(&self, ball: &Ball) -> &NodeId {
        &self.plan.node(ball.node).id
    }

    /// What goes with a ball in play beside its payload.
    pub fn headers_of(&self, ball: BallId) -> Headers {
        self.state.balls.get(&ball).map(|ball| ball.headers.clone()).unwrap_or_default()
    }

    /// What the shell still owes the world, as after a crash: the effects of balls that wait for an answer.
    pub fn owed(&self) -> Vec<Effect> {
        self.balls().filter_map(|(id, ball)| self.owed_for(id, ball)).collect()
    }

    fn owed_for(&self, id: BallId, ball: &Ball) -> Option<Effect> {
        let node = self.node_of(ball).clone();
        match &ball.at {
            BallAt::Calling { attempt, to, sent, until } => Some(Effect::Call {
                ball: id,
                node,
                attempt: *attempt,
                visit: ball.visit,
                to: to.clone(),
                payload: sent.clone(),
                until: *until,
            }),
            BallAt::Offered { attempt, to, sent, .. } => Some(Effect::Offer {
                ball: id,
                node,
                attempt: *attempt,
                visit: ball.visit,
                to: to.clone(),
                payload: sent.clone(),
            }),
            BallAt::Parked { name, key, .. } => {
                Some(Effect::Listen { ball: id, node, name: name.to_string(), key: key.clone() })
            }
            _ => None,
        }
    }

    /// The worker that holds each caught ball: after a crash the shell says [`Input::Dropped`] for those it lost.
    pub fn caught(&self) -> Vec<(BallId, u32, String)> {
        self.balls()
            .filter_map(|(id, ball)| match &ball.at {
                BallAt::Caught { attempt, worker } => Some((id, *attempt, worker.clone())),
                _ => None,
            })
            .collect()
    }
}
