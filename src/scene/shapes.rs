use std::ops::{Add, Mul, Neg, Sub};

/// A place on the canvas, in its units, y downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

/// The way from one point to another.
pub type Vec2 = Point;

impl Point {
    pub const ZERO: Self = Self { x: 0.0, y: 0.0 };

    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub fn length(self) -> f32 {
        self.x.mul_add(self.x, self.y * self.y).sqrt()
    }

    pub fn distance(self, other: Self) -> f32 {
        (self - other).length()
    }

    #[must_use]
    pub fn lerp(self, other: Self, t: f32) -> Self {
        self + (other - self) * t
    }

    /// The angle of the way, in radians, clockwise from the right.
    pub fn angle(self) -> f32 {
        self.y.atan2(self.x)
    }

    /// How far the point is from the line between `a` and `b`.
    pub fn distance_to_segment(self, a: Self, b: Self) -> f32 {
        let (along, to) = (b - a, self - a);
        let squared = along.x.mul_add(along.x, along.y * along.y);
        let t = if squared > 0.0 { (to.x.mul_add(along.x, to.y * along.y) / squared).clamp(0.0, 1.0) } else { 0.0 };
        self.distance(a + along * t)
    }
}

impl Add for Point {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Self;

    fn mul(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

impl Neg for Point {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(-self.x, -self.y)
    }
}

/// A rectangle along the axes. `min` is its top-left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub min: Point,
    pub max: Point,
}

impl Rect {
    /// Holds nothing, and grows to whatever is added first.
    pub const NOTHING: Self = Self {
        min: Point { x: f32::INFINITY, y: f32::INFINITY },
        max: Point { x: f32::NEG_INFINITY, y: f32::NEG_INFINITY },
    };

    pub const fn new(min: Point, max: Point) -> Self {
        Self { min, max }
    }

    pub fn at(min: Point, size: Vec2) -> Self {
        Self { min, max: min + size }
    }

    pub fn centred(centre: Point, size: Vec2) -> Self {
        Self::at(centre - size * 0.5, size)
    }

    /// The rectangle of two opposite corners.
    pub const fn of_corners(a: Point, b: Point) -> Self {
        Self { min: Point::new(a.x.min(b.x), a.y.min(b.y)), max: Point::new(a.x.max(b.x), a.y.max(b.y)) }
    }

    pub const fn is_nothing(&self) -> bool {
        !(self.min.x <= self.max.x && self.min.y <= self.max.y)
    }

    pub fn width(&self) -> f32 {
        self.max.x - self.min.x
    }

    pub fn height(&self) -> f32 {
        self.max.y - self.min.y
    }

    pub fn size(&self) -> Vec2 {
        self.max - self.min
    }

    pub fn centre(&self) -> Point {
        self.min.lerp(self.max, 0.5)
    }

    pub fn left_middle(&self) -> Point {
        Point::new(self.min.x, self.centre().y)
    }

    pub fn right_middle(&self) -> Point {
        Point::new(self.max.x, self.centre().y)
    }

    #[must_use]
    pub fn grown(&self, by: f32) -> Self {
        Self { min: Point::new(self.min.x - by, self.min.y - by), max: Point::new(self.max.x + by, self.max.y + by) }
    }

    #[must_use]
    pub fn moved(&self, by: Vec2) -> Self {
        Self { min: self.min + by, max: self.max + by }
    }

    pub const fn holds(&self, point: Point) -> bool {
        self.min.x <= point.x && point.x <= self.max.x && self.min.y <= point.y && point.y <= self.max.y
    }

    pub const fn holds_rect(&self, other: &Self) -> bool {
        self.holds(other.min) && self.holds(other.max)
    }

    pub const fn touches(&self, other: &Self) -> bool {
        self.min.x <= other.max.x && other.min.x <= self.max.x && self.min.y <= other.max.y && other.min.y <= self.max.y
    }

    pub const fn add_point(&mut self, point: Point) {
        self.min = Point::new(self.min.x.min(point.x), self.min.y.min(point.y));
        self.max = Point::new(self.max.x.max(point.x), self.max.y.max(point.y));
    }

    pub const fn add_rect(&mut self, other: &Self) {
        if !other.is_nothing() {
            self.add_point(other.min);
            self.add_point(other.max);
        }
    }
}

/// A cubic Bezier curve.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cubic {
    pub points: [Point; 4],
}

impl Cubic {
    pub const fn new(a: Point, b: Point, c: Point, d: Point) -> Self {
        Self { points: [a, b, c, d] }
    }

    #[must_use]
    pub fn moved(&self, by: Vec2) -> Self {
        Self { points: self.points.map(|point| point + by) }
    }

    pub fn line(a: Point, b: Point) -> Self {
        Self::new(a, a.lerp(b, 1.0 / 3.0), a.lerp(b, 2.0 / 3.0), b)
    }

    /// The point at parameter `t`, 0 to 1.
    pub fn at(&self, t: f32) -> Point {
        let [a, b, c, d] = self.points;
        let s = 1.0 - t;
        a * (s * s * s) + b * (3.0 * s * s * t) + c * (3.0 * s * t * t) + d * (t * t * t)
    }

    /// The direction at parameter `t`; its length is the speed.
    pub fn heading(&self, t: f32) -> Vec2 {
        let [a, b, c, d] = self.points;
        let s = 1.0 - t;
        (b - a) * (3.0 * s * s) + (c - b) * (6.0 * s * t) + (d - c) * (3.0 * t * t)
    }

    /// Holds the curve.
    pub fn bounds(&self) -> Rect {
        let mut bounds = Rect::NOTHING;
        for point in self.points {
            bounds.add_point(point);
        }
        bounds
    }

    /// All four points lie on one line, up to a tenth of a unit.
    pub fn is_straight(&self) -> bool {
        let [a, b, c, d] = self.points;
        b.distance_to_segment(a, d).max(c.distance_to_segment(a, d)) < 0.1
    }

    pub fn start(&self) -> Point {
        self.points[0]
    }

    pub fn end(&self) -> Point {
        self.points[3]
    }
}
