//! Old runs are deleted: a few at a time, when the runner has nothing else to do, and never a run that is not over.

use std::time::Duration;

use tokio::time::Instant;

use super::conductor::Conductor;
use crate::base::RunId;

/// Between two steps, so that others get to the journal.
const STEP: Duration = Duration::from_millis(50);
/// Between two rounds through all old runs.
const ROUND: Duration = Duration::from_mins(1);
/// A runner that always has something to do takes a step when it is late by so much.
const LATE: Duration = Duration::from_secs(1);

pub(super) struct Retention {
    keep: Duration,
    /// The number of the run that was looked at last.
    after: u64,
    pub next: Instant,
}

impl Retention {
    pub fn new(keep: Duration) -> Self {
        Self { keep, after: 0, next: Instant::now() }
    }
}

impl Conductor {
    /// Takes a step if it is time. A full disk, and a commit that is under way, come first.
    pub(super) fn sweep(&mut self, is_idle: bool) {
        if self.retention.is_none() || self.stuck.is_some() || self.keeper.is_away() {
            return;
        }
        let now = Instant::now();
        let is_due = |retention: &&mut Retention| retention.next + if is_idle { Duration::ZERO } else { LATE } <= now;
        let Some(retention) = self.retention.as_mut().filter(is_due) else { return };
        let keep_ms = u64::try_from(retention.keep.as_millis()).unwrap_or(u64::MAX);
        let before_ms = (self.world.wall_us() / 1000).saturating_sub(keep_ms);
        let needed: Vec<RunId> = self.reruns.values().cloned().collect();
        // What cannot be deleted now can be later.
        let swept = self.keeper.journal().sweep(retention.after, before_ms, &needed).unwrap_or_default();
        retention.after = swept.next.unwrap_or(0);
        retention.next = now + if swept.next.is_some() { STEP } else { ROUND };
    }
}
