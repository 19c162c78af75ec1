//! Plays that call plays: each call is a run of its own, the child, on this runner or by `Worker.Invoke` on another.
//!
//! The child's id follows from the call's idempotency key, so a call that is made again after a crash finds the run
//! that serves it, and the parent's `Called` names its child without saying so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::asleep::stopped;
use super::call::Job;
use super::conductor::{Conductor, Mail};
use super::family::Child;
use super::handle::Start;
use super::live::{Live, Owing};
use super::redact::{is_marked, is_redacted};
use super::{Error, Prepared};
use crate::base::{BallId, Coord, NodeId, RunId};
use crate::engine::BallAt;
use crate::event::{Answer, Code, Event, Failure, Outcome, Recorded, child_run, named_run};
use crate::journal::{self, Reader};
use crate::plan::Plan;

/// Plays above a play. Beyond it, calls are refused: plays that call each other without end would fill the disk.
pub const MAX_DEPTH: u32 = 16;
/// Of a ball: how many plays are above the call. 1 where it is missing.
pub(super) const DEPTH_HEADER: &str = "chalktalk-depth";
/// The runner's name where a play takes the ball of a `wait-for-worker`.
pub(super) const SELF: &str = "quarterback";
/// How much longer a child may take than its caller waits: the caller's own timer is to decide.
const GRACE: Duration = Duration::from_millis(100);
/// The longest message of a failure, as it goes up through the levels.
const MAX_MESSAGE: usize = 2000;

/// The run that a request to start one gives, by the name that the request has.
pub(super) fn requested_run(request: &str) -> RunId {
    named_run(&format!("start {request}"))
}

/// Who waits for a child run.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub run: RunId,
    pub ball: BallId,
    pub attempt: u32,
}

impl Caller {
    fn of(job: &Job) -> Self {
        Self { run: job.run.clone(), ball: job.ball, attempt: job.attempt }
    }

    pub fn answer(self, result: Result<Answer, Failure>) -> Mail {
        Mail::Answer { run: self.run, ball: self.ball, attempt: self.attempt, result }
    }
}

/// A play that a call goes to.
#[derive(Clone, Debug)]
pub(super) enum Callee {
    /// Of the caller's document.
    Sibling(Arc<Plan>),
    Registered(Arc<Prepared>),
}

/// What the caller of a run gets, once that has ended.
pub(super) fn result_of(outcome: &Outcome, run: &RunId, play: &Coord) -> Result<Answer, Failure> {
    let (code, mut message) = match outcome {
        Outcome::Passed { payload, headers, .. } => {
            return Ok(Answer { payload: payload.clone(), headers: headers.clone() });
        }
        Outcome::Failed { node: Some(node), failure } => {
            (failure.code, format!("{play} failed at {node}: {}", failure.message))
        }
        Outcome::Failed { node: None, failure } => (failure.code, format!("{play} failed: {}", failure.message)),
        Outcome::Cancelled { reason } => (Code::Cancelled, format!("run {run} of {play} was cancelled: {reason}")),
    };
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push('…');
    }
    let details = match outcome {
        Outcome::Failed { failure, .. } => failure.details.clone(),
        _ => Vec::new(),
    };
    Err(Failure { details, ..Failure::new(code, message) })
}

impl Conductor {
    /// Starts the run that serves a call, or finds it if the call was made before.
    pub(super) fn call_play(&mut self, slot: u32, job: Job, callee: &Callee) {
        let Some(live) = self.lives.get(slot) else { return };
        let child = child_run(&job.run, &job.node, job.visit, job.attempt);
        let prepared = match callee {
            Callee::Sibling(plan) => live.prepared.with_plan(plan),
            Callee::Registered(prepared) => Arc::clone(prepared),
        };
        let caller = Caller::of(&job);
        let trace = job.span();
        let mut start = Start::new(prepared, job.payload);
        start.id = Some(child.clone());
        start.parent = Some((job.run, job.node));
        start.depth = job.depth;
        start.trace = Some(Box::new(trace));
        start.headers = job.headers;
        start.within = job.limit.map(|limit| limit.left.saturating_add(GRACE));
        let now_us = self.world.now_us();
        let there = match self.known(&child) {
            Ok(Some(known)) => known.is_the_one(&start, &child),
            Ok(None) => self.launch(start, now_us).map(drop),
            Err(error) => Err(error),
        };
        match there {
            Ok(()) => self.attach(slot, caller, &child),
            Err(error) => self.inbox.push(caller.answer(Err(refused(&error)))),
        }
    }

    /// Lets the caller wait for a run that is here.
    pub(super) fn attach(&mut self, slot: u32, caller: Caller, child: &RunId) {
        if let Some(ties) = self.lives.find(child).and_then(|child| self.lives.ties_mut(child)) {
            let ball = caller.ball;
            ties.callers.push(caller);
            self.owe(slot, ball, Owing::Child(child.clone()));
            return;
        }
        let result = match self.finished(child) {
            Ok((play, outcome)) => result_of(&outcome, child, &play),
            Err(error) => Err(stopped(child, error)),
        };
        self.inbox.push(caller.answer(result));
    }

    /// A `wait-for-worker` whose target is a play: that is always ready.
    pub(super) fn catch_play(&mut self, slot: u32, job: Job, callee: Callee) {
        let (go, went) = oneshot::channel();
        let (run, ball, attempt) = (job.run.clone(), job.ball, job.attempt);
        self.inbox.push(Mail::Caught { run, ball, attempt, worker: SELF.to_owned(), go });
        let post = self.post.clone();
        let task = tokio::spawn(async move {
            if went.await.is_ok() {
                drop(post.send(Mail::Play { job: Box::new(job), callee }));
            }
        });
        self.owe(slot, ball, Owing::Task(task.abort_handle()));
    }

    /// The ball was caught, and that is kept.
    pub(super) fn play_caught(&mut self, job: Job, callee: &Callee) {
        let Some(slot) = self.lives.find(&job.run) else { return };
        let held = |live: &Live| {
            live.run.caught().iter().any(|(ball, attempt, _)| (*ball, *attempt) == (job.ball, job.attempt))
        };
        if self.lives.get(slot).is_some_and(held) {
            self.call_play(slot, job, callee);
        }
    }

    /// What is known of a run that is in memory or kept.
    pub(super) fn known(&self, run: &RunId) -> Result<Option<Known>, Error> {
        let live = self.lives.find(run).and_then(|slot| self.lives.get(slot));
        if let Some(started) = live.and_then(|live| live.run.started()) {
            return Ok(Some(Known { play: started.play.clone(), parent: started.parent.clone() }));
        }
        match Known::read(&self.keeper.journal(), run) {
            Ok(known) => Ok(Some(known)),
            Err(journal::Error::UnknownRun { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// How a run that is no longer in memory ended.
    pub(super) fn finished(&self, run: &RunId) -> Result<(Coord, Outcome), Error> {
        if let Some(recent) = self.recent.find(run) {
            return Ok(recent);
        }
        let info = self.keeper.journal().run(run)?;
        let mut last = self.keeper.journal().events_from(run, info.n_events.saturating_sub(1))?;
        match last.events.pop() {
            Some(Recorded { event: Event::Finished { outcome: Outcome::Passed { payload, headers, .. } }, .. })
                if is_redacted(&payload) || is_marked(&headers) =>
            {
                Err(Error::Redacted { run: run.clone() })
            }
            Some(Recorded { event: Event::Finished { outcome }, .. }) => Ok((info.play, outcome)),
            _ => Err(Error::NotRunning { run: run.clone() }),
        }
    }

    /// After a recovery: a child that nobody waits for any more, since its parent has ended here or has given up on
    /// that call.
    pub(super) fn cancel_orphans(&mut self, children: Vec<Child>) {
        for Child { run: child, parent, .. } in children {
            let gone = match self.lives.find(&parent) {
                // One that calls is still awake.
                Some(slot) => self.lives.get(slot).is_none_or(|live| !waits_for(live, &child)),
                None => matches!(self.finished(&parent), Ok(_) | Err(Error::Redacted { .. })),
            };
            if gone {
                self.inbox.push(Mail::GiveUp { run: child });
            }
        }
    }
}

/// Whether a call of the run is under way that the child serves.
fn waits_for(live: &Live, child: &RunId) -> bool {
    live.run.balls().any(|(_, ball)| match ball.at {
        BallAt::Calling { attempt, .. } | BallAt::Caught { attempt, .. } => {
            child_run(&live.id, live.run.node_of(ball), ball.visit, attempt) == *child
        }
        _ => false,
    })
}

/// What a run that is there must agree with, to be the one that is asked for: its id follows from a name, and two names
/// may have one id, by chance or because somebody wants it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub play: Coord,
    /// The run and node that called it.
    pub parent: Option<(RunId, NodeId)>,
}

impl Known {
    fn read(reader: &Reader, run: &RunId) -> Result<Self, journal::Error> {
        let info = reader.run(run)?;
        let first = reader.some_events(run, 0, 1)?.events.pop().map(|first| first.event);
        let parent = if let Some(Event::Started(started)) = first { started.parent } else { None };
        Ok(Self { play: info.play, parent })
    }

    /// Whether a start asks for that run.
    ///
    /// # Errors
    /// [`Error::OtherPlay`], [`Error::OtherCaller`]: it is another one.
    pub fn is_the_one(&self, start: &Start, run: &RunId) -> Result<(), Error> {
        if self.play != start.prepared.plan.play {
            return Err(Error::OtherPlay { run: run.clone(), play: self.play.clone() });
        }
        if self.parent != start.parent {
            let words = |parent: &Option<(RunId, NodeId)>| match parent {
                Some((run, node)) => format!("node {node} of run {run}"),
                None => "nobody: it was started by itself".to_owned(),
            };
            return Err(Error::OtherCaller {
                run: run.clone(),
                known: words(&self.parent),
                asked: words(&start.parent),
            });
        }
        Ok(())
    }
}

fn refused(error: &Error) -> Failure {
    let code = match error {
        Error::Journal(_) | Error::Stopped => Code::Unavailable,
        Error::TooManyRuns { .. } => Code::ResourceExhausted,
        _ => Code::FailedPrecondition,
    };
    Failure::new(code, error.to_string())
}
