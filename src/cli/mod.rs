//! The commands. Data goes to stdout, messages to stderr; the exit code is 0 when all is well, 1 when the play or the
//! run failed, 2 for wrong use or when the outside world failed.
//!
//! Must never: know what a play means or how a run goes on, only who to ask. Start reading at [`main`].

#[cfg(feature = "run")]
mod allowed;
mod args;
#[cfg(feature = "gui")]
mod bridge;
mod check;
mod convert;
#[cfg(feature = "run")]
mod ctrl_c;
mod events;
#[cfg(feature = "export")]
mod export;
mod fmt;
mod input;
#[cfg(feature = "run")]
mod log;
#[cfg(feature = "run")]
mod orders;
mod output;
#[cfg(feature = "run")]
mod recorder;
#[cfg(feature = "run")]
mod remote;
#[cfg(feature = "run")]
mod rerun;
#[cfg(feature = "run")]
mod run;
#[cfg(feature = "run")]
mod run_remote;
mod runs;
#[cfg(feature = "run")]
mod secure;
#[cfg(feature = "telemetry")]
mod seen;
#[cfg(feature = "run")]
mod serve;
mod start;
#[cfg(feature = "run")]
mod targets;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::diag::Code;
use args::{Args, Command};
use output::Output;

/// Codes of what is found before there is a document to check.
pub const CODES: &[Code] = &[Code::error(
    "R001",
    "A .ron or .json file is no document of this program",
    "Restore the file, or write it anew with 'chalktalk convert'",
)];

/// How a command ended that did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Well,
    /// The play or the run is to blame. What is wrong with it has been said.
    Failed,
}

/// Runs the program with the arguments, the first of which is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help and version come this way too. A closed pipe is nobody's fault.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut out = Output::new(args.color);
    #[cfg(feature = "run")]
    let log = match log::start(&args) {
        Ok(log) => log,
        Err(error) => {
            out.say(&format!("error: {error:#}"));
            return ExitCode::from(2);
        }
    };
    let verdict = dispatch(args, &mut out);
    // What it has to say comes before the verdict.
    #[cfg(feature = "run")]
    drop(log);
    let verdict = verdict.and_then(|verdict| out.finish().map(|()| verdict));
    match verdict {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Err(error) => {
            out.say(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn dispatch(args: Args, out: &mut Output) -> anyhow::Result<Verdict> {
    match args.command {
        #[cfg(feature = "run")]
        None => start::start(&args.files, &args.outward, out),
        #[cfg(not(feature = "run"))]
        None => start::start(&args.files, out),
        Some(Command::Check(args)) => check::check(&args, out),
        Some(Command::Test(args)) => test::test(&args, out),
        Some(Command::Fmt(args)) => fmt::fmt(&args, out),
        Some(Command::Convert(args)) => convert::convert(&args, out),
        #[cfg(feature = "export")]
        Some(Command::Export(args)) => export::export(&args, out),
        #[cfg(feature = "run")]
        Some(Command::Run(args)) => run::run(&args, out),
        #[cfg(feature = "run")]
        Some(Command::Rerun(args)) => rerun::rerun(args, out),
        #[cfg(feature = "run")]
        Some(Command::Serve(args)) => serve::serve(&args, out),
        #[cfg(feature = "run")]
        Some(Command::Signal(args)) => orders::signal(&args, out),
        #[cfg(feature = "run")]
        Some(Command::Cancel(args)) => orders::cancel(&args, out),
        #[cfg(feature = "run")]
        Some(Command::Targets(args)) => orders::targets(&args, out),
        Some(Command::Runs(args)) => runs::runs(&args, out),
        Some(Command::Show(args)) => runs::show(&args, out),
        Some(Command::Replay(args)) => runs::replay(&args, out),
        Some(Command::Record(args)) => runs::record(&args, out),
    }
}
