use crate::scene::{ChipKind, Kind, StateKind, Tone};

/// Which theme the person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Look {
    #[default]
    Dark,
    Light,
    Contrast,
}

impl Look {
    pub const ALL: [Self; 3] = [Self::Dark, Self::Light, Self::Contrast];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "Dark",
            Self::Light => "Light",
            Self::Contrast => "High contrast",
        }
    }

    pub const fn tokens(self) -> &'static Tokens<Rgba> {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
            Self::Contrast => &CONTRAST,
        }
    }

    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Contrast,
            Self::Contrast => Self::Dark,
        }
    }
}

/// A colour in sRGB, with straight alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rgba {
    pub r: u8,
    pub g: u8,
    pub b: u8,
    pub a: u8,
}

impl Rgba {
    /// Mixes `over` into it; `amount` 0 to 1. Opaque.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
    pub fn mixed(self, over: Self, amount: f32) -> Self {
        let mix = |a: u8, b: u8| (f32::from(b) - f32::from(a)).mul_add(amount, f32::from(a)).round() as u8;
        Self { r: mix(self.r, over.r), g: mix(self.g, over.g), b: mix(self.b, over.b), a: 255 }
    }
}

/// `#rrggbb`, without the alpha.
impl std::fmt::Display for Rgba {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

/// One value a token: the window holds its library's colours, a picture [`Rgba`].
///
/// A text colour keeps a contrast of 4.5:1 to whatever text stands on, a sign one of 3:1; a test of `gui::theme` holds
/// them to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tokens<C> {
    pub dark: bool,
    pub field: C,
    pub yard: C,
    pub hash: C,
    pub panel: C,
    pub panel2: C,
    pub line: C,
    pub text: C,
    pub muted: C,
    pub faint: C,
    pub card: C,
    pub card_line: C,
    /// A wire that nothing has passed.
    pub wire: C,
    pub call: C,
    pub ok: C,
    pub fan_in: C,
    pub signal: C,
    pub worker: C,
    pub accent: C,
    pub on_accent: C,
    pub ball: C,
    pub lace: C,
    pub error: C,
    pub shadow: C,
    /// Behind the text line of the selected node.
    pub row: C,
}

impl<C: Copy> Tokens<C> {
    pub const fn of_kind(&self, kind: Kind) -> C {
        match kind {
            Kind::Snap | Kind::Pass => self.accent,
            Kind::Call => self.call,
            Kind::FanOut => self.ok,
            Kind::FanIn => self.fan_in,
            Kind::WaitForSignal => self.signal,
            Kind::WaitForWorker => self.worker,
        }
    }

    pub const fn of_state(&self, state: StateKind) -> C {
        match state {
            StateKind::Idle => self.faint,
            StateKind::Arrived | StateKind::Running => self.accent,
            StateKind::BackingOff | StateKind::WaitingForSignal | StateKind::WaitingForOthers => self.signal,
            StateKind::WaitingForWorker => self.worker,
            StateKind::Done => self.ok,
            StateKind::Failed | StateKind::Lost | StateKind::Missed => self.error,
            StateKind::Cancelled => self.muted,
        }
    }

    /// Of a line under a card.
    pub const fn of_tone(&self, tone: Tone) -> C {
        match tone {
            Tone::Quiet | Tone::Plain => self.muted,
            Tone::Running => self.accent,
            Tone::Waiting => self.signal,
            Tone::Worker => self.worker,
            Tone::Failed => self.error,
        }
    }

    /// Of a chip's text.
    pub const fn of_chip(&self, kind: ChipKind) -> C {
        match kind {
            ChipKind::Guard | ChipKind::Otherwise => self.muted,
            ChipKind::Error => self.error,
            ChipKind::Timeout => self.signal,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "takes the bytes apart")]
const fn rgb(hex: u32) -> Rgba {
    Rgba { r: (hex >> 16) as u8, g: (hex >> 8) as u8, b: hex as u8, a: 255 }
}

const fn black(a: u8) -> Rgba {
    Rgba { r: 0, g: 0, b: 0, a }
}

static DARK: Tokens<Rgba> = Tokens {
    dark: true,
    field: rgb(0x0E_1513),
    yard: rgb(0x16_211D),
    hash: rgb(0x20_302A),
    panel: rgb(0x13_1A18),
    panel2: rgb(0x18_211E),
    line: rgb(0x26_332E),
    text: rgb(0xE7_EEEA),
    muted: rgb(0x8D_A398),
    faint: rgb(0x80_968B),
    card: rgb(0x1B_2522),
    card_line: rgb(0x2D_3B36),
    wire: rgb(0x55_6861),
    call: rgb(0xA9_B8C9),
    ok: rgb(0x4F_C38A),
    fan_in: rgb(0x35_B3C4),
    signal: rgb(0xF0_C24B),
    worker: rgb(0x6C_9DF2),
    accent: rgb(0xE5_8A3C),
    on_accent: rgb(0x1A_0E04),
    ball: rgb(0xC9_692B),
    lace: rgb(0xF6_E7D6),
    error: rgb(0xEF_6461),
    shadow: black(96),
    row: rgb(0x1D_2A26),
};

static LIGHT: Tokens<Rgba> = Tokens {
    dark: false,
    field: rgb(0xFA_F8F2),
    yard: rgb(0xF0_EDE3),
    hash: rgb(0xE4_DFD1),
    panel: rgb(0xFF_FFFF),
    panel2: rgb(0xF6_F4EE),
    line: rgb(0xE2_DED3),
    text: rgb(0x1D_2622),
    muted: rgb(0x4C_5B54),
    faint: rgb(0x62_6E68),
    card: rgb(0xFF_FFFF),
    card_line: rgb(0xD9_D5C9),
    wire: rgb(0x8B_8C82),
    call: rgb(0x4C_5D70),
    ok: rgb(0x12_794A),
    fan_in: rgb(0x0A_7484),
    signal: rgb(0x8C_6100),
    worker: rgb(0x2F_62C4),
    accent: rgb(0xAB_500E),
    on_accent: rgb(0xFF_FFFF),
    ball: rgb(0xA9_541F),
    lace: rgb(0xFF_F4E6),
    error: rgb(0xC0_3936),
    shadow: black(22),
    row: rgb(0xF1_EEE6),
};

static CONTRAST: Tokens<Rgba> = Tokens {
    dark: true,
    field: rgb(0x00_0000),
    yard: rgb(0x26_2626),
    hash: rgb(0x44_4444),
    panel: rgb(0x00_0000),
    panel2: rgb(0x16_1616),
    line: rgb(0x9A_9A9A),
    text: rgb(0xFF_FFFF),
    muted: rgb(0xE2_E2E2),
    faint: rgb(0xB8_B8B8),
    card: rgb(0x0A_0A0A),
    card_line: rgb(0xFF_FFFF),
    wire: rgb(0xC8_C8C8),
    call: rgb(0xDD_EAF8),
    ok: rgb(0x5C_F0A4),
    fan_in: rgb(0x4F_E3F7),
    signal: rgb(0xFF_D84A),
    worker: rgb(0x8C_B8FF),
    accent: rgb(0xFF_A04A),
    on_accent: rgb(0x00_0000),
    ball: rgb(0xE0_661C),
    lace: rgb(0xFF_FFFF),
    error: rgb(0xFF_7B78),
    shadow: black(0),
    row: rgb(0x2A_2A2A),
};

/// Text sizes, in points of the window and units of the canvas.
pub mod size {
    pub const CAPTION: f32 = 10.5;
    pub const SMALL: f32 = 12.0;
    pub const BODY: f32 = 13.0;
    pub const TITLE: f32 = 13.5;
    pub const HEADING: f32 = 15.0;
    /// Of the line under a card.
    pub const FOOT: f32 = 11.5;
}
