//! Comments as notes: the canvas shows what the text says, and nothing of its own.
//!
//! Must never: keep a note anywhere but in a comment. Start reading at [`notes`].

use rustc_hash::FxHashMap;

use super::doc::{Entry, Line, Play, Stmt};

/// A comment of a play, or several in a row without an empty line between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub name: NoteRef,
    pub at: NoteAt,
    /// The node or wire statement that it is about: the one right below it, or on its line.
    pub about: Option<usize>,
    /// Its top-left corner, where a layout gives it one.
    pub place: Option<(i32, i32)>,
}

/// The name of a note, so that it survives edits elsewhere: what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoteRef {
    /// Its lines.
    pub text: String,
    /// Of several that say the same, in the order of the text.
    pub nth: u32,
}

impl NoteRef {
    /// What a layout knows it by.
    pub fn first_line(&self) -> &str {
        first_line(&self.text)
    }
}

pub(super) fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// Which lines of a play are a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteAt {
    /// Comments from the first statement up to the second.
    Lines(usize, usize),
    /// After a statement, on its line.
    Beside(usize),
}

/// All notes of a play, in the order of its text. Comments that say nothing are none.
pub fn notes(play: &Play) -> Vec<Note> {
    let mut found = Vec::new();
    let mut add = |at: NoteAt, text: String, about: Option<usize>| {
        if !text.trim().is_empty() {
            found.push(Note { name: NoteRef { text, nth: 0 }, at, about, place: None });
        }
    };
    let is_about = |line: &&Line<Stmt>| matches!(line.kind, Stmt::Node(_) | Stmt::Wire(_));
    let mut stmt = 0;
    while let Some(line) = play.body.get(stmt) {
        let Stmt::Comment(first) = &line.kind else {
            if let Some(note) = line.note.as_ref().filter(|_| is_about(&line)) {
                add(NoteAt::Beside(stmt), note.clone(), Some(stmt));
            }
            stmt += 1;
            continue;
        };
        let (from, mut text) = (stmt, first.clone());
        stmt += 1;
        while let Some(Line { blank: false, kind: Stmt::Comment(more), .. }) = play.body.get(stmt) {
            text.push('\n');
            text.push_str(more);
            stmt += 1;
        }
        let about = play.body.get(stmt).filter(|next| !next.blank && is_about(next)).map(|_| stmt);
        add(NoteAt::Lines(from, stmt), text, about);
    }
    number(&mut found);
    place(play, &mut found);
    found
}

fn number(notes: &mut [Note]) {
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    for note in notes {
        let n = seen.entry(note.name.text.clone()).or_default();
        note.name.nth = *n;
        *n += 1;
    }
}

fn place(play: &Play, notes: &mut [Note]) {
    let entries = play.body.iter().filter_map(|line| match &line.kind {
        Stmt::Layout(entries) => Some(entries),
        _ => None,
    });
    let places = entries.flatten().filter_map(|entry| match entry {
        Entry::Note(at) => Some(at),
        Entry::Node(_) | Entry::Frame(_) => None,
    });
    let mut by_line: FxHashMap<&str, std::collections::VecDeque<(i32, i32)>> = FxHashMap::default();
    places.for_each(|at| by_line.entry(&at.note).or_default().push_back((at.x, at.y)));
    if by_line.is_empty() {
        return;
    }
    for note in notes {
        note.place = by_line.get_mut(first_line(&note.name.text)).and_then(std::collections::VecDeque::pop_front);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Coord, NodeId};
    use crate::play::{Node, NodeKind, NotePlace, Options};

    fn play(lines: Vec<Line<Stmt>>) -> Play {
        Play { coord: Coord::new("a", "1", "b"), title: None, timeout: None, body: lines }
    }

    fn comment(text: &str) -> Line<Stmt> {
        Line::new(Stmt::Comment(text.to_owned()))
    }

    fn node(id: &str) -> Line<Stmt> {
        Line::new(Stmt::Node(Node { id: NodeId::new(id), kind: NodeKind::Snap, options: Options::default() }))
    }

    #[test]
    fn comments_belong_to_what_stands_right_below_them() {
        let place = |note: &str, x| Entry::Note(NotePlace { note: note.to_owned(), x, y: 0 });
        let layout = Stmt::Layout(vec![place("one", 1), place("one", 2), place("gone", 3)]);
        let play = play(vec![
            comment("one"),
            comment("two"),
            Line { note: Some("beside".to_owned()), ..node("a") },
            comment(""),
            Line { blank: true, ..comment("one") },
            Line { blank: true, ..node("b") },
            comment("one\u{a0}"),
            comment("two"),
            Line::new(layout),
        ]);
        let found: Vec<_> = notes(&play)
            .into_iter()
            .map(|note| (note.name.text, note.name.nth, note.at, note.about, note.place))
            .collect();
        assert_eq!(
            found,
            [
                ("one\ntwo".to_owned(), 0, NoteAt::Lines(0, 2), Some(2), Some((1, 0))),
                ("beside".to_owned(), 0, NoteAt::Beside(2), Some(2), None),
                ("one".to_owned(), 0, NoteAt::Lines(4, 5), None, Some((2, 0))),
                ("one\u{a0}\ntwo".to_owned(), 0, NoteAt::Lines(6, 8), None, None),
            ]
        );
    }
}
