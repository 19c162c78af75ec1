//! The top bar, and the small tools that float on the canvas.

use egui::{Align, Align2, Color32, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::canvas::Canvas;
use super::icons::{self, Icon};
use super::theme::{self, Look, Theme, size, space};
use super::widgets::{Tone, button, button_with, icon_button, icon_button_in, text_at};
use crate::app::{Command, Editor, Mode, Session};
use crate::base::RunMicros;
use crate::diag::Severity;
use crate::play::Item;

/// What the bar asks of the window itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Input,
    Runs,
}

/// Room for the tabs.
const TABS: f32 = 420.0;

pub fn ui(ui: &mut Ui, editor: &Editor, look: Look, out: &mut Vec<Command>) -> Option<Ask> {
    let rect = ui.max_rect();
    let mut ask = None;
    let left =
        ui.scope_builder(egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            brand(ui);
            super::menu::ui(ui, editor, out);
            ui.add_space(6.0);
            super::tabs::ui(ui, editor, TABS.min(rect.width() * 0.24), out);
            ui.add_space(8.0);
            for (command, icon) in [
                (Command::Open, Icon::Open),
                (Command::Save, Icon::Save),
                (Command::Undo, Icon::Undo),
                (Command::Redo, Icon::Redo),
            ] {
                if command == Command::Undo {
                    ui.add_space(6.0);
                }
                command_button(ui, editor, command, icon, out);
            }
            ui.min_rect().right()
        });
    let right =
        ui.scope_builder(egui::UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)), |ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.add_space(12.0);
            clock(ui, editor.session());
            run_name(ui, editor.session());
            ui.add_space(4.0);
            if icon_button(ui, Icon::Look, "Theme", &format!("now {}", look.name().to_lowercase())).clicked() {
                out.push(Command::ToggleTheme);
            }
            if icon_button(ui, Icon::History, "Past runs", "Ctrl+H").clicked() {
                ask = Some(Ask::Runs);
            }
            check(ui, editor.session(), out);
            if button(ui, None, "Input", Tone::Quiet).on_hover_text("What the next run starts with").clicked() {
                ask = Some(Ask::Input);
            }
            run(ui, editor, out);
            formation(ui, editor.session(), out);
            ui.min_rect().left()
        });
    search(ui, Rect::from_x_y_ranges(left.inner..=right.inner, rect.y_range()), out);
    ask
}

/// What looks like a field and opens the command palette, if there is room for it in `room`.
fn search(ui: &mut Ui, room: Rect, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let width = (room.width() - 40.0).min(330.0);
    if width < 150.0 {
        return;
    }
    let rect = Rect::from_center_size(room.center(), vec2(width, 26.0));
    let response = ui.interact(rect, ui.scope_id().with("search"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Find"));
    let line = if response.hovered() { theme::mix(theme.line, theme.text, 0.25) } else { theme.line };
    ui.painter().rect(rect, 13.0, theme.panel2, Stroke::new(1.0, line), StrokeKind::Inside);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 13.0, Stroke::new(1.5, theme.accent), StrokeKind::Outside);
    }
    let (y, font) = (rect.center().y, theme::small());
    let key = Command::Find.shortcut().map(|shortcut| shortcut.to_string()).unwrap_or_default();
    let key =
        text_at(ui, pos2(rect.right() - 14.0, y), Align2::RIGHT_CENTER, key, theme::mono(size::CAPTION), theme.muted);
    let hint = "Find a node, target or command";
    let hint = super::widgets::elided(ui, hint, font, theme.muted, key.left() - rect.left() - 24.0);
    ui.painter().galley(pos2(rect.left() + 16.0, y - hint.size().y / 2.0), hint, theme.muted);
    if response.clicked() {
        out.push(Command::Find);
    }
}

fn brand(ui: &mut Ui) {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(134.0, space::TOP_BAR), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "Chalktalk"));
    let ball = pos2(rect.left() + 26.0, rect.center().y);
    icons::ball_shapes(ball, 23.0, -0.5, theme.ball, theme.lace, true, |shape| {
        ui.painter().add(shape);
    });
    let at = pos2(rect.left() + 48.0, rect.center().y);
    text_at(ui, at, Align2::LEFT_CENTER, "Chalktalk", theme::semibold(size::HEADING), theme.text);
}

fn command_button(ui: &mut Ui, editor: &Editor, command: Command, icon: Icon, out: &mut Vec<Command>) {
    let info = command.info();
    let shortcut = info.shortcut.map(|shortcut| shortcut.to_string()).unwrap_or_default();
    let label = info.title.trim_end_matches('…');
    if icon_button_in(ui, icon, label, &shortcut, editor.is_enabled(&command)).clicked() {
        out.push(command);
    }
}

fn run(ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
    let session = editor.session();
    if session.is_running() {
        if button_with(ui, Some(Icon::Stop), "Stop", Tone::Filled, "Shift+Esc", true).clicked() {
            out.push(Command::StopRun);
        }
        return;
    }
    if session.mode() == Mode::Replay {
        if button(ui, None, "Back to editing", Tone::Quiet).clicked() {
            out.push(Command::CloseRun);
        }
        return;
    }
    let enabled = editor.is_enabled(&Command::Run);
    if button_with(ui, Some(Icon::Play), "Run", Tone::Filled, "Space", enabled).clicked() {
        out.push(Command::Run);
    }
}

fn formation(ui: &mut Ui, session: &Session, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let chosen = session.formation();
    let name = chosen.map_or("built in", |name| name.as_str());
    let combo = egui::ComboBox::from_id_salt("formation").width(128.0).selected_text((
        egui::RichText::new(name).color(theme.text),
        egui::RichText::new("formation").color(theme.faint),
    ));
    let shown = combo.show_ui(ui, |ui| {
        if ui.selectable_label(chosen.is_none(), "built in").on_hover_text("Demo workers in this program").clicked() {
            out.push(Command::SetFormation(None));
        }
        for line in &session.doc().items {
            if let Item::Formation(formation) = &line.kind
                && ui.selectable_label(chosen == Some(&formation.name), formation.name.as_str()).clicked()
            {
                out.push(Command::SetFormation(Some(formation.name.clone())));
            }
        }
    });
    shown.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Formation");
        info.current_text_value = Some(name.to_owned());
        info
    });
}

fn check(ui: &mut Ui, session: &Session, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let errors = session.diagnostics().iter().filter(|found| found.severity == Severity::Error).count();
    let warnings = session.diagnostics().len() - errors;
    let (color, word) = match (errors, warnings) {
        (0, 0) => (theme.ok, "no problems"),
        (0, _) => (theme.signal, "warnings"),
        _ => (theme.error, "errors"),
    };
    let response = button(ui, Some(Icon::Tick), "Check", Tone::Quiet);
    let dot = Rect::from_center_size(pos2(response.rect.left() + 19.5, response.rect.center().y), Vec2::splat(18.0));
    // The tick is covered by a dot in the colour of what was found.
    ui.painter().rect_filled(dot, 0.0, theme::mix(theme.panel, theme.panel2, 0.5));
    ui.painter().circle_filled(dot.center(), 3.6, color);
    if response.on_hover_text(format!("{word}: show the list   F8")).clicked() {
        out.push(Command::ShowProblems);
    }
}

fn run_name(ui: &mut Ui, session: &Session) {
    let theme = Theme::of(ui.ctx());
    let Some(watch) = session.watch() else { return };
    let id = watch.run().map(|run| short_id(run)).unwrap_or_default();
    let (word, color) = match session.mode() {
        Mode::Replay if watch.simulation().is_some() => ("simulation", theme.fan_in),
        Mode::Replay => ("replay", theme.worker),
        _ if watch.is_running() => ("live", theme.ok),
        _ => ("over", theme.muted),
    };
    let text =
        if watch.simulation().is_some() { "no run: a simulation".to_owned() } else { format!("run {id}  {word}") };
    let galley = ui.painter().layout_no_wrap(text.clone(), theme::body(), theme.muted);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 18.0, 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    ui.painter().circle_filled(pos2(rect.left() + 5.0, rect.center().y), 4.0, color);
    ui.painter().galley(pos2(rect.left() + 18.0, rect.center().y - galley.size().y / 2.0), galley, theme.muted);
}

/// The ends of a long id: `018f…c2`.
pub fn short_id(id: &str) -> String {
    let n = id.chars().count();
    if n <= 10 {
        return id.to_owned();
    }
    let head: String = id.chars().take(4).collect();
    let tail: String = id.chars().skip(n - 4).collect();
    format!("{head}…{tail}")
}

fn clock(ui: &mut Ui, session: &Session) {
    let theme = Theme::of(ui.ctx());
    let (text, color) = session.watch().map_or_else(
        || ("00:00.000".to_owned(), theme.faint),
        |watch| (clock_text(watch.playback().time()), theme.text),
    );
    let label = egui::RichText::new(text).font(theme::mono(size::BODY)).color(color);
    ui.add_sized(vec2(86.0, 24.0), egui::Label::new(label));
}

/// `00:04.218`; hours only where there are some.
pub fn clock_text(time: RunMicros) -> String {
    let ms = time.0 / 1000;
    let (hours, minutes, secs) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes:02}:{secs:02}.{:03}", ms % 1000)
    }
}

/// Fit, zoom and the replay's mark, over the canvas.
pub fn field_tools(ui: &mut Ui, canvas: &Canvas, session: &Session, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let field = ui.max_rect();
    let bar = Rect::from_min_size(pos2(field.left() + 16.0, field.bottom() - 50.0), vec2(196.0, 34.0));
    ui.painter().rect(bar, 8.0, theme.panel, theme.hairline(), StrokeKind::Inside);
    ui.scope_builder(
        egui::UiBuilder::new().max_rect(bar.shrink(3.0)).layout(Layout::left_to_right(Align::Center)),
        |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            if button_with(ui, Some(Icon::Fit), "Fit", Tone::Bare, "F", true).clicked() {
                out.push(Command::Fit);
            }
            if icon_button(ui, Icon::Minus, "Zoom out", "Ctrl+-").clicked() {
                out.push(Command::ZoomOut);
            }
            let percent = egui::RichText::new(format!("{:.0}%", canvas.zoom() * 100.0))
                .font(theme::mono(size::SMALL))
                .color(theme.muted);
            let zoom = ui.add_sized(vec2(48.0, 28.0), egui::Button::new(percent).frame(false));
            if zoom.on_hover_text("Zoom to 100%   Ctrl+0").clicked() {
                out.push(Command::ZoomReset);
            }
            if icon_button(ui, Icon::Plus, "Zoom in", "Ctrl++").clicked() {
                out.push(Command::ZoomIn);
            }
        },
    );
    match session.watch() {
        Some(watch) if session.mode() == Mode::Replay && watch.simulation().is_some() => {
            const LONGEST: usize = 70;
            let what = watch.simulation().unwrap_or_default();
            let cut: String = what.chars().take(LONGEST).collect();
            let dots = if cut.len() < what.len() { "…" } else { "" };
            run_mark(ui, field, theme.fan_in, &format!("SIMULATION of {cut}{dots}"), Some("Back to editing"), out);
        }
        Some(_) if session.mode() == Mode::Replay => {
            let rest = "Leave the replay";
            run_mark(ui, field, theme.worker, "Replay: what happened then. Nothing is called.", Some(rest), out);
        }
        Some(watch) if watch.is_running() && watch.playback().is_following() => {
            run_mark(ui, field, theme.ok, "Live run: this is happening now.", None, out);
        }
        Some(watch) if watch.is_running() => {
            run_mark(ui, field, theme.signal, "Looking back: the run goes on.", Some("To the end"), out);
        }
        _ => {}
    }
}

/// What is looked at, in words for the window's title. `None`: no run.
pub fn run_words(session: &Session) -> Option<String> {
    let watch = session.watch()?;
    let id = watch.run().map(|run| format!(" {}", short_id(run))).unwrap_or_default();
    Some(match session.mode() {
        _ if watch.simulation().is_some() => "Simulation".to_owned(),
        Mode::Replay => format!("Replay of run{id}"),
        _ if watch.is_running() => format!("Live run{id}"),
        _ => format!("Run{id}, over"),
    })
}

/// Nobody is to take a replay, or what is over, for what happens now. `way_out` is the button beside the words.
fn run_mark(ui: &mut Ui, field: Rect, color: Color32, text: &str, way_out: Option<&str>, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::semibold(size::SMALL), color);
    let room = if way_out.is_some() { 158.0 } else { 32.0 };
    let pill =
        Align2::CENTER_TOP.anchor_size(pos2(field.center().x, field.top() + 14.0), galley.size() + vec2(room, 14.0));
    let words = ui.interact(pill, ui.scope_id().with("run mark"), Sense::hover());
    words.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let frame = Rect::from_min_max(field.min, field.max).shrink(1.0);
    let edge = Stroke::new(2.0, theme::mix(Color32::TRANSPARENT, color, 0.7));
    ui.painter().rect_stroke(frame, 0.0, edge, StrokeKind::Inside);
    ui.painter().rect(pill, 14.0, theme.panel, Stroke::new(1.0, color), StrokeKind::Inside);
    ui.painter().galley(pos2(pill.left() + 16.0, pill.center().y - galley.size().y / 2.0), galley, color);
    let Some(label) = way_out else { return };
    let place = Rect::from_min_max(pos2(pill.right() - 136.0, pill.top()), pos2(pill.right() - 6.0, pill.bottom()));
    ui.scope_builder(egui::UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)), |ui| {
        if button(ui, None, label, Tone::Bare).clicked() {
            out.push(if label == Command::JumpToEnd.title() { Command::JumpToEnd } else { Command::CloseRun });
        }
    });
}
