//! The scenarios of a play as the editor knows them, and what the model checker found.

use std::sync::Arc;

use super::command::Command;
use super::editor::Editor;
use super::port::LoadedRun;
use super::request::{Request, View};
use super::selection::Selection;
use super::session::{Mode, Session};
use super::toast::Tone;
use super::watch::Watch;
use crate::base::{NodeId, RunId};
use crate::event::Recorded;
use crate::lang;
use crate::play::{Edit, Expect, Formation, Line, Scenario, Splice, Step, Stmt};
use crate::referee::{self, Coverage, Referee, Ruling, Verdict, scenarios};
use crate::scene::Counts;

/// How the scenarios of the play that is edited went. Forgotten as soon as the text changes.
#[derive(Clone, Debug, Default)]
pub struct Trials {
    verdicts: Vec<Verdict>,
    coverage: Option<Coverage>,
    counts: Option<Arc<Counts>>,
    ruling: Option<Ruling>,
    /// Why nothing could be played.
    trouble: Option<String>,
}

impl Trials {
    /// Of the scenario that is statement `stmt`; `None` if it was not played.
    pub fn verdict(&self, stmt: usize) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.stmt == stmt)
    }

    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// Of all that were played.
    pub const fn coverage(&self) -> Option<&Coverage> {
        self.coverage.as_ref()
    }

    /// The same by the numbers of the graph.
    pub const fn counts(&self) -> Option<&Arc<Counts>> {
        self.counts.as_ref()
    }

    pub const fn ruling(&self) -> Option<&Ruling> {
        self.ruling.as_ref()
    }

    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn n_failed(&self) -> usize {
        self.verdicts.iter().filter(|verdict| !verdict.passed()).count()
    }

    fn take(&mut self, verdict: Verdict) {
        self.verdicts.retain(|other| other.stmt != verdict.stmt);
        self.verdicts.push(verdict);
        self.verdicts.sort_by_key(|verdict| verdict.stmt);
    }

    fn count(&mut self, mut coverage: Coverage) {
        for verdict in &self.verdicts {
            coverage.add(&verdict.journal);
        }
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.counts = Some(Arc::new(Counts {
            nodes: coverage.nodes.iter().map(|(_, n)| small(*n)).collect(),
            wires: coverage.wires.iter().map(|(_, n)| small(*n)).collect(),
        }));
        self.coverage = Some(coverage);
    }
}

impl Editor {
    #[expect(clippy::needless_pass_by_value, reason = "as all that carry out commands")]
    pub(super) fn trial_command(&mut self, command: Command, out: &mut Vec<Request>) {
        match command {
            Command::PlayScenarios => {
                self.play_scenarios(|_| true);
                out.push(Request::View(View::ShowScenarios));
                self.tell_how_they_went();
            }
            Command::WatchScenario(stmt) => {
                if self.session().trials.verdict(stmt).is_none() {
                    self.play_scenarios(|other| other == stmt);
                }
                self.watch_scenario(stmt);
            }
            Command::ToggleCoverage => {
                self.shows_coverage = !self.shows_coverage;
                if self.shows_coverage && self.session().trials.counts.is_none() {
                    self.play_scenarios(|_| true);
                }
            }
            Command::AddScenario => {
                if let Err(error) = self.add_scenario() {
                    self.toasts.push(Tone::Error, error, None);
                }
                out.push(Request::View(View::ShowScenarios));
            }
            Command::Explore => {
                self.explore();
                out.push(Request::View(View::ShowScenarios));
            }
            Command::WatchFinding(n) => self.watch_finding(n),
            _ => {}
        }
    }

    /// Coverage is painted on the canvas, once scenarios were played.
    pub const fn shows_coverage(&self) -> bool {
        self.shows_coverage
    }

    /// What is painted now: how many balls came to each node and took each wire, while the play is edited.
    pub fn coverage_shown(&self) -> Option<&Arc<Counts>> {
        let session = self.session();
        let editing = session.mode() == Mode::Editing && session.shown().is_some_and(|shown| shown.broken.is_empty());
        session.trials.counts().filter(|_| self.shows_coverage && editing)
    }

    fn play_scenarios(&mut self, wanted: impl Fn(usize) -> bool) {
        let session = self.session();
        let Some((item, play)) = session.item().zip(session.play()) else { return };
        let mut trials = session.trials.clone();
        trials.trouble = None;
        if session.n_errors() > 0 {
            trials.trouble = Some("Problems stand in the way: fix them first.".to_owned());
        } else {
            match Referee::new(session.doc(), item, formation_of(session)) {
                Ok(referee) => {
                    for (stmt, scenario) in scenarios(play).filter(|(stmt, _)| wanted(*stmt)) {
                        trials.take(referee.judge(stmt, scenario));
                    }
                    trials.count(Coverage::new(play));
                }
                Err(errors) => trials.trouble = errors.first().map(ToString::to_string),
            }
        }
        self.session_mut().trials = trials;
    }

    fn tell_how_they_went(&mut self) {
        let trials = &self.session().trials;
        let (n, n_failed) = (trials.verdicts.len(), trials.n_failed());
        let (tone, text) = match (n, n_failed) {
            (0, _) => return,
            (1, 0) => (Tone::Info, "the scenario passed".to_owned()),
            (n, 0) => (Tone::Info, format!("all {n} scenarios passed")),
            (n, failed) => (Tone::Error, format!("{failed} of {n} scenarios failed")),
        };
        self.toasts.push(tone, text, None);
    }

    fn watch_scenario(&mut self, stmt: usize) {
        let Some(verdict) = self.session().trials.verdict(stmt).cloned() else {
            let why = self.session().trials.trouble().unwrap_or("there is no such scenario").to_owned();
            self.toasts.push(Tone::Error, why, None);
            return;
        };
        let place = verdict.misses.iter().find_map(|miss| miss.node.clone());
        if verdict.journal.is_empty() {
            let why = verdict.misses.first().map_or_else(|| "nothing happened".to_owned(), ToString::to_string);
            self.toasts.push(Tone::Error, why, None);
            return;
        }
        self.watch_made_up(format!("scenario \"{}\"", verdict.scenario), verdict.journal, place);
    }

    fn explore(&mut self) {
        let session = self.session();
        let Some(play) = session.play() else { return };
        let mut trials = session.trials.clone();
        trials.trouble = None;
        if session.n_errors() > 0 {
            trials.trouble = Some("Problems stand in the way: fix them first.".to_owned());
        } else {
            match referee::deep(play, formation_of(session)) {
                Ok(ruling) => trials.ruling = Some(ruling),
                Err(errors) => trials.trouble = errors.first().map(ToString::to_string),
            }
        }
        self.session_mut().trials = trials;
    }

    fn watch_finding(&mut self, n: usize) {
        let found = self.session().trials.ruling.as_ref().and_then(|ruling| ruling.findings.get(n)).cloned();
        if let Some(found) = found.filter(|found| !found.trace.is_empty()) {
            self.watch_made_up(found.message, found.trace, found.node);
        }
    }

    /// Shows events that no run had, at their end.
    fn watch_made_up(&mut self, what: String, events: Vec<Recorded>, place: Option<NodeId>) {
        let session = self.session();
        let Some(item) = session.item() else { return };
        let doc = Some(Arc::new(session.doc().clone()));
        let run = RunId::from("simulation");
        let mut watch = Watch::loaded(LoadedRun { run, doc, item, events, live: false, stopped: None });
        watch.is_simulation_of(what);
        watch.control(|playback, film| {
            if film.is_finished() {
                playback.jump_to_end(film);
            } else {
                // Nothing more comes.
                playback.seek(film.until(), film);
            }
        });
        let session = self.session_mut();
        session.set_watch(Some(watch));
        if let Some(place) = place {
            session.select(Selection::node(place));
        }
    }

    /// Writes a scenario before the layout.
    fn add_scenario(&mut self) -> Result<(), String> {
        let session = self.session();
        let (item, play) = session.item().zip(session.play()).ok_or("there is no play to add a scenario to")?;
        let taken = |name: &str| scenarios(play).any(|(_, scenario)| scenario.name == name);
        let name = (1..).map(|n| if n == 1 { "it works".to_owned() } else { format!("it works {n}") });
        let name = name.take(1000).find(|name| !taken(name)).ok_or("there are too many scenarios")?;
        let scenario = Stmt::Scenario(Scenario { name, steps: vec![Step::Expect(Expect::Pass(None))] });
        let last = play.body.iter().rposition(|line| matches!(line.kind, Stmt::Scenario(_)));
        let layout = || play.body.iter().position(|line| matches!(line.kind, Stmt::Layout(_)));
        let (at, line) = match last {
            Some(last) => (last + 1, Line::new(scenario)),
            None => (layout().unwrap_or(play.body.len()), Line::after_blank(scenario)),
        };
        let edit = Edit::Play { item, splice: Splice { at, remove: 0, insert: vec![line] } };
        let changes = lang::patch(session.source(), &edit).map_err(|error| error.to_string())?;
        self.session_mut().change_text("Add scenario".into(), changes);
        Ok(())
    }
}

fn formation_of(session: &Session) -> Option<&Formation> {
    let name = session.formation()?;
    session.doc().formations().find(|(_, formation)| formation.name == *name).map(|(_, formation)| formation)
}
