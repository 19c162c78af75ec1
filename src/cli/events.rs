//! Events of a run as lines for people.

use std::fmt::Write;

use crate::base::RunMicros;
use crate::event::{Event, Outcome, ParkedOn, Payload, Recorded};

/// Characters of a payload that are shown.
const SHOWN: usize = 100;

/// `  0.041 s  validate         answered {"valid":true}`
pub(super) fn line(recorded: &Recorded) -> String {
    let (node, what) = words(&recorded.event, recorded.at);
    format!("{:>9}  {:<16} {what}", seconds(recorded.at), tame(node))
}

pub(super) fn seconds(at: RunMicros) -> String {
    format!("{:.3} s", at.as_secs_f64())
}

/// The node, or nothing for what happens to the whole run; and what happened.
fn words(event: &Event, now: RunMicros) -> (&str, String) {
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
            let to: Vec<String> =
                into.iter().map(|child| format!("ball {} to {}", child.ball, tame(&child.to))).collect();
            let to = if to.is_empty() { "nothing: the list is empty".to_owned() } else { to.join(", ") };
            (node, format!("ball {ball} becomes {to}"))
        }
        Event::Waiting { ball, node, until, .. } => {
            (node, format!("ball {ball} waits for the others{}", deadline(*until, now)))
        }
        Event::Joined { node, from, ball, payload: joined, .. } => {
            let from: Vec<String> = from.iter().map(ToString::to_string).collect();
            let from = if from.is_empty() { "nothing".to_owned() } else { format!("balls {}", from.join(", ")) };
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
pub(super) fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed { node, .. } => format!("passed at {}", tame(node)),
        Outcome::Failed { node, failure } => {
            let at = node.as_ref().map(|node| format!(" at {}", tame(node))).unwrap_or_default();
            format!("failed{at}: {}", tame(&failure.to_string()))
        }
        Outcome::Cancelled { reason } => format!("was cancelled: {}", tame(reason)),
    }
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
    let _ = write!(text, "{}", payload.to_json());
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
pub(super) fn tame(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}
