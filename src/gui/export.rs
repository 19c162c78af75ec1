//! What is to be exported: kind, theme, all or the selection, with a run's state or without.

use egui::{Align, Align2, Context, Layout, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::theme::{self, Look, Theme, size};
use super::widgets::{Tone, button, dialog, text_at};
use crate::app::{Command, Editor, Export, ExportKind};
use crate::diagram::Form;

/// Closed as long as nothing is asked.
#[derive(Debug, Default)]
pub struct ExportDialog {
    asked: Option<Export>,
    /// For the next time.
    last: Option<Export>,
}

impl ExportDialog {
    /// With what was chosen the last time, but for the run's state and the selection: those go by what is there now.
    pub fn open(&mut self, editor: &Editor, look: Look) {
        let last = self.last.unwrap_or(Export {
            kind: ExportKind::Picture(Form::Svg),
            look,
            only_selected: false,
            with_run: false,
        });
        self.asked = Some(Export { only_selected: false, with_run: has_run(editor), ..last });
    }

    pub const fn is_open(&self) -> bool {
        self.asked.is_some()
    }

    pub fn ui(&mut self, ctx: &Context, editor: &Editor, out: &mut Vec<Command>) {
        let Some(export) = &mut self.asked else { return };
        let theme = Theme::of(ctx);
        let (mut go, mut close) = (false, false);
        let modal = dialog(ctx, "export").show(ctx, |ui| {
            ui.set_width(560.0);
            ui.label(RichText::new("Export the play").font(theme::semibold(size::HEADING)));
            ui.label(RichText::new(words(export.kind)).color(theme.muted));
            ui.add_space(10.0);
            row(ui, "As", |ui| {
                for kind in ExportKind::all() {
                    if choice(ui, kind.name(), export.kind == kind, true) {
                        export.kind = kind;
                    }
                }
            });
            let picture = match export.kind {
                ExportKind::Picture(form) => Some(form),
                ExportKind::Text(_) => None,
            };
            if picture.is_some_and(Form::has_look) {
                row(ui, "Theme", |ui| {
                    for look in Look::ALL {
                        if choice(ui, look.name(), export.look == look, true) {
                            export.look = look;
                        }
                    }
                });
            }
            if picture.is_some() {
                let n = editor.session().selection().nodes.len();
                row(ui, "Part", |ui| {
                    if choice(ui, "Whole play", !export.only_selected, true) {
                        export.only_selected = false;
                    }
                    let selected = match n {
                        0 => "No node is selected".to_owned(),
                        1 => "1 selected node".to_owned(),
                        n => format!("{n} selected nodes"),
                    };
                    if choice(ui, &selected, export.only_selected, n > 0) {
                        export.only_selected = true;
                    }
                });
                row(ui, "Run", |ui| {
                    if choice(ui, "Without a run", !export.with_run, true) {
                        export.with_run = false;
                    }
                    if choice(ui, "As the run stands now", export.with_run, has_run(editor)) {
                        export.with_run = true;
                    }
                });
            }
            ui.add_space(12.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                go = button(ui, None, "Choose a file…", Tone::Filled).clicked();
                close = button(ui, None, "Cancel", Tone::Quiet).clicked();
            });
        });
        go |= ctx.input(|input| input.key_pressed(egui::Key::Enter)) && !close;
        if go {
            out.push(Command::PickExport(*export));
        }
        if go || close || modal.should_close() {
            self.last = self.asked.take();
        }
    }
}

fn has_run(editor: &Editor) -> bool {
    editor.session().shown().is_some_and(|shown| shown.run.is_some())
}

const fn words(kind: ExportKind) -> &'static str {
    match kind {
        ExportKind::Picture(Form::Svg) => "A picture that stays sharp at any size, as on the canvas.",
        ExportKind::Picture(Form::Png) => "A picture of pixels, two for each unit of the canvas.",
        ExportKind::Picture(Form::Mermaid) => "Text that READMEs, wikis and issues draw as a flowchart.",
        ExportKind::Picture(Form::Dot) => "Text for graphviz: dot -Tsvg play.dot.",
        ExportKind::Text(_) => "A copy of the whole file. The play that is open stays where it is.",
    }
}

fn row(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, response) = ui.allocate_exact_size(vec2(52.0, 28.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
        text_at(ui, rect.left_center(), Align2::LEFT_CENTER, name, theme::body(), theme.muted);
        content(ui);
    });
}

/// One of several: a dot says which it is, so that its colour need not. `true` once it is clicked.
fn choice(ui: &mut Ui, name: &str, chosen: bool, enabled: bool) -> bool {
    let theme = Theme::of(ui.ctx());
    let color = if enabled { theme.text } else { theme.faint };
    let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::body(), color);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 34.0, 28.0), sense);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, chosen, name));
    let fill = if response.hovered() && enabled { theme.panel2 } else { theme.panel };
    let line = if chosen { theme.accent } else { theme.line };
    ui.painter().rect(rect, 7.0, fill, Stroke::new(1.0, line), StrokeKind::Inside);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 7.0, Stroke::new(1.5, theme.accent), StrokeKind::Outside);
    }
    let dot = pos2(rect.left() + 14.0, rect.center().y);
    ui.painter().circle_stroke(dot, 4.5, Stroke::new(1.2, if chosen { theme.accent } else { theme.muted }));
    if chosen {
        ui.painter().circle_filled(dot, 2.6, theme.accent);
    }
    ui.painter().galley(pos2(rect.left() + 24.0, rect.center().y - galley.size().y / 2.0), galley, color);
    response.clicked()
}
