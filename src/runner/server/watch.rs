//! A run's events for one client: from disk until it has caught up, then live; from disk again if it falls behind.

use std::sync::Arc;

use prost::Message as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tonic::Status;

use super::super::v1;
use super::super::watch::{Room, weight};
use super::Shared;
use super::convert::{event, unread};
use super::refuse::{run_stands, status_of, stops};
use crate::base::RunId;
use crate::event::Event;
use crate::journal::{self, History, Reader};

/// Events that are read from disk at once.
const PAGE: usize = 64;
/// Read from disk before their bytes are looked at.
const AT_ONCE: usize = 8;
/// Bytes of them, after which no more are read for one page.
const PAGE_BYTES: usize = 1 << 20;
/// Messages that wait for the client.
pub(super) const WAITING: usize = 16;
/// Bytes of them; one may always wait.
const WAITING_BYTES: u32 = 1 << 20;
/// How far the client may fall behind what happens before it gets the events from disk.
const BEHIND: Room = Room { batches: 256, bytes: 1 << 20 };
/// Of a message, beside its body.
const AROUND: usize = 1024;

type Told = Result<v1::WatchRunResponse, Status>;
/// It makes room for others once the client has taken it.
pub(super) type Held = (Told, Option<OwnedSemaphorePermit>);

/// Why the telling ends.
enum End {
    /// All is told, or nobody listens any more.
    Done,
    Failed(Status),
}

pub(super) struct Follower {
    pub shared: Shared,
    pub run: RunId,
    pub next: u64,
    pub out: mpsc::Sender<Held>,
    pub room: Arc<Semaphore>,
    pub _seat: OwnedSemaphorePermit,
}

impl Follower {
    pub async fn follow(mut self) {
        let stopping = self.shared.stopping.clone();
        let end = tokio::select! {
            end = self.tell_all() => end,
            () = stopping.cancelled() => End::Failed(stops()),
        };
        if let End::Failed(status) = end {
            drop(self.out.send((Err(status), None)).await);
        }
    }

    async fn tell_all(&mut self) -> End {
        loop {
            if let Some(end) = self.tell_kept().await {
                return end;
            }
            if let Some(end) = self.tell_live().await {
                return end;
            }
            let lagged = v1::Lagged { seq: self.next };
            if self.send(v1::watch_run_response::What::Lagged(lagged)).await.is_err() {
                return End::Done;
            }
        }
    }

    /// `None` once all that is kept is told.
    async fn tell_kept(&mut self) -> Option<End> {
        let max_body = self.max_body();
        loop {
            let (run, next) = (self.run.clone(), self.next);
            let History { events, unread: strange } =
                match self.shared.read(move |reader| page(reader, &run, next, PAGE, PAGE_BYTES)).await {
                    Ok(history) => history,
                    Err(status) => return Some(End::Failed(status)),
                };
            let n_events = events.len() + strange.len();
            let mut strange = strange.into_iter().peekable();
            for recorded in &events {
                while let Some(earlier) = strange.next_if(|one| one.seq < recorded.seq) {
                    if self.tell(unread(earlier, max_body)).await.is_err() {
                        return Some(End::Done);
                    }
                }
                let last = matches!(recorded.event, Event::Finished { .. });
                if self.tell(event(recorded, max_body)).await.is_err() || last {
                    return Some(End::Done);
                }
            }
            for later in strange {
                if self.tell(unread(later, max_body)).await.is_err() {
                    return Some(End::Done);
                }
            }
            if n_events == 0 {
                return None;
            }
        }
    }

    /// `None` if the client fell behind.
    async fn tell_live(&mut self) -> Option<End> {
        let max_body = self.max_body();
        let mut watch = match self.shared.runner.watch_bounded(&self.run, self.next, BEHIND).await {
            Ok(watch) => watch,
            Err(error) => return Some(End::Failed(status_of(&error))),
        };
        loop {
            let batch = tokio::select! {
                batch = watch.next() => batch,
                () = self.out.closed() => return Some(End::Done),
            };
            let Some((_, batch)) = batch else { break };
            let from = self.next;
            for recorded in batch.iter().filter(|recorded| recorded.seq >= from) {
                let last = matches!(recorded.event, Event::Finished { .. });
                if self.tell(event(recorded, max_body)).await.is_err() || last {
                    return Some(End::Done);
                }
            }
        }
        if watch.has_lagged() {
            return None;
        }
        // The watch ends with the run, with the runner, or at once for a run that the runner cannot go on with.
        let status = match self.shared.runner.reader().await {
            Err(_) => stops(),
            Ok(_) => {
                let message = format!("run {} has not ended, and does not go on here", self.run);
                run_stands(&self.run, "stopped", message)
            }
        };
        Some(End::Failed(status))
    }

    fn max_body(&self) -> usize {
        self.shared.runner.limits().message - AROUND
    }

    async fn tell(&mut self, event: v1::Event) -> Result<(), ()> {
        self.next = event.seq + 1;
        self.send(v1::watch_run_response::What::Event(event)).await
    }

    async fn send(&self, what: v1::watch_run_response::What) -> Result<(), ()> {
        let message = v1::WatchRunResponse { what: Some(what) };
        let bytes = u32::try_from(message.encoded_len()).unwrap_or(u32::MAX).min(WAITING_BYTES);
        let permit = tokio::select! {
            permit = Arc::clone(&self.room).acquire_many_owned(bytes) => permit.ok(),
            () = self.out.closed() => return Err(()),
        };
        self.out.send((Ok(message), permit)).await.map_err(drop)
    }
}

/// At most `n` events from `from` on, and no more once they have so many bytes. Empty only at the end.
pub(super) fn page(
    reader: &Reader,
    run: &RunId,
    from: u64,
    n: usize,
    max_bytes: usize,
) -> Result<History, journal::Error> {
    let mut page = History { events: Vec::new(), unread: Vec::new() };
    let (mut next, mut bytes) = (from, 0);
    while page.events.len() + page.unread.len() < n && bytes < max_bytes {
        let some = reader.some_events(run, next, AT_ONCE)?;
        let n_some = some.events.len() + some.unread.len();
        bytes += weight(&some.events) + some.unread.iter().map(|unread| unread.raw.len()).sum::<usize>();
        next += n_some as u64;
        page.events.extend(some.events);
        page.unread.extend(some.unread);
        if n_some < AT_ONCE {
            break;
        }
    }
    Ok(page)
}

/// Room for what waits for one client.
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(WAITING_BYTES as usize))
}
