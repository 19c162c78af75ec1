use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// Which part of the scene the canvas shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The scene's point at the canvas's top-left corner.
    pub origin: Pos2,
    /// Points of the screen for one unit of the scene.
    pub zoom: f32,
}

pub const ZOOM_MIN: f32 = 0.02;
pub const ZOOM_MAX: f32 = 4.0;

impl Default for View {
    fn default() -> Self {
        Self { origin: pos2(-64.0, -64.0), zoom: 1.0 }
    }
}

impl View {
    pub fn screen_from_scene(&self, canvas: Rect, p: Pos2) -> Pos2 {
        canvas.min + (p - self.origin) * self.zoom
    }

    pub fn scene_from_screen(&self, canvas: Rect, p: Pos2) -> Pos2 {
        self.origin + (p - canvas.min) / self.zoom
    }

    /// What part of the scene can be seen.
    pub fn seen(&self, canvas: Rect) -> Rect {
        Rect::from_min_size(self.origin, canvas.size() / self.zoom)
    }

    pub fn pan(&mut self, by_screen: Vec2) {
        self.origin -= by_screen / self.zoom;
    }

    /// Zooms by `factor` so that what is under `at` (on the screen) stays there.
    pub fn zoom_at(&mut self, canvas: Rect, at: Pos2, factor: f32) {
        let anchor = self.scene_from_screen(canvas, at);
        self.zoom = (self.zoom * factor).clamp(ZOOM_MIN, ZOOM_MAX);
        self.origin = anchor - (at - canvas.min) / self.zoom;
    }

    /// The view that shows all of `bounds` with a margin, no larger than life.
    pub fn fitting(canvas: Rect, bounds: Rect) -> Self {
        if !bounds.is_positive() || !canvas.is_positive() {
            return Self::default();
        }
        let margin = vec2(20.0, 40.0);
        let room = (canvas.size() - 2.0 * margin).max(vec2(40.0, 40.0));
        let zoom = (room.x / bounds.width()).min(room.y / bounds.height()).clamp(ZOOM_MIN, 1.0);
        Self { origin: bounds.center() - canvas.size() / zoom / 2.0, zoom }
    }

    /// Part of the way from `self` to `to`; 1 is all of it.
    #[must_use]
    pub fn towards(self, to: Self, part: f32) -> Self {
        // Zoom changes by factors, so the eye sees an even motion.
        let zoom = self.zoom * (to.zoom / self.zoom).powf(part);
        let t = if (to.zoom - self.zoom).abs() < 1e-6 {
            part
        } else {
            (1.0 / zoom - 1.0 / self.zoom) / (1.0 / to.zoom - 1.0 / self.zoom)
        };
        Self { origin: self.origin + (to.origin - self.origin) * t, zoom }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Rect = Rect { min: pos2(232.0, 48.0), max: pos2(1180.0, 778.0) };

    fn near(a: Pos2, b: Pos2) -> bool {
        (a - b).length() < 0.01
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let mut view = View { origin: pos2(30.0, -200.0), zoom: 0.7 };
        for (at, factor) in [(pos2(500.0, 300.0), 1.3), (pos2(900.0, 100.0), 0.2), (pos2(300.0, 700.0), 90.0)] {
            let before = view.scene_from_screen(CANVAS, at);
            view.zoom_at(CANVAS, at, factor);
            assert!(near(view.scene_from_screen(CANVAS, at), before));
            assert!(near(view.screen_from_scene(CANVAS, before), at));
        }
        assert!((view.zoom - ZOOM_MAX).abs() < 1e-6);
    }

    #[test]
    fn fitting_shows_everything_in_the_middle() {
        for bounds in [
            Rect::from_min_max(pos2(-50.0, 10.0), pos2(3000.0, 400.0)),
            Rect::from_min_max(pos2(0.0, 0.0), pos2(60.0, 40.0)),
        ] {
            let view = View::fitting(CANVAS, bounds);
            assert!(view.seen(CANVAS).contains_rect(bounds));
            assert!(near(view.seen(CANVAS).center(), bounds.center()));
            assert!(view.zoom <= 1.0);
        }
    }

    #[test]
    fn a_flight_starts_and_ends_where_it_should() {
        let a = View { origin: pos2(0.0, 0.0), zoom: 1.0 };
        let b = View { origin: pos2(400.0, -30.0), zoom: 0.25 };
        assert!(near(a.towards(b, 0.0).origin, a.origin) && near(a.towards(b, 1.0).origin, b.origin));
        assert!((a.towards(b, 1.0).zoom - b.zoom).abs() < 1e-6);
    }
}
