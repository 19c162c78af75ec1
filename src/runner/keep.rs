//! Keeps the new events of all runs in one commit at a time, then tells them and starts what they owe.
//!
//! A large commit is written on a thread of its own, and what happens meanwhile goes into the next one. A small one is
//! written at once: to wake a thread would take longer.
//!
//! Must never: tell or start anything whose event is not kept.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::Error;
use super::conductor::Conductor;
use super::handle::Answering;
use super::levels::result_of;
use super::log::{self, Commits};
use super::watch::Batch;
use crate::base::RunId;
use crate::event::{Event, Recorded};
use crate::journal::{self, Append, DocId, Journal, SignalChange};

/// Runs in a commit from which on it is written on the side.
const LARGE: usize = 4;
const TRY_AGAIN: Duration = Duration::from_millis(250);
const TRY_AGAIN_AT_MOST: Duration = Duration::from_secs(5);

/// What is said once the events of this round are kept.
pub(super) enum Ack {
    Started(Answering<RunId>, RunId),
    Done(Answering<()>),
    Handed(Answering<usize>, usize),
}

impl Ack {
    fn say(self, result: Result<(), Error>) {
        match self {
            Self::Started(reply, run) => drop(reply.send(result.map(|()| run))),
            Self::Done(reply) => drop(reply.send(result)),
            Self::Handed(reply, n) => drop(reply.send(result.map(|()| n))),
        }
    }
}

/// The journal, and the thread that writes large commits.
pub(super) struct Keeper {
    /// `None` if a thread would be no use. Ends before the journal is closed.
    writer: Option<Writer>,
    journal: Arc<Mutex<Journal>>,
}

struct Writer {
    /// `None` once the thread is to end.
    to: Option<Sender<Commit>>,
    from: Receiver<(Commit, Result<(), journal::Error>)>,
    /// That there is something from it.
    told: Arc<Notify>,
    is_away: bool,
    back: Option<(Commit, Result<(), journal::Error>)>,
    thread: Option<JoinHandle<()>>,
}

/// So that the journal is closed by whoever drops it last, and not at some time later.
impl Drop for Writer {
    fn drop(&mut self) {
        self.to = None;
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// What is kept together, and what follows once it is.
#[derive(Default)]
struct Commit {
    news: Vec<News>,
    signals: Vec<SignalChange>,
    acks: Vec<Ack>,
    catches: Vec<oneshot::Sender<()>>,
    begun: Option<Instant>,
}

struct News {
    slot: u32,
    run: RunId,
    document: Option<DocId>,
    events: Arc<[Recorded]>,
    /// As they are written and told, if that is not the same.
    told: Option<Arc<[Recorded]>>,
}

impl News {
    fn append(&self) -> Append<'_> {
        let events = self.told.as_ref().unwrap_or(&self.events);
        Append { run: &self.run, document: self.document, events }
    }
}

impl Commit {
    fn write(&self, journal: &mut Journal) -> Result<(), journal::Error> {
        let batch: Vec<_> = self.news.iter().map(News::append).collect();
        journal.append(&batch, &self.signals)
    }
}

fn lock(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    // An append that ended in the middle has changed nothing.
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ended(journal: &Journal) -> journal::Error {
    let source = io::Error::other("a write ended in the middle, which is a mistake of this program");
    journal::Error::Io { path: journal.path().map(Path::to_owned).unwrap_or_default(), source }
}

impl Keeper {
    pub fn new(journal: Journal) -> Self {
        let is_file = journal.path().is_some();
        let journal = Arc::new(Mutex::new(journal));
        let writer = if is_file { Writer::start(Arc::clone(&journal)) } else { None };
        Self { writer, journal }
    }

    /// Waits for a commit that is being written.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    /// Whether a commit is being written, or was and has not been looked after.
    pub fn is_away(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| writer.is_away)
    }

    /// Whether the commit that was away is done. Then [`Conductor::keep`] looks after it.
    pub fn is_back(&mut self) -> bool {
        let Some(writer) = self.writer.as_mut().filter(|writer| writer.is_away) else { return false };
        if writer.back.is_none() {
            match writer.from.try_recv() {
                Ok(back) => writer.back = Some(back),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
            }
        }
        writer.back.is_some()
    }

    /// Until a commit may be back.
    pub async fn back(&mut self) {
        match &mut self.writer {
            Some(writer) => writer.told.notified().await,
            None => std::future::pending().await,
        }
    }

    fn take_back(&mut self, waits: bool) -> Option<(Commit, Result<(), journal::Error>)> {
        let writer = self.writer.as_mut().filter(|writer| writer.is_away)?;
        let back = match writer.back.take() {
            Some(back) => Some(back),
            None if waits => writer.from.recv().ok(),
            None => writer.from.try_recv().ok(),
        };
        writer.is_away = back.is_none();
        back
    }

    /// Gives it back, with what came of it, unless it is written on the side.
    fn write(&mut self, commit: Commit, at_once: bool) -> Option<(Commit, Result<(), journal::Error>)> {
        let mut commit = commit;
        if !at_once
            && commit.news.len() >= LARGE
            && let Some(writer) = &mut self.writer
            && let Some(to) = &writer.to
        {
            match to.send(commit) {
                Ok(()) => {
                    writer.is_away = true;
                    return None;
                }
                // It can no longer be, so it is written here.
                Err(sent) => commit = sent.0,
            }
        }
        let result = commit.write(&mut self.journal());
        Some((commit, result))
    }
}

impl Writer {
    /// `None` if the system gives no thread.
    fn start(journal: Arc<Mutex<Journal>>) -> Option<Self> {
        let (to, commits) = channel::<Commit>();
        let (done, from) = channel();
        let told = Arc::new(Notify::new());
        let tell = Arc::clone(&told);
        let work = move || {
            for commit in commits {
                let write = || commit.write(&mut lock(&journal));
                let result = catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| Err(ended(&lock(&journal))));
                if done.send((commit, result)).is_err() {
                    return;
                }
                tell.notify_one();
            }
        };
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(work).ok()?;
        Some(Self { to: Some(to), from, told, is_away: false, back: None, thread: Some(thread) })
    }
}

impl Conductor {
    /// Keeps what is new, tells it, and starts what it owes; or, if that cannot be kept, none of these.
    pub(super) fn keep(&mut self) {
        if let Some((commit, result)) = self.keeper.take_back(false) {
            self.kept(commit, result);
        }
        if !self.keeper.is_away() {
            self.keep_next(false);
        }
    }

    /// As [`Self::keep`], and waits until all is kept.
    pub(super) fn keep_all(&mut self) {
        if let Some((commit, result)) = self.keeper.take_back(true) {
            self.kept(commit, result);
        }
        self.keep_next(true);
    }

    fn keep_next(&mut self, at_once: bool) {
        let due = self.stuck.as_ref().is_none_or(|(_, at, _)| *at <= Instant::now());
        let is_nothing_new = self.touched.is_empty() && self.signals.changes.is_empty();
        if due && is_nothing_new {
            // All that could not be kept was refused: the next that comes is tried.
            self.stuck = None;
        }
        if !due || is_nothing_new {
            self.acknowledge();
            return;
        }
        let commit = self.collect();
        if let Some((commit, result)) = self.keeper.write(commit, at_once) {
            self.kept(commit, result);
        }
    }

    fn collect(&mut self) -> Commit {
        let mut commit = Commit {
            news: Vec::with_capacity(self.touched.len()),
            signals: std::mem::take(&mut self.signals.changes),
            acks: std::mem::take(&mut self.acks),
            catches: std::mem::take(&mut self.catches),
            begun: self.commits.begin(),
        };
        self.redact.changes(&mut commit.signals);
        for slot in self.touched.drain(..) {
            let Some(live) = self.lives.get_mut(slot) else { continue };
            live.touched = false;
            let events: Arc<[Recorded]> = live.fresh.drain(..).collect();
            let told = self.redact.events(&events);
            live.is_redacted |= told.is_some();
            commit.news.push(News { slot, run: live.id.clone(), document: live.document, events, told });
        }
        commit
    }

    fn kept(&mut self, commit: Commit, result: Result<(), journal::Error>) {
        if let Err(error) = result {
            self.put_back(commit);
            self.is_stuck(&error.into());
            return;
        }
        let n_events = commit.news.iter().map(|news| news.events.len()).sum();
        self.commits.done(commit.begun, commit.news.len(), n_events, self.stuck.is_some());
        self.stuck = None;
        for ack in commit.acks {
            ack.say(Ok(()));
        }
        for go in commit.catches {
            _ = go.send(());
        }
        for news in commit.news {
            self.publish(news);
        }
    }

    /// Before what came after it.
    fn put_back(&mut self, commit: Commit) {
        let Commit { news, signals, acks, catches, .. } = commit;
        self.signals.changes.splice(0..0, signals);
        self.acks.splice(0..0, acks);
        self.catches.splice(0..0, catches);
        for news in news {
            if let Some(live) = self.lives.get_mut(news.slot) {
                live.fresh.splice(0..0, news.events.iter().cloned());
                self.touch(news.slot);
            }
        }
    }

    fn acknowledge(&mut self) {
        let result = self.stuck.as_ref().map_or(Ok(()), |(error, ..)| Err(error.clone()));
        for ack in self.acks.drain(..) {
            ack.say(result.clone());
        }
    }

    fn is_stuck(&mut self, error: &Error) {
        if self.stuck.is_none() {
            Commits::stuck(error);
        }
        let wait = self.stuck.as_ref().map_or(TRY_AGAIN, |(.., wait)| (*wait * 2).min(TRY_AGAIN_AT_MOST));
        self.stuck = Some((error.clone(), Instant::now() + wait, wait));
        // Runs that were never kept were never started, unless a run that is kept waits for them.
        let (lost, touched) = std::mem::take(&mut self.touched).into_iter().partition(|slot| {
            self.lives.get(*slot).is_none_or(|live| live.n_told == 0 && live.ties.callers.is_empty())
        });
        self.touched = touched;
        for slot in lost {
            self.forget(slot);
        }
        self.acknowledge();
        for slot in &self.touched {
            if let Some(live) = self.lives.get_mut(*slot) {
                for waiter in live.ties.waiters.drain(..) {
                    drop(waiter.send(Err(error.clone())));
                }
            }
        }
    }

    fn publish(&mut self, news: News) {
        let News { slot, run, events, told, .. } = news;
        let Some(live) = self.lives.get_mut(slot) else { return };
        live.n_told += events.len() as u64;
        // The run itself may be further on.
        let outcome = match events.last() {
            Some(Recorded { event: Event::Finished { outcome }, .. }) => Some(outcome.clone()),
            _ => None,
        };
        let waiters = if outcome.is_some() { std::mem::take(&mut live.ties.waiters) } else { Vec::new() };
        if let Some(outcome) = &outcome {
            let play = &live.prepared.plan.play;
            let callers = std::mem::take(&mut live.ties.callers);
            self.inbox.extend(callers.into_iter().map(|caller| caller.answer(result_of(outcome, &run, play))));
        }
        if let (Some(outcome), Some(_)) = (&outcome, &told) {
            self.recent.keep(&run, &live.prepared.plan.play, outcome);
        }
        log::events(&run, &live.prepared.plan.play, &events);
        let batch: Batch = (run, told.unwrap_or_else(|| Arc::clone(&events)));
        self.watchers.retain(|watcher| {
            let stays = !watcher.wants(&batch.0) || watcher.tell(&batch);
            self.lagged += u64::from(!stays && watcher.has_lagged());
            stays && !(outcome.is_some() && watcher.is_only_for(&batch.0)) && !watcher.is_gone()
        });
        for waiter in waiters {
            drop(waiter.send(outcome.clone().ok_or(Error::Stopped)));
        }
        self.start_effects(slot, &events);
        self.list(slot);
    }
}
