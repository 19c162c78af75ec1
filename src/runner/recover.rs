//! After a start: the runs that an earlier process left unfinished go on.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::asleep::{all_read, folded};
use super::conductor::Conductor;
use super::family::Child;
use super::handle::Recovered;
use super::levels::{Caller, SELF};
use super::live::Live;
use super::rerun::Replayed;
use super::{Error, Prepared, redact};
use crate::base::{BallId, Coord, RunId};
use crate::engine::{Effect, Input};
use crate::event::{Event, Recorded, Started, child_run};
use crate::journal::{DocId, Reader, Registered, Unfinished};
use crate::lang;
use crate::plan::choose_formation;

impl Conductor {
    /// The signals that were sent to a key and wait for the first run that will.
    pub(super) fn load_signals(&mut self) {
        let now_ms = self.world.now_us() / 1000;
        let signals = self.keeper.journal().signals(now_ms);
        match signals {
            Ok(signals) => {
                let (signals, lost) = redact::whole(signals);
                for lost in lost {
                    let why = format!("{lost} was kept without its redacted fields: send it again");
                    self.recovered.push(failed(RunId::new("signals"), why));
                }
                self.signals.load(signals, now_ms);
            }
            Err(error) => self.recovered.push(failed(RunId::new("signals"), error.to_string())),
        }
    }

    /// Folds each unfinished run, then makes again what it is still owed, with the same idempotency keys. One that only
    /// waits is laid to sleep.
    pub(super) fn recover(&mut self) {
        let mut found = Found::default();
        let reader = self.keeper.journal().reader();
        let all = reader
            .and_then(|reader| reader.each_unfinished(|unfinished| self.recover_next(unfinished, &reader, &mut found)));
        if let Err(error) = all {
            self.recovered.push(failed(RunId::new("all"), error.to_string()));
        }
        let Found { again, attached, mut children, notes, .. } = found;
        for (run, why) in notes {
            // Only for whoever looks at the list of runs: a journal that takes no note is no reason to do otherwise.
            drop(self.keeper.journal().note_stop(&run, why.as_deref()));
        }
        self.join_families(&mut children);
        // What is late by now is not called first.
        let now_us = self.world.now_us();
        for (slot, _) in &again {
            if self.lives.get(*slot).and_then(|live| live.timer).is_some_and(|at| at <= now_us) {
                let jitter = self.world.jitter();
                self.advance(*slot, &Input::Tick { jitter }, now_us);
            }
        }
        self.keep_all();
        for (slot, owed) in again {
            let Some(live) = self.lives.get(slot) else { continue };
            let still = live.run.owed();
            for effect in owed.into_iter().filter(|effect| still.contains(effect)) {
                self.start_effect(slot, effect);
            }
        }
        for (slot, caller, child) in attached {
            self.attach(slot, caller, &child);
        }
        self.cancel_orphans(children);
    }

    fn recover_next(&mut self, unfinished: Unfinished, reader: &Reader, found: &mut Found) {
        let Unfinished { run, is_stopped, .. } = &unfinished;
        let (run, is_stopped) = (run.clone(), *is_stopped);
        let result = self.recover_one(unfinished, reader, found);
        if is_stopped || result.is_err() {
            found.notes.push((run.clone(), result.as_ref().err().cloned()));
        }
        self.recovered.push(Recovered { run, result });
    }

    fn recover_one(&mut self, unfinished: Unfinished, reader: &Reader, found: &mut Found) -> Result<(), String> {
        let Unfinished { run: id, document, history, .. } = unfinished;
        let Some(Recorded { event: Event::Started(started), .. }) = history.events.first() else {
            all_read(&history)?;
            return Err("it does not begin with its start".to_owned());
        };
        let prepared = found.plays.again(document, started, reader)?;
        let run = folded(self.run_of(Arc::clone(&prepared.plan)), &history)?;
        // A wall clock that was put back since the last event: the run goes on from there, with all its timers.
        let latest_us = self.world.now_us().saturating_sub(run.now().0);
        if let Some(why) = redact::lost(&run) {
            return Err(why);
        }
        let zero_us = started.started_ms.saturating_mul(1000).min(latest_us);
        let mut live = Live::new(id.clone(), run, prepared, zero_us);
        live.n_told = live.run.n_events();
        if let Some(rerun) = &started.rerun {
            let record = self.record_again(rerun, live.run.plan())?;
            live.ties.replayed = Some(Box::new(Replayed::new(record, &history.events)));
        }
        if let Some((parent, _)) = &started.parent {
            found.children.push(Child { run: id.clone(), parent: parent.clone(), depth: started.depth });
        }
        let owed = live.run.owed();
        let caught = live.run.caught();
        let call_of = |ball: BallId, attempt| {
            let at = live.run.ball(ball)?;
            Some(child_run(&id, live.run.node_of(at), at.visit, attempt))
        };
        let caught: Vec<_> = caught
            .into_iter()
            .map(|(ball, attempt, worker)| {
                let child = if worker == SELF { call_of(ball, attempt) } else { None };
                (ball, attempt, worker, child)
            })
            .collect();
        let now_us = self.world.now_us();
        let slot = self.lives.insert(live).ok_or_else(|| Error::Stopped.to_string())?;
        self.note_rerun(slot);
        for (ball, attempt, worker, child) in caught {
            // A play that took the ball goes on by itself.
            if let Some(child) = child
                && self.known(&child).is_ok_and(|known| known.is_some())
            {
                found.attached.push((slot, Caller { run: id.clone(), ball, attempt }, child));
                continue;
            }
            self.advance(slot, &Input::Dropped { ball, attempt, worker }, now_us);
        }
        if self.lives.get_mut(slot).is_some_and(|live| live.settle(now_us)) {
            self.touch(slot);
        }
        self.set_timer(slot);
        let sleeps = |live: &Live| live.only_waits() && live.timer.is_none_or(|at| at > now_us);
        if self.lives.get(slot).is_some_and(sleeps) {
            // All that it can be owed is to be told of signals.
            owed.into_iter().for_each(|effect| self.start_effect(slot, effect));
            self.lives.lay_down(slot);
        } else {
            found.again.push((slot, owed));
        }
        Ok(())
    }

    /// Plays that were registered are targets again.
    pub(super) fn register_again(&mut self) {
        let documents = self.keeper.journal().registered().unwrap_or_else(|error| {
            self.recovered.push(failed(RunId::new("plays"), error.to_string()));
            Vec::new()
        });
        for Registered { text, formation, plays } in documents {
            let doc = lang::parse(text).doc;
            let formation = match formation.as_deref().map(|name| choose_formation(&doc, Some(name))).transpose() {
                Ok(formation) => formation.flatten(),
                Err(why) => {
                    self.recovered.push(failed(RunId::new(plays[0].to_string()), why.to_string()));
                    continue;
                }
            };
            match Prepared::all(&doc, formation) {
                Ok(all) => {
                    self.targets.registry.add(all.into_iter().filter(|play| plays.contains(&play.plan.play)));
                }
                Err(why) => self.recovered.push(failed(RunId::new(plays[0].to_string()), why.to_string())),
            }
        }
    }

    pub(super) fn register(&mut self, plays: Vec<Arc<Prepared>>) -> Result<(), Error> {
        let mut kept = Vec::with_capacity(plays.len());
        for play in &plays {
            let formation = play.plan.formation.as_ref().map(|formation| formation.name.to_string());
            kept.push((play.plan.play.clone(), self.document(play)?, formation));
        }
        self.keeper.journal().register(&kept)?;
        self.targets.registry.add(plays);
        Ok(())
    }
}

/// What a pass over the unfinished runs found.
#[derive(Default)]
struct Found {
    plays: Plays,
    /// Runs that do something, and what was under way for them.
    again: Vec<(u32, Vec<Effect>)>,
    /// What plays that took a ball of a `wait-for-worker` are to be waited for.
    attached: Vec<(u32, Caller, RunId)>,
    children: Vec<Child>,
    /// What is new of who cannot go on, and why.
    notes: Vec<(RunId, Option<String>)>,
}

/// The plays that were compiled: most runs that were cut off ran the same few.
#[derive(Default)]
struct Plays(FxHashMap<DocId, Vec<Compiled>>);

struct Compiled {
    play: Coord,
    formation: Option<String>,
    digest: String,
    result: Result<Arc<Prepared>, String>,
}

impl Plays {
    fn again(&mut self, document: Option<DocId>, started: &Started, reader: &Reader) -> Result<Arc<Prepared>, String> {
        let document = document.ok_or_else(|| "its document was not kept".to_owned())?;
        let known = self.0.entry(document).or_default();
        let is_it = |known: &&Compiled| {
            known.play == started.play && known.formation == started.formation && known.digest == started.digest
        };
        if let Some(known) = known.iter().find(is_it) {
            return known.result.clone();
        }
        let text = reader.text(document).map_err(|error| error.to_string())?;
        let Started { play, formation, digest, .. } = started;
        let result = match text {
            Some(text) => Prepared::again(&text, play, formation.as_deref(), digest).map(Arc::new),
            None => Err("its document was not kept".to_owned()),
        };
        let (play, formation, digest) = (play.clone(), formation.clone(), digest.clone());
        known.push(Compiled { play, formation, digest, result: result.clone() });
        result
    }
}

fn failed(run: RunId, why: String) -> Recovered {
    Recovered { run, result: Err(why) }
}
