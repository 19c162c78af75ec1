//! `process`: real programs that the runner starts, looks after and ends.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(all(feature = "run", target_os = "linux"))]

#[path = "runner/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the runner")]
mod support;
#[path = "runner/tools.rs"]
#[expect(dead_code, reason = "shared with the tests of workers")]
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chalktalk::event::{Code, Event};
use chalktalk::runner::{Config, Consent, Prepared, Runner};
use serde_json::json;
use support::{config, failed, kinds, passed, prepared_with, start};
use tempfile::TempDir;
use tools::Language;

/// A command that writes its process id before it becomes the worker.
struct Told {
    folder: TempDir,
    command: String,
}

impl Told {
    fn new(language: Language, before: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pids = folder.path().join("pids");
        let command = format!(
            "{before} echo $$ >> {}; exec {}",
            pids.display(),
            language.words("--listen", "127.0.0.1:{port}").join(" ")
        );
        Self { folder, command }
    }

    /// Of all that were started so far.
    fn pids(&self) -> Vec<u32> {
        let text = std::fs::read_to_string(self.folder.path().join("pids")).unwrap_or_default();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    fn play(&self, body: &str) -> Arc<Prepared> {
        let command = self.command.replace('\\', "\\\\").replace('"', "\\\"");
        prepared_with(&format!("play t/1/p {{\n{body}\n}}\nformation f {{\n stock/* process \"{command}\"\n}}"), "f")
    }

    /// A runner that may start it.
    fn runner(&self) -> Runner {
        let consent = Consent::none();
        consent.allow(&self.command);
        Runner::spawn(Config { consent, ..config() })
    }
}

const ECHO: &str = " snap a\n call b = stock/3.0.2/echo\n pass c\n a -> b -> c";

/// A zombie that nobody has asked for yet is gone too.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
}

/// There is no event for the end of somebody else's process.
async fn until_dead(pid: u32) {
    while is_alive(pid) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn kill(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn nothing_is_started_that_nobody_allowed() {
    let told = Told::new(Language::Rust, "");
    let runner = Runner::spawn(config());
    let play = told.play(ECHO);
    let run = start(&runner, &play, json!(1)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::FailedPrecondition);
    for words in ["stock/3.0.2/echo", &told.command, "--allow-process"] {
        assert!(failure.message.contains(words), "{}", failure.message);
    }
    assert!(told.pids().is_empty());
}

#[tokio::test]
async fn a_process_is_started_by_its_first_ball_shared_by_all_and_ended_with_the_runner() {
    for language in [Language::Rust, Language::Python, Language::JavaScript] {
        // It has a child of its own, which does not listen when it is asked to end.
        let told = Told::new(language, "sh -c 'trap \"\" TERM; sleep 600' & echo $! >> \"$CHILD\";");
        let child = told.folder.path().join("child");
        let command = told.command.replace("\"$CHILD\"", &child.display().to_string());
        let told = Told { command, ..told };
        let (play, runner) = (told.play(ECHO), told.runner());
        assert!(told.pids().is_empty());
        let mut runs = Vec::new();
        for n in 0..5 {
            runs.push(start(&runner, &play, json!(n)).await);
        }
        for (n, run) in runs.iter().enumerate() {
            assert_eq!(passed(&runner.wait(run).await.unwrap()).1, json!(n));
        }
        let [pid] = told.pids()[..] else { panic!("one process, not {:?}", told.pids()) };
        let child: u32 = std::fs::read_to_string(child).unwrap().trim().parse().unwrap();
        assert!(is_alive(pid) && is_alive(child));
        runner.stop().await.unwrap();
        until_dead(pid).await;
        until_dead(child).await;
    }
}

#[tokio::test]
async fn one_that_dies_is_started_again() {
    let told = Told::new(Language::Rust, "");
    let runner = told.runner();
    let echo = told.play(ECHO);
    let run = start(&runner, &echo, json!(1)).await;
    passed(&runner.wait(&run).await.unwrap());
    // With a ball in its hands: a wait loses it to the next life, which finds it there.
    let wait = told.play(" snap a\n wait-for-worker b = stock/3.0.2/slow\n pass c\n a -> b -> c");
    let run = start(&runner, &wait, json!({"ms": 300})).await;
    let mut watch = runner.watch(&run, 0).await.unwrap();
    let mut caught = false;
    while !caught {
        let (_, events) = watch.next().await.unwrap();
        caught = events.iter().any(|recorded| matches!(recorded.event, Event::Caught { .. }));
    }
    kill("-KILL", told.pids()[0]);
    passed(&runner.wait(&run).await.unwrap());
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    assert_eq!(kinds(&events)[3..9], ["Parked", "Caught", "Dropped", "Parked", "Caught", "Answered"]);
    assert_eq!(told.pids().len(), 2);
    // Between balls too.
    kill("-KILL", told.pids()[1]);
    until_dead(told.pids()[1]).await;
    let again = told.play(&ECHO.replace("echo", "echo retry 9"));
    let run = start(&runner, &again, json!(2)).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(2));
    assert_eq!(told.pids().len(), 3);
    assert!(!is_alive(told.pids()[0]));
}

#[tokio::test]
async fn one_that_cannot_live_is_told_with_its_last_words() {
    let check = async |command: &str, words: &[&str]| {
        let told = Told { folder: tempfile::tempdir().unwrap(), command: command.to_owned() };
        let runner = told.runner();
        let run = start(&runner, &told.play(ECHO), json!(1)).await;
        let failure = failed(&runner.wait(&run).await.unwrap()).1;
        assert_eq!(failure.code, Code::Unavailable, "{}", failure.message);
        for word in words {
            assert!(failure.message.contains(word), "{}", failure.message);
        }
    };
    let command = "echo to stdout; i=0; while [ $i -lt 9999 ]; do i=$((i+1)); echo line $i >&2; done; exit 3";
    check(command, &["ended before it answered (exit status: 3)", "line 9995; line 9996;", "line 9999", command]).await;
    check("/no/such/program", &["exit status: 127", "/no/such/program", "not found"]).await;
    check("kill -SEGV $$", &["signal: 11", "and said nothing"]).await;
    check("echo got $PORT and {image}/{version} >&2; false", &["words were: got ", " and stock/3.0.2"]).await;
}

/// Chalktalk itself, in a process of its own.
fn chalktalk(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chalktalk"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("XDG_DATA_HOME", folder.join("data")).env("HOME", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn file(told: &Told, body: &str) -> PathBuf {
    let path = told.folder.path().join("it.play");
    let command = told.command.replace('\\', "\\\\").replace('"', "\\\"");
    let text = format!("play t/1/p {{\n{body}\n}}\nformation f {{\n stock/* process \"{command}\"\n}}\n");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_command_line_starts_programs_only_when_told_and_remembers_it_for_that_folder() {
    let told = Told::new(Language::Rust, "");
    let path = file(&told, ECHO);
    let run = |flags: &[&str], folder: &Path| {
        let mut command = chalktalk(told.folder.path());
        command.current_dir(folder).arg("run").arg(&path).args(["--input", "7"]).args(flags);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (code, _, said) = run(&[], here);
    assert!(code == Some(1) && said.contains("--allow-process"), "{said}");
    assert!(told.pids().is_empty());
    let well = (Some(0), "7\n".to_owned());
    let (code, printed, said) = run(&["--allow-process"], here);
    assert_eq!((code, printed), well, "{said}");
    let (code, printed, said) = run(&[], here);
    assert_eq!((code, printed), well, "{said}");
    // The same words may mean something else elsewhere.
    let (code, ..) = run(&[], told.folder.path());
    assert_eq!(code, Some(1));
    assert_eq!(told.pids().len(), 2);
    for pid in told.pids() {
        while is_alive(pid) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[tokio::test]
async fn no_process_outlives_a_chalktalk_that_is_killed() {
    let told = Told::new(Language::Rust, "");
    let path = file(&told, &ECHO.replace("echo", "slow"));
    let mut command = chalktalk(told.folder.path());
    let mut program =
        command.arg("run").arg(&path).args(["--allow-process", "--input", "{\"ms\": 600000}"]).spawn().unwrap();
    while told.pids().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let pid = told.pids()[0];
    assert!(is_alive(pid));
    program.kill().unwrap();
    program.wait().unwrap();
    until_dead(pid).await;
}
