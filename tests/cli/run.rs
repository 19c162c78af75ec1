//! Runs of examples and of what is wrong with them, and what is told of recorded ones.

use std::io::{BufRead, BufReader};

use serde_json::json;

use super::*;

/// Each example does what its comment says.
#[test]
fn examples_do_what_they_say() {
    let next = ["--signal", "next={}"].repeat(5);
    let orders = r#"{"orders": [{"order_id": "a", "total": 10}, {"order_id": "b", "total": 20}]}"#;
    let cases: [(&str, &[&str], Value); 15] = [
        ("catch.play", &["--input", r#"{"order_id": "o-7"}"#], json!(true)),
        ("canary.play", &["--input", orders], json!([10, 20])),
        ("late.play", &["--input", r#"{"ms": 10}"#], json!("in time")),
        ("late.play", &["--input", r#"{"ms": 60000}"#], json!("too late")),
        ("quorum.play", &[], json!(true)),
        ("tour.play", &next, json!("WELL PLAYED")),
        ("hello.play", &["--input", r#"{"name": "Ann"}"#], json!("HELLO, ANN")),
        ("together.play", &["--input", r#"{"text": "four", "numbers": [1, 3]}"#], json!({"text": "FOUR", "number": 4})),
        ("race.play", &[], json!("hare")),
        ("each.play", &["--input", r#"{"words": ["red", "white"]}"#], json!(["RED", "WHITE"])),
        ("each.play", &["--input", r#"{"words": []}"#], json!([])),
        ("ask.play", &["--signal", r#"answer={"yes": true}"#], json!({"agreed": true})),
        ("retry.play", &["--input", r#"{"fails": 2}"#], json!({"attempt": 3})),
        ("retry.play", &["--input", r#"{"fails": 9}"#], json!("UNAVAILABLE")),
        ("count.play", &[], json!(5)),
    ];
    let place = Place::new();
    for (file, args, expected) in cases {
        let output = place.command().arg("run").arg(sample(file)).args(args).output().unwrap();
        let done = done(&output);
        assert_eq!(done.code, 0, "{file}: {done:#?}");
        assert_eq!(serde_json::from_str::<Value>(&done.stdout).unwrap(), expected, "{file}");
    }
    let done = place.run(["run", &sample("on-call.play"), "--signal", r#"alarm={"text": "fire"}"#]);
    done.prints("\"FIRE\"\n");
    place.run(["run", &sample("on-call.play")]).is(2, "add --signal 'alarm=JSON'");
}

#[test]
fn examples_are_right_and_laid_out() {
    let place = Place::new();
    let mut plays: Vec<String> =
        fs::read_dir(PLAYS).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect();
    plays.sort();
    assert!(plays.len() > 8, "{plays:?}");
    for play in &plays {
        let done = place.run(["check", play]);
        assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{play}: {done:?}");
        place.run(["fmt", "--check", play]).prints("");
    }
}

#[test]
fn a_run_is_recorded_and_can_be_replayed() {
    let place = Place::new();
    let hello = sample("hello.play");
    let done = place.run(["run", &hello, "--input", r#"{"name": "Ann"}"#, "--events", "events.jsonl"]);
    done.prints("\"HELLO, ANN\"\n");

    let runs = place.run(["runs", "--format", "json"]);
    let runs: Value = serde_json::from_str(&runs.stdout).unwrap();
    assert_eq!((&runs[0]["play"], &runs[0]["status"]), (&json!("demo/1/hello"), &json!("passed")));
    let id = runs[0]["run"].as_str().unwrap();
    assert!(place.run(["runs"]).stdout.starts_with(id));

    let replayed = place.run(["replay", "last", "--format", "json"]);
    replayed.prints(&fs::read_to_string(place.path("events.jsonl")).unwrap());
    let lines = place.run(["replay", id]).stdout;
    place.run(["replay", "events.jsonl"]).prints(&lines);
    place.run(["replay", &id[id.len() - 6..]]).prints(&lines);
    assert!(lines.ends_with("the run passed at said\n"), "{lines}");

    let shown = place.run(["show", "last"]).stdout;
    assert!(shown.contains("result     \"HELLO, ANN\"\n") && shown.contains("status     passed\n"), "{shown}");
    let shown: Value = serde_json::from_str(&place.run(["show", id, "--format", "json"]).stdout).unwrap();
    assert_eq!((&shown["result"], &shown["input"]), (&json!("HELLO, ANN"), &json!({"name": "Ann"})));
}

#[test]
fn a_record_says_elsewhere_what_happened_here() {
    let place = Place::new();
    place.run(["run", &sample("hello.play"), "--input", r#"{"name": "Ann"}"#, "--data", "runs"]).is(0, "");
    let here = place.run(["replay", "last", "--data", "runs"]);
    place.run(["record", "last", "run.jsonl", "--data", "runs"]).prints("");
    let text = fs::read_to_string(place.path("run.jsonl")).unwrap();
    assert!(text.starts_with("{\"record\":1,"), "{text}");
    fs::remove_dir_all(place.path("runs")).unwrap();
    place.run(["replay", "run.jsonl"]).prints(&here.stdout);
    let loaded = chalktalk::app::record::read(&text).unwrap();
    assert_eq!(loaded.doc.unwrap().plays().count(), 1, "the play comes along");
    place.run(["convert", &sample("hello.play"), "then.svg", "--run", "run.jsonl"]).prints("");

    place.run(["record", "last", "run.jsonl", "--data", "runs"]).is(2, "runs");
    assert_eq!(fs::read_to_string(place.path("run.jsonl")).unwrap(), text);
    // A last line that a full disk cut off is left out; one that is missing is told.
    place.file("cut.jsonl", &text[..text.len() - 9]);
    place.run(["replay", "cut.jsonl"]).is(0, "");
    let gap: String = text.split_inclusive('\n').enumerate().filter(|(n, _)| *n != 3).map(|(_, line)| line).collect();
    place.file("gap.jsonl", gap);
    place.run(["replay", "gap.jsonl"]).is(2, "event 3 came where event 2 was due");
    place.file("newer.jsonl", "{\"record\":9,\"run\":\"x\"}\n");
    place.run(["replay", "newer.jsonl"]).is(2, "take a newer version");
    place.file("empty.jsonl", "");
    place.run(["replay", "empty.jsonl"]).is(2, "it holds no events");
}

#[test]
fn a_failed_run_exits_with_1_and_says_why() {
    let place = Place::new();
    let hello = sample("hello.play");
    let done = place.run(["run", &hello]);
    done.is(1, "the run failed at shout: INVALID_ARGUMENT: there is no 'name' in ball");
    assert_eq!(done.stdout, "");
    place.file("bad.play", "play a/1/b {\n  snap s\n}\n");
    place.run(["run", "bad.play"]).is(1, "error[P006]: 's' leads nowhere");
}

#[test]
fn wrong_use_of_run_exits_with_2() {
    let place = Place::new();
    let hello = sample("hello.play");
    place.run(["run", &hello, "--input", "Ann"]).is(2, "what comes from --input is no JSON; a text needs quotes");
    place.run(["run", &hello, "--input", "@gone.json"]).is(2, "there is no 'gone.json'");
    place.run(["run", &hello, "--formation", "street"]).is(2, "there is no formation 'street'");
    place.run(["run", &hello, "--signal", "go={"]).is(2, "--signal go: '{' is no JSON");
    place.run(["run", &format!("{hello}#demo/2/hello")]).is(2, "has no play 'demo/2/hello', only demo/1/hello");
    place.file("two.play", "play a/1/b {\n snap s\n pass p\n s -> p\n}\nplay a/1/c {\n snap s\n pass p\n s -> p\n}\n");
    place.run(["run", "two.play"]).is(2, "'two.play' has several plays: choose one, as in 'two.play#a/1/b'");
    place.run(["run", "two.play#a/1/c", "--input", "7"]).prints("7\n");
    place.run_with("[1]", ["run", "two.play#a/1/c", "--input", "-"]).prints("[\n  1\n]\n");
    place.file("none.play", "// Nothing yet.\n");
    place.run(["run", "none.play"]).is(2, "'none.play' has no play");
    place.file("way", "in the way");
    place.run(["run", &hello, "--data", "way/runs"]).is(2, "cannot record runs in 'way/runs'");
    // The default folder is done without.
    let mut without = place.command();
    without.env("CHALKTALK_DATA", place.path("way/runs")).args(["run", &hello, "--input", r#"{"name": "Ann"}"#]);
    done(&without.output().unwrap()).is(0, "runs are not recorded");
}

#[test]
fn events_go_to_stdout_line_by_line() {
    let place = Place::new();
    let done = place.run(["run", &sample("count.play"), "--events", "-"]);
    assert_eq!(done.code, 0, "{done:?}");
    let lines: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last(), Some(&json!(5)));
    for (seq, line) in lines[..lines.len() - 1].iter().enumerate() {
        assert_eq!(line["seq"], seq);
    }
}

type Lines = std::io::Lines<BufReader<std::process::ChildStdout>>;

/// A run in a process of its own that waits for a signal; nothing more happens by itself.
fn parked(place: &Place) -> (std::process::Child, Lines) {
    let program = assert_cmd::cargo::cargo_bin("chalktalk");
    let mut child = Process::new(program)
        .args(["run", &sample("ask.play"), "--events", "-"])
        .env("CHALKTALK_DATA", place.path("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let parked = lines.by_ref().map(Result::unwrap).find(|line| line.contains("Parked"));
    assert!(parked.is_some());
    (child, lines)
}

#[test]
fn a_run_leaves_unfinished_ones_alone() {
    let place = Place::new();
    let (mut child, _) = parked(&place);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = place.run(["replay", "last"]).stdout;
    let id = place.run(["runs"]).stdout.split(' ').next().unwrap().to_owned();
    let hello = sample("hello.play");
    place.run(["run", &hello, "--input", r#"{"name": "Ann"}"#]).prints("\"HELLO, ANN\"\n");
    place.run(["replay", &id]).prints(&left);
    assert!(place.run(["show", &id]).stdout.contains("status     running\n"));
}

#[test]
fn a_run_that_nobody_can_go_on_with_is_shown_as_stopped() {
    use chalktalk::journal::{FILE_NAME, Journal};
    use chalktalk::runner::{Config, Runner};

    let place = Place::new();
    let (mut child, _) = parked(&place);
    child.kill().unwrap();
    child.wait().unwrap();
    let file = rusqlite::Connection::open(place.path("data").join(FILE_NAME)).unwrap();
    file.execute("UPDATE batch SET v = 9 WHERE seq = 0", []).unwrap();
    drop(file);
    // As the window does when it opens.
    let runner = Runner::new(Config::new(Journal::open(place.path("data")).unwrap())).unwrap();
    assert!(runner.recovered().wait().unwrap()[0].result.is_err());
    runner.stop().wait().unwrap();

    let why = "its event 0 cannot be read: it has format 9, this program knows up to 2";
    let shown = place.run(["show", "last"]);
    assert!(shown.stdout.contains(&format!("status     stopped: {why}\n")), "{shown:#?}");
    let listed = place.run(["runs"]).stdout;
    assert!(listed.contains("  stopped  ") && listed.ends_with(&format!("  demo/1/ask  {why}\n")), "{listed}");
    let listed: Value = serde_json::from_str(&place.run(["runs", "--format", "json"]).stdout).unwrap();
    assert_eq!((&listed[0]["status"], &listed[0]["reason"]), (&json!("stopped"), &json!(why)));
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_cleanly() {
    let place = Place::new();
    let (child, lines) = parked(&place);
    Process::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(last.contains("Finished") && last.contains("Ctrl-C"), "{last}");
    done(&child.wait_with_output().unwrap()).is(1, "the run was cancelled: Ctrl-C");
    assert!(place.run(["runs"]).stdout.contains("cancelled"));
}

#[test]
fn without_a_display_the_sample_runs_in_the_terminal() {
    let place = Place::new();
    let done = place.run([]);
    done.is(0, if cfg!(feature = "gui") { "there is no display" } else { "no window in this build" });
    for part in ["ball 0 comes into play", "waits for signal \"manager-approved\"", "the run passed at shipped"] {
        assert!(done.stdout.contains(part), "{part}: {done:#?}");
    }
    assert!(done.stdout.contains("result: {\n"), "{done:#?}");
    let done = place.run([&sample("hello.play")]);
    done.is(2, "chalktalk run");
}
