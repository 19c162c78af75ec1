//! A play as a target over the network.

use chalktalk::base::RunId;
use chalktalk::event::Outcome;
use chalktalk::journal::Status;
use chalktalk::runner::{MAX_DEPTH, Start, child_run, v1};
use serde_json::json;
use tonic::{Code, Request};

use super::stage::{Stage, answer, call};
use super::support::{Spy, failed, passed, prepared_with, start};
use super::{HELLO, WAITS};

const SLEEPS: &str = "play t/1/sleeps { snap a\n call b = demo/1/sleep\n pass c\n a -> b -> c }";

#[tokio::test]
async fn any_client_calls_a_play_as_it_calls_a_worker() {
    let mut stage = Stage::new().await;
    stage.register(HELLO).await;
    stage.register("play t/1/fails { snap a\n call b = demo/1/fail\n pass c\n a -> b -> c }").await;
    let mut worker = stage.worker().await;
    let described = worker.describe(v1::DescribeRequest {}).await.unwrap().into_inner();
    assert_eq!(described.worker, "quarterback");
    assert_eq!(described.methods.iter().map(|method| method.method.as_str()).collect::<Vec<_>>(), ["fails", "hello"]);

    let key = ("their-run", "node", 1, 1);
    let response = worker.invoke(call("t/1/hello", json!("hut"), key)).await.unwrap().into_inner().ball.unwrap();
    assert_eq!(response.run, "their-run");
    let child = child_run(key.0, key.1, key.2, key.3);
    assert_eq!(response.headers["chalktalk-run"], child.as_str());
    let shown = stage.client.get_run(v1::GetRunRequest { run: child.to_string() }).await.unwrap().into_inner();
    assert_eq!(shown.parent, Some(v1::Parent { run: "their-run".into(), node: "node".into() }));
    assert_eq!(shown.depth, 1);
    // Made again, the call joins the run that there is; another attempt is another run.
    assert_eq!(answer(worker.invoke(call("t/1/hello", json!("hut"), key)).await), json!("HUT"));
    assert_eq!(answer(worker.invoke(call("t/1/hello", json!("two"), ("their-run", "node", 1, 2))).await), json!("TWO"));
    // Without a run there is no key: each call is one of its own.
    for _ in 0..2 {
        assert_eq!(answer(worker.invoke(call("t/1/hello", json!("x"), ("", "", 0, 0))).await), json!("X"));
    }
    assert_eq!(stage.runner.reader().await.unwrap().runs(99).unwrap().len(), 4);

    let wrong = worker.invoke(call("t/1/fails", json!({"code": "ABORTED", "message": "no"}), ("r", "n", 1, 1))).await;
    let status = wrong.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Aborted, "t/1/fails failed at b: no"));
    let status = worker.invoke(call("t/1/fails", json!({}), key)).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists, "{status}");
    let status = worker.invoke(call("t/9/none", json!({}), key)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("it has t/1/fails, t/1/hello"), "{status}");
}

#[tokio::test]
async fn one_who_gives_up_cancels_the_run_and_one_who_sets_a_time_bounds_it() {
    let spy = Spy::new();
    let mut stage = Stage::with_worker(spy.clone()).await;
    stage.register(SLEEPS).await;
    let mut worker = stage.worker().await;
    let request = call("t/1/sleeps", json!({"ms": 3_600_000}), ("r", "n", 1, 1));
    let calling = tokio::spawn({
        let (mut worker, request) = (worker.clone(), request.clone());
        async move { worker.invoke(request).await }
    });
    spy.until_called(1).await;
    calling.abort();
    let run = child_run("r", "n", 1, 1);
    let outcome = stage.runner.wait(&run).await.unwrap();
    assert!(matches!(&outcome, Outcome::Cancelled { reason } if reason.contains("gave up")), "{outcome:?}");
    spy.until_dropped(1).await;

    let mut request = Request::new(call("t/1/sleeps", json!({"ms": 3_600_000}), ("r", "n", 1, 2)));
    request.set_timeout(std::time::Duration::from_millis(200));
    let status = worker.invoke(request).await.unwrap_err();
    assert!([Code::DeadlineExceeded, Code::Cancelled].contains(&status.code()), "{status}");
    spy.until_dropped(2).await;
}

/// A call by a process that is gone in the middle of it.
async fn call_and_go(url: String, request: v1::InvokeRequest, spy: &Spy) {
    let process = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.spawn(async move {
            let mut worker = v1::worker_client::WorkerClient::connect(url).await.unwrap();
            worker.invoke(request).await
        });
        runtime
    })
    .join()
    .unwrap();
    spy.until_called(1).await;
    process.shutdown_background();
}

/// On a runtime of its own: when that goes, so does its connection, as when its process is killed.
#[tokio::test]
async fn one_who_is_gone_does_not_cancel_the_run_and_finds_it_again() {
    let spy = Spy::new();
    let mut stage = Stage::with_worker(spy.clone()).await;
    stage.register(SLEEPS).await;
    let url = stage.url();
    let request = call("t/1/sleeps", json!({"ms": 400}), ("r", "n", 1, 1));
    let theirs = request.clone();
    call_and_go(url, theirs, &spy).await;
    let mut worker = stage.worker().await;
    assert_eq!(answer(worker.invoke(request).await)["ms"], 400);
    assert_eq!(spy.calls().len(), 1);
    let runs = stage.runner.reader().await.unwrap().runs(9).unwrap();
    assert_eq!(runs.iter().map(|run| run.status).collect::<Vec<_>>(), [Status::Passed]);
}

/// As it is when the quarterback that serves the call restarts and the caller tries again.
#[tokio::test]
async fn the_next_attempt_finds_the_run_of_an_attempt_that_was_cut_off() {
    let spy = Spy::new();
    let mut stage = Stage::with_worker(spy.clone()).await;
    stage.register(SLEEPS).await;
    let url = stage.url();
    let attempt = |n, ms: u32| call("t/1/sleeps", json!({"ms": ms}), ("r", "n", 1, n));
    let theirs = attempt(1, 400);
    call_and_go(url, theirs, &spy).await;
    let mut worker = stage.worker().await;
    // While it runs, and once it has passed; one that asks for something else is another.
    assert_eq!(answer(worker.invoke(attempt(2, 400)).await)["ms"], 400);
    assert_eq!(answer(worker.invoke(attempt(3, 400)).await)["ms"], 400);
    assert_eq!(spy.calls().len(), 1);
    assert_eq!(answer(worker.invoke(attempt(4, 1)).await)["ms"], 1);
    assert_eq!(spy.calls().len(), 2);
}

#[tokio::test]
async fn a_run_of_another_caller_is_not_taken_for_ones_own() {
    let mut stage = Stage::new().await;
    stage.register(HELLO).await;
    let prepared = stage.runner.play(&"t/1/hello".parse().unwrap()).unwrap();
    let run = child_run("r", "n", 1, 1);
    let start = Start { id: Some(run.clone()), ..Start::new(prepared, json!("hut")) };
    assert_eq!(stage.runner.start(start).await.unwrap(), run);
    let status = stage.worker().await.invoke(call("t/1/hello", json!("hut"), ("r", "n", 1, 1))).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    for word in [run.as_str(), "was called by nobody", "node n of run r"] {
        assert!(status.message().contains(word), "{status}");
    }
}

/// Two quarterbacks that hand each other the ball, nine levels deep.
#[tokio::test]
async fn plays_call_plays_over_the_network() {
    let (mut home, mut away) = (Stage::new().await, Stage::new().await);
    let play = |level: u32, to: &str, url: &str| {
        format!(
            "play t/{level}/p {{ snap a\n call b = {to}\n pass c\n a -> b -> c }}
             formation f {{ t/* service \"{url}\"\n demo/* builtin }}"
        )
    };
    for level in 1..=9 {
        let to = if level == 9 { "demo/1/upper".to_owned() } else { format!("t/{}/p", level + 1) };
        let (stage, url) = if level % 2 == 0 { (&mut away, home.url()) } else { (&mut home, away.url()) };
        stage.register(&play(level, &to, &url)).await;
    }
    let run = home.start("t/1/p", json!("hut")).await;
    let run = RunId::new(run);
    assert_eq!(passed(&home.runner.wait(&run).await.unwrap()).1, json!("HUT"));
    let mut parent = run;
    for depth in 1..9 {
        let child = child_run(&parent, "b", 1, 1);
        let stage = if depth % 2 == 0 { &mut home } else { &mut away };
        let shown = stage.client.get_run(v1::GetRunRequest { run: child.to_string() }).await.unwrap().into_inner();
        assert_eq!((shown.depth, shown.parent.unwrap().run), (depth, parent.to_string()));
        parent = child;
    }

    // Without an end it is refused, though no one of the two sees it whole.
    home.register(&play(1, "t/2/p", &away.url())).await;
    away.register(&play(2, "t/1/p", &home.url())).await;
    let run = RunId::new(home.start("t/1/p", json!("hut")).await);
    let failure = failed(&home.runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, chalktalk::event::Code::FailedPrecondition);
    assert!(failure.message.contains(&format!("at most {MAX_DEPTH} are allowed")), "{}", failure.message);
}

#[tokio::test]
async fn a_cancel_and_a_deadline_cross_the_network() {
    let spy = Spy::new();
    let mut away = Stage::with_worker(spy.clone()).await;
    away.register(SLEEPS).await;
    let home = Stage::new().await;
    let play = |option: &str| {
        let text = format!(
            "play t/1/p {{ snap a\n call b = t/1/sleeps {option}\n pass c\n a -> b -> c }}\nformation f {{ t/* service \"{}\" }}",
            away.url()
        );
        prepared_with(&text, "f")
    };
    let run = start(&home.runner, &play(""), json!({"ms": 3_600_000})).await;
    spy.until_called(1).await;
    home.runner.cancel(&run, "rain").await.unwrap();
    spy.until_dropped(1).await;
    let outcome = away.runner.wait(&child_run(&run, "b", 1, 1)).await.unwrap();
    assert!(matches!(outcome, Outcome::Cancelled { .. }), "{outcome:?}");

    let run = start(&home.runner, &play("timeout 300ms"), json!({"ms": 3_600_000})).await;
    let failure = failed(&home.runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, chalktalk::event::Code::DeadlineExceeded);
    spy.until_dropped(2).await;
    let outcome = away.runner.wait(&child_run(&run, "b", 1, 1)).await.unwrap();
    assert!(!matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
}

/// A server that stops leaves the runs alone that serve calls.
#[tokio::test]
async fn a_server_that_stops_cancels_no_run() {
    let spy = Spy::new();
    let mut stage = Stage::with_worker(spy.clone()).await;
    stage.register(SLEEPS).await;
    stage.register(WAITS).await;
    let waits = stage.start("t/1/waits", json!(1)).await;
    let mut told = stage.client.watch_run(v1::WatchRunRequest { run: waits, from: 0 }).await.unwrap().into_inner();
    let mut worker = stage.worker().await;
    let calling =
        tokio::spawn(async move { worker.invoke(call("t/1/sleeps", json!({"ms": 300}), ("r", "n", 1, 1))).await });
    spy.until_called(1).await;
    stage.server.stop().await;
    let status = calling.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    let end = loop {
        match told.message().await {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert_eq!(end.unwrap_err().code(), Code::Unavailable);
    let outcome = stage.runner.wait(&child_run("r", "n", 1, 1)).await.unwrap();
    assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
}
