//! What `serve` shows of its runs to the outside: ties the runner to telemetry.

use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use tracing::{info, warn};

use super::args;
use crate::runner::{Config, Runner, Standing, Watch};
use crate::telemetry::{self, Ask, Queue, Tasks, Telemetry};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// What is asked for. Nothing is watched where that is nothing.
pub(super) struct Seen {
    config: telemetry::Config,
    told: Arc<OnceLock<Telemetry>>,
    watch: Option<Watch>,
    going: Option<(Tasks, JoinHandle<()>)>,
}

impl Seen {
    pub fn new(args: &args::Serve) -> Self {
        let named = || std::env::var(ENDPOINT).ok().filter(|url| !url.is_empty());
        let config = telemetry::Config { otlp: args.otlp.clone().or_else(named), metrics: args.metrics };
        Self { config, told: Arc::default(), watch: None, going: None }
    }

    /// A runner that is watched from its first event on.
    pub fn runner(&mut self, mut config: Config) -> Result<Runner, crate::runner::Error> {
        if self.config.otlp.is_none() && self.config.metrics.is_none() {
            return Runner::new(config);
        }
        let told = Arc::clone(&self.told);
        config.on_commit = Some(Box::new(move |took: Duration, events: usize| {
            if let Some(telemetry) = told.get() {
                telemetry.committed(took, events);
            }
        }));
        let (runner, watch) = Runner::watched(config)?;
        self.watch = Some(watch);
        Ok(runner)
    }

    /// Tells what happens from now on, and what has since the runner started. Within a tokio runtime.
    pub async fn start(&mut self, runner: &Runner) -> anyhow::Result<()> {
        let Some(watch) = self.watch.take() else { return Ok(()) };
        let asked = runner.clone();
        let ask: Ask = Arc::new(move || {
            let standing = asked.standing();
            Box::pin(async move { standing.await.map(shown).unwrap_or_default() })
        });
        let reader = runner.reader().await?;
        let (telemetry, tasks) = Telemetry::start(&self.config, reader, ask).await?;
        if let Some(addr) = tasks.metrics {
            info!(target: "chalktalk::telemetry", url = %format!("http://{addr}/metrics"), "metrics served");
            if !addr.ip().is_loopback() {
                warn!(target: "chalktalk::telemetry", "metrics can be read from other computers, by anybody");
            }
        }
        if let Some(collector) = &self.config.otlp {
            info!(target: "chalktalk::telemetry", collector, "traces and metrics sent");
        }
        drop(self.told.set(telemetry.clone()));
        let runner = runner.clone();
        let thread = thread::Builder::new()
            .name("telemetry".to_owned())
            .spawn(move || follow(watch, &telemetry, || runner.watch_all()))
            .context("cannot start telemetry")?;
        self.going = Some((tasks, thread));
        Ok(())
    }

    /// Sends what is left, once the runner has stopped.
    pub async fn stop(self) {
        let (Some((tasks, thread)), Some(telemetry)) = (self.going, self.told.get()) else { return };
        drop(tokio::task::spawn_blocking(move || thread.join()).await);
        telemetry.clone().stop(tasks).await;
    }
}

/// Until the runner stops. Whoever cannot follow is let go, and begins again: what was missed is read from the journal.
fn follow(mut watch: Watch, telemetry: &Telemetry, again: impl Fn() -> Watch) {
    loop {
        while let Some((run, events)) = watch.next_blocking() {
            telemetry.take(&run, &events);
        }
        if !watch.has_lagged() {
            return;
        }
        watch = again();
    }
}

fn shown(standing: Standing) -> telemetry::Standing {
    let Standing { runs, watches, lagged, queues, .. } = standing;
    let queues = queues.into_iter().map(|(target, queue)| Queue {
        target: target.to_string(),
        parked: queue.parked,
        held: queue.held,
        credit: queue.credit,
    });
    telemetry::Standing { runs, watches, lagged, queues: queues.collect() }
}
