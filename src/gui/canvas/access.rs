//! A name and a place in the focus order for every visible node, for screen readers and the keyboard.

use egui::{Rect, Role, Sense, Ui, WidgetInfo};

use super::view::View;
use super::{Subject, ink, nodes};
use crate::app::{Command, Selection};
use crate::scene::{Frame, Geometry, StateKind, Visible};

/// More than these are not told apart on the screen either.
const AT_MOST: usize = 600;

/// The canvas does its own hit test, so these take no clicks and no drags.
#[expect(clippy::too_many_arguments, reason = "each is a part of the picture")]
pub fn nodes(
    ui: &Ui,
    subject: &Subject<'_>,
    geometry: &Geometry,
    visible: &Visible,
    frame: &Frame,
    view: View,
    canvas: Rect,
    out: &mut Vec<Command>,
) {
    if visible.nodes.len() > AT_MOST {
        return;
    }
    let mut marks = frame.nodes.iter().peekable();
    for &node in &visible.nodes {
        let mark = marks.next_if(|mark| mark.node == node);
        let card = geometry.card(node);
        let rect = ink::rect(card.rect);
        let rect =
            Rect::from_min_max(view.screen_from_scene(canvas, rect.min), view.screen_from_scene(canvas, rect.max));
        let id = &subject.graph.node(subject.play, node).id;
        let response = ui.interact(
            rect.intersect(canvas),
            ui.scope_id().with(("node", id.as_str())),
            Sense::focusable_noninteractive(),
        );
        let selected = subject.selection.nodes.contains(id);
        response.widget_info(|| {
            let state = mark.map_or(StateKind::Idle, |mark| mark.state);
            let mut name = format!("{} {}", card.kind.keyword(), card.title);
            if state != StateKind::Idle {
                name.push_str(", ");
                name.push_str(nodes::word(state));
            }
            if let Some(mark) = mark.filter(|mark| !mark.caption.text.is_empty()) {
                name.push_str(", ");
                name.push_str(&mark.caption.text);
            }
            WidgetInfo::selected(Role::ListItem, true, selected, name)
        });
        if response.gained_focus() && !selected {
            out.push(Command::Select(Selection::node(id.clone())));
        }
    }
}
