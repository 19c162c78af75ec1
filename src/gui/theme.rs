//! Every colour, size and distance of the window. Panels name tokens; nothing else holds a colour.

use egui::{Color32, CornerRadius, FontId, Margin, Stroke, TextStyle, Vec2, vec2};

use super::fonts;

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

    pub const fn theme(self) -> &'static Theme {
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

/// The tokens. A text colour keeps a contrast of 4.5:1 to whatever text stands on, a sign one of 3:1; a test holds them to it.
#[derive(Debug, PartialEq)]
pub struct Theme {
    pub dark: bool,
    pub field: Color32,
    pub yard: Color32,
    pub hash: Color32,
    pub panel: Color32,
    pub panel2: Color32,
    pub line: Color32,
    pub text: Color32,
    pub muted: Color32,
    pub faint: Color32,
    pub card: Color32,
    pub card_line: Color32,
    /// A wire that nothing has passed.
    pub wire: Color32,
    pub call: Color32,
    pub ok: Color32,
    pub fan_in: Color32,
    pub signal: Color32,
    pub worker: Color32,
    pub accent: Color32,
    pub on_accent: Color32,
    pub ball: Color32,
    pub lace: Color32,
    pub error: Color32,
    pub shadow: Color32,
    /// Behind the text line of the selected node.
    pub row: Color32,
}

#[expect(clippy::cast_possible_truncation, reason = "takes the bytes apart")]
const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

static DARK: Theme = Theme {
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
    shadow: Color32::from_black_alpha(96),
    row: rgb(0x1D_2A26),
};

static LIGHT: Theme = Theme {
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
    shadow: Color32::from_black_alpha(22),
    row: rgb(0xF1_EEE6),
};

static CONTRAST: Theme = Theme {
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
    shadow: Color32::TRANSPARENT,
    row: rgb(0x2A_2A2A),
};

/// Text sizes, in points.
pub mod size {
    pub const CAPTION: f32 = 10.5;
    pub const SMALL: f32 = 12.0;
    pub const BODY: f32 = 13.0;
    pub const TITLE: f32 = 13.5;
    pub const HEADING: f32 = 15.0;
}

/// Widths and heights of the window's parts, in points.
pub mod space {
    pub const TOP_BAR: f32 = 48.0;
    pub const PALETTE: f32 = 232.0;
    pub const SIDE: f32 = 420.0;
    pub const TIMELINE: f32 = 262.0;
    pub const ROW: f32 = 28.0;
    pub const PAD: f32 = 16.0;
}

/// Seconds that a change takes.
pub mod motion {
    pub const STATE: f32 = 0.12;
    pub const PANEL: f32 = 0.2;
}

impl Theme {
    /// The theme that [`install`] set; the dark one before that.
    pub fn of(ctx: &egui::Context) -> &'static Self {
        ctx.data(|data| data.get_temp::<Installed>(egui::Id::NULL)).map_or(&DARK, |installed| installed.0)
    }

    pub fn hairline(&self) -> Stroke {
        Stroke::new(1.0, self.line)
    }

    /// The ring of a port.
    pub fn port(&self) -> Color32 {
        mix(self.card_line, self.text, 0.42)
    }
}

#[derive(Clone, Copy)]
struct Installed(&'static Theme);

pub fn body() -> FontId {
    FontId::proportional(size::BODY)
}

pub fn small() -> FontId {
    FontId::proportional(size::SMALL)
}

pub fn caption() -> FontId {
    FontId::new(size::CAPTION, fonts::semibold())
}

pub fn semibold(points: f32) -> FontId {
    FontId::new(points, fonts::semibold())
}

pub fn mono(points: f32) -> FontId {
    FontId::monospace(points)
}

/// Mixes `over` into `under`; `amount` 0 is `under` alone.
pub fn mix(under: Color32, over: Color32, amount: f32) -> Color32 {
    under.lerp_to_gamma(over, amount)
}

/// Whether nothing is to glide or breathe: the person said so.
pub fn is_still(ctx: &egui::Context) -> bool {
    ctx.data(|data| data.get_temp::<Still>(egui::Id::NULL)).is_some_and(|still| still.0)
}

/// With `still`, changes show at once.
pub fn set_still(ctx: &egui::Context, still: bool) {
    ctx.data_mut(|data| data.insert_temp(egui::Id::NULL, Still(still)));
    ctx.all_styles_mut(|style| style.animation_time = if still { 0.0 } else { motion::STATE });
}

#[derive(Clone, Copy)]
struct Still(bool);

/// Makes `look` the style of every widget of `ctx`.
pub fn install(ctx: &egui::Context, look: Look) {
    let theme = look.theme();
    ctx.data_mut(|data| data.insert_temp(egui::Id::NULL, Installed(theme)));
    ctx.set_theme(if theme.dark { egui::Theme::Dark } else { egui::Theme::Light });
    ctx.all_styles_mut(|style| dress(style, theme));
    set_still(ctx, is_still(ctx));
}

fn dress(style: &mut egui::Style, theme: &Theme) {
    style.text_styles = [
        (TextStyle::Small, small()),
        (TextStyle::Body, body()),
        (TextStyle::Button, body()),
        (TextStyle::Heading, semibold(size::HEADING)),
        (TextStyle::Monospace, mono(size::SMALL)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 6.0);
    spacing.button_padding = vec2(10.0, 4.0);
    spacing.interact_size = Vec2::new(32.0, 26.0);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(18);
    spacing.combo_width = 80.0;
    spacing.icon_width = 14.0;
    spacing.scroll = egui::style::ScrollStyle { bar_width: 6.0, ..egui::style::ScrollStyle::thin() };

    let mut visuals = if theme.dark { egui::Visuals::dark() } else { egui::Visuals::light() };
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(theme.muted);
    visuals.hyperlink_color = theme.worker;
    visuals.faint_bg_color = theme.panel2;
    visuals.extreme_bg_color = theme.panel2;
    visuals.text_edit_bg_color = Some(theme.panel2);
    visuals.code_bg_color = theme.panel2;
    visuals.warn_fg_color = theme.signal;
    visuals.error_fg_color = theme.error;
    visuals.panel_fill = theme.panel;
    visuals.window_fill = theme.panel;
    visuals.window_stroke = theme.hairline();
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.window_shadow = egui::epaint::Shadow { offset: [0, 10], blur: 32, spread: 0, color: theme.shadow };
    visuals.popup_shadow = egui::epaint::Shadow { offset: [0, 6], blur: 18, spread: 0, color: theme.shadow };
    visuals.selection.bg_fill = mix(theme.panel, theme.accent, 0.35);
    visuals.selection.stroke = Stroke::new(1.0, theme.text);
    visuals.text_cursor.stroke = Stroke::new(1.5, theme.accent);
    visuals.widgets.noninteractive = part(theme.panel, theme.line, theme.text);
    visuals.widgets.inactive = part(theme.panel2, theme.line, theme.text);
    visuals.widgets.hovered = part(mix(theme.panel2, theme.text, 0.06), mix(theme.line, theme.text, 0.25), theme.text);
    visuals.widgets.active = part(mix(theme.panel2, theme.text, 0.1), theme.accent, theme.text);
    visuals.widgets.open = part(mix(theme.panel2, theme.text, 0.06), theme.line, theme.text);
    style.visuals = visuals;
}

fn part(fill: Color32, line: Color32, text: Color32) -> egui::style::WidgetVisuals {
    egui::style::WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(7),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f32 {
        let part = |byte: u8| {
            let c = f32::from(byte) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(color.r()) + 0.7152 * part(color.g()) + 0.0722 * part(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Fails with every pair that keeps less than `least`, so that one look tells all.
    fn hold(least: f32, pairs: impl Fn(&'static Theme) -> Vec<(String, Color32, Color32)>) {
        let mut weak = Vec::new();
        for look in Look::ALL {
            for (what, sign, ground) in pairs(look.theme()) {
                let found = contrast(sign, ground);
                if found < least {
                    weak.push(format!("{look:?}: {what} {found:.2}"));
                }
            }
        }
        assert!(weak.is_empty(), "less than {least}:1\n{}", weak.join("\n"));
    }

    fn on_each(signs: &[(&str, Color32)], grounds: &[(&str, Color32)]) -> Vec<(String, Color32, Color32)> {
        let pair = |(sign, a): &(&str, Color32), (ground, b): &(&str, Color32)| (format!("{sign} on {ground}"), *a, *b);
        signs.iter().flat_map(|sign| grounds.iter().map(move |ground| pair(sign, ground))).collect()
    }

    /// Every token that some text has, on every ground that text stands on: panels, cards, the field, a row that is lit.
    #[test]
    fn text_stands_out_from_what_it_stands_on() {
        hold(4.5, |theme| {
            let texts = [
                ("text", theme.text),
                ("muted", theme.muted),
                ("faint", theme.faint),
                ("call", theme.call),
                ("ok", theme.ok),
                ("fan-in", theme.fan_in),
                ("signal", theme.signal),
                ("worker", theme.worker),
                ("accent", theme.accent),
                ("error", theme.error),
            ];
            let grounds = [
                ("panel", theme.panel),
                ("panel2", theme.panel2),
                ("card", theme.card),
                ("field", theme.field),
                ("row", theme.row),
            ];
            let mut pairs = on_each(&texts, &grounds);
            pairs.push(("a filled button".into(), theme.on_accent, theme.accent));
            pairs.push((
                "a filled button under the pointer".into(),
                theme.on_accent,
                mix(theme.accent, theme.text, 0.14),
            ));
            pairs.push(("selected text".into(), theme.text, mix(theme.panel, theme.accent, 0.35)));
            pairs
        });
    }

    /// Wires, ports, the ball: what is seen and not read.
    #[test]
    fn signs_stand_out_from_what_they_stand_on() {
        hold(3.0, |theme| {
            let on_field = [
                ("an idle wire", theme.wire),
                ("a wire under the pointer", mix(theme.wire, theme.text, 0.35)),
                ("a port", theme.port()),
                ("the ball", theme.ball),
            ];
            let mut pairs = on_each(&on_field, &[("the field", theme.field)]);
            pairs.push(("the lace on the ball".into(), theme.lace, theme.ball));
            pairs.push(("a selected card's frame".into(), mix(theme.card, theme.accent, 0.8), theme.card));
            pairs
        });
    }
}
