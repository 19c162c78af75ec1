//! Where balls can go: starts, ends, what no ball reaches, cycles.

use rustc_hash::FxHashSet;

use super::fixes::{is_node, is_wire, some_pass};
use super::{Report, Subject};
use crate::base::TextChange;
use crate::diag::Diagnostic;
use crate::lang::Part;
use crate::play::ops::fresh_id;
use crate::play::{NodeKind, Scopes, Spread, Stmt, When};

/// How many nodes are looked at for one that may lead to another.
const MAX_LOOKED: usize = 1000;

pub(super) fn check(subject: &Subject<'_>, scopes: &Scopes, report: &mut Report<'_>) {
    let (play, graph) = (subject.play, subject.graph);
    let n_nodes = u32::try_from(graph.n_nodes()).unwrap_or(u32::MAX);
    let (mut snaps, mut n_entries) = (0, 0);
    for node in 0..n_nodes {
        if matches!(graph.node(play, node).kind, NodeKind::Snap) {
            snaps += 1;
            if snaps > 1 {
                let help = "keep one; a run that starts in another way starts at a wait-for-signal without a wire in";
                let message = "a play has one snap, and this is another one";
                let found = Diagnostic::error("P004", report.id(subject, node), message).help(help);
                let found = report.delete(subject, &graph.node(play, node).id, found);
                report.add(found);
            }
        }
        n_entries += u32::from(graph.is_entry(play, node));
    }
    // What could not be read may be the very statement that is missed.
    if !subject.is_whole() {
        return;
    }
    if n_entries == 0 {
        let help = "add 'snap ID' and a wire from it, or a wait-for-signal without a wire in";
        let span = report.head(subject.item, Part::Id);
        let found = Diagnostic::error("P003", span, "no run of this play can start").help(help);
        let found = with_snap(subject, report, found);
        report.add(found);
    }
    let misled = misled(subject);
    for node in 0..n_nodes {
        if !graph.unknown.is_empty() && (misled.contains(&node) || !scopes.is_reachable(node)) {
            // A wire to what is not there is reported as that, not by all that it would have led to.
        } else if n_entries > 0 && !scopes.is_reachable(node) {
            let id = &graph.node(play, node).id;
            let message = format!("no ball can come to '{id}'");
            let help = format!("lead a wire to it, as in '… -> {id}', or remove it");
            let mut found = Diagnostic::warning("P005", report.id(subject, node), message).help(help);
            if let Some(from) = leads_on(subject, scopes, node) {
                let from = &graph.node(play, from).id;
                let wire = report.new_line(subject.item, &format!("{from} -> {id}"), is_wire);
                found = found.fix_if(format!("wire {from} -> {id}"), wire);
            }
            let found = report.delete(subject, id, found);
            report.add(found);
        } else {
            dead_end(subject, node, report);
        }
    }
    cycles(subject, n_nodes, report);
}

/// A node that a wire to `node`, which no ball comes to, may well come from: the nearest before it that balls come to
/// and that leads nowhere, else a fan-out.
fn leads_on(subject: &Subject<'_>, scopes: &Scopes, node: u32) -> Option<u32> {
    let (play, graph) = (subject.play, subject.graph);
    let kind = |node: u32| &graph.node(play, node).kind;
    if matches!(kind(node), NodeKind::Snap) {
        return None;
    }
    let reached = |&other: &u32| scopes.is_reachable(other) && !matches!(kind(other), NodeKind::Pass(_));
    let before = || (0..node).rev().take(MAX_LOOKED).filter(reached);
    let stuck = before().find(|&other| graph.out(other).is_empty());
    stuck.or_else(|| before().find(|&other| matches!(kind(other), NodeKind::FanOut(Spread::All))))
}

/// A snap, and a wire from it to the first node that nothing leads to.
fn with_snap(subject: &Subject<'_>, report: &Report<'_>, found: Diagnostic) -> Diagnostic {
    let (play, graph) = (subject.play, subject.graph);
    let snap = fresh_id(graph, &NodeKind::Snap);
    let line = report.new_line(subject.item, &format!("snap {snap}"), is_node);
    let nodes = 0..u32::try_from(graph.n_nodes()).unwrap_or(u32::MAX);
    let first = nodes.clone().find(|&node| graph.into(node).is_empty()).or_else(|| nodes.clone().next());
    match first {
        None => found.fix_if(format!("add 'snap {snap}'"), line),
        Some(first) => {
            let first = &graph.node(play, first).id;
            let wire = report.new_line(subject.item, &format!("{snap} -> {first}"), is_wire);
            match both(line, wire) {
                Some(changes) => found.fix(format!("add 'snap {snap}' and wire it to {first}"), changes),
                None => found,
            }
        }
    }
}

/// Two changes of one fix; none if they meet at one place, where their order would not be told.
fn both(a: Option<TextChange>, b: Option<TextChange>) -> Option<Vec<TextChange>> {
    let (a, mut b) = (a?, b?);
    if a.span == b.span {
        // Both go after the same statement: one change, in this order.
        b.text = a.text + &b.text;
        return Some(vec![b]);
    }
    Some(vec![a, b])
}

/// The nodes of wire statements that name what is not there.
fn misled(subject: &Subject<'_>) -> FxHashSet<u32> {
    let mut misled = FxHashSet::default();
    let mut last = None;
    for end in &subject.graph.unknown {
        // One statement may name many.
        if last.replace(end.stmt) == Some(end.stmt) {
            continue;
        }
        if let Stmt::Wire(wire) = &subject.play.body[end.stmt as usize].kind {
            let ids = wire.from.iter().chain(wire.hops.iter().flat_map(|hop| &hop.to));
            misled.extend(ids.filter_map(|id| subject.graph.find(id)));
        }
    }
    misled
}

fn dead_end(subject: &Subject<'_>, node: u32, report: &mut Report<'_>) {
    let (play, graph) = (subject.play, subject.graph);
    let out = graph.out(node);
    let goes_on = |&wire: &u32| !matches!(graph.when(play, wire), When::Error | When::Timeout);
    if out.iter().any(goes_on) {
        return;
    }
    let node_of = graph.node(play, node);
    if matches!(node_of.kind, NodeKind::Pass(_)) {
        return;
    }
    let id = &node_of.id;
    let message = if out.is_empty() {
        format!("'{id}' leads nowhere: a ball that comes to it is stuck")
    } else {
        format!("'{id}' leads on only when it fails: a ball that fares well is stuck")
    };
    let help = format!("lead it on, as in '{id} -> …', or to a pass that ends the run");
    let mut found = Diagnostic::error("P006", report.id(subject, node), message).help(help);
    let item = subject.item;
    if let Some(pass) = some_pass(play) {
        let wire = report.new_line(item, &format!("{id} -> {pass}"), is_wire);
        found = found.fix_if(format!("wire {id} -> {pass}"), wire);
    } else {
        let done = fresh_id(graph, &NodeKind::Pass(None));
        let node = report.new_line(item, &format!("pass {done}"), is_node);
        let wire = report.new_line(item, &format!("{id} -> {done}"), is_wire);
        if let Some(changes) = both(node, wire) {
            found = found.fix(format!("add a pass '{done}' and wire {id} -> {done}"), changes);
        }
    }
    report.add(found);
}

/// Finds the strongly connected components in one pass (Tarjan, without recursion).
fn cycles(subject: &Subject<'_>, n_nodes: u32, report: &mut Report<'_>) {
    const CLOSED: u32 = u32::MAX;
    let graph = subject.graph;
    // Orders of discovery from 1; `low` is the lowest that can be reached, or `CLOSED` with its component.
    let (mut index, mut low) = (vec![0u32; n_nodes as usize], vec![0u32; n_nodes as usize]);
    let (mut next, mut open, mut path) = (0, Vec::new(), Vec::new());
    for root in 0..n_nodes {
        if index[root as usize] == 0 {
            path.push((root, 0));
        }
        while let Some((node, wire)) = path.last_mut() {
            let (node, at) = (*node, *node as usize);
            if index[at] == 0 {
                next += 1;
                (index[at], low[at]) = (next, next);
                open.push(node);
            }
            if let Some(&taken) = graph.out(node).get(*wire) {
                *wire += 1;
                let to = graph.wire(taken).to;
                match index[to as usize] {
                    0 => path.push((to, 0)),
                    seen if low[to as usize] != CLOSED => low[at] = low[at].min(seen),
                    _ => {}
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent as usize] = low[*parent as usize].min(low[at]);
            }
            if low[at] == index[at] {
                let start = open.iter().rposition(|&other| other == node).unwrap_or(0);
                let component = &open[start..];
                let is_cycle = component.len() > 1 || graph.out(node).iter().any(|&wire| graph.wire(wire).to == node);
                if is_cycle && !can_leave(subject, component) {
                    no_way_out(subject, component.to_vec(), report);
                }
                for node in open.drain(start..) {
                    low[node as usize] = CLOSED;
                }
            }
        }
    }
}

/// Whether a condition lets balls out: on a wire that leaves, or on all wires that stay beside one that leaves.
fn can_leave(subject: &Subject<'_>, component: &[u32]) -> bool {
    let (play, graph) = (subject.play, subject.graph);
    let mut inside = component.to_vec();
    inside.sort_unstable();
    let stays = |wire: u32| inside.binary_search(&graph.wire(wire).to).is_ok();
    component.iter().any(|&node| {
        let out = graph.out(node);
        let (mut leaves, mut is_guarded, mut all_stay_guarded) = (false, false, true);
        for &wire in out {
            let always = graph.when(play, wire).is_always();
            if stays(wire) {
                all_stay_guarded &= !always;
            } else {
                leaves = true;
                is_guarded |= !always;
            }
        }
        leaves && (is_guarded || all_stay_guarded)
    })
}

fn no_way_out(subject: &Subject<'_>, mut component: Vec<u32>, report: &mut Report<'_>) {
    const SHOWN: usize = 4;
    let (play, graph) = (subject.play, subject.graph);
    component.sort_unstable();
    let inside = |wire: u32| component.binary_search(&graph.wire(wire).to).is_ok();
    let last = component.iter().flat_map(|&node| graph.out(node)).copied().filter(|&wire| inside(wire)).max();
    let Some(last) = last else { return };
    let mut names: Vec<&str> = component.iter().take(SHOWN).map(|&node| graph.node(play, node).id.as_str()).collect();
    if component.len() > SHOWN {
        names.push("…");
    }
    let message = format!("balls go round for ever: no condition lets them out of {}", names.join(", "));
    let from = &graph.node(play, graph.wire(last).from).id;
    let help = format!("add a wire out, as in '{from} -> … when (…)', and 'otherwise' on the way back");
    report.add(Diagnostic::error("P012", report.wire_head(subject, last), message).help(help));
}
