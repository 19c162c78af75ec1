use super::geometry::Geometry;
use crate::base::RunId;
use crate::play::Graph;
use crate::replay::View;

const NONE: u32 = u32::MAX;

/// Which node and wire of the shown play each node and wire of a run is, both ways. Kept from frame to frame.
///
/// Nodes that the play has no more, or has not got yet, are bound to nothing: a run can be shown over another version
/// of its play.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    fingerprint: u64,
    run: Option<RunId>,
    /// By the run's numbers.
    shown_nodes: Vec<u32>,
    shown_wires: Vec<u32>,
    /// By the play's numbers.
    run_nodes: Vec<u32>,
    run_wires: Vec<u32>,
}

impl Binding {
    /// Brings the binding up to date: costs what the view has named since. Starts anew for another play or run.
    pub fn update(&mut self, geometry: &Geometry, graph: &Graph, view: &View) {
        let run = view.started().map(|started| &started.run);
        if self.fingerprint != geometry.fingerprint() || self.run.as_ref() != run {
            *self = Self {
                fingerprint: geometry.fingerprint(),
                run: run.cloned(),
                run_nodes: vec![NONE; geometry.cards().len()],
                run_wires: vec![NONE; geometry.wires().len()],
                ..Self::default()
            };
        }
        for (node, index) in view.nodes().iter().zip(0u32..).skip(self.shown_nodes.len()) {
            let shown = graph.find(&node.id).unwrap_or(NONE);
            self.shown_nodes.push(shown);
            if let Some(slot) = self.run_nodes.get_mut(shown as usize) {
                *slot = index;
            }
        }
        for ((wire, _), index) in view.wires().zip(0u32..).skip(self.shown_wires.len()) {
            let from = graph.find(&wire.from);
            let shown = from.zip(graph.find(&wire.to)).and_then(|(from, to)| {
                let is_it = |edge: &crate::play::Edge| edge.to == to && edge.nth == wire.nth;
                graph.out(from).iter().copied().find(|number| is_it(graph.wire(*number)))
            });
            let shown = shown.unwrap_or(NONE);
            self.shown_wires.push(shown);
            if let Some(slot) = self.run_wires.get_mut(shown as usize) {
                *slot = index;
            }
        }
    }

    /// The node of the play that the run's node is.
    pub fn shown_node(&self, run_node: u32) -> Option<u32> {
        self.shown_nodes.get(run_node as usize).copied().filter(|node| *node != NONE)
    }

    /// The wire of the play that the run's wire is.
    pub fn shown_wire(&self, run_wire: u32) -> Option<u32> {
        self.shown_wires.get(run_wire as usize).copied().filter(|wire| *wire != NONE)
    }

    /// The node of the run that the play's node is.
    pub fn run_node(&self, shown_node: u32) -> Option<u32> {
        self.run_nodes.get(shown_node as usize).copied().filter(|node| *node != NONE)
    }

    /// The wire of the run that the play's wire is.
    pub fn run_wire(&self, shown_wire: u32) -> Option<u32> {
        self.run_wires.get(shown_wire as usize).copied().filter(|wire| *wire != NONE)
    }
}
