use std::path::PathBuf;

use serde_json::Value;
use smol_str::SmolStr;

use super::drawing::Draw;
use super::export::Export;
use super::gesture::Gesture;
use super::key::Shortcut;
use super::registry;
use super::selection::Selection;
use crate::base::{BallId, NodeId, RunId, RunMicros, TextChange};
use crate::diag::Fix;
use crate::replay::Jump;

/// Everything that the editor can be told to do. Those that need nothing but themselves have an entry in
/// [`super::registry`], with their names and shortcuts.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    New,
    /// A play of its own from this text, as an example's.
    NewFrom {
        text: String,
    },
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
    /// Asks what becomes of what another program wrote where something else was written here.
    MergeOutside,
    /// Answers that.
    TakeOutside(Outside),
    /// Answers a question about unsaved changes: go on without saving.
    Discard(Box<Command>),
    /// Answers it too: save, then go on.
    SaveAndThen(Box<Command>),
    /// Asks what is to be exported.
    Export,
    /// Asks for a file.
    PickExport(Export),
    /// The extension tells the kind. Another file is replaced only with `over`.
    ExportTo {
        export: Export,
        path: PathBuf,
        over: bool,
    },
    Quit,
    CloseTab,
    NextTab,
    PreviousTab,
    /// In the order of the tabs.
    ShowTab(usize),
    /// The one that was closed last.
    ReopenTab,
    /// The file of the same name in the other format says something else: shows what.
    CompareTwin,
    /// Writes the document to that file too.
    WriteTwin(PathBuf),
    /// The answer to what was recovered after a crash: it stays, unsaved.
    KeepRecovered,

    Undo,
    Redo,
    /// The selected nodes and wires.
    Delete,
    SelectAll,
    SelectNone,
    Select(Selection),
    Edit(Gesture),
    Draw(Draw),
    /// The text pane's new text, whole.
    EditText(String),
    /// Changes of the text, sorted and apart, as one step of this name.
    ChangeText {
        name: &'static str,
        changes: Vec<TextChange>,
    },
    /// The text cursor was put to this byte: what a fix is meant for.
    TextCursor(u32),
    /// Solves the problem at the text cursor, at what is selected, or the first that can be.
    FixProblem,
    /// Solves a finding this way.
    Fix(Fix),
    FormatText,
    /// All nodes in layers, left to right; of a selection of several, those alone.
    Arrange,
    /// The same for all but the selected nodes, which stay; without a selection for those without a place.
    ArrangeOthers,
    /// Another play of the file on the canvas.
    ShowPlay(usize),

    /// Into the play that the node calls, or that the selected one does.
    Enter(Option<NodeId>),
    /// So many levels up.
    Leave(usize),
    /// Another call of the node above, by its number.
    ShowVisit(usize),
    NextVisit,
    PreviousVisit,

    /// The command palette, over nodes, targets and text too.
    Find,
    /// The command palette, commands alone.
    FindCommand,

    /// Shows a node of an open document.
    GoTo {
        /// In the order of the tabs.
        session: usize,
        item: usize,
        node: NodeId,
    },
    /// Shows the place of an open document's text, and what it speaks of.
    GoToText {
        session: usize,
        offset: u32,
    },

    Fit,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    ZoomToSelection,
    ToggleMinimap,
    /// Shows or hides the notes on the canvas.
    ToggleNotes,
    ToggleMotion,
    LargerText,
    SmallerText,
    ResetText,
    ShowOutline,
    ShowInspector,
    ResetPanels,
    Welcome,
    /// Opens the play that shows a newcomer round.
    Tour,
    /// Keeps what is shown as a named place of the play.
    AddBookmark,
    NextBookmark,
    ToggleTextPane,
    ToggleTheme,
    ShowProblems,
    ShowFormation,
    /// All that the formation names is asked what it serves, on other computers too.
    AskTargets,

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
    /// Asks for it.
    EditInput,
    ShowRuns,
    OpenRun(RunId),
    /// Back to editing; a live run goes on.
    CloseRun,

    ShowScenarios,
    /// All of the play that is edited.
    PlayScenarios,
    /// Shows how the scenario went that is this statement of the play; plays it if it was not played.
    WatchScenario(usize),
    ToggleCoverage,
    AddScenario,
    /// Looks at all that runs of the play can do.
    Explore,
    /// Shows a run that has what the n-th finding says.
    WatchFinding(usize),

    PlayPause,
    StepForward,
    StepBack,
    JumpToStart,
    JumpToEnd,
    Seek(RunMicros),
    SetSpeed(f32),
    /// Towards the start, or hold.
    PlayBackwards,
    Faster,
    Slower,
    /// Idle stretches are cut out of the slider and passed over, or not.
    FoldIdle,
    Jump(Jump),
    /// The next event that has to do with the selected node.
    NextHere,
    PreviousHere,
    /// Asks where to.
    JumpTo,
    SliderIn,
    SliderOut,
    SliderWhole,
    /// Shows or hides what the end of the run had to wait for.
    ToggleCritical,
    ShowTimeline,
    ShowEvents,
    /// What a ball carries, then and there. `None`: no ball.
    LookAt(Option<BallId>),

    DismissToast(u64),
}

/// Which lines stay where another program has changed the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    Ours,
    Theirs,
    /// Ours, and theirs as comments below.
    Both,
}

/// How a command is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    pub title: &'static str,
    pub tooltip: &'static str,
    pub shortcut: Option<Shortcut>,
}

impl Command {
    /// What its entry says, or the name of a command that carries something along.
    pub fn info(&self) -> Info {
        if let Some(entry) = registry::entry_of(self) {
            return Info { title: entry.title, tooltip: entry.does, shortcut: entry.shortcut() };
        }
        let (title, tooltip) = match self {
            Self::MergeOutside => ("Decide…", "Another program changed the same lines"),
            Self::TakeOutside(_) => ("Take over", "Decide so"),
            Self::OpenPath(_) => ("Open file", "Open this file"),
            Self::NewFrom { .. } => ("Open example", "Open a copy of this example"),
            Self::ShowTab(_) => ("Show tab", "Show this open play"),
            Self::WriteTwin(_) => ("Write it", "Write the document to this file too"),
            Self::KeepRecovered => ("Keep it", "Go on with what was recovered"),
            Self::SaveTo(_) => ("Save to file", "Write to this file"),
            Self::PickExport(_) => ("Export to…", "Write it to a file"),
            Self::ExportTo { .. } => ("Export to file", "Write it to this file"),
            Self::Overwrite(_) => ("Overwrite", "Write over what is there now"),
            Self::Discard(_) => ("Discard changes", "Go on without saving"),
            Self::SaveAndThen(_) => ("Save", "Save, then go on"),
            Self::Select(_) => ("Select", "Select these"),
            Self::Edit(_) => ("Edit", "Change the play"),
            Self::Draw(_) => ("Draw", "Change the play"),
            Self::ChangeText { .. } => ("Change text", "Change the text"),
            Self::TextCursor(_) => ("Cursor", "Put the text cursor here"),
            Self::Fix(_) => ("Fix", "Solve the problem this way"),
            Self::EditText(_) => ("Type", "Change the text"),
            Self::ShowPlay(_) => ("Show play", "Show this play of the file"),
            Self::Enter(_) => ("Zoom into the play", "Show the play that this calls"),
            Self::Leave(_) => ("Zoom out of the play", "Back to the play that calls it"),
            Self::ShowVisit(_) => ("Show visit", "Show the run of this call"),
            Self::GoTo { .. } => ("Go to", "Show this node"),
            Self::GoToText { .. } => ("Go to text", "Show this line"),
            Self::RunAllowed(_) => ("Start and run", "Start what the formation names, then run"),
            Self::SendSignal { .. } => ("Send signal", "Let the ball that waits here go on"),
            Self::SetFormation(_) => ("Formation", "Choose what serves the targets"),
            Self::SetInput(_) => ("Input", "What the next run starts with"),
            Self::OpenRun(_) => ("Replay", "Replay this run; nothing is called"),
            Self::Seek(_) => ("Seek", "Show this instant"),
            Self::LookAt(_) => ("Look inside", "Show what the ball carries"),
            Self::Jump(_) => ("Go there", "Show this place of the run"),
            Self::SetSpeed(_) => ("Speed", "How fast the replay goes"),
            Self::DismissToast(_) => ("Dismiss", "Close this message"),
            // Plain ones have entries.
            _ => ("Command", ""),
        };
        Info { title, tooltip, shortcut: None }
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
