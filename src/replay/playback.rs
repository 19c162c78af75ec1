use super::film::Film;
use super::jump::Found;
use super::view::View;
use crate::base::RunMicros;

/// The speeds that a person may choose from.
pub const SPEEDS: [f32; 9] = [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0];

/// Whether the next frame will differ without any input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedsRepaint {
    Yes,
    No,
}

/// The playhead over a [`Film`]: plain state, moved by commands and by [`Playback::update`].
///
/// A picture is a function of [`Playback::n_events`] and [`Playback::shown_time`] alone.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Playback {
    playing: bool,
    reversed: bool,
    following: bool,
    /// Idle stretches are passed over fast.
    folded: bool,
    speed: f32,
    /// Microseconds on the run's clock.
    time: f64,
    n_events: usize,
    /// How far the glides have gone on past `time` while it stands still, in microseconds.
    settling: f64,
    /// Whether glides go on while the playhead stands still: not after a seek, which shows an exact instant.
    settles: bool,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            playing: false,
            reversed: false,
            following: false,
            folded: false,
            speed: 1.0,
            time: 0.0,
            n_events: 0,
            settling: 0.0,
            settles: false,
        }
    }
}

impl Playback {
    /// At the start, paused.
    pub fn new() -> Self {
        Self::default()
    }

    /// At the end of a run that goes on, and staying there.
    pub fn live() -> Self {
        Self { playing: true, following: true, ..Self::default() }
    }

    pub const fn is_playing(&self) -> bool {
        self.playing
    }

    /// It plays, and towards the start.
    pub const fn is_reversed(&self) -> bool {
        self.playing && self.reversed
    }

    /// Idle stretches are cut out.
    pub const fn is_folded(&self) -> bool {
        self.folded
    }

    pub const fn fold(&mut self, folded: bool) {
        self.folded = folded;
    }

    /// The playhead stays at the end of a run that goes on.
    pub const fn is_following(&self) -> bool {
        self.following
    }

    pub const fn speed(&self) -> f32 {
        self.speed
    }

    /// Where the playhead is on the run's clock.
    pub fn time(&self) -> RunMicros {
        micros(self.time)
    }

    /// The instant that a picture shows: `time`, or a little later while glides end after a step.
    pub fn shown_time(&self) -> RunMicros {
        micros(self.time + self.settling)
    }

    /// Events before the playhead.
    pub const fn n_events(&self) -> usize {
        self.n_events
    }

    /// From the start if the playhead is at the end of a finished run.
    pub fn play(&mut self, film: &Film) {
        if film.is_finished() && self.shown_time() >= film.end() {
            self.seek(RunMicros(0), film);
        }
        self.settling = 0.0;
        self.reversed = false;
        self.playing = true;
    }

    /// Towards the start; from the end if the playhead is at the start.
    pub fn play_backwards(&mut self, film: &Film) {
        if self.time <= 0.0 {
            self.seek(film.end(), film);
        }
        self.time = float(self.shown_time());
        self.n_events = film.n_events_at(self.time());
        self.settling = 0.0;
        self.following = false;
        self.reversed = true;
        self.playing = true;
    }

    /// The playhead stands still; glides that are seen go on to their ends.
    pub const fn pause(&mut self) {
        self.settles |= self.playing;
        self.playing = false;
        self.following = false;
    }

    pub fn toggle(&mut self, film: &Film) {
        if self.playing {
            self.pause();
        } else {
            self.play(film);
        }
    }

    /// Plays towards the start, or stops doing so.
    pub fn toggle_backwards(&mut self, film: &Film) {
        if self.is_reversed() {
            self.pause();
        } else {
            self.play_backwards(film);
        }
    }

    /// The next of [`SPEEDS`].
    pub fn faster(&mut self) {
        let next = SPEEDS.into_iter().find(|speed| *speed > self.speed * 1.001);
        self.set_speed(next.unwrap_or(self.speed));
    }

    pub fn slower(&mut self) {
        let next = SPEEDS.into_iter().rev().find(|speed| *speed < self.speed * 0.999);
        self.set_speed(next.unwrap_or(self.speed));
    }

    /// Pauses at a place that was looked for by [`Film::find`].
    pub fn go_to(&mut self, found: Found, film: &Film) {
        match found {
            Found::Events(n_events) => self.seek_event(n_events, film),
            Found::Time(time) => {
                self.pause();
                self.seek(time, film);
            }
        }
    }

    /// Kept between 0.01 and 10,000.
    pub const fn set_speed(&mut self, speed: f32) {
        if speed.is_finite() {
            self.speed = speed.clamp(0.01, 10_000.0);
        }
    }

    /// Goes to `time`, and while paused shows the glides of just that instant.
    pub fn seek(&mut self, time: RunMicros, film: &Film) {
        let time = time.min(film.end());
        self.following = false;
        self.settling = 0.0;
        self.settles = false;
        self.time = float(time);
        self.n_events = film.n_events_at(time);
    }

    /// Pauses just after the first `n_events` events, with their glides over.
    pub fn seek_event(&mut self, n_events: usize, film: &Film) {
        self.pause_after(n_events, film);
        self.settling = float(film.settled_at(self.n_events)) - self.time;
        self.settling = self.settling.max(0.0);
    }

    /// Pauses just after the next event and lets its glide be seen.
    pub fn step_forward(&mut self, film: &Film) {
        self.pause_after(self.n_events.saturating_add(1), film);
    }

    /// Pauses just before the last event.
    pub fn step_back(&mut self, film: &Film) {
        self.seek_event(self.n_events.saturating_sub(1), film);
    }

    pub fn jump_to_start(&mut self, film: &Film) {
        self.seek_event(0, film);
    }

    /// Pauses at the end of a finished run; follows one that goes on.
    pub fn jump_to_end(&mut self, film: &Film) {
        if film.is_finished() {
            self.seek_event(usize::MAX, film);
        } else {
            self.follow(film);
        }
    }

    /// Goes to the end and stays there while the run goes on.
    pub fn follow(&mut self, film: &Film) {
        self.seek(film.until(), film);
        self.playing = true;
        self.reversed = false;
        self.following = true;
    }

    /// Moves the playhead by `dt_secs` of wall time, scaled by the speed; while following, at the run's own speed.
    ///
    /// Stops at the start, at the end of a finished run, and follows one that goes on once it is caught up with. While paused, lets
    /// the last glides end. Never reads a clock; call once per frame before drawing.
    pub fn update(&mut self, dt_secs: f32, film: &Film) -> NeedsRepaint {
        let dt = f64::from(if dt_secs.is_finite() { dt_secs.max(0.0) } else { 0.0 }) * 1e6;
        if film.events().is_empty() {
            return NeedsRepaint::No;
        }
        if !self.playing {
            return self.settle(dt, film);
        }
        let (until, end) = (float(film.until()), float(film.end()));
        if self.following {
            self.time = (self.time + dt).max(until);
        } else if self.reversed {
            let axis = film.axis(self.folded);
            self.time = axis.time((axis.place(self.time) - dt * f64::from(self.speed)).max(0.0));
        } else {
            let axis = film.axis(self.folded);
            self.time = axis.time(axis.place(self.time) + dt * f64::from(self.speed));
            self.following = !film.is_finished() && self.time >= until;
        }
        if self.reversed && self.time <= 0.0 {
            self.seek_event(0, film);
            return NeedsRepaint::Yes;
        }
        if film.is_finished() && !self.reversed && self.time >= end {
            self.time = end;
            self.pause();
        }
        self.n_events = film.n_events_at(self.time());
        NeedsRepaint::Yes
    }

    /// Brings `view`, a view of `film`, to the playhead.
    pub fn bring(&self, view: &mut View, film: &Film) {
        film.seek(view, self.n_events);
    }

    fn pause_after(&mut self, n_events: usize, film: &Film) {
        self.pause();
        self.settling = 0.0;
        self.settles = true;
        self.n_events = n_events.min(film.events().len());
        let at = self.n_events.checked_sub(1).map_or(RunMicros(0), |last| film.events()[last].at);
        self.time = float(at);
    }

    fn settle(&mut self, dt: f64, film: &Film) -> NeedsRepaint {
        let left = float(film.settled_at(self.n_events)) - self.time;
        if !self.settles || self.settling >= left {
            return NeedsRepaint::No;
        }
        self.settling = (self.settling + dt).min(left);
        NeedsRepaint::Yes
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact below 285 years")]
const fn float(time: RunMicros) -> f64 {
    time.0 as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
const fn micros(time: f64) -> RunMicros {
    RunMicros(time as u64)
}
