use std::net::SocketAddr;
use std::sync::Arc;

use crate::base::{Coord, NodeId, RunId};
use crate::journal;
use crate::plan::{BadPlan, PinError};

/// Why the runner did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("the play cannot run: {}", list(.0))]
    Plan(Vec<BadPlan>),
    #[error(transparent)]
    Pin(#[from] PinError),
    #[error(transparent)]
    Journal(#[from] Arc<journal::Error>),
    #[error("there is no run {run} here that could take that: it has finished, or it never was")]
    NotRunning { run: RunId },
    #[error("run {run} has not finished: cancel it first")]
    StillRunning { run: RunId },
    #[error(
        "{play} would be level {depth} of plays that call plays, and at most {} are allowed: do they call each other without end?",
        super::MAX_DEPTH
    )]
    TooDeep { play: Coord, depth: u32 },
    #[error("there are {max} unfinished runs, as many as are allowed: end some, or raise --max-runs")]
    TooManyRuns { max: usize },
    #[error(
        "{play} was not started: the run at the top of its callers has {max} unfinished runs below it, as many as are allowed: do plays call each other without end? Else raise --max-runs-below"
    )]
    TooManyBelow { play: Coord, max: usize },
    #[error(
        "signals that nobody waits for hold {max} bytes, as many as one run may: they go after 24 hours. Start what waits for them, or raise --max-run-memory"
    )]
    TooManySignals { max: usize },
    #[error("the input is nested {depth} levels deep, and {max} are allowed: send it flatter, or as text")]
    TooNested { depth: u32, max: u32 },
    #[error("run {run} has passed, but its result holds redacted fields, which were not kept: start it again for them")]
    Redacted { run: RunId },
    #[error(
        "the input or a header holds {}, which stands for a value that was kept out of a record: put the real value there",
        super::MARKER
    )]
    RedactedInput,
    #[error("run {run} plays {play} already: use another id for another play")]
    OtherPlay { run: RunId, play: Coord },
    #[error(
        "run {run} was called by {known}, and this call comes from {asked}, though both have one key: make the call from another node or as another attempt"
    )]
    OtherCaller { run: RunId, known: String, asked: String },
    #[error("{play} has no node '{node}' to start again from; it has {known}")]
    NoNode { play: Coord, node: NodeId, known: String },
    #[error("run {run} cannot be run again as it was: {why}")]
    NotKept { run: RunId, why: String },
    #[error("the runner has stopped")]
    Stopped,
    #[error("the runner's thread cannot start: {0}")]
    Thread(Arc<std::io::Error>),
    #[error(transparent)]
    Secure(#[from] super::SecureError),
    #[error("cannot listen on {addr}: {source}; port 0 stands for any that is free")]
    Listen { addr: SocketAddr, source: Arc<std::io::Error> },
}

impl From<journal::Error> for Error {
    fn from(error: journal::Error) -> Self {
        Self::Journal(Arc::new(error))
    }
}

fn list(errors: &[BadPlan]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
