//! Statements that define: nodes with their options, roles, layouts.

use rustc_hash::{FxHashMap, FxHashSet};

use super::fixes::renamed;
use super::{Report, Subject};
use crate::base::{Dur, Span, TextChange};
use crate::diag::Diagnostic;
use crate::lang::{Part, nearest};
use crate::play::{Entry, Frame, Node, NodeKind, Options, Policy, Stmt, Target, TargetRef, notes};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    duplicates(subject, report);
    let mut roles = Roles::of(subject, report);
    let mut placed = Placed::default();
    for (stmt, line) in subject.play.body.iter().enumerate() {
        match &line.kind {
            Stmt::Node(node) => {
                options(subject, stmt, node, report);
                if let Some(target) = node.kind.target() {
                    mix(subject.item, stmt, target, report);
                    roles.used_by(subject, stmt, target, report);
                }
            }
            Stmt::Layout(entries) => layout(subject, stmt, entries, &mut placed, report),
            Stmt::Comment(_) | Stmt::Role(_) | Stmt::Wire(_) | Stmt::Scenario(_) | Stmt::Bad(_) => {}
        }
    }
    roles.unused(subject, report);
    if let Some(Dur { count: 0, .. }) = subject.play.timeout {
        report.add(zero_timeout(report.head(subject.item, Part::Timeout)));
    }
}

fn duplicates(subject: &Subject<'_>, report: &mut Report<'_>) {
    for &stmt in &subject.graph.duplicates {
        if let Stmt::Node(node) = &subject.play.body[stmt as usize].kind {
            let message = format!("there are two nodes '{}'", node.id);
            let span = report.span(subject.item, stmt as usize, Part::Id);
            let found = Diagnostic::error("P002", span, message).help("rename one of them, and its wires");
            let found = renamed(found, &node.id, |name| subject.graph.find(name).is_some());
            report.add(found);
        }
    }
}

/// The roles of a play, and which of them are used.
struct Roles<'s> {
    /// The statement, and whether a target names the role.
    known: FxHashMap<&'s str, (usize, bool)>,
}

impl<'s> Roles<'s> {
    fn of(subject: &Subject<'s>, report: &mut Report<'_>) -> Self {
        let mut known = FxHashMap::default();
        for (stmt, line) in subject.play.body.iter().enumerate() {
            let Stmt::Role(name) = &line.kind else { continue };
            if known.contains_key(name.as_str()) {
                let span = report.span(subject.item, stmt, Part::Id);
                let message = format!("there are two roles '{name}'");
                let found = Diagnostic::error("P015", span, message).help("remove one of them");
                report.add(found.fix_if("remove this one", report.without_line(subject.item, stmt)));
            } else {
                known.insert(name.as_str(), (stmt, false));
            }
        }
        Self { known }
    }

    fn used_by(&mut self, subject: &Subject<'_>, stmt: usize, target: &Target, report: &mut Report<'_>) {
        for (i, to) in (0..).zip(target.refs()) {
            let TargetRef::Role(name) = to else { continue };
            if let Some((_, used)) = self.known.get_mut(name.as_str()) {
                *used = true;
            } else if !subject.may_be_defined(name) {
                let span = report.span(subject.item, stmt, Part::Target(i));
                let found = Diagnostic::error("P013", span, format!("there is no role '{name}'"));
                let role = format!("role {name}");
                report.add(match nearest(name, self.known.keys().copied()) {
                    Some(meant) => found.meant(meant),
                    None => found
                        .help(format!("write image/version/method, or add 'role {name}' to the play"))
                        .fix_if(format!("add 'role {name}'"), report.new_role(subject, &role)),
                });
            }
        }
    }

    fn unused(&self, subject: &Subject<'_>, report: &mut Report<'_>) {
        if !subject.is_whole() {
            return;
        }
        #[expect(clippy::iter_over_hash_type, reason = "findings are sorted by their place")]
        for (name, (stmt, used)) in &self.known {
            if !used {
                let span = report.span(subject.item, *stmt, Part::Id);
                let message = format!("the role '{name}' is never used");
                let help = format!("use it as a target, as in 'call ID = {name}', or remove it");
                let fix = report.without_line(subject.item, *stmt);
                report.add(Diagnostic::warning("P014", span, message).help(help).fix_if("remove the role", fix));
            }
        }
    }
}

/// Percentages of a mix, also of one in a formation.
pub(super) fn mix(item: usize, stmt: usize, target: &Target, report: &mut Report<'_>) {
    let Target::Mix(shares) = target else { return };
    let sum: u64 = shares.iter().map(|share| u64::from(share.percent)).sum();
    if sum != 100 {
        let first = report.span(item, stmt, Part::Target(0));
        let last = u16::try_from(shares.len() - 1).unwrap_or(u16::MAX);
        let span = first.to(report.span(item, stmt, Part::Percent(last)));
        let message = format!("the mix adds up to {sum}%");
        let mut found =
            Diagnostic::error("P011", span, message).help("change the percentages so that they add up to 100%");
        let n_shares = shares.len() as u64;
        let spans: Vec<Span> = (0..).zip(shares).map(|(n, _)| report.span(item, stmt, Part::Percent(n))).collect();
        for n in 0..shares.len() {
            let others = sum - u64::from(shares[n].percent);
            // What most people mean: the last share was not brought up to date.
            if n + 1 == shares.len() && others <= 100 {
                let rest = 100 - others;
                found = found.fix_at(format!("give {} {rest}%", shares[n].to), spans[n], format!("{rest}%"));
            }
        }
        let even = |n: u64| 100 / n_shares + u64::from(n < 100 % n_shares);
        let changes = (0..).zip(&spans).map(|(n, &span)| TextChange::new(span, format!("{}%", even(n)))).collect();
        report.add(found.fix("share evenly", changes));
    }
}

fn options(subject: &Subject<'_>, stmt: usize, node: &Node, report: &mut Report<'_>) {
    if node.options != Options::default() {
        ignored(subject, stmt, node, report);
        if node.options.timeout.is_some_and(|timeout| timeout.count == 0) {
            let fix = report.without_option(subject.item, stmt, Part::Timeout, "timeout");
            report.add(zero_timeout(report.span(subject.item, stmt, Part::Timeout)).fix_if("remove it", fix));
        }
        if let Some((low, high)) = node.options.backoff {
            let span = report.span(subject.item, stmt, Part::Backoff);
            if low.as_millis() > high.as_millis() {
                let message = format!("the backoff starts at {low} and ends at {high}, which is less");
                let found = Diagnostic::error("P022", span, message).help(format!("write backoff {high}..{low}"));
                report.add(found.fix_at(format!("write backoff {high}..{low}"), span, format!("{high}..{low}")));
            }
            if node.options.retry.unwrap_or(0) == 0 && node.kind.target().is_some() {
                let message = "a backoff does nothing without retries";
                let fix = report.without_option(subject.item, stmt, Part::Backoff, "backoff");
                let end = Span::at(span.end);
                let found = Diagnostic::warning("P021", span, message).help("add retry N, or remove the backoff");
                // One with 'retry 0' has the word already.
                let add = node.options.retry.is_none().then(|| TextChange::new(end, " retry 3"));
                report.add(found.fix_if("add retry 3", add).fix_if("remove the backoff", fix));
            }
        }
    }
    match &node.kind {
        NodeKind::WaitForSignal(name) if name.is_empty() => {
            let span = report.span(subject.item, stmt, Part::Signal);
            let help = "write the name that the signal is sent by";
            let found = Diagnostic::error("P026", span, "the signal has no name").help(help);
            report.add(found.fix_at(format!("call it \"{}\"", node.id), span, format!("\"{}\"", node.id)));
        }
        NodeKind::FanIn(Policy::Count(0)) => {
            let span = report.span(subject.item, stmt, Part::Policy);
            let help = "write how many balls it waits for, or all, or any";
            let found = Diagnostic::error("P009", span, "a fan-in cannot go on with 0 balls").help(help);
            report.add(found.fix_at("wait for all", span, "all"));
        }
        _ => {}
    }
}

fn zero_timeout(span: Span) -> Diagnostic {
    Diagnostic::error("P025", span, "a timeout of 0 is over before it starts").help("write a longer one, or remove it")
}

/// Options that the kind of the node makes nothing of.
fn ignored(subject: &Subject<'_>, stmt: usize, node: &Node, report: &mut Report<'_>) {
    let options = &node.options;
    let has_target = node.kind.target().is_some();
    let waits = matches!(node.kind, NodeKind::WaitForSignal(_) | NodeKind::FanIn(_));
    let is_signal = matches!(node.kind, NodeKind::WaitForSignal(_));
    let ignored = [
        (options.timeout.is_some() && !has_target && !waits, "timeout", Part::Timeout, "on what waits or calls"),
        (options.retry.is_some() && !has_target, "retry", Part::Retry, "on what calls a target"),
        (options.backoff.is_some() && !has_target, "backoff", Part::Backoff, "on what calls a target"),
        (options.key.is_some() && !is_signal, "key", Part::Key, "on wait-for-signal"),
    ];
    for (_, word, part, place) in ignored.into_iter().filter(|(is_ignored, ..)| *is_ignored) {
        let kind = node.kind.keyword();
        let message = format!("'{word}' does nothing on a {kind} {}", without_target(&node.kind));
        let span = report.span(subject.item, stmt, part);
        let help = format!("remove it; it stands {place}");
        let fix = report.without_option(subject.item, stmt, part, word);
        report.add(Diagnostic::warning("P017", span, message.trim_end()).help(help).fix_if("remove it", fix));
    }
}

const fn without_target(kind: &NodeKind) -> &'static str {
    if matches!(kind, NodeKind::Pass(None)) { "without a target" } else { "" }
}

/// What the layouts of a play have spoken of.
#[derive(Default)]
struct Placed<'s> {
    nodes: FxHashSet<&'s str>,
    frames: FxHashSet<&'s str>,
    /// How many comments begin so that have no place yet; counted once it is asked.
    notes: Option<FxHashMap<String, usize>>,
}

impl Placed<'_> {
    /// Whether there is one more comment that begins so.
    fn take_note(&mut self, subject: &Subject<'_>, first_line: &str) -> bool {
        let notes = self.notes.get_or_insert_with(|| {
            let mut begin: FxHashMap<String, usize> = FxHashMap::default();
            notes(subject.play)
                .iter()
                .for_each(|note| *begin.entry(note.name.first_line().to_owned()).or_default() += 1);
            begin
        });
        let left = notes.get_mut(first_line).filter(|left| **left > 0);
        left.map(|left| *left -= 1).is_some()
    }
}

fn layout<'s>(
    subject: &Subject<'s>,
    stmt: usize,
    entries: &'s [Entry],
    placed: &mut Placed<'s>,
    report: &mut Report<'_>,
) {
    for (i, entry) in (0..).zip(entries) {
        let message = match entry {
            Entry::Node(place) if subject.graph.find(&place.id).is_none() => {
                if subject.may_be_defined(&place.id) {
                    continue;
                }
                format!("there is no node '{}' to place", place.id)
            }
            Entry::Node(place) if !placed.nodes.insert(&place.id) => {
                format!("the node '{}' is placed twice", place.id)
            }
            Entry::Note(at) if !placed.take_note(subject, &at.note) => {
                format!("there is no comment that begins \"{}\" to place", at.note)
            }
            Entry::Frame(frame) => {
                members(subject, (stmt, i), frame, report);
                if placed.frames.insert(&frame.title) {
                    continue;
                }
                let span = report.span(subject.item, stmt, Part::Place(i));
                let message = format!("there are two frames \"{}\"", frame.title);
                report.add(Diagnostic::warning("P024", span, message).help("give one of them another title"));
                continue;
            }
            Entry::Node(_) | Entry::Note(_) => continue,
        };
        let span = report.span(subject.item, stmt, Part::Place(i));
        let found = report.without_place(Diagnostic::warning("P024", span, message).help("remove the entry"), span);
        report.add(found);
    }
}

/// The nodes of a frame: each is there, once, and lies in no other frame but one that holds all of this one.
fn members(subject: &Subject<'_>, (stmt, entry): (usize, u32), frame: &Frame, report: &mut Report<'_>) {
    let mut seen = FxHashSet::default();
    for (index, id) in (0..).zip(&frame.nodes) {
        let message = if subject.graph.find(id).is_none() {
            if subject.may_be_defined(id) {
                continue;
            }
            format!("there is no node '{id}' for the frame \"{}\"", frame.title)
        } else if seen.insert(id) {
            continue;
        } else {
            format!("the frame \"{}\" has the node '{id}' twice", frame.title)
        };
        let span = report.span(subject.item, stmt, Part::Member { entry, index });
        report.add(Diagnostic::warning("P024", span, message).help("remove it from the frame"));
    }
}
