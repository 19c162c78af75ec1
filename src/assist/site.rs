use smol_str::SmolStr;

use super::place::{Inside, Place, word_at};
use super::shape;
use crate::base::{NodeId, Span};
use crate::lang::{LineSpans, Part, Source};
use crate::play::{Bind, Item, Stmt, TargetRef, Wire};

/// What is written at a byte of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Site {
    /// A node, in its statement, in a wire, in the layout, or as a field of a joined ball.
    Node { item: usize, id: NodeId },
    /// A role of a play, or of all plays in a formation (`item` is then the formation).
    Role { item: usize, name: SmolStr },
    /// `image/version/method`.
    Target { item: usize, coord: String },
    /// `image/version` or `image/*` of a formation.
    Binding { item: usize, stmt: usize },
    /// The coordinate in the head of a play, or the name of a formation.
    Head { item: usize },
    /// The name of a signal, without its quotes.
    Signal { name: String },
    /// A variable, function or method of an expression.
    Var { item: usize, name: String },
    /// A word of the language.
    Word { word: &'static str },
}

/// What is written at `offset`, and where. `None` between words, in comments and texts.
pub fn site(source: &Source, offset: u32) -> Option<(Site, Span)> {
    let items = &source.map.items;
    let n = items.partition_point(|item| item.line.whole.start <= offset).checked_sub(1)?;
    let item = &items[n];
    let at_head = item.head.touches(offset).then(|| in_head(source, n, offset)).flatten();
    let in_body = || {
        let stmt = item.body.partition_point(|line| line.whole.end < offset);
        // Comments inside of a statement stand before it in the list.
        let line =
            item.body[stmt..].iter().take(64).position(|line| line.whole.touches(offset) && !line.inside_next)?;
        in_line(source, n, stmt + line, offset)
    };
    at_head.or_else(in_body).or_else(|| word_site(source, offset))
}

fn in_head(source: &Source, item: usize, offset: u32) -> Option<(Site, Span)> {
    let span = source.map.part(&source.map.items[item].line, Part::Id).filter(|span| span.touches(offset))?;
    Some((Site::Head { item }, span))
}

/// The parts of a statement that touch the offset; the first of two neighbours.
fn in_line(source: &Source, item: usize, stmt: usize, offset: u32) -> Option<(Site, Span)> {
    let line = source.map.line(item, stmt)?;
    let (part, span) = part_at(source, line, offset)?;
    let site = match &source.doc.items[item].kind {
        Item::Play(play) => match (&play.body.get(stmt)?.kind, part) {
            (Stmt::Node(node), Part::Id) => Site::Node { item, id: node.id.clone() },
            (Stmt::Role(name), Part::Id) => Site::Role { item, name: name.clone() },
            (Stmt::Wire(wire), Part::End { group, index }) => {
                Site::Node { item, id: wire_group(wire, group)?.get(usize::from(index))?.clone() }
            }
            (Stmt::Layout(entries), Part::Place(n)) => {
                Site::Node { item, id: entries.get(n as usize)?.place()?.id.clone() }
            }
            (Stmt::Layout(entries), Part::Member { entry, index }) => {
                let frame = entries.get(entry as usize)?.frame()?;
                Site::Node { item, id: frame.nodes.get(usize::from(index))?.clone() }
            }
            (Stmt::Scenario(scenario), Part::StepNode(n)) => {
                Site::Node { item, id: scenario.steps.get(usize::from(n))?.node()?.clone() }
            }
            (Stmt::Node(node), Part::Target(n)) => target(item, node.kind.target()?.refs().nth(usize::from(n))?),
            (Stmt::Node(node), Part::Signal) => match &node.kind {
                crate::play::NodeKind::WaitForSignal(name) => Site::Signal { name: name.clone() },
                _ => return None,
            },
            (_, Part::With | Part::Key | Part::Each | Part::Guard(_)) => {
                return in_expr(source, item, stmt, (part, span), offset);
            }
            _ => return None,
        },
        Item::Formation(formation) => match (&formation.body.get(stmt)?.kind, part) {
            (Bind::To(_), Part::Pattern) => Site::Binding { item, stmt },
            (Bind::Role(name, _), Part::Id) => Site::Role { item, name: name.clone() },
            (Bind::Role(_, to), Part::Target(n)) => target(item, to.refs().nth(usize::from(n))?),
            _ => return None,
        },
        _ => return None,
    };
    Some((site, span))
}

fn target(item: usize, to: &TargetRef) -> Site {
    match to {
        TargetRef::Role(name) => Site::Role { item, name: name.clone() },
        TargetRef::Coord(coord) => Site::Target { item, coord: coord.to_string() },
    }
}

fn part_at(source: &Source, line: &LineSpans, offset: u32) -> Option<(Part, Span)> {
    let parts = source.map.parts.get(line.parts.0 as usize..line.parts.1 as usize)?;
    let named = |part: &Part| !matches!(part, Part::When(_) | Part::Via | Part::Step(_));
    parts.iter().find(|(part, span)| named(part) && span.touches(offset)).copied()
}

pub(super) fn wire_group(wire: &Wire, group: u16) -> Option<&[NodeId]> {
    match group.checked_sub(1) {
        None => Some(&wire.from),
        Some(hop) => wire.hops.get(usize::from(hop)).map(|hop| hop.to.as_slice()),
    }
}

/// A name in an expression: a node that the ball is joined from, else a variable, function or method.
fn in_expr(source: &Source, item: usize, stmt: usize, (part, span): (Part, Span), offset: u32) -> Option<(Site, Span)> {
    let expr = source.text.get(span.range())?;
    let at = (offset - span.start) as usize;
    for (id, range) in shape::fields(source, item, stmt, part, expr) {
        if range.start <= at && at <= range.end {
            return Some((Site::Node { item, id }, within(span, &range)));
        }
    }
    let range = shape::idents(expr).into_iter().find(|range| range.start <= at && at <= range.end)?;
    Some((Site::Var { item, name: expr[range.clone()].to_owned() }, within(span, &range)))
}

pub(super) fn within(span: Span, range: &std::ops::Range<usize>) -> Span {
    let at = |n: usize| span.start + u32::try_from(n).unwrap_or(0);
    Span::new(at(range.start), at(range.end))
}

/// In what cannot be read: a word that is the name of a node or role of the play; else a word of the language.
fn word_site(source: &Source, offset: u32) -> Option<(Site, Span)> {
    let range = word_at(&source.text, offset as usize)?;
    let word = &source.text[range.clone()];
    let place = Place::new(source, range.start);
    if !matches!(place.inside, Inside::Plain | Inside::Group | Inside::Layout | Inside::Scenario) {
        return None;
    }
    let span = within(Span::at(0), &range);
    if let super::place::Block::Play(Some(item)) = place.block
        && let Some(play) = source.doc.play(item)
        && let Some(site) = play.body.iter().find_map(|line| match &line.kind {
            Stmt::Node(node) if node.id.as_str() == word => Some(Site::Node { item, id: node.id.clone() }),
            Stmt::Role(name) if name == word => Some(Site::Role { item, name: name.clone() }),
            _ => None,
        })
        && !is_option_word(&place, word)
    {
        return Some((site, span));
    }
    super::words::known(word).map(|word| (Site::Word { word }, span))
}

/// Whether the word stands where an option does, so that a node of its name is not meant.
fn is_option_word(place: &Place<'_>, word: &str) -> bool {
    super::words::known(word).is_some() && !place.tokens().last().is_some_and(|last| matches!(*last, "->" | "{" | ","))
}
