//! Plays from files, whatever their format.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::files::{self, MAX_BYTES, Stamp};
use crate::lang::{Source, parse};
use crate::play::{Document, json, ron};

/// How a file spells a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Play,
    Ron,
    Json,
}

/// What `convert` writes and nothing reads.
const PICTURES: [&str; 4] = ["svg", "png", "mmd", "dot"];

impl Kind {
    /// By the extension, in any case.
    ///
    /// # Errors
    /// It is none of ours.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match extension.as_str() {
            "play" => Ok(Self::Play),
            "ron" => Ok(Self::Ron),
            "json" => Ok(Self::Json),
            picture if PICTURES.contains(&picture) => {
                bail!(
                    "'{}' is a picture, and no play can be read from it: name its .play, .ron or .json",
                    path.display()
                )
            }
            _ => bail!("'{}' is neither a .play, .ron nor .json file: give it one of these extensions", path.display()),
        }
    }
}

/// A document, as its own text or as the text that it would have.
#[derive(Debug)]
pub(super) struct Input {
    /// As messages name it.
    pub name: String,
    pub kind: Kind,
    pub source: Source,
    /// The file's own text and stamp; empty for stdin.
    pub text: String,
    pub stamp: Option<Stamp>,
}

/// A file whose text is no document at all.
#[derive(Debug)]
pub(super) struct Broken {
    pub name: String,
    pub text: String,
    pub diagnostic: Diagnostic,
}

/// What reading a file may give, beside an error of the outside world.
pub(super) type Outcome = Result<Input, Broken>;

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads a file; `-` is the text of a play on stdin.
///
/// # Errors
/// It cannot be read, has another extension, is too large, no UTF-8, or of a newer version.
pub(super) fn read(path: &Path) -> anyhow::Result<Outcome> {
    if is_stdin(path) {
        let text = read_stdin()?;
        let source = parse(text);
        return Ok(Ok(Input { name: "stdin".to_owned(), kind: Kind::Play, source, text: String::new(), stamp: None }));
    }
    let kind = Kind::of(path)?;
    let (text, stamp) = files::load_text(path)?;
    let name = path.display().to_string();
    let stamp = Some(stamp);
    let doc = match kind {
        Kind::Play => {
            let source = parse(text.clone());
            return Ok(Ok(Input { name, kind, source, text, stamp }));
        }
        Kind::Ron => ron::from_ron(&text),
        Kind::Json => json::from_json(&text),
    };
    match doc {
        Ok(doc) => {
            let source = crate::lang::read(&doc).with_context(|| format!("'{name}'"))?;
            Ok(Ok(Input { name, kind, source, text, stamp }))
        }
        Err(ron::Error::Syntax { line, column, message }) => {
            let word = if kind == Kind::Ron { "RON" } else { "JSON" };
            let diagnostic =
                Diagnostic::error("R001", place(&text, line, column), format!("this is no play in {word}: {message}"))
                    .help("restore the file, or write it anew with 'chalktalk convert'");
            Ok(Err(Broken { name, text, diagnostic }))
        }
        Err(other) => Err(other).context(format!("'{name}'")),
    }
}

impl Input {
    pub fn doc(&self) -> &Document {
        &self.source.doc
    }

    /// The item of the play that is meant: the one of this coordinate, or the only one.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub fn choose_play(&self, coord: Option<&str>) -> anyhow::Result<usize> {
        let plays: Vec<_> = self.doc().plays().collect();
        let names = || plays.iter().map(|(_, play)| play.coord.to_string()).collect::<Vec<_>>().join(", ");
        match (coord, plays.as_slice()) {
            (_, []) => bail!("'{}' has no play: add one, as in 'play image/1/method {{ … }}'", self.name),
            (Some(coord), plays) => match plays.iter().find(|(_, play)| play.coord.to_string() == coord) {
                Some((item, _)) => Ok(*item),
                None => bail!("'{}' has no play '{coord}', only {}", self.name, names()),
            },
            (None, [(item, _)]) => Ok(*item),
            (None, _) => {
                bail!("'{}' has several plays: choose one, as in '{}#{}'", self.name, self.name, plays[0].1.coord)
            }
        }
    }

    /// As findings name it: they point into the text, which is not the file if that is RON or JSON.
    pub fn shown_name(&self) -> String {
        match self.kind {
            Kind::Play => self.name.clone(),
            Kind::Ron | Kind::Json => format!("{} (as text)", self.name),
        }
    }
}

fn read_stdin() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes).context("cannot read stdin")?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("stdin gives more than {} MB, more than a play may be", MAX_BYTES >> 20);
    }
    String::from_utf8(bytes).map_err(|error| {
        anyhow::anyhow!("stdin is not UTF-8 text: byte {} belongs to no character", error.utf8_error().valid_up_to())
    })
}

/// The place as readers of RON and JSON give it: both from 1, columns in characters.
fn place(text: &str, line: usize, column: usize) -> Span {
    let mut start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    start += text[start..]
        .chars()
        .take_while(|c| *c != '\n')
        .take(column.saturating_sub(1))
        .map(char::len_utf8)
        .sum::<usize>();
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let end = text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
    Span::new(offset(start), offset(end))
}

/// `FILE#COORD` in its parts. A file that is really called so is meant itself.
pub(super) fn split(path: &Path) -> (PathBuf, Option<String>) {
    let text = path.to_string_lossy();
    match text.rsplit_once('#') {
        Some((file, coord)) if !path.exists() && !file.is_empty() => (PathBuf::from(file), Some(coord.to_owned())),
        _ => (path.to_owned(), None),
    }
}
