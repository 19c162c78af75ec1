//! Asking the person for a file: the desktop's own dialog on a thread of its own, and a path field as the second way.
//!
//! A portal that is missing looks like a person who cancels, and one that is broken never answers, so the field is
//! always there, and the desktop's answer may come or not.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use egui::{Context, Key, TextEdit};

use super::theme::{self, Theme, size};
use super::widgets::{Tone, button, button_with, dialog, name_field};

/// What a file is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Open,
    SaveAs,
    Export,
}

impl Ask {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Open => "Open a play",
            Self::SaveAs => "Save as",
            Self::Export => "Export to",
        }
    }

    /// What the path field wants.
    const fn wanted(self) -> &'static str {
        match self {
            Self::Open | Self::SaveAs => "a path to a .play or .ron file",
            Self::Export => "a path; its extension tells the format",
        }
    }

    const fn verb(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::SaveAs => "Save",
            Self::Export => "Export",
        }
    }
}

/// The desktop's file dialogs. The answer comes by the channel, `None` for "cancelled"; it may never come.
pub trait FileDialogs {
    fn ask(&self, ask: Ask, start: &Path, ctx: &Context) -> Receiver<Option<PathBuf>>;
}

/// The dialogs of the desktop portal.
#[derive(Debug, Default)]
pub struct PortalDialogs;

impl FileDialogs for PortalDialogs {
    fn ask(&self, ask: Ask, start: &Path, ctx: &Context) -> Receiver<Option<PathBuf>> {
        let (sender, receiver) = channel();
        let (start, ctx) = (start.to_owned(), ctx.clone());
        // The thread ends with its dialog, at the latest with the process.
        let spawned = std::thread::Builder::new().name("file dialog".into()).spawn(move || {
            let mut dialog = rfd::FileDialog::new().set_title(ask.title());
            match start.extension().and_then(|extension| extension.to_str()).filter(|_| ask == Ask::Export) {
                Some(extension) => dialog = dialog.add_filter(extension.to_uppercase(), &[extension]),
                None => dialog = dialog.add_filter("Plays and recorded runs", &["play", "ron", "jsonl"]),
            }
            if let Some(folder) = start.parent().filter(|folder| folder.is_dir()) {
                dialog = dialog.set_directory(folder);
            }
            if let (Ask::SaveAs | Ask::Export, Some(name)) = (ask, start.file_name()) {
                dialog = dialog.set_file_name(name.to_string_lossy());
            }
            let picked = match ask {
                Ask::Open => dialog.pick_file(),
                Ask::SaveAs | Ask::Export => dialog.save_file(),
            };
            // The window may have given up waiting.
            let _ = sender.send(picked);
            ctx.request_repaint();
        });
        drop(spawned);
        receiver
    }
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Chosen(Ask, PathBuf),
    Cancelled,
}

/// The dialog with the path field, open while the person is asked.
pub struct PathDialog {
    ask: Ask,
    path: String,
    native: Option<Receiver<Option<PathBuf>>>,
    /// When the question was put, in egui's seconds.
    asked_at: f64,
    focused: bool,
}

/// A person needs longer than this to cancel; an absent portal answers at once.
const TOO_FAST_SECS: f64 = 0.4;

impl PathDialog {
    pub fn new(ask: Ask, start: &Path, dialogs: &dyn FileDialogs, ctx: &Context) -> Self {
        Self {
            ask,
            path: start.display().to_string(),
            native: Some(dialogs.ask(ask, start, ctx)),
            asked_at: ctx.input(|input| input.time),
            focused: false,
        }
    }

    /// Shows the dialog. An answer ends it.
    pub fn ui(&mut self, ctx: &Context) -> Option<Answer> {
        if let Some(answer) = self.native_answer(ctx) {
            return Some(answer);
        }
        let theme = Theme::of(ctx);
        let mut answer = None;
        let modal = dialog(ctx, "path dialog").show(ctx, |ui| {
            ui.set_width(460.0);
            ui.label(egui::RichText::new(self.ask.title()).font(theme::semibold(size::HEADING)));
            ui.add_space(2.0);
            let hint = if self.native.is_some() {
                format!("Choose in the desktop's dialog, or type {}.", self.ask.wanted())
            } else {
                format!("The desktop has no file dialog here. Type {}.", self.ask.wanted())
            };
            ui.label(egui::RichText::new(hint).color(theme.muted));
            ui.add_space(8.0);
            let edit = TextEdit::singleline(&mut self.path).font(theme::mono(size::SMALL)).desired_width(f32::INFINITY);
            let field = ui.add(edit.margin(egui::Margin::symmetric(10, 7)).id(egui::Id::unique("path field")));
            name_field(&field, "Path", &self.path, false);
            if !std::mem::replace(&mut self.focused, true) {
                field.request_focus();
            }
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(12.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let ready = !self.path.trim().is_empty();
                let pressed = button_with(ui, None, self.ask.verb(), Tone::Filled, "", ready).clicked();
                if ready && (pressed || entered) {
                    answer = Some(Answer::Chosen(self.ask, PathBuf::from(self.path.trim())));
                }
                if button(ui, None, "Cancel", Tone::Quiet).clicked() {
                    answer = Some(Answer::Cancelled);
                }
            });
        });
        if answer.is_none() && modal.should_close() {
            answer = Some(Answer::Cancelled);
        }
        answer
    }

    fn native_answer(&mut self, ctx: &Context) -> Option<Answer> {
        let waited = ctx.input(|input| input.time) - self.asked_at;
        match self.native.as_ref()?.try_recv() {
            Ok(Some(path)) => return Some(Answer::Chosen(self.ask, path)),
            Ok(None) if waited > TOO_FAST_SECS => return Some(Answer::Cancelled),
            Err(TryRecvError::Empty) => {}
            Ok(None) | Err(TryRecvError::Disconnected) => self.native = None,
        }
        None
    }
}
