//! `Quarterback`, method by method.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Code, Request, Response, Status, Streaming};

use super::super::levels::requested_run;
use super::super::v1::quarterback_server::Quarterback;
use super::super::{Earlier, Error, Prepared, Start, v1};
use super::bound;
use super::convert::{any, coord, name, payload, run as run_message, run_id, wanted_status};
use super::describe::{missing, targets};
use super::invoke::trace;
use super::refuse::{bad_field, fitting, internal, run_stands, status_of};
use super::watch::{self, Follower, WAITING};
use super::{Shared, seat};
use super::{catch, register};
use crate::base::{Coord, NodeId, RunId};
use crate::event::{Event, Outcome, Payload, Rerun, child_run};
use crate::journal::{Filter, Reader, RunInfo};

const DEFAULT_PAGE: u32 = 50;
const MAX_PAGE: u32 = 1000;
const MAX_CHILDREN: usize = 1000;
const MAX_REASON: usize = 4096;
/// Events of a run that are read at once.
const EVENTS: usize = 256;
/// Bytes of them, after which no more are read at once.
const EVENT_BYTES: usize = 4 << 20;

#[tonic::async_trait]
impl Quarterback for Shared {
    async fn start_run(&self, request: Request<v1::StartRunRequest>) -> Result<Response<v1::StartRunResponse>, Status> {
        let trace = trace(request.metadata());
        let v1::StartRunRequest { play, input, entry, request_id, timeout, rerun } = request.into_inner();
        let prepared = if play.is_empty() && rerun.is_some() {
            None
        } else {
            let play = coord("play", &play)?;
            Some(self.runner.play(&play).ok_or_else(|| missing(&self.runner, &play, Code::NotFound))?)
        };
        let mut start = match (rerun, prepared) {
            (Some(rerun), prepared) => {
                let mut start = self.start_again(rerun, prepared).await?;
                if input.is_some() {
                    start.input = payload("input", input)?;
                }
                start
            }
            (None, Some(prepared)) => Start::new(prepared, payload("input", input)?),
            (None, None) => return Err(bad_field("play", "name a play: `play` is empty")),
        };
        start.trace = trace;
        if !entry.is_empty() {
            start.entry = Some(NodeId::new(name("entry", &entry)?));
        }
        check_entry(&start)?;
        if !request_id.is_empty() {
            start.id = Some(requested_run(name("request_id", &request_id)?));
        }
        start.within = timeout.map(positive).transpose()?;
        let run = self.runner.start(start).await.map_err(|error| status_of(&error))?;
        Ok(Response::new(v1::StartRunResponse { run: run.to_string() }))
    }

    async fn signal(&self, request: Request<v1::SignalRequest>) -> Result<Response<v1::SignalResponse>, Status> {
        let v1::SignalRequest { to, name: signal, payload: sent, signal_id } = request.into_inner();
        if signal.is_empty() {
            return Err(bad_field("name", "name the signal: `name` is empty"));
        }
        let signal = name("name", &signal)?;
        let id = (!signal_id.is_empty()).then(|| name("signal_id", &signal_id).map(str::to_owned)).transpose()?;
        let sent = payload("payload", sent)?;
        let runs = match to {
            Some(v1::signal_request::To::Run(run)) => {
                let run = run_id(&run)?;
                let done = self.runner.signal(&run, signal, sent, id).await;
                self.told(&run, done).await?;
                1
            }
            Some(v1::signal_request::To::Key(key)) => {
                let key = name("key", &key)?;
                let handed = self.runner.signal_key(key, signal, sent, id).await;
                u32::try_from(handed.map_err(|error| status_of(&error))?).unwrap_or(u32::MAX)
            }
            None => return Err(bad_field("to", "say whom the signal is to: set `run` or `key`")),
        };
        Ok(Response::new(v1::SignalResponse { runs }))
    }

    async fn cancel(&self, request: Request<v1::CancelRequest>) -> Result<Response<v1::CancelResponse>, Status> {
        let v1::CancelRequest { run, reason } = request.into_inner();
        let run = run_id(&run)?;
        if reason.len() > MAX_REASON {
            let message = format!("`reason` is longer than {MAX_REASON} bytes: shorten it");
            return Err(bad_field("reason", message));
        }
        let reason = if reason.is_empty() { "somebody asked for it" } else { &reason };
        let done = self.runner.cancel(&run, reason).await;
        self.told(&run, done).await?;
        Ok(Response::new(v1::CancelResponse {}))
    }

    async fn get_run(&self, request: Request<v1::GetRunRequest>) -> Result<Response<v1::GetRunResponse>, Status> {
        let run = run_id(&request.into_inner().run)?;
        let shown = self.read(move |reader| Shown::read(reader, &run)).await?;
        let parent = shown.parent.map(|(run, node)| v1::Parent { run: run.to_string(), node: node.to_string() });
        let answer = v1::GetRunResponse {
            run: Some(run_message(&shown.info)),
            input: shown.input.as_ref().map(any).transpose()?,
            result: shown.result.as_ref().map(any).transpose()?,
            parent,
            depth: shown.depth,
            children: shown.children.iter().map(ToString::to_string).collect(),
            rerun: shown.rerun.map(|Rerun { of, from }| v1::Rerun {
                run: of.to_string(),
                from: from.map(|from| from.to_string()).unwrap_or_default(),
            }),
        };
        let (what, limit) = (format!("run {} with its input and result", shown.info.run), self.runner.limits().message);
        let else_do = "read its events one by one with WatchRun, which leaves out only what does not fit";
        Ok(Response::new(fitting(answer, limit, &what, else_do)?))
    }

    async fn list_runs(&self, request: Request<v1::ListRunsRequest>) -> Result<Response<v1::ListRunsResponse>, Status> {
        let v1::ListRunsRequest { page_size, page_token, status, play } = request.into_inner();
        let before = match page_token.as_str() {
            "" => None,
            token => Some(token.parse().map_err(|_| {
                bad_field("page_token", "`page_token` is not one of this server: leave it out for the first page")
            })?),
        };
        let play: Option<Coord> = if play.is_empty() { None } else { Some(coord("play", &play)?) };
        let filter = Filter { before, status: wanted_status(status)?, play };
        let size = if page_size == 0 { DEFAULT_PAGE } else { page_size.min(MAX_PAGE) };
        let page = self.read(move |reader| reader.page(&filter, size as usize)).await?;
        let next_page_token = page.next.map(|n| n.to_string()).unwrap_or_default();
        let answer = v1::ListRunsResponse { runs: page.runs.iter().map(run_message).collect(), next_page_token };
        let limit = self.runner.limits().message;
        Ok(Response::new(fitting(answer, limit, "this page of runs", "ask for a smaller `page_size`")?))
    }

    type WatchRunStream = Pin<Box<dyn Stream<Item = Result<v1::WatchRunResponse, Status>> + Send>>;

    async fn watch_run(&self, request: Request<v1::WatchRunRequest>) -> Result<Response<Self::WatchRunStream>, Status> {
        let v1::WatchRunRequest { run, from } = request.into_inner();
        let run = run_id(&run)?;
        let named = run.clone();
        self.read(move |reader| reader.run(&named)).await?;
        let (out, told) = mpsc::channel(WAITING);
        let seat = seat(&self.watches, "watches", "TOO_MANY_WATCHES", "--max-watches")?;
        tokio::spawn(
            Follower { shared: self.clone(), run, next: from, out, room: watch::room(), _seat: seat }.follow(),
        );
        Ok(Response::new(Box::pin(ReceiverStream::new(told).map(|(told, _room)| told))))
    }

    async fn register_play(
        &self,
        request: Request<v1::RegisterPlayRequest>,
    ) -> Result<Response<v1::RegisterPlayResponse>, Status> {
        let v1::RegisterPlayRequest { document, formation } = request.into_inner();
        let compiled = tokio::task::spawn_blocking(move || register::plays(document, &formation)).await;
        let (prepared, warnings) = compiled.map_err(|_| internal("the document could not be compiled"))??;
        let plays = prepared.iter().map(|play| play.plan.play.to_string()).collect();
        self.runner.register(prepared).await.map_err(|error| status_of(&error))?;
        Ok(Response::new(v1::RegisterPlayResponse { plays, warnings }))
    }

    async fn list_targets(
        &self,
        request: Request<v1::ListTargetsRequest>,
    ) -> Result<Response<v1::ListTargetsResponse>, Status> {
        let image = request.into_inner().image;
        let mut targets = targets(self, &image);
        targets.extend(bound::targets(self, &image).await);
        let (answer, limit) = (v1::ListTargetsResponse { targets }, self.runner.limits().message);
        Ok(Response::new(fitting(answer, limit, "the list of targets", "ask for one `image`")?))
    }

    type CatchStream = Pin<Box<dyn Stream<Item = Result<v1::CatchResponse, Status>> + Send>>;

    async fn catch(
        &self,
        request: Request<Streaming<v1::CatchRequest>>,
    ) -> Result<Response<Self::CatchStream>, Status> {
        Ok(Response::new(Box::pin(catch::serve(self.clone(), request.into_inner())?)))
    }
}

impl Shared {
    /// The play that the earlier run ran, unless another is named.
    async fn start_again(&self, rerun: v1::Rerun, prepared: Option<Arc<Prepared>>) -> Result<Start, Status> {
        let run = run_id(&rerun.run)?;
        let from = if rerun.from.is_empty() { None } else { Some(NodeId::new(name("from", &rerun.from)?)) };
        let earlier = self.read(move |reader| Earlier::read(reader, &run)).await?;
        let start = match prepared {
            Some(prepared) => earlier.start(prepared, from),
            None => earlier.prepared().and_then(|prepared| earlier.start(Arc::new(prepared), from)),
        };
        start.map_err(|error| status_of(&error))
    }

    /// A run that takes nothing any more has ended, or never was.
    async fn told(&self, run: &RunId, done: Result<(), Error>) -> Result<(), Status> {
        match done {
            Err(Error::NotRunning { .. }) => {
                let named = run.clone();
                let info = self.read(move |reader| reader.run(&named)).await?;
                let status = info.status.name();
                let message = format!("run {run} takes nothing any more: its status is {status}");
                Err(run_stands(run, status, message))
            }
            other => other.map_err(|error| status_of(&error)),
        }
    }
}

/// A run that could only fail at once is not started.
fn check_entry(start: &Start) -> Result<(), Status> {
    let plan = &start.prepared.plan;
    let triggers = || plan.triggers().map(|(node, _)| node.to_string()).collect::<Vec<_>>().join(", ");
    match &start.entry {
        None if plan.snap().is_none() => {
            Err(bad_field("entry", format!("{} has no snap: set `entry` to one of {}", plan.play, triggers())))
        }
        Some(entry) if plan.triggers().all(|(node, _)| node != entry) => {
            let (play, known) = (&plan.play, triggers());
            let message =
                format!("'{entry}' is no wait-for-signal of {play} that a run can start from; those are: {known}");
            Err(bad_field("entry", message))
        }
        _ => Ok(()),
    }
}

fn positive(duration: prost_types::Duration) -> Result<Duration, Status> {
    Duration::try_from(duration)
        .map_err(|_| bad_field("timeout", "`timeout` is less than nothing: leave it out for none"))
}

/// What `GetRun` tells.
struct Shown {
    info: RunInfo,
    input: Option<Payload>,
    result: Option<Payload>,
    parent: Option<(RunId, NodeId)>,
    depth: u32,
    children: Vec<RunId>,
    rerun: Option<Rerun>,
}

impl Shown {
    fn read(reader: &Reader, run: &RunId) -> Result<Self, crate::journal::Error> {
        let info = reader.run(run)?;
        let mut shown =
            Self { info, input: None, result: None, parent: None, depth: 0, children: Vec::new(), rerun: None };
        let mut from = 0;
        while from < shown.info.n_events {
            let page = watch::page(reader, run, from, EVENTS, EVENT_BYTES)?;
            let last = page.events.last().map(|last| last.seq).max(page.unread.last().map(|last| last.seq));
            let Some(last) = last else { break };
            for recorded in page.events {
                shown.take(reader, run, recorded.event)?;
            }
            from = last + 1;
        }
        Ok(shown)
    }

    fn take(&mut self, reader: &Reader, run: &RunId, event: Event) -> Result<(), crate::journal::Error> {
        match event {
            Event::Started(started) => {
                self.input = Some(started.input);
                self.parent = started.parent;
                self.depth = started.depth;
                self.rerun = started.rerun;
            }
            Event::Called { node, visit, attempt, .. } if self.children.len() < MAX_CHILDREN => {
                let child = child_run(run, &node, visit, attempt);
                match reader.run(&child) {
                    Ok(_) => self.children.push(child),
                    Err(crate::journal::Error::UnknownRun { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Event::Finished { outcome: Outcome::Passed { payload, .. } } => self.result = Some(payload),
            _ => {}
        }
        Ok(())
    }
}
