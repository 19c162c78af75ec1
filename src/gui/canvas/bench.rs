//! The canvas without a window, for benchmarks and tests.

use egui::epaint::{ClippedPrimitive, Primitive};
use egui::{CentralPanel, Context, FullOutput, RawInput, Rect, Vec2};

use super::{Canvas, Subject};
use crate::app::Command;
use crate::gui::theme::Look;

/// A context dressed as the window's, and a canvas.
pub fn headless_canvas() -> (Context, Canvas) {
    let ctx = Context::default();
    crate::gui::dress(&ctx, Look::Dark);
    (ctx, Canvas::default())
}

/// Layout, painting and tessellation of one frame; the number of triangles, so that nothing is optimised away.
pub fn paint_headless(ctx: &Context, canvas: &mut Canvas, subject: &Subject<'_>, size: Vec2, time: f64) -> usize {
    let primitives = primitives(ctx, canvas, subject, size, time);
    primitives
        .iter()
        .map(|primitive| match &primitive.primitive {
            Primitive::Mesh(mesh) => mesh.indices.len() / 3,
            Primitive::Callback(_) => 0,
        })
        .sum()
}

/// One frame as it goes to the graphics card.
pub(super) fn primitives(
    ctx: &Context,
    canvas: &mut Canvas,
    subject: &Subject<'_>,
    size: Vec2,
    time: f64,
) -> Vec<ClippedPrimitive> {
    let input = RawInput {
        screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, size)),
        time: Some(time),
        ..RawInput::default()
    };
    let mut commands: Vec<Command> = Vec::new();
    let FullOutput { shapes, pixels_per_point, mut textures_delta, .. } = ctx.run_ui(input, |ui| {
        CentralPanel::no_frame().show(ui, |ui| canvas.ui(ui, subject, &mut commands));
    });
    // There is no graphics card that would want them.
    textures_delta.clear();
    ctx.tessellate(shapes, pixels_per_point)
}
