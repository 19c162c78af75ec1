//! Frames: made, entitled, moved, joined, collapsed and taken away.

use eframe::egui::{Event, Key, Modifiers, Pos2, vec2};

use crate::stage::Stage;

const PLAY: &str = "play a/1/framed {
  snap start
  call a = x/1/a
  call b = x/1/b
  pass done
  pass other

  start -> a -> b -> done

  layout { start 0 200, a 200 194, b 560 194, done 900 200, other 200 560 }
}
";

fn typed(stage: &mut Stage, text: &str) {
    stage.key(Modifiers::COMMAND, Key::A);
    stage.harness.event(Event::Text(text.to_owned()));
    stage.settle();
    stage.key(Modifiers::NONE, Key::Enter);
}

fn framed() -> Stage {
    let mut stage = Stage::new(PLAY);
    stage.select(&["call a", "call b"]);
    stage.choose("frame.add");
    typed(&mut stage, "Pair");
    stage
}

fn title(stage: &Stage) -> Pos2 {
    stage.node_rect("frame Pair").left_center() + vec2(30.0, 2.0)
}

fn nodes(stage: &Stage) -> String {
    let frame = stage.play().frames().next();
    frame.map(|frame| frame.nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

#[test]
fn a_frame_is_made_of_the_selection_entitled_and_taken_away() {
    let mut stage = framed();
    assert!(stage.text().contains("other 200 560, frame \"Pair\" { a, b } }"), "{}", stage.text());
    assert!(stage.has("frame Pair, 2 nodes"));
    stage.click_at(title(&stage));
    stage.choose("draw.label");
    typed(&mut stage, "Two calls");
    assert!(stage.has("frame Two calls, 2 nodes") && !stage.has("frame Pair, 2 nodes"));
    stage.choose("edit.undo");
    stage.click_at(title(&stage));
    stage.choose("frame.remove");
    assert_eq!(stage.text(), PLAY);
    stage.choose("edit.undo");
    stage.click_at(title(&stage));
    stage.key(Modifiers::NONE, Key::Delete);
    assert_eq!(stage.text(), PLAY, "its nodes stay");
    for _ in 0..3 {
        stage.choose("edit.undo");
    }
    assert_eq!(stage.text(), PLAY);
    // A part of a frame with something else lies neither in it nor around it.
    let mut stage = framed();
    stage.select(&["call a", "snap start"]);
    let text = stage.text().to_owned();
    stage.choose("frame.add");
    assert_eq!(stage.text(), text);
    assert!(stage.has_containing("the frame 'Pair' holds some of these nodes"));
    // All of it does.
    stage.select(&["call a", "call b", "snap start"]);
    stage.choose("frame.add");
    assert!(stage.has("frame Frame, 3 nodes") && stage.has("frame Pair, 2 nodes"));
}

#[test]
fn nodes_go_with_their_frame_and_join_and_leave_it() {
    let mut stage = framed();
    let (a, b) = (stage.place("a").unwrap(), stage.place("b").unwrap());
    let from = title(&stage);
    stage.drag(from, from + vec2(0.0, 40.0));
    let by = |old: (i32, i32), new: (i32, i32)| (new.0 - old.0, new.1 - old.1);
    let moved = by(a, stage.place("a").unwrap());
    assert!(moved.1 > 0 && moved == by(b, stage.place("b").unwrap()), "{moved:?}");
    assert_eq!(nodes(&stage), "a b");
    stage.choose("edit.undo");
    let middle = stage.node_rect("call a").center().lerp(stage.node_rect("call b").center(), 0.5);
    let other = stage.node_rect("pass other").center();
    stage.drag(other, middle + vec2(0.0, 10.0));
    assert_eq!(nodes(&stage), "a b other", "{}", stage.text());
    let other = stage.node_rect("pass other").center();
    stage.drag(other, other + vec2(0.0, 230.0));
    assert_eq!(nodes(&stage), "a b");
    // A little further off the frame grows.
    let b = stage.node_rect("call b").center();
    stage.drag(b, b + vec2(0.0, 20.0));
    assert_eq!(nodes(&stage), "a b");
}

#[test]
fn a_collapsed_frame_is_one_card() {
    let mut stage = framed();
    stage.click_at(title(&stage));
    stage.choose("frame.collapse");
    assert!(stage.text().contains("frame \"Pair\" collapsed { a, b }"), "{}", stage.text());
    assert!(stage.has("collapsed frame Pair, 2 nodes") && !stage.has("call a") && !stage.has("call b"));
    assert!(stage.has("wire start to a") && stage.has("wire b to done") && !stage.has("wire a to b"));
    let (a, b) = (stage.place("a").unwrap(), stage.place("b").unwrap());
    let card = stage.node_rect("collapsed frame Pair").center();
    stage.drag(card, card + vec2(0.0, 60.0));
    let (a2, b2) = (stage.place("a").unwrap(), stage.place("b").unwrap());
    assert!(a2.1 > a.1 && (a2.0 - a.0, a2.1 - a.1) == (b2.0 - b.0, b2.1 - b.1), "{a:?} {a2:?} {b:?} {b2:?}");
    stage.choose("layout.arrange");
    assert!(stage.has("collapsed frame Pair, 2 nodes"));
    stage.click_at(stage.node_rect("collapsed frame Pair").center());
    stage.choose("frame.collapse");
    assert!(stage.has("call a") && stage.has("frame Pair, 2 nodes"), "{}", stage.text());
    stage.choose("frame.collapse");
    stage.choose("view.outline");
    assert!(stage.has("frame Pair collapsed"));
}
