use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use crate::base::RunId;
use crate::event::Recorded;

/// Appends that a watcher may fall behind before it is let go.
pub(super) const CAPACITY: usize = 16_384;

/// New events of one run.
pub type Batch = (RunId, Arc<[Recorded]>);

/// Tells the events of one run or of all, each after it was kept, in order and without gaps.
///
/// A watcher that falls far behind is let go, rather than slowing the run: it ends with [`Watch::has_lagged`], and can
/// be made again from the event where it ended.
#[derive(Debug)]
pub struct Watch {
    /// What was kept before the watch began.
    first: Option<Batch>,
    rest: mpsc::Receiver<Batch>,
    lagged: Arc<AtomicBool>,
}

/// The conductor's end of a [`Watch`].
#[derive(Debug)]
pub(super) struct Watcher {
    run: Option<RunId>,
    send: mpsc::Sender<Batch>,
    lagged: Arc<AtomicBool>,
}

pub(super) fn watch(run: Option<RunId>, first: Option<Batch>, capacity: usize) -> (Watcher, Watch) {
    let (send, rest) = mpsc::channel(capacity);
    let lagged = Arc::<AtomicBool>::default();
    (Watcher { run, send, lagged: Arc::clone(&lagged) }, Watch { first, rest, lagged })
}

impl Watch {
    /// The next events; `None` when the run has finished, the runner has stopped, or this watcher lagged.
    pub async fn next(&mut self) -> Option<Batch> {
        match self.first.take() {
            Some(batch) => Some(batch),
            None => self.rest.recv().await,
        }
    }

    /// Like [`Self::next`], for a thread that may block. Panics within a task of tokio.
    pub fn next_blocking(&mut self) -> Option<Batch> {
        self.first.take().or_else(|| self.rest.blocking_recv())
    }

    /// What is there already.
    pub fn try_next(&mut self) -> Option<Batch> {
        self.first.take().or_else(|| self.rest.try_recv().ok())
    }

    /// It ended because it fell too far behind, not because there is nothing more.
    pub fn has_lagged(&self) -> bool {
        self.lagged.load(Ordering::Acquire)
    }
}

impl Watcher {
    pub fn wants(&self, run: &RunId) -> bool {
        self.run.as_ref().is_none_or(|wanted| wanted == run)
    }

    /// `false` if the watcher is to be forgotten.
    pub fn tell(&self, batch: &Batch) -> bool {
        match self.send.try_send(batch.clone()) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.lagged.store(true, Ordering::Release);
                false
            }
        }
    }

    /// It was let go since it fell too far behind.
    pub fn has_lagged(&self) -> bool {
        self.lagged.load(Ordering::Acquire)
    }

    /// Whether it was only for that run.
    pub fn is_only_for(&self, run: &RunId) -> bool {
        self.run.as_ref() == Some(run)
    }

    pub fn is_gone(&self) -> bool {
        self.send.is_closed()
    }
}
