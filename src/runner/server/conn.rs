use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
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

/// A connection that notes its end.
#[derive(Debug)]
pub(super) struct Conn {
    io: TcpStream,
    broken: Broken,
    _seat: OwnedSemaphorePermit,
}

impl Conn {
    /// It holds its seat as long as it is there.
    pub fn new(io: TcpStream, seat: OwnedSemaphorePermit) -> Self {
        Self { io, broken: Broken::default(), _seat: seat }
    }
}

impl Connected for Conn {
    type ConnectInfo = Broken;

    fn connect_info(&self) -> Broken {
        self.broken.clone()
    }
}

impl AsyncRead for Conn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.io).poll_read(cx, buf);
        if matches!(result, Poll::Ready(Ok(()))) {
            if buf.filled().len() > before {
                self.broken.hear();
            } else if buf.remaining() > 0 {
                self.broken.set();
            }
        }
        self.broken.note(result)
    }
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, buf);
        self.broken.note(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_flush(cx);
        self.broken.note(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_shutdown(cx);
        self.broken.note(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.broken.note(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
