//! How a target is, as a shape, a word and a colour; and what is known of a method, in words.

use egui::{Pos2, Rect, Ui, Vec2};

use super::icons::Icon;
use super::theme::Theme;
use crate::app::port::{Health, Place};
use crate::base::Method;

/// Longer schemas are cut. In lines.
const MAX_SCHEMA: usize = 14;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// A full dot.
    Up,
    /// A cross.
    Down,
    /// A ring: nobody can say.
    #[default]
    Open,
}

impl Sign {
    pub const fn color(self, theme: &Theme) -> egui::Color32 {
        match self {
            Self::Up => theme.ok,
            Self::Down => theme.error,
            Self::Open => theme.muted,
        }
    }

    pub fn paint(self, ui: &Ui, at: Pos2) {
        let theme = Theme::of(ui.ctx());
        let color = self.color(theme);
        match self {
            Self::Up => drop(ui.painter().circle_filled(at, 3.4, color)),
            Self::Down => Icon::Cross.paint(ui.painter(), Rect::from_center_size(at, Vec2::splat(10.0)), color),
            Self::Open => drop(ui.painter().circle_stroke(at, 3.2, egui::Stroke::new(1.3, color))),
        }
    }
}

/// What is to be said of some places together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub sign: Sign,
    pub word: String,
    /// Where and why, for those who look closer.
    pub more: String,
}

/// Of the places behind one line of a formation, for the methods that `counts`.
pub fn standing<'p>(places: impl Iterator<Item = &'p Place>, counts: impl Fn(&Method) -> bool) -> Standing {
    let places: Vec<&Place> = places.collect();
    let n_up = places.iter().filter(|place| place.health == Health::Healthy).count();
    let more = places.iter().map(|place| told(place)).collect::<Vec<_>>().join("\n");
    let (sign, word) = match places.as_slice() {
        [] => (Sign::Open, "not asked yet".to_owned()),
        places if places.iter().any(|place| place.is_pull) => {
            let methods = places.iter().flat_map(|place| &place.methods).filter(|method| counts(method));
            let ready =
                methods.filter_map(|method| method.pulling).map(|pulling| (pulling.workers, pulling.ready)).max();
            match ready {
                None | Some((0, _)) => (Sign::Open, "no worker yet".to_owned()),
                Some((_, ready)) => (Sign::Up, format!("{ready} ready")),
            }
        }
        places if n_up == places.len() => (Sign::Up, Health::Healthy.word().to_owned()),
        places if n_up > 0 => (Sign::Up, format!("{n_up} of {} up", places.len())),
        places => match places.iter().find(|place| matches!(place.health, Health::Down(_))) {
            Some(down) => (Sign::Down, down.health.word().to_owned()),
            None => (Sign::Open, places[0].health.word().to_owned()),
        },
    };
    Standing { sign, word, more }
}

pub const fn sign_of(health: &Health) -> Sign {
    match health {
        Health::Healthy => Sign::Up,
        Health::Down(_) => Sign::Down,
        Health::NotAsked(_) => Sign::Open,
    }
}

/// One place in a line.
pub fn told(place: &Place) -> String {
    let address = if place.address.is_empty() { "here" } else { &place.address };
    let worker = if place.worker.is_empty() { String::new() } else { format!(" ({})", place.worker) };
    let why = place.health.why().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{address}{worker}  {}{why}", place.health.word())
}

/// Summary and schemas.
pub fn method_words(method: &Method) -> String {
    let mut words = method.coord.to_string();
    if !method.summary.is_empty() {
        words.push('\n');
        words.push_str(&method.summary);
    }
    for (name, schema) in [("input", &method.input_schema), ("output", &method.output_schema)] {
        words.extend(["\n\n", name, ": ", &schema_words(schema)]);
    }
    if let Some(pulling) = method.pulling {
        let (workers, ready, queued) = (pulling.workers, pulling.ready, pulling.queued);
        let pulled = format!("\n\n{workers} workers pull, {ready} balls would be taken at once, {queued} wait");
        words.push_str(&pulled);
    }
    words
}

fn schema_words(schema: &str) -> String {
    let parsed = serde_json::from_str::<serde_json::Value>(schema);
    let pretty = match parsed {
        Ok(serde_json::Value::Bool(true)) => return "anything".to_owned(),
        Ok(json) => serde_json::to_string_pretty(&json).unwrap_or_default(),
        Err(_) if schema.trim().is_empty() => return "anything".to_owned(),
        Err(_) => schema.to_owned(),
    };
    let lines: Vec<&str> = pretty.lines().take(MAX_SCHEMA).collect();
    let cut = if pretty.lines().count() > MAX_SCHEMA { "\n…" } else { "" };
    format!("{}{cut}", lines.join("\n"))
}
