//! Drags on the canvas: a selection box, nodes on the move, a wire from a port, the field itself.

use egui::{Key, Modifiers, PointerButton, Pos2, Rect, Response, Stroke, StrokeKind, Ui};

use super::cut::{CutDrag, EndDrag, loose_node_onto};
use super::paint::{DrawingTo, Marked};
use super::picker::Picker;
use super::view::View;
use super::{Canvas, Subject, corner, grid, ink};
use crate::app::{Command, Gesture, Picking, Selection, Wired, wire_name};
use crate::gui::palette::Dragged;
use crate::gui::theme::{self, Theme};
use crate::play::ops::Outlet;
use crate::play::{Graph, Node, NodeKind, Options};
use crate::scene::{Cubic, Geometry, Hit};

#[derive(Clone, Debug, Default)]
pub enum Drag {
    #[default]
    None,
    Pan,
    Box(BoxDrag),
    Move(MoveDrag),
    Wire(WireDrag),
    Cut(CutDrag),
    End(EndDrag),
    Note(NoteDrag),
}

#[derive(Clone, Copy, Debug)]
pub struct NoteDrag {
    note: u32,
    grab: Pos2,
    /// Its top-left corner at the start.
    start: Pos2,
    moved: bool,
}

/// In units of the scene.
#[derive(Clone, Debug)]
pub struct BoxDrag {
    from: Pos2,
    /// What was selected before, kept with shift.
    base: Selection,
    /// What lies in the box leaves the selection.
    removes: bool,
}

#[derive(Clone, Debug)]
pub struct MoveDrag {
    /// Where the pointer went down, in units.
    grab: Pos2,
    /// The node under the pointer; the others keep their distance to it.
    lead: u32,
    /// Top-left corners at the start.
    starts: Vec<(u32, Pos2)>,
    moved: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct WireDrag {
    node: u32,
    /// From the port at the right.
    forward: bool,
    /// The node that would take it.
    over: Option<u32>,
}

impl MoveDrag {
    pub const fn lead(&self) -> u32 {
        self.lead
    }
}

impl Drag {
    /// What is under the pointer, as marks.
    pub fn mark(&mut self, hit: Hit, marked: &mut Marked) {
        (marked.hover_node, marked.hover_wire, marked.hover_port, marked.drawing_to) = (None, None, None, None);
        (marked.hover_note, marked.hover_frame) = (None, None);
        match hit {
            Hit::PortIn(node) => marked.hover_port = Some((node, false)),
            Hit::PortOut(node) => marked.hover_port = Some((node, true)),
            Hit::Node(node) => marked.hover_node = Some(node),
            Hit::Chip(wire) | Hit::Wire(wire) => marked.hover_wire = Some(wire),
            Hit::Note(note) => marked.hover_note = Some(note),
            Hit::Frame(frame) => marked.hover_frame = Some(frame),
            Hit::Empty => {}
        }
        if let Self::End(end) = self {
            end.over = match hit {
                Hit::Node(node) | Hit::PortIn(node) | Hit::PortOut(node) => Some(node),
                _ => None,
            };
        }
        if let Self::Wire(wire) = self {
            marked.drawing_to = Some(DrawingTo { from: wire.node, forward: wire.forward });
            wire.over = match hit {
                Hit::Node(node) | Hit::PortIn(node) | Hit::PortOut(node) if node != wire.node => Some(node),
                _ => None,
            };
            marked.hover_wire = None;
            marked.hover_port = wire.over.map(|node| (node, !wire.forward));
        }
    }

    /// The wire that is being drawn, and whether it ends at a node that takes it.
    pub fn loose_wire(&self, geometry: &Geometry, pointer: Option<Pos2>) -> Option<(Cubic, bool)> {
        let Self::Wire(wire) = self else { return None };
        let card = geometry.cards().get(wire.node as usize)?;
        let over = wire.over.map(|node| geometry.card(node)).filter(|card| takes(wire.forward, card));
        let pointer = ink::point(pointer?);
        let curve = if wire.forward {
            geometry.loose_wire(card.port_out(), over.map_or(pointer, crate::scene::Card::port_in))
        } else {
            geometry.loose_wire(over.map_or(pointer, crate::scene::Card::port_out), card.port_in())
        };
        Some((curve, over.is_some()))
    }

    pub fn paint_box(&self, ui: &Ui, theme: &Theme, view: View, canvas: Rect, pointer: Option<Pos2>) {
        let (Self::Box(drag), Some(pointer)) = (self, pointer) else { return };
        let rect = Rect::from_two_pos(view.screen_from_scene(canvas, drag.from), pointer);
        let fill = theme::mix(egui::Color32::TRANSPARENT, theme.accent, 0.1);
        ui.painter_at(canvas).rect(rect, 3.0, fill, Stroke::new(1.0, theme.accent), StrokeKind::Inside);
    }
}

const fn takes(forward: bool, card: &crate::scene::Card) -> bool {
    if forward { card.has_port_in } else { card.has_port_out }
}

impl Canvas {
    /// Turns the pointer's doings into drags and commands.
    pub(super) fn gestures(&mut self, ui: &Ui, response: &Response, subject: &Subject<'_>, out: &mut Vec<Command>) {
        let Some(rect) = self.rect else { return };
        let modifiers = ui.input(|input| input.modifiers);
        if self.is_dragging() && ui.input(|input| input.key_pressed(Key::Escape)) {
            self.undo_drag();
            self.sync(ui.ctx(), subject);
            return;
        }
        if response.drag_started_by(PointerButton::Primary)
            && let Some(origin) = ui.input(|input| input.pointer.press_origin())
        {
            self.flight = None;
            let at = self.view.scene_from_screen(rect, origin);
            let panning = ui.input(|input| input.key_down(Key::Space));
            self.space_used |= panning;
            self.drag = if panning { Drag::Pan } else { self.start_drag(subject, at, modifiers, out) };
        }
        if response.dragged_by(PointerButton::Primary)
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let at = self.view.scene_from_screen(rect, pointer);
            self.drag_to(response, subject, at, modifiers, out);
        }
        if response.drag_stopped_by(PointerButton::Primary) {
            self.drop(subject, out);
        }
        if response.clicked()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let at = self.view.scene_from_screen(rect, pointer);
            self.click(subject, at, modifiers, out);
        }
        if response.double_clicked()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let at = self.view.scene_from_screen(rect, pointer);
            if let Hit::Frame(frame) = self.hit(at)
                && let Some(title) = self.title_of(frame)
            {
                if self.geometry.card_of_frame(frame).is_some() {
                    out.push(Command::Edit(Gesture::Collapse { titles: vec![title], collapsed: false }));
                } else {
                    self.edit_frame_title(title);
                }
                return;
            }
            match self.hit(self.view.scene_from_screen(rect, pointer)) {
                Hit::Node(node) if self.marked.is_entrance(node) => {
                    out.push(Command::Enter(Some(subject.graph.node(subject.play, node).id.clone())));
                }
                _ if subject.read_only => {}
                Hit::Node(node) => {
                    let id = subject.graph.node(subject.play, node).id.clone();
                    self.start_rename(subject, &id);
                }
                Hit::Chip(wire) | Hit::Wire(wire) => {
                    self.edit_label(subject, wire_name(subject.play, subject.graph, wire));
                }
                Hit::Empty => self.picker = Some(Picker::new(Picking::Alone, pointer, Some(self.place_for_new()))),
                Hit::Note(note) => {
                    if let Some(note) = self.geometry.notes().get(note as usize) {
                        self.edit_note(note.name.clone());
                    }
                }
                Hit::PortIn(_) | Hit::PortOut(_) | Hit::Frame(_) => {}
            }
        }
        self.take_from_palette(ui, response, subject, rect, out);
    }

    const fn is_dragging(&self) -> bool {
        !matches!(self.drag, Drag::None)
    }

    fn hit(&self, at: Pos2) -> Hit {
        self.geometry.hit(ink::point(at), self.view.zoom)
    }

    fn start_drag(&mut self, subject: &Subject<'_>, at: Pos2, modifiers: Modifiers, out: &mut Vec<Command>) -> Drag {
        match self.hit(at) {
            Hit::PortOut(node) if !subject.read_only => Drag::Wire(WireDrag { node, forward: true, over: None }),
            Hit::PortIn(node) if !subject.read_only => Drag::Wire(WireDrag { node, forward: false, over: None }),
            Hit::Node(node) | Hit::PortIn(node) | Hit::PortOut(node) => {
                let id = &subject.graph.node(subject.play, node).id;
                let mut selection = subject.selection.clone();
                if !selection.nodes.contains(id) {
                    if !adds(modifiers) {
                        selection = Selection::default();
                    }
                    selection.nodes.insert(id.clone());
                    out.push(Command::Select(selection.clone()));
                }
                if subject.read_only {
                    return Drag::None;
                }
                self.start_move(subject, &selection, node, at)
            }
            Hit::Frame(frame) => {
                let Some(title) = self.title_of(frame) else { return Drag::None };
                let mut selection = subject.selection.clone();
                if !selection.frames.contains(&title) {
                    if !adds(modifiers) {
                        selection = Selection::default();
                    }
                    selection.frames.insert(title);
                    out.push(Command::Select(selection.clone()));
                }
                let first = self.geometry.frames().get(frame as usize).and_then(|frame| frame.nodes.first().copied());
                let lead = self.geometry.card_of_frame(frame).or(first);
                match lead.filter(|_| !subject.read_only) {
                    Some(lead) => self.start_move(subject, &selection, lead, at),
                    None => Drag::None,
                }
            }
            _ if modifiers.alt && !subject.read_only => Drag::Cut(CutDrag::start(at)),
            Hit::Note(number) if !adds(modifiers) => {
                let Some(note) = self.geometry.notes().get(number as usize) else { return Drag::None };
                if !subject.selection.notes.contains(&note.name) {
                    out.push(Command::Select(Selection::note(note.name.clone())));
                }
                if subject.read_only {
                    return Drag::None;
                }
                Drag::Note(NoteDrag { note: number, grab: at, start: ink::pos(note.rect.min), moved: false })
            }
            Hit::Wire(wire) if !subject.read_only && self.end_at(wire, at).is_some() => {
                Drag::End(EndDrag::new(wire, self.end_at(wire, at) == Some(true)))
            }
            Hit::Chip(_) | Hit::Wire(_) | Hit::Note(_) | Hit::Empty => {
                let base = if adds(modifiers) { subject.selection.clone() } else { Selection::default() };
                Drag::Box(BoxDrag { from: at, base, removes: modifiers.command })
            }
        }
    }

    /// Everything that is selected goes along, and what is in selected frames.
    fn start_move(&self, subject: &Subject<'_>, selection: &Selection, lead: u32, at: Pos2) -> Drag {
        let nodes = selection.all_nodes(subject.play);
        let moved = nodes.iter().filter_map(|id| subject.graph.find(id));
        let starts = moved.map(|node| (node, ink::pos(self.geometry.card(node).rect.min))).collect();
        Drag::Move(MoveDrag { grab: at, lead, starts, moved: false })
    }

    fn drag_to(
        &mut self,
        response: &Response,
        subject: &Subject<'_>,
        at: Pos2,
        modifiers: Modifiers,
        out: &mut Vec<Command>,
    ) {
        match &mut self.drag {
            Drag::None | Drag::Wire(_) | Drag::End(_) => {}
            Drag::Cut(cut) => cut.to(&self.geometry, at),
            Drag::Note(drag) => {
                let wanted = drag.start + (at - drag.grab);
                let to = if modifiers.alt || self.no_snap { wanted.round() } else { grid::snapped(wanted) };
                drag.moved |= to != drag.start;
                self.geometry.move_note(drag.note, ink::point(to));
            }
            Drag::Pan => self.view.pan(response.drag_delta()),
            Drag::Box(drag) => {
                let selection = boxed(&self.geometry, subject, drag, at);
                if selection != *subject.selection {
                    out.push(Command::Select(selection));
                }
            }
            Drag::Move(drag) => {
                let Some((_, lead_start)) = drag.starts.iter().find(|(node, _)| *node == drag.lead) else { return };
                let wanted = *lead_start + (at - drag.grab);
                let to = if modifiers.alt || self.no_snap {
                    wanted.round()
                } else {
                    place(&self.geometry, drag.lead, wanted)
                };
                let by = to - *lead_start;
                drag.moved |= by != egui::Vec2::ZERO;
                let places: Vec<_> = drag.starts.iter().map(|(node, start)| (*node, ink::point(*start + by))).collect();
                self.geometry.move_nodes(subject.graph, &places);
                self.onto = match drag.starts.as_slice() {
                    [(node, _)] => loose_node_onto(&self.geometry, subject.graph, *node),
                    _ => None,
                };
            }
        }
    }

    fn drop(&mut self, subject: &Subject<'_>, out: &mut Vec<Command>) {
        let id = |node: u32| subject.graph.node(subject.play, node).id.clone();
        match std::mem::take(&mut self.drag) {
            Drag::None | Drag::Pan | Drag::Box(_) => {}
            Drag::Note(drag) => {
                if let Some(note) = self.geometry.notes().get(drag.note as usize).filter(|_| drag.moved) {
                    let to = Some(corner(ink::pos(note.rect.min)));
                    out.push(Command::Edit(Gesture::MoveNote { note: note.name.clone(), to }));
                }
            }
            Drag::Cut(cut) => {
                let wires: Vec<_> =
                    cut.wires.iter().map(|&wire| wire_name(subject.play, subject.graph, wire)).collect();
                if !wires.is_empty() {
                    out.push(Command::Edit(Gesture::Delete { nodes: Vec::new(), wires }));
                }
            }
            Drag::End(end) => {
                let wire = wire_name(subject.play, subject.graph, end.wire);
                if let Some(over) = end.over {
                    out.push(Command::Edit(if end.head {
                        Gesture::RerouteHead { wire, to: id(over) }
                    } else {
                        Gesture::RerouteTail { wire, from: id(over) }
                    }));
                }
            }
            Drag::Move(drag) => {
                if let (Some(onto), [(node, _)]) = (self.onto.take(), drag.starts.as_slice()) {
                    let wire = wire_name(subject.play, subject.graph, onto);
                    let at = corner(ink::pos(self.geometry.card(*node).rect.min));
                    out.push(Command::Edit(Gesture::Splice { node: id(*node), wire, at }));
                } else if drag.moved {
                    let moves = drag.starts.iter().map(|(node, _)| {
                        let (x, y) = corner(ink::pos(self.geometry.place_of(*node)));
                        (id(*node), x, y)
                    });
                    out.push(Command::Edit(Gesture::Move(moves.collect())));
                }
            }
            Drag::Wire(wire) => {
                let Some(over) = wire.over.filter(|over| takes(wire.forward, self.geometry.card(*over))) else {
                    if wire.over.is_none() {
                        self.pick_at_pointer(wire.forward, &id(wire.node));
                    }
                    return;
                };
                let (from, to) = if wire.forward { (wire.node, over) } else { (over, wire.node) };
                let (from, to) = (id(from), id(to));
                out.push(Command::Edit(Gesture::Connect { from, outlet: Outlet::Out, to }));
            }
        }
    }

    fn click(&mut self, subject: &Subject<'_>, at: Pos2, modifiers: Modifiers, out: &mut Vec<Command>) {
        if !adds(modifiers)
            && let Some(ball) = self.frame.ball_at(ink::point(at))
        {
            out.push(Command::LookAt(Some(ball)));
            return;
        }
        let mut selection = if adds(modifiers) { subject.selection.clone() } else { Selection::default() };
        match self.hit(at) {
            Hit::Node(node) | Hit::PortIn(node) | Hit::PortOut(node) => {
                let id = subject.graph.node(subject.play, node).id.clone();
                if !(modifiers.command && selection.nodes.remove(&id)) {
                    selection.nodes.insert(id);
                }
            }
            Hit::Chip(wire) | Hit::Wire(wire) => {
                let wire = wire_name(subject.play, subject.graph, wire);
                if !(modifiers.command && selection.wires.remove(&wire)) {
                    selection.wires.insert(wire);
                }
            }
            Hit::Frame(frame) => {
                let Some(title) = self.title_of(frame) else { return };
                if !(modifiers.command && selection.frames.remove(&title)) {
                    selection.frames.insert(title);
                }
            }
            Hit::Note(note) => {
                let Some(note) = self.geometry.notes().get(note as usize) else { return };
                if !(modifiers.command && selection.notes.remove(&note.name)) {
                    selection.notes.insert(note.name.clone());
                }
            }
            Hit::Empty => {}
        }
        if selection != *subject.selection {
            out.push(Command::Select(selection));
        }
    }

    /// What is dragged from the palette becomes a node where it is let go.
    fn take_from_palette(
        &mut self,
        ui: &Ui,
        response: &Response,
        subject: &Subject<'_>,
        rect: Rect,
        out: &mut Vec<Command>,
    ) {
        if matches!(self.drag, Drag::None) && !egui::DragAndDrop::has_any_payload(ui.ctx()) {
            self.onto = None;
            return;
        }
        let (Some(pointer), false) = (ui.input(|input| input.pointer.latest_pos()), subject.read_only) else { return };
        if !rect.contains(pointer) {
            return;
        }
        let at = grid::snapped(self.view.scene_from_screen(rect, pointer) - egui::vec2(80.0, 24.0));
        if response.dnd_hover_payload::<Dragged>().is_some() {
            let theme = Theme::of(ui.ctx());
            let size = egui::vec2(170.0, 50.0) * self.view.zoom;
            let ghost = Rect::from_min_size(self.view.screen_from_scene(rect, at), size);
            let fill = theme::mix(egui::Color32::TRANSPARENT, theme.accent, 0.12);
            let painter = ui.painter_at(rect);
            self.onto = self.geometry.wire_at(ink::point(self.view.scene_from_screen(rect, pointer)), 16.0);
            painter.rect(ghost, 10.0 * self.view.zoom, fill, Stroke::new(1.2, theme.accent), StrokeKind::Inside);
        }
        if let Some(dragged) = response.dnd_release_payload::<Dragged>() {
            let kind = dragged.kind.clone();
            let onto = self.onto.take().filter(|_| !matches!(kind, NodeKind::Snap | NodeKind::Pass(_)));
            let id = crate::play::ops::fresh_id(subject.graph, &kind);
            let node = Box::new(Node { id, kind, options: Options::default() });
            let wired = onto.map_or(Wired::Alone, |wire| Wired::On(wire_name(subject.play, subject.graph, wire)));
            out.push(Command::Edit(Gesture::Insert { node, at: corner(at), wired }));
        }
    }
}

const fn adds(modifiers: Modifiers) -> bool {
    modifiers.shift || modifiers.command
}

/// The grid, and then whatever the scene lines up with.
fn place(geometry: &Geometry, lead: u32, wanted: Pos2) -> Pos2 {
    ink::pos(geometry.snapped(lead, ink::point(wanted)))
}

fn boxed(geometry: &Geometry, subject: &Subject<'_>, drag: &BoxDrag, at: Pos2) -> Selection {
    let mut selection = drag.base.clone();
    let within = geometry.nodes_within(crate::scene::Rect::of_corners(ink::point(drag.from), ink::point(at)));
    let graph: &Graph = subject.graph;
    for frame in within.iter().filter_map(|node| geometry.frame_around(*node)) {
        let title = &geometry.frames()[frame as usize].title;
        if drag.removes {
            selection.frames.remove(title);
        } else {
            selection.frames.insert(title.clone());
        }
    }
    let boxed = within.into_iter().filter(|node| geometry.frame_around(*node).is_none());
    let boxed = boxed.map(|node| graph.node(subject.play, node).id.clone());
    if drag.removes {
        for id in boxed {
            selection.nodes.remove(&id);
        }
    } else {
        selection.nodes.extend(boxed);
    }
    selection
}
