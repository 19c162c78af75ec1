//! The run over time: transport, a row of bars for each node, the playhead.

use egui::{Align, Align2, Color32, Layout, Rect, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::app::{Command, Editor, Mode, Selection, Watch};
use crate::base::RunMicros;
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size, space};
use crate::gui::widgets::{chip, elided, icon_button_in, text_at};
use crate::replay::{Bar, BarKind, MarkKind, SPEEDS, Track};

const LABELS: f32 = 120.0;
const ROW: f32 = 25.0;
const RULER: f32 = 26.0;

#[derive(Debug, Default)]
pub struct TimelinePanel {
    /// The playhead is being dragged: a replay that played goes on when it is let go.
    scrubbing: bool,
}

impl TimelinePanel {
    pub fn ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let session = editor.session();
        ui.take_available_space();
        ui.add_space(9.0);
        transport(ui, editor, out);
        ui.add_space(4.0);
        let Some(watch) = session.watch() else {
            empty(ui);
            return;
        };
        self.chart(ui, watch, session.selection(), out);
    }

    fn chart(&mut self, ui: &mut Ui, watch: &Watch, selection: &Selection, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        let whole = ui.available_rect_before_wrap();
        let scale = Scale::new(watch, whole);
        ruler(ui, &scale, whole);
        marks(ui, watch, &scale, whole);
        let rows = Rect::from_min_max(pos2(whole.left(), whole.top() + RULER), whole.max);
        // The whole chart takes the playhead; rows are drawn over it and select nodes by their names.
        let track = Rect::from_min_max(pos2(scale.left, whole.top()), whole.max);
        self.scrub(ui, watch, &scale, track, out);
        ui.scope_builder(egui::UiBuilder::new().max_rect(rows), |ui| {
            egui::ScrollArea::vertical()
                .auto_shrink(false)
                .scroll_source(
                    egui::containers::scroll_area::ScrollSource::MOUSE_WHEEL
                        | egui::containers::scroll_area::ScrollSource::SCROLL_BAR,
                )
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for track in watch.film().tracks() {
                        row(ui, watch, track, &scale, selection, out);
                    }
                });
        });
        let x = scale.x(watch.playback().time());
        let painter = ui.painter_at(Rect::from_min_max(pos2(scale.left - 8.0, whole.top() - 4.0), whole.max));
        painter.vline(x, whole.top() + 4.0..=whole.bottom(), Stroke::new(1.6, theme.accent));
        let tip = [pos2(x - 6.0, whole.top() - 3.0), pos2(x + 6.0, whole.top() - 3.0), pos2(x, whole.top() + 5.0)];
        painter.add(Shape::convex_polygon(tip.to_vec(), theme.accent, Stroke::NONE));
    }

    fn scrub(&mut self, ui: &Ui, watch: &Watch, scale: &Scale, track: Rect, out: &mut Vec<Command>) {
        let response = ui.interact(track, ui.scope_id().with("playhead"), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::slider(true, watch.playback().time().as_secs_f64(), "Playhead"));
        if (response.dragged() || response.clicked())
            && let Some(at) = response.interact_pointer_pos()
        {
            out.push(Command::Seek(scale.time(at.x)));
        }
        self.scrubbing = response.dragged();
        if response.hovered() || self.scrubbing {
            ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
        }
    }
}

fn empty(ui: &mut Ui) {
    let theme = Theme::of(ui.ctx());
    let rect = ui.available_rect_before_wrap();
    let text = "No run yet. Press Space to run the play; the clock at the top lists past runs.";
    text_at(ui, rect.center() - vec2(0.0, 10.0), Align2::CENTER_CENTER, text, theme::body(), theme.muted);
}

fn transport(ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let session = editor.session();
    let watch = session.watch();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        ui.add_space(space::PAD);
        let playing = watch.is_some_and(|watch| watch.playback().is_playing());
        let mut command = |ui: &mut Ui, command: Command, icon: Icon| {
            let shortcut = command.shortcut().map(|shortcut| shortcut.to_string()).unwrap_or_default();
            if icon_button_in(ui, icon, command.title(), &shortcut, watch.is_some()).clicked() {
                out.push(command);
            }
        };
        command(ui, Command::JumpToStart, Icon::ToStart);
        command(ui, Command::StepBack, Icon::Back);
        if play_button(ui, playing, watch.is_some()) {
            out.push(Command::PlayPause);
        }
        let mut command = |ui: &mut Ui, command: Command, icon: Icon| {
            let shortcut = command.shortcut().map(|shortcut| shortcut.to_string()).unwrap_or_default();
            if icon_button_in(ui, icon, command.title(), &shortcut, watch.is_some()).clicked() {
                out.push(command);
            }
        };
        command(ui, Command::StepForward, Icon::Forward);
        command(ui, Command::JumpToEnd, Icon::ToEnd);
        ui.add_space(6.0);
        speed(ui, watch, out);
        ui.add_space(4.0);
        match (watch, session.mode()) {
            (Some(_), Mode::Replay) => drop(chip(ui, "Replay", theme.worker)),
            (Some(watch), _) if watch.is_running() && watch.playback().is_following() => {
                drop(chip(ui, "Live", theme.ok));
            }
            (Some(watch), _) if watch.is_running() => {
                // The playhead was moved away from a run that goes on.
                drop(chip(ui, "Looking back", theme.signal));
            }
            (Some(_), _) => drop(chip(ui, "Over", theme.muted)),
            (None, _) => {}
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(20.0);
            if let Some(watch) = watch {
                let secs = watch.playback().time().as_secs_f64();
                let text = format!("{} events   {secs:.3} s", watch.playback().n_events());
                ui.label(egui::RichText::new(text).font(theme::mono(size::SMALL)).color(theme.muted));
            }
        });
    });
}

fn play_button(ui: &mut Ui, playing: bool, enabled: bool) -> bool {
    let theme = Theme::of(ui.ctx());
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(30.0), sense);
    let label = if playing { "Pause" } else { "Play" };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let lit = ui.ctx().animate_bool_with_time(response.id, enabled && response.hovered(), theme::motion::STATE);
    let (fill, sign) = if enabled {
        (theme::mix(theme.accent, theme.text, lit * 0.15), theme.on_accent)
    } else {
        (theme.panel2, theme.faint)
    };
    ui.painter().circle_filled(rect.center(), 14.5, fill);
    if response.has_focus() {
        ui.painter().circle_stroke(rect.center(), 16.0, Stroke::new(1.5, theme.text));
    }
    let icon = if playing { Icon::Pause } else { Icon::Play };
    icon.paint(ui.painter(), Rect::from_center_size(rect.center() + vec2(0.5, 0.0), Vec2::splat(13.0)), sign);
    response.on_hover_text(format!("{label}   P")).clicked()
}

fn speed(ui: &mut Ui, watch: Option<&Watch>, out: &mut Vec<Command>) {
    let now = watch.map_or(1.0, |watch| watch.playback().speed());
    ui.add_enabled_ui(watch.is_some(), |ui| {
        let combo = egui::ComboBox::from_id_salt("speed").width(64.0).selected_text(speed_text(now));
        let shown = combo.show_ui(ui, |ui| {
            for speed in SPEEDS {
                if ui.selectable_label((speed - now).abs() < 1e-3, speed_text(speed)).clicked() {
                    out.push(Command::SetSpeed(speed));
                }
            }
        });
        shown.response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Speed");
            info.current_text_value = Some(speed_text(now));
            info
        });
    });
}

fn speed_text(speed: f32) -> String {
    format!("{speed}x")
}

/// From the run's clock to points, and back.
struct Scale {
    left: f32,
    points_per_sec: f32,
    step_secs: f32,
    n_steps: u16,
}

impl Scale {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a ruler has few steps")]
    fn new(watch: &Watch, whole: Rect) -> Self {
        let left = whole.left() + LABELS;
        let width = (whole.right() - 24.0 - left).max(50.0);
        let secs = (watch.film().end().as_secs_f64() as f32 * 1.04).max(1.0);
        let points_per_sec = width / secs;
        let step_secs = step(secs, (width / 110.0).max(2.0));
        Self { left, points_per_sec, step_secs, n_steps: (secs / step_secs).floor() as u16 }
    }

    #[expect(clippy::cast_possible_truncation, reason = "only for drawing")]
    fn x(&self, time: RunMicros) -> f32 {
        self.left + time.as_secs_f64() as f32 * self.points_per_sec
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
    fn time(&self, x: f32) -> RunMicros {
        RunMicros((f64::from((x - self.left).max(0.0) / self.points_per_sec) * 1e6) as u64)
    }
}

/// A round number of seconds between two marks of the ruler, for at most `n` marks.
fn step(secs: f32, n: f32) -> f32 {
    const STEPS: [f32; 18] =
        [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];
    STEPS.into_iter().find(|step| secs / step <= n).unwrap_or_else(|| (secs / n / 3600.0).ceil() * 3600.0)
}

fn ruler(ui: &Ui, scale: &Scale, whole: Rect) {
    let theme = Theme::of(ui.ctx());
    for i in 0..=scale.n_steps {
        let secs = f32::from(i) * scale.step_secs;
        let x = (scale.left + secs * scale.points_per_sec).round();
        ui.painter().vline(
            x,
            whole.top() + 6.0..=whole.bottom(),
            Stroke::new(1.0, theme::mix(theme.panel, theme.line, 0.8)),
        );
        let text = if scale.step_secs < 1.0 {
            format!("{:.*} s", digits(scale.step_secs), secs)
        } else {
            format!("{secs:.0} s")
        };
        text_at(
            ui,
            pos2(x + 5.0, whole.top() + 14.0),
            Align2::LEFT_CENTER,
            text,
            theme::mono(size::CAPTION),
            theme.faint,
        );
    }
}

fn digits(step: f32) -> usize {
    if step >= 0.1 {
        1
    } else if step >= 0.01 {
        2
    } else {
        3
    }
}

/// Dots for what is worth a look.
fn marks(ui: &Ui, watch: &Watch, scale: &Scale, whole: Rect) {
    let theme = Theme::of(ui.ctx());
    let mut last_x = f32::NEG_INFINITY;
    for mark in watch.film().marks() {
        let x = scale.x(mark.at);
        let color = match mark.kind {
            MarkKind::Started | MarkKind::Cancelled => theme.muted,
            MarkKind::Answered | MarkKind::Passed => theme.ok,
            MarkKind::Failed | MarkKind::Lost => theme.error,
            MarkKind::Signalled => theme.signal,
        };
        // Dots on the same spot say no more than one, errors excepted.
        if x - last_x < 2.0 && color != theme.error {
            continue;
        }
        last_x = x;
        ui.painter().circle_filled(pos2(x, whole.top() + 1.0), 2.6, color);
    }
}

fn row(ui: &mut Ui, watch: &Watch, track: &Track, scale: &Scale, selection: &Selection, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let label = Rect::from_min_max(rect.min, pos2(scale.left - 8.0, rect.bottom()));
    let response = ui.interact(label, ui.scope_id().with(("track", track.node.as_str())), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Track {}", track.node)));
    let selected = selection.nodes.contains(&track.node);
    let color = if selected || response.hovered() { theme.text } else { theme.muted };
    let galley = elided(ui, &track.node, theme::small(), color, LABELS - 32.0);
    ui.painter().galley(pos2(rect.left() + 20.0, rect.center().y - galley.size().y / 2.0), galley, color);
    if response.clicked() {
        out.push(Command::Select(Selection::node(track.node.clone())));
    }
    let painter = ui.painter_at(Rect::from_min_max(pos2(scale.left, rect.top()), rect.max));
    let until = watch.film().until();
    for bar in &track.bars {
        let (left, right) = (scale.x(bar.start), scale.x(bar.end.unwrap_or(until)));
        let at =
            Rect::from_min_max(pos2(left, rect.center().y - 6.5), pos2(right.max(left + 3.0), rect.center().y + 6.5));
        painter.rect_filled(at, 4.0_f32.min(at.width() / 2.0), bar_color(theme, bar));
    }
}

fn bar_color(theme: &Theme, bar: &Bar) -> Color32 {
    match bar.kind {
        BarKind::Attempt { .. } if bar.end.is_none() => theme.accent,
        BarKind::Attempt { .. } => theme.call,
        BarKind::AttemptFailed { .. } => theme.error,
        BarKind::BackOff => theme::mix(theme.panel, theme.ok, 0.2),
        BarKind::WaitForSignal | BarKind::WaitForOthers => theme::mix(theme.panel, theme.signal, 0.5),
        BarKind::WaitForWorker => theme::mix(theme.panel, theme.worker, 0.5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ruler_has_round_steps() {
        for (secs, n, wanted) in [(5.0, 7.0, 1.0), (0.8, 8.0, 0.1), (7200.0, 6.0, 3600.0), (90_000.0, 5.0, 18_000.0)] {
            assert!((step(secs, n) - wanted).abs() < 1e-3, "{secs} {}", step(secs, n));
        }
    }
}
