//! A simple place for every node that has none: layers from left to right, straight where it can be.

use super::card::Card;
use super::shapes::{Point, Rect};
use crate::play::Graph;

/// Between layers, without chips.
const GAP_X: f32 = 72.0;
/// Between cards of a layer: room for a caption.
const GAP_Y: f32 = 48.0;
/// Sweeps that order the layers, and that straighten the wires.
const N_ORDER_SWEEPS: usize = 6;
const N_PLACE_SWEEPS: usize = 8;

/// How often a card is pushed down before it may overlap another.
const MAX_PUSHES: usize = 64;

/// What matters of a wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pull {
    /// The width of its chip, 0 without one.
    pub chip: f32,
    /// How much it pulls its ends to one height; the way without failures is to be straight.
    pub weight: f32,
}

/// Moves the cards of nodes that are not `placed`. `pulls`: one for each wire.
///
/// Deterministic, and N log N.
pub(super) fn arrange(graph: &Graph, cards: &mut [Card], placed: &[bool], pulls: &[Pull]) {
    if placed.iter().any(|placed| *placed) {
        beside_neighbours(graph, cards, placed);
    } else {
        layers(graph, cards, pulls);
    }
}

/// Everything is new: each connected part gets layers, one part below the other.
fn layers(graph: &Graph, cards: &mut [Card], pulls: &[Pull]) {
    let (order, forward) = topological(graph);
    let mut layer = vec![0usize; cards.len()];
    for &node in &order {
        for &wire in graph.out(node) {
            let to = graph.wire(wire).to as usize;
            if forward[wire as usize] {
                layer[to] = layer[to].max(layer[node as usize] + 1);
            }
        }
    }
    let mut top = 0.0;
    for part in parts(graph) {
        let mut part = Part::new(graph, &part, &layer, &forward, pulls);
        part.order();
        part.place(cards);
        let bottom = part.write(cards, pulls, top);
        top = bottom + GAP_Y + 24.0;
    }
}

/// All nodes in an order in which every wire that counts leads forward; and which wires count.
fn topological(graph: &Graph) -> (Vec<u32>, Vec<bool>) {
    let n = graph.n_nodes();
    let mut forward = vec![true; graph.wires().len()];
    // Depth first from the nodes without a way in, then from whatever is left, in the order of the text.
    let mut state = vec![0u8; n];
    let mut finished = Vec::with_capacity(n);
    let roots = (0..number(n)).filter(|node| graph.into(*node).is_empty()).chain(0..number(n));
    let mut stack: Vec<(u32, usize)> = Vec::new();
    for root in roots {
        if state[root as usize] != 0 {
            continue;
        }
        state[root as usize] = 1;
        stack.push((root, 0));
        while let Some((node, next)) = stack.last_mut() {
            if let Some(&wire) = graph.out(*node).get(*next) {
                *next += 1;
                let to = graph.wire(wire).to;
                match state[to as usize] {
                    0 => {
                        state[to as usize] = 1;
                        stack.push((to, 0));
                    }
                    1 => forward[wire as usize] = false,
                    _ => {}
                }
            } else {
                state[*node as usize] = 2;
                finished.push(*node);
                stack.pop();
            }
        }
    }
    finished.reverse();
    (finished, forward)
}

/// The connected parts of the graph, each with its nodes in the order of the text.
fn parts(graph: &Graph) -> Vec<Vec<u32>> {
    let n = graph.n_nodes();
    let mut part_of = vec![usize::MAX; n];
    let mut parts: Vec<Vec<u32>> = Vec::new();
    let mut todo = Vec::new();
    for node in 0..number(n) {
        if part_of[node as usize] != usize::MAX {
            continue;
        }
        let part = parts.len();
        parts.push(Vec::new());
        part_of[node as usize] = part;
        todo.push(node);
        while let Some(node) = todo.pop() {
            let ends = graph.out(node).iter().map(|wire| graph.wire(*wire).to);
            for other in ends.chain(graph.into(node).iter().map(|wire| graph.wire(*wire).from)) {
                if part_of[other as usize] == usize::MAX {
                    part_of[other as usize] = part;
                    todo.push(other);
                }
            }
        }
    }
    for node in 0..number(n) {
        parts[part_of[node as usize]].push(node);
    }
    parts
}

/// One connected part while it is arranged. Nodes have numbers of its own.
struct Part {
    nodes: Vec<u32>,
    layers: Vec<Vec<u32>>,
    /// For each node the neighbours before and after it, by wires that count, with their pull.
    before: Vec<Vec<(u32, f32)>>,
    after: Vec<Vec<(u32, f32)>>,
    /// Wires as layers of their ends, for the room that chips need.
    wires: Vec<(u32, usize)>,
    /// The middle of each card.
    y: Vec<f32>,
    height: Vec<f32>,
}

impl Part {
    fn new(graph: &Graph, nodes: &[u32], layer: &[usize], forward: &[bool], pulls: &[Pull]) -> Self {
        let local = |node: u32| number(nodes.binary_search(&node).unwrap_or(0));
        let first = nodes.iter().map(|node| layer[*node as usize]).min().unwrap_or(0);
        let mut part = Self {
            nodes: nodes.to_vec(),
            layers: Vec::new(),
            before: vec![Vec::new(); nodes.len()],
            after: vec![Vec::new(); nodes.len()],
            wires: Vec::new(),
            y: vec![0.0; nodes.len()],
            height: vec![0.0; nodes.len()],
        };
        for (i, &node) in nodes.iter().enumerate() {
            let at = layer[node as usize] - first;
            if part.layers.len() <= at {
                part.layers.resize(at + 1, Vec::new());
            }
            part.layers[at].push(number(i));
            for &wire in graph.out(node) {
                if forward[wire as usize] {
                    let to = graph.wire(wire).to;
                    let weight = pulls[wire as usize].weight / length(layer[to as usize] - layer[node as usize]);
                    let to = local(to);
                    part.after[i].push((to, weight));
                    part.before[to as usize].push((number(i), weight));
                    part.wires.push((wire, at));
                }
            }
        }
        part
    }

    /// Orders each layer by the mean place of the neighbours, forth and back.
    fn order(&mut self) {
        let mut rank = vec![0.0f32; self.nodes.len()];
        for layer in &self.layers {
            number_off(layer, &mut rank);
        }
        let n = self.layers.len();
        for sweep in 0..N_ORDER_SWEEPS {
            let forth = sweep % 2 == 0;
            for i in 0..n {
                let layer = &mut self.layers[if forth { i } else { n - 1 - i }];
                let neighbours = if forth { &self.before } else { &self.after };
                let mut keyed: Vec<(f32, u32)> = layer
                    .iter()
                    .map(|&node| (mean(&neighbours[node as usize], &rank).unwrap_or(rank[node as usize]), node))
                    .collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                layer.clear();
                layer.extend(keyed.iter().map(|(_, node)| *node));
                number_off(layer, &mut rank);
            }
        }
    }

    /// Gives each card a height on the canvas, as near to its neighbours' as the order allows.
    fn place(&mut self, cards: &[Card]) {
        for (i, node) in self.nodes.iter().enumerate() {
            self.height[i] = cards[*node as usize].rect.height();
        }
        for layer in &self.layers {
            let mut y = 0.0;
            for &node in layer {
                y += self.height[node as usize] / 2.0;
                self.y[node as usize] = y;
                y += self.height[node as usize] / 2.0 + GAP_Y;
            }
        }
        let n = self.layers.len();
        for sweep in 0..N_PLACE_SWEEPS {
            let forth = sweep % 2 == 0;
            for i in 0..n {
                let layer = &self.layers[if forth { i } else { n - 1 - i }];
                let wanted = layer.iter().map(|&node| {
                    let neighbours = if forth { &self.before } else { &self.after };
                    mean(&neighbours[node as usize], &self.y).unwrap_or(self.y[node as usize])
                });
                let places = spread(wanted, layer.iter().map(|node| self.height[*node as usize]));
                for (node, y) in layer.iter().zip(places) {
                    self.y[*node as usize] = y;
                }
            }
        }
    }

    /// Writes the places, below `top`, and gives the lowest edge.
    fn write(&self, cards: &mut [Card], pulls: &[Pull], top: f32) -> f32 {
        let mut gaps = vec![GAP_X; self.layers.len()];
        for (wire, layer) in &self.wires {
            let chip = pulls[*wire as usize].chip;
            if chip > 0.0 {
                gaps[*layer] = gaps[*layer].max((chip + 44.0).min(280.0));
            }
        }
        let highest = (0..self.nodes.len()).map(|i| self.y[i] - self.height[i] / 2.0).fold(f32::INFINITY, f32::min);
        let (mut x, mut bottom) = (0.0, top);
        for (layer, gap) in self.layers.iter().zip(gaps) {
            let mut width = 0.0f32;
            for &node in layer {
                let card = &mut cards[self.nodes[node as usize] as usize];
                let y = (self.y[node as usize] - highest + top) - card.rect.height() / 2.0;
                card.rect = Rect::at(Point::new(x, y.round()), card.rect.size());
                width = width.max(card.rect.width());
                bottom = bottom.max(card.rect.max.y);
            }
            x = ((x + width + gap) / 8.0).ceil() * 8.0;
        }
        bottom
    }
}

#[expect(clippy::cast_precision_loss, reason = "an order among fewer than 16 million")]
fn number_off(layer: &[u32], rank: &mut [f32]) {
    for (i, node) in layer.iter().enumerate() {
        rank[*node as usize] = i as f32;
    }
}

fn mean(neighbours: &[(u32, f32)], of: &[f32]) -> Option<f32> {
    let (sum, weight) = neighbours
        .iter()
        .fold((0.0, 0.0), |(sum, total), (node, weight)| (sum + of[*node as usize] * weight, total + weight));
    (weight > 0.0).then(|| sum / weight)
}

/// Wires over several layers pull less.
#[expect(clippy::cast_precision_loss, reason = "a weight")]
fn length(n_layers: usize) -> f32 {
    (n_layers * n_layers) as f32
}

/// The places nearest to those wanted (by squares) that keep the order and the gaps: blocks of cards that touch are
/// merged until none overlap.
fn spread(wanted: impl Iterator<Item = f32>, heights: impl Iterator<Item = f32>) -> Vec<f32> {
    // A card's place less the room before it must not fall from one card to the next.
    let (mut room, mut last) = (0.0, None);
    let mut rooms = Vec::new();
    let mut blocks: Vec<(f32, f32, usize)> = Vec::new();
    for (wanted, height) in wanted.zip(heights) {
        room += last.map_or(0.0, |last: f32| last.midpoint(height) + GAP_Y);
        last = Some(height);
        rooms.push(room);
        blocks.push((wanted - room, 1.0, 1));
        while let [.., a, b] = blocks.as_slice()
            && a.0 / a.1 > b.0 / b.1
        {
            let merged = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
            blocks.truncate(blocks.len() - 2);
            blocks.push(merged);
        }
    }
    let free = blocks.iter().flat_map(|(sum, n, count)| std::iter::repeat_n(sum / n, *count));
    free.zip(rooms).map(|(free, room)| free + room).collect()
}

/// Some nodes have places: each other one goes to the right of a node that leads to it, else to the left of one that
/// it leads to, else below everything, and down until it is free.
fn beside_neighbours(graph: &Graph, cards: &mut [Card], placed: &[bool]) {
    let mut settled = placed.to_vec();
    let mut taken = super::boxes::Boxes::default();
    let mut bottom = f32::NEG_INFINITY;
    for (card, _) in cards.iter().zip(placed).filter(|(_, placed)| **placed) {
        taken.add(card.rect.grown(GAP_Y / 2.0));
        bottom = bottom.max(card.rect.max.y);
    }
    let (order, _) = topological(graph);
    // Where the last card that went beside a node ends, so that a wide fan-out is stacked in one go.
    let mut stacked = vec![f32::NEG_INFINITY; cards.len()];
    for node in order {
        let i = node as usize;
        if settled[i] {
            continue;
        }
        let size = cards[i].rect.size();
        let before = graph.into(node).iter().map(|wire| graph.wire(*wire).from as usize).find(|n| settled[*n]);
        let after = graph.out(node).iter().map(|wire| graph.wire(*wire).to as usize).find(|n| settled[*n]);
        let wanted = match (before, after) {
            (Some(before), _) => cards[before].port_out() + Point::new(GAP_X, -size.y / 2.0),
            (None, Some(after)) => cards[after].port_in() + Point::new(-GAP_X - size.x, -size.y / 2.0),
            (None, None) => Point::new(0.0, if bottom.is_finite() { bottom + GAP_Y } else { 0.0 }),
        };
        let anchor = before.or(after);
        let y = anchor.map_or(wanted.y, |anchor| wanted.y.max(stacked[anchor]));
        let mut rect = Rect::at(Point::new(wanted.x.round(), y.round()), size);
        for _ in 0..MAX_PUSHES {
            let Some(other) = taken.touching(&rect) else { break };
            rect = rect.moved(Point::new(0.0, (other.max.y + GAP_Y / 2.0 - rect.min.y).ceil().max(1.0)));
        }
        if let Some(anchor) = anchor {
            stacked[anchor] = rect.max.y + GAP_Y;
        }
        taken.add(rect.grown(GAP_Y / 2.0));
        bottom = bottom.max(rect.max.y);
        cards[i].rect = rect;
        settled[i] = true;
    }
}

/// A play has fewer than 4 billion nodes.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
