//! How wires run: forward in one curve, by lanes past the cards that stand in its way, and back round all of them.
//!
//! Must never: lead through a card or close by, but where cards overlap; lay a lane on another.

use super::arrange::Lane;
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
const LANE_GAP: f32 = 18.0;
/// Beside a card, where a wire goes up or down.
const ROOM_BESIDE_CARD: f32 = 14.0;
/// Corners of wires that go round.
const CORNER: f32 = 36.0;
/// Heights nearer than this are one: cards stand on whole units, and lanes do not.
const LEVEL: f32 = 0.75;
/// How often a way is looked for again since a card stands in it.
const N_TRIES: usize = 4;
/// Lanes that are tried past one card.
const N_LANES: usize = 12;
/// How far from the wish a lane is looked for.
const LANE_SEARCH: f32 = 480.0;
const MAX_OBSTACLES: usize = 400;

/// What wires keep away from: all cards, and the lanes that other wires took.
pub(super) struct Field<'a> {
    pub grid: &'a Grid,
    pub rect_of: &'a dyn Fn(u32) -> Rect,
    pub lanes: Boxes,
    /// Where wires go up or down beside cards.
    pub legs: Boxes,
    /// Whether wires look for ways past cards. In a play of very many cards that takes longer than anybody waits.
    pub searches: bool,
}

/// Cards up to which all wires of a play look for ways past them.
pub(super) const MAX_SEARCHED: usize = 1_000;

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

/// The curves of a wire by `lanes` that are known to be free, from left to right. `takes`: other wires will look for a
/// way past them.
pub(super) fn by_lanes(ends: &Ends, lanes: &[Lane], takes: bool, field: &mut Field<'_>) -> Vec<Cubic> {
    let (start, end) = (ends.from_rect.right_middle(), ends.to_rect.left_middle());
    if takes {
        lanes.iter().for_each(|lane| field.take((lane.x0, lane.x1), lane.y));
    }
    if end.x - start.x >= MIN_FORWARD {
        return along(start, end, lanes.iter().map(|lane| ((lane.x0, lane.x1), lane.y)));
    }
    let (Some(first), Some(last)) = (lanes.first(), lanes.last()) else { return round(ends, field) };
    let x1 = find_leg(field, last.x1.max(start.x) + leg_room(last.y - start.y), (start.y, last.y), 1.0);
    let x0 = find_leg(field, first.x0.min(end.x) - leg_room(first.y - end.y), (end.y, first.y), -1.0);
    field.add_legs((x0, end.y, first.y), (x1, start.y, last.y));
    // Back by the lanes as if it came forward.
    let (left, right) = (Point::new(first.x0, first.y), Point::new(last.x1, last.y));
    let way = along(left, right, lanes.iter().map(|lane| ((lane.x0, lane.x1), lane.y)));
    let mut curves = Vec::with_capacity(way.len() + 8);
    turn(&[start, Point::new(x1, start.y), Point::new(x1, last.y), right], &mut curves);
    curves.extend(way.iter().rev().map(|curve| {
        let [a, b, c, d] = curve.points;
        Cubic::new(d, c, b, a)
    }));
    turn(&[left, Point::new(x0, first.y), Point::new(x0, end.y), end], &mut curves);
    curves
}

/// The curves of a wire from the right port of one card to the left port of another.
pub(super) fn route(ends: &Ends, field: &mut Field<'_>) -> Vec<Cubic> {
    let (start, end) = (ends.from_rect.right_middle(), ends.to_rect.left_middle());
    if end.x - start.x < MIN_FORWARD {
        return round(ends, field);
    }
    let direct = beside(&forward(start, end), ends.nth);
    if end.x - start.x < LONG || !field.searches || is_clear(&direct, ends, field) {
        return vec![direct];
    }
    past_cards(ends, field)
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

/// Calls `found` for the cards that the curve runs through, or close by, for some more than once.
fn cards_near(curve: &Cubic, ends: &Ends, field: &Field<'_>, mut found: impl FnMut(Rect)) {
    const N: u8 = 16;
    let n = if curve.is_straight() { 1 } else { N };
    let mut last = curve.start();
    for i in 1..=n {
        let next = curve.at(f32::from(i) / f32::from(n));
        let piece = Rect::of_corners(last, next);
        last = next;
        field.grid.query(&piece.grown(CAPTION), |node| {
            let rect = (field.rect_of)(node);
            let mut near = rect.grown(7.0);
            near.max.y += CAPTION - 7.0;
            if node != ends.from && node != ends.to && near.touches(&piece) {
                found(rect);
            }
        });
    }
}

fn is_clear(curve: &Cubic, ends: &Ends, field: &Field<'_>) -> bool {
    let mut is_clear = true;
    cards_near(curve, ends, field, |_| is_clear = false);
    is_clear
}

/// What lanes past a column there are, by the column: it is asked again with each try.
type Known = Vec<((f32, f32), Vec<f32>)>;

/// Forward by a lane past each card in the way: the lanes that go least up and down.
fn past_cards(ends: &Ends, field: &mut Field<'_>) -> Vec<Cubic> {
    let (start, end) = (ends.from_rect.right_middle(), ends.to_rect.left_middle());
    let mut columns: Vec<(f32, f32)> = Vec::new();
    let mut curves = vec![beside(&forward(start, end), ends.nth)];
    let mut lanes = Vec::new();
    let mut known = Known::default();
    for _ in 0..N_TRIES {
        let n_columns = columns.len();
        for curve in &curves {
            cards_near(curve, ends, field, |card| {
                let left = (card.min.x - ROOM_BESIDE_CARD).max(start.x + 6.0);
                let right = (card.max.x + ROOM_BESIDE_CARD).min(end.x - 6.0);
                if left < right && !columns.contains(&(left, right)) {
                    columns.push((left, right));
                }
            });
        }
        if columns.len() == n_columns {
            break;
        }
        columns = merged(columns);
        lanes = choose_lanes(ends, field, &columns, &mut known);
        curves = along(start, end, columns.iter().copied().zip(lanes.iter().copied()));
    }
    for (column, y) in columns.iter().zip(lanes) {
        field.take(*column, y);
    }
    curves
}

/// A height for each column, in which nothing stands, so that the way from `start` to `end` is short and has few bends.
fn choose_lanes(ends: &Ends, field: &Field<'_>, columns: &[(f32, f32)], known: &mut Known) -> Vec<f32> {
    let (start, end) = (ends.from_rect.right_middle(), ends.to_rect.left_middle());
    // The cheapest way to each lane of the column before, by cost; and from where each lane is reached.
    let mut before = vec![(start.y, 0.0f32)];
    let mut x = start.x;
    let mut ways: Vec<Vec<(f32, usize)>> = Vec::with_capacity(columns.len());
    let reach = |before: &[(f32, f32)], gap: f32, y: f32| {
        let costs = before.iter().map(|(from, cost)| cost + bend_cost(gap, y - from));
        costs.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
    };
    for column in columns {
        let part = ((column.0 + column.1) * 0.5 - start.x) / (end.x - start.x);
        let straight = start.y + (end.y - start.y) * part;
        let at = known.iter().position(|(known, _)| known == column).unwrap_or_else(|| {
            known.push((*column, free_lanes(ends, field, *column, [start.y, end.y, straight])));
            known.len() - 1
        });
        let lanes = &known[at].1;
        let mut now = Vec::with_capacity(lanes.len());
        let mut way = Vec::with_capacity(lanes.len());
        for &y in lanes {
            let (from, cost) = reach(&before, column.0 - x, y);
            now.push((y, cost));
            way.push((y, from));
        }
        x = column.1;
        before = now;
        ways.push(way);
    }
    let (mut at, _) = reach(&before, end.x - x, end.y);
    let mut lanes: Vec<f32> = Vec::with_capacity(ways.len());
    for way in ways.iter().rev() {
        let (y, from) = way[at];
        lanes.push(y);
        at = from;
    }
    lanes.reverse();
    lanes
}

/// Going up or down where there is little room is steep, and each bend is one more to follow.
fn bend_cost(gap: f32, dy: f32) -> f32 {
    let dy = dy.abs();
    if dy < 1.0 { 0.0 } else { 16.0 + dy * (1.0 + 20.0 / gap.max(4.0)) }
}

/// Heights at which a wire over `span` is free, the nearest to the wishes first. Never empty.
fn free_lanes(ends: &Ends, field: &Field<'_>, span: (f32, f32), wishes: [f32; 3]) -> Vec<f32> {
    let (low, high) = (wishes[0].min(wishes[1]), wishes[0].max(wishes[1]));
    let around = band(span, wishes[2], LANE_SEARCH);
    let taken = taken_by_cards(ends, field, span, &around);
    let steps = |from: f32, way: f32| (0..5u8).map(move |i| way.mul_add(f32::from(i) * LANE_GAP, from));
    let (nearest, farthest) = (around.min.y, around.max.y);
    let beside = taken.iter().flat_map(|(top, bottom)| steps(*top, -1.0).chain(steps(*bottom, 1.0)));
    let wished = wishes.into_iter().flat_map(|wish| steps(wish, 1.0).chain(steps(wish, -1.0)));
    let mut lanes: Vec<f32> =
        beside.chain(wished).filter(|y| (nearest..=farthest).contains(y) && is_between(&taken, *y)).collect();
    let off = |y: f32| (y - wishes[2]).abs() + if y < low || y > high { 40.0 } else { 0.0 };
    lanes.sort_by(|a, b| off(*a).total_cmp(&off(*b)).then(a.total_cmp(b)));
    lanes.dedup();
    // What other wires took is asked last: it costs most.
    let mut free: Vec<f32> = lanes.iter().copied().filter(|y| field.is_lane_free(span, *y)).take(N_LANES).collect();
    if free.is_empty() {
        free.push(lanes.first().copied().unwrap_or(wishes[2]));
    }
    free
}

/// The stretches of heights, in order, where cards stand over `span`.
fn taken_by_cards(ends: &Ends, field: &Field<'_>, span: (f32, f32), around: &Rect) -> Vec<(f32, f32)> {
    let mut taken = Vec::new();
    field.grid.query(around, |node| {
        let rect = (field.rect_of)(node);
        let is_own = node == ends.from || node == ends.to;
        if taken.len() < MAX_OBSTACLES && !is_own && rect.min.x <= span.1 && rect.max.x >= span.0 {
            taken.push((rect.min.y - ROOM_ABOVE_CARD, rect.max.y + ROOM_BELOW_CARD));
        }
    });
    merged(taken)
}

fn is_between(taken: &[(f32, f32)], y: f32) -> bool {
    let next = taken.partition_point(|(_, bottom)| *bottom <= y);
    taken.get(next).is_none_or(|(top, _)| y <= *top)
}

/// The curves of a way by lanes: from where to where each goes, and its height.
fn along(start: Point, end: Point, lanes: impl Iterator<Item = ((f32, f32), f32)>) -> Vec<Cubic> {
    let mut curves = Vec::new();
    let mut line = start;
    let mut last = start;
    for (column, y) in lanes {
        let from = Point::new(column.0, y);
        if (last.y - y).abs() > LEVEL {
            push_line(&mut curves, line, last);
            curves.push(forward(last, from));
            line = from;
        }
        last = Point::new(column.1, y);
    }
    if (last.y - end.y).abs() > LEVEL {
        push_line(&mut curves, line, last);
        curves.push(forward(last, end));
    } else {
        push_line(&mut curves, line, end);
    }
    if curves.is_empty() {
        curves.push(Cubic::line(start, end));
    }
    curves
}

/// Out to the right, back by a lane that keeps off all cards, and in from the left.
fn round(ends: &Ends, field: &mut Field<'_>) -> Vec<Cubic> {
    let (from, to) = (&ends.from_rect, &ends.to_rect);
    let (start, end) = (from.right_middle(), to.left_middle());
    let (low, high) = (from.max.y + ROOM_BELOW_CARD, to.min.y - ROOM_ABOVE_CARD);
    let (low_up, high_up) = (to.max.y + ROOM_BELOW_CARD, from.min.y - ROOM_ABOVE_CARD);
    let above = from.min.y.min(to.min.y) - ROOM_ABOVE_CARD;
    let below = from.max.y.max(to.max.y) + ROOM_BELOW_CARD;
    let (mut x0, mut x1) = (end.x.min(start.x) - CORNER, end.x.max(start.x) + CORNER);
    let mut y = above;
    // The legs may have to stand further out than was thought when the lane was chosen.
    for _ in 0..3 {
        let span = (x0, x1);
        let between = if high > low {
            // The target stands below: between the two, near the target.
            find_lane(ends, field, span, (high - 20.0).max(low), (low, high))
        } else if high_up > low_up {
            find_lane(ends, field, span, (low_up + 16.0).min(high_up), (low_up, high_up))
        } else {
            None
        };
        y = between.unwrap_or_else(|| {
            let up = find_lane(ends, field, span, above - 12.0, (f32::NEG_INFINITY, above));
            let down = find_lane(ends, field, span, below, (below, f32::INFINITY));
            match (up, down) {
                (Some(up), Some(down)) if down - below < above - 12.0 - up => down,
                (None, Some(down)) => down,
                (up, _) => up.unwrap_or(above - 12.0),
            }
        });
        let right = find_leg(field, start.x + leg_room(y - start.y), (start.y, y), 1.0);
        let left = find_leg(field, end.x - leg_room(y - end.y), (end.y, y), -1.0);
        // Past the other card, too, where the lane does not go over it.
        let fits = left >= x0 && right <= x1;
        (x0, x1) = (left, right);
        if fits {
            break;
        }
    }
    field.take((x0, x1), y);
    field.add_legs((x0, end.y, y), (x1, start.y, y));
    let mut curves = Vec::with_capacity(9);
    let corners = [start, Point::new(x1, start.y), Point::new(x1, y), Point::new(x0, y), Point::new(x0, end.y), end];
    turn(&corners, &mut curves);
    curves
}

/// Appends the way by `points`, one end to the other, with round corners.
fn turn(points: &[Point], curves: &mut Vec<Cubic>) {
    let [start, .., end] = points else { return };
    let (mut at, end) = (*start, *end);
    for corner in points.windows(3) {
        let (into, out) = (corner[1] - corner[0], corner[2] - corner[1]);
        // Two corners share the piece between them.
        let whole = |i: usize, length: f32| if i == 0 { length } else { length / 2.0 };
        let is_first = usize::from(corner[0] != *start);
        let is_last = usize::from(corner[2] != end);
        let radius = CORNER.min(whole(is_first, into.length())).min(whole(is_last, out.length()));
        let (a, b) = (corner[1] - unit(into) * radius, corner[1] + unit(out) * radius);
        push_line(curves, at, a);
        curves.push(Cubic::new(a, a.lerp(corner[1], 0.56), b.lerp(corner[1], 0.56), b));
        at = b;
    }
    push_line(curves, at, end);
}

/// How far beside a port the leg to a lane stands: no further than its corners need.
fn leg_room(dy: f32) -> f32 {
    (dy.abs() / 2.0).clamp(22.0, CORNER)
}

fn unit(v: Point) -> Point {
    let length = v.length();
    if length > 0.0 { v * (1.0 / length) } else { Point::ZERO }
}

/// Where a wire may go up or down between two heights: from `x` on outwards the first place that is free.
fn find_leg(field: &Field<'_>, mut x: f32, heights: (f32, f32), way: f32) -> f32 {
    let first = x;
    for _ in 0..N_TRIES * 2 {
        let leg = Rect::of_corners(Point::new(x, heights.0), Point::new(x, heights.1));
        let near = Rect::new(leg.min - Point::new(8.0, 10.0), leg.max + Point::new(8.0, 10.0));
        let mut next = None::<f32>;
        field.grid.query(&near, |node| {
            let rect = (field.rect_of)(node);
            if rect.touches(&near) {
                let edge = if way > 0.0 { rect.max.x } else { rect.min.x } + way * ROOM_BESIDE_CARD;
                next = Some(next.map_or(edge, |next| if way > 0.0 { next.max(edge) } else { next.min(edge) }));
            }
        });
        if next.is_none() && field.legs.touching(&near.grown(1.0)).is_some() {
            next = Some(x + way * LANE_GAP * 0.7);
        }
        match next {
            Some(next) if (next - first).abs() < 1200.0 => x = next,
            Some(_) => return first,
            None => return x,
        }
    }
    x
}

/// The height nearest to `wish` and within `bounds` at which a horizontal wire over `span` is free.
fn find_lane(ends: &Ends, field: &Field<'_>, span: (f32, f32), wish: f32, bounds: (f32, f32)) -> Option<f32> {
    let taken = taken_by_cards(ends, field, span, &band(span, wish, LANE_SEARCH));
    let is_free = |y: f32| (bounds.0..=bounds.1).contains(&y) && is_between(&taken, y) && field.is_lane_free(span, y);
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
    fn is_lane_free(&self, span: (f32, f32), y: f32) -> bool {
        self.lanes.touching(&band(span, y, LANE_GAP - 1.0)).is_none()
    }

    /// Where a wire goes up or down: x and both heights, at its left and at its right.
    fn add_legs(&mut self, left: (f32, f32, f32), right: (f32, f32, f32)) {
        for (x, from, to) in [left, right] {
            self.legs.add(Rect::of_corners(Point::new(x, from), Point::new(x, to)));
        }
    }

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
