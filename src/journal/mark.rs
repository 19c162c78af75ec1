//! Whether a journal was closed as it should be: noted in its lock file. That can be read when the database cannot, and
//! taking the note away needs no space on a full disk.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use super::Error;
use super::schema::{self, Found};

const CLOSED: &[u8] = b"closed\n";
/// Findings that the message has room for.
const MAX_FINDINGS: u32 = 3;

/// A program that somebody starts holds copies of all their open files, and so of the lock of a journal that they close just
/// then, until it runs: some milliseconds.
const LOCK_TRIES: u32 = 40;
const LOCK_AGAIN: Duration = Duration::from_millis(5);

/// The lock of the one who writes. The system gives it up when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Held {
    file: File,
    /// Whether the journal is known to be sound, so that the note is true when this goes.
    pub is_sound: bool,
}

impl Held {
    /// Takes the note away, for good: until it is there again, the journal counts as not closed. Gives whether it was
    /// there.
    pub fn take(mut file: File) -> std::io::Result<(Self, bool)> {
        let mut note = Vec::new();
        (&mut file).take(64).read_to_end(&mut note)?;
        file.set_len(0)?;
        file.sync_all()?;
        Ok((Self { file, is_sound: false }, note == CLOSED))
    }
}

impl Drop for Held {
    /// After the connection, which closed the journal.
    fn drop(&mut self) {
        if self.is_sound {
            // Without the note the next start looks at the journal once more, that is all.
            let noted = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(CLOSED));
            drop(noted);
        }
    }
}

/// Gives whether the journal was closed as it should be.
pub(super) fn lock(path: &Path) -> Result<(Held, bool), Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path.with_file_name(name))
        .map_err(|source| Error::io(path, source))?;
    let mut left = LOCK_TRIES;
    let locked = loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if left > 0 => left -= 1,
            tried => break tried,
        }
        thread::sleep(LOCK_AGAIN);
    };
    match locked {
        Ok(()) => Held::take(file).map_err(|source| Error::io(path, source)),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(Error::io(path, source)),
    }
}

/// Reads the whole journal, as a start after a crash should.
///
/// # Errors
/// [`Error::Damaged`] with what was found first.
pub(super) fn check(conn: &Connection, path: &Path) -> Result<(), Error> {
    let at = |source| Error::sqlite(path, source);
    // Whatever else is wrong, opening says.
    if !matches!(schema::look(conn), Ok(Found::Version(_))) {
        return Ok(());
    }
    let mut query = conn.prepare(&format!("PRAGMA integrity_check({MAX_FINDINGS})")).map_err(at)?;
    let found: Vec<String> = query.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(at)?;
    if found == ["ok"] {
        return Ok(());
    }
    let why = found.join("; ").replace('\n', ": ");
    Err(Error::Damaged { path: path.to_owned(), why })
}
