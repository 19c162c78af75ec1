//! The balls: footballs that turn along their wires, with laces where there is room for them.

use egui::epaint::{EllipseShape, Mesh};
use egui::{Painter, Shape, Vec2, vec2};

use super::ink;
use super::paint::Paint;
use crate::gui::icons;
use crate::gui::theme;
use crate::look::card::BALL;
use crate::scene::{Lod, Motion};

pub fn paint(paint: &Paint<'_>, painter: &Painter) {
    if paint.lod == Lod::Full && paint.frame.balls.len() <= 200 {
        full(paint, painter);
    } else {
        painter.add(Shape::mesh(small(paint)));
    }
}

fn full(paint: &Paint<'_>, painter: &Painter) {
    let theme = paint.theme;
    let length = (BALL * paint.view.zoom).max(11.0);
    // Resting balls breathe together: one slow wave of the clock.
    #[expect(clippy::cast_possible_truncation, reason = "a wave between -1 and 1")]
    let breath = if theme::is_still(painter.ctx()) { 0.0 } else { (paint.time * 2.4).sin() as f32 };
    for ball in &paint.frame.balls {
        // Without motion a hop shows by its wire, which is lit, and by where the ball rests then.
        let hidden = ball.motion != Motion::Resting && theme::is_still(painter.ctx());
        if ball.motion == Motion::Held || hidden {
            continue;
        }
        let at = paint.at(ball.at);
        let (halo, glow) = match ball.motion {
            Motion::Resting => (1.45 + 0.12 * breath, 0.2 + 0.06 * breath),
            _ => (1.55, 0.24),
        };
        let radius = vec2(length * halo / 2.0, length * halo * 0.42);
        let glow = theme::mix(egui::Color32::TRANSPARENT, theme.accent, glow);
        painter.add(EllipseShape { angle: ball.heading, ..EllipseShape::filled(at, radius, glow) });
        icons::ball_shapes(at, length, ball.heading, theme.ball, theme.lace, length > 14.0, |shape| {
            painter.add(shape);
        });
    }
}

fn small(paint: &Paint<'_>) -> Mesh {
    let mut mesh = Mesh::default();
    let half = (BALL * paint.view.zoom / 2.0).clamp(3.0, 9.0);
    mesh.reserve_vertices(paint.frame.balls.len() * 4);
    mesh.reserve_triangles(paint.frame.balls.len() * 2);
    for ball in &paint.frame.balls {
        ink::lozenge(&mut mesh, paint.at(ball.at), Vec2::angled(ball.heading), half, half * 0.6, paint.theme.accent);
    }
    mesh
}
