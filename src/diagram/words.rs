//! What a picture says in words.

use std::borrow::Cow;
use std::fmt::Write;

use super::Subject;
use crate::event::Outcome;
use crate::look::fonts::Font;
use crate::play::{Play, When};
use crate::replay::Status;
use crate::scene::{Card, Instant, NodeMark, Span, StateKind};

/// In one line, without signs that cannot be shown.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| c.is_control()) {
        return Cow::Borrowed(text);
    }
    let visible = |c: char| if c.is_whitespace() { ' ' } else { '\u{fffd}' };
    Cow::Owned(text.chars().map(|c| if c.is_control() { visible(c) } else { c }).collect())
}

/// Cut so that it takes at most `room` units, with an ellipsis where it is longer.
pub fn fitted(text: &str, font: Font, size: f32, room: f32) -> Cow<'_, str> {
    let text = clean(text);
    if font.width(&text, size) <= room {
        return text;
    }
    let room = room - font.width("…", size);
    let mut width = 0.0;
    let mut cut = String::new();
    let mut letter = [0; 4];
    for c in text.chars() {
        width += font.width(c.encode_utf8(&mut letter), size);
        if width > room {
            break;
        }
        cut.push(c);
    }
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    Cow::Owned(cut)
}

/// `Checkout (shop/1.2/checkout)`.
pub fn title(play: &Play) -> String {
    match play.title.as_deref().filter(|title| !title.trim().is_empty()) {
        Some(title) => format!("{} ({})", clean(title), play.coord),
        None => play.coord.to_string(),
    }
}

/// Which run it is, when, and how it was then: what stands below a picture of it.
pub fn note(run: &Instant<'_>) -> String {
    let name = run.view.started().map_or("not started", |started| &started.run);
    let how = match run.view.status() {
        Status::NotStarted => "not started",
        Status::Running => "running",
        Status::Cancelling { .. } => "being cancelled",
        Status::Finished(Outcome::Passed { .. }) => "passed",
        Status::Finished(Outcome::Failed { .. }) => "failed",
        Status::Finished(Outcome::Cancelled { .. }) => "cancelled",
    };
    format!("Run {}, {} after its start: {how}", clean(name), Span(run.time.0))
}

/// What a node is and does, in one line: `call charge, "Charge the card", payments/1.4, done, 41 ms`.
pub fn node(subject: &Subject<'_>, node: u32, mark: Option<&NodeMark>) -> String {
    let card = subject.geometry.card(node);
    let id = &subject.graph.node(subject.play, node).id;
    let mut line = match card.n_held {
        0 => format!("{} {id}", card.kind.keyword()),
        n => format!("frame of {n} nodes"),
    };
    if card.title != id.as_str() {
        let _ = write!(line, ", “{}”", clean(&card.title));
    }
    let detail = detail(card, mark);
    if !detail.is_empty() {
        let _ = write!(line, ", {}", clean(detail));
    }
    if let Some(state) = mark.map(|mark| mark.state).filter(|state| *state != StateKind::Idle) {
        let _ = write!(line, ", {}", state.word());
    }
    let foot = foot(card, mark);
    if !foot.is_empty() {
        let _ = write!(line, ", {}", clean(foot));
    }
    line
}

/// The second line of a card: the version that is really pinned, where a run knows it.
pub fn detail<'a>(card: &'a Card, mark: Option<&'a NodeMark>) -> &'a str {
    let called = mark.and_then(|mark| mark.called.as_deref());
    called.filter(|_| !card.detail.is_empty() && !card.detail.contains('%')).unwrap_or(&card.detail)
}

/// The line under a card.
pub fn foot<'a>(card: &'a Card, mark: Option<&'a NodeMark>) -> &'a str {
    match mark {
        Some(mark) if !mark.caption.text.is_empty() => &mark.caption.text,
        _ => &card.foot,
    }
}

/// The condition of a wire in the words of the language, in full; empty for a plain one.
pub fn when(subject: &Subject<'_>, wire: u32) -> Cow<'static, str> {
    match subject.graph.when(subject.play, wire) {
        When::Always => Cow::Borrowed(""),
        When::If(guard) => Cow::Owned(format!("when ({})", one_line(&guard.0))),
        When::Otherwise => Cow::Borrowed("otherwise"),
        When::Error => Cow::Borrowed("on error"),
        When::Timeout => Cow::Borrowed("on timeout"),
    }
}

fn one_line(text: &str) -> String {
    clean(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// `charge to both, on error, 2 balls`.
pub fn wire(subject: &Subject<'_>, wire: u32, n_balls: u32) -> String {
    let edge = subject.graph.wire(wire);
    let id = |node: u32| &subject.graph.node(subject.play, node).id;
    let mut line = format!("{} to {}", id(edge.from), id(edge.to));
    let when = when(subject, wire);
    if !when.is_empty() {
        let _ = write!(line, ", {when}");
    }
    match n_balls {
        0 => {}
        1 => line.push_str(", 1 ball"),
        n => {
            let _ = write!(line, ", {n} balls");
        }
    }
    line
}

/// What stands on a node in the pictures of other tools, line by line: title, detail, and what the card says below.
pub fn label(card: &Card, mark: &NodeMark) -> Vec<String> {
    let mut lines = vec![clean(&card.title).into_owned()];
    let detail = detail(card, Some(mark));
    if !detail.is_empty() {
        lines.push(clean(detail).into_owned());
    }
    let foot = clean(foot(card, Some(mark)));
    match (sign(mark.state), foot.is_empty()) {
        (Some(sign), true) => lines.push(format!("{sign} {}", mark.state.word())),
        (Some(sign), false) => lines.push(format!("{sign} {}, {foot}", mark.state.word())),
        (None, false) => lines.push(foot.into_owned()),
        (None, true) => {}
    }
    lines
}

/// A sign for the state, for pictures that have no icons.
const fn sign(state: StateKind) -> Option<char> {
    Some(match state {
        StateKind::Idle | StateKind::Missed => return None,
        StateKind::Arrived | StateKind::Running => '▶',
        StateKind::BackingOff
        | StateKind::WaitingForSignal
        | StateKind::WaitingForWorker
        | StateKind::WaitingForOthers => '⧗',
        StateKind::Done => '✓',
        StateKind::Failed | StateKind::Lost => '✗',
        StateKind::Cancelled => '■',
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_letters() {
        assert_eq!(fitted("short", Font::Mono, 10.0, 30.0), "short");
        assert_eq!(fitted("longer text", Font::Mono, 10.0, 48.0), "longer…");
        assert_eq!(fitted("数数数数", Font::Mono, 10.0, 30.0), "数数…");
        assert_eq!(fitted("any", Font::Mono, 10.0, 0.0), "…");
        assert_eq!(clean("two\nlines \u{1}"), "two lines \u{fffd}");
    }
}
