use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use smol_str::SmolStr;

use super::broken::{Shadow, has_bad_item};
use super::history::{Batch, History, text_diff};
use super::levels::Level;
use super::selection::Selection;
use super::trials::Trials;
use super::walk::cursor_after;
use super::watch::Watch;
use crate::base::{Coord, NodeId, Span, TextChange};
use crate::diag::{Diagnostic, Fix, Severity};
use crate::event::WireRef;
use crate::files::{Draft, Format, Stamp};
use crate::lang::{self, Part, Source};
use crate::play::{Document, Entry, Graph, Item, Play, Stmt};
use crate::scene::Geometry;

/// An open document with everything that belongs to it.
#[derive(Debug, Default)]
pub struct Session {
    pub(super) path: Option<PathBuf>,
    pub(super) format: Format,
    /// What the file was like when it was read or written last.
    pub(super) stamp: Option<Stamp>,
    /// The text at that time: what other programs' changes are told by.
    pub(super) base: String,
    /// The stamp's file was found changed, and the person was told.
    pub(super) told_changed: bool,
    /// The person said that what is unsaved may go.
    pub(super) let_go: bool,
    /// The unsaved work on disk.
    pub(super) draft: Draft,
    /// The revision that the draft holds, or that needs none.
    pub(super) drafted: u64,
    /// The last revision that was waited for, and for how long now.
    pub(super) draft_seen: u64,
    pub(super) draft_pause_secs: f32,
    /// Since the draft was written, while there is something to write.
    pub(super) undrafted_secs: f32,
    /// Unlike its place among the tabs it never changes.
    id: u64,
    source: Source,
    graph: Graph,
    /// What the canvas shows while a part of the play's text is broken.
    shadow: Option<Shadow>,
    diagnostics: Vec<Diagnostic>,
    pub(super) shown: ShownPlay,
    /// The plays above the one that is shown, the outermost first.
    pub(super) trail: Vec<Level>,
    revision: u64,
    pub(super) history: History,
    selection: Selection,
    /// The node that was reached last.
    cursor: Option<NodeId>,
    /// Of the play that is edited; made when it is asked for.
    geometry: OnceCell<Geometry>,
    pub(super) formation: Option<SmolStr>,
    /// As typed, by the play's coordinate.
    pub(super) inputs: BTreeMap<String, String>,
    pub(super) watch: Option<Watch>,
    pub(super) trials: Trials,
    /// Where the text cursor was put last, if nothing was selected elsewhere since.
    pub(super) text_cursor: Option<u32>,
}

/// Which play of the file is edited. Found again after edits by its coordinate, else by its place.
#[derive(Clone, Debug, Default)]
pub(super) struct ShownPlay {
    item: Option<usize>,
    coord: Option<Coord>,
    /// Counts the plays of the file.
    nth: usize,
    /// How many there were.
    n_plays: usize,
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
    /// Nodes that are shown as they were before their text broke.
    pub broken: &'s [NodeId],
    pub run: Option<&'s Watch>,
}

impl Session {
    /// A text that was not changed yet.
    pub(super) fn new(text: impl Into<String>) -> Self {
        let mut session = Self { source: lang::parse(text), id: next_revision(), ..Self::default() };
        // As the command line does: a play may need its file's formation to run at all.
        session.formation = session.source.doc.formations().next().map(|(_, formation)| formation.name.clone());
        session.refresh();
        session
    }

    /// Names the open document as long as it is open.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Changes whenever what the canvas shows is another document or another run; never the same for two sessions.
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

    pub fn n_errors(&self) -> usize {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error).count()
    }

    /// The item of the play that is edited. `None` if the file has no play.
    pub const fn item(&self) -> Option<usize> {
        self.shown.item
    }

    /// The play that is edited.
    pub fn play(&self) -> Option<&Play> {
        self.source.doc.play(self.shown.item?)
    }

    /// Of [`Self::play`].
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Where everything of [`Self::play`] stands.
    pub fn geometry(&self) -> &Geometry {
        self.geometry.get_or_init(|| self.play().map(|play| Geometry::new(play, &self.graph)).unwrap_or_default())
    }

    /// Of what is shown; `None` for a recorded play, which is not edited.
    pub(super) fn shown_geometry(&self) -> Option<&Geometry> {
        let now = || self.shadow.as_ref().map_or_else(|| self.geometry(), Shadow::geometry);
        (self.mode() != Mode::Replay).then(now)
    }

    pub(super) const fn cursor(&self) -> Option<&NodeId> {
        self.cursor.as_ref()
    }

    pub(super) fn set_cursor(&mut self, node: NodeId) {
        self.cursor = Some(node);
    }

    pub fn shown(&self) -> Option<Shown<'_>> {
        match (&self.watch, self.mode()) {
            (Some(watch), Mode::Replay) => {
                let play = watch.play()?;
                Some(Shown { play, graph: watch.graph(), editable: false, broken: &[], run: Some(watch) })
            }
            (watch, _) => {
                let run = watch.as_ref();
                let Some(shadow) = &self.shadow else {
                    return Some(Shown { play: self.play()?, graph: &self.graph, editable: true, broken: &[], run });
                };
                let editable = !shadow.whole;
                Some(Shown { play: &shadow.play, graph: &shadow.graph, editable, broken: &shadow.nodes, run })
            }
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

    /// How the scenarios of the play went.
    pub const fn trials(&self) -> &Trials {
        &self.trials
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

    /// What the next run starts with, as JSON: what was typed last, or what the play proposes.
    pub fn input(&self) -> &str {
        let typed = self.play().and_then(|play| self.inputs.get(&play.coord.to_string()));
        typed.map(String::as_str).or_else(|| self.proposed_input()).unwrap_or("{}")
    }

    /// What a comment in the play or right before it names as an input: `input: JSON`, or `--input 'JSON'` in a command.
    fn proposed_input(&self) -> Option<&str> {
        let item = self.shown.item?;
        let inside = self.play()?.body.iter().filter_map(|line| match &line.kind {
            Stmt::Comment(text) => Some(text),
            _ => None,
        });
        let before = self.doc().items[..item].iter().rev().map_while(|line| match &line.kind {
            Item::Comment(text) => Some(text),
            _ => None,
        });
        inside.chain(before).find_map(|text| input_in(text))
    }

    /// Where the node's statement stands in the text.
    pub fn span_of(&self, node: &NodeId) -> Option<Span> {
        self.stmt_span(self.graph.stmt_of(self.graph.find(node)?))
    }

    /// Where the statement of the wire stands in the text.
    pub fn span_of_wire(&self, wire: &WireRef) -> Option<Span> {
        let number = super::selection::wire_number(&self.graph, wire)?;
        self.stmt_span(self.graph.wire(number).at.stmt as usize)
    }

    fn stmt_span(&self, stmt: usize) -> Option<Span> {
        self.source.map.line(self.shown.item?, stmt).map(|line| line.whole)
    }

    /// The play whose text holds the byte.
    pub fn item_at(&self, offset: u32) -> Option<usize> {
        let item = self.source.map.items.iter().position(|spans| spans.line.whole.touches(offset))?;
        self.doc().play(item).map(|_| item)
    }

    /// The node that is written at a byte of the text: in its statement, in a wire or in the layout.
    pub fn node_at(&self, offset: u32) -> Option<&NodeId> {
        let item = self.shown.item?;
        let spans = self.source.map.items.get(item)?;
        let stmt = spans.body.partition_point(|line| line.whole.end < offset);
        let line = spans.body.get(stmt).filter(|line| line.whole.touches(offset))?;
        let (start, end) = line.parts;
        let mut parts = self.source.map.parts[start as usize..end as usize].iter();
        match &self.play()?.body.get(stmt)?.kind {
            Stmt::Node(node) => Some(&node.id),
            Stmt::Wire(wire) => parts.find_map(|(part, span)| match part {
                Part::End { group: 0, index } if span.touches(offset) => wire.from.get(*index as usize),
                Part::End { group, index } if span.touches(offset) => {
                    wire.hops.get(*group as usize - 1)?.to.get(*index as usize)
                }
                _ => None,
            }),
            Stmt::Layout(entries) => parts.find_map(|(part, span)| match part {
                Part::Place(n) if span.touches(offset) => {
                    entries.get(*n as usize).and_then(Entry::place).map(|place| &place.id)
                }
                Part::Member { entry, index } if span.touches(offset) => {
                    entries.get(*entry as usize).and_then(Entry::frame)?.nodes.get(usize::from(*index))
                }
                _ => None,
            }),
            _ => None,
        }
    }

    pub(super) fn select(&mut self, selection: Selection) {
        self.cursor = cursor_after(self.cursor.as_ref(), &self.selection, &selection);
        self.selection = selection;
        if let Some(shown) = self.shown() {
            let mut selection = self.selection.clone();
            // A node that is only shown as it was before its text broke cannot be worked on.
            let graph = if self.mode() == Mode::Replay { shown.graph } else { &self.graph };
            let play = if self.mode() == Mode::Replay { Some(shown.play) } else { self.play() };
            selection.keep_existing(play, graph);
            self.selection = selection;
        } else {
            self.selection = Selection::default();
        }
    }

    /// A play of the file that is edited, and none above it.
    pub(super) fn show_play(&mut self, item: usize) {
        if self.doc().play(item).is_some() {
            self.leave_all();
            self.change_play(ShownPlay::chosen(item));
        }
    }

    pub(super) fn change_play(&mut self, shown: ShownPlay) {
        self.shown = shown;
        self.shadow = None;
        self.refresh();
    }

    pub(super) fn set_watch(&mut self, watch: Option<Watch>) {
        self.watch = watch;
        self.revision = next_revision();
        self.select(self.selection.clone());
    }

    /// For what does not change which document is shown.
    pub(super) const fn watch_mut(&mut self) -> Option<&mut Watch> {
        self.watch.as_mut()
    }

    /// The text pane's new text.
    pub(super) fn edit_text(&mut self, new: &str) {
        let Some(change) = text_diff(&self.source.text, new) else { return };
        let mut text = std::mem::take(&mut self.source.text);
        self.history.typed(&mut text, change, self.selection.clone());
        self.read(text);
    }

    /// Changes of the text as one step with a name. Changes that were made for another text are left out.
    pub(super) fn change_text(&mut self, name: Cow<'static, str>, changes: Vec<TextChange>) {
        let fits = changes.iter().all(|change| self.source.text.get(change.span.range()).is_some());
        let apart = changes.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
        if changes.is_empty() || !fits || !apart {
            return;
        }
        let mut text = std::mem::take(&mut self.source.text);
        let undo = lang::apply_changes(&mut text, &changes);
        self.history.record(name, vec![changes], vec![undo], self.selection.clone());
        self.read(text);
    }

    /// The likeliest fix of the problem on the line of the text cursor, at what is selected, or of the first problem
    /// that has one; errors first.
    pub fn fix_here(&self) -> Option<&Fix> {
        let fixable = || self.diagnostics.iter().filter(|found| !found.fixes.is_empty());
        let text = &self.source.text;
        let at_cursor = self.text_cursor.and_then(|offset| {
            let at = offset as usize;
            let start = text.get(..at)?.rfind('\n').map_or(0, |n| n + 1);
            let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
            let touches = |found: &&Diagnostic| found.span.touches(offset);
            let on_line = |found: &&Diagnostic| (start..=end).contains(&(found.span.start as usize));
            fixable().find(touches).or_else(|| fixable().find(on_line))
        });
        let selected = || {
            let node = self.selection.single_node()?;
            fixable().find(|found| self.node_at(found.span.start) == Some(node))
        };
        let first = || fixable().find(|found| found.severity == Severity::Error).or_else(|| fixable().next());
        at_cursor.or_else(selected).or_else(first)?.fixes.first()
    }

    /// Another text as one step with a name.
    pub(super) fn replace_text(&mut self, name: &'static str, new: &str) {
        let Some(change) = text_diff(&self.source.text, new) else { return };
        let mut text = std::mem::take(&mut self.source.text);
        let undo = vec![change.apply(&mut text)];
        self.history.record(name.into(), vec![vec![change]], vec![undo], self.selection.clone());
        self.read(text);
    }

    /// Takes over what a gesture made of the source, as one step; with `again` as a part of the last if that was the same.
    pub(super) fn commit(
        &mut self,
        name: Cow<'static, str>,
        staged: Staged,
        selection: Option<Selection>,
        again: bool,
    ) {
        let before = self.selection.clone();
        if again {
            self.history.record_again(name, staged.redo, staged.undo, before);
        } else {
            self.history.record(name, staged.redo, staged.undo, before);
        }
        let before = self.replace_source(staged.source);
        if let Some(selection) = selection {
            self.selection = selection;
        }
        self.refresh_after(before);
    }

    pub(super) fn undo(&mut self) {
        self.travel(History::undo);
    }

    pub(super) fn redo(&mut self) {
        self.travel(History::redo);
    }

    /// Until so many steps are done.
    pub(super) fn jump_to(&mut self, step: usize) {
        loop {
            let (_, at) = self.history.names();
            match at.cmp(&step) {
                std::cmp::Ordering::Less if self.history.redo_name().is_some() => self.redo(),
                std::cmp::Ordering::Greater => self.undo(),
                _ => return,
            }
        }
    }

    fn travel(&mut self, way: fn(&mut History, &mut String) -> Option<Selection>) {
        let mut text = std::mem::take(&mut self.source.text);
        let selection = way(&mut self.history, &mut text);
        if let Some(selection) = selection {
            self.selection = selection;
            self.read(text);
        } else {
            self.source.text = text;
        }
    }

    fn read(&mut self, text: String) {
        let before = self.replace_source(lang::parse(text));
        self.refresh_after(before);
    }

    /// Gives the play that was edited.
    fn replace_source(&mut self, source: Source) -> Option<Play> {
        let mut old = std::mem::replace(&mut self.source, source);
        match old.doc.items.get_mut(self.shown.item?).map(|line| &mut line.kind) {
            Some(Item::Play(play)) => {
                let coord = play.coord.clone();
                Some(std::mem::replace(play, Play { coord, title: None, timeout: None, body: Vec::new() }))
            }
            _ => None,
        }
    }

    /// `before` is the play that was edited; `None` if it could not be read then either.
    fn refresh_after(&mut self, before: Option<Play>) {
        self.drop_finished_above();
        self.shown.find_again(&self.source.doc);
        let shadow = self.shadow.take();
        let new = self.shown.item.and_then(|item| self.source.doc.play(item));
        let was_whole = shadow.as_ref().is_some_and(|shadow| shadow.whole);
        self.shadow = match (before, &shadow) {
            (_, Some(shadow)) if was_whole && new.is_some() => Shadow::of(&shadow.play, None, new),
            (_, Some(_)) if new.is_none() && !has_bad_item(&self.source.doc) => None,
            (None, Some(old)) => Shadow::of(&old.play, None, new),
            (Some(before), old) if new.is_some() || has_bad_item(&self.source.doc) => {
                Shadow::of(&before, old.as_ref(), new)
            }
            // Nothing was known before, or the play is gone.
            _ => None,
        };
        self.refresh();
    }

    /// Everything that follows from the source, and what stays of the rest.
    fn refresh(&mut self) {
        self.shown.find_again(&self.source.doc);
        self.graph = self.play().map(Graph::new).unwrap_or_default();
        self.geometry = OnceCell::new();
        self.diagnostics = super::reading::diagnostics(&self.source);
        self.trials = Trials::default();
        if self.formation.as_ref().is_some_and(|name| !self.doc().formations().any(|(_, found)| found.name == *name)) {
            self.formation = None;
        }
        // What a finished run showed is not what this play did.
        if self.watch.as_ref().is_some_and(|watch| watch.is_live() && !watch.is_running()) {
            self.watch = None;
        }
        self.revision = next_revision();
        self.select(self.selection.clone());
        self.history.selected_after(&self.selection);
    }
}

impl ShownPlay {
    pub(super) fn chosen(item: usize) -> Self {
        Self { item: Some(item), ..Self::default() }
    }

    fn find_again(&mut self, doc: &Document) {
        let n_plays = doc.plays().count();
        if let Some(coord) = &self.coord
            && n_plays < self.n_plays
            && has_bad_item(doc)
            && !doc.plays().any(|(_, play)| play.coord == *coord)
        {
            // Its own text is what cannot be read: the others are not meant.
            self.item = None;
            return;
        }
        self.n_plays = n_plays;
        let chosen = self.item.filter(|_| self.coord.is_none());
        let same = |coord: &Coord| doc.plays().position(|(_, play)| play.coord == *coord);
        let nth = match (chosen, &self.coord) {
            (Some(item), _) => doc.plays().position(|(other, _)| other == item),
            // Two plays of one coordinate: stay at the place if it still fits.
            (None, Some(coord)) if doc.plays().nth(self.nth).is_some_and(|(_, play)| play.coord == *coord) => {
                Some(self.nth)
            }
            (None, Some(coord)) => same(coord),
            (None, None) => None,
        };
        let last = doc.plays().count().saturating_sub(1);
        self.nth = nth.unwrap_or(self.nth).min(last);
        match doc.plays().nth(self.nth) {
            Some((item, play)) => (self.item, self.coord) = (Some(item), Some(play.coord.clone())),
            None => self.item = None,
        }
    }
}

fn input_in(comment: &str) -> Option<&str> {
    let command = || comment.split_once("--input '")?.1.rsplit_once('\'').map(|(json, _)| json);
    comment.trim().strip_prefix("input:").map(str::trim).or_else(command)
}

/// A source that a gesture has changed, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Staged {
    pub source: Source,
    pub redo: Vec<Batch>,
    pub undo: Vec<Batch>,
}

fn next_revision() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
