//! The workers in Python, JavaScript and Rust, each a process of its own: one contract, held to by all three.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod guarded;
#[path = "../support/safe.rs"]
mod safe;
#[path = "../runner/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the runner")]
mod support;
#[path = "../runner/tools.rs"]
mod tools;

use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use chalktalk::base::RunId;
use chalktalk::event::{Code, Detail, Event, Headers, Outcome, Payload, Recorded};
use chalktalk::runner::v1::worker_client::WorkerClient;
use chalktalk::runner::{Config, Prepared, Runner, Server, Start, World, from_any, v1};
use serde_json::{Value, json};
use support::{config, failed, kinds, passed, prepared_with, start};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tools::Language::{self, JavaScript, Python, Rust};

/// How balls come to a worker.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    /// It listens, and is called.
    Calls,
    /// It has no address, and pulls from the quarterback here.
    Pull(SocketAddr),
}

/// Stopped when it goes.
struct Worker {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Where it listens, or whom it pulls from.
    url: String,
    by: By,
}

impl Worker {
    fn start(language: Language, by: By) -> Self {
        let command = match by {
            By::Calls => language.command("--listen", "127.0.0.1:0"),
            By::Pull(quarterback) => language.command("--pull", &quarterback.to_string()),
        };
        Self::run(command, by)
    }

    fn run(mut command: Command, by: By) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().expect("it says where it is").unwrap();
        let place = line.strip_prefix("listening on ").or(line.strip_prefix("pulling from "));
        let place = place.unwrap_or_else(|| panic!("it says '{line}'"));
        Self { process, lines, url: format!("http://{place}"), by }
    }

    /// Its next call: coordinate, run, node, visit and attempt.
    fn next_call(&mut self) -> String {
        self.lines.next().expect("it goes on").unwrap()
    }

    fn play(&self, body: &str) -> Arc<Prepared> {
        let stock = match self.by {
            By::Calls => format!("service \"{}\"", self.url),
            By::Pull(_) => "pull".to_owned(),
        };
        let text = format!("play t/1/p {{\n{body}\n}}\nformation f {{\n stock/* {stock}\n demo/* builtin\n}}");
        prepared_with(&text, "f")
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args([name, &self.process.id().to_string()]).status();
        assert!(done.unwrap().success());
    }

    /// It ends by itself, and says that all is well.
    fn ends_well(mut self) {
        let rest: Vec<String> = self.lines.by_ref().map(Result::unwrap).collect();
        assert_eq!(self.process.wait().unwrap().code(), Some(0), "{rest:?}");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A runner on the real clock, as sockets have no other, and its server.
async fn quarterback(addr: &str) -> (Runner, Server) {
    let runner = Runner::spawn(Config { world: World::real(), ..config() });
    let server = Server::start(&runner, addr.parse().unwrap()).await.unwrap();
    (runner, server)
}

// The test's thread waits for lines of the worker while the runner goes on.
#[tokio::test(flavor = "multi_thread")]
async fn python_conforms() {
    conforms(Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_conforms() {
    conforms(JavaScript).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_conforms() {
    conforms(Rust).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_conforms_when_it_pulls() {
    conforms_when_it_pulls(Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_conforms_when_it_pulls() {
    conforms_when_it_pulls(JavaScript).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_conforms_when_it_pulls() {
    conforms_when_it_pulls(Rust).await;
}

/// What holds however balls come to it.
async fn plays_everything(language: Language, runner: &Runner, by: By) {
    let mut worker = Worker::start(language, by);
    plays_along(language, runner, &mut worker).await;
    takes_every_payload(runner, &worker).await;
    keeps_codes_and_words(runner, &worker).await;
    tells_more_of_an_error(runner, &worker).await;
    passes_other_messages_untouched(runner, &worker).await;
    sends_headers_on(runner, &worker).await;
    worker.signal("-TERM");
    worker.ends_well();
    // From here on its log is read in order again.
    let mut worker = Worker::start(language, by);
    is_called_off(runner, &mut worker).await;
    is_late_and_tried_again(runner, &mut worker).await;
    finishes_what_it_has_begun(runner, worker).await;
}

async fn conforms(language: Language) {
    let (runner, _server) = quarterback("127.0.0.1:0").await;
    let quiet = Worker::start(language, By::Calls);
    let long = quiet.play(" snap a\n call b = stock/3.0.2/slow\n pass c\n a -> b -> c");
    let long = start(&runner, &long, json!({"ms": 9_000})).await;
    let mut worker = Worker::start(language, By::Calls);
    says_what_it_serves(language, &worker).await;
    remembers_its_attempts(&mut worker).await;
    says_whether_it_is_well(&worker).await;
    plays_everything(language, &runner, By::Calls).await;
    dies_in_a_call(&runner, worker, Worker::start(language, By::Calls)).await;
    hangs_in_a_call(&runner, Worker::start(language, By::Calls), Worker::start(language, By::Calls)).await;
    // To be looked after in a long and quiet call is no reason to break it.
    assert_eq!(passed(&runner.wait(&long).await.unwrap()).1, json!({"ms": 9_000}));
}

async fn conforms_when_it_pulls(language: Language) {
    let (runner, server) = quarterback("127.0.0.1:0").await;
    let by = By::Pull(server.addr);
    plays_everything(language, &runner, by).await;
    let mut worker = Worker::start(language, by);
    is_killed_with_a_ball(language, &runner, &mut worker).await;
    drop(worker);
    // One that begins anew: the same ball from another quarterback at the same place, and the same answer.
    let mut worker = Worker::start(language, by);
    let addr = server.addr.to_string();
    // A play that is prepared knows the workers of one runner.
    let count = worker.play(" snap a\n call b = stock/^3/count\n pass c\n a -> b -> c");
    let named = |play: &Arc<Prepared>, id: &str| Start {
        id: Some(RunId::new(id)),
        ..Start::new(Arc::clone(play), json!(null))
    };
    for (id, n) in [("r", 1), ("s", 2)] {
        let run = runner.start(named(&count, id)).await.unwrap();
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(n));
        assert_eq!(worker.next_call(), format!("invoke stock/3.0.2/count {id} b 1 1"));
    }
    server.stop().await;
    assert!(worker.next_call().starts_with("lost"));
    drop(runner);
    let (runner, _server) = quarterback(&addr).await;
    while worker.next_call() != format!("pulling from {addr}") {}
    let count = worker.play(" snap a\n call b = stock/^3/count\n pass c\n a -> b -> c");
    for (id, n) in [("r", 1), ("t", 3)] {
        let run = runner.start(named(&count, id)).await.unwrap();
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(n));
    }
}

async fn says_what_it_serves(language: Language, worker: &Worker) {
    let mut client = WorkerClient::connect(worker.url.clone()).await.unwrap();
    let described = client.describe(v1::DescribeRequest {}).await.unwrap().into_inner();
    assert_eq!(described.worker, language.name());
    let mut methods: Vec<_> =
        described.methods.iter().map(|m| format!("{}/{}/{}", m.image, m.version, m.method)).collect();
    methods.sort();
    let all = ["about", "count", "echo", "fail", "reserve", "slow", "stamp"].map(|name| format!("stock/3.0.2/{name}"));
    assert_eq!(methods, all);
}

/// The same attempt may be handed over twice: after a crash nobody knows whether it was done.
async fn remembers_its_attempts(worker: &mut Worker) {
    let mut client = WorkerClient::connect(worker.url.clone()).await.unwrap();
    for (run, attempt, expected) in [("r", 1, 1), ("r", 1, 1), ("r", 2, 2), ("s", 1, 3), ("r", 1, 1), ("s", 1, 3)] {
        let ball = v1::Ball { run: run.into(), node: "n".into(), visit: 1, attempt, ..v1::Ball::default() };
        let request = v1::InvokeRequest { coordinate: "stock/3.0.2/count".into(), ball: Some(ball) };
        let answer = client.invoke(request).await.unwrap().into_inner().ball.unwrap();
        assert_eq!(from_any(answer.payload), Ok(Payload::from(json!(expected))), "{run} {attempt}");
        assert_eq!(worker.next_call(), format!("invoke stock/3.0.2/count {run} n 1 {attempt}"));
    }
}

async fn says_whether_it_is_well(worker: &Worker) {
    let channel = Channel::from_shared(worker.url.clone()).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    for service in ["", "chalktalk.v1.Worker"] {
        let ask = HealthCheckRequest { service: service.to_owned() };
        assert_eq!(health.check(ask).await.unwrap().get_ref().status(), ServingStatus::Serving);
    }
    let strange = health.check(HealthCheckRequest { service: "nobody".to_owned() }).await;
    assert_eq!(strange.unwrap_err().code(), tonic::Code::NotFound);
}

async fn plays_along(language: Language, runner: &Runner, worker: &mut Worker) {
    let play = worker.play(
        " snap a
          fan-out b
          call c = stock/3.0.2/reserve
          call d = stock/3.0.2/echo
          call e = demo/1/upper with (ball.name)
          fan-in f all
          wait-for-worker g = stock/3.0.2/echo
          pass h
          a -> b -> { c, d, e } -> f -> g -> h",
    );
    let order = json!({"order_id": "o-1", "items": [1, 2.5, null], "name": "\u{e4}\u{1f3c8}", "deep": {"x": [true]}});
    let run = start(runner, &play, order.clone()).await;
    let expected = json!({
        "c": {"order_id": "o-1", "reserved": 3, "shelf": "P7"},
        "d": order,
        "e": "\u{c4}\u{1f3c8}",
    });
    assert_eq!(passed(&runner.wait(&run).await.unwrap()), ("h", expected));
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    let is_caught = |r: &Recorded| matches!(&r.event, Event::Caught { worker, .. } if worker == language.name());
    assert!(events.iter().any(is_caught), "{events:?}");
    let mut calls: Vec<String> = (0..3).map(|_| worker.next_call()).collect();
    calls.sort();
    let call = |method: &str, node: &str| format!("invoke stock/3.0.2/{method} {run} {node} 1 1");
    assert_eq!(calls, [call("echo", "d"), call("echo", "g"), call("reserve", "c")]);
}

fn payloads() -> Vec<Value> {
    let deep = (0..14).fold(json!(1), |inner, _| json!({ "in": [inner] }));
    let mut all = vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1.5),
        json!((1_i64 << 53) - 1),
        json!(-(1_i64 << 53)),
        json!(1e300),
        json!(f64::MIN_POSITIVE),
        json!(0.1 + 0.2),
        json!(""),
        json!("\u{0}\t\"\\ \u{fffd} \u{e4}\u{301} \u{1f3c8} \u{5d0}\u{202e}"),
        json!([]),
        json!({}),
        json!([[], {}, null, [null]]),
        json!({"": 1, "a.b": 2, "\u{1f3c8}": 3, "__proto__": {"x": 4}, "constructor": 5, "kind": "nullValue"}),
        deep,
        json!((0..5000).collect::<Vec<_>>()),
    ];
    all.push(json!("\u{e4}".repeat(512 << 10)));
    all
}

/// Byte for byte through `echo`, and read and written by the worker itself in `slow`.
async fn takes_every_payload(runner: &Runner, worker: &Worker) {
    let play = worker.play(
        " snap a
          fan-out b each (ball)
          call c = stock/3.0.2/echo
          call d = stock/3.0.2/slow with ({ms: 0, it: ball})
          fan-in e all
          pass f
          a -> b -> c -> d -> e -> f",
    );
    let all = payloads();
    let run = start(runner, &play, json!(all)).await;
    let outcome = runner.wait(&run).await.unwrap();
    let (_, result) = passed(&outcome);
    for (i, payload) in all.iter().enumerate() {
        let text = payload.to_string();
        assert!(result[i]["it"] == *payload, "{} came back as {}", &text[..text.len().min(200)], {
            let text = result[i]["it"].to_string();
            text.chars().take(200).collect::<String>()
        });
    }
}

async fn keeps_codes_and_words(runner: &Runner, worker: &Worker) {
    let play = worker.play(
        " snap a
          fan-out b each (ball)
          call c = stock/3.0.2/fail
          fan-in d all
          pass e
          a -> b -> c -> d -> e
          c -> d on error",
    );
    let told = |code: Code| json!({"code": code.name(), "message": format!("no {code} today: \u{e4}\u{1f3c8}%20")});
    let run = start(runner, &play, Code::ALL.map(told).into()).await;
    let outcome = runner.wait(&run).await.unwrap();
    let (_, result) = passed(&outcome);
    for (i, code) in Code::ALL.into_iter().enumerate() {
        let error = &result[i]["error"];
        assert_eq!(error["code"], code.name(), "{error}");
        let message = error["message"].as_str().unwrap();
        let words = format!("no {code} today: \u{e4}\u{1f3c8}%20");
        // That one the runner explains, with the worker's words in it.
        let is_kept = if code == Code::Unimplemented { message.contains(&words) } else { message == words };
        assert!(is_kept, "{error}");
    }

    // What is not to be tried again is not.
    let play =
        worker.play(" snap a\n call b = stock/3.0.2/reserve retry 3\n pass c\n pass d\n a -> b -> c\n b -> d on error");
    let run = start(runner, &play, json!({"items": []})).await;
    let outcome = runner.wait(&run).await.unwrap();
    let (node, result) = passed(&outcome);
    assert_eq!((node, &result["error"]["code"]), ("d", &json!("INVALID_ARGUMENT")));
    assert_eq!(result["error"]["message"], "give an order with an order_id");
    assert_eq!(result["input"], json!({"items": []}));
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    assert_eq!(kinds(&events).iter().filter(|kind| *kind == "Called").count(), 1);

    is_told_what_there_is(runner, worker).await;

    // A mistake in the worker's code.
    let broken = worker.play(" snap a\n call b = stock/3.0.2/slow\n pass c\n a -> b -> c");
    let run = start(runner, &broken, json!({})).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::Unknown);
    assert!(failure.message.contains("ms"), "{}", failure.message);
}

/// A method that nobody has: a worker that is called says so; one that pulls is never asked.
async fn is_told_what_there_is(runner: &Runner, worker: &Worker) {
    if worker.by != By::Calls {
        return;
    }
    let unknown = worker.play(" snap a\n call b = stock/3.0.2/nothing\n pass c\n a -> b -> c");
    let run = start(runner, &unknown, json!(1)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::Unimplemented);
    for word in ["has no stock/3.0.2/nothing", "stock/3.0.2/reserve"] {
        assert!(failure.message.contains(word), "{}", failure.message);
    }
    assert!(failure.message.contains(&worker.url), "{}", failure.message);
}

/// `google.rpc` details are part of the failure: shown, seen by `on error`, and a wait that is asked for is kept.
async fn tells_more_of_an_error(runner: &Runner, worker: &Worker) {
    let play = worker.play(" snap a\n call b = stock/3.0.2/reserve\n pass c\n a -> b -> c");
    let run = start(runner, &play, json!({"items": []})).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.to_string(), "INVALID_ARGUMENT: give an order with an order_id (order_id: is missing)");

    let play = worker.play(
        " snap a
          call b = stock/3.0.2/fail retry 1 backoff 1ms..1ms
          pass c
          pass sold_out
          a -> b -> c
          b -> sold_out on error",
    );
    let job = json!({"code": "ABORTED", "message": "none left", "reason": "SOLD_OUT", "retry_ms": 120});
    let run = start(runner, &play, job).await;
    let outcome = runner.wait(&run).await.unwrap();
    let (node, result) = passed(&outcome);
    assert_eq!((node, &result["error"]["reason"]), ("sold_out", &json!("SOLD_OUT")), "{result}");
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    let failures: Vec<_> = events
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::AttemptFailed { failure, retry_at, .. } => Some((recorded.at, failure, retry_at)),
            _ => None,
        })
        .collect();
    let [(at, failure, Some(retry_at)), (_, _, None)] = failures[..] else { panic!("two attempts: {failures:?}") };
    assert_eq!(failure.to_string(), "ABORTED: none left (SOLD_OUT of stock.example) (again after 120 ms)");
    assert_eq!(
        failure.details[0],
        Detail::Info {
            reason: "SOLD_OUT".into(),
            domain: "stock.example".into(),
            metadata: [("shelf".into(), "P7".into())].into(),
        }
    );
    assert!(retry_at.0 - at.0 >= 120_000, "the wait that the worker asked for is kept");
}

async fn passes_other_messages_untouched(runner: &Runner, worker: &Worker) {
    let play = worker.play(
        " snap a
          call b = stock/3.0.2/stamp
          call c = stock/3.0.2/echo
          call d = demo/1/echo
          pass e
          a -> b -> c -> d -> e",
    );
    let run = start(runner, &play, json!(null)).await;
    let Outcome::Passed { payload: Payload::Opaque(opaque), .. } = runner.wait(&run).await.unwrap() else {
        panic!("it passes with a message of its own");
    };
    assert_eq!(opaque.type_url, "type.googleapis.com/google.protobuf.Timestamp");
    // Field 1, the seconds, as a varint.
    assert_eq!(opaque.value, [8, 0x80, 0xe2, 0xcf, 0xaa, 6]);
    // An expression cannot look into it, and says so.
    let guarded = worker.play(" snap a\n call b = stock/3.0.2/stamp\n pass c\n a -> b -> c when (ball.x > 1)");
    let run = start(runner, &guarded, json!(null)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert!(failure.message.contains("google.protobuf.Timestamp"), "{}", failure.message);
}

/// What a worker says in the headers of its ball goes on with it: to later calls, through a join, and to the end.
async fn sends_headers_on(runner: &Runner, worker: &Worker) {
    let play = worker.play(
        " snap a
          fan-out b
          call c = stock/3.0.2/about
          call d = stock/3.0.2/echo
          fan-in e all
          call f = stock/3.0.2/about timeout 30s
          pass g
          a -> b -> { c, d } -> e -> f -> g",
    );
    let headers = Headers::new([("of".to_owned(), "the start".to_owned())]).unwrap();
    let run = runner.start(Start { headers, ..Start::new(play, json!(1)) }).await.unwrap();
    let Outcome::Passed { payload, headers, .. } = runner.wait(&run).await.unwrap() else { panic!("it passes") };
    let result = payload.to_json();
    assert_eq!((&result["has_deadline"], &result["attempt"]), (&json!(true), &json!(1)));
    let seen = result["headers"].as_object().unwrap();
    assert_eq!((&seen["stock-seen"], &seen["of"]), (&json!("c"), &json!("the start")), "{result}");
    assert_eq!(headers.iter().collect::<Vec<_>>(), [("of", "the start"), ("stock-seen", "f")]);
}

/// A run that is cancelled takes its call back, and the worker stops working on it.
async fn is_called_off(runner: &Runner, worker: &mut Worker) {
    let play = worker.play(" snap a\n call b = stock/3.0.2/slow\n pass c\n a -> b -> c");
    let run = start(runner, &play, json!({"ms": 60_000})).await;
    assert_eq!(worker.next_call(), format!("invoke stock/3.0.2/slow {run} b 1 1"));
    runner.cancel(&run, "rain").await.unwrap();
    assert!(matches!(runner.wait(&run).await.unwrap(), Outcome::Cancelled { .. }));
    assert_eq!(worker.next_call(), format!("gave up {run} b 1 1"));
}

/// Asked to stop, a worker takes nothing new, ends what it has begun, and goes.
async fn finishes_what_it_has_begun(runner: &Runner, mut worker: Worker) {
    let play = worker.play(" snap a\n call b = stock/3.0.2/slow\n pass c\n a -> b -> c");
    let run = start(runner, &play, json!({"ms": 700})).await;
    assert_eq!(worker.next_call(), format!("invoke stock/3.0.2/slow {run} b 1 1"));
    worker.signal("-TERM");
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!({"ms": 700}));
    worker.ends_well();
}

async fn is_late_and_tried_again(runner: &Runner, worker: &mut Worker) {
    let play = worker.play(
        " snap a
          call b = stock/3.0.2/slow timeout 300ms retry 1 backoff 10ms..10ms
          pass c
          pass late
          a -> b -> c
          b -> late on timeout",
    );
    let run = start(runner, &play, json!({"ms": 20_000})).await;
    let outcome = runner.wait(&run).await.unwrap();
    assert_eq!(passed(&outcome).0, "late");
    for attempt in [1, 2] {
        assert_eq!(worker.next_call(), format!("invoke stock/3.0.2/slow {run} b 1 {attempt}"));
        assert_eq!(worker.next_call(), format!("gave up {run} b 1 {attempt}"));
    }
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    let codes = events.iter().filter_map(|Recorded { event, .. }| match event {
        Event::AttemptFailed { failure, .. } => Some(failure.code),
        _ => None,
    });
    assert_eq!(codes.collect::<Vec<_>>(), [Code::DeadlineExceeded; 2]);
}

/// A run in the middle of a call, of so many milliseconds, that `first` works on and `next` can take over.
async fn slow_call(runner: &Runner, first: &mut Worker, next: &Worker, ms: u64) -> RunId {
    let text = format!(
        "play t/1/p {{\n snap a\n call b = stock/3.0.2/slow retry 1 backoff 10ms..10ms\n pass c\n a -> b -> c\n}}
         formation f {{\n stock/* service \"{}\", \"{}\"\n}}",
        first.url, next.url
    );
    let run = start(runner, &prepared_with(&text, "f"), json!({"ms": ms})).await;
    first.next_call();
    run
}

async fn dies_in_a_call(runner: &Runner, mut dies: Worker, lives: Worker) {
    let run = slow_call(runner, &mut dies, &lives, 2000).await;
    dies.process.kill().unwrap();
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!({"ms": 2000}));
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    let failure = events.iter().find_map(|Recorded { event, .. }| match event {
        Event::AttemptFailed { failure, .. } => Some(failure.clone()),
        _ => None,
    });
    let failure = failure.expect("the first attempt failed");
    assert_eq!(failure.code, Code::Unavailable, "{}", failure.message);
    let words = format!("the connection to {} broke while stock/3.0.2/slow was called", dies.url);
    assert!(failure.message.starts_with(&words), "{}", failure.message);
}

/// A process that stands still keeps its connections open.
async fn hangs_in_a_call(runner: &Runner, mut hangs: Worker, lives: Worker) {
    let run = slow_call(runner, &mut hangs, &lives, 3000).await;
    hangs.signal("-STOP");
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!({"ms": 3000}));
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    assert_eq!(kinds(&events)[3..7], ["Called", "AttemptFailed", "Called", "Answered"]);
}

/// A ball whose worker dies goes to the next with the same key.
async fn is_killed_with_a_ball(language: Language, runner: &Runner, dies: &mut Worker) {
    let play = dies.play(" snap a\n call b = stock/3.0.2/slow\n pass c\n a -> b -> c");
    let run = start(runner, &play, json!({"ms": 300})).await;
    let key = dies.next_call();
    dies.signal("-STOP");
    let mut lives = Worker::start(language, dies.by);
    dies.process.kill().unwrap();
    assert_eq!(lives.next_call(), key);
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!({"ms": 300}));
}
