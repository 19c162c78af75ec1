//! The whole window, headless, while a person drags and selects in a play of 5,000 nodes, all of them visible, with the
//! text pane open.
//!
//! The limit stands in the names: a frame with a move of the pointer takes 16 ms.

use std::fmt::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use chalktalk::app::{Command, Editor};
use chalktalk::gui::canvas::View;
use chalktalk::gui::theme::Look;
use chalktalk::gui::{Ask, FileDialogs, Port, Window};
use chalktalk::play::Graph;
use chalktalk::scene::Geometry;
use criterion::{Criterion, criterion_group, criterion_main};
use eframe::egui::{self, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};

/// The part of a window of 1600x1000 that is the canvas.
const CANVAS: Rect = Rect { min: pos2(232.0, 48.0), max: pos2(1180.0, 778.0) };
const N_NODES: usize = 5_000;
const COLUMNS: usize = 70;

struct NoDialogs;

impl FileDialogs for NoDialogs {
    fn ask(&self, _: Ask, _: &Path, _: &egui::Context) -> Receiver<Option<std::path::PathBuf>> {
        channel().1
    }
}

/// Calls on a grid: each leads to the next, every other one also to the row below.
fn text() -> String {
    let mut text = "play bench/1/gestures {\n  snap n0\n".to_owned();
    for n in 1..N_NODES {
        let kind = if n % 2 == 0 { format!("fan-out n{n}") } else { format!("call n{n} = shop/1/step{n}") };
        let _ = writeln!(text, "  {kind}");
    }
    for n in 0..N_NODES - 1 {
        let _ = writeln!(text, "  n{n} -> n{}", n + 1);
        if n % 2 == 0 && n + COLUMNS < N_NODES {
            let _ = writeln!(text, "  n{n} -> n{}", n + COLUMNS);
        }
    }
    text.push_str("  layout {\n");
    for n in 0..N_NODES {
        let _ = writeln!(text, "    n{n} {} {}", n % COLUMNS * 260, n / COLUMNS * 190);
    }
    text.push_str("  }\n}\n");
    text
}

struct Stage {
    ctx: egui::Context,
    window: Window,
    time: f64,
}

impl Stage {
    fn new(text: &str) -> Self {
        let ctx = egui::Context::default();
        let (to_runner, _) = channel();
        let (_, from_runner) = channel();
        let port = Port { to_runner, from_runner };
        let window = Window::new(&ctx, Editor::with_text(text), port, Box::new(NoDialogs), Look::Dark);
        let mut stage = Self { ctx, window, time: 0.0 };
        for _ in 0..20 {
            stage.frame(Vec::new());
        }
        stage
    }

    fn frame(&mut self, events: Vec<Event>) -> usize {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0))),
            time: Some(self.time),
            focused: true,
            events,
            ..RawInput::default()
        };
        let mut output = self.ctx.run_ui(input, |ui| self.window.frame(ui));
        output.textures_delta.clear();
        self.ctx.tessellate(output.shapes, output.pixels_per_point).len()
    }

    fn button(&mut self, pos: Pos2, pressed: bool) {
        let button = PointerButton::Primary;
        self.frame(vec![Event::PointerMoved(pos)]);
        self.frame(vec![Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE }]);
    }

    fn n_selected(&self) -> usize {
        self.window.editor().session().selection().nodes.len()
    }

    /// Frames in which the pointer goes to and fro, 60 points away at most.
    fn measure(&mut self, c: &mut Criterion, name: &str, from: Pos2) {
        let mut n = 0_u8;
        c.bench_function(name, |b| {
            b.iter(|| {
                n = (n + 1) % 60;
                self.frame(vec![Event::PointerMoved(from + vec2(f32::from(n) + 5.0, f32::from(n / 2) + 5.0))])
            });
        });
    }
}

fn gestures(c: &mut Criterion) {
    let text = text();
    let source = chalktalk::lang::parse(text.clone());
    let play = source.doc.plays().next().expect("the text is a play").1;
    let geometry = Geometry::new(play, &Graph::new(play));
    // As the window fits it when it shows it first.
    let bounds = geometry.bounds();
    let bounds = Rect::from_min_max(pos2(bounds.min.x, bounds.min.y), pos2(bounds.max.x, bounds.max.y)).expand(12.0);
    let view = View::fitting(CANVAS, bounds);
    let centre = geometry.card(u32::try_from(N_NODES / 2 + COLUMNS / 2).unwrap_or(0)).rect.centre();
    let at = view.screen_from_scene(CANVAS, pos2(centre.x, centre.y));

    let mut stage = Stage::new(&text);
    stage.button(at, true);
    stage.measure(c, "dragging one of 5,000 nodes (limit 16 ms)", at);
    assert_eq!(stage.n_selected(), 1, "a card was hit");
    stage.button(at + vec2(40.0, 30.0), false);
    assert_ne!(stage.window.editor().session().text(), text, "it was dragged");

    let mut stage = Stage::new(&text);
    stage.window.apply(&stage.ctx, Command::SelectAll);
    stage.frame(Vec::new());
    stage.button(at, true);
    stage.measure(c, "dragging all of 5,000 nodes (limit 16 ms)", at);
    assert_eq!(stage.n_selected(), N_NODES, "all were dragged");

    let mut stage = Stage::new(&text);
    let corner = CANVAS.min + vec2(6.0, 6.0);
    stage.button(corner, true);
    let across = CANVAS.max - vec2(70.0, 70.0);
    stage.measure(c, "a box over 5,000 nodes (limit 16 ms)", across);
    assert!(stage.n_selected() > N_NODES / 2, "the box holds most: {}", stage.n_selected());
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, gestures);
criterion_main!(benches);
