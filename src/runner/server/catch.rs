//! `Catch`: one pulling worker.

use std::error::Error as _;
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Status, Streaming};
use tracing::{info, warn};

use super::super::call::code_of;
use super::super::peer::in_mib;
use super::super::v1;
use super::convert::name;
use super::refuse::{Refusal, bad_field};
use super::{Shared, seat, stops};
use crate::base::{Coord, VersionKind, version_kind};

/// How often a worker has to say something.
const HEARTBEAT: Duration = Duration::from_millis(700);
/// Without a word it is gone: with what is left of two seconds its balls reach the next one.
const SILENCE: Duration = Duration::from_millis(1400);
const _: () = assert!(2 * HEARTBEAT.as_millis() <= SILENCE.as_millis() && SILENCE.as_millis() < 2000);
const MAX_METHODS: usize = 1000;

type Told = Result<v1::CatchResponse, Status>;

/// What the worker is told; it may say what it wants from now on.
///
/// # Errors
/// As [`seat`].
pub(super) fn serve(
    shared: Shared,
    said: Streaming<v1::CatchRequest>,
) -> Result<impl Stream<Item = Told> + Send + 'static, Status> {
    let seat = seat(&shared.catches, "workers that pull", "TOO_MANY_CATCHES", "--max-catches")?;
    let (end, ended) = mpsc::unbounded_channel();
    // Bounded by the credit of the worker: see `Hub`.
    let (out, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let _seat = seat;
        if let Err(status) = listen(&shared, said, out).await {
            drop(end.send(Err(status)));
        }
    });
    // The status comes last: what is told ends when the worker has left the hub.
    Ok(UnboundedReceiverStream::new(told).map(Ok).chain(UnboundedReceiverStream::new(ended)))
}

async fn listen(
    shared: &Shared,
    mut said: Streaming<v1::CatchRequest>,
    out: mpsc::UnboundedSender<v1::CatchResponse>,
) -> Result<(), Status> {
    let hub = shared.runner.hub();
    let first = tokio::time::timeout(SILENCE, said.message()).await.map_err(|_| silent())??;
    let Some(v1::CatchRequest { what: Some(v1::catch_request::What::Hello(hello)) }) = first else {
        return Err(bad_field("hello", "say Hello first, with the methods that you serve"));
    };
    let methods = methods(hello.methods)?;
    let heartbeat = prost_types::Duration::try_from(HEARTBEAT).ok();
    let welcome = v1::catch_response::What::Welcome(v1::Welcome { heartbeat });
    drop(out.send(v1::CatchResponse { what: Some(welcome) }));
    let n_methods = methods.len();
    let worker = hub.join(name("hello.worker", &hello.worker)?.to_owned(), methods, out);
    info!(target: "chalktalk::worker", worker = hello.worker, methods = n_methods, "pulling worker came");
    let result = loop {
        let message = tokio::select! {
            message = tokio::time::timeout(SILENCE, said.message()) => message,
            () = shared.stopping.cancelled() => break Err(stops()),
        };
        match message.map_err(|_| silent()) {
            Ok(Ok(Some(v1::CatchRequest { what }))) => match what {
                Some(v1::catch_request::What::Ready(v1::Ready { credit })) => hub.ready(worker, credit),
                Some(v1::catch_request::What::Returned(v1::Returned { id, what: Some(what) })) => {
                    hub.returned(worker, id, what);
                }
                Some(v1::catch_request::What::Hello(_)) => break Err(bad_field("hello", "say Hello only once")),
                // A heartbeat, or what a newer worker says.
                _ => {}
            },
            Ok(Ok(None)) => break Ok(()),
            Ok(Err(status)) => {
                if let Some(failed) = nonsense(&status, shared.runner.limits().message) {
                    hub.spoilt(worker, &failed);
                }
                break Err(status);
            }
            Err(status) => break Err(status),
        }
    };
    let (worker, balls) = hub.leave(worker);
    match &result {
        Ok(()) => info!(target: "chalktalk::worker", worker, balls, "pulling worker left"),
        Err(status) => {
            let code = code_of(status.code());
            warn!(target: "chalktalk::worker", worker, balls, %code, "pulling worker lost");
        }
    }
    result
}

/// What a ball came to whose answer cannot be read. `None`: the connection broke.
fn nonsense(status: &Status, limit: usize) -> Option<v1::Failed> {
    let what = match (status.code(), status.source()) {
        (tonic::Code::OutOfRange, None) => format!("sent a message over the limit of {}", in_mib(limit)),
        (tonic::Code::Internal, None) => "answered nonsense".to_owned(),
        _ => return None,
    };
    let code = status.code() as u32;
    Some(v1::Failed { code, message: format!("{what}: {}: repair that worker", status.message()), details: Vec::new() })
}

fn silent() -> Status {
    let message = "the worker was silent for too long and loses its balls: send Heartbeat as Welcome says";
    Refusal::new(tonic::Code::DeadlineExceeded, "SILENT", message).into()
}

fn methods(methods: Vec<v1::Method>) -> Result<FxHashMap<Coord, v1::Method>, Status> {
    if methods.is_empty() || methods.len() > MAX_METHODS {
        let message = format!("name from 1 to {MAX_METHODS} methods that you serve in Hello");
        return Err(bad_field("hello.methods", message));
    }
    let read = |method: v1::Method| {
        let text = format!("{}/{}/{}", method.image, method.version, method.method);
        let coord = super::convert::coord("hello.methods", &text)?;
        if !matches!(version_kind(&coord.version), Ok(VersionKind::Exact)) {
            let message = format!("{text} has no exact version: a worker serves one such as 1.4");
            return Err(bad_field("hello.methods", message));
        }
        Ok((coord, method))
    };
    methods.into_iter().map(read).collect()
}
