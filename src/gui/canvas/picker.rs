//! The node picker: opens where a wire is dropped, finds kinds, targets and nodes, and wires what is picked.

use egui::{
    Area, Context, Id, Key, Modifiers, Order, Pos2, Rect, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2,
};

use super::nodes;
use crate::app::{Choice, Command, Pick, Picking, Session};
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{elided, name_field};
use crate::play::ops::Outlet;
use crate::scene::Kind;

const WIDTH: f32 = 320.0;
const ROW: f32 = 28.0;
/// Wires for what goes wrong, beside the one for every ball: label, key with Alt.
const OUTLETS: [(Outlet, &str, Key); 3] =
    [(Outlet::Out, "every ball", Key::B), (Outlet::Error, "on error", Key::E), (Outlet::Timeout, "on timeout", Key::T)];

#[derive(Debug)]
pub struct Picker {
    picking: Picking,
    /// On the screen.
    shown_at: Pos2,
    /// The corner of a new node; `None` where there is room.
    place: Option<(i32, i32)>,
    typed: String,
    chosen: usize,
    outlet: Outlet,
    focused: bool,
    choices: Vec<Choice>,
    choices_for: Option<(String, u64)>,
}

impl Picker {
    pub const fn new(picking: Picking, shown_at: Pos2, place: Option<(i32, i32)>) -> Self {
        Self {
            picking,
            shown_at,
            place,
            typed: String::new(),
            chosen: 0,
            outlet: Outlet::Out,
            focused: false,
            choices: Vec::new(),
            choices_for: None,
        }
    }

    /// Whether it is done with.
    pub fn ui(&mut self, ctx: &Context, session: &Session, canvas: Rect, out: &mut Vec<Command>) -> bool {
        self.look(session);
        let theme = Theme::of(ctx);
        let frame = egui::Frame::new()
            .fill(theme.panel)
            .stroke(theme.hairline())
            .corner_radius(10.0)
            .inner_margin(egui::Margin::same(8))
            .shadow(ctx.global_style().visuals.window_shadow);
        let area = Area::new(Id::unique("node picker"))
            .order(Order::Foreground)
            .fixed_pos(self.shown_at)
            .constrain_to(canvas.shrink(8.0));
        let mut picked = None;
        let mut closes = false;
        let shown = area.show(ctx, |ui| {
            frame.show(ui, |ui| {
                ui.set_width(WIDTH);
                closes = self.keys(ui, &mut picked);
                closes |= self.field(ui);
                if self.picking.has_outlet() {
                    self.outlets(ui);
                }
                self.list(ui, &mut picked);
            });
        });
        if let Some(n) = picked {
            if let Some(choice) = self.choices.get(n) {
                let at = self.place.unwrap_or_else(|| room(session, &self.picking, &choice.pick));
                out.extend(self.picking.gesture(&choice.pick, self.outlet, at).map(Command::Edit));
            }
            return true;
        }
        let elsewhere = ctx.input(|input| {
            input.pointer.any_pressed()
                && input.pointer.interact_pos().is_some_and(|at| !shown.response.rect.expand(4.0).contains(at))
        });
        closes || (self.focused && elsewhere)
    }

    fn look(&mut self, session: &Session) {
        let wanted = (self.typed.clone(), session.revision());
        if self.choices_for.as_ref() != Some(&wanted) {
            self.choices = session.choices(&self.typed, self.picking.takes_nodes());
            if !self.picking.takes_new() {
                self.choices.retain(|choice| matches!(choice.pick, Pick::Node(_)));
            }
            self.choices_for = Some(wanted);
            self.chosen = 0;
        }
    }

    /// Taken before the field sees them. Whether Escape was pressed.
    fn keys(&mut self, ui: &Ui, picked: &mut Option<usize>) -> bool {
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let n = self.choices.len().max(1);
        if pressed(Modifiers::NONE, Key::ArrowDown) {
            self.chosen = (self.chosen + 1) % n;
        }
        if pressed(Modifiers::NONE, Key::ArrowUp) {
            self.chosen = (self.chosen + n - 1) % n;
        }
        for (outlet, _, key) in OUTLETS {
            if self.picking.has_outlet() && pressed(Modifiers::ALT, key) {
                self.outlet = outlet;
            }
        }
        if self.focused && pressed(Modifiers::NONE, Key::Enter) && !self.choices.is_empty() {
            *picked = Some(self.chosen);
        }
        pressed(Modifiers::NONE, Key::Escape)
    }

    /// Whether Escape took the focus from it.
    fn field(&mut self, ui: &mut Ui) -> bool {
        let theme = Theme::of(ui.ctx());
        let hint = if self.picking.takes_new() { "Kind, target or statement" } else { "Node" };
        let edit = TextEdit::singleline(&mut self.typed)
            .id(Id::unique("node picker field"))
            .font(theme::body())
            .hint_text(egui::RichText::new(hint).color(theme.muted))
            .margin(egui::Margin::symmetric(10, 7))
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        name_field(&response, "Pick a node", &self.typed, false);
        if !std::mem::replace(&mut self.focused, true) {
            response.request_focus();
        }
        response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape))
    }

    fn outlets(&mut self, ui: &mut Ui) {
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            for (outlet, label, key) in OUTLETS {
                let chosen = self.outlet == outlet;
                let response = ui.selectable_label(chosen, egui::RichText::new(label).font(theme::small()));
                response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, label));
                if response.on_hover_text(format!("Alt+{}", key.name())).clicked() {
                    self.outlet = outlet;
                    // The text goes on where it was.
                    self.focused = false;
                }
            }
        });
    }

    fn list(&self, ui: &mut Ui, picked: &mut Option<usize>) {
        let theme = Theme::of(ui.ctx());
        ui.add_space(4.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        if self.choices.is_empty() {
            let text = "Nothing fits. Write a kind, a target as shop/1/pay, or a statement as pass done2.";
            ui.label(egui::RichText::new(text).color(theme.muted).font(theme::small()));
        }
        ScrollArea::vertical().max_height(ROW * 9.0).auto_shrink([false, true]).show(ui, |ui| {
            for (n, choice) in self.choices.iter().enumerate() {
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
                let chosen = n == self.chosen;
                response.widget_info(|| {
                    let name = format!("pick {}, {}", choice.label, choice.detail);
                    WidgetInfo::selected(Role::ListBoxOption, true, chosen, name)
                });
                if response.clicked() {
                    *picked = Some(n);
                }
                if chosen {
                    response.scroll_to_me(None);
                }
                if chosen || response.hovered() {
                    let fill = if chosen { theme.row } else { theme.panel2 };
                    ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), 6.0, fill);
                }
                row(ui, choice, rect, theme);
            }
        });
    }
}

fn row(ui: &Ui, choice: &Choice, rect: Rect, theme: &Theme) {
    let kind = match &choice.pick {
        Pick::New(node) => Some(Kind::of(&node.kind)),
        Pick::Node(_) => Kind::ALL.into_iter().find(|kind| kind.keyword() == choice.detail),
    };
    let y = rect.center().y;
    if let Some(kind) = kind {
        let icon = Rect::from_center_size(egui::pos2(rect.left() + 16.0, y), egui::Vec2::splat(14.0));
        nodes::icon(kind).paint(ui.painter(), icon, nodes::color(theme, kind));
    }
    let label = elided(ui, &choice.label, theme::body(), theme.text, WIDTH * 0.6);
    let left = rect.left() + 32.0;
    let width = label.size().x;
    ui.painter().galley(egui::pos2(left, y - label.size().y / 2.0), label, theme.text);
    let room = rect.right() - 10.0 - (left + width + 10.0);
    if room > 20.0 {
        let detail = elided(ui, choice.detail, egui::FontId::proportional(size::SMALL), theme.muted, room);
        ui.painter().galley(egui::pos2(left + width + 10.0, y - detail.size().y / 2.0), detail, theme.muted);
    }
}

fn room(session: &Session, picking: &Picking, pick: &Pick) -> (i32, i32) {
    match pick {
        Pick::New(node) => session.room_for(picking, &node.kind),
        Pick::Node(_) => (0, 0),
    }
}
