//! Cards: bar, icon, title, detail, state, ports and captions, at three levels of detail.

use egui::epaint::{Mesh, PathShape, RectShape};
use egui::{Align2, Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};

use super::kept::Kept;
use super::paint::Paint;
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::look::card::{
    BAR, CORNER, DETAIL_DOWN, FOOT_DOWN, FOOT_GROUND, FOOT_WIDTH, ICON, ICON_LEFT, PORT, SPINNER, STATE, STATE_RIGHT,
    TEXT_RIGHT, TITLE_DOWN, TITLE_LEFT,
};
use crate::scene::{Card, Kind, Lod, NodeMark, StateKind, Tone};

pub const fn icon(kind: Kind) -> Icon {
    Icon::of_kind(kind)
}

pub const fn color(theme: &Theme, kind: Kind) -> Color32 {
    theme.of_kind(kind)
}

/// The state as one word, for people who cannot see its icon.
pub const fn word(state: StateKind) -> &'static str {
    match state {
        StateKind::Idle => "idle",
        StateKind::Arrived => "arrived",
        StateKind::Running => "running",
        StateKind::BackingOff => "waiting to try again",
        StateKind::WaitingForSignal => "waiting for a signal",
        StateKind::WaitingForWorker => "waiting for a worker",
        StateKind::WaitingForOthers => "waiting for others",
        StateKind::Done => "done",
        StateKind::Failed => "failed",
        StateKind::Lost => "ball lost",
        StateKind::Cancelled => "cancelled",
        StateKind::Missed => "not reached",
    }
}

pub const fn tone_color(theme: &Theme, tone: Tone) -> Color32 {
    theme.of_tone(tone)
}

/// Paints every visible card, with all of it or with bar and title.
pub fn cards(paint: &Paint<'_>, painter: &Painter, kept: &mut Kept) {
    let mut marks = paint.frame.nodes.iter().peekable();
    for &node in &paint.visible.nodes {
        let mark = marks.next_if(|mark| mark.node == node);
        kept.paint(paint, painter, node, mark, |painter| {
            let card = paint.geometry.card(node);
            let one = One { paint, painter, node, card, mark, rect: paint.rect(card.rect), zoom: paint.view.zoom };
            one.body();
            if paint.lod == Lod::Full {
                one.full();
            } else {
                one.title_only();
            }
        });
    }
    kept.finish(painter);
}

/// A card that is being painted.
struct One<'a> {
    paint: &'a Paint<'a>,
    painter: &'a Painter,
    node: u32,
    card: &'a Card,
    mark: Option<&'a NodeMark>,
    rect: Rect,
    zoom: f32,
}

impl One<'_> {
    fn state(&self) -> StateKind {
        self.mark.map_or(StateKind::Idle, |mark| mark.state)
    }

    fn body(&self) {
        let Paint { theme, marked, .. } = self.paint;
        let corner = CORNER * self.zoom;
        let radius = CornerRadius::from(corner);
        // A collapsed frame lies on a pile.
        for behind in [7.0, 3.5].into_iter().filter(|_| self.card.n_held > 0) {
            let rect = self.rect.translate(vec2(behind, behind) * self.zoom);
            let fill = theme::mix(theme.field, theme.card, 0.6);
            self.painter.rect(rect, radius, fill, Stroke::new(1.0, theme.card_line), StrokeKind::Inside);
        }
        if self.zoom > 0.5 && theme.shadow != Color32::TRANSPARENT {
            let shadow = self.rect.translate(vec2(0.0, 2.0 * self.zoom)).expand(0.5);
            self.painter.add(RectShape::filled(shadow, radius, theme.shadow).with_blur_width(6.0 * self.zoom));
        }
        if marked.is_entrance(self.node) {
            self.second_card(radius);
        }
        let hovered = marked.hover_node == Some(self.node);
        let lights = marked.drawing_to.is_some_and(|to| {
            to.from != self.node && if to.forward { self.card.has_port_in } else { self.card.has_port_out }
        });
        let line = match self.state() {
            StateKind::Failed => theme.error,
            _ if marked.is_bad(self.node) => theme.error,
            _ if lights => theme::mix(theme.card_line, theme.accent, 0.7),
            _ if hovered => theme::mix(theme.card_line, theme.text, 0.3),
            _ => theme.card_line,
        };
        let unlit = marked.drawing_to.is_some_and(|to| to.from != self.node) && !lights;
        let fill = if unlit { theme::mix(theme.card, theme.field, 0.6) } else { theme.card };
        self.painter.rect(self.rect, radius, fill, Stroke::new(1.0, line), StrokeKind::Inside);
        self.painter.add(bar(self.rect, corner, (BAR * self.zoom).max(2.0), self.color()));
        if marked.node_selected(self.node) {
            let gap = 3.5 * self.zoom.max(0.6);
            let stroke = Stroke::new((1.8 * self.zoom).clamp(1.4, 3.0), theme.accent);
            self.painter.rect_stroke(
                self.rect.expand(gap),
                CornerRadius::from(corner + gap),
                stroke,
                StrokeKind::Middle,
            );
        } else if self.state() == StateKind::Running {
            let stroke = Stroke::new((1.4 * self.zoom).clamp(1.0, 2.4), theme::mix(theme.card, theme.accent, 0.8));
            self.painter.rect_stroke(self.rect, radius, stroke, StrokeKind::Inside);
        }
    }

    fn color(&self) -> Color32 {
        let theme = self.paint.theme;
        if self.card.n_held > 0 { theme.muted } else { color(theme, self.card.kind) }
    }

    /// The edge of a card behind this one: there is a play inside.
    fn second_card(&self, radius: CornerRadius) {
        let theme = self.paint.theme;
        let by = (4.0 * self.zoom).clamp(2.0, 6.0);
        let behind = Rect::from_min_max(
            pos2(self.rect.left() + by * 1.5, self.rect.top() - by),
            pos2(self.rect.right() - by * 1.5, self.rect.bottom() - by),
        );
        let fill = theme::mix(theme.card, theme.field, 0.5);
        let line = theme::mix(theme.card_line, theme.text, 0.2);
        self.painter.rect(behind, radius, fill, Stroke::new(1.0, line), StrokeKind::Inside);
    }

    fn title_y(&self) -> f32 {
        if self.card.kind.is_wide() { self.rect.top() + TITLE_DOWN * self.zoom } else { self.rect.center().y }
    }

    fn full(&self) {
        let Paint { theme, .. } = self.paint;
        let y = self.title_y();
        let icon_at = Rect::from_center_size(
            pos2(self.rect.left() + (ICON_LEFT + ICON / 2.0) * self.zoom, y),
            Vec2::splat((ICON + 2.0) * self.zoom),
        );
        let sign = if self.card.n_held > 0 { Icon::Frame } else { icon(self.card.kind) };
        sign.paint(self.painter, icon_at, self.color());
        let shows_state = self.state() != StateKind::Idle;
        let right = if shows_state { STATE_RIGHT + 11.0 } else { TEXT_RIGHT } * self.zoom;
        let left = self.rect.left() + TITLE_LEFT * self.zoom;
        let room = self.rect.right() - right - left;
        self.text(&self.card.title, theme::semibold(self.paint.font(size::TITLE)), pos2(left, y), room, theme.text);
        if !self.card.detail.is_empty() {
            let font = theme::mono(self.paint.font(size::CAPTION));
            let room = self.rect.right() - TEXT_RIGHT * self.zoom - left;
            self.text(self.detail(), font, pos2(left, self.rect.top() + DETAIL_DOWN * self.zoom), room, theme.muted);
        }
        if shows_state {
            let at = Rect::from_center_size(
                pos2(self.rect.right() - STATE_RIGHT * self.zoom, y),
                Vec2::splat(STATE * self.zoom),
            );
            state_sign(
                self.painter,
                theme,
                self.state(),
                self.mark.and_then(|mark| mark.progress),
                at,
                self.paint.time,
            );
        }
        self.ports();
        self.caption();
    }

    /// The version that is really pinned, where a run knows it.
    fn detail(&self) -> &str {
        match self.mark.and_then(|mark| mark.called.as_deref()) {
            Some(called) if self.card.kind != Kind::WaitForSignal && !self.card.detail.contains('%') => called,
            _ => &self.card.detail,
        }
    }

    fn title_only(&self) {
        let theme = self.paint.theme;
        let left = self.rect.left() + 12.0 * self.zoom;
        let font = theme::semibold(self.paint.font(size::TITLE * 1.25));
        let state = self.state();
        let room = self.rect.right() - left - 4.0;
        let color = match state {
            StateKind::Idle | StateKind::Done => theme.text,
            _ => state_color(theme, state),
        };
        self.text(&self.card.title, font, pos2(left, self.rect.center().y), room, color);
        if state != StateKind::Idle {
            let side = 13.0 * self.zoom;
            let dot = pos2(self.rect.right() - side * 0.7, self.rect.top() + side * 0.7);
            self.painter.circle_filled(dot, side * 0.32, state_color(theme, state));
        }
    }

    fn text(&self, text: &str, font: egui::FontId, middle_left: Pos2, room: f32, color: Color32) {
        let galley = self.paint.elided(self.painter, text, font, room);
        let at = Align2::LEFT_CENTER.anchor_size(middle_left, galley.size()).min;
        self.painter.galley(at, galley, color);
    }

    fn ports(&self) {
        let Paint { theme, marked, .. } = self.paint;
        let ports =
            [(self.card.has_port_in, false, self.card.port_in()), (self.card.has_port_out, true, self.card.port_out())];
        for (has, at_right, at) in ports {
            if !has {
                continue;
            }
            let under_pointer = marked.hover_port == Some((self.node, at_right));
            let wanted = marked.drawing_to.is_some_and(|to| to.forward != at_right && to.from != self.node);
            let (fill, line, radius) = match (under_pointer, wanted) {
                (true, _) => (theme.accent, theme.accent, PORT + 1.8),
                (false, true) => (theme.field, theme.accent, PORT + 0.8),
                (false, false) => (theme.field, theme.port(), PORT),
            };
            let stroke = Stroke::new((1.6 * self.zoom).clamp(1.0, 2.5), line);
            self.painter.circle(self.paint.at(at), radius * self.zoom, fill, stroke);
        }
    }

    fn caption(&self) {
        let theme = self.paint.theme;
        let (text, color) = match self.mark {
            Some(mark) if !mark.caption.text.is_empty() => (&mark.caption.text, tone_color(theme, mark.caption.tone)),
            _ if !self.card.foot.is_empty() => (&self.card.foot, theme.muted),
            _ => return,
        };
        let font = egui::FontId::proportional(self.paint.font(size::FOOT));
        let galley = self.paint.elided(self.painter, text, font, FOOT_WIDTH * self.zoom);
        let at = pos2(self.rect.center().x, self.rect.bottom() + FOOT_DOWN * self.zoom);
        let rect = Align2::CENTER_CENTER.anchor_size(at, galley.size());
        // Wires that pass under the line must not make it unreadable.
        let ground = theme.field.gamma_multiply(FOOT_GROUND);
        self.painter.rect_filled(rect.expand2(vec2(3.0, 0.0)), 4.0, ground);
        self.painter.galley(rect.min, galley, color);
    }
}

/// The left edge of a card in its kind's colour, following the rounded corners.
fn bar(rect: Rect, corner: f32, width: f32, color: Color32) -> Shape {
    let corner = corner.min(rect.height() / 2.0);
    // Where the edge of the bar meets the arc of the corner.
    let end = if width >= corner { 0.0 } else { ((corner - width) / corner).acos() };
    let arc = |center: Pos2, sign: f32| {
        (0..=5_u8).map(move |i| {
            let angle = end * f32::from(i) / 5.0;
            center + vec2(-corner * angle.cos(), sign * corner * angle.sin())
        })
    };
    let mut points: Vec<Pos2> = arc(pos2(rect.left() + corner, rect.top() + corner), -1.0).collect();
    points.extend(arc(pos2(rect.left() + corner, rect.bottom() - corner), 1.0).collect::<Vec<_>>().into_iter().rev());
    Shape::Path(PathShape::convex_polygon(points, color, Stroke::NONE))
}

pub const fn state_color(theme: &Theme, state: StateKind) -> Color32 {
    theme.of_state(state)
}

/// Tick, spinner, hourglass or cross.
fn state_sign(painter: &Painter, theme: &Theme, state: StateKind, progress: Option<f32>, at: Rect, time: f64) {
    let color = state_color(theme, state);
    match state {
        StateKind::Idle => {}
        StateKind::Arrived | StateKind::Running => spinner(painter, theme, at, color, time),
        StateKind::BackingOff
        | StateKind::WaitingForSignal
        | StateKind::WaitingForWorker
        | StateKind::WaitingForOthers => {
            if let Some(progress) = progress {
                let line = Stroke::new((at.width() / 10.0).max(1.0), theme.card_line);
                painter.circle_stroke(at.center(), at.width() * 0.8, line);
                ring(painter, at.expand(at.width() * 0.3), theme::mix(theme.card, color, 0.8), 0.0, progress);
            }
            Icon::Hourglass.paint(painter, at.shrink(at.width() * if progress.is_some() { 0.06 } else { 0.0 }), color);
        }
        StateKind::Done => Icon::Tick.paint(painter, at, color),
        StateKind::Failed | StateKind::Lost => Icon::Cross.paint(painter, at, color),
        StateKind::Missed => Icon::Warning.paint(painter, at, color),
        StateKind::Cancelled => Icon::Stop.paint(painter, at.shrink(at.width() * 0.1), color),
    }
}

fn spinner(painter: &Painter, theme: &Theme, at: Rect, color: Color32, time: f64) {
    let radius = at.width() * 0.42;
    painter.circle_stroke(at.center(), radius, Stroke::new((at.width() / 8.0).max(1.2), theme.card_line));
    #[expect(clippy::cast_possible_truncation, reason = "a part of a turn")]
    let turn = (time * 0.9).fract() as f32;
    ring(painter, Rect::from_center_size(at.center(), Vec2::splat(radius * 2.0)), color, turn, SPINNER);
}

/// Part of a circle: `start` and `part` in turns, from the top.
fn ring(painter: &Painter, at: Rect, color: Color32, start: f32, part: f32) {
    let radius = at.width() / 2.0;
    let points = (0..=20_u8)
        .map(|i| {
            let turn = start + part.clamp(0.0, 1.0) * f32::from(i) / 20.0 - 0.25;
            at.center() + Vec2::angled(turn * std::f32::consts::TAU) * radius
        })
        .collect();
    painter.add(Shape::line(points, Stroke::new((at.width() / 8.0).max(1.2), color)));
}

/// Adds a coloured block for every visible card.
pub fn blocks(paint: &Paint<'_>, mesh: &mut Mesh) {
    mesh.reserve_vertices(paint.visible.nodes.len() * 4);
    mesh.reserve_triangles(paint.visible.nodes.len() * 2);
    let theme = paint.theme;
    let kinds = Kind::ALL.map(|kind| theme::mix(theme.card, color(theme, kind), 0.55));
    let mut marks = paint.frame.nodes.iter().peekable();
    for &node in &paint.visible.nodes {
        let card = paint.geometry.card(node);
        let state = marks.next_if(|mark| mark.node == node).map_or(StateKind::Idle, |mark| mark.state);
        let rect = paint.rect(card.rect);
        let color = match state {
            _ if paint.marked.node_selected(node) => theme.accent,
            StateKind::Idle => kinds[card.kind as usize],
            state => state_color(theme, state),
        };
        let rect = Rect::from_min_size(rect.min, rect.size().max(vec2(1.5, 1.2)));
        mesh.add_colored_rect(rect, color);
    }
}
