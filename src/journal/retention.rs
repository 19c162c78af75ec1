//! What is deleted since it is old: finished runs that nobody needs, some at a time.

use rusqlite::{Connection, params};

use super::file::{FileStore, SELECT_RUN, count, int, run_info, whole};
use super::{Error, RunInfo, Status};
use crate::base::RunId;
use crate::event::Event;

/// Runs that are looked at in one step, and those that are deleted in it.
const LOOKED_AT: u64 = 256;
const DELETED: usize = 16;

/// What a step of [`super::Journal::sweep`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub n_deleted: usize,
    /// Where the next step begins, until all runs of that age have been looked at.
    pub next: Option<u64>,
}

impl FileStore {
    pub fn sweep(&self, after: u64, before_ms: u64, needed: &[RunId]) -> Result<Swept, Error> {
        let at = |source| Error::sqlite(&self.path, source);
        // Runs are numbered as they start, and none ends before it starts.
        let sql = format!("{SELECT_RUN} WHERE run.n > ?1 AND started_ms < ?2 ORDER BY run.n LIMIT ?3");
        let rows = self.conn.prepare_cached(&sql).and_then(|mut query| {
            let values = params![int(after), int(before_ms), int(LOOKED_AT)];
            let rows = query.query_map(values, |row| Ok((count(row.get(9)?), run_info(row)?)))?;
            rows.collect::<Result<Vec<(u64, RunInfo)>, _>>()
        });
        let rows = rows.map_err(at)?;
        let is_last = (rows.len() as u64) < LOOKED_AT;
        let mut swept = Swept::default();
        let mut last = after;
        whole(&self.conn, &self.path, || {
            for (n, info) in rows {
                if swept.n_deleted == DELETED {
                    swept.next = Some(last);
                    return Ok(());
                }
                last = n;
                if is_over(&info, before_ms) && !needed.contains(&info.run) && !self.parent_goes_on(&info.run)? {
                    self.delete_run(&info.run)?;
                    swept.n_deleted += 1;
                }
            }
            swept.next = (!is_last).then_some(last);
            Ok(())
        })?;
        Ok(swept)
    }

    /// A parent that has not had the answer yet asks the run that gave it, after a crash.
    fn parent_goes_on(&self, run: &RunId) -> Result<bool, Error> {
        let first = self.events_from(run, 0, 1)?.events.pop();
        let Some(Event::Started(started)) = first.map(|first| first.event) else { return Ok(false) };
        let Some((parent, _)) = started.parent else { return Ok(false) };
        match self.run(&parent) {
            Ok(parent) => Ok(!is_finished(parent.status)),
            // Of another server, or gone.
            Err(Error::UnknownRun { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Forgets the documents of runs that are gone, before anybody may be about to use one.
pub(super) fn clear_documents(conn: &Connection) -> rusqlite::Result<()> {
    let unused = "FROM document WHERE id NOT IN (SELECT document FROM run WHERE document IS NOT NULL) \
                  AND id NOT IN (SELECT document FROM registered)";
    // A journal that needs nothing is not written.
    let any: bool = conn.query_row(&format!("SELECT EXISTS (SELECT 1 {unused})"), [], |row| row.get(0))?;
    if any { conn.execute(&format!("DELETE {unused}"), []).map(drop) } else { Ok(()) }
}

pub(super) const fn is_over(info: &RunInfo, before_ms: u64) -> bool {
    is_finished(info.status) && info.started_ms.saturating_add(info.duration.0 / 1000) < before_ms
}

const fn is_finished(status: Status) -> bool {
    matches!(status, Status::Passed | Status::Failed | Status::Cancelled)
}
