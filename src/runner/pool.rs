//! `wait-for-worker`: a ball waits for a worker with free hands, first come, first served.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::call::{Fault, Job};
use super::conductor::Mail;
use super::service::{Peer, Service};
use super::targets::{Route, builtin_ready_after, call_builtin};
use super::v1::worker_server::Worker;
use crate::base::Coord;
use crate::event::{Code, Failure, Payload};

/// How often a worker that is not there is looked for.
const LOOK: Duration = Duration::from_millis(250);
const LOOK_WITHIN: Duration = Duration::from_secs(2);

/// Waits for a worker, says that it caught the ball, and once that is kept hands it over.
pub(super) async fn offer(post: mpsc::UnboundedSender<Mail>, job: Job, route: Route) {
    let (run, ball, attempt) = (job.run.clone(), job.ball, job.attempt);
    let hands = match wait(&route, &job.to).await {
        Ok(hands) => hands,
        Err(failure) => {
            // Nothing serves the target: to wait for it would never end.
            drop(post.send(Mail::Answer { run, ball, attempt, result: Err(failure) }));
            return;
        }
    };
    let (go, went) = oneshot::channel();
    let caught = Mail::Caught { run, ball, attempt, worker: hands.name.clone(), go };
    if post.send(caught).is_err() || went.await.is_err() {
        // Nobody waits any more: the ball was called off meanwhile.
        return;
    }
    let (run, worker) = (job.run.clone(), hands.name.clone());
    // The hands are free again before the runner hears of it, so that the next ball is not kept waiting.
    let mail = match hands.hand_over(job).await {
        Err(Fault::Broken(_) | Fault::Unreached(_)) => Mail::Dropped { run, ball, attempt, worker },
        Err(Fault::Failed(failure)) => Mail::Answer { run, ball, attempt, result: Err(failure) },
        Ok(payload) => Mail::Answer { run, ball, attempt, result: Ok(payload) },
    };
    drop(post.send(mail));
}

/// A worker that holds no other ball.
struct Hands {
    name: String,
    at: At,
    _permit: OwnedSemaphorePermit,
}

enum At {
    Builtin(Arc<dyn Worker>),
    Peer(Seat),
}

/// A peer that goes back among the idle ones in the end.
struct Seat {
    service: Arc<Service>,
    peer: Arc<Peer>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.service.idle.lock().unwrap_or_else(PoisonError::into_inner).push_back(Arc::clone(&self.peer));
    }
}

async fn wait(route: &Route, to: &Coord) -> Result<Hands, Failure> {
    match route {
        Route::Builtin { worker, seat } => {
            let permit = sit(seat).await?;
            tokio::time::sleep(builtin_ready_after(to)).await;
            let name = format!("{}/{}-1", to.image, to.version);
            Ok(Hands { name, at: At::Builtin(Arc::clone(worker)), _permit: permit })
        }
        Route::Service(service) => wait_for_peer(service).await,
        Route::Nowhere(failure) => Err(failure.clone()),
    }
}

async fn sit(seats: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
    let closed = |_| Failure::new(Code::Cancelled, "the runner stops");
    Arc::clone(seats).acquire_owned().await.map_err(closed)
}

async fn wait_for_peer(service: &Arc<Service>) -> Result<Hands, Failure> {
    let permit = sit(&service.seats).await?;
    loop {
        let peer = service.idle.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if let Some(peer) = peer {
            let seat = Seat { service: Arc::clone(service), peer };
            if let Some(name) = seat.peer.describe(LOOK_WITHIN).await {
                return Ok(Hands { name, at: At::Peer(seat), _permit: permit });
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Hands {
    async fn hand_over(self, job: Job) -> Result<Payload, Fault> {
        match &self.at {
            At::Builtin(worker) => call_builtin(Arc::clone(worker), job).await.map_err(Fault::Failed),
            At::Peer(seat) => {
                let message = job.request().map_err(Fault::Failed)?;
                seat.peer.invoke(&job, message).await
            }
        }
    }
}
