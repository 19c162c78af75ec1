//! The real `chalktalk serve`, killed under load: clients start runs of plays with calls, fan-outs, a nested play and
//! signals, and ask again what was not acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use chalktalk::base::RunId;
use chalktalk::engine::sim::Rng;
use chalktalk::event::{Event, Outcome};
use chalktalk::journal::{Reader, Status};
use chalktalk::runner::v1::quarterback_client::QuarterbackClient;
use chalktalk::runner::{to_any, v1};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tonic::Code;
use tonic::transport::Channel;

use super::judge::{Key, Worker, count_call, count_cut, judge};

/// `scripts/check.sh --long` sets it.
const LONG: &str = "CHALKTALK_LONG";
const SEED: u64 = 20_261_125;
const N_CLIENTS: i64 = 6;
/// Runs that a client has started and not seen the end of.
const N_OPEN: usize = 4;

/// The timeouts make a run that hangs one that fails.
const PLAYS: &str = "
play t/1/inner timeout 5m {
  snap a
  call b = stock/3.0.2/slow
  call c = stock/3.0.2/echo  with ({twice: 2 * ball.n})
  pass d
  a -> b -> c -> d
}
play t/1/outer timeout 5m {
  snap a
  call b = stock/3.0.2/slow
  fan-out c
  call d = stock/3.0.2/slow
  call e = t/1/inner
  call f = stock/3.0.2/echo
  fan-in g all
  wait-for-signal h \"go\"  key (string(ball.d.n))
  wait-for-worker i = t/1/inner  with ({ms: 1, n: ball.e.twice + signal.plus})
  call j = stock/3.0.2/echo  with ({sum: ball.twice})
  pass z
  a -> b -> c -> { d, e, f } -> g -> h -> i -> j -> z
}
";

fn result(n: i64) -> Value {
    json!({"sum": 4 * n + 2})
}

/// A server process; killed when it goes.
struct Served {
    process: Child,
    lines: mpsc::Receiver<String>,
    said: PathBuf,
}

impl Served {
    /// With none, each run sleeps as soon as it only waits.
    fn start(folder: &Path, n_awake: usize) -> Self {
        let said = folder.join("stderr");
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("chalktalk"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.join("data"));
        command.arg(format!("--max-awake={n_awake}"));
        command.arg(folder.join("kill.play")).stdout(Stdio::piped());
        command.stderr(std::fs::File::create(&said).unwrap());
        let mut process = command.spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { process, lines, said }
    }

    fn url(&self) -> String {
        let line = self.lines.recv().unwrap_or_else(|_| panic!("{}", std::fs::read_to_string(&self.said).unwrap()));
        line.strip_prefix("listening on ").unwrap().to_owned()
    }

    /// It must have been alive until then.
    fn kill(mut self) {
        let ended = self.process.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}: {}", std::fs::read_to_string(&self.said).unwrap());
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// One that starts runs, until it is told to stop, and asks again whatever was not answered.
struct Client {
    urls: watch::Receiver<String>,
    /// Where the connection goes to.
    url: String,
    channel: Option<QuarterbackClient<Channel>>,
}

impl Client {
    async fn run(mut self, number: i64, stop: watch::Receiver<bool>) -> BTreeMap<RunId, i64> {
        let mut acknowledged = BTreeMap::new();
        let mut open = VecDeque::new();
        let mut ns = number * 100_000..;
        loop {
            let goes_on = !*stop.borrow();
            if goes_on && open.len() < N_OPEN {
                let n = ns.next().unwrap();
                let run = self.start(n).await;
                self.signal(&run, n).await;
                acknowledged.insert(run.clone(), n);
                open.push_back((run, n));
            } else if let Some((run, n)) = open.pop_front() {
                assert_eq!(self.outcome(&run).await, result(n), "{run}");
            } else {
                return acknowledged;
            }
        }
    }

    async fn start(&mut self, n: i64) -> RunId {
        let input = Some(to_any(&json!({"ms": 3, "n": n}).into()).unwrap());
        let ask = v1::StartRunRequest {
            play: "t/1/outer".into(),
            input,
            request_id: format!("request {n}"),
            ..Default::default()
        };
        let answer = self.ask(async |client| client.start_run(ask.clone()).await).await;
        RunId::new(answer.expect("a run is started").into_inner().run)
    }

    /// By its key or to the run itself.
    async fn signal(&mut self, run: &RunId, n: i64) {
        let to = match n % 2 {
            0 => v1::signal_request::To::Key(n.to_string()),
            _ => v1::signal_request::To::Run(run.to_string()),
        };
        let payload = Some(to_any(&json!({"plus": 1}).into()).unwrap());
        let ask = v1::SignalRequest { to: Some(to), name: "go".into(), payload, signal_id: format!("signal {n}") };
        let answer = self.ask(async |client| client.signal(ask.clone()).await).await;
        // The one that was not acknowledged may have come all the same, and ended the run.
        if let Err(status) = answer {
            assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
            assert!(status.message().contains("its status is passed"), "{status}");
        }
    }

    async fn outcome(&mut self, run: &RunId) -> Value {
        let ask = v1::WatchRunRequest { run: run.to_string(), from: 0 };
        let body = self.ask(async |client| {
            let mut told = client.watch_run(ask.clone()).await?.into_inner();
            loop {
                let Some(message) = told.message().await? else { panic!("the events of {run} end before its end") };
                match message.what {
                    Some(v1::watch_run_response::What::Event(event)) if event.kind == "Finished" => {
                        break Ok(event.body);
                    }
                    _ => {}
                }
            }
        });
        match serde_json::from_str(&body.await.expect("the run is there")).unwrap() {
            Event::Finished { outcome: Outcome::Passed { payload, .. } } => (*payload.to_json()).clone(),
            other => panic!("{run}: {other:?}"),
        }
    }

    /// Asks until a server answers.
    async fn ask<T>(
        &mut self,
        call: impl AsyncFn(&mut QuarterbackClient<Channel>) -> Result<T, tonic::Status>,
    ) -> Result<T, tonic::Status> {
        loop {
            if let Some(client) = &mut self.channel {
                match call(client).await {
                    Err(status) if is_gone(&status) => {}
                    answered => return answered,
                }
            }
            // The next server has another address.
            let last = self.url.clone();
            self.url.clone_from(&*self.urls.wait_for(|url| *url != last).await.unwrap());
            self.channel = QuarterbackClient::connect(self.url.clone()).await.ok();
        }
    }
}

/// All runs that were acknowledged, with what each was about.
fn all_clients(urls: &watch::Receiver<String>, stop: &watch::Receiver<bool>) -> BTreeMap<RunId, i64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut clients = JoinSet::new();
    let all = LocalSet::new();
    for number in 1..=N_CLIENTS {
        let client = Client { urls: urls.clone(), url: String::new(), channel: None };
        clients.spawn_local_on(client.run(number, stop.clone()), &all);
    }
    all.block_on(&runtime, clients.join_all()).into_iter().flatten().collect()
}

/// Whether the server was killed before it answered.
fn is_gone(status: &tonic::Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::Cancelled | Code::Unknown => true,
        Code::Internal => status.message().contains("h2") || status.message().contains("transport"),
        _ => false,
    }
}

#[test]
fn a_server_that_is_killed_at_any_moment_loses_nothing() {
    let n_kills = if std::env::var_os(LONG).is_some() { 200 } else { 40 };
    let (mut worker, lines) = Worker::start();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let text = format!("{PLAYS}formation f {{\n  stock/* service \"{}\"\n}}\n", worker.url);
    std::fs::write(folder.path().join("kill.play"), text).unwrap();

    let (tell_url, urls) = watch::channel(String::new());
    let (tell_stop, stop) = watch::channel(false);
    let clients = thread::spawn(move || all_clients(&urls, &stop));

    let (tell_call, came) = mpsc::channel();
    let log = thread::spawn(move || {
        let mut n_calls = BTreeMap::new();
        for line in lines {
            count_call(&line.unwrap(), &mut n_calls);
            _ = tell_call.send(());
        }
        n_calls
    });

    let mut rng = Rng::new(SEED);
    let mut n_cut: BTreeMap<Key, usize> = BTreeMap::new();
    for _ in 0..n_kills {
        let n_awake = [0, 2, 4096][usize::try_from(rng.below(3)).unwrap()];
        let server = Served::start(folder.path(), n_awake);
        if rng.chance(200) {
            // While it starts, or just after.
            thread::sleep(Duration::from_micros(rng.below(100_000)));
        } else {
            tell_url.send_replace(server.url());
            // After some calls and a moment more.
            came.try_iter().for_each(drop);
            let n_lines = usize::try_from(rng.below(60)).unwrap();
            came.iter().take(n_lines).for_each(drop);
            thread::sleep(Duration::from_micros(rng.below(4) * rng.below(1500)));
        }
        server.kill();
        count_cut(&data, &mut n_cut);
    }
    let mut server = Served::start(folder.path(), 0);
    tell_url.send_replace(server.url());
    tell_stop.send_replace(true);
    let mut acknowledged = clients.join().unwrap();
    let id = server.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(server.process.wait().unwrap().success(), "it stops cleanly");
    worker.stop();
    let n_calls = log.join().unwrap();

    let reader = Reader::open(&data).unwrap();
    assert!(acknowledged.len() > n_kills, "{} runs were started", acknowledged.len());
    let mut n_children = 0;
    for info in reader.runs(usize::MAX).unwrap() {
        assert_eq!(info.status, Status::Passed, "{info:?}");
        let history = reader.events(&info.run).unwrap();
        let Event::Started(started) = &history.events[0].event else { panic!("{:?}", history.events[0]) };
        match (acknowledged.remove(&info.run), &started.parent) {
            (Some(n), None) => match &history.events.last().unwrap().event {
                Event::Finished { outcome: Outcome::Passed { payload, .. } } => {
                    assert_eq!(*payload.to_json(), result(n));
                }
                other => panic!("{other:?}"),
            },
            (None, Some(_)) => n_children += 1,
            other => panic!("{info:?} was asked for by nobody: {other:?}"),
        }
    }
    assert_eq!(acknowledged, BTreeMap::new(), "every run that was acknowledged is there");
    assert!(n_children > 2 * n_kills, "{n_children} runs of the inner play");
    judge(&reader, &n_calls, &n_cut);
}
