//! `chalktalk` without a command: the editor, or the sample in the terminal where there is no display.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::Verdict;
use super::output::Output;
#[cfg(feature = "run")]
use super::secure::Outward;
use crate::lang::nearest;

/// The play that the editor opens, and the terminal plays, when no file is named.
#[cfg(feature = "run")]
const SAMPLE: &str = include_str!("../../plays/checkout.ron");

const COMMANDS: [&str; 13] = [
    "check", "fmt", "convert", "export", "run", "rerun", "serve", "runs", "show", "signal", "cancel", "targets",
    "replay",
];

#[cfg(not(feature = "run"))]
pub(super) fn start(files: &[PathBuf], _: &mut Output) -> anyhow::Result<Verdict> {
    check(files)?;
    bail!("there is no window in this build: see 'chalktalk --help'")
}

#[cfg(feature = "run")]
pub(super) fn start(files: &[PathBuf], outward: &Outward, out: &mut Output) -> anyhow::Result<Verdict> {
    check(files)?;
    open(files, outward, out)
}

fn check(files: &[PathBuf]) -> anyhow::Result<()> {
    if let Some(typo) = files.first().and_then(|file| mistyped(file)) {
        bail!("{typo}");
    }
    Ok(())
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

#[cfg(feature = "gui")]
fn open(files: &[PathBuf], outward: &Outward, out: &mut Output) -> anyhow::Result<Verdict> {
    use crate::app::{Command, Editor};

    // What is wrong with them is said here, where they were named.
    let (trust, redact) = outward.read()?;
    let editor = if files.is_empty() { Editor::with_text(&sample_text()?) } else { Editor::new() };
    let first = files.iter().map(|file| Command::OpenPath(file.clone())).collect();
    let connect = |wake| super::bridge::connect(wake, trust, redact);
    match crate::gui::open(editor, first, super::runs::data_dir(None), connect) {
        Ok(()) => Ok(Verdict::Well),
        Err(error) if files.is_empty() => terminal(&error.to_string(), out),
        Err(error) => Err(error.into()),
    }
}

#[cfg(all(feature = "run", not(feature = "gui")))]
fn open(files: &[PathBuf], _: &Outward, out: &mut Output) -> anyhow::Result<Verdict> {
    match files.first() {
        Some(file) => bail!("there is no window in this build: use 'chalktalk run {}'", file.display()),
        None => terminal("there is no window in this build; build it with the feature 'gui'", out),
    }
}

#[cfg(feature = "run")]
fn sample() -> anyhow::Result<crate::play::Document> {
    Ok(crate::play::ron::from_ron(SAMPLE)?)
}

#[cfg(feature = "gui")]
fn sample_text() -> anyhow::Result<String> {
    Ok(crate::lang::print(&sample()?))
}

/// Plays the sample, a line per event, and answers as its manager would.
#[cfg(feature = "run")]
fn terminal(why: &str, out: &mut Output) -> anyhow::Result<Verdict> {
    use std::sync::Arc;

    use anyhow::anyhow;
    use serde_json::json;

    use super::run::{Job, drive};
    use crate::event::{Event, Outcome};
    use crate::journal::Journal;
    use crate::plan::choose_formation;
    use crate::runner::Prepared;

    out.say(why);
    out.say("so the sample play runs here, with demo workers; in the window you would see the ball move\n");
    let doc = sample()?;
    let formation = choose_formation(&doc, None)?;
    let item = doc.plays().next().map(|(item, _)| item).ok_or_else(|| anyhow!("the sample has no play"))?;
    let prepared = Prepared::new(&doc, item, formation)?;
    let order = json!({"order_id": "o-7", "gift": true, "items": [{"sku": "football", "price": 60, "quantity": 2}]});
    let mut job = Job::new(&Arc::new(prepared), order, Vec::new())?;
    job.demo = Some(|name| (name == "manager-approved").then(|| json!({"name": "Ann, the manager"})));
    let journal = Journal::memory();
    let reader = journal.reader()?;
    let verdict = drive(job, journal, out)?;
    if let Some(info) = reader.runs(1)?.first() {
        let last = reader.events(&info.run)?.events.pop();
        if let Some(Event::Finished { outcome: Outcome::Passed { payload, .. } }) = last.map(|last| last.event) {
            out.line(&format!("\nresult: {}", serde_json::to_string_pretty(&*payload.to_json())?))?;
        }
    }
    out.say("\nTry it: chalktalk run plays/hello.play --input '{\"name\": \"Ann\"}', or chalktalk --help");
    Ok(verdict)
}
