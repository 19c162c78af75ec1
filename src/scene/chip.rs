use super::card::width;
use super::path::WirePath;
use super::shapes::{Point, Rect};
use crate::play::When;

const HEIGHT: f32 = 22.0;
const PADDING: f32 = 11.0;
const LETTER: f32 = 6.4;
/// Longer guards are cut; the inspector has them whole.
const MAX_LETTERS: usize = 32;

/// The label of a wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    pub kind: ChipKind,
    /// Of a guard its expression, cut if it is long; else the words of the language.
    pub text: String,
    pub rect: Rect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChipKind {
    Guard,
    Otherwise,
    Error,
    Timeout,
}

impl Chip {
    /// At no place yet.
    pub(super) fn of(when: &When) -> Option<Self> {
        let (kind, text) = match when {
            When::Always => return None,
            When::If(guard) => (ChipKind::Guard, cut(&guard.0)),
            When::Otherwise => (ChipKind::Otherwise, "otherwise".to_owned()),
            When::Error => (ChipKind::Error, "on error".to_owned()),
            When::Timeout => (ChipKind::Timeout, "on timeout".to_owned()),
        };
        let size = Point::new((width(&text, LETTER) + 2.0 * PADDING).ceil(), HEIGHT);
        Some(Self { kind, text, rect: Rect::at(Point::ZERO, size) })
    }
}

/// Puts the chip on the wire where it is free, else beside it, else on its middle.
pub(super) fn place_chip(mut chip: Chip, wire: &WirePath, is_free: impl Fn(&Rect) -> bool) -> Chip {
    const ALONG: [f32; 7] = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];
    const BESIDE: [f32; 5] = [0.0, -18.0, 18.0, -40.0, 44.0];
    let size = chip.rect.size();
    let middle = |t: f32| Rect::centred(wire.at(t).0, size);
    let places = BESIDE.iter().flat_map(|dy| ALONG.iter().map(move |t| middle(*t).moved(Point::new(0.0, *dy))));
    chip.rect = places.into_iter().find(|rect| is_free(rect)).unwrap_or_else(|| middle(0.5));
    chip
}

fn cut(text: &str) -> String {
    let mut letters = text.split_whitespace().flat_map(|word| std::iter::once(' ').chain(word.chars())).skip(1);
    let mut cut: String = letters.by_ref().take(MAX_LETTERS).collect();
    if letters.next().is_some() {
        cut.pop();
        cut.push('…');
    }
    cut
}
