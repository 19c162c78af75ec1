//! How much a run holds: counted as events come, looked at anew only when that has become too much.

use super::state::State;
use super::{BallAt, Run};
use crate::event::{Code, Event, Failure, Headers, ParkedOn, Payload, Size};

/// Bytes of payloads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// When it was looked at last.
    held: u64,
    /// That have come since. Some may be gone again.
    gathered: u64,
    /// That were made since the last event from outside.
    quiet: u64,
    /// The deepest payload so far.
    depth: u32,
}

impl Weight {
    /// Takes in an event. Never by whether two payloads are one in memory: a journal does not tell.
    pub fn take(&mut self, event: &Event) {
        let mut size = Size::default();
        let mut add = |payload: &Payload| {
            let one = payload.size();
            size = Size { bytes: size.bytes + one.bytes, depth: size.depth.max(one.depth) };
        };
        match event {
            Event::Snapped { payload, .. }
            | Event::Joined { payload, .. }
            | Event::Moved { payload: Some(payload), .. }
            | Event::Answered { payload, .. }
            | Event::Called { payload, .. }
            | Event::Parked { on: ParkedOn::Worker { payload, .. }, .. }
            | Event::Signalled { payload, .. } => add(payload),
            Event::Split { into, .. } => into.iter().filter_map(|child| child.payload.as_ref()).for_each(add),
            _ => {}
        }
        self.depth = self.depth.max(size.depth);
        self.gathered += size.bytes;
        self.quiet = match event {
            Event::Answered { .. } | Event::Signalled { .. } | Event::Caught { .. } | Event::AttemptFailed { .. } => 0,
            _ => self.quiet + size.bytes,
        };
    }

    /// Whether it is time to look at what is really held: not at every event, so that it costs little.
    pub const fn is_due(&self, max: u64) -> bool {
        self.held + self.gathered > max && self.gathered > max / 8
    }

    pub const fn set(&mut self, held: u64) {
        self.held = held;
        self.gathered = 0;
    }
}

impl Run {
    /// Shows each payload that the run holds and may still use.
    pub fn payloads(&self, see: &mut impl FnMut(&Payload)) {
        let state = &self.state;
        state.kept.iter().for_each(|signal| see(&signal.payload));
        state.last_keyed.iter().for_each(|(_, payload)| see(payload));
        state.groups.values().filter_map(|group| group.signal.as_ref()).for_each(&mut *see);
        for ball in state.balls.values() {
            see(&ball.payload);
            ball.signal.iter().for_each(&mut *see);
            if let BallAt::Calling { sent, .. } | BallAt::Offered { sent, .. } = &ball.at {
                see(sent);
            }
        }
    }

    /// Of the balls in play.
    pub fn headers(&self) -> impl Iterator<Item = &Headers> {
        self.state.balls.values().map(|ball| &ball.headers)
    }

    /// Why the run may not go on, if it holds or makes too much.
    pub(super) fn overweight(&self) -> Option<Failure> {
        let (weight, limits) = (&self.state.weight, &self.plan.limits);
        let max = self.max_bytes();
        let message = if weight.depth > limits.depth {
            format!("a payload is nested deeper than {} levels: send on less of it by `with`", limits.depth)
        } else if weight.held > max {
            format!(
                "the run holds {} bytes of payloads, and {max} are allowed: send on less of them by `with`, or raise --max-run-memory",
                weight.held
            )
        } else if weight.quiet > max {
            format!(
                "the run made {} bytes of payloads without anything from outside, and {max} are allowed",
                weight.quiet
            )
        } else {
            return None;
        };
        Some(Failure::new(Code::ResourceExhausted, message))
    }
}

/// What is really held. Balls that stand beside each other may carry one payload, which is counted once: a fold of the
/// same events gives the same.
pub(super) fn held(state: &State) -> u64 {
    let signals = state.kept.iter().map(|signal| &signal.payload);
    let groups = state.groups.values().filter_map(|group| group.signal.as_ref());
    let mut bytes: u64 = signals.chain(groups).map(|payload| payload.size().bytes).sum();
    let (mut last_payload, mut last_signal): (Option<&Payload>, Option<&Payload>) = (None, None);
    let is_new = |last: Option<&Payload>, payload: &Payload| last.is_none_or(|last| !last.is_same(payload));
    for ball in state.balls.values() {
        if is_new(last_payload, &ball.payload) {
            bytes += ball.payload.size().bytes;
        }
        last_payload = Some(&ball.payload);
        if let Some(signal) = &ball.signal {
            bytes += if is_new(last_signal, signal) { signal.size().bytes } else { 0 };
            last_signal = Some(signal);
        }
        if let BallAt::Calling { sent, .. } | BallAt::Offered { sent, .. } = &ball.at {
            bytes += sent.size().bytes;
        }
    }
    bytes
}
