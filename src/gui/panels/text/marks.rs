//! What is painted over the text: problems, hits of a search, the lines of the selected node, what a name is.

use egui::text::CCursor;
use egui::{Color32, Galley, Pos2, Rect, Response, Shape, Stroke, Ui, pos2, vec2};

use super::span_in;
use crate::app::Session;
use crate::assist::{self, Hover, Known};
use crate::base::Span;
use crate::diag::Severity;
use crate::gui::panels::highlight::LINE_HEIGHT;
use crate::gui::panels::problems::Located;
use crate::gui::theme::{self, Theme, size};

/// Where lines start, in bytes.
pub struct LineStarts(Vec<usize>);

impl LineStarts {
    pub fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    pub fn of(&self, line: usize) -> usize {
        self.0.get(line).or(self.0.last()).copied().unwrap_or(0)
    }

    pub fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|&start| start <= offset).saturating_sub(1)
    }
}

/// The rows that are in sight. A row is a line: lines do not wrap.
pub fn rows_in(galley: &Galley, at: Pos2, clip: Rect) -> std::ops::Range<usize> {
    let first = galley.rows.partition_point(|row| row.rect().bottom() + at.y < clip.top());
    let last = galley.rows.partition_point(|row| row.rect().top() + at.y < clip.bottom());
    first..last.max(first)
}

pub fn lines_rect(galley: &Galley, at: Pos2, clip: Rect, first: usize, last: usize) -> Rect {
    let row = |line: usize| {
        galley.rows.get(line).or(galley.rows.last()).map_or(Rect::ZERO, egui::epaint::text::PlacedRow::rect)
    };
    let (top, bottom) = (row(first).top() + at.y, row(last).bottom() + at.y);
    Rect::from_min_max(pos2(clip.left(), top), pos2(clip.right().max(clip.left()), bottom))
}

pub fn band(ui: &Ui, rect: Rect) -> Shape {
    Shape::rect_filled(rect, 0.0, Theme::of(ui.ctx()).row)
}

/// The first and the last line of a span, from 0.
#[expect(clippy::naive_bytecount, reason = "only where a problem is shown")]
pub fn lines_of(text: &str, span: Span) -> (usize, usize) {
    let bytes = text.as_bytes();
    let count =
        |range: std::ops::Range<usize>| bytes.get(range).map_or(0, |part| part.iter().filter(|b| **b == b'\n').count());
    let first = count(0..(span.start as usize).min(bytes.len()));
    let end = (span.end as usize).min(bytes.len());
    (first, first + count((span.start as usize).min(end)..end))
}

fn color_of(theme: &Theme, severity: Severity) -> Color32 {
    if severity == Severity::Error { theme.error } else { theme.signal }
}

/// Squiggles, and behind the line what the first of them says.
pub fn underline(ui: &Ui, text: &str, starts: &LineStarts, found: &[Located], galley: &Galley, at: Pos2) {
    let theme = Theme::of(ui.ctx());
    let seen = rows_in(galley, at, ui.clip_rect());
    let mut said = None;
    for problem in found {
        let Some((start, end)) = span_in(text, problem.span) else { continue };
        let line = starts.line(start);
        if !seen.contains(&line) || galley.rows[line].size.y < 1.0 {
            continue;
        }
        let row = &galley.rows[line];
        let columns = |to: usize| text[starts.of(line)..to].chars().count();
        let line_end = text[start..].find('\n').map_or(text.len(), |n| start + n);
        let x = |column: usize| row.x_offset(egui::text::CharIndex(column)) + row.pos.x + at.x;
        let (left, right) = (x(columns(start)), x(columns(end.min(line_end))));
        let color = color_of(theme, problem.severity);
        let bottom = row.rect().bottom() + at.y;
        wave(ui, left, right.max(left + 7.0), bottom - 1.5, color);
        if said.replace(line) != Some(line) {
            let message = format!(
                "{}  {}",
                if problem.severity == Severity::Error { "error:" } else { "warning:" },
                problem.message
            );
            let message = ui.painter().layout_no_wrap(message, theme::small(), color.gamma_multiply(0.85));
            let y = row.rect().center().y + at.y - message.size().y / 2.0;
            ui.painter().galley(pos2(row.rect().right() + at.x + 24.0, y), message, color);
        }
    }
}

/// Behind the places that the search has found.
pub fn hits(ui: &Ui, text: &str, hits: &[Span], galley: &Galley, at: Pos2) {
    let theme = Theme::of(ui.ctx());
    let clip = ui.clip_rect();
    for span in hits {
        let Some((start, end)) = span_in(text, *span) else { continue };
        let index = |at: usize| CCursor::new(text[..at].chars().count());
        let from = galley.pos_from_cursor(index(start)).translate(at.to_vec2());
        if !clip.y_range().contains(from.center().y) {
            continue;
        }
        let to = galley.pos_from_cursor(index(end)).translate(at.to_vec2());
        let rect = Rect::from_min_max(from.left_top(), to.right_bottom());
        ui.painter().rect_stroke(rect, 3.0, Stroke::new(1.0, theme.signal), egui::StrokeKind::Outside);
    }
}

fn wave(ui: &Ui, left: f32, right: f32, y: f32, color: Color32) {
    let mut points = Vec::new();
    let mut x = left;
    let mut up = false;
    while x < right + 2.0 {
        points.push(pos2(x.min(right), y + if up { -1.2 } else { 1.2 }));
        up = !up;
        x += 2.6;
    }
    ui.painter().add(Shape::line(points, Stroke::new(1.1, color)));
}

/// What is said about the name under the pointer. Kept while the pointer stays there.
#[derive(Default)]
pub struct Hovered {
    kept: Option<(u64, usize, Option<Hover>)>,
}

impl Hovered {
    #[expect(clippy::too_many_arguments, reason = "everything that is painted on")]
    pub fn ui(
        &mut self,
        ui: &Ui,
        session: &Session,
        known: &Known,
        found: &[Located],
        response: &Response,
        galley: &Galley,
        at: Pos2,
    ) {
        let Some(pointer) = response.hover_pos() else { return };
        let index = usize::from(galley.cursor_from_pos(pointer - at).index);
        let place = galley.pos_from_cursor(CCursor::new(index)).translate(at.to_vec2());
        if place.expand2(vec2(12.0, 2.0)).distance_to_pos(pointer) > LINE_HEIGHT {
            return;
        }
        let still = ui.input(|input| input.pointer.time_since_last_movement());
        if still < 0.3 {
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(320));
            return;
        }
        let text = session.text();
        let key = (session.revision(), index);
        if !matches!(&self.kept, Some((revision, of, _)) if (*revision, *of) == key) {
            let offset = text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
            let said = assist::hover(session.source(), u32::try_from(offset).unwrap_or(u32::MAX), known);
            self.kept = Some((key.0, key.1, said));
        }
        let offset = text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let problems: Vec<&Located> = found.iter().filter(|problem| problem.span.touches(offset)).take(4).collect();
        let said = self.kept.as_ref().and_then(|(_, _, said)| said.as_ref());
        if problems.is_empty() && said.is_none() {
            return;
        }
        let theme = Theme::of(ui.ctx());
        egui::Tooltip::always_open(
            ui.ctx().clone(),
            ui.layer_id(),
            response.id.with("hover"),
            pointer + vec2(0.0, 14.0),
        )
        .gap(6.0)
        .show(|ui| {
            ui.set_max_width(420.0);
            for problem in problems {
                ui.colored_label(color_of(theme, problem.severity), format!("{}: {}", problem.code, problem.message));
                if let Some(help) = &problem.help {
                    ui.colored_label(theme.muted, help);
                }
                if let Some(fix) = problem.fixes.first() {
                    ui.colored_label(theme.accent, format!("Ctrl+.  {}", fix.title));
                }
            }
            if let Some(said) = said {
                ui.label(egui::RichText::new(&said.title).font(theme::mono(size::SMALL)).color(theme.text));
                for line in &said.lines {
                    ui.colored_label(theme.muted, line);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_knows_its_lines() {
        let text = "a\nbc\ndef\n";
        assert_eq!(lines_of(text, Span::new(0, 1)), (0, 0));
        assert_eq!(lines_of(text, Span::new(2, 7)), (1, 2));
        assert_eq!(lines_of(text, Span::new(500, 900)), (3, 3));
    }
}
