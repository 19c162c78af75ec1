use eframe::egui::{Key, Modifiers, Pos2, pos2, vec2};
use egui_kittest::kittest::Queryable as _;

use crate::stage::{PLAY, Stage, is_call};

/// A spot of the canvas where nothing is.
const EMPTY: Pos2 = pos2(700.0, 200.0);

#[test]
fn a_click_in_the_palette_makes_a_node_and_undo_takes_it_back() {
    let mut stage = Stage::new(PLAY);
    let before = stage.text().to_owned();
    stage.click("wait-for-signal");
    assert_eq!(stage.ids_of("wait-for-signal"), ["wait"]);
    assert!(stage.place("wait").is_some());
    stage.click("Undo");
    assert_eq!(stage.text(), before);
    stage.click("Redo");
    assert_eq!(stage.ids_of("wait-for-signal"), ["wait"]);
}

#[test]
fn dragged_from_the_palette_a_node_lands_where_it_is_let_go() {
    let mut stage = Stage::new(PLAY);
    let from = stage.harness.get_by_label("fan-out").rect().center();
    stage.drag(from, EMPTY);
    assert_eq!(stage.ids_of("fan-out"), ["split"]);
    let landed = stage.node_rect("fan-out split");
    assert!(landed.expand(40.0).contains(EMPTY), "{landed:?}");
}

#[test]
fn numbers_make_nodes_at_the_pointer() {
    let mut stage = Stage::new(PLAY);
    stage.key(Modifiers::NONE, Key::Num2);
    assert_eq!(stage.ids_of("call").len(), 2, "the pointer is not over the canvas");
    stage.harness.hover_at(EMPTY);
    stage.harness.step();
    stage.key(Modifiers::NONE, Key::Num2);
    assert_eq!(stage.ids_of("call").len(), 3);
}

#[test]
fn a_drag_moves_a_node_in_one_step_of_undo_and_escape_cancels_it() {
    let mut stage = Stage::new(PLAY);
    let (text, place) = (stage.text().to_owned(), stage.place("first").unwrap());
    let from = stage.node_rect("call first").center();
    stage.drag(from, from + vec2(0.0, 160.0));
    let moved = stage.place("first").unwrap();
    assert!(moved.0 == place.0 && moved.1 > place.1 + 100, "{place:?} {moved:?}");
    stage.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(stage.text(), text);

    stage.press(from, Modifiers::NONE);
    stage.harness.hover_at(from + vec2(0.0, 90.0));
    stage.harness.step();
    stage.key(Modifiers::NONE, Key::Escape);
    stage.release(from + vec2(0.0, 90.0), Modifiers::NONE);
    stage.settle();
    assert_eq!(stage.text(), text);
    assert!((stage.node_rect("call first").center() - from).length() < 1.0);
}

#[test]
fn a_wire_is_drawn_from_port_to_port_selected_and_deleted() {
    let mut stage = Stage::new(PLAY);
    assert!(!stage.wired("first", "second"));
    let (from, to) = (stage.node_rect("call first").right_center(), stage.node_rect("call second").left_center());
    stage.drag(from, to);
    assert!(stage.wired("first", "second"));
    // Back from a port at the left is the same wire the other way round.
    stage.key(Modifiers::COMMAND, Key::Z);
    assert!(!stage.wired("first", "second"));
    stage.drag(to, from);
    assert!(stage.wired("first", "second"));

    stage.click_at(from + (to - from) * 0.5);
    assert_eq!(stage.editor().session().selection().wires.len(), 1);
    stage.key(Modifiers::NONE, Key::Delete);
    assert!(!stage.wired("first", "second"));
}

#[test]
fn a_wire_let_go_on_the_field_is_no_wire() {
    let mut stage = Stage::new(PLAY);
    let text = stage.text().to_owned();
    let from = stage.node_rect("call first").right_center();
    stage.drag(from, EMPTY);
    assert_eq!(stage.text(), text);
}

#[test]
fn a_box_selects_what_lies_in_it_and_shift_adds() {
    let mut stage = Stage::new(PLAY);
    let (first, second) = (stage.node_rect("call first"), stage.node_rect("call second"));
    stage.drag(first.left_top() - vec2(14.0, 40.0), second.right_bottom() + vec2(14.0, 40.0));
    let selected = |stage: &Stage| stage.editor().session().selection().nodes.len();
    assert_eq!(selected(&stage), 2);
    stage.press(stage.node_rect("snap start").center(), Modifiers::SHIFT);
    stage.release(stage.node_rect("snap start").center(), Modifiers::SHIFT);
    stage.settle();
    assert_eq!(selected(&stage), 3);
    stage.key(Modifiers::NONE, Key::Escape);
    assert_eq!(selected(&stage), 0);
}

#[test]
fn f2_renames_in_place() {
    let mut stage = Stage::new(PLAY);
    stage.click_at(stage.node_rect("call first").center());
    stage.key(Modifiers::NONE, Key::F2);
    stage.fill("Name", "validate");
    assert!(is_call(stage.node("validate")) && stage.node("first").is_none());
    assert!(stage.wired("start", "validate"));
}

#[test]
fn the_view_zooms_by_keys_and_fits_again() {
    let mut stage = Stage::new(PLAY);
    let fitted = stage.node_rect("call first");
    stage.click("Zoom in");
    assert!(stage.node_rect("call first").width() > fitted.width() * 1.1);
    stage.click("Fit");
    let again = stage.node_rect("call first");
    assert!((again.width() - fitted.width()).abs() < 1.0 && (again.center() - fitted.center()).length() < 2.0);
}

#[test]
fn nothing_is_painted_again_while_nothing_happens() {
    let mut stage = Stage::new(PLAY);
    // Animations of the start are over.
    stage.harness.run_steps(30);
    let output = stage.harness.output();
    let delays = output.viewport_output.values().map(|viewport| viewport.repaint_delay);
    for delay in delays {
        assert!(delay.as_secs() > 1, "{delay:?}");
    }
}
