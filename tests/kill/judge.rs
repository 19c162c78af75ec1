//! The worker, and what its log is held against.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use chalktalk::base::RunId;
use chalktalk::event::{Event, Recorded};
use chalktalk::journal::Reader;

use super::example;

/// The image of the one worker that is a process. All others are plays.
const IMAGE: &str = "stock";

/// A call, by what makes it one: run, node, visit, attempt.
pub type Key = String;

/// Every call that came, in order.
pub type Log = Lines<BufReader<ChildStdout>>;

pub struct Worker {
    process: Child,
    pub url: String,
}

impl Worker {
    pub fn start() -> (Self, Log) {
        let mut process =
            Command::new(example::worker()).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().expect("it says where it listens").unwrap();
        let url = format!("http://{}", line.strip_prefix("listening on ").unwrap());
        (Self { process, url }, lines)
    }

    pub fn stop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Counts a line of the worker's log, if it is a call: `invoke`, coordinate, key.
pub fn count_call(line: &str, n_calls: &mut BTreeMap<Key, usize>) {
    if let Some((_, key)) = line.strip_prefix("invoke ").and_then(|call| call.split_once(' ')) {
        *n_calls.entry(key.to_owned()).or_default() += 1;
    }
}

/// The calls of a run that go to the worker, each with whether its answer is kept.
pub fn calls_of(run: &RunId, events: &[Recorded]) -> BTreeMap<Key, bool> {
    let mut calls = BTreeMap::new();
    let mut under_way = BTreeMap::new();
    for Recorded { event, .. } in events {
        match event {
            Event::Called { ball, node, attempt, visit, to, .. } if to.image == IMAGE => {
                let key = format!("{run} {node} {visit} {attempt}");
                assert_eq!(calls.insert(key.clone(), false), None, "a key is used once");
                under_way.insert(*ball, key);
            }
            Event::Answered { ball, .. } => {
                if let Some(key) = under_way.remove(ball) {
                    calls.insert(key, true);
                }
            }
            Event::AttemptFailed { failure, .. } => panic!("the worker is always there: {failure:?}"),
            _ => {}
        }
    }
    calls
}

/// What the journal holds of the calls of these runs.
pub fn calls(reader: &Reader, runs: impl IntoIterator<Item = RunId>) -> BTreeMap<Key, bool> {
    runs.into_iter().flat_map(|run| calls_of(&run, &reader.events(&run).unwrap().events)).collect()
}

/// Counts the calls that were under way when the program was killed just now.
pub fn count_cut(data: &Path, n_cut: &mut BTreeMap<Key, usize>) {
    // The first program may have been killed before it made a journal.
    let Ok(reader) = Reader::open(data) else { return };
    let runs = reader.unfinished().unwrap();
    for (key, _) in calls(&reader, runs).into_iter().filter(|(_, answered)| !answered) {
        *n_cut.entry(key).or_default() += 1;
    }
}

/// Every call came to its end and was made no more often than it was cut off, and once.
pub fn judge(reader: &Reader, n_calls: &BTreeMap<Key, usize>, n_cut: &BTreeMap<Key, usize>) {
    let runs = reader.runs(usize::MAX).unwrap();
    let calls = calls(reader, runs.into_iter().map(|info| info.run));
    assert!(
        n_calls.keys().eq(calls.keys()),
        "what the worker was asked for is what the journal holds, no less, no more"
    );
    for (key, answered) in calls {
        let (n, n_cut) = (n_calls[&key], n_cut.get(&key).copied().unwrap_or(0));
        assert!(answered, "{key}");
        assert!(n <= 1 + n_cut, "{key} came {n} times, and was under way at {n_cut} kills");
    }
    let n_again = n_calls.values().filter(|n| **n > 1).count();
    assert!(n_again > 0, "no call was cut off and made again: the kills come at the wrong moments");
}
