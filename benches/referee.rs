//! How long the model checker takes: a play of 200 nodes is decided, or given up as unknown, within 50 ms.
//!
//! `cargo bench --bench referee` prints each play beside the limit, and exits with 1 if one is over it.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use chalktalk::lang::parse;
use chalktalk::referee::{Ruling, deep};

const LIMIT_MS: f64 = 50.0;

/// A play of about `n` nodes, as its lines.
fn play(body: &str) -> String {
    format!("play bench/1/play {{\n  snap start\n{body}}}\n")
}

/// Calls in a row, each with a way on for errors and for being late.
fn chain(n: usize) -> String {
    let mut text = "  pass done\n  pass failed\n".to_owned();
    for i in 0..n {
        let _ = writeln!(text, "  call c{i} = a/1/b  timeout 2s  retry 3");
    }
    let _ = writeln!(text, "  start -> c0");
    for i in 0..n {
        let next = if i + 1 < n { format!("c{}", i + 1) } else { "done".to_owned() };
        let _ = writeln!(text, "  c{i} -> {next}\n  c{i} -> failed on error\n  c{i} -> failed on timeout");
    }
    play(&text)
}

/// One fan-out to all, and all joined.
fn wide(n: usize, policy: &str) -> String {
    let mut text = format!("  fan-out split\n  fan-in both  {policy}\n  pass done\n  start -> split\n  both -> done\n");
    for i in 0..n {
        let _ = writeln!(text, "  call c{i} = a/1/b\n  split -> c{i} -> both");
    }
    play(&text)
}

/// Choices that lead on, back or out.
fn choices(n: usize) -> String {
    let mut text = "  pass done\n  start -> c0\n".to_owned();
    for i in 0..n {
        let next = if i + 1 < n { format!("c{}", i + 1) } else { "done".to_owned() };
        let _ = writeln!(
            text,
            "  call c{i} = a/1/b\n  c{i} -> {next} when (ball.n > {i})\n  c{i} -> c{} when (ball.again)\n  c{i} -> done otherwise",
            i / 2
        );
    }
    play(&text)
}

/// Fan-outs of `width` branches of two calls, one after the other.
fn stages(n: usize, width: usize) -> String {
    let mut text = "  pass done\n  start -> f0\n".to_owned();
    for i in 0..n {
        let next = if i + 1 < n { format!("f{}", i + 1) } else { "done".to_owned() };
        let _ = writeln!(
            text,
            "  fan-out f{i}\n  fan-in j{i}  all  timeout 10s\n  j{i} -> {next}\n  j{i} -> done on timeout"
        );
        for w in 0..width {
            let _ = writeln!(
                text,
                "  call a{i}-{w} = a/1/b\n  call b{i}-{w} = a/1/b\n  f{i} -> a{i}-{w} -> b{i}-{w} -> j{i}"
            );
        }
    }
    play(&text)
}

/// The median of some, in milliseconds.
fn time(text: &str) -> (f64, Ruling) {
    let source = parse(text);
    let (_, play) = source.doc.plays().next().expect("there is a play");
    let mut ruling = Ruling::default();
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let start = Instant::now();
            ruling = deep(play, None).expect("the play can run");
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], ruling)
}

#[expect(clippy::print_stdout, reason = "the table is what it is for")]
fn main() -> ExitCode {
    let plays = [
        ("200 nodes in a row", chain(197)),
        ("200 nodes, 196 branches, all", wide(196, "all")),
        ("200 nodes, 196 branches, 98 wanted", wide(196, "98")),
        ("200 nodes, 196 branches, any", wide(196, "any")),
        ("200 nodes, choices that lead back", choices(197)),
        ("200 nodes, 8 stages of 11 branches", stages(8, 11)),
        ("200 nodes, 4 stages of 24 branches", stages(4, 24)),
    ];
    let mut kept = true;
    println!("{:<38} {:>9} {:>9} {:>9}  limit {LIMIT_MS} ms", "model check of", "states", "steps", "ms");
    for (name, text) in plays {
        let (ms, ruling) = time(&text);
        let word = if ruling.decided { "decided" } else { "unknown" };
        let ok = if ms <= LIMIT_MS { "ok" } else { "MISSED" };
        kept &= ms <= LIMIT_MS;
        println!("{name:<38} {:>9} {:>9} {ms:>9.2}  {word}, {ok}", ruling.n_states, ruling.n_steps);
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
