use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::Value;

use crate::collector::{Collector, total};
use crate::stage::{Place, serve};

/// A sample's name, its labels, and its value.
type Samples = BTreeMap<(String, String), f64>;

fn get(addr: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(addr).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nAccept: */*\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// `{a="b",c="d"}`, as its pairs.
fn labels(text: &str) -> Vec<(String, String)> {
    let mut rest = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_else(|| panic!("{text}"));
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{text}"));
        assert!(is_name(name), "{text}");
        let (mut value, mut escaped, mut end) = (String::new(), false, None);
        for (i, c) in after.char_indices() {
            match c {
                '\\' if !escaped => escaped = true,
                '"' if !escaped => {
                    end = Some(i);
                    break;
                }
                _ => {
                    assert!(!escaped || "\\n\"".contains(c), "{text}");
                    value.push(c);
                    escaped = false;
                }
            }
        }
        rest = &after[end.unwrap_or_else(|| panic!("{text}")) + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
        found.push((name.to_owned(), value));
    }
    found
}

/// Line by line, as Prometheus' text format 0.0.4 says.
fn parse(text: &str) -> Samples {
    assert!(text.ends_with('\n'));
    let mut samples = Samples::new();
    let (mut kinds, mut closed) = (BTreeMap::new(), BTreeSet::new());
    let mut family = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.splitn(3, ' ');
            let (word, name, more) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            assert!(is_name(name), "{line}");
            if word == "HELP" {
                assert!(closed.insert(name.to_owned()), "the family {name} comes twice");
                name.clone_into(&mut family);
                continue;
            }
            assert_eq!((word, name), ("TYPE", family.as_str()), "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&more), "{line}");
            assert!(more != "counter" || name.ends_with("_total"), "{line}");
            kinds.insert(name.to_owned(), more.to_owned());
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let (name, set) = series.find('{').map_or((series, ""), |at| series.split_at(at));
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
        let is_of = match kinds[&family].as_str() {
            "histogram" => ["_bucket", "_sum", "_count"].iter().any(|end| name == format!("{family}{end}")),
            _ => name == family,
        };
        assert!(is_name(name) && is_of, "{line} among {family}");
        let mut pairs = if set.is_empty() { Vec::new() } else { labels(set) };
        assert_eq!(name.ends_with("_bucket"), pairs.iter().any(|(name, _)| name == "le"), "{line}");
        pairs.sort();
        let key = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",");
        assert_eq!(samples.insert((name.to_owned(), key), value), None, "{line} comes twice");
    }
    samples
}

fn body_families(addr: &str) -> Vec<String> {
    let (_, body) = get(addr, "/metrics");
    let types = body.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// Each bucket holds the ones before it, and the last holds all.
fn buckets_add_up(samples: &Samples) {
    let mut series: BTreeMap<(String, String), Vec<(f64, f64)>> = BTreeMap::new();
    for ((name, labels), n) in samples {
        let Some(name) = name.strip_suffix("_bucket") else { continue };
        let (le, others): (Vec<_>, Vec<_>) = labels.split(',').partition(|label| label.starts_with("le="));
        let le = le[0].trim_start_matches("le=").replace("+Inf", "inf").parse().unwrap();
        series.entry((name.to_owned(), others.join(","))).or_default().push((le, *n));
    }
    assert!(series.len() >= 4, "{series:?}");
    for ((name, labels), mut buckets) in series {
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        assert!(buckets.is_sorted_by(|one, other| one.1 <= other.1), "{name} {labels} {buckets:?}");
        let count = samples[&(format!("{name}_count"), labels)];
        assert!((buckets.last().unwrap().1 - count).abs() < 1e-9, "{name} {buckets:?}");
    }
}

const PLAYS: &str = "play t/1/echo { snap a\n call b = demo/1/echo\n pass c\n a -> b -> c }
play t/1/fails { snap a\n call b = demo/1/fail\n pass c\n a -> b -> c }
play t/1/packs { snap a\n wait-for-worker b = packing/1/pack\n pass c\n a -> b -> c }
formation yard { demo/* builtin\n packing/1 pull }";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_scraped_and_sent() {
    let (place, collector) = (Place::new(), Collector::default());
    place.file("t.play", PLAYS);
    let otlp = collector.serve((std::net::Ipv4Addr::LOCALHOST, 0).into()).await;
    let log = place.path().join("log");
    let mut command = place.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "t.play", "--metrics", "127.0.0.1:0", "--log", "json"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &otlp).env("OTEL_METRIC_EXPORT_INTERVAL", "50");
    let served = serve(command, File::create(&log).unwrap().into());
    let text = loop {
        let text = std::fs::read_to_string(&log).unwrap();
        if text.contains("metrics served") {
            break text;
        }
        std::thread::yield_now();
    };
    let line = text.lines().find(|line| line.contains("metrics served")).unwrap();
    let url = serde_json::from_str::<Value>(line).unwrap()["url"].as_str().unwrap().to_owned();
    let addr = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();

    for _ in 0..3 {
        place.prints(0, &["run", "t/1/echo", "--server", &served.url]);
    }
    place.prints(1, &["run", "t/1/fails", "--input", r#"{"code": "NOT_FOUND"}"#, "--server", &served.url]);
    // Nobody packs: its ball is parked for good.
    let mut packs = place.command();
    let mut packs = packs.args(["run", "t/1/packs", "--server", &served.url]).stderr(Stdio::null()).spawn().unwrap();
    let parked = "target=packing/1/pack".to_owned();
    let samples = loop {
        let (head, body) = get(addr, "/metrics");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{head}");
        let samples = parse(&body);
        let ended: f64 =
            samples.iter().filter(|((name, _), _)| name == "chalktalk_runs_ended_total").map(|(_, n)| n).sum();
        let at = samples.get(&("chalktalk_queue_parked".to_owned(), parked.clone()));
        if ended >= 4.0 && at.is_some_and(|n| *n >= 1.0) {
            break samples;
        }
    };
    let value = |name: &str, labels: &str| {
        let found = samples.get(&(name.to_owned(), labels.to_owned()));
        *found.unwrap_or_else(|| panic!("no {name} {labels} in {samples:#?}"))
    };
    let is = |name: &str, labels: &str, wanted: f64| {
        assert!(
            (value(name, labels) - wanted).abs() < 1e-9,
            "{name} {labels}: {} and not {wanted}",
            value(name, labels)
        );
    };
    is("chalktalk_runs_started_total", "play=t/1/echo", 3.0);
    is("chalktalk_runs_ended_total", "outcome=passed,play=t/1/echo", 3.0);
    is("chalktalk_runs_ended_total", "outcome=failed,play=t/1/fails", 1.0);
    is("chalktalk_runs_live", "", 1.0);
    is("chalktalk_calls_total", "code=OK,target=demo/1/echo", 3.0);
    is("chalktalk_calls_total", "code=NOT_FOUND,target=demo/1/fail", 1.0);
    is("chalktalk_call_duration_seconds_count", "target=demo/1/echo", 3.0);
    is("chalktalk_call_duration_seconds_bucket", "le=+Inf,target=demo/1/echo", 3.0);
    is("chalktalk_run_duration_seconds_count", "outcome=passed,play=t/1/echo", 3.0);
    is("chalktalk_queue_parked", &parked, 1.0);
    is("chalktalk_watches_lagged_total", "", 0.0);
    // Telemetry itself is one.
    assert!(value("chalktalk_watches", "") >= 1.0);
    assert!(value("chalktalk_events_total", "") >= 30.0);
    assert!(value("chalktalk_journal_commit_duration_seconds_count", "") >= 5.0);
    let (n, sum) =
        (value("chalktalk_journal_commit_events_count", ""), value("chalktalk_journal_commit_events_sum", ""));
    assert!(sum >= n && sum >= 30.0, "{n} {sum}");
    buckets_add_up(&samples);
    // What is there is documented.
    let docs = include_str!("../../docs/seen.md");
    for family in body_families(addr) {
        assert!(docs.contains(&format!("| `{family}` |")), "{family} is not in docs/seen.md");
    }
    let (head, _) = get(addr, "/other");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");

    let metric = collector.metric("chalktalk.runs.ended", |metric| total(metric) == 4).await;
    assert_eq!(total(&metric), 4);
    collector.metric("chalktalk.call.duration", |metric| total(metric) == 4 && metric.unit == "s").await;
    collector.metric("chalktalk.queue.parked", |metric| total(metric) == 1).await;
    collector.metric("chalktalk.journal.commit.duration", |metric| total(metric) >= 5).await;
    packs.kill().unwrap();
    packs.wait().unwrap();
}
