//! `Worker` for a runner: its plays are methods, and a call of one is a run.

use std::collections::HashMap;
use std::time::Duration;

use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status};

use super::super::call::own_headers;
use super::super::details::status;
use super::super::levels::{DEPTH_HEADER, result_of};
use super::super::v1::worker_server::Worker;
use super::super::{Error, Reply, Runner, Start, v1};
use super::Shared;
use super::conn::{Broken, Line};
use super::convert::{any, coord, name, payload};
use super::describe::{missing, play_method};
use super::refuse::{bad_field, fitting, status_of, stops};
use crate::base::{Coord, NodeId, RunId};
use crate::event::{Event, Outcome, TraceContext, child_run};
use crate::journal;

/// Of a ball that comes back: the run that served the call.
const RUN_HEADER: &str = "chalktalk-run";
/// How many attempts before a call are looked at.
const MAX_EARLIER: usize = 16;
/// How long a journal that takes nothing is waited for at a time.
const AGAIN: Duration = Duration::from_millis(250);

#[tonic::async_trait]
impl Worker for Shared {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        let methods = self.runner.plays().iter().map(|play| play_method(play)).collect();
        Ok(Response::new(v1::DescribeResponse { worker: "quarterback".to_owned(), methods }))
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, Status> {
        let broken = request.extensions().get::<Line>().map(|line| line.broken.clone()).unwrap_or_default();
        let timeout = timeout(request.metadata());
        let trace = trace(request.metadata());
        let v1::InvokeRequest { coordinate, ball } = request.into_inner();
        let play = coord("coordinate", &coordinate)?;
        let prepared = self.runner.play(&play).ok_or_else(|| missing(&self.runner, &play, Code::Unimplemented))?;
        let ball = ball.unwrap_or_default();
        let mut start = Start::new(prepared, payload("ball.payload", ball.payload)?);
        start.depth = depth(ball.headers.get(DEPTH_HEADER))?;
        start.trace = trace.or_else(|| trace_of(|name| ball.headers.get(name).map(String::as_str)));
        start.headers = own_headers(ball.headers).map_err(|why| bad_field("ball.headers", why))?;
        start.within = timeout.or_else(|| ball.deadline.and_then(left));
        if !ball.run.is_empty() {
            let (run, node) = (name("ball.run", &ball.run)?, name("ball.node", &ball.node)?);
            start.id = Some(child_run(run, node, ball.visit, ball.attempt));
            start.parent = Some((RunId::new(run), NodeId::new(node)));
            if let Some(earlier) = self.earlier(&start, ball.visit, ball.attempt).await? {
                let joined = Start { id: Some(earlier), ..start.clone() };
                // What did not pass is no reason not to try again.
                if let Ok((run, outcome @ Outcome::Passed { .. })) = self.run_to_end(joined, &broken).await {
                    return self.answer(&outcome, &run, &play, ball.run);
                }
            }
        }
        let (run, outcome) = self.run_to_end(start, &broken).await?;
        self.answer(&outcome, &run, &play, ball.run)
    }
}

impl Shared {
    /// The run that serves an earlier attempt of the same call and is under way or has passed: its caller lost the
    /// connection and comes back for the result as the next attempt. It is not to be done twice.
    async fn earlier(&self, start: &Start, visit: u32, attempt: u32) -> Result<Option<RunId>, Status> {
        let Some((run, node)) = start.parent.clone() else { return Ok(None) };
        if attempt < 2 {
            return Ok(None);
        }
        let input = start.input.clone();
        self.read(move |reader| {
            for attempt in (1..attempt).rev().take(MAX_EARLIER) {
                let earlier = child_run(&run, &node, visit, attempt);
                let info = match reader.run(&earlier) {
                    Ok(info) => info,
                    Err(journal::Error::UnknownRun { .. }) => continue,
                    Err(error) => return Err(error),
                };
                let first = reader.some_events(&earlier, 0, 1)?.events.pop().map(|first| first.event);
                let is_same = matches!(first, Some(Event::Started(started)) if started.input == input);
                if is_same && matches!(info.status, journal::Status::Running | journal::Status::Passed) {
                    return Ok(Some(earlier));
                }
            }
            Ok(None)
        })
        .await
    }

    async fn run_to_end(&self, start: Start, broken: &Broken) -> Result<(RunId, Outcome), Status> {
        let (started, ended) = self.runner.start_to_end(start);
        let run = started.await.map_err(|error| status_of(&error))?;
        let mut calling = Calling { shared: self, run: &run, broken: broken.clone(), done: false };
        let outcome = tokio::select! {
            outcome = outcome(&self.runner, &run, ended) => outcome,
            () = self.stopping.cancelled() => Err(stops()),
        };
        calling.done = true;
        drop(calling);
        Ok((run, outcome?))
    }

    fn answer(
        &self,
        outcome: &Outcome,
        run: &RunId,
        play: &Coord,
        caller: String,
    ) -> Result<Response<v1::InvokeResponse>, Status> {
        let result = result_of(outcome, run, play).map_err(status)?;
        let mut headers: HashMap<_, _> =
            result.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        headers.insert(RUN_HEADER.to_owned(), run.to_string());
        let ball = v1::Ball { payload: Some(any(&result.payload)?), headers, run: caller, ..v1::Ball::default() };
        let (what, limit) = (format!("the result of {play}"), self.runner.limits().message);
        let answer = v1::InvokeResponse { ball: Some(ball) };
        Ok(Response::new(fitting(answer, limit, &what, "shape it with `with` on its pass")?))
    }
}

/// A call under way. If it ends early, the caller gave up on it and the run is cancelled; unless the caller itself is
/// gone: then it may come back and make the same call again.
struct Calling<'c> {
    shared: &'c Shared,
    run: &'c RunId,
    broken: Broken,
    done: bool,
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        if !self.done && !self.broken.is_set() && !self.shared.stopping.is_cancelled() {
            drop(self.shared.runner.cancel(self.run, "its caller gave up on it"));
        }
    }
}

/// How the run ends. A full disk is waited for: the run goes on after it.
pub(super) async fn outcome(runner: &Runner, run: &RunId, mut ended: Reply<Outcome>) -> Result<Outcome, Status> {
    loop {
        match ended.await {
            Ok(outcome) => return Ok(outcome),
            Err(Error::Journal(error)) if error.may_pass() => tokio::time::sleep(AGAIN).await,
            Err(error) => return Err(status_of(&error)),
        }
        ended = runner.wait(run);
    }
}

/// 1 where it is missing: the caller stands above.
fn depth(header: Option<&String>) -> Result<u32, Status> {
    let Some(text) = header else { return Ok(1) };
    text.parse().map_err(|_| bad_field("ball.headers", format!("the header {DEPTH_HEADER} is no number: '{text}'")))
}

/// The span that a request comes from, if it says so. A trace that cannot be read is no reason to refuse a request.
pub(super) fn trace(metadata: &MetadataMap) -> Option<Box<TraceContext>> {
    trace_of(|name| metadata.get(name)?.to_str().ok())
}

fn trace_of<'h>(header: impl Fn(&str) -> Option<&'h str>) -> Option<Box<TraceContext>> {
    TraceContext::read(header("traceparent")?, header("tracestate").unwrap_or_default()).map(Box::new)
}

fn left(deadline: prost_types::Timestamp) -> Option<Duration> {
    let deadline = std::time::SystemTime::try_from(deadline).ok()?;
    Some(deadline.duration_since(std::time::SystemTime::now()).unwrap_or_default())
}

/// What gRPC's own header says: digits and a unit. Relative, so it holds where clocks differ.
fn timeout(metadata: &MetadataMap) -> Option<Duration> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let n: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(n.checked_mul(3600)?),
        "M" => Duration::from_secs(n.checked_mul(60)?),
        "S" => Duration::from_secs(n),
        "m" => Duration::from_millis(n),
        "u" => Duration::from_micros(n),
        "n" => Duration::from_nanos(n),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        let read = |text: &str| {
            let mut metadata = MetadataMap::new();
            metadata.insert("grpc-timeout", text.parse().unwrap());
            timeout(&metadata)
        };
        assert_eq!(read("2S"), Some(Duration::from_secs(2)));
        assert_eq!(read("100m"), Some(Duration::from_millis(100)));
        assert_eq!(read("99999999H"), Some(Duration::from_hours(99_999_999)));
        for nonsense in ["", "S", "-1S", "1", "1d", "99999999999999999999H"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
