//! What is written under a card while a run is shown.

use std::fmt::Write;

use super::card::{Card, Kind};
use crate::base::RunMicros;
use crate::play::Policy;
use crate::replay::{Fill, NodeState, NodeView};

/// One line under a card that says what its node does in the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    pub text: String,
    pub tone: Tone,
}

/// How loud a caption is; the theme gives it a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// What can be missed.
    #[default]
    Quiet,
    /// A result.
    Plain,
    Running,
    Waiting,
    Worker,
    Failed,
}

/// Names of nodes and messages are cut at this many letters.
const MAX_LETTERS: usize = 44;

impl Caption {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.tone = Tone::Quiet;
    }

    fn say(&mut self, tone: Tone, text: std::fmt::Arguments<'_>) {
        self.tone = tone;
        self.text.clear();
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(text);
    }

    /// What an idle card says of itself: a policy, a time-out.
    pub(super) fn idle(&mut self, card: &Card) {
        self.say(Tone::Quiet, format_args!("{}", card.foot));
    }

    /// How many balls scenarios brought to a node.
    pub(super) fn reached(&mut self, n: u32) {
        match n {
            0 => self.say(Tone::Failed, format_args!("no ball came")),
            1 => self.say(Tone::Plain, format_args!("1 ball")),
            n => self.say(Tone::Plain, format_args!("{n} balls")),
        }
    }

    /// What `state`, the one that is shown of `node` at `time`, says. `fill` is asked for only at a fan-in that waits.
    pub(super) fn of_state(
        &mut self,
        card: &Card,
        node: &NodeView,
        state: &NodeState,
        time: RunMicros,
        fill: impl FnOnce() -> Option<Fill>,
    ) {
        let elapsed = Span(state.since().map_or(0, |since| time.since(since)));
        let limit = state.until().zip(state.since()).map(|(until, since)| Span(until.since(since)));
        match state {
            NodeState::Idle => self.idle(card),
            NodeState::Arrived { .. } => self.clear(),
            NodeState::Running { attempt, .. } if *attempt > 1 || card.n_attempts > 1 && elapsed.0 > 1_000_000 => {
                self.attempt(Tone::Running, *attempt, card.n_attempts);
                let _ = write!(self.text, "  {elapsed}");
            }
            NodeState::Running { .. } => self.say(Tone::Running, format_args!("{elapsed}")),
            NodeState::BackingOff { attempt, until, .. } => {
                self.attempt(Tone::Waiting, *attempt, card.n_attempts);
                let _ = write!(self.text, " in {}", Span(until.since(time)));
            }
            NodeState::WaitingForSignal { .. } => self.waiting(Tone::Waiting, "waiting", elapsed, limit),
            NodeState::WaitingForWorker { .. } => self.waiting(Tone::Worker, "waiting for a worker", elapsed, limit),
            NodeState::WaitingForOthers { .. } => self.fill(card, fill()),
            NodeState::Done { .. } => self.done(card, node),
            NodeState::Failed { failure, timed_out, .. } => match node.took.filter(|_| *timed_out) {
                Some(took) => self.say(Tone::Failed, format_args!("timed out after {}", Span(took))),
                None if *timed_out => self.say(Tone::Failed, format_args!("timed out")),
                None => self.say(Tone::Failed, format_args!("{}: {}", failure.code, Cut(&failure.message))),
            },
            NodeState::Lost { reason, .. } if reason.is_empty() => self.say(Tone::Failed, format_args!("lost")),
            NodeState::Lost { reason, .. } => self.say(Tone::Failed, format_args!("lost: {}", Cut(reason))),
            NodeState::Cancelled { .. } => self.say(Tone::Quiet, format_args!("cancelled")),
        }
        if node.here.len() > 1 && !matches!(state, NodeState::WaitingForOthers { .. }) && state.is_busy() {
            let _ = write!(self.text, "  {} balls", node.here.len());
        }
    }

    fn attempt(&mut self, tone: Tone, attempt: u32, of: u32) {
        if attempt <= of {
            self.say(tone, format_args!("attempt {attempt} of {of}"));
        } else {
            // The play that is shown allows fewer attempts than the one that ran.
            self.say(tone, format_args!("attempt {attempt}"));
        }
    }

    fn waiting(&mut self, tone: Tone, what: &str, elapsed: Span, limit: Option<Span>) {
        match limit {
            Some(limit) => self.say(tone, format_args!("{what}  {elapsed} of {limit}")),
            None => self.say(tone, format_args!("{what}  {elapsed}")),
        }
    }

    fn fill(&mut self, card: &Card, fill: Option<Fill>) {
        let Some(fill) = fill else { return self.clear() };
        let expected = match card.policy {
            Some(Policy::Any) => 1,
            Some(Policy::Count(n)) => n,
            Some(Policy::All) | None => fill.n_expected,
        };
        self.say(Tone::Waiting, format_args!("{} of {expected}", fill.n_here));
        match fill.missing_at.as_slice() {
            [] => {}
            [one] => drop(write!(self.text, ", waiting for {}", Cut(one))),
            [one, two] => drop(write!(self.text, ", waiting for {one} and {two}")),
            [one, others @ ..] => drop(write!(self.text, ", waiting for {one} and {} others", others.len())),
        }
    }

    fn done(&mut self, card: &Card, node: &NodeView) {
        self.clear();
        self.tone = Tone::Plain;
        match (card.kind, node.took) {
            (Kind::Call | Kind::FanIn, Some(took)) => drop(write!(self.text, "{}", Span(took))),
            (Kind::WaitForSignal | Kind::WaitForWorker, Some(took)) => drop(write!(self.text, "after {}", Span(took))),
            (Kind::Pass, Some(took)) if node.called.is_some() => drop(write!(self.text, "{}", Span(took))),
            _ => {}
        }
        if let Some(called) = node.called.as_ref().filter(|called| !card.detail.ends_with(called.version.as_str())) {
            let sign = if called.version.starts_with(|c: char| c.is_ascii_digit()) { "v" } else { "" };
            let _ = write!(self.text, "  {sign}{}", called.version);
        }
        if node.n_left > 1 {
            let gap = if self.text.is_empty() { "" } else { "  " };
            let _ = write!(self.text, "{gap}{} times", node.n_left);
        }
        if self.text.is_empty() {
            self.idle(card);
        }
    }
}

/// A stretch of time in microseconds, as a person reads it: `41 ms`, `0.9 s`, `3 min 20 s`, `1 h 5 min`.
#[derive(Clone, Copy, Debug)]
pub struct Span(pub u64);

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (ms, s) = (self.0 / 1000, self.0 / 1_000_000);
        let two = |f: &mut std::fmt::Formatter<'_>, (a, unit): (u64, &str), (b, part): (u64, &str)| {
            if b == 0 { write!(f, "{a} {unit}") } else { write!(f, "{a} {unit} {b} {part}") }
        };
        match self.0 {
            0 => f.write_str("0 ms"),
            1..10_000 => write!(f, "{ms}.{} ms", self.0 / 100 % 10),
            10_000..800_000 => write!(f, "{ms} ms"),
            800_000..10_000_000 => write!(f, "{s}.{} s", ms / 100 % 10),
            10_000_000..60_000_000 => write!(f, "{s} s"),
            60_000_000..3_600_000_000 => two(f, (s / 60, "min"), (s % 60, "s")),
            3_600_000_000..172_800_000_000 => two(f, (s / 3600, "h"), (s / 60 % 60, "min")),
            _ => two(f, (s / 86_400, "d"), (s / 3600 % 24, "h")),
        }
    }
}

/// The first line of a text, cut if it is long.
struct Cut<'a>(&'a str);

impl std::fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = self.0.lines().next().unwrap_or_default();
        match line.char_indices().nth(MAX_LETTERS) {
            Some((end, _)) => write!(f, "{}…", line[..end].trim_end()),
            None => f.write_str(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_time_read_as_people_say_them() {
        let cases = [
            (0, "0 ms"),
            (400, "0.4 ms"),
            (9_990, "9.9 ms"),
            (41_200, "41 ms"),
            (900_000, "0.9 s"),
            (12_340_000, "12 s"),
            (200_000_000, "3 min 20 s"),
            (3_600_000_000, "1 h"),
            (3_900_000_000, "1 h 5 min"),
            (266_400_000_000, "3 d 2 h"),
        ];
        for (micros, text) in cases {
            assert_eq!(Span(micros).to_string(), text);
        }
    }

    #[test]
    fn long_messages_are_cut_between_letters() {
        let long = "ü".repeat(60);
        assert_eq!(Cut(&long).to_string(), format!("{}…", "ü".repeat(44)));
        assert_eq!(Cut("one\ntwo").to_string(), "one");
    }
}
