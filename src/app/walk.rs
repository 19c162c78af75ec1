//! The way over a play by the arrow keys: along wires, and to what stands above and below.

use super::place::Way;
use super::selection::{Selection, wire_name};
use super::session::Session;
use crate::base::NodeId;
use crate::event::WireRef;
use crate::play::{Graph, Play};
use crate::scene::{Geometry, Rect};

/// What the arrows start from.
enum Here {
    Nothing,
    Node(u32),
    Wire(u32),
}

impl Session {
    /// What a step leads to. `None` if there is nothing that way.
    pub(super) fn step(&self, way: Way) -> Option<Selection> {
        let shown = self.shown()?;
        let (play, graph) = (shown.play, shown.graph);
        let id = |node: u32| Selection::node(graph.node(play, node).id.clone());
        match self.here(graph) {
            Here::Nothing => first(play, graph).map(id),
            Here::Node(node) => {
                let geometry = self.shown_geometry()?;
                let ends: Vec<u32> = match way {
                    Way::Right => graph.out(node).iter().map(|&wire| graph.wire(wire).to).collect(),
                    Way::Left => graph.into(node).iter().map(|&wire| graph.wire(wire).from).collect(),
                    Way::Up | Way::Down => Vec::new(),
                };
                let along = ends.into_iter().filter(|&end| end != node).min_by(|&a, &b| {
                    let off = |end: u32| off_row(geometry, node, end);
                    off(a).total_cmp(&off(b))
                });
                along.or_else(|| nearest(geometry, node, way)).map(id)
            }
            Here::Wire(wire) => match way {
                Way::Left => Some(id(graph.wire(wire).from)),
                Way::Right => Some(id(graph.wire(wire).to)),
                Way::Up | Way::Down => {
                    let row = graph.out(graph.wire(wire).from);
                    let at = row.iter().position(|&other| other == wire)?;
                    let next = if way == Way::Down { at + 1 } else { at.checked_sub(1)? };
                    row.get(next).map(|&wire| Selection::wire(wire_name(play, graph, wire)))
                }
            },
        }
    }

    /// The wire out of the node, or into it, that the arrows are at.
    pub(super) fn step_onto_wire(&self, way: Way) -> Option<Selection> {
        let shown = self.shown()?;
        let Here::Node(node) = self.here(shown.graph) else { return self.step(way) };
        let row = if matches!(way, Way::Left) { shown.graph.into(node) } else { shown.graph.out(node) };
        row.first().map(|&wire| Selection::wire(wire_name(shown.play, shown.graph, wire)))
    }

    fn here(&self, graph: &Graph) -> Here {
        let selection = self.selection();
        if let Some(node) = self.cursor().and_then(|id| graph.find(id)) {
            return Here::Node(node);
        }
        if let Some(node) = selection.nodes.first().and_then(|id| graph.find(id)) {
            return Here::Node(node);
        }
        let wire = |wire: &WireRef| super::selection::wire_number(graph, wire);
        selection.wires.first().and_then(wire).map_or(Here::Nothing, Here::Wire)
    }
}

/// The node that was reached last, by a step or a click, if it is selected.
pub(super) fn cursor_after(old: Option<&NodeId>, before: &Selection, after: &Selection) -> Option<NodeId> {
    let mut new = after.nodes.difference(&before.nodes);
    match (new.next(), new.next()) {
        (Some(one), None) => Some(one.clone()),
        _ => old.filter(|id| after.nodes.contains(*id)).cloned().or_else(|| after.single_node().cloned()),
    }
}

/// Where a run starts, else the first node.
fn first(play: &Play, graph: &Graph) -> Option<u32> {
    let n_nodes = u32::try_from(graph.n_nodes()).ok()?;
    (0..n_nodes).find(|&node| graph.is_entry(play, node)).or((n_nodes > 0).then_some(0))
}

fn off_row(geometry: &Geometry, from: u32, to: u32) -> f32 {
    (geometry.card(to).rect.centre().y - geometry.card(from).rect.centre().y).abs()
}

/// The node that stands nearest that way; what is off to the side counts double.
fn nearest(geometry: &Geometry, node: u32, way: Way) -> Option<u32> {
    let from = geometry.card(node).rect;
    let distance = |rect: &Rect| {
        let by = rect.centre() - from.centre();
        let (on, off) = match way {
            Way::Left => (-by.x, by.y),
            Way::Right => (by.x, by.y),
            Way::Up => (-by.y, by.x),
            Way::Down => (by.y, by.x),
        };
        (on > 1.0).then(|| on + 2.0 * off.abs())
    };
    let others = (0u32..).zip(geometry.cards()).filter(|(other, _)| *other != node);
    let near = others.filter_map(|(other, card)| Some((other, distance(&card.rect)?)));
    near.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(other, _)| other)
}
