//! `/metrics` over plain HTTP/1.1: one request a connection, bounded in size, time and number.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::prometheus::CONTENT_TYPE;

/// Scrapers at once.
const AT_ONCE: usize = 8;
const WITHIN: Duration = Duration::from_secs(5);
const MAX_HEAD: usize = 8192;
/// How long a listener that fails, as for want of file handles, is left alone.
const REST: Duration = Duration::from_millis(200);

/// Answers with what `read` gives, for ever.
pub(super) async fn serve<R, F>(listener: TcpListener, read: R)
where
    R: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = String> + Send,
{
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(REST).await;
            continue;
        };
        let read = read.clone();
        tokio::spawn(async move {
            drop(timeout(WITHIN, answer(stream, read)).await);
            drop(seat);
        });
    }
}

async fn answer<F: Future<Output = String>>(mut stream: TcpStream, read: impl Fn() -> F) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let n = stream.read(&mut buffer).await?;
        if n == 0 || head.len() + n > MAX_HEAD {
            return Ok(());
        }
        head.extend_from_slice(&buffer[..n]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        ("GET" | "HEAD", "/metrics") => ("200 OK", read().await),
        ("GET" | "HEAD", _) => ("404 Not Found", "the metrics are at /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", "ask for /metrics by GET\n".to_owned()),
    };
    let kind = if status.starts_with("200") { CONTENT_TYPE } else { "text/plain; charset=utf-8" };
    let n = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {n}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    if method != "HEAD" {
        stream.write_all(body.as_bytes()).await?;
    }
    stream.shutdown().await
}
