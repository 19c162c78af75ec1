use std::fmt::Write;

use super::{Event, Outcome, ParkedOn, Payload};
use crate::base::RunMicros;

/// Characters of a payload that are shown.
const SHOWN: usize = 100;
/// Balls of a split or a join that are named.
const LISTED: usize = 16;

/// An event for people: the node, or nothing for what happens to the whole run; and what happened, on one line. `now` is
/// when it happened.
///
/// The node's name stands as it is recorded, see [`tame`].
pub fn words(event: &Event, now: RunMicros) -> (&str, String) {
    match event {
        Event::Started(started) => {
            let formation = started.formation.as_deref().map(|name| format!(" in {name}")).unwrap_or_default();
            let formation = tame(&formation);
            (
                "",
                format!(
                    "run {} of {}{formation} starts with {}",
                    tame(&started.run),
                    started.play,
                    payload(&started.input)
                ),
            )
        }
        Event::Snapped { ball, node, .. } => (node, format!("ball {ball} comes into play")),
        Event::Moved { ball, wire, .. } => (&wire.from, format!("ball {ball} goes to {}", tame(&wire.to))),
        Event::Split { ball, node, into, .. } => {
            let to = some(into, |child| format!("ball {} to {}", child.ball, tame(&child.to)));
            let to = if into.is_empty() { "nothing: the list is empty".to_owned() } else { to };
            (node, format!("ball {ball} becomes {to}"))
        }
        Event::Waiting { ball, node, until, .. } => {
            (node, format!("ball {ball} waits for the others{}", deadline(*until, now)))
        }
        Event::Joined { node, from, ball, payload: joined, .. } => {
            let from = if from.is_empty() {
                "nothing".to_owned()
            } else {
                format!("balls {}", some(from, ToString::to_string))
            };
            (node, format!("{from} become ball {ball} {}", payload(joined)))
        }
        Event::Called { node, attempt, to, payload: sent, .. } => {
            let again = if *attempt > 1 { format!(" again (attempt {attempt})") } else { String::new() };
            (node, format!("calls {to}{again} with {}", payload(sent)))
        }
        Event::Answered { node, payload: answer, .. } => (node, format!("answered {}", payload(answer))),
        Event::AttemptFailed { node, attempt, failure, retry_at, .. } => {
            let next = match retry_at {
                Some(at) => format!("; the next one in {}", span(at.since(now))),
                None => String::new(),
            };
            (node, format!("attempt {attempt} failed: {}{next}", tame(&failure.to_string())))
        }
        Event::Parked { ball, node, on, until } => {
            let on = match on {
                ParkedOn::Signal { name, key: Some(key) } => format!("signal {:?} for {}", name, tame(key)),
                ParkedOn::Signal { name, key: None } => format!("signal {name:?}"),
                ParkedOn::Worker { to, .. } => format!("a worker of {to}"),
            };
            (node, format!("ball {ball} waits for {on}{}", deadline(*until, now)))
        }
        Event::Signalled { name, payload: sent, .. } => ("", format!("signal {name:?} comes with {}", payload(sent))),
        Event::SignalUsed { ball, node, .. } => (node, format!("ball {ball} takes the signal")),
        Event::Caught { ball, node, worker, .. } => (node, format!("worker {} takes ball {ball}", tame(worker))),
        Event::Dropped { ball, node, worker } => {
            (node, format!("worker {} is gone, ball {ball} waits again", tame(worker)))
        }
        Event::NodeFailed { node, failure, timed_out, .. } => {
            let word = if *timed_out { "timed out" } else { "failed" };
            (node, format!("{word}: {}", tame(&failure.to_string())))
        }
        Event::Passed { ball, node, .. } => (node, format!("ball {ball} leaves the field")),
        Event::Lost { ball, node, reason } => (node, format!("ball {ball} is lost: {}", tame(reason))),
        Event::Cancelled { ball, node, reason } => (node, format!("ball {ball} is taken out: {}", tame(reason))),
        Event::CancelAsked { reason } => ("", format!("somebody cancels: {}", tame(reason))),
        Event::Finished { outcome } => ("", format!("the run {}", outcome_words(outcome))),
    }
}

/// `passed at shipped`, as after "the run".
pub fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed { node, .. } => format!("passed at {}", tame(node)),
        Outcome::Failed { node, failure } => {
            let at = node.as_ref().map(|node| format!(" at {}", tame(node))).unwrap_or_default();
            format!("failed{at}: {}", tame(&failure.to_string()))
        }
        Outcome::Cancelled { reason } => format!("was cancelled: {}", tame(reason)),
    }
}

/// The first of a list, and how many more there are.
fn some<T>(all: &[T], one: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = all.iter().take(LISTED).map(one).collect();
    let more = if all.len() > LISTED { format!(" and {} more", all.len() - LISTED) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn deadline(until: Option<RunMicros>, now: RunMicros) -> String {
    until.map(|until| format!(", at most {}", span(until.since(now)))).unwrap_or_default()
}

/// `90 s` in whole units that people use.
fn span(micros: u64) -> String {
    let ms = micros / 1000;
    match ms {
        0..10_000 => format!("{ms} ms"),
        10_000..600_000 => format!("{} s", ms / 1000),
        _ if ms.is_multiple_of(3_600_000) => format!("{} h", ms / 3_600_000),
        600_000..36_000_000 => format!("{} min", ms / 60_000),
        _ => format!("{} h", ms / 3_600_000),
    }
}

fn payload(payload: &Payload) -> String {
    // A large payload must not be spelled out only to be cut.
    let mut text = Cut { text: String::new(), left: SHOWN };
    let _ = match payload {
        Payload::Text(json) => text.write_str(json),
        payload => write!(text, "{}", payload.to_json()),
    };
    tame(&text.text)
}

/// Takes so many characters, then an ellipsis, then no more.
struct Cut {
    text: String,
    left: usize,
}

impl Write for Cut {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        for c in part.chars() {
            if self.left == 0 {
                self.text.push('…');
                return Err(std::fmt::Error);
            }
            self.left -= 1;
            self.text.push(c);
        }
        Ok(())
    }
}

/// Text that stays on its line and steers no terminal.
pub fn tame(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}
