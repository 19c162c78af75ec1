//! The recorded runs, newest first: a click replays one.

use egui::{Align2, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::port::{RunState, RunSummary};
use crate::app::{Command, Editor};
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::gui::toolbar::short_id;
use crate::gui::widgets::{icon_button, text_at};
use crate::gui::words::{date, took};

#[derive(Debug, Default)]
pub struct RunsPanel {
    open: bool,
}

impl RunsPanel {
    pub const fn is_open(&self) -> bool {
        self.open
    }

    pub const fn toggle(&mut self) {
        self.open = !self.open;
    }

    pub fn ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        ui.take_available_space();
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_space(20.0);
            ui.label(egui::RichText::new("Past runs").font(theme::semibold(size::TITLE)));
            ui.label(egui::RichText::new("Click one to replay it. Nothing is called.").color(theme.muted));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add_space(12.0);
                if icon_button(ui, Icon::Cross, "Close the list", "").clicked() {
                    self.open = false;
                }
            });
        });
        let Some(runs) = editor.runs() else {
            hint(ui, "Reading the journal…");
            return;
        };
        if runs.is_empty() {
            hint(ui, "No run is recorded yet. Press Space to run the play.");
            return;
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for run in runs {
                if row(ui, run).clicked() {
                    out.push(Command::OpenRun(run.run.clone()));
                    self.open = false;
                }
            }
        });
    }
}

fn hint(ui: &mut Ui, text: &str) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.add_space(20.0);
        ui.label(egui::RichText::new(text).color(theme.muted));
    });
}

fn row(ui: &mut Ui, run: &RunSummary) -> egui::Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::click());
    let mut name = format!("Replay run {} of {}, {}", run.run, run.play, run.state.word());
    if let Some(reason) = &run.reason {
        name = format!("{name}: {reason}");
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let inner = Rect::from_min_max(pos2(rect.left() + 20.0, rect.top()), pos2(rect.right() - 20.0, rect.bottom()));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(inner.expand2(vec2(8.0, -1.0)), 6.0, theme.panel2);
    }
    let y = rect.center().y;
    let (icon, color) = match run.state {
        RunState::Running => (Icon::Play, theme.accent),
        RunState::Stopped => (Icon::Stop, theme.signal),
        RunState::Passed => (Icon::Tick, theme.ok),
        RunState::Failed => (Icon::Cross, theme.error),
        RunState::Cancelled => (Icon::Stop, theme.muted),
    };
    icon.paint(ui.painter(), Rect::from_center_size(pos2(inner.left() + 8.0, y), egui::Vec2::splat(13.0)), color);
    let mono = theme::mono(size::SMALL);
    let at = |x: f32| pos2(inner.left() + x, y);
    text_at(ui, at(26.0), Align2::LEFT_CENTER, run.state.word(), theme::body(), color);
    text_at(ui, at(112.0), Align2::LEFT_CENTER, run.play.to_string(), mono.clone(), theme.text);
    let right = |x: f32| pos2(inner.right() - x, y);
    text_at(ui, right(0.0), Align2::RIGHT_CENTER, short_id(&run.run), mono.clone(), theme.faint);
    text_at(ui, right(96.0), Align2::RIGHT_CENTER, took(run.took_micros), mono.clone(), theme.muted);
    text_at(ui, right(186.0), Align2::RIGHT_CENTER, format!("{} events", run.n_events), theme::small(), theme.muted);
    text_at(ui, right(280.0), Align2::RIGHT_CENTER, date(run.started_ms), mono, theme.muted);
    match &run.reason {
        Some(reason) => response.on_hover_text(reason),
        None => response,
    }
}
