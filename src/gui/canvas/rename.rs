//! Renaming a node in place: a text field over its title.

use egui::{Rect, TextEdit, Ui, vec2};

use super::in_place::{Fate, InPlace};
use super::view::View;
use super::{Subject, ink};
use crate::app::{Command, Gesture};
use crate::base::NodeId;
use crate::gui::theme::{self, Theme, size};
use crate::play::ops::NodeField;
use crate::scene::Geometry;

#[derive(Debug)]
pub struct Rename {
    pub node: NodeId,
    field: InPlace,
    /// The node has a title, so that is what is edited.
    is_title: bool,
}

impl Rename {
    pub fn start(subject: &Subject<'_>, node: &NodeId) -> Option<Self> {
        let found = subject.graph.find(node)?;
        let title = subject.graph.node(subject.play, found).options.title.clone();
        let is_title = title.is_some();
        let field = InPlace::new(title.unwrap_or_else(|| node.to_string()));
        Some(Self { node: node.clone(), field, is_title })
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
        let edit = TextEdit::singleline(&mut self.field.text)
            .id(egui::Id::unique("rename"))
            .font(theme::semibold(size::TITLE))
            .margin(egui::Margin::symmetric(8, 4))
            .background_color(theme.panel2)
            .desired_width(width);
        let response = ui.put(rect, edit);
        let fate = self.field.fate(ui.ctx(), &response, "Name", false);
        if fate != Fate::Accepted {
            return fate == Fate::Dropped;
        }
        let text = self.field.text.trim();
        let node = self.node.clone();
        if self.is_title {
            out.push(Command::Edit(Gesture::SetField { node, field: NodeField::Title, text: text.to_owned() }));
        } else if !text.is_empty() && text != node.as_str() {
            out.push(Command::Edit(Gesture::Rename { node, to: text.to_owned() }));
        }
        true
    }
}
