//! The left side: connectors to drag onto the canvas, and the targets that the play and its formation know.

use std::collections::BTreeMap;

use egui::{Align2, Rect, Response, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::canvas::{kind_color, kind_icon};
use super::icons::Icon;
use super::theme::{self, Theme, size};
use super::widgets::{caption, text_at};
use crate::app::{Command, Gesture};
use crate::base::Coord;
use crate::play::ops::palette;
use crate::play::{Bind, Document, Formation, Item, NodeKind, Play, Stmt, Target, TargetRef, Via};
use crate::scene::Kind;

/// What is being dragged from the palette to the canvas.
#[derive(Clone, Debug)]
pub struct Dragged {
    pub kind: NodeKind,
}

#[derive(Debug, Default)]
pub struct PalettePanel {
    /// Images whose versions are hidden.
    closed: FxHashSet<SmolStr>,
    tree: Tree,
}

/// Images, versions, methods, and how each version is reached. Kept until the document changes.
#[derive(Debug, Default)]
struct Tree {
    built_for: Option<(u64, Option<SmolStr>)>,
    images: BTreeMap<SmolStr, BTreeMap<SmolStr, Version>>,
}

#[derive(Debug, Default)]
struct Version {
    methods: Vec<SmolStr>,
    via: Option<&'static str>,
}

/// What the panel shows.
pub struct Subject<'a> {
    pub doc: &'a Document,
    pub revision: u64,
    pub formation: Option<&'a SmolStr>,
    pub editable: bool,
    /// Where a node goes that is made by a click.
    pub place: (i32, i32),
}

impl PalettePanel {
    pub fn ui(&mut self, ui: &mut Ui, subject: &Subject<'_>, out: &mut Vec<Command>) {
        ui.spacing_mut().item_spacing.y = 5.0;
        ui.add_space(14.0);
        ui.horizontal(|ui| {
            ui.add_space(16.0);
            caption(ui, "Connectors");
        });
        ui.add_space(4.0);
        for (i, kind) in palette().into_iter().enumerate() {
            let response = connector(ui, &kind, i + 1, subject.editable);
            if !subject.editable {
                continue;
            }
            response.dnd_set_drag_payload(Dragged { kind: kind.clone() });
            if response.clicked() {
                out.push(Command::Edit(Gesture::AddNode { kind, at: subject.place, from: None }));
            }
        }
        ui.add_space(10.0);
        self.tree.update(subject);
        ui.horizontal(|ui| {
            ui.add_space(16.0);
            caption(ui, "Targets");
            let theme = Theme::of(ui.ctx());
            let name = subject.formation.map_or("built in", |name| name.as_str());
            let at = pos2(ui.max_rect().right() - 16.0, ui.min_rect().center().y);
            text_at(ui, at, Align2::RIGHT_CENTER, name, theme::small(), theme.faint);
        });
        ui.add_space(2.0);
        if self.tree.images.is_empty() {
            empty(ui);
            return;
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| self.tree_ui(ui, subject, out));
    }

    fn tree_ui(&mut self, ui: &mut Ui, subject: &Subject<'_>, out: &mut Vec<Command>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (image, versions) in &self.tree.images {
            let open = !self.closed.contains(image);
            if row(ui, 0, image, None, Some(open), Look::Image).clicked() {
                if open {
                    self.closed.insert(image.clone());
                } else {
                    self.closed.remove(image);
                }
            }
            if !open {
                continue;
            }
            for (version, at) in versions {
                row(ui, 1, version, at.via, None, Look::Version);
                for method in &at.methods {
                    let response = row(ui, 2, method, None, None, Look::Method);
                    if !subject.editable {
                        continue;
                    }
                    let coord = Coord::new(image, version, method);
                    let kind = NodeKind::Call(Target::One(TargetRef::Coord(coord)));
                    response.dnd_set_drag_payload(Dragged { kind: kind.clone() });
                    if response.double_clicked() {
                        out.push(Command::Edit(Gesture::AddNode { kind, at: subject.place, from: None }));
                    }
                    response.on_hover_text("Drag onto the canvas to call it");
                }
            }
        }
        ui.add_space(12.0);
    }
}

fn empty(ui: &mut Ui) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.add_space(16.0);
        ui.scope(|ui| {
            ui.set_max_width(190.0);
            let text =
                egui::RichText::new("Targets show up here once a call or a formation names one.").color(theme.muted);
            ui.label(text.font(theme::small()));
        });
    });
}

fn connector(ui: &mut Ui, kind: &NodeKind, number: usize, enabled: bool) -> Response {
    let theme = Theme::of(ui.ctx());
    let kind_of = Kind::of(kind);
    let sense = if enabled { Sense::click_and_drag() } else { Sense::hover() };
    let (outer, response) = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), sense);
    let label = kind_of.keyword();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let rect = outer.shrink2(vec2(12.0, 0.0));
    let lit = ui.ctx().animate_bool_with_time(response.id, enabled && response.hovered(), theme::motion::STATE);
    let painter = ui.painter();
    painter.rect_filled(rect, 7.0, theme::mix(theme.panel2, theme.line, lit * 0.7));
    if response.has_focus() {
        painter.rect_stroke(rect, 7.0, egui::Stroke::new(1.5, theme.accent), egui::StrokeKind::Inside);
    }
    let icon = Rect::from_center_size(pos2(rect.left() + 18.0, rect.center().y), Vec2::splat(16.0));
    let fade = if enabled { 1.0 } else { 0.45 };
    kind_icon(kind_of).paint(painter, icon, kind_color(theme, kind_of).gamma_multiply(fade));
    let (left, right) = (pos2(rect.left() + 36.0, rect.center().y), pos2(rect.right() - 11.0, rect.center().y));
    text_at(ui, left, Align2::LEFT_CENTER, label, theme::body(), theme.text.gamma_multiply(fade));
    text_at(ui, right, Align2::RIGHT_CENTER, number.to_string(), theme::mono(size::CAPTION), theme.faint);
    if enabled {
        response.on_hover_cursor(egui::CursorIcon::Grab).on_hover_text(format!("{}   {number}", purpose(kind_of)))
    } else {
        response
    }
}

const fn purpose(kind: Kind) -> &'static str {
    match kind {
        Kind::Snap => "Where a run starts with its input",
        Kind::Call => "Sends the ball to a target and goes on with what comes back",
        Kind::FanOut => "Hands a copy of the ball to several runners at once",
        Kind::FanIn => "Takes balls back and hands one on",
        Kind::WaitForSignal => "Holds the ball until a signal comes",
        Kind::WaitForWorker => "Holds the ball until a worker is ready for it",
        Kind::Pass => "Ends the run with the ball as its result",
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Image,
    Version,
    Method,
}

fn row(ui: &mut Ui, depth: u8, text: &str, note: Option<&str>, open: Option<bool>, look: Look) -> Response {
    let theme = Theme::of(ui.ctx());
    let sense = match look {
        Look::Image => Sense::click(),
        Look::Version => Sense::hover(),
        Look::Method => Sense::click_and_drag(),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 23.0), sense);
    let role = if look == Look::Image { Role::Button } else { Role::TreeItem };
    response.widget_info(|| WidgetInfo::labeled(role, true, text));
    if look != Look::Version && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect.shrink2(vec2(8.0, 0.0)), 5.0, theme.panel2);
    }
    let x = rect.left() + 16.0 + f32::from(depth) * 16.0;
    let y = rect.center().y;
    if look != Look::Method {
        let icon = if open == Some(false) { Icon::Right } else { Icon::Down };
        icon.paint(ui.painter(), Rect::from_center_size(pos2(x + 4.0, y), Vec2::splat(11.0)), theme.faint);
    }
    let (font, color) = match look {
        Look::Image => (theme::body(), theme.text),
        Look::Version => (theme::mono(size::SMALL), theme.muted),
        Look::Method => (theme::mono(size::SMALL), theme.text),
    };
    text_at(ui, pos2(x + 16.0, y), Align2::LEFT_CENTER, text, font, color);
    if look == Look::Version {
        let right = rect.right() - 20.0;
        let (word, color) = note.map_or(("not bound", theme.faint), |word| (word, theme.ok));
        ui.painter().circle_filled(pos2(right, y), 3.2, color);
        text_at(ui, pos2(right - 9.0, y), Align2::RIGHT_CENTER, word, theme::small(), theme.faint);
    }
    response
}

impl Tree {
    fn update(&mut self, subject: &Subject<'_>) {
        let wanted = Some((subject.revision, subject.formation.cloned()));
        if self.built_for == wanted {
            return;
        }
        self.built_for = wanted;
        self.images.clear();
        let formation = subject.doc.items.iter().find_map(|line| match &line.kind {
            Item::Formation(formation) if Some(&formation.name) == subject.formation => Some(formation),
            _ => None,
        });
        for (_, play) in subject.doc.plays() {
            self.add_play(play);
        }
        if let Some(formation) = formation {
            self.add_formation(formation);
        }
        for (image, versions) in &mut self.images {
            for (version, at) in versions {
                at.via = match formation {
                    Some(formation) => via(formation, image, version),
                    None => Some("built in"),
                };
                at.methods.sort_unstable();
                at.methods.dedup();
            }
        }
    }

    fn add_play(&mut self, play: &Play) {
        for line in &play.body {
            if let Stmt::Node(node) = &line.kind {
                node.kind.target().into_iter().for_each(|target| self.add_target(target));
            }
        }
    }

    fn add_target(&mut self, target: &Target) {
        for to in target.refs() {
            if let TargetRef::Coord(coord) = to {
                let versions = self.images.entry(coord.image.clone()).or_default();
                versions.entry(coord.version.clone()).or_default().methods.push(coord.method.clone());
            }
        }
    }

    fn add_formation(&mut self, formation: &Formation) {
        for line in &formation.body {
            match &line.kind {
                Bind::Role(_, target) => self.add_target(target),
                Bind::To(binding) if binding.version != "*" => {
                    let versions = self.images.entry(binding.image.clone()).or_default();
                    versions.entry(binding.version.clone()).or_default();
                }
                _ => {}
            }
        }
    }
}

/// The word for how the formation serves a version; the first binding that matches is the one.
fn via(formation: &Formation, image: &str, version: &str) -> Option<&'static str> {
    formation.body.iter().find_map(|line| match &line.kind {
        Bind::To(binding) if binding.image == image && (binding.version == "*" || binding.version == version) => {
            Some(match binding.via {
                Via::Service(_) => "service",
                Via::Pod { .. } => "pod",
                Via::Process(_) => "process",
                Via::Pull => "pull",
                Via::Builtin => "built in",
                Via::Reflect(_) => "reflect",
            })
        }
        _ => None,
    })
}
