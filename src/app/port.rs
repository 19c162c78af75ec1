//! What the editor and whoever runs plays say to each other: plain values over plain channels.
//!
//! The editor never waits for an answer. `cli` connects these to the runner, so that neither knows the other.

use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

use crate::base::{Coord, Method, NodeId, RunId, RunMicros};
use crate::event::Recorded;
use crate::play::{Document, Formation};

/// Names a [`ToRunner::Start`] until the run has its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

#[derive(Clone, Debug, PartialEq)]
pub enum ToRunner {
    /// Answered by [`FromRunner::Started`] and then events, or by [`FromRunner::NotStarted`].
    Start(Box<Start>),
    Signal {
        run: RunId,
        name: String,
        payload: Value,
    },
    Cancel {
        run: RunId,
    },
    /// Answered by [`FromRunner::Runs`], newest first.
    ListRuns {
        limit: u32,
    },
    /// Answered by [`FromRunner::Loaded`], or by [`FromRunner::NotLoaded`].
    LoadRun {
        run: RunId,
    },
    /// What is really there in the formation; without one, the built-in workers. Starts nothing. Answered by
    /// [`FromRunner::Discovered`] of the same number.
    Discover {
        number: u64,
        formation: Option<Formation>,
        /// Other computers are to be asked too.
        far: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    pub ticket: Ticket,
    pub doc: Arc<Document>,
    /// The play's item in `doc`.
    pub item: usize,
    /// `None`: every target is served by the built-in demo workers.
    pub formation: Option<SmolStr>,
    /// `None` for the `snap`; else the `wait-for-signal` node whose signal starts the run.
    pub entry: Option<NodeId>,
    pub input: Value,
    /// The person said yes to the commands that the formation starts.
    pub allows_processes: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FromRunner {
    Started {
        ticket: Ticket,
        run: RunId,
    },
    NotStarted {
        ticket: Ticket,
        message: String,
    },
    /// In order and without gaps, from the first event on.
    Events {
        run: RunId,
        events: Vec<Recorded>,
    },
    Runs(Vec<RunSummary>),
    Loaded(Box<LoadedRun>),
    /// Right after [`FromRunner::Loaded`] of a long record: it has so many events and is so long, and what it did not
    /// bring comes as [`FromRunner::Events`].
    Reading {
        run: RunId,
        n_events: u64,
        until: RunMicros,
    },
    /// All of it has come, or what there is of it.
    HasRead {
        run: RunId,
    },
    /// There is no such run, or it cannot be read.
    NotLoaded {
        run: RunId,
        message: String,
    },
    Discovered {
        number: u64,
        /// In the order of the formation's lines, plays that are registered last.
        places: Vec<Place>,
    },
    /// Something asked for did not work. The message says what and what to do.
    Failed {
        message: String,
    },
}

/// A line in the list of past runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    pub run: RunId,
    pub play: Coord,
    /// Wall-clock milliseconds since 1970, UTC.
    pub started_ms: u64,
    pub state: RunState,
    /// Why it failed, was cancelled or is stopped.
    pub reason: Option<String>,
    pub n_events: u64,
    /// From the first to the last event so far.
    pub took_micros: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    Running,
    /// Unfinished, and the runner could not go on with it.
    Stopped,
    Passed,
    Failed,
    Cancelled,
}

impl RunState {
    /// As shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A recorded run with what it ran.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedRun {
    pub run: RunId,
    /// The document that ran. `None` if the record does not hold it.
    pub doc: Option<Arc<Document>>,
    /// The play's item in `doc`.
    pub item: usize,
    pub events: Vec<Recorded>,
    /// The run goes on: more events will come as [`FromRunner::Events`].
    pub live: bool,
    /// Why it does not, if it is not finished either.
    pub stopped: Option<String>,
}

/// What is behind one address of a formation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `image/version` as in the formation's line; empty for plays that are registered.
    pub pattern: String,
    /// The address or the command. Empty for built-in workers, those that come by themselves, and plays.
    pub address: String,
    /// The worker's own name, if it says one.
    pub worker: String,
    pub is_pull: bool,
    pub health: Health,
    pub methods: Vec<Method>,
}

/// How a place is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Healthy,
    /// It was asked, and why that gave nothing.
    Down(String),
    /// Why not.
    NotAsked(String),
}

impl Health {
    /// As shown.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Down(_) => "down",
            Self::NotAsked(_) => "not asked",
        }
    }

    /// The reason, for all that is not healthy.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Healthy => None,
            Self::Down(why) | Self::NotAsked(why) => Some(why),
        }
    }
}
