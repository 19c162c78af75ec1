use super::film::Film;
use super::index::{EventKind, touches};
use crate::base::{NodeId, RunMicros};

/// A place of a run that a person names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// Just after the event of this number, from 0.
    Event(u64),
    Time(RunMicros),
    NextError,
    PreviousError,
    /// The next event that has to do with the node.
    NextAt(NodeId),
    PreviousAt(NodeId),
}

/// Where that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// After so many events.
    Events(usize),
    Time(RunMicros),
}

impl Jump {
    /// `#120` or `120` is an event, `12.4s`, `300ms`, `1m30s`, `2h` or `1:04.2` a time, `error` the next error, any other
    /// word a node of the run.
    ///
    /// # Errors
    /// It is none of these, in words that say what would be.
    pub fn parse(text: &str, film: &Film) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(number) = text.strip_prefix('#').unwrap_or(text).trim().parse() {
            return Ok(Self::Event(number));
        }
        if let Some(time) = clock(text).or_else(|| duration(text)) {
            return Ok(Self::Time(time));
        }
        if film.latest().node(text).is_some() {
            return Ok(Self::NextAt(NodeId::new(text)));
        }
        match text {
            "" => Err("write a time as 12.4s, an event as #120, or the name of a node".to_owned()),
            "error" | "next error" => Ok(Self::NextError),
            "previous error" => Ok(Self::PreviousError),
            _ => Err(format!("'{text}' is no time as 12.4s, no event as #120, and no node of this run")),
        }
    }
}

impl Film {
    /// Where the playhead has to go, which stands after `n_events` events.
    ///
    /// # Errors
    /// There is nothing like it, in words.
    pub fn find(&self, jump: &Jump, n_events: usize) -> Result<Found, String> {
        let n_events = n_events.min(self.events().len());
        match jump {
            Jump::Event(number) => match usize::try_from(*number) {
                Ok(number) if number < self.events().len() => Ok(Found::Events(number + 1)),
                _ => Err(match self.events().len() {
                    0 => "this run has no events yet".to_owned(),
                    n => format!("this run has no event {number}: its last one is {}", n - 1),
                }),
            },
            Jump::Time(time) if *time <= self.end() => Ok(Found::Time(*time)),
            Jump::Time(_) => Err(format!("this run is only {:.3} s long", self.end().as_secs_f64())),
            Jump::NextError => self.next_error(n_events).ok_or_else(|| "no error comes after this".to_owned()),
            Jump::PreviousError => {
                self.previous_error(n_events).ok_or_else(|| "there is no error before this".to_owned())
            }
            Jump::NextAt(node) => {
                let next = self.events()[n_events..].iter().position(|recorded| touches(&recorded.event, node));
                next.map(|after| Found::Events(n_events + after + 1))
                    .ok_or_else(|| format!("nothing more happens at {node}"))
            }
            Jump::PreviousAt(node) => {
                let before = &self.events()[..n_events.saturating_sub(1)];
                let last = before.iter().rposition(|recorded| touches(&recorded.event, node));
                last.map(|last| Found::Events(last + 1)).ok_or_else(|| format!("nothing happened at {node} before"))
            }
        }
    }

    fn next_error(&self, n_events: usize) -> Option<Found> {
        let errors = self.numbers_of(EventKind::Error);
        let next = errors.get(errors.partition_point(|seq| (*seq as usize) < n_events))?;
        Some(Found::Events(*next as usize + 1))
    }

    fn previous_error(&self, n_events: usize) -> Option<Found> {
        let errors = self.numbers_of(EventKind::Error);
        let before = errors.partition_point(|seq| (*seq as usize) + 1 < n_events);
        Some(Found::Events(errors[before.checked_sub(1)?] as usize + 1))
    }
}

/// `1:04.2` and `1:00:04`.
fn clock(text: &str) -> Option<RunMicros> {
    let mut parts = text.rsplit(':');
    let secs = micros(parts.next()?, 1e6)?;
    let minutes: u64 = parts.next()?.parse().ok()?;
    let hours: u64 = parts.next().map_or(Some(0), |hours| hours.parse().ok())?;
    if parts.next().is_some() {
        return None;
    }
    let whole = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60_000_000)?;
    Some(RunMicros(whole.checked_add(secs)?))
}

/// `12.4s`, `1m30s`, with or without spaces.
fn duration(text: &str) -> Option<RunMicros> {
    let mut rest = text;
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let n_digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(n_digits);
        let n_letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(n_letters);
        let scale = match unit {
            "us" => 1.0,
            "ms" => 1e3,
            "s" => 1e6,
            "m" | "min" => 6e7,
            "h" => 3.6e9,
            "d" => 8.64e10,
            _ => return None,
        };
        sum = sum.checked_add(micros(number, scale)?)?;
        rest = after.trim_start();
    }
    (!text.is_empty()).then_some(RunMicros(sum))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1e18")]
fn micros(number: &str, scale: f64) -> Option<u64> {
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let value = number.parse::<f64>().ok().filter(|_| is_number)? * scale;
    (value < 1e18).then_some(value.round() as u64)
}
