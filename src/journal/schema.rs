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

/// Since version 3: where the batches of a run are, up to batch `placed.upto`. Those after it, at most [`TAIL`], are found by
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

/// Batches that have no place yet, at most.
pub(super) const TAIL: usize = 1024;

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
        give_places(&tx)?;
        tx.pragma_update(None, "user_version", VERSION)?;
        tx.commit()?;
    }
    if has_registered(conn)? { Ok(()) } else { conn.execute_batch(REGISTERED) }
}

/// Gives all batches their places. Within a transaction.
pub(super) fn give_places(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO place (run, seq, n) \
         SELECT run, seq, n FROM batch WHERE n > (SELECT upto FROM placed) ORDER BY run, seq",
    )?
    .execute([])?;
    conn.prepare_cached("UPDATE placed SET upto = (SELECT coalesce(max(n), 0) FROM batch)")?.execute([]).map(drop)
}

/// How many batches have no place.
pub(super) fn tail(conn: &Connection) -> rusqlite::Result<usize> {
    let sql = "SELECT count(*) FROM batch WHERE n > (SELECT upto FROM placed)";
    let n: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    Ok(usize::try_from(n).unwrap_or(0))
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
