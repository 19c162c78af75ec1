//! The textual language: text -> document with spans and diagnostics, and back.
//!
//! The parser never fails: what it cannot read is kept word for word. Must never: check meaning, touch files.
//! Start reading at [`Source`], then `parser.rs`.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod blocks;
mod codes;
mod lexer;
mod moved;
mod nearest;
mod parser;
mod patch;
mod printer;
mod reading;
mod scenarios;
mod source;
mod statements;
mod wires;

pub use crate::base::TextChange;
pub use crate::play::{MAX_GROUP, MAX_LINES, MAX_TEXT};
pub use codes::CODES;
pub use moved::text_of;
pub use nearest::nearest;
pub use parser::parse;
pub use patch::{apply_changes, patch};
pub use printer::print;
pub use reading::{NotText, read};
pub use source::{ItemSpans, LineSpans, Part, Source, SpanMap};
