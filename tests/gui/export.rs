use chalktalk::app::port::{FromRunner, LoadedRun};
use chalktalk::app::{Command, ExportKind, Mode, record};
use chalktalk::base::RunId;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use crate::runs;
use crate::stage::{PLAY, Stage};

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_picture_goes_where_the_dialog_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(PLAY);
    let before = stage.text().to_owned();
    let path = folder.path().join("two.svg");
    *stage.desk.answer.borrow_mut() = Some(path.clone());
    stage.choose("file.export");
    assert!(stage.has("Export the play") && stage.has("As the run stands now"));
    stage.click("Light");
    stage.click("Choose a file…");
    let svg = read(&path);
    assert!(svg.contains("call first") && svg.contains("#faf8f2"), "{svg}");

    // Again, over it: only with a yes.
    std::fs::write(&path, "mine").unwrap();
    stage.choose("file.export");
    stage.click("Choose a file…");
    assert!(stage.has("Overwrite the file?") && read(&path) == "mine");
    stage.click("Cancel");
    assert_eq!(read(&path), "mine");
    stage.choose("file.export");
    stage.click("Choose a file…");
    stage.click("Overwrite");
    assert!(read(&path).contains("#faf8f2"), "the theme is that of the last time");
    assert_eq!((stage.text(), stage.editor().session().path()), (before.as_str(), None), "the play is as it was");
}

#[test]
fn every_kind_can_be_exported_of_a_part_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(PLAY);
    for kind in ExportKind::all() {
        let path = folder.path().join("whole").with_extension(kind.extension());
        // Without an extension it gets that of the kind.
        *stage.desk.answer.borrow_mut() = Some(path.with_extension(""));
        stage.choose("file.export");
        stage.click(kind.name());
        stage.click("Choose a file…");
        assert!(!std::fs::read(&path).unwrap().is_empty(), "{path:?}");
    }
    assert_eq!(read(&folder.path().join("whole.play")), PLAY);

    stage.click_at(stage.node_rect("call first").center());
    let part = folder.path().join("part.mmd");
    *stage.desk.answer.borrow_mut() = Some(part.clone());
    stage.choose("file.export");
    stage.click("Mermaid");
    stage.click("1 selected node");
    stage.key(Modifiers::NONE, Key::Enter);
    assert_eq!(read(&part).matches("shop/1").count(), 2, "the title and one node: {}", read(&part));
}

#[test]
fn what_cannot_be_exported_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(PLAY);
    let own = folder.path().join("own.play");
    stage.apply(Command::SaveTo(own.clone()));
    for (path, word) in [
        (own.clone(), "the play's own file"),
        (folder.path().join("a.txt"), "give it .svg, .png"),
        (folder.path().join("gone/a.svg"), "gone"),
    ] {
        *stage.desk.answer.borrow_mut() = Some(path);
        stage.choose("file.export");
        stage.click("Choose a file…");
        assert!(stage.has_containing(word), "{word}");
    }
    assert_eq!(read(&own), PLAY);
}

#[test]
fn the_state_of_a_run_is_exported_as_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::new(runs::PLAY);
    let run = RunId::new("018f-old");
    stage.apply(Command::OpenRun(run.clone()));
    let doc = std::sync::Arc::new(stage.editor().session().doc().clone());
    let events = runs::events(&run);
    let loaded = LoadedRun { run, doc: Some(doc), item: 0, events, live: false, stopped: None };
    stage.hear(FromRunner::Loaded(Box::new(loaded)));
    stage.apply(Command::JumpToEnd);
    let path = folder.path().join("run.svg");
    *stage.desk.answer.borrow_mut() = Some(path.clone());
    stage.choose("file.export");
    stage.click("Choose a file…");
    let svg = read(&path);
    assert!(svg.contains("wait-for-signal ok") && svg.contains("waiting for a signal"), "{svg}");
    assert!(svg.contains("Run 018f-old, "), "{svg}");
}

#[test]
fn the_menu_has_every_command() {
    let mut stage = Stage::new(PLAY);
    stage.click("Menu");
    stage.click("Files");
    assert!(stage.has_containing("Save as…"));
    stage.harness.get_by_label_contains("Export…").click();
    stage.settle();
    assert!(stage.has("Export the play"));
}

#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl eframe::egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn a_record_that_is_dropped_on_the_window_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    let run = RunId::new("018f-elsewhere");
    std::fs::write(&path, record::write(&run, Some(runs::PLAY), &runs::events(&run))).unwrap();
    let mut stage = Stage::new(PLAY);
    stage.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
    stage.settle();
    let session = stage.editor().session();
    assert_eq!(session.mode(), Mode::Replay);
    assert_eq!(session.shown().unwrap().play.coord.to_string(), "shop/1/wait");
    assert_eq!(session.watch().unwrap().film().events().len(), 4);
    assert!(stage.has_containing("018f") && stage.editor().sessions().len() == 2, "beside what was open");
    assert!(stage.to_runner.try_recv().is_err(), "nothing is called");
}
