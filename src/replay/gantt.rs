use crate::base::{BallId, NodeId, RunMicros};

/// What one node did over time: a row of the Gantt view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    pub node: NodeId,
    /// By start.
    pub bars: Vec<Bar>,
}

/// A stretch of time in which a ball was handled at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub kind: BarKind,
    pub ball: BallId,
    pub start: RunMicros,
    /// `None`: it goes on.
    pub end: Option<RunMicros>,
    /// The event that started it.
    pub seq: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BarKind {
    /// In flight, or answered.
    Attempt {
        attempt: u32,
    },
    AttemptFailed {
        attempt: u32,
    },
    BackOff,
    WaitForSignal,
    WaitForWorker,
    WaitForOthers,
}

/// An instant worth a dot on the time slider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub at: RunMicros,
    pub seq: u64,
    pub kind: MarkKind,
    pub node: Option<NodeId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkKind {
    Started,
    /// A call came back well.
    Answered,
    /// An attempt or a node failed.
    Failed,
    Signalled,
    Lost,
    Finished,
}
