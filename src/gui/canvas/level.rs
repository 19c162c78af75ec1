//! The way into a card and out of it, as a flight: a play grows out of the card that calls it, and shrinks back.

use egui::Rect;

use super::view::{View, ZOOM_MAX, ZOOM_MIN};
use super::{Canvas, Flight, ink};
use crate::gui::theme::motion;

/// Where one was in the plays above, and how the next picture is come to.
#[derive(Debug, Default)]
pub struct Levels {
    /// The views of the plays above, the outermost first.
    above: Vec<View>,
    coming: Option<Coming>,
}

#[derive(Clone, Copy, Debug)]
enum Coming {
    /// From inside of a card that was there on the screen.
    Into(Rect),
    /// Out of a card, to the view that there was.
    OutOf { card: u32, to: Option<View> },
}

impl Canvas {
    /// The play inside of a card of the picture as it is will be shown next, so deep.
    pub fn enter(&mut self, card: u32, depth: usize) {
        let Some(rect) = self.rect else { return };
        let card = self.geometry.cards().get(card as usize).map(|card| ink::rect(card.rect));
        let on_screen = card.map(|card| {
            let corner = |at| self.view.screen_from_scene(rect, at);
            Rect::from_min_max(corner(card.min), corner(card.max))
        });
        self.levels.above.truncate(depth.saturating_sub(1));
        self.levels.above.push(self.view);
        self.levels.coming =
            Some(Coming::Into(on_screen.unwrap_or(Rect::from_center_size(rect.center(), egui::Vec2::ZERO))));
    }

    /// The play with that card will be shown again, so deep.
    pub fn leave(&mut self, card: u32, depth: usize) {
        let to = self.levels.above.get(depth).copied();
        self.levels.above.truncate(depth);
        self.levels.coming = Some(Coming::OutOf { card, to });
    }

    /// Sets out for a picture that one comes to by a level, if this is one; `fitting` shows all of it.
    pub(super) fn arrive(&mut self, rect: Rect, fitting: View) -> bool {
        let Some(coming) = self.levels.coming.take() else { return false };
        let to = match coming {
            Coming::Into(screen) => {
                let seen = fitting.seen(rect);
                let zoom = fitting.zoom * (screen.width() / rect.width()).max(screen.height() / rect.height());
                let zoom = zoom.clamp(ZOOM_MIN, ZOOM_MAX);
                let origin = seen.center() - (screen.center() - rect.min) / zoom;
                self.view = View { origin, zoom };
                fitting
            }
            Coming::OutOf { card, to } => {
                let to = to.unwrap_or(fitting);
                let Some(card) = self.geometry.cards().get(card as usize).map(|card| ink::rect(card.rect)) else {
                    self.view = to;
                    return true;
                };
                let zoom = (rect.width() / card.width()).min(rect.height() / card.height()).min(ZOOM_MAX);
                self.view = View { origin: card.center() - rect.size() / zoom / 2.0, zoom };
                to
            }
        };
        self.flight = Some(Flight { from: self.view, to, part: 0.0, secs: motion::LEVEL });
        true
    }
}
