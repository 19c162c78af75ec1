use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use crate::stage::{PLAY, Stage, is_call};

#[test]
fn typing_in_the_text_pane_changes_the_canvas() {
    let mut stage = Stage::new(PLAY);
    stage.harness.get_by_role_and_label(Role::MultilineTextInput, "Play text").focus();
    stage.settle();
    let text = stage.text().replace("call second", "call renamed").replace("second ->", "renamed ->");
    stage.key(Modifiers::COMMAND, Key::A);
    stage.harness.event(Event::Text(text.replace("second 420", "renamed 420")));
    stage.settle();
    assert!(is_call(stage.node("renamed")));
    stage.node_rect("call renamed");
    // The editor's own undo, not the field's.
    stage.key(Modifiers::COMMAND, Key::Z);
    assert!(is_call(stage.node("second")));
}

#[test]
fn keys_that_type_are_not_commands_in_the_text_pane() {
    let mut stage = Stage::new(PLAY);
    stage.harness.get_by_role_and_label(Role::MultilineTextInput, "Play text").focus();
    stage.settle();
    stage.key(Modifiers::NONE, Key::Space);
    stage.key(Modifiers::NONE, Key::Num3);
    assert!(stage.to_runner.try_recv().is_err(), "no run was started");
    assert!(stage.ids_of("fan-out").is_empty());
}

#[test]
fn a_problem_is_listed_and_leads_to_its_node() {
    let mut stage = Stage::new(&PLAY.replace("second -> done", "second -> done\n  call ??"));
    let found = stage.editor().session().diagnostics();
    assert!(!found.is_empty(), "the text has a statement that cannot be read");
    stage.click("Check");
    let message = stage.editor().session().diagnostics()[0].message.clone();
    assert!(stage.has_containing(&message));
}

#[test]
fn the_theme_changes_on_request() {
    let mut stage = Stage::new(PLAY);
    let dark = |stage: &Stage| stage.harness.ctx.theme() == eframe::egui::Theme::Dark;
    assert!(dark(&stage));
    stage.click("Theme");
    assert!(!dark(&stage));
}

#[test]
fn all_controls_of_the_bar_have_names() {
    let stage = Stage::new(PLAY);
    for name in
        ["New", "Open", "Save", "Undo", "Redo", "Run", "Check", "Input", "Past runs", "Theme", "Formation", "Play text"]
    {
        assert!(stage.has(name), "{name}");
    }
    for name in ["To the start", "Step back", "Play", "Step forward", "To the end", "Speed"] {
        assert!(stage.has(name), "{name}");
    }
}
