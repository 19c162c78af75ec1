//! A run of 40 built-in calls in a row: start, 40 calls, pass, and the outcome back at whoever waits. And the ball of a
//! pulling worker that falls silent, until the next one has it.
//!
//! The budget: 0.4 ms in memory; 3 ms in a journal (WAL, `synchronous=NORMAL`) where each result is committed before the
//! next call; 2 s for the ball.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chalktalk::event::Outcome;
use chalktalk::journal::Journal;
use chalktalk::lang;
use chalktalk::runner::v1::catch_request::What as Say;
use chalktalk::runner::v1::catch_response::What as Told;
use chalktalk::runner::v1::quarterback_client::QuarterbackClient;
use chalktalk::runner::{Config, Prepared, Runner, Server, Start, v1};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;

const N_CALLS: usize = 40;

fn calls_in_a_row(n_calls: usize) -> Arc<Prepared> {
    let mut text = "play bench/1/row {\n snap start\n pass end\n".to_owned();
    let mut wires = " start".to_owned();
    for i in 0..n_calls {
        writeln!(text, " call c{i} = demo/1/echo").expect("a string takes all");
        write!(wires, " -> c{i}").expect("a string takes all");
    }
    text.push_str(&wires);
    text.push_str(" -> end\n}");
    let source = lang::parse(text);
    Arc::new(Prepared::new(&source.doc, 0, None).expect("the play compiles"))
}

fn run(runner: &Runner, play: &Arc<Prepared>) {
    let input = json!({"order_id": "o-1", "items": ["ball"], "amount": 60});
    let run = runner.start(Start::new(Arc::clone(play), input)).wait().expect("it starts");
    let outcome = runner.wait(&run).wait().expect("it ends");
    assert!(matches!(outcome, Outcome::Passed { .. }));
}

fn bench(c: &mut Criterion) {
    let play = calls_in_a_row(N_CALLS);
    let mut group = c.benchmark_group("run of 40 built-in calls");

    let runner = Runner::new(Config::new(Journal::memory())).expect("the runner starts");
    group.bench_function("in memory (budget 0.4 ms)", |b| b.iter(|| run(&runner, &play)));

    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let journal = Journal::open(folder.path()).expect("the journal opens");
    let runner = Runner::new(Config::new(journal)).expect("the runner starts");
    group.bench_function("journaled (budget 3 ms)", |b| b.iter(|| run(&runner, &play)));
    group.finish();
}

/// A pulling worker that can hold one ball.
struct Puller {
    say: mpsc::UnboundedSender<v1::CatchRequest>,
    told: Streaming<v1::CatchResponse>,
}

impl Puller {
    async fn join(client: &mut QuarterbackClient<Channel>) -> Self {
        let (say, said) = mpsc::unbounded_channel();
        let box_method =
            v1::Method { image: "pack".into(), version: "1.2".into(), method: "box".into(), ..Default::default() };
        let hello = Say::Hello(v1::Hello { worker: String::new(), methods: vec![box_method] });
        for what in [hello, Say::Ready(v1::Ready { credit: 1 })] {
            say.send(v1::CatchRequest { what: Some(what) }).expect("the stream is open");
        }
        let told = client.catch(UnboundedReceiverStream::new(said)).await.expect("it may come").into_inner();
        Self { say, told }
    }

    async fn handed(&mut self) -> v1::Handed {
        loop {
            let told = self.told.message().await.expect("it is not sent away").expect("the server stays");
            if let Some(Told::Handed(handed)) = told.what {
                return handed;
            }
        }
    }
}

/// From the moment at which a worker that holds a ball falls silent to the moment at which the next one has it.
async fn silence(client: &mut QuarterbackClient<Channel>, runner: &Runner, play: &Arc<Prepared>) -> Duration {
    let mut silent = Puller::join(client).await;
    let run = runner.start(Start::new(Arc::clone(play), json!(1))).await.expect("it starts");
    silent.handed().await;
    let since = Instant::now();
    let mut next = Puller::join(client).await;
    let say = next.say.clone();
    let beats = tokio::spawn(async move {
        let beat = || v1::CatchRequest { what: Some(Say::Heartbeat(v1::Heartbeat {})) };
        while say.send(beat()).is_ok() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    let handed = next.handed().await;
    let took = since.elapsed();
    let what = Some(v1::returned::What::Ball(handed.ball.unwrap_or_default()));
    let returned = Say::Returned(v1::Returned { id: handed.id, what });
    next.say.send(v1::CatchRequest { what: Some(returned) }).expect("the stream is open");
    assert!(matches!(runner.wait(&run).await, Ok(Outcome::Passed { .. })));
    beats.abort();
    took
}

fn pulling(c: &mut Criterion) {
    let text = "play bench/1/pull {\n snap a\n call b = pack/1.2/box\n pass c\n a -> b -> c\n}\nformation f {\n pack/* pull\n}";
    let source = lang::parse(text);
    let formation = source.doc.formations().next().map(|(_, formation)| formation);
    let play = Arc::new(Prepared::new(&source.doc, 0, formation).expect("the play compiles"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("there are threads");
    let (runner, mut client) = runtime.block_on(async {
        let runner = Runner::spawn(Config::new(Journal::memory()));
        let server = Server::start(&runner, ([127, 0, 0, 1], 0).into()).await.expect("a port is free");
        let client = QuarterbackClient::connect(format!("http://{}", server.addr)).await.expect("it listens");
        ((runner, server), client)
    });
    let mut group = c.benchmark_group("pulling");
    group.sample_size(10).warm_up_time(Duration::from_millis(100));
    group.sampling_mode(criterion::SamplingMode::Flat);
    group.bench_function("a silent worker's ball to the next (limit 2 s)", |b| {
        b.iter_custom(|n| {
            runtime.block_on(async {
                let mut all = Duration::ZERO;
                for _ in 0..n {
                    all += silence(&mut client, &runner.0, &play).await;
                }
                all
            })
        });
    });
    group.finish();
}

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, bench, pulling);
criterion_main!(benches);
