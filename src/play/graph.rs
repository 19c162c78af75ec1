use rustc_hash::FxHashMap;

use super::doc::{Node, NodeKind, Play, Stmt, When, Wire};
use crate::base::NodeId;

/// How many wires a play may have. Two groups of thousands make millions, so few bytes of text could fill the memory.
pub const MAX_WIRES: usize = 2_000_000;

/// An index over the statements of a play: nodes and wires by number, in the order of the text.
///
/// Built in one pass; holds no text, so it must be used with the very play that it was built from.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<u32>,
    wires: Vec<Edge>,
    by_id: FxHashMap<NodeId, u32>,
    out: Csr,
    into: Csr,
    /// Statements that define an id again.
    pub duplicates: Vec<u32>,
    /// Ends of wires that name no node.
    pub unknown: Vec<WireEnd>,
    /// The statement from which on wires are left out: the play has more than [`MAX_WIRES`].
    pub left_out: Option<u32>,
}

/// A wire between two nodes, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: u32,
    pub to: u32,
    /// Counts the wires between the same two nodes, from 0.
    pub nth: u32,
    /// Where it is written. `at.group` is the group of its head, at least 1.
    pub at: WireEnd,
    /// The index of its tail in the group before.
    pub tail: u16,
}

/// One name in a wire statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WireEnd {
    pub stmt: u32,
    /// 0 is the first group, n the one after the n-th arrow.
    pub group: u16,
    pub index: u16,
}

/// Rows of wire numbers, one row a node.
#[derive(Clone, Debug, Default)]
struct Csr {
    starts: Vec<u32>,
    wires: Vec<u32>,
}

impl Csr {
    fn new(n_nodes: usize, wires: &[Edge], node_of: impl Fn(&Edge) -> u32) -> Self {
        let mut starts = vec![0u32; n_nodes + 1];
        for wire in wires {
            starts[node_of(wire) as usize + 1] += 1;
        }
        for i in 0..n_nodes {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut rows = vec![0u32; wires.len()];
        for (i, wire) in wires.iter().enumerate() {
            let slot = &mut next[node_of(wire) as usize];
            rows[*slot as usize] = number(i);
            *slot += 1;
        }
        Self { starts, wires: rows }
    }

    fn row(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.wires[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

impl Graph {
    pub fn new(play: &Play) -> Self {
        let mut graph = Self::default();
        // Most plays have more wires than nodes, and an empty table costs as much as a full one.
        graph.by_id.reserve(play.body.len() / 2);
        for (i, line) in play.body.iter().enumerate() {
            if let Stmt::Node(node) = &line.kind {
                let n = number(graph.nodes.len());
                match graph.by_id.entry(node.id.clone()) {
                    std::collections::hash_map::Entry::Vacant(slot) => {
                        slot.insert(n);
                        graph.nodes.push(number(i));
                    }
                    std::collections::hash_map::Entry::Occupied(_) => graph.duplicates.push(number(i)),
                }
            }
        }
        let (mut tails, mut heads) = (Vec::new(), Vec::new());
        for (i, line) in play.body.iter().enumerate() {
            if let Stmt::Wire(wire) = &line.kind {
                graph.read_wire(number(i), wire, &mut tails, &mut heads);
            }
        }
        graph.out = Csr::new(graph.nodes.len(), &graph.wires, |wire| wire.from);
        graph.into = Csr::new(graph.nodes.len(), &graph.wires, |wire| wire.to);
        graph.count_parallel();
        graph
    }

    fn read_wire(&mut self, stmt: u32, wire: &Wire, tails: &mut Vec<Option<u32>>, heads: &mut Vec<Option<u32>>) {
        self.read_group(stmt, 0, &wire.from, tails);
        for (hop_index, hop) in wire.hops.iter().enumerate() {
            let group = small(hop_index + 1);
            self.read_group(stmt, group, &hop.to, heads);
            if self.left_out.is_some() || self.wires.len() + tails.len() * heads.len() > MAX_WIRES {
                self.left_out.get_or_insert(stmt);
                std::mem::swap(tails, heads);
                continue;
            }
            for (tail, from) in tails.iter().enumerate() {
                for (index, to) in heads.iter().enumerate() {
                    if let (Some(from), Some(to)) = (*from, *to) {
                        let at = WireEnd { stmt, group, index: small(index) };
                        self.wires.push(Edge { from, to, nth: 0, at, tail: small(tail) });
                    }
                }
            }
            std::mem::swap(tails, heads);
        }
    }

    fn read_group(&mut self, stmt: u32, group: u16, ids: &[NodeId], found: &mut Vec<Option<u32>>) {
        found.clear();
        for (index, id) in ids.iter().enumerate() {
            let node = self.by_id.get(id).copied();
            if node.is_none() {
                self.unknown.push(WireEnd { stmt, group, index: small(index) });
            }
            found.push(node);
        }
    }

    fn count_parallel(&mut self) {
        let mut seen = FxHashMap::default();
        for node in 0..number(self.nodes.len()) {
            let row = self.out.row(node);
            if row.len() < 2 {
                continue;
            }
            seen.clear();
            for &wire in row {
                let wire = &mut self.wires[wire as usize];
                let count = seen.entry(wire.to).or_insert(0);
                wire.nth = *count;
                *count += 1;
            }
        }
    }

    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    pub fn wires(&self) -> &[Edge] {
        &self.wires
    }

    pub fn wire(&self, wire: u32) -> &Edge {
        &self.wires[wire as usize]
    }

    /// Wires out of a node, in the order of the text.
    pub fn out(&self, node: u32) -> &[u32] {
        self.out.row(node)
    }

    /// Wires into a node, in the order of the text.
    pub fn into(&self, node: u32) -> &[u32] {
        self.into.row(node)
    }

    pub fn find(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// The statement that defines the node.
    pub fn stmt_of(&self, node: u32) -> usize {
        self.nodes[node as usize] as usize
    }

    /// # Panics
    /// `play` is not the one that the graph was built from.
    pub fn node<'p>(&self, play: &'p Play, node: u32) -> &'p Node {
        match &play.body[self.stmt_of(node)].kind {
            Stmt::Node(node) => node,
            other => panic!("the graph is of another play: {other:?} is no node"),
        }
    }

    /// The condition of a wire.
    ///
    /// # Panics
    /// `play` is not the one that the graph was built from.
    pub fn when<'p>(&self, play: &'p Play, wire: u32) -> &'p When {
        let at = self.wire(wire).at;
        match &play.body[at.stmt as usize].kind {
            Stmt::Wire(wire) => &wire.hops[at.group as usize - 1].when,
            other => panic!("the graph is of another play: {other:?} is no wire"),
        }
    }

    /// Where runs start: every `snap`, and every `wait-for-signal` without a wire in.
    pub fn is_entry(&self, play: &Play, node: u32) -> bool {
        match self.node(play, node).kind {
            NodeKind::Snap => true,
            NodeKind::WaitForSignal(_) => self.into(node).is_empty(),
            _ => false,
        }
    }
}

/// The parser keeps texts under 4 GiB, so a play has fewer statements and wires than `u32` can count.
fn number(n: usize) -> u32 {
    u32::try_from(n).expect("a play has fewer than 4 billion parts")
}

/// The parser keeps groups and chains of a wire under 65,536 names.
fn small(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}
