use std::collections::BTreeMap;

use super::film::Film;
use crate::base::{BallId, Coord, NodeId, RunId, RunMicros};
use crate::event::{Event, ParkedOn, Payload, child_run};

/// All attempts that one node made to have a ball served, the oldest first. Each may be a run of its own.
#[derive(Clone, Debug)]
pub struct Calls {
    run: Option<RunId>,
    node: NodeId,
    all: Vec<Call>,
    /// Attempts that are not over, by ball.
    open: BTreeMap<BallId, usize>,
    /// What a ball that is parked was offered as.
    offers: BTreeMap<BallId, (u32, Coord, Payload)>,
    n_seen: usize,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub visit: u32,
    pub attempt: u32,
    pub ball: BallId,
    pub to: Coord,
    pub sent: Payload,
    /// The run that serves it, if a play does.
    pub run: RunId,
    /// The number of its event.
    pub seq: usize,
    pub start: RunMicros,
    pub end: Option<(RunMicros, CallEnd)>,
    /// The number of the event that ended it.
    pub end_seq: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    Answered,
    Failed,
    CalledOff,
}

/// What a call is at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    NotYet,
    Running,
    Over(CallEnd),
}

impl CallState {
    /// As shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotYet => "not yet",
            Self::Running => "running",
            Self::Over(CallEnd::Answered) => "done",
            Self::Over(CallEnd::Failed) => "failed",
            Self::Over(CallEnd::CalledOff) => "cancelled",
        }
    }
}

impl Call {
    pub fn state_at(&self, time: RunMicros) -> CallState {
        match self.end {
            _ if time < self.start => CallState::NotYet,
            Some((at, end)) if at <= time => CallState::Over(end),
            _ => CallState::Running,
        }
    }
}

impl Calls {
    pub const fn of(node: NodeId) -> Self {
        Self { run: None, node, all: Vec::new(), open: BTreeMap::new(), offers: BTreeMap::new(), n_seen: 0 }
    }

    pub fn all(&self) -> &[Call] {
        &self.all
    }

    /// Takes in what has come to the film since the last time.
    pub fn update(&mut self, film: &Film) {
        for recorded in film.events().get(self.n_seen..).unwrap_or_default() {
            self.apply(self.n_seen, recorded.at, &recorded.event);
            self.n_seen += 1;
        }
    }

    fn apply(&mut self, seq: usize, at: RunMicros, event: &Event) {
        match event {
            Event::Started(started) => self.run = Some(started.run.clone()),
            Event::Called { ball, node, attempt, visit, to, payload, .. } if *node == self.node => {
                self.begin(seq, at, *ball, (*visit, *attempt), to.clone(), payload.clone());
            }
            Event::Parked { ball, node, on: ParkedOn::Worker { to, payload, visit, .. }, .. } if *node == self.node => {
                self.offers.insert(*ball, (*visit, to.clone(), payload.clone()));
            }
            Event::Caught { ball, node, attempt, .. } if *node == self.node => {
                if let Some((visit, to, payload)) = self.offers.get(ball).cloned() {
                    self.begin(seq, at, *ball, (visit, *attempt), to, payload);
                }
            }
            Event::Answered { ball, node, .. } if *node == self.node => self.end(*ball, (seq, at), CallEnd::Answered),
            Event::AttemptFailed { ball, node, .. } | Event::NodeFailed { ball, node, .. } if *node == self.node => {
                self.end(*ball, (seq, at), CallEnd::Failed);
            }
            Event::Dropped { ball, node, .. } | Event::Cancelled { ball, node, .. } if *node == self.node => {
                self.end(*ball, (seq, at), CallEnd::CalledOff);
            }
            Event::Finished { .. } => {
                while let Some((&ball, _)) = self.open.first_key_value() {
                    self.end(ball, (seq, at), CallEnd::CalledOff);
                }
            }
            _ => {}
        }
    }

    fn begin(
        &mut self,
        seq: usize,
        start: RunMicros,
        ball: BallId,
        (visit, attempt): (u32, u32),
        to: Coord,
        sent: Payload,
    ) {
        let Some(parent) = &self.run else { return };
        let run = child_run(parent, &self.node, visit, attempt);
        self.open.insert(ball, self.all.len());
        self.all.push(Call { visit, attempt, ball, to, sent, run, seq, start, end: None, end_seq: None });
    }

    fn end(&mut self, ball: BallId, (seq, at): (usize, RunMicros), end: CallEnd) {
        if let Some(call) = self.open.remove(&ball).and_then(|i| self.all.get_mut(i)) {
            call.end = Some((at, end));
            call.end_seq = Some(seq);
        }
    }

    /// The last that was made before event `n_events`; else the first there is.
    pub fn at(&self, n_events: usize) -> Option<usize> {
        let before = self.all.partition_point(|call| call.seq < n_events);
        (!self.all.is_empty()).then(|| before.saturating_sub(1))
    }
}
