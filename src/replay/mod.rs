//! A run to be looked at: the fold of its events into a [`View`], any instant of it, and its playback.
//!
//! Live runs and recorded runs go through the same fold, so what is shown is what happened. It needs no play and no
//! plan: events name nodes, so old journals open. Must never: read a clock, decide anything about a run, call
//! anything. Start reading at [`View::apply`], then [`Film`] (events and keyframes) and [`Playback`] (the playhead).

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod film;
mod fold;
mod gantt;
mod motion;
mod playback;
mod view;

pub use film::{BadSeq, Film};
pub use gantt::{Bar, BarKind, Mark, MarkKind, Track};
pub use motion::{Hop, LAG_MAX_MICROS};
pub use playback::{NeedsRepaint, Playback, SPEEDS};
pub use view::{
    Attempt, AttemptEnd, BallState, BallView, Counts, Fate, Fill, NodeState, NodeView, Status, View, WireView,
};
