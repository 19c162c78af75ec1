use std::collections::HashMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use chalktalk::runner::v1::quarterback_client::QuarterbackClient;
use chalktalk::runner::v1::worker_client::WorkerClient;
use chalktalk::runner::v1::worker_server::Worker;
use chalktalk::runner::{serve_worker, v1};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tonic::{Request, Response, Status};

use crate::collector::{Collector, text};
use crate::stage::Place;

const ANY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// What came with each call: of the request, and of the ball.
type Came = (HashMap<String, String>, HashMap<String, String>);

/// Fails its first call, and notes what came with each.
#[derive(Default)]
struct Noter {
    came: Mutex<Vec<Came>>,
}

#[tonic::async_trait]
impl Worker for Noter {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        Ok(Response::new(v1::DescribeResponse::default()))
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, Status> {
        let mut metadata = HashMap::new();
        for name in ["traceparent", "tracestate"] {
            let value = request.metadata().get(name).map(|value| value.to_str().unwrap().to_owned());
            metadata.extend(value.map(|value| (name.to_owned(), value)));
        }
        let ball = request.into_inner().ball.unwrap();
        let mut came = self.came.lock().unwrap();
        came.push((metadata, ball.headers.clone()));
        if came.len() == 1 {
            Err(Status::unavailable("secret"))
        } else {
            Ok(Response::new(v1::InvokeResponse { ball: Some(ball) }))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn named<'s>(spans: &'s [Span], name: &str) -> Vec<&'s Span> {
    let mut named: Vec<&Span> = spans.iter().filter(|span| span.name == name).collect();
    named.sort_by_key(|span| span.start_time_unix_nano);
    named
}

fn plays(worker: SocketAddr) -> String {
    format!(
        "play t/1/outer {{ snap a\n call b = t/1/inner\n pass c\n a -> b -> c }}
play t/1/inner {{ snap d\n call e = shop/1/work retry 1 backoff 1ms..1ms\n pass f\n d -> e -> f }}
play t/1/waits {{ snap a\n wait-for-signal b \"go\"\n call e = shop/1/work\n pass c\n a -> b -> e -> c }}
formation street {{ shop/1 service \"http://{worker}\" }}"
    )
}

fn with_trace<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{SPAN}-01").parse().unwrap());
    request.metadata_mut().insert("tracestate", "shop=7".parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_from_the_caller_through_plays_to_the_worker() {
    let (place, collector, noter) = (Place::new(), Collector::default(), Arc::<Noter>::default());
    let worker = serve_worker(noter.clone(), ANY.into()).await.unwrap();
    place.file("t.play", &plays(worker.addr));
    let otlp = collector.serve(ANY.into()).await;
    let served = place.serve(&["t.play", "--otlp", &otlp], Stdio::null());

    let mut client = QuarterbackClient::connect(served.url.clone()).await.unwrap();
    let ask = v1::StartRunRequest { play: "t/1/outer".into(), ..Default::default() };
    client.start_run(with_trace(ask)).await.unwrap();
    let spans = collector.spans_with(|span| span.name == "t/1/outer" && span.kind == SpanKind::Server as i32).await;

    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE && span.trace_state == "shop=7"), "{spans:#?}");
    let parent = |span: &Span| {
        let parent = spans.iter().find(|other| other.span_id == span.parent_span_id);
        parent.unwrap_or_else(|| panic!("{span:#?} hangs under nothing")).clone()
    };
    let outer = named(&spans, "t/1/outer")[0];
    assert_eq!(hex(&outer.parent_span_id), SPAN);
    // The play that the node b calls is a run of its own, in the span of the call.
    let inner = named(&spans, "t/1/inner");
    let (call, run) = (inner[0], inner[1]);
    assert_eq!((call.kind, run.kind), (SpanKind::Client as i32, SpanKind::Server as i32));
    assert_eq!(
        (&parent(run).span_id, &parent(call).name, &parent(&parent(call)).name),
        (&call.span_id, &"b".into(), &"t/1/outer".into())
    );
    assert!(text(&run.attributes, "chalktalk.parent.run").is_some());
    for node in ["a", "c", "d", "e", "f"] {
        assert_eq!(named(&spans, node).len(), 1, "{node}");
    }
    // Each attempt is a span, and the worker was told which.
    let attempts = named(&spans, "shop/1/work");
    let came = noter.came.lock().unwrap().clone();
    assert_eq!((attempts.len(), came.len()), (2, 2));
    for (attempt, (metadata, headers)) in attempts.iter().zip(&came) {
        assert_eq!(metadata["traceparent"], format!("00-{TRACE}-{}-01", hex(&attempt.span_id)));
        assert_eq!(metadata["tracestate"], "shop=7");
        assert_eq!(
            (&headers["traceparent"], &headers["tracestate"]),
            (&metadata["traceparent"], &metadata["tracestate"])
        );
        assert_eq!((&parent(attempt).name, &parent(&parent(attempt)).span_id), (&"e".into(), &run.span_id));
        assert!(attempt.start_time_unix_nano <= attempt.end_time_unix_nano);
        assert!(run.start_time_unix_nano <= attempt.start_time_unix_nano);
    }
    let status = attempts[0].status.as_ref().unwrap();
    assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, "UNAVAILABLE"));
    assert_ne!(
        attempts[1].status.as_ref().map(opentelemetry_proto::tonic::trace::v1::Status::code),
        Some(StatusCode::Error)
    );
    assert!(named(&spans, "e")[0].events.iter().any(|event| event.name == "retry"));
    assert!(collector.services().iter().all(|service| service == "chalktalk"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_after_a_crash_goes_on_in_its_trace() {
    let (place, collector, noter) = (Place::new(), Collector::default(), Arc::<Noter>::default());
    noter.came.lock().unwrap().push(Came::default());
    let worker = serve_worker(noter.clone(), ANY.into()).await.unwrap();
    place.file("t.play", &plays(worker.addr));
    let otlp = collector.serve(ANY.into()).await;
    let mut run = String::new();
    for calls_by_ball in [false, true] {
        let served = place.serve(&["t.play", "--otlp", &otlp], Stdio::null());
        let mut client = QuarterbackClient::connect(served.url.clone()).await.unwrap();
        if !calls_by_ball {
            let ask = v1::StartRunRequest { play: "t/1/waits".into(), ..Default::default() };
            run = client.start_run(ask).await.unwrap().into_inner().run;
            // What is over before the crash was told.
            collector.spans_with(|span| span.name == "a").await;
            continue;
        }
        let to = Some(v1::signal_request::To::Run(run.clone()));
        client.signal(v1::SignalRequest { to, name: "go".into(), ..Default::default() }).await.unwrap();
        let spans = collector.spans_with(|span| span.name == "t/1/waits").await;
        let trace = run.replace('-', "");
        assert!(spans.iter().all(|span| hex(&span.trace_id) == trace), "{spans:#?}");
        let of_run = named(&spans, "t/1/waits")[0];
        assert_eq!((of_run.parent_span_id.len(), named(&spans, "a").len()), (0, 1));
        for node in ["a", "b", "c"] {
            assert_eq!(named(&spans, node)[0].parent_span_id, of_run.span_id, "{node}");
        }
        let (_, headers) = noter.came.lock().unwrap().last().unwrap().clone();
        let attempt = named(&spans, "shop/1/work")[0];
        assert_eq!(headers["traceparent"], format!("00-{trace}-{}-01", hex(&attempt.span_id)));

        // By a ball's headers, from one who is not sampled: nothing is told, and the worker hears so.
        let mut target = WorkerClient::connect(served.url.clone()).await.unwrap();
        let parent = format!("00-{TRACE}-{SPAN}-00");
        let ball = v1::Ball { headers: [("traceparent".into(), parent)].into(), ..Default::default() };
        let ask = v1::InvokeRequest { coordinate: "t/1/inner".into(), ball: Some(ball) };
        target.invoke(ask).await.unwrap();
        let (_, headers) = noter.came.lock().unwrap().last().unwrap().clone();
        assert!(headers["traceparent"].starts_with(&format!("00-{TRACE}-")) && headers["traceparent"].ends_with("-00"));
        let ask = v1::InvokeRequest { coordinate: "t/1/outer".into(), ball: None };
        target.invoke(ask).await.unwrap();
        let spans = collector.spans_with(|span| span.name == "t/1/outer").await;
        assert!(spans.iter().all(|span| hex(&span.trace_id) != TRACE), "{spans:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_down_is_told_once_and_holds_up_nobody() {
    let place = Place::new();
    place.file("t.play", "play t/1/echo { snap a\n call b = demo/1/echo\n pass c\n a -> b -> c }");
    let addr = TcpListener::bind(ANY).unwrap().local_addr().unwrap();
    let log = place.path().join("log");
    let otlp = format!("http://{addr}");
    let args = ["t.play", "--otlp", &otlp, "--log", "json"];
    let mut served = place.serve(&args, File::create(&log).unwrap().into());
    let run = || place.prints(0, &["run", "t/1/echo", "--server", &served.url]);
    let count = |words: &str| std::fs::read_to_string(&log).unwrap().matches(words).count();
    while count("collector takes nothing") == 0 {
        run();
    }
    for _ in 0..5 {
        run();
    }
    let collector = Collector::default();
    collector.serve(addr).await;
    while collector.spans().is_empty() {
        run();
    }
    served.terminate();
    let text = std::fs::read_to_string(&log).unwrap();
    let told = |what: &str, words: &str| {
        text.lines().filter(|line| line.contains(words) && line.contains(&format!("\"what\":\"{what}\""))).count()
    };
    assert_eq!((told("traces", "takes nothing"), told("traces", "sent again")), (1, 1), "{text}");
    assert!(told("metrics", "takes nothing") <= 1, "{text}");

    let (_, said) = place.prints(2, &["serve", "t.play", "--listen", "127.0.0.1:0", "--otlp", "ftp://x"]);
    assert!(said.contains("'ftp://x' is no address of a collector"), "{said}");
}
