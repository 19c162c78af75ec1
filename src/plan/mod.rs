//! What a run follows: a play and a formation compiled into numbers, programs and microseconds, immutable.
//!
//! Must never: hold the state of a run, touch the network or files. Start reading at [`Plan`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod compile;
mod pin;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

pub use compile::{BadPlan, choose_formation};
pub use pin::{Catalog, PinError};

use crate::base::{Coord, NodeId};
use crate::event::WireRef;
use crate::expr::Program;
use crate::play::{Binding, Formation, Policy};

/// A play bound to a formation. Nodes, wires and targets are numbered.
#[derive(Clone, Debug)]
pub struct Plan {
    pub play: Coord,
    pub title: Option<String>,
    /// Bounds a run, in microseconds.
    pub timeout: Option<u64>,
    pub formation: Option<Formation>,
    /// Of all that decides what a run does: equal digests, equal runs. 32 hexadecimal digits.
    pub digest: String,
    pub limits: Limits,
    nodes: Vec<PlanNode>,
    wires: Vec<PlanWire>,
    targets: Vec<PlanTarget>,
    by_id: FxHashMap<NodeId, u32>,
    snap: Option<u32>,
    triggers: Vec<u32>,
    /// Rows of fan-ins that are ahead of each node, see `play::Scopes::ahead`.
    ahead: Vec<u32>,
}

/// What one run may take, so that no play takes all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Balls in play at once, beyond which a fan-out fails.
    pub balls: usize,
    /// Wires that a ball may travel without a call or a wait, beyond which it fails: a cycle that only spins.
    pub quiet_hops: u32,
    /// Events without anything from the world, beyond which the run fails: a cycle that spins and splits.
    pub quiet_events: u64,
    /// Bytes of payloads that a run holds, and of those that it makes without anything from the world; beyond it the
    /// run fails. Up to an eighth more is held before that is seen.
    pub bytes: u64,
    /// Lists and objects inside each other in a payload, beyond which the run fails: readers of JSON stop at 128.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { balls: 100_000, quiet_hops: 10_000, quiet_events: 1_000_000, bytes: 256 << 20, depth: 100 }
    }
}

#[derive(Clone, Debug)]
pub struct PlanNode {
    pub id: NodeId,
    pub kind: Kind,
    pub with: Option<Program>,
    pub key: Option<Program>,
    /// In microseconds, like all times here.
    pub timeout: Option<u64>,
    pub retry: u32,
    pub backoff: (u64, u64),
    /// Wires that carry a ball on when all went well, in the order of the text.
    pub out: Vec<u32>,
    pub on_error: Option<u32>,
    pub on_timeout: Option<u32>,
    /// The fan-out whose scope the node stands in.
    pub scope: Option<u32>,
    /// Of a fan-in: its ball leaves the scope.
    pub closes: bool,
    /// Of a fan-out `each`: the first fan-in of its scope, which an empty list goes to.
    pub first_fan_in: Option<u32>,
    ahead: (u32, u32),
}

#[derive(Clone, Debug)]
pub enum Kind {
    Snap,
    Call { target: u32 },
    FanOut(Spread),
    FanIn(Policy),
    WaitForSignal { name: SmolStr },
    WaitForWorker { target: u32 },
    Pass { target: Option<u32> },
}

#[derive(Clone, Debug)]
pub enum Spread {
    All,
    One,
    Each(Program),
}

#[derive(Clone, Debug)]
pub struct PlanWire {
    pub from: u32,
    pub to: u32,
    pub guard: Guard,
    pub name: WireRef,
}

#[derive(Clone, Debug)]
pub enum Guard {
    Always,
    If(Program),
    Otherwise,
    /// Never weighed when a ball goes on well.
    Failed,
}

/// One target text of the play, with its roles filled in.
#[derive(Clone, Debug)]
pub struct PlanTarget {
    /// As the play writes it; names the pin.
    pub text: String,
    /// Coordinates with their weights; one unless it is a mix. Versions may be requirements.
    pub choices: Vec<(Coord, u32)>,
}

impl Plan {
    pub fn node(&self, node: u32) -> &PlanNode {
        &self.nodes[node as usize]
    }

    pub fn wire(&self, wire: u32) -> &PlanWire {
        &self.wires[wire as usize]
    }

    pub fn target(&self, target: u32) -> &PlanTarget {
        &self.targets[target as usize]
    }

    pub fn nodes(&self) -> &[PlanNode] {
        &self.nodes
    }

    pub const fn n_wires(&self) -> usize {
        self.wires.len()
    }

    pub fn targets(&self) -> &[PlanTarget] {
        &self.targets
    }

    pub fn find(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub const fn snap(&self) -> Option<u32> {
        self.snap
    }

    /// The `wait-for-signal` nodes without a wire in: each of their signals starts a run.
    pub fn triggers(&self) -> impl Iterator<Item = (&NodeId, &str)> {
        self.triggers.iter().filter_map(|&node| match &self.node(node).kind {
            Kind::WaitForSignal { name } => Some((&self.node(node).id, name.as_str())),
            _ => None,
        })
    }

    /// The fan-ins that a ball at the node may still come to, in rising order.
    pub fn ahead(&self, node: u32) -> &[u32] {
        let (start, end) = self.node(node).ahead;
        &self.ahead[start as usize..end as usize]
    }

    /// The binding of the formation that serves the coordinate: the first that matches.
    pub fn binding(&self, coord: &Coord) -> Option<&Binding> {
        self.formation.as_ref()?.binding(&coord.image, &coord.version)
    }
}
