//! Ids, coordinates, spans and times: the small values that every other module speaks in.
//!
//! Must never: know about plays, runs or files. Start reading at [`Coord`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod change;
mod coord;
mod ids;
mod method;
mod span;
mod time;
mod version;

pub use change::TextChange;
pub use coord::{BadCoord, Coord, VersionKind, is_image, is_method, is_version, version_kind};
pub use ids::{BallId, GroupId, NodeId, RunId};
pub use method::{Method, Pulling};
pub use span::Span;
pub use time::{BadDur, Dur, RunMicros, Unit};
pub use version::best_version;
