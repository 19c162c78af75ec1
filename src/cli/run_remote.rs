//! One run on a server, followed from here.

use anyhow::{Context, anyhow, bail};
use prost_types::Any;
use serde_json::Value;
use tonic::Streaming;

use super::Verdict;
use super::args;
use super::ctrl_c::CtrlC;
use super::events;
use super::output::Output;
use super::remote::{Client, Remote, event, is_lost, said};
use super::run::{Job, Loaded, Record, load, payload, print_result, signal};
use crate::base::Coord;
use crate::event::{Event, Outcome, Payload};
use crate::runner::{Prepared, to_any, v1};

/// Registers the file there, if it is one and not the coordinate of a play that is registered already.
pub(super) fn run(args: &args::Run, server: &str, out: &mut Output) -> anyhow::Result<Verdict> {
    let mut remote = Remote::connect(server, &args.asking)?;
    let registered = args.file.to_str().and_then(|text| text.parse::<Coord>().ok()).filter(|_| !args.file.exists());
    let (play, entry, input, signals) = match registered {
        Some(play) => {
            let signals = args.signals.iter().map(|text| signal(text)).collect::<anyhow::Result<Vec<_>>>()?;
            (play, String::new(), Payload::from(payload(&args.input)?), signals)
        }
        None => {
            let Some(Loaded { input, prepared, payload, signals }) = load(args, out)? else {
                return Ok(Verdict::Failed);
            };
            register(&mut remote, &prepared, &input.name)?;
            let job = Job::new(&prepared, payload, signals)?;
            let entry = job.start.entry.map(|entry| entry.to_string()).unwrap_or_default();
            (prepared.plan.play.clone(), entry, job.start.input, job.signals)
        }
    };
    let ask = v1::StartRunRequest { play: play.to_string(), input: Some(any(&input)?), entry, ..Default::default() };
    start(&mut remote, ask, signals, args, out)
}

/// An earlier run of the server, made again.
pub(super) fn rerun(
    args: &args::Run,
    server: &str,
    loaded: Option<Loaded>,
    rerun: v1::Rerun,
    out: &mut Output,
) -> anyhow::Result<Verdict> {
    let mut remote = Remote::connect(server, &args.asking)?;
    let run = remote.resolve(&rerun.run)?.to_string();
    let signals = args.signals.iter().map(|text| signal(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut ask = v1::StartRunRequest { rerun: Some(v1::Rerun { run, ..rerun }), ..Default::default() };
    if let Some(Loaded { input, prepared, .. }) = loaded {
        register(&mut remote, &prepared, &input.name)?;
        ask.play = prepared.plan.play.to_string();
    }
    start(&mut remote, ask, signals, args, out)
}

fn any(payload: &Payload) -> anyhow::Result<Any> {
    to_any(payload).map_err(|failure| anyhow!(failure.message))
}

fn register(remote: &mut Remote, prepared: &Prepared, name: &str) -> anyhow::Result<()> {
    let formation = prepared.plan.formation.as_ref().map(|formation| formation.name.to_string());
    let document = prepared.text.to_string();
    let ask = v1::RegisterPlayRequest { document, formation: formation.unwrap_or_default() };
    remote.ask(async |client| client.register_play(ask).await).with_context(|| format!("'{name}'"))?;
    Ok(())
}

/// Follows it to its end.
fn start(
    remote: &mut Remote,
    ask: v1::StartRunRequest,
    signals: Vec<(String, Value)>,
    args: &args::Run,
    out: &mut Output,
) -> anyhow::Result<Verdict> {
    let mut record = Record::open(args.events.as_deref())?;
    let mut ctrl_c = remote.runtime.block_on(async { CtrlC::listen() })?;
    // One run, however often it is asked for.
    let ask = v1::StartRunRequest { request_id: uuid::Uuid::now_v7().to_string(), ..ask };
    let Remote { runtime, client } = &mut *remote;
    let start = Remote::ask_again(client, async |client| client.start_run(ask.clone()).await);
    let run = runtime.block_on(async {
        tokio::select! {
            started = start => Ok(started?.run),
            () = ctrl_c.pressed() => bail!("left by Ctrl-C, before the server said that the run has started"),
        }
    })?;
    out.progress(&format!("run {run}"));
    for (name, value) in signals {
        let to = Some(v1::signal_request::To::Run(run.clone()));
        let ask = v1::SignalRequest { to, name, payload: Some(any(&value.into())?), signal_id: String::new() };
        remote.ask(async |client| client.signal(ask).await)?;
    }
    follow(remote, &run, &mut ctrl_c, &mut record, out)
}

fn follow(
    remote: &mut Remote,
    run: &str,
    ctrl_c: &mut CtrlC,
    record: &mut Record,
    out: &mut Output,
) -> anyhow::Result<Verdict> {
    let Remote { runtime, client } = remote;
    let goes_on =
        || format!("run {run} goes on there: ask for it with 'chalktalk show {run}' once the server can be reached");
    runtime.block_on(async {
        let (mut cancelling, mut from) = (false, 0);
        let mut told = watch(client, run, from).await?;
        loop {
            let message = tokio::select! {
                message = told.message() => match message {
                    Err(status) if is_lost(&status) => {
                        out.say("the connection is lost, and the run goes on: waiting for the server for up to two minutes");
                        told = tokio::select! {
                            told = watch(client, run, from) => told.with_context(goes_on)?,
                            () = ctrl_c.pressed() => bail!("left by Ctrl-C; {}", goes_on()),
                        };
                        continue;
                    }
                    message => message.map_err(|status| said(&status))?,
                },
                () = ctrl_c.pressed() => {
                    if cancelling {
                        return Ok(Verdict::Failed);
                    }
                    cancelling = true;
                    out.say("cancelling; press Ctrl-C again to leave at once");
                    let ask = v1::CancelRequest { run: run.to_owned(), reason: "Ctrl-C".to_owned() };
                    client.cancel(ask).await.map_err(|status| said(&status))?;
                    continue;
                }
            };
            let Some(message) = message else { bail!("the server ended the events of run {run} before its end") };
            let Some(recorded) = event(message)? else { continue };
            from = recorded.seq + 1;
            record.write(&recorded, out)?;
            out.progress(&events::line(&recorded));
            if let Event::Finished { outcome } = &recorded.event {
                if let Outcome::Passed { payload, .. } = outcome {
                    print_result(&payload.to_json(), record, out)?;
                    return Ok(Verdict::Well);
                }
                out.say(&format!("the run {}", events::outcome_words(outcome)));
                return Ok(Verdict::Failed);
            }
        }
    })
}

/// The events of a run, from one on.
async fn watch(client: &mut Client, run: &str, from: u64) -> anyhow::Result<Streaming<v1::WatchRunResponse>> {
    let ask = || v1::WatchRunRequest { run: run.to_owned(), from };
    Remote::ask_again(client, async |client| client.watch_run(ask()).await).await
}
