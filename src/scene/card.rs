use std::fmt::Write;

use super::caption::Span;
use super::shapes::{Point, Rect, Vec2};
use crate::play::{Node, NodeKind, Policy, Spread, Target, TargetRef};

/// The height of a card with a title alone.
pub const NARROW_H: f32 = 46.0;
/// The height of a card with a title and a line of detail.
pub const WIDE_H: f32 = 58.0;
const WIDE_MIN_W: f32 = 190.0;
const WIDE_MAX_W: f32 = 290.0;
const NARROW_MIN_W: f32 = 96.0;

/// What stands beside the title: bar, icon, gaps, and at the right the sign of the state.
const TITLE_LEFT: f32 = 38.0;
const STATE_W: f32 = 36.0;
/// Widths of an average letter: of the title in a semibold of 13.5, of the detail in a mono of 10.5 units.
const TITLE_LETTER: f32 = 7.6;
const DETAIL_LETTER: f32 = 6.4;

/// The kinds of nodes, without what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Snap,
    Call,
    FanOut,
    FanIn,
    WaitForSignal,
    WaitForWorker,
    Pass,
}

impl Kind {
    /// In the order of the palette.
    pub const ALL: [Self; 7] =
        [Self::Snap, Self::Call, Self::FanOut, Self::FanIn, Self::WaitForSignal, Self::WaitForWorker, Self::Pass];

    pub const fn of(kind: &NodeKind) -> Self {
        match kind {
            NodeKind::Snap => Self::Snap,
            NodeKind::Call(_) => Self::Call,
            NodeKind::FanOut(_) => Self::FanOut,
            NodeKind::FanIn(_) => Self::FanIn,
            NodeKind::WaitForSignal(_) => Self::WaitForSignal,
            NodeKind::WaitForWorker(_) => Self::WaitForWorker,
            NodeKind::Pass(_) => Self::Pass,
        }
    }

    /// The keyword that starts its statement.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Snap => "snap",
            Self::Call => "call",
            Self::FanOut => "fan-out",
            Self::FanIn => "fan-in",
            Self::WaitForSignal => "wait-for-signal",
            Self::WaitForWorker => "wait-for-worker",
            Self::Pass => "pass",
        }
    }

    /// The card shows a line of detail under the title.
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Call | Self::WaitForSignal | Self::WaitForWorker)
    }
}

/// A node as it stands on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub kind: Kind,
    pub rect: Rect,
    /// The title that the person gave, else the id.
    pub title: String,
    /// In mono under the title: target, signal. Empty on narrow cards.
    pub detail: String,
    /// What the card says under itself while idle: a policy, how long it waits at most. Often empty.
    pub foot: String,
    /// Attempts in all, by its `retry`.
    pub n_attempts: u32,
    /// Of a fan-in.
    pub policy: Option<Policy>,
    pub has_port_in: bool,
    pub has_port_out: bool,
    /// How many nodes a collapsed frame holds, of which this is the card; 0 for a node.
    pub n_held: usize,
}

impl Card {
    pub fn port_in(&self) -> Point {
        self.rect.left_middle()
    }

    pub fn port_out(&self) -> Point {
        self.rect.right_middle()
    }

    pub(super) fn new(node: &Node) -> Self {
        let kind = Kind::of(&node.kind);
        Self {
            kind,
            rect: Rect::at(Point::ZERO, card_size(node)),
            title: title_of(node).to_owned(),
            detail: detail_of(&node.kind),
            foot: foot_of(node),
            n_attempts: node.options.retry.unwrap_or(0).saturating_add(1),
            policy: match node.kind {
                NodeKind::FanIn(policy) => Some(policy),
                _ => None,
            },
            has_port_in: kind != Kind::Snap,
            has_port_out: kind != Kind::Pass,
            n_held: 0,
        }
    }

    /// Ports that have wires are shown even where the language allows none.
    pub(super) const fn show_ports(&mut self, wired_in: bool, wired_out: bool) {
        self.has_port_in |= wired_in;
        self.has_port_out |= wired_out;
    }
}

/// How large the card of a node is: by its kind and its texts.
pub fn card_size(node: &Node) -> Vec2 {
    let kind = Kind::of(&node.kind);
    let title = TITLE_LEFT + STATE_W + width(title_of(node), TITLE_LETTER);
    let (min, height) = if kind.is_wide() { (WIDE_MIN_W, WIDE_H) } else { (NARROW_MIN_W, NARROW_H) };
    let detail = if kind.is_wide() { TITLE_LEFT + 14.0 + width(&detail_of(&node.kind), DETAIL_LETTER) } else { 0.0 };
    let wanted = title.max(detail).clamp(min, WIDE_MAX_W);
    Point::new((wanted / 2.0).ceil() * 2.0, height)
}

fn title_of(node: &Node) -> &str {
    node.options.title.as_deref().unwrap_or(&node.id)
}

#[expect(clippy::cast_precision_loss, reason = "texts are short")]
pub(super) fn width(text: &str, letter: f32) -> f32 {
    text.chars().count() as f32 * letter
}

fn detail_of(kind: &NodeKind) -> String {
    match kind {
        NodeKind::Call(target) | NodeKind::WaitForWorker(target) => detail_of_target(target),
        NodeKind::WaitForSignal(name) => format!("\"{name}\""),
        _ => String::new(),
    }
}

fn foot_of(node: &Node) -> String {
    let waits = |of: &str| match node.options.timeout {
        Some(timeout) => format!("{of}waits up to {}", Span(timeout.as_micros())),
        None => of.trim_end_matches(", ").to_owned(),
    };
    match &node.kind {
        NodeKind::FanOut(Spread::One) => "one".to_owned(),
        NodeKind::FanOut(Spread::Each(list)) => format!("each {}", first_letters(&list.0, 24)),
        NodeKind::FanIn(Policy::All) => waits("all, "),
        NodeKind::FanIn(Policy::Any) => waits("any, "),
        NodeKind::FanIn(Policy::Count(n)) => waits(&format!("{n} of them, ")),
        NodeKind::WaitForSignal(_) | NodeKind::WaitForWorker(_) => waits(""),
        NodeKind::Pass(Some(target)) => detail_of_target(target),
        NodeKind::Snap | NodeKind::Call(_) | NodeKind::FanOut(Spread::All) | NodeKind::Pass(None) => String::new(),
    }
}

fn first_letters(text: &str, n: usize) -> String {
    let mut letters = text.chars();
    let mut first: String = letters.by_ref().take(n).collect();
    if letters.next().is_some() {
        first.push('…');
    }
    first
}

/// Image and version; of a mix whose images are the same, that image and the percentages.
fn detail_of_target(target: &Target) -> String {
    match target {
        Target::One(TargetRef::Role(role)) => role.to_string(),
        Target::One(TargetRef::Coord(coord)) => format!("{}/{}", coord.image, coord.version),
        Target::Mix(shares) => {
            let mut text = String::new();
            for share in shares {
                if !text.is_empty() {
                    text.push_str(" | ");
                }
                let image = match &share.to {
                    TargetRef::Coord(coord) => &coord.image,
                    TargetRef::Role(role) => role,
                };
                if text.is_empty() || !text.starts_with(image.as_str()) {
                    text.push_str(image);
                    text.push(' ');
                }
                let _ = write!(text, "{}%", share.percent);
            }
            text
        }
    }
}
