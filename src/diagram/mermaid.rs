use std::fmt::Write;

use super::{Options, Part, Subject, words};
use crate::scene::{Instant, Kind, NodeMark, StateKind, WireState};

/// The picture as text for Mermaid, as READMEs, wikis and issues draw it. Labels are quoted, and nodes have names of our
/// own: words as `end` are not names there.
pub fn mermaid(subject: &Subject<'_>, run: Option<Instant<'_>>, options: &Options) -> String {
    let part = Part::new(subject, run, options);
    let mut out = String::from("flowchart LR\n");
    let title = words::title(subject.play);
    let _ = writeln!(out, "  accTitle: {}", plain(&title));
    if !options.note.is_empty() {
        let _ = writeln!(out, "  accDescr: {}", plain(&options.note));
    }
    for mark in &part.frame.nodes {
        let card = subject.geometry.card(mark.node);
        let label: Vec<String> = words::label(card, mark).iter().map(|line| escaped(line)).collect();
        let (open, close) = shape(card.kind);
        let class = class(mark).map(|class| format!(":::{class}")).unwrap_or_default();
        let _ = writeln!(out, "  n{}{open}\"{}\"{close}{class}", mark.node, label.join("<br/>"));
    }
    let mut marks = part.frame.wires.iter().peekable();
    for &wire in &part.visible.wires {
        let edge = subject.graph.wire(wire);
        let arrow = match marks.next_if(|mark| mark.wire == wire).map(|mark| mark.state) {
            Some(WireState::Hot | WireState::Done) => "==>",
            Some(WireState::Idle | WireState::Missed) | None if part.has_run => "-.->",
            Some(WireState::Idle | WireState::Missed) | None => "-->",
        };
        let when = words::when(subject, wire);
        let label = if when.is_empty() { String::new() } else { format!("|\"{}\"|", escaped(&when)) };
        let _ = writeln!(out, "  n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    if part.has_run {
        for (class, look) in CLASSES {
            if part.frame.nodes.iter().any(|mark| self::class(mark) == Some(class)) {
                let _ = writeln!(out, "  classDef {class} {look}");
            }
        }
    }
    out
}

/// Borders alone, so that the texts keep the contrast of whatever theme they are shown in.
const CLASSES: [(&str, &str); 4] = [
    ("done", "stroke:#2f9e6b,stroke-width:2px"),
    ("running", "stroke:#d9772b,stroke-width:3px"),
    ("waiting", "stroke:#c79400,stroke-width:2px,stroke-dasharray:5 3"),
    ("failed", "stroke:#d64541,stroke-width:3px,stroke-dasharray:2 2"),
];

const fn class(mark: &NodeMark) -> Option<&'static str> {
    match mark.state {
        StateKind::Idle | StateKind::Missed | StateKind::Cancelled => None,
        StateKind::Arrived | StateKind::Running => Some("running"),
        StateKind::BackingOff
        | StateKind::WaitingForSignal
        | StateKind::WaitingForWorker
        | StateKind::WaitingForOthers => Some("waiting"),
        StateKind::Done => Some("done"),
        StateKind::Failed | StateKind::Lost => Some("failed"),
    }
}

const fn shape(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Snap | Kind::Pass => ("([", "])"),
        Kind::Call => ("[", "]"),
        Kind::FanOut | Kind::FanIn => ("{{", "}}"),
        Kind::WaitForSignal => (">", "]"),
        Kind::WaitForWorker => ("[/", "/]"),
    }
}

/// Everything that Mermaid, Markdown in Mermaid, or HTML in Mermaid could take for more than a letter, as its number.
fn escaped(text: &str) -> String {
    let text = words::clean(text);
    let mut out = String::new();
    let mut only_digits = true;
    let mut before = ' ';
    for (i, c) in text.trim_start().chars().enumerate() {
        let opens_list = i == 0 && matches!(c, '-' | '+') || only_digits && matches!(c, '.' | ')');
        only_digits &= c.is_ascii_digit();
        // Two of them begin a comment or a directive, wherever they stand.
        let comments = c == '%' && before == '%';
        before = c;
        if opens_list
            || comments
            || matches!(c, '"' | '#' | '&' | '<' | '>' | '`' | '*' | '_' | '~' | '\\' | ';' | '\u{fffd}')
        {
            let _ = write!(out, "#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    // A label without a letter is none.
    if out.is_empty() { " ".to_owned() } else { out }
}

/// The rest of a line that has no quotes.
fn plain(text: &str) -> String {
    words::clean(text).replace([';', '#', '{', '}'], " ").replace("%%", "% ").trim().to_owned()
}
