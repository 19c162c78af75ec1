//! What a stroke crosses, what a card lies on, and what it lines up with.

use super::geometry::Geometry;
use super::shapes::{Point, Rect};

/// Cards line up within this, in units.
const EVEN: f32 = 0.51;

impl Geometry {
    /// The wires that the line from `a` to `b` crosses, ascending.
    pub fn wires_crossing(&self, a: Point, b: Point) -> Vec<u32> {
        let mut found = Vec::new();
        self.wires_near(&Rect::of_corners(a, b), |wire| found.push(wire));
        found.sort_unstable();
        found.dedup();
        found.retain(|wire| self.wire(*wire).points.windows(2).any(|pair| crosses(a, b, pair[0], pair[1])));
        found
    }

    /// The wire nearest to the point, at most `reach` units away.
    pub fn wire_at(&self, at: Point, reach: f32) -> Option<u32> {
        let mut best: Option<(f32, u32)> = None;
        self.wires_near(&Rect::new(at, at).grown(reach), |wire| {
            let distance = self.wire(wire).distance(at);
            if distance <= reach && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, wire));
            }
        });
        best.map(|(_, wire)| wire)
    }

    /// Lines along which the node stands even with others nearby: by their left edges, and by their middles.
    pub fn guides(&self, node: u32) -> Vec<(Point, Point)> {
        let Some(card) = self.cards().get(node as usize) else { return Vec::new() };
        let rect = card.rect;
        let mut guides = Vec::new();
        self.nodes_near(&rect.grown(1024.0), |other| {
            let with = self.card(other).rect;
            if other == node || guides.len() > 24 {
                return;
            }
            if (with.min.x - rect.min.x).abs() < EVEN {
                let (top, bottom) = (with.min.y.min(rect.min.y), with.max.y.max(rect.max.y));
                guides.push((Point::new(rect.min.x, top), Point::new(rect.min.x, bottom)));
            }
            let (y, even) = (rect.centre().y, with.centre().y);
            if (y - even).abs() < EVEN {
                let (left, right) = (with.min.x.min(rect.min.x), with.max.x.max(rect.max.x));
                guides.push((Point::new(left, y), Point::new(right, y)));
            }
        });
        guides
    }
}

fn crosses(a: Point, b: Point, c: Point, d: Point) -> bool {
    let side = |p: Point, q: Point, r: Point| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
    let (ab_c, ab_d, cd_a, cd_b) = (side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b));
    (ab_c > 0.0) != (ab_d > 0.0) && (cd_a > 0.0) != (cd_b > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_cross_or_do_not() {
        let p = Point::new;
        assert!(crosses(p(0.0, 0.0), p(10.0, 10.0), p(0.0, 10.0), p(10.0, 0.0)));
        assert!(!crosses(p(0.0, 0.0), p(1.0, 1.0), p(0.0, 10.0), p(10.0, 0.0)));
        assert!(!crosses(p(0.0, 0.0), p(10.0, 0.0), p(0.0, 1.0), p(10.0, 1.0)));
    }
}
