//! The quarterback over real sockets, spoken to by the clients that the contract generates.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod levels;
mod malice;
mod pulling;
mod redact;
mod refused;
#[path = "../support/safe.rs"]
mod safe;
mod secure;
mod stage;
#[path = "../runner/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the runner")]
mod support;
mod watching;

use chalktalk::event::Recorded;
use chalktalk::runner::{Error, Runner, Server, v1};
use serde_json::json;
use tonic::Code;

use stage::{Stage, any, json_of};
use support::config;

const HELLO: &str = "play t/1/hello \"Says hello\" { snap a\n call b = demo/1/upper\n pass c\n a -> b -> c }";
const WAITS: &str = "play t/1/waits { snap a\n wait-for-signal b \"go\"\n pass c with (signal)\n a -> b -> c }";

#[tokio::test]
async fn a_play_is_registered_started_watched_and_shown() {
    let mut stage = Stage::new().await;
    assert_eq!(stage.register(HELLO).await, ["t/1/hello"]);
    let run = stage.start("t/1/hello", json!("hut")).await;
    let told = stage.watch(&run, 0).await;
    // Word for word what the journal has.
    let kept = stage.runner.reader().await.unwrap().events(&run.as_str().into()).unwrap().events;
    let read: Vec<Recorded> = told
        .iter()
        .map(|event| Recorded {
            seq: event.seq,
            at: chalktalk::base::RunMicros(event.at_us),
            event: serde_json::from_str(&event.body).unwrap(),
        })
        .collect();
    assert_eq!(read, kept);
    assert_eq!(told.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), support::kinds(&kept));
    // From the middle, from the end, and past it.
    assert_eq!(stage.watch(&run, 3).await, told[3..]);
    assert_eq!(stage.watch(&run, told.len() as u64 - 1).await, told[told.len() - 1..]);

    let shown = stage.client.get_run(v1::GetRunRequest { run: run.clone() }).await.unwrap().into_inner();
    assert_eq!((json_of(shown.input), json_of(shown.result)), (json!("hut"), json!("HUT")));
    let line = shown.run.unwrap();
    assert_eq!((line.run, line.play.as_str(), line.events), (run, "t/1/hello", told.len() as u64));
    assert_eq!(line.status, v1::RunStatus::Passed as i32);
    assert!(line.started.unwrap().seconds > 1_600_000_000 && line.took.is_some());
}

#[tokio::test]
async fn the_same_request_starts_one_run_and_the_same_signal_counts_once() {
    let mut stage = Stage::new().await;
    stage.register(WAITS).await;
    let ask = || v1::StartRunRequest { play: "t/1/waits".into(), request_id: "order-7".into(), ..Default::default() };
    let one = stage.client.start_run(ask()).await.unwrap().into_inner().run;
    let two = stage.client.start_run(ask()).await.unwrap().into_inner().run;
    assert_eq!(one, two);
    let other = stage.start("t/1/waits", json!(1)).await;
    assert_ne!(one, other);
    let signal = |run: &str, n: i32| v1::SignalRequest {
        to: Some(v1::signal_request::To::Run(run.to_owned())),
        name: "other".into(),
        payload: any(json!(n)),
        signal_id: "s-1".into(),
    };
    for n in 0..3 {
        assert_eq!(stage.client.signal(signal(&one, n)).await.unwrap().into_inner().runs, 1);
    }
    let go = v1::SignalRequest { name: "go".into(), signal_id: String::new(), ..signal(&one, 7) };
    stage.client.signal(go.clone()).await.unwrap();
    let told = stage.watch(&one, 0).await;
    assert_eq!(told.iter().filter(|event| event.kind == "Signalled").count(), 2);
    // It has ended, which is another mistake than that it never was.
    for (run, code) in [(one.as_str(), Code::FailedPrecondition), ("nobody", Code::NotFound)] {
        let to = Some(v1::signal_request::To::Run(run.to_owned()));
        let status = stage.client.signal(v1::SignalRequest { to, ..go.clone() }).await.unwrap_err();
        assert_eq!(status.code(), code, "{status}");
        let cancel = v1::CancelRequest { run: run.to_owned(), reason: String::new() };
        assert_eq!(stage.client.cancel(cancel).await.unwrap_err().code(), code);
    }
    let cancel = v1::CancelRequest { run: other.clone(), reason: "rain".into() };
    stage.client.cancel(cancel).await.unwrap();
    let told = stage.watch(&other, 0).await;
    assert!(told.last().unwrap().body.contains("rain"), "{told:?}");
}

#[tokio::test]
async fn a_signal_by_key_reaches_all_who_wait_for_it() {
    let mut stage = Stage::new().await;
    let text = "play t/1/k { snap a\n wait-for-signal b \"paid\" key (ball)\n pass c with (signal)\n a -> b -> c }";
    stage.register(text).await;
    let signal = |key: &str| v1::SignalRequest {
        to: Some(v1::signal_request::To::Key(key.to_owned())),
        name: "paid".into(),
        payload: any(json!("yes")),
        signal_id: String::new(),
    };
    // Nobody waits yet: it is kept for the first.
    assert_eq!(stage.client.signal(signal("early")).await.unwrap().into_inner().runs, 0);
    let early = stage.start("t/1/k", json!("early")).await;
    stage.watch(&early, 0).await;
    let runs = [stage.start("t/1/k", json!("o-1")).await, stage.start("t/1/k", json!("o-1")).await];
    for run in &runs {
        stage.until(run, "Parked").await;
    }
    assert_eq!(stage.client.signal(signal("o-1")).await.unwrap().into_inner().runs, 2);
    for run in &runs {
        assert!(stage.watch(run, 0).await.last().unwrap().body.contains("\"yes\""));
    }
}

#[tokio::test]
async fn runs_are_listed_page_by_page() {
    let mut stage = Stage::new().await;
    stage.register(HELLO).await;
    stage.register(WAITS).await;
    let mut started = Vec::new();
    for n in 0..7 {
        let play = if n % 2 == 0 { "t/1/hello" } else { "t/1/waits" };
        started.push(stage.start(play, json!("x")).await);
    }
    for run in started.iter().step_by(2) {
        stage.watch(run, 0).await;
    }
    started.reverse();
    let mut listed = Vec::new();
    let mut ask = v1::ListRunsRequest { page_size: 3, ..Default::default() };
    loop {
        let page = stage.client.list_runs(ask.clone()).await.unwrap().into_inner();
        assert!(page.runs.len() <= 3);
        listed.extend(page.runs.into_iter().map(|run| run.run));
        if page.next_page_token.is_empty() {
            break;
        }
        // A run that starts meanwhile moves nothing.
        stage.start("t/1/waits", json!("late")).await;
        ask.page_token = page.next_page_token;
    }
    assert_eq!(listed, started);
    let passed = v1::ListRunsRequest { status: v1::RunStatus::Passed.into(), ..Default::default() };
    assert_eq!(stage.client.list_runs(passed).await.unwrap().into_inner().runs.len(), 4);
    let of_play = v1::ListRunsRequest { play: "t/1/hello".into(), page_size: 4, ..Default::default() };
    let page = stage.client.list_runs(of_play).await.unwrap().into_inner();
    assert_eq!((page.runs.len(), page.next_page_token.as_str()), (4, ""));
    let nonsense = v1::ListRunsRequest { page_token: "x".into(), ..Default::default() };
    assert_eq!(stage.client.list_runs(nonsense).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_what_to_do() {
    let mut stage = Stage::new().await;
    stage.register(HELLO).await;
    let play = |play: &str| v1::StartRunRequest { play: play.into(), ..Default::default() };
    let status = stage.client.start_run(play("hello")).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("write image/version/method"), "{status}");
    let status = stage.client.start_run(play("t/1/other")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(status.message().contains("it has t/1/hello"), "{status}");
    let long = v1::StartRunRequest { request_id: "x".repeat(300), ..play("t/1/hello") };
    assert_eq!(stage.client.start_run(long).await.unwrap_err().code(), Code::InvalidArgument);
    let status = stage.client.watch_run(v1::WatchRunRequest { run: "nobody".into(), from: 0 }).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);

    let cases = [
        ("play t/1/x { snap a\n call = \n }", Code::InvalidArgument, "cannot be read, from line 2 on"),
        ("// nothing", Code::InvalidArgument, "has no play"),
        ("play t/1/x { call a = demo/1/echo }", Code::InvalidArgument, "no run can start"),
        (
            "play t/1/x { snap a\n pass b\n a -> b }\nformation f { demo/* process \"rm -rf x\" }",
            Code::PermissionDenied,
            "name the file to 'chalktalk serve FILE --allow-process'; or start that worker yourself",
        ),
    ];
    for (document, code, words) in cases {
        let ask = v1::RegisterPlayRequest { document: document.into(), formation: String::new() };
        let status = stage.client.register_play(ask).await.unwrap_err();
        assert_eq!(status.code(), code, "{document}: {status}");
        assert!(status.message().contains(words), "{document}: {status}");
    }
    let ask = v1::RegisterPlayRequest { document: HELLO.into(), formation: "street".into() };
    let status = stage.client.register_play(ask).await.unwrap_err();
    assert!(status.message().contains("there is no formation 'street'"), "{status}");

    // A play that starts with a signal says so, before a run is made that could only fail.
    stage.register("play t/1/s { wait-for-signal a \"go\"\n pass b\n a -> b }").await;
    let status = stage.client.start_run(play("t/1/s")).await.unwrap_err();
    assert!(status.message().contains("set `entry` to one of a"), "{status}");
    let entry = v1::StartRunRequest { entry: "a".into(), input: any(json!(3)), ..play("t/1/s") };
    let run = stage.client.start_run(entry).await.unwrap().into_inner().run;
    assert_eq!(stage.watch(&run, 0).await.last().unwrap().kind, "Finished");
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused() {
    let mut stage = Stage::new().await;
    stage.register(HELLO).await;
    let large =
        v1::StartRunRequest { play: "t/1/hello".into(), input: any(json!("x".repeat(5 << 20))), ..Default::default() };
    let status = stage.client.start_run(large).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    // The connection and the server are well.
    stage.start("t/1/hello", json!("x")).await;
}

#[tokio::test]
async fn a_run_is_bounded_by_the_time_that_its_starter_gives() {
    let mut stage = Stage::new().await;
    stage.register(WAITS).await;
    let timeout = Some(prost_types::Duration { seconds: 0, nanos: 50_000_000 });
    let ask = v1::StartRunRequest { play: "t/1/waits".into(), timeout, ..Default::default() };
    let run = stage.client.start_run(ask).await.unwrap().into_inner().run;
    let last = stage.watch(&run, 0).await.pop().unwrap();
    assert!(last.body.contains("DEADLINE_EXCEEDED"), "{last:?}");
}

#[tokio::test]
async fn targets_are_listed() {
    let mut stage = Stage::new().await;
    stage.register(HELLO).await;
    let all = stage.client.list_targets(v1::ListTargetsRequest::default()).await.unwrap().into_inner().targets;
    let play = all.iter().find(|target| target.kind == v1::TargetKind::Play as i32).unwrap();
    let method = play.method.clone().unwrap();
    assert_eq!((method.image.as_str(), method.method.as_str(), method.summary.as_str()), ("t", "hello", "Says hello"));
    assert!(all.iter().any(|target| target.kind == v1::TargetKind::Builtin as i32));
    let few =
        stage.client.list_targets(v1::ListTargetsRequest { image: "t".into() }).await.unwrap().into_inner().targets;
    assert_eq!(few, std::slice::from_ref(play));
}

#[tokio::test]
async fn targets_of_formations_are_asked_of_workers() {
    let mut stage = Stage::new().await;
    let demo = std::sync::Arc::new(chalktalk::runner::Demo::default());
    let served = chalktalk::runner::serve_worker(demo, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = format!("http://{}", served.addr);
    let play = format!(
        "play t/1/far {{\n snap a\n call b = demo/1/echo\n pass c\n a -> b -> c\n}}
         formation f {{\n demo/* service \"{url}\"\n gone/* service \"127.0.0.1:1\"\n}}"
    );
    stage.register(&play).await;
    let ask = v1::ListTargetsRequest { image: "demo".into() };
    let targets = stage.client.list_targets(ask).await.unwrap().into_inner().targets;
    let far: Vec<_> = targets.iter().filter(|target| target.kind == v1::TargetKind::Service as i32).collect();
    assert!(far.iter().any(|target| target.method.as_ref().unwrap().method == "echo"), "{targets:?}");
    assert!(far.iter().all(|target| target.workers == [url.clone()]), "{far:?}");
}

#[tokio::test]
async fn it_listens_on_loopback_unless_it_is_guarded() {
    let runner = Runner::spawn(config());
    for addr in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let error = Server::start(&runner, addr.parse().unwrap()).await.unwrap_err();
        assert!(matches!(error, Error::Secure(_)), "{addr}: {error}");
        assert!(error.to_string().contains("--tls-cert FILE --tls-key FILE"), "{error}");
    }
}

#[tokio::test]
async fn health_and_reflection_are_served() {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::health_client::HealthClient;
    use tonic_reflection::pb::{v1 as new, v1alpha as old};

    let stage = Stage::new().await;
    let channel = stage.channel().await;
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "chalktalk.v1.Quarterback", "chalktalk.v1.Worker"] {
        let answer = health.check(HealthCheckRequest { service: service.into() }).await.unwrap().into_inner();
        assert_eq!(answer.status, ServingStatus::Serving as i32, "{service}");
    }
    let expected = ["chalktalk.v1.Quarterback", "chalktalk.v1.Worker", "grpc.health.v1.Health"];
    let mut client = new::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let ask =
        |message_request| new::ServerReflectionRequest { host: String::new(), message_request: Some(message_request) };
    let asked = [
        ask(new::server_reflection_request::MessageRequest::ListServices(String::new())),
        ask(new::server_reflection_request::MessageRequest::FileContainingSymbol("chalktalk.v1.Ball".into())),
    ];
    let mut answers = client.server_reflection_info(tokio_stream::iter(asked)).await.unwrap().into_inner();
    let Some(new::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("it lists services");
    };
    for name in expected {
        assert!(list.service.iter().any(|service| service.name == name), "{list:?}");
    }
    let Some(new::server_reflection_response::MessageResponse::FileDescriptorResponse(files)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("it gives the file");
    };
    assert!(!files.file_descriptor_proto.is_empty());

    let mut client = old::server_reflection_client::ServerReflectionClient::new(channel);
    let list = old::server_reflection_request::MessageRequest::ListServices(String::new());
    let ask = old::ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let mut answers = client.server_reflection_info(tokio_stream::iter([ask])).await.unwrap().into_inner();
    let Some(old::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("it lists services");
    };
    assert!(list.service.iter().any(|service| service.name == expected[0]), "{list:?}");
}

#[tokio::test]
async fn whatever_bytes_come_the_server_stays_well() {
    use tokio::io::AsyncWriteExt;

    let mut stage = Stage::new().await;
    for bytes in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\0\0\0\0\0", &[0xff; 4096], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff"]
    {
        let mut socket = tokio::net::TcpStream::connect(stage.server.addr).await.unwrap();
        drop(socket.write_all(bytes).await);
    }
    // A payload that is not the message that it says.
    stage.register(HELLO).await;
    let broken =
        prost_types::Any { type_url: "type.googleapis.com/google.protobuf.Value".into(), value: vec![0xff; 9] };
    let ask = v1::StartRunRequest { play: "t/1/hello".into(), input: Some(broken), ..Default::default() };
    assert_eq!(stage.client.start_run(ask).await.unwrap_err().code(), Code::InvalidArgument);
    stage.start("t/1/hello", json!("x")).await;
}
