//! A question with its answers as buttons.

use egui::{Context, Key, RichText};

use super::theme::{self, Theme, size};
use super::widgets::{Tone, button, dialog};
use crate::app::{Command, Question};

#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Waiting,
    Dismissed,
    Command(Command),
}

pub fn ui(ctx: &Context, question: &Question) -> Reply {
    let theme = Theme::of(ctx);
    let mut reply = Reply::Waiting;
    let modal = dialog(ctx, "question").show(ctx, |ui| {
        ui.set_width(420.0);
        ui.label(RichText::new(&question.title).font(theme::semibold(size::HEADING)));
        ui.add_space(2.0);
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            ui.label(RichText::new(&question.text).color(theme.muted));
        });
        ui.add_space(14.0);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            for (i, answer) in question.answers.iter().enumerate() {
                let tone = if i == 0 && !answer.destructive { Tone::Filled } else { Tone::Quiet };
                if button(ui, None, answer.label, tone).clicked() {
                    reply = Reply::Command(answer.command.clone());
                }
            }
            if button(ui, None, "Cancel", Tone::Bare).clicked() {
                reply = Reply::Dismissed;
            }
        });
    });
    if reply == Reply::Waiting
        && ctx.input(|input| input.key_pressed(Key::Enter))
        && let Some(answer) = question.answers.first().filter(|answer| !answer.destructive)
    {
        return Reply::Command(answer.command.clone());
    }
    if reply == Reply::Waiting && modal.should_close() {
        return Reply::Dismissed;
    }
    reply
}
