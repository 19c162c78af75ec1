//! Levels: into the play that a call leads to, and out again. The runs go along: below a run is the run that serves the
//! call, on the same clock, so that to go in and out never changes which instant is shown.

use super::command::Command;
use super::editor::Editor;
use super::port::ToRunner;
use super::request::{Request, View};
use super::selection::Selection;
use super::session::{Mode, Session, ShownPlay};
use super::toast::Tone;
use super::watch::{Cue, Watch};
use crate::base::{Coord, NodeId, RunId, RunMicros};
use crate::play::Target;
use crate::replay::{Call, CallState, Calls};

/// A call that was only just made may have no run yet: so often it is asked for while the call is under way.
const MAX_ASKED: u32 = 40;
/// And once it is over.
const MAX_ASKED_AFTER: u32 = 3;

/// A play above the one that is shown, as it was left.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// The tab that it is in.
    session: u64,
    shown: ShownPlay,
    coord: Coord,
    /// The call that leads to what is below.
    node: NodeId,
    run: Option<Above>,
}

/// The run that was shown there, and the calls of it that lead below.
#[derive(Clone, Debug)]
struct Above {
    watch: Watch,
    calls: Calls,
    /// Whose run is shown below.
    chosen: Option<usize>,
    /// The person chose it.
    is_pinned: bool,
}

/// A step of the way down to what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// The play's method, then the calls that led further.
    pub label: String,
    pub coord: Coord,
    /// So many levels up from what is shown.
    pub n_up: usize,
}

/// The calls of the node above, one of which is shown.
#[derive(Clone, Copy, Debug)]
pub struct Visits<'s> {
    pub calls: &'s [Call],
    pub chosen: Option<usize>,
    /// The instant that is shown, on the clock of the run above.
    pub at: RunMicros,
}

impl Visits<'_> {
    pub fn state(&self, call: &Call) -> CallState {
        call.state_at(self.at)
    }
}

impl Above {
    fn new(watch: Watch, node: NodeId) -> Self {
        let mut calls = Calls::of(node);
        calls.update(watch.film());
        let chosen = calls.at(watch.view().n_events());
        Self { watch, calls, chosen, is_pinned: false }
    }

    fn start(&self) -> RunMicros {
        self.chosen.and_then(|i| self.calls.all().get(i)).map_or(RunMicros(0), |call| call.start)
    }

    /// The chosen run, to be shown at an instant of the clock up here.
    fn below(&self, play: &Coord, at: RunMicros, following: bool) -> Watch {
        let start = self.start();
        let since = |time: RunMicros| RunMicros(time.0.saturating_sub(start.0));
        let playback = self.watch.playback();
        let cue = Cue {
            time: since(at),
            now: since(self.watch.now()),
            following,
            playing: playback.is_playing(),
            speed: playback.speed(),
            n_refused: 0,
            again_secs: None,
        };
        let run = self.chosen.and_then(|i| self.calls.all().get(i)).map(|call| call.run.clone());
        let item = self.watch.doc().and_then(|doc| doc.plays().find(|(_, found)| found.coord == *play));
        Watch::below(&self.watch, item.map_or(0, |(item, _)| item), run, cue)
    }

    /// The instant that is shown below, on the clock up here.
    fn instant(&self, below: &Watch) -> RunMicros {
        if below.film().events().is_empty() {
            return self.watch.playback().time();
        }
        RunMicros(self.start().0.saturating_add(below.playback().time().0))
    }

    /// Both stay at the end of what goes on.
    fn follows(&self, below: &Watch) -> bool {
        let (film, playback) = (below.film(), below.playback());
        let at_end = film.events().is_empty() || film.is_finished() && playback.time() >= film.until();
        self.watch.playback().is_following() && (playback.is_following() || at_end)
    }

    /// Shows the instant that was shown below.
    fn catch_up(&mut self, below: &Watch) {
        if self.follows(below) {
            let now = self.watch.now();
            self.watch.show_at(now, true, true, self.watch.playback().speed());
        } else if below.was_moved() {
            let playback = below.playback();
            self.watch.show_at(self.instant(below), false, playback.is_playing(), playback.speed());
        }
    }
}

impl Session {
    /// How many plays are above the one that is shown.
    pub fn depth(&self) -> usize {
        self.trail.len()
    }

    /// Which play is shown, of which kind of document, and how deep: another of these is another picture.
    pub fn picture(&self) -> (Option<usize>, bool, usize) {
        let replay = self.mode() == Mode::Replay;
        let item = if replay { self.watch().map(Watch::item) } else { self.item() };
        (item, replay, self.depth())
    }

    /// The play of the shown document that the node's target leads to.
    pub fn callee(&self, node: &NodeId) -> Option<usize> {
        let shown = self.shown()?;
        let doc = match self.mode() {
            Mode::Replay => self.watch()?.doc()?,
            Mode::Editing | Mode::Live => self.doc(),
        };
        let called = shown.run.and_then(|watch| watch.view().node(node)?.called.as_ref());
        if let Some(item) = called.and_then(|to| doc.play_called(to)) {
            return Some(item);
        }
        let target = shown.graph.node(shown.play, shown.graph.find(node)?).kind.target()?;
        let name = match shown.run.filter(|_| self.mode() == Mode::Replay) {
            Some(watch) => watch.view().started().and_then(|started| started.formation.as_deref()),
            None => self.formation().map(smol_str::SmolStr::as_str),
        };
        let formation = doc.formations().map(|(_, formation)| formation).find(|found| Some(&*found.name) == name);
        doc.callee(target, formation)
    }

    /// The calls of the node above, if a run is shown.
    pub fn visits(&self) -> Option<Visits<'_>> {
        let above = self.trail.last()?.run.as_ref()?;
        Some(Visits { calls: above.calls.all(), chosen: above.chosen, at: above.instant(self.watch()?) })
    }

    /// A run goes on that is shown, or that what is shown belongs to.
    pub fn is_running(&self) -> bool {
        self.outer_watch().is_some_and(Watch::is_running)
    }

    /// The run that a person started: the outermost one.
    pub(super) fn outer_watch(&self) -> Option<&Watch> {
        let outer = self.trail.iter().find_map(|level| level.run.as_ref()).map(|above| &above.watch);
        outer.or(self.watch())
    }

    pub(super) fn watches_mut(&mut self) -> impl Iterator<Item = &mut Watch> {
        let above = self.trail.iter_mut().filter_map(|level| level.run.as_mut()).map(|above| &mut above.watch);
        above.chain(self.watch.as_mut())
    }

    /// Another run, or none, in place of all that were shown.
    pub(super) fn show_run(&mut self, watch: Option<Watch>) {
        let is_replay = watch.as_ref().is_some_and(|watch| !watch.is_live());
        if self.mode() == Mode::Replay || is_replay {
            self.trail.clear();
        }
        self.trail.iter_mut().for_each(|level| level.run = None);
        self.set_watch(watch);
    }

    /// What is shown is the outermost again, with its run.
    pub(super) fn leave_all(&mut self) {
        while self.leave().is_some() {}
    }

    /// After an edit: what finished runs showed, and what they called, is not what these plays did.
    pub(super) fn drop_finished_above(&mut self) {
        let is_over =
            |level: &Level| level.run.as_ref().is_some_and(|above| above.watch.is_live() && !above.watch.is_running());
        if let Some(first) = self.trail.iter().position(is_over) {
            self.trail[first..].iter_mut().for_each(|level| level.run = None);
            self.watch = None;
        }
    }

    /// Goes into a play of the document. The run to be asked for, if one is shown.
    fn enter(&mut self, node: &NodeId, item: usize) -> Option<RunId> {
        let is_replay = self.mode() == Mode::Replay;
        let coord = self.shown()?.play.coord.clone();
        let doc = if is_replay { self.watch()?.doc()?.as_ref() } else { self.doc() };
        let to = doc.play(item)?.coord.clone();
        let run = self.watch.take().map(|watch| Above::new(watch, node.clone()));
        let below = run.as_ref().map(|above| {
            let playback = above.watch.playback();
            above.below(&to, playback.time(), playback.is_following())
        });
        self.trail.push(Level { session: self.id(), shown: self.shown.clone(), coord, node: node.clone(), run });
        if !is_replay {
            self.change_play(ShownPlay::chosen(item));
        }
        let asked = below.as_ref().and_then(|below| below.run().cloned());
        self.set_watch(below);
        self.select(Selection::default());
        asked
    }

    /// Goes up one level of this tab; gives the call that led down.
    fn leave(&mut self) -> Option<NodeId> {
        let is_replay = self.mode() == Mode::Replay;
        let level = self.trail.pop()?;
        if level.session != self.id() {
            return None;
        }
        let below = self.watch.take();
        let mut run = level.run;
        if let (Some(above), Some(below)) = (&mut run, &below) {
            above.catch_up(below);
        }
        if !is_replay {
            self.change_play(level.shown);
        }
        self.set_watch(run.map(|above| above.watch));
        self.select(Selection::node(level.node.clone()));
        Some(level.node)
    }

    /// Another of the calls, at the instant that is shown, or at its end that is nearest to it.
    fn choose_visit(&mut self, chosen: usize) -> Option<RunId> {
        let play = self.shown()?.play.coord.clone();
        let below = self.watch.as_ref()?;
        let above = self.trail.last_mut()?.run.as_mut()?;
        let call = above.calls.all().get(chosen)?;
        let (at, following) = (above.instant(below).max(call.start), above.follows(below));
        above.chosen = Some(chosen);
        let next = above.below(&play, at, following);
        let asked = next.run().cloned();
        self.set_watch(Some(next));
        asked
    }

    /// Events have come: what is shown below may have begun by now, or the next call of the same node.
    pub(super) fn follow_calls(&mut self) -> Vec<RunId> {
        let mut asked = Vec::new();
        for n in 0..self.trail.len() {
            let Some(above) = self.trail[n].run.as_mut() else { continue };
            above.calls.update(above.watch.film());
            let below = match self.trail.get(n + 1) {
                Some(level) => level.run.as_ref().map(|run| &run.watch),
                None => self.watch.as_ref(),
            };
            let (Some(below), Some(above)) = (below, self.trail[n].run.as_ref()) else { continue };
            let Some(last) = above.calls.all().len().checked_sub(1) else { continue };
            let is_next = |i: usize| {
                let goes_on = above.calls.all()[i].end_seq.is_some_and(|end| above.calls.all()[last].seq > end);
                goes_on && last > i && !above.is_pinned && below.film().is_finished() && above.follows(below)
            };
            if above.chosen.is_some_and(|i| !is_next(i)) {
                continue;
            }
            let following = above.watch.playback().is_following();
            let Some(play) = below.play().map(|play| play.coord.clone()) else { continue };
            let chosen = if following { Some(last) } else { above.calls.at(above.watch.view().n_events()) };
            let Some(above) = self.trail[n].run.as_mut() else { continue };
            above.chosen = chosen;
            let at = if following { above.watch.now() } else { above.watch.playback().time() };
            let next = above.below(&play, at, following);
            asked.extend(next.run().cloned());
            match self.trail.get_mut(n + 1) {
                Some(level) => level.run = Some(Above::new(next, level.node.clone())),
                None => self.set_watch(Some(next)),
            }
        }
        asked
    }

    /// The run that was asked for is not there. Whether that is the last word.
    pub(super) fn refused(&mut self, run: &RunId) -> bool {
        let is_running = self.trail.iter().filter_map(|level| level.run.as_ref()).any(|above| {
            let call = above.calls.all().iter().find(|call| call.run == *run);
            above.watch.is_running() && call.is_some_and(|call| call.end.is_none())
        });
        let Some(watch) = self.watches_mut().find(|watch| watch.awaits(run)) else { return true };
        let Some(cue) = watch.cue_mut() else { return true };
        cue.n_refused += 1;
        let is_last = cue.n_refused >= if is_running { MAX_ASKED } else { MAX_ASKED_AFTER };
        #[expect(clippy::cast_precision_loss, reason = "a few")]
        let pause = (0.05 * cue.n_refused as f32).min(1.0);
        cue.again_secs = (!is_last).then_some(pause);
        is_last
    }

    /// Wall time passes. Runs that are to be asked for again.
    pub(super) fn tick_levels(&mut self, dt_secs: f32) -> Vec<RunId> {
        for level in &mut self.trail {
            level.run.iter_mut().for_each(|above| above.watch.tick_unseen(dt_secs));
        }
        let mut asked = Vec::new();
        for watch in self.watches_mut() {
            let run = watch.run().cloned();
            let Some(cue) = watch.cue_mut() else { continue };
            cue.again_secs = cue.again_secs.map(|secs| secs - dt_secs);
            if cue.again_secs.is_some_and(|secs| secs <= 0.0) {
                cue.again_secs = None;
                asked.extend(run);
            }
        }
        asked
    }

    /// A run that was asked for is still to come, and will be asked for again.
    pub(super) fn asks_again(&self) -> bool {
        let above = self.trail.iter().filter_map(|level| level.run.as_ref()).map(|above| &above.watch);
        above.chain(self.watch()).any(|watch| watch.cue().is_some_and(|cue| cue.again_secs.is_some()))
    }
}

impl Command {
    pub(super) const fn is_of_levels(&self) -> bool {
        matches!(self, Self::Enter(_) | Self::Leave(_) | Self::ShowVisit(_) | Self::NextVisit | Self::PreviousVisit)
    }
}

impl Editor {
    pub(super) fn level_command(&mut self, command: Command, out: &mut Vec<Request>) {
        match command {
            Command::Enter(node) => {
                let node = node.or_else(|| self.session().selection().single_node().cloned());
                if let Some(node) = node {
                    self.enter(&node, out);
                }
            }
            Command::Leave(n_up) => (0..n_up).for_each(|_| self.leave(out)),
            Command::ShowVisit(n) => self.show_visit(n, out),
            Command::NextVisit | Command::PreviousVisit => {
                let by = if command == Command::NextVisit { 1 } else { -1 };
                let visits = self.session().visits();
                let next = visits.and_then(|visits| visits.chosen?.checked_add_signed(by));
                next.into_iter().for_each(|next| self.show_visit(next, out));
            }
            _ => {}
        }
    }

    /// Whether a command of levels would do something now.
    pub(super) fn can_go(&self, command: &Command) -> bool {
        let session = self.session();
        let leads = |node: &NodeId| {
            let shown = session.shown();
            shown.is_some_and(|shown| {
                let number = shown.graph.find(node);
                number.is_some_and(|number| shown.graph.node(shown.play, number).kind.target().is_some())
            })
        };
        let visits = session.visits();
        let chosen = visits.and_then(|visits| visits.chosen);
        match command {
            Command::Enter(Some(node)) => leads(node),
            Command::Enter(None) => session.selection().single_node().is_some_and(leads),
            Command::Leave(_) => session.depth() > 0,
            Command::NextVisit => {
                visits.is_some_and(|visits| chosen.is_some_and(|chosen| chosen + 1 < visits.calls.len()))
            }
            Command::PreviousVisit => chosen.is_some_and(|chosen| chosen > 0),
            _ => true,
        }
    }

    /// The nodes of the shown play behind which a play stands, in this document or another open one.
    pub fn entrances(&self) -> Vec<NodeId> {
        let session = self.session();
        let Some(shown) = session.shown() else { return Vec::new() };
        let nodes = (0..).zip(0..shown.graph.n_nodes()).map(|(n, _)| shown.graph.node(shown.play, n));
        let leads = nodes.filter(|node| {
            node.kind
                .target()
                .is_some_and(|target| session.callee(&node.id).is_some() || self.tab_with(target).is_some())
        });
        leads.map(|node| node.id.clone()).collect()
    }

    /// The way down to what is shown, the outermost play first. Empty at the top.
    pub fn crumbs(&self) -> Vec<Crumb> {
        let mut crumbs = Vec::new();
        let mut session = self.session();
        let Some(shown) = session.shown() else { return crumbs };
        let mut coord = shown.play.coord.clone();
        let mut n_up = 0;
        // Tabs that lead to each other round and round are shown once.
        let mut left = self.sessions.len();
        let mut levels = session.trail.iter().rev();
        while let Some(level) = levels.next() {
            crumbs.push(Crumb { label: level.node.to_string(), coord, n_up });
            (coord, n_up) = (level.coord.clone(), n_up + 1);
            if level.session != session.id() {
                left = left.saturating_sub(1);
                let Some(from) = self.sessions.iter().find(|other| other.id() == level.session) else { break };
                if left == 0 {
                    break;
                }
                session = from;
                levels = session.trail.iter().rev();
            }
        }
        if crumbs.is_empty() {
            return crumbs;
        }
        crumbs.push(Crumb { label: coord.method.to_string(), coord, n_up });
        crumbs.reverse();
        crumbs
    }

    fn enter(&mut self, node: &NodeId, out: &mut Vec<Request>) {
        let session = self.session();
        let Some(shown) = session.shown() else { return };
        let Some(card) = shown.graph.find(node) else { return };
        let Some(target) = shown.graph.node(shown.play, card).kind.target().cloned() else {
            self.toasts.push(Tone::Info, format!("'{node}' calls nothing, so there is nothing inside of it"), None);
            return;
        };
        if let Some(item) = session.callee(node) {
            let asked = self.session_mut().enter(node, item);
            out.push(Request::View(View::Entered { card }));
            out.extend(asked.map(|run| Request::Runner(ToRunner::LoadRun { run })));
        } else if !self.enter_elsewhere(node, &target, out) {
            let text = format!("no play {target} is in this file, in another open one, or beside it in its folder");
            self.toasts.push(Tone::Info, text, None);
        }
    }

    /// Another open document that has the play, and its item there.
    fn tab_with(&self, target: &Target) -> Option<(usize, usize)> {
        let here = self.session();
        let mut formations = here.doc().formations().map(|(_, found)| found);
        let formation = formations.find(|found| here.formation() == Some(&found.name));
        let mut others = self.sessions.iter().enumerate().filter(|(n, _)| *n != self.current);
        others.find_map(|(n, other)| Some((n, other.doc().callee(target, formation)?)))
    }

    fn enter_elsewhere(&mut self, node: &NodeId, target: &Target, out: &mut Vec<Request>) -> bool {
        let here = self.session();
        let Some(coord) = here.shown().map(|shown| shown.play.coord.clone()) else { return false };
        let level = Level { session: here.id(), shown: here.shown.clone(), coord, node: node.clone(), run: None };
        if self.tab_with(target).is_none() {
            let file = here.path().and_then(|path| super::reading::file_with(path, target));
            file.into_iter().for_each(|file| self.file_command(Command::OpenPath(file), out));
            // It is the tab that is shown now.
            let item = self.session().doc().callee(target, None);
            let Some(item) = item.filter(|_| self.session().id() != level.session) else { return false };
            self.session_mut().show_below(item, level);
            return true;
        }
        let Some((tab, item)) = self.tab_with(target) else { return false };
        self.current = tab;
        self.session_mut().show_below(item, level);
        true
    }

    fn leave(&mut self, out: &mut Vec<Request>) {
        let session = self.session_mut();
        let Some(level) = session.trail.last() else { return };
        if level.session != session.id() {
            let (from, node) = (level.session, level.node.clone());
            session.trail.clear();
            if let Some(tab) = self.sessions.iter().position(|other| other.id() == from) {
                self.current = tab;
                self.session_mut().select(Selection::node(node));
            }
            return;
        }
        if let Some(node) = session.leave()
            && let Some(shown) = session.shown()
            && let Some(card) = shown.graph.find(&node)
        {
            out.push(Request::View(View::Left { card }));
        }
    }

    fn show_visit(&mut self, n: usize, out: &mut Vec<Request>) {
        let session = self.session_mut();
        let asked = session.choose_visit(n);
        if let Some(above) = session.trail.last_mut().and_then(|level| level.run.as_mut()) {
            above.is_pinned = true;
        }
        out.extend(asked.map(|run| Request::Runner(ToRunner::LoadRun { run })));
    }
}

impl Session {
    /// The play of this tab, below one of another.
    fn show_below(&mut self, item: usize, level: Level) {
        if self.mode() == Mode::Replay {
            self.show_run(None);
        }
        self.leave_all();
        self.show_play(item);
        self.trail = vec![level];
    }
}
