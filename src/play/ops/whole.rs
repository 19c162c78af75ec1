//! Whether the play of a call can stand in its place.

use super::part::{Looking, is_failure, refuse};
use super::{At, Refusal};
use crate::base::{VersionKind, version_kind};
use crate::play::doc::{Document, Node, NodeKind, Spread, Target, TargetRef, Via, When};
use crate::play::words::uses;

/// The item of the play that a node calls, if the call is nothing but that play.
///
/// # Errors
/// What is about the call alone.
pub(super) fn callee(doc: &Document, at: At<'_>, call: u32) -> Result<usize, Refusal> {
    let Node { id, kind, options } = at.graph.node(at.play, call);
    let NodeKind::Call(target) = kind else {
        return refuse(format!("'{id}' is no call: only a call's play can be put in its place"));
    };
    let Target::One(TargetRef::Coord(coord)) = target else {
        return refuse(format!("'{id}' does not always call the same play: give it one target first"));
    };
    let Some(item) = doc.play_called(coord) else {
        return refuse(format!("no play of this file is called {coord}"));
    };
    let named = doc.play(item).map(|play| &play.coord);
    if matches!(version_kind(&coord.version), Ok(VersionKind::Requirement(_)))
        && doc.plays().filter(|(_, play)| play.coord.image == coord.image && play.coord.method == coord.method).count()
            > 1
    {
        return refuse(format!("several plays may be meant by {coord}: write the version first"));
    }
    if item == at.item {
        return refuse(format!("'{id}' calls the play that it is in: there would be no end of it"));
    }
    for (_, formation) in doc.formations() {
        let Some(to) = named else { continue };
        if formation.binding(&to.image, &to.version).is_some_and(|binding| binding.via != Via::Builtin) {
            let name = &formation.name;
            return refuse(format!("in formation {name} '{id}' goes elsewhere, not to this play"));
        }
    }
    let limits = [
        ("timeout", options.timeout.is_some()),
        ("retry", options.retry.is_some()),
        ("backoff", options.backoff.is_some()),
        ("key", options.key.is_some()),
    ];
    if let Some((option, _)) = limits.iter().find(|(_, is_there)| *is_there) {
        return refuse(format!("'{option}' of '{id}' is about the call as a whole: take it away first"));
    }
    for &wire in at.graph.out(call) {
        if is_failure(at.graph.when(at.play, wire)) {
            return refuse(format!("a wire takes the failures of '{id}' as a whole: take it away first"));
        }
    }
    Ok(item)
}

/// The snap, and the node behind it.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub snap: u32,
    pub first: u32,
}

/// Whether the play does the same where its nodes stand among others.
pub(super) fn check(inner: At<'_>, outer: At<'_>, call: u32) -> Result<Ends, Refusal> {
    let n = inner.graph.n_nodes();
    let name = &inner.play.coord;
    if inner.play.timeout.is_some() {
        return refuse(format!("{name} has a timeout of its own: take it away first"));
    }
    let looking = Looking::new(inner, vec![true; n]);
    let ways = |node: u32| inner.graph.out(node).iter().copied().filter(|&wire| !is_failure(looking.when(wire)));
    let mut snap = None;
    for node in looking.nodes() {
        let Node { id, kind, options } = looking.node(node);
        match kind {
            NodeKind::Snap if snap.is_some() => return refuse(format!("{name} has several starts")),
            NodeKind::Snap => snap = Some(node),
            NodeKind::WaitForSignal(_) => {
                return refuse(format!("'{id}' of {name} waits for a signal to its own run, which there would not be"));
            }
            NodeKind::FanIn(_) if looking.before(node).is_none() && !is_joined(&looking, node) => {
                return refuse(format!("'{id}' of {name} joins all balls of its run: put a fan-out before it"));
            }
            NodeKind::Pass(_) if looking.before(node).is_some() => {
                return refuse(format!("'{id}' of {name} ends the run while other balls go on: join them first"));
            }
            _ => {}
        }
        if !matches!(kind, NodeKind::Pass(_)) && ways(node).next().is_none() {
            return refuse(format!("nothing follows '{id}' of {name}: wire it on first"));
        }
        let each = match kind {
            NodeKind::FanOut(Spread::Each(list)) => Some(list),
            _ => None,
        };
        let guards = inner.graph.out(node).iter().filter_map(|&wire| match looking.when(wire) {
            When::If(guard) => Some(guard),
            _ => None,
        });
        let failing = inner.graph.into(node).iter().all(|&wire| is_failure(looking.when(wire)));
        for expr in [each, options.with.as_ref(), options.key.as_ref()].into_iter().flatten().chain(guards) {
            let outer = ["run", "signal", "error"];
            let used = outer.into_iter().find(|name| uses(&expr.0, name) && (*name != "error" || !failing));
            if let Some(used) = used {
                return refuse(format!("'{id}' of {name} uses '{used}', which would be that of another run"));
            }
        }
    }
    let Some(snap) = snap else { return refuse(format!("{name} has no snap, so there is no way into it")) };
    let mut out = inner.graph.out(snap).iter();
    let (Some(&wire), None) = (out.next(), out.next()) else {
        return refuse(format!("several wires leave the start of {name}: put a node behind it that decides"));
    };
    if !looking.when(wire).is_always() {
        return refuse(format!("a condition stands behind the start of {name}: put a node between"));
    }
    let outer_inside = (0..outer.graph.n_nodes()).map(|node| node == call as usize).collect();
    let around = Looking::new(outer, outer_inside);
    let splits = |node| matches!(looking.node(node).kind, NodeKind::FanOut(Spread::All | Spread::Each(_)));
    if looking.nodes().any(splits) {
        around.check_lenient(call)?;
    }
    Ok(Ends { snap, first: inner.graph.wire(wire).to })
}

/// A fan-in of a fan-out `one` has nothing to wait for.
fn is_joined(looking: &Looking<'_>, fan_in: u32) -> bool {
    looking.has_fan_out(fan_in)
}
