//! What is seen of the real program from outside: logs, traces and metrics.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[cfg(feature = "telemetry")]
mod collector;
mod logs;
#[cfg(feature = "telemetry")]
mod metrics;
mod stage;
#[cfg(feature = "telemetry")]
mod traces;
