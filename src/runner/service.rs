//! Targets behind gRPC: connections that are made when they are needed, and balanced.

use std::collections::VecDeque;
use std::error::Error as _;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prost::Message as _;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::call::{Fault, Job, code_of, failure_of};
use super::v1;
use super::v1::worker_client::WorkerClient;
use crate::event::{Code, Failure, Payload};

/// Of one message, either way.
pub(super) const MAX_MESSAGE: usize = 4 << 20;
const CONNECT: Duration = Duration::from_secs(5);
/// How long an address that could not be reached is passed over while others can.
const DOWN: Duration = Duration::from_secs(2);
/// The engine's own timer decides when an attempt is late; the worker's comes a little later, only to free it.
const GRACE: Duration = Duration::from_millis(100);

/// One address.
#[derive(Debug)]
pub(super) struct Peer {
    pub address: String,
    client: WorkerClient<Channel>,
    down_until: Mutex<Option<Instant>>,
}

/// All addresses of a binding. Those that serve the same addresses share one.
#[derive(Debug)]
pub(super) struct Service {
    peers: Vec<Arc<Peer>>,
    next: AtomicUsize,
    /// Peers that hold no ball of a `wait-for-worker`, and as many permits.
    pub idle: Mutex<VecDeque<Arc<Peer>>>,
    pub seats: Arc<Semaphore>,
}

impl Peer {
    /// Connects at the first call, within a tokio runtime.
    ///
    /// # Errors
    /// The text is no address that can be called.
    pub fn new(text: &str) -> Result<Self, String> {
        let address = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        if address.starts_with("https://") {
            return Err(format!("{address} wants TLS, which this version cannot speak to workers: use http://"));
        }
        let endpoint = Endpoint::from_shared(address.clone())
            .ok()
            .filter(|endpoint| endpoint.uri().scheme_str() == Some("http") && endpoint.uri().host().is_some())
            .ok_or_else(|| format!("'{text}' is not an address: write http://HOST:PORT"))?
            .connect_timeout(CONNECT)
            .tcp_keepalive(Some(Duration::from_secs(10)));
        let client = WorkerClient::new(endpoint.connect_lazy())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        Ok(Self { address, client, down_until: Mutex::default() })
    }

    /// The worker's name, if it is there and answers.
    pub async fn describe(&self, within: Duration) -> Option<String> {
        let mut client = self.client.clone();
        match tokio::time::timeout(within, client.describe(v1::DescribeRequest {})).await.ok()? {
            Ok(response) if response.get_ref().worker.is_empty() => Some(self.address.clone()),
            Ok(response) => Some(response.into_inner().worker),
            // A server that is there, but leaves that method out.
            Err(status) if status.code() == tonic::Code::Unimplemented => Some(self.address.clone()),
            Err(_) => None,
        }
    }

    pub async fn invoke(&self, job: &Job, message: v1::InvokeRequest) -> Result<Payload, Fault> {
        let n_bytes = message.encoded_len();
        if n_bytes > MAX_MESSAGE {
            return Err(self.too_large(job, &format!("it has {n_bytes} bytes")));
        }
        let mut request = Request::new(message);
        if let Some(limit) = job.limit {
            request.set_timeout(limit.left.saturating_add(GRACE));
        }
        if let Some(trace) = job.traceparent().and_then(|trace| MetadataValue::try_from(trace).ok()) {
            request.metadata_mut().insert("traceparent", trace);
        }
        let result = self.client.clone().invoke(request).await;
        let place = || format!("{} at {}", job.to, self.address);
        match result {
            Ok(response) => job.read(response.into_inner(), &place()).map_err(Fault::Failed),
            Err(status) => Err(self.fault(job, &status)),
        }
    }

    fn fault(&self, job: &Job, status: &Status) -> Fault {
        let (to, address) = (&job.to, &self.address);
        match trouble(status) {
            Some(Trouble::Unreached(why)) => {
                *self.down() = Some(Instant::now() + DOWN);
                let message = format!(
                    "nothing answers at {address} for {to} ({why}): start that worker, or correct the address in the formation"
                );
                Fault::Unreached(Failure::new(Code::Unavailable, message))
            }
            Some(Trouble::Broken(why)) => {
                let message = format!("the connection to {address} broke while {to} was called ({why})");
                Fault::Broken(Failure::new(Code::Unavailable, message))
            }
            None if status.code() == tonic::Code::Unimplemented => {
                let said = status.message();
                let message = format!(
                    "the worker at {address} has no {to} ({said}): start one that serves it, or correct the formation"
                );
                Fault::Failed(Failure::new(Code::Unimplemented, message))
            }
            None if is_our_limit(status) => self.too_large(job, status.message()),
            None if status.message().is_empty() => {
                let code = code_of(status.code());
                Fault::Failed(Failure::new(code, format!("{to} at {address} failed and did not say why")))
            }
            None => Fault::Failed(failure_of(status)),
        }
    }

    /// Not to be tried again: it would be as large the next time.
    fn too_large(&self, job: &Job, why: &str) -> Fault {
        let (to, address, limit) = (&job.to, &self.address, MAX_MESSAGE >> 20);
        let message = format!("a message to or from {to} at {address} is over the limit of {limit} MiB: {why}");
        Fault::Failed(Failure::new(Code::OutOfRange, message))
    }

    fn is_down(&self) -> bool {
        self.down().is_some_and(|until| Instant::now() < until)
    }

    fn down(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.down_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    pub fn new(peers: Vec<Arc<Peer>>) -> Self {
        let seats = Arc::new(Semaphore::new(peers.len()));
        Self { next: AtomicUsize::new(0), idle: Mutex::new(peers.iter().cloned().collect()), seats, peers }
    }

    /// Calls the next address in turn; one that cannot be reached is passed over for the next.
    pub async fn invoke(&self, job: &Job) -> Result<Payload, Fault> {
        let message = job.request().map_err(Fault::Failed)?;
        let n = self.peers.len();
        let first = self.next.fetch_add(1, Ordering::Relaxed) % n.max(1);
        let in_turn = || (0..n).map(|i| &self.peers[(first + i) % n]);
        let all_down = in_turn().all(|peer| peer.is_down());
        let mut fault = None;
        for peer in in_turn().filter(|peer| all_down || !peer.is_down()) {
            match peer.invoke(job, message.clone()).await {
                Err(Fault::Unreached(failure)) => fault = Some(Fault::Unreached(failure)),
                done => return done,
            }
        }
        Err(fault.unwrap_or_else(|| {
            let message = format!("no address of {} can be reached at the moment", job.to);
            Fault::Unreached(Failure::new(Code::Unavailable, message))
        }))
    }
}

enum Trouble {
    Unreached(String),
    Broken(String),
}

/// Tells a status that the connection made up from one that a server sent.
fn trouble(status: &Status) -> Option<Trouble> {
    let mut why = None;
    let mut next = status.source();
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            let reason = io.to_string();
            return Some(match io.kind() {
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof => Trouble::Broken(reason),
                _ => Trouble::Unreached(reason),
            });
        }
        why = Some(error.to_string());
        next = error.source();
    }
    match status.code() {
        tonic::Code::Unknown | tonic::Code::Internal | tonic::Code::Cancelled | tonic::Code::Unavailable => {
            why.map(Trouble::Broken)
        }
        _ => None,
    }
}

fn is_our_limit(status: &Status) -> bool {
    status.code() == tonic::Code::OutOfRange && status.message().contains("message length too large")
}
