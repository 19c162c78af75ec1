//! How a runner stands at the moment, for those who look on from outside.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::conductor::Conductor;
use super::targets::Route;
use crate::base::Coord;

/// How many of what there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Runs that have not ended.
    pub runs: u64,
    /// Of these, those that sleep: see [`super::Limits::awake`].
    pub asleep: u64,
    /// Watches of one run or of all.
    pub watches: u64,
    /// Watches that fell behind and were let go, since the start.
    pub lagged: u64,
    /// By target; those that nothing stands in front of may be missing.
    pub queues: BTreeMap<Coord, Queue>,
}

/// What stands in front of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Balls that wait for a worker.
    pub parked: u64,
    /// Balls that pulling workers hold.
    pub held: u64,
    /// Balls that pulling workers would take at once.
    pub credit: u64,
}

/// Balls that wait for a worker which does not pull: the hub counts the others.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<BTreeMap<Coord, u64>>);

/// A ball in a line. It leaves when this goes.
pub(super) struct InLine {
    lines: Arc<Lines>,
    to: Coord,
}

impl Lines {
    pub fn join(self: &Arc<Self>, to: &Coord, route: &Route) -> Option<InLine> {
        if !matches!(route, Route::Builtin { .. } | Route::Service(_)) {
            return None;
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(to.clone()).or_default() += 1;
        Some(InLine { lines: Arc::clone(self), to: to.clone() })
    }
}

impl Drop for InLine {
    fn drop(&mut self) {
        let mut lines = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = lines.get_mut(&self.to) {
            *n -= 1;
            if *n == 0 {
                lines.remove(&self.to);
            }
        }
    }
}

impl Conductor {
    pub(super) fn standing(&self) -> Standing {
        let registry = &self.targets.registry;
        let mut queues: BTreeMap<Coord, Queue> = BTreeMap::new();
        for (to, n) in &*registry.lines.0.lock().unwrap_or_else(PoisonError::into_inner) {
            queues.entry(to.clone()).or_default().parked += n;
        }
        for standing in registry.hub.standings() {
            let queue = queues.entry(standing.coord).or_default();
            queue.parked += standing.queued;
            queue.held += standing.held;
            queue.credit += standing.credit;
        }
        let (runs, asleep) = (self.lives.len() as u64, self.lives.n_asleep() as u64);
        Standing { runs, asleep, watches: self.watchers.len() as u64, lagged: self.lagged, queues }
    }
}
