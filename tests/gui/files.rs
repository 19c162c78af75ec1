use eframe::egui::{Key, Modifiers};

use crate::stage::{PLAY, Stage};

#[test]
fn saves_where_the_dialog_says_and_opens_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.ron");
    let mut stage = Stage::new(PLAY);
    *stage.desk.answer.borrow_mut() = Some(path.clone());
    stage.key(Modifiers::COMMAND, Key::S);
    assert!(!stage.editor().session().is_dirty());
    assert_eq!(stage.editor().session().path(), Some(path.as_path()));
    assert!(std::fs::read_to_string(&path).unwrap().contains("first"));

    let mut other = Stage::new("play a/1/b {\n  snap x\n}\n");
    *other.desk.answer.borrow_mut() = Some(path);
    other.key(Modifiers::COMMAND, Key::O);
    if other.has("Discard changes") {
        other.click("Discard changes");
    }
    assert!(other.node("first").is_some());
}

#[test]
fn a_path_can_be_typed_where_there_is_no_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("typed.play");
    let mut stage = Stage::new(PLAY);
    stage.key(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::S);
    assert!(stage.has("Path"));
    stage.fill("Path", &path.display().to_string());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), PLAY);
    assert!(!stage.has("Path"));
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let mut stage = Stage::new(PLAY);
    *stage.desk.answer.borrow_mut() = Some("/nowhere/at/all.play".into());
    stage.key(Modifiers::COMMAND, Key::O);
    if stage.has("Discard changes") {
        stage.click("Discard changes");
    }
    assert!(stage.has_containing("/nowhere/at/all.play"));
    stage.click("Dismiss");
    assert!(!stage.has_containing("/nowhere/at/all.play"));
}
