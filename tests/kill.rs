//! `kill -9` of the program in the middle of its runs, again and again: whatever the moment, every run ends, what was
//! answered is not called again, and what was under way is called again under the same key.
//!
//! Runs are started by the real `chalktalk run`. What goes on with them is this test program, started again with a
//! variable that makes `the_program_starts_again` do the work. The worker is a process of its own that is never
//! killed; its log is what all this is judged by.

#![cfg(all(feature = "run", unix))]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use chalktalk::base::RunId;
use chalktalk::engine::sim::Rng;
use chalktalk::event::{Event, Outcome, Recorded};
use chalktalk::journal::{Journal, Reader, Status};
use chalktalk::runner::{Config, Runner};
use serde_json::json;

const DATA: &str = "CHALKTALK_KILL_DATA";
const N_KILLS: usize = 40;
const SEED: u64 = 20_261_124;

/// 40 events, six calls of a few milliseconds. The timeout makes a run that hangs one that fails.
const PLAY: &str = "
play t/1/p timeout 2m {
  snap a
  call b = stock/3.0.2/slow
  fan-out c
  call d = stock/3.0.2/slow
  call e = stock/3.0.2/slow
  call f = stock/3.0.2/echo
  fan-in g all
  call h = stock/3.0.2/slow  with ({ms: 1, sum: ball.d.ms + ball.e.ms + ball.f.ms})
  call i = stock/3.0.2/reserve  with ({order_id: string(ball.sum)})
  pass z
  a -> b -> c -> { d, e, f } -> g -> h -> i -> z
}
";

/// A call, by what makes it one: run, node, visit, attempt.
type Key = String;

/// Does nothing in the test run itself.
#[test]
fn the_program_starts_again() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let journal = Journal::open(data).unwrap();
    let unfinished = journal.unfinished().unwrap();
    let runner = Runner::new(Config::new(journal)).unwrap();
    let mut watch = runner.watch_all();
    thread::spawn(move || {
        while let Some((run, events)) = watch.next_blocking() {
            for event in events.iter() {
                drop(writeln!(std::io::stdout(), "{run} {}", event.seq));
            }
        }
    });
    let recovered = runner.recovered().wait().unwrap();
    assert_eq!(
        recovered.iter().map(|recovered| &recovered.run).collect::<Vec<_>>(),
        unfinished.iter().collect::<Vec<_>>()
    );
    for recovered in recovered {
        assert_eq!(recovered.result, Ok(()), "{}", recovered.run);
        runner.wait(&recovered.run).wait().unwrap();
    }
    runner.stop().wait().unwrap();
}

/// Every call that came, in order.
struct Worker {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Worker {
    fn start() -> Self {
        // As this test was built, so is the example.
        let folder = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--example", "worker"]);
        if !cfg!(feature = "gui") {
            build.args(["--no-default-features", "--features", "run"]);
        }
        build.args((!cfg!(debug_assertions)).then_some("--release"));
        assert!(build.status().unwrap().success(), "the example worker is built");
        let program = folder.join("examples/worker");
        let mut process = Command::new(program).arg("0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().expect("it says where it listens").unwrap();
        let url = format!("http://{}", line.strip_prefix("listening on ").unwrap());
        Self { process, lines, url }
    }

    /// How often each call came. The worker is gone after that.
    fn n_calls(mut self) -> BTreeMap<Key, usize> {
        self.process.kill().unwrap();
        let mut n_calls = BTreeMap::new();
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            let key = line.splitn(3, ' ').nth(2).expect("invoke, coordinate, key");
            *n_calls.entry(key.to_owned()).or_default() += 1;
        }
        n_calls
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn run(play: &Path, data: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("chalktalk"));
    command.arg("run").arg(play).args(["--input", "{\"ms\": 3}", "--events", "-", "--data"]).arg(data);
    command
}

fn start_again(data: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "the_program_starts_again", "--nocapture"]).env(DATA, data);
    command
}

/// Whether the program was killed, after some event and a moment more; else it had come to its end.
fn killed(command: &mut Command, rng: &mut Rng) -> bool {
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let n_lines = usize::try_from(rng.below(44)).unwrap();
    lines.by_ref().take(n_lines).for_each(drop);
    thread::sleep(Duration::from_micros(rng.below(4) * rng.below(1500)));
    program.kill().unwrap();
    let mut said = String::new();
    program.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let status = program.wait().unwrap();
    assert!(status.success() || status.signal() == Some(9), "{status}: {said}");
    status.signal() == Some(9)
}

/// The calls of a run, each with whether its answer is kept.
fn calls_of(run: &RunId, events: &[Recorded]) -> BTreeMap<Key, bool> {
    let mut calls = BTreeMap::new();
    let mut under_way = BTreeMap::new();
    for Recorded { event, .. } in events {
        match event {
            Event::Called { ball, node, attempt, visit, .. } => {
                let key = format!("{run} {node} {visit} {attempt}");
                assert_eq!(calls.insert(key.clone(), false), None, "a key is used once");
                under_way.insert(*ball, key);
            }
            Event::Answered { ball, .. } => {
                let key = under_way.remove(ball).expect("what is answered was called");
                calls.insert(key, true);
            }
            Event::AttemptFailed { failure, .. } => panic!("the worker is always there: {failure:?}"),
            _ => {}
        }
    }
    calls
}

/// What the journal holds of all calls.
fn calls(data: &Path) -> BTreeMap<Key, bool> {
    // The first program may have been killed before it made one.
    let Ok(reader) = Reader::open(data) else { return BTreeMap::new() };
    let runs = reader.runs(usize::MAX).unwrap();
    runs.iter().flat_map(|info| calls_of(&info.run, &reader.events(&info.run).unwrap().events)).collect()
}

#[test]
fn every_run_ends_and_no_answered_call_is_made_again() {
    let worker = Worker::start();
    let folder = tempfile::tempdir().unwrap();
    let (play, data) = (folder.path().join("p.play"), folder.path().join("data"));
    std::fs::write(&play, format!("{PLAY}formation f {{\n  stock/* service \"{}\"\n}}\n", worker.url)).unwrap();

    let mut rng = Rng::new(SEED);
    let mut n_kills = 0;
    // How often each call was under way when the program was killed.
    let mut n_cut: BTreeMap<Key, usize> = BTreeMap::new();
    while n_kills < N_KILLS {
        let again = rng.chance(600);
        let mut command = if again { start_again(&data) } else { run(&play, &data) };
        if killed(&mut command, &mut rng) {
            n_kills += 1;
            for (key, _) in calls(&data).into_iter().filter(|(_, answered)| !answered) {
                *n_cut.entry(key).or_default() += 1;
            }
        }
    }
    let last = start_again(&data).output().unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));

    let reader = Reader::open(&data).unwrap();
    let runs = reader.runs(usize::MAX).unwrap();
    assert!(runs.len() > 10, "{} runs were started", runs.len());
    for info in &runs {
        assert_eq!(info.status, Status::Passed, "{info:?}");
        let last = reader.events(&info.run).unwrap().events.pop().unwrap();
        let Event::Finished { outcome: Outcome::Passed { payload, .. } } = last.event else { panic!("{last:?}") };
        assert_eq!(*payload.to_json(), json!({"order_id": "9", "reserved": 0, "shelf": "P7"}));
    }
    let calls = calls(&data);
    let n_calls = worker.n_calls();
    assert!(
        n_calls.keys().eq(calls.keys()),
        "what the worker was asked for is what the journal holds, no less, no more"
    );
    for (key, answered) in calls {
        let (n, n_cut) = (n_calls[&key], n_cut.get(&key).copied().unwrap_or(0));
        assert!(answered, "{key}");
        assert!(n <= 1 + n_cut, "{key} came {n} times, and was under way at {n_cut} kills: seed {SEED}");
    }
    let n_again = n_calls.values().filter(|n| **n > 1).count();
    assert!(n_again > 0, "no call was cut off and made again: the kills come at the wrong moments");
}
