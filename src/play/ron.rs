//! Documents as RON files: `(format: 1, items: […])`.
//!
//! A file of a newer format is refused by name, one of an older format is brought up to date. What no text can say is
//! refused too, so that a document is the same in both.

use serde::{Deserialize, Serialize};

use super::sound::Unsound;
use super::{Document, MAX_LINES, MAX_TEXT};

/// The newest version of the format. The second added notes and frames to layouts.
pub const FORMAT: u32 = 2;

/// The oldest version that can say it all: what has no frames can still be opened by older programs.
pub(super) fn format_of(doc: &Document) -> u32 {
    if doc.has_notes_or_frames() { 2 } else { 1 }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Line and column count from 1.
    #[error("{line}:{column}: {message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error(
        "the file has format {found}, and this program reads formats up to {newest}: open it with a newer version of it"
    )]
    Newer { found: u32, newest: u32 },
    /// Items and statements count from 1.
    #[error("{} cannot be written as text: {why}", place(*.item, *.stmt))]
    Unsound { item: usize, stmt: Option<usize>, why: Unsound },
    #[error("the file is longer than {} MB or has more than {MAX_LINES} statements", MAX_TEXT >> 20)]
    TooLong,
}

fn place(item: usize, stmt: Option<usize>) -> String {
    match stmt {
        Some(stmt) => format!("statement {stmt} of item {item}"),
        None => format!("item {item}"),
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct File<D> {
    pub format: u32,
    pub items: D,
}

/// The start of a file of any format.
#[derive(Deserialize)]
struct Header {
    format: u32,
}

/// The document as a readable RON file.
///
/// # Panics
/// Never: every document can be serialized.
pub fn to_ron(doc: &Document) -> String {
    // To this depth a line for each field; deeper, that is inside of a statement, all on one line.
    let pretty = ron::ser::PrettyConfig::new().depth_limit(5).new_line("\n").indentor("  ");
    let file = File { format: format_of(doc), items: doc };
    ron::ser::to_string_pretty(&file, pretty).expect("a document holds only what RON can say") + "\n"
}

/// Reads a RON file.
///
/// # Errors
/// It is no RON, no document, of a newer format, too long, or holds what no text can say.
pub fn from_ron(text: &str) -> Result<Document, Error> {
    if text.len() > MAX_TEXT {
        return Err(Error::TooLong);
    }
    let format = match written_format(text) {
        Some(format) => format,
        None => ron::from_str::<Header>(text).map_err(syntax)?.format,
    };
    // A new format gets an arm of its own here, and the arms before it bring their documents up to date.
    let doc = match format {
        1 | 2 => ron::from_str::<File<Document>>(text).map_err(syntax)?.items,
        0 => {
            let message = "there is no format 0: write 'format: 1'".to_owned();
            return Err(Error::Syntax { line: 1, column: 1, message });
        }
        found => return Err(Error::Newer { found, newest: FORMAT }),
    };
    checked(doc)
}

/// The document, if it can be written as text.
pub(super) fn checked(doc: Document) -> Result<Document, Error> {
    if doc.n_lines() > MAX_LINES {
        return Err(Error::TooLong);
    }
    match doc.check_sound() {
        Ok(()) => Ok(doc),
        Err((item, stmt, why)) => Err(Error::Unsound { item: item + 1, stmt: stmt.map(|n| n + 1), why }),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn syntax(error: ron::error::SpannedError) -> Error {
    let at = error.span.start;
    Error::Syntax { line: at.line, column: at.col, message: error.code.to_string() }
}

/// The number after `(format:` at the start of a file. None if it is not written there, plainly.
fn written_format(text: &str) -> Option<u32> {
    let after = |text: &'static str, rest: &'_ str| rest.trim_start().strip_prefix(text).map(str::len);
    let mut rest = text;
    for word in ["(", "format", ":"] {
        rest = &rest[rest.len() - after(word, rest)?..];
    }
    let rest = rest.trim_start();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let ends = rest[digits..].trim_start().starts_with([',', ')']);
    rest[..digits].parse().ok().filter(|_| ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let error = from_ron(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_newer_format_is_refused_by_name() {
        check("(format: 7, plays: {\"what\": ever})", "format 7, and this program reads formats up to 2");
        check("// saved by another\n(format: 3, items: [], more: Some(1))", "format 3");
        check("(format: 0, items: [])", "no format 0");
        check("(items: [])", "format");
        check("", "1:1");
    }

    #[test]
    fn what_no_text_can_say_is_refused_with_its_place() {
        let play = |stmt: &str| {
            format!(
                "(format: 1, items: [(kind: Play((coord: \"a/1/b\", body: [(kind: Role(\"ok\")), (kind: {stmt})])))])"
            )
        };
        check(&play("Role(\"two words\")"), "statement 2 of item 1 cannot be written as text: a name starts with");
        check(&play("Comment(\"a\\nb\")"), "a comment is one line");
        check(&play("Wire((from: [], hops: []))"), "a wire has from 1");
        check(&play("Node((id: \"x\", kind: FanOut(Each(\"f(\"))))"), "balanced");
        check(&play("Node((id: \"x\", kind: Call(\"shop\")), note: 3"), "1:");
        check(&play("Node((id: \"x\", kind: Call(\"a/1->2/m\")))"), "a coordinate is");
        assert!(from_ron(&play("Role(\"x\")")).is_ok());
    }

    #[test]
    fn hostile_files_are_refused() {
        check(&format!("(format: 1, items: {}", "[".repeat(100_000)), "1:");
        check(&format!("(format: 1, items: {}", "(kind: Play((body: [".repeat(50_000)), "1:");
        check(&"(".repeat(100_000), "1:");
        check("(format: 99999999999, items: [])", "1:");
    }
}
