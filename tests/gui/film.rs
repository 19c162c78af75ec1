//! A recorded run is scrubbed, looked into, listed and seen over time.

use std::sync::Arc;

use chalktalk::app::port::{FromRunner, LoadedRun};
use chalktalk::app::{Command, Mode, Watch};
use chalktalk::base::{BallId, Coord, RunId, RunMicros};
use chalktalk::event::{Code, Event, Failure, Headers, Outcome, ParkedOn, Payload, Recorded, Started, WireRef};
use chalktalk::replay::NodeState;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use serde_json::json;

use crate::stage::Stage;

pub const PLAY: &str = "play shop/1/order {
  snap order
  call charge = pay/1.4/charge retry 2
  wait-for-signal approve \"yes\"
  pass shipped

  order -> charge -> approve -> shipped

  layout { order 0 100, charge 200 94, approve 460 94, shipped 760 100 }
}
";

/// A call that fails, is made again and answered, then ten minutes of waiting for a signal. The numbers of its events
/// are 0 to 13.
pub fn events(run: &RunId) -> Vec<Recorded> {
    let ball = BallId(0);
    let order: Payload = json!({"item": "ball", "n": 2, "to": {"city": "Bonn", "street": "Hofgarten"}}).into();
    let paid: Payload =
        json!({"item": "ball", "n": 3, "to": {"city": "Bonn", "street": "Hofgarten"}, "receipt": "r-77"}).into();
    let wire = |from: &str, to: &str| WireRef { from: from.into(), to: to.into(), nth: 0 };
    let moved = |from: &str, to: &str| Event::Moved { ball, wire: wire(from, to), payload: None };
    let called = |attempt, payload: &Payload| Event::Called {
        ball,
        node: "charge".into(),
        attempt,
        visit: 1,
        to: Coord::new("pay", "1.4", "charge"),
        payload: payload.clone(),
        until: None,
    };
    let failure = Failure::new(Code::Unavailable, "the bank sleeps");
    let headers = Headers::new([("x-receipt".to_owned(), "r-77".to_owned())]).unwrap();
    let at = |seq: u64, ms: u64, event| Recorded { seq, at: RunMicros::from_ms(ms), event };
    let mut started = Started::new(run.clone(), "shop/1/order".parse().unwrap());
    started.input = order.clone();
    vec![
        at(0, 0, Event::Started(Box::new(started))),
        at(1, 0, Event::Snapped { ball, node: "order".into(), payload: order.clone(), signal: None }),
        at(2, 5, moved("order", "charge")),
        at(3, 5, called(1, &order)),
        at(
            4,
            300,
            Event::AttemptFailed {
                ball,
                node: "charge".into(),
                attempt: 1,
                failure,
                retry_at: Some(RunMicros::from_ms(600)),
            },
        ),
        at(5, 600, called(2, &order)),
        at(6, 900, Event::Answered { ball, node: "charge".into(), attempt: 2, payload: paid.clone(), headers }),
        at(7, 900, moved("charge", "approve")),
        at(
            8,
            900,
            Event::Parked {
                ball,
                node: "approve".into(),
                on: ParkedOn::Signal { name: "yes".into(), key: None },
                until: None,
            },
        ),
        at(
            9,
            600_900,
            Event::Signalled { id: "s".into(), name: "yes".into(), key: None, payload: json!("fine").into() },
        ),
        at(10, 600_900, Event::SignalUsed { ball, node: "approve".into(), id: "s".into() }),
        at(11, 600_900, moved("approve", "shipped")),
        at(12, 600_900, Event::Passed { ball, node: "shipped".into(), payload: paid.clone() }),
        at(
            13,
            600_900,
            Event::Finished {
                outcome: Outcome::Passed { node: "shipped".into(), payload: paid, headers: Headers::default() },
            },
        ),
    ]
}

fn replay() -> Stage {
    let mut stage = Stage::new(PLAY);
    let run = RunId::new("018f-film");
    let doc = Some(Arc::new(chalktalk::lang::parse(PLAY).doc));
    let loaded = LoadedRun { run: run.clone(), doc, item: 0, events: events(&run), live: false, stopped: None };
    stage.hear(FromRunner::Loaded(Box::new(loaded)));
    assert_eq!(stage.editor().session().mode(), Mode::Replay);
    stage
}

fn watch(stage: &Stage) -> &Watch {
    stage.editor().session().watch().unwrap()
}

fn at(stage: &Stage) -> usize {
    watch(stage).playback().n_events()
}

fn selected(stage: &Stage) -> Option<String> {
    stage.editor().session().selection().single_node().map(ToString::to_string)
}

#[test]
fn commands_of_the_slider() {
    let mut stage = replay();
    let speed = |stage: &Stage| watch(stage).playback().speed();
    stage.choose("replay.faster");
    assert!((speed(&stage) - 2.0).abs() < 1e-6);
    stage.choose("replay.slower");
    stage.choose("replay.slower");
    assert!((speed(&stage) - 0.5).abs() < 1e-6);
    stage.choose("replay.next-error");
    assert_eq!(at(&stage), 5);
    stage.choose("replay.next-error");
    assert_eq!(at(&stage), 5, "no error comes after this one");
    stage.choose("replay.end");
    stage.choose("replay.previous-error");
    assert_eq!(at(&stage), 5);
    stage.click_at(stage.node_rect("wait-for-signal approve").center());
    stage.choose("replay.next-here");
    assert_eq!(at(&stage), 8);
    stage.choose("replay.next-here");
    assert_eq!(at(&stage), 9);
    stage.choose("replay.previous-here");
    assert_eq!(at(&stage), 8);
    stage.apply(Command::Seek(RunMicros::from_ms(500_000)));
    stage.choose("replay.backwards");
    assert!(watch(&stage).playback().is_reversed());
    stage.choose("replay.backwards");
    assert!(!watch(&stage).playback().is_playing());
    stage.choose("replay.fold");
    assert!(watch(&stage).playback().is_folded());
    stage.choose("replay.fold");
    // Closer by two steps and wider by one: half of the run, and a click in the middle is not the middle of the whole.
    stage.choose("replay.start");
    stage.choose("replay.zoom-in");
    stage.choose("replay.zoom-in");
    stage.choose("replay.zoom-out");
    let middle = stage.harness.get_by_label("Playhead").rect().center();
    stage.click_at(middle);
    let near = watch(&stage).playback().time();
    stage.choose("replay.zoom-whole");
    stage.click_at(middle);
    let whole = watch(&stage).playback().time();
    assert!(near.as_secs_f64() * 1.9 < whole.as_secs_f64(), "{near:?} {whole:?}");
}

#[test]
fn keys_move_the_playhead() {
    let mut stage = replay();
    stage.key(Modifiers::NONE, Key::N);
    assert_eq!(at(&stage), 5);
    stage.key(Modifiers::SHIFT, Key::Period);
    assert!((watch(&stage).playback().speed() - 2.0).abs() < 1e-6);
    stage.key(Modifiers::NONE, Key::J);
    stage.harness.run_steps(120);
    assert_eq!((at(&stage), watch(&stage).playback().is_playing()), (0, false), "it stops at the start");
    stage.key(Modifiers::NONE, Key::I);
    assert!(watch(&stage).playback().is_folded());
    stage.key(Modifiers::NONE, Key::End);
    stage.key(Modifiers::SHIFT, Key::N);
    assert_eq!(at(&stage), 5);
}

#[test]
fn a_person_types_where_to_go() {
    let mut stage = replay();
    stage.choose("replay.jump");
    stage.harness.event(eframe::egui::Event::Text("5m".into()));
    stage.settle();
    stage.key(Modifiers::NONE, Key::Enter);
    assert_eq!(watch(&stage).playback().time(), RunMicros::from_ms(300_000));
    stage.fill("Go to in the run", "#3");
    assert_eq!(at(&stage), 4);
    stage.fill("Go to in the run", "approve");
    assert_eq!(at(&stage), 8);
    stage.fill("Go to in the run", "yesterday");
    assert_eq!(at(&stage), 8);
    assert!(stage.has_containing("'yesterday' is no time as 12.4s"));
}

#[test]
fn what_is_looked_at_is_said_on_the_canvas() {
    let mut stage = replay();
    assert!(stage.has("Replay: what happened then. Nothing is called."));
    stage.click("Leave the replay");
    assert_eq!(stage.editor().session().mode(), Mode::Editing);
    assert!(!stage.has_containing("Nothing is called"));
    stage.key(Modifiers::NONE, Key::Space);
    let Ok(chalktalk::app::port::ToRunner::Start(asked)) = stage.to_runner.try_recv() else { panic!("no run") };
    let run = RunId::new("018f-live");
    stage.hear(FromRunner::Started { ticket: asked.ticket, run: run.clone() });
    stage.hear(FromRunner::Events { run: run.clone(), events: events(&run)[..9].to_vec() });
    assert!(stage.has("Live run: this is happening now.") && stage.has("Live"));
    stage.key(Modifiers::NONE, Key::Comma);
    assert!(stage.has("Looking back: the run goes on.") && stage.has("Looking back"));
}

#[test]
fn a_long_record_is_seen_while_it_is_read() {
    let mut stage = Stage::new(PLAY);
    let run = RunId::new("018f-film");
    let doc = Some(Arc::new(chalktalk::lang::parse(PLAY).doc));
    let all = events(&run);
    let (first, rest) = (all[..4].to_vec(), all[4..].to_vec());
    stage.hear(FromRunner::Loaded(Box::new(LoadedRun {
        run: run.clone(),
        doc,
        item: 0,
        events: first,
        live: false,
        stopped: None,
    })));
    let until = all.last().unwrap().at;
    stage.hear(FromRunner::Reading { run: run.clone(), n_events: 14, until });
    assert!(watch(&stage).reading().is_some());
    stage.choose("replay.end");
    assert_eq!(watch(&stage).film().until(), until, "the slider is as long as the record from the first picture on");
    stage.hear(FromRunner::Events { run: run.clone(), events: rest });
    stage.hear(FromRunner::HasRead { run });
    assert_eq!((watch(&stage).reading(), watch(&stage).film().events().len()), (None, 14));
}

#[test]
fn a_look_inside_a_node_shows_its_attempts_and_what_changed() {
    let mut stage = replay();
    stage.choose("replay.end");
    stage.choose("view.inspector");
    stage.click_at(stage.node_rect("call charge").center());
    for part in
        ["Inside charge", "Attempt 1 UNAVAILABLE after 295 ms", "Attempt 2 answered after 300 ms", "x-receipt: r-77"]
    {
        assert!(stage.has_containing(part), "{part}");
    }
    assert!(stage.has_containing("2 changes from what came in"));
    assert!(stage.has_containing("n: 3, was 2") && stage.has_containing("receipt: \"r-77\", added"));
    stage.type_into("Find in the payload", "hofgarten");
    assert!(stage.has_containing("to.street: \"Hofgarten\"") && !stage.has_containing("n: 3, was 2"));
    stage.click("Copy Went on as JSON");
    // At an earlier instant it is what it was then.
    stage.type_into("Find in the payload", " ");
    stage.apply(Command::Seek(RunMicros::from_ms(400)));
    assert!(stage.has_containing("Backoff tries again in 200 ms") && !stage.has_containing("Went on"));
    let state = &watch(&stage).view().node("charge").unwrap().state;
    assert!(matches!(state, NodeState::BackingOff { attempt: 2, .. }));
}

#[test]
fn a_ball_and_a_wire_can_be_looked_into() {
    let mut stage = replay();
    stage.apply(Command::Seek(RunMicros::from_ms(300_000)));
    stage.apply(Command::LookAt(Some(BallId(0))));
    assert_eq!(selected(&stage).as_deref(), Some("approve"));
    assert!(stage.has("Inside Ball 0") && stage.has_containing("At approve, waiting for a signal"));
    assert!(stage.has_containing("2 changes since it came to the node before"));
    let wire = WireRef { from: "charge".into(), to: "approve".into(), nth: 0 };
    stage.apply(Command::Select(chalktalk::app::Selection::wire(wire)));
    assert!(stage.has("Inside charge → approve") && stage.has_containing("receipt: \"r-77\", added"));
}

#[test]
fn a_click_on_a_waiting_ball_looks_into_it() {
    let mut stage = replay();
    stage.apply(Command::Seek(RunMicros::from_ms(300_000)));
    // It rests on the upper edge of its card, near the left corner.
    let card = stage.node_rect("wait-for-signal approve");
    let zoom = stage.window().zoom();
    stage.click_at(card.left_top() + eframe::egui::vec2(24.0 * zoom, 0.0));
    assert_eq!(watch(&stage).ball(), Some(BallId(0)));
    stage.click_at(stage.node_rect("call charge").center());
    assert_eq!(watch(&stage).ball(), None, "something else is selected");
}

#[test]
fn the_table_lists_filters_and_leads_to_an_instant() {
    let mut stage = replay();
    stage.choose("view.events");
    assert!(stage.has_containing("Event 0 run:") && stage.has("14 events"));
    stage.type_into("Filter events", "bank sleeps");
    assert!(stage.has("1 event"));
    let row = stage.harness.get_by_label_contains("Event 4 error: charge").rect();
    stage.click_at(row.center());
    assert_eq!(at(&stage), 5);
    stage.type_into("Filter events", " ");
    stage.click_at(stage.node_rect("wait-for-signal approve").center());
    stage.click("of approve");
    assert!(stage.has("4 events"));
    stage.choose("view.timeline");
    assert!(stage.has("Playhead"));
}

#[test]
fn the_rows_of_the_run_and_the_canvas_point_at_each_other() {
    let mut stage = replay();
    stage.choose("replay.critical");
    assert!(stage.harness.query_all_by_label_contains("critical: approve").next().is_some());
    stage.click("Track charge");
    assert_eq!(selected(&stage).as_deref(), Some("charge"));
    stage.choose("replay.critical");
    assert!(stage.harness.query_all_by_label_contains("critical: approve").next().is_none());
}
