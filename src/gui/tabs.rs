//! The open plays as tabs in the top bar, and which play of a file is shown.

use egui::{PointerButton, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::icons::Icon;
use super::theme::{self, Theme, space};
use super::widgets::{elided, icon_button};
use crate::app::{Command, Editor, Session};

const MAX_WIDTH: f32 = 180.0;

/// Shows them within `room` points.
pub fn ui(ui: &mut Ui, editor: &Editor, room: f32, out: &mut Vec<Command>) {
    let n = editor.sessions().len();
    #[expect(clippy::cast_precision_loss, reason = "few tabs")]
    let widest = ((room - 70.0) / n as f32 - 46.0).clamp(24.0, MAX_WIDTH);
    egui::ScrollArea::horizontal().max_width(room).auto_shrink([true, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (n, session) in editor.sessions().iter().enumerate() {
            tab(ui, session, n, n == editor.current(), widest, out);
        }
    });
    let new = Command::New;
    let shortcut = new.shortcut().map(|shortcut| shortcut.to_string()).unwrap_or_default();
    if icon_button(ui, Icon::Plus, "New", &shortcut).clicked() {
        out.push(new);
    }
    plays(ui, editor.session(), out);
}

fn tab(ui: &mut Ui, session: &Session, n: usize, shown: bool, widest: f32, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let name = session.name();
    let stem = name.trim_end_matches(".play").trim_end_matches(".ron");
    let color = if shown { theme.text } else { theme.muted };
    let galley = elided(ui, stem, theme::body(), color, widest);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 46.0, space::TOP_BAR), Sense::click());
    let label = if session.is_dirty() { format!("{name}, not saved") } else { name };
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, shown, &label));
    let body = Rect::from_min_max(pos2(rect.left(), rect.top() + 10.0), rect.max);
    let corners = egui::CornerRadius { nw: 8, ne: 8, sw: 0, se: 0 };
    if shown {
        ui.painter().rect_filled(body, corners, theme.field);
    } else if response.hovered() {
        ui.painter().rect_filled(body, corners, theme.panel2);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(body.shrink(2.0), 6.0, egui::Stroke::new(1.5, theme.accent), egui::StrokeKind::Inside);
    }
    ui.painter().galley(pos2(body.left() + 14.0, body.center().y - galley.size().y / 2.0), galley, color);
    let cross = Rect::from_center_size(pos2(body.right() - 16.0, body.center().y), Vec2::splat(18.0));
    let close = ui.interact(cross, response.id.with("close"), Sense::click());
    close.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Close {}", session.name())));
    if close.hovered() || (response.hovered() && !session.is_dirty()) {
        if close.hovered() {
            ui.painter().rect_filled(cross, 5.0, theme.line);
        }
        Icon::Cross.paint(ui.painter(), cross.shrink(4.0), theme.muted);
    } else if session.is_dirty() {
        ui.painter().circle_filled(cross.center(), 3.4, theme.accent);
    }
    if close.clicked() || response.clicked_by(PointerButton::Middle) {
        out.push(Command::ShowTab(n));
        out.push(Command::CloseTab);
    } else if response.clicked() {
        out.push(Command::ShowTab(n));
    }
    let tip = session.path().map_or_else(|| "not in a file yet".to_owned(), |path| path.display().to_string());
    response.on_hover_text(if session.is_dirty() { format!("{tip}\nnot saved") } else { tip });
}

/// Which play of the file is on the canvas, where there are several.
fn plays(ui: &mut Ui, session: &Session, out: &mut Vec<Command>) {
    if session.doc().plays().count() < 2 {
        return;
    }
    let shown = session.play().map_or_else(String::new, |play| play.coord.to_string());
    ui.add_space(6.0);
    let combo = egui::ComboBox::from_id_salt("play").selected_text(shown.as_str()).width(140.0);
    let combo = combo.show_ui(ui, |ui| {
        for (item, play) in session.doc().plays() {
            let chosen = session.item() == Some(item);
            if ui.selectable_label(chosen, play.coord.to_string()).clicked() && !chosen {
                out.push(Command::ShowPlay(item));
            }
        }
    });
    combo.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Play of the file");
        info.current_text_value = Some(shown.clone());
        info
    });
}
