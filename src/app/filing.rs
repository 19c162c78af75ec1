use std::path::{Path, PathBuf};

use super::command::Command;
use super::diff;
use super::editor::Editor;
use super::port::FromRunner;
use super::reading;
use super::record;
use super::request::{Answer, Question, Request};
use super::session::Session;
use super::toast::Tone;
use crate::files::{self, Format, Over};

/// What New starts with.
pub(super) const EMPTY_PLAY: &str = "\
play demo/1/untitled {
  snap start
  pass done

  start -> done

  layout { start 64 128, done 320 128 }
}
";

impl Editor {
    pub(super) fn file_command(&mut self, command: Command, out: &mut Vec<Request>) {
        if !matches!(command, Command::SaveTo(_) | Command::Overwrite(_)) {
            self.after_save = None;
        }
        match command {
            Command::New => self.add(Session::new(EMPTY_PLAY)),
            Command::NewFrom { text } => self.add(Session::new(text)),
            Command::Open => out.push(Request::PickOpen),
            Command::OpenPath(path) => self.open(&path, out),
            Command::Reload | Command::CloseTab => {
                if self.session().is_dirty() {
                    out.push(Request::Ask(self.ask_unsaved(&command)));
                } else {
                    self.file_command_now(command, out);
                }
            }
            Command::Quit => {
                // Asked anew: what was let go the last time may be meant to stay by now.
                self.sessions.iter_mut().for_each(|session| session.let_go = false);
                self.quit(out);
            }
            Command::Discard(then) => self.file_command_now(*then, out),
            Command::SaveAndThen(then) => {
                self.after_save = Some(*then);
                self.save(out);
            }
            Command::Save => self.save(out),
            Command::SaveAs => out.push(Request::PickSave { suggested: self.suggested() }),
            Command::SaveTo(path) => self.save_to(path, false, out),
            Command::Overwrite(path) => self.save_to(path, true, out),
            Command::CompareTwin => self.compare_twin(out),
            Command::WriteTwin(path) => self.write_twin(&path),
            _ => {}
        }
    }

    /// Nothing is unsaved, or the person said that it may go.
    fn file_command_now(&mut self, command: Command, out: &mut Vec<Request>) {
        match command {
            Command::Reload => self.reload(),
            Command::CloseTab => self.close_tab(),
            Command::Quit => {
                self.session_mut().let_go = true;
                self.quit(out);
            }
            other => self.file_command(other, out),
        }
    }

    /// Asks about one unsaved document after the other.
    fn quit(&mut self, out: &mut Vec<Request>) {
        let unsaved = self.sessions.iter().position(|session| session.is_dirty() && !session.let_go);
        if let Some(unsaved) = unsaved {
            self.current = unsaved;
            out.push(Request::Ask(self.ask_unsaved(&Command::Quit)));
            return;
        }
        for session in &mut self.sessions {
            session.draft.remove();
        }
        out.push(Request::Quit);
    }

    /// In a tab of its own. One that holds nothing of the person's makes room.
    pub(super) fn add(&mut self, session: Session) {
        let current = self.session();
        if current.path.is_none()
            && !current.is_dirty()
            && current.history().undo_name().is_none()
            && current.watch().is_none()
        {
            self.sessions[self.current] = session;
        } else {
            self.sessions.insert(self.current + 1, session);
            self.current += 1;
        }
    }

    fn close_tab(&mut self) {
        let mut closed = self.sessions.remove(self.current);
        closed.draft.remove();
        if let Some(path) = closed.path.take() {
            self.closed.retain(|other| *other != path);
            self.closed.push(path);
        }
        if self.sessions.is_empty() {
            self.sessions.push(Session::new(EMPTY_PLAY));
        }
        self.current = self.current.min(self.sessions.len() - 1);
    }

    pub(super) fn tab_command(&mut self, command: &Command, out: &mut Vec<Request>) {
        let n = self.sessions.len();
        match command {
            Command::NextTab => self.current = (self.current + 1) % n,
            Command::PreviousTab => self.current = (self.current + n - 1) % n,
            Command::ShowTab(tab) if *tab < n => self.current = *tab,
            Command::ReopenTab => {
                if let Some(path) = self.closed.pop() {
                    self.open(&path, out);
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, path: &Path, out: &mut Vec<Request>) {
        if let Some(there) = self.sessions.iter().position(|session| session.path.as_deref() == Some(path)) {
            self.current = there;
            return;
        }
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(record::EXTENSION)) {
            self.open_record(path);
            return;
        }
        match reading::open(path) {
            Ok(session) => {
                self.add(session);
                self.take_up_draft(path, out);
                self.look_at_twin();
            }
            Err(message) => self.toasts.push(Tone::Error, message, None),
        }
    }

    /// A replay in a tab of its own, over a copy of the play that ran.
    fn open_record(&mut self, path: &Path) {
        let loaded = files::load_text(path).map_err(|error| error.to_string()).and_then(|(text, _)| {
            record::read(&text).map_err(|error| format!("cannot read '{}': {error}", path.display()))
        });
        match loaded {
            Ok(loaded) => {
                let text = loaded.doc.as_deref().map_or_else(|| EMPTY_PLAY.to_owned(), crate::lang::print);
                self.add(Session::new(text));
                self.receive(FromRunner::Loaded(Box::new(loaded)));
            }
            Err(message) => self.toasts.push(Tone::Error, message, None),
        }
    }

    /// What was chosen for running it stays.
    fn reload(&mut self) {
        let Some(path) = self.session().path.clone() else { return };
        match reading::open(&path) {
            Ok(mut session) => {
                let old = self.session_mut();
                old.draft.remove();
                session.inputs = std::mem::take(&mut old.inputs);
                session.formation = old.formation.take();
                self.sessions[self.current] = session;
            }
            Err(message) => self.toasts.push(Tone::Error, message, None),
        }
    }

    fn ask_unsaved(&self, then: &Command) -> Question {
        let then = || Box::new(then.clone());
        Question {
            title: format!("Save changes to {}?", self.session().name()),
            text: "What you changed since it was saved will be lost otherwise.".to_owned(),
            diff: Vec::new(),
            answers: vec![
                Answer { label: "Save", command: Command::SaveAndThen(then()), destructive: false },
                Answer { label: "Discard changes", command: Command::Discard(then()), destructive: true },
            ],
        }
    }

    fn save(&mut self, out: &mut Vec<Request>) {
        match self.session().path.clone() {
            Some(path) => self.save_to(path, false, out),
            None => out.push(Request::PickSave { suggested: self.suggested() }),
        }
    }

    fn save_to(&mut self, mut path: PathBuf, overwrite: bool, out: &mut Vec<Request>) {
        if path.extension().is_none() {
            path.set_extension(self.session().format.extension());
        }
        let session = self.session_mut();
        let saved = Format::of(&path).and_then(|format| {
            let over = match &session.stamp {
                _ if overwrite => Over::Anything,
                Some(stamp) if session.path.as_ref() == Some(&path) => Over::Same(stamp),
                _ => Over::Nothing,
            };
            let stamp = files::save(&path, &reading::encode(session.source(), format), over)?;
            Ok((format, stamp))
        });
        match saved {
            Ok((format, stamp)) => {
                session.format = format;
                session.stamp = Some(stamp);
                session.base = session.text().to_owned();
                session.told_changed = false;
                session.path = Some(path);
                session.history.mark_saved();
                session.draft.remove();
                let text = format!("saved {}", self.session().name());
                self.toasts.push(Tone::Info, text, None);
                self.look_at_twin();
                if let Some(then) = self.after_save.take() {
                    self.file_command_now(then, out);
                }
            }
            Err(files::Error::Changed { path }) => out.push(Request::Ask(changed(path))),
            Err(files::Error::Exists { path }) => out.push(Request::Ask(exists(path))),
            Err(error) => {
                self.after_save = None;
                self.toasts.push(Tone::Error, error.to_string(), Some(Command::SaveAs));
            }
        }
    }

    /// The file that it has, or one named after its play.
    fn suggested(&self) -> PathBuf {
        let session = self.session();
        let named = || {
            let name = session.play().map_or("untitled", |play| play.coord.method.as_str());
            PathBuf::from(format!("{name}.{}", session.format.extension()))
        };
        session.path.clone().unwrap_or_else(named)
    }

    /// Says it where a `.play` and a `.ron` of one name stand side by side and do not say the same.
    fn look_at_twin(&mut self) {
        let session = self.session();
        let Some(twin) = session.path().and_then(files::twin_of).filter(|twin| twin.exists()) else { return };
        let name = twin.file_name().unwrap_or_default().to_string_lossy();
        let text = match reading::open(&twin) {
            Ok(other) if other.doc() == session.doc() => return,
            Ok(_) => {
                format!("{name} beside it says something else than {}: compare them, and write one", session.name())
            }
            Err(message) => format!("{name} beside {} cannot be compared with it: {message}", session.name()),
        };
        self.toasts.push(Tone::Error, text, Some(Command::CompareTwin));
    }

    fn compare_twin(&mut self, out: &mut Vec<Request>) {
        let session = self.session();
        let Some(twin) = session.path().and_then(files::twin_of) else { return };
        let name = twin.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let other = match reading::open(&twin) {
            Ok(other) if other.doc() == session.doc() => {
                let text = format!("{name} says the same as {}", session.name());
                self.toasts.push(Tone::Info, text, None);
                return;
            }
            Ok(other) => other.text().to_owned(),
            Err(_) => String::new(),
        };
        out.push(Request::Ask(Question {
            title: format!("Write {name} too?"),
            text: format!("{name} is not what {} says. What would change in it:", session.name()),
            diff: diff::lines(&other, session.text()),
            answers: vec![
                Answer { label: "Open the other", command: Command::OpenPath(twin.clone()), destructive: false },
                Answer { label: "Write it", command: Command::WriteTwin(twin), destructive: true },
            ],
        }));
    }

    fn write_twin(&mut self, path: &Path) {
        let session = self.session();
        let written = Format::of(path)
            .and_then(|format| files::save(path, &reading::encode(session.source(), format), Over::Anything));
        match written {
            Ok(_) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.toasts.push(Tone::Info, format!("wrote {name}: both say the same now"), None);
            }
            Err(error) => self.toasts.push(Tone::Error, error.to_string(), None),
        }
    }
}

fn changed(path: PathBuf) -> Question {
    Question {
        title: "Overwrite the other program's changes?".to_owned(),
        text: format!("Another program changed '{}' since it was opened here.", path.display()),
        diff: Vec::new(),
        answers: vec![
            Answer { label: "Save as…", command: Command::SaveAs, destructive: false },
            Answer {
                label: "Reload from disk",
                command: Command::Discard(Box::new(Command::Reload)),
                destructive: true,
            },
            Answer { label: "Overwrite", command: Command::Overwrite(path), destructive: true },
        ],
    }
}

fn exists(path: PathBuf) -> Question {
    Question {
        title: "Overwrite the file?".to_owned(),
        text: format!("There is another file at '{}' already.", path.display()),
        diff: Vec::new(),
        answers: vec![
            Answer { label: "Choose another name", command: Command::SaveAs, destructive: false },
            Answer { label: "Overwrite", command: Command::Overwrite(path), destructive: true },
        ],
    }
}
