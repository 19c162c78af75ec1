//! Unsaved work, kept on disk until it is saved: what a program that was killed leaves for the next.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::save::{folder_of, temporary_in};
use super::{Error, Stamp, read};

/// The folder for drafts in a data folder.
const FOLDER: &str = "unsaved";
const EXTENSION: &str = "unsaved";
const HEAD: &str = "// chalktalk draft 1";

/// A draft that this program writes. While it lives the file is locked, so that no other takes it for left over.
#[derive(Debug, Default)]
pub struct Draft {
    path: Option<PathBuf>,
    held: Option<File>,
}

/// A draft whose program is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub path: PathBuf,
    pub text: String,
    /// What the file was like that the draft is a change of. `None` if it was never saved.
    pub base: Option<Stamp>,
    pub modified: Option<SystemTime>,
}

impl Draft {
    /// One that was found, to be written on in the same place.
    pub fn adopt(left: &Left) -> Self {
        let held = File::open(&left.path).ok();
        if let Some(file) = &held {
            let _ = file.try_lock();
        }
        Self { path: Some(left.path.clone()), held }
    }

    /// Keeps `text`, which is a change of `base`: beside `file`, in the data folder where that cannot be, or for a
    /// document that has no file. Does nothing where there is neither.
    ///
    /// # Errors
    /// Neither place can be written to.
    pub fn write(
        &mut self,
        file: Option<&Path>,
        data: Option<&Path>,
        base: Option<&Stamp>,
        text: &str,
    ) -> Result<(), Error> {
        let beside = file.map(beside);
        let fallback = || data.map(|data| in_data(data, file, self.path.as_deref()));
        let places = match (&self.path, beside) {
            (Some(path), Some(beside)) if *path != beside && Some(path.as_path()) == fallback().as_deref() => {
                vec![path.clone()]
            }
            (_, Some(beside)) => [Some(beside), fallback()].into_iter().flatten().collect(),
            (Some(path), None) => vec![path.clone()],
            (None, None) => fallback().into_iter().collect(),
        };
        let mut failed = None;
        for place in places {
            match put(&place, base, text) {
                Ok(file) => {
                    if self.path.as_ref().is_some_and(|old| *old != place) {
                        self.remove();
                    }
                    (self.path, self.held) = (Some(place), Some(file));
                    return Ok(());
                }
                Err(error) => failed = failed.or(Some(Error::writing(&place, error))),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    pub const fn is_kept(&self) -> bool {
        self.path.is_some()
    }

    /// The work is saved, or is to be forgotten.
    pub fn remove(&mut self) {
        if let Some(path) = self.path.take() {
            // What cannot be removed is found again, and says then what the file says.
            let _ = fs::remove_file(path);
        }
        self.held = None;
    }
}

/// The draft of a file that a program which is gone has left.
pub fn left_of(file: &Path, data: Option<&Path>) -> Option<Left> {
    let fallback = data.map(|data| in_data(data, Some(file), None));
    [Some(beside(file)), fallback].into_iter().flatten().find_map(|path| found(&path))
}

/// The drafts of documents that had no file.
pub fn left_untitled(data: &Path) -> Vec<Left> {
    let Ok(entries) = fs::read_dir(data.join(FOLDER)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("untitled-")));
    paths.sort();
    paths.iter().filter_map(|path| found(path)).collect()
}

fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    folder_of(file).join(format!(".{name}.{EXTENSION}"))
}

fn in_data(data: &Path, file: Option<&Path>, own: Option<&Path>) -> PathBuf {
    let folder = data.join(FOLDER);
    match (file, own) {
        (Some(file), _) => {
            let mut hasher = DefaultHasher::new();
            hasher.write(file.as_os_str().as_encoded_bytes());
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            folder.join(format!("of-{:016x}-{name}.{EXTENSION}", hasher.finish()))
        }
        (None, Some(own)) => own.to_owned(),
        (None, None) => {
            let free = |n: &u32| !folder.join(format!("untitled-{n}.{EXTENSION}")).exists();
            let n = (1..=9_999).find(free).unwrap_or(9_999);
            folder.join(format!("untitled-{n}.{EXTENSION}"))
        }
    }
}

fn put(path: &Path, base: Option<&Stamp>, text: &str) -> io::Result<File> {
    let folder = folder_of(path);
    if folder.file_name().is_some_and(|name| name == FOLDER) {
        fs::create_dir_all(folder)?;
    }
    let mut temporary = temporary_in(folder, 0o600)?;
    let base = base.map(|base| format!(" of {} {:016x}", base.len, base.hash)).unwrap_or_default();
    writeln!(temporary, "{HEAD}{base}")?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_data()?;
    temporary.persist(path).map_err(|error| error.error)
}

/// `None` where there is none, or one that a living program holds, or that is no draft of ours.
fn found(path: &Path) -> Option<Left> {
    let file = File::open(path).ok()?;
    file.try_lock().ok()?;
    let (bytes, modified) = read(path).ok()?;
    let whole = String::from_utf8(bytes).ok()?;
    let (head, text) = whole.split_once('\n')?;
    let base = head.strip_prefix(HEAD)?.strip_prefix(" of ").and_then(|base| {
        let (len, hash) = base.split_once(' ')?;
        Some(Stamp { len: len.parse().ok()?, modified: None, hash: u64::from_str_radix(hash, 16).ok()? })
    });
    Some(Left { path: path.to_owned(), text: text.to_owned(), base, modified })
}
