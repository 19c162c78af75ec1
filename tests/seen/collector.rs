//! A collector that keeps what it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Default)]
pub struct Collector {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    spans: Vec<Span>,
    metrics: Vec<Metric>,
    services: Vec<String>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut kept = self.kept.lock().unwrap();
        for resource in request.into_inner().resource_spans {
            let attributes = resource.resource.unwrap().attributes;
            kept.services.extend(text(&attributes, "service.name"));
            kept.spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let scopes = request.into_inner().resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        self.kept.lock().unwrap().metrics = scopes.flat_map(|scope| scope.metrics).collect();
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

impl Collector {
    /// On the runtime of the caller, which has to go on. Gives the address.
    pub async fn serve(&self, addr: SocketAddr) -> String {
        let listener = TcpListener::bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(self.clone()))
            .add_service(MetricsServiceServer::new(self.clone()));
        tokio::spawn(router.serve_with_incoming(TcpIncoming::from(listener)));
        format!("http://{addr}")
    }

    pub fn spans(&self) -> Vec<Span> {
        self.kept.lock().unwrap().spans.clone()
    }

    pub fn services(&self) -> Vec<String> {
        self.kept.lock().unwrap().services.clone()
    }

    /// The spans, once one is there that is wanted.
    pub async fn spans_with(&self, wanted: impl Fn(&Span) -> bool) -> Vec<Span> {
        until(|| Some(self.spans()).filter(|spans| spans.iter().any(&wanted)), || format!("{:#?}", self.spans())).await
    }

    /// The value of a counter or gauge, once it is as wanted.
    pub async fn metric(&self, name: &str, wanted: impl Fn(&Metric) -> bool) -> Metric {
        let find = || {
            let kept = self.kept.lock().unwrap();
            kept.metrics.iter().find(|metric| metric.name == name && wanted(metric)).cloned()
        };
        until(find, || format!("no such {name} in {:#?}", self.kept.lock().unwrap().metrics)).await
    }
}

async fn until<T>(look: impl Fn() -> Option<T>, sorry: impl Fn() -> String) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{}", sorry());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == name)?.value.as_ref()?.value.as_ref()?;
    match value {
        any_value::Value::StringValue(text) => Some(text.clone()),
        any_value::Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The sum of all points of a counter, or the count of a histogram.
pub fn total(metric: &Metric) -> i64 {
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
    let number = |value: Option<Value>| match value {
        Some(Value::AsInt(number)) => number,
        _ => 0,
    };
    match metric.data.as_ref().unwrap() {
        metric::Data::Sum(sum) => sum.data_points.iter().map(|point| number(point.value)).sum(),
        metric::Data::Gauge(gauge) => gauge.data_points.iter().map(|point| number(point.value)).sum(),
        metric::Data::Histogram(histogram) => {
            histogram.data_points.iter().map(|point| i64::try_from(point.count).unwrap()).sum()
        }
        _ => 0,
    }
}
