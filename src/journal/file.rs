use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use rustc_hash::FxHashMap;

use super::body;
use super::checkpoint::Checkpoints;
use super::mark::Held;
use super::schema::{self, BODY_VERSION, Found, Tail, VERSION};
use super::{
    Append, DocId, Error, Filter, History, KeySignal, Page, Registered, RunInfo, SignalChange, Status, Unread, dir,
    ending, mark, retention,
};
use crate::base::{Coord, RunId, RunMicros};
use crate::event::{Event, Recorded, Started};

/// How long a statement waits for another connection; only checkpoints and opening ever make it wait.
const BUSY: Duration = Duration::from_secs(5);

/// Of runs that are remembered: the others are found again.
const MAX_PLACES: usize = 65_536;

#[derive(Debug)]
pub(super) struct FileStore {
    pub(super) path: PathBuf,
    /// Of runs that were appended to and have not finished: the places that need not be looked up, some of them.
    open: FxHashMap<RunId, Place>,
    /// Batches that have no place yet.
    tail: Tail,
    body: Vec<u8>,
    /// Brings what is in the log into the file. `None` for a reader. Ends before the connection, so that the last to close
    /// the file is the one that tidies up.
    checkpoints: Option<Checkpoints>,
    pub(super) conn: Connection,
    /// Held while this store may write. Goes after the connection.
    _held: Option<Held>,
}

/// Where a run's next event goes.
#[derive(Clone, Copy, Debug)]
struct Place {
    n: i64,
    next: u64,
}

impl FileStore {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let path = dir::file_of(path);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|source| Error::io(&path, source))?;
        }
        let (mut held, was_closed) = mark::lock(&path)?;
        let mut conn = Connection::open(&path).map_err(|source| opening(&path, source))?;
        if !was_closed {
            mark::check(&conn, &path)?;
        }
        prepare(&mut conn, &path)?;
        held.is_sound = true;
        let tail = Tail::of(&conn).map_err(|source| Error::sqlite(&path, source))?;
        let checkpoints = Checkpoints::start(&path);
        if checkpoints.is_some() {
            conn.pragma_update(None, "wal_autocheckpoint", 0).map_err(|source| Error::sqlite(&path, source))?;
        }
        Ok(Self { path, open: FxHashMap::default(), tail, body: Vec::new(), checkpoints, conn, _held: Some(held) })
    }

    pub fn open_to_read(path: &Path) -> Result<Self, Error> {
        let path = dir::file_of(path);
        // To open and close the file would give up all locks that this process has on it.
        if let Err(source) = fs::metadata(&path) {
            return Err(match source.kind() {
                io::ErrorKind::NotFound => Error::Missing { path },
                io::ErrorKind::PermissionDenied => Error::Denied { path },
                _ => Error::Io { path, source },
            });
        }
        let at = |source| {
            if cannot_open(&source) { Error::Denied { path: path.clone() } } else { Error::sqlite(&path, source) }
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut conn = Connection::open_with_flags(&path, flags).map_err(at)?;
        conn.busy_timeout(BUSY).map_err(at)?;
        let found = match schema::look(&conn) {
            // A folder that may not be written has no place for the index of the log; without a log there is no need.
            Err(error) if cannot_open(&error) && !has_log(&path) => {
                let uri = format!("file:{}?immutable=1", uri_path(&path));
                conn = Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI).map_err(at)?;
                schema::look(&conn)
            }
            found => found,
        };
        match found.map_err(at)? {
            Found::Version(found) if found > VERSION => Err(Error::Newer { path, found, known: VERSION }),
            Found::Version(found) => {
                if found < VERSION {
                    schema::imagine(&conn, found).map_err(at)?;
                }
                let open = FxHashMap::default();
                Ok(Self { path, open, tail: Tail::default(), body: Vec::new(), checkpoints: None, conn, _held: None })
            }
            Found::Empty | Found::SomethingElse => Err(Error::NotAJournal { path }),
        }
    }

    pub fn survive_power_cuts(&self) -> Result<(), Error> {
        self.conn.pragma_update(None, "synchronous", "FULL").map_err(|source| Error::sqlite(&self.path, source))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn document(&mut self, text: &str) -> Result<DocId, Error> {
        let digest = digest(text);
        let at = |source| Error::sqlite(&self.path, source);
        let known = self
            .conn
            .prepare_cached("SELECT id FROM document WHERE digest = ?1 AND text = ?2")
            .and_then(|mut query| query.query_row(params![digest, text], |row| row.get(0)).optional())
            .map_err(at)?;
        if let Some(id) = known {
            return Ok(DocId(id));
        }
        self.conn.execute("INSERT INTO document (digest, text) VALUES (?1, ?2)", params![digest, text]).map_err(at)?;
        Ok(DocId(self.conn.last_insert_rowid()))
    }

    pub fn append(&mut self, batch: &[Append<'_>], signals: &[SignalChange]) -> Result<(), Error> {
        let Self { path, conn, open, body, tail, checkpoints, .. } = self;
        let at = |source| Error::sqlite(path, source);
        let mut places = Vec::with_capacity(batch.len());
        let mut n_bytes = 0;
        let mut longer = *tail;
        whole(conn, path, || {
            for append in batch {
                let place = match open.get(append.run) {
                    Some(place) => Some(*place),
                    None => find_place(conn, append.run).map_err(at)?,
                };
                places.push(write_run(conn, path, append, place, body)?);
                n_bytes += body.len();
            }
            longer.grow(conn, batch.len()).map_err(at)?;
            signals.iter().try_for_each(|change| write_signal(conn, change)).map_err(at)
        })?;
        *tail = longer;
        if let Some(checkpoints) = checkpoints {
            checkpoints.after(conn, n_bytes, batch.len());
        }
        for (append, (place, finished)) in batch.iter().zip(places) {
            if finished {
                open.remove(append.run);
            } else if let Some(known) = open.get_mut(append.run) {
                *known = place;
            } else {
                if open.len() >= MAX_PLACES {
                    open.clear();
                }
                open.insert(append.run.clone(), place);
            }
        }
        Ok(())
    }

    /// `status` stays: the next runner may be one that can go on with it.
    pub fn note_stop(&mut self, run: &RunId, why: Option<&str>) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE run SET reason = ?2 WHERE id = ?1 AND status = 'running' AND reason IS NOT ?2")
            .and_then(|mut update| update.execute(params![run.as_str(), why]))
            .map_err(|source| Error::sqlite(&self.path, source))?;
        Ok(())
    }

    pub fn delete(&mut self, run: &RunId) -> Result<(), Error> {
        let at = |source| Error::sqlite(&self.path, source);
        let tx = self.conn.unchecked_transaction().map_err(at)?;
        let document = self.delete_run(run)?;
        tx.execute(
            "DELETE FROM document WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM run WHERE document = ?1) \
             AND NOT EXISTS (SELECT 1 FROM registered WHERE document = ?1)",
            [document],
        )
        .map_err(at)?;
        tx.commit().map_err(at)?;
        self.open.remove(run);
        Ok(())
    }

    /// All of a run but its document, which is given. Within a transaction.
    pub(super) fn delete_run(&self, run: &RunId) -> Result<Option<i64>, Error> {
        let at = |source| Error::sqlite(&self.path, source);
        let found: Option<(i64, Option<i64>)> = self
            .conn
            .query_row("SELECT n, document FROM run WHERE id = ?1", [run.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(at)?;
        let Some((n, document)) = found else { return Err(Error::UnknownRun { run: run.clone() }) };
        for sql in [
            "DELETE FROM event WHERE run = ?1",
            "DELETE FROM batch WHERE n IN (SELECT n FROM place WHERE run = ?1)",
            "DELETE FROM batch WHERE n > (SELECT upto FROM placed) AND run = ?1",
            "DELETE FROM place WHERE run = ?1",
            "DELETE FROM run WHERE n = ?1",
        ] {
            self.conn.prepare_cached(sql).and_then(|mut delete| delete.execute([n])).map_err(at)?;
        }
        // The next batch may get the number of one that is gone, and has no place then.
        let last = "(SELECT coalesce(max(n), 0) FROM batch)";
        let sql = format!("UPDATE placed SET upto = {last} WHERE upto > {last}");
        self.conn.prepare_cached(&sql).and_then(|mut update| update.execute([])).map_err(at)?;
        Ok(document)
    }

    pub fn runs(&self, limit: usize) -> Result<Vec<RunInfo>, Error> {
        let sql = format!("{SELECT_RUN} ORDER BY run.n DESC LIMIT ?1");
        let rows = self.conn.prepare_cached(&sql).and_then(|mut query| {
            let rows = query.query_map([int(limit as u64)], run_info)?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        rows.map_err(|source| Error::sqlite(&self.path, source))
    }

    pub fn page(&self, filter: &Filter, limit: usize) -> Result<Page, Error> {
        let sql = format!(
            "{SELECT_RUN} WHERE (?1 IS NULL OR run.n < ?1) AND (?2 IS NULL OR ?2 = CASE WHEN status = 'running' AND reason IS NOT NULL THEN 'stopped' ELSE status END) AND (?3 IS NULL OR play = ?3) \
             ORDER BY run.n DESC LIMIT ?4"
        );
        let status = filter.status.map(Status::name);
        let play = filter.play.as_ref().map(ToString::to_string);
        let rows = self.conn.prepare_cached(&sql).and_then(|mut query| {
            let values = params![filter.before.map(int), status, play, int((limit as u64).saturating_add(1))];
            let rows = query.query_map(values, |row| Ok((count(row.get(9)?), run_info(row)?)))?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        let mut rows = rows.map_err(|source| Error::sqlite(&self.path, source))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(|(n, _)| *n) } else { None };
        Ok(Page { runs: rows.into_iter().map(|(_, info)| info).collect(), next })
    }

    pub fn register(&mut self, plays: &[(Coord, DocId, Option<String>)]) -> Result<(), Error> {
        let Self { path, conn, .. } = self;
        whole(conn, path, || {
            plays
                .iter()
                .try_for_each(|(play, document, formation)| {
                    conn.prepare_cached(
                        "INSERT OR REPLACE INTO registered (play, document, formation) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![play.to_string(), document.0, formation])
                    .map(drop)
                })
                .map_err(|source| Error::sqlite(path, source))
        })
    }

    pub fn registered(&self) -> Result<Vec<Registered>, Error> {
        let at = |source| Error::sqlite(&self.path, source);
        // A folder that an older program wrote and that is only read.
        if !schema::has_registered(&self.conn).map_err(at)? {
            return Ok(Vec::new());
        }
        let sql = "SELECT document.id, text, formation, play FROM registered \
                   JOIN document ON document.id = registered.document ORDER BY document.id, formation, play";
        let rows = self.conn.prepare_cached(sql).and_then(|mut query| {
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            query.query_map([], row)?.collect::<Result<Vec<(i64, String, Option<String>, String)>, _>>()
        });
        let mut found: Vec<(i64, Registered)> = Vec::new();
        for (document, text, formation, play) in rows.map_err(at)? {
            let Ok(play) = play.parse() else { continue };
            match found.last_mut() {
                Some((last, known)) if *last == document && known.formation == formation => known.plays.push(play),
                _ => found.push((document, Registered { text, formation, plays: vec![play] })),
            }
        }
        Ok(found.into_iter().map(|(_, registered)| registered).collect())
    }

    pub fn run(&self, run: &RunId) -> Result<RunInfo, Error> {
        let sql = format!("{SELECT_RUN} WHERE id = ?1");
        self.conn
            .prepare_cached(&sql)
            .and_then(|mut query| query.query_row([run.as_str()], run_info).optional())
            .map_err(|source| Error::sqlite(&self.path, source))?
            .ok_or_else(|| Error::UnknownRun { run: run.clone() })
    }

    pub fn unfinished(&self) -> Result<Vec<RunId>, Error> {
        let rows = self
            .conn
            .prepare_cached("SELECT id FROM run WHERE status = 'running' ORDER BY n")
            .and_then(|mut query| query.query_map([], |row| run_id(row, 0))?.collect());
        rows.map_err(|source| Error::sqlite(&self.path, source))
    }

    pub fn events_from(&self, run: &RunId, seq: u64, limit: usize) -> Result<History, Error> {
        let at = |source| Error::sqlite(&self.path, source);
        let place = find_place(&self.conn, run).map_err(at)?.ok_or_else(|| Error::UnknownRun { run: run.clone() })?;
        let mut history = History::default();
        let mut left = limit;
        let mut old = self
            .conn
            .prepare_cached("SELECT seq, at, v, body FROM event WHERE run = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3")
            .map_err(at)?;
        let mut rows = old.query(params![place.n, int(seq), int(limit as u64)]).map_err(at)?;
        while let Some(row) = rows.next().map_err(at)? {
            read_event(row, &mut history).map_err(at)?;
            left -= 1;
        }
        let mut batches = self
            .conn
            .prepare_cached(
                "SELECT place.seq AS seq, v, body FROM place JOIN batch ON batch.n = place.n \
                 WHERE place.run = ?1 AND place.seq >= \
                 coalesce((SELECT max(seq) FROM place WHERE run = ?1 AND seq <= ?2), 0) \
                 UNION ALL \
                 SELECT seq, v, body FROM batch WHERE n > (SELECT upto FROM placed) AND run = ?1 AND next > ?2 ORDER BY seq",
            )
            .map_err(at)?;
        let mut rows = batches.query(params![place.n, int(seq)]).map_err(at)?;
        while left > 0
            && let Some(row) = rows.next().map_err(at)?
        {
            left = body::read(row, seq, left, &mut history).map_err(at)?;
        }
        Ok(history)
    }

    pub fn document_of(&self, run: &RunId) -> Result<Option<String>, Error> {
        self.conn
            .prepare_cached("SELECT text FROM run LEFT JOIN document ON document.id = run.document WHERE run.id = ?1")
            .and_then(|mut query| query.query_row([run.as_str()], |row| row.get(0)).optional())
            .map_err(|source| Error::sqlite(&self.path, source))?
            .ok_or_else(|| Error::UnknownRun { run: run.clone() })
    }

    pub fn signals(&self, now_ms: u64) -> Result<Vec<(KeySignal, bool)>, Error> {
        let rows = self
            .conn
            .prepare_cached("SELECT body, used FROM signal WHERE until_ms > ?1 ORDER BY n")
            .and_then(|mut query| {
                let rows = query.query_map([int(now_ms)], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
                rows.collect::<Result<Vec<(String, bool)>, _>>()
            })
            .map_err(|source| Error::sqlite(&self.path, source))?;
        // One that a newer version wrote is for that version.
        let read = |(body, used): (String, bool)| serde_json::from_str(&body).ok().map(|signal| (signal, used));
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Bounds the file, as a full disk would.
    #[cfg(test)]
    pub fn limit_pages(&self, more: i64) {
        let pages: i64 = self.conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        self.conn.pragma_update(None, "max_page_count", pages + more).unwrap();
    }
}

fn prepare(conn: &mut Connection, path: &Path) -> Result<(), Error> {
    let at = |source| Error::sqlite(path, source);
    conn.busy_timeout(BUSY).map_err(at)?;
    conn.set_prepared_statement_cache_capacity(32);
    match schema::look(conn).map_err(at)? {
        Found::SomethingElse => return Err(Error::NotAJournal { path: path.to_owned() }),
        Found::Version(found) if found > VERSION => {
            return Err(Error::Newer { path: path.to_owned(), found, known: VERSION });
        }
        Found::Empty | Found::Version(_) => {}
    }
    // Answers with the mode that it could set.
    conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(at)?;
    conn.pragma_update(None, "synchronous", "NORMAL").map_err(at)?;
    conn.pragma_update(None, "foreign_keys", "OFF").map_err(at)?;
    if schema::look(conn).map_err(at)? == Found::Empty {
        schema::create(conn).map_err(at)?;
    }
    schema::complete(conn).map_err(at)?;
    // There is time for that later, as on a full disk.
    drop(retention::clear_documents(conn));
    Ok(())
}

/// All that `work` writes is kept, or nothing.
///
/// As rusqlite's own transactions, but with statements that are compiled once: a commit is small beside that.
pub(super) fn whole(conn: &Connection, path: &Path, work: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    let run = |sql: &str| {
        let done = conn.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        done.map_err(|source| Error::sqlite(path, source))
    };
    run("BEGIN IMMEDIATE")?;
    let result = work().and_then(|()| run("COMMIT"));
    if let Err(error) = result {
        // Some errors have ended the transaction already.
        if !conn.is_autocommit() {
            drop(run("ROLLBACK"));
        }
        return Err(error);
    }
    Ok(())
}

fn find_place(conn: &Connection, run: &RunId) -> rusqlite::Result<Option<Place>> {
    conn.prepare_cached(
        "SELECT n, coalesce(\
         (SELECT next FROM batch WHERE n > (SELECT upto FROM placed) AND batch.run = run.n ORDER BY n DESC LIMIT 1), \
         (SELECT next FROM place JOIN batch ON batch.n = place.n WHERE place.run = run.n ORDER BY place.seq DESC LIMIT 1), \
         (SELECT seq + 1 FROM event WHERE event.run = run.n ORDER BY seq DESC LIMIT 1), 0) FROM run WHERE id = ?1",
    )?
    .query_row([run.as_str()], |row| Ok(Place { n: row.get(0)?, next: count(row.get(1)?) }))
    .optional()
}

/// Gives the place after the last event, and whether the run is finished.
fn write_run(
    conn: &Connection,
    path: &Path,
    append: &Append<'_>,
    place: Option<Place>,
    body: &mut Vec<u8>,
) -> Result<(Place, bool), Error> {
    let at = |source| Error::sqlite(path, source);
    let out_of_order = |seq| Error::OutOfOrder { run: append.run.clone(), seq };
    let mut place = match (place, append.events.first().map(|first| &first.event)) {
        (Some(place), _) => place,
        (None, Some(Event::Started(started))) => insert_run(conn, append, started).map_err(at)?,
        (None, _) => return Err(out_of_order(append.events.first().map_or(0, |first| first.seq))),
    };
    let (Some(first), Some(last)) = (append.events.first(), append.events.last()) else { return Ok((place, false)) };
    if let Some(wrong) = (place.next..).zip(append.events).find(|(seq, recorded)| recorded.seq != *seq) {
        return Err(out_of_order(wrong.1.seq));
    }
    let text = body::write(append.events, body).map_err(|why| Error::Unwritable { run: append.run.clone(), why })?;
    place.next = last.seq + 1;
    conn.prepare_cached("INSERT INTO batch (run, seq, next, at, v, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .and_then(|mut insert| {
            insert.execute(params![place.n, int(first.seq), int(place.next), int(last.at.0), BODY_VERSION, text])
        })
        .map_err(at)?;
    let ending = append.events.iter().rev().find_map(|recorded| ending(&recorded.event));
    if let Some((status, reason)) = &ending {
        conn.prepare_cached("UPDATE run SET status = ?2, reason = ?3 WHERE n = ?1")
            .and_then(|mut update| update.execute(params![place.n, status.name(), reason]))
            .map_err(at)?;
    }
    Ok((place, ending.is_some()))
}

fn insert_run(conn: &Connection, append: &Append<'_>, started: &Started) -> rusqlite::Result<Place> {
    conn.prepare_cached(
        "INSERT INTO run (id, play, digest, formation, document, started_ms, status) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running')",
    )?
    .execute(params![
        append.run.as_str(),
        started.play.to_string(),
        started.digest,
        started.formation,
        append.document.map(|document| document.0),
        int(started.started_ms),
    ])?;
    Ok(Place { n: conn.last_insert_rowid(), next: 0 })
}

fn write_signal(conn: &Connection, change: &SignalChange) -> rusqlite::Result<()> {
    match change {
        SignalChange::Came { signal, used } => {
            let body = serde_json::to_string(signal)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
            conn.prepare_cached("INSERT OR IGNORE INTO signal (id, body, until_ms, used) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![signal.id, body, int(signal.until_ms), used])?
        }
        SignalChange::Used { id } => conn.prepare_cached("UPDATE signal SET used = 1 WHERE id = ?1")?.execute([id])?,
        SignalChange::Expired { before_ms } => {
            conn.prepare_cached("DELETE FROM signal WHERE until_ms <= ?1")?.execute([int(*before_ms)])?
        }
    };
    Ok(())
}

fn read_event(row: &Row<'_>, history: &mut History) -> rusqlite::Result<()> {
    let (seq, at) = (count(row.get(0)?), RunMicros(count(row.get(1)?)));
    let version: i64 = row.get(2)?;
    let body = row.get_ref(3)?.as_str()?;
    let event = if version > BODY_VERSION {
        Err(format!("it has format {version}, this program knows up to {BODY_VERSION}"))
    } else {
        serde_json::from_str(body).map_err(|error| error.to_string())
    };
    match event {
        Ok(event) => history.events.push(Recorded { seq, at, event }),
        Err(why) => history.unread.push(Unread { seq, at, raw: body.to_owned(), why }),
    }
    Ok(())
}

/// The last event of a run is found by its place or in the tail, so a list of runs costs a few steps for each.
pub(super) const SELECT_RUN: &str = "
    WITH tail AS MATERIALIZED (
        SELECT run, max(seq), next, at FROM batch WHERE n > (SELECT upto FROM placed) GROUP BY run)
    SELECT id, play, digest, formation, started_ms, status, reason, coalesce(tail.next, last.next, old.seq + 1, 0),
           coalesce(tail.at, last.at, old.at, 0), run.n FROM run
    LEFT JOIN tail ON tail.run = run.n
    LEFT JOIN batch AS last ON last.n = (SELECT n FROM place WHERE place.run = run.n ORDER BY place.seq DESC LIMIT 1)
    LEFT JOIN event AS old ON old.run = run.n AND old.seq = (SELECT max(seq) FROM event WHERE event.run = run.n)";

pub(super) fn run_info(row: &Row<'_>) -> rusqlite::Result<RunInfo> {
    let status: String = row.get(5)?;
    let play: String = row.get(1)?;
    let reason: Option<String> = row.get(6)?;
    Ok(RunInfo {
        run: run_id(row, 0)?,
        play: play.parse().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
        })?,
        digest: row.get(2)?,
        formation: row.get(3)?,
        started_ms: count(row.get(4)?),
        status: match status.as_str() {
            "passed" => Status::Passed,
            "failed" => Status::Failed,
            "cancelled" => Status::Cancelled,
            _ if reason.is_some() => Status::Stopped,
            _ => Status::Running,
        },
        reason,
        n_events: count(row.get(7)?),
        duration: RunMicros(count(row.get(8)?)),
    })
}

fn run_id(row: &Row<'_>, column: usize) -> rusqlite::Result<RunId> {
    Ok(RunId::new(row.get_ref(column)?.as_str()?))
}

/// SQLite's integers are signed; no count or time of a run comes near the limit.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// FNV-1a. It only finds candidates: equal texts are told by comparing them.
fn digest(text: &str) -> i64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash.cast_signed()
}

fn opening(path: &Path, source: rusqlite::Error) -> Error {
    if path.is_dir() { Error::NotAJournal { path: path.to_owned() } } else { Error::sqlite(path, source) }
}

fn cannot_open(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    matches!(error.sqlite_error_code(), Some(CannotOpen | ReadOnly))
}

fn has_log(path: &Path) -> bool {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push("-wal");
    fs::metadata(path.with_file_name(name)).is_ok_and(|log| log.len() > 0)
}

/// A path in a URI of SQLite's.
fn uri_path(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}
