//! What is asked of a server in one word: signal, cancel, targets.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

use super::Verdict;
use super::args::{self, Format};
use super::events::tame;
use super::output::Output;
use super::remote::Remote;
use crate::event::Payload;
use crate::runner::{to_any, v1};

pub(super) fn signal(args: &args::Signal, out: &Output) -> anyhow::Result<Verdict> {
    let (run, name, json) = match (&args.key, args.words.as_slice()) {
        (Some(_), [name]) => (None, name, None),
        (Some(_), [name, json]) => (None, name, Some(json)),
        (None, [run, name]) => (Some(run), name, None),
        (None, [run, name, json]) => (Some(run), name, Some(json)),
        (Some(_), _) => bail!("name the signal: chalktalk signal --key KEY NAME [JSON]"),
        (None, _) => bail!("name a run and the signal: chalktalk signal RUN NAME [JSON]"),
    };
    let value: Value = match json {
        None => Value::Null,
        Some(json) => serde_json::from_str(json)
            .with_context(|| format!("'{json}' is no JSON; a text needs quotes of its own: '\"text\"'"))?,
    };
    let payload = Some(to_any(&Payload::from(value)).map_err(|failure| anyhow::anyhow!(failure.message))?);
    let mut remote = Remote::find(&args.at)?;
    let to = match (run, &args.key) {
        (Some(run), _) => v1::signal_request::To::Run(remote.resolve(run)?.to_string()),
        (None, key) => v1::signal_request::To::Key(key.clone().unwrap_or_default()),
    };
    let signal_id = args.id.clone().unwrap_or_default();
    let ask = v1::SignalRequest { to: Some(to), name: name.clone(), payload, signal_id };
    let runs = remote.ask(async |client| client.signal(ask).await)?.runs;
    if args.key.is_some() {
        out.say(&match runs {
            0 => "nobody waits for it yet: it is kept for 24 hours, for the first run that will".to_owned(),
            1 => "one run took it".to_owned(),
            n => format!("{n} runs took it"),
        });
    }
    Ok(Verdict::Well)
}

pub(super) fn cancel(args: &args::Cancel, _: &Output) -> anyhow::Result<Verdict> {
    let mut remote = Remote::find(&args.at)?;
    let run = remote.resolve(&args.run)?.to_string();
    let ask = v1::CancelRequest { run, reason: args.reason.clone() };
    remote.ask(async |client| client.cancel(ask).await)?;
    Ok(Verdict::Well)
}

pub(super) fn targets(args: &args::Targets, out: &mut Output) -> anyhow::Result<Verdict> {
    if let Some(file) = args.what.as_ref().map(Path::new).filter(|what| is_file(what)) {
        return super::targets::of_file(file, args, out);
    }
    if args.formation.is_some() || args.allow_process {
        bail!("--formation and --allow-process are for the targets of a file: name a .play or .ron file");
    }
    let mut remote = Remote::find(&args.at)?;
    let ask = v1::ListTargetsRequest { image: args.what.clone().unwrap_or_default() };
    let targets = remote.ask(async |client| client.list_targets(ask).await)?.targets;
    if args.format == Format::Json {
        let all: Vec<Value> = targets.iter().map(json).collect();
        out.data(&serde_json::to_string_pretty(&all)?)?;
        out.data("\n")?;
        return Ok(Verdict::Well);
    }
    let mut table = String::new();
    for target in &targets {
        let method = target.method.clone().unwrap_or_default();
        let coord = format!("{}/{}/{}", method.image, method.version, method.method);
        let queue = match (target.queued, target.held) {
            (0, 0) => String::new(),
            (queued, held) => format!("{queued} wait, {held} held"),
        };
        let workers = target.workers.join(", ");
        let _ = writeln!(
            table,
            "{:<40}  {:<8}  {:<20}  {}",
            tame(&coord),
            kind(target.kind),
            queue,
            tame(if workers.is_empty() { &method.summary } else { &workers })
        );
    }
    out.data(&table)?;
    Ok(Verdict::Well)
}

/// Images have no such extensions.
fn is_file(what: &Path) -> bool {
    let extension = what.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["play", "ron", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn kind(number: i32) -> &'static str {
    match v1::TargetKind::try_from(number) {
        Ok(v1::TargetKind::Play) => "play",
        Ok(v1::TargetKind::Builtin) => "built-in",
        Ok(v1::TargetKind::Pull) => "pull",
        Ok(v1::TargetKind::Service) => "service",
        Ok(v1::TargetKind::Unspecified) | Err(_) => "",
    }
}

fn json(target: &v1::Target) -> Value {
    let method = target.method.clone().unwrap_or_default();
    serde_json::json!({
        "target": format!("{}/{}/{}", method.image, method.version, method.method),
        "kind": kind(target.kind),
        "summary": method.summary,
        "queued": target.queued,
        "held": target.held,
        "workers": target.workers,
        "credit": target.credit,
    })
}
