//! The field on which a play is drawn, run and replayed: our own painting and hit test on egui's painter.
//!
//! `Canvas` holds view memory only: pan, zoom, what is hovered or dragged. All changes leave as commands.
//! Must never: do work for what cannot be seen, ask for a repaint while nothing moves. Start reading at [`Canvas::ui`].

mod access;
mod balls;
mod bench;
mod cut;
mod frames;
mod gesture;
mod grid;
mod in_place;
mod ink;
mod kept;
mod label;
mod level;
mod nodes;
mod notes;
mod paint;
mod picker;
mod rename;
mod signal;
mod sketch;
mod view;
mod wires;

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{CursorIcon, PointerButton, Pos2, Rect, Response, Sense, Shape, Ui};

pub use bench::{headless_canvas, paint_headless};
pub use nodes::{color as kind_color, icon as kind_icon, state_color, tone_color, word as state_word};
pub use view::View;

use self::gesture::Drag;
use self::kept::Kept;
use self::paint::{Marked, Paint};
use self::rename::Rename;
use crate::app::{Command, Selection, wire_number};
use crate::base::NodeId;
use crate::gui::theme::{self, Theme, motion};
use crate::play::{Graph, Play};
use crate::scene::{Binding, Frame, Geometry, Glide, Instant, Lod, Visible};

/// What the canvas shows.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub play: &'a Play,
    pub graph: &'a Graph,
    /// Changes whenever the play does.
    pub revision: u64,
    pub selection: &'a Selection,
    pub run: Option<Run<'a>>,
    /// A run is looked at, or something else forbids changes.
    pub read_only: bool,
    /// Nodes with an error.
    pub bad_nodes: &'a [NodeId],
    /// Nodes behind which a play stands.
    pub entrances: &'a [NodeId],
}

/// The instant of a run that the canvas shows.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub view: &'a crate::replay::View,
    pub time: crate::base::RunMicros,
    /// Clocks go on and waiting balls breathe: it is live, or a replay that plays.
    pub is_running: bool,
    /// Signals can be sent to it.
    pub is_live: bool,
}

/// View memory of the canvas.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the view")]
pub struct Canvas {
    view: View,
    flight: Option<Flight>,
    levels: level::Levels,
    /// Fit at the next frame; nothing has been shown yet, or the person asked.
    fit: Option<Fit>,
    shown: bool,
    geometry: Geometry,
    /// Cards on their way to where they stand in `geometry`: for the eye alone.
    gliding: Option<Gliding>,
    built_for: Option<u64>,
    binding: Binding,
    visible: Visible,
    frame: Frame,
    marked: Marked,
    drag: Drag,
    rename: Option<Rename>,
    picker: Option<picker::Picker>,
    label: Option<label::LabelEdit>,
    note: Option<notes::NoteEdit>,
    frame_title: Option<frames::TitleEdit>,
    notes_hidden: bool,
    history_open: bool,
    focused_node: Option<egui::Id>,
    /// Nodes are moved freely.
    no_snap: bool,
    /// The wire that what is dragged would come onto.
    onto: Option<u32>,
    signal: signal::SignalForm,
    wheel_in_lines: bool,
    wires: wires::Kept,
    coverage: Option<Arc<crate::scene::Counts>>,
    block_mesh: Arc<Mesh>,
    kept: Kept,
    rect: Option<Rect>,
    /// Where a node made by a key or from the palette may go.
    pointer: Option<Pos2>,
    /// A node that a row elsewhere speaks of.
    pointed: Option<NodeId>,
    /// Nodes that the end of the run had to wait for.
    underlined: Arc<[NodeId]>,
    /// The space bar was held for panning, so its release starts no run.
    pub space_used: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    AtOnce,
    Flying,
}

/// An animated change of the view.
#[derive(Clone, Copy)]
struct Flight {
    from: View,
    to: View,
    part: f32,
    secs: f32,
}

/// More cards go to their new places at once.
const MAX_GLIDING: usize = 3_000;

/// An animated change of places.
struct Gliding {
    glide: Glide,
    part: f32,
}

impl Canvas {
    /// Flies to a view of the whole play.
    pub const fn fit(&mut self) {
        self.fit = Some(Fit::Flying);
    }

    /// What scenarios reached, to be painted where no run is shown.
    pub fn cover(&mut self, coverage: Option<Arc<crate::scene::Counts>>) {
        self.coverage = coverage;
    }

    /// Another play is shown: fits at once.
    pub fn forget(&mut self) {
        let levels = std::mem::take(&mut self.levels);
        *self = Self { fit: Some(Fit::AtOnce), rect: self.rect, no_snap: self.no_snap, levels, ..Self::default() };
    }

    /// Looks at a part of the field, at once.
    pub const fn look(&mut self, at: View) {
        self.view = at;
        self.flight = None;
        self.fit = None;
    }

    pub const fn view(&self) -> View {
        self.view
    }

    /// Flies to a view.
    pub fn fly_to(&mut self, to: View) {
        self.fit = None;
        self.fly(to);
    }

    /// Everything that is drawn, in units of the scene.
    pub fn bounds(&self) -> Rect {
        let bounds = self.geometry.bounds();
        if bounds.is_nothing() { Rect::NOTHING } else { ink::rect(bounds) }
    }

    /// The cards, in units of the scene.
    pub fn card_rects(&self) -> Vec<Rect> {
        self.geometry.cards().iter().map(|card| ink::rect(card.rect)).collect()
    }

    /// Flies to a view of what is selected, and of the ends of the selected wires.
    pub fn fit_selection(&mut self, graph: &Graph, selection: &Selection) {
        let Some(rect) = self.rect else { return };
        let ends = selection.wires.iter().flat_map(|wire| [&wire.from, &wire.to]);
        let nodes = selection.nodes.iter().chain(ends).filter_map(|id| graph.find(id));
        let cards = nodes.filter_map(|node| self.geometry.cards().get(node as usize));
        let frames = self.geometry.frames().iter().filter(|frame| selection.frames.contains(&frame.title));
        let notes = self.geometry.notes().iter().filter(|note| selection.notes.contains(&note.name));
        let beside = frames.map(|frame| frame.rect).chain(notes.map(|note| note.rect));
        let all = cards.map(|card| card.rect).chain(beside);
        let bounds = all.fold(Rect::NOTHING, |bounds, rect| bounds.union(ink::rect(rect)));
        if bounds.is_positive() {
            self.fly_to(View::fitting(rect, bounds.expand(60.0)));
        }
    }

    pub fn zoom(&self) -> f32 {
        self.view.zoom
    }

    /// Zooms in the middle by `factor`; `None` is life size.
    pub fn zoom_by(&mut self, factor: Option<f32>) {
        let Some(rect) = self.rect else { return };
        let mut to = self.flight.map_or(self.view, |flight| flight.to);
        to.zoom_at(rect, rect.center(), factor.unwrap_or(1.0 / to.zoom));
        self.fly(to);
    }

    fn fly(&mut self, to: View) {
        self.flight = Some(Flight { from: self.view, to, part: 0.0, secs: motion::PANEL });
    }

    /// Brings the node into view if it is not there.
    pub fn reveal(&mut self, graph: &Graph, node: &NodeId) {
        let (Some(rect), Some(node)) = (self.rect, graph.find(node)) else { return };
        let Some(card) = self.geometry.cards().get(node as usize) else { return };
        let card = ink::rect(card.rect);
        if !self.view.seen(rect).shrink(24.0 / self.view.zoom).contains_rect(card) {
            let zoom = self.view.zoom.max(0.6);
            self.fly(View { origin: card.center() - rect.size() / zoom / 2.0, zoom });
        }
    }

    /// A free place for a new node: at the pointer over the canvas, else in the middle.
    pub fn place_for_new(&self) -> (i32, i32) {
        let rect = self.rect.unwrap_or(Rect::from_min_size(Pos2::ZERO, egui::vec2(800.0, 600.0)));
        let at = self.view.scene_from_screen(rect, self.pointer.unwrap_or(rect.center()));
        corner(grid::snapped(at - egui::vec2(64.0, 24.0)))
    }

    /// Marks a node as if the pointer were on it, in the next picture.
    pub fn point_out(&mut self, node: Option<&NodeId>) {
        self.pointed = node.cloned();
    }

    /// Marks nodes by a line below their cards.
    pub fn underline(&mut self, nodes: Arc<[NodeId]>) {
        self.underlined = nodes;
    }

    /// The node under the pointer.
    pub fn hovered(&self, session: &crate::app::Session) -> Option<NodeId> {
        self.pointer?;
        let shown = session.shown()?;
        let node = self.marked.hover_node.filter(|node| (*node as usize) < shown.graph.n_nodes())?;
        Some(shown.graph.node(shown.play, node).id.clone())
    }

    /// The pointer is over the canvas.
    pub const fn has_pointer(&self) -> bool {
        self.pointer.is_some()
    }

    /// Starts renaming a node in place.
    pub fn start_rename(&mut self, subject: &Subject<'_>, node: &NodeId) {
        self.rename = Rename::start(subject, node);
    }

    /// Something is dragged or typed on the canvas, which Escape cancels.
    pub fn is_busy(&self) -> bool {
        !matches!(self.drag, Drag::None)
            || self.rename.is_some()
            || self.signal.is_open()
            || self.picker.is_some()
            || self.label.is_some()
            || self.note.is_some()
            || self.frame_title.is_some()
    }

    /// A node has the focus.
    pub fn has_focus(&self, ctx: &egui::Context) -> bool {
        self.focused_node.is_some_and(|node| ctx.memory(|memory| memory.has_focus(node)))
    }

    pub fn ui(&mut self, ui: &mut Ui, subject: &Subject<'_>, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        let rect = ui.available_rect_before_wrap();
        let response = ui.interact(rect, ui.scope_id().with("field"), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Canvas"));
        self.rect = Some(rect);
        self.sync(ui.ctx(), subject);
        self.settle_view(ui, rect);
        self.settle_cards(ui);
        self.pointer = response.hover_pos().or_else(|| response.interact_pointer_pos().filter(|at| rect.contains(*at)));
        self.navigate(ui, &response, rect);
        self.gestures(ui, &response, subject, out);
        self.mark(subject, &response);

        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 0.0, theme.field);
        painter.add(grid::shape(theme, rect, &self.view));
        let time = ui.input(|input| input.time);
        let lod = self.picture(subject, rect, time, theme, &painter);
        self.paint_underlined(subject, rect, theme, &painter);
        self.overlays(ui, subject, theme, lod, out);
        let had_focus = self.has_focus(ui.ctx());
        let (geometry, visible, frame) = (&self.geometry, &self.visible, &self.frame);
        let node = access::nodes(ui, subject, geometry, visible, frame, had_focus, self.view, rect, out);
        let seen = (self.view, rect);
        let note = notes::access(ui, subject, geometry, visible.rect, seen, had_focus, out);
        let frame = frames::access(ui, subject, geometry, visible.rect, seen, had_focus, out);
        self.focused_node = note.or(frame).or(node);
        self.note_hint(&response);
        self.cursor(ui, &response);
        self.ask_repaint(ui, subject);
    }

    /// Rebuilds what depends on the play, if the play has changed.
    fn sync(&mut self, ctx: &egui::Context, subject: &Subject<'_>) {
        if self.built_for == Some(subject.revision) {
            return;
        }
        let old = std::mem::replace(&mut self.geometry, Geometry::new(subject.play, subject.graph));
        self.geometry.hide_notes(self.notes_hidden);
        let glides = self.built_for.is_some() && old.cards().len() <= MAX_GLIDING && !theme::is_still(ctx);
        let glide = if glides { Glide::new(&old, &self.geometry) } else { None };
        self.gliding = glide.map(|glide| Gliding { glide, part: 0.0 });
        self.built_for = Some(subject.revision);
        self.binding = Binding::default();
        self.drag = Drag::None;
        self.onto = None;
        if let Some(rename) = &self.rename
            && subject.graph.find(&rename.node).is_none()
        {
            self.rename = None;
        }
    }

    /// Places are taken from the document again: what was dragged goes back.
    fn undo_drag(&mut self) {
        self.built_for = None;
        self.drag = Drag::None;
        self.onto = None;
    }

    fn settle_view(&mut self, ui: &Ui, rect: Rect) {
        if !std::mem::replace(&mut self.shown, true) && self.fit.is_none() {
            self.fit = Some(Fit::AtOnce);
        }
        if let Some(fit) = self.fit.take() {
            let bounds = self.geometry.bounds();
            let bounds = if bounds.is_nothing() { Rect::NOTHING } else { ink::rect(bounds).expand(12.0) };
            let to = View::fitting(rect, bounds);
            match fit {
                Fit::AtOnce if self.arrive(rect, to) => {}
                Fit::AtOnce => self.view = to,
                Fit::Flying => self.fly(to),
            }
        }
        if let Some(flight) = &mut self.flight {
            let step = ui.input(|input| input.stable_dt).min(0.1) / flight.secs;
            flight.part = if theme::is_still(ui.ctx()) { 1.0 } else { (flight.part + step).min(1.0) };
            let eased = 1.0 - (1.0 - flight.part).powi(3);
            self.view = flight.from.towards(flight.to, eased);
            if flight.part >= 1.0 {
                self.view = flight.to;
                self.flight = None;
            }
            ui.ctx().request_repaint();
        }
    }

    fn settle_cards(&mut self, ui: &Ui) {
        let Some(gliding) = &mut self.gliding else { return };
        gliding.part += ui.input(|input| input.stable_dt).min(0.1) / motion::PANEL;
        if gliding.part >= 1.0 || !matches!(self.drag, Drag::None) {
            self.gliding = None;
            return;
        }
        gliding.glide.go_to(1.0 - (1.0 - gliding.part).powi(3));
        ui.ctx().request_repaint();
    }

    /// Wheel, pinch and the panning buttons.
    fn navigate(&mut self, ui: &Ui, response: &Response, rect: Rect) {
        if response.dragged_by(PointerButton::Middle) || response.dragged_by(PointerButton::Secondary) {
            self.flight = None;
            self.view.pan(response.drag_delta());
        }
        let Some(at) = response.hover_pos() else { return };
        let (scroll, pinch, lines, shift) = ui.input(|input| {
            let lines = input.events.iter().rev().find_map(|event| match event {
                egui::Event::MouseWheel { unit, .. } => Some(*unit != egui::MouseWheelUnit::Point),
                _ => None,
            });
            (input.smooth_scroll_delta(), input.zoom_delta(), lines, input.modifiers.shift)
        });
        self.wheel_in_lines = lines.unwrap_or(self.wheel_in_lines);
        if (pinch - 1.0).abs() > 1e-4 {
            self.flight = None;
            self.view.zoom_at(rect, at, pinch);
        } else if scroll != egui::Vec2::ZERO {
            self.flight = None;
            // A wheel zooms, as in other node editors; a touchpad, and a wheel with shift, pan.
            if self.wheel_in_lines && !shift {
                self.view.zoom_at(rect, at, (scroll.y * 0.004).exp());
            } else {
                self.view.pan(scroll);
            }
        }
    }

    /// Brings `marked` up to date with the selection, the pointer and the drag.
    fn mark(&mut self, subject: &Subject<'_>, response: &Response) {
        let marked = &mut self.marked;
        let graph = subject.graph;
        marked.nodes.clear();
        marked.nodes.extend(subject.selection.nodes.iter().filter_map(|id| graph.find(id)));
        marked.frames.clear();
        if !self.geometry.frames().is_empty() {
            let geometry = &self.geometry;
            let frames = geometry.frames().iter().zip(0..);
            let selected = frames.filter(|(frame, _)| subject.selection.frames.contains(&frame.title));
            marked.frames.extend(selected.map(|(_, number)| number));
            marked.nodes.iter_mut().for_each(|node| *node = Self::shown_as(geometry, *node));
            marked.nodes.extend(marked.frames.iter().filter_map(|frame| geometry.card_of_frame(*frame)));
        }
        marked.nodes.sort_unstable();
        marked.nodes.dedup();
        marked.wires.clear();
        marked.wires.extend(subject.selection.wires.iter().filter_map(|wire| wire_number(graph, wire)));
        marked.wires.sort_unstable();
        marked.notes.clear();
        if !subject.selection.notes.is_empty() {
            let notes = self.geometry.notes().iter().zip(0..);
            let selected = notes.filter(|(note, _)| subject.selection.notes.contains(&note.name));
            marked.notes.extend(selected.map(|(_, number)| number));
        }
        marked.bad_nodes.clear();
        let bad = subject.bad_nodes.iter().filter_map(|id| graph.find(id));
        marked.bad_nodes.extend(bad.map(|node| Self::shown_as(&self.geometry, node)));
        marked.bad_nodes.sort_unstable();
        marked.entrances.clear();
        marked.entrances.extend(subject.entrances.iter().filter_map(|id| graph.find(id)));
        marked.entrances.sort_unstable();
        let hit = match (&self.drag, self.pointer, self.rect) {
            (Drag::None | Drag::Wire(_) | Drag::End(_), Some(at), Some(rect)) if response.contains_pointer() => {
                let at = self.view.scene_from_screen(rect, at);
                self.geometry.hit(ink::point(at), self.view.zoom)
            }
            _ => crate::scene::Hit::Empty,
        };
        self.drag.mark(hit, marked);
        if let Some(node) = marked.hover_frame.and_then(|frame| self.geometry.card_of_frame(frame)) {
            marked.hover_node = Some(node);
        }
        if let Some(pointed) = self.pointed.as_ref().filter(|_| self.pointer.is_none()) {
            marked.hover_node = graph.find(pointed);
        }
        if let Some(onto) = self.onto {
            marked.hover_wire = Some(onto);
        }
        if let Drag::Cut(cut) = &self.drag {
            marked.wires.clone_from(&cut.wires);
            marked.wires.sort_unstable();
        }
    }

    /// Paints what can be seen; the level of detail that it was painted at.
    fn picture(
        &mut self,
        subject: &Subject<'_>,
        rect: Rect,
        time: f64,
        theme: &'static Theme,
        painter: &egui::Painter,
    ) -> Lod {
        let geometry = self.gliding.as_ref().map_or(&self.geometry, |gliding| gliding.glide.shown());
        geometry.visible(ink::scene_rect(self.view.seen(rect).expand(12.0)), &mut self.visible);
        let lod = Lod::at(self.view.zoom, self.visible.nodes.len());
        if let Some(run) = subject.run {
            self.binding.update(geometry, subject.graph, run.view);
        }
        let instant = subject.run.map(|run| Instant { view: run.view, binding: &self.binding, time: run.time });
        self.frame.build(geometry, instant, &self.visible, lod);
        if let (None, Some(coverage)) = (instant, &self.coverage) {
            self.frame.cover(coverage, &self.visible, lod);
        }
        let paint = Paint {
            theme,
            canvas: rect,
            view: self.view,
            lod,
            geometry,
            visible: &self.visible,
            frame: &self.frame,
            marked: &self.marked,
            time: if subject.run.is_some_and(|run| run.is_running) { time } else { 0.0 },
        };
        // Nodes that are dragged or glide take their wires along.
        let rests = matches!(self.drag, Drag::None) && self.gliding.is_none();
        let revision = self.built_for.filter(|_| rests);
        frames::paint(&paint, painter);
        self.wires.paint(&paint, painter, revision);
        notes::paint(&paint, painter);
        if lod == Lod::Block {
            nodes::blocks(&paint, ink::emptied(&mut self.block_mesh));
            painter.add(Shape::Mesh(Arc::clone(&self.block_mesh)));
        } else {
            self.kept.begin(&paint, painter.ctx(), self.built_for);
            nodes::cards(&paint, painter, &mut self.kept);
        }
        if lod == Lod::Full {
            wires::chips(&paint, painter);
            wires::missed(&paint, painter);
        }
        if let Some((curve, valid)) =
            self.drag.loose_wire(geometry, self.pointer.map(|at| self.view.scene_from_screen(rect, at)))
        {
            wires::loose(&paint, painter, &curve, valid);
        }
        balls::paint(&paint, painter);
        lod
    }

    fn paint_underlined(&self, subject: &Subject<'_>, rect: Rect, theme: &Theme, painter: &egui::Painter) {
        for node in self.underlined.iter().filter_map(|id| subject.graph.find(id)) {
            let Some(card) = self.geometry.cards().get(node as usize) else { continue };
            let card = ink::rect(card.rect);
            let at = |corner| self.view.screen_from_scene(rect, corner);
            let card = Rect::from_min_max(at(card.min), at(card.max));
            let line = Rect::from_min_max(card.left_bottom() + egui::vec2(4.0, 2.0), card.max + egui::vec2(-4.0, 5.0));
            painter.rect_filled(line, 1.5, theme.accent);
        }
    }

    fn overlays(&mut self, ui: &mut Ui, subject: &Subject<'_>, theme: &Theme, lod: Lod, out: &mut Vec<Command>) {
        let Some(rect) = self.rect else { return };
        self.drag.paint_box(ui, theme, self.view, rect, self.pointer);
        self.paint_hints(ui, theme, rect);
        if lod == Lod::Full {
            self.signal.ui(ui, subject, &self.geometry, &self.frame, self.view, rect, out);
        }
        if let Some(rename) = &mut self.rename {
            let done = rename.ui(ui, subject, &self.geometry, self.view, rect, out);
            if done {
                self.rename = None;
            }
        }
    }

    fn cursor(&self, ui: &Ui, response: &Response) {
        if !response.contains_pointer() && !response.dragged() {
            return;
        }
        let icon = match &self.drag {
            _ if response.dragged_by(PointerButton::Middle) || response.dragged_by(PointerButton::Secondary) => {
                CursorIcon::Grabbing
            }
            Drag::Pan => CursorIcon::Grabbing,
            Drag::Move(_) | Drag::Note(_) => CursorIcon::Move,
            Drag::Wire(_) | Drag::Cut(_) | Drag::End(_) => CursorIcon::Crosshair,
            Drag::Box(_) => CursorIcon::Default,
            Drag::None if self.marked.hover_port.is_some() => CursorIcon::Crosshair,
            Drag::None if self.marked.hovers() => CursorIcon::PointingHand,
            Drag::None => return,
        };
        ui.ctx().set_cursor_icon(icon);
    }

    fn ask_repaint(&self, ui: &Ui, subject: &Subject<'_>) {
        let Some(run) = subject.run.filter(|run| run.is_running) else { return };
        if self.frame.is_moving {
            ui.ctx().request_repaint();
        } else if !self.frame.balls.is_empty() || self.frame.has_clocks {
            // Spinners, clocks and breath need fewer pictures than a glide.
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(if run.is_live { 40 } else { 33 }));
        }
    }
}

/// A top-left corner as the layout block keeps it.
#[expect(clippy::cast_possible_truncation, reason = "float casts saturate")]
fn corner(at: Pos2) -> (i32, i32) {
    (at.x.round() as i32, at.y.round() as i32)
}
