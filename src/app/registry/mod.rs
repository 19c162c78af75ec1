//! Every command that a person can choose: its name, its keys, what it does. Menus, buttons, keys, the command palette
//! and `docs/shortcuts.md` all read this one list; whether a command can be used now is [`Editor::is_enabled`].
//!
//! To add a command: a variant of [`Command`], what it does in `Editor::dispatch`, an [`Entry`] in the file of its area
//! here, and a test that names the entry's id. `tests/commands.rs` fails until there is one.
//!
//! [`Editor::is_enabled`]: super::Editor::is_enabled

mod draw;
mod file;
mod layout;
mod run;
mod sketch;
mod text;
mod trial;
mod view;

use super::command::Command;
use super::key::{Key, Shortcut};

/// A command as a person meets it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// `area.verb`, never changed: tests, and later settings, go by it.
    pub id: &'static str,
    /// As in a menu. Ends with `…` if it asks something first.
    pub title: &'static str,
    /// One sentence, as a tooltip.
    pub does: &'static str,
    /// Other words that a person may look for it by.
    pub words: &'static str,
    /// The first is the one that is shown.
    pub shortcuts: &'static [Shortcut],
    pub command: fn() -> Command,
}

/// The lists of all areas, in the order of the palette and of the docs.
const AREAS: [(&str, &[Entry]); 8] = [
    ("Files", file::ENTRIES),
    ("Drawing", draw::ENTRIES),
    ("Drawing by mouse or keys", sketch::ENTRIES),
    ("Text", text::ENTRIES),
    ("Layout, levels and export", layout::ENTRIES),
    ("View", view::ENTRIES),
    ("Runs", run::ENTRIES),
    ("Scenarios", trial::ENTRIES),
];

/// All entries by area. The first of two entries with one shortcut takes the key while it is enabled.
pub fn areas() -> impl Iterator<Item = (&'static str, &'static [Entry])> {
    AREAS.into_iter()
}

/// All entries.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    AREAS.into_iter().flat_map(|(_, entries)| entries)
}

/// The entry of exactly this command.
pub fn entry_of(command: &Command) -> Option<&'static Entry> {
    entries().find(|entry| (entry.command)() == *command)
}

impl Entry {
    /// The one that is shown.
    pub fn shortcut(&self) -> Option<Shortcut> {
        self.shortcuts.first().copied()
    }
}

const fn plain(c: char) -> Shortcut {
    Shortcut::plain(Key::Char(c))
}

const fn ctrl(c: char) -> Shortcut {
    Shortcut::ctrl(Key::Char(c))
}

const fn ctrl_shift(c: char) -> Shortcut {
    Shortcut::ctrl_shift(Key::Char(c))
}
