//! What is counted and timed, in the instruments of OpenTelemetry: read by whoever collects, a collector or a scraper.
//!
//! The names of plays and targets are attributes: the first [`MAX_NAMES`] of each, the rest together as `other`. So an
//! instrument has at most 1,700 sets of attributes, however many plays are registered.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider as _};
use opentelemetry::{KeyValue, StringValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality};

use super::span::Seen;

pub(super) const MAX_NAMES: usize = 100;
/// Seconds.
const CALLS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
const RUNS: [f64; 12] = [0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 600.0, 3600.0, 86_400.0];
const COMMITS: [f64; 12] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0];
const BATCHES: [f64; 8] = [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16_384.0];

/// How things stand at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub runs: u64,
    pub watches: u64,
    /// Watches that fell behind and were let go, since the start.
    pub lagged: u64,
    pub queues: Vec<Queue>,
}

/// What stands in front of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    pub target: String,
    /// Balls that wait for a worker.
    pub parked: u64,
    /// Balls that workers hold.
    pub held: u64,
    /// Balls that workers would take at once.
    pub credit: u64,
}

/// All instruments.
pub(super) struct Meters {
    // They live as long as it does.
    _provider: SdkMeterProvider,
    reader: Shared,
    standing: Arc<Mutex<Standing>>,
    plays: Names,
    targets: Names,
    started: Counter<u64>,
    ended: Counter<u64>,
    events: Counter<u64>,
    calls: Counter<u64>,
    lost: Counter<u64>,
    run_seconds: Histogram<f64>,
    call_seconds: Histogram<f64>,
    commit_seconds: Histogram<f64>,
    commit_events: Histogram<u64>,
}

impl Meters {
    pub fn new(resource: Resource) -> Self {
        let reader = Shared(Arc::new(ManualReader::builder().with_temporality(Temporality::Cumulative).build()));
        let provider = SdkMeterProvider::builder().with_reader(reader.clone()).with_resource(resource).build();
        let meter = provider.meter("chalktalk");
        let standing = Arc::<Mutex<Standing>>::default();
        watch_standing(&meter, &standing);
        let counter = |name, words| meter.u64_counter(name).with_description(words).build();
        let seconds = |name, words, bounds: &[f64]| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(words);
            histogram.with_boundaries(bounds.to_vec()).build()
        };
        Self {
            started: counter("chalktalk.runs.started", "Runs that were started, by play"),
            ended: counter("chalktalk.runs.ended", "Runs that ended, by play and outcome"),
            events: counter("chalktalk.events", "Events of all runs that were kept"),
            calls: counter("chalktalk.calls", "Attempts that are over, by target and gRPC code"),
            lost: counter("chalktalk.telemetry.lost", "Spans and events that telemetry let go, to slow no run"),
            run_seconds: seconds("chalktalk.run.duration", "From a run's start to its end, by play and outcome", &RUNS),
            call_seconds: seconds("chalktalk.call.duration", "How long attempts took, by target", &CALLS),
            commit_seconds: seconds(
                "chalktalk.journal.commit.duration",
                "How long the journal took to keep a batch",
                &COMMITS,
            ),
            commit_events: meter
                .u64_histogram("chalktalk.journal.commit.events")
                .with_description("Events in a batch that the journal kept")
                .with_boundaries(BATCHES.to_vec())
                .build(),
            _provider: provider,
            reader,
            standing,
            plays: Names::default(),
            targets: Names::default(),
        }
    }

    pub fn stand(&self, standing: Standing) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    pub fn saw(&self, seen: &Seen) {
        match seen {
            Seen::Span(_) => {}
            Seen::Started { play } => self.started.add(1, &[self.plays.attribute("play", play)]),
            Seen::Ended { play, outcome, took_us } => {
                let attributes = [self.plays.attribute("play", play), KeyValue::new("outcome", *outcome)];
                self.ended.add(1, &attributes);
                self.run_seconds.record(seconds(*took_us), &attributes);
            }
            Seen::Called { to, code, took_us } => {
                let target = self.targets.attribute("target", to);
                let code = KeyValue::new("code", code.map_or("OK", crate::event::Code::name));
                self.call_seconds.record(seconds(*took_us), std::slice::from_ref(&target));
                self.calls.add(1, &[target, code]);
            }
        }
    }

    pub fn events(&self, n: u64) {
        self.events.add(n, &[]);
    }

    pub fn lost(&self, what: &'static str, n: u64) {
        self.lost.add(n, &[KeyValue::new("what", what)]);
    }

    pub fn committed(&self, took: Duration, events: usize) {
        self.commit_seconds.record(took.as_secs_f64(), &[]);
        self.commit_events.record(events as u64, &[]);
    }

    /// All values, since the start.
    pub fn read(&self) -> ResourceMetrics {
        let mut metrics = ResourceMetrics::default();
        // It fails only when the provider is gone, which lives here.
        drop(self.reader.collect(&mut metrics));
        metrics
    }
}

fn watch_standing(meter: &Meter, standing: &Arc<Mutex<Standing>>) {
    let gauge = |name: &'static str, words: &'static str, read: fn(&Standing) -> u64| {
        let standing = Arc::clone(standing);
        let observe = move || read(&standing.lock().unwrap_or_else(PoisonError::into_inner));
        meter
            .u64_observable_gauge(name)
            .with_description(words)
            .with_callback(move |to| to.observe(observe(), &[]))
            .build();
    };
    gauge("chalktalk.runs.live", "Runs that have not ended", |standing| standing.runs);
    gauge("chalktalk.watches", "Watches of runs that are open", |standing| standing.watches);
    let lagged = Arc::clone(standing);
    meter
        .u64_observable_counter("chalktalk.watches.lagged")
        .with_description("Watches that fell behind and were let go")
        .with_callback(move |to| to.observe(lagged.lock().unwrap_or_else(PoisonError::into_inner).lagged, &[]))
        .build();
    let queue = |name: &'static str, words: &'static str, read: fn(&Queue) -> u64| {
        let standing = Arc::clone(standing);
        let observe = move |to: &dyn opentelemetry::metrics::AsyncInstrument<u64>| {
            let standing = standing.lock().unwrap_or_else(PoisonError::into_inner);
            for queue in standing.queues.iter().take(MAX_NAMES) {
                to.observe(read(queue), &[KeyValue::new("target", queue.target.clone())]);
            }
        };
        meter.u64_observable_gauge(name).with_description(words).with_callback(observe).build();
    };
    queue("chalktalk.queue.parked", "Balls that wait for a worker, by target", |queue| queue.parked);
    queue("chalktalk.queue.held", "Balls that pulling workers hold, by target", |queue| queue.held);
    queue("chalktalk.queue.credit", "Balls that pulling workers would take at once, by target", |queue| queue.credit);
}

#[expect(clippy::cast_precision_loss, reason = "a run of 285 years is a microsecond off")]
fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

/// The first names that came.
#[derive(Debug, Default)]
struct Names(Mutex<BTreeSet<Arc<str>>>);

impl Names {
    fn attribute(&self, key: &'static str, name: &str) -> KeyValue {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match names.get(name) {
            Some(known) => Arc::clone(known),
            None if names.len() < MAX_NAMES => {
                let name: Arc<str> = name.into();
                names.insert(Arc::clone(&name));
                name
            }
            None => "other".into(),
        };
        KeyValue::new(key, StringValue::from(known))
    }
}

/// The provider wants one of its own.
#[derive(Clone, Debug)]
struct Shared(Arc<ManualReader>);

impl MetricReader for Shared {
    fn register_pipeline(&self, pipeline: std::sync::Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}
