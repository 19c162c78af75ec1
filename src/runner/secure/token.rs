//! Bearer tokens, and the files that hold them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use subtle::{Choice, ConstantTimeEq};

use super::Error;

/// A guess at random must be hopeless: 16 characters of a random token are at least 64 bits.
const SHORTEST: usize = 16;
const LONGEST: usize = 512;
const MAX_TOKENS: usize = 1000;
const MAX_FILE: u64 = 1 << 20;

/// One token, padded: to compare it takes the same time whatever is held against it.
#[derive(Clone)]
pub(super) struct Token {
    bytes: [u8; LONGEST],
    len: u64,
}

impl Token {
    /// # Errors
    /// Why it is no token, without showing it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("holds a space, or what is not ASCII");
        }
        if text.len() < SHORTEST {
            return Err("is shorter than 16 characters, and could be guessed");
        }
        Self::padded(text.as_bytes()).ok_or("is longer than 512 characters")
    }

    fn padded(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; LONGEST];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { bytes, len: text.len() as u64 })
    }

    pub fn text(&self) -> &str {
        let len = usize::try_from(self.len).unwrap_or(0);
        std::str::from_utf8(&self.bytes[..len]).unwrap_or_default()
    }

    fn equals(&self, other: &Self) -> Choice {
        self.bytes[..].ct_eq(&other.bytes[..]) & self.len.ct_eq(&other.len)
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other).into()
    }
}

impl Eq for Token {}

/// The tokens that a server takes.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    all: Vec<Token>,
    /// Where they were read.
    file: Option<PathBuf>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tokens", self.all.len())
    }
}

impl Tokens {
    /// One token a line; empty lines and those that begin with `#` are passed over. `from` names the text in errors.
    ///
    /// # Errors
    /// No token, too many, or one that is too short or too long; says which line, and never what is in it.
    pub fn new(text: &str, from: &str) -> Result<Self, Error> {
        let mut tokens = Vec::new();
        for (number, line) in lines(text) {
            let token = Token::new(line).map_err(|why| {
                Error(format!("the token in line {number} of {from} {why}: make one with 'openssl rand -hex 32'"))
            })?;
            tokens.push(token);
        }
        if tokens.is_empty() || tokens.len() > MAX_TOKENS {
            return Err(Error(format!(
                "{from} must hold from 1 to {MAX_TOKENS} tokens, one a line: make one with 'openssl rand -hex 32'"
            )));
        }
        Ok(Self { all: tokens, file: None })
    }

    /// # Errors
    /// As [`Self::new`]; the file cannot be read, or can be by others than its owner and group.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let read = Self::new(&read_secret(path)?, &format!("'{}'", path.display()))?;
        Ok(Self { file: Some(path.to_owned()), ..read })
    }

    /// As their file is now; the same if they come from none.
    ///
    /// # Errors
    /// As [`Self::from_file`].
    pub fn again(&self) -> Result<Self, Error> {
        self.file.as_ref().map_or_else(|| Ok(self.clone()), |file| Self::from_file(file))
    }

    /// Looks at all tokens, so that the time tells nothing of which one, or how much of it, was right.
    pub(super) fn knows(&self, shown: &[u8]) -> bool {
        let Some(shown) = Token::padded(shown) else { return false };
        let mut known = Choice::from(0);
        for token in &self.all {
            known |= token.equals(&shown);
        }
        known.into()
    }

    pub(super) fn first(&self) -> &str {
        self.all.first().map_or("", Token::text)
    }
}

/// The lines that say something, trimmed, numbered from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// A file that others must not read.
pub(super) fn read_secret(path: &Path) -> Result<String, Error> {
    let name = path.display();
    let failed = |error: std::io::Error| Error(format!("'{name}' cannot be read: {error}"));
    let file = File::open(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        if mode & 0o007 != 0 {
            return Err(Error(format!(
                "'{name}' holds a secret and everybody on this computer may read or change it: chmod 600 '{name}'"
            )));
        }
    }
    read(file, path)
}

/// A file that everybody may read, such as a certificate.
pub(super) fn read_open(path: &Path) -> Result<String, Error> {
    let file = File::open(path).map_err(|error| Error(format!("'{}' cannot be read: {error}", path.display())))?;
    read(file, path)
}

fn read(file: File, path: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let name = path.display();
    let n = file.take(MAX_FILE + 1).read_to_string(&mut text);
    // The reason may quote what is in the file.
    let n = n.map_err(|error| Error(format!("'{name}' cannot be read as text: {:?}", error.kind())))?;
    if n as u64 > MAX_FILE {
        return Err(Error(format!("'{name}' is larger than 1 MiB: that is no such file")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef";
    const OTHER: &str = "0123456789abcdeF0";

    #[test]
    fn a_token_is_known_whole_or_not_at_all() {
        let tokens = Tokens::new(&format!("# of Ann\n{ONE}\n\n  {OTHER}  \n"), "x").unwrap();
        assert!(tokens.knows(ONE.as_bytes()) && tokens.knows(OTHER.as_bytes()));
        let padded = format!("{ONE}\0");
        for wrong in ["", "0123456789abcde", "0123456789abcdeF", "# of Ann", padded.as_str(), &"x".repeat(600)] {
            assert!(!tokens.knows(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{tokens:?}"), "2 tokens");
    }

    #[test]
    fn a_bad_token_is_told_by_its_line_alone() {
        for (text, words) in [
            ("", "from 1 to 1000 tokens"),
            ("# none\n", "from 1 to 1000 tokens"),
            ("\nsecret", "line 2 of x is shorter"),
            ("a secret with spaces in it", "holds a space"),
            (&"s".repeat(513), "is longer than 512"),
        ] {
            let error = Tokens::new(text, "x").unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("secret"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        std::fs::write(&path, ONE).unwrap();
        for (mode, is_fine) in [(0o600, true), (0o640, true), (0o644, false), (0o602, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let result = Tokens::from_file(&path);
            assert_eq!(result.is_ok(), is_fine, "{mode:o}: {result:?}");
            if let Err(error) = result {
                assert!(error.to_string().contains("chmod 600"), "{error}");
            }
        }
        std::fs::write(&path, [0xff; 20]).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Tokens::from_file(&path).unwrap_err().to_string().contains("as text"));
    }
}
