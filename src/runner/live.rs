//! The runs that have not ended: those that do something whole, those that only wait as little as can be.

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
use crate::engine::{Ball, BallAt, Input, Run};
use crate::event::{Outcome, Recorded};
use crate::journal::DocId;

/// A run that is whole in memory.
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
    /// What others have to do with it.
    pub ties: Ties,
    /// Tells it from those that had its place before.
    pub serial: u64,
    /// It is among those that may be laid to sleep.
    pub listed: bool,
    /// The journal lacks some of what it was given.
    pub is_redacted: bool,
}

/// What the journal does not know of a run.
#[derive(Default)]
pub(super) struct Ties {
    pub waiters: Vec<Answering<Outcome>>,
    /// Runs whose calls this one serves.
    pub callers: Vec<Caller>,
    /// Its place below the run that called it.
    pub member: Option<Member>,
    /// Of those below it, if it has no place below another.
    pub family: Option<Family>,
    /// What it takes from the run that it makes again.
    pub replayed: Option<Box<Replayed>>,
    /// While it sleeps: the runs that serve its calls.
    children: Vec<(BallId, RunId)>,
}

/// A run that waits, for signals, for time or for runs that serve its calls: what is needed to find it and to fold it
/// again from the journal.
pub(super) struct Asleep {
    pub id: RunId,
    pub prepared: Arc<Prepared>,
    zero_us: u64,
    pub timer: Option<u64>,
    pub ties: Option<Box<Ties>>,
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

impl Ties {
    fn is_empty(&self) -> bool {
        let Self { waiters, callers, member, family, replayed, children } = self;
        let nobody = waiters.is_empty() && callers.is_empty() && children.is_empty();
        nobody && member.is_none() && family.is_none() && replayed.is_none()
    }
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
            ties: Ties::default(),
            serial: 0,
            listed: false,
            is_redacted: false,
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

    /// Whether the journal knows all of it, and nothing is under way for it that would be lost with its memory.
    pub fn only_waits(&self) -> bool {
        let is_told = self.fresh.is_empty() && self.n_told == self.run.n_events();
        is_told && !self.is_redacted && !self.run.is_finished() && self.run.balls().all(|ball| self.waits(ball))
    }

    fn waits(&self, (id, ball): (BallId, &Ball)) -> bool {
        match ball.at {
            BallAt::Parked { .. } | BallAt::Waiting { .. } | BallAt::Backoff { .. } => true,
            BallAt::Calling { .. } | BallAt::Caught { .. } => matches!(self.owing.get(&id), Some(Owing::Child(_))),
            _ => false,
        }
    }

    fn lie_down(self) -> Asleep {
        let Self { id, run, prepared, zero_us, timer, owing, mut ties, .. } = self;
        let is_out =
            |ball| matches!(run.ball(ball), Some(Ball { at: BallAt::Calling { .. } | BallAt::Caught { .. }, .. }));
        ties.children = owing
            .into_iter()
            .filter_map(|(ball, owing)| match owing {
                Owing::Child(child) if is_out(ball) => Some((ball, child)),
                _ => None,
            })
            .collect();
        let ties = (!ties.is_empty()).then(|| Box::new(ties));
        Asleep { id, prepared, zero_us, timer, ties }
    }
}

impl Asleep {
    fn wake(self, run: Run) -> Live {
        let Self { id, prepared, zero_us, timer, ties } = self;
        let mut ties = ties.map(|ties| *ties).unwrap_or_default();
        let children = std::mem::take(&mut ties.children);
        let mut owing: BTreeMap<_, _> = children.into_iter().map(|(ball, run)| (ball, Owing::Child(run))).collect();
        for (ball, found) in run.balls() {
            if let BallAt::Parked { name, key: Some(key), .. } = &found.at {
                owing.insert(ball, Owing::Key { name: name.to_string(), key: key.clone() });
            }
        }
        Live { timer, owing, ties, n_told: run.n_events(), ..Live::new(id, run, prepared, zero_us) }
    }
}

pub(super) enum Slot {
    Awake(Box<Live>),
    Asleep(Box<Asleep>),
}

/// Runs by number, so that timers and signals name them in four bytes.
#[derive(Default)]
pub(super) struct Lives {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_id: FxHashMap<RunId, u32>,
    n_asleep: usize,
    /// Of the run that woke last.
    serial: u64,
}

impl Lives {
    /// Awake or asleep.
    pub fn find(&self, run: &RunId) -> Option<u32> {
        self.by_id.get(run).copied()
    }

    /// Awake or asleep.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub const fn n_asleep(&self) -> usize {
        self.n_asleep
    }

    /// `None` for one that sleeps.
    pub fn get(&self, slot: u32) -> Option<&Live> {
        match self.slots.get(slot as usize)? {
            Some(Slot::Awake(live)) => Some(live),
            _ => None,
        }
    }

    /// `None` for one that sleeps.
    pub fn get_mut(&mut self, slot: u32) -> Option<&mut Live> {
        match self.slots.get_mut(slot as usize)? {
            Some(Slot::Awake(live)) => Some(live),
            _ => None,
        }
    }

    pub fn asleep(&self, slot: u32) -> Option<&Asleep> {
        match self.slots.get(slot as usize)? {
            Some(Slot::Asleep(asleep)) => Some(asleep),
            _ => None,
        }
    }

    /// Of a run that is awake or asleep.
    pub fn ties_mut(&mut self, slot: u32) -> Option<&mut Ties> {
        match self.slots.get_mut(slot as usize)?.as_mut()? {
            Slot::Awake(live) => Some(&mut live.ties),
            Slot::Asleep(asleep) => Some(asleep.ties.get_or_insert_default()),
        }
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
        self.put(slot, live);
        Some(slot)
    }

    fn put(&mut self, slot: u32, live: Live) {
        self.serial += 1;
        self.slots[slot as usize] = Some(Slot::Awake(Box::new(Live { serial: self.serial, ..live })));
    }

    /// Keeps of a run only what the journal does not know. See [`Live::only_waits`].
    pub fn lay_down(&mut self, slot: u32) {
        let Some(place) = self.slots.get_mut(slot as usize) else { return };
        *place = match place.take() {
            Some(Slot::Awake(live)) => {
                self.n_asleep += 1;
                Some(Slot::Asleep(Box::new(live.lie_down())))
            }
            other => other,
        };
    }

    /// `run` is folded from all that the journal has of it.
    pub fn wake(&mut self, slot: u32, run: Run) {
        let Some(place) = self.slots.get_mut(slot as usize) else { return };
        match place.take() {
            Some(Slot::Asleep(asleep)) => {
                self.n_asleep -= 1;
                self.put(slot, asleep.wake(run));
            }
            other => *place = other,
        }
    }

    /// Whether a ball waits for a signal or a worker, by what the run knows now.
    pub fn is_parked(&self, slot: u32, ball: BallId) -> bool {
        match self.slots.get(slot as usize) {
            Some(Some(Slot::Awake(live))) => {
                live.run.ball(ball).is_some_and(|ball| matches!(ball.at, BallAt::Parked { .. }))
            }
            // All that it knows is told, so that no wait is listed which is over.
            Some(Some(Slot::Asleep(_))) => true,
            _ => false,
        }
    }

    pub fn remove(&mut self, slot: u32) -> Option<Slot> {
        let taken = self.slots.get_mut(slot as usize)?.take()?;
        let id = match &taken {
            Slot::Awake(live) => &live.id,
            Slot::Asleep(asleep) => {
                self.n_asleep -= 1;
                &asleep.id
            }
        };
        self.by_id.remove(id);
        self.free.push(slot);
        Some(taken)
    }

    /// Those that are awake, in the order of their numbers.
    pub fn drain(&mut self) -> impl Iterator<Item = Box<Live>> {
        self.by_id.clear();
        self.free.clear();
        self.slots.drain(..).filter_map(|slot| if let Some(Slot::Awake(live)) = slot { Some(live) } else { None })
    }
}
