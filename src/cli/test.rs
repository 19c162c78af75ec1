//! The scenarios of plays, played and judged.

use std::path::Path;

use anyhow::{Context, anyhow, bail};

use super::Verdict as Ended;
use super::args;
use super::check::{refuse_errors, say_broken};
use super::input::{self, Input};
use super::output::Output;
use crate::check;
use crate::diag::{Colour, Lines};
use crate::lang::Part;
use crate::plan::choose_formation;
use crate::play::{Graph, Play};
use crate::referee::{Coverage, Miss, Referee, Suite, Verdict, duration, junit, scenarios};

pub(super) fn test(args: &args::Test, out: &mut Output) -> anyhow::Result<Ended> {
    let mut tally = Tally::default();
    let mut suites = Vec::new();
    let mut failure = None;
    for path in &args.files {
        match input::read(path) {
            Ok(Ok(input)) => of_file(&input, args, &mut suites, &mut tally, out)?,
            Ok(Err(broken)) => {
                say_broken(&broken, out);
                tally.broken += 1;
                suites.push(Suite { name: broken.name, broken: Some(broken.diagnostic.message), verdicts: Vec::new() });
            }
            // One bad name among many must not hide what the others do.
            Err(error) => {
                if let Some(earlier) = failure.replace(error) {
                    out.say(&format!("error: {earlier:#}"));
                }
            }
        }
    }
    if let Some(path) = &args.junit {
        write_report(path, &suites, out)?;
    }
    out.finish()?;
    if let Some(error) = failure {
        return Err(error);
    }
    if let (Some(filter), 0, 0) = (&args.filter, tally.passed + tally.failed, tally.broken) {
        bail!("no scenario has '{filter}' in its name");
    }
    out.say(&tally.to_string());
    Ok(if tally.failed + tally.broken > 0 { Ended::Failed } else { Ended::Well })
}

fn write_report(path: &Path, suites: &[Suite], out: &mut Output) -> anyhow::Result<()> {
    let report = junit(suites);
    if input::is_stdin(path) {
        return out.data(&report);
    }
    std::fs::write(path, report).with_context(|| format!("cannot write the report to '{}'", path.display()))
}

fn of_file(
    input: &Input,
    args: &args::Test,
    suites: &mut Vec<Suite>,
    tally: &mut Tally,
    out: &mut Output,
) -> anyhow::Result<()> {
    if refuse_errors(input, &check::check(&input.source), out) {
        tally.broken += 1;
        let broken = Some("the file has errors: see 'chalktalk check'".to_owned());
        suites.push(Suite { name: input.name.clone(), broken, verdicts: Vec::new() });
        return Ok(());
    }
    let formation = choose_formation(input.doc(), args.formation.as_deref()).map_err(|bad| anyhow!("{bad}"))?;
    let wanted = |name: &str| args.filter.as_deref().is_none_or(|filter| name.contains(filter));
    for (item, play) in input.doc().plays() {
        if !scenarios(play).any(|(_, scenario)| wanted(&scenario.name)) {
            continue;
        }
        let name = format!("{} {}", input.name, play.coord);
        out.data(&format!("{name}\n"))?;
        let referee = match Referee::new(input.doc(), item, formation) {
            Ok(referee) => referee,
            Err(errors) => {
                let why = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                out.data(&format!("  {} the play cannot run: {why}\n", mark(false, out.colour)))?;
                tally.broken += 1;
                suites.push(Suite { name, broken: Some(why), verdicts: Vec::new() });
                continue;
            }
        };
        let mut coverage = Coverage::new(play);
        let mut verdicts = Vec::new();
        for (stmt, scenario) in scenarios(play).filter(|(_, scenario)| wanted(&scenario.name)) {
            let verdict = referee.judge(stmt, scenario);
            coverage.add(&verdict.journal);
            tell(&verdict, input, item, out)?;
            *(if verdict.passed() { &mut tally.passed } else { &mut tally.failed }) += 1;
            verdicts.push(verdict);
        }
        if args.coverage {
            cover(&coverage, play, out)?;
        }
        suites.push(Suite { name, broken: None, verdicts });
    }
    Ok(())
}

fn tell(verdict: &Verdict, input: &Input, item: usize, out: &mut Output) -> anyhow::Result<()> {
    let name = super::events::tame(&verdict.scenario);
    let took = duration(verdict.took_us());
    out.data(&format!("  {} {name}  ({took} simulated)\n", mark(verdict.passed(), out.colour)))?;
    for miss in &verdict.misses {
        let place = place(miss, verdict, input, item);
        out.data(&format!("         {}:{place}: {}\n", input.shown_name(), super::events::tame(&miss.to_string())))?;
    }
    Ok(())
}

/// Line and column of the step that was not met, else of the scenario.
fn place(miss: &Miss, verdict: &Verdict, input: &Input, item: usize) -> String {
    let map = &input.source.map;
    let Some(line) = map.line(item, verdict.stmt) else { return "1:1".to_owned() };
    let step = miss.step.and_then(|step| u16::try_from(step).ok()).and_then(|n| map.part(line, Part::Step(n)));
    let at = Lines::new(&input.source.text).place(step.unwrap_or(line.whole).start);
    format!("{}:{}", at.line, at.column)
}

const fn mark(passed: bool, colour: Colour) -> &'static str {
    match (passed, colour) {
        (true, Colour::Off) => "ok    ",
        (false, Colour::Off) => "FAILED",
        (true, Colour::On) => "\u{1b}[32mok    \u{1b}[0m",
        (false, Colour::On) => "\u{1b}[1;31mFAILED\u{1b}[0m",
    }
}

fn cover(coverage: &Coverage, play: &Play, out: &mut Output) -> anyhow::Result<()> {
    let (nodes, wires) = (coverage.nodes.len(), coverage.wires.len());
    let (reached, taken) = (coverage.n_nodes_reached(), coverage.n_wires_taken());
    out.data(&format!("  coverage: {reached} of {nodes} nodes, {taken} of {wires} wires\n"))?;
    let missed: Vec<&str> = coverage.missed_nodes().map(crate::base::NodeId::as_str).collect();
    if !missed.is_empty() {
        out.data(&format!("         no ball came to {}\n", missed.join(", ")))?;
    }
    let graph = Graph::new(play);
    for (n, (wire, count)) in (0..).zip(&coverage.wires) {
        if *count == 0 {
            let when = words(graph.when(play, n));
            out.data(&format!("         no ball took {} -> {}{when}\n", wire.from, wire.to))?;
        }
    }
    Ok(())
}

fn words(when: &crate::play::When) -> String {
    use crate::play::When;
    match when {
        When::Always => String::new(),
        When::If(expr) => format!(" when ({})", expr.0.replace('\n', " ")),
        When::Otherwise => " otherwise".to_owned(),
        When::Error => " on error".to_owned(),
        When::Timeout => " on timeout".to_owned(),
    }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    /// Files and plays that could not be played.
    broken: usize,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = self.passed + self.failed;
        match (n, self.broken) {
            (0, 0) => {
                return f.write_str("no scenario: add one to a play, as in 'scenario \"it works\" { expect pass }'");
            }
            (1, _) => f.write_str("1 scenario: ")?,
            _ => write!(f, "{n} scenarios: ")?,
        }
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.broken > 0 {
            write!(f, ", {} could not be played", self.broken)?;
        }
        Ok(())
    }
}
