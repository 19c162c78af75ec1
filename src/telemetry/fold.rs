//! One run's events as spans: a fold that knows no clock, so that a run gives the same spans whenever it is looked at.

use std::collections::BTreeMap;

use super::span::{Kind, Note, Seen, Span, Word};
use crate::base::{BallId, Coord, GroupId, NodeId, RunId, RunMicros};
use crate::event::{Code, Event, Outcome, ParkedOn, Recorded, Started, TraceContext, span_id};

/// Of one run. Those beyond are counted, and left out.
const MAX_SPANS: u32 = 20_000;
/// Of one span.
const MAX_NOTES: usize = 64;

/// A run under way.
#[derive(Debug)]
pub(super) struct Trace {
    started: Box<Started>,
    /// The run's own span.
    own: TraceContext,
    next: u64,
    balls: BTreeMap<BallId, Stay>,
    /// Since when balls wait at a fan-in.
    joins: BTreeMap<(NodeId, GroupId), RunMicros>,
    /// Whether anybody wants its spans.
    is_told: bool,
    n_spans: u32,
    n_left_out: u32,
}

/// A ball at a node.
#[derive(Debug)]
struct Stay {
    node: NodeId,
    span: u64,
    begun: RunMicros,
    attempt: Option<Attempt>,
    /// What a worker is waited for with.
    offered: Option<(Coord, u32)>,
    notes: Vec<Note>,
    failed: Option<Code>,
    /// The span of this stay is told otherwise.
    is_told: bool,
}

#[derive(Debug)]
struct Attempt {
    to: Coord,
    visit: u32,
    number: u32,
    begun: RunMicros,
    worker: Option<String>,
}

impl Trace {
    /// `None` if that is not how a run begins.
    pub fn new(first: &Recorded, wants_spans: bool, out: &mut Vec<Seen>) -> Option<Self> {
        let Event::Started(started) = &first.event else { return None };
        let own = TraceContext::of_run(&started.run, started.trace.as_deref());
        out.push(Seen::Started { play: started.play.to_string() });
        // The payload is of no use here.
        let started = Started { input: crate::event::Payload::default(), ..(**started).clone() };
        Some(Self {
            started: Box::new(started),
            is_told: wants_spans && own.is_sampled(),
            own,
            next: first.seq + 1,
            balls: BTreeMap::new(),
            joins: BTreeMap::new(),
            n_spans: 0,
            n_left_out: 0,
        })
    }

    /// The number of the event that comes next.
    pub const fn next(&self) -> u64 {
        self.next
    }

    fn run(&self) -> &RunId {
        &self.started.run
    }

    pub fn take(&mut self, recorded: &Recorded, out: &mut Vec<Seen>) {
        let (seq, at) = (recorded.seq, recorded.at);
        self.next = seq + 1;
        match &recorded.event {
            Event::Snapped { ball, node, .. } => self.arrive(*ball, node, seq, at),
            Event::Moved { ball, wire, .. } => {
                self.leave(*ball, at, out);
                self.arrive(*ball, &wire.to, seq, at);
            }
            Event::Split { ball, node, into, .. } => {
                match self.balls.get_mut(ball) {
                    Some(stay) => {
                        stay.note("split", self.started.started_ms, at, &[("balls", Word::text(&into.len()))]);
                    }
                    None => self.arrive(*ball, node, seq, at),
                }
                self.leave(*ball, at, out);
                for child in into {
                    self.arrive(child.ball, &child.to, seq, at);
                }
            }
            Event::Waiting { node, group, .. } => {
                self.joins.entry((node.clone(), *group)).or_insert(at);
            }
            Event::Joined { node, group, from, ball, .. } => self.joined(seq, at, (node, *group), from, *ball, out),
            Event::Called { ball, attempt, visit, to, .. } => {
                let attempt = Attempt { to: to.clone(), visit: *visit, number: *attempt, begun: at, worker: None };
                self.begin(*ball, attempt);
            }
            Event::Answered { ball, .. } => self.end_attempt(*ball, at, None, out),
            Event::AttemptFailed { ball, attempt, failure, retry_at, .. } => {
                self.end_attempt(*ball, at, Some(failure.code), out);
                let (zero_ms, code) = (self.started.started_ms, Word::text(&failure.code));
                if let (Some(stay), Some(retry_at)) = (self.balls.get_mut(ball), retry_at) {
                    let wait_ms = i64::try_from(retry_at.since(at) / 1000).unwrap_or(i64::MAX);
                    let attempt = Word::number(*attempt);
                    let words = [("attempt", attempt), ("code", code), ("wait_ms", Word::Number(wait_ms))];
                    stay.note("retry", zero_ms, at, &words);
                }
            }
            Event::Parked { ball, on, .. } => {
                let zero_ms = self.started.started_ms;
                let Some(stay) = self.balls.get_mut(ball) else { return };
                match on {
                    ParkedOn::Signal { name, .. } => stay.note("parked", zero_ms, at, &[("signal", Word::text(name))]),
                    ParkedOn::Worker { to, visit, .. } => {
                        stay.offered = Some((to.clone(), *visit));
                        stay.note("parked", zero_ms, at, &[("target", Word::text(to))]);
                    }
                }
            }
            Event::SignalUsed { ball, .. } => self.note(*ball, "signal", at),
            Event::Caught { ball, attempt, worker, .. } => {
                let offered = self.balls.get(ball).and_then(|stay| stay.offered.clone());
                if let Some((to, visit)) = offered {
                    let worker = Some(worker.clone());
                    self.begin(*ball, Attempt { to, visit, number: *attempt, begun: at, worker });
                }
            }
            Event::Dropped { ball, .. } => {
                self.end_attempt(*ball, at, Some(Code::Unavailable), out);
                self.note(*ball, "worker lost", at);
            }
            Event::NodeFailed { ball, failure, .. } => {
                self.end_attempt(*ball, at, Some(failure.code), out);
                if let Some(stay) = self.balls.get_mut(ball) {
                    stay.failed = Some(failure.code);
                }
            }
            Event::Passed { ball, .. } => self.leave(*ball, at, out),
            Event::Lost { ball, .. } => {
                self.note(*ball, "lost", at);
                self.leave(*ball, at, out);
            }
            Event::Cancelled { ball, .. } => {
                self.note(*ball, "cancelled", at);
                self.leave(*ball, at, out);
            }
            Event::Finished { outcome } => self.finish(outcome, at, out),
            Event::Started(_) | Event::Signalled { .. } | Event::CancelAsked { .. } => {}
        }
    }

    fn arrive(&mut self, ball: BallId, node: &NodeId, seq: u64, at: RunMicros) {
        let span = span_id(&["visit", self.run(), node, &ball.to_string(), &seq.to_string()]);
        let stay = Stay {
            node: node.clone(),
            span,
            begun: at,
            attempt: None,
            offered: None,
            notes: Vec::new(),
            failed: None,
            is_told: false,
        };
        self.balls.insert(ball, stay);
    }

    fn note(&mut self, ball: BallId, name: &'static str, at: RunMicros) {
        if let Some(stay) = self.balls.get_mut(&ball) {
            stay.note(name, self.started.started_ms, at, &[]);
        }
    }

    fn begin(&mut self, ball: BallId, attempt: Attempt) {
        if let Some(stay) = self.balls.get_mut(&ball) {
            stay.attempt = Some(attempt);
        }
    }

    fn end_attempt(&mut self, ball: BallId, at: RunMicros, code: Option<Code>, out: &mut Vec<Seen>) {
        let Some(stay) = self.balls.get_mut(&ball) else { return };
        let (Some(attempt), node, parent) = (stay.attempt.take(), stay.node.clone(), stay.span) else { return };
        out.push(Seen::Called { to: attempt.to.to_string(), code, took_us: at.since(attempt.begun) });
        if !self.is_told {
            return;
        }
        let trace = self.started.trace.as_deref();
        let context = TraceContext::of_attempt(self.run(), trace, &node, attempt.visit, attempt.number);
        let mut attributes = vec![
            ("chalktalk.target", Word::text(&attempt.to)),
            ("chalktalk.node", Word::text(&node)),
            ("chalktalk.visit", Word::number(attempt.visit)),
            ("chalktalk.attempt", Word::number(attempt.number)),
        ];
        attributes.extend(attempt.worker.map(|worker| ("chalktalk.worker", Word::Text(worker))));
        let span = Span {
            name: attempt.to.to_string(),
            kind: Kind::Client,
            failed: code,
            attributes,
            ..self.span(context.span, parent, attempt.begun, at)
        };
        self.tell(span, out);
    }

    /// The ball is no longer at its node.
    fn leave(&mut self, ball: BallId, at: RunMicros, out: &mut Vec<Seen>) {
        self.end_attempt(ball, at, Some(Code::Cancelled), out);
        let Some(stay) = self.balls.remove(&ball).filter(|stay| self.is_told && !stay.is_told) else { return };
        let span = Span {
            name: stay.node.to_string(),
            attributes: vec![("chalktalk.node", Word::text(&stay.node)), ("chalktalk.ball", Word::number(ball.0))],
            notes: stay.notes,
            failed: stay.failed,
            ..self.span(stay.span, self.own.span, stay.begun, at)
        };
        self.tell(span, out);
    }

    fn joined(
        &mut self,
        seq: u64,
        at: RunMicros,
        (node, group): (&NodeId, GroupId),
        from: &[BallId],
        ball: BallId,
        out: &mut Vec<Seen>,
    ) {
        let mut begun = self.joins.remove(&(node.clone(), group)).unwrap_or(at);
        for one in from {
            begun = begun.min(self.balls.remove(one).map_or(at, |stay| stay.begun));
        }
        self.arrive(ball, node, seq, at);
        let Some(stay) = self.balls.get_mut(&ball) else { return };
        stay.is_told = true;
        if !self.is_told {
            return;
        }
        let span = Span {
            name: node.to_string(),
            attributes: vec![("chalktalk.node", Word::text(&node)), ("chalktalk.joined", Word::text(&from.len()))],
            ..self.span(self.balls[&ball].span, self.own.span, begun, at)
        };
        self.tell(span, out);
    }

    fn finish(&mut self, outcome: &Outcome, at: RunMicros, out: &mut Vec<Seen>) {
        while let Some(ball) = self.balls.keys().next().copied() {
            self.leave(ball, at, out);
        }
        let (word, failed) = match outcome {
            Outcome::Passed { .. } => ("passed", None),
            Outcome::Failed { failure, .. } => ("failed", Some(failure.code)),
            Outcome::Cancelled { .. } => ("cancelled", None),
        };
        let Started { run, play, formation, parent, trace, .. } = &*self.started;
        let mut attributes = vec![
            ("chalktalk.run", Word::text(run)),
            ("chalktalk.play", Word::text(play)),
            ("chalktalk.outcome", Word::text(word)),
        ];
        attributes.extend(formation.as_ref().map(|name| ("chalktalk.formation", Word::text(name))));
        attributes.extend(parent.as_ref().map(|(run, _)| ("chalktalk.parent.run", Word::text(run))));
        if let Outcome::Failed { node: Some(node), .. } = outcome {
            attributes.push(("chalktalk.failed.node", Word::text(&node)));
        }
        if self.n_left_out > 0 {
            attributes.push(("chalktalk.spans.left_out", Word::number(self.n_left_out)));
        }
        let span = Span {
            name: play.to_string(),
            kind: if trace.is_some() { Kind::Server } else { Kind::Internal },
            is_entry: trace.is_some(),
            attributes,
            failed,
            ..self.span(self.own.span, trace.as_ref().map_or(0, |trace| trace.span), RunMicros(0), at)
        };
        out.push(Seen::Ended { play: play.to_string(), outcome: word, took_us: at.0 });
        // Never left out: the others hang under it.
        if self.is_told {
            out.push(Seen::Span(Box::new(span)));
        }
    }

    fn span(&self, span: u64, parent: u64, begun: RunMicros, ended: RunMicros) -> Span {
        Span {
            trace: self.own.trace,
            id: span,
            parent,
            is_entry: false,
            flags: self.own.flags,
            state: self.own.state.clone(),
            name: String::new(),
            kind: Kind::Internal,
            begun_us: unix_us(self.started.started_ms, begun),
            ended_us: unix_us(self.started.started_ms, ended),
            attributes: Vec::new(),
            notes: Vec::new(),
            failed: None,
        }
    }

    fn tell(&mut self, span: Span, out: &mut Vec<Seen>) {
        if self.n_spans < MAX_SPANS {
            self.n_spans += 1;
            out.push(Seen::Span(Box::new(span)));
        } else {
            self.n_left_out += 1;
        }
    }
}

impl Stay {
    fn note(&mut self, name: &'static str, zero_ms: u64, at: RunMicros, attributes: &[(&'static str, Word)]) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note { name, at_us: unix_us(zero_ms, at), attributes: attributes.to_vec() });
        }
    }
}

const fn unix_us(zero_ms: u64, at: RunMicros) -> u64 {
    zero_ms.saturating_mul(1000).saturating_add(at.0)
}
