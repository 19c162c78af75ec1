//! The textual language: text -> document with spans and diagnostics, and back.
//!
//! The parser never fails: what it cannot read is kept word for word. Must never: check meaning, touch files.
//! Start reading at [`Source`].

mod source;

pub use source::{ItemSpans, LineSpans, Part, Source, SpanMap, TextChange};
