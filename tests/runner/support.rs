//! Plays from text, a runner with a fixed clock, and a worker that tells what it saw.

use std::sync::{Arc, Mutex};

use chalktalk::base::RunId;
use chalktalk::event::{Event, Failure, Outcome, Recorded};
use chalktalk::journal::{Journal, Reader};
use chalktalk::lang;
use chalktalk::plan::choose_formation;
use chalktalk::runner::v1::worker_server::Worker;
use chalktalk::runner::{Config, Demo, Error, Limits, Prepared, Runner, Start, World, v1};
use serde_json::Value;
use tokio::sync::watch;
use tonic::{Request, Response, Status};

pub const UNIX_MS: u64 = 1_700_000_000_000;

/// Whether every run sleeps as soon as it only waits: `tests/asleep.rs` has the same tests with that.
pub const SLEEPS: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"asleep");

pub fn config() -> Config {
    config_with(Journal::memory())
}

pub fn config_with(journal: Journal) -> Config {
    let limits = if SLEEPS { Limits { awake: 0, ..Limits::default() } } else { Limits::default() };
    Config { world: World::seeded(UNIX_MS, 7), limits, ..Config::new(journal) }
}

pub fn prepare(text: &str, formation: Option<&str>) -> Result<Prepared, Error> {
    let source = lang::parse(text);
    assert!(source.diagnostics.is_empty(), "{:?}", source.diagnostics);
    let (item, _) = source.doc.plays().next().expect("the text has a play");
    let formation = formation.map(|name| choose_formation(&source.doc, Some(name)).unwrap().unwrap());
    Prepared::new(&source.doc, item, formation)
}

pub fn prepared(text: &str) -> Arc<Prepared> {
    Arc::new(prepare(text, None).unwrap())
}

pub fn prepared_with(text: &str, formation: &str) -> Arc<Prepared> {
    Arc::new(prepare(text, Some(formation)).unwrap())
}

pub async fn start(runner: &Runner, play: &Arc<Prepared>, input: Value) -> RunId {
    runner.start(Start::new(Arc::clone(play), input)).await.unwrap()
}

pub fn passed(outcome: &Outcome) -> (&str, Value) {
    match outcome {
        Outcome::Passed { node, payload, .. } => (node.as_str(), Value::clone(&payload.to_json())),
        other => panic!("it did not pass: {other:?}"),
    }
}

pub fn failed(outcome: &Outcome) -> (Option<String>, Failure) {
    match outcome {
        Outcome::Failed { node, failure } => (node.as_ref().map(ToString::to_string), failure.clone()),
        other => panic!("it did not fail: {other:?}"),
    }
}

/// The names of the events.
pub fn kinds(events: &[Recorded]) -> Vec<String> {
    let name = |event: &Event| {
        let text = format!("{event:?}");
        text.split([' ', '(']).next().unwrap_or_default().to_owned()
    };
    events.iter().map(|recorded| name(&recorded.event)).collect()
}

/// The demo's workers, with a note of each call.
pub struct Spy {
    demo: Demo,
    calls: Mutex<Vec<v1::Ball>>,
    looks: Mutex<Vec<(v1::Ball, Vec<Event>)>>,
    reader: Mutex<Option<Reader>>,
    n_called: watch::Sender<usize>,
    n_dropped: watch::Sender<usize>,
}

impl Spy {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            demo: Demo::default(),
            calls: Mutex::default(),
            looks: Mutex::default(),
            reader: Mutex::default(),
            n_called: watch::Sender::new(0),
            n_dropped: watch::Sender::new(0),
        })
    }

    /// From now on each call notes what the journal holds of its run.
    pub fn look_into(&self, reader: Reader) {
        *self.reader.lock().unwrap() = Some(reader);
    }

    pub fn looks(&self) -> Vec<(v1::Ball, Vec<Event>)> {
        self.looks.lock().unwrap().clone()
    }

    pub fn calls(&self) -> Vec<v1::Ball> {
        self.calls.lock().unwrap().clone()
    }

    /// `node visit attempt` of each call, in order.
    pub fn keys(&self) -> Vec<String> {
        self.calls().iter().map(|ball| format!("{} {} {}", ball.node, ball.visit, ball.attempt)).collect()
    }

    pub async fn until_called(&self, n: usize) {
        self.n_called.subscribe().wait_for(|called| *called >= n).await.unwrap();
    }

    /// Calls that were given up before they were done.
    pub async fn until_dropped(&self, n: usize) {
        self.n_dropped.subscribe().wait_for(|dropped| *dropped >= n).await.unwrap();
    }
}

struct Unfinished<'s>(Option<&'s Spy>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(spy) = self.0 {
            spy.n_dropped.send_modify(|n| *n += 1);
        }
    }
}

#[tonic::async_trait]
impl Worker for Spy {
    async fn describe(&self, request: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        self.demo.describe(request).await
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, Status> {
        let ball = request.get_ref().ball.clone().unwrap_or_default();
        if let Some(reader) = &*self.reader.lock().unwrap() {
            let kept = reader.events(&RunId::new(&ball.run)).unwrap().events;
            let kept = kept.into_iter().map(|recorded| recorded.event).collect();
            self.looks.lock().unwrap().push((ball.clone(), kept));
        }
        self.calls.lock().unwrap().push(ball);
        self.n_called.send_modify(|n| *n += 1);
        let mut unfinished = Unfinished(Some(self));
        let result = self.demo.invoke(request).await;
        unfinished.0 = None;
        result
    }
}
