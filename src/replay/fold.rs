use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::motion::{Hop, glide};
use super::view::{
    Attempt, AttemptEnd, BallState, BallView, Carried, Fate, Group, NodeState, NodeView, Signal, Status, View, WireView,
};
use crate::base::{BallId, Coord, GroupId, NodeId, RunMicros};
use crate::event::{Child, Event, Failure, Headers, ParkedOn, Payload, Recorded, WireRef};

const MAX_ATTEMPTS: usize = 32;
const MAX_EARLIER: usize = 16;
const MAX_MOVING: usize = 4096;
const MAX_USED: usize = 64;

impl View {
    /// Folds the next event, in time that does not grow with the run.
    ///
    /// Never panics: an event that does not fit what came before changes what it can.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.n_events += 1;
        self.at = self.at.max(recorded.at);
        self.forget_glides();
        let at = self.at;
        match &recorded.event {
            Event::Started(started) => {
                self.started = Some(Arc::new((**started).clone()));
                self.status = Status::Running;
            }
            Event::Snapped { ball, node, payload, signal } => {
                self.drop_stub(*ball);
                self.make_ball(*ball, node, GroupId(0), payload.clone());
                let headers = self.started.as_ref().map(|started| started.headers.clone()).unwrap_or_default();
                self.change_ball(*ball, node, |ball| {
                    ball.signal.clone_from(signal);
                    ball.headers = headers;
                });
                self.enter(*ball, node);
            }
            Event::Moved { ball, wire, payload } => self.moved(*ball, wire, payload.as_ref()),
            Event::Split { ball, node, group, into } => self.split(*ball, node, *group, into),
            Event::Waiting { ball, node, group, until } => {
                let state = NodeState::WaitingForOthers { group: *group, since: at, until: *until };
                self.set_state(*ball, node, state);
            }
            Event::Joined { node, group, from, ball, payload } => self.joined(node, *group, from, *ball, payload),
            Event::Called { ball, node, attempt, visit, to, payload, until } => {
                self.begin(*ball, node, (*visit, *attempt), to, None, payload);
                self.set_state(*ball, node, NodeState::Running { attempt: *attempt, since: at, until: *until });
            }
            Event::Answered { ball, node, attempt, payload, headers } => {
                self.end(*ball, node, Some(*attempt), AttemptEnd::Answered(payload.clone()));
                self.give_back(*ball, node, headers);
                self.change_ball(*ball, node, |ball| ball.payload = payload.clone());
                self.set_state(*ball, node, NodeState::Done { at });
            }
            Event::AttemptFailed { ball, node, attempt, failure, retry_at } => {
                self.counts.attempts_failed += 1;
                self.end(*ball, node, Some(*attempt), AttemptEnd::Failed(failure.clone()));
                let next = attempt.saturating_add(1);
                let state = retry_at.map(|until| NodeState::BackingOff { attempt: next, since: at, until });
                self.set_state(*ball, node, state.unwrap_or_else(|| failed(at, failure, false)));
            }
            Event::Parked { ball, node, on, until } => self.parked(*ball, node, on, *until),
            Event::Signalled { id, name, payload, .. } => {
                self.counts.signals += 1;
                let signal = Signal { name: name.clone(), payload: payload.clone(), is_used: false };
                self.signals.insert(id.clone(), signal);
            }
            Event::SignalUsed { ball, node, id } => self.signal_used(*ball, node, id),
            Event::Caught { ball, node, attempt, worker } => self.caught(*ball, node, *attempt, worker),
            Event::Dropped { ball, node, .. } => self.dropped(*ball, node),
            Event::NodeFailed { ball, node, failure, timed_out } => {
                self.end(*ball, node, None, AttemptEnd::Failed(failure.clone()));
                self.set_state(*ball, node, failed(at, failure, *timed_out));
            }
            Event::Passed { ball, node, payload } => {
                self.counts.passed += 1;
                self.change_ball(*ball, node, |ball| ball.payload = payload.clone());
                self.leave(*ball, node, NodeState::Done { at });
                self.go(*ball, Fate::Passed);
            }
            Event::Lost { ball, node, reason } => {
                self.counts.lost += 1;
                self.leave(*ball, node, NodeState::Lost { at, reason: reason.clone() });
                self.go(*ball, Fate::Lost { reason: reason.clone() });
            }
            Event::Cancelled { ball, node, reason } => {
                self.counts.cancelled += 1;
                self.end(*ball, node, None, AttemptEnd::CalledOff);
                self.leave(*ball, node, NodeState::Cancelled { at, reason: reason.clone() });
                self.go(*ball, Fate::Cancelled { reason: reason.clone() });
            }
            Event::CancelAsked { reason } => self.status = Status::Cancelling { reason: reason.clone() },
            Event::Finished { outcome } => self.status = Status::Finished(outcome.clone()),
        }
    }

    fn moved(&mut self, id: BallId, wire: &WireRef, payload: Option<&Payload>) {
        let at = self.at;
        self.counts.hops += 1;
        self.change_ball(id, &wire.from, |ball| {
            if let Some(payload) = payload {
                ball.payload = payload.clone();
            }
        });
        self.leave(id, &wire.from, NodeState::Done { at });
        let Some(ball) = self.balls.get(&id) else { return };
        let (start, end) = glide(at, ball.shown_at, at.since(ball.entered_at));
        let carried = self.carried(id);
        let index = self.count_wire(wire, start, end, carried);
        self.hop(id, Hop { wire: wire.clone(), index, start, end });
        self.enter(id, &wire.to);
    }

    fn split(&mut self, id: BallId, node: &NodeId, group: GroupId, into: &[Child]) {
        let at = self.at;
        self.change_ball(id, node, |_| ());
        self.leave(id, node, NodeState::Done { at });
        let Some(parent) = self.balls.get(&id).cloned() else { return };
        self.groups.entry(group).or_default().parent = parent.group;
        self.groups.entry(parent.group).or_default().inner.insert(group);
        let (start, end) = glide(at, parent.shown_at, at.since(parent.entered_at));
        for child in into {
            self.drop_stub(child.ball);
            let payload = child.payload.clone().unwrap_or_else(|| parent.payload.clone());
            self.make_ball(child.ball, node, group, payload);
            self.change_ball(child.ball, node, |ball| {
                ball.parent = Some(id);
                ball.signal.clone_from(&parent.signal);
                ball.headers.clone_from(&parent.headers);
                ball.came_with.clone_from(&parent.came_with);
                ball.seen_from = start;
                ball.shown_at = start;
            });
            self.counts.hops += 1;
            let wire = WireRef { from: node.clone(), to: child.to.clone(), nth: child.nth };
            let carried = self.carried(child.ball);
            let index = self.count_wire(&wire, start, end, carried);
            self.hop(child.ball, Hop { wire, index, start, end });
            self.enter(child.ball, &child.to);
        }
        self.go(id, Fate::Split { group });
    }

    fn joined(&mut self, node: &NodeId, group: GroupId, from: &[BallId], id: BallId, payload: &Payload) {
        let at = self.at;
        let parent = self.groups.get(&group).map_or(GroupId(0), |group| group.parent);
        self.drop_stub(id);
        self.make_ball(id, node, parent, payload.clone());
        let came = from.iter().filter_map(|id| self.balls.get(id));
        let last = came.clone().max_by_key(|ball| (ball.entered_at, ball.id)).cloned();
        let first = came.clone().map(|ball| ball.entered_at).min().unwrap_or(at);
        let shown_at = came.map(|ball| ball.shown_at).max().unwrap_or(at).max(at);
        let mut headers = Headers::default();
        from.iter().filter_map(|id| self.balls.get(id)).for_each(|ball| headers.take_in(&ball.headers));
        self.change_ball(id, node, |ball| {
            ball.parent = last.as_ref().map(|last| last.id);
            ball.headers = headers;
            ball.came_with = last.as_ref().and_then(|last| last.came_with.clone());
            ball.signal = last.and_then(|last| last.signal.clone());
            ball.entered_at = first;
            ball.seen_from = shown_at;
            ball.shown_at = shown_at;
        });
        for other in from {
            self.change_node(node, |node| {
                node.here.remove(other);
            });
            self.go(*other, Fate::Joined { into: id });
        }
        if group != GroupId(0) && self.groups.get(&group).is_some_and(Group::is_over) {
            self.close_group(group);
        }
        if shown_at > at {
            self.moving.insert((shown_at, id));
        }
        self.set_state(id, node, NodeState::Done { at });
    }

    fn parked(&mut self, id: BallId, node: &NodeId, on: &ParkedOn, until: Option<RunMicros>) {
        let since = self.at;
        let state = match on {
            ParkedOn::Signal { name, key } => {
                NodeState::WaitingForSignal { name: name.clone(), key: key.clone(), since, until }
            }
            ParkedOn::Worker { to, payload, visit, .. } => {
                self.change_ball(id, node, |ball| ball.offer = Some((*visit, payload.clone(), until)));
                self.change_node(node, |node| node.called = Some(to.clone()));
                NodeState::WaitingForWorker { to: to.clone(), since, until }
            }
        };
        self.set_state(id, node, state);
    }

    fn caught(&mut self, id: BallId, node: &NodeId, attempt: u32, worker: &str) {
        let since = self.at;
        let to = self.node(node).and_then(|node| node.called.clone());
        let offer = self.balls.get(&id).and_then(|ball| ball.offer.clone());
        let (visit, payload, until) = offer.unwrap_or_default();
        if let Some(to) = to {
            self.begin(id, node, (visit, attempt), &to, Some(worker), &payload);
        }
        self.set_state(id, node, NodeState::Running { attempt, since, until });
    }

    fn dropped(&mut self, id: BallId, node: &NodeId) {
        let since = self.at;
        self.end(id, node, None, AttemptEnd::Dropped);
        let to = self.node(node).and_then(|node| node.called.clone());
        let until = self.balls.get(&id).and_then(|ball| ball.offer.as_ref()?.2);
        let to = to.unwrap_or_else(|| Coord::new("", "", ""));
        self.set_state(id, node, NodeState::WaitingForWorker { to, since, until });
    }

    /// What the ball carries as it leaves its node.
    fn carried(&self, id: BallId) -> Option<Arc<Carried>> {
        let ball = self.balls.get(&id)?;
        Some(Arc::new(Carried {
            ball: id,
            at: self.at,
            payload: ball.payload.clone(),
            before: ball.came_with.clone(),
            headers: ball.headers.clone(),
        }))
    }

    /// The headers of an answer: they join those of the ball.
    fn give_back(&mut self, id: BallId, node: &NodeId, headers: &Headers) {
        if headers.is_empty() {
            return;
        }
        self.change_ball(id, node, |ball| ball.headers.take_in(headers));
        self.change_node(node, |node| {
            if let Some(attempt) = node.attempts.iter_mut().rev().find(|attempt| attempt.ball == id) {
                Arc::make_mut(attempt).headers.clone_from(headers);
            }
        });
    }

    fn signal_used(&mut self, id: BallId, node: &NodeId, signal_id: &str) {
        let at = self.at;
        let mut payload = None;
        if let Some(signal) = self.signals.get_mut(signal_id) {
            payload = Some(signal.payload.clone());
            if !std::mem::replace(&mut signal.is_used, true) {
                self.used.push_back(signal_id.to_owned());
            }
        }
        if self.used.len() > MAX_USED
            && let Some(oldest) = self.used.pop_front()
        {
            self.signals.remove(&oldest);
        }
        self.change_ball(id, node, |ball| ball.signal = payload);
        self.set_state(id, node, NodeState::Done { at });
    }

    /// An attempt begins.
    fn begin(
        &mut self,
        ball: BallId,
        node: &NodeId,
        (visit, attempt): (u32, u32),
        to: &Coord,
        worker: Option<&str>,
        sent: &Payload,
    ) {
        self.counts.attempts += 1;
        let start = self.at;
        self.change_node(node, |node| {
            if node.attempts.len() == MAX_ATTEMPTS {
                node.attempts.pop_front();
            }
            node.called = Some(to.clone());
            let (to, worker, sent) = (to.clone(), worker.map(str::to_owned), sent.clone());
            let attempt =
                Attempt { ball, visit, attempt, to, worker, start, sent, headers: Headers::default(), end: None };
            node.attempts.push_back(Arc::new(attempt));
        });
    }

    /// The ball's attempt that is in flight ends, if there is one.
    fn end(&mut self, ball: BallId, node: &NodeId, attempt: Option<u32>, how: AttemptEnd) {
        let at = self.at;
        let is_it =
            |a: &Arc<Attempt>| a.ball == ball && a.end.is_none() && attempt.is_none_or(|attempt| a.attempt == attempt);
        if self.node(node).is_some_and(|node| node.attempts.iter().any(is_it)) {
            self.change_node(node, |node| {
                if let Some(attempt) = node.attempts.iter_mut().rev().find(|a| is_it(a)) {
                    Arc::make_mut(attempt).end = Some((at, how));
                }
            });
        }
    }

    /// The ball comes to the node, where a picture shows it from its `shown_at` on.
    fn enter(&mut self, id: BallId, node: &NodeId) {
        let at = self.at;
        let (mut payload, mut headers) = (None, Headers::default());
        self.change_ball(id, node, |ball| {
            ball.node = node.clone();
            ball.entered_at = at;
            payload = Some(ball.payload.clone());
            ball.before = std::mem::replace(&mut ball.came_with, payload.clone());
            headers = ball.headers.clone();
        });
        self.change_node(node, |node| {
            node.headers = headers;
            node.here.insert(id);
            node.n_entered += 1;
            node.entered_at = Some(at);
            node.payload_in = payload;
        });
        self.set_state(id, node, NodeState::Arrived { since: at });
    }

    /// The ball is at the node no more; `end` is what the node shows if there is no other, unless it failed.
    fn leave(&mut self, id: BallId, node: &NodeId, end: NodeState) {
        let at = self.at;
        let Some(ball) = self.balls.get(&id).cloned() else { return };
        let failed = match &ball.state {
            BallState::At(failed @ NodeState::Failed { .. }) => Some(failed.clone()),
            _ => None,
        };
        let next = self.node(node).and_then(|node| {
            let other = node.here.iter().find(|other| **other != id)?;
            match &self.balls.get(other)?.state {
                BallState::At(state) => Some(state.clone()),
                BallState::Gone { .. } => None,
            }
        });
        let state = next.or(failed).unwrap_or(end);
        let mut lit_at = at;
        self.change_node(node, |node| {
            node.here.remove(&id);
            node.n_left += 1;
            node.left_at = Some(at);
            node.took = Some(at.since(ball.entered_at));
            node.payload_out = Some(ball.payload.clone());
            node.headers.clone_from(&ball.headers);
            node.show(at, ball.shown_at, state);
            lit_at = node.lit_at;
        });
        self.settled_at = self.settled_at.max(lit_at);
    }

    /// The ball is out of play.
    fn go(&mut self, id: BallId, fate: Fate) {
        let at = self.at;
        let Some(ball) = self.balls.get_mut(&id) else { return };
        let group = ball.group;
        if ball.shown_at > at {
            let ball = Arc::make_mut(ball);
            ball.state = BallState::Gone { at, fate };
            let end = ball.shown_at;
            self.moving.insert((end, id));
        } else {
            self.balls.remove(&id);
        }
        self.counts.balls_in_play = self.counts.balls_in_play.saturating_sub(1);
        if let Some(of) = self.groups.get_mut(&group) {
            of.balls.remove(&id);
            if of.is_over() {
                self.close_group(group);
            }
        }
    }

    /// Forgets a group without balls, and those around it that are so, too.
    fn close_group(&mut self, mut group: GroupId) {
        while group != GroupId(0) {
            let Some(closed) = self.groups.remove(&group) else { return };
            let Some(parent) = self.groups.get_mut(&closed.parent) else { return };
            parent.inner.remove(&group);
            if !parent.is_over() {
                return;
            }
            group = closed.parent;
        }
    }

    fn make_ball(&mut self, id: BallId, node: &NodeId, group: GroupId, payload: Payload) {
        let at = self.at;
        self.counts.balls += 1;
        self.counts.balls_in_play += 1;
        self.groups.entry(group).or_default().balls.insert(id);
        let ball = BallView {
            id,
            parent: None,
            group,
            node: node.clone(),
            state: BallState::At(NodeState::Arrived { since: at }),
            made_at: at,
            entered_at: at,
            payload,
            headers: Headers::default(),
            came_with: None,
            before: None,
            signal: None,
            hops: VecDeque::new(),
            seen_from: at,
            shown_at: at,
            offer: None,
        };
        self.balls.insert(id, Arc::new(ball));
    }

    /// A ball that is made was not there before; if the record says so all the same, the old one goes.
    fn drop_stub(&mut self, id: BallId) {
        let Some(old) = self.balls.get(&id).cloned() else { return };
        if !old.is_gone() {
            self.leave(id, &old.node, NodeState::Idle);
            self.go(id, Fate::Lost { reason: String::new() });
        }
        self.moving.remove(&(old.shown_at, id));
        self.balls.remove(&id);
    }

    /// Changes a ball, which is made at the node if the record never said how it came there.
    fn change_ball(&mut self, id: BallId, node: &NodeId, change: impl FnOnce(&mut BallView)) {
        if self.balls.get(&id).is_none_or(|ball| ball.is_gone()) {
            self.balls.remove(&id);
            self.make_ball(id, node, GroupId(0), Payload::default());
            self.change_node(node, |node| {
                node.here.insert(id);
            });
        }
        if let Some(ball) = self.balls.get_mut(&id) {
            change(Arc::make_mut(ball));
        }
    }

    fn change_node(&mut self, id: &NodeId, change: impl FnOnce(&mut NodeView)) {
        let index = match self.names.node_of.get(id) {
            Some(index) => *index as usize,
            None => {
                let index = self.nodes.len();
                Arc::make_mut(&mut self.names).node_of.insert(id.clone(), small(index));
                self.nodes.push(Arc::new(NodeView::new(id.clone())));
                index
            }
        };
        if let Some(node) = self.nodes.get_mut(index) {
            change(Arc::make_mut(node));
        }
    }

    /// The ball, and so its node, are in this state now.
    fn set_state(&mut self, id: BallId, node: &NodeId, mut state: NodeState) {
        let at = self.at;
        let mut shown_at = at;
        self.change_ball(id, node, |ball| {
            shown_at = ball.shown_at;
            ball.state = BallState::At(state.clone());
        });
        self.change_node(node, |node| {
            node.here.insert(id);
            if let (
                NodeState::WaitingForOthers { group, since, until },
                NodeState::WaitingForOthers { group: old_group, since: old_since, until: old_until },
            ) = (&mut state, &node.state)
                && group == old_group
            {
                *since = *old_since;
                *until = until.or(*old_until);
            }
            node.show(at, shown_at, state);
            shown_at = node.lit_at;
        });
        self.settled_at = self.settled_at.max(shown_at);
    }

    fn hop(&mut self, id: BallId, hop: Hop) {
        let at = self.at;
        let Some(ball) = self.balls.get_mut(&id) else { return };
        let ball = Arc::make_mut(ball);
        self.moving.remove(&(ball.shown_at, id));
        while ball.hops.front().is_some_and(|first| first.is_over(at)) {
            ball.hops.pop_front();
        }
        ball.shown_at = hop.end;
        self.settled_at = self.settled_at.max(hop.end);
        if hop.end > at {
            self.moving.insert((hop.end, id));
        }
        if hop.end > hop.start || ball.hops.is_empty() {
            ball.hops.push_back(hop);
        }
        while self.moving.len() > MAX_MOVING {
            self.forget_glide();
        }
    }

    fn count_wire(&mut self, wire: &WireRef, start: RunMicros, end: RunMicros, carried: Option<Arc<Carried>>) -> u32 {
        let index = match self.names.wire_of.get(wire) {
            Some(index) => *index,
            None => {
                let names = Arc::make_mut(&mut self.names);
                let index = small(names.wires.len());
                names.wire_of.insert(wire.clone(), index);
                names.wires.push(wire.clone());
                self.wires.push(WireView { n: 0, last: None, first_end: end, start, end });
                index
            }
        };
        if let Some(wire) = self.wires.get_mut(index as usize) {
            wire.n += 1;
            wire.last = carried;
            wire.start = start;
            wire.end = wire.end.max(end);
        }
        index
    }

    /// Forgets the glides that are over at `at`, and with them the balls that are gone.
    fn forget_glides(&mut self) {
        while self.moving.first().is_some_and(|(end, _)| *end <= self.at) {
            self.forget_glide();
        }
    }

    fn forget_glide(&mut self) {
        let Some((end, id)) = self.moving.pop_first() else { return };
        if self.balls.get(&id).is_some_and(|ball| ball.is_gone() && ball.shown_at == end) {
            self.balls.remove(&id);
        }
    }
}

impl NodeView {
    fn new(id: NodeId) -> Self {
        Self {
            id,
            state: NodeState::Idle,
            lit_at: RunMicros(0),
            earlier: VecDeque::new(),
            here: BTreeSet::new(),
            n_entered: 0,
            n_left: 0,
            entered_at: None,
            left_at: None,
            took: None,
            called: None,
            attempts: VecDeque::new(),
            payload_in: None,
            payload_out: None,
            headers: Headers::default(),
        }
    }

    /// `state` is so from `at` on; a picture shows it once the shown ball is there.
    fn show(&mut self, at: RunMicros, ball_shown_at: RunMicros, state: NodeState) {
        let lit_at = self.lit_at.max(ball_shown_at).max(at);
        let old = std::mem::replace(&mut self.state, state);
        if lit_at <= at {
            self.earlier.clear();
        } else if self.lit_at < lit_at {
            while self.earlier.get(1).is_some_and(|(from, _)| *from <= at) {
                self.earlier.pop_front();
            }
            if self.earlier.len() == MAX_EARLIER {
                self.earlier.remove(1);
            }
            self.earlier.push_back((self.lit_at, old));
        }
        self.lit_at = lit_at;
    }
}

impl Group {
    fn is_over(&self) -> bool {
        self.balls.is_empty() && self.inner.is_empty()
    }
}

fn failed(at: RunMicros, failure: &Failure, timed_out: bool) -> NodeState {
    NodeState::Failed { at, failure: failure.clone(), timed_out }
}

/// A journal has fewer than 4 billion nodes and wires.
fn small(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
