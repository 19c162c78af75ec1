//! `test` and `check --deep`.

use std::fs;

use serde_json::Value;

use super::Place;

const TRIED: &str = "play shop/1/order {
  snap start
  call charge = pay/1/charge
  pass shipped
  pass refused
  start -> charge -> shipped
  charge -> refused on error

  scenario \"it ships\" { charge answers {id: 1} takes 2s, expect pass shipped }
  scenario \"it is <declined>\" { charge fails \"declined\", expect pass shipped }
}
";

#[test]
fn test_plays_scenarios_and_says_what_came() {
    let place = Place::new();
    place.file("a.play", TRIED);
    let done = place.run(["test", "a.play", "--coverage", "--junit", "out.xml"]);
    done.is(1, "2 scenarios: 1 passed, 1 failed");
    for line in [
        "a.play shop/1/order",
        "  ok     it ships  (2 s simulated)",
        "  FAILED it is <declined>",
        "a.play:10:58: expected a pass at shipped: it passed at refused",
        "  coverage: 4 of 4 nodes, 3 of 3 wires",
    ] {
        assert!(done.stdout.contains(line), "{line}: {done:#?}");
    }
    let report = fs::read_to_string(place.path("out.xml")).unwrap();
    assert!(
        report.contains("<testcase name=\"it is &lt;declined&gt;\"") && report.contains("failures=\"1\""),
        "{report}"
    );

    let one = place.run(["test", "a.play", "--filter", "ships", "--coverage"]);
    one.is(0, "1 scenario: 1 passed, 0 failed");
    assert!(one.stdout.contains("no ball came to refused"), "{one:#?}");
    assert!(one.stdout.contains("no ball took charge -> refused on error"), "{one:#?}");
    place.run(["test", "a.play", "--filter", "nothing"]).is(2, "no scenario has 'nothing' in its name");
    place.file("wrong.play", TRIED.replace("charge fails", "chrage fails"));
    place.run(["test", "wrong.play"]).is(1, "P028");
    place.run(["test", "missing.play", "a.play"]).is(2, "missing.play");
    place.file("none.play", "play a/1/b {\n  snap s\n  pass p\n  s -> p\n}\n");
    place.run(["test", "none.play"]).is(0, "no scenario: add one");
}

#[test]
fn check_deep_says_what_can_happen_and_shows_it() {
    let place = Place::new();
    place.file("ok.play", TRIED);
    let done = place.run(["check", "--deep", "ok.play"]);
    done.is(0, "nothing is wrong");
    assert!(done.stdout.contains("ok.play: shop/1/order: decided in"), "{done:#?}");
    let text = "play a/1/b {
  snap s
  call ask = a/1/ask
  pass done
  s -> ask -> ask when (true)
  ask -> done otherwise
}
";
    place.file("round.play", text);
    let done = place.run(["check", "--deep", "--trace", "trace.jsonl", "round.play"]);
    done.is(1, "1 error");
    assert!(done.stdout.contains("error[D001]"), "{done:#?}");
    let trace = fs::read_to_string(place.path("trace.jsonl")).unwrap();
    let events: Vec<Value> = trace.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() > 3 && events[0]["event"]["Started"].is_object(), "{trace}");
    place.run(["check", "--trace", "t", "round.play"]).is(2, "--deep");
}
