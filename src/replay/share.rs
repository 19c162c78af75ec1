use super::view::View;
use crate::base::BallId;
use crate::event::{Event, Outcome, ParkedOn, Payload, Recorded};

/// Lets an event hold the payload of its ball where it says the same: a record says each payload about three times,
/// and a million of them are kept.
pub(super) fn share(recorded: &mut Recorded, view: &View) {
    match &mut recorded.event {
        Event::Snapped { payload, .. } => {
            if let Some(started) = view.started() {
                same(payload, &started.input);
            }
        }
        Event::Called { ball, payload, .. }
        | Event::Answered { ball, payload, .. }
        | Event::Passed { ball, payload, .. }
        | Event::Moved { ball, payload: Some(payload), .. }
        | Event::Parked { ball, on: ParkedOn::Worker { payload, .. }, .. } => with_ball(payload, *ball, view),
        Event::Joined { from, payload, .. } => {
            if let Some(first) = from.first() {
                with_ball(payload, *first, view);
            }
        }
        Event::Finished { outcome: Outcome::Passed { node, payload, .. } } => {
            if let Some(taken) = view.node(node).and_then(|node| node.payload_out.as_ref()) {
                same(payload, taken);
            }
        }
        _ => {}
    }
}

fn with_ball(payload: &mut Payload, ball: BallId, view: &View) {
    if let Some(ball) = view.ball(ball) {
        same(payload, &ball.payload);
    }
}

fn same(payload: &mut Payload, known: &Payload) {
    if payload == known {
        payload.clone_from(known);
    }
}
