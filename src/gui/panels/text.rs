//! The play's text, to be read and edited: line numbers, colours, errors, the selected node's lines.

use egui::text::CCursor;
use egui::{Rect, ScrollArea, Shape, Stroke, TextEdit, Ui, pos2, vec2};

use super::highlight::{LINE_HEIGHT, LineGalleys};
use super::problems::Located;
use super::side::text_id;
use crate::app::{Command, Selection, Session};
use crate::base::{NodeId, Span};
use crate::diag::Severity;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::name_field;

const GUTTER: f32 = 44.0;

#[derive(Default)]
pub struct TextPane {
    buffer: String,
    galleys: LineGalleys,
    /// The node whose lines were brought into view last.
    shown_for: Option<NodeId>,
    cursor: Option<usize>,
}

impl TextPane {
    pub fn ui(&mut self, ui: &mut Ui, session: &Session, found: &[Located], out: &mut Vec<Command>) {
        if self.buffer != session.text() {
            session.text().clone_into(&mut self.buffer);
        }
        let selected = session.selection().single_node();
        let lit = selected.and_then(|node| session.span_of(node)).map(|span| lines_of(&self.buffer, span));
        ScrollArea::both().id_salt("text").auto_shrink(false).show(ui, |ui| {
            ui.add_space(8.0);
            let top_left = ui.cursor().min;
            let behind = ui.painter().add(Shape::Noop);
            let Self { buffer, galleys, .. } = self;
            let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _wrap: f32| galleys.layout(ui, text.as_str());
            let (width, height) = ((ui.available_width() - GUTTER).clamp(100.0, 4000.0), ui.available_height());
            let right = Rect::from_min_size(top_left + vec2(GUTTER, 0.0), vec2(width, height));
            let place = egui::UiBuilder::new().max_rect(right).layout(egui::Layout::top_down(egui::Align::Min));
            let output = ui
                .scope_builder(place, |ui| {
                    TextEdit::multiline(buffer)
                        .id(text_id())
                        .frame(egui::Frame::NONE)
                        .margin(egui::Margin::symmetric(2, 0))
                        .font(theme::mono(size::SMALL))
                        .desired_width(width)
                        .min_size(vec2(0.0, height))
                        .lock_focus(true)
                        .layouter(&mut layouter)
                        .show(ui)
                })
                .inner;
            name_field(&output.response.response, "Play text", &self.buffer, true);
            let galley_top = output.galley_pos.y;
            self.gutter(ui, top_left.x, galley_top, lit);
            if let Some((first, last)) = lit {
                let rect = line_rect(ui, top_left.x, galley_top, first, last);
                ui.painter().set(behind, band(ui, rect));
                if self.shown_for.as_ref() != selected && !output.response.response.has_focus() {
                    ui.scroll_to_rect(rect.expand(LINE_HEIGHT * 2.0), None);
                }
            }
            self.shown_for = selected.cloned();
            underline(ui, &self.buffer, found, &output.galley, output.galley_pos);
            if output.response.response.changed() {
                out.push(Command::EditText(self.buffer.clone()));
            }
            let cursor = output.cursor_range.map(|range| usize::from(range.primary.index));
            self.follow(session, cursor, output.response.response.changed(), out);
        });
    }

    fn gutter(&self, ui: &Ui, left: f32, top: f32, lit: Option<(usize, usize)>) {
        let theme = Theme::of(ui.ctx());
        let clip = ui.clip_rect();
        let n_lines = self.buffer.bytes().filter(|byte| *byte == b'\n').count() + 1;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never negative, and few lines are seen"
        )]
        let line_at = |y: f32| ((y - top) / LINE_HEIGHT).max(0.0) as usize;
        for line in line_at(clip.top())..(line_at(clip.bottom()) + 1).min(n_lines) {
            let color =
                if lit.is_some_and(|(first, last)| (first..=last).contains(&line)) { theme.text } else { theme.faint };
            let galley = ui.painter().layout_no_wrap((line + 1).to_string(), theme::mono(size::CAPTION), color);
            let at =
                pos2(left + GUTTER - 14.0 - galley.size().x, top + row_y(line) + (LINE_HEIGHT - galley.size().y) / 2.0);
            ui.painter().galley(at, galley, color);
        }
    }

    /// Selects the node in which the text cursor was put.
    fn follow(&mut self, session: &Session, cursor: Option<usize>, changed: bool, out: &mut Vec<Command>) {
        if cursor == self.cursor {
            return;
        }
        self.cursor = cursor;
        let Some(index) = cursor.filter(|_| !changed) else { return };
        let offset = self.buffer.char_indices().nth(index).map_or(self.buffer.len(), |(offset, _)| offset);
        let node = u32::try_from(offset).ok().and_then(|offset| session.node_at(offset));
        if let Some(node) = node
            && session.selection().single_node() != Some(node)
        {
            self.shown_for = Some(node.clone());
            out.push(Command::Select(Selection::node(node.clone())));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "texts have few lines")]
fn row_y(line: usize) -> f32 {
    line as f32 * LINE_HEIGHT
}

fn line_rect(ui: &Ui, left: f32, top: f32, first: usize, last: usize) -> Rect {
    let right = ui.clip_rect().right().max(left);
    Rect::from_min_max(pos2(left, top + row_y(first)), pos2(right, top + row_y(last + 1)))
}

fn band(ui: &Ui, rect: Rect) -> Shape {
    let theme = Theme::of(ui.ctx());
    let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
    Shape::Vec(vec![Shape::rect_filled(rect, 0.0, theme.row), Shape::rect_filled(edge, 0.0, theme.accent)])
}

/// The first and the last line of a span, from 0.
#[expect(clippy::naive_bytecount, reason = "only where a problem is shown")]
fn lines_of(text: &str, span: Span) -> (usize, usize) {
    let bytes = text.as_bytes();
    let count =
        |range: std::ops::Range<usize>| bytes.get(range).map_or(0, |part| part.iter().filter(|b| **b == b'\n').count());
    let first = count(0..(span.start as usize).min(bytes.len()));
    let end = (span.end as usize).min(bytes.len());
    (first, first + count((span.start as usize).min(end)..end))
}

fn underline(ui: &Ui, text: &str, found: &[Located], galley: &egui::Galley, at: egui::Pos2) {
    let theme = Theme::of(ui.ctx());
    for problem in found {
        let Some(before) = text.get(..problem.span.start as usize) else { continue };
        let covered = text.get(problem.span.range()).unwrap_or_default();
        let line_end = covered.find('\n').unwrap_or(covered.len());
        let first = before.chars().count();
        let n_chars = covered[..line_end].chars().count().max(1);
        let start = galley.pos_from_cursor(CCursor::new(first)).translate(at.to_vec2());
        if !ui.clip_rect().y_range().contains(start.center().y) {
            continue;
        }
        let end = galley.pos_from_cursor(CCursor::new(first + n_chars)).translate(at.to_vec2());
        let right =
            if end.top() > start.top() + 1.0 { start.right() + 8.0 } else { end.left().max(start.left() + 6.0) };
        let color = if problem.severity == Severity::Error { theme.error } else { theme.signal };
        wave(ui, start.left(), right, start.bottom() - 1.5, color);
    }
}

fn wave(ui: &Ui, left: f32, right: f32, y: f32, color: egui::Color32) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_seen() {
        let mut editor = crate::app::Editor::new();
        let _ = editor.apply(Command::EditText("play a/1/b {\n  snap here\n}\n".into()));
        let mut pane = TextPane::default();
        let mut harness = egui_kittest::Harness::new_ui(|ui| {
            crate::gui::fonts::install(ui.ctx());
            pane.ui(ui, editor.session(), &[], &mut Vec::new());
        });
        harness.run_steps(4);
        let painted = |shape: &egui::epaint::ClippedShape| match &shape.shape {
            Shape::Text(text) => {
                text.galley.text().contains("snap here") && shape.clip_rect.intersects(text.visual_bounding_rect())
            }
            _ => false,
        };
        assert!(harness.output().shapes.iter().any(painted));
    }

    #[test]
    fn a_span_knows_its_lines() {
        let text = "a\nbc\ndef\n";
        assert_eq!(lines_of(text, Span::new(0, 1)), (0, 0));
        assert_eq!(lines_of(text, Span::new(2, 7)), (1, 2));
        assert_eq!(lines_of(text, Span::new(500, 900)), (3, 3));
    }
}
