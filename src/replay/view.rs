use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::motion::Hop;
use crate::base::{BallId, Coord, GroupId, NodeId, RunMicros};
use crate::event::{Failure, Headers, Outcome, Payload, Started, WireRef};

/// Everything that a person may want to see of a run after some number of its events.
///
/// Cheap to clone (keyframes are clones): nodes and balls are shared until they change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    pub(super) n_events: usize,
    pub(super) at: RunMicros,
    pub(super) settled_at: RunMicros,
    pub(super) started: Option<Arc<Started>>,
    pub(super) status: Status,
    pub(super) counts: Counts,
    pub(super) names: Arc<Names>,
    pub(super) nodes: Vec<Arc<NodeView>>,
    pub(super) wires: Vec<WireView>,
    pub(super) balls: BTreeMap<BallId, Arc<BallView>>,
    pub(super) groups: BTreeMap<GroupId, Group>,
    /// Balls whose last glide was not over at `at`, by its end: those that a picture may show between two nodes.
    pub(super) moving: BTreeSet<(RunMicros, BallId)>,
    /// Signals that may still be used, by id.
    pub(super) signals: BTreeMap<String, Signal>,
    /// Ids of signals that were used, the oldest first.
    pub(super) used: VecDeque<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Signal {
    pub name: String,
    pub payload: Payload,
    pub is_used: bool,
}

/// The numbers of nodes and wires, in the order in which the events name them first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Names {
    pub node_of: FxHashMap<NodeId, u32>,
    pub wire_of: FxHashMap<WireRef, u32>,
    pub wires: Vec<WireRef>,
}

/// All that descends from one passage of one ball through one fan-out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// The group that the ball was in before.
    pub parent: GroupId,
    /// Balls in play whose innermost group this is.
    pub balls: BTreeSet<BallId>,
    /// Groups inside of this one that have balls in play.
    pub inner: BTreeSet<GroupId>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Status {
    #[default]
    NotStarted,
    Running,
    /// Somebody asked for the end; it is not over yet.
    Cancelling {
        reason: String,
    },
    Finished(Outcome),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub balls: u32,
    pub balls_in_play: u32,
    pub hops: u32,
    pub attempts: u32,
    pub attempts_failed: u32,
    pub passed: u32,
    pub lost: u32,
    pub cancelled: u32,
    pub signals: u32,
}

/// What a node is doing, or how it ended with the last ball that left it.
///
/// With several balls at the node it is the state of the ball that did something last; `NodeView::here` has all.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum NodeState {
    #[default]
    Idle,
    /// The ball has arrived; nothing else has happened yet.
    Arrived {
        since: RunMicros,
    },
    /// Attempt `attempt`, from 1, is in flight.
    Running {
        attempt: u32,
        since: RunMicros,
        until: Option<RunMicros>,
    },
    /// The attempt failed; `attempt` is the next one.
    BackingOff {
        attempt: u32,
        since: RunMicros,
        until: RunMicros,
    },
    WaitingForSignal {
        name: String,
        key: Option<String>,
        since: RunMicros,
        until: Option<RunMicros>,
    },
    WaitingForWorker {
        to: Coord,
        since: RunMicros,
        until: Option<RunMicros>,
    },
    /// See [`View::fill`].
    WaitingForOthers {
        group: GroupId,
        since: RunMicros,
        until: Option<RunMicros>,
    },
    Done {
        at: RunMicros,
    },
    Failed {
        at: RunMicros,
        failure: Failure,
        timed_out: bool,
    },
    /// Its ball ended there without a failure of the node.
    Lost {
        at: RunMicros,
        reason: String,
    },
    Cancelled {
        at: RunMicros,
        reason: String,
    },
}

impl NodeState {
    /// A ball is at the node.
    pub const fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::Arrived { .. }
                | Self::Running { .. }
                | Self::BackingOff { .. }
                | Self::WaitingForSignal { .. }
                | Self::WaitingForWorker { .. }
                | Self::WaitingForOthers { .. }
        )
    }

    /// The ball waits for somebody else, or for a time.
    pub const fn is_waiting(&self) -> bool {
        self.is_busy() && !matches!(self, Self::Arrived { .. } | Self::Running { .. })
    }

    /// Since when the state has been so.
    pub const fn since(&self) -> Option<RunMicros> {
        match self {
            Self::Idle => None,
            Self::Arrived { since }
            | Self::Running { since, .. }
            | Self::BackingOff { since, .. }
            | Self::WaitingForSignal { since, .. }
            | Self::WaitingForWorker { since, .. }
            | Self::WaitingForOthers { since, .. } => Some(*since),
            Self::Done { at } | Self::Failed { at, .. } | Self::Lost { at, .. } | Self::Cancelled { at, .. } => {
                Some(*at)
            }
        }
    }

    /// When the state ends by itself.
    pub const fn until(&self) -> Option<RunMicros> {
        match self {
            Self::BackingOff { until, .. } => Some(*until),
            Self::Running { until, .. }
            | Self::WaitingForSignal { until, .. }
            | Self::WaitingForWorker { until, .. }
            | Self::WaitingForOthers { until, .. } => *until,
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    pub id: NodeId,
    pub state: NodeState,
    /// From when a picture shows `state`: not before the shown ball gets to the node.
    pub lit_at: RunMicros,
    /// States before `state` that a picture may still show, each with when it is shown from, in order.
    pub(super) earlier: VecDeque<(RunMicros, NodeState)>,
    /// Balls at the node.
    pub here: BTreeSet<BallId>,
    /// Balls that came, and that went on.
    pub n_entered: u32,
    pub n_left: u32,
    /// Of the last ball that came.
    pub entered_at: Option<RunMicros>,
    /// Of the last ball that left or ended here.
    pub left_at: Option<RunMicros>,
    /// For how many microseconds the last ball that left was here.
    pub took: Option<u64>,
    /// The version that was really called, of the last attempt.
    pub called: Option<Coord>,
    /// The last attempts of all its balls, at most 32.
    pub attempts: VecDeque<Arc<Attempt>>,
    /// What the last ball brought, and what the last ball took along.
    pub payload_in: Option<Payload>,
    pub payload_out: Option<Payload>,
    /// Of the last ball that came or left.
    pub headers: Headers,
}

impl NodeView {
    /// What a picture shows at `time`: the node lights up when the shown ball gets there.
    pub fn shown(&self, time: RunMicros) -> &NodeState {
        if time >= self.lit_at {
            return &self.state;
        }
        let shown = self.earlier.iter().rev().find(|(from, _)| *from <= time);
        shown.map_or(&NodeState::Idle, |(_, state)| state)
    }

    fn weight(&self) -> usize {
        size_of::<Self>()
            + size_of::<Arc<Attempt>>() * self.attempts.capacity()
            + size_of::<(RunMicros, NodeState)>() * self.earlier.capacity()
            + 8 * self.here.len()
    }

    /// The attempts that belong to the last visit, first attempt first.
    pub fn last_visit(&self) -> impl Iterator<Item = &Attempt> {
        let visit = self.attempts.back().map(|attempt| (attempt.ball, attempt.visit));
        self.attempts
            .iter()
            .map(|attempt| &**attempt)
            .filter(move |attempt| Some((attempt.ball, attempt.visit)) == visit)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub ball: BallId,
    pub visit: u32,
    /// From 1.
    pub attempt: u32,
    pub to: Coord,
    /// The worker that caught it, where one did.
    pub worker: Option<String>,
    pub start: RunMicros,
    pub sent: Payload,
    /// What the worker gave back for the ball to take along.
    pub headers: Headers,
    pub end: Option<(RunMicros, AttemptEnd)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AttemptEnd {
    Answered(Payload),
    Failed(Failure),
    /// The worker that held it went away.
    Dropped,
    CalledOff,
}

/// What a ball is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum BallState {
    /// At its node, in the node state that it causes: `Done` and `Failed` if it is about to go on from there.
    At(NodeState),
    Gone {
        at: RunMicros,
        fate: Fate,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Split { group: GroupId },
    Joined { into: BallId },
    Passed,
    Lost { reason: String },
    Cancelled { reason: String },
}

#[derive(Clone, Debug, PartialEq)]
pub struct BallView {
    pub id: BallId,
    /// The ball that split into this one, or the last to come of those that joined.
    pub parent: Option<BallId>,
    pub group: GroupId,
    /// Where it is, or was last.
    pub node: NodeId,
    pub state: BallState,
    pub made_at: RunMicros,
    pub entered_at: RunMicros,
    pub payload: Payload,
    /// Go with it.
    pub headers: Headers,
    /// What it carried when it came to its node, and to the node before.
    pub came_with: Option<Payload>,
    pub before: Option<Payload>,
    /// Of the last signal that it carried.
    pub signal: Option<Payload>,
    /// Its last glide, and those before it that are not over, in order.
    pub hops: VecDeque<Hop>,
    /// When the picture of it appears: a child is not seen before its parent arrives.
    pub seen_from: RunMicros,
    /// When the shown ball gets to `node`.
    pub shown_at: RunMicros,
    /// What a worker was offered: the visit, the payload and until when.
    pub(super) offer: Option<(u32, Payload, Option<RunMicros>)>,
}

impl BallView {
    pub const fn is_gone(&self) -> bool {
        matches!(self.state, BallState::Gone { .. })
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct WireView {
    /// Balls that took the wire.
    pub n: u32,
    /// What the last of them carried.
    pub last: Option<Arc<Carried>>,
    /// When the first glide along it ends.
    pub first_end: RunMicros,
    /// When the last glide along it starts and ends.
    pub start: RunMicros,
    pub end: RunMicros,
}

/// What a ball carried along a wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    pub ball: BallId,
    pub at: RunMicros,
    pub payload: Payload,
    /// What it had come with to the wire's tail.
    pub before: Option<Payload>,
    pub headers: Headers,
}

/// How full a fan-in is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    pub n_here: u32,
    /// `n_here` and all balls of the same fan-out that are still in play elsewhere.
    pub n_expected: u32,
    /// Where those others are, each node once, at most 8.
    pub missing_at: Vec<NodeId>,
    pub until: Option<RunMicros>,
}

impl View {
    /// Events folded so far; the number of the next one.
    pub const fn n_events(&self) -> usize {
        self.n_events
    }

    /// When the last of them was recorded.
    pub const fn at(&self) -> RunMicros {
        self.at
    }

    /// When the last glide ends: from then on a picture changes no more, except for clocks.
    pub fn settled_at(&self) -> RunMicros {
        self.settled_at.max(self.at)
    }

    pub fn started(&self) -> Option<&Started> {
        self.started.as_deref()
    }

    pub const fn status(&self) -> &Status {
        &self.status
    }

    pub const fn outcome(&self) -> Option<&Outcome> {
        match &self.status {
            Status::Finished(outcome) => Some(outcome),
            _ => None,
        }
    }

    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Nodes that events have named, in the order of their first naming: a node's index is the same in every view of
    /// the run that knows it.
    pub fn nodes(&self) -> &[Arc<NodeView>] {
        &self.nodes
    }

    pub fn node(&self, id: &str) -> Option<&NodeView> {
        let index = *self.names.node_of.get(id)?;
        self.nodes.get(index as usize).map(|node| &**node)
    }

    /// The node's place in [`View::nodes`].
    pub fn node_index(&self, id: &str) -> Option<u32> {
        self.names.node_of.get(id).copied().filter(|index| (*index as usize) < self.nodes.len())
    }

    /// By its place in [`View::nodes`].
    pub fn node_at(&self, index: u32) -> Option<&NodeView> {
        self.nodes.get(index as usize).map(|node| &**node)
    }

    /// Wires that balls have taken, numbered as nodes are.
    pub fn wires(&self) -> impl ExactSizeIterator<Item = (&WireRef, &WireView)> {
        self.names.wires[..self.wires.len()].iter().zip(&self.wires)
    }

    pub fn wire(&self, wire: &WireRef) -> Option<&WireView> {
        let index = *self.names.wire_of.get(wire)?;
        self.wires.get(index as usize)
    }

    /// By the index that [`View::wires`] counts.
    pub fn wire_at(&self, index: u32) -> Option<&WireView> {
        self.wires.get(index as usize)
    }

    /// Balls in play, and those that are gone but may still be seen gliding, by id.
    pub fn balls(&self) -> impl Iterator<Item = &BallView> {
        self.balls.values().map(|ball| &**ball)
    }

    pub fn ball(&self, id: BallId) -> Option<&BallView> {
        self.balls.get(&id).map(|ball| &**ball)
    }

    /// Balls that a picture may show between two nodes at [`View::at`] or later. Bounded, whatever the run does.
    pub fn moving(&self) -> impl Iterator<Item = &BallView> {
        self.moving.iter().filter_map(|(end, id)| self.ball(*id).filter(|ball| ball.shown_at == *end))
    }

    /// Signals that came and that no wait has used yet: id, name and payload.
    pub fn unused_signals(&self) -> impl Iterator<Item = (&str, &str, &Payload)> {
        let unused = self.signals.iter().filter(|(_, signal)| !signal.is_used);
        unused.map(|(id, signal)| (id.as_str(), signal.name.as_str(), &signal.payload))
    }

    /// The nodes where a ball waits for a signal, with its name and key.
    pub fn waits_for_signal(&self) -> impl Iterator<Item = (&BallView, &str, Option<&str>)> {
        self.balls().filter_map(|ball| match &ball.state {
            BallState::At(NodeState::WaitingForSignal { name, key, .. }) => Some((ball, name.as_str(), key.as_deref())),
            _ => None,
        })
    }

    /// How full the fan-in `node` is, for the group of balls that came to it last. `None` if nothing waits there.
    pub fn fill(&self, node: &str) -> Option<Fill> {
        self.fill_from(node, |_| true)
    }

    /// As [`View::fill`], of the balls at nodes that `leads_there` says can still lead to the fan-in.
    pub fn fill_from(&self, node: &str, leads_there: impl Fn(&NodeId) -> bool) -> Option<Fill> {
        let node = self.node(node)?;
        let waiting = |ball: &BallId| match &self.balls.get(ball)?.state {
            BallState::At(NodeState::WaitingForOthers { group, until, .. }) => Some((*group, *until)),
            _ => None,
        };
        let NodeState::WaitingForOthers { group, .. } = node.state else { return None };
        let mut fill = Fill::default();
        for ball in &node.here {
            if let Some((_, until)) = waiting(ball).filter(|(of, _)| *of == group) {
                fill.n_here += 1;
                fill.until = fill.until.or(until);
            }
        }
        fill.n_expected = fill.n_here;
        self.visit_group(group, &mut |ball| {
            let is_here =
                ball.node == node.id && matches!(ball.state, BallState::At(NodeState::WaitingForOthers { .. }));
            if !is_here && leads_there(&ball.node) {
                fill.n_expected += 1;
                if fill.missing_at.len() < 8 && !fill.missing_at.contains(&ball.node) {
                    fill.missing_at.push(ball.node.clone());
                }
            }
        });
        Some(fill)
    }

    /// What keeping the view takes beside `before`, an earlier one of the same run, in bytes, roughly.
    pub(super) fn weight(&self, before: Option<&Self>) -> usize {
        let old = |index: usize| before.and_then(|before| before.nodes.get(index));
        let is_new = |(index, node): &(usize, &Arc<NodeView>)| !old(*index).is_some_and(|old| Arc::ptr_eq(old, node));
        let new = self.nodes.iter().enumerate().filter(is_new);
        let nodes: usize = new.map(|(_, node)| node.weight()).sum();
        let old = |id| before.and_then(|before| before.balls.get(id));
        let new = self.balls.iter().filter(|(id, ball)| !old(id).is_some_and(|old| Arc::ptr_eq(old, ball)));
        let balls = new.count() * (size_of::<BallView>() + size_of::<Hop>());
        let lists = 8 * self.nodes.len() + size_of::<WireView>() * self.wires.len() + 40 * self.balls.len();
        let groups: usize = self.groups.values().map(|group| 96 + 8 * group.balls.len()).sum();
        512 + lists + nodes + balls + groups + 16 * self.moving.len() + 96 * self.signals.len()
    }

    /// Calls `found` for every ball in play that descends from the group.
    fn visit_group(&self, group: GroupId, found: &mut impl FnMut(&BallView)) {
        let mut todo = vec![group];
        while let Some(group) = todo.pop() {
            let Some(group) = self.groups.get(&group) else { continue };
            todo.extend(group.inner.iter().rev());
            for ball in group.balls.iter().filter_map(|ball| self.balls.get(ball)) {
                found(ball);
            }
        }
    }
}
