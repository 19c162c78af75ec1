//! The engine alone: events folded and events decided, on one core.
//!
//! Limits: at least 1,000,000 events a second folded and 300,000 decided, at every size.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use chalktalk::base::{RunId, RunMicros};
use chalktalk::engine::{Effect, Input, Run, effect_of};
use chalktalk::event::{Payload, Recorded, Started};
use chalktalk::lang;
use chalktalk::plan::{Catalog, Plan};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;

/// `n_nodes` nodes or a few more: fan-outs over five calls that are joined again, one after the other.
fn plan(n_nodes: usize) -> Arc<Plan> {
    let mut text = "play bench/1/engine {\n  snap s\n  pass p\n".to_owned();
    let mut last = "s".to_owned();
    for i in 0..n_nodes.div_ceil(7) {
        let calls: Vec<String> = (0..5).map(|k| format!("c{i}_{k}")).collect();
        for call in &calls {
            writeln!(text, "  call {call} = demo/1/echo retry 2").expect("a string takes all");
        }
        let calls = calls.join(", ");
        writeln!(text, "  fan-out f{i}\n  fan-in j{i} all\n  {last} -> f{i} -> {{ {calls} }} -> j{i}")
            .expect("a string takes all");
        last = format!("j{i}");
    }
    writeln!(text, "  {last} -> p\n}}").expect("a string takes all");
    let source = lang::parse(text);
    let (_, play) = source.doc.plays().next().expect("there is a play");
    Arc::new(Plan::compile(play, None).expect("the play compiles"))
}

/// A whole run, each call answered at once with a payload of some 30 bytes.
fn run(plan: &Arc<Plan>, journal: &mut Vec<Recorded>) -> Run {
    let id = RunId::new("bench");
    let pins = plan.pin(&Catalog::default(), &id).expect("versions are exact");
    let answer = Payload::from(json!({"total": 120, "ok": true}));
    let started = Box::new(Started { input: answer.clone(), pins, ..Started::new(id, plan.play.clone()) });
    let start = Input::Start { started, entry: None, within: None };
    let mut run = Run::new(Arc::clone(plan));
    run.advance(RunMicros(0), &start, journal);
    let mut next = 0;
    while let Some(recorded) = journal.get(next) {
        next += 1;
        if let Some(Effect::Call { ball, attempt, .. }) = effect_of(&recorded.event) {
            let input = Input::Answer { ball, attempt, result: Ok(answer.clone().into()), jitter: 0 };
            run.advance(RunMicros(next as u64), &input, journal);
        }
    }
    assert!(run.is_finished(), "the run ends");
    run
}

fn engine(c: &mut Criterion) {
    for n_nodes in [100, 1_000, 10_000] {
        let plan = plan(n_nodes);
        let mut journal = Vec::new();
        run(&plan, &mut journal);
        let n_events = journal.len() as u64;

        let mut group = c.benchmark_group("engine");
        group.throughput(Throughput::Elements(n_events)).sample_size(20);
        group.bench_with_input(BenchmarkId::new("fold", n_nodes), &journal, |b, journal| {
            b.iter(|| {
                let mut run = Run::new(Arc::clone(&plan));
                journal.iter().for_each(|recorded| run.evolve(recorded));
                black_box(run)
            });
        });
        group.bench_with_input(BenchmarkId::new("decide", n_nodes), &plan, |b, plan| {
            b.iter(|| {
                let mut journal = Vec::with_capacity(usize::try_from(n_events).expect("it fits"));
                black_box(run(plan, &mut journal))
            });
        });
        group.finish();
    }
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, engine);
criterion_main!(benches);
