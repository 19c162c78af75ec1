//! What all painters of the canvas share: the picture, the view, and how to get from units to points.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, FontId, Galley, Painter, Pos2, Rect};

use super::ink;
use super::view::View;
use crate::gui::theme::Theme;
use crate::scene::{Frame, Geometry, Lod, Point, Visible};

/// One picture of the canvas.
pub struct Paint<'a> {
    pub theme: &'static Theme,
    pub canvas: Rect,
    pub view: View,
    pub lod: Lod,
    pub geometry: &'a Geometry,
    pub visible: &'a Visible,
    pub frame: &'a Frame,
    pub marked: &'a Marked,
    /// Seconds, for what turns and breathes.
    pub time: f64,
}

/// What is selected, pointed at or wanted as the end of a wire, by the graph's numbers. Kept for its buffers.
#[derive(Clone, Debug, Default)]
pub struct Marked {
    /// Ascending.
    pub nodes: Vec<u32>,
    /// Ascending.
    pub wires: Vec<u32>,
    /// Ascending.
    pub notes: Vec<u32>,
    pub hover_note: Option<u32>,
    /// Ascending.
    pub frames: Vec<u32>,
    pub hover_frame: Option<u32>,
    pub hover_node: Option<u32>,
    pub hover_wire: Option<u32>,
    /// A port under the pointer: its node, and whether it is the one at the right.
    pub hover_port: Option<(u32, bool)>,
    /// A wire is being drawn: nodes that would take it are lit.
    pub drawing_to: Option<DrawingTo>,
    /// Nodes with an error, ascending.
    pub bad_nodes: Vec<u32>,
    /// Nodes behind which a play stands, ascending.
    pub entrances: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawingTo {
    pub from: u32,
    /// The wire is drawn forward, to ports at the left.
    pub forward: bool,
}

impl Marked {
    pub fn node_selected(&self, node: u32) -> bool {
        self.nodes.binary_search(&node).is_ok()
    }

    pub fn wire_selected(&self, wire: u32) -> bool {
        self.wires.binary_search(&wire).is_ok()
    }

    /// Something that can be clicked is under the pointer.
    pub const fn hovers(&self) -> bool {
        self.hover_node.is_some()
            || self.hover_wire.is_some()
            || self.hover_note.is_some()
            || self.hover_frame.is_some()
    }

    /// Selected or under the pointer.
    pub fn wire(&self, wire: u32) -> bool {
        self.hover_wire == Some(wire) || self.wire_selected(wire)
    }

    pub fn is_bad(&self, node: u32) -> bool {
        self.bad_nodes.binary_search(&node).is_ok()
    }

    pub fn is_entrance(&self, node: u32) -> bool {
        self.entrances.binary_search(&node).is_ok()
    }
}

impl Paint<'_> {
    pub fn at(&self, p: Point) -> Pos2 {
        self.view.screen_from_scene(self.canvas, ink::pos(p))
    }

    pub fn rect(&self, r: crate::scene::Rect) -> Rect {
        Rect::from_min_max(self.at(r.min), self.at(r.max))
    }

    /// A font's size on the screen, in half points so that the glyphs of a smooth zoom stay few.
    pub fn font(&self, units: f32) -> f32 {
        ((units * self.view.zoom * 2.0).round() / 2.0).max(4.0)
    }

    /// Text of at most `room` points, ended by an ellipsis where it is longer, to be painted in any colour.
    #[expect(clippy::unused_self, reason = "reads as the other measures of a picture do")]
    pub fn elided(&self, painter: &Painter, text: &str, font: FontId, room: f32) -> Arc<Galley> {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), font, Color32::PLACEHOLDER);
        job.wrap = TextWrapping::truncate_at_width(room.max(1.0));
        painter.layout_job(job)
    }
}
