//! The text pane as an editor: completion, fixes, definition, rename, folds, find; and the canvas beside a broken text.

use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::stage::{PLAY, Stage};

/// With the focus in the text and its cursor behind `after`, at its first place.
fn at(after: &str) -> Stage {
    let mut stage = Stage::new(PLAY);
    put(&mut stage, after);
    stage
}

fn put(stage: &mut Stage, after: &str) {
    let offset = stage.text().find(after).unwrap() + after.len();
    let offset = u32::try_from(offset).unwrap();
    stage.apply(chalktalk::app::Command::GoToText { session: 0, offset });
}

fn type_text(stage: &mut Stage, text: &str) {
    for c in text.chars() {
        if c == '\n' {
            stage.harness.key_press(Key::Enter);
        } else {
            stage.harness.event(Event::Text(c.to_string()));
        }
        stage.harness.run_steps(2);
    }
    stage.settle();
}

#[test]
fn a_target_is_completed_by_keys() {
    let mut stage = at("pass done\n");
    type_text(&mut stage, "  call third = ");
    assert!(stage.has("shop/1/first, target"), "the list is open");
    stage.key(Modifiers::NONE, Key::ArrowDown);
    stage.key(Modifiers::NONE, Key::Enter);
    assert!(stage.text().contains("call third = shop/1/second"), "{}", stage.text());
    assert!(!stage.has("shop/1/first, target"), "it is closed");
    stage.key(Modifiers::COMMAND, Key::Z);
    assert!(!stage.text().contains("call third = shop/1/second"), "{}", stage.text());
}

#[test]
fn what_may_follow_is_shown_when_asked_for_and_escape_closes_it() {
    let mut stage = at("timeout 2s");
    type_text(&mut stage, " ");
    stage.key(Modifiers::COMMAND, Key::Space);
    assert!(stage.has("retry, option"));
    stage.key(Modifiers::NONE, Key::Escape);
    assert!(!stage.has("retry, option"));
    assert!(stage.harness.ctx.memory(|memory| memory.focused().is_some()), "the text keeps the focus");
    stage.key(Modifiers::COMMAND, Key::Space);
    stage.click("retry, option");
    assert!(stage.text().contains("timeout 2s retry 3"), "{}", stage.text());
}

#[test]
fn one_key_fixes_the_problem_at_the_cursor() {
    let mut stage = at("start -> first");
    type_text(&mut stage, "\n  first -> secnd");
    assert!(stage.editor().session().n_errors() > 0);
    stage.key(Modifiers::NONE, Key::Escape);
    put(&mut stage, "first -> sec");
    stage.key(Modifiers::COMMAND, Key::Period);
    assert!(stage.wired("first", "second"), "{}", stage.text());
}

#[test]
fn a_problem_is_fixed_from_the_palette() {
    let mut stage = Stage::new(&PLAY.replace("second -> done", "second -> dnoe"));
    put(&mut stage, "second -> dn");
    stage.choose("text.fix");
    assert!(stage.wired("second", "done"), "{}", stage.text());
}

#[test]
fn what_is_broken_in_the_text_stays_on_the_canvas_and_is_named() {
    let mut stage = at("call second =");
    type_text(&mut stage, "=");
    assert!(stage.node("second").is_none(), "{}", stage.text());
    assert!(stage.has_containing("Text cannot be read: second"));
    assert!(stage.node_rect("call second").is_positive(), "it is on the canvas");
    stage.key(Modifiers::NONE, Key::Backspace);
    assert!(!stage.has_containing("Text cannot be read"));
}

#[test]
fn a_fix_is_a_button_of_the_list_of_problems() {
    let mut stage = Stage::new(&PLAY.replace("second -> done", "second -> dnoe"));
    stage.key(Modifiers::NONE, Key::F8);
    stage.click("change it to 'done'");
    assert!(stage.wired("second", "done"), "{}", stage.text());
}

#[test]
fn a_node_is_renamed_everywhere() {
    let mut stage = at("start -> fir");
    stage.key(Modifiers::NONE, Key::F2);
    stage.harness.event(Event::Text("charge".to_owned()));
    stage.settle();
    stage.key(Modifiers::NONE, Key::Enter);
    assert!(stage.node("charge").is_some() && stage.node("first").is_none(), "{}", stage.text());
    assert!(stage.wired("start", "charge") && stage.place("charge").is_some(), "{}", stage.text());
    assert!(stage.text().contains("shop/1/first"), "the target keeps its name");
}

#[test]
fn f12_goes_to_the_definition() {
    let mut stage = at("start -> fir");
    stage.key(Modifiers::NONE, Key::F12);
    type_text(&mut stage, "x");
    // The name was selected there, so typing took its place.
    assert!(stage.text().contains("call x = shop/1/first"), "{}", stage.text());
}

#[test]
fn lines_fold_and_unfold() {
    let mut stage = at("snap ");
    stage.click("Fold line 2");
    assert!(stage.has("Unfold line 2"));
    // A jump into what is folded shows it.
    put(&mut stage, "second -> do");
    assert!(stage.has("Fold line 2"));
}

#[test]
fn text_is_found_and_replaced() {
    let mut stage = at("snap ");
    stage.key(Modifiers::COMMAND, Key::F);
    stage.type_into("Find in text", "shop/1");
    stage.type_into("Replace with", "store/2");
    stage.click("Replace all");
    assert_eq!(stage.text().matches("store/2").count(), 3, "{}", stage.text());
    stage.type_into("Find in text", "nowhere");
    assert!(stage.has("none"));
}

#[test]
fn a_cursor_in_a_statement_selects_its_node() {
    let mut stage = at("call sec");
    stage.key(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(stage.editor().session().selection().single_node().map(chalktalk::base::NodeId::as_str), Some("second"));
}

#[test]
fn the_field_is_there_by_its_name() {
    let stage = at("snap ");
    assert!(stage.harness.query_by_label("Play text").is_some());
}
