use std::path::Path;

use anyhow::{Context, anyhow, bail};

use super::Verdict;
use super::args::{self, Format};
use super::fmt::spell;
use super::input::{self, Broken, Input, Kind};
use super::output::Output;
use crate::check::{self, Done, Mended};
use crate::diag::{Diagnostic, Record, Severity, to_records, to_text};
use crate::event::Recorded;
use crate::files::{self, Over};
use crate::lang::parse;
use crate::plan::choose_formation;
use crate::referee;

pub(super) fn check(args: &args::Check, out: &mut Output) -> anyhow::Result<Verdict> {
    let mut tally = Tally::default();
    let mut records: Vec<Record> = Vec::new();
    // One bad name among many must not hide what is wrong with the others.
    let mut failure = None;
    let mut deep = Deep::default();
    for path in &args.files {
        let read = input::read(path).and_then(|read| match read {
            Ok(input) if args.fix => fix(path, input, out).map(Ok),
            read => Ok(read),
        });
        let (name, text, found) = match read {
            Ok(Ok(input)) => {
                let mut found = check::check(&input.source);
                if args.deep && !check::has_errors(&found) {
                    deep.look(&input, &mut found)?;
                }
                (input.shown_name(), input.source.text, found)
            }
            Ok(Err(Broken { name, text, diagnostic })) => (name, text, vec![diagnostic]),
            Err(error) => {
                if let Some(earlier) = failure.replace(error) {
                    out.say(&format!("error: {earlier:#}"));
                }
                continue;
            }
        };
        tally.add(&found);
        match args.format {
            Format::Text => out.data(&to_text(&found, &name, &text, out.colour))?,
            Format::Json => records.extend(to_records(&found, &path.display().to_string(), &text)),
        }
    }
    if args.format == Format::Json {
        out.data(&serde_json::to_string_pretty(&records)?)?;
        out.data("\n")?;
    }
    if args.format == Format::Text {
        deep.rulings.iter().try_for_each(|ruling| out.data(&format!("{ruling}\n")))?;
    }
    if let (Some(path), Some(trace)) = (&args.trace, deep.trace) {
        let lines: Result<Vec<String>, _> = trace.iter().map(serde_json::to_string).collect();
        let text = lines?.join("\n") + "\n";
        if input::is_stdin(path) {
            out.data(&text)?;
        } else {
            std::fs::write(path, text).with_context(|| format!("cannot write the run to '{}'", path.display()))?;
        }
    }
    out.finish()?;
    out.say(&tally.to_string());
    match failure {
        Some(error) => Err(error),
        None if tally.errors > 0 => Ok(Verdict::Failed),
        None => Ok(Verdict::Well),
    }
}

/// Writes the file with what can be solved without a person, and says what that was.
fn fix(path: &Path, input: Input, out: &Output) -> anyhow::Result<Input> {
    let Some(stamp) = &input.stamp else {
        bail!("'-' is no file that --fix could write: name one, or leave --fix out");
    };
    let Mended { text, done } = check::mend(&input.source.text);
    if done.is_empty() {
        return Ok(input);
    }
    let source = parse(text);
    let mended = Input { source, stamp: None, name: input.name.clone(), text: String::new(), kind: input.kind };
    let written = if mended.kind == Kind::Play { mended.source.text.clone() } else { spell(&mended, mended.kind) };
    files::save(path, &written, Over::Same(stamp))?;
    for Done { code, line, title } in &done {
        out.say(&format!("{}:{line}: {title} [{code}]", mended.shown_name()));
    }
    Ok(mended)
}

/// What keeps a play from being used, on stderr. Warnings are left to `check`.
pub(super) fn refuse_errors(input: &Input, found: &[Diagnostic], out: &Output) -> bool {
    let errors: Vec<Diagnostic> = found.iter().filter(|found| found.severity == Severity::Error).cloned().collect();
    if !errors.is_empty() {
        out.say(to_text(&errors, &input.shown_name(), &input.source.text, out.colour).trim_end());
    }
    !errors.is_empty()
}

pub(super) fn say_broken(broken: &Broken, out: &Output) {
    let Broken { name, text, diagnostic } = broken;
    out.say(to_text(std::slice::from_ref(diagnostic), name, text, out.colour).trim_end());
}

/// What the model checker said.
#[derive(Default)]
struct Deep {
    /// A line for each play.
    rulings: Vec<String>,
    /// A run that shows the first finding that one can show.
    trace: Option<Vec<Recorded>>,
}

impl Deep {
    fn look(&mut self, input: &Input, found: &mut Vec<Diagnostic>) -> anyhow::Result<()> {
        let formation = choose_formation(input.doc(), None).map_err(|bad| anyhow!("{bad}"))?;
        for (item, play) in input.doc().plays() {
            let name = format!("{}: {}", input.name, play.coord);
            match referee::deep(play, formation) {
                Ok(ruling) => {
                    found.extend(ruling.diagnostics(&input.source, item));
                    self.rulings.push(format!("{name}: {}", ruling.summary()));
                    let shown =
                        ruling.findings.into_iter().map(|finding| finding.trace).find(|trace| !trace.is_empty());
                    self.trace = self.trace.take().or(shown);
                }
                Err(errors) => {
                    let why = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                    self.rulings.push(format!("{name}: not looked at, since it cannot run: {why}"));
                }
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Tally {
    files: usize,
    errors: usize,
    warnings: usize,
}

impl Tally {
    fn add(&mut self, found: &[Diagnostic]) {
        let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
        self.files += 1;
        self.errors += errors;
        self.warnings += found.len() - errors;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let files = count(self.files, "file");
        match (self.errors, self.warnings) {
            (0, 0) => write!(f, "{files}: nothing is wrong"),
            (errors, 0) => write!(f, "{files}: {}", count(errors, "error")),
            (0, warnings) => write!(f, "{files}: {}", count(warnings, "warning")),
            (errors, warnings) => write!(f, "{files}: {}, {}", count(errors, "error"), count(warnings, "warning")),
        }
    }
}
