//! What is seen of the real program from outside: logs, traces and metrics.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod logs;
mod stage;
