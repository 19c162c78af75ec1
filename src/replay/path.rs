use rustc_hash::FxHashMap;

use crate::base::{BallId, GroupId, NodeId, RunMicros};
use crate::event::{Event, Outcome, Recorded};

/// A ball's time at a node that the end of the run had to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    pub node: NodeId,
    pub ball: BallId,
    pub from: RunMicros,
    pub to: RunMicros,
    /// The event by which the ball came.
    pub seq: u64,
}

impl Leg {
    pub const fn took(&self) -> u64 {
        self.to.since(self.from)
    }
}

#[derive(Clone, Copy, Debug)]
struct Visit {
    node: u32,
    ball: BallId,
    from: RunMicros,
    to: Option<RunMicros>,
    seq: u32,
    /// The visit that this one had to wait for.
    before: Option<u32>,
}

/// Who was where, and what each visit had to wait for; grown event by event.
#[derive(Clone, Debug, Default)]
pub(super) struct Visits {
    all: Vec<Visit>,
    nodes: Vec<NodeId>,
    number_of: FxHashMap<NodeId, u32>,
    /// Where each ball in play is.
    open: FxHashMap<BallId, u32>,
    /// The visit of the ball that split into a group.
    split_at: FxHashMap<GroupId, u32>,
    /// The ball that was joined last, and the visit of the first that came there.
    joined: Option<(BallId, Option<u32>)>,
    /// Of the last event of a ball that was not taken out.
    last: Option<u32>,
    /// The visit that began first of those that ended by being taken out, since then.
    taken_out: Option<u32>,
    end: Option<u32>,
}

impl Visits {
    pub fn apply(&mut self, recorded: &Recorded) {
        let at = recorded.at;
        if !matches!(recorded.event, Event::Cancelled { .. } | Event::Finished { .. }) {
            self.taken_out = None;
        }
        match &recorded.event {
            Event::Snapped { ball, node, .. } => {
                self.close(*ball, at);
                self.last = Some(self.open(recorded, *ball, node, at, None));
            }
            Event::Moved { ball, wire, .. } => {
                let before = self.close(*ball, at);
                self.last = Some(self.open(recorded, *ball, &wire.to, at, before));
            }
            Event::Split { ball, group, into, .. } => {
                let before = self.close(*ball, at);
                if let Some(before) = before {
                    self.split_at.insert(*group, before);
                    self.last = Some(before);
                }
                for child in into {
                    self.last = Some(self.open(recorded, child.ball, &child.to, at, before));
                }
            }
            Event::Joined { node, group, from, ball, .. } => self.join(recorded, node, *group, from, *ball),
            Event::NodeFailed { ball, timed_out, .. } => {
                if *timed_out {
                    self.timed_out(*ball);
                }
                self.touch(*ball);
            }
            Event::Waiting { ball, .. }
            | Event::Called { ball, .. }
            | Event::Answered { ball, .. }
            | Event::AttemptFailed { ball, .. }
            | Event::Parked { ball, .. }
            | Event::SignalUsed { ball, .. }
            | Event::Caught { ball, .. }
            | Event::Dropped { ball, .. } => self.touch(*ball),
            Event::Passed { ball, .. } | Event::Lost { ball, .. } => {
                self.touch(*ball);
                self.close(*ball, at);
            }
            Event::Cancelled { ball, .. } => {
                let begun = |visits: &Self, visit: u32| visits.all.get(visit as usize).map(|visit| visit.from);
                if let Some(visit) = self.close(*ball, at)
                    && self.taken_out.is_none_or(|first| begun(self, visit) < begun(self, first))
                {
                    self.taken_out = Some(visit);
                }
            }
            Event::Finished { outcome } => {
                // Who ended a run from outside ended the wait for whatever had been going on for the longest time.
                let from_outside = matches!(outcome, Outcome::Failed { node: None, .. } | Outcome::Cancelled { .. });
                self.end = if from_outside { self.taken_out.or(self.last) } else { self.last };
            }
            Event::Started(_) | Event::Signalled { .. } | Event::CancelAsked { .. } => {}
        }
    }

    /// The chain of visits that the end of the run had to wait for, from its start on; of a run that goes on, what its
    /// last event had to wait for. `until` is how far the run has come.
    pub fn critical(&self, until: RunMicros) -> Vec<Leg> {
        let mut legs = Vec::new();
        let mut next = self.end.or(self.last);
        while let Some(visit) = next.and_then(|visit| self.all.get(visit as usize)) {
            let Some(node) = self.nodes.get(visit.node as usize) else { break };
            legs.push(Leg {
                node: node.clone(),
                ball: visit.ball,
                from: visit.from,
                to: visit.to.unwrap_or(until),
                seq: visit.seq.into(),
            });
            // What comes before has a lower number, so the way back ends.
            next = visit.before.filter(|before| Some(*before) < next);
        }
        legs.reverse();
        legs
    }

    /// The joined ball waited for the last that came, and so takes over what that one had waited for.
    fn join(&mut self, recorded: &Recorded, node: &NodeId, group: GroupId, from: &[BallId], ball: BallId) {
        let came: Vec<u32> = from.iter().filter_map(|ball| self.close(*ball, recorded.at)).collect();
        let begun = |visit: &&u32| self.all.get(**visit as usize).map(|visit| (visit.from, visit.seq));
        let (first, last) = (came.iter().min_by_key(begun).copied(), came.iter().max_by_key(begun).copied());
        let (start, before) = match last.and_then(|last| self.all.get(last as usize)) {
            Some(last) => (last.from, last.before),
            None => (recorded.at, self.split_at.get(&group).copied()),
        };
        self.close(ball, recorded.at);
        self.last = Some(self.open(recorded, ball, node, start, before));
        self.joined = Some((ball, first));
    }

    /// A fan-in that was late waited for the clock that the first ball had started.
    fn timed_out(&mut self, ball: BallId) {
        let Some((_, Some(first))) = self.joined.filter(|(joined, _)| *joined == ball) else { return };
        let Some(first) = self.all.get(first as usize).copied() else { return };
        if let Some(visit) = self.open.get(&ball).and_then(|visit| self.all.get_mut(*visit as usize)) {
            (visit.from, visit.before) = (first.from, first.before);
        }
    }

    fn touch(&mut self, ball: BallId) {
        self.last = self.open.get(&ball).copied().or(self.last);
    }

    fn open(&mut self, recorded: &Recorded, ball: BallId, node: &NodeId, from: RunMicros, before: Option<u32>) -> u32 {
        let number = match self.number_of.get(node) {
            Some(number) => *number,
            None => {
                let number = small(self.nodes.len());
                self.nodes.push(node.clone());
                self.number_of.insert(node.clone(), number);
                number
            }
        };
        let seq = u32::try_from(recorded.seq).unwrap_or(u32::MAX);
        let visit = small(self.all.len());
        self.all.push(Visit { node: number, ball, from, to: None, seq, before });
        self.open.insert(ball, visit);
        visit
    }

    fn close(&mut self, ball: BallId, at: RunMicros) -> Option<u32> {
        let visit = self.open.remove(&ball)?;
        self.all.get_mut(visit as usize)?.to = Some(at);
        Some(visit)
    }
}

/// A record has fewer than 4 billion visits.
fn small(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
