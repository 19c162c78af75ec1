//! The field: yard lines every 64 units, a stronger one every fifth, rows of hash marks. Also what nodes snap to.

use egui::epaint::Mesh;
use egui::{Pos2, Rect, Shape, pos2, vec2};

use super::view::View;
use crate::gui::theme::{self, Theme};

/// Units between two yard lines.
pub const YARD: f32 = 64.0;
/// Units between two rows of hash marks.
const HASH_ROW: f32 = 256.0;
/// What positions snap to: a quarter of a yard.
pub const SNAP: f32 = YARD / 4.0;

/// The nearest place of the grid.
pub fn snapped(p: Pos2) -> Pos2 {
    pos2((p.x / SNAP).round() * SNAP, (p.y / SNAP).round() * SNAP)
}

/// Paints the lines that can be seen into one mesh.
pub fn shape(theme: &Theme, canvas: Rect, view: &View) -> Shape {
    let mut mesh = Mesh::default();
    let seen = view.seen(canvas);
    // Zoomed out, only every fifth line is left, then every 25th: never closer than a few points.
    let mut step = YARD;
    while step * view.zoom < 14.0 {
        step *= 5.0;
    }
    let fade = ((step * view.zoom - 14.0) / 30.0).clamp(0.0, 1.0);
    let strong = theme::mix(theme.yard, theme.hash, 0.75);
    let lines = steps(seen.left(), seen.right(), step);
    for i in lines.clone() {
        let x = screen_x(view, canvas, i, step);
        let color = if i % 5 == 0 { strong } else { theme::mix(theme.field, theme.yard, fade) };
        mesh.add_colored_rect(Rect::from_min_max(pos2(x, canvas.top()), pos2(x + 1.0, canvas.bottom())), color);
    }
    if view.zoom > 0.3 {
        let fade = ((view.zoom - 0.3) * 4.0).clamp(0.0, 1.0);
        let color = theme::mix(theme.field, theme.hash, fade);
        let size = vec2(1.0, (8.0 * view.zoom).clamp(4.0, 12.0));
        for row in steps(seen.top(), seen.bottom(), HASH_ROW) {
            let y = canvas.top() + (as_f32(row) * HASH_ROW - view.origin.y) * view.zoom;
            for i in lines.clone() {
                let x = screen_x(view, canvas, i, step) + (step * view.zoom / 2.0).round();
                mesh.add_colored_rect(Rect::from_min_size(pos2(x, y.round()), size), color);
            }
        }
    }
    Shape::mesh(mesh)
}

fn screen_x(view: &View, canvas: Rect, i: i64, step: f32) -> f32 {
    (canvas.left() + (as_f32(i) * step - view.origin.x) * view.zoom).round()
}

#[expect(clippy::cast_precision_loss, reason = "a line far away need not be exact")]
fn as_f32(i: i64) -> f32 {
    i as f32
}

#[expect(clippy::cast_possible_truncation, reason = "float casts saturate")]
fn steps(from: f32, to: f32, step: f32) -> std::ops::RangeInclusive<i64> {
    let (first, last) = ((from / step).floor() as i64, (to / step).ceil() as i64);
    first..=last.min(first.saturating_add(2000))
}
