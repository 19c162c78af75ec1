//! A run to be looked at: the fold of its events into a [`View`], any instant of it, and its playback.
//!
//! Live runs and recorded runs go through the same fold, so what is shown is what happened. It needs no play and no
//! plan: events name nodes, so old journals open. Must never: read a clock, decide anything about a run, call
//! anything. Start reading at [`View::apply`], then [`Film`] (events and keyframes) and [`Playback`] (the playhead).

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod axis;
mod calls;
mod film;
mod fold;
mod gantt;
mod index;
mod inside;
mod jump;
mod listing;
mod motion;
mod path;
mod playback;
mod share;
mod view;

pub use axis::{Axis, Column};
pub use calls::{Call, CallEnd, CallState, Calls};
pub use film::{BadSeq, Film};
pub use gantt::{Bar, BarKind, Stretch, Track};
pub use index::{EventKind, GAP_LEFT_MICROS, Gap, WaitKind, node_of, touches};
pub use inside::{Changed, Line, MAX_LINES, diff, lines};
pub use jump::{Found, Jump};
pub use listing::{Filter, Listing};
pub use motion::{Hop, LAG_MAX_MICROS};
pub use path::Leg;
pub use playback::{NeedsRepaint, Playback, SPEEDS};
pub use view::{
    Attempt, AttemptEnd, BallState, BallView, Carried, Counts, Fate, Fill, NodeState, NodeView, Status, View, WireView,
};
