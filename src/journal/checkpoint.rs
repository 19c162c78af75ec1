//! Brings what is in SQLite's log into its file, beside the one who writes: that would wait for the disk twice.
//!
//! The log is written from its start again once all of it is in the file and the next commit comes. Beside a writer that
//! never rests this would never be so: then the writer does the last bit by itself.
//!
//! Must never: write anything that is not in the log.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// Of a page of the log.
const PAGE: u64 = 4096;
/// Pages, roughly, after which what is new in the log goes into the file.
const SOME: u64 = 2000;
/// Pages in the log, 64 MB, from which on the writer helps.
const MANY: i64 = 16_000;
/// The least between two checkpoints.
const REST: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    /// Pages, roughly, since the thread was woken.
    new: u64,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Bytes to be brought over.
    due: AtomicU64,
    /// Pages in the log when it was looked at last.
    log: AtomicI64,
    stops: AtomicBool,
}

impl Checkpoints {
    /// `None` if the system gives no thread or no second connection: then SQLite does it as it always does.
    pub fn start(path: &Path) -> Option<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags).ok()?;
        let shared = Arc::<Shared>::default();
        let its = Arc::clone(&shared);
        let work = move || {
            while !its.stops.load(Ordering::Acquire) {
                if its.due.swap(0, Ordering::AcqRel) > 0 {
                    // What did not go well, as on a full disk, is tried again with what comes next.
                    if let Ok(log) = checkpoint(&conn) {
                        its.log.store(log, Ordering::Release);
                    }
                    thread::sleep(REST);
                } else {
                    thread::park();
                }
            }
        };
        let thread = thread::Builder::new().name("checkpoints".to_owned()).spawn(work).ok()?;
        Some(Self { shared, new: 0, thread: Some(thread) })
    }

    /// After each commit, of `n_bytes` in `n_rows`.
    pub fn after(&mut self, conn: &Connection, n_bytes: usize, n_rows: usize) {
        // A commit writes whole pages; rows of a run or of an index are beside those of the batches.
        self.new += n_bytes as u64 / PAGE + n_rows as u64 / 16 + 2;
        if self.shared.log.load(Ordering::Acquire) > MANY
            && let Ok(log) = checkpoint(conn)
        {
            self.shared.log.store(log, Ordering::Release);
        }
        if self.new >= SOME {
            self.shared.due.fetch_add(self.new, Ordering::AcqRel);
            self.new = 0;
            self.unpark();
        }
    }

    fn unpark(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.shared.stops.store(true, Ordering::Release);
        self.unpark();
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// As much as can be done without waiting for anybody. Gives how many pages are in the log that are still needed there.
fn checkpoint(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |row| {
        let (log, done): (i64, i64) = (row.get(1)?, row.get(2)?);
        // All of it is in the file: the next commit begins it anew.
        Ok(if log == done { 0 } else { log })
    })
}
