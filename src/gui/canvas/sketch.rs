//! What the editor asks of the canvas while a play is drawn: the picker, labels, the history, the clipboard.

use egui::{Context, Id, Rect, Role, Ui, WidgetInfo, pos2, vec2};

use super::label::LabelEdit;
use super::picker::Picker;
use super::{Canvas, Subject, ink};
use crate::app::{Command, Draw, Picking, Session, Sketch, wire_number};
use crate::gui::theme::{self, Theme};
use crate::gui::widgets::caption;

impl Canvas {
    /// `subject` is what is shown; nothing happens where that cannot be done.
    pub fn sketch(&mut self, ctx: &Context, subject: &Subject<'_>, sketch: Sketch) {
        match sketch {
            Sketch::Pick(picking) => {
                let at = self.beside(subject, &picking);
                let place = self.pointer.filter(|_| picking == Picking::Alone).map(|_| self.place_for_new());
                self.picker = Some(Picker::new(picking, at, place));
            }
            Sketch::Label(wire) => self.edit_label(subject, wire),
            Sketch::Name(node) => self.start_rename(subject, &node),
            Sketch::NewNote(about) => self.start_note(about),
            Sketch::Note(note) => self.edit_note(note),
            Sketch::FrameTitle(title) => self.edit_frame_title(title),
            Sketch::Head | Sketch::NamePart { .. } => {}
            Sketch::ToggleSnap => self.no_snap = !self.no_snap,
            Sketch::ShowHistory => self.history_open = !self.history_open,
            Sketch::Copy(text) => ctx.copy_text(text),
            Sketch::Paste => ctx.send_viewport_cmd(egui::ViewportCommand::RequestPaste),
        }
    }

    pub(super) fn edit_label(&mut self, subject: &Subject<'_>, wire: crate::event::WireRef) {
        if let Some(number) = wire_number(subject.graph, &wire) {
            let when = subject.graph.when(subject.play, number);
            self.label = Some(LabelEdit::new(wire, when));
        }
    }

    /// Drawing moves in steps of the grid, and lines up with other nodes.
    pub const fn snaps(&self) -> bool {
        !self.no_snap
    }

    /// Copy, cut and paste, as the toolkit tells them; not while a text field has the focus.
    pub fn clipboard(&self, ctx: &Context, out: &mut Vec<Command>) {
        let events = ctx.input(|input| input.events.clone());
        for event in events {
            match event {
                egui::Event::Copy => out.push(Command::Draw(Draw::Copy)),
                egui::Event::Cut => out.push(Command::Draw(Draw::Cut)),
                egui::Event::Paste(text) => {
                    let at = self.pointer.map(|_| self.place_for_new());
                    out.push(Command::Draw(Draw::PasteText { text, at }));
                }
                _ => {}
            }
        }
    }

    /// What floats over the canvas and needs all of the document.
    pub fn floats(&mut self, ui: &Ui, subject: &Subject<'_>, session: &Session, out: &mut Vec<Command>) {
        let Some(rect) = self.rect else { return };
        let ctx = ui.ctx();
        if let Some(picker) = &mut self.picker {
            if subject.read_only || picker.ui(ctx, session, rect, out) {
                self.picker = None;
            }
            ctx.request_repaint();
        }
        if let Some(label) = &mut self.label {
            let number = wire_number(subject.graph, &label.wire).filter(|_| !subject.read_only);
            let wire = number.and_then(|number| self.geometry.wires().get(number as usize));
            let at = wire.map(|wire| wire.chip.as_ref().map_or_else(|| wire.at(0.5).0, |chip| chip.rect.centre()));
            let done = match at {
                Some(at) => {
                    let at = self.view.screen_from_scene(rect, ink::pos(at));
                    label.ui(ctx, at.clamp(rect.min + vec2(130.0, 20.0), rect.max - vec2(130.0, 20.0)), out)
                }
                // The play that it was asked for is shown in the next frame.
                None => self.built_for == Some(session.revision()),
            };
            if done {
                self.label = None;
            }
        }
        self.note_ui(ctx, subject, rect, out);
        if self.built_for == Some(session.revision()) {
            self.frame_title_ui(ctx, rect, out);
        }
        if self.history_open {
            Self::history_ui(ctx, session, rect, out);
        }
    }

    /// Beside what a new node follows, on the screen.
    fn beside(&self, subject: &Subject<'_>, picking: &Picking) -> egui::Pos2 {
        let Some(rect) = self.rect else { return egui::Pos2::ZERO };
        let mut all = Rect::NOTHING;
        for id in &subject.selection.nodes {
            let card = subject.graph.find(id).and_then(|node| self.geometry.cards().get(node as usize));
            card.into_iter().for_each(|card| all = all.union(ink::rect(card.rect)));
        }
        if let Picking::On(wire) | Picking::Head(wire) | Picking::Tail(wire) = picking
            && let Some(wire) = wire_number(subject.graph, wire)
            && let Some(wire) = self.geometry.wires().get(wire as usize)
        {
            all = Rect::from_min_size(ink::pos(wire.at(0.5).0), egui::Vec2::ZERO);
        }
        let at = if all.is_finite() && !all.is_negative() {
            self.view.screen_from_scene(rect, pos2(all.right(), all.top())) + vec2(24.0, 0.0)
        } else {
            self.pointer.unwrap_or(rect.center())
        };
        at.clamp(rect.min + vec2(8.0, 8.0), rect.max - vec2(348.0, 300.0))
    }

    /// All steps, the newest first; a click goes there.
    fn history_ui(ctx: &Context, session: &Session, canvas: Rect, out: &mut Vec<Command>) {
        let theme = Theme::of(ctx);
        let frame = egui::Frame::new()
            .fill(theme.panel)
            .stroke(theme.hairline())
            .corner_radius(10.0)
            .inner_margin(egui::Margin::same(10));
        let area = egui::Area::new(Id::unique("history")).order(egui::Order::Middle).pivot(egui::Align2::RIGHT_TOP);
        area.fixed_pos(canvas.right_top() + vec2(-12.0, 12.0)).show(ctx, |ui| {
            frame.show(ui, |ui| {
                ui.set_width(220.0);
                caption(ui, "History");
                let (names, done) = session.history().names();
                let names: Vec<&str> = std::iter::once("As it was opened").chain(names).collect();
                egui::ScrollArea::vertical().max_height(320.0).auto_shrink([false, true]).show(ui, |ui| {
                    for (step, name) in names.iter().enumerate().rev() {
                        let color = if step > done { theme.faint } else { theme.text };
                        let sign = if step == done { "› " } else { "  " };
                        let text = egui::RichText::new(format!("{sign}{name}")).color(color).font(theme::small());
                        let response = ui.selectable_label(step == done, text);
                        response.widget_info(|| {
                            let state = if step > done { ", undone" } else { "" };
                            WidgetInfo::selected(Role::ListBoxOption, true, step == done, format!("step {name}{state}"))
                        });
                        if response.clicked() {
                            out.push(Command::Draw(Draw::JumpTo(step)));
                        }
                    }
                });
            });
        });
    }
}
