use std::collections::BTreeSet;
use std::path::PathBuf;

use super::command::Command;
use super::discovery::Discovery;
use super::edit::NotDone;
use super::gesture::Gesture;
use super::key::{Key, Shortcut};
use super::port::{RunSummary, Ticket, ToRunner};
use super::registry;
use super::request::{Request, View};
use super::selection::Selection;
use super::session::{Mode, Session};
use super::toast::{Toast, Toasts, Tone};
use crate::base::NodeId;
use crate::lang;
use crate::replay::NeedsRepaint;

/// After a pause of this length in typing or moving by a key, what follows is another step of undo.
const TYPING_PAUSE_SECS: f32 = 1.0;
/// How often the files are looked at for other programs' changes.
const LOOK_SECS: f32 = 2.0;

/// All open documents and what is around them. At least one session is open at any time.
#[derive(Debug)]
pub struct Editor {
    pub(super) sessions: Vec<Session>,
    pub(super) current: usize,
    pub(super) toasts: Toasts,
    pub(super) discovery: Discovery,
    pub(super) runs: Option<Vec<RunSummary>>,
    pub(super) next_ticket: Ticket,
    /// Commands of formations that the person has allowed to be started.
    pub(super) allowed: BTreeSet<String>,
    /// What to go on with once the document is saved.
    pub(super) after_save: Option<Command>,
    /// Files whose tabs were closed, the last one last.
    pub(super) closed: Vec<PathBuf>,
    /// Where drafts of documents without a file are kept.
    pub(super) data: Option<PathBuf>,
    pub(super) told_drafts: bool,
    pub(super) shows_coverage: bool,
    wake_in_secs: Option<f32>,
    /// What the shell must do, though no command asked for it.
    pub(super) owed: Vec<Request>,
    /// Since the last change that the next may go on with: typing, moving by a key.
    idle_secs: f32,
    /// Since the last look at the files.
    unlooked_secs: f32,
}

impl Default for Editor {
    fn default() -> Self {
        Self::with(Session::new(super::filing::EMPTY_PLAY))
    }
}

impl Editor {
    /// With an empty play.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a text that belongs to no file yet, as the sample.
    pub fn with_text(text: &str) -> Self {
        Self::with(Session::new(text))
    }

    fn with(session: Session) -> Self {
        Self {
            sessions: vec![session],
            current: 0,
            toasts: Toasts::default(),
            discovery: Discovery::default(),
            runs: None,
            next_ticket: Ticket(1),
            allowed: BTreeSet::new(),
            after_save: None,
            closed: Vec::new(),
            data: None,
            told_drafts: false,
            shows_coverage: false,
            wake_in_secs: None,
            owed: Vec::new(),
            idle_secs: 0.0,
            unlooked_secs: 0.0,
        }
    }

    /// The one place where anything changes. What it gives back, the shell must do.
    #[must_use]
    pub fn apply(&mut self, command: Command) -> Vec<Request> {
        let mut requests = Vec::new();
        self.dispatch(command, &mut requests);
        requests
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(super) fn dispatch(&mut self, command: Command, out: &mut Vec<Request>) {
        match command {
            Command::New
            | Command::Open
            | Command::OpenPath(_)
            | Command::Save
            | Command::SaveAs
            | Command::SaveTo(_)
            | Command::Overwrite(_)
            | Command::Reload
            | Command::Discard(_)
            | Command::SaveAndThen(_)
            | Command::NewFrom { .. }
            | Command::CloseTab
            | Command::CompareTwin
            | Command::WriteTwin(_)
            | Command::Quit => self.file_command(command, out),
            Command::Export => out.push(Request::View(View::Export)),
            Command::PickExport(_) | Command::ExportTo { .. } => self.export_command(command, out),
            Command::NextTab | Command::PreviousTab | Command::ShowTab(_) | Command::ReopenTab => {
                self.tab_command(&command, out);
            }
            Command::KeepRecovered => {}

            Command::MergeOutside => self.ask_outside(out),
            Command::TakeOutside(side) => self.take_outside(Some(side)),

            Command::Undo
            | Command::Redo
            | Command::Delete
            | Command::Edit(_)
            | Command::EditText(_)
            | Command::Arrange
            | Command::ArrangeOthers
            | Command::ChangeText { .. }
            | Command::Fix(_)
            | Command::FixProblem
            | Command::FormatText => self.change(command, out),
            Command::Draw(draw) => {
                if matches!(draw, super::Draw::Nudge { .. }) {
                    self.idle_secs = 0.0;
                }
                let done = if self.session().mode() == Mode::Replay && !self.can_draw(&draw) {
                    Err(NotDone::Replay)
                } else {
                    self.draw_command(draw, out)
                };
                if let Err(error) = done {
                    self.toasts.push(Tone::Error, error.to_string(), None);
                }
            }
            Command::SelectAll => {
                let shown = self.session().shown();
                let nodes = shown.map(|shown| {
                    (0..).zip(0..shown.graph.n_nodes()).map(move |(n, _)| shown.graph.node(shown.play, n).id.clone())
                });
                let selection = Selection { nodes: nodes.into_iter().flatten().collect(), ..Selection::default() };
                self.session_mut().select(selection);
            }
            Command::SelectNone => self.session_mut().select(Selection::default()),
            Command::Select(selection) => {
                if let Some(watch) = self.session_mut().watch_mut() {
                    watch.look_at(None);
                }
                self.session_mut().text_cursor = None;
                self.session_mut().select(selection);
            }
            Command::TextCursor(offset) => self.session_mut().text_cursor = Some(offset),
            Command::ShowPlay(item) => self.session_mut().show_play(item),

            Command::Fit => out.push(Request::View(View::Fit)),
            Command::ZoomIn => out.push(Request::View(View::ZoomIn)),
            Command::ZoomOut => out.push(Request::View(View::ZoomOut)),
            Command::ZoomReset => out.push(Request::View(View::ZoomReset)),
            Command::ToggleTextPane => out.push(Request::View(View::ToggleTextPane)),
            Command::ToggleTheme => out.push(Request::View(View::ToggleTheme)),
            Command::ShowFormation => out.push(Request::View(View::ShowFormation)),
            Command::AskTargets => self.ask_targets(),
            Command::ShowScenarios => out.push(Request::View(View::ShowScenarios)),
            Command::PlayScenarios
            | Command::WatchScenario(_)
            | Command::ToggleCoverage
            | Command::AddScenario
            | Command::Explore
            | Command::WatchFinding(_) => self.trial_command(command, out),
            Command::ShowProblems => out.push(Request::View(View::ShowProblems)),
            Command::Find => out.push(Request::View(View::Find { commands_only: false })),
            Command::FindCommand => out.push(Request::View(View::Find { commands_only: true })),
            Command::GoTo { session, item, node } => self.go_to(session, item, node, out),
            Command::GoToText { session, offset } => self.go_to_text(session, offset, out),
            Command::ZoomToSelection => out.push(Request::View(View::ZoomToSelection)),
            Command::ToggleMinimap => out.push(Request::View(View::ToggleMinimap)),
            Command::ToggleNotes => out.push(Request::View(View::ToggleNotes)),
            Command::ToggleMotion => out.push(Request::View(View::ToggleMotion)),
            Command::LargerText => out.push(Request::View(View::ScaleText(1))),
            Command::SmallerText => out.push(Request::View(View::ScaleText(-1))),
            Command::ResetText => out.push(Request::View(View::ScaleText(0))),
            Command::ShowOutline => out.push(Request::View(View::ShowOutline)),
            Command::ShowInspector => out.push(Request::View(View::ShowInspector)),
            Command::ResetPanels => out.push(Request::View(View::ResetPanels)),
            Command::Welcome => out.push(Request::View(View::Welcome)),
            Command::Tour => {
                let text = super::examples::TOUR.text.to_owned();
                self.file_command(Command::NewFrom { text }, out);
            }
            Command::AddBookmark => out.push(Request::View(View::AddBookmark)),
            Command::NextBookmark => out.push(Request::View(View::NextBookmark)),
            Command::EditInput => out.push(Request::View(View::EditInput)),

            Command::DismissToast(id) => self.toasts.dismiss(id),
            other if other.is_of_levels() => self.level_command(other, out),
            run => self.run_command(run, out),
        }
    }

    /// A change of the play or its text, and what the canvas is asked for after it.
    fn change(&mut self, command: Command, out: &mut Vec<Request>) {
        let wires = matches!(
            &command,
            Command::Edit(Gesture::Connect { .. } | Gesture::ConnectAll { .. } | Gesture::Insert { .. })
        );
        let arranges = matches!(command, Command::Arrange | Command::ArrangeOthers);
        if let Err(error) = self.edit_command(command) {
            self.toasts.push(Tone::Error, error.to_string(), None);
        } else if arranges {
            // The nodes may be elsewhere now, and in another shape.
            out.push(Request::View(View::Fit));
        } else if let Some(wire) = super::drawing::unwritten(self.session()).filter(|_| wires) {
            out.push(Request::View(View::Sketch(super::Sketch::Label(wire))));
        }
    }

    fn go_to(&mut self, session: usize, item: usize, node: NodeId, out: &mut Vec<Request>) {
        if session >= self.sessions.len() {
            return;
        }
        self.current = session;
        let shown = self.session_mut();
        if shown.item() != Some(item) && shown.mode() != Mode::Replay {
            shown.show_play(item);
        }
        shown.select(Selection::node(node.clone()));
        out.push(Request::View(View::Reveal(node)));
    }

    /// The line shows itself in the text once what it speaks of is selected.
    fn go_to_text(&mut self, session: usize, offset: u32, out: &mut Vec<Request>) {
        let Some(found) = self.sessions.get_mut(session) else { return };
        if let Some(item) = found.item_at(offset) {
            found.show_play(item);
        }
        let node = found.node_at(offset).cloned();
        self.current = session;
        if let (Some(item), Some(node)) = (self.session().item(), node) {
            self.go_to(session, item, node, out);
        }
        out.push(Request::View(View::ShowText { offset }));
    }

    fn edit_command(&mut self, command: Command) -> Result<(), NotDone> {
        let replay = self.session().mode() == Mode::Replay;
        let session = self.session_mut();
        match command {
            _ if replay => return Err(NotDone::Replay),
            Command::Undo => session.undo(),
            Command::Redo => session.redo(),
            Command::Delete => {
                let all = session.selection().clone();
                let delete = if all.notes.is_empty() && all.frames.is_empty() {
                    let Selection { nodes, wires, .. } = all;
                    Gesture::Delete { nodes: nodes.into_iter().collect(), wires: wires.into_iter().collect() }
                } else {
                    Gesture::Erase(Box::new(all))
                };
                session.gesture(&delete)?;
            }
            Command::Edit(gesture) => session.gesture(&gesture)?,
            Command::EditText(text) => {
                session.edit_text(&text);
                self.idle_secs = 0.0;
            }
            Command::Arrange => session.arrange()?,
            Command::ArrangeOthers => session.arrange_others()?,
            Command::ChangeText { name, changes } => session.change_text(name.into(), changes),
            Command::Fix(fix) => session.change_text(format!("Fix: {}", fix.title).into(), fix.changes),
            Command::FixProblem => {
                if let Some(fix) = session.fix_here().cloned() {
                    session.change_text(format!("Fix: {}", fix.title).into(), fix.changes);
                }
            }
            Command::FormatText => session.replace_text("Format text", &lang::print(session.doc())),
            _ => {}
        }
        Ok(())
    }

    /// Whether the command would do something now: for greying out.
    pub fn is_enabled(&self, command: &Command) -> bool {
        let session = self.session();
        let editable = session.mode() != Mode::Replay;
        let watch = session.watch();
        match command {
            Command::Save => session.is_dirty() || session.path().is_none(),
            Command::Reload => session.path().is_some(),
            Command::CompareTwin => session.path().and_then(crate::files::twin_of).is_some_and(|twin| twin.exists()),
            Command::NextTab | Command::PreviousTab => self.sessions.len() > 1,
            Command::ReopenTab => !self.closed.is_empty(),
            Command::Undo => editable && session.history().undo_name().is_some(),
            Command::Redo => editable && session.history().redo_name().is_some(),
            Command::Delete => editable && !session.selection().is_empty(),
            Command::Draw(draw) => self.can_draw(draw),
            Command::Enter(_) | Command::Leave(_) | Command::NextVisit | Command::PreviousVisit => self.can_go(command),
            Command::SelectNone | Command::ZoomToSelection => !session.selection().is_empty(),
            Command::Arrange | Command::ArrangeOthers | Command::AddScenario => editable && session.play().is_some(),
            Command::Edit(_)
            | Command::EditText(_)
            | Command::ChangeText { .. }
            | Command::Fix(_)
            | Command::FormatText => editable,
            Command::FixProblem => editable && session.fix_here().is_some(),
            Command::SelectAll | Command::Fit | Command::AddBookmark | Command::Export => session.shown().is_some(),
            Command::EditInput
            | Command::Run
            | Command::RunAllowed(_)
            | Command::PlayScenarios
            | Command::Explore
            | Command::WatchScenario(_) => session.play().is_some(),
            Command::StopRun => session.outer_watch().is_some_and(|watch| watch.is_running() && watch.run().is_some()),
            Command::SendSignal { .. } => watch.is_some_and(super::Watch::is_running),
            Command::StepBack | Command::JumpToStart => watch.is_some_and(|watch| watch.playback().n_events() > 0),
            Command::CloseRun
            | Command::StepForward
            | Command::JumpToEnd
            | Command::PlayPause
            | Command::Seek(_)
            | Command::SetSpeed(_)
            | Command::PlayBackwards
            | Command::Faster
            | Command::Slower
            | Command::FoldIdle
            | Command::Jump(_)
            | Command::JumpTo
            | Command::SliderIn
            | Command::SliderOut
            | Command::SliderWhole
            | Command::ToggleCritical => watch.is_some(),
            Command::NextHere | Command::PreviousHere => watch.is_some() && session.selection().single_node().is_some(),
            _ => true,
        }
    }

    /// What a key does now. While a text field has the focus (`typing`), keys that edit text do nothing else; the
    /// text pane itself sends [`Command::Undo`] and [`Command::Redo`].
    pub fn command_for(&self, shortcut: Shortcut, typing: bool) -> Option<Command> {
        let edits_text = shortcut.is_typing()
            || matches!(shortcut.key, Key::Char('A' | 'C' | 'D' | 'V' | 'X' | 'Y' | 'Z'))
            || shortcut.alt;
        if typing && edits_text {
            return None;
        }
        let replay = self.session().mode() == Mode::Replay;
        let other = match shortcut {
            Shortcut { key: Key::Space, .. } if shortcut == Shortcut::plain(Key::Space) && replay => {
                Some(Command::PlayPause)
            }
            _ if shortcut == Shortcut::plain(Key::Escape) && replay && self.session().selection().is_empty() => {
                Some(Command::CloseRun)
            }
            // They delete and move what is selected.
            Shortcut { ctrl: false, shift: false, alt: false, key: Key::Backspace }
            | Shortcut { ctrl: false, shift: false, alt: true, key: Key::Left }
                if self.session().selection().is_empty() =>
            {
                Some(Command::Leave(1))
            }
            _ => None,
        };
        let by_key = registry::entries().filter(|entry| entry.shortcuts.contains(&shortcut));
        let mut commands = other.into_iter().chain(by_key.map(|entry| (entry.command)()));
        commands.find(|command| self.is_enabled(command))
    }

    /// Wall time passes. Call once per frame, before drawing.
    pub fn tick(&mut self, dt_secs: f32) -> NeedsRepaint {
        self.idle_secs += dt_secs;
        self.discovery_grows_old(dt_secs);
        if self.idle_secs > TYPING_PAUSE_SECS {
            self.session_mut().history.pause();
        }
        self.unlooked_secs += dt_secs;
        if self.unlooked_secs > LOOK_SECS {
            self.unlooked_secs = 0.0;
            self.look_at_file();
        }
        self.wake_in_secs = self.keep_drafts(dt_secs);
        let mut needs = self.toasts.tick(dt_secs);
        for session in &mut self.sessions {
            if let Some(watch) = session.watch_mut() {
                needs |= watch.tick(dt_secs) == NeedsRepaint::Yes;
            }
            let again = session.tick_levels(dt_secs).into_iter();
            self.owed.extend(again.map(|run| Request::Runner(ToRunner::LoadRun { run })));
            needs |= session.asks_again();
        }
        if needs { NeedsRepaint::Yes } else { NeedsRepaint::No }
    }

    /// What the shell must do because of what was received, or of the time. Call after [`Self::receive`] and
    /// [`Self::tick`].
    pub fn owed(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.owed)
    }

    /// [`Self::tick`] has something to do by then, though nothing happens: unsaved work is to be kept.
    pub const fn wake_in_secs(&self) -> Option<f32> {
        self.wake_in_secs
    }

    pub fn session(&self) -> &Session {
        &self.sessions[self.current]
    }

    pub(super) fn session_mut(&mut self) -> &mut Session {
        &mut self.sessions[self.current]
    }

    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Which of [`Self::sessions`] is shown.
    pub const fn current(&self) -> usize {
        self.current
    }

    /// Says something of the view to the person.
    pub fn tell(&mut self, text: &str, action: Option<Command>) {
        self.toasts.push(Tone::Info, text, action);
    }

    pub fn toasts(&self) -> &[Toast] {
        self.toasts.list()
    }

    /// The recorded runs, newest first. `None` until they were asked for and have come.
    pub fn runs(&self) -> Option<&[RunSummary]> {
        self.runs.as_deref()
    }

    /// Nothing would be lost by closing the window.
    pub fn can_close(&self) -> bool {
        !self.sessions.iter().any(Session::is_dirty)
    }
}
