//! The tokens of [`crate::look`] as the window draws them, and its own distances. Panels name tokens; nothing in the
//! window holds a colour.

use egui::{Color32, CornerRadius, FontId, Margin, Stroke, TextStyle, Vec2, vec2};

use super::fonts;
use crate::look::card::PORT_LINE;
pub use crate::look::{Look, size};
use crate::look::{Rgba, Tokens};

/// The tokens as the window's library has its colours.
pub type Theme = Tokens<Color32>;

impl Look {
    pub const fn theme(self) -> &'static Theme {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
            Self::Contrast => &CONTRAST,
        }
    }
}

static DARK: Theme = theme(Look::Dark.tokens());
static LIGHT: Theme = theme(Look::Light.tokens());
static CONTRAST: Theme = theme(Look::Contrast.tokens());

const fn theme(tokens: &Tokens<Rgba>) -> Theme {
    Theme {
        dark: tokens.dark,
        field: color(tokens.field),
        yard: color(tokens.yard),
        hash: color(tokens.hash),
        panel: color(tokens.panel),
        panel2: color(tokens.panel2),
        line: color(tokens.line),
        text: color(tokens.text),
        muted: color(tokens.muted),
        faint: color(tokens.faint),
        card: color(tokens.card),
        card_line: color(tokens.card_line),
        wire: color(tokens.wire),
        call: color(tokens.call),
        ok: color(tokens.ok),
        fan_in: color(tokens.fan_in),
        signal: color(tokens.signal),
        worker: color(tokens.worker),
        accent: color(tokens.accent),
        on_accent: color(tokens.on_accent),
        ball: color(tokens.ball),
        lace: color(tokens.lace),
        error: color(tokens.error),
        shadow: color(tokens.shadow),
        row: color(tokens.row),
    }
}

const fn color(of: Rgba) -> Color32 {
    let Rgba { r, g, b, a } = of;
    Color32::from_rgba_premultiplied(times(r, a), times(g, a), times(b, a), a)
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a byte is a byte")]
const fn times(part: u8, alpha: u8) -> u8 {
    (part as u16 * alpha as u16 / 255) as u8
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
    /// Into a play and out of it.
    pub const LEVEL: f32 = 0.32;
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
        mix(self.card_line, self.text, PORT_LINE)
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
