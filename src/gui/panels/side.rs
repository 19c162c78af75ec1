use egui::{Id, Rect, ScrollArea, Ui, pos2};

use super::detail;
use super::formation::FormationPanel;
use super::inspector::Inspector;
use super::problems::{self, Located};
use super::text::TextPane;
use crate::app::{Command, Editor, Session};
use crate::base::NodeId;
use crate::diag::Severity;
use crate::gui::theme::{Theme, space};
use crate::gui::widgets::{rule, tab};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Text,
    Inspector,
    Formation,
    Problems,
}

/// The right side: text, inspector, formation and problems as tabs.
#[derive(Default)]
pub struct SidePanel {
    tab: Tab,
    text: TextPane,
    inspector: Inspector,
    formation: FormationPanel,
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
    pub const fn show(&mut self, tab: Tab) {
        self.tab = tab;
    }

    pub fn toggle_text(&mut self) {
        self.tab = if self.tab == Tab::Text { Tab::Inspector } else { Tab::Text };
    }

    pub fn text_has_focus(ctx: &egui::Context) -> bool {
        ctx.memory(|memory| memory.has_focus(text_id()))
    }

    /// Nodes that an error points at.
    pub fn bad_nodes(&mut self, session: &Session) -> &[NodeId] {
        self.found.update(session);
        &self.found.bad_nodes
    }

    pub fn ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        let session = editor.session();
        self.found.update(session);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.add_space(20.0);
            ui.spacing_mut().item_spacing.x = 24.0;
            let errors = self.found.list.iter().any(|found| found.severity == Severity::Error);
            let color = match (errors, self.found.list.is_empty()) {
                (true, _) => theme.error,
                (false, true) => theme.faint,
                (false, false) => theme.signal,
            };
            let problems = Some((self.found.list.len().to_string(), color));
            let tabs = [
                (Tab::Text, "Text", None),
                (Tab::Inspector, "Inspector", None),
                (Tab::Formation, "Targets", None),
                (Tab::Problems, "Problems", problems),
            ];
            for (which, name, badge) in tabs {
                if tab(ui, name, badge, self.tab == which).clicked() {
                    self.tab = which;
                }
            }
        });
        rule(ui);
        match self.tab {
            Tab::Text => self.text_ui(ui, editor, out),
            Tab::Inspector => {
                ScrollArea::vertical()
                    .id_salt("inspector")
                    .auto_shrink(false)
                    .show(ui, |ui| self.inspector.ui(ui, editor, out));
            }
            Tab::Formation => {
                ScrollArea::vertical()
                    .id_salt("formation")
                    .auto_shrink(false)
                    .show(ui, |ui| self.formation.ui(ui, editor, out));
            }
            Tab::Problems => problems::ui(ui, session, &self.found.list, out),
        }
    }

    /// The text, and below it what the selected node did in the run.
    fn text_ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let session = editor.session();
        let whole = ui.available_rect_before_wrap();
        let detail_height = detail::height(session).min(whole.height() * 0.45);
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
                ScrollArea::vertical().id_salt("detail").auto_shrink(false).show(ui, |ui| detail::ui(ui, session));
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
        self.bad_nodes.sort_unstable();
        self.bad_nodes.dedup();
    }
}
