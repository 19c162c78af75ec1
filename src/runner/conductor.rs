//! The one task that owns all runs. See [`Conductor::conduct`] for the order of things.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::asleep::{Dormitory, WOKEN_AT_ONCE};
use super::call::Job;
use super::discover::Place;
use super::glance::Glance;
use super::handle::{Answering, Config, Recovered, Start};
use super::keep::{Ack, Keeper};
use super::levels::{Callee, MAX_DEPTH};
use super::live::{Live, Lives, Owing, Slot};
use super::log::Commits;
use super::peer::Outward;
use super::redact::{Recent, Redact};
use super::registry::Registry;
use super::rerun::Replayed;
use super::retention::Retention;
use super::signals::{KEPT_MS, Signals};
use super::standing::Standing;
use super::targets::Targets;
use super::watch::{Room, Watch, Watcher, watch};
use super::{Asking, Error, Limits, Prepared, World};
use crate::base::{BallId, RunId};
use crate::engine::Input;
use crate::event::{Answer, Failure, Outcome, Payload, Started};
use crate::journal::{DocId, KeySignal, Reader};
use crate::play::Formation;

/// What comes to the conductor.
pub(super) enum Mail {
    Start {
        start: Box<Start>,
        reply: Answering<RunId>,
        /// Who waits for its end.
        ended: Option<Answering<Outcome>>,
    },
    Signal {
        run: RunId,
        name: String,
        payload: Payload,
        id: Option<String>,
        reply: Answering<()>,
    },
    SignalKey {
        key: String,
        name: String,
        payload: Payload,
        id: Option<String>,
        reply: Answering<usize>,
    },
    Cancel {
        run: RunId,
        reason: String,
        reply: Answering<()>,
    },
    Answer {
        run: RunId,
        ball: BallId,
        attempt: u32,
        result: Result<Answer, Failure>,
    },
    /// `go` is answered once that is kept, and dropped if nobody waits for the worker any more.
    Caught {
        run: RunId,
        ball: BallId,
        attempt: u32,
        worker: String,
        go: oneshot::Sender<()>,
    },
    Dropped {
        run: RunId,
        ball: BallId,
        attempt: u32,
        worker: String,
    },
    /// A signal that was kept for a key, to the run that now waits for it.
    Kept {
        run: RunId,
        signal: KeySignal,
    },
    Wait {
        run: RunId,
        reply: Answering<Outcome>,
    },
    Watch {
        run: RunId,
        seq: u64,
        room: Room,
        reply: Answering<Watch>,
    },
    WatchAll {
        watcher: Watcher,
    },
    Reader {
        reply: Answering<Reader>,
    },
    Recovered {
        reply: Answering<Vec<Recovered>>,
    },
    Targets {
        formation: Option<Box<Formation>>,
        asking: Asking,
        reply: Answering<Vec<Place>>,
    },
    Delete {
        run: RunId,
        reply: Answering<()>,
    },
    Standing {
        reply: Answering<Standing>,
    },
    Register {
        plays: Vec<Arc<Prepared>>,
        reply: Answering<()>,
    },
    /// A play took the ball of a `wait-for-worker`, and that is kept.
    Play {
        job: Box<Job>,
        callee: Callee,
    },
    /// Nobody waits for the run any more.
    GiveUp {
        run: RunId,
    },
    Stop {
        reply: Option<Answering<()>>,
    },
}

pub(super) struct Conductor {
    pub(super) world: World,
    pub(super) keeper: Keeper,
    pub(super) targets: Targets,
    pub(super) lives: Lives,
    pub(super) limits: Limits,
    pub(super) redact: Redact,
    pub(super) recent: Recent,
    pub(super) signals: Signals,
    pub(super) post: mpsc::UnboundedSender<Mail>,
    mail: mpsc::UnboundedReceiver<Mail>,
    pub(super) glance: Glance,
    /// What came of effects that were done at once: mail that needs no post.
    pub(super) inbox: Vec<Mail>,
    /// When each run wants to be woken.
    timers: std::collections::BTreeSet<(u64, u32)>,
    /// Runs with events that are not kept.
    pub(super) touched: Vec<u32>,
    pub(super) watchers: Vec<Watcher>,
    /// Watchers that were let go since they fell too far behind.
    pub(super) lagged: u64,
    pub(super) acks: Vec<Ack>,
    /// Workers that wait for their `Caught` to be kept.
    pub(super) catches: Vec<oneshot::Sender<()>>,
    pub(super) recovered: Vec<Recovered>,
    /// The document that was kept last.
    document: Option<(Arc<str>, DocId)>,
    /// Why the journal takes nothing at the moment, and when to try again.
    pub(super) stuck: Option<(Error, Instant, Duration)>,
    pub(super) commits: Commits,
    resumes: bool,
    pub(super) retention: Option<Retention>,
    /// The earlier runs that runs in memory take answers from.
    pub(super) reruns: std::collections::BTreeMap<u32, RunId>,
    pub(super) dormitory: Dormitory,
    stopping: bool,
    stopped: Vec<Answering<()>>,
}

/// Rounds without a wait, after which others get their turn.
const ROUNDS: u32 = 64;
const MAIL_AT_ONCE: usize = 4096;

impl Conductor {
    pub fn new(
        config: Config,
        registry: Arc<Registry>,
        post: mpsc::UnboundedSender<Mail>,
        mail: mpsc::UnboundedReceiver<Mail>,
    ) -> Self {
        let outward = Outward { trust: config.trust, max_message: config.limits.message };
        Self {
            world: config.world,
            keeper: Keeper::new(config.journal),
            targets: Targets::new(config.builtin, config.consent, config.pulled, outward, registry),
            lives: Lives::default(),
            limits: config.limits,
            redact: config.redact,
            recent: Recent::default(),
            signals: Signals::default(),
            post,
            mail,
            glance: Glance::new(),
            inbox: Vec::new(),
            timers: std::collections::BTreeSet::new(),
            touched: Vec::new(),
            watchers: Vec::new(),
            lagged: 0,
            acks: Vec::new(),
            catches: Vec::new(),
            recovered: Vec::new(),
            document: None,
            stuck: None,
            commits: Commits::new(config.on_commit),
            resumes: config.resumes,
            retention: config.keep.map(Retention::new),
            reruns: std::collections::BTreeMap::new(),
            dormitory: Dormitory::default(),
            stopping: false,
            stopped: Vec::new(),
        }
    }

    /// Until it is told to stop: takes what came in and advances the runs, keeps their new events in one commit, tells
    /// the watchers, and only then starts what the events owe the world.
    pub async fn conduct(mut self) {
        self.load_signals();
        self.register_again();
        if self.resumes {
            self.recover();
        }
        let mut mail = Vec::new();
        let mut rounds = 0;
        while !self.stopping {
            // A run that another one started in the last round has events that wait to be kept.
            let waits = self.touched.is_empty() || self.stuck.is_some() || self.keeper.is_away();
            let idle = self.inbox.is_empty() && waits && !self.keeper.is_back();
            self.sweep(idle);
            if idle {
                rounds = 0;
                match self.glance.look(&mut self.mail).await {
                    Some(one) => mail.push(one),
                    None => self.next_mail(&mut mail).await,
                }
            } else {
                rounds += 1;
                if rounds % ROUNDS == 0 {
                    tokio::task::yield_now().await;
                }
                mail.append(&mut self.inbox);
                while mail.len() < MAIL_AT_ONCE
                    && let Ok(next) = self.mail.try_recv()
                {
                    mail.push(next);
                }
            }
            let now_us = self.world.now_us();
            for one in mail.drain(..) {
                self.take(one, now_us);
            }
            self.tick(now_us, WOKEN_AT_ONCE);
            self.keep();
            self.lay_down();
        }
        self.keep_all();
        self.stop();
    }

    async fn next_mail(&mut self, mail: &mut Vec<Mail>) {
        let timer = self.timers.first().map(|(at, _)| *at).map(|at| self.world.instant_of(at));
        let again = self.stuck.as_ref().map(|(_, at, _)| *at);
        // While a commit is under way it is waited for: that wakes too.
        let sweep = self.retention.as_ref().filter(|_| self.stuck.is_none() && !self.keeper.is_away());
        let wake = [timer, again, sweep.map(|retention| retention.next)].into_iter().flatten().min();
        tokio::select! {
            biased;
            n = self.mail.recv_many(mail, MAIL_AT_ONCE) => self.stopping |= n == 0,
            () = self.keeper.back(), if self.keeper.is_away() => {}
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
        }
    }

    fn take(&mut self, mail: Mail, now_us: u64) {
        match mail {
            Mail::Start { start, reply, ended } => {
                if let Some(asking) = self.targets.ask_first(&start.prepared.plan) {
                    let post = self.post.clone();
                    tokio::spawn(async move {
                        asking.await;
                        drop(post.send(Mail::Start { start, reply, ended }));
                    });
                    return;
                }
                match self.start(*start, now_us) {
                    Ok(run) => {
                        if let Some(ended) = ended {
                            self.wait(&run, ended);
                        }
                        self.acks.push(Ack::Started(reply, run));
                    }
                    Err(error) => drop(reply.send(Err(error))),
                }
            }
            Mail::Signal { run, name, payload, id, reply } => {
                let id = id.unwrap_or_else(|| self.new_id(now_us));
                let input = Input::Signal { id, name, key: None, payload };
                self.command(&run, &input, reply, now_us);
            }
            Mail::SignalKey { key, name, payload, id, reply } => {
                let id = id.unwrap_or_else(|| self.new_id(now_us));
                let now_ms = now_us / 1000;
                let max = self.limits.run_bytes;
                if self.signals.n_bytes(now_ms) > max as u64 {
                    drop(reply.send(Err(Error::TooManySignals { max })));
                    return;
                }
                let signal = KeySignal { id, name, key, payload, until_ms: now_ms + KEPT_MS };
                let is_there = |slot, ball| self.lives.is_parked(slot, ball);
                let slots = self.signals.came(signal.clone(), now_ms, is_there).unwrap_or_default();
                for slot in &slots {
                    self.advance(*slot, &key_signal(signal.clone()), now_us);
                }
                self.acks.push(Ack::Handed(reply, slots.len()));
            }
            Mail::Cancel { run, reason, reply } => self.command(&run, &Input::Cancel { reason }, reply, now_us),
            Mail::Answer { run, ball, attempt, result } => {
                let jitter = self.world.jitter();
                self.input(&run, &Input::Answer { ball, attempt, result, jitter }, now_us);
            }
            Mail::Caught { run, ball, attempt, worker, go } => {
                if self.input(&run, &Input::Caught { ball, attempt, worker }, now_us) {
                    self.catches.push(go);
                }
            }
            Mail::Dropped { run, ball, attempt, worker } => {
                self.input(&run, &Input::Dropped { ball, attempt, worker }, now_us);
            }
            Mail::Kept { run, signal } => {
                self.take_kept(&run, signal, now_us);
            }
            Mail::Wait { run, reply } => self.wait(&run, reply),
            Mail::Watch { run, seq, room, reply } => drop(reply.send(self.watch(&run, seq, room))),
            Mail::WatchAll { watcher } => self.watchers.push(watcher),
            Mail::Reader { reply } => drop(reply.send(self.keeper.journal().reader().map_err(Error::from))),
            Mail::Recovered { reply } => drop(reply.send(Ok(self.recovered.clone()))),
            Mail::Targets { formation, asking, reply } => {
                let listing = self.targets.list(formation.as_deref(), asking);
                tokio::spawn(async move { drop(reply.send(Ok(listing.await))) });
            }
            Mail::Standing { reply } => drop(reply.send(Ok(self.standing()))),
            Mail::Delete { run, reply } => drop(reply.send(self.delete(&run))),
            Mail::Register { plays, reply } => drop(reply.send(self.register(plays))),
            Mail::Play { job, callee } => self.play_caught(*job, &callee),
            Mail::GiveUp { run } => {
                self.input(&run, &Input::Cancel { reason: "its caller waits no more".to_owned() }, now_us);
            }
            Mail::Stop { reply } => {
                self.stopping = true;
                self.stopped.extend(reply);
            }
        }
    }

    fn start(&mut self, start: Start, now_us: u64) -> Result<RunId, Error> {
        if let Some((error, ..)) = &self.stuck {
            return Err(error.clone());
        }
        if let Some(id) = &start.id
            && let Some(known) = self.known(id)?
        {
            return known.is_the_one(&start, id).map(|()| id.clone());
        }
        self.launch(start, now_us)
    }

    pub(super) fn launch(&mut self, start: Start, now_us: u64) -> Result<RunId, Error> {
        let member = self.admit(&start)?;
        let Start { prepared, entry, input, headers, parent, depth, id, within, trace, record } = start;
        let plan = Arc::clone(&prepared.plan);
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep { play: plan.play.clone(), depth });
        }
        let run = id.unwrap_or_else(|| self.world.run_id(now_us / 1000));
        let pins = plan.pin(&self.targets.catalog(&prepared), &run)?;
        let document = self.document(&prepared)?;
        let formation = plan.formation.as_ref().map(|formation| formation.name.to_string());
        let play = plan.play.clone();
        let mut live = Live::new(run.clone(), self.run_of(plan), prepared, now_us);
        live.document = Some(document);
        live.ties.member = member;
        let rerun = record.as_ref().map(|record| record.rerun.clone());
        live.ties.replayed = record.map(|record| Box::new(Replayed::new(record, &[])));
        let started_ms = self.world.wall_us() / 1000;
        let within = within.map(|within| u64::try_from(within.as_micros()).unwrap_or(u64::MAX));
        let named = Started::new(run.clone(), play);
        let started =
            Box::new(Started { formation, started_ms, input, pins, parent, depth, trace, headers, rerun, ..named });
        let input = Input::Start { started, entry, within };
        let slot = self.lives.insert(live).ok_or(Error::Stopped)?;
        self.note_rerun(slot);
        self.advance(slot, &input, now_us);
        Ok(run)
    }

    pub(super) fn document(&mut self, prepared: &Prepared) -> Result<DocId, Error> {
        if let Some((text, document)) = &self.document
            && (Arc::ptr_eq(text, &prepared.text) || *text == prepared.text)
        {
            return Ok(*document);
        }
        let document = self.keeper.journal().document(&prepared.text)?;
        self.document = Some((Arc::clone(&prepared.text), document));
        Ok(document)
    }

    fn new_id(&mut self, now_us: u64) -> String {
        self.world.run_id(now_us / 1000).to_string()
    }

    fn command(&mut self, run: &RunId, input: &Input, reply: Answering<()>, now_us: u64) {
        match self.lives.find(run) {
            Some(slot) if self.wake(slot) => {
                self.advance(slot, input, now_us);
                self.acks.push(Ack::Done(reply));
            }
            _ => drop(reply.send(Err(Error::NotRunning { run: run.clone() }))),
        }
    }

    /// That the signal is used is kept with the event by which it is: not before, or it would be lost in a crash.
    fn take_kept(&mut self, run: &RunId, signal: KeySignal, now_us: u64) {
        let input = key_signal(signal.clone());
        let mut is_used = self.input(run, &input, now_us);
        if !is_used {
            for slot in self.signals.is_back(&signal, |slot, ball| self.lives.is_parked(slot, ball)) {
                is_used |= self.advance(slot, &input, now_us);
            }
        }
        if is_used {
            self.signals.used(signal.id);
        }
    }

    /// Whether the run is there and that gave an event.
    fn input(&mut self, run: &RunId, input: &Input, now_us: u64) -> bool {
        self.lives.find(run).is_some_and(|slot| self.advance(slot, input, now_us))
    }

    /// Wakes the run. Whether that gave an event.
    pub(super) fn advance(&mut self, slot: u32, input: &Input, now_us: u64) -> bool {
        if !self.wake(slot) {
            return false;
        }
        let Some(live) = self.lives.get_mut(slot) else { return false };
        let changed = live.advance(now_us, input);
        if changed {
            self.touch(slot);
        }
        changed
    }

    /// Lists a run among those with events that are not kept, and sets its timer.
    pub(super) fn touch(&mut self, slot: u32) {
        let Some(live) = self.lives.get_mut(slot) else { return };
        if !live.touched {
            live.touched = true;
            self.touched.push(slot);
        }
        self.set_timer(slot);
    }

    pub(super) fn unset_timer(&mut self, at: u64, slot: u32) {
        self.timers.remove(&(at, slot));
    }

    pub(super) fn set_timer(&mut self, slot: u32) {
        let Some(live) = self.lives.get_mut(slot) else { return };
        let next = if live.run.is_finished() { None } else { live.next_deadline_us() };
        if live.timer != next {
            if let Some(old) = live.timer {
                self.timers.remove(&(old, slot));
            }
            self.timers.extend(next.map(|next| (next, slot)));
            live.timer = next;
        }
    }

    /// Wakes at most that many of those that sleep.
    fn tick(&mut self, now_us: u64, most: usize) {
        let mut n_woken = 0;
        while let Some(&(at, slot)) = self.timers.first()
            && at <= now_us
        {
            n_woken += usize::from(self.lives.asleep(slot).is_some());
            if n_woken > most {
                return;
            }
            let jitter = self.world.jitter();
            if !self.advance(slot, &Input::Tick { jitter }, now_us) {
                // The engine had nothing to do after all: it is not to be asked for ever.
                self.timers.remove(&(at, slot));
                if let Some(live) = self.lives.get_mut(slot) {
                    live.timer = None;
                }
            }
        }
    }

    fn wait(&mut self, run: &RunId, reply: Answering<Outcome>) {
        if let Some(ties) = self.lives.find(run).and_then(|slot| self.lives.ties_mut(slot)) {
            match &self.stuck {
                Some((error, ..)) => drop(reply.send(Err(error.clone()))),
                None => ties.waiters.push(reply),
            }
            return;
        }
        drop(reply.send(self.finished(run).map(|(_, outcome)| outcome)));
    }

    fn watch(&mut self, run: &RunId, seq: u64, room: Room) -> Result<Watch, Error> {
        let mut kept = self.keeper.journal().events_from(run, seq)?.events;
        // What is written and not yet told comes to the watcher like what is new.
        if let Some(live) = self.lives.find(run).and_then(|slot| self.lives.get(slot)) {
            kept.retain(|recorded| recorded.seq < live.n_told);
        }
        let first = (!kept.is_empty()).then(|| (run.clone(), kept.into()));
        let (watcher, watch) = watch(Some(run.clone()), first, room);
        if self.lives.find(run).is_some() {
            self.watchers.push(watcher);
        }
        Ok(watch)
    }

    fn delete(&mut self, run: &RunId) -> Result<(), Error> {
        if self.lives.find(run).is_some() {
            return Err(Error::StillRunning { run: run.clone() });
        }
        // It may have been the last run of that document.
        self.document = None;
        Ok(self.keeper.journal().delete(run)?)
    }

    /// Takes a run out of memory, with all that is under way for it.
    pub(super) fn forget(&mut self, slot: u32) {
        let Some(Slot::Awake(mut live)) = self.lives.remove(slot) else { return };
        self.reruns.remove(&slot);
        if let Some(timer) = live.timer {
            self.timers.remove(&(timer, slot));
        }
        for (ball, owing) in std::mem::take(&mut live.owing) {
            self.call_off(slot, ball, owing);
        }
    }

    fn stop(mut self) {
        let lives: Vec<_> = self.lives.drain().collect();
        for mut live in lives {
            for (ball, owing) in std::mem::take(&mut live.owing) {
                if !matches!(owing, Owing::Away(_)) {
                    self.call_off(0, ball, owing);
                }
            }
        }
        let stopped = std::mem::take(&mut self.stopped);
        // The journal is closed before anybody hears of it.
        drop(self);
        for reply in stopped {
            drop(reply.send(Ok(())));
        }
    }
}

fn key_signal(signal: KeySignal) -> Input {
    Input::Signal { id: signal.id, name: signal.name, key: Some(signal.key), payload: signal.payload }
}
