//! All fixes at once that need no person: those of findings that can be solved in one way only.

use super::check;
use crate::base::TextChange;
use crate::diag::{Diagnostic, Fix, Lines};
use crate::lang::{Source, apply_changes, parse};
use crate::play::Stmt;

/// What one fix uncovers the next round takes up; texts that mend in circles end here.
const MAX_ROUNDS: usize = 16;

/// A text after all such fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    pub text: String,
    /// In the order in which they were made.
    pub done: Vec<Done>,
}

/// One fix that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub code: &'static str,
    /// Of the text at that time, from 1.
    pub line: usize,
    /// See [`Fix::title`].
    pub title: String,
}

/// Makes every fix that is safe: the only one of its finding, which neither adds nor takes away a node. What it does
/// not touch keeps its bytes. A fix that would leave more errors than there were is not made.
pub fn mend(text: &str) -> Mended {
    let mut source = parse(text.to_owned());
    let mut found = check(&source);
    let mut done = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let batch = batch(&source, &found);
        // Fixes that are well alone may not be together.
        let one = batch.iter().take(1).copied().collect();
        let made = [batch, one].into_iter().find_map(|fixes| Some((made(&source, &found, &fixes)?, fixes)));
        let Some(((new, left), fixes)) = made else { break };
        let lines = Lines::new(&source.text);
        done.extend(fixes.iter().map(|(of, fix)| Done {
            code: of.code,
            line: lines.place(of.span.start).line,
            title: fix.title.clone(),
        }));
        (source, found) = (new, left);
    }
    Mended { text: source.text, done }
}

/// Safe fixes whose changes are apart from each other.
fn batch<'f>(source: &Source, found: &'f [Diagnostic]) -> Vec<(&'f Diagnostic, &'f Fix)> {
    let n_nodes = n_nodes(source);
    let mut chosen: Vec<(&Diagnostic, &Fix)> = Vec::new();
    let mut taken: Vec<&TextChange> = Vec::new();
    for finding in found {
        let [fix] = finding.fixes.as_slice() else { continue };
        let clash = |change: &TextChange| {
            taken.iter().any(|other| other.span.start <= change.span.end && change.span.start <= other.span.end)
        };
        // What cannot be read may hold nodes, whatever is done to it.
        let keeps_nodes = || finding.code.starts_with('L') || self::n_nodes(&applied(source, &fix.changes)) == n_nodes;
        if !fix.changes.is_empty() && !fix.changes.iter().any(clash) && keeps_nodes() {
            taken.extend(&fix.changes);
            chosen.push((finding, fix));
        }
    }
    chosen
}

/// The text with the fixes and what is left to find in it; `None` where that is no better.
fn made(source: &Source, found: &[Diagnostic], fixes: &[(&Diagnostic, &Fix)]) -> Option<(Source, Vec<Diagnostic>)> {
    let mut changes: Vec<TextChange> = fixes.iter().flat_map(|(_, fix)| fix.changes.iter().cloned()).collect();
    changes.sort_by_key(|change| change.span);
    let new = applied(source, &changes);
    let left = check(&new);
    let badness = |found: &[Diagnostic]| {
        let unread = found.iter().filter(|found| found.code.starts_with('L')).count();
        (unread, found.iter().filter(|found| found.severity == crate::diag::Severity::Error).count(), found.len())
    };
    (!fixes.is_empty() && badness(&left) < badness(found)).then_some((new, left))
}

fn applied(source: &Source, changes: &[TextChange]) -> Source {
    let mut text = source.text.clone();
    apply_changes(&mut text, changes);
    parse(text)
}

fn n_nodes(source: &Source) -> usize {
    let lines = source.doc.plays().flat_map(|(_, play)| &play.body);
    lines.filter(|line| matches!(line.kind, Stmt::Node(_))).count()
}
