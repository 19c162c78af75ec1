use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::mpsc;

use crate::base::RunId;
use crate::event::{Event, Recorded};

/// How far a watcher may fall behind before it is let go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Appends.
    pub batches: usize,
    /// Of the payloads in them, roughly. One batch may always wait.
    pub bytes: usize,
}

pub(super) const CAPACITY: Room = Room { batches: 16_384, bytes: 64 << 20 };

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
    rest: mpsc::Receiver<Weighed>,
    waiting: Arc<AtomicUsize>,
    lagged: Arc<AtomicBool>,
}

/// A batch with the bytes that it stands for.
type Weighed = (Batch, usize);

/// The conductor's end of a [`Watch`].
#[derive(Debug)]
pub(super) struct Watcher {
    run: Option<RunId>,
    send: mpsc::Sender<Weighed>,
    /// Bytes that wait.
    waiting: Arc<AtomicUsize>,
    max_bytes: usize,
    lagged: Arc<AtomicBool>,
}

pub(super) fn watch(run: Option<RunId>, first: Option<Batch>, room: Room) -> (Watcher, Watch) {
    let (send, rest) = mpsc::channel(room.batches);
    let (lagged, waiting) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let watcher =
        Watcher { run, send, waiting: Arc::clone(&waiting), max_bytes: room.bytes, lagged: Arc::clone(&lagged) };
    (watcher, Watch { first, rest, waiting, lagged })
}

/// What a batch takes in memory.
pub(super) fn weight(events: &[Recorded]) -> usize {
    events.iter().map(|recorded| size_of::<Recorded>() + payload_bytes(&recorded.event)).sum()
}

fn payload_bytes(event: &Event) -> usize {
    let mut bytes = 0;
    event.payloads(&mut |payload| bytes += payload.size().bytes);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl Watch {
    /// The next events; `None` when the run has finished, the runner has stopped, or this watcher lagged.
    pub async fn next(&mut self) -> Option<Batch> {
        match self.first.take() {
            Some(batch) => Some(batch),
            None => self.rest.recv().await.map(|weighed| self.taken(weighed)),
        }
    }

    /// Like [`Self::next`], for a thread that may block. Panics within a task of tokio.
    pub fn next_blocking(&mut self) -> Option<Batch> {
        match self.first.take() {
            Some(batch) => Some(batch),
            None => self.rest.blocking_recv().map(|weighed| self.taken(weighed)),
        }
    }

    /// What is there already.
    pub fn try_next(&mut self) -> Option<Batch> {
        match self.first.take() {
            Some(batch) => Some(batch),
            None => self.rest.try_recv().ok().map(|weighed| self.taken(weighed)),
        }
    }

    fn taken(&self, (batch, bytes): Weighed) -> Batch {
        self.waiting.fetch_sub(bytes, Ordering::AcqRel);
        batch
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
        let bytes = weight(&batch.1);
        let before = self.waiting.fetch_add(bytes, Ordering::AcqRel);
        if before == 0 || before + bytes <= self.max_bytes {
            match self.send.try_send((batch.clone(), bytes)) {
                Ok(()) => return true,
                Err(mpsc::error::TrySendError::Closed(_)) => return false,
                Err(mpsc::error::TrySendError::Full(_)) => {}
            }
        }
        self.lagged.store(true, Ordering::Release);
        false
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RunMicros;

    fn batch(bytes: usize) -> Batch {
        let signalled = Event::Signalled {
            id: String::new(),
            name: String::new(),
            key: None,
            payload: serde_json::Value::from("x".repeat(bytes)).into(),
        };
        (RunId::new("r"), [Recorded { seq: 0, at: RunMicros(0), event: signalled }].into())
    }

    #[test]
    fn a_watcher_is_let_go_when_too_many_bytes_wait_for_it() {
        let (watcher, mut watch) = watch(None, None, Room { batches: 100, bytes: 10_000 });
        // One may wait whatever its size, and what was taken makes room.
        for _ in 0..3 {
            assert!(watcher.tell(&batch(50_000)));
            assert!(watch.try_next().is_some());
        }
        assert!(watcher.tell(&batch(4_000)) && watcher.tell(&batch(4_000)));
        assert!(!watcher.tell(&batch(4_000)));
        drop(watcher);
        assert!(watch.try_next().is_some() && watch.try_next().is_some() && watch.try_next().is_none());
        assert!(watch.has_lagged());
    }
}
