//! The editor while its text is broken, and while another program writes to the same file.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;

use chalktalk::app::{Command, Draw, Editor, Gesture, Request, Selection, Sketch, View, Way};
use chalktalk::base::NodeId;

const PLAY: &str = "play shop/1/two {
  snap start
  call first = shop/1/first
  call second = shop/1/second
  pass done

  start -> first -> second -> done
}
";

fn editor(text: &str) -> Editor {
    Editor::with_text(text)
}

fn edit(editor: &mut Editor, from: &str, to: &str) {
    let text = editor.session().text().replacen(from, to, 1);
    assert_ne!(text, editor.session().text(), "{from}");
    assert_eq!(editor.apply(Command::EditText(text)), []);
}

fn shown(editor: &Editor) -> (Vec<String>, usize, Vec<String>) {
    let shown = editor.session().shown().unwrap();
    let ids = (0..).take(shown.graph.n_nodes()).map(|n| shown.graph.node(shown.play, n).id.to_string()).collect();
    (ids, shown.graph.wires().len(), shown.broken.iter().map(ToString::to_string).collect())
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_broken_statement_stays_on_the_canvas() {
    let mut editor = editor(PLAY);
    let all = strings(&["start", "first", "second", "done"]);
    edit(&mut editor, "call first = shop/1/first", "call first = ");
    // The line swallows the next one: both are shown, and the wires too.
    assert_eq!(shown(&editor), (all.clone(), 3, strings(&["first", "second"])));
    edit(&mut editor, "-> done", "-> done ->");
    assert_eq!(shown(&editor).1, 3);
    edit(&mut editor, "call first = ", "call first = shop/2/other");
    assert_eq!(shown(&editor), (all.clone(), 3, Vec::new()));
    edit(&mut editor, "-> done ->", "-> done");
    assert_eq!(shown(&editor), (all, 3, Vec::new()));
}

#[test]
fn what_stands_beside_broken_statements_can_be_copied_and_walked_along() {
    let mut editor = editor(PLAY);
    edit(&mut editor, "call first = shop/1/first", "call first = ");
    // By its number on the canvas the last node is past all that can be read.
    assert_eq!(editor.apply(Command::Select(Selection::node(NodeId::new("done")))), []);
    let asked = editor.apply(Command::Draw(Draw::Copy));
    let [Request::View(View::Sketch(Sketch::Copy(text)))] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(text.contains("pass done"), "{text}");
    assert_eq!(editor.apply(Command::Draw(Draw::Step { way: Way::Left, extend: false })).len(), 1);
}

#[test]
fn a_broken_head_shows_the_whole_play_as_it_was() {
    let two = format!("{PLAY}\nplay other/1/x {{\n  snap only\n}}\n");
    let mut editor = editor(&two);
    edit(&mut editor, "play shop/1/two", "play shop/1");
    let (ids, wires, broken) = shown(&editor);
    assert_eq!((ids.len(), wires, broken.len()), (4, 3, 4));
    assert!(!editor.session().shown().unwrap().editable);
    edit(&mut editor, "play shop/1", "play shop/1/again");
    assert_eq!(shown(&editor).2, Vec::<String>::new());
    assert_eq!(shown(&editor).0.len(), 4);
}

#[test]
fn what_is_broken_is_not_changed_by_the_canvas_and_the_rest_is() {
    let mut editor = editor(PLAY);
    edit(&mut editor, "call first = shop/1/first", "call first == shop/1/first");
    let broken = editor.session().text().to_owned();
    let rename = |node: &str, to: &str| Command::Edit(Gesture::Rename { node: NodeId::new(node), to: to.to_owned() });
    assert_eq!(editor.apply(rename("first", "x")), []);
    assert_eq!(editor.session().text(), broken);
    assert!(editor.toasts().iter().any(|toast| toast.text.contains("mend it first")), "{:?}", editor.toasts());
    assert_eq!(editor.apply(Command::Select(Selection::node(NodeId::new("first")))), []);
    assert_eq!(editor.apply(rename("done", "end")), []);
    assert!(editor.session().text().contains("pass end") && editor.session().text().contains("call first == shop"));
    // Undo to the start gives the first bytes back.
    while editor.session().history().undo_name().is_some() {
        assert_eq!(editor.apply(Command::Undo), []);
    }
    assert_eq!(editor.session().text(), PLAY);
    assert_eq!(shown(&editor).2, Vec::<String>::new());
}

fn opened(text: &str) -> (tempfile::TempDir, std::path::PathBuf, Editor) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.play");
    fs::write(&path, text).unwrap();
    let mut editor = Editor::new();
    let _ = editor.apply(Command::OpenPath(path.clone()));
    assert_eq!(editor.session().text(), text);
    (folder, path, editor)
}

fn look(editor: &mut Editor) {
    for _ in 0..4 {
        editor.tick(1.0);
    }
}

#[test]
fn changes_of_another_program_are_taken_over() {
    let (_folder, path, mut editor) = opened(PLAY);
    fs::write(&path, PLAY.replace("shop/1/second", "shop/2/second")).unwrap();
    look(&mut editor);
    assert!(editor.session().text().contains("shop/2/second") && !editor.session().is_dirty());
    assert_eq!(editor.apply(Command::Undo), []);
    assert_eq!(editor.session().text(), PLAY);
}

#[test]
fn changes_of_both_are_merged_and_saved() {
    let (_folder, path, mut editor) = opened(PLAY);
    edit(&mut editor, "call first = shop/1/first", "call first = shop/9/first");
    fs::write(&path, PLAY.replace("pass done", "pass done // the end")).unwrap();
    look(&mut editor);
    let text = editor.session().text().to_owned();
    assert!(text.contains("shop/9/first") && text.contains("// the end"), "{text}");
    assert!(editor.session().is_dirty());
    assert_eq!(editor.apply(Command::Save), []);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn where_both_changed_a_line_the_person_decides_and_nothing_is_lost() {
    for (label, has, lacks) in [
        ("Keep mine", "shop/9/first", "shop/8/first"),
        ("Take theirs", "shop/8/first", "shop/9/first"),
        ("Keep both", "// theirs: call first = shop/8/first", "none"),
    ] {
        let (_folder, path, mut editor) = opened(PLAY);
        edit(&mut editor, "shop/1/first", "shop/9/first");
        fs::write(&path, PLAY.replace("shop/1/first", "shop/8/first")).unwrap();
        look(&mut editor);
        assert!(editor.session().text().contains("shop/9/first"), "nothing is decided yet");
        let asked = editor.toasts().iter().find_map(|toast| toast.action.clone()).unwrap();
        let requests = editor.apply(asked);
        let [Request::Ask(question)] = requests.as_slice() else { panic!("{requests:?}") };
        let answer = question.answers.iter().find(|answer| answer.label == label).unwrap().command.clone();
        assert_eq!(editor.apply(answer), []);
        let text = editor.session().text().to_owned();
        assert!(text.contains(has) && !text.contains(lacks), "{label}: {text}");
        // What was left out is in the history.
        let mut seen = text;
        while editor.session().history().undo_name().is_some() {
            assert_eq!(editor.apply(Command::Undo), []);
            seen.push_str(editor.session().text());
        }
        assert!(seen.contains("shop/8/first") || label == "Keep both", "{label}");
        assert!(seen.contains("shop/9/first"), "{label}");
    }
}

#[test]
fn a_fix_is_one_step() {
    let mut editor = editor(&PLAY.replace("-> done", "-> dnoe"));
    let before = editor.session().text().to_owned();
    assert!(editor.is_enabled(&Command::FixProblem));
    assert_eq!(editor.apply(Command::FixProblem), []);
    assert_eq!(editor.session().text(), PLAY);
    assert_eq!(editor.session().history().undo_name(), Some("Fix: change it to 'done'"));
    assert_eq!(editor.apply(Command::Undo), []);
    assert_eq!(editor.session().text(), before);
}
