//! All events of the run as a table: a filter above, and a click on a line moves the playhead there.
//!
//! Only the lines that are seen are made, so a million of them cost no more than thirty.

use egui::{Align2, Id, Rect, Role, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2};

use super::timeline::event_color;
use crate::app::{Command, Editor, Session, Watch};
use crate::base::{NodeId, RunId};
use crate::event::words;
use crate::gui::theme::{self, Theme, size, space};
use crate::gui::widgets::{elided, name_field, text_at};
use crate::replay::{EventKind, Filter, Jump, Listing, node_of};

const ROW: f32 = 24.0;
/// So many events are looked through in one frame.
const LOOKED_AT: usize = 20_000;
/// Where the columns begin, from the left: number, time, kind, node, words.
const COLUMNS: [f32; 5] = [16.0, 84.0, 176.0, 250.0, 376.0];

#[derive(Default)]
pub struct EventsPanel {
    filter: Filter,
    /// Only those of the selected node.
    of_node: bool,
    listing: Listing,
    listed: Option<RunId>,
    /// The first line that is seen, and a part of it.
    top: f64,
    /// Where the playhead was when it was last brought into view.
    followed: Option<usize>,
}

impl EventsPanel {
    pub fn ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        let session = editor.session();
        ui.take_available_space();
        let Some(watch) = session.watch() else {
            let rect = ui.available_rect_before_wrap();
            let text = "No run is looked at. Run the play, or replay a past run: its events are listed here.";
            text_at(ui, rect.center(), Align2::CENTER_CENTER, text, theme::body(), theme.muted);
            return;
        };
        ui.add_space(8.0);
        self.filter_ui(ui, session);
        self.look(ui, watch);
        ui.add_space(4.0);
        self.table(ui, watch, out);
    }

    fn filter_ui(&mut self, ui: &mut Ui, session: &Session) {
        let theme = Theme::of(ui.ctx());
        ui.horizontal(|ui| {
            ui.add_space(space::PAD);
            let hint = egui::RichText::new("Find in events and payloads").color(theme.muted);
            let edit = TextEdit::singleline(&mut self.filter.text)
                .id(Id::unique("filter events"))
                .hint_text(hint)
                .margin(egui::Margin::symmetric(8, 4))
                .desired_width(210.0);
            let response = ui.add(edit);
            name_field(&response, "Filter events", &self.filter.text, false);
            let chosen = self.filter.kind.map_or("all kinds", EventKind::word);
            let combo = egui::ComboBox::from_id_salt("event kind").width(92.0).selected_text(chosen);
            let shown = combo.show_ui(ui, |ui| {
                if ui.selectable_label(self.filter.kind.is_none(), "all kinds").clicked() {
                    self.filter.kind = None;
                }
                for kind in EventKind::ALL {
                    if ui.selectable_label(self.filter.kind == Some(kind), kind.word()).clicked() {
                        self.filter.kind = Some(kind);
                    }
                }
            });
            shown.response.widget_info(|| {
                let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Kind of events");
                info.current_text_value = Some(chosen.to_owned());
                info
            });
            let node = session.selection().single_node();
            let label = node.map_or_else(|| "of the selected node".to_owned(), |node| format!("of {node}"));
            ui.checkbox(&mut self.of_node, label).on_hover_text("Only what happens at the selected node");
            self.filter.node = node.filter(|_| self.of_node).cloned();
            ui.add_space(8.0);
            let n = self.listing.len();
            let text = if n == 1 { "1 event".to_owned() } else { format!("{n} events") };
            ui.label(egui::RichText::new(text).font(theme::mono(size::SMALL)).color(theme.muted));
        });
    }

    fn look(&mut self, ui: &Ui, watch: &Watch) {
        if *self.listing.filter() != self.filter || self.listed.as_ref() != watch.run() {
            self.listing = Listing::new(self.filter.clone());
            self.listed = watch.run().cloned();
            self.followed = None;
        }
        if !self.listing.look(watch.film(), LOOKED_AT) {
            ui.ctx().request_repaint();
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lines are few beside what a usize holds"
    )]
    #[expect(clippy::cast_precision_loss, reason = "a line number is exact in a float of 64 bits")]
    fn table(&mut self, ui: &mut Ui, watch: &Watch, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        let whole = ui.available_rect_before_wrap();
        let n = self.listing.len();
        let n_seen = f64::from((whole.height() / ROW).max(1.0));
        let last_top = (n as f64 - n_seen).max(0.0);
        let playhead = watch.playback().n_events();
        let current = self.listing.line_at(playhead);
        if self.followed != Some(playhead) {
            self.followed = Some(playhead);
            if let Some(line) = current.map(|line| line as f64)
                && (line < self.top || line > self.top + n_seen - 1.0)
            {
                self.top = line - n_seen / 2.0;
            }
        }
        let field = ui.interact(whole, ui.scope_id().with("events"), Sense::hover());
        if field.contains_pointer() {
            self.top -= f64::from(ui.input(egui::InputState::smooth_scroll_delta).y / ROW);
        }
        self.scroll_bar(ui, whole, n_seen, n as f64);
        self.top = self.top.clamp(0.0, last_top);
        if n == 0 {
            let text =
                if watch.film().events().is_empty() { "Nothing has happened yet." } else { "No event is like that." };
            text_at(ui, whole.center(), Align2::CENTER_CENTER, text, theme::body(), theme.muted);
            return;
        }
        let first = self.top.floor() as usize;
        let shift = (self.top.fract() as f32) * ROW;
        ui.scope_builder(egui::UiBuilder::new().max_rect(whole), |ui| {
            ui.set_clip_rect(whole.intersect(ui.clip_rect()));
            for nth in 0..=(n_seen.ceil() as usize) {
                let Some(seq) = self.listing.event(first + nth) else { break };
                let y = whole.top() + nth as f32 * ROW - shift;
                let rect = Rect::from_min_size(pos2(whole.left(), y), vec2(whole.width() - 12.0, ROW));
                if row(ui, watch, seq, rect, current == Some(first + nth)) {
                    // What was clicked is seen already.
                    self.followed = Some(seq + 1);
                    out.push(Command::Jump(Jump::Event(seq as u64)));
                }
            }
        });
    }

    #[expect(clippy::cast_possible_truncation, reason = "only for drawing")]
    fn scroll_bar(&mut self, ui: &Ui, whole: Rect, n_seen: f64, n: f64) {
        if n <= n_seen {
            return;
        }
        let theme = Theme::of(ui.ctx());
        let bar = Rect::from_min_max(pos2(whole.right() - 10.0, whole.top()), whole.max);
        let height = ((n_seen / n) as f32 * bar.height()).max(24.0).min(bar.height());
        let room = bar.height() - height;
        let top = bar.top() + room * (self.top / (n - n_seen)).clamp(0.0, 1.0) as f32;
        let response = ui.interact(bar, ui.scope_id().with("scroll events"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::slider(true, self.top, "Scroll events"));
        if (response.dragged() || response.clicked())
            && let Some(at) = response.interact_pointer_pos()
            && room > 0.0
        {
            let part = ((at.y - bar.top() - height / 2.0) / room).clamp(0.0, 1.0);
            self.top = f64::from(part) * (n - n_seen);
        }
        let handle = Rect::from_min_size(pos2(bar.left() + 2.0, top), vec2(6.0, height));
        let color = if response.hovered() || response.dragged() { theme.muted } else { theme.faint };
        ui.painter().rect_filled(handle, 3.0, color);
    }
}

/// Whether it was clicked.
fn row(ui: &Ui, watch: &Watch, seq: usize, rect: Rect, current: bool) -> bool {
    let Some(recorded) = watch.film().events().get(seq) else { return false };
    let theme = Theme::of(ui.ctx());
    let kind = EventKind::of(&recorded.event);
    let (_, what) = words(&recorded.event, recorded.at);
    let node = node_of(&recorded.event).map(NodeId::as_str).unwrap_or_default();
    let response = ui.interact(rect, ui.scope_id().with(("event", seq)), Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListBoxOption, true, current, format!("Event {seq} {}: {node} {what}", kind.word()))
    });
    if current || response.hovered() {
        let fill = if current { theme.row } else { theme.panel2 };
        ui.painter().rect_filled(rect.shrink2(vec2(8.0, 1.0)), 5.0, fill);
    }
    // What is still to come is paler.
    let is_past = seq < watch.playback().n_events();
    let (strong, weak) = if is_past { (theme.text, theme.muted) } else { (theme.muted, theme.muted) };
    let y = rect.center().y;
    let x = |column: usize| rect.left() + COLUMNS[column];
    let mono = theme::mono(size::SMALL);
    text_at(ui, pos2(x(0), y), Align2::LEFT_CENTER, format!("#{seq}"), mono.clone(), weak);
    text_at(ui, pos2(x(1), y), Align2::LEFT_CENTER, format!("{:.3} s", recorded.at.as_secs_f64()), mono, weak);
    ui.painter().circle_filled(pos2(x(2) + 4.0, y), 3.2, event_color(theme, kind));
    let kind_color = if kind == EventKind::Error { theme.error } else { weak };
    text_at(ui, pos2(x(2) + 14.0, y), Align2::LEFT_CENTER, kind.word(), theme::small(), kind_color);
    let galley = elided(ui, node, theme::small(), strong, x(4) - x(3) - 10.0);
    ui.painter().galley(pos2(x(3), y - galley.size().y / 2.0), galley, strong);
    let room = rect.right() - x(4) - 8.0;
    if room > 20.0 {
        let galley = elided(ui, &what, theme::small(), strong, room);
        ui.painter().galley(pos2(x(4), y - galley.size().y / 2.0), galley, strong);
    }
    response.on_hover_text(what).clicked()
}
