//! The command palette: one field that finds commands, nodes, targets and text, and a list to choose from.

use egui::{
    Align2, Area, Color32, Context, Id, Key, Modifiers, Order, Rect, Role, ScrollArea, Sense, TextEdit, Ui, Vec2,
};
use egui::{UiKind, WidgetInfo, pos2, vec2};

use super::canvas::{kind_color, kind_icon};
use super::icons::Icon;
use super::theme::{self, Theme, size, space};
use super::widgets::{elided, name_field, text_at};
use crate::app::search::{self, Found, What};
use crate::app::{Command, Editor};
use crate::scene::Kind;

const WIDTH: f32 = 620.0;
const ROW: f32 = 32.0;
const N_ROWS: f32 = 13.0;

/// Closed, or open with what was typed.
#[derive(Debug, Default)]
pub struct Finder {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    commands_only: bool,
    query: String,
    chosen: usize,
    /// Looked for again when the query or a document changes.
    found: Vec<Found>,
    found_for: Option<(String, bool, u64)>,
    focused: bool,
    scroll: bool,
}

impl Finder {
    pub fn open(&mut self, commands_only: bool) {
        self.open = Some(Open {
            commands_only,
            query: String::new(),
            chosen: 0,
            found: Vec::new(),
            found_for: None,
            focused: false,
            scroll: false,
        });
    }

    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub fn ui(&mut self, ctx: &Context, editor: &Editor, out: &mut Vec<Command>) {
        let Some(open) = &mut self.open else { return };
        let theme = Theme::of(ctx);
        open.look(editor);
        let area = Area::new(Id::unique("finder"))
            .kind(UiKind::Modal)
            .sense(Sense::hover())
            .anchor(Align2::CENTER_TOP, vec2(0.0, space::TOP_BAR - 4.0))
            .order(Order::Foreground);
        let frame = egui::Frame::new()
            .fill(theme.panel)
            .stroke(theme.hairline())
            .corner_radius(12.0)
            .inner_margin(egui::Margin::same(8))
            .shadow(ctx.global_style().visuals.window_shadow);
        let mut done = None;
        let modal = egui::Modal::new(Id::unique("finder"))
            .area(area)
            .frame(frame)
            .backdrop_color(Color32::from_black_alpha(60))
            .show(ctx, |ui| {
                ui.set_width(WIDTH);
                open.keys(ui, &mut done);
                open.field(ui);
                open.list(ui, &mut done);
            });
        if let Some(command) = done {
            self.open = None;
            out.push(command);
        } else if modal.should_close() {
            self.open = None;
        }
    }
}

impl Open {
    fn look(&mut self, editor: &Editor) {
        // `>` as the first sign means a command, as in other editors.
        let typed = self.query.trim_start();
        let commands_only = self.commands_only || typed.starts_with('>');
        let wanted = (typed.trim_start_matches('>').to_owned(), commands_only, editor.session().revision());
        if self.found_for.as_ref() == Some(&wanted) {
            return;
        }
        self.found =
            if commands_only { search::commands(editor, wanted.0.trim()) } else { search::anything(editor, &wanted.0) };
        self.chosen = 0;
        self.scroll = true;
        self.found_for = Some(wanted);
    }

    /// Arrows choose, Enter does: taken before the field sees them.
    fn keys(&mut self, ui: &Ui, done: &mut Option<Command>) {
        let last = self.found.len().saturating_sub(1);
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let before = self.chosen;
        if pressed(Key::ArrowDown) {
            self.chosen = if self.chosen == last { 0 } else { self.chosen + 1 };
        }
        if pressed(Key::ArrowUp) {
            self.chosen = self.chosen.checked_sub(1).unwrap_or(last);
        }
        if pressed(Key::PageDown) {
            self.chosen = (self.chosen + 10).min(last);
        }
        if pressed(Key::PageUp) {
            self.chosen = self.chosen.saturating_sub(10);
        }
        self.scroll |= before != self.chosen;
        if pressed(Key::Enter) {
            *done = self.found.get(self.chosen).filter(|found| found.enabled).map(|found| found.command.clone());
        }
    }

    fn field(&mut self, ui: &mut Ui) {
        let theme = Theme::of(ui.ctx());
        let hint = if self.commands_only { "Find a command" } else { "Find a node, target, text or command" };
        let edit = TextEdit::singleline(&mut self.query)
            .id(Id::unique("finder field"))
            .font(theme::body())
            .hint_text(egui::RichText::new(hint).color(theme.muted))
            .margin(egui::Margin::symmetric(12, 9))
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        name_field(&response, "Find", &self.query, false);
        if !std::mem::replace(&mut self.focused, true) {
            response.request_focus();
        }
        ui.add_space(2.0);
    }

    fn list(&mut self, ui: &mut Ui, done: &mut Option<Command>) {
        let theme = Theme::of(ui.ctx());
        ui.spacing_mut().item_spacing.y = 0.0;
        if self.found.is_empty() {
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                ui.add_space(12.0);
                ui.label(egui::RichText::new("Nothing is called so. Try another word.").color(theme.muted));
            });
            ui.add_space(8.0);
            return;
        }
        let scroll = std::mem::take(&mut self.scroll);
        ScrollArea::vertical().max_height(ROW * N_ROWS).auto_shrink([false, true]).show(ui, |ui| {
            for (n, found) in self.found.iter().enumerate() {
                let response = row(ui, found, n == self.chosen);
                if scroll && n == self.chosen {
                    response.scroll_to_me(None);
                }
                if response.clicked() && found.enabled {
                    *done = Some(found.command.clone());
                }
            }
        });
    }
}

fn row(ui: &mut Ui, found: &Found, chosen: bool) -> egui::Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let shortcut = found.shortcut.map(|shortcut| shortcut.to_string()).unwrap_or_default();
    response.widget_info(|| {
        let name = match (&found.what, shortcut.is_empty()) {
            (What::Command, true) => format!("command {}", found.title),
            (What::Command, false) => format!("command {}, {shortcut}", found.title),
            (What::Node(kind), _) => format!("go to {} {}, {}", kind.keyword(), found.title, found.detail),
            (What::Text, _) => format!("go to {}: {}", found.detail, found.title),
        };
        WidgetInfo::selected(Role::ListBoxOption, found.enabled, chosen, name)
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), 7.0, if chosen { theme.row } else { theme.panel2 });
    }
    let (icon, tint) = match &found.what {
        What::Command => (Icon::Right, theme.muted),
        What::Node(kind) => (kind_icon(Kind::of(kind)), kind_color(theme, Kind::of(kind))),
        What::Text => (Icon::New, theme.muted),
    };
    let y = rect.center().y;
    let fade = if found.enabled { 1.0 } else { 0.45 };
    let icon_rect = Rect::from_center_size(pos2(rect.left() + 19.0, y), Vec2::splat(14.0));
    icon.paint(ui.painter(), icon_rect, tint.gamma_multiply(fade));
    let right = rect.right() - 12.0;
    let key = text_at(ui, pos2(right, y), Align2::RIGHT_CENTER, shortcut, theme::mono(size::SMALL), theme.muted);
    let font = if matches!(found.what, What::Text) { theme::mono(size::SMALL) } else { theme::body() };
    let title = elided(ui, &found.title, font, theme.text.gamma_multiply(fade), WIDTH * 0.6);
    let left = rect.left() + 38.0;
    let title_width = title.size().x;
    ui.painter().galley(pos2(left, y - title.size().y / 2.0), title, theme.text);
    let room = key.left() - 14.0 - (left + title_width + 12.0);
    if room > 30.0 {
        let detail = elided(ui, &found.detail, theme::small(), theme.muted.gamma_multiply(fade), room);
        ui.painter().galley(pos2(left + title_width + 12.0, y - detail.size().y / 2.0), detail, theme.muted);
    }
    response
}
