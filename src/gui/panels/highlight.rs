//! The colours of the play's text, line by line: no statement needs more than its own line to be coloured.

use std::hash::Hasher as _;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Galley, Ui};
use rustc_hash::{FxHashMap, FxHasher};

use crate::gui::theme::{self, Theme, size};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Comment,
    Keyword,
    Option,
    Coord,
    Text,
    Number,
    Sign,
    Plain,
}

impl Class {
    const fn color(self, theme: &Theme) -> Color32 {
        match self {
            Self::Comment => theme.faint,
            Self::Keyword => theme.worker,
            Self::Option | Self::Sign => theme.muted,
            Self::Coord => theme.fan_in,
            Self::Text => theme.signal,
            Self::Number => theme.ok,
            Self::Plain => theme.text,
        }
    }
}

/// Cuts a line into pieces that together are the line.
pub fn pieces(line: &str) -> Vec<(Class, &str)> {
    let mut pieces = Vec::new();
    let mut rest = line;
    let mut depth = 0_u32;
    let mut after_on = false;
    while let Some(c) = rest.chars().next() {
        let (class, len) = if rest.starts_with("//") {
            (Class::Comment, rest.len())
        } else if c == '"' || c == '\'' {
            (Class::Text, quoted(rest, c))
        } else if c.is_whitespace() {
            (Class::Plain, rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()))
        } else if rest.starts_with("->") {
            (Class::Sign, 2)
        } else if is_word(c) {
            let len = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            // An arrow right behind a word is no part of it.
            let len = rest[..len].find("->").filter(|at| *at > 0).unwrap_or(len);
            let word = &rest[..len];
            let class = if depth > 0 { Class::Number } else { class_of(word, after_on) };
            after_on = word == "on";
            (class, len)
        } else {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let class = if depth > 0 || c == ')' { Class::Number } else { Class::Sign };
            (class, c.len_utf8())
        };
        pieces.push((class, &rest[..len]));
        rest = &rest[len..];
    }
    pieces
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '^' | '*' | '~' | '%')
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn class_of(word: &str, after_on: bool) -> Class {
    match word {
        "error" | "timeout" if after_on => Class::Keyword,
        "play" | "formation" | "snap" | "call" | "fan-out" | "fan-in" | "wait-for-signal" | "wait-for-worker"
        | "pass" | "role" | "layout" | "scenario" | "when" | "otherwise" | "on" | "service" | "pod" | "process"
        | "pull" | "builtin" | "reflect" | "container" => Class::Keyword,
        "timeout" | "retry" | "backoff" | "key" | "with" => Class::Option,
        "all" | "any" | "one" | "each" => Class::Number,
        _ if word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains('/') => Class::Number,
        _ if word.starts_with('-') && word[1..].starts_with(|c: char| c.is_ascii_digit()) => Class::Number,
        _ if word.contains('/') => Class::Coord,
        _ => Class::Plain,
    }
}

/// A galley for each line, kept from frame to frame: a keystroke lays out one line only.
#[derive(Default)]
pub struct LineGalleys {
    /// By line and look; with the frame in which it was used last.
    lines: FxHashMap<u64, (Arc<Galley>, u64)>,
    whole: Option<(u64, Arc<Galley>)>,
    frame: u64,
}

impl LineGalleys {
    /// `hidden` are ranges of lines, first and last, that take no room; sorted and apart.
    pub fn layout(&mut self, ui: &Ui, text: &str, hidden: &[(usize, usize)]) -> Arc<Galley> {
        let theme = Theme::of(ui.ctx());
        let scale = ui.ctx().pixels_per_point();
        // Galleys hold places in the atlas of glyphs: a new atlas makes them worthless.
        #[expect(clippy::redundant_closure_for_method_calls, reason = "for any lifetime")]
        let atlas = ui.fonts(|fonts| fonts.font_image_size());
        let salt = hash(&(theme.text.to_array(), theme.field.to_array(), scale.to_bits(), atlas));
        let key = hash(&(salt, text, hidden));
        if let Some((found, galley)) = &self.whole
            && *found == key
        {
            return Arc::clone(galley);
        }
        self.frame += 1;
        let font = theme::mono(size::SMALL);
        let mut galleys = Vec::new();
        // Every line but the last keeps its line break: the field counts characters.
        let lines =
            text.split_inclusive('\n').chain(text.is_empty().then_some("")).chain(text.ends_with('\n').then_some(""));
        let mut hidden = hidden.iter().peekable();
        for (n, line) in lines.enumerate() {
            while hidden.peek().is_some_and(|(_, last)| n > *last) {
                hidden.next();
            }
            let is_hidden = hidden.peek().is_some_and(|(first, _)| n >= *first);
            let entry = self.lines.entry(hash(&(salt, line))).or_insert_with(|| {
                let job = job(line.trim_end_matches('\n'), theme, &font);
                (ui.fonts_mut(|fonts| fonts.layout_job(job)), 0)
            });
            entry.1 = self.frame;
            galleys.push(if is_hidden { Arc::new(flat(&entry.0)) } else { Arc::clone(&entry.0) });
        }
        let frame = self.frame;
        self.lines.retain(|_, (_, used)| frame - *used < 60);
        // A job without sections counts as empty, and its galley is not painted.
        let whole = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, theme.text));
        let galley = Arc::new(Galley::concat(Arc::new(whole), &galleys, scale));
        self.whole = Some((key, Arc::clone(&galley)));
        galley
    }
}

/// The line without height or ink. It keeps its characters, since the field counts them.
fn flat(galley: &Galley) -> Galley {
    let mut flat = galley.clone();
    flat.rect.max.y = flat.rect.min.y;
    flat.mesh_bounds = egui::Rect::NOTHING;
    (flat.num_vertices, flat.num_indices) = (0, 0);
    for placed in &mut flat.rows {
        let row = Arc::make_mut(&mut placed.row);
        row.size = egui::Vec2::ZERO;
        row.visuals = egui::epaint::text::RowVisuals::default();
        for glyph in &mut row.glyphs {
            (glyph.pos.x, glyph.advance_width, glyph.line_height) = (0.0, 0.0, 0.0);
        }
    }
    flat
}

fn job(line: &str, theme: &Theme, font: &FontId) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    for (class, piece) in pieces(line) {
        let mut format = TextFormat::simple(font.clone(), class.color(theme));
        format.line_height = Some(LINE_HEIGHT);
        format.valign = egui::Align::Center;
        job.append(piece, 0.0, format);
    }
    if line.is_empty() {
        let mut format = TextFormat::simple(font.clone(), theme.text);
        format.line_height = Some(LINE_HEIGHT);
        job.append("", 0.0, format);
    }
    job
}

/// In points.
pub const LINE_HEIGHT: f32 = 20.0;

fn hash(of: &impl std::hash::Hash) -> u64 {
    let mut hasher = FxHasher::default();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let mark = |class| match class {
            Class::Comment => 'c',
            Class::Keyword => 'k',
            Class::Option => 'o',
            Class::Coord => 't',
            Class::Text => 's',
            Class::Number => 'n',
            Class::Sign => '-',
            Class::Plain => '.',
        };
        let pieces = pieces(line);
        assert_eq!(pieces.iter().map(|(_, piece)| *piece).collect::<String>(), line);
        pieces.iter().filter(|(_, piece)| !piece.trim().is_empty()).map(|(class, _)| mark(*class)).collect()
    }

    #[test]
    fn every_piece_has_its_class() {
        for (line, classes) in [
            ("  call validate = shop/2.1/validate_order timeout 2s retry 3 // why", "k.-tononc"),
            ("play shop/1.2/checkout \"Check out\" {", "kts-"),
            ("both -> approve when (ball.charge.total > 100)", ".-.knnnnn"),
            ("validate -> refused on error", ".-.kk"),
            ("wait-for-signal a \"x\" timeout 1h", "k.son"),
            ("a->b", ".-."),
            ("\"never closed", "s"),
            ("fan-in both all", "k.n"),
        ] {
            assert_eq!(shown(line), classes, "{line}");
        }
        shown("ü → \u{1F3C8} 'x\\' \\");
    }
}
