use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::command::Command;
use super::editor::Editor;
use super::port::{FromRunner, LoadedRun, Start, Ticket, ToRunner};
use super::request::{Answer, Question, Request, View, Zoom};
use super::selection::Selection;
use super::session::Session;
use super::toast::Tone;
use super::watch::Watch;
use crate::base::{BallId, NodeId, RunId};
use crate::event::{Event, Outcome, Recorded};
use crate::play::NodeKind;
use crate::replay::{Film, Jump, Playback};

/// How many past runs are listed.
const MAX_RUNS: u32 = 500;

impl Editor {
    pub(super) fn run_command(&mut self, command: Command, out: &mut Vec<Request>) {
        match command {
            Command::Run => self.start_run(out),
            Command::RunAllowed(commands) => {
                self.allowed.extend(commands);
                self.start_run(out);
            }
            Command::StopRun => {
                let outer = self.session().outer_watch().filter(|watch| watch.is_running());
                if let Some(run) = outer.and_then(Watch::run).cloned() {
                    out.push(Request::Runner(ToRunner::Cancel { run }));
                }
            }
            Command::SendSignal { node, payload } => self.send_signal(&node, payload, out),
            Command::SetFormation(name) => {
                let known = name
                    .as_ref()
                    .is_none_or(|name| self.session().doc().formations().any(|(_, found)| found.name == *name));
                if known {
                    self.session_mut().formation = name;
                }
            }
            Command::SetInput(text) => {
                let session = self.session_mut();
                if let Some(coord) = session.play().map(|play| play.coord.to_string()) {
                    session.inputs.insert(coord, text);
                }
            }
            Command::ShowRuns => {
                out.push(Request::Runner(ToRunner::ListRuns { limit: MAX_RUNS }));
                out.push(Request::View(View::ShowRuns));
            }
            Command::OpenRun(run) => out.push(Request::Runner(ToRunner::LoadRun { run })),
            Command::CloseRun => self.session_mut().show_run(None),
            Command::PlayPause => self.control(Playback::toggle),
            Command::StepForward => self.control(Playback::step_forward),
            Command::StepBack => self.control(Playback::step_back),
            Command::JumpToStart => self.control(Playback::jump_to_start),
            Command::JumpToEnd => self.control(jump_to_end),
            Command::Seek(time) => self.control(|playback, film| playback.seek(time, film)),
            Command::SetSpeed(speed) => self.control(|playback, _| playback.set_speed(speed)),
            Command::PlayBackwards => self.control(Playback::toggle_backwards),
            Command::Faster => self.control(|playback, _| playback.faster()),
            Command::Slower => self.control(|playback, _| playback.slower()),
            Command::FoldIdle => self.control(|playback, _| playback.fold(!playback.is_folded())),
            Command::Jump(jump) => self.jump(&jump),
            Command::NextHere | Command::PreviousHere => {
                if let Some(node) = self.session().selection().single_node().cloned() {
                    self.jump(&if command == Command::NextHere { Jump::NextAt(node) } else { Jump::PreviousAt(node) });
                }
            }
            Command::JumpTo => out.push(Request::View(View::JumpTo)),
            Command::SliderIn => out.push(Request::View(View::Slider(Zoom::In))),
            Command::SliderOut => out.push(Request::View(View::Slider(Zoom::Out))),
            Command::SliderWhole => out.push(Request::View(View::Slider(Zoom::Whole))),
            Command::ToggleCritical => out.push(Request::View(View::ToggleCritical)),
            Command::ShowEvents => out.push(Request::View(View::ShowEvents)),
            Command::LookAt(ball) => self.look_at(ball, out),
            Command::ShowTimeline => out.push(Request::View(View::ShowTimeline)),
            _ => {}
        }
    }

    /// Says why where there is no such place.
    fn jump(&mut self, jump: &Jump) {
        let Some(watch) = self.session_mut().watch_mut() else { return };
        match watch.film().find(jump, watch.playback().n_events()) {
            Ok(found) => watch.control(|playback, film| playback.go_to(found, film)),
            Err(why) => self.toasts.push(Tone::Info, why, None),
        }
    }

    /// Shows the ball, and selects where it is.
    fn look_at(&mut self, ball: Option<BallId>, out: &mut Vec<Request>) {
        let node = ball.and_then(|ball| Some(self.session().watch()?.view().ball(ball)?.node.clone()));
        if let Some(node) = node {
            self.session_mut().select(Selection::node(node));
            out.push(Request::View(View::ShowInspector));
        }
        if let Some(watch) = self.session_mut().watch_mut() {
            watch.look_at(ball);
        }
    }

    fn control(&mut self, change: impl FnOnce(&mut Playback, &Film)) {
        if let Some(watch) = self.session_mut().watch_mut() {
            watch.control(change);
        }
    }

    /// The run that is looked at, if it goes on.
    fn running(&self) -> Option<RunId> {
        let watch = self.session().watch().filter(|watch| watch.is_running())?;
        watch.run().cloned()
    }

    fn start_run(&mut self, out: &mut Vec<Request>) {
        let session = self.session();
        let Some(item) = session.item() else {
            self.toasts.push(Tone::Error, "there is no play to run: write one in the text, or start a new one", None);
            return;
        };
        let n_errors = session.n_errors();
        if n_errors > 0 {
            let text = match n_errors {
                1 => "one problem stands in the way of a run: fix it first".to_owned(),
                n => format!("{n} problems stand in the way of a run: fix them first"),
            };
            self.toasts.push(Tone::Error, text, Some(Command::ShowProblems));
            out.push(Request::View(View::ShowProblems));
            return;
        }
        let input = match serde_json::from_str::<Value>(session.input()) {
            Ok(input) => input,
            Err(error) => {
                self.toasts.push(
                    Tone::Error,
                    format!("the input is not JSON: {error}; correct it and run again"),
                    None,
                );
                out.push(Request::View(View::EditInput));
                return;
            }
        };
        let commands = commands_of(session);
        let allows_processes = !commands.is_empty();
        if let Some(question) = self.ask_about(&commands) {
            out.push(Request::Ask(question));
            return;
        }
        let session = self.session();
        let (entry, doc, formation) = (entry_of(session), Arc::new(session.doc().clone()), session.formation.clone());
        // Who runs it wants it to be reached.
        self.ask_targets();
        let ticket = self.next_ticket;
        self.next_ticket = Ticket(ticket.0 + 1);
        self.session_mut().show_run(Some(Watch::started(ticket, Arc::clone(&doc), item)));
        out.push(Request::Runner(ToRunner::Start(Box::new(Start {
            ticket,
            doc,
            item,
            formation,
            entry,
            input,
            allows_processes,
        }))));
    }

    /// Programs are never started before the person has seen their commands.
    fn ask_about(&self, commands: &BTreeSet<String>) -> Option<Question> {
        let fresh: Vec<String> = commands.difference(&self.allowed).cloned().collect();
        let shown: Vec<String> = fresh.iter().map(|command| plainly(command)).collect();
        if fresh.is_empty() {
            return None;
        }
        let what = if fresh.len() == 1 { "a program" } else { "programs" };
        Some(Question {
            title: format!("Start {what} on this computer?"),
            text: format!(
                "The formation of {} names {what} that may do whatever you may do:\n\n{}\n\nStart only what you know.",
                self.session().name(),
                shown.join("\n")
            ),
            diff: Vec::new(),
            answers: vec![Answer { label: "Start and run", command: Command::RunAllowed(fresh), destructive: true }],
        })
    }

    fn send_signal(&mut self, node: &NodeId, payload: Value, out: &mut Vec<Request>) {
        let watch = self.session().watch();
        let found = watch.and_then(|watch| {
            let number = watch.graph().find(node)?;
            match &watch.graph().node(watch.play()?, number).kind {
                NodeKind::WaitForSignal(name) => Some(name.clone()),
                _ => None,
            }
        });
        match (self.running(), found) {
            (Some(run), Some(name)) => out.push(Request::Runner(ToRunner::Signal { run, name, payload })),
            (None, _) => self.toasts.push(Tone::Error, "no run goes on that could take a signal: start one", None),
            (_, None) => {
                self.toasts.push(Tone::Error, format!("'{node}' waits for no signal: choose another node"), None);
            }
        }
    }

    /// What a runner has to say.
    pub fn receive(&mut self, message: FromRunner) {
        match message {
            FromRunner::Started { ticket, run } => {
                if let Some(watch) = self.watch_where(|watch| watch.is_for(ticket)) {
                    watch.has_started(run);
                }
            }
            FromRunner::NotStarted { ticket, message } => {
                let waits = |session: &&mut Session| session.watch().is_some_and(|watch| watch.is_for(ticket));
                if let Some(session) = self.sessions.iter_mut().find(waits) {
                    session.show_run(None);
                }
                self.toasts.push(Tone::Error, message, None);
            }
            FromRunner::Events { run, events } => self.receive_events(&run, events),
            FromRunner::Runs(runs) => self.runs = Some(runs),
            FromRunner::Loaded(loaded) => {
                let awaits = |session: &mut Session| session.watches_mut().any(|watch| watch.awaits(&loaded.run));
                if let Some(session) = self.sessions.iter_mut().position(awaits) {
                    self.fill(session, *loaded);
                    return;
                }
                if loaded.doc.is_none() {
                    let text = format!(
                        "the record of run {} does not hold its play, so only its events can be shown",
                        loaded.run
                    );
                    self.toasts.push(Tone::Info, text, None);
                }
                if let Some(why) = &loaded.stopped {
                    let text = format!("run {} is shown as far as it came, it does not go on: {why}", loaded.run);
                    self.toasts.push(Tone::Error, text, None);
                }
                self.session_mut().show_run(Some(Watch::loaded(*loaded)));
            }
            FromRunner::NotLoaded { run, message } => {
                let awaits = |session: &mut Session| session.watches_mut().any(|watch| watch.awaits(&run));
                if let Some(n) = self.sessions.iter_mut().position(awaits) {
                    if self.sessions[n].refused(&run) {
                        let text = "that call has no run of its own: a worker served it, not the play that is shown";
                        self.toasts.push(Tone::Info, text, None);
                    }
                } else {
                    self.toasts.push(Tone::Error, message, None);
                }
            }
            FromRunner::Reading { run, n_events, until } => {
                if let Some(watch) = self.watch_where(|watch| watch.run() == Some(&run)) {
                    watch.is_read(n_events, until);
                }
            }
            FromRunner::HasRead { run } => {
                if let Some(watch) = self.watch_where(|watch| watch.run() == Some(&run)) {
                    watch.has_been_read();
                }
            }
            FromRunner::Discovered { number, places } => self.discovered(number, places),
            FromRunner::Failed { message } => self.toasts.push(Tone::Error, message, None),
        }
    }

    /// The events of a run that belongs to one that is shown.
    fn fill(&mut self, session: usize, loaded: LoadedRun) {
        let session = &mut self.sessions[session];
        let run = loaded.run.clone();
        let mut loaded = Some(loaded);
        for watch in session.watches_mut().filter(|watch| watch.awaits(&run)) {
            loaded.take().into_iter().for_each(|loaded| watch.fill(loaded));
        }
        let asked = session.follow_calls().into_iter();
        self.owed.extend(asked.map(|run| Request::Runner(ToRunner::LoadRun { run })));
    }

    fn receive_events(&mut self, run: &RunId, events: Vec<Recorded>) {
        let shows = |session: &mut Session| session.watches_mut().any(|watch| watch.run() == Some(run));
        let Some(session) = self.sessions.iter_mut().find_map(|session| shows(session).then_some(session)) else {
            return;
        };
        let is_outer = session.outer_watch().and_then(Watch::run) == Some(run);
        let Some(watch) = session.watches_mut().find(|watch| watch.run() == Some(run)) else { return };
        let was_running = watch.is_running();
        watch.push(events);
        let ended = is_outer && was_running && !watch.is_running();
        let last = watch.film().events().last().map(|last| last.event.clone());
        let asked = session.follow_calls().into_iter();
        self.owed.extend(asked.map(|run| Request::Runner(ToRunner::LoadRun { run })));
        if !ended {
            return;
        }
        if let Some(Event::Finished { outcome: Outcome::Failed { node, failure } }) = last {
            let place = node.map(|node| format!(" at {node}")).unwrap_or_default();
            let text = format!("the run failed{place}: {failure}");
            self.toasts.push(Tone::Error, text, None);
        }
    }

    fn watch_where(&mut self, is: impl Fn(&Watch) -> bool) -> Option<&mut Watch> {
        self.sessions.iter_mut().flat_map(Session::watches_mut).find(|watch| is(watch))
    }
}

/// What a run with the chosen formation may start.
fn commands_of(session: &Session) -> BTreeSet<String> {
    let mut formations = session.doc().formations().map(|(_, formation)| formation);
    let chosen = formations.find(|formation| session.formation.as_ref() == Some(&formation.name));
    chosen.iter().flat_map(|formation| formation.commands()).map(str::to_owned).collect()
}

/// With nothing in it that hides or turns round what stands beside it.
fn plainly(command: &str) -> String {
    let is_plain =
        |c: char| !c.is_control() && !('\u{200b}'..='\u{200f}').contains(&c) && !('\u{2028}'..='\u{2069}').contains(&c);
    command.chars().map(|c| if is_plain(c) { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}

/// To the last event, and on with a run that goes on.
fn jump_to_end(playback: &mut Playback, film: &Film) {
    if film.is_finished() {
        playback.jump_to_end(film);
    } else {
        playback.follow(film);
    }
}

/// `None` for the `snap`; else the first `wait-for-signal` that starts runs.
fn entry_of(session: &Session) -> Option<NodeId> {
    let play = session.play()?;
    let nodes = (0..).zip(0..session.graph().n_nodes()).map(|(n, _)| n);
    let mut entries =
        nodes.filter(|&n| session.graph().is_entry(play, n)).map(|n| session.graph().node(play, n)).peekable();
    let snap = entries.clone().any(|node| matches!(node.kind, NodeKind::Snap));
    if snap { None } else { entries.next().map(|node| node.id.clone()) }
}
