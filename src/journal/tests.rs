use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use super::*;
use crate::base::{BallId, NodeId};
use crate::event::{Code, Failure, Headers, Started};

fn run_id(n: usize) -> RunId {
    RunId::new(format!("run-{n}"))
}

fn started(run: &RunId) -> Event {
    Event::Started(Box::new(Started {
        digest: "d1".into(),
        formation: Some("street".into()),
        started_ms: 1_700_000_000_000,
        input: json!({"n": 1}).into(),
        pins: vec![("stock/^3/reserve".into(), Coord::new("stock", "3.0.2", "reserve"))],
        ..Started::new(run.clone(), Coord::new("shop", "1.2", "checkout"))
    }))
}

fn step(n: u64) -> Event {
    let (payload, headers) = (json!({"step": n}).into(), Headers::default());
    Event::Answered { ball: BallId(0), node: NodeId::new("a"), attempt: 1, payload, headers }
}

fn finished() -> Event {
    let failure = Failure::new(Code::Unavailable, "nobody is there");
    Event::Finished { outcome: Outcome::Failed { node: Some(NodeId::new("a")), failure } }
}

fn record(first: u64, events: impl IntoIterator<Item = Event>) -> Vec<Recorded> {
    (first..).zip(events).map(|(seq, event)| Recorded { seq, at: RunMicros(seq * 10), event }).collect()
}

fn append(journal: &mut Journal, run: &RunId, events: &[Recorded]) -> Result<(), Error> {
    journal.append(&[Append { run, document: None, events }], &[])
}

/// Runs a check on a file and on its twin.
fn on_both(check: impl Fn(Journal)) {
    let folder = tempfile::tempdir().unwrap();
    check(Journal::open(folder.path()).unwrap());
    check(Journal::memory());
}

#[test]
fn keeps_runs_with_their_events_and_documents() {
    on_both(|mut journal| {
        let (a, b) = (run_id(1), run_id(2));
        let document = journal.document("play a/1/b {}").unwrap();
        assert_eq!(journal.document("play a/1/b {}").unwrap(), document);
        assert_ne!(journal.document("play a/1/c {}").unwrap(), document);
        let first = record(0, [started(&a), step(1)]);
        let second = record(0, [started(&b)]);
        journal
            .append(
                &[
                    Append { run: &a, document: Some(document), events: &first },
                    Append { run: &b, document: None, events: &second },
                ],
                &[],
            )
            .unwrap();
        append(&mut journal, &a, &record(2, [finished()])).unwrap();

        let reader = journal.reader().unwrap();
        for reader in [&*journal, &reader] {
            let runs = reader.runs(10).unwrap();
            assert_eq!(runs.iter().map(|info| info.run.as_str()).collect::<Vec<_>>(), ["run-2", "run-1"]);
            assert_eq!((runs[1].status, runs[1].n_events, runs[1].duration), (Status::Failed, 3, RunMicros(20)));
            assert_eq!(runs[1].reason.as_deref(), Some("a: UNAVAILABLE: nobody is there"));
            assert_eq!(
                (runs[0].status, runs[0].n_events, runs[0].formation.as_deref()),
                (Status::Running, 1, Some("street"))
            );
            assert_eq!(reader.runs(1).unwrap().len(), 1);
            assert_eq!(reader.run(&a).unwrap(), runs[1]);
            assert_eq!(reader.unfinished().unwrap(), std::slice::from_ref(&b));
            let history = reader.events(&a).unwrap();
            assert_eq!(history.events, [first.clone(), record(2, [finished()])].concat());
            assert!(history.unread.is_empty());
            assert_eq!(reader.events_from(&a, 2).unwrap().events, record(2, [finished()]));
            assert_eq!(reader.events_from(&a, 9).unwrap().events, []);
            assert_eq!(reader.document_of(&a).unwrap().as_deref(), Some("play a/1/b {}"));
            assert_eq!(reader.document_of(&b).unwrap(), None);
        }

        journal.delete(&a).unwrap();
        assert!(matches!(journal.events(&a), Err(Error::UnknownRun { .. })));
        assert!(matches!(journal.delete(&a), Err(Error::UnknownRun { .. })));
        assert_eq!(reader.runs(10).unwrap().len(), 1);
        // The same document may come again after its last run was deleted.
        let again = journal.document("play a/1/b {}").unwrap();
        journal.append(&[Append { run: &a, document: Some(again), events: &first }], &[]).unwrap();
        assert_eq!(journal.document_of(&a).unwrap().as_deref(), Some("play a/1/b {}"));
    });
}

#[test]
fn a_stop_is_noted_until_the_run_goes_on_or_ends() {
    on_both(|mut journal| {
        let run = run_id(1);
        journal.note_stop(&run, Some("nobody knows it")).unwrap();
        append(&mut journal, &run, &record(0, [started(&run)])).unwrap();
        let found = |journal: &Journal| {
            let info = journal.run(&run).unwrap();
            (info.status, info.reason)
        };
        journal.note_stop(&run, Some("it is of a newer version")).unwrap();
        assert_eq!(found(&journal), (Status::Stopped, Some("it is of a newer version".to_owned())));
        assert_eq!(journal.unfinished().unwrap(), std::slice::from_ref(&run), "the next runner tries again");
        journal.note_stop(&run, None).unwrap();
        assert_eq!(found(&journal), (Status::Running, None));
        append(&mut journal, &run, &record(1, [finished()])).unwrap();
        let ended = found(&journal);
        journal.note_stop(&run, Some("too late")).unwrap();
        assert_eq!((ended.0, found(&journal)), (Status::Failed, ended));
    });
}

#[test]
fn refuses_what_does_not_follow_and_changes_nothing() {
    on_both(|mut journal| {
        let (a, b) = (run_id(1), run_id(2));
        append(&mut journal, &a, &record(0, [started(&a)])).unwrap();
        for events in [record(0, [started(&a)]), record(2, [step(2)])] {
            assert!(matches!(append(&mut journal, &a, &events), Err(Error::OutOfOrder { .. })));
        }
        let (good, bad) = (record(1, [step(1)]), record(0, [step(0)]));
        let batch =
            [Append { run: &a, document: None, events: &good }, Append { run: &b, document: None, events: &bad }];
        assert!(matches!(journal.append(&batch, &[]), Err(Error::OutOfOrder { .. })));
        assert_eq!(journal.events(&a).unwrap().events.len(), 1);
        assert_eq!(journal.runs(9).unwrap().len(), 1);
        append(&mut journal, &a, &good).unwrap();
    });
}

#[test]
fn keeps_signals_to_a_key_until_their_time_is_over() {
    on_both(|mut journal| {
        let signal = |id: &str, until_ms| KeySignal {
            id: id.into(),
            name: "paid".into(),
            key: "o-1".into(),
            payload: json!(id).into(),
            until_ms,
        };
        let came = |id, until_ms, used| SignalChange::Came { signal: signal(id, until_ms), used };
        journal.append(&[], &[came("s1", 100, false), came("s2", 200, true), came("s3", 300, false)]).unwrap();
        // The same id again counts once.
        journal.append(&[], &[came("s1", 999, false), SignalChange::Used { id: "s3".into() }]).unwrap();
        let kept = |now| journal.signals(now).unwrap().into_iter().map(|(s, used)| (s.id, used)).collect::<Vec<_>>();
        assert_eq!(kept(50), [("s1".into(), false), ("s2".into(), true), ("s3".into(), true)]);
        assert_eq!(kept(100), [("s2".into(), true), ("s3".into(), true)]);
        journal.append(&[], &[SignalChange::Expired { before_ms: 200 }]).unwrap();
        assert_eq!(journal.signals(0).unwrap(), [(signal("s3", 300), true)]);
    });
}

#[test]
fn one_writes_and_many_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path()).unwrap();
    let error = Journal::open(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Locked { .. }));
    assert!(error.to_string().contains("--data DIR"), "{error}");

    let (one, two) = (Reader::open(folder.path()).unwrap(), journal.reader().unwrap());
    append(&mut journal, &run_id(1), &record(0, [started(&run_id(1))])).unwrap();
    assert_eq!((one.runs(9).unwrap().len(), two.runs(9).unwrap().len()), (1, 1));
    drop(journal);
    assert!(Journal::open(folder.path()).is_ok());
}

#[test]
fn what_is_no_journal_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, make: &dyn Fn(&Path), expected: &str| {
        let path = folder.path().join(name);
        make(&path);
        let before = std::fs::read(&path).ok();
        for error in [Journal::open(&path).unwrap_err(), Reader::open(&path).unwrap_err()] {
            assert!(error.to_string().contains(expected), "{name}: {error}");
        }
        assert_eq!(std::fs::read(&path).ok(), before, "{name}");
    };
    check(
        "text.db",
        &|path| std::fs::write(path, "not a database, but long enough".repeat(99)).unwrap(),
        "is not a journal",
    );
    let other = |sql: &str, path: &Path| rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    check("other.db", &|path| other("CREATE TABLE cats (name)", path), "is not a journal");
    check(
        "newer.db",
        &|path| other("CREATE TABLE t (n); PRAGMA application_id = 1130916971; PRAGMA user_version = 7", path),
        "has format 7 and this program knows up to 3: use a newer chalktalk",
    );

    let missing = Reader::open(folder.path().join("nothing")).unwrap_err();
    assert!(missing.to_string().contains("start a run first"), "{missing}");
    // An interrupted first start leaves an empty file behind.
    std::fs::write(folder.path().join("empty.db"), "").unwrap();
    assert!(Journal::open(folder.path().join("empty.db")).is_ok());
    // A file where the folder should be.
    std::fs::write(folder.path().join("file"), "x").unwrap();
    assert!(Journal::open(folder.path().join("file/data")).is_err());
}

#[test]
fn events_of_a_newer_version_are_kept_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_id(1);
    let mut journal = Journal::open(folder.path()).unwrap();
    append(&mut journal, &run, &record(0, [started(&run), step(1), step(2), step(3)])).unwrap();
    let raw = r#"{"Teleported":{"ball":0}}"#;
    append(&mut journal, &run, &record(4, [step(4)])).unwrap();
    append(&mut journal, &run, &record(5, [step(5), step(6)])).unwrap();
    let other = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
    other.execute("UPDATE batch SET body = json_set(body, '$[3]', json(?1)) WHERE seq = 0", [raw]).unwrap();
    other.execute("UPDATE batch SET v = 3 WHERE seq = 4", []).unwrap();

    let history = journal.events(&run).unwrap();
    assert_eq!(history.events.iter().map(|recorded| recorded.seq).collect::<Vec<_>>(), [0, 2, 3, 5, 6]);
    assert_eq!(history.unread.iter().map(|unread| unread.seq).collect::<Vec<_>>(), [1, 4]);
    for (from, limit, seqs) in
        [(1, 2, vec![1, 2]), (2, 9, vec![2, 3, 4, 5, 6]), (6, 9, vec![6]), (7, 9, vec![]), (3, 3, vec![3, 4, 5])]
    {
        let some = journal.some_events(&run, from, limit).unwrap();
        let read = some.events.iter().map(|recorded| recorded.seq);
        let mut found: Vec<_> = read.chain(some.unread.iter().map(|unread| unread.seq)).collect();
        found.sort_unstable();
        assert_eq!(found, seqs, "{limit} from {from}");
    }
    assert_eq!(history.unread[0].raw, raw);
    assert!(history.unread[0].why.contains("Teleported"), "{}", history.unread[0].why);
    assert!(history.unread[1].why.contains("format 3"), "{}", history.unread[1].why);
}

/// As when a program is started while the journal is closed: it has a copy of the lock until it runs.
#[test]
fn a_lock_that_goes_at_once_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let (going, goes) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        goes.recv().unwrap();
        drop(journal);
    });
    assert!(matches!(Journal::open(folder.path()), Err(Error::Locked { .. })), "it is held for good");
    going.send(()).unwrap();
    assert!(Journal::open(folder.path()).is_ok());
    holder.join().unwrap();
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_id(1);
    let mut journal = Journal::open(folder.path()).unwrap();
    append(&mut journal, &run, &record(0, [started(&run)])).unwrap();
    let limit = |journal: &Journal, more| match &journal.reader.store {
        Store::File(file) => file.limit_pages(more),
        Store::Memory(_) => unreachable!("it was opened from a folder"),
    };
    limit(&journal, 3);
    let (mut next, mut full) = (1, None);
    while full.is_none() {
        match append(&mut journal, &run, &record(next, (0..20).map(step))) {
            Ok(()) => next += 20,
            Err(error) => full = Some(error),
        }
        assert!(next < 10_000, "the limit holds");
    }
    let error = full.unwrap();
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert!(error.to_string().contains("free some space"), "{error}");
    assert_eq!(journal.events(&run).unwrap().events.len() as u64, next);
    // With space again it goes on.
    limit(&journal, 100);
    append(&mut journal, &run, &record(next, (0..20).map(step))).unwrap();
    drop(journal);
    assert_eq!(Journal::open(folder.path()).unwrap().events(&run).unwrap().events.len() as u64, next + 20);
}

#[test]
fn a_folder_that_may_not_be_written_is_told() {
    // Root may write anywhere, so only the mapping can be checked everywhere.
    let readonly = std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem);
    let error = Error::io(Path::new("/data/journal.db"), readonly);
    assert_eq!(
        error.to_string(),
        "the journal /data/journal.db may not be written: allow it, or give another folder with --data DIR"
    );
}

/// The old file holds a finished run, a run that was cut off, and an event that no version knows.
#[test]
fn an_old_journal_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v1.db");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories/v1.db"), &path).unwrap();
    let journal = Journal::open(&path).unwrap();
    let runs = journal.runs(9).unwrap();
    let summary: Vec<_> = runs.iter().map(|info| (info.run.as_str(), info.status, info.n_events)).collect();
    assert_eq!(summary, [("run-2", Status::Running, 2), ("run-1", Status::Failed, 4)]);
    assert_eq!(journal.document_of(&run_id(1)).unwrap().as_deref(), Some("play shop/1.2/checkout {}\n"));
    let history = journal.events(&run_id(1)).unwrap();
    assert_eq!((history.events.len(), history.unread.len()), (3, 1));
    assert_eq!(history.events[0].event, started(&run_id(1)));
    assert_eq!(journal.signals(0).unwrap().len(), 1);
}

#[test]
fn an_old_journal_can_be_read_as_it_is_and_be_written_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v1.db");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories/v1.db"), &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.run(&run_id(2)).unwrap().n_events, 2);
    assert_eq!(reader.events(&run_id(2)).unwrap().events.len(), 2);
    drop(reader);
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let mut journal = Journal::open(&path).unwrap();
    append(&mut journal, &run_id(2), &record(2, [step(2), step(3)])).unwrap();
    let history = journal.events_from(&run_id(2), 1).unwrap();
    assert_eq!(history.events.iter().map(|recorded| recorded.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(journal.run(&run_id(2)).unwrap().n_events, 4);
    journal.delete(&run_id(2)).unwrap();
    assert!(matches!(journal.events(&run_id(2)), Err(Error::UnknownRun { .. })));
}

/// As version 2 left a file: an index instead of places, and an object of time and event for each event.
fn make_version_2(path: &Path) {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch(
        "UPDATE batch SET v = 1, body = (SELECT json_group_array(json_object('at', a.value, 'event', json(e.value))) \
         FROM json_each(batch.body) AS a JOIN json_each(batch.body) AS e ON e.key = a.key + 1 WHERE a.key % 2 = 0);
         DROP TABLE place; DROP TABLE placed;
         CREATE UNIQUE INDEX batch_run ON batch (run, seq);
         PRAGMA user_version = 2;",
    )
    .unwrap();
}

#[test]
fn a_journal_of_version_2_can_be_read_as_it_is_and_be_written_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    let (a, b) = (run_id(1), run_id(2));
    let mut journal = Journal::open(&path).unwrap();
    append(&mut journal, &a, &record(0, [started(&a), step(1)])).unwrap();
    append(&mut journal, &b, &record(0, [started(&b)])).unwrap();
    append(&mut journal, &a, &record(2, [step(2)])).unwrap();
    let events = journal.events(&a).unwrap();
    assert_eq!(events.events.len(), 3);
    drop(journal);
    make_version_2(&path);

    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.events(&a).unwrap(), events);
    assert_eq!(reader.runs(9).unwrap().iter().map(|run| run.n_events).collect::<Vec<_>>(), [1, 3]);
    let mut seen = Vec::new();
    reader.each_unfinished(|one| seen.push((one.run, one.history.events.len()))).unwrap();
    assert_eq!(seen, [(a.clone(), 3), (b, 1)]);
    drop(reader);

    let mut journal = Journal::open(&path).unwrap();
    assert_eq!(journal.events(&a).unwrap(), events);
    append(&mut journal, &a, &record(3, [finished()])).unwrap();
    assert_eq!(journal.run(&a).unwrap().n_events, 4);
}

/// Batches are given their places some at a time; whatever stands where, a file shows what its twin in memory does.
#[test]
fn what_has_no_place_yet_is_found_too() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, mut twin) = (Journal::open(folder.path()).unwrap(), Journal::memory());
    let mut next = [0_u64; 7];
    let mut random = 12345_usize;
    for round in 0..3 * schema::TAIL {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let n = (random >> 33) % next.len();
        let run = run_id(n);
        let goes = next[n] > 0 && (random >> 40).is_multiple_of(97);
        for journal in [&mut file, &mut twin] {
            if goes {
                journal.delete(&run).unwrap();
            } else {
                let first = (next[n] == 0).then(|| started(&run));
                let events = record(next[n], first.into_iter().chain([step(next[n]), step(next[n] + 1)]));
                append(journal, &run, &events).unwrap();
            }
        }
        next[n] = if goes { 0 } else { next[n] + 2 + u64::from(next[n] == 0) };
        if round.is_multiple_of(50) || round % schema::TAIL < 3 {
            if round.is_multiple_of(100) {
                drop(file);
                file = Journal::open(folder.path()).unwrap();
            }
            let reader = file.reader().unwrap();
            for journal in [&*file, &reader] {
                assert_eq!(journal.runs(9).unwrap(), twin.runs(9).unwrap(), "round {round}");
                let of = |reader: &Reader| {
                    let mut seen = Vec::new();
                    reader.each_unfinished(|one| seen.push((one.run, one.history))).unwrap();
                    seen
                };
                assert_eq!(of(journal), of(&twin), "round {round}");
                for (n, next) in next.iter().enumerate().filter(|(_, next)| **next > 0) {
                    let some = |journal: &Reader| journal.some_events(&run_id(n), next / 2, 5).unwrap();
                    assert_eq!(some(journal), some(&twin), "round {round}");
                }
            }
        }
    }
}

const CHILD_FOLDER: &str = "CHALKTALK_TEST_JOURNAL";

/// Does nothing by itself; [`what_was_acknowledged_survives_kill`] starts it as a process of its own.
#[test]
fn writes_until_killed() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let mut journal = Journal::open(folder).unwrap();
    let mut out = std::io::stdout();
    for n in 0.. {
        let (a, b) = (run_id(2 * n), run_id(2 * n + 1));
        let mut next = 0;
        for size in [1, 300, 7, 1500] {
            let events = |run: &RunId| {
                let first = if next == 0 { vec![started(run)] } else { Vec::new() };
                record(next, first.into_iter().chain((0..size).map(step)))
            };
            let (of_a, of_b) = (events(&a), events(&b));
            let batch =
                [Append { run: &a, document: None, events: &of_a }, Append { run: &b, document: None, events: &of_b }];
            journal.append(&batch, &[]).unwrap();
            next += of_a.len() as u64;
            writeln!(out, "kept {a} {next}\nkept {b} {next}").unwrap();
            out.flush().unwrap();
        }
    }
}

#[test]
fn what_was_acknowledged_survives_kill() {
    for n_lines in [1, 2, 3, 5, 8, 13, 21, 34] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::tests::writes_until_killed", "--nocapture", "--test-threads=1"])
            .env(CHILD_FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut kept: Vec<String> = lines.by_ref().filter(|line| line.starts_with("kept ")).take(n_lines).collect();
        child.kill().unwrap();
        // It may have got further before it died.
        kept.extend(lines.filter(|line| line.starts_with("kept ") && line.split(' ').count() == 3));
        child.wait().unwrap();

        assert!(kept.len() >= n_lines);
        let journal = Journal::open(folder.path()).unwrap();
        for line in &kept {
            let words: Vec<_> = line.split(' ').collect();
            let history = journal.events(&RunId::new(words[1])).unwrap();
            assert!(history.events.len() >= words[2].parse().unwrap(), "{line}");
            assert!((0..).zip(&history.events).all(|(seq, recorded)| recorded.seq == seq));
        }
        // Appends are whole: both runs of a batch are there, or neither.
        let counts: Vec<_> = journal.runs(usize::MAX).unwrap().iter().map(|info| info.n_events).collect();
        assert!(counts.chunks(2).all(|pair| pair.len() == 2 && pair[0] == pair[1]), "{counts:?}");
    }
}

/// When the runs of these tests start.
const STARTED_MS: u64 = 1_700_000_000_000;

fn started_by(run: &RunId, parent: &RunId) -> Event {
    let Event::Started(started) = started(run) else { unreachable!("it is one") };
    Event::Started(Box::new(Started { parent: Some((parent.clone(), NodeId::new("a"))), ..*started }))
}

#[test]
fn old_runs_are_deleted_unless_somebody_needs_them() {
    on_both(|mut journal| {
        let [goes_on, over, child, needed, grandchild] = [1, 2, 3, 4, 5].map(run_id);
        for (run, events) in [
            (&goes_on, vec![started(&goes_on)]),
            (&over, vec![started(&over), finished()]),
            (&child, vec![started_by(&child, &goes_on), finished()]),
            (&needed, vec![started(&needed), finished()]),
            (&grandchild, vec![started_by(&grandchild, &over), finished()]),
        ] {
            append(&mut journal, run, &record(0, events)).unwrap();
        }
        let names = |journal: &Journal| {
            journal.runs(9).unwrap().into_iter().map(|info| info.run.to_string()).collect::<Vec<_>>()
        };
        let none = Swept { n_deleted: 0, next: None };
        assert_eq!(journal.sweep(0, STARTED_MS, &[]).unwrap(), none);
        let some = Swept { n_deleted: 2, next: None };
        assert_eq!(journal.sweep(0, STARTED_MS + 1, std::slice::from_ref(&needed)).unwrap(), some);
        assert_eq!(names(&journal), ["run-4", "run-3", "run-1"]);
        // Once the parent is over, both may go.
        append(&mut journal, &goes_on, &record(1, [finished()])).unwrap();
        assert_eq!(journal.sweep(0, STARTED_MS + 1, &[needed]).unwrap().n_deleted, 2);
        assert_eq!(names(&journal), ["run-4"]);
    });
}

#[test]
fn the_space_of_deleted_runs_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path()).unwrap();
    let n_pages = |journal: &Journal| -> i64 {
        let conn = rusqlite::Connection::open(journal.path().unwrap()).unwrap();
        conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap()
    };
    let mut most = 0;
    for round in 0..5 {
        for n in 0..300 {
            let run = run_id(round * 1000 + n);
            let big = Event::CancelAsked { reason: "x".repeat(3000) };
            append(&mut journal, &run, &record(0, [started(&run), big, finished()])).unwrap();
        }
        if round == 0 {
            most = n_pages(&journal) * 11 / 10;
        }
        assert!(n_pages(&journal) <= most, "round {round}");
        let mut after = 0;
        let mut n_deleted = 0;
        loop {
            let swept = journal.sweep(after, STARTED_MS + 1, &[]).unwrap();
            assert!(swept.n_deleted <= 16, "a step is small");
            n_deleted += swept.n_deleted;
            let Some(next) = swept.next else { break };
            after = next;
        }
        assert_eq!((n_deleted, journal.runs(1).unwrap().len()), (300, 0));
    }
}

#[test]
fn a_journal_that_was_not_closed_is_checked_and_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let (file, lock) = (folder.path().join(FILE_NAME), folder.path().join("journal.db.lock"));
    let mut journal = Journal::open(folder.path()).unwrap();
    for n in 1..4 {
        append(&mut journal, &run_id(n), &record(0, [started(&run_id(n)), finished()])).unwrap();
    }
    assert_eq!(std::fs::read(&lock).unwrap(), b"", "it is not closed");
    drop(journal);
    assert_eq!(std::fs::read(&lock).unwrap(), b"closed\n");
    let whole = std::fs::read(&file).unwrap();
    let is_sound = || -> bool {
        let conn = rusqlite::Connection::open(&file).unwrap();
        let found: rusqlite::Result<String> = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
        found.is_ok_and(|found| found == "ok")
    };
    // In the index of the runs' names.
    let places = whole.windows(5).enumerate().filter(|(_, window)| window == b"run-2").map(|(at, _)| at);
    let damaged = places.into_iter().any(|at| {
        let mut bytes = whole.clone();
        bytes[at + 4] = b'7';
        std::fs::write(&file, bytes).unwrap();
        !is_sound()
    });
    assert!(damaged);
    // After a clean stop nobody looks.
    drop(Journal::open(folder.path()).unwrap());
    std::fs::write(&lock, "").unwrap();
    for _ in 0..2 {
        let error = Journal::open(folder.path()).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("sqlite_autoindex_run_1") && said.contains("read what can be read"), "{said}");
    }
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.runs(9).unwrap().len(), 3);
    assert_eq!(reader.events(&run_id(3)).unwrap().events.len(), 2);
    // A sound one that was not closed is opened.
    std::fs::write(&file, whole).unwrap();
    drop(Journal::open(folder.path()).unwrap());
}
