//! The headless editor: all state and all behaviour of the window, without a window.
//!
//! Everything goes through [`Editor::apply`]: a command in, requests to the shell out. The document is changed in one
//! place only, as changes of its text, so undo gives back the very bytes. What a runner does comes in by
//! [`Editor::receive`], time by [`Editor::tick`].
//!
//! Must never: draw, open dialogs, wait, read a clock, call a runner. Start reading at [`Command`], then [`Editor`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod arrange;
mod broken;
mod command;
pub mod diff;
mod discovery;
mod drafts;
mod drawing;
mod edit;
mod editor;
pub mod examples;
mod export;
mod filing;
mod framing;
mod gesture;
mod history;
mod key;
mod levels;
mod merge;
mod outside;
mod pick;
mod place;
pub mod port;
mod reading;
pub mod record;
pub mod registry;
mod regroup;
mod request;
mod running;
pub mod search;
mod selection;
mod session;
mod toast;
mod trials;
mod walk;
mod watch;

pub use command::{Command, Info, Outside};
pub use discovery::{Discovery, Presence};
pub use drawing::{Draw, Picking, Sketch};
pub use editor::Editor;
pub use export::{Export, Kind as ExportKind};
pub use gesture::{Gesture, Wired};
pub use history::History;
pub use key::{Key, Shortcut};
pub use levels::{Crumb, Visits};
pub use pick::{Choice, Pick};
pub use place::{Align, Axis, STEP, Way};
pub use request::{Answer, Question, Request, View, Zoom};
pub use selection::{Selection, wire_name, wire_number};
pub use session::{Mode, Session, Shown};
pub use toast::{Toast, Tone};
pub use trials::Trials;
pub use watch::Watch;

pub use crate::replay::{CallState, NeedsRepaint};
