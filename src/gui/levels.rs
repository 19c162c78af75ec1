//! The way down to the play that is shown, over the canvas, and which of several calls is looked at.

use egui::{Align, Align2, Layout, Rect, Role, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::icons::Icon;
use super::theme::{self, Theme, size};
use super::widgets::{elided, icon_button, text_at};
use crate::app::{CallState, Command, Crumb, Editor, Visits};
use crate::base::NodeId;
use crate::replay::{Call, CallEnd};

const HEIGHT: f32 = 34.0;
/// The widest name of a level, in points.
const NAME: f32 = 140.0;

/// Nodes behind which a play stands, found again when the open documents have changed.
#[derive(Default)]
pub struct Entrances {
    of: (usize, Vec<u64>),
    nodes: Vec<NodeId>,
}

impl Entrances {
    pub fn entrances(&mut self, editor: &Editor) -> &[NodeId] {
        let revisions = editor.sessions().iter().map(crate::app::Session::revision).collect();
        let of = (editor.current(), revisions);
        if self.of != of {
            self.of = of;
            self.nodes = editor.entrances();
        }
        &self.nodes
    }
}

/// At the top of the canvas, while a play is shown that another one calls.
pub fn ui(ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
    let crumbs = editor.crumbs();
    if crumbs.is_empty() {
        return;
    }
    let theme = Theme::of(ui.ctx());
    let field = ui.max_rect();
    let place = Rect::from_min_size(pos2(field.left() + 16.0, field.top() + 14.0), vec2(field.width() * 0.6, HEIGHT));
    let ground = ui.painter().add(egui::Shape::Noop);
    let bar = ui.scope_builder(
        egui::UiBuilder::new().max_rect(place.shrink2(vec2(4.0, 3.0))).layout(Layout::left_to_right(Align::Center)),
        |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            if icon_button(ui, Icon::Up, "Zoom out of the play", "Shift+Enter").clicked() {
                out.push(Command::Leave(1));
            }
            for (n, crumb) in crumbs.iter().enumerate() {
                if n > 0 {
                    let (rect, _) = ui.allocate_exact_size(vec2(12.0, 28.0), Sense::hover());
                    text_at(ui, rect.center(), Align2::CENTER_CENTER, "›", theme::body(), theme.faint);
                }
                name(ui, crumb, out);
            }
            if let Some(visits) = editor.session().visits().filter(|visits| visits.calls.len() > 1) {
                ui.add_space(8.0);
                visits_ui(ui, &visits, out);
            }
        },
    );
    let rect = bar.response.rect.expand2(vec2(4.0, 3.0));
    ui.painter()
        .set(ground, egui::epaint::RectShape::new(rect, 8.0, theme.panel, theme.hairline(), StrokeKind::Inside));
}

fn name(ui: &mut Ui, crumb: &Crumb, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let is_shown = crumb.n_up == 0;
    let font = if is_shown { theme::semibold(size::BODY) } else { theme::body() };
    let color = if is_shown { theme.text } else { theme.muted };
    let galley = elided(ui, &crumb.label, font, color, NAME);
    let sense = if is_shown { Sense::hover() } else { Sense::click() };
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(12.0, 8.0), sense);
    let role = if is_shown { Role::Label } else { Role::Button };
    let label = if is_shown { format!("Shown: {}", crumb.label) } else { format!("Zoom out to {}", crumb.label) };
    response.widget_info(|| WidgetInfo::labeled(role, true, &label));
    if response.hovered() && !is_shown {
        ui.painter().rect_filled(rect, 6.0, theme.panel2);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 6.0, egui::Stroke::new(1.5, theme.accent), StrokeKind::Inside);
    }
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, color);
    if response.on_hover_text(format!("play {}", crumb.coord)).clicked() {
        out.push(Command::Leave(crumb.n_up));
    }
}

/// Which of the calls is looked at, and how each is.
fn visits_ui(ui: &mut Ui, visits: &Visits<'_>, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let chosen = visits.chosen.map_or(0, |n| n + 1);
    let shown = format!("{chosen} of {}", visits.calls.len());
    let combo = egui::ComboBox::from_id_salt("visits").selected_text(shown.as_str()).width(84.0);
    let combo = combo.show_ui(ui, |ui| {
        ui.set_min_width(230.0);
        for (n, call) in visits.calls.iter().enumerate() {
            let state = visits.state(call);
            let text = row(n, call, state);
            let job = egui::RichText::new(&text).color(color(theme, state));
            if ui.selectable_label(visits.chosen == Some(n), job).clicked() {
                out.push(Command::ShowVisit(n));
            }
        }
    });
    combo.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Visit");
        info.current_text_value = Some(shown.clone());
        info
    });
}

/// `2  done  {"team": "north"}`, and the attempt if it is not the first.
fn row(n: usize, call: &Call, state: CallState) -> String {
    const SENT: usize = 32;
    let again = if call.attempt > 1 { format!(", attempt {}", call.attempt) } else { String::new() };
    let sent = call.sent.to_json().to_string();
    let short: String = sent.chars().take(SENT).collect();
    let more = if short.len() < sent.len() { "…" } else { "" };
    format!("{}  {}{again}  {short}{more}", n + 1, state.word())
}

const fn color(theme: &Theme, state: CallState) -> egui::Color32 {
    match state {
        CallState::NotYet => theme.faint,
        CallState::Running => theme.accent,
        CallState::Over(CallEnd::Answered) => theme.text,
        CallState::Over(CallEnd::Failed) => theme.error,
        CallState::Over(CallEnd::CalledOff) => theme.muted,
    }
}
