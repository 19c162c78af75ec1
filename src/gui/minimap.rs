//! The whole play, small, in a corner of the canvas: shows where one is, and leads elsewhere.

use egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::canvas::{Canvas, View};
use super::theme::{self, Theme};

const SIZE: egui::Vec2 = vec2(144.0, 90.0);
const MARGIN: f32 = 16.0;
/// More cards than these are drawn as a sample: they would be smaller than a point.
const MAX_CARDS: usize = 1500;

/// Where to look now, if the person pointed at a place.
pub fn ui(ui: &mut Ui, canvas: &Canvas, field: Rect) -> Option<View> {
    let theme = Theme::of(ui.ctx());
    let cards = canvas.card_rects();
    if cards.is_empty() || field.width() < 3.0 * SIZE.x || field.height() < 3.0 * SIZE.y {
        return None;
    }
    let outer = Rect::from_min_size(pos2(field.right() - SIZE.x - MARGIN, field.top() + MARGIN), SIZE);
    let response = ui.interact(outer, ui.scope_id().with("minimap"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Minimap: click or drag to look elsewhere"));
    ui.painter().rect(outer, 8.0, theme.panel.gamma_multiply(0.94), theme.hairline(), StrokeKind::Inside);
    let inner = outer.shrink(8.0);
    let (view, bounds) = (canvas.view(), canvas.bounds());
    let seen = view.seen(field);
    let all = bounds.expand(40.0);
    let scale = (inner.width() / all.width()).min(inner.height() / all.height());
    let origin = inner.center() - all.center().to_vec2() * scale;
    let place =
        |rect: Rect| Rect::from_min_max(origin + rect.min.to_vec2() * scale, origin + rect.max.to_vec2() * scale);
    let painter = ui.painter_at(outer);
    let step = cards.len().div_ceil(MAX_CARDS);
    let tint = theme::mix(theme.panel, theme.muted, 0.7);
    for card in cards.iter().step_by(step) {
        let small = place(*card);
        painter.rect_filled(Rect::from_center_size(small.center(), small.size().max(vec2(2.0, 2.0))), 1.0, tint);
    }
    let frame = place(seen).intersect(outer.shrink(3.0));
    if frame.is_positive() {
        painter.rect_stroke(frame, 3.0, Stroke::new(1.2, theme.accent), StrokeKind::Inside);
    }
    let at = response.interact_pointer_pos()?;
    let middle = ((at - origin) / scale).to_pos2();
    Some(View { origin: middle - field.size() / view.zoom / 2.0, zoom: view.zoom })
}
