//! Runs that wait sleep: of each only a few bytes stay in memory, and it is folded again from the journal when a signal,
//! its time, an answer or a cancel wakes it.
//!
//! The runs that did something last stay awake, so that a short wait costs nothing. Who waits for a run, its timer and
//! the keys that it listens to are known as before. A run whose journal lacks redacted values never sleeps.
//!
//! Must never: lay down a run of which something is not kept, or for which anything is under way but other runs here.

use std::collections::VecDeque;
use std::sync::Arc;

use super::conductor::Conductor;
use super::handle::Recovered;
use super::live::Slot;
use super::{Error, log};
use crate::base::RunId;
use crate::engine::Run;
use crate::event::{Code, Failure};
use crate::journal::{History, Reader, Unread};

/// Sleeping runs whose time has come that are woken at a time, so that others get their turn.
pub(super) const WOKEN_AT_ONCE: usize = 64;

/// Who may be laid to sleep.
#[derive(Default)]
pub(super) struct Dormitory {
    /// Those that did something last, the latest at the end.
    awake: VecDeque<Listed>,
    /// Reads beside a commit that is under way.
    reader: Option<Reader>,
}

struct Listed {
    slot: u32,
    serial: u64,
    n_events: u64,
}

impl Conductor {
    /// The run has done something.
    pub(super) fn list(&mut self, slot: u32) {
        let Some(live) = self.lives.get_mut(slot).filter(|live| !live.listed) else { return };
        live.listed = true;
        self.dormitory.awake.push_back(Listed { slot, serial: live.serial, n_events: live.run.n_events() });
    }

    /// Lays down the runs that have waited longest while there are too many.
    pub(super) fn lay_down(&mut self) {
        while self.dormitory.awake.len() > self.limits.awake
            && let Some(Listed { slot, serial, n_events }) = self.dormitory.awake.pop_front()
        {
            let Some(live) = self.lives.get_mut(slot).filter(|live| live.serial == serial) else { continue };
            live.listed = false;
            // One that does anything else is listed again when that is told.
            if live.only_waits() {
                if live.run.n_events() == n_events {
                    self.lives.lay_down(slot);
                } else {
                    self.list(slot);
                }
            }
        }
    }

    /// Whether the run is awake now. One that cannot be folded again is stopped.
    pub(super) fn wake(&mut self, slot: u32) -> bool {
        if self.lives.asleep(slot).is_none() {
            return self.lives.get(slot).is_some();
        }
        match self.fold_asleep(slot) {
            Ok(run) => {
                self.lives.wake(slot, run);
                self.list(slot);
                true
            }
            Err(why) => {
                self.give_up(slot, why);
                false
            }
        }
    }

    fn fold_asleep(&mut self, slot: u32) -> Result<Run, String> {
        let asleep = self.lives.asleep(slot).ok_or_else(|| Error::Stopped.to_string())?;
        if self.dormitory.reader.is_none() {
            let reader = self.keeper.journal().reader().map_err(|error| error.to_string())?;
            self.dormitory.reader = Some(reader);
        }
        let reader = self.dormitory.reader.as_ref().ok_or_else(|| Error::Stopped.to_string())?;
        let history = reader.events(&asleep.id).map_err(|error| error.to_string())?;
        let run = folded(self.run_of(Arc::clone(&asleep.prepared.plan)), &history)?;
        if run.started().is_none() || run.is_finished() {
            return Err("what the journal has of it is not what it had".to_owned());
        }
        Ok(run)
    }

    /// The run stays in the journal as it is, for a runner that can go on with it.
    fn give_up(&mut self, slot: u32, why: String) {
        let Some(Slot::Asleep(asleep)) = self.lives.remove(slot) else { return };
        let run = asleep.id.clone();
        log::stopped(&run, &why);
        self.reruns.remove(&slot);
        if let Some(timer) = asleep.timer {
            self.unset_timer(timer, slot);
        }
        self.signals.unlisten_all(slot);
        if let Some(ties) = asleep.ties {
            for waiter in ties.waiters {
                drop(waiter.send(Err(Error::NotRunning { run: run.clone() })));
            }
            for caller in ties.callers {
                self.inbox.push(caller.answer(Err(stopped(&run, &why))));
            }
        }
        drop(self.keeper.journal().note_stop(&run, Some(&why)));
        self.recovered.push(Recovered { run, result: Err(why) });
    }
}

/// What the caller of a run gets that is stopped.
pub(super) fn stopped(run: &RunId, why: impl std::fmt::Display) -> Failure {
    Failure::new(Code::FailedPrecondition, format!("run {run}, which serves this call, cannot go on: {why}"))
}

/// # Errors
/// Something of the run cannot be read, in words.
pub(super) fn all_read(history: &History) -> Result<(), String> {
    let why = |unread: &Unread| format!("its event {} cannot be read: {}", unread.seq, unread.why);
    history.unread.first().map_or(Ok(()), |unread| Err(why(unread)))
}

/// The run after all that is kept of it.
///
/// # Errors
/// As [`all_read`].
pub(super) fn folded(mut run: Run, history: &History) -> Result<Run, String> {
    all_read(history)?;
    history.events.iter().for_each(|recorded| run.evolve(recorded));
    Ok(run)
}
