use egui::{Align, Layout, RichText, Ui, vec2};

use crate::app::Command;
use crate::base::NodeId;
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{Tone, button};

/// What stands where the canvas would be if the file has no play that can be read.
pub fn no_play(ui: &mut Ui, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, theme.field);
    let place = egui::Rect::from_center_size(rect.center(), vec2(360.0, 150.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Center)), |ui| {
        ui.label(RichText::new("No play here yet").font(theme::semibold(size::HEADING)));
        ui.label(
            RichText::new(
                "The text has no play that can be read. Mend it at the right, open a file, or start a new one.",
            )
            .color(theme.muted),
        );
        ui.add_space(8.0);
        if button(ui, None, "New play", Tone::Quiet).clicked() {
            out.push(Command::New);
        }
    });
}

/// Says over the canvas that some of what is shown is from before its text broke.
pub fn broken_text(ui: &Ui, broken: &[NodeId]) {
    const N_NAMED: usize = 4;
    if broken.is_empty() {
        return;
    }
    let theme = Theme::of(ui.ctx());
    let mut names: Vec<&str> = broken.iter().take(N_NAMED).map(NodeId::as_str).collect();
    if broken.len() > N_NAMED {
        names.push("…");
    }
    let text = format!("Text cannot be read: {} as it last was", names.join(", "));
    let field = ui.max_rect();
    let galley = ui.painter().layout_no_wrap(text.clone(), theme::small(), theme.text);
    let width = galley.size().x + 44.0;
    let rect = egui::Rect::from_center_size(field.center_top() + vec2(0.0, 30.0), vec2(width, 28.0));
    let response = ui.interact(rect, ui.scope_id().with("broken text"), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &text));
    ui.painter().rect(rect, 8.0, theme.panel2, egui::Stroke::new(1.0, theme.signal), egui::StrokeKind::Inside);
    let icon = egui::Rect::from_center_size(rect.left_center() + vec2(18.0, 0.0), egui::Vec2::splat(14.0));
    Icon::Warning.paint(ui.painter(), icon, theme.signal);
    ui.painter().galley(rect.left_center() + vec2(32.0, -galley.size().y / 2.0), galley, theme.text);
}
