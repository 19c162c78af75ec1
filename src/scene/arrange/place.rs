//! Where cards stand once their order is known: as straight as the order allows.

use super::layered::{Layered, Rows};
use super::straight::straighten;
use super::{GAP_X, GAP_Y, Lane, Lanes, Pull};
use crate::play::Graph;
use crate::scene::card::Card;
use crate::scene::shapes::{Point, Rect};

/// Sweeps that pull cards and bends towards their neighbours; fewer where there are very many.
const MAX_SWEEPS: usize = 10;
const MIN_SWEEPS: usize = 4;
const EFFORT: usize = 120_000;
/// Between a card and a wire under it, which leaves room for a caption, and between two wires.
const UNDER_CARD: f32 = 34.0;
const OVER_CARD: f32 = 20.0;
const BETWEEN_WIRES: f32 = 18.0;

/// The middle of each vertex, as near to its neighbours' as the order allows.
pub(super) fn heights(part: &Layered, cards: &[Card]) -> Vec<f32> {
    let half = |vertex: u32| {
        if part.is_bend(vertex) { 0.0 } else { cards[part.nodes[vertex as usize] as usize].rect.height() / 2.0 }
    };
    // From the vertex before in the layer, by place in the order.
    let mut rooms = vec![0.0f32; part.n()];
    let mut y = vec![0.0f32; part.n()];
    for layer in 0..part.n_layers() {
        let mut at = 0.0;
        for i in part.range(layer).skip(1) {
            let (above, below) = (part.order[i - 1], part.order[i]);
            let gap = match (part.is_bend(above), part.is_bend(below)) {
                (false, false) => GAP_Y,
                (false, true) => UNDER_CARD,
                (true, false) => OVER_CARD,
                (true, true) => BETWEEN_WIRES,
            };
            rooms[i] = half(above) + half(below) + gap;
            at += rooms[i];
            y[below as usize] = at;
        }
        // Layers begin around one line, so that few cards have far to go.
        for &vertex in part.layer(layer) {
            y[vertex as usize] -= at / 2.0;
        }
    }
    let n = part.n_layers();
    let mut spread = Spread::default();
    let n_sweeps = (EFFORT / part.n()).clamp(MIN_SWEEPS, MAX_SWEEPS) / 2 * 2;
    for sweep in 0..=n_sweeps {
        let forth = sweep % 2 == 0;
        for i in 0..n {
            let range = part.range(if forth { i } else { n - 1 - i });
            let one_side = [if forth { &part.before } else { &part.after }];
            let sides: &[&Rows] = if sweep == n_sweeps { &[&part.before, &part.after] } else { &one_side };
            spread.start();
            for i in range.clone() {
                let vertex = part.order[i];
                let (mut sum, mut weight) = (0.0, 0.0);
                for (other, pull) in sides.iter().flat_map(|rows| rows.weighed(vertex)) {
                    sum += y[other as usize] * pull;
                    weight += pull;
                }
                if weight > 0.0 {
                    spread.add(rooms[i], sum / weight, weight.max(1e-3));
                } else {
                    spread.add(rooms[i], y[vertex as usize], 1e-3);
                }
            }
            spread.write(&part.order[range], &mut y);
        }
    }
    straighten(part, &rooms, &mut y);
    y
}

/// Places nearest to those wanted (by squares) that keep the order and the room: blocks of what touches are merged
/// until none overlap.
#[derive(Default)]
struct Spread {
    room: f32,
    rooms: Vec<f32>,
    blocks: Vec<Block>,
}

/// What touches each other.
#[derive(Clone, Copy)]
struct Block {
    /// Of the weighted wishes, and of the weights.
    sum: f32,
    weight: f32,
    mean: f32,
    n: u32,
}

impl Spread {
    fn start(&mut self) {
        self.room = 0.0;
        self.rooms.clear();
        self.blocks.clear();
    }

    /// `room`: between it and the one before.
    fn add(&mut self, room: f32, wanted: f32, weight: f32) {
        self.room += room;
        self.rooms.push(self.room);
        // What is wanted, less the room before it, must not fall from one to the next.
        let mean = wanted - self.room;
        let mut block = Block { sum: mean * weight, weight, mean, n: 1 };
        while let Some(last) = self.blocks.last().filter(|last| last.mean > block.mean) {
            let (sum, weight) = (last.sum + block.sum, last.weight + block.weight);
            block = Block { sum, weight, mean: sum / weight, n: last.n + block.n };
            self.blocks.pop();
        }
        self.blocks.push(block);
    }

    fn write(&self, layer: &[u32], y: &mut [f32]) {
        let free = self.blocks.iter().flat_map(|block| std::iter::repeat_n(block.mean, block.n as usize));
        for ((vertex, free), room) in layer.iter().zip(free).zip(&self.rooms) {
            y[*vertex as usize] = free + room;
        }
    }
}

/// Writes the places of the cards, the part's top-left corner at zero, and how its wires run; gives its size.
pub(super) fn write(
    part: &Layered,
    y: &[f32],
    graph: &Graph,
    cards: &mut [Card],
    pulls: &[Pull],
    lanes: &mut Lanes,
) -> Point {
    let gaps = gaps(part, y, graph, pulls);
    let mut top = f32::INFINITY;
    for (i, node) in part.nodes.iter().enumerate() {
        top = top.min(y[i] - cards[*node as usize].rect.height() / 2.0);
    }
    let mut size = Point::ZERO;
    let mut x = 0.0;
    let mut spans = Vec::with_capacity(part.n_layers());
    for (layer, gap) in part.layers().zip(gaps) {
        let mut width = 0.0f32;
        for &vertex in layer.iter().filter(|vertex| !part.is_bend(**vertex)) {
            let card = &mut cards[part.nodes[vertex as usize] as usize];
            let at = Point::new(x, (y[vertex as usize] - top - card.rect.height() / 2.0).round());
            card.rect = Rect::at(at, card.rect.size());
            width = width.max(card.rect.width());
            size.y = size.y.max(card.rect.max.y);
        }
        size.x = size.x.max(x + width);
        spans.push((x, x + width));
        if width > 0.0 {
            x = ((x + width + gap) / 8.0).ceil() * 8.0;
        }
    }
    for way in &part.ways {
        let edge = graph.wire(way.wire);
        // Of several wires from card to card those after the first bow out, unless they have bends of their own.
        if way.n == 0 && edge.nth > 0 && way.turns.is_none() {
            continue;
        }
        lanes.begin(way.wire);
        let from = cards[edge.from as usize].rect;
        // Straight on past the wider cards of its own layer.
        let local = part.nodes.binary_search(&edge.from).unwrap_or(0);
        let (_, right) = spans[part.layer_of[local] as usize];
        if way.turns.is_none() && right - from.max.x > 8.0 {
            lanes.push(Lane { x0: from.max.x, x1: right, y: from.centre().y });
        }
        let bends = way.turns.map(|turns| turns.0).into_iter().chain(way.first..way.first + way.n);
        for vertex in bends.chain(way.turns.map(|turns| turns.1)) {
            let (left, right) = spans[part.layer_of[vertex as usize] as usize];
            if right > left {
                lanes.push(Lane { x0: left - 10.0, x1: right + 10.0, y: y[vertex as usize] - top });
            }
        }
    }
    size
}

/// Between each layer and the next: room for chips, and for wires that go far up or down.
fn gaps(part: &Layered, y: &[f32], graph: &Graph, pulls: &[Pull]) -> Vec<f32> {
    const STEEP: f32 = 120.0;
    let mut gaps = vec![GAP_X; part.n_layers()];
    for (gap, layer) in gaps.iter_mut().zip(part.layers()) {
        let mut extra = 0.0f32;
        for &vertex in layer {
            let far = part.after.of(vertex).iter().filter(|to| (y[**to as usize] - y[vertex as usize]).abs() > STEEP);
            extra = far.fold(extra, |extra, _| (extra + 6.0).min(96.0));
        }
        *gap += extra;
    }
    for (wire, layer) in &part.chips {
        // Several wires out of one card need room for the first bend, too.
        let fans_out = graph.out(graph.wire(*wire).from).len() > 1;
        let room = pulls[*wire as usize].chip + if fans_out { 72.0 } else { 44.0 };
        gaps[*layer] = gaps[*layer].max(room.min(300.0));
    }
    gaps
}
