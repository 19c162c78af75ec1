//! Notes on the field: quiet, beside what they are about, and written in place.
//!
//! Must never: keep a text that is not in the play but for the one that is being typed.

use egui::{Area, Context, CornerRadius, FontId, Id, Order, Painter, Pos2, Rect, Stroke, StrokeKind, TextEdit, Ui};
use egui::{Role, WidgetInfo, pos2, vec2};

use super::access::Reached;
use super::in_place::{Fate, InPlace};
use super::paint::Paint;
use super::view::View;
use super::{Canvas, Subject, corner, ink};
use crate::app::{Command, Gesture, Selection};
use crate::base::NodeId;
use crate::gui::theme::{self, Theme, size};
use crate::play::NoteRef;
use crate::scene::{About, Geometry, Lod, NOTE_LINE, NOTE_PAD, NoteCard};

/// Letters smaller than this are shown as lines. In points.
const READABLE: f32 = 5.5;
/// A note this far from what it is about is tied to it by a line. In units.
const NEAR: f32 = 14.0;

/// Paints every visible note.
pub fn paint(paint: &Paint<'_>, painter: &Painter) {
    if paint.lod == Lod::Block {
        return;
    }
    for (note, number) in paint.geometry.notes().iter().zip(0..) {
        if note.rect.touches(&paint.visible.rect) {
            one(paint, painter, note, number);
        }
    }
}

fn one(paint: &Paint<'_>, painter: &Painter, note: &NoteCard, number: u32) {
    let theme = paint.theme;
    let zoom = paint.view.zoom;
    let rect = paint.rect(note.rect);
    tie(paint, painter, note, rect);
    let selected = paint.marked.notes.binary_search(&number).is_ok();
    let hovered = paint.marked.hover_note == Some(number);
    let line = if hovered { theme::mix(theme.line, theme.text, 0.3) } else { theme.line };
    let radius = CornerRadius::from(4.0 * zoom);
    let fill = theme::mix(theme.field, theme.panel2, 0.75);
    painter.rect(rect, radius, fill, Stroke::new(1.0, line), StrokeKind::Inside);
    let bar = Rect::from_min_max(rect.min, pos2(rect.left() + (2.5 * zoom).max(1.5), rect.bottom()));
    painter.rect_filled(bar, radius, theme.faint);
    if selected {
        let stroke = Stroke::new((1.8 * zoom).clamp(1.4, 3.0), theme.accent);
        painter.rect_stroke(rect.expand(3.0 * zoom), radius, stroke, StrokeKind::Middle);
    }
    let left = rect.left() + (NOTE_PAD + 4.0) * zoom;
    let units = size::CAPTION + 0.5;
    let mut y = rect.top() + NOTE_PAD * zoom;
    for text in &note.lines {
        if units * zoom >= READABLE {
            let font = FontId::proportional(paint.font(units));
            let galley = paint.elided(painter, text, font, rect.right() - left + 6.0 * zoom);
            painter.galley(pos2(left, y + (NOTE_LINE * zoom - galley.size().y) / 2.0), galley, theme.muted);
        } else {
            let middle = y + NOTE_LINE * zoom / 2.0;
            let room = rect.right() - left - NOTE_PAD * zoom;
            painter.hline(left..=left + room, middle, Stroke::new((3.0 * zoom).max(0.8), theme.line));
        }
        y += NOTE_LINE * zoom;
    }
}

/// A line to what the note is about, where that is not right beside it.
fn tie(paint: &Paint<'_>, painter: &Painter, note: &NoteCard, rect: Rect) {
    let to = match note.about {
        Some(About::Node(node)) => paint.rect(paint.geometry.card(node).rect),
        Some(About::Wire(wire)) => {
            let wire = paint.geometry.wire(wire);
            let at = wire.chip.as_ref().map_or_else(|| wire.at(0.5).0, |chip| chip.rect.centre());
            Rect::from_min_max(paint.at(at), paint.at(at))
        }
        None => return,
    };
    let from = rect.clamp(to.center());
    let end = to.clamp(from);
    if from.distance(end) > NEAR * paint.view.zoom {
        painter.line_segment([from, end], Stroke::new(1.0, theme::mix(paint.theme.line, paint.theme.faint, 0.5)));
    }
}

/// A note that is being written.
#[derive(Debug)]
pub struct NoteEdit {
    what: What,
    field: InPlace,
}

#[derive(Debug)]
enum What {
    /// About a node, or at a place of the scene.
    New {
        about: Option<NodeId>,
        at: Pos2,
    },
    Old(NoteRef),
}

impl NoteEdit {
    pub const fn new(about: Option<NodeId>, at: Pos2) -> Self {
        Self { what: What::New { about, at }, field: InPlace::new(String::new()) }
    }

    pub fn old(note: NoteRef) -> Self {
        Self { field: InPlace::new(note.text.clone()), what: What::Old(note) }
    }

    /// Where it stands, in the scene. `None` if what it is about is gone.
    fn place(&self, subject: &Subject<'_>, geometry: &Geometry) -> Option<Pos2> {
        match &self.what {
            What::New { about: Some(node), .. } => {
                let card = geometry.cards().get(subject.graph.find(node)? as usize)?;
                Some(ink::pos(card.rect.min) - vec2(0.0, 64.0))
            }
            What::New { about: None, at } => Some(*at),
            What::Old(name) => {
                let note = geometry.notes().iter().find(|note| note.name == *name)?;
                Some(ink::pos(note.rect.min))
            }
        }
    }

    /// Whether it is done with.
    fn ui(&mut self, ctx: &Context, at: Pos2, out: &mut Vec<Command>) -> bool {
        let theme = Theme::of(ctx);
        let area = Area::new(Id::unique("note")).order(Order::Foreground).fixed_pos(at);
        let shown = area.show(ctx, |ui| {
            let edit = TextEdit::multiline(&mut self.field.text)
                .id(Id::unique("note field"))
                .font(theme::small())
                .hint_text(egui::RichText::new("a note: a comment in the text").color(theme.muted))
                .background_color(theme.panel2)
                .margin(egui::Margin::symmetric(10, 6))
                .desired_rows(2)
                .desired_width(250.0);
            ui.add(edit)
        });
        let fate = self.field.fate(ctx, &shown.inner, "Note", true);
        if fate != Fate::Accepted {
            return fate == Fate::Dropped;
        }
        let text = self.field.text.trim().to_owned();
        match &self.what {
            What::New { about, at } if !text.is_empty() => {
                let at = about.is_none().then(|| corner(*at));
                out.push(Command::Edit(Gesture::AddNote { about: about.clone(), text, at }));
            }
            What::Old(note) if text != note.text => {
                out.push(Command::Edit(Gesture::SetNote { note: note.clone(), text }));
            }
            What::New { .. } | What::Old(_) => {}
        }
        true
    }
}

impl Canvas {
    /// Lets a note be written: about a node, or at a free place.
    pub(super) fn start_note(&mut self, about: Option<NodeId>) {
        let (x, y) = self.place_for_new();
        #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
        let at = pos2(x as f32, y as f32);
        self.note = Some(NoteEdit::new(about, at));
    }

    pub(super) fn edit_note(&mut self, note: NoteRef) {
        self.note = Some(NoteEdit::old(note));
    }

    pub(super) fn note_ui(&mut self, ctx: &Context, subject: &Subject<'_>, canvas: Rect, out: &mut Vec<Command>) {
        let Some(note) = &mut self.note else { return };
        let at = note.place(subject, &self.geometry).filter(|_| !subject.read_only);
        let done = at.is_none_or(|at| {
            let at = self.view.screen_from_scene(canvas, at);
            note.ui(ctx, at.clamp(canvas.min + vec2(8.0, 8.0), canvas.max - vec2(280.0, 80.0)), out)
        });
        if done {
            self.note = None;
        }
    }

    /// Notes are shown or not, as the person likes.
    pub const fn hide_notes(&mut self, hidden: bool) {
        self.notes_hidden = hidden;
        self.geometry.hide_notes(hidden);
    }

    /// The whole text of a note that was cut, while the pointer is over it.
    pub(super) fn note_hint(&self, response: &egui::Response) {
        let note = self.marked.hover_note.and_then(|note| self.geometry.notes().get(note as usize));
        if let Some(note) = note.filter(|note| note.is_cut) {
            let text = note.name.text.clone();
            response.clone().on_hover_ui_at_pointer(|ui| {
                ui.set_max_width(360.0);
                ui.label(text);
            });
        }
    }
}

/// A name and a place in the focus order for every visible note.
pub fn access(
    ui: &Ui,
    subject: &Subject<'_>,
    geometry: &Geometry,
    seen: crate::scene::Rect,
    (view, canvas): (View, Rect),
    had_focus: bool,
    out: &mut Vec<Command>,
) -> Option<Id> {
    const AT_MOST: usize = 300;
    let mut focused = None;
    let follows = subject.selection.single_note().filter(|_| had_focus);
    for note in geometry.notes().iter().filter(|note| note.rect.touches(&seen)).take(AT_MOST) {
        let reached = Reached {
            id: ui.scope_id().with(("note", &note.name)),
            rect: ink::on_screen(note.rect, view, canvas).intersect(canvas),
            selected: subject.selection.notes.contains(&note.name),
            follows: Some(&note.name) == follows,
        };
        let info = || {
            let about = match note.about {
                Some(About::Node(node)) => format!(" on {}", subject.graph.node(subject.play, node).id),
                Some(About::Wire(wire)) => {
                    let edge = subject.graph.wire(wire);
                    let id = |node| &subject.graph.node(subject.play, node).id;
                    format!(" on the wire {} to {}", id(edge.from), id(edge.to))
                }
                None => String::new(),
            };
            let text = note.name.text.replace('\n', " ");
            WidgetInfo::selected(Role::Comment, true, reached.selected, format!("note{about}: {text}"))
        };
        focused = reached.show(ui, info, || Selection::note(note.name.clone()), out).or(focused);
    }
    focused
}
