use std::collections::BTreeMap;

use super::At;
use crate::play::doc::{Line, Stmt, Wire};
use crate::play::{Edit, Splice};

/// Changes of one play's statements, gathered by the numbers that the statements have now.
///
/// As edits they go from the last statement to the first, so that no edit moves what a later one speaks of.
pub(super) struct Draft<'d> {
    at: At<'d>,
    /// What stands in place of a statement; nothing takes it away.
    instead: BTreeMap<usize, Vec<Line<Stmt>>>,
    /// What comes before a statement, or at the end.
    before: BTreeMap<usize, Vec<Line<Stmt>>>,
}

impl<'d> Draft<'d> {
    pub(super) const fn new(at: At<'d>) -> Self {
        Self { at, instead: BTreeMap::new(), before: BTreeMap::new() }
    }

    /// The first of `stmts` keeps what stands around the old one.
    pub(super) fn replace(&mut self, stmt: usize, stmts: impl IntoIterator<Item = Stmt>) {
        let mut lines: Vec<_> = stmts.into_iter().map(Line::new).collect();
        if let (Some(first), Some(old)) = (lines.first_mut(), self.at.play.body.get(stmt)) {
            first.blank = old.blank;
            first.note.clone_from(&old.note);
        }
        self.instead.insert(stmt, lines);
    }

    /// Another line at the place of one, with what stands around it.
    pub(super) fn put(&mut self, stmt: usize, line: Line<Stmt>) {
        self.instead.insert(stmt, vec![line]);
    }

    pub(super) fn replace_wire(&mut self, stmt: usize, wires: impl IntoIterator<Item = Wire>) {
        self.replace(stmt, wires.into_iter().map(Stmt::Wire));
    }

    pub(super) fn remove(&mut self, stmt: usize) {
        self.instead.insert(stmt, Vec::new());
    }

    pub(super) fn insert_before(&mut self, stmt: usize, line: Line<Stmt>) {
        self.before.entry(stmt).or_default().push(line);
    }

    pub(super) fn insert_after(&mut self, stmt: usize, line: Line<Stmt>) {
        self.insert_before(stmt + 1, line);
    }

    pub(super) fn edits(self) -> Vec<Edit> {
        let Self { at: At { item, play, .. }, instead, before } = self;
        let unchanged = |stmt: usize, lines: &[Line<Stmt>]| play.body.get(stmt..=stmt) == Some(lines);
        let replaced = instead.into_iter().filter(|(stmt, lines)| !unchanged(*stmt, lines));
        let mut splices: Vec<_> = replaced.map(|(at, insert)| Splice { at, remove: 1, insert }).collect();
        splices.extend(before.into_iter().map(|(at, insert)| Splice { at, remove: 0, insert }));
        // At the same place the statement is replaced first: what comes before it does not move it then.
        splices.sort_by_key(|splice| std::cmp::Reverse((splice.at, splice.remove)));
        splices.into_iter().map(|splice| Edit::Play { item, splice }).collect()
    }
}
