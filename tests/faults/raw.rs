//! Workers that put bytes of their own making on the wire, where a message is expected.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use chalktalk::runner::v1;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{NamedService, UnaryService};
use tonic::transport::Channel;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use super::codec::RawCodec;

/// Answers each call with the same bytes, and everything else with UNIMPLEMENTED.
#[derive(Clone)]
pub struct RawWorker {
    answer: Arc<Vec<u8>>,
    n_calls: Arc<AtomicUsize>,
}

impl RawWorker {
    pub async fn serve(answer: Vec<u8>) -> (Self, SocketAddr) {
        let worker = Self { answer: answer.into(), n_calls: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = tonic::transport::Server::builder().add_service(worker.clone());
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        (worker, addr)
    }

    pub fn n_calls(&self) -> usize {
        self.n_calls.load(Ordering::Relaxed)
    }
}

impl NamedService for RawWorker {
    const NAME: &'static str = "chalktalk.v1.Worker";
}

impl Service<http::Request<Body>> for RawWorker {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if !request.uri().path().ends_with("/Invoke") {
            return Box::pin(async { Ok(Status::unimplemented("only Invoke").into_http()) });
        }
        self.n_calls.fetch_add(1, Ordering::Relaxed);
        let answer = Answer(Arc::clone(&self.answer));
        Box::pin(async move { Ok(tonic::server::Grpc::new(RawCodec).unary(answer, request).await) })
    }
}

struct Answer(Arc<Vec<u8>>);

impl UnaryService<Vec<u8>> for Answer {
    type Response = Vec<u8>;
    type Future = BoxFuture<Response<Vec<u8>>, Status>;

    fn call(&mut self, _: Request<Vec<u8>>) -> Self::Future {
        let bytes = self.0.to_vec();
        Box::pin(async move { Ok(Response::new(bytes)) })
    }
}

/// A worker that pulls, and says what it says as bytes.
pub struct RawPuller {
    pub say: mpsc::UnboundedSender<Vec<u8>>,
    told: Streaming<Vec<u8>>,
    beats: tokio::task::JoinHandle<()>,
}

impl Drop for RawPuller {
    fn drop(&mut self) {
        self.beats.abort();
    }
}

fn said(what: v1::catch_request::What) -> Vec<u8> {
    v1::CatchRequest { what: Some(what) }.encode_to_vec()
}

impl RawPuller {
    /// Serves `pack/1/box`, `credit` balls at a time.
    pub async fn join(channel: Channel, name: &str, credit: u32) -> Self {
        let (say, says) = mpsc::unbounded_channel();
        let method =
            v1::Method { image: "pack".into(), version: "1".into(), method: "box".into(), ..Default::default() };
        let hello = v1::Hello { worker: name.into(), methods: vec![method] };
        say.send(said(v1::catch_request::What::Hello(hello))).unwrap();
        say.send(said(v1::catch_request::What::Ready(v1::Ready { credit }))).unwrap();
        let mut grpc = tonic::client::Grpc::new(channel);
        grpc.ready().await.unwrap();
        let path = http::uri::PathAndQuery::from_static("/chalktalk.v1.Quarterback/Catch");
        let asked = Request::new(UnboundedReceiverStream::new(says));
        let told = grpc.streaming(asked, path, RawCodec).await.unwrap().into_inner();
        let beating = say.clone();
        let beats = tokio::spawn(async move {
            while beating.send(said(v1::catch_request::What::Heartbeat(v1::Heartbeat {}))).is_ok() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        Self { say, told, beats }
    }

    /// Can hold so many more.
    pub fn ready(&self, credit: u32) {
        self.say.send(said(v1::catch_request::What::Ready(v1::Ready { credit }))).unwrap();
    }

    pub async fn handed(&mut self) -> v1::Handed {
        loop {
            let told = self.told.message().await.unwrap().expect("it is told something");
            if let Some(v1::catch_response::What::Handed(handed)) =
                v1::CatchResponse::decode(told.as_slice()).unwrap().what
            {
                return handed;
            }
        }
    }

    pub fn answer(&self, handed: &v1::Handed, payload: Option<prost_types::Any>) {
        let what = Some(v1::returned::What::Ball(v1::Ball { payload, ..Default::default() }));
        let returned = v1::catch_request::What::Returned(v1::Returned { id: handed.id, what });
        self.say.send(said(returned)).unwrap();
    }

    /// How the server ends it.
    pub async fn end(&mut self) -> Result<(), Status> {
        loop {
            match self.told.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(status) => return Err(status),
            }
        }
    }
}
