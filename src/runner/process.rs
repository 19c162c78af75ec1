//! `process "COMMAND"`: a worker that is started when the first ball is for it, looked after, and stopped with the runner.
//!
//! A person has allowed the command before it comes here, see [`super::Consent`]. A shell runs it in a process group of
//! its own, beside a guard that holds the other end of a pipe. When the pipe closes, whether the runner stops or its
//! process is killed, the guard ends the whole group, first by asking. So nothing is left behind, and nothing has to be
//! done in time.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::peer::{Address, Outward, Peer};
use crate::base::Coord;
use crate::event::{Code, Failure};

/// In which a process must answer after it was started.
const START_WITHIN: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(50);
const LOOK_WITHIN: Duration = Duration::from_secs(1);
/// Waits before one that died is started again.
const BACKOFF: Duration = Duration::from_millis(250);
const BACKOFF_AT_MOST: Duration = Duration::from_secs(10);
/// Deaths in a row after which balls are not kept waiting for the next start.
const PATIENCE: u32 = 3;
/// One that lived so long starts afresh.
const LIVED_WELL: Duration = Duration::from_secs(30);
/// Of what it said last, in bytes and lines.
const TAIL: usize = 4096;
const TAIL_LINES: usize = 5;
/// `$1` is the command. It gets no input, and what it prints goes to where its messages go.
const SHELL: &str = r#"exec 3<&0 </dev/null
(trap "" TERM; read -r _ <&3; kill -TERM 0; sleep 3; kill -KILL 0) >/dev/null 2>&1 &
exec 3<&-
exec /bin/sh -c "$1" >&2"#;

/// A command, and the process that runs it.
/// Variables of the environment that hold tokens.
const SECRETS: [&str; 2] = ["CHALKTALK_TOKEN", "CHALKTALK_TOKENS"];

#[derive(Debug)]
pub(super) struct Process {
    shared: Arc<Shared>,
    begun: Once,
}

#[derive(Debug)]
struct Shared {
    /// As it is run, but for its port.
    command: String,
    outward: Outward,
    state: watch::Sender<State>,
    stop: CancellationToken,
}

#[derive(Clone, Debug)]
enum State {
    Starting,
    Ready(Arc<Peer>),
    /// Why it did not come to life; it will be tried again.
    Down(Arc<str>),
    Stopped,
}

impl Process {
    /// Starts nothing yet. `{image}` and `{version}` of the command are filled in here, `{port}` at each start.
    ///
    /// # Errors
    /// The version has signs that a shell would read as its own; in words.
    pub fn new(command: &str, to: &Coord, outward: &Outward) -> Result<Self, String> {
        let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c));
        if command.contains("{version}") && !is_plain(&to.version) {
            return Err(format!("version {} cannot be put into a command: write it without '{{version}}'", to.version));
        }
        let command = command.replace("{image}", &to.image).replace("{version}", &to.version);
        let (state, stop) = (watch::Sender::new(State::Starting), CancellationToken::new());
        Ok(Self { shared: Arc::new(Shared { command, outward: outward.clone(), state, stop }), begun: Once::new() })
    }

    pub fn command(&self) -> &str {
        &self.shared.command
    }

    /// The process once it answers; starts it if nobody has yet. Within a tokio runtime.
    ///
    /// # Errors
    /// It does not come to life, or is stopped.
    pub async fn ready(&self) -> Result<Arc<Peer>, Failure> {
        self.begun.call_once(|| drop(tokio::spawn(supervise(Arc::clone(&self.shared)))));
        let mut state = self.shared.state.subscribe();
        let state = state.wait_for(|state| !matches!(state, State::Starting)).await.map(|state| state.clone());
        match state {
            Ok(State::Ready(peer)) => Ok(peer),
            Ok(State::Down(why)) => Err(Failure::new(Code::Unavailable, &*why)),
            _ => Err(Failure::new(Code::Unavailable, format!("the runner stops, and `{}` with it", self.command()))),
        }
    }

    /// Whether it answers, without starting it.
    pub fn is_up(&self) -> bool {
        matches!(*self.shared.state.borrow(), State::Ready(_))
    }

    /// For good.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn supervise(shared: Arc<Shared>) {
    let mut n_deaths = 0;
    loop {
        let began = Instant::now();
        let end = tokio::select! {
            () = shared.stop.cancelled() => break,
            end = shared.live() => end,
        };
        n_deaths = if end.was_ready && began.elapsed() > LIVED_WELL { 0 } else { n_deaths + 1 };
        warn!(target: "chalktalk::worker", program = shared.program(), was_ready = end.was_ready, n_deaths, "process ended");
        let is_hopeful = end.was_ready && n_deaths <= PATIENCE;
        shared.state.send_replace(if is_hopeful { State::Starting } else { State::Down(end.why.into()) });
        let wait = (BACKOFF * 2_u32.saturating_pow(n_deaths.saturating_sub(1))).min(BACKOFF_AT_MOST);
        tokio::select! {
            () = shared.stop.cancelled() => break,
            () = sleep(wait) => {}
        }
    }
    shared.state.send_replace(State::Stopped);
}

/// How one life of the process ended.
struct End {
    was_ready: bool,
    why: String,
}

impl Shared {
    /// From start to end. If this is dropped, the process ends too.
    async fn live(&self) -> End {
        let failed = |why: String| End { was_ready: false, why };
        self.state.send_if_modified(|state| {
            let was_down = matches!(state, State::Down(_));
            *state = State::Starting;
            was_down
        });
        let (port, mut child) = match free_port().and_then(|port| Ok((port, self.spawn(port)?))) {
            Ok(started) => started,
            Err(error) => return failed(format!("the worker `{}` cannot be started: {error}", self.command)),
        };
        // The guard reads from it until it is closed.
        let pipe = child.stdin.take();
        let tail = Arc::new(Mutex::new(Vec::new()));
        let reader = child.stderr.take().map(|stderr| tokio::spawn(keep_tail(stderr, Arc::clone(&tail))));
        let address = Address::new(&format!("http://127.0.0.1:{port}")).expect("a number makes an address");
        let peer = Arc::new(Peer::new(&address, None, &self.outward));
        let early = tokio::select! {
            status = child.wait() => Some(status),
            () = until_ready(&peer) => None,
            () = sleep(START_WITHIN) => {
                let heard = words(&tail);
                return failed(format!(
                    "the worker `{}` does not answer at {} within {START_WITHIN:?} of its start{heard}: it must serve gRPC at the port in PORT or in place of {{port}}",
                    self.command, address.text
                ));
            }
        };
        let was_ready = early.is_none();
        let status = match early {
            Some(status) => status,
            None => {
                info!(target: "chalktalk::worker", program = self.program(), port, "process serves");
                self.state.send_replace(State::Ready(peer));
                child.wait().await
            }
        };
        drop(pipe);
        if let Some(reader) = reader {
            // What it left behind may still hold its end open.
            drop(timeout(LOOK_WITHIN, reader).await);
        }
        let (how, heard) = (ending(status), words(&tail));
        let when = if was_ready { "" } else { " before it answered" };
        End {
            was_ready,
            why: format!("the worker `{}` ended{when} ({how}){heard}: correct its command or the worker", self.command),
        }
    }

    /// For the log: what stands after it may be secret.
    fn program(&self) -> &str {
        self.command.split_whitespace().next().unwrap_or_default()
    }

    fn spawn(&self, port: u16) -> io::Result<Child> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SHELL, "chalktalk", &self.command.replace("{port}", &port.to_string())]);
        command.env("PORT", port.to_string());
        // Of this program, and nobody else's.
        for secret in SECRETS {
            command.env_remove(secret);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }
}

/// Free a moment ago: if another takes it first, the worker says so, ends, and gets another.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

async fn until_ready(peer: &Peer) {
    while peer.describe(LOOK_WITHIN).await.is_err() {
        sleep(LOOK).await;
    }
}

async fn keep_tail(mut from: impl AsyncRead + Unpin, tail: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; TAIL];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend_from_slice(&buffer[..n]);
        let n_over = tail.len().saturating_sub(TAIL);
        tail.drain(..n_over);
    }
}

/// Its last words, to be put into a sentence.
fn words(tail: &Mutex<Vec<u8>>) -> String {
    let tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&tail);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return " and said nothing".to_owned();
    }
    let last = lines[lines.len().saturating_sub(TAIL_LINES)..].join("; ");
    let tame: String = last.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("; its last words were: {tame}")
}

fn ending(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}
