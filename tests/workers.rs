//! Plays on a worker in Python, a process of its own that speaks the contract with gRPC's own library.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "runner/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the runner")]
mod support;

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, OnceLock};

use chalktalk::event::{Code, Event, Outcome, Payload, Recorded};
use chalktalk::runner::{Prepared, Runner};
use serde_json::json;
use support::{config, failed, kinds, passed, prepared_with, start};

/// Stopped when it goes.
struct Python {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

/// The Python that has what the worker needs; made at the first use, which takes a while.
fn python() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/workers.sh");
        let done = Command::new(script).stderr(Stdio::inherit()).output().expect("bash is there");
        assert!(done.status.success(), "scripts/workers.sh failed, see above");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    })
}

impl Python {
    fn start() -> Self {
        let mut process = Command::new(python())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["assets/workers/python/worker.py", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().expect("it says where it listens").unwrap();
        let url = format!("http://{}", line.strip_prefix("listening on ").unwrap());
        Self { process, lines, url }
    }

    /// Its next call: coordinate, run, node, visit and attempt.
    fn next_call(&mut self) -> String {
        self.lines.next().expect("it goes on").unwrap()
    }

    fn play(&self, body: &str) -> Arc<Prepared> {
        let text = format!(
            "play t/1/p {{\n{body}\n}}\nformation f {{\n stock/* service \"{}\"\n demo/* builtin\n}}",
            self.url
        );
        prepared_with(&text, "f")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[tokio::test]
async fn a_play_runs_on_it() {
    let mut python = Python::start();
    let play = python.play(
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
    let runner = Runner::spawn(config());
    let order = json!({"order_id": "o-1", "items": [1, 2.5, null], "name": "\u{e4}\u{1f3c8}", "deep": {"x": [true]}});
    let run = start(&runner, &play, order.clone()).await;
    let expected = json!({
        "c": {"order_id": "o-1", "reserved": 3, "shelf": "P7"},
        "d": order,
        "e": "\u{c4}\u{1f3c8}",
    });
    assert_eq!(passed(&runner.wait(&run).await.unwrap()), ("h", expected));
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    let caught = events.iter().any(|r| matches!(&r.event, Event::Caught { worker, .. } if worker == "python"));
    assert!(caught, "{events:?}");
    let mut calls: Vec<String> = (0..3).map(|_| python.next_call()).collect();
    calls.sort();
    let call = |method: &str, node: &str| format!("invoke stock/3.0.2/{method} {run} {node} 1 1");
    assert_eq!(calls, [call("echo", "d"), call("echo", "g"), call("reserve", "c")]);
}

#[tokio::test]
async fn its_errors_keep_their_code_and_words() {
    let python = Python::start();
    let runner = Runner::spawn(config());
    let play = python.play(
        " snap a
          call b = stock/3.0.2/reserve retry 3
          pass c
          pass d
          a -> b -> c
          b -> d on error",
    );
    let run = start(&runner, &play, json!({"items": []})).await;
    let outcome = runner.wait(&run).await.unwrap();
    let (node, result) = passed(&outcome);
    assert_eq!((node, &result["error"]["code"]), ("d", &json!("INVALID_ARGUMENT")));
    assert_eq!(result["error"]["message"], "give an order with an order_id");
    assert_eq!(result["input"], json!({"items": []}));
    // That code is not tried again.
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    assert_eq!(kinds(&events).iter().filter(|kind| *kind == "Called").count(), 1);

    let unknown = python.play(" snap a\n call b = stock/3.0.2/nothing\n pass c\n a -> b -> c");
    let run = start(&runner, &unknown, json!(1)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::Unimplemented);
    for word in [python.url.as_str(), "has no stock/3.0.2/nothing", "stock/3.0.2/reserve"] {
        assert!(failure.message.contains(word), "{}", failure.message);
    }

    // A mistake in the worker's code.
    let broken = python.play(" snap a\n call b = stock/3.0.2/slow\n pass c\n a -> b -> c");
    let run = start(&runner, &broken, json!({})).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::Unknown);
    assert!(failure.message.contains("ms"), "{}", failure.message);
}

#[tokio::test]
async fn a_slow_answer_is_late_and_tried_again() {
    let mut python = Python::start();
    let runner = Runner::spawn(config());
    let play = python.play(
        " snap a
          call b = stock/3.0.2/slow timeout 300ms retry 1 backoff 10ms..10ms
          pass c
          pass late
          a -> b -> c
          b -> late on timeout",
    );
    let run = start(&runner, &play, json!({"ms": 20_000})).await;
    let outcome = runner.wait(&run).await.unwrap();
    assert_eq!(passed(&outcome).0, "late");
    for attempt in [1, 2] {
        assert_eq!(python.next_call(), format!("invoke stock/3.0.2/slow {run} b 1 {attempt}"));
    }
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    let codes = events.iter().filter_map(|Recorded { event, .. }| match event {
        Event::AttemptFailed { failure, .. } => Some(failure.code),
        _ => None,
    });
    assert_eq!(codes.collect::<Vec<_>>(), [Code::DeadlineExceeded; 2]);
}

// The test's thread waits for a line while the runner goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_in_a_call_is_told_and_the_next_attempt_finds_another() {
    let (mut dies, lives) = (Python::start(), Python::start());
    let runner = Runner::spawn(config());
    let text = format!(
        "play t/1/p {{\n snap a\n call b = stock/3.0.2/slow retry 1 backoff 10ms..10ms\n pass c\n a -> b -> c\n}}
         formation f {{\n stock/* service \"{}\", \"{}\"\n}}",
        dies.url, lives.url
    );
    let run = start(&runner, &prepared_with(&text, "f"), json!({"ms": 400})).await;
    dies.next_call();
    dies.process.kill().unwrap();
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!({"ms": 400}));
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

#[tokio::test]
async fn what_is_not_json_passes_through_untouched() {
    let python = Python::start();
    let runner = Runner::spawn(config());
    let play = python.play(
        " snap a
          call b = stock/3.0.2/stamp
          call c = stock/3.0.2/echo
          call d = demo/1/echo
          pass e
          a -> b -> c -> d -> e",
    );
    let run = start(&runner, &play, json!(null)).await;
    let Outcome::Passed { payload: Payload::Opaque(opaque), .. } = runner.wait(&run).await.unwrap() else {
        panic!("it passes with a message of its own");
    };
    assert_eq!(opaque.type_url, "type.googleapis.com/google.protobuf.Timestamp");
    // Field 1, the seconds, as a varint.
    assert_eq!(opaque.value, [8, 0x80, 0xe2, 0xcf, 0xaa, 6]);
    // An expression cannot look into it, and says so.
    let guarded = python.play(" snap a\n call b = stock/3.0.2/stamp\n pass c\n a -> b -> c when (ball.x > 1)");
    let run = start(&runner, &guarded, json!(null)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert!(failure.message.contains("google.protobuf.Timestamp"), "{}", failure.message);
}
