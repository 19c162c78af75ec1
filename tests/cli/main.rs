//! The program as people and scripts use it: what it prints where, and how it exits.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use serde_json::Value;

const PLAYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plays");

/// A folder of its own for each test, and the program told to record its runs there.
struct Place {
    dir: tempfile::TempDir,
}

/// What a command did.
#[derive(Debug)]
struct Done {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn command(&self) -> Command {
        let mut command = Command::cargo_bin("chalktalk").unwrap();
        command.current_dir(self.dir.path()).env("CHALKTALK_DATA", self.path("data"));
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
        command
    }

    fn run<const N: usize>(&self, args: [&str; N]) -> Done {
        self.run_with("", args)
    }

    fn run_with<const N: usize>(&self, stdin: &str, args: [&str; N]) -> Done {
        done(&self.command().args(args).write_stdin(stdin).output().unwrap())
    }

    /// The names in the folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn done(output: &std::process::Output) -> Done {
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

impl Done {
    /// The exit code, and what stderr says among other things.
    #[track_caller]
    fn is(&self, code: i32, stderr: &str) {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(self.stderr.contains(stderr), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
    }

    #[track_caller]
    fn prints(&self, stdout: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (0, stdout), "{self:#?}");
    }
}

fn sample(name: &str) -> String {
    format!("{PLAYS}/{name}")
}

#[test]
fn check_says_what_is_wrong_and_where() {
    let place = Place::new();
    let bad = "play a/1/b {\n  snap s\n  pass p\n  s -> q\n}\n";
    place.file("bad.play", bad);
    let done = place.run(["check", "bad.play"]);
    done.is(1, "1 file: 1 error\n");
    assert!(done.stdout.contains("error[P001]: there is no node 'q'\n --> bad.play:4:8\n"), "{done:?}");
    assert!(done.stdout.contains("4 |   s -> q\n  |        ^\n"), "{done:?}");

    let done = place.run(["check", "--format", "json", "bad.play"]);
    done.is(1, "");
    let found: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(found[0]["code"], "P001");
    assert_eq!(found[0]["start"], serde_json::json!({"offset": 38, "line": 4, "column": 8}));

    place.run_with(bad, ["check", "-"]).is(1, "1 error");
    assert!(place.run(["check", "--color", "always", "bad.play"]).stdout.contains("\u{1b}[1;31merror"));
}

#[test]
fn check_is_silent_on_stdout_when_all_is_well() {
    let place = Place::new();
    let done = place.run(["check", &sample("checkout.play"), &sample("checkout.ron")]);
    done.prints("");
    done.is(0, "2 files: nothing is wrong");
    place.run(["check", "--format", "json", &sample("hello.play")]).prints("[]\n");
}

#[test]
fn check_fixes_what_needs_no_decision() {
    let place = Place::new();
    // A word that was meant, a condition with nothing beside it, a second way on; and two things only a person can know.
    let text = "play a/1/b {\n  snap s // kept\n  pass p\n  call c = x/1/y\n  s -> c  otherwise // too\n  c -> q\n  c -> p\n  c -> p\n}\n";
    let path = place.file("bad.play", text);
    let done = place.run(["check", "--fix", "bad.play"]);
    done.is(1, "bad.play:5: remove 'otherwise' [P008]\n");
    let fixed = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        fixed,
        text.replace("s -> c  otherwise // too", "s -> c // too").replacen("  c -> p\n", "", 1),
        "{done:?}"
    );
    assert!(done.stdout.contains("P001") && !done.stdout.contains("P008"), "what is left is printed: {done:?}");

    // Nothing is left that it would do: nothing is written or said.
    let before = std::fs::metadata(&path).unwrap().modified().unwrap();
    let again = place.run(["check", "--fix", "--format", "json", "bad.play"]);
    assert!(!again.stderr.contains("remove"), "{again:?}");
    assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), before);
    let left: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(
        left,
        serde_json::from_str::<Value>(&place.run(["check", "--format", "json", "bad.play"]).stdout).unwrap()
    );

    let ron = "bad.ron";
    place.file("half.play", text.replace("  c -> q\n", ""));
    place.run(["convert", "half.play", ron]).is(0, "");
    place.run(["check", "--fix", ron]).is(0, "bad.ron (as text):5: remove 'otherwise' [P008]");
    place.run(["check", ron]).is(0, "nothing is wrong");
    place.run_with(text, ["check", "--fix", "-"]).is(2, "'-' is no file that --fix could write");
    assert_eq!(place.run_with(text, ["check", "--fix", "nowhere.play"]).stdout, "");
}

#[test]
fn files_that_cannot_be_used_get_a_clear_message() {
    let place = Place::new();
    place.file("a.txt", "play");
    place.file("latin.play", b"// caf\xe9\n");
    place.file("truncated.ron", &fs::read_to_string(sample("checkout.ron")).unwrap()[..700]);
    place.file("newer.ron", "(format: 99, items: [(kind: Dream((depth: 3)))])");
    place.file("newer.json", r#"{"format": 99, "items": [{"kind": {"Dream": 3}}]}"#);
    place.file("no.json", "[1]");
    fs::create_dir(place.path("folder.play")).unwrap();
    fs::File::create(place.path("huge.play")).unwrap().set_len(100 << 20).unwrap();
    let cases = [
        ("missing.play", 2, "there is no 'missing.play': check the name and the folder"),
        ("a.txt", 2, "'a.txt' is neither a .play, .ron nor .json file: give it one of these extensions"),
        ("picture.svg", 2, "'picture.svg' is a picture, and no play can be read from it"),
        ("latin.play", 2, "'latin.play' is not UTF-8 text: byte 6, in line 1"),
        ("huge.play", 2, "'huge.play' is larger than 32 MB"),
        ("folder.play", 2, "'folder.play' is a folder"),
        ("newer.ron", 2, "'newer.ron': the file has format 99, and this program reads formats up to 2"),
        ("newer.json", 2, "'newer.json': the file has format 99, and this program reads formats up to 2"),
    ];
    for (file, code, message) in cases {
        place.run(["check", file]).is(code, message);
        place.run(["fmt", file]).is(code, message);
        place.run(["convert", file, "out.play"]).is(code, message);
        #[cfg(feature = "run")]
        place.run(["run", file]).is(code, message);
    }
    // What is no play in its format is the play's fault.
    for file in ["truncated.ron", "no.json"] {
        let done = place.run(["check", file]);
        done.is(1, "1 error");
        assert!(
            done.stdout.contains(&format!(
                "error[R001]: this is no play in {}",
                &file.to_uppercase()[file.len() - file.rsplit('.').next().unwrap().len()..]
            )),
            "{done:?}"
        );
        place.run(["fmt", file]).is(1, "R001");
        place.run(["convert", file, "out.play"]).is(1, "R001");
    }
    assert!(!place.path("out.play").exists());
    // One bad name does not hide what is wrong with the others.
    let done = place.run(["check", "missing.play", &sample("hello.play"), "no.json"]);
    done.is(2, "there is no 'missing.play'");
    assert!(done.stdout.contains("R001"), "{done:?}");
}

#[test]
fn fmt_lays_out_and_touches_nothing_else() {
    let place = Place::new();
    let ugly = "play a/1/b{\nsnap s // start\npass p\n\n\ns->p\n}";
    let path = place.file("ugly.play", ugly);
    place.file("fine.play", fs::read_to_string(sample("hello.play")).unwrap());
    let done = place.run(["fmt", "--check", "ugly.play", "fine.play"]);
    assert_eq!((done.code, done.stdout.as_str()), (1, "ugly.play\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), ugly);

    place.run(["fmt", "ugly.play", "fine.play"]).prints("");
    let laid_out = fs::read_to_string(&path).unwrap();
    assert!(laid_out.contains("  snap s  // start\n"), "{laid_out}");
    place.run(["fmt", "--check", "ugly.play", "fine.play"]).prints("");
    place.run_with(ugly, ["fmt", "-"]).prints(&laid_out);

    let broken = "play a/1/b {\n  call = =\n snap s\n}\n";
    let path = place.file("broken.play", broken);
    place.run(["fmt", "broken.play"]).is(1, "error[L");
    assert_eq!(fs::read_to_string(path).unwrap(), broken);
    assert_eq!(place.names(), ["broken.play", "fine.play", "ugly.play"]);
}

#[test]
fn convert_loses_nothing() {
    let place = Place::new();
    let text = fs::read_to_string(sample("checkout.play")).unwrap();
    place.file("a.play", &text);
    for (from, to) in [("a.play", "b.ron"), ("b.ron", "c.json"), ("c.json", "d.play")] {
        place.run(["convert", from, to]).prints("");
    }
    assert_eq!(fs::read_to_string(place.path("d.play")).unwrap(), text);
    assert_eq!(fs::read_to_string(place.path("b.ron")).unwrap(), fs::read_to_string(sample("checkout.ron")).unwrap());
    assert_eq!(place.names(), ["a.play", "b.ron", "c.json", "d.play"]);

    place.run(["convert", "a.play", "a.txt"]).is(2, "give it .play, .ron, .json, .svg, .png, .mmd or .dot");
    place.run(["convert", "a.play", "./a.play"]).is(2, "is the file that is read: name another one to write");
    assert_eq!(fs::read_to_string(place.path("a.play")).unwrap(), text);
    place.run(["convert", "a.play", "gone/a.ron"]).is(2, "gone");
    place.file("broken.play", "play a/1/b {\n  call = =\n}\n");
    place.run(["convert", "broken.play", "broken.ron"]).is(0, "kept word for word");
    place.run(["convert", "broken.ron", "again.play"]).is(0, "");
    assert!(fs::read_to_string(place.path("again.play")).unwrap().contains("call = =\n"));
}

#[test]
fn convert_draws() {
    let place = Place::new();
    let text = fs::read_to_string(sample("checkout.play")).unwrap();
    let path = place.file("a.play", &text);
    let begins =
        [("a.svg", "<svg "), ("a.mmd", "flowchart LR\n"), ("a.dot", "digraph \"Checkout (shop/1.2/checkout)\" {\n")];
    for (name, begin) in begins {
        place.run(["convert", "a.play", name]).prints("");
        assert!(fs::read_to_string(place.path(name)).unwrap().starts_with(begin), "{name}");
    }
    let read = |name: &str| fs::read_to_string(place.path(name)).unwrap();
    assert!(read("a.svg").contains("#faf8f2"), "paper, if it is not said");
    place.run(["convert", "a.play", "a.svg", "--theme", "dark"]).prints("");
    assert!(read("a.svg").contains("#0e1513"));
    place.run(["convert", "a.play", "part.svg", "--only", "charge, both"]).prints("");
    let part = read("part.svg");
    assert!(part.contains("charge to both") && part.len() < read("a.svg").len() / 2);
    place
        .run(["convert", "a.play", "x.svg", "--only", "nobody"])
        .is(2, "there is no node 'nobody'; some that are: order,");

    // A run, from a file of its events.
    let record = format!("{}/tests/diagram/checkout.jsonl", env!("CARGO_MANIFEST_DIR"));
    place.run(["convert", "a.play", "run.svg", "--run", &record, "--at", "1600ms"]).prints("");
    let run = read("run.svg");
    assert!(
        run.contains("wait-for-signal approve") && run.contains("waiting for a signal") && run.contains(": running")
    );
    place.run(["convert", "a.play", "end.svg", "--run", &record]).prints("");
    assert!(read("end.svg").contains(": passed"));
    place
        .run(["convert", &sample("hello.play"), "other.svg", "--run", &record])
        .is(0, "the run is of shop/1.2/checkout");
    place.run(["convert", "a.play", "run.svg", "--at", "1s"]).is(2, "--run");
    place.run(["convert", "a.play", "b.ron", "--theme", "dark"]).is(2, "--theme is for pictures");
    place.run(["convert", "a.play", "gone/a.svg"]).is(2, "gone");
    assert!(!place.path("b.ron").exists() && !place.path("x.svg").exists());

    // One of several plays, and one that cannot be read in full.
    let levels = sample("levels.play");
    place.run(["convert", &levels, "levels.svg"]).is(2, "has several plays: choose one, as in");
    let first =
        chalktalk::lang::parse(fs::read_to_string(&levels).unwrap()).doc.plays().next().unwrap().1.coord.to_string();
    place.run(["convert", &format!("{levels}#{first}"), "levels.svg"]).prints("");
    assert!(read("levels.svg").contains(&first));
    place.file("broken.play", "play a/1/b {\n  snap s\n  call = =\n}\n");
    place.run(["convert", "broken.play", "broken.svg"]).is(0, "are not in the picture");

    #[cfg(feature = "png")]
    {
        place.run(["convert", "a.play", "a.png"]).prints("");
        assert!(fs::read(place.path("a.png")).unwrap().starts_with(b"\x89PNG"));
    }
    #[cfg(not(feature = "png"))]
    place.run(["convert", "a.play", "a.png"]).is(2, "this build of chalktalk makes no PNG");
    assert_eq!(fs::read_to_string(path).unwrap(), text);
}

#[test]
fn a_folder_that_may_not_be_written_keeps_its_files() {
    let place = Place::new();
    fs::create_dir(place.path("shut")).unwrap();
    let path = place.file("shut/a.play", "play a/1/b{}");
    let set = |readonly: bool, path: &Path| {
        let mut permissions = fs::metadata(path).unwrap().permissions();
        permissions.set_readonly(readonly);
        fs::set_permissions(path, permissions).unwrap();
    };
    set(true, &path);
    place.run(["fmt", "shut/a.play"]).is(2, "'shut/a.play' is read-only: make it writable, or save under another name");
    assert_eq!(fs::read_to_string(&path).unwrap(), "play a/1/b{}");
    assert_eq!(fs::read_dir(place.path("shut")).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let place = Place::new();
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    let program = assert_cmd::cargo::cargo_bin("chalktalk");
    let output = Process::new(&program).args(["fmt", "-"]).stdin(Stdio::null()).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "nothing is written");
    place.file("bad.play", "play a/1/b {}");
    let bad = place.path("bad.play");
    let output = Process::new(&program).arg("check").arg(bad).stdout(full()).output().unwrap();
    done(&output).is(2, "cannot write to stdout: No space left on device");

    // A shell's limit on the size of files stands for the disk.
    let old = "(format: 1, items: [])";
    place.file("big.ron", old);
    let script =
        format!("trap '' XFSZ; ulimit -f 1; exec {} convert {} big.ron", program.display(), sample("checkout.play"));
    let output = Process::new("sh").args(["-c", &script]).current_dir(place.dir.path()).output().unwrap();
    done(&output).is(2, "no room to write 'big.ron'");
    assert_eq!(fs::read_to_string(place.path("big.ron")).unwrap(), old);
    assert_eq!(place.names(), ["bad.play", "big.ron"]);
}

#[test]
fn a_closed_pipe_is_nobodys_fault() {
    let place = Place::new();
    let many: String = (0..2_000).fold("play a/1/b {\n".to_owned(), |text, n| text + &format!("  x{n} -> y\n")) + "}\n";
    place.file("many.play", many);
    let program = assert_cmd::cargo::cargo_bin("chalktalk");
    let mut child = Process::new(program)
        .args(["check", "many.play"])
        .current_dir(place.dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    done(&output).is(1, "errors");
}

#[test]
fn wrong_use_is_told_from_wrong_plays() {
    let place = Place::new();
    place.run(["check"]).is(2, "Usage");
    place.run(["check", "--frobnicate", "a.play"]).is(2, "--frobnicate");
    place.run(["chekc", "a.play"]).is(2, "there is no command 'chekc': did you mean 'check'?");
    place.run(["show", "last"]).is(2, "no runs are recorded yet");
    place.run(["show", "nobody", "--data", "nowhere"]).is(2, "nowhere");
    place.run(["replay", "018f"]).is(2, "there is no run '018f'");
    place.run(["runs"]).is(0, "no runs are recorded yet");
    place.file("no.jsonl", "{}\n");
    place.run(["replay", "no.jsonl"]).is(2, "'no.jsonl' is no record of a run: line 1 is no event");
}

#[test]
fn every_command_has_help_with_an_example() {
    let place = Place::new();
    let commands = ["check", "fmt", "convert", "runs", "show", "replay", "record"];
    let commands = commands.iter().chain(if cfg!(feature = "run") { &["run"][..] } else { &[] });
    for command in commands {
        let done = place.run([command, "--help"]);
        assert!(done.code == 0 && done.stdout.contains(&format!("Examples:\n  chalktalk {command}")), "{done:?}");
    }
    let done = place.run(["--help"]);
    assert!(done.stdout.contains("Exit codes: 0 well"), "{done:?}");
    assert!(place.run(["--version"]).stdout.starts_with("chalktalk "));
}

#[cfg(feature = "run")]
mod run {
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
            (
                "together.play",
                &["--input", r#"{"text": "four", "numbers": [1, 3]}"#],
                json!({"text": "FOUR", "number": 4}),
            ),
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
        let gap: String =
            text.split_inclusive('\n').enumerate().filter(|(n, _)| *n != 3).map(|(_, line)| line).collect();
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
        place.file(
            "two.play",
            "play a/1/b {\n snap s\n pass p\n s -> p\n}\nplay a/1/c {\n snap s\n pass p\n s -> p\n}\n",
        );
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
}

const TRIED: &str = "play shop/1/order {
  snap start
  call charge = pay/1/charge
  pass shipped
  pass refused
  start -> charge -> shipped
  charge -> refused on error

  scenario \"it ships\" { charge answers {id: 1} takes 2s, expect pass shipped }
  scenario \"it is <declined>\" { charge fails \"declined\", expect pass shipped }
}
";

#[test]
fn test_plays_scenarios_and_says_what_came() {
    let place = Place::new();
    place.file("a.play", TRIED);
    let done = place.run(["test", "a.play", "--coverage", "--junit", "out.xml"]);
    done.is(1, "2 scenarios: 1 passed, 1 failed");
    for line in [
        "a.play shop/1/order",
        "  ok     it ships  (2 s simulated)",
        "  FAILED it is <declined>",
        "a.play:10:58: expected a pass at shipped: it passed at refused",
        "  coverage: 4 of 4 nodes, 3 of 3 wires",
    ] {
        assert!(done.stdout.contains(line), "{line}: {done:#?}");
    }
    let report = fs::read_to_string(place.path("out.xml")).unwrap();
    assert!(
        report.contains("<testcase name=\"it is &lt;declined&gt;\"") && report.contains("failures=\"1\""),
        "{report}"
    );

    let one = place.run(["test", "a.play", "--filter", "ships", "--coverage"]);
    one.is(0, "1 scenario: 1 passed, 0 failed");
    assert!(one.stdout.contains("no ball came to refused"), "{one:#?}");
    assert!(one.stdout.contains("no ball took charge -> refused on error"), "{one:#?}");
    place.run(["test", "a.play", "--filter", "nothing"]).is(2, "no scenario has 'nothing' in its name");
    place.file("wrong.play", TRIED.replace("charge fails", "chrage fails"));
    place.run(["test", "wrong.play"]).is(1, "P028");
    place.run(["test", "missing.play", "a.play"]).is(2, "missing.play");
    place.file("none.play", "play a/1/b {\n  snap s\n  pass p\n  s -> p\n}\n");
    place.run(["test", "none.play"]).is(0, "no scenario: add one");
}

#[test]
fn check_deep_says_what_can_happen_and_shows_it() {
    let place = Place::new();
    place.file("ok.play", TRIED);
    let done = place.run(["check", "--deep", "ok.play"]);
    done.is(0, "nothing is wrong");
    assert!(done.stdout.contains("ok.play: shop/1/order: decided in"), "{done:#?}");
    let text = "play a/1/b {
  snap s
  call ask = a/1/ask
  pass done
  s -> ask -> ask when (true)
  ask -> done otherwise
}
";
    place.file("round.play", text);
    let done = place.run(["check", "--deep", "--trace", "trace.jsonl", "round.play"]);
    done.is(1, "1 error");
    assert!(done.stdout.contains("error[D001]"), "{done:#?}");
    let trace = fs::read_to_string(place.path("trace.jsonl")).unwrap();
    let events: Vec<Value> = trace.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() > 3 && events[0]["event"]["Started"].is_object(), "{trace}");
    place.run(["check", "--trace", "t", "round.play"]).is(2, "--deep");
}
