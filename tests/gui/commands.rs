//! Each command, chosen from the palette by its name.

use std::sync::Arc;

use chalktalk::app::port::{FromRunner, LoadedRun, ToRunner};
use chalktalk::app::{Command, Mode};
use chalktalk::base::{RunId, RunMicros};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use crate::runs;
use crate::stage::{PLAY, Stage};

#[test]
fn the_palette_finds_commands_nodes_targets_and_text() {
    let mut stage = Stage::new(PLAY);
    stage.choose("find.command");
    assert!(stage.has_containing("command Run,") && !stage.has_containing("go to"));
    stage.key(Modifiers::NONE, Key::Escape);
    stage.choose("find.anything");
    stage.type_into("Find", "shop/1/second");
    assert!(stage.has_containing("go to call second"));
    stage.key(Modifiers::NONE, Key::Enter);
    let selected = stage.editor().session().selection().single_node().map(ToString::to_string);
    assert_eq!(selected.as_deref(), Some("second"));

    stage.key(Modifiers::COMMAND, Key::P);
    stage.type_into("Find", "two calls");
    assert!(stage.has_containing("go to line 1: // Two calls."));
    // A greyed-out command is not done, and Escape goes away.
    stage.type_into("Find", ">step forward");
    stage.key(Modifiers::NONE, Key::Enter);
    assert!(stage.has_containing("command Step forward"));
    stage.key(Modifiers::NONE, Key::Escape);
    assert!(!stage.has_containing("command Step forward"));
}

#[test]
fn commands_of_drawing_and_text() {
    let mut stage = Stage::new(PLAY);
    let before = stage.text().to_owned();
    stage.choose("select.all");
    assert_eq!(stage.editor().session().selection().nodes.len(), 4);
    stage.choose("select.none");
    assert!(stage.editor().session().selection().is_empty());
    stage.click_at(stage.node_rect("call first").center());
    stage.choose("edit.delete");
    assert!(stage.node("first").is_none());
    stage.choose("edit.undo");
    assert_eq!(stage.text(), before);
    stage.choose("edit.redo");
    assert!(stage.node("first").is_none());
    stage.apply(Command::EditText(before.replace("  snap start", "      snap    start")));
    stage.choose("text.format");
    assert!(stage.text().contains("\n  snap start\n"), "{}", stage.text());
    stage.choose("text.problems");
    assert!(!stage.has("Play text"));
    stage.choose("text.pane");
    assert!(stage.has("Play text"));
}

#[test]
fn a_play_is_arranged_as_one_step() {
    let mut stage = Stage::new(PLAY);
    let before = stage.text().to_owned();
    for _ in 0..6 {
        stage.choose("view.zoom-in");
    }
    stage.choose("layout.arrange");
    assert_ne!(stage.text(), before);
    let canvas = stage.harness.get_by_label("Canvas").rect();
    for node in ["snap start", "call first", "call second", "pass done"] {
        assert!(canvas.contains_rect(stage.node_rect(node)), "{node} is in sight");
    }
    let logic = |text: &str| text.split("layout {").next().unwrap_or_default().trim_end().to_owned();
    assert_eq!(logic(stage.text()), logic(&before), "places alone have changed");
    stage.choose("edit.undo");
    assert_eq!(stage.text(), before);
}

#[test]
fn what_is_selected_stays_where_it_was_put() {
    let mut stage = Stage::new(PLAY);
    let before = stage.text().to_owned();
    stage.click_at(stage.node_rect("call first").center());
    stage.choose("layout.arrange-others");
    assert_ne!(stage.text(), before);
    let place = |text: &str, node: &str| {
        let layout = text.split("layout {").nth(1).unwrap_or_default().to_owned();
        let line =
            layout.split(['\n', ',']).find(|line| line.trim().starts_with(&format!("{node} "))).map(str::to_owned);
        line.map(|line| line.trim().trim_end_matches('}').trim().to_owned())
    };
    assert!(place(&before, "first").is_some() && place(stage.text(), "first") == place(&before, "first"));
    stage.choose("edit.undo");
    assert_eq!(stage.text(), before);
}

#[test]
fn commands_of_the_view() {
    let mut stage = Stage::new(PLAY);
    let width = |stage: &Stage| stage.node_rect("call first").width();
    let fitted = width(&stage);
    stage.choose("view.zoom-in");
    assert!(width(&stage) > fitted * 1.1);
    stage.choose("view.zoom-out");
    assert!((width(&stage) - fitted).abs() < 1.0);
    stage.choose("view.zoom-out");
    stage.choose("view.zoom-reset");
    let life = width(&stage);
    stage.choose("view.fit");
    assert!((width(&stage) - fitted).abs() < 1.0 && life >= fitted);
    stage.choose("view.theme");
    assert_eq!(stage.harness.ctx.theme(), eframe::egui::Theme::Light);

    stage.click_at(stage.node_rect("call first").center());
    stage.choose("view.zoom-in");
    stage.choose("view.zoom-in");
    stage.choose("view.zoom-selection");
    let near = stage.node_rect("call first");
    assert!(near.width() >= fitted);
    stage.choose("bookmark.add");
    stage.choose("view.fit");
    stage.choose("bookmark.next");
    assert!((stage.node_rect("call first").center() - near.center()).length() < 2.0);

    stage.choose("view.motion");
    assert!(stage.harness.ctx.global_style().animation_time < 0.01);
    stage.choose("view.motion");
    assert!(stage.harness.ctx.global_style().animation_time > 0.01);
    let scaled = |stage: &Stage, scale: f32| (stage.harness.ctx.zoom_factor() - scale).abs() < 0.01;
    stage.choose("view.larger-text");
    assert!(scaled(&stage, 1.1));
    stage.choose("view.reset-text");
    assert!(scaled(&stage, 1.0));
    stage.choose("view.smaller-text");
    assert!(scaled(&stage, 0.9));
}

#[test]
fn commands_of_panels() {
    let mut stage = Stage::new(PLAY);
    assert!(stage.has_containing("Minimap"));
    stage.choose("view.minimap");
    assert!(!stage.has_containing("Minimap"));
    stage.choose("view.inspector");
    assert!(stage.has("coordinate") && !stage.has("Play text"));
    stage.choose("view.outline");
    for row in ["play shop/1/two, unfolded", "call first shop/1/first", "wire from start to first"] {
        assert!(stage.has(row), "{row}");
    }
    stage.click("call first shop/1/first");
    assert_eq!(stage.editor().session().selection().single_node().map(chalktalk::base::NodeId::as_str), Some("first"));
    stage.choose("view.reset");
    assert!(stage.has("Play text"));
    stage.choose("view.welcome");
    stage.click("Example race: fan-in any: the first branch wins, the others are called off");
    assert!(stage.node("hare").is_some() && !stage.has_containing("Example race"));
    stage.choose("view.tour");
    assert_eq!(stage.ids_of("wait-for-signal").len(), 5);
    assert_eq!(stage.editor().sessions().len(), 2, "an example that was not touched makes room");
}

#[test]
fn every_example_is_compiled_in_and_teaches_one_thing() {
    use chalktalk::app::examples::{EXAMPLES, TOUR};
    let mut files: Vec<String> = std::fs::read_dir("plays")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "play"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut names: Vec<&str> = EXAMPLES.iter().chain([&TOUR]).map(|example| example.name).collect();
    names.sort_unstable();
    assert_eq!(names, files);
    assert!(names.len() > 10);
}

#[test]
fn commands_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.play"), folder.path().join("two.play"));
    let mut stage = Stage::new(PLAY);
    *stage.desk.answer.borrow_mut() = Some(one.clone());
    stage.choose("file.save");
    assert_eq!(std::fs::read_to_string(&one).unwrap(), PLAY);
    *stage.desk.answer.borrow_mut() = Some(two.clone());
    stage.choose("file.save-as");
    assert_eq!(stage.editor().session().path(), Some(two.as_path()));
    std::fs::write(&two, "play a/1/b {\n  snap other\n}\n").unwrap();
    stage.choose("file.reload");
    assert!(stage.node("other").is_some());
    *stage.desk.answer.borrow_mut() = Some(one.clone());
    stage.choose("file.open");
    assert!(stage.node("first").is_some());
    stage.choose("tab.next");
    assert!(stage.node("other").is_some());
    stage.choose("tab.previous");
    assert!(stage.node("first").is_some());
    stage.choose("tab.close");
    assert!(stage.node("other").is_some() && stage.editor().sessions().len() == 1);
    stage.choose("tab.reopen");
    assert!(stage.node("first").is_some());
    std::fs::write(one.with_extension("ron"), "").unwrap();
    stage.choose("file.compare");
    assert!(stage.has("Write one.ron too?") && stage.has_containing("+   snap start"));
    stage.click("Write it");
    assert!(std::fs::read_to_string(one.with_extension("ron")).unwrap().contains("first"));
    stage.choose("file.new");
    assert!(stage.editor().session().path().is_none());
    let ctx = stage.harness.ctx.clone();
    stage.choose("file.quit");
    // Nothing is unsaved, so nothing is asked.
    assert!(!stage.has("Discard changes") && !ctx.input(|input| input.viewport().close_requested()));
}

#[test]
fn commands_of_runs() {
    let mut stage = Stage::new(runs::PLAY);
    stage.choose("run.input");
    assert!(stage.has("Run input"));
    stage.key(Modifiers::NONE, Key::Escape);
    stage.choose("run.built-in");
    assert_eq!(stage.editor().session().formation(), None);
    stage.choose("run.start");
    let Ok(ToRunner::Start(asked)) = stage.to_runner.try_recv() else { panic!("no run was asked for") };
    let run = RunId::new("r-1");
    stage.hear(FromRunner::Started { ticket: asked.ticket, run: run.clone() });
    stage.choose("run.stop");
    assert_eq!(stage.to_runner.try_recv(), Ok(ToRunner::Cancel { run }));
    stage.choose("run.close");
    assert_eq!(stage.editor().session().mode(), Mode::Editing);
    stage.choose("run.past");
    assert!(matches!(stage.to_runner.try_recv(), Ok(ToRunner::ListRuns { .. })));
    assert!(stage.has("Close the list"));
}

#[test]
fn commands_of_a_replay() {
    let mut stage = Stage::new(runs::PLAY);
    let run = RunId::new("r-1");
    let doc = Some(Arc::new(chalktalk::lang::parse(runs::PLAY).doc));
    let events = runs::events(&run);
    let end = events.last().unwrap().at;
    let loaded = LoadedRun { run, doc, item: 0, events, live: false, stopped: None };
    stage.hear(FromRunner::Loaded(Box::new(loaded)));
    assert_eq!(stage.editor().session().mode(), Mode::Replay);
    let time = |stage: &Stage| stage.editor().session().watch().unwrap().playback().time();
    stage.choose("replay.end");
    let last = time(&stage);
    assert!(last >= end);
    stage.choose("replay.back");
    assert!(time(&stage) < last);
    stage.choose("replay.start");
    assert_eq!(time(&stage), RunMicros(0));
    stage.choose("replay.forward");
    let events = |stage: &Stage| stage.editor().session().watch().unwrap().playback().n_events();
    assert_eq!(events(&stage), 1);
    let playing = |stage: &Stage| stage.editor().session().watch().unwrap().playback().is_playing();
    assert!(!playing(&stage));
    stage.choose("replay.toggle");
    assert!(playing(&stage));
}
