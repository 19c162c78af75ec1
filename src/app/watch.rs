use std::sync::Arc;

use super::port::{LoadedRun, Ticket};
use crate::base::{BallId, RunId, RunMicros};
use crate::event::Recorded;
use crate::play::{Document, Graph, Play};
use crate::replay::{Film, NeedsRepaint, Playback, View};

/// A run that is looked at, live or recorded, with the document that it runs.
#[derive(Clone, Debug)]
pub struct Watch {
    ticket: Option<Ticket>,
    run: Option<RunId>,
    doc: Option<Arc<Document>>,
    item: usize,
    graph: Graph,
    film: Film,
    playback: Playback,
    view: View,
    live: bool,
    /// How many events the record has, while it is being read.
    reading: Option<u64>,
    /// The ball that the person looks into.
    ball: Option<BallId>,
    /// No run had these events: what they show.
    simulation: Option<String>,
    /// The run's clock, as far as wall time has carried it since the last event.
    clock_secs: f64,
    /// Its events were asked for and have not come.
    cue: Option<Cue>,
    /// Where the playhead was put then.
    put_at: Option<(RunMicros, usize)>,
}

/// Where a run is to be shown once its events have come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cue {
    pub time: RunMicros,
    /// The clock of a run that goes on.
    pub now: RunMicros,
    pub following: bool,
    pub playing: bool,
    pub speed: f32,
    /// Times that there was no such run.
    pub n_refused: u32,
    /// To be asked for again when so much time has passed.
    pub again_secs: Option<f32>,
}

impl Watch {
    /// A run that was asked for.
    pub(super) fn started(ticket: Ticket, doc: Arc<Document>, item: usize) -> Self {
        let graph = doc.play(item).map(Graph::new).unwrap_or_default();
        Self {
            ticket: Some(ticket),
            run: None,
            doc: Some(doc),
            item,
            graph,
            film: Film::new(),
            playback: Playback::live(),
            view: View::default(),
            live: true,
            reading: None,
            ball: None,
            simulation: None,
            clock_secs: 0.0,
            cue: None,
            put_at: None,
        }
    }

    /// A run below `parent`, whose events are to come. Without `run` nothing has called it yet.
    pub(super) fn below(parent: &Self, item: usize, run: Option<RunId>, cue: Cue) -> Self {
        let graph = parent.doc.as_ref().and_then(|doc| doc.play(item)).map(Graph::new).unwrap_or_default();
        Self {
            simulation: None,
            ticket: None,
            run,
            doc: parent.doc.clone(),
            item,
            graph,
            film: Film::new(),
            playback: Playback::new(),
            view: View::default(),
            live: parent.live,
            reading: None,
            ball: None,
            clock_secs: 0.0,
            cue: Some(cue),
            put_at: None,
        }
    }

    /// Its events were asked for and have not come.
    pub(super) fn awaits(&self, run: &RunId) -> bool {
        self.cue.is_some() && self.run.as_ref() == Some(run)
    }

    pub(super) const fn cue(&self) -> Option<&Cue> {
        self.cue.as_ref()
    }

    pub(super) const fn cue_mut(&mut self) -> Option<&mut Cue> {
        self.cue.as_mut()
    }

    /// They have come.
    pub(super) fn fill(&mut self, loaded: LoadedRun) {
        let Some(cue) = self.cue.take() else { return };
        if loaded.live {
            self.clock_secs = cue.now.as_secs_f64();
        }
        for recorded in loaded.events {
            if self.film.push(recorded).is_err() {
                break;
            }
        }
        self.clock_secs = self.clock_secs.max(self.film.until().as_secs_f64());
        if loaded.live {
            self.film.heard_until(micros(self.clock_secs));
        }
        self.show_at(cue.time, cue.following, cue.playing, cue.speed);
        self.put_at = Some((self.playback.time(), self.playback.n_events()));
    }

    /// The playhead moves, or is elsewhere than where it was put.
    pub(super) fn was_moved(&self) -> bool {
        let at = (self.playback.time(), self.playback.n_events());
        self.playback.is_playing() || self.put_at.is_some_and(|put| put != at)
    }

    /// Shows the instant, or the end of a run that goes on.
    pub(super) fn show_at(&mut self, time: RunMicros, following: bool, playing: bool, speed: f32) {
        self.playback.set_speed(speed);
        if following && !self.film.is_finished() {
            self.playback.follow(&self.film);
        } else {
            self.playback.pause();
            self.playback.seek(time, &self.film);
            if playing && time < self.film.end() {
                self.playback.play(&self.film);
            }
        }
        self.bring();
    }

    /// How far the run is known to have got: with wall time, while it goes on.
    pub(super) fn now(&self) -> RunMicros {
        self.film.until()
    }

    /// Wall time passes for a run that is not looked at: its clock goes on, its playhead stays.
    pub(super) fn tick_unseen(&mut self, dt_secs: f32) {
        if self.is_running() {
            self.clock_secs += f64::from(dt_secs);
            self.film.heard_until(micros(self.clock_secs));
        }
    }

    pub(super) fn loaded(loaded: LoadedRun) -> Self {
        let LoadedRun { run, doc, item, events, live, stopped: _ } = loaded;
        let graph = doc.as_ref().and_then(|doc| doc.play(item)).map(Graph::new).unwrap_or_default();
        let playback = if live { Playback::live() } else { Playback::new() };
        let mut watch = Self {
            ticket: None,
            run: Some(run),
            doc,
            item,
            graph,
            film: Film::new(),
            playback,
            view: View::default(),
            live,
            reading: None,
            ball: None,
            simulation: None,
            clock_secs: 0.0,
            cue: None,
            put_at: None,
        };
        watch.push(events);
        watch
    }

    /// Marks it, so that nobody takes it for a run or the replay of one.
    pub(super) fn is_simulation_of(&mut self, what: String) {
        self.simulation = Some(what);
    }

    pub(super) fn is_for(&self, ticket: Ticket) -> bool {
        self.ticket == Some(ticket)
    }

    pub(super) fn has_started(&mut self, run: RunId) {
        self.run = Some(run);
    }

    /// The record has so many events, of which more come, and is so long.
    pub(super) fn is_read(&mut self, n_events: u64, until: RunMicros) {
        self.reading = Some(n_events);
        self.film.expect(n_events);
        self.film.heard_until(until);
    }

    pub(super) const fn has_been_read(&mut self) {
        self.reading = None;
    }

    /// Events that come twice are passed over; after a gap the rest is not shown.
    pub(super) fn push(&mut self, events: Vec<Recorded>) {
        for recorded in events {
            self.clock_secs = self.clock_secs.max(recorded.at.as_secs_f64());
            if self.film.push(recorded).is_err() {
                break;
            }
        }
        self.bring();
    }

    pub(super) fn tick(&mut self, dt_secs: f32) -> NeedsRepaint {
        if self.is_running() {
            self.clock_secs += f64::from(dt_secs);
            self.film.heard_until(micros(self.clock_secs));
        }
        let needs = self.playback.update(dt_secs, &self.film);
        self.bring();
        needs
    }

    /// For commands that move the playhead.
    pub(super) fn control(&mut self, change: impl FnOnce(&mut Playback, &Film)) {
        change(&mut self.playback, &self.film);
        self.bring();
    }

    fn bring(&mut self) {
        self.playback.bring(&mut self.view, &self.film);
    }

    /// Which part of the record has been read, 0 to 1, while more of it comes.
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    pub fn reading(&self) -> Option<f32> {
        Some((self.film.events().len() as f32 / self.reading?.max(1) as f32).min(1.0))
    }

    pub(super) const fn look_at(&mut self, ball: Option<BallId>) {
        self.ball = ball;
    }

    /// The ball that the person looks into. It may not be in play at the playhead.
    pub const fn ball(&self) -> Option<BallId> {
        self.ball
    }

    /// `None` until the runner has given it an id.
    pub const fn run(&self) -> Option<&RunId> {
        self.run.as_ref()
    }

    /// What ran, or runs. `None` if the record does not hold it.
    pub fn doc(&self) -> Option<&Arc<Document>> {
        self.doc.as_ref()
    }

    pub fn play(&self) -> Option<&Play> {
        self.doc.as_ref()?.play(self.item)
    }

    pub const fn item(&self) -> usize {
        self.item
    }

    /// Of the play that ran.
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    pub const fn film(&self) -> &Film {
        &self.film
    }

    pub const fn playback(&self) -> &Playback {
        &self.playback
    }

    /// The run as it was at the playhead.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// It was started or joined here, not loaded from the journal. It may be over.
    pub const fn is_live(&self) -> bool {
        self.live
    }

    /// What it shows, if no run had these events: a scenario, or a run that the model checker made up.
    pub fn simulation(&self) -> Option<&str> {
        self.simulation.as_deref()
    }

    pub fn is_running(&self) -> bool {
        self.live && !self.film.is_finished() && (self.ticket.is_some() || self.run.is_some())
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
fn micros(secs: f64) -> RunMicros {
    RunMicros((secs * 1e6) as u64)
}
