use std::path::{Path, PathBuf};

use super::command::Command;
use super::editor::Editor;
use super::reading;
use super::request::{Answer, Question, Request};
use super::session::{Mode, Session};
use super::toast::Tone;
use crate::diagram::{Form, Options, Subject, draw, note};
use crate::files::{self, Format, Over};
use crate::look::Look;
use crate::play::ron::to_ron;
use crate::scene::{Binding, Geometry, Instant};

/// What the play on the canvas is exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Picture(Form),
    /// The whole document.
    Text(Format),
}

impl Kind {
    /// All that this build can make.
    pub fn all() -> impl Iterator<Item = Self> {
        let texts = [Format::Play, Format::Ron].map(Self::Text);
        Form::ALL.iter().copied().map(Self::Picture).chain(texts)
    }

    /// As on a button.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Picture(form) => form.name(),
            Self::Text(Format::Play) => "Play file",
            Self::Text(Format::Ron) => "RON file",
        }
    }

    /// Without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Picture(form) => form.extension(),
            Self::Text(format) => format.extension(),
        }
    }

    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?;
        Self::all().find(|kind| extension.eq_ignore_ascii_case(kind.extension()))
    }
}

/// What the person wants of an export. The file's extension, if it has one, tells the kind in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    pub kind: Kind,
    /// Of a picture that has colours.
    pub look: Look,
    /// The selected nodes alone, with the wires between them.
    pub only_selected: bool,
    /// As the run on the canvas stands now.
    pub with_run: bool,
}

impl Editor {
    pub(super) fn export_command(&mut self, command: Command, out: &mut Vec<Request>) {
        match command {
            Command::PickExport(export) => {
                out.push(Request::PickExport { suggested: self.suggested_export(export.kind), export });
            }
            Command::ExportTo { export, path, over } => self.export(export, path, over, out),
            _ => {}
        }
    }

    fn export(&mut self, export: Export, mut path: PathBuf, over: bool, out: &mut Vec<Request>) {
        if path.extension().is_none() {
            path.set_extension(export.kind.extension());
        }
        match self.exported(export, &path, over) {
            Ok(()) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.toasts.push(Tone::Info, format!("exported {name}"), None);
            }
            Err(Trouble::File(files::Error::Exists { path })) => out.push(Request::Ask(Question {
                title: "Overwrite the file?".to_owned(),
                text: format!("There is another file at '{}' already.", path.display()),
                diff: Vec::new(),
                answers: vec![
                    Answer { label: "Choose another name", command: Command::PickExport(export), destructive: false },
                    Answer {
                        label: "Overwrite",
                        command: Command::ExportTo { export, path, over: true },
                        destructive: true,
                    },
                ],
            })),
            Err(trouble) => self.toasts.push(Tone::Error, trouble.to_string(), Some(Command::PickExport(export))),
        }
    }

    fn exported(&self, export: Export, path: &Path, over: bool) -> Result<(), Trouble> {
        let session = self.session();
        // The play's own file is written by Save alone, which knows what it replaces.
        if session.path().is_some_and(|own| own == path) {
            return Err(Trouble::Own);
        }
        let kind = Kind::of(path).ok_or(Trouble::Extension)?;
        let bytes = match kind {
            Kind::Picture(form) => drawn(session, form, export)?,
            Kind::Text(format) => text(session, format).into_bytes(),
        };
        files::save_bytes(path, &bytes, if over { Over::Anything } else { Over::Nothing })?;
        Ok(())
    }

    /// Beside the play's file, by the name of the play.
    fn suggested_export(&self, kind: Kind) -> PathBuf {
        let session = self.session();
        let name = session.shown().map_or("untitled", |shown| shown.play.coord.method.as_str()).to_owned();
        let folder = session.path().and_then(Path::parent).map(PathBuf::from).unwrap_or_default();
        let suggested = folder.join(format!("{name}.{}", kind.extension()));
        if session.path() == Some(&suggested) {
            return folder.join(format!("{name}-copy.{}", kind.extension()));
        }
        suggested
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("that is the play's own file, which Save writes: export under another name")]
    Own,
    #[error("the file's extension is none that can be exported: give it .svg, .png, .mmd, .dot, .play or .ron")]
    Extension,
    #[error("there is no play to export: show one first")]
    NoPlay,
    #[error(transparent)]
    Picture(#[from] crate::diagram::Error),
    #[error(transparent)]
    File(#[from] files::Error),
}

fn drawn(session: &Session, form: Form, export: Export) -> Result<Vec<u8>, Trouble> {
    let shown = session.shown().ok_or(Trouble::NoPlay)?;
    let (play, graph) = (shown.play, shown.graph);
    let geometry = Geometry::new(play, graph);
    let subject = Subject { play, graph, geometry: &geometry };
    let only = export
        .only_selected
        .then(|| session.selection().nodes.iter().filter_map(|id| graph.find(id)).collect::<Vec<u32>>());
    let mut options = Options { look: export.look, only, note: String::new() };
    let Some(watch) = shown.run.filter(|_| export.with_run) else { return Ok(draw(form, &subject, None, &options)?) };
    let mut binding = Binding::default();
    binding.update(&geometry, graph, watch.view());
    let instant = Instant { view: watch.view(), binding: &binding, time: watch.playback().shown_time() };
    options.note = note(&instant);
    Ok(draw(form, &subject, Some(instant), &options)?)
}

/// Of a run that is replayed the document that ran.
fn text(session: &Session, format: Format) -> String {
    let ran = session.watch().and_then(|watch| watch.doc()).filter(|_| session.mode() == Mode::Replay);
    match (ran, format) {
        (None, format) => reading::encode(session.source(), format),
        (Some(doc), Format::Play) => crate::lang::print(doc),
        (Some(doc), Format::Ron) => to_ron(doc),
    }
}
