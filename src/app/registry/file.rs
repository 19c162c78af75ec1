use super::{Entry, ctrl, ctrl_shift};
use crate::app::Command;

pub const ENTRIES: &[Entry] = &[
    Entry {
        id: "file.new",
        title: "New",
        does: "Start an empty play",
        words: "create file tab",
        shortcuts: &[ctrl('N')],
        command: || Command::New,
    },
    Entry {
        id: "file.open",
        title: "Open…",
        does: "Open a .play or .ron file",
        words: "load file",
        shortcuts: &[ctrl('O')],
        command: || Command::Open,
    },
    Entry {
        id: "file.save",
        title: "Save",
        does: "Write the play to its file",
        words: "store write",
        shortcuts: &[ctrl('S')],
        command: || Command::Save,
    },
    Entry {
        id: "file.save-as",
        title: "Save as…",
        does: "Write to another file; .play and .ron say the same",
        words: "store write convert copy",
        shortcuts: &[ctrl_shift('S')],
        command: || Command::SaveAs,
    },
    Entry {
        id: "file.reload",
        title: "Reload from disk",
        does: "Read the file again and drop what is unsaved",
        words: "revert refresh",
        shortcuts: &[],
        command: || Command::Reload,
    },
    Entry {
        id: "file.quit",
        title: "Quit",
        does: "Close the window",
        words: "exit leave",
        shortcuts: &[ctrl('Q')],
        command: || Command::Quit,
    },
];
