//! The icons of [`crate::look`], painted as vectors at any size.

use egui::epaint::{CubicBezierShape, PathShape};
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2};

pub use crate::look::Icon;
use crate::look::{Mark, card};

impl Icon {
    /// The shapes of the icon in `rect`, which should be square, given one by one to `add`.
    pub fn shapes(self, rect: Rect, color: Color32, mut add: impl FnMut(Shape)) {
        let scale = rect.width() / 24.0;
        let at = |[x, y]: [f32; 2]| -> Pos2 { pos2(rect.left() + x * scale, rect.top() + y * scale) };
        let stroke = Stroke::new((1.9 * scale).max(1.0), color);
        for mark in self.marks() {
            add(match mark {
                Mark::Line(points) => Shape::line(points.iter().map(|p| at(*p)).collect(), stroke),
                Mark::Fill(points) => {
                    Shape::convex_polygon(points.iter().map(|p| at(*p)).collect(), color, Stroke::NONE)
                }
                Mark::Ring(x, y, r) => Shape::circle_stroke(at([*x, *y]), r * scale, stroke),
                Mark::Dot(x, y, r) => Shape::circle_filled(at([*x, *y]), r * scale, color),
                Mark::Curve(points) => Shape::CubicBezier(CubicBezierShape::from_points_stroke(
                    points.map(at),
                    false,
                    Color32::TRANSPARENT,
                    stroke,
                )),
                Mark::Box(x, y, w, h, corner) => Shape::rect_stroke(
                    Rect::from_min_max(at([*x, *y]), at([x + w, y + h])),
                    f32::from(*corner) * scale,
                    stroke,
                    egui::StrokeKind::Middle,
                ),
            });
        }
    }

    pub fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        self.shapes(rect, color, |shape| {
            painter.add(shape);
        });
    }
}

/// A football: `length` from tip to tip, turned by `angle` radians.
///
/// `detail` adds the laces; without it the ball is a plain ellipse for small sizes.
pub fn ball_shapes(
    center: Pos2,
    length: f32,
    angle: f32,
    fill: Color32,
    lace: Color32,
    detail: bool,
    mut add: impl FnMut(Shape),
) {
    let turn = egui::emath::Rot2::from_angle(angle);
    let half = length / 2.0;
    let at = |x: f32, y: f32| center + turn * egui::vec2(x * half, y * half);
    let points: Vec<Pos2> = card::ball_outline().map(|(x, y)| at(x, y)).collect();
    add(Shape::Path(PathShape::convex_polygon(points, fill, Stroke::NONE)));
    if detail {
        let stroke = Stroke::new((length / 16.0).max(1.0), lace);
        for line in card::LACES {
            add(Shape::line_segment(line.map(|(x, y)| at(x, y)), stroke));
        }
    }
}

/// The window's icon: the ball on a dark field.
pub fn window_icon() -> egui::IconData {
    const SIDE: u32 = 64;
    let mut rgba = Vec::with_capacity((SIDE * SIDE * 4) as usize);
    for y in 0..SIDE {
        for x in 0..SIDE {
            rgba.extend_from_slice(&icon_pixel(x, y, SIDE));
        }
    }
    egui::IconData { rgba, width: SIDE, height: SIDE }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small picture"
)]
fn icon_pixel(x: u32, y: u32, side: u32) -> [u8; 4] {
    let theme = super::theme::Look::Dark.theme();
    let half = side as f32 / 2.0;
    let (dx, dy) = ((x as f32 + 0.5 - half) / half, (y as f32 + 0.5 - half) / half);
    // Turned by 30 degrees, like the ball in the top bar.
    let (u, v) = (dx * 0.866 - dy * 0.5, dx * 0.5 + dy * 0.866);
    let edge = 0.56 * (1.0 - (u / 0.92).powi(2)).max(0.0).powf(0.8);
    let coverage = ((edge - v.abs()) * half).clamp(0.0, 1.0);
    let laced = (v.abs() < 0.045 && u.abs() < 0.36)
        || (v.abs() < 0.16 && [-0.22_f32, 0.0, 0.22].iter().any(|x| (u - x).abs() < 0.04));
    let color = if laced { theme.lace } else { theme.ball };
    [color.r(), color.g(), color.b(), (coverage * 255.0) as u8]
}
