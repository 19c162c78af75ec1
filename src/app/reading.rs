use std::path::{Path, PathBuf};

use super::session::Session;
use crate::diag::Diagnostic;
use crate::files::{self, Format};
use crate::lang::{self, Source};
use crate::play::Target;
use crate::play::ron::{from_ron, to_ron};

/// What is wrong with a source, by its syntax and by the checks.
pub(super) fn diagnostics(source: &Source) -> Vec<Diagnostic> {
    crate::check::check(source)
}

/// Reads a file into a session.
///
/// # Errors
/// What the person can read and do something about.
pub(super) fn open(path: &Path) -> Result<Session, String> {
    let loaded = files::load(path).map_err(|error| error.to_string())?;
    let text = match loaded.format {
        Format::Play => loaded.text,
        Format::Ron => {
            let doc = from_ron(&loaded.text).map_err(|error| format!("cannot read '{}': {error}", path.display()))?;
            lang::read(&doc).map_err(|error| format!("cannot read '{}': {error}", path.display()))?.text
        }
    };
    let mut session = Session::new(text);
    session.path = Some(path.to_owned());
    session.format = loaded.format;
    session.stamp = Some(loaded.stamp);
    session.base = session.text().to_owned();
    Ok(session)
}

/// A file beside `path` with a play that the target leads to: the first by its name.
pub(super) fn file_with(path: &Path, target: &Target) -> Option<PathBuf> {
    files::beside(path).into_iter().find(|file| {
        let doc = match files::load(file) {
            Ok(loaded) if loaded.format == Format::Play => lang::parse(loaded.text).doc,
            Ok(loaded) => from_ron(&loaded.text).unwrap_or_default(),
            Err(_) => return false,
        };
        doc.callee(target, None).is_some()
    })
}

/// What a file of the format holds for the source.
pub(super) fn encode(source: &Source, format: Format) -> String {
    match format {
        Format::Play => source.text.clone(),
        Format::Ron => to_ron(&source.doc),
    }
}
