use std::sync::Arc;

use super::explore::{Script, Step, apply};
use crate::base::RunMicros;
use crate::engine::{BallAt, Oracle, Run};
use crate::event::Recorded;
use crate::plan::Plan;

/// Between two steps, so that each can be seen.
const STEP_US: u64 = 400_000;
/// Attempts that are shown of a node that is late each time.
const MAX_ATTEMPTS: usize = 100;

/// The events of a run of the play itself that takes the path, on a clock of its own.
pub(super) fn play(plan: &Plan, path: &[(Step, Vec<u8>)]) -> Vec<Recorded> {
    let script = Arc::new(Script::default());
    let mut run = Run::new(Arc::new(plan.clone())).guessing(Arc::clone(&script) as Arc<dyn Oracle>);
    let mut now = RunMicros(0);
    let mut journal = Vec::new();
    for (step, choices) in path {
        let mut attempts = 0;
        loop {
            now = until(&run, *step, now);
            let Some((after, events)) = apply(&run, &script, now, *step, choices) else { return journal };
            run = after;
            journal.extend(events);
            attempts += 1;
            // The search knows one attempt; here each of them is late.
            let again = match step {
                Step::Late(ball) => run.ball(*ball).is_some_and(|ball| match &ball.at {
                    BallAt::Backoff { .. } => true,
                    BallAt::Calling { attempt, .. } => *attempt > 1,
                    _ => false,
                }),
                _ => false,
            };
            if !again || attempts >= MAX_ATTEMPTS {
                break;
            }
        }
        if *step != Step::Settle {
            now = now.plus(STEP_US);
        }
    }
    journal
}

/// When the step happens: a timeout when its time has come.
fn until(run: &Run, step: Step, now: RunMicros) -> RunMicros {
    let due = match step {
        Step::Late(ball) => run.ball(ball).and_then(|ball| match &ball.at {
            BallAt::Calling { until, .. } | BallAt::Parked { until, .. } | BallAt::Offered { until, .. } => *until,
            BallAt::Backoff { until, .. } => Some(*until),
            _ => None,
        }),
        Step::LateJoin(..) => run.next_deadline(),
        _ => None,
    };
    due.map_or(now, |due| due.max(now))
}
