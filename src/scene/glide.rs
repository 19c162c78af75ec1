//! The way from one geometry of a play to another of the same play: cards and wires on their way, for a short animation.
//!
//! Must never: be asked what lies where for the document's sake; it is for the eye alone.

use super::geometry::{Geometry, Moved};
use super::shapes::{Cubic, Point, Rect};

/// Points of a wire that is on its way.
const N_POINTS: u8 = 32;
/// Cards that stay within this are left alone, in units.
const STILL: f32 = 0.5;
/// Where no card goes further than this, all are there at once: a nudge by a key.
const NUDGE: f32 = 24.0;

/// Cards and wires between two geometries.
#[derive(Debug)]
pub struct Glide {
    shown: Geometry,
    /// The node, and where its card comes from and goes to.
    cards: Vec<(u32, Point, Point)>,
    wires: Vec<Way>,
}

/// A wire as two lines of as many points, and the places of its chip.
#[derive(Debug)]
struct Way {
    wire: u32,
    from: Vec<Point>,
    to: Vec<Point>,
    chip: Option<(Point, Point)>,
}

impl Glide {
    /// `None` if both show the same or nearly so, or not the same nodes and wires, or frames hide some.
    pub fn new(from: &Geometry, to: &Geometry) -> Option<Self> {
        let hides = |geometry: &Geometry| geometry.framed.as_ref().is_some_and(super::frames::Frames::has_collapsed);
        if from.fingerprint() != to.fingerprint() || hides(from) || hides(to) {
            return None;
        }
        let is_far = |a: Point, b: Point| a.distance(b) > STILL;
        let (mut cards, mut is_worth_it) = (Vec::new(), false);
        for (node, (a, b)) in (0..).zip(from.cards.iter().zip(&to.cards)) {
            if is_far(a.rect.min, b.rect.min) {
                cards.push((node, a.rect.min, b.rect.min));
                is_worth_it |= a.rect.min.distance(b.rect.min) > NUDGE;
            }
        }
        if !is_worth_it {
            return None;
        }
        let mut wires = Vec::new();
        for (wire, (a, b)) in (0..).zip(from.wires.iter().zip(&to.wires)) {
            if a.points == b.points {
                continue;
            }
            let even = |path: &super::WirePath| {
                (0..=N_POINTS).map(|i| path.at(f32::from(i) / f32::from(N_POINTS)).0).collect::<Vec<_>>()
            };
            let chip = a.chip.as_ref().zip(b.chip.as_ref()).map(|(a, b)| (a.rect.min, b.rect.min));
            wires.push(Way { wire, from: even(a), to: even(b), chip });
        }
        let mut shown = to.clone();
        // The grids know nothing of what is on its way: all that moves is looked at by itself.
        shown.moved = Moved::default();
        shown.moved.is_node = vec![false; shown.cards.len()];
        shown.moved.is_wire = vec![false; shown.wires.len()];
        for (node, _, _) in &cards {
            shown.moved.is_node[*node as usize] = true;
            shown.moved.nodes.push(*node);
        }
        for way in &wires {
            shown.moved.is_wire[way.wire as usize] = true;
            shown.moved.wires.push(way.wire);
        }
        shown.bounds.add_rect(&from.bounds());
        Some(Self { shown, cards, wires })
    }

    /// Puts everything at `part` of its way, 0 to 1.
    pub fn go_to(&mut self, part: f32) {
        for &(node, from, to) in &self.cards {
            let card = &mut self.shown.cards[node as usize];
            card.rect = Rect::at(from.lerp(to, part), card.rect.size());
        }
        for way in &self.wires {
            let path = &mut self.shown.wires[way.wire as usize];
            path.points.clear();
            path.points.extend(way.from.iter().zip(&way.to).map(|(from, to)| from.lerp(*to, part)));
            path.curves.clear();
            path.curves.extend(path.points.windows(2).map(|pair| Cubic::line(pair[0], pair[1])));
            path.bounds = Rect::NOTHING;
            for point in &path.points {
                path.bounds.add_point(*point);
            }
            if let (Some(chip), Some((from, to))) = (&mut path.chip, way.chip) {
                chip.rect = Rect::at(from.lerp(to, part), chip.rect.size());
                path.bounds.add_rect(&chip.rect);
            }
        }
    }

    /// What is to be painted now.
    pub const fn shown(&self) -> &Geometry {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::Graph;

    fn geometry(layout: &str) -> Geometry {
        let text = format!(
            "play g/1/g {{\nsnap a\ncall b = s/1/b\npass c\npass d\na -> b -> c\nb -> d on error\nlayout {{ {layout} }}\n}}\n"
        );
        let source = crate::lang::parse(text);
        let play = source.doc.plays().next().unwrap().1;
        Geometry::new(play, &Graph::new(play))
    }

    #[test]
    fn a_glide_begins_at_the_one_and_ends_at_the_other() {
        let from = geometry("a 0 0, b 300 0, c 600 0, d 600 200");
        let to = geometry("a 0 0, b 300 90, c 640 0, d 600 200");
        let mut glide = Glide::new(&from, &to).unwrap();
        for (part, end) in [(0.0, &from), (1.0, &to)] {
            glide.go_to(part);
            for (shown, card) in glide.shown().cards().iter().zip(end.cards()) {
                assert!(shown.rect.min.distance(card.rect.min) < 0.01);
            }
            for (shown, wire) in glide.shown().wires().iter().zip(end.wires()) {
                let ends = |path: &crate::scene::WirePath| (path.points[0], *path.points.last().unwrap());
                let ((a, b), (c, d)) = (ends(shown), ends(wire));
                assert!(a.distance(c) < 0.5 && b.distance(d) < 0.5, "{a:?} {b:?} is not {c:?} {d:?}");
            }
        }
        glide.go_to(0.5);
        let middle = glide.shown().card(1).rect.min;
        assert!((middle.y - 45.0).abs() < 0.01 && (glide.shown().card(0).rect.min.distance(Point::ZERO)) < 0.01);
    }

    #[test]
    fn what_is_on_its_way_is_seen_where_it_is() {
        let (from, to) =
            (geometry("a 0 0, b 300 0, c 600 0, d 600 200"), geometry("a 0 0, b 300 9000, c 600 0, d 600 200"));
        let mut glide = Glide::new(&from, &to).unwrap();
        glide.go_to(0.5);
        let mut visible = crate::scene::Visible::default();
        glide.shown().visible(Rect::at(Point::new(200.0, 4400.0), Point::new(400.0, 400.0)), &mut visible);
        assert_eq!(visible.nodes, [1]);
    }

    #[test]
    fn nothing_glides_where_nothing_moves_or_the_play_is_another() {
        let at = geometry("a 0 0, b 300 0, c 600 0, d 600 200");
        assert!(Glide::new(&at, &at).is_none());
        assert!(Glide::new(&at, &geometry("a 0 0, b 316 0, c 600 0, d 600 200")).is_none(), "a nudge");
        let source = crate::lang::parse("play g/1/g {\nsnap a\n}\n");
        let play = source.doc.plays().next().unwrap().1;
        assert!(Glide::new(&at, &Geometry::new(play, &Graph::new(play))).is_none());
    }
}
