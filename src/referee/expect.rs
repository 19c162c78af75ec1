//! What a scenario expects, beside what came.

use std::fmt;

use serde_json::Value;

use super::mocks::Given;
use crate::base::NodeId;
use crate::engine::{BallAt, Run};
use crate::event::{Event, Outcome, ParkedOn, Payload, Recorded};
use crate::play::{self, Expect, Scenario, Step};

/// Something that was expected and did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The step of the scenario that wanted it.
    pub step: Option<usize>,
    /// Where it came otherwise.
    pub node: Option<NodeId>,
    /// Empty where the scenario could not be played at all.
    pub wanted: String,
    pub came: String,
}

impl Miss {
    /// Why the scenario could not be played.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self { step: None, node: None, wanted: String::new(), came: message.into() }
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wanted.is_empty() {
            f.write_str(&self.came)
        } else {
            write!(f, "expected {}: {}", self.wanted, self.came)
        }
    }
}

/// What the scenario expects and the run has not done. Unless it expects a failure or a wait, it expects a pass.
pub(super) fn misses(scenario: &Scenario, run: &Run, journal: &[Recorded]) -> Vec<Miss> {
    let expects = || {
        scenario.steps.iter().enumerate().filter_map(|(n, step)| match step {
            Step::Expect(expect) => Some((n, expect)),
            _ => None,
        })
    };
    let court = Court { run, journal };
    let mut misses: Vec<Miss> =
        expects().filter_map(|(n, expect)| Some(Miss { step: Some(n), ..court.miss(expect)? })).collect();
    let says_end = |expect: &Expect| matches!(expect, Expect::Pass(_) | Expect::Fail { .. } | Expect::Parked(_));
    if !expects().any(|(_, expect)| says_end(expect))
        && let Some(miss) = court.miss(&Expect::Pass(None))
        && misses.is_empty()
    {
        misses.push(miss);
    }
    misses
}

struct Court<'r> {
    run: &'r Run,
    journal: &'r [Recorded],
}

impl Court<'_> {
    fn miss(&self, expect: &Expect) -> Option<Miss> {
        let outcome = self.run.outcome();
        match expect {
            Expect::Pass(wanted) => match outcome {
                Some(Outcome::Passed { node, .. }) if wanted.as_ref().is_none_or(|wanted| wanted == node) => None,
                _ => {
                    let wanted = wanted.as_ref().map_or("a pass".to_owned(), |node| format!("a pass at {node}"));
                    Some(self.otherwise(wanted))
                }
            },
            Expect::Fail { node: at, said } => {
                let as_wanted = matches!(outcome, Some(Outcome::Failed { node, failure })
                if at.as_ref().is_none_or(|at| Some(at) == node.as_ref())
                    && said.as_ref().is_none_or(|said| {
                        failure.code.name() == said || failure.to_string().contains(said.as_str())
                    }));
                if as_wanted {
                    return None;
                }
                let mut wanted = "a failure".to_owned();
                if let Some(node) = at {
                    wanted += " at ";
                    wanted += node;
                }
                if let Some(said) = said {
                    wanted += " with \"";
                    wanted += said;
                    wanted.push('"');
                }
                Some(self.otherwise(wanted))
            }
            Expect::Result(given) => match outcome {
                Some(Outcome::Passed { node, payload, .. }) => {
                    let why = unlike(given, payload)?;
                    Some(Miss {
                        step: None,
                        node: Some(node.clone()),
                        wanted: format!("the result {}", given.0),
                        came: why,
                    })
                }
                _ => Some(self.otherwise(format!("the result {}", given.0))),
            },
            Expect::Visited { node, times } => {
                let came = self.n_visits(node);
                let as_wanted = times.map_or(came > 0, |times| came == times as usize);
                if as_wanted {
                    return None;
                }
                let wanted = match times {
                    Some(times) => format!("{} at {node}", balls(*times as usize)),
                    None => format!("a ball at {node}"),
                };
                Some(Miss { node: Some(node.clone()), ..self.saw(wanted, came) })
            }
            Expect::Not(node) => {
                let came = self.n_visits(node);
                (came > 0).then(|| Miss { node: Some(node.clone()), ..self.saw(format!("no ball at {node}"), came) })
            }
            Expect::Sent { node, value } => self.sent(node, value),
            Expect::Within(dur) => {
                let took = self.journal.last().map_or(0, |recorded| recorded.at.0);
                (took > dur.as_micros()).then(|| Miss {
                    step: None,
                    node: None,
                    wanted: format!("the end within {dur}"),
                    came: format!("it took {}", duration(took)),
                })
            }
            Expect::Parked(node) => {
                let waits = |at: &BallAt| matches!(at, BallAt::Parked { .. } | BallAt::Offered { .. });
                let is_there = self.run.balls().any(|(_, ball)| waits(&ball.at) && self.run.node_of(ball) == node);
                (!is_there).then(|| self.otherwise(format!("a ball that waits at {node}")))
            }
        }
    }

    fn otherwise(&self, wanted: String) -> Miss {
        let node = match self.run.outcome() {
            Some(Outcome::Passed { node, .. } | Outcome::Failed { node: Some(node), .. }) => Some(node.clone()),
            _ => self.run.balls().next().map(|(_, ball)| self.run.node_of(ball).clone()),
        };
        Miss { step: None, node, wanted, came: how_it_stands(self.run) }
    }

    fn saw(&self, wanted: String, came: usize) -> Miss {
        let end = how_it_stands(self.run);
        let came = if came == 0 { "none came".to_owned() } else { format!("{} came", balls(came)) };
        Miss { step: None, node: None, wanted, came: format!("{came}; {end}") }
    }

    /// Balls that came to the node.
    fn n_visits(&self, node: &str) -> usize {
        self.journal.iter().map(|recorded| arrivals(&recorded.event).filter(|to| to.as_str() == node).count()).sum()
    }

    fn sent(&self, node: &NodeId, wanted: &play::Given) -> Option<Miss> {
        let sent = self.journal.iter().filter_map(|recorded| match &recorded.event {
            Event::Called { node: at, payload, .. }
            | Event::Parked { node: at, on: ParkedOn::Worker { payload, .. }, .. } => (at == node).then_some(payload),
            _ => None,
        });
        let mut why = None;
        for payload in sent {
            match unlike(wanted, payload) {
                None => return None,
                Some(other) => why = Some(other),
            }
        }
        let came = why.unwrap_or_else(|| format!("nothing was; {}", how_it_stands(self.run)));
        Some(Miss { step: None, node: Some(node.clone()), wanted: format!("{} sent to {node}", wanted.0), came })
    }
}

/// The nodes that a ball comes to by the event.
pub(super) fn arrivals(event: &Event) -> impl Iterator<Item = &NodeId> {
    let (one, many) = match event {
        Event::Snapped { node, .. } => (Some(node), &[][..]),
        Event::Moved { wire, .. } => (Some(&wire.to), &[][..]),
        Event::Split { into, .. } => (None, into.as_slice()),
        _ => (None, &[][..]),
    };
    one.into_iter().chain(many.iter().map(|child| &child.to))
}

/// Why the payload is not as wanted.
fn unlike(wanted: &play::Given, payload: &Payload) -> Option<String> {
    let ball = payload.to_json();
    let is_condition = wanted.expr().is_some();
    match Given::new(wanted).and_then(|given| given.value(&ball)) {
        Err(message) => Some(message),
        Ok(Value::Bool(true)) if is_condition => None,
        Ok(Value::Bool(false)) if is_condition => Some(format!("that is not so of {}", short(&ball))),
        Ok(other) if is_condition => Some(format!("a condition is true or false, and this is {}", short(&other))),
        Ok(value) if same(&value, &ball) => None,
        Ok(_) => Some(format!("it was {}", short(&ball))),
    }
}

/// Whether two values are the same; 1 and 1.0 are.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| one.total_cmp(&other).is_eq())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let has = |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| same(value, other));
            one.len() == other.len() && one.iter().all(has)
        }
        _ => one == other,
    }
}

/// How a run ended, or what it waits for.
pub(super) fn how_it_stands(run: &Run) -> String {
    match run.outcome() {
        Some(Outcome::Passed { node, payload, .. }) => {
            format!("it passed at {node} with {}", short(&payload.to_json()))
        }
        Some(Outcome::Failed { node: Some(node), failure }) => format!("it failed at {node} with {failure}"),
        Some(Outcome::Failed { node: None, failure }) => format!("it failed with {failure}"),
        Some(Outcome::Cancelled { reason }) => format!("it was cancelled: {reason}"),
        None => {
            let waits = run.balls().map(|(_, ball)| match &ball.at {
                BallAt::Parked { name, .. } => format!("waits at {} for the signal \"{name}\"", run.node_of(ball)),
                BallAt::Offered { to, .. } => format!("waits at {} for a worker of {to}", run.node_of(ball)),
                _ => format!("is at {}", run.node_of(ball)),
            });
            let waits: Vec<String> = waits.take(3).collect();
            if waits.is_empty() {
                "it has not ended".to_owned()
            } else {
                format!("a ball {}", waits.join(", another "))
            }
        }
    }
}

fn balls(n: usize) -> String {
    if n == 1 { "1 ball".to_owned() } else { format!("{n} balls") }
}

/// Microseconds as a person reads them.
pub fn duration(micros: u64) -> String {
    match micros {
        0..1000 => format!("{micros} µs"),
        1000..1_000_000 => format!("{} ms", micros / 1000),
        _ => {
            let tenths = micros / 100_000;
            if tenths.is_multiple_of(10) {
                format!("{} s", tenths / 10)
            } else {
                format!("{}.{} s", tenths / 10, tenths % 10)
            }
        }
    }
}

/// A value on one line, cut where nobody reads on.
fn short(value: &Value) -> String {
    const MOST: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
