//! What an input from the world means to a run.

use super::state::{KeptSignal, Timer};
use super::{Ball, BallAt, Input, Run};
use crate::base::{BallId, NodeId, RunMicros};
use crate::event::{Answer, Code, Event, Failure, Outcome, ParkedOn, Started};
use crate::plan::{Kind, PlanNode};

impl Run {
    /// The events that an input gives. Never changes the run; none if the input no longer matters.
    pub fn decide(&self, now: RunMicros, input: &Input) -> Vec<Event> {
        if self.is_finished() || self.started().is_none() != matches!(input, Input::Start { .. }) {
            return Vec::new();
        }
        match input {
            Input::Start { .. } => self.start(now, input),
            Input::Answer { ball, attempt, result, jitter } => self.answer(now, *ball, *attempt, result, *jitter),
            Input::Caught { ball, attempt, worker } => match self.state.balls.get(ball) {
                Some(Ball { node, at: BallAt::Offered { attempt: offered, .. }, .. }) if offered == attempt => {
                    vec![Event::Caught { ball: *ball, node: self.id(*node), attempt: *attempt, worker: worker.clone() }]
                }
                _ => Vec::new(),
            },
            Input::Dropped { ball, attempt, worker } => self.dropped(now, *ball, *attempt, worker),
            Input::Signal { id, name, key, payload } => self.signal(&KeptSignal {
                id: id.clone(),
                name: name.clone(),
                key: key.clone(),
                payload: payload.clone(),
            }),
            Input::Cancel { reason } => {
                let mut events = vec![Event::CancelAsked { reason: reason.clone() }];
                self.end(Outcome::Cancelled { reason: reason.clone() }, None, reason, &mut events);
                events
            }
            Input::Tick { jitter } => self.tick(now, *jitter),
        }
    }

    fn start(&self, now: RunMicros, input: &Input) -> Vec<Event> {
        let Input::Start { started, entry, within } = input else { return Vec::new() };
        let input = &started.input;
        let timeout = [self.plan.timeout, *within].into_iter().flatten().min();
        let started = Started {
            play: self.plan.play.clone(),
            digest: self.plan.digest.clone(),
            until: timeout.map(|timeout| now.plus(timeout)),
            ..Started::clone(started)
        };
        let mut events = vec![Event::Started(Box::new(started))];
        let trigger = entry.as_ref().and_then(|id| self.plan.find(id));
        let is_trigger = |node: u32| matches!(self.plan.node(node).kind, Kind::WaitForSignal { .. });
        match (entry, trigger.filter(|&node| is_trigger(node)).or(self.plan.snap())) {
            (None, Some(snap)) if Some(snap) == self.plan.snap() => events.push(Event::Snapped {
                ball: BallId(0),
                node: self.id(snap),
                payload: input.clone(),
                signal: None,
            }),
            (Some(id), Some(node)) if self.plan.node(node).id == *id && is_trigger(node) => {
                events.push(Event::Snapped {
                    ball: BallId(0),
                    node: id.clone(),
                    payload: input.clone(),
                    signal: Some(input.clone()),
                });
            }
            _ => {
                let message = match entry {
                    Some(id) => format!("'{id}' is no wait-for-signal that a run can start from"),
                    None => "the play has no snap: start it by one of its signals".to_owned(),
                };
                let failure = Failure::new(Code::InvalidArgument, message);
                events.push(Event::Finished { outcome: Outcome::Failed { node: None, failure } });
            }
        }
        events
    }

    fn answer(
        &self,
        now: RunMicros,
        id: BallId,
        attempt: u32,
        result: &Result<Answer, Failure>,
        jitter: u16,
    ) -> Vec<Event> {
        let Some(ball) = self.state.balls.get(&id).filter(|ball| ball.at.attempt() == Some(attempt)) else {
            return Vec::new();
        };
        match result {
            Ok(Answer { payload, headers }) => {
                let (payload, headers) = (payload.clone(), headers.clone());
                vec![Event::Answered { ball: id, node: self.id(ball.node), attempt, payload, headers }]
            }
            Err(failure) => self.attempt_failed(now, id, ball, attempt, failure.clone(), jitter),
        }
    }

    fn attempt_failed(
        &self,
        now: RunMicros,
        id: BallId,
        ball: &Ball,
        attempt: u32,
        failure: Failure,
        jitter: u16,
    ) -> Vec<Event> {
        let node = self.plan.node(ball.node);
        let again = failure.code.is_retryable() && attempt <= node.retry;
        let retry_at = again.then(|| now.plus(backoff(node, attempt, jitter).max(failure.retry_after_us())));
        let mut events =
            vec![Event::AttemptFailed { ball: id, node: node.id.clone(), attempt, failure: failure.clone(), retry_at }];
        if !again {
            let timed_out = failure.code == Code::DeadlineExceeded;
            events.push(Event::NodeFailed { ball: id, node: node.id.clone(), failure, timed_out });
        }
        events
    }

    fn dropped(&self, now: RunMicros, id: BallId, attempt: u32, worker: &str) -> Vec<Event> {
        let Some(ball) = self.state.balls.get(&id) else { return Vec::new() };
        if !matches!(ball.at, BallAt::Caught { attempt: caught, .. } if caught == attempt) {
            return Vec::new();
        }
        let dropped = Event::Dropped { ball: id, node: self.id(ball.node), worker: worker.to_owned() };
        let mut events = vec![dropped];
        events.extend(self.send(now, id, ball, attempt + 1));
        events
    }

    fn signal(&self, signal: &KeptSignal) -> Vec<Event> {
        if self.state.seen_signals.contains(&signal.id) {
            return Vec::new();
        }
        let mut events = vec![Event::Signalled {
            id: signal.id.clone(),
            name: signal.name.clone(),
            key: signal.key.clone(),
            payload: signal.payload.clone(),
        }];
        let takers = self.state.parked.values().filter(|id| {
            let at = self.state.balls.get(id).map(|ball| &ball.at);
            matches!(at, Some(BallAt::Parked { name, key, .. }) if signal.fits(name, key.as_deref()))
        });
        // A signal to a run is used by one wait; one to a key by all that wait for it.
        let n_takers = if signal.key.is_some() { usize::MAX } else { 1 };
        for id in takers.take(n_takers) {
            events.push(self.signal_used(*id, &signal.id));
        }
        events
    }

    pub(super) fn signal_used(&self, ball: BallId, signal: &str) -> Event {
        let node = self.state.balls.get(&ball).map_or(u32::MAX, |ball| ball.node);
        Event::SignalUsed { ball, node: self.id(node), id: signal.to_owned() }
    }

    /// Handles the first timer that is due.
    fn tick(&self, now: RunMicros, jitter: u16) -> Vec<Event> {
        let Some(&(_, timer)) = self.state.timers.first().filter(|(at, _)| *at <= now) else { return Vec::new() };
        self.fire(now, timer, jitter)
    }

    /// What a timer gives when its time has come.
    pub(super) fn fire(&self, now: RunMicros, timer: Timer, jitter: u16) -> Vec<Event> {
        let late = |what: &str| Failure::new(Code::DeadlineExceeded, what.to_owned());
        match timer {
            Timer::Run => {
                let failure = late("the run's own timeout came");
                let reason = failure.message.clone();
                let mut events = Vec::new();
                self.end(Outcome::Failed { node: None, failure }, None, &reason, &mut events);
                events
            }
            Timer::Join(node, group) => self.join_timed_out(node, group),
            Timer::Ball(id) => {
                let Some(ball) = self.state.balls.get(&id) else { return Vec::new() };
                let node = self.id(ball.node);
                match &ball.at {
                    BallAt::Calling { attempt, .. } => {
                        self.attempt_failed(now, id, ball, *attempt, late("no answer in time"), jitter)
                    }
                    BallAt::Backoff { attempt, .. } => self.send(now, id, ball, attempt + 1),
                    BallAt::Parked { name, .. } => vec![Event::NodeFailed {
                        ball: id,
                        node,
                        failure: late(&format!("no signal '{name}' in time")),
                        timed_out: true,
                    }],
                    BallAt::Offered { to, .. } => vec![Event::NodeFailed {
                        ball: id,
                        node,
                        failure: late(&format!("no worker of {to} was ready in time")),
                        timed_out: true,
                    }],
                    _ => Vec::new(),
                }
            }
        }
    }

    /// Hands the ball to its node's target: a call, or an offer to workers.
    pub(super) fn send(&self, now: RunMicros, id: BallId, ball: &Ball, attempt: u32) -> Vec<Event> {
        let node = self.plan.node(ball.node);
        let (target, by_worker) = match node.kind {
            Kind::Call { target } | Kind::Pass { target: Some(target) } => (target, false),
            Kind::WaitForWorker { target } => (target, true),
            _ => return Vec::new(),
        };
        let payload = match self.shaped(ball, node) {
            Ok(shaped) => shaped.unwrap_or_else(|| ball.payload.clone()),
            Err(failure) => {
                return vec![Event::NodeFailed { ball: id, node: node.id.clone(), failure, timed_out: false }];
            }
        };
        let text = &self.plan.target(target).text;
        let pins = self.started().map_or(&[][..], |started| &started.pins);
        let Some((_, to)) = pins.iter().find(|(pinned, _)| pinned == text) else {
            let failure = Failure::new(Code::FailedPrecondition, format!("no version is pinned for {text}"));
            return vec![Event::NodeFailed { ball: id, node: node.id.clone(), failure, timed_out: false }];
        };
        let visit = match ball.visit {
            0 => self.state.visits.get(&ball.node).copied().unwrap_or(0) + 1,
            visit => visit,
        };
        let until = node.timeout.map(|timeout| now.plus(timeout));
        let (node, to) = (node.id.clone(), to.clone());
        if by_worker {
            let on = ParkedOn::Worker { to, payload, attempt, visit };
            vec![Event::Parked { ball: id, node, on, until }]
        } else {
            vec![Event::Called { ball: id, node, attempt, visit, to, payload, until }]
        }
    }

    /// Ends the run: every ball but `except` is cancelled, in order.
    pub(super) fn end(&self, outcome: Outcome, except: Option<BallId>, reason: &str, events: &mut Vec<Event>) {
        for (&ball, other) in self.state.balls.iter().filter(|(id, _)| Some(**id) != except) {
            events.push(Event::Cancelled { ball, node: self.id(other.node), reason: reason.to_owned() });
        }
        events.push(Event::Finished { outcome });
    }

    pub(super) fn id(&self, node: u32) -> NodeId {
        self.plan.nodes().get(node as usize).map_or_else(|| NodeId::from("?"), |node| node.id.clone())
    }
}

impl KeptSignal {
    /// Whether a wait for `name` and `key` may use the signal. One that was sent to the run needs no key.
    pub(super) fn fits(&self, name: &str, key: Option<&str>) -> bool {
        self.name == name && (self.key.is_none() || self.key.as_deref() == key)
    }
}

/// Doubles from the first wait up to the longest; `jitter` takes away up to half of it, so that many who failed
/// together do not come back together.
fn backoff(node: &PlanNode, attempt: u32, jitter: u16) -> u64 {
    let (low, high) = node.backoff;
    let doublings = attempt.saturating_sub(1).min(40);
    let full = low.saturating_mul(1 << doublings).min(high.max(low));
    let taken = u128::from(full / 2) * u128::from(jitter) / 65_536;
    full - u64::try_from(taken).unwrap_or(0)
}
