//! What is recorded: lists, single runs, their events.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Verdict;
use super::args::{self, Format};
use super::events::{self, tame};
use super::output::Output;
use crate::app::record;
use crate::base::RunId;
use crate::event::{Event, Outcome, Recorded};
use crate::files::{self, Over};
use crate::journal::{self, History, Reader, RunInfo, Status};

/// How many runs an abbreviation is looked for in.
const MAX_SEARCHED: usize = 100_000;

pub(super) fn runs(args: &args::Runs, out: &mut Output) -> anyhow::Result<Verdict> {
    let infos = listed(args)?;
    if args.format == Format::Json {
        out.data(&serde_json::to_string_pretty(&infos)?)?;
        out.data("\n")?;
        return Ok(Verdict::Well);
    }
    if infos.is_empty() {
        out.say("no runs are recorded yet: start one with 'chalktalk run FILE'");
    }
    let mut table = String::new();
    for info in &infos {
        let why = match (&info.reason, info.status) {
            (Some(why), Status::Stopped) => format!("  {}", tame(why)),
            _ => String::new(),
        };
        let _ = writeln!(
            table,
            "{:<36}  {:<9}  {}  {:>10}  {:>6} events  {}{why}",
            tame(&info.run),
            info.status.name(),
            utc(info.started_ms),
            events::seconds(info.duration),
            info.n_events,
            info.play
        );
    }
    out.data(&table)?;
    Ok(Verdict::Well)
}

pub(super) fn show(args: &args::Show, out: &mut Output) -> anyhow::Result<Verdict> {
    let (info, history) = shown(args)?;
    let result = history.events.iter().rev().find_map(|recorded| match &recorded.event {
        Event::Finished { outcome: Outcome::Passed { payload, .. } } => Some(payload.to_json()),
        _ => None,
    });
    let input = history.events.iter().find_map(|recorded| match &recorded.event {
        Event::Started(started) => Some(started.input.to_json()),
        _ => None,
    });
    if args.format == Format::Json {
        let shown = serde_json::json!({"run": info, "input": input, "result": result, "events": history.events});
        out.data(&serde_json::to_string_pretty(&shown)?)?;
        out.data("\n")?;
    } else {
        out.data(&head(&info))?;
        for (word, value) in [("input", input), ("result", result)] {
            if let Some(value) = value {
                out.data(&format!("{word:<10} {value}\n"))?;
            }
        }
        out.data("\n")?;
        print_events(&history, Format::Text, out)?;
    }
    Ok(Verdict::Well)
}

/// From the server that is named, else from the data folder.
fn listed(args: &args::Runs) -> anyhow::Result<Vec<RunInfo>> {
    #[cfg(feature = "run")]
    if let Some(server) = &args.server {
        return super::remote::Remote::connect(server, &args.asking)?.runs(args.limit);
    }
    match open(args.data.as_deref())? {
        Some(reader) => Ok(reader.runs(args.limit)?),
        None => Ok(Vec::new()),
    }
}

fn shown(args: &args::Show) -> anyhow::Result<(RunInfo, History)> {
    #[cfg(feature = "run")]
    if let Some(server) = &args.server {
        let mut remote = super::remote::Remote::connect(server, &args.asking)?;
        let run = remote.resolve(&args.run)?;
        let info = remote.run(&run)?;
        let events = remote.events(&run, info.n_events)?;
        return Ok((info, History { events, unread: Vec::new() }));
    }
    let (reader, run) = find(&args.run, args.data.as_deref())?;
    Ok((reader.run(&run)?, reader.events(&run)?))
}

fn head(info: &RunInfo) -> String {
    let mut head = String::new();
    let mut row = |word: &str, value: &str| {
        let _ = writeln!(head, "{word:<10} {}", tame(value));
    };
    row("run", &info.run);
    row("play", &info.play.to_string());
    row("formation", info.formation.as_deref().unwrap_or("none: the demo workers"));
    row("started", &utc(info.started_ms));
    row("took", &events::seconds(info.duration));
    match &info.reason {
        Some(reason) => row("status", &format!("{}: {reason}", info.status.name())),
        None => row("status", info.status.name()),
    }
    head
}

pub(super) fn replay(args: &args::Replay, out: &mut Output) -> anyhow::Result<Verdict> {
    let history = recorded(&args.run, args.data.as_deref())?;
    print_events(&history, args.format, out)?;
    Ok(Verdict::Well)
}

/// What is recorded of a run: the name of a file of events, or whatever [`find`] takes.
pub(super) fn recorded(name: &str, data: Option<&Path>) -> anyhow::Result<History> {
    let path = Path::new(name);
    if path.is_file() {
        return Ok(History { events: read_events(path)?, unread: Vec::new() });
    }
    let (reader, run) = find(name, data)?;
    Ok(reader.events(&run)?)
}

fn print_events(history: &History, format: Format, out: &mut Output) -> anyhow::Result<()> {
    for recorded in &history.events {
        let line = match format {
            Format::Text => events::line(recorded),
            Format::Json => serde_json::to_string(recorded)?,
        };
        out.data(&line)?;
        out.data("\n")?;
    }
    if let Some(first) = history.unread.first() {
        let n = history.unread.len();
        out.say(&format!(
            "{n} events are of a newer version and are not shown, the first is number {}: {}",
            first.seq,
            tame(&first.why)
        ));
    }
    Ok(())
}

/// The events of a file of `record` or of `run --events`.
fn read_events(path: &Path) -> anyhow::Result<Vec<Recorded>> {
    let (text, _) = files::load_text(path)?;
    Ok(record::read(&text).with_context(|| format!("'{}' is no record of a run", path.display()))?.events)
}

pub(super) fn record(args: &args::Record, out: &Output) -> anyhow::Result<Verdict> {
    let (reader, run) = find(&args.run, args.data.as_deref())?;
    let history = reader.events(&run)?;
    let text = reader.document_of(&run)?;
    files::save(&args.output, &record::write(&run, text.as_deref(), &history.events), Over::Nothing)?;
    if let Some(first) = history.unread.first() {
        out.say(&format!(
            "{} events are of a newer version and are not in the record, from number {} on: {}",
            history.unread.len(),
            first.seq,
            tame(&first.why)
        ));
    }
    Ok(Verdict::Well)
}

/// The data folder to use, and whether the person named it.
pub(super) fn data_dir(named: Option<&Path>) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(journal::default_dir)
}

/// `None`: nothing was ever recorded in the default folder.
fn open(named: Option<&Path>) -> anyhow::Result<Option<Reader>> {
    let Some(dir) = data_dir(named) else { bail!("no home folder is known: name a data folder with --data DIR") };
    match Reader::open(&dir) {
        Err(journal::Error::Missing { .. }) if named.is_none() => Ok(None),
        opened => opened.map(Some).with_context(|| format!("cannot open the runs in '{}'", dir.display())),
    }
}

/// A run by its id, the only one that begins or ends so, or the last.
pub(super) fn find(name: &str, data: Option<&Path>) -> anyhow::Result<(Reader, RunId)> {
    let Some(reader) = open(data)? else { bail!("there is no run '{name}': no runs are recorded yet") };
    if name == "last" {
        let Some(last) = reader.runs(1)?.into_iter().next() else { bail!("no runs are recorded yet") };
        return Ok((reader, last.run));
    }
    let exact = RunId::new(name);
    if reader.run(&exact).is_ok() {
        return Ok((reader, exact));
    }
    let run = abbreviated(name, reader.runs(MAX_SEARCHED)?)?;
    Ok((reader, run))
}

/// The only run that begins or ends so.
pub(super) fn abbreviated(name: &str, all: Vec<RunInfo>) -> anyhow::Result<RunId> {
    let mut hits = all.into_iter().map(|info| info.run).filter(|run| run.starts_with(name) || run.ends_with(name));
    match (hits.next(), hits.next()) {
        (Some(run), None) if !name.is_empty() => Ok(run),
        (Some(_), _) => bail!("several runs begin or end with '{name}': give more of the id, see 'chalktalk runs'"),
        (None, _) => bail!("there is no run '{name}': see 'chalktalk runs'"),
    }
}

/// `2026-11-24 04:30:05`, by the civil calendar.
fn utc(unix_ms: u64) -> String {
    let secs = unix_ms / 1000;
    let (days, in_day) = (secs / 86_400, secs % 86_400);
    // Counts years from 1 March of year 0, so that the leap day is the last one (after Howard Hinnant).
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", in_day / 3600, in_day / 60 % 60, in_day % 60)
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (1_798_761_599_999, "2026-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(utc(ms), text);
        }
    }
}
