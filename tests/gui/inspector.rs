use chalktalk::play::{NodeKind, Policy, Spread};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use crate::stage::Stage;

const PLAY: &str = "play shop/1/two {
  snap start
  fan-out split
  call a = shop/1/a
  call b = shop/1/b
  fan-in join all
  wait-for-signal ok \"go\"
  pass done

  start -> split -> { a, b } -> join -> ok -> done

  layout { start 0 100, split 130 100, a 260 0, b 260 180, join 520 100, ok 680 94, done 920 100 }
}
";

fn select(stage: &mut Stage, name: &str) {
    let at = stage.node_rect(name).center();
    stage.click_at(at);
    if !stage.has("id") {
        stage.click("Inspector");
    }
}

#[test]
fn every_property_of_a_node_can_be_set() {
    let mut stage = Stage::new(PLAY);
    select(&mut stage, "call a");
    stage.fill("target", "shop/^2/a");
    stage.fill("timeout", "3s");
    stage.fill("retry", "4");
    stage.fill("backoff", "10ms..2s");
    stage.fill("with", "{n: ball.n}");
    stage.fill("title", "The first");
    let node = stage.node("a").unwrap();
    assert_eq!(node.kind.target().unwrap().to_string(), "shop/^2/a");
    let options = &node.options;
    assert_eq!(options.timeout.unwrap().to_string(), "3s");
    assert_eq!(options.retry, Some(4));
    assert_eq!(options.backoff.map(|(a, b)| format!("{a}..{b}")).as_deref(), Some("10ms..2s"));
    assert_eq!(options.with.as_ref().unwrap().0, "{n: ball.n}");
    assert_eq!(options.title.as_deref(), Some("The first"));
    stage.fill("id", "alpha");
    assert!(stage.node("a").is_none() && stage.wired("split", "alpha") && stage.wired("alpha", "join"));
}

#[test]
fn the_special_properties_of_connectors_can_be_set() {
    let mut stage = Stage::new(PLAY);
    select(&mut stage, "fan-out split");
    stage.fill("copies", "one");
    assert_eq!(stage.node("split").unwrap().kind, NodeKind::FanOut(Spread::One));
    select(&mut stage, "fan-in join");
    stage.fill("waits for", "any");
    assert_eq!(stage.node("join").unwrap().kind, NodeKind::FanIn(Policy::Any));
    select(&mut stage, "wait-for-signal ok");
    stage.fill("signal", "approved");
    stage.fill("key", "ball.id");
    let ok = stage.node("ok").unwrap();
    assert_eq!(ok.kind, NodeKind::WaitForSignal("approved".into()));
    assert_eq!(ok.options.key.as_ref().unwrap().0, "ball.id");
}

#[test]
fn a_bad_value_is_told_at_its_field_and_changes_nothing() {
    let mut stage = Stage::new(PLAY);
    select(&mut stage, "call a");
    let text = stage.text().to_owned();
    stage.fill("timeout", "soon");
    assert_eq!(stage.text(), text);
    assert!(stage.has_containing("'soon' is not a duration"));
    stage.type_into("timeout", "2s");
    assert!(!stage.has_containing("is not a duration"));
    stage.key(Modifiers::NONE, Key::Enter);
    assert_eq!(stage.node("a").unwrap().options.timeout.unwrap().to_string(), "2s");
}

#[test]
fn a_wire_gets_its_condition() {
    let mut stage = Stage::new(PLAY);
    select(&mut stage, "call a");
    stage.click("a → join");
    stage.click("When an expression holds");
    stage.fill("when", "ball.total > 3");
    assert!(stage.text().contains("when (ball.total > 3)"), "{}", stage.text());
    stage.click("On error");
    assert!(stage.text().contains("on error"), "{}", stage.text());
    stage.click("Delete wire");
    assert!(!stage.wired("a", "join") && stage.wired("b", "join"));
}

#[test]
fn the_play_itself_is_edited_when_nothing_is_selected() {
    let mut stage = Stage::new(PLAY);
    stage.click("Inspector");
    stage.fill("coordinate", "shop/2/renamed");
    stage.fill("title", "Renamed");
    stage.fill("timeout", "1h");
    let play = stage.play();
    assert_eq!(play.coord.to_string(), "shop/2/renamed");
    assert_eq!(play.title.as_deref(), Some("Renamed"));
    assert_eq!(play.timeout.unwrap().to_string(), "1h");
    assert!(stage.harness.query_by_label("Check").is_some());
}
