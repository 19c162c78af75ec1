//! The bar of find and replace above the text.

use egui::{Key, TextEdit, Ui};

use crate::assist::{Find, find_all, replace_all};
use crate::base::{Span, TextChange};
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{Tone, button_with, name_field, rule};

#[derive(Default)]
pub struct SearchBar {
    is_open: bool,
    wants_focus: bool,
    find: Find,
    with: String,
    /// For which text and search the hits are.
    kept: Option<(String, Find)>,
    hits: Vec<Span>,
}

pub enum Reply {
    Show(Span),
    Change(Vec<TextChange>),
    Close,
}

impl SearchBar {
    pub fn open(&mut self, text: &str) {
        self.is_open = true;
        self.wants_focus = true;
        if !text.is_empty() {
            text.clone_into(&mut self.find.text);
        }
    }

    /// Of the text as it is now; none while the bar is closed.
    pub fn hits(&mut self, text: &str) -> &[Span] {
        if !self.is_open {
            return &[];
        }
        if !matches!(&self.kept, Some((of, find)) if of == text && *find == self.find) {
            self.hits = find_all(text, &self.find);
            self.kept = Some((text.to_owned(), self.find.clone()));
        }
        &self.hits
    }

    /// `from` is where the cursor is.
    pub fn ui(&mut self, ui: &mut Ui, text: &str, from: u32) -> Option<Reply> {
        if !self.is_open {
            return None;
        }
        let theme = Theme::of(ui.ctx());
        let mut reply = None;
        let n = self.hits(text).len();
        let at = self.hits.iter().position(|hit| hit.end == from);
        let mut step = 0_i32;
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.add_space(12.0);
            let id = super::text_id().with("find");
            let field =
                TextEdit::singleline(&mut self.find.text).id(id).font(theme::mono(size::SMALL)).desired_width(150.0);
            let response = ui.add(field.hint_text("Find"));
            name_field(&response, "Find in text", &self.find.text, false);
            if std::mem::take(&mut self.wants_focus) {
                response.request_focus();
            }
            if response.lost_focus() {
                ui.input(|input| {
                    if input.key_pressed(Key::Enter) {
                        step = if input.modifiers.shift { -1 } else { 1 };
                    } else if input.key_pressed(Key::Escape) {
                        reply = Some(Reply::Close);
                    }
                });
                if step != 0 {
                    response.request_focus();
                }
            }
            if button_with(ui, None, "Previous", Tone::Bare, "Shift+Enter", n > 0).clicked() {
                step = -1;
            }
            if button_with(ui, None, "Next", Tone::Bare, "Enter", n > 0).clicked() {
                step = 1;
            }
            let count = match (at, n) {
                (Some(at), n) => format!("{} of {n}", at + 1),
                (None, 0) if self.find.text.is_empty() => String::new(),
                (None, 0) => "none".to_owned(),
                (None, n) => format!("{n}"),
            };
            ui.colored_label(theme.muted, count);
        });
        ui.horizontal(|ui| {
            ui.add_space(12.0);
            let field = TextEdit::singleline(&mut self.with).font(theme::mono(size::SMALL)).desired_width(150.0);
            let response = ui.add(field.hint_text("Replace with"));
            name_field(&response, "Replace with", &self.with, false);
            if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
                reply = Some(Reply::Close);
            }
            if button_with(ui, None, "Replace", Tone::Bare, "", n > 0).clicked() {
                match at {
                    Some(at) => reply = Some(Reply::Change(vec![TextChange::new(self.hits[at], self.with.clone())])),
                    None => step = 1,
                }
            }
            if button_with(ui, None, "Replace all", Tone::Bare, "", n > 0).clicked() {
                reply = Some(Reply::Change(replace_all(text, &self.find, &self.with)));
            }
            ui.checkbox(&mut self.find.match_case, "Case");
            ui.checkbox(&mut self.find.whole_word, "Word");
        });
        ui.add_space(6.0);
        rule(ui);
        if step != 0 && n > 0 {
            let next = if step > 0 {
                self.hits.iter().find(|hit| hit.start >= from).or_else(|| self.hits.first())
            } else {
                self.hits.iter().rev().find(|hit| hit.end < from).or_else(|| self.hits.last())
            };
            reply = next.map(|hit| Reply::Show(*hit));
        }
        if matches!(reply, Some(Reply::Close)) {
            self.is_open = false;
        }
        reply
    }
}
