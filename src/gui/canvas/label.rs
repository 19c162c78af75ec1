//! The label of a wire, edited in place: a condition, `otherwise`, `on error`, `on timeout`, or nothing for every ball.

use egui::{Area, Context, Id, Order, Pos2, TextEdit};

use super::in_place::{Fate, InPlace};
use crate::app::{Command, Gesture};
use crate::event::WireRef;
use crate::gui::theme::{self, Theme, size};
use crate::play::{Expr, When};

#[derive(Debug)]
pub struct LabelEdit {
    pub wire: WireRef,
    field: InPlace,
}

impl LabelEdit {
    pub fn new(wire: WireRef, when: &When) -> Self {
        let text = match when {
            When::Always => String::new(),
            When::If(guard) => guard.0.clone(),
            When::Otherwise => "otherwise".to_owned(),
            When::Error => "on error".to_owned(),
            When::Timeout => "on timeout".to_owned(),
        };
        Self { wire, field: InPlace::new(text) }
    }

    /// Whether it is done with. `at`: the middle of the wire on the screen.
    pub fn ui(&mut self, ctx: &Context, at: Pos2, out: &mut Vec<Command>) -> bool {
        let theme = Theme::of(ctx);
        let area = Area::new(Id::unique("wire label")).order(Order::Foreground).pivot(egui::Align2::CENTER_CENTER);
        let shown = area.fixed_pos(at).show(ctx, |ui| {
            let edit = TextEdit::singleline(&mut self.field.text)
                .id(Id::unique("wire label field"))
                .font(theme::mono(size::SMALL))
                .hint_text(egui::RichText::new("every ball").color(theme.muted))
                .background_color(theme.panel2)
                .margin(egui::Margin::symmetric(10, 5))
                .desired_width(230.0);
            ui.add(edit)
        });
        let fate = self.field.fate(ctx, &shown.inner, "Wire label", false);
        if fate == Fate::Accepted {
            out.push(Command::Edit(Gesture::SetWhen { wire: self.wire.clone(), when: read(&self.field.text) }));
        }
        fate != Fate::Open
    }
}

/// What a label says.
fn read(text: &str) -> When {
    let text = text.trim();
    let inner = || Some(text.strip_prefix("when")?.trim().strip_prefix('(')?.strip_suffix(')')?.trim());
    match text {
        "" => When::Always,
        "otherwise" => When::Otherwise,
        "on error" | "error" => When::Error,
        "on timeout" | "timeout" => When::Timeout,
        _ => When::If(Expr(inner().unwrap_or(text).to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_shown() {
        let guard = |text: &str| When::If(Expr(text.to_owned()));
        for (text, when) in [
            ("", When::Always),
            (" otherwise ", When::Otherwise),
            ("on error", When::Error),
            ("timeout", When::Timeout),
            ("ball.total > 100", guard("ball.total > 100")),
            ("when (ball.ok)", guard("ball.ok")),
        ] {
            assert_eq!(read(text), when, "{text}");
        }
    }
}
