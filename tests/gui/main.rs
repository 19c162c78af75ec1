//! The window's panels and gestures, found by name and role, driven without a display.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(feature = "gui")]

mod canvas;
mod commands;
mod discovery;
mod draw;
mod export;
mod files;
mod film;
mod formation;
mod frames;
mod gestures;
mod inspector;
mod levels;
mod notes;
mod panels;
mod processes;
mod runs;
mod scenarios;
mod stage;
mod text;
