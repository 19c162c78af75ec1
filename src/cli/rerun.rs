//! An earlier run made again, from a node of it on.

use std::sync::Arc;

use anyhow::anyhow;

use super::Verdict;
use super::args;
use super::output::Output;
use super::run::{self, Job, Loaded};
use super::run_remote;
use super::runs::find;
use crate::base::NodeId;
use crate::runner::{Earlier, v1};

pub(super) fn rerun(args: args::Rerun, out: &mut Output) -> anyhow::Result<Verdict> {
    let args::Rerun { run: name, from, play, options } = args;
    let named = play.is_some();
    let args = options.into_run(play.unwrap_or_default());
    let loaded = if named {
        match run::load(&args, out)? {
            Some(loaded) => Some(loaded),
            None => return Ok(Verdict::Failed),
        }
    } else {
        None
    };
    if let Some(server) = &args.server {
        let rerun = v1::Rerun { run: name, from: from.unwrap_or_default() };
        return run_remote::rerun(&args, server, loaded, rerun, out);
    }
    let (reader, run) = find(&name, args.data.as_deref())?;
    let earlier = Earlier::read(&reader, &run)?;
    // Whoever goes on is the only one who writes.
    drop(reader);
    let prepared = match loaded {
        Some(Loaded { prepared, .. }) => prepared,
        None => Arc::new(earlier.prepared().map_err(|error| anyhow!("{error}; name a file with --play FILE"))?),
    };
    let start = earlier.start(prepared, from.map(NodeId::new))?;
    let signals = args.signals.iter().map(|text| run::signal(text)).collect::<anyhow::Result<Vec<_>>>()?;
    run::record_and_drive(Job::of(start, signals), &args, out)
}
