use super::command::{Command, Outside};
use super::editor::Editor;
use super::merge::merge;
use super::reading;
use super::request::{Answer, Question, Request};
use super::session::{Mode, Session};
use super::toast::Tone;
use crate::diag::Severity;
use crate::files;
use crate::lang;

/// What another program made of the file, and of it with what is written here.
struct Found {
    file: Session,
    merged: String,
    n_conflicts: usize,
}

impl Editor {
    /// Takes over what another program wrote to the file. Where it wrote to the same lines as the person here, the
    /// person is told, and decides. All of it can be undone.
    pub(super) fn look_at_file(&mut self) {
        let session = self.session();
        let (Some(path), Some(stamp)) = (&session.path, &session.stamp) else { return };
        if session.told_changed || session.mode() == Mode::Replay || !files::is_changed(path, stamp).unwrap_or(false) {
            return;
        }
        let name = session.name();
        let is_gone = !path.exists();
        match look(session) {
            Ok(found) if found.n_conflicts == 0 => self.take_outside(None),
            Ok(_) => {
                self.session_mut().told_changed = true;
                let text = format!("another program changed {name} where you did too: decide which lines stay");
                self.toasts.push(Tone::Error, text, Some(Command::MergeOutside));
            }
            Err(message) => {
                self.session_mut().told_changed = true;
                let text = if is_gone {
                    format!("another program moved or deleted {name}: save it to write it again")
                } else {
                    format!("another program changed {name}, and it cannot be read now: {message}")
                };
                self.toasts.push(Tone::Error, text, Some(Command::SaveAs));
            }
        }
    }

    pub(super) fn ask_outside(&self, out: &mut Vec<Request>) {
        let session = self.session();
        let diff = look(session).map(|found| super::diff::lines(session.text(), found.file.text())).unwrap_or_default();
        let answer = |label, side| Answer { label, command: Command::TakeOutside(side), destructive: false };
        out.push(Request::Ask(Question {
            title: format!("Another program changed {} too", self.session().name()),
            text: "Both of you changed the same lines. What is left out stays one undo away.".to_owned(),
            diff,
            answers: vec![
                answer("Keep both", Outside::Both),
                answer("Keep mine", Outside::Ours),
                answer("Take theirs", Outside::Theirs),
            ],
        }));
    }

    /// `None`: there is nothing to decide.
    pub(super) fn take_outside(&mut self, side: Option<Outside>) {
        let found = match look(self.session()) {
            Ok(found) => found,
            Err(message) => return self.toasts.push(Tone::Error, message, None),
        };
        if found.n_conflicts > 0 && side.is_none() {
            return;
        }
        let session = self.session_mut();
        let ours = session.text().to_owned();
        let theirs = found.file.text().to_owned();
        match side {
            Some(Outside::Ours) if found.n_conflicts > 0 => {
                // Theirs is in the history: nothing is lost.
                session.replace_text("Changes of another program", &theirs);
                session.replace_text("Keep mine", &ours);
            }
            Some(Outside::Theirs) => session.replace_text("Take theirs", &theirs),
            _ => session.replace_text("Changes of another program", &found.merged),
        }
        session.stamp = found.file.stamp;
        session.base.clone_from(&theirs);
        session.told_changed = false;
        if session.text() == theirs {
            session.history.mark_saved();
        }
        let changed = session.text() != ours;
        let text = format!("took over what another program changed in {}", session.name());
        if changed {
            self.toasts.push(Tone::Info, text, Some(Command::Undo));
        }
    }
}

fn look(session: &Session) -> Result<Found, String> {
    let path = session.path.as_deref().ok_or("the play has no file")?;
    let file = reading::open(path)?;
    let merged = merge(&session.base, session.text(), file.text());
    let n_errors =
        |text: &str| lang::parse(text).diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    let mut n_conflicts = merged.n_conflicts;
    // Lines that fit each alone may not fit together.
    if n_conflicts == 0 && n_errors(&merged.text) > n_errors(session.text()).max(n_errors(file.text())) {
        n_conflicts = 1;
    }
    Ok(Found { file, merged: merged.text, n_conflicts })
}
