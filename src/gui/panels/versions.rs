//! The versions that a call goes to: switched, split into a canary, merged back.

use std::collections::BTreeMap;

use egui::{Id, RichText, Ui};
use smol_str::SmolStr;

use super::field::{Drafts, Field};
use super::formation::{name_choice, used};
use crate::app::{Command, Editor, Gesture, Presence};
use crate::base::NodeId;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{Tone, button, caption};
use crate::play::ops::{CANARY, NodeField};
use crate::play::{Target, TargetRef};

pub fn ui(ui: &mut Ui, editor: &Editor, node: &NodeId, target: &Target, drafts: &mut Drafts, out: &mut Vec<Command>) {
    let shares = target.shares();
    let Some(TargetRef::Coord(first)) = shares.first().map(|share| &share.to) else { return };
    let theme = Theme::of(ui.ctx());
    let known = known(editor, &first.image, &first.method);
    let set = |target: Target| {
        let (node, text) = (node.clone(), target.to_string());
        Command::Edit(Gesture::SetField { node, field: NodeField::Target, text })
    };
    ui.add_space(4.0);
    caption(ui, "Versions");
    for (i, share) in shares.iter().enumerate() {
        let TargetRef::Coord(coord) = &share.to else { continue };
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(150.0);
                let of = |version: &SmolStr| format!("{}/{version}", coord.image);
                ui.label(RichText::new("version").font(theme::small()).color(theme.muted));
                ui.add_space(-2.0);
                let combo = egui::ComboBox::from_id_salt(("version", node.as_str(), i))
                    .width(140.0)
                    .selected_text(RichText::new(coord.version.as_str()).font(theme::mono(size::SMALL)));
                let shown = combo.show_ui(ui, |ui| {
                    for (version, has_it) in &known {
                        let words =
                            if *has_it { of(version) } else { format!("{}, without {}", of(version), coord.method) };
                        let is_it = *version == coord.version;
                        if ui.selectable_label(is_it, words).clicked() && !is_it {
                            out.push(set(target.with_version(i, version)));
                        }
                    }
                });
                name_choice(&shown.response, &format!("version {}", i + 1), &coord.version);
            });
            if shares.len() < 2 {
                return;
            }
            ui.vertical(|ui| {
                ui.set_width(80.0);
                let (label, current) = (format!("percent of {}", coord.version), share.percent.to_string());
                let id = Id::unique(("percent", node.as_str(), i));
                let field = Field { id, label: &label, hint: "5", current: &current, problem: None, mono: true };
                if let Some(text) = field.ui(ui, drafts, |text| percent(text).map(drop))
                    && let Ok(percent) = percent(&text)
                {
                    out.push(set(target.with_percent(i, percent)));
                }
            });
            ui.vertical(|ui| {
                ui.add_space(16.0);
                if button(ui, None, &format!("All to {}", coord.version), Tone::Quiet).clicked() {
                    out.push(set(target.merged(i)));
                }
            });
        });
        if editor.discovery().presence(coord) == Presence::Missing
            && !editor.session().doc().plays().any(|(_, play)| play.coord == *coord)
        {
            let words = format!("✕ {coord} is not there: choose another version, or start a worker that has it");
            ui.label(RichText::new(words).font(theme::small()).color(theme.error));
        }
    }
    let others: Vec<&SmolStr> = known
        .keys()
        .filter(|version| {
            !shares.iter().any(|share| matches!(&share.to, TargetRef::Coord(at) if at.version == **version))
        })
        .collect();
    if others.is_empty() {
        let words = format!("No other version of {} is known.", first.image);
        ui.label(RichText::new(words).font(theme::small()).color(theme.muted));
        return;
    }
    let combo =
        egui::ComboBox::from_id_salt(("split", node.as_str())).width(200.0).selected_text("Split a canary off…");
    let shown = combo.show_ui(ui, |ui| {
        for version in others {
            if ui.selectable_label(false, format!("{CANARY}% to {version}")).clicked() {
                out.push(set(target.split(version, CANARY)));
            }
        }
    });
    name_choice(&shown.response, "Split", "");
    ui.add_space(6.0);
}

/// Versions of the image: found, named by the formation, or called in the file; each with whether the method may be there.
fn known(editor: &Editor, image: &str, method: &str) -> BTreeMap<SmolStr, bool> {
    let session = editor.session();
    let mut known = editor.discovery().versions(image, method);
    let mut formations = session.doc().formations().map(|(_, formation)| formation);
    let chosen = session.formation().and_then(|name| formations.find(|formation| formation.name == *name));
    for binding in chosen.into_iter().flat_map(crate::play::Formation::bindings) {
        if binding.image == image && binding.version != "*" {
            known.entry(binding.version.clone()).or_insert(true);
        }
    }
    for coord in used(session).into_iter().filter(|coord| coord.image == image) {
        known.entry(coord.version).or_insert(coord.method == method);
    }
    known.remove("*");
    known
}

fn percent(text: &str) -> Result<u32, String> {
    let text = text.trim().trim_end_matches('%').trim();
    match text.parse() {
        Ok(percent @ 1..=99) => Ok(percent),
        _ => Err("write a number from 1 to 99".to_owned()),
    }
}
