//! The textual language: text -> document with spans and diagnostics, and back.
//!
//! The parser never fails: what it cannot read is kept word for word. Must never: check meaning, touch files.
//! Start reading at [`Source`], then `parser.rs`.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod blocks;
mod lexer;
mod nearest;
mod parser;
mod patch;
mod printer;
mod reading;
mod source;
mod statements;
mod wires;

/// Every code of the lexer and the parser, and what it is about.
pub const CODES: [(&str, &str); 30] = [
    ("L001", "something unexpected"),
    ("L002", "a string is not closed"),
    ("L003", "no such escape in a string"),
    ("L004", "an expression is missing, empty or not closed"),
    ("L005", "a brace of a group or layout is not closed, or a comma is missing in it"),
    ("L006", "a block is never closed"),
    ("L007", "a brace closes nothing"),
    ("L008", "a block has no opening brace"),
    ("L009", "an unknown word at the start of a statement"),
    ("L010", "a statement outside of a play"),
    ("L011", "a play without a coordinate"),
    ("L012", "text that cannot be read in the head of a block"),
    ("L013", "= and a target are missing"),
    ("L014", "a name is missing or none"),
    ("L015", "a duration is missing or none"),
    ("L016", "a target is missing or none"),
    ("L017", "a fan-in without a policy"),
    ("L018", "a signal without a name"),
    ("L019", "a percentage is missing or none"),
    ("L020", "an unknown option, or one said twice"),
    ("L021", "a node and a wire in one statement"),
    ("L022", "a wire lacks an arrow or a node"),
    ("L023", "a condition that is none or stands in the wrong place"),
    ("L024", "a number is missing or none"),
    ("L025", "a place of a layout that is none"),
    ("L026", "a binding without an image and its version"),
    ("L027", "a binding that does not say how its workers are reached"),
    ("L028", "a text in quotes is missing"),
    ("L030", "a text or a wire is too long"),
    ("L031", "more problems than are shown"),
];

pub use crate::play::{MAX_GROUP, MAX_LINES, MAX_TEXT};
pub use nearest::nearest;
pub use parser::parse;
pub use patch::{apply_changes, patch};
pub use printer::print;
pub use reading::{NotText, read};
pub use source::{ItemSpans, LineSpans, Part, Source, SpanMap, TextChange};
