use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::retention::{Swept, is_over};
use super::{
    Append, DocId, Error, Filter, History, KeySignal, Page, Registered, RunInfo, SignalChange, Status, Unfinished,
    ending,
};
use crate::base::{Coord, RunId};
use crate::event::{Event, Recorded};

/// The twin of the file: the same answers, gone with the process.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// In the order of their start; `None` where one was deleted.
    runs: Vec<Option<Kept>>,
    by_id: FxHashMap<RunId, usize>,
    documents: Vec<String>,
    signals: Vec<(KeySignal, bool)>,
    registered: BTreeMap<Coord, (DocId, Option<String>)>,
    /// While it is set, nothing more fits.
    #[cfg(test)]
    full: Arc<std::sync::atomic::AtomicBool>,
}

#[derive(Debug)]
struct Kept {
    info: RunInfo,
    document: Option<DocId>,
    events: Vec<Recorded>,
}

impl Kept {
    fn is_unfinished(&self) -> bool {
        matches!(self.info.status, Status::Running | Status::Stopped)
    }
}

/// No step of an append can panic half-way, so what is behind a poisoned lock is whole.
pub(super) fn lock(memory: &Arc<Mutex<Memory>>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    #[cfg(test)]
    pub fn that_fills(full: Arc<std::sync::atomic::AtomicBool>) -> Self {
        Self { full, ..Self::default() }
    }

    pub fn document(&mut self, text: &str) -> DocId {
        let at = self.documents.iter().position(|known| known == text).unwrap_or_else(|| {
            self.documents.push(text.to_owned());
            self.documents.len() - 1
        });
        DocId(i64::try_from(at).unwrap_or(i64::MAX))
    }

    pub fn append(&mut self, batch: &[Append<'_>], signals: &[SignalChange]) -> Result<(), Error> {
        #[cfg(test)]
        if self.full.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(Error::Full { path: "memory".into() });
        }
        for append in batch {
            self.check(append)?;
        }
        for append in batch {
            self.write(append);
        }
        for change in signals {
            match change {
                SignalChange::Came { signal, used } => {
                    if self.signals.iter().all(|(known, _)| known.id != signal.id) {
                        self.signals.push((signal.clone(), *used));
                    }
                }
                SignalChange::Used { id } => {
                    self.signals.iter_mut().filter(|(signal, _)| signal.id == *id).for_each(|(_, used)| *used = true);
                }
                SignalChange::Expired { before_ms } => self.signals.retain(|(signal, _)| signal.until_ms > *before_ms),
            }
        }
        Ok(())
    }

    /// A batch names each run once.
    fn check(&self, append: &Append<'_>) -> Result<(), Error> {
        let out_of_order = |seq| Err(Error::OutOfOrder { run: append.run.clone(), seq });
        let next = match self.kept(append.run) {
            Ok(kept) => kept.info.n_events,
            Err(_) => match append.events.first() {
                Some(Recorded { event: Event::Started(_), .. }) => 0,
                first => return out_of_order(first.map_or(0, |first| first.seq)),
            },
        };
        for (expected, recorded) in (next..).zip(append.events) {
            if recorded.seq != expected {
                return out_of_order(recorded.seq);
            }
        }
        Ok(())
    }

    fn write(&mut self, append: &Append<'_>) {
        if let Some(Recorded { event: Event::Started(started), .. }) = append.events.first() {
            let info = RunInfo {
                run: append.run.clone(),
                play: started.play.clone(),
                digest: started.digest.clone(),
                formation: started.formation.clone(),
                started_ms: started.started_ms,
                status: Status::Running,
                reason: None,
                n_events: 0,
                duration: crate::base::RunMicros(0),
            };
            self.by_id.insert(append.run.clone(), self.runs.len());
            self.runs.push(Some(Kept { info, document: append.document, events: Vec::new() }));
        }
        let Some(kept) = self.by_id.get(append.run).and_then(|&at| self.runs[at].as_mut()) else { return };
        kept.events.extend_from_slice(append.events);
        kept.info.n_events = kept.events.len() as u64;
        if let Some(last) = kept.events.last() {
            kept.info.duration = last.at;
            if let Some((status, reason)) = ending(&last.event) {
                kept.info.status = status;
                kept.info.reason = reason;
            }
        }
    }

    fn kept(&self, run: &RunId) -> Result<&Kept, Error> {
        let kept = self.by_id.get(run).and_then(|&at| self.runs[at].as_ref());
        kept.ok_or_else(|| Error::UnknownRun { run: run.clone() })
    }

    pub fn note_stop(&mut self, run: &RunId, why: Option<&str>) {
        let Some(kept) = self.by_id.get(run).and_then(|&at| self.runs[at].as_mut()) else { return };
        if kept.is_unfinished() {
            kept.info.status = if why.is_some() { Status::Stopped } else { Status::Running };
            kept.info.reason = why.map(str::to_owned);
        }
    }

    pub fn delete(&mut self, run: &RunId) -> Result<(), Error> {
        let at = self.by_id.remove(run).ok_or_else(|| Error::UnknownRun { run: run.clone() })?;
        self.runs[at] = None;
        Ok(())
    }

    pub fn sweep(&mut self, before_ms: u64, needed: &[RunId]) -> Swept {
        let goes_on = |run: &RunId| self.kept(run).is_ok_and(Kept::is_unfinished);
        let parent_goes_on = |kept: &Kept| match kept.events.first().map(|first| &first.event) {
            Some(Event::Started(started)) => started.parent.as_ref().is_some_and(|(parent, _)| goes_on(parent)),
            _ => false,
        };
        let kept = self.runs.iter().flatten();
        let over = kept.filter(|kept| is_over(&kept.info, before_ms) && !needed.contains(&kept.info.run));
        let over: Vec<RunId> = over.filter(|kept| !parent_goes_on(kept)).map(|kept| kept.info.run.clone()).collect();
        for run in &over {
            drop(self.delete(run));
        }
        Swept { n_deleted: over.len(), next: None }
    }

    pub fn runs(&self, limit: usize) -> Vec<RunInfo> {
        self.runs.iter().rev().flatten().take(limit).map(|kept| kept.info.clone()).collect()
    }

    pub fn page(&self, filter: &Filter, limit: usize) -> Page {
        let before = filter.before.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX).min(self.runs.len());
        let wanted = |info: &RunInfo| {
            filter.status.is_none_or(|status| status == info.status)
                && filter.play.as_ref().is_none_or(|play| *play == info.play)
        };
        let kept = self.runs.iter().enumerate().take(before).rev();
        let mut found =
            kept.filter_map(|(n, kept)| kept.as_ref().filter(|kept| wanted(&kept.info)).map(|kept| (n, kept)));
        let some: Vec<_> = found.by_ref().take(limit).collect();
        let next = found.next().and(some.last()).map(|(n, _)| *n as u64);
        Page { runs: some.into_iter().map(|(_, kept)| kept.info.clone()).collect(), next }
    }

    pub fn register(&mut self, plays: &[(Coord, DocId, Option<String>)]) {
        self.registered
            .extend(plays.iter().map(|(play, document, formation)| (play.clone(), (*document, formation.clone()))));
    }

    pub fn registered(&self) -> Vec<Registered> {
        let mut found: Vec<Registered> = Vec::new();
        for (play, (document, formation)) in &self.registered {
            let Some(text) = usize::try_from(document.0).ok().and_then(|at| self.documents.get(at)) else { continue };
            match found.iter_mut().find(|known| known.text == *text && known.formation == *formation) {
                Some(known) => known.plays.push(play.clone()),
                None => found.push(Registered {
                    text: text.clone(),
                    formation: formation.clone(),
                    plays: vec![play.clone()],
                }),
            }
        }
        found
    }

    pub fn run(&self, run: &RunId) -> Result<RunInfo, Error> {
        self.kept(run).map(|kept| kept.info.clone())
    }

    pub fn unfinished(&self) -> Vec<RunId> {
        self.runs.iter().flatten().filter(|kept| kept.is_unfinished()).map(|kept| kept.info.run.clone()).collect()
    }

    pub fn all_unfinished(&self) -> Vec<Unfinished> {
        let unfinished = self.runs.iter().flatten().filter(|kept| kept.is_unfinished());
        let show = |kept: &Kept| Unfinished {
            run: kept.info.run.clone(),
            document: kept.document,
            is_stopped: kept.info.status == Status::Stopped,
            history: History { events: kept.events.clone(), unread: Vec::new() },
        };
        unfinished.map(show).collect()
    }

    pub fn text(&self, document: DocId) -> Option<String> {
        self.documents.get(usize::try_from(document.0).ok()?).cloned()
    }

    pub fn events_from(&self, run: &RunId, seq: u64, limit: usize) -> Result<History, Error> {
        let kept = self.kept(run)?;
        let from = usize::try_from(seq).unwrap_or(usize::MAX).min(kept.events.len());
        let events = kept.events[from..].iter().take(limit).cloned().collect();
        Ok(History { events, unread: Vec::new() })
    }

    pub fn document_of(&self, run: &RunId) -> Result<Option<String>, Error> {
        let document = self.kept(run)?.document;
        Ok(document.and_then(|id| self.documents.get(usize::try_from(id.0).ok()?).cloned()))
    }

    pub fn signals(&self, now_ms: u64) -> Vec<(KeySignal, bool)> {
        self.signals.iter().filter(|(signal, _)| signal.until_ms > now_ms).cloned().collect()
    }
}
