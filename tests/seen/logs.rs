use std::fs::File;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::sync::Arc;

use chalktalk::runner::{Demo, serve_worker};
use serde_json::Value;

use crate::stage::{Place, serve};

const PLAYS: &str = "play t/1/echo { snap a\n call b = demo/1/echo\n pass c\n a -> b -> c }
play t/1/fails { snap a\n call b = demo/1/fail retry 1 backoff 1ms..1ms\n pass c\n a -> b -> c }";

/// Is in payloads, and nowhere else.
const SECRET: &str = "xyzzy-4711";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn an_operator_finds_runs_refusals_and_the_place_of_things_and_no_payload() {
    let place = Place::new();
    place.file("t.play", PLAYS);
    let log = place.path().join("log");
    let args = ["t.play", "--log", "json"];
    let mut served = place.serve(&args, File::create(&log).unwrap().into());
    let url = served.url.clone();
    let input = format!(r#"{{"message": "{SECRET}", "code": "UNAVAILABLE"}}"#);
    place.prints(0, &["run", "t/1/echo", "--input", &input, "--server", &url]);
    place.prints(1, &["run", "t/1/fails", "--input", &input, "--server", &url]);
    place.prints(2, &["run", "t/1/none", "--server", &url]);
    served.terminate();

    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    let lines = lines(&text);
    let find = |message: &str, field: &str, value: &str| {
        let found = lines.iter().find(|line| line["message"] == message && line[field] == value);
        found.unwrap_or_else(|| panic!("no '{message}' with {field} {value} in\n{text}")).clone()
    };
    let start = find("listening", "url", &url);
    assert!(start["data"].as_str().unwrap().ends_with("data"), "{start}");
    assert!(start["timestamp"].as_str().unwrap().starts_with("20"), "{start}");
    find("serves", "play", "t/1/echo");
    let begun = find("run started", "play", "t/1/echo");
    assert_eq!((&begun["target"], &begun["level"]), (&"chalktalk::run".into(), &"INFO".into()));
    let ended = find("run ended", "outcome", "passed");
    assert_eq!(ended["run"], begun["run"]);
    assert!(ended["took_ms"].is_u64());
    let retried = find("attempt failed, to be made again", "node", "b");
    assert_eq!((&retried["code"], &retried["attempt"]), (&"UNAVAILABLE".into(), &1.into()));
    let failed = find("run ended", "outcome", "failed");
    assert_eq!((&failed["level"], &failed["node"]), (&"WARN".into(), &"b".into()));
    let refused = find("request not served", "code", "NOT_FOUND");
    assert_eq!(refused["method"], "/chalktalk.v1.Quarterback/StartRun");
    find("stopped", "target", "chalktalk::serve");
}

#[test]
fn text_filters_and_other_commands() {
    let place = Place::new();
    place.file("t.play", PLAYS);
    let run = ["run", "t.play#t/1/echo"];
    let (_, quiet) = place.prints(0, &run);
    assert!(!quiet.contains("run started"), "{quiet}");
    let (_, said) = place.prints(0, &[&run[..], &["-v"]].concat());
    let line = said.lines().find(|line| line.contains("run ended")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("INFO chalktalk::run: run ended run=") && line.contains("outcome=\"passed\""), "{line}");
    assert!(!said.contains("called"), "{said}");
    let (_, said) = place.prints(0, &[&run[..], &["-vv"]].concat());
    assert!(said.contains("to=demo/1/echo"), "{said}");

    let output = place.command().args(run).env("CHALKTALK_LOG", "chalktalk::run=debug").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("to=demo/1/echo"), "{output:?}");
    // The filter of other programs is no wish to see more of this one.
    let output = place.command().args(run).env("RUST_LOG", "debug").output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("run started"), "{output:?}");
    let output = place.command().args(run).env("CHALKTALK_LOG", "what=is=this").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("CHALKTALK_LOG is no filter"), "{output:?}");
}

#[test]
fn nobody_waits_for_whoever_does_not_read_the_log() {
    let place = Place::new();
    place.file("t.play", PLAYS);
    let mut command = place.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "t.play"]).env("CHALKTALK_LOG", "trace");
    // The pipe holds some 64 kB, then its writer waits.
    let served = serve(command, Stdio::piped());
    for _ in 0..20 {
        place.prints(0, &["run", "t/1/echo", "--server", &served.url]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_go_and_come_back_are_told_once_each() {
    let place = Place::new();
    let demo = || Arc::new(Demo::default());
    let worker = serve_worker(demo(), (Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
    let addr = worker.addr;
    let play = "play t/1/far { snap a\n call b = demo/1/echo\n pass c\n a -> b -> c }";
    place.file("t.play", &format!("{play}\nformation street {{ demo/1 service \"http://{addr}\" }}"));
    let log = place.path().join("log");
    let served = place.serve(&["t.play", "--log", "json"], File::create(&log).unwrap().into());
    let run = ["run", "t/1/far", "--server", &served.url];
    place.prints(0, &run);
    worker.stop().await;
    place.prints(1, &run);
    place.prints(1, &run);
    let _worker = serve_worker(demo(), addr).await.unwrap();
    // The log is written beside the runs.
    let told = |message: &str| {
        let text = std::fs::read_to_string(&log).unwrap();
        text.lines().filter(|line| line.contains(&format!("\"message\":\"{message}\""))).count()
    };
    while told("worker back") == 0 {
        place.run(&run);
    }
    assert_eq!((told("worker lost"), told("worker back")), (1, 1), "{}", std::fs::read_to_string(&log).unwrap());
}

/// However much is asked for, of this program or of the libraries that it is made of.
#[test]
fn no_line_ever_holds_a_payload_or_a_token() {
    let place = Place::new();
    place.file("t.play", PLAYS);
    let log = place.path().join("log");
    let mut command = place.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "t.play", "--log", "json"]);
    let token = "let-me-in-0123456789abcdef0123456789";
    command.env("CHALKTALK_LOG", "trace").env("CHALKTALK_TOKENS", token);
    let mut served = serve(command, File::create(&log).unwrap().into());
    let input = format!(r#"{{"message": "{SECRET}", "code": "UNAVAILABLE"}}"#);
    let ask = |token: &str, play: &str| {
        let mut command = place.command();
        command.args(["run", play, "--input", &input, "--server", &served.url]).env("CHALKTALK_TOKEN", token);
        command.output().unwrap()
    };
    assert!(ask(token, "t/1/echo").status.success());
    assert_eq!(ask(token, "t/1/fails").status.code(), Some(1));
    let wrong = "let-me-in-00000000000000000000000000";
    assert_eq!(ask(wrong, "t/1/echo").status.code(), Some(2));
    served.terminate();
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains(r#""code":"UNAUTHENTICATED""#), "{text}");
    for secret in [SECRET, token, wrong] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}

/// The other way round too: the page lists no message that nobody tells.
#[test]
fn messages_are_those_of_the_page() {
    let page = include_str!("../../docs/seen.md");
    let mut sources = String::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let page = page.split("## Traces").next().unwrap();
    let mut listed = std::collections::BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| `chalktalk") || line.starts_with("| |")) {
        let message = row.split('|').nth(2).unwrap().trim().trim_end_matches(" (debug)");
        assert!(sources.contains(&format!("\"{message}\")")), "nobody tells '{message}'");
        listed.insert(message.to_owned());
    }
    // What else is quoted before the end of a call.
    let sources = sources.replace("env!(\"CARGO_PKG_VERSION\")", "").replace("format!(\"http://{addr}/metrics\")", "");
    for call in sources.split("target: \"chalktalk::").skip(1) {
        let message = call.split("\")").next().unwrap().rsplit('"').next().unwrap();
        let is_asked = call.split(')').next().unwrap().contains("Level::");
        assert!(is_asked || listed.contains(message), "'{message}' is not in docs/seen.md");
    }
}
