//! A stroke that cuts wires, an end of a wire on its way to another node, and what a dragged node would come onto.

use egui::{Pos2, Rect, Shape, Stroke, Ui, vec2};

use super::picker::Picker;
use super::{Canvas, Drag, ink};
use crate::app::Picking;
use crate::base::NodeId;
use crate::gui::theme::Theme;
use crate::play::Graph;
use crate::scene::{Geometry, Kind};

/// How near to its end a wire is taken by that end, in units.
const END: f32 = 44.0;

/// In units of the scene.
#[derive(Clone, Debug)]
pub struct CutDrag {
    points: Vec<Pos2>,
    /// What the stroke has crossed so far.
    pub wires: Vec<u32>,
}

impl CutDrag {
    pub fn start(at: Pos2) -> Self {
        Self { points: vec![at], wires: Vec::new() }
    }

    pub fn to(&mut self, geometry: &Geometry, at: Pos2) {
        let Some(&last) = self.points.last() else { return };
        if (at - last).length_sq() < 1.0 {
            return;
        }
        self.points.push(at);
        for wire in geometry.wires_crossing(ink::point(last), ink::point(at)) {
            if !self.wires.contains(&wire) {
                self.wires.push(wire);
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct EndDrag {
    pub wire: u32,
    /// The end that moves is the one that the ball comes to.
    pub head: bool,
    pub over: Option<u32>,
}

impl EndDrag {
    pub const fn new(wire: u32, head: bool) -> Self {
        Self { wire, head, over: None }
    }
}

impl Canvas {
    /// Whether the wire is taken at its head (`Some(true)`) or at its tail there, or at neither.
    pub(super) fn end_at(&self, wire: u32, at: Pos2) -> Option<bool> {
        let path = self.geometry.wires().get(wire as usize)?;
        let reach = END.min(path.length / 3.0);
        let near = |end: Option<&crate::scene::Point>| end.is_some_and(|end| (ink::pos(*end) - at).length() < reach);
        let (tail, head) = (near(path.points.first()), near(path.points.last()));
        (tail != head).then_some(head)
    }

    /// A wire was let go over the empty field.
    pub(super) fn pick_at_pointer(&mut self, forward: bool, node: &NodeId) {
        let (Some(rect), Some(pointer)) = (self.rect, self.pointer) else { return };
        let at = self.view.scene_from_screen(rect, pointer);
        let picking = if forward { Picking::After(vec![node.clone()]) } else { Picking::Before(node.clone()) };
        // The new node's port comes to the pointer.
        let port = if forward { vec2(0.0, 24.0) } else { vec2(180.0, 24.0) };
        let place = super::corner(super::grid::snapped(at - port));
        self.picker = Some(Picker::new(picking, pointer + vec2(12.0, 12.0), Some(place)));
    }

    /// The stroke of a cut, the end that is on its way, and lines where what is dragged lines up with others.
    pub(super) fn paint_hints(&self, ui: &Ui, theme: &Theme, rect: Rect) {
        let painter = ui.painter_at(rect);
        let at = |p: Pos2| self.view.screen_from_scene(rect, p);
        match &self.drag {
            Drag::Cut(cut) => {
                let points: Vec<Pos2> = cut.points.iter().map(|p| at(*p)).collect();
                painter.extend(Shape::dashed_line(&points, Stroke::new(1.6, theme.error), 6.0, 4.0));
            }
            Drag::End(end) => {
                let path = self.geometry.wires().get(end.wire as usize);
                let fixed = path.and_then(|path| if end.head { path.points.first() } else { path.points.last() });
                if let (Some(fixed), Some(pointer)) = (fixed, self.pointer) {
                    let ends = [at(ink::pos(*fixed)), pointer];
                    painter.extend(Shape::dashed_line(&ends, Stroke::new(2.0, theme.accent), 8.0, 4.0));
                    painter.circle_filled(pointer, 4.5, theme.accent);
                }
            }
            Drag::Move(drag) if self.snaps() => {
                for (a, b) in self.geometry.guides(drag.lead()) {
                    painter.line_segment([at(ink::pos(a)), at(ink::pos(b))], Stroke::new(1.0, theme.accent));
                }
            }
            _ => {}
        }
    }
}

/// The wire that a node without wires of its own lies on.
pub fn loose_node_onto(geometry: &Geometry, graph: &Graph, node: u32) -> Option<u32> {
    let card = geometry.card(node);
    if !graph.into(node).is_empty() || !graph.out(node).is_empty() || matches!(card.kind, Kind::Snap | Kind::Pass) {
        return None;
    }
    geometry.wire_at(card.rect.centre(), 18.0)
}
