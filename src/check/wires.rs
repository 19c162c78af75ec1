//! Wires: their ends, and what may leave one node.

use super::fixes::{SOME_TARGET, is_node};
use super::{Report, Subject};
use crate::base::TextChange;
use crate::diag::Diagnostic;
use crate::lang::{Part, nearest};
use crate::play::{NodeKind, Spread, Stmt, When};

/// How many names are compared to find what was meant; a huge play with many mistakes gets no hints.
const MAX_HINTED: usize = 200_000;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    unknown_ends(subject, report);
    let (play, graph) = (subject.play, subject.graph);
    let mut twins = Vec::new();
    for node in 0..u32::try_from(graph.n_nodes()).unwrap_or(u32::MAX) {
        let kind = &graph.node(play, node).kind;
        if matches!(kind, NodeKind::Snap) {
            for &wire in graph.into(node) {
                let message = "a snap is where a run starts: no wire leads into it";
                let help = "lead the wire to the node after the snap";
                let found = Diagnostic::error("P018", report.wire_head(subject, wire), message).help(help);
                let found = report.cut(subject, wire, found);
                report.add(found);
            }
        }
        let out = graph.out(node);
        if out.is_empty() {
            continue;
        }
        if let NodeKind::Pass(target) = kind {
            out_of_pass(subject, out, target.is_some(), report);
        }
        twins.clear();
        if out.len() > 1 {
            duplicates(subject, out, &mut twins, report);
        }
        several(subject, node, out, &twins, report);
        timeouts(subject, node, kind, out, report);
    }
}

fn unknown_ends(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut budget = MAX_HINTED;
    for &end in &subject.graph.unknown {
        let Stmt::Wire(wire) = &subject.play.body[end.stmt as usize].kind else { continue };
        let group = match end.group {
            0 => &wire.from,
            n => &wire.hops[usize::from(n) - 1].to,
        };
        let id = &group[usize::from(end.index)];
        if subject.may_be_defined(id) {
            continue;
        }
        let span = report.span(subject.item, end.stmt as usize, Part::End { group: end.group, index: end.index });
        let n_nodes = subject.graph.n_nodes();
        let meant = if budget >= n_nodes {
            budget -= n_nodes;
            let nodes =
                (0..u32::try_from(n_nodes).unwrap_or(0)).map(|n| subject.graph.node(subject.play, n).id.as_str());
            nearest(id, nodes)
        } else {
            None
        };
        let mut found = Diagnostic::error("P001", span, format!("there is no node '{id}'"));
        found = match meant {
            Some(meant) => found.meant(meant),
            None => found.help(format!("add the node, as in 'call {id} = image/version/method'")),
        };
        let call = report.new_line(subject.item, &format!("call {id} = {SOME_TARGET}"), is_node);
        report.add(found.fix_if(format!("add a call '{id}'"), call));
    }
}

fn out_of_pass(subject: &Subject<'_>, out: &[u32], has_target: bool, report: &mut Report<'_>) {
    for &wire in out {
        let fails = matches!(subject.graph.when(subject.play, wire), When::Error | When::Timeout);
        if has_target && fails {
            continue;
        }
        let (message, help) = if has_target {
            (
                "a pass ends the run: only 'on error' and 'on timeout' may lead on",
                "remove the wire, or write 'on error'",
            )
        } else {
            ("a pass ends the run: no wire leads out of it", "remove the wire, or make the node a call")
        };
        let found = Diagnostic::error("P019", report.wire_tail(subject, wire), message).help(help);
        let found = report.cut(subject, wire, found);
        report.add(found);
    }
}

/// Wires between the same two nodes under the same condition, but for the first; gives them in rising order.
fn duplicates(subject: &Subject<'_>, out: &[u32], twins: &mut Vec<u32>, report: &mut Report<'_>) {
    let (play, graph) = (subject.play, subject.graph);
    // Most wires have no parallel: the graph has counted them.
    if out.iter().all(|&wire| graph.wire(wire).nth == 0) {
        return;
    }
    let mut sorted = out.to_vec();
    sorted.sort_by(|&a, &b| {
        let key = |wire: u32| (graph.wire(wire).to, order(graph.when(play, wire)), wire);
        key(a).cmp(&key(b))
    });
    for pair in sorted.windows(2) {
        let (first, second) = (graph.wire(pair[0]), graph.wire(pair[1]));
        if first.to == second.to && graph.when(play, pair[0]) == graph.when(play, pair[1]) {
            let (from, to) = (&graph.node(play, second.from).id, &graph.node(play, second.to).id);
            let message = format!("the wire {from} -> {to} is there twice");
            let span = report.wire_head(subject, pair[1]);
            let found = Diagnostic::error("P020", span, message).help("remove one of them");
            let found = report.cut(subject, pair[1], found);
            report.add(found);
            twins.push(pair[1]);
        }
    }
    twins.sort_unstable();
}

fn order(when: &When) -> (u8, &str) {
    match when {
        When::Always => (0, ""),
        When::If(expr) => (1, &expr.0),
        When::Otherwise => (2, ""),
        When::Error => (3, ""),
        When::Timeout => (4, ""),
    }
}

/// How many wires of each condition leave a node.
#[derive(Default)]
struct Counts {
    always: u32,
    guarded: u32,
    otherwise: u32,
    error: u32,
    timeout: u32,
}

impl Counts {
    /// Gives how many of the condition there are now.
    fn add(&mut self, when: &When) -> u32 {
        let count = match when {
            When::Always => &mut self.always,
            When::If(_) => &mut self.guarded,
            When::Otherwise => &mut self.otherwise,
            When::Error => &mut self.error,
            When::Timeout => &mut self.timeout,
        };
        *count += 1;
        *count
    }
}

/// Which wires of one node stand beside each other.
fn several(subject: &Subject<'_>, node: u32, out: &[u32], twins: &[u32], report: &mut Report<'_>) {
    let (play, graph) = (subject.play, subject.graph);
    let number = node;
    let node = graph.node(play, node);
    let (is_fan_out, takes_one) =
        (matches!(node.kind, NodeKind::FanOut(_)), matches!(node.kind, NodeKind::FanOut(Spread::One)));
    let id = &node.id;
    let mut counts = Counts::default();
    for &wire in out {
        // The same wire twice is reported as that.
        if twins.binary_search(&wire).is_ok() {
            continue;
        }
        let when = graph.when(play, wire);
        let is_dead = takes_one && counts.always > 0;
        let is_second = counts.add(when) > 1;
        match when {
            When::Error | When::Timeout if is_second => {
                let word = if *when == When::Error { "on error" } else { "on timeout" };
                let message = format!("'{id}' has two wires '{word}'");
                let help = "keep one of them; to go two ways, lead it to a fan-out";
                let found = Diagnostic::error("P007", report.wire(subject, wire), message).help(help);
                let found = report.cut(subject, wire, found);
                report.add(found);
            }
            When::Always | When::If(_) | When::Otherwise if is_dead => {
                let message = format!("'{id}' never takes this wire: one without a condition stands before it");
                let help = "give the earlier wire a condition, or remove this one";
                let found = Diagnostic::warning("P027", report.wire(subject, wire), message).help(help);
                let found = report.cut(subject, wire, found);
                report.add(found);
            }
            When::Always if !is_fan_out && is_second => {
                let message = format!("'{id}' is no fan-out: it has one way on, and this is a second one");
                let help = format!("lead '{id}' to a fan-out, or write 'when (…)' and 'otherwise'");
                let found = Diagnostic::error("P007", report.wire_head(subject, wire), message).help(help);
                let found = report.with_fan_out(subject, number, found);
                let found = report.cut(subject, wire, found);
                report.add(found);
            }
            When::Otherwise if !is_fan_out && is_second => {
                let message = format!("'{id}' has two wires 'otherwise'");
                let found = Diagnostic::error("P007", report.wire(subject, wire), message).help("keep one of them");
                let found = report.cut(subject, wire, found);
                report.add(found);
            }
            _ => {}
        }
    }
    let with = |sought: &'static When| out.iter().copied().filter(move |&wire| graph.when(play, wire) == sought);
    if counts.otherwise > 0 && counts.guarded == 0 {
        for wire in with(&When::Otherwise) {
            let message = "'otherwise' stands without a 'when' beside it";
            let help = format!("remove 'otherwise', or add a wire '{id} -> … when (…)'");
            let found = Diagnostic::error("P008", report.wire(subject, wire), message).help(help);
            report.add(found.fix_if("remove 'otherwise'", report.without_when(subject, wire)));
        }
    }
    if !is_fan_out && counts.always == 1 && counts.guarded > 0 {
        for wire in with(&When::Always) {
            let message = format!("'{id}' has wires with 'when', so this one needs a condition too");
            let found = Diagnostic::error("P007", report.wire_head(subject, wire), message);
            let at = report.alone_in_group(subject, wire);
            let add = at.map(|at| TextChange::new(at, " otherwise"));
            report.add(found.help("write 'otherwise' after it").fix_if("add 'otherwise'", add));
        }
    }
}

/// `on timeout` where no time is set, `on error` where nothing can fail.
fn timeouts(subject: &Subject<'_>, node: u32, kind: &NodeKind, out: &[u32], report: &mut Report<'_>) {
    let (play, graph) = (subject.play, subject.graph);
    let number = node;
    let node = graph.node(play, node);
    if node.options.timeout.is_some() || matches!(kind, NodeKind::Pass(None)) {
        return;
    }
    for &wire in out.iter().filter(|&&wire| *graph.when(play, wire) == When::Timeout) {
        let message = format!("'{}' has no timeout, so this wire is never taken", node.id);
        let help = format!("add a timeout to '{}', as in 'timeout 10s', or remove the wire", node.id);
        let found = Diagnostic::error("P016", report.wire(subject, wire), message).help(help);
        let add = report.end_of(subject, number).map(|at| TextChange::new(at, " timeout 10s"));
        let found = found.fix_if(format!("add timeout 10s to '{}'", node.id), add);
        let found = report.cut(subject, wire, found);
        report.add(found);
    }
}
