//! Notes: what is written, moved or taken away on the canvas is a comment of the text.

use super::draft::Draft;
use super::{At, Edits, Refusal};
use crate::base::NodeId;
use crate::play::doc::{Entry, Line, NotePlace, Stmt};
use crate::play::notes::{Note, NoteAt, NoteRef, notes};

impl At<'_> {
    fn note(self, name: &NoteRef) -> Result<Note, Refusal> {
        notes(self.play).into_iter().find(|note| note.name == *name).ok_or(Refusal::NoNote)
    }

    /// A comment right before the statement of a node, or one that stands alone at the end, with its place.
    ///
    /// # Errors
    /// It says nothing, or there is no such node.
    pub fn add_note(self, about: Option<&NodeId>, text: &str, place: Option<(i32, i32)>) -> Edits {
        let lines = lines_of(text);
        let first = lines.first().cloned().ok_or_else(|| Refusal::BadValue("a note says something: type it".into()))?;
        let mut draft = Draft::new(self);
        let comments = lines.into_iter().map(|line| Line::new(Stmt::Comment(line)));
        if let Some(id) = about {
            let stmt = self.graph.stmt_of(self.find(id)?);
            let old = &self.play.body[stmt];
            for (i, line) in comments.enumerate() {
                draft.insert_before(stmt, Line { blank: i == 0 && old.blank, ..line });
            }
            draft.put(stmt, Line { blank: false, ..old.clone() });
            return Ok(draft.edits());
        }
        // Before a layout at the end, and apart from all other comments.
        let body = &self.play.body;
        let end = match body.last() {
            Some(Line { kind: Stmt::Layout(_), .. }) => body.len() - 1,
            _ => body.len(),
        };
        for (i, line) in comments.enumerate() {
            draft.insert_before(end, Line { blank: i == 0, ..line });
        }
        if let Some((x, y)) = place {
            self.draft_entry(&mut draft, Entry::Note(NotePlace { note: first, x, y }));
        }
        Ok(draft.edits())
    }

    /// Another text of a note; empty takes it away.
    ///
    /// # Errors
    /// There is no such note.
    pub fn set_note(self, name: &NoteRef, text: &str) -> Edits {
        let lines = lines_of(text);
        let Some(first) = lines.first() else { return self.delete_note(name) };
        let note = self.note(name)?;
        let mut draft = Draft::new(self);
        match note.at {
            NoteAt::Beside(stmt) => {
                draft.put(stmt, Line { note: Some(lines.join(" ")), ..self.play.body[stmt].clone() });
            }
            NoteAt::Lines(from, to) => {
                let mut new = lines.iter().map(|line| Stmt::Comment(line.clone()));
                for stmt in from..to {
                    match new.next() {
                        Some(kind) => draft.put(stmt, Line { kind, ..self.play.body[stmt].clone() }),
                        None => draft.remove(stmt),
                    }
                }
                new.for_each(|kind| draft.insert_before(to, Line::new(kind)));
            }
        }
        if let (Some((x, y)), true) = (note.place, first != name.first_line()) {
            self.draft_note_place(&mut draft, &note, Some(NotePlace { note: first.clone(), x, y }));
        }
        Ok(draft.edits())
    }

    /// Its comment goes, and its place. An empty line before it stays.
    ///
    /// # Errors
    /// There is no such note.
    pub fn delete_note(self, name: &NoteRef) -> Edits {
        let note = self.note(name)?;
        let body = &self.play.body;
        let mut draft = Draft::new(self);
        match note.at {
            NoteAt::Beside(stmt) => draft.put(stmt, Line { note: None, ..body[stmt].clone() }),
            NoteAt::Lines(from, to) => {
                (from..to).for_each(|stmt| draft.remove(stmt));
                if let Some(next) = body.get(to).filter(|next| body[from].blank && !next.blank)
                    && note.about == Some(to)
                {
                    draft.put(to, Line { blank: true, ..next.clone() });
                }
            }
        }
        if note.place.is_some() {
            self.draft_note_place(&mut draft, &note, None);
        }
        Ok(draft.edits())
    }

    /// Where a note stands from now on; `None` is beside what it is about. Touches the layout alone.
    ///
    /// # Errors
    /// There is no such note.
    pub fn move_note(self, name: &NoteRef, to: Option<(i32, i32)>) -> Edits {
        let note = self.note(name)?;
        let mut draft = Draft::new(self);
        let place = to.map(|(x, y)| NotePlace { note: name.first_line().to_owned(), x, y });
        match place {
            place if note.place.is_some() => self.draft_note_place(&mut draft, &note, place),
            Some(place) => self.draft_entry(&mut draft, Entry::Note(place)),
            None => {}
        }
        Ok(draft.edits())
    }

    /// Another entry at the place of that of a note, or none.
    fn draft_note_place(self, draft: &mut Draft<'_>, note: &Note, new: Option<NotePlace>) {
        let begins = |other: &Note| other.name.first_line() == note.name.first_line();
        let earlier = notes(self.play).into_iter().take_while(|other| other.name != note.name);
        let mut skip = earlier.filter(|other| begins(other) && other.place.is_some()).count();
        for (stmt, line) in self.play.body.iter().enumerate() {
            let Stmt::Layout(entries) = &line.kind else { continue };
            let is_one = |entry: &Entry| matches!(entry, Entry::Note(at) if at.note == note.name.first_line());
            let Some(at) = entries.iter().enumerate().filter(|(_, entry)| is_one(entry)).map(|(at, _)| at).nth(skip)
            else {
                skip -= entries.iter().filter(|entry| is_one(entry)).count();
                continue;
            };
            let mut entries = entries.clone();
            entries.splice(at..=at, new.map(Entry::Note));
            draft.replace(stmt, (!entries.is_empty()).then_some(Stmt::Layout(entries)));
            return;
        }
    }

    /// A new entry at the end of the last layout, or in one of its own.
    pub(super) fn draft_entry(self, draft: &mut Draft<'_>, entry: Entry) {
        let last = self.play.body.iter().enumerate().rev().find_map(|(stmt, line)| match &line.kind {
            Stmt::Layout(entries) => Some((stmt, entries)),
            _ => None,
        });
        match last {
            Some((stmt, entries)) => {
                let entries = entries.iter().cloned().chain([entry]).collect();
                draft.replace(stmt, [Stmt::Layout(entries)]);
            }
            None => draft.insert_before(self.play.body.len(), Line::after_blank(Stmt::Layout(vec![entry]))),
        }
    }
}

/// What is typed as lines of a comment: none ends with spaces, and the first and the last say something.
fn lines_of(text: &str) -> Vec<String> {
    let plain = |line: &str| line.replace(|c: char| c.is_control() && c != '\t', "").trim_end().to_owned();
    let lines: Vec<String> = text.trim().lines().map(plain).collect();
    if lines.iter().all(String::is_empty) { Vec::new() } else { lines }
}
