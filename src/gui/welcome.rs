//! The first page: the tour, the examples, the files of the last days.

use std::path::PathBuf;

use egui::{Align2, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::icons;
use super::theme::{self, Theme, size};
use super::widgets::{Tone, button, caption, elided, text_at};
use crate::app::Command;
use crate::app::examples::{EXAMPLES, Example, TOUR};

const WIDTH: f32 = 760.0;

/// `true` once it is to be closed.
pub fn ui(ui: &mut Ui, recent: &[PathBuf], out: &mut Vec<Command>) -> bool {
    let theme = Theme::of(ui.ctx());
    let field = ui.max_rect();
    ui.painter().rect_filled(field, 0.0, theme.field);
    let before = out.len();
    let mut close = false;
    let width = WIDTH.min(field.width() - 48.0);
    let place = Rect::from_center_size(field.center(), vec2(width, field.height() - 32.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
        ScrollArea::vertical().id_salt("welcome").auto_shrink(false).show(ui, |ui| {
            ui.add_space(20.0);
            let (rect, _) = ui.allocate_exact_size(vec2(width, 44.0), Sense::hover());
            icons::ball_shapes(
                pos2(rect.left() + 20.0, rect.center().y),
                34.0,
                -0.5,
                theme.ball,
                theme.lace,
                true,
                |shape| {
                    ui.painter().add(shape);
                },
            );
            let at = pos2(rect.left() + 52.0, rect.center().y);
            text_at(ui, at, Align2::LEFT_CENTER, "Welcome to Chalktalk", theme::semibold(20.0), theme.text);
            ui.label(
                RichText::new("Draw plays, run them live, replay them. Opening a play runs nothing.")
                    .color(theme.muted),
            );
            ui.add_space(10.0);
            ui.horizontal(|ui| {
                if button(ui, None, TOUR.teaches, Tone::Filled).clicked() {
                    out.push(Command::Tour);
                }
                if button(ui, None, "New play", Tone::Quiet).clicked() {
                    out.push(Command::New);
                }
                if button(ui, None, "Open a file…", Tone::Quiet).clicked() {
                    out.push(Command::Open);
                }
                if button(ui, None, "Back to the play", Tone::Bare).clicked() {
                    close = true;
                }
            });
            if !recent.is_empty() {
                ui.add_space(14.0);
                caption(ui, "Recent files");
                for path in recent {
                    if recent_row(ui, path).clicked() {
                        out.push(Command::OpenPath(path.clone()));
                    }
                }
            }
            ui.add_space(14.0);
            caption(ui, "Examples, each of one thing");
            ui.add_space(2.0);
            ui.spacing_mut().item_spacing = vec2(10.0, 10.0);
            for pair in EXAMPLES.chunks(2) {
                ui.horizontal(|ui| {
                    for example in pair {
                        if card(ui, example, (width - 10.0) / 2.0).clicked() {
                            out.push(Command::NewFrom { text: example.text.to_owned() });
                        }
                    }
                });
            }
            ui.add_space(20.0);
        });
    });
    close || out.len() > before
}

fn recent_row(ui: &mut Ui, path: &std::path::Path) -> egui::Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click());
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open {}", path.display())));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 6.0, theme.panel2);
    }
    let drawn = text_at(ui, rect.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER, name, theme::body(), theme.text);
    let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let folder = elided(ui, &folder, theme::small(), theme.muted, (rect.right() - drawn.right() - 20.0).max(20.0));
    ui.painter().galley(pos2(drawn.right() + 12.0, rect.center().y - folder.size().y / 2.0), folder, theme.muted);
    response
}

fn card(ui: &mut Ui, example: &Example, width: f32) -> egui::Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(width, 54.0), Sense::click());
    let name = format!("Example {}: {}", example.name, example.teaches);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let lit = response.hovered() || response.has_focus();
    let line = if lit { theme.accent } else { theme.card_line };
    ui.painter().rect(rect, 10.0, theme.card, Stroke::new(1.0, line), StrokeKind::Inside);
    let left = rect.left() + 14.0;
    text_at(
        ui,
        pos2(left, rect.top() + 18.0),
        Align2::LEFT_CENTER,
        example.name,
        theme::semibold(size::TITLE),
        theme.text,
    );
    let teaches = elided(ui, example.teaches, theme::small(), theme.muted, width - 28.0);
    ui.painter().galley(pos2(left, rect.top() + 36.0 - teaches.size().y / 2.0), teaches, theme.muted);
    response
}
