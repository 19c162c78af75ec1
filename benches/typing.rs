//! The whole window, headless, while text is typed, and the checks that follow each key.
//!
//! The limits stand in the names: a key in the text pane of a play of 2,000 nodes takes 16 ms, with both frames that it
//! needs, the checks and the canvas in sync; the checks of 200 nodes take 50 ms.

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use chalktalk::app::{Command, Editor};
use chalktalk::gui::theme::Look;
use chalktalk::gui::{Ask, FileDialogs, Port, Window};
use chalktalk::{assist, check, lang};
use criterion::{Criterion, criterion_group, criterion_main};
use eframe::egui::{self, Event, RawInput, Rect, vec2};

struct NoDialogs;

impl FileDialogs for NoDialogs {
    fn ask(&self, _: Ask, _: &Path, _: &egui::Context) -> Receiver<Option<std::path::PathBuf>> {
        channel().1
    }
}

/// A chain of calls with a fan-out now and then, placed on a grid, and an expression for every tenth.
fn text(n_nodes: usize) -> String {
    let mut text = "play bench/1/typed {\n  snap n0\n".to_owned();
    for n in 1..n_nodes - 1 {
        let with = if n % 10 == 0 { " with ({a: ball.n})" } else { "" };
        let _ = writeln!(text, "  call n{n} = shop/1/step{n}  timeout 2s{with}");
    }
    let _ = writeln!(text, "  pass n{}\n", n_nodes - 1);
    for n in 1..n_nodes {
        let _ = writeln!(text, "  n{} -> n{n}", n - 1);
    }
    text.push_str("\n  layout {\n");
    for n in 0..n_nodes {
        let _ = writeln!(text, "    n{n} {} {}", n % 50 * 260, n / 50 * 110);
    }
    text.push_str("  }\n}\n");
    text
}

fn typing(c: &mut Criterion) {
    let ctx = egui::Context::default();
    let (to_runner, _to) = channel();
    let (_from, from_runner) = channel();
    let port = Port { to_runner, from_runner };
    let text = text(2_000);
    let mut window = Window::new(&ctx, Editor::with_text(&text), port, Box::new(NoDialogs), Look::Dark);
    let mut time = 0.0;
    let mut frame = |window: &mut Window, events: Vec<Event>| {
        time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, vec2(1600.0, 1000.0))),
            time: Some(time),
            focused: true,
            events,
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| window.frame(ui));
        output.textures_delta.clear();
        ctx.tessellate(output.shapes, output.pixels_per_point).len()
    };
    // In the middle of the statements, at the end of a line.
    let at = text.find("  call n1000 ").map_or(0, |at| at - 1);
    for _ in 0..5 {
        frame(&mut window, Vec::new());
    }
    window.apply(&ctx, Command::GoToText { session: 0, offset: u32::try_from(at).unwrap_or(0) });
    for _ in 0..20 {
        frame(&mut window, Vec::new());
    }
    let mut n = 0;
    let n_errors = |window: &Window| window.editor().session().text().len();
    let before = n_errors(&window);
    c.bench_function("typing, 2,000 nodes, text pane open (limit 16 ms)", |b| {
        b.iter(|| {
            // A comment grows and is cut again, so that the text stays as long as it is.
            n += 1;
            let event = if n % 2 == 1 {
                Event::Text("x".to_owned())
            } else {
                Event::Key {
                    key: egui::Key::Backspace,
                    physical_key: None,
                    pressed: true,
                    repeat: false,
                    modifiers: egui::Modifiers::NONE,
                }
            };
            frame(&mut window, vec![event]) + frame(&mut window, Vec::new())
        });
    });
    assert!(n > 0 && n_errors(&window).abs_diff(before) <= 1, "the keys came into the text");
}

fn checks(c: &mut Criterion) {
    let source = lang::parse(text(200));
    c.bench_function("checks, 200 nodes (limit 50 ms)", |b| b.iter(|| black_box(check::check(&source))));
    let wrong = lang::parse(text(200).replace("-> n1", "-> m1"));
    c.bench_function("checks, 200 nodes, 111 problems with fixes (limit 50 ms)", |b| {
        b.iter(|| black_box(check::check(&wrong)));
    });
    let large = lang::parse(text(2_000));
    let offset = u32::try_from(large.text.find("  n1000 -> n").unwrap_or(0) + 11).unwrap_or(0);
    let known = assist::Known::default();
    c.bench_function("completion, 2,000 nodes", |b| b.iter(|| black_box(assist::complete(&large, offset, &known))));
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, typing, checks);
criterion_main!(benches);
