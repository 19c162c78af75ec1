//! A payload as a tree, with what was looked for and what has changed.

use std::collections::{BTreeMap, BTreeSet};

use egui::{Align2, Color32, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use serde_json::Value;

use crate::event::Payload;
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{caption, elided, text_at};
use crate::replay::{Changed, Line, MAX_LINES, diff, lines};

const ROW: f32 = 20.0;
/// A payload that is larger is not compared with another in each frame.
const COMPARED_BYTES: u64 = 256 << 10;

/// A payload with its name, and what it is compared with.
pub struct Shown<'p> {
    pub label: &'p str,
    pub payload: &'p Payload,
    pub before: Option<&'p Payload>,
    /// In words, what `before` was.
    pub since: &'p str,
    /// Keeps the trees of one panel apart.
    pub salt: &'p str,
}

/// `turned` are the paths that were opened or shut by hand, after the salt.
pub fn ui(ui: &mut Ui, shown: &Shown<'_>, query: &str, turned: &mut BTreeSet<String>) {
    let theme = Theme::of(ui.ctx());
    let value = shown.payload.to_json();
    let before = shown.before.filter(|before| !before.is_same(shown.payload)).map(Payload::to_json);
    let small = |payload: &Payload| payload.size().bytes < COMPARED_BYTES;
    let compares = small(shown.payload) && shown.before.is_none_or(small);
    let changes = before.as_deref().filter(|_| compares).map(|before| diff(before, &value)).unwrap_or_default();
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        caption(ui, shown.label);
        if shown.before.is_some() {
            let text = match changes.len() {
                _ if !compares => "too large to compare".to_owned(),
                0 => format!("unchanged {}", shown.since),
                1 => format!("1 change {}", shown.since),
                n => format!("{n} changes {}", shown.since),
            };
            let color = if changes.is_empty() { theme.muted } else { theme.signal };
            ui.label(RichText::new(text).font(theme::small()).color(color));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let copy = ui.add(egui::Button::new(RichText::new("Copy").font(theme::small())).frame(false));
            copy.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Copy {} as JSON", shown.label)));
            if copy.on_hover_text("Copy as JSON").clicked() {
                ui.ctx().copy_text(serde_json::to_string_pretty(&*value).unwrap_or_default());
            }
        });
    });
    let prefix = format!("{}:", shown.salt);
    let own: BTreeSet<String> =
        turned.iter().filter_map(|path| path.strip_prefix(&prefix)).map(str::to_owned).collect();
    let lines = lines(&value, &own, query);
    // The whole needs no line of its own where it has parts.
    let is_bare = |line: &&Line<'_>| !(line.depth == 0 && line.open == Some(true));
    for line in lines.iter().filter(is_bare) {
        if row(ui, line, &changes, shown.salt) {
            let path = format!("{prefix}{}", line.path);
            if !turned.remove(&path) {
                turned.insert(path);
            }
        }
    }
    if lines.len() >= MAX_LINES {
        let text = format!("only the first {MAX_LINES} lines are shown: look for what you want, or copy it all");
        ui.label(RichText::new(text).font(theme::small()).color(theme.muted));
    }
    for (path, change) in &changes {
        if let Changed::Removed(old) = change {
            let text = format!("  − {} {}", path.trim_start_matches('.'), short(old, 60));
            ui.label(RichText::new(text).font(theme::mono(size::CAPTION)).color(theme.error));
        }
    }
}

/// Whether it is to be turned.
fn row(ui: &mut Ui, line: &Line<'_>, changes: &BTreeMap<String, Changed<'_>>, salt: &str) -> bool {
    let theme = Theme::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return false;
    }
    let sense = if line.open.is_some() { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with((salt, line.path.as_str())), sense);
    let change = changes.get(&line.path);
    let said = said(line, change);
    response.widget_info(|| {
        let role = if line.open.is_some() { Role::Button } else { Role::Label };
        WidgetInfo::labeled(role, true, &said)
    });
    if line.found {
        ui.painter().rect_filled(rect, 3.0, theme::mix(theme.panel, theme.signal, 0.22));
    } else if response.hovered() && line.open.is_some() {
        ui.painter().rect_filled(rect, 3.0, theme.panel2);
    }
    let y = rect.center().y;
    #[expect(clippy::cast_precision_loss, reason = "a tree is not so deep")]
    let mut x = rect.left() + 14.0 * line.depth.saturating_sub(1).min(12) as f32;
    if let Some(open) = line.open {
        let icon = Rect::from_center_size(pos2(x + 5.0, y), egui::Vec2::splat(9.0));
        if open { Icon::Down } else { Icon::Right }.paint(ui.painter(), icon, theme.muted);
    }
    x += 14.0;
    let font = theme::mono(size::CAPTION);
    let (mark, color) = match change {
        Some(Changed::Added(_)) => ("+ ", theme.ok),
        Some(Changed::Other(..)) => ("~ ", theme.signal),
        _ => ("", theme.text),
    };
    let name = if line.depth == 0 { String::new() } else { format!("{}: ", line.name) };
    let name_color = if mark.is_empty() { theme.muted } else { color };
    x = text_at(ui, pos2(x, y), Align2::LEFT_CENTER, format!("{mark}{name}"), font.clone(), name_color).right();
    let text = match (line.value, line.open) {
        (Value::Object(members), Some(false)) => format!("{{ {} }}", members.len()),
        (Value::Array(items), Some(false)) => format!("[ {} ]", items.len()),
        (Value::Object(_), Some(true)) => String::new(),
        (Value::Array(items), Some(true)) => format!("{} in a list", items.len()),
        (value, _) => short(value, 400),
    };
    let was = match change {
        Some(Changed::Other(old, _)) => format!("   was {}", short(old, 40)),
        _ => String::new(),
    };
    let galley = elided(ui, &format!("{text}{was}"), font, value_color(theme, line.value, color), rect.right() - x);
    ui.painter().galley(pos2(x, y - galley.size().y / 2.0), galley, theme.text);
    if let Value::String(text) = line.value {
        return response.on_hover_text(cut(text, 2000)).clicked();
    }
    response.clicked()
}

fn said(line: &Line<'_>, change: Option<&Changed<'_>>) -> String {
    let path = if line.path.is_empty() { "payload" } else { line.path.trim_start_matches('.') };
    let value = match line.open {
        Some(true) => "open".to_owned(),
        Some(false) => "closed".to_owned(),
        None => short(line.value, 200),
    };
    match change {
        Some(Changed::Added(_)) => format!("{path}: {value}, added"),
        Some(Changed::Other(old, _)) => format!("{path}: {value}, was {}", short(old, 80)),
        _ => format!("{path}: {value}"),
    }
}

fn value_color(theme: &Theme, value: &Value, plain: Color32) -> Color32 {
    if plain != theme.text {
        return plain;
    }
    match value {
        Value::String(_) => theme.ok,
        Value::Number(_) => theme.worker,
        Value::Bool(_) | Value::Null => theme.fan_in,
        _ => theme.muted,
    }
}

/// On one line, at most so many characters.
fn short(value: &Value, n: usize) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", cut(text, n).replace('\n', "↵")),
        Value::Object(members) => format!("{{ {} }}", members.len()),
        Value::Array(items) => format!("[ {} ]", items.len()),
        other => other.to_string(),
    }
}

fn cut(text: &str, n: usize) -> String {
    match text.char_indices().nth(n) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
