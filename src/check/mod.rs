//! Static checks: what is wrong with a play before it runs, each finding with its place and what to do.
//!
//! Linear in the size of the text. Must never: change a document, run anything, report what is only a matter of
//! taste. Start reading at [`check`]; [`CODES`] lists everything that is looked for.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod codes;
mod expressions;
mod fan_in;
mod fixes;
mod flow;
mod formations;
mod mend;
mod nodes;
mod scenarios;
mod wires;

pub use codes::CODES;
pub use mend::{Done, Mended, mend};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::Span;
use crate::diag::{Diagnostic, Severity};
use crate::lang::{Part, Source};
use crate::play::{Graph, Item, Play, Scopes, Stmt};

/// The most findings of one text; a last one says that there are more.
const MAX_FOUND: usize = 1000;

/// Everything that is wrong with the text, by its place: what the parser found, and what the plays and formations
/// mean.
pub fn check(source: &Source) -> Vec<Diagnostic> {
    let mut report = Report { source, found: source.diagnostics.clone(), budget: fixes::BUDGET };
    // Programs are kept for all plays, and borrow from these.
    let plays: Vec<_> = source.doc.plays().map(|(item, play)| (item, play, Graph::new(play))).collect();
    let mut programs = expressions::Programs::default();
    duplicate_blocks(&mut report);
    for (item, play, graph) in &plays {
        let (item, play) = (*item, *play);
        let subject = Subject { item, play, graph, unread: unread_words(play) };
        nodes::check(&subject, &mut report);
        wires::check(&subject, &mut report);
        let scopes = Scopes::new(play, graph);
        flow::check(&subject, &scopes, &mut report);
        fan_in::check(&subject, &scopes, &mut report);
        expressions::check(&subject, play, &mut programs, &mut report);
        scenarios::check(&subject, &mut programs, &mut report);
    }
    formations::check(&mut report);
    let mut found = report.found;
    found.sort_by(|a, b| (a.span, a.code).cmp(&(b.span, b.code)));
    if found.len() > MAX_FOUND {
        let end = found[MAX_FOUND].span;
        found.truncate(MAX_FOUND);
        // The parser may have said so already, at its own end.
        found.retain(|diagnostic| diagnostic.code != "L031");
        found.push(Diagnostic::error("L031", end, "there are more problems than are shown").help("solve these first"));
    }
    found
}

/// Whether any of them is an error, so that the play must not run.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// One play under the checks.
struct Subject<'s> {
    item: usize,
    play: &'s Play,
    graph: &'s Graph,
    /// The words of statements that could not be read: what they define may be missed elsewhere, so less is reported.
    /// `None` if all could be read.
    unread: Option<FxHashSet<&'s str>>,
}

impl Subject<'_> {
    fn is_whole(&self) -> bool {
        self.unread.is_none()
    }

    /// Whether a statement that could not be read may define `name`.
    fn may_be_defined(&self, name: &str) -> bool {
        self.unread.as_ref().is_some_and(|words| words.contains(name))
    }
}

/// Collects findings and knows where things stand.
struct Report<'s> {
    source: &'s Source,
    found: Vec<Diagnostic>,
    /// Bytes of text that may still be read to find fixes.
    budget: usize,
}

impl Report<'_> {
    fn add(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Where a part of a statement stands; the whole statement if it has no such part.
    fn span(&self, item: usize, stmt: usize, part: Part) -> Span {
        let map = &self.source.map;
        match map.line(item, stmt) {
            Some(line) => map.part(line, part).unwrap_or(line.whole),
            None => Span::default(),
        }
    }

    /// Where a part of the head of a block stands; the whole head if it has no such part.
    fn head(&self, item: usize, part: Part) -> Span {
        let map = &self.source.map;
        map.items.get(item).map_or_else(Span::default, |item| map.part(&item.line, part).unwrap_or(item.head))
    }

    /// Where a node is named in its statement.
    fn id(&self, subject: &Subject<'_>, node: u32) -> Span {
        self.span(subject.item, subject.graph.stmt_of(node), Part::Id)
    }

    /// Where a wire is: its condition, else its head.
    fn wire(&self, subject: &Subject<'_>, wire: u32) -> Span {
        let at = subject.graph.wire(wire).at;
        let map = &self.source.map;
        let line = map.line(subject.item, at.stmt as usize);
        line.and_then(|line| map.part(line, Part::When(at.group - 1))).unwrap_or_else(|| self.wire_head(subject, wire))
    }

    fn wire_head(&self, subject: &Subject<'_>, wire: u32) -> Span {
        let at = subject.graph.wire(wire).at;
        self.span(subject.item, at.stmt as usize, Part::End { group: at.group, index: at.index })
    }

    fn wire_tail(&self, subject: &Subject<'_>, wire: u32) -> Span {
        let edge = subject.graph.wire(wire);
        let part = Part::End { group: edge.at.group - 1, index: edge.tail };
        self.span(subject.item, edge.at.stmt as usize, part)
    }
}

fn unread_words(play: &Play) -> Option<FxHashSet<&str>> {
    let mut words = None;
    for line in &play.body {
        if let Stmt::Bad(text) = &line.kind {
            let separates = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
            words.get_or_insert_with(FxHashSet::default).extend(text.split(separates));
        }
    }
    words
}

/// Two plays of one coordinate, two formations of one name.
fn duplicate_blocks(report: &mut Report<'_>) {
    let source = report.source;
    let (mut plays, mut formations) = (FxHashMap::default(), FxHashMap::default());
    for (i, line) in source.doc.items.iter().enumerate() {
        match &line.kind {
            Item::Play(play) if plays.insert(&play.coord, i).is_some() => {
                let message = format!("there are two plays '{}'", play.coord);
                let help = "give one of them another version or method";
                report.add(Diagnostic::error("P023", report.head(i, Part::Id), message).help(help));
            }
            Item::Formation(formation) if formations.insert(&formation.name, i).is_some() => {
                let message = format!("there are two formations '{}'", formation.name);
                let found = Diagnostic::error("F004", report.head(i, Part::Id), message).help("rename one of them");
                let is_taken = |name: &str| source.doc.formations().any(|(_, other)| other.name == name);
                let found = fixes::renamed(found, &formation.name, is_taken);
                report.add(found);
            }
            _ => {}
        }
    }
}
