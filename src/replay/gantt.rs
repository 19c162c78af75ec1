use rustc_hash::FxHashMap;

use super::index::{Index, WaitKind};
use crate::base::{BallId, NodeId, RunMicros};
use crate::event::{Event, ParkedOn, Recorded};

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

impl BarKind {
    pub const fn is_failed(self) -> bool {
        matches!(self, Self::AttemptFailed { .. })
    }

    /// What the ball waits for in such a bar.
    pub const fn wait(self) -> Option<WaitKind> {
        match self {
            Self::Attempt { .. } | Self::AttemptFailed { .. } => None,
            Self::BackOff => Some(WaitKind::BackOff),
            Self::WaitForSignal => Some(WaitKind::Signal),
            Self::WaitForWorker => Some(WaitKind::Worker),
            Self::WaitForOthers => Some(WaitKind::Others),
        }
    }
}

/// Bars that a picture shows as one, since there is less than a dot between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch<'t> {
    /// The first of them, or the first that failed.
    pub bar: &'t Bar,
    pub start: RunMicros,
    /// `None`: it goes on.
    pub end: Option<RunMicros>,
    pub n: u32,
}

impl Track {
    /// The bars that touch `from..=to`, by start.
    pub fn bars_between(&self, from: RunMicros, to: RunMicros) -> impl Iterator<Item = &Bar> {
        let started = self.bars.partition_point(|bar| bar.start <= to);
        self.bars[..started].iter().filter(move |bar| bar.end.is_none_or(|end| end >= from))
    }

    /// The bars that touch `from..=to`; short ones of one kind that are less than `dot` microseconds apart are one
    /// stretch, so that a picture has few however many there are.
    pub fn stretches(&self, from: RunMicros, to: RunMicros, dot: u64) -> Vec<Stretch<'_>> {
        let mut found: Vec<Stretch<'_>> = Vec::new();
        for bar in self.bars_between(from, to) {
            let is_short = |start: RunMicros, end: Option<RunMicros>| end.is_some_and(|end| end.since(start) < dot);
            match found.last_mut() {
                Some(last)
                    if is_short(bar.start, bar.end)
                        && last.end.is_some_and(|end| bar.start.0 < end.0.saturating_add(dot))
                        && (last.n > 1 || is_short(last.start, last.end)) =>
                {
                    last.n += 1;
                    last.end = last.end.max(bar.end);
                    if bar.kind.is_failed() && !last.bar.kind.is_failed() {
                        last.bar = bar;
                    }
                }
                _ => found.push(Stretch { bar, start: bar.start, end: bar.end, n: 1 }),
            }
        }
        found
    }
}

/// All rows of a run and what its events are counted by, grown event by event.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracks {
    rows: Vec<Track>,
    row_of: FxHashMap<NodeId, usize>,
    /// The bar of each ball that goes on: row and place in it.
    open: FxHashMap<BallId, (usize, usize)>,
    index: Index,
}

impl Tracks {
    pub fn all(&self) -> &[Track] {
        &self.rows
    }

    pub fn of(&self, node: &NodeId) -> Option<&Track> {
        self.rows.get(*self.row_of.get(node)?)
    }

    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// `settled`: when the last glide of what came before is over.
    pub fn apply(&mut self, recorded: &Recorded, settled: RunMicros) {
        self.index.apply(recorded, settled);
        let at = recorded.at;
        match &recorded.event {
            Event::Called { ball, node, attempt, .. } | Event::Caught { ball, node, attempt, .. } => {
                self.open(recorded, *ball, node, BarKind::Attempt { attempt: *attempt });
            }
            Event::AttemptFailed { ball, node, retry_at, .. } => {
                self.close_failed(*ball, at);
                if retry_at.is_some() {
                    self.open(recorded, *ball, node, BarKind::BackOff);
                }
            }
            Event::Dropped { ball, node, .. } => {
                self.close_failed(*ball, at);
                self.open(recorded, *ball, node, BarKind::WaitForWorker);
            }
            Event::NodeFailed { ball, .. } => self.close_failed(*ball, at),
            Event::Parked { ball, node, on, .. } => {
                let kind = match on {
                    ParkedOn::Signal { .. } => BarKind::WaitForSignal,
                    ParkedOn::Worker { .. } => BarKind::WaitForWorker,
                };
                self.open(recorded, *ball, node, kind);
            }
            Event::Waiting { ball, node, .. } => self.open(recorded, *ball, node, BarKind::WaitForOthers),
            Event::Joined { from, .. } => from.iter().for_each(|ball| self.close(*ball, at)),
            Event::Answered { ball, .. }
            | Event::Lost { ball, .. }
            | Event::SignalUsed { ball, .. }
            | Event::Moved { ball, .. }
            | Event::Split { ball, .. }
            | Event::Passed { ball, .. }
            | Event::Cancelled { ball, .. } => self.close(*ball, at),
            Event::Started(_)
            | Event::Snapped { .. }
            | Event::Signalled { .. }
            | Event::CancelAsked { .. }
            | Event::Finished { .. } => {}
        }
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
        if let Some(wait) = kind.wait() {
            self.index.wait(wait, recorded.at, true);
        }
    }

    fn close(&mut self, ball: BallId, at: RunMicros) {
        if let Some((row, bar)) = self.open.remove(&ball)
            && let Some(bar) = self.rows.get_mut(row).and_then(|track| track.bars.get_mut(bar))
        {
            bar.end = Some(at);
            if let Some(wait) = bar.kind.wait() {
                self.index.wait(wait, at, false);
            }
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
