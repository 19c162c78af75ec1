use egui::{Id, Rect, ScrollArea, Ui, pos2};

use super::formation::FormationPanel;
use super::inside::{self, Inside};
use super::inspector::Inspector;
use super::problems::{self, Located};
use super::scenarios;
use super::text::TextPane;
use crate::app::{Command, Editor, Session};
use crate::base::NodeId;
use crate::diag::Severity;
use crate::gui::theme::{Theme, space};

/// Text, inspector, formation and problems: panes that share what is known of the diagnostics.
#[derive(Default)]
pub struct SidePanel {
    text: TextPane,
    inspector: Inspector,
    formation: FormationPanel,
    inside: Inside,
    found: Found,
}

/// Diagnostics with the nodes that they belong to. Kept until the document changes.
#[derive(Default)]
struct Found {
    revision: Option<u64>,
    list: Vec<Located>,
    bad_nodes: Vec<NodeId>,
}

impl SidePanel {
    /// Shows a byte of the text, with the focus.
    pub fn show_text(&mut self, offset: u32) {
        self.text.show_offset(offset);
    }

    pub fn text_has_focus(ctx: &egui::Context) -> bool {
        ctx.memory(|memory| memory.has_focus(text_id()))
    }

    /// Nodes that an error points at.
    pub fn bad_nodes(&mut self, session: &Session) -> &[NodeId] {
        self.found.update(session);
        &self.found.bad_nodes
    }

    /// How many problems there are, in the colour of the worst.
    pub fn badge(&self, theme: &Theme) -> (String, egui::Color32) {
        let errors = self.found.list.iter().any(|found| found.severity == Severity::Error);
        let color = match (errors, self.found.list.is_empty()) {
            (true, _) => theme.error,
            (false, true) => theme.faint,
            (false, false) => theme.signal,
        };
        (self.found.list.len().to_string(), color)
    }

    pub fn update(&mut self, session: &Session) {
        self.found.update(session);
    }

    pub fn inspector_ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let area = ScrollArea::vertical().id_salt("inspector").auto_shrink(false);
        area.show(ui, |ui| {
            if inside::has(editor.session()) {
                let margin = egui::Margin { left: 20, right: 20, top: 14, bottom: 10 };
                egui::Frame::new().inner_margin(margin).show(ui, |ui| self.inside.ui(ui, editor.session(), out));
                crate::gui::widgets::rule(ui);
            }
            self.inspector.ui(ui, editor, out);
        });
    }

    pub fn formation_ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let area = ScrollArea::vertical().id_salt("formation").auto_shrink(false);
        area.show(ui, |ui| self.formation.ui(ui, editor, out));
    }

    pub fn problems_ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        problems::ui(ui, editor.session(), &self.found.list, out);
    }

    pub fn scenarios_ui(ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        scenarios::ui(ui, editor, out);
    }

    /// How many scenarios were played, in the colour of the worst; nothing if none was.
    pub fn scenarios_badge(session: &Session, theme: &Theme) -> Option<(String, egui::Color32)> {
        let verdicts = session.trials().verdicts();
        let failed = verdicts.iter().filter(|verdict| !verdict.passed()).count();
        match (verdicts.len(), failed) {
            (0, _) => None,
            (n, 0) => Some((n.to_string(), theme.ok)),
            (_, failed) => Some((failed.to_string(), theme.error)),
        }
    }

    /// The text, and below it what the selected node did in the run.
    pub fn text_ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let session = editor.session();
        let whole = ui.available_rect_before_wrap();
        let detail_height = if inside::has(session) { 300.0_f32.min(whole.height() * 0.45) } else { 0.0 };
        let split = whole.bottom() - detail_height;
        let above = Rect::from_min_max(whole.min, pos2(whole.right(), split));
        ui.scope_builder(egui::UiBuilder::new().max_rect(above), |ui| {
            self.text.ui(ui, session, &self.found.list, out);
        });
        if detail_height > 0.0 {
            let below = Rect::from_min_max(pos2(whole.left(), split), whole.max);
            ui.painter().hline(whole.x_range(), split, Theme::of(ui.ctx()).hairline());
            let inner = below.shrink2(egui::vec2(space::PAD + 4.0, 14.0));
            ui.scope_builder(egui::UiBuilder::new().max_rect(inner), |ui| {
                let area = ScrollArea::vertical().id_salt("inside").auto_shrink(false);
                area.show(ui, |ui| self.inside.ui(ui, session, out));
            });
        }
    }
}

/// The text field's id, by which a shortcut knows that it has the focus.
pub fn text_id() -> Id {
    Id::unique("play text")
}

impl Found {
    fn update(&mut self, session: &Session) {
        if self.revision == Some(session.revision()) {
            return;
        }
        self.revision = Some(session.revision());
        self.list = problems::locate(session);
        self.bad_nodes.clear();
        let errors = self.list.iter().filter(|found| found.severity == Severity::Error);
        self.bad_nodes.extend(errors.filter_map(|found| found.node.clone()));
        self.bad_nodes.extend(session.shown().into_iter().flat_map(|shown| shown.broken).cloned());
        self.bad_nodes.sort_unstable();
        self.bad_nodes.dedup();
    }
}
