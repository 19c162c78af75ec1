//! The left side: connectors to drag onto the canvas, and the targets: those that are there, and those that are wanted.

use std::collections::BTreeMap;

use egui::{Align2, Rect, Response, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::canvas::{kind_color, kind_icon};
use super::health::{Sign, Standing, method_words, standing};
use super::icons::Icon;
use super::theme::{self, Theme, size};
use super::widgets::{caption, text_at};
use crate::app::{Command, Discovery, Gesture, Presence};
use crate::base::{Coord, VersionKind, version_kind};
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
    built_for: Option<(u64, Option<SmolStr>, u64)>,
    images: BTreeMap<SmolStr, BTreeMap<SmolStr, Version>>,
}

#[derive(Debug, Default)]
struct Version {
    methods: BTreeMap<SmolStr, MethodRow>,
    standing: Standing,
}

#[derive(Debug, Default)]
struct MethodRow {
    is_play: bool,
    /// A play of the file calls it.
    is_used: bool,
    /// It is called, and is not there.
    is_missing: bool,
    /// What is known of it.
    words: String,
}

/// What the panel shows.
pub struct Subject<'a> {
    pub doc: &'a Document,
    pub revision: u64,
    pub formation: Option<&'a SmolStr>,
    pub editable: bool,
    pub discovery: &'a Discovery,
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
                let response = row(ui, 1, version, Some(&at.standing), None, Look::Version);
                if !at.standing.more.is_empty() {
                    response.on_hover_text(&at.standing.more);
                }
                for (method, known) in &at.methods {
                    let note = match (known.is_missing, known.is_play) {
                        (true, _) => {
                            Some(Standing { sign: Sign::Down, word: "not there".into(), ..Standing::default() })
                        }
                        (false, true) => Some(Standing { sign: Sign::Up, word: "play".into(), ..Standing::default() }),
                        (false, false) => None,
                    };
                    let response = row(ui, 2, method, note.as_ref(), None, Look::Method);
                    if !subject.editable {
                        response.on_hover_text(&known.words);
                        continue;
                    }
                    let coord = Coord::new(image, version, method);
                    let kind = NodeKind::Call(Target::One(TargetRef::Coord(coord)));
                    response.dnd_set_drag_payload(Dragged { kind: kind.clone() });
                    if response.double_clicked() {
                        out.push(Command::Edit(Gesture::AddNode { kind, at: subject.place, from: None }));
                    }
                    response.on_hover_text(format!("{}\n\nDrag onto the canvas to call it", known.words));
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

fn row(ui: &mut Ui, depth: u8, text: &str, note: Option<&Standing>, open: Option<bool>, look: Look) -> Response {
    let theme = Theme::of(ui.ctx());
    let sense = match look {
        Look::Image => Sense::click(),
        Look::Version => Sense::hover(),
        Look::Method => Sense::click_and_drag(),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 23.0), sense);
    let role = if look == Look::Image { Role::Button } else { Role::TreeItem };
    let label = note.map_or_else(|| text.to_owned(), |note| format!("{text}, {}", note.word));
    response.widget_info(|| WidgetInfo::labeled(role, true, &label));
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
    if let Some(Standing { sign, word, .. }) = note {
        let right = rect.right() - 20.0;
        sign.paint(ui, pos2(right, y));
        let color = if *sign == Sign::Down { theme.error } else { theme.muted };
        text_at(ui, pos2(right - 10.0, y), Align2::RIGHT_CENTER, word.as_str(), theme::small(), color);
    }
    response
}

impl Tree {
    fn update(&mut self, subject: &Subject<'_>) {
        let wanted = Some((subject.revision, subject.formation.cloned(), subject.discovery.version()));
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
        for method in subject.discovery.places().iter().flat_map(|place| &place.methods) {
            self.row(&method.coord).words = method_words(method);
        }
        let registered = subject.discovery.places().iter().filter(|place| place.pattern.is_empty());
        let registered = registered.flat_map(|place| &place.methods);
        for method in registered {
            self.row(&method.coord).is_play = true;
        }
        let is_elsewhere = |coord: &Coord| {
            let binding = formation.and_then(|formation| formation.binding(&coord.image, &coord.version));
            binding.is_some_and(|binding| binding.via != Via::Builtin)
        };
        for (_, play) in subject.doc.plays().filter(|(_, play)| !is_elsewhere(&play.coord)) {
            let row = self.row(&play.coord);
            row.is_play = true;
            let title = play.title.as_deref().map(|title| format!("\n{title}")).unwrap_or_default();
            row.words = format!("{}{title}\nA play of this file: each call is a run of its own", play.coord);
        }
        for (image, versions) in &mut self.images {
            for (version, at) in versions {
                at.standing = stands(subject.discovery, formation, image, version, at);
                for (method, row) in &mut at.methods {
                    let coord = Coord::new(image, version, method);
                    row.is_missing =
                        row.is_used && !row.is_play && subject.discovery.presence(&coord) == Presence::Missing;
                    if row.words.is_empty() {
                        let what = if row.is_missing { "Called, but not there" } else { "Called here" };
                        row.words = format!("{coord}\n{what}");
                    }
                }
            }
        }
    }

    fn row(&mut self, coord: &Coord) -> &mut MethodRow {
        let versions = self.images.entry(coord.image.clone()).or_default();
        versions.entry(coord.version.clone()).or_default().methods.entry(coord.method.clone()).or_default()
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
                // A requirement is met by a version that is there, or by none: that is known when a run starts.
                let is_exact = matches!(version_kind(&coord.version), Ok(VersionKind::Exact));
                self.row(coord).is_used |= is_exact;
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

/// How a version is reached and how that is; the first binding that matches is the one.
fn stands(discovery: &Discovery, formation: Option<&Formation>, image: &str, version: &str, at: &Version) -> Standing {
    let standing_of = |via: &str, pattern: &str| {
        let found = standing(discovery.behind(pattern), |method| method.coord.version == version);
        Standing { word: format!("{via}, {}", found.word), ..found }
    };
    let all_plays = !at.methods.is_empty() && at.methods.values().all(|row| row.is_play);
    let plays = || Standing { sign: Sign::Up, word: "here".to_owned(), ..Standing::default() };
    let Some(formation) = formation else {
        let there = discovery.behind(&format!("{image}/*")).next().is_some();
        return match (there, all_plays) {
            (true, _) => Standing { sign: Sign::Up, word: "built in".to_owned(), ..Standing::default() },
            (false, true) => plays(),
            (false, false) if discovery.is_known() => {
                Standing { sign: Sign::Down, word: "not built in".to_owned(), ..Standing::default() }
            }
            (false, false) => Standing { word: "built in".to_owned(), ..Standing::default() },
        };
    };
    let Some(binding) = formation.binding(image, version) else {
        return if all_plays { plays() } else { Standing { word: "not bound".to_owned(), ..Standing::default() } };
    };
    let pattern = format!("{}/{}", binding.image, binding.version);
    match &binding.via {
        Via::Builtin => Standing { sign: Sign::Up, word: "built in".to_owned(), ..Standing::default() },
        via => standing_of(via.keyword(), &pattern),
    }
}
