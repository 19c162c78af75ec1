//! What the next run starts with.

use egui::{Context, Key, RichText, TextEdit};
use serde_json::Value;

use crate::app::Command;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{Tone, button_with, dialog, name_field};

#[derive(Debug, Default)]
pub struct InputDialog {
    text: Option<String>,
    focused: bool,
}

impl InputDialog {
    pub fn open(&mut self, current: &str) {
        self.text = Some(pretty(current));
        self.focused = false;
    }

    pub const fn is_open(&self) -> bool {
        self.text.is_some()
    }

    pub fn ui(&mut self, ctx: &Context, out: &mut Vec<Command>) {
        let Some(text) = &mut self.text else { return };
        let theme = Theme::of(ctx);
        let mut close = false;
        let modal = dialog(ctx, "run input").show(ctx, |ui| {
            ui.set_width(460.0);
            ui.label(RichText::new("Input of the next run").font(theme::semibold(size::HEADING)));
            ui.label(RichText::new("What the snap's ball carries, as JSON.").color(theme.muted));
            ui.add_space(6.0);
            let edit = TextEdit::multiline(text).code_editor().desired_rows(9).desired_width(f32::INFINITY);
            let field = ui.add(edit.font(theme::mono(size::SMALL)).margin(egui::Margin::same(10)));
            name_field(&field, "Run input", text, true);
            if !std::mem::replace(&mut self.focused, true) {
                field.request_focus();
            }
            let problem = serde_json::from_str::<Value>(text).err().map(|error| format!("not JSON: {error}"));
            ui.label(RichText::new(problem.as_deref().unwrap_or(" ")).color(theme.error).font(theme::small()));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let ok = problem.is_none();
                let enter = ui.input(|input| input.modifiers.command && input.key_pressed(Key::Enter));
                let run = button_with(ui, None, "Run with it", Tone::Filled, "Ctrl+Enter", ok).clicked() || enter && ok;
                let keep = button_with(ui, None, "Keep for the next run", Tone::Quiet, "", ok).clicked();
                if run || keep {
                    out.push(Command::SetInput(text.clone()));
                    close = true;
                }
                if run {
                    out.push(Command::Run);
                }
            });
        });
        if close || modal.should_close() {
            self.text = None;
        }
    }
}

fn pretty(text: &str) -> String {
    let value = serde_json::from_str::<Value>(text).ok();
    value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.to_owned())
}
