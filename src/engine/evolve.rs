//! What each event does to a run's state: the only writer, for live runs, replay and recovery alike.

use std::sync::Arc;

use super::state::{Group, Join, KeptSignal, State, Task, Timer};
use super::weight::held;
use super::{Ball, BallAt, Run};
use crate::base::{BallId, GroupId, RunMicros};
use crate::event::{Child, Event, Headers, ParkedOn, Payload, Recorded};
use crate::expr::RunVars;
use crate::plan::Plan;
use crate::play::Policy;

impl Run {
    /// Takes an event into the state. Events of another plan, or out of order, change little and break nothing.
    pub fn evolve(&mut self, recorded: &Recorded) {
        let max_bytes = self.max_bytes();
        let Self { plan, state, .. } = self;
        state.n_events = recorded.seq + 1;
        state.now = recorded.at;
        state.n_quiet = match recorded.event {
            Event::Answered { .. } | Event::AttemptFailed { .. } | Event::Signalled { .. } | Event::Caught { .. } => 0,
            _ => state.n_quiet + 1,
        };
        state.weight.take(&recorded.event);
        state.apply(plan, &recorded.event);
        if state.weight.is_due(max_bytes) {
            state.weight.set(held(state));
        }
        state.trim_agenda(plan);
    }
}

impl State {
    fn apply(&mut self, plan: &Plan, event: &Event) {
        match event {
            Event::Started(started) => {
                self.vars = Some(RunVars {
                    id: started.run.clone(),
                    play: started.play.to_string(),
                    started_ms: started.started_ms,
                });
                if let Some(until) = started.until {
                    self.timers.insert((until, Timer::Run));
                }
                self.started = Some((**started).clone());
            }
            Event::Snapped { ball, node, payload, signal } => {
                let Some(node) = plan.find(node) else { return };
                let at = if signal.is_some() { BallAt::Done } else { BallAt::Arrived };
                let (payload, signal) = (payload.clone(), signal.clone());
                let headers = self.started.as_ref().map(|started| started.headers.clone()).unwrap_or_default();
                self.add(plan, *ball, Ball { payload, headers, signal, at, ..Ball::new(node, GroupId(0)) });
            }
            Event::Moved { ball, wire, payload } => {
                if let Some(to) = plan.find(&wire.to) {
                    self.moved(plan, *ball, to, payload.as_ref());
                }
            }
            Event::Split { ball, group, into, .. } => self.split(plan, *ball, *group, into),
            Event::Waiting { ball, node, group, until } => {
                if let Some(node) = plan.find(node) {
                    self.waiting(plan, *ball, node, *group, *until);
                }
            }
            Event::Joined { node, group, from, ball, payload } => {
                if let Some(node) = plan.find(node) {
                    self.joined(plan, node, *group, from, *ball, payload);
                }
            }
            Event::Called { ball, attempt, visit, to, payload, until, .. } => {
                self.visit(*ball, *visit);
                let (to, sent) = (to.clone(), payload.clone());
                self.set_at(*ball, BallAt::Calling { attempt: *attempt, to, sent, until: *until });
            }
            Event::Answered { ball, payload, headers, .. } => {
                if let Some(found) = self.balls.get_mut(ball) {
                    found.payload = payload.clone();
                    found.headers.take_in(headers);
                }
                self.set_at(*ball, BallAt::Done);
            }
            Event::AttemptFailed { ball, attempt, retry_at, .. } => {
                if let Some(until) = *retry_at {
                    self.set_at(*ball, BallAt::Backoff { attempt: *attempt, until });
                }
            }
            Event::Parked { ball, on, until, .. } => self.parked(*ball, on, *until),
            Event::Signalled { id, name, key, payload } => {
                let (id, name, key, payload) = (id.clone(), name.clone(), key.clone(), payload.clone());
                self.seen_signals.insert(id.clone());
                self.kept.push_back(KeptSignal { id, name, key, payload });
            }
            Event::SignalUsed { ball, id, .. } => self.signal_used(*ball, id),
            Event::Caught { ball, attempt, worker, .. } => {
                self.set_at(*ball, BallAt::Caught { attempt: *attempt, worker: worker.clone() });
            }
            // The event after it parks the ball again.
            Event::Dropped { .. } => {}
            Event::NodeFailed { ball, failure, timed_out, .. } => {
                self.set_at(*ball, BallAt::Failed { failure: failure.clone(), timed_out: *timed_out });
            }
            Event::Lost { ball, .. } => self.lost(plan, *ball),
            Event::Passed { ball, .. } | Event::Cancelled { ball, .. } => self.remove(plan, *ball),
            Event::CancelAsked { reason } => self.cancel_asked = Some(reason.clone()),
            Event::Finished { outcome } => {
                // Nothing of a finished run is needed but what it was and how it ended.
                *self = Self {
                    started: self.started.take(),
                    cancel_asked: self.cancel_asked.take(),
                    outcome: Some(outcome.clone()),
                    n_events: self.n_events,
                    now: self.now,
                    ..Self::default()
                };
            }
        }
    }

    fn add(&mut self, plan: &Plan, id: BallId, ball: Ball) {
        self.next_ball = self.next_ball.max(id.0 + 1);
        if let Some(group) = self.groups.get_mut(&ball.group) {
            group.balls.insert(id);
        }
        self.agenda.push_back(Task::Ball(id));
        let (node, group) = (ball.node, ball.group);
        self.balls.insert(id, ball);
        for &fan_in in plan.ahead(node) {
            self.count_ahead(plan, fan_in, group, true);
        }
    }

    fn remove(&mut self, plan: &Plan, id: BallId) {
        self.clear_at(id);
        self.stop_waiting(plan, id);
        let Some(ball) = self.balls.remove(&id) else { return };
        for &fan_in in plan.ahead(ball.node) {
            self.count_ahead(plan, fan_in, ball.group, false);
        }
        if let Some(group) = self.groups.get_mut(&ball.group) {
            group.balls.remove(&id);
            self.drop_if_over(ball.group);
        }
    }

    fn moved(&mut self, plan: &Plan, id: BallId, to: u32, payload: Option<&Payload>) {
        let Some(ball) = self.balls.get_mut(&id) else { return };
        let (from, group) = (ball.node, ball.group);
        if let Some(payload) = payload {
            if matches!(ball.at, BallAt::Failed { .. }) {
                ball.error =
                    payload.as_json().and_then(|value| value.get("error")).map(|error| Arc::new(error.clone()));
            }
            ball.payload = payload.clone();
        }
        ball.from = Some(from);
        ball.node = to;
        ball.visit = 0;
        ball.quiet_hops += 1;
        self.set_at(id, BallAt::Arrived);
        let (before, after) = (plan.ahead(from), plan.ahead(to));
        for &fan_in in after {
            if before.binary_search(&fan_in).is_err() {
                self.count_ahead(plan, fan_in, group, true);
            }
        }
        for &fan_in in before {
            if after.binary_search(&fan_in).is_err() {
                self.count_ahead(plan, fan_in, group, false);
            }
        }
    }

    fn split(&mut self, plan: &Plan, id: BallId, group: GroupId, into: &[Child]) {
        let Some(ball) = self.balls.get(&id).cloned() else { return };
        let (parent, ordinal) = self.above(ball.group, ball.node).unwrap_or((ball.group, ball.ordinal));
        self.next_group = self.next_group.max(group.0);
        let signal = ball.signal.clone();
        let made = Group { fan_out: ball.node, parent, ordinal, signal, ..Group::default() };
        self.groups.insert(group, made);
        if let Some(above) = self.groups.get_mut(&parent) {
            above.groups.insert(group);
        }
        for (ordinal, child) in (0..).zip(into) {
            let Some(to) = plan.find(&child.to) else { continue };
            let made = Ball {
                from: Some(ball.node),
                payload: child.payload.clone().unwrap_or_else(|| ball.payload.clone()),
                headers: ball.headers.clone(),
                signal: ball.signal.clone(),
                error: ball.error.clone(),
                ordinal,
                quiet_hops: ball.quiet_hops + 1,
                ..Ball::new(to, group)
            };
            self.add(plan, child.ball, made);
        }
        self.remove(plan, id);
        // An empty `each` without a fan-in.
        if into.is_empty() && plan.node(ball.node).first_fan_in.is_none() {
            self.drop_if_over(group);
        }
    }

    /// A ball that comes round to a fan-out leaves its former passage: the group above that, and the place there.
    fn above(&self, mut group: GroupId, fan_out: u32) -> Option<(GroupId, u32)> {
        while let Some(found) = self.groups.get(&group) {
            if found.fan_out == fan_out {
                return Some((found.parent, found.ordinal));
            }
            group = found.parent;
        }
        None
    }

    fn waiting(&mut self, plan: &Plan, id: BallId, fan_in: u32, group: GroupId, until: Option<RunMicros>) {
        if !self.balls.contains_key(&id) {
            return;
        }
        self.set_at(id, BallAt::Waiting { group });
        let opened = self.n_events;
        let join = self.open_join(fan_in, group);
        join.waiting.push_back(id);
        join.opened.get_or_insert(opened);
        if let Some(until) = until {
            join.until = Some(until);
            self.timers.insert((until, Timer::Join(fan_in, group)));
        }
        // It is no longer on its way here, though a cycle may lead here again.
        if plan.ahead(fan_in).binary_search(&fan_in).is_ok() {
            self.count_ahead(plan, fan_in, group, false);
        }
        if self.is_due(plan, fan_in, group) {
            self.agenda.push_back(Task::Join(fan_in, group));
        }
    }

    /// Takes a ball that waits at a fan-in off the list there; others may wait on.
    fn stop_waiting(&mut self, plan: &Plan, id: BallId) {
        let Some(&Ball { node: fan_in, at: BallAt::Waiting { group }, .. }) = self.balls.get(&id) else { return };
        // What `waiting` gave up, the removal of the ball takes away once more.
        if plan.ahead(fan_in).binary_search(&fan_in).is_ok() {
            self.count_ahead(plan, fan_in, group, true);
        }
        let Some(join) = self.joins.get_mut(&(fan_in, group)) else { return };
        // Balls mostly leave in the order in which they came.
        if let Some(at) = join.waiting.iter().position(|&other| other == id) {
            join.waiting.remove(at);
        }
        if join.waiting.is_empty() {
            if join.n_lost == 0 {
                join.opened = None;
            }
            if let Some(until) = join.until.take() {
                self.timers.remove(&(until, Timer::Join(fan_in, group)));
            }
        }
        self.close_join_if_over(fan_in, group);
    }

    fn joined(&mut self, plan: &Plan, fan_in: u32, group: GroupId, from: &[BallId], id: BallId, payload: &Payload) {
        let (parent, ordinal, signal) = match self.groups.get(&group) {
            Some(found) => (found.parent, found.ordinal, found.signal.clone()),
            None => (group, 0, None),
        };
        let balls = || from.iter().filter_map(|id| self.balls.get(id));
        let signal = balls().rev().find_map(|ball| ball.signal.clone()).or(signal);
        let mut headers = Headers::default();
        balls().for_each(|ball| headers.take_in(&ball.headers));
        let quiet_hops = balls().map(|ball| ball.quiet_hops).max().unwrap_or(0);
        let first_ordinal = balls().map(|ball| ball.ordinal).min().unwrap_or(0);
        let closes = plan.node(fan_in).closes;
        let (group_after, ordinal) = if closes { (parent, ordinal) } else { (group, first_ordinal) };
        let made = Ball {
            payload: payload.clone(),
            headers,
            signal,
            ordinal,
            quiet_hops,
            at: BallAt::Done,
            ..Ball::new(fan_in, group_after)
        };
        self.add(plan, id, made);
        let until = self.joins.get_mut(&(fan_in, group)).and_then(|join| {
            join.n_lost = 0;
            join.until.take()
        });
        if let Some(until) = until {
            self.timers.remove(&(until, Timer::Join(fan_in, group)));
        }
        for &id in from {
            self.remove(plan, id);
        }
        self.close_join_if_over(fan_in, group);
        self.drop_if_over(group);
    }

    fn lost(&mut self, plan: &Plan, id: BallId) {
        let Some(ball) = self.balls.get(&id) else { return };
        let (group, fan_ins) = self.nearest_fan_ins(plan, ball);
        for fan_in in fan_ins {
            if plan.node(fan_in).policy() != Policy::All {
                let opened = self.n_events;
                let join = self.open_join(fan_in, group);
                join.n_lost += 1;
                join.opened.get_or_insert(opened);
            }
        }
        self.remove(plan, id);
    }

    fn parked(&mut self, id: BallId, on: &ParkedOn, until: Option<RunMicros>) {
        let at = match on {
            ParkedOn::Signal { name, key } => {
                let order = self.n_events;
                self.parked.insert(order, id);
                BallAt::Parked { name: name.as_str().into(), key: key.clone(), until, order }
            }
            ParkedOn::Worker { to, payload, attempt, visit } => {
                self.visit(id, *visit);
                BallAt::Offered { attempt: *attempt, to: to.clone(), sent: payload.clone(), until }
            }
        };
        if let Some(ball) = self.balls.get_mut(&id) {
            ball.quiet_hops = 0;
        }
        self.set_at(id, at);
    }

    fn signal_used(&mut self, id: BallId, signal: &str) {
        let kept = self.kept.iter().position(|kept| kept.id == signal);
        let payload = match kept {
            Some(at) => self.kept.remove(at).map(|kept| (kept.payload, kept.key.is_some())),
            // A signal to a key has gone to another ball of this run before.
            None => self.last_keyed.as_ref().filter(|(id, _)| id == signal).map(|(_, payload)| (payload.clone(), true)),
        };
        if let Some((payload, is_keyed)) = payload {
            if is_keyed {
                self.last_keyed = Some((signal.to_owned(), payload.clone()));
            }
            if let Some(ball) = self.balls.get_mut(&id) {
                ball.signal = Some(payload);
            }
        }
        self.set_at(id, BallAt::Done);
    }

    fn visit(&mut self, id: BallId, visit: u32) {
        if let Some(ball) = self.balls.get_mut(&id) {
            ball.visit = visit;
            ball.quiet_hops = 0;
            let visits = self.visits.entry(ball.node).or_insert(0);
            *visits = (*visits).max(visit);
        }
    }

    /// Changes what a ball does; puts it on the agenda if its node is to go on with it.
    fn set_at(&mut self, id: BallId, at: BallAt) {
        self.clear_at(id);
        let Some(ball) = self.balls.get_mut(&id) else { return };
        self.n_abroad += usize::from(at.is_abroad());
        if let Some(until) = at.until() {
            self.timers.insert((until, Timer::Ball(id)));
        }
        if matches!(at, BallAt::Arrived | BallAt::Done | BallAt::Failed { .. }) {
            self.agenda.push_back(Task::Ball(id));
        }
        ball.at = at;
    }

    /// Takes back what a ball's state holds elsewhere: its timer, its place among the parked, its count.
    fn clear_at(&mut self, id: BallId) {
        let Some(ball) = self.balls.get(&id) else { return };
        if let Some(until) = ball.at.until() {
            self.timers.remove(&(until, Timer::Ball(id)));
        }
        if let BallAt::Parked { order, .. } = ball.at {
            self.parked.remove(&order);
        }
        self.n_abroad -= usize::from(ball.at.is_abroad());
    }

    fn open_join(&mut self, fan_in: u32, group: GroupId) -> &mut Join {
        let Self { joins, groups, .. } = self;
        joins.entry((fan_in, group)).or_insert_with(|| {
            if let Some(found) = groups.get_mut(&group) {
                found.n_joins += 1;
            }
            Join::default()
        })
    }

    /// One ball of `group` more, or one fewer, may still come to the fan-in.
    fn count_ahead(&mut self, plan: &Plan, fan_in: u32, group: GroupId, more: bool) {
        let group = self.group_of_scope(group, plan.node(fan_in).scope);
        let join = self.open_join(fan_in, group);
        if more {
            join.ahead += 1;
            return;
        }
        join.ahead = join.ahead.saturating_sub(1);
        if join.ahead == 0 && (!join.waiting.is_empty() || join.n_lost > 0) {
            self.agenda.push_back(Task::Join(fan_in, group));
        } else {
            self.close_join_if_over(fan_in, group);
        }
    }

    fn close_join_if_over(&mut self, fan_in: u32, group: GroupId) {
        let key = (fan_in, group);
        let is_over = |join: &Join| join.ahead == 0 && join.waiting.is_empty() && join.n_lost == 0;
        if self.joins.get(&key).is_some_and(is_over) {
            self.joins.remove(&key);
            if let Some(found) = self.groups.get_mut(&group) {
                found.n_joins -= 1;
                self.drop_if_over(group);
            }
        }
    }

    fn drop_if_over(&mut self, mut group: GroupId) {
        while let Some(found) = self.groups.get(&group) {
            if !found.balls.is_empty() || !found.groups.is_empty() || found.n_joins > 0 {
                return;
            }
            let parent = found.parent;
            self.groups.remove(&group);
            if let Some(above) = self.groups.get_mut(&parent) {
                above.groups.remove(&group);
            }
            group = parent;
        }
    }

    /// Whether the fan-in has all that it waits for, or can get no more.
    pub(super) fn is_due(&self, plan: &Plan, fan_in: u32, group: GroupId) -> bool {
        let Some(join) = self.joins.get(&(fan_in, group)) else { return false };
        let is_met = match plan.node(fan_in).policy() {
            Policy::All => false,
            Policy::Any => !join.waiting.is_empty(),
            Policy::Count(n) => !join.waiting.is_empty() && join.waiting.len() >= n as usize,
        };
        is_met || (join.ahead == 0 && (!join.waiting.is_empty() || join.n_lost > 0))
    }

    fn trim_agenda(&mut self, plan: &Plan) {
        while let Some(task) = self.agenda.front() {
            let is_live = match *task {
                Task::Ball(id) => self
                    .balls
                    .get(&id)
                    .is_some_and(|ball| matches!(ball.at, BallAt::Arrived | BallAt::Done | BallAt::Failed { .. })),
                Task::Join(fan_in, group) => self.is_due(plan, fan_in, group),
            };
            if is_live {
                return;
            }
            self.agenda.pop_front();
        }
    }
}

impl Ball {
    /// A ball with nothing that has just come to a node.
    fn new(node: u32, group: GroupId) -> Self {
        Self {
            node,
            from: None,
            payload: Payload::default(),
            headers: Headers::default(),
            signal: None,
            error: None,
            group,
            ordinal: 0,
            visit: 0,
            quiet_hops: 0,
            at: BallAt::Arrived,
        }
    }
}
