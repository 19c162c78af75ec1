//! A window without a display, with a runner and a file dialog that the test plays.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use chalktalk::app::port::{FromRunner, ToRunner};
use chalktalk::app::{Command, Editor, registry};
use chalktalk::gui::theme::Look;
use chalktalk::gui::{Ask, FileDialogs, Port, Window, dress};
use chalktalk::play::{Formation, Node, NodeKind, Play};
use eframe::egui::{self, Event, Key, Modifiers, PointerButton, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{AccessKitNode, NodeT as _, Queryable as _};

/// Answers every dialog with the same path.
#[derive(Clone, Default)]
pub struct Desk {
    pub answer: Rc<RefCell<Option<PathBuf>>>,
}

impl FileDialogs for Desk {
    fn ask(&self, _ask: Ask, _start: &Path, _ctx: &egui::Context) -> Receiver<Option<PathBuf>> {
        let (sender, receiver) = channel();
        let _ = sender.send(self.answer.borrow().clone());
        receiver
    }
}

pub struct Stage {
    pub harness: Harness<'static, Option<Window>>,
    pub to_runner: Orders,
    pub from_runner: Sender<FromRunner>,
    pub desk: Desk,
}

/// What the window sends to the runner. Questions about what is there come by themselves, and are kept apart.
pub struct Orders {
    all: Receiver<ToRunner>,
    asked: RefCell<Vec<(u64, Option<Formation>, bool)>>,
}

impl Orders {
    pub fn try_recv(&self) -> Result<ToRunner, TryRecvError> {
        loop {
            match self.all.try_recv()? {
                ToRunner::Discover { number, formation, far } => self.asked.borrow_mut().push((number, formation, far)),
                other => return Ok(other),
            }
        }
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Vec<(u64, Option<Formation>, bool)> {
        assert!(self.try_recv().is_err(), "something else was sent first");
        self.asked.take()
    }
}

pub const PLAY: &str = "// Two calls.
play shop/1/two {
  snap start
  call first = shop/1/first  timeout 2s
  call second = shop/1/second
  pass done

  start -> first
  second -> done

  layout { start 0 100, first 160 94, second 420 94, done 680 100 }
}
";

impl Stage {
    pub fn new(text: &str) -> Self {
        let (to, to_runner) = channel();
        let (from_runner, from) = channel();
        let desk = Desk::default();
        let mut port = Some(Port { to_runner: to, from_runner: from });
        let (dialogs, text) = (desk.clone(), text.to_owned());
        let harness = Harness::builder()
            .with_size(egui::vec2(1600.0, 1000.0))
            .with_max_steps(60)
            .with_context_setup(|ctx| dress(ctx, Look::Dark))
            .build_ui_state(
                move |ui, window: &mut Option<Window>| {
                    let window = window.get_or_insert_with(|| {
                        let ctx = ui.ctx().clone();
                        let port = port.take().expect("the window is made once");
                        let mut window = Window::new(&ctx, Editor::new(), port, Box::new(dialogs.clone()), Look::Dark);
                        window.apply(&ctx, Command::EditText(text.clone()));
                        window
                    });
                    window.frame(ui);
                },
                None,
            );
        let to_runner = Orders { all: to_runner, asked: RefCell::default() };
        let mut stage = Self { harness, to_runner, from_runner, desk };
        stage.settle();
        stage
    }

    pub fn window(&self) -> &Window {
        self.harness.state().as_ref().expect("the first frame made it")
    }

    pub fn editor(&self) -> &Editor {
        self.window().editor()
    }

    pub fn play(&self) -> &Play {
        self.editor().session().play().expect("the text has a play")
    }

    pub fn node(&self, id: &str) -> Option<&Node> {
        self.play().body.iter().find_map(|line| match &line.kind {
            chalktalk::play::Stmt::Node(node) if node.id.as_str() == id => Some(node),
            _ => None,
        })
    }

    pub fn ids_of(&self, keyword: &str) -> Vec<String> {
        let nodes = self.play().body.iter().filter_map(|line| match &line.kind {
            chalktalk::play::Stmt::Node(node) if node.kind.keyword() == keyword => Some(node.id.to_string()),
            _ => None,
        });
        nodes.collect()
    }

    pub fn wired(&self, from: &str, to: &str) -> bool {
        let graph = self.editor().session().graph();
        let (Some(from), Some(to)) = (graph.find(from), graph.find(to)) else { return false };
        graph.out(from).iter().any(|wire| graph.wire(*wire).to == to)
    }

    pub fn place(&self, id: &str) -> Option<(i32, i32)> {
        self.play().body.iter().find_map(|line| match &line.kind {
            chalktalk::play::Stmt::Layout(places) => {
                let mut places = places.iter().filter_map(chalktalk::play::Entry::place);
                places.find(|place| place.id.as_str() == id).map(|place| (place.x, place.y))
            }
            _ => None,
        })
    }

    pub fn text(&self) -> &str {
        self.editor().session().text()
    }

    /// A few frames: enough for what a click sets off and for views to fly.
    pub fn settle(&mut self) {
        self.harness.run_steps(20);
    }

    pub fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.settle();
    }

    /// Clicks on the first of several that are labelled so.
    pub fn click_first(&mut self, label: &str) {
        let first = self.harness.get_all_by_label(label).next();
        first.expect("there is one").click();
        self.settle();
    }

    /// Chooses a command from the palette, by its id in the registry. `tests/commands.rs` counts these.
    pub fn choose(&mut self, id: &str) {
        let entry = registry::entries().find(|entry| entry.id == id).expect("the registry has it");
        self.key(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::P);
        self.harness.event(Event::Text(entry.title.to_owned()));
        self.settle();
        let shortcut = entry.shortcut().map(|shortcut| format!(", {shortcut}")).unwrap_or_default();
        let row = format!("command {}{shortcut}", entry.title);
        let disabled = self.harness.get_by_label(&row).accesskit_node().is_disabled();
        assert!(!disabled, "{id} cannot be used now");
        self.click(&row);
    }

    /// Where a node is on the screen.
    pub fn node_rect(&self, name: &str) -> Rect {
        let is_it = |node: &AccessKitNode<'_>| {
            let label = node.label().unwrap_or_default();
            label == name || label.starts_with(&format!("{name},"))
        };
        self.harness.get_by(|node| is_it(node)).rect()
    }

    pub fn click_at(&mut self, at: Pos2) {
        self.press(at, Modifiers::NONE);
        self.release(at, Modifiers::NONE);
        self.settle();
    }

    /// Clicks on these nodes, with Shift from the second on.
    pub fn select(&mut self, names: &[&str]) {
        for (i, name) in names.iter().enumerate() {
            let modifiers = if i == 0 { Modifiers::NONE } else { Modifiers::SHIFT };
            let at = self.node_rect(name).center();
            self.press(at, modifiers);
            self.release(at, modifiers);
            self.settle();
        }
    }

    pub fn press(&mut self, at: Pos2, modifiers: Modifiers) {
        self.harness.hover_at(at);
        self.harness.step();
        let event = Event::PointerButton { pos: at, button: PointerButton::Primary, pressed: true, modifiers };
        self.harness.event_modifiers(event, modifiers);
        self.harness.step();
    }

    pub fn release(&mut self, at: Pos2, modifiers: Modifiers) {
        let event = Event::PointerButton { pos: at, button: PointerButton::Primary, pressed: false, modifiers };
        self.harness.event_modifiers(event, modifiers);
        self.harness.step();
    }

    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.press(from, Modifiers::NONE);
        for part in [0.1_f32, 0.4, 0.8, 1.0] {
            self.harness.hover_at(from + (to - from) * part);
            self.harness.step();
        }
        self.release(to, Modifiers::NONE);
        self.settle();
    }

    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Puts text into a field in place of what is there, and leaves it by Enter.
    pub fn fill(&mut self, label: &str, text: &str) {
        self.type_into(label, text);
        self.key(Modifiers::NONE, Key::Enter);
    }

    pub fn type_into(&mut self, label: &str, text: &str) {
        self.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, label).focus();
        self.settle();
        self.key(Modifiers::COMMAND, Key::A);
        self.harness.event(Event::Text(text.to_owned()));
        self.settle();
    }

    pub fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    pub fn has_containing(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    pub fn apply(&mut self, command: Command) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().as_mut().expect("the first frame made it").apply(&ctx, command);
        self.settle();
    }

    pub fn hear(&mut self, message: FromRunner) {
        self.from_runner.send(message).expect("the window is there");
        self.settle();
    }
}

pub fn is_call(node: Option<&Node>) -> bool {
    node.is_some_and(|node| matches!(node.kind, NodeKind::Call(_)))
}
