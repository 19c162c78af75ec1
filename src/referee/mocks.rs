//! The world of a scenario: who answers, when, and which signals come.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{MAX_STEPS, Miss, Referee};
use crate::base::{Coord, Dur, NodeId, RunId, RunMicros};
use crate::demo;
use crate::engine::sim::World;
use crate::engine::{Effect, Input};
use crate::event::{Answer, Code, Failure, Headers, Outcome, Payload};
use crate::expr::{Program, RunVars, Vars};
use crate::plan::{Kind, Plan};
use crate::play::{self, Document, Gives, Scenario, SignalTo, Step, Via};

/// A value of a scenario, ready to be used.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Fixed(Value),
    Of(Program),
}

impl Given {
    /// # Errors
    /// It is no JSON and no expression, in words.
    pub fn new(given: &play::Given) -> Result<Self, String> {
        if given.expr().is_none()
            && let Ok(value) = serde_json::from_str(&given.0)
        {
            return Ok(Self::Fixed(value));
        }
        Program::compile(given.source()).map(Self::Of).map_err(|bad| format!("cannot read {}: {bad}", given.0))
    }

    /// # Errors
    /// It has no value for that ball, in words.
    pub fn value(&self, ball: &Value) -> Result<Value, String> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Of(program) => {
                let run = RunVars { id: RunId::from("scenario"), play: String::new(), started_ms: super::STARTED_MS };
                let vars = Vars { ball, signal: None, run: &run, error: None, balls: None };
                program.eval(&vars).map_err(|error| format!("({}): {error}", program.source()))
            }
        }
    }
}

/// Who stands for the targets of one run, and the signals that are not sent yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Cast {
    pub input: Payload,
    pub steps: u32,
    nodes: BTreeMap<NodeId, Role>,
    signals: Vec<Signal>,
}

/// What stands for the target of one node.
#[derive(Clone, Debug, Default)]
struct Role {
    takes: Option<Dur>,
    waits: Option<Dur>,
    acts: Vec<Act>,
}

#[derive(Clone, Debug)]
struct Act {
    takes: Option<Dur>,
    waits: Option<Dur>,
    does: Does,
    left: Option<u32>,
}

#[derive(Clone, Debug)]
enum Does {
    Own,
    Answer(Given),
    Fail(Failure),
}

#[derive(Clone, Debug)]
struct Signal {
    name: String,
    node: Option<NodeId>,
    payload: Payload,
    at: Option<Dur>,
    id: String,
}

impl Cast {
    /// # Errors
    /// A value that cannot be read, or a signal of a node that is none.
    pub fn of(scenario: &Scenario, plan: &Plan) -> Result<Self, Miss> {
        let mut cast = Self { steps: MAX_STEPS, ..Self::default() };
        for (n, step) in scenario.steps.iter().enumerate() {
            cast.take(n, step, plan).map_err(|message| Miss { step: Some(n), ..Miss::whole(message) })?;
        }
        Ok(cast)
    }

    fn take(&mut self, n: usize, step: &Step, plan: &Plan) -> Result<(), String> {
        let constant = |given: &play::Given| Given::new(given)?.value(&Value::Null).map(Payload::from);
        match step {
            Step::Input(given) => self.input = constant(given)?,
            Step::Mock(mock) => {
                let role = self.nodes.entry(mock.node.clone()).or_default();
                let does = match &mock.gives {
                    Gives::Own if mock.times.is_none() => {
                        role.takes = mock.takes.or(role.takes);
                        role.waits = mock.waits.or(role.waits);
                        return Ok(());
                    }
                    Gives::Own => Does::Own,
                    Gives::Answer(given) => Does::Answer(Given::new(given)?),
                    Gives::Failure(said) => Does::Fail(failure(said)),
                };
                role.acts.push(Act { takes: mock.takes, waits: mock.waits, does, left: mock.times });
            }
            Step::Signal(sent) => {
                let (name, node) = match &sent.to {
                    SignalTo::Name(name) => (name.clone(), None),
                    SignalTo::Node(node) => match plan.find(node).map(|node| &plan.node(node).kind) {
                        Some(Kind::WaitForSignal { name }) => (name.to_string(), Some(node.clone())),
                        _ => return Err(format!("'{node}' waits for no signal")),
                    },
                };
                let payload = sent.payload.as_ref().map(constant).transpose()?.unwrap_or_default();
                self.signals.push(Signal { name, node, payload, at: sent.at, id: format!("step {}", n + 1) });
            }
            Step::Expect(_) => {}
        }
        Ok(())
    }

    /// Takes the first signal that starts a run.
    pub fn take_trigger(&mut self, plan: &Plan) -> Option<(NodeId, Payload)> {
        let trigger = |signal: &Signal| {
            let fits = |(node, name): &(&NodeId, &str)| {
                *name == signal.name && signal.node.as_ref().is_none_or(|of| of == *node)
            };
            plan.triggers().find(fits).map(|(node, _)| node.clone())
        };
        let (at, node) = self.signals.iter().enumerate().find_map(|(n, signal)| Some((n, trigger(signal)?)))?;
        Some((node, self.signals.remove(at).payload))
    }
}

/// `CODE`, `CODE: message` or a message alone, which is `UNKNOWN`: no other attempt mends that.
fn failure(said: &str) -> Failure {
    let (word, rest) = said.split_once(':').unwrap_or((said, ""));
    match Code::ALL.into_iter().find(|code| code.name() == word.trim()) {
        Some(code) if rest.trim().is_empty() => Failure::new(code, "as the scenario says"),
        Some(code) => Failure::new(code, rest.trim()),
        None => Failure::new(Code::Unknown, said),
    }
}

/// A run's world.
#[derive(Clone, Debug)]
pub(super) struct Stage<'d> {
    doc: &'d Document,
    referee: Referee<'d>,
    cast: Cast,
    pub steps_left: u32,
    /// Who was called without an answer to give.
    pub missing: Option<Miss>,
}

/// What a target gives, and after how many microseconds.
type Timed = (u64, Result<Answer, Failure>);

impl<'d> Stage<'d> {
    pub fn new(doc: &'d Document, referee: Referee<'d>, cast: Cast) -> Self {
        let steps_left = cast.steps;
        Self { doc, referee, cast, steps_left, missing: None }
    }

    /// Those that come at a time, with that time.
    pub fn timed_signals(&self) -> Vec<(u64, Input)> {
        let timed = |signal: &Signal| Some((signal.at?.as_micros(), signal.input()));
        self.cast.signals.iter().filter_map(timed).collect()
    }

    /// The mock of an attempt, and how long a worker is waited for.
    fn act(&mut self, node: &NodeId) -> (Option<Act>, Option<Dur>, Option<Dur>) {
        let Some(role) = self.cast.nodes.get_mut(node) else { return (None, None, None) };
        let act = role.acts.iter_mut().find(|act| act.left != Some(0)).map(|act| {
            act.left = act.left.map(|left| left - 1);
            act.clone()
        });
        let takes = act.as_ref().and_then(|act| act.takes).or(role.takes);
        let waits = act.as_ref().and_then(|act| act.waits).or(role.waits);
        (act, takes, waits)
    }

    fn answer(&mut self, act: Option<Act>, takes: Option<Dur>, call: &Call<'_>) -> Timed {
        let after = takes.map(Dur::as_micros);
        match act.map(|act| act.does) {
            Some(Does::Answer(given)) => match given.value(&call.payload.to_json()) {
                Ok(value) => (after.unwrap_or(0), Ok(Answer::from(value))),
                Err(message) => self.lacks(Miss { node: Some(call.node.clone()), ..Miss::whole(message) }),
            },
            Some(Does::Fail(failure)) => (after.unwrap_or(0), Err(failure)),
            Some(Does::Own) | None => {
                let (own, result) = self.own_answer(call);
                (after.unwrap_or(own), result)
            }
        }
    }

    /// What the target itself gives: a play of the file, or a method of the demo.
    fn own_answer(&mut self, call: &Call<'_>) -> Timed {
        let plan = &self.referee.plan;
        let binding = plan.binding(call.to);
        let own = self.doc.plays().find(|(_, play)| play.coord == *call.to).map(|(item, _)| item);
        if let (Some(item), None) = (own, binding) {
            let name = format!("{} of {}", call.node, self.referee.plan.play);
            let nested = self.referee.clone().nested(item, call.payload, &name, &mut self.steps_left);
            return match nested {
                Ok((Outcome::Passed { payload, headers, .. }, took)) => (took, Ok(Answer { payload, headers })),
                Ok((Outcome::Failed { failure, .. }, took)) => (took, Err(failure)),
                Ok((Outcome::Cancelled { reason }, took)) => (took, Err(Failure::new(Code::Cancelled, reason))),
                Err(why) => self.lacks(call.missing(&format!("which is a play of this file, and {why}"))),
            };
        }
        let by = match (&plan.formation, binding) {
            (None, _) => None,
            (Some(_), Some(binding)) if binding.via == Via::Builtin => None,
            (Some(formation), Some(binding)) => {
                Some(format!("which {} reaches by {}", formation.name, binding.via.keyword()))
            }
            (Some(formation), None) => Some(format!("which {} does not bind", formation.name)),
        };
        if let Some(by) = by {
            return self.lacks(call.missing(&by));
        }
        let Some(method) = demo::of(call.to) else {
            return self.lacks(call.missing("which no built-in worker has"));
        };
        let luck = demo::luck("scenario", call.node, call.visit);
        let result = method.answer(call.payload, call.attempt, luck);
        let takes = u64::try_from(method.takes(call.payload).as_micros()).unwrap_or(u64::MAX);
        (takes, result.map(|payload| Answer { payload, headers: Headers::default() }))
    }

    fn lacks(&mut self, miss: Miss) -> Timed {
        let failure = Failure::new(Code::Unimplemented, miss.to_string());
        self.missing.get_or_insert(miss);
        (0, Err(failure))
    }
}

/// An attempt that wants an answer.
struct Call<'c> {
    node: &'c NodeId,
    to: &'c Coord,
    payload: &'c Payload,
    attempt: u32,
    visit: u32,
}

impl Call<'_> {
    fn missing(&self, why: &str) -> Miss {
        let Self { node, to, .. } = self;
        let message = format!("'{node}' sends to {to}, {why}: add '{node} answers {{…}}' to the scenario");
        Miss { node: Some((*node).clone()), ..Miss::whole(message) }
    }
}

impl Signal {
    fn input(&self) -> Input {
        Input::Signal { id: self.id.clone(), name: self.name.clone(), key: None, payload: self.payload.clone() }
    }
}

impl World for Stage<'_> {
    fn begin(&mut self, _: RunMicros, effect: Effect, coming: &mut Vec<(u64, Input)>) {
        match effect {
            Effect::Call { ball, node, attempt, visit, to, payload, .. } => {
                let (act, takes, _) = self.act(&node);
                let call = Call { node: &node, to: &to, payload: &payload, attempt, visit };
                let (after, result) = self.answer(act, takes, &call);
                coming.push((after, Input::Answer { ball, attempt, result, jitter: 0 }));
            }
            Effect::Offer { ball, node, attempt, visit, to, payload } => {
                let (act, takes, waits) = self.act(&node);
                let own = || u64::try_from(demo::ready_after(&to).as_micros()).unwrap_or(u64::MAX);
                let ready = match (waits, &act) {
                    (Some(waits), _) => waits.as_micros(),
                    (None, Some(Act { does: Does::Answer(_) | Does::Fail(_), .. })) => 0,
                    (None, _) => own(),
                };
                let call = Call { node: &node, to: &to, payload: &payload, attempt, visit };
                let (after, result) = self.answer(act, takes, &call);
                coming.push((ready, Input::Caught { ball, attempt, worker: "a worker".to_owned() }));
                coming.push((ready.saturating_add(after), Input::Answer { ball, attempt, result, jitter: 0 }));
            }
            Effect::Listen { node, name, .. } => {
                let fits = |signal: &Signal| {
                    signal.at.is_none() && signal.name == name && signal.node.as_ref().is_none_or(|of| *of == node)
                };
                if let Some(at) = self.cast.signals.iter().position(fits) {
                    coming.push((0, self.cast.signals.remove(at).input()));
                }
            }
            Effect::CallOff { .. } | Effect::Finish => {}
        }
    }
}
