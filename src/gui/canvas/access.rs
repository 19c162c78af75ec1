//! A name and a place in the focus order for every visible node, for screen readers and the keyboard.

use egui::{Rect, Role, Sense, Ui, WidgetInfo};

use super::view::View;
use super::{Subject, ink, nodes};
use crate::app::{Command, Selection};
use crate::scene::{Frame, Geometry, StateKind, Visible};

/// Something on the canvas that has a name and a place in the focus order.
pub struct Reached {
    pub id: egui::Id,
    /// On the screen.
    pub rect: Rect,
    pub selected: bool,
    /// It is what is selected, and the focus goes along.
    pub follows: bool,
}

impl Reached {
    /// Its id if it has the focus. What gets the focus is selected.
    pub fn show(
        &self,
        ui: &Ui,
        info: impl Fn() -> WidgetInfo,
        selection: impl FnOnce() -> Selection,
        out: &mut Vec<Command>,
    ) -> Option<egui::Id> {
        let response = ui.interact(self.rect, self.id, Sense::focusable_noninteractive());
        response.widget_info(info);
        let focused = response.has_focus();
        if !focused && self.follows {
            response.request_focus();
        }
        if response.gained_focus() && !self.selected {
            out.push(Command::Select(selection()));
        }
        focused.then_some(response.id)
    }
}

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
    had_focus: bool,
    view: View,
    canvas: Rect,
    out: &mut Vec<Command>,
) -> Option<egui::Id> {
    let mut focused = None;
    if visible.nodes.len() > AT_MOST {
        return None;
    }
    // Where a node has the focus it goes along with the selection.
    let follows = subject.selection.single_node().filter(|_| had_focus);
    let follows_frame = subject.selection.single_frame().filter(|_| had_focus);
    let mut marks = frame.nodes.iter().peekable();
    for &node in &visible.nodes {
        let mark = marks.next_if(|mark| mark.node == node);
        let card = geometry.card(node);
        let id = &subject.graph.node(subject.play, node).id;
        let is_frame = card.n_held > 0;
        let selected = if is_frame {
            subject.selection.frames.contains(&card.title)
        } else {
            subject.selection.nodes.contains(id)
        };
        let reached = Reached {
            id: ui.scope_id().with(("node", id.as_str())),
            rect: ink::on_screen(card.rect, view, canvas).intersect(canvas),
            selected,
            follows: if is_frame { Some(&card.title) == follows_frame } else { Some(id) == follows },
        };
        let info = || {
            let state = mark.map_or(StateKind::Idle, |mark| mark.state);
            let mut name = if is_frame {
                format!("collapsed frame {}, {}", card.title, card.detail)
            } else {
                format!("{} {}", card.kind.keyword(), card.title)
            };
            if state != StateKind::Idle {
                name.push_str(", ");
                name.push_str(nodes::word(state));
            }
            if let Some(mark) = mark.filter(|mark| !mark.caption.text.is_empty()) {
                name.push_str(", ");
                name.push_str(&mark.caption.text);
            }
            WidgetInfo::selected(Role::ListItem, true, selected, name)
        };
        let selection = || if is_frame { Selection::frame(card.title.clone()) } else { Selection::node(id.clone()) };
        if let Some(has_focus) = reached.show(ui, info, selection, out) {
            // The arrows go over the play, not over the controls.
            let keys = egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(has_focus, keys));
            focused = Some(has_focus);
        }
    }
    ends(ui, subject, geometry, visible, view, canvas);
    focused
}

/// Ports and wires: only what reads the screen is told, for the mouse finds them by itself.
fn ends(ui: &Ui, subject: &Subject<'_>, geometry: &Geometry, visible: &Visible, view: View, canvas: Rect) {
    let told =
        |salt: (&str, u32, bool), at: crate::scene::Point, role: egui::accesskit::Role, name: String, on: bool| {
            let id = ui.scope_id().with(salt);
            let middle = view.screen_from_scene(canvas, ink::pos(at));
            let rect = Rect::from_center_size(middle, egui::Vec2::splat(16.0)).intersect(canvas);
            ui.ctx().accesskit_node_builder(id, |node| {
                node.set_role(role);
                node.set_label(name);
                node.set_selected(on);
                let bounds = egui::accesskit::Rect {
                    x0: rect.left().into(),
                    y0: rect.top().into(),
                    x1: rect.right().into(),
                    y1: rect.bottom().into(),
                };
                node.set_bounds(bounds);
            });
        };
    if ui.ctx().accesskit_node_builder(ui.scope_id(), |_| ()).is_none() {
        return;
    }
    let graph = subject.graph;
    let id = |node: u32| &graph.node(subject.play, node).id;
    for &node in &visible.nodes {
        let card = geometry.card(node);
        if card.n_held > 0 {
            continue;
        }
        let wired = |n: usize| if n == 1 { "1 wire".to_owned() } else { format!("{n} wires") };
        if card.has_port_in {
            let name = format!("port into {}, {}", id(node), wired(graph.into(node).len()));
            told(("port in", node, false), card.port_in(), egui::accesskit::Role::ListItem, name, false);
        }
        if card.has_port_out {
            let name = format!("port out of {}, {}", id(node), wired(graph.out(node).len()));
            told(("port out", node, true), card.port_out(), egui::accesskit::Role::ListItem, name, false);
        }
    }
    for &wire in &visible.wires {
        let edge = graph.wire(wire);
        let path = geometry.wire(wire);
        let label = path.chip.as_ref().map(|chip| format!(", {}", chip.text)).unwrap_or_default();
        let name = format!("wire {} to {}{label}", id(edge.from), id(edge.to));
        let reference = crate::app::wire_name(subject.play, graph, wire);
        let selected = subject.selection.wires.contains(&reference);
        told(("wire", wire, false), path.at(0.5).0, egui::accesskit::Role::ListItem, name, selected);
    }
}
