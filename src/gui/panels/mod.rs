//! The panels around the canvas. Each holds view memory only, reads the editor and pushes commands.
//!
//! Must never: change the document, keep a copy of its state longer than a frame (half-typed text excepted).

mod empty;
mod events;
mod field;
mod formation;
mod highlight;
mod input;
mod inside;
mod inspector;
mod outline;
mod payload;
mod problems;
mod runs;
mod scenarios;
mod side;
mod text;
mod timeline;
mod versions;

pub use empty::{broken_text, no_play};
pub use events::EventsPanel;
pub use input::InputDialog;
pub use inspector::focus_coordinate;
pub use outline::OutlinePanel;
pub use runs::RunsPanel;
pub use side::SidePanel;
pub use timeline::TimelinePanel;
