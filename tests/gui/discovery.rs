//! The palette shows what is really there.

use chalktalk::app::Command;
use chalktalk::app::port::{FromRunner, Health, Place};
use chalktalk::base::Coord;
use chalktalk::base::{Method, Pulling};

use egui_kittest::kittest::Queryable as _;

use crate::stage::Stage;

pub const TEXT: &str = "play shop/1/buy \"Buys\" {
  snap start
  call pay = pay/1.4/charge
  call gone = pay/1.4/refund
  wait-for-worker pack = packing/1/pack
  call fetch = stock/3/reserve
  call other = shop/1/other
  pass done
  start -> pay -> gone -> pack -> fetch -> other -> done
}

play shop/1/other {
  snap start
  pass done
  start -> done
}

// Where it runs.
formation street {
  pay/*      service \"http://127.0.0.1:1\"   // the till
  packing/1  pull
  stock/3    process \"python3 stock.py\"
}
";

pub fn method(coord: &str) -> Method {
    Method {
        coord: coord.parse::<Coord>().unwrap(),
        summary: "Takes the money".into(),
        input_schema: "{\"type\":\"object\",\"required\":[\"total\"]}".into(),
        output_schema: "true".into(),
        pulling: None,
    }
}

pub fn place(pattern: &str, health: Health, methods: Vec<Method>) -> Place {
    let address = "http://127.0.0.1:1".to_owned();
    Place { pattern: pattern.into(), address, worker: "till".into(), is_pull: false, health, methods }
}

pub fn street() -> Stage {
    let mut stage = Stage::new(TEXT);
    stage.apply(Command::SetFormation(Some("street".into())));
    stage
}

impl Stage {
    /// Answers the last question.
    pub fn found(&mut self, places: Vec<Place>) {
        let asked = self.to_runner.asked();
        let (number, ..) = asked.last().expect("the window asks while it is looked at");
        self.hear(FromRunner::Discovered { number: *number, places });
    }
}

fn all_well() -> Vec<Place> {
    let pulled = Method { pulling: Some(Pulling { workers: 2, ready: 3, queued: 0 }), ..method("packing/1/pack") };
    let not_asked = Health::NotAsked("its first ball starts it".into());
    vec![
        place("pay/*", Health::Healthy, vec![method("pay/1.4/charge"), method("pay/2.0/charge")]),
        Place { is_pull: true, address: String::new(), ..place("packing/1", Health::Healthy, vec![pulled]) },
        place("stock/3", not_asked, Vec::new()),
    ]
}

#[test]
fn versions_methods_health_and_plays_are_shown() {
    let mut stage = street();
    assert!(stage.has("1.4, service, not asked yet"), "before anybody has answered");
    stage.found(all_well());
    for label in [
        "1.4, service, healthy",
        "2.0, service, healthy",
        "1, pull, 3 ready",
        "3, process, not asked",
        // Called, and whoever serves its version has no such method.
        "refund, not there",
        "other, play",
        "buy, play",
    ] {
        assert!(stage.has(label), "{label}");
    }
    // The process was not asked, so nobody knows what it has.
    assert!(stage.has("reserve") && stage.has("pack"));
}

#[test]
fn what_is_down_is_told_and_calls_of_it_are_not_called_missing() {
    let mut stage = street();
    stage.found(vec![place("pay/*", Health::Down("nothing answers".into()), Vec::new())]);
    assert!(stage.has("1.4, service, down"));
    assert!(stage.has("refund") && !stage.has("refund, not there"));
}

#[test]
fn schemas_are_shown_on_hover() {
    let mut stage = street();
    stage.found(all_well());
    let at = stage.harness.query_all_by_label("charge").next().unwrap().rect().center();
    stage.harness.hover_at(at);
    stage.harness.run_steps(60);
    assert!(stage.has_containing("Takes the money"));
    assert!(stage.has_containing("\"total\"") && stage.has_containing("output: anything"));
}

#[test]
fn it_is_asked_again_now_and_then_and_one_question_at_a_time() {
    let mut stage = street();
    let asked = stage.to_runner.asked();
    let (number, formation, far) = asked.last().cloned().unwrap();
    assert_eq!((formation.map(|found| found.name), far), (Some("street".into()), false));
    stage.harness.run_steps(600);
    assert_eq!(stage.to_runner.asked().len(), 0, "the last question has no answer yet");
    stage.from_runner.send(FromRunner::Discovered { number, places: all_well() }).unwrap();
    // An answer to an older question changes nothing.
    stage.from_runner.send(FromRunner::Discovered { number: number - 1, places: Vec::new() }).unwrap();
    // A second of the window's time.
    stage.harness.run_steps(4);
    assert!(stage.has("1.4, service, healthy"));
    assert_eq!(stage.to_runner.asked().len(), 0, "what is known is young");
    stage.harness.run_steps(60);
    assert_eq!(stage.to_runner.asked().len(), 1);
}

#[test]
fn built_in_workers_are_asked_once_and_other_computers_when_the_person_wants_it() {
    let mut stage = Stage::new(TEXT);
    stage.found(vec![place("pay/*", Health::Healthy, vec![method("pay/1.4/charge")])]);
    assert!(stage.has("1.4, built in") && stage.has("1, not built in"));
    stage.harness.run_steps(600);
    assert_eq!(stage.to_runner.asked().len(), 0, "they stay as they are");

    stage.apply(Command::SetFormation(Some("street".into())));
    stage.found(all_well());
    stage.choose("formation.ask");
    let asked = stage.to_runner.asked();
    assert!(asked.last().is_some_and(|(.., far)| *far));
}
