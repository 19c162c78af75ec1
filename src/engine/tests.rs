//! The engine from inside: incremental counts against a slow and plain recount, on random plays and worlds.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use super::sim::{Faults, Rng, Sim};
use super::*;
use crate::base::GroupId;
use crate::lang;
use crate::plan::{Limits, choose_formation};

fn compile(text: &str) -> Arc<Plan> {
    let source = lang::parse(text.to_owned());
    assert!(source.diagnostics.is_empty(), "{:?}\n{text}", source.diagnostics);
    let (_, play) = source.doc.plays().next().expect("the text has a play");
    let formation = choose_formation(&source.doc, None).expect("no formation is named");
    let mut plan = Plan::compile(play, formation).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    plan.limits = Limits { balls: 200, quiet_hops: 50, quiet_events: 2_000, ..Limits::default() };
    Arc::new(plan)
}

/// Writes random plays: blocks inside blocks, then a few wires that keep to no order.
struct Author {
    rng: Rng,
    nodes: String,
    wires: String,
    ids: Vec<String>,
}

impl Author {
    fn play(seed: u64) -> String {
        let mut author = Self { rng: Rng::new(seed), nodes: String::new(), wires: String::new(), ids: Vec::new() };
        let snap = author.node("snap", "");
        let last = author.block(&snap, 3);
        let pass = author.node("pass", "");
        author.wire(&last, &pass, "");
        let n_stray = author.rng.below(3);
        for _ in 0..n_stray {
            let from = author.some_node();
            let to = author.some_node();
            let end = if author.rng.chance(500) { "on error" } else { "on timeout" };
            if !from.starts_with("pass") && !to.starts_with("snap") {
                author.wire(&from, &to, end);
            }
        }
        let timeout = if author.rng.chance(300) { " timeout 20s" } else { "" };
        format!("play a/1/b{timeout} {{\n{}{}}}\n", author.nodes, author.wires)
    }

    fn some_node(&mut self) -> String {
        let n = usize::try_from(self.rng.below(self.ids.len() as u64)).expect("it is below a length");
        self.ids[n].clone()
    }

    fn node(&mut self, kind: &str, rest: &str) -> String {
        let id = format!("{}{}", kind.replace("wait-for-", ""), self.ids.len()).replace('-', "_");
        let space = if rest.is_empty() { "" } else { " " };
        writeln!(self.nodes, "  {kind} {id}{space}{rest}").unwrap();
        self.ids.push(id.clone());
        id
    }

    fn wire(&mut self, from: &str, to: &str, when: &str) {
        writeln!(self.wires, "  {from} -> {to} {when}").unwrap();
    }

    fn call(&mut self, from: &str) -> String {
        let options = match self.rng.below(5) {
            0 => " timeout 1s",
            1 => " timeout 2s retry 2 backoff 100ms..1s",
            2 => " retry 1",
            _ => "",
        };
        let call = self.node("call", &format!("= demo/1/echo{options}"));
        self.wire(from, &call, "");
        call
    }

    /// From `from` to the id that it returns, which has no wire out yet.
    fn block(&mut self, from: &str, depth: u64) -> String {
        let mut at = from.to_owned();
        for _ in 0..=self.rng.below(3) {
            at = match self.rng.below(if depth == 0 { 4 } else { 9 }) {
                0 | 1 => self.call(&at),
                2 => {
                    let options = if self.rng.chance(500) { "timeout 2s" } else { "" };
                    let wait = self.node("wait-for-signal", &format!("\"go\" {options}"));
                    self.wire(&at, &wait, "");
                    wait
                }
                3 => {
                    let options = if self.rng.chance(500) { " timeout 1s retry 1" } else { "" };
                    let wait = self.node("wait-for-worker", &format!("= demo/1/echo{options}"));
                    self.wire(&at, &wait, "");
                    wait
                }
                4..=6 => self.fan(&at, depth - 1),
                7 => {
                    let call = self.call(&at);
                    let each = self.node("fan-out", "each (ball.items)");
                    self.wire(&call, &each, "");
                    let last = self.block(&each, depth - 1);
                    let fan_in = self.node("fan-in", "all");
                    self.wire(&last, &fan_in, "");
                    fan_in
                }
                _ => {
                    // Round again while the call says so.
                    let first = self.call(&at);
                    let again = self.call(&first);
                    self.wire(&again, &first, "when (ball.n < 4)");
                    let out = self.call(&again);
                    self.wires =
                        self.wires.replace(&format!("{again} -> {out} \n"), &format!("{again} -> {out} otherwise\n"));
                    out
                }
            };
        }
        at
    }

    fn fan(&mut self, from: &str, depth: u64) -> String {
        let call = self.call(from);
        let spread = if self.rng.chance(150) { "one" } else { "" };
        let fan_out = self.node("fan-out", spread);
        self.wire(&call, &fan_out, "");
        let n_branches = 2 + self.rng.below(3);
        let timeout = if self.rng.chance(300) { " timeout 2s" } else { "" };
        let policy = match self.rng.below(4) {
            0 => "any".to_owned(),
            1 => "2".to_owned(),
            _ => "all".to_owned(),
        };
        let mut ends = Vec::new();
        for branch in 0..n_branches {
            let first = self.node("call", "= demo/1/echo");
            let guard = if branch > 0 && self.rng.chance(300) { "when (ball.n < 5)" } else { "" };
            self.wire(&fan_out, &first, guard);
            ends.push(self.block(&first, depth));
        }
        // Some branches end elsewhere.
        if self.rng.chance(200) {
            ends.pop();
        }
        let fan_in = self.node("fan-in", &format!("{policy}{timeout}"));
        for end in ends {
            self.wire(&end, &fan_in, "");
        }
        fan_in
    }
}

/// Counts anew, by walking the wires, the balls that may still come to each open fan-in.
fn recount(run: &Run) {
    let plan = &run.plan;
    let reaches = |from: u32, fan_in: u32| {
        let scope = plan.node(fan_in).scope;
        let mut seen = BTreeSet::from([from]);
        let mut stack = vec![from];
        while let Some(node) = stack.pop() {
            if Some(node) == scope {
                continue;
            }
            let ends = plan.node(node);
            for &wire in ends.out.iter().chain(&ends.on_error).chain(&ends.on_timeout) {
                let to = plan.wire(wire).to;
                if to == fan_in {
                    return true;
                }
                if seen.insert(to) {
                    stack.push(to);
                }
            }
        }
        false
    };
    #[expect(clippy::iter_over_hash_type, reason = "each is looked at by itself")]
    for (&(fan_in, group), join) in &run.state.joins {
        let mut in_group = 0;
        for ball in run.state.balls.values() {
            let here = run.state.group_of_scope(ball.group, plan.node(fan_in).scope) == group;
            let waits = ball.node == fan_in && matches!(ball.at, BallAt::Waiting { group: of } if of == group);
            if here && !waits && reaches(ball.node, fan_in) {
                in_group += 1;
            }
        }
        assert_eq!(join.ahead, in_group, "balls on their way to {} of group {group}", plan.node(fan_in).id);
    }
    // Nothing is left of groups that are over.
    #[expect(clippy::iter_over_hash_type, reason = "each is looked at by itself")]
    for (id, group) in &run.state.groups {
        let is_used = !group.balls.is_empty() || !group.groups.is_empty() || group.n_joins > 0;
        assert!(is_used, "group {id} is over and still there");
        assert!(*id != GroupId(0));
    }
    let n_abroad = run.state.balls.values().filter(|ball| ball.at.is_abroad()).count();
    assert_eq!(run.state.n_abroad, n_abroad);
}

#[test]
fn counts_of_balls_agree_with_a_recount_after_every_event() {
    let (mut n_joined, mut n_events) = (0, 0);
    for seed in 0..400 {
        let text = Author::play(seed);
        let plan = compile(&text);
        let mut sim = Sim::start(Arc::clone(&plan), json!({"n": 1, "items": [1, 2]}), seed, Faults::MANY).unwrap();
        sim.run_out(500);
        let mut run = Run::new(plan);
        for recorded in &sim.journal {
            run.evolve(recorded);
            // The fan-in of an empty `each` joins in the next event.
            if !matches!(&recorded.event, Event::Split { into, .. } if into.is_empty()) {
                recount(&run);
            }
            n_joined += u32::from(matches!(recorded.event, Event::Joined { .. }));
        }
        n_events += sim.journal.len();
        assert_eq!(format!("{:?}", run.state), format!("{:?}", sim.run.state), "seed {seed}");
    }
    assert!(n_joined > 200 && n_events > 5_000, "{n_joined} joins in {n_events} events test too little");
}

/// The plays that `Author` writes, for tests of whole journals.
pub(super) fn random_play(seed: u64) -> Arc<Plan> {
    compile(&Author::play(seed))
}

mod properties {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::base::BallId;

    const SEEDS: std::ops::Range<u64> = 1_000..4_000;

    fn simulate(seed: u64) -> Sim {
        let faults = if seed.is_multiple_of(4) { Faults::NONE } else { Faults::MANY };
        let mut sim = Sim::start(random_play(seed), json!({"n": 1}), seed, faults).unwrap();
        // Stray wires may lead round for ever; such a run is stopped, as a person would.
        if !sim.run_out(2_000) {
            sim.give(&Input::Cancel { reason: "it goes round and round".to_owned() });
        }
        sim
    }

    /// Each ball made is split, joined, passed, lost or cancelled, exactly once, or is still in play.
    fn assert_conserved(sim: &Sim, seed: u64) {
        let (mut made, mut ended) = (BTreeSet::new(), BTreeSet::new());
        let mut make = |ball: BallId| assert!(made.insert(ball), "seed {seed}: ball {ball} made twice");
        let mut end = |ball: BallId| assert!(ended.insert(ball), "seed {seed}: ball {ball} ended twice");
        for recorded in &sim.journal {
            match &recorded.event {
                Event::Snapped { ball, .. } => make(*ball),
                Event::Split { ball, into, .. } => {
                    end(*ball);
                    into.iter().for_each(|child| make(child.ball));
                }
                Event::Joined { from, ball, .. } => {
                    from.iter().for_each(|ball| end(*ball));
                    make(*ball);
                }
                Event::Passed { ball, .. } | Event::Lost { ball, .. } | Event::Cancelled { ball, .. } => end(*ball),
                _ => {}
            }
        }
        assert!(ended.is_subset(&made), "seed {seed}");
        let in_play: BTreeSet<BallId> = sim.run.balls().map(|(id, _)| id).collect();
        assert_eq!(made.difference(&ended).copied().collect::<BTreeSet<_>>(), in_play, "seed {seed}");
        assert!(!sim.run.is_finished() || in_play.is_empty(), "seed {seed}");
    }

    /// No attempt is handed out twice, none after its node was answered.
    fn assert_no_call_twice(sim: &Sim, seed: u64) {
        let mut attempts = BTreeSet::new();
        let mut visits = BTreeMap::new();
        let mut answered = BTreeSet::new();
        for recorded in &sim.journal {
            let handed = match &recorded.event {
                Event::Called { ball, node, visit, attempt, .. } => Some((*ball, node, *visit, *attempt)),
                Event::Parked { ball, node, on: crate::event::ParkedOn::Worker { visit, attempt, .. }, .. } => {
                    Some((*ball, node, *visit, *attempt))
                }
                Event::Answered { ball, node, .. } => {
                    answered.insert((node.clone(), visits[ball]));
                    None
                }
                _ => None,
            };
            if let Some((ball, node, visit, attempt)) = handed {
                assert!(attempts.insert((node.clone(), visit, attempt)), "seed {seed}: {node} {visit} {attempt} twice");
                assert!(!answered.contains(&(node.clone(), visit)), "seed {seed}: {node} {visit} was answered");
                visits.insert(ball, visit);
            }
        }
    }

    #[test]
    fn runs_end_or_are_parked_and_their_balls_are_conserved() {
        let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
        for seed in SEEDS {
            let sim = simulate(seed);
            assert_conserved(&sim, seed);
            assert_no_call_twice(&sim, seed);
            let outcome = match sim.run.outcome() {
                Some(Outcome::Passed { .. }) => "passed",
                Some(Outcome::Failed { .. }) => "failed",
                Some(Outcome::Cancelled { .. }) => "cancelled",
                None => {
                    // Then somebody is owed an answer that never came, and no timer runs.
                    assert!(sim.run.next_deadline().is_none(), "seed {seed}");
                    let is_owed = !sim.run.owed().is_empty() || !sim.run.caught().is_empty();
                    assert!(is_owed, "seed {seed}: parked on nothing");
                    "parked"
                }
            };
            *outcomes.entry(outcome).or_default() += 1;
            for (i, recorded) in (0..).zip(&sim.journal) {
                assert_eq!(recorded.seq, i);
            }
            assert!(sim.journal.is_sorted_by_key(|recorded| recorded.at), "seed {seed}: time went back");
        }
        for outcome in ["passed", "failed", "parked"] {
            assert!(outcomes.get(outcome).is_some_and(|&n| n > 100), "too few runs {outcome}: {outcomes:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_journal_and_a_fold_the_same_state() {
        for seed in SEEDS.step_by(5) {
            let sim = simulate(seed);
            assert_eq!(sim.journal, simulate(seed).journal, "seed {seed}");
            // Through the journal's own encoding.
            let mut run = Run::new(random_play(seed));
            for recorded in &sim.journal {
                let text = serde_json::to_string(recorded).unwrap();
                run.evolve(&serde_json::from_str(&text).unwrap());
            }
            assert_eq!(format!("{:?}", run.state), format!("{:?}", sim.run.state), "seed {seed}");
        }
    }

    #[test]
    fn a_run_that_crashed_goes_on_without_a_call_made_twice() {
        for seed in SEEDS.step_by(3) {
            let mut sim = Sim::start(random_play(seed), json!({"n": 1}), seed, Faults::MANY).unwrap();
            let mut rng = Rng::new(seed);
            for _ in 0..2_000 {
                if rng.chance(30) && !sim.run.is_finished() {
                    let before = format!("{:?}", sim.run.balls().collect::<Vec<_>>());
                    let caught = sim.run.caught();
                    sim.crash();
                    if caught.is_empty() {
                        assert_eq!(before, format!("{:?}", sim.run.balls().collect::<Vec<_>>()), "seed {seed}");
                    }
                }
                if !sim.step() {
                    break;
                }
            }
            assert_conserved(&sim, seed);
            assert_no_call_twice(&sim, seed);
        }
    }

    #[test]
    fn a_cancelled_run_ends_at_once_wherever_it_is() {
        for seed in SEEDS.step_by(10) {
            let mut sim = Sim::start(random_play(seed), json!({"n": 1}), seed, Faults::NONE).unwrap();
            for _ in 0..seed % 40 {
                sim.step();
            }
            let was_over = sim.run.is_finished();
            sim.give(&Input::Cancel { reason: "enough".to_owned() });
            assert!(sim.run.is_finished());
            assert!(was_over || matches!(sim.run.outcome(), Some(Outcome::Cancelled { .. })), "seed {seed}");
            assert_conserved(&sim, seed);
        }
    }
}
