//! Every code of the checks has a file that shows it: `tests/check/P001.play`, and beside it what is reported.
//!
//! `BLESS=1 cargo test --test check` writes the reports anew; read them before you commit them.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chalktalk::check::{CODES, Mended, check, mend};
use chalktalk::diag::{Colour, Diagnostic, Severity, to_text};
use chalktalk::lang::{apply_changes, parse};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check")
}

fn plays() -> Vec<(String, String)> {
    let mut plays: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "play"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    plays.sort();
    plays
}

fn found(text: &str) -> Vec<Diagnostic> {
    check(&parse(text))
}

#[test]
fn reports_are_as_kept() {
    let bless = std::env::var_os("BLESS").is_some();
    for (name, text) in plays() {
        let report = to_text(&found(&text), &format!("{name}.play"), &text, Colour::Off);
        let kept = folder().join(format!("{name}.txt"));
        if bless {
            std::fs::write(&kept, &report).unwrap();
        }
        let expected = std::fs::read_to_string(&kept).unwrap_or_default();
        assert_eq!(report, expected, "{name}");
    }
}

#[test]
fn every_code_has_a_file_that_shows_it() {
    let mut missing: BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    for (name, text) in plays() {
        for diagnostic in found(&text) {
            let code = CODES.iter().find(|code| code.code == diagnostic.code);
            let code = code.unwrap_or_else(|| panic!("{} is not in the table", diagnostic.code));
            assert_eq!(code.severity, diagnostic.severity, "{}", code.code);
            assert!(diagnostic.help.is_some(), "{} says nothing about what to do", code.code);
            assert!(!name.starts_with("ok"), "{name}: {diagnostic:?}");
            if diagnostic.code == name {
                missing.remove(code.code);
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn places_are_inside_of_the_text() {
    for (name, text) in plays() {
        for cut in 0..=text.len() {
            let Some(part) = text.get(..cut) else { continue };
            for diagnostic in found(part) {
                assert!(part.get(diagnostic.span.range()).is_some(), "{name} cut at {cut}: {diagnostic:?}");
            }
        }
    }
}

/// The texts of the checks, and those of the parser's errors.
fn wrong_texts() -> Vec<(String, String)> {
    let err = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang/err");
    let mut texts = plays();
    for entry in std::fs::read_dir(err).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "play")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            texts.push((path.display().to_string(), text));
        }
    }
    texts
}

#[test]
fn a_fix_solves_what_it_is_for() {
    let (mut n_fixes, mut worse) = (0, Vec::new());
    for (name, text) in wrong_texts() {
        let before = found(&text);
        let count = |found: &[Diagnostic], code: &str| found.iter().filter(|other| other.code == code).count();
        let n_unread = |found: &[Diagnostic]| found.iter().filter(|other| other.code.starts_with('L')).count();
        for diagnostic in &before {
            for fix in &diagnostic.fixes {
                n_fixes += 1;
                let place = format!("{name}: {} '{}' at {:?}", diagnostic.code, fix.title, diagnostic.span);
                assert!(!fix.changes.is_empty(), "{place}");
                let apart = fix.changes.windows(2).all(|pair| pair[0].span.end < pair[1].span.start);
                assert!(apart, "{place}: {:?}", fix.changes);
                let mut fixed = text.clone();
                let undo = apply_changes(&mut fixed, &fix.changes);
                let after = found(&fixed);
                let gone = count(&after, diagnostic.code) < count(&before, diagnostic.code);
                // What a line that could not be read says may be wrong in turn.
                let better = n_unread(&after) < n_unread(&before);
                if !(gone || better) || n_unread(&after) > n_unread(&before) {
                    worse.push(format!("{place}:\n{fixed}"));
                }
                apply_changes(&mut fixed, &undo);
                assert_eq!(fixed, text, "{place}");
            }
        }
    }
    assert!(worse.is_empty(), "{}", worse.join("\n"));
    assert!(n_fixes > 60, "{n_fixes}");
}

#[test]
fn what_needs_no_decision_is_mended_and_nothing_else_is_touched() {
    let mut n_done = 0;
    for (name, text) in wrong_texts() {
        let before = found(&text);
        let mended = mend(&text);
        let after = found(&mended.text);
        let n_errors = |found: &[Diagnostic]| found.iter().filter(|found| found.severity == Severity::Error).count();
        n_done += mended.done.len();
        assert_eq!(mended.done.is_empty(), mended.text == text, "{name}: {:?}", mended.done);
        assert!(
            n_errors(&after) <= n_errors(&before) && after.len() <= before.len(),
            "{name}: {:?}\n{}",
            mended.done,
            mended.text
        );
        assert_eq!(
            mend(&mended.text),
            Mended { text: mended.text.clone(), done: Vec::new() },
            "{name}: once is enough"
        );
        // Comments are nobody's business.
        let comments = |text: &str| text.lines().filter(|line| line.trim_start().starts_with("//")).count();
        assert_eq!(comments(&mended.text), comments(&text), "{name}");
    }
    assert!(n_done > 20, "{n_done}");
}

#[test]
fn most_codes_can_be_fixed() {
    let mut without: BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    for (_, text) in plays() {
        for diagnostic in found(&text).iter().filter(|found| !found.fixes.is_empty()) {
            without.remove(diagnostic.code);
        }
    }
    // What only the person can know: how the balls should flow, what is called, by which name.
    assert_eq!(without, ["F007", "P010", "P012", "P023", "P032"].into());
}
