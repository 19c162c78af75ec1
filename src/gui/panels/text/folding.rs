//! Lines that are hidden. They stay in the field's text, with no height: nothing of it is copied or counted twice.

use egui::{Galley, Pos2, Rect, Sense, Ui, WidgetInfo, pos2};

use crate::app::Session;
use crate::assist::{Fold, folds};
use crate::gui::theme::{self, Theme, size};

#[derive(Default)]
pub struct Folding {
    revision: Option<u64>,
    folds: Vec<Fold>,
    /// The first lines of those that are folded, sorted.
    folded: Vec<usize>,
    /// Ranges of lines, from the first hidden to the last, sorted and apart.
    hidden: Vec<(usize, usize)>,
}

impl Folding {
    pub fn update(&mut self, session: &Session) {
        if self.revision == Some(session.revision()) {
            return;
        }
        self.revision = Some(session.revision());
        self.folds = folds(session.source());
        self.hide();
    }

    fn hide(&mut self) {
        let Self { folds, folded, hidden, .. } = self;
        folded.retain(|head| folds.binary_search_by_key(head, |fold| fold.head).is_ok());
        hidden.clear();
        for fold in folds.iter().filter(|fold| folded.binary_search(&fold.head).is_ok()) {
            if hidden.last().is_none_or(|(_, last)| fold.head > *last) {
                hidden.push((fold.head + 1, fold.last));
            }
        }
    }

    pub fn hidden(&self) -> &[(usize, usize)] {
        &self.hidden
    }

    pub fn toggle(&mut self, line: usize) {
        // From inside of a statement or block, it is that which folds.
        let fold = self.folds.iter().rev().find(|fold| fold.head == line || (fold.head < line && line <= fold.last));
        let Some(head) = fold.map(|fold| fold.head) else { return };
        match self.folded.binary_search(&head) {
            Ok(at) => drop(self.folded.remove(at)),
            Err(at) => self.folded.insert(at, head),
        }
        self.hide();
    }

    pub fn unfold(&mut self, line: usize) {
        let folds = &self.folds;
        let covers = |head: &usize| folds.iter().any(|fold| fold.head == *head && *head < line && line <= fold.last);
        if self.folded.iter().any(covers) {
            self.folded.retain(|head| !covers(head));
            self.hide();
        }
    }

    /// Where a cursor goes that would stand in a hidden line.
    pub fn out_of(&self, line: usize, down: bool) -> Option<usize> {
        let (first, last) = self.hidden.iter().find(|(first, last)| (*first..=*last).contains(&line))?;
        Some(if down { last + 1 } else { first - 1 })
    }

    /// Keeps what is folded with its lines when the text changes.
    pub fn shift(&mut self, old: &str, new: &str) {
        if self.folded.is_empty() {
            return;
        }
        let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
        let count = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
        let (before, after) = (count(old), count(new));
        let changed = old.as_bytes()[..same].split(|byte| *byte == b'\n').count() - 1;
        for head in self.folded.iter_mut().filter(|head| **head > changed) {
            *head = (*head + after).saturating_sub(before);
        }
        self.folded.sort_unstable();
        self.folded.dedup();
    }

    /// The arrow in front of a line that can be folded.
    pub fn button_ui(&mut self, ui: &Ui, line: usize, rect: Rect) {
        if self.folds.binary_search_by_key(&line, |fold| fold.head).is_err() {
            return;
        }
        let theme = Theme::of(ui.ctx());
        let is_folded = self.folded.binary_search(&line).is_ok();
        let response = ui.interact(rect, super::text_id().with(("fold", line)), Sense::click());
        let word = if is_folded { "Unfold" } else { "Fold" };
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("{word} line {}", line + 1)));
        let color = if response.hovered() { theme.text } else { theme.faint };
        let center = rect.center();
        let points = if is_folded {
            vec![center + egui::vec2(-2.0, -3.5), center + egui::vec2(2.0, 0.0), center + egui::vec2(-2.0, 3.5)]
        } else {
            vec![center + egui::vec2(-3.5, -2.0), center + egui::vec2(0.0, 2.0), center + egui::vec2(3.5, -2.0)]
        };
        ui.painter().add(egui::Shape::line(points, egui::Stroke::new(1.3, color)));
        if response.clicked() {
            self.toggle(line);
        }
    }

    /// Three dots behind what is folded.
    pub fn marks_ui(&self, ui: &Ui, galley: &Galley, at: Pos2) {
        let theme = Theme::of(ui.ctx());
        for (first, last) in &self.hidden {
            let Some(row) = galley.rows.get(first - 1) else { continue };
            let place = pos2(row.rect().right() + at.x + 8.0, row.rect().center().y + at.y);
            let text = format!("… {} lines", last - first + 1);
            crate::gui::widgets::text_at(
                ui,
                place,
                egui::Align2::LEFT_CENTER,
                text,
                theme::mono(size::CAPTION),
                theme.muted,
            );
        }
    }
}

/// Where a byte of the old text is in the new one.
pub fn moved(old: &str, new: &str, at: usize) -> usize {
    let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let tail = old.len().min(new.len()) - same;
    let tail = old.bytes().rev().zip(new.bytes().rev()).take(tail).take_while(|(a, b)| a == b).count();
    let mut to = if at <= same {
        at
    } else if at >= old.len() - tail {
        at + new.len() - old.len()
    } else {
        new.len() - tail
    };
    to = to.min(new.len());
    while !new.is_char_boundary(to) {
        to -= 1;
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_stays_with_its_text() {
        assert_eq!(moved("abc def", "abc X def", 5), 7);
        assert_eq!(moved("abc def", "abc", 2), 2);
        assert_eq!(moved("abc def", "abc", 6), 3);
        assert_eq!(moved("é", "", 2), 0);
    }
}
