//! Who comes in: what is asked of them, as the files are now, and the handshake.
//!
//! Must never: drop a connection because a file has changed, take a file that is wrong instead of one that was right.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::server::TcpIncoming;
use tracing::{info, warn};

use super::super::SecureError;
use super::super::secure::{Access, Admission, Trust};
use super::conn::{Conn, Line};
use super::guesses::Guesses;
use super::refuse::{not_heard, who_asks};

/// In which a client must have shaken hands.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// When nothing can be accepted, as where the system has no more file handles.
const BREATH: Duration = Duration::from_millis(100);
/// Connections that have shaken hands and are not served yet.
const WAITING: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Door(Arc<Inner>);

struct Inner {
    now: RwLock<Now>,
    guesses: Guesses,
}

#[derive(Clone)]
struct Now {
    access: Arc<Access>,
    tls: Option<TlsAcceptor>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

impl Now {
    fn of(access: Access) -> Result<Self, SecureError> {
        Ok(Self { tls: access.acceptor()?, access: Arc::new(access) })
    }
}

impl Door {
    /// # Errors
    /// The certificates are not right.
    pub fn new(access: Access) -> Result<Self, SecureError> {
        Ok(Self(Arc::new(Inner { now: RwLock::new(Now::of(access)?), guesses: Guesses::default() })))
    }

    fn now(&self) -> Now {
        self.0.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the files as they are, for connections and requests to come.
    ///
    /// # Errors
    /// They are not right; all stays as it was.
    fn reread(&self) -> Result<bool, SecureError> {
        let access = self.now().access;
        let again = access.again()?;
        if again == *access {
            return Ok(false);
        }
        let now = Now::of(again)?;
        *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(true)
    }

    /// Whether a request is let in. One that has come in by a token is heard on, whatever others at its address try.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`: what to do instead; `RESOURCE_EXHAUSTED`: too many wrong tokens came from there.
    pub fn admit(&self, line: &Line, authorization: Option<&[u8]>) -> Result<(), Status> {
        let now = Instant::now();
        if authorization.is_some()
            && !line.is_known()
            && let Some(wait) = self.0.guesses.closed_for(line.from.ip(), now)
        {
            return match self.now().access.admit(line.has_certificate, None) {
                Admission::Well => Ok(()),
                _ => Err(not_heard(wait)),
            };
        }
        match self.now().access.admit(line.has_certificate, authorization) {
            Admission::Well => Ok(()),
            Admission::ByToken => {
                line.is_known_from_now_on();
                Ok(())
            }
            Admission::Missing(words) => Err(who_asks(words)),
            Admission::Wrong(words) => {
                if self.0.guesses.wrong(line.from.ip(), authorization.unwrap_or_default(), now) {
                    let address = line.from.ip();
                    warn!(target: "chalktalk::secure", %address, "too many wrong tokens from one address: it is not heard for a while");
                }
                Err(who_asks(words))
            }
        }
    }

    /// Accepts connections until it is told to stop. Those beyond the seats are closed at once: there is no way to tell
    /// them more before they have said anything.
    pub async fn open(
        self,
        mut incoming: TcpIncoming,
        seats: Arc<Semaphore>,
        stopping: CancellationToken,
        come: mpsc::Sender<io::Result<Conn>>,
    ) {
        loop {
            let stream = tokio::select! {
                () = stopping.cancelled() => return,
                stream = incoming.next() => stream,
            };
            let stream = match stream {
                Some(Ok(stream)) => stream,
                Some(Err(_)) => {
                    sleep(BREATH).await;
                    continue;
                }
                None => return,
            };
            let (Ok(seat), Ok(from)) = (Arc::clone(&seats).try_acquire_owned(), stream.peer_addr()) else { continue };
            let (tls, come) = (self.now().tls, come.clone());
            // A client that is slow to shake hands holds up nobody.
            tokio::spawn(async move {
                if let Some(conn) = shake(stream, from, tls).await {
                    drop(come.send(Ok(conn.seated(seat))).await);
                }
            });
        }
    }
}

async fn shake(stream: TcpStream, from: SocketAddr, tls: Option<TlsAcceptor>) -> Option<Conn> {
    match tls {
        None => Some(Conn::plain(stream, from)),
        Some(tls) => timeout(HANDSHAKE, tls.accept(stream)).await.ok()?.ok().map(|stream| Conn::tls(stream, from)),
    }
}

pub(super) fn line() -> (mpsc::Sender<io::Result<Conn>>, mpsc::Receiver<io::Result<Conn>>) {
    mpsc::channel(WAITING)
}

/// Looks at the files of those who come and of those who are called, until it is told to stop.
pub(super) async fn keep_watch(door: Door, trust: Trust, stopping: CancellationToken) {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut trouble = [Trouble::default(), Trouble::default()];
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = tick.tick() => {}
        }
        let (door, trust) = (door.clone(), trust.clone());
        let looked = tokio::task::spawn_blocking(move || {
            [("who may ask this server", door.reread()), ("whom it calls, and by what", trust.reread())]
        });
        let Ok(looked) = looked.await else { continue };
        for ((what, found), trouble) in looked.into_iter().zip(&mut trouble) {
            trouble.tell(what, found);
        }
    }
}

/// What is wrong with the files. Told when it is the same for a second time: a certificate may have come and its key not
/// yet.
#[derive(Default)]
struct Trouble {
    seen: Option<String>,
    told: bool,
}

impl Trouble {
    fn tell(&mut self, what: &str, found: Result<bool, SecureError>) {
        match found {
            Ok(changed) => {
                if changed {
                    info!(target: "chalktalk::secure", what, "files of certificates or tokens have changed, and hold for what comes now");
                } else if self.told {
                    info!(target: "chalktalk::secure", what, "files of certificates and tokens are as they were again");
                }
                *self = Self::default();
            }
            Err(error) => {
                let why = error.to_string();
                let is_same = self.seen.as_ref() == Some(&why);
                if is_same && !self.told {
                    warn!(target: "chalktalk::secure", what, why, "a file of certificates or tokens has changed and is wrong: what was read before still holds");
                }
                *self = Self { told: is_same, seen: Some(why) };
            }
        }
    }
}
