//! A question with its answers as buttons.

use egui::{Context, Key, RichText};

use super::theme::{self, Theme, size};
use super::widgets::{Tone, button, dialog};
use crate::app::diff::{Change, Line};
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
        ui.set_width(if question.diff.is_empty() { 420.0 } else { 620.0 });
        ui.label(RichText::new(&question.title).font(theme::semibold(size::HEADING)));
        ui.add_space(2.0);
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            ui.label(RichText::new(&question.text).color(theme.muted));
        });
        if !question.diff.is_empty() {
            ui.add_space(8.0);
            diff(ui, &question.diff);
        }
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

/// A sign, a colour and a line each.
fn diff(ui: &mut egui::Ui, lines: &[Line]) {
    let theme = Theme::of(ui.ctx());
    egui::Frame::new().fill(theme.panel2).corner_radius(7.0).inner_margin(egui::Margin::same(8)).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        egui::ScrollArea::both().id_salt("diff").max_height(300.0).auto_shrink([false, true]).show(ui, |ui| {
            for line in lines {
                let color = match line.change {
                    Change::Same => theme.text,
                    Change::Left => theme.muted,
                    Change::Removed => theme.error,
                    Change::Added => theme.ok,
                };
                let text = format!("{} {}", line.change.sign(), line.text);
                let label = RichText::new(text).font(theme::mono(size::SMALL)).color(color);
                ui.add(egui::Label::new(label).extend());
            }
        });
    });
}
