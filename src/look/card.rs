//! Measures of a card and what hangs on it, in units of the canvas.

pub const CORNER: f32 = 10.0;
/// The width of the bar in the kind's colour.
pub const BAR: f32 = 3.5;
pub const ICON: f32 = 15.0;
/// From the left edge to the icon, and to the texts.
pub const ICON_LEFT: f32 = 14.5;
pub const TITLE_LEFT: f32 = 38.0;
/// From the top edge to the middle of the title and of the detail, on a card that has both.
pub const TITLE_DOWN: f32 = 20.5;
pub const DETAIL_DOWN: f32 = 40.0;
/// From the right edge to where the texts end, and to the middle of the state's sign.
pub const TEXT_RIGHT: f32 = 10.0;
pub const STATE_RIGHT: f32 = 19.0;
/// The side of the state's sign.
pub const STATE: f32 = 15.0;
/// The radius of a port, and how much of the text's colour its ring has over that of the card's edge.
pub const PORT: f32 = 4.5;
pub const PORT_LINE: f32 = 0.42;
/// From the lower edge to the middle of the line under the card, and how long that may be.
pub const FOOT_DOWN: f32 = 13.5;
pub const FOOT_WIDTH: f32 = 260.0;
/// How much of the field covers what runs behind that line.
pub const FOOT_GROUND: f32 = 0.82;
/// Of a ball, from tip to tip.
pub const BALL: f32 = 20.0;
/// The part of a turn that the ring of a node at work covers.
pub const SPINNER: f32 = 0.28;

/// The outline of a football of half-length 1 around the origin, its tips on the x-axis: two arcs that meet in a point,
/// not an ellipse.
pub fn ball_outline() -> impl Iterator<Item = (f32, f32)> {
    let arc = |sign: f32| {
        (0..=8_u8).map(move |i| {
            let x = sign * (1.0 - 2.0 * f32::from(i) / 8.0);
            (x, sign * -0.62 * (1.0 - x * x).max(0.0).powf(0.8))
        })
    };
    arc(1.0).chain(arc(-1.0).skip(1).take(7))
}

/// The laces of that ball, each a line from one point to another.
pub const LACES: [[(f32, f32); 2]; 4] = [
    [(-0.36, 0.0), (0.36, 0.0)],
    [(-0.22, -0.17), (-0.22, 0.17)],
    [(0.0, -0.17), (0.0, 0.17)],
    [(0.22, -0.17), (0.22, 0.17)],
];
