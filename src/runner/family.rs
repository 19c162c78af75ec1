//! How many runs there are, in all and below each that was called by nobody here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::conductor::Conductor;
use super::handle::Start;
use super::redact::{is_marked, is_redacted};
use super::{Error, Limits};
use crate::base::RunId;
use crate::engine::Run;
use crate::plan::Plan;

/// The runs below one that nobody here has called: all of them share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Family(Arc<AtomicUsize>);

/// A run's place in its family. Free again when the run is forgotten.
#[derive(Debug)]
pub(super) struct Member(Family);

/// A run that another one called, found after a start.
pub(super) struct Child {
    pub run: RunId,
    pub parent: RunId,
    /// How many plays are above it.
    pub depth: u32,
}

impl Family {
    fn n_members(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn join(&self) -> Member {
        self.0.fetch_add(1, Ordering::Relaxed);
        Member(self.clone())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Conductor {
    /// A run, bounded in what it holds.
    pub(super) fn run_of(&self, plan: Arc<Plan>) -> Run {
        Run::new(plan).with_max_bytes(self.limits.run_bytes as u64)
    }

    /// A place for a run, if its caller is here.
    ///
    /// # Errors
    /// There are too many runs, or too many below the first of its callers.
    pub(super) fn admit(&mut self, start: &Start) -> Result<Option<Member>, Error> {
        let Limits { runs, runs_below, .. } = self.limits;
        if self.lives.len() >= runs {
            return Err(Error::TooManyRuns { max: runs });
        }
        if is_redacted(&start.input) || is_marked(&start.headers) {
            return Err(Error::RedactedInput);
        }
        let depth = start.input.size().depth;
        let max = start.prepared.plan.limits.depth;
        if depth > max {
            return Err(Error::TooNested { depth, max });
        }
        let Some((parent, _)) = &start.parent else { return Ok(None) };
        let Some(family) = self.family(parent) else { return Ok(None) };
        if family.n_members() >= runs_below {
            return Err(Error::TooManyBelow { play: start.prepared.plan.play.clone(), max: runs_below });
        }
        Ok(Some(family.join()))
    }

    /// Of a run that is in memory.
    fn family(&mut self, run: &RunId) -> Option<Family> {
        let ties = self.lives.find(run).and_then(|slot| self.lives.ties_mut(slot))?;
        Some(match &ties.member {
            Some(Member(family)) => family.clone(),
            None => ties.family.get_or_insert_default().clone(),
        })
    }

    /// After a recovery.
    pub(super) fn join_families(&mut self, children: &mut [Child]) {
        children.sort_by_key(|child| child.depth);
        for Child { run, parent, .. } in children {
            let member = self.family(parent).map(|family| family.join());
            if let Some(ties) = self.lives.find(run).and_then(|slot| self.lives.ties_mut(slot)) {
                ties.member = member;
            }
        }
    }
}
