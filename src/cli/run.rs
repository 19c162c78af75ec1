//! One run of one play, from start to result.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;

use super::Verdict;
use super::allowed::Ledger;
use super::args;
use super::check::{refuse_errors, say_broken};
use super::ctrl_c::CtrlC;
use super::events;
use super::input::{self, Input};
use super::output::Output;
use super::recorder;
use crate::base::{NodeId, RunId};
use crate::check;
use crate::event::{Event, Outcome, ParkedOn, Recorded};
use crate::files::{self, MAX_BYTES};
use crate::journal::Journal;
use crate::plan::choose_formation;
use crate::runner::{Config, Consent, Prepared, Redact, Runner, Start, Trust};

pub(super) fn run(args: &args::Run, out: &mut Output) -> anyhow::Result<Verdict> {
    if let Some(server) = &args.server {
        return super::run_remote::run(args, server, out);
    }
    let Some(Loaded { prepared, payload, signals, .. }) = load(args, out)? else { return Ok(Verdict::Failed) };
    record_and_drive(Job::new(&prepared, payload, signals)?, args, out)
}

/// Runs it here, recorded and allowed as the arguments say.
pub(super) fn record_and_drive(mut job: Job, args: &args::Run, out: &mut Output) -> anyhow::Result<Verdict> {
    job.record = Record::open(args.events.as_deref())?;
    let (journal, note) = recorder::open(args.data.as_deref())?;
    if let Some(note) = note {
        out.say(&note);
    }
    let ledger = Ledger::open(args.data.as_deref());
    if args.allow_process
        && let Err(error) = ledger.allow(job.start.prepared.plan.formation.as_ref())
    {
        out.say(&format!("{error:#}"));
    }
    job.consent = ledger.consent;
    job.redact = args.redacting.names()?;
    job.trust = args.peers.add_to(args.asking.certificates.trust()?)?;
    drive(job, journal, out)
}

/// A play and what is to be done with it, as the arguments say.
pub(super) struct Loaded {
    pub input: Input,
    pub prepared: Arc<Prepared>,
    pub payload: Value,
    pub signals: Vec<(String, Value)>,
}

/// `None` if the play is wrong, which has been said.
pub(super) fn load(args: &args::Run, out: &Output) -> anyhow::Result<Option<Loaded>> {
    let signals = args.signals.iter().map(|text| signal(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let (path, coord) = input::split(&args.file);
    if input::is_stdin(&path) && args.input == "-" {
        bail!("both the play and its input are to come from stdin: put one of them into a file");
    }
    let payload = payload(&args.input)?;
    let input = match input::read(&path)? {
        Ok(input) => input,
        Err(broken) => {
            say_broken(&broken, out);
            return Ok(None);
        }
    };
    if refuse_errors(&input, &check::check(&input.source), out) {
        return Ok(None);
    }
    let item = input.choose_play(coord.as_deref())?;
    let formation = choose_formation(input.doc(), args.formation.as_deref()).map_err(|bad| anyhow!("{bad}"))?;
    let prepared = Arc::new(Prepared::new(input.doc(), item, formation).map_err(|error| anyhow!("{error}"))?);
    Ok(Some(Loaded { input, prepared, payload, signals }))
}

/// `NAME=JSON`, or `NAME` for null.
pub(super) fn signal(text: &str) -> anyhow::Result<(String, Value)> {
    let (name, json) = text.split_once('=').unwrap_or((text, "null"));
    if name.is_empty() {
        bail!("--signal '{text}' has no name: write NAME=JSON");
    }
    let value = serde_json::from_str(json).with_context(|| format!("--signal {name}: '{json}' is no JSON"))?;
    Ok((name.to_owned(), value))
}

pub(super) fn payload(text: &str) -> anyhow::Result<Value> {
    let (json, from) = if text == "-" {
        let mut json = String::new();
        std::io::stdin()
            .lock()
            .take(MAX_BYTES)
            .read_to_string(&mut json)
            .context("cannot read the input from stdin")?;
        (json, "stdin".to_owned())
    } else if let Some(file) = text.strip_prefix('@') {
        (files::load_text(Path::new(file))?.0, format!("'{file}'"))
    } else {
        (text.to_owned(), "--input".to_owned())
    };
    serde_json::from_str(&json)
        .with_context(|| format!("what comes from {from} is no JSON; a text needs quotes of its own: '\"text\"'"))
}

/// Where `--events` go.
pub(super) enum Record {
    Nowhere,
    Stdout,
    File { file: BufWriter<File>, name: String },
}

impl Record {
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        match path {
            None => Ok(Self::Nowhere),
            Some(path) if input::is_stdin(path) => Ok(Self::Stdout),
            Some(path) => {
                let name = path.display().to_string();
                let file = File::create(path).with_context(|| format!("cannot write events to '{name}'"))?;
                Ok(Self::File { file: BufWriter::new(file), name })
            }
        }
    }

    /// Whoever reads along sees each event as it happens.
    pub fn write(&mut self, event: &Recorded, out: &mut Output) -> anyhow::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stdout => out.line(&serde_json::to_string(event)?),
            Self::File { file, name } => {
                let line = serde_json::to_string(event)?;
                let written = writeln!(file, "{line}").and_then(|()| file.flush());
                written.with_context(|| format!("cannot write events to '{name}'"))
            }
        }
    }
}

/// Who answers a wait for a signal, where nobody else would.
pub(super) type Answerer = fn(&str) -> Option<Value>;

/// A run to be made, and what to tell about it.
pub(super) struct Job {
    pub start: Start,
    pub signals: Vec<(String, Value)>,
    record: Record,
    /// What the run may start.
    consent: Consent,
    /// How services are called.
    trust: Trust,
    redact: Redact,
    /// Prints a line for each event on stdout, and answers waits for signals: the demo.
    pub demo: Option<Answerer>,
}

impl Job {
    /// The run starts at the snap, or at the first trigger that one of the signals is for.
    pub(super) fn new(
        prepared: &Arc<Prepared>,
        input: Value,
        mut signals: Vec<(String, Value)>,
    ) -> anyhow::Result<Self> {
        let mut start = Start::new(Arc::clone(prepared), input);
        if prepared.plan.snap().is_none() {
            let triggers: Vec<(NodeId, String)> =
                prepared.plan.triggers().map(|(node, name)| (node.clone(), name.to_owned())).collect();
            let chosen = signals.iter().enumerate().find_map(|(i, (name, _))| {
                triggers.iter().find(|(_, wanted)| wanted == name).map(|(node, _)| (i, node.clone()))
            });
            let Some((i, node)) = chosen else {
                let names: Vec<String> = triggers.iter().map(|(_, name)| format!("--signal '{name}=JSON'")).collect();
                bail!("the play has no snap, it starts with a signal: add {}", names.join(" or "));
            };
            let (_, payload) = signals.remove(i);
            start.entry = Some(node);
            start.input = payload.into();
        }
        Ok(Self::of(start, signals))
    }

    pub(super) fn of(start: Start, signals: Vec<(String, Value)>) -> Self {
        let (consent, trust, redact) = (Consent::none(), Trust::default(), Redact::default());
        Self { start, signals, record: Record::Nowhere, consent, trust, redact, demo: None }
    }
}

/// Runs to the end, or until the second Ctrl-C.
pub(super) fn drive(job: Job, journal: Journal, out: &mut Output) -> anyhow::Result<Verdict> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runner")?;
    let outcome = runtime.block_on(async {
        // This is about one run: those that were left in the folder stay as they are.
        let (consent, trust, redact) = (job.consent.clone(), job.trust.clone(), job.redact.clone());
        let config = Config { resumes: false, consent, trust, redact, pulled: false, ..Config::new(journal) };
        let runner = Runner::spawn(config);
        let outcome = follow(job, &runner, out).await;
        let stopped = runner.stop().await;
        let outcome = outcome?;
        stopped.context("the run is over, but the journal could not be closed")?;
        Ok::<_, anyhow::Error>(outcome)
    })?;
    match outcome {
        Some(Outcome::Passed { .. }) => Ok(Verdict::Well),
        Some(other) => {
            out.say(&format!("the run {}", events::outcome_words(&other)));
            Ok(Verdict::Failed)
        }
        None => Ok(Verdict::Failed),
    }
}

async fn follow(mut job: Job, runner: &Runner, out: &mut Output) -> anyhow::Result<Option<Outcome>> {
    let mut ctrl_c = CtrlC::listen()?;
    let run = runner.start(job.start.clone()).await?;
    for (name, payload) in std::mem::take(&mut job.signals) {
        runner.signal(&run, &name, payload, None).await?;
    }
    let mut seen = 0;
    let mut cancelling = false;
    let mut watch = runner.watch(&run, 0).await?;
    // Nothing more comes to watch while the journal takes nothing, but this says so.
    let mut ended = runner.wait(&run);
    let mut has_ended = false;
    loop {
        let batch = tokio::select! {
            batch = watch.next() => batch,
            outcome = &mut ended, if !has_ended => {
                outcome.with_context(|| format!("run {run} is left unfinished"))?;
                has_ended = true;
                continue;
            }
            () = ctrl_c.pressed() => {
                if cancelling {
                    return Ok(None);
                }
                cancelling = true;
                out.say("cancelling; press Ctrl-C again to leave at once");
                runner.cancel(&run, "Ctrl-C").await?;
                continue;
            }
        };
        let Some((_, batch)) = batch else {
            if watch.has_lagged() {
                watch = runner.watch(&run, seen).await?;
                continue;
            }
            // The watch ends with the run, or with a runner that cannot go on with it: this says which.
            return Ok(Some(runner.wait(&run).await?));
        };
        for recorded in batch.iter() {
            seen = recorded.seq + 1;
            tell(&mut job, recorded, &run, runner, out).await?;
            if let Event::Finished { outcome } = &recorded.event {
                if let (Outcome::Passed { payload, .. }, None) = (outcome, job.demo) {
                    print_result(&payload.to_json(), &job.record, out)?;
                }
                return Ok(Some(outcome.clone()));
            }
        }
    }
}

async fn tell(
    job: &mut Job,
    recorded: &Recorded,
    run: &RunId,
    runner: &Runner,
    out: &mut Output,
) -> anyhow::Result<()> {
    job.record.write(recorded, out)?;
    if job.demo.is_some() {
        out.line(&events::line(recorded))?;
    } else {
        out.progress(&events::line(recorded));
    }
    if let Event::Parked { on: ParkedOn::Signal { name, .. }, .. } = &recorded.event {
        match job.demo.and_then(|answer| answer(name)) {
            Some(payload) => runner.signal(run, name, payload, None).await?,
            None => out.progress(&format!(
                "{:>9}  send it with --signal '{}=JSON', or press Ctrl-C",
                "",
                events::tame(name)
            )),
        }
    }
    Ok(())
}

pub(super) fn print_result(result: &Value, record: &Record, out: &mut Output) -> anyhow::Result<()> {
    // Among lines of events the result is a line too.
    let text =
        if matches!(record, Record::Stdout) { result.to_string() } else { serde_json::to_string_pretty(result)? };
    out.line(&text)
}
