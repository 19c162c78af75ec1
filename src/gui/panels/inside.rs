//! A look inside: what the selected ball, node or wire carries and did, at the playhead.

use std::collections::BTreeSet;

use egui::{Align2, Color32, Rect, RichText, Role, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2};

use super::payload::{self, Shown};
use crate::app::{Command, Selection, Session, Watch};
use crate::base::RunMicros;
use crate::event::{Headers, WireRef};
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{caption, elided, name_field, text_at};
use crate::gui::words::took;
use crate::replay::{Attempt, AttemptEnd, BallState, BallView, Fate, NodeState, NodeView, WireView};
use crate::scene::StateKind;

/// View memory: what was looked for, what was turned open or shut.
#[derive(Default)]
pub struct Inside {
    query: String,
    turned: BTreeSet<String>,
}

/// What is looked into.
enum Subject<'w> {
    Ball(&'w BallView),
    Node(&'w NodeView),
    Wire(&'w WireRef, &'w WireView),
}

fn found(session: &Session) -> Option<(&Watch, Subject<'_>)> {
    let watch = session.watch()?;
    let view = watch.view();
    if let Some(ball) = watch.ball().and_then(|ball| view.ball(ball)) {
        return Some((watch, Subject::Ball(ball)));
    }
    let selection = session.selection();
    if let Some(node) = selection.single_node() {
        return Some((watch, Subject::Node(view.node(node)?)));
    }
    let wire = selection.single_wire()?;
    Some((watch, Subject::Wire(wire, view.wire(wire)?)))
}

/// Whether there is something to look into: a part of a run is selected, and the run has come there.
pub fn has(session: &Session) -> bool {
    found(session).is_some()
}

impl Inside {
    pub fn ui(&mut self, ui: &mut Ui, session: &Session, out: &mut Vec<Command>) {
        let Some((watch, subject)) = found(session) else { return };
        ui.spacing_mut().item_spacing.y = 2.0;
        match subject {
            Subject::Ball(ball) => self.ball(ui, watch, ball, out),
            Subject::Node(node) => self.node(ui, watch, node, out),
            Subject::Wire(wire, seen) => self.wire(ui, wire, seen),
        }
    }

    fn ball(&mut self, ui: &mut Ui, watch: &Watch, ball: &BallView, out: &mut Vec<Command>) {
        let now = watch.playback().shown_time();
        head(ui, &format!("Ball {}", ball.id), "what it carries now");
        let state = match &ball.state {
            BallState::At(state) => StateKind::of(state).word().to_owned(),
            BallState::Gone { fate, .. } => gone(fate),
        };
        if link(ui, "At", &format!("{}, {state}", ball.node)) {
            out.push(Command::Select(Selection::node(ball.node.clone())));
        }
        line(ui, "There for", &took(now.since(ball.entered_at)), None);
        line(ui, "In play for", &took(now.since(ball.made_at)), None);
        if let Some(parent) = ball.parent {
            line(ui, "Made of", &format!("ball {parent}"), None);
        }
        headers(ui, &ball.headers);
        // What happened at this node, or else on the way to it.
        let (before, since) = match (&ball.came_with, &ball.before) {
            (Some(came), _) if *came != ball.payload => (Some(came), "since it came to this node"),
            (_, before) => (before.as_ref(), "since it came to the node before"),
        };
        self.search(ui);
        self.payload(ui, &Shown { label: "Payload", payload: &ball.payload, before, since, salt: "ball" });
        if let Some(signal) = &ball.signal {
            self.payload(ui, &Shown { label: "Signal", payload: signal, before: None, since: "", salt: "signal" });
        }
    }

    fn node(&mut self, ui: &mut Ui, watch: &Watch, node: &NodeView, out: &mut Vec<Command>) {
        let now = watch.playback().shown_time();
        let called = node.called.as_ref().map(ToString::to_string).unwrap_or_default();
        head(ui, &node.id, &called);
        let theme = Theme::of(ui.ctx());
        line(ui, "State", StateKind::of(&node.state).word(), None);
        attempts(ui, node, now);
        if let NodeState::Failed { failure, .. } = &node.state {
            line(ui, "Failed", &failure.to_string(), Some(theme.error));
        }
        if let Some(took_micros) = node.took {
            line(ui, "Took", &took(took_micros), None);
        }
        line(ui, "Visits", &format!("{} came, {} went on", node.n_entered, node.n_left), None);
        Self::balls_here(ui, watch, node, out);
        headers(ui, &node.headers);
        self.search(ui);
        let came = node.payload_in.as_ref();
        if let Some(payload) = came {
            self.payload(ui, &Shown { label: "Came in", payload, before: None, since: "", salt: "in" });
        }
        if let Some(sent) = node.attempts.back().map(|attempt| &attempt.sent).filter(|sent| Some(*sent) != came) {
            let shown = Shown { label: "Sent", payload: sent, before: came, since: "from what came in", salt: "sent" };
            self.payload(ui, &shown);
        }
        if let Some(payload) = &node.payload_out {
            let shown = Shown { label: "Went on", payload, before: came, since: "from what came in", salt: "out" };
            self.payload(ui, &shown);
        }
    }

    fn wire(&mut self, ui: &mut Ui, wire: &WireRef, seen: &WireView) {
        head(ui, &format!("{} → {}", wire.from, wire.to), "");
        let n = if seen.n == 1 { "1 ball".to_owned() } else { format!("{} balls", seen.n) };
        line(ui, "Taken by", &n, None);
        let Some(last) = &seen.last else { return };
        let theme = Theme::of(ui.ctx());
        line(ui, "The last", &format!("ball {} at {:.3} s", last.ball, last.at.as_secs_f64()), Some(theme.text));
        headers(ui, &last.headers);
        self.search(ui);
        let since = "since it came to the node before";
        let shown =
            Shown { label: "Carried", payload: &last.payload, before: last.before.as_ref(), since, salt: "wire" };
        self.payload(ui, &shown);
    }

    fn balls_here(ui: &mut Ui, watch: &Watch, node: &NodeView, out: &mut Vec<Command>) {
        for id in node.here.iter().take(6) {
            let Some(ball) = watch.view().ball(*id) else { continue };
            let state = match &ball.state {
                BallState::At(state) => StateKind::of(state).word(),
                BallState::Gone { .. } => "gone",
            };
            if link(ui, "Ball", &format!("{id}, {state}")) {
                out.push(Command::LookAt(Some(*id)));
            }
        }
        if node.here.len() > 6 {
            line(ui, "", &format!("and {} more", node.here.len() - 6), None);
        }
    }

    fn search(&mut self, ui: &mut Ui) {
        let theme = Theme::of(ui.ctx());
        ui.add_space(8.0);
        let edit = TextEdit::singleline(&mut self.query)
            .id(ui.scope_id().with("look for"))
            .font(theme::small())
            .hint_text(RichText::new("Find in the payload").color(theme.muted))
            .margin(egui::Margin::symmetric(8, 4))
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        name_field(&response, "Find in the payload", &self.query, false);
    }

    fn payload(&mut self, ui: &mut Ui, shown: &Shown<'_>) {
        payload::ui(ui, shown, &self.query, &mut self.turned);
    }
}

fn gone(fate: &Fate) -> String {
    match fate {
        Fate::Split { .. } => "split".to_owned(),
        Fate::Joined { into } => format!("joined into ball {into}"),
        Fate::Passed => "passed".to_owned(),
        Fate::Lost { reason } => format!("lost: {reason}"),
        Fate::Cancelled { reason } => format!("taken out: {reason}"),
    }
}

fn head(ui: &mut Ui, name: &str, detail: &str) {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Inside {name}")));
    let title = elided(ui, name, theme::semibold(size::TITLE), theme.text, rect.width());
    let left = title.size().x + 12.0;
    ui.painter().galley(pos2(rect.left(), rect.center().y - title.size().y / 2.0), title, theme.text);
    let detail = elided(ui, detail, theme::mono(size::CAPTION), theme.muted, (rect.width() - left).max(0.0));
    let at = pos2(rect.right() - detail.size().x, rect.center().y - detail.size().y / 2.0);
    ui.painter().galley(at, detail, theme.muted);
}

/// The attempts of the last visit, each with how it ended, and what was waited for between.
fn attempts(ui: &mut Ui, node: &NodeView, now: RunMicros) {
    let theme = Theme::of(ui.ctx());
    let mut before: Option<RunMicros> = None;
    for attempt in node.last_visit() {
        if let Some(ended) = before {
            line(ui, "Backoff", &took(attempt.start.since(ended)), None);
        }
        let (text, color) = told(theme, attempt, now);
        line(ui, &format!("Attempt {}", attempt.attempt), &text, Some(color));
        if let Some((_, AttemptEnd::Failed(failure))) = &attempt.end {
            let text = failure.to_string();
            let said = text.strip_prefix(&format!("{}: ", failure.code)).unwrap_or(&text);
            wrapped(ui, said, theme.muted);
        }
        if let Some(worker) = &attempt.worker {
            line(ui, "Worker", worker, None);
        }
        before = attempt.end.as_ref().map(|(at, _)| *at);
    }
    if let NodeState::BackingOff { until, .. } = &node.state {
        line(ui, "Backoff", &format!("tries again in {}", took(until.since(now))), Some(theme.signal));
    }
}

fn told(theme: &Theme, attempt: &Attempt, now: RunMicros) -> (String, Color32) {
    match &attempt.end {
        None => (format!("in flight {}", took(now.since(attempt.start))), theme.accent),
        Some((at, end)) => {
            let after = took(at.since(attempt.start));
            match end {
                AttemptEnd::Answered(_) => (format!("answered after {after}"), theme.ok),
                AttemptEnd::Failed(failure) => (format!("{} after {after}", failure.code), theme.error),
                AttemptEnd::Dropped => (format!("its worker went away after {after}"), theme.signal),
                AttemptEnd::CalledOff => (format!("called off after {after}"), theme.muted),
            }
        }
    }
}

fn headers(ui: &mut Ui, headers: &Headers) {
    if headers.is_empty() {
        return;
    }
    ui.add_space(6.0);
    caption(ui, "Headers");
    let theme = Theme::of(ui.ctx());
    for (name, value) in headers.iter() {
        let text = RichText::new(format!("{name}: {value}")).font(theme::mono(size::CAPTION)).color(theme.text);
        ui.add(egui::Label::new(text).selectable(true).wrap());
    }
}

fn line(ui: &mut Ui, label: &str, text: &str, color: Option<Color32>) {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label} {text}")));
    text_at(ui, rect.left_center(), Align2::LEFT_CENTER, label, theme::body(), theme.muted);
    let color = color.unwrap_or(theme.text);
    let galley = elided(ui, text, theme::body(), color, rect.width() - 100.0);
    ui.painter().galley(pos2(rect.left() + 100.0, rect.center().y - galley.size().y / 2.0), galley, color);
}

/// A line whose text leads somewhere.
fn link(ui: &mut Ui, label: &str, text: &str) -> bool {
    let theme = Theme::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    text_at(ui, rect.left_center(), Align2::LEFT_CENTER, label, theme::body(), theme.muted);
    let room = Rect::from_min_max(pos2(rect.left() + 100.0, rect.top()), rect.max);
    let galley = elided(ui, text, theme::body(), theme.worker, room.width());
    let at = Rect::from_min_size(pos2(room.left(), room.center().y - galley.size().y / 2.0), galley.size());
    let response = ui.interact(at, ui.scope_id().with(("inside", label, text)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, format!("{label} {text}")));
    ui.painter().galley(at.min, galley, theme.worker);
    if response.hovered() || response.has_focus() {
        ui.painter().hline(at.x_range(), at.bottom(), egui::Stroke::new(1.0, theme.worker));
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}

fn wrapped(ui: &mut Ui, text: &str, color: Color32) {
    ui.horizontal(|ui| {
        ui.add_space(100.0);
        let text = RichText::new(text).font(theme::small()).color(color);
        ui.add(egui::Label::new(text).selectable(true).wrap());
    });
}
