use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::wire::keep_some;
use super::{At, Refusal, Steps};
use crate::base::NodeId;
use crate::play::Edit;
use crate::play::doc::{Entry, Line, Node, Place, Play, Stmt, Wire};

impl At<'_> {
    /// Some nodes with the wires between them, as a play of their own. `places` become its layout.
    pub fn excerpt(self, nodes: &BTreeSet<NodeId>, places: Vec<Place>) -> Play {
        let mut body = Vec::new();
        let mut wires = Vec::new();
        for line in &self.play.body {
            match &line.kind {
                Stmt::Node(node) if nodes.contains(&node.id) => body.push(Line { blank: false, ..line.clone() }),
                Stmt::Wire(wire) => wires.extend(keep_some(wire, |id| nodes.contains(id), |_, _, _| true)),
                _ => {}
            }
        }
        for (i, wire) in wires.into_iter().enumerate() {
            body.push(Line { blank: i == 0, kind: Stmt::Wire(wire), note: None });
        }
        if !places.is_empty() {
            body.push(Line::after_blank(Stmt::Layout(places.into_iter().map(Entry::Node).collect())));
        }
        Play { coord: self.play.coord.clone(), title: None, timeout: None, body }
    }

    /// Adds what `pasted` says. Ids that are taken get a number; wires to nodes that only this play has stay so.
    ///
    /// `places` are top-left corners for nodes of `pasted`, by their ids there. Gives the new ids in that order.
    ///
    /// # Errors
    /// It holds no node.
    pub fn paste(self, pasted: &Play, places: &[(NodeId, i32, i32)]) -> Result<(Vec<NodeId>, Vec<Edit>), Refusal> {
        let ids = self.unique_ids(pasted);
        if ids.is_empty() {
            let message = "there is no node in what is to be pasted: copy nodes, or text as in call pay = shop/1/pay";
            return Err(Refusal::BadValue(message.to_owned()));
        }
        let placed: Vec<_> = places.iter().filter_map(|(id, x, y)| Some((ids.get(id)?.clone(), *x, *y))).collect();
        let new = ids.values().cloned().collect();
        let mut steps = Steps::new(self);
        for line in &pasted.body {
            if let Stmt::Role(role) = &line.kind
                && !self.play.body.iter().any(|line| matches!(&line.kind, Stmt::Role(other) if other == role))
            {
                steps.then(|at| at.add_role(role))?;
            }
        }
        steps.then(|at| Ok(at.pasted_lines(pasted, &ids, &placed)))?;
        Ok((new, steps.edits()))
    }

    fn unique_ids(self, pasted: &Play) -> BTreeMap<NodeId, NodeId> {
        let mut ids: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        let mut used = BTreeSet::new();
        for line in &pasted.body {
            let Stmt::Node(Node { id, .. }) = &line.kind else { continue };
            if ids.contains_key(id) {
                continue;
            }
            let base = id.trim_end_matches(|c: char| c.is_ascii_digit());
            let numbered = (2u32..).map(|n| NodeId::new(format!("{base}{n}")));
            let mut offers = std::iter::once(id.clone()).chain(numbered);
            let is_free = |new: &NodeId| self.graph.find(new).is_none() && !used.contains(new);
            let new = offers.find(is_free).unwrap_or_else(|| id.clone());
            used.insert(new.clone());
            ids.insert(id.clone(), new);
        }
        ids
    }

    fn pasted_lines(self, pasted: &Play, ids: &BTreeMap<NodeId, NodeId>, placed: &[(NodeId, i32, i32)]) -> Vec<Edit> {
        let mut draft = Draft::new(self);
        let after_nodes = self.after_nodes();
        let last_wire = self.play.body.iter().rposition(|line| matches!(line.kind, Stmt::Wire(_)));
        let after_wires = last_wire.map_or(after_nodes, |last| last + 1).max(after_nodes);
        let (mut nodes, mut wires) = (Vec::new(), Vec::new());
        let mut comments: Vec<Line<Stmt>> = Vec::new();
        let renamed = |id: &NodeId| ids.get(id).unwrap_or(id).clone();
        for line in &pasted.body {
            let (to, kind) = match &line.kind {
                Stmt::Comment(_) => {
                    comments.push(Line { blank: false, ..line.clone() });
                    continue;
                }
                Stmt::Node(node) => (&mut nodes, Stmt::Node(Node { id: renamed(&node.id), ..node.clone() })),
                Stmt::Wire(wire) => {
                    let mut new: Wire = wire.clone();
                    new.from.iter_mut().for_each(|id| *id = renamed(id));
                    new.hops.iter_mut().flat_map(|hop| &mut hop.to).for_each(|id| *id = renamed(id));
                    (&mut wires, Stmt::Wire(new))
                }
                Stmt::Role(_) | Stmt::Layout(_) | Stmt::Scenario(_) | Stmt::Bad(_) => continue,
            };
            to.append(&mut comments);
            to.push(Line { blank: false, kind, note: line.note.clone() });
        }
        if let (None, Some(first)) = (last_wire, wires.first_mut()) {
            first.blank = true;
        }
        nodes.into_iter().for_each(|line| draft.insert_before(after_nodes, line));
        wires.into_iter().for_each(|line| draft.insert_before(after_wires, line));
        self.draft_places(&mut draft, placed);
        draft.edits()
    }
}
