use std::path::PathBuf;

use super::command::Command;
use super::export::Export;
use super::port::ToRunner;
use crate::base::NodeId;

/// What the shell must do: the editor itself never opens a window, waits or ends the program.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Show an open dialog; answer with [`Command::OpenPath`], or not at all.
    PickOpen,
    /// Show a save dialog; answer with [`Command::SaveTo`], or not at all.
    PickSave {
        suggested: PathBuf,
    },
    /// Show a save dialog; answer with [`Command::ExportTo`], or not at all.
    PickExport {
        suggested: PathBuf,
        export: Export,
    },
    /// Show a question; answer with the command of the chosen button, or not at all.
    Ask(Question),
    /// Send it on the runner's channel.
    Runner(ToRunner),
    View(View),
    /// The window may close: nothing is unsaved, or the person said so.
    Quit,
}

/// What only the view knows how to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    Fit,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    ToggleTextPane,
    ToggleTheme,
    ShowProblems,
    ShowScenarios,
    ShowFormation,
    ShowRuns,
    /// Bring the node into view.
    Reveal(NodeId),
    /// The play inside of a card, by its number in the play before, is shown now.
    Entered {
        card: u32,
    },
    /// The play with that card is shown again, the one inside of it was left.
    Left {
        card: u32,
    },
    Sketch(super::drawing::Sketch),
    /// Show the input field, with the focus.
    EditInput,
    /// Show the text at this byte.
    ShowText {
        offset: u32,
    },
    /// Show the command palette, with the focus.
    Find {
        commands_only: bool,
    },
    ZoomToSelection,
    ToggleMinimap,
    ToggleNotes,
    ToggleMotion,
    /// All text by so many steps larger.
    ScaleText(i8),
    /// Ask what is to be exported; answer with [`Command::PickExport`].
    Export,
    ShowOutline,
    ShowInspector,
    /// Every panel where it was at first.
    ResetPanels,
    Welcome,
    AddBookmark,
    NextBookmark,
    /// Show the field that asks where to go in a run, with the focus.
    JumpTo,
    /// The slider: closer by a step, wider, or all of the run.
    Slider(Zoom),
    ToggleCritical,
    ShowTimeline,
    ShowEvents,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zoom {
    In,
    Out,
    Whole,
}

/// A question with its answers as buttons. Dismissing it changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub title: String,
    pub text: String,
    /// What it is about, if that is a change of a text.
    pub diff: Vec<super::diff::Line>,
    /// The first is the one for Enter, unless it is destructive.
    pub answers: Vec<Answer>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub label: &'static str,
    pub command: Command,
    /// Something is lost or risked by it: not to be shown as the obvious choice.
    pub destructive: bool,
}
