use super::gantt::{Mark, Track, Tracks};
use super::view::View;
use crate::base::{NodeId, RunMicros};
use crate::event::Recorded;

/// Folding this many events is cheaper than copying a view.
const NEAR: usize = 256;
/// Keyframes are this many events apart at first; the distance doubles whenever they outgrow their memory.
const FIRST_DISTANCE: usize = 512;
/// What all keyframes together may take, in bytes, roughly.
const KEYFRAMES_MAX_BYTES: usize = 96 << 20;
/// More keyframes than this make seeking no faster.
const MAX_KEYFRAMES: usize = 512;

/// A run's events with keyframes: any instant of it, exactly and fast. Grows while the run goes on.
#[derive(Clone, Debug)]
pub struct Film {
    events: Vec<Recorded>,
    /// `View::settled_at` after each event.
    settled: Vec<RunMicros>,
    latest: View,
    heard: RunMicros,
    /// The n-th is the view after `(n + 1) * distance` events.
    keyframes: Vec<View>,
    distance: usize,
    keyframes_bytes: usize,
    tracks: Tracks,
}

/// An event came out of order; the film is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {found} came where event {expected} was due")]
pub struct BadSeq {
    pub expected: u64,
    pub found: u64,
}

impl Default for Film {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            settled: Vec::new(),
            latest: View::default(),
            heard: RunMicros(0),
            keyframes: Vec::new(),
            distance: FIRST_DISTANCE,
            keyframes_bytes: 0,
            tracks: Tracks::default(),
        }
    }
}

impl Film {
    pub fn new() -> Self {
        Self::default()
    }

    /// A film of the events up to the first that is out of order, and what is wrong with that one.
    pub fn from_events(events: impl IntoIterator<Item = Recorded>) -> (Self, Option<BadSeq>) {
        let mut film = Self::new();
        let bad = events.into_iter().find_map(|recorded| film.push(recorded).err());
        (film, bad)
    }

    /// Adds the next event. One that the film has already is passed over.
    ///
    /// # Errors
    /// An event between is missing.
    pub fn push(&mut self, recorded: Recorded) -> Result<(), BadSeq> {
        let expected = self.events.len() as u64;
        if recorded.seq > expected {
            return Err(BadSeq { expected, found: recorded.seq });
        }
        if recorded.seq == expected {
            self.latest.apply(&recorded);
            self.settled.push(self.latest.settled_at());
            self.tracks.apply(&recorded);
            self.events.push(recorded);
            if self.events.len().is_multiple_of(self.distance) {
                self.keep_keyframe();
            }
        }
        Ok(())
    }

    fn keep_keyframe(&mut self) {
        self.keyframes.push(self.latest.clone());
        self.keyframes_bytes += self.latest.weight(self.distance);
        if self.keyframes.len() > MAX_KEYFRAMES || self.keyframes_bytes > KEYFRAMES_MAX_BYTES {
            let mut n = 0;
            self.keyframes.retain(|_| {
                n += 1;
                n % 2 == 0
            });
            self.distance *= 2;
            self.keyframes_bytes = self.keyframes.iter().map(|view| view.weight(self.distance)).sum();
        }
    }

    /// The run's clock has got to `until` without another event.
    pub fn heard_until(&mut self, until: RunMicros) {
        self.heard = self.heard.max(until);
    }

    pub fn events(&self) -> &[Recorded] {
        &self.events
    }

    /// The view after all events so far.
    pub const fn latest(&self) -> &View {
        &self.latest
    }

    pub const fn is_finished(&self) -> bool {
        self.latest.outcome().is_some()
    }

    /// What the run's clock is known to have got to.
    pub fn until(&self) -> RunMicros {
        if self.is_finished() { self.latest.at() } else { self.heard.max(self.latest.at()) }
    }

    /// Where playing stops: when the last glide is over.
    pub fn end(&self) -> RunMicros {
        self.until().max(self.latest.settled_at())
    }

    /// How many events were recorded at `time` or before.
    pub fn n_events_at(&self, time: RunMicros) -> usize {
        self.events.partition_point(|recorded| recorded.at <= time)
    }

    /// When the last glide of the first `n_events` events is over.
    pub fn settled_at(&self, n_events: usize) -> RunMicros {
        let n_events = n_events.min(self.settled.len());
        n_events.checked_sub(1).map_or(RunMicros(0), |last| self.settled[last])
    }

    /// The view after the first `n_events` events.
    pub fn view_at(&self, n_events: usize) -> View {
        let mut view = View::default();
        self.seek(&mut view, n_events);
        view
    }

    pub fn view_at_time(&self, time: RunMicros) -> View {
        self.view_at(self.n_events_at(time))
    }

    /// Makes `view`, which is a view of this film, the view after the first `n_events` events; going on is cheap.
    pub fn seek(&self, view: &mut View, n_events: usize) {
        let n_events = n_events.min(self.events.len());
        let is_near = view.n_events() <= n_events && n_events - view.n_events() < NEAR;
        if n_events == self.events.len() && !is_near {
            *view = self.latest.clone();
            return;
        }
        let n_keyframes = (n_events / self.distance).min(self.keyframes.len());
        let keyframe = n_keyframes * self.distance;
        if !is_near && (view.n_events() > n_events || view.n_events() < keyframe) {
            *view = n_keyframes.checked_sub(1).map_or_else(View::default, |i| self.keyframes[i].clone());
        }
        for recorded in &self.events[view.n_events()..n_events] {
            view.apply(recorded);
        }
    }

    /// Rows of the Gantt view, in the order in which the run got to the nodes.
    pub fn tracks(&self) -> &[Track] {
        self.tracks.all()
    }

    pub fn track(&self, node: &NodeId) -> Option<&Track> {
        self.tracks.of(node)
    }

    /// Dots for the time slider, by time.
    pub fn marks(&self) -> &[Mark] {
        self.tracks.marks()
    }
}
