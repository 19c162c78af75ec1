//! Connections that break anywhere, come and go, are slow, or fall silent.

use std::time::Duration;

use chalktalk::base::RunId;
use chalktalk::event::{Code, Outcome};
use chalktalk::runner::v1::quarterback_client::QuarterbackClient;
use chalktalk::runner::v1::worker_client::WorkerClient;
use chalktalk::runner::{Runner, child_run, serve_worker, v1};
use serde_json::json;

use super::path::{Path, State};
use super::raw::RawPuller;
use super::stage::{Stage, answer, any, call};
use super::support::{Spy, config, passed, start};
use super::{events, failed_attempts, n_of, play};

const ANY_PORT: &str = "127.0.0.1:0";
/// Of the answers of a call, at which its connection breaks.
const N_BREAKS: u32 = 24;

#[tokio::test]
async fn a_connection_may_break_at_any_byte_of_an_answer() {
    let spy = Spy::new();
    let served = serve_worker(spy.clone(), ANY_PORT.parse().unwrap()).await.unwrap();
    let text = json!("x".repeat(400));
    let once = async |path: &Path| {
        let runner = Runner::spawn(config());
        let play = play("call b = demo/1/echo retry 1 backoff 1ms..1ms", &format!("demo/* service \"{}\"", path.url()));
        let run = start(&runner, &play, text.clone()).await;
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, text);
        let failures = failed_attempts(&events(&runner, &run).await);
        runner.stop().await.unwrap();
        failures
    };
    let whole = Path::to(served.addr).await;
    assert_eq!(once(&whole).await, []);
    let n_bytes = whole.n_answered();
    let mut n_failed = 0;
    for i in 0..N_BREAKS {
        let path = Path::that_breaks(served.addr, u64::from(i) * n_bytes / u64::from(N_BREAKS)).await;
        let failures = once(&path).await;
        for failure in &failures {
            assert_eq!(failure.code, Code::Unavailable, "{}", failure.message);
            assert!(failure.message.contains(&path.url()), "{}", failure.message);
        }
        n_failed += failures.len();
    }
    // The question about its health comes over the same connection, so that a break near the end may harm nobody.
    assert!(n_failed > 12, "{n_failed}");
}

#[tokio::test]
async fn a_worker_that_comes_and_goes_gets_all_its_balls_in_the_end() {
    let spy = Spy::new();
    let served = serve_worker(spy.clone(), ANY_PORT.parse().unwrap()).await.unwrap();
    let path = Path::to(served.addr).await;
    let runner = Runner::spawn(config());
    let binding = format!("demo/* service \"{}\"", path.url());
    let called = play("call b = demo/1/sleep retry 1000 backoff 2ms..20ms", &binding);
    let waited = play("wait-for-worker b = demo/1/sleep", &binding);
    let mut runs = Vec::new();
    for n in 0..12 {
        runs.push(start(&runner, if n % 3 == 0 { &waited } else { &called }, json!({"ms": 15, "n": n})).await);
    }
    for n in 1..8 {
        // In the middle of a call.
        spy.until_called(2 * n).await;
        path.set(State::Cut);
        let before = path.n_connections();
        while path.n_connections() == before {
            tokio::task::yield_now().await;
        }
        path.set(State::Open);
    }
    for (n, run) in runs.iter().enumerate() {
        assert_eq!(passed(&runner.wait(run).await.unwrap()).1["n"], n);
        let events = events(&runner, run).await;
        assert_eq!(n_of("Answered", &events), 1);
        assert!(failed_attempts(&events).iter().all(|failure| failure.code == Code::Unavailable));
    }
    // No attempt was made twice.
    let mut keys: Vec<_> = spy.calls().into_iter().map(|ball| (ball.run, ball.visit, ball.attempt)).collect();
    let n_calls = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), n_calls);
}

const FAR: Duration = Duration::from_millis(500);

#[tokio::test]
async fn half_a_second_each_way_is_slow_and_no_fault() {
    let spy = Spy::new();
    let served = serve_worker(spy.clone(), ANY_PORT.parse().unwrap()).await.unwrap();
    let path = Path::slow(served.addr, FAR).await;
    let mut stage = Stage::new().await;
    let home = Path::slow(stage.server.addr, FAR).await;
    let binding = format!("demo/* service \"{}\"\n pack/* pull", path.url());
    // Longer than a silent worker is waited for.
    let called = start(&stage.runner, &play("call b = demo/1/sleep", &binding), json!({"ms": 5000})).await;
    let waited = start(&stage.runner, &play("wait-for-worker b = demo/1/upper", &binding), json!("hut")).await;
    // A worker that pulls from as far away, and takes its time.
    let channel = tonic::transport::Channel::from_shared(home.url()).unwrap().connect().await.unwrap();
    let mut puller = RawPuller::join(channel.clone(), "far", 1).await;
    let pulled = start(&stage.runner, &play("call b = pack/1/box", &binding), json!(3)).await;
    let handed = puller.handed().await;
    tokio::time::sleep(2 * FAR).await;
    puller.answer(&handed, any(json!(4)));
    // And a client.
    stage.register(super::HELLO).await;
    let mut client = QuarterbackClient::new(channel);
    let ask = v1::StartRunRequest { play: "t/1/hello".into(), input: any(json!("far")), ..Default::default() };
    let run = client.start_run(ask).await.unwrap().into_inner().run;
    let mut told = client.watch_run(v1::WatchRunRequest { run, from: 0 }).await.unwrap().into_inner();
    let mut n_told = 0;
    while told.message().await.unwrap().is_some() {
        n_told += 1;
    }
    assert_eq!(n_told, 8);
    for (run, result) in [(called, json!({"ms": 5000})), (waited, json!("HUT")), (pulled, json!(4))] {
        assert_eq!(passed(&stage.runner.wait(&run).await.unwrap()).1, result);
        let events = events(&stage.runner, &run).await;
        assert_eq!((n_of("AttemptFailed", &events), n_of("Dropped", &events)), (0, 0));
    }
}

/// Its network is gone, not its call: the server closes what is silent for too long, and the run goes on.
#[tokio::test]
async fn a_caller_that_falls_silent_does_not_cancel_its_run_and_finds_it_again() {
    let spy = Spy::new();
    let mut stage = Stage::with_worker(spy.clone()).await;
    stage.register(super::SLEEPS).await;
    let path = Path::to(stage.server.addr).await;
    let request = call("t/1/sleeps", json!({"ms": 18_000}), ("r", "n", 1, 1));
    let theirs = request.clone();
    let url = path.url();
    let calling = tokio::spawn(async move { WorkerClient::connect(url).await.unwrap().invoke(theirs).await });
    spy.until_called(1).await;
    path.set(State::Silent);
    let run = child_run("r", "n", 1, 1);
    let outcome = stage.runner.wait(&run).await.unwrap();
    assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
    let mut worker = stage.worker().await;
    assert_eq!(answer(worker.invoke(request).await)["ms"], 18_000);
    assert_eq!(spy.calls().len(), 1);
    calling.abort();
}

/// Watchers whose network is gone keep nothing of the run, and the run keeps nothing of them.
#[tokio::test]
async fn a_watcher_that_falls_silent_is_forgotten() {
    let mut stage = Stage::new().await;
    stage.register(super::WAITS).await;
    let run = stage.start("t/1/waits", json!(1)).await;
    let path = Path::to(stage.server.addr).await;
    let mut client = QuarterbackClient::connect(path.url()).await.unwrap();
    let ask = v1::WatchRunRequest { run: run.clone(), from: 0 };
    let mut told = client.watch_run(ask).await.unwrap().into_inner();
    told.message().await.unwrap().unwrap();
    path.set(State::Silent);
    let to = Some(v1::signal_request::To::Run(run.clone()));
    let signal = v1::SignalRequest { to, name: "go".into(), payload: None, signal_id: String::new() };
    stage.client.signal(signal).await.unwrap();
    let outcome = stage.runner.wait(&RunId::new(&run)).await.unwrap();
    assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
    assert_eq!(stage.watch(&run, 0).await.last().unwrap().kind, "Finished");
}
