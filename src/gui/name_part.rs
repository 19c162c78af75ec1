//! What a part of a play is to be called that becomes a play of its own.

use egui::{Context, Key, RichText, TextEdit};

use super::theme::{self, Theme, size};
use super::widgets::{Tone, button_with, dialog, name_field};
use crate::app::{Command, Gesture};
use crate::base::NodeId;

#[derive(Debug, Default)]
pub struct NamePart {
    asked: Option<(Vec<NodeId>, String)>,
    focused: bool,
}

impl NamePart {
    pub fn open(&mut self, nodes: Vec<NodeId>, name: String) {
        self.asked = Some((nodes, name));
        self.focused = false;
    }

    pub const fn is_open(&self) -> bool {
        self.asked.is_some()
    }

    pub fn ui(&mut self, ctx: &Context, out: &mut Vec<Command>) {
        let Some((nodes, name)) = &mut self.asked else { return };
        let theme = Theme::of(ctx);
        let mut close = false;
        let modal = dialog(ctx, "name of a part").show(ctx, |ui| {
            ui.set_width(400.0);
            ui.label(RichText::new("A play of its own").font(theme::semibold(size::HEADING)));
            let what = if nodes.len() == 1 {
                "The node becomes".to_owned()
            } else {
                format!("The {} nodes become", nodes.len())
            };
            ui.label(
                RichText::new(format!("{what} a play of this name, and a call to it takes their place."))
                    .color(theme.muted),
            );
            ui.add_space(6.0);
            let edit = TextEdit::singleline(name).font(theme::mono(size::BODY)).desired_width(f32::INFINITY);
            let field = ui.add(edit.margin(egui::Margin::symmetric(10, 7)));
            name_field(&field, "Name of the play", name, false);
            if !std::mem::replace(&mut self.focused, true) {
                field.request_focus();
            }
            ui.add_space(10.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let ok = !name.trim().is_empty();
                let enter = ui.input(|input| input.key_pressed(Key::Enter));
                if button_with(ui, None, "Make the play", Tone::Filled, "Enter", ok).clicked() || enter && ok {
                    let (nodes, name) = (nodes.clone(), name.trim().to_owned());
                    out.push(Command::Edit(Gesture::Extract { nodes, name }));
                    close = true;
                }
            });
        });
        if close || modal.should_close() {
            self.asked = None;
        }
    }
}
