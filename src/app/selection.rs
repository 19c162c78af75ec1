use std::collections::BTreeSet;

use crate::base::NodeId;
use crate::event::WireRef;
use crate::play::{Graph, NoteRef, Play, notes};

/// Nodes, wires and notes by name, so that it survives edits elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub nodes: BTreeSet<NodeId>,
    pub wires: BTreeSet<WireRef>,
    pub notes: BTreeSet<NoteRef>,
    /// By their titles.
    pub frames: BTreeSet<String>,
}

impl Selection {
    pub fn node(id: NodeId) -> Self {
        Self { nodes: BTreeSet::from([id]), ..Self::default() }
    }

    pub fn wire(wire: WireRef) -> Self {
        Self { wires: BTreeSet::from([wire]), ..Self::default() }
    }

    pub fn note(note: NoteRef) -> Self {
        Self { notes: BTreeSet::from([note]), ..Self::default() }
    }

    pub fn frame(title: String) -> Self {
        Self { frames: BTreeSet::from([title]), ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many things are selected.
    pub fn len(&self) -> usize {
        self.nodes.len() + self.wires.len() + self.notes.len() + self.frames.len()
    }

    /// The one node that is selected, if nothing else is.
    pub fn single_node(&self) -> Option<&NodeId> {
        self.nodes.first().filter(|_| self.len() == 1)
    }

    /// The one wire that is selected, if nothing else is.
    pub fn single_wire(&self) -> Option<&WireRef> {
        self.wires.first().filter(|_| self.len() == 1)
    }

    /// The one note that is selected, if nothing else is.
    pub fn single_note(&self) -> Option<&NoteRef> {
        self.notes.first().filter(|_| self.len() == 1)
    }

    /// The one frame that is selected, if nothing else is.
    pub fn single_frame(&self) -> Option<&String> {
        self.frames.first().filter(|_| self.len() == 1)
    }

    /// The selected nodes, and those of the selected frames.
    pub fn all_nodes(&self, play: &Play) -> BTreeSet<NodeId> {
        let framed = play.frames().filter(|frame| self.frames.contains(&frame.title)).flat_map(|frame| &frame.nodes);
        self.nodes.iter().chain(framed).cloned().collect()
    }

    pub(super) fn rename(&mut self, old: &NodeId, new: &NodeId) {
        if self.nodes.remove(old) {
            self.nodes.insert(new.clone());
        }
        let renamed = |id: NodeId| if id == *old { new.clone() } else { id };
        let wires = std::mem::take(&mut self.wires).into_iter();
        self.wires = wires.map(|wire| WireRef { from: renamed(wire.from), to: renamed(wire.to), ..wire }).collect();
    }

    /// Drops what the play does not have.
    pub(super) fn keep_existing(&mut self, play: Option<&Play>, graph: &Graph) {
        self.nodes.retain(|id| graph.find(id).is_some());
        self.wires.retain(|wire| wire_number(graph, wire).is_some());
        if !self.notes.is_empty() {
            let there = play.map(notes).unwrap_or_default();
            self.notes.retain(|name| there.iter().any(|note| note.name == *name));
        }
        self.frames.retain(|title| play.is_some_and(|play| play.frames().any(|frame| frame.title == *title)));
    }
}

/// The graph's number of a wire given by name.
pub fn wire_number(graph: &Graph, wire: &WireRef) -> Option<u32> {
    let (from, to) = (graph.find(&wire.from)?, graph.find(&wire.to)?);
    graph.out(from).iter().copied().find(|&n| graph.wire(n).to == to && graph.wire(n).nth == wire.nth)
}

/// The name of a wire given by the graph's number.
pub fn wire_name(play: &Play, graph: &Graph, wire: u32) -> WireRef {
    let edge = graph.wire(wire);
    let id = |node| graph.node(play, node).id.clone();
    WireRef { from: id(edge.from), to: id(edge.to), nth: edge.nth }
}
