//! Where cards stand once their order is known: as straight as the order allows.

use super::order::{Layered, Rows};
use super::{GAP_X, GAP_Y, Lane, Pull};
use crate::play::Graph;
use crate::scene::card::Card;
use crate::scene::shapes::{Point, Rect};

/// Sweeps that straighten the wires.
const N_SWEEPS: usize = 10;
/// Between a card and a wire under it, which leaves room for a caption, and between two wires.
const UNDER_CARD: f32 = 34.0;
const OVER_CARD: f32 = 20.0;
const BETWEEN_WIRES: f32 = 18.0;

/// The middle of each vertex, as near to its neighbours' as the order allows.
pub(super) fn heights(part: &Layered, cards: &[Card]) -> Vec<f32> {
    let height = |vertex: u32| {
        if part.is_bend(vertex) { 0.0 } else { cards[part.nodes[vertex as usize] as usize].rect.height() }
    };
    let gap = |above: u32, below: u32| {
        let gap = match (part.is_bend(above), part.is_bend(below)) {
            (false, false) => GAP_Y,
            (false, true) => UNDER_CARD,
            (true, false) => OVER_CARD,
            (true, true) => BETWEEN_WIRES,
        };
        height(above).midpoint(height(below)) + gap
    };
    let mut y = vec![0.0f32; part.n()];
    for layer in &part.layers {
        let mut at = 0.0;
        for (i, &vertex) in layer.iter().enumerate() {
            at += if i > 0 { gap(layer[i - 1], vertex) } else { 0.0 };
            y[vertex as usize] = at;
        }
        // Layers begin around one line, so that few cards have far to go.
        for &vertex in layer {
            y[vertex as usize] -= at / 2.0;
        }
    }
    let n = part.layers.len();
    let mut spread = Spread::default();
    for sweep in 0..=N_SWEEPS {
        let forth = sweep % 2 == 0;
        for i in 0..n {
            let layer = &part.layers[if forth { i } else { n - 1 - i }];
            let one_side = [if forth { &part.before } else { &part.after }];
            let sides: &[&Rows] = if sweep == N_SWEEPS { &[&part.before, &part.after] } else { &one_side };
            spread.start();
            for (i, &vertex) in layer.iter().enumerate() {
                let room = if i > 0 { gap(layer[i - 1], vertex) } else { 0.0 };
                let (mut sum, mut weight) = (0.0, 0.0);
                for (other, pull) in sides.iter().flat_map(|rows| rows.of(vertex)) {
                    sum += y[*other as usize] * pull;
                    weight += pull;
                }
                if weight > 0.0 {
                    spread.add(room, sum / weight, weight.max(1e-3));
                } else {
                    spread.add(room, y[vertex as usize], 1e-3);
                }
            }
            spread.write(layer, &mut y);
        }
    }
    y
}

/// Places nearest to those wanted (by squares) that keep the order and the room: blocks of what touches are merged
/// until none overlap.
#[derive(Default)]
struct Spread {
    room: f32,
    rooms: Vec<f32>,
    /// The sum of weighted wishes, the weight, and how many.
    blocks: Vec<(f32, f32, usize)>,
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
        self.blocks.push(((wanted - self.room) * weight, weight, 1));
        while let [.., a, b] = self.blocks.as_slice()
            && a.0 / a.1 > b.0 / b.1
        {
            let merged = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
            self.blocks.truncate(self.blocks.len() - 2);
            self.blocks.push(merged);
        }
    }

    fn write(&self, layer: &[u32], y: &mut [f32]) {
        let free = self.blocks.iter().flat_map(|(sum, weight, n)| std::iter::repeat_n(sum / weight, *n));
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
    lanes: &mut [Vec<Lane>],
) -> Point {
    let gaps = gaps(part, y, graph, pulls);
    let mut top = f32::INFINITY;
    for (i, node) in part.nodes.iter().enumerate() {
        top = top.min(y[i] - cards[*node as usize].rect.height() / 2.0);
    }
    let mut size = Point::ZERO;
    let mut x = 0.0;
    let mut spans = Vec::with_capacity(part.layers.len());
    for (layer, gap) in part.layers.iter().zip(gaps) {
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
    for &(wire, first, n) in &part.wires {
        let edge = graph.wire(wire);
        let from = cards[edge.from as usize].rect;
        // Straight on past the wider cards of its own layers.
        let local = part.nodes.binary_search(&edge.from).unwrap_or(0);
        let own = part.layer_of[local] as usize;
        let mut lane = |x0: f32, x1: f32, y: f32| lanes[wire as usize].push(Lane { x0, x1, y });
        if spans[own].1 - from.max.x > 8.0 {
            lane(from.max.x, spans[own].1, from.centre().y);
        }
        for bend in first..first + n {
            let layer = part.layer_of[bend as usize] as usize;
            if spans[layer].1 > spans[layer].0 {
                lane(spans[layer].0 - 10.0, spans[layer].1 + 10.0, y[bend as usize] - top);
            }
        }
    }
    size
}

/// Between each layer and the next: room for chips, and for wires that go far up or down.
fn gaps(part: &Layered, y: &[f32], graph: &Graph, pulls: &[Pull]) -> Vec<f32> {
    const STEEP: f32 = 120.0;
    let mut gaps = vec![GAP_X; part.layers.len()];
    for (gap, layer) in gaps.iter_mut().zip(&part.layers) {
        let mut extra = 0.0f32;
        for &vertex in layer {
            let far =
                part.after.of(vertex).iter().filter(|(to, _)| (y[*to as usize] - y[vertex as usize]).abs() > STEEP);
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
