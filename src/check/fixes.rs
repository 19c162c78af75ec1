//! How findings are solved: changes of the text that a person can take with one key.
//!
//! Nothing here looks for problems. A fix that cannot be told for sure from the text is left out.

use super::{Report, Subject};
use crate::base::{NodeId, Span, TextChange};
use crate::diag::Diagnostic;
use crate::lang::{Part, patch};
use crate::play::ops::{At, Edits};
use crate::play::{Item, NodeKind, Play, Stmt, Wire};

/// What a new call is bound to until the person says better: a worker that is always there.
pub(super) const SOME_TARGET: &str = "demo/1/echo";
/// Bytes of text that may be read for the fixes of one check: each that takes statements apart reads the text again.
pub(super) const BUDGET: usize = 1 << 18;

impl Report<'_> {
    fn text(&self) -> &str {
        &self.source.text
    }

    /// A change that takes a statement of a block away, with its comment behind it and its line if nothing else is on
    /// that.
    pub(super) fn without_line(&self, item: usize, stmt: usize) -> Option<TextChange> {
        let line = self.source.map.line(item, stmt)?;
        let end = line.whole.end.max(line.note.end);
        Some(TextChange::new(whole_line(self.text(), Span::new(line.whole.start, end)), ""))
    }

    /// A change that takes away the option whose value stands at `part`, with its word.
    pub(super) fn without_option(&self, item: usize, stmt: usize, part: Part, word: &str) -> Option<TextChange> {
        let map = &self.source.map;
        let value = map.part(map.line(item, stmt)?, part)?;
        let text = self.text();
        let mut before = text[..value.start as usize].trim_end();
        let mut end = value.end as usize;
        if let Some(opened) = before.strip_suffix('(') {
            before = opened.trim_end();
            let rest = &text[end..];
            let spaces = rest.len() - rest.trim_start().len();
            end += rest.trim_start().starts_with(')').then_some(spaces + 1)?;
        }
        let before = before.strip_suffix(word)?.trim_end_matches([' ', '\t']);
        Some(TextChange::new(Span::new(offset(before.len()), offset(end)), ""))
    }

    /// Where a condition of this wire alone can be written.
    pub(super) fn alone_in_group(&self, subject: &Subject<'_>, wire: u32) -> Option<Span> {
        let at = subject.graph.wire(wire).at;
        let Stmt::Wire(written) = &subject.play.body[at.stmt as usize].kind else { return None };
        if group_of(written, at.group).len() != 1 || group_of(written, at.group - 1).len() != 1 {
            return None;
        }
        Some(Span::at(self.wire_head(subject, wire).end))
    }

    /// A change that takes a wire's condition away.
    pub(super) fn without_when(&self, subject: &Subject<'_>, wire: u32) -> Option<TextChange> {
        let at = subject.graph.wire(wire).at;
        let map = &self.source.map;
        let when = map.part(map.line(subject.item, at.stmt as usize)?, Part::When(at.group - 1))?;
        let before = self.text()[..when.start as usize].trim_end_matches([' ', '\t']).len();
        Some(TextChange::new(Span::new(offset(before), when.end), ""))
    }

    /// A place at the end of a node's statement, before its comment.
    pub(super) fn end_of(&self, subject: &Subject<'_>, node: u32) -> Option<Span> {
        let line = self.source.map.line(subject.item, subject.graph.stmt_of(node))?;
        Some(Span::at(line.whole.end))
    }

    /// A new statement after the last of those that `is` takes, else where a new one of that kind stands.
    pub(super) fn new_line(&self, item: usize, text: &str, is: impl Fn(&Stmt) -> bool) -> Option<TextChange> {
        let Item::Play(play) = &self.source.doc.items.get(item)?.kind else { return None };
        let last = play.body.iter().rposition(|line| is(&line.kind));
        let first = || play.body.iter().position(|line| matches!(line.kind, Stmt::Layout(_) | Stmt::Scenario(_)));
        match (last, first()) {
            (Some(stmt), _) => self.line_after(item, stmt, text),
            (None, Some(stmt)) => {
                let at = self.source.map.line(item, stmt)?.whole.start;
                let indent = indent_at(self.text(), at as usize);
                Some(TextChange::new(Span::at(at), format!("{text}\n{indent}")))
            }
            (None, None) => self.last_line(item, play.body.len(), text),
        }
    }

    /// A role after the others, else before the first node.
    pub(super) fn new_role(&self, subject: &Subject<'_>, text: &str) -> Option<TextChange> {
        let body = &subject.play.body;
        if let Some(last) = body.iter().rposition(|line| matches!(line.kind, Stmt::Role(_))) {
            return self.line_after(subject.item, last, text);
        }
        let first = body.iter().position(|line| is_node(&line.kind))?;
        let at = self.source.map.line(subject.item, first)?.whole.start;
        let indent = indent_at(self.text(), at as usize);
        Some(TextChange::new(Span::at(at), format!("{text}\n{indent}")))
    }

    /// A new last statement of a formation or play.
    pub(super) fn last_line(&self, item: usize, n_stmts: usize, text: &str) -> Option<TextChange> {
        match n_stmts.checked_sub(1) {
            Some(stmt) => self.line_after(item, stmt, text),
            None => {
                let open = self.source.map.items.get(item)?.open;
                let rest = &self.text()[open.end as usize..];
                let tail = if rest.starts_with(['\n', '\r']) { "" } else { "\n" };
                Some(TextChange::new(Span::at(open.end), format!("\n  {text}{tail}")))
            }
        }
    }

    fn line_after(&self, item: usize, stmt: usize, text: &str) -> Option<TextChange> {
        let line = self.source.map.line(item, stmt)?;
        let indent = indent_at(self.text(), line.whole.start as usize);
        let at = Span::at(line.whole.end.max(line.note.end));
        let rest = self.text()[at.end as usize..].trim_start_matches([' ', '\t']);
        let tail = if rest.is_empty() || rest.starts_with(['\n', '\r']) { "" } else { "\n" };
        Some(TextChange::new(at, format!("\n{indent}{text}{tail}")))
    }

    /// The changes of a gesture of the canvas, if there is time left to find them.
    pub(super) fn gesture(
        &mut self,
        subject: &Subject<'_>,
        edits: impl FnOnce(At<'_>) -> Edits,
    ) -> Option<Vec<TextChange>> {
        self.budget = self.budget.checked_sub(self.source.text.len())?;
        let at = At { item: subject.item, play: subject.play, graph: subject.graph };
        let mut changes = Vec::new();
        // Edits of a gesture go from the last statement to the first, so that all are of the text as it is.
        for edit in edits(at).ok()? {
            changes.extend(patch(self.source, &edit).ok()?);
        }
        changes.sort_by_key(|change| change.span);
        let apart = changes.windows(2).all(|pair| pair[0].span.end < pair[1].span.start);
        (apart && !changes.is_empty()).then_some(changes)
    }

    /// Adds "remove this wire".
    pub(super) fn cut(&mut self, subject: &Subject<'_>, wire: u32, found: Diagnostic) -> Diagnostic {
        match self.gesture(subject, |at| at.disconnect(&[wire])) {
            Some(changes) => found.fix("remove this wire", changes),
            None => found,
        }
    }

    /// Adds "remove 'ID'" with its wires and its place.
    pub(super) fn delete(&mut self, subject: &Subject<'_>, id: &NodeId, found: Diagnostic) -> Diagnostic {
        match self.gesture(subject, |at| at.delete(std::slice::from_ref(id), &[])) {
            Some(changes) => found.fix(format!("remove '{id}'"), changes),
            None => found,
        }
    }

    /// Adds a fix that gives one layout entry up. `entry` is its id.
    pub(super) fn without_place(&self, found: Diagnostic, entry: Span) -> Diagnostic {
        match place_span(self.text(), entry) {
            Some(span) => found.fix_at("remove the entry", whole_line(self.text(), span), ""),
            None => found,
        }
    }

    /// Adds a fix that gives one step of a scenario up.
    pub(super) fn without_step(&self, found: Diagnostic, step: Span) -> Diagnostic {
        let text = self.text();
        let after = text[step.end as usize..].trim_start_matches([' ', '\t']);
        let span = match after.strip_prefix(',') {
            Some(next) => Span::new(step.start, offset(text.len() - next.len())),
            None => step,
        };
        found.fix_at("remove the step", whole_line(text, span), "")
    }

    /// Adds a fan-out behind a node that has several ways on, if each of its plain wires stands alone in its group.
    pub(super) fn with_fan_out(&self, subject: &Subject<'_>, node: u32, found: Diagnostic) -> Diagnostic {
        match self.fan_out(subject, node) {
            Some((id, changes)) => found.fix(format!("go all ways: put a fan-out '{id}' between"), changes),
            None => found,
        }
    }

    fn fan_out(&self, subject: &Subject<'_>, node: u32) -> Option<(NodeId, Vec<TextChange>)> {
        let (play, graph, map) = (subject.play, subject.graph, &self.source.map);
        let id = crate::play::ops::fresh_id(graph, &NodeKind::FanOut(crate::play::Spread::All));
        let mut changes = vec![self.new_line(subject.item, &format!("fan-out {id}"), is_node)?];
        let mut seen = None;
        for &wire in graph.out(node) {
            let edge = graph.wire(wire);
            if !graph.when(play, wire).is_always() {
                continue;
            }
            let (stmt, group) = (edge.at.stmt as usize, edge.at.group - 1);
            if seen == Some((stmt, group)) {
                continue;
            }
            let Stmt::Wire(written) = &play.body[stmt].kind else { return None };
            if group_of(written, group).len() != 1 {
                return None;
            }
            let line = map.line(subject.item, stmt)?;
            let tail = map.part(line, Part::End { group, index: 0 })?;
            if seen.is_none() {
                let end = group
                    .checked_sub(1)
                    .and_then(|hop| map.part(line, Part::When(hop)))
                    .map_or(tail.end, |when| when.end);
                changes.push(TextChange::new(Span::at(end), format!(" -> {id}")));
            } else if group == 0 {
                changes.push(TextChange::new(tail, id.as_str()));
            } else {
                return None;
            }
            seen = Some((stmt, group));
        }
        Some((id, changes))
    }
}

/// Adds a fix that gives a second thing of one name another one.
pub(super) fn renamed(found: Diagnostic, name: &str, is_taken: impl Fn(&str) -> bool) -> Diagnostic {
    let free = (2..1000).map(|n| format!("{name}{n}")).find(|name| !is_taken(name));
    match free {
        Some(free) => {
            let span = found.span;
            found.fix_at(format!("rename this one to '{free}'"), span, free)
        }
        None => found,
    }
}

fn group_of(wire: &Wire, group: u16) -> &[NodeId] {
    match group.checked_sub(1) {
        None => &wire.from,
        Some(hop) => &wire.hops[usize::from(hop)].to,
    }
}

pub(super) const fn is_node(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Node(_))
}

pub(super) const fn is_wire(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Wire(_))
}

/// The pass that a node without a way on is led to: the first without a target, else the first.
pub(super) fn some_pass(play: &Play) -> Option<&NodeId> {
    let passes = || {
        play.body.iter().filter_map(|line| match &line.kind {
            Stmt::Node(node) => match &node.kind {
                NodeKind::Pass(target) => Some((&node.id, target.is_some())),
                _ => None,
            },
            _ => None,
        })
    };
    passes().find(|(_, has_target)| !has_target).or_else(|| passes().next()).map(|(id, _)| id)
}

/// Widens a span that is alone on its lines to all of them.
fn whole_line(text: &str, span: Span) -> Span {
    let blank = |c: char| c == ' ' || c == '\t';
    let before = text[..span.start as usize].trim_end_matches(blank);
    let rest = &text[span.end as usize..];
    let after = rest.trim_start_matches(blank);
    let starts = before.is_empty() || before.ends_with('\n');
    let skipped = rest.len() - after.len();
    match (starts, after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n'))) {
        (true, Some(next)) => Span::new(offset(before.len()), offset(text.len() - next.len())),
        // The last line of the text has no end of its own.
        (true, None) if after.is_empty() => Span::new(offset(before.trim_end_matches('\n').len()), offset(text.len())),
        (false, Some(_) | None) if starts || after.is_empty() || after.starts_with(['\n', '\r']) => {
            Span::new(offset(before.len()), span.end + offset(skipped))
        }
        _ => Span::new(span.start, span.end + offset(skipped)),
    }
}

/// An entry of a layout with its text, its numbers and the comma after it.
fn place_span(text: &str, id: Span) -> Option<Span> {
    let mut rest = &text[id.end as usize..];
    if let Some(inner) = rest.trim_start().strip_prefix('"') {
        let mut escaped = false;
        let end = inner.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        rest = &inner[end? + 1..];
    }
    for _ in 0..2 {
        rest = rest.trim_start();
        rest = rest.strip_prefix('-').unwrap_or(rest).trim_start();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = rest.get(digits.max(1)..).filter(|_| digits > 0)?;
    }
    let after = rest.trim_start_matches([' ', '\t']);
    if let Some(next) = after.strip_prefix(',') {
        return Some(Span::new(id.start, offset(text.len() - next.len())));
    }
    // The last of a row takes the comma before it along.
    let end = offset(text.len() - rest.len());
    let before = text[..id.start as usize].trim_end_matches([' ', '\t']);
    Some(before.strip_suffix(',').map_or(Span::new(id.start, end), |kept| Span::new(offset(kept.len()), end)))
}

/// The spaces that the line of `at` starts with.
fn indent_at(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let line = &text[start..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Texts are shorter than 64 MB.
pub(super) fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
