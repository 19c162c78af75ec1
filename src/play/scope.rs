//! Which fan-out each fan-in belongs to, and which fan-ins a node's balls may still come to.

use super::doc::{NodeKind, Play};
use super::graph::Graph;

const NONE: u32 = u32::MAX;

/// The brackets of a play: fan-outs open scopes, fan-ins close them.
///
/// A fan-in belongs to the nearest fan-out on its chain of dominators that is still open there; a fan-in met on the
/// way up closes its own fan-out. Without one it belongs to the whole run.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    /// For each node, the fan-out whose scope it stands in (for a fan-in: that it belongs to).
    open: Vec<u32>,
    reached: Vec<bool>,
    /// For each node, the fan-ins that a ball there may still come to without passing through their fan-out.
    /// Rows of node numbers in rising order; `starts` has one more entry than there are nodes.
    starts: Vec<u32>,
    fan_ins: Vec<u32>,
}

impl Scopes {
    /// Near linear in the size of the play; the fan-ins of one scope each cost the size of that scope.
    pub fn new(play: &Play, graph: &Graph) -> Self {
        let n = graph.n_nodes();
        let order = reverse_postorder(play, graph);
        let idom = dominators(graph, &order, |node| graph.is_entry(play, node));
        let kind = |node: u32| &graph.node(play, node).kind;
        let mut open = vec![NONE; n];
        // A dominator comes before what it dominates in reverse postorder.
        for &node in &order {
            let above = idom[node as usize];
            if above != NONE {
                open[node as usize] = match kind(above) {
                    NodeKind::FanOut(_) => above,
                    NodeKind::FanIn(_) => match open[above as usize] {
                        NONE => NONE,
                        closed => open[closed as usize],
                    },
                    _ => open[above as usize],
                };
            }
        }
        let mut reached = vec![false; n];
        for &node in &order {
            reached[node as usize] = true;
        }
        let mut scopes = Self { open, reached, starts: Vec::new(), fan_ins: Vec::new() };
        scopes.fill_rows(play, graph);
        scopes
    }

    fn fill_rows(&mut self, play: &Play, graph: &Graph) {
        let n = graph.n_nodes();
        let mut pairs = Vec::new();
        let mut seen = vec![NONE; n];
        let mut stack = Vec::new();
        for fan_in in 0..index(n) {
            if !matches!(graph.node(play, fan_in).kind, NodeKind::FanIn(_)) {
                continue;
            }
            let scope = self.open[fan_in as usize];
            stack.push(fan_in);
            while let Some(node) = stack.pop() {
                for &wire in graph.into(node) {
                    let from = graph.wire(wire).from;
                    if seen[from as usize] != fan_in && self.reached[from as usize] {
                        seen[from as usize] = fan_in;
                        pairs.push((from, fan_in));
                        // A ball at the fan-out itself can come, but only by opening the scope anew.
                        if from != scope {
                            stack.push(from);
                        }
                    }
                }
            }
        }
        // Rows must leave out the fan-out's own pair: what passes it belongs to another passage.
        pairs.retain(|&(from, fan_in)| self.open[fan_in as usize] != from);
        let mut starts = vec![0u32; n + 1];
        for &(from, _) in &pairs {
            starts[from as usize + 1] += 1;
        }
        for i in 0..n {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut fan_ins = vec![0; pairs.len()];
        for (from, fan_in) in pairs {
            let slot = &mut next[from as usize];
            fan_ins[*slot as usize] = fan_in;
            *slot += 1;
        }
        self.starts = starts;
        self.fan_ins = fan_ins;
    }

    /// The fan-out whose scope the node stands in; for a fan-in the one that it belongs to.
    pub fn of(&self, node: u32) -> Option<u32> {
        Some(self.open[node as usize]).filter(|&scope| scope != NONE)
    }

    /// Whether any ball can come to the node.
    pub fn is_reachable(&self, node: u32) -> bool {
        self.reached[node as usize]
    }

    /// The fan-ins that a ball which is at the node may still come to, without passing through their fan-out.
    pub fn ahead(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.fan_ins[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// Whether the fan-in's ball leaves the scope: no fan-in of the same scope lies ahead.
    pub fn closes(&self, fan_in: u32) -> bool {
        self.ahead(fan_in).iter().all(|&other| self.open[other as usize] != self.open[fan_in as usize])
    }
}

/// The reachable nodes, each before those that it dominates.
fn reverse_postorder(play: &Play, graph: &Graph) -> Vec<u32> {
    let n = graph.n_nodes();
    let mut seen = vec![false; n];
    let mut order = Vec::with_capacity(n);
    let mut stack: Vec<(u32, usize)> = Vec::new();
    for entry in (0..index(n)).rev() {
        if seen[entry as usize] || !graph.is_entry(play, entry) {
            continue;
        }
        seen[entry as usize] = true;
        stack.push((entry, 0));
        while let Some((node, next)) = stack.last_mut() {
            if let Some(&wire) = graph.out(*node).get(*next) {
                *next += 1;
                let to = graph.wire(wire).to;
                if !std::mem::replace(&mut seen[to as usize], true) {
                    stack.push((to, 0));
                }
            } else {
                order.push(*node);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// Immediate dominators by the iterative algorithm of Cooper, Harvey and Kennedy, under a virtual root above all
/// entries; `NONE` stands for that root and for nodes that are not reachable.
fn dominators(graph: &Graph, order: &[u32], is_entry: impl Fn(u32) -> bool) -> Vec<u32> {
    let n = graph.n_nodes();
    // Position 0 is the virtual root.
    let mut position = vec![NONE; n];
    for (i, &node) in order.iter().enumerate() {
        position[node as usize] = index(i + 1);
    }
    let mut idom = vec![NONE; order.len() + 1];
    idom[0] = 0;
    let meet = |idom: &[u32], mut a: u32, mut b: u32| {
        while a != b {
            while a > b {
                a = idom[a as usize];
            }
            while b > a {
                b = idom[b as usize];
            }
        }
        a
    };
    let mut changed = true;
    while changed {
        changed = false;
        for (i, &node) in order.iter().enumerate() {
            let mut best = if is_entry(node) { 0 } else { NONE };
            for &wire in graph.into(node) {
                let from = position[graph.wire(wire).from as usize];
                if from != NONE && idom[from as usize] != NONE {
                    best = if best == NONE { from } else { meet(&idom, best, from) };
                }
            }
            if idom[i + 1] != best {
                idom[i + 1] = best;
                changed = true;
            }
        }
    }
    let mut by_node = vec![NONE; n];
    for (i, &node) in order.iter().enumerate() {
        let above = idom[i + 1];
        if above != 0 && above != NONE {
            by_node[node as usize] = order[above as usize - 1];
        }
    }
    by_node
}

fn index(n: usize) -> u32 {
    u32::try_from(n).expect("a play has fewer than 4 billion nodes")
}
