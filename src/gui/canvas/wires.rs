//! Wires and their label chips.

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind};

use super::ink;
use super::paint::{Marked, Paint};
use super::view::View;
use crate::gui::theme::{self, Theme, size};
use crate::scene::{ChipKind, Lod, WireMark, WirePath, WireState};

/// The wires of the last frame, shown again as long as nothing that they depend on has changed.
#[derive(Default)]
pub struct Kept {
    of: Option<Of>,
    marks: Vec<WireMark>,
    selected: Vec<u32>,
    mesh: Arc<Mesh>,
}

#[derive(Clone, Copy, PartialEq)]
struct Of {
    revision: u64,
    canvas: Rect,
    view: View,
    lod: Lod,
    theme: &'static Theme,
    hover: Option<u32>,
}

impl Kept {
    /// Paints every visible wire. `revision` is that of the geometry, `None` if that moves.
    pub fn paint(&mut self, paint: &Paint<'_>, painter: &Painter, revision: Option<u64>) {
        let (canvas, view, lod, theme) = (paint.canvas, paint.view, paint.lod, paint.theme);
        let of = revision.map(|revision| Of { revision, canvas, view, lod, theme, hover: paint.marked.hover_wire });
        let is_same =
            of.is_some() && self.of == of && self.marks == paint.frame.wires && self.selected == paint.marked.wires;
        if !is_same {
            self.of = of;
            self.marks.clone_from(&paint.frame.wires);
            self.selected.clone_from(&paint.marked.wires);
            add_all(paint, ink::emptied(&mut self.mesh));
        }
        painter.add(Shape::Mesh(Arc::clone(&self.mesh)));
    }
}

/// How a wire is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Look {
    color: Color32,
    width: f32,
}

/// Adds every visible wire to `mesh`: the quiet ones first, so that what happens lies on top.
fn add_all(paint: &Paint<'_>, mesh: &mut Mesh) {
    let mut marks = paint.frame.wires.iter().peekable();
    let mut loud = Vec::new();
    for &wire in &paint.visible.wires {
        let state = match marks.next_if(|mark| mark.wire == wire) {
            Some(mark) => mark.state,
            None => WireState::Idle,
        };
        if state == WireState::Idle && !paint.marked.wire(wire) {
            add(paint, mesh, wire, look(paint, wire, state));
        } else {
            loud.push((wire, state));
        }
    }
    loud.sort_by_key(|(wire, state)| (paint.marked.wire(*wire), *state == WireState::Hot));
    for (wire, state) in loud {
        add(paint, mesh, wire, look(paint, wire, state));
    }
}

fn look(paint: &Paint<'_>, wire: u32, state: WireState) -> Look {
    let theme = paint.theme;
    let (color, width) = match state {
        WireState::Idle => (theme.wire, 1.7),
        WireState::Hot => (theme.accent, 2.2),
        WireState::Done => (theme.ok, 2.0),
        WireState::Missed => (theme::mix(theme.wire, theme.error, 0.75), 1.7),
    };
    let is_error = paint.geometry.wire(wire).chip.as_ref().is_some_and(|chip| chip.kind == ChipKind::Error);
    let color = if is_error && state == WireState::Done { theme.error } else { color };
    match paint.marked {
        Marked { hover_wire: Some(hovered), .. } if *hovered == wire && !paint.marked.wire_selected(wire) => {
            Look { color: theme::mix(color, theme.text, 0.35), width: width + 0.6 }
        }
        _ if paint.marked.wire_selected(wire) => Look { color: theme.accent, width: width + 1.4 },
        _ => Look { color, width },
    }
}

fn add(paint: &Paint<'_>, mesh: &mut Mesh, wire: u32, look: Look) {
    let path = paint.geometry.wire(wire);
    let width = (look.width * paint.view.zoom.max(0.35)).clamp(0.9, 5.0);
    match paint.lod {
        // Tiny: the ends of the curves are enough.
        Lod::Block if path.curves.len() == 1 => {
            let (a, b) = (path.curves[0].start(), path.curves[0].end());
            ink::line(mesh, [paint.at(a), paint.at(b)].into_iter(), width, look.color);
        }
        Lod::Block => {
            let ends: Vec<Pos2> = ends(path).map(|p| paint.at(p)).collect();
            ink::line(mesh, ends.iter().copied(), width, look.color);
        }
        _ if paint.view.zoom <= 1.6 => {
            ink::line(mesh, path.points.iter().map(|p| paint.at(*p)), width, look.color);
        }
        _ => {
            let fine: Vec<Pos2> = fine(path).map(|p| paint.at(p)).collect();
            ink::line(mesh, fine.iter().copied(), width, look.color);
        }
    }
}

fn ends(path: &WirePath) -> impl Iterator<Item = crate::scene::Point> + '_ {
    path.curves
        .first()
        .map(crate::scene::Cubic::start)
        .into_iter()
        .chain(path.curves.iter().map(crate::scene::Cubic::end))
}

fn fine(path: &WirePath) -> impl Iterator<Item = crate::scene::Point> + '_ {
    const STEPS: u16 = 40;
    path.curves
        .iter()
        .enumerate()
        .flat_map(|(i, curve)| (u16::from(i > 0)..=STEPS).map(|step| curve.at(f32::from(step) / f32::from(STEPS))))
}

/// The label chips of visible wires.
pub fn chips(paint: &Paint<'_>, painter: &Painter) {
    let theme = paint.theme;
    for &wire in &paint.visible.wires {
        let Some(chip) = &paint.geometry.wire(wire).chip else { continue };
        let rect = paint.rect(chip.rect);
        let color = theme.of_chip(chip.kind);
        let line = if paint.marked.wire(wire) { theme.accent } else { theme.card_line };
        let radius = rect.height() / 2.0;
        painter.rect(rect, radius, theme.panel2, Stroke::new(1.0, line), StrokeKind::Inside);
        let room = rect.width() - 10.0 * paint.view.zoom;
        let galley = paint.elided(painter, &chip.text, theme::mono(paint.font(size::CAPTION)), room);
        let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
        painter.galley(at, galley, color);
    }
}

/// A sign on each wire that no scenario sent a ball along: colour alone does not say it.
pub fn missed(paint: &Paint<'_>, painter: &Painter) {
    let theme = paint.theme;
    for mark in paint.frame.wires.iter().filter(|mark| mark.state == WireState::Missed) {
        let wire = paint.geometry.wire(mark.wire);
        // Beside the label, which stands in the middle.
        let part = if wire.chip.is_some() { 0.8 } else { 0.5 };
        let at = paint.at(wire.at(part).0);
        let side = 15.0 * paint.view.zoom.clamp(0.6, 1.4);
        painter.circle(at, side * 0.62, theme.field, Stroke::new(1.0, theme.error));
        super::super::icons::Icon::Cross.paint(
            painter,
            Rect::from_center_size(at, egui::Vec2::splat(side * 0.62)),
            theme.error,
        );
    }
}

/// The wire that is being drawn, from a port to the pointer or to a node that would take it.
pub fn loose(paint: &Paint<'_>, painter: &Painter, curve: &crate::scene::Cubic, valid: bool) {
    let mut mesh = Mesh::default();
    let points: Vec<Pos2> = (0..=32_u8).map(|i| paint.at(curve.at(f32::from(i) / 32.0))).collect();
    let color = if valid { paint.theme.accent } else { theme::mix(paint.theme.field, paint.theme.accent, 0.65) };
    ink::line(&mut mesh, points.iter().copied(), (2.2 * paint.view.zoom).clamp(1.2, 4.0), color);
    painter.add(Shape::mesh(mesh));
    if let Some(end) = points.last() {
        painter.circle_filled(*end, 4.0, color);
    }
}
