//! What a step costs in this process, without a journal on disk: a play of many calls of a built-in method in a row, from its
//! start to the outcome back at whoever waits, as time a call. Each is three events: called, answered, moved.
//!
//! Prints a line of what, measured, promised, `ok` or `MISSED`.

#![allow(clippy::print_stdout, reason = "a program that prints a table")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chalktalk::event::Outcome;
use chalktalk::journal::Journal;
use chalktalk::lang;
use chalktalk::runner::{Config, Prepared, Runner, Start};
use serde_json::json;

const N_STEPS: u32 = 1000;
/// Of each measurement; the median counts.
const ROUNDS: usize = 301;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn row() -> Arc<Prepared> {
    let mut text = "play bench/1/row {\n snap start\n pass end\n".to_owned();
    let mut wires = " start".to_owned();
    for i in 0..N_STEPS {
        writeln!(text, " call n{i} = demo/1/echo").expect("a string takes all");
        write!(wires, " -> n{i}").expect("a string takes all");
    }
    write!(text, "{wires} -> end\n}}").expect("a string takes all");
    Arc::new(Prepared::new(&lang::parse(text).doc, 0, None).expect("the play compiles"))
}

fn run(runner: &Runner, play: &Arc<Prepared>) -> Duration {
    let input = json!({"order_id": "o-1", "items": ["ball"], "amount": 60});
    let since = Instant::now();
    let run = runner.start(Start::new(Arc::clone(play), input)).wait().expect("it starts");
    let outcome = runner.wait(&run).wait().expect("it ends");
    let took = since.elapsed();
    assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
    runner.delete(&run).wait().expect("it is over");
    took
}

fn main() {
    let play = row();
    let runner = Runner::new(Config::new(Journal::memory())).expect("the runner starts");
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| run(&runner, &play) / N_STEPS).collect();
    times.sort_unstable();
    let (each, most) = (times[ROUNDS / 2], Duration::from_nanos(1200));
    let is_kept = each <= most;
    let (measured, promised) = (format!("{each:.2?}"), format!("at most {most:.2?}"));
    let what = format!("a built-in call, of {N_STEPS} in a row");
    println!("{what:<42} {measured:<30} {promised:<32} {}", if is_kept { "ok" } else { "MISSED" });
    if !is_kept {
        std::process::exit(1);
    }
}
