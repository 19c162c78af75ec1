//! Connects the window to the runner: two channels, and a thread that passes on what is said.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use anyhow::Context;

use super::allowed::Ledger;
use super::recorder;
use crate::app::port::{FromRunner, Health, LoadedRun, Place, RunState, RunSummary, Start, ToRunner};
use crate::base::RunId;
use crate::event::Outcome;
use crate::gui::{Port, Wake};
use crate::journal::{Journal, Reader, RunInfo, Status};
use crate::lang;
use crate::play::{Formation, Via};
use crate::runner::{self, Asking, Config, Prepared, Recovered, Redact, Reply, Runner, Trust};

/// The window's ends. The runner stops when the window drops them.
///
/// `trust` is for what its runs call, `redact` for what is kept out of their records.
pub(super) fn connect(wake: Wake, trust: Trust, redact: Redact) -> Port {
    let (to_runner, orders) = channel();
    let (answers, from_runner) = channel();
    let desk = Desk { answers, wake };
    let failed = desk.clone();
    let spawned = thread::Builder::new().name("bridge".to_owned()).spawn(move || {
        if let Err(error) = serve(&orders, &desk, &trust, redact) {
            desk.failed(&error);
        }
    });
    if let Err(error) = spawned {
        failed.failed(&anyhow::Error::new(error).context("nothing can run: the system gives no thread"));
    }
    Port { to_runner, from_runner }
}

fn serve(orders: &Receiver<ToRunner>, desk: &Desk, trust: &Trust, redact: Redact) -> anyhow::Result<()> {
    let (journal, note) = recorder::open(None).unwrap_or_else(|error| (Journal::memory(), Some(format!("{error:#}"))));
    if let Some(message) = note {
        desk.say(FromRunner::Failed { message });
    }
    let reader = journal.reader()?;
    let ledger = Ledger::open(None);
    let consent = ledger.consent.clone();
    let runner = Runner::new(Config { consent, redact, trust: trust.clone(), ..Config::new(journal) })?;
    if let Some(message) = left_behind(&runner.recovered().wait()?) {
        desk.say(FromRunner::Failed { message });
    }
    // Ends when the window is gone.
    while let Ok(order) = orders.recv() {
        match order {
            ToRunner::Start(start) => {
                // A window is open for long, and certificates and tokens are renewed.
                if let Err(error) = trust.reread() {
                    desk.failed(&anyhow::Error::new(error).context("what was read before still holds"));
                }
                start_run(&runner, &ledger, desk, &start);
            }
            ToRunner::Signal { run, name, payload } => desk.told(runner.signal(&run, &name, payload, None).wait()),
            ToRunner::Cancel { run } => desk.told(runner.cancel(&run, "cancelled in the editor").wait()),
            ToRunner::ListRuns { limit } => match reader.runs(limit as usize) {
                Ok(infos) => desk.say(FromRunner::Runs(infos.into_iter().map(summary).collect())),
                Err(error) => desk.failed(&error.into()),
            },
            ToRunner::Discover { number, formation, far } => discover(&runner, desk, number, formation.as_ref(), far),
            ToRunner::LoadRun { run } => {
                if let Err(error) = load(&reader, &runner, desk, run.clone()) {
                    desk.say(FromRunner::NotLoaded { run, message: format!("{error:#}") });
                }
            }
        }
    }
    Ok(runner.stop().wait()?)
}

/// Those who look on wait for nobody: the answer is passed on from a thread of its own.
fn discover(runner: &Runner, desk: &Desk, number: u64, formation: Option<&Formation>, far: bool) {
    let asked = runner.targets(formation, if far { Asking::All } else { Asking::Near });
    let there = desk.clone();
    let answer = move || {
        let places = asked.wait().unwrap_or_default().into_iter().map(place).collect();
        there.say(FromRunner::Discovered { number, places });
    };
    if thread::Builder::new().name("discover".to_owned()).spawn(answer).is_err() {
        desk.say(FromRunner::Discovered { number, places: Vec::new() });
    }
}

fn place(place: runner::Place) -> Place {
    let health = match place.trouble {
        None => Health::Healthy,
        Some(why) if place.asked => Health::Down(why),
        Some(why) => Health::NotAsked(why),
    };
    Place {
        pattern: place.pattern,
        is_pull: place.via == Via::Pull.keyword(),
        address: place.address,
        worker: place.worker,
        health,
        methods: place.methods,
    }
}

/// What to say of the runs that an earlier program left and this one cannot go on with.
fn left_behind(recovered: &[Recovered]) -> Option<String> {
    let mut stopped = recovered.iter().filter_map(|left| Some((&left.run, left.result.as_ref().err()?)));
    let (run, why) = stopped.next()?;
    Some(match stopped.count() {
        0 => format!("run {run}, which was left unfinished, is stopped: {why}"),
        more => format!("{} runs that were left unfinished are stopped; past runs say why of each", more + 1),
    })
}

fn start_run(runner: &Runner, ledger: &Ledger, desk: &Desk, start: &Start) {
    let ticket = start.ticket;
    match try_start(runner, ledger, desk, start) {
        Ok(run) => {
            desk.say(FromRunner::Started { ticket, run: run.clone() });
            follow(runner, desk, run, 0);
        }
        Err(error) => desk.say(FromRunner::NotStarted { ticket, message: format!("{error:#}") }),
    }
}

fn try_start(runner: &Runner, ledger: &Ledger, desk: &Desk, start: &Start) -> anyhow::Result<RunId> {
    let formation = match &start.formation {
        None => None,
        Some(name) => {
            let found = start.doc.formations().find(|(_, formation)| formation.name == *name);
            Some(found.with_context(|| format!("there is no formation '{name}' any more: choose another one"))?.1)
        }
    };
    if start.allows_processes
        && let Err(error) = ledger.allow(formation)
    {
        desk.failed(&error);
    }
    let prepared = Prepared::new(&start.doc, start.item, formation)?;
    let mut new = runner::Start::new(Arc::new(prepared), start.input.clone());
    new.entry.clone_from(&start.entry);
    Ok(runner.start(new).wait()?)
}

/// Passes on the events of a run from `seq` on, on a thread of its own until the run is over.
fn follow(runner: &Runner, desk: &Desk, run: RunId, seq: u64) {
    tell_of_trouble(desk, run.clone(), runner.wait(&run));
    let (runner, desk_there) = (runner.clone(), desk.clone());
    let spawned = thread::Builder::new().name("watch".to_owned()).spawn(move || {
        let mut seq = seq;
        while let Ok(mut watch) = runner.watch(&run, seq).wait() {
            while let Some((run, events)) = watch.next_blocking() {
                seq = events.last().map_or(seq, |last| last.seq + 1);
                if !desk_there.reaches(FromRunner::Events { run, events: events.to_vec() }) {
                    return;
                }
            }
            if !watch.has_lagged() {
                return;
            }
        }
    });
    if let Err(error) = spawned {
        desk.failed(&anyhow::Error::new(error).context("the run cannot be watched: the system gives no thread"));
    }
}

/// While the journal takes nothing a run just stands still for those who watch it. This says why, once.
fn tell_of_trouble(desk: &Desk, run: RunId, ended: Reply<Outcome>) {
    let desk = desk.clone();
    let spawned = thread::Builder::new().name("trouble".to_owned()).spawn(move || match ended.wait() {
        Ok(_) | Err(runner::Error::Stopped) => {}
        Err(error) => desk.failed(&anyhow::Error::new(error).context(format!("run {run} cannot go on at the moment"))),
    });
    // It stands still without a word then.
    drop(spawned);
}

/// The first picture comes from the first events; the rest of a long record is read on a thread of its own.
fn load(reader: &Reader, runner: &Runner, desk: &Desk, run: RunId) -> anyhow::Result<()> {
    let info = reader.run(&run)?;
    let first = reader.events_to_show(&run, 0, READ)?;
    let doc = reader.document_of(&run)?.map(|text| lang::parse(text).doc);
    let item = doc.as_ref().and_then(|doc| doc.plays().find(|(_, play)| play.coord == info.play)).map(|(item, _)| item);
    let live = info.status == Status::Running;
    let n_read = first.events.len() as u64;
    desk.say(FromRunner::Loaded(Box::new(LoadedRun {
        run: run.clone(),
        doc: doc.filter(|_| item.is_some()).map(Arc::new),
        item: item.unwrap_or(0),
        events: first.events,
        live,
        stopped: info.reason.filter(|_| info.status == Status::Stopped),
    })));
    if n_read < info.n_events {
        desk.say(FromRunner::Reading { run: run.clone(), n_events: info.n_events, until: info.duration });
        let rest = Rest { reader: reader.reader()?, desk: desk.clone(), run, seq: n_read, n_events: info.n_events };
        let runner = live.then(|| runner.clone());
        thread::Builder::new().name("read".to_owned()).spawn(move || rest.read(runner.as_ref()))?;
    } else if live {
        follow(runner, desk, run, n_read);
    }
    Ok(())
}

/// Events that come with the first picture, and with each message after it.
const READ: usize = 1024;

/// What of a record is to be read yet.
struct Rest {
    reader: Reader,
    desk: Desk,
    run: RunId,
    seq: u64,
    n_events: u64,
}

impl Rest {
    /// With a runner the run goes on, and is followed from then on.
    fn read(mut self, runner: Option<&Runner>) {
        while self.seq < self.n_events {
            match self.reader.events_to_show(&self.run, self.seq, READ) {
                Ok(part) => {
                    let Some(last) = part.events.last() else { break };
                    self.seq = last.seq + 1;
                    let (run, events) = (self.run.clone(), part.events);
                    if !self.desk.reaches(FromRunner::Events { run, events }) {
                        return;
                    }
                }
                Err(error) => {
                    self.desk.failed(&anyhow::Error::new(error).context("the rest of the record cannot be read"));
                    break;
                }
            }
        }
        self.desk.say(FromRunner::HasRead { run: self.run.clone() });
        if let Some(runner) = runner {
            follow(runner, &self.desk, self.run.clone(), self.seq);
        }
    }
}

fn summary(info: RunInfo) -> RunSummary {
    RunSummary {
        run: info.run,
        play: info.play,
        started_ms: info.started_ms,
        state: match info.status {
            Status::Running => RunState::Running,
            Status::Stopped => RunState::Stopped,
            Status::Passed => RunState::Passed,
            Status::Failed => RunState::Failed,
            Status::Cancelled => RunState::Cancelled,
        },
        reason: info.reason,
        n_events: info.n_events,
        took_micros: info.duration.0,
    }
}

/// Where the window hears from the runner.
#[derive(Clone)]
struct Desk {
    answers: Sender<FromRunner>,
    wake: Wake,
}

impl Desk {
    fn say(&self, message: FromRunner) {
        self.reaches(message);
    }

    /// `false` if the window is gone.
    fn reaches(&self, message: FromRunner) -> bool {
        let heard = self.answers.send(message).is_ok();
        if heard {
            (self.wake)();
        }
        heard
    }

    fn failed(&self, error: &anyhow::Error) {
        self.say(FromRunner::Failed { message: format!("{error:#}") });
    }

    fn told(&self, result: Result<(), runner::Error>) {
        if let Err(error) = result {
            self.failed(&error.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RunMicros;
    use crate::event::{Event, Recorded, Started};
    use crate::journal::Append;

    #[test]
    fn the_rest_of_a_long_record_comes_in_order_without_a_gap_and_then_its_end() {
        let run = RunId::new("r");
        let started = Event::Started(Box::new(Started::new(run.clone(), "a/1/b".parse().unwrap())));
        let signal = |n: u64| Event::CancelAsked { reason: n.to_string() };
        let events: Vec<Recorded> = (0..3 * READ as u64 + 7)
            .map(|seq| Recorded {
                seq,
                at: RunMicros(seq),
                event: if seq == 0 { started.clone() } else { signal(seq) },
            })
            .collect();
        let mut journal = Journal::memory();
        for some in events.chunks(1000) {
            journal.append(&[Append { run: &run, document: None, events: some }], &[]).unwrap();
        }
        let (answers, heard) = channel();
        let desk = Desk { answers, wake: Arc::new(|| ()) };
        let rest =
            Rest { reader: journal.reader().unwrap(), desk, run: run.clone(), seq: 5, n_events: events.len() as u64 };
        rest.read(None);
        let mut found = Vec::new();
        let mut ended = false;
        for message in heard.try_iter() {
            match message {
                FromRunner::Events { events, .. } if !ended => {
                    assert!(events.len() <= READ);
                    found.extend(events);
                }
                FromRunner::HasRead { .. } => ended = true,
                other => panic!("{other:?}"),
            }
        }
        assert!(ended);
        assert_eq!(found, events[5..]);
    }
}
