//! A run whose data and times nobody knows: what the model checker asks of it.

use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::state::{Task, Timer};
use super::{Ball, BallAt, Run};
use crate::base::{BallId, GroupId, RunMicros};
use crate::event::{Event, Recorded};
use crate::expr::{Program, Var};

/// Says how expressions come out where nothing is known of the data.
pub trait Oracle: fmt::Debug + Send + Sync {
    /// A number below `n`.
    fn choose(&self, n: u32) -> u32;
}

/// How many elements the list of an `each` may have, the usual first.
const LIST_SIZES: [usize; 3] = [1, 2, 0];

impl Run {
    /// Leaves every expression that depends on data to `oracle`.
    #[must_use]
    pub fn guessing(mut self, oracle: Arc<dyn Oracle>) -> Self {
        self.oracle = Some(oracle);
        self
    }

    /// Whether the condition holds, if that is guessed.
    pub(super) fn guess(&self, program: &Program) -> Option<bool> {
        let oracle = self.oracle.as_ref().filter(|_| depends_on_data(program))?;
        Some(oracle.choose(2) == 0)
    }

    /// How many elements a list has, if that is guessed.
    pub(super) fn guess_size(&self, program: &Program) -> Option<usize> {
        let oracle = self.oracle.as_ref().filter(|_| depends_on_data(program))?;
        LIST_SIZES.get(oracle.choose(3) as usize).copied()
    }

    pub(super) fn guesses(&self, program: &Program) -> bool {
        self.oracle.is_some() && depends_on_data(program)
    }

    /// Takes events that [`Self::decide`], [`Self::pending`] or one of the methods below gave.
    pub fn take(&mut self, now: RunMicros, events: Vec<Event>, out: &mut Vec<Recorded>) {
        self.record(now, events, out);
    }

    /// What it gives if the timeout of what the ball waits for comes now, whatever the clock says.
    pub fn late(&self, now: RunMicros, ball: BallId) -> Vec<Event> {
        let waits = self.state.balls.get(&ball).is_some_and(|ball| ball.at.until().is_some());
        if waits && !self.is_finished() { self.fire(now, Timer::Ball(ball), 0) } else { Vec::new() }
    }

    /// Fan-ins whose timeout may come, with the group that each joins, in order.
    pub fn timed_joins(&self) -> Vec<(u32, GroupId)> {
        let joins = self.state.timers.iter().filter_map(|(_, timer)| match timer {
            Timer::Join(fan_in, group) => Some((*fan_in, *group)),
            _ => None,
        });
        let mut joins: Vec<_> = joins.collect();
        joins.sort_unstable();
        joins
    }

    /// What it gives if the timeout of a fan-in comes now.
    pub fn late_join(&self, now: RunMicros, fan_in: u32, group: GroupId) -> Vec<Event> {
        if self.is_finished() { Vec::new() } else { self.fire(now, Timer::Join(fan_in, group), 0) }
    }

    /// What can still come of the run, without its data, its times and the names of its balls: runs of one plan with equal
    /// shapes fare alike.
    ///
    /// Balls of one group count by where they are, not by which they are; groups inside of a group by what is in them.
    pub fn shape(&self) -> Vec<u32> {
        let state = &self.state;
        if state.outcome.is_some() {
            return vec![u32::MAX];
        }
        let mut inside: FxHashMap<GroupId, Inside> = FxHashMap::default();
        for (id, ball) in &state.balls {
            inside.entry(ball.group).or_default().balls.push(self.ball_shape(*id, ball));
        }
        let mut opened: Vec<u64> = state.joins.values().filter_map(|join| join.opened).collect();
        opened.sort_unstable();
        let mut joins: Vec<_> = state.joins.iter().collect();
        joins.sort_unstable_by_key(|(key, _)| **key);
        for (&(fan_in, group), join) in joins {
            let rank = join.opened.and_then(|at| opened.binary_search(&at).ok()).map_or(0, |rank| rank + 1);
            let due = self.place_on_agenda(Task::Join(fan_in, group));
            let shape = [fan_in, join.ahead, join.n_lost, small(rank), due, u32::from(join.until.is_some())];
            inside.entry(group).or_default().joins.push(shape);
        }
        // Groups are made after the groups that they are in.
        let mut groups: Vec<_> = state.groups.iter().collect();
        groups.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(**id));
        for (id, group) in groups {
            let mut shape = vec![group.fan_out];
            inside.remove(id).unwrap_or_default().write(&mut shape);
            inside.entry(group.parent).or_default().groups.push(shape);
        }
        let mut shape = Vec::new();
        inside.remove(&GroupId(0)).unwrap_or_default().write(&mut shape);
        shape
    }

    fn ball_shape(&self, id: BallId, ball: &Ball) -> [u32; 3] {
        let timed = u32::from(ball.at.until().is_some());
        let (kind, more) = match &ball.at {
            BallAt::Arrived => (0, self.place_on_agenda(Task::Ball(id))),
            BallAt::Done => (1, self.place_on_agenda(Task::Ball(id))),
            BallAt::Failed { timed_out, .. } => (2 + u32::from(*timed_out), self.place_on_agenda(Task::Ball(id))),
            BallAt::Calling { attempt, .. } => (4, *attempt),
            BallAt::Backoff { attempt, .. } => (5, *attempt),
            BallAt::Offered { .. } => (6, timed),
            BallAt::Caught { .. } => (7, 0),
            BallAt::Waiting { .. } => (8, 0),
            BallAt::Parked { name, order, .. } => {
                // A signal goes to the one that waited longest.
                let before = self.state.parked.range(..*order).filter(|&(_, other)| {
                    matches!(self.state.balls.get(other).map(|ball| &ball.at),
                        Some(BallAt::Parked { name: other, .. }) if other == name)
                });
                (9 + timed, small(before.count()))
            }
        };
        [ball.node, kind, more]
    }

    /// From 1; 0 if it is not there.
    fn place_on_agenda(&self, task: Task) -> u32 {
        self.state.agenda.iter().position(|other| *other == task).map_or(0, |at| small(at + 1))
    }
}

/// What is in a group.
#[derive(Default)]
struct Inside {
    balls: Vec<[u32; 3]>,
    joins: Vec<[u32; 6]>,
    groups: Vec<Vec<u32>>,
}

impl Inside {
    fn write(mut self, out: &mut Vec<u32>) {
        self.balls.sort_unstable();
        self.joins.sort_unstable();
        self.groups.sort_unstable();
        out.extend([small(self.balls.len()), small(self.joins.len()), small(self.groups.len())]);
        out.extend(self.balls.iter().flatten());
        out.extend(self.joins.iter().flatten());
        for group in &self.groups {
            out.push(small(group.len()));
            out.extend(group);
        }
    }
}

fn depends_on_data(program: &Program) -> bool {
    Var::ALL.into_iter().any(|var| program.uses(var))
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
