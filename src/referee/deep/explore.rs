//! The search: states of a run by their shape, and what is seen on the way between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHashMap;

use crate::base::{BallId, GroupId, RunId, RunMicros};
use crate::engine::{Ball, BallAt, Input, Oracle, Run};
use crate::event::{Answer, Code, Event, Failure, Outcome, Recorded, Started};
use crate::plan::{Guard, Kind, Plan};
use crate::play::Policy;

/// Time stands still: any timeout may come at any time.
const NOW: RunMicros = RunMicros(0);
/// Hops without a choice after which a state is kept all the same, so that a cycle of them is seen.
const MAX_QUIET: usize = 32;

/// Choices that are made in the place of data.
#[derive(Debug, Default)]
pub(super) struct Script(Mutex<Choices>);

#[derive(Debug, Default)]
struct Choices {
    made: Vec<u8>,
    at: usize,
    /// Among how many each was made.
    among: Vec<u8>,
}

impl Oracle for Script {
    fn choose(&self, n: u32) -> u32 {
        let mut choices = self.choices();
        let at = choices.at;
        choices.at += 1;
        if at >= choices.made.len() {
            choices.made.push(0);
        }
        choices.among.push(u8::try_from(n).unwrap_or(u8::MAX));
        u32::from(choices.made[at])
    }
}

impl Script {
    fn choices(&self) -> MutexGuard<'_, Choices> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Makes these choices next, then the first of each.
    pub fn load(&self, made: &[u8]) {
        let mut choices = self.choices();
        choices.made.clear();
        choices.made.extend_from_slice(made);
        choices.at = 0;
        choices.among.clear();
    }

    fn was_asked(&self) -> bool {
        self.choices().at > 0
    }

    /// The choices that were made.
    fn made(&self) -> Vec<u8> {
        let choices = self.choices();
        choices.made[..choices.at].to_vec()
    }

    /// The choices after those that were made.
    fn next(&self) -> Option<Vec<u8>> {
        let choices = self.choices();
        let last = (0..choices.at).rev().find(|&at| choices.made[at] + 1 < choices.among[at])?;
        let mut next = choices.made[..=last].to_vec();
        next[last] += 1;
        Some(next)
    }
}

/// What happens next, by the ball that it happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// At the n-th place where a run can start.
    Start(usize),
    /// What the run does by itself.
    Settle,
    Answer(BallId),
    Fail(BallId),
    Late(BallId),
    Catch(BallId),
    Signal(BallId),
    LateJoin(u32, GroupId),
}

/// A way from a state on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub from: u32,
    pub step: Step,
    pub choices: Vec<u8>,
}

/// The steps from the start.
pub(super) type Path = Vec<(Step, Vec<u8>)>;

/// A pass that ends the run while another ball is at a node.
#[derive(Clone, Debug)]
pub(super) struct Thrown {
    pub pass: u32,
    pub at: u32,
    pub way: Way,
}

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub nodes: BTreeSet<u32>,
    pub wires: BTreeSet<(u32, u32, u32)>,
    pub thrown: Vec<Thrown>,
    pub no_pass: Option<Way>,
    /// Fan-ins that went on, and those that failed.
    pub met: BTreeSet<u32>,
    pub failed_joins: BTreeMap<u32, Way>,
    pub waits: BTreeSet<u32>,
}

/// Where runs are caught.
pub(super) struct Trap {
    pub path: Path,
    pub nodes: Vec<u32>,
    pub is_stuck: bool,
}

struct State {
    way: Way,
    finished: bool,
    /// Where its balls are.
    nodes: Box<[u32]>,
}

const ROOT: u32 = u32::MAX;

pub(super) struct Search {
    plan: Arc<Plan>,
    script: Arc<Script>,
    reduce: bool,
    /// By node: what a ball does that leaves it well touches no other ball.
    is_local: Vec<bool>,
    known: FxHashMap<Vec<u32>, u32>,
    states: Vec<State>,
    /// From, to, and whether it is a failure that ends the run: nobody means to leave a cycle by that.
    edges: Vec<(u32, u32, bool)>,
    queue: VecDeque<(u32, Run)>,
    pub facts: Facts,
    budget: u32,
    spent: u32,
}

impl Search {
    pub fn new(plan: Plan, budget: u32, reduce: bool) -> Self {
        let n_nodes = u32::try_from(plan.nodes().len()).unwrap_or(u32::MAX);
        Self {
            is_local: (0..n_nodes).map(|node| is_local(&plan, node)).collect(),
            plan: Arc::new(plan),
            script: Arc::default(),
            reduce,
            known: FxHashMap::default(),
            states: Vec::new(),
            edges: Vec::new(),
            queue: VecDeque::new(),
            facts: Facts::default(),
            budget,
            spent: 0,
        }
    }

    pub fn n_states(&self) -> usize {
        self.states.len()
    }

    pub const fn spent(&self) -> u32 {
        self.spent
    }

    /// Whether something was not looked at.
    pub const fn is_spent(&self) -> bool {
        self.spent >= self.budget
    }

    pub fn explore(&mut self) {
        for n in 0..n_entries(&self.plan) {
            let run = Run::new(Arc::clone(&self.plan)).guessing(Arc::clone(&self.script) as Arc<dyn Oracle>);
            self.go(ROOT, &run, Step::Start(n), &[]);
        }
        while let Some((id, run)) = self.queue.pop_front() {
            if self.is_spent() {
                return;
            }
            self.script.load(&[]);
            let settles = !run.pending(NOW).is_empty();
            if settles {
                self.settle(id, &run);
            } else {
                self.world(id, &run);
            }
        }
    }

    /// Every way in which the run may go on by itself.
    fn settle(&mut self, id: u32, run: &Run) {
        let mut choices = Vec::new();
        loop {
            self.script.load(&choices);
            drop(run.pending(NOW));
            let (made, next) = (self.script.made(), self.script.next());
            self.go(id, run, Step::Settle, &made);
            match next {
                Some(next) if !self.is_spent() => choices = next,
                _ => return,
            }
        }
    }

    /// Everything that may come from outside; of balls that touch no others only what comes to one.
    fn world(&mut self, id: u32, run: &Run) {
        let abroad: Vec<(BallId, &Ball)> =
            run.balls().filter(|(_, ball)| !steps(&self.plan, run, ball).is_empty()).collect();
        let joins = run.timed_joins();
        let waits =
            |ball: &Ball| matches!(ball.at, BallAt::Parked { until: None, .. } | BallAt::Offered { until: None, .. });
        let is_waiting = |ball: &Ball| matches!(ball.at, BallAt::Waiting { .. });
        if joins.is_empty() && run.balls().all(|(_, ball)| waits(ball) || is_waiting(ball)) {
            self.facts.waits.extend(run.balls().filter(|(_, ball)| waits(ball)).map(|(_, ball)| ball.node));
        }
        let alone =
            abroad.iter().find(|(ball, at)| abroad.len() > 1 && self.reduce && self.touches_none(run, *ball, at));
        let chosen = alone.map_or(abroad.as_slice(), std::slice::from_ref);
        for (ball, at) in chosen {
            for step in steps(&self.plan, run, at) {
                self.go(id, run, step.of(*ball), &[]);
            }
        }
        for (fan_in, group) in joins {
            let is_ahead = alone.is_none_or(|(_, at)| self.plan.ahead(at.node).binary_search(&fan_in).is_ok());
            if is_ahead {
                self.go(id, run, Step::LateJoin(fan_in, group), &[]);
            }
        }
    }

    /// Whether the ball can go on without touching another: then nothing is missed if it goes first.
    fn touches_none(&self, run: &Run, id: BallId, ball: &Ball) -> bool {
        if !self.is_local[ball.node as usize] {
            return false;
        }
        let Some(first) = steps(&self.plan, run, ball).into_iter().next() else { return false };
        let Some((_, events)) = apply(run, &self.script, NOW, first.of(id), &[]) else { return false };
        !events.iter().any(|recorded| {
            matches!(
                recorded.event,
                Event::Joined { .. }
                    | Event::Passed { .. }
                    | Event::Finished { .. }
                    | Event::Cancelled { .. }
                    | Event::Lost { .. }
                    | Event::NodeFailed { .. }
            )
        })
    }

    /// Takes a step and keeps where it leads.
    fn go(&mut self, from: u32, run: &Run, step: Step, choices: &[u8]) {
        let Some((after, events)) = apply(run, &self.script, NOW, step, choices) else { return };
        let n_balls = after.balls().count();
        self.spent = self.spent.saturating_add(1 + u32::try_from(n_balls + events.len()).unwrap_or(u32::MAX) / 4);
        let way = Way { from, step, choices: choices.to_vec() };
        self.see(&way, &events);
        let next = u32::try_from(self.states.len()).unwrap_or(ROOT);
        let to = *self.known.entry(after.shape()).or_insert(next);
        if from != ROOT {
            let fails = matches!(step, Step::Fail(_) | Step::Late(_) | Step::LateJoin(..))
                && matches!(after.outcome(), Some(Outcome::Failed { .. }));
            self.edges.push((from, to, fails));
        }
        if to == next {
            let nodes = after.balls().map(|(_, ball)| ball.node).collect();
            let finished = after.is_finished();
            self.states.push(State { way, finished, nodes });
            if !finished {
                self.queue.push_back((to, after));
            }
        }
    }

    fn see(&mut self, way: &Way, events: &[Recorded]) {
        let plan = Arc::clone(&self.plan);
        let mut joined = BTreeMap::new();
        let mut passed = None;
        for Recorded { event, .. } in events {
            match event {
                Event::Snapped { node, .. } => self.facts.nodes.extend(plan.find(node)),
                Event::Moved { wire, .. } => self.take_wire(&wire.from, &wire.to, wire.nth),
                Event::Split { node, into, .. } => {
                    for child in into {
                        self.take_wire(node, &child.to, child.nth);
                    }
                }
                Event::Joined { node, ball, .. } => drop(joined.insert(*ball, node)),
                Event::NodeFailed { ball, .. } => {
                    if let Some(node) = joined.remove(ball).and_then(|node| plan.find(node)) {
                        self.facts.failed_joins.entry(node).or_insert_with(|| way.clone());
                    }
                }
                Event::Passed { node, .. } => passed = plan.find(node),
                Event::Cancelled { node, .. } => {
                    if let (Some(pass), Some(at)) = (passed, plan.find(node)) {
                        let is_new = !self.facts.thrown.iter().any(|thrown| (thrown.pass, thrown.at) == (pass, at));
                        if is_new {
                            self.facts.thrown.push(Thrown { pass, at, way: way.clone() });
                        }
                    }
                }
                Event::Finished { outcome: Outcome::Failed { node: None, failure } }
                    if failure.code == Code::FailedPrecondition =>
                {
                    self.facts.no_pass.get_or_insert_with(|| way.clone());
                }
                _ => {}
            }
        }
        self.facts.met.extend(joined.into_values().filter_map(|node| plan.find(node)));
    }

    fn take_wire(&mut self, from: &str, to: &str, nth: u32) {
        if let (Some(from), Some(to)) = (self.plan.find(from), self.plan.find(to)) {
            self.facts.nodes.insert(to);
            self.facts.wires.insert((from, to, nth));
        }
    }

    pub fn unreached_nodes(&self) -> impl Iterator<Item = u32> {
        (0..u32::try_from(self.plan.nodes().len()).unwrap_or(0)).filter(|node| !self.facts.nodes.contains(node))
    }

    pub fn untaken_wires(&self) -> impl Iterator<Item = u32> {
        let n_wires = u32::try_from(self.plan.n_wires()).unwrap_or(0);
        (0..n_wires).filter(|&wire| {
            let wire = self.plan.wire(wire);
            !self.facts.wires.contains(&(wire.from, wire.to, wire.name.nth))
        })
    }

    pub fn path_to(&self, way: &Way) -> Path {
        let mut path = vec![(way.step, way.choices.clone())];
        let mut at = way.from;
        while let Some(state) = self.states.get(at as usize) {
            path.push((state.way.step, state.way.choices.clone()));
            at = state.way.from;
        }
        path.reverse();
        path
    }

    /// Where the ball was that took the way's step.
    pub fn last_node(&self, way: &Way) -> Option<u32> {
        self.states.get(way.from as usize)?.nodes.first().copied()
    }

    /// The nearest state from which no end can be reached but by a failure that nothing takes up.
    pub fn trap(&self) -> Option<Trap> {
        let n = self.states.len();
        let mut into = vec![Vec::new(); n];
        for &(from, to, _) in self.edges.iter().filter(|(.., fails)| !fails) {
            into[to as usize].push(from);
        }
        let mut ends = vec![false; n];
        let mut todo: Vec<u32> = Vec::new();
        for (id, state) in (0..).zip(&self.states) {
            if state.finished {
                ends[id as usize] = true;
                todo.push(id);
            }
        }
        while let Some(id) = todo.pop() {
            for &from in &into[id as usize] {
                if !std::mem::replace(&mut ends[from as usize], true) {
                    todo.push(from);
                }
            }
        }
        let caught = ends.iter().position(|ends| !ends)?;
        let state = &self.states[caught];
        let is_stuck = !self.edges.iter().any(|&(from, ..)| from as usize == caught);
        let mut nodes: Vec<u32> = Vec::new();
        for &node in &state.nodes {
            if !nodes.contains(&node) && nodes.len() < 4 {
                nodes.push(node);
            }
        }
        Some(Trap { path: self.path_to(&state.way), nodes, is_stuck })
    }
}

/// Where runs can start.
fn n_entries(plan: &Plan) -> usize {
    usize::from(plan.snap().is_some()) + plan.triggers().count()
}

/// The steps that may come to a ball, the good one first.
fn steps(plan: &Plan, run: &Run, ball: &Ball) -> Vec<Happens> {
    let node = plan.node(ball.node);
    match &ball.at {
        BallAt::Calling { until, .. } => {
            let mut steps = vec![Happens::Answer, Happens::Fail];
            // Without a way of its own to be late is to fail.
            if until.is_some() && node.on_timeout.is_some() {
                steps.push(Happens::Late);
            }
            steps
        }
        BallAt::Caught { .. } => vec![Happens::Answer, Happens::Fail],
        BallAt::Offered { until, .. } => {
            let late = until.is_some().then_some(Happens::Late);
            [Some(Happens::Catch), late].into_iter().flatten().collect()
        }
        BallAt::Parked { name, until, order, .. } => {
            let is_first = !run.balls().any(|(_, other)| {
                matches!(&other.at, BallAt::Parked { name: other, order: before, .. } if other == name && before < order)
            });
            // Nobody can send a signal without a name.
            let signal = (is_first && !name.is_empty()).then_some(Happens::Signal);
            [signal, until.is_some().then_some(Happens::Late)].into_iter().flatten().collect()
        }
        BallAt::Backoff { .. } => vec![Happens::Late],
        _ => Vec::new(),
    }
}

/// A step without its ball.
#[derive(Clone, Copy)]
enum Happens {
    Answer,
    Fail,
    Late,
    Catch,
    Signal,
}

impl Happens {
    const fn of(self, ball: BallId) -> Step {
        match self {
            Self::Answer => Step::Answer(ball),
            Self::Fail => Step::Fail(ball),
            Self::Late => Step::Late(ball),
            Self::Catch => Step::Catch(ball),
            Self::Signal => Step::Signal(ball),
        }
    }
}

/// Whether a ball that leaves the node well comes to where it waits for the world, or for all of its fan-out's balls; and
/// never to a fan-in that the first ones win.
fn is_local(plan: &Plan, node: u32) -> bool {
    let joins_all = |fan_in: &u32| matches!(plan.node(*fan_in).kind, Kind::FanIn(Policy::All));
    if !plan.ahead(node).iter().all(joins_all) {
        return false;
    }
    let can_hold = |wire: &u32| match &plan.wire(*wire).guard {
        Guard::If(program) => crate::expr::Var::ALL.into_iter().any(|var| program.uses(var)),
        Guard::Always => true,
        Guard::Otherwise => plan.node(node).out.iter().all(|wire| match &plan.wire(*wire).guard {
            Guard::If(program) => crate::expr::Var::ALL.into_iter().any(|var| program.uses(var)),
            _ => true,
        }),
        Guard::Failed => false,
    };
    let rests = |to: u32| {
        matches!(
            plan.node(to).kind,
            Kind::Call { .. }
                | Kind::WaitForSignal { .. }
                | Kind::WaitForWorker { .. }
                | Kind::Pass { target: Some(_) }
        ) || joins_all(&to)
    };
    plan.node(node).out.iter().any(|wire| {
        let to = plan.wire(*wire).to;
        let splits = matches!(plan.node(to).kind, Kind::FanOut(_))
            && !plan.node(to).out.is_empty()
            && plan.node(to).out.iter().all(|wire| rests(plan.wire(*wire).to));
        can_hold(wire) && (rests(to) || splits)
    })
}

/// The run after a step and what it does by itself up to the next choice; `None` if the step cannot be taken.
pub(super) fn apply(
    run: &Run,
    script: &Script,
    now: RunMicros,
    step: Step,
    choices: &[u8],
) -> Option<(Run, Vec<Recorded>)> {
    let attempt = |ball: BallId| match run.ball(ball)?.at {
        BallAt::Calling { attempt, .. } | BallAt::Caught { attempt, .. } | BallAt::Offered { attempt, .. } => {
            Some(attempt)
        }
        _ => None,
    };
    script.load(choices);
    let events = match step {
        Step::Start(n) => run.decide(now, &start(run, n)?),
        Step::Settle => run.pending(now),
        Step::Answer(ball) => {
            let result = Ok(Answer::from(serde_json::Value::Null));
            run.decide(now, &Input::Answer { ball, attempt: attempt(ball)?, result, jitter: 0 })
        }
        Step::Fail(ball) => {
            let result = Err(Failure::new(Code::Internal, "it may fail"));
            run.decide(now, &Input::Answer { ball, attempt: attempt(ball)?, result, jitter: 0 })
        }
        Step::Late(ball) => run.late(now, ball),
        Step::Catch(ball) => {
            run.decide(now, &Input::Caught { ball, attempt: attempt(ball)?, worker: "a worker".to_owned() })
        }
        Step::Signal(ball) => {
            let BallAt::Parked { name, .. } = &run.ball(ball)?.at else { return None };
            let (id, payload) = (format!("after event {}", run.n_events()), crate::event::Payload::default());
            run.decide(now, &Input::Signal { id, name: name.to_string(), key: None, payload })
        }
        Step::LateJoin(fan_in, group) => run.late_join(now, fan_in, group),
    };
    if events.is_empty() {
        return None;
    }
    let mut after = run.clone();
    let mut out = Vec::new();
    after.take(now, events, &mut out);
    for _ in 0..MAX_QUIET {
        script.load(&[]);
        let events = after.pending(now);
        if events.is_empty() || script.was_asked() {
            break;
        }
        after.take(now, events, &mut out);
    }
    Some((after, out))
}

/// The first input of a run: at the snap, else at one of the triggers.
fn start(run: &Run, n: usize) -> Option<Input> {
    let plan = run.plan();
    let has_snap = usize::from(plan.snap().is_some());
    let entry = match n.checked_sub(has_snap) {
        None => None,
        Some(n) => Some(plan.triggers().nth(n)?.0.clone()),
    };
    let first = |target: &crate::plan::PlanTarget| Some((target.text.clone(), target.choices.first()?.0.clone()));
    let pins = plan.targets().iter().filter_map(first).collect();
    let formation = plan.formation.as_ref().map(|formation| formation.name.to_string());
    let named = Started::new(RunId::from("counter-example"), plan.play.clone());
    let started = Box::new(Started { formation, pins, ..named });
    Some(Input::Start { started, entry, within: None })
}
