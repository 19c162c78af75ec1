//! Ctrl-C, heard from the moment that this is made: none ends the program in between, and none is lost while something else
//! is done.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(super) struct CtrlC(Signal);

impl CtrlC {
    /// Within a tokio runtime, before there is anything that Ctrl-C is to end well.
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self(signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?))
    }

    /// Again for each time; those that came since the last are one.
    pub async fn pressed(&mut self) {
        // It ends only with the runtime.
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
