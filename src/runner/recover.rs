//! After a start: the runs that an earlier process left unfinished go on.

use std::sync::Arc;

use super::conductor::Conductor;
use super::handle::Recovered;
use super::levels::{Caller, SELF, child_run};
use super::live::Live;
use super::rerun::Replayed;
use super::{Error, Prepared, redact};
use crate::base::{BallId, RunId};
use crate::engine::{Effect, Input};
use crate::event::{Event, Recorded, Started};
use crate::journal::Registered;
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

    /// Folds each unfinished run, then makes again what it is still owed, with the same idempotency keys.
    pub(super) fn recover(&mut self) {
        let unfinished = self.keeper.journal().unfinished();
        let unfinished = unfinished.unwrap_or_else(|error| {
            self.recovered.push(failed(RunId::new("all"), error.to_string()));
            Vec::new()
        });
        let mut again = Vec::new();
        // What plays that took a ball of a `wait-for-worker` are to be waited for, and whose children there are.
        let mut attached = Vec::new();
        let mut children = Vec::new();
        let mut last: Option<Arc<Prepared>> = None;
        for run in unfinished {
            let result = self.recover_one(&run, &mut last, &mut attached);
            // Only for whoever looks at the list of runs: a journal that takes no note is no reason to do otherwise.
            drop(self.keeper.journal().note_stop(&run, result.as_ref().err().map(String::as_str)));
            match result {
                Ok((slot, owed)) => {
                    let started = self.lives.get(slot).and_then(|live| live.run.started());
                    let parent = started.and_then(|started| started.parent.clone());
                    children.extend(parent.map(|(parent, _)| (run.clone(), parent)));
                    again.push((slot, owed));
                    self.recovered.push(Recovered { run, result: Ok(()) });
                }
                Err(why) => self.recovered.push(failed(run, why)),
            }
        }
        self.join_families(&children);
        // What is late by now is not called first.
        let now_us = self.world.now_us();
        self.tick(now_us);
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

    /// Gives the run's place and what was under way for it.
    fn recover_one(
        &mut self,
        id: &RunId,
        last: &mut Option<Arc<Prepared>>,
        attached: &mut Vec<(u32, Caller, RunId)>,
    ) -> Result<(u32, Vec<Effect>), String> {
        let history = self.keeper.journal().events(id).map_err(|error| error.to_string())?;
        if let Some(unread) = history.unread.first() {
            return Err(format!("its event {} cannot be read: {}", unread.seq, unread.why));
        }
        let Some(Recorded { event: Event::Started(started), .. }) = history.events.first() else {
            return Err("it does not begin with its start".to_owned());
        };
        let prepared = self.prepared_again(id, started, last)?;
        let mut run = self.run_of(Arc::clone(&prepared.plan));
        for recorded in &history.events {
            run.evolve(recorded);
        }
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
            live.replayed = Some(Box::new(Replayed::new(record, &history.events)));
        }
        let owed = live.run.owed();
        let caught = live.run.caught();
        let call_of = |ball: BallId, attempt| {
            let at = live.run.balls().find(|(other, _)| *other == ball)?.1;
            Some(child_run(id, live.run.node_of(at), at.visit, attempt))
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
                attached.push((slot, Caller { run: id.clone(), ball, attempt }, child));
                continue;
            }
            self.advance(slot, &Input::Dropped { ball, attempt, worker }, now_us);
        }
        if self.lives.get_mut(slot).is_some_and(|live| live.settle(now_us)) {
            self.touch(slot);
        }
        self.set_timer(slot);
        Ok((slot, owed))
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

    /// Most runs that were cut off ran the same play.
    fn prepared_again(
        &self,
        id: &RunId,
        started: &Started,
        last: &mut Option<Arc<Prepared>>,
    ) -> Result<Arc<Prepared>, String> {
        let text = self.keeper.journal().document_of(id).map_err(|error| error.to_string())?;
        let text = text.ok_or_else(|| "its document was not kept".to_owned())?;
        if let Some(last) = last
            && *last.text == *text
            && last.plan.digest == started.digest
            && last.plan.play == started.play
        {
            return Ok(Arc::clone(last));
        }
        let prepared = Prepared::again(&text, &started.play, started.formation.as_deref(), &started.digest)?;
        let prepared = Arc::new(prepared);
        *last = Some(Arc::clone(&prepared));
        Ok(prepared)
    }
}

fn failed(run: RunId, why: String) -> Recovered {
    Recovered { run, result: Err(why) }
}
