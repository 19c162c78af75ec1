use serde_json::Value;

use super::film::Film;
use super::index::{EventKind, node_of, touches};
use crate::base::NodeId;
use crate::event::{Payload, Recorded, words};

/// Which events a table shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub node: Option<NodeId>,
    pub kind: Option<EventKind>,
    /// In what is said of the event, or anywhere in a payload; whether in small letters or capitals.
    pub text: String,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        self.node.is_none() && self.kind.is_none() && self.text.trim().is_empty()
    }

    pub fn lets_through(&self, recorded: &Recorded) -> bool {
        self.kind.is_none_or(|kind| EventKind::of(&recorded.event) == kind)
            && self.node.as_ref().is_none_or(|node| touches(&recorded.event, node))
            && self.has_text(recorded)
    }

    fn has_text(&self, recorded: &Recorded) -> bool {
        let wanted = self.text.trim();
        if wanted.is_empty() {
            return true;
        }
        let wanted = wanted.to_lowercase();
        if node_of(&recorded.event).is_some_and(|node| holds(node, &wanted)) {
            return true;
        }
        let mut found = false;
        recorded.event.payloads(&mut |payload| {
            found = found
                || match payload {
                    Payload::Json(value) => holds_in(value, &wanted, 0),
                    // Most are told by a look at the text, unless it writes what is wanted in another way.
                    Payload::Text(text) => {
                        let is_plain = !wanted.contains(|c: char| c.is_control() || c == '"' || c == '\\');
                        (!is_plain || holds(text, &wanted)) && holds_in(&payload.to_json(), &wanted, 0)
                    }
                    Payload::Opaque(opaque) => holds(&opaque.type_url, &wanted),
                };
        });
        found || holds(&words(&recorded.event, recorded.at).1, &wanted)
    }
}

/// Whether one of the value's names or texts holds the words, which are in small letters.
pub(super) fn holds_in(value: &Value, wanted: &str, depth: u32) -> bool {
    // What is deeper than a run may carry is not looked into.
    if depth > 200 {
        return false;
    }
    match value {
        Value::Null => wanted == "null",
        Value::Bool(truth) => holds(if *truth { "true" } else { "false" }, wanted),
        Value::Number(number) => number.to_string().contains(wanted),
        Value::String(text) => holds(text, wanted),
        Value::Array(items) => items.iter().any(|item| holds_in(item, wanted, depth + 1)),
        Value::Object(members) => {
            members.iter().any(|(name, member)| holds(name, wanted) || holds_in(member, wanted, depth + 1))
        }
    }
}

pub(super) fn holds(text: &str, wanted: &str) -> bool {
    text.contains(wanted) || text.to_lowercase().contains(wanted)
}

/// The events that a filter lets through, found little by little: a long run is looked through over several frames.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    filter: Filter,
    found: Vec<u32>,
    /// So many events have been looked at.
    n_seen: usize,
}

impl Listing {
    pub fn new(filter: Filter) -> Self {
        Self { filter, ..Self::default() }
    }

    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Looks at up to `n_events` more. `true` when there is nothing more to look at now.
    pub fn look(&mut self, film: &Film, n_events: usize) -> bool {
        let all = film.events();
        if self.filter.is_empty() {
            self.n_seen = all.len();
            return true;
        }
        let to = self.n_seen.saturating_add(n_events).min(all.len());
        for recorded in all.get(self.n_seen..to).unwrap_or_default() {
            if self.filter.lets_through(recorded) {
                self.found.push(u32::try_from(recorded.seq).unwrap_or(u32::MAX));
            }
        }
        self.n_seen = to;
        to == all.len()
    }

    /// How many lines there are so far.
    pub fn len(&self) -> usize {
        if self.filter.is_empty() { self.n_seen } else { self.found.len() }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the event on a line.
    pub fn event(&self, line: usize) -> Option<usize> {
        if self.filter.is_empty() {
            return (line < self.n_seen).then_some(line);
        }
        self.found.get(line).map(|seq| *seq as usize)
    }

    /// The line of the last event that is listed among the first `n_events`.
    pub fn line_at(&self, n_events: usize) -> Option<usize> {
        if self.filter.is_empty() {
            return n_events.min(self.n_seen).checked_sub(1);
        }
        self.found.partition_point(|seq| (*seq as usize) < n_events).checked_sub(1)
    }
}
