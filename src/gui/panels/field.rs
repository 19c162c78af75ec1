//! A labelled field for one property: checks while typing, commits on Enter or when it is left.

use egui::{Id, Key, RichText, TextEdit, Ui};
use rustc_hash::FxHashMap;

use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::name_field;

/// Half-typed texts, by field.
#[derive(Debug, Default)]
pub struct Drafts {
    texts: FxHashMap<Id, String>,
}

/// One field.
pub struct Field<'a> {
    /// Names the field across selections: a draft belongs to one property of one thing.
    pub id: Id,
    pub label: &'a str,
    pub hint: &'a str,
    /// What the document says.
    pub current: &'a str,
    /// What the checks say about it.
    pub problem: Option<&'a str>,
    /// Typed as code.
    pub mono: bool,
}

impl Field<'_> {
    /// The text to set, once the person is done and `check` has nothing against it.
    pub fn ui(&self, ui: &mut Ui, drafts: &mut Drafts, check: impl Fn(&str) -> Result<(), String>) -> Option<String> {
        let theme = Theme::of(ui.ctx());
        let mut text = drafts.texts.get(&self.id).map_or_else(|| self.current.to_owned(), Clone::clone);
        ui.label(RichText::new(self.label).font(theme::small()).color(theme.muted));
        ui.add_space(-2.0);
        let font = if self.mono { theme::mono(size::SMALL) } else { theme::body() };
        let edit = TextEdit::singleline(&mut text)
            .id(self.id)
            .font(font.clone())
            .hint_text(RichText::new(self.hint).font(font).color(theme.faint))
            .margin(egui::Margin::symmetric(10, 6))
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        name_field(&response, self.label, &text, false);
        let changed = text != self.current;
        let refused = if changed { check(&text).err() } else { None };
        let problem = refused.as_deref().or(if changed { None } else { self.problem });
        if let Some(problem) = problem {
            ui.painter().rect_stroke(response.rect, 7.0, egui::Stroke::new(1.2, theme.error), egui::StrokeKind::Inside);
            ui.label(RichText::new(problem).font(theme::small()).color(theme.error));
        }
        ui.add_space(6.0);
        let escaped = ui.input(|input| input.key_pressed(Key::Escape));
        if response.lost_focus() && escaped || !changed {
            drafts.texts.remove(&self.id);
            return None;
        }
        if response.lost_focus() && refused.is_none() {
            drafts.texts.remove(&self.id);
            return Some(text);
        }
        if response.has_focus() || refused.is_some() {
            drafts.texts.insert(self.id, text);
            return None;
        }
        // The field lost its focus without being drawn, as by a click on another node.
        drafts.texts.remove(&self.id);
        Some(text)
    }
}
