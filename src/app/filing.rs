use std::path::{Path, PathBuf};

use super::command::Command;
use super::editor::Editor;
use super::reading;
use super::request::{Answer, Question, Request};
use super::session::{Mode, Session};
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
            Command::New | Command::Open | Command::OpenPath(_) | Command::Reload | Command::Quit => {
                if self.session().is_dirty() {
                    out.push(Request::Ask(self.ask_unsaved(&command)));
                } else {
                    self.file_command_now(command, out);
                }
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
            _ => {}
        }
    }

    /// Nothing is unsaved, or the person said that it may go.
    fn file_command_now(&mut self, command: Command, out: &mut Vec<Request>) {
        match command {
            Command::New => self.replace(Session::new(EMPTY_PLAY)),
            Command::Open => out.push(Request::PickOpen),
            Command::OpenPath(path) => self.open(&path),
            Command::Reload => {
                if let Some(path) = self.session().path.clone() {
                    self.open(&path);
                }
            }
            Command::Quit => out.push(Request::Quit),
            _ => {}
        }
    }

    fn replace(&mut self, session: Session) {
        self.sessions[self.current] = session;
    }

    fn open(&mut self, path: &Path) {
        match reading::open(path) {
            Ok(mut session) => {
                if self.session().path.as_deref() == Some(path) {
                    // Reloaded: what was chosen for running it stays.
                    let old = self.session_mut();
                    session.inputs = std::mem::take(&mut old.inputs);
                    session.formation = old.formation.take();
                }
                self.replace(session);
            }
            Err(message) => self.toasts.push(Tone::Error, message, None),
        }
    }

    fn ask_unsaved(&self, then: &Command) -> Question {
        let then = || Box::new(then.clone());
        Question {
            title: format!("Save changes to {}?", self.session().name()),
            text: "What you changed since it was saved will be lost otherwise.".to_owned(),
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
                session.told_changed = false;
                session.path = Some(path);
                session.history.mark_saved();
                let text = format!("saved {}", self.session().name());
                self.toasts.push(Tone::Info, text, None);
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

    /// Tells the person once if another program changed the file.
    pub(super) fn look_at_file(&mut self) {
        let session = self.session_mut();
        let (Some(path), Some(stamp)) = (&session.path, &session.stamp) else { return };
        if session.told_changed || session.mode() == Mode::Replay || !files::is_changed(path, stamp).unwrap_or(false) {
            return;
        }
        session.told_changed = true;
        let text = format!("another program changed {}: reload it, or save under another name", session.name());
        self.toasts.push(Tone::Error, text, Some(Command::Reload));
    }
}

fn changed(path: PathBuf) -> Question {
    Question {
        title: "Overwrite the other program's changes?".to_owned(),
        text: format!("Another program changed '{}' since it was opened here.", path.display()),
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
        answers: vec![
            Answer { label: "Choose another name", command: Command::SaveAs, destructive: false },
            Answer { label: "Overwrite", command: Command::Overwrite(path), destructive: true },
        ],
    }
}
