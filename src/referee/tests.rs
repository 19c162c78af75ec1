use super::*;
use crate::base::NodeId;
use crate::lang::parse;

/// Judges the scenarios of a text with one play; each as its name and its misses.
fn check(text: &str, expected: &[(&str, &[&str])]) {
    let source = parse(text);
    let found = crate::check::check(&source);
    assert!(!crate::check::has_errors(&found), "{found:?}");
    let (item, _) = source.doc.plays().next().unwrap();
    let formation = source.doc.formations().next().map(|(_, formation)| formation);
    let referee = Referee::new(&source.doc, item, formation).unwrap();
    let verdicts = referee.judge_all();
    let found: Vec<(String, Vec<String>)> = verdicts
        .iter()
        .map(|verdict| (verdict.scenario.clone(), verdict.misses.iter().map(ToString::to_string).collect()))
        .collect();
    let expected: Vec<(String, Vec<String>)> = expected
        .iter()
        .map(|(name, misses)| ((*name).to_owned(), misses.iter().map(|miss| (*miss).to_owned()).collect()))
        .collect();
    assert_eq!(found, expected);
    // Time is simulated: twice the same.
    assert_eq!(referee.judge_all(), verdicts);
}

const SHOP: &str = r#"
play shop/1/order timeout 1d {
  snap            order
  call            charge = payments/1/charge  timeout 2s  retry 2 backoff 1s..4s
  wait-for-signal approve "manager-approved"  timeout 1h
  wait-for-worker pack = packing/1/pack  with ({id: ball.id})  timeout 5m
  pass            shipped
  pass            refused  with (ball.error.code)
  pass            late
  order -> charge -> pack when (ball.total <= 100)
  charge -> approve otherwise
  approve -> pack when (signal.yes)
  approve -> refused-by-hand otherwise
  pass refused-by-hand
  pack -> shipped
  charge -> refused on error
  { approve, pack } -> late on timeout

  SCENARIOS
}
"#;

fn shop(scenarios: &str, expected: &[(&str, &[&str])]) {
    check(&SHOP.replace("SCENARIOS", scenarios), expected);
}

#[test]
fn mocks_answer_fail_and_take_their_time() {
    shop(
        r#"scenario "small" {
             input {id: 7}, charge answers ({id: ball.id, total: 60}), pack answers "parcel"
             expect pass shipped, expect result "parcel", expect sent charge {"id": 7.0}, expect sent pack (ball.id == 7)
             expect not approve, expect visited charge times 1
           }
           scenario "declined" { charge fails "declined", expect pass refused, expect result "UNKNOWN", expect not pack }
           scenario "mended" {
             charge fails "UNAVAILABLE: busy" times 2
             charge answers {id: 1, total: 1}
             pack answers {}
             expect pass shipped, expect within 4s
           }
           scenario "too slow" { charge takes 3s, charge answers {total: 1}, expect result "DEADLINE_EXCEEDED", expect within 10s }
           scenario "nobody comes" { charge answers {id: 1, total: 1}, pack waits 6m answers {}, expect pass late }"#,
        &[("small", &[]), ("declined", &[]), ("mended", &[]), ("too slow", &[]), ("nobody comes", &[])],
    );
}

#[test]
fn signals_come_when_they_are_waited_for_or_at_a_time() {
    shop(
        r#"scenario "yes" { charge answers {id: 1, total: 200}, pack answers {}, signal approve {yes: true}, expect pass shipped }
           scenario "no" { charge answers {id: 1, total: 200}, signal "manager-approved" {yes: false} at 5m, expect pass refused-by-hand, expect within 5m }
           scenario "asleep" { charge answers {total: 200}, signal approve {yes: true} at 2h, expect pass late }
           scenario "waiting" { charge answers {total: 200}, expect parked approve }"#,
        &[
            ("yes", &[]),
            ("no", &[]),
            ("asleep", &[]),
            // The timeout of the wait comes.
            (
                "waiting",
                &[
                    "expected a ball that waits at approve: it passed at late with {\"error\":{\"code\":\"DEADLINE_EXCEEDED\",\"message\":\"no signal 'manager-approved' in time\",\"node\":\"approve\"},\"input\":{\"total\":200}}",
                ],
            ),
        ],
    );
}

#[test]
fn what_was_expected_is_said_beside_what_came() {
    shop(
        r#"scenario "wrong end" { charge fails "NOT_FOUND: no such card", expect pass shipped, expect visited pack, expect not refused, expect within 0s }
           scenario "wrong result" { charge answers {id: 1, total: 1}, pack answers {n: 1}, expect result {n: 2}, expect result (ball.n > 1), expect sent pack {id: 2}, expect fail }
           scenario "no ball" { charge answers {id: 1, total: 1}, pack answers {n: 1}, expect visited pack times 2, expect visited approve, expect sent charge {} }
           scenario "nothing expected" { charge answers {total: 1} }"#,
        &[
            (
                "wrong end",
                &[
                    "expected a pass at shipped: it passed at refused with \"NOT_FOUND\"",
                    "expected a ball at pack: none came; it passed at refused with \"NOT_FOUND\"",
                    "expected no ball at refused: 1 ball came; it passed at refused with \"NOT_FOUND\"",
                ],
            ),
            (
                "wrong result",
                &[
                    "expected the result {n: 2}: it was {\"n\":1}",
                    "expected the result (ball.n > 1): that is not so of {\"n\":1}",
                    "expected {id: 2} sent to pack: it was {\"id\":1}",
                    "expected a failure: it passed at shipped with {\"n\":1}",
                ],
            ),
            (
                "no ball",
                &[
                    "expected 2 balls at pack: 1 ball came; it passed at shipped with {\"n\":1}",
                    "expected a ball at approve: none came; it passed at shipped with {\"n\":1}",
                    "expected {} sent to charge: it was null",
                ],
            ),
            (
                "nothing expected",
                &["expected a pass: it failed at pack with INVALID_ARGUMENT: there is no 'id' in ball, only 'total'"],
            ),
        ],
    );
}

#[test]
fn who_has_no_answer_is_named_with_what_to_add() {
    let play = r#"
play a/1/b {
  snap s
  call c = pay/1/charge
  pass p
  s -> c -> p
  scenario "x" { expect pass }
}
"#;
    check(
        play,
        &[("x", &["'c' sends to pay/1/charge, which no built-in worker has: add 'c answers {…}' to the scenario"])],
    );
    let bound = format!("{play}formation street {{ pay/* service \"http://127.0.0.1:1\" }}");
    check(
        &bound,
        &[("x", &["'c' sends to pay/1/charge, which street reaches by service: add 'c answers {…}' to the scenario"])],
    );
}

#[test]
fn a_cycle_does_not_hold_it_up() {
    check(
        r#"play a/1/b {
             snap s
             call c = demo/1/echo
             pass p
             s -> c -> p when (ball == 7)
             c -> c otherwise
             scenario "round" { input 1 }
             scenario "out" { input 1, c answers 2 times 3, c answers 7, expect visited c times 4 }
           }"#,
        &[("round", &["the run is not over after 50000 steps"]), ("out", &[])],
    );
}

#[test]
fn plays_of_the_file_are_played() {
    check(
        r#"play a/1/outer {
             snap s
             call inner = a/^1/inner
             pass p
             s -> inner -> p
             scenario "through" { input {text: "hut"}, expect result "HUT" }
             scenario "up" { input 7, expect fail inner "INVALID_ARGUMENT" }
             scenario "not at all" { inner answers 1, expect result 1 }
           }
           play a/1.2/inner {
             snap s
             call c = demo/1/upper
             pass p
             s -> c -> p
           }"#,
        &[("through", &[]), ("up", &[]), ("not at all", &[])],
    );
}

#[test]
fn a_signal_starts_a_play_without_a_snap() {
    check(
        r#"play a/1/b {
             wait-for-signal alarm "alarm"
             wait-for-signal more "more"
             pass p  with (signal)
             alarm -> more -> p
             scenario "two" { signal more 2, signal alarm 1, expect result 2 }
             scenario "one" { signal alarm 1, expect parked more }
             scenario "none" { signal more 2 }
           }"#,
        &[
            ("two", &[]),
            ("one", &[]),
            ("none", &["the play has no snap, it starts with a signal: add 'signal alarm {}'"]),
        ],
    );
}

#[test]
fn coverage_counts_balls_and_names_what_none_reached() {
    let source = parse(SHOP.replace("SCENARIOS", r#"scenario "declined" { charge fails "declined" }"#));
    let (item, play) = source.doc.plays().next().unwrap();
    let referee = Referee::new(&source.doc, item, None).unwrap();
    let mut coverage = Coverage::new(play);
    for verdict in referee.judge_all() {
        coverage.add(&verdict.journal);
    }
    let missed: Vec<&str> = coverage.missed_nodes().map(NodeId::as_str).collect();
    assert_eq!(missed, ["approve", "pack", "shipped", "late", "refused-by-hand"]);
    assert_eq!((coverage.n_nodes_reached(), coverage.n_wires_taken()), (3, 2));
}

#[test]
fn the_report_is_xml_whatever_the_names_are() {
    let verdict = |name: &str, misses| Verdict { scenario: name.to_owned(), stmt: 0, misses, journal: Vec::new() };
    let suites = [Suite {
        name: "a.play <&> \"x\"".to_owned(),
        broken: None,
        verdicts: vec![verdict("fine", Vec::new()), verdict("tab\t\u{1}", vec![Miss::whole("it's > \"1\"\n")])],
    }];
    assert_eq!(
        junit(&suites),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"chalktalk\" tests=\"2\" failures=\"1\" errors=\"0\">\n\
         \x20 <testsuite name=\"a.play &lt;&amp;&gt; &quot;x&quot;\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"0.000\">\n\
         \x20   <testcase name=\"fine\" classname=\"a.play &lt;&amp;&gt; &quot;x&quot;\" time=\"0.000\"/>\n\
         \x20   <testcase name=\"tab&#9;\u{fffd}\" classname=\"a.play &lt;&amp;&gt; &quot;x&quot;\" time=\"0.000\">\n\
         \x20     <failure type=\"expectation\" message=\"it's &gt; &quot;1&quot;&#10;\">it's &gt; &quot;1&quot;&#10; (after 0 µs of simulated time)</failure>\n\
         \x20   </testcase>\n\
         \x20 </testsuite>\n\
         </testsuites>\n"
    );
}
