//! Renaming a node in place: a text field over its title.

use egui::{Key, Rect, TextEdit, Ui, vec2};

use super::view::View;
use super::{Subject, ink};
use crate::app::{Command, Gesture};
use crate::base::NodeId;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::name_field;
use crate::play::ops::NodeField;
use crate::scene::Geometry;

#[derive(Debug)]
pub struct Rename {
    pub node: NodeId,
    text: String,
    /// The node has a title, so that is what is edited.
    is_title: bool,
    focused: bool,
}

impl Rename {
    pub fn start(subject: &Subject<'_>, node: &NodeId) -> Option<Self> {
        let found = subject.graph.find(node)?;
        let title = subject.graph.node(subject.play, found).options.title.clone();
        let is_title = title.is_some();
        Some(Self { node: node.clone(), text: title.unwrap_or_else(|| node.to_string()), is_title, focused: false })
    }

    /// Whether the renaming is over.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        subject: &Subject<'_>,
        geometry: &Geometry,
        view: View,
        canvas: Rect,
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(node) = subject.graph.find(&self.node) else { return true };
        let theme = Theme::of(ui.ctx());
        let card = ink::rect(geometry.card(node).rect);
        let at = view.screen_from_scene(canvas, card.min);
        let width = (card.width() * view.zoom - 16.0).max(150.0);
        let rect = Rect::from_min_size(at + vec2(8.0, 5.0) * view.zoom, vec2(width, 26.0));
        let edit = TextEdit::singleline(&mut self.text)
            .id(egui::Id::unique("rename"))
            .font(theme::semibold(size::TITLE))
            .margin(egui::Margin::symmetric(8, 4))
            .background_color(theme.panel2)
            .desired_width(width);
        let response = ui.put(rect, edit);
        name_field(&response, "Name", &self.text, false);
        if !std::mem::replace(&mut self.focused, true) {
            response.request_focus();
            let mut state = egui::text_edit::TextEditState::load(ui.ctx(), response.id).unwrap_or_default();
            let all = egui::text::CCursorRange::two(
                egui::text::CCursor::new(0),
                egui::text::CCursor::new(self.text.chars().count()),
            );
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), response.id);
            return false;
        }
        if ui.input(|input| input.key_pressed(Key::Escape)) {
            return true;
        }
        if !response.lost_focus() {
            return false;
        }
        let text = self.text.trim();
        let node = self.node.clone();
        if self.is_title {
            out.push(Command::Edit(Gesture::SetField { node, field: NodeField::Title, text: text.to_owned() }));
        } else if !text.is_empty() && text != node.as_str() {
            out.push(Command::Edit(Gesture::Rename { node, to: text.to_owned() }));
        }
        true
    }
}
