//! A recorded run as one file that can be opened elsewhere: a line with the play that ran, then an event a line.
//!
//! A file without the first line, as `run --events` writes it, is a record too; its play is then not known.

use serde::{Deserialize, Serialize};

use super::port::LoadedRun;
use crate::base::RunId;
use crate::event::{Event, Recorded};
use crate::lang;

/// Counts up when a reader of before could not understand a file of now.
const FORMAT: u32 = 1;

/// The extension of its files, without the dot.
pub const EXTENSION: &str = "jsonl";

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    record: u32,
    run: RunId,
    /// The text of the document that ran, if it is known.
    #[serde(default)]
    text: Option<String>,
}

/// A text that is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("it has format {found}, and this program reads formats up to {FORMAT}: take a newer version of it")]
    Newer { found: u32 },
    #[error("line {line} is no event ({why}): is this a file of 'chalktalk record' or 'run --events'?")]
    Line { line: usize, why: String },
    #[error("it holds no events: it is no file of 'chalktalk record' or 'run --events'")]
    Empty,
    #[error("events are missing or twice: {0}")]
    Gap(String),
}

/// The file of a run. `text` is that of the document that ran.
pub fn write(run: &RunId, text: Option<&str>, events: &[Recorded]) -> String {
    let head = Head { record: FORMAT, run: run.clone(), text: text.map(str::to_owned) };
    let mut out = json(&head);
    for event in events {
        out.push('\n');
        out.push_str(&json(event));
    }
    out.push('\n');
    out
}

fn json(value: &impl Serialize) -> String {
    // Plain data has a form in JSON.
    serde_json::to_string(value).unwrap_or_default()
}

/// A run as a file holds it.
///
/// A last line that was cut off, as by a full disk, is left out.
///
/// # Errors
/// The text is no record, or one of a newer version.
pub fn read(text: &str) -> Result<LoadedRun, Error> {
    let lines: Vec<(usize, &str)> = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).collect();
    let head = lines.first().and_then(|(_, line)| serde_json::from_str::<Head>(line).ok());
    if let Some(Head { record, .. }) = head.as_ref().filter(|head| head.record > FORMAT) {
        return Err(Error::Newer { found: *record });
    }
    let events_of = &lines[usize::from(head.is_some())..];
    let mut events: Vec<Recorded> = Vec::with_capacity(events_of.len());
    for (n, (line, json)) in events_of.iter().enumerate() {
        match serde_json::from_str(json) {
            Ok(event) => events.push(event),
            Err(error) if error.is_eof() && n > 0 && n + 1 == events_of.len() => {}
            Err(error) => return Err(Error::Line { line: *line, why: error.to_string() }),
        }
    }
    let started = events.iter().find_map(|recorded| match &recorded.event {
        Event::Started(started) => Some(started),
        _ => None,
    });
    let started = started.ok_or(Error::Empty)?;
    if let Some((expected, found)) = (0..).zip(&events).find(|(n, event)| event.seq != *n) {
        return Err(Error::Gap(format!("event {} came where event {expected} was due", found.seq)));
    }
    let run = started.run.clone();
    let doc = head.and_then(|head| head.text).map(|text| lang::parse(text).doc);
    let item =
        doc.as_ref().and_then(|doc| doc.plays().find(|(_, play)| play.coord == started.play)).map(|(item, _)| item);
    Ok(LoadedRun {
        run,
        doc: doc.filter(|_| item.is_some()).map(std::sync::Arc::new),
        item: item.unwrap_or(0),
        events,
        live: false,
        stopped: None,
    })
}
