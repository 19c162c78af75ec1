use super::draft::Draft;
use super::{At, Edits, Outlet, Refusal};
use crate::base::NodeId;
use crate::play::doc::{Expr, Hop, Line, NodeKind, Spread, Stmt, When, Wire};
use crate::play::graph::Edge;

/// A chain is not made longer than this by drawing on: lines stay short enough to read.
const MAX_GROUPS: usize = 8;

impl<'d> At<'d> {
    /// Draws a wire.
    ///
    /// A second plain wire out of a node that takes only one gets a condition that never holds yet, and the first
    /// becomes the `otherwise`: what the play does stays the same until the person writes the condition.
    ///
    /// # Errors
    /// The nodes cannot be wired like that.
    pub fn connect(self, from: &NodeId, outlet: Outlet, to: &NodeId) -> Edits {
        let (tail, head) = (self.find(from)?, self.find(to)?);
        match (&self.graph.node(self.play, tail).kind, outlet) {
            (NodeKind::Pass(None), _) | (NodeKind::Pass(_), Outlet::Out) => {
                return Err(Refusal::AfterPass(from.clone()));
            }
            _ => {}
        }
        if matches!(self.graph.node(self.play, head).kind, NodeKind::Snap) {
            return Err(Refusal::BeforeSnap(to.clone()));
        }
        let outs = || self.graph.out(tail).iter().map(|&wire| (wire, self.graph.when(self.play, wire)));
        let has = |what: &When| outs().any(|(_, when)| when == what);
        let mut draft = Draft::new(self);
        let when = match outlet {
            Outlet::Error if has(&When::Error) => {
                return Err(Refusal::SecondOutlet { node: from.clone(), what: "errors" });
            }
            Outlet::Timeout if has(&When::Timeout) => {
                return Err(Refusal::SecondOutlet { node: from.clone(), what: "timeouts" });
            }
            Outlet::Error => When::Error,
            Outlet::Timeout => When::Timeout,
            Outlet::Out => {
                let is_plain = |when: &When| matches!(when, When::Always);
                if outs().any(|(wire, when)| is_plain(when) && self.graph.wire(wire).to == head) {
                    return Err(Refusal::WiredAlready { from: from.clone(), to: to.clone() });
                }
                let guarded = outs().any(|(_, when)| matches!(when, When::If(_)));
                let plain = outs().find(|(_, when)| is_plain(when)).map(|(wire, _)| wire);
                match plain {
                    _ if self.takes_all(tail) => When::Always,
                    None if guarded && !has(&When::Otherwise) => When::Otherwise,
                    None if !guarded && !has(&When::Otherwise) => When::Always,
                    None => never(),
                    Some(_) if has(&When::Otherwise) => never(),
                    Some(plain) => {
                        self.draft_when(&mut draft, self.graph.wire(plain), &When::Otherwise)?;
                        never()
                    }
                }
            }
        };
        self.draft_wire(&mut draft, (tail, from), to, when);
        Ok(draft.edits())
    }

    /// Takes single wires away; what else their statements say stays.
    ///
    /// # Errors
    /// A wire is not there.
    pub fn disconnect(self, wires: &[u32]) -> Edits {
        self.delete(&[], wires)
    }

    /// # Errors
    /// The wire is not there, or its condition cannot be written.
    pub fn set_when(self, wire: u32, when: &When) -> Edits {
        if let When::If(expr) = when {
            super::field::check_expr(&expr.0)?;
        }
        let mut draft = Draft::new(self);
        self.draft_when(&mut draft, self.edge(wire)?, when)?;
        Ok(draft.edits())
    }

    /// The wire leads to `to` instead, under the same condition.
    ///
    /// # Errors
    /// The wire or the node is not there, or they are wired like that already.
    pub fn reroute_head(self, wire: u32, to: &NodeId) -> Edits {
        let edge = self.edge(wire)?;
        let head = self.find(to)?;
        if edge.to == head {
            return Ok(Vec::new());
        }
        if matches!(self.graph.node(self.play, head).kind, NodeKind::Snap) {
            return Err(Refusal::BeforeSnap(to.clone()));
        }
        self.refuse_double(edge.from, head, wire)?;
        let old = self.wire_at(edge.at.stmt as usize)?;
        let group = edge.at.group as usize;
        let mut draft = Draft::new(self);
        let tails = group_of(old, group - 1);
        if tails.len() == 1 && group == old.hops.len() {
            let mut new = old.clone();
            new.hops[group - 1].to[edge.at.index as usize] = to.clone();
            draft.replace_wire(edge.at.stmt as usize, [new]);
        } else {
            let from = tails[edge.tail as usize].clone();
            let new = single(from, to.clone(), old.hops[group - 1].when.clone());
            draft.replace_wire(edge.at.stmt as usize, with_instead(old, edge, new));
        }
        Ok(draft.edits())
    }

    /// The wire comes from `from` instead, under the same condition.
    ///
    /// # Errors
    /// The wire or the node is not there, or they are wired like that already.
    pub fn reroute_tail(self, wire: u32, from: &NodeId) -> Edits {
        let edge = self.edge(wire)?;
        let tail = self.find(from)?;
        if edge.from == tail {
            return Ok(Vec::new());
        }
        let failing = matches!(self.graph.when(self.play, wire), When::Error | When::Timeout);
        match &self.graph.node(self.play, tail).kind {
            NodeKind::Pass(target) if target.is_none() || !failing => return Err(Refusal::AfterPass(from.clone())),
            _ => {}
        }
        self.refuse_double(tail, edge.to, wire)?;
        let old = self.wire_at(edge.at.stmt as usize)?;
        let group = edge.at.group as usize;
        let mut draft = Draft::new(self);
        let heads = group_of(old, group);
        if group == 1 && heads.len() == 1 {
            let mut new = old.clone();
            new.from[edge.tail as usize] = from.clone();
            draft.replace_wire(edge.at.stmt as usize, [new]);
        } else {
            let to = heads[edge.at.index as usize].clone();
            let new = single(from.clone(), to, old.hops[group - 1].when.clone());
            draft.replace_wire(edge.at.stmt as usize, with_instead(old, edge, new));
        }
        Ok(draft.edits())
    }

    /// Whether every wire out of the node may be taken at once.
    fn takes_all(self, node: u32) -> bool {
        matches!(self.graph.node(self.play, node).kind, NodeKind::FanOut(Spread::All | Spread::Each(_)))
    }

    fn refuse_double(self, from: u32, to: u32, wire: u32) -> Result<(), Refusal> {
        let when = self.graph.when(self.play, wire);
        let same = |&other: &u32| self.graph.wire(other).to == to && self.graph.when(self.play, other) == when;
        if !self.graph.out(from).iter().any(same) {
            return Ok(());
        }
        let id = |node| self.graph.node(self.play, node).id.clone();
        Err(Refusal::WiredAlready { from: id(from), to: id(to) })
    }

    pub(super) fn edge(self, wire: u32) -> Result<&'d Edge, Refusal> {
        self.graph.wires().get(wire as usize).ok_or(Refusal::NoWire)
    }

    pub(super) fn wire_at(self, stmt: usize) -> Result<&'d Wire, Refusal> {
        match self.play.body.get(stmt).map(|line| &line.kind) {
            Some(Stmt::Wire(wire)) => Ok(wire),
            _ => Err(Refusal::NoWire),
        }
    }

    fn draft_when(self, draft: &mut Draft<'_>, edge: &Edge, when: &When) -> Result<(), Refusal> {
        let stmt = edge.at.stmt as usize;
        let old = self.wire_at(stmt)?;
        let group = edge.at.group as usize;
        let (tails, heads) = (group_of(old, group - 1), group_of(old, group));
        if tails.len() == 1 && heads.len() == 1 {
            let mut new = old.clone();
            new.hops[group - 1].when = when.clone();
            draft.replace_wire(stmt, [new]);
        } else if old.hops[group - 1].when != *when {
            let from = tails[edge.tail as usize].clone();
            let to = heads[edge.at.index as usize].clone();
            draft.replace_wire(stmt, with_instead(old, edge, single(from, to, when.clone())));
        }
        Ok(())
    }

    /// Writes a new wire where a person would: at the end of a chain or beside its siblings if it is a plain one.
    fn draft_wire(self, draft: &mut Draft<'_>, (tail, from): (u32, &NodeId), to: &NodeId, when: When) {
        let outs = self.graph.out(tail);
        if when.is_always() {
            let extended = match outs.last() {
                Some(&last) => self.draft_sibling(draft, last, to),
                None => self.draft_chain_end(draft, tail, to) || self.draft_join(draft, from, to),
            };
            if extended {
                return;
            }
        }
        let line = Line::new(Stmt::Wire(single(from.clone(), to.clone(), when)));
        let after_last_of = |wires: &[u32]| wires.last().map(|&wire| self.graph.wire(wire).at.stmt as usize);
        let last_where = |is: fn(&Stmt) -> bool| self.play.body.iter().rposition(|line| is(&line.kind));
        if let Some(after) = after_last_of(outs)
            .or_else(|| after_last_of(self.graph.into(tail)))
            .or_else(|| last_where(|stmt| matches!(stmt, Stmt::Wire(_))))
        {
            draft.insert_after(after, line);
        } else {
            let after = last_where(|stmt| matches!(stmt, Stmt::Node(_) | Stmt::Role(_)));
            draft.insert_before(after.map_or(self.play.body.len(), |n| n + 1), Line { blank: true, ..line });
        }
    }

    /// `A -> B` becomes `A -> { B, to }`, if it ends there.
    fn draft_sibling(self, draft: &mut Draft<'_>, last: u32, to: &NodeId) -> bool {
        let edge = self.graph.wire(last);
        let stmt = edge.at.stmt as usize;
        let Ok(old) = self.wire_at(stmt) else { return false };
        let group = edge.at.group as usize;
        let plain = old.hops[group - 1].when.is_always();
        if group != old.hops.len() || group_of(old, group - 1).len() != 1 || !plain {
            return false;
        }
        let mut new = old.clone();
        new.hops[group - 1].to.push(to.clone());
        draft.replace_wire(stmt, [new]);
        true
    }

    /// `… -> A` becomes `… -> A -> to`.
    fn draft_chain_end(self, draft: &mut Draft<'_>, tail: u32, to: &NodeId) -> bool {
        for &wire in self.graph.into(tail).iter().rev() {
            let edge = self.graph.wire(wire);
            let stmt = edge.at.stmt as usize;
            let Ok(old) = self.wire_at(stmt) else { continue };
            let Some(hop) = old.hops.last() else { continue };
            let ends_here = edge.at.group as usize == old.hops.len() && hop.to.len() == 1;
            if ends_here && hop.when.is_always() && old.hops.len() + 1 < MAX_GROUPS {
                let mut new = old.clone();
                new.hops.push(Hop { to: vec![to.clone()], when: When::Always });
                draft.replace_wire(stmt, [new]);
                return true;
            }
        }
        false
    }

    /// `B -> to` becomes `{ B, from } -> to` if B and `from` stand together at the end of another statement, and goes
    /// to the end of that one once all that stand there lead to `to`.
    fn draft_join(self, draft: &mut Draft<'_>, from: &NodeId, to: &NodeId) -> bool {
        let Some(head) = self.graph.find(to) else { return false };
        let Some(tail) = self.graph.find(from) else { return false };
        let mut splits = self.graph.into(tail).iter().filter_map(|&wire| {
            let edge = self.graph.wire(wire);
            let stmt = edge.at.stmt as usize;
            let split = self.wire_at(stmt).ok()?;
            (edge.at.group as usize == split.hops.len()).then_some((stmt, split))
        });
        let Some((split_stmt, split)) = splits.next() else { return false };
        let Some(together) = split.hops.last().map(|hop| &hop.to) else { return false };
        for &wire in self.graph.into(head) {
            let stmt = self.graph.wire(wire).at.stmt as usize;
            let Ok(old) = self.wire_at(stmt) else { continue };
            let plain = old.hops.len() == 1 && old.hops[0].to.len() == 1 && old.hops[0].when.is_always();
            if stmt == split_stmt || !plain || !old.from.iter().all(|id| together.contains(id)) {
                continue;
            }
            let all_here = together.len() == old.from.len() + 1 && !old.from.contains(from);
            let only_wire = |id: &NodeId| self.graph.find(id).is_some_and(|node| self.graph.out(node).len() == 1);
            let noted = self.play.body[stmt].note.is_some();
            if all_here && !noted && old.from.iter().all(only_wire) && split.hops.len() + 1 < MAX_GROUPS {
                let mut new = split.clone();
                new.hops.push(Hop { to: vec![to.clone()], when: When::Always });
                draft.replace_wire(split_stmt, [new]);
                draft.remove(stmt);
            } else {
                let mut new = old.clone();
                new.from.push(from.clone());
                draft.replace_wire(stmt, [new]);
            }
            return true;
        }
        false
    }
}

/// A condition that a person is to write: it holds never, so nothing changes until then.
fn never() -> When {
    When::If(Expr("false".to_owned()))
}

pub(super) fn single(from: NodeId, to: NodeId, when: When) -> Wire {
    Wire { from: vec![from], hops: vec![Hop { to: vec![to], when }] }
}

pub(super) fn group_of(wire: &Wire, group: usize) -> &[NodeId] {
    group.checked_sub(1).map_or(&wire.from, |hop| &wire.hops[hop].to)
}

/// The statements that are left of one, without some of its nodes and wires.
///
/// `keep_wire` is asked with the group of the head, the index of the tail and the index of the head.
pub(super) fn keep_some(
    wire: &Wire,
    keep_node: impl Fn(&NodeId) -> bool,
    keep_wire: impl Fn(usize, usize, usize) -> bool,
) -> Vec<Wire> {
    let mut left = Vec::new();
    for group in 1..=wire.hops.len() {
        let (tails, heads) = (group_of(wire, group - 1), group_of(wire, group));
        let n_heads = heads.iter().filter(|id| keep_node(id)).count();
        // Tails with the heads that they keep; those that keep the same stand together, all that keep every head last.
        let mut rows: Vec<(Vec<NodeId>, Vec<NodeId>)> = Vec::new();
        for (t, tail) in tails.iter().enumerate().filter(|(_, id)| keep_node(id)) {
            let kept = heads.iter().enumerate().filter(|(h, id)| keep_node(id) && keep_wire(group, t, *h));
            let kept: Vec<_> = kept.map(|(_, id)| id.clone()).collect();
            match rows.iter_mut().find(|(tails, heads)| *heads == kept && !tails.contains(tail)) {
                Some((tails, _)) => tails.push(tail.clone()),
                None => rows.push((vec![tail.clone()], kept)),
            }
        }
        rows.sort_by_key(|(_, kept)| kept.len() == n_heads);
        let when = &wire.hops[group - 1].when;
        left.extend(rows.into_iter().filter(|(_, heads)| !heads.is_empty()).map(|(from, to)| {
            let hop = Hop { to, when: when.clone() };
            Wire { from, hops: vec![hop] }
        }));
    }
    chained(left)
}

/// The statements for one with `new` in place of the wire `edge`.
pub(super) fn with_instead(wire: &Wire, edge: &Edge, new: Wire) -> Vec<Wire> {
    let (group, tail, head) = (edge.at.group as usize, edge.tail as usize, edge.at.index as usize);
    let (tails, heads) = (group_of(wire, group - 1), group_of(wire, group));
    let when = &wire.hops[group - 1].when;
    let piece = |from: &[NodeId], to: &[NodeId]| {
        let hop = Hop { to: to.to_vec(), when: when.clone() };
        (!from.is_empty() && !to.is_empty()).then(|| Wire { from: from.to_vec(), hops: vec![hop] })
    };
    let mut left = Vec::new();
    if group > 1 {
        left.push(Wire { from: wire.from.clone(), hops: wire.hops[..group - 1].to_vec() });
    }
    let this = &tails[tail..=tail];
    let mut others = tails.to_vec();
    others.remove(tail);
    if others.contains(&tails[tail]) {
        // The same node twice in a group: the wires of the one before stay before.
        left.extend(piece(&tails[..tail], heads));
        others.drain(..tail);
    }
    left.extend(piece(this, &heads[..head]));
    left.push(new);
    left.extend(piece(this, &heads[head + 1..]));
    left.extend(piece(&others, heads));
    if group < wire.hops.len() {
        left.push(Wire { from: heads.to_vec(), hops: wire.hops[group..].to_vec() });
    }
    chained(left)
}

/// Statements where one starts with what the one before ends with become one chain.
pub(super) fn chained(wires: Vec<Wire>) -> Vec<Wire> {
    let mut chains: Vec<Wire> = Vec::with_capacity(wires.len());
    for wire in wires {
        match chains.last_mut() {
            Some(last) if last.hops.last().is_some_and(|hop| hop.to == wire.from) => last.hops.extend(wire.hops),
            _ => chains.push(wire),
        }
    }
    chains
}
