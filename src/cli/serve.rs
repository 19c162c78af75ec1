//! The quarterback as a server.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::Verdict;
use super::allowed::Ledger;
use super::args;
use super::check::say_broken;
use super::ctrl_c::CtrlC;
use super::input;
use super::output::Output;
use super::remote;
use super::runs::data_dir;
use crate::check;
use crate::diag::{Diagnostic, Severity};
use crate::journal::Journal;
use crate::plan::choose_formation;
use crate::runner::{Access, Config, Prepared, Runner, Server};

/// A target without a binding may be a play of another file, or one that is registered later.
const UNBOUND: &str = "F001";

pub(super) fn serve(args: &args::Serve, out: &mut Output) -> anyhow::Result<Verdict> {
    // Before anything is opened: whoever may not be served to others hears it at once.
    let access = args.guarding.access()?;
    access.check(args.listen)?;
    let trust = args.peers.add_to(args.certificates.trust()?)?;
    let ledger = Ledger::open(args.data.as_deref());
    let mut plays = Vec::new();
    for file in &args.files {
        match read(file, args, &ledger, out)? {
            Some(more) => plays.extend(more),
            None => return Ok(Verdict::Failed),
        }
    }
    let Some(dir) = data_dir(args.data.as_deref()) else {
        bail!("no home folder is known: name a data folder with --data DIR")
    };
    let cannot = || format!("cannot keep runs in '{}'", dir.display());
    let mut journal = Journal::open(&dir).with_context(cannot)?;
    if args.durability == args::Durability::Power {
        journal.survive_power_cuts().with_context(cannot)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the server")?;
    let limits = args.bounds.limits();
    let redact = args.redacting.names()?;
    let keep = args.keep.map(|keep| Duration::from_millis(keep.as_millis()));
    let config = Config { keep, consent: ledger.consent, trust, limits, redact, ..Config::new(journal) };
    #[cfg(feature = "telemetry")]
    let (runner, seen) = {
        let mut seen = super::seen::Seen::new(args);
        (seen.runner(config)?, seen)
    };
    #[cfg(not(feature = "telemetry"))]
    let (runner, seen) = (Runner::new(config)?, ());
    let served = runtime.block_on(listen(args, access, &runner, plays, out, seen));
    if let Some(note) = remote::note(args.data.as_deref()) {
        drop(std::fs::remove_file(note));
    }
    // Clients that do not go away are not waited for.
    runtime.shutdown_background();
    served.map(|()| Verdict::Well)
}

/// The plays of a file; `None` if it is wrong, which has been said.
fn read(file: &Path, args: &args::Serve, ledger: &Ledger, out: &Output) -> anyhow::Result<Option<Vec<Arc<Prepared>>>> {
    let input = match input::read(file)? {
        Ok(input) => input,
        Err(broken) => {
            say_broken(&broken, out);
            return Ok(None);
        }
    };
    let found = check::check(&input.source);
    let errors: Vec<Diagnostic> =
        found.into_iter().filter(|found| found.severity == Severity::Error && found.code != UNBOUND).collect();
    if super::check::refuse_errors(&input, &errors, out) {
        return Ok(None);
    }
    let formation =
        choose_formation(input.doc(), args.formation.as_deref()).map_err(|bad| anyhow!("'{}': {bad}", input.name))?;
    if args.allow_process
        && let Err(error) = ledger.allow(formation)
    {
        out.say(&format!("{error:#}"));
    }
    let plays = Prepared::all(input.doc(), formation).map_err(|error| anyhow!("'{}': {error}", input.name))?;
    if plays.is_empty() {
        bail!("'{}' has no play: add one, as in 'play image/1/method {{ … }}'", input.name);
    }
    Ok(Some(plays))
}

/// A server of all addresses is asked at one that leads there from here.
fn near(url: &str, addr: SocketAddr) -> String {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => url.replacen("0.0.0.0", "127.0.0.1", 1),
        IpAddr::V6(ip) if ip.is_unspecified() => url.replacen("[::]", "[::1]", 1),
        _ => url.to_owned(),
    }
}

async fn listen(
    args: &args::Serve,
    access: Access,
    runner: &Runner,
    plays: Vec<Arc<Prepared>>,
    out: &mut Output,
    #[cfg(feature = "telemetry")] mut seen: super::seen::Seen,
    #[cfg(not(feature = "telemetry"))] (): (),
) -> anyhow::Result<()> {
    // Before the address is told, so that whoever starts this may stop it at once.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = CtrlC::listen()?;
    let scheme = if access.has_tls() { "https" } else { "http" };
    let served = async {
        #[cfg(feature = "telemetry")]
        seen.start(runner).await?;
        for recovered in runner.recovered().await? {
            let run = recovered.run;
            match recovered.result {
                Ok(()) => info!(target: "chalktalk::run", %run, "run goes on that was left unfinished"),
                Err(why) => warn!(target: "chalktalk::run", %run, why, "run stays as it is that was left unfinished"),
            }
        }
        if !plays.is_empty() {
            runner.register(plays).await?;
        }
        let server = Server::guarded(runner, args.listen, access).await?;
        Ok::<_, anyhow::Error>(server)
    };
    let server = match served.await {
        Ok(server) => server,
        Err(error) => {
            drop(runner.stop().await);
            return Err(error);
        }
    };
    let url = format!("{scheme}://{}", server.addr);
    if let Some(note) = remote::note(args.data.as_deref()) {
        // Only for those who would else have to name the server.
        drop(std::fs::write(note, near(&url, server.addr)));
    }
    out.line(&format!("listening on {url}"))?;
    let data = data_dir(args.data.as_deref()).unwrap_or_default();
    info!(target: "chalktalk::serve", version = env!("CARGO_PKG_VERSION"), %url, data = %data.display(), "listening");
    for play in runner.plays() {
        info!(target: "chalktalk::serve", play = %play.plan.play, "serves");
    }
    tokio::select! {
        _ = terminate.recv() => {}
        () = interrupt.pressed() => {}
    }
    info!(target: "chalktalk::serve", "stopping; unfinished runs go on at the next start");
    server.stop().await;
    runner.stop().await.context("the journal could not be closed")?;
    #[cfg(feature = "telemetry")]
    seen.stop().await;
    info!(target: "chalktalk::serve", "stopped");
    Ok(())
}
