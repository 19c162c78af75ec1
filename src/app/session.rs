use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use smol_str::SmolStr;

use super::history::History;
use super::selection::Selection;
use super::watch::Watch;
use crate::base::{NodeId, Span};
use crate::diag::Diagnostic;
use crate::files::{Format, Stamp};
use crate::lang::Source;
use crate::play::{Document, Graph, Play};

/// An open document with everything that belongs to it.
#[derive(Debug, Default)]
pub struct Session {
    pub(super) path: Option<PathBuf>,
    pub(super) format: Format,
    /// What the file was like when it was read or written last.
    pub(super) stamp: Option<Stamp>,
    pub(super) source: Source,
    pub(super) graph: Graph,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) item: Option<usize>,
    pub(super) revision: u64,
    pub(super) history: History,
    pub(super) selection: Selection,
    pub(super) formation: Option<SmolStr>,
    /// As typed, by the play's coordinate.
    pub(super) inputs: BTreeMap<String, String>,
    pub(super) watch: Option<Watch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Editing,
    /// A run started here; the canvas shows it over the play, which may still be edited.
    Live,
    /// A recorded run; the canvas shows the play that ran, read only. Nothing is called.
    Replay,
}

/// What the canvas shows.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'s> {
    pub play: &'s Play,
    /// Of that very play.
    pub graph: &'s Graph,
    pub editable: bool,
    pub run: Option<&'s Watch>,
}

impl Session {
    /// Changes whenever what the canvas shows is another document, never goes back, and is never the same for two sessions.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// `None` if it was never saved.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The file's name, or `untitled`.
    pub fn name(&self) -> String {
        let name = self.path.as_ref().and_then(|path| path.file_name());
        name.map_or_else(|| "untitled".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    pub const fn format(&self) -> Format {
        self.format
    }

    /// There is something to lose.
    pub fn is_dirty(&self) -> bool {
        !self.history.is_saved()
    }

    pub fn text(&self) -> &str {
        &self.source.text
    }

    pub const fn source(&self) -> &Source {
        &self.source
    }

    pub const fn doc(&self) -> &Document {
        &self.source.doc
    }

    /// Syntax first, then the checks, each in the order of the text.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The item of the play that is edited. `None` if the file has no play.
    pub const fn item(&self) -> Option<usize> {
        self.item
    }

    /// The play that is edited.
    pub fn play(&self) -> Option<&Play> {
        self.source.doc.play(self.item?)
    }

    /// Of [`Self::play`].
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn shown(&self) -> Option<Shown<'_>> {
        match (&self.watch, self.mode()) {
            (Some(watch), Mode::Replay) => {
                let play = watch.play()?;
                Some(Shown { play, graph: watch.graph(), editable: false, run: Some(watch) })
            }
            (watch, _) => Some(Shown { play: self.play()?, graph: &self.graph, editable: true, run: watch.as_ref() }),
        }
    }

    pub fn mode(&self) -> Mode {
        match &self.watch {
            None => Mode::Editing,
            Some(watch) if watch.is_live() => Mode::Live,
            Some(_) => Mode::Replay,
        }
    }

    /// The run that is looked at.
    pub const fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }

    pub const fn selection(&self) -> &Selection {
        &self.selection
    }

    pub const fn history(&self) -> &History {
        &self.history
    }

    /// The chosen formation. `None`: the built-in demo workers serve every target.
    pub const fn formation(&self) -> Option<&SmolStr> {
        self.formation.as_ref()
    }

    /// What the next run starts with, as JSON.
    pub fn input(&self) -> &str {
        let typed = self.play().and_then(|play| self.inputs.get(&play.coord.to_string()));
        typed.map_or("{}", String::as_str)
    }

    /// Where the node's statement stands in the text.
    pub fn span_of(&self, _node: &NodeId) -> Option<Span> {
        None
    }

    /// The node that is written at a byte of the text.
    pub fn node_at(&self, _offset: u32) -> Option<&NodeId> {
        None
    }
}
