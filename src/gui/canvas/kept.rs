//! The pictures of cards, kept from frame to frame: most cards look as they did.
//!
//! Shapes are tessellated here, once; texts stay texts, for the atlas of their glyphs may grow before the frame ends.
//! Must never: show a picture that a fresh painting would not have given, but for a shift by whole pixels.

use std::sync::Arc;

use egui::epaint::{ClippedShape, Mesh, Tessellator};
use egui::{Color32, Context, FontId, Galley, Id, LayerId, Order, Painter, Pos2, Shape, Vec2};
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
    /// Text that is laid out in every frame: another one only if the atlas of glyphs was emptied, so that all other
    /// laid out text points at nothing.
    sentinel: Option<Arc<Galley>>,
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
#[expect(clippy::struct_excessive_bools, reason = "each changes the picture by itself")]
struct Seen {
    size: scene::Vec2,
    phase: (u8, u8),
    is_selected: bool,
    is_bad: bool,
    is_entrance: bool,
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
        let text = ctx.fonts_mut(|fonts| fonts.layout_no_wrap(".".to_owned(), FontId::default(), Color32::PLACEHOLDER));
        let old = self.sentinel.replace(Arc::clone(&text));
        if !old.is_some_and(|old| Arc::ptr_eq(&old, &text)) || self.common != Some(common) {
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
            is_entrance: marked.is_entrance(node),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use egui::epaint::{ClippedPrimitive, Primitive, Vertex, WHITE_UV};
    use egui::{pos2, vec2};
    use proptest::prelude::*;

    use super::super::bench::primitives;
    use super::super::{Canvas, Run, Subject, View, headless_canvas};
    use super::*;
    use crate::app::Selection;
    use crate::base::{BallId, RunMicros};
    use crate::event::{Event, Payload, Recorded, Started, WireRef};
    use crate::play::{Graph, Play};

    const SIZE: Vec2 = vec2(900.0, 700.0);

    #[derive(Clone, Debug)]
    enum Step {
        /// By points of the screen.
        Pan(i8, i8),
        Zoom(f32),
        Time(u64),
        Select(u32),
        Bad(u32),
        Run(bool),
        EmptyAtlas,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => (-40i8..40, -40i8..40).prop_map(|(x, y)| Step::Pan(x, y)),
            1 => (0.3f32..1.5).prop_map(Step::Zoom),
            3 => (0u64..400).prop_map(Step::Time),
            2 => (0u32..11).prop_map(Step::Select),
            1 => (0u32..11).prop_map(Step::Bad),
            1 => any::<bool>().prop_map(Step::Run),
            1 => Just(Step::EmptyAtlas),
        ];
        proptest::collection::vec(step, 1..8)
    }

    /// A ball has left the snap for the first call.
    fn view(play: &Play) -> crate::replay::View {
        let started = Started::new("r".into(), play.coord.clone());
        let wire = WireRef { from: "order".into(), to: "validate".into(), nth: 0 };
        let events = [
            Event::Started(Box::new(started)),
            Event::Snapped { ball: BallId(0), node: "order".into(), payload: Payload::default(), signal: None },
            Event::Moved { ball: BallId(0), wire, payload: None },
        ];
        let mut view = crate::replay::View::default();
        for (seq, event) in (0..).zip(events) {
            view.apply(&Recorded { seq, at: RunMicros(0), event });
        }
        view
    }

    fn fill_atlas(ctx: &Context) {
        let fill = || ctx.fonts_mut(|fonts| fonts.font_atlas_fill_ratio());
        let mut size = 60.0;
        while fill() <= 0.8 {
            let text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".to_owned();
            drop(ctx.fonts_mut(|fonts| fonts.layout_no_wrap(text, FontId::proportional(size), Color32::WHITE)));
            size += 1.0;
            assert!(size < 400.0, "the atlas fills up: {}", fill());
        }
    }

    /// What a picture shows, less what rounding may decide: the vertices of its text, and by colour how much is painted
    /// in it, and where.
    #[derive(Default)]
    struct Shown {
        text: Vec<Vertex>,
        paint: BTreeMap<[u8; 4], (f32, Vec2)>,
    }

    impl Shown {
        fn of(primitives: &[ClippedPrimitive]) -> Self {
            let mut shown = Self::default();
            for primitive in primitives {
                let Primitive::Mesh(mesh) = &primitive.primitive else { continue };
                shown.text.extend(mesh.vertices.iter().filter(|vertex| vertex.uv != WHITE_UV));
                for corners in mesh.triangles().map(|corners| corners.map(|corner| mesh.vertices[corner as usize])) {
                    let [a, b, c] = corners.map(|corner| corner.pos.to_vec2());
                    let area = ((b - a).rot90().dot(c - a) / 2.0).abs();
                    for corner in corners.iter().filter(|corner| corner.uv == WHITE_UV) {
                        let (all, places) = shown.paint.entry(corner.color.to_array()).or_default();
                        *all += area;
                        *places += (a + b + c) * area / 3.0;
                    }
                }
            }
            shown
        }

        /// Shapes that stand on half a pixel may be rounded to either side, and sharp corners be cut off or not.
        fn is_like(&self, other: &Self) -> Result<(), TestCaseError> {
            prop_assert_eq!(self.text.len(), other.text.len());
            for (one, other) in self.text.iter().zip(&other.text) {
                prop_assert_eq!((one.color, one.uv), (other.color, other.uv));
                prop_assert!((one.pos - other.pos).abs().max_elem() < 1.05, "{one:?} is not {other:?}");
            }
            prop_assert!(self.paint.keys().eq(other.paint.keys()), "the same colours");
            for ((color, one), other) in self.paint.iter().zip(other.paint.values()) {
                let slack = 12.0 + one.0 * 0.02;
                prop_assert!((one.0 - other.0).abs() < slack, "{color:?} covers {} and not {}", one.0, other.0);
                let off = (one.1 / one.0.max(1.0) - other.1 / other.0.max(1.0)).length();
                prop_assert!(one.0 < 50.0 || off < 4.0, "{color:?} is {off} off");
            }
            Ok(())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_kept_looks_as_if_painted_anew(steps in steps()) {
            let source = crate::lang::parse(include_str!("../../../plays/checkout.play"));
            let play = source.doc.plays().next().unwrap().1;
            let (graph, run) = (Graph::new(play), view(play));
            let (ctx, mut canvas) = headless_canvas();
            let mut at = View { origin: pos2(-20.0, -10.0), zoom: 0.9 };
            let (mut time, mut shows_run, mut selection, mut bad) = (0, true, Selection::default(), Vec::new());
            canvas.shown = true;
            for step in std::iter::once(Step::Time(0)).chain(steps) {
                match step {
                    Step::Pan(x, y) => at.pan(vec2(f32::from(x), f32::from(y))),
                    Step::Zoom(zoom) => at.zoom = zoom,
                    Step::Time(ms) => time = ms,
                    Step::Select(node) => selection = Selection::node(graph.node(play, node).id.clone()),
                    Step::Bad(node) => bad = vec![graph.node(play, node).id.clone()],
                    Step::Run(shown) => shows_run = shown,
                    Step::EmptyAtlas => fill_atlas(&ctx),
                }
                let run = Run { view: &run, time: RunMicros::from_ms(time), is_running: true, is_live: false };
                let subject = Subject {
                    play,
                    graph: &graph,
                    revision: 1,
                    selection: &selection,
                    run: shows_run.then_some(run),
                    read_only: false,
                    bad_nodes: &bad,
                    entrances: &[],
                };
                canvas.look(at);
                let kept = Shown::of(&primitives(&ctx, &mut canvas, &subject, SIZE, 1.0));
                let mut anew = Canvas { view: at, shown: true, ..Canvas::default() };
                kept.is_like(&Shown::of(&primitives(&ctx, &mut anew, &subject, SIZE, 1.0)))?;
            }
        }
    }
}
