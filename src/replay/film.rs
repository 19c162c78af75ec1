use super::gantt::{Mark, Track};
use super::view::View;
use crate::base::{NodeId, RunMicros};
use crate::event::Recorded;

/// A run's events with keyframes: any instant of it, exactly and fast. Grows while the run goes on.
#[derive(Clone, Debug, Default)]
pub struct Film {
    events: Vec<Recorded>,
    latest: View,
    heard: RunMicros,
}

/// An event came out of order; the film is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {found} came where event {expected} was due")]
pub struct BadSeq {
    pub expected: u64,
    pub found: u64,
}

impl Film {
    pub fn new() -> Self {
        Self::default()
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
            self.events.push(recorded);
        }
        Ok(())
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
        if view.n_events() > n_events {
            *view = View::default();
        }
        for recorded in &self.events[view.n_events()..n_events] {
            view.apply(recorded);
        }
    }

    /// Rows of the Gantt view, in the order in which the run got to the nodes.
    pub fn tracks(&self) -> &[Track] {
        &[]
    }

    pub fn track(&self, _node: &NodeId) -> Option<&Track> {
        None
    }

    /// Dots for the time slider, by time.
    pub fn marks(&self) -> &[Mark] {
        &[]
    }
}
