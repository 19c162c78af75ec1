//! The two type families, bundled: Inter for the interface, JetBrains Mono for text, coordinates and numbers.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

static INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
static INTER_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
static MONO: &[u8] = include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf");

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
