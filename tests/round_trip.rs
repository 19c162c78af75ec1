//! Text, document and RON hold the same; edits change only what they touch.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod support;

use chalktalk::base::Span;
use chalktalk::lang::{LineSpans, Source, apply_changes, parse, patch, print};
use chalktalk::play::ron::{from_ron, to_ron};
use chalktalk::play::{Document, Edit, EditError};
use proptest::prelude::*;
use support::Tape;

/// How many cases each property gets, unless the variable `CASES` says more.
const CASES: u32 = 10_000;

const TOKENS: [&str; 36] = [
    "{",
    "}",
    "(",
    ")",
    "\"",
    "'",
    "'''",
    "\\",
    "\n",
    "\n",
    "\n",
    "\r\n",
    " ",
    " ",
    "->",
    "=",
    ",",
    "|",
    "%",
    "..",
    "-",
    "//",
    "/",
    "a",
    "b ",
    "1",
    "play a/1/b {",
    "play a/1/b ",
    "formation f {",
    "layout {",
    " on error",
    "snap x",
    "call x = a/1/b",
    "shop/1 pull",
    " when (",
    "timeout 2s",
];

fn tape() -> impl Strategy<Value = Vec<u16>> {
    proptest::collection::vec(any::<u16>(), 0..260)
}

fn config() -> ProptestConfig {
    let cases = std::env::var("CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    ProptestConfig { failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::with_cases(cases) }
}

#[test]
fn the_sample_reads_without_complaint_and_prints_as_it_is() {
    let text = include_str!("../plays/checkout.play");
    let source = parse(text);
    assert_eq!(source.diagnostics, []);
    assert_eq!(print(&source.doc), text);
    assert_eq!(from_ron(&to_ron(&source.doc)), Ok(source.doc));
}

/// Every byte but white space belongs to a statement, a note, a head or a brace, and only to one of them.
fn assert_all_is_accounted_for(source: &Source) {
    let mut spans = Vec::new();
    let line = |spans: &mut Vec<Span>, line: &LineSpans| {
        if !line.inside_next {
            spans.push(line.whole);
        }
        spans.push(line.note);
    };
    for item in &source.map.items {
        if item.head.is_empty() {
            line(&mut spans, &item.line);
            continue;
        }
        spans.push(item.line.note);
        let first = item.body.first().map(|line| line.whole).filter(|whole| whole.start < item.head.end);
        spans.push(Span::new(item.head.start, first.map_or(item.head.end, |junk| junk.start)));
        spans.extend([item.open, item.close]);
        item.body.iter().for_each(|body| line(&mut spans, body));
    }
    // Comments before the brace of a block stand inside of its item, and are lines of their own.
    spans.extend(source.map.items.iter().filter(|item| item.line.inside_next).map(|item| item.line.whole));
    spans.retain(|span| !span.is_empty());
    spans.sort();
    let mut done = 0;
    for span in spans {
        assert!(done <= span.start, "{span:?} overlaps what ends at {done}:\n{}", source.text);
        assert_blank(&source.text[done as usize..span.start as usize], &source.text);
        done = span.end;
    }
    assert_blank(&source.text[done as usize..], &source.text);
}

fn assert_blank(between: &str, text: &str) {
    assert_eq!(
        between.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}'),
        "",
        "is not accounted for in:\n{text}"
    );
}

/// What holds for any text whatever.
fn assert_text_holds(text: &str) {
    let source = parse(text);
    assert_eq!(source.text, text);
    assert_all_is_accounted_for(&source);
    for diagnostic in &source.diagnostics {
        assert!(text.get(diagnostic.span.range()).is_some(), "{diagnostic:?} does not fit:\n{text}");
    }
    let printed = print(&source.doc);
    let again = parse(printed.as_str());
    assert_eq!(again.doc, source.doc, "printed as:\n{printed}\nfrom:\n{text}");
    assert_eq!(print(&again.doc), printed, "fmt of fmt");
    assert_eq!(from_ron(&to_ron(&source.doc)).as_ref(), Ok(&source.doc), "from:\n{text}");
}

fn lines_of(source: &Source, edit: &Edit) -> Vec<LineSpans> {
    match edit {
        Edit::Items(_) => source.map.items.iter().map(|item| item.line).collect(),
        Edit::Play { item, .. } | Edit::Formation { item, .. } => source.map.items[*item].body.clone(),
        Edit::Head { .. } => Vec::new(),
    }
}

/// The changed text says what the changed document says, and no other statement has changed a byte.
fn assert_patch_holds(text: &str, edit: &Edit) {
    let source = parse(text);
    let mut doc = source.doc.clone();
    let inverse = doc.apply(edit.clone()).expect("the edit is for this document");
    let changes = match patch(&source, edit) {
        Ok(changes) => changes,
        Err(EditError::InTheWay) if !source.diagnostics.is_empty() => return,
        Err(error) => panic!("{error} for {edit:?} in:\n{text}"),
    };
    let mut new_text = text.to_owned();
    let back = apply_changes(&mut new_text, &changes);
    let new = parse(new_text.as_str());
    assert_eq!(new.doc, doc, "{edit:?} made\n{new_text}\nof\n{text}\nby {changes:?}");
    assert_untouched(&source, &new, edit);
    let mut old_text = new_text;
    apply_changes(&mut old_text, &back);
    assert_eq!(old_text, text, "taking the changes back");
    doc.apply(inverse).expect("the inverse fits");
    assert_eq!(doc, source.doc, "taking the edit back");
}

fn assert_untouched(old: &Source, new: &Source, edit: &Edit) {
    let (at, remove, n_inserted) = match edit {
        Edit::Items(splice) => (splice.at, splice.remove, splice.insert.len()),
        Edit::Play { splice, .. } => (splice.at, splice.remove, splice.insert.len()),
        Edit::Formation { splice, .. } => (splice.at, splice.remove, splice.insert.len()),
        Edit::Head { .. } => return,
    };
    let (old_lines, new_lines) = (lines_of(old, edit), lines_of(new, edit));
    for (i, line) in old_lines.iter().enumerate() {
        // A statement is touched with the comments inside of it, and so is what cannot be read in a head.
        let mut end = i;
        while old_lines[end].inside_next && end + 1 < old_lines.len() {
            end += 1;
        }
        let mut start = i;
        while start > 0 && old_lines[start - 1].inside_next {
            start -= 1;
        }
        let is_touched = start < at + remove && at <= end;
        let in_head = i == 0 && !old_lines.is_empty() && at == 0 && !old.diagnostics.is_empty();
        if is_touched || in_head {
            continue;
        }
        let j = if i < at { i } else { i - remove + n_inserted };
        let of = |source: &Source, span: Span| source.text[span.range()].to_owned();
        assert_eq!(of(old, line.whole), of(new, new_lines[j].whole), "line {i} is not touched by {edit:?}");
        assert_eq!(of(old, line.note), of(new, new_lines[j].note), "the note of line {i} is not touched by {edit:?}");
    }
}

/// What a search has found once.
#[test]
fn texts_that_were_trouble_hold() {
    for text in [
        "{(\n'}')",
        "play 1/1/m {\n  {",
        "formation f play 1/1/m \"say\" {\n  layout { play 74/4 }\n}",
        "play a/1/b x timeout 2s {\n  -> }  // note",
        "play a/1/b timeout 3s layout {{\n// between\n }",
        "formation lay a comme//t\n}",
        "{\n)(\nplay a/1/b })",
        "('\\ \n')",
        "layout {('''\nplay a/1/b {''')",
        "when ('''\\\nplay a/1/b {''')",
        "play a/1/b {\n  scenario \"\" {\n    play answers {\n 1: 2}\n  }\n}\nof",
        "play a/1/b {\n  scenario \"\" { input {t{, charge fails \"x\" }\n  scenario \"\" {{)   charge takes 5s\n    pack answers [1]\n  }\n}",
    ] {
        assert_text_holds(text);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_document_is_what_its_text_says(tape in tape()) {
        let doc = Tape::new(&tape).document();
        prop_assert_eq!(doc.check_sound(), Ok(()));
        let text = print(&doc);
        let source = parse(text.as_str());
        prop_assert_eq!(&source.doc, &doc, "printed as:\n{}", text);
        prop_assert_eq!(print(&source.doc), text);
        assert_all_is_accounted_for(&source);
    }

    #[test]
    fn a_document_is_what_its_ron_says(tape in tape()) {
        let doc = Tape::new(&tape).document();
        let ron = to_ron(&doc);
        let read: Document = from_ron(&ron).map_err(|error| TestCaseError::fail(format!("{error} in\n{ron}")))?;
        prop_assert_eq!(&read, &doc, "written as:\n{}", ron);
        prop_assert_eq!(to_ron(&read), ron);
    }

    #[test]
    fn text_to_ron_to_text_is_the_formatted_text(tape in tape()) {
        let mut tape = Tape::new(&tape);
        let doc = tape.document();
        let text = tape.mess_up(&print(&doc));
        let formatted = print(&parse(text.as_str()).doc);
        let read = from_ron(&to_ron(&parse(text.as_str()).doc)).unwrap();
        prop_assert_eq!(print(&read), formatted);
    }

    #[test]
    fn a_messy_text_holds(tape in tape()) {
        let mut tape = Tape::new(&tape);
        let doc = tape.document();
        let text = tape.mess_up(&print(&doc));
        assert_text_holds(&text);
    }

    #[test]
    fn a_damaged_text_holds(tape in tape()) {
        let mut tape = Tape::new(&tape);
        let doc = tape.document();
        let messy = tape.mess_up(&print(&doc));
        let text = tape.damage(&messy);
        assert_text_holds(&text);
    }

    #[test]
    fn any_text_holds(text in any::<String>()) {
        assert_text_holds(&text);
    }

    #[test]
    fn any_tokens_hold(tokens in proptest::collection::vec(proptest::sample::select(&TOKENS[..]), 0..40)) {
        assert_text_holds(&tokens.concat());
    }

    #[test]
    fn any_bytes_hold(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        assert_text_holds(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn an_edit_and_its_inverse_are_the_identity(tape in tape()) {
        let mut tape = Tape::new(&tape);
        let doc = tape.document();
        let edit = tape.edit(&doc);
        let mut changed = doc.clone();
        let inverse = changed.apply(edit.clone()).unwrap();
        let edit_again = changed.apply(inverse).unwrap();
        prop_assert_eq!(&changed, &doc);
        prop_assert_eq!(edit_again, edit);
    }

    #[test]
    fn an_edit_rewrites_only_what_it_touches(tape in tape()) {
        let mut tape = Tape::new(&tape);
        let doc = tape.document();
        let text = tape.mess_up(&print(&doc));
        let edit = tape.edit(&parse(text.as_str()).doc);
        assert_patch_holds(&text, &edit);
    }

    #[test]
    fn an_edit_of_a_damaged_text_holds_or_is_refused(tape in tape()) {
        let mut tape = Tape::new(&tape);
        let doc = tape.document();
        let text = tape.damage(&print(&doc));
        let edit = tape.edit(&parse(text.as_str()).doc);
        assert_patch_holds(&text, &edit);
    }
}
