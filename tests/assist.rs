//! What the editor of the text knows, as data: a text with a cursor, and what is offered, said or renamed there.
//!
//! Each file of `tests/assist` holds cases parted by lines of `===`: a question and its argument, a text in which `‸`
//! is the cursor, `---`, and the answer. `BLESS=1 cargo test --test assist` writes the answers anew; read them before
//! you commit them.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fmt::Write;
use std::path::Path;

use chalktalk::assist::{Known, KnownTarget, complete, definition, folds, hover, rename, site, uses};
use chalktalk::diag::Lines;
use chalktalk::lang::{Source, apply_changes, parse};

fn known() -> Known {
    let target = |coord: &str, input: Option<&str>| KnownTarget {
        coord: coord.parse().unwrap(),
        from: "discovered".to_owned(),
        input: input.map(str::to_owned),
        output: None,
    };
    Known { targets: vec![target("payments/2.0/refund", Some("{\"type\":\"object\"}")), target("mail/1/send", None)] }
}

fn lines_of(lines: impl Iterator<Item = String>) -> String {
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn answer(question: &str, source: &Source, offset: u32) -> String {
    let (what, argument) = question.split_once(' ').unwrap_or((question, ""));
    let lines = Lines::new(&source.text);
    let place = |offset: u32| {
        let place = lines.place(offset);
        format!("{}:{}", place.line, place.column)
    };
    match what {
        "complete" => {
            let found = complete(source, offset, &known());
            let mut out = format!("replaces '{}'\n", &source.text[found.span.range()]);
            for one in found.list.iter().take(12) {
                let (before, after) = one.insert.split_at(one.caret);
                writeln!(out, "{:?} {} | {before}‸{after} | {}", one.sort, one.label, one.detail).unwrap();
            }
            if found.list.len() > 12 {
                writeln!(out, "and {} more", found.list.len() - 12).unwrap();
            }
            out
        }
        "hover" => match hover(source, offset, &known()) {
            Some(found) => {
                format!("'{}': {}\n{}\n", &source.text[found.span.range()], found.title, found.lines.join("\n"))
            }
            None => "nothing\n".to_owned(),
        },
        "define" => match definition(source, offset) {
            Some(span) => format!("{} '{}'\n", place(span.start), &source.text[span.range()]),
            None => "nothing\n".to_owned(),
        },
        "uses" => lines_of(uses(source, offset).iter().map(|span| place(span.start))),
        "rename" => match rename(source, offset, argument) {
            Ok(changes) => {
                let mut text = source.text.clone();
                apply_changes(&mut text, &changes);
                text
            }
            Err(error) => format!("{error}\n"),
        },
        "folds" => lines_of(
            folds(source).iter().map(|fold| format!("{} hides {}..{}", fold.head + 1, fold.head + 2, fold.last + 1)),
        ),
        other => panic!("'{other}' is no question"),
    }
}

#[test]
fn answers_are_as_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assist");
    let bless = std::env::var_os("BLESS").is_some();
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let file = std::fs::read_to_string(&path).unwrap();
        let mut kept = Vec::new();
        for case in file.split("===\n").filter(|case| !case.trim().is_empty()) {
            let (question, rest) = case.split_once('\n').unwrap();
            let (text, expected) = rest.split_once("---\n").unwrap_or((rest, ""));
            let offset = u32::try_from(text.find('‸').unwrap_or(0)).unwrap();
            let source = parse(text.replace('‸', ""));
            let found = answer(question, &source, offset);
            if !bless {
                assert_eq!(found, expected, "{}: {question}\n{text}", path.display());
            }
            kept.push(format!("{question}\n{text}---\n{found}"));
        }
        if bless {
            std::fs::write(&path, kept.join("===\n")).unwrap();
        }
    }
}

/// Nothing panics, whatever the text is and wherever the cursor is; places are inside of the text.
#[test]
fn any_text_and_any_place_has_an_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![String::new(), "é".to_owned(), "play ü/1/ö {\n  call ä = ü/1/ö with (ball.é".to_owned()];
    for folder in ["plays", "tests/check", "tests/lang/err", "tests/lang/ok"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "play")
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                texts.push(text);
            }
        }
    }
    let known = known();
    for text in texts {
        let source = parse(text);
        let inside = |span: chalktalk::base::Span| assert!(source.text.get(span.range()).is_some(), "{span:?}");
        for fold in folds(&source) {
            assert!(fold.last > fold.head && fold.last < source.text.split('\n').count());
        }
        let step = source.text.len() / 400 + 1;
        for offset in (0..source.text.len() + 3).step_by(step) {
            let offset = u32::try_from(offset).unwrap();
            let found = complete(&source, offset, &known);
            inside(found.span);
            for one in &found.list {
                assert!(one.insert.is_char_boundary(one.caret), "{one:?}");
            }
            if let Some((_, span)) = site(&source, offset) {
                inside(span);
            }
            if let Some(found) = hover(&source, offset, &known) {
                inside(found.span);
            }
            uses(&source, offset).into_iter().for_each(inside);
            if let Some(span) = definition(&source, offset) {
                inside(span);
            }
            if let Ok(changes) = rename(&source, offset, "renamed") {
                let mut text = source.text.clone();
                assert!(changes.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "{changes:?}");
                apply_changes(&mut text, &changes);
            }
        }
    }
}

/// A renamed play says the same: what was wrong before is wrong after, and nothing else.
#[test]
fn a_rename_leaves_no_name_behind() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plays");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "play") {
            continue;
        }
        let source = parse(std::fs::read_to_string(&path).unwrap());
        let codes =
            |source: &Source| chalktalk::check::check(source).iter().map(|found| found.code).collect::<Vec<_>>();
        let before = codes(&source);
        for (item, play) in source.doc.plays() {
            for line in &play.body {
                if let chalktalk::play::Stmt::Node(node) = &line.kind {
                    let changes = chalktalk::assist::rename_node(&source, item, &node.id, "renamed_node").unwrap();
                    let mut text = source.text.clone();
                    apply_changes(&mut text, &changes);
                    assert_eq!(codes(&parse(text)), before, "{}: {}", path.display(), node.id);
                }
            }
        }
    }
}
