//! The commands that a person has allowed plays to start, kept beside the runs so that nobody is asked twice.
//!
//! A command is allowed for the folder that it was allowed in: it may mean something else in another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::runs::data_dir;
use crate::files::{self, Over};
use crate::play::Formation;
use crate::runner::Consent;

const FILE_NAME: &str = "allowed.json";

/// Commands by folder.
type Allowed = BTreeMap<String, BTreeSet<String>>;

/// What may be started here, and where that is kept.
pub(super) struct Ledger {
    pub consent: Consent,
    path: Option<PathBuf>,
    folder: String,
}

impl Ledger {
    /// A file that is missing or cannot be read allows nothing.
    pub fn open(data: Option<&Path>) -> Self {
        let path = data_dir(data).map(|dir| dir.join(FILE_NAME));
        let folder = std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default();
        let consent = Consent::none();
        let kept = path.as_deref().map(read).unwrap_or_default();
        kept.get(&folder).into_iter().flatten().for_each(|command| consent.allow(command));
        Self { consent, path, folder }
    }

    /// From now on all that the formation starts may be started here.
    ///
    /// # Errors
    /// It may, but that could not be kept.
    pub fn allow(&self, formation: Option<&Formation>) -> anyhow::Result<()> {
        let commands = formation.into_iter().flat_map(Formation::commands);
        let fresh: Vec<&str> = commands.filter(|command| !self.consent.allows(command)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        fresh.iter().for_each(|command| self.consent.allow(command));
        let Some(path) = &self.path else { return Ok(()) };
        let mut kept = read(path);
        kept.entry(self.folder.clone()).or_default().extend(fresh.into_iter().map(str::to_owned));
        let keep = || -> anyhow::Result<()> {
            std::fs::create_dir_all(path.parent().unwrap_or(path))?;
            files::save(path, &serde_json::to_string_pretty(&kept)?, Over::Anything)?;
            Ok(())
        };
        keep().with_context(|| {
            format!("what may be started is not kept in '{}', so that it will be asked again", path.display())
        })
    }
}

fn read(path: &Path) -> Allowed {
    let text = files::load_text(path).map(|(text, _)| text).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}
