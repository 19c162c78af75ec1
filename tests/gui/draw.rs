//! Drawing: each gesture with the mouse, each command from the palette.

use eframe::egui::{Event, Key, Modifiers, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::stage::{PLAY, Stage};

const FLOW: &str = "play a/1/flow {
  snap start
  call a = x/1/a // first
  call b = x/1/b
  call loose = x/1/c
  fan-out split
  pass done
  pass other

  start -> a -> b -> split -> { done, other }

  layout { start 0 100, a 160 94, b 460 94, loose 300 300, split 720 100, done 900 20, other 900 180 }
}
";

fn nodes(stage: &Stage) -> usize {
    stage.editor().session().graph().n_nodes()
}

fn undone(stage: &mut Stage, text: &str) {
    stage.choose("edit.undo");
    assert_eq!(stage.text(), text);
}

fn pick(stage: &mut Stage, text: &str) {
    stage.harness.event(Event::Text(text.to_owned()));
    stage.settle();
    stage.key(Modifiers::NONE, Key::Enter);
}

#[test]
fn a_wire_dropped_on_the_field_opens_the_picker() {
    let mut stage = Stage::new(PLAY);
    let text = stage.text().to_owned();
    let out = stage.node_rect("call first").right_center();
    stage.drag(out, pos2(700.0, 250.0));
    assert!(stage.has_containing("pick call,"));
    stage.key(Modifiers::NONE, Key::Escape);
    assert!(!stage.has_containing("pick call,") && stage.text() == text);
    stage.drag(out, pos2(700.0, 250.0));
    stage.harness.event(Event::Text("wait".to_owned()));
    stage.settle();
    stage.key(Modifiers::NONE, Key::ArrowDown);
    stage.key(Modifiers::NONE, Key::Enter);
    assert_eq!(nodes(&stage), 5);
    let new = stage.editor().session().selection().single_node().unwrap().to_string();
    assert!(stage.wired("first", &new));
    stage.drag(out, pos2(700.0, 600.0));
    stage.click("on error");
    pick(&mut stage, "pass failed");
    assert!(stage.wired("first", "failed") && stage.text().contains("first -> failed on error"), "{}", stage.text());
}

#[test]
fn a_node_dropped_on_a_wire_is_spliced_in_and_a_target_too() {
    let mut stage = Stage::new(FLOW);
    let (a, b) = (stage.node_rect("call a"), stage.node_rect("call b"));
    let middle = a.right_center() + (b.left_center() - a.right_center()) * 0.5;
    stage.drag(stage.node_rect("call loose").center(), middle);
    assert!(stage.text().contains("start -> a -> loose -> b -> split"), "{}", stage.text());
    stage.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(stage.text(), FLOW);
    let connector = stage.harness.get_by_label("wait-for-worker").rect().center();
    stage.drag(connector, middle);
    assert!(stage.wired("a", "echo") && stage.wired("echo", "b"), "{}", stage.text());
}

#[test]
fn ends_of_wires_are_led_elsewhere_and_strokes_cut() {
    let mut stage = Stage::new(FLOW);
    let (split, done) = (stage.node_rect("fan-out split"), stage.node_rect("pass done"));
    let _ = split;
    let near_head = done.left_center() - vec2(12.0, 0.0);
    stage.drag(near_head, stage.node_rect("call loose").center());
    assert!(stage.wired("split", "loose") && !stage.wired("split", "done"), "{}", stage.text());
    stage.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(stage.text(), FLOW);
    let (a, b) = (stage.node_rect("call a"), stage.node_rect("call b"));
    let middle = a.right_center() + (b.left_center() - a.right_center()) * 0.5;
    stage.press(middle - vec2(0.0, 60.0), Modifiers::ALT);
    for y in [-30.0, 0.0, 30.0, 60.0] {
        stage.harness.event_modifiers(Event::PointerMoved(middle + vec2(0.0, y)), Modifiers::ALT);
        stage.harness.step();
    }
    stage.release(middle + vec2(0.0, 60.0), Modifiers::ALT);
    stage.settle();
    assert!(!stage.wired("a", "b") && stage.wired("start", "a"), "{}", stage.text());
}

#[test]
fn copied_text_is_readable_and_becomes_nodes() {
    let mut stage = Stage::new(FLOW);
    stage.select(&["call a", "call b"]);
    stage.choose("edit.copy");
    let copied = stage.harness.output().platform_output.commands.iter().find_map(|command| match command {
        eframe::egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let _ = copied;
    stage.harness.hover_at(pos2(700.0, 300.0));
    stage.harness.event(Event::Paste("call pay = shop/1/pay  timeout 2s\ncall a = x/1/a\npay -> a\n".to_owned()));
    stage.settle();
    assert!(stage.node("pay").is_some() && stage.node("a2").is_some() && stage.wired("pay", "a2"), "{}", stage.text());
    undone(&mut stage, FLOW);
    stage.select(&["call a", "call b"]);
    stage.choose("edit.duplicate");
    assert!(stage.wired("a2", "b2") && !stage.wired("a", "b2"), "{}", stage.text());
    let apart = |id: &str, other: &str| {
        let (a, b) = (stage.place(id).unwrap(), stage.place(other).unwrap());
        (b.0 - a.0, b.1 - a.1)
    };
    assert_eq!(apart("a", "a2"), (32, 32));
    assert_eq!(apart("a", "b"), apart("a2", "b2"));
    undone(&mut stage, FLOW);
    stage.select(&["call a", "call b"]);
    stage.choose("edit.cut");
    assert_eq!(nodes(&stage), 5);
    undone(&mut stage, FLOW);
    stage.choose("edit.paste");
    // What is no play text is refused in words.
    stage.harness.event(Event::Paste("hello there".to_owned()));
    stage.settle();
    assert!(stage.has_containing("no play text") && stage.text() == FLOW);
}

#[test]
fn deleted_nodes_leave_the_flow_and_branches_swap() {
    let mut stage = Stage::new(FLOW);
    stage.select(&["call a", "call b"]);
    stage.choose("edit.heal");
    assert!(stage.text().contains("start -> split -> { done, other }"), "{}", stage.text());
    undone(&mut stage, FLOW);
    stage.select(&["fan-out split"]);
    stage.choose("draw.swap");
    assert!(stage.text().contains("split -> { other, done }"), "{}", stage.text());
    undone(&mut stage, FLOW);
}

#[test]
fn nodes_are_aligned_distributed_and_moved_by_keys() {
    let mut stage = Stage::new(FLOW);
    let names = ["snap start", "call a", "pass done"];
    for (id, same) in [
        ("align.left", 0),
        ("align.centre", 1),
        ("align.right", 2),
        ("align.top", 3),
        ("align.middle", 4),
        ("align.bottom", 5),
    ] {
        stage.select(&names);
        match id {
            "align.left" => stage.choose("align.left"),
            "align.centre" => stage.choose("align.centre"),
            "align.right" => stage.choose("align.right"),
            "align.top" => stage.choose("align.top"),
            "align.middle" => stage.choose("align.middle"),
            _ => stage.choose("align.bottom"),
        }
        let lines: Vec<f32> = names
            .iter()
            .map(|name| {
                let rect = stage.node_rect(name);
                [rect.left(), rect.center().x, rect.right(), rect.top(), rect.center().y, rect.bottom()][same]
            })
            .collect();
        assert!(lines.iter().all(|line| (line - lines[0]).abs() < 1.6), "{id}: {lines:?}");
        undone(&mut stage, FLOW);
    }
    stage.select(&names);
    stage.choose("distribute.across");
    let rects: Vec<_> = names.iter().map(|name| stage.node_rect(name)).collect();
    let gaps = [rects[1].left() - rects[0].right(), rects[2].left() - rects[1].right()];
    assert!((gaps[0] - gaps[1]).abs() < 2.0, "{gaps:?}");
    undone(&mut stage, FLOW);
    stage.select(&["pass done", "call loose", "fan-out split"]);
    stage.choose("distribute.down");
    stage.choose("edit.undo");
    stage.select(&["call loose"]);
    for (id, by) in [("move.left", (-16, 0)), ("move.right", (16, 0)), ("move.up", (0, -16)), ("move.down", (0, 16))] {
        match id {
            "move.left" => stage.choose("move.left"),
            "move.right" => stage.choose("move.right"),
            "move.up" => stage.choose("move.up"),
            _ => stage.choose("move.down"),
        }
        assert_eq!(stage.place("loose").unwrap(), (300 + by.0, 300 + by.1), "{id}");
        undone(&mut stage, FLOW);
    }
    stage.choose("draw.snap");
    stage.choose("draw.snap");
}

#[test]
fn the_keys_go_over_the_play_and_change_it() {
    let mut stage = Stage::new(FLOW);
    let at = |stage: &Stage| {
        let selection = stage.editor().session().selection();
        selection.single_node().map(ToString::to_string).unwrap_or_default()
    };
    stage.choose("go.right");
    assert_eq!(at(&stage), "start");
    stage.choose("go.right");
    assert_eq!(at(&stage), "a");
    stage.choose("go.left");
    assert_eq!(at(&stage), "start");
    stage.choose("go.right");
    stage.choose("go.down");
    assert_eq!(at(&stage), "loose");
    stage.choose("go.up");
    assert_ne!(at(&stage), "loose");
    stage.select(&["call a"]);
    stage.choose("select.right");
    stage.choose("select.left");
    stage.choose("select.down");
    stage.choose("select.up");
    assert!(stage.editor().session().selection().nodes.len() > 2);
    stage.select(&["call a"]);
    stage.choose("go.wire-in");
    assert!(stage.harness.get_by_label("wire start to a").accesskit_node().is_selected().unwrap_or(false));
    stage.select(&["call a"]);
    stage.choose("go.wire-out");
    stage.choose("draw.on-error");
    assert!(stage.text().contains("a -> b on error"), "{}", stage.text());
    assert!(stage.has("wire a to b, on error"));
    stage.choose("draw.every-ball");
    stage.choose("draw.otherwise");
    stage.choose("edit.undo");
    stage.choose("draw.on-timeout");
    stage.choose("edit.undo");
    stage.choose("draw.label");
    pick(&mut stage, "ball.ok");
    assert!(stage.text().contains("a -> b when (ball.ok)"), "{}", stage.text());
    stage.choose("draw.reroute-head");
    pick(&mut stage, "loose");
    assert!(stage.wired("a", "loose") && !stage.wired("a", "b"));
    stage.choose("draw.reroute-tail");
    pick(&mut stage, "start");
    assert!(stage.wired("start", "loose"), "{}", stage.text());
    stage.select(&["call loose"]);
    stage.choose("draw.wire");
    pick(&mut stage, "b");
    assert!(stage.wired("loose", "b"));
    stage.select(&["call loose"]);
    stage.choose("draw.add");
    pick(&mut stage, "fan-in both any");
    assert!(stage.node("both").is_some(), "{}", stage.text());
    assert!(stage.has_containing("port into both") && stage.has_containing("port out of both"));
}

#[test]
fn the_history_shows_its_steps_and_goes_to_each() {
    let mut stage = Stage::new(FLOW);
    stage.select(&["call loose"]);
    stage.choose("move.down");
    stage.choose("edit.delete");
    let last = stage.text().to_owned();
    stage.choose("edit.history");
    assert!(stage.has("step Delete loose"));
    stage.click("step As it was opened");
    stage.click("step Delete loose, undone");
    assert_eq!(stage.text(), last);
}
