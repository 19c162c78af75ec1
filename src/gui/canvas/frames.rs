//! Frames on the field: a quiet rectangle with a title, or one card on a small pile.
//!
//! Must never: say by colour alone what a frame is. What a collapsed one looks like is with the cards.

use egui::{Area, Context, CornerRadius, Id, Order, Painter, Pos2, Rect, Role, Stroke, StrokeKind, TextEdit};
use egui::{Ui, WidgetInfo, pos2, vec2};

use super::access::Reached;
use super::in_place::{Fate, InPlace};
use super::paint::Paint;
use super::view::View;
use super::{Canvas, Subject, ink};
use crate::app::{Command, Gesture, Selection};
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::scene::{FrameCard, Geometry, Lod};

/// Paints every visible open frame, the outer ones first.
pub fn paint(paint: &Paint<'_>, painter: &Painter) {
    let frames = paint.geometry.frames();
    let is_seen = |frame: &FrameCard| !frame.is_hidden && !frame.collapsed && frame.rect.touches(&paint.visible.rect);
    let mut open: Vec<usize> = (0..frames.len()).filter(|f| is_seen(&frames[*f])).collect();
    open.sort_by_key(|f| std::cmp::Reverse(frames[*f].nodes.len()));
    for f in open {
        one(paint, painter, &frames[f], u32::try_from(f).ok());
    }
}

fn one(paint: &Paint<'_>, painter: &Painter, frame: &FrameCard, number: Option<u32>) {
    let (theme, zoom) = (paint.theme, paint.view.zoom);
    let rect = paint.rect(frame.rect);
    let selected = number.is_some_and(|number| paint.marked.frames.binary_search(&number).is_ok());
    let hovered = number.is_some() && paint.marked.hover_frame == number;
    let radius = CornerRadius::from(12.0 * zoom);
    let fill = theme::mix(theme.field, theme.fan_in, 0.05);
    let line = match (selected, hovered) {
        (true, _) => theme.accent,
        (_, true) => theme::mix(theme.card_line, theme.text, 0.35),
        _ => theme::mix(theme.card_line, theme.fan_in, 0.3),
    };
    let width = if selected { (1.8 * zoom).clamp(1.4, 3.0) } else { (1.2 * zoom).clamp(1.0, 2.0) };
    painter.rect(rect, radius, fill, Stroke::new(width, line), StrokeKind::Inside);
    if paint.lod == Lod::Block {
        return;
    }
    let tab = paint.rect(frame.tab());
    let middle = tab.top() + 17.0 * zoom;
    let icon = Rect::from_center_size(pos2(tab.left() + 20.0 * zoom, middle), vec2(13.0, 13.0) * zoom);
    Icon::Frame.paint(painter, icon, theme.muted);
    let font = theme::semibold(paint.font(size::SMALL));
    let left = tab.left() + 33.0 * zoom;
    let galley = paint.elided(painter, &frame.title, font, (rect.right() - left - 10.0 * zoom).max(8.0));
    let after = left + galley.size().x + 8.0 * zoom;
    painter.galley(pos2(left, middle - galley.size().y / 2.0), galley, theme.text);
    if paint.lod == Lod::Full {
        let font = egui::FontId::proportional(paint.font(size::CAPTION));
        let room = rect.right() - after - 10.0 * zoom;
        if room > 30.0 * zoom {
            let galley = paint.elided(painter, &counted(frame.nodes.len()), font, room);
            painter.galley(pos2(after, middle - galley.size().y / 2.0), galley, theme.muted);
        }
    }
}

/// As it is read and seen.
pub fn counted(n: usize) -> String {
    if n == 1 { "1 node".to_owned() } else { format!("{n} nodes") }
}

/// The title of a frame, edited in place.
#[derive(Debug)]
pub struct TitleEdit {
    title: String,
    field: InPlace,
}

impl TitleEdit {
    pub fn new(title: String) -> Self {
        Self { field: InPlace::new(title.clone()), title }
    }

    /// Whether it is done with.
    fn ui(&mut self, ctx: &Context, at: Pos2, out: &mut Vec<Command>) -> bool {
        let theme = Theme::of(ctx);
        let area = Area::new(Id::unique("frame title")).order(Order::Foreground).fixed_pos(at);
        let shown = area.show(ctx, |ui| {
            let edit = TextEdit::singleline(&mut self.field.text)
                .id(Id::unique("frame title field"))
                .font(theme::semibold(size::SMALL))
                .background_color(theme.panel2)
                .margin(egui::Margin::symmetric(8, 4))
                .desired_width(200.0);
            ui.add(edit)
        });
        let fate = self.field.fate(ctx, &shown.inner, "Frame title", false);
        let to = self.field.text.trim();
        if fate == Fate::Accepted && to != self.title && !to.is_empty() {
            out.push(Command::Edit(Gesture::RetitleFrame { title: self.title.clone(), to: to.to_owned() }));
        }
        fate != Fate::Open
    }
}

impl Canvas {
    pub(super) fn edit_frame_title(&mut self, title: String) {
        self.frame_title = Some(TitleEdit::new(title));
    }

    pub(super) fn frame_title_ui(&mut self, ctx: &Context, canvas: Rect, out: &mut Vec<Command>) {
        let Some(edit) = &mut self.frame_title else { return };
        let mut frames = self.geometry.frames().iter();
        let frame = frames.find(|frame| frame.title == edit.title && !frame.is_hidden);
        let done = frame.is_none_or(|frame| {
            let at = self.view.screen_from_scene(canvas, ink::pos(frame.rect.min)) + vec2(8.0, 4.0);
            edit.ui(ctx, at.clamp(canvas.min + vec2(8.0, 8.0), canvas.max - vec2(230.0, 40.0)), out)
        });
        if done {
            self.frame_title = None;
        }
    }

    /// The title of a frame, by its number.
    pub(super) fn title_of(&self, frame: u32) -> Option<String> {
        self.geometry.frames().get(frame as usize).map(|frame| frame.title.clone())
    }

    /// The node whose card shows the node: its own, or that of the collapsed frame around it.
    pub(super) fn shown_as(geometry: &Geometry, node: u32) -> u32 {
        geometry.frame_around(node).and_then(|frame| geometry.card_of_frame(frame)).unwrap_or(node)
    }
}

/// A name and a place in the focus order for every visible open frame.
pub fn access(
    ui: &Ui,
    subject: &Subject<'_>,
    geometry: &Geometry,
    seen: crate::scene::Rect,
    (view, canvas): (View, Rect),
    had_focus: bool,
    out: &mut Vec<Command>,
) -> Option<Id> {
    const AT_MOST: usize = 200;
    let mut focused = None;
    let follows = subject.selection.single_frame().filter(|_| had_focus);
    let is_seen = |frame: &&FrameCard| !frame.is_hidden && !frame.collapsed && frame.rect.touches(&seen);
    for frame in geometry.frames().iter().filter(is_seen).take(AT_MOST) {
        let reached = Reached {
            id: ui.scope_id().with(("frame", &frame.title)),
            rect: ink::on_screen(frame.tab(), view, canvas).intersect(canvas),
            selected: subject.selection.frames.contains(&frame.title),
            follows: Some(&frame.title) == follows,
        };
        let name = || format!("frame {}, {}", frame.title, counted(frame.nodes.len()));
        let info = || WidgetInfo::selected(Role::Group, true, reached.selected, name());
        focused = reached.show(ui, info, || Selection::frame(frame.title.clone()), out).or(focused);
    }
    focused
}
