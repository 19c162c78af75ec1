use super::{Entry, ctrl_shift};
use crate::app::Command;

/// Arranging, frames, levels, export.
pub const ENTRIES: &[Entry] = &[Entry {
    id: "layout.arrange",
    title: "Arrange",
    does: "Set all nodes in layers from left to right; of several selected nodes those alone, the others stay",
    words: "layout tidy auto order align dot graph",
    shortcuts: &[ctrl_shift('L')],
    command: || Command::Arrange,
}];
