//! Where a name is defined, where it is used, and another name for all of that.

use smol_str::SmolStr;

use super::shape;
use super::site::{Site, site, within};
use crate::base::{Span, TextChange};
use crate::lang::{Part, Source};
use crate::play::{Bind, Entry, Graph, Item, Play, Stmt, TargetRef};

/// Why a thing cannot be renamed, with what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRename {
    #[error("there is no name here: put the cursor into the name of a node or role")]
    NoName,
    #[error("'{0}' is not a name: start with a letter, go on with letters, digits, '_' or '-'")]
    NotAName(String),
    #[error("there is a '{0}' already: choose another name")]
    Taken(String),
}

/// Where what is named at `offset` is defined.
pub fn definition(source: &Source, offset: u32) -> Option<Span> {
    match site(source, offset)?.0 {
        Site::Node { item, id } => node_span(source, item, &id),
        Site::Role { item, name } => {
            role_span(source, item, &name).or_else(|| {
                // From a formation to the play that has the role.
                source.doc.plays().find_map(|(item, _)| role_span(source, item, &name))
            })
        }
        Site::Target { coord, .. } => {
            let of_play = source.doc.plays().find(|(_, play)| play.coord.to_string() == coord).map(|(item, _)| item);
            match of_play {
                Some(item) => source.map.part(&source.map.items[item].line, Part::Id),
                None => bound(source, &coord),
            }
        }
        Site::Head { .. } | Site::Binding { .. } | Site::Signal { .. } | Site::Var { .. } | Site::Word { .. } => None,
    }
}

/// The line of the first formation that serves the target.
fn bound(source: &Source, coord: &str) -> Option<Span> {
    let (image, rest) = coord.split_once('/')?;
    let version = rest.split('/').next()?;
    source.doc.formations().find_map(|(item, formation)| {
        let covers = |bind: &Bind| matches!(bind, Bind::To(binding) if binding.covers(image, version));
        let stmt = formation.body.iter().position(|line| covers(&line.kind))?;
        source.map.part(source.map.line(item, stmt)?, Part::Pattern)
    })
}

pub(super) fn node_span(source: &Source, item: usize, id: &str) -> Option<Span> {
    let play = source.doc.play(item)?;
    let is_it = |stmt: &Stmt| matches!(stmt, Stmt::Node(node) if node.id.as_str() == id);
    let stmt = play.body.iter().position(|line| is_it(&line.kind))?;
    source.map.part(source.map.line(item, stmt)?, Part::Id)
}

fn role_span(source: &Source, item: usize, name: &str) -> Option<Span> {
    let play = source.doc.play(item)?;
    let stmt = play.body.iter().position(|line| matches!(&line.kind, Stmt::Role(role) if role == name))?;
    source.map.part(source.map.line(item, stmt)?, Part::Id)
}

/// Every place where what is named at `offset` is named, its definition included, in the order of the text.
pub fn uses(source: &Source, offset: u32) -> Vec<Span> {
    match site(source, offset) {
        Some((Site::Node { item, id }, _)) => node_uses(source, item, &id),
        Some((Site::Role { item, name }, _)) => role_uses(source, item, &name),
        Some((Site::Target { coord, .. }, _)) => target_uses(source, &coord),
        _ => Vec::new(),
    }
}

/// Another name for the node or role at `offset`, everywhere.
///
/// # Errors
/// It is no name or taken, or there is no node or role at `offset`.
pub fn rename(source: &Source, offset: u32, to: &str) -> Result<Vec<TextChange>, BadRename> {
    match site(source, offset) {
        Some((Site::Node { item, id }, _)) => rename_node(source, item, &id, to),
        Some((Site::Role { item, name }, _)) => {
            let to = checked(to)?;
            let taken = source.doc.play(item).is_some_and(|_| role_span(source, item, to).is_some());
            if taken && name != to {
                return Err(BadRename::Taken(to.to_owned()));
            }
            Ok(changes(role_uses(source, item, &name), to))
        }
        _ => Err(BadRename::NoName),
    }
}

/// Another id for a node of a play: in its statement, in wires and the layout, and in expressions where it is certain
/// that it is meant.
///
/// # Errors
/// It is no name or taken.
pub fn rename_node(source: &Source, item: usize, id: &str, to: &str) -> Result<Vec<TextChange>, BadRename> {
    let to = checked(to)?;
    if to != id && node_span(source, item, to).is_some() {
        return Err(BadRename::Taken(to.to_owned()));
    }
    let mut found = changes(node_uses(source, item, id), to);
    // CEL has no '-' in the name of a field: it takes an index instead.
    if to.contains('-') {
        let in_exprs = expr_uses(source, item, id);
        for change in found.iter_mut().filter(|change| in_exprs.contains(&change.span)) {
            let before = source.text[..change.span.start as usize].trim_end();
            if let Some(rest) = before.strip_suffix('.') {
                change.span.start = u32::try_from(rest.len()).unwrap_or(u32::MAX);
                change.text = format!("['{to}']");
            }
        }
    }
    Ok(found)
}

fn checked(to: &str) -> Result<&str, BadRename> {
    let to = to.trim();
    if crate::play::is_name(to) { Ok(to) } else { Err(BadRename::NotAName(to.to_owned())) }
}

fn changes(spans: Vec<Span>, to: &str) -> Vec<TextChange> {
    spans.into_iter().map(|span| TextChange::new(span, to)).collect()
}

fn node_uses(source: &Source, item: usize, id: &str) -> Vec<Span> {
    let Some(play) = source.doc.play(item) else { return Vec::new() };
    let mut found = Vec::new();
    for (stmt, line) in play.body.iter().enumerate() {
        let Some(spans) = source.map.line(item, stmt) else { continue };
        let part = |part: Part| source.map.part(spans, part);
        match &line.kind {
            Stmt::Node(node) if node.id.as_str() == id => found.extend(part(Part::Id)),
            Stmt::Wire(wire) => {
                let groups = std::iter::once(&wire.from).chain(wire.hops.iter().map(|hop| &hop.to));
                for (group, ids) in (0..).zip(groups) {
                    for (index, other) in (0..).zip(ids) {
                        if other.as_str() == id {
                            found.extend(part(Part::End { group, index }));
                        }
                    }
                }
            }
            Stmt::Layout(entries) => {
                for (n, entry) in (0..).zip(entries) {
                    match entry {
                        Entry::Node(place) if place.id.as_str() == id => found.extend(part(Part::Place(n))),
                        Entry::Frame(frame) => {
                            let own = (0..).zip(&frame.nodes).filter(|(_, node)| node.as_str() == id);
                            found.extend(own.filter_map(|(index, _)| part(Part::Member { entry: n, index })));
                        }
                        Entry::Node(_) | Entry::Note(_) => {}
                    }
                }
            }
            Stmt::Scenario(scenario) => {
                let steps =
                    (0..).zip(&scenario.steps).filter(|(_, step)| step.node().is_some_and(|of| of.as_str() == id));
                found.extend(steps.filter_map(|(n, _)| part(Part::StepNode(n))));
            }
            Stmt::Bad(text) => found.extend(words_of(text, id).map(|range| within(spans.whole, &range))),
            _ => {}
        }
    }
    found.extend(expr_uses(source, item, id));
    found.sort_unstable();
    found.dedup();
    found
}

/// Words of a statement that cannot be read, outside of its texts and comments.
fn words_of<'t>(text: &'t str, id: &'t str) -> impl Iterator<Item = std::ops::Range<usize>> + 't {
    text.match_indices(id).map(|(at, id)| at..at + id.len()).filter(move |range| {
        let before = &text[..range.start];
        let line = before.rsplit('\n').next().unwrap_or(before);
        let quoted = line.matches('"').count() % 2 == 1;
        let comment = super::place::without_comment(line).len() < line.len();
        let field = before.ends_with('.');
        super::place::word_at(text, range.start).is_some_and(|word| word == *range) && !quoted && !comment && !field
    })
}

fn expr_uses(source: &Source, item: usize, id: &str) -> Vec<Span> {
    let Some(play) = source.doc.play(item) else { return Vec::new() };
    let may = |expr: &str| expr.contains("ball") && expr.contains(id);
    let mut graph: Option<Graph> = None;
    let mut found = Vec::new();
    for (stmt, line) in play.body.iter().enumerate() {
        for (part, expr) in exprs(&line.kind).into_iter().filter(|(_, expr)| may(expr)) {
            let graph = graph.get_or_insert_with(|| Graph::new(play));
            let (keys, at_fan_in) = shape::keys_at(play, graph, stmt, part);
            let span = source.map.line(item, stmt).and_then(|line| source.map.part(line, part));
            let (Some(keys), Some(span)) = (keys, span) else { continue };
            let written = source.text.get(span.range()).unwrap_or(expr);
            let fields = shape::fields_among(written, &keys, at_fan_in);
            found.extend(fields.into_iter().filter(|(field, _)| field.as_str() == id).map(|(_, at)| within(span, &at)));
        }
    }
    found
}

fn exprs(stmt: &Stmt) -> Vec<(Part, &str)> {
    match stmt {
        Stmt::Node(node) => {
            let each = match &node.kind {
                crate::play::NodeKind::FanOut(crate::play::Spread::Each(each)) => Some((Part::Each, each.0.as_str())),
                _ => None,
            };
            let with = node.options.with.as_ref().map(|with| (Part::With, with.0.as_str()));
            let key = node.options.key.as_ref().map(|key| (Part::Key, key.0.as_str()));
            each.into_iter().chain(with).chain(key).collect()
        }
        Stmt::Wire(wire) => (0..)
            .zip(&wire.hops)
            .filter_map(|(hop, to)| match &to.when {
                crate::play::When::If(expr) => Some((Part::Guard(hop), expr.0.as_str())),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// In the play; also in formations, if no other play has a role of that name. `item` may be a formation.
fn role_uses(source: &Source, item: usize, name: &SmolStr) -> Vec<Span> {
    let has = |play: &Play| play.body.iter().any(|line| matches!(&line.kind, Stmt::Role(role) if role == name));
    let plays: Vec<usize> = source.doc.plays().filter(|(_, play)| has(play)).map(|(item, _)| item).collect();
    let of_formation = source.doc.formation(item).is_some();
    let wanted: Vec<usize> = if of_formation { plays.clone() } else { vec![item] };
    let with_formations = of_formation || plays.iter().all(|&play| play == item);
    let mut found = Vec::new();
    for (n, line) in source.doc.items.iter().enumerate() {
        match &line.kind {
            Item::Play(play) if wanted.contains(&n) => {
                for (stmt, line) in play.body.iter().enumerate() {
                    let Some(spans) = source.map.line(n, stmt) else { continue };
                    match &line.kind {
                        Stmt::Role(role) if role == name => found.extend(source.map.part(spans, Part::Id)),
                        Stmt::Node(node) => {
                            for (i, to) in (0..).zip(node.kind.target().into_iter().flat_map(crate::play::Target::refs))
                            {
                                if matches!(to, TargetRef::Role(role) if role == name) {
                                    found.extend(source.map.part(spans, Part::Target(i)));
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
            Item::Formation(formation) if with_formations => {
                for (stmt, line) in formation.body.iter().enumerate() {
                    if let (Bind::Role(role, _), Some(spans)) = (&line.kind, source.map.line(n, stmt))
                        && role == name
                    {
                        found.extend(source.map.part(spans, Part::Id));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn target_uses(source: &Source, coord: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for (n, play) in source.doc.plays() {
        if play.coord.to_string() == coord {
            found.extend(source.map.part(&source.map.items[n].line, Part::Id));
        }
        for (stmt, line) in play.body.iter().enumerate() {
            let Stmt::Node(node) = &line.kind else { continue };
            for (i, to) in (0..).zip(node.kind.target().into_iter().flat_map(crate::play::Target::refs)) {
                if matches!(to, TargetRef::Coord(other) if other.to_string() == coord) {
                    found.extend(source.map.line(n, stmt).and_then(|spans| source.map.part(spans, Part::Target(i))));
                }
            }
        }
    }
    found
}
