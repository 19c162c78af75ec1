//! What it takes for some nodes to stand as a play of their own: one way in, one way out, the same balls.

use std::collections::{BTreeMap, BTreeSet};

use super::{At, Refusal};
use crate::base::NodeId;
use crate::play::Edit;
use crate::play::doc::{Line, Node, NodeKind, Policy, Spread, Stmt, When};
use crate::play::scope::Scopes;
use crate::play::words::uses;

/// A statement that goes elsewhere as it is, but for the names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Item and statement before the edits, and after them.
    pub from: (usize, usize),
    pub to: (usize, usize),
    /// What nodes are called there, where that is another name.
    pub ids: BTreeMap<NodeId, NodeId>,
}

/// Nodes that became a play, or a play that became nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regrouped {
    pub edits: Vec<Edit>,
    /// What stands in place of what was there.
    pub nodes: Vec<NodeId>,
    pub moved: Vec<Moved>,
}

/// Nodes of a play that can be one call.
#[derive(Debug)]
pub(super) struct Part {
    pub entry: u32,
    /// The node that leads out, if it is one.
    pub exit: Option<u32>,
    /// The conditions of the ways out are weighed outside.
    pub guards_outside: bool,
    /// The entry's `with` speaks of the run outside, and is weighed there.
    pub hoists: bool,
}

pub(super) fn refuse<T>(why: String) -> Result<T, Refusal> {
    Err(Refusal::BadValue(why))
}

pub(super) const fn is_failure(when: &When) -> bool {
    matches!(when, When::Error | When::Timeout)
}

/// The comments that stand right above statement `stmt`: they are about it.
pub(super) fn comments_of(body: &[Line<Stmt>], stmt: usize) -> usize {
    let mut first = stmt;
    while first > 0 && !body[first].blank && matches!(body[first - 1].kind, Stmt::Comment(_)) {
        first -= 1;
    }
    first
}

/// What looks at one part: which nodes are in it, and which fan-out's balls each node gets.
pub(super) struct Looking<'d> {
    pub at: At<'d>,
    pub inside: Vec<bool>,
    scopes: Scopes,
}

impl<'d> Looking<'d> {
    pub fn new(at: At<'d>, inside: Vec<bool>) -> Self {
        Self { at, inside, scopes: Scopes::new(at.play, at.graph) }
    }

    pub fn node(&self, node: u32) -> &'d Node {
        self.at.graph.node(self.at.play, node)
    }

    fn id(&self, node: u32) -> &'d NodeId {
        &self.node(node).id
    }

    pub fn when(&self, wire: u32) -> &'d When {
        self.at.graph.when(self.at.play, wire)
    }

    pub fn is_in(&self, node: u32) -> bool {
        self.inside[node as usize]
    }

    pub fn nodes(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.inside).filter(|(_, inside)| **inside).map(|(node, _)| node)
    }

    /// A fan-out `one` hands on one ball, so it counts as none.
    fn climb(&self, scope: Option<u32>) -> Option<u32> {
        let mut scope = scope;
        let mut left = self.inside.len();
        while let Some(fan_out) = scope
            && matches!(self.node(fan_out).kind, NodeKind::FanOut(Spread::One))
            && left > 0
        {
            scope = self.scopes.of(fan_out);
            left -= 1;
        }
        scope
    }

    /// The fan-out whose balls come to the node.
    pub fn before(&self, node: u32) -> Option<u32> {
        self.climb(self.scopes.of(node))
    }

    /// The fan-out whose balls leave the node.
    pub fn after(&self, node: u32) -> Option<u32> {
        match &self.node(node).kind {
            NodeKind::FanOut(Spread::All | Spread::Each(_)) => Some(node),
            NodeKind::FanIn(_) if self.scopes.closes(node) => {
                self.scopes.of(node).and_then(|fan_out| self.climb(self.scopes.of(fan_out)))
            }
            _ => self.before(node),
        }
    }

    pub fn has_fan_out(&self, fan_in: u32) -> bool {
        self.scopes.of(fan_in).is_some()
    }

    /// The fan-out of each fan-in, by name: what must stay so.
    pub fn joins(&self) -> BTreeMap<NodeId, Option<NodeId>> {
        let all = (0u32..).zip(&self.inside).map(|(node, _)| node);
        let fan_ins = all.filter(|&node| matches!(self.node(node).kind, NodeKind::FanIn(_)));
        fan_ins.map(|node| (self.id(node).clone(), self.scopes.of(node).map(|of| self.id(of).clone()))).collect()
    }

    /// Every fan-in and its fan-out are inside, or both are not; each node is reached and leads on.
    ///
    /// # Errors
    /// Which is not so.
    fn check_balls(&self) -> Result<(), Refusal> {
        for (node, _) in (0u32..).zip(&self.inside) {
            let fan_out = self.scopes.of(node);
            if matches!(self.node(node).kind, NodeKind::FanIn(_)) {
                let fan_out_in = fan_out.is_some_and(|of| self.is_in(of));
                let name = fan_out.map_or_else(|| "the start".to_owned(), |of| format!("'{}'", self.id(of)));
                match (self.is_in(node), fan_out_in) {
                    (true, false) => {
                        return refuse(format!(
                            "'{}' joins balls that {name} hands out, which is not among the nodes: select both or neither",
                            self.id(node)
                        ));
                    }
                    (false, true) => {
                        return refuse(format!(
                            "the balls that {name} hands out are joined at '{}', which is not among the nodes: select both or neither",
                            self.id(node)
                        ));
                    }
                    _ => {}
                }
            }
        }
        for node in self.nodes() {
            let id = self.id(node);
            if !self.scopes.is_reachable(node) {
                return refuse(format!("no ball comes to '{id}': wire it first, or leave it out"));
            }
            if !self.at.graph.out(node).iter().any(|&wire| !is_failure(self.when(wire))) {
                return refuse(format!(
                    "nothing follows '{id}', so no ball would come back: wire it on, or leave it out"
                ));
            }
        }
        Ok(())
    }

    /// Whether a failure inside would be another one outside: there it ends the run, as a call it loses one ball.
    ///
    /// # Errors
    /// It would.
    fn check_failures(&self, entry: u32) -> Result<(), Refusal> {
        let splits = |node| matches!(self.node(node).kind, NodeKind::FanOut(Spread::All | Spread::Each(_)));
        if self.nodes().any(splits) { self.check_lenient(entry) } else { Ok(()) }
    }

    /// As [`Self::check_failures`], where the balls are split inside.
    ///
    /// # Errors
    /// A fan-in outside goes on without balls that are lost.
    pub fn check_lenient(&self, entry: u32) -> Result<(), Refusal> {
        let ahead = self.scopes.ahead(entry).iter().filter(|&&fan_in| !self.is_in(fan_in));
        let lenient = |fan_in: u32| !matches!(self.node(fan_in).kind, NodeKind::FanIn(Policy::All));
        match ahead.copied().find(|&fan_in| lenient(fan_in)) {
            Some(fan_in) => refuse(format!(
                "'{}' goes on without balls that are lost, so a failure among several balls would count otherwise there: leave the fan-out outside",
                self.id(fan_in)
            )),
            None => Ok(()),
        }
    }
}

/// The part that some nodes make.
///
/// # Errors
/// What keeps them from being one call, and what to do about it.
pub(super) fn part(at: At<'_>, nodes: &BTreeSet<NodeId>) -> Result<Part, Refusal> {
    let mut inside = vec![false; at.graph.n_nodes()];
    for id in nodes {
        inside[at.find(id)? as usize] = true;
    }
    if nodes.is_empty() {
        return refuse("no node is selected: select those that are to be a play of their own".to_owned());
    }
    let looking = Looking::new(at, inside);
    for node in looking.nodes() {
        let id = looking.id(node);
        match &looking.node(node).kind {
            NodeKind::Snap => return refuse(format!("a run starts at '{id}': leave it outside")),
            NodeKind::Pass(_) => return refuse(format!("'{id}' ends the run: leave it outside")),
            NodeKind::WaitForSignal(_) => {
                return refuse(format!(
                    "'{id}' waits for a signal to this run, and a play of its own is another run: leave it outside"
                ));
            }
            _ => {}
        }
    }
    let entry = entry(&looking)?;
    looking.check_balls()?;
    let (exit, guards_outside) = exit(&looking, entry)?;
    looking.check_failures(entry)?;
    let hoists = check_names(&looking, entry, guards_outside)?;
    Ok(Part { entry, exit, guards_outside, hoists })
}

fn entry(looking: &Looking<'_>) -> Result<u32, Refusal> {
    let wires = looking.at.graph.wires().iter();
    let mut into = wires.filter(|wire| !looking.is_in(wire.from) && looking.is_in(wire.to)).map(|wire| wire.to);
    let Some(entry) = into.next() else {
        return refuse("no wire leads to the selected nodes, so nothing would call them".to_owned());
    };
    if let Some(other) = into.find(|&other| other != entry) {
        let (a, b) = (looking.id(entry), looking.id(other));
        return refuse(format!("two ways lead in, to '{a}' and to '{b}': select nodes that are entered at one"));
    }
    if matches!(looking.node(entry).kind, NodeKind::FanIn(_)) {
        let id = looking.id(entry);
        return refuse(format!("'{id}' joins several balls, and a play starts with one: leave it outside"));
    }
    Ok(entry)
}

/// The node that leads out if it is one, and whether conditions are weighed outside.
fn exit(looking: &Looking<'_>, entry: u32) -> Result<(Option<u32>, bool), Refusal> {
    let wires = (0u32..).zip(looking.at.graph.wires());
    let out: Vec<_> = wires.filter(|(_, wire)| looking.is_in(wire.from) && !looking.is_in(wire.to)).collect();
    let Some((_, first)) = out.first() else {
        return refuse("no wire leads out of the selected nodes, so nothing would come back".to_owned());
    };
    for (wire, edge) in &out {
        let (from, to) = (looking.id(edge.from), looking.id(edge.to));
        if is_failure(looking.when(*wire)) {
            return refuse(format!(
                "'{from}' leads to '{to}' when it fails, and a call fails in other words: select '{to}' too"
            ));
        }
        if looking.after(edge.from) != looking.before(entry) {
            return refuse(format!(
                "several balls would leave, by the wire from '{from}' to '{to}', and a call gives one back: select their fan-in too"
            ));
        }
    }
    let one_exit = out.iter().all(|(_, edge)| edge.from == first.from);
    let exit = one_exit.then_some(first.from);
    let ways = looking.at.graph.out(first.from).iter().filter(|&&wire| !is_failure(looking.when(wire)));
    let all_out = one_exit && ways.clone().all(|&wire| !looking.is_in(looking.at.graph.wire(wire).to));
    let is_fan_out = matches!(looking.node(first.from).kind, NodeKind::FanOut(_));
    if all_out && !is_fan_out {
        return Ok((exit, true));
    }
    if let Some((_, other)) = out.iter().find(|(_, edge)| edge.to != first.to) {
        let (a, b) = (looking.id(first.to), looking.id(other.to));
        return refuse(format!("two ways lead out, to '{a}' and to '{b}': select nodes that are left by one"));
    }
    if exit.is_none() && matches!(looking.node(first.to).kind, NodeKind::FanIn(_)) {
        return refuse(format!(
            "'{}' tells its balls by the nodes that they come from, and several of those are selected",
            looking.id(first.to)
        ));
    }
    Ok((exit, false))
}

/// Whether the entry's `with` is to be weighed outside.
fn check_names(looking: &Looking<'_>, entry: u32, guards_outside: bool) -> Result<bool, Refusal> {
    let graph = looking.at.graph;
    let failing = |node: u32| {
        let mut into = graph.into(node).iter();
        into.all(|&wire| is_failure(looking.when(wire)) && looking.is_in(graph.wire(wire).from))
    };
    let outer = |node: u32, expr: &str| {
        ["run", "signal", "error"].into_iter().find(|name| uses(expr, name) && (*name != "error" || !failing(node)))
    };
    let told = |node: u32, name: &str| -> Result<bool, Refusal> {
        let id = looking.id(node);
        refuse(format!("'{id}' uses '{name}', which a play of its own does not have: leave it outside"))
    };
    let mut hoists = false;
    for node in looking.nodes() {
        let Node { kind, options, .. } = looking.node(node);
        let each = match kind {
            NodeKind::FanOut(Spread::Each(list)) => Some(list),
            _ => None,
        };
        for expr in [each, options.key.as_ref()].into_iter().flatten() {
            if let Some(name) = outer(node, &expr.0) {
                return told(node, name);
            }
        }
        if let Some(name) = options.with.as_ref().and_then(|with| outer(node, &with.0)) {
            let has_target = matches!(kind, NodeKind::Call(_) | NodeKind::WaitForWorker(_));
            let from_outside = graph.into(node).iter().all(|&wire| !looking.is_in(graph.wire(wire).from));
            let never_fails = graph.out(node).iter().all(|&wire| !is_failure(looking.when(wire)));
            if node != entry || !has_target || !from_outside || !never_fails {
                return told(node, name);
            }
            hoists = true;
        }
        for &wire in graph.out(node) {
            let stays = looking.is_in(graph.wire(wire).to) || !guards_outside;
            if let (When::If(guard), true) = (looking.when(wire), stays)
                && let Some(name) = outer(node, &guard.0)
            {
                return told(node, name);
            }
        }
    }
    let catches = looking.nodes().any(|node| graph.out(node).iter().any(|&wire| is_failure(looking.when(wire))));
    if catches && let Some(id) = outside_user(looking, "error") {
        return refuse(format!("'{id}' uses 'error', which may be one from inside: it does not come out of a call"));
    }
    Ok(hoists)
}

/// A node outside that uses the name, or that a wire with it leaves.
fn outside_user<'d>(looking: &Looking<'d>, name: &str) -> Option<&'d NodeId> {
    let mut outside = (0u32..).zip(&looking.inside).filter(|(_, inside)| !**inside).map(|(node, _)| node);
    outside.find_map(|node| {
        let Node { id, kind, options } = looking.node(node);
        let each = match kind {
            NodeKind::FanOut(Spread::Each(list)) => Some(list),
            _ => None,
        };
        let guards = looking.at.graph.out(node).iter().filter_map(|&wire| match looking.when(wire) {
            When::If(guard) => Some(guard),
            _ => None,
        });
        let mut all = [each, options.with.as_ref(), options.key.as_ref()].into_iter().flatten().chain(guards);
        all.any(|expr| uses(&expr.0, name)).then_some(id)
    })
}
