//! The window's frame: hear the runner, let time pass, draw the panels, then apply what they asked for.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use egui::{Frame, Key, Panel, Ui, ViewportCommand};

use super::canvas::{self, Canvas};
use super::dialogs::{Answer, Ask, FileDialogs, PathDialog};
use super::dock::{Dock, Pane};
use super::export::ExportDialog;
use super::finder::Finder;
use super::keys;
use super::levels;
use super::name_part::NamePart;
use super::palette::{self, PalettePanel};
use super::panels::{EventsPanel, InputDialog, OutlinePanel, RunsPanel, SidePanel, TimelinePanel};
use super::question;
use super::settings::Settings;
use super::theme::{Look, Theme, space};
use super::toasts;
use super::toolbar;
use crate::app::port::{FromRunner, ToRunner};
use crate::app::{Command, Editor, Export, Gesture, NeedsRepaint, Question, Request};
use crate::base::NodeId;
use crate::play::ops;

/// The two ends of the runner's channels that the window holds.
pub struct Port {
    pub to_runner: Sender<ToRunner>,
    pub from_runner: Receiver<FromRunner>,
}

/// A play's item, whether a run of it is replayed, and how many plays are above it.
type Fitted = (Option<usize>, bool, usize);

/// The whole window.
pub struct Window {
    pub(super) editor: Editor,
    port: Port,
    dialogs: Box<dyn FileDialogs>,
    path_dialog: Option<PathDialog>,
    questions: VecDeque<Question>,
    pub(super) settings: Settings,
    /// What is on disk of them, and where.
    pub(super) kept: Option<(PathBuf, Settings)>,
    pub(super) dock: Dock,
    pub(super) welcome: bool,
    pub(super) canvas: Canvas,
    /// Which play the canvas was fitted to.
    fitted_to: Option<Fitted>,
    /// The session that the canvas shows, and the canvases of the other tabs.
    canvas_of: u64,
    parked: BTreeMap<u64, (Canvas, Option<Fitted>)>,
    /// To be brought into view once the canvas has been drawn.
    pub(super) reveal: Option<NodeId>,
    palette: PalettePanel,
    pub(super) side: SidePanel,
    outline: OutlinePanel,
    levels: levels::Entrances,
    pub(super) timeline: TimelinePanel,
    events: EventsPanel,
    pub(super) runs: RunsPanel,
    pub(super) input: InputDialog,
    pub(super) name_part: NamePart,
    pub(super) finder: Finder,
    pub(super) export: ExportDialog,
    /// What a path is being asked for.
    exporting: Option<Export>,
    /// Which bookmark comes next.
    pub(super) bookmark: usize,
    may_close: bool,
    title: String,
}

impl Window {
    pub fn new(ctx: &egui::Context, editor: Editor, port: Port, dialogs: Box<dyn FileDialogs>, look: Look) -> Self {
        super::dress(ctx, look);
        Self {
            editor,
            port,
            dialogs,
            path_dialog: None,
            questions: VecDeque::new(),
            settings: Settings { look, ..Settings::default() },
            kept: None,
            dock: Dock::default(),
            welcome: false,
            canvas: Canvas::default(),
            fitted_to: None,
            canvas_of: 0,
            parked: BTreeMap::new(),
            reveal: None,
            palette: PalettePanel::default(),
            side: SidePanel::default(),
            outline: OutlinePanel::default(),
            levels: levels::Entrances::default(),
            timeline: TimelinePanel::default(),
            events: EventsPanel::default(),
            runs: RunsPanel::default(),
            input: InputDialog::default(),
            name_part: NamePart::default(),
            finder: Finder::default(),
            export: ExportDialog::default(),
            exporting: None,
            bookmark: 0,
            may_close: false,
            title: String::new(),
        }
    }

    pub const fn editor(&self) -> &Editor {
        &self.editor
    }

    /// Points on the screen for a unit of the canvas.
    pub fn zoom(&self) -> f32 {
        self.canvas.zoom()
    }

    /// Applies a command as if a panel had asked for it.
    pub fn apply(&mut self, ctx: &egui::Context, command: Command) {
        for request in self.editor.apply(command) {
            self.change_tab();
            self.fulfil(ctx, request);
        }
        self.change_tab();
    }

    /// Each tab has a canvas of its own, with its own view.
    fn change_tab(&mut self) {
        let shown = self.editor.session().id();
        if self.canvas_of == shown {
            return;
        }
        let (canvas, fitted_to) = self.parked.remove(&shown).unwrap_or_default();
        let left = (std::mem::replace(&mut self.canvas, canvas), std::mem::replace(&mut self.fitted_to, fitted_to));
        self.parked.insert(std::mem::replace(&mut self.canvas_of, shown), left);
        let open: Vec<u64> = self.editor.sessions().iter().map(crate::app::Session::id).collect();
        self.parked.retain(|id, _| open.contains(id));
    }

    /// One frame. `eframe` calls it, and so do tests.
    pub fn frame(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        self.hear(&ctx);
        self.change_tab();
        let dt_secs = ctx.input(|input| input.unstable_dt);
        if self.editor.tick(dt_secs) == NeedsRepaint::Yes {
            let watch = self.editor.session().watch();
            let replays = watch.is_some_and(|watch| watch.playback().is_playing() && !watch.playback().is_following());
            ctx.request_repaint_after(Duration::from_millis(if replays { 15 } else { 33 }));
        }
        for request in self.editor.owed() {
            self.fulfil(&ctx, request);
        }
        if let Some(secs) = self.editor.wake_in_secs() {
            ctx.request_repaint_after(Duration::from_secs_f32(secs + 0.05));
        }
        let mut commands: Vec<Command> = ctx.input(|input| {
            let dropped = input.raw.dropped_files.iter().map(|file| file.path().to_owned());
            dropped.map(Command::OpenPath).collect()
        });
        self.shortcuts(&ctx, &mut commands);
        self.panels(ui, &mut commands);
        self.look_around(&ctx);
        self.dialogs(&ctx, &mut commands);
        self.close_requested(&ctx, &mut commands);
        if !commands.is_empty() {
            ctx.request_repaint();
        }
        for command in commands {
            self.apply(&ctx, command);
        }
        self.name_window(&ctx);
        self.keep_settings(&ctx);
    }

    /// What the runner said; of a long record so much that the frame is not late for it.
    fn hear(&mut self, ctx: &egui::Context) {
        const MAX_EVENTS: usize = 8192;
        let mut n_events = 0;
        while n_events < MAX_EVENTS
            && let Ok(message) = self.port.from_runner.try_recv()
        {
            if let FromRunner::Events { events, .. } = &message {
                n_events += events.len();
            }
            self.editor.receive(message);
        }
        if n_events >= MAX_EVENTS {
            ctx.request_repaint();
        }
    }

    /// Asks what is really there, now and then, while the palette is seen.
    fn look_around(&mut self, ctx: &egui::Context) {
        if ctx.input(|input| input.viewport().minimized == Some(true)) {
            return;
        }
        if let Some(request) = self.editor.look_around() {
            self.fulfil(ctx, request);
        }
        if let Some(secs) = self.editor.asks_again_in() {
            ctx.request_repaint_after(Duration::from_secs_f32(secs + 0.05));
        }
    }

    fn panels(&mut self, ui: &mut Ui, out: &mut Vec<Command>) {
        let theme = Theme::of(ui.ctx());
        let bare = Frame::new().fill(theme.panel);
        Panel::top("top bar").exact_size(space::TOP_BAR).frame(bare).show(ui, |ui| {
            let clicked = toolbar::ui(ui, &self.editor, self.settings.look, out);
            match clicked {
                Some(toolbar::Ask::Input) => self.input.open(self.editor.session().input()),
                Some(toolbar::Ask::Runs) => out.push(Command::ShowRuns),
                None => {}
            }
        });
        self.side.update(self.editor.session());
        let mut field = ui.available_rect_before_wrap();
        let mut dock = std::mem::take(&mut self.dock);
        let problems = self.side.badge(theme);
        let played = SidePanel::scenarios_badge(self.editor.session(), theme);
        let badge = |pane: Pane| match pane {
            Pane::Problems => Some(problems.clone()),
            Pane::Scenarios => played.clone(),
            _ => None,
        };
        egui::CentralPanel::no_frame().show(ui, |ui| {
            dock.ui(ui, &badge, &mut |ui, pane| {
                if pane == Pane::Field {
                    field = ui.max_rect();
                }
                self.pane_ui(ui, pane, out);
            });
        });
        self.dock = dock;
        toasts::ui(ui.ctx(), self.editor.toasts(), field, out);
    }

    fn pane_ui(&mut self, ui: &mut Ui, pane: Pane, out: &mut Vec<Command>) {
        let session = self.editor.session();
        match pane {
            Pane::Field => self.field_ui(ui, out),
            Pane::Palette => {
                let subject = palette::Subject {
                    doc: session.doc(),
                    revision: session.revision(),
                    formation: session.formation(),
                    editable: session.shown().is_some_and(|shown| shown.editable),
                    place: self.canvas.place_for_new(),
                    discovery: self.editor.discovery(),
                };
                self.palette.ui(ui, &subject, out);
            }
            Pane::Timeline if self.runs.is_open() => self.runs.ui(ui, &self.editor, out),
            Pane::Timeline => self.timeline.ui(ui, &self.editor, self.canvas.hovered(session).as_ref(), out),
            Pane::Events => self.events.ui(ui, &self.editor, out),
            Pane::Text => self.side.text_ui(ui, &self.editor, out),
            Pane::Inspector => self.side.inspector_ui(ui, &self.editor, out),
            Pane::Formation => self.side.formation_ui(ui, &self.editor, out),
            Pane::Problems => self.side.problems_ui(ui, &self.editor, out),
            Pane::Scenarios => SidePanel::scenarios_ui(ui, &self.editor, out),
            Pane::Outline => self.outline.ui(ui, &self.editor, out),
        }
    }

    /// The canvas with what floats on it.
    fn field_ui(&mut self, ui: &mut Ui, out: &mut Vec<Command>) {
        if self.welcome {
            self.welcome = !super::welcome::ui(ui, &self.settings.recent, out);
            return;
        }
        let session = self.editor.session();
        let Some(shown) = session.shown() else {
            super::panels::no_play(ui, out);
            return;
        };
        let fitted_to = Some(session.picture());
        if self.fitted_to != fitted_to {
            self.fitted_to = fitted_to;
            self.canvas.forget();
        }
        let bad_nodes = self.side.bad_nodes(session);
        let run = shown.run.map(|watch| canvas::Run {
            view: watch.view(),
            time: watch.playback().shown_time(),
            is_running: watch.playback().is_playing() && !(watch.film().is_finished() && at_end(watch)),
            is_live: watch.is_running(),
        });
        let subject = canvas::Subject {
            play: shown.play,
            graph: shown.graph,
            revision: session.revision(),
            selection: session.selection(),
            run,
            read_only: !shown.editable,
            bad_nodes,
            entrances: self.levels.entrances(&self.editor),
        };
        self.canvas.point_out(self.timeline.hovered.as_ref());
        self.canvas.underline(self.timeline.critical_nodes(shown.run));
        self.canvas.hide_notes(self.settings.hides_notes);
        self.canvas.cover(self.editor.coverage_shown().cloned());
        self.canvas.ui(ui, &subject, out);
        super::panels::broken_text(ui, shown.broken);
        if let Some(node) = self.reveal.take() {
            self.canvas.reveal(shown.graph, &node);
            ui.ctx().request_repaint();
        }
        self.canvas.floats(ui, &subject, session, out);
        toolbar::field_tools(ui, &self.canvas, session, out);
        levels::ui(ui, &self.editor, out);
        if self.settings.minimap
            && let Some(view) = super::minimap::ui(ui, &self.canvas, ui.max_rect())
        {
            self.canvas.look(view);
        }
    }

    fn shortcuts(&mut self, ctx: &egui::Context, out: &mut Vec<Command>) {
        if self.path_dialog.is_some()
            || !self.questions.is_empty()
            || self.input.is_open()
            || self.name_part.is_open()
            || self.finder.is_open()
            || self.export.is_open()
        {
            return;
        }
        let typing = ctx.text_edit_focused();
        let in_text_pane = SidePanel::text_has_focus(ctx);
        // A canvas that is busy takes Escape for itself; a focused control takes Space and Enter.
        let busy = self.canvas.is_busy();
        let focused = !typing && ctx.memory(|memory| memory.focused().is_some()) && !self.canvas.has_focus(ctx);
        let pressed: Vec<_> = ctx.input(|input| keys::pressed(&input.events).collect());
        for (shortcut, key, modifiers) in pressed {
            let field_has_it = typing && !in_text_pane && modifiers.command && matches!(key, Key::Z | Key::A | Key::Y);
            let control_has_it = focused && matches!(key, Key::Space | Key::Enter) && !self.canvas.has_pointer();
            if field_has_it || control_has_it || (busy && matches!(key, Key::Escape | Key::Enter)) || key == Key::Space
            {
                continue;
            }
            if let Some(command) = self.editor.command_for(shortcut, typing) {
                ctx.input_mut(|input| input.consume_key(modifiers, key));
                out.push(command);
            } else if !typing {
                self.canvas_key(key, modifiers, out);
            }
        }
        if !typing {
            self.canvas.clipboard(ctx, out);
        }
        self.space_bar(ctx, typing, focused, out);
    }

    /// Space starts a run when it is let go, so that it can be held for panning.
    fn space_bar(&mut self, ctx: &egui::Context, typing: bool, focused: bool, out: &mut Vec<Command>) {
        let released = ctx.input(|input| input.key_released(Key::Space));
        if !released {
            return;
        }
        let used = std::mem::take(&mut self.canvas.space_used);
        let control_has_it = focused && !self.canvas.has_pointer();
        if !typing && !used && !control_has_it {
            out.extend(self.editor.command_for(crate::app::Shortcut::plain(crate::app::Key::Space), false));
        }
    }

    /// Keys of the canvas alone: 1 to 7 make nodes.
    fn canvas_key(&self, key: Key, modifiers: egui::Modifiers, out: &mut Vec<Command>) {
        let session = self.editor.session();
        let editable = session.shown().is_some_and(|shown| shown.editable);
        if !editable || modifiers.any() {
            return;
        }
        let number = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7];
        if let Some(i) = number.iter().position(|number| *number == key)
            && self.canvas.has_pointer()
        {
            let kind = ops::palette()[i].clone();
            out.push(Command::Edit(Gesture::AddNode { kind, at: self.canvas.place_for_new(), from: None }));
        }
    }

    fn dialogs(&mut self, ctx: &egui::Context, out: &mut Vec<Command>) {
        if let Some(dialog) = &mut self.path_dialog
            && let Some(answer) = dialog.ui(ctx)
        {
            self.path_dialog = None;
            match answer {
                Answer::Chosen(Ask::Open, path) => out.push(Command::OpenPath(path)),
                Answer::Chosen(Ask::SaveAs, path) => out.push(Command::SaveTo(path)),
                Answer::Chosen(Ask::Export, path) => {
                    let export = self.exporting.take();
                    out.extend(export.map(|export| Command::ExportTo { export, path, over: false }));
                }
                Answer::Cancelled => {}
            }
        }
        if let Some(asked) = self.questions.front() {
            match question::ui(ctx, asked) {
                question::Reply::Waiting => {}
                question::Reply::Dismissed => drop(self.questions.pop_front()),
                question::Reply::Command(command) => {
                    self.questions.pop_front();
                    out.push(command);
                }
            }
        }
        self.input.ui(ctx, out);
        self.name_part.ui(ctx, out);
        self.finder.ui(ctx, &self.editor, out);
        self.export.ui(ctx, &self.editor, out);
    }

    pub(super) fn fulfil(&mut self, ctx: &egui::Context, request: Request) {
        match request {
            Request::PickOpen => {
                let start = self.editor.session().path().map(PathBuf::from).unwrap_or_default();
                self.path_dialog = Some(PathDialog::new(Ask::Open, &start, &*self.dialogs, ctx));
            }
            Request::PickSave { suggested } => {
                self.path_dialog = Some(PathDialog::new(Ask::SaveAs, &suggested, &*self.dialogs, ctx));
            }
            Request::PickExport { suggested, export } => {
                self.exporting = Some(export);
                self.path_dialog = Some(PathDialog::new(Ask::Export, &suggested, &*self.dialogs, ctx));
            }
            Request::Ask(question) => self.questions.push_back(question),
            Request::Runner(message) => {
                if self.port.to_runner.send(message).is_err() {
                    self.editor.receive(FromRunner::Failed {
                        message: "the runner has stopped: save your work and start Chalktalk again".into(),
                    });
                }
            }
            Request::View(view) => self.change_view(ctx, view),
            Request::Quit => {
                self.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    fn close_requested(&self, ctx: &egui::Context, out: &mut Vec<Command>) {
        if ctx.input(|input| input.viewport().close_requested()) && !self.may_close && !self.editor.can_close() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            out.push(Command::Quit);
        }
    }

    fn name_window(&mut self, ctx: &egui::Context) {
        let session = self.editor.session();
        let dirty = if session.is_dirty() { "• " } else { "" };
        let run = toolbar::run_words(session).map(|words| format!("{words} – ")).unwrap_or_default();
        let title = format!("{dirty}{run}{} – Chalktalk", session.name());
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

fn at_end(watch: &crate::app::Watch) -> bool {
    watch.playback().shown_time() >= watch.film().end()
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.frame(ui);
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        self.settings.look.theme().field.to_normalized_gamma_f32()
    }
}
