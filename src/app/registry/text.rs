use super::{Entry, ctrl, ctrl_shift};
use crate::app::{Command, Key, Shortcut};

pub const ENTRIES: &[Entry] = &[
    Entry {
        id: "text.fix",
        title: "Fix the problem",
        does: "Take the likeliest fix of what is wrong here",
        words: "quick fix solve suggestion",
        shortcuts: &[ctrl('.')],
        command: || Command::FixProblem,
    },
    Entry {
        id: "text.format",
        title: "Format text",
        does: "Lay the text out in the canonical way",
        words: "fmt tidy indent pretty",
        shortcuts: &[ctrl_shift('F')],
        command: || Command::FormatText,
    },
    Entry {
        id: "text.pane",
        title: "Text pane",
        does: "Show or hide the play's text",
        words: "source code panel",
        shortcuts: &[ctrl('T')],
        command: || Command::ToggleTextPane,
    },
    Entry {
        id: "text.problems",
        title: "Problems",
        does: "List what the checks found",
        words: "errors warnings diagnostics check panel",
        shortcuts: &[Shortcut::plain(Key::F(8))],
        command: || Command::ShowProblems,
    },
];
