//! The pictures of cards, kept from frame to frame: most cards look as they did.
//!
//! Shapes are tessellated here, once; texts stay texts, for the atlas of their glyphs may grow before the frame ends.
//! Must never: show a picture that a fresh painting would not have given, but for a shift by whole pixels.

use std::sync::Arc;

use egui::epaint::{ClippedShape, Mesh, Tessellator};
use egui::{Context, Id, LayerId, Order, Painter, Pos2, Shape, Vec2};
use rustc_hash::FxHashMap;

use super::ink;
use super::paint::{DrawingTo, Paint};
use crate::gui::theme::Theme;
use crate::scene::{self, Lod, NodeMark, StateKind};

/// Parts of a pixel that are told apart: text and hairlines stand on whole ones.
const PHASES: f32 = 32.0;
/// Room for a caption under a card, in units.
const CAPTION: f32 = 24.0;

/// Pictures by node.
#[derive(Default)]
pub struct Kept {
    cards: FxHashMap<u32, Picture>,
    /// What is shown of them in this frame, in order.
    shown: Vec<u32>,
    /// No card covers another, so the meshes of all make one: many small ones cost more.
    is_one: bool,
    one: One,
    common: Option<Common>,
    /// How full the atlas of glyphs was. It fills up until it is emptied: laid out text then points at other glyphs.
    glyphs: f32,
    n_frames: u32,
}

/// What all pictures depend on.
#[derive(Clone, Copy, PartialEq)]
struct Common {
    zoom: f32,
    lod: Lod,
    pixels_per_point: f32,
    theme: &'static Theme,
    revision: Option<u64>,
}

/// What one picture depends on, beside the state of its node.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    size: scene::Vec2,
    phase: (u8, u8),
    is_selected: bool,
    is_bad: bool,
    is_hovered: bool,
    hover_port: Option<bool>,
    drawing_to: Option<DrawingTo>,
}

struct Picture {
    seen: Seen,
    mark: Option<NodeMark>,
    min: Pos2,
    shapes: Vec<Shape>,
    frame: u32,
}

/// The meshes of cards as one.
#[derive(Default)]
struct One {
    of: Vec<u32>,
    mesh: Arc<Mesh>,
    is_stale: bool,
}

impl Kept {
    /// Starts a frame: forgets what the frame before did not show, and all if the view or the glyphs are others.
    pub fn begin(&mut self, paint: &Paint<'_>, ctx: &Context, revision: Option<u64>) {
        let common = Common {
            zoom: paint.view.zoom,
            lod: paint.lod,
            pixels_per_point: ctx.pixels_per_point(),
            theme: paint.theme,
            revision,
        };
        #[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is of one lifetime only")]
        let glyphs = ctx.fonts(|fonts| fonts.font_atlas_fill_ratio());
        if glyphs < std::mem::replace(&mut self.glyphs, glyphs) || self.common != Some(common) {
            self.common = Some(common);
            self.cards.clear();
        }
        let last = self.n_frames;
        self.cards.retain(|_, picture| picture.frame == last);
        self.n_frames = last.wrapping_add(1);
        self.shown.clear();
        self.is_one = no_card_covers_another(paint);
    }

    /// Paints a card by `fresh`, or as it was painted before if nothing that it depends on has changed.
    pub fn paint(
        &mut self,
        paint: &Paint<'_>,
        painter: &Painter,
        node: u32,
        mark: Option<&NodeMark>,
        fresh: impl FnOnce(&Painter),
    ) {
        let pixels = painter.ctx().pixels_per_point();
        let card = paint.geometry.card(node).rect;
        let min = paint.at(card.min);
        let seen = Seen::of(paint, node, card.size(), phase(min, pixels));
        // What turns never looks the same twice.
        let turns = mark.is_some_and(|mark| matches!(mark.state, StateKind::Arrived | StateKind::Running));
        if let Some(picture) = self.cards.get_mut(&node)
            && !turns
            && picture.seen == seen
            && picture.mark.as_ref() == mark
        {
            self.one.is_stale |= picture.move_to(min, pixels);
            picture.frame = self.n_frames;
        } else if turns {
            fresh(painter);
            return;
        } else {
            let shapes = tessellated(painter, fresh);
            self.cards.insert(node, Picture { seen, mark: mark.cloned(), min, shapes, frame: self.n_frames });
            self.one.is_stale = true;
        }
        if self.is_one {
            self.shown.push(node);
        } else if let Some(picture) = self.cards.get(&node) {
            painter.extend(picture.shapes.iter().cloned());
        }
    }

    /// Ends a frame: paints what was put off, in order.
    pub fn finish(&mut self, painter: &Painter) {
        let Self { cards, shown, one, .. } = self;
        let shapes = || shown.iter().filter_map(|node| cards.get(node)).flat_map(|picture| &picture.shapes);
        if one.is_stale || one.of != *shown {
            one.is_stale = false;
            one.of.clone_from(shown);
            let all = ink::emptied(&mut one.mesh);
            for shape in shapes() {
                if let Shape::Mesh(mesh) = shape {
                    all.append_ref(mesh);
                }
            }
        }
        painter.add(Shape::Mesh(Arc::clone(&one.mesh)));
        painter.extend(shapes().filter(|shape| matches!(shape, Shape::Text(_))).cloned());
    }
}

impl Seen {
    fn of(paint: &Paint<'_>, node: u32, size: scene::Vec2, phase: (u8, u8)) -> Self {
        let marked = paint.marked;
        Self {
            size,
            phase,
            is_selected: marked.node_selected(node),
            is_bad: marked.is_bad(node),
            is_hovered: marked.hover_node == Some(node),
            hover_port: marked.hover_port.filter(|(at, _)| *at == node).map(|(_, at_right)| at_right),
            drawing_to: marked.drawing_to,
        }
    }
}

impl Picture {
    /// By whole pixels: its phase is the same. Whether it has moved.
    fn move_to(&mut self, min: Pos2, pixels: f32) -> bool {
        let by = ((min - self.min) * pixels).round() / pixels;
        if by == Vec2::ZERO {
            return false;
        }
        self.min += by;
        for shape in &mut self.shapes {
            match shape {
                Shape::Text(text) => text.pos += by,
                other => other.translate(by),
            }
        }
        true
    }
}

/// Captions under the cards included. Of many cards it takes none for granted.
fn no_card_covers_another(paint: &Paint<'_>) -> bool {
    const AT_MOST: usize = 200;
    let nodes = &paint.visible.nodes;
    let rect_of = |node: &u32| {
        let rect = paint.geometry.card(*node).rect;
        scene::Rect::new(rect.min, scene::Point::new(rect.max.x, rect.max.y + CAPTION))
    };
    nodes.len() <= AT_MOST
        && nodes.iter().enumerate().all(|(i, node)| {
            let rect = rect_of(node);
            nodes[..i].iter().all(|other| !rect_of(other).touches(&rect))
        })
}

/// What `fresh` paints, each run of shapes between texts as one mesh.
fn tessellated(painter: &Painter, fresh: impl FnOnce(&Painter)) -> Vec<Shape> {
    let ctx = painter.ctx();
    let layer = LayerId::new(Order::Background, Id::unique("a card's picture"));
    fresh(&painter.clone().with_layer_id(layer));
    let list = ctx.graphics_mut(|layers| std::mem::take(layers.entry(layer)));
    // Discs from the atlas of glyphs would have to know its size.
    let mut options = ctx.tessellation_options(|options| *options);
    options.prerasterized_discs = false;
    options.coarse_tessellation_culling = false;
    let mut tessellator = Tessellator::new(ctx.pixels_per_point(), options, [1, 1], Vec::new());
    let mut shapes = Vec::new();
    let mut mesh = Mesh::default();
    for ClippedShape { shape, .. } in list.all_entries() {
        if let Shape::Text(_) = shape {
            if !mesh.is_empty() {
                shapes.push(Shape::Mesh(Arc::new(std::mem::take(&mut mesh))));
            }
            shapes.push(shape.clone());
        } else {
            tessellator.tessellate_shape(shape.clone(), &mut mesh);
        }
    }
    if !mesh.is_empty() {
        shapes.push(Shape::Mesh(Arc::new(mesh)));
    }
    shapes
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a pixel")]
fn phase(min: Pos2, pixels: f32) -> (u8, u8) {
    let of = |v: f32| ((v * pixels).rem_euclid(1.0) * PHASES).round() as u8 % PHASES as u8;
    (of(min.x), of(min.y))
}
