//! A seeded world around a run: targets that answer late, twice, wrongly or never, signals, workers that die, time.
//!
//! The same seed gives the same journal. Must never: read a clock; all time here is made up.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Effect, Input, Run, effect_of};
use crate::base::{BallId, RunId, RunMicros};
use crate::event::{Answer, Code, Failure, Payload, Recorded, Started};
use crate::plan::{Catalog, PinError, Plan};

/// A small generator of even randomness (`SplitMix64`), for simulations only.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from 0 up to, not including, `end`; 0 if `end` is 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.next() % end }
    }

    /// True `per_mille` times in a thousand.
    pub const fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }
}

/// How the world misbehaves, in thousandths of all answers.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// The answer never comes.
    pub lost: u64,
    /// The answer comes twice.
    pub doubled: u64,
    /// An answer that another attempt may mend.
    pub unavailable: u64,
    /// An answer that nothing mends.
    pub refused: u64,
    /// The worker that caught a ball dies.
    pub dropped: u64,
    /// The longest time to an answer.
    pub delay_micros: u64,
    /// How often a signal that a ball waits for comes at all.
    pub signalled: u64,
}

impl Faults {
    pub const NONE: Self =
        Self { lost: 0, doubled: 0, unavailable: 0, refused: 0, dropped: 0, delay_micros: 50_000, signalled: 1000 };
    pub const MANY: Self = Self {
        lost: 60,
        doubled: 150,
        unavailable: 150,
        refused: 60,
        dropped: 200,
        delay_micros: 3_000_000,
        signalled: 800,
    };
}

/// What is around a run.
pub trait World {
    /// What comes of an effect that begins at `now`: inputs, and after how many microseconds each comes.
    fn begin(&mut self, now: RunMicros, effect: Effect, coming: &mut Vec<(u64, Input)>);

    /// Spreads attempts that failed together, 0 to 65535.
    fn jitter(&mut self) -> u16 {
        0
    }
}

/// A run and its world, on simulated time.
#[derive(Clone, Debug)]
pub struct Sim<W = Chance> {
    pub run: Run,
    pub journal: Vec<Recorded>,
    /// `journal.len()` after each input: where a crash may cut the journal.
    pub commits: Vec<usize>,
    pub world: W,
    now: RunMicros,
    n_sent: u64,
    /// Inputs on their way, by the time of their coming and their order.
    coming: BTreeMap<(RunMicros, u64), Input>,
}

impl Sim {
    /// Starts a run of `plan` with `input` in a world of chance.
    ///
    /// # Errors
    /// No known version meets a requirement of the plan.
    pub fn start(plan: Arc<Plan>, input: Value, seed: u64, faults: Faults) -> Result<Self, PinError> {
        let id = RunId::new(format!("sim-{seed:016x}"));
        let pins = plan.pin(&Catalog::default(), &id)?;
        let entry = if plan.snap().is_some() { None } else { plan.triggers().next().map(|(id, _)| id.clone()) };
        let formation = plan.formation.as_ref().map(|formation| formation.name.to_string());
        let named = Started::new(id, plan.play.clone());
        let started =
            Box::new(Started { input: input.into(), started_ms: 1_800_000_000_000, pins, formation, ..named });
        let start = Input::Start { started, entry, within: None };
        Ok(Self::with_world(plan, &start, Chance { rng: Rng::new(seed), faults, n_signals: 0 }))
    }
}

impl<W: World> Sim<W> {
    /// Starts a run of `plan`; `start` is its first input.
    pub fn with_world(plan: Arc<Plan>, start: &Input, world: W) -> Self {
        let mut sim = Self {
            run: Run::new(plan),
            journal: Vec::new(),
            commits: Vec::new(),
            world,
            now: RunMicros(0),
            n_sent: 0,
            coming: BTreeMap::new(),
        };
        sim.give(start);
        sim
    }

    /// Lets the next thing happen; false once nothing can.
    pub fn step(&mut self) -> bool {
        if self.run.is_finished() {
            return false;
        }
        let next = self.coming.first_key_value().map(|((at, _), _)| *at);
        let deadline = self.run.next_deadline();
        match (next, deadline) {
            (Some(at), deadline) if deadline.is_none_or(|deadline| at <= deadline) => {
                self.now = self.now.max(at);
                if let Some((_, input)) = self.coming.pop_first() {
                    self.give(&input);
                }
            }
            (_, Some(deadline)) => {
                self.now = self.now.max(deadline);
                let jitter = self.world.jitter();
                self.give(&Input::Tick { jitter });
            }
            (_, None) => return false,
        }
        true
    }

    /// Up to `max_steps` steps. True if the run has ended or nothing more can happen.
    pub fn run_out(&mut self, max_steps: usize) -> bool {
        (0..max_steps).any(|_| !self.step())
    }

    /// Gives the run an input now and starts what it asks for.
    pub fn give(&mut self, input: &Input) {
        let from = self.journal.len();
        self.run.advance(self.now, input, &mut self.journal);
        self.commits.push(self.journal.len());
        let effects: Vec<Effect> =
            self.journal[from..].iter().filter_map(|recorded| effect_of(&recorded.event)).collect();
        for effect in effects {
            self.begin(effect);
        }
    }

    /// Lets an input come after so many microseconds.
    pub fn send(&mut self, delay: u64, input: Input) {
        self.n_sent += 1;
        self.coming.insert((self.now.plus(delay), self.n_sent), input);
    }

    /// Forgets the run, as a crash does, and folds it again from its journal; what it is owed begins anew.
    pub fn crash(&mut self) {
        let mut run = Run::new(Arc::clone(self.run.plan()));
        for recorded in &self.journal {
            run.evolve(recorded);
        }
        self.run = run;
        self.coming.clear();
        for (ball, attempt, worker) in self.run.caught() {
            self.give(&Input::Dropped { ball, attempt, worker });
        }
        for effect in self.run.owed() {
            self.begin(effect);
        }
    }

    fn begin(&mut self, effect: Effect) {
        let mut coming = Vec::new();
        self.world.begin(self.now, effect, &mut coming);
        for (delay, input) in coming {
            self.send(delay, input);
        }
    }
}

/// A world that does what its seed and its faults say.
#[derive(Clone, Debug)]
pub struct Chance {
    rng: Rng,
    faults: Faults,
    n_signals: u64,
}

impl World for Chance {
    fn begin(&mut self, _: RunMicros, effect: Effect, coming: &mut Vec<(u64, Input)>) {
        match effect {
            Effect::Call { ball, attempt, node, .. } => self.answer(ball, attempt, &node, 0, coming),
            Effect::Offer { ball, attempt, node, .. } => {
                let caught = self.rng.below(self.faults.delay_micros);
                let worker = format!("worker-{}", self.rng.below(3));
                coming.push((caught, Input::Caught { ball, attempt, worker: worker.clone() }));
                if self.rng.chance(self.faults.dropped) {
                    let dropped = caught + 1 + self.rng.below(self.faults.delay_micros);
                    coming.push((dropped, Input::Dropped { ball, attempt, worker }));
                } else {
                    self.answer(ball, attempt, &node, caught + 1, coming);
                }
            }
            Effect::Listen { ball, name, key, .. } => {
                if self.rng.chance(self.faults.signalled) {
                    let payload = Payload::from(json!({"name": name, "n": self.rng.below(10)}));
                    self.n_signals += 1;
                    let signal = Input::Signal { id: format!("for-{ball}-{}", self.n_signals), name, key, payload };
                    let delay = self.rng.below(self.faults.delay_micros);
                    if self.rng.chance(self.faults.doubled) {
                        coming.push((delay + 1, signal.clone()));
                    }
                    coming.push((delay, signal));
                }
            }
            // Answers that were called off may come all the same.
            Effect::CallOff { .. } | Effect::Finish => {}
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "below 65,536")]
    fn jitter(&mut self) -> u16 {
        self.rng.below(65_536) as u16
    }
}

impl Chance {
    fn answer(&mut self, ball: BallId, attempt: u32, node: &str, after: u64, coming: &mut Vec<(u64, Input)>) {
        if self.rng.chance(self.faults.lost) {
            return;
        }
        let result = if self.rng.chance(self.faults.unavailable) {
            Err(Failure::new(Code::Unavailable, "out of order"))
        } else if self.rng.chance(self.faults.refused) {
            Err(Failure::new(Code::InvalidArgument, "refused"))
        } else {
            let n = self.rng.below(10);
            let items: Vec<u64> = (0..self.rng.below(4)).collect();
            Ok(Answer::from(json!({"by": node, "n": n, "items": items})))
        };
        let answer = Input::Answer { ball, attempt, result, jitter: self.jitter() };
        let delay = after + self.rng.below(self.faults.delay_micros);
        if self.rng.chance(self.faults.doubled) {
            coming.push((delay + self.faults.delay_micros / 2, answer.clone()));
        }
        coming.push((delay, answer));
    }
}
