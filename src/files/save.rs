use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Error, Stamp, read};

/// A temporary file is called by these, with so many random letters and digits between them.
const PREFIX: &str = ".chalktalk-";
const SUFFIX: &str = ".tmp";
const N_RANDOM: usize = 6;
/// Locks tell files in use from those that are left over; this is for a file that is not locked yet.
const LEFT_OVER_AFTER: Duration = Duration::from_mins(1);

/// What a save may replace.
#[derive(Clone, Copy, Debug)]
pub enum Over<'s> {
    /// Whatever is there: the person said so.
    Anything,
    /// No file.
    Nothing,
    /// A file that says what it said then. One that is gone meanwhile is written again.
    Same(&'s Stamp),
}

/// Writes a whole file: whoever reads it, at any moment and after any crash, finds the old text or the new one.
///
/// The text goes to a temporary file of the same folder, to the disk, and then takes the name. Permissions stay,
/// and links are followed. What is no regular file (a device, a pipe) is written straight. Temporary files that
/// killed programs left in the folder go.
///
/// # Errors
/// `over` forbids it, the file or its folder may not be written, or the disk is full. The old file is then
/// untouched and no other file is left behind.
pub fn save(path: &Path, text: &str, over: Over<'_>) -> Result<Stamp, Error> {
    save_bytes(path, text.as_bytes(), over)
}

/// [`save`] for what is no text: a picture.
///
/// # Errors
/// As [`save`].
pub fn save_bytes(path: &Path, bytes: &[u8], over: Over<'_>) -> Result<Stamp, Error> {
    let writing = |error| Error::writing(path, error);
    let real = follow_links(path).map_err(writing)?;
    let old = match fs::metadata(&real) {
        Ok(found) if found.is_dir() => return Err(Error::Folder { path: path.to_owned() }),
        Ok(found) if !found.is_file() => return write_straight(&real, bytes).map_err(writing),
        Ok(found) => Some(found.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(writing(error)),
    };
    if let Some(permissions) = &old {
        may_replace(path, &real, over)?;
        if permissions.readonly() {
            return Err(Error::ReadOnly { path: path.to_owned() });
        }
    }
    let modified = replace(&real, bytes, old).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::Missing { path: folder_of(&real).to_owned() },
        _ => writing(error),
    })?;
    Ok(Stamp::new(bytes, modified))
}

fn may_replace(path: &Path, real: &Path, over: Over<'_>) -> Result<(), Error> {
    match over {
        Over::Anything => Ok(()),
        Over::Nothing => Err(Error::Exists { path: path.to_owned() }),
        Over::Same(stamp) => match read(real) {
            Ok((bytes, modified)) if Stamp::new(&bytes, modified).says_the_same(stamp) => Ok(()),
            Ok(_) | Err(Error::TooLarge { .. }) => Err(Error::Changed { path: path.to_owned() }),
            Err(error) => Err(error),
        },
    }
}

fn replace(real: &Path, bytes: &[u8], old: Option<Permissions>) -> io::Result<Option<SystemTime>> {
    let folder = folder_of(real);
    // A new file gets what the umask leaves of this, as from any other program.
    let mut temporary = temporary_in(folder, 0o666)?;
    temporary.write_all(bytes)?;
    if let Some(permissions) = old {
        temporary.as_file().set_permissions(permissions)?;
    }
    temporary.as_file().sync_all()?;
    let modified = temporary.as_file().metadata()?.modified().ok();
    temporary.persist(real).map_err(|error| error.error)?;
    // The new name is in place; only a power cut could still take it back, so a folder that cannot be synced is no failure.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(modified)
}

/// A temporary file that is locked, in a folder that was rid of those of killed programs.
pub(super) fn temporary_in(folder: &Path, mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).rand_bytes(N_RANDOM).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let temporary = builder.tempfile_in(folder)?;
    // Says that it is in use. Where files cannot be locked, none is ever taken for left over either.
    let _ = temporary.as_file().try_lock();
    if let Ok(now) = temporary.as_file().metadata().and_then(|new| new.modified()) {
        sweep(folder, now);
    }
    Ok(temporary)
}

/// Removes temporary files that killed programs left in the folder. What cannot be removed stays for the next save.
fn sweep(folder: &Path, now: SystemTime) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if is_temporary(&entry.file_name()) && is_left_over(&entry.path(), now) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

fn is_temporary(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    random.is_some_and(|random| random.len() == N_RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Old, and nobody holds it. `now` is by the clock of the file system, as the age of a file is.
fn is_left_over(path: &Path, now: SystemTime) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    let age = found.modified().ok().and_then(|modified| now.duration_since(modified).ok());
    found.is_file()
        && age.is_some_and(|age| age > LEFT_OVER_AFTER)
        && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

fn write_straight(real: &Path, bytes: &[u8]) -> io::Result<Stamp> {
    let mut file = fs::OpenOptions::new().write(true).open(real)?;
    file.write_all(bytes)?;
    file.flush()?;
    Ok(Stamp::new(bytes, None))
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where `path` leads in the end, even if nothing is there yet.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    const MAX_LINKS: u32 = 40;
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            // `InvalidInput` says that it is no link.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
                return Ok(path);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many links"))
}
