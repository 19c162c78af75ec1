//! The embedded runner: a shell of tokio and gRPC around the pure engine.
//!
//! One task, the conductor, owns all runs as data. It takes what came in, lets the engine decide, writes all new events
//! to the journal in one commit, tells whoever watches, and only then starts what those events owe the world. So a
//! call is never made before its `Called` is kept, and an answer is kept before anything follows from it.
//!
//! Must never: decide what happens in a run (the engine does), start an effect before its event is kept, wait for a
//! slow watcher, know about windows.
//!
//! Start reading at [`Runner`], then `conductor.rs`; `targets.rs` says where calls go.

mod asleep;
mod ball;
mod call;
mod conductor;
mod consent;
mod demo;
mod details;
mod discover;
mod effects;
mod error;
mod family;
mod glance;
mod handle;
mod keep;
mod levels;
mod live;
mod log;
mod names;
mod peer;
mod pool;
mod prepared;
mod process;
mod proto;
mod pull;
mod puller;
mod pulse;
mod recover;
mod redact;
mod reflect;
mod registry;
mod rerun;
mod retention;
mod secure;
mod serve;
mod server;
mod service;
mod signals;
mod standing;
mod targets;
#[cfg(test)]
mod tests;
mod watch;
mod world;

pub use crate::event::child_run;
pub use ball::{from_any, to_any};
pub use consent::Consent;
pub use demo::{BuiltinMethod, Demo, builtin_methods};
pub use details::status;
pub use discover::{Asking, PLAYS, Place, plays_as_place};
pub use error::Error;
pub use handle::{Config, OnCommit, Recovered, Reply, Runner, Start};
pub use levels::MAX_DEPTH;
pub use prepared::Prepared;
pub use proto::{DESCRIPTORS, v1};
pub use puller::{Pulled, pull_worker};
pub use redact::{MARKER, Redact};
pub use rerun::{Earlier, Record};
pub use secure::{Access, Bearer, Error as SecureError, Limits, Tokens, Trust};
pub use serve::{Served, serve_worker};
pub use server::Server;
pub use standing::{Queue, Standing};
pub use watch::Watch;
pub use world::World;
