//! The quarterback as a server: `Quarterback` and `Worker` of the contract, health and reflection.
//!
//! The runner decides nothing differently for being served: this translates, bounds and streams. Plays that are
//! registered are methods of `Worker`; a call of one is a child run, joined if it is there already.
//!
//! Must never: listen beyond loopback without TLS and without knowing who asks (`secure`), hold more than a few messages for a client,
//! let a slow client slow a run, take the end of a connection for the end of a call.
//!
//! Start reading at [`Server`], then `quarterback.rs`; `invoke.rs` is a play as a target.

mod bound;
mod catch;
mod conn;
mod convert;
mod describe;
mod door;
mod guard;
mod guesses;
mod invoke;
mod quarterback;
mod refusals;
mod refuse;
mod register;
mod watch;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::{Router, TcpIncoming};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::secure::{Access, Limits};
use super::v1::quarterback_server::QuarterbackServer;
use super::v1::worker_server::WorkerServer;
use super::{DESCRIPTORS, Error, Runner};
use crate::journal::{self, Reader};
use door::Door;
use guard::Guard;
use refusals::Refusals;
use refuse::{internal, status_of, stops, used_up};

/// How often a silent connection is asked whether it is there, and how long that may take.
const PING: Duration = Duration::from_secs(10);
const PONG: Duration = Duration::from_secs(5);
/// How long clients have to take the last answers.
const DRAIN: Duration = Duration::from_secs(2);
const SERVICES: [&str; 3] = ["", "chalktalk.v1.Quarterback", "chalktalk.v1.Worker"];

/// A runner that is being served. Stops when it is dropped, the runner does not.
#[derive(Debug)]
pub struct Server {
    /// With the port that the system chose, if the one asked for was 0.
    pub addr: SocketAddr,
    health: HealthReporter,
    stopping: CancellationToken,
    door: JoinHandle<()>,
    task: JoinHandle<()>,
}

/// What all calls share.
#[derive(Clone)]
struct Shared {
    runner: Runner,
    /// For reading beside the runner's own thread.
    reader: Arc<Mutex<Reader>>,
    stopping: CancellationToken,
    /// For what lasts.
    watches: Arc<Semaphore>,
    catches: Arc<Semaphore>,
}

impl Server {
    /// Serves a runner to all of this computer, on the tokio runtime that this is called in.
    ///
    /// # Errors
    /// As [`Self::guarded`].
    pub async fn start(runner: &Runner, addr: SocketAddr) -> Result<Self, Error> {
        Self::guarded(runner, addr, Access::default()).await
    }

    /// Serves a runner to those who may ask, on the tokio runtime that this is called in.
    ///
    /// # Errors
    /// [`Error::Secure`]: that is not enough for the address, or its certificates are not right; [`Error::Listen`]: the
    /// address is taken, or not this computer's; [`Error::Stopped`].
    pub async fn guarded(runner: &Runner, addr: SocketAddr, access: Access) -> Result<Self, Error> {
        access.check(addr)?;
        let failed = |source| Error::Listen { addr, source: Arc::new(source) };
        let listener = TcpListener::bind(addr).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let reader = Arc::new(Mutex::new(runner.reader().await?));
        let stopping = CancellationToken::new();
        let limits = *runner.limits();
        let shared = Shared {
            runner: runner.clone(),
            reader,
            stopping: stopping.clone(),
            watches: Arc::new(Semaphore::new(limits.watches)),
            catches: Arc::new(Semaphore::new(limits.catches)),
        };
        let is_open = access.is_open();
        let door = Door::new(access)?;
        let guard = (!is_open).then(|| Guard(door.clone()));
        let (health, router) = router(shared, guard, &limits).await;
        let seats = Arc::new(Semaphore::new(limits.connections));
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(PING));
        let (come, come_in) = door::line();
        tokio::spawn(door::keep_watch(door.clone(), runner.trust().clone(), stopping.clone()));
        let door = tokio::spawn(door.open(incoming, seats, stopping.clone(), come));
        let until = stopping.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            // A listener that fails while serving ends the server; its clients see that.
            drop(router.serve_with_incoming_shutdown(ReceiverStream::new(come_in), until).await);
        });
        Ok(Self { addr: bound, health, stopping, door, task })
    }

    /// Ends the streams, lets short calls end, then stops. Runs are not touched, not even those that serve calls.
    pub async fn stop(mut self) {
        for service in SERVICES {
            self.health.set_service_status(service, ServingStatus::NotServing).await;
        }
        self.stopping.cancel();
        // The address is free for the next server.
        drop((&mut self.door).await);
        drop(tokio::time::timeout(DRAIN, &mut self.task).await);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.door.abort();
        self.task.abort();
    }
}

/// Everything, behind a guard if there is one.
async fn router(shared: Shared, guard: Option<Guard>, limits: &Limits) -> (HealthReporter, Router) {
    let (reporter, health) = tonic_health::server::health_reporter();
    for service in SERVICES {
        reporter.set_service_status(service, ServingStatus::Serving).await;
    }
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let new = reflection().build_v1().expect("the build wrote the descriptors");
    let old = reflection().build_v1alpha().expect("the build wrote the descriptors");
    let quarterback = QuarterbackServer::new(shared.clone())
        .max_decoding_message_size(limits.message)
        .max_encoding_message_size(limits.message);
    let worker =
        WorkerServer::new(shared).max_decoding_message_size(limits.message).max_encoding_message_size(limits.message);
    let mut server = tonic::transport::Server::builder()
        .max_concurrent_streams(limits.streams)
        .http2_keepalive_interval(Some(PING))
        .http2_keepalive_timeout(Some(PONG));
    // Probes have no token.
    let router = server.add_service(health);
    let router = match guard {
        None => {
            router.add_service(new).add_service(old).add_service(Refusals(quarterback)).add_service(Refusals(worker))
        }
        Some(guard) => router
            .add_service(InterceptedService::new(new, guard.clone()))
            .add_service(InterceptedService::new(old, guard.clone()))
            .add_service(Refusals(InterceptedService::new(quarterback, guard.clone())))
            .add_service(Refusals(InterceptedService::new(worker, guard))),
    };
    (reporter, router)
}

/// A place among those that last.
///
/// # Errors
/// `RESOURCE_EXHAUSTED`: all are taken.
fn seat(seats: &Arc<Semaphore>, what: &str, reason: &'static str, flag: &str) -> Result<OwnedSemaphorePermit, Status> {
    Arc::clone(seats).try_acquire_owned().map_err(|_| {
        let message =
            format!("this server has as many {what} as it takes: end one of them, or raise {flag} where it is started");
        used_up(reason, flag, message)
    })
}

impl Shared {
    /// Reads the journal where waiting for the disk holds up nobody else.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, journal::Error> + Send + 'static,
    ) -> Result<T, Status> {
        let reader = Arc::clone(&self.reader);
        let done = tokio::task::spawn_blocking(move || read(&reader.lock().unwrap_or_else(PoisonError::into_inner)));
        let result = done.await.map_err(|_| internal("reading the journal failed: see the server's messages"))?;
        result.map_err(|error| status_of(&error.into()))
    }
}
