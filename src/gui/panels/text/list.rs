//! The list of what may be written, and the box of a new name.

use egui::{Area, Frame, Key, Modifiers, Order, Pos2, Rect, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2};

use super::Rename;
use crate::assist::{Completions, Sort};
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{elided, name_field};

const ROW: f32 = 24.0;
const N_SHOWN: usize = 9;
const WIDTH: f32 = 380.0;

pub struct List {
    pub found: Completions,
    /// The character that it is shown at.
    pub at: usize,
    chosen: usize,
    /// The first row in sight.
    first: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Chosen(usize),
    Closed,
}

impl List {
    pub const fn new(found: Completions, at: usize) -> Self {
        Self { found, at, chosen: 0, first: 0 }
    }

    /// Takes the keys that steer it.
    pub fn keys(&mut self, ui: &Ui, text: &str) -> Option<Reply> {
        let pressed = |key: Key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let n = self.found.list.len();
        if pressed(Key::ArrowDown) {
            self.chosen = (self.chosen + 1) % n.max(1);
        } else if pressed(Key::ArrowUp) {
            self.chosen = (self.chosen + n - 1) % n.max(1);
        } else if pressed(Key::Escape) {
            return Some(Reply::Closed);
        } else if ui.input(|input| input.key_pressed(Key::Enter) || input.key_pressed(Key::Tab)) {
            // What is there in full already: the key means itself.
            let typed = text.get(self.found.span.range()).unwrap_or_default();
            if self.found.list.get(self.chosen).is_none_or(|chosen| chosen.insert == typed) {
                return Some(Reply::Closed);
            }
            let _ = pressed(Key::Enter) || pressed(Key::Tab);
            return Some(Reply::Chosen(self.chosen));
        }
        self.first = self.first.clamp((self.chosen + 1).saturating_sub(N_SHOWN), self.chosen);
        None
    }

    pub fn ui(&mut self, ui: &Ui, at: Pos2) -> Option<Reply> {
        let theme = Theme::of(ui.ctx());
        let mut reply = None;
        let n_rows = self.found.list.len().min(N_SHOWN);
        let screen = ui.ctx().content_rect();
        #[expect(clippy::cast_precision_loss, reason = "few rows")]
        let height = n_rows as f32 * ROW + 38.0;
        let top = if at.y + height > screen.bottom() { at.y - height - 26.0 } else { at.y };
        let left = at.x.min(screen.right() - WIDTH - 20.0).max(screen.left());
        Area::new(super::text_id().with("list")).order(Order::Foreground).fixed_pos(pos2(left, top)).show(
            ui.ctx(),
            |ui| {
                let frame = Frame::popup(ui.style()).fill(theme.panel2).inner_margin(4);
                frame.show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for n in self.first..(self.first + N_SHOWN).min(self.found.list.len()) {
                        if self.row(ui, n) {
                            reply = Some(Reply::Chosen(n));
                        }
                    }
                    if let Some(chosen) = self.found.list.get(self.chosen) {
                        let (rect, _) = ui.allocate_exact_size(vec2(WIDTH, 22.0), Sense::hover());
                        ui.painter().hline(rect.x_range(), rect.top() + 1.0, theme.hairline());
                        let detail = elided(ui, &chosen.detail, theme::small(), theme.muted, WIDTH - 16.0);
                        ui.painter().galley(
                            rect.left_center() + vec2(8.0, -detail.size().y / 2.0),
                            detail,
                            theme.muted,
                        );
                    }
                });
            },
        );
        reply
    }

    fn row(&self, ui: &mut Ui, n: usize) -> bool {
        let theme = Theme::of(ui.ctx());
        let one = &self.found.list[n];
        let chosen = n == self.chosen;
        let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, ROW), Sense::click());
        response.widget_info(|| {
            let label = format!("{}, {}", one.label, word(one.sort));
            WidgetInfo::selected(egui::Role::ListBoxOption, true, chosen, label)
        });
        if chosen || response.hovered() {
            ui.painter().rect_filled(rect, 5.0, if chosen { theme.line } else { theme.row });
        }
        let (letter, color) = badge(theme, one.sort);
        let square = Rect::from_center_size(pos2(rect.left() + 15.0, rect.center().y), vec2(16.0, 16.0));
        ui.painter().rect_stroke(square, 4.0, egui::Stroke::new(1.0, color), egui::StrokeKind::Inside);
        crate::gui::widgets::text_at(ui, square.center(), egui::Align2::CENTER_CENTER, letter, theme::caption(), color);
        let label = elided(ui, &one.label, theme::mono(size::SMALL), theme.text, WIDTH - 120.0);
        ui.painter().galley(pos2(rect.left() + 32.0, rect.center().y - label.size().y / 2.0), label, theme.text);
        let place = rect.right_center() - vec2(10.0, 0.0);
        crate::gui::widgets::text_at(
            ui,
            place,
            egui::Align2::RIGHT_CENTER,
            word(one.sort),
            theme::caption(),
            theme.muted,
        );
        response.clicked()
    }
}

const fn word(sort: Sort) -> &'static str {
    match sort {
        Sort::Node => "node",
        Sort::Role => "role",
        Sort::Target => "target",
        Sort::Field => "field",
        Sort::Var => "variable",
        Sort::Option => "option",
        Sort::Keyword => "keyword",
        Sort::Value => "value",
    }
}

const fn badge(theme: &Theme, sort: Sort) -> (&'static str, egui::Color32) {
    match sort {
        Sort::Node => ("N", theme.accent),
        Sort::Role => ("R", theme.fan_in),
        Sort::Target => ("T", theme.fan_in),
        Sort::Field => ("F", theme.ok),
        Sort::Var => ("V", theme.ok),
        Sort::Option => ("O", theme.muted),
        Sort::Keyword => ("K", theme.worker),
        Sort::Value => ("=", theme.signal),
    }
}

/// True: do it; false: leave it as it is.
pub(super) fn rename_box(ui: &Ui, at: Pos2, rename: &mut Rename) -> Option<bool> {
    let theme = Theme::of(ui.ctx());
    let mut reply = None;
    Area::new(super::text_id().with("rename")).order(Order::Foreground).fixed_pos(at).show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).fill(theme.panel2).show(ui, |ui| {
            ui.set_max_width(260.0);
            let id = super::text_id().with("new name");
            if !rename.opened {
                rename.opened = true;
                ui.memory_mut(|memory| memory.request_focus(id));
                let mut state = egui::text_edit::TextEditState::default();
                let end = egui::text::CCursor::new(rename.to.chars().count());
                state.cursor.set_char_range(Some(egui::text::CCursorRange::two(egui::text::CCursor::new(0), end)));
                state.store(ui.ctx(), id);
            }
            let field = TextEdit::singleline(&mut rename.to).id(id).font(theme::mono(size::SMALL)).desired_width(220.0);
            let response = ui.add(field);
            name_field(&response, "New name", &rename.to, false);
            if let Some(error) = &rename.error {
                ui.colored_label(theme.error, error);
            } else {
                ui.colored_label(theme.muted, "Enter renames it everywhere, Escape leaves it");
            }
            if response.lost_focus() {
                reply = Some(ui.input(|input| input.key_pressed(Key::Enter)));
                if reply == Some(true) {
                    // Shown again if the name will not do.
                    rename.opened = false;
                }
            }
        });
    });
    reply
}
