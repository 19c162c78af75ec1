use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::base::RunId;

/// Why a journal could not be read or written, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no journal at {path}: start a run first, or give its folder with --data DIR")]
    Missing { path: PathBuf },
    #[error(
        "{path} is not a journal of chalktalk: give another folder with --data DIR, or move that file out of the way"
    )]
    NotAJournal { path: PathBuf },
    #[error(
        "the journal {path} has format {found} and this program knows up to {known}: use a newer chalktalk, or another folder with --data DIR"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(
        "another chalktalk writes the journal {path}: end it first, or give another folder with --data DIR (reading is possible meanwhile)"
    )]
    Locked { path: PathBuf },
    #[error("the disk of the journal {path} is full: free some space; nothing that was kept is lost")]
    Full { path: PathBuf },
    #[error("the journal {path} may not be read: allow it, or give another folder with --data DIR")]
    Denied { path: PathBuf },
    #[error("the journal {path} may not be written: allow it, or give another folder with --data DIR")]
    ReadOnly { path: PathBuf },
    #[error(
        "the journal {path} is damaged ({why}): it is not written to any more; `chalktalk runs`, `show` and `replay` read what can be read, `sqlite3 {path} .recover` saves more; then move it away, and a new one is made"
    )]
    Damaged { path: PathBuf, why: String },
    #[error("there is no run {run} in the journal: `chalktalk runs` lists those that are")]
    UnknownRun { run: RunId },
    #[error("event {seq} of run {run} does not follow those that are kept: two writers, or a mistake in this program")]
    OutOfOrder { run: RunId, seq: u64 },
    #[error("an event of run {run} cannot be written as JSON: {why}")]
    Unwritable { run: RunId, why: String },
    #[error("the journal {path} cannot be used: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("the journal {path} cannot be used: {source}")]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

impl Error {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { path, source },
        }
    }

    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::NotADatabase) => Self::NotAJournal { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, why: source.to_string() },
            _ => Self::Sqlite { path, source },
        }
    }

    /// Whether the same write may succeed later, without a change by this program.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Locked { .. } | Self::Io { .. } | Self::Sqlite { .. })
    }
}
