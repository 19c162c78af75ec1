use super::place::tokens;
use super::shape;
use crate::base::NodeId;
use crate::play::{Graph, NodeKind, Play, Policy, Stmt};

/// What an expression can name, told from the statement that it stands in.
#[derive(Default)]
pub(super) struct ExprScene {
    pub at_fan_in: bool,
    pub has_error: bool,
    pub has_signal: bool,
    ball: Vec<NodeId>,
    balls: Vec<NodeId>,
}

impl ExprScene {
    /// `before` is the statement up to the parenthesis.
    pub fn new(play: &Play, before: &str) -> Self {
        let said = tokens(before);
        let graph = Graph::new(play);
        let mut scene = Self::default();
        for line in &play.body {
            match &line.kind {
                Stmt::Node(node) => scene.has_signal |= matches!(node.kind, NodeKind::WaitForSignal(_)),
                Stmt::Wire(wire) => {
                    let fails = |when: &crate::play::When| {
                        matches!(when, crate::play::When::Error | crate::play::When::Timeout)
                    };
                    scene.has_error |= wire.hops.iter().any(|hop| fails(&hop.when));
                }
                _ => {}
            }
        }
        let last_arrow = said.iter().rposition(|word| *word == "->");
        let (node, at_wire) = match last_arrow {
            // The tail of the hop stands before its arrow, and before that hop's own condition.
            Some(at) => (said[..at].iter().rev().find(|word| graph.find(word).is_some()).copied(), true),
            None => (said.get(1).copied(), false),
        };
        let keyword = said.first().copied().unwrap_or_default();
        let found = node.and_then(|id| graph.find(id));
        scene.at_fan_in = match found {
            Some(node) => matches!(graph.node(play, node).kind, NodeKind::FanIn(_)),
            None => !at_wire && keyword == "fan-in",
        };
        if let Some(node) = found {
            scene.ball = shape::keys_of(play, &graph, node, at_wire).unwrap_or_default();
            if scene.at_fan_in {
                scene.balls = shape::joined(play, &graph, node).unwrap_or_default();
            }
        } else if let (Some(id), false) = (node, at_wire) {
            // Its own statement cannot be read while it is typed: what leads to its name is known from the wires.
            scene.unread(play, &graph, id);
        }
        scene
    }

    fn unread(&mut self, play: &Play, graph: &Graph, id: &str) {
        for line in &play.body {
            let Stmt::Wire(wire) = &line.kind else { continue };
            let groups: Vec<&[NodeId]> =
                std::iter::once(wire.from.as_slice()).chain(wire.hops.iter().map(|hop| hop.to.as_slice())).collect();
            for pair in groups.windows(2) {
                if !pair[1].iter().any(|other| other.as_str() == id) {
                    continue;
                }
                if self.at_fan_in {
                    self.balls.extend(pair[0].iter().cloned());
                } else if let [only] = pair[0]
                    && let Some(node) = graph.find(only)
                    && matches!(graph.node(play, node).kind, NodeKind::FanIn(Policy::All | Policy::Count(_)))
                {
                    self.ball = shape::keys_of(play, graph, node, true).unwrap_or_default();
                }
            }
        }
    }

    pub fn keys(&self, balls: bool) -> Vec<NodeId> {
        if balls { self.balls.clone() } else { self.ball.clone() }
    }
}
