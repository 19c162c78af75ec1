//! A way to a server that can be cut, fall silent, be slow, or break after so many bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// Connections are closed, new ones too.
    Cut,
    /// All stays open and nothing comes through, as when a cable is pulled.
    Silent,
}

pub struct Path {
    pub addr: SocketAddr,
    state: watch::Sender<State>,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    /// Each way.
    delay: Duration,
    /// Bytes from the server, of all connections in sum, after which the connection of the moment is closed; once.
    break_after: AtomicU64,
    n_answered: AtomicU64,
    n_connections: AtomicUsize,
}

impl Path {
    pub async fn to(server: SocketAddr) -> Self {
        Self::with(server, Duration::ZERO, u64::MAX).await
    }

    pub async fn slow(server: SocketAddr, delay: Duration) -> Self {
        Self::with(server, delay, u64::MAX).await
    }

    /// Breaks once, after so many bytes from the server.
    pub async fn that_breaks(server: SocketAddr, after: u64) -> Self {
        Self::with(server, Duration::ZERO, after).await
    }

    async fn with(server: SocketAddr, delay: Duration, break_after: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (state, is) = watch::channel(State::Open);
        let shared = Arc::new(Shared {
            server,
            delay,
            break_after: break_after.into(),
            n_answered: 0.into(),
            n_connections: 0.into(),
        });
        let path = Self { addr, state, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((near, _)) = listener.accept().await {
                shared.n_connections.fetch_add(1, Ordering::Relaxed);
                let state = *is.borrow();
                match state {
                    State::Open => drop(tokio::spawn(Arc::clone(&shared).carry(near, is.clone()))),
                    State::Cut => {}
                    State::Silent => silent.push(near),
                }
            }
        });
        path
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn set(&self, state: State) {
        self.state.send_replace(state);
    }

    pub fn n_connections(&self) -> usize {
        self.shared.n_connections.load(Ordering::Relaxed)
    }

    /// Bytes that came from the server.
    pub fn n_answered(&self) -> u64 {
        self.shared.n_answered.load(Ordering::Relaxed)
    }
}

impl Shared {
    async fn carry(self: Arc<Self>, mut near: TcpStream, mut is: watch::Receiver<State>) {
        let Ok(mut far) = TcpStream::connect(self.server).await else { return };
        near.set_nodelay(true).unwrap();
        far.set_nodelay(true).unwrap();
        let state = {
            let (from_client, to_client) = near.split();
            let (from_server, to_server) = far.split();
            tokio::select! {
                () = self.pass(from_client, to_server, false) => State::Cut,
                () = self.pass(from_server, to_client, true) => State::Cut,
                state = is.wait_for(|state| *state != State::Open) => state.map_or(State::Cut, |state| *state),
            }
        };
        if state == State::Silent {
            // Both ends stay open, and hear nothing.
            std::future::pending::<()>().await;
        }
    }

    /// Until the one side has said all or the other hears nothing more.
    async fn pass(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, is_answer: bool) {
        let (send, mut under_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
        let read = async move {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(n @ 1..) = from.read(&mut buffer).await {
                let mut left = n;
                if is_answer {
                    let before = self.n_answered.fetch_add(n as u64, Ordering::Relaxed);
                    let until_break = self.break_after.load(Ordering::Relaxed).saturating_sub(before);
                    left = usize::try_from(until_break).unwrap_or(usize::MAX).min(n);
                }
                drop(send.send((Instant::now() + self.delay, buffer[..left].to_vec())));
                if left < n {
                    self.break_after.store(u64::MAX, Ordering::Relaxed);
                    return;
                }
            }
        };
        let write = async move {
            while let Some((due, bytes)) = under_way.recv().await {
                sleep_until(due).await;
                if to.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        };
        tokio::join!(read, write);
    }
}
