//! Every property of what is selected: a node, a wire, or the play and its formation.

use egui::{Id, Rect, RichText, Sense, Ui, Vec2, vec2};

use super::field::{Drafts, Field};
use super::versions;
use crate::app::{Command, Editor, Gesture, Selection, Session, Shown, wire_name, wire_number};
use crate::base::NodeId;
use crate::event::WireRef;
use crate::gui::canvas::{kind_color, kind_icon};
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size, space};
use crate::gui::widgets::{Tone, button, caption, rule};
use crate::lang::Part;
use crate::play::ops::{At, NodeField, PlayField};
use crate::play::{Expr, NodeKind, Policy, Spread, Stmt, When};
use crate::scene::Kind;

#[derive(Default)]
pub struct Inspector {
    drafts: Drafts,
}

impl Inspector {
    pub fn ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let session = editor.session();
        let Some(shown) = session.shown() else { return };
        let margin = egui::Margin { left: 20, right: 20, top: 16, bottom: 20 };
        egui::Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            if !shown.editable {
                let theme = Theme::of(ui.ctx());
                let text = "This is the play as it ran. Leave the replay to change the play.";
                ui.label(RichText::new(text).color(theme.worker));
                ui.add_space(8.0);
            }
            ui.add_enabled_ui(shown.editable, |ui| {
                let selection = session.selection();
                if let Some(node) = selection.single_node() {
                    self.node_ui(ui, editor, &shown, node, out);
                } else if let Some(wire) = selection.single_wire() {
                    self.wire_ui(ui, editor, &shown, wire, out);
                } else if selection.is_empty() {
                    self.play_ui(ui, session, &shown, out);
                } else {
                    many_ui(ui, selection, out);
                }
            });
        });
    }

    fn node_ui(&mut self, ui: &mut Ui, editor: &Editor, shown: &Shown<'_>, id: &NodeId, out: &mut Vec<Command>) {
        let session = editor.session();
        let Some(number) = shown.graph.find(id) else { return };
        let node = shown.graph.node(shown.play, number);
        let kind = Kind::of(&node.kind);
        heading(ui, kind, id, node.kind.keyword());
        kind_choice(ui, id, &node.kind, out);
        let problems = problems_of(session, shown, number);
        let at = session.item().and_then(|item| At::new(session.doc(), item, session.graph()));
        let field_id = |name: &str| Id::unique(("node field", id.as_str(), name));
        let renamed = Field {
            id: field_id("id"),
            label: "id",
            hint: "",
            current: id,
            problem: problem_at(&problems, None),
            mono: true,
        }
        .ui(ui, &mut self.drafts, |text| refusal(at.map(|at| at.rename(id, text))));
        if let Some(to) = renamed {
            out.push(Command::Edit(Gesture::Rename { node: id.clone(), to }));
        }
        for &field in NodeField::of(&node.kind) {
            let set = Field {
                id: field_id(field.label()),
                label: field.label(),
                hint: field.hint(),
                current: &field.text(node),
                problem: problem_at(&problems, Some(field)),
                mono: field != NodeField::Title,
            }
            .ui(ui, &mut self.drafts, |text| refusal(at.map(|at| at.set_field(id, field, text))));
            if let Some(text) = set {
                out.push(Command::Edit(Gesture::SetField { node: id.clone(), field, text }));
            }
        }
        if let Some(target) = node.kind.target() {
            versions::ui(ui, editor, id, target, &mut self.drafts, out);
        }
        ui.add_space(6.0);
        wires_of(ui, shown, number, out);
        ui.add_space(10.0);
        if button(ui, Some(Icon::Bin), "Delete node", Tone::Quiet).clicked() {
            out.push(Command::Edit(Gesture::Delete { nodes: vec![id.clone()], wires: Vec::new() }));
        }
    }

    fn wire_ui(&mut self, ui: &mut Ui, editor: &Editor, shown: &Shown<'_>, wire: &WireRef, out: &mut Vec<Command>) {
        let session = editor.session();
        let Some(number) = wire_number(shown.graph, wire) else { return };
        let when = shown.graph.when(shown.play, number);
        let theme = Theme::of(ui.ctx());
        ui.label(RichText::new(format!("{} → {}", wire.from, wire.to)).font(theme::semibold(size::HEADING)));
        ui.label(RichText::new("Which balls go along this wire").color(theme.muted));
        ui.add_space(8.0);
        let guard = match when {
            When::If(guard) => guard.0.clone(),
            _ => "ball.ok".to_owned(),
        };
        let choices = [
            ("Every ball", When::Always),
            ("When an expression holds", When::If(Expr(guard.clone()))),
            ("Otherwise", When::Otherwise),
            ("On error", When::Error),
            ("On timeout", When::Timeout),
        ];
        for (label, choice) in choices {
            let chosen = std::mem::discriminant(when) == std::mem::discriminant(&choice);
            if ui.radio(chosen, label).clicked() && !chosen {
                out.push(Command::Edit(Gesture::SetWhen { wire: wire.clone(), when: choice }));
            }
        }
        ui.add_space(8.0);
        if let When::If(guard) = when {
            let at = session.item().and_then(|item| At::new(session.doc(), item, session.graph()));
            let problem = guard_problem(session, shown, number);
            let field = Field {
                id: Id::unique(("guard", wire)),
                label: "when",
                hint: "ball.total > 100",
                current: &guard.0,
                problem: problem.as_deref(),
                mono: true,
            };
            let check = |text: &str| refusal(at.map(|at| at.set_when(number, &When::If(Expr(text.trim().to_owned())))));
            if let Some(text) = field.ui(ui, &mut self.drafts, check) {
                let when = When::If(Expr(text.trim().to_owned()));
                out.push(Command::Edit(Gesture::SetWhen { wire: wire.clone(), when }));
            }
        }
        let head = shown.graph.node(shown.play, shown.graph.wire(number).to);
        if let Some(target) = head.kind.target() {
            versions::ui(ui, editor, &head.id, target, &mut self.drafts, out);
        }
        ui.add_space(6.0);
        if button(ui, Some(Icon::Bin), "Delete wire", Tone::Quiet).clicked() {
            out.push(Command::Edit(Gesture::Disconnect(wire.clone())));
        }
    }

    fn play_ui(&mut self, ui: &mut Ui, session: &Session, shown: &Shown<'_>, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        ui.label(RichText::new("Play").font(theme::semibold(size::HEADING)));
        ui.label(RichText::new("Select a node or a wire to see what it does.").color(theme.muted));
        ui.add_space(8.0);
        let at = session.item().and_then(|item| At::new(session.doc(), item, session.graph()));
        for field in PlayField::ALL {
            let hint = match field {
                PlayField::Coord => "shop/1.2/checkout",
                PlayField::Title => "shown instead of the coordinate",
                PlayField::Timeout => "2h",
            };
            let set = Field {
                id: play_field(field, shown.play),
                label: field.label(),
                hint,
                current: &field.text(shown.play),
                problem: None,
                mono: field != PlayField::Title,
            }
            .ui(ui, &mut self.drafts, |text| refusal(at.map(|at| at.set_play(field, text))));
            if let Some(text) = set {
                out.push(Command::Edit(Gesture::SetPlay { field, text }));
            }
        }
        self.roles_ui(ui, shown, out);
        ui.add_space(8.0);
        rule(ui);
        ui.add_space(10.0);
        let name = session.formation().map_or("built in", |name| name.as_str());
        ui.label(RichText::new(format!("Formation: {name}")).font(theme::semibold(size::HEADING)));
        if button(ui, None, "Show where targets are reached", Tone::Quiet).clicked() {
            out.push(Command::ShowFormation);
        }
    }

    fn roles_ui(&mut self, ui: &mut Ui, shown: &Shown<'_>, out: &mut Vec<Command>) {
        let roles = shown.play.body.iter().filter_map(|line| match &line.kind {
            Stmt::Role(role) => Some(role),
            _ => None,
        });
        caption(ui, "Roles");
        for role in roles {
            ui.horizontal(|ui| {
                ui.label(RichText::new(role.as_str()).font(theme::mono(size::SMALL)));
                if ui.small_button("Remove").on_hover_text(format!("Remove the role {role}")).clicked() {
                    out.push(Command::Edit(Gesture::RemoveRole(role.clone())));
                }
            });
        }
        let add = Field {
            id: Id::unique("new role"),
            label: "add a role",
            hint: "courier",
            current: "",
            problem: None,
            mono: true,
        };
        if let Some(name) = add.ui(ui, &mut self.drafts, |_| Ok(())) {
            out.push(Command::Edit(Gesture::AddRole(name)));
        }
    }
}

fn heading(ui: &mut Ui, kind: Kind, id: &str, keyword: &str) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(20.0), Sense::hover());
        let icon = Rect::from_center_size(rect.center(), Vec2::splat(17.0));
        kind_icon(kind).paint(ui.painter(), icon, kind_color(theme, kind));
        ui.label(RichText::new(id).font(theme::semibold(size::HEADING)));
        ui.label(RichText::new(keyword).color(theme.muted));
    });
    ui.add_space(space::PAD / 2.0);
}

fn play_field(field: PlayField, play: &crate::play::Play) -> Id {
    Id::unique(("play field", field.label(), play.coord.to_string()))
}

/// The first field of the play, once it is shown.
pub fn focus_coordinate(ctx: &egui::Context, play: &crate::play::Play) {
    ctx.memory_mut(|memory| memory.request_focus(play_field(PlayField::Coord, play)));
}

/// Turns the node into one of another kind; what both kinds have stays.
fn kind_choice(ui: &mut Ui, id: &NodeId, kind: &NodeKind, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    ui.label(RichText::new("kind").font(theme::small()).color(theme.muted));
    ui.add_space(-2.0);
    let width = ui.available_width();
    let combo = egui::ComboBox::from_id_salt(("kind", id.as_str())).selected_text(kind.keyword()).width(width);
    combo.show_ui(ui, |ui| {
        for other in crate::play::ops::palette() {
            let chosen = other.keyword() == kind.keyword();
            if ui.selectable_label(chosen, other.keyword()).clicked() && !chosen {
                out.push(Command::Edit(Gesture::SetKind { node: id.clone(), kind: turned(kind, other) }));
            }
        }
    });
    ui.add_space(6.0);
}

/// `other`, with the target of `kind` if both have one.
fn turned(kind: &NodeKind, other: NodeKind) -> NodeKind {
    let Some(target) = kind.target() else { return other };
    match other {
        NodeKind::Call(_) => NodeKind::Call(target.clone()),
        NodeKind::WaitForWorker(_) => NodeKind::WaitForWorker(target.clone()),
        NodeKind::FanOut(_) => NodeKind::FanOut(Spread::All),
        NodeKind::FanIn(_) => NodeKind::FanIn(Policy::All),
        other => other,
    }
}

fn wires_of(ui: &mut Ui, shown: &Shown<'_>, node: u32, out: &mut Vec<Command>) {
    let theme = Theme::of(ui.ctx());
    let (into, from) = (shown.graph.into(node), shown.graph.out(node));
    if into.is_empty() && from.is_empty() {
        ui.label(RichText::new("No wires yet. Drag from a port to another node.").color(theme.muted));
        return;
    }
    caption(ui, "Wires");
    for &wire in into.iter().chain(from) {
        let name = wire_name(shown.play, shown.graph, wire);
        let when = match shown.graph.when(shown.play, wire) {
            When::Always => String::new(),
            When::If(guard) => format!("  when ({})", guard.0),
            When::Otherwise => "  otherwise".into(),
            When::Error => "  on error".into(),
            When::Timeout => "  on timeout".into(),
        };
        let text = RichText::new(format!("{} → {}{when}", name.from, name.to)).font(theme::mono(size::SMALL));
        if ui.add(egui::Button::new(text).frame(false).min_size(vec2(0.0, 22.0)).truncate()).clicked() {
            out.push(Command::Select(Selection::wire(name)));
        }
    }
}

fn many_ui(ui: &mut Ui, selection: &Selection, out: &mut Vec<Command>) {
    let count = |n: usize, one: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {one}s")),
    };
    let parts: Vec<String> =
        [count(selection.nodes.len(), "node"), count(selection.wires.len(), "wire")].into_iter().flatten().collect();
    ui.label(RichText::new(format!("{} selected", parts.join(", "))).font(theme::semibold(size::HEADING)));
    ui.add_space(8.0);
    if button(ui, Some(Icon::Bin), "Delete", Tone::Quiet).clicked() {
        out.push(Command::Delete);
    }
}

fn refusal(edits: Option<crate::play::ops::Edits>) -> Result<(), String> {
    match edits {
        Some(Err(refusal)) => Err(refusal.to_string()),
        _ => Ok(()),
    }
}

/// What the checks found in the node's statement, with the field that it belongs to; `None` is the id.
type Problems = Vec<(Option<NodeField>, String)>;

fn problem_at(problems: &Problems, field: Option<NodeField>) -> Option<&str> {
    problems.iter().find(|(at, _)| *at == field).map(|(_, message)| message.as_str())
}

fn problems_of(session: &Session, shown: &Shown<'_>, node: u32) -> Problems {
    let source = session.source();
    let line = session.item().and_then(|item| source.map.line(item, shown.graph.stmt_of(node)));
    let Some(line) = line.filter(|_| shown.editable) else { return Problems::new() };
    let (first, last) = line.parts;
    let parts = source.map.parts.get(first as usize..last as usize).unwrap_or_default();
    let inside = session.diagnostics().iter().filter(|found| line.whole.touches(found.span.start));
    inside
        .map(|found| {
            let part = parts
                .iter()
                .find(|(_, span)| span.touches(found.span.start) && found.span.end <= span.end.max(found.span.start));
            (
                part.and_then(|(part, _)| field_of(*part, &shown.graph.node(shown.play, node).kind)),
                found.message.clone(),
            )
        })
        .collect()
}

const fn field_of(part: Part, kind: &NodeKind) -> Option<NodeField> {
    match part {
        Part::Target(_) | Part::Percent(_) => Some(NodeField::Target),
        Part::Signal => Some(NodeField::Signal),
        Part::Policy if matches!(kind, NodeKind::FanIn(_)) => Some(NodeField::Policy),
        Part::Policy | Part::Each => Some(NodeField::Spread),
        Part::Title => Some(NodeField::Title),
        Part::With => Some(NodeField::With),
        Part::Key => Some(NodeField::Key),
        Part::Timeout => Some(NodeField::Timeout),
        Part::Retry => Some(NodeField::Retry),
        Part::Backoff => Some(NodeField::Backoff),
        _ => None,
    }
}

fn guard_problem(session: &Session, shown: &Shown<'_>, wire: u32) -> Option<String> {
    let at = shown.graph.wire(wire).at;
    let source = session.source();
    let line = source.map.line(session.item()?, at.stmt as usize)?;
    let span = source.map.part(line, Part::Guard(at.group.checked_sub(1)?))?;
    let found = session.diagnostics().iter().find(|found| span.touches(found.span.start))?;
    Some(found.message.clone())
}
