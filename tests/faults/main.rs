//! Workers, networks and clocks that misbehave, over real sockets: what must happen then.
//!
//! Which fault is held where is listed in `tests/faults/README.md`.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[cfg(target_os = "linux")]
mod cable;
mod clocks;
#[path = "../../src/runner/reflect/raw.rs"]
mod codec;
#[cfg(target_os = "linux")]
#[path = "../support/example.rs"]
mod example;
mod network;
mod opaque;
mod path;
mod raw;
#[cfg(target_os = "linux")]
#[path = "../support/safe.rs"]
#[expect(dead_code, reason = "shared with the tests of the server")]
mod safe;
#[path = "../server/stage.rs"]
#[expect(dead_code, reason = "shared with the tests of the server")]
mod stage;
#[path = "../runner/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the runner")]
mod support;
mod workers;

use std::sync::Arc;

use chalktalk::base::RunId;
use chalktalk::event::{Event, Failure, Recorded};
use chalktalk::runner::{Prepared, Runner};

const HELLO: &str = "play t/1/hello { snap a\n call b = demo/1/upper\n pass c\n a -> b -> c }";
const WAITS: &str = "play t/1/waits { snap a\n wait-for-signal b \"go\"\n pass c with (signal)\n a -> b -> c }";
const SLEEPS: &str = "play t/1/sleeps { snap a\n call b = demo/1/sleep\n pass c\n a -> b -> c }";

/// One node `b` between a snap and a pass.
fn play(node: &str, bindings: &str) -> Arc<Prepared> {
    let text = format!("play t/1/p {{\n snap a\n {node}\n pass c\n a -> b -> c\n}}\nformation f {{\n {bindings}\n}}");
    support::prepared_with(&text, "f")
}

async fn events(runner: &Runner, run: &RunId) -> Vec<Recorded> {
    runner.reader().await.unwrap().events(run).unwrap().events
}

/// Why each attempt failed that was tried again.
fn failed_attempts(events: &[Recorded]) -> Vec<Failure> {
    let failure = |recorded: &Recorded| match &recorded.event {
        Event::AttemptFailed { failure, .. } => Some(failure.clone()),
        _ => None,
    };
    events.iter().filter_map(failure).collect()
}

fn n_of(kind: &str, events: &[Recorded]) -> usize {
    support::kinds(events).iter().filter(|other| *other == kind).count()
}
