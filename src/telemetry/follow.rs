//! The folds of all runs under way. They are a cache over the journal: one that is let go, or that missed events, is
//! folded again from what is kept.

use rustc_hash::FxHashMap;

use super::fold::Trace;
use super::span::Seen;
use crate::base::RunId;
use crate::event::{Event, Recorded};
use crate::journal::Reader;

/// Folds that are kept. Those that nothing happened to for longest are let go.
const MAX_RUNS: usize = 20_000;
/// Events that are read to fold a run again. A longer run is no longer followed.
const MAX_EVENTS: usize = 50_000;

pub(super) struct Follower {
    reader: Reader,
    wants_spans: bool,
    runs: FxHashMap<RunId, (u64, Trace)>,
    /// Counts what was taken.
    clock: u64,
    /// Events that could not be followed.
    pub n_lost: u64,
}

impl Follower {
    pub fn new(reader: Reader, wants_spans: bool) -> Self {
        Self { reader, wants_spans, runs: FxHashMap::default(), clock: 0, n_lost: 0 }
    }

    /// Events of one run, in order.
    pub fn take(&mut self, run: &RunId, events: &[Recorded], out: &mut Vec<Seen>) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let ends = matches!(last.event, Event::Finished { .. });
        self.clock += 1;
        let known = self.runs.remove(run).map(|(_, trace)| trace);
        let Some(mut trace) = self.up_to(known, run, first, out) else {
            self.n_lost += events.len() as u64;
            return;
        };
        for recorded in events.iter().filter(|recorded| recorded.seq >= trace.next()).collect::<Vec<_>>() {
            trace.take(recorded, out);
        }
        if !ends {
            self.runs.insert(run.clone(), (self.clock, trace));
            self.let_go();
        }
    }

    /// The fold of all events before that one.
    fn up_to(&self, known: Option<Trace>, run: &RunId, first: &Recorded, out: &mut Vec<Seen>) -> Option<Trace> {
        match known {
            Some(trace) if trace.next() >= first.seq => Some(trace),
            // Some were missed: they are told now.
            Some(mut trace) => {
                let missed = self.read(run, trace.next(), first.seq)?;
                missed.iter().for_each(|recorded| trace.take(recorded, out));
                Some(trace)
            }
            None if first.seq == 0 => Trace::new(first, self.wants_spans, out),
            // It was told before, by this process or by one that is gone.
            None => {
                let kept = self.read(run, 0, first.seq)?;
                let mut before = Vec::new();
                let (first, rest) = kept.split_first()?;
                let mut trace = Trace::new(first, self.wants_spans, &mut before)?;
                for recorded in rest {
                    trace.take(recorded, &mut before);
                    before.clear();
                }
                Some(trace)
            }
        }
    }

    fn read(&self, run: &RunId, from: u64, to: u64) -> Option<Vec<Recorded>> {
        let n = usize::try_from(to.checked_sub(from)?).ok().filter(|n| *n <= MAX_EVENTS)?;
        let history = self.reader.some_events(run, from, n).ok()?;
        (history.unread.is_empty() && history.events.len() == n).then_some(history.events)
    }

    fn let_go(&mut self) {
        if self.runs.len() > MAX_RUNS {
            let mut ages: Vec<u64> = self.runs.values().map(|(age, _)| *age).collect();
            let (_, middle, _) = ages.select_nth_unstable(MAX_RUNS / 2);
            let middle = *middle;
            self.runs.retain(|_, (age, _)| *age > middle);
        }
    }
}
