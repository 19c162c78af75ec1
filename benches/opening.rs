//! How long until a play of 10,000 nodes is on screen, and until the first window with the sample is; and the memory of
//! the program with 10,000 nodes open.
//!
//! Headless first. Then the real program on a virtual display, with the graphics driver of that: it needs Xvfb, and says
//! so where there is none. Needs an optimised build, as `cargo bench` makes it.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use chalktalk::app::Editor;
use chalktalk::gui::theme::Look;
use chalktalk::gui::{Ask, FileDialogs, Port, Window};
use eframe::egui::{self, Pos2, RawInput, Rect, vec2};

const N_NODES: u32 = 10_000;
const PATIENCE: Duration = Duration::from_mins(1);
const SIZE: (usize, usize) = (1600, 1000);

struct NoDialogs;

impl FileDialogs for NoDialogs {
    fn ask(&self, _: Ask, _: &Path, _: &egui::Context) -> Receiver<Option<std::path::PathBuf>> {
        channel().1
    }
}

/// Ends its process, however the bench ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A grid of calls and fan-outs: each leads to the next, every other one also to the row below.
fn text(places: bool) -> String {
    let columns = N_NODES.isqrt();
    let mut text = "play bench/1/opened {\n  snap n0\n".to_owned();
    for n in 1..N_NODES {
        let kind = if n % 2 == 0 { format!("fan-out n{n}") } else { format!("call n{n} = shop/1/step{n}") };
        let _ = writeln!(text, "  {kind}");
    }
    for n in 0..N_NODES - 1 {
        let _ = writeln!(text, "  n{n} -> n{}", n + 1);
        if n % 2 == 0 && n + columns < N_NODES {
            let _ = writeln!(text, "  n{n} -> n{}", n + columns);
        }
    }
    if places {
        text.push_str("  layout {\n");
        for n in 0..N_NODES {
            let _ = writeln!(text, "    n{n} {} {}", n % columns * 260, n / columns * 110);
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

/// From the text to two whole frames, the first of which has a size of nothing yet, in milliseconds.
fn headless(text: &str) -> f64 {
    let start = Instant::now();
    let ctx = egui::Context::default();
    let (to_runner, _to) = channel();
    let (_from, from_runner) = channel();
    let port = Port { to_runner, from_runner };
    let mut window = Window::new(&ctx, Editor::with_text(text), port, Box::new(NoDialogs), Look::Dark);
    for n in 0..2_u8 {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0))),
            time: Some(f64::from(n) / 60.0),
            focused: true,
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| window.frame(ui));
        output.textures_delta.clear();
        std::hint::black_box(ctx.tessellate(output.shapes, output.pixels_per_point));
    }
    start.elapsed().as_secs_f64() * 1e3
}

/// A virtual display whose picture is a file.
struct Display {
    _server: Process,
    name: String,
    picture: std::fs::File,
}

impl Display {
    fn new(folder: &Path) -> Option<Self> {
        let (width, height) = SIZE;
        let screen = format!("{width}x{height}x24");
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset", "-fbdir"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut line = String::new();
        BufReader::new(server.stdout.take()?).read_line(&mut line).ok()?;
        let picture = std::fs::File::open(folder.join("Xvfb_screen0")).ok()?;
        Some(Self { _server: Process(server), name: format!(":{}", line.trim()), picture })
    }

    /// How many different bytes a row of the picture has: one or two until something is drawn there.
    fn n_tones(&mut self, row: usize) -> usize {
        let mut bytes = vec![0; SIZE.0 * 4];
        // The picture is at the end of the file, after a head of some size.
        let back = i64::try_from((SIZE.1 - row) * SIZE.0 * 4).unwrap_or(0);
        let read = self.picture.seek(SeekFrom::End(-back)).and_then(|_| self.picture.read_exact(&mut bytes));
        if read.is_err() {
            return 0;
        }
        let mut seen = [false; 256];
        bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
        seen.iter().filter(|seen| **seen).count()
    }
}

/// Starts the program, and tells when its window was drawn, in milliseconds, and its memory a while later, in MB.
fn real(display: &mut Display, folder: &Path, file: Option<&Path>) -> Option<(f64, f64)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chalktalk"));
    command.args(file).env("DISPLAY", &display.name).env("HOME", folder).env("XDG_DATA_HOME", folder.join("data"));
    command.env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").env_remove("DBUS_SESSION_BUS_ADDRESS");
    command.current_dir(folder).env("LIBGL_ALWAYS_SOFTWARE", "1").stdout(Stdio::null()).stderr(Stdio::null());
    // The display has forgotten the window of the start before.
    std::thread::sleep(Duration::from_millis(500));
    let start = Instant::now();
    let program = Process(command.spawn().ok()?);
    // The tool bar, then the canvas.
    while display.n_tones(24) < 8 || display.n_tones(400) < 8 {
        if start.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let drawn = start.elapsed().as_secs_f64() * 1e3;
    std::thread::sleep(Duration::from_secs(3));
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.0.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kb: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some((drawn, kb / 1024.0))
}

/// A line of the table that `scripts/bench.sh` prints.
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn row(what: &str, measured: f64, limit: f64, unit: &str) -> bool {
    let verdict = if measured <= limit { "ok" } else { "MISSED" };
    let (measured, limit) = (format!("{measured:.0} {unit}"), format!("at most {limit:.0} {unit}"));
    println!("{what:<42} {measured:<30} {limit:<32} {verdict}");
    verdict == "ok"
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() -> std::process::ExitCode {
    let mut kept = true;
    for (places, what) in [(true, "open 10,000 nodes, headless"), (false, "open and arrange 10,000 nodes")] {
        let text = text(places);
        kept &= row(what, median((0..5).map(|_| headless(&text)).collect()), 500.0, "ms");
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let Some(mut display) = Display::new(folder.path()) else {
        eprintln!("Xvfb is missing: the real window was not measured");
        return std::process::ExitCode::from(u8::from(!kept));
    };
    let file = folder.path().join("large.play");
    std::fs::write(&file, text(true)).expect("the file can be written");
    // The first start reads the program and the driver from the disk.
    let starts = |display: &mut Display, file: Option<&Path>| -> Option<Vec<(f64, f64)>> {
        real(display, folder.path(), file)?;
        (0..3).map(|_| real(display, folder.path(), file)).collect()
    };
    let first = starts(&mut display, None).expect("the window opens");
    let large = starts(&mut display, Some(&file)).expect("the window opens");
    let (times, memory) = large.into_iter().unzip();
    kept &= row("first window, with the sample", median(first.into_iter().map(|start| start.0).collect()), 300.0, "ms");
    kept &= row("10,000 nodes on screen", median(times), 500.0, "ms");
    kept &= row("memory with 10,000 nodes open", median(memory), 400.0, "MB");
    std::process::ExitCode::from(u8::from(!kept))
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
