//! In which layer a node stands: right of all that leads to it, and near to what it has to do with.

use super::{Pull, number};
use crate::play::Graph;

/// Rounds in which nodes are drawn towards their neighbours, at most.
const N_ROUNDS: usize = 12;

/// The layer of every node, and for each wire whether it leads to a later layer: the others lead back, or to their own
/// node.
pub(super) fn ranks(graph: &Graph, pulls: &[Pull]) -> (Vec<u32>, Vec<bool>) {
    let (order, forward) = topological(graph);
    let mut rank = vec![0u32; graph.n_nodes()];
    for &node in &order {
        for &wire in graph.out(node) {
            let to = graph.wire(wire).to as usize;
            if forward[wire as usize] {
                rank[to] = rank[to].max(rank[node as usize] + 1);
            }
        }
    }
    tighten(graph, pulls, &order, &forward, &mut rank);
    (rank, forward)
}

/// Moves each node to where its wires are shorter in all, as far as those before and after it allow.
fn tighten(graph: &Graph, pulls: &[Pull], order: &[u32], forward: &[bool], rank: &mut [u32]) {
    // A failure's wire holds less, but it has a length, too.
    let weight = |wire: u32| pulls[wire as usize].weight.max(0.125);
    for round in 0..N_ROUNDS {
        let mut is_changed = false;
        let mut visit = |node: u32| {
            let (mut least, mut most, mut pull) = (0, u32::MAX, 0.0);
            for &wire in graph.into(node).iter().filter(|wire| forward[**wire as usize]) {
                least = least.max(rank[graph.wire(wire).from as usize] + 1);
                pull -= weight(wire);
            }
            for &wire in graph.out(node).iter().filter(|wire| forward[**wire as usize]) {
                most = most.min(rank[graph.wire(wire).to as usize] - 1);
                pull += weight(wire);
            }
            let to = if pull > 0.0 && most < u32::MAX {
                most
            } else if pull < 0.0 {
                least
            } else {
                return;
            };
            is_changed |= std::mem::replace(&mut rank[node as usize], to) != to;
        };
        if round % 2 == 0 {
            order.iter().rev().copied().for_each(&mut visit);
        } else {
            order.iter().copied().for_each(&mut visit);
        }
        if !is_changed {
            break;
        }
    }
}

/// All nodes in an order in which every wire that counts leads forward; and which wires count.
pub(super) fn topological(graph: &Graph) -> (Vec<u32>, Vec<bool>) {
    let n = graph.n_nodes();
    let mut forward = vec![true; graph.wires().len()];
    // Depth first from the nodes without a way in, then from whatever is left, in the order of the text.
    let mut state = vec![0u8; n];
    let mut finished = Vec::with_capacity(n);
    let roots = (0..number(n)).filter(|node| graph.into(*node).is_empty()).chain(0..number(n));
    let mut stack: Vec<(u32, usize)> = Vec::new();
    for root in roots {
        if state[root as usize] != 0 {
            continue;
        }
        state[root as usize] = 1;
        stack.push((root, 0));
        while let Some((node, next)) = stack.last_mut() {
            if let Some(&wire) = graph.out(*node).get(*next) {
                *next += 1;
                let to = graph.wire(wire).to;
                match state[to as usize] {
                    0 => {
                        state[to as usize] = 1;
                        stack.push((to, 0));
                    }
                    1 => forward[wire as usize] = false,
                    _ => {}
                }
            } else {
                state[*node as usize] = 2;
                finished.push(*node);
                stack.pop();
            }
        }
    }
    finished.reverse();
    (finished, forward)
}

/// The connected parts of the graph, each with its nodes in the order of the text.
pub(super) fn parts(graph: &Graph) -> Vec<Vec<u32>> {
    let n = graph.n_nodes();
    let mut part_of = vec![usize::MAX; n];
    let mut parts: Vec<Vec<u32>> = Vec::new();
    let mut todo = Vec::new();
    for node in 0..number(n) {
        if part_of[node as usize] != usize::MAX {
            continue;
        }
        let part = parts.len();
        parts.push(Vec::new());
        part_of[node as usize] = part;
        todo.push(node);
        while let Some(node) = todo.pop() {
            let ends = graph.out(node).iter().map(|wire| graph.wire(*wire).to);
            for other in ends.chain(graph.into(node).iter().map(|wire| graph.wire(*wire).from)) {
                if part_of[other as usize] == usize::MAX {
                    part_of[other as usize] = part;
                    todo.push(other);
                }
            }
        }
    }
    for node in 0..number(n) {
        parts[part_of[node as usize]].push(node);
    }
    parts
}
