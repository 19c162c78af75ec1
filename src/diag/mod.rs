//! What is wrong with a text or a graph, as one value that many renderers show.
//!
//! Must never: decide what is wrong. Start reading at [`Diagnostic`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod code;
mod json;
mod lines;
#[cfg(test)]
mod tests;
mod text;

use serde::Serialize;

pub use code::Code;
pub use json::{At, EditRecord, FixRecord, Record, to_records};
pub use lines::{Lines, Place};
pub use text::{Colour, to_text};

use crate::base::{Span, TextChange};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Error,
}

/// One finding about a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable: `L…` lexing and parsing, `P…` plays and graphs, `X…` expressions, `F…` formations.
    pub code: &'static str,
    pub severity: Severity,
    /// Lower case, no full stop.
    pub message: String,
    pub span: Span,
    /// What to do about it.
    pub help: Option<String>,
    /// Changes of the text that each solve it alone, the likeliest first.
    pub fixes: Vec<Fix>,
}

/// A way to solve a finding that a program can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: `change it to 'charge'`.
    pub title: String,
    /// Of the text that was checked, sorted and apart from each other.
    pub changes: Vec<TextChange>,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), span, help: None, fixes: Vec::new() }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a fix that makes `changes`, in any order.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, mut changes: Vec<TextChange>) -> Self {
        changes.sort_by_key(|change| change.span);
        self.fixes.push(Fix { title: title.into(), changes });
        self
    }

    /// Adds a fix that puts `text` in the place of `span`.
    #[must_use]
    pub fn fix_at(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fix(title, vec![TextChange::new(span, text)])
    }

    /// Adds a fix of one change, if there is one.
    #[must_use]
    pub fn fix_if(self, title: impl Into<String>, change: Option<TextChange>) -> Self {
        match change {
            Some(change) => self.fix(title, vec![change]),
            None => self,
        }
    }

    /// A help and a fix that put the word that was probably meant in the place of the finding.
    #[must_use]
    pub fn meant(self, word: &str) -> Self {
        let span = self.span;
        self.help(format!("did you mean '{word}'?")).fix_at(format!("change it to '{word}'"), span, word)
    }
}
