//! Which target is reached where: the rows of the chosen formation, each with how it is.

use egui::{Id, RichText, Sense, Ui, vec2};
use smol_str::SmolStr;

use super::field::{Drafts, Field};
use crate::app::{Command, Discovery, Editor, Gesture, Presence, Session};
use crate::base::Coord;
use crate::gui::health::{Sign, sign_of, told};
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{Tone, button, caption, icon_button, rule};
use crate::play::{Bind, Binding, Formation, Stmt, Target, TargetRef, Via};

/// Shown where an address is wanted.
const ADDRESS: &str = "http://127.0.0.1:50051";

#[derive(Default)]
pub struct FormationPanel {
    drafts: Drafts,
}

impl FormationPanel {
    pub fn ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let session = editor.session();
        let editable = session.shown().is_none_or(|shown| shown.editable);
        let margin = egui::Margin { left: 20, right: 20, top: 16, bottom: 20 };
        egui::Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            choice(ui, session, out);
            ui.add_space(6.0);
            ui.add_enabled_ui(editable, |ui| {
                let mut formations = session.doc().formations().map(|(_, formation)| formation);
                let chosen = session.formation().and_then(|name| formations.find(|found| found.name == *name));
                match chosen {
                    Some(formation) => self.rows_ui(ui, session, editor.discovery(), formation, out),
                    None => {
                        let theme = Theme::of(ui.ctx());
                        let text = "Demo workers in this program serve every target. Choose a formation, or make one, to reach workers of your own.";
                        ui.label(RichText::new(text).color(theme.muted));
                    }
                }
                missing_ui(ui, session, editor.discovery());
                ui.add_space(8.0);
                rule(ui);
                ui.add_space(8.0);
                self.new_ui(ui, out);
            });
        });
    }

    fn rows_ui(
        &mut self,
        ui: &mut Ui,
        session: &Session,
        discovery: &Discovery,
        formation: &Formation,
        out: &mut Vec<Command>,
    ) {
        let theme = Theme::of(ui.ctx());
        let words = "Where each target is reached. The first row that matches is the one.";
        ui.label(RichText::new(words).color(theme.muted));
        for (stmt, line) in formation.body.iter().enumerate() {
            match &line.kind {
                Bind::To(binding) => self.binding_ui(ui, discovery, formation, stmt, binding, out),
                Bind::Role(role, target) => self.role_ui(ui, formation, stmt, role, target, out),
                Bind::Comment(_) | Bind::Bad(_) => {}
            }
        }
        ui.add_space(8.0);
        self.unbound_ui(ui, session, formation, out);
        let add = field(&formation.name, "new", "add a binding", "shop/* service \"http://127.0.0.1:50051\"", "");
        if let Some(text) = add.ui(ui, &mut self.drafts, |_| Ok(())) {
            out.push(Command::Edit(Gesture::Bind { formation: formation.name.clone(), text }));
        }
    }

    fn binding_ui(
        &mut self,
        ui: &mut Ui,
        discovery: &Discovery,
        formation: &Formation,
        stmt: usize,
        binding: &Binding,
        out: &mut Vec<Command>,
    ) {
        let pattern = format!("{}/{}", binding.image, binding.version);
        let rebind = |binding: Binding| {
            let formation = formation.name.clone();
            Command::Edit(Gesture::Rebind { formation, stmt, bind: Bind::To(binding) })
        };
        ui.add_space(8.0);
        rule(ui);
        ui.add_space(8.0);
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(170.0);
                let label = format!("target of {pattern}");
                let field = field(&formation.name, &format!("pattern {stmt}"), &label, "shop/*", &pattern);
                if let Some(text) = field.ui(ui, &mut self.drafts, |text| split(text).map(drop))
                    && let Ok((image, version)) = split(&text)
                {
                    out.push(rebind(Binding { image, version, ..binding.clone() }));
                }
            });
            ui.vertical(|ui| {
                ui.label(RichText::new("reached by").font(theme::small()).color(Theme::of(ui.ctx()).muted));
                ui.add_space(-2.0);
                if let Some(via) = kind_choice(ui, &pattern, stmt, &binding.via) {
                    out.push(rebind(Binding { via, ..binding.clone() }));
                }
            });
            ui.vertical(|ui| {
                ui.add_space(16.0);
                if icon_button(ui, Icon::Bin, &format!("Remove {pattern}"), "").clicked() {
                    out.push(Command::Edit(Gesture::Unbind { formation: formation.name.clone(), stmt }));
                }
            });
        });
        for (i, part) in parts(&binding.via).into_iter().enumerate() {
            let label = format!("{} of {pattern}", part.label);
            let field = field(&formation.name, &format!("part {i} {stmt}"), &label, part.hint, &part.text);
            if let Some(text) = field.ui(ui, &mut self.drafts, |text| with_part(&binding.via, i, text).map(drop))
                && let Ok(via) = with_part(&binding.via, i, &text)
            {
                out.push(rebind(Binding { via, ..binding.clone() }));
            }
        }
        let mut n_places = 0;
        for place in discovery.behind(&pattern) {
            n_places += 1;
            let n_methods = place.methods.len();
            let methods = if n_methods == 1 { "method" } else { "methods" };
            let (sign, words) = if place.is_pull {
                let ready: u64 =
                    place.methods.iter().filter_map(|method| method.pulling).map(|it| it.ready).max().unwrap_or(0);
                match n_methods {
                    0 => (Sign::Open, "no worker yet: start one that pulls".to_owned()),
                    n => (Sign::Up, format!("{ready} ready, {n} {methods}")),
                }
            } else if n_methods > 0 {
                (sign_of(&place.health), format!("{}, {n_methods} {methods}", told(place)))
            } else {
                (sign_of(&place.health), told(place))
            };
            health_line(ui, sign, &words);
        }
        if n_places == 0 {
            health_line(ui, Sign::Open, "not asked yet");
        }
    }

    fn role_ui(
        &mut self,
        ui: &mut Ui,
        formation: &Formation,
        stmt: usize,
        role: &SmolStr,
        target: &Target,
        out: &mut Vec<Command>,
    ) {
        ui.add_space(8.0);
        rule(ui);
        ui.add_space(8.0);
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(ui.available_width() - 40.0);
                let (label, text) = (format!("role {role}"), target.to_string());
                let field = field(&formation.name, &format!("role {stmt}"), &label, "shipping/1/dispatch", &text);
                if let Some(text) = field.ui(ui, &mut self.drafts, |text| text.parse::<Target>().map(drop))
                    && let Ok(target) = text.parse()
                {
                    let (formation, bind) = (formation.name.clone(), Bind::Role(role.clone(), target));
                    out.push(Command::Edit(Gesture::Rebind { formation, stmt, bind }));
                }
            });
            ui.vertical(|ui| {
                ui.add_space(16.0);
                if icon_button(ui, Icon::Bin, &format!("Remove role {role}"), "").clicked() {
                    out.push(Command::Edit(Gesture::Unbind { formation: formation.name.clone(), stmt }));
                }
            });
        });
    }

    /// What the play needs and the formation does not say.
    fn unbound_ui(&mut self, ui: &mut Ui, session: &Session, formation: &Formation, out: &mut Vec<Command>) {
        let bound = |coord: &Coord| formation.binding(&coord.image, &coord.version).is_some();
        let is_play = |coord: &Coord| session.doc().plays().any(|(_, play)| play.coord == *coord);
        let mut images: Vec<SmolStr> = Vec::new();
        for coord in used(session).into_iter().filter(|coord| !bound(coord) && !is_play(coord)) {
            if !images.contains(&coord.image) {
                images.push(coord.image);
            }
        }
        ui.horizontal_wrapped(|ui| {
            for image in images {
                if button(ui, Some(Icon::Plus), &format!("Bind {image}/*"), Tone::Quiet).clicked() {
                    let text = format!("{image}/* service \"{ADDRESS}\"");
                    out.push(Command::Edit(Gesture::Bind { formation: formation.name.clone(), text }));
                }
            }
        });
        let filled = |role: &SmolStr| {
            formation.body.iter().any(|line| matches!(&line.kind, Bind::Role(name, _) if name == role))
        };
        let stmts = session.play().into_iter().flat_map(|play| &play.body);
        let roles = stmts.filter_map(|line| if let Stmt::Role(role) = &line.kind { Some(role) } else { None });
        for role in roles.filter(|role| !filled(role)) {
            let label = format!("fill role {role}");
            let fill = field(&formation.name, &label, &label, "shipping/1/dispatch", "");
            if let Some(text) = fill.ui(ui, &mut self.drafts, |text| text.parse::<Target>().map(drop)) {
                let text = format!("role {role} = {text}");
                out.push(Command::Edit(Gesture::Bind { formation: formation.name.clone(), text }));
            }
        }
    }

    fn new_ui(&mut self, ui: &mut Ui, out: &mut Vec<Command>) {
        let new = field("", "new formation", "new formation", "street", "");
        if let Some(name) = new.ui(ui, &mut self.drafts, |_| Ok(())) {
            out.push(Command::Edit(Gesture::AddFormation(name.clone())));
            out.push(Command::SetFormation(Some(name.trim().into())));
        }
    }
}

fn field<'a>(formation: &str, id: &str, label: &'a str, hint: &'a str, current: &'a str) -> Field<'a> {
    Field { id: Id::unique(("formation", formation, id)), label, hint, current, problem: None, mono: true }
}

/// Which formation is shown and runs, and a button that asks all of it.
fn choice(ui: &mut Ui, session: &Session, out: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Formation").font(theme::semibold(size::HEADING)));
        let chosen = session.formation();
        let name = chosen.map_or("built in", |name| name.as_str()).to_owned();
        let combo = egui::ComboBox::from_id_salt("shown formation").width(130.0).selected_text(name.as_str());
        let shown = combo.show_ui(ui, |ui| {
            if ui.selectable_label(chosen.is_none(), "built in").clicked() {
                out.push(Command::SetFormation(None));
            }
            for (_, formation) in session.doc().formations() {
                if ui.selectable_label(chosen == Some(&formation.name), formation.name.as_str()).clicked() {
                    out.push(Command::SetFormation(Some(formation.name.clone())));
                }
            }
        });
        name_choice(&shown.response, "Formation that runs", &name);
        let ask = button(ui, None, "Ask all", Tone::Quiet);
        if ask.on_hover_text("Ask all rows what they serve, on other computers too. Starts nothing.").clicked() {
            out.push(Command::AskTargets);
        }
    });
}

/// Names a choice for tests and screen readers.
pub(super) fn name_choice(response: &egui::Response, label: &str, value: &str) {
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, label);
        info.current_text_value = Some(value.to_owned());
        info
    });
}

fn kind_choice(ui: &mut Ui, pattern: &str, stmt: usize, via: &Via) -> Option<Via> {
    let mut chosen = None;
    let combo = egui::ComboBox::from_id_salt(("via", stmt)).width(110.0).selected_text(via.keyword());
    let shown = combo.show_ui(ui, |ui| {
        for other in turned(via) {
            let is_it = std::mem::discriminant(&other) == std::mem::discriminant(via);
            if ui.selectable_label(is_it, other.keyword()).clicked() && !is_it {
                chosen = Some(other);
            }
        }
    });
    name_choice(&shown.response, &format!("how {pattern} is reached"), via.keyword());
    chosen
}

fn health_line(ui: &mut Ui, sign: Sign, words: &str) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(10.0, 16.0), Sense::hover());
        sign.paint(ui, rect.center());
        let color = if sign == Sign::Down { theme.error } else { theme.muted };
        ui.add(egui::Label::new(RichText::new(words).font(theme::small()).color(color)).wrap());
    });
}

/// Targets of the play that nobody has who was asked.
fn missing_ui(ui: &mut Ui, session: &Session, discovery: &Discovery) {
    let is_play = |coord: &Coord| session.doc().plays().any(|(_, play)| play.coord == *coord);
    let missing: Vec<Coord> = used(session)
        .into_iter()
        .filter(|coord| !is_play(coord) && discovery.presence(coord) == Presence::Missing)
        .collect();
    if missing.is_empty() {
        return;
    }
    ui.add_space(10.0);
    caption(ui, "Called, but not there");
    for coord in missing {
        health_line(ui, Sign::Down, &format!("{coord} is not there"));
    }
}

/// All exact coordinates that the document's plays call, each once.
pub fn used(session: &Session) -> Vec<Coord> {
    let plays = session.doc().plays().flat_map(|(_, play)| &play.body);
    let targets = plays.filter_map(|line| match &line.kind {
        Stmt::Node(node) => node.kind.target(),
        _ => None,
    });
    let coords = targets.flat_map(Target::refs).filter_map(|to| match to {
        TargetRef::Coord(coord) => Some(coord.clone()),
        TargetRef::Role(_) => None,
    });
    let exact =
        |coord: &Coord| matches!(crate::base::version_kind(&coord.version), Ok(crate::base::VersionKind::Exact));
    coords.filter(exact).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// One of each kind; addresses are kept.
fn turned(via: &Via) -> [Via; 6] {
    let addresses = match via {
        Via::Service(addresses) | Via::Reflect(addresses) => addresses.clone(),
        _ => vec![ADDRESS.to_owned()],
    };
    [
        Via::Service(addresses.clone()),
        Via::Reflect(addresses),
        Via::Pod { port: 50051, container: None },
        Via::Process("python3 worker.py".to_owned()),
        Via::Pull,
        Via::Builtin,
    ]
}

/// A part of a binding that is edited as text.
struct Part {
    label: &'static str,
    hint: &'static str,
    text: String,
}

fn parts(via: &Via) -> Vec<Part> {
    let part = |label, hint, text: String| Part { label, hint, text };
    match via {
        Via::Service(addresses) | Via::Reflect(addresses) => vec![part("address", ADDRESS, addresses.join(", "))],
        Via::Pod { port, container } => vec![
            part("port", "50051", port.to_string()),
            part("container", "registry.example/shop:2.1", container.clone().unwrap_or_default()),
        ],
        Via::Process(command) => vec![part("command", "python3 worker.py", command.clone())],
        Via::Pull | Via::Builtin => Vec::new(),
    }
}

fn with_part(via: &Via, i: usize, text: &str) -> Result<Via, String> {
    let text = text.trim();
    let list = || {
        let all: Vec<String> = text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
        if all.is_empty() { Err(format!("write an address, such as {ADDRESS}")) } else { Ok(all) }
    };
    match (via, i) {
        (Via::Service(_), _) => list().map(Via::Service),
        (Via::Reflect(_), _) => list().map(Via::Reflect),
        (Via::Pod { container, .. }, 0) => match text.parse::<u16>() {
            Ok(port) if port > 0 => Ok(Via::Pod { port, container: container.clone() }),
            _ => Err("write a port, from 1 to 65535".to_owned()),
        },
        (Via::Pod { port, .. }, _) => {
            Ok(Via::Pod { port: *port, container: (!text.is_empty()).then(|| text.to_owned()) })
        }
        (Via::Process(_), _) if text.is_empty() => Err("write the command that starts the worker".to_owned()),
        (Via::Process(_), _) => Ok(Via::Process(text.to_owned())),
        (Via::Pull | Via::Builtin, _) => Ok(via.clone()),
    }
}

fn split(pattern: &str) -> Result<(SmolStr, SmolStr), String> {
    match pattern.trim().split_once('/') {
        Some((image, version))
            if !image.is_empty() && !version.is_empty() && !version.contains('/') && !pattern.trim().contains(' ') =>
        {
            Ok((image.into(), version.into()))
        }
        _ => Err("write image/version, or image/* for all its versions".to_owned()),
    }
}
