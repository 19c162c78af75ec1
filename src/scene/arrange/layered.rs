//! One connected part of a play in layers.

use super::{Pull, number};
use crate::play::Graph;

/// Bends that a part may have. Where there would be more, the longest wires get none and go straight.
const MAX_BENDS: usize = 60_000;

/// A piece of a wire between a layer and the next.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: u32,
    to: u32,
    /// How much it is to be straight.
    weight: f32,
}

/// One connected part in layers, in which each wire has a bend in every layer that it passes. Numbers of its own: first
/// its nodes, then the bends, those of a wire one after the other.
#[derive(Debug)]
pub(super) struct Layered {
    /// Of the graph, ascending.
    pub nodes: Vec<u32>,
    /// By `from` and by `to`.
    pub before: Rows,
    pub after: Rows,
    /// For each wire that needs room for its chip: its number, and the layer after which.
    pub chips: Vec<(u32, usize)>,
    pub ways: Vec<Way>,
    pieces: Vec<Piece>,
    pub layer_of: Vec<u32>,
    /// The vertices of all layers, one layer after the other: their order is what all of this is about.
    pub order: Vec<u32>,
    /// Where each layer starts in `order`; one more at the end.
    pub starts: Vec<u32>,
}

/// The vertices that a wire runs by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub wire: u32,
    /// Its bends, from left to right.
    pub first: u32,
    pub n: u32,
    /// Of a wire that leads back: where it turns, beside the node that it leads to and beside the one that it comes from.
    pub turns: Option<(u32, u32)>,
    is_back: bool,
    first_piece: u32,
}

/// The neighbours of each vertex on one side.
#[derive(Debug, Default)]
pub(super) struct Rows {
    starts: Vec<u32>,
    ends: Vec<u32>,
    weights: Vec<f32>,
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
        let (mut ends, mut weights) = (vec![0; pieces.len()], vec![0.0; pieces.len()]);
        for piece in pieces {
            let (row, other) = of(piece);
            let slot = &mut next[row as usize];
            ends[*slot as usize] = other;
            weights[*slot as usize] = piece.weight;
            *slot += 1;
        }
        Self { starts, ends, weights }
    }

    fn range(&self, vertex: u32) -> std::ops::Range<usize> {
        self.starts[vertex as usize] as usize..self.starts[vertex as usize + 1] as usize
    }

    pub fn of(&self, vertex: u32) -> &[u32] {
        &self.ends[self.range(vertex)]
    }

    /// Each neighbour, and how much the piece between is to be straight.
    pub fn weighed(&self, vertex: u32) -> impl Iterator<Item = (u32, f32)> {
        let range = self.range(vertex);
        self.ends[range.clone()].iter().copied().zip(self.weights[range].iter().copied())
    }

    pub const fn n_pieces(&self) -> usize {
        self.ends.len()
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
        let longest = longest_bent(graph, nodes, rank);
        let (mut pieces, mut chips, mut ways) = (Vec::new(), Vec::new(), Vec::new());
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
                if end - start > longest {
                    continue;
                }
                let is_long = end - start > 1;
                ways.push(Way {
                    wire,
                    first: number(layer_of.len()),
                    n: end - start - 1,
                    turns: None,
                    is_back: !forward[wire as usize],
                    first_piece: number(pieces.len()),
                });
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
        let mut starts = vec![0u32; (last - first) as usize + 2];
        for layer in &layer_of {
            starts[*layer as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut order = vec![0; n];
        for (vertex, layer) in (0..).zip(&layer_of) {
            let slot = &mut next[*layer as usize];
            order[*slot as usize] = vertex;
            *slot += 1;
        }
        Self {
            nodes: nodes.to_vec(),
            before: Rows::new(n, &pieces, |piece| (piece.to, piece.from)),
            after: Rows::new(n, &pieces, |piece| (piece.from, piece.to)),
            chips,
            ways,
            pieces,
            layer_of,
            order,
            starts,
        }
    }

    /// Once the order stands: beside each node that a wire leads back to or from, a vertex where the wire turns, on the side
    /// on which it crosses fewer others. The wire goes on from there.
    pub fn add_turns(&mut self) {
        if !self.ways.iter().any(|way| way.is_back) {
            return;
        }
        let mut place = vec![0; self.n()];
        super::order::number_off(self, &mut place);
        // By node, side (above first) and height of where the wire leads.
        let mut turns: Vec<(u32, bool, u32, u32)> = Vec::new();
        for way in self.ways.iter_mut().filter(|way| way.is_back) {
            let (first, last) = (way.first_piece as usize, (way.first_piece + way.n) as usize);
            let mut turn = |node: u32, next: u32, rows: &Rows| {
                let others = rows.of(node).iter().map(|other| place[*other as usize]);
                let (above, below) = others.fold((0, 0), |(above, below), other| {
                    (above + u32::from(other < place[next as usize]), below + u32::from(other > place[next as usize]))
                });
                let turn = number(self.layer_of.len());
                self.layer_of.push(self.layer_of[node as usize]);
                turns.push((node, below < above, place[next as usize], turn));
                turn
            };
            let (to, from) = (self.pieces[first].from, self.pieces[last].to);
            let at_to = turn(to, self.pieces[first].to, &self.after);
            let at_from = turn(from, self.pieces[last].from, &self.before);
            self.pieces[first].from = at_to;
            self.pieces[last].to = at_from;
            way.turns = Some((at_to, at_from));
        }
        turns.sort_unstable();
        let n = self.n();
        self.before = Rows::new(n, &self.pieces, |piece| (piece.to, piece.from));
        self.after = Rows::new(n, &self.pieces, |piece| (piece.from, piece.to));
        let (mut order, mut starts) = (Vec::with_capacity(n), vec![0]);
        for layer in self.layers() {
            for &vertex in layer {
                let own = &turns[turns.partition_point(|turn| turn.0 < vertex)..];
                let own = &own[..own.partition_point(|turn| turn.0 == vertex)];
                order.extend(own.iter().filter(|turn| !turn.1).map(|turn| turn.3));
                order.push(vertex);
                order.extend(own.iter().filter(|turn| turn.1).map(|turn| turn.3));
            }
            starts.push(number(order.len()));
        }
        (self.order, self.starts) = (order, starts);
    }

    pub const fn n(&self) -> usize {
        self.layer_of.len()
    }

    pub const fn n_layers(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn range(&self, layer: usize) -> std::ops::Range<usize> {
        self.starts[layer] as usize..self.starts[layer + 1] as usize
    }

    pub fn layer(&self, layer: usize) -> &[u32] {
        &self.order[self.range(layer)]
    }

    pub fn layers(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.n_layers()).map(|i| self.layer(i))
    }

    pub fn is_bend(&self, vertex: u32) -> bool {
        vertex as usize >= self.nodes.len()
    }
}

/// The length, in layers, up to which all wires can have bends.
fn longest_bent(graph: &Graph, nodes: &[u32], rank: &[u32]) -> u32 {
    let length = |wire: &u32| {
        let edge = graph.wire(*wire);
        rank[edge.from as usize].abs_diff(rank[edge.to as usize])
    };
    let mut lengths: Vec<u32> = nodes.iter().flat_map(|node| graph.out(*node)).map(length).collect();
    lengths.sort_unstable();
    let mut n_bends = 0;
    for length in lengths {
        n_bends += length.saturating_sub(1) as usize;
        if n_bends > MAX_BENDS {
            return length - 1;
        }
    }
    u32::MAX
}
