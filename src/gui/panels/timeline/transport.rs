//! The buttons that move the playhead, and the field that asks where to.

use egui::{Align, Id, Layout, Rect, Role, Sense, Stroke, TextEdit, Ui, Vec2, WidgetInfo, vec2};

use crate::app::{Command, Editor, Mode, Watch};
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size, space};
use crate::gui::widgets::{chip, icon_button_in, name_field};
use crate::gui::words::took;
use crate::replay::{Jump, Leg, SPEEDS};

/// Where a person types a time, an event or a node.
#[derive(Default)]
pub struct JumpField {
    text: String,
    /// Why what was typed is nowhere.
    refused: Option<String>,
    takes_focus: bool,
}

impl JumpField {
    /// Takes the keys from the next frame on.
    pub const fn focus(&mut self) {
        self.takes_focus = true;
    }

    fn ui(&mut self, ui: &mut Ui, watch: &Watch, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        let color = if self.refused.is_some() { theme.error } else { theme.text };
        let edit = TextEdit::singleline(&mut self.text)
            .id(Id::unique("go to in the run"))
            .font(theme::mono(size::SMALL))
            .text_color(color)
            .hint_text(egui::RichText::new("12.4s, #120, node").font(theme::small()).color(theme.muted))
            .margin(egui::Margin::symmetric(8, 4))
            .desired_width(128.0);
        let response = ui.add(edit);
        name_field(&response, "Go to in the run", &self.text, false);
        if std::mem::take(&mut self.takes_focus) {
            response.request_focus();
        }
        if response.changed() || !(response.has_focus() || response.lost_focus()) {
            self.refused = None;
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if entered && !self.text.trim().is_empty() {
            let film = watch.film();
            match Jump::parse(&self.text, film) {
                Ok(jump) => match film.find(&jump, watch.playback().n_events()) {
                    Ok(_) => {
                        out.push(Command::Jump(jump));
                        self.refused = None;
                        self.text.clear();
                    }
                    Err(why) => self.refused = Some(why),
                },
                Err(why) => self.refused = Some(why),
            }
            if self.refused.is_some() {
                response.request_focus();
            }
        }
        if let Some(why) = &self.refused {
            egui::Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), response.id, &response).show(|ui| {
                ui.label(egui::RichText::new(why).color(theme.error));
            });
        } else {
            response.on_hover_text("Go to a time, an event or a node   Ctrl+J");
        }
    }
}

/// `critical` is the chain that the end of the run had to wait for, if it is to be told.
pub fn ui(ui: &mut Ui, editor: &Editor, jump: &mut JumpField, critical: Option<&Vec<Leg>>, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let session = editor.session();
    let watch = session.watch();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.add_space(space::PAD);
        let playing = watch.is_some_and(|watch| watch.playback().is_playing() && !watch.playback().is_reversed());
        let reversed = watch.is_some_and(|watch| watch.playback().is_reversed());
        let folded = watch.is_some_and(|watch| watch.playback().is_folded());
        command(ui, editor, Command::JumpToStart, Icon::ToStart, false, out);
        command(ui, editor, Command::PlayBackwards, Icon::Backwards, reversed, out);
        command(ui, editor, Command::StepBack, Icon::Back, false, out);
        if play_button(ui, playing, watch.is_some()) {
            out.push(Command::PlayPause);
        }
        command(ui, editor, Command::StepForward, Icon::Forward, false, out);
        command(ui, editor, Command::JumpToEnd, Icon::ToEnd, false, out);
        ui.add_space(4.0);
        speed(ui, watch, out);
        ui.add_space(4.0);
        command(ui, editor, Command::Jump(Jump::PreviousError), Icon::PreviousError, false, out);
        command(ui, editor, Command::Jump(Jump::NextError), Icon::NextError, false, out);
        command(ui, editor, Command::FoldIdle, Icon::Cut, folded, out);
        command(ui, editor, Command::ToggleCritical, Icon::Path, critical.is_some(), out);
        ui.add_space(4.0);
        if let Some(watch) = watch {
            jump.ui(ui, watch, out);
        }
        ui.add_space(4.0);
        match (watch, session.mode()) {
            (Some(watch), Mode::Replay) if watch.simulation().is_some() => drop(chip(ui, "Simulation", theme.fan_in)),
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
                place(ui, watch);
                if let Some(legs) = critical.filter(|legs| !legs.is_empty()) {
                    ui.add_space(12.0);
                    told(ui, legs);
                }
            }
        });
    });
}

/// A button of a command; `on`: it is so now.
fn command(ui: &mut Ui, editor: &Editor, command: Command, icon: Icon, on: bool, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let shortcut = command.shortcut().map(|shortcut| shortcut.to_string()).unwrap_or_default();
    let enabled = editor.session().watch().is_some() && editor.is_enabled(&command);
    let response = icon_button_in(ui, icon, command.title(), &shortcut, enabled);
    if on {
        let line =
            Rect::from_min_max(response.rect.left_bottom() + vec2(7.0, -3.0), response.rect.max - vec2(7.0, 1.0));
        ui.painter().rect_filled(line, 1.0, theme.accent);
    }
    if response.clicked() {
        out.push(command);
    }
}

/// `#120 of 4812   4.218 s`
fn place(ui: &mut Ui, watch: &Watch) {
    let theme = Theme::of(ui.ctx());
    let playback = watch.playback();
    let (n, all) = (playback.n_events(), watch.film().events().len());
    let event = n.checked_sub(1).map_or_else(|| "start".to_owned(), |last| format!("#{last}"));
    let text = format!("{event} of {all}   {:.3} s", playback.time().as_secs_f64());
    ui.label(egui::RichText::new(text).font(theme::mono(size::SMALL)).color(theme.muted))
        .on_hover_text(format!("{n} of {all} events have happened"));
}

/// What took longest of the chain; all of it in the tooltip.
fn told(ui: &mut Ui, legs: &[Leg]) {
    let theme = Theme::of(ui.ctx());
    let sum: u64 = legs.iter().map(Leg::took).sum();
    let Some(worst) = legs.iter().max_by_key(|leg| leg.took()) else { return };
    let text = format!("critical: {} {} of {}", worst.node, took(worst.took()), took(sum));
    let label = egui::RichText::new(text).font(theme::small()).color(theme.accent);
    let mut lines = vec![format!("The end of the run had to wait for this chain of {} visits:", legs.len())];
    let mut longest: Vec<&Leg> = legs.iter().filter(|leg| leg.took() > 0).collect();
    longest.sort_by_key(|leg| (std::cmp::Reverse(leg.took()), leg.seq));
    longest.truncate(12);
    longest.sort_by_key(|leg| leg.seq);
    lines.extend(longest.iter().map(|leg| format!("{}  {}", leg.node, took(leg.took()))));
    ui.add(egui::Label::new(label).truncate()).on_hover_text(lines.join("\n"));
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
