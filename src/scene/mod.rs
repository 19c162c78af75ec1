//! A play, a run and an instant as shapes: cards, wires, chips, balls, captions, and what lies under the pointer.
//!
//! [`Geometry`] is what changes with the document: built once a revision, with a grid for culling and hit tests.
//! [`Frame`] is what changes with the instant: states, captions and balls of what is visible.
//! Must never: know colours, fonts or a GUI library; look at anything that is not visible, once a frame.
//! Start reading at [`Geometry::new`], then [`Frame::build`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod arrange;
mod binding;
mod boxes;
mod caption;
mod card;
mod chip;
mod cluster;
mod frame;
mod frames;
mod geometry;
mod glide;
mod grid;
mod hit;
mod notes;
mod path;
mod route;
mod shapes;
mod stroke;

pub use binding::Binding;
pub use caption::{Caption, Span, Tone};
pub use card::{Card, Kind, NARROW_H, WIDE_H, card_size};
pub use chip::{Chip, ChipKind};
pub use frame::{BallMark, Counts, Frame, Instant, Motion, NodeMark, StateKind, WireMark, WireState};
pub use frames::FrameCard;
pub use geometry::{Geometry, Visible};
pub use glide::Glide;
pub use hit::{Hit, Lod, PORT_TARGET, WIRE_TARGET_PX};
pub use notes::{About, NOTE_LINE, NOTE_PAD, NoteCard};
pub use path::WirePath;
pub use shapes::{Cubic, Point, Rect, Vec2};
