//! Watchers that come late, go away, and are slow.

use chalktalk::base::RunId;
use chalktalk::event::Outcome;
use chalktalk::runner::v1;
use serde_json::json;

use super::WAITS;
use super::stage::{Stage, any};

#[tokio::test]
async fn a_watcher_follows_a_run_as_it_goes_on() {
    let mut stage = Stage::new().await;
    stage.register(WAITS).await;
    let run = stage.start("t/1/waits", json!(1)).await;
    let ask = v1::WatchRunRequest { run: run.clone(), from: 0 };
    let mut told = stage.client.watch_run(ask).await.unwrap().into_inner();
    let mut kinds = Vec::new();
    loop {
        let Some(message) = told.message().await.unwrap() else { break };
        let Some(v1::watch_run_response::What::Event(event)) = message.what else { continue };
        if event.kind == "Parked" {
            let to = Some(v1::signal_request::To::Run(run.clone()));
            let signal = v1::SignalRequest { to, name: "go".into(), payload: any(json!(2)), signal_id: String::new() };
            stage.client.signal(signal).await.unwrap();
        }
        kinds.push(event.kind);
    }
    assert_eq!(
        kinds,
        ["Started", "Snapped", "Moved", "Parked", "Signalled", "SignalUsed", "Moved", "Passed", "Finished"]
    );
}

#[tokio::test]
async fn a_watcher_that_does_not_read_holds_up_nobody_and_misses_nothing() {
    let mut stage = Stage::new().await;
    // Each event carries the text of the input.
    let text = "play t/1/counts {
      snap a
      wait-for-signal w \"go\"
      call b = demo/1/echo with ({n: ball.n + 1, text: ball.text})
      fan-out c one
      pass d
      a -> w -> b -> c
      c -> b when (ball.n < 2000)
      c -> d otherwise
    }";
    stage.register(text).await;
    let run = stage.start("t/1/counts", json!({"n": 0, "text": "x".repeat(2000)})).await;
    let ask = v1::WatchRunRequest { run: run.clone(), from: 0 };
    let mut told = stage.client.watch_run(ask).await.unwrap().into_inner();
    let mut next = 0;
    while next < 4 {
        told.message().await.unwrap();
        next += 1;
    }
    // It follows what happens, and reads no more: one that still reads what is kept cannot fall behind.
    while stage.runner.standing().await.unwrap().watches == 0 {}
    let to = Some(v1::signal_request::To::Run(run.clone()));
    let signal = v1::SignalRequest { to, name: "go".into(), payload: None, signal_id: String::new() };
    stage.client.signal(signal).await.unwrap();
    // Many times what the stream, the sockets and the server hold: the run does not wait for any of them.
    let outcome = stage.runner.wait(&RunId::new(&run)).await.unwrap();
    assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
    let mut n_lagged = 0;
    while let Some(message) = told.message().await.unwrap() {
        match message.what.unwrap() {
            v1::watch_run_response::What::Event(event) => {
                assert_eq!(event.seq, next);
                next += 1;
            }
            v1::watch_run_response::What::Lagged(lagged) => {
                assert_eq!(lagged.seq, next);
                n_lagged += 1;
            }
        }
    }
    let kept = stage.runner.reader().await.unwrap().run(&RunId::new(&run)).unwrap().n_events;
    assert_eq!(next, kept);
    assert!(kept > 8000 && n_lagged > 0, "{kept} events, told {n_lagged} times that it lags");
}

#[tokio::test]
async fn a_watcher_that_goes_away_is_forgotten() {
    let mut stage = Stage::new().await;
    stage.register(WAITS).await;
    let run = stage.start("t/1/waits", json!(1)).await;
    for _ in 0..100 {
        let ask = v1::WatchRunRequest { run: run.clone(), from: 0 };
        let mut told = stage.client.watch_run(ask).await.unwrap().into_inner();
        told.message().await.unwrap().unwrap();
    }
    let to = Some(v1::signal_request::To::Run(run.clone()));
    let signal = v1::SignalRequest { to, name: "go".into(), payload: None, signal_id: String::new() };
    stage.client.signal(signal).await.unwrap();
    assert_eq!(stage.watch(&run, 0).await.last().unwrap().kind, "Finished");
}
