//! What a person does to the view alone: zoom, panels, theme, size of text, bookmarks; and that it is kept.

use std::path::PathBuf;

use super::canvas::{Subject, View as Place};
use super::dock::{Dock, Pane};
use super::settings::{Bookmark, Settings};
use super::theme::{self, Look};
use super::window::Window;
use crate::app::{Command, Request, Session, Sketch, View};

const SCALES: [f32; 8] = [0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0];

impl Window {
    /// Keeps unsaved work and the view in the data folder, and takes up what an earlier program left there. With
    /// `reopens`, the files that were open the last time.
    pub fn keep_in(&mut self, ctx: &egui::Context, data: PathBuf, reopens: bool) {
        let (settings, word) = Settings::load(&data);
        let is_new = word.is_none() && settings == Settings::default();
        self.kept = Some((data.clone(), settings.clone()));
        self.dock = Dock::new(&settings.arranged);
        let open = settings.open.clone();
        self.settings = settings;
        self.set_look(ctx, self.settings.look);
        theme::set_still(ctx, self.settings.reduced_motion);
        ctx.set_zoom_factor(self.settings.text_scale);
        if reopens {
            for path in open.into_iter().filter(|path| path.exists()) {
                self.apply(ctx, Command::OpenPath(path));
            }
        }
        let mut requests: Vec<Request> = Vec::new();
        self.editor.keep_drafts_in(data, &mut requests);
        if let Some(word) = word {
            self.editor.tell(&word, None);
        } else if is_new && reopens {
            self.editor.tell("new here? F1 shows the examples and a tour", Some(Command::Welcome));
        }
        for request in requests {
            self.fulfil(ctx, request);
        }
    }

    pub fn set_look(&mut self, ctx: &egui::Context, look: Look) {
        self.settings.look = look;
        theme::install(ctx, look);
    }

    pub(super) fn change_view(&mut self, ctx: &egui::Context, view: View) {
        const STEP: f32 = 1.25;
        match view {
            View::Fit => self.canvas.fit(),
            View::ZoomIn => self.canvas.zoom_by(Some(STEP)),
            View::ZoomOut => self.canvas.zoom_by(Some(1.0 / STEP)),
            View::ZoomReset => self.canvas.zoom_by(None),
            View::ZoomToSelection => {
                let session = self.editor.session();
                if let Some(shown) = session.shown() {
                    self.canvas.fit_selection(shown.graph, session.selection());
                }
            }
            View::ToggleTextPane => {
                let text = self.dock.is_shown(Pane::Text);
                self.dock.show(if text { Pane::Inspector } else { Pane::Text });
            }
            View::ToggleTheme => self.set_look(ctx, self.settings.look.next()),
            View::ToggleMinimap => self.settings.minimap = !self.settings.minimap,
            View::ToggleNotes => self.settings.hides_notes = !self.settings.hides_notes,
            View::ToggleMotion => {
                self.settings.reduced_motion = !self.settings.reduced_motion;
                theme::set_still(ctx, self.settings.reduced_motion);
            }
            View::ScaleText(by) => self.scale_text(ctx, by),
            View::ShowFormation => self.dock.show(Pane::Formation),
            View::ShowProblems => self.dock.show(Pane::Problems),
            View::Export => self.export.open(&self.editor, self.settings.look),
            View::ShowScenarios => self.dock.show(Pane::Scenarios),
            View::ShowOutline => self.dock.show(Pane::Outline),
            View::ShowInspector => self.dock.show(Pane::Inspector),
            View::ShowText { offset } => {
                self.dock.show(Pane::Text);
                self.side.show_text(offset);
            }
            View::ResetPanels => self.dock = Dock::default(),
            View::ShowRuns => {
                self.runs.toggle();
                self.dock.show(Pane::Timeline);
            }
            View::Reveal(node) => {
                self.welcome = false;
                self.reveal = Some(node);
            }
            View::Entered { card } => self.canvas.enter(card, self.editor.session().depth()),
            View::Left { card } => self.canvas.leave(card, self.editor.session().depth()),
            View::Find { commands_only } => self.finder.open(commands_only),
            View::Sketch(Sketch::Head) => {
                self.dock.show(Pane::Inspector);
                if let Some(play) = self.editor.session().play() {
                    super::panels::focus_coordinate(ctx, play);
                }
            }
            View::Sketch(Sketch::NamePart { nodes, name }) => self.name_part.open(nodes, name),
            View::Sketch(sketch) => {
                // What is written is to be seen.
                self.settings.hides_notes &= !matches!(sketch, Sketch::NewNote(_) | Sketch::Note(_));
                let session = self.editor.session();
                if let Some(shown) = session.shown() {
                    let subject = Subject {
                        play: shown.play,
                        graph: shown.graph,
                        revision: session.revision(),
                        selection: session.selection(),
                        run: None,
                        read_only: !shown.editable,
                        bad_nodes: &[],
                        entrances: &[],
                    };
                    self.canvas.sketch(ctx, &subject, sketch);
                }
            }
            View::EditInput => self.input.open(self.editor.session().input()),
            View::Welcome => self.welcome = !self.welcome,
            View::ShowTimeline => self.show_timeline(),
            View::ShowEvents => self.dock.show(Pane::Events),
            View::JumpTo => {
                self.show_timeline();
                self.timeline.ask_where();
            }
            View::Slider(zoom) => {
                if let Some(watch) = self.editor.session().watch() {
                    self.timeline.zoom(zoom, watch);
                }
            }
            View::ToggleCritical => self.timeline.toggle_critical(),
            View::AddBookmark => self.add_bookmark(),
            View::NextBookmark => self.next_bookmark(),
        }
        ctx.request_repaint();
    }

    fn show_timeline(&mut self) {
        if self.runs.is_open() {
            self.runs.toggle();
        }
        self.dock.show(Pane::Timeline);
    }

    fn scale_text(&mut self, ctx: &egui::Context, by: i8) {
        let now = SCALES.iter().position(|scale| *scale >= self.settings.text_scale - 0.01).unwrap_or(2);
        let next = match by {
            0 => 1.0,
            1.. => SCALES[(now + 1).min(SCALES.len() - 1)],
            _ => SCALES[now.saturating_sub(1)],
        };
        self.settings.text_scale = next;
        ctx.set_zoom_factor(next);
    }

    /// Named after what is selected, else by number.
    fn add_bookmark(&mut self) {
        let session = self.editor.session();
        let Some(play) = session.play().map(|play| play.coord.to_string()) else { return };
        let key = key_of(session);
        let list = self.settings.bookmarks.get(&key);
        let named = session.selection().single_node().map(ToString::to_string);
        let name = named.unwrap_or_else(|| format!("place {}", list.map_or(0, Vec::len) + 1));
        let view = self.canvas.view();
        let told = format!("bookmarked {name}: Ctrl+Shift+B goes from one place to the next");
        let mark = Bookmark { name, play, x: view.origin.x, y: view.origin.y, zoom: view.zoom };
        self.settings.mark(&key, mark);
        self.editor.tell(&told, None);
    }

    /// The one after the place that is shown, in the order in which they were made.
    fn next_bookmark(&mut self) {
        let session = self.editor.session();
        let list = self.settings.bookmarks.get(&key_of(session)).map(Vec::as_slice).unwrap_or_default();
        if list.is_empty() {
            self.editor.tell("this play has no bookmarks yet: Ctrl+B makes one of what is shown", None);
            return;
        }
        let next = self.bookmark % list.len();
        self.bookmark = next + 1;
        let mark = list[next].clone();
        let item = session.doc().plays().find(|(_, play)| play.coord.to_string() == mark.play).map(|(item, _)| item);
        let Some(item) = item else {
            let told = format!("the play {} of the bookmark {} is gone", mark.play, mark.name);
            self.editor.tell(&told, None);
            return;
        };
        if session.item() != Some(item) {
            drop(self.editor.apply(Command::ShowPlay(item)));
        }
        self.welcome = false;
        self.canvas.fly_to(Place { origin: egui::pos2(mark.x, mark.y), zoom: mark.zoom });
        self.editor.tell(&format!("{} of {}", mark.name, self.editor.session().name()), None);
    }

    /// Writes the settings once they have changed and nothing is being dragged.
    pub(super) fn keep_settings(&mut self, ctx: &egui::Context) {
        let paths = self.editor.sessions().iter().filter_map(Session::path);
        self.settings.open = paths.map(std::path::Path::to_owned).collect();
        if let Some(path) = self.editor.session().path() {
            self.settings.opened(path);
        }
        if ctx.input(|input| input.pointer.any_down()) {
            return;
        }
        let Some((data, kept)) = &mut self.kept else { return };
        self.settings.arranged = self.dock.arranged();
        if self.settings == *kept {
            return;
        }
        kept.clone_from(&self.settings);
        if let Err(error) = self.settings.save(data) {
            // Said once: the next change of the view would fail in the same way.
            self.kept = None;
            self.editor.tell(&format!("how the window looks cannot be kept: {error}"), None);
        }
    }
}

fn key_of(session: &Session) -> String {
    let by_coord = || session.play().map(|play| play.coord.to_string()).unwrap_or_default();
    session.path().map_or_else(by_coord, |path| path.display().to_string())
}
