use super::Verdict;
use super::args;
use super::check::say_broken;
use super::fmt::spell;
use super::input::{self, Kind};
use super::output::Output;
use crate::diag::Severity;
use crate::files::{self, Over};

pub(super) fn convert(args: &args::Convert, out: &Output) -> anyhow::Result<Verdict> {
    let kind = Kind::of(&args.output)?;
    let input = match input::read(&args.input)? {
        Ok(input) => input,
        Err(broken) => {
            say_broken(&broken, out);
            return Ok(Verdict::Failed);
        }
    };
    files::save(&args.output, &spell(&input, kind), Over::Anything)?;
    let n_errors = input.source.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    if n_errors > 0 {
        out.say(&format!(
            "'{}' has statements that cannot be read; they are kept word for word, see 'chalktalk check {}'",
            input.name, input.name
        ));
    }
    Ok(Verdict::Well)
}
