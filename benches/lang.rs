//! Reading a play, beside what `ron` needs for the same document.
//!
//! The budget: parse, resolve and check 10,000 nodes and 15,000 wires in a quarter of `ron`'s time, and no faster growth
//! than N log N; a play of 40 lines in 20 microseconds.

use std::hint::black_box;

use chalktalk::base::{Coord, NodeId};
use chalktalk::check::check;
use chalktalk::lang::{apply_changes, parse, patch, print};
use chalktalk::play::ron::{from_ron, to_ron};
use chalktalk::play::{
    Document, Edit, Graph, Hop, Item, Line, Node, NodeKind, Options, Play, Policy, Splice, Spread, Stmt, Target,
    TargetRef, When, Wire,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn wire(from: String, to: String) -> Line<Stmt> {
    let hop = Hop { to: vec![NodeId::new(to)], when: When::Always };
    Line::new(Stmt::Wire(Wire { from: vec![NodeId::new(from)], hops: vec![hop] }))
}

fn node(id: String, kind: NodeKind) -> Line<Stmt> {
    Line::new(Stmt::Node(Node { id: NodeId::new(id), kind, options: Options::default() }))
}

/// About `n_nodes` nodes and half as many wires again: diamonds of a fan-out, two calls and a fan-in, in a row.
fn play_of(n_nodes: usize) -> Document {
    let mut body = vec![node("start".to_owned(), NodeKind::Snap)];
    let call = |i: usize| {
        NodeKind::Call(Target::One(TargetRef::Coord(Coord::new("shop", "2.1", format!("method_{}", i % 50)))))
    };
    let n_diamonds = n_nodes / 4;
    for i in 0..n_diamonds {
        body.push(node(format!("split_{i}"), NodeKind::FanOut(Spread::All)));
        body.push(node(format!("charge_{i}"), call(i)));
        body.push(node(format!("reserve_{i}"), call(i + 1)));
        body.push(node(format!("both_{i}"), NodeKind::FanIn(Policy::All)));
    }
    body.push(node("end".to_owned(), NodeKind::Pass(None)));
    body.push(wire("start".to_owned(), "split_0".to_owned()));
    for i in 0..n_diamonds {
        body.push(wire(format!("split_{i}"), format!("charge_{i}")));
        body.push(wire(format!("split_{i}"), format!("reserve_{i}")));
        body.push(wire(format!("split_{i}"), format!("both_{i}")));
        body.push(wire(format!("charge_{i}"), format!("both_{i}")));
        body.push(wire(format!("reserve_{i}"), format!("both_{i}")));
        let next = if i + 1 < n_diamonds { format!("split_{}", i + 1) } else { "end".to_owned() };
        body.push(wire(format!("both_{i}"), next));
    }
    let play = Play { coord: Coord::new("shop", "1.2", "large"), title: None, timeout: None, body };
    Document { items: vec![Line::new(Item::Play(play))] }
}

/// What a RON file holds, read by `ron` alone.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "only read into")]
struct File {
    format: u32,
    items: Document,
}

fn sizes(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    for n_nodes in [100, 1000, 10_000] {
        let doc = play_of(n_nodes);
        let (text, ron) = (print(&doc), to_ron(&doc));
        group.throughput(Throughput::Elements(n_nodes as u64));
        group.bench_function(BenchmarkId::new("parse", n_nodes), |b| {
            b.iter_with_large_drop(|| parse(black_box(text.as_str())));
        });
        let source = parse(text.as_str());
        let play = source.doc.play(0).expect("the play is item 0");
        group.bench_function(BenchmarkId::new("resolve", n_nodes), |b| {
            b.iter_with_large_drop(|| Graph::new(black_box(play)));
        });
        // It resolves the names itself.
        group.bench_function(BenchmarkId::new("check", n_nodes), |b| {
            b.iter_with_large_drop(|| check(black_box(&source)));
        });
        group.bench_function(BenchmarkId::new("parse, resolve and check", n_nodes), |b| {
            b.iter_with_large_drop(|| {
                let source = parse(black_box(text.as_str()));
                (check(&source), source)
            });
        });
        group.bench_function(BenchmarkId::new("the peer: ron", n_nodes), |b| {
            b.iter_with_large_drop(|| ron::from_str::<File>(black_box(&ron)));
        });
        group.bench_function(BenchmarkId::new("from_ron", n_nodes), |b| b.iter(|| from_ron(black_box(&ron)).map(drop)));
        group.bench_function(BenchmarkId::new("print", n_nodes), |b| b.iter(|| print(black_box(&doc))));
    }
    group.finish();
}

fn small(c: &mut Criterion) {
    let text = include_str!("../plays/checkout.play");
    c.bench_function("read the sample of 40 lines", |b| b.iter(|| parse(black_box(text))));
    let source = parse(print(&play_of(10_000)));
    let at = 5000;
    let mut line = source.doc.play(0).map(|play| play.body[at].clone()).expect("the play is item 0");
    line.note = Some("changed".to_owned());
    let edit = Edit::Play { item: 0, splice: Splice::replace(at, line) };
    c.bench_function("patch one of 25,000 statements", |b| {
        b.iter(|| {
            let mut text = source.text.clone();
            patch(&source, black_box(&edit)).map(|changes| apply_changes(&mut text, &changes))
        });
    });
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, sizes, small);
criterion_main!(benches);
