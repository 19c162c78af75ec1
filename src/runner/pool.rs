//! `wait-for-worker`: a ball waits for a worker with free hands, first come, first served.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::call::{Fault, Job};
use super::conductor::Mail;
use super::pull::Hold;
use super::service::Seat;
use super::standing::Lines;
use super::targets::{Route, builtin_ready_after, call_builtin};
use super::v1::worker_server::Worker;
use crate::base::Coord;
use crate::event::{Answer, Code, Failure};

/// Waits for a worker, says that it caught the ball, and once that is kept hands it over.
pub(super) async fn offer(post: mpsc::UnboundedSender<Mail>, job: Job, route: Route, lines: Arc<Lines>) {
    let line = lines.join(&job.to, &route);
    let (run, ball, attempt) = (job.run.clone(), job.ball, job.attempt);
    let hands = match wait(&route, &job.to).await {
        Ok(hands) => hands,
        Err(failure) => {
            // Nothing serves the target: to wait for it would never end.
            drop(post.send(Mail::Answer { run, ball, attempt, result: Err(failure) }));
            return;
        }
    };
    drop(line);
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
        Ok(answer) => Mail::Answer { run, ball, attempt, result: Ok(answer) },
    };
    drop(post.send(mail));
}

/// A worker that holds no other ball.
struct Hands {
    name: String,
    at: At,
}

enum At {
    Builtin { worker: Arc<dyn Worker>, _permit: OwnedSemaphorePermit },
    Peer(Seat),
    Puller(Hold),
}

async fn wait(route: &Route, to: &Coord) -> Result<Hands, Failure> {
    match route {
        Route::Builtin { worker, seat } => {
            let permit = sit(seat).await?;
            tokio::time::sleep(builtin_ready_after(to)).await;
            let name = format!("{}/{}-1", to.image, to.version);
            Ok(Hands { name, at: At::Builtin { worker: Arc::clone(worker), _permit: permit } })
        }
        Route::Service(service) => {
            let (seat, name) = service.seat().await?;
            Ok(Hands { name, at: At::Peer(seat) })
        }
        Route::Pull(hub) => {
            let hold = hub.take(to).await?;
            Ok(Hands { name: hold.name.clone(), at: At::Puller(hold) })
        }
        Route::Nowhere(failure) => Err(failure.clone()),
        // The conductor serves those itself.
        Route::Play(_) => Err(Failure::new(Code::Internal, format!("{to} is a play and was offered to workers"))),
    }
}

async fn sit(seats: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
    let closed = |_| Failure::new(Code::Cancelled, "the runner stops");
    Arc::clone(seats).acquire_owned().await.map_err(closed)
}

impl Hands {
    async fn hand_over(self, job: Job) -> Result<Answer, Fault> {
        match self.at {
            At::Builtin { worker, _permit } => call_builtin(worker, job).await.map_err(Fault::Failed),
            At::Peer(seat) => seat.hand_over(&job).await,
            At::Puller(hold) => hold.hand_over(&job).await,
        }
    }
}
