//! The order of the nodes in each layer.

use super::{Pull, number};
use crate::play::Graph;

/// Sweeps over all layers, at most, as long as they help; fewer where there is much to sweep.
const MAX_SWEEPS: usize = 24;
/// So many times one wire's piece is looked at.
const EFFORT: usize = 160_000;
/// After so many sweeps without fewer crossings it stops.
const PATIENCE: usize = 5;
/// Larger parts are not looked at pair by pair.
const MAX_TRANSPOSED: usize = 12_000;

/// A piece of a wire between a layer and the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub from: u32,
    pub to: u32,
    /// How much it is to be straight.
    pub weight: f32,
}

/// One connected part in layers, in which each wire has a bend in every layer that it passes. Numbers of its own: first
/// its nodes, then the bends.
#[derive(Debug)]
pub(super) struct Layered {
    /// Of the graph, ascending.
    pub nodes: Vec<u32>,
    pub layers: Vec<Vec<u32>>,
    /// By `from` and by `to`.
    pub before: Rows,
    pub after: Rows,
    /// For each wire that needs room for its chip: its number, and the layer after which.
    pub chips: Vec<(u32, usize)>,
    /// Each wire that leads forward: its number, its first bend, and how many it has.
    pub wires: Vec<(u32, u32, u32)>,
    pub layer_of: Vec<u32>,
    /// The place of each vertex in its layer.
    place: Vec<u32>,
    n_pieces: usize,
}

/// The neighbours of each vertex on one side.
#[derive(Debug, Default)]
pub(super) struct Rows {
    starts: Vec<u32>,
    ends: Vec<(u32, f32)>,
}

impl Rows {
    fn new(n: usize, pieces: &[Piece], of: impl Fn(&Piece) -> (u32, u32)) -> Self {
        let mut starts = vec![0u32; n + 1];
        for piece in pieces {
            starts[of(piece).0 as usize + 1] += 1;
        }
        for i in 0..n {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut ends = vec![(0, 0.0); pieces.len()];
        for piece in pieces {
            let (row, other) = of(piece);
            let slot = &mut next[row as usize];
            ends[*slot as usize] = (other, piece.weight);
            *slot += 1;
        }
        Self { starts, ends }
    }

    pub fn of(&self, vertex: u32) -> &[(u32, f32)] {
        let vertex = vertex as usize;
        &self.ends[self.starts[vertex] as usize..self.starts[vertex + 1] as usize]
    }
}

impl Layered {
    /// `nodes` are one connected part. `local` is scratch for all nodes of the graph.
    pub fn new(
        graph: &Graph,
        nodes: &[u32],
        rank: &[u32],
        forward: &[bool],
        pulls: &[Pull],
        local: &mut [u32],
    ) -> Self {
        let first = nodes.iter().map(|node| rank[*node as usize]).min().unwrap_or(0);
        let last = nodes.iter().map(|node| rank[*node as usize]).max().unwrap_or(0);
        let mut layer_of: Vec<u32> = nodes.iter().map(|node| rank[*node as usize] - first).collect();
        for (i, node) in nodes.iter().enumerate() {
            local[*node as usize] = number(i);
        }
        let (mut pieces, mut chips, mut wires) = (Vec::new(), Vec::new(), Vec::new());
        for (i, &node) in nodes.iter().enumerate() {
            for &wire in graph.out(node) {
                let (mut from, mut to) = (number(i), local[graph.wire(wire).to as usize]);
                let pull = pulls[wire as usize];
                if layer_of[from as usize] == layer_of[to as usize] {
                    continue;
                }
                if pull.chip > 0.0 && forward[wire as usize] {
                    chips.push((wire, layer_of[i] as usize));
                }
                // A wire that leads back is to have a free lane, too.
                if !forward[wire as usize] {
                    std::mem::swap(&mut from, &mut to);
                }
                let (start, end) = (layer_of[from as usize], layer_of[to as usize]);
                let is_long = end - start > 1;
                if forward[wire as usize] {
                    wires.push((wire, number(layer_of.len()), end - start - 1));
                }
                let mut at = from;
                for layer in start + 1..end {
                    let bend = number(layer_of.len());
                    layer_of.push(layer);
                    // The inner pieces of a long wire are straight before all else.
                    let weight = pull.weight.max(0.01) * if layer == start + 1 { 2.0 } else { 8.0 };
                    pieces.push(Piece { from: at, to: bend, weight });
                    at = bend;
                }
                pieces.push(Piece { from: at, to, weight: pull.weight * if is_long { 2.0 } else { 1.0 } });
            }
        }
        let n = layer_of.len();
        let n_pieces = pieces.len();
        let mut layered = Self {
            nodes: nodes.to_vec(),
            layers: vec![Vec::new(); (last - first) as usize + 1],
            before: Rows::new(n, &pieces, |piece| (piece.to, piece.from)),
            after: Rows::new(n, &pieces, |piece| (piece.from, piece.to)),
            chips,
            wires,
            layer_of,
            place: vec![0; n],
            n_pieces,
        };
        layered.start(false);
        layered
    }

    pub const fn n(&self) -> usize {
        self.layer_of.len()
    }

    pub fn is_bend(&self, vertex: u32) -> bool {
        vertex as usize >= self.nodes.len()
    }

    /// Fills the layers in the order in which a walk comes by: depth first from the left in the order of the text, so
    /// that branches stand as they are written; or breadth first from the right.
    fn start(&mut self, from_right: bool) {
        self.layers.iter_mut().for_each(Vec::clear);
        let n = self.n();
        let mut seen = vec![false; n];
        let mut todo = std::collections::VecDeque::new();
        let is_end = |vertex: &u32| {
            if from_right { self.after.of(*vertex).is_empty() } else { self.before.of(*vertex).is_empty() }
        };
        let roots: Vec<u32> = (0..number(n)).filter(is_end).chain(0..number(n)).collect();
        for root in roots {
            todo.push_back(root);
            while let Some(vertex) = if from_right { todo.pop_front() } else { todo.pop_back() } {
                if std::mem::replace(&mut seen[vertex as usize], true) {
                    continue;
                }
                self.layers[self.layer_of[vertex as usize] as usize].push(vertex);
                if from_right {
                    todo.extend(self.before.of(vertex).iter().map(|(other, _)| *other));
                } else {
                    todo.extend(self.after.of(vertex).iter().rev().map(|(other, _)| *other));
                }
            }
        }
        self.number_off_all();
    }

    /// Tries orders until no better one comes.
    pub fn reduce_crossings(&mut self) {
        if self.layers.iter().all(|layer| layer.len() < 2) {
            return;
        }
        let n_sweeps = (EFFORT / self.n_pieces.max(1)).clamp(3, MAX_SWEEPS);
        let transposes = self.n_pieces <= MAX_TRANSPOSED;
        let mut fewest = (u64::MAX, Vec::new());
        for from_right in [false, true] {
            if from_right {
                if n_sweeps < 8 {
                    break;
                }
                self.start(true);
            }
            let mut patience = PATIENCE;
            for sweep in 0..=n_sweeps {
                // The order of the text may be the best.
                if sweep > 0 {
                    self.sweep(sweep % 2 == 1, sweep / 2 % 2 == 1);
                    if transposes {
                        self.transpose();
                    }
                }
                let n_crossings = self.n_crossings();
                if n_crossings < fewest.0 {
                    fewest = (n_crossings, self.layers.clone());
                    patience = PATIENCE;
                }
                patience -= 1;
                if patience == 0 || n_crossings == 0 {
                    break;
                }
            }
            if fewest.0 == 0 {
                break;
            }
        }
        self.layers = fewest.1;
        self.number_off_all();
    }

    /// Orders each layer by the middle of the neighbours on one side: their mean, or their median.
    fn sweep(&mut self, forth: bool, by_median: bool) {
        let n = self.layers.len();
        let (mut keyed, mut places) = (Vec::new(), Vec::new());
        for i in 0..n {
            let i = if forth { i } else { n - 1 - i };
            let neighbours = if forth { &self.before } else { &self.after };
            keyed.clear();
            for &vertex in &self.layers[i] {
                places.clear();
                places.extend(neighbours.of(vertex).iter().map(|(other, _)| self.place[*other as usize]));
                let own = self.place[vertex as usize];
                keyed.push((if by_median { median(&mut places, own) } else { mean(&places, own) }, vertex));
            }
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            let layer = &mut self.layers[i];
            layer.clear();
            layer.extend(keyed.iter().map(|(_, vertex)| *vertex));
            number_off(layer, &mut self.place);
        }
    }

    /// Swaps neighbours of a layer where that makes fewer crossings.
    fn transpose(&mut self) {
        let sorted = |rows: &Rows, place: &[u32], vertex: u32, to: &mut Vec<u32>| {
            to.clear();
            to.extend(rows.of(vertex).iter().map(|(other, _)| place[*other as usize]));
            to.sort_unstable();
        };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            let mut is_changed = false;
            for i in 0..self.layers.len() {
                for at in 1..self.layers[i].len() {
                    let (v, w) = (self.layers[i][at - 1], self.layers[i][at]);
                    let (mut now, mut swapped) = (0, 0);
                    for rows in [&self.before, &self.after] {
                        sorted(rows, &self.place, v, &mut a);
                        sorted(rows, &self.place, w, &mut b);
                        now += n_inversions(&a, &b);
                        swapped += n_inversions(&b, &a);
                    }
                    if swapped < now {
                        self.layers[i].swap(at - 1, at);
                        self.place.swap(v as usize, w as usize);
                        is_changed = true;
                    }
                }
            }
            if !is_changed {
                break;
            }
        }
    }

    /// Pieces that cross, in all.
    fn n_crossings(&self) -> u64 {
        let mut n_crossings = 0;
        let (mut tree, mut ends) = (Vec::new(), Vec::new());
        for pair in self.layers.windows(2) {
            ends.clear();
            for &vertex in &pair[0] {
                let start = ends.len();
                ends.extend(self.after.of(vertex).iter().map(|(other, _)| self.place[*other as usize]));
                ends[start..].sort_unstable();
            }
            n_crossings += inversions(&ends, pair[1].len(), &mut tree);
        }
        n_crossings
    }

    fn number_off_all(&mut self) {
        for layer in &self.layers {
            number_off(layer, &mut self.place);
        }
    }
}

fn number_off(layer: &[u32], place: &mut [u32]) {
    for (i, vertex) in layer.iter().enumerate() {
        place[*vertex as usize] = number(i);
    }
}

/// Of two sorted rows: pairs in which `a`'s is the greater.
fn n_inversions(a: &[u32], b: &[u32]) -> usize {
    let (mut n, mut below) = (0, 0);
    for a in a {
        while below < b.len() && b[below] < *a {
            below += 1;
        }
        n += below;
    }
    n
}

/// Pairs in which the earlier is the greater, by a tree of counts.
fn inversions(ends: &[u32], n: usize, tree: &mut Vec<u32>) -> u64 {
    tree.clear();
    tree.resize(n + 1, 0);
    let mut inversions = 0;
    for (seen, &end) in (0u64..).zip(ends) {
        let (mut at, mut not_greater) = (end as usize + 1, 0u64);
        while at > 0 {
            not_greater += u64::from(tree[at]);
            at &= at - 1;
        }
        inversions += seen - not_greater;
        let mut at = end as usize + 1;
        while at <= n {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    inversions
}

#[expect(clippy::cast_precision_loss, reason = "an order among fewer than 16 million")]
fn mean(places: &[u32], own: u32) -> f32 {
    if places.is_empty() {
        return own as f32;
    }
    let sum: u64 = places.iter().map(|place| u64::from(*place)).sum();
    sum as f32 / places.len() as f32
}

/// Of an even number the point between the two in the middle, nearer to the side where they stand closer.
#[expect(clippy::cast_precision_loss, reason = "an order among fewer than 16 million")]
fn median(places: &mut [u32], own: u32) -> f32 {
    places.sort_unstable();
    let middle = places.len() / 2;
    match places {
        [] => own as f32,
        [a, b] => (*a as f32).midpoint(*b as f32),
        _ if places.len() % 2 == 1 => places[middle] as f32,
        _ => {
            let left = (places[middle - 1] - places[0]) as f32;
            let right = (places[places.len() - 1] - places[middle]) as f32;
            let (a, b) = (places[middle - 1] as f32, places[middle] as f32);
            if left + right > 0.0 { (a * right + b * left) / (left + right) } else { a.midpoint(b) }
        }
    }
}
