//! The play's text, to be read and edited: an editor of code. What it offers and says comes from `assist`; this shows it.

mod folding;
mod list;
mod marks;
mod searching;

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{EventFilter, Key, Modifiers, Rect, ScrollArea, Shape, TextEdit, Ui, pos2, vec2};

use self::folding::Folding;
use self::list::{List, Reply};
use self::searching::SearchBar;
use super::highlight::{LINE_HEIGHT, LineGalleys};
use super::problems::Located;
use super::side::text_id;
use crate::app::{Command, Selection, Session};
use crate::assist::{self, Known};
use crate::base::{NodeId, Span, TextChange};
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::name_field;

const GUTTER: f32 = 52.0;

#[derive(Default)]
pub struct TextPane {
    buffer: String,
    galleys: LineGalleys,
    folding: Folding,
    search: SearchBar,
    list: Option<List>,
    rename: Option<Rename>,
    hover: marks::Hovered,
    known: Known,
    /// The node whose lines were brought into view last.
    shown_for: Option<NodeId>,
    /// In characters.
    cursor: Option<usize>,
    /// Where the cursor is to go once the text is the document's.
    jump: Option<Jump>,
    /// Something was typed that may be completed.
    completes: bool,
}

/// A name that is being changed, at a byte of the text.
struct Rename {
    offset: u32,
    to: String,
    error: Option<String>,
    opened: bool,
}

#[derive(Clone, Copy)]
struct Jump {
    /// In bytes.
    start: usize,
    end: usize,
    focus: bool,
}

impl TextPane {
    /// Puts the cursor to a byte of the text.
    pub fn show_offset(&mut self, offset: u32) {
        let at = offset as usize;
        self.jump = Some(Jump { start: at, end: at, focus: true });
    }

    pub fn ui(&mut self, ui: &mut Ui, session: &Session, found: &[Located], out: &mut Vec<Command>) {
        self.take_text(ui, session);
        let focused = ui.memory(|memory| memory.has_focus(text_id()));
        if focused {
            self.keys(ui, session, out);
        }
        self.search_ui(ui, out);
        self.jump_now(ui);
        let selected = session.selection().single_node();
        let lit = selected.and_then(|node| session.span_of(node)).map(|span| marks::lines_of(&self.buffer, span));
        if let (Some((first, _)), true) = (lit, self.shown_for.as_ref() != selected) {
            self.folding.unfold(first);
        }
        ScrollArea::both().id_salt("text").auto_shrink(false).show(ui, |ui| {
            ui.add_space(8.0);
            let top_left = ui.cursor().min;
            let clip = ui.clip_rect();
            let behind = ui.painter().add(Shape::Noop);
            let Self { buffer, galleys, folding, .. } = self;
            let hidden = folding.hidden();
            let text_width = galleys.layout(ui, buffer, hidden).rect.width();
            let mut layouter =
                |ui: &Ui, text: &dyn egui::TextBuffer, _wrap: f32| galleys.layout(ui, text.as_str(), hidden);
            let width = (ui.available_width() - GUTTER).max(100.0).max(text_width + 48.0);
            let height = ui.available_height();
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
            let response = output.response.response.clone();
            name_field(&response, "Play text", &self.buffer, true);
            if response.has_focus() && (self.list.is_some() || self.rename.is_some()) {
                let filter = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
                ui.memory_mut(|memory| memory.set_focus_lock_filter(text_id(), filter));
            }
            let (galley, at) = (output.galley.clone(), output.galley_pos);
            if let Some((first, last)) = lit {
                let rect = marks::lines_rect(&galley, at, clip, first, last);
                ui.painter().set(behind, marks::band(ui, rect));
                if self.shown_for.as_ref() != selected && !response.has_focus() {
                    ui.scroll_to_rect(
                        Rect::from_min_size(pos2(clip.left(), rect.top()), rect.size()).expand(LINE_HEIGHT * 2.0),
                        None,
                    );
                }
            }
            self.shown_for = selected.cloned();
            let starts = marks::LineStarts::new(&self.buffer);
            marks::underline(ui, &self.buffer, &starts, found, &galley, at);
            marks::hits(ui, &self.buffer, self.search.hits(&self.buffer), &galley, at);
            self.folding.marks_ui(ui, &galley, at);
            self.gutter(ui, &galley, at, lit);
            let cursor = output.cursor_range.map(|range| usize::from(range.primary.index));
            let changed = response.changed();
            if changed {
                self.folding.shift(session.text(), &self.buffer);
                self.completes = typed_to_complete(ui);
                if !self.completes && self.list.is_some() {
                    self.completes = ui.input(|input| input.key_pressed(Key::Backspace));
                    self.list = None;
                }
                out.push(Command::EditText(self.buffer.clone()));
            }
            let clicked = response.clicked().then_some(ui.input(|input| input.modifiers));
            self.follow(ui, session, cursor, changed, out);
            if clicked.is_some_and(|held| held.command)
                && let Some(index) = cursor
            {
                self.go_to_definition(session, self.offset(index));
            }
            if cursor.is_some() && clicked.is_some() {
                self.list = None;
            }
            if self.list.is_none() {
                self.hover.ui(ui, session, &self.known, found, &response, &galley, at);
            }
            self.list_ui(ui, cursor, &galley, at, out);
            self.rename_ui(ui, session, &galley, at, out);
        });
    }

    /// Takes the document's text over where another part of the program has changed it.
    fn take_text(&mut self, ui: &Ui, session: &Session) {
        if self.buffer == session.text() {
            if std::mem::take(&mut self.completes) {
                self.complete(session, false);
            }
        } else {
            let old = std::mem::replace(&mut self.buffer, session.text().to_owned());
            self.folding.shift(&old, &self.buffer);
            self.list = None;
            // The cursor stays with the text around it.
            if let (Some(index), None) = (self.cursor, self.jump) {
                let at = old.char_indices().nth(index).map_or(old.len(), |(at, _)| at);
                let moved = folding::moved(&old, &self.buffer, at);
                put_cursor(ui, &self.buffer, moved, moved);
                self.cursor = Some(self.buffer[..moved].chars().count());
            }
        }
        self.folding.update(session);
    }

    fn jump_now(&mut self, ui: &Ui) {
        let Some(jump) = self.jump.take() else { return };
        let end = floor(&self.buffer, jump.end);
        let start = floor(&self.buffer, jump.start);
        self.folding.unfold(self.buffer[..start].matches('\n').count());
        put_cursor(ui, &self.buffer, start, end);
        if jump.focus {
            ui.memory_mut(|memory| memory.request_focus(text_id()));
        }
        self.folding.unfold(self.buffer[..end].matches('\n').count());
    }

    /// Keys that mean something else here than in a plain field.
    fn keys(&mut self, ui: &Ui, session: &Session, out: &mut Vec<Command>) {
        let pressed = |modifiers: Modifiers, key: Key| ui.input_mut(|input| input.consume_key(modifiers, key));
        if let Some(list) = &mut self.list
            && let Some(reply) = list.keys(ui, &self.buffer)
        {
            self.reply(reply, out);
        }
        let offset = self.cursor.map(|index| self.offset(index));
        if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
            out.push(Command::Redo);
        } else if pressed(Modifiers::COMMAND, Key::Z) {
            out.push(Command::Undo);
        } else if pressed(Modifiers::COMMAND, Key::Space) {
            self.complete(session, true);
        } else if pressed(Modifiers::COMMAND, Key::F) {
            self.search.open(&self.selected_text(ui));
        } else if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::OpenBracket) {
            self.folding.toggle(self.line());
        } else if let Some(offset) = offset {
            if pressed(Modifiers::NONE, Key::F12) {
                self.go_to_definition(session, offset);
            } else if pressed(Modifiers::NONE, Key::F2) {
                let name = assist::site(session.source(), offset).map(|(_, span)| self.buffer[span.range()].to_owned());
                let error = name.is_none().then(|| assist::BadRename::NoName.to_string());
                self.rename = Some(Rename { offset, to: name.unwrap_or_default(), error, opened: false });
            }
        }
    }

    fn selected_text(&self, ui: &Ui) -> String {
        let range = TextEditState::load(ui.ctx(), text_id()).and_then(|state| state.cursor.char_range());
        let text = range.map(|range| range.slice_str(&self.buffer).to_owned()).unwrap_or_default();
        if text.contains('\n') { String::new() } else { text }
    }

    fn line(&self) -> usize {
        let end = self.cursor.map_or(0, |index| self.offset(index) as usize);
        self.buffer[..end].matches('\n').count()
    }

    fn offset(&self, index: usize) -> u32 {
        let at = self.buffer.char_indices().nth(index).map_or(self.buffer.len(), |(at, _)| at);
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn go_to_definition(&mut self, session: &Session, offset: u32) {
        if let Some(span) = assist::definition(session.source(), offset) {
            self.jump = Some(Jump { start: span.start as usize, end: span.end as usize, focus: true });
        }
    }

    /// `asked`: also where nothing was typed yet.
    fn complete(&mut self, session: &Session, asked: bool) {
        let Some(index) = self.cursor else { return };
        let offset = self.offset(index);
        let found = assist::complete(session.source(), offset, &self.known);
        let names = found.span.is_empty() && !asked && !self.after_sign(offset);
        self.list = (!found.list.is_empty() && !names).then(|| List::new(found, index));
    }

    /// Behind these something must follow, and it is known what may.
    fn after_sign(&self, offset: u32) -> bool {
        let before = &self.buffer[..offset as usize];
        ["-> ", "= ", "| ", ".", " on ", "when (", "fan-in "].iter().any(|sign| before.ends_with(sign))
            && !before.ends_with("..")
    }

    fn list_ui(
        &mut self,
        ui: &Ui,
        cursor: Option<usize>,
        galley: &egui::Galley,
        at: egui::Pos2,
        out: &mut Vec<Command>,
    ) {
        let Some(list) = &mut self.list else { return };
        // A press on a row takes the focus, and the cursor with it, before the click is there.
        list.at = cursor.unwrap_or(list.at);
        let index = list.at;
        let place = galley.pos_from_cursor(CCursor::new(index)).translate(at.to_vec2());
        if let Some(reply) = list.ui(ui, place.left_bottom() + vec2(-8.0, 3.0)) {
            self.reply(reply, out);
        } else if cursor.is_none() && !ui.input(|input| input.pointer.any_down()) {
            self.list = None;
        }
    }

    fn reply(&mut self, reply: Reply, out: &mut Vec<Command>) {
        if let (Reply::Chosen(n), Some(list)) = (reply, self.list.take()) {
            let span = list.found.span;
            let Some(chosen) = list.found.list.into_iter().nth(n) else { return };
            let caret = span.start as usize + chosen.caret;
            self.jump = Some(Jump { start: caret, end: caret, focus: true });
            change(vec![TextChange::new(span, chosen.insert)], "Complete", out);
        }
        self.list = None;
    }

    fn rename_ui(&mut self, ui: &Ui, session: &Session, galley: &egui::Galley, at: egui::Pos2, out: &mut Vec<Command>) {
        let Some(rename) = &mut self.rename else { return };
        let index = self.buffer.get(..rename.offset as usize).map_or(0, |before| before.chars().count());
        let place = galley.pos_from_cursor(CCursor::new(index)).translate(at.to_vec2());
        let Some(done) = list::rename_box(ui, place.left_bottom() + vec2(-8.0, 4.0), rename) else { return };
        if !done {
            self.rename = None;
            self.jump_back();
            return;
        }
        match assist::rename(session.source(), rename.offset, &rename.to) {
            Ok(changes) => {
                self.rename = None;
                self.jump_back();
                change(changes, "Rename", out);
            }
            Err(error) => rename.error = Some(error.to_string()),
        }
    }

    /// To where the cursor was, with the focus.
    fn jump_back(&mut self) {
        let at = self.cursor.map_or(0, |index| self.offset(index) as usize);
        self.jump = Some(Jump { start: at, end: at, focus: true });
    }

    fn search_ui(&mut self, ui: &mut Ui, out: &mut Vec<Command>) {
        let from = self.cursor.map_or(0, |index| self.offset(index));
        match self.search.ui(ui, &self.buffer, from) {
            Some(searching::Reply::Show(span)) => {
                self.jump = Some(Jump { start: span.start as usize, end: span.end as usize, focus: false });
                self.cursor = Some(self.buffer[..span.end as usize].chars().count());
            }
            Some(searching::Reply::Change(changes)) => change(changes, "Replace", out),
            Some(searching::Reply::Close) => self.jump_back(),
            None => {}
        }
    }

    fn gutter(&mut self, ui: &Ui, galley: &egui::Galley, at: egui::Pos2, lit: Option<(usize, usize)>) {
        let theme = Theme::of(ui.ctx());
        let clip = ui.clip_rect();
        let left = clip.left();
        let strip = Rect::from_min_max(pos2(left, clip.top()), pos2(left + GUTTER - 4.0, clip.bottom()));
        ui.painter().rect_filled(strip, 0.0, theme.panel);
        for line in marks::rows_in(galley, at, clip) {
            let row = galley.rows[line].rect().translate(at.to_vec2());
            if row.height() < 1.0 {
                continue;
            }
            let is_lit = lit.is_some_and(|(first, last)| (first..=last).contains(&line));
            let color = if is_lit { theme.text } else { theme.faint };
            if is_lit {
                let edge = Rect::from_min_size(pos2(left, row.top()), vec2(3.0, row.height()));
                ui.painter().rect_filled(edge, 0.0, theme.accent);
            }
            let number = ui.painter().layout_no_wrap((line + 1).to_string(), theme::mono(size::CAPTION), color);
            let place = pos2(left + GUTTER - 22.0 - number.size().x, row.center().y - number.size().y / 2.0);
            ui.painter().galley(place, number, color);
            let button = Rect::from_center_size(pos2(left + GUTTER - 12.0, row.center().y), vec2(16.0, 16.0));
            self.folding.button_ui(ui, line, button);
        }
    }

    /// Selects the node in which the text cursor was put.
    fn follow(&mut self, ui: &Ui, session: &Session, cursor: Option<usize>, changed: bool, out: &mut Vec<Command>) {
        if cursor == self.cursor {
            return;
        }
        let old = self.cursor;
        self.cursor = cursor;
        let Some(index) = cursor.filter(|_| !changed) else { return };
        let offset = self.offset(index);
        let line = self.line();
        if let Some(to) = self.folding.out_of(line, old.is_some_and(|old| old < index)) {
            let at = marks::LineStarts::new(&self.buffer).of(to);
            put_cursor(ui, &self.buffer, at, at);
        }
        if self.list.as_ref().is_some_and(|list| !list.found.span.touches(offset)) {
            self.list = None;
        }
        let node = session.node_at(offset);
        if let Some(node) = node
            && session.selection().single_node() != Some(node)
        {
            self.shown_for = Some(node.clone());
            out.push(Command::Select(Selection::node(node.clone())));
        }
        out.push(Command::TextCursor(offset));
    }
}

fn change(changes: Vec<TextChange>, name: &'static str, out: &mut Vec<Command>) {
    if !changes.is_empty() {
        out.push(Command::ChangeText { name, changes });
    }
}

/// Whether what was typed in this frame is a part of a name, or asks for one.
fn typed_to_complete(ui: &Ui) -> bool {
    let may =
        |text: &str| text.chars().count() == 1 && text.chars().all(|c| c.is_alphanumeric() || "_-/. (".contains(c));
    ui.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Text(text) if may(text))))
}

fn put_cursor(ui: &Ui, text: &str, start: usize, end: usize) {
    let mut state = TextEditState::load(ui.ctx(), text_id()).unwrap_or_default();
    let index = |at: usize| text.get(..at).map_or(0, |before| before.chars().count());
    let range = CCursorRange::two(CCursor::new(index(start)), CCursor::new(index(end)));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), text_id());
}

/// The start of the character that the byte is in.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The span as a pair of offsets of the buffer.
fn span_in(text: &str, span: Span) -> Option<(usize, usize)> {
    text.get(span.range()).map(|_| (span.start as usize, span.end as usize))
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
}
