//! The textual language: text -> document with spans and diagnostics, and back.
//!
//! The parser never fails: what it cannot read is kept word for word. Must never: check meaning, touch files.
//! Start reading at [`Source`], then `parser.rs`.

mod blocks;
mod lexer;
mod nearest;
mod parser;
mod patch;
mod printer;
mod source;
mod statements;

pub use nearest::nearest;
pub use parser::parse;
pub use patch::{apply_changes, patch};
pub use printer::print;
pub use source::{ItemSpans, LineSpans, Part, Source, SpanMap, TextChange};

/// Longer texts are not read. In bytes.
pub const MAX_TEXT: usize = 64 << 20;
/// Texts with more statements and comments are not read.
pub const MAX_LINES: usize = 500_000;
pub use crate::play::MAX_GROUP;
