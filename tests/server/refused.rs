//! What the quarterback says no with: a code, words, and `google.rpc` details that a program can go by.

use std::collections::BTreeSet;
use std::fs;

use chalktalk::runner::{Config, Limits, v1};
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::stage::{Stage, call, json_of};
use super::support::config;
use super::{HELLO, WAITS};

/// The details of a refusal that has the code and the reason.
#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Status>, code: Code, reason: &str) -> ErrorDetails {
    let status = result.unwrap_err();
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("without ErrorInfo: {status}"));
    assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, "chalktalk"), "{status}");
    details
}

#[track_caller]
fn field<T: std::fmt::Debug>(result: Result<T, Status>) -> String {
    let details = refused(result, Code::InvalidArgument, "BAD_FIELD");
    let violations = &details.bad_request().expect("it names the field").field_violations;
    assert_eq!(violations.len(), 1);
    assert!(!violations[0].description.is_empty());
    violations[0].field.clone()
}

#[tokio::test]
async fn a_request_that_cannot_be_meant_so_names_its_field() {
    let mut stage = Stage::new().await;
    stage.register(HELLO).await;
    let start = v1::StartRunRequest { play: "t/1/hello".into(), ..Default::default() };
    let strange = prost_types::Any { type_url: "type.googleapis.com/google.protobuf.Value".into(), value: vec![255] };
    for (request, wanted) in [
        (v1::StartRunRequest { play: String::new(), ..start.clone() }, "play"),
        (v1::StartRunRequest { play: "hello".into(), ..start.clone() }, "play"),
        (v1::StartRunRequest { entry: "nowhere".into(), ..start.clone() }, "entry"),
        (v1::StartRunRequest { request_id: "x".repeat(300), ..start.clone() }, "request_id"),
        (v1::StartRunRequest { input: Some(strange), ..start.clone() }, "input"),
        (
            v1::StartRunRequest { timeout: Some(prost_types::Duration { seconds: -1, nanos: 0 }), ..start.clone() },
            "timeout",
        ),
    ] {
        assert_eq!(field(stage.client.start_run(request).await), wanted);
    }
    let nobody = v1::SignalRequest { name: "go".into(), ..Default::default() };
    assert_eq!(field(stage.client.signal(nobody).await), "to");
    assert_eq!(field(stage.client.get_run(v1::GetRunRequest::default()).await), "run");
    let page = v1::ListRunsRequest { page_token: "seven".into(), ..Default::default() };
    assert_eq!(field(stage.client.list_runs(page).await), "page_token");
    let broken = v1::RegisterPlayRequest { document: "play {".into(), formation: String::new() };
    assert_eq!(field(stage.client.register_play(broken).await), "document");
    let elsewhere = v1::RegisterPlayRequest { document: HELLO.into(), formation: "away".into() };
    assert_eq!(field(stage.client.register_play(elsewhere).await), "formation");
    let called = stage.worker().await.invoke(call("hello", json!(1), ("r", "n", 1, 1))).await;
    assert_eq!(field(called), "coordinate");
    // One that can be read and cannot run: each mistake by itself.
    let lost = "play t/1/lost { snap a\n call b = courier\n call c = dispatcher\n pass d\n a -> b -> c -> d }";
    let lost = v1::RegisterPlayRequest { document: lost.into(), formation: String::new() };
    let details = refused(stage.client.register_play(lost).await, Code::InvalidArgument, "BAD_PLAY");
    assert_eq!(details.bad_request().expect("what is wrong").field_violations.len(), 2);
}

#[tokio::test]
async fn what_is_not_there_is_named_as_a_resource() {
    let mut stage = Stage::new().await;
    stage.register(WAITS).await;
    let named = |details: &ErrorDetails| {
        let resource = details.resource_info().expect("it names the resource");
        (resource.resource_type.clone(), resource.resource_name.clone())
    };
    let shown = stage.client.get_run(v1::GetRunRequest { run: "nobody".into() }).await;
    let details = refused(shown, Code::NotFound, "NO_SUCH_RUN");
    assert_eq!(named(&details), ("chalktalk.v1.Run".into(), "nobody".into()));
    let start = v1::StartRunRequest { play: "t/9/none".into(), ..Default::default() };
    let details = refused(stage.client.start_run(start).await, Code::NotFound, "NO_SUCH_PLAY");
    assert_eq!(named(&details), ("chalktalk.v1.Play".into(), "t/9/none".into()));
    // To call it is another mistake.
    let called = stage.worker().await.invoke(call("t/9/none", json!(1), ("r", "n", 1, 1))).await;
    refused(called, Code::Unimplemented, "NO_SUCH_PLAY");

    let run = stage.start("t/1/waits", json!(1)).await;
    stage.client.cancel(v1::CancelRequest { run: run.clone(), reason: String::new() }).await.unwrap();
    stage.watch(&run, 0).await;
    let again = stage.client.cancel(v1::CancelRequest { run: run.clone(), reason: String::new() }).await;
    let details = refused(again, Code::FailedPrecondition, "RUN_TAKES_NOTHING");
    assert_eq!(named(&details), ("chalktalk.v1.Run".into(), run));
    assert_eq!(details.error_info().unwrap().metadata["status"], "cancelled");
}

#[tokio::test]
async fn a_limit_names_its_flag_and_when_to_come_again() {
    let limits = Limits { runs: 1, watches: 1, ..Limits::default() };
    let mut stage = Stage::with(Config { limits, ..config() }).await;
    stage.register(WAITS).await;
    let run = stage.start("t/1/waits", json!(1)).await;
    let start = v1::StartRunRequest { play: "t/1/waits".into(), ..Default::default() };
    let full = stage.client.start_run(start).await;
    let watch = || v1::WatchRunRequest { run: run.clone(), from: 0 };
    let _watching = stage.client.watch_run(watch()).await.unwrap();
    let crowded = stage.client.watch_run(watch()).await.map(drop);
    for (details, flag) in [
        (refused(full, Code::ResourceExhausted, "TOO_MANY_RUNS"), "--max-runs"),
        (refused(crowded, Code::ResourceExhausted, "TOO_MANY_WATCHES"), "--max-watches"),
    ] {
        assert_eq!(details.error_info().unwrap().metadata["flag"], flag);
        assert!(details.retry_info().and_then(|retry| retry.retry_delay).is_some_and(|delay| !delay.is_zero()));
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_says_what_else_to_ask_for() {
    let limits = Limits { message: 16 << 10, ..Limits::default() };
    let mut stage = Stage::with(Config { limits, ..config() }).await;
    // Twice what it gets, so that each message by itself is well below the limit.
    stage.register("play t/1/twice { snap a\n pass b with ([ball, ball])\n a -> b }").await;
    let input = json!("x".repeat(7 << 10));
    let run = stage.start("t/1/twice", input.clone()).await;
    let told = stage.watch(&run, 0).await;
    assert!(told.iter().any(|event| event.kind == "Finished"));
    let status = stage.client.get_run(v1::GetRunRequest { run: run.clone() }).await.unwrap_err();
    for words in [&*format!("run {run} with its input and result has "), "16384 bytes", "WatchRun", "--max-message"] {
        assert!(status.message().contains(words), "{status}");
    }
    let details = refused(Err::<(), _>(status), Code::OutOfRange, "ANSWER_TOO_LARGE");
    let metadata = &details.error_info().unwrap().metadata;
    assert_eq!((metadata["flag"].as_str(), metadata["limit"].as_str()), ("--max-message", "16384"));
    // What it says to do works.
    assert!(told.iter().any(|event| event.kind == "Started" && event.body.contains("xxx")));

    // The same for a call of the play as a target; one of half the size fits.
    stage.register("play t/1/more { snap a\n pass b with ([ball, ball, ball])\n a -> b }").await;
    let mut worker = stage.worker().await;
    let called = worker.invoke(call("t/1/more", input, ("r", "n", 1, 1))).await;
    assert!(
        called.as_ref().is_err_and(|status| status.message().contains("the result of t/1/more has ")),
        "{called:?}"
    );
    refused(called, Code::OutOfRange, "ANSWER_TOO_LARGE");
    let small = worker.invoke(call("t/1/more", json!("y"), ("r", "n", 2, 1))).await.unwrap().into_inner();
    assert_eq!(json_of(small.ball.unwrap().payload), json!(["y", "y", "y"]));
}

/// The page lists each reason that the code gives, and no other.
#[test]
fn every_reason_is_in_the_docs() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let page = fs::read_to_string(format!("{root}docs/errors.md")).unwrap();
    let listed: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|word| word.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .map(str::to_owned)
        .collect();
    let mut given = BTreeSet::new();
    for entry in fs::read_dir(format!("{root}src/runner/server")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let words = text.split('"').skip(1).step_by(2);
        let is_reason = |word: &&str| word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        given.extend(words.filter(is_reason).map(str::to_owned));
    }
    assert_eq!(given, listed);
}
