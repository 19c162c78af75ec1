//! The icons, drawn by us: strokes on a grid of 24 units, painted as vectors at any size.

use egui::epaint::{CubicBezierShape, PathShape};
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    Snap,
    Call,
    FanOut,
    FanIn,
    Signal,
    Worker,
    Pass,
    Tick,
    Cross,
    Hourglass,
    Play,
    Pause,
    ToStart,
    ToEnd,
    Back,
    Forward,
    Right,
    Down,
    Plus,
    Minus,
    New,
    Open,
    Save,
    Undo,
    Redo,
    Look,
    Warning,
    Bin,
    Stop,
    Fit,
    History,
    Tree,
    Frame,
    Backwards,
    /// A seam where something is cut out.
    Cut,
    /// A chain of steps.
    Path,
    NextError,
    PreviousError,
}

type Point = [f32; 2];

enum Mark {
    Line(&'static [Point]),
    Fill(&'static [Point]),
    Ring(f32, f32, f32),
    Dot(f32, f32, f32),
    Curve([Point; 4]),
    /// x, y, width, height, corner
    Box(f32, f32, f32, f32, u8),
}

use Mark::{Box, Curve, Dot, Fill, Line, Ring};

#[expect(clippy::too_many_lines, reason = "a table")]
const fn marks(icon: Icon) -> &'static [Mark] {
    match icon {
        Icon::Snap => &[Ring(12.0, 12.0, 8.5), Fill(&[[10.0, 8.5], [15.5, 12.0], [10.0, 15.5]])],
        Icon::Call => &[
            Box(3.5, 5.0, 17.0, 14.0, 3),
            Line(&[[7.5, 12.0], [16.0, 12.0]]),
            Line(&[[12.8, 8.8], [16.0, 12.0], [12.8, 15.2]]),
        ],
        Icon::FanOut => &[
            Line(&[[3.0, 12.0], [20.5, 12.0]]),
            Curve([[7.0, 12.0], [13.0, 12.0], [12.0, 5.5], [20.5, 5.5]]),
            Curve([[7.0, 12.0], [13.0, 12.0], [12.0, 18.5], [20.5, 18.5]]),
        ],
        Icon::FanIn => &[
            Line(&[[3.5, 12.0], [21.0, 12.0]]),
            Curve([[17.0, 12.0], [11.0, 12.0], [12.0, 5.5], [3.5, 5.5]]),
            Curve([[17.0, 12.0], [11.0, 12.0], [12.0, 18.5], [3.5, 18.5]]),
        ],
        Icon::Signal => &[Line(&[[6.0, 3.5], [6.0, 21.0]]), Line(&[[6.0, 4.5], [19.0, 8.8], [6.0, 13.0]])],
        Icon::Worker => &[
            Ring(12.0, 8.0, 4.2),
            Curve([[4.5, 20.5], [5.0, 13.2], [19.0, 13.2], [19.5, 20.5]]),
            Line(&[[4.5, 20.5], [19.5, 20.5]]),
        ],
        Icon::Pass => &[
            Curve([[3.5, 19.0], [6.0, 10.0], [11.0, 6.5], [19.5, 7.5]]),
            Line(&[[14.8, 3.2], [20.2, 7.6], [15.4, 12.4]]),
        ],
        Icon::Tick => &[Line(&[[4.0, 12.8], [9.6, 18.2], [20.0, 6.2]])],
        Icon::Cross => &[Line(&[[6.0, 6.0], [18.0, 18.0]]), Line(&[[18.0, 6.0], [6.0, 18.0]])],
        Icon::Hourglass => &[
            Line(&[[6.0, 3.5], [18.0, 3.5]]),
            Line(&[[6.0, 20.5], [18.0, 20.5]]),
            Line(&[[7.5, 3.5], [7.5, 7.0], [16.5, 17.0], [16.5, 20.5]]),
            Line(&[[16.5, 3.5], [16.5, 7.0], [7.5, 17.0], [7.5, 20.5]]),
        ],
        Icon::Play => &[Fill(&[[7.0, 4.5], [19.5, 12.0], [7.0, 19.5]])],
        Icon::Pause => &[
            Fill(&[[6.5, 5.0], [10.0, 5.0], [10.0, 19.0], [6.5, 19.0]]),
            Fill(&[[14.0, 5.0], [17.5, 5.0], [17.5, 19.0], [14.0, 19.0]]),
        ],
        Icon::ToStart => &[
            Fill(&[[4.5, 5.0], [6.8, 5.0], [6.8, 19.0], [4.5, 19.0]]),
            Fill(&[[19.0, 5.0], [19.0, 19.0], [8.5, 12.0]]),
        ],
        Icon::ToEnd => &[
            Fill(&[[17.2, 5.0], [19.5, 5.0], [19.5, 19.0], [17.2, 19.0]]),
            Fill(&[[5.0, 5.0], [15.5, 12.0], [5.0, 19.0]]),
        ],
        Icon::Back => &[Fill(&[[17.0, 5.0], [17.0, 19.0], [6.5, 12.0]])],
        Icon::Forward => &[Fill(&[[7.0, 5.0], [17.5, 12.0], [7.0, 19.0]])],
        Icon::Right => &[Line(&[[9.0, 5.5], [15.5, 12.0], [9.0, 18.5]])],
        Icon::Down => &[Line(&[[5.5, 9.0], [12.0, 15.5], [18.5, 9.0]])],
        Icon::Plus => &[Line(&[[12.0, 5.0], [12.0, 19.0]]), Line(&[[5.0, 12.0], [19.0, 12.0]])],
        Icon::Minus => &[Line(&[[5.0, 12.0], [19.0, 12.0]])],
        Icon::New => &[Line(&[
            [13.5, 3.5],
            [6.0, 3.5],
            [6.0, 20.5],
            [18.5, 20.5],
            [18.5, 8.5],
            [13.5, 3.5],
            [13.5, 8.5],
            [18.5, 8.5],
        ])],
        Icon::Open => &[
            Line(&[[3.5, 18.5], [3.5, 5.5], [9.5, 5.5], [11.5, 8.0], [19.0, 8.0], [19.0, 10.5]]),
            Line(&[[3.5, 18.5], [6.5, 10.5], [21.5, 10.5], [18.5, 18.5], [3.5, 18.5]]),
        ],
        Icon::Save => &[
            Line(&[[4.0, 4.0], [16.0, 4.0], [20.0, 8.0], [20.0, 20.0], [4.0, 20.0], [4.0, 4.0]]),
            Line(&[[8.0, 4.0], [8.0, 9.0], [15.0, 9.0], [15.0, 4.0]]),
            Line(&[[7.5, 20.0], [7.5, 13.5], [16.5, 13.5], [16.5, 20.0]]),
        ],
        Icon::Undo => &[
            Line(&[[8.0, 4.5], [3.5, 9.0], [8.0, 13.5]]),
            Line(&[[3.5, 9.0], [14.0, 9.0]]),
            Curve([[14.0, 9.0], [22.0, 9.0], [22.0, 19.5], [14.0, 19.5]]),
            Line(&[[14.0, 19.5], [9.0, 19.5]]),
        ],
        Icon::Redo => &[
            Line(&[[16.0, 4.5], [20.5, 9.0], [16.0, 13.5]]),
            Line(&[[20.5, 9.0], [10.0, 9.0]]),
            Curve([[10.0, 9.0], [2.0, 9.0], [2.0, 19.5], [10.0, 19.5]]),
            Line(&[[10.0, 19.5], [15.0, 19.5]]),
        ],
        Icon::Look => &[
            Ring(12.0, 12.0, 8.5),
            Fill(&[
                [12.0, 3.5],
                [15.3, 4.2],
                [18.0, 6.0],
                [19.8, 8.7],
                [20.5, 12.0],
                [19.8, 15.3],
                [18.0, 18.0],
                [15.3, 19.8],
                [12.0, 20.5],
            ]),
        ],
        Icon::Warning => &[
            Line(&[[12.0, 3.8], [21.5, 20.0], [2.5, 20.0], [12.0, 3.8], [21.5, 20.0]]),
            Line(&[[12.0, 9.5], [12.0, 14.0]]),
            Dot(12.0, 17.0, 1.2),
        ],
        Icon::Bin => &[
            Line(&[[4.0, 6.5], [20.0, 6.5]]),
            Line(&[[6.0, 6.5], [7.0, 20.5], [17.0, 20.5], [18.0, 6.5]]),
            Line(&[[9.0, 6.5], [9.0, 3.5], [15.0, 3.5], [15.0, 6.5]]),
        ],
        Icon::Stop => &[Fill(&[[6.0, 6.0], [18.0, 6.0], [18.0, 18.0], [6.0, 18.0]])],
        Icon::Fit => &[
            Line(&[[3.5, 9.0], [3.5, 3.5], [9.0, 3.5]]),
            Line(&[[15.0, 3.5], [20.5, 3.5], [20.5, 9.0]]),
            Line(&[[20.5, 15.0], [20.5, 20.5], [15.0, 20.5]]),
            Line(&[[9.0, 20.5], [3.5, 20.5], [3.5, 15.0]]),
        ],
        Icon::History => &[Ring(12.0, 12.0, 8.5), Line(&[[12.0, 7.0], [12.0, 12.5], [15.8, 14.5]])],
        Icon::Backwards => &[Ring(12.0, 12.0, 9.5), Fill(&[[15.0, 7.0], [15.0, 17.0], [7.0, 12.0]])],
        Icon::Cut => &[
            Line(&[[2.5, 12.0], [8.0, 12.0]]),
            Line(&[[16.0, 12.0], [21.5, 12.0]]),
            Line(&[[11.5, 3.5], [8.5, 9.0], [12.5, 15.0], [9.5, 20.5]]),
            Line(&[[15.5, 3.5], [12.5, 9.0], [16.5, 15.0], [13.5, 20.5]]),
        ],
        Icon::Path => &[
            Line(&[[3.0, 5.5], [10.0, 5.5], [10.0, 12.0], [16.5, 12.0], [16.5, 18.5], [21.0, 18.5]]),
            Dot(3.5, 5.5, 2.0),
            Dot(20.5, 18.5, 2.0),
        ],
        Icon::NextError => &[
            Line(&[[8.5, 4.5], [16.0, 19.0], [1.5, 19.0], [8.5, 4.5], [16.0, 19.0]]),
            Line(&[[8.6, 9.5], [8.6, 14.0]]),
            Line(&[[16.5, 5.0], [21.5, 9.0], [16.5, 13.0]]),
        ],
        Icon::PreviousError => &[
            Line(&[[15.5, 4.5], [22.5, 19.0], [8.0, 19.0], [15.5, 4.5], [22.5, 19.0]]),
            Line(&[[15.4, 9.5], [15.4, 14.0]]),
            Line(&[[7.5, 5.0], [2.5, 9.0], [7.5, 13.0]]),
        ],
        Icon::Frame => &[Box(3.5, 5.5, 17.0, 14.5, 2), Line(&[[3.5, 10.0], [12.5, 10.0], [12.5, 5.5]])],
        Icon::Tree => &[
            Box(3.5, 8.5, 6.5, 6.5, 1),
            Box(14.0, 3.5, 6.5, 6.5, 1),
            Box(14.0, 14.0, 6.5, 6.5, 1),
            Line(&[[10.0, 11.5], [12.0, 11.5], [12.0, 6.8], [14.0, 6.8]]),
            Line(&[[12.0, 11.5], [12.0, 17.2], [14.0, 17.2]]),
        ],
    }
}

impl Icon {
    /// The shapes of the icon in `rect`, which should be square, given one by one to `add`.
    pub fn shapes(self, rect: Rect, color: Color32, mut add: impl FnMut(Shape)) {
        let scale = rect.width() / 24.0;
        let at = |[x, y]: Point| -> Pos2 { pos2(rect.left() + x * scale, rect.top() + y * scale) };
        let stroke = Stroke::new((1.9 * scale).max(1.0), color);
        for mark in marks(self) {
            add(match mark {
                Line(points) => Shape::line(points.iter().map(|p| at(*p)).collect(), stroke),
                Fill(points) => Shape::convex_polygon(points.iter().map(|p| at(*p)).collect(), color, Stroke::NONE),
                Ring(x, y, r) => Shape::circle_stroke(at([*x, *y]), r * scale, stroke),
                Dot(x, y, r) => Shape::circle_filled(at([*x, *y]), r * scale, color),
                Curve(points) => Shape::CubicBezier(CubicBezierShape::from_points_stroke(
                    points.map(at),
                    false,
                    Color32::TRANSPARENT,
                    stroke,
                )),
                Box(x, y, w, h, corner) => Shape::rect_stroke(
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
    // Two arcs that meet in a point: the outline of a football, not an ellipse.
    let outline = |sign: f32| {
        (0..=8).map(move |i| {
            #[expect(clippy::cast_precision_loss, reason = "at most 8")]
            let t = i as f32 / 8.0;
            let x = sign * (1.0 - 2.0 * t);
            (x, sign * -0.62 * (1.0 - x * x).max(0.0).powf(0.8))
        })
    };
    let points: Vec<Pos2> = outline(1.0).chain(outline(-1.0).skip(1).take(7)).map(|(x, y)| at(x, y)).collect();
    add(Shape::Path(PathShape::convex_polygon(points, fill, Stroke::NONE)));
    if detail {
        let stroke = Stroke::new((length / 16.0).max(1.0), lace);
        add(Shape::line_segment([at(-0.36, 0.0), at(0.36, 0.0)], stroke));
        for x in [-0.22, 0.0, 0.22] {
            add(Shape::line_segment([at(x, -0.17), at(x, 0.17)], stroke));
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
