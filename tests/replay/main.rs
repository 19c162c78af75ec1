//! Properties of the fold, the film and the playhead over random records, sound and unsound.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use chalktalk::base::{BallId, Coord, GroupId, NodeId, RunId, RunMicros};
use chalktalk::event::{Child, Code, Event, Failure, Headers, Outcome, ParkedOn, Payload, Recorded, Started, WireRef};
use chalktalk::replay::{
    AttemptEnd, BallState, BarKind, EventKind, Film, LAG_MAX_MICROS, NeedsRepaint, NodeState, Playback, Status, View,
};
use proptest::prelude::*;

mod inside;
mod path;
mod slider;

/// Writes a record by hand: each event gets the next number, at the time that `at` says.
#[derive(Default)]
struct Pen {
    events: Vec<Recorded>,
    at: u64,
}

impl Pen {
    fn started() -> Self {
        let mut pen = Self::default();
        pen.write(Event::Started(Box::new(Started::new(RunId::new("r1"), Coord::new("shop", "1", "checkout")))));
        pen
    }

    fn write(&mut self, event: Event) -> &mut Self {
        let seq = self.events.len() as u64;
        self.events.push(Recorded { seq, at: RunMicros(self.at), event });
        self
    }

    fn wait_ms(&mut self, ms: u64) -> &mut Self {
        self.at += ms * 1000;
        self
    }

    fn snap(&mut self, ball: u32, node: &str) -> &mut Self {
        self.write(Event::Snapped { ball: BallId(ball), node: node.into(), payload: json(ball), signal: None })
    }

    fn hop(&mut self, ball: u32, from: &str, to: &str) -> &mut Self {
        self.write(Event::Moved { ball: BallId(ball), wire: wire(from, to), payload: None })
    }

    fn call(&mut self, ball: u32, node: &str, attempt: u32) -> &mut Self {
        self.write(Event::Called {
            ball: BallId(ball),
            node: node.into(),
            attempt,
            visit: 1,
            to: Coord::new("shop", "2.1.0", node),
            payload: json(ball),
            until: None,
        })
    }

    fn answer(&mut self, ball: u32, node: &str, attempt: u32) -> &mut Self {
        let payload = json(ball + 1000);
        self.write(Event::Answered {
            ball: BallId(ball),
            node: node.into(),
            attempt,
            payload,
            headers: Headers::default(),
        })
    }

    fn split(&mut self, ball: u32, node: &str, group: u32, into: &[(u32, &str)]) -> &mut Self {
        let into = into.iter().map(|(ball, to)| Child { ball: BallId(*ball), to: (*to).into(), nth: 0, payload: None });
        self.write(Event::Split { ball: BallId(ball), node: node.into(), group: GroupId(group), into: into.collect() })
    }

    fn waiting(&mut self, ball: u32, node: &str, group: u32) -> &mut Self {
        self.write(Event::Waiting { ball: BallId(ball), node: node.into(), group: GroupId(group), until: None })
    }

    fn pass(&mut self, ball: u32, node: &str) -> &mut Self {
        self.write(Event::Passed { ball: BallId(ball), node: node.into(), payload: json(0) });
        let outcome = Outcome::Passed { node: node.into(), payload: json(0), headers: Headers::default() };
        self.write(Event::Finished { outcome })
    }

    fn join(&mut self, from: &[u32], node: &str, group: u32, ball: u32) -> &mut Self {
        let from = from.iter().map(|ball| BallId(*ball)).collect();
        let (ball, payload) = (BallId(ball), json(0));
        self.write(Event::Joined { node: node.into(), group: GroupId(group), from, ball, payload })
    }

    fn fail(&mut self, ball: u32, node: &str, timed_out: bool) -> &mut Self {
        let failure = Failure::new(Code::Internal, "x");
        self.write(Event::NodeFailed { ball: BallId(ball), node: node.into(), failure, timed_out })
    }

    fn cancel(&mut self, ball: u32, node: &str) -> &mut Self {
        self.write(Event::Cancelled { ball: BallId(ball), node: node.into(), reason: String::new() })
    }

    fn film(&self) -> Film {
        let (film, bad) = Film::from_events(self.events.clone());
        assert_eq!(bad, None);
        film
    }

    fn view(&self) -> View {
        fold(&self.events)
    }
}

fn json(n: u32) -> Payload {
    serde_json::json!(n).into()
}

fn wire(from: &str, to: &str) -> WireRef {
    WireRef { from: from.into(), to: to.into(), nth: 0 }
}

fn fold(events: &[Recorded]) -> View {
    let mut view = View::default();
    events.iter().for_each(|event| view.apply(event));
    view
}

fn ms(ms: u64) -> RunMicros {
    RunMicros::from_ms(ms)
}

#[test]
fn a_retried_call_shows_its_attempts_and_its_backoff() {
    let mut pen = Pen::started();
    pen.snap(0, "order").hop(0, "order", "validate").call(0, "validate", 1).wait_ms(300);
    let failure = Failure::new(Code::Unavailable, "no worker");
    pen.write(Event::AttemptFailed {
        ball: BallId(0),
        node: "validate".into(),
        attempt: 1,
        failure: failure.clone(),
        retry_at: Some(ms(940)),
    });
    let backing = pen.view();
    let node = backing.node("validate").unwrap();
    assert_eq!(node.state, NodeState::BackingOff { attempt: 2, since: ms(300), until: ms(940) });

    pen.wait_ms(640).call(0, "validate", 2).wait_ms(60).answer(0, "validate", 2);
    pen.hop(0, "validate", "shipped");
    pen.write(Event::Passed { ball: BallId(0), node: "shipped".into(), payload: json(7) });
    let outcome = Outcome::Passed { node: "shipped".into(), payload: json(7), headers: Headers::default() };
    pen.write(Event::Finished { outcome });
    let view = pen.view();
    let node = view.node("validate").unwrap();
    assert_eq!(node.state, NodeState::Done { at: ms(1000) });
    assert_eq!(node.took, Some(1_000_000));
    assert_eq!(node.called.as_ref().unwrap().version, "2.1.0");
    assert_eq!((node.payload_in.clone(), node.payload_out.clone()), (Some(json(0)), Some(json(1000))));
    let ends: Vec<_> = node.last_visit().map(|attempt| attempt.end.clone().unwrap()).collect();
    assert_eq!(ends[0], (ms(300), AttemptEnd::Failed(failure)));
    assert_eq!(ends[1], (ms(1000), AttemptEnd::Answered(json(1000))));
    assert!(matches!(view.status(), Status::Finished(Outcome::Passed { .. })));
    let counts = view.counts();
    assert_eq!((counts.balls, counts.balls_in_play, counts.attempts, counts.attempts_failed), (1, 0, 2, 1));

    let (film, bad) = Film::from_events(pen.events);
    assert_eq!(bad, None);
    let bars: Vec<_> = film.tracks()[0].bars.iter().map(|bar| (bar.kind, bar.start, bar.end.unwrap())).collect();
    assert_eq!(
        bars,
        [
            (BarKind::AttemptFailed { attempt: 1 }, ms(0), ms(300)),
            (BarKind::BackOff, ms(300), ms(940)),
            (BarKind::Attempt { attempt: 2 }, ms(940), ms(1000)),
        ]
    );
    let numbers: Vec<_> =
        EventKind::ALL.into_iter().map(|kind| (kind.word(), film.numbers_of(kind).to_vec())).collect();
    let wanted = [
        ("run", vec![0, 9]),
        ("move", vec![1, 2, 7]),
        ("call", vec![3, 5]),
        ("answer", vec![6]),
        ("wait", vec![]),
        ("signal", vec![]),
        ("end", vec![8]),
        ("error", vec![4]),
    ];
    assert_eq!(numbers, wanted);
}

#[test]
fn a_fan_in_says_how_full_it_is_and_where_the_others_are() {
    let mut pen = Pen::started();
    pen.snap(0, "split").split(0, "split", 1, &[(1, "charge"), (2, "reserve"), (3, "gift")]);
    pen.hop(1, "charge", "both").waiting(1, "both", 1).hop(3, "gift", "both").waiting(3, "both", 1);
    let fill = pen.view().fill("both").unwrap();
    assert_eq!((fill.n_here, fill.n_expected), (2, 3));
    assert_eq!(fill.missing_at, [NodeId::new("reserve")]);

    // The third splits once more: its children are expected in its place, until one of them is lost.
    pen.split(2, "reserve", 2, &[(4, "east"), (5, "west")]);
    assert_eq!(pen.view().fill("both").unwrap().n_expected, 4);
    pen.write(Event::Lost { ball: BallId(4), node: "east".into(), reason: "gone".into() });
    pen.write(Event::Joined {
        node: "store".into(),
        group: GroupId(2),
        from: vec![BallId(5)],
        ball: BallId(6),
        payload: json(1),
    });
    let fill = pen.view().fill("both").unwrap();
    assert_eq!((fill.n_expected, fill.missing_at), (3, vec![NodeId::new("store")]));

    pen.hop(6, "store", "both");
    let from = vec![BallId(1), BallId(3), BallId(6)];
    pen.write(Event::Joined { node: "both".into(), group: GroupId(1), from, ball: BallId(7), payload: json(2) });
    pen.hop(7, "both", "done");
    let view = pen.view();
    assert_eq!(view.fill("both"), None);
    assert!(matches!(view.node("both").unwrap().state, NodeState::Done { .. }));
    assert_eq!(view.ball(BallId(7)).unwrap().group, GroupId(0));
    assert_eq!(view.counts().balls_in_play, 1);
}

#[test]
fn an_empty_each_joins_into_the_ball_of_the_outer_group() {
    let mut pen = Pen::started();
    pen.snap(0, "a").split(0, "a", 1, &[(1, "list")]).split(1, "list", 2, &[]);
    let joined = |group, ball| Event::Joined {
        node: "in".into(),
        group: GroupId(group),
        from: Vec::new(),
        ball: BallId(ball),
        payload: json(0),
    };
    pen.write(joined(2, 2));
    let view = pen.view();
    assert_eq!(view.ball(BallId(2)).unwrap().group, GroupId(1));
    assert_eq!(view.counts().balls_in_play, 1);
}

#[test]
fn a_fast_run_is_shown_hop_after_hop_and_nodes_light_up_when_the_ball_is_there() {
    let mut pen = Pen::started();
    pen.snap(0, "a").hop(0, "a", "b").call(0, "b", 1).answer(0, "b", 1).hop(0, "b", "c");
    pen.write(Event::Passed { ball: BallId(0), node: "c".into(), payload: json(1) });
    let view = pen.view();
    let ball = view.ball(BallId(0)).unwrap();
    assert!(matches!(ball.state, BallState::Gone { .. }), "still seen, though it is gone");
    let hops: Vec<_> = ball.hops.iter().map(|hop| (&*hop.wire.to, hop.start.0, hop.end.0)).collect();
    assert_eq!(hops, [("b", 0, 180_000), ("c", 180_000, 338_400)]);
    let b = view.node("b").unwrap();
    assert_eq!(*b.shown(ms(179)), NodeState::Idle);
    assert_eq!(*b.shown(ms(180)), NodeState::Done { at: ms(0) });
    assert_eq!(*view.node("c").unwrap().shown(ms(338)), NodeState::Idle);
    assert_eq!(*view.node("c").unwrap().shown(view.settled_at()), NodeState::Done { at: ms(0) });
    assert_eq!(view.settled_at(), RunMicros(338_400));
}

#[test]
fn a_parked_ball_says_what_it_waits_for_and_carries_the_signal() {
    let mut pen = Pen::started();
    pen.snap(0, "approve");
    let on = ParkedOn::Signal { name: "yes".into(), key: Some("k".into()) };
    pen.write(Event::Parked { ball: BallId(0), node: "approve".into(), on, until: Some(ms(9)) });
    let view = pen.view();
    let waits: Vec<_> = view.waits_for_signal().map(|(ball, name, key)| (ball.id, name, key)).collect();
    assert_eq!(waits, [(BallId(0), "yes", Some("k"))]);
    pen.write(Event::Signalled { id: "s".into(), name: "yes".into(), key: None, payload: json(5) });
    assert_eq!(pen.view().unused_signals().count(), 1);
    pen.write(Event::SignalUsed { ball: BallId(0), node: "approve".into(), id: "s".into() });
    let view = pen.view();
    assert_eq!(view.ball(BallId(0)).unwrap().signal, Some(json(5)));
    assert_eq!((view.unused_signals().count(), view.waits_for_signal().count()), (0, 0));
}

#[test]
fn a_worker_that_goes_away_leaves_the_ball_parked_for_the_next() {
    let mut pen = Pen::started();
    let (ball, node) = (BallId(0), NodeId::new("pack"));
    pen.snap(0, "pack");
    let to = Coord::new("packing", "1", "pack");
    let on = ParkedOn::Worker { to: to.clone(), payload: json(3), attempt: 1, visit: 4 };
    pen.write(Event::Parked { ball, node: node.clone(), on, until: None });
    pen.write(Event::Caught { ball, node: node.clone(), attempt: 1, worker: "w1".into() });
    assert!(matches!(pen.view().node("pack").unwrap().state, NodeState::Running { attempt: 1, .. }));
    pen.write(Event::Dropped { ball, node: node.clone(), worker: "w1".into() });
    let view = pen.view();
    let pack = view.node("pack").unwrap();
    assert!(matches!(&pack.state, NodeState::WaitingForWorker { to: wanted, .. } if *wanted == to));
    let attempt = &pack.attempts[0];
    assert_eq!((attempt.visit, attempt.sent.clone(), attempt.worker.as_deref()), (4, json(3), Some("w1")));
    assert!(matches!(attempt.end, Some((_, AttemptEnd::Dropped))));
}

#[test]
fn an_event_too_many_is_passed_over_and_one_too_few_is_said() {
    let mut pen = Pen::started();
    pen.snap(0, "a").hop(0, "a", "b");
    let mut film = Film::new();
    film.push(pen.events[0].clone()).unwrap();
    film.push(pen.events[0].clone()).unwrap();
    assert_eq!(film.events().len(), 1);
    let bad = film.push(pen.events[2].clone()).unwrap_err();
    assert_eq!((bad.expected, bad.found), (1, 2));
}

/// A random record: `steps` choose what happens next, to which ball.
fn random_run(steps: &[(u8, u8, u16)]) -> Vec<Recorded> {
    let mut pen = Pen::started();
    let mut balls: Vec<(u32, String)> = Vec::new();
    let (mut n_balls, mut n_groups) = (0, 0);
    for &(what, which, wait) in steps {
        pen.at += u64::from(wait) * u64::from(wait) / 50;
        let node = format!("n{}", which % 13);
        let pick = (!balls.is_empty()).then(|| usize::from(which) % balls.len().max(1));
        match (what % 12, pick) {
            (0, _) | (_, None) => {
                pen.snap(n_balls, &node);
                balls.push((n_balls, node));
                n_balls += 1;
            }
            (1..=4, Some(at)) => {
                let (ball, from) = balls[at].clone();
                pen.hop(ball, &from, &node);
                balls[at].1 = node;
            }
            (5, Some(at)) => {
                let (ball, from) = balls.swap_remove(at);
                n_groups += 1;
                let into: Vec<_> = (0..u32::from(what) % 4).map(|i| (n_balls + i, format!("n{i}"))).collect();
                n_balls += u32::try_from(into.len()).unwrap();
                let children: Vec<_> = into.iter().map(|(ball, to)| (*ball, to.as_str())).collect();
                pen.split(ball, &from, n_groups, &children);
                balls.extend(into);
            }
            (6, Some(at)) => {
                let (ball, at) = balls[at].clone();
                pen.call(ball, &at, u32::from(which % 3) + 1);
            }
            (7, Some(at)) => {
                let (ball, at) = balls[at].clone();
                pen.answer(ball, &at, u32::from(which % 3) + 1);
            }
            (8, Some(at)) => {
                let (ball, at) = balls[at].clone();
                pen.waiting(ball, &at, u32::from(which) % (n_groups + 1));
            }
            (9, Some(at)) => {
                let group = u32::from(which) % (n_groups + 1);
                let node = balls[at].1.clone();
                let from: Vec<_> = balls.iter().filter(|ball| ball.1 == node).map(|ball| BallId(ball.0)).collect();
                balls.retain(|ball| ball.1 != node);
                let (ball, payload) = (BallId(n_balls), json(0));
                let event = Event::Joined { node: node.as_str().into(), group: GroupId(group), from, ball, payload };
                pen.write(event);
                balls.push((n_balls, node));
                n_balls += 1;
            }
            (10, Some(at)) => {
                let (ball, at) = balls[at].clone();
                let failure = Failure::new(Code::Internal, "x");
                let event =
                    Event::NodeFailed { ball: BallId(ball), node: at.as_str().into(), failure, timed_out: false };
                pen.write(event);
            }
            (_, Some(at)) => {
                let (ball, at) = balls.swap_remove(at);
                let (ball, node, reason) = (BallId(ball), NodeId::new(at), String::new());
                pen.write(match which % 3 {
                    0 => Event::Passed { ball, node, payload: json(0) },
                    1 => Event::Lost { ball, node, reason },
                    _ => Event::Cancelled { ball, node, reason },
                });
            }
        }
    }
    pen.events
}

/// A random record that no engine would write: balls and nodes that were never there, in any order.
fn unsound_run(steps: &[(u8, u8, u16)]) -> Vec<Recorded> {
    let mut events = random_run(steps);
    events.retain(|event| event.seq % 3 != 1);
    for (event, seq) in events.iter_mut().zip(0..) {
        event.seq = seq;
    }
    events
}

fn steps(max: usize) -> impl Strategy<Value = Vec<(u8, u8, u16)>> {
    proptest::collection::vec(any::<(u8, u8, u16)>(), 0..max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_instant_by_keyframes_is_the_fold_from_the_start(steps in steps(2500), seeks in proptest::collection::vec(any::<u16>(), 12)) {
        for events in [random_run(&steps), unsound_run(&steps)] {
            let (film, bad) = Film::from_events(events.clone());
            prop_assert_eq!(bad, None);
            let mut view = View::default();
            for seek in &seeks {
                let n = usize::from(*seek) % (events.len() + 1);
                film.seek(&mut view, n);
                let folded = fold(&events[..n]);
                prop_assert_eq!(&view, &folded);
                prop_assert_eq!(&film.view_at(n), &folded);
                prop_assert_eq!(film.settled_at(n), folded.settled_at());
            }
            prop_assert_eq!(film.latest(), &fold(&events));
        }
    }

    #[test]
    fn the_picture_lags_by_a_bounded_time_and_forgets_what_is_gone(steps in steps(600)) {
        let events = random_run(&steps);
        let mut view = View::default();
        for event in &events {
            view.apply(event);
            prop_assert!(view.settled_at().0 <= view.at().0 + LAG_MAX_MICROS + 600_000);
            let in_play = view.balls().filter(|ball| !ball.is_gone()).count();
            prop_assert_eq!(in_play, view.counts().balls_in_play as usize);
            for ball in view.balls() {
                prop_assert!(!ball.is_gone() || ball.shown_at > view.at(), "{:?}", ball);
                prop_assert!(ball.hops.iter().zip(ball.hops.iter().skip(1)).all(|(a, b)| a.end <= b.start));
                prop_assert!(ball.hops.back().is_none_or(|hop| hop.end <= ball.shown_at));
            }
            for node in view.nodes() {
                prop_assert_eq!(node.shown(view.settled_at()), &node.state);
                for ball in &node.here {
                    let at = &view.ball(*ball).expect("a ball at a node is in play").node;
                    prop_assert_eq!(at, &node.id);
                }
            }
        }
    }

    #[test]
    fn playing_shows_every_event_in_order_and_stops_at_the_end(steps in steps(300), dt in 0.001f32..0.3) {
        let mut events = random_run(&steps);
        let at = events.last().map_or(RunMicros(0), |last| last.at);
        let outcome = Outcome::Cancelled { reason: String::new() };
        events.push(Recorded { seq: events.len() as u64, at, event: Event::Finished { outcome } });
        let (film, _) = Film::from_events(events.clone());
        let (mut playback, mut view) = (Playback::new(), View::default());
        playback.set_speed(1000.0);
        playback.play(&film);
        let mut last = 0;
        while playback.update(dt, &film) == NeedsRepaint::Yes {
            playback.bring(&mut view, &film);
            prop_assert!(playback.n_events() >= last);
            prop_assert_eq!(&view, &film.view_at_time(playback.time()));
            last = playback.n_events();
        }
        prop_assert!(!playback.is_playing());
        prop_assert_eq!(last, events.len());
        prop_assert_eq!(playback.shown_time(), film.end());
    }
}

#[test]
fn steps_pause_after_each_event_and_let_its_glide_be_seen() {
    let mut pen = Pen::started();
    pen.snap(0, "a").wait_ms(10).hop(0, "a", "b").wait_ms(2000).hop(0, "b", "c");
    let (film, _) = Film::from_events(pen.events);
    let mut playback = Playback::new();
    playback.step_forward(&film);
    playback.step_forward(&film);
    playback.step_forward(&film);
    assert_eq!((playback.n_events(), playback.time(), playback.shown_time()), (3, ms(10), ms(10)));
    assert_eq!(playback.update(0.125, &film), NeedsRepaint::Yes);
    assert_eq!((playback.time(), playback.shown_time()), (ms(10), ms(135)));
    while playback.update(0.1, &film) == NeedsRepaint::Yes {}
    assert_eq!(playback.shown_time(), film.settled_at(3));
    playback.step_forward(&film);
    playback.step_back(&film);
    assert_eq!((playback.n_events(), playback.shown_time()), (3, film.settled_at(3)), "backwards there is no glide");
    assert_eq!(playback.update(0.1, &film), NeedsRepaint::No);
    playback.seek(ms(50), &film);
    assert_eq!(playback.update(0.1, &film), NeedsRepaint::No, "a seek shows just that instant");
    assert_eq!((playback.n_events(), playback.shown_time()), (3, ms(50)));
}

#[test]
fn following_stays_with_the_run_and_lets_the_last_glide_end() {
    let mut pen = Pen::started();
    pen.snap(0, "a").wait_ms(5).hop(0, "a", "b");
    let mut film = Film::new();
    let mut playback = Playback::live();
    assert_eq!(playback.update(1.0, &film), NeedsRepaint::No, "nothing has happened yet");
    for event in pen.events.drain(..) {
        film.push(event).unwrap();
    }
    playback.update(0.001, &film);
    assert_eq!((playback.n_events(), playback.time()), (3, ms(5)));
    playback.update(1.0 / 64.0, &film);
    assert_eq!((playback.n_events(), playback.time()), (3, RunMicros(5_000 + 15_625)));
    film.heard_until(ms(100));
    playback.update(0.02, &film);
    assert_eq!(playback.time(), ms(100), "the run's own clock leads");
    let outcome = Outcome::Cancelled { reason: String::new() };
    film.push(Recorded { seq: 3, at: ms(110), event: Event::Finished { outcome } }).unwrap();
    let mut n = 0;
    while playback.update(0.02, &film) == NeedsRepaint::Yes && n < 1000 {
        n += 1;
    }
    assert_eq!((playback.is_playing(), playback.time()), (false, film.end()));
    playback.play(&film);
    assert_eq!((playback.n_events(), playback.time()), (2, ms(0)), "playing at the end starts again");
}
