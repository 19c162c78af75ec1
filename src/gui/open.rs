//! Opening the window.

use std::path::PathBuf;
use std::sync::Arc;

use egui::ViewportBuilder;

use super::dialogs::PortalDialogs;
use super::icons;
use super::platform::{self, Error};
use super::theme::Look;
use super::window::{Port, Window};
use crate::app::{Command, Editor};

/// Makes the window look at its channel: to be called, from any thread, after every message sent to it.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// By which the desktop knows the program.
pub const APP_ID: &str = "chalktalk";

/// Opens the window and comes back when it is closed.
///
/// `first` is applied before the first frame, as [`Command::OpenPath`]. `connect` gets what wakes the window and
/// gives the window's ends of the runner's channels. `data` is the folder that keeps what is unsaved, and the view.
///
/// # Errors
/// There is no display, or a library or a graphics driver is missing: the message says what to do.
pub fn open(
    editor: Editor,
    first: Vec<Command>,
    data: Option<PathBuf>,
    connect: impl FnOnce(Wake) -> Port + 'static,
) -> Result<(), Error> {
    platform::check()?;
    let viewport = ViewportBuilder::default()
        .with_title("Chalktalk")
        .with_app_id(APP_ID)
        .with_icon(icons::window_icon())
        .with_inner_size([1600.0, 1000.0])
        .with_min_inner_size([960.0, 600.0]);
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        // Costs a fifth of the frame rate where the driver is software.
        dithering: false,
        ..eframe::NativeOptions::default()
    };
    let created: eframe::AppCreator<'static> = Box::new(move |created| {
        let ctx = created.egui_ctx.clone();
        let wake: Wake = {
            let ctx = ctx.clone();
            Arc::new(move || ctx.request_repaint())
        };
        let mut window = Window::new(&ctx, editor, connect(wake), Box::new(PortalDialogs), Look::default());
        if let Some(data) = data {
            window.keep_in(&ctx, data, first.is_empty());
        }
        for command in first {
            window.apply(&ctx, command);
        }
        if let Some(look) = look_from_env() {
            window.set_look(&ctx, look);
        }
        Ok(Box::new(window))
    });
    eframe::run_native(APP_ID, options, created).map_err(|error| Error::Window(error.to_string()))
}

/// `CHALKTALK_THEME` may be `dark`, `light` or `contrast`, whatever was chosen the last time.
fn look_from_env() -> Option<Look> {
    match std::env::var("CHALKTALK_THEME").as_deref() {
        Ok("dark") => Some(Look::Dark),
        Ok("light") => Some(Look::Light),
        Ok("contrast") => Some(Look::Contrast),
        _ => None,
    }
}
