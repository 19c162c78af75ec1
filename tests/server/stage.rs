//! A quarterback that is served, and a client of it.

use std::sync::Arc;

use chalktalk::base::RunId;
use chalktalk::runner::v1::quarterback_client::QuarterbackClient;
use chalktalk::runner::v1::worker_client::WorkerClient;
use chalktalk::runner::v1::worker_server::Worker;
use chalktalk::runner::{Config, Runner, Server, World, v1};
use prost::Message;
use prost_types::value::Kind;
use prost_types::{Any, ListValue, Struct, Value as ProtoValue};
use serde_json::Value;
use tonic::Status;
use tonic::transport::Channel;

use super::support::config;

pub struct Stage {
    pub runner: Runner,
    pub server: Server,
    pub client: QuarterbackClient<Channel>,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(config()).await
    }

    pub async fn with_worker(builtin: Arc<dyn Worker>) -> Self {
        Self::with(Config { builtin: Some(builtin), ..config() }).await
    }

    /// On the real clock: sockets have no other.
    pub async fn with(config: Config) -> Self {
        let runner = Runner::spawn(Config { world: World::real(), ..config });
        let server = Server::start(&runner, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let client = QuarterbackClient::connect(format!("http://{}", server.addr)).await.unwrap();
        Self { runner, server, client }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.server.addr)
    }

    pub async fn channel(&self) -> Channel {
        Channel::from_shared(self.url()).unwrap().connect().await.unwrap()
    }

    pub async fn worker(&self) -> WorkerClient<Channel> {
        WorkerClient::new(self.channel().await)
    }

    pub async fn register(&mut self, document: &str) -> Vec<String> {
        let ask = v1::RegisterPlayRequest { document: document.to_owned(), formation: String::new() };
        self.client.register_play(ask).await.unwrap().into_inner().plays
    }

    pub async fn start(&mut self, play: &str, input: Value) -> String {
        let ask = v1::StartRunRequest { play: play.to_owned(), input: any(input), ..Default::default() };
        self.client.start_run(ask).await.unwrap().into_inner().run
    }

    /// All events from `from` to the end.
    pub async fn watch(&mut self, run: &str, from: u64) -> Vec<v1::Event> {
        let ask = v1::WatchRunRequest { run: run.to_owned(), from };
        let mut stream = self.client.watch_run(ask).await.unwrap().into_inner();
        let mut events = Vec::new();
        while let Some(told) = stream.message().await.unwrap() {
            if let Some(v1::watch_run_response::What::Event(event)) = told.what {
                assert_eq!(event.seq, from + events.len() as u64);
                events.push(event);
            }
        }
        events
    }

    /// Until the run is known.
    pub async fn until_there(&mut self, run: &RunId) {
        while self.client.get_run(v1::GetRunRequest { run: run.to_string() }).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    /// Until an event of that kind has come.
    pub async fn until(&mut self, run: &str, kind: &str) {
        let ask = v1::WatchRunRequest { run: run.to_owned(), from: 0 };
        let mut stream = self.client.watch_run(ask).await.unwrap().into_inner();
        while let Some(told) = stream.message().await.unwrap() {
            if matches!(&told.what, Some(v1::watch_run_response::What::Event(event)) if event.kind == kind) {
                return;
            }
        }
        panic!("run {run} ended without {kind}");
    }
}

/// A call of a play as a target.
pub fn call(to: &str, input: Value, key: (&str, &str, u32, u32)) -> v1::InvokeRequest {
    let (run, node, visit, attempt) = key;
    let ball = v1::Ball {
        payload: any(input),
        run: run.to_owned(),
        node: node.to_owned(),
        visit,
        attempt,
        ..Default::default()
    };
    v1::InvokeRequest { coordinate: to.to_owned(), ball: Some(ball) }
}

pub fn answer(response: Result<tonic::Response<v1::InvokeResponse>, Status>) -> Value {
    json_of(response.unwrap().into_inner().ball.unwrap().payload)
}

#[expect(clippy::unnecessary_wraps, reason = "every field that it is for is optional")]
pub fn any(json: Value) -> Option<Any> {
    let value = to_proto(json).encode_to_vec();
    Some(Any { type_url: "type.googleapis.com/google.protobuf.Value".to_owned(), value })
}

pub fn json_of(any: Option<Any>) -> Value {
    from_proto(ProtoValue::decode(any.unwrap().value.as_slice()).unwrap())
}

fn to_proto(json: Value) -> ProtoValue {
    let kind = match json {
        Value::Null => Kind::NullValue(0),
        Value::Bool(yes) => Kind::BoolValue(yes),
        Value::Number(n) => Kind::NumberValue(n.as_f64().unwrap()),
        Value::String(text) => Kind::StringValue(text),
        Value::Array(items) => Kind::ListValue(ListValue { values: items.into_iter().map(to_proto).collect() }),
        Value::Object(members) => Kind::StructValue(Struct {
            fields: members.into_iter().map(|(name, value)| (name, to_proto(value))).collect(),
        }),
    };
    ProtoValue { kind: Some(kind) }
}

fn from_proto(value: ProtoValue) -> Value {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(yes)) => yes.into(),
        #[expect(clippy::cast_possible_truncation, reason = "these tests send small whole numbers")]
        Some(Kind::NumberValue(n)) => (n as i64).into(),
        Some(Kind::StringValue(text)) => text.into(),
        Some(Kind::ListValue(list)) => list.values.into_iter().map(from_proto).collect(),
        Some(Kind::StructValue(object)) => {
            object.fields.into_iter().map(|(name, value)| (name, from_proto(value))).collect()
        }
    }
}
