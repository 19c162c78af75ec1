//! What the events of a run owe the world.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::call::{Fault, Job, Limit};
use super::conductor::{Conductor, Mail};
use super::glance::Out;
use super::live::{Live, Owing};
use super::pool::offer;
use super::targets::{Route, answer_at_once, call_builtin};
use crate::base::{BallId, Coord, NodeId, RunId, RunMicros};
use crate::engine::{Effect, effect_of};
use crate::event::{Answer, Code, Event, Failure, Payload, Recorded};

impl Conductor {
    /// Starts what the events owe, which are kept.
    pub(super) fn start_effects(&mut self, slot: u32, events: &[Recorded]) {
        for recorded in events {
            if let Event::SignalUsed { ball, .. } = &recorded.event {
                self.call_off_ball(slot, *ball);
            }
            if let Some(effect) = effect_of(&recorded.event) {
                self.start_effect(slot, effect);
            }
        }
    }

    pub(super) fn start_effect(&mut self, slot: u32, effect: Effect) {
        if self.replay(slot, &effect) {
            return;
        }
        let Some(live) = self.lives.get(slot) else { return };
        match effect {
            Effect::Call { ball, attempt, to, payload, .. }
                if self.targets.is_of_demo(&live.prepared, &to)
                    && let Some(answer) = answer_at_once(&to, &payload, attempt) =>
            {
                let run = live.id.clone();
                self.inbox.push(Mail::Answer { run, ball, attempt, result: Ok(answer) });
            }
            Effect::Call { ball, node, attempt, visit, to, payload, until } => {
                let job = self.job(slot, Handed { ball, node, attempt, visit, to, payload, until });
                if let Some((job, route)) = job {
                    self.call(slot, job, route);
                }
            }
            Effect::Offer { ball, node, attempt, visit, to, payload } => {
                let job = self.job(slot, Handed { ball, node, attempt, visit, to, payload, until: None });
                if let Some((job, Route::Play(callee))) = job {
                    self.catch_play(slot, job, callee);
                } else if let Some((job, route)) = job {
                    let lines = Arc::clone(&self.targets.registry.lines);
                    let task = tokio::spawn(offer(self.post.clone(), job, route, lines));
                    self.owe(slot, ball, Owing::Task(task.abort_handle()));
                }
            }
            Effect::Listen { ball, name, key: Some(key), .. } => {
                let run = live.id.clone();
                // The run may be further on than what is kept: a signal is not to be used up by a wait that is over.
                if !self.lives.is_parked(slot, ball) {
                    return;
                }
                let now_ms = self.world.now_us() / 1000;
                if let Some(signal) = self.signals.listen(slot, ball, &name, &key, now_ms) {
                    self.inbox.push(Mail::Kept { run, signal });
                } else {
                    self.owe(slot, ball, Owing::Key { name, key });
                }
            }
            // Signals to a run find it by its id.
            Effect::Listen { key: None, .. } => {}
            Effect::CallOff { ball } => self.call_off_ball(slot, ball),
            Effect::Finish => self.forget(slot),
        }
    }

    fn job(&mut self, slot: u32, handed: Handed) -> Option<(Job, Route)> {
        let live = self.lives.get(slot)?;
        let route = self.targets.route(&live.prepared, &handed.to);
        let until = [handed.until, live.run.started().and_then(|started| started.until)].into_iter().flatten().min();
        let limit = until.map(|until| {
            let left_us = live.zero_us.saturating_add(until.0).saturating_sub(self.world.now_us());
            // The worker compares it with its own wall clock.
            let unix_us = self.world.wall_us().saturating_add(left_us);
            Limit { unix_us, left: Duration::from_micros(left_us) }
        });
        Some((handed.job(live, limit), route))
    }

    fn call(&mut self, slot: u32, job: Job, route: Route) {
        let (run, ball, attempt) = (job.run.clone(), job.ball, job.attempt);
        match route {
            Route::Builtin { worker, .. } => {
                let mut work: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(call_builtin(worker, job));
                // Many are done at once: they need no task of their own.
                match poll_once(&mut work) {
                    Poll::Ready(result) => self.inbox.push(Mail::Answer { run, ball, attempt, result }),
                    Poll::Pending => {
                        let task = self.spawn(run, ball, attempt, work);
                        self.owe(slot, ball, Owing::Task(task));
                    }
                }
            }
            Route::Service(service) => {
                let work = async move { service.invoke(&job).await.map_err(Fault::into_failure) };
                let task = self.spawn(run, ball, attempt, Box::pin(work));
                self.owe(slot, ball, Owing::Away(task));
            }
            Route::Pull(hub) => {
                let work = async move { hub.call(&job).await };
                let task = self.spawn(run, ball, attempt, Box::pin(work));
                self.owe(slot, ball, Owing::Task(task));
            }
            Route::Play(callee) => self.call_play(slot, job, &callee),
            Route::Nowhere(failure) => self.inbox.push(Mail::Answer { run, ball, attempt, result: Err(failure) }),
        }
    }

    fn spawn(&self, run: RunId, ball: BallId, attempt: u32, work: Work) -> AbortHandle {
        let answers = Answers { post: self.post.clone(), run, ball, attempt, said: false, _out: self.glance.out() };
        let task = tokio::spawn(async move {
            let mut answers = answers;
            let result = work.await;
            answers.say(result);
        });
        task.abort_handle()
    }

    pub(super) fn owe(&mut self, slot: u32, ball: BallId, owing: Owing) {
        let old = self.lives.get_mut(slot).and_then(|live| live.owing.insert(ball, owing));
        if let Some(old) = old {
            self.call_off(slot, ball, old);
        }
    }

    fn call_off_ball(&mut self, slot: u32, ball: BallId) {
        if let Some(owing) = self.lives.get_mut(slot).and_then(|live| live.owing.remove(&ball)) {
            self.call_off(slot, ball, owing);
        }
    }

    pub(super) fn call_off(&mut self, slot: u32, ball: BallId, owing: Owing) {
        match owing {
            Owing::Task(task) | Owing::Away(task) => task.abort(),
            Owing::Child(run) => self.inbox.push(Mail::GiveUp { run }),
            Owing::Key { name, key } => self.signals.unlisten(slot, ball, &name, &key),
        }
    }
}

type Work = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

/// The parts of a call or an offer.
struct Handed {
    ball: BallId,
    node: NodeId,
    attempt: u32,
    visit: u32,
    to: Coord,
    payload: Payload,
    until: Option<RunMicros>,
}

impl Handed {
    fn job(self, live: &Live, limit: Option<Limit>) -> Job {
        let started = live.run.started();
        let depth = started.map_or(0, |started| started.depth) + 1;
        let trace = started.and_then(|started| started.trace.clone());
        let Self { ball, node, attempt, visit, to, payload, .. } = self;
        let headers = live.run.headers_of(ball);
        Job { run: live.id.clone(), node, ball, visit, attempt, to, payload, headers, limit, depth, trace }
    }
}

/// Answers in any case, even if the call panics.
struct Answers {
    post: mpsc::UnboundedSender<Mail>,
    run: RunId,
    ball: BallId,
    attempt: u32,
    said: bool,
    _out: Out,
}

impl Answers {
    fn say(&mut self, result: Result<Answer, Failure>) {
        self.said = true;
        let mail = Mail::Answer { run: self.run.clone(), ball: self.ball, attempt: self.attempt, result };
        drop(self.post.send(mail));
    }
}

impl Drop for Answers {
    /// A call that was called off says this too: nobody waits for it any more, so that nobody hears it.
    fn drop(&mut self) {
        if !self.said {
            self.say(Err(panicked()));
        }
    }
}

/// Its waker does nothing: whoever goes on with the work polls it again.
fn poll_once(work: &mut Work) -> Poll<Result<Answer, Failure>> {
    let mut context = Context::from_waker(Waker::noop());
    catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut context))).unwrap_or_else(|_| Poll::Ready(Err(panicked())))
}

fn panicked() -> Failure {
    Failure::new(Code::Internal, "the call ended without an answer: that worker has a mistake")
}
