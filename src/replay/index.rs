use crate::base::{NodeId, RunMicros};
use crate::event::{Event, Outcome, Recorded};

/// What events are told apart by on the slider and in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// The run itself: started, asked to end, ended well or by a cancel.
    Run,
    /// A ball came, went on, split or joined.
    Move,
    Call,
    Answer,
    /// A ball waits, or goes back to waiting.
    Wait,
    Signal,
    /// A ball left the field, or was taken out of play.
    End,
    /// An attempt, a node or the run failed, or a ball was lost.
    Error,
}

impl EventKind {
    pub const ALL: [Self; 8] =
        [Self::Run, Self::Move, Self::Call, Self::Answer, Self::Wait, Self::Signal, Self::End, Self::Error];

    pub const fn of(event: &Event) -> Self {
        match event {
            Event::Started(_)
            | Event::CancelAsked { .. }
            | Event::Finished { outcome: Outcome::Passed { .. } | Outcome::Cancelled { .. } } => Self::Run,
            Event::Snapped { .. } | Event::Moved { .. } | Event::Split { .. } | Event::Joined { .. } => Self::Move,
            Event::Called { .. } | Event::Caught { .. } => Self::Call,
            Event::Answered { .. } => Self::Answer,
            Event::Waiting { .. } | Event::Parked { .. } => Self::Wait,
            Event::Signalled { .. } | Event::SignalUsed { .. } => Self::Signal,
            Event::Passed { .. } | Event::Cancelled { .. } => Self::End,
            Event::AttemptFailed { .. }
            | Event::NodeFailed { .. }
            | Event::Dropped { .. }
            | Event::Lost { .. }
            | Event::Finished { outcome: Outcome::Failed { .. } } => Self::Error,
        }
    }

    /// As shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Move => "move",
            Self::Call => "call",
            Self::Answer => "answer",
            Self::Wait => "wait",
            Self::Signal => "signal",
            Self::End => "end",
            Self::Error => "error",
        }
    }

    const fn number(self) -> usize {
        self as usize
    }
}

/// The node that an event happens at: of a move the one that the ball comes to. `None`: it is about the run.
pub fn node_of(event: &Event) -> Option<&NodeId> {
    match event {
        Event::Moved { wire, .. } => Some(&wire.to),
        Event::Snapped { node, .. }
        | Event::Split { node, .. }
        | Event::Waiting { node, .. }
        | Event::Joined { node, .. }
        | Event::Called { node, .. }
        | Event::Answered { node, .. }
        | Event::AttemptFailed { node, .. }
        | Event::Parked { node, .. }
        | Event::SignalUsed { node, .. }
        | Event::Caught { node, .. }
        | Event::Dropped { node, .. }
        | Event::NodeFailed { node, .. }
        | Event::Passed { node, .. }
        | Event::Lost { node, .. }
        | Event::Cancelled { node, .. }
        | Event::Finished { outcome: Outcome::Passed { node, .. } } => Some(node),
        Event::Finished { outcome: Outcome::Failed { node, .. } } => node.as_ref(),
        Event::Started(_)
        | Event::Signalled { .. }
        | Event::CancelAsked { .. }
        | Event::Finished { outcome: Outcome::Cancelled { .. } } => None,
    }
}

/// Whether the event has to do with the node: a ball comes to it, leaves it, or something happens there.
pub fn touches(event: &Event, node: &NodeId) -> bool {
    match event {
        Event::Moved { wire, .. } => wire.from == *node || wire.to == *node,
        Event::Split { node: at, into, .. } => at == node || into.iter().any(|child| child.to == *node),
        event => node_of(event) == Some(node),
    }
}

/// What a ball waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitKind {
    Signal,
    Worker,
    Others,
    BackOff,
}

impl WaitKind {
    pub const ALL: [Self; 4] = [Self::Signal, Self::Worker, Self::Others, Self::BackOff];
}

/// A stretch of time in which nothing happens and nothing is seen moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub from: RunMicros,
    pub to: RunMicros,
    /// How much of this gap and of those before it is cut out when they are folded, in microseconds.
    pub cut_until: u64,
}

impl Gap {
    pub const fn cut(self) -> u64 {
        self.to.since(self.from).saturating_sub(GAP_LEFT_MICROS)
    }
}

/// A gap is worth a cut from this length on.
const GAP_MIN_MICROS: u64 = 1_000_000;
/// What stays of a gap that is cut.
pub const GAP_LEFT_MICROS: u64 = 400_000;
/// The next event is not cut away from what leads to it.
const GAP_PAD_MICROS: u64 = 100_000;

/// Where what is in a record: small columns beside the events, grown event by event.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    at: Vec<RunMicros>,
    /// The numbers of the events of each kind.
    of_kind: [Vec<u32>; EventKind::ALL.len()],
    /// How many balls wait for each kind of thing, from when on.
    waiting: [Vec<(RunMicros, u32)>; WaitKind::ALL.len()],
    gaps: Vec<Gap>,
}

impl Index {
    /// `settled`: when the last glide of what came before is over.
    pub fn apply(&mut self, recorded: &Recorded, settled: RunMicros) {
        let seq = u32::try_from(self.at.len()).unwrap_or(u32::MAX);
        let at = self.at.last().map_or(recorded.at, |last| recorded.at.max(*last));
        let (from, to) = (settled, RunMicros(at.0.saturating_sub(GAP_PAD_MICROS)));
        if !self.at.is_empty() && to.since(from) >= GAP_MIN_MICROS {
            let before = self.gaps.last().map_or(0, |gap| gap.cut_until);
            let mut gap = Gap { from, to, cut_until: before };
            gap.cut_until += gap.cut();
            self.gaps.push(gap);
        }
        self.at.push(at);
        self.of_kind[EventKind::of(&recorded.event).number()].push(seq);
    }

    /// So many balls more, or fewer, wait.
    pub fn wait(&mut self, kind: WaitKind, at: RunMicros, begins: bool) {
        let steps = &mut self.waiting[kind as usize];
        let before = steps.last().map_or(0, |(_, n)| *n);
        let after = if begins { before.saturating_add(1) } else { before.saturating_sub(1) };
        match steps.last_mut() {
            // Only what is so for some time can be seen.
            Some((last, n)) if *last == at => *n = after,
            _ => steps.push((at, after)),
        }
    }

    pub fn at(&self) -> &[RunMicros] {
        &self.at
    }

    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    pub fn of_kind(&self, kind: EventKind) -> &[u32] {
        &self.of_kind[kind.number()]
    }

    /// The most balls that waited at once from `from` on until before `to`.
    pub fn most_waiting(&self, kind: WaitKind, from: RunMicros, to: RunMicros) -> u32 {
        let steps = &self.waiting[kind as usize];
        let first = steps.partition_point(|(at, _)| *at <= from);
        let last = first + steps[first..].partition_point(|(at, _)| *at < to);
        let at_start = first.checked_sub(1).map_or(0, |before| steps[before].1);
        steps[first..last].iter().map(|(_, n)| *n).fold(at_start, u32::max)
    }
}
