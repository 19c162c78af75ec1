//! The language by example: `tests/lang/ok` reads without complaint, `tests/lang/err` does not.
//!
//! A file in `ok` is in the canonical layout, or has that beside it as `.fmt`. A file in `err` has its report beside it as
//! `.txt` and its layout as `.fmt`. `BLESS=1 cargo test --test lang` writes both anew; read them before you commit them.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![allow(clippy::format_collect, reason = "plain texts")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chalktalk::diag::{Colour, to_text};
use chalktalk::lang::{CODES, MAX_GROUP, MAX_LINES, MAX_TEXT, Source, parse, print};
use chalktalk::play::{Graph, Item};

fn plays(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang").join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut plays: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "play"))
        .map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    plays.sort();
    assert!(!plays.is_empty());
    plays
}

fn report(path: &Path, source: &Source) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    to_text(&source.diagnostics, name, &source.text, Colour::Off)
}

fn assert_kept(path: &Path, extension: &str, found: &str) {
    let kept = path.with_extension(extension);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&kept, found).unwrap();
    }
    let expected = std::fs::read_to_string(&kept).unwrap_or_default();
    assert_eq!(found, expected, "{}", kept.display());
}

#[test]
fn good_files_read_without_complaint() {
    for (path, text) in plays("ok") {
        let source = parse(text.as_str());
        assert_eq!(report(&path, &source), "", "{}", path.display());
        let printed = print(&source.doc);
        let fmt = std::fs::read_to_string(path.with_extension("fmt")).unwrap_or(text);
        assert_eq!(printed, fmt, "{}", path.display());
        assert_eq!(print(&parse(printed.as_str()).doc), printed, "{}", path.display());
    }
}

#[test]
fn bad_files_are_reported_and_kept() {
    let mut missing: BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    for (path, text) in plays("err") {
        let source = parse(text.as_str());
        assert!(!source.diagnostics.is_empty(), "{}", path.display());
        for diagnostic in &source.diagnostics {
            let code = CODES.iter().find(|code| code.code == diagnostic.code);
            let code = code.unwrap_or_else(|| panic!("{} is not in the table", diagnostic.code));
            assert_eq!(code.severity, diagnostic.severity, "{}", code.code);
            missing.remove(diagnostic.code);
        }
        assert_kept(&path, "txt", &report(&path, &source));
        let printed = print(&source.doc);
        assert_kept(&path, "fmt", &printed);
        assert_eq!(print(&parse(printed.as_str()).doc), printed, "{}", path.display());
    }
    // These are shown by `too_much_is_one_bad_item` and `only_so_many_problems_are_shown`.
    assert_eq!(missing, BTreeSet::from(["L030", "L031"]));
}

fn assert_given_up(text: String, about: &str) {
    let kept = text.trim().to_owned();
    let source = parse(text);
    assert_eq!(source.diagnostics.len(), 1);
    assert_eq!(source.diagnostics[0].code, "L030");
    assert!(source.diagnostics[0].message.contains(about), "{}", source.diagnostics[0].message);
    assert!(matches!(&source.doc.items[..], [line] if line.kind == Item::Bad(kept)));
}

#[test]
fn too_much_is_one_bad_item() {
    assert_given_up(format!("{}\n", " x".repeat(MAX_TEXT / 2 + 1)), "64 MB");
    assert_given_up("x\n".repeat(MAX_LINES + 1), "500000");
    // Each parenthesis is looked for to its end in vain.
    assert_given_up("(\n".repeat(100_000), "brackets");
    assert_given_up("foo {\n".repeat(100_000), "brackets");
}

#[test]
fn a_wire_is_only_so_long() {
    let names = vec!["a"; MAX_GROUP + 1];
    let group = format!("play a/1/b {{\n  {{ {} }} -> b\n}}", names.join(", "));
    let chain = format!("play a/1/b {{\n  {}\n}}", names.join(" -> "));
    for text in [group, chain] {
        let source = parse(text);
        assert_eq!(source.diagnostics.len(), 1);
        assert_eq!(source.diagnostics[0].code, "L030");
        assert_eq!(source.doc.play(0).unwrap().body.len(), 1);
    }
    let longest = format!("play a/1/b {{\n  snap a\n  {{ {} }} -> a\n}}", names[1..].join(", "));
    let source = parse(longest);
    assert_eq!(source.diagnostics, []);
    assert_eq!(Graph::new(source.doc.play(0).unwrap()).wires().len(), MAX_GROUP);
}

#[test]
fn a_few_bytes_do_not_make_millions_of_wires() {
    let names: Vec<_> = (0..2000).map(|i| format!("n{i}")).collect();
    let nodes: String = names.iter().map(|name| format!("  snap {name}\n")).collect();
    let group = names.join(", ");
    let source = parse(format!("play a/1/b {{\n{nodes}  n1 -> n2\n  {{ {group} }} -> {{ {group} }}\n  n1 -> n2\n}}"));
    assert_eq!(source.diagnostics.iter().map(|found| found.code).collect::<Vec<_>>(), ["L030"]);
    let graph = Graph::new(source.doc.play(0).unwrap());
    assert_eq!((graph.wires().len(), graph.left_out), (1, Some(2001)));
}

#[test]
fn only_so_many_problems_are_shown() {
    let source = parse("what is this\n".repeat(5000));
    assert_eq!(source.diagnostics.len(), 1001);
    assert_eq!(source.diagnostics.last().unwrap().code, "L031");
    assert_eq!(source.doc.items.len(), 5000);
}
