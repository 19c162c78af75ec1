//! Where runs are recorded: the data folder, or memory where that cannot be.

use std::path::Path;

use anyhow::Context;

use super::runs::data_dir;
use crate::journal::Journal;

/// The journal, and why it is not on disk if it is not.
///
/// # Errors
/// The folder that the person named cannot be used. The default folder is done without.
pub(super) fn open(named: Option<&Path>) -> anyhow::Result<(Journal, Option<String>)> {
    let Some(dir) = data_dir(named) else {
        return Ok((
            Journal::memory(),
            Some("runs are not recorded: no home folder is known, use --data DIR".to_owned()),
        ));
    };
    match Journal::open(&dir) {
        Ok(journal) => Ok((journal, None)),
        Err(error) if named.is_none() => Ok((Journal::memory(), Some(format!("runs are not recorded: {error}")))),
        Err(error) => Err(error).with_context(|| format!("cannot record runs in '{}'", dir.display())),
    }
}
