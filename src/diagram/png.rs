use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::Error;
use crate::look::fonts::Font;

/// Pixels for a unit of the canvas, so that texts are sharp on screens of today.
const SCALE: f32 = 2.0;
/// Pixels that a picture may have: above that it is painted smaller.
const MAX_PIXELS: f32 = 48e6;

/// The bundled fonts alone: the machine's would make another picture on each machine.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    for font in Font::ALL {
        fonts.load_font_data(font.bytes().to_vec());
    }
    fonts.set_sans_serif_family("Inter");
    fonts.set_monospace_family("JetBrains Mono");
    Arc::new(fonts)
});

/// Paints an SVG of [`super::svg`], at two pixels a unit, or fewer where it is very large.
///
/// # Errors
/// There is not enough memory for the picture.
pub fn png(svg: &str) -> Result<Vec<u8>, Error> {
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| Error::Png(error.to_string()))?;
    let size = tree.size();
    let most = (MAX_PIXELS / (size.width() * size.height())).sqrt();
    let scale = SCALE.min(most);
    let (width, height) = (pixels(size.width() * scale), pixels(size.height() * scale));
    let too_large = || Error::Png(format!("{width} x {height} pixels are too many"));
    let mut picture = Pixmap::new(width, height).ok_or_else(too_large)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().map_err(|error| Error::Png(error.to_string()))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
fn pixels(length: f32) -> u32 {
    (length.round() as u32).max(1)
}
