//! Runs that wait for a signal to a key or to themselves, in a journal on disk: the memory that each takes, how long it takes to
//! wake one, and how soon a runner serves again that has many of them.
//!
//! Prints a line for each promise: what, measured, promised, `ok` or `MISSED`. `CHALKTALK_PARKED` says how many runs wait
//! (1,000,000), `CHALKTALK_RESTARTED` how many do so over a restart (100,000).

#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a program that prints a table")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chalktalk::base::RunId;
use chalktalk::engine::sim::Rng;
use chalktalk::event::Outcome;
use chalktalk::journal::{FILE_NAME, Journal};
use chalktalk::lang;
use chalktalk::runner::{Config, Limits, Prepared, Runner, Start};
use serde_json::{Value, json};

const AT_ONCE: usize = 4096;
const N_WOKEN: u64 = 2000;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn play() -> Arc<Prepared> {
    let text =
        "play bench/1/parked {\n snap a\n wait-for-signal b \"approved\" key (ball.order_id)\n pass c\n a -> b -> c\n}";
    Arc::new(Prepared::new(&lang::parse(text).doc, 0, None).expect("the play compiles"))
}

/// 200 bytes as JSON.
fn input(n: usize) -> Value {
    json!({"order_id": key(n), "customer": {"name": "Ada Lovelace", "city": "London"}, "note": "x".repeat(102), "amount": 60})
}

fn key(n: usize) -> String {
    format!("o-{n:08}")
}

fn runner(folder: &Path) -> Runner {
    let journal = Journal::open(folder).expect("the journal opens");
    let limits = Limits { runs: usize::MAX, ..Limits::default() };
    Runner::new(Config { limits, ..Config::new(journal) }).expect("the runner starts")
}

fn park(runner: &Runner, play: &Arc<Prepared>, n: usize) -> Vec<RunId> {
    let mut runs = Vec::with_capacity(n);
    while runs.len() < n {
        let some = runs.len()..n.min(runs.len() + AT_ONCE);
        let replies: Vec<_> = some.map(|n| runner.start(Start::new(Arc::clone(play), input(n)))).collect();
        runs.extend(replies.into_iter().map(|reply| reply.wait().expect("it starts")));
    }
    runs
}

fn resident_bytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel says so");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("it is a number") * 1024.0
}

/// From the signal to the end of the run.
fn wake(runner: &Runner, run: &RunId, by_key: Option<String>) -> Duration {
    let end = runner.wait(run);
    let since = Instant::now();
    match by_key {
        Some(key) => assert_eq!(runner.signal_key(&key, "approved", json!(1), None).wait().expect("it is there"), 1),
        None => runner.signal(run, "approved", json!(1), None).wait().expect("it is there"),
    }
    assert!(matches!(end.wait(), Ok(Outcome::Passed { .. })));
    since.elapsed()
}

fn copy(from: &Path, to: &Path) {
    for end in ["", "-wal", ".lock"] {
        let name = format!("{FILE_NAME}{end}");
        if from.join(&name).exists() {
            fs::copy(from.join(&name), to.join(&name)).expect("there is space");
        }
    }
}

/// Until a new run of a runner on that folder is kept.
fn restart(folder: &Path, play: &Arc<Prepared>, n: usize) -> Duration {
    let since = Instant::now();
    let runner = runner(folder);
    runner.start(Start::new(Arc::clone(play), input(n))).wait().expect("it starts");
    let took = since.elapsed();
    let standing = runner.standing().wait().expect("it is there");
    assert_eq!(standing.runs, n as u64 + 1);
    runner.stop().wait().expect("it stops");
    took
}

struct Table {
    missed: bool,
}

impl Table {
    fn row(&mut self, what: &str, measured: &str, promised: &str, ok: bool) {
        self.missed |= !ok;
        println!("{what:<42} {measured:<30} {promised:<32} {}", if ok { "ok" } else { "MISSED" });
    }
}

fn count(name: &str, or: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(or)
}

fn main() {
    let (n, n_restarted) = (count("CHALKTALK_PARKED", 1_000_000), count("CHALKTALK_RESTARTED", 100_000));
    let mut table = Table { missed: false };
    let play = play();

    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let awake = runner(folder.path());
    // What the runs' names take here is not the runner's.
    let names: Vec<RunId> = Vec::with_capacity(n);
    let before = resident_bytes();
    let since = Instant::now();
    let mut runs = names;
    runs.extend(park(&awake, &play, n));
    let took = since.elapsed();
    std::thread::sleep(Duration::from_secs(2));
    let each = (resident_bytes() - before) / n as f64;
    table.row(&format!("bytes a parked run, {n} of them"), &format!("{each:.0}"), "at most 500", each <= 500.0);
    let mut rng = Rng::new(7);
    let mut times: Vec<Duration> = (0..N_WOKEN.min(n as u64))
        .filter_map(|i| {
            let at = usize::try_from(rng.below(n as u64)).expect("it is a place");
            let run = std::mem::replace(&mut runs[at], RunId::new(""));
            // One that was woken before.
            (!run.as_str().is_empty()).then(|| wake(&awake, &run, (i % 2 == 0).then(|| key(at))))
        })
        .collect();
    times.sort_unstable();
    let (p50, p99, most) = (times[times.len() / 2], times[times.len() * 99 / 100], times[times.len() - 1]);
    let limit = Duration::from_millis(10);
    let told = format!("{p50:.2?}, p99 {p99:.2?}, max {most:.2?}");
    let n_late = times.iter().filter(|took| **took > limit).count();
    table.row("to wake one of them", &told, "at most 10 ms, each", most <= limit);
    let standing = awake.standing().wait().expect("it is there");
    let told = format!("{took:.1?}, {}; {n_late} of {}", standing.asleep, times.len());
    println!("{:<42} {told}", "  parked in, asleep; woken late");
    awake.stop().wait().expect("it stops");
    drop((awake, folder));

    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let cut = tempfile::tempdir().expect("there is a folder for temporary files");
    let first = runner(folder.path());
    park(&first, &play, n_restarted);
    copy(folder.path(), cut.path());
    first.stop().wait().expect("it stops");
    drop(first);
    for (how, folder) in [("a stop", folder.path()), ("a kill", cut.path())] {
        let took = restart(folder, &play, n_restarted);
        let what = format!("serving again with {n_restarted}, after {how}");
        table.row(&what, &format!("{took:.2?}"), "at most 3 s", took <= Duration::from_secs(3));
    }
    if table.missed {
        std::process::exit(1);
    }
}
