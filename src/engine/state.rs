use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use smol_str::SmolStr;

use super::weight::Weight;
use crate::base::{BallId, Coord, GroupId, RunMicros};
use crate::event::{Failure, Headers, Outcome, Payload, Started};
use crate::expr::RunVars;
use crate::plan::Plan;

/// Everything that a run remembers. Only `evolve` writes it.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub started: Option<Started>,
    /// What expressions see of the run.
    pub vars: Option<RunVars>,
    pub outcome: Option<Outcome>,
    pub cancel_asked: Option<String>,
    pub n_events: u64,
    /// Events since the last that came from outside.
    pub n_quiet: u64,
    pub weight: Weight,
    pub now: RunMicros,
    pub next_ball: u32,
    pub next_group: u32,
    pub balls: BTreeMap<BallId, Ball>,
    /// Balls that wait for the world: calls, backoffs, signals, workers.
    pub n_abroad: usize,
    /// Open groups; the whole run, group 0, is not listed.
    pub groups: FxHashMap<GroupId, Group>,
    pub joins: FxHashMap<(u32, GroupId), Join>,
    /// What the run does next by itself, in order. Entries may be stale.
    pub agenda: VecDeque<Task>,
    pub timers: BTreeSet<(RunMicros, Timer)>,
    /// Passages so far of the nodes that have had one.
    pub visits: FxHashMap<u32, u32>,
    /// Balls that wait for a signal, by the order of parking.
    pub parked: BTreeMap<u64, BallId>,
    /// Signals that no wait has used yet, oldest first.
    pub kept: VecDeque<KeptSignal>,
    pub seen_signals: FxHashSet<String>,
    /// The last signal to a key that a wait of this run used: others of the run may use it too.
    pub last_keyed: Option<(String, Payload)>,
}

impl State {
    /// The group on the chain of `group` that `scope` made; the whole run if there is none.
    pub fn group_of_scope(&self, mut group: GroupId, scope: Option<u32>) -> GroupId {
        let Some(scope) = scope else { return GroupId(0) };
        while let Some(found) = self.groups.get(&group) {
            if found.fan_out == scope {
                return group;
            }
            group = found.parent;
        }
        GroupId(0)
    }

    /// The fan-ins that the ball is on its way to in the innermost group that has any, and that group.
    pub fn nearest_fan_ins(&self, plan: &Plan, ball: &Ball) -> (GroupId, Vec<u32>) {
        let ahead = plan.ahead(ball.node);
        let mut group = ball.group;
        loop {
            let found = self.groups.get(&group);
            let scope = found.map(|found| found.fan_out);
            let here: Vec<u32> = ahead.iter().copied().filter(|&fan_in| plan.node(fan_in).scope == scope).collect();
            match found {
                Some(found) if here.is_empty() => group = found.parent,
                _ => return (group, here),
            }
        }
    }
}

/// A ball in play.
#[derive(Clone, Debug, PartialEq)]
pub struct Ball {
    /// The plan's number of the node that it is at.
    pub node: u32,
    /// The node that it came from.
    pub from: Option<u32>,
    pub payload: Payload,
    pub headers: Headers,
    /// The payload of the last signal that it carried.
    pub signal: Option<Payload>,
    /// What an `on error` or `on timeout` wire last said of it.
    pub error: Option<Arc<Value>>,
    pub group: GroupId,
    /// Its place among the balls of its group.
    pub ordinal: u32,
    /// The passage of its node that it is on, once it called or parked there.
    pub visit: u32,
    /// Wires travelled since its last call or wait.
    pub quiet_hops: u32,
    pub at: BallAt,
}

/// What a ball in play is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum BallAt {
    /// It has come to its node, which has not begun with it.
    Arrived,
    Calling {
        attempt: u32,
        to: Coord,
        sent: Payload,
        until: Option<RunMicros>,
    },
    /// The next attempt starts at `until`.
    Backoff {
        attempt: u32,
        until: RunMicros,
    },
    /// It waits for a signal. `order` is the order of parking.
    Parked {
        name: SmolStr,
        key: Option<String>,
        until: Option<RunMicros>,
        order: u64,
    },
    /// It waits for a worker.
    Offered {
        attempt: u32,
        to: Coord,
        sent: Payload,
        until: Option<RunMicros>,
    },
    /// A worker holds it.
    Caught {
        attempt: u32,
        worker: String,
    },
    /// It waits at a fan-in for others.
    Waiting {
        group: GroupId,
    },
    /// Its node is done with it.
    Done,
    /// Its node gave up on it.
    Failed {
        failure: Failure,
        timed_out: bool,
    },
}

impl BallAt {
    pub(super) const fn is_abroad(&self) -> bool {
        matches!(
            self,
            Self::Calling { .. }
                | Self::Backoff { .. }
                | Self::Parked { .. }
                | Self::Offered { .. }
                | Self::Caught { .. }
        )
    }

    pub(super) const fn until(&self) -> Option<RunMicros> {
        match self {
            Self::Calling { until, .. } | Self::Parked { until, .. } | Self::Offered { until, .. } => *until,
            Self::Backoff { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// The attempt that is out, if one is.
    pub(super) const fn attempt(&self) -> Option<u32> {
        match self {
            Self::Calling { attempt, .. } | Self::Offered { attempt, .. } | Self::Caught { attempt, .. } => {
                Some(*attempt)
            }
            _ => None,
        }
    }
}

/// One passage of one ball through a fan-out.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub fan_out: u32,
    pub parent: GroupId,
    /// Of the ball that was split, in `parent`.
    pub ordinal: u32,
    /// Balls whose innermost group this is.
    pub balls: BTreeSet<BallId>,
    /// Groups inside it.
    pub groups: BTreeSet<GroupId>,
    /// Joins of it that are open.
    pub n_joins: u32,
    /// Of the ball that was split.
    pub signal: Option<Payload>,
}

/// A fan-in for the balls of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Join {
    /// Balls that may still come.
    pub ahead: u32,
    /// In the order of their coming.
    pub waiting: VecDeque<BallId>,
    /// Balls that were lost on their way.
    pub n_lost: u32,
    pub until: Option<RunMicros>,
    /// When the first ball came or was lost, as a count of events.
    pub opened: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// The ball has arrived, is done or has failed.
    Ball(BallId),
    /// The fan-in may have all that can come.
    Join(u32, GroupId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Run,
    Ball(BallId),
    Join(u32, GroupId),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeptSignal {
    pub id: String,
    pub name: String,
    pub key: Option<String>,
    pub payload: Payload,
}
