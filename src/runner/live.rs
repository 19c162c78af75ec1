use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tokio::task::AbortHandle;

use super::Prepared;
use super::family::{Family, Member};
use super::handle::Answering;
use super::levels::Caller;
use super::rerun::Replayed;
use crate::base::{BallId, RunId, RunMicros};
use crate::engine::{BallAt, Input, Run};
use crate::event::{Outcome, Recorded};
use crate::journal::DocId;

/// A run in memory.
pub(super) struct Live {
    pub id: RunId,
    pub run: Run,
    pub prepared: Arc<Prepared>,
    pub document: Option<DocId>,
    /// The run's zero on the world's clock, in unix microseconds.
    pub zero_us: u64,
    /// Events that are not kept yet.
    pub fresh: Vec<Recorded>,
    /// How many of its events are kept and told.
    pub n_told: u64,
    /// It is listed among those that have changed.
    pub touched: bool,
    /// Its entry in the timer queue.
    pub timer: Option<u64>,
    /// What is under way for its balls.
    pub owing: BTreeMap<BallId, Owing>,
    pub waiters: Vec<Answering<Outcome>>,
    /// Runs whose calls this one serves.
    pub callers: Vec<Caller>,
    /// Its place below the run that called it.
    pub member: Option<Member>,
    /// Of those below it, if it has no place below another.
    pub family: Option<Family>,
    /// What it takes from the run that it makes again.
    pub replayed: Option<Box<Replayed>>,
}

pub(super) enum Owing {
    Task(AbortHandle),
    /// A call to another process, which is left alone when only this runner stops: it would take that for the end of
    /// the call, while the call is made again with the same key once the runner is back.
    Away(AbortHandle),
    /// A run that serves the call.
    Child(RunId),
    /// It waits for a signal to a key.
    Key {
        name: String,
        key: String,
    },
}

impl Live {
    pub fn new(id: RunId, run: Run, prepared: Arc<Prepared>, zero_us: u64) -> Self {
        Self {
            id,
            run,
            prepared,
            document: None,
            zero_us,
            fresh: Vec::new(),
            n_told: 0,
            touched: false,
            timer: None,
            owing: BTreeMap::new(),
            waiters: Vec::new(),
            callers: Vec::new(),
            member: None,
            family: None,
            replayed: None,
        }
    }

    /// Whether that gave any event.
    pub fn advance(&mut self, now_us: u64, input: &Input) -> bool {
        let before = self.fresh.len();
        self.run.advance(self.now(now_us), input, &mut self.fresh);
        self.fresh.len() > before
    }

    /// After a recovery: does what the run owes itself. Whether that gave any event.
    pub fn settle(&mut self, now_us: u64) -> bool {
        let before = self.fresh.len();
        self.run.settle(self.now(now_us), &mut self.fresh);
        self.fresh.len() > before
    }

    const fn now(&self, now_us: u64) -> RunMicros {
        RunMicros(now_us.saturating_sub(self.zero_us))
    }

    /// On the world's clock.
    pub fn next_deadline_us(&self) -> Option<u64> {
        self.run.next_deadline().map(|deadline| self.zero_us.saturating_add(deadline.0))
    }
}

/// Runs by number, so that timers and signals name them in four bytes.
#[derive(Default)]
pub(super) struct Lives {
    slots: Vec<Option<Box<Live>>>,
    free: Vec<u32>,
    by_id: FxHashMap<RunId, u32>,
}

impl Lives {
    pub fn find(&self, run: &RunId) -> Option<u32> {
        self.by_id.get(run).copied()
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn get(&self, slot: u32) -> Option<&Live> {
        self.slots.get(slot as usize)?.as_deref()
    }

    pub fn get_mut(&mut self, slot: u32) -> Option<&mut Live> {
        self.slots.get_mut(slot as usize)?.as_deref_mut()
    }

    /// `None` beyond four billion runs at once.
    pub fn insert(&mut self, live: Live) -> Option<u32> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                let slot = u32::try_from(self.slots.len()).ok()?;
                self.slots.push(None);
                slot
            }
        };
        self.by_id.insert(live.id.clone(), slot);
        self.slots[slot as usize] = Some(Box::new(live));
        Some(slot)
    }

    /// Whether a ball waits for a signal or a worker, by what the run knows now.
    pub fn is_parked(&self, slot: u32, ball: BallId) -> bool {
        let ball = self.get(slot).and_then(|live| live.run.ball(ball));
        ball.is_some_and(|ball| matches!(ball.at, BallAt::Parked { .. }))
    }

    pub fn remove(&mut self, slot: u32) -> Option<Box<Live>> {
        let live = self.slots.get_mut(slot as usize)?.take()?;
        self.by_id.remove(&live.id);
        self.free.push(slot);
        Some(live)
    }

    /// In the order of their numbers.
    pub fn drain(&mut self) -> impl Iterator<Item = Box<Live>> {
        self.by_id.clear();
        self.free.clear();
        self.slots.drain(..).flatten()
    }
}
