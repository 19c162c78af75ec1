//! How wires run: forward in one curve, bowing where cards stand in the way, and back in an arc above or below.

use super::boxes::Boxes;
use super::grid::Grid;
use super::shapes::{Cubic, Point, Rect};

/// A target nearer than this to the right of the source is reached by going round.
const MIN_FORWARD: f32 = 4.0;
/// Longer wires are looked at for cards in the way.
const LONG: f32 = 100.0;
/// Between a wire and a card above it (which has a caption) and below it.
const ROOM_BELOW_CARD: f32 = 30.0;
const ROOM_ABOVE_CARD: f32 = 16.0;
/// What a caption takes under a card.
const CAPTION: f32 = 18.0;
/// Between two wires that go round side by side: room for a chip on each.
const LANE_GAP: f32 = 24.0;
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
    let direct = beside(&forward(start, end), ends.nth);
    if end.x - start.x < LONG || !crosses_a_card(&direct, ends, field) {
        return vec![direct];
    }
    // A narrow card among wide ones: first out of their column, then as if from there.
    let (out, in_) = (column_edge(start, end.y, 1.0, ends, field), column_edge(end, start.y, -1.0, ends, field));
    if (out > start.x || in_ < end.x) && in_ - out >= MIN_FORWARD {
        let (a, b) = (Point::new(out, start.y), Point::new(in_, end.y));
        let curve = beside(&forward(a, b), ends.nth);
        if !crosses_a_card(&curve, ends, field) {
            let mut curves = Vec::with_capacity(3);
            push_line(&mut curves, start, a);
            curves.push(curve);
            push_line(&mut curves, b, end);
            return curves;
        }
    }
    bow(ends, field)
}

/// One curve that leaves and arrives horizontally.
pub(super) fn forward(start: Point, end: Point) -> Cubic {
    let (dx, dy) = (end.x - start.x, (end.y - start.y).abs());
    // With handles longer than the way the curve would swing back.
    let handle = (dx * 0.5).max((24.0 + dy * 0.12).min(64.0).min(dx));
    Cubic::new(start, start + Point::new(handle, 0.0), end - Point::new(handle, 0.0), end)
}

/// The same for the n-th wire between two nodes: bent a little, up and down by turns.
fn beside(curve: &Cubic, nth: u32) -> Cubic {
    let side = if nth % 2 == 1 { -1.0 } else { 1.0 };
    let steps = u8::try_from(nth.div_ceil(2)).unwrap_or(u8::MAX).min(8);
    let off = Point::new(0.0, side * f32::from(steps) * 22.0);
    let [a, b, c, d] = curve.points;
    Cubic::new(a, b + off, c + off, d)
}

fn push_line(curves: &mut Vec<Cubic>, a: Point, b: Point) {
    if a.distance(b) > 1.0 {
        curves.push(Cubic::line(a, b));
    }
}

/// How far a wire has to run straight on from `port` in direction `way` before it may turn towards height `y`.
fn column_edge(port: Point, y: f32, way: f32, ends: &Ends, field: &Field<'_>) -> f32 {
    let near = Rect::of_corners(port, Point::new(port.x + way * 12.0, y));
    let mut edge = port.x;
    field.grid.query(&near, |node| {
        let rect = (field.rect_of)(node);
        if node != ends.from && node != ends.to && rect.touches(&near) {
            edge = if way > 0.0 { edge.max(rect.max.x + 8.0) } else { edge.min(rect.min.x - 8.0) };
        }
    });
    edge
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
            let mut rect = (field.rect_of)(node).grown(4.0);
            rect.max.y += CAPTION;
            hit |= node != ends.from && node != ends.to && rect.touches(&piece);
        });
        hit
    })
}

/// Forward, but by a lane above or below what stands in the way.
fn bow(ends: &Ends, field: &mut Field<'_>) -> Vec<Cubic> {
    let (start, end) = (ends.from_rect.right_middle(), ends.to_rect.left_middle());
    let span = (start.x + 8.0, end.x - 8.0);
    // Straight on from one end as far as can be is easiest to follow.
    let anywhere = (f32::NEG_INFINITY, f32::INFINITY);
    let on = find_lane(ends, field, span, start.y, anywhere).unwrap_or(start.y);
    let off = find_lane(ends, field, span, end.y, anywhere).unwrap_or(end.y);
    let y = if (off - end.y).abs() < (on - start.y).abs() { off } else { on };
    field.take(span, y);
    let middle = span.0.midpoint(span.1);
    let out = column_edge(start, y, 1.0, ends, field).min(middle);
    let in_ = column_edge(end, y, -1.0, ends, field).max(middle);
    let reach = ((in_ - out) * 0.3).clamp(12.0, 96.0).min((in_ - out) / 2.0).max(1.0);
    let x0 = ramp_end(ends, field, Rect::of_corners(Point::new(out, start.y), Point::new(out + reach, y)), false);
    let x1 = ramp_end(ends, field, Rect::of_corners(Point::new(in_, end.y), Point::new(in_ - reach, y)), true);
    let mut curves = Vec::with_capacity(5);
    push_line(&mut curves, start, Point::new(out, start.y));
    curves.push(forward(Point::new(out, start.y), Point::new(x0, y)));
    push_line(&mut curves, Point::new(x0, y), Point::new(x1, y));
    curves.push(forward(Point::new(x1, y), Point::new(in_, end.y)));
    push_line(&mut curves, Point::new(in_, end.y), end);
    curves
}

/// Where a ramp has to be over, before the first card in its way; from the right if `mirrored`.
fn ramp_end(ends: &Ends, field: &Field<'_>, ramp: Rect, mirrored: bool) -> f32 {
    let (mut x, least) = if mirrored { (ramp.min.x, ramp.max.x - 12.0) } else { (ramp.max.x, ramp.min.x + 12.0) };
    field.grid.query(&ramp, |node| {
        let rect = (field.rect_of)(node);
        if node != ends.from && node != ends.to && rect.touches(&ramp) {
            x = if mirrored { x.max(rect.max.x + 8.0) } else { x.min(rect.min.x - 8.0) };
        }
    });
    if mirrored { x.min(least) } else { x.max(least) }
}

/// Out to the right, back by a lane that keeps off both cards, and in from the left.
fn round(ends: &Ends, field: &mut Field<'_>) -> Vec<Cubic> {
    let (from, to) = (&ends.from_rect, &ends.to_rect);
    let (start, end) = (from.right_middle(), to.left_middle());
    let (low, high) = (from.max.y + ROOM_BELOW_CARD, to.min.y - ROOM_ABOVE_CARD);
    let (low_up, high_up) = (to.max.y + ROOM_BELOW_CARD, from.min.y - ROOM_ABOVE_CARD);
    let above = from.min.y.min(to.min.y) - ROOM_ABOVE_CARD;
    let below = from.max.y.max(to.max.y) + ROOM_BELOW_CARD;
    let (x0, x1) = (end.x.min(start.x), end.x.max(start.x));
    let span = (x0 - 40.0, x1 + 40.0);
    let between = if high > low {
        // The target stands below: between the two, near the target.
        find_lane(ends, field, span, (high - 32.0).max(low), (low, high))
    } else if high_up > low_up {
        find_lane(ends, field, span, (low_up + 16.0).min(high_up), (low_up, high_up))
    } else {
        None
    };
    let y = between.unwrap_or_else(|| {
        let up = find_lane(ends, field, span, above - 12.0, (f32::NEG_INFINITY, above));
        let down = find_lane(ends, field, span, below, (below, f32::INFINITY));
        match (up, down) {
            (Some(up), Some(down)) if down - below < above - 12.0 - up => down,
            (None, Some(down)) => down,
            (up, _) => up.unwrap_or(above - 12.0),
        }
    });
    field.take(span, y);
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

/// The height nearest to `wish` and within `bounds` at which a horizontal wire over `span` is free.
fn find_lane(ends: &Ends, field: &Field<'_>, span: (f32, f32), wish: f32, bounds: (f32, f32)) -> Option<f32> {
    let mut taken = Vec::new();
    field.grid.query(&band(span, wish, LANE_SEARCH), |node| {
        let rect = (field.rect_of)(node);
        let is_own = node == ends.from || node == ends.to;
        if taken.len() < MAX_OBSTACLES && !is_own && rect.min.x <= span.1 && rect.max.x >= span.0 {
            taken.push((rect.min.y - ROOM_ABOVE_CARD, rect.max.y + ROOM_BELOW_CARD));
        }
    });
    let taken = merged(taken);
    let is_free = |y: f32| {
        let next = taken.partition_point(|(_, bottom)| *bottom <= y);
        (bounds.0..=bounds.1).contains(&y)
            && taken.get(next).is_none_or(|(top, _)| y <= *top)
            && field.lanes.touching(&band(span, y, LANE_GAP - 1.0)).is_none()
    };
    if is_free(wish) {
        return Some(wish);
    }
    // Beside the wish, above each stretch that is taken, and below it.
    let steps = |from: f32, way: f32| (0..8u8).map(move |i| way.mul_add(f32::from(i) * LANE_GAP, from));
    let around = taken.iter().flat_map(|(top, bottom)| steps(*top, -1.0).chain(steps(*bottom, 1.0)));
    let mut candidates: Vec<f32> = around.chain(steps(wish, 1.0)).chain(steps(wish, -1.0)).collect();
    candidates.sort_by(|a, b| (a - wish).abs().total_cmp(&(b - wish).abs()));
    candidates.into_iter().find(|y| is_free(*y))
}

fn band(span: (f32, f32), y: f32, by: f32) -> Rect {
    Rect::new(Point::new(span.0, y - by), Point::new(span.1, y + by))
}

impl Field<'_> {
    /// Other wires keep off the lane from now on.
    fn take(&mut self, span: (f32, f32), y: f32) {
        self.lanes.add(band(span, y, 0.5));
    }
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
