use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;

use super::v1::worker_server::{Worker, WorkerServer};
use super::{Error, Limits};

/// A worker that is being served. Stops when it is dropped.
#[derive(Debug)]
pub struct Served {
    /// With the port that the system chose, if the one asked for was 0.
    pub addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

/// Serves a worker over gRPC, with `grpc.health.v1` beside it, on the tokio runtime that this is called in.
///
/// # Errors
/// [`Error::Listen`]: the address is taken, or not this computer's.
pub async fn serve_worker(worker: Arc<dyn Worker>, addr: SocketAddr) -> Result<Served, Error> {
    let failed = |source| Error::Listen { addr, source: Arc::new(source) };
    let listener = TcpListener::bind(addr).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let service = WorkerServer::from_arc(Arc::new(Shared(worker)))
        .max_decoding_message_size(Limits::MESSAGE)
        .max_encoding_message_size(Limits::MESSAGE);
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<WorkerServer<Shared>>().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let task = tokio::spawn(async move {
        let until = async move {
            drop(stopped.await);
            reporter.set_service_status("", ServingStatus::NotServing).await;
            reporter.set_not_serving::<WorkerServer<Shared>>().await;
        };
        // A listener that fails while serving ends the server; its clients see that.
        let server = Server::builder().add_service(health).add_service(service);
        drop(server.serve_with_incoming_shutdown(incoming, until).await);
    });
    Ok(Served { addr: bound, stop: Some(stop), task })
}

impl Served {
    /// Lets calls in flight end, then stops.
    pub async fn stop(mut self) {
        self.stop = None;
        drop((&mut self.task).await);
    }
}

/// The server wants a sized type.
struct Shared(Arc<dyn Worker>);

#[tonic::async_trait]
impl Worker for Shared {
    async fn describe(
        &self,
        request: tonic::Request<super::v1::DescribeRequest>,
    ) -> Result<tonic::Response<super::v1::DescribeResponse>, tonic::Status> {
        self.0.describe(request).await
    }

    async fn invoke(
        &self,
        request: tonic::Request<super::v1::InvokeRequest>,
    ) -> Result<tonic::Response<super::v1::InvokeResponse>, tonic::Status> {
        self.0.invoke(request).await
    }
}
