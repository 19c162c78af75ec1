//! `docs/diagnostics.md` is written from the tables in the code and from the reports that the tests keep.
//!
//! `BLESS=1 cargo test --test diagnostics` writes it anew; read it before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use chalktalk::diag::{Code, Severity};
use chalktalk::{check, cli, lang, referee};

const INTRO: &str = "# Diagnostics

What `chalktalk check`, `run` and the editor say about a play, by code: what it means, what to do, and a report that shows
it. Errors keep a play from running, warnings do not. Most reports say more exactly what to do than this page can. A code
never changes its meaning, so that scripts can go by it (`chalktalk check --format json`).

This page is made from the program's own tables: `BLESS=1 cargo test --test diagnostics`.
";

const CHAPTERS: [(&str, &str); 6] = [
    ("L", "The text cannot be read as a play. It is kept word for word, and everything else still works."),
    ("P", "The play cannot do what it says."),
    ("X", "An expression, which is CEL, is wrong."),
    ("F", "A formation does not fit its plays."),
    ("D", "What runs of the play can do. Found by `chalktalk check --deep`, which explores all of it within a budget."),
    ("R", "A file in RON or JSON cannot be read."),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn codes() -> Vec<Code> {
    [lang::CODES, check::CODES, referee::CODES, cli::CODES].concat()
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// Text that Markdown shows as it is.
fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace('*', "\\*").replace('_', "\\_")
}

/// All reports that the tests of the language and of the checks keep, one diagnostic each.
fn reports() -> Vec<String> {
    let mut paths = Vec::new();
    files(&root().join("tests/check"), "txt", &mut paths);
    files(&root().join("tests/lang/err"), "txt", &mut paths);
    files(&root().join("tests/deep"), "txt", &mut paths);
    let text: String = paths.iter().map(|path| std::fs::read_to_string(path).unwrap() + "\n").collect();
    text.split("\n\n").map(|report| report.trim().to_owned()).filter(|report| !report.is_empty()).collect()
}

fn page() -> String {
    let mut page = INTRO.to_owned();
    let reports = reports();
    for (letter, about) in CHAPTERS {
        write!(
            page,
            "\n## {letter}: {}\n",
            about.split_once(". ").map_or(about, |(first, _)| first).trim_end_matches('.')
        )
        .unwrap();
        if let Some((_, more)) = about.split_once(". ") {
            write!(page, "\n{more}\n").unwrap();
        }
        for code in codes().iter().filter(|code| code.code.starts_with(letter)) {
            let severity = if code.severity == Severity::Error { "error" } else { "warning" };
            write!(page, "\n### {}\n\n{} ({severity}). {}.\n", code.code, plain(code.meaning), plain(code.remedy))
                .unwrap();
            let head = format!("{severity}[{}]", code.code);
            // The file of its name shows it best.
            let own = format!("> {}.play:", code.code);
            let shown = reports.iter().filter(|report| report.starts_with(&head));
            if let Some(report) = shown.min_by_key(|report| !report.contains(&own)) {
                write!(page, "\n```\n{report}\n```\n").unwrap();
            }
        }
    }
    page
}

#[test]
fn the_page_is_up_to_date() {
    let path = root().join("docs/diagnostics.md");
    let page = page();
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(root().join("docs")).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/diagnostics.md is out of date: BLESS=1 cargo test --test diagnostics");
}

#[test]
fn every_code_in_the_source_is_in_a_table() {
    let known: Vec<&str> = codes().iter().map(|code| code.code).collect();
    assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), known.len(), "a code is there twice");
    let mut paths = Vec::new();
    files(&root().join("src"), "rs", &mut paths);
    let mut used = BTreeSet::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let quoted = text.split('"').filter(|part| {
            part.len() == 4
                && part.starts_with(|c: char| c.is_ascii_uppercase())
                && part[1..].bytes().all(|byte| byte.is_ascii_digit())
        });
        used.extend(quoted.map(str::to_owned));
    }
    assert_eq!(used, known.iter().map(|code| (*code).to_owned()).collect());
    for code in codes() {
        assert!(CHAPTERS.iter().any(|(letter, _)| code.code.starts_with(letter)), "{} has no chapter", code.code);
        for text in [code.meaning, code.remedy] {
            assert!(text.starts_with(char::is_uppercase) && !text.ends_with('.'), "{}: {text}", code.code);
        }
    }
}
