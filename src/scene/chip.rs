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

/// What is wrong with a place for a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clash {
    None,
    /// Another wire runs under it.
    Crossed,
    /// A card or another chip is there.
    Hidden,
}

/// Puts the chip on the wire where nothing else is, else where it is hidden and crossed least and nearest to the wire.
pub(super) fn place_chip(mut chip: Chip, wire: &WirePath, clash: impl Fn(&Rect) -> Clash) -> Chip {
    const ALONG: [f32; 9] = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];
    /// How far beside the wire, and how bad that is.
    const BESIDE: [(f32, u8); 5] = [(0.0, 0), (-18.0, 2), (18.0, 2), (-40.0, 4), (44.0, 4)];
    let size = chip.rect.size();
    let middle = |t: f32| Rect::centred(wire.at(t).0, size);
    chip.rect = middle(0.5);
    let mut least = u8::MAX;
    for (dy, off) in BESIDE {
        if off >= least {
            break;
        }
        for t in ALONG {
            let rect = middle(t).moved(Point::new(0.0, dy));
            let badness = off
                + match clash(&rect.grown(1.0)) {
                    Clash::None => 0,
                    Clash::Crossed => 1,
                    Clash::Hidden => 16,
                };
            if badness < least {
                least = badness;
                chip.rect = rect;
            }
            if least == off {
                return chip;
            }
        }
    }
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
