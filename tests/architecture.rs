//! The shape that ARCHITECTURE.md promises: who imports whom, and how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The part of a file before its tests; nothing of a file that is all tests.
fn code_of(path: &Path) -> String {
    let is_tests = path.components().any(|part| ["tests", "tests.rs"].iter().any(|name| part.as_os_str() == *name));
    if is_tests {
        return String::new();
    }
    let text = fs::read_to_string(path).expect("the file is text");
    match text.find("#[cfg(test)]\nmod tests {") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// The table of ARCHITECTURE.md: module -> what it may import.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let rows = text.split("| module | what it is | imports |").nth(1).expect("the table is there");
    rows.lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let imports = cells[2].split_whitespace().map(str::to_owned).collect();
            (cells[0].to_owned(), imports)
        })
        .collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table = table();
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(root().join("src")).expect("src can be read") {
        let folder = entry.expect("the entry can be read").path();
        if !folder.is_dir() {
            continue;
        }
        let module = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        let allowed = table.get(&module).unwrap_or_else(|| panic!("'{module}' is not in the table of ARCHITECTURE.md"));
        let mut files = Vec::new();
        rust_files(&folder, &mut files);
        for file in files {
            for after in code_of(&file).split("crate::").skip(1) {
                let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let is_module = table.contains_key(&name);
                assert!(!is_module || name == module || allowed.contains(&name), "{} imports {name}", file.display());
            }
        }
        seen.insert(module);
    }
    assert_eq!(seen, table.into_keys().collect(), "the table and src hold the same modules");
}

/// Those that may read clocks and files. What all others must not do stands in clippy.toml.
const SHELL: [&str; 6] = ["cli", "files", "gui", "journal", "runner", "telemetry"];

#[test]
fn modules_outside_of_the_shell_are_pure() {
    for module in table().keys().filter(|module| !SHELL.contains(&module.as_str())) {
        let text = fs::read_to_string(root().join("src").join(module).join("mod.rs")).expect("the module has a mod.rs");
        let bans = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";
        assert!(text.contains(bans), "src/{module}/mod.rs lacks {bans}");
    }
}

#[test]
fn the_table_has_no_circles() {
    let mut left = table();
    while !left.is_empty() {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, imports)| imports.iter().all(|name| !left.contains_key(name)))
            .map(|(module, _)| module.clone())
            .collect();
        assert!(!free.is_empty(), "these import each other: {:?}", left.keys());
        left.retain(|module, _| !free.contains(module));
    }
}

#[test]
fn no_file_is_too_long() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    assert!(!files.is_empty());
    for file in files {
        let n_lines = code_of(&file).lines().count();
        assert!(n_lines <= MAX_LINES, "{} has {n_lines} lines of code: split it", file.display());
    }
}
