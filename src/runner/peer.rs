//! One address behind which a server answers: its connection, whether it is well, and calls by the Worker contract.

use std::error::Error as _;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prost::Message as _;
use tokio::time::{Instant, timeout};
use tonic::metadata::{AsciiMetadataKey, MetadataValue};
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tracing::{info, warn};

use super::call::{Fault, Job, code_of};
use super::details::failure_of;
use super::pulse::{PROBE_EVERY, Pulse};
use super::secure::{Bearer, Trust};
use super::v1;
use super::v1::worker_client::WorkerClient;
use crate::event::{Answer, Code, Failure};

const CONNECT: Duration = Duration::from_secs(5);
/// How long an address that could not be reached is passed over while others can.
const DOWN: Duration = Duration::from_secs(2);
/// The engine's own timer decides when an attempt is late; the worker's comes a little later, only to free it.
const GRACE: Duration = Duration::from_millis(100);
/// How old an answer about health may grow.
const HEALTH_EVERY: Duration = Duration::from_secs(5);
const HEALTH_WITHIN: Duration = Duration::from_secs(2);

/// One address.
#[derive(Debug)]
pub(super) struct Peer {
    /// As a person would write it.
    pub address: String,
    /// Without TLS.
    endpoint: Endpoint,
    /// As the certificate has its name.
    server: Uri,
    trust: Trust,
    /// Of the certificates that the line was made with.
    turn: AtomicU64,
    /// Replaced when the connection hangs, or certificates have changed.
    line: Mutex<(u64, Channel)>,
    pulse: Pulse,
    state: Mutex<State>,
    pub bearer: Bearer,
    /// Of one message, in bytes.
    pub max_message: usize,
    /// That it could not be reached was told.
    told_lost: AtomicBool,
}

/// How all that is called out there is called.
#[derive(Clone, Debug)]
pub(super) struct Outward {
    pub trust: Trust,
    /// Of one message, in bytes.
    pub max_message: usize,
}

#[derive(Debug)]
struct State {
    down_until: Option<Instant>,
    /// What it last said about its health. A server that does not say is taken to be well.
    healthy: bool,
    asked: Option<Instant>,
    /// No longer among the addresses that its name stands for.
    gone: bool,
}

/// The parts of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// As it is shown.
    pub text: String,
    pub host: String,
    pub port: u16,
    uri: Uri,
}

impl Address {
    /// # Errors
    /// The text is no address that can be called.
    pub fn new(text: &str) -> Result<Self, String> {
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let uri = full.parse::<Uri>().ok().filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
        let uri =
            uri.ok_or_else(|| format!("'{text}' is not an address: write http://HOST:PORT or https://HOST:PORT"))?;
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| format!("'{text}' is not an address: write http://HOST:PORT"))?.to_owned();
        let port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        Ok(Self { port: uri.port_u16().unwrap_or(port), host, uri, text: full })
    }

    /// Whether it can be called with what is trusted.
    ///
    /// # Errors
    /// It wants TLS, and the certificates for that are not there or not right.
    pub fn check(&self, outward: &Outward) -> Result<(), String> {
        let endpoint = Endpoint::from(self.uri.clone());
        outward.trust.secure(endpoint, &self.uri).map(drop).map_err(|error| error.to_string())
    }

    /// `host:port`, to look it up.
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Whether the host is a number, so that there is nothing to look up.
    pub fn is_literal(&self) -> bool {
        self.host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>().is_ok()
    }
}

/// By what was checked before; else each call says that it lacks TLS.
fn secured(trust: &Trust, endpoint: &Endpoint, server: &Uri) -> Endpoint {
    trust.secure(endpoint.clone(), server).unwrap_or_else(|_| endpoint.clone())
}

impl Peer {
    /// At one of the addresses that the name stands for, or wherever the name leads. Connects at the first call, within
    /// a tokio runtime.
    pub fn new(address: &Address, at: Option<SocketAddr>, outward: &Outward) -> Self {
        let (endpoint, place) = match at {
            None => (Endpoint::from(address.uri.clone()), address.place()),
            Some(at) => {
                let uri = Uri::builder()
                    .scheme(address.uri.scheme_str().unwrap_or("http"))
                    .authority(at.to_string())
                    .path_and_query("/")
                    .build();
                let uri = uri.expect("a socket's address makes a URI");
                (Endpoint::from(uri).origin(address.uri.clone()), at.to_string())
            }
        };
        let endpoint = endpoint
            .connect_timeout(CONNECT)
            // A computer that is gone, or whose network was cut, is noticed within 6 s of silence.
            .tcp_keepalive(Some(Duration::from_secs(3)))
            .tcp_keepalive_interval(Some(Duration::from_secs(1)))
            .tcp_keepalive_retries(Some(3));
        let shown = match at {
            Some(at) if !address.is_literal() => format!("{} ({at})", address.text),
            _ => address.text.clone(),
        };
        let state = State { down_until: None, healthy: true, asked: None, gone: false };
        let trust = outward.trust.clone();
        Self {
            turn: AtomicU64::new(trust.turn()),
            line: Mutex::new((0, secured(&trust, &endpoint, &address.uri).connect_lazy())),
            endpoint,
            server: address.uri.clone(),
            trust,
            pulse: Pulse::new(place),
            state: Mutex::new(state),
            told_lost: AtomicBool::new(false),
            address: shown,
            bearer: outward.trust.bearer(&address.uri),
            max_message: outward.max_message,
        }
    }

    pub fn channel(&self) -> Channel {
        let turn = self.trust.turn();
        if self.turn.load(Ordering::Relaxed) != turn {
            self.turn.store(turn, Ordering::Relaxed);
            let mut current = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            // Calls in flight end over the old one.
            *current = (current.0 + 1, self.connect_lazy());
        }
        self.line.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn connect_lazy(&self) -> Channel {
        secured(&self.trust, &self.endpoint, &self.server).connect_lazy()
    }

    fn client(&self) -> WorkerClient<Channel> {
        WorkerClient::new(self.channel())
            .max_decoding_message_size(self.max_message)
            .max_encoding_message_size(self.max_message)
    }

    /// What it says that it serves. `Ok(None)`: it is there, but leaves that method out.
    ///
    /// # Errors
    /// It is not there, not well, or says nothing in time; in words.
    pub async fn describe(&self, within: Duration) -> Result<Option<v1::DescribeResponse>, String> {
        let ask = async {
            let mut client = self.client();
            // Side by side: one that is far away is not to be taken for one that is gone.
            let (described, serves) =
                tokio::join!(client.describe(self.with_token(v1::DescribeRequest {})), self.is_serving());
            let described = match described {
                Ok(response) => Some(response.into_inner()),
                Err(status) if status.code() == tonic::Code::Unimplemented => None,
                Err(status) => return Err(reason(&status)),
            };
            if serves { Ok(described) } else { Err("it says that it is not serving".to_owned()) }
        };
        timeout(within, ask).await.unwrap_or_else(|_| Err(format!("it does not answer within {within:?}")))
    }

    /// Asks `grpc.health.v1`. A server without it is taken at its connection.
    async fn is_serving(&self) -> bool {
        let answer = HealthClient::new(self.channel()).check(self.with_token(HealthCheckRequest::default())).await;
        let healthy = match answer {
            Ok(response) => response.get_ref().status() != ServingStatus::NotServing,
            Err(_) => true,
        };
        let was_healthy = {
            let mut state = self.state();
            state.asked = Some(Instant::now());
            std::mem::replace(&mut state.healthy, healthy)
        };
        match (was_healthy, healthy) {
            (true, false) => {
                warn!(target: "chalktalk::worker", address = self.address, "worker says that it is not serving");
            }
            (false, true) => info!(target: "chalktalk::worker", address = self.address, "worker serves again"),
            _ => {}
        }
        healthy
    }

    /// Asks about its health, on the side, if what is known is old.
    pub fn look_after(self: &Arc<Self>) {
        {
            let mut state = self.state();
            if state.asked.is_some_and(|asked| asked.elapsed() < HEALTH_EVERY) {
                return;
            }
            state.asked = Some(Instant::now());
        }
        let peer = Arc::clone(self);
        tokio::spawn(async move { timeout(HEALTH_WITHIN, peer.is_serving()).await });
    }

    fn with_token<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        self.bearer.put(request.metadata_mut());
        request
    }

    /// With what goes beside the message.
    pub fn request<T>(&self, job: &Job, message: T) -> Request<T> {
        let mut request = self.with_token(message);
        if let Some(limit) = job.limit {
            request.set_timeout(limit.left.saturating_add(GRACE));
        }
        for (name, value) in job.trace_headers() {
            if let (Ok(name), Ok(value)) = (name.parse::<AsciiMetadataKey>(), MetadataValue::try_from(value)) {
                request.metadata_mut().insert(name, value);
            }
        }
        request
    }

    pub async fn invoke(&self, job: &Job, message: v1::InvokeRequest) -> Result<Answer, Fault> {
        let n_bytes = message.encoded_len();
        if n_bytes > self.max_message {
            return Err(self.too_large(job, &format!("it has {n_bytes} bytes")));
        }
        let mut client = self.client();
        let result = self.attend(job, client.invoke(self.request(job, message))).await?;
        match result {
            Ok(response) => {
                self.is_back();
                job.read(response.into_inner(), &format!("{} at {}", job.to, self.address)).map_err(Fault::Failed)
            }
            Err(status) => Err(self.fault(job, &status)),
        }
    }

    /// Waits for an answer for as long as the server shows that it is alive.
    pub async fn attend<T>(&self, job: &Job, call: impl Future<Output = T>) -> Result<T, Fault> {
        let mut call = pin!(call);
        if let Ok(answer) = timeout(PROBE_EVERY, &mut call).await {
            return Ok(answer);
        }
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner).0;
        tokio::select! {
            biased;
            answer = call => Ok(answer),
            why = self.pulse.lost() => {
                self.hang_up(line, &why);
                let (to, address) = (&job.to, &self.address);
                let message = format!("{address} stopped answering while {to} was called ({why}): look after that worker");
                Err(Fault::Broken(Failure::new(Code::Unavailable, message)))
            }
        }
    }

    /// Calls that come go over a new connection.
    fn hang_up(&self, line: u64, why: &str) {
        self.is_out(why);
        let mut current = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 == line {
            *current = (line + 1, self.connect_lazy());
        }
    }

    pub fn fault(&self, job: &Job, status: &Status) -> Fault {
        let (to, address) = (&job.to, &self.address);
        match trouble(status) {
            Some(Trouble::Unreached(why)) => {
                self.is_out(&why);
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
            None if is_unreadable(status) => {
                let message = format!("{to} at {address} answered nonsense: {}: repair that worker", status.message());
                Fault::Failed(Failure::new(Code::Internal, message))
            }
            None if status.message().is_empty() => {
                let code = code_of(status.code());
                Fault::Failed(Failure::new(code, format!("{to} at {address} failed and did not say why")))
            }
            None => Fault::Failed(failure_of(status)),
        }
    }

    /// Not to be tried again: it would be as large the next time.
    pub fn too_large(&self, job: &Job, why: &str) -> Fault {
        let (to, address, limit) = (&job.to, &self.address, in_mib(self.max_message));
        let message = format!("a message to or from {to} at {address} is over the limit of {limit}: {why}");
        Fault::Failed(Failure::new(Code::OutOfRange, message))
    }

    /// To be passed over while others can be called.
    pub fn is_down(&self) -> bool {
        let state = self.state();
        !state.healthy || state.down_until.is_some_and(|until| Instant::now() < until)
    }

    fn is_out(&self, why: &str) {
        self.state().down_until = Some(Instant::now() + DOWN);
        if !self.told_lost.swap(true, Ordering::Relaxed) {
            warn!(target: "chalktalk::worker", address = self.address, why, "worker lost");
        }
    }

    pub fn is_back(&self) {
        if self.told_lost.load(Ordering::Relaxed) && self.told_lost.swap(false, Ordering::Relaxed) {
            info!(target: "chalktalk::worker", address = self.address, "worker back");
        }
    }

    pub fn is_gone(&self) -> bool {
        self.state().gone
    }

    /// Its calls go to their end; it is given no other.
    pub fn retire(&self) {
        self.state().gone = true;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number of bytes in words.
pub(super) fn in_mib(bytes: usize) -> String {
    if bytes.is_multiple_of(1 << 20) { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
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

/// Why it could not be asked, in words.
pub(super) fn reason(status: &Status) -> String {
    match trouble(status) {
        Some(Trouble::Unreached(why)) => format!("nothing answers: {why}"),
        Some(Trouble::Broken(why)) => format!("the connection broke: {why}"),
        None => format!("{}: {}", code_of(status.code()), status.message()),
    }
}

fn is_our_limit(status: &Status) -> bool {
    status.code() == tonic::Code::OutOfRange && status.message().contains("message length too large")
}

/// No message of the contract came back, see tonic's `from_decode_error`.
fn is_unreadable(status: &Status) -> bool {
    status.code() == tonic::Code::Internal && status.message().starts_with("failed to decode")
}
