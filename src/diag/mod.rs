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
pub use json::{At, Record, to_records};
pub use lines::{Lines, Place};
pub use text::{Colour, to_text};

use crate::base::Span;

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
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), span, help: None }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
