use serde::Serialize;

use super::{Diagnostic, Fix, Lines, Severity};

/// A finding as programs read it. The JSON output is one array of these, for all files in the order in which they
/// were named; within a file in the order of the text.
///
/// ```json
/// [{"file": "checkout.play", "code": "P001", "severity": "error", "message": "there is no node 'chrage'",
///   "help": "did you mean 'charge'?",
///   "start": {"offset": 512, "line": 19, "column": 22}, "end": {"offset": 518, "line": 19, "column": 28},
///   "fixes": [{"title": "change it to 'charge'", "edits": [{"start": {…}, "end": {…}, "text": "charge"}]}]}]
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    pub file: String,
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
    /// What to do about it, or null.
    pub help: Option<String>,
    pub start: At,
    /// Just after the last character.
    pub end: At,
    /// Each solves it alone, the likeliest first.
    pub fixes: Vec<FixRecord>,
}

/// See [`Fix`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FixRecord {
    pub title: String,
    pub edits: Vec<EditRecord>,
}

/// Replace what stands between `start` and `end` by `text`. The places of all edits of a fix are those before any of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EditRecord {
    pub start: At,
    pub end: At,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct At {
    /// In bytes, from 0.
    pub offset: u32,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// The findings of one text, see [`Record`].
pub fn to_records(diagnostics: &[Diagnostic], file: &str, text: &str) -> Vec<Record> {
    let lines = Lines::new(text);
    let at = |offset| {
        let place = lines.place(offset);
        At { offset, line: place.line, column: place.column }
    };
    let fix = |fix: &Fix| FixRecord {
        title: fix.title.clone(),
        edits: fix
            .changes
            .iter()
            .map(|change| EditRecord {
                start: at(change.span.start),
                end: at(change.span.end),
                text: change.text.clone(),
            })
            .collect(),
    };
    let record = |diagnostic: &Diagnostic| Record {
        file: file.to_owned(),
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        start: at(diagnostic.span.start),
        end: at(diagnostic.span.end),
        fixes: diagnostic.fixes.iter().map(fix).collect(),
    };
    diagnostics.iter().map(record).collect()
}
