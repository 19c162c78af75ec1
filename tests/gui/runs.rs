use std::sync::Arc;

use chalktalk::app::Mode;
use chalktalk::app::port::{FromRunner, LoadedRun, RunState, RunSummary, Ticket, ToRunner};
use chalktalk::base::{BallId, RunId, RunMicros};
use chalktalk::event::{Event, ParkedOn, Payload, Recorded, Started, WireRef};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use serde_json::json;

use crate::stage::Stage;

pub const PLAY: &str = "play shop/1/wait {
  snap start
  wait-for-signal ok \"go\"
  pass done

  start -> ok -> done

  layout { start 0 100, ok 160 94, done 460 100 }
}
";

pub fn events(run: &RunId) -> Vec<Recorded> {
    let ball = BallId(0);
    let wire = |from: &str, to: &str| WireRef { from: from.into(), to: to.into(), nth: 0 };
    let started = Started::new(run.clone(), "shop/1/wait".parse().unwrap());
    let list = [
        Event::Started(Box::new(started)),
        Event::Snapped { ball, node: "start".into(), payload: Payload::default(), signal: None },
        Event::Moved { ball, wire: wire("start", "ok"), payload: None },
        Event::Parked { ball, node: "ok".into(), on: ParkedOn::Signal { name: "go".into(), key: None }, until: None },
    ];
    (0..).zip(list).map(|(seq, event)| Recorded { seq, at: RunMicros::from_ms(seq * 10), event }).collect()
}

/// Presses Run, answers for the runner, and comes back with the run.
fn start(stage: &mut Stage) -> (Ticket, RunId) {
    let Ok(ToRunner::Start(asked)) = stage.to_runner.try_recv() else { panic!("no run was asked for") };
    let run = RunId::new("018f-run");
    stage.hear(FromRunner::Started { ticket: asked.ticket, run: run.clone() });
    stage.hear(FromRunner::Events { run: run.clone(), events: events(&run) });
    // The glide to the waiting node takes its time.
    stage.harness.run_steps(60);
    (asked.ticket, run)
}

#[test]
fn run_starts_a_run_and_a_click_on_the_waiting_node_sends_its_signal() {
    let mut stage = Stage::new(PLAY);
    stage.click("Run");
    let (_, run) = start(&mut stage);
    assert_eq!(stage.editor().session().mode(), Mode::Live);
    assert!(stage.has("Stop") && stage.has("Live"));
    // The name of the run takes its room in the bar from the search field.
    let by_label = |label| stage.harness.get_by_label(label).rect();
    assert!(!by_label("Find").intersects(by_label("Formation")));
    assert!(stage.has_containing("wait-for-signal ok, waiting for a signal"));
    stage.click("Send signal to ok");
    let sent = stage.to_runner.try_recv().unwrap();
    assert_eq!(sent, ToRunner::Signal { run: run.clone(), name: "go".into(), payload: json!({}) });
    stage.click("Stop");
    assert_eq!(stage.to_runner.try_recv().unwrap(), ToRunner::Cancel { run });
}

#[test]
fn a_signal_may_have_a_payload() {
    let mut stage = Stage::new(PLAY);
    stage.click("Run");
    start(&mut stage);
    stage.click("Signal payload for ok");
    stage.harness.event(eframe::egui::Event::Text("5".into()));
    stage.settle();
    assert!(stage.has_containing("not JSON"));
    stage.key(Modifiers::COMMAND, Key::A);
    stage.harness.event(eframe::egui::Event::Text("{\"by\": \"Ann\"}".into()));
    stage.settle();
    stage.click("Send");
    let Ok(ToRunner::Signal { payload, .. }) = stage.to_runner.try_recv() else { panic!("no signal was sent") };
    assert_eq!(payload, json!({"by": "Ann"}));
}

#[test]
fn space_starts_a_run_unless_a_field_has_the_focus() {
    let mut stage = Stage::new(PLAY);
    stage.key(Modifiers::NONE, Key::Space);
    assert!(matches!(stage.to_runner.try_recv(), Ok(ToRunner::Start(_))));
}

#[test]
fn the_input_of_a_run_is_asked_for_and_checked() {
    let mut stage = Stage::new(PLAY);
    stage.click("Input");
    stage.key(Modifiers::COMMAND, Key::A);
    stage.harness.event(eframe::egui::Event::Text("{\"n\": 7}".into()));
    stage.settle();
    stage.click("Run with it");
    let Ok(ToRunner::Start(asked)) = stage.to_runner.try_recv() else { panic!("no run was asked for") };
    assert_eq!(asked.input, json!({"n": 7}));
}

#[test]
fn a_past_run_is_replayed_and_marked_as_a_replay() {
    let mut stage = Stage::new(PLAY);
    stage.click("Past runs");
    assert!(matches!(stage.to_runner.try_recv(), Ok(ToRunner::ListRuns { .. })));
    let run = RunId::new("018f-past");
    stage.hear(FromRunner::Runs(vec![RunSummary {
        run: run.clone(),
        play: "shop/1/wait".parse().unwrap(),
        started_ms: 1_795_492_752_000,
        state: RunState::Passed,
        reason: None,
        n_events: 4,
        took_micros: 30_000,
    }]));
    stage.click("Replay run 018f-past of shop/1/wait, passed");
    assert_eq!(stage.to_runner.try_recv().unwrap(), ToRunner::LoadRun { run: run.clone() });
    let doc = Some(Arc::new(stage.editor().session().doc().clone()));
    stage.hear(FromRunner::Loaded(Box::new(LoadedRun {
        run: run.clone(),
        doc,
        item: 0,
        events: events(&run),
        live: false,
        stopped: None,
    })));
    assert_eq!(stage.editor().session().mode(), Mode::Replay);
    assert!(stage.has("Replay") && !stage.has("Live"));

    let seen = |stage: &Stage| stage.editor().session().watch().unwrap().playback().n_events();
    stage.click("To the start");
    assert_eq!(seen(&stage), 0);
    stage.click("Step forward");
    stage.click("Step forward");
    assert_eq!(seen(&stage), 2);
    stage.click("Step back");
    assert_eq!(seen(&stage), 1);
    stage.click("To the end");
    assert_eq!(seen(&stage), 4);
    stage.click("To the start");
    stage.click("Play");
    stage.harness.run_steps(120);
    assert_eq!(seen(&stage), 4);
    assert!(!stage.has("Send signal to ok"), "a replay calls nothing");
    assert!(stage.to_runner.try_recv().is_err(), "a replay calls nothing");
    stage.click("Back to editing");
    assert_eq!(stage.editor().session().mode(), Mode::Editing);
}

#[test]
fn a_run_that_nobody_can_go_on_with_is_shown_as_stopped() {
    let mut stage = Stage::new(PLAY);
    stage.click("Past runs");
    let run = RunId::new("018f-past");
    let why = "its event 3 cannot be read".to_owned();
    stage.hear(FromRunner::Runs(vec![RunSummary {
        run: run.clone(),
        play: "shop/1/wait".parse().unwrap(),
        started_ms: 1_795_492_752_000,
        state: RunState::Stopped,
        reason: Some(why.clone()),
        n_events: 3,
        took_micros: 30_000,
    }]));
    stage.click("Replay run 018f-past of shop/1/wait, stopped: its event 3 cannot be read");
    let doc = Some(Arc::new(stage.editor().session().doc().clone()));
    let events = events(&run)[..3].to_vec();
    let loaded = LoadedRun { run, doc, item: 0, events, live: false, stopped: Some(why.clone()) };
    stage.hear(FromRunner::Loaded(Box::new(loaded)));
    assert!(stage.has_containing(&why) && stage.has("Replay") && !stage.has("Live"));
}

#[test]
fn a_runner_that_refuses_is_heard() {
    let mut stage = Stage::new(PLAY);
    stage.click("Run");
    let Ok(ToRunner::Start(asked)) = stage.to_runner.try_recv() else { panic!("no run was asked for") };
    stage.hear(FromRunner::NotStarted { ticket: asked.ticket, message: "no worker serves shop/1/first".into() });
    assert!(stage.has_containing("no worker serves shop/1/first"));
}
