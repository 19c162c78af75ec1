//! Whether a server that holds a ball for long is still alive.
//!
//! A process that hangs, or a path that swallows what is sent, closes no connection: without a `timeout` a call would
//! wait for ever. While calls are open for longer than [`PROBE_EVERY`], a second connection is made now and then, and
//! the server must greet it as HTTP/2 asks every server to, before any method is called. Pings on the connection
//! itself would be simpler, but servers built on gRPC's own libraries (C++, Python, Go, Java) take more than two in
//! five minutes for an attack, and close the connection with its calls.
//!
//! Only silence counts: a server that takes no new connection may well be finishing its last calls.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How often, and how long a call must be open before it is looked after.
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(2);
/// In which a server must greet.
const PROBE_WITHIN: Duration = Duration::from_secs(2);
/// So many times in a row it may be silent before it is given up.
const N_SILENT: u32 = 2;
/// The client's greeting: its preface, and settings that set nothing.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const FRAME_HEADER: usize = 9;

/// Of one server.
#[derive(Debug)]
pub(super) struct Pulse {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// `host:port`.
    place: String,
    state: Mutex<State>,
    /// Why it was last given up.
    lost: watch::Sender<Option<Arc<str>>>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls that want to know.
    n_calls: usize,
    /// A task makes probes.
    is_watched: bool,
}

impl Pulse {
    pub fn new(place: String) -> Self {
        Self { shared: Arc::new(Shared { place, state: Mutex::default(), lost: watch::Sender::new(None) }) }
    }

    /// Comes to an end when the server is silent, with the words for it.
    pub async fn lost(&self) -> Arc<str> {
        let mut lost = self.shared.lost.subscribe();
        let _call = Call::begin(&self.shared);
        loop {
            // The sender lives as long as `self`.
            drop(lost.changed().await);
            if let Some(why) = &*lost.borrow_and_update() {
                return Arc::clone(why);
            }
        }
    }
}

/// One that waits. The first starts the probes, which end after the last.
struct Call<'s>(&'s Shared);

impl<'s> Call<'s> {
    fn begin(shared: &'s Arc<Shared>) -> Self {
        let mut state = shared.state();
        state.n_calls += 1;
        if !std::mem::replace(&mut state.is_watched, true) {
            tokio::spawn(watch_over(Arc::clone(shared)));
        }
        Self(shared)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.state().n_calls -= 1;
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn watch_over(shared: Arc<Shared>) {
    let mut n_silent = 0;
    loop {
        if timeout(PROBE_WITHIN, greet(&shared.place)).await.is_ok() {
            n_silent = 0;
            sleep(PROBE_EVERY).await;
        } else {
            n_silent += 1;
        }
        let mut state = shared.state();
        if state.n_calls == 0 || n_silent == N_SILENT {
            state.is_watched = false;
            drop(state);
            if n_silent == N_SILENT {
                let why = format!("it did not greet within {PROBE_WITHIN:?}, {N_SILENT} times in a row");
                shared.lost.send_replace(Some(why.into()));
            }
            return;
        }
    }
}

/// Comes to an end when the server has greeted, or has shown in another way that somebody is there.
async fn greet(place: &str) -> std::io::Result<()> {
    let mut stream = match TcpStream::connect(place).await {
        // Nobody answers at all on the way there: as silent as can be.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::TimedOut
            ) =>
        {
            std::future::pending().await
        }
        stream => stream?,
    };
    stream.write_all(GREETING).await?;
    stream.read_exact(&mut [0; FRAME_HEADER]).await?;
    Ok(())
}
