use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

/// Who gives up on a call says so: the call ends within this of the last byte. When a silent connection is closed, its
/// calls end too, at the earliest one [`super::PONG`] after the last byte.
const HEARD_LATELY: Duration = Duration::from_secs(2);
const _: () = assert!(HEARD_LATELY.as_secs() < super::PONG.as_secs());

/// Whether a connection ended, which tells a caller that gave up on a call from one that is gone: both just end the call.
#[derive(Clone, Debug)]
pub(super) struct Broken(Arc<Signs>);

#[derive(Debug)]
struct Signs {
    broken: AtomicBool,
    since: Instant,
    /// Of the last byte that was read, in milliseconds.
    heard_ms: AtomicU64,
}

impl Default for Broken {
    fn default() -> Self {
        let signs = Signs { broken: AtomicBool::new(false), since: Instant::now(), heard_ms: AtomicU64::new(0) };
        Self(Arc::new(signs))
    }
}

impl Broken {
    /// The connection ended, or nothing came over it for so long that it is about to be closed.
    pub fn is_set(&self) -> bool {
        let silent_ms = self.now_ms().saturating_sub(self.0.heard_ms.load(Ordering::Acquire));
        self.0.broken.load(Ordering::Acquire) || u128::from(silent_ms) > HEARD_LATELY.as_millis()
    }

    fn set(&self) {
        self.0.broken.store(true, Ordering::Release);
    }

    fn hear(&self) {
        self.0.heard_ms.store(self.now_ms(), Ordering::Release);
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn note<T>(&self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(result, Poll::Ready(Err(_))) {
            self.set();
        }
        result
    }
}

/// What the requests of a connection share.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub from: SocketAddr,
    /// One was shown that TLS has found to be right.
    pub has_certificate: bool,
    pub broken: Broken,
    known: Arc<AtomicBool>,
}

impl Line {
    /// Whether a right token has come over it.
    pub fn is_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    pub fn is_known_from_now_on(&self) {
        self.known.store(true, Ordering::Relaxed);
    }
}

/// A connection that notes its end.
#[derive(Debug)]
pub(super) struct Conn {
    io: Wire,
    line: Line,
    _seat: Option<OwnedSemaphorePermit>,
}

/// With TLS or without.
#[derive(Debug)]
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Conn {
    pub fn plain(io: TcpStream, from: SocketAddr) -> Self {
        Self::new(Wire::Plain(io), from, false)
    }

    pub fn tls(io: TlsStream<TcpStream>, from: SocketAddr) -> Self {
        let has_certificate = io.get_ref().1.peer_certificates().is_some_and(|shown| !shown.is_empty());
        Self::new(Wire::Tls(Box::new(io)), from, has_certificate)
    }

    fn new(io: Wire, from: SocketAddr, has_certificate: bool) -> Self {
        let line = Line { from, has_certificate, broken: Broken::default(), known: Arc::default() };
        Self { io, line, _seat: None }
    }

    /// It holds its seat as long as it is there.
    pub fn seated(self, seat: OwnedSemaphorePermit) -> Self {
        Self { _seat: Some(seat), ..self }
    }
}

impl Connected for Conn {
    type ConnectInfo = Line;

    fn connect_info(&self) -> Line {
        self.line.clone()
    }
}

/// The same of both kinds of wire.
macro_rules! on_wire {
    ($conn:expr, $io:ident => $call:expr) => {
        match &mut $conn.io {
            Wire::Plain(io) => {
                let $io = Pin::new(io);
                $call
            }
            Wire::Tls(io) => {
                let $io = Pin::new(io.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Conn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = on_wire!(self, io => io.poll_read(cx, buf));
        if matches!(result, Poll::Ready(Ok(()))) {
            if buf.filled().len() > before {
                self.line.broken.hear();
            } else if buf.remaining() > 0 {
                self.line.broken.set();
            }
        }
        self.line.broken.note(result)
    }
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = on_wire!(self, io => io.poll_write(cx, buf));
        self.line.broken.note(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = on_wire!(self, io => io.poll_flush(cx));
        self.line.broken.note(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = on_wire!(self, io => io.poll_shutdown(cx));
        self.line.broken.note(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = on_wire!(self, io => io.poll_write_vectored(cx, bufs));
        self.line.broken.note(result)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Wire::Plain(io) => io.is_write_vectored(),
            Wire::Tls(io) => io.is_write_vectored(),
        }
    }
}
