//! The store of runs: every event of every run, in one SQLite file that people can open with any SQLite tool, or in
//! memory.
//!
//! What [`Journal::append`] acknowledged survives a `kill -9`, and a power cut if that is asked for. One process writes, any number read. An event of a newer
//! version is kept and reported, never a reason to refuse a journal.
//!
//! Must never: decide what happened, read a clock, wait for anything but the disk.
//! Start reading at [`Journal`] and [`Reader`].

mod body;
mod bulk;
mod checkpoint;
mod dir;
mod error;
mod file;
mod mark;
mod memory;
mod retention;
mod schema;
#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

pub use bulk::Unfinished;
pub use dir::{FILE_NAME, default_dir};
pub use error::Error;
pub use retention::Swept;

use crate::base::{Coord, RunId, RunMicros};
use crate::event::{Event, Outcome, Payload, Recorded, unread};
use file::FileStore;
use memory::Memory;

/// Numbers a document that is kept in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DocId(i64);

/// New events of one run, in order, without a gap after those that are kept.
#[derive(Clone, Copy, Debug)]
pub struct Append<'a> {
    pub run: &'a RunId,
    /// What the run runs; read only with its first event.
    pub document: Option<DocId>,
    pub events: &'a [Recorded],
}

/// What happened to a signal that was sent to a key and not to a run.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalChange {
    /// It came. `used` if a run took it at once.
    Came { signal: KeySignal, used: bool },
    /// A run took the one that was kept under this id.
    Used { id: String },
    /// Forget all whose time was over at this time, in unix milliseconds.
    Expired { before_ms: u64 },
}

/// A signal to whoever waits for its name and key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeySignal {
    pub id: String,
    pub name: String,
    pub key: String,
    pub payload: Payload,
    /// When it is forgotten, in unix milliseconds.
    pub until_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// No `Finished` is kept: it runs, or it will go on when a runner recovers it.
    Running,
    /// No `Finished` is kept, and the runner that tried last could not go on with it.
    Stopped,
    Passed,
    Failed,
    Cancelled,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Passed { .. } => Self::Passed,
            Outcome::Failed { .. } => Self::Failed,
            Outcome::Cancelled { .. } => Self::Cancelled,
        }
    }
}

/// A line of the list of runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunInfo {
    pub run: RunId,
    pub play: Coord,
    /// Of the plan.
    pub digest: String,
    pub formation: Option<String>,
    /// Unix milliseconds.
    pub started_ms: u64,
    pub status: Status,
    /// Why it failed, was cancelled or is stopped.
    pub reason: Option<String>,
    pub n_events: u64,
    /// From the start to the last event.
    pub duration: RunMicros,
}

/// What is listed of a page of runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Runs that started before the one of that number; `None`: from the newest on.
    pub before: Option<u64>,
    pub status: Option<Status>,
    pub play: Option<Coord>,
}

/// Some runs, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub runs: Vec<RunInfo>,
    /// For [`Filter::before`] of the next page, if there may be one.
    pub next: Option<u64>,
}

/// Plays that a runner serves as targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The document that they are from.
    pub text: String,
    pub formation: Option<String>,
    /// Never empty.
    pub plays: Vec<Coord>,
}

/// The events of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub events: Vec<Recorded>,
    /// Those that this version cannot read, in order. A run that has any cannot be recovered, but it can be looked at.
    pub unread: Vec<Unread>,
}

/// An event that a newer version wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub seq: u64,
    pub at: RunMicros,
    pub raw: String,
    pub why: String,
}

/// The only writer of a store. Dereferences to a [`Reader`].
///
/// There is no undo of an [`Error`]: a failed append has changed nothing and may be tried again.
#[derive(Debug)]
pub struct Journal {
    reader: Reader,
}

/// Reads a store, while another may write it. Each reader sees whole appends only.
#[derive(Debug)]
pub struct Reader {
    store: Store,
}

#[derive(Debug)]
enum Store {
    File(Box<FileStore>),
    Memory(Arc<Mutex<Memory>>),
}

impl Journal {
    /// Opens the journal in a folder, or a journal file; makes what is missing, the folder too.
    ///
    /// # Errors
    /// [`Error::Locked`] while another process, or another `Journal` of this one, writes there.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let store = FileStore::open(path.as_ref())?;
        Ok(Self { reader: Reader { store: Store::File(Box::new(store)) } })
    }

    /// A journal that ends with the process.
    pub fn memory() -> Self {
        Self { reader: Reader { store: Store::Memory(Arc::default()) } }
    }

    /// One whose disk is full while `full` is set.
    #[cfg(test)]
    pub(crate) fn that_fills(full: Arc<std::sync::atomic::AtomicBool>) -> Self {
        let memory = Memory::that_fills(full);
        Self { reader: Reader { store: Store::Memory(Arc::new(Mutex::new(memory))) } }
    }

    /// From now on what is acknowledged survives a power cut too: each append waits for the disk.
    pub fn survive_power_cuts(&mut self) -> Result<(), Error> {
        match &self.reader.store {
            Store::File(file) => file.survive_power_cuts(),
            Store::Memory(_) => Ok(()),
        }
    }

    /// Keeps a text that runs refer to, once.
    pub fn document(&mut self, text: &str) -> Result<DocId, Error> {
        match &mut self.reader.store {
            Store::File(file) => file.document(text),
            Store::Memory(memory) => Ok(memory::lock(memory).document(text)),
        }
    }

    /// Keeps events of any number of runs: all of them or, on an error, none.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if a `seq` does not follow the last one kept, or a run does not begin with `Started`.
    pub fn append(&mut self, batch: &[Append<'_>], signals: &[SignalChange]) -> Result<(), Error> {
        match &mut self.reader.store {
            Store::File(file) => file.append(batch, signals),
            Store::Memory(memory) => memory::lock(memory).append(batch, signals),
        }
    }

    /// Notes why an unfinished run cannot go on, or, by `None`, that it goes on. A finished run stays as it is.
    ///
    /// # Errors
    /// The store cannot be written; an unknown run is none.
    pub fn note_stop(&mut self, run: &RunId, why: Option<&str>) -> Result<(), Error> {
        match &mut self.reader.store {
            Store::File(file) => file.note_stop(run, why),
            Store::Memory(memory) => {
                memory::lock(memory).note_stop(run, why);
                Ok(())
            }
        }
    }

    /// Keeps which plays are targets: one of the same coordinate is replaced.
    pub fn register(&mut self, plays: &[(Coord, DocId, Option<String>)]) -> Result<(), Error> {
        match &mut self.reader.store {
            Store::File(file) => file.register(plays),
            Store::Memory(memory) => {
                memory::lock(memory).register(plays);
                Ok(())
            }
        }
    }

    /// Forgets a run, finished or not. The store may keep the space for later runs.
    pub fn delete(&mut self, run: &RunId) -> Result<(), Error> {
        match &mut self.reader.store {
            Store::File(file) => file.delete(run),
            Store::Memory(memory) => memory::lock(memory).delete(run),
        }
    }

    /// Deletes finished runs that ended before `before_ms` (unix milliseconds): a few of those that started after run
    /// number `after`, the oldest first. Keeps the runs that are `needed`, and those that served a call of a run that
    /// goes on. Their space is used again, the file does not shrink.
    ///
    /// Documents that nothing refers to any more go when the journal is opened to write.
    ///
    /// # Errors
    /// The store cannot be written; nothing was deleted then.
    pub fn sweep(&mut self, after: u64, before_ms: u64, needed: &[RunId]) -> Result<Swept, Error> {
        match &self.reader.store {
            Store::File(file) => file.sweep(after, before_ms, needed),
            Store::Memory(memory) => Ok(memory::lock(memory).sweep(before_ms, needed)),
        }
    }
}

impl Deref for Journal {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Reader {
    /// Opens the journal in a folder, or a journal file, that exists.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let store = FileStore::open_to_read(path.as_ref())?;
        Ok(Self { store: Store::File(Box::new(store)) })
    }

    /// A reader for another thread.
    pub fn reader(&self) -> Result<Self, Error> {
        match &self.store {
            Store::File(file) => Self::open(file.path()),
            Store::Memory(memory) => Ok(Self { store: Store::Memory(Arc::clone(memory)) }),
        }
    }

    /// Where the journal is; `None` in memory.
    pub fn path(&self) -> Option<&Path> {
        match &self.store {
            Store::File(file) => Some(file.path()),
            Store::Memory(_) => None,
        }
    }

    /// The last `limit` runs, newest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunInfo>, Error> {
        match &self.store {
            Store::File(file) => file.runs(limit),
            Store::Memory(memory) => Ok(memory::lock(memory).runs(limit)),
        }
    }

    /// At most `limit` of the runs that the filter lets through, newest first.
    pub fn page(&self, filter: &Filter, limit: usize) -> Result<Page, Error> {
        match &self.store {
            Store::File(file) => file.page(filter, limit),
            Store::Memory(memory) => Ok(memory::lock(memory).page(filter, limit)),
        }
    }

    /// The plays that were registered.
    pub fn registered(&self) -> Result<Vec<Registered>, Error> {
        match &self.store {
            Store::File(file) => file.registered(),
            Store::Memory(memory) => Ok(memory::lock(memory).registered()),
        }
    }

    /// # Errors
    /// [`Error::UnknownRun`]
    pub fn run(&self, run: &RunId) -> Result<RunInfo, Error> {
        match &self.store {
            Store::File(file) => file.run(run),
            Store::Memory(memory) => memory::lock(memory).run(run),
        }
    }

    /// Runs that have not finished, stopped ones too, oldest first.
    pub fn unfinished(&self) -> Result<Vec<RunId>, Error> {
        match &self.store {
            Store::File(file) => file.unfinished(),
            Store::Memory(memory) => Ok(memory::lock(memory).unfinished()),
        }
    }

    /// Shows each run that has not finished, stopped ones too, oldest first, with its events: all in one pass, in the
    /// memory of one run at a time.
    pub fn each_unfinished(&self, mut see: impl FnMut(Unfinished)) -> Result<(), Error> {
        match &self.store {
            Store::File(file) => file.each_unfinished(&mut see),
            Store::Memory(memory) => {
                let all = memory::lock(memory).all_unfinished();
                all.into_iter().for_each(see);
                Ok(())
            }
        }
    }

    /// A document that was kept.
    pub fn text(&self, document: DocId) -> Result<Option<String>, Error> {
        match &self.store {
            Store::File(file) => file.text(document),
            Store::Memory(memory) => Ok(memory::lock(memory).text(document)),
        }
    }

    /// All events of a run.
    pub fn events(&self, run: &RunId) -> Result<History, Error> {
        self.events_from(run, 0)
    }

    /// The events of a run from `seq` on.
    ///
    /// # Errors
    /// [`Error::UnknownRun`]; a `seq` past the end gives no events.
    pub fn events_from(&self, run: &RunId, seq: u64) -> Result<History, Error> {
        self.some_events(run, seq, usize::MAX)
    }

    /// At most `limit` events of a run from `seq` on.
    ///
    /// # Errors
    /// As [`Self::events_from`].
    pub fn some_events(&self, run: &RunId, seq: u64, limit: usize) -> Result<History, Error> {
        match &self.store {
            Store::File(file) => file.events_from(run, seq, limit),
            Store::Memory(memory) => memory::lock(memory).events_from(run, seq, limit),
        }
    }

    /// The same to be looked at: what balls carry stays text until somebody looks into it, see [`crate::event::unread`].
    ///
    /// # Errors
    /// As [`Self::events_from`].
    pub fn events_to_show(&self, run: &RunId, seq: u64, limit: usize) -> Result<History, Error> {
        unread(|| self.some_events(run, seq, limit))
    }

    /// The text of the document that the run ran, if it was kept.
    pub fn document_of(&self, run: &RunId) -> Result<Option<String>, Error> {
        match &self.store {
            Store::File(file) => file.document_of(run),
            Store::Memory(memory) => memory::lock(memory).document_of(run),
        }
    }

    /// Signals to a key whose time is not over at `now_ms` (unix milliseconds), in order of arrival, and whether each
    /// was used.
    pub fn signals(&self, now_ms: u64) -> Result<Vec<(KeySignal, bool)>, Error> {
        match &self.store {
            Store::File(file) => file.signals(now_ms),
            Store::Memory(memory) => Ok(memory::lock(memory).signals(now_ms)),
        }
    }
}

/// The status and the reason that an event gives to its run, if it ends it.
fn ending(event: &Event) -> Option<(Status, Option<String>)> {
    let Event::Finished { outcome } = event else { return None };
    let reason = match outcome {
        Outcome::Passed { .. } => None,
        Outcome::Failed { node: Some(node), failure } => Some(format!("{node}: {failure}")),
        Outcome::Failed { node: None, failure } => Some(failure.to_string()),
        Outcome::Cancelled { reason } => Some(reason.clone()),
    };
    Some((Status::of(outcome), reason))
}
