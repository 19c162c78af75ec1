use rustc_hash::FxHashSet;

use super::draft::Draft;
use super::wire::{chained, group_of, single, with_instead};
use super::{At, Edits, Outlet, Refusal, Steps};
use crate::base::NodeId;
use crate::play::Edit;
use crate::play::doc::{Hop, NodeKind, Stmt, When, Wire};
use crate::play::graph::Edge;

impl<'d> At<'d> {
    /// A -> B becomes A -> `node` -> B. The condition stays on the first of the two.
    ///
    /// # Errors
    /// The node cannot stand between two others, or is an end of the wire.
    pub fn splice(self, node: &NodeId, wire: u32) -> Edits {
        let middle = self.find(node)?;
        let edge = *self.edge(wire)?;
        match self.graph.node(self.play, middle).kind {
            NodeKind::Snap => return Err(Refusal::BeforeSnap(node.clone())),
            NodeKind::Pass(_) => return Err(Refusal::AfterPass(node.clone())),
            _ => {}
        }
        if middle == edge.from || middle == edge.to {
            let message = format!("'{node}' is an end of that wire already: drop it on another one");
            return Err(Refusal::BadValue(message));
        }
        let to = self.graph.node(self.play, edge.to).id.clone();
        let old = self.wire_at(edge.at.stmt as usize)?;
        let group = edge.at.group as usize;
        let is_wired = self.graph.out(middle).iter().any(|&out| self.graph.wire(out).to == edge.to);
        if group_of(old, group - 1).len() == 1 && group_of(old, group).len() == 1 && !is_wired {
            let mut new = old.clone();
            let when = std::mem::replace(&mut new.hops[group - 1].when, When::Always);
            new.hops.insert(group - 1, Hop { to: vec![node.clone()], when });
            let mut draft = Draft::new(self);
            draft.replace_wire(edge.at.stmt as usize, [new]);
            return Ok(draft.edits());
        }
        let mut steps = Steps::new(self);
        steps.then(|at| at.reroute_head(wire, node))?;
        steps.then(|at| at.connect(node, Outlet::Out, &to))?;
        Ok(steps.edits())
    }

    /// Takes nodes away, and leads what came to them to where they led: A -> x -> B becomes A -> B.
    ///
    /// A node with no way on, with several, or with one under a condition goes with its wires.
    ///
    /// # Errors
    /// One of the nodes is not there.
    pub fn delete_and_heal(self, nodes: &[NodeId]) -> Edits {
        for id in nodes {
            self.find(id)?;
        }
        let gone: FxHashSet<&NodeId> = nodes.iter().collect();
        let mut steps = Steps::new(self);
        steps.then(|at| Ok(at.contract(&gone)))?;
        let mut tried = FxHashSet::default();
        while let Some((wire, to)) = next_to_heal(steps.at(), &gone, &mut tried) {
            // Where the two are wired like that already, nothing is to be healed.
            let _ = steps.then(|at| at.reroute_head(wire, &to));
        }
        steps.then(|at| at.delete(nodes, &[]))?;
        Ok(steps.edits())
    }

    /// Takes nodes out of the middle of chains, where the chain then says what is meant.
    fn contract(self, gone: &FxHashSet<&NodeId>) -> Vec<Edit> {
        let mut draft = Draft::new(self);
        for (stmt, line) in self.play.body.iter().enumerate() {
            let Stmt::Wire(old) = &line.kind else { continue };
            let mut new = old.clone();
            let mut group = 1;
            while group < new.hops.len() {
                let (before, after) = (group_of(&new, group - 1), group_of(&new, group + 1));
                let fits = match (group_of(&new, group), after) {
                    ([middle], [to]) => {
                        gone.contains(middle)
                            && self.only_way_on(middle) == Some(to)
                            && before.iter().all(|from| from != to && !gone.contains(from))
                            && !before.iter().any(|from| self.leads(from, to, &new.hops[group - 1].when))
                    }
                    _ => false,
                };
                if fits {
                    let removed = new.hops.remove(group);
                    new.hops[group - 1].to = removed.to;
                } else {
                    group += 1;
                }
            }
            draft.replace_wire(stmt, [new]);
        }
        draft.edits()
    }

    fn leads(self, from: &NodeId, to: &NodeId, when: &When) -> bool {
        let (Some(from), Some(to)) = (self.graph.find(from), self.graph.find(to)) else { return false };
        self.graph.out(from).iter().any(|&out| self.graph.wire(out).to == to && self.graph.when(self.play, out) == when)
    }

    /// Where every ball goes that leaves the node well, if that is one place.
    fn only_way_on(self, id: &NodeId) -> Option<&'d NodeId> {
        let node = self.graph.find(id)?;
        let is_failure = |when: &When| matches!(when, When::Error | When::Timeout);
        let mut ways = self.graph.out(node).iter().filter(|&&wire| !is_failure(self.graph.when(self.play, wire)));
        let (way, more) = (ways.next()?, ways.next());
        let to = self.graph.wire(*way).to;
        (more.is_none() && self.graph.when(self.play, *way).is_always())
            .then(move || &self.graph.node(self.play, to).id)
    }

    /// Lets two wires of one node lead each where the other one did; conditions and order stay.
    ///
    /// # Errors
    /// They do not leave the same node, or stand in one statement in a way that cannot be told apart.
    pub fn swap(self, a: u32, b: u32) -> Edits {
        let (a, b) = (*self.edge(a)?, *self.edge(b)?);
        if a.from != b.from {
            let message = "only wires of the same node can be swapped: select two that leave it".to_owned();
            return Err(Refusal::BadValue(message));
        }
        let mut draft = Draft::new(self);
        if a.to == b.to {
            return Ok(Vec::new());
        }
        if a.at.stmt != b.at.stmt {
            self.draft_head(&mut draft, &a, b.to)?;
            self.draft_head(&mut draft, &b, a.to)?;
        } else if (a.at.group, a.tail) == (b.at.group, b.tail) {
            let stmt = a.at.stmt as usize;
            draft.replace_wire(stmt, with_swapped(self.wire_at(stmt)?, &a, &b));
        } else {
            let node = &self.graph.node(self.play, a.from).id;
            let message = format!("'{node}' stands twice in one statement: swap where its wires lead in the text");
            return Err(Refusal::BadValue(message));
        }
        Ok(draft.edits())
    }

    fn draft_head(self, draft: &mut Draft<'_>, edge: &Edge, to: u32) -> Result<(), Refusal> {
        let stmt = edge.at.stmt as usize;
        let old = self.wire_at(stmt)?;
        let group = edge.at.group as usize;
        let tails = group_of(old, group - 1);
        let to = self.graph.node(self.play, to).id.clone();
        if tails.len() == 1 && group == old.hops.len() {
            let mut new = old.clone();
            new.hops[group - 1].to[edge.at.index as usize] = to;
            draft.replace_wire(stmt, [new]);
        } else {
            let new = single(tails[edge.tail as usize].clone(), to, old.hops[group - 1].when.clone());
            draft.replace_wire(stmt, with_instead(old, edge, new));
        }
        Ok(())
    }
}

/// A wire into one of the nodes that can lead on to where the flow goes after it.
fn next_to_heal(
    at: At<'_>,
    gone: &FxHashSet<&NodeId>,
    tried: &mut FxHashSet<(NodeId, NodeId, u32)>,
) -> Option<(u32, NodeId)> {
    let id = |node: u32| &at.graph.node(at.play, node).id;
    (0u32..).zip(at.graph.wires()).find_map(|(wire, edge)| {
        let (from, middle) = (id(edge.from), id(edge.to));
        if gone.contains(from) || !gone.contains(middle) || !tried.insert((from.clone(), middle.clone(), edge.nth)) {
            return None;
        }
        let mut to = at.only_way_on(middle)?;
        // A cycle of nodes that all go leads nowhere.
        let mut left = gone.len();
        while gone.contains(to) {
            left = left.checked_sub(1)?;
            to = at.only_way_on(to)?;
        }
        (to != from).then(|| (wire, to.clone()))
    })
}

/// The statements for one in which two heads of one tail have changed places for that tail.
fn with_swapped(wire: &Wire, a: &Edge, b: &Edge) -> Vec<Wire> {
    let (group, tail) = (a.at.group as usize, a.tail as usize);
    let tails = group_of(wire, group - 1);
    let mut swapped = wire.clone();
    swapped.hops[group - 1].to.swap(a.at.index as usize, b.at.index as usize);
    if tails.len() == 1 {
        return vec![swapped];
    }
    let hop = |of: &Wire| vec![of.hops[group - 1].clone()];
    let mut others = tails.to_vec();
    let this = others.remove(tail);
    let mut left = Vec::new();
    if group > 1 {
        left.push(Wire { from: wire.from.clone(), hops: wire.hops[..group - 1].to_vec() });
    }
    left.push(Wire { from: vec![this], hops: hop(&swapped) });
    left.push(Wire { from: others, hops: hop(wire) });
    if group < wire.hops.len() {
        left.push(Wire { from: group_of(wire, group).to_vec(), hops: wire.hops[group..].to_vec() });
    }
    chained(left)
}
