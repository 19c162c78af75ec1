use std::collections::{BTreeMap, BTreeSet};

use super::part::{Looking, Moved, Regrouped, comments_of, is_failure, refuse};
use super::rewire::{Single, singles, written};
use super::whole::{Ends, callee, check};
use super::{At, Refusal, Steps};
use crate::base::NodeId;
use crate::play::Graph;
use crate::play::doc::{Document, Entry, Expr, Line, Node, NodeKind, Options, Place, Play, Policy, Spread, Stmt, When};
use crate::play::words::{uses, words};

/// Puts the play that a node calls in place of the call. The play itself stays: others may call it.
///
/// Ids that are taken get a number; what speaks of balls by these names says the new ones. What came out of the call
/// comes out of a node of its id, so that a fan-in after it, and what speaks of it, hold. `place` is where the
/// places of the play begin, if it and the other have a layout.
///
/// # Errors
/// What would be otherwise without the call, and what to do about it.
pub fn inline(doc: &Document, at: At<'_>, call: &NodeId, place: (i32, i32)) -> Result<Regrouped, Refusal> {
    let number = at.find(call)?;
    let item = callee(doc, at, number)?;
    let Some(play) = doc.play(item) else { return Err(Refusal::NoNode(call.clone())) };
    let graph = Graph::new(play);
    let inner = At { item, play, graph: &graph };
    let ends = check(inner, at, number)?;
    let mut making = Making::new(at, inner, number, ends);
    making.name();
    making.join_names()?;
    making.nodes()?;
    making.wires();
    making.layout(place);
    making.finish()
}

struct Making<'d> {
    at: At<'d>,
    inner: At<'d>,
    call: NodeId,
    call_stmt: usize,
    with: Option<Expr>,
    ends: Ends,
    /// New ids by old ones.
    ids: BTreeMap<NodeId, NodeId>,
    /// The node that takes the call's id, since it alone leads to the one plain pass.
    last: Option<u32>,
    /// The call's `with` goes to the first node.
    with_at_first: bool,
    /// What a fan-in makes of its balls, whose names have changed.
    shapes: BTreeMap<NodeId, Expr>,
    body: Vec<Line<Stmt>>,
    origin: Vec<Option<usize>>,
    /// Statement there, statement here.
    moved: Vec<(usize, usize)>,
    nodes: Vec<NodeId>,
}

impl<'d> Making<'d> {
    fn new(at: At<'d>, inner: At<'d>, call: u32, ends: Ends) -> Self {
        let node = at.graph.node(at.play, call);
        Self {
            at,
            inner,
            call: node.id.clone(),
            call_stmt: at.graph.stmt_of(call),
            with: node.options.with.clone(),
            ends,
            ids: BTreeMap::new(),
            last: None,
            with_at_first: false,
            shapes: BTreeMap::new(),
            body: Vec::new(),
            origin: Vec::new(),
            moved: Vec::new(),
            nodes: Vec::new(),
        }
    }

    fn node(&self, node: u32) -> &'d Node {
        self.inner.graph.node(self.inner.play, node)
    }

    fn when(&self, wire: u32) -> &'d When {
        self.inner.graph.when(self.inner.play, wire)
    }

    fn is_pass(&self, node: u32) -> bool {
        matches!(self.node(node).kind, NodeKind::Pass(_))
    }

    /// A pass that only hands on what it gets.
    fn is_plain_pass(&self, node: u32) -> bool {
        matches!(self.node(node).kind, NodeKind::Pass(None)) && self.node(node).options.with.is_none()
    }

    /// What each node is called here.
    fn name(&mut self) {
        self.last = self.find_last();
        let n = u32::try_from(self.inner.graph.n_nodes()).unwrap_or(u32::MAX);
        let mut taken: BTreeSet<NodeId> = BTreeSet::from([self.call.clone()]);
        for node in 0..n {
            let id = &self.node(node).id;
            if self.last == Some(node) {
                self.ids.insert(id.clone(), self.call.clone());
                continue;
            }
            let base = id.trim_end_matches(|c: char| c.is_ascii_digit());
            let numbered = (2u32..).map(|n| NodeId::new(format!("{base}{n}")));
            let mut offers = std::iter::once(id.clone()).chain(numbered);
            let is_free = |new: &NodeId| self.at.graph.find(new).is_none() && !taken.contains(new);
            let new = offers.find(is_free).unwrap_or_else(|| id.clone());
            taken.insert(new.clone());
            self.ids.insert(id.clone(), new);
        }
        let first = self.node(self.ends.first);
        let has_target = matches!(first.kind, NodeKind::Call(_) | NodeKind::WaitForWorker(_));
        let fails = self.inner.graph.out(self.ends.first).iter().any(|&wire| is_failure(self.when(wire)));
        let is_entered_once = self.inner.graph.into(self.ends.first).len() == 1;
        let snap_shapes = self.node(self.ends.snap).options.with.is_some();
        self.with_at_first = has_target && !fails && is_entered_once && !snap_shapes && first.options.with.is_none();
    }

    fn find_last(&self) -> Option<u32> {
        let n = u32::try_from(self.inner.graph.n_nodes()).unwrap_or(u32::MAX);
        let mut passes = (0..n).filter(|&node| self.is_pass(node));
        let (pass, None) = (passes.next()?, passes.next()) else { return None };
        let [wire] = *self.inner.graph.into(pass) else { return None };
        let from = self.inner.graph.wire(wire).from;
        let mut ways = self.inner.graph.out(from).iter().filter(|&&wire| !is_failure(self.when(wire)));
        let alone = ways.next() == Some(&wire) && ways.next().is_none() && self.when(wire).is_always();
        let fits = !matches!(self.node(from).kind, NodeKind::FanOut(_) | NodeKind::Snap);
        (alone && fits && self.is_plain_pass(pass)).then_some(from)
    }

    fn renamed(&self, id: &NodeId) -> NodeId {
        self.ids.get(id).unwrap_or(id).clone()
    }

    /// A fan-in tells its balls by the nodes that they come from. Where these have new names, what is made of the
    /// balls speaks of the new ones, and nothing after it sees a difference.
    fn join_names(&mut self) -> Result<(), Refusal> {
        let n = u32::try_from(self.inner.graph.n_nodes()).unwrap_or(u32::MAX);
        let looking = Looking::new(self.inner, vec![true; n as usize]);
        for node in 0..n {
            let Node { id, kind: NodeKind::FanIn(policy), options } = self.node(node) else { continue };
            let is_list =
                looking.before(node).is_some_and(|of| matches!(self.node(of).kind, NodeKind::FanOut(Spread::Each(_))));
            if *policy == Policy::Any || is_list {
                continue;
            }
            let mut from: Vec<u32> =
                self.inner.graph.into(node).iter().map(|&wire| self.inner.graph.wire(wire).from).collect();
            from.sort_unstable();
            from.dedup();
            let is_renamed = |from: &&u32| self.renamed(&self.node(**from).id) != self.node(**from).id;
            let Some(&some) = from.iter().find(is_renamed) else { continue };
            let old = self.node(some).id.clone();
            let give_up = || {
                refuse(format!(
                    "'{id}' of {} tells its balls by names like '{old}', which is taken here: rename that node in one of the plays",
                    self.inner.play.coord
                ))
            };
            let shape = match &options.with {
                Some(with) => match self.respelled(&with.0) {
                    Some(with) => with,
                    None => return give_up(),
                },
                None if self.surely_come(&looking, node, &from) && *policy == Policy::All => {
                    let fields = from.iter().map(|&from| {
                        let id = &self.node(from).id;
                        format!("'{id}': {}", field("ball", &self.renamed(id)))
                    });
                    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
                }
                None => return give_up(),
            };
            // What the guards behind it see is the ball that it made.
            let balls = self.inner.graph.out(node).iter().any(|&wire| match self.when(wire) {
                When::If(guard) => uses(&guard.0, "balls"),
                _ => false,
            });
            if balls {
                return give_up();
            }
            self.shapes.insert(id.clone(), Expr(shape));
        }
        Ok(())
    }

    /// An expression of a fan-in with the new names of its balls. `None` if it takes the balls as a whole.
    fn respelled(&self, expr: &str) -> Option<String> {
        let mut new = String::new();
        let mut done = 0;
        for word in words(expr) {
            if word.name != "ball" && word.name != "balls" {
                continue;
            }
            let (at, name) = word.field?;
            let old = NodeId::new(name);
            if let Some(id) = self.ids.get(&old) {
                // Without the dot, where a name in brackets takes its place.
                let named = field("", id);
                new.push_str(&expr[done..at - 1]);
                new.push_str(&named);
                done = at + name.len();
            }
        }
        new.push_str(&expr[done..]);
        Some(new)
    }

    /// Every one of the nodes gets a ball whenever the fan-in does, and each leads nowhere else.
    fn surely_come(&self, looking: &Looking<'_>, fan_in: u32, from: &[u32]) -> bool {
        let Some(fan_out) = looking.before(fan_in) else { return false };
        from.iter().all(|&start| {
            let mut node = start;
            let mut left = self.inner.graph.n_nodes();
            while node != fan_out && left > 0 {
                left -= 1;
                let plain = |&wire: &u32| self.when(wire).is_always();
                let (into, out) = (self.inner.graph.into(node), self.inner.graph.out(node));
                let ([into], [_]) = (into, out) else { return false };
                if !out.iter().all(plain) || !plain(into) || matches!(self.node(node).kind, NodeKind::FanIn(_)) {
                    return false;
                }
                node = self.inner.graph.wire(*into).from;
            }
            node == fan_out
        })
    }

    fn stays(&mut self, stmt: usize) {
        self.body.push(self.at.play.body[stmt].clone());
        self.origin.push(Some(stmt));
    }

    fn comes(&mut self, line: Line<Stmt>) {
        self.body.push(line);
        self.origin.push(None);
    }

    fn nodes(&mut self) -> Result<(), Refusal> {
        for (stmt, line) in self.at.play.body.iter().enumerate() {
            if stmt != self.call_stmt {
                self.stays(stmt);
                continue;
            }
            let first = self.body.len();
            if let Some(note) = &line.note {
                self.comes(Line::new(Stmt::Comment(note.clone())));
            }
            self.gate()?;
            for (stmt, _) in self.inner.play.body.iter().enumerate() {
                self.bring(stmt);
            }
            if self.last.is_none() {
                self.gather();
            }
            if let Some(new) = self.body.get_mut(first) {
                new.blank = line.blank;
            }
        }
        let mut roles = Vec::new();
        for line in &self.inner.play.body {
            if matches!(line.kind, Stmt::Role(_)) && !self.at.play.body.iter().any(|other| other.kind == line.kind) {
                roles.push(Line { blank: false, ..line.clone() });
            }
        }
        let n_roles = roles.len();
        let before = self.body.iter().rposition(|line| matches!(line.kind, Stmt::Role(_))).map_or(0, |last| last + 1);
        for (n, role) in roles.into_iter().enumerate() {
            self.body.insert(before + n, role);
            self.origin.insert(before + n, None);
        }
        self.moved.iter_mut().filter(|(_, to)| *to >= before).for_each(|(_, to)| *to += n_roles);
        Ok(())
    }

    /// What shapes the ball on the way in, where no other node can.
    fn gate(&mut self) -> Result<(), Refusal> {
        let snap = self.node(self.ends.snap);
        let outer = self.with.clone().filter(|_| !self.with_at_first);
        let with = match (outer, snap.options.with.clone()) {
            (Some(_), Some(_)) => {
                let (call, snap) = (&self.call, &snap.id);
                return refuse(format!("'{call}' and '{snap}' shape the ball one after the other: leave it to one"));
            }
            (outer, inner) => outer.or(inner),
        };
        if with.is_some() {
            let id = self.renamed(&snap.id);
            self.comes(Line::new(Stmt::Node(one(id.clone(), with))));
            self.nodes.push(id);
        }
        Ok(())
    }

    fn has_gate(&self) -> bool {
        self.node(self.ends.snap).options.with.is_some() || self.with.is_some() && !self.with_at_first
    }

    /// A node of the play, with the comments above it.
    fn bring(&mut self, stmt: usize) {
        let body = &self.inner.play.body;
        let Stmt::Node(node) = &body[stmt].kind else { return };
        let Some(number) = self.inner.graph.find(&node.id) else { return };
        if number == self.ends.snap || self.is_plain_pass(number) {
            return;
        }
        for (above, line) in body.iter().enumerate().take(stmt).skip(comments_of(body, stmt)) {
            self.moved.push((above, self.body.len()));
            self.comes(Line { blank: false, ..line.clone() });
        }
        let id = self.renamed(&node.id);
        let mut new = Node { id: id.clone(), ..node.clone() };
        if let NodeKind::Pass(target) = &node.kind {
            new.kind = match target {
                Some(target) => NodeKind::Call(target.clone()),
                None => NodeKind::FanOut(Spread::One),
            };
        } else if number == self.ends.first && self.with_at_first && self.with.is_some() {
            new.options.with.clone_from(&self.with);
        } else if let Some(shape) = self.shapes.get(&node.id) {
            new.options.with = Some(shape.clone());
        } else {
            self.moved.push((stmt, self.body.len()));
        }
        self.nodes.push(id);
        self.comes(Line { blank: false, kind: Stmt::Node(new), note: body[stmt].note.clone() });
    }

    /// The node of the call's id to which all ways out of the play lead.
    fn gather(&mut self) {
        self.nodes.push(self.call.clone());
        self.comes(Line::new(Stmt::Node(one(self.call.clone(), None))));
    }

    fn wires(&mut self) {
        let (old, old_origin) = (std::mem::take(&mut self.body), std::mem::take(&mut self.origin));
        let first = if self.has_gate() {
            self.renamed(&self.node(self.ends.snap).id)
        } else if self.is_plain_pass(self.ends.first) {
            self.call.clone()
        } else {
            self.renamed(&self.node(self.ends.first).id)
        };
        let touches = |line: &Line<Stmt>| match &line.kind {
            Stmt::Wire(wire) => singles(wire).iter().any(|(a, b, _)| *a == self.call || *b == self.call),
            _ => false,
        };
        let after = old.iter().rposition(touches);
        let nodes_moved = std::mem::take(&mut self.moved);
        let mut to_of = Vec::with_capacity(old.len());
        for (n, (line, origin)) in old.into_iter().zip(old_origin).enumerate() {
            to_of.push(self.body.len());
            let lead_in = |(tail, head, when): Single| {
                let head = if head == self.call { first.clone() } else { head };
                (tail, head, when)
            };
            let before = if let Stmt::Wire(wire) = &line.kind { singles(wire) } else { Vec::new() };
            let now: Vec<Single> = before.iter().cloned().map(lead_in).collect();
            if now == before {
                self.body.push(line);
                self.origin.push(origin);
            } else {
                for (n, wire) in written(now).into_iter().enumerate() {
                    let (blank, note) = if n == 0 { (line.blank, line.note.clone()) } else { (false, None) };
                    self.comes(Line { blank, kind: Stmt::Wire(wire), note });
                }
            }
            if Some(n) == after {
                self.inner_wires();
            }
        }
        if after.is_none() {
            self.inner_wires();
        }
        self.moved.extend(nodes_moved.into_iter().map(|(from, to)| (from, to_of[to])));
    }

    fn inner_wires(&mut self) {
        let snap = &self.node(self.ends.snap).id;
        if self.has_gate() {
            let first = if self.is_plain_pass(self.ends.first) {
                self.call.clone()
            } else {
                self.renamed(&self.node(self.ends.first).id)
            };
            let lead_in = written(vec![(self.renamed(snap), first, When::Always)]);
            lead_in.into_iter().for_each(|wire| self.comes(Line::new(Stmt::Wire(wire))));
        }
        let mut to_call: BTreeSet<(NodeId, String)> = BTreeSet::new();
        for (stmt, line) in self.inner.play.body.iter().enumerate() {
            let Stmt::Wire(wire) = &line.kind else { continue };
            let before = singles(wire);
            let is_pass = |id: &NodeId| self.inner.graph.find(id).is_some_and(|node| self.is_plain_pass(node));
            if before.iter().all(|(tail, head, _)| tail != snap && !is_pass(head)) {
                for above in comments_of(&self.inner.play.body, stmt)..stmt {
                    self.moved.push((above, self.body.len()));
                    self.comes(Line { blank: false, ..self.inner.play.body[above].clone() });
                }
                let mut new = wire.clone();
                new.from.iter_mut().for_each(|id| *id = self.renamed(id));
                new.hops.iter_mut().flat_map(|hop| &mut hop.to).for_each(|id| *id = self.renamed(id));
                self.moved.push((stmt, self.body.len()));
                self.comes(Line { blank: false, kind: Stmt::Wire(new), note: line.note.clone() });
                continue;
            }
            let mut now = Vec::new();
            for (tail, head, when) in before {
                if tail == *snap || self.last.is_some() && is_pass(&head) {
                    continue;
                }
                let tail = self.renamed(&tail);
                if is_pass(&head) {
                    if to_call.insert((tail.clone(), format!("{when:?}"))) {
                        now.push((tail, self.call.clone(), when));
                    }
                } else {
                    now.push((tail, self.renamed(&head), when));
                }
            }
            for (n, wire) in written(now).into_iter().enumerate() {
                let note = if n == 0 { line.note.clone() } else { None };
                self.comes(Line { blank: false, kind: Stmt::Wire(wire), note });
            }
        }
        // What is no plain pass leads on by itself.
        for (node, _) in (0u32..).zip(0..self.inner.graph.n_nodes()) {
            if self.is_pass(node) && !self.is_plain_pass(node) {
                let on = vec![(self.renamed(&self.node(node).id), self.call.clone(), When::Always)];
                written(on).into_iter().for_each(|wire| self.comes(Line::new(Stmt::Wire(wire))));
            }
        }
    }

    /// The places of the play, moved so that they begin where the call stood.
    fn layout(&mut self, (x, y): (i32, i32)) {
        let places = self.inner.play.body.iter().filter_map(|line| match &line.kind {
            Stmt::Layout(entries) => Some(entries.iter().filter_map(Entry::place)),
            _ => None,
        });
        let snap = &self.node(self.ends.snap).id;
        let here: Vec<&Place> = places.flatten().filter(|place| place.id != *snap || self.has_gate()).collect();
        let (Some(left), Some(top)) = (here.iter().map(|place| place.x).min(), here.iter().map(|place| place.y).min())
        else {
            return;
        };
        let Some(at) = self.body.iter().rposition(|line| matches!(line.kind, Stmt::Layout(_))) else { return };
        let by = |v: i32, from: i32, to: i32| v.saturating_sub(from).saturating_add(to);
        let moved = here.into_iter().map(|place| {
            let is_gone = self.inner.graph.find(&place.id).is_none_or(|node| self.is_plain_pass(node));
            // What leads out has the call's id, and stands where the pass stood.
            let id = if is_gone { self.call.clone() } else { self.renamed(&place.id) };
            Place { id, x: by(place.x, left, x), y: by(place.y, top, y) }
        });
        let (own, new): (Vec<Place>, Vec<Place>) = moved.partition(|place| place.id == self.call);
        if let Some(own) = own.first() {
            for line in &mut self.body {
                let Stmt::Layout(entries) = &mut line.kind else { continue };
                for entry in entries {
                    if let Entry::Node(place) = entry
                        && place.id == own.id
                    {
                        (place.x, place.y) = (own.x, own.y);
                    }
                }
            }
        }
        if let Stmt::Layout(entries) = &mut self.body[at].kind {
            entries.extend(new.into_iter().map(Entry::Node));
        }
        for (line, origin) in self.body.iter().zip(&mut self.origin) {
            if matches!(line.kind, Stmt::Layout(_)) {
                *origin = origin.filter(|&stmt| self.at.play.body[stmt] == *line);
            }
        }
    }

    fn finish(self) -> Result<Regrouped, Refusal> {
        let old = Looking::new(self.at, vec![true; self.at.graph.n_nodes()]).joins();
        let new = Play { body: self.body.clone(), ..self.at.play.clone() };
        let graph = Graph::new(&new);
        let now =
            Looking::new(At { item: self.at.item, play: &new, graph: &graph }, vec![true; graph.n_nodes()]).joins();
        for (fan_in, fan_out) in &old {
            if now.get(fan_in) != Some(fan_out) {
                return refuse(format!("'{fan_in}' would join other balls than now: put a fan-out before it"));
            }
        }
        let ids: BTreeMap<NodeId, NodeId> =
            self.ids.iter().filter(|(old, new)| old != new).map(|(old, new)| (old.clone(), new.clone())).collect();
        let (from, to) = (self.inner.item, self.at.item);
        let moved =
            self.moved.iter().map(|&(there, here)| Moved { from: (from, there), to: (to, here), ids: ids.clone() });
        let moved = moved.collect();
        let edits = Steps::told(self.at, self.body, self.origin).edits();
        Ok(Regrouped { edits, nodes: self.nodes, moved })
    }
}

/// A node that hands on one ball, in another shape.
fn one(id: NodeId, with: Option<Expr>) -> Node {
    Node { id, kind: NodeKind::FanOut(Spread::One), options: Options { with, ..Options::default() } }
}

/// A field of a value: ids may hold what CEL takes for a minus.
fn field(of: &str, id: &NodeId) -> String {
    if crate::play::words::is_plain(id) { format!("{of}.{id}") } else { format!("{of}['{id}']") }
}
