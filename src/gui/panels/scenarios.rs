//! The scenarios of the play, how they went and what they reach; below them what can happen at all.

use egui::{Rect, RichText, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::app::{Command, Editor, Selection, Session, Trials};
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme};
use crate::gui::widgets::{Tone, button, button_with, caption};
use crate::referee::{Coverage, Finding, Verdict, duration, scenarios};

const MARGIN: f32 = 20.0;

pub fn ui(ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
    let session = editor.session();
    let trials = session.trials();
    ScrollArea::vertical().id_salt("scenarios").auto_shrink(false).show(ui, |ui| {
        ui.add_space(12.0);
        head(ui, editor, out);
        if let Some(trouble) = trials.trouble() {
            note(ui, trouble, Theme::of(ui.ctx()).error);
        }
        list(ui, session, out);
        if let Some(coverage) = trials.coverage().filter(|_| !trials.verdicts().is_empty()) {
            ui.add_space(10.0);
            section(ui, "Reached");
            reached(ui, coverage);
        }
        ui.add_space(14.0);
        section(ui, "What can happen");
        explored(ui, trials, out);
        ui.add_space(16.0);
    });
}

fn head(ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
    let session = editor.session();
    let n = session.play().map_or(0, |play| scenarios(play).count());
    ui.horizontal_wrapped(|ui| {
        ui.add_space(MARGIN - 8.0);
        if button_with(ui, Some(Icon::Play), "Play all", Tone::Quiet, "F9", n > 0).clicked() {
            out.push(Command::PlayScenarios);
        }
        let label = if editor.shows_coverage() { "Hide coverage" } else { "Show coverage" };
        if button_with(ui, None, label, Tone::Bare, "on the canvas", n > 0).clicked() {
            out.push(Command::ToggleCoverage);
        }
        let enabled = editor.is_enabled(&Command::AddScenario);
        if button_with(ui, Some(Icon::Plus), "Add", Tone::Bare, "", enabled).clicked() {
            out.push(Command::AddScenario);
        }
    });
    ui.add_space(4.0);
}

fn list(ui: &mut Ui, session: &Session, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let Some(play) = session.play() else { return };
    let mut is_empty = true;
    for (stmt, scenario) in scenarios(play) {
        is_empty = false;
        row(ui, stmt, &scenario.name, session.trials().verdict(stmt), out);
    }
    if is_empty {
        let text = "A scenario is a test of the play: what comes in, what its targets answer, and what is expected. Add one, or \
                    write it into the text: scenario \"declined\" { charge fails \"declined\", expect pass refused }";
        note(ui, text, theme.muted);
    }
}

/// A scenario: a click shows on the canvas how it went.
fn row(ui: &mut Ui, stmt: usize, name: &str, verdict: Option<&Verdict>, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let (icon, color, word) = match verdict {
        None => (Icon::Minus, theme.faint, "not played"),
        Some(verdict) if verdict.passed() => (Icon::Tick, theme.ok, "passed"),
        Some(_) => (Icon::Cross, theme.error, "failed"),
    };
    let width = ui.available_width() - 64.0;
    let wrapped = |text: &str, font, color, width| ui.painter().layout(text.to_owned(), font, color, width);
    let word = match verdict.filter(|verdict| verdict.passed()) {
        Some(verdict) => format!("{word} in {}", duration(verdict.took_us())),
        None => word.to_owned(),
    };
    let state = ui.painter().layout_no_wrap(word.clone(), theme::small(), color);
    let title = wrapped(name, theme::body(), theme.text, (width - state.size().x - 12.0).max(60.0));
    let misses = verdict.iter().flat_map(|verdict| &verdict.misses);
    let misses: Vec<_> = misses.map(|miss| wrapped(&miss.to_string(), theme::small(), theme.muted, width)).collect();
    let height = title.size().y + misses.iter().map(|miss| miss.size().y + 3.0).sum::<f32>() + 16.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Scenario {name}: {word}")));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.shrink2(vec2(8.0, 1.0)), 7.0, theme.panel2);
    }
    let top = rect.top() + 8.0;
    icon.paint(ui.painter(), Rect::from_min_size(pos2(rect.left() + MARGIN, top + 1.0), Vec2::splat(14.0)), color);
    ui.painter().galley(pos2(rect.right() - MARGIN - state.size().x, top + 1.0), state, color);
    let mut y = top + title.size().y + 3.0;
    ui.painter().galley(pos2(rect.left() + 44.0, top), title, theme.text);
    for miss in misses {
        let tall = miss.size().y;
        ui.painter().galley(pos2(rect.left() + 44.0, y), miss, theme.muted);
        y += tall + 3.0;
    }
    if response.on_hover_text("Show it on the canvas").clicked() {
        out.push(Command::WatchScenario(stmt));
    }
}

fn reached(ui: &mut Ui, coverage: &Coverage) {
    let theme = Theme::of(ui.ctx());
    let text = format!(
        "{} of {} nodes, {} of {} wires",
        coverage.n_nodes_reached(),
        coverage.nodes.len(),
        coverage.n_wires_taken(),
        coverage.wires.len()
    );
    note(ui, &text, theme.text);
    let nodes: Vec<&str> = coverage.missed_nodes().map(crate::base::NodeId::as_str).collect();
    if !nodes.is_empty() {
        note(ui, &format!("No ball came to {}.", nodes.join(", ")), theme.muted);
    }
    let wires: Vec<String> = coverage.missed_wires().map(|wire| format!("{} → {}", wire.from, wire.to)).collect();
    if !wires.is_empty() {
        note(ui, &format!("No ball took {}.", wires.join(", ")), theme.muted);
    }
}

fn explored(ui: &mut Ui, trials: &Trials, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let Some(ruling) = trials.ruling() else {
        let text = "Explores every answer, timeout and signal that could come, and says what a run can get into.";
        note(ui, text, theme.muted);
        ui.horizontal(|ui| {
            ui.add_space(MARGIN - 8.0);
            if button(ui, Some(Icon::Look), "Explore", Tone::Quiet).clicked() {
                out.push(Command::Explore);
            }
        });
        return;
    };
    let summary = ruling.summary();
    let mut chars = summary.chars();
    let summary = chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect());
    note(ui, &format!("{summary}."), if ruling.decided { theme.text } else { theme.signal });
    for (n, finding) in ruling.findings.iter().enumerate() {
        finding_ui(ui, n, finding, out);
    }
}

fn finding_ui(ui: &mut Ui, n: usize, finding: &Finding, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let width = ui.available_width() - 64.0;
    let message = ui.painter().layout(finding.message.clone(), theme::body(), theme.text, width);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), message.size().y + 14.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}: {}", finding.code, finding.message)));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.shrink2(vec2(8.0, 1.0)), 7.0, theme.panel2);
    }
    let top = rect.top() + 7.0;
    let icon = Rect::from_min_size(pos2(rect.left() + MARGIN, top + 1.0), Vec2::splat(14.0));
    Icon::Warning.paint(ui.painter(), icon, theme.signal);
    ui.painter().galley(pos2(rect.left() + 44.0, top), message, theme.text);
    if response.on_hover_text(finding.code).clicked()
        && let Some(node) = &finding.node
    {
        out.push(Command::Select(Selection::node(node.clone())));
    }
    if !finding.trace.is_empty() {
        ui.horizontal(|ui| {
            ui.add_space(36.0);
            if button(ui, Some(Icon::Play), "Show how", Tone::Bare).clicked() {
                out.push(Command::WatchFinding(n));
            }
        });
    }
}

fn section(ui: &mut Ui, name: &str) {
    ui.horizontal(|ui| {
        ui.add_space(MARGIN);
        caption(ui, name);
    });
    ui.add_space(2.0);
}

fn note(ui: &mut Ui, text: &str, color: egui::Color32) {
    let margin = egui::Margin { left: 20, right: 20, top: 1, bottom: 3 };
    egui::Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.add(egui::Label::new(RichText::new(text).font(theme::small()).color(color)).wrap());
    });
}
