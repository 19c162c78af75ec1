use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::{info, warn};

/// Whether a collector takes what it is sent: told when that changes, not each time.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    url: Arc<str>,
    what: &'static str,
    is_down: Arc<AtomicBool>,
}

impl Collector {
    pub fn new(url: &str, what: &'static str) -> Self {
        Self { url: url.into(), what, is_down: Arc::default() }
    }

    pub fn note(&self, result: Result<(), String>) {
        let Self { url, what, .. } = self;
        match result {
            Ok(()) if self.is_down.swap(false, Ordering::Relaxed) => {
                info!(target: "chalktalk::telemetry", collector = %url, what, "collector takes what it is sent again");
            }
            Err(error) if !self.is_down.swap(true, Ordering::Relaxed) => {
                warn!(target: "chalktalk::telemetry", collector = %url, what, error, "collector takes nothing: what is sent is lost until it does");
            }
            _ => {}
        }
    }
}
