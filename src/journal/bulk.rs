//! All unfinished runs in one pass, for a runner that starts.

use rusqlite::{OptionalExtension, params};
use rustc_hash::FxHashMap;

use super::body;
use super::file::FileStore;
use super::{DocId, Error, History};
use crate::base::RunId;

/// A run that has not finished, with all its events.
#[derive(Debug)]
pub struct Unfinished {
    pub run: RunId,
    /// What it runs, if that was kept.
    pub document: Option<DocId>,
    /// It is noted that it could not go on.
    pub is_stopped: bool,
    pub history: History,
}

impl FileStore {
    pub fn each_unfinished(&self, see: &mut dyn FnMut(Unfinished)) -> Result<(), Error> {
        let at = |source| Error::sqlite(&self.path, source);
        // Events of a program of version 1 are in another table: runs of a version or two ago.
        let any_old = self.conn.query_row("SELECT EXISTS (SELECT 1 FROM event)", [], |row| row.get(0)).map_err(at)?;
        if any_old {
            return self.unfinished()?.into_iter().try_for_each(|run| self.see_one(run, see));
        }
        // What has a place, and what has none yet, as they are at one moment.
        let _moment = self.conn.unchecked_transaction().map_err(at)?;
        let mut tail = self.tail_by_run()?;
        let mut query = self
            .conn
            .prepare_cached(
                "SELECT place.seq, batch.v, batch.body, run.n, run.id, run.document, run.reason IS NOT NULL \
                 FROM run LEFT JOIN place ON place.run = run.n LEFT JOIN batch ON batch.n = place.n \
                 WHERE run.status = 'running' ORDER BY run.n, place.seq",
            )
            .map_err(at)?;
        let mut rows = query.query([]).map_err(at)?;
        let mut last: Option<(i64, Unfinished)> = None;
        let mut whole = |(n, mut one): (i64, Unfinished)| {
            let more = tail.remove(&n).unwrap_or_default();
            one.history.events.extend(more.events);
            one.history.unread.extend(more.unread);
            one
        };
        while let Some(row) = rows.next().map_err(at)? {
            let n: i64 = row.get(3).map_err(at)?;
            if last.as_ref().is_none_or(|(known, _)| *known != n) {
                let run = RunId::new(row.get_ref(4).and_then(|id| Ok(id.as_str()?)).map_err(at)?);
                let document = row.get::<_, Option<i64>>(5).map_err(at)?.map(DocId);
                let is_stopped = row.get(6).map_err(at)?;
                let next = Unfinished { run, document, is_stopped, history: History::default() };
                if let Some(done) = last.replace((n, next)) {
                    see(whole(done));
                }
            }
            if let Some((_, one)) = &mut last
                && row.get::<_, Option<i64>>(0).map_err(at)?.is_some()
            {
                body::read(row, 0, usize::MAX, &mut one.history).map_err(at)?;
            }
        }
        if let Some(done) = last {
            see(whole(done));
        }
        Ok(())
    }

    /// The events that have no place yet, of each run by its number.
    fn tail_by_run(&self) -> Result<FxHashMap<i64, History>, Error> {
        let read = || {
            let mut found = FxHashMap::default();
            let mut query = self
                .conn
                .prepare_cached("SELECT seq, v, body, run FROM batch WHERE n > (SELECT upto FROM placed) ORDER BY n")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                body::read(row, 0, usize::MAX, found.entry(row.get(3)?).or_default())?;
            }
            Ok(found)
        };
        read().map_err(|source| Error::sqlite(&self.path, source))
    }

    fn see_one(&self, run: RunId, see: &mut dyn FnMut(Unfinished)) -> Result<(), Error> {
        let history = self.events_from(&run, 0, usize::MAX)?;
        let found: Option<(Option<i64>, bool)> = self
            .conn
            .prepare_cached("SELECT document, reason IS NOT NULL FROM run WHERE id = ?1")
            .and_then(|mut query| query.query_row([run.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional())
            .map_err(|source| Error::sqlite(&self.path, source))?;
        let (document, is_stopped) = found.unwrap_or_default();
        see(Unfinished { run, document: document.map(DocId), is_stopped, history });
        Ok(())
    }

    pub fn text(&self, document: DocId) -> Result<Option<String>, Error> {
        self.conn
            .prepare_cached("SELECT text FROM document WHERE id = ?1")
            .and_then(|mut query| query.query_row(params![document.0], |row| row.get(0)).optional())
            .map_err(|source| Error::sqlite(&self.path, source))
    }
}
