use chalktalk::app::Command;
use chalktalk::app::port::ToRunner;
use eframe::egui::{Key, Modifiers};

use crate::stage::Stage;

const PLAY: &str = "play shop/1/two {
  snap start
  call first = shop/1/first
  pass done
  start -> first -> done
}

formation here {
  shop/1 process \"python3 shop.py --port {port}\"
  pay/* process \"pay \u{202e}x\"
  demo/* builtin
}
";

fn asked_for(stage: &Stage) -> Option<bool> {
    match stage.to_runner.try_recv() {
        Ok(ToRunner::Start(start)) => Some(start.allows_processes),
        Ok(other) => panic!("{other:?}"),
        Err(_) => None,
    }
}

#[test]
fn programs_are_started_only_after_the_person_has_seen_them_and_said_yes() {
    let mut stage = Stage::new(PLAY);
    stage.apply(Command::SetFormation(Some("here".into())));
    stage.click("Run");
    assert!(stage.has("Start programs on this computer?"));
    for shown in ["python3 shop.py --port {port}", "pay \\u{202e}x"] {
        assert!(stage.has_containing(shown), "{shown}");
    }
    assert_eq!(asked_for(&stage), None);
    // Enter is no yes, and to go away is a no.
    stage.key(Modifiers::NONE, Key::Enter);
    assert_eq!(asked_for(&stage), None);
    stage.click("Cancel");
    assert!(!stage.has("Start programs on this computer?"));
    assert_eq!(asked_for(&stage), None);

    stage.click("Run");
    stage.click("Start and run");
    assert_eq!(asked_for(&stage), Some(true));
}

#[test]
fn what_is_new_is_asked_about_again() {
    let mut stage = Stage::new(PLAY);
    stage.apply(Command::SetFormation(Some("here".into())));
    stage.click("Run");
    stage.click("Start and run");
    assert_eq!(asked_for(&stage), Some(true));
    stage.key(Modifiers::COMMAND, Key::E);
    stage.click("Run");
    assert_eq!(asked_for(&stage), Some(true));
    stage.key(Modifiers::COMMAND, Key::E);
    let text = stage.text().replace("--port", "--verbose --port");
    stage.apply(Command::EditText(text));
    stage.click("Run");
    assert!(stage.has("Start a program on this computer?"));
    assert!(stage.has_containing("--verbose") && !stage.has_containing("pay \\u{202e}x"));
    assert_eq!(asked_for(&stage), None);
}
