//! The registry of commands: each is tested, and `docs/shortcuts.md` lists them.
//!
//! `BLESS=1 cargo test --test commands` writes the list anew.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use chalktalk::app::registry::{areas, entries};

const INTRO: &str = "# Commands and shortcuts

Every command of the editor. The command palette (`Ctrl+Shift+P`) finds each by its name or by what it does; `Ctrl+P` finds
nodes, targets and text too. A key that types does nothing else while a text field has the focus. On a Mac, `Ctrl` is the
command key.

This page is made from the program's own list: `BLESS=1 cargo test --test commands`.
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// A test covers a command by choosing it from the palette: `stage.choose("area.verb")`.
#[test]
fn every_command_has_a_test() {
    let mut paths = Vec::new();
    sources(&root().join("tests"), &mut paths);
    let mut chosen = BTreeSet::new();
    for path in paths.iter().filter(|path| !path.ends_with("tests/commands.rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        chosen.extend(text.split(".choose(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
    }
    let missing: Vec<&str> = entries().map(|entry| entry.id).filter(|id| !chosen.contains(*id)).collect();
    assert!(missing.is_empty(), "no test chooses these from the palette, as stage.choose(\"…\"): {missing:?}");
    let known: BTreeSet<&str> = entries().map(|entry| entry.id).collect();
    let unknown: Vec<&String> = chosen.iter().filter(|id| !known.contains(id.as_str())).collect();
    assert!(unknown.is_empty(), "tests choose what is no command: {unknown:?}");
}

#[test]
fn ids_and_titles_are_unique() {
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries() {
        assert!(ids.insert(entry.id), "{} is there twice", entry.id);
        assert!(titles.insert(entry.title), "two commands are called '{}'", entry.title);
        assert!(entry.id.contains('.') && !entry.does.is_empty() && !entry.does.ends_with('.'), "{}", entry.id);
        let command = (entry.command)();
        assert_eq!(command.title(), entry.title, "{} is the command of another entry", entry.id);
    }
}

#[test]
fn the_page_lists_every_command() {
    let mut page = INTRO.to_owned();
    for (area, entries) in areas().filter(|(_, entries)| !entries.is_empty()) {
        writeln!(page, "\n## {area}\n\n| command | keys | does |\n|---|---|---|").unwrap();
        for entry in entries {
            let keys: Vec<String> = entry.shortcuts.iter().map(|shortcut| format!("`{shortcut}`")).collect();
            writeln!(page, "| {} | {} | {} |", entry.title, keys.join(", "), entry.does).unwrap();
        }
    }
    let path = root().join("docs/shortcuts.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page, "BLESS=1 cargo test --test commands");
}
