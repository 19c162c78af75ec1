//! What the program logs, and how: lines on stderr, as text or JSON.
//!
//! Must never: make anybody wait for whoever reads stderr. Lines go through a bounded channel to a thread of their own;
//! those that find it full are counted and lost.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::args::{Args, Command, Format};

/// Which lines are wanted, in the words of `EnvFilter`. The first that is set counts.
const VARIABLES: [&str; 2] = ["CHALKTALK_LOG", "RUST_LOG"];
/// Lines that wait to be written.
const WAITING: usize = 4096;
/// How long the end of the program waits for one who does not read: so often, for so long.
const PATIENCE: u32 = 200;
const LOOK: Duration = Duration::from_millis(5);

/// Writes what is left when it goes.
pub(super) struct Log {
    writing: Option<(SyncSender<Line>, JoinHandle<()>)>,
}

enum Line {
    Text(Vec<u8>),
    Last,
}

impl Drop for Log {
    fn drop(&mut self) {
        let Some((lines, thread)) = self.writing.take() else { return };
        let mut last = lines.try_send(Line::Last);
        for _ in 0..PATIENCE {
            if thread.is_finished() {
                return;
            }
            thread::sleep(LOOK);
            if last.is_err() {
                last = lines.try_send(Line::Last);
            }
        }
    }
}

/// Starts to log, if the arguments ask for it: `serve` always does, others with `-v` or where `CHALKTALK_LOG` is set.
///
/// # Errors
/// The filter cannot be read.
pub(super) fn start(args: &Args) -> anyhow::Result<Log> {
    let serves = matches!(args.command, Some(Command::Serve(_)));
    let named = VARIABLES.iter().find_map(|name| Some((*name, std::env::var(name).ok().filter(|it| !it.is_empty())?)));
    let asked = serves || args.verbose > 0 || named.as_ref().is_some_and(|(name, _)| *name == VARIABLES[0]);
    if !asked {
        return Ok(Log { writing: None });
    }
    let filter = match &named {
        Some((name, filter)) => EnvFilter::try_new(filter).with_context(|| {
            format!("{name} is no filter of log lines: write it like 'info' or 'chalktalk=debug,chalktalk::run=warn'")
        })?,
        None => EnvFilter::new(match u8::from(serves) + args.verbose {
            0 | 1 => "warn,chalktalk=info",
            2 => "warn,chalktalk=debug",
            _ => "info,chalktalk=trace",
        }),
    };
    let (lines, written) = sync_channel(WAITING);
    let lost = Arc::<AtomicU64>::default();
    let writer = Writer { lines: lines.clone(), lost: Arc::clone(&lost) };
    let json = args.log == Format::Json;
    let thread = thread::Builder::new().name("log".to_owned()).spawn(move || write(&written, &lost, json));
    let thread = thread.context("cannot start to log")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let begun = if json {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    } else {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        builder.with_ansi(!plain && io::stderr().is_terminal()).try_init()
    };
    begun.map_err(|error| anyhow!("cannot start to log: {error}"))?;
    Ok(Log { writing: Some((lines, thread)) })
}

/// To stderr, until the last line.
fn write(lines: &Receiver<Line>, lost: &AtomicU64, json: bool) {
    let mut stderr = io::stderr();
    while let Ok(Line::Text(line)) = lines.recv() {
        // Nobody is left to tell if stderr is closed.
        drop(stderr.write_all(&line));
        let n = lost.swap(0, Ordering::Relaxed);
        if n > 0 && json {
            drop(writeln!(stderr, r#"{{"level":"WARN","message":"lines of the log were lost","lines":{n}}}"#));
        } else if n > 0 {
            drop(writeln!(stderr, "WARN lines of the log were lost lines={n}"));
        }
    }
}

#[derive(Clone)]
struct Writer {
    lines: SyncSender<Line>,
    lost: Arc<AtomicU64>,
}

impl MakeWriter<'_> for Writer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Write for Writer {
    /// Called once for each line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(TrySendError::Full(_)) = self.lines.try_send(Line::Text(line.to_vec())) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
