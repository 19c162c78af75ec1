//! Geometry, culling, frames and the fold of a run, at three sizes: growth is to be no faster than N log N.

use std::fmt::Write;
use std::hint::black_box;

use chalktalk::base::{BallId, NodeId, RunMicros};
use chalktalk::event::{Event, Payload, Recorded, WireRef};
use chalktalk::play::{Graph, Play};
use chalktalk::replay::{Film, View};
use chalktalk::scene::{Binding, Frame, Geometry, Instant, Lod, Point, Rect, Visible};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// A grid of nodes: each leads to the next in its row, every other one also to the row below. With `places` or without.
fn play(n_nodes: u32, columns: u32, places: bool) -> (Play, Graph) {
    let mut text = String::from("play bench/1/grid {\n");
    for n in 0..n_nodes {
        let kind = if n % 2 == 0 { format!("fan-out n{n}") } else { format!("call n{n} = shop/1/step") };
        let _ = writeln!(text, "{kind}");
    }
    for n in 0..n_nodes {
        let mut wire = |to: u32| {
            if to < n_nodes {
                let _ = writeln!(text, "n{n} -> n{to}");
            }
        };
        wire(n + 1);
        if n % 2 == 0 {
            wire(n + columns + 1);
        }
    }
    if places {
        text.push_str("layout {\n");
        for n in 0..n_nodes {
            let _ = writeln!(text, "n{n} {} {}", n % columns * 260, n / columns * 110);
        }
        text.push_str("}\n");
    }
    text.push_str("}\n");
    let play = chalktalk::lang::parse(text).doc.plays().next().expect("the text is a play").1.clone();
    let graph = Graph::new(&play);
    (play, graph)
}

fn id(n: u32) -> NodeId {
    NodeId::new(format!("n{n}"))
}

/// Balls that hop along the rows, `n_events` events in all, a thousandth of a second apart.
fn record(n_nodes: u32, n_balls: u32, n_events: u32) -> Vec<Recorded> {
    let place = |ball: u32, hop: u32| (ball * (n_nodes / n_balls) + hop) % (n_nodes - 1);
    let event = |n: u32| {
        let (ball, hop) = (n % n_balls, n / n_balls);
        let payload = Payload::default();
        if hop == 0 {
            return Event::Snapped { ball: BallId(ball), node: id(place(ball, 0)), payload, signal: None };
        }
        let from = place(ball, hop - 1);
        Event::Moved { ball: BallId(ball), wire: WireRef { from: id(from), to: id(from + 1), nth: 0 }, payload: None }
    };
    (0..n_events).map(|n| Recorded { seq: n.into(), at: RunMicros(u64::from(n) * 1000), event: event(n) }).collect()
}

fn geometry(c: &mut Criterion) {
    // Rows of one length, so that a wire is as long in a large play as in a small one: a long wire costs by its length.
    const COLUMNS: u32 = 10;
    for n in [100, 1_000, 10_000] {
        for (places, what) in [(true, "placed"), (false, "arranged")] {
            let (play, graph) = play(n, COLUMNS, places);
            c.bench_function(&format!("geometry, {n} nodes, {what}"), |b| b.iter(|| Geometry::new(&play, &graph)));
        }
    }
}

fn frames(c: &mut Criterion) {
    let (play, graph) = play(10_000, 100, true);
    let geometry = Geometry::new(&play, &graph);
    let mut view = View::default();
    for mut recorded in record(10_000, 1_000, 2_000) {
        recorded.at = RunMicros(0);
        view.apply(&recorded);
    }
    let (mut binding, mut visible, mut frame) = (Binding::default(), Visible::default(), Frame::default());
    binding.update(&geometry, &graph, &view);
    let near = Rect::at(Point::new(2600.0, 1100.0), Point::new(2080.0, 440.0));
    for (name, rect) in [("all of 10,000 nodes", geometry.bounds()), ("some 40 of 10,000 nodes", near)] {
        c.bench_function(&format!("visible, {name}"), |b| b.iter(|| geometry.visible(rect, &mut visible)));
        geometry.visible(rect, &mut visible);
        let lod = Lod::at(0.8, visible.nodes.len());
        let now = Instant { view: &view, binding: &binding, time: RunMicros::from_ms(90) };
        c.bench_function(&format!("frame with 1,000 gliding balls, {name}"), |b| {
            b.iter(|| frame.build(&geometry, Some(now), &visible, lod));
        });
    }
    c.bench_function("hit, 10,000 nodes", |b| b.iter(|| geometry.hit(black_box(Point::new(5000.0, 3000.0)), 1.0)));
}

fn replay(c: &mut Criterion) {
    let events = record(1_000, 100, 100_000);
    c.bench_function("fold, 100,000 events", |b| {
        b.iter(|| {
            let mut view = View::default();
            events.iter().for_each(|event| view.apply(event));
            view
        });
    });
    c.bench_function("film, 100,000 events", |b| {
        b.iter_batched(|| events.clone(), Film::from_events, BatchSize::LargeInput);
    });
    let (film, _) = Film::from_events(events.clone());
    let mut n = 1;
    c.bench_function("any instant of 100,000 events", |b| {
        b.iter(|| {
            n = (n * 48_271) % 99_991;
            film.view_at(n)
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(500));
    targets = geometry, frames, replay
}
/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_main!(benches);
