//! Chalktalk: draw orchestration plays, run them live and replay them.
//!
//! ARCHITECTURE.md is the map.

// Whoever can reach the port drives the window: no password, no questions.
#[cfg(all(feature = "inspect", not(debug_assertions)))]
compile_error!(
    "the feature 'inspect' is for tests, it must not be in a release: build without --release, or without it"
);

pub mod app;
pub mod assist;
pub mod base;
pub mod check;
pub mod cli;
pub mod demo;
pub mod diag;
pub mod diagram;
pub mod engine;
pub mod event;
#[cfg(feature = "export")]
pub mod export;
pub mod expr;
pub mod files;
#[cfg(feature = "gui")]
pub mod gui;
pub mod journal;
pub mod lang;
pub mod look;
pub mod plan;
pub mod play;
pub mod referee;
pub mod replay;
#[cfg(feature = "run")]
pub mod runner;
pub mod scene;
#[cfg(feature = "telemetry")]
pub mod telemetry;
