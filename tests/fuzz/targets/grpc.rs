//! Every method of `Quarterback` and `Worker`: the first byte says which, the others are the message, for `Catch` each
//! message after its length in a byte. They go through a real server to the real handlers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chalktalk::journal::Journal;
use chalktalk::runner::{Config, Runner, Server, v1};
use prost::Message;
use tonic::Request;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

use self::codec::RawCodec;

#[path = "../../../src/runner/reflect/raw.rs"]
mod codec;

/// The paths, and whether the client streams.
pub const METHODS: [(&str, bool); 11] = [
    ("/chalktalk.v1.Quarterback/StartRun", false),
    ("/chalktalk.v1.Quarterback/Signal", false),
    ("/chalktalk.v1.Quarterback/Cancel", false),
    ("/chalktalk.v1.Quarterback/GetRun", false),
    ("/chalktalk.v1.Quarterback/ListRuns", false),
    ("/chalktalk.v1.Quarterback/WatchRun", false),
    ("/chalktalk.v1.Quarterback/RegisterPlay", false),
    ("/chalktalk.v1.Quarterback/ListTargets", false),
    ("/chalktalk.v1.Quarterback/Catch", true),
    ("/chalktalk.v1.Worker/Describe", false),
    ("/chalktalk.v1.Worker/Invoke", false),
];
const REGISTER: usize = 6;

/// What a call may take that waits for something.
const PATIENCE: Duration = Duration::from_millis(20);
/// Runs that wait would pile up.
const CALLS_OF_A_STAGE: u32 = 500;

const PLAYS: &str = "
play t/1/ends { snap a\n call b = demo/1/echo\n pass c\n a -> b -> c }
play t/1/waits { snap a\n wait-for-signal b \"go\" key (ball)\n pass c with (signal)\n a -> b -> c }
play t/1/pulls { snap a\n wait-for-worker b = p/1/m timeout 1s\n pass c\n a -> b -> c }
formation f { demo/* builtin\n p/* pull }";

struct Stage {
    runtime: tokio::runtime::Runtime,
    runner: Runner,
    server: Server,
    channel: Channel,
    n_calls: u32,
}

static STAGE: Mutex<Option<Stage>> = Mutex::new(None);

impl Stage {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("there is a runtime");
        let (runner, server, channel) = runtime.block_on(async {
            let runner = Runner::spawn(Config::new(Journal::memory()));
            let server =
                Server::start(&runner, "127.0.0.1:0".parse().expect("an address")).await.expect("it is served");
            let url = Channel::from_shared(format!("http://{}", server.addr)).expect("an address");
            let channel = url.connect().await.expect("it answers");
            let mut client = v1::quarterback_client::QuarterbackClient::new(channel.clone());
            let ask = v1::RegisterPlayRequest { document: PLAYS.to_owned(), formation: "f".to_owned() };
            client.register_play(ask).await.expect("the plays are well");
            let ask = v1::StartRunRequest { play: "t/1/waits".into(), request_id: "r".into(), ..Default::default() };
            client.start_run(ask).await.expect("it starts");
            (runner, server, channel)
        });
        Self { runtime, runner, server, channel, n_calls: 0 }
    }

    fn end(self) {
        let Self { runtime, runner, server, .. } = self;
        runtime.block_on(async {
            server.stop().await;
            runner.stop().await.expect("it was running");
        });
        runtime.shutdown_background();
    }

    fn call(&self, path: &'static str, messages: Vec<Vec<u8>>) {
        let mut grpc = tonic::client::Grpc::new(self.channel.clone());
        self.runtime.block_on(async {
            let call = async {
                grpc.ready().await.expect("the server is well");
                let request = Request::new(tokio_stream::iter(messages));
                let told = grpc.streaming(request, PathAndQuery::from_static(path), RawCodec).await;
                let Ok(told) = told else { return };
                let mut told = told.into_inner();
                while let Ok(Some(_)) = told.message().await {}
            };
            // What waits is given up, as clients do.
            drop(tokio::time::timeout(PATIENCE, call).await);
        });
    }

    /// A question that is always answered.
    fn is_well(&self) {
        let mut client = v1::worker_client::WorkerClient::new(self.channel.clone());
        let answer = self.runtime.block_on(client.describe(v1::DescribeRequest {}));
        assert!(answer.is_ok(), "the server is well: {answer:?}");
    }
}

pub fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let at = usize::from(*first) % METHODS.len();
    let (path, streams) = METHODS[at];
    if at == REGISTER && leads_elsewhere(rest) {
        return;
    }
    let messages = if streams { split(rest) } else { vec![rest.to_vec()] };
    let mut stage = STAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let on = stage.get_or_insert_with(Stage::new);
    on.call(path, messages);
    on.is_well();
    on.n_calls += 1;
    if on.n_calls == CALLS_OF_A_STAGE
        && let Some(old) = stage.take()
    {
        old.end();
    }
}

/// A formation that names other computers: nobody is to be called by chance.
fn leads_elsewhere(message: &[u8]) -> bool {
    v1::RegisterPlayRequest::decode(message)
        .is_ok_and(|ask| ["service", "reflect", "pod", "process"].iter().any(|via| ask.document.contains(via)))
}

fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some((n, rest)) = bytes.split_first() {
        let (message, rest) = rest.split_at(usize::from(*n).min(rest.len()));
        messages.push(message.to_vec());
        bytes = rest;
    }
    messages
}
