//! A place beside its neighbours for every node that has none, where others have one.

use super::{GAP_X, GAP_Y, rank};
use crate::play::Graph;
use crate::scene::boxes::Boxes;
use crate::scene::card::Card;
use crate::scene::shapes::{Point, Rect};

/// How often a card is pushed down before it may overlap another.
const MAX_PUSHES: usize = 64;

/// Some nodes have places: each other one goes to the right of a node that leads to it, else to the left of one that
/// it leads to, else below everything, and down until it is free.
pub(super) fn beside_neighbours(graph: &Graph, cards: &mut [Card], placed: &[bool]) {
    let mut settled = placed.to_vec();
    let mut taken = Boxes::default();
    let mut bottom = f32::NEG_INFINITY;
    for (card, _) in cards.iter().zip(placed).filter(|(_, placed)| **placed) {
        taken.add(card.rect.grown(GAP_Y / 2.0));
        bottom = bottom.max(card.rect.max.y);
    }
    let (order, _) = rank::topological(graph);
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
