//! The menu: every command by its area, as the registry has them.

use egui::{Button, Popup, RichText, Ui};

use super::icons::Icon;
use super::theme::{self, Theme, size};
use super::widgets::icon_button;
use crate::app::registry::{self, Entry};
use crate::app::{Command, Editor};

pub fn ui(ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
    let response = icon_button(ui, Icon::Menu, "Menu", "");
    Popup::menu(&response).show(|ui| {
        ui.set_min_width(190.0);
        for (area, entries) in registry::areas().filter(|(_, entries)| !entries.is_empty()) {
            ui.menu_button(area, |ui| {
                ui.set_min_width(250.0);
                entries.iter().for_each(|entry| item(ui, editor, entry, out));
            });
        }
    });
}

fn item(ui: &mut Ui, editor: &Editor, entry: &Entry, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let command = (entry.command)();
    let keys = entry.shortcut().map(|shortcut| shortcut.to_string()).unwrap_or_default();
    let keys = RichText::new(keys).font(theme::mono(size::CAPTION)).color(theme.muted);
    let button = ui.add_enabled(editor.is_enabled(&command), Button::new(entry.title).right_text(keys));
    if button.on_hover_text(entry.does).clicked() {
        out.push(command);
        ui.close();
    }
}
