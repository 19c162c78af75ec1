//! The program as people and scripts use it: what it prints where, and how it exits.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use serde_json::Value;

mod referee;
#[cfg(feature = "run")]
mod run;

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
