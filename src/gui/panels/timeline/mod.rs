//! The run over time: transport, the slider, and a row of bars for each node.

mod gantt;
mod scale;
mod slider;
mod transport;

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Align2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use self::scale::{Scale, float};
pub use self::slider::color as event_color;
use self::transport::JumpField;
use crate::app::{Command, Editor, Selection, Watch, Zoom};
use crate::base::NodeId;
use crate::gui::theme::{self, Theme};
use crate::gui::widgets::text_at;
use crate::replay::Leg;

const LABELS: f32 = 120.0;
const RULER: f32 = 20.0;
const STRIP: f32 = 34.0;

#[derive(Default)]
pub struct TimelinePanel {
    window: scale::Window,
    picture: slider::Picture,
    jump: JumpField,
    shows_critical: bool,
    critical: Critical,
    /// The run that is shown, by its events: another one is shown whole.
    shown: Option<crate::base::RunId>,
    selected: Option<NodeId>,
    /// The node whose row is under the pointer.
    pub hovered: Option<NodeId>,
}

/// The chain that the end of the run had to wait for. Kept until there are more events.
#[derive(Default)]
struct Critical {
    made_for: Option<(Option<crate::base::RunId>, usize)>,
    legs: Vec<Leg>,
    nodes: Arc<[NodeId]>,
}

impl TimelinePanel {
    /// `pointed` is the node under the pointer on the canvas.
    pub fn ui(&mut self, ui: &mut Ui, editor: &Editor, pointed: Option<&NodeId>, out: &mut Vec<Command>) {
        let session = editor.session();
        ui.take_available_space();
        ui.add_space(9.0);
        self.hovered = None;
        if let Some(watch) = session.watch() {
            self.look_at(watch);
        }
        transport::ui(ui, editor, &mut self.jump, self.shows_critical.then_some(&self.critical.legs), out);
        ui.add_space(2.0);
        let Some(watch) = session.watch() else {
            empty(ui);
            return;
        };
        self.chart(ui, watch, session.selection(), pointed, out);
    }

    pub const fn toggle_critical(&mut self) {
        self.shows_critical = !self.shows_critical;
    }

    /// The nodes that the end of the run had to wait for, if they are to be shown.
    pub fn critical_nodes(&self, watch: Option<&Watch>) -> Arc<[NodeId]> {
        let is_shown = watch.is_some_and(|watch| self.shown.as_ref() == watch.run()) && self.shows_critical;
        if is_shown { Arc::clone(&self.critical.nodes) } else { Arc::default() }
    }

    pub const fn ask_where(&mut self) {
        self.jump.focus();
    }

    pub fn zoom(&mut self, zoom: Zoom, watch: &Watch) {
        let playhead = watch.film().axis(watch.playback().is_folded()).place(float(watch.playback().time()));
        self.window.command(zoom, playhead, scale::length(watch));
    }

    fn look_at(&mut self, watch: &Watch) {
        if self.shown.as_ref() != watch.run() {
            self.shown = watch.run().cloned();
            self.window.whole();
        }
        let now = (watch.run().cloned(), watch.film().events().len());
        if self.shows_critical && self.critical.made_for.as_ref() != Some(&now) {
            let legs = watch.film().critical_path();
            let nodes: BTreeSet<&NodeId> = legs.iter().map(|leg| &leg.node).collect();
            let nodes = nodes.into_iter().cloned().collect();
            self.critical = Critical { made_for: Some(now), legs, nodes };
        }
    }

    fn chart(
        &mut self,
        ui: &mut Ui,
        watch: &Watch,
        selection: &Selection,
        pointed: Option<&NodeId>,
        out: &mut Vec<Command>,
    ) {
        let theme = Theme::of(ui.ctx());
        let whole = ui.available_rect_before_wrap();
        let room = Rect::from_min_max(
            pos2(whole.left() + LABELS, whole.top()),
            pos2((whole.right() - 24.0).max(whole.left() + LABELS + 50.0), whole.bottom()),
        );
        let length = scale::length(watch);
        let axis = watch.film().axis(watch.playback().is_folded());
        if watch.playback().is_playing() {
            self.window.follow(axis.place(float(watch.playback().time())), length);
        }
        let track = Rect::from_min_max(room.min, pos2(whole.right(), whole.bottom()));
        self.navigate(ui, watch, track, length);
        let scale = Scale::new(watch, self.window, room);
        let strip = Rect::from_min_size(pos2(room.left(), room.top() + RULER), vec2(room.width(), STRIP));
        slider::ruler(ui, &scale, whole.top(), whole.bottom());
        // The whole chart takes the playhead; rows are drawn over it and select nodes by their names.
        self.scrub(ui, watch, &scale, track, strip, out);
        self.picture.paint(&ui.painter_at(strip.expand(1.0)), watch, &scale, strip);
        if !self.window.is_whole() {
            let bar = Rect::from_min_size(pos2(room.left(), strip.bottom() + 1.0), vec2(room.width(), 3.0));
            slider::overview(ui.painter(), self.window.range(length), length, bar);
        }
        let label = pos2(whole.left() + 20.0, strip.center().y - 4.0);
        let (text, color) = match watch.reading() {
            Some(part) => (format!("reading {:.0}%", part * 100.0), theme.signal),
            None => ("events".to_owned(), theme.muted),
        };
        text_at(ui, label, Align2::LEFT_CENTER, text, theme::small(), color);
        let rows = Rect::from_min_max(pos2(whole.left(), strip.bottom() + 5.0), whole.max);
        let single = selection.single_node();
        let reveal = single.filter(|node| self.selected.as_ref() != Some(*node));
        let rows_ui = gantt::Rows {
            watch,
            scale: &scale,
            selection,
            pointed,
            critical: if self.shows_critical { &self.critical.legs } else { &[] },
            reveal,
            label_width: LABELS,
        };
        self.hovered = rows_ui.ui(ui, rows, out);
        self.selected = single.cloned();
        let x = scale.x(watch.playback().time());
        let painter = ui.painter_at(Rect::from_min_max(pos2(room.left() - 8.0, whole.top() - 4.0), whole.max));
        painter.vline(x, whole.top() + 4.0..=whole.bottom(), Stroke::new(1.6, theme.accent));
        let tip = [pos2(x - 6.0, whole.top() - 3.0), pos2(x + 6.0, whole.top() - 3.0), pos2(x, whole.top() + 5.0)];
        painter.add(Shape::convex_polygon(tip.to_vec(), theme.accent, Stroke::NONE));
    }

    /// A wheel over the slider comes closer, as a pinch does anywhere; with shift it goes along.
    fn navigate(&mut self, ui: &Ui, watch: &Watch, track: Rect, length: f64) {
        let Some(at) = ui.input(|input| input.pointer.hover_pos()).filter(|at| track.contains(*at)) else { return };
        if !ui.rect_contains_pointer(track) {
            return;
        }
        let scale = Scale::new(watch, self.window, Rect::from_min_max(track.min, track.max - vec2(24.0, 0.0)));
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        let over_slider = at.y < track.top() + RULER + STRIP;
        if (pinch - 1.0).abs() > 1e-4 {
            self.window.zoom_at(scale.place(at.x), f64::from(pinch), length);
        } else if scroll.x != 0.0 {
            self.window.pan(-f64::from(scroll.x) * scale.micros_per_point(), length);
        } else if over_slider && scroll.y != 0.0 {
            self.window.zoom_at(scale.place(at.x), f64::from(scroll.y * 0.005).exp(), length);
        }
        let dragged = ui.input(|input| {
            let pressed = input.pointer.middle_down() || input.pointer.secondary_down();
            if pressed { input.pointer.delta().x } else { 0.0 }
        });
        if dragged != 0.0 {
            self.window.pan(-f64::from(dragged) * scale.micros_per_point(), length);
        }
    }

    fn scrub(&self, ui: &Ui, watch: &Watch, scale: &Scale<'_>, track: Rect, strip: Rect, out: &mut Vec<Command>) {
        let response = ui.interact(track, ui.scope_id().with("playhead"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::slider(true, watch.playback().time().as_secs_f64(), "Playhead"));
        let by_primary = response.dragged_by(egui::PointerButton::Primary) || response.clicked();
        if by_primary && let Some(at) = response.interact_pointer_pos() {
            out.push(Command::Seek(scale.time(at.x)));
        }
        if response.hovered() || response.dragged() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
        }
        let over_strip = response.hover_pos().filter(|at| strip.contains(*at) && !response.dragged());
        if let Some(at) = over_strip {
            response.on_hover_text_at_pointer(self.picture.words_at(watch, scale, at.x));
        }
    }
}

fn empty(ui: &mut Ui) {
    let theme = Theme::of(ui.ctx());
    let rect = ui.available_rect_before_wrap();
    let text = "No run yet. Press Space to run the play; the clock at the top lists past runs.";
    text_at(ui, rect.center() - vec2(0.0, 10.0), Align2::CENTER_CENTER, text, theme::body(), theme.muted);
}
