use super::command::Command;
use super::key::Shortcut;
use super::port::{FromRunner, RunSummary};
use super::request::Request;
use super::session::Session;
use super::toast::{Toast, Toasts};
use crate::replay::NeedsRepaint;

/// All open documents and what is around them. At least one session is open at any time.
#[derive(Debug)]
pub struct Editor {
    sessions: Vec<Session>,
    current: usize,
    toasts: Toasts,
    runs: Option<Vec<RunSummary>>,
}

impl Default for Editor {
    fn default() -> Self {
        Self { sessions: vec![Session::default()], current: 0, toasts: Toasts::default(), runs: None }
    }
}

impl Editor {
    /// With an empty play.
    pub fn new() -> Self {
        Self::default()
    }

    /// The one place where anything changes. What it gives back, the shell must do.
    #[must_use]
    pub fn apply(&mut self, _command: Command) -> Vec<Request> {
        Vec::new()
    }

    /// Whether the command would do something now: for greying out.
    pub fn is_enabled(&self, _command: &Command) -> bool {
        true
    }

    /// What a key does now. In a text field (`typing`), keys that type do nothing else.
    pub fn command_for(&self, _shortcut: Shortcut, _typing: bool) -> Option<Command> {
        None
    }

    /// What a runner has to say.
    pub fn receive(&mut self, _message: FromRunner) {}

    /// Wall time passes. Call once per frame, before drawing.
    pub fn tick(&mut self, _dt_secs: f32) -> NeedsRepaint {
        NeedsRepaint::No
    }

    pub fn session(&self) -> &Session {
        &self.sessions[self.current]
    }

    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Which of [`Self::sessions`] is shown.
    pub const fn current(&self) -> usize {
        self.current
    }

    pub fn toasts(&self) -> &[Toast] {
        self.toasts.list()
    }

    /// The recorded runs, newest first. `None` until they were asked for and have come.
    pub fn runs(&self) -> Option<&[RunSummary]> {
        self.runs.as_deref()
    }

    /// Nothing would be lost by closing the window.
    pub fn can_close(&self) -> bool {
        !self.sessions.iter().any(Session::is_dirty)
    }
}
