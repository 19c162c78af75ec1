//! The window: thin panels over `app`, painted canvas over `scene`.
//!
//! Must never: write the document (panels push commands, `app` applies them), know about the runner, read a clock in
//! drawing, or repaint while nothing changes. Start reading at `window`.

pub mod canvas;
mod dialogs;
mod fonts;
mod icons;
mod keys;
mod open;
mod palette;
mod panels;
mod platform;
mod question;
pub mod theme;
mod toasts;
mod toolbar;
mod widgets;
mod window;
mod words;

pub use dialogs::{Ask, FileDialogs};
pub use open::{APP_ID, Wake, open};
pub use platform::Error;
pub use window::{Port, Window};
