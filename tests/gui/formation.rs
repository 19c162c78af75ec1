//! The panel of the formation, and the versions of a call.

use chalktalk::app::port::Health;

use crate::discovery::{TEXT, method, place, street};
use crate::stage::Stage;

fn panel() -> Stage {
    let mut stage = street();
    stage.choose("formation.show");
    stage
}

/// Chooses from a choice by its label.
fn choose(stage: &mut Stage, choice: &str, item: &str) {
    stage.click(choice);
    stage.click(item);
}

#[test]
fn rows_say_what_is_bound_where_and_how_it_is() {
    let mut stage = panel();
    stage.found(vec![
        place("pay/*", Health::Healthy, vec![method("pay/1.4/charge")]),
        place("stock/3", Health::NotAsked("its first ball starts it".into()), Vec::new()),
    ]);
    for label in ["target of pay/*", "address of pay/*", "how packing/1 is reached", "command of stock/3"] {
        assert!(stage.has(label), "{label}");
    }
    for words in ["http://127.0.0.1:1 (till)  healthy, 1 method", "not asked: its first ball starts it"] {
        assert!(stage.has_containing(words), "{words}");
    }
    assert!(!stage.has_containing("1 methods"));
    assert!(stage.has("pay/1.4/refund is not there"));
}

#[test]
fn a_row_is_edited_in_place_and_every_other_byte_stays() {
    let mut stage = panel();
    stage.fill("address of pay/*", "http://127.0.0.1:7, http://127.0.0.1:8");
    let edited = TEXT.replace("\"http://127.0.0.1:1\"", "\"http://127.0.0.1:7\", \"http://127.0.0.1:8\"");
    assert_eq!(stage.text(), edited);
    stage.fill("target of pay/*", "pay/1.4");
    assert!(stage.text().contains("pay/1.4") && stage.text().contains("// the till"), "{}", stage.text());
    choose(&mut stage, "how stock/3 is reached", "pod");
    assert!(stage.text().contains("pod 50051"), "{}", stage.text());
    stage.fill("port of stock/3", "no port");
    assert!(stage.has_containing("from 1 to 65535"));
    stage.fill("port of stock/3", "6000");
    stage.fill("container of stock/3", "registry.example/stock:3");
    assert!(
        stage.text().contains("pod 6000  container \"registry.example/stock:3\"")
            || stage.text().contains("pod 6000 container \"registry.example/stock:3\""),
        "{}",
        stage.text()
    );
    stage.fill("target of pay/1.4", "packing/1");
    assert!(!stage.text().contains("packing/1  service"), "two rows for one target: {}", stage.text());
    while stage.text() != TEXT {
        let before = stage.text().to_owned();
        stage.choose("edit.undo");
        assert_ne!(stage.text(), before, "undo gives the first text back");
    }
}

#[test]
fn rows_come_and_go_and_formations_are_made_and_switched() {
    let mut stage = panel();
    stage.click("Remove packing/1");
    assert!(!stage.text().contains("packing/1  pull"));
    stage.click("Bind packing/*");
    assert!(stage.text().contains("packing/*"), "{}", stage.text());
    stage.fill("add a binding", "role courier = pay/1.4/charge");
    stage.fill("role courier", "pay/2.0/charge");
    assert!(stage.text().contains("role courier = pay/2.0/charge"), "{}", stage.text());
    stage.click("Remove role courier");
    assert!(!stage.text().contains("courier"));
    stage.fill("new formation", "road");
    assert_eq!(stage.editor().session().formation().map(ToString::to_string).as_deref(), Some("road"));
    assert!(stage.text().contains("formation road {"));
    choose(&mut stage, "Formation that runs", "street");
    assert_eq!(stage.editor().session().formation().map(ToString::to_string).as_deref(), Some("street"));
    assert!(stage.has("target of pay/*"));
}

fn select(stage: &mut Stage, name: &str) {
    let at = stage.node_rect(name).center();
    stage.click_at(at);
    stage.click("Inspector");
}

fn target(stage: &Stage) -> String {
    stage.node("pay").unwrap().kind.target().unwrap().to_string()
}

#[test]
fn a_call_is_switched_split_into_a_canary_and_merged_back() {
    let mut stage = street();
    let methods = vec![method("pay/1.4/charge"), method("pay/2.0/charge"), method("pay/2.1/charge")];
    stage.found(vec![place("pay/*", Health::Healthy, methods)]);
    select(&mut stage, "call pay");
    choose(&mut stage, "version 1", "pay/2.0");
    assert_eq!(target(&stage), "pay/2.0/charge");
    choose(&mut stage, "Split", "5% to 2.1");
    assert_eq!(target(&stage), "pay/2.0/charge 95% | pay/2.1/charge 5%");
    stage.fill("percent of 2.1", "30%");
    assert_eq!(target(&stage), "pay/2.0/charge 70% | pay/2.1/charge 30%");
    stage.fill("percent of 2.1", "100");
    assert!(stage.has_containing("a number from 1 to 99"));
    // From the wire into it too.
    stage.click("start → pay");
    stage.click("All to 2.1");
    assert_eq!(target(&stage), "pay/2.1/charge");
    assert!(stage.text().contains("// the till"));
}
