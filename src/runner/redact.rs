//! Fields whose values are kept out of the journal, and so of all that is told of a run: watches, lists, the screen.
//!
//! A run holds the real values in memory, and its workers get them. What is written is a copy with [`MARKER`] in their
//! place. A run that is found after a crash with the marker in what it holds cannot go on: it is stopped, and says why.
//!
//! So it is with headers of these names, and with what the details of a failure say of such a field: `metadata` of an
//! `ErrorInfo`, and violations of a `BadRequest` whose path leads through one. The words of a failure are the worker's own
//! and are kept as they are: whether a value was copied into them cannot be known.
//!
//! Must never: let a marker be taken for a value. What cannot be looked into (a protobuf message that is no JSON) is
//! kept out whole.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use crate::base::{Coord, RunId};
use crate::engine::Run;
use crate::event::{Detail, Failure, Headers, Outcome, Payload, Recorded};
use crate::journal::{KeySignal, SignalChange};

/// What stands in the place of a value that was kept out.
pub const MARKER: &str = "«redacted»";
const MAX_NAMES: usize = 1000;
/// Of results that somebody may still ask for.
const MAX_RECENT: u64 = 16 << 20;

/// Names of fields. Case does not matter. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Redact(Arc<[String]>);

impl Redact {
    /// Names parted by commas or line ends; lines that begin with `#` are passed over.
    ///
    /// # Errors
    /// There are too many, in words.
    pub fn new(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let names: Vec<String> =
            lines.flat_map(|line| line.split(',')).map(str::trim).filter(|name| !name.is_empty()).map(lower).collect();
        if names.len() > MAX_NAMES {
            return Err(format!("{} names are to be redacted, and {MAX_NAMES} are allowed", names.len()));
        }
        Ok(Self(names.into()))
    }

    /// The events as they may be written and told; `None` if they may as they are.
    pub(super) fn events(&self, events: &[Recorded]) -> Option<Arc<[Recorded]>> {
        if self.0.is_empty() {
            return None;
        }
        let mut any = false;
        let told = events.iter().map(|recorded| {
            let mut told = recorded.clone();
            told.event.payloads_mut(&mut |payload| any |= self.hide(payload));
            told.event.headers_mut(&mut |headers| any |= self.hide_headers(headers));
            told.event.failures_mut(&mut |failure| any |= self.hide_details(failure));
            told
        });
        let told: Arc<[Recorded]> = told.collect();
        any.then_some(told)
    }

    pub(super) fn changes(&self, changes: &mut [SignalChange]) {
        if self.0.is_empty() {
            return;
        }
        for change in changes {
            if let SignalChange::Came { signal, .. } = change {
                self.hide(&mut signal.payload);
            }
        }
    }

    /// Whether there was anything to hide.
    fn hide(&self, payload: &mut Payload) -> bool {
        let hidden = match &*payload {
            Payload::Opaque(_) => Some(Value::from(MARKER)),
            json => {
                let value = json.to_json();
                self.has_any(&value).then(|| self.without(&value))
            }
        };
        let is_hidden = hidden.is_some();
        if let Some(hidden) = hidden {
            *payload = hidden.into();
        }
        is_hidden
    }

    fn hide_headers(&self, headers: &mut Headers) -> bool {
        if !headers.iter().any(|(name, _)| self.names(name)) {
            return false;
        }
        let shown =
            |(name, value): (&str, &str)| (name.to_owned(), if self.names(name) { MARKER } else { value }.to_owned());
        // The marker may be longer than the value: what does not fit any more is told without any.
        *headers = Headers::new(headers.iter().map(shown)).unwrap_or_else(|_| only_marker());
        true
    }

    fn hide_details(&self, failure: &mut Failure) -> bool {
        let mut any = false;
        failure.details.retain_mut(|detail| match detail {
            Detail::Info { metadata, .. } => {
                for (_, value) in metadata.iter_mut().filter(|(name, _)| self.names(name)) {
                    MARKER.clone_into(value);
                    any = true;
                }
                true
            }
            Detail::BadRequest { violations } => {
                for (_, words) in violations.iter_mut().filter(|(path, _)| self.names_part_of(path)) {
                    MARKER.clone_into(words);
                    any = true;
                }
                true
            }
            Detail::Retry { .. } => true,
            Detail::Other(_) => {
                any = true;
                false
            }
        });
        any
    }

    /// Of a path such as `login[0].password`.
    fn names_part_of(&self, path: &str) -> bool {
        path.split(['.', '[', ']', '/', '"', '\'']).any(|part| self.names(part.trim()))
    }

    fn names(&self, name: &str) -> bool {
        self.0.iter().any(|hidden| *hidden == lower(name))
    }

    fn has_any(&self, value: &Value) -> bool {
        match value {
            Value::Array(items) => items.iter().any(|item| self.has_any(item)),
            Value::Object(members) => members.iter().any(|(name, member)| self.names(name) || self.has_any(member)),
            _ => false,
        }
    }

    fn without(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.without(item)).collect(),
            Value::Object(members) => {
                let member = |(name, member): (&String, &Value)| {
                    let shown = if self.names(name) { MARKER.into() } else { self.without(member) };
                    (name.clone(), shown)
                };
                members.iter().map(member).collect()
            }
            other => other.clone(),
        }
    }
}

fn lower(name: &str) -> String {
    name.to_lowercase()
}

/// Whether something of it was kept out, by this program or an earlier one with other names.
pub(super) fn is_redacted(payload: &Payload) -> bool {
    fn has(value: &Value) -> bool {
        match value {
            Value::String(text) => text == MARKER,
            Value::Array(items) => items.iter().any(has),
            Value::Object(members) => members.values().any(has),
            _ => false,
        }
    }
    payload.as_json().is_some_and(|value| has(value))
}

/// So with headers.
pub(super) fn is_marked(headers: &Headers) -> bool {
    headers.iter().any(|(_, value)| value == MARKER)
}

/// Of what goes with a ball, nothing that would be missed.
fn only_marker() -> Headers {
    Headers::new([("redacted".to_owned(), MARKER.to_owned())]).unwrap_or_default()
}

/// Why a run that was found in the journal cannot go on, if it holds what was kept out of it.
pub(super) fn lost(run: &Run) -> Option<String> {
    let mut is_lost = run.headers().any(is_marked);
    run.payloads(&mut |payload| is_lost |= is_redacted(payload));
    is_lost.then(|| {
        "it holds redacted fields, which were not kept, and cannot go on without their values: start it again"
            .to_owned()
    })
}

/// Of signals that were kept for a key: those that lost nothing, and the names of the others.
pub(super) fn whole(signals: Vec<(KeySignal, bool)>) -> (Vec<(KeySignal, bool)>, Vec<String>) {
    let mut lost = Vec::new();
    let take = |(signal, used): (KeySignal, bool)| {
        let is_lost = !used && is_redacted(&signal.payload);
        if is_lost {
            lost.push(format!("the signal '{}' to {}", signal.name, signal.key));
        }
        // It came, though nobody can use it any more.
        (signal, used || is_lost)
    };
    let signals = signals.into_iter().map(take).collect();
    (signals, lost)
}

/// The results of runs that have just ended, whose record lacks a part: for those who ask a moment too late.
#[derive(Debug, Default)]
pub(super) struct Recent {
    results: VecDeque<(RunId, Coord, Outcome, u64)>,
    bytes: u64,
}

impl Recent {
    pub fn keep(&mut self, run: &RunId, play: &Coord, outcome: &Outcome) {
        let Outcome::Passed { payload, headers, .. } = outcome else { return };
        let bytes = payload.size().bytes + headers.n_bytes() as u64;
        self.bytes += bytes;
        self.results.push_back((run.clone(), play.clone(), outcome.clone(), bytes));
        while self.bytes > MAX_RECENT
            && let Some((.., bytes)) = self.results.pop_front()
        {
            self.bytes -= bytes;
        }
    }

    pub fn find(&self, run: &RunId) -> Option<(Coord, Outcome)> {
        let found = self.results.iter().rev().find(|(known, ..)| known == run);
        found.map(|(_, play, outcome, _)| (play.clone(), outcome.clone()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_hidden_by_the_names_of_their_fields() {
        let redact = Redact::new("password, Token\n# not this\ncard").unwrap();
        let hidden = |value: Value| {
            let mut payload = Payload::from(value);
            redact.hide(&mut payload).then(|| Value::clone(&payload.to_json()))
        };
        assert_eq!(hidden(json!({"name": "password", "list": [1, {"x": "token"}]})), None);
        assert_eq!(
            hidden(json!([{"PASSWORD": {"deep": 1}, "n": 2}, {"a": {"token": null}}])),
            Some(json!([{"PASSWORD": MARKER, "n": 2}, {"a": {"token": MARKER}}]))
        );
        let mut opaque = Payload::Opaque(Arc::default());
        assert!(redact.hide(&mut opaque) && is_redacted(&opaque));
        assert!(Redact::default().events(&[]).is_none());
    }

    #[test]
    fn headers_and_details_are_hidden_by_the_same_names() {
        let redact = Redact::new("password,x-token").unwrap();
        let headers = |all: &[(&str, &str)]| {
            Headers::new(all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
        };
        let mut told = headers(&[("X-Token", "s3"), ("tenant", "blue")]);
        assert!(redact.hide_headers(&mut told) && is_marked(&told));
        assert_eq!(told, headers(&[("X-Token", MARKER), ("tenant", "blue")]));
        assert!(!redact.hide_headers(&mut headers(&[("token", "s3"), ("tenant", "x-token")])));
        // Where the marker does not fit in, nothing of them is told.
        let long = "x".repeat(crate::event::MAX_HEADER_BYTES - 9);
        let mut full = headers(&[("a", &long), ("x-token", "")]);
        assert!(redact.hide_headers(&mut full) && is_marked(&full) && full.iter().count() == 1);

        let info = |password: &str| Detail::Info {
            reason: "WRONG".into(),
            domain: "d".into(),
            metadata: [("Password".into(), password.into()), ("shelf".into(), "P7".into())].into(),
        };
        let violations = |words: &str| Detail::BadRequest {
            violations: vec![("login[0].password".into(), words.into()), ("passwords".into(), "too many".into())],
        };
        let retry = Detail::Retry { after_ms: 1 };
        let failure = |details| Failure { details, ..Failure::new(crate::event::Code::Aborted, "no") };
        let mut told = failure(vec![
            info("s3"),
            violations("'s3' is short"),
            retry.clone(),
            Detail::Other(crate::event::OpaquePayload::default()),
        ]);
        assert!(redact.hide_details(&mut told));
        assert_eq!(told, failure(vec![info(MARKER), violations(MARKER), retry.clone()]));
        assert!(!redact.hide_details(&mut failure(vec![retry])));
    }
}
