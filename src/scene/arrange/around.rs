//! An arrangement bent around cards that stay where a person put them.

use super::GAP_Y;
use crate::scene::boxes::Boxes;
use crate::scene::card::Card;
use crate::scene::shapes::{Point, Rect};

/// Cards that stay and are looked at for one that goes, at most.
const MAX_GUIDES: usize = 256;
/// How near a card that stays must be to have the most to say, in units.
const NEAR: f32 = 120.0;
/// How often a card is pushed up and down before it may overlap another.
const MAX_PUSHES: usize = 64;

/// A top-left corner for each card: of those that stay the one in `cards`, of the others that in `arranged`, carried
/// along with what stays near by, and moved up or down until it covers nothing.
///
/// All three are numbered alike.
pub(in crate::scene) fn around(cards: &[Card], arranged: &[Card], stays: &[bool]) -> Vec<Point> {
    let mut guides = Vec::new();
    let mut taken = Boxes::default();
    let n_staying = stays.iter().filter(|stays| **stays).count();
    let every = n_staying.div_ceil(MAX_GUIDES).max(1);
    for (i, node) in (0..cards.len()).filter(|node| stays[*node]).enumerate() {
        taken.add(cards[node].rect.grown(GAP_Y / 2.0));
        if i % every == 0 {
            guides.push((arranged[node].rect.centre(), cards[node].rect.min - arranged[node].rect.min));
        }
    }
    let mut order: Vec<usize> = (0..cards.len()).filter(|node| !stays[*node]).collect();
    order.sort_by(|a, b| {
        let (a, b) = (arranged[*a].rect.min, arranged[*b].rect.min);
        a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y))
    });
    let mut places: Vec<Point> = cards.iter().map(|card| card.rect.min).collect();
    for node in order {
        let own = arranged[node].rect;
        let wanted = own.moved(carried(&guides, own.centre()));
        let wanted = Rect::at(Point::new(wanted.min.x.round(), wanted.min.y.round()), own.size());
        let (up, down) = (free(&taken, wanted, -1.0), free(&taken, wanted, 1.0));
        let rect = match (up, down) {
            (Some(up), Some(down)) if wanted.min.y - up.min.y < down.min.y - wanted.min.y => up,
            (_, Some(down)) => down,
            (up, None) => up.unwrap_or(wanted),
        };
        taken.add(rect.grown(GAP_Y / 2.0));
        places[node] = rect.min;
    }
    places
}

/// How far those that stay are from where they were arranged, the nearer ones counting more.
fn carried(guides: &[(Point, Point)], at: Point) -> Point {
    let (mut sum, mut weights) = (Point::ZERO, 0.0);
    for (guide, by) in guides {
        let distance = guide.distance(at) / NEAR;
        let weight = 1.0 / distance.mul_add(distance, 1.0).powi(2);
        sum = sum + *by * weight;
        weights += weight;
    }
    if weights > 0.0 { sum * (1.0 / weights) } else { Point::ZERO }
}

/// The first place from there on upwards (-1) or downwards (1) that nothing takes.
fn free(taken: &Boxes, mut rect: Rect, way: f32) -> Option<Rect> {
    for _ in 0..MAX_PUSHES {
        let Some(other) = taken.touching(&rect) else { return Some(rect) };
        let by =
            if way > 0.0 { other.max.y + GAP_Y / 2.0 - rect.min.y } else { rect.max.y + GAP_Y / 2.0 - other.min.y };
        rect = rect.moved(Point::new(0.0, way * by.ceil().max(1.0)));
    }
    None
}
