//! What is known of the shape of a ball: the object that a fan-in makes, keyed by the nodes that the balls came from.
//!
//! Only where that is certain: a call's answer has any shape.

use std::ops::Range;

use crate::base::NodeId;
use crate::lang::{Part, Source};
use crate::play::{Graph, NodeKind, Play, Policy, Scopes, Spread, Stmt, When};

/// Nodes that are passed on the way back to the fan-in.
const MAX_STEPS: usize = 64;

/// The keys of the ball that an expression of a node (`at_wire`: of a wire out of it) sees, if it is certain that it is
/// an object with these keys.
pub fn keys_of(play: &Play, graph: &Graph, node: u32, at_wire: bool) -> Option<Vec<NodeId>> {
    let fan_in = if at_wire { leaves(play, graph, node, MAX_STEPS)? } else { comes(play, graph, node, MAX_STEPS)? };
    joined(play, graph, fan_in)
}

/// The nodes whose balls a fan-in joins, unless their list is one in order, or one of them wins.
pub(super) fn joined(play: &Play, graph: &Graph, fan_in: u32) -> Option<Vec<NodeId>> {
    let NodeKind::FanIn(Policy::All | Policy::Count(_)) = graph.node(play, fan_in).kind else { return None };
    let scopes = Scopes::new(play, graph);
    if let Some(scope) = scopes.of(fan_in)
        && matches!(graph.node(play, scope).kind, NodeKind::FanOut(Spread::Each(_)))
    {
        return None;
    }
    let mut keys: Vec<NodeId> = Vec::new();
    for &wire in graph.into(fan_in) {
        let id = &graph.node(play, graph.wire(wire).from).id;
        if !keys.contains(id) {
            keys.push(id.clone());
        }
    }
    Some(keys)
}

/// The fan-in whose ball leaves `node` unchanged.
fn leaves(play: &Play, graph: &Graph, node: u32, steps: usize) -> Option<u32> {
    let written = graph.node(play, node);
    if written.options.with.is_some() {
        return None;
    }
    match &written.kind {
        NodeKind::FanIn(_) => Some(node),
        NodeKind::FanOut(Spread::All | Spread::One) | NodeKind::WaitForSignal(_) => comes(play, graph, node, steps),
        _ => None,
    }
}

/// The one fan-in whose ball comes to `node`.
fn comes(play: &Play, graph: &Graph, node: u32, steps: usize) -> Option<u32> {
    if matches!(graph.node(play, node).kind, NodeKind::FanIn(_)) {
        // Its own expressions see what it made.
        return Some(node);
    }
    let steps = steps.checked_sub(1)?;
    let mut found = None;
    for &wire in graph.into(node) {
        if matches!(graph.when(play, wire), When::Error | When::Timeout) {
            return None;
        }
        let fan_in = leaves(play, graph, graph.wire(wire).from, steps)?;
        if *found.get_or_insert(fan_in) != fan_in {
            return None;
        }
    }
    found
}

/// The keys that the expression of a part of a statement sees in `ball`, and whether it stands at a fan-in.
pub(super) fn keys_at(play: &Play, graph: &Graph, stmt: usize, part: Part) -> (Option<Vec<NodeId>>, bool) {
    let is_fan_in = |node: u32| matches!(graph.node(play, node).kind, NodeKind::FanIn(_));
    match (&play.body[stmt].kind, part) {
        (Stmt::Node(node), _) => match graph.find(&node.id) {
            Some(node) => (keys_of(play, graph, node, false), is_fan_in(node)),
            None => (None, false),
        },
        (Stmt::Wire(wire), Part::Guard(hop)) => {
            let tails = super::site::wire_group(wire, hop).unwrap_or_default();
            let tails: Vec<u32> = tails.iter().filter_map(|id| graph.find(id)).collect();
            match tails.as_slice() {
                [tail] => (keys_of(play, graph, *tail, true), is_fan_in(*tail)),
                _ => (None, false),
            }
        }
        _ => (None, false),
    }
}

/// The places of an expression that name a node: `balls.ID` at a fan-in, `ball.ID` where the ball is what it made.
pub(super) fn fields(source: &Source, item: usize, stmt: usize, part: Part, expr: &str) -> Vec<(NodeId, Range<usize>)> {
    if !expr.contains("ball") {
        return Vec::new();
    }
    let Some(play) = source.doc.play(item) else { return Vec::new() };
    let graph = Graph::new(play);
    let (keys, at_fan_in) = keys_at(play, &graph, stmt, part);
    let Some(keys) = keys else { return Vec::new() };
    fields_among(expr, &keys, at_fan_in)
}

pub(super) fn fields_among(expr: &str, keys: &[NodeId], at_fan_in: bool) -> Vec<(NodeId, Range<usize>)> {
    let idents = idents(expr);
    let mut found = Vec::new();
    for pair in idents.windows(2) {
        let (base, field) = (&expr[pair[0].clone()], &expr[pair[1].clone()]);
        let is_base = base == "ball" || (at_fan_in && base == "balls");
        let starts = !expr[..pair[0].start].trim_end().ends_with('.');
        let joined = expr[pair[0].end..pair[1].start].trim() == ".";
        let called = expr[pair[1].end..].trim_start().starts_with('(');
        if is_base
            && starts
            && joined
            && !called
            && let Some(id) = keys.iter().find(|id| id.as_str() == field)
        {
            found.push((id.clone(), pair[1].clone()));
        }
    }
    found
}

/// The names of an expression, outside of its texts and comments.
pub(super) fn idents(expr: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut quote, mut start, mut skip) = (None, None, 0);
    for (at, c) in expr.char_indices().chain(std::iter::once((expr.len(), ' '))) {
        if at < skip {
            continue;
        }
        if let Some(end) = quote {
            match c {
                '\\' => skip = at + 2,
                _ if c == end => quote = None,
                _ => {}
            }
            continue;
        }
        let is_part = c.is_alphanumeric() || c == '_';
        match start {
            None if is_part && !c.is_numeric() => start = Some(at),
            Some(from) if !is_part => {
                found.push(from..at);
                start = None;
            }
            _ => {}
        }
        if c == '"' || c == '\'' {
            quote = Some(c);
        } else if expr[at.min(expr.len())..].starts_with("//") {
            skip = expr[at..].find('\n').map_or(expr.len() + 1, |n| at + n);
        }
    }
    found
}
