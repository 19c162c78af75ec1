//! The look of plays, wherever they are drawn: colours, sizes, icons, fonts, and which kind and state has which of them.
//!
//! The window (`gui`) and exported pictures (`diagram`) read these same tokens. Must never: draw, or know a GUI
//! library. Start reading at [`Tokens`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod card;
pub mod fonts;
mod icons;
mod tokens;

pub use icons::{Icon, Mark};
pub use tokens::{Look, Rgba, Tokens, size};
