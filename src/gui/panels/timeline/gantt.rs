//! A row for each node: what it did when, and the chain that the end of the run had to wait for.

use egui::{Color32, Painter, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::scale::Scale;
use crate::app::{Command, Selection, Watch};
use crate::base::NodeId;
use crate::gui::theme::{self, Theme};
use crate::gui::widgets::elided;
use crate::gui::words::took;
use crate::replay::{BarKind, Leg, Stretch, Track};

pub const ROW: f32 = 25.0;

/// What the rows show beside the run.
pub struct Rows<'a> {
    pub watch: &'a Watch,
    pub scale: &'a Scale<'a>,
    pub selection: &'a Selection,
    /// The node under the pointer on the canvas.
    pub pointed: Option<&'a NodeId>,
    /// Empty unless the person wants to see it.
    pub critical: &'a [Leg],
    /// To be brought into view.
    pub reveal: Option<&'a NodeId>,
    pub label_width: f32,
}

impl Rows<'_> {
    /// Gives the node under the pointer.
    pub fn ui(&self, ui: &mut Ui, room: Rect, out: &mut Vec<Command>) -> Option<NodeId> {
        let mut hovered = None;
        let tracks = self.watch.film().tracks();
        ui.scope_builder(egui::UiBuilder::new().max_rect(room), |ui| {
            let source = egui::containers::scroll_area::ScrollSource::MOUSE_WHEEL
                | egui::containers::scroll_area::ScrollSource::SCROLL_BAR;
            let mut area = ScrollArea::vertical().id_salt("tracks").auto_shrink(false).scroll_source(source);
            let revealed = self.reveal.and_then(|node| tracks.iter().position(|track| track.node == *node));
            if let Some(row) = revealed {
                area = area.vertical_scroll_offset((index(row) * ROW - (room.height() - ROW) / 2.0).max(0.0));
            }
            area.show_viewport(ui, |ui, viewport| {
                ui.set_height(index(tracks.len()) * ROW);
                let top = ui.max_rect().top();
                let first = row_at(viewport.top());
                let last = (row_at(viewport.bottom()) + 1).min(tracks.len());
                for (nth, track) in tracks.iter().enumerate().take(last).skip(first) {
                    let y = top + index(nth) * ROW;
                    let rect = Rect::from_min_max(pos2(room.left(), y), pos2(room.right(), y + ROW));
                    if self.row(ui, track, rect, out) {
                        hovered = Some(track.node.clone());
                    }
                }
                if !self.critical.is_empty() {
                    let clip = Rect::from_min_max(pos2(self.scale.left, room.top()), room.max);
                    self.chain(&ui.painter_at(clip.intersect(ui.clip_rect())), tracks, top);
                }
            });
        });
        hovered
    }

    /// Whether the pointer is on it.
    fn row(&self, ui: &Ui, track: &Track, rect: Rect, out: &mut Vec<Command>) -> bool {
        let theme = Theme::of(ui.ctx());
        let label = Rect::from_min_max(rect.min, pos2(self.scale.left - 8.0, rect.bottom()));
        let response = ui.interact(label, ui.scope_id().with(("track", track.node.as_str())), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Track {}", track.node)));
        let selected = self.selection.nodes.contains(&track.node);
        let pointer = ui.input(|input| input.pointer.hover_pos());
        let on = ui.rect_contains_pointer(rect) && pointer.is_some();
        if selected || on || self.pointed == Some(&track.node) {
            ui.painter().rect_filled(
                rect.shrink2(vec2(8.0, 1.0)),
                5.0,
                if selected { theme.row } else { theme.panel2 },
            );
        }
        let color = if selected || on { theme.text } else { theme.muted };
        let galley = elided(ui, &track.node, theme::small(), color, self.label_width - 32.0);
        ui.painter().galley(pos2(rect.left() + 20.0, rect.center().y - galley.size().y / 2.0), galley, color);
        if response.clicked() {
            out.push(Command::Select(Selection::node(track.node.clone())));
        }
        let bars = Rect::from_min_max(pos2(self.scale.left, rect.top()), rect.max);
        let painter = ui.painter_at(bars.intersect(ui.clip_rect()));
        let (from, to) = self.scale.shown();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let dot = (self.scale.micros_per_point() * 2.0) as u64;
        let mut told = None;
        for stretch in track.stretches(from, to, dot) {
            let at = self.bar(&painter, rect, &stretch);
            if let Some(pointer) = pointer.filter(|pointer| on && at.expand2(vec2(2.0, 4.0)).contains(*pointer)) {
                told = Some((pointer, stretch));
            }
        }
        if let Some((_, stretch)) = told {
            let area = ui.interact(bars, ui.scope_id().with(("bars", track.node.as_str())), Sense::hover());
            area.on_hover_text_at_pointer(words(&stretch, self.watch));
        }
        on
    }

    fn bar(&self, painter: &Painter, rect: Rect, stretch: &Stretch<'_>) -> Rect {
        let theme = Theme::of(painter.ctx());
        let until = self.watch.film().until();
        let (left, right) = (self.scale.x(stretch.start), self.scale.x(stretch.end.unwrap_or(until)));
        let y = rect.center().y;
        let at = Rect::from_min_max(pos2(left, y - 6.5), pos2(right.max(left + 3.0), y + 6.5));
        painter.rect_filled(at, 4.0_f32.min(at.width() / 2.0), color(theme, stretch));
        if stretch.bar.kind.is_failed() {
            // A cross, for those who see no red.
            let (c, r) = (pos2(at.right().min(self.scale.right()) - 5.0, y), 2.6);
            if at.width() > 12.0 {
                let stroke = Stroke::new(1.4, theme.panel);
                painter.line_segment([c + vec2(-r, -r), c + vec2(r, r)], stroke);
                painter.line_segment([c + vec2(r, -r), c + vec2(-r, r)], stroke);
            }
        }
        at
    }

    /// Under each leg a line, and from one to the next a step.
    fn chain(&self, painter: &Painter, tracks: &[Track], top: f32) {
        let theme = Theme::of(painter.ctx());
        let stroke = Stroke::new(2.0, theme.accent);
        let mut before: Option<f32> = None;
        let rows: rustc_hash::FxHashMap<&NodeId, usize> =
            tracks.iter().enumerate().map(|(nth, track)| (&track.node, nth)).collect();
        let mut last_x = f32::NEG_INFINITY;
        for leg in self.critical {
            let Some(row) = rows.get(&leg.node) else { continue };
            let y = top + index(*row) * ROW + ROW - 4.0;
            let (left, right) = (self.scale.x(leg.from), self.scale.x(leg.to));
            // Steps that cannot be told apart are not drawn one by one.
            if right - last_x < 0.5 {
                continue;
            }
            last_x = right;
            if let Some(before) = before {
                painter.add(Shape::line_segment([pos2(left, before), pos2(left, y)], stroke));
            }
            painter.add(Shape::line_segment([pos2(left, y), pos2(right.max(left + 3.0), y)], stroke));
            before = Some(y);
        }
    }
}

/// The row at a height, from the top of all rows.
pub fn row_at(y: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and few")]
    let row = (y / ROW).max(0.0) as usize;
    row
}

#[expect(clippy::cast_precision_loss, reason = "there are not so many rows")]
const fn index(row: usize) -> f32 {
    row as f32
}

fn color(theme: &Theme, stretch: &Stretch<'_>) -> Color32 {
    match stretch.bar.kind {
        BarKind::Attempt { .. } if stretch.end.is_none() => theme.accent,
        BarKind::Attempt { .. } => theme.call,
        BarKind::AttemptFailed { .. } => theme.error,
        BarKind::BackOff => theme::mix(theme.panel, theme.ok, 0.2),
        BarKind::WaitForSignal | BarKind::WaitForOthers => theme::mix(theme.panel, theme.signal, 0.5),
        BarKind::WaitForWorker => theme::mix(theme.panel, theme.worker, 0.5),
    }
}

fn words(stretch: &Stretch<'_>, watch: &Watch) -> String {
    let end = stretch.end.unwrap_or_else(|| watch.film().until());
    let long = took(end.since(stretch.start));
    if stretch.n > 1 {
        return format!("{} stretches within {long}: come closer to see each", stretch.n);
    }
    let what = match stretch.bar.kind {
        BarKind::Attempt { attempt } if stretch.end.is_none() => format!("attempt {attempt}, in flight for"),
        BarKind::Attempt { attempt } => format!("attempt {attempt}, answered after"),
        BarKind::AttemptFailed { attempt } => format!("attempt {attempt}, failed after"),
        BarKind::BackOff => "waits to try again for".to_owned(),
        BarKind::WaitForSignal => "waits for a signal for".to_owned(),
        BarKind::WaitForWorker => "waits for a worker for".to_owned(),
        BarKind::WaitForOthers => "waits for others for".to_owned(),
    };
    format!("{what} {long}\nball {}, event #{}", stretch.bar.ball, stretch.bar.seq)
}
