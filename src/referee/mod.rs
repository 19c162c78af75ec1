//! The referee: whether a play does what its scenarios say, and what it can and cannot do at all.
//!
//! A scenario is a run of the engine's simulator in a world of mocks; the model checker explores the same engine with
//! every answer that could come. Both give the events of a run, which play like a recording. Must never: call anything,
//! read a clock, say more than it has seen. Start reading at [`Referee::judge`] and [`deep()`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod coverage;
mod deep;
mod expect;
mod junit;
mod mocks;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::base::RunId;
use crate::engine::Input;
use crate::engine::sim::Sim;
use crate::event::{Outcome, Payload, Recorded, Started};
use crate::plan::{BadPlan, Catalog, PinError, Plan};
use crate::play::{Document, Formation, Play, Scenario, Stmt};

pub use coverage::Coverage;
pub use deep::{BUDGET, CODES, Finding, Ruling, deep, deep_within};
pub use expect::{Miss, duration};
pub use junit::{Suite, junit};

use mocks::Cast;

/// Steps of the simulator that one scenario may take, the plays that it calls included: a cycle must not hold it up.
pub const MAX_STEPS: u32 = 50_000;
/// Plays that call each other.
const MAX_DEPTH: u32 = 16;
/// When scenarios start, in unix milliseconds: always the same.
const STARTED_MS: u64 = 1_800_000_000_000;

/// Judges the scenarios of one play.
#[derive(Clone, Debug)]
pub struct Referee<'d> {
    doc: &'d Document,
    item: usize,
    plan: Arc<Plan>,
    depth: u32,
}

/// How a scenario went.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub scenario: String,
    /// The statement of the play.
    pub stmt: usize,
    /// What was expected and did not come. Empty: it passed.
    pub misses: Vec<Miss>,
    /// The run, on simulated time.
    pub journal: Vec<Recorded>,
}

impl Verdict {
    pub fn passed(&self) -> bool {
        self.misses.is_empty()
    }

    /// How long the run took on its own clock, in microseconds.
    pub fn took_us(&self) -> u64 {
        self.journal.last().map_or(0, |recorded| recorded.at.0)
    }
}

/// The scenarios of a play, with their statements, in the order of the text.
pub fn scenarios(play: &Play) -> impl Iterator<Item = (usize, &Scenario)> {
    play.body.iter().enumerate().filter_map(|(stmt, line)| match &line.kind {
        Stmt::Scenario(scenario) => Some((stmt, scenario)),
        _ => None,
    })
}

impl<'d> Referee<'d> {
    /// For the play that is item `item`. Without a formation the built-in workers serve every target.
    ///
    /// # Errors
    /// What keeps the play from running.
    pub fn new(doc: &'d Document, item: usize, formation: Option<&Formation>) -> Result<Self, Vec<BadPlan>> {
        let Some(play) = doc.play(item) else {
            return Err(vec![BadPlan { stmt: None, message: "there is no such play".to_owned() }]);
        };
        Ok(Self { doc, item, plan: Arc::new(Plan::compile(play, formation)?), depth: 0 })
    }

    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Plays each scenario of the play.
    pub fn judge_all(&self) -> Vec<Verdict> {
        let Some(play) = self.doc.play(self.item) else { return Vec::new() };
        scenarios(play).map(|(stmt, scenario)| self.judge(stmt, scenario)).collect()
    }

    /// Plays one scenario of the play: the statement `stmt`.
    pub fn judge(&self, stmt: usize, scenario: &Scenario) -> Verdict {
        let verdict = |misses, journal| Verdict { scenario: scenario.name.clone(), stmt, misses, journal };
        let mut cast = match Cast::of(scenario, &self.plan) {
            Ok(cast) => cast,
            Err(miss) => return verdict(vec![miss], Vec::new()),
        };
        let start = match self.start(&scenario.name, &mut cast) {
            Ok(start) => start,
            Err(miss) => return verdict(vec![miss], Vec::new()),
        };
        let (sim, ran_out) = self.run(&start, cast);
        let misses = match sim.world.missing {
            Some(miss) => vec![miss],
            None if !ran_out => vec![Miss::whole(format!("the run is not over after {MAX_STEPS} steps"))],
            None => expect::misses(scenario, &sim.run, &sim.journal),
        };
        verdict(misses, sim.journal)
    }

    /// The first input: at the snap, or by the first signal that starts a run.
    fn start(&self, name: &str, cast: &mut Cast) -> Result<Input, Miss> {
        let (entry, input) = match self.plan.snap() {
            Some(_) => (None, cast.input.clone()),
            None => match cast.take_trigger(&self.plan) {
                Some((node, payload)) => (Some(node), payload),
                None => {
                    let (node, _) = self.plan.triggers().next().ok_or_else(|| Miss::whole("no run can start"))?;
                    let message = format!("the play has no snap, it starts with a signal: add 'signal {node} {{}}'");
                    return Err(Miss::whole(message));
                }
            },
        };
        let run = RunId::new(format!("scenario {name}"));
        let named = Started::new(run.clone(), self.plan.play.clone());
        let formation = self.plan.formation.as_ref().map(|formation| formation.name.to_string());
        let started = Started { input, started_ms: STARTED_MS, pins: self.pins(&run), formation, ..named };
        Ok(Input::Start { started: Box::new(started), entry, within: None })
    }

    /// The versions of the built-in workers and of the file's own plays, else the text of the requirement: what nobody
    /// knows may have a mock.
    fn pins(&self, run: &RunId) -> Vec<(String, crate::base::Coord)> {
        let mut catalog = Catalog::default();
        for method in crate::demo::builtin_methods() {
            catalog.add(method.image, method.version);
        }
        for (_, play) in self.doc.plays() {
            catalog.add(&play.coord.image, &play.coord.version);
        }
        loop {
            match self.plan.pin(&catalog, run) {
                Ok(pins) => return pins,
                Err(PinError::NoVersion { image, requirement, .. }) => {
                    let version = some_version(&requirement);
                    if catalog.versions(&image).any(|known| known.as_str() == version) {
                        break;
                    }
                    catalog.add(&image, &version);
                }
                Err(PinError::BadVersion(_)) => break,
            }
        }
        let first = |target: &crate::plan::PlanTarget| Some((target.text.clone(), target.choices.first()?.0.clone()));
        self.plan.targets().iter().filter_map(first).collect()
    }

    /// Plays until nothing more can happen; false if that took too long.
    fn run(&self, start: &Input, cast: Cast) -> (Sim<mocks::Stage<'d>>, bool) {
        let stage = mocks::Stage::new(self.doc, self.clone(), cast);
        let timed: Vec<_> = stage.timed_signals();
        let mut sim = Sim::with_world(Arc::clone(&self.plan), start, stage);
        for (at, signal) in timed {
            sim.send(at, signal);
        }
        loop {
            if sim.world.steps_left == 0 {
                return (sim, false);
            }
            sim.world.steps_left -= 1;
            if sim.world.missing.is_some() || !sim.step() {
                return (sim, true);
            }
        }
    }

    /// What a play of the file gives that a node calls: its outcome and how long it took. `None` if it does not end.
    fn nested(&self, item: usize, payload: &Payload, name: &str, steps: &mut u32) -> Result<(Outcome, u64), String> {
        if self.depth + 1 > MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} plays call each other"));
        }
        let formation = self.plan.formation.as_ref();
        let play = self.doc.play(item).ok_or("the play is gone")?;
        let plan = Plan::compile(play, formation).map_err(|errors| errors[0].to_string())?;
        let inner = Self { doc: self.doc, item, plan: Arc::new(plan), depth: self.depth + 1 };
        let mut cast = Cast::default();
        cast.input.clone_from(payload);
        let start = inner.start(name, &mut cast).map_err(|miss| miss.to_string())?;
        cast.steps = *steps;
        let (sim, _) = inner.run(&start, cast);
        *steps = sim.world.steps_left;
        if let Some(miss) = sim.world.missing {
            return Err(miss.to_string());
        }
        let took = sim.journal.last().map_or(0, |recorded| recorded.at.0);
        match sim.run.outcome() {
            Some(outcome) => Ok((outcome.clone(), took)),
            None => Err(format!("its run does not end: {}", expect::how_it_stands(&sim.run))),
        }
    }
}

/// A version that the requirement names.
fn some_version(requirement: &str) -> String {
    let digits = requirement.trim_start_matches(['^', '~', '=', '>', '<', ' ', 'v']);
    let plain: String = digits.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let plain = plain.trim_matches('.');
    if plain.is_empty() { "1".to_owned() } else { plain.to_owned() }
}
