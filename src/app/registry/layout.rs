use super::{Entry, ctrl_shift, plain};
use crate::app::{Command, Draw, Key, Shortcut};

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
    Entry {
        id: "level.enter",
        title: "Zoom into the play",
        does: "Show the play that the selected node calls, and its run if one is shown",
        words: "level down inside nested child open callee",
        shortcuts: &[Shortcut::ctrl(Key::Enter)],
        command: || Command::Enter(None),
    },
    Entry {
        id: "level.leave",
        title: "Zoom out of the play",
        does: "Back to the play that calls the shown one; Alt+Left and Backspace do so too while nothing is selected",
        words: "level up outside parent caller back",
        shortcuts: &[Shortcut::shift(Key::Enter)],
        command: || Command::Leave(1),
    },
    Entry {
        id: "level.extract",
        title: "Make a play of the selection…",
        does: "The selected nodes become a play of their own in this file, and a call to it stands in their place",
        words: "level group extract nest subplay function",
        shortcuts: &[ctrl_shift('G')],
        command: || Command::Draw(Draw::Extract),
    },
    Entry {
        id: "level.inline",
        title: "Inline this play",
        does: "The play that the selected node calls comes in place of the call",
        words: "level ungroup dissolve flatten expand",
        shortcuts: &[ctrl_shift('U')],
        command: || Command::Draw(Draw::Inline),
    },
    Entry {
        id: "level.next-visit",
        title: "Next visit",
        does: "Show the run of the next call that the node above made",
        words: "level iteration each cycle child",
        shortcuts: &[plain(']')],
        command: || Command::NextVisit,
    },
    Entry {
        id: "level.previous-visit",
        title: "Previous visit",
        does: "Show the run of the call before, of those that the node above made",
        words: "level iteration each cycle child",
        shortcuts: &[plain('[')],
        command: || Command::PreviousVisit,
    },
];
