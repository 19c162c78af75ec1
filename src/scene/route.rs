//! How wires run: forward in one curve, bowing where cards stand in the way, and back in an arc above or below.

use super::boxes::Boxes;
use super::grid::Grid;
use super::shapes::{Cubic, Point, Rect};

/// A target nearer than this to the right of the source is reached by going round.
const MIN_FORWARD: f32 = 24.0;
/// Longer wires are looked at for cards in the way.
const LONG: f32 = 200.0;
/// Between a wire and a card above it (which has a caption) and below it.
const ROOM_BELOW_CARD: f32 = 30.0;
const ROOM_ABOVE_CARD: f32 = 16.0;
/// Between two wires that go round side by side.
const LANE_GAP: f32 = 14.0;
/// How far from the wish a lane is looked for.
const LANE_SEARCH: f32 = 480.0;
const MAX_OBSTACLES: usize = 400;

/// What wires keep away from: all cards, and the lanes that other wires took.
pub(super) struct Field<'a> {
    pub grid: &'a Grid,
    pub rect_of: &'a dyn Fn(u32) -> Rect,
    pub lanes: Boxes,
}

/// The ends of a wire: the cards, by number and rectangle, and the ports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub from: u32,
    pub to: u32,
    pub from_rect: Rect,
    pub to_rect: Rect,
    /// Counts the wires between the same two nodes, from 0: they must not lie on each other.
    pub nth: u32,
}

/// The curves of a wire from the right port of one card to the left port of another.
pub(super) fn route(ends: &Ends, field: &mut Field<'_>) -> Vec<Cubic> {
    let (start, end) = (ends.from_rect.right_middle(), ends.to_rect.left_middle());
    if end.x - start.x < MIN_FORWARD {
        return round(ends, field);
    }
    let direct = forward(start, end);
    let is_free = ends.nth == 0 && (end.x - start.x < LONG || !crosses_a_card(&direct, ends, field));
    if is_free { vec![direct] } else { bow(ends, field) }
}

/// One curve that leaves and arrives horizontally.
pub(super) fn forward(start: Point, end: Point) -> Cubic {
    let (dx, dy) = (end.x - start.x, (end.y - start.y).abs());
    let handle = (dx * 0.5).max((24.0 + dy * 0.12).min(64.0));
    Cubic::new(start, start + Point::new(handle, 0.0), end - Point::new(handle, 0.0), end)
}

fn crosses_a_card(curve: &Cubic, ends: &Ends, field: &Field<'_>) -> bool {
    const N: u8 = 16;
    let mut last = curve.start();
    (1..=N).any(|i| {
        let next = curve.at(f32::from(i) / f32::from(N));
        let piece = Rect::of_corners(last, next);
        last = next;
        let mut hit = false;
        field.grid.query(&piece, |node| {
            hit |= node != ends.from && node != ends.to && (field.rect_of)(node).grown(4.0).touches(&piece);
        });
        hit
    })
}

/// Forward, but by a lane above or below what stands in the way.
fn bow(ends: &Ends, field: &mut Field<'_>) -> Vec<Cubic> {
    let (start, end) = (ends.from_rect.right_middle(), ends.to_rect.left_middle());
    let span = end.x - start.x;
    let reach = (span * 0.3).clamp(16.0, 96.0).min(span / 2.0);
    let (x0, x1) = (start.x + reach, end.x - reach);
    let wish = start.lerp(end, 0.5).y;
    let y = lane(ends, field, (start.x + 8.0, end.x - 8.0), wish, (f32::NEG_INFINITY, f32::INFINITY));
    let (a, b) = (Point::new(x0, y), Point::new(x1, y));
    let mut curves = vec![forward(start, a)];
    if x1 - x0 > 1.0 {
        curves.push(Cubic::line(a, b));
    }
    curves.push(forward(b, end));
    curves
}

/// Out to the right, back by a lane that keeps off both cards, and in from the left.
fn round(ends: &Ends, field: &mut Field<'_>) -> Vec<Cubic> {
    let (from, to) = (&ends.from_rect, &ends.to_rect);
    let (start, end) = (from.right_middle(), to.left_middle());
    let (low, high) = (from.max.y + ROOM_BELOW_CARD, to.min.y - ROOM_ABOVE_CARD);
    let (low_up, high_up) = (to.max.y + ROOM_BELOW_CARD, from.min.y - ROOM_ABOVE_CARD);
    let above = from.min.y.min(to.min.y) - ROOM_ABOVE_CARD;
    let (x0, x1) = (end.x.min(start.x), end.x.max(start.x));
    let span = (x0 - 40.0, x1 + 40.0);
    let y = if high > low {
        // The target stands below: between the two, near the target.
        lane(ends, field, span, (high - 32.0).max(low), (low, high))
    } else if high_up > low_up {
        lane(ends, field, span, (low_up + 16.0).min(high_up), (low_up, high_up))
    } else {
        lane(ends, field, span, above - 12.0, (f32::NEG_INFINITY, above))
    };
    let reach = |port: Point| ((y - port.y).abs() * 0.6).clamp(30.0, 72.0);
    let (right, left) = (Point::new(x1, y), Point::new(x0, y));
    let (out, back) = (Point::new(reach(start), 0.0), Point::new(reach(end), 0.0));
    let mut curves = vec![Cubic::new(start, start + out, right + out, right)];
    if x1 - x0 > 1.0 {
        curves.push(Cubic::line(right, left));
    }
    curves.push(Cubic::new(left, left - back, end - back, end));
    curves
}

/// The height nearest to `wish` and within `bounds` at which a horizontal wire over `span` is free; and takes it.
///
/// If all is taken it is `wish`.
fn lane(ends: &Ends, field: &mut Field<'_>, span: (f32, f32), wish: f32, bounds: (f32, f32)) -> f32 {
    let band = |y: f32, by: f32| Rect::new(Point::new(span.0, y - by), Point::new(span.1, y + by));
    let mut taken = Vec::new();
    field.grid.query(&band(wish, LANE_SEARCH), |node| {
        let rect = (field.rect_of)(node);
        let is_own = node == ends.from || node == ends.to;
        if taken.len() < MAX_OBSTACLES && !is_own && rect.min.x <= span.1 && rect.max.x >= span.0 {
            taken.push((rect.min.y - ROOM_ABOVE_CARD, rect.max.y + ROOM_BELOW_CARD));
        }
    });
    let taken = merged(taken);
    let is_free = |field: &Field<'_>, y: f32| {
        let next = taken.partition_point(|(_, bottom)| *bottom <= y);
        (bounds.0..=bounds.1).contains(&y)
            && taken.get(next).is_none_or(|(top, _)| y <= *top)
            && field.lanes.touching(&band(y, LANE_GAP / 2.0 - 1.0)).is_none()
    };
    let edges = taken.iter().flat_map(|(top, bottom)| [*top, *bottom]);
    let steps = (1..=12u8).flat_map(|i| [wish + f32::from(i) * LANE_GAP, wish - f32::from(i) * LANE_GAP]);
    let mut candidates: Vec<f32> = edges.chain(steps).collect();
    candidates.sort_by(|a, b| (a - wish).abs().total_cmp(&(b - wish).abs()));
    let found = std::iter::once(wish).chain(candidates).find(|y| is_free(field, *y)).unwrap_or(wish);
    field.lanes.add(band(found, 0.5));
    found
}

/// The same stretches without overlaps, in order.
fn merged(mut stretches: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    stretches.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut merged: Vec<(f32, f32)> = Vec::with_capacity(stretches.len());
    for (top, bottom) in stretches {
        match merged.last_mut() {
            Some(last) if top <= last.1 => last.1 = last.1.max(bottom),
            _ => merged.push((top, bottom)),
        }
    }
    merged
}
