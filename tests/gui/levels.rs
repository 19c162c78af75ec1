//! Into the play of a call and out again, by mouse, keys and the palette.

use std::sync::Arc;

use chalktalk::app::port::{FromRunner, LoadedRun, ToRunner};
use chalktalk::app::{Command, Mode};
use chalktalk::base::{BallId, Coord, NodeId, RunId, RunMicros};
use chalktalk::event::{Event, Payload, Recorded, Started, WireRef, child_run};
use eframe::egui::{Key, Modifiers, Pos2};
use egui_kittest::kittest::Queryable as _;

use crate::stage::Stage;

const LEVELS: &str = include_str!("../../plays/levels.play");

fn double_click(stage: &mut Stage, node: &str) {
    let at: Pos2 = stage.node_rect(node).center();
    stage.harness.hover_at(at);
    stage.harness.step();
    // Frames of a test are a quarter of a second apart.
    let delay = |stage: &Stage, secs: f64| {
        stage.harness.ctx.options_mut(|options| options.input_options.max_double_click_delay = secs);
    };
    delay(stage, 3.0);
    for _ in 0..2 {
        stage.press(at, Modifiers::NONE);
        stage.release(at, Modifiers::NONE);
    }
    delay(stage, 0.3);
    stage.settle();
}

fn shown(stage: &Stage) -> String {
    stage.editor().session().shown().expect("a play is shown").play.coord.to_string()
}

#[test]
fn a_double_click_leads_into_a_play_and_the_way_back_stands_above() {
    let mut stage = Stage::new(LEVELS);
    assert!(!stage.has("Zoom out to season"));
    let before = stage.node_rect("call game");
    double_click(&mut stage, "call game");
    assert_eq!(shown(&stage), "club/1.2/game");
    let canvas = stage.harness.get_by_label("Canvas").rect();
    assert!(canvas.contains_rect(stage.node_rect("pass score")), "all of it is in sight");
    double_click(&mut stage, "call cheer");
    assert!(stage.has("Shown: cheer") && stage.has("Zoom out to game"));
    // What no play stands behind is renamed as ever.
    double_click(&mut stage, "call shout");
    assert_eq!(shown(&stage), "club/1/cheer");
    stage.key(Modifiers::NONE, Key::Escape);
    stage.click("Zoom out to season");
    assert_eq!(shown(&stage), "club/1/season");
    let back = stage.node_rect("call game");
    assert!((back.center() - before.center()).length() < 1.0, "the view is the one that was left: {back:?}");

    stage.key(Modifiers::COMMAND, Key::Enter);
    assert_eq!(shown(&stage), "club/1.2/game");
    stage.key(Modifiers::NONE, Key::Backspace);
    assert_eq!(shown(&stage), "club/1/season");
    assert!(stage.node("game").is_some(), "nothing was deleted");
}

#[test]
fn levels_are_commands_too() {
    let mut stage = Stage::new(LEVELS);
    stage.click_at(stage.node_rect("call game").center());
    stage.choose("level.enter");
    assert_eq!(shown(&stage), "club/1.2/game");
    stage.choose("level.leave");
    assert_eq!(shown(&stage), "club/1/season");
}

/// The season calls two games; nothing more has happened.
fn season(run: &RunId) -> Vec<Recorded> {
    let wire = WireRef { from: "weeks".into(), to: "game".into(), nth: 0 };
    let called = |n: u32| Event::Called {
        ball: BallId(n),
        node: "game".into(),
        attempt: 1,
        visit: n,
        to: Coord::new("club", "1.2", "game"),
        payload: Payload::from(serde_json::json!({"team": n})),
        until: None,
    };
    let list = [
        Event::Started(Box::new(Started::new(run.clone(), Coord::new("club", "1", "season")))),
        Event::Snapped { ball: BallId(1), node: "start".into(), payload: Payload::default(), signal: None },
        Event::Moved { ball: BallId(1), wire, payload: None },
        called(1),
        called(2),
    ];
    (0..).zip(list).map(|(seq, event)| Recorded { seq, at: RunMicros::from_ms(seq * 10), event }).collect()
}

#[test]
fn each_of_several_visits_can_be_looked_at() {
    let mut stage = Stage::new(LEVELS);
    let (run, doc) = (RunId::new("018f-season"), Arc::new(stage.editor().session().doc().clone()));
    let load = |run: &RunId, item: usize, events| {
        let (run, doc) = (run.clone(), Some(Arc::clone(&doc)));
        FromRunner::Loaded(Box::new(LoadedRun { run, doc, item, events, live: false, stopped: None }))
    };
    let items: Vec<usize> = doc.plays().map(|(item, _)| item).collect();
    stage.hear(load(&run, items[0], season(&run)));
    assert_eq!(stage.editor().session().mode(), Mode::Replay);
    stage.choose("replay.end");
    stage.apply(Command::Enter(Some(NodeId::new("game"))));
    let asked = |stage: &Stage| match stage.to_runner.try_recv() {
        Ok(ToRunner::LoadRun { run }) => run,
        other => panic!("{other:?}"),
    };
    let child = |visit| child_run(&run, "game", visit, 1);
    assert_eq!(asked(&stage), child(2), "the last one that was made");
    let begun = |visit| {
        let started = Started::new(child(visit), Coord::new("club", "1.2", "game"));
        vec![Recorded { seq: 0, at: RunMicros(0), event: Event::Started(Box::new(started)) }]
    };
    stage.hear(load(&child(2), items[1], begun(2)));
    assert!(stage.has("Replay") && stage.has("Shown: game"));
    stage.choose("level.previous-visit");
    assert_eq!(asked(&stage), child(1));
    stage.key(Modifiers::NONE, Key::CloseBracket);
    assert_eq!(asked(&stage), child(2));
    stage.key(Modifiers::NONE, Key::OpenBracket);
    assert_eq!(asked(&stage), child(1));
    stage.hear(load(&child(1), items[1], begun(1)));
    stage.choose("level.next-visit");
    assert_eq!(asked(&stage), child(2));
    stage.hear(load(&child(2), items[1], begun(2)));
    stage.click("Visit");
    stage.harness.get_by_label_contains("1  running  {\"team\":1}").click();
    stage.settle();
    assert_eq!(asked(&stage), child(1));
}

#[test]
fn a_part_is_named_and_made_a_play_and_put_back() {
    let mut stage = Stage::new(LEVELS);
    let cheer = stage.editor().session().doc().plays().last().expect("there are three").0;
    stage.apply(Command::ShowPlay(cheer));
    stage.click_at(stage.node_rect("call shout").center());
    stage.choose("level.extract");
    stage.type_into("Name of the play", "loudly");
    stage.click("Make the play");
    assert!(stage.text().contains("call shout = club/1/loudly"), "{}", stage.text());
    assert!(stage.text().contains("play club/1/loudly {"), "{}", stage.text());
    stage.click_at(stage.node_rect("call shout").center());
    stage.choose("level.inline");
    assert_eq!(stage.text().matches("call shout = demo/1/upper  with (ball.team)").count(), 2, "{}", stage.text());
    stage.choose("edit.undo");
    stage.choose("edit.undo");
    assert_eq!(stage.text(), LEVELS);
}
