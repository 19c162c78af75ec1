use super::{Entry, ctrl, ctrl_shift};
use crate::app::{Command, Key, Shortcut};

pub const ENTRIES: &[Entry] = &[
    Entry {
        id: "edit.undo",
        title: "Undo",
        does: "Take the last change back",
        words: "back revert",
        shortcuts: &[ctrl('Z')],
        command: || Command::Undo,
    },
    Entry {
        id: "edit.redo",
        title: "Redo",
        does: "Make the change again",
        words: "again",
        shortcuts: &[ctrl_shift('Z'), ctrl('Y')],
        command: || Command::Redo,
    },
    Entry {
        id: "edit.delete",
        title: "Delete",
        does: "Remove the selected nodes and wires",
        words: "remove erase cut",
        shortcuts: &[Shortcut::plain(Key::Delete), Shortcut::plain(Key::Backspace)],
        command: || Command::Delete,
    },
    Entry {
        id: "select.all",
        title: "Select all",
        does: "Select every node",
        words: "everything",
        shortcuts: &[ctrl('A')],
        command: || Command::SelectAll,
    },
    Entry {
        id: "select.none",
        title: "Select nothing",
        does: "Clear the selection",
        words: "deselect clear",
        shortcuts: &[Shortcut::plain(Key::Escape)],
        command: || Command::SelectNone,
    },
];
