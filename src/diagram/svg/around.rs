//! What stands around nodes: frames and notes.

use super::Drawing;
use crate::diagram::words::fitted;
use crate::diagram::xml::{Num, Text};
use crate::look::fonts::Font;
use crate::look::{Icon, size};
use crate::scene::{About, FrameCard, NOTE_LINE, NOTE_PAD, NoteCard};

impl Drawing<'_> {
    /// Open ones, the outer first. Of a part those that are in it with all their nodes.
    pub(super) fn frames(&mut self) {
        let has = |node: &u32| self.part.visible.nodes.binary_search(node).is_ok();
        let geometry = self.subject.geometry;
        let shown = |node: &u32| geometry.is_hidden(*node) || has(node);
        let is_open = |frame: &&FrameCard| !frame.is_hidden && !frame.collapsed && frame.nodes.iter().all(shown);
        let mut open: Vec<&FrameCard> = geometry.frames().iter().filter(is_open).collect();
        open.sort_by_key(|frame| std::cmp::Reverse(frame.nodes.len()));
        for frame in open {
            self.open_frame(frame);
        }
    }

    fn open_frame(&mut self, frame: &FrameCard) {
        let tokens = self.tokens;
        let rect = frame.rect;
        self.bounds.add_rect(&rect);
        let (x, y, w, h) = (Num(rect.min.x), Num(rect.min.y), Num(rect.width()), Num(rect.height()));
        let (fill, line) = (tokens.field.mixed(tokens.fan_in, 0.05), tokens.card_line.mixed(tokens.fan_in, 0.3));
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"12\" fill=\"{fill}\" stroke=\"{line}\" \
             stroke-width=\"1.2\"/>"
        ));
        let middle = rect.min.y + 17.0;
        self.icon(Icon::Frame, rect.min.x + 20.0, middle, 13.0, tokens.muted);
        let left = rect.min.x + 33.0;
        let title = fitted(&frame.title, Font::Semibold, size::SMALL, rect.max.x - left - 10.0);
        let (x, y, size) = (Num(left), Num(middle + super::BASELINE * size::SMALL), size::SMALL);
        self.add(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-weight=\"600\" fill=\"{}\">{}</text>",
            tokens.text,
            Text(&title)
        ));
    }

    /// Of a part those that are about what is in it.
    pub(super) fn notes(&mut self, is_whole: bool) {
        for note in self.subject.geometry.notes() {
            let visible = &self.part.visible;
            let is_shown = match note.about {
                Some(About::Node(node)) => visible.nodes.binary_search(&node).is_ok(),
                Some(About::Wire(wire)) => visible.wires.binary_search(&wire).is_ok(),
                None => is_whole,
            };
            if is_shown {
                self.note(note);
            }
        }
    }

    fn note(&mut self, note: &NoteCard) {
        let tokens = self.tokens;
        let rect = note.rect;
        self.bounds.add_rect(&rect);
        let (x, y, w, h) = (Num(rect.min.x), Num(rect.min.y), Num(rect.width()), Num(rect.height()));
        let (fill, line) = (tokens.field.mixed(tokens.panel2, 0.75), tokens.line);
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"4\" fill=\"{fill}\" stroke=\"{line}\"/>"
        ));
        let bar = tokens.faint;
        self.add(format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"2.5\" height=\"{h}\" rx=\"1.2\" fill=\"{bar}\"/>"));
        let units = size::CAPTION + 0.5;
        let left = rect.min.x + NOTE_PAD + 4.0;
        let mut middle = rect.min.y + NOTE_PAD + NOTE_LINE / 2.0;
        for text in &note.lines {
            let text = fitted(text, Font::Inter, units, rect.max.x - left + 6.0);
            let (x, y, color) = (Num(left), Num(middle + super::BASELINE * units), tokens.muted);
            self.add(format_args!(
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{units}\" fill=\"{color}\">{}</text>",
                Text(&text)
            ));
            middle += NOTE_LINE;
        }
    }
}
