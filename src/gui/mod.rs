//! The window: thin panels over `app`, painted canvas over `scene`.
//!
//! Must never: write the document (panels push commands, `app` applies them), know about the runner, read a clock in
//! drawing, or repaint while nothing changes. Start reading at `window`.

pub mod canvas;
mod dialogs;
mod dock;
mod export;
mod finder;
mod fonts;
mod health;
mod icons;
mod keys;
mod levels;
mod menu;
mod minimap;
mod name_part;
mod open;
mod palette;
mod panels;
mod platform;
mod question;
mod settings;
mod tabs;
pub mod theme;
mod toasts;
mod toolbar;
mod viewing;
mod welcome;
mod widgets;
mod window;
mod words;

pub use dialogs::{Ask, FileDialogs};
pub use open::{APP_ID, Wake, open};
pub use platform::Error;
pub use window::{Port, Window};

/// Gives a context our fonts and colours, as the window does for its own.
pub fn dress(ctx: &egui::Context, look: theme::Look) {
    fonts::install(ctx);
    theme::install(ctx, look);
    // Ctrl and plus would zoom the whole window; here they zoom the canvas.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}
