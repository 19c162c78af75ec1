//! Manifests that run a play elsewhere.

use anyhow::{Context, anyhow};

use super::Verdict;
use super::args::{self, Flow};
use super::check::{refuse_errors, say_broken};
use super::input;
use super::output::Output;
use crate::check;
use crate::diag::{Diagnostic, Severity};
use crate::export::{Options, kubernetes, pod};
use crate::plan::choose_formation;

pub(super) fn export(args: &args::Export, out: &mut Output) -> anyhow::Result<Verdict> {
    let input = match input::read(&args.file)? {
        Ok(input) => input,
        Err(broken) => {
            say_broken(&broken, out);
            return Ok(Verdict::Failed);
        }
    };
    let found = check::check(&input.source).into_iter();
    let errors: Vec<Diagnostic> = found.filter(|found| found.severity == Severity::Error).collect();
    if refuse_errors(&input, &errors, out) {
        return Ok(Verdict::Failed);
    }
    let formation = choose_formation(input.doc(), args.formation.as_deref()).map_err(|bad| anyhow!("{bad}"))?;
    let formation = formation
        .with_context(|| format!("'{}' has no formation: add one that says where its targets are", input.name))?;
    let options =
        Options { quarterback: args.quarterback.clone(), registry: args.registry.clone(), name: args.name.clone() };
    let export = match args.flow {
        Flow::Kubernetes => kubernetes(input.doc(), formation, &options)?,
        Flow::Pod => pod(input.doc(), formation, &options)?,
    };
    for note in &export.notes {
        out.say(&format!("note: {note}"));
    }
    out.data(&export.yaml)?;
    Ok(Verdict::Well)
}
