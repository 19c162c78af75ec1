//! `chalktalk serve` and the commands that talk to it, as processes.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_chalktalk");

const WAITS: &str = "play t/1/waits { snap a\n wait-for-signal b \"go\"\n pass c with (signal)\n a -> b -> c }";

/// Killed when it goes.
struct Served {
    process: Child,
    url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.0.path()).env("CHALKTALK_DATA", self.0.path().join("data")).env("NO_COLOR", "1");
        command
    }

    fn serve(&self, args: &[&str]) -> Served {
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(args).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Served { process, url }
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).output().unwrap()
    }

    /// What it prints, if it ends well.
    #[track_caller]
    fn well(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says, if it ends with that code.
    #[track_caller]
    fn says(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }
}

fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plays").join(name).display().to_string()
}

fn terminate(process: &Child) {
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
}

#[test]
fn plays_are_served_run_listed_and_shown() {
    let place = Place::new();
    let served = place.serve(&[&sample("levels.play")]);
    let server = ["--server", &served.url];
    let teams = json!({"teams": ["north", "south"]}).to_string();
    let run = ["run", "club/1/season", "--input", &teams, "--events", "events.jsonl"];
    let result: Value = serde_json::from_str(&place.well(&[&run[..], &server].concat())).unwrap();
    assert_eq!(result, json!([{"team": "NORTH"}, {"team": "SOUTH"}]));
    let replayed = place.well(&["replay", "events.jsonl"]);
    assert!(replayed.contains("calls club/1.2/game"), "{replayed}");

    let listed = place.well(&[&["runs"][..], &server].concat());
    assert_eq!(listed.lines().count(), 5, "{listed}");
    // The same from the folder, while the server writes there.
    assert_eq!(place.well(&["runs"]), listed);
    let season = listed.lines().find(|line| line.contains("club/1/season")).unwrap().split(' ').next().unwrap();
    for name in [season, &season[..13]] {
        let shown = place.well(&[&["show", name, "--format", "json"][..], &server].concat());
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!((&shown["result"], &shown["run"]["status"]), (&result, &json!("passed")));
    }
    let targets = place.well(&[&["targets", "club"][..], &server].concat());
    assert_eq!(targets.lines().count(), 3, "{targets}");
    // It is the one that keeps its runs in the data folder.
    assert_eq!(place.well(&["targets", "club"]), targets);
}

#[test]
fn a_file_is_registered_and_run_there() {
    let place = Place::new();
    let served = place.serve(&[]);
    place.file("fails.play", "play t/1/fails { snap a\n call b = demo/1/fail\n pass c\n a -> b -> c }");
    let said = place.says(1, &["run", "fails.play", "--server", &served.url, "--input", r#"{"message": "no"}"#]);
    assert!(said.contains("the run failed at b"), "{said}");
    let said = place.says(2, &["run", "other/1/play", "--server", &served.url]);
    assert!(said.contains("it has t/1/fails"), "{said}");
    place.file("asks.play", WAITS);
    let passed = place.well(&["run", "asks.play", "--signal", "go=7", "--server", &served.url]);
    assert_eq!(passed, "7\n");
}

#[test]
fn runs_are_signalled_and_cancelled_from_another_terminal() {
    let place = Place::new();
    place.file("waits.play", WAITS);
    let served = place.serve(&["waits.play"]);
    let follow = || {
        let mut command = place.command();
        command.args(["run", "t/1/waits", "--events", "-", "--server", &served.url]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("\"Parked\"")));
        (child, lines)
    };
    let (mut child, lines) = follow();
    place.well(&["signal", "last", "go", r#"{"by": "Ann"}"#]);
    assert_eq!(lines.last().unwrap().unwrap(), r#"{"by":"Ann"}"#);
    assert!(child.wait().unwrap().success());

    let (mut child, lines) = follow();
    place.well(&["cancel", "last", "--reason", "rain", "--server", &served.url]);
    assert!(lines.last().unwrap().unwrap().contains("rain"));
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let said = place.says(2, &["cancel", "last"]);
    assert!(said.contains("takes nothing any more: its status is cancelled"), "{said}");
    assert!(place.says(0, &["signal", "--key", "o-1", "paid"]).contains("nobody waits for it yet"));
    assert!(place.says(2, &["signal", "last"]).contains("chalktalk signal RUN NAME [JSON]"));
}

#[test]
fn a_server_that_is_stopped_or_killed_goes_on_with_its_runs() {
    let place = Place::new();
    place.file("waits.play", WAITS);
    let mut served = place.serve(&["waits.play"]);
    let mut child = place.command();
    child.args(["run", "t/1/waits", "--events", "-", "--server", &served.url]).stdout(Stdio::piped());
    let mut child = child.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("\"Parked\"")));

    terminate(&served.process);
    assert!(served.process.wait().unwrap().success(), "it stops cleanly");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("the quarterback stops; its runs go on when it is back"), "{said}");
    assert!(place.says(2, &["signal", "last", "go"]).contains("no server is known"));

    // Its play was kept with it; then it is killed.
    let mut served = place.serve(&[]);
    served.process.kill().unwrap();
    served.process.wait().unwrap();
    let said = place.says(2, &["signal", "last", "go"]);
    assert!(said.contains("nothing answers at"), "{said}");

    let served = place.serve(&[]);
    place.well(&["signal", "last", "go", "7", "--server", &served.url]);
    let shown: Value = loop {
        let shown = place.well(&["show", "last", "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        if shown["run"]["status"] != "running" {
            break shown;
        }
    };
    assert_eq!(shown["result"], json!(7));
}

#[test]
fn what_cannot_be_served_is_told() {
    let place = Place::new();
    let served = place.serve(&[]);
    let said = place.says(2, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("another chalktalk writes the journal"), "{said}");
    let port = served.url.strip_prefix("http://").unwrap();
    let said = place.says(2, &["serve", "--listen", port, "--data", "other"]);
    assert!(said.contains(&format!("cannot listen on {port}")), "{said}");
    let said = place.says(2, &["serve", "--listen", "0.0.0.0:0", "--data", "other"]);
    assert!(said.contains("can be reached from other computers"), "{said}");
    place.file("bad.play", "play t/1/x { snap a\n a -> b }");
    let said = place.says(1, &["serve", "bad.play", "--data", "other"]);
    assert!(said.contains("P001"), "{said}");
    let said = place.says(2, &["serve", &sample("hello.play"), "--formation", "street", "--data", "other"]);
    assert!(said.contains("there is no formation 'street'"), "{said}");
    for args in [["targets", "--server", "http://127.0.0.1:1"], ["runs", "--server", "127.0.0.1:1"]] {
        assert!(place.says(2, &args).contains("nothing answers at http://127.0.0.1:1"));
    }
    assert!(place.says(2, &["targets", "--server", "ftp://x"]).contains("is not an address of a server"));
    assert!(place.says(2, &["targets", "--data", "other"]).contains("start one with 'chalktalk serve'"));
}

#[test]
fn two_quarterbacks_of_one_play_are_balanced_and_one_takes_over_when_the_other_is_killed() {
    let place = Place::new();
    let game = place.file(
        "game.play",
        "play game/1/slow { snap a\n call b = demo/1/sleep\n pass c\n a -> b -> c }\nformation f { demo/* builtin }",
    );
    let game = game.display().to_string();
    let mut lower = ["one", "two"].map(|data| place.serve(&[&game, "--data", data]));
    let addresses = lower.each_ref().map(|served| format!("\"{}\"", served.url)).join(", ");
    let season = format!(
        "play season/1/all {{ snap a\n fan-out b each (ball)\n call c = game/1/slow retry 3\n fan-in d all\n pass e\n a -> b -> c -> d -> e }}
         formation f {{ game/1 service {addresses} }}"
    );
    let upper = place.serve(&[&place.file("season.play", &season).display().to_string(), "--data", "upper"]);
    let games: Value = (0..40).map(|n| json!({"ms": 1500, "n": n})).collect();
    let games = games.to_string();
    let mut all = place.command();
    all.args(["run", "season/1/all", "--server", &upper.url, "--input", &games]);
    let all = all.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let games_of = |served: &Served, status: &str| {
        let listed = place.well(&["runs", "--server", &served.url, "--limit", "1000", "--format", "json"]);
        let listed: Value = serde_json::from_str(&listed).unwrap();
        listed.as_array().unwrap().iter().filter(|run| run["status"] == status).count()
    };
    // Both have their share, and are in the middle of it.
    while lower.iter().any(|served| games_of(served, "running") < 10) {}
    lower[0].process.kill().unwrap();
    let all = all.wait_with_output().unwrap();
    assert!(all.status.success(), "{all:?}");
    assert_eq!(serde_json::from_slice::<Value>(&all.stdout).unwrap().to_string(), games);
    // What one left unfinished, the other has played.
    assert_eq!(games_of(&lower[1], "passed"), 40);
}

#[test]
fn a_recorded_run_is_made_again_from_a_node() {
    let place = Place::new();
    let play = |with: &str| {
        let text = format!(
            "play t/1/p {{ snap a\n call b = demo/1/upper\n call c = demo/1/echo with ({with})\n pass d\n a -> b -> c -> d }}"
        );
        place.file("p.play", &text);
    };
    play("ball.none");
    place.says(1, &["run", "p.play", "--input", "\"hut\""]);
    let listed = place.well(&["runs"]);
    let first = listed.split(' ').next().unwrap();
    play("[ball, 1]");
    assert!(place.says(1, &["rerun", first, "--from", "c"]).contains("the run failed at c"));
    let again = ["rerun", first, "--from", "c", "--play", "p.play", "--events", "-"];
    let check = |told: String| {
        let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["event"]["Started"]["rerun"], json!({"of": first, "from": "c"}));
        assert_eq!(*lines.last().unwrap(), json!(["HUT", 1]));
    };
    check(place.well(&again));
    assert!(place.says(2, &["rerun", first, "--from", "x"]).contains("has no node 'x' to start again from"));

    let served = place.serve(&[]);
    let server = ["--server", &served.url];
    check(place.well(&[&again[..], &server].concat()));
    assert!(place.says(1, &[&["rerun", first, "--from", "c"][..], &server].concat()).contains("the run failed at c"));
    assert!(place.says(2, &[&["rerun", first, "--from", "x"][..], &server].concat()).contains("has no node 'x'"));
}
