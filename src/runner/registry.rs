use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::Prepared;
use super::pull::Hub;
use super::standing::Lines;
use crate::base::Coord;

/// The plays that a runner serves as targets and the workers that pull from it, shared by the runner and those who ask it.
#[derive(Debug)]
pub(super) struct Registry {
    plays: RwLock<BTreeMap<Coord, Arc<Prepared>>>,
    version: AtomicU64,
    pub hub: Arc<Hub>,
    /// What waits for workers that do not pull.
    pub lines: Arc<Lines>,
}

/// Registries so far, in steps that no registry makes by itself.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl Default for Registry {
    /// Its versions are no other registry's: a play keeps routes by version, and those of a runner that has stopped lead
    /// nowhere.
    fn default() -> Self {
        let version = AtomicU64::new(NEXT.fetch_add(1 << 32, Ordering::Relaxed) + 1);
        Self { plays: RwLock::default(), version, hub: Arc::default(), lines: Arc::default() }
    }
}

impl Registry {
    /// Adds plays, for runs to come. One of the same coordinate is replaced.
    pub fn add(&self, plays: impl IntoIterator<Item = Arc<Prepared>>) {
        let mut known = self.plays.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(plays.into_iter().map(|play| (play.plan.play.clone(), play)));
        self.version.fetch_add(1, Ordering::Release);
    }

    pub fn get(&self, play: &Coord) -> Option<Arc<Prepared>> {
        self.plays.read().unwrap_or_else(PoisonError::into_inner).get(play).cloned()
    }

    /// In the order of their coordinates.
    pub fn all(&self) -> Vec<Arc<Prepared>> {
        self.plays.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The versions of an image that have a play.
    pub fn versions(&self, image: &str) -> Vec<smol_str::SmolStr> {
        let known = self.plays.read().unwrap_or_else(PoisonError::into_inner);
        known.keys().filter(|play| play.image == image).map(|play| play.version.clone()).collect()
    }

    /// Another one after each change.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
}
