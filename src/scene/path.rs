use super::chip::Chip;
use super::shapes::{Cubic, Point, Rect, Vec2};

/// Pieces of a curve in `WirePath::points`.
const N_PIECES: u8 = 20;

/// How a wire runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WirePath {
    pub from: u32,
    pub to: u32,
    /// One curve for a wire that goes forward, several for one that goes round. Never empty.
    pub curves: Vec<Cubic>,
    /// The same as a line of points, fine enough for a zoom of 2. At least two.
    pub points: Vec<Point>,
    /// Of that line, in units of the canvas.
    pub length: f32,
    /// Holds the line and the chip.
    pub bounds: Rect,
    pub chip: Option<Chip>,
}

impl WirePath {
    pub(super) fn new(from: u32, to: u32, curves: Vec<Cubic>) -> Self {
        let mut points = Vec::with_capacity(curves.len() * usize::from(N_PIECES) + 1);
        flatten(&curves, &mut points);
        let length = points.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
        let mut bounds = Rect::NOTHING;
        for point in &points {
            bounds.add_point(*point);
        }
        Self { from, to, curves, points, length, bounds, chip: None }
    }

    /// Moves all of it.
    pub(super) fn carry(&mut self, by: Vec2) {
        for curve in &mut self.curves {
            *curve = curve.moved(by);
        }
        self.points.iter_mut().for_each(|point| *point = *point + by);
        self.bounds = self.bounds.moved(by);
        if let Some(chip) = &mut self.chip {
            chip.rect = chip.rect.moved(by);
        }
    }

    /// The point at `t`, 0 to 1 of the wire's length, and the direction there, of length 1.
    pub fn at(&self, t: f32) -> (Point, Vec2) {
        let mut left = t.clamp(0.0, 1.0) * self.length;
        let mut found = (self.points.first().copied().unwrap_or_default(), Point::new(1.0, 0.0));
        for pair in self.points.windows(2) {
            let piece = pair[1] - pair[0];
            let length = piece.length();
            if length <= 0.0 {
                continue;
            }
            let heading = piece * (1.0 / length);
            if left <= length {
                return (pair[0] + heading * left, heading);
            }
            left -= length;
            found = (pair[1], heading);
        }
        found
    }

    /// How far the point is from the wire.
    pub fn distance(&self, point: Point) -> f32 {
        let pieces = self.points.windows(2).map(|pair| point.distance_to_segment(pair[0], pair[1]));
        pieces.fold(f32::INFINITY, f32::min)
    }

    /// Whether the wire runs through the rectangle, or very near.
    pub(super) fn crosses(&self, rect: &Rect) -> bool {
        let mut pieces = self.points.windows(2).map(|pair| Rect::of_corners(pair[0], pair[1]));
        self.bounds.touches(rect) && pieces.any(|piece| piece.touches(rect))
    }

    /// It comes back to the left, or makes a bow around something.
    pub fn goes_round(&self) -> bool {
        self.curves.len() > 1
    }
}

/// Appends the curves as a line of points; straight ones as their ends alone.
fn flatten(curves: &[Cubic], points: &mut Vec<Point>) {
    for curve in curves {
        if points.is_empty() {
            points.push(curve.start());
        }
        if !curve.is_straight() {
            points.extend((1..N_PIECES).map(|i| curve.at(f32::from(i) / f32::from(N_PIECES))));
        }
        points.push(curve.end());
    }
}
