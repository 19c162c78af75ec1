//! Scenarios and what can happen, in their panel and on the canvas.

use chalktalk::app::Mode;

use crate::stage::Stage;

const TEXT: &str = "play shop/1/order {
  snap start
  call charge = pay/1/charge
  pass shipped
  pass refused

  start -> charge -> shipped
  charge -> refused on error

  scenario \"it ships\" { charge answers {id: 1}, expect pass shipped }
  scenario \"it is declined\" { charge fails \"declined\", expect pass shipped }

  layout { start 0 100, charge 160 94, shipped 420 40, refused 420 160 }
}
";

#[test]
fn scenarios_are_played_and_listed_with_what_came() {
    let mut stage = Stage::new(TEXT);
    stage.choose("scenario.show");
    assert!(stage.has("Scenario it ships: not played"));
    stage.choose("scenario.run");
    assert!(stage.has("Scenario it ships: passed in 0 µs"));
    assert!(stage.has("Scenario it is declined: failed"));
    assert!(stage.has_containing("1 of 2 scenarios failed"));
    assert!(stage.has_containing("4 of 4 nodes, 3 of 3 wires"));
    // What changes the text makes them stale.
    stage.choose("scenario.add");
    assert!(stage.text().contains("  scenario \"it works\" { expect pass }\n\n  layout"), "{}", stage.text());
    assert!(stage.has("Scenario it works: not played") && stage.has("Scenario it ships: not played"));
    stage.choose("edit.undo");
    assert_eq!(stage.text(), TEXT);
}

#[test]
fn one_plays_on_the_canvas_marked_as_a_simulation() {
    let mut stage = Stage::new(TEXT);
    stage.choose("scenario.show");
    stage.click("Scenario it is declined: not played");
    let session = stage.editor().session();
    assert_eq!(session.mode(), Mode::Replay);
    assert!(session.watch().unwrap().film().is_finished());
    assert_eq!(session.selection().single_node().map(chalktalk::base::NodeId::as_str), Some("refused"));
    assert!(stage.has("SIMULATION of scenario \"it is declined\"") && stage.has("Simulation"));
    assert!(!stage.has_containing("Replay: what happened then"));
    assert!(stage.to_runner.try_recv().is_err(), "nothing is asked of a runner");
    stage.choose("replay.start");
    assert_eq!(stage.editor().session().watch().unwrap().playback().time().0, 0);
    stage.choose("run.close");
    assert!(stage.has("Scenario it is declined: failed"));
}

#[test]
fn coverage_is_painted_with_a_sign() {
    let mut stage = Stage::new(
        &TEXT.replace("  scenario \"it is declined\" { charge fails \"declined\", expect pass shipped }\n", ""),
    );
    stage.choose("scenario.coverage");
    assert!(stage.has_containing("refused") && stage.has_containing("not reached"));
    assert!(stage.editor().coverage_shown().is_some());
    stage.choose("scenario.coverage");
    assert!(!stage.has_containing("not reached"));
}

#[test]
fn what_can_happen_is_shown_as_a_run() {
    let mut stage = Stage::new(
        "play shop/1/order {
  snap start
  fan-out split
  call charge = pay/1/charge
  call reserve = stock/1/reserve
  pass paid
  pass reserved
  start -> split -> { charge, reserve }
  charge -> paid
  reserve -> reserved
}
",
    );
    stage.choose("scenario.explore");
    assert!(stage.has_containing("Decided in"));
    let first = "D005: 'paid' can end the run while a ball is at 'reserve': what that one does is thrown away";
    assert!(stage.has(first));
    stage.click_first("Show how");
    assert!(stage.has_containing("SIMULATION of 'paid' can end the run"));
    assert_eq!(stage.editor().session().mode(), Mode::Replay);
}
