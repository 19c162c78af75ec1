//! The command that arranges a play: places for all nodes, or for those that are selected, as one step of undo.

use super::edit::NotDone;
use super::gesture::Gesture;
use super::session::Session;
use crate::base::NodeId;
use crate::play::{Graph, Play, Stmt, Wire};
use crate::scene::{Geometry, Point};

impl Session {
    /// Sets all nodes in layers. Of a selection of two or more those alone, around where they stand; the others stay.
    pub(super) fn arrange(&mut self) -> Result<(), NotDone> {
        let play = self.play().ok_or(NotDone::NoPlay)?;
        let selected = &self.selection().nodes;
        let places = if selected.len() < 2 {
            let arranged = without(play, |_| true);
            places(&arranged, Point::ZERO)
        } else {
            let old = Geometry::new(play, self.graph());
            let part = without(play, |id| selected.contains(id));
            let graph = Graph::new(&part);
            let new = Geometry::new(&part, &graph);
            let corner = |geometry: &Geometry, graph: &Graph| {
                let nodes = selected.iter().filter_map(|id| graph.find(id)).map(|node| geometry.place_of(node));
                nodes.reduce(|a, b| Point::new(a.x.min(b.x), a.y.min(b.y))).unwrap_or_default()
            };
            places(&part, corner(&old, self.graph()) - corner(&new, &graph))
        };
        self.gesture(&Gesture::Arrange(places))
    }
}

/// The play of those nodes alone, without places.
fn without(play: &Play, keeps: impl Fn(&NodeId) -> bool) -> Play {
    let mut part = play.clone();
    part.body.retain_mut(|line| match &mut line.kind {
        Stmt::Node(node) => keeps(&node.id),
        // A group that loses all its nodes parts the chain, but a part of a name is no node: only names go.
        Stmt::Wire(Wire { from, hops }) => {
            from.retain(&keeps);
            hops.iter_mut().for_each(|hop| hop.to.retain(&keeps));
            true
        }
        // Frames stay together: those that are there as a whole.
        Stmt::Layout(entries) => {
            entries.retain(|entry| entry.frame().is_some_and(|frame| frame.nodes.iter().all(&keeps)));
            true
        }
        Stmt::Comment(_) | Stmt::Role(_) | Stmt::Scenario(_) | Stmt::Bad(_) => true,
    });
    part
}

#[expect(clippy::cast_possible_truncation, reason = "whole numbers of the arrangement; casts saturate")]
fn places(play: &Play, by: Point) -> Vec<(NodeId, i32, i32)> {
    let graph = Graph::new(play);
    let geometry = Geometry::new(play, &graph);
    let corners = (0..).zip(geometry.cards()).map(|(node, _)| {
        let at = geometry.place_of(node) + by;
        (graph.node(play, node).id.clone(), at.x.round() as i32, at.y.round() as i32)
    });
    corners.collect()
}
