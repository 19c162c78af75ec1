//! What can be called in a formation: asked of the workers themselves.

use std::path::Path;

use anyhow::{Context, anyhow};
use serde_json::json;

use super::Verdict;
use super::allowed::Ledger;
use super::args::{self, Format};
use super::check::say_broken;
use super::events::tame;
use super::input;
use super::output::Output;
use crate::base::Method;
use crate::journal::Journal;
use crate::plan::choose_formation;
use crate::play::Via;
use crate::runner::{Asking, Config, Place, Runner, plays_as_place};

pub(super) fn of_file(file: &Path, args: &args::Targets, out: &mut Output) -> anyhow::Result<Verdict> {
    let input = match input::read(file)? {
        Ok(input) => input,
        Err(broken) => {
            say_broken(&broken, out);
            return Ok(Verdict::Failed);
        }
    };
    let formation = choose_formation(input.doc(), args.formation.as_deref()).map_err(|bad| anyhow!("{bad}"))?;
    let ledger = Ledger::open(args.at.data.as_deref());
    if args.allow_process
        && let Err(error) = ledger.allow(formation)
    {
        out.say(&format!("{error:#}"));
    }
    let trust = args.peers.add_to(args.at.asking.certificates.trust()?)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runner")?;
    let places = runtime.block_on(async {
        let runner = Runner::spawn(Config { consent: ledger.consent, trust, ..Config::new(Journal::memory()) });
        let mut places = runner.targets(formation, Asking::Starting).await?;
        let plays = input.doc().plays().map(|(_, play)| (&play.coord, play.title.as_deref()));
        places.extend(plays_as_place(plays, formation));
        runner.stop().await?;
        Ok::<_, anyhow::Error>(places)
    })?;
    match args.format {
        Format::Text => say(&places, out)?,
        Format::Json => out.line(&serde_json::to_string_pretty(&places.iter().map(place_json).collect::<Vec<_>>())?)?,
    }
    for place in &places {
        if let (Some(trouble), Format::Text) = (&place.trouble, args.format) {
            out.say(&format!("{}: {}: {}", tame(&place.line()), tame(&place.address), tame(trouble)));
        }
    }
    Ok(if places.iter().any(|place| place.trouble.is_some()) { Verdict::Failed } else { Verdict::Well })
}

fn say(places: &[Place], out: &mut Output) -> anyhow::Result<()> {
    let rows: Vec<(String, String, &str)> = places
        .iter()
        .flat_map(|place| place.methods.iter().map(move |method| (place, method)))
        .map(|(place, method)| (tame(&method.coord.to_string()), at(place), method.summary.as_str()))
        .collect();
    let width = |cells: &dyn Fn(&(String, String, &str)) -> usize| rows.iter().map(cells).max().unwrap_or(0).min(60);
    let (wide, wider) = (width(&|row| row.0.chars().count()), width(&|row| row.1.chars().count()));
    for (coord, at, summary) in &rows {
        out.line(format!("{coord:wide$}  {at:wider$}  {}", tame(summary)).trim_end())?;
    }
    Ok(())
}

fn at(place: &Place) -> String {
    let address = match place.address.as_str() {
        "" if place.via == Via::Builtin.keyword() => "built-in",
        "" => place.via,
        address => address,
    };
    tame(&if place.worker.is_empty() { address.to_owned() } else { format!("{address} ({})", place.worker) })
}

fn place_json(place: &Place) -> serde_json::Value {
    json!({
        "line": place.line(),
        "address": place.address,
        "worker": place.worker,
        "trouble": place.trouble,
        "methods": place.methods.iter().map(method_json).collect::<Vec<_>>(),
    })
}

fn method_json(method: &Method) -> serde_json::Value {
    let schema = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    json!({
        "target": method.coord.to_string(),
        "summary": method.summary,
        "input": schema(&method.input_schema),
        "output": schema(&method.output_schema),
    })
}
