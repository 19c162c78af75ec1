use rustc_hash::FxHashMap;

use crate::base::{BallId, NodeId, RunMicros};
use crate::event::{Event, Outcome, ParkedOn, Recorded};

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
    /// An attempt, a node or the run failed.
    Failed,
    Signalled,
    Lost,
    Cancelled,
    /// The run ended well.
    Passed,
}

impl Track {
    /// The bars that touch `from..=to`, by start. `now` is where bars that go on end so far.
    pub fn bars_between(&self, from: RunMicros, to: RunMicros) -> impl Iterator<Item = &Bar> {
        let started = self.bars.partition_point(|bar| bar.start <= to);
        self.bars[..started].iter().filter(move |bar| bar.end.is_none_or(|end| end >= from))
    }
}

/// All rows and dots of a run, grown event by event.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracks {
    rows: Vec<Track>,
    row_of: FxHashMap<NodeId, usize>,
    /// The bar of each ball that goes on: row and place in it.
    open: FxHashMap<BallId, (usize, usize)>,
    marks: Vec<Mark>,
}

impl Tracks {
    pub fn all(&self) -> &[Track] {
        &self.rows
    }

    pub fn of(&self, node: &NodeId) -> Option<&Track> {
        self.rows.get(*self.row_of.get(node)?)
    }

    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    pub fn apply(&mut self, recorded: &Recorded) {
        let at = recorded.at;
        match &recorded.event {
            Event::Started(_) => self.mark(recorded, MarkKind::Started, None),
            Event::Called { ball, node, attempt, .. } | Event::Caught { ball, node, attempt, .. } => {
                self.open(recorded, *ball, node, BarKind::Attempt { attempt: *attempt });
            }
            Event::Answered { ball, node, .. } => {
                self.close(*ball, at);
                self.mark(recorded, MarkKind::Answered, Some(node));
            }
            Event::AttemptFailed { ball, node, retry_at, .. } => {
                self.close_failed(*ball, at);
                self.mark(recorded, MarkKind::Failed, Some(node));
                if retry_at.is_some() {
                    self.open(recorded, *ball, node, BarKind::BackOff);
                }
            }
            Event::Dropped { ball, node, .. } => {
                self.close_failed(*ball, at);
                self.mark(recorded, MarkKind::Failed, Some(node));
                self.open(recorded, *ball, node, BarKind::WaitForWorker);
            }
            Event::NodeFailed { ball, node, .. } => {
                self.close_failed(*ball, at);
                self.mark(recorded, MarkKind::Failed, Some(node));
            }
            Event::Parked { ball, node, on, .. } => {
                let kind = match on {
                    ParkedOn::Signal { .. } => BarKind::WaitForSignal,
                    ParkedOn::Worker { .. } => BarKind::WaitForWorker,
                };
                self.open(recorded, *ball, node, kind);
            }
            Event::Waiting { ball, node, .. } => self.open(recorded, *ball, node, BarKind::WaitForOthers),
            Event::Joined { from, .. } => from.iter().for_each(|ball| self.close(*ball, at)),
            Event::Signalled { .. } => self.mark(recorded, MarkKind::Signalled, None),
            Event::Lost { ball, node, .. } => {
                self.close(*ball, at);
                self.mark(recorded, MarkKind::Lost, Some(node));
            }
            Event::SignalUsed { ball, .. }
            | Event::Moved { ball, .. }
            | Event::Split { ball, .. }
            | Event::Passed { ball, .. }
            | Event::Cancelled { ball, .. } => self.close(*ball, at),
            Event::Finished { outcome } => match outcome {
                Outcome::Passed { node, .. } => self.mark(recorded, MarkKind::Passed, Some(node)),
                Outcome::Failed { node, .. } => self.mark(recorded, MarkKind::Failed, node.as_ref()),
                Outcome::Cancelled { .. } => self.mark(recorded, MarkKind::Cancelled, None),
            },
            Event::Snapped { .. } | Event::CancelAsked { .. } => {}
        }
    }

    fn mark(&mut self, recorded: &Recorded, kind: MarkKind, node: Option<&NodeId>) {
        self.marks.push(Mark { at: recorded.at, seq: recorded.seq, kind, node: node.cloned() });
    }

    fn open(&mut self, recorded: &Recorded, ball: BallId, node: &NodeId, kind: BarKind) {
        self.close(ball, recorded.at);
        let row = match self.row_of.get(node) {
            Some(row) => *row,
            None => {
                self.row_of.insert(node.clone(), self.rows.len());
                self.rows.push(Track { node: node.clone(), bars: Vec::new() });
                self.rows.len() - 1
            }
        };
        if let Some(track) = self.rows.get_mut(row) {
            self.open.insert(ball, (row, track.bars.len()));
            track.bars.push(Bar { kind, ball, start: recorded.at, end: None, seq: recorded.seq });
        }
    }

    fn close(&mut self, ball: BallId, at: RunMicros) {
        if let Some((row, bar)) = self.open.remove(&ball)
            && let Some(bar) = self.rows.get_mut(row).and_then(|track| track.bars.get_mut(bar))
        {
            bar.end = Some(at);
        }
    }

    fn close_failed(&mut self, ball: BallId, at: RunMicros) {
        if let Some((row, bar)) = self.open.get(&ball).copied()
            && let Some(bar) = self.rows.get_mut(row).and_then(|track| track.bars.get_mut(bar))
            && let BarKind::Attempt { attempt } = bar.kind
        {
            bar.kind = BarKind::AttemptFailed { attempt };
        }
        self.close(ball, at);
    }
}
