//! The real program in a real window on a virtual display, driven by real mouse and key events.
//!
//! Not part of a plain `cargo test`: it needs Xvfb, xdotool and ImageMagick, see `scripts/window-test.sh`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(feature = "gui")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use chalktalk::gui::canvas::View;
use chalktalk::play::{Document, Entry, Graph, Item, Place, Stmt, ron};
use chalktalk::scene::Geometry;
use eframe::egui::{Pos2, Rect, pos2};

/// How long anything may take on a slow machine with a software driver.
const PATIENCE: Duration = Duration::from_secs(60);
/// The part of a window of 1600x1000 that is the canvas.
const CANVAS: Rect = Rect { min: pos2(232.0, 48.0), max: pos2(1180.0, 738.0) };

/// Ends its process when the test ends, however it ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Stage {
    app: Process,
    _display_server: Process,
    display: String,
    home: PathBuf,
}

impl Stage {
    /// Starts the program with no file on a fresh display, in a fresh home.
    fn new(home: &Path) -> Self {
        // Without -noreset the server starts anew, deaf for a moment, whenever the last program goes: here
        // between xdotool's question and the program's start.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed: apt-get install xvfb");
        let mut line = String::new();
        let mut said = BufReader::new(server.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let display = format!(":{}", line.trim());
        let server = Process(server);
        until("the display answers", || {
            let asked = Command::new("xdotool").arg("getdisplaygeometry").env("DISPLAY", &display).output();
            asked.expect("xdotool is installed: apt-get install xdotool").status.success().then_some(())
        });
        let app = program(home).env("DISPLAY", &display).stdout(Stdio::null()).spawn().unwrap();
        let stage = Self { app: Process(app), _display_server: server, display, home: home.to_owned() };
        let pid = stage.app.0.id().to_string();
        let window = until("the window is there", || {
            let found = stage.tool("xdotool", &["search", "--onlyvisible", "--pid", &pid]);
            String::from_utf8_lossy(&found.stdout).lines().last().map(str::to_owned)
        });
        // There is no window manager that would give it the focus.
        stage.xdotool(&["windowfocus", &window]);
        stage.xdotool(&["sleep", "1"]);
        stage
    }

    fn tool(&self, name: &str, args: &[&str]) -> Output {
        let output = Command::new(name).args(args).env("DISPLAY", &self.display).output();
        output.unwrap_or_else(|error| panic!("{name} is installed: {error}"))
    }

    fn xdotool(&self, args: &[&str]) {
        let output = self.tool("xdotool", args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn click(&self, at: Pos2) {
        let (x, y) = (at.x.round().to_string(), at.y.round().to_string());
        self.xdotool(&["mousemove", &x, &y, "sleep", "0.1", "click", "1", "sleep", "0.2"]);
    }

    fn drag(&self, from: Pos2, to: Pos2) {
        let text = |at: Pos2| (at.x.round().to_string(), at.y.round().to_string());
        let ((x, y), (x2, y2)) = (text(from), text(to));
        let (mx, my) = text(from + (to - from) * 0.5);
        self.xdotool(&["mousemove", &x, &y, "sleep", "0.1", "mousedown", "1", "sleep", "0.1"]);
        self.xdotool(&["mousemove", &mx, &my, "sleep", "0.1", "mousemove", &x2, &y2, "sleep", "0.2", "mouseup", "1"]);
    }

    fn key(&self, keys: &str) {
        self.xdotool(&["key", keys, "sleep", "0.3"]);
    }

    fn screenshot(&self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        let shot = self.tool("import", &["-window", "root", &path.display().to_string()]);
        assert!(shot.status.success(), "ImageMagick is installed: apt-get install imagemagick");
        path
    }

    /// What the journal keeps of the last run, as text.
    fn journal_of_last_run(&self) -> String {
        let runs = program(&self.home).args(["runs", "--format", "json"]).output().unwrap();
        let runs: serde_json::Value = serde_json::from_slice(&runs.stdout).unwrap();
        let run = runs[0]["run"].as_str().unwrap().to_owned();
        let shown = program(&self.home).args(["show", &run, "--format", "json"]).output().unwrap();
        String::from_utf8(shown.stdout).unwrap()
    }

    /// What the journal says of the last run: its state.
    fn run_state(&self) -> Option<String> {
        let output = program(&self.home).args(["runs", "--format", "json"]).output().unwrap();
        let runs: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        Some(runs.get(0)?.get("status")?.as_str()?.to_lowercase())
    }
}

fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chalktalk"));
    command.current_dir(home).env("HOME", home).env("XDG_DATA_HOME", home.join("data"));
    command.env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").env_remove("DBUS_SESSION_BUS_ADDRESS");
    command
}

/// Waits until `found` finds something; another program's doing cannot be waited for in any other way.
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "in vain waited until {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn sample() -> Document {
    ron::from_ron(include_str!("../plays/checkout.ron")).unwrap()
}

/// Where the middle of a node is on the screen when the whole play is shown, and how large a unit is there.
fn on_screen(doc: &Document, node: &str) -> (Pos2, f32) {
    let (_, play) = doc.plays().next().unwrap();
    let graph = Graph::new(play);
    let geometry = Geometry::new(play, &graph);
    let all = geometry.bounds();
    let bounds = Rect::from_min_max(pos2(all.min.x, all.min.y), pos2(all.max.x, all.max.y)).expand(12.0);
    let view = View::fitting(CANVAS, bounds);
    let middle = geometry.card(graph.find(node).unwrap()).rect.centre();
    (view.screen_from_scene(CANVAS, pos2(middle.x, middle.y)), view.zoom)
}

fn place<'d>(doc: &'d mut Document, node: &str) -> &'d mut Place {
    let bodies = doc.items.iter_mut().filter_map(|line| match &mut line.kind {
        Item::Play(play) => Some(&mut play.body),
        _ => None,
    });
    let mut layouts = bodies.flatten().filter_map(|line| match &mut line.kind {
        Stmt::Layout(places) => Some(places),
        _ => None,
    });
    let at = |entry: &'d mut Entry| match entry {
        Entry::Node(place) if place.id.as_str() == node => Some(place),
        _ => None,
    };
    layouts.find_map(|entries| entries.iter_mut().find_map(at)).unwrap()
}

#[test]
fn the_sample_is_changed_run_to_its_end_and_saved() {
    let home = tempfile::tempdir().unwrap();
    let stage = Stage::new(home.path());
    let mut doc = sample();

    // Run it: the ball parks at the signal, and a click on its button lets it go on to the pass.
    let (approve, zoom) = on_screen(&doc, "approve");
    stage.click(pos2(300.0, 100.0));
    stage.key("space");
    until("the run has started", || stage.run_state());
    let send = approve + eframe::egui::vec2(0.0, (29.0 + 26.0) * zoom + 13.0);
    let mut shot = false;
    until("the run has passed", || {
        if !std::mem::replace(&mut shot, true) {
            stage.screenshot("window-running.png");
        }
        stage.click(send);
        stage.run_state().filter(|state| state == "passed")
    });
    stage.xdotool(&["sleep", "2"]);
    stage.screenshot("window-run.png");
    let journal = stage.journal_of_last_run();
    assert!(journal.contains("SignalUsed") && journal.contains("shipped"), "the signal let the ball go on: {journal}");

    // Move a node with the mouse.
    let (gift, zoom) = on_screen(&doc, "gift");
    stage.drag(gift, gift + eframe::egui::vec2(0.0, -30.0 * zoom));

    // Save it under a new name, by the path field: there is no desktop portal here.
    let path = home.path().join("mine.ron");
    stage.key("ctrl+s");
    stage.key("ctrl+a");
    stage.xdotool(&["type", "--delay", "20", &path.display().to_string()]);
    stage.key("Return");
    until("the file is there", || path.exists().then_some(()));
    stage.screenshot("window-saved.png");
    let mut saved = ron::from_ron(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let before = place(&mut doc, "gift").clone();
    let after = std::mem::replace(place(&mut saved, "gift"), before.clone());
    assert!(after.y < before.y && (after.x - before.x).abs() < 16, "{before:?} {after:?}");
    assert_eq!(saved, doc, "only the node's place has changed");

    // Nothing is unsaved, so it closes without a question.
    stage.key("ctrl+q");
    let mut stage = stage;
    let status = until("the window has closed", || stage.app.0.try_wait().unwrap());
    assert!(status.success(), "{status}");
}
