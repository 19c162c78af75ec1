//! Between the runner's types and the contract's.

use prost_types::{Any, Timestamp};
use tonic::Status;

use super::super::ball::{from_any, to_any};
use super::super::details::status as status_from;
use super::super::v1;
use super::refuse::bad_field;
use crate::base::{Coord, RunId};
use crate::event::{Payload, Recorded};
use crate::journal::{self, RunInfo, Unread};

/// Of names that a client makes up.
const MAX_NAME: usize = 256;

/// # Errors
/// `INVALID_ARGUMENT`, with what it is and what to write.
pub(super) fn coord(field: &str, text: &str) -> Result<Coord, Status> {
    text.parse().map_err(|error: crate::base::BadCoord| bad_field(field, error.to_string()))
}

pub(super) fn run_id(text: &str) -> Result<RunId, Status> {
    if text.is_empty() {
        return Err(bad_field("run", "name a run: `run` is empty"));
    }
    name("run", text).map(RunId::new)
}

/// A name that is not too long.
pub(super) fn name<'t>(field: &str, text: &'t str) -> Result<&'t str, Status> {
    if text.len() > MAX_NAME {
        let n = text.len();
        return Err(bad_field(field, format!("`{field}` has {n} bytes, and {MAX_NAME} are allowed: shorten it")));
    }
    Ok(text)
}

pub(super) fn payload(field: &str, any: Option<Any>) -> Result<Payload, Status> {
    from_any(any).map_err(|why| bad_field(field, why))
}

pub(super) fn any(payload: &Payload) -> Result<Any, Status> {
    to_any(payload).map_err(status_from)
}

pub(super) fn run(info: &RunInfo) -> v1::Run {
    let (seconds, ms) = (info.started_ms / 1000, info.started_ms % 1000);
    let took = std::time::Duration::from_micros(info.duration.0);
    v1::Run {
        run: info.run.to_string(),
        play: info.play.to_string(),
        formation: info.formation.clone().unwrap_or_default(),
        started: Some(Timestamp {
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
            nanos: i32::try_from(ms * 1_000_000).unwrap_or_default(),
        }),
        status: status(info.status).into(),
        reason: info.reason.clone().unwrap_or_default(),
        events: info.n_events,
        took: took.try_into().ok(),
    }
}

const fn status(status: journal::Status) -> v1::RunStatus {
    match status {
        journal::Status::Running => v1::RunStatus::Running,
        journal::Status::Stopped => v1::RunStatus::Stopped,
        journal::Status::Passed => v1::RunStatus::Passed,
        journal::Status::Failed => v1::RunStatus::Failed,
        journal::Status::Cancelled => v1::RunStatus::Cancelled,
    }
}

/// `None` for all.
pub(super) fn wanted_status(number: i32) -> Result<Option<journal::Status>, Status> {
    match v1::RunStatus::try_from(number) {
        Ok(v1::RunStatus::Unspecified) => Ok(None),
        Ok(v1::RunStatus::Running) => Ok(Some(journal::Status::Running)),
        Ok(v1::RunStatus::Stopped) => Ok(Some(journal::Status::Stopped)),
        Ok(v1::RunStatus::Passed) => Ok(Some(journal::Status::Passed)),
        Ok(v1::RunStatus::Failed) => Ok(Some(journal::Status::Failed)),
        Ok(v1::RunStatus::Cancelled) => Ok(Some(journal::Status::Cancelled)),
        Err(_) => Err(bad_field("status", format!("`status` {number} is unknown here: leave it out for all runs"))),
    }
}

/// An event whose text has at most `max` bytes is told whole.
pub(super) fn event(recorded: &Recorded, max: usize) -> v1::Event {
    // It came out of a journal that writes it so.
    let body = serde_json::to_string(&recorded.event).unwrap_or_default();
    raw_event(recorded.seq, recorded.at.0, body, max)
}

/// An event that this program cannot read goes to those who may.
pub(super) fn unread(unread: Unread, max: usize) -> v1::Event {
    raw_event(unread.seq, unread.at.0, unread.raw, max)
}

fn raw_event(seq: u64, at_us: u64, body: String, max: usize) -> v1::Event {
    let kind = body.split('"').nth(1).unwrap_or_default().to_owned();
    let (body, omitted_bytes) = if body.len() > max { (String::new(), body.len() as u64) } else { (body, 0) };
    v1::Event { seq, at_us, kind, body, omitted_bytes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RunMicros;
    use crate::event::Event;

    #[test]
    fn an_event_is_told_as_the_journal_writes_it() {
        let event = Event::CancelAsked { reason: "x".repeat(20) };
        let recorded = Recorded { seq: 3, at: RunMicros(5), event };
        let told = super::event(&recorded, 1000);
        assert_eq!((told.seq, told.at_us, told.kind.as_str(), told.omitted_bytes), (3, 5, "CancelAsked", 0));
        assert_eq!(serde_json::from_str::<Event>(&told.body).unwrap(), recorded.event);
        let told = super::event(&recorded, 10);
        assert_eq!((told.kind.as_str(), told.body.as_str(), told.omitted_bytes > 20), ("CancelAsked", "", true));
    }
}
