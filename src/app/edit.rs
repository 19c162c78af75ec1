use std::borrow::Cow;

use super::drawing::read_pasted;
use super::gesture::{Gesture, Wired};
use super::selection::{Selection, wire_name, wire_number};
use super::session::{Mode, Session, Staged};
use crate::base::NodeId;
use crate::diag::Severity;
use crate::event::WireRef;
use crate::lang::{self, Source, apply_changes};
use crate::play::ops::{self, At, Edits, Refusal, Steps};
use crate::play::{Bind, Edit, Graph, Node, NoteRef, Options, Play, notes};

/// Why a gesture was not done, with what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotDone {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("a recorded run is shown and cannot be changed: go back to editing first")]
    Replay,
    #[error("what is to be pasted is no play text: {0}")]
    NotPlayText(String),
    #[error("there are no two branches to swap: select two wires of a node, or a node with two ways on")]
    NoBranches,
    #[error("every node has a place: select those that are to stay, then the others are arranged around them")]
    AllStay,
    #[error("there is no play to change: write one in the text, or start a new one")]
    NoPlay,
    #[error("the text of '{0}' cannot be read just now: mend it first")]
    Broken(NodeId),
    #[error("that cannot stand in a play: {0}")]
    Unwritable(String),
}

impl Session {
    /// Does the gesture as one step of the history, and selects what it made.
    pub(super) fn gesture(&mut self, gesture: &Gesture) -> Result<(), NotDone> {
        if self.mode() == Mode::Replay {
            return Err(NotDone::Replay);
        }
        let item = self.item();
        let (staged, selection) = match gesture {
            Gesture::Extract { nodes, name } => return self.extract(nodes, name),
            Gesture::Inline(call) => return self.inline(call),
            Gesture::AddFormation(name) => (self.stage(&ops::add_formation(self.doc(), name)?)?, None),
            Gesture::Bind { formation, text } => {
                let bind = read_bind(text)?;
                (self.stage(&ops::bind(self.doc(), formation, bind)?)?, None)
            }
            Gesture::Rebind { formation, stmt, bind } => {
                (self.stage(&ops::rebind(self.doc(), formation, *stmt, bind.clone())?)?, None)
            }
            Gesture::Unbind { formation, stmt } => {
                (self.stage(&ops::remove_bind(self.doc(), formation, *stmt)?)?, None)
            }
            _ => {
                let at = item.and_then(|item| At::new(self.doc(), item, self.graph())).ok_or(NotDone::NoPlay)?;
                let (edits, selection) = self.in_play(at, gesture).map_err(|error| self.if_broken(error))?;
                (self.stage(&edits)?, selection)
            }
        };
        if !staged.redo.is_empty() {
            let selection = selection.map(|select| select(item.and_then(|item| staged.source.doc.play(item))));
            self.commit(name_of(gesture), staged, selection, matches!(gesture, Gesture::Nudge(_)));
        }
        Ok(())
    }

    /// The edits of a gesture that looks at one play, and what is selected after them.
    fn in_play<'g>(&self, at: At<'_>, gesture: &'g Gesture) -> Result<(Vec<Edit>, Option<Select<'g>>), NotDone> {
        let wire = |wire: &WireRef| wire_number(self.graph(), wire).ok_or(Refusal::NoWire);
        let edits: Edits = match gesture {
            Gesture::Connect { from, outlet, to } => {
                let edits = at.connect(from, *outlet, to)?;
                return Ok((edits, Some(select_new_wire(self.wires_between(from, to), from.clone(), to.clone()))));
            }
            Gesture::Disconnect(cut) => at.disconnect(&[wire(cut)?]),
            Gesture::RerouteHead { wire: rerouted, to } => {
                let edits = at.reroute_head(wire(rerouted)?, to)?;
                let from = rerouted.from.clone();
                return Ok((edits, Some(select_new_wire(self.wires_between(&from, to), from, to.clone()))));
            }
            Gesture::RerouteTail { wire: rerouted, from } => {
                let edits = at.reroute_tail(wire(rerouted)?, from)?;
                let to = rerouted.to.clone();
                return Ok((edits, Some(select_new_wire(self.wires_between(from, &to), from.clone(), to))));
            }
            Gesture::SetWhen { wire: changed, when } => at.set_when(wire(changed)?, when),
            Gesture::Delete { nodes, wires } => {
                // A selected wire of a deleted node goes with it anyway.
                let cut: Result<Vec<_>, _> = wires.iter().map(wire).collect();
                at.delete(nodes, &cut?)
            }
            Gesture::Rename { node, to } => {
                let edits = at.rename(node, to)?;
                let mut selection = self.selection().clone();
                selection.rename(node, &NodeId::new(to.trim()));
                return Ok((edits, Some(Box::new(move |_| selection))));
            }
            Gesture::SetField { node, field, text } => at.set_field(node, *field, text),
            Gesture::SetKind { node, kind } => at.set_kind(node, kind.clone()),
            Gesture::Nudge(places) | Gesture::Place { places, .. } => at.move_nodes(places),
            Gesture::AddNode { kind, at: place, from } => {
                let node =
                    Node { id: ops::fresh_id(self.graph(), kind), kind: kind.clone(), options: Options::default() };
                let wired =
                    from.clone().map_or(Wired::Alone, |(from, outlet)| Wired::After { from: vec![from], outlet });
                return insert(at, &node, *place, &wired);
            }
            Gesture::Insert { node, at: place, wired } => return insert(at, node, *place, wired),
            Gesture::Splice { node, wire: onto, at: place } => {
                let wire = wire(onto)?;
                let mut steps = Steps::new(at);
                steps.then(|at| at.splice(node, wire))?;
                steps.then(|at| at.move_nodes(&[(node.clone(), place.0, place.1)]))?;
                Ok(steps.edits())
            }
            Gesture::DeleteAndHeal(nodes) => at.delete_and_heal(nodes),
            Gesture::Swap(a, b) => at.swap(wire(a)?, wire(b)?),
            Gesture::Paste { text, at: place } => {
                let (pasted, places) = read_pasted(text, *place)?;
                let (new, edits) = at.paste(&pasted, &places)?;
                let selection = Selection { nodes: new.into_iter().collect(), ..Selection::default() };
                return Ok((edits, Some(Box::new(move |_| selection))));
            }
            Gesture::ConnectAll { from, outlet, to } => {
                if let [from] = from.as_slice() {
                    let edits = at.connect(from, *outlet, to)?;
                    let select = select_new_wire(self.wires_between(from, to), from.clone(), to.clone());
                    return Ok((edits, Some(select)));
                }
                let mut steps = Steps::new(at);
                for from in from {
                    steps.then(|at| at.connect(from, *outlet, to))?;
                }
                Ok(steps.edits())
            }
            Gesture::Move(_)
            | Gesture::Arrange(_)
            | Gesture::AddFrame(_)
            | Gesture::RetitleFrame { .. }
            | Gesture::Collapse { .. }
            | Gesture::AddNote { .. }
            | Gesture::SetNote { .. }
            | Gesture::MoveNote { .. }
            | Gesture::Erase(_) => return self.beside_the_flow(at, gesture),
            Gesture::SetPlay { field, text } => at.set_play(*field, text),
            Gesture::AddRole(name) => at.add_role(name),
            Gesture::RemoveRole(name) => at.remove_role(name),
            // They are about more than one play, or none.
            Gesture::Bind { .. }
            | Gesture::Rebind { .. }
            | Gesture::Unbind { .. }
            | Gesture::AddFormation(_)
            | Gesture::Extract { .. }
            | Gesture::Inline(_) => Ok(Vec::new()),
        };
        Ok((edits?, None))
    }

    /// Gestures that are about notes and frames, or may be: no run is another one after them, but where nodes go.
    fn beside_the_flow<'g>(
        &self,
        at: At<'_>,
        gesture: &'g Gesture,
    ) -> Result<(Vec<Edit>, Option<Select<'g>>), NotDone> {
        let edits: Edits = match gesture {
            Gesture::Move(places) => {
                let mut steps = Steps::new(at);
                steps.then(|at| at.move_nodes(places))?;
                for (title, nodes) in self.reframed(places) {
                    steps.then(|at| at.fill_frame(&title, nodes))?;
                }
                Ok(steps.edits())
            }
            Gesture::Arrange(places) => {
                let mut steps = Steps::new(at);
                steps.then(|at| at.move_nodes(places))?;
                for note in super::framing::covered_notes(&steps.at()) {
                    steps.then(|at| at.move_note(&note, None))?;
                }
                Ok(steps.edits())
            }
            Gesture::AddFrame(nodes) => {
                let (title, edits) = at.add_frame(nodes)?;
                return Ok((edits, Some(Box::new(move |_| Selection::frame(title)))));
            }
            Gesture::RetitleFrame { title, to } => {
                let edits = at.retitle_frame(title, to)?;
                let to = to.trim().to_owned();
                return Ok((edits, Some(Box::new(move |_| Selection::frame(to)))));
            }
            Gesture::Collapse { titles, collapsed } => {
                let mut steps = Steps::new(at);
                for title in titles {
                    steps.then(|at| at.collapse_frame(title, *collapsed))?;
                }
                let selection = Selection { frames: titles.iter().cloned().collect(), ..Selection::default() };
                return Ok((steps.edits(), Some(Box::new(move |_| selection))));
            }
            Gesture::AddNote { about, text, at: place } => {
                let edits = at.add_note(about.as_ref(), text, *place)?;
                return Ok((edits, Some(select_note(self.play(), text))));
            }
            Gesture::SetNote { note, text } => {
                let edits = at.set_note(note, text)?;
                return Ok((edits, Some(select_note(self.play(), text))));
            }
            Gesture::MoveNote { note, to } => at.move_note(note, *to),
            Gesture::Erase(all) => {
                let mut steps = Steps::new(at);
                for note in all.notes.iter().rev() {
                    steps.then(|at| at.delete_note(note))?;
                }
                for title in &all.frames {
                    steps.then(|at| at.remove_frame(title))?;
                }
                let nodes: Vec<NodeId> = all.nodes.iter().cloned().collect();
                steps.then(|at| {
                    let wires: Option<Vec<u32>> = all.wires.iter().map(|wire| wire_number(at.graph, wire)).collect();
                    at.delete(&nodes, &wires.ok_or(Refusal::NoWire)?)
                })?;
                Ok(steps.edits())
            }
            _ => Ok(Vec::new()),
        };
        Ok((edits?, None))
    }

    /// A node that is shown as it was before its text broke is not gone.
    fn if_broken(&self, error: NotDone) -> NotDone {
        match error {
            NotDone::Refused(Refusal::NoNode(id)) if self.shown().is_some_and(|shown| shown.broken.contains(&id)) => {
                NotDone::Broken(id)
            }
            other => other,
        }
    }

    fn stage(&self, edits: &[Edit]) -> Result<Staged, NotDone> {
        stage(self.source(), edits)
    }

    fn wires_between(&self, from: &NodeId, to: &NodeId) -> usize {
        let (Some(tail), Some(head)) = (self.graph().find(from), self.graph().find(to)) else { return 0 };
        self.graph().out(tail).iter().filter(|&&wire| self.graph().wire(wire).to == head).count()
    }
}

/// A new node with its wires.
fn insert<'g>(
    at: At<'_>,
    node: &Node,
    place: (i32, i32),
    wired: &Wired,
) -> Result<(Vec<Edit>, Option<Select<'g>>), NotDone> {
    if at.graph.find(&node.id).is_some() {
        return Err(Refusal::Taken(node.id.to_string()).into());
    }
    let mut steps = Steps::new(at);
    steps.then(|at| Ok(at.add(node.clone(), place)))?;
    match wired {
        Wired::Alone => {}
        Wired::After { from, outlet } => {
            for from in from {
                steps.then(|at| at.connect(from, *outlet, &node.id))?;
            }
        }
        Wired::Before(to) => steps.then(|at| at.connect(&node.id, ops::Outlet::Out, to))?,
        Wired::On(wire) => {
            let wire = wire_number(steps.at().graph, wire).ok_or(Refusal::NoWire)?;
            steps.then(|at| at.splice(&node.id, wire))?;
        }
    }
    let id = node.id.clone();
    Ok((steps.edits(), Some(Box::new(move |_| Selection::node(id)))))
}

/// What is selected in the play after the gesture.
type Select<'g> = Box<dyn FnOnce(Option<&Play>) -> Selection + 'g>;

fn select_new_wire<'g>(n_before: usize, from: NodeId, to: NodeId) -> Select<'g> {
    Box::new(move |play| {
        let Some(play) = play else { return Selection::default() };
        let graph = Graph::new(play);
        let (Some(tail), Some(head)) = (graph.find(&from), graph.find(&to)) else { return Selection::default() };
        let mut between = graph.out(tail).iter().filter(|&&wire| graph.wire(wire).to == head);
        // A new wire is the last of those between its ends, or the only one.
        let wire =
            between.nth(n_before).or_else(|| graph.out(tail).iter().rev().find(|&&wire| graph.wire(wire).to == head));
        wire.map_or_else(Selection::default, |&wire| Selection::wire(wire_name(play, &graph, wire)))
    })
}

/// The note that was not there before.
fn select_note<'g>(before: Option<&Play>, text: &str) -> Select<'g> {
    let old: Vec<NoteRef> = before.map(notes).unwrap_or_default().into_iter().map(|note| note.name).collect();
    let keeps_none = text.trim().is_empty();
    Box::new(move |play| {
        let new = play.map(notes).unwrap_or_default().into_iter().map(|note| note.name);
        let found = new.filter(|_| !keeps_none).find(|name| !old.contains(name));
        found.map(Selection::note).unwrap_or_default()
    })
}

/// Makes the edits in the text. The statements that they name are the only ones that change.
pub(super) fn stage(source: &Source, edits: &[Edit]) -> Result<Staged, NotDone> {
    if edits.is_empty() {
        return Ok(Staged::default());
    }
    let staged = match stage_at_once(source, edits) {
        Some(staged) => staged,
        None => stage_in_turn(source, edits)?,
    };
    let n_errors =
        |source: &Source| source.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    if n_errors(&staged.source) > n_errors(source) {
        let old = |message: &str| source.diagnostics.iter().any(|found| found.message == message);
        let new = staged.source.diagnostics.iter().map(|found| found.message.as_str()).find(|message| !old(message));
        return Err(NotDone::Unwritable(new.unwrap_or("it would be read as something else").to_owned()));
    }
    Ok(staged)
}

/// Most gestures touch statements from the last to the first, so that all their changes can be made in one go.
/// `None` if these do not.
fn stage_at_once(source: &Source, edits: &[Edit]) -> Option<Staged> {
    let mut expected = source.doc.clone();
    let mut changes = Vec::new();
    for edit in edits {
        changes.extend(lang::patch(source, edit).ok()?);
        expected.apply(edit.clone()).ok()?;
    }
    changes.sort_by_key(|change| change.span);
    if changes.windows(2).any(|pair| pair[0].span.end >= pair[1].span.start) {
        return None;
    }
    let mut text = source.text.clone();
    let undo = apply_changes(&mut text, &changes);
    let source = lang::parse(text);
    (source.doc == expected).then(|| Staged { source, redo: vec![changes], undo: vec![undo] })
}

fn stage_in_turn(source: &Source, edits: &[Edit]) -> Result<Staged, NotDone> {
    let mut staged = Staged { source: source.clone(), ..Staged::default() };
    for edit in edits {
        let changes = lang::patch(&staged.source, edit).map_err(|error| NotDone::Unwritable(error.to_string()))?;
        let mut text = std::mem::take(&mut staged.source.text);
        let undo = apply_changes(&mut text, &changes);
        staged.source = lang::parse(text);
        staged.redo.push(changes);
        staged.undo.insert(0, undo);
    }
    Ok(staged)
}

fn read_bind(text: &str) -> Result<Bind, NotDone> {
    let source = lang::parse(format!("formation f {{\n  {text}\n}}\n"));
    if let Some(wrong) = source.diagnostics.first() {
        return Err(NotDone::Unwritable(wrong.message.clone()));
    }
    let formation = source.doc.formations().next().map(|(_, formation)| &formation.body);
    match formation.map(Vec::as_slice) {
        Some([line]) => Ok(line.kind.clone()),
        _ => Err(NotDone::Unwritable("write one binding, as in shop/* service \"http://127.0.0.1:50051\"".to_owned())),
    }
}

/// As a step of the history.
fn name_of(gesture: &Gesture) -> Cow<'static, str> {
    match gesture {
        Gesture::AddNode { kind, .. } => format!("Add {}", kind.keyword()).into(),
        Gesture::Insert { node, .. } => format!("Add {} {}", node.kind.keyword(), node.id).into(),
        Gesture::Splice { node, wire, .. } => format!("Put {node} between {} and {}", wire.from, wire.to).into(),
        Gesture::DeleteAndHeal(nodes) => match nodes.as_slice() {
            [node] => format!("Take {node} out").into(),
            nodes => format!("Take {} nodes out", nodes.len()).into(),
        },
        Gesture::Swap(a, _) => format!("Swap branches of {}", a.from).into(),
        Gesture::Paste { .. } => "Paste".into(),
        Gesture::Place { name, places } => format!("{name} {} nodes", places.len()).into(),
        Gesture::ConnectAll { from, to, .. } => match from.as_slice() {
            [from] => format!("Wire {from} to {to}").into(),
            from => format!("Wire {} nodes to {to}", from.len()).into(),
        },
        Gesture::Extract { .. } => "Make a play".into(),
        Gesture::Inline(call) => format!("Inline the play of {call}").into(),
        Gesture::Connect { from, to, .. } => format!("Wire {from} to {to}").into(),
        Gesture::Disconnect(wire) => format!("Cut {} to {}", wire.from, wire.to).into(),
        Gesture::RerouteHead { .. } | Gesture::RerouteTail { .. } => "Reroute wire".into(),
        Gesture::SetWhen { .. } => "Change condition".into(),
        Gesture::Delete { nodes, wires } => match (nodes.as_slice(), wires.len()) {
            ([node], 0) => format!("Delete {node}").into(),
            ([], 1) => "Delete wire".into(),
            ([], n) => format!("Cut {n} wires").into(),
            (nodes, n_wires) => format!("Delete {} things", nodes.len() + n_wires).into(),
        },
        Gesture::Rename { node, to } => format!("Rename {node} to {}", to.trim()).into(),
        Gesture::SetField { node, field, .. } => format!("Change {} of {node}", field.label()).into(),
        Gesture::SetKind { node, kind } => format!("Make {node} a {}", kind.keyword()).into(),
        Gesture::Move(places) | Gesture::Nudge(places) => match places.as_slice() {
            [(node, ..)] => format!("Move {node}").into(),
            places => format!("Move {} nodes", places.len()).into(),
        },
        Gesture::Arrange(_) => "Arrange".into(),
        Gesture::AddNote { .. } => "Add note".into(),
        Gesture::SetNote { text, .. } if text.trim().is_empty() => "Delete note".into(),
        Gesture::SetNote { .. } => "Edit note".into(),
        Gesture::MoveNote { .. } => "Move note".into(),
        Gesture::AddFrame(nodes) => format!("Frame {} nodes", nodes.len()).into(),
        Gesture::RetitleFrame { to, .. } => format!("Call frame {}", to.trim()).into(),
        Gesture::Collapse { titles, collapsed } => {
            let what = if *collapsed { "Collapse" } else { "Expand" };
            format!("{what} {}", titles.first().map_or("frame", String::as_str)).into()
        }
        Gesture::Erase(all) => match (all.single_frame(), all.len()) {
            (Some(title), _) => format!("Take frame {title} away").into(),
            (None, 1) => "Delete note".into(),
            (None, n) => format!("Delete {n} things").into(),
        },
        Gesture::SetPlay { field, .. } => format!("Change {} of the play", field.label()).into(),
        Gesture::AddRole(name) => format!("Add role {}", name.trim()).into(),
        Gesture::RemoveRole(name) => format!("Remove role {name}").into(),
        Gesture::Bind { formation, .. } | Gesture::Rebind { formation, .. } => format!("Bind in {formation}").into(),
        Gesture::Unbind { formation, .. } => format!("Unbind in {formation}").into(),
        Gesture::AddFormation(name) => format!("Add formation {}", name.trim()).into(),
    }
}
