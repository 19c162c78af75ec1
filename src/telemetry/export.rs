//! Spans on their way to a collector: converted, in batches, from a bounded queue.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{
    Event as OtelEvent, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::collector::Collector;
use super::span::{Kind, Span, Word};

/// Spans that wait to be sent. More are lost, and counted.
pub(super) const QUEUE: usize = 16_384;
const BATCH: usize = 1024;
/// How long a span waits for others.
const EVERY: Duration = Duration::from_millis(500);
/// How long a collector that does not answer is left alone.
const REST: Duration = Duration::from_secs(2);

/// Sends until the other end of the queue is gone and all is sent.
pub(super) async fn send(
    mut exporter: opentelemetry_otlp::SpanExporter,
    resource: Resource,
    mut queue: mpsc::Receiver<Span>,
    collector: Collector,
) {
    exporter.set_resource(&resource);
    let scope = InstrumentationScope::builder("chalktalk").with_version(env!("CARGO_PKG_VERSION")).build();
    let mut batch = Vec::new();
    while let Some(first) = queue.recv().await {
        batch.push(first);
        // Whoever is done with a run sees it soon, and a busy server sends few messages.
        let more = async { while queue.recv_many(&mut batch, BATCH).await > 0 && batch.len() < BATCH {} };
        drop(timeout(EVERY, more).await);
        let spans = batch.drain(..).map(|span| data(span, &scope)).collect();
        let sent = exporter.export(spans).await;
        let went_well = sent.is_ok();
        collector.note(sent.map_err(|error| error.to_string()));
        if !went_well && !queue.is_closed() {
            sleep(REST).await;
        }
    }
}

fn data(span: Span, scope: &InstrumentationScope) -> SpanData {
    let context = SpanContext::new(
        TraceId::from_bytes(span.trace.to_be_bytes()),
        SpanId::from_bytes(span.id.to_be_bytes()),
        TraceFlags::new(span.flags),
        false,
        span.state.parse::<TraceState>().unwrap_or_default(),
    );
    let note = |note: super::span::Note| {
        let attributes = note.attributes.into_iter().map(key_value).collect();
        OtelEvent::new(note.name, time(note.at_us), attributes, 0)
    };
    let mut events = SpanEvents::default();
    events.events = span.notes.into_iter().map(note).collect();
    let mut attributes: Vec<KeyValue> = span.attributes.into_iter().map(key_value).collect();
    attributes.extend(span.failed.map(|code| KeyValue::new("error.type", code.name())));
    SpanData {
        span_context: context,
        parent_span_id: SpanId::from_bytes(span.parent.to_be_bytes()),
        parent_span_is_remote: span.is_entry,
        span_kind: match span.kind {
            Kind::Internal => SpanKind::Internal,
            Kind::Server => SpanKind::Server,
            Kind::Client => SpanKind::Client,
        },
        name: span.name.into(),
        start_time: time(span.begun_us),
        end_time: time(span.ended_us),
        attributes,
        dropped_attributes_count: 0,
        events,
        links: SpanLinks::default(),
        // What a worker said in words may hold what its ball carried.
        status: span.failed.map_or(Status::Unset, |code| Status::error(code.name())),
        instrumentation_scope: scope.clone(),
    }
}

fn key_value((name, word): (&'static str, Word)) -> KeyValue {
    let value = match word {
        Word::Text(text) => Value::from(text),
        Word::Number(number) => Value::from(number),
    };
    KeyValue::new(name, value)
}

fn time(unix_us: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_micros(unix_us)).unwrap_or(UNIX_EPOCH)
}
