//! The editor's short messages, at the bottom of the canvas.

use egui::{Align2, Context, Order, Sense, Stroke, vec2};

use super::icons::Icon;
use super::theme::{self, Theme};
use super::widgets::{Tone as ButtonTone, button, icon_button};
use crate::app::{Command, Toast, Tone};

/// Shows them at the lower edge of `field`, clear of the tools there.
pub fn ui(ctx: &Context, toasts: &[Toast], field: egui::Rect, out: &mut Vec<Command>) {
    if toasts.is_empty() {
        return;
    }
    egui::Area::new(egui::Id::unique("toasts"))
        .order(Order::Foreground)
        .pivot(Align2::CENTER_BOTTOM)
        .fixed_pos(field.center_bottom() - vec2(0.0, 58.0))
        .show(ctx, |ui| {
            for toast in toasts {
                one(ui, toast, out);
                ui.add_space(2.0);
            }
        });
}

fn one(ui: &mut egui::Ui, toast: &Toast, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let (color, icon) = match toast.tone {
        Tone::Info => (theme.ok, Icon::Tick),
        Tone::Error => (theme.error, Icon::Warning),
    };
    egui::Frame::new()
        .fill(theme.panel2)
        .stroke(Stroke::new(1.0, theme::mix(theme.line, color, 0.6)))
        .corner_radius(9.0)
        .inner_margin(egui::Margin::symmetric(14, 7))
        .shadow(ui.visuals().popup_shadow)
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
                icon.paint(ui.painter(), rect, color);
                ui.scope(|ui| {
                    ui.set_max_width(520.0);
                    ui.add(egui::Label::new(&toast.text).wrap());
                });
                if let Some(action) = &toast.action
                    && button(ui, None, action.title(), ButtonTone::Quiet).clicked()
                {
                    out.push(action.clone());
                    out.push(Command::DismissToast(toast.id));
                }
                if icon_button(ui, Icon::Cross, "Dismiss", "").clicked() {
                    out.push(Command::DismissToast(toast.id));
                }
            });
        });
}
