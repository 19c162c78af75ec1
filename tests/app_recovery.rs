//! Unsaved work survives a program that is killed, and files of two formats do not drift apart unnoticed.
//!
//! The program under test is this very test program, started again with a variable that makes `child` do the work.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use chalktalk::app::diff::Change;
use chalktalk::app::{Command, Editor, Question, Request};
use chalktalk::files;
use chalktalk::lang;
use chalktalk::play::ron::{from_ron, to_ron};

const TASK: &str = "CHALKTALK_DRAFT_TASK";
const BASE: &str = "play a/1/b {\n  snap s\n  pass d\n\n  s -> d\n}\n";
const MORE: &str = "// mine, and not saved\nplay a/1/b {\n  snap s\n  pass d\n\n  s -> d\n}\n";

/// Edits without saving, until it is killed. Does nothing in the test run itself.
#[test]
fn child_edits() {
    let Ok(folder) = std::env::var(TASK) else { return };
    let folder = Path::new(&folder);
    let mut editor = Editor::new();
    let mut asked = Vec::new();
    editor.keep_drafts_in(folder.join("data"), &mut asked);
    assert_eq!(editor.apply(Command::EditText(MORE.replace("mine", "never had a file"))), []);
    assert_eq!(editor.apply(Command::OpenPath(folder.join("b.play"))), []);
    assert_eq!(editor.apply(Command::EditText(MORE.to_owned())), []);
    loop {
        editor.tick(0.5);
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
}

fn child(folder: &Path) -> Child {
    let mut command = Process::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child_edits", "--nocapture"]).env(TASK, folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn question(requests: &[Request]) -> Option<&Question> {
    requests.iter().find_map(|request| match request {
        Request::Ask(question) => Some(question),
        _ => None,
    })
}

fn added(question: &Question) -> Vec<&str> {
    question.diff.iter().filter(|line| line.change == Change::Added).map(|line| line.text.as_str()).collect()
}

#[test]
fn a_kill_loses_nothing_that_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.play");
    fs::write(&path, BASE).unwrap();
    let mut running = child(folder.path());
    let (beside, untitled) =
        (folder.path().join(".b.play.unsaved"), folder.path().join("data/unsaved/untitled-1.unsaved"));
    while !(beside.exists() && untitled.exists()) {
        assert!(running.try_wait().unwrap().is_none(), "the child ended by itself");
        std::thread::yield_now();
    }
    // While it lives, what it has not saved is its own.
    let mut other = Editor::new();
    assert_eq!(other.apply(Command::OpenPath(path.clone())), []);
    assert_eq!(other.session().text(), BASE);
    assert!(files::left_untitled(&folder.path().join("data")).is_empty());
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), BASE, "the file itself is as it was");

    let mut editor = Editor::new();
    let mut asked = Vec::new();
    editor.keep_drafts_in(folder.path().join("data"), &mut asked);
    assert!(editor.session().text().contains("never had a file") && editor.session().is_dirty());
    assert!(question(&asked).unwrap().title.contains("never saved"));

    let asked = editor.apply(Command::OpenPath(path.clone()));
    let found = question(&asked).expect("the person is told what was recovered");
    assert_eq!(added(found), ["// mine, and not saved"]);
    assert_eq!(editor.session().text(), MORE);
    assert!(editor.session().is_dirty());
    // It is a step like any other.
    assert_eq!(editor.apply(Command::Undo), []);
    assert_eq!(editor.session().text(), BASE);
    assert_eq!(editor.apply(Command::Redo), []);
    assert_eq!(editor.apply(Command::Save), []);
    assert_eq!(fs::read_to_string(&path).unwrap(), MORE);
    assert!(!beside.exists(), "what is saved needs no draft");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the file and the data folder, nothing else");
}

#[test]
fn recovered_work_does_not_overwrite_what_another_program_wrote_since() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.play");
    fs::write(&path, BASE).unwrap();
    let mut running = child(folder.path());
    while !folder.path().join(".b.play.unsaved").exists() {
        assert!(running.try_wait().unwrap().is_none(), "the child ended by itself");
        std::thread::yield_now();
    }
    running.kill().unwrap();
    running.wait().unwrap();
    fs::write(&path, "// theirs\n").unwrap();
    let mut editor = Editor::new();
    assert!(question(&editor.apply(Command::OpenPath(path.clone()))).is_some());
    let asked = editor.apply(Command::Save);
    assert!(question(&asked).unwrap().title.contains("Overwrite the other program's changes"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "// theirs\n");
}

#[test]
fn a_draft_goes_once_the_work_is_saved_undone_or_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.play");
    let draft = folder.path().join(".b.play.unsaved");
    fs::write(&path, BASE).unwrap();
    let mut editor = Editor::new();
    assert_eq!(editor.apply(Command::OpenPath(path.clone())), []);
    let edit = |editor: &mut Editor| {
        assert_eq!(editor.apply(Command::EditText(MORE.to_owned())), []);
        editor.tick(0.0);
        assert!(editor.wake_in_secs().is_some(), "the window has to come back for it");
        for _ in 0..4 {
            editor.tick(0.5);
        }
        assert!(draft.exists());
        assert_eq!(editor.wake_in_secs(), None);
    };
    edit(&mut editor);
    assert_eq!(editor.apply(Command::Undo), []);
    editor.tick(0.0);
    assert!(!draft.exists());
    edit(&mut editor);
    let _ = editor.apply(Command::Discard(Box::new(Command::CloseTab)));
    assert!(!draft.exists());
    let _ = editor.apply(Command::ReopenTab);
    edit(&mut editor);
    assert_eq!(editor.apply(Command::Discard(Box::new(Command::Quit))), [Request::Quit]);
    assert!(!draft.exists());
}

#[test]
fn a_folder_that_takes_no_draft_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let (path, data) = (folder.path().join("b.play"), folder.path().join("data"));
    fs::write(&path, BASE).unwrap();
    // What stands in the way here keeps the draft out as a read-only folder would.
    fs::create_dir_all(folder.path().join(".b.play.unsaved/x")).unwrap();
    let mut editor = Editor::new();
    editor.keep_drafts_in(data.clone(), &mut Vec::new());
    let _ = editor.apply(Command::OpenPath(path.clone()));
    let _ = editor.apply(Command::EditText(MORE.to_owned()));
    for _ in 0..4 {
        editor.tick(0.5);
    }
    assert_eq!(fs::read_dir(data.join("unsaved")).unwrap().count(), 1);
    drop(editor);
    let mut editor = Editor::new();
    editor.keep_drafts_in(data, &mut Vec::new());
    assert!(question(&editor.apply(Command::OpenPath(path))).is_some());
    assert_eq!(editor.session().text(), MORE);
}

#[test]
fn a_play_and_its_ron_do_not_drift_apart_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let (play, ron) = (folder.path().join("b.play"), folder.path().join("b.ron"));
    fs::write(&play, BASE).unwrap();
    fs::write(&ron, to_ron(&lang::parse(BASE).doc)).unwrap();
    let mut editor = Editor::new();
    let _ = editor.apply(Command::OpenPath(play.clone()));
    assert!(editor.toasts().is_empty(), "they say the same");
    let _ = editor.apply(Command::EditText(MORE.to_owned()));
    let _ = editor.apply(Command::Save);
    let told = editor.toasts().last().unwrap().clone();
    assert!(told.text.contains("b.ron beside it says something else"), "{}", told.text);
    let asked = editor.apply(told.action.unwrap());
    let asked = question(&asked).unwrap();
    assert_eq!(added(asked), ["// mine, and not saved"]);
    let write = asked.answers.iter().find(|answer| answer.label == "Write it").unwrap();
    let _ = editor.apply(write.command.clone());
    assert_eq!(from_ron(&fs::read_to_string(&ron).unwrap()).unwrap(), lang::parse(MORE).doc);

    // Said at opening too, from either side.
    fs::write(&play, BASE).unwrap();
    for path in [&play, &ron] {
        let mut editor = Editor::new();
        let _ = editor.apply(Command::OpenPath(path.clone()));
        assert!(editor.toasts().iter().any(|toast| toast.text.contains("says something else")), "{}", path.display());
    }
}
