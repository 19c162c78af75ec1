use super::{Entry, ctrl_shift};
use crate::app::Command;

/// Arranging, frames, levels, export.
pub const ENTRIES: &[Entry] = &[
    Entry {
        id: "layout.arrange",
        title: "Arrange",
        does: "Set all nodes in layers from left to right; of several selected nodes those alone, the others stay",
        words: "layout tidy auto order align dot graph",
        shortcuts: &[ctrl_shift('L')],
        command: || Command::Arrange,
    },
    Entry {
        id: "layout.arrange-others",
        title: "Arrange all but the selection",
        does: "Set nodes in layers around the selected ones, which stay where you put them; with none selected, those that have no place yet",
        words: "layout tidy keep pin hold hand placed rest others",
        shortcuts: &[],
        command: || Command::ArrangeOthers,
    },
];
