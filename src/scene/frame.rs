use super::caption::Caption;
use super::geometry::{Geometry, Visible};
use super::hit::Lod;
use super::shapes::Point;
use crate::base::{BallId, RunMicros};
use crate::play::Graph;
use crate::replay::View;

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
}

/// What a visible node shows of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeMark {
    pub node: u32,
    pub state: StateKind,
    pub caption: Caption,
    /// Balls at the node, and passages so far.
    pub n_here: u32,
    pub n_visits: u32,
    /// How much of a known time has gone by, 0 to 1: of a timeout, a backoff.
    pub progress: Option<f32>,
    /// `image/version` that was really called, where one was.
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
    /// At a node that works on it.
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

/// Which node and wire of a play each node and wire of a run is. Kept from frame to frame; follows by itself.
#[derive(Clone, Debug, Default)]
pub struct Binding {}

impl Binding {
    /// Brings the binding up to date; cheap when nothing new was named.
    pub fn update(&mut self, _geometry: &Geometry, _graph: &Graph, _view: &View) {}
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
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// One for each visible node that the run has got to, in the order of `Visible::nodes`.
    pub nodes: Vec<NodeMark>,
    /// Visible wires that are not idle, in the order of `Visible::wires`.
    pub wires: Vec<WireMark>,
    /// Balls in the visible part, by id.
    pub balls: Vec<BallMark>,
    /// The picture goes on changing without new events: something glides.
    pub is_moving: bool,
    /// Clocks in captions change as time goes by.
    pub has_clocks: bool,
}

impl Frame {
    /// What `view` looks like at `time` in the visible part; without a view, what an idle play says of itself.
    ///
    /// Captions are written only at [`Lod::Full`].
    pub fn build(&mut self, _geometry: &Geometry, _run: Option<Instant<'_>>, _visible: &Visible, _lod: Lod) {
        self.nodes.clear();
        self.wires.clear();
        self.balls.clear();
        self.is_moving = false;
        self.has_clocks = false;
    }
}
