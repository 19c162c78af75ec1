//! Runs made again from a node on: what was answered before it is taken from the record.

use std::sync::Arc;

use chalktalk::base::{NodeId, RunId};
use chalktalk::event::{Event, Headers, Outcome};
use chalktalk::journal::Journal;
use chalktalk::runner::{Config, Earlier, Prepared, Runner, Start, World};
use serde_json::{Value, json};

use super::support::{Spy, UNIX_MS, config, config_with, passed, prepared, start};

const PLAY: &str = "play t/1/p {
  snap a
  call b = demo/1/upper
  fan-out c each (['x', 'y', 'z'])
  call d = demo/1/echo  with ({each: ball})
  fan-in e all
  wait-for-signal f \"go\"
  wait-for-worker g = demo/1/echo  with ({list: ball, by: signal})
  call h = demo/1/echo  with ({got: ball, at: 1})
  pass i
  a -> b -> c -> d -> e -> f -> g -> h -> i
}";

async fn again(runner: &Runner, run: &RunId, play: Option<Arc<Prepared>>, from: Option<&str>) -> RunId {
    let earlier = Earlier::read(&runner.reader().await.unwrap(), run).unwrap();
    let prepared = play.unwrap_or_else(|| Arc::new(earlier.prepared().unwrap()));
    let start = earlier.start(prepared, from.map(NodeId::new)).unwrap();
    runner.start(start).await.unwrap()
}

/// The nodes that were called for the run, sorted.
fn called(spy: &Spy, run: &RunId) -> Vec<String> {
    let mut nodes: Vec<String> =
        spy.calls().iter().filter(|ball| ball.run == run.as_str()).map(|ball| ball.node.clone()).collect();
    nodes.sort();
    nodes
}

#[tokio::test(start_paused = true)]
async fn only_what_comes_after_the_node_is_called() {
    let spy = Spy::new();
    let runner = Runner::spawn(Config { builtin: Some(spy.clone()), ..config() });
    let first = start(&runner, &prepared(PLAY), json!("hut")).await;
    runner.signal(&first, "go", json!("Ann"), None).await.unwrap();
    let result = passed(&runner.wait(&first).await.unwrap()).1;
    for (from, expected) in [
        ("a", "b d d d g h"),
        ("b", "b d d d g h"),
        ("c", "d d d g h"),
        ("d", "d d d g h"),
        ("e", "g h"),
        ("f", "g h"),
        ("g", "g h"),
        ("h", "h"),
        ("i", ""),
    ] {
        let run = again(&runner, &first, None, Some(from)).await;
        if from <= "f" {
            runner.signal(&run, "go", json!("Ann"), None).await.unwrap();
        }
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, result, "{from}");
        assert_eq!(called(&spy, &run).join(" "), expected, "{from}");
        let events = runner.reader().await.unwrap().events(&run).unwrap().events;
        let Event::Started(started) = &events[0].event else { panic!("it starts") };
        let rerun = started.rerun.clone().unwrap();
        assert_eq!((rerun.of, rerun.from), (first.clone(), Some(NodeId::new(from))));
    }
    // Without a node all is called; from one that is not there, nothing.
    let run = again(&runner, &first, None, None).await;
    runner.signal(&run, "go", json!("Ann"), None).await.unwrap();
    passed(&runner.wait(&run).await.unwrap());
    assert_eq!(called(&spy, &run).join(" "), "b d d d g h");
    let earlier = Earlier::read(&runner.reader().await.unwrap(), &first).unwrap();
    let error = earlier.start(prepared(PLAY), Some(NodeId::new("x"))).unwrap_err().to_string();
    assert!(error.contains("t/1/p has no node 'x' to start again from; it has a, b, c"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_play_that_was_repaired_goes_on_where_the_first_run_failed() {
    let spy = Spy::new();
    let runner = Runner::spawn(Config { builtin: Some(spy.clone()), ..config() });
    let play = |with: &str| {
        format!(
            "play t/1/p {{
               snap a
               call b = demo/1/fail with ({{code: 'ABORTED', message: 'no'}})
               call c = demo/1/upper with (ball.input)
               call d = demo/1/echo {with}
               pass e
               a -> b -> c -> d -> e
               b -> c on error
             }}"
        )
    };
    let first = start(&runner, &prepared(&play("with (ball.none)")), json!("hut")).await;
    assert!(!matches!(runner.wait(&first).await.unwrap(), Outcome::Passed { .. }));
    let run = again(&runner, &first, Some(prepared(&play("with ([ball])"))), Some("d")).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(["HUT"]));
    // The failure that led on was taken from the record too.
    assert_eq!(called(&spy, &run), ["d"]);
}

#[tokio::test(start_paused = true)]
async fn passages_through_a_cycle_before_the_node_are_not_made_again() {
    let spy = Spy::new();
    let runner = Runner::spawn(Config { builtin: Some(spy.clone()), ..config() });
    let play = prepared(
        "play t/1/p {
           snap a
           call b = demo/1/echo with (ball + 1)
           call c = demo/1/echo
           pass d
           a -> b
           b -> b when (ball < 3)
           b -> c otherwise
           c -> b when (ball < 5)
           c -> d otherwise
         }",
    );
    let first = start(&runner, &play, json!(0)).await;
    assert_eq!(passed(&runner.wait(&first).await.unwrap()).1, json!(5));
    let run = again(&runner, &first, None, Some("c")).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(5));
    assert_eq!(called(&spy, &run).join(" "), "b b c c c");
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_was_killed_takes_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let open = |later_ms| {
        let spy = Spy::new();
        let config = config_with(Journal::open(folder.path()).unwrap());
        (Config { world: World::seeded(UNIX_MS + later_ms, 8), builtin: Some(spy.clone()), ..config }, spy)
    };
    let (config, spy) = open(0);
    let runner = Runner::spawn(config);
    let play = prepared(
        "play t/1/p {
           snap a
           call b = demo/1/echo
           wait-for-signal c \"go\"
           call d = demo/1/sleep
           call e = demo/1/echo
           pass f
           a -> b -> c -> d -> e -> f
         }",
    );
    let first = start(&runner, &play, json!({"ms": 1000})).await;
    runner.signal(&first, "go", Value::Null, None).await.unwrap();
    passed(&runner.wait(&first).await.unwrap());
    spy.until_called(3).await;
    let run = again(&runner, &first, None, Some("d")).await;
    spy.until_called(4).await;
    runner.stop().await.unwrap();
    assert_eq!(called(&spy, &run), ["d"]);

    let (config, spy) = open(10_000);
    let runner = Runner::spawn(config);
    passed(&runner.wait(&run).await.unwrap());
    assert_eq!(called(&spy, &run), ["d", "e"]);
}

#[tokio::test(start_paused = true)]
async fn old_runs_go_but_for_those_that_are_needed() {
    let keep = Some(std::time::Duration::from_hours(1));
    let runner = Runner::spawn(Config { keep, ..config() });
    let ends = prepared("play t/1/e { snap a\n call b = demo/1/echo\n pass c\n a -> b -> c }");
    let waits =
        prepared("play t/1/w { snap a\n call b = demo/1/echo\n wait-for-signal c \"go\"\n pass d\n a -> b -> c -> d }");
    let old = start(&runner, &ends, json!(1)).await;
    let needed = start(&runner, &ends, json!(2)).await;
    passed(&runner.wait(&old).await.unwrap());
    passed(&runner.wait(&needed).await.unwrap());
    let parked = again(&runner, &needed, Some(waits), Some("c")).await;
    let reader = runner.reader().await.unwrap();
    let kept = || reader.runs(9).unwrap().into_iter().map(|info| info.run).collect::<Vec<_>>();
    tokio::time::sleep(std::time::Duration::from_mins(50)).await;
    assert_eq!(kept(), [parked.clone(), needed.clone(), old.clone()]);
    tokio::time::sleep(std::time::Duration::from_mins(20)).await;
    assert_eq!(kept(), [parked.clone(), needed.clone()]);
    runner.signal(&parked, "go", json!(1), None).await.unwrap();
    passed(&runner.wait(&parked).await.unwrap());
    tokio::time::sleep(std::time::Duration::from_mins(5)).await;
    assert_eq!(kept(), std::slice::from_ref(&parked));
    tokio::time::sleep(std::time::Duration::from_hours(2)).await;
    assert_eq!(kept(), []);
}

#[tokio::test(start_paused = true)]
async fn headers_of_the_first_start_are_taken_along() {
    let spy = Spy::new();
    let runner = Runner::spawn(Config { builtin: Some(spy.clone()), ..config() });
    let play =
        prepared("play t/1/h { snap a\n call b = demo/1/echo\n call c = demo/1/echo\n pass d\n a -> b -> c -> d }");
    let mut new = Start::new(play, json!(1));
    new.headers = Headers::new([("tenant".to_owned(), "blue".to_owned())]).unwrap();
    let first = runner.start(new).await.unwrap();
    passed(&runner.wait(&first).await.unwrap());
    for from in [None, Some("c")] {
        let run = again(&runner, &first, None, from).await;
        let Outcome::Passed { headers, .. } = runner.wait(&run).await.unwrap() else { panic!("it passes") };
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("tenant", "blue")]);
        let calls = spy.calls().into_iter().filter(|ball| ball.run == run.as_str()).collect::<Vec<_>>();
        assert_eq!(calls.len(), if from.is_some() { 1 } else { 2 });
        assert!(calls.iter().all(|ball| ball.headers["tenant"] == "blue"));
    }
}
