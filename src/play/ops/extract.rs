use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::part::{Moved, Part, Regrouped, comments_of, part, refuse};
use super::rewire::{Single, singles, written};
use super::{At, Refusal, Steps};
use crate::base::{Coord, NodeId, is_image, is_method};
use crate::play::doc::{
    Document, Entry, Item, Line, Node, NodeKind, Options, Place, Play, Stmt, Target, TargetRef, Via, When,
};
use crate::play::{Edit, Splice};

/// A method that no play of the document has, after what the play is called.
pub fn suggested_name(doc: &Document, play: &Play) -> String {
    let taken = |name: &str| doc.plays().any(|(_, other)| other.coord.method == name);
    let mut names = (1u32..).map(|n| format!("{}-part{n}", play.coord.method));
    names.find(|name| !taken(name)).unwrap_or_default()
}

/// Makes a play of the nodes, right after the one that they are in, and a call to it in their place.
///
/// The play gets the method `name` under the image and version of the other, or under another image if a formation
/// sends that one elsewhere. The call has the id of the node that led out, so that a fan-in after it, and what speaks
/// of it, hold. `place` is the call's top-left corner, where the play has a layout.
///
/// # Errors
/// What keeps the nodes from being one call, and what to do about it.
pub fn extract(
    doc: &Document,
    at: At<'_>,
    nodes: &BTreeSet<NodeId>,
    name: &str,
    place: (i32, i32),
) -> Result<Regrouped, Refusal> {
    let part = part(at, nodes)?;
    let coord = coordinate(doc, at.play, name.trim())?;
    let ids = |node: u32| at.graph.node(at.play, node).id.clone();
    let call = part.exit.map_or_else(
        || {
            let names = (1u32..).map(|n| if n == 1 { "part".to_owned() } else { format!("part{n}") });
            names.map(NodeId::new).find(|id| at.graph.find(id).is_none()).unwrap_or_else(|| NodeId::new("part"))
        },
        ids,
    );
    let mut making = Making {
        at,
        inside: nodes,
        entry: ids(part.entry),
        exit: part.exit.map(ids),
        call,
        part,
        coord,
        start: free("start", nodes),
        done: free("done", nodes),
        outer: Vec::new(),
        origin: Vec::new(),
        inner: Vec::new(),
        moved: Vec::new(),
        has_led_out: BTreeSet::new(),
        has_passed: BTreeSet::new(),
    };
    making.nodes();
    making.wires();
    making.layout(place);
    Ok(making.finish())
}

fn free(base: &str, taken: &BTreeSet<NodeId>) -> NodeId {
    let mut names = (1u32..).map(|n| NodeId::new(if n == 1 { base.to_owned() } else { format!("{base}{n}") }));
    names.find(|id| !taken.contains(id)).unwrap_or_else(|| NodeId::new(base))
}

fn coordinate(doc: &Document, play: &Play, name: &str) -> Result<Coord, Refusal> {
    if !is_method(name) || name.contains("->") {
        return refuse(format!(
            "'{name}' is not a method: start with a letter, go on with letters, digits, '_' or '-'"
        ));
    }
    let Coord { image, version, .. } = &play.coord;
    let is_free = |image: &str| {
        let mut bindings = doc.formations().filter_map(|(_, formation)| formation.binding(image, version));
        bindings.all(|binding| binding.via == Via::Builtin)
    };
    let method = &play.coord.method;
    let numbered = (1u32..).map(|n| SmolStr::new(format!("plays{n}")));
    let mut images = std::iter::once(image.clone()).chain([method.clone(), "plays".into()]).chain(numbered);
    let image = images.find(|image| is_image(image) && is_free(image)).unwrap_or_else(|| image.clone());
    let coord = Coord::new(image, version, name);
    if doc.plays().any(|(_, other)| other.coord == coord) {
        return Err(Refusal::Taken(coord.to_string()));
    }
    Ok(coord)
}

struct Making<'d> {
    at: At<'d>,
    inside: &'d BTreeSet<NodeId>,
    entry: NodeId,
    exit: Option<NodeId>,
    call: NodeId,
    part: Part,
    coord: Coord,
    start: NodeId,
    done: NodeId,
    /// What the play says then, and which statement each was if it is unchanged.
    outer: Vec<Line<Stmt>>,
    origin: Vec<Option<usize>>,
    /// What the new play says.
    inner: Vec<Line<Stmt>>,
    /// Statements of the new play that come from the other as they are.
    moved: Vec<(usize, usize)>,
    /// Ways out of the call, and out of the new play, that are there already.
    has_led_out: BTreeSet<(NodeId, String)>,
    has_passed: BTreeSet<(NodeId, String)>,
}

impl Making<'_> {
    fn stays(&mut self, stmt: usize) {
        self.outer.push(self.at.play.body[stmt].clone());
        self.origin.push(Some(stmt));
    }

    fn comes(&mut self, line: Line<Stmt>) {
        self.outer.push(line);
        self.origin.push(None);
    }

    /// Goes into the new play with the comments above it.
    fn moves(&mut self, stmt: usize) {
        for stmt in comments_of(&self.at.play.body, stmt)..=stmt {
            self.moved.push((stmt, self.inner.len()));
            self.inner.push(Line { blank: false, ..self.at.play.body[stmt].clone() });
        }
    }

    /// Which statements go into the new play whole, with their comments.
    fn leaves(&self) -> BTreeSet<usize> {
        let body = &self.at.play.body;
        let mut gone = BTreeSet::new();
        for (stmt, line) in body.iter().enumerate() {
            let goes = match &line.kind {
                Stmt::Node(node) => self.inside.contains(&node.id),
                Stmt::Wire(wire) => singles(wire).iter().all(|(a, b, _)| self.is_in(a) && self.is_in(b)),
                Stmt::Role(role) => self.uses_role(role, true) && !self.uses_role(role, false),
                _ => false,
            };
            if goes {
                gone.extend(comments_of(body, stmt)..=stmt);
            }
        }
        gone
    }

    fn is_in(&self, id: &NodeId) -> bool {
        self.inside.contains(id)
    }

    fn uses_role(&self, role: &SmolStr, inside: bool) -> bool {
        self.at.play.body.iter().any(|line| match &line.kind {
            Stmt::Node(node) if self.is_in(&node.id) == inside => node
                .kind
                .target()
                .is_some_and(|target| target.refs().any(|to| matches!(to, TargetRef::Role(used) if used == role))),
            _ => false,
        })
    }

    fn nodes(&mut self) {
        let body = &self.at.play.body;
        for (stmt, line) in body.iter().enumerate() {
            if let Stmt::Role(role) = &line.kind
                && self.uses_role(role, true)
            {
                if self.uses_role(role, false) {
                    self.inner.push(Line::new(line.kind.clone()));
                } else {
                    self.moves(stmt);
                }
            }
        }
        self.inner.push(Line::new(node(self.start.clone(), NodeKind::Snap)));
        for (stmt, line) in body.iter().enumerate() {
            let Stmt::Node(node) = &line.kind else { continue };
            if !self.is_in(&node.id) {
                continue;
            }
            if self.part.hoists && node.id == self.entry {
                let options = Options { with: None, ..node.options.clone() };
                let (kind, note) = (Stmt::Node(Node { options, ..node.clone() }), line.note.clone());
                for (above, line) in body.iter().enumerate().take(stmt).skip(comments_of(body, stmt)) {
                    self.moved.push((above, self.inner.len()));
                    self.inner.push(Line { blank: false, ..line.clone() });
                }
                self.inner.push(Line { blank: false, kind, note });
            } else {
                self.moves(stmt);
            }
        }
        self.inner.push(Line::new(node(self.done.clone(), NodeKind::Pass(None))));
    }

    fn wires(&mut self) {
        let body = &self.at.play.body;
        let gone = self.leaves();
        let place = self.exit.clone().unwrap_or_else(|| self.entry.clone());
        let lead_in = (self.start.clone(), self.entry.clone(), When::Always);
        self.inner.extend(written(vec![lead_in]).into_iter().map(|wire| Line::after_blank(Stmt::Wire(wire))));
        for (stmt, line) in body.iter().enumerate() {
            match &line.kind {
                Stmt::Node(Node { id, .. }) if *id == place => {
                    let first = &body[comments_of(body, stmt)];
                    let call = self.call_line();
                    self.comes(Line { blank: first.blank, ..call });
                }
                Stmt::Wire(_) if gone.contains(&stmt) => self.moves(stmt),
                _ if gone.contains(&stmt) => {}
                Stmt::Wire(wire) => {
                    let (mut inner, mut outer) = (Vec::new(), Vec::new());
                    for single in singles(wire) {
                        self.sort(single, &mut inner, &mut outer);
                    }
                    self.inner.extend(written(inner).into_iter().map(|wire| Line::new(Stmt::Wire(wire))));
                    if outer == singles(wire) {
                        self.stays(stmt);
                    } else {
                        for (n, wire) in written(outer).into_iter().enumerate() {
                            let (blank, note) = if n == 0 { (line.blank, line.note.clone()) } else { (false, None) };
                            self.comes(Line { blank, kind: Stmt::Wire(wire), note });
                        }
                    }
                }
                _ => self.stays(stmt),
            }
        }
    }

    /// What a wire becomes, inside and outside.
    fn sort(&mut self, (tail, head, when): Single, inner: &mut Vec<Single>, outer: &mut Vec<Single>) {
        let told = |when: &When| format!("{when:?}");
        match (self.is_in(&tail), self.is_in(&head)) {
            (false, false) => outer.push((tail, head, when)),
            (true, true) => inner.push((tail, head, when)),
            (false, true) => {
                // Two wires to what is one node now may be the same.
                let single = (tail, self.call.clone(), when);
                if !outer.contains(&single) {
                    outer.push(single);
                }
            }
            (true, false) => {
                let (inside, outside) =
                    if self.part.guards_outside { (When::Always, when) } else { (when, When::Always) };
                if self.has_passed.insert((tail.clone(), told(&inside))) {
                    inner.push((tail, self.done.clone(), inside));
                }
                if self.has_led_out.insert((head.clone(), told(&outside))) {
                    outer.push((self.call.clone(), head, outside));
                }
            }
        }
    }

    fn call_line(&self) -> Line<Stmt> {
        let kind = NodeKind::Call(Target::One(TargetRef::Coord(self.coord.clone())));
        let mut options = Options::default();
        if self.part.hoists
            && let Some(entry) = self.at.graph.find(&self.entry)
        {
            options.with.clone_from(&self.at.graph.node(self.at.play, entry).options.with);
        }
        Line::new(Stmt::Node(Node { id: self.call.clone(), kind, options }))
    }

    /// Nodes keep their places; what leads in and out of them stands at the sides.
    fn layout(&mut self, place: (i32, i32)) {
        let body = &self.at.play.body;
        let gone_notes: BTreeSet<&str> = self
            .moved
            .iter()
            .filter_map(|(stmt, _)| match &body[*stmt].kind {
                Stmt::Comment(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let mut entries: Vec<Entry> = Vec::new();
        for (line, origin) in self.outer.iter_mut().zip(&mut self.origin) {
            let Stmt::Layout(all) = &mut line.kind else { continue };
            let is_first = entries.is_empty();
            let before = entries.len();
            let mut stays = Vec::new();
            for entry in all.drain(..) {
                match entry {
                    Entry::Node(place) if self.inside.contains(&place.id) => entries.push(Entry::Node(place)),
                    Entry::Note(place) if gone_notes.contains(place.note.as_str()) => entries.push(Entry::Note(place)),
                    Entry::Frame(frame) if frame.nodes.iter().all(|id| self.inside.contains(id)) => {
                        entries.push(Entry::Frame(frame));
                    }
                    Entry::Frame(mut frame) => {
                        let n = frame.nodes.len();
                        frame.nodes.retain(|id| !self.inside.contains(id));
                        if frame.nodes.len() < n {
                            frame.nodes.push(self.call.clone());
                            *origin = None;
                        }
                        stays.push(Entry::Frame(frame));
                    }
                    other => stays.push(other),
                }
            }
            let has_any = entries.len() > before;
            if is_first && has_any {
                stays.push(Entry::Node(Place { id: self.call.clone(), x: place.0, y: place.1 }));
            }
            *all = stays;
            *origin = origin.filter(|_| !has_any);
        }
        let inside: Vec<Place> = entries.iter().filter_map(Entry::place).cloned().collect();
        let find = |id: &NodeId| inside.iter().find(|place| place.id == *id).map(|place| place.y);
        let (Some(left), Some(right)) =
            (inside.iter().map(|place| place.x).min(), inside.iter().map(|place| place.x).max())
        else {
            return;
        };
        let first = inside[0].y;
        let entry = find(&self.entry).unwrap_or(first);
        let exit = self.exit.as_ref().and_then(find).unwrap_or(entry);
        let start = Place { id: self.start.clone(), x: left.saturating_sub(200), y: entry };
        let done = Place { id: self.done.clone(), x: right.saturating_add(260), y: exit };
        let ends = [start, done].map(Entry::Node);
        let [start, done] = ends;
        let all = std::iter::once(start).chain(entries).chain([done]).collect();
        self.inner.push(Line::after_blank(Stmt::Layout(all)));
    }

    fn finish(self) -> Regrouped {
        let item = self.at.item;
        let (outer, origin) = self
            .outer
            .into_iter()
            .zip(self.origin)
            .filter(|(line, origin)| {
                origin.is_some() || !matches!(&line.kind, Stmt::Layout(places) if places.is_empty())
            })
            .unzip();
        let mut edits = Steps::told(self.at, outer, origin).edits();
        let play = Play { coord: self.coord, title: None, timeout: None, body: self.inner };
        edits.push(Edit::Items(Splice::insert(item + 1, Line::after_blank(Item::Play(play)))));
        let moved = self.moved.into_iter().map(|(from, to)| Moved {
            from: (item, from),
            to: (item + 1, to),
            ids: BTreeMap::new(),
        });
        Regrouped { edits, nodes: vec![self.call], moved: moved.collect() }
    }
}

fn node(id: NodeId, kind: NodeKind) -> Stmt {
    Stmt::Node(Node { id, kind, options: Options::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_of_methods() {
        let doc = Document::default();
        let play = Play { coord: Coord::new("a", "1", "b"), title: None, timeout: None, body: Vec::new() };
        assert_eq!(coordinate(&doc, &play, &suggested_name(&doc, &play)), Ok(Coord::new("a", "1", "b-part1")));
        assert!(coordinate(&doc, &play, "two words").is_err() && coordinate(&doc, &play, "").is_err());
    }
}
