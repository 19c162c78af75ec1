//! All metrics in the text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write};

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics};

pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn text(metrics: &ResourceMetrics) -> String {
    let mut text = String::new();
    for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
        match metric.data() {
            AggregatedMetrics::U64(data) => family(&mut text, metric, data),
            AggregatedMetrics::I64(data) => family(&mut text, metric, data),
            AggregatedMetrics::F64(data) => family(&mut text, metric, data),
        }
    }
    text
}

fn family<T: Copy + Display>(text: &mut String, metric: &Metric, data: &MetricData<T>) {
    let mut name = metric.name().replace('.', "_");
    if metric.unit() == "s" {
        name.push_str("_seconds");
    }
    match data {
        MetricData::Gauge(gauge) => {
            head(text, &name, metric, "gauge");
            for point in gauge.data_points() {
                line(text, &name, &labels(point.attributes(), None), point.value());
            }
        }
        MetricData::Sum(sum) if sum.is_monotonic() => {
            name.push_str("_total");
            head(text, &name, metric, "counter");
            for point in sum.data_points() {
                line(text, &name, &labels(point.attributes(), None), point.value());
            }
        }
        MetricData::Sum(sum) => {
            head(text, &name, metric, "gauge");
            for point in sum.data_points() {
                line(text, &name, &labels(point.attributes(), None), point.value());
            }
        }
        MetricData::Histogram(histogram) => {
            head(text, &name, metric, "histogram");
            for point in histogram.data_points() {
                let mut sum = 0;
                let bounds = point.bounds().map(|bound| bound.to_string()).chain(["+Inf".to_owned()]);
                for (bound, count) in bounds.zip(point.bucket_counts()) {
                    sum += count;
                    line(text, &format!("{name}_bucket"), &labels(point.attributes(), Some(&bound)), sum);
                }
                line(text, &format!("{name}_sum"), &labels(point.attributes(), None), point.sum());
                line(text, &format!("{name}_count"), &labels(point.attributes(), None), point.count());
            }
        }
        // None of ours is one.
        MetricData::ExponentialHistogram(_) => {}
    }
}

/// A `String` takes all that is written into it.
fn head(text: &mut String, name: &str, metric: &Metric, kind: &str) {
    let help = metric.description().replace('\\', "\\\\").replace('\n', "\\n");
    _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn line(text: &mut String, name: &str, labels: &str, value: impl Display) {
    _ = writeln!(text, "{name}{labels} {value}");
}

fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>, le: Option<&str>) -> String {
    let mut labels: Vec<String> = attributes
        .map(|attribute| {
            let value = attribute.value.as_str().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{}=\"{value}\"", attribute.key.as_str().replace('.', "_"))
        })
        .collect();
    labels.sort_unstable();
    labels.extend(le.map(|le| format!("le=\"{le}\"")));
    if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
}
