use std::fmt::Write;

use super::{Options, Part, Subject, words};
use crate::scene::{Instant, Kind, WireState};

/// The picture as text for graphviz: `dot -Tsvg play.dot`. Names and labels are quoted, all of them.
pub fn dot(subject: &Subject<'_>, run: Option<Instant<'_>>, options: &Options) -> String {
    let part = Part::new(subject, run, options);
    let mut out = String::new();
    let title = quoted(&[&words::title(subject.play)]);
    let note =
        if options.note.is_empty() { title.clone() } else { quoted(&[&words::title(subject.play), &options.note]) };
    let _ = writeln!(out, "digraph {title} {{");
    let _ = writeln!(out, "  graph [rankdir=LR, label={note}, labelloc=t, fontname=\"Inter,sans-serif\"]");
    let _ = writeln!(out, "  node [shape=box, style=rounded, fontname=\"Inter,sans-serif\", fontsize=11]");
    let _ = writeln!(out, "  edge [fontname=\"JetBrains Mono,monospace\", fontsize=9, arrowsize=0.7]");
    let id = |node: u32| quoted(&[&subject.graph.node(subject.play, node).id]);
    for mark in &part.frame.nodes {
        let card = subject.geometry.card(mark.node);
        let lines = words::label(card, mark);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let shape = shape(card.kind);
        let _ = writeln!(out, "  {} [label={}{shape}]", id(mark.node), quoted(&lines));
    }
    let mut marks = part.frame.wires.iter().peekable();
    for &wire in &part.visible.wires {
        let edge = subject.graph.wire(wire);
        let _ = write!(out, "  {} -> {}", id(edge.from), id(edge.to));
        let mut sayings = Vec::new();
        let when = words::when(subject, wire);
        if !when.is_empty() {
            sayings.push(format!("label={}", quoted(&[&when])));
        }
        match marks.next_if(|mark| mark.wire == wire).map(|mark| mark.state) {
            Some(WireState::Hot) => sayings.push("style=bold, penwidth=3".to_owned()),
            Some(WireState::Done) => sayings.push("style=bold".to_owned()),
            Some(WireState::Idle | WireState::Missed) | None if part.has_run => sayings.push("style=dashed".to_owned()),
            Some(WireState::Idle | WireState::Missed) | None => {}
        }
        let sayings = sayings.join(", ");
        let _ = if sayings.is_empty() { writeln!(out) } else { writeln!(out, " [{sayings}]") };
    }
    out.push_str("}\n");
    out
}

const fn shape(kind: Kind) -> &'static str {
    match kind {
        Kind::Snap | Kind::Pass => ", shape=oval, style=solid",
        Kind::Call => "",
        Kind::FanOut | Kind::FanIn => ", shape=diamond, style=solid",
        Kind::WaitForSignal => ", shape=note, style=solid",
        Kind::WaitForWorker => ", shape=component, style=solid",
    }
}

/// As a string of the DOT language, one line below the other. It unquotes by itself `\"` alone, but labels have more
/// escapes, and entities of HTML.
fn quoted(lines: &[&str]) -> String {
    let mut out = String::from("\"");
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push_str("\\n");
        }
        for c in words::clean(line).chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '&' => out.push_str("&amp;"),
                c => out.push(c),
            }
        }
    }
    out.push('"');
    out
}
