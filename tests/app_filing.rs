//! New, open, save and save as, and what could be lost by them.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::{Path, PathBuf};

use chalktalk::app::{Command, Editor, NeedsRepaint, Question, Request, Tone};
use chalktalk::files::Format;
use chalktalk::lang;
use chalktalk::play::ron::{from_ron, to_ron};

const CHECKOUT: &str = include_str!("app/checkout.play");

fn asked(requests: &[Request]) -> &Question {
    match requests {
        [Request::Ask(question)] => question,
        other => panic!("no question: {other:?}"),
    }
}

fn answer(question: &Question, label: &str) -> Command {
    let found = question.answers.iter().find(|answer| answer.label == label);
    found.unwrap_or_else(|| panic!("no answer '{label}' in {question:?}")).command.clone()
}

fn last_toast(editor: &Editor) -> (Tone, String) {
    let toast = editor.toasts().last().expect("something is said");
    (toast.tone, toast.text.clone())
}

fn typed(editor: &mut Editor, text: &str) {
    assert_eq!(editor.apply(Command::EditText(text.to_owned())), []);
}

fn saved_to(editor: &mut Editor, path: &Path) {
    assert_eq!(editor.apply(Command::SaveTo(path.to_owned())), []);
    assert_eq!(last_toast(editor).0, Tone::Info, "{:?}", last_toast(editor));
    assert!(!editor.session().is_dirty());
}

#[test]
fn a_play_goes_to_a_file_and_back_in_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut editor = Editor::with_text(CHECKOUT);
    assert!(!editor.session().is_dirty() && editor.can_close());
    assert_eq!(editor.apply(Command::Save), [Request::PickSave { suggested: PathBuf::from("checkout.ron") }]);

    // Without an extension it is the format of the document.
    assert_eq!(editor.apply(Command::SaveTo(at("a"))), []);
    assert_eq!(editor.session().path(), Some(at("a.ron").as_path()));
    let doc = from_ron(&fs::read_to_string(at("a.ron")).unwrap()).unwrap();
    assert_eq!(doc, lang::parse(CHECKOUT).doc);

    saved_to(&mut editor, &at("a.play"));
    assert_eq!(editor.session().format(), Format::Play);
    assert_eq!(fs::read_to_string(at("a.play")).unwrap(), CHECKOUT);

    let edited = format!("{CHECKOUT}\n// the end");
    typed(&mut editor, &edited);
    assert!(editor.session().is_dirty() && !editor.can_close());
    assert_eq!(editor.apply(Command::Save), []);
    assert_eq!(fs::read_to_string(at("a.play")).unwrap(), edited, "byte for byte, without a newline at the end");
    assert_eq!(editor.apply(Command::Undo), []);
    assert!(editor.session().is_dirty(), "the file has more than this");
    assert_eq!(editor.apply(Command::Redo), []);
    assert!(!editor.session().is_dirty());

    for name in ["a.ron", "a.play"] {
        assert_eq!(editor.apply(Command::OpenPath(at(name))), []);
        assert_eq!(editor.session().name(), name);
        assert!(editor.session().graph().find("validate").is_some() && !editor.session().is_dirty());
    }
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 2, "nothing else is left in the folder");
}

#[test]
fn what_is_unsaved_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    for leaving in [Command::CloseTab, Command::Quit] {
        let done = |editor: &Editor, requests: &[Request]| match &leaving {
            Command::Quit => assert_eq!(requests, [Request::Quit]),
            _ => assert!(editor.session().path().is_none() && editor.session().graph().find("start").is_some()),
        };
        let mut editor = Editor::with_text(CHECKOUT);
        let requests = editor.apply(leaving.clone());
        done(&editor, &requests);

        let mut editor = Editor::with_text(CHECKOUT);
        typed(&mut editor, "// mine\n");
        let requests = editor.apply(leaving.clone());
        let question = asked(&requests);
        assert_eq!(question.title, "Save changes to untitled?");
        assert_eq!(editor.session().text(), "// mine\n", "a question alone changes nothing");

        // Saved first: under a name that is still to be chosen.
        let requests = editor.apply(answer(question, "Save"));
        assert!(matches!(requests[..], [Request::PickSave { .. }]));
        let mine = folder.path().join(format!("mine-{}.play", leaving.title()));
        let requests = editor.apply(Command::SaveTo(mine.clone()));
        assert_eq!(fs::read_to_string(mine).unwrap(), "// mine\n");
        done(&editor, &requests);

        // Dropped.
        let mut editor = Editor::with_text(CHECKOUT);
        typed(&mut editor, "// mine\n");
        let requests = editor.apply(leaving.clone());
        let requests = editor.apply(answer(asked(&requests), "Discard changes"));
        done(&editor, &requests);

        // The save dialog was dismissed: a later save does not leave.
        let mut editor = Editor::with_text(CHECKOUT);
        typed(&mut editor, "// mine\n");
        let requests = editor.apply(leaving.clone());
        let save = answer(asked(&requests), "Save");
        assert!(matches!(editor.apply(save)[..], [Request::PickSave { .. }]));
        assert!(matches!(editor.apply(Command::SaveAs)[..], [Request::PickSave { .. }]));
        let later = folder.path().join(format!("later-{}.play", leaving.title()));
        saved_to(&mut editor, &later);
        assert_eq!(editor.session().path(), Some(later.as_path()));
    }
}

#[test]
fn plays_open_in_tabs_and_each_keeps_what_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["a.play", "b.play"] {
        fs::write(at(name), format!("play t/1/{} {{\n  snap s\n}}\n", &name[..1])).unwrap();
    }
    let names = |editor: &Editor| editor.sessions().iter().map(chalktalk::app::Session::name).collect::<Vec<_>>();
    let mut editor = Editor::with_text(CHECKOUT);
    for name in ["a.play", "b.play", "a.play"] {
        assert_eq!(editor.apply(Command::OpenPath(at(name))), []);
    }
    assert_eq!(names(&editor), ["a.play", "b.play"], "an untouched sample makes room, a file is opened once");
    assert_eq!(editor.session().name(), "a.play");

    typed(&mut editor, "// mine\n");
    assert_eq!(editor.apply(Command::NextTab), []);
    assert!(editor.session().name() == "b.play" && editor.session().history().undo_name().is_none());
    assert_eq!(editor.apply(Command::New), []);
    assert_eq!(names(&editor), ["a.play", "b.play", "untitled"]);
    assert_eq!(editor.apply(Command::ShowTab(0)), []);
    assert_eq!(editor.session().text(), "// mine\n");
    assert_eq!(editor.apply(Command::PreviousTab), []);
    assert_eq!(editor.apply(Command::CloseTab), []);
    assert_eq!(names(&editor), ["a.play", "b.play"]);
    assert_eq!(editor.apply(Command::CloseTab), []);
    assert_eq!(editor.apply(Command::ReopenTab), []);
    assert_eq!(names(&editor), ["a.play", "b.play"]);

    // The window closes only once every unsaved play was asked about.
    typed(&mut editor, "// mine too\n");
    let requests = editor.apply(Command::Quit);
    assert_eq!(asked(&requests).title, "Save changes to a.play?");
    let requests = editor.apply(answer(asked(&requests), "Discard changes"));
    assert_eq!(asked(&requests).title, "Save changes to b.play?");
    // Dismissed, and asked again: nothing was let go for good.
    let requests = editor.apply(Command::Quit);
    assert_eq!(asked(&requests).title, "Save changes to a.play?");
    let requests = editor.apply(answer(asked(&requests), "Save"));
    assert_eq!(fs::read_to_string(at("a.play")).unwrap(), "// mine\n");
    let requests = editor.apply(answer(asked(&requests), "Discard changes"));
    assert_eq!(requests, [Request::Quit]);
    assert!(fs::read_to_string(at("b.play")).unwrap().contains("snap s"));
}

#[test]
fn another_programs_changes_are_never_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.play");
    let mut editor = Editor::with_text(CHECKOUT);
    saved_to(&mut editor, &path);
    typed(&mut editor, "// mine\n");
    fs::write(&path, "// theirs\n").unwrap();

    // Noticed while the window is looked at, and said once.
    for _ in 0..10 {
        editor.tick(1.0);
    }
    let noticed: Vec<_> =
        editor.toasts().iter().filter(|toast| toast.text.contains("another program changed a.play")).collect();
    assert_eq!(noticed.len(), 1);
    assert_eq!(noticed[0].action, Some(Command::MergeOutside));

    let requests = editor.apply(Command::Save);
    let question = asked(&requests).clone();
    assert_eq!(fs::read_to_string(&path).unwrap(), "// theirs\n");
    assert!(editor.session().is_dirty());

    assert_eq!(editor.apply(answer(&question, "Overwrite")), []);
    assert_eq!(fs::read_to_string(&path).unwrap(), "// mine\n");
    assert!(!editor.session().is_dirty());

    typed(&mut editor, "// mine again\n");
    fs::write(&path, "// theirs again\n").unwrap();
    let requests = editor.apply(Command::Save);
    assert_eq!(editor.apply(answer(asked(&requests), "Reload from disk")), []);
    assert_eq!(editor.session().text(), "// theirs again\n");
    assert!(!editor.session().is_dirty());

    // Another file is never overwritten unasked either.
    let other = folder.path().join("b.play");
    fs::write(&other, "// other\n").unwrap();
    let requests = editor.apply(Command::SaveTo(other.clone()));
    assert_eq!(fs::read_to_string(&other).unwrap(), "// other\n");
    assert_eq!(editor.apply(answer(asked(&requests), "Overwrite")), []);
    assert_eq!(fs::read_to_string(&other).unwrap(), "// theirs again\n");
    assert_eq!(editor.session().name(), "b.play");
}

#[test]
fn files_that_cannot_be_opened_or_written_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("cut.ron"), &to_ron(&lang::parse(CHECKOUT).doc)[..300]).unwrap();
    fs::write(at("newer.ron"), "(format: 99, items: [])").unwrap();
    fs::write(at("latin.play"), b"// caf\xe9\n").unwrap();
    let mut editor = Editor::with_text(CHECKOUT);
    for (name, says) in [
        ("cut.ron", "cannot read"),
        ("newer.ron", "open it with a newer version"),
        ("latin.play", "save it as UTF-8"),
        ("missing.play", "check the name and the folder"),
        ("notes.txt", "neither a .play nor a .ron file"),
    ] {
        assert_eq!(editor.apply(Command::OpenPath(at(name))), []);
        let (tone, text) = last_toast(&editor);
        assert!(tone == Tone::Error && text.contains(says) && text.contains(name), "{text}");
        assert_eq!(editor.session().text(), CHECKOUT);
        assert_eq!(editor.session().path(), None);
    }
    // Any text opens as a play: what cannot be read is kept word for word.
    fs::write(at("prose.play"), "Dear diary,\n").unwrap();
    assert_eq!(editor.apply(Command::OpenPath(at("prose.play"))), []);
    assert_eq!(editor.session().text(), "Dear diary,\n");
    assert!(editor.session().n_errors() > 0);

    typed(&mut editor, "// mine\n");
    assert_eq!(editor.apply(Command::SaveTo(at("no/such/folder.play"))), []);
    assert!(last_toast(&editor).1.contains("no/such': check the name and the folder"));
    assert_eq!(editor.apply(Command::SaveTo(at("mine.doc"))), []);
    assert!(last_toast(&editor).1.contains("neither a .play nor a .ron file"));
    assert!(editor.session().is_dirty() && editor.session().name() == "prose.play");
}

#[test]
fn good_news_goes_away_and_bad_news_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::with_text(CHECKOUT);
    saved_to(&mut editor, &folder.path().join("a.play"));
    let _ = editor.apply(Command::OpenPath(folder.path().join("missing.play")));
    assert_eq!(editor.toasts().len(), 2);
    assert_eq!(editor.tick(1.0), NeedsRepaint::Yes);
    assert_eq!(editor.tick(10.0), NeedsRepaint::No);
    assert_eq!(editor.toasts().len(), 1);
    let _ = editor.apply(Command::DismissToast(editor.toasts()[0].id));
    assert_eq!(editor.toasts(), []);
}
