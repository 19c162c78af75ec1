//! Signals that come early, late, twice, to a run and to a key.

use chalktalk::event::{Event, Recorded};
use chalktalk::journal::Journal;
use chalktalk::runner::Runner;
use serde_json::json;

use super::support::{config, config_with, failed, kinds, passed, prepared, start};

const TWO_WAITS: &str = "play t/1/p {
  snap a
  wait-for-signal b \"go\"
  call c = demo/1/sleep
  wait-for-signal d \"go\"
  pass e
  a -> b -> c -> d -> e
}";

const BY_KEY: &str = "play t/1/k {
  snap a
  wait-for-signal b \"paid\" key (ball.order)  timeout 2h
  pass c
  pass never
  a -> b -> c
  b -> never on timeout
}";

#[tokio::test(start_paused = true)]
async fn an_early_signal_is_kept_and_each_wait_uses_its_own() {
    let runner = Runner::spawn(config());
    let run = start(&runner, &prepared(TWO_WAITS), json!({"ms": 500})).await;
    runner.signal(&run, "go", json!(1), Some("one".into())).await.unwrap();
    // The second wait has not begun.
    runner.signal(&run, "go", json!(2), Some("two".into())).await.unwrap();
    passed(&runner.wait(&run).await.unwrap());
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    let used: Vec<String> = events
        .iter()
        .filter_map(|Recorded { event, .. }| match event {
            Event::SignalUsed { node, id, .. } => Some(format!("{node} {id}")),
            _ => None,
        })
        .collect();
    assert_eq!(used, ["b one", "d two"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_signal_twice_counts_once() {
    let runner = Runner::spawn(config());
    let run = start(&runner, &prepared(TWO_WAITS), json!({"ms": 1})).await;
    for _ in 0..2 {
        runner.signal(&run, "go", json!(1), Some("one".into())).await.unwrap();
    }
    let mut watch = runner.watch(&run, 0).await.unwrap();
    let mut seen = Vec::new();
    while kinds(&seen).iter().filter(|kind| *kind == "Parked").count() < 2 {
        seen.extend_from_slice(&watch.next().await.unwrap().1);
    }
    assert_eq!(kinds(&seen).iter().filter(|kind| *kind == "Signalled").count(), 1);
    // It still waits: only another signal brings it on.
    runner.signal(&run, "go", json!(2), None).await.unwrap();
    passed(&runner.wait(&run).await.unwrap());
    assert!(runner.signal(&run, "go", json!(3), None).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_signal_to_a_key_goes_to_all_that_wait_for_it() {
    let runner = Runner::spawn(config());
    let play = prepared(BY_KEY);
    let mut runs = Vec::new();
    for order in ["o-1", "o-1", "o-2"] {
        runs.push(start(&runner, &play, json!({"order": order})).await);
    }
    assert_eq!(runner.signal_key("o-1", "paid", json!(1), Some("s".into())).await.unwrap(), 2);
    assert_eq!(runner.signal_key("o-1", "paid", json!(1), Some("s".into())).await.unwrap(), 0);
    for run in &runs[..2] {
        assert_eq!(passed(&runner.wait(run).await.unwrap()).0, "c");
    }
    // The other one waits until its time is over.
    assert_eq!(passed(&runner.wait(&runs[2]).await.unwrap()).0, "never");
}

#[tokio::test(start_paused = true)]
async fn an_early_signal_to_a_key_is_kept_over_a_restart_for_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let runner = Runner::spawn(config_with(Journal::open(folder.path()).unwrap()));
    assert_eq!(runner.signal_key("o-1", "paid", json!(1), Some("s".into())).await.unwrap(), 0);
    runner.stop().await.unwrap();

    let runner = Runner::spawn(config_with(Journal::open(folder.path()).unwrap()));
    let play = prepared(BY_KEY);
    let first = start(&runner, &play, json!({"order": "o-1"})).await;
    assert_eq!(passed(&runner.wait(&first).await.unwrap()).0, "c");
    let second = start(&runner, &play, json!({"order": "o-1"})).await;
    assert_eq!(passed(&runner.wait(&second).await.unwrap()).0, "never");
    // Its id is remembered.
    assert_eq!(runner.signal_key("o-1", "paid", json!(1), Some("s".into())).await.unwrap(), 0);
    let third = start(&runner, &play, json!({"order": "o-1"})).await;
    assert_eq!(passed(&runner.wait(&third).await.unwrap()).0, "never");
}

#[tokio::test(start_paused = true)]
async fn a_run_can_start_from_a_signal() {
    let runner = Runner::spawn(config());
    let play = prepared("play t/1/p {\n wait-for-signal a \"order\"\n pass b\n a -> b\n }");
    let mut by_signal = chalktalk::runner::Start::new(play.clone(), json!({"n": 1}));
    by_signal.entry = Some("a".into());
    let run = runner.start(by_signal).await.unwrap();
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!({"n": 1}));
    let run = start(&runner, &play, json!(1)).await;
    assert!(failed(&runner.wait(&run).await.unwrap()).1.message.contains("no snap"));
}
