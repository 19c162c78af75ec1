use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::conductor::{Conductor, Mail};
use super::pull::Hub;
use super::registry::Registry;
use super::rerun::Record;
use super::v1::worker_server::Worker;
use super::watch::{CAPACITY, Room, Watcher, watch};
use super::{Asking, Consent, Error, Limits, Place, Prepared, Redact, Standing, Trust, Watch, World};
use crate::base::{Coord, NodeId, RunId};
use crate::event::{Headers, Outcome, Payload, TraceContext};
use crate::journal::{Journal, Reader};
use crate::play::Formation;

/// How far a watch from the first event on may fall behind: what it then misses is in the journal.
const BEHIND: Room = Room { batches: 4096, bytes: 64 << 20 };

/// What a runner is made of.
pub struct Config {
    pub journal: Journal,
    pub world: World,
    /// Serves `builtin` targets, and all of a play without a formation. `None`: the demo's workers, [`super::Demo`].
    pub builtin: Option<Arc<dyn Worker>>,
    /// Whether the runs that the journal holds unfinished go on. Else they stay as they are, for a runner to come.
    pub resumes: bool,
    /// How long runs are kept after their end; `None`: for ever. A run that another one still needs is kept longer.
    pub keep: Option<Duration>,
    /// What `process` bindings may start.
    pub consent: Consent,
    /// Whether workers may come to it, now or when its runs go on: else a call of a `pull` binding fails at once.
    pub pulled: bool,
    /// How what is called out there is called.
    pub trust: Trust,
    pub limits: Limits,
    /// What is kept out of the journal.
    pub redact: Redact,
    /// Told of every batch that the journal kept.
    pub on_commit: Option<OnCommit>,
}

/// Hears how long the journal took to keep a batch, and how many events that had. Must not block.
pub type OnCommit = Box<dyn Fn(Duration, usize) + Send>;

impl Config {
    /// With the demo's built-in workers, the real clock and chance. Unfinished runs go on, no process is started.
    pub fn new(journal: Journal) -> Self {
        Self {
            journal,
            world: World::real(),
            builtin: None,
            resumes: true,
            keep: None,
            consent: Consent::none(),
            pulled: true,
            trust: Trust::default(),
            limits: Limits::default(),
            redact: Redact::default(),
            on_commit: None,
        }
    }
}

/// A run to be.
#[derive(Clone, Debug)]
pub struct Start {
    pub prepared: Arc<Prepared>,
    /// `None` for the `snap`; else the `wait-for-signal` node whose signal starts the run.
    pub entry: Option<NodeId>,
    pub input: Payload,
    /// The run and node that call this play.
    pub parent: Option<(RunId, NodeId)>,
    /// How many plays are above this one, at most [`super::MAX_DEPTH`].
    pub depth: u32,
    /// The run's id. One that is there already is joined: nothing is started. `None`: a new one.
    pub id: Option<RunId>,
    /// Go with the first ball.
    pub headers: Headers,
    /// Bounds the run, beside the play's own timeout.
    pub within: Option<Duration>,
    /// The span that the run is started in; `None`: it starts a trace of its own.
    pub trace: Option<Box<TraceContext>>,
    /// Of the run that this one makes again: see [`super::Earlier::start`].
    pub record: Option<Arc<Record>>,
}

impl Start {
    pub fn new(prepared: Arc<Prepared>, input: impl Into<Payload>) -> Self {
        Self {
            prepared,
            entry: None,
            input: input.into(),
            parent: None,
            depth: 0,
            id: None,
            headers: Headers::default(),
            within: None,
            trace: None,
            record: None,
        }
    }
}

/// A run that an earlier process left unfinished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    pub run: RunId,
    /// It goes on; or why it stays as it is.
    pub result: Result<(), String>,
}

/// Runs plays. Cheap to clone; the last clone to go stops the runner.
///
/// No method blocks: each gives a [`Reply`], to be awaited, waited for or ignored.
#[derive(Clone, Debug)]
pub struct Runner {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    post: mpsc::UnboundedSender<Mail>,
    registry: Arc<Registry>,
    limits: Limits,
    trust: Trust,
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.post.send(Mail::Stop { reply: None }));
    }
}

impl Runner {
    /// Starts a runner on a thread of its own, and goes on with the runs that the journal holds unfinished, if the
    /// configuration says so.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::on_thread(config, Vec::new())
    }

    fn on_thread(config: Config, watchers: Vec<Watcher>) -> Result<Self, Error> {
        let thread = |error| Error::Thread(Arc::new(error));
        // One thread: no step of a run waits for another to be woken.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(thread)?;
        let (post, mail) = mpsc::unbounded_channel();
        let (registry, limits, trust) = (Arc::<Registry>::default(), config.limits, config.trust.clone());
        let mut conductor = Conductor::new(config, Arc::clone(&registry), post.clone(), mail);
        conductor.watchers = watchers;
        thread::Builder::new()
            .name("runner".to_owned())
            .spawn(move || runtime.block_on(conductor.conduct()))
            .map_err(thread)?;
        Ok(Self { inner: Arc::new(Inner { post, registry, limits, trust }) })
    }

    /// Like [`Self::new`], with a watch of all runs that misses not even what happens as they are recovered.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn watched(config: Config) -> Result<(Self, Watch), Error> {
        let (watcher, watch) = watch(None, None, BEHIND);
        Ok((Self::on_thread(config, vec![watcher])?, watch))
    }

    /// Starts a runner as a task of the tokio runtime that this is called in.
    pub fn spawn(config: Config) -> Self {
        let (post, mail) = mpsc::unbounded_channel();
        let (registry, limits, trust) = (Arc::<Registry>::default(), config.limits, config.trust.clone());
        tokio::spawn(Conductor::new(config, Arc::clone(&registry), post.clone(), mail).conduct());
        Self { inner: Arc::new(Inner { post, registry, limits, trust }) }
    }

    /// Makes plays targets: of [`Self::play`], and of calls of any play whose formation does not bind them elsewhere.
    ///
    /// They are kept with the runs. One of the same coordinate is replaced for runs to come.
    pub fn register(&self, plays: Vec<Arc<Prepared>>) -> Reply<()> {
        self.ask(|reply| Mail::Register { plays, reply })
    }

    /// A play that is registered.
    pub fn play(&self, play: &Coord) -> Option<Arc<Prepared>> {
        self.inner.registry.get(play)
    }

    /// All plays that are registered, in the order of their coordinates.
    pub fn plays(&self) -> Vec<Arc<Prepared>> {
        self.inner.registry.all()
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.inner.trust
    }

    /// The workers that pull.
    pub(super) fn hub(&self) -> &Arc<Hub> {
        &self.inner.registry.hub
    }

    /// Starts a run. The reply comes once the start is kept.
    pub fn start(&self, start: Start) -> Reply<RunId> {
        self.ask(|reply| Mail::Start { start: Box::new(start), reply, ended: None })
    }

    /// Like [`Self::start`] and [`Self::wait`] at once. If it does not start, only the first reply says why.
    pub fn start_to_end(&self, start: Start) -> (Reply<RunId>, Reply<Outcome>) {
        let (send, ended) = oneshot::channel();
        let started = self.ask(|reply| Mail::Start { start: Box::new(start), reply, ended: Some(send) });
        (started, Reply(ended))
    }

    /// Sends a signal to a run. The reply comes once it is kept.
    ///
    /// The same `id` twice counts once; without one the signal is a new one.
    pub fn signal(&self, run: &RunId, name: &str, payload: impl Into<Payload>, id: Option<String>) -> Reply<()> {
        let (run, name, payload) = (run.clone(), name.to_owned(), payload.into());
        self.ask(|reply| Mail::Signal { run, name, payload, id, reply })
    }

    /// Sends a signal to all that wait for its name and key. If none does, it is kept 24 hours for the first that will.
    ///
    /// Gives the number of runs that it was handed to. The same `id` twice counts once.
    pub fn signal_key(&self, key: &str, name: &str, payload: impl Into<Payload>, id: Option<String>) -> Reply<usize> {
        let (key, name, payload) = (key.to_owned(), name.to_owned(), payload.into());
        self.ask(|reply| Mail::SignalKey { key, name, payload, id, reply })
    }

    /// Ends a run.
    pub fn cancel(&self, run: &RunId, reason: &str) -> Reply<()> {
        let (run, reason) = (run.clone(), reason.to_owned());
        self.ask(|reply| Mail::Cancel { run, reason, reply })
    }

    /// How the run ended, as soon as it has; or an error if the runner cannot go on with it.
    pub fn wait(&self, run: &RunId) -> Reply<Outcome> {
        let run = run.clone();
        self.ask(|reply| Mail::Wait { run, reply })
    }

    /// The events of a run from `seq` on: those that are kept, then each as it happens.
    pub fn watch(&self, run: &RunId, seq: u64) -> Reply<Watch> {
        self.watch_bounded(run, seq, CAPACITY)
    }

    /// Like [`Self::watch`], with less memory for one who falls behind.
    pub(super) fn watch_bounded(&self, run: &RunId, seq: u64, room: Room) -> Reply<Watch> {
        let run = run.clone();
        self.ask(|reply| Mail::Watch { run, seq, room, reply })
    }

    /// The events of all runs, from now on.
    pub fn watch_all(&self) -> Watch {
        let (watcher, watch) = watch(None, None, CAPACITY);
        self.post(Mail::WatchAll { watcher });
        watch
    }

    /// For the list of runs and their events, from any thread.
    pub fn reader(&self) -> Reply<Reader> {
        self.ask(|reply| Mail::Reader { reply })
    }

    /// What became of the runs that an earlier process left unfinished. Nothing if they are not to go on.
    pub fn recovered(&self) -> Reply<Vec<Recovered>> {
        self.ask(|reply| Mail::Recovered { reply })
    }

    /// All that can be called in the formation, place by place; without one, the built-in workers.
    ///
    /// Workers are asked side by side, each for two seconds at most. Plays that are registered come last.
    pub fn targets(&self, formation: Option<&Formation>, asking: Asking) -> Reply<Vec<Place>> {
        let formation = formation.cloned().map(Box::new);
        self.ask(|reply| Mail::Targets { formation, asking, reply })
    }

    /// How many runs, watches and waiting balls there are.
    pub fn standing(&self) -> Reply<Standing> {
        self.ask(|reply| Mail::Standing { reply })
    }

    /// Forgets a finished run, or one that could not be recovered.
    pub fn delete(&self, run: &RunId) -> Reply<()> {
        let run = run.clone();
        self.ask(|reply| Mail::Delete { run, reply })
    }

    /// Stops: calls in flight are called off, and unfinished runs go on when a runner opens the journal again.
    ///
    /// The reply comes once the journal is closed.
    pub fn stop(&self) -> Reply<()> {
        self.ask(|reply| Mail::Stop { reply: Some(reply) })
    }

    fn ask<T>(&self, mail: impl FnOnce(Answering<T>) -> Mail) -> Reply<T> {
        let (send, receive) = oneshot::channel();
        self.post(mail(send));
        Reply(receive)
    }

    /// To a runner that has stopped it gets lost, and with it the sender of the reply: that says [`Error::Stopped`].
    fn post(&self, mail: Mail) {
        drop(self.inner.post.send(mail));
    }
}

pub(super) type Answering<T> = oneshot::Sender<Result<T, Error>>;

/// What the runner will answer. A future; [`Self::wait`] is for code without a runtime.
#[derive(Debug)]
#[must_use = "it says whether that worked"]
pub struct Reply<T>(oneshot::Receiver<Result<T, Error>>);

impl<T> Reply<T> {
    /// Blocks until the answer is there. Panics within a task of tokio: await it there.
    pub fn wait(self) -> Result<T, Error> {
        self.0.blocking_recv().unwrap_or(Err(Error::Stopped))
    }

    /// The answer, if it is there; never again after that.
    pub fn try_take(&mut self) -> Option<Result<T, Error>> {
        match self.0.try_recv() {
            Ok(result) => Some(result),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(Error::Stopped)),
        }
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|result| result.unwrap_or(Err(Error::Stopped)))
    }
}
