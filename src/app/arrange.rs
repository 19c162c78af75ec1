//! The commands that arrange a play: places for all nodes, for those that are selected, or for all others, as one step
//! of undo.

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

    /// Sets all nodes in layers but the selected ones, which stay; without a selection those that have no place yet.
    pub(super) fn arrange_others(&mut self) -> Result<(), NotDone> {
        let play = self.play().ok_or(NotDone::NoPlay)?;
        let old = Geometry::new(play, self.graph());
        let selected = &self.selection().nodes;
        let n = u32::try_from(old.cards().len()).unwrap_or(u32::MAX);
        let id = |node: u32| self.graph().node(play, node).id.clone();
        let stays: Vec<bool> = (0..n)
            .map(|node| {
                // What a collapsed frame holds stays in it.
                let is_held = old.place_of(node) != old.card(node).rect.min;
                is_held || if selected.is_empty() { old.is_placed(node) } else { selected.contains(&id(node)) }
            })
            .collect();
        if !stays.contains(&false) {
            return Err(NotDone::AllStay);
        }
        let unplaced = without(play, |_| true);
        let arranged = Geometry::new(&unplaced, &Graph::new(&unplaced));
        let places = old.arranged_around(&arranged, &stays);
        let moved = (0..n).zip(places).filter(|(node, _)| !stays[*node as usize]);
        let moved = moved.map(|(node, at)| (id(node), whole(at.x), whole(at.y))).collect();
        self.gesture(&Gesture::Arrange(moved))
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
fn whole(v: f32) -> i32 {
    v.round() as i32
}

fn places(play: &Play, by: Point) -> Vec<(NodeId, i32, i32)> {
    let graph = Graph::new(play);
    let geometry = Geometry::new(play, &graph);
    let corners = (0..).zip(geometry.cards()).map(|(node, _)| {
        let at = geometry.place_of(node) + by;
        (graph.node(play, node).id.clone(), whole(at.x), whole(at.y))
    });
    corners.collect()
}
