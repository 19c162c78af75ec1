//! What a ball does at its node when nothing in the world is waited for: it is sent, split, held or moved on.

use std::sync::Arc;

use serde_json::{Value, json};

use super::state::Task;
use super::{Ball, BallAt, Run};
use crate::base::{BallId, RunMicros};
use crate::event::{Child, Code, Event, Failure, Outcome, ParkedOn, Payload};
use crate::expr::{EvalError, Program, Var, Vars};
use crate::plan::{Guard, Kind, PlanNode, Spread};
use crate::play::Policy;

impl Run {
    /// What the run does next by itself. Never changes the run; none if it waits for the world or is over.
    pub fn pending(&self, now: RunMicros) -> Vec<Event> {
        if self.is_finished() || self.started().is_none() {
            return Vec::new();
        }
        if self.state.n_quiet > self.plan.limits.quiet_events {
            let message = format!("{} events without anything from outside", self.state.n_quiet);
            let failure = Failure::new(Code::ResourceExhausted, message);
            let mut events = Vec::new();
            self.end(Outcome::Failed { node: None, failure }, None, "the run only spins", &mut events);
            return events;
        }
        if let Some(failure) = self.overweight() {
            let mut events = Vec::new();
            let reason = failure.message.clone();
            self.end(Outcome::Failed { node: None, failure }, None, &reason, &mut events);
            return events;
        }
        for task in &self.state.agenda {
            let events = match *task {
                Task::Ball(id) => self.state.balls.get(&id).map_or_else(Vec::new, |ball| self.step(now, id, ball)),
                Task::Join(node, group) => self.join_due(node, group, false),
            };
            if !events.is_empty() {
                return events;
            }
        }
        if self.state.n_abroad == 0 { self.stalled() } else { Vec::new() }
    }

    fn step(&self, now: RunMicros, id: BallId, ball: &Ball) -> Vec<Event> {
        let node = self.plan.node(ball.node);
        match (&ball.at, &node.kind) {
            (BallAt::Arrived, _) if ball.quiet_hops > self.plan.limits.quiet_hops => {
                let message = format!("the ball travelled {} wires without a call or a wait", ball.quiet_hops);
                self.fail_run(id, node, Failure::new(Code::ResourceExhausted, message))
            }
            (BallAt::Arrived, Kind::Call { .. } | Kind::WaitForWorker { .. } | Kind::Pass { target: Some(_) }) => {
                self.send(now, id, ball, 1)
            }
            (BallAt::Arrived, Kind::FanOut(spread)) => self.split(id, ball, node, spread),
            (BallAt::Arrived, Kind::FanIn(_)) => self.wait_for_others(now, id, ball, node),
            (BallAt::Arrived, Kind::WaitForSignal { name }) => self.park(now, id, ball, node, name),
            (BallAt::Arrived, Kind::Pass { target: None }) | (BallAt::Done, Kind::Pass { .. }) => {
                self.pass(id, ball, node)
            }
            (BallAt::Arrived, Kind::Snap) | (BallAt::Done, _) => self.leave(id, ball, node),
            (BallAt::Failed { failure, timed_out }, _) => self.fail(id, ball, node, failure, *timed_out),
            _ => Vec::new(),
        }
    }

    fn park(&self, now: RunMicros, id: BallId, ball: &Ball, node: &PlanNode, name: &str) -> Vec<Event> {
        let key = match node.key.as_ref().map(|key| self.eval(key, ball, &ball.payload)).transpose() {
            Ok(key) => key.map(|key| match key {
                Value::String(text) => text,
                other => other.to_string(),
            }),
            Err(failure) => return vec![node_failed(id, node, failure)],
        };
        let kept = self.state.kept.iter().find(|signal| signal.fits(name, key.as_deref()));
        let used = kept.map(|signal| self.signal_used(id, &signal.id));
        let on = ParkedOn::Signal { name: name.to_owned(), key };
        let until = node.timeout.map(|timeout| now.plus(timeout));
        let mut events = vec![Event::Parked { ball: id, node: node.id.clone(), on, until }];
        events.extend(used);
        events
    }

    fn pass(&self, id: BallId, ball: &Ball, node: &PlanNode) -> Vec<Event> {
        // With a target, `with` has shaped what was sent; the answer is the result.
        let shaped = match node.kind {
            Kind::Pass { target: Some(_) } => Ok(None),
            _ => self.shaped(ball, node),
        };
        let payload = match shaped {
            Ok(shaped) => shaped.unwrap_or_else(|| ball.payload.clone()),
            Err(failure) => return vec![node_failed(id, node, failure)],
        };
        let mut events = vec![Event::Passed { ball: id, node: node.id.clone(), payload: payload.clone() }];
        let outcome = Outcome::Passed { node: node.id.clone(), payload, headers: ball.headers.clone() };
        self.end(outcome, Some(id), "the run has ended by a pass", &mut events);
        events
    }

    fn leave(&self, id: BallId, ball: &Ball, node: &PlanNode) -> Vec<Event> {
        if node.out.is_empty() {
            let reason = format!("nothing follows {}", node.id);
            return vec![Event::Lost { ball: id, node: node.id.clone(), reason }];
        }
        let has_target = matches!(node.kind, Kind::Call { .. } | Kind::WaitForWorker { .. });
        let chosen = (if has_target { Ok(None) } else { self.shaped(ball, node) }).and_then(|shaped| {
            let payload = shaped.as_ref().unwrap_or(&ball.payload);
            let wires = self.holding(ball, payload, node, true)?;
            Ok((wires.first().copied(), shaped))
        });
        match chosen {
            Ok((Some(wire), payload)) => {
                vec![Event::Moved { ball: id, wire: self.plan.wire(wire).name.clone(), payload }]
            }
            Ok((None, _)) => vec![node_failed(id, node, no_wire(node))],
            Err(failure) => vec![node_failed(id, node, failure)],
        }
    }

    /// The wires whose guards hold, in the order of the text; with `first`, no more than one.
    ///
    /// # Errors
    /// A guard could not be weighed.
    fn holding(&self, ball: &Ball, payload: &Payload, node: &PlanNode, first: bool) -> Result<Vec<u32>, Failure> {
        let mut wires = Vec::new();
        let mut any_guard_held = false;
        for &wire in &node.out {
            let holds = match &self.plan.wire(wire).guard {
                Guard::Always => true,
                Guard::If(program) => {
                    let holds = self.eval_guard(program, ball, payload)?;
                    any_guard_held |= holds;
                    holds
                }
                Guard::Otherwise | Guard::Failed => false,
            };
            if holds {
                wires.push(wire);
                if first {
                    return Ok(wires);
                }
            }
        }
        if !any_guard_held {
            let is_otherwise = |wire: &u32| matches!(self.plan.wire(*wire).guard, Guard::Otherwise);
            wires.extend(node.out.iter().copied().filter(is_otherwise));
            wires.sort_unstable();
        }
        Ok(wires)
    }

    fn split(&self, id: BallId, ball: &Ball, node: &PlanNode, spread: &Spread) -> Vec<Event> {
        let children = match spread {
            Spread::All => self.copies(ball, node, false),
            Spread::One => self.copies(ball, node, true),
            Spread::Each(list) => self.elements(ball, node, list),
        };
        let into = match children {
            Ok(into) => into,
            Err(failure) => return vec![node_failed(id, node, failure)],
        };
        let group = crate::base::GroupId(self.state.next_group + 1);
        let is_empty = into.is_empty();
        let mut events = vec![Event::Split { ball: id, node: node.id.clone(), group, into }];
        if let (true, Some(fan_in)) = (is_empty, node.first_fan_in) {
            events.extend(self.join_nothing(fan_in, group));
        }
        events
    }

    fn copies(&self, ball: &Ball, node: &PlanNode, first: bool) -> Result<Vec<Child>, Failure> {
        let shaped = self.shaped(ball, node)?;
        let payload = shaped.as_ref().unwrap_or(&ball.payload);
        let mut wires = self.holding(ball, payload, node, first)?;
        if first {
            wires.truncate(1);
        }
        if wires.is_empty() {
            return Err(no_wire(node));
        }
        let mut children = Vec::with_capacity(wires.len());
        self.add_children(&wires, shaped.as_ref(), &mut children)?;
        Ok(children)
    }

    fn elements(&self, ball: &Ball, node: &PlanNode, list: &Program) -> Result<Vec<Child>, Failure> {
        let listed = match self.guess_size(list) {
            Some(n) => Value::Array(vec![Value::Null; n]),
            None => self.eval(list, ball, &ball.payload)?,
        };
        let elements = match listed {
            Value::Array(elements) => elements,
            other => {
                let message = format!("each wants a list, and got {}", kind_of(&other));
                return Err(Failure::new(Code::InvalidArgument, message));
            }
        };
        let mut children = Vec::with_capacity(elements.len());
        for element in elements {
            let element = Payload::from(element);
            let shaped = match &node.with {
                Some(with) => Payload::from(self.eval(with, ball, &element)?),
                None => element,
            };
            let wires = self.holding(ball, &shaped, node, false)?;
            if wires.is_empty() {
                return Err(no_wire(node));
            }
            self.add_children(&wires, Some(&shaped), &mut children)?;
        }
        Ok(children)
    }

    fn add_children(&self, wires: &[u32], payload: Option<&Payload>, into: &mut Vec<Child>) -> Result<(), Failure> {
        let limit = self.plan.limits.balls;
        if self.state.balls.len() + into.len() + wires.len() > limit {
            let message = format!("more than {limit} balls would be in play at once");
            return Err(Failure::new(Code::ResourceExhausted, message));
        }
        for &wire in wires {
            let name = &self.plan.wire(wire).name;
            let ball = BallId(self.state.next_ball + u32::try_from(into.len()).unwrap_or(u32::MAX));
            into.push(Child { ball, to: name.to.clone(), nth: name.nth, payload: payload.cloned() });
        }
        Ok(())
    }

    fn fail(&self, id: BallId, ball: &Ball, node: &PlanNode, failure: &Failure, timed_out: bool) -> Vec<Event> {
        let wire = if timed_out { node.on_timeout.or(node.on_error) } else { node.on_error };
        let Some(wire) = wire else { return self.lose(id, ball, node, failure) };
        let mut error = json!({"code": failure.code.name(), "message": failure.message, "node": node.id.as_str()});
        if let Some(reason) = failure.reason() {
            error["reason"] = reason.into();
        }
        let payload = json!({"error": error, "input": *ball.payload.to_json()});
        let wire = self.plan.wire(wire).name.clone();
        vec![Event::Moved { ball: id, wire, payload: Some(Payload::from(payload)) }]
    }

    /// A ball without an `on error` wire is lost if others may do instead, else the run fails.
    fn lose(&self, id: BallId, ball: &Ball, node: &PlanNode, failure: &Failure) -> Vec<Event> {
        let (_, fan_ins) = self.state.nearest_fan_ins(&self.plan, ball);
        let others_may_do = fan_ins.iter().any(|&fan_in| self.plan.node(fan_in).policy() != Policy::All);
        if others_may_do {
            let reason = failure.to_string();
            vec![Event::Lost { ball: id, node: node.id.clone(), reason }]
        } else {
            self.fail_run(id, node, failure.clone())
        }
    }

    fn fail_run(&self, id: BallId, node: &PlanNode, failure: Failure) -> Vec<Event> {
        let reason = format!("{}: {}", failure.code, failure.message);
        let mut events = vec![Event::Lost { ball: id, node: node.id.clone(), reason }];
        let outcome = Outcome::Failed { node: Some(node.id.clone()), failure };
        self.end(outcome, Some(id), &format!("the run has failed at {}", node.id), &mut events);
        events
    }

    /// What `with` makes of the ball, if the node has one.
    pub(super) fn shaped(&self, ball: &Ball, node: &PlanNode) -> Result<Option<Payload>, Failure> {
        node.with.as_ref().map(|with| self.eval(with, ball, &ball.payload).map(Payload::from)).transpose()
    }

    fn eval(&self, program: &Program, ball: &Ball, payload: &Payload) -> Result<Value, Failure> {
        if self.guesses(program) {
            return Ok(Value::Null);
        }
        self.with_vars(program, ball, payload, |vars| program.eval(vars))
    }

    fn eval_guard(&self, program: &Program, ball: &Ball, payload: &Payload) -> Result<bool, Failure> {
        if let Some(guess) = self.guess(program) {
            return Ok(guess);
        }
        self.with_vars(program, ball, payload, |vars| program.eval_bool(vars))
    }

    fn with_vars<T>(
        &self,
        program: &Program,
        ball: &Ball,
        payload: &Payload,
        eval: impl FnOnce(&Vars<'_>) -> Result<T, EvalError>,
    ) -> Result<T, Failure> {
        let strange = |what: &str, payload: &Payload| match payload {
            Payload::Opaque(opaque) => Some(format!(
                "the {what} is a {}, which an expression cannot look into: let it be JSON, or leave the expression out",
                opaque.type_url
            )),
            Payload::Json(_) | Payload::Text(_) => None,
        };
        let asks_ball = program.uses(Var::Ball) || program.uses(Var::Balls);
        let asked = ball.signal.as_ref().filter(|_| program.uses(Var::Signal));
        let strange_ball = asks_ball.then(|| strange("ball", payload)).flatten();
        if let Some(message) = strange_ball.or_else(|| strange("signal", asked?)) {
            return Err(Failure::new(Code::InvalidArgument, message));
        }
        let null = Arc::new(Value::Null);
        let value = payload.as_json().unwrap_or(&null);
        let signal = ball.signal.as_ref().map(Payload::to_json);
        let is_fan_in = matches!(self.plan.node(ball.node).kind, Kind::FanIn(_));
        let Some(run) = &self.state.vars else {
            return Err(Failure::new(Code::Internal, "the run has not started"));
        };
        let vars = Vars {
            ball: value,
            signal: signal.as_deref(),
            run,
            error: ball.error.as_deref(),
            balls: is_fan_in.then_some(&**value),
        };
        eval(&vars).map_err(|error| Failure::new(Code::InvalidArgument, error.message))
    }
}

impl PlanNode {
    /// Of a fan-in; anything else joins nothing and counts as `all`.
    pub(super) const fn policy(&self) -> Policy {
        match self.kind {
            Kind::FanIn(policy) => policy,
            _ => Policy::All,
        }
    }
}

pub(super) fn node_failed(ball: BallId, node: &PlanNode, failure: Failure) -> Event {
    Event::NodeFailed { ball, node: node.id.clone(), failure, timed_out: false }
}

fn no_wire(node: &PlanNode) -> Failure {
    let message = format!("no wire out of {} takes the ball: add a wire with `otherwise`", node.id);
    Failure::new(Code::FailedPrecondition, message)
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
