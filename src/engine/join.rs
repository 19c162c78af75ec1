//! Fan-ins: which balls belong together, when they go on as one, and who is no longer waited for.

use serde_json::{Map, Value};

use super::leave::node_failed;
use super::state::Join;
use super::{Ball, BallAt, Run};
use crate::base::{BallId, GroupId, RunMicros};
use crate::event::{Code, Event, Failure, Outcome, Payload};
use crate::plan::{Kind, PlanNode, Spread};
use crate::play::Policy;

impl Run {
    pub(super) fn wait_for_others(&self, now: RunMicros, id: BallId, ball: &Ball, node: &PlanNode) -> Vec<Event> {
        let group = self.state.group_of_scope(ball.group, node.scope);
        let is_first = self.state.joins.get(&(ball.node, group)).is_none_or(|join| join.waiting.is_empty());
        let until = node.timeout.filter(|_| is_first).map(|timeout| now.plus(timeout));
        vec![Event::Waiting { ball: id, node: node.id.clone(), group, until }]
    }

    /// What a fan-in does now: joins, fails, or nothing yet. `forced`: nobody else can come, whatever the count says.
    pub(super) fn join_due(&self, fan_in: u32, group: GroupId, forced: bool) -> Vec<Event> {
        let Some(join) = self.state.joins.get(&(fan_in, group)) else { return Vec::new() };
        let node = self.plan.node(fan_in);
        let n_waiting = join.waiting.len();
        let none_ahead = join.ahead == 0 || forced;
        let n_taken = match node.policy() {
            Policy::All if none_ahead && n_waiting > 0 => n_waiting,
            Policy::Any if n_waiting > 0 => 1,
            Policy::Count(n) if n_waiting > 0 && n_waiting >= n as usize => n as usize,
            policy if none_ahead && (n_waiting > 0 || join.n_lost > 0) => {
                let failure = Failure::new(Code::FailedPrecondition, cannot_be_met(policy, n_waiting, join.n_lost));
                return self.join_failed(fan_in, group, join, failure, false);
            }
            _ => return Vec::new(),
        };
        let taken: Vec<BallId> = join.waiting.iter().take(n_taken).copied().collect();
        let (payload, failure) = match self.gather(node, group, &taken) {
            Ok(payload) => (payload, None),
            Err(failure) => (Payload::default(), Some(failure)),
        };
        let mut events = self.joined(node, group, &taken, payload, failure, false);
        // What was forced may still be of use elsewhere.
        if !forced {
            self.cancel_losers(fan_in, group, &taken, &format!("{} has gone on without it", node.id), &mut events);
        }
        events
    }

    pub(super) fn join_timed_out(&self, fan_in: u32, group: GroupId) -> Vec<Event> {
        let Some(join) = self.state.joins.get(&(fan_in, group)) else { return Vec::new() };
        let message = format!("{} of the balls came in time", join.waiting.len());
        self.join_failed(fan_in, group, join, Failure::new(Code::DeadlineExceeded, message), true)
    }

    fn join_failed(&self, fan_in: u32, group: GroupId, join: &Join, failure: Failure, timed_out: bool) -> Vec<Event> {
        let node = self.plan.node(fan_in);
        let reason = format!("{} has failed", node.id);
        let taken: Vec<BallId> = join.waiting.iter().copied().collect();
        let payload = self.gather(node, group, &taken).unwrap_or_default();
        let mut events = self.joined(node, group, &taken, payload, Some(failure), timed_out);
        self.cancel_losers(fan_in, group, &taken, &reason, &mut events);
        events
    }

    /// The fan-in of an `each` over an empty list.
    pub(super) fn join_nothing(&self, fan_in: u32, group: GroupId) -> Vec<Event> {
        let node = self.plan.node(fan_in);
        let failure = match node.policy() {
            Policy::All => None,
            policy => Some(Failure::new(Code::FailedPrecondition, cannot_be_met(policy, 0, 0))),
        };
        self.joined(node, group, &[], Payload::from(Value::Array(Vec::new())), failure, false)
    }

    fn joined(
        &self,
        node: &PlanNode,
        group: GroupId,
        taken: &[BallId],
        payload: Payload,
        failure: Option<Failure>,
        timed_out: bool,
    ) -> Vec<Event> {
        let ball = BallId(self.state.next_ball);
        let mut events = vec![Event::Joined { node: node.id.clone(), group, from: taken.to_vec(), ball, payload }];
        match failure {
            Some(failure) if timed_out => {
                events.push(Event::NodeFailed { ball, node: node.id.clone(), failure, timed_out });
            }
            Some(failure) => events.push(node_failed(ball, node, failure)),
            None => {}
        }
        events
    }

    /// Takes the balls of the group out of play that could still come to the fan-in, in order.
    fn cancel_losers(&self, fan_in: u32, group: GroupId, taken: &[BallId], reason: &str, events: &mut Vec<Event>) {
        let join = self.state.joins.get(&(fan_in, group));
        let has_losers = join.is_some_and(|join| join.ahead > 0 || join.waiting.len() > taken.len());
        if !has_losers {
            return;
        }
        let taken: rustc_hash::FxHashSet<BallId> = taken.iter().copied().collect();
        let mut losers = Vec::new();
        self.for_each_ball_in(group, &mut |id, ball| {
            let waits_here = ball.node == fan_in && matches!(ball.at, BallAt::Waiting { group: of } if of == group);
            let could_come = !waits_here && self.plan.ahead(ball.node).binary_search(&fan_in).is_ok();
            if (waits_here && !taken.contains(&id)) || could_come {
                losers.push((id, ball.node));
            }
        });
        losers.sort_unstable();
        for (ball, at) in losers {
            events.push(Event::Cancelled { ball, node: self.id(at), reason: reason.to_owned() });
        }
    }

    fn for_each_ball_in<'s>(&'s self, group: GroupId, visit: &mut impl FnMut(BallId, &'s Ball)) {
        if group == GroupId(0) {
            for (&id, ball) in &self.state.balls {
                visit(id, ball);
            }
            return;
        }
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            let Some(found) = self.state.groups.get(&group) else { continue };
            groups.extend(&found.groups);
            for id in &found.balls {
                if let Some(ball) = self.state.balls.get(id) {
                    visit(*id, ball);
                }
            }
        }
    }

    /// The payload of the joined ball: an object keyed by the node that each came from, a list in order after
    /// `each`, the winner alone for `any`.
    fn gather(&self, node: &PlanNode, group: GroupId, taken: &[BallId]) -> Result<Payload, Failure> {
        let balls: Vec<(BallId, &Ball)> =
            taken.iter().filter_map(|id| self.state.balls.get(id).map(|ball| (*id, ball))).collect();
        if let (Policy::Any, Some((_, winner))) = (node.policy(), balls.first()) {
            return Ok(winner.payload.clone());
        }
        if let Some(opaque) = balls.iter().find_map(|(_, ball)| match &ball.payload {
            Payload::Opaque(opaque) => Some(opaque),
            Payload::Json(_) | Payload::Text(_) => None,
        }) {
            let message = format!(
                "a {} cannot be joined with others, only JSON can: let that branch answer JSON, or write `fan-in {} any`",
                opaque.type_url, node.id
            );
            return Err(Failure::new(Code::InvalidArgument, message));
        }
        if self.is_each(node.scope) {
            let mut in_order: Vec<_> =
                balls.iter().map(|(id, ball)| (self.ordinal_in(ball, group), *id, ball)).collect();
            in_order.sort_unstable_by_key(|(ordinal, id, _)| (*ordinal, *id));
            let list = in_order.into_iter().map(|(_, _, ball)| (*ball.payload.to_json()).clone()).collect();
            return Ok(Payload::from(Value::Array(list)));
        }
        let mut object = Map::new();
        let mut many = Vec::new();
        for (_, ball) in balls {
            let key = ball.from.map_or_else(String::new, |from| self.id(from).to_string());
            let value = (*ball.payload.to_json()).clone();
            match object.get_mut(&key) {
                None => {
                    object.insert(key, value);
                }
                // Several balls came from one node: a list in the order in which they came.
                Some(Value::Array(list)) if many.contains(&key) => list.push(value),
                Some(first) => {
                    *first = Value::Array(vec![first.take(), value]);
                    many.push(key);
                }
            }
        }
        Ok(Payload::from(Value::Object(object)))
    }

    fn is_each(&self, scope: Option<u32>) -> bool {
        scope.is_some_and(|scope| matches!(self.plan.node(scope).kind, Kind::FanOut(Spread::Each(_))))
    }

    /// The ball's place among what its passage through the group's fan-out made.
    fn ordinal_in(&self, ball: &Ball, group: GroupId) -> u32 {
        let (mut at, mut ordinal) = (ball.group, ball.ordinal);
        while at != group {
            let Some(found) = self.state.groups.get(&at) else { break };
            (at, ordinal) = (found.parent, found.ordinal);
        }
        ordinal
    }

    /// Nothing moves and nothing in the world is waited for: fan-ins that wait for each other are let go, the oldest
    /// first; without any, the run is over without a pass.
    pub(super) fn stalled(&self) -> Vec<Event> {
        let oldest = self
            .state
            .balls
            .values()
            .filter_map(|ball| match ball.at {
                BallAt::Waiting { group } => {
                    let key = (ball.node, group);
                    self.state.joins.get(&key).map(|join| (join.opened, key))
                }
                _ => None,
            })
            .min();
        let events = oldest.map_or_else(Vec::new, |(_, (fan_in, group))| self.join_due(fan_in, group, true));
        if !events.is_empty() {
            return events;
        }
        let failure = Failure::new(Code::FailedPrecondition, "no ball is left, and none was passed");
        let mut events = Vec::new();
        self.end(Outcome::Failed { node: None, failure }, None, "the run cannot go on", &mut events);
        events
    }
}

fn cannot_be_met(policy: Policy, n_waiting: usize, n_lost: u32) -> String {
    let wanted = match policy {
        Policy::Count(n) => n.to_string(),
        Policy::Any | Policy::All => "1".to_owned(),
    };
    let lost = if n_lost > 0 { format!(", {n_lost} lost") } else { String::new() };
    format!("{wanted} of the balls wanted, {n_waiting} came{lost}, and no more can come")
}
