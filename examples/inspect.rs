//! Looks into a running window, and clicks in it by label. For tests and for finding out why one fails.
//!
//! ```sh
//! cargo build --features inspect --example inspect --bin chalktalk
//! EGUI_INSPECTION=127.0.0.1:5719 target/debug/chalktalk &
//! target/debug/examples/inspect 127.0.0.1:5719 list
//! target/debug/examples/inspect 127.0.0.1:5719 click Run
//! target/debug/examples/inspect 127.0.0.1:5719 screenshot window.png
//! ```
//!
//! The port has no password: never beyond loopback, and never in a release, which the feature refuses.

use std::io::Write as _;
use std::net::TcpStream;

use eframe::egui::{Event, Modifiers, PointerButton, accesskit, pos2};
use egui_inspection::protocol::{Request, Response, read_handshake, read_message, write_message};

type Error = Box<dyn std::error::Error>;

struct Window(TcpStream);

impl Window {
    fn connect(addr: &str) -> Result<Self, Error> {
        let stream = TcpStream::connect(addr)?;
        read_handshake(&stream)?;
        Ok(Self(stream))
    }

    fn ask(&mut self, request: &Request) -> Result<Response, Error> {
        write_message(&self.0, request)?;
        match read_message(&self.0)? {
            Response::Error { message } => Err(message.into()),
            response => Ok(response),
        }
    }

    /// What has a label: role, label and where it is, in logical points.
    fn labelled(&mut self) -> Result<Vec<(accesskit::Role, String, accesskit::Rect)>, Error> {
        let Response::Tree { accesskit: Some(tree), .. } = self.ask(&Request::GetTree)? else {
            return Err("the window has no tree of its widgets yet".into());
        };
        let nodes = tree.nodes.into_iter();
        let found = nodes.filter_map(|(_, node)| Some((node.role(), node.label()?.to_owned(), node.bounds()?)));
        Ok(found.collect())
    }

    fn click(&mut self, label: &str) -> Result<(), Error> {
        let found = self.labelled()?.into_iter().find(|(_, found, _)| found == label);
        let (.., at) = found.ok_or_else(|| format!("nothing is called '{label}': see 'list'"))?;
        #[expect(clippy::cast_possible_truncation, reason = "a window is small")]
        let pos = pos2(at.x0.midpoint(at.x1) as f32, at.y0.midpoint(at.y1) as f32);
        let button =
            |pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
        // A frame each, as from a hand.
        for event in [Event::PointerMoved(pos), button(true), button(false)] {
            self.ask(&Request::ApplyEvents { events: vec![event] })?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [addr, "list"] => {
            let mut out = std::io::stdout().lock();
            for (role, label, at) in Window::connect(addr)?.labelled()? {
                writeln!(
                    out,
                    "{role:?} {label:?} at {:.0} {:.0}, {:.0} x {:.0}",
                    at.x0,
                    at.y0,
                    at.width(),
                    at.height()
                )?;
            }
            Ok(())
        }
        [addr, "click", label] => Window::connect(addr)?.click(label),
        [addr, "screenshot", file] => {
            match Window::connect(addr)?.ask(&Request::GetScreenshot { pixels_per_point: None })? {
                Response::Screenshot(png) => Ok(std::fs::write(file, png.bytes)?),
                other => Err(format!("no picture came, but {other:?}").into()),
            }
        }
        _ => Err("use: inspect ADDR list | click LABEL | screenshot FILE.png".into()),
    }
}
