//! Expressions: whether they compile, and whether what they name is there.

use rustc_hash::FxHashMap;

use super::{Report, Subject};
use crate::base::{Span, TextChange};
use crate::diag::Diagnostic;
use crate::expr::{BadExpr, Program, Var};
use crate::lang::{Part, nearest};
use crate::play::{Expr, NodeKind, Play, Spread, Stmt, When};

/// Programs by their source: each distinct one is compiled once.
#[derive(Default)]
pub(super) struct Programs<'s> {
    known: FxHashMap<&'s str, Result<Program, BadExpr>>,
}

impl<'s> Programs<'s> {
    /// The program of a source, which stands at `whole` in the text; reports why there is none.
    pub(super) fn compile(&mut self, source: &'s str, whole: Span, report: &mut Report<'_>) -> Option<Program> {
        match self.known.entry(source).or_insert_with(|| Program::compile(source)) {
            Ok(program) => Some(program.clone()),
            Err(bad) => {
                let span = inside(whole, source, bad);
                let help = "an expression is CEL, as in (ball.total > 100 && ball.kind == 'book')";
                let found = Diagnostic::error("X001", span, bad.message.clone());
                let word = report.source.text.get(span.range()).unwrap_or_default();
                let is_name = bad.message.starts_with("there is no '");
                let meant = nearest(word, Var::ALL.map(Var::name)).filter(|_| is_name);
                report.add(match meant {
                    Some(meant) => found.meant(meant),
                    None => found.help(help),
                });
                None
            }
        }
    }
}

/// What the play as a whole gives its expressions.
struct Scope {
    has_signal: bool,
    has_error: bool,
}

pub(super) fn check<'s>(subject: &Subject<'_>, play: &'s Play, programs: &mut Programs<'s>, report: &mut Report<'_>) {
    let scope = Scope::of(subject);
    for (stmt, line) in play.body.iter().enumerate() {
        match &line.kind {
            Stmt::Node(node) => {
                let options = &node.options;
                let is_fan_in = matches!(node.kind, NodeKind::FanIn(_));
                if let NodeKind::FanOut(Spread::Each(list)) = &node.kind {
                    one(subject, (stmt, Part::Each), list, &scope, false, programs, report);
                }
                if let Some(with) = &options.with {
                    one(subject, (stmt, Part::With), with, &scope, is_fan_in, programs, report);
                }
                if let Some(key) = &options.key {
                    one(subject, (stmt, Part::Key), key, &scope, is_fan_in, programs, report);
                }
            }
            Stmt::Wire(wire) => {
                for (hop, to) in wire.hops.iter().enumerate() {
                    let When::If(guard) = &to.when else { continue };
                    let tails = if hop == 0 { &wire.from } else { &wire.hops[hop - 1].to };
                    let is_fan_in = tails.iter().all(|id| is_fan_in(subject, id));
                    let part = Part::Guard(u16::try_from(hop).unwrap_or(u16::MAX));
                    one(subject, (stmt, part), guard, &scope, is_fan_in, programs, report);
                }
            }
            Stmt::Comment(_) | Stmt::Role(_) | Stmt::Layout(_) | Stmt::Scenario(_) | Stmt::Bad(_) => {}
        }
    }
}

impl Scope {
    fn of(subject: &Subject<'_>) -> Self {
        let mut scope = Self { has_signal: !subject.is_whole(), has_error: !subject.is_whole() };
        for line in &subject.play.body {
            match &line.kind {
                Stmt::Node(node) => scope.has_signal |= matches!(node.kind, NodeKind::WaitForSignal(_)),
                Stmt::Wire(wire) => {
                    scope.has_error |= wire.hops.iter().any(|hop| matches!(hop.when, When::Error | When::Timeout));
                }
                _ => {}
            }
        }
        scope
    }
}

fn is_fan_in(subject: &Subject<'_>, id: &str) -> bool {
    let node = subject.graph.find(id).map(|node| subject.graph.node(subject.play, node));
    node.is_none_or(|node| matches!(node.kind, NodeKind::FanIn(_)))
}

fn one<'s>(
    subject: &Subject<'_>,
    (stmt, part): (usize, Part),
    expr: &'s Expr,
    scope: &Scope,
    is_fan_in: bool,
    programs: &mut Programs<'s>,
    report: &mut Report<'_>,
) {
    let whole = report.span(subject.item, stmt, part);
    let Some(program) = programs.compile(&expr.0, whole, report) else { return };
    let missing = [
        (Var::Balls, is_fan_in, "'balls' is there only at a fan-in", "use 'ball', the payload"),
        (
            Var::Error,
            scope.has_error,
            "'error' is there only after a wire 'on error' or 'on timeout', and the play has none",
            "add such a wire, or use 'ball'",
        ),
        (
            Var::Signal,
            scope.has_signal,
            "'signal' is there only after a wait-for-signal, and the play has none",
            "add a wait-for-signal, or use 'ball'",
        ),
    ];
    for (var, is_there, message, help) in missing {
        if !is_there && program.uses(var) {
            let span = report.span(subject.item, stmt, part);
            let found = Diagnostic::error("X002", span, message).help(help);
            let changes = words(&report.source.text, span, var.name());
            report.add(if changes.is_empty() { found } else { found.fix("use 'ball'", changes) });
        }
    }
}

/// Puts `ball` wherever the expression names `word`, but not where that is a field or in a text.
fn words(text: &str, span: Span, word: &str) -> Vec<TextChange> {
    let Some(expr) = text.get(span.range()) else { return Vec::new() };
    let mut changes = Vec::new();
    let (mut quote, mut before, mut skip) = (None, ' ', 0);
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    for (at, c) in expr.char_indices() {
        if at < skip {
        } else if let Some(end) = quote {
            match c {
                '\\' => skip = at + 2,
                _ if c == end => quote = None,
                _ => {}
            }
        } else if c == '"' || c == '\'' {
            quote = Some(c);
        } else if expr[at..].starts_with(word) && !is_part(before) {
            let end = at + word.len();
            let next = expr[end..].chars().next().unwrap_or(' ');
            if !(next.is_alphanumeric() || next == '_') {
                let start = span.start + u32::try_from(at).unwrap_or(0);
                changes.push(TextChange::new(Span::new(start, start + u32::try_from(word.len()).unwrap_or(0)), "ball"));
            }
        }
        before = c;
    }
    changes
}

/// The place of the mistake in the text; the whole expression if its text is not the document's.
fn inside(whole: Span, source: &str, bad: &BadExpr) -> Span {
    if whole.len() != source.len() {
        return whole;
    }
    let at = |offset: usize| whole.start + u32::try_from(offset).unwrap_or(0);
    Span::new(at(bad.at.start), at(bad.at.end))
}
