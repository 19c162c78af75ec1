use std::path::Path;

use super::Verdict;
use super::args;
use super::check::{refuse_errors, say_broken};
use super::input::{self, Input, Kind};
use super::output::Output;
use crate::files::{self, Over};
use crate::lang::print;
use crate::play::{json, ron};

pub(super) fn fmt(args: &args::Fmt, out: &mut Output) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::Well;
    let mut failure = None;
    for path in &args.files {
        match one(path, args.check, out) {
            Ok(Verdict::Well) => {}
            Ok(Verdict::Failed) => verdict = Verdict::Failed,
            Err(error) => {
                if let Some(earlier) = failure.replace(error) {
                    out.say(&format!("error: {earlier:#}"));
                }
            }
        }
    }
    failure.map_or(Ok(verdict), Err)
}

fn one(path: &Path, only_check: bool, out: &mut Output) -> anyhow::Result<Verdict> {
    let input = match input::read(path)? {
        Ok(input) => input,
        Err(broken) => {
            say_broken(&broken, out);
            return Ok(Verdict::Failed);
        }
    };
    // A statement that cannot be read has no canonical layout.
    if refuse_errors(&input, &input.source.diagnostics, out) {
        return Ok(Verdict::Failed);
    }
    let formatted = spell(&input, input.kind);
    let old = if input::is_stdin(path) { &input.source.text } else { &input.text };
    let changes = *old != formatted;
    if only_check {
        if changes {
            out.line(&input.name)?;
            return Ok(Verdict::Failed);
        }
    } else if input::is_stdin(path) {
        out.data(&formatted)?;
    } else if let (true, Some(stamp)) = (changes, &input.stamp) {
        files::save(path, &formatted, Over::Same(stamp))?;
        out.progress(&format!("{} is laid out anew", input.name));
    }
    Ok(Verdict::Well)
}

/// The document in a format, in its canonical layout.
pub(super) fn spell(input: &Input, kind: Kind) -> String {
    match kind {
        Kind::Play => print(input.doc()),
        Kind::Ron => ron::to_ron(input.doc()),
        Kind::Json => json::to_json(input.doc()),
    }
}
