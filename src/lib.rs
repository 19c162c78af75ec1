//! Chalktalk: draw orchestration plays, run them live and replay them.
//!
//! ARCHITECTURE.md is the map.

pub mod app;
pub mod base;
pub mod diag;
pub mod engine;
pub mod event;
pub mod files;
pub mod journal;
pub mod expr;
pub mod lang;
pub mod play;
pub mod replay;
pub mod scene;
