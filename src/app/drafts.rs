//! Unsaved work is written to disk as it grows, and taken up again by the next program if this one is killed.

use std::path::{Path, PathBuf};

use super::command::Command;
use super::diff;
use super::editor::Editor;
use super::request::{Answer, Question, Request};
use super::session::Session;
use super::toast::Tone;
use crate::files;

/// A change is kept after a pause of this length, or at the latest after [`AT_LATEST_SECS`].
const PAUSE_SECS: f32 = 1.0;
const AT_LATEST_SECS: f32 = 8.0;

impl Editor {
    /// Where drafts of documents without a file are kept, and takes up those that an earlier program left there.
    pub fn keep_drafts_in(&mut self, data: PathBuf, out: &mut Vec<Request>) {
        for left in files::left_untitled(&data) {
            let mut session = Session::new(super::filing::EMPTY_PLAY);
            let lines = diff::lines(session.text(), &left.text);
            session.replace_text(RECOVER, &left.text);
            session.draft = files::Draft::adopt(&left);
            session.drafted = session.revision();
            self.add(session);
            out.push(Request::Ask(recovered("a play that was never saved", lines)));
        }
        self.data = Some(data);
    }

    /// The draft that a killed program left of the file becomes a step that can be undone.
    pub(super) fn take_up_draft(&mut self, path: &Path, out: &mut Vec<Request>) {
        let Some(left) = files::left_of(path, self.data.as_deref()) else { return };
        let session = self.session_mut();
        session.draft = files::Draft::adopt(&left);
        if left.text == session.text() {
            session.draft.remove();
            return;
        }
        let lines = diff::lines(session.text(), &left.text);
        session.replace_text(RECOVER, &left.text);
        session.drafted = session.revision();
        // Another program may have changed the file since: then the first save asks.
        if left.base.is_some_and(|base| Some(base) != session.stamp) {
            // What it was then is not known, so that any difference is asked about.
            session.base.clear();
        }
        session.stamp = left.base.or(session.stamp);
        let name = session.name();
        out.push(Request::Ask(recovered(&name, lines)));
    }

    /// Writes what has changed. The seconds until it should be called again, if there is something to write.
    pub(super) fn keep_drafts(&mut self, dt_secs: f32) -> Option<f32> {
        let mut next: Option<f32> = None;
        let data = self.data.clone();
        let mut failed = None;
        for session in &mut self.sessions {
            if !session.is_dirty() {
                if session.draft.is_kept() {
                    session.draft.remove();
                }
                session.drafted = session.revision();
                continue;
            }
            // A revision also moves on with what a run shows: the text is compared only then.
            if session.drafted == session.revision() {
                continue;
            }
            let revision = session.revision();
            let is_new = std::mem::replace(&mut session.draft_seen, revision) != revision;
            session.draft_pause_secs = if is_new { 0.0 } else { session.draft_pause_secs + dt_secs };
            session.undrafted_secs += dt_secs;
            if session.draft_pause_secs < PAUSE_SECS && session.undrafted_secs < AT_LATEST_SECS {
                let left = PAUSE_SECS - session.draft_pause_secs;
                next = Some(next.map_or(left, |next| next.min(left)));
                continue;
            }
            session.undrafted_secs = 0.0;
            session.drafted = session.revision();
            let (path, stamp) = (session.path.clone(), session.stamp);
            let text = session.text().to_owned();
            if let Err(error) = session.draft.write(path.as_deref(), data.as_deref(), stamp.as_ref(), &text) {
                failed = Some(error);
            }
        }
        if let Some(error) = failed.filter(|_| !std::mem::replace(&mut self.told_drafts, true)) {
            let text = format!("unsaved work cannot be kept for after a crash: {error}");
            self.toasts.push(Tone::Error, text, Some(Command::Save));
        }
        next
    }
}

const RECOVER: &str = "Recover unsaved work";

fn recovered(name: &str, lines: Vec<diff::Line>) -> Question {
    Question {
        title: format!("Recovered unsaved work: {name}"),
        text: "Chalktalk did not end cleanly the last time. This is what was not saved; it is in the play again, and \
               Undo takes it out."
            .to_owned(),
        diff: lines,
        answers: vec![
            Answer { label: "Keep it", command: Command::KeepRecovered, destructive: false },
            Answer { label: "Undo it", command: Command::Undo, destructive: true },
        ],
    }
}
