//! A run of 40 built-in calls in a row: start, 40 calls, pass, and the outcome back at whoever waits.
//!
//! The budget: 0.4 ms in memory; 3 ms in a journal (WAL, `synchronous=NORMAL`) where each result is committed before the
//! next call.

use std::fmt::Write as _;
use std::sync::Arc;

use chalktalk::event::Outcome;
use chalktalk::journal::Journal;
use chalktalk::lang;
use chalktalk::runner::{Config, Prepared, Runner, Start};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;

const N_CALLS: usize = 40;

fn calls_in_a_row(n_calls: usize) -> Arc<Prepared> {
    let mut text = "play bench/1/row {\n snap start\n pass end\n".to_owned();
    let mut wires = " start".to_owned();
    for i in 0..n_calls {
        writeln!(text, " call c{i} = demo/1/echo").expect("a string takes all");
        write!(wires, " -> c{i}").expect("a string takes all");
    }
    text.push_str(&wires);
    text.push_str(" -> end\n}");
    let source = lang::parse(text);
    Arc::new(Prepared::new(&source.doc, 0, None).expect("the play compiles"))
}

fn run(runner: &Runner, play: &Arc<Prepared>) {
    let input = json!({"order_id": "o-1", "items": ["ball"], "amount": 60});
    let run = runner.start(Start::new(Arc::clone(play), input)).wait().expect("it starts");
    let outcome = runner.wait(&run).wait().expect("it ends");
    assert!(matches!(outcome, Outcome::Passed { .. }));
}

fn bench(c: &mut Criterion) {
    let play = calls_in_a_row(N_CALLS);
    let mut group = c.benchmark_group("run of 40 built-in calls");

    let runner = Runner::new(Config::new(Journal::memory())).expect("the runner starts");
    group.bench_function("in memory (budget 0.4 ms)", |b| b.iter(|| run(&runner, &play)));

    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let journal = Journal::open(folder.path()).expect("the journal opens");
    let runner = Runner::new(Config::new(journal)).expect("the runner starts");
    group.bench_function("journaled (budget 3 ms)", |b| b.iter(|| run(&runner, &play)));
    group.finish();
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, bench);
criterion_main!(benches);
