//! A play, a run and an instant as shapes: cards, wires, chips, balls, captions, and what lies under the pointer.
//!
//! [`Geometry`] is what changes with the document: built once a revision, with a grid for culling and hit tests.
//! [`Frame`] is what changes with the instant: states, captions and balls of what is visible.
//! Must never: know colours, fonts or a GUI library; look at anything that is not visible, once a frame.
//! Start reading at [`Geometry::new`], then [`Frame::build`].

mod arrange;
mod caption;
mod card;
mod frame;
mod geometry;
mod grid;
mod hit;
mod route;
mod shapes;

pub use caption::{Caption, Tone};
pub use card::{Card, Kind, NARROW_H, WIDE_H, card_size};
pub use frame::{BallMark, Binding, Frame, Instant, Motion, NodeMark, StateKind, WireMark, WireState};
pub use geometry::{Chip, ChipKind, Geometry, Visible, WirePath};
pub use hit::{Hit, Lod, PORT_TARGET, WIRE_TARGET_PX};
pub use shapes::{Cubic, Point, Rect, Vec2};
