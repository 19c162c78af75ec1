use egui::Rect;

use crate::app::{Watch, Zoom};
use crate::base::RunMicros;
use crate::replay::Axis;

/// The least that a slider shows, in microseconds.
const MIN_SPAN: f64 = 1_000.0;
/// What a run of no length is shown as.
const SHORTEST: f64 = 200_000.0;

/// The part of the run that is looked at, in places of the axis; all of it unless the person came closer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Window {
    shown: Option<(f64, f64)>,
}

impl Window {
    pub const fn is_whole(&self) -> bool {
        self.shown.is_none()
    }

    pub const fn whole(&mut self) {
        self.shown = None;
    }

    /// By `factor` about a place, within `0..length`.
    pub fn zoom_at(&mut self, place: f64, factor: f64, length: f64) {
        let (from, to) = self.range(length);
        let span = ((to - from) / factor).max(MIN_SPAN);
        if span >= length {
            self.shown = None;
            return;
        }
        let part = ((place - from) / (to - from)).clamp(0.0, 1.0);
        self.set(place - part * span, span, length);
    }

    pub fn pan(&mut self, by: f64, length: f64) {
        if let Some((from, to)) = self.shown {
            self.set(from + by, to - from, length);
        }
    }

    /// Comes along with a playhead that leaves it.
    pub fn follow(&mut self, place: f64, length: f64) {
        if let Some((from, to)) = self.shown
            && !(from..=to).contains(&place)
        {
            let span = to - from;
            self.set(place - span * 0.1, span, length);
        }
    }

    pub fn command(&mut self, zoom: Zoom, playhead: f64, length: f64) {
        match zoom {
            Zoom::In => self.zoom_at(playhead, 2.0, length),
            Zoom::Out => self.zoom_at(playhead, 0.5, length),
            Zoom::Whole => self.whole(),
        }
    }

    /// From and to, never empty.
    pub fn range(&self, length: f64) -> (f64, f64) {
        match self.shown {
            Some((from, to)) if from < length => (from, to),
            _ => (0.0, length),
        }
    }

    fn set(&mut self, from: f64, span: f64, length: f64) {
        let from = from.clamp(0.0, (length - span).max(0.0));
        self.shown = Some((from, from + span));
    }
}

/// From the run's clock to points, and back.
#[derive(Clone, Copy)]
pub struct Scale<'f> {
    pub axis: Axis<'f>,
    pub left: f32,
    pub width: f32,
    from: f64,
    to: f64,
}

/// The length of the whole axis, in microseconds, with some air at its end.
pub fn length(watch: &Watch) -> f64 {
    let axis = watch.film().axis(watch.playback().is_folded());
    (axis.place(float(watch.film().end())) * 1.03).max(SHORTEST)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only for drawing; saturates")]
impl<'f> Scale<'f> {
    /// Within the horizontal room of `room`.
    pub fn new(watch: &'f Watch, window: Window, room: Rect) -> Self {
        let axis = watch.film().axis(watch.playback().is_folded());
        let (from, to) = window.range(length(watch));
        Self { axis, left: room.left(), width: room.width().max(50.0), from, to }
    }

    pub const fn right(&self) -> f32 {
        self.left + self.width
    }

    /// Not kept within the room.
    pub fn x(&self, time: RunMicros) -> f32 {
        let part = (self.axis.place(float(time)) - self.from) / (self.to - self.from);
        // Far outside is all the same.
        self.left + self.width * part.clamp(-10.0, 11.0) as f32
    }

    pub fn place(&self, x: f32) -> f64 {
        self.from + f64::from((x - self.left) / self.width) * (self.to - self.from)
    }

    pub fn time(&self, x: f32) -> RunMicros {
        RunMicros(self.axis.time(self.place(x).max(0.0)) as u64)
    }

    pub fn micros_per_point(&self) -> f64 {
        (self.to - self.from) / f64::from(self.width)
    }

    /// The ends of the part that is shown, on the run's clock.
    pub fn shown(&self) -> (RunMicros, RunMicros) {
        (self.time(self.left), self.time(self.right()))
    }

    /// A round number of seconds between two marks of the ruler.
    pub fn step_secs(&self) -> f64 {
        step((self.to - self.from) / 1e6, f64::from(self.width / 110.0).max(2.0))
    }

    /// Where the marks of the ruler stand: the time in seconds, and x.
    #[expect(clippy::cast_precision_loss, reason = "a ruler has not so many marks")]
    pub fn marks(&self) -> Vec<(f64, f32)> {
        let step = self.step_secs();
        let (from, to) = self.shown();
        let first = (from.as_secs_f64() / step).ceil() as u64;
        let mut marks: Vec<(f64, f32)> = Vec::new();
        for n in first..first.saturating_add(400) {
            let secs = n as f64 * step;
            if secs > to.as_secs_f64() {
                break;
            }
            let x = self.x(RunMicros((secs * 1e6) as u64));
            // In a cut an hour may be on one spot.
            if marks.last().is_none_or(|(_, last)| x - last > 60.0) {
                marks.push((secs, x));
            }
        }
        marks
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact below 285 years")]
pub const fn float(time: RunMicros) -> f64 {
    time.0 as f64
}

/// A round number of seconds between two marks of the ruler, for at most `n` marks.
fn step(secs: f64, n: f64) -> f64 {
    const STEPS: [f64; 26] = [
        0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
        1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0,
    ];
    STEPS.into_iter().find(|step| secs / step <= n).unwrap_or_else(|| (secs / n / 86_400.0).ceil() * 86_400.0)
}

/// A mark of the ruler in words: `0.25 s`, `3 m 20 s`, `2 h 05 m`.
pub fn mark_text(secs: f64, step: f64) -> String {
    if secs >= 3600.0 {
        let minutes = (secs / 60.0).round();
        return format!("{:.0} h {:02.0} m", (minutes / 60.0).floor(), minutes % 60.0);
    }
    if secs >= 60.0 && step >= 1.0 {
        return format!("{:.0} m {:02.0} s", (secs / 60.0).floor(), secs % 60.0);
    }
    let digits = [1.0, 0.1, 0.01, 0.001, 0.000_1].iter().take_while(|unit| step < **unit * 0.999).count();
    format!("{secs:.digits$} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ruler_has_round_steps() {
        for (secs, n, wanted) in [(5.0, 7.0, 1.0), (0.8, 8.0, 0.1), (7200.0, 6.0, 3600.0), (90_000.0, 5.0, 21_600.0)] {
            assert!((step(secs, n) - wanted).abs() < 1e-6, "{secs} {}", step(secs, n));
        }
        for (secs, step, text) in
            [(0.25, 0.05, "0.25 s"), (5.0, 1.0, "5 s"), (200.0, 10.0, "3 m 20 s"), (7500.0, 900.0, "2 h 05 m")]
        {
            assert_eq!(mark_text(secs, step), text);
        }
    }

    #[test]
    fn coming_closer_keeps_the_place_under_the_pointer_and_stays_within_the_run() {
        let mut window = Window::default();
        window.zoom_at(250.0 * 1e6, 4.0, 1e9);
        let (from, to) = window.range(1e9);
        assert!(((250e6 - from) / (to - from) - 0.25).abs() < 1e-9 && (to - from - 250e6).abs() < 1e-3);
        window.pan(-1e12, 1e9);
        assert!(window.range(1e9).0.abs() < 1e-9);
        window.follow(900e6, 1e9);
        assert!(window.range(1e9).1 <= 1e9 && window.range(1e9).0 <= 900e6);
        window.zoom_at(0.0, 1e-9, 1e9);
        assert!(window.is_whole());
        for _ in 0..100 {
            window.zoom_at(5e8, 2.0, 1e9);
        }
        let (from, to) = window.range(1e9);
        assert!((to - from - MIN_SPAN).abs() < 1e-3, "as close as is of use");
    }
}
