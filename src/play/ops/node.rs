use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::draft::Draft;
use super::wire::keep_some;
use super::{At, Edits, NodeField, PlayField, Refusal};
use crate::base::{Coord, NodeId};
use crate::play::doc::{
    Entry, Frame, Line, Node, NodeKind, Options, Place, Policy, Spread, Stmt, Target, TargetRef, Wire, is_name,
};
use crate::play::{Edit, Graph, Head};

/// One node of each kind, as it comes from a palette, in the order of the language page.
pub fn palette() -> [NodeKind; 7] {
    let echo = || Target::One(TargetRef::Coord(Coord::new("demo", "1", "echo")));
    [
        NodeKind::Snap,
        NodeKind::Call(echo()),
        NodeKind::FanOut(Spread::All),
        NodeKind::FanIn(Policy::All),
        NodeKind::WaitForSignal("go".to_owned()),
        NodeKind::WaitForWorker(echo()),
        NodeKind::Pass(None),
    ]
}

/// A short id for a new node that the play does not have yet.
pub fn fresh_id(graph: &Graph, kind: &NodeKind) -> NodeId {
    let base = match kind {
        NodeKind::Call(target) | NodeKind::WaitForWorker(target) => match target.refs().next() {
            Some(TargetRef::Coord(coord)) if is_name(&coord.method) => coord.method.clone(),
            Some(TargetRef::Role(role)) => role.clone(),
            _ => "call".into(),
        },
        NodeKind::Snap => "start".into(),
        NodeKind::FanOut(_) => "split".into(),
        NodeKind::FanIn(_) => "join".into(),
        NodeKind::WaitForSignal(_) => "wait".into(),
        NodeKind::Pass(_) => "done".into(),
    };
    let numbered = (2u32..).map(|n| NodeId::new(format!("{base}{n}")));
    let mut ids = std::iter::once(NodeId::new(&base)).chain(numbered);
    ids.find(|id| graph.find(id).is_none()).unwrap_or_else(|| NodeId::new(base))
}

impl At<'_> {
    /// A node with a fresh id, its top-left corner at `place`.
    pub fn add_node(self, kind: NodeKind, place: (i32, i32)) -> (NodeId, Vec<Edit>) {
        let id = fresh_id(self.graph, &kind);
        let node = Node { id: id.clone(), kind, options: Options::default() };
        (id, self.add(node, place))
    }

    /// A node as it is, its top-left corner at `place`. Its id must be free.
    pub(crate) fn add(self, node: Node, place: (i32, i32)) -> Vec<Edit> {
        let mut draft = Draft::new(self);
        let places = [(node.id.clone(), place.0, place.1)];
        draft.insert_before(self.after_nodes(), Line::new(Stmt::Node(node)));
        self.draft_places(&mut draft, &places);
        draft.edits()
    }

    /// After the last node, or after the roles, or before the first wire.
    pub(super) fn after_nodes(self) -> usize {
        let body = &self.play.body;
        let last_where = |is: fn(&Stmt) -> bool| body.iter().rposition(|line| is(&line.kind)).map(|n| n + 1);
        last_where(|stmt| matches!(stmt, Stmt::Node(_)))
            .or_else(|| last_where(|stmt| matches!(stmt, Stmt::Role(_))))
            .or_else(|| self.before_first(|stmt| matches!(stmt, Stmt::Wire(_) | Stmt::Layout(_) | Stmt::Scenario(_))))
            .unwrap_or(body.len())
    }

    /// Before the comments that stand before it, too: they are about it, or were written inside of it.
    fn before_first(self, is: fn(&Stmt) -> bool) -> Option<usize> {
        let body = &self.play.body;
        let first = body.iter().position(|line| is(&line.kind))?;
        let comments = body[..first].iter().rev().take_while(|line| matches!(line.kind, Stmt::Comment(_)));
        Some(first - comments.count())
    }

    /// Takes nodes away with all their wires and places, and single wires.
    ///
    /// # Errors
    /// One of them is not there.
    pub fn delete(self, nodes: &[NodeId], wires: &[u32]) -> Edits {
        for id in nodes {
            self.find(id)?;
        }
        let gone: FxHashSet<&NodeId> = nodes.iter().collect();
        let mut cut: BTreeMap<usize, FxHashSet<(usize, usize, usize)>> = BTreeMap::new();
        for &wire in wires {
            let edge = self.graph.wires().get(wire as usize).ok_or(Refusal::NoWire)?;
            let at = (edge.at.group as usize, edge.tail as usize, edge.at.index as usize);
            cut.entry(edge.at.stmt as usize).or_default().insert(at);
        }
        let mut draft = Draft::new(self);
        for (stmt, line) in self.play.body.iter().enumerate() {
            match &line.kind {
                Stmt::Node(node) if gone.contains(&node.id) => draft.remove(stmt),
                Stmt::Wire(wire) => {
                    let cut = cut.get(&stmt);
                    if cut.is_some() || names(wire).any(|id| gone.contains(id)) {
                        let keep_wire = |group, tail, head| !cut.is_some_and(|cut| cut.contains(&(group, tail, head)));
                        draft.replace_wire(stmt, keep_some(wire, |id| !gone.contains(id), keep_wire));
                    }
                }
                Stmt::Layout(entries) => {
                    let left: Vec<_> = entries.iter().filter_map(|entry| without(entry, &gone)).collect();
                    if left != *entries {
                        draft.replace(stmt, (!left.is_empty()).then_some(Stmt::Layout(left)));
                    }
                }
                _ => {}
            }
        }
        Ok(draft.edits())
    }

    /// Another id, in its statement, in wires and in the layout. Expressions are left as they are.
    ///
    /// # Errors
    /// `to` is no name or taken, or there is no such node.
    pub fn rename(self, node: &NodeId, to: &str) -> Edits {
        self.find(node)?;
        let to = to.trim();
        if *to == **node {
            return Ok(Vec::new());
        }
        if !is_name(to) {
            return Err(Refusal::BadName(to.to_owned()));
        }
        if self.graph.find(to).is_some() {
            return Err(Refusal::Taken(to.to_owned()));
        }
        let to = NodeId::new(to);
        let renamed = |id: &mut NodeId| {
            if id == node {
                id.clone_from(&to);
            }
        };
        let mut draft = Draft::new(self);
        for (stmt, line) in self.play.body.iter().enumerate() {
            match &line.kind {
                Stmt::Node(old) if old.id == *node => {
                    draft.replace(stmt, [Stmt::Node(Node { id: to.clone(), ..old.clone() })]);
                }
                Stmt::Wire(old) if names(old).any(|id| id == node) => {
                    let mut new = old.clone();
                    new.from.iter_mut().for_each(renamed);
                    new.hops.iter_mut().flat_map(|hop| &mut hop.to).for_each(renamed);
                    draft.replace_wire(stmt, [new]);
                }
                Stmt::Layout(old) if old.iter().any(|entry| entry.names(node)) => {
                    let mut new = old.clone();
                    for entry in &mut new {
                        match entry {
                            Entry::Node(place) => renamed(&mut place.id),
                            Entry::Frame(frame) => frame.nodes.iter_mut().for_each(renamed),
                            Entry::Note(_) => {}
                        }
                    }
                    draft.replace(stmt, [Stmt::Layout(new)]);
                }
                _ => {}
            }
        }
        Ok(draft.edits())
    }

    /// One property of a node, as typed; empty takes an option away.
    ///
    /// # Errors
    /// The text is no such value, or the node has no such property.
    pub fn set_field(self, node: &NodeId, field: NodeField, text: &str) -> Edits {
        let number = self.find(node)?;
        let mut new = self.graph.node(self.play, number).clone();
        field.set(&mut new, text)?;
        Ok(self.with_node(number, new))
    }

    /// # Errors
    /// There is no such node.
    pub fn set_kind(self, node: &NodeId, kind: NodeKind) -> Edits {
        let number = self.find(node)?;
        let old = self.graph.node(self.play, number).clone();
        Ok(self.with_node(number, Node { kind, ..old }))
    }

    fn with_node(self, number: u32, node: Node) -> Vec<Edit> {
        let mut draft = Draft::new(self);
        draft.replace(self.graph.stmt_of(number), [Stmt::Node(node)]);
        draft.edits()
    }

    /// New top-left corners of nodes. Touches the layout block alone, and makes one if there is none.
    ///
    /// # Errors
    /// One of the nodes is not there.
    pub fn move_nodes(self, places: &[(NodeId, i32, i32)]) -> Edits {
        for (id, ..) in places {
            self.find(id)?;
        }
        let mut draft = Draft::new(self);
        self.draft_places(&mut draft, places);
        Ok(draft.edits())
    }

    pub(super) fn draft_places(self, draft: &mut Draft<'_>, places: &[(NodeId, i32, i32)]) {
        let mut new: BTreeMap<&NodeId, (i32, i32)> = places.iter().map(|(id, x, y)| (id, (*x, *y))).collect();
        let mut known = FxHashSet::default();
        let layouts = self.play.body.iter().enumerate().filter_map(|(stmt, line)| match &line.kind {
            Stmt::Layout(places) => Some((stmt, places)),
            _ => None,
        });
        let mut layouts: Vec<_> = layouts.map(|(stmt, places)| (stmt, places.clone())).collect();
        for entry in layouts.iter_mut().flat_map(|(_, entries)| entries) {
            if let Entry::Node(place) = entry
                && let Some(&(x, y)) = new.get(&place.id)
            {
                (place.x, place.y) = (x, y);
                known.insert(place.id.clone());
            }
        }
        new.retain(|id, _| !known.contains(*id));
        // In the order of the gesture, not of the names.
        let added = places.iter().filter(|(id, ..)| new.remove(id).is_some());
        let added: Vec<_> = added.map(|(id, x, y)| Entry::Node(Place { id: id.clone(), x: *x, y: *y })).collect();
        match layouts.last_mut() {
            Some((_, last)) => last.extend(added),
            None if added.is_empty() => {}
            None => {
                draft.insert_before(self.play.body.len(), Line::after_blank(Stmt::Layout(added)));
            }
        }
        for (stmt, places) in layouts {
            draft.replace(stmt, [Stmt::Layout(places)]);
        }
    }

    /// One property of the play, as typed.
    ///
    /// # Errors
    /// The text is no such value.
    pub fn set_play(self, field: PlayField, text: &str) -> Edits {
        let mut head =
            Head::Play { coord: self.play.coord.clone(), title: self.play.title.clone(), timeout: self.play.timeout };
        field.set(&mut head, text)?;
        Ok(vec![Edit::Head { item: self.item, head }])
    }

    /// # Errors
    /// It is no name, or the play has it already.
    pub fn add_role(self, name: &str) -> Edits {
        let name = name.trim();
        if !is_name(name) {
            return Err(Refusal::BadName(name.to_owned()));
        }
        let roles = || {
            self.play.body.iter().enumerate().filter_map(|(n, line)| match &line.kind {
                Stmt::Role(role) => Some((n, role)),
                _ => None,
            })
        };
        if roles().any(|(_, role)| role == name) {
            return Err(Refusal::Taken(name.to_owned()));
        }
        let mut draft = Draft::new(self);
        let first_node = || self.before_first(|stmt| matches!(stmt, Stmt::Node(_)));
        let before = roles().next_back().map(|(n, _)| n + 1).or_else(first_node).unwrap_or(self.play.body.len());
        draft.insert_before(before, Line::new(Stmt::Role(name.into())));
        Ok(draft.edits())
    }

    /// # Errors
    /// A node still is sent to the role.
    pub fn remove_role(self, name: &SmolStr) -> Edits {
        let mut draft = Draft::new(self);
        for (stmt, line) in self.play.body.iter().enumerate() {
            match &line.kind {
                Stmt::Role(role) if role == name => draft.remove(stmt),
                Stmt::Node(node) if uses(node.kind.target(), name) => {
                    let message = format!("'{}' is sent to the role '{name}': give it another target first", node.id);
                    return Err(Refusal::BadValue(message));
                }
                _ => {}
            }
        }
        Ok(draft.edits())
    }
}

/// What is left of an entry of a layout. A frame goes with the last of its nodes.
fn without(entry: &Entry, gone: &FxHashSet<&NodeId>) -> Option<Entry> {
    match entry {
        Entry::Node(place) => (!gone.contains(&place.id)).then(|| entry.clone()),
        Entry::Note(_) => Some(entry.clone()),
        Entry::Frame(frame) => {
            let left: Vec<_> = frame.nodes.iter().filter(|id| !gone.contains(id)).cloned().collect();
            let stays = !left.is_empty() || frame.nodes.is_empty();
            stays.then(|| Entry::Frame(Frame { nodes: left, ..frame.clone() }))
        }
    }
}

fn uses(target: Option<&Target>, name: &SmolStr) -> bool {
    target.is_some_and(|target| target.refs().any(|to| matches!(to, TargetRef::Role(role) if role == name)))
}

fn names(wire: &Wire) -> impl Iterator<Item = &NodeId> {
    wire.from.iter().chain(wire.hops.iter().flat_map(|hop| &hop.to))
}
