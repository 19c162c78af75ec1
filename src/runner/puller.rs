//! The other end of `Catch`: a worker in this program, without an address, that pulls balls from a quarterback.
//!
//! Must never: take a ball twice on purpose, keep working for nobody, leave a ball that it has taken when it is asked to
//! stop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use tonic::{Request, Status};

use super::details::failed;
use super::v1::catch_request::What as Say;
use super::v1::catch_response::What as Told;
use super::v1::quarterback_client::QuarterbackClient;
use super::v1::worker_server::Worker;
use super::{Bearer, Limits, v1};

/// `Welcome` asks for less.
const HEARTBEAT: Duration = Duration::from_millis(300);
const AGAIN: Duration = Duration::from_millis(500);
/// A quarterback that is gone without a word is noticed.
const PING: Duration = Duration::from_secs(10);

/// How a pulling worker stands with its quarterback.
#[derive(Clone, Debug)]
pub enum Pulled {
    /// It may be handed balls from now on.
    Welcome,
    /// The quarterback is gone, or refuses; it is tried again.
    Lost(Status),
}

/// Pulls balls for `worker`, at most `n_at_once` at a time, until `stop`; then what it holds is finished first.
///
/// `quarterback` says where it is, and with which token it is asked; it is asked before each connection, so that a new
/// certificate or token is taken up. Comes back when the quarterback does. `told` hears of both. A ball that is revoked
/// has its call dropped.
pub async fn pull_worker(
    worker: Arc<dyn Worker>,
    quarterback: impl Fn() -> Result<(Endpoint, Bearer), Status>,
    n_at_once: u32,
    stop: CancellationToken,
    mut told: impl FnMut(Pulled),
) {
    while !stop.is_cancelled() {
        let pulled = match quarterback() {
            Ok((endpoint, bearer)) => stream(&worker, endpoint, bearer, n_at_once, &stop, &mut told).await,
            Err(status) => Err(status),
        };
        if let Err(status) = pulled {
            told(Pulled::Lost(status));
        }
        tokio::select! {
            () = sleep(AGAIN) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn stream(
    worker: &Arc<dyn Worker>,
    quarterback: Endpoint,
    bearer: Bearer,
    n_at_once: u32,
    stop: &CancellationToken,
    heard: &mut impl FnMut(Pulled),
) -> Result<(), Status> {
    let v1::DescribeResponse { worker: name, methods } =
        worker.describe(Request::new(v1::DescribeRequest {})).await?.into_inner();
    let quarterback = quarterback.http2_keep_alive_interval(PING).keep_alive_timeout(PING / 2);
    let channel = quarterback.connect().await.map_err(|error| Status::from_error(error.into()))?;
    let mut client = QuarterbackClient::with_interceptor(channel, bearer)
        .max_decoding_message_size(Limits::MESSAGE)
        .max_encoding_message_size(Limits::MESSAGE);
    // Bounded by the credit: an answer and a word for each ball, and heartbeats.
    let (say, said) = mpsc::unbounded_channel();
    let mut hands = Hands { say: Some(say), held: HashMap::new(), work: JoinSet::new() };
    hands.say(Say::Hello(v1::Hello { worker: name, methods }));
    hands.say(Say::Ready(v1::Ready { credit: n_at_once }));
    let mut told = client.catch(UnboundedReceiverStream::new(said)).await?.into_inner();
    let mut beat = interval(HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        if stop.is_cancelled() && hands.held.is_empty() {
            // Ends the stream: what was handed over meanwhile goes to the next.
            hands.say = None;
        }
        tokio::select! {
            message = told.message() => match message? {
                None => return Ok(()),
                Some(v1::CatchResponse { what }) => match what {
                    Some(Told::Welcome(_)) => heard(Pulled::Welcome),
                    Some(Told::Handed(handed)) if !stop.is_cancelled() => hands.take(worker, handed),
                    Some(Told::Revoked(v1::Revoked { id })) => hands.give_up(id),
                    _ => {}
                },
            },
            Some(done) = hands.work.join_next_with_id() => hands.is_done(done),
            _ = beat.tick() => hands.say(Say::Heartbeat(v1::Heartbeat {})),
            () = stop.cancelled(), if hands.say.is_some() && hands.held.is_empty() => {}
        }
    }
}

/// The balls of one stream. Dropped, the work on them ends: they go to the next worker.
struct Hands {
    say: Option<mpsc::UnboundedSender<v1::CatchRequest>>,
    /// By task: the number of the ball.
    held: HashMap<Id, (u64, AbortHandle)>,
    work: JoinSet<Result<v1::Ball, Status>>,
}

impl Hands {
    fn say(&self, what: Say) {
        if let Some(say) = &self.say {
            drop(say.send(v1::CatchRequest { what: Some(what) }));
        }
    }

    fn take(&mut self, worker: &Arc<dyn Worker>, handed: v1::Handed) {
        let v1::Handed { id, coordinate, ball } = handed;
        let worker = Arc::clone(worker);
        let task = self.work.spawn(async move {
            let response = worker.invoke(Request::new(v1::InvokeRequest { coordinate, ball })).await?;
            Ok(response.into_inner().ball.unwrap_or_default())
        });
        self.held.insert(task.id(), (id, task));
    }

    fn give_up(&self, id: u64) {
        if let Some((_, task)) = self.held.values().find(|(held, _)| *held == id) {
            task.abort();
        }
    }

    fn is_done(&mut self, done: Result<(Id, Result<v1::Ball, Status>), JoinError>) {
        let (task, result) = match done {
            Ok((task, result)) => (task, result),
            Err(error) if error.is_cancelled() => (error.id(), Err(Status::cancelled("the ball was revoked"))),
            Err(error) => (error.id(), Err(Status::unknown("the method ended without an answer: it has a mistake"))),
        };
        let Some((id, _)) = self.held.remove(&task) else { return };
        let what = match result {
            Ok(ball) => v1::returned::What::Ball(ball),
            Err(status) => v1::returned::What::Failed(failed(&status)),
        };
        self.say(Say::Returned(v1::Returned { id, what: Some(what) }));
        self.say(Say::Ready(v1::Ready { credit: 1 }));
    }
}
