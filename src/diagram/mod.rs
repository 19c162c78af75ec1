//! A play, or a part of it, as a picture to take away: SVG and PNG that look like the canvas, Mermaid and DOT for other
//! tools; with the state of a run at an instant, or without.
//!
//! Must never: run or decide anything, read fonts or files of the machine, give another picture for the same input. What
//! stands where is `scene`'s business, what it looks like `look`'s. Start reading at [`draw`], then `svg`.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod dot;
mod mermaid;
#[cfg(feature = "png")]
mod png;
mod svg;
mod words;
mod xml;

pub use dot::dot;
pub use mermaid::mermaid;
#[cfg(feature = "png")]
pub use png::png;
pub use svg::svg;
pub use words::note;

use crate::look::Look;
use crate::play::{Graph, Play};
use crate::scene::{Frame, Geometry, Instant, Lod, Rect, Visible};

/// What is drawn. All three are of the same play.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub play: &'a Play,
    pub graph: &'a Graph,
    pub geometry: &'a Geometry,
}

/// How it is drawn.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub look: Look,
    /// These nodes alone, with the wires between them, by the graph's numbers. `None`: all.
    pub only: Option<Vec<u32>>,
    /// Said below the picture, as [`note`]: which run it shows, and when. Often empty.
    pub note: String,
}

/// What a picture can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    Svg,
    Png,
    Mermaid,
    Dot,
}

impl Form {
    /// Those that this build can make.
    pub const ALL: &[Self] = if cfg!(feature = "png") {
        &[Self::Svg, Self::Png, Self::Mermaid, Self::Dot]
    } else {
        &[Self::Svg, Self::Mermaid, Self::Dot]
    };

    /// Without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Mermaid => "mmd",
            Self::Dot => "dot",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Svg => "SVG",
            Self::Png => "PNG",
            Self::Mermaid => "Mermaid",
            Self::Dot => "DOT",
        }
    }

    /// It has colours of ours: the others leave them to the tool that draws them.
    pub const fn has_look(self) -> bool {
        matches!(self, Self::Svg | Self::Png)
    }
}

/// A picture that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("this build of chalktalk makes no PNG: write an .svg, or build it with the feature 'png'")]
    NoPng,
    #[error("no PNG could be made of the picture: {0}; write an .svg")]
    Png(String),
}

/// The bytes of a file of this form.
///
/// # Errors
/// Of [`Form::Png`] alone: this build cannot, or the picture cannot be painted.
pub fn draw(form: Form, subject: &Subject<'_>, run: Option<Instant<'_>>, options: &Options) -> Result<Vec<u8>, Error> {
    Ok(match form {
        Form::Svg => svg(subject, run, options).into_bytes(),
        Form::Mermaid => mermaid(subject, run, options).into_bytes(),
        Form::Dot => dot(subject, run, options).into_bytes(),
        #[cfg(feature = "png")]
        Form::Png => png(&svg(subject, run, options))?,
        #[cfg(not(feature = "png"))]
        Form::Png => return Err(Error::NoPng),
    })
}

/// The part that is drawn, and what the run has to say of it.
struct Part {
    visible: Visible,
    frame: Frame,
    has_run: bool,
}

impl Part {
    fn new(subject: &Subject<'_>, run: Option<Instant<'_>>, options: &Options) -> Self {
        let geometry = subject.geometry;
        let mut visible = Visible::default();
        // Balls have gone beyond no wire, so nothing is further out than this.
        let bounds = geometry.bounds();
        geometry.visible(if bounds.is_nothing() { Rect::default() } else { bounds.grown(64.0) }, &mut visible);
        if let Some(only) = &options.only {
            let mut only = only.clone();
            only.sort_unstable();
            visible.nodes.retain(|node| only.binary_search(node).is_ok());
            let has = |node: &u32| visible.nodes.binary_search(node).is_ok();
            visible.wires.retain(|wire| {
                let wire = geometry.wire(*wire);
                has(&wire.from) && has(&wire.to)
            });
        }
        let mut frame = Frame::default();
        frame.build(geometry, run, &visible, Lod::Full);
        frame.balls.retain(|ball| match ball.wire {
            Some(wire) => visible.wires.binary_search(&wire).is_ok(),
            None => visible.nodes.binary_search(&ball.node).is_ok(),
        });
        Self { visible, frame, has_run: run.is_some() }
    }
}
