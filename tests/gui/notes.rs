//! Notes: comments of the text, seen and written on the canvas.

use eframe::egui::{Event, Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;

use crate::stage::Stage;

const NOTED: &str = "play a/1/noted {
  // Alone, and about nothing.

  snap start
  // What the worker
  // gets is shaped.
  call a = x/1/a  // quickly
  pass done

  // Most balls go here.
  start -> a -> done

  layout { start 0 200, a 200 194, done 520 200 }
}
";

fn written(stage: &mut Stage, text: &str) {
    stage.key(Modifiers::COMMAND, Key::A);
    stage.harness.event(Event::Text(text.to_owned()));
    stage.settle();
    stage.key(Modifiers::COMMAND, Key::Enter);
}

#[test]
fn comments_are_notes_beside_what_they_are_about() {
    let stage = Stage::new(NOTED);
    for name in [
        "note: Alone, and about nothing.",
        "note on a: What the worker gets is shaped.",
        "note on a: quickly",
        "note on the wire start to a: Most balls go here.",
    ] {
        assert!(stage.has(name), "{name}");
    }
    let geometry = stage.editor().session().geometry();
    for note in geometry.notes() {
        assert!(geometry.nodes_touching(note.rect).is_empty(), "{note:?} covers a card");
    }
    // Above its card, and not far.
    let (note, card) = (stage.node_rect("note on a: What the worker gets is shaped."), stage.node_rect("call a"));
    assert!(note.bottom() <= card.top() && card.top() - note.bottom() < 40.0, "{note:?} {card:?}");
}

#[test]
fn a_note_is_edited_moved_and_deleted_on_the_canvas() {
    let mut stage = Stage::new(NOTED);
    let at = stage.node_rect("note on a: What the worker gets is shaped.").center();
    stage.click_at(at);
    stage.choose("draw.label");
    written(&mut stage, "One line");
    let expected = NOTED.replace("  // What the worker\n  // gets is shaped.\n", "  // One line\n");
    assert_eq!(stage.text(), expected);
    stage.choose("edit.delete");
    assert_eq!(stage.text(), NOTED.replace("  // What the worker\n  // gets is shaped.\n", ""));
    stage.choose("edit.undo");
    stage.choose("edit.undo");
    assert_eq!(stage.text(), NOTED);
    let from = stage.node_rect("note: Alone, and about nothing.").center();
    stage.drag(from, from + vec2(40.0, -30.0));
    assert!(stage.text().contains("note \"Alone, and about nothing.\" "), "{}", stage.text());
    let moved = stage.text().to_owned();
    stage.click_at(stage.node_rect("note: Alone, and about nothing.").center());
    stage.key(Modifiers::NONE, Key::Delete);
    assert!(!stage.text().contains("Alone"), "the comment goes with its place: {}", stage.text());
    stage.choose("edit.undo");
    assert_eq!(stage.text(), moved);
}

#[test]
fn a_note_is_written_about_a_node_or_alone() {
    let mut stage = Stage::new(NOTED);
    stage.click_at(stage.node_rect("pass done").center());
    stage.choose("note.add");
    written(&mut stage, "The end.");
    assert!(stage.text().contains("quickly\n  // The end.\n  pass done\n"), "{}", stage.text());
    assert!(stage.has("note on done: The end."));
    stage.choose("edit.undo");
    assert_eq!(stage.text(), NOTED);
    stage.choose("select.none");
    stage.choose("note.add");
    written(&mut stage, "Think about it");
    let text = stage.text();
    assert!(text.contains("done\n\n  // Think about it\n\n  layout {"), "{text}");
    assert!(text.contains("note \"Think about it\" "), "{text}");
    stage.choose("view.notes");
    assert!(!stage.has_containing("note:"));
    stage.choose("view.notes");
    assert!(stage.has("note: Think about it"));
    // Escape writes nothing.
    let text = stage.text().to_owned();
    stage.choose("note.add");
    stage.key(Modifiers::NONE, Key::Escape);
    assert_eq!(stage.text(), text);
    assert!(stage.harness.query_by_label("Note").is_none());
}
