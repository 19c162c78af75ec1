//! A place for every node that has none: layers from left to right in which wires rarely cross.
//!
//! As Sugiyama, Tagawa and Toda did it: cycles are cut ([`rank`]), nodes get layers, long wires a bend in each layer
//! that they pass, layers are ordered ([`order`]), and cards get heights at which wires run straight ([`place`]).
//! Must never: depend on anything but the graph and the sizes, so that the same play always looks the same.

mod around;
mod beside;
mod layered;
mod order;
mod place;
mod rank;
mod sift;
mod straight;

pub(super) use around::around;

use super::card::Card;
use super::shapes::{Point, Rect};
use crate::play::Graph;

/// Between layers, without chips.
const GAP_X: f32 = 72.0;
/// Between cards of a layer: room for a caption.
const GAP_Y: f32 = 48.0;
/// Between parts that nothing connects.
const GAP_PARTS: f32 = GAP_Y + 24.0;

/// What matters of a wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pull {
    /// The width of its chip, 0 without one.
    pub chip: f32,
    /// How much it pulls its ends to one height; the way without failures is to be straight.
    pub weight: f32,
}

/// A stretch of a wire that runs straight, where no card stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lane {
    pub x0: f32,
    pub x1: f32,
    pub y: f32,
}

/// How wires run that were given a way.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    /// For each wire where its lanes start in `all` and how many they are; empty if nothing was arranged.
    of: Vec<Option<(u32, u32)>>,
    all: Vec<Lane>,
    last: u32,
}

impl Lanes {
    fn new(n_wires: usize) -> Self {
        Self { of: vec![None; n_wires], ..Self::default() }
    }

    fn begin(&mut self, wire: u32) {
        self.of[wire as usize] = Some((number(self.all.len()), 0));
        self.last = wire;
    }

    /// Of the wire that was begun last.
    fn push(&mut self, lane: Lane) {
        if let Some((_, n)) = &mut self.of[self.last as usize] {
            *n += 1;
            self.all.push(lane);
        }
    }

    /// The lanes of a wire from left to right, also of one that leads back: what lies between them and its ports is
    /// free. `None` for a wire whose way is not known.
    pub fn get(&self, wire: usize) -> Option<&[Lane]> {
        let (start, n) = (*self.of.get(wire)?)?;
        Some(&self.all[start as usize..(start + n) as usize])
    }
}

/// Larger plays are not compared with their arrangement.
const MAX_COMPARED: usize = 1_000;

/// Moves the cards of nodes that are not `placed`, and gives the lanes of each wire that leads forward: only where all
/// cards stand as in layers, whoever put them there. `pulls`: one for each wire.
///
/// Deterministic, and N log N.
pub(super) fn arrange(graph: &Graph, cards: &mut [Card], placed: &[bool], pulls: &[Pull]) -> Lanes {
    if !placed.contains(&true) {
        return layers(graph, cards, pulls);
    }
    if placed.contains(&false) {
        beside::beside_neighbours(graph, cards, placed);
    } else if cards.len() <= MAX_COMPARED {
        let mut arranged = cards.to_vec();
        let lanes = layers(graph, &mut arranged, pulls);
        if arranged.iter().zip(cards).all(|(a, b)| a.rect == b.rect) {
            return lanes;
        }
    }
    Lanes::default()
}

/// Each connected part gets layers.
fn layers(graph: &Graph, cards: &mut [Card], pulls: &[Pull]) -> Lanes {
    let (rank, forward) = rank::ranks(graph, pulls);
    let parts = rank::parts(graph);
    let mut local = vec![0; cards.len()];
    let mut lanes = Lanes::new(graph.wires().len());
    let mut ends = Vec::with_capacity(parts.len());
    let mut sizes = Vec::with_capacity(parts.len());
    for part in &parts {
        let mut layered = layered::Layered::new(graph, part, &rank, &forward, pulls, &mut local);
        order::reduce_crossings(&mut layered);
        layered.add_turns();
        let y = place::heights(&layered, cards);
        sizes.push(place::write(&layered, &y, graph, cards, pulls, &mut lanes));
        ends.push(lanes.all.len());
    }
    pack(cards, &parts, &sizes, &mut lanes.all, &ends);
    lanes
}

/// Sets the parts in rows, in the order of the text, about as wide as all of them are high.
fn pack(cards: &mut [Card], parts: &[Vec<u32>], sizes: &[Point], lanes: &mut [Lane], ends: &[usize]) {
    let area: f32 = sizes.iter().map(|size| (size.x + GAP_PARTS) * (size.y + GAP_PARTS)).sum();
    let widest = sizes.iter().map(|size| size.x).fold(0.0, f32::max);
    let room = widest.max((area * 1.6).sqrt());
    let (mut at, mut bottom, mut start) = (Point::ZERO, 0.0f32, 0);
    for ((part, size), end) in parts.iter().zip(sizes).zip(ends) {
        if at.x > 0.0 && at.x + size.x > room {
            at = Point::new(0.0, ((bottom + GAP_PARTS) / 8.0).ceil() * 8.0);
        }
        for node in part {
            let card = &mut cards[*node as usize];
            card.rect = Rect::at(card.rect.min + at, card.rect.size());
        }
        for lane in &mut lanes[start..*end] {
            *lane = Lane { x0: lane.x0 + at.x, x1: lane.x1 + at.x, y: lane.y + at.y };
        }
        start = *end;
        bottom = bottom.max(at.y + size.y);
        at.x = ((at.x + size.x + GAP_PARTS) / 8.0).ceil() * 8.0;
    }
}

/// A play has fewer than 4 billion nodes.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
