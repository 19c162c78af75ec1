//! Fields whose values are kept out of the journal, and so of all that is told of a run: watches, lists, the screen.
//!
//! A run holds the real values in memory, and its workers get them. What is written is a copy with [`MARKER`] in their
//! place. A run that is found after a crash with the marker in what it holds cannot go on: it is stopped, and says why.
//!
//! Must never: let a marker be taken for a value. What cannot be looked into (a protobuf message that is no JSON) is
//! kept out whole.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use crate::base::{Coord, RunId};
use crate::engine::Run;
use crate::event::{Outcome, Payload, Recorded};
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
        let hidden = match payload {
            Payload::Opaque(_) => Some(Value::from(MARKER)),
            Payload::Json(value) => self.has_any(value).then(|| self.without(value)),
        };
        let is_hidden = hidden.is_some();
        if let Some(hidden) = hidden {
            *payload = hidden.into();
        }
        is_hidden
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

/// Why a run that was found in the journal cannot go on, if it holds what was kept out of it.
pub(super) fn lost(run: &Run) -> Option<String> {
    let mut is_lost = false;
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
        let Outcome::Passed { payload, .. } = outcome else { return };
        let bytes = payload.size().bytes;
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
}
