use std::io;
use std::path::{Path, PathBuf};

/// Why a file was not read or not written. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("'{}' is neither a .play nor a .ron file: give it one of these extensions", path.display())]
    Extension { path: PathBuf },
    #[error("there is no '{}': check the name and the folder", path.display())]
    Missing { path: PathBuf },
    #[error("'{}' is a folder: name a file in it", path.display())]
    Folder { path: PathBuf },
    #[error("'{}' is larger than {} MB, more than a play may be: check that it is the right file", path.display(), super::MAX_BYTES >> 20)]
    TooLarge { path: PathBuf },
    #[error("'{}' is not UTF-8 text: byte {offset}, in line {line}, belongs to no character; save it as UTF-8", path.display())]
    NotUtf8 { path: PathBuf, offset: usize, line: usize },
    #[error("may not {doing} '{}': {source}; change its permissions, or use another folder", path.display())]
    Denied { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("'{}' is read-only: make it writable, or save under another name", path.display())]
    ReadOnly { path: PathBuf },
    #[error("no room to write '{}': {source}; the old file is untouched, free some space and save again", path.display())]
    Full { path: PathBuf, source: io::Error },
    #[error("another program changed '{}' since it was opened: save under another name, or overwrite it", path.display())]
    Changed { path: PathBuf },
    #[error("'{}' is there already: choose another name, or overwrite it", path.display())]
    Exists { path: PathBuf },
    #[error("cannot {doing} '{}': {source}; check the disk and the path, and try again", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

impl Error {
    pub(super) fn reading(path: &Path, source: io::Error) -> Self {
        Self::new("read", path, source)
    }

    pub(super) fn writing(path: &Path, source: io::Error) -> Self {
        Self::new("write", path, source)
    }

    fn new(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::IsADirectory => Self::Folder { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied { doing, path, source },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { path, source }
            }
            _ => Self::Io { doing, path, source },
        }
    }
}
