//! A text that is edited on the canvas, where it stands.
//!
//! Must never: say what the text is for. Who shows the field does.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Context, Key, Response};

use crate::gui::widgets::name_field;

/// The text of a field that takes the focus as it comes.
#[derive(Debug)]
pub struct InPlace {
    pub text: String,
    focused: bool,
}

/// What became of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open,
    /// By Escape.
    Dropped,
    /// By Enter or a click elsewhere; where Enter makes a line, by Ctrl+Enter.
    Accepted,
}

impl InPlace {
    pub const fn new(text: String) -> Self {
        Self { text, focused: false }
    }

    /// After the field was shown as `response`. When it comes a line is selected whole, of several the end.
    pub fn fate(&mut self, ctx: &Context, response: &Response, name: &str, multiline: bool) -> Fate {
        name_field(response, name, &self.text, multiline);
        if !std::mem::replace(&mut self.focused, true) {
            response.request_focus();
            let mut state = TextEditState::load(ctx, response.id).unwrap_or_default();
            let end = CCursor::new(self.text.chars().count());
            let start = if multiline { end } else { CCursor::new(0) };
            state.cursor.set_char_range(Some(CCursorRange::two(start, end)));
            state.store(ctx, response.id);
            return Fate::Open;
        }
        let (dropped, accepted) = ctx
            .input(|input| (input.key_pressed(Key::Escape), input.modifiers.command && input.key_pressed(Key::Enter)));
        if dropped {
            Fate::Dropped
        } else if response.lost_focus() || (multiline && accepted) {
            Fate::Accepted
        } else {
            Fate::Open
        }
    }
}
