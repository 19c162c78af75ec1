//! Plays, messages and clients that want too much, against the real server: what stops each, and in which words.

use chalktalk::base::RunId;
use chalktalk::event::{Code as FailureCode, Failure};
use chalktalk::journal::Status;
use chalktalk::runner::{Config, Limits, v1};
use serde_json::{Value, json};
use tonic::Code;

use super::stage::{Stage, any};
use super::support::{config, failed};
use super::{HELLO, WAITS};

async fn stage(limits: Limits) -> Stage {
    Stage::with(Config { limits, ..config() }).await
}

impl Stage {
    /// Registers the play and lets it run: it must fail, and the server be well after it.
    async fn fails(&mut self, text: &str, input: Value) -> Failure {
        let play = self.register(text).await.remove(0);
        let run = RunId::new(self.start(&play, input).await);
        let failure = failed(&self.runner.wait(&run).await.unwrap()).1;
        self.is_well().await;
        failure
    }

    async fn is_well(&mut self) {
        self.register(HELLO).await;
        let run = self.start("t/1/hello", json!("hut")).await;
        assert!(self.watch(&run, 0).await.last().unwrap().body.contains("HUT"));
    }

    async fn signal(&mut self, run: &str, name: &str, payload: Value) -> Result<(), tonic::Status> {
        let to = Some(v1::signal_request::To::Run(run.to_owned()));
        let signal = v1::SignalRequest { to, name: name.into(), payload: any(payload), signal_id: String::new() };
        self.client.signal(signal).await.map(drop)
    }
}

#[track_caller]
fn says(failure: &Failure, code: FailureCode, words: &str) {
    assert_eq!(failure.code, code, "{}", failure.message);
    assert!(failure.message.contains(words), "{}", failure.message);
}

#[tokio::test]
async fn a_play_that_doubles_itself_is_stopped_below_its_first_run() {
    let mut stage = stage(Limits { runs_below: 200, ..Limits::default() }).await;
    // 65,536 runs at the sixteenth level.
    let bomb = "play t/1/bomb { snap a\n fan-out f\n call b = t/1/bomb\n call c = t/1/bomb\n fan-in j all\n pass d
        a -> f -> { b, c } -> j -> d }";
    let failure = stage.fails(bomb, json!(1)).await;
    says(&failure, FailureCode::FailedPrecondition, "200 unfinished runs below it, as many as are allowed");
    let runs = stage.runner.reader().await.unwrap().runs(100_000).unwrap();
    assert!(runs.len() < 1000, "{} runs", runs.len());
    // None is left behind.
    for run in &runs {
        stage.runner.wait(&run.run).await.unwrap();
    }
    let runs = stage.runner.reader().await.unwrap().runs(100_000).unwrap();
    assert!(runs.iter().all(|run| ![Status::Running, Status::Stopped].contains(&run.status)));
    let endless = "play t/1/self { snap a\n call b = t/1/self\n pass d\n a -> b -> d }";
    let failure = stage.fails(endless, json!(1)).await;
    says(&failure, FailureCode::FailedPrecondition, "do they call each other without end?");
}

#[tokio::test]
async fn no_more_runs_are_started_than_are_allowed() {
    let mut stage = stage(Limits { runs: 3, ..Limits::default() }).await;
    stage.register(WAITS).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(stage.start("t/1/waits", json!(1)).await);
    }
    let ask = || v1::StartRunRequest { play: "t/1/waits".into(), ..Default::default() };
    let status = stage.client.start_run(ask()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("--max-runs"), "{status}");
    // Those that are there are not touched, and make room when they end.
    stage.signal(&runs[0], "go", json!(1)).await.unwrap();
    stage.runner.wait(&RunId::new(&runs[0])).await.unwrap();
    stage.client.start_run(ask()).await.unwrap();
}

#[tokio::test]
async fn an_expression_that_would_never_end_is_cut_off() {
    let mut stage = stage(Limits::default()).await;
    let bomb = "play t/1/cel { snap a\n call b = demo/1/echo with (ball.all(x, ball.all(y, ball.all(z, x + y + z >= 0))))\n pass c
        a -> b -> c }";
    let failure = stage.fails(bomb, json!(vec![1; 2000])).await;
    assert!(failure.message.contains("takes too long"), "{}", failure.message);
    for expression in [
        "1 + ".repeat(600) + "1",
        "(".repeat(900) + "1" + &")".repeat(900),
        "!".repeat(1900) + "true",
        "ball".to_owned() + &".b".repeat(950),
        "x".repeat(5000),
    ] {
        let document =
            format!("play t/1/long {{ snap a\n call b = demo/1/echo with ({expression})\n pass c\n a -> b -> c }}");
        let ask = v1::RegisterPlayRequest { document, formation: String::new() };
        assert_eq!(stage.client.register_play(ask).await.unwrap_err().code(), Code::InvalidArgument);
    }
    stage.is_well().await;
}

#[tokio::test]
async fn a_million_balls_are_not_made() {
    let mut stage = stage(Limits { message: 64 << 20, ..Limits::default() }).await;
    let each = "play t/1/each { snap a\n fan-out f each (ball)\n call b = demo/1/echo\n fan-in j all\n pass d
        a -> f -> b -> j -> d }";
    let failure = stage.fails(each, json!(vec![1; 1_000_000])).await;
    says(&failure, FailureCode::ResourceExhausted, "100000");
}

#[tokio::test]
async fn a_run_that_holds_too_much_is_ended() {
    let mut stage = stage(Limits { run_bytes: 1 << 20, ..Limits::default() }).await;
    // Text that doubles on its way round.
    let doubles = "play t/1/doubles { snap a\n fan-out f one with ({\"t\": ball.t + ball.t})\n pass d\n a -> f
        f -> f when (true)\n f -> d otherwise }";
    let failure = stage.fails(doubles, json!({"t": "x"})).await;
    says(&failure, FailureCode::ResourceExhausted, "without anything from outside");
    // Text that grows with every call.
    let grows =
        "play t/1/grows { snap a\n call b = demo/1/echo with ({\"t\": ball.t + ball.t})\n fan-out f one\n pass d
        a -> b -> f\n f -> b when (true)\n f -> d otherwise }";
    let failure = stage.fails(grows, json!({"t": "x"})).await;
    says(&failure, FailureCode::ResourceExhausted, "the run holds");
    // Objects inside each other.
    let nests =
        "play t/1/nests { snap a\n fan-out f\n fan-out p one\n fan-out q one with (1)\n fan-in j all\n fan-out g one\n pass d
        a -> f\n f -> { p, q } -> j -> g\n g -> f when (true)\n g -> d otherwise }";
    let failure = stage.fails(nests, json!(1)).await;
    says(&failure, FailureCode::ResourceExhausted, "nested deeper than 100 levels");
    // What is left in the journal can be read.
    let runs = stage.runner.reader().await.unwrap().runs(99).unwrap();
    for run in runs {
        let history = stage.runner.reader().await.unwrap().events(&run.run).unwrap();
        assert!(history.unread.is_empty(), "{:?}", history.unread.first().map(|unread| &unread.why));
    }

    // Signals that nobody waits for are kept, and count.
    stage.register(WAITS).await;
    let run = stage.start("t/1/waits", json!(1)).await;
    let mut n_kept = 0;
    while stage.signal(&run, "other", json!("x".repeat(100_000))).await.is_ok() {
        n_kept += 1;
        assert!(n_kept < 20);
    }
    let failure = failed(&stage.runner.wait(&RunId::new(&run)).await.unwrap()).1;
    says(&failure, FailureCode::ResourceExhausted, "--max-run-memory");
    // So are those to a key.
    let keyed = || v1::SignalRequest {
        to: Some(v1::signal_request::To::Key("k".into())),
        name: "nobody".into(),
        payload: any(json!("x".repeat(100_000))),
        signal_id: String::new(),
    };
    let mut n_kept = 0;
    let status = loop {
        match stage.client.signal(keyed()).await {
            Ok(_) => n_kept += 1,
            Err(status) => break status,
        }
        assert!(n_kept < 20);
    };
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("they go after 24 hours"), "{status}");
    stage.is_well().await;
}

#[tokio::test]
async fn what_is_nested_too_deeply_is_refused() {
    let mut stage = stage(Limits::default()).await;
    stage.register(HELLO).await;
    let nest = |levels: u32| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let ask = |input| v1::StartRunRequest { play: "t/1/hello".into(), input: any(input), ..Default::default() };
    let status = stage.client.start_run(ask(nest(120))).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let play = stage.runner.play(&"t/1/hello".parse().unwrap()).unwrap();
    let error = stage.runner.start(chalktalk::runner::Start::new(play, nest(120))).await.unwrap_err();
    assert!(error.to_string().contains("nested 120 levels deep, and 100 are allowed"), "{error}");
    for document in ["{".repeat(200_000), "(".repeat(200_000), format!("play t/1/x {{ {}", "a -> {".repeat(50_000))] {
        let ask = v1::RegisterPlayRequest { document, formation: String::new() };
        assert_eq!(stage.client.register_play(ask).await.unwrap_err().code(), Code::InvalidArgument);
    }
    stage.is_well().await;
}

#[tokio::test]
async fn connections_watches_and_workers_are_counted() {
    let mut stage =
        stage(Limits { connections: 2, watches: 2, catches: 1, message: 64 << 10, ..Limits::default() }).await;
    stage.register(WAITS).await;
    let run = stage.start("t/1/waits", json!(1)).await;
    let ask = || v1::WatchRunRequest { run: run.clone(), from: 0 };
    let first = stage.client.watch_run(ask()).await.unwrap().into_inner();
    let _second = stage.client.watch_run(ask()).await.unwrap().into_inner();
    let status = stage.client.watch_run(ask()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(
        status.message().contains("as many watches as it takes: end one of them, or raise --max-watches"),
        "{status}"
    );
    // Whoever goes makes room, as soon as the server sees it.
    drop(first);
    while stage.client.watch_run(ask()).await.is_err() {}

    let say_nothing = tokio_stream::pending::<v1::CatchRequest>;
    let catch = stage.client.catch(say_nothing()).await.unwrap();
    let status = stage.client.catch(say_nothing()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    drop(catch);

    let large =
        v1::StartRunRequest { play: "t/1/waits".into(), input: any(json!("x".repeat(70_000))), ..Default::default() };
    let status = stage.client.start_run(large).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");

    // The client of the stage has one, this the other.
    let other = stage.channel().await;
    let third = async |url: String| {
        let channel = tonic::transport::Endpoint::from_shared(url).unwrap().connect_lazy();
        v1::worker_client::WorkerClient::new(channel).describe(v1::DescribeRequest {}).await.is_ok()
    };
    assert!(!third(stage.url()).await);
    drop(other);
    while !third(stage.url()).await {}
}
