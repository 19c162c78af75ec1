use std::collections::BTreeSet;

use rusqlite::{Connection, TransactionBehavior};

/// Of the tables. A journal of a newer version is refused, an older one migrated on opening it to write.
pub(super) const VERSION: i64 = 3;
/// Of the text in `event.body` and in `batch.body`: 2 has the times of events between them, 1 had objects of both.
pub(super) const BODY_VERSION: i64 = 2;
/// "Chlk", so that no other program's database is taken for a journal.
pub(super) const APPLICATION_ID: i64 = 0x4368_6C6B;

/// `run.n` numbers runs in the order of their start. `event` holds the events that programs of version 1 wrote.
const TABLES: &str = "
CREATE TABLE document (
    id     INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL,
    text   TEXT NOT NULL
) STRICT;
CREATE INDEX document_digest ON document (digest);

CREATE TABLE run (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    play       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    formation  TEXT,
    document   INTEGER REFERENCES document (id),
    started_ms INTEGER NOT NULL,
    status     TEXT NOT NULL,
    reason     TEXT
) STRICT;
CREATE INDEX run_running ON run (n) WHERE status = 'running';

CREATE TABLE event (
    run  INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    v    INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE signal (
    n        INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    body     TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    used     INTEGER NOT NULL
) STRICT;
";

/// Since version 2: what was appended to a run at once, as a JSON array `[at, event, at, event, …]`, whose first event has
/// the number `seq` and the last one `next - 1` and the time `at`.
///
/// A row for each append and not for each event, at the end of the table and not beside the run's other ones: a commit
/// writes few pages, however many runs it is about.
const BATCH: &str = "
CREATE TABLE batch (
    n    INTEGER PRIMARY KEY,
    run  INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    next INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    v    INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
";

/// Since version 3: where the batches of a run are, up to batch `placed.upto`. Those after it, about [`TAIL`] at most, are found by
/// looking at each.
///
/// Version 2 had an index instead, of which every commit wrote a page for each of its runs.
const PLACE: &str = "
CREATE TABLE place (
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    n   INTEGER NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE placed (upto INTEGER NOT NULL) STRICT;
INSERT INTO placed VALUES (0);
";

/// Batches without a place, after which they get theirs.
pub(super) const TAIL: usize = 1024;

/// Pages of `place` that one commit writes for batches that have none, roughly. A thousand runs that did one thing each have
/// theirs on as many, and to write them all takes longer than a run may be held up.
const LEAVES: usize = 96;
/// Runs whose places are on one page, roughly.
const NEIGHBOURS: i64 = 64;

/// Came after the first version, which passes over it; so it needs no version of its own.
const REGISTERED: &str = "
CREATE TABLE IF NOT EXISTS registered (
    play      TEXT PRIMARY KEY,
    document  INTEGER NOT NULL REFERENCES document (id),
    formation TEXT
) STRICT;
";

/// What a database file turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Empty,
    Version(i64),
    SomethingElse,
}

pub(super) fn look(conn: &Connection) -> rusqlite::Result<Found> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let n_tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    Ok(match (application, version, n_tables) {
        (0, 0, 0) => Found::Empty,
        (APPLICATION_ID, version, _) => Found::Version(version),
        _ => Found::SomethingElse,
    })
}

/// Makes the tables of an empty file, all or nothing.
pub(super) fn create(conn: &mut Connection) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for tables in [TABLES, BATCH, PLACE] {
        tx.execute_batch(tables)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

/// Adds to the tables of an older program what it did not know, if it is not there.
pub(super) fn complete(conn: &mut Connection) -> rusqlite::Result<()> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version < VERSION {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if version < 2 {
            tx.execute_batch(BATCH)?;
        }
        tx.execute_batch(PLACE)?;
        tx.execute_batch("DROP INDEX IF EXISTS batch_run")?;
        give_places(&tx, usize::MAX)?;
        tx.pragma_update(None, "user_version", VERSION)?;
        tx.commit()?;
    }
    if has_registered(conn)? { Ok(()) } else { conn.execute_batch(REGISTERED) }
}

/// Gives the oldest batches that have none their places, until that writes `n_leaves` pages of the table, roughly. Gives how
/// many that were, and whether it was all. Within a transaction.
fn give_places(conn: &Connection, n_leaves: usize) -> rusqlite::Result<(usize, bool)> {
    let mut leaves = BTreeSet::new();
    let (mut n, mut upto, mut is_all) = (0, None, true);
    let mut batches = conn.prepare_cached("SELECT n, run FROM batch WHERE n > (SELECT upto FROM placed) ORDER BY n")?;
    let mut rows = batches.query([])?;
    while let Some(row) = rows.next()? {
        leaves.insert(row.get::<_, i64>(1)? / NEIGHBOURS);
        is_all = leaves.len() <= n_leaves;
        if !is_all {
            break;
        }
        upto = Some(row.get::<_, i64>(0)?);
        n += 1;
    }
    drop(rows);
    if let Some(upto) = upto {
        conn.prepare_cached(
            "INSERT INTO place (run, seq, n) \
             SELECT run, seq, n FROM batch WHERE n > (SELECT upto FROM placed) AND n <= ?1 ORDER BY run, seq",
        )?
        .execute([upto])?;
        conn.prepare_cached("UPDATE placed SET upto = ?1")?.execute([upto])?;
    }
    Ok((n, is_all))
}

/// The batches that have no place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tail {
    n: usize,
    /// Once they are too many some get theirs with each commit, until all have.
    is_placing: bool,
}

impl Tail {
    /// As it was left.
    pub fn of(conn: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT count(*) FROM batch WHERE n > (SELECT upto FROM placed)";
        let n: i64 = conn.query_row(sql, [], |row| row.get(0))?;
        Ok(Self { n: usize::try_from(n).unwrap_or(0), is_placing: false })
    }

    /// After `n_new` more. Within the transaction that writes them.
    pub fn grow(&mut self, conn: &Connection, n_new: usize) -> rusqlite::Result<()> {
        self.n += n_new;
        self.is_placing |= self.n > TAIL;
        while self.is_placing {
            let (n, is_all) = give_places(conn, LEAVES)?;
            *self = Self { n: if is_all { 0 } else { self.n.saturating_sub(n) }, is_placing: !is_all };
            if self.n <= 2 * TAIL {
                break;
            }
        }
        Ok(())
    }
}

/// Gives a connection that only reads an older program's file what is missing there: its own, and empty or made of what
/// there is.
pub(super) fn imagine(conn: &Connection, version: i64) -> rusqlite::Result<()> {
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    if version < 2 {
        conn.execute_batch(&BATCH.replace("CREATE TABLE", "CREATE TEMP TABLE"))?;
    }
    // All have their places, by the index of version 2.
    conn.execute_batch(
        "CREATE TEMP VIEW place AS SELECT run, seq, n FROM batch;
         CREATE TEMP VIEW placed AS SELECT 9223372036854775807 AS upto;",
    )
}

pub(super) fn has_registered(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'registered'", [], |row| row.get::<_, i64>(0))
        .map(|n| n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(conn: &Connection, sql: &str) -> usize {
        conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
    }

    /// Writes a commit of batches of these runs.
    fn commit(conn: &Connection, tail: &mut Tail, runs: impl ExactSizeIterator<Item = usize>) {
        let n_new = runs.len();
        for run in runs {
            let run = i64::try_from(run).unwrap();
            conn.execute(
                "INSERT INTO batch (run, seq, next, at, v, body) SELECT ?1, count(*), 0, 0, 0, '' FROM batch",
                [run],
            )
            .unwrap();
        }
        tail.grow(conn, n_new).unwrap();
    }

    #[test]
    fn runs_far_from_each_other_get_their_places_by_and_by_and_none_is_left_out() {
        let mut conn = Connection::open_in_memory().unwrap();
        create(&mut conn).unwrap();
        let mut tail = Tail::of(&conn).unwrap();
        let mut most_at_once = 0;
        let mut before = 0;
        for n in 0..3 * TAIL {
            commit(&conn, &mut tail, std::iter::once(n * 7919 % 1_000_000));
            let placed = count(&conn, "SELECT count(*) FROM place");
            most_at_once = most_at_once.max(placed - before);
            before = placed;
            assert_eq!(placed, count(&conn, "SELECT count(*) FROM batch WHERE n <= (SELECT upto FROM placed)"));
            assert_eq!(tail.n, n + 1 - placed);
            assert!(tail.n <= TAIL, "{n}");
        }
        assert!((LEAVES..=2 * LEAVES).contains(&most_at_once), "{most_at_once}");
        // Neighbours, and more of others at once than may be left.
        commit(&conn, &mut tail, 0..4 * TAIL);
        assert!(tail.n <= 2 * TAIL, "{}", tail.n);
        commit(&conn, &mut tail, (0..4 * TAIL).map(|n| n * 7919 % 1_000_000).collect::<Vec<_>>().into_iter());
        assert!(tail.n <= 2 * TAIL, "{}", tail.n);
        assert_eq!(Tail::of(&conn).unwrap().n, tail.n);
        let lost = "SELECT count(*) FROM batch WHERE n <= (SELECT upto FROM placed) AND n NOT IN (SELECT n FROM place)";
        assert_eq!(count(&conn, lost), 0);
    }
}
