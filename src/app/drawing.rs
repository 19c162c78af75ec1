//! The commands of drawing: what the canvas's mouse and keys mean, without a canvas.

use super::edit::NotDone;
use super::editor::Editor;
use super::gesture::{Gesture, Wired};
use super::pick::Pick;
use super::place::{Align, Axis, Places, Way};
use super::request::{Request, View};
use super::selection::{Selection, wire_number};
use super::session::Session;
use crate::base::NodeId;
use crate::event::WireRef;
use crate::lang;
use crate::play::ops::{At, Outlet};
use crate::play::{Document, Graph, Item, Line, NodeKind, Note, NoteAt, NoteRef, Place, Play, When, notes};
use crate::scene::Geometry;

/// A command of drawing.
#[derive(Clone, Debug, PartialEq)]
pub enum Draw {
    /// The selected nodes with the wires between them, as play text.
    Copy,
    Cut,
    /// Asks for what was copied.
    Paste,
    /// Its corner comes to `at`, or below what is there.
    PasteText {
        text: String,
        at: Option<(i32, i32)>,
    },
    Duplicate,
    DeleteAndHeal,
    Align(Align),
    Distribute(Axis),
    /// The two selected wires, or the two that leave the selected node, lead where the other did.
    Swap,
    Step {
        way: Way,
        extend: bool,
    },
    /// Onto a wire of the node.
    StepOntoWire(Way),
    Nudge {
        way: Way,
        fine: bool,
    },
    /// What the selected wire is for.
    SetWhen(When),
    /// A node after what is selected, on the selected wire, or alone.
    Add,
    /// A wire from what is selected.
    WireTo,
    /// Another end for the selected wire.
    Reroute {
        head: bool,
    },
    /// The name of the node, the label of the wire, or the head of the play.
    EditLabel,
    /// A frame around what is selected.
    Frame,
    /// The selected frames, or the frame of the selected nodes, as cards or rectangles.
    Collapse,
    /// They go without their nodes.
    Unframe,
    /// A note of what is selected, or one that stands alone.
    AddNote,
    ToggleSnap,
    ShowHistory,
    /// The selected nodes become a play of their own; asks for its name.
    Extract,
    /// The selected call's play comes in its place.
    Inline,
    /// So many steps of the history are done.
    JumpTo(usize),
}

/// What only the canvas can do for a [`Draw`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sketch {
    /// Let a node be picked.
    Pick(Picking),
    /// Edit the label of a wire in place.
    Label(WireRef),
    Name(NodeId),
    /// Let a note be written: about the node, or alone.
    NewNote(Option<NodeId>),
    /// Edit a note in place.
    Note(NoteRef),
    /// Edit the title of a frame in place.
    FrameTitle(String),
    /// Edit the head of the play.
    Head,
    ToggleSnap,
    ShowHistory,
    /// Ask what the play of these nodes is to be called; answer with [`Gesture::Extract`].
    NamePart {
        nodes: Vec<NodeId>,
        name: String,
    },
    /// Put the text on the clipboard.
    Copy(String),
    /// Answer with [`Draw::PasteText`].
    Paste,
}

/// What a node is picked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picking {
    Alone,
    After(Vec<NodeId>),
    Before(NodeId),
    On(WireRef),
    Head(WireRef),
    Tail(WireRef),
}

impl Picking {
    /// Nodes that are there can be picked, not only new ones.
    pub const fn takes_nodes(&self) -> bool {
        !matches!(self, Self::Alone | Self::On(_))
    }

    /// A new node is no answer.
    pub const fn takes_new(&self) -> bool {
        !matches!(self, Self::Head(_) | Self::Tail(_))
    }

    /// The wire may be one for errors or timeouts.
    pub const fn has_outlet(&self) -> bool {
        matches!(self, Self::After(_))
    }

    /// What the pick makes; a new node comes to `at`. `None` if such a thing is not picked for this.
    pub fn gesture(&self, pick: &Pick, outlet: Outlet, at: (i32, i32)) -> Option<Gesture> {
        let wired = match self {
            Self::Alone => Wired::Alone,
            Self::After(from) => Wired::After { from: from.clone(), outlet },
            Self::Before(to) => Wired::Before(to.clone()),
            Self::On(wire) => Wired::On(wire.clone()),
            Self::Head(wire) => {
                let Pick::Node(to) = pick else { return None };
                return Some(Gesture::RerouteHead { wire: wire.clone(), to: to.clone() });
            }
            Self::Tail(wire) => {
                let Pick::Node(from) = pick else { return None };
                return Some(Gesture::RerouteTail { wire: wire.clone(), from: from.clone() });
            }
        };
        match (pick, self) {
            (Pick::New(node), _) => Some(Gesture::Insert { node: node.clone(), at, wired }),
            (Pick::Node(to), Self::After(from)) => {
                Some(Gesture::ConnectAll { from: from.clone(), outlet, to: to.clone() })
            }
            (Pick::Node(from), Self::Before(to)) => {
                Some(Gesture::Connect { from: from.clone(), outlet: Outlet::Out, to: to.clone() })
            }
            _ => None,
        }
    }
}

impl Editor {
    pub(super) fn draw_command(&mut self, draw: Draw, out: &mut Vec<Request>) -> Result<(), NotDone> {
        let mut sketch = |sketch: Sketch| out.push(Request::View(View::Sketch(sketch)));
        let session = self.session_mut();
        let selection = session.selection().clone();
        let nodes = || -> Vec<NodeId> { selection.nodes.iter().cloned().collect() };
        match draw {
            Draw::Copy => session.copied().into_iter().for_each(|text| sketch(Sketch::Copy(text))),
            Draw::Cut => {
                if let Some(text) = session.copied() {
                    session.gesture(&Gesture::Delete { nodes: nodes(), wires: Vec::new() })?;
                    sketch(Sketch::Copy(text));
                }
            }
            Draw::Paste => sketch(Sketch::Paste),
            Draw::PasteText { text, at } => {
                let at = at.unwrap_or_else(|| session.room_after(&[], &NodeKind::Snap));
                session.gesture(&Gesture::Paste { text, at })?;
            }
            Draw::Duplicate => {
                if let Some((text, (x, y))) = session.copied().zip(session.selected_corner()) {
                    session.gesture(&Gesture::Paste { text, at: (x.saturating_add(32), y.saturating_add(32)) })?;
                }
            }
            Draw::DeleteAndHeal => session.gesture(&Gesture::DeleteAndHeal(nodes()))?,
            Draw::Align(how) => session.place("Align", session.aligned(how))?,
            Draw::Distribute(axis) => session.place("Distribute", session.distributed(axis))?,
            Draw::Nudge { way, fine } => {
                let places = session.nudged(way, fine);
                if !places.is_empty() {
                    session.gesture(&Gesture::Nudge(places))?;
                }
            }
            Draw::Swap => {
                let (a, b) = session.two_branches().ok_or(NotDone::NoBranches)?;
                session.gesture(&Gesture::Swap(a, b))?;
            }
            Draw::Step { way, extend } => session.walk(session.step(way), extend, out),
            Draw::StepOntoWire(way) => session.walk(session.step_onto_wire(way), false, out),
            Draw::SetWhen(when) => {
                if let Some(wire) = selection.single_wire() {
                    session.gesture(&Gesture::SetWhen { wire: wire.clone(), when })?;
                }
            }
            Draw::Add => sketch(Sketch::Pick(match (selection.single_wire(), selection.nodes.is_empty()) {
                (Some(wire), _) => Picking::On(wire.clone()),
                (None, true) => Picking::Alone,
                (None, false) => Picking::After(nodes()),
            })),
            Draw::WireTo => sketch(Sketch::Pick(Picking::After(nodes()))),
            Draw::Reroute { head } => {
                if let Some(wire) = selection.single_wire().cloned() {
                    sketch(Sketch::Pick(if head { Picking::Head(wire) } else { Picking::Tail(wire) }));
                }
            }
            Draw::EditLabel => {
                let node = selection.single_node().cloned().map(Sketch::Name);
                let wire = || selection.single_wire().cloned().map(Sketch::Label);
                let note = || selection.single_note().cloned().map(Sketch::Note);
                let frame = || selection.single_frame().cloned().map(Sketch::FrameTitle);
                sketch(node.or_else(wire).or_else(note).or_else(frame).unwrap_or(Sketch::Head));
            }
            Draw::Frame => {
                let nodes = session.play().map(|play| selection.all_nodes(play)).unwrap_or_default();
                session.gesture(&Gesture::AddFrame(nodes.into_iter().collect()))?;
                session
                    .selection()
                    .single_frame()
                    .cloned()
                    .into_iter()
                    .for_each(|title| sketch(Sketch::FrameTitle(title)));
            }
            Draw::Collapse => {
                let titles = session.chosen_frames();
                let is_open = |title: &String| {
                    session
                        .play()
                        .is_some_and(|play| play.frames().any(|frame| frame.title == *title && !frame.collapsed))
                };
                let collapsed = titles.iter().any(is_open);
                session.gesture(&Gesture::Collapse { titles, collapsed })?;
            }
            Draw::Unframe => {
                let frames = session.chosen_frames().into_iter().collect();
                session.gesture(&Gesture::Erase(Box::new(Selection { frames, ..Selection::default() })))?;
            }
            Draw::AddNote => {
                // A node has one note before its statement: what more there is to say goes into that.
                let about = selection.single_node().cloned();
                let there = about.as_ref().and_then(|node| session.note_before(node));
                sketch(there.map_or(Sketch::NewNote(about), Sketch::Note));
            }
            Draw::Extract => session.ask_part(out)?,
            Draw::Inline => {
                if let Some(node) = selection.single_node() {
                    session.gesture(&Gesture::Inline(node.clone()))?;
                }
            }
            Draw::ToggleSnap => sketch(Sketch::ToggleSnap),
            Draw::ShowHistory => sketch(Sketch::ShowHistory),
            Draw::JumpTo(step) => session.jump_to(step),
        }
        Ok(())
    }

    /// Whether a command of drawing would do something now.
    pub(super) fn can_draw(&self, draw: &Draw) -> bool {
        let session = self.session();
        let selection = session.selection();
        let n_nodes = selection.nodes.len();
        let changes = session.play().is_some() && session.shown().is_some_and(|shown| shown.editable);
        match draw {
            Draw::Copy => n_nodes > 0,
            Draw::Cut | Draw::Duplicate | Draw::DeleteAndHeal | Draw::WireTo | Draw::Extract => changes && n_nodes > 0,
            Draw::Nudge { .. } | Draw::Frame => changes && (n_nodes > 0 || !selection.frames.is_empty()),
            Draw::Collapse | Draw::Unframe => changes && !session.chosen_frames().is_empty(),
            Draw::Inline => {
                let call = selection.single_node().and_then(|node| session.callee(node));
                changes && call.is_some()
            }
            Draw::Align(_) => changes && n_nodes > 1,
            Draw::Distribute(_) => changes && n_nodes > 2,
            Draw::Swap => changes && session.two_branches().is_some(),
            Draw::SetWhen(_) | Draw::Reroute { .. } => changes && selection.single_wire().is_some(),
            Draw::Step { .. } => session.shown().is_some(),
            Draw::StepOntoWire(_) => !selection.is_empty(),
            Draw::Paste | Draw::PasteText { .. } | Draw::Add | Draw::AddNote | Draw::EditLabel | Draw::JumpTo(_) => {
                changes
            }
            Draw::ToggleSnap | Draw::ShowHistory => true,
        }
    }
}

impl Session {
    fn place(&mut self, name: &'static str, places: Places) -> Result<(), NotDone> {
        if places.is_empty() { Ok(()) } else { self.gesture(&Gesture::Place { name, places }) }
    }

    fn walk(&mut self, to: Option<Selection>, extend: bool, out: &mut Vec<Request>) {
        let Some(mut to) = to else { return };
        let node = to.nodes.first().cloned();
        if extend {
            to.nodes.extend(self.selection().nodes.iter().cloned());
            to.wires.extend(self.selection().wires.iter().cloned());
        }
        self.select(to);
        if let Some(node) = node {
            self.set_cursor(node.clone());
            out.push(Request::View(View::Reveal(node)));
        }
    }

    /// The two selected wires, or those of the selected node that has just two for balls that went well.
    fn two_branches(&self) -> Option<(WireRef, WireRef)> {
        let selection = self.selection();
        let mut wires = selection.wires.iter();
        if let (Some(a), Some(b), None, true) = (wires.next(), wires.next(), wires.next(), selection.nodes.is_empty()) {
            return Some((a.clone(), b.clone()));
        }
        let (play, node) = (self.play()?, self.graph().find(selection.single_node()?)?);
        let fails = |wire: u32| matches!(self.graph().when(play, wire), When::Error | When::Timeout);
        let mut ways = self.graph().out(node).iter().copied().filter(|&wire| !fails(wire));
        let (a, b, more) = (ways.next()?, ways.next()?, ways.next());
        let name = |wire| super::selection::wire_name(play, self.graph(), wire);
        more.is_none().then(|| (name(a), name(b)))
    }

    /// The comments right before the statement of a node.
    fn note_before(&self, node: &NodeId) -> Option<NoteRef> {
        let stmt = self.graph().stmt_of(self.graph().find(node)?);
        let is_before = |note: &Note| note.about == Some(stmt) && matches!(note.at, NoteAt::Lines(..));
        notes(self.play()?).into_iter().find(is_before).map(|note| note.name)
    }

    fn selected_corner(&self) -> Option<(i32, i32)> {
        let cards = self.selection().nodes.iter().filter_map(|id| self.graph().find(id));
        let corners = cards.map(|node| super::place::corner(self.geometry().place_of(node)));
        corners.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)))
    }

    /// The selected nodes as text that can stand in a play.
    pub(super) fn copied(&self) -> Option<String> {
        let shown = self.shown()?;
        let (play, graph) = (shown.play, shown.graph);
        let nodes = &self.selection().nodes;
        if nodes.is_empty() {
            return None;
        }
        let geometry = self.shown_geometry()?;
        let place = |id: &NodeId| {
            let (x, y) = super::place::corner(geometry.place_of(graph.find(id)?));
            Some(Place { id: id.clone(), x, y })
        };
        let excerpt = At { item: 0, play, graph }.excerpt(nodes, nodes.iter().filter_map(place).collect());
        let text = lang::print(&Document { items: vec![Line::new(Item::Play(excerpt))] });
        // Without the head and the brace of the play: it is to stand in another one.
        let inner = text.split_once("{\n").map_or(text.as_str(), |(_, inner)| inner);
        Some(inner.trim_end().strip_suffix('}').unwrap_or(inner).to_owned())
    }
}

/// What is pasted, with a place for each node: its own, or as it is arranged; the corner of all comes to `at`.
pub(super) fn read_pasted(text: &str, at: (i32, i32)) -> Result<(Play, Places), NotDone> {
    let whole = lang::parse(text.to_owned());
    let has_play = whole.doc.plays().next().is_some();
    let source = if has_play { whole } else { lang::parse(format!("play pasted/1/play {{\n{text}\n}}\n")) };
    if let Some(wrong) = source.diagnostics.first() {
        return Err(NotDone::NotPlayText(wrong.message.clone()));
    }
    let Some((_, play)) = source.doc.plays().next() else {
        return Err(NotDone::NotPlayText("there is nothing in it".to_owned()));
    };
    let graph = Graph::new(play);
    let geometry = Geometry::new(play, &graph);
    let corners = || (0..).zip(geometry.cards()).map(|(node, _)| super::place::corner(geometry.place_of(node)));
    let (left, top) = corners().reduce(|a, b| (a.0.min(b.0), a.1.min(b.1))).unwrap_or_default();
    let places = (0u32..).zip(corners()).map(|(node, (x, y))| {
        let by = |v: i32, from: i32, to: i32| v.saturating_sub(from).saturating_add(to);
        (graph.node(play, node).id.clone(), by(x, left, at.0), by(y, top, at.1))
    });
    Ok((play.clone(), places.collect()))
}

/// The wire that waits for its condition to be written.
pub(super) fn unwritten(session: &Session) -> Option<WireRef> {
    let is_unwritten = |wire: &WireRef| {
        let number = wire_number(session.graph(), wire)?;
        Some(matches!(session.graph().when(session.play()?, number), When::If(guard) if guard.0 == "false"))
    };
    let selection = session.selection();
    let into = |node: &NodeId| {
        let node = session.graph().find(node)?;
        let wire = *session.graph().into(node).last()?;
        Some(super::selection::wire_name(session.play()?, session.graph(), wire))
    };
    let wire = selection.single_wire().cloned().or_else(|| selection.single_node().and_then(into))?;
    is_unwritten(&wire).unwrap_or(false).then_some(wire)
}
