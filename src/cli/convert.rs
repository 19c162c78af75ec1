//! One file into another: between the texts of plays, and into pictures.

use std::path::Path;

use anyhow::{Context, bail};

use super::Verdict;
use super::args::{self, Theme};
use super::check::say_broken;
use super::fmt::spell;
use super::input::{self, Input, Kind};
use super::output::Output;
use super::runs;
use crate::base::RunMicros;
use crate::diag::Severity;
use crate::diagram::{Form, Options, Subject, draw, note};
use crate::files::{self, Over};
use crate::look::Look;
use crate::play::{Graph, Play};
use crate::replay::Film;
use crate::scene::{Binding, Geometry, Instant};

pub(super) fn convert(args: &args::Convert, out: &Output) -> anyhow::Result<Verdict> {
    let form = picture(&args.output);
    let (path, coord) = input::split(&args.input);
    if is_same(&path, &args.output) {
        bail!("'{}' is the file that is read: name another one to write", args.output.display());
    }
    if form.is_none() {
        writable(args, coord.is_some())?;
    }
    let input = match input::read(&path)? {
        Ok(input) => input,
        Err(broken) => {
            say_broken(&broken, out);
            return Ok(Verdict::Failed);
        }
    };
    match form {
        Some(form) => {
            let item = input.choose_play(coord.as_deref())?;
            let play = input.doc().play(item).context("the play is there")?;
            files::save_bytes(&args.output, &drawn(form, play, args, out)?, Over::Anything)?;
        }
        None => {
            files::save(&args.output, &spell(&input, Kind::of(&args.output)?), Over::Anything)?;
        }
    }
    tell_errors(&input, form.is_some(), out);
    Ok(Verdict::Well)
}

fn picture(path: &Path) -> Option<Form> {
    let extension = path.extension()?;
    // Those too that this build cannot make, so that it is said why.
    [Form::Svg, Form::Png, Form::Mermaid, Form::Dot]
        .into_iter()
        .find(|form| extension.eq_ignore_ascii_case(form.extension()))
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Whether a text of a play can be written with these arguments.
fn writable(args: &args::Convert, has_coord: bool) -> anyhow::Result<()> {
    if Kind::of(&args.output).is_err() {
        let name = args.output.display();
        bail!("'{name}' has no extension that can be written: give it .play, .ron, .json, .svg, .png, .mmd or .dot");
    }
    let asked = [
        ("--theme", args.theme.is_some()),
        ("--only", !args.only.is_empty()),
        ("--run", args.run.is_some()),
        ("#COORD", has_coord),
    ];
    if let Some((name, _)) = asked.iter().find(|(_, is_asked)| *is_asked) {
        bail!("{name} is for pictures, and '{}' gets the whole document: leave it out", args.output.display());
    }
    Ok(())
}

fn tell_errors(input: &Input, is_picture: bool, out: &Output) {
    let n_errors = input.source.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    if n_errors > 0 {
        let fate = if is_picture { "are not in the picture" } else { "are kept word for word" };
        out.say(&format!(
            "'{}' has statements that cannot be read; they {fate}, see 'chalktalk check {}'",
            input.name, input.name
        ));
    }
}

fn drawn(form: Form, play: &Play, args: &args::Convert, out: &Output) -> anyhow::Result<Vec<u8>> {
    let graph = Graph::new(play);
    let geometry = Geometry::new(play, &graph);
    let subject = Subject { play, graph: &graph, geometry: &geometry };
    let look = match args.theme {
        None | Some(Theme::Light) => Look::Light,
        Some(Theme::Dark) => Look::Dark,
        Some(Theme::Contrast) => Look::Contrast,
    };
    let mut options = Options { look, only: only(play, &graph, &args.only)?, note: String::new() };
    let Some(run) = &args.run else { return Ok(draw(form, &subject, None, &options)?) };

    let history = runs::recorded(run, args.data.as_deref())?;
    let (film, bad) = Film::from_events(history.events);
    if let Some(bad) = bad {
        bail!("the record of run '{run}' has a gap: {bad}");
    }
    let time = args.at.map_or(film.end(), |at| RunMicros(at.as_micros()));
    let view = film.view_at_time(time);
    let mut binding = Binding::default();
    binding.update(&geometry, &graph, &view);
    let started = view.started().context("the record has no start")?;
    if started.play != play.coord {
        out.say(&format!(
            "the run is of {}, shown over {}: what only one of them has is idle",
            started.play, play.coord
        ));
    }
    let instant = Instant { view: &view, binding: &binding, time };
    options.note = note(&instant);
    Ok(draw(form, &subject, Some(instant), &options)?)
}

fn only(play: &Play, graph: &Graph, names: &[String]) -> anyhow::Result<Option<Vec<u32>>> {
    if names.is_empty() {
        return Ok(None);
    }
    let find = |name: &String| {
        graph.find(name.trim()).with_context(|| {
            let ids = (0..).zip(0..graph.n_nodes()).map(|(node, _)| graph.node(play, node).id.as_str());
            let some: Vec<&str> = ids.take(12).collect();
            format!("--only: there is no node '{name}'; some that are: {}", some.join(", "))
        })
    };
    names.iter().map(find).collect::<anyhow::Result<Vec<u32>>>().map(Some)
}
