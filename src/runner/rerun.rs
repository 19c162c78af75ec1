//! A run that is made again from a node on: what was answered before that node is taken from the record of the first
//! run, and only what comes after it is called.
//!
//! The engine decides anew, from the same input; where it calls, the record answers. Which answer that is follows from
//! the call alone, so a runner that was killed in between finds the same one. "Before" are the nodes that no way leads
//! to from the node, and the passages of others on a cycle before a ball first came to it. A wait for a signal there
//! gets the signal that it got. What the record has no answer to is called.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::oneshot;

use super::conductor::{Conductor, Mail};
use super::redact::{is_marked, is_redacted};
use super::{Error, Prepared, Start};
use crate::base::{BallId, Coord, NodeId, RunId};
use crate::engine::Effect;
use crate::event::{Answer, Event, Failure, Headers, ParkedOn, Payload, Recorded, Rerun};
use crate::journal::{self, Reader};
use crate::plan::Plan;

/// Who takes a ball of a `wait-for-worker` that the record answers.
const RECORD: &str = "the record";

/// A run that is to be made again.
#[derive(Debug)]
pub struct Earlier {
    pub run: RunId,
    pub play: Coord,
    pub formation: Option<String>,
    /// The `wait-for-signal` node that it was started from, if it was not the snap.
    pub entry: Option<NodeId>,
    pub input: Payload,
    headers: Headers,
    text: Option<String>,
    events: Vec<Recorded>,
}

impl Earlier {
    /// # Errors
    /// The run is unknown, or its start cannot be read.
    pub fn read(reader: &Reader, run: &RunId) -> Result<Self, journal::Error> {
        let events = reader.events(run)?.events;
        let Some(Recorded { event: Event::Started(started), .. }) = events.first() else {
            return Err(journal::Error::UnknownRun { run: run.clone() });
        };
        let entry = match events.get(1).map(|second| &second.event) {
            Some(Event::Snapped { node, signal: Some(_), .. }) => Some(node.clone()),
            _ => None,
        };
        let (play, formation) = (started.play.clone(), started.formation.clone());
        let (input, headers) = (started.input.clone(), started.headers.clone());
        Ok(Self { run: run.clone(), play, formation, entry, input, headers, text: reader.document_of(run)?, events })
    }

    /// The play that it ran.
    ///
    /// # Errors
    /// [`Error::NotKept`]
    pub fn prepared(&self) -> Result<Prepared, Error> {
        let not_kept = |why: String| Error::NotKept { run: self.run.clone(), why };
        let text = self.text.as_deref().ok_or_else(|| not_kept("its document was not kept".to_owned()))?;
        Prepared::kept(text, &self.play, self.formation.as_deref()).map_err(not_kept)
    }

    /// The run to be: with the same input and headers, of that play or another, from a node of it on. Without one, all
    /// is called.
    ///
    /// # Errors
    /// [`Error::NoNode`]; [`Error::NotKept`]: the input or the headers hold redacted fields.
    pub fn start(&self, prepared: Arc<Prepared>, from: Option<NodeId>) -> Result<Start, Error> {
        if is_redacted(&self.input) || is_marked(&self.headers) {
            let why = "its input or its headers hold redacted fields".to_owned();
            return Err(Error::NotKept { run: self.run.clone(), why });
        }
        let record = Record::of(&self.events, &prepared.plan, Rerun { of: self.run.clone(), from })?;
        let mut start = Start::new(prepared, self.input.clone());
        start.entry.clone_from(&self.entry);
        start.headers = self.headers.clone();
        start.record = Some(Arc::new(record));
        Ok(start)
    }
}

/// What is taken from an earlier run: see [`Earlier::start`].
#[derive(Debug)]
pub struct Record {
    pub(super) rerun: Rerun,
    calls: FxHashMap<NodeId, Vec<Call>>,
    signals: FxHashMap<NodeId, Vec<Signal>>,
}

#[derive(Clone, Debug)]
struct Call {
    visit: u32,
    sent: Payload,
    result: Result<Answer, Failure>,
    /// Later passages through the node are made.
    only_that_visit: bool,
}

#[derive(Clone, Debug)]
struct Signal {
    id: String,
    name: String,
    key: Option<String>,
    payload: Payload,
}

/// What a ball is out for, as events are gone through.
enum Out {
    Call { visit: u32, sent: Payload, seq: u64 },
    Signal { key: Option<String>, seq: u64 },
}

impl Record {
    fn of(events: &[Recorded], plan: &Plan, rerun: Rerun) -> Result<Self, Error> {
        let mut record = Self { rerun, calls: FxHashMap::default(), signals: FxHashMap::default() };
        let Some(from) = record.rerun.from.clone() else { return Ok(record) };
        let Some(start) = plan.find(&from) else {
            let known = plan.nodes().iter().map(|node| node.id.to_string()).collect::<Vec<_>>().join(", ");
            return Err(Error::NoNode { play: plan.play.clone(), node: from, known });
        };
        let after = after(plan, start);
        let reached = events.iter().find(|recorded| comes_to(&recorded.event, &from));
        let reached = reached.map_or(u64::MAX, |recorded| recorded.seq);
        // `None`: it is to be called again.
        let only_that_visit =
            |node: &NodeId, seq: u64| if after.contains(node) { (seq < reached).then_some(true) } else { Some(false) };
        let mut out: FxHashMap<BallId, Out> = FxHashMap::default();
        let mut came: FxHashMap<&str, Signal> = FxHashMap::default();
        for Recorded { seq, event, .. } in events {
            match event {
                Event::Called { ball, visit, payload, .. }
                | Event::Parked { ball, on: ParkedOn::Worker { visit, payload, .. }, .. } => {
                    out.insert(*ball, Out::Call { visit: *visit, sent: payload.clone(), seq: *seq });
                }
                Event::Parked { ball, on: ParkedOn::Signal { key, .. }, .. } => {
                    out.insert(*ball, Out::Signal { key: key.clone(), seq: *seq });
                }
                Event::Answered { ball, node, payload, headers, .. } => {
                    let answer = Answer { payload: payload.clone(), headers: headers.clone() };
                    record.take(out.remove(ball), node, Ok(answer), only_that_visit);
                }
                Event::NodeFailed { ball, node, failure, .. } => {
                    record.take(out.remove(ball), node, Err(failure.clone()), only_that_visit);
                }
                Event::Signalled { id, name, payload, .. } => {
                    let signal = Signal { id: id.clone(), name: name.clone(), key: None, payload: payload.clone() };
                    came.insert(id, signal);
                }
                Event::SignalUsed { ball, node, id } => {
                    if let (Some(Out::Signal { key, seq }), Some(signal)) = (out.remove(ball), came.get(id.as_str()))
                        && only_that_visit(node, seq).is_some()
                        && !is_redacted(&signal.payload)
                    {
                        let signal = Signal { key, ..signal.clone() };
                        record.signals.entry(node.clone()).or_default().push(signal);
                    }
                }
                _ => {}
            }
        }
        Ok(record)
    }

    fn take(
        &mut self,
        out: Option<Out>,
        node: &NodeId,
        result: Result<Answer, Failure>,
        only_that_visit: impl Fn(&NodeId, u64) -> Option<bool>,
    ) {
        if let Some(Out::Call { visit, sent, seq }) = out
            && let Some(only_that_visit) = only_that_visit(node, seq)
            // What was not kept is asked for again.
            && !matches!(&result, Ok(answer) if is_redacted(&answer.payload) || is_marked(&answer.headers))
        {
            self.calls.entry(node.clone()).or_default().push(Call { visit, sent, result, only_that_visit });
        }
    }

    /// What came of a call. Balls may come to a node in another order than they did, so what was sent tells them apart;
    /// where nothing like it was sent, the passage does.
    fn answer(&self, node: &NodeId, visit: u32, sent: &Payload) -> Option<&Result<Answer, Failure>> {
        let calls = self.calls.get(node)?;
        let that_visit = calls.iter().find(|call| call.visit == visit);
        let found = that_visit.filter(|call| call.sent == *sent);
        let found = found.or_else(|| calls.iter().find(|call| !call.only_that_visit && call.sent == *sent));
        found.or(that_visit).map(|call| &call.result)
    }
}

/// What a run that is made again has taken so far.
#[derive(Debug)]
pub(super) struct Replayed {
    record: Arc<Record>,
    /// Signals that it was sent from the record.
    sent: FxHashSet<String>,
}

impl Replayed {
    /// `events` are those that the new run has already.
    pub fn new(record: Arc<Record>, events: &[Recorded]) -> Self {
        let id = |recorded: &Recorded| match &recorded.event {
            Event::Signalled { id, .. } => Some(id.clone()),
            _ => None,
        };
        Self { record, sent: events.iter().filter_map(id).collect() }
    }

    fn signal(&mut self, node: &NodeId, key: Option<&str>) -> Option<Signal> {
        let all = self.record.signals.get(node)?;
        let fits = |signal: &&Signal| signal.key.as_deref() == key && !self.sent.contains(&signal.id);
        // One that went to several waits may come first by another.
        let found = all.iter().find(fits)?.clone();
        self.sent.insert(found.id.clone());
        Some(found)
    }
}

impl Conductor {
    /// Answers an effect from the record of the earlier run, if the run is made again and the record can.
    pub(super) fn replay(&mut self, slot: u32, effect: &Effect) -> bool {
        let Some(live) = self.lives.get_mut(slot) else { return false };
        let Some(replayed) = &mut live.ties.replayed else { return false };
        let run = live.id.clone();
        match effect {
            Effect::Call { ball, node, attempt, visit, payload, .. } => {
                let Some(result) = replayed.record.answer(node, *visit, payload).cloned() else { return false };
                self.inbox.push(Mail::Answer { run, ball: *ball, attempt: *attempt, result });
            }
            Effect::Offer { ball, node, attempt, visit, payload, .. } => {
                let Some(result) = replayed.record.answer(node, *visit, payload).cloned() else { return false };
                let (ball, attempt) = (*ball, *attempt);
                let caught = Mail::Caught {
                    run: run.clone(),
                    ball,
                    attempt,
                    worker: RECORD.to_owned(),
                    go: oneshot::channel().0,
                };
                self.inbox.extend([caught, Mail::Answer { run, ball, attempt, result }]);
            }
            Effect::Listen { node, key, .. } => {
                let Some(signal) = replayed.signal(node, key.as_deref()) else { return false };
                let Signal { id, name, payload, .. } = signal;
                self.inbox.push(Mail::Signal { run, name, payload, id: Some(id), reply: oneshot::channel().0 });
            }
            Effect::CallOff { .. } | Effect::Finish => return false,
        }
        true
    }

    /// A run that answers are taken from is kept until that is over.
    pub(super) fn note_rerun(&mut self, slot: u32) {
        if let Some(replayed) = self.lives.get(slot).and_then(|live| live.ties.replayed.as_ref()) {
            self.reruns.insert(slot, replayed.record.rerun.of.clone());
        }
    }

    /// The record that a run takes answers from which an earlier process started.
    pub(super) fn record_again(&self, rerun: &Rerun, plan: &Plan) -> Result<Arc<Record>, String> {
        let earlier = Earlier::read(&self.keeper.journal(), &rerun.of)
            .map_err(|error| format!("it takes answers from run {}: {error}", rerun.of))?;
        Record::of(&earlier.events, plan, rerun.clone()).map(Arc::new).map_err(|error| error.to_string())
    }
}

/// The node and all that a ball can come to from it.
fn after(plan: &Plan, start: u32) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::new();
    let mut next = vec![start];
    while let Some(at) = next.pop() {
        let node = plan.node(at);
        if found.insert(node.id.clone()) {
            let wires = node.out.iter().copied().chain(node.on_error).chain(node.on_timeout);
            next.extend(wires.map(|wire| plan.wire(wire).to));
        }
    }
    found
}

fn comes_to(event: &Event, to: &NodeId) -> bool {
    match event {
        Event::Snapped { node, .. } | Event::Joined { node, .. } => node == to,
        Event::Moved { wire, .. } => wire.to == *to,
        Event::Split { into, .. } => into.iter().any(|child| child.to == *to),
        _ => false,
    }
}
