//! The button under a node that waits for a signal: sends it, with a payload if the person wants one.

use egui::{Align2, Key, Rect, Role, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, pos2, vec2};
use serde_json::Value;

use super::view::View;
use super::{Subject, ink};
use crate::app::Command;
use crate::base::NodeId;
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{Tone, button, button_with, dialog, name_field};
use crate::scene::{Frame, Geometry, StateKind};

/// The payload that is being typed.
#[derive(Debug, Default)]
pub struct SignalForm {
    open: Option<Open>,
    /// What was typed last, for the next time.
    last: String,
}

#[derive(Debug)]
struct Open {
    node: NodeId,
    text: String,
    focused: bool,
}

impl SignalForm {
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    #[expect(clippy::too_many_arguments, reason = "each is a part of the picture")]
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        subject: &Subject<'_>,
        geometry: &Geometry,
        frame: &Frame,
        view: View,
        canvas: Rect,
        out: &mut Vec<Command>,
    ) {
        if !subject.run.is_some_and(|run| run.is_live && run.is_running) {
            self.open = None;
            return;
        }
        for mark in frame.nodes.iter().filter(|mark| mark.state == StateKind::WaitingForSignal) {
            let card = ink::rect(geometry.card(mark.node).rect);
            let below = view.screen_from_scene(canvas, pos2(card.center().x, card.bottom() + 26.0));
            let id = &subject.graph.node(subject.play, mark.node).id;
            self.button(ui, id, below, canvas, out);
        }
        self.form(ui, out);
    }

    fn button(&mut self, ui: &Ui, node: &NodeId, at: egui::Pos2, canvas: Rect, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        let painter = ui.painter_at(canvas);
        let galley = painter.layout_no_wrap("Send signal".into(), theme::semibold(size::SMALL), theme.panel);
        let rect = Align2::CENTER_TOP.anchor_size(at, vec2(galley.size().x + 38.0, 26.0));
        let more = Rect::from_min_size(pos2(rect.right() + 4.0, rect.top()), Vec2::splat(26.0));
        let send = ui.interact(rect, ui.scope_id().with(("send", node.as_str())), Sense::click());
        send.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Send signal to {node}")));
        let edit = ui.interact(more, ui.scope_id().with(("payload", node.as_str())), Sense::click());
        edit.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Signal payload for {node}")));
        let fill = theme::mix(theme.signal, theme.text, if send.hovered() { 0.25 } else { 0.0 });
        painter.rect_filled(rect, 13.0, fill);
        Icon::Signal.paint(
            &painter,
            Rect::from_center_size(pos2(rect.left() + 17.0, rect.center().y), Vec2::splat(14.0)),
            theme.panel,
        );
        painter.galley(pos2(rect.left() + 27.0, rect.center().y - galley.size().y / 2.0), galley, theme.panel);
        let line = if edit.hovered() { theme.signal } else { theme.card_line };
        painter.rect(more, 13.0, theme.panel2, Stroke::new(1.0, line), StrokeKind::Inside);
        for i in [-1.0, 0.0, 1.0] {
            painter.circle_filled(more.center() + vec2(4.5 * i, 0.0), 1.4, theme.text);
        }
        if send.on_hover_text("Let the ball that waits here go on").clicked() {
            out.push(Command::SendSignal { node: node.clone(), payload: Value::Object(serde_json::Map::new()) });
        }
        if edit.on_hover_text("Send it with a payload").clicked() {
            let text = if self.last.is_empty() { "{}".to_owned() } else { self.last.clone() };
            self.open = Some(Open { node: node.clone(), text, focused: false });
        }
    }

    fn form(&mut self, ui: &Ui, out: &mut Vec<Command>) {
        let Some(open) = &mut self.open else { return };
        let theme = Theme::of(ui.ctx());
        let mut close = false;
        let modal = dialog(ui.ctx(), "signal payload").show(ui.ctx(), |ui| {
            ui.set_width(380.0);
            ui.label(egui::RichText::new(format!("Signal to {}", open.node)).font(theme::semibold(size::HEADING)));
            ui.label(egui::RichText::new("The payload, as JSON. Expressions read it as signal.").color(theme.muted));
            ui.add_space(6.0);
            let edit = TextEdit::multiline(&mut open.text).code_editor().desired_rows(4).desired_width(f32::INFINITY);
            let field = ui.add(edit.font(theme::mono(size::SMALL)).margin(egui::Margin::same(10)));
            name_field(&field, "Payload", &open.text, true);
            if !std::mem::replace(&mut open.focused, true) {
                field.request_focus();
            }
            let parsed = serde_json::from_str::<Value>(&open.text);
            let problem = parsed.as_ref().err().map(|error| format!("not JSON: {error}"));
            ui.label(egui::RichText::new(problem.as_deref().unwrap_or(" ")).color(theme.error).font(theme::small()));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let enter = ui.input(|input| input.modifiers.command && input.key_pressed(Key::Enter));
                let pressed = button_with(ui, None, "Send", Tone::Filled, "Ctrl+Enter", parsed.is_ok()).clicked();
                if let (true, Ok(payload)) = (pressed || enter, parsed) {
                    out.push(Command::SendSignal { node: open.node.clone(), payload });
                    self.last.clone_from(&open.text);
                    close = true;
                }
                close |= button(ui, None, "Cancel", Tone::Quiet).clicked();
            });
        });
        if close || modal.should_close() {
            self.open = None;
        }
    }
}
