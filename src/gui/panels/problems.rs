use egui::{Rect, RichText, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::app::{Command, Selection, Session};
use crate::base::{NodeId, Span};
use crate::diag::{Fix, Severity};
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{Tone, button_with};

/// A diagnostic with its line and its node.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
    pub span: Span,
    /// From 1.
    pub line: usize,
    pub node: Option<NodeId>,
    pub fixes: Vec<Fix>,
}

/// Finds the line and the node of every diagnostic.
#[expect(clippy::naive_bytecount, reason = "each byte once, when the text has changed")]
pub fn locate(session: &Session) -> Vec<Located> {
    let text = session.text();
    let (mut line, mut at) = (1, 0);
    let mut found: Vec<&crate::diag::Diagnostic> = session.diagnostics().iter().collect();
    found.sort_by_key(|diagnostic| diagnostic.span.start);
    found
        .into_iter()
        .map(|diagnostic| {
            let start = (diagnostic.span.start as usize).min(text.len());
            line += text.as_bytes()[at..start].iter().filter(|byte| **byte == b'\n').count();
            at = start;
            Located {
                severity: diagnostic.severity,
                code: diagnostic.code,
                message: diagnostic.message.clone(),
                help: diagnostic.help.clone(),
                span: diagnostic.span,
                line,
                node: session.node_at(diagnostic.span.start).cloned(),
                fixes: diagnostic.fixes.clone(),
            }
        })
        .collect()
}

pub fn ui(ui: &mut Ui, session: &Session, found: &[Located], out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    if found.is_empty() {
        ui.add_space(20.0);
        ui.horizontal(|ui| {
            ui.add_space(20.0);
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
            Icon::Tick.paint(ui.painter(), rect, theme.ok);
            ui.label(RichText::new("No problems found. Press Space to run the play.").color(theme.muted));
        });
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space(8.0);
        for problem in found {
            row(ui, session, problem, out);
        }
    });
}

/// A problem: a click shows where it is. Below it a button for each fix; Enter on the row takes the first.
fn row(ui: &mut Ui, session: &Session, problem: &Located, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let (color, icon) = match problem.severity {
        Severity::Error => (theme.error, Icon::Cross),
        Severity::Warning => (theme.signal, Icon::Warning),
    };
    let width = ui.available_width() - 88.0;
    let wrapped = |text: &str, font, color| ui.painter().layout(text.to_owned(), font, color, width);
    let message = wrapped(&problem.message, theme::body(), theme.text);
    let help = problem.help.as_ref().map(|help| wrapped(help, theme::small(), theme.muted));
    let height = message.size().y + help.as_ref().map_or(0.0, |help| help.size().y + 3.0) + 18.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}: {}", problem.code, problem.message)));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.shrink2(vec2(8.0, 1.0)), 7.0, theme.panel2);
    }
    let top = rect.top() + 9.0;
    icon.paint(ui.painter(), Rect::from_min_size(pos2(rect.left() + 20.0, top + 1.0), Vec2::splat(14.0)), color);
    let right = pos2(rect.right() - 20.0, top);
    let line = ui.painter().layout_no_wrap(format!("{}", problem.line), theme::mono(size::CAPTION), theme.faint);
    ui.painter().galley(right - vec2(line.size().x, -1.0), line, theme.faint);
    let y = top + message.size().y + 3.0;
    ui.painter().galley(pos2(rect.left() + 44.0, top), message, theme.text);
    if let Some(help) = help {
        ui.painter().galley(pos2(rect.left() + 44.0, y), help, theme.muted);
    }
    let by_key = response.has_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if let (true, Some(fix)) = (by_key, problem.fixes.first()) {
        out.push(Command::Fix(fix.clone()));
    } else if response.on_hover_text(problem.code).clicked() {
        if let Some(node) = problem.node.as_ref().or_else(|| session.node_at(problem.span.start)) {
            out.push(Command::Select(Selection::node(node.clone())));
        }
        out.push(Command::TextCursor(problem.span.start));
    }
    if !problem.fixes.is_empty() {
        ui.horizontal_wrapped(|ui| {
            ui.add_space(36.0);
            ui.spacing_mut().item_spacing.x = 2.0;
            for (n, fix) in problem.fixes.iter().enumerate() {
                let shortcut = if n == 0 { "Enter on the problem" } else { "" };
                if button_with(ui, None, &fix.title, Tone::Bare, shortcut, true).clicked() {
                    out.push(Command::Fix(fix.clone()));
                }
            }
        });
    }
}
