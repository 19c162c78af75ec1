use egui::{Align, Layout, RichText, Ui, vec2};

use crate::app::Command;
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
