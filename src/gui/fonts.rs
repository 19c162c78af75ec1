//! Gives the bundled fonts of [`crate::look`] to the window's library.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

use crate::look::fonts::{INTER, INTER_SEMIBOLD, MONO};

/// Inter in its heavier cut.
pub fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// Puts our families before egui's own, which stay as the fallback for signs that ours lack.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in [("inter", INTER), ("inter-semibold", INTER_SEMIBOLD), ("mono", MONO)] {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let mut family = |family: FontFamily, first: &str| {
        let mut names = vec![first.to_owned()];
        names.extend(fallback.iter().cloned());
        fonts.families.insert(family, names);
    };
    family(FontFamily::Proportional, "inter");
    family(semibold(), "inter-semibold");
    family(FontFamily::Monospace, "mono");
    ctx.set_fonts(fonts);
}

#[cfg(test)]
mod tests {
    use egui::FontId;

    use super::*;
    use crate::look::fonts::Font;

    #[test]
    fn the_tables_of_widths_are_those_of_the_fonts() {
        let ctx = egui::Context::default();
        install(&ctx);
        let families = [FontFamily::Proportional, semibold(), FontFamily::Monospace];
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            for (font, family) in Font::ALL.into_iter().zip(&families) {
                let id = FontId::new(100.0, family.clone());
                for c in ' '..='~' {
                    let (found, told) =
                        (ui.fonts_mut(|fonts| fonts.glyph_width(&id, c)), font.width(&c.to_string(), 100.0));
                    assert!((found - told).abs() < 0.2, "{font:?} {c:?}: {found}, not {told}");
                }
                // Other letters may only be guessed too wide.
                for c in "éüßÄÖñœ…—“”·".chars() {
                    let (found, told) =
                        (ui.fonts_mut(|fonts| fonts.glyph_width(&id, c)), font.width(&c.to_string(), 100.0));
                    assert!(found <= told + 0.2, "{font:?} {c:?}: {found}, more than {told}");
                }
            }
        });
        output.textures_delta.clear();
    }
}
