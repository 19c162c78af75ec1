use super::axis::{Axis, Column, columns};
use super::gantt::{Track, Tracks};
use super::index::{EventKind, Gap};
use super::path::{Leg, Visits};
use super::share::share;
use super::view::View;
use crate::base::{NodeId, RunMicros};
use crate::event::{Event, Recorded};

/// Folding this many events is cheaper than copying a view.
const NEAR: usize = 256;
/// Keyframes are so much folding apart at first, see [`cost`]; the distance doubles whenever they outgrow their memory.
const FIRST_DISTANCE: usize = 512;
/// What all keyframes together may take, in bytes, roughly.
const KEYFRAMES_MAX_BYTES: usize = 64 << 20;
/// More keyframes than this make seeking no faster.
const MAX_KEYFRAMES: usize = 1024;

/// A run's events with keyframes: any instant of it, exactly and fast. Grows while the run goes on, and while a record
/// is read.
#[derive(Clone, Debug)]
pub struct Film {
    events: Vec<Recorded>,
    /// `View::settled_at` after each event.
    settled: Vec<RunMicros>,
    latest: View,
    heard: RunMicros,
    /// Views in the order of their events; between two is about `distance` of folding.
    keyframes: Vec<View>,
    distance: usize,
    /// What folding the events after the last keyframe costs.
    since_keyframe: usize,
    keyframes_bytes: usize,
    tracks: Tracks,
    visits: Visits,
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
            since_keyframe: 0,
            keyframes_bytes: 0,
            visits: Visits::default(),
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
    pub fn push(&mut self, mut recorded: Recorded) -> Result<(), BadSeq> {
        let expected = self.events.len() as u64;
        if recorded.seq > expected {
            return Err(BadSeq { expected, found: recorded.seq });
        }
        if recorded.seq == expected {
            share(&mut recorded, &self.latest);
            let settled = self.latest.settled_at();
            self.latest.apply(&recorded);
            self.settled.push(self.latest.settled_at());
            self.tracks.apply(&recorded, settled);
            self.visits.apply(&recorded);
            self.since_keyframe += cost(&recorded.event);
            self.events.push(recorded);
            if self.since_keyframe >= self.distance {
                self.keep_keyframe();
            }
        }
        Ok(())
    }

    /// So many events will come in all: room is made for them at once, within reason.
    pub fn expect(&mut self, n_events: u64) {
        const MAX: usize = 1 << 21;
        let more = usize::try_from(n_events).unwrap_or(MAX).min(MAX).saturating_sub(self.events.len());
        self.events.reserve_exact(more);
        self.settled.reserve_exact(more);
    }

    fn keep_keyframe(&mut self) {
        self.since_keyframe = 0;
        self.keyframes_bytes += self.latest.weight(self.keyframes.last());
        self.keyframes.push(self.latest.clone());
        if self.keyframes.len() > MAX_KEYFRAMES || self.keyframes_bytes > KEYFRAMES_MAX_BYTES {
            let mut n = 0;
            self.keyframes.retain(|_| {
                n += 1;
                n % 2 == 0
            });
            self.distance = self.distance.saturating_mul(2);
            let weight = |nth: usize| {
                let before = nth.checked_sub(1).map(|before| &self.keyframes[before]);
                self.keyframes[nth].weight(before)
            };
            self.keyframes_bytes = (0..self.keyframes.len()).map(weight).sum();
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
        self.tracks.index().at().partition_point(|at| *at <= time)
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
        let before = self.keyframes.partition_point(|keyframe| keyframe.n_events() <= n_events);
        let keyframe = before.checked_sub(1).map(|last| &self.keyframes[last]);
        if !is_near && (view.n_events() > n_events || keyframe.is_some_and(|kept| view.n_events() < kept.n_events())) {
            *view = keyframe.cloned().unwrap_or_default();
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

    /// The numbers of the events of a kind.
    pub fn numbers_of(&self, kind: EventKind) -> &[u32] {
        self.tracks.index().of_kind(kind)
    }

    /// Stretches in which nothing happens, by time.
    pub fn gaps(&self) -> &[Gap] {
        self.tracks.index().gaps()
    }

    /// The time as a slider shows it; `folded`: without the gaps.
    pub fn axis(&self, folded: bool) -> Axis<'_> {
        Axis::new(if folded { self.gaps() } else { &[] })
    }

    /// What lies between each two of `edges`, which ascend: from the first on until before the second. Costs by the
    /// columns and not by the events.
    pub fn columns(&self, edges: &[RunMicros]) -> Vec<Column> {
        columns(self.tracks.index(), edges)
    }

    /// The chain of visits that the end of the run had to wait for, by time; so far, if it goes on. Costs by its length.
    pub fn critical_path(&self) -> Vec<Leg> {
        self.visits.critical(self.until())
    }
}

/// What folding an event costs, in events that change one ball.
const fn cost(event: &Event) -> usize {
    match event {
        Event::Split { into, .. } => 1 + into.len(),
        Event::Joined { from, .. } => 1 + from.len() / 4,
        _ => 1,
    }
}
