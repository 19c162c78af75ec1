//! Runs that sleep while they wait do what others do: all that `tests/runner` asks, with every run asleep that can be, and
//! scripts that must come out the same however many stay awake.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "runner/main.rs"]
mod runner;
