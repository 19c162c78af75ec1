//! Plays to arrange, and how often their wires cross: shared by the test that holds the number and the bench that
//! compares it with graphviz.

use std::fmt::Write;

use chalktalk::play::{Graph, Play, Stmt};
use chalktalk::scene::{Geometry, Point};

/// A wire as a line, with the nodes that it joins.
pub struct Line {
    pub from: u32,
    pub to: u32,
    pub points: Vec<Point>,
}

/// Pairs of wires that cross, once for each place. Wires of one source or one target meet there, and do not count.
pub fn n_crossings(lines: &[Line]) -> usize {
    let mut n = 0;
    for (i, a) in lines.iter().enumerate() {
        for b in &lines[i + 1..] {
            if a.from != b.from && a.to != b.to {
                n += crossings_of(&a.points, &b.points);
            }
        }
    }
    n
}

fn crossings_of(a: &[Point], b: &[Point]) -> usize {
    let mut n = 0;
    for p in a.windows(2) {
        for q in b.windows(2) {
            let apart = p[0].x.max(p[1].x) < q[0].x.min(q[1].x)
                || q[0].x.max(q[1].x) < p[0].x.min(p[1].x)
                || p[0].y.max(p[1].y) < q[0].y.min(q[1].y)
                || q[0].y.max(q[1].y) < p[0].y.min(p[1].y);
            n += usize::from(!apart && cross(p, q));
        }
    }
    n
}

/// A point on a line counts to one side, so that a line through a corner crosses once.
fn cross(p: &[Point], q: &[Point]) -> bool {
    let side = |a: Point, b: Point, c: Point| {
        let turn = f64::from(b.x - a.x) * f64::from(c.y - a.y) - f64::from(b.y - a.y) * f64::from(c.x - a.x);
        turn > 0.0
    };
    side(p[0], p[1], q[0]) != side(p[0], p[1], q[1]) && side(q[0], q[1], p[0]) != side(q[0], q[1], p[1])
}

/// The wires as the program draws them.
pub fn lines_of(geometry: &Geometry) -> Vec<Line> {
    let wires = geometry.wires().iter();
    wires.map(|wire| Line { from: wire.from, to: wire.to, points: wire.points.clone() }).collect()
}

/// Without its `layout` blocks.
pub fn unplaced(play: &Play) -> Play {
    let mut play = play.clone();
    play.body.retain(|line| !matches!(line.kind, Stmt::Layout(_)));
    play
}

/// The plays of `plays/` that are not trivial, by their coordinates.
pub fn samples() -> Vec<(String, Play)> {
    let mut files: Vec<_> = std::fs::read_dir("plays").expect("plays").map(|e| e.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "play"));
    files.sort();
    let mut plays = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a text");
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for (_, play) in chalktalk::lang::parse(text).doc.plays() {
            plays.push((format!("{name}/{}", play.coord.method), unplaced(play)));
        }
    }
    plays
}

/// Numbers that are the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(n.max(1))).expect("small")
    }
}

/// A play of `n` nodes as people draw them: ways that part and join, some that skip far ahead, failures that go to an
/// end, and a way back now and then.
pub fn random_play(n: u32, seed: u64) -> Play {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(7));
    let mut text = String::from("play bench/1/random {\nsnap n0\n");
    let n_ends = 2 + n / 40;
    let ends = n - n_ends;
    for i in 1..n {
        let kind = match dice.below(10) {
            _ if i >= ends => format!("pass n{i}"),
            0 | 1 => format!("fan-out n{i}"),
            2 | 3 => format!("fan-in n{i} all"),
            4 => format!("wait-for-signal n{i} \"s\""),
            _ => format!("call n{i} = shop/1/step_{i}"),
        };
        let _ = writeln!(text, "{kind}");
    }
    let before = |dice: &mut Dice, i: u32| {
        let most = i.min(ends);
        let far = if dice.below(8) == 0 { most } else { most.min(9) };
        most - 1 - dice.below(far)
    };
    for i in 1..n {
        let _ = writeln!(text, "n{} -> n{i}", before(&mut dice, i));
        if dice.below(10) < 4 {
            let _ = writeln!(text, "n{} -> n{i}", before(&mut dice, i));
        }
        if i < ends && dice.below(12) == 0 {
            let _ = writeln!(text, "n{i} -> n{} on error", ends + dice.below(n_ends));
        }
        if i < ends && i > 4 && dice.below(25) == 0 {
            let _ = writeln!(text, "n{i} -> n{} when (ball.again)", i - 1 - dice.below(4));
        }
    }
    text.push_str("}\n");
    let source = chalktalk::lang::parse(text);
    assert!(source.diagnostics.is_empty(), "{:?}", source.diagnostics);
    source.doc.plays().next().expect("a play").1.clone()
}

/// What is arranged: the sample plays, and 20 random ones of 100 nodes.
pub fn subjects() -> Vec<(String, Play)> {
    let random = (1..=20).map(|seed| (format!("random {seed}"), random_play(100, seed)));
    samples().into_iter().chain(random).collect()
}

pub fn arranged(play: &Play) -> (Graph, Geometry) {
    let graph = Graph::new(play);
    let geometry = Geometry::new(play, &graph);
    (graph, geometry)
}
