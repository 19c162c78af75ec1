//! A frame of the canvas, headless: layout, painting and tessellation, with balls on the move.
//!
//! The limits stand in the names: 8 ms with 10,000 nodes, 15,000 wires and 1,000 balls all visible, 0.3 ms zoomed in
//! on 40 of them; and growth no faster than N log N.

use std::hint::black_box;

use chalktalk::app::Selection;
use chalktalk::base::{BallId, Coord, NodeId, RunMicros};
use chalktalk::event::{Event, Payload, Recorded, Started, WireRef};
use chalktalk::gui::canvas::{Canvas, Run, Subject, View, headless_canvas, paint_headless};
use chalktalk::play::{
    Graph, Hop, Line, Node, NodeKind, Options, Place, Play, Spread, Stmt, Target, TargetRef, When, Wire,
};
use criterion::{Criterion, criterion_group, criterion_main};
use eframe::egui::{self, pos2, vec2};

fn id(n: u32) -> NodeId {
    NodeId::new(format!("n{n}"))
}

/// A square grid of calls and fan-outs, so that sizes differ in nothing but size: each node leads to the next in its row, every other one also to the row below.
fn play(n_nodes: u32) -> Play {
    let columns = n_nodes.isqrt();
    let mut body = Vec::new();
    for n in 0..n_nodes {
        let kind = if n % 2 == 0 {
            NodeKind::FanOut(Spread::All)
        } else {
            NodeKind::Call(Target::One(TargetRef::Coord(Coord::new("shop", "1.2", format!("step_{n}")))))
        };
        body.push(Line::new(Stmt::Node(Node { id: id(n), kind, options: Options::default() })));
    }
    let mut wire = |from: u32, to: u32| {
        if to < n_nodes {
            let hop = Hop { to: vec![id(to)], when: When::Always };
            body.push(Line::new(Stmt::Wire(Wire { from: vec![id(from)], hops: vec![hop] })));
        }
    };
    for n in 0..n_nodes {
        wire(n, n + 1);
        if n % 2 == 0 {
            wire(n, n + columns + 1);
        }
    }
    let place = |n: u32| {
        let at = |cells: u32, size: i32| i32::try_from(cells).unwrap_or(0) * size;
        Place { id: id(n), x: at(n % columns, 260), y: at(n / columns, 110) }
    };
    body.push(Line::new(Stmt::Layout((0..n_nodes).map(place).map(chalktalk::play::Entry::Node).collect())));
    Play { coord: Coord::new("bench", "1", "grid"), title: None, timeout: None, body }
}

/// Every ball glides along its wire for 180 ms after the start.
fn view(n_nodes: u32, n_balls: u32) -> chalktalk::replay::View {
    let started = Started::new("bench".into(), Coord::new("bench", "1", "grid"));
    let mut events = vec![Event::Started(Box::new(started))];
    for ball in 0..n_balls {
        let from = ball * (n_nodes - 1) / n_balls;
        events.push(Event::Snapped { ball: BallId(ball), node: id(from), payload: Payload::default(), signal: None });
        let wire = WireRef { from: id(from), to: id(from + 1), nth: 0 };
        events.push(Event::Moved { ball: BallId(ball), wire, payload: None });
    }
    let mut view = chalktalk::replay::View::default();
    for (seq, event) in (0..).zip(events) {
        view.apply(&Recorded { seq, at: RunMicros(0), event });
    }
    view
}

fn frames(c: &mut Criterion, name: &str, n_nodes: u32, n_balls: u32, look: Option<View>) {
    let play = play(n_nodes);
    let graph = Graph::new(&play);
    let view = view(n_nodes, n_balls);
    let selection = Selection::default();
    let (ctx, mut canvas): (egui::Context, Canvas) = headless_canvas();
    let (mut time, mut frame_no) = (0.0, 0);
    let mut frame = |canvas: &mut Canvas| {
        time += 1.0 / 60.0;
        // The balls glide to and fro on the first part of their way.
        let run = Run { view: &view, time: RunMicros(60_000 + frame_no % 60 * 1000), is_running: true, is_live: true };
        frame_no += 1;
        let subject = Subject {
            play: &play,
            graph: &graph,
            revision: 1,
            selection: &selection,
            run: Some(run),
            read_only: false,
            bad_nodes: &[],
            entrances: &[],
        };
        paint_headless(&ctx, canvas, &subject, vec2(1600.0, 1000.0), time)
    };
    frame(&mut canvas);
    if let Some(look) = look {
        canvas.look(look);
    }
    for _ in 0..10 {
        frame(&mut canvas);
    }
    c.bench_function(name, |b| b.iter(|| black_box(frame(&mut canvas))));
}

fn all(c: &mut Criterion) {
    frames(c, "canvas, 100 nodes, 100 balls", 100, 100, None);
    frames(c, "canvas, 1,000 nodes, 1,000 balls", 1_000, 1_000, None);
    frames(c, "canvas, 10,000 nodes, 15,000 wires, 1,000 balls, all visible (limit 8 ms)", 10_000, 1_000, None);
    // Six columns and seven rows, most of them whole.
    let near = View { origin: pos2(2590.0, 1090.0), zoom: 1.2 };
    frames(c, "canvas, zoomed in on 40 of 10,000 nodes (limit 0.3 ms)", 10_000, 1_000, Some(near));
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, all);
criterion_main!(benches);
