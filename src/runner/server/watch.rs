//! A run's events for one client: from disk until it has caught up, then live; from disk again if it falls behind.

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tonic::Status;

use super::super::{Limits, v1};
use super::convert::{event, status_of, unread};
use super::{Shared, stops};
use crate::base::RunId;
use crate::event::Event;
use crate::journal::History;

/// Events that are read from disk at once.
const PAGE: usize = 64;
/// Messages that wait for the client.
pub(super) const WAITING: usize = 16;
/// Batches of live events that the client may fall behind before it gets them from disk.
const BEHIND: usize = 256;
/// The longest body; a message has some more bytes.
const MAX_BODY: usize = Limits::MESSAGE - 1024;

type Told = Result<v1::WatchRunResponse, Status>;

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
    pub out: mpsc::Sender<Told>,
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
            drop(self.out.send(Err(status)).await);
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
        loop {
            let (run, next) = (self.run.clone(), self.next);
            let History { events, unread: strange } =
                match self.shared.read(move |reader| reader.some_events(&run, next, PAGE)).await {
                    Ok(history) => history,
                    Err(status) => return Some(End::Failed(status)),
                };
            let n_events = events.len() + strange.len();
            let mut strange = strange.into_iter().peekable();
            for recorded in &events {
                while let Some(earlier) = strange.next_if(|one| one.seq < recorded.seq) {
                    if self.tell(unread(earlier, MAX_BODY)).await.is_err() {
                        return Some(End::Done);
                    }
                }
                let last = matches!(recorded.event, Event::Finished { .. });
                if self.tell(event(recorded, MAX_BODY)).await.is_err() || last {
                    return Some(End::Done);
                }
            }
            for later in strange {
                if self.tell(unread(later, MAX_BODY)).await.is_err() {
                    return Some(End::Done);
                }
            }
            if n_events < PAGE {
                return None;
            }
        }
    }

    /// `None` if the client fell behind.
    async fn tell_live(&mut self) -> Option<End> {
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
                if self.tell(event(recorded, MAX_BODY)).await.is_err() || last {
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
            Ok(_) => Status::failed_precondition(format!("run {} has not ended, and does not go on here", self.run)),
        };
        Some(End::Failed(status))
    }

    async fn tell(&mut self, event: v1::Event) -> Result<(), ()> {
        self.next = event.seq + 1;
        self.send(v1::watch_run_response::What::Event(event)).await
    }

    async fn send(&self, what: v1::watch_run_response::What) -> Result<(), ()> {
        self.out.send(Ok(v1::WatchRunResponse { what: Some(what) })).await.map_err(drop)
    }
}
