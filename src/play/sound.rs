//! Which documents can be written as text and read back as themselves.
//!
//! The parser makes no others. A RON file or an edit can hold what no text says: a name with a space, a comment of
//! two lines, a wire to nowhere, a parenthesis too many in an expression. Only whether a bad statement really is bad
//! is not judged here, since that takes a parser.

use super::doc::{
    Bind, Document, Entry, Expr, Item, Line, MAX_GROUP, Node, NodeKind, Spread, Stmt, Target, TargetRef, Via, When,
    Wire, is_name,
};
use super::edit::Head;
use super::raw;
use super::scenario::{Given, Gives, Mock, SentSignal, SignalTo, Step};
use crate::base::{Coord, VersionKind, is_image, is_method, is_version, version_kind};

/// Why a part of a document cannot be written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsound(pub &'static str);

type Sound = Result<(), Unsound>;

fn all<T>(items: impl IntoIterator<Item = T>, check: impl Fn(T) -> Sound) -> Sound {
    items.into_iter().try_for_each(check)
}

fn must(holds: bool, why: &'static str) -> Sound {
    if holds { Ok(()) } else { Err(Unsound(why)) }
}

impl Document {
    /// Whether the document can be written as text and read back as itself; else the item, the statement in it, and why.
    ///
    /// # Errors
    /// The first part that cannot.
    pub fn check_sound(&self) -> Result<(), (usize, Option<usize>, Unsound)> {
        for (i, line) in self.items.iter().enumerate() {
            item_line(line, false).map_err(|why| (i, None, why))?;
            match &line.kind {
                Item::Play(play) => lines(&play.body, stmt).map_err(|(n, why)| (i, Some(n), why))?,
                Item::Formation(formation) => lines(&formation.body, bind).map_err(|(n, why)| (i, Some(n), why))?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn lines<K: LineKind>(all: &[Line<K>], check: impl Fn(&K) -> Sound) -> Result<(), (usize, Unsound)> {
    for (n, line) in all.iter().enumerate() {
        line_of(line).and_then(|()| check(&line.kind)).map_err(|why| (n, why))?;
    }
    Ok(())
}

/// What the three kinds of lines have in common.
trait LineKind {
    fn is_comment(&self) -> bool;
}

impl LineKind for Item {
    fn is_comment(&self) -> bool {
        matches!(self, Self::Comment(_))
    }
}

impl LineKind for Stmt {
    fn is_comment(&self) -> bool {
        matches!(self, Self::Comment(_))
    }
}

impl LineKind for Bind {
    fn is_comment(&self) -> bool {
        matches!(self, Self::Comment(_))
    }
}

fn line_of<K: LineKind>(line: &Line<K>) -> Sound {
    match &line.note {
        Some(_) if line.kind.is_comment() => Err(Unsound("a comment has no note of its own")),
        Some(note) => comment(note),
        None => Ok(()),
    }
}

/// A statement of a play with its note.
pub(crate) fn stmt_line(line: &Line<Stmt>) -> Sound {
    line_of(line)?;
    stmt(&line.kind)
}

/// A statement of a formation with its note.
pub(crate) fn bind_line(line: &Line<Bind>) -> Sound {
    line_of(line)?;
    bind(&line.kind)
}

/// An item with its note; with its body only if `deep`.
pub(crate) fn item_line(line: &Line<Item>, deep: bool) -> Sound {
    line_of(line)?;
    match &line.kind {
        Item::Comment(text) => comment(text),
        Item::Bad(text) => bad(text),
        Item::Play(play) => {
            coord(&play.coord)?;
            if deep { lines(&play.body, stmt).map_err(|(_, why)| why) } else { Ok(()) }
        }
        Item::Formation(formation) => {
            name(&formation.name)?;
            if deep { lines(&formation.body, bind).map_err(|(_, why)| why) } else { Ok(()) }
        }
    }
}

pub(crate) fn head(head: &Head) -> Sound {
    match head {
        Head::Play { coord: of, .. } => coord(of),
        Head::Formation { name: of } => name(of),
    }
}

fn comment(text: &str) -> Sound {
    must(!text.contains('\n'), "a comment is one line")?;
    must(text.trim_end() == text, "a comment does not end with spaces")
}

fn bad(text: &str) -> Sound {
    must(!text.is_empty() && text.trim() == text, "a bad statement neither is empty nor starts or ends with spaces")
}

fn name(text: &str) -> Sound {
    must(is_name(text), "a name starts with a letter, then come letters, digits and _, with - only between them")
}

fn coord(of: &Coord) -> Sound {
    let parts = is_image(&of.image) && is_version(&of.version) && is_method(&of.method);
    // An arrow would end the coordinate.
    let arrow = [&of.image, &of.version, &of.method].into_iter().any(|part| part.contains("->"));
    must(parts && !arrow, "a coordinate is image/version/method, as in shop/2.1/validate")
}

fn expr(Expr(source): &Expr) -> Sound {
    must(
        raw::is_expr(source),
        "an expression has balanced parentheses and braces, closed strings, no spaces at its ends and at most 16 KB",
    )
}

fn target_ref(to: &TargetRef) -> Sound {
    match to {
        TargetRef::Role(role) => name(role),
        TargetRef::Coord(of) => coord(of),
    }
}

fn target(to: &Target) -> Sound {
    let n = if let Target::Mix(shares) = to { shares.len() } else { 1 };
    must((1..=MAX_GROUP).contains(&n), "a mix has from 1 to 65,535 targets")?;
    all(to.refs(), target_ref)
}

fn stmt(stmt: &Stmt) -> Sound {
    match stmt {
        Stmt::Comment(text) => comment(text),
        Stmt::Bad(text) => bad(text),
        Stmt::Role(role) => name(role),
        Stmt::Node(of) => node(of),
        Stmt::Wire(of) => wire(of),
        Stmt::Layout(entries) => all(entries, |entry| match entry {
            Entry::Node(place) => name(&place.id),
            Entry::Note(_) => Ok(()),
            Entry::Frame(frame) => {
                must(frame.nodes.len() <= MAX_GROUP, "a frame has at most 65,535 nodes")?;
                all(&frame.nodes, |id| name(id))
            }
        }),
        Stmt::Scenario(scenario) => all(&scenario.steps, step),
    }
}

fn step(step: &Step) -> Sound {
    if let Some(node) = step.node() {
        name(node)?;
    }
    if let Some(Given(text)) = step.given() {
        must(raw::is_value(text), "a value is JSON or an expression in parentheses, of at most 16 KB")?;
    }
    match step {
        // It would read as what stands for the target of a node called `signal`.
        Step::Signal(SentSignal { to: SignalTo::Node(node), .. })
            if matches!(node.as_str(), "answers" | "fails" | "takes" | "waits") =>
        {
            Err(Unsound("a signal to a node of that name names the signal in quotes"))
        }
        Step::Mock(Mock { waits: None, takes: None, gives: Gives::Own, .. }) => {
            Err(Unsound("what stands for a target answers, fails, takes or waits"))
        }
        _ => Ok(()),
    }
}

fn node(node: &Node) -> Sound {
    name(&node.id)?;
    if let Some(to) = node.kind.target() {
        target(to)?;
    }
    if let NodeKind::FanOut(Spread::Each(list)) = &node.kind {
        expr(list)?;
    }
    all([&node.options.with, &node.options.key].into_iter().flatten(), expr)
}

fn wire(wire: &Wire) -> Sound {
    must((1..MAX_GROUP).contains(&wire.hops.len()), "a wire has from 1 to 65,534 hops")?;
    let groups = std::iter::once(&wire.from).chain(wire.hops.iter().map(|hop| &hop.to));
    all(groups, |ids| {
        must((1..=MAX_GROUP).contains(&ids.len()), "a group of a wire has from 1 to 65,535 nodes")?;
        all(ids, |id| name(id))
    })?;
    all(&wire.hops, |hop| if let When::If(guard) = &hop.when { expr(guard) } else { Ok(()) })
}

fn bind(bind: &Bind) -> Sound {
    match bind {
        Bind::Comment(text) => comment(text),
        Bind::Bad(text) => bad(text),
        Bind::Role(role, to) => {
            name(role)?;
            target(to)
        }
        Bind::To(binding) => {
            must(is_image(&binding.image), "an image is letters, digits, '.', '_' and '-'")?;
            must(is_bound_version(&binding.version), "a formation binds an exact version, or * for all")?;
            match &binding.via {
                Via::Service(urls) | Via::Reflect(urls) => must(!urls.is_empty(), "at least one address"),
                _ => Ok(()),
            }
        }
    }
}

/// What a formation binds: exact versions, or `*` for all.
pub(crate) fn is_bound_version(version: &str) -> bool {
    let exact = || is_version(version) && matches!(version_kind(version), Ok(VersionKind::Exact));
    version == "*" || exact() && !version.contains(['^', '~', '<', '>', '=', '*', ','])
}
