//! The events of one append as the text of a row, and back.

use std::fmt;
use std::marker::PhantomData;

use rusqlite::Row;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::schema::BODY_VERSION;
use super::{History, Unread};
use crate::base::RunMicros;
use crate::event::{Event, Recorded};

/// As version 1 wrote each event of a batch.
#[derive(Deserialize)]
struct Line<E> {
    at: u64,
    event: E,
}

/// `body` is used for the text, and nothing of what it held is left.
///
/// # Errors
/// An event cannot be written as JSON; in words.
pub(super) fn write<'a>(events: &[Recorded], body: &'a mut Vec<u8>) -> Result<&'a str, String> {
    use std::io::Write as _;
    body.clear();
    let mut before = '[';
    for recorded in events {
        write!(body, "{before}{},", recorded.at.0).map_err(|error| error.to_string())?;
        serde_json::to_writer(&mut *body, &recorded.event).map_err(|error| error.to_string())?;
        before = ',';
    }
    body.push(b']');
    str::from_utf8(body).map_err(|error| error.to_string())
}

/// Reads a row of `seq, v, body`: at most `left` events, from number `from` on. Gives how many are left to read.
pub(super) fn read(row: &Row<'_>, from: u64, left: usize, history: &mut History) -> rusqlite::Result<usize> {
    let first = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
    let version: i64 = row.get(1)?;
    let text = row.get_ref(2)?.as_str()?;
    let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
    if version <= BODY_VERSION
        && let Ok(lines) = lines::<Event>(version, text)
    {
        let all = (first..).zip(lines).map(|(seq, Line { at, event })| Recorded { seq, at: RunMicros(at), event });
        let before = history.events.len();
        history.events.extend(all.skip(skip).take(left));
        return Ok(left - (history.events.len() - before));
    }
    // One by one: an event of a newer program does not hide those beside it.
    let lines = match lines::<Box<RawValue>>(version, text) {
        Ok(lines) => lines,
        Err(error) => {
            let why = if version > BODY_VERSION { too_new(version) } else { format!("it is damaged: {error}") };
            history.unread.push(Unread { seq: first, at: RunMicros(0), raw: text.to_owned(), why });
            return Ok(left.saturating_sub(1));
        }
    };
    let n_read = lines.len().saturating_sub(skip).min(left);
    for (seq, Line { at, event }) in (first..).zip(lines).skip(skip).take(left) {
        let (at, raw) = (RunMicros(at), event.get());
        let event = if version > BODY_VERSION {
            Err(too_new(version))
        } else {
            serde_json::from_str(raw).map_err(|error| error.to_string())
        };
        match event {
            Ok(event) => history.events.push(Recorded { seq, at, event }),
            Err(why) => history.unread.push(Unread { seq, at, raw: raw.to_owned(), why }),
        }
    }
    Ok(left - n_read)
}

fn too_new(version: i64) -> String {
    format!("it has format {version}, this program knows up to {BODY_VERSION}")
}

fn lines<E: DeserializeOwned>(version: i64, text: &str) -> serde_json::Result<Vec<Line<E>>> {
    if version < 2 {
        return serde_json::from_str(text);
    }
    let mut text = serde_json::Deserializer::from_str(text);
    let lines = text.deserialize_seq(Pairs(PhantomData))?;
    text.end()?;
    Ok(lines)
}

/// Times and events in turn.
struct Pairs<E>(PhantomData<E>);

impl<'de, E: Deserialize<'de>> Visitor<'de> for Pairs<E> {
    type Value = Vec<Line<E>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("times and events in turn")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut lines = Vec::new();
        while let Some(at) = seq.next_element()? {
            let event = seq.next_element()?.ok_or_else(|| A::Error::custom("a time without its event"))?;
            lines.push(Line { at, event });
        }
        Ok(lines)
    }
}
