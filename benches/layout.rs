//! How long a play takes to arrange, and how often its wires cross, beside graphviz `dot` where that is installed.
//!
//! `cargo bench --bench layout` prints both; with `-- --store` it writes what dot makes of each play to
//! `tests/scene/dot.txt`, which the test holds the arrangement to without dot.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use chalktalk::play::{Graph, Play};
use chalktalk::scene::{Cubic, Geometry, Point};

#[path = "../tests/support/crossings.rs"]
mod crossings;

use crossings::{Line, arranged, lines_of, n_crossings, random_play, subjects};

/// The same cards and gaps as ours, in points.
fn dot_text(graph: &Graph, geometry: &Geometry) -> String {
    let mut text =
        String::from("digraph {\nrankdir=LR; nodesep=0.5; ranksep=0.75;\nnode [shape=box, fixedsize=true];\n");
    for (node, card) in geometry.cards().iter().enumerate() {
        let _ = writeln!(text, "{node} [width={}, height={}];", card.rect.width() / 72.0, card.rect.height() / 72.0);
    }
    for wire in graph.wires() {
        let _ = writeln!(text, "{} -> {};", wire.from, wire.to);
    }
    text.push_str("}\n");
    text
}

/// The lines that dot draws; `None` without dot.
fn dot_lines(graph: &Graph, geometry: &Geometry) -> Option<Vec<Line>> {
    let dot = Command::new("dot").arg("-Tplain").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut dot = dot.ok()?;
    dot.stdin.take()?.write_all(dot_text(graph, geometry).as_bytes()).ok()?;
    let plain = String::from_utf8(dot.wait_with_output().ok()?.stdout).ok()?;
    let mut lines = Vec::new();
    for edge in plain.lines().filter_map(|line| line.strip_prefix("edge ")) {
        let words: Vec<&str> = edge.split(' ').collect();
        let n: usize = words[2].parse().ok()?;
        let numbers: Vec<f32> = words[3..3 + 2 * n].iter().filter_map(|word| word.parse().ok()).collect();
        let ends: Vec<Point> = numbers.chunks(2).map(|pair| Point::new(pair[0], pair[1]) * 72.0).collect();
        let mut points = vec![ends[0]];
        for piece in ends.windows(4).step_by(3) {
            let curve = Cubic::new(piece[0], piece[1], piece[2], piece[3]);
            points.extend((1..=20u8).map(|i| curve.at(f32::from(i) / 20.0)));
        }
        lines.push(Line { from: words[0].parse().ok()?, to: words[1].parse().ok()?, points });
    }
    Some(lines)
}

/// The median of some, in milliseconds.
fn time(play: &Play) -> f64 {
    let graph = Graph::new(play);
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(Geometry::new(play, &graph));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[expect(clippy::print_stdout, reason = "the table is what it is for")]
fn main() {
    let stores = std::env::args().any(|arg| arg == "--store");
    let sizes: &[(u32, f64)] = if stores { &[][..] } else { &[(100, 10.0), (1_000, 30.0), (10_000, 300.0)] };
    let mut missed = false;
    for &(n, limit) in sizes {
        let most = (1..=3).map(|seed| time(&random_play(n, seed))).fold(0.0, f64::max);
        let (what, measured) = (format!("arrange and route {n} nodes"), format!("{most:.1} ms, the worst of three"));
        let verdict = if most <= limit { "ok" } else { "MISSED" };
        println!("{what:<42} {measured:<30} {:<32} {verdict}", format!("at most {limit} ms"));
        missed |= most > limit;
    }

    println!("{:<22} {:>6} {:>6} {:>6}", "play", "wires", "ours", "dot");
    let (mut ours, mut theirs, mut stored) = (0, 0, String::new());
    for (name, play) in subjects() {
        let (graph, geometry) = arranged(&play);
        let n = n_crossings(&lines_of(&geometry));
        let dot = dot_lines(&graph, &geometry).map(|lines| n_crossings(&lines));
        println!("{name:<22} {:>6} {n:>6} {:>6}", graph.wires().len(), dot.map_or("-".to_owned(), |n| n.to_string()));
        ours += n;
        theirs += dot.unwrap_or(0);
        let _ = writeln!(stored, "{} {name}", dot.unwrap_or(0));
    }
    println!("in all {ours}, dot {theirs}\n");
    if theirs > 0 && !stores {
        let verdict = if ours * 10 <= theirs * 12 { "ok" } else { "MISSED" };
        let (what, measured) = ("crossings of 20 random plays", format!("{ours}, graphviz dot {theirs}"));
        println!("{what:<42} {measured:<30} {:<32} {verdict}", "at most 1.2 times dot's");
        missed |= ours * 10 > theirs * 12;
    }
    if stores {
        std::fs::write("tests/scene/dot.txt", stored).expect("the file can be written");
    }
    if missed {
        std::process::exit(1);
    }
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
