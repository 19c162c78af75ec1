//! One attempt of a call, as a request and as what came back.

use std::collections::HashMap;
use std::time::Duration;

use prost_types::Timestamp;

use super::ball::{from_any, to_any};
use super::levels::DEPTH_HEADER;
use super::v1;
use crate::base::{BallId, Coord, NodeId, RunId};
use crate::event::{Answer, Code, Failure, Headers, Payload, TraceContext};

/// What is to be handed to a target, and for whom.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub run: RunId,
    pub node: NodeId,
    pub ball: BallId,
    pub visit: u32,
    pub attempt: u32,
    pub to: Coord,
    pub payload: Payload,
    pub headers: Headers,
    pub limit: Option<Limit>,
    /// How many plays are above the target, if it is a play.
    pub depth: u32,
    /// What the run was started in.
    pub trace: Option<Box<TraceContext>>,
}

/// When nobody waits any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub unix_us: u64,
    pub left: Duration,
}

/// How a call went wrong.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The target said so, or it can never go well.
    Failed(Failure),
    /// No connection could be made: the target has not seen the call.
    Unreached(Failure),
    /// The connection broke: the target may have seen the call, and even have done it.
    Broken(Failure),
}

impl Fault {
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Failed(failure) | Self::Unreached(failure) | Self::Broken(failure) => failure,
        }
    }
}

impl Job {
    /// For a worker outside, with the span that its own spans hang under.
    pub fn request(&self) -> Result<v1::InvokeRequest, Failure> {
        let mut request = self.request_here()?;
        if let Some(ball) = &mut request.ball {
            ball.headers.extend(self.trace_headers());
        }
        Ok(request)
    }

    /// For a worker of this process, which needs no trace.
    pub fn request_here(&self) -> Result<v1::InvokeRequest, Failure> {
        let ball = v1::Ball {
            payload: Some(to_any(&self.payload)?),
            headers: self.headers(),
            run: self.run.to_string(),
            node: self.node.to_string(),
            visit: self.visit,
            attempt: self.attempt,
            deadline: self.limit.map(|limit| timestamp(limit.unix_us)),
        };
        Ok(v1::InvokeRequest { coordinate: self.to.to_string(), ball: Some(ball) })
    }

    /// Those of the ball; the depth is left out where it is what everybody takes for granted.
    fn headers(&self) -> HashMap<String, String> {
        let mut headers: HashMap<_, _> =
            self.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        if self.depth > 1 {
            headers.insert(DEPTH_HEADER.to_owned(), self.depth.to_string());
        }
        headers
    }

    /// Reads what came back. `place` names the target in messages.
    pub fn read(&self, response: v1::InvokeResponse, place: &str) -> Result<Answer, Failure> {
        let ball = response.ball.unwrap_or_default();
        if !ball.run.is_empty() && ball.run != *self.run {
            let message = format!("{place} answered for run {}, not for {}: repair that worker", ball.run, self.run);
            return Err(Failure::new(Code::Internal, message));
        }
        let nonsense =
            |why| Failure::new(Code::Internal, format!("{place} answered nonsense: {why}: repair that worker"));
        let headers = own_headers(ball.headers).map_err(nonsense)?;
        Ok(Answer { payload: from_any(ball.payload).map_err(nonsense)?, headers })
    }

    /// The span of this attempt.
    pub fn span(&self) -> TraceContext {
        TraceContext::of_attempt(&self.run, self.trace.as_deref(), &self.node, self.visit, self.attempt)
    }

    /// The span of this attempt, as headers of W3C.
    pub fn trace_headers(&self) -> impl Iterator<Item = (String, String)> + use<> {
        let span = self.span();
        let parent = ("traceparent".to_owned(), span.traceparent());
        let state = (!span.state.is_empty()).then(|| ("tracestate".to_owned(), span.state));
        std::iter::once(parent).chain(state)
    }
}

/// Headers that go on with a ball: not those that belong to one call, which whoever makes the next sets anew.
///
/// # Errors
/// They are too many or too long, in words.
pub(super) fn own_headers(headers: HashMap<String, String>) -> Result<Headers, String> {
    let is_own = |name: &str| !name.starts_with("chalktalk-") && name != "traceparent" && name != "tracestate";
    Headers::new(headers.into_iter().filter(|(name, _)| is_own(name)))
}

pub(super) fn code_of(code: tonic::Code) -> Code {
    let number = code as i32;
    usize::try_from(number - 1).ok().and_then(|at| Code::ALL.get(at)).copied().unwrap_or(Code::Unknown)
}

pub(super) const fn status_code(code: Code) -> tonic::Code {
    match code {
        Code::Cancelled => tonic::Code::Cancelled,
        Code::Unknown => tonic::Code::Unknown,
        Code::InvalidArgument => tonic::Code::InvalidArgument,
        Code::DeadlineExceeded => tonic::Code::DeadlineExceeded,
        Code::NotFound => tonic::Code::NotFound,
        Code::AlreadyExists => tonic::Code::AlreadyExists,
        Code::PermissionDenied => tonic::Code::PermissionDenied,
        Code::ResourceExhausted => tonic::Code::ResourceExhausted,
        Code::FailedPrecondition => tonic::Code::FailedPrecondition,
        Code::Aborted => tonic::Code::Aborted,
        Code::OutOfRange => tonic::Code::OutOfRange,
        Code::Unimplemented => tonic::Code::Unimplemented,
        Code::Internal => tonic::Code::Internal,
        Code::Unavailable => tonic::Code::Unavailable,
        Code::DataLoss => tonic::Code::DataLoss,
        Code::Unauthenticated => tonic::Code::Unauthenticated,
    }
}

fn timestamp(unix_us: u64) -> Timestamp {
    let seconds = i64::try_from(unix_us / 1_000_000).unwrap_or(i64::MAX);
    let nanos = i32::try_from(unix_us % 1_000_000 * 1000).unwrap_or_default();
    Timestamp { seconds, nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_there_and_back() {
        for code in Code::ALL {
            assert_eq!(code_of(status_code(code)), code);
        }
        assert_eq!(code_of(tonic::Code::Ok), Code::Unknown);
    }

    #[test]
    fn an_answer_for_another_run_is_nonsense() {
        let job = Job {
            run: RunId::new("018bcfe5-6800-7123-8000-000000000001"),
            node: NodeId::new("a"),
            ball: BallId(0),
            visit: 1,
            attempt: 1,
            to: Coord::new("demo", "1", "echo"),
            payload: Payload::default(),
            headers: Headers::default(),
            limit: None,
            depth: 1,
            trace: None,
        };
        let response = v1::InvokeResponse { ball: Some(v1::Ball { run: "other".into(), ..v1::Ball::default() }) };
        let failure = job.read(response, "demo/1/echo at http://x").unwrap_err();
        assert_eq!(failure.code, Code::Internal);
        assert!(failure.message.starts_with("demo/1/echo at http://x answered for run other, not for 018b"));
        let headers: Vec<_> = job.trace_headers().collect();
        assert_eq!(headers.len(), 1);
        assert!(headers[0].1.starts_with("00-018bcfe5680071238000000000000001-"), "{headers:?}");
    }
}
