use std::collections::BTreeMap;

use super::expect::arrivals;
use crate::base::NodeId;
use crate::event::{Event, Recorded, WireRef};
use crate::play::{Graph, Play};

/// How many balls came to each node and took each wire of a play, in any number of runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All of the play, in the order of the text.
    pub nodes: Vec<(NodeId, usize)>,
    pub wires: Vec<(WireRef, usize)>,
}

impl Coverage {
    /// Of no run yet.
    pub fn new(play: &Play) -> Self {
        let graph = Graph::new(play);
        let n_nodes = u32::try_from(graph.n_nodes()).unwrap_or(u32::MAX);
        let id = |node: u32| graph.node(play, node).id.clone();
        let wire = |wire: &crate::play::Edge| WireRef { from: id(wire.from), to: id(wire.to), nth: wire.nth };
        Self {
            nodes: (0..n_nodes).map(|node| (id(node), 0)).collect(),
            wires: graph.wires().iter().map(|edge| (wire(edge), 0)).collect(),
        }
    }

    /// Counts what a run did.
    pub fn add(&mut self, journal: &[Recorded]) {
        let (mut nodes, mut wires): (BTreeMap<&NodeId, usize>, BTreeMap<WireRef, usize>) = Default::default();
        for recorded in journal {
            for node in arrivals(&recorded.event) {
                *nodes.entry(node).or_default() += 1;
            }
            match &recorded.event {
                Event::Moved { wire, .. } => *wires.entry(wire.clone()).or_default() += 1,
                Event::Split { node, into, .. } => {
                    for child in into {
                        let wire = WireRef { from: node.clone(), to: child.to.clone(), nth: child.nth };
                        *wires.entry(wire).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        for (node, n) in &mut self.nodes {
            *n += nodes.get(node).copied().unwrap_or(0);
        }
        for (wire, n) in &mut self.wires {
            *n += wires.get(wire).copied().unwrap_or(0);
        }
    }

    /// Nodes that no ball came to.
    pub fn missed_nodes(&self) -> impl Iterator<Item = &NodeId> {
        self.nodes.iter().filter(|(_, n)| *n == 0).map(|(node, _)| node)
    }

    /// Wires that no ball took.
    pub fn missed_wires(&self) -> impl Iterator<Item = &WireRef> {
        self.wires.iter().filter(|(_, n)| *n == 0).map(|(wire, _)| wire)
    }

    pub fn n_nodes_reached(&self) -> usize {
        self.nodes.len() - self.missed_nodes().count()
    }

    pub fn n_wires_taken(&self) -> usize {
        self.wires.len() - self.missed_wires().count()
    }
}
