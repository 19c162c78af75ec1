use std::fmt::Write;

use super::site::{Site, site};
use super::{Known, shape, words};
use crate::base::Span;
use crate::lang::Source;
use crate::play::{Bind, Graph, Node, NodeKind, Policy, Stmt};

/// What is said about a name when the pointer rests on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The name.
    pub span: Span,
    pub title: String,
    /// A line each; the first says what it is.
    pub lines: Vec<String>,
}

/// The longest schema that is shown, in characters.
const MAX_SCHEMA: usize = 240;

pub fn hover(source: &Source, offset: u32, known: &Known) -> Option<Hover> {
    let (site, span) = site(source, offset)?;
    let (title, lines) = match site {
        Site::Node { item, id } => node(source, item, &id)?,
        Site::Role { item, name } => {
            let filled: Vec<String> = source
                .doc
                .formations()
                .flat_map(|(_, formation)| {
                    formation.body.iter().filter_map(|line| match &line.kind {
                        Bind::Role(role, to) if *role == name => Some(format!("{}: {to}", formation.name)),
                        _ => None,
                    })
                })
                .collect();
            let mut lines = vec!["a role: a formation says which target fills it".to_owned()];
            let is_play = source.doc.play(item).is_some();
            if filled.is_empty() && is_play {
                lines.push("no formation of this file fills it".to_owned());
            } else {
                lines.extend(filled);
            }
            (format!("role {name}"), lines)
        }
        Site::Target { coord, .. } => {
            let lines = target(source, &coord, known);
            (coord, lines)
        }
        Site::Binding { item, stmt } => match &source.doc.formation(item)?.body.get(stmt)?.kind {
            Bind::To(binding) => {
                let way = binding.via.keyword();
                let about = words::meaning(way).unwrap_or_default();
                (format!("{}/{}", binding.image, binding.version), vec![format!("bound by {way}: {about}")])
            }
            _ => return None,
        },
        Site::Head { item } => match (source.doc.play(item), source.doc.formation(item)) {
            (Some(play), _) => {
                let graph = Graph::new(play);
                let counted = format!("a play of {} nodes and {} wires", graph.n_nodes(), graph.wires().len());
                (play.coord.to_string(), play.title.iter().cloned().chain([counted]).collect())
            }
            (None, Some(formation)) => {
                let n = formation.bindings().count();
                (formation.name.to_string(), vec![format!("a formation of {n} bindings")])
            }
            (None, None) => return None,
        },
        Site::Signal { name } => {
            let how = format!("sent by: chalktalk signal RUN {name}");
            (format!("signal \"{name}\""), vec!["a run waits for it here".to_owned(), how])
        }
        Site::Var { name, .. } => {
            let about =
                |table: &[(&str, &'static str)]| table.iter().find(|(word, _)| *word == name).map(|(_, about)| *about);
            let three = |table: &[(&str, &str, &'static str)]| {
                table.iter().find(|(word, ..)| *word == name).map(|(_, _, about)| *about)
            };
            let found = about(&words::VARS)
                .or_else(|| three(&words::FUNCTIONS))
                .or_else(|| three(&words::METHODS))
                .or_else(|| about(&words::RUN_FIELDS))
                .or_else(|| about(&words::ERROR_FIELDS))?;
            (name, vec![found.to_owned()])
        }
        Site::Word { word } => (word.to_owned(), vec![words::meaning(word)?.to_owned()]),
    };
    Some(Hover { span, title, lines })
}

fn node(source: &Source, item: usize, id: &str) -> Option<(String, Vec<String>)> {
    let play = source.doc.play(item)?;
    let graph = &Graph::new(play);
    let Some(number) = graph.find(id) else {
        return Some((id.to_owned(), vec!["there is no such node in the play".to_owned()]));
    };
    let node = graph.node(play, number);
    let mut lines = vec![about(node)];
    let names = |wires: &[u32], of: fn(&crate::play::Edge) -> u32| {
        let names: Vec<&str> = wires.iter().map(|&wire| graph.node(play, of(graph.wire(wire))).id.as_str()).collect();
        let shown = names.iter().take(6).copied().collect::<Vec<_>>().join(", ");
        if names.len() > 6 { format!("{shown} and {} more", names.len() - 6) } else { shown }
    };
    if !graph.into(number).is_empty() {
        lines.push(format!("from {}", names(graph.into(number), |edge| edge.from)));
    }
    if !graph.out(number).is_empty() {
        lines.push(format!("to {}", names(graph.out(number), |edge| edge.to)));
    }
    if let Some(keys) = shape::keys_of(play, graph, number, true) {
        let keys: Vec<&str> = keys.iter().map(crate::base::NodeId::as_str).collect();
        lines.push(format!("its ball is {{{}}}", keys.join(", ")));
    }
    if let Some(title) = &node.options.title {
        lines.insert(0, title.clone());
    }
    Some((format!("{} {id}", node.kind.keyword()), lines))
}

fn about(node: &Node) -> String {
    let mut said = match &node.kind {
        NodeKind::Call(target) => format!("calls {target}"),
        NodeKind::WaitForWorker(target) => format!("waits until a worker of {target} is ready"),
        NodeKind::Pass(Some(target)) => format!("ends the run by throwing the ball to {target}"),
        NodeKind::FanIn(Policy::Count(n)) => format!("joins {n} balls of a fan-out, then hands one on"),
        NodeKind::FanIn(Policy::Any) => "goes on with the first ball of a fan-out".to_owned(),
        NodeKind::WaitForSignal(name) => format!("waits for the signal \"{name}\""),
        other => words::meaning(other.keyword()).unwrap_or_default().to_owned(),
    };
    let options = &node.options;
    if let Some(timeout) = options.timeout {
        let _ = write!(said, ", at most {timeout}");
    }
    if let Some(retry) = options.retry {
        let _ = write!(said, ", {retry} more attempts");
    }
    said
}

/// Where a target is bound, what is known of its method.
fn target(source: &Source, coord: &str, known: &Known) -> Vec<String> {
    let mut lines = Vec::new();
    let (image, rest) = coord.split_once('/').unwrap_or((coord, ""));
    let version = rest.split('/').next().unwrap_or_default();
    if let Some((_, play)) = source.doc.plays().find(|(_, play)| play.coord.to_string() == coord) {
        lines.push("a play of this file".to_owned());
        lines.extend(play.title.clone());
    } else {
        lines.push("a method of a worker".to_owned());
    }
    for (_, formation) in source.doc.formations() {
        if let Some(binding) = formation.binding(image, version) {
            lines.push(format!(
                "{}: {}/{} by {}",
                formation.name,
                binding.image,
                binding.version,
                binding.via.keyword()
            ));
        }
    }
    if let Some(known) = known.find(coord) {
        lines.push(known.from.clone());
        let cut = |schema: &str| match schema.char_indices().nth(MAX_SCHEMA) {
            Some((end, _)) => format!("{}…", &schema[..end]),
            None => schema.to_owned(),
        };
        lines.extend(known.input.as_deref().map(|schema| format!("takes {}", cut(schema))));
        lines.extend(known.output.as_deref().map(|schema| format!("gives {}", cut(schema))));
    }
    let n_calls = source
        .doc
        .plays()
        .flat_map(|(_, play)| &play.body)
        .filter(|line| match &line.kind {
            Stmt::Node(node) => node.kind.target().is_some_and(|to| to.refs().any(|to| to.to_string() == coord)),
            _ => false,
        })
        .count();
    if n_calls > 1 {
        lines.push(format!("called {n_calls} times in this file"));
    }
    lines
}
