//! Spans of whole runs, as the engine makes them.

use super::fold::Trace;
use super::follow::Follower;
use super::span::{Kind, Seen, Span};
use crate::base::{BallId, Coord, NodeId, RunId, RunMicros};
use crate::event::{Code, Event, Failure, Headers, Outcome, Payload, Recorded, Started, TraceContext, WireRef};
use crate::journal::{Append, Journal};

const RUN: &str = "018bcfe5-6800-7123-8000-000000000001";

fn started(trace: Option<TraceContext>) -> Event {
    Event::Started(Box::new(Started {
        started_ms: 1_700_000_000_000,
        trace: trace.map(Box::new),
        ..Started::new(RunId::new(RUN), Coord::new("t", "1", "x"))
    }))
}

fn moved(from: &str, to: &str) -> Event {
    let wire = WireRef { from: NodeId::new(from), to: NodeId::new(to), nth: 0 };
    Event::Moved { ball: BallId(0), wire, payload: None }
}

/// Snap, a call that fails once, a pass.
fn history(trace: Option<TraceContext>) -> Vec<Recorded> {
    let (ball, node) = (BallId(0), NodeId::new("b"));
    let called = |attempt| Event::Called {
        ball,
        node: node.clone(),
        attempt,
        visit: 1,
        to: Coord::new("demo", "1", "echo"),
        payload: Payload::default(),
        until: None,
    };
    let events = vec![
        started(trace),
        Event::Snapped { ball, node: NodeId::new("a"), payload: Payload::default(), signal: None },
        moved("a", "b"),
        called(1),
        Event::AttemptFailed {
            ball,
            node: node.clone(),
            attempt: 1,
            failure: Failure::new(Code::Unavailable, "gone"),
            retry_at: Some(RunMicros(5000)),
        },
        called(2),
        Event::Answered {
            ball,
            node: node.clone(),
            attempt: 2,
            payload: Payload::default(),
            headers: Headers::default(),
        },
        moved("b", "c"),
        Event::Passed { ball, node: NodeId::new("c"), payload: Payload::default() },
        Event::Finished {
            outcome: Outcome::Passed {
                node: NodeId::new("c"),
                payload: Payload::default(),
                headers: Headers::default(),
            },
        },
    ];
    let at = |seq: usize| RunMicros(seq as u64 * 1000);
    events.into_iter().enumerate().map(|(seq, event)| Recorded { seq: seq as u64, at: at(seq), event }).collect()
}

fn spans(seen: Vec<Seen>) -> Vec<Span> {
    let spans = seen.into_iter().filter_map(|one| if let Seen::Span(span) = one { Some(*span) } else { None });
    spans.collect()
}

fn fold(history: &[Recorded]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut trace = Trace::new(&history[0], true, &mut seen).unwrap();
    history[1..].iter().for_each(|recorded| trace.take(recorded, &mut seen));
    seen
}

#[test]
fn a_run_is_a_tree_of_spans_with_the_times_of_its_events() {
    let parent = TraceContext::read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=1").unwrap();
    let seen = fold(&history(Some(parent.clone())));
    let calls: Vec<_> = seen.iter().filter(|one| matches!(one, Seen::Called { .. })).collect();
    assert_eq!(calls.len(), 2);
    assert_eq!(*calls[0], Seen::Called { to: "demo/1/echo".into(), code: Some(Code::Unavailable), took_us: 1000 });
    let spans = spans(seen);
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["a", "demo/1/echo", "demo/1/echo", "b", "c", "t/1/x"]);
    let (run, b) = (&spans[5], &spans[3]);
    assert_eq!((run.parent, run.is_entry, run.kind, run.failed), (parent.span, true, Kind::Server, None));
    assert!(spans.iter().all(|span| span.trace == parent.trace && span.state == "a=1"));
    assert!([0, 3, 4].iter().all(|at: &usize| spans[*at].parent == run.id));
    assert_eq!((spans[1].parent, spans[1].failed, spans[2].failed), (b.id, Some(Code::Unavailable), None));
    let zero = 1_700_000_000_000_000;
    assert_eq!((spans[1].begun_us, spans[1].ended_us), (zero + 3000, zero + 4000));
    assert_eq!((b.begun_us, b.ended_us, b.notes[0].name), (zero + 2000, zero + 7000, "retry"));
    let context = TraceContext::of_attempt(&RunId::new(RUN), Some(&parent), &NodeId::new("b"), 1, 2);
    assert_eq!(spans[2].id, context.span);
}

#[test]
fn who_is_not_sampled_gives_no_spans_and_still_counts() {
    let parent = TraceContext::read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "").unwrap();
    let seen = fold(&history(Some(parent)));
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert_eq!(spans(seen), []);
}

/// At every place where a process may have ended, or missed something.
#[test]
fn a_run_that_is_taken_up_again_goes_on_with_the_same_spans() {
    let history = history(None);
    let whole = spans(fold(&history));
    let mut journal = Journal::memory();
    let document = journal.document("play").unwrap();
    let run = RunId::new(RUN);
    journal.append(&[Append { run: &run, document: Some(document), events: &history }], &[]).unwrap();
    for cut in 1..history.len() {
        let (before, after) = history.split_at(cut);
        let follower = || Follower::new(journal.reader().unwrap(), true);

        let (mut first, mut second) = (Vec::new(), Vec::new());
        follower().take(&run, before, &mut first);
        follower().take(&run, after, &mut second);
        assert_eq!([spans(first), spans(second)].concat(), whole, "cut at {cut}");

        // One event is missed, and comes from the journal.
        let (mut seen, mut one) = (Vec::new(), follower());
        one.take(&run, before, &mut seen);
        one.take(&run, &after[1..], &mut seen);
        if after.len() > 1 {
            assert_eq!(spans(seen), whole, "missed {cut}");
        }
        assert_eq!(one.n_lost, 0);
    }
}
