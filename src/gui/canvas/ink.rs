//! Lines as one mesh with soft edges: far cheaper than a shape for each of 15,000 wires.

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{Color32, Pos2, Rect, Vec2, pos2, vec2};

use super::view::View;
use crate::scene;

pub fn pos(p: scene::Point) -> Pos2 {
    pos2(p.x, p.y)
}

pub fn point(p: Pos2) -> scene::Point {
    scene::Point::new(p.x, p.y)
}

pub fn rect(r: scene::Rect) -> Rect {
    Rect::from_min_max(pos(r.min), pos(r.max))
}

/// Where a part of the scene is on the screen.
pub fn on_screen(r: scene::Rect, view: View, canvas: Rect) -> Rect {
    Rect::from_min_max(view.screen_from_scene(canvas, pos(r.min)), view.screen_from_scene(canvas, pos(r.max)))
}

pub fn scene_rect(r: Rect) -> scene::Rect {
    scene::Rect::new(point(r.min), point(r.max))
}

/// The mesh in `slot`, emptied, with its memory kept if the last frame is done with it.
pub fn emptied(slot: &mut Arc<Mesh>) -> &mut Mesh {
    if Arc::get_mut(slot).is_none() {
        *slot = Arc::default();
    }
    let mesh = Arc::make_mut(slot);
    // `Mesh::clear` gives the memory of the vertices back.
    mesh.indices.clear();
    mesh.vertices.clear();
    mesh
}

/// Width of the soft edge, in points.
const SOFT: f32 = 0.9;

/// Adds a line of `width` points along `points`, each already on the screen.
pub fn line(mesh: &mut Mesh, points: impl ExactSizeIterator<Item = Pos2> + Clone, width: f32, color: Color32) {
    let n = points.len();
    if n < 2 {
        return;
    }
    if width <= SOFT {
        return hairline(mesh, points, width, color);
    }
    let first = next_vertex(mesh);
    let (inner, outer) = ((width - SOFT) / 2.0, f32::midpoint(width, SOFT));
    let mut before: Option<Pos2> = None;
    let mut after = points.clone().skip(1);
    for p in points {
        let next = after.next();
        let across = joint(before.map(|b| p - b), next.map(|a| a - p));
        mesh.colored_vertex(p + across * outer, Color32::TRANSPARENT);
        mesh.colored_vertex(p + across * inner, color);
        mesh.colored_vertex(p - across * inner, color);
        mesh.colored_vertex(p - across * outer, Color32::TRANSPARENT);
        before = Some(p);
    }
    #[expect(clippy::cast_possible_truncation, reason = "a wire has few points")]
    for i in 0..(n as u32 - 1) {
        let a = first + i * 4;
        for strip in 0..3 {
            let (p, q) = (a + strip, a + strip + 4);
            mesh.add_triangle(p, p + 1, q);
            mesh.add_triangle(p + 1, q, q + 1);
        }
    }
}

/// A line too thin for a core of its own colour: full in the middle, soft to both sides.
fn hairline(mesh: &mut Mesh, points: impl ExactSizeIterator<Item = Pos2> + Clone, width: f32, color: Color32) {
    let first = next_vertex(mesh);
    let outer = f32::midpoint(width, SOFT);
    let mut before: Option<Pos2> = None;
    let mut after = points.clone().skip(1);
    let mut n_pieces = 0;
    for p in points {
        let next = after.next();
        let across = joint(before.map(|b| p - b), next.map(|a| a - p)) * outer;
        mesh.colored_vertex(p + across, Color32::TRANSPARENT);
        mesh.colored_vertex(p, color);
        mesh.colored_vertex(p - across, Color32::TRANSPARENT);
        n_pieces += u32::from(next.is_some());
        before = Some(p);
    }
    for piece in 0..n_pieces {
        let a = first + piece * 3;
        for (p, q) in [(a, a + 3), (a + 1, a + 4)] {
            mesh.add_triangle(p, p + 1, q);
            mesh.add_triangle(p + 1, q, q + 1);
        }
    }
}

/// Across the line at a point between two pieces, longer on a bend so that the width stays.
fn joint(into: Option<Vec2>, out: Option<Vec2>) -> Vec2 {
    let (into, out) = match (into, out) {
        (Some(into), Some(out)) => (unit(into), unit(out)),
        (Some(one), None) | (None, Some(one)) => (unit(one), unit(one)),
        (None, None) => return vec2(0.0, 1.0),
    };
    let across = unit(into + out).rot90();
    let bend = across.dot(into.rot90()).max(0.4);
    across / bend
}

fn unit(v: Vec2) -> Vec2 {
    // `Vec2::length` guards against overflow, which costs more than all the rest here.
    let length = v.length_sq().sqrt();
    if length > 1e-6 { v / length } else { vec2(1.0, 0.0) }
}

#[expect(clippy::cast_possible_truncation, reason = "meshes have fewer than 4 billion vertices")]
fn next_vertex(mesh: &Mesh) -> u32 {
    mesh.vertices.len() as u32
}

/// A lozenge: a ball too small for its outline.
pub fn lozenge(mesh: &mut Mesh, at: Pos2, along: Vec2, half_length: f32, half_width: f32, color: Color32) {
    let first = next_vertex(mesh);
    let across = along.rot90();
    for corner in [along * half_length, across * half_width, along * -half_length, across * -half_width] {
        mesh.colored_vertex(at + corner, color);
    }
    mesh.add_triangle(first, first + 1, first + 2);
    mesh.add_triangle(first, first + 2, first + 3);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_has_its_width_everywhere() {
        let mut mesh = Mesh::default();
        let points = [pos2(0.0, 0.0), pos2(10.0, 0.0), pos2(30.0, 0.0)];
        line(&mut mesh, points.iter().copied(), 4.0, Color32::WHITE);
        assert!(mesh.is_valid());
        assert_eq!((mesh.vertices.len(), mesh.triangles().count()), (12, 12));
        let bounds = mesh.calc_bounds();
        assert!((bounds.height() - (4.0 + SOFT)).abs() < 1e-4, "{bounds:?}");
    }

    #[test]
    fn a_hairline_is_soft_to_both_sides() {
        let mut mesh = Mesh::default();
        line(&mut mesh, [pos2(0.0, 0.0), pos2(10.0, 0.0), pos2(30.0, 0.0)].into_iter(), SOFT, Color32::WHITE);
        assert!(mesh.is_valid());
        assert_eq!((mesh.vertices.len(), mesh.triangles().count()), (9, 8));
        let bounds = mesh.calc_bounds();
        assert!((bounds.height() - 2.0 * SOFT).abs() < 1e-4, "{bounds:?}");
    }

    #[test]
    fn points_on_the_same_spot_do_no_harm() {
        let mut mesh = Mesh::default();
        line(&mut mesh, [pos2(5.0, 5.0); 3].into_iter(), 2.0, Color32::WHITE);
        line(&mut mesh, [pos2(5.0, 5.0)].into_iter(), 2.0, Color32::WHITE);
        assert!(mesh.vertices.iter().all(|v| v.pos.x.is_finite() && v.pos.y.is_finite()));
    }
}
