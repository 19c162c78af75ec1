//! What the selected node did in the run: its attempts, what came and what went.

use egui::{Align2, Rect, RichText, Sense, Ui, Vec2, pos2, vec2};

use crate::app::{Session, Watch};
use crate::base::RunMicros;
use crate::event::Payload;
use crate::gui::canvas::{kind_color, kind_icon};
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{caption, elided, text_at};
use crate::gui::words::took;
use crate::replay::{Attempt, AttemptEnd, NodeState, NodeView};
use crate::scene::Kind;

fn found(session: &Session) -> Option<(&Watch, &NodeView)> {
    let watch = session.watch()?;
    Some((watch, watch.view().node(session.selection().single_node()?)?))
}

/// How much room it wants, in points: none unless a node of a run is selected.
pub fn height(session: &Session) -> f32 {
    if found(session).is_some() { 260.0 } else { 0.0 }
}

pub fn ui(ui: &mut Ui, session: &Session) {
    let Some((watch, node)) = found(session) else { return };
    let theme = Theme::of(ui.ctx());
    ui.spacing_mut().item_spacing.y = 2.0;
    head(ui, session, node);
    ui.add_space(6.0);
    let now = watch.playback().shown_time();
    let mut before: Option<RunMicros> = None;
    for attempt in node.last_visit() {
        if let Some(ended) = before {
            line(ui, "Backoff", &took(attempt.start.since(ended)), theme.text);
        }
        let (text, color) = told(theme, attempt, now);
        line(ui, &format!("Attempt {}", attempt.attempt), &text, color);
        before = attempt.end.as_ref().map(|(at, _)| *at);
    }
    if let NodeState::BackingOff { until, .. } = &node.state {
        line(ui, "Backoff", &format!("tries again in {}", took(until.since(now))), theme.signal);
    }
    if let NodeState::Failed { failure, .. } = &node.state {
        line(ui, "Failed", &failure.to_string(), theme.error);
    }
    if let Some(took_micros) = node.took {
        line(ui, "Took", &took(took_micros), theme.text);
    }
    payload(ui, "Came in", node.payload_in.as_ref());
    payload(ui, "Went on", node.payload_out.as_ref());
}

fn head(ui: &mut Ui, session: &Session, node: &NodeView) {
    let theme = Theme::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let mut left = rect.left();
    if let Some(shown) = session.shown()
        && let Some(number) = shown.graph.find(&node.id)
    {
        let kind = Kind::of(&shown.graph.node(shown.play, number).kind);
        let icon = Rect::from_center_size(pos2(left + 8.0, rect.center().y), Vec2::splat(16.0));
        kind_icon(kind).paint(ui.painter(), icon, kind_color(theme, kind));
        left += 28.0;
    }
    text_at(
        ui,
        pos2(left, rect.center().y),
        Align2::LEFT_CENTER,
        node.id.as_str(),
        theme::semibold(size::TITLE),
        theme.text,
    );
    if let Some(called) = &node.called {
        let at = pos2(rect.right(), rect.center().y);
        text_at(ui, at, Align2::RIGHT_CENTER, called.to_string(), theme::mono(size::CAPTION), theme.muted);
    }
}

fn told(theme: &Theme, attempt: &Attempt, now: RunMicros) -> (String, egui::Color32) {
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

fn line(ui: &mut Ui, label: &str, text: &str, color: egui::Color32) {
    let theme = Theme::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    text_at(ui, rect.left_center(), Align2::LEFT_CENTER, label, theme::body(), theme.muted);
    let galley = elided(ui, text, theme::body(), color, rect.width() - 100.0);
    ui.painter().galley(pos2(rect.left() + 100.0, rect.center().y - galley.size().y / 2.0), galley, color);
}

fn payload(ui: &mut Ui, label: &str, payload: Option<&Payload>) {
    let Some(payload) = payload else { return };
    let theme = Theme::of(ui.ctx());
    ui.add_space(8.0);
    caption(ui, label);
    let text = serde_json::to_string_pretty(&*payload.to_json()).unwrap_or_default();
    // A huge payload is not worth a slow frame.
    let shown: String = text.chars().take(4000).collect();
    let text = RichText::new(shown).font(theme::mono(size::CAPTION)).color(theme.text);
    ui.add(egui::Label::new(text).selectable(true).wrap());
}
