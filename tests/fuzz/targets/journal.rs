//! A damaged journal: a SQLite file of which some bytes are others. It is read, and refused or written to.
//!
//! Three bytes change one: where, and to what. What begins as SQLite's files do is taken for the whole file.

use std::path::Path;
use std::sync::LazyLock;

use chalktalk::base::{RunId, RunMicros};
use chalktalk::event::{Event, Payload, Recorded};
use chalktalk::journal::{Append, FILE_NAME, Filter, Journal, KeySignal, Reader, SignalChange};

const MAGIC: &[u8] = b"SQLite format 3\0";
const EVENTS: &str = include_str!("../corpus/events/checkout.jsonl");

/// Of two runs, the second one unfinished, a signal that waits and a play that is registered.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let events: Vec<Recorded> =
        EVENTS.lines().map(|line| serde_json::from_str(line).expect("the kept record can be read")).collect();
    let mut journal = Journal::open(folder.path()).expect("a new journal");
    let document = journal.document(include_str!("../../../plays/checkout.play")).expect("a new document");
    let append = |run: &RunId, events: &[Recorded], journal: &mut Journal| {
        let appended = [Append { run, document: Some(document), events }];
        journal.append(&appended, &[]).expect("the record fits");
    };
    append(&RunId::new("one"), &events, &mut journal);
    append(&RunId::new("two"), &events[..events.len() / 2], &mut journal);
    let signal = KeySignal {
        id: "s".into(),
        name: "paid".into(),
        key: "o-1".into(),
        payload: Payload::default(),
        until_ms: u64::MAX >> 1,
    };
    journal.append(&[], &[SignalChange::Came { signal, used: false }]).expect("a signal");
    journal.register(&[("shop/1.2/checkout".parse().expect("a coordinate"), document, None)]).expect("a play");
    // The log is brought into the file when the last connection closes.
    drop(journal);
    std::fs::read(folder.path().join(FILE_NAME)).expect("the file is there")
});

pub fn run(data: &[u8]) {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let mut file = WHOLE.clone();
    if data.starts_with(MAGIC) {
        file = data.to_vec();
    } else {
        for change in data.chunks_exact(3) {
            let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
            let n = file.len();
            file[at % n] = change[2];
        }
    }
    std::fs::write(folder.path().join(FILE_NAME), file).expect("there is space");
    if let Ok(reader) = Reader::open(folder.path()) {
        read(&reader);
    }
    write(folder.path());
}

/// Whatever it finds is an answer or an error.
fn read(reader: &Reader) {
    let runs = reader.runs(10).unwrap_or_default();
    let named = ["one", "two"].map(RunId::new);
    for run in runs.iter().map(|info| &info.run).chain(&named) {
        drop(reader.run(run));
        drop(reader.events(run));
        drop(reader.document_of(run));
    }
    drop(reader.page(&Filter::default(), 10));
    drop(reader.unfinished());
    drop(reader.registered());
    drop(reader.signals(0));
}

fn write(folder: &Path) {
    let Ok(mut journal) = Journal::open(folder) else { return };
    read(&journal);
    let run = RunId::new("two");
    if let Ok(history) = journal.events(&run) {
        let seq = history.events.last().map_or(0, |last| last.seq.saturating_add(1));
        let events = [Recorded { seq, at: RunMicros(1), event: Event::CancelAsked { reason: "rain".into() } }];
        drop(journal.append(&[Append { run: &run, document: None, events: &events }], &[]));
    }
    drop(journal.document("play a/1/b {\n}\n"));
    drop(journal.note_stop(&run, Some("why")));
    drop(journal.delete(&RunId::new("one")));
}
