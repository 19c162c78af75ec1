//! The slider: what happened when, who waited, what is cut out, and the playhead.

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{Align2, Color32, Painter, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::scale::{Scale, mark_text};
use crate::app::Watch;
use crate::base::RunMicros;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::text_at;
use crate::gui::words::took;
use crate::replay::{Column, EventKind, WaitKind};

/// Columns of the picture are so wide, in points.
const COLUMN: f32 = 2.0;
/// A band of waits at the foot of the picture.
const BAND: f32 = 3.0;
/// Room above it for the marks of errors.
const HEAD: f32 = 7.0;

/// The picture of all that happened. Kept from frame to frame, and made anew when something that it shows has changed.
#[derive(Default)]
pub struct Picture {
    made_for: Option<Key>,
    columns: Vec<Column>,
    edges: Vec<RunMicros>,
    mesh: Arc<Mesh>,
}

#[derive(PartialEq)]
struct Key {
    n_events: usize,
    shown: (RunMicros, RunMicros),
    rect: Rect,
    folded: bool,
    theme: &'static Theme,
}

pub fn color(theme: &Theme, kind: EventKind) -> Color32 {
    match kind {
        EventKind::Run => theme.text,
        EventKind::Move => theme.faint,
        EventKind::Call => theme.call,
        EventKind::Answer => theme.ok,
        EventKind::Wait => theme::mix(theme.panel, theme.signal, 0.55),
        EventKind::Signal => theme.signal,
        EventKind::End => theme.fan_in,
        EventKind::Error => theme.error,
    }
}

pub fn wait_color(theme: &Theme, kind: WaitKind) -> Color32 {
    match kind {
        WaitKind::Signal => theme.signal,
        WaitKind::Worker => theme.worker,
        WaitKind::Others => theme.fan_in,
        WaitKind::BackOff => theme.error,
    }
}

impl Picture {
    /// `rect` is the strip; `scale` is about the same points.
    pub fn paint(&mut self, painter: &Painter, watch: &Watch, scale: &Scale<'_>, rect: Rect) {
        let theme = Theme::of(painter.ctx());
        let film = watch.film();
        let key = Key {
            n_events: film.events().len(),
            shown: scale.shown(),
            rect,
            folded: watch.playback().is_folded(),
            theme,
        };
        if self.made_for.as_ref() != Some(&key) {
            self.edges = edges(scale);
            self.columns = film.columns(&self.edges);
            self.mesh = Arc::new(mesh(theme, &self.columns, scale, rect));
            self.made_for = Some(key);
        }
        painter.add(Shape::Mesh(Arc::clone(&self.mesh)));
        cuts(painter, scale, rect);
    }

    /// What is under the pointer, in words.
    pub fn words_at(&self, watch: &Watch, scale: &Scale<'_>, x: f32) -> String {
        let time = scale.time(x);
        let clock = format!("{:.3} s", time.as_secs_f64());
        let nth = self.edges.partition_point(|edge| *edge <= time).saturating_sub(1);
        // A mark is thinner than a hand is steady.
        let near = self.columns.get(nth.saturating_sub(1)..(nth + 2).min(self.columns.len())).unwrap_or_default();
        let n: u32 = near.iter().map(Column::n_events).sum();
        let gap = scale.axis.cuts().iter().find(|gap| gap.from < time && time < gap.to);
        if let Some(gap) = gap {
            return format!("{clock}\ncut out: nothing happens for {}", took(gap.to.since(gap.from)));
        }
        let n_before = watch.film().n_events_at(time);
        let count = |kind: EventKind| near.iter().map(|column| column.n[kind as usize]).sum::<u32>();
        let told = EventKind::ALL.into_iter().filter(|kind| count(*kind) > 0);
        let told: Vec<String> = told.map(|kind| format!("{} {}", count(kind), kind.word())).collect();
        match n {
            0 => format!("{clock}\nafter event #{}", n_before.saturating_sub(1)),
            _ => format!("{clock}\nup to event #{}\n{}", n_before.saturating_sub(1), told.join(", ")),
        }
    }
}

/// The times at the edges of the columns; the last one is a little later, so that the last event is in.
fn edges(scale: &Scale<'_>) -> Vec<RunMicros> {
    let mut edges = Vec::new();
    let mut x = scale.left;
    while x < scale.right() {
        edges.push(scale.time(x));
        x += COLUMN;
    }
    edges.push(RunMicros(scale.time(scale.right()).0 + 1));
    edges
}

/// Heights go by the logarithm: one event can be seen beside a thousand.
#[expect(clippy::cast_precision_loss, reason = "for drawing")]
fn mesh(theme: &Theme, columns: &[Column], scale: &Scale<'_>, rect: Rect) -> Mesh {
    let mut mesh = Mesh::default();
    let most = columns.iter().map(Column::n_events).max().unwrap_or(0).max(1);
    let foot = rect.bottom() - BAND * 2.0 - 2.0;
    let room = foot - rect.top() - HEAD;
    let mut x = scale.left;
    for column in columns {
        let n = column.n_events();
        if n > 0 {
            let height = room * (0.35 + 0.65 * (n as f32).ln_1p() / (most as f32).ln_1p());
            let mut y = foot;
            for kind in EventKind::ALL {
                let part = height * column.n[kind as usize] as f32 / n as f32;
                if part > 0.0 {
                    let at = Rect::from_min_max(pos2(x, y - part), pos2(x + COLUMN, y));
                    mesh.add_colored_rect(at, color(theme, kind));
                    y -= part;
                }
            }
        }
        if column.n[EventKind::Error as usize] > 0 {
            mesh.add_colored_rect(
                Rect::from_min_max(pos2(x, rect.top() + HEAD - 1.0), pos2(x + COLUMN, foot)),
                theme.error,
            );
            triangle(&mut mesh, pos2(x + COLUMN / 2.0, rect.top() + 1.0), theme.error);
        }
        for (kind, row) in
            [(WaitKind::BackOff, 0.0), (WaitKind::Others, 0.0), (WaitKind::Worker, 1.0), (WaitKind::Signal, 1.0)]
        {
            let n = column.waiting[kind as usize];
            if n > 0 {
                let strong = (0.55 + 0.15 * (n as f32).ln_1p()).min(1.0);
                let top = foot + 2.0 + row * BAND;
                let at = Rect::from_min_max(pos2(x, top), pos2(x + COLUMN, top + BAND));
                mesh.add_colored_rect(at, theme::mix(theme.panel, wait_color(theme, kind), strong));
            }
        }
        x += COLUMN;
    }
    mesh
}

/// Errors have a form too, and not only a colour.
#[expect(clippy::cast_possible_truncation, reason = "a picture has fewer corners than that")]
fn triangle(mesh: &mut Mesh, top: egui::Pos2, color: Color32) {
    let first = mesh.vertices.len() as u32;
    for corner in [top + vec2(-3.5, 0.0), top + vec2(3.5, 0.0), top + vec2(0.0, 5.0)] {
        mesh.colored_vertex(corner, color);
    }
    mesh.add_triangle(first, first + 1, first + 2);
}

/// What is cut out is marked by a seam, with its length where there is room.
fn cuts(painter: &Painter, scale: &Scale<'_>, rect: Rect) {
    let theme = Theme::of(painter.ctx());
    let (from, to) = scale.shown();
    let cuts = scale.axis.cuts();
    let first = cuts.partition_point(|gap| gap.to < from);
    let mut last_x = f32::NEG_INFINITY;
    for gap in cuts[first..].iter().take_while(|gap| gap.from <= to) {
        let (left, right) = (scale.x(gap.from), scale.x(gap.to));
        let middle = f32::midpoint(left, right);
        if middle - last_x < 5.0 {
            continue;
        }
        let seam: Vec<_> = (0..=8u8)
            .map(|n| {
                let y = rect.top() + rect.height() * f32::from(n) / 8.0;
                pos2(middle + if n % 2 == 0 { -2.5 } else { 2.5 }, y)
            })
            .collect();
        painter.add(Shape::line(seam, Stroke::new(1.3, theme.muted)));
        if middle - last_x > 70.0 {
            let text = format!("{} cut", took(gap.to.since(gap.from)));
            let galley = painter.layout_no_wrap(text, theme::mono(size::CAPTION), theme.muted);
            let at = pos2(middle + 6.0, rect.top() + HEAD);
            let back = Rect::from_min_size(at, galley.size()).expand2(vec2(2.0, 0.0));
            painter.rect_filled(back, 2.0, theme.panel);
            painter.galley(at, galley, theme.muted);
        }
        last_x = middle;
    }
}

pub fn ruler(ui: &Ui, scale: &Scale<'_>, top: f32, bottom: f32) {
    let theme = Theme::of(ui.ctx());
    let step = scale.step_secs();
    for (secs, x) in scale.marks() {
        let x = x.round();
        let faint = theme::mix(theme.panel, theme.line, 0.8);
        ui.painter().vline(x, top + 4.0..=bottom, Stroke::new(1.0, faint));
        let text = mark_text(secs, step);
        let font = theme::mono(size::CAPTION);
        text_at(ui, pos2(x + 5.0, top + 10.0), Align2::LEFT_CENTER, text, font, theme.muted);
    }
}

/// Which part of the run is shown, over the whole width.
#[expect(clippy::cast_possible_truncation, reason = "only for drawing")]
pub fn overview(painter: &Painter, range: (f64, f64), length: f64, rect: Rect) {
    let theme = Theme::of(painter.ctx());
    painter.rect_filled(rect, 2.0, theme.line);
    let x = |place: f64| rect.left() + rect.width() * (place / length) as f32;
    let left = x(range.0);
    let at = Rect::from_min_max(pos2(left, rect.top()), pos2(x(range.1).max(left + 6.0), rect.bottom()));
    painter.rect_filled(at, 2.0, theme.muted);
}
