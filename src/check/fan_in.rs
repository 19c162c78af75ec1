//! How many balls can come to a fan-in, at most.

use rustc_hash::FxHashMap;

use super::{Report, Subject};
use crate::diag::Diagnostic;
use crate::lang::Part;
use crate::play::{NodeKind, Policy, Scopes, Spread, When};

/// Wires that are looked at in one play, over all of its fan-ins. A play beyond that is not wrong, only unchecked.
const MAX_WIRES: usize = 400_000;

pub(super) fn check(subject: &Subject<'_>, scopes: &Scopes, report: &mut Report<'_>) {
    if !subject.is_whole() {
        return;
    }
    let (play, graph) = (subject.play, subject.graph);
    let mut budget = MAX_WIRES;
    for node in 0..u32::try_from(graph.n_nodes()).unwrap_or(u32::MAX) {
        let NodeKind::FanIn(policy) = graph.node(play, node).kind else { continue };
        let n_into = graph.into(node).len();
        if !scopes.is_reachable(node) || !(n_into == 1 || matches!(policy, Policy::Count(_))) {
            continue;
        }
        let Some(most) = Region::new(subject, scopes, node, &mut budget).most() else { continue };
        let id = &graph.node(play, node).id;
        match policy {
            Policy::Count(n) if u64::from(n) > most => {
                let span = report.span(subject.item, graph.stmt_of(node), Part::Policy);
                let s = if most == 1 { "" } else { "s" };
                let message = format!("'{id}' waits for {n} balls, but at most {most} ball{s} can come");
                let help = format!("write {most} or all, or lead more wires from the fan-out to it");
                let mut found = Diagnostic::error("P009", span, message).help(help);
                if most > 0 {
                    found = found.fix_at(format!("wait for {most}"), span, most.to_string());
                }
                report.add(found.fix_at("wait for all", span, "all"));
            }
            _ if n_into == 1 && most == 1 => {
                let message = format!("only one ball can come to '{id}': there is nothing to join");
                let help = "lead the other branches to it, or remove it";
                report.add(Diagnostic::warning("P010", report.id(subject, node), message).help(help));
            }
            _ => {}
        }
    }
}

/// The nodes between a fan-in and the fan-out that it belongs to.
struct Region<'r, 's> {
    subject: &'r Subject<'s>,
    scopes: &'r Scopes,
    fan_in: u32,
    /// For each node how many of its wires stay in the region and are not counted yet, and how many balls can come
    /// of one ball there. `None`: any number.
    nodes: FxHashMap<u32, (u32, Option<u64>)>,
    is_known: bool,
}

impl<'r, 's> Region<'r, 's> {
    fn new(subject: &'r Subject<'s>, scopes: &'r Scopes, fan_in: u32, budget: &mut usize) -> Self {
        let graph = subject.graph;
        let scope = scopes.of(fan_in);
        let mut nodes = FxHashMap::default();
        nodes.insert(fan_in, (0, Some(1)));
        let mut todo = vec![fan_in];
        let mut is_known = true;
        while let Some(node) = todo.pop() {
            if Some(node) == scope {
                continue;
            }
            for &wire in graph.into(node) {
                let from = graph.wire(wire).from;
                if from == fan_in || *budget == 0 {
                    // A way back into the fan-in, or too large a region.
                    is_known = false;
                    continue;
                }
                *budget -= 1;
                if !scopes.is_reachable(from) {
                    continue;
                }
                let entry = nodes.entry(from).or_insert_with(|| {
                    todo.push(from);
                    (0, Some(0))
                });
                entry.0 += 1;
            }
        }
        Self { subject, scopes, fan_in, nodes, is_known }
    }

    /// The most balls that can come to the fan-in from one ball at its fan-out; `None` if there is no bound.
    fn most(mut self) -> Option<u64> {
        if !self.is_known {
            return None;
        }
        let graph = self.subject.graph;
        let mut ready = vec![self.fan_in];
        let mut n_done = 0;
        let mut entries = 0;
        // Balls that come of a join go on once for the fan-out whose balls it joins.
        let mut joined: FxHashMap<Option<u32>, u64> = FxHashMap::default();
        while let Some(node) = ready.pop() {
            n_done += 1;
            if node != self.fan_in {
                let most = self.of(node, &joined)?;
                self.nodes.insert(node, (0, Some(most)));
                if self.is_join(node) {
                    *joined.entry(self.scopes.of(node)).or_default() += most;
                }
                if graph.is_entry(self.subject.play, node) {
                    entries = most.max(entries);
                }
            }
            if Some(node) == self.scopes.of(self.fan_in) {
                continue;
            }
            for &wire in graph.into(node) {
                let from = graph.wire(wire).from;
                if let Some((left, _)) = self.nodes.get_mut(&from) {
                    *left -= 1;
                    if *left == 0 {
                        ready.push(from);
                    }
                }
            }
        }
        if n_done < self.nodes.len() {
            // A cycle: as many as it turns.
            return None;
        }
        match self.scopes.of(self.fan_in) {
            Some(scope) => self.nodes.get(&scope)?.1,
            None => Some(entries + joined.get(&None).copied().unwrap_or(0)),
        }
    }

    fn is_join(&self, node: u32) -> bool {
        matches!(self.subject.graph.node(self.subject.play, node).kind, NodeKind::FanIn(_))
    }

    /// What can come of one ball at `node`, once that is known of all nodes after it.
    fn of(&self, node: u32, joined: &FxHashMap<Option<u32>, u64>) -> Option<u64> {
        let (play, graph) = (self.subject.play, self.subject.graph);
        let (mut most, mut always, mut guarded, mut otherwise) = (0u64, 0u64, 0u64, 0u64);
        for &wire in graph.out(node) {
            let to = graph.wire(wire).to;
            let through_join = to != self.fan_in && self.is_join(to);
            let count = match self.nodes.get(&to) {
                Some((_, count)) if !through_join => (*count)?,
                _ => 0,
            };
            most = most.max(count);
            match graph.when(play, wire) {
                When::Always => always = always.saturating_add(count),
                When::If(_) => guarded = guarded.saturating_add(count),
                When::Otherwise => otherwise = otherwise.saturating_add(count),
                When::Error | When::Timeout => {}
            }
        }
        let NodeKind::FanOut(spread) = &graph.node(play, node).kind else { return Some(most) };
        let joined = joined.get(&Some(node)).copied().unwrap_or(0);
        match spread {
            Spread::All => Some(always.saturating_add(guarded.max(otherwise)).max(most).saturating_add(joined)),
            Spread::One => Some(most.saturating_add(joined)),
            Spread::Each(_) if most == 0 && joined == 0 => Some(0),
            // One ball per element, and lists have any length; what a join makes of them is one ball.
            Spread::Each(_) if most == 0 => Some(joined),
            Spread::Each(_) => None,
        }
    }
}
