use rusqlite::{Connection, TransactionBehavior};

/// Of the tables. A journal of a newer version is refused, an older one migrated on opening it to write.
pub(super) const VERSION: i64 = 1;
/// Of the text in `event.body`.
pub(super) const BODY_VERSION: i64 = 1;
/// "Chlk", so that no other program's database is taken for a journal.
pub(super) const APPLICATION_ID: i64 = 0x4368_6C6B;

/// `run.n` numbers runs in the order of their start. `event` clusters a run's events; there is no second index to keep,
/// since that would halve the rate of writing.
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
    tx.execute_batch(TABLES)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

/// Adds to the tables of an older program what it did not know, if it is not there.
pub(super) fn complete(conn: &Connection) -> rusqlite::Result<()> {
    if has_registered(conn)? { Ok(()) } else { conn.execute_batch(REGISTERED) }
}

pub(super) fn has_registered(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'registered'", [], |row| row.get::<_, i64>(0))
        .map(|n| n > 0)
}
