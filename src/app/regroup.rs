//! A part of a play becomes a play of its own, and a play takes the place of its call: one step of undo each.

use std::collections::BTreeSet;

use super::drawing::Sketch;
use super::edit::{NotDone, stage};
use super::request::{Request, View};
use super::selection::Selection;
use super::session::{Session, Staged};
use crate::base::{NodeId, TextChange};
use crate::lang::{self, apply_changes};
use crate::play::ops::{self, At, Moved, Regrouped};
use crate::play::{Line, Stmt};

/// So many statements are tried one by one, where not all of them can be written as they were.
const AT_MOST: usize = 100;

impl Session {
    /// Asks what the play of the selected nodes is to be called, if there can be one.
    pub(super) fn ask_part(&self, out: &mut Vec<Request>) -> Result<(), NotDone> {
        let nodes = &self.selection().nodes;
        let name = self.play().map(|play| ops::suggested_name(self.doc(), play)).unwrap_or_default();
        self.extracted(nodes, &name)?;
        out.push(Request::View(View::Sketch(Sketch::NamePart { nodes: nodes.iter().cloned().collect(), name })));
        Ok(())
    }

    pub(super) fn extract(&mut self, nodes: &[NodeId], name: &str) -> Result<(), NotDone> {
        let made = self.extracted(&nodes.iter().cloned().collect(), name)?;
        let step = format!("Make a play of {} nodes", nodes.len());
        self.regroup(if nodes.len() == 1 { "Make a play of one node".to_owned() } else { step }, &made)
    }

    pub(super) fn inline(&mut self, call: &NodeId) -> Result<(), NotDone> {
        let at = self.at()?;
        let made = ops::inline(self.doc(), at, call, self.corner_of(std::slice::from_ref(call)))?;
        self.regroup(format!("Inline the play of {call}"), &made)
    }

    fn at(&self) -> Result<At<'_>, NotDone> {
        let at = self.item().and_then(|item| At::new(self.doc(), item, self.graph()));
        at.ok_or(NotDone::NoPlay)
    }

    fn extracted(&self, nodes: &BTreeSet<NodeId>, name: &str) -> Result<Regrouped, NotDone> {
        let all: Vec<NodeId> = nodes.iter().cloned().collect();
        Ok(ops::extract(self.doc(), self.at()?, nodes, name, self.corner_of(&all))?)
    }

    /// The top-left corner of nodes, where they are shown.
    fn corner_of(&self, nodes: &[NodeId]) -> (i32, i32) {
        let cards = nodes.iter().filter_map(|id| self.graph().find(id));
        let corners = cards.map(|node| super::place::corner(self.geometry().card(node).rect.min));
        corners.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1))).unwrap_or_default()
    }

    fn regroup(&mut self, name: String, made: &Regrouped) -> Result<(), NotDone> {
        let staged = stage(self.source(), &made.edits)?;
        let staged = self.with_old_bytes(staged, &made.moved);
        let selection = Selection { nodes: made.nodes.iter().cloned().collect(), ..Selection::default() };
        self.commit(name.into(), staged, Some(selection), false);
        Ok(())
    }

    /// Statements that went elsewhere are written there as they were written here, where that says the same.
    fn with_old_bytes(&self, staged: Staged, moved: &[Moved]) -> Staged {
        let changes: Vec<TextChange> = moved.iter().filter_map(|moved| self.old_bytes(&staged, moved)).collect();
        match written(&staged, changes) {
            Some(all) => all,
            // One of them reads as something else there; the others need not.
            None => moved.iter().take(AT_MOST).fold(staged, |staged, moved| {
                let change = self.old_bytes(&staged, moved);
                change.and_then(|change| written(&staged, vec![change])).unwrap_or(staged)
            }),
        }
    }

    fn old_bytes(&self, staged: &Staged, moved: &Moved) -> Option<TextChange> {
        let text = lang::text_of(self.source(), moved.from, &moved.ids)?;
        let (item, stmt) = moved.to;
        let is_as_meant = |line: &Line<Stmt>| !matches!(line.kind, Stmt::Bad(_));
        staged.source.doc.play(item)?.body.get(stmt).filter(|line| is_as_meant(line))?;
        let span = staged.source.map.line(item, stmt)?.whole;
        (staged.source.text.get(span.range())? != text).then_some(TextChange { span, text })
    }
}

/// The changes on top of what is staged, if the document stays what it is.
fn written(staged: &Staged, mut changes: Vec<TextChange>) -> Option<Staged> {
    if changes.is_empty() {
        return Some(staged.clone());
    }
    changes.sort_by_key(|change| change.span);
    if changes.windows(2).any(|pair| pair[0].span.end > pair[1].span.start) {
        return None;
    }
    let mut all = staged.clone();
    let mut text = std::mem::take(&mut all.source.text);
    let undo = apply_changes(&mut text, &changes);
    all.source = lang::parse(text);
    all.redo.push(changes);
    all.undo.insert(0, undo);
    (all.source.doc == staged.source.doc).then_some(all)
}
