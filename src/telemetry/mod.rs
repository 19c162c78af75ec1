//! What is seen of runs from outside: a trace for each, and metrics of all, by OTLP and for Prometheus.
//!
//! Both are made of the events that were kept: [`Telemetry::take`] is told them, as any watcher is. Spans go through a
//! bounded queue to the collector; what finds it full is lost and counted.
//!
//! Must never: slow a run, hold more for a collector that is down than its queue, tell what a ball carries.
//!
//! Start reading at [`Telemetry`], then `fold.rs`, which makes spans of events.

mod collector;
mod export;
mod fold;
mod follow;
mod meters;
mod prometheus;
mod scrape;
mod span;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

pub use meters::{Queue, Standing};

use crate::base::RunId;
use crate::event::Recorded;
use crate::journal::Reader;
use collector::Collector;
use export::QUEUE;
use follow::Follower;
use meters::Meters;
use span::{Seen, Span};

/// How often a collector gets all metrics, as OpenTelemetry's variable says in milliseconds, else so often.
const EVERY: Duration = Duration::from_secs(10);
const EVERY_VARIABLE: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// How long the end of the program waits for a collector.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// Where telemetry goes.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// A collector's address for OTLP over gRPC, as in `http://127.0.0.1:4317`.
    pub otlp: Option<String>,
    /// Where `/metrics` is served.
    pub metrics: Option<SocketAddr>,
}

/// Why there is no telemetry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("'{url}' is no address of a collector: write it like http://127.0.0.1:4317 ({why})")]
    Collector { url: String, why: String },
    #[error("metrics cannot be served on {addr}: {source}; port 0 stands for any that is free")]
    Listen { addr: SocketAddr, source: std::io::Error },
}

/// Tells how things stand, when somebody wants to know.
pub type Ask = Arc<dyn Fn() -> std::pin::Pin<Box<dyn Future<Output = Standing> + Send>> + Send + Sync>;

/// What is seen. Cheap to clone; told by one thread, asked by others.
#[derive(Clone)]
pub struct Telemetry {
    meters: Arc<Meters>,
    follower: Arc<Mutex<Follower>>,
    spans: Arc<Mutex<Option<mpsc::Sender<Span>>>>,
}

/// What runs beside it.
pub struct Tasks {
    /// Of `/metrics`, with the port that the system chose, if the one asked for was 0.
    pub metrics: Option<SocketAddr>,
    spans: Option<JoinHandle<()>>,
    pushed: Option<(JoinHandle<()>, tokio::sync::oneshot::Sender<()>)>,
    scraped: Option<JoinHandle<()>>,
}

impl Telemetry {
    /// Starts what sends and serves, on the tokio runtime that this is called in. A collector that is down is no error.
    ///
    /// # Errors
    /// An address is none, or taken.
    pub async fn start(config: &Config, reader: Reader, ask: Ask) -> Result<(Self, Tasks), Error> {
        let resource = resource();
        let meters = Arc::new(Meters::new(resource.clone()));
        let mut telemetry = Self {
            meters,
            follower: Arc::new(Mutex::new(Follower::new(reader, config.otlp.is_some()))),
            spans: Arc::default(),
        };
        let mut tasks = Tasks { metrics: None, spans: None, pushed: None, scraped: None };
        if let Some(addr) = config.metrics {
            let failed = |source| Error::Listen { addr, source };
            let listener = TcpListener::bind(addr).await.map_err(failed)?;
            tasks.metrics = Some(listener.local_addr().map_err(failed)?);
            let (meters, ask) = (Arc::clone(&telemetry.meters), Arc::clone(&ask));
            let read = move || {
                let (meters, ask) = (Arc::clone(&meters), Arc::clone(&ask));
                async move {
                    meters.stand(ask().await);
                    prometheus::text(&meters.read())
                }
            };
            tasks.scraped = Some(tokio::spawn(scrape::serve(listener, read)));
        }
        if let Some(url) = &config.otlp {
            telemetry.send(url, resource, ask, &mut tasks)?;
        }
        Ok((telemetry, tasks))
    }

    fn send(&mut self, url: &str, resource: Resource, ask: Ask, tasks: &mut Tasks) -> Result<(), Error> {
        let bad = |why: String| Error::Collector { url: url.to_owned(), why };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(bad("it begins with neither http:// nor https://".to_owned()));
        }
        let spans = SpanExporter::builder().with_tonic().with_endpoint(url).with_timeout(SEND_WITHIN).build();
        let spans = spans.map_err(|error| bad(error.to_string()))?;
        let (queue, queued) = mpsc::channel(QUEUE);
        tasks.spans = Some(tokio::spawn(export::send(spans, resource, queued, Collector::new(url, "traces"))));
        *self.spans.lock().unwrap_or_else(PoisonError::into_inner) = Some(queue);

        let metrics = MetricExporter::builder().with_tonic().with_endpoint(url).with_timeout(SEND_WITHIN).build();
        let metrics = metrics.map_err(|error| bad(error.to_string()))?;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let pushing = push(metrics, Arc::clone(&self.meters), ask, Collector::new(url, "metrics"), stopped);
        tasks.pushed = Some((tokio::spawn(pushing), stop));
        Ok(())
    }

    /// Events of one run, once they are kept; those of a run in order. May read the journal.
    pub fn take(&self, run: &RunId, events: &[Recorded]) {
        let mut seen = Vec::new();
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        follower.take(run, events, &mut seen);
        let n_lost = std::mem::take(&mut follower.n_lost);
        drop(follower);
        self.meters.events(events.len() as u64);
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let mut n_spans_lost = 0;
        for one in seen {
            self.meters.saw(&one);
            if let (Seen::Span(span), Some(spans)) = (one, &*spans) {
                n_spans_lost += u64::from(spans.try_send(*span).is_err());
            }
        }
        if n_lost > 0 {
            self.meters.lost("events", n_lost);
        }
        if n_spans_lost > 0 {
            self.meters.lost("spans", n_spans_lost);
        }
    }

    /// A batch of events was kept.
    pub fn committed(&self, took: Duration, events: usize) {
        self.meters.committed(took, events);
    }

    /// Sends what is left, once all that happened was told.
    pub async fn stop(self, tasks: Tasks) {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).take();
        let flush = async {
            if let Some((pushed, stop)) = tasks.pushed {
                _ = stop.send(());
                drop(pushed.await);
            }
            if let Some(spans) = tasks.spans {
                drop(spans.await);
            }
        };
        drop(timeout(FLUSH_WITHIN, flush).await);
        if let Some(scraped) = tasks.scraped {
            scraped.abort();
        }
    }
}

async fn push(
    exporter: MetricExporter,
    meters: Arc<Meters>,
    ask: Ask,
    collector: Collector,
    mut stopped: tokio::sync::oneshot::Receiver<()>,
) {
    let said = std::env::var(EVERY_VARIABLE).ok().and_then(|ms| ms.parse().ok()).filter(|ms| *ms > 0);
    let mut ticks = interval(said.map_or(EVERY, Duration::from_millis));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        let ends = tokio::select! {
            _ = ticks.tick() => false,
            _ = &mut stopped => true,
        };
        if !ends {
            meters.stand(ask().await);
        }
        let sent = exporter.export(&meters.read()).await;
        collector.note(sent.map_err(|error| error.to_string()));
        if ends {
            return;
        }
    }
}

/// Who this is: as the environment says by `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, else `chalktalk`.
fn resource() -> Resource {
    let named = ["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"].iter().any(|name| {
        std::env::var(name).is_ok_and(|value| *name == "OTEL_SERVICE_NAME" || value.contains("service.name="))
    });
    let builder =
        Resource::builder().with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if named { builder.build() } else { builder.with_service_name("chalktalk").build() }
}
