//! The few controls that the whole window is made of. Each has a name that tests and screen readers find it by.

use egui::{Align2, Color32, FontId, Rect, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::icons::Icon;
use super::theme::{self, Theme, size};

/// A square button with an icon. The tooltip is its label, with `shortcut` if there is one.
pub fn icon_button(ui: &mut Ui, icon: Icon, label: &str, shortcut: &str) -> Response {
    icon_button_in(ui, icon, label, shortcut, true)
}

/// [`icon_button`] that may be greyed out.
pub fn icon_button_in(ui: &mut Ui, icon: Icon, label: &str, shortcut: &str, enabled: bool) -> Response {
    let theme = Theme::of(ui.ctx());
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(28.0), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let lit = enabled && (response.hovered() || response.has_focus());
    let amount = ui.ctx().animate_bool_with_time(response.id, lit, theme::motion::STATE);
    ui.painter().rect_filled(rect, 7.0, theme::mix(Color32::TRANSPARENT, theme.line, amount * 0.9));
    focus_ring(ui, &response, rect);
    let color =
        if enabled { theme::mix(theme.muted, theme.text, amount) } else { theme::mix(theme.panel, theme.faint, 0.55) };
    icon.paint(ui.painter(), Rect::from_center_size(rect.center(), Vec2::splat(16.0)), color);
    tip(response, label, shortcut)
}

fn tip(response: Response, label: &str, shortcut: &str) -> Response {
    if shortcut.is_empty() {
        response.on_hover_text(label)
    } else {
        response.on_hover_text(format!("{label}   {shortcut}"))
    }
}

fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let theme = Theme::of(ui.ctx());
        ui.painter().rect_stroke(rect, 7.0, Stroke::new(1.5, theme.accent), egui::StrokeKind::Outside);
    }
}

/// What a text button looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The one filled button of a screen.
    Filled,
    /// A hairline around it.
    Quiet,
    /// Only its text.
    Bare,
}

/// A button with an icon and a word.
pub fn button(ui: &mut Ui, icon: Option<Icon>, text: &str, tone: Tone) -> Response {
    button_with(ui, icon, text, tone, "", true)
}

/// [`button`] with a shortcut in its tooltip, that may be greyed out.
pub fn button_with(ui: &mut Ui, icon: Option<Icon>, text: &str, tone: Tone, shortcut: &str, enabled: bool) -> Response {
    let theme = Theme::of(ui.ctx());
    let font = if tone == Tone::Filled { theme::semibold(size::BODY) } else { theme::body() };
    let color = match (tone, enabled) {
        (Tone::Filled, true) => theme.on_accent,
        (_, true) => theme.text,
        (_, false) => theme.faint,
    };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
    let icon_width = if icon.is_some() { 20.0 } else { 0.0 };
    let padding = if tone == Tone::Bare { 8.0 } else { 14.0 };
    let wanted = vec2(galley.size().x + icon_width + 2.0 * padding, 30.0);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(wanted, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    let lit = ui.ctx().animate_bool_with_time(response.id, enabled && response.hovered(), theme::motion::STATE);
    let painter = ui.painter();
    match tone {
        Tone::Filled => {
            let fill = if enabled { theme::mix(theme.accent, theme.text, lit * 0.14) } else { theme.line };
            painter.rect_filled(rect, 7.0, fill);
        }
        Tone::Quiet => {
            painter.rect(
                rect,
                7.0,
                theme::mix(theme.panel, theme.panel2, 0.5 + lit * 0.5),
                Stroke::new(1.0, theme::mix(theme.line, theme.text, lit * 0.25)),
                egui::StrokeKind::Inside,
            );
        }
        Tone::Bare => {
            painter.rect_filled(rect, 7.0, theme::mix(Color32::TRANSPARENT, theme.line, lit * 0.9));
        }
    }
    focus_ring(ui, &response, rect);
    let mut x = rect.left() + padding;
    if let Some(icon) = icon {
        icon.paint(painter, Rect::from_min_size(pos2(x - 2.0, rect.center().y - 7.5), Vec2::splat(15.0)), color);
        x += icon_width;
    }
    painter.galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, color);
    if shortcut.is_empty() { response } else { response.on_hover_text(format!("{text}   {shortcut}")) }
}

/// A small heading in capitals.
pub fn caption(ui: &mut Ui, text: &str) -> Response {
    let theme = Theme::of(ui.ctx());
    let text =
        egui::RichText::new(text.to_uppercase()).font(theme::caption()).color(theme.muted).extra_letter_spacing(0.8);
    ui.label(text)
}

/// A pill with a dot and a word: `Live`, `Replay`.
pub fn chip(ui: &mut Ui, text: &str, color: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::semibold(size::SMALL), color);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 32.0, 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.painter().rect_stroke(rect, 11.0, Stroke::new(1.2, color), egui::StrokeKind::Inside);
    ui.painter().circle_filled(pos2(rect.left() + 13.0, rect.center().y), 3.2, color);
    ui.painter().galley(pos2(rect.left() + 22.0, rect.center().y - galley.size().y / 2.0), galley, color);
    response
}

/// A dialog over the window.
pub fn dialog(ctx: &egui::Context, name: &str) -> egui::Modal {
    let theme = Theme::of(ctx);
    let frame = egui::Frame::new()
        .fill(theme.panel)
        .stroke(theme.hairline())
        .corner_radius(12.0)
        .inner_margin(egui::Margin::same(22))
        .shadow(ctx.global_style().visuals.window_shadow);
    egui::Modal::new(egui::Id::unique(name)).frame(frame).backdrop_color(Color32::from_black_alpha(110))
}

/// Names a text field for tests and screen readers.
pub fn name_field(response: &Response, label: &str, text: &str, multiline: bool) {
    response.widget_info(|| {
        let mut info = WidgetInfo::text_edit(true, text, text, "");
        info.role = if multiline { Role::MultilineTextInput } else { Role::TextInput };
        info.label = Some(label.to_owned());
        info
    });
}

/// A line of text cut at `width`, at a place of the painter.
pub fn text_at(ui: &Ui, at: egui::Pos2, anchor: Align2, text: impl Into<String>, font: FontId, color: Color32) -> Rect {
    let galley = ui.painter().layout_no_wrap(text.into(), font, color);
    let rect = anchor.anchor_size(at, galley.size());
    ui.painter().galley(rect.min, galley, color);
    rect
}

/// Text of at most `width` points, ended by an ellipsis where it is longer.
pub fn elided(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    ui.painter().layout_job(job)
}

/// A hairline across the whole width.
pub fn rule(ui: &mut Ui) {
    let theme = Theme::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, theme.hairline());
}
