//! What the runner adds to calls of a worker in another process, over loopback TCP, beside the same calls made by hand
//! with tonic in the same run. Each answer is durable before the next call.
//!
//! Prints a line for each promise: what, measured, promised, `ok` or `MISSED`. An argument picks the lines that hold it;
//! with `worker` it is the worker.

#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a program that prints a table")]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chalktalk::base::{BallId, Coord, NodeId, RunId, RunMicros};
use chalktalk::event::{Event, Outcome, Payload, Recorded, Started, WireRef};
use chalktalk::journal::{Append, FILE_NAME, Journal};
use chalktalk::lang;
use chalktalk::runner::v1::worker_client::WorkerClient;
use chalktalk::runner::v1::worker_server::Worker;
use chalktalk::runner::{Config, Prepared, Runner, Start, serve_worker, to_any, v1};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

const N_CALLS: usize = 40;
const N_RUNS: usize = 64;
/// Of each measurement; the median counts.
const ROUNDS: usize = 7;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Echo;

#[tonic::async_trait]
impl Worker for Echo {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        Ok(Response::new(v1::DescribeResponse::default()))
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, Status> {
        Ok(Response::new(v1::InvokeResponse { ball: request.into_inner().ball }))
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("there are threads")
}

fn be_worker() {
    runtime().block_on(async {
        let served = serve_worker(Arc::new(Echo), ([127, 0, 0, 1], 0).into()).await.expect("a port is free");
        println!("{}", served.addr);
        // Until the bench is gone.
        let gone = || std::io::stdin().read_line(&mut String::new());
        drop(tokio::task::spawn_blocking(gone).await);
    });
}

/// The worker's process; ends with this.
struct Away {
    addr: String,
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Away {
    fn start() -> Self {
        let me = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new(me);
        let mut child = command.arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut addr = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut addr).expect("it says where it is");
        Self { addr: addr.trim().to_owned(), stdin: child.stdin.take(), child }
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        drop(self.stdin.take());
        drop(self.child.wait());
    }
}

/// 200 bytes as JSON.
fn input() -> Value {
    json!({"order_id": "o-1234567", "customer": {"name": "Ada Lovelace", "city": "London"}, "note": "x".repeat(103), "amount": 60})
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn measure(mut round: impl FnMut()) -> Duration {
    round();
    median(
        (0..ROUNDS)
            .map(|_| {
                let since = Instant::now();
                round();
                since.elapsed()
            })
            .collect(),
    )
}

/// Many of something that is too short for one look at the clock.
fn measure_each(n: u32, mut round: impl FnMut()) -> Duration {
    measure(|| (0..n).for_each(|_| round())) / n
}

async fn raw_call(client: &mut WorkerClient<Channel>, payload: &Payload) {
    let payload = Some(to_any(payload).expect("it is JSON"));
    let ball = v1::Ball {
        payload,
        run: "018bcfe5-6800-7123-8000-000000000001".into(),
        node: "c1".into(),
        ..Default::default()
    };
    let request = v1::InvokeRequest { coordinate: "bench/1/echo".into(), ball: Some(ball) };
    let answer = client.invoke(request).await.expect("it answers");
    assert!(answer.into_inner().ball.is_some());
}

/// `at_once` strands of `n` calls in a row.
fn raw(runtime: &Runtime, client: &WorkerClient<Channel>, at_once: usize, n: usize) {
    let payload = Payload::from(input());
    runtime.block_on(async {
        let mut strands = JoinSet::new();
        for _ in 0..at_once {
            let (mut client, payload) = (client.clone(), payload.clone());
            strands.spawn(async move {
                for _ in 0..n {
                    raw_call(&mut client, &payload).await;
                }
            });
        }
        strands.join_all().await;
    });
}

fn prepared(text: String) -> Arc<Prepared> {
    let source = lang::parse(text);
    let formation = source.doc.formations().next().map(|(_, formation)| formation);
    Arc::new(Prepared::new(&source.doc, 0, formation).expect("the play compiles"))
}

fn row(addr: &str, n_calls: usize) -> Arc<Prepared> {
    let mut text = "play bench/1/row {\n snap start\n pass end\n".to_owned();
    let mut wires = " start".to_owned();
    for i in 0..n_calls {
        writeln!(text, " call c{i} = bench/1/echo").expect("a string takes all");
        write!(wires, " -> c{i}").expect("a string takes all");
    }
    text.push_str(&wires);
    write!(text, " -> end\n}}\nformation f {{\n bench/1 service \"http://{addr}\"\n}}").expect("a string takes all");
    prepared(text)
}

fn wide(addr: &str, n_calls: usize) -> Arc<Prepared> {
    let mut text = "play bench/1/wide {\n snap start\n pass end\n fan-out split\n fan-in both all\n".to_owned();
    let names: Vec<String> = (0..n_calls).map(|i| format!("c{i}")).collect();
    for name in &names {
        writeln!(text, " call {name} = bench/1/echo").expect("a string takes all");
    }
    write!(text, " start -> split -> {{ {} }} -> both -> end\n}}\n", names.join(", ")).expect("a string takes all");
    write!(text, "formation f {{\n bench/1 service \"http://{addr}\"\n}}").expect("a string takes all");
    prepared(text)
}

fn run(runner: &Runner, play: &Arc<Prepared>, at_once: usize) {
    let runs: Vec<_> = (0..at_once).map(|_| runner.start_to_end(Start::new(Arc::clone(play), input()))).collect();
    for (_, ended) in runs {
        let outcome = ended.wait().expect("it ends");
        assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
    }
}

struct Table {
    only: Option<String>,
    missed: bool,
}

impl Table {
    fn row(&mut self, what: &str, measured: &str, promised: &str, ok: bool) {
        self.missed |= !ok;
        println!("{what:<42} {measured:<30} {promised:<32} {}", if ok { "ok" } else { "MISSED" });
    }

    fn ratio(&mut self, what: &str, ours: impl FnOnce() -> Duration, peer: Duration, most: f64) {
        if self.only.as_ref().is_some_and(|only| !what.contains(only)) {
            return;
        }
        let ours = ours();
        let ratio = ours.as_secs_f64() / peer.as_secs_f64();
        self.row(
            what,
            &format!("{ours:.2?} ({ratio:.2}x)"),
            &format!("at most {most}x of raw {peer:.2?}"),
            ratio <= most,
        );
    }
}

fn main() {
    // Cargo adds an option of its own.
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    if only.as_ref().is_some_and(|only| only == "worker") {
        return be_worker();
    }
    let away = Away::start();
    let addr = away.addr.as_str();
    let runtime = runtime();
    let client = runtime.block_on(WorkerClient::connect(format!("http://{addr}"))).expect("it listens");
    let mut table = Table { only, missed: false };

    let raw_64 = measure(|| raw(&runtime, &client, N_RUNS, N_CALLS));
    let raw_1 = measure_each(200, || raw(&runtime, &client, 1, 1));
    let raw_40 = measure_each(5, || raw(&runtime, &client, 1, N_CALLS));
    let raw_wide = measure_each(5, || raw(&runtime, &client, N_CALLS, 1));

    let (one, forty, broad) = (row(addr, 1), row(addr, N_CALLS), wide(addr, N_CALLS));
    let runner = Runner::new(Config::new(Journal::memory())).expect("the runner starts");
    table.ratio("64 runs of 40 calls, not durable", || measure(|| run(&runner, &forty, N_RUNS)), raw_64, 1.5);
    drop(runner);
    for (mode, power, most) in [("process", false, 1.5), ("power", true, 1.8)] {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        let runner = Runner::new(Config::new(open(folder.path(), power))).expect("the runner starts");
        let what = format!("64 runs of 40 calls, {mode}");
        table.ratio(&what, || measure(|| run(&runner, &forty, N_RUNS)), raw_64, most);
        if power {
            continue;
        }
        let commit = one_commit();
        let limit = raw_1 + commit * 5 / 2;
        let alone = measure_each(100, || run(&runner, &one, 1));
        let promised = format!("at most raw + 2.5 commits, {limit:.2?}");
        table.row("one call", &format!("{alone:.2?}"), &promised, alone <= limit);
        table.ratio("40 calls in a row", || measure_each(5, || run(&runner, &forty, 1)), raw_40, 1.7);
        table.ratio("40 calls at once, joined", || measure_each(5, || run(&runner, &broad, 1)), raw_wide, 1.4);
    }
    drop(away);
    writing(&mut table);
    if table.missed {
        std::process::exit(1);
    }
}

fn open(folder: &Path, power: bool) -> Journal {
    let mut journal = Journal::open(folder).expect("the journal opens");
    if power {
        journal.survive_power_cuts().expect("it can be set");
    }
    journal
}

/// An event of about 100 bytes.
fn moved(seq: u64) -> Recorded {
    let wire = WireRef { from: NodeId::new("validate-the-order"), to: NodeId::new("charge-the-card"), nth: 0 };
    let payload = Some(json!({"n": 1}).into());
    Recorded { seq, at: RunMicros(seq), event: Event::Moved { ball: BallId(0), wire, payload } }
}

fn started(run: &RunId) -> Recorded {
    let play = Coord::new("bench", "1", "row");
    let started = Started::new(run.clone(), play);
    Recorded { seq: 0, at: RunMicros(0), event: Event::Started(Box::new(started)) }
}

fn one_commit() -> Duration {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let mut journal = open(folder.path(), false);
    let run = RunId::new("one");
    let append = |journal: &mut Journal, events: &[Recorded]| {
        journal.append(&[Append { run: &run, document: None, events }], &[]).expect("the disk takes it");
    };
    append(&mut journal, &[started(&run)]);
    let mut next = 1;
    measure_each(200, || {
        append(&mut journal, &[moved(next), moved(next + 1), moved(next + 2)]);
        next += 3;
    })
}

/// Commits of 64 runs with 3 events each, for some seconds.
fn writing(table: &mut Table) {
    const N_COMMITS: u64 = 4000;
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let mut journal = open(folder.path(), false);
    let runs: Vec<RunId> = (0..N_RUNS).map(|n| RunId::new(format!("run-{n}"))).collect();
    for run in &runs {
        let events = [started(run)];
        journal.append(&[Append { run, document: None, events: &events }], &[]).expect("the disk takes it");
    }
    let mut times = Vec::new();
    for commit in 0..N_COMMITS {
        let next = 1 + 3 * commit;
        let events = [moved(next), moved(next + 1), moved(next + 2)];
        let batch: Vec<_> = runs.iter().map(|run| Append { run, document: None, events: &events }).collect();
        let since = Instant::now();
        journal.append(&batch, &[]).expect("the disk takes it");
        times.push(since.elapsed());
    }
    drop(journal);
    let n_events = N_COMMITS * 3 * N_RUNS as u64;
    let seconds = times.iter().sum::<Duration>().as_secs_f64();
    let rate = n_events as f64 / seconds;
    table.row("events kept a second", &format!("{rate:.0}"), "at least 150000", rate >= 150_000.0);
    times.sort_unstable();
    let p99 = times[times.len() * 99 / 100];
    let most = Duration::from_millis(5);
    table.row("a commit of 192 events, p99", &format!("{p99:.2?}"), "at most 5 ms", p99 <= most);
    let file = std::fs::metadata(folder.path().join(FILE_NAME)).expect("it is there").len();
    let each = file as f64 / n_events as f64;
    table.row("bytes an event on disk", &format!("{each:.0}"), "at most 130", each <= 130.0);

    let path = folder.path().join("plain");
    let mut plain = std::fs::File::create(path).expect("a file can be made");
    let sync = measure_each(50, || {
        plain.write_all(&[0; 4096]).and_then(|()| plain.sync_data()).expect("the disk takes it");
    });
    println!("{:<42} {:<30} beside `power`", "fdatasync of 4 KiB", format!("{sync:.2?}"));
}
