//! `chalktalk` without a command: the editor, or the sample in the terminal where there is no display.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::Verdict;
use super::output::Output;
use crate::lang::nearest;

const COMMANDS: [&str; 7] = ["check", "fmt", "convert", "run", "runs", "show", "replay"];

pub(super) fn start(files: &[PathBuf], out: &mut Output) -> anyhow::Result<Verdict> {
    if let Some(typo) = files.first().and_then(|file| mistyped(file)) {
        bail!("{typo}");
    }
    no_window(files, out)
}

/// A file that is not there and has no extension may be a command with a slip.
fn mistyped(file: &Path) -> Option<String> {
    if file.extension().is_some() || file.exists() {
        return None;
    }
    let word = file.to_str()?;
    let meant = nearest(word, COMMANDS)?;
    Some(format!("there is no command '{word}': did you mean '{meant}'?"))
}

fn no_window(files: &[PathBuf], out: &mut Output) -> anyhow::Result<Verdict> {
    if let Some(file) = files.first() {
        bail!("there is no window in this build: use 'chalktalk run {}'", file.display());
    }
    out.say("there is no window in this build: see 'chalktalk --help'");
    Ok(Verdict::Well)
}
