use super::{Entry, ctrl, ctrl_shift, plain};
use crate::app::Command;

pub const ENTRIES: &[Entry] = &[
    Entry {
        id: "find.anything",
        title: "Find…",
        does: "Find a node, a target, a text or a command",
        words: "search go to palette",
        shortcuts: &[ctrl('P')],
        command: || Command::Find,
    },
    Entry {
        id: "find.command",
        title: "Commands…",
        does: "Find a command by its name, with its shortcut",
        words: "palette search menu",
        shortcuts: &[ctrl_shift('P')],
        command: || Command::FindCommand,
    },
    Entry {
        id: "view.fit",
        title: "Fit",
        does: "Show the whole play",
        words: "zoom all overview",
        shortcuts: &[plain('F')],
        command: || Command::Fit,
    },
    Entry {
        id: "view.zoom-in",
        title: "Zoom in",
        does: "Look closer",
        words: "larger magnify",
        shortcuts: &[ctrl('+'), ctrl('=')],
        command: || Command::ZoomIn,
    },
    Entry {
        id: "view.zoom-out",
        title: "Zoom out",
        does: "See more",
        words: "smaller",
        shortcuts: &[ctrl('-')],
        command: || Command::ZoomOut,
    },
    Entry {
        id: "view.zoom-reset",
        title: "Zoom to 100%",
        does: "Show the play at its own size",
        words: "reset life size",
        shortcuts: &[ctrl('0')],
        command: || Command::ZoomReset,
    },
    Entry {
        id: "view.theme",
        title: "Light or dark",
        does: "Change the theme: dark, light, high contrast",
        words: "theme colours contrast night",
        shortcuts: &[],
        command: || Command::ToggleTheme,
    },
];
