//! Where notes stand: beside what they are about, and never on a card.
//!
//! Must never: move a card or a wire for a note. Start reading at [`Geometry::place_notes`].

use rustc_hash::FxHashMap;

use super::boxes::Boxes;
use super::card::width;
use super::geometry::Geometry;
use super::shapes::{Point, Rect};
use crate::play::{Graph, NoteRef, Play, Stmt, notes};

/// Measures of a note, in units.
pub const NOTE_LINE: f32 = 15.0;
pub const NOTE_PAD: f32 = 7.0;
/// The width of an average letter of 11.5 units.
const LETTER: f32 = 5.9;
/// Letters of a line, and lines; what is longer is cut.
const MAX_LETTERS: usize = 34;
const MAX_LINES: usize = 5;
/// Between a note and its card.
const GAP: f32 = 8.0;
/// What a card says under itself, with a gap.
const CAPTION: f32 = 26.0;
/// The room that an arrangement leaves between the cards of a layer anyway, but for the caption of the upper one.
const FREE_ABOVE: f32 = 20.0;

/// A note as it stands on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteCard {
    pub name: NoteRef,
    pub rect: Rect,
    /// What is shown of its text.
    pub lines: Vec<String>,
    /// There is more of it.
    pub is_cut: bool,
    /// The card or wire that it is about.
    pub about: Option<About>,
    /// The layout says where it stands.
    pub is_placed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Node(u32),
    Wire(u32),
}

impl NoteCard {
    /// The notes of a play, those with places at them, the others nowhere yet.
    pub(super) fn all(play: &Play, graph: &Graph) -> Vec<Self> {
        let notes = notes(play);
        if notes.is_empty() {
            return Vec::new();
        }
        let mut by_stmt: FxHashMap<usize, About> = FxHashMap::default();
        for (edge, wire) in graph.wires().iter().zip(0..) {
            by_stmt.entry(edge.at.stmt as usize).or_insert(About::Wire(wire));
        }
        for (_, node) in (0..graph.n_nodes()).zip(0..) {
            by_stmt.insert(graph.stmt_of(node), About::Node(node));
        }
        let card = |note: crate::play::Note| {
            let (lines, is_cut) = wrapped(&note.name.text);
            let widest = lines.iter().map(|line| width(line, LETTER)).fold(0.0, f32::max);
            #[expect(clippy::cast_precision_loss, reason = "a few lines")]
            let size =
                Point::new((widest + 2.0 * NOTE_PAD + 6.0).ceil(), lines.len() as f32 * NOTE_LINE + NOTE_PAD * 2.0);
            #[expect(clippy::cast_precision_loss, reason = "a canvas is smaller than 16 million units")]
            let at = note.place.map(|(x, y)| Point::new(x as f32, y as f32));
            let about = note.about.and_then(|stmt| by_stmt.get(&stmt).copied());
            let rect = Rect::at(at.unwrap_or_default(), size);
            Self { name: note.name, rect, lines, is_cut, about, is_placed: at.is_some() }
        };
        notes.into_iter().map(card).collect()
    }

    /// How much higher than its card a node is to an arrangement, above and below alike, so that its note has room.
    pub(super) fn room(notes: &[Self], n_nodes: usize) -> Vec<f32> {
        let mut room = Vec::new();
        for note in notes {
            if let (Some(About::Node(node)), false) = (note.about, note.is_placed) {
                room.resize(n_nodes, 0.0f32);
                let own = &mut room[node as usize];
                *own = own.max((note.rect.height() + GAP * 2.0 - FREE_ABOVE).max(0.0).ceil());
            }
        }
        room
    }
}

impl Geometry {
    /// Gives each note a place that has none: beside its card or wire, where no card stands and if it can be no wire
    /// runs; those that are about nothing above everything.
    pub(super) fn place_notes(&mut self, mut notes: Vec<NoteCard>) {
        notes.retain(|note| match note.about.filter(|_| !note.is_placed) {
            Some(About::Node(node)) => self.frame_around(node).is_none(),
            Some(About::Wire(wire)) => !self.is_hidden_wire(wire),
            None => true,
        });
        let mut taken = Boxes::default();
        notes.iter().filter(|note| note.is_placed).for_each(|note| taken.add(note.rect));
        let mut loose = Vec::new();
        for (i, note) in notes.iter_mut().enumerate().filter(|(_, note)| !note.is_placed) {
            let Some(about) = note.about else {
                loose.push(i);
                continue;
            };
            let size = note.rect.size();
            let found = self.beside(about, size, &taken).unwrap_or_else(|| {
                let near = self.middle_of(about);
                self.free_place(near, size)
            });
            note.rect = Rect::at(Point::new(found.x.round(), found.y.round()), size);
            taken.add(note.rect.grown(4.0));
        }
        let mut top = self.bounds();
        let settled = notes.iter().filter(|note| note.is_placed || note.about.is_some());
        settled.for_each(|note| top.add_rect(&note.rect));
        if top.is_nothing() {
            top = Rect::at(Point::ZERO, Point::ZERO);
        }
        let mut y = top.min.y - 24.0;
        for i in loose.into_iter().rev() {
            let size = notes[i].rect.size();
            notes[i].rect = Rect::at(Point::new(top.min.x.round(), (y - size.y).round()), size);
            y -= size.y + GAP;
        }
        notes.iter().for_each(|note| self.grow_bounds(&note.rect));
        self.notes = notes;
    }

    fn middle_of(&self, about: About) -> Point {
        match about {
            About::Node(node) => self.card(node).rect.min,
            About::Wire(wire) => self.wire(wire).at(0.5).0,
        }
    }

    /// Above, else below, further and further off.
    fn beside(&self, about: About, size: Point, taken: &Boxes) -> Option<Point> {
        let near = match about {
            About::Node(node) => self.card(node).rect,
            About::Wire(wire) => {
                let path = self.wire(wire);
                let rect = path.chip.as_ref().map_or_else(|| Rect::at(path.at(0.5).0, Point::ZERO), |chip| chip.rect);
                Rect::at(
                    rect.centre() - Point::new(size.x / 2.0, rect.height() / 2.0),
                    Point::new(size.x, rect.height()),
                )
            }
        };
        let below = if matches!(about, About::Node(_)) { CAPTION } else { GAP };
        let step = |k: u8| f32::from(k) * 24.0;
        let rows = (0..8u8).flat_map(|k| {
            [near.min.y - GAP - size.y - step(k), near.max.y + below + step(k)].map(|y| (f32::from(k) * 8.0, y))
        });
        let places = rows.flat_map(|(_, y)| {
            [0.0, near.width() - size.x, -48.0, 48.0, -120.0, 120.0].map(|x| Point::new(near.min.x + x, y))
        });
        let mut crossed = None;
        for at in places {
            let rect = Rect::at(at, size);
            if taken.touching(&rect).is_some() || self.covers_a_card(&rect) {
                continue;
            }
            if !self.covers_a_wire(&rect) {
                return Some(at);
            }
            crossed.get_or_insert(at);
        }
        crossed
    }

    pub(super) fn covers_a_card(&self, rect: &Rect) -> bool {
        let mut covers = self.frames().iter().any(|frame| !frame.collapsed && frame.tab().touches(rect));
        let near = rect.grown(CAPTION);
        self.nodes_near(&near, |node| {
            let card = self.card(node);
            let below = if card.foot.is_empty() { GAP - 2.0 } else { CAPTION - 2.0 };
            let around = Rect::new(card.rect.min - Point::new(6.0, 4.0), card.rect.max + Point::new(6.0, below));
            covers |= around.touches(rect);
        });
        covers
    }

    fn covers_a_wire(&self, rect: &Rect) -> bool {
        let mut covers = false;
        self.wires_near(rect, |number| {
            let wire = self.wire(number);
            covers |= !covers && (wire.crosses(rect) || wire.chip.as_ref().is_some_and(|chip| chip.rect.touches(rect)));
        });
        covers
    }

    /// The notes, in the order of the text; none while they are hidden.
    pub fn notes(&self) -> &[NoteCard] {
        if self.notes_hidden { &[] } else { &self.notes }
    }

    /// Notes that are hidden are not there to be hit either.
    pub const fn hide_notes(&mut self, hidden: bool) {
        self.notes_hidden = hidden;
    }

    /// The note under `at` that is drawn last.
    pub fn note_at(&self, at: Point) -> Option<u32> {
        let found = self.notes().iter().rposition(|note| note.rect.holds(at));
        found.and_then(|found| u32::try_from(found).ok())
    }

    /// Moves the top-left corner of a note, for a drag.
    pub fn move_note(&mut self, note: u32, to: Point) {
        if let Some(note) = self.notes.get_mut(note as usize) {
            note.rect = Rect::at(to, note.rect.size());
            let rect = note.rect;
            self.grow_bounds(&rect);
        }
    }

    /// Notes go along with their cards. `by`: how far a node was moved.
    pub(super) fn carry_notes(&mut self, by: impl Fn(u32) -> Option<Point>) {
        for note in self.notes.iter_mut().filter(|note| !note.is_placed) {
            if let Some(About::Node(node)) = note.about
                && let Some(by) = by(node)
            {
                note.rect = note.rect.moved(by);
            }
        }
    }
}

/// The text in short lines, and whether it was cut. The lines of the text go on as one, but for those that begin
/// a list.
fn wrapped(text: &str) -> (Vec<String>, bool) {
    let mut lines: Vec<String> = Vec::new();
    let mut starts = true;
    let mut n_letters = 0;
    for line in text.split('\n') {
        let begins = line.trim_start();
        starts |= begins.starts_with(['-', '*', '•']) || begins.starts_with(|c: char| c.is_ascii_digit());
        starts |= line.starts_with("  ");
        for word in line.split_whitespace() {
            let letters: Vec<char> = word.chars().collect();
            for part in letters.chunks(MAX_LETTERS) {
                if starts || n_letters + 1 + part.len() > MAX_LETTERS {
                    if lines.len() == MAX_LINES {
                        cut(&mut lines);
                        return (lines, true);
                    }
                    lines.push(String::new());
                    n_letters = 0;
                } else {
                    n_letters += 1;
                    if let Some(last) = lines.last_mut() {
                        last.push(' ');
                    }
                }
                starts = false;
                n_letters += part.len();
                if let Some(last) = lines.last_mut() {
                    last.extend(part);
                }
            }
        }
        starts |= begins.is_empty();
    }
    (lines, false)
}

fn cut(lines: &mut [String]) {
    let Some(last) = lines.last_mut() else { return };
    while last.chars().count() >= MAX_LETTERS {
        last.pop();
    }
    last.push('…');
}

/// Whether any statement is a comment: else there is nothing to look for.
pub(super) fn has_comments(play: &Play) -> bool {
    play.body.iter().any(|line| matches!(line.kind, Stmt::Comment(_)) || line.note.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_notes_are_wrapped_and_cut() {
        let (lines, cut) = wrapped("short");
        assert_eq!((lines, cut), (vec!["short".to_owned()], false));
        let (lines, cut) = wrapped("one line that a person has broken\nin two goes on as one\n- but not a list");
        assert_eq!(lines, ["one line that a person has broken", "in two goes on as one", "- but not a list"]);
        assert!(!cut);
        let (lines, cut) = wrapped(&"word ".repeat(60));
        assert!(cut && lines.len() == MAX_LINES && lines[MAX_LINES - 1].ends_with('…'));
        assert!(lines.iter().all(|line| line.chars().count() <= MAX_LETTERS));
        let (lines, _) = wrapped(&"x".repeat(100));
        assert!(lines.len() == 3 && lines.iter().all(|line| line.chars().count() <= MAX_LETTERS));
    }
}
