use rustc_hash::FxHashMap;

use super::binding::Binding;
use super::caption::{Caption, Tone};
use super::card::Card;
use super::geometry::{Geometry, Visible};
use super::hit::Lod;
use super::shapes::{Point, Rect};
use crate::base::{BallId, RunMicros};
use crate::replay::{BallState, BallView, Fill, NodeState, NodeView, View};

/// Half of what a ball and its glow take: balls this near to the visible part are drawn.
const BALL_REACH: f32 = 24.0;
/// A click this near to its centre hits a ball.
const BALL_RADIUS: f32 = 12.0;
/// Between balls that rest side by side.
const REST_GAP: f32 = 16.0;
/// More balls than this are not shown at one node; `NodeMark::n_here` counts them.
const MAX_RESTING: usize = 5;

/// The states of nodes, without what they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StateKind {
    #[default]
    Idle,
    Arrived,
    Running,
    BackingOff,
    WaitingForSignal,
    WaitingForWorker,
    WaitingForOthers,
    Done,
    Failed,
    Lost,
    Cancelled,
    /// No scenario brought a ball here.
    Missed,
}

impl StateKind {
    pub const fn of(state: &NodeState) -> Self {
        match state {
            NodeState::Idle => Self::Idle,
            NodeState::Arrived { .. } => Self::Arrived,
            NodeState::Running { .. } => Self::Running,
            NodeState::BackingOff { .. } => Self::BackingOff,
            NodeState::WaitingForSignal { .. } => Self::WaitingForSignal,
            NodeState::WaitingForWorker { .. } => Self::WaitingForWorker,
            NodeState::WaitingForOthers { .. } => Self::WaitingForOthers,
            NodeState::Done { .. } => Self::Done,
            NodeState::Failed { .. } => Self::Failed,
            NodeState::Lost { .. } => Self::Lost,
            NodeState::Cancelled { .. } => Self::Cancelled,
        }
    }

    /// For people who see no colours, and for screen readers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Arrived => "arrived",
            Self::Running => "running",
            Self::BackingOff => "backing off",
            Self::WaitingForSignal => "waiting for a signal",
            Self::WaitingForWorker => "waiting for a worker",
            Self::WaitingForOthers => "waiting for others",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Cancelled => "cancelled",
            Self::Missed => "not reached",
        }
    }
}

/// What a visible node shows of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeMark {
    pub node: u32,
    pub state: StateKind,
    pub caption: Caption,
    /// Balls at the node, and balls that came so far.
    pub n_here: u32,
    pub n_visits: u32,
    /// How much of a known time has gone by, 0 to 1: of a time-out, of a backoff.
    pub progress: Option<f32>,
    /// `image/version` that was really called, where it is not what the card says.
    pub called: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WireState {
    #[default]
    Idle,
    /// A ball is gliding along.
    Hot,
    /// Balls have gone along.
    Done,
    /// No scenario sent a ball along.
    Missed,
}

/// What a visible wire shows of the run; wires that are idle have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WireMark {
    pub wire: u32,
    pub state: WireState,
    /// Balls that took it.
    pub n: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motion {
    Gliding,
    /// Waits at a node: for a signal, a worker, others, the end of a backoff.
    Resting,
    /// At a node that works on it, or that it is about to leave.
    Held,
}

/// A ball to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BallMark {
    pub ball: BallId,
    /// Its centre.
    pub at: Point,
    /// Where its tip points, in radians, clockwise from the right.
    pub heading: f32,
    pub motion: Motion,
    /// The wire that it glides along.
    pub wire: Option<u32>,
    /// The node that it is at, or glides to.
    pub node: u32,
}

/// How many balls came to each node and took each wire, by the numbers of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub nodes: Vec<u32>,
    pub wires: Vec<u32>,
}

/// An instant of a run.
#[derive(Clone, Copy, Debug)]
pub struct Instant<'a> {
    pub view: &'a View,
    pub binding: &'a Binding,
    /// On the run's clock, see `replay::Playback::shown_time`.
    pub time: RunMicros,
}

/// What an instant of a run adds to the visible part of the canvas. Kept from frame to frame for its buffers.
///
/// The same view, time and visible part give the same frame.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// One for each of `Visible::nodes`, in their order.
    pub nodes: Vec<NodeMark>,
    /// Visible wires that are not idle, in the order of `Visible::wires`.
    pub wires: Vec<WireMark>,
    /// Balls in the visible part: those that rest by node, then those that glide.
    pub balls: Vec<BallMark>,
    /// The picture goes on changing without new events: something glides.
    pub is_moving: bool,
    /// Clocks in captions change as time goes by.
    pub has_clocks: bool,
    /// Visible wires that a ball glides along, ascending.
    hot: Vec<u32>,
    /// For each fan-in that was seen waiting the nodes that lead to it.
    feeders: FxHashMap<u32, Vec<bool>>,
    feeders_of: u64,
}

impl Frame {
    /// What `run` looks like in the visible part; without a run, what an idle play says of itself.
    ///
    /// Captions are written only at [`Lod::Full`].
    pub fn build(&mut self, geometry: &Geometry, run: Option<Instant<'_>>, visible: &Visible, lod: Lod) {
        self.wires.clear();
        self.balls.clear();
        self.hot.clear();
        self.is_moving = false;
        self.has_clocks = false;
        if self.feeders_of != geometry.fingerprint() {
            self.feeders_of = geometry.fingerprint();
            self.feeders.clear();
        }
        self.nodes.resize_with(visible.nodes.len(), NodeMark::default);
        for (i, &node) in visible.nodes.iter().enumerate() {
            match geometry.frame_around(node) {
                Some(frame) => self.mark_frame(i, (node, frame), geometry, run),
                None => self.mark_node(i, node, geometry, run, lod),
            }
        }
        if let Some(run) = run {
            self.is_moving = run.view.settled_at() > run.time;
            self.mark_moving(geometry, run, &visible.rect);
            self.mark_wires(run, visible);
        }
    }

    /// The ball whose picture is at a point, the one on top.
    pub fn ball_at(&self, at: Point) -> Option<BallId> {
        let mut seen = self.balls.iter().rev().filter(|ball| ball.motion != Motion::Held);
        seen.find(|ball| (ball.at.x - at.x).hypot(ball.at.y - at.y) <= BALL_RADIUS).map(|ball| ball.ball)
    }

    /// Marks what scenarios reached and what they did not, after [`Self::build`] without a run.
    pub fn cover(&mut self, counts: &Counts, visible: &Visible, lod: Lod) {
        for mark in &mut self.nodes {
            let Some(&n) = counts.nodes.get(mark.node as usize) else { continue };
            mark.state = if n > 0 { StateKind::Done } else { StateKind::Missed };
            mark.n_visits = n;
            if lod == Lod::Full {
                mark.caption.reached(n);
            }
        }
        for &wire in &visible.wires {
            let Some(&n) = counts.wires.get(wire as usize) else { continue };
            let state = if n > 0 { WireState::Done } else { WireState::Missed };
            self.wires.push(WireMark { wire, state, n });
        }
    }

    fn mark_node(&mut self, i: usize, node: u32, geometry: &Geometry, run: Option<Instant<'_>>, lod: Lod) {
        let card = geometry.card(node);
        let seen = run.and_then(|run| Some((run, run.view.node_at(run.binding.run_node(node)?)?)));
        let Some((run, seen)) = seen else {
            let Some(mark) = self.nodes.get_mut(i) else { return };
            mark.reset(node);
            if lod == Lod::Full {
                mark.caption.idle(card);
            }
            return;
        };
        let state = seen.shown(run.time);
        let mut caption = self.nodes.get_mut(i).map(|mark| std::mem::take(&mut mark.caption)).unwrap_or_default();
        caption.clear();
        if lod == Lod::Full {
            caption.of_state(card, seen, state, run.time, || self.fill(geometry, run, node, seen));
        }
        let Some(mark) = self.nodes.get_mut(i) else { return };
        mark.reset(node);
        mark.caption = caption;
        mark.state = StateKind::of(state);
        mark.n_here = u32::try_from(seen.here.len()).unwrap_or(u32::MAX);
        mark.n_visits = seen.n_entered;
        mark.progress = progress(state, run.time);
        if lod == Lod::Full && mark.state != StateKind::Idle {
            mark.called = called(card, seen);
        }
        self.has_clocks |= state.is_busy();
        self.mark_resting(node, card, seen, run);
    }

    /// What goes on in a collapsed frame, at the card that stands for it, with the balls that are in it.
    fn mark_frame(&mut self, i: usize, (node, frame): (u32, u32), geometry: &Geometry, run: Option<Instant<'_>>) {
        let Some(mark) = self.nodes.get_mut(i) else { return };
        mark.reset(node);
        let (Some(run), Some(frame)) = (run, geometry.frames().get(frame as usize)) else { return };
        let card = geometry.card(node);
        let mut inside = Inside::default();
        for &held in frame.nodes.iter().filter(|held| geometry.frame_around(**held) == geometry.frame_around(node)) {
            let Some(seen) = run.binding.run_node(held).and_then(|index| run.view.node_at(index)) else { continue };
            let state = seen.shown(run.time);
            inside.add(StateKind::of(state));
            mark.n_here = mark.n_here.saturating_add(u32::try_from(seen.here.len()).unwrap_or(u32::MAX));
            mark.n_visits = mark.n_visits.max(seen.n_entered);
            self.has_clocks |= state.is_busy();
            let here =
                seen.here.iter().filter_map(|ball| run.view.ball(*ball)).filter(|ball| ball.shown_at <= run.time);
            for ball in here {
                if usize::from(inside.n_balls) < MAX_RESTING {
                    let at = Point::new(card.rect.min.x + 24.0 + REST_GAP * f32::from(inside.n_balls), card.rect.min.y);
                    let (motion, _) = rest(card, ball, 0);
                    self.balls.push(BallMark { ball: ball.id, at, heading: 0.0, motion, wire: None, node });
                    inside.n_balls += 1;
                }
            }
        }
        mark.state = inside.state();
        mark.caption = inside.caption();
    }

    /// The fill of a fan-in, of the balls that can still come to it in the play that is shown.
    fn fill(&mut self, geometry: &Geometry, run: Instant<'_>, node: u32, seen: &NodeView) -> Option<Fill> {
        let feeders = self.feeders.entry(node).or_insert_with(|| geometry.leading_to(node));
        let leads_there = |id: &crate::base::NodeId| {
            let shown = run.view.node_index(id).and_then(|index| run.binding.shown_node(index));
            shown.is_none_or(|shown| feeders.get(shown as usize).is_none_or(|leads| *leads))
        };
        run.view.fill_from(&seen.id, leads_there)
    }

    /// Balls that have come to a node and are there.
    fn mark_resting(&mut self, node: u32, card: &Card, seen: &NodeView, run: Instant<'_>) {
        let here = seen.here.iter().filter_map(|ball| run.view.ball(*ball));
        let arrived = here.filter(|ball| ball.shown_at <= run.time).take(MAX_RESTING);
        for (ball, place) in arrived.zip(0u8..) {
            let (motion, at) = rest(card, ball, place);
            self.balls.push(BallMark { ball: ball.id, at, heading: 0.0, motion, wire: None, node });
        }
    }

    /// Balls between two nodes.
    fn mark_moving(&mut self, geometry: &Geometry, run: Instant<'_>, visible: &Rect) {
        let visible = visible.grown(BALL_REACH);
        for ball in run.view.moving() {
            if run.time >= ball.shown_at || run.time < ball.seen_from {
                continue;
            }
            let Some(hop) = ball.hops.iter().rev().find(|hop| hop.start <= run.time) else { continue };
            let Some(number) = run.binding.shown_wire(hop.index) else { continue };
            let wire = geometry.wire(number);
            if !wire.bounds.touches(&visible) {
                continue;
            }
            if hop.is_over(run.time) || geometry.is_hidden_wire(number) {
                // The shown ball waits at the node for its next glide.
                let (_, at) = rest(geometry.card(wire.to), ball, 0);
                if visible.holds(at) {
                    let mark =
                        BallMark { ball: ball.id, at, heading: 0.0, motion: Motion::Held, wire: None, node: wire.to };
                    self.balls.push(mark);
                }
                continue;
            }
            self.hot.push(number);
            let (at, heading) = wire.at(hop.progress(run.time));
            if visible.holds(at) {
                let (heading, wire, node) = (heading.angle(), Some(number), wire.to);
                self.balls.push(BallMark { ball: ball.id, at, heading, motion: Motion::Gliding, wire, node });
            }
        }
        self.hot.sort_unstable();
        self.hot.dedup();
    }

    fn mark_wires(&mut self, run: Instant<'_>, visible: &Visible) {
        let mut hot = self.hot.iter().copied().peekable();
        for &wire in &visible.wires {
            let Some(seen) = run.binding.run_wire(wire).and_then(|index| run.view.wire_at(index)) else { continue };
            while hot.next_if(|hot| *hot < wire).is_some() {}
            let state = if hot.peek() == Some(&wire) {
                WireState::Hot
            } else if run.time >= seen.first_end {
                WireState::Done
            } else {
                continue;
            };
            self.wires.push(WireMark { wire, state, n: seen.n });
        }
    }
}

/// The states of the nodes in a collapsed frame, counted.
#[derive(Default)]
struct Inside {
    failed: u32,
    running: u32,
    waiting: u32,
    lost: u32,
    done: u32,
    cancelled: u32,
    n_balls: u8,
}

impl Inside {
    const fn add(&mut self, state: StateKind) {
        match state {
            // Coverage is marked on the cards of a frame one by one.
            StateKind::Idle | StateKind::Missed => {}
            StateKind::Arrived | StateKind::Running => self.running += 1,
            StateKind::BackingOff
            | StateKind::WaitingForSignal
            | StateKind::WaitingForWorker
            | StateKind::WaitingForOthers => self.waiting += 1,
            StateKind::Done => self.done += 1,
            StateKind::Failed => self.failed += 1,
            StateKind::Lost => self.lost += 1,
            StateKind::Cancelled => self.cancelled += 1,
        }
    }

    /// What matters most.
    const fn state(&self) -> StateKind {
        match self {
            Self { failed: 1.., .. } => StateKind::Failed,
            Self { running: 1.., .. } => StateKind::Running,
            Self { waiting: 1.., .. } => StateKind::WaitingForOthers,
            Self { lost: 1.., .. } => StateKind::Lost,
            Self { done: 1.., .. } => StateKind::Done,
            Self { cancelled: 1.., .. } => StateKind::Cancelled,
            _ => StateKind::Idle,
        }
    }

    fn caption(&self) -> Caption {
        let counted = [
            (self.failed, "failed"),
            (self.running, "running"),
            (self.waiting, "waiting"),
            (self.lost, "lost"),
            (self.done, "done"),
            (self.cancelled, "cancelled"),
        ];
        let words: Vec<String> =
            counted.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        let tone = match self.state() {
            StateKind::Failed | StateKind::Lost => Tone::Failed,
            StateKind::Running => Tone::Running,
            StateKind::WaitingForOthers => Tone::Waiting,
            _ => Tone::Plain,
        };
        Caption { text: words.join(", "), tone }
    }
}

impl NodeMark {
    fn reset(&mut self, node: u32) {
        self.caption.clear();
        let caption = std::mem::take(&mut self.caption);
        *self = Self { node, caption, ..Self::default() };
    }
}

/// Where a ball rests at a card: those that wait for others before the left port, the rest on the upper edge.
fn rest(card: &Card, ball: &BallView, place: u8) -> (Motion, Point) {
    let off = REST_GAP * f32::from(place);
    let motion = match &ball.state {
        BallState::At(state) if state.is_waiting() => Motion::Resting,
        _ => Motion::Held,
    };
    let at = match &ball.state {
        BallState::At(NodeState::WaitingForOthers { .. }) => card.port_in() + Point::new(-REST_GAP - off, 0.0),
        _ => Point::new(card.rect.min.x + 24.0 + off, card.rect.min.y),
    };
    (motion, at)
}

#[expect(clippy::cast_precision_loss, reason = "for drawing")]
fn progress(state: &NodeState, time: RunMicros) -> Option<f32> {
    let (since, until) = (state.since()?, state.until()?);
    Some((time.since(since) as f32 / until.since(since).max(1) as f32).clamp(0.0, 1.0))
}

fn called(card: &Card, seen: &NodeView) -> Option<String> {
    let called = seen.called.as_ref()?;
    let text = format!("{}/{}", called.image, called.version);
    (text != card.detail).then_some(text)
}
