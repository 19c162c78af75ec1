use std::path::PathBuf;

use serde_json::Value;
use smol_str::SmolStr;

use super::gesture::Gesture;
use super::key::{Key, Shortcut};
use super::selection::Selection;
use crate::base::{NodeId, RunId, RunMicros};

/// Everything that the editor can be told to do. The single source of menu texts, tooltips and shortcuts.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    New,
    /// Asks for a file.
    Open,
    OpenPath(PathBuf),
    Save,
    /// Asks for a file.
    SaveAs,
    /// The extension tells the format.
    SaveTo(PathBuf),
    /// Saves over another program's changes, or over another file at that path.
    Overwrite(PathBuf),
    /// Takes what another program wrote, and drops what is unsaved.
    Reload,
    /// Answers a question about unsaved changes: go on without saving.
    Discard(Box<Command>),
    /// Answers it too: save, then go on.
    SaveAndThen(Box<Command>),
    Quit,

    Undo,
    Redo,
    /// The selected nodes and wires.
    Delete,
    SelectAll,
    SelectNone,
    Select(Selection),
    Edit(Gesture),
    /// The text pane's new text, whole.
    EditText(String),
    FormatText,
    /// Another play of the file on the canvas.
    ShowPlay(usize),

    Fit,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    ToggleTextPane,
    ToggleTheme,
    ShowProblems,

    Run,
    /// Answers the question about the commands that a formation starts: start these, and run.
    RunAllowed(Vec<String>),
    StopRun,
    SendSignal {
        node: NodeId,
        payload: Value,
    },
    SetFormation(Option<SmolStr>),
    /// JSON, as typed.
    SetInput(String),
    ShowRuns,
    OpenRun(RunId),
    /// Back to editing; a live run goes on.
    CloseRun,

    PlayPause,
    StepForward,
    StepBack,
    JumpToStart,
    JumpToEnd,
    Seek(RunMicros),
    SetSpeed(f32),

    DismissToast(u64),
}

/// How a command is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    pub title: &'static str,
    pub tooltip: &'static str,
    pub shortcut: Option<Shortcut>,
}

impl Command {
    /// Commands that need nothing but themselves: for menus and, with `Info`, a palette.
    pub const PLAIN: [Self; 29] = [
        Self::New,
        Self::Open,
        Self::Save,
        Self::SaveAs,
        Self::Reload,
        Self::Quit,
        Self::Undo,
        Self::Redo,
        Self::Delete,
        Self::SelectAll,
        Self::SelectNone,
        Self::FormatText,
        Self::Fit,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::ZoomReset,
        Self::ToggleTextPane,
        Self::ToggleTheme,
        Self::ShowProblems,
        Self::Run,
        Self::StopRun,
        Self::ShowRuns,
        Self::CloseRun,
        Self::PlayPause,
        Self::StepForward,
        Self::StepBack,
        Self::JumpToStart,
        Self::JumpToEnd,
        Self::SetFormation(None),
    ];

    pub fn info(&self) -> Info {
        use Key::Char;
        let plain = Shortcut::plain;
        let ctrl = Shortcut::ctrl;
        let (title, tooltip, shortcut) = match self {
            Self::New => ("New", "Start an empty play", Some(ctrl(Char('N')))),
            Self::Open => ("Open…", "Open a .play or .ron file", Some(ctrl(Char('O')))),
            Self::OpenPath(_) => ("Open file", "Open this file", None),
            Self::Save => ("Save", "Write the play to its file", Some(ctrl(Char('S')))),
            Self::SaveAs => (
                "Save as…",
                "Write to another file; .play and .ron say the same",
                Some(Shortcut::ctrl_shift(Char('S'))),
            ),
            Self::SaveTo(_) => ("Save to file", "Write to this file", None),
            Self::Overwrite(_) => ("Overwrite", "Write over what is there now", None),
            Self::Reload => ("Reload from disk", "Read the file again and drop what is unsaved", None),
            Self::Discard(_) => ("Discard changes", "Go on without saving", None),
            Self::SaveAndThen(_) => ("Save", "Save, then go on", None),
            Self::Quit => ("Quit", "Close the window", Some(ctrl(Char('Q')))),
            Self::Undo => ("Undo", "Take the last change back", Some(ctrl(Char('Z')))),
            Self::Redo => ("Redo", "Make the change again", Some(Shortcut::ctrl_shift(Char('Z')))),
            Self::Delete => ("Delete", "Remove the selected nodes and wires", Some(plain(Key::Delete))),
            Self::SelectAll => ("Select all", "Select every node", Some(ctrl(Char('A')))),
            Self::SelectNone => ("Select nothing", "Clear the selection", Some(plain(Key::Escape))),
            Self::Select(_) => ("Select", "Select these", None),
            Self::Edit(_) => ("Edit", "Change the play", None),
            Self::EditText(_) => ("Type", "Change the text", None),
            Self::FormatText => {
                ("Format text", "Lay the text out in the canonical way", Some(Shortcut::ctrl_shift(Char('F'))))
            }
            Self::ShowPlay(_) => ("Show play", "Show this play of the file", None),
            Self::Fit => ("Fit", "Show the whole play", Some(plain(Char('F')))),
            Self::ZoomIn => ("Zoom in", "Look closer", Some(ctrl(Char('+')))),
            Self::ZoomOut => ("Zoom out", "See more", Some(ctrl(Char('-')))),
            Self::ZoomReset => ("Zoom to 100%", "Show the play at its own size", Some(ctrl(Char('0')))),
            Self::ToggleTextPane => ("Text pane", "Show or hide the play's text", Some(ctrl(Char('T')))),
            Self::ToggleTheme => ("Light or dark", "Change the theme", None),
            Self::ShowProblems => ("Problems", "List what the checks found", Some(plain(Key::F(8)))),
            Self::Run => ("Run", "Start a run with the chosen input and formation", Some(plain(Key::Space))),
            Self::RunAllowed(_) => ("Start and run", "Start what the formation names, then run", None),
            Self::StopRun => ("Stop", "Cancel the run that is shown", Some(Shortcut::shift(Key::Escape))),
            Self::SendSignal { .. } => ("Send signal", "Let the ball that waits here go on", None),
            Self::SetFormation(_) => ("Formation", "Choose what serves the targets", None),
            Self::SetInput(_) => ("Input", "What the next run starts with", None),
            Self::ShowRuns => ("Past runs", "List the recorded runs", Some(ctrl(Char('H')))),
            Self::OpenRun(_) => ("Replay", "Replay this run; nothing is called", None),
            Self::CloseRun => ("Back to editing", "Leave the run; it goes on if it is live", Some(ctrl(Char('E')))),
            Self::PlayPause => ("Play or pause", "Let the replay run or hold it", Some(plain(Char('P')))),
            Self::StepForward => ("Step forward", "To the next event", Some(plain(Char('.')))),
            Self::StepBack => ("Step back", "To the event before", Some(plain(Char(',')))),
            Self::JumpToStart => ("To the start", "To the first event", Some(plain(Key::Home))),
            Self::JumpToEnd => ("To the end", "To the last event; follows a live run", Some(plain(Key::End))),
            Self::Seek(_) => ("Seek", "Show this instant", None),
            Self::SetSpeed(_) => ("Speed", "How fast the replay goes", None),
            Self::DismissToast(_) => ("Dismiss", "Close this message", None),
        };
        Info { title, tooltip, shortcut }
    }

    pub fn title(&self) -> &'static str {
        self.info().title
    }

    pub fn tooltip(&self) -> &'static str {
        self.info().tooltip
    }

    pub fn shortcut(&self) -> Option<Shortcut> {
        self.info().shortcut
    }
}
