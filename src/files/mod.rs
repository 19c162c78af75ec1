//! People's files: read whole or not at all, written whole or not at all.
//!
//! Must never: know what a text says, overwrite what another program wrote without being told to, leave half a
//! file or a temporary one behind. Start reading at [`load`] and [`save`].

mod draft;
mod error;
mod save;

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

pub use draft::{Draft, Left, left_of, left_untitled};
pub use error::Error;
pub use save::{Over, save, save_bytes};

/// A larger file is refused: nobody wrote it by hand.
pub const MAX_BYTES: u64 = 32 << 20;

/// How a file spells a document, told by its extension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The textual language.
    Play,
    #[default]
    Ron,
}

impl Format {
    pub const ALL: [Self; 2] = [Self::Ron, Self::Play];

    /// Without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Ron => "ron",
        }
    }

    /// By the extension of `path`, in any case.
    ///
    /// # Errors
    /// It is neither `.play` nor `.ron`.
    pub fn of(path: &Path) -> Result<Self, Error> {
        let extension = path.extension().unwrap_or_default();
        let found = Self::ALL.into_iter().find(|format| extension.eq_ignore_ascii_case(format.extension()));
        found.ok_or_else(|| Error::Extension { path: path.to_owned() })
    }
}

/// The file of the same name that spells the document in the other way.
pub fn twin_of(path: &Path) -> Option<std::path::PathBuf> {
    Some(path.with_extension(match Format::of(path).ok()? {
        Format::Play => Format::Ron.extension(),
        Format::Ron => Format::Play.extension(),
    }))
}

/// The other files of a folder that may hold documents, by name. At most 300, and none where they cannot be listed.
pub fn beside(path: &Path) -> Vec<std::path::PathBuf> {
    const AT_MOST: usize = 300;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|file| file != path && Format::of(file).is_ok()).collect();
    files.sort();
    files.truncate(AT_MOST);
    files
}

/// What a file was like when it was read or written last, to tell whether another program changed it since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    hash: u64,
}

impl Stamp {
    fn new(text: &[u8], modified: Option<SystemTime>) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(text);
        Self { len: text.len() as u64, modified, hash: hasher.finish() }
    }

    /// The time does not count: a file that was only touched says the same as before.
    const fn says_the_same(&self, other: &Self) -> bool {
        self.len == other.len && self.hash == other.hash
    }
}

#[derive(Clone, Debug)]
pub struct Loaded {
    pub text: String,
    pub format: Format,
    pub stamp: Stamp,
}

/// Reads a `.play` or `.ron` file.
///
/// # Errors
/// It has another extension, is missing, a folder, larger than [`MAX_BYTES`], not UTF-8, or cannot be read.
pub fn load(path: &Path) -> Result<Loaded, Error> {
    let format = Format::of(path)?;
    let (text, stamp) = load_text(path)?;
    Ok(Loaded { text, format, stamp })
}

/// Reads a text file of any extension, with the other limits of [`load`].
///
/// # Errors
/// As [`load`], but for the extension.
pub fn load_text(path: &Path) -> Result<(String, Stamp), Error> {
    let (bytes, modified) = read(path)?;
    let stamp = Stamp::new(&bytes, modified);
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset].split(|&byte| byte == b'\n').count();
        Error::NotUtf8 { path: path.to_owned(), offset, line }
    })?;
    Ok((text, stamp))
}

/// Whether the file says something else than at the time of `stamp`, or is gone. Cheap while it was not touched.
///
/// # Errors
/// It is there but cannot be read.
pub fn is_changed(path: &Path, stamp: &Stamp) -> Result<bool, Error> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(Error::reading(path, error)),
    };
    if found.len() != stamp.len {
        return Ok(true);
    }
    if found.modified().ok() == stamp.modified {
        return Ok(false);
    }
    let (bytes, modified) = read(path)?;
    Ok(!Stamp::new(&bytes, modified).says_the_same(stamp))
}

/// Never reads more than [`MAX_BYTES`], whatever the file says about its length (pipes and devices say 0).
fn read(path: &Path) -> Result<(Vec<u8>, Option<SystemTime>), Error> {
    let reading = |error| Error::reading(path, error);
    let file = File::open(path).map_err(reading)?;
    let found = file.metadata().map_err(reading)?;
    if found.is_dir() {
        return Err(Error::Folder { path: path.to_owned() });
    }
    let too_large = || Error::TooLarge { path: path.to_owned() };
    if found.len() > MAX_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(reading)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    Ok((bytes, found.modified().ok()))
}

#[cfg(test)]
mod tests;
