//! What an operator is told: runs that start and end, attempts that fail, workers that go and come back, the journal.
//!
//! The names of targets (`chalktalk::run` and so on), messages and fields are kept as they are: people search for them.
//! Must never: tell what a ball carries, or what a worker said, which may hold it; `chalktalk show RUN` has that.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{Level, debug, enabled, error, info, warn};

use super::{Error, OnCommit};
use crate::base::{Coord, RunId};
use crate::event::{Event, Outcome, Recorded};

/// A commit that takes longer is told.
const SLOW: Duration = Duration::from_millis(500);
/// How often, at most.
const SLOW_EVERY: Duration = Duration::from_secs(10);

/// Events of one run, once they are kept.
pub(super) fn events(run: &RunId, play: &Coord, events: &[Recorded]) {
    if enabled!(target: "chalktalk::run", Level::WARN) {
        events.iter().for_each(|recorded| event(run, play, recorded));
    }
}

fn event(run: &RunId, play: &Coord, recorded: &Recorded) {
    let at_ms = recorded.at.0 / 1000;
    match &recorded.event {
        Event::Started(started) => {
            let parent = started.parent.as_ref().map(|(parent, _)| parent.as_str());
            let formation = started.formation.as_deref();
            info!(target: "chalktalk::run", %run, %play, formation, parent, "run started");
        }
        Event::Called { node, attempt, visit, to, .. } => {
            debug!(target: "chalktalk::run", %run, %node, visit, attempt, %to, "called");
        }
        Event::Answered { node, attempt, .. } => {
            debug!(target: "chalktalk::run", %run, %node, attempt, "answered");
        }
        Event::AttemptFailed { node, attempt, failure, retry_at: Some(retry_at), .. } => {
            let retry_ms = retry_at.since(recorded.at) / 1000;
            info!(target: "chalktalk::run", %run, %node, attempt, code = %failure.code, retry_ms, "attempt failed, to be made again");
        }
        Event::NodeFailed { node, failure, timed_out, .. } => {
            info!(target: "chalktalk::run", %run, %node, code = %failure.code, timed_out, "node failed");
        }
        Event::Parked { node, .. } => debug!(target: "chalktalk::run", %run, %node, "parked"),
        Event::Caught { node, worker, .. } => debug!(target: "chalktalk::run", %run, %node, worker, "caught"),
        Event::Dropped { node, worker, .. } => {
            warn!(target: "chalktalk::worker", %run, %node, worker, "worker lost with a ball, which waits for the next");
        }
        Event::CancelAsked { .. } => info!(target: "chalktalk::run", %run, "cancel asked"),
        Event::Finished { outcome } => match outcome {
            Outcome::Passed { .. } => {
                info!(target: "chalktalk::run", %run, %play, outcome = "passed", took_ms = at_ms, "run ended");
            }
            Outcome::Failed { node, failure } => {
                let (node, code) = (node.as_deref(), failure.code);
                warn!(target: "chalktalk::run", %run, %play, outcome = "failed", node, %code, took_ms = at_ms, "run ended");
            }
            Outcome::Cancelled { .. } => {
                info!(target: "chalktalk::run", %run, %play, outcome = "cancelled", took_ms = at_ms, "run ended");
            }
        },
        _ => {}
    }
}

/// A run that was asleep cannot be woken.
pub(super) fn stopped(run: &RunId, why: &str) {
    error!(target: "chalktalk::run", %run, why, "run stopped: it cannot be folded again from the journal");
}

/// How the journal does. Costs nothing while nobody listens.
pub(super) struct Commits {
    on_commit: Option<OnCommit>,
    told: Option<Instant>,
}

impl Commits {
    pub const fn new(on_commit: Option<OnCommit>) -> Self {
        Self { on_commit, told: None }
    }

    /// Before a commit.
    pub fn begin(&self) -> Option<Instant> {
        (self.on_commit.is_some() || enabled!(target: "chalktalk::journal", Level::WARN)).then(Instant::now)
    }

    /// It went well; `was_stuck` if the one before did not.
    pub fn done(&mut self, begun: Option<Instant>, n_runs: usize, n_events: usize, was_stuck: bool) {
        if was_stuck {
            info!(target: "chalktalk::journal", "journal takes events again");
        }
        let Some(took) = begun.map(|begun| begun.elapsed()) else { return };
        if let Some(on_commit) = &self.on_commit {
            on_commit(took, n_events);
        }
        if took > SLOW && self.told.is_none_or(|told| told.elapsed() > SLOW_EVERY) {
            self.told = Some(Instant::now());
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            warn!(target: "chalktalk::journal", took_ms, runs = n_runs, "journal slow: every step waits for it");
        }
    }

    /// The first that did not go well in a row.
    pub fn stuck(error: &Error) {
        error!(target: "chalktalk::journal", %error, "journal takes nothing: no run starts or goes on until it does");
    }
}
