//! What can be picked for a place on the canvas: kinds, targets, statements as typed, nodes that are there.

use std::collections::BTreeMap;

use super::session::Session;
use crate::base::NodeId;
use crate::lang;
use crate::play::ops::{fresh_id, palette};
use crate::play::{Bind, Graph, Node, NodeKind, Options, Stmt, Target, TargetRef};

/// One row of the picker.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub label: String,
    /// What it is, in a few words.
    pub detail: &'static str,
    pub pick: Pick,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// A new node. Its id is free.
    New(Box<Node>),
    /// A node that is there.
    Node(NodeId),
}

/// More rows are not shown; a longer word finds what is meant.
const AT_MOST: usize = 60;

impl Session {
    /// What fits `typed`, the best first. With `nodes`, those of the play can be picked too, and come first.
    ///
    /// `typed` may be a whole statement, as `call pay = shop/1/pay timeout 2s`; for a call its first word may be left out.
    pub fn choices(&self, typed: &str, nodes: bool) -> Vec<Choice> {
        let typed = typed.trim();
        let graph = self.graph();
        let mut choices: Vec<Choice> = Vec::new();
        if nodes && let Some(play) = self.play() {
            let all = (0..graph.n_nodes()).filter_map(|node| u32::try_from(node).ok());
            let all = all.map(|node| graph.node(play, node));
            let fitting = all.filter_map(|node| {
                let title = node.options.title.as_deref().unwrap_or_default();
                let fit = rank(&node.id, typed).or_else(|| rank(title, typed))?;
                Some((fit, node))
            });
            let mut fitting: Vec<_> = fitting.collect();
            fitting.sort_by_key(|(fit, _)| *fit);
            choices.extend(fitting.into_iter().take(AT_MOST).map(|(_, node)| Choice {
                label: node.id.to_string(),
                detail: node.kind.keyword(),
                pick: Pick::Node(node.id.clone()),
            }));
        }
        if let Some(node) = read(typed, graph) {
            let label = format!("{} {}", node.kind.keyword(), node.id);
            choices.push(Choice { label, detail: "as typed", pick: Pick::New(Box::new(node)) });
        }
        let new = |kind: NodeKind| {
            let node = Node { id: fresh_id(graph, &kind), kind, options: Options::default() };
            Pick::New(Box::new(node))
        };
        let kinds = palette().into_iter().map(|kind| (kind.keyword().to_owned(), purpose(&kind), kind));
        let targets = self.known_targets().into_iter().map(|to| {
            let detail = if matches!(to, TargetRef::Role(_)) { "call the role" } else { "call" };
            (to.to_string(), detail, NodeKind::Call(Target::One(to)))
        });
        let mut fitting: Vec<_> =
            kinds.chain(targets).filter_map(|row| rank(&row.0, typed).map(|fit| (fit, row))).collect();
        fitting.sort_by_key(|(fit, _)| *fit);
        let rest = fitting.into_iter().map(|(_, (label, detail, kind))| Choice { label, detail, pick: new(kind) });
        choices.extend(rest);
        choices.truncate(AT_MOST);
        choices
    }

    /// Every target that a play or a formation of the file names, and the roles of the play.
    fn known_targets(&self) -> Vec<TargetRef> {
        let mut known: BTreeMap<String, TargetRef> = BTreeMap::new();
        let mut add = |to: &TargetRef| drop(known.insert(to.to_string(), to.clone()));
        let is_coord = |to: &&TargetRef| matches!(to, TargetRef::Coord(_));
        for (item, play) in self.doc().plays() {
            for line in &play.body {
                match &line.kind {
                    Stmt::Node(node) => {
                        node.kind.target().into_iter().flat_map(Target::refs).filter(is_coord).for_each(&mut add);
                    }
                    Stmt::Role(role) if Some(item) == self.item() => add(&TargetRef::Role(role.clone())),
                    _ => {}
                }
            }
            if Some(item) != self.item() {
                add(&TargetRef::Coord(play.coord.clone()));
            }
        }
        for line in self.doc().formations().flat_map(|(_, formation)| &formation.body) {
            if let Bind::Role(_, target) = &line.kind {
                target.refs().filter(is_coord).for_each(&mut add);
            }
        }
        known.into_values().collect()
    }
}

const fn purpose(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Snap => "where a run starts",
        NodeKind::Call(_) => "to a target and back",
        NodeKind::FanOut(_) => "a copy for each",
        NodeKind::FanIn(_) => "many become one",
        NodeKind::WaitForSignal(_) => "until a signal comes",
        NodeKind::WaitForWorker(_) => "until a worker is ready",
        NodeKind::Pass(_) => "ends the run",
    }
}

/// How well `text` fits what was typed: less is better. Its letters must come in that order.
fn rank(text: &str, typed: &str) -> Option<u32> {
    let (text, typed) = (text.to_lowercase(), typed.to_lowercase());
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX).min(1000);
    if typed.is_empty() {
        // In the order in which they came.
        return Some(0);
    }
    if text == typed {
        return Some(0);
    }
    if text.starts_with(&typed) {
        return Some(1000 + length);
    }
    if text.contains(&typed) {
        return Some(3000 + length);
    }
    let mut rest = text.chars();
    typed.chars().all(|letter| rest.any(|other| other == letter)).then_some(5000 + length)
}

/// What was typed as a node: a statement, that of a call without its first word, or a target alone.
fn read(typed: &str, graph: &Graph) -> Option<Node> {
    if typed.is_empty() || typed.contains(['\n', '\r']) {
        return None;
    }
    if typed.contains('/')
        && let Ok(target) = typed.parse::<Target>()
    {
        let kind = NodeKind::Call(target);
        return Some(Node { id: fresh_id(graph, &kind), kind, options: Options::default() });
    }
    let node = statement(typed).or_else(|| statement(&format!("call {typed}")))?;
    graph.find(&node.id).is_none().then_some(node)
}

fn statement(text: &str) -> Option<Node> {
    let source = lang::parse(format!("play a/1/b {{\n{text}\n}}\n"));
    if !source.diagnostics.is_empty() || source.doc.items.len() != 1 {
        return None;
    }
    match source.doc.plays().next()?.1.body.as_slice() {
        [line] => match &line.kind {
            Stmt::Node(node) => Some(node.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(session: &Session, typed: &str) -> Vec<String> {
        session.choices(typed, false).into_iter().map(|choice| choice.label).collect()
    }

    #[test]
    fn finds_kinds_targets_statements_and_nodes() {
        let session = Session::new(
            "play shop/1/p {\n role courier\n snap start\n call pay = shop/2/charge\n}\nplay shop/1/other {\n snap s\n}\n",
        );
        let all = labels(&session, "");
        assert_eq!(all[..3], ["snap", "call", "fan-out"]);
        for known in ["shop/2/charge", "shop/1/other", "courier"] {
            assert!(all.iter().any(|label| label == known), "{known} in {all:?}");
        }
        assert_eq!(labels(&session, "fan")[..2], ["fan-in", "fan-out"]);
        assert_eq!(labels(&session, "wfs")[..1], ["wait-for-signal"]);
        assert_eq!(labels(&session, "nothing like it"), Vec::<String>::new());
        assert_eq!(labels(&session, "pass refused")[0], "pass refused");
        assert_eq!(labels(&session, "ship = shipping/1/send retry 3")[0], "call ship");
        assert_eq!(labels(&session, "x/1/y")[0], "call y");
        assert_eq!(labels(&session, "snap start"), Vec::<String>::new(), "the id is taken");
        let first = &session.choices("pa", true)[0];
        assert_eq!(first.pick, Pick::Node(NodeId::new("pay")));
    }
}
