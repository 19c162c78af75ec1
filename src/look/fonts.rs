//! The two type families, bundled: Inter for the interface, JetBrains Mono for text, coordinates and numbers.

pub static INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
pub static INTER_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
pub static MONO: &[u8] = include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf");

/// One of the bundled fonts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Font {
    Inter,
    /// Inter in its heavier cut.
    Semibold,
    Mono,
}

impl Font {
    pub const ALL: [Self; 3] = [Self::Inter, Self::Semibold, Self::Mono];

    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Inter => INTER,
            Self::Semibold => INTER_SEMIBOLD,
            Self::Mono => MONO,
        }
    }

    /// The width of a text, in the unit of `size`. Exact for ASCII, which is a table here since pure modules read no
    /// fonts; a guess on the safe side for other letters.
    pub fn width(self, text: &str, size: f32) -> f32 {
        let thousandths: u32 = text.chars().map(|c| u32::from(self.advance(c))).sum();
        #[expect(clippy::cast_precision_loss, reason = "texts are short")]
        let ems = thousandths as f32 / 1000.0;
        ems * size
    }

    /// In thousandths of the font's size.
    fn advance(self, c: char) -> u16 {
        let table = match self {
            Self::Inter => &REGULAR,
            Self::Semibold => &SEMIBOLD,
            Self::Mono if is_wide(c) => return 1200,
            Self::Mono => return 600,
        };
        let place = u32::from(c).checked_sub(32).and_then(|at| table.get(at as usize));
        match place {
            Some(advance) => *advance,
            None if is_wide(c) => 1100,
            None if !c.is_alphabetic() || matches!(c, 'œ' | 'Œ' | 'æ' | 'Æ') => 1010,
            None if c.is_uppercase() => 840,
            None => 680,
        }
    }
}

/// Letters of a full square, as Chinese and pictures have them.
const fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f000}'..)
}

/// From the space on.
static REGULAR: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605, 636, 642, 608, 624,
    571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598, 587, 743, 740, 264, 543, 652, 562, 889,
    753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642, 665, 625, 362, 357, 362, 469, 452, 497, 564, 621, 558, 621,
    582, 361, 609, 591, 237, 237, 544, 237, 869, 585, 597, 609, 609, 372, 523, 364, 581, 557, 812, 540, 557, 541, 362,
    327, 362, 659,
];

static SEMIBOLD: [u16; 95] = [
    248, 309, 396, 643, 649, 844, 663, 213, 393, 393, 543, 673, 295, 466, 290, 379, 667, 481, 621, 652, 666, 632, 648,
    587, 646, 648, 290, 295, 673, 673, 673, 544, 999, 724, 657, 744, 724, 608, 586, 755, 744, 275, 561, 677, 566, 906,
    741, 775, 643, 776, 651, 649, 660, 734, 724, 1007, 690, 705, 653, 393, 379, 393, 481, 468, 497, 575, 630, 577, 630,
    593, 377, 625, 613, 261, 261, 569, 261, 898, 610, 608, 625, 625, 397, 549, 380, 608, 576, 837, 562, 576, 562, 393,
    358, 393, 673,
];
