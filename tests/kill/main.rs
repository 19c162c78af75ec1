//! `kill -9`, again and again: of the program in the middle of its runs (`program.rs`), and of the server under load
//! (`server.rs`). Whatever the moment, every run ends, what was answered is not called again, and what was under way is
//! called again under the same key.
//!
//! The worker is a process of its own that is never killed; its log is what all this is judged by (`judge.rs`).

#![cfg(all(feature = "run", unix))]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "../support/example.rs"]
mod example;
mod judge;
mod program;
mod server;
