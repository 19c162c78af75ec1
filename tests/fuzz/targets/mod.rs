//! What must hold for any bytes whatever, one module for each way in.
//!
//! `tests/fuzz` runs these on the kept corpus and on bytes made from it; `fuzz/` lets libFuzzer look for others.

pub mod events;
pub mod expr;
pub mod grpc;
pub mod journal;
pub mod play;
pub mod ron;
