//! Levels: into the play that a call leads to and out again, with the runs that belong to them.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::sync::Arc;

use chalktalk::app::port::{FromRunner, LoadedRun, Ticket, ToRunner};
use chalktalk::app::{CallState, Command, Editor, Mode, Request, Selection, View};
use chalktalk::base::{NodeId, RunId, RunMicros};
use chalktalk::event::{Outcome, Recorded, child_run};
use chalktalk::journal::Journal;
use chalktalk::lang;
use chalktalk::play::Document;
use chalktalk::replay::CallEnd;
use chalktalk::runner::{Config, Prepared, Runner, Start};
use serde_json::{Value, json};

const LEVELS: &str = include_str!("../plays/levels.play");

/// A run of the first play of a text, and what its runner has kept.
struct Recording {
    doc: Arc<Document>,
    run: RunId,
    runner: Runner,
}

impl Recording {
    async fn of(text: &str, input: Value) -> Self {
        let doc = Arc::new(lang::parse(text.to_owned()).doc);
        let item = doc.plays().next().unwrap().0;
        let runner = Runner::spawn(Config::new(Journal::memory()));
        let prepared = Arc::new(Prepared::new(&doc, item, None).unwrap());
        let run = runner.start(Start::new(prepared, input)).await.unwrap();
        let outcome = runner.wait(&run).await.unwrap();
        assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
        Self { doc, run, runner }
    }

    async fn events(&self, run: &RunId) -> Vec<Recorded> {
        self.runner.reader().await.unwrap().events(run).unwrap().events
    }

    /// As the bridge between window and runner does it.
    async fn load(&self, run: &RunId, n_events: usize) -> FromRunner {
        let reader = self.runner.reader().await.unwrap();
        let Ok(info) = reader.run(run) else {
            return FromRunner::NotLoaded { run: run.clone(), message: format!("there is no run {run}") };
        };
        let all = reader.events(run).unwrap().events;
        let n_events = n_events.min(all.len());
        let item = self.doc.plays().find(|(_, play)| play.coord == info.play).unwrap().0;
        FromRunner::Loaded(Box::new(LoadedRun {
            run: run.clone(),
            doc: Some(Arc::clone(&self.doc)),
            item,
            live: n_events < all.len(),
            events: all[..n_events].to_vec(),
            stopped: None,
        }))
    }
}

fn asked(requests: &[Request]) -> Vec<RunId> {
    let run = |request: &Request| match request {
        Request::Runner(ToRunner::LoadRun { run }) => Some(run.clone()),
        _ => None,
    };
    requests.iter().filter_map(run).collect()
}

fn shown(editor: &Editor) -> String {
    editor.session().shown().unwrap().play.coord.to_string()
}

fn crumbs(editor: &Editor) -> Vec<String> {
    editor.crumbs().into_iter().map(|crumb| crumb.label).collect()
}

fn enter(editor: &mut Editor, node: &str) -> Vec<Request> {
    editor.apply(Command::Enter(Some(NodeId::new(node))))
}

#[test]
fn a_call_leads_into_its_play_and_back() {
    let mut editor = Editor::with_text(LEVELS);
    assert_eq!(editor.entrances(), [NodeId::new("game")]);
    assert!(crumbs(&editor).is_empty());
    assert_eq!(enter(&mut editor, "game"), [Request::View(View::Entered { card: 2 })]);
    assert_eq!((shown(&editor).as_str(), editor.session().mode()), ("club/1.2/game", Mode::Editing));
    enter(&mut editor, "cheer");
    assert_eq!(crumbs(&editor), ["season", "game", "cheer"]);
    assert!(editor.entrances().is_empty(), "a worker serves the last");
    enter(&mut editor, "shout");
    assert!(editor.toasts().last().unwrap().text.contains("no play demo/1/upper is in this file"));

    // What is drawn down there is part of the file, and stays.
    editor.apply(Command::EditText(LEVELS.replace("demo/1/upper", "demo/1/echo"))).clear();
    assert_eq!(shown(&editor), "club/1/cheer");
    assert_eq!(editor.apply(Command::Leave(2)).last(), Some(&Request::View(View::Left { card: 2 })));
    assert_eq!(shown(&editor), "club/1/season");
    assert_eq!(editor.session().selection(), &Selection::node(NodeId::new("game")));
    assert!(editor.session().text().contains("demo/1/echo"));
    assert!(!editor.is_enabled(&Command::Leave(1)));

    // Another play by its name is no level.
    enter(&mut editor, "game");
    let item = editor.session().doc().plays().last().unwrap().0;
    editor.apply(Command::ShowPlay(item)).clear();
    assert_eq!((shown(&editor).as_str(), editor.session().depth()), ("club/1/cheer", 0));
}

#[test]
fn a_play_of_another_tab_or_of_a_file_beside_is_one_too() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (dir.path().join("here.play"), dir.path().join("there.play"));
    std::fs::write(&here, "play a/1/x {\n  snap s\n  call c = b/^1/y\n  pass p\n  s -> c -> p\n}\n").unwrap();
    std::fs::write(&there, "play b/1.5/y {\n  snap s\n  call d = a/1/x\n  pass p\n  s -> d -> p\n}\n").unwrap();
    std::fs::write(dir.path().join("empty.ron"), "nothing that can be read").unwrap();
    let mut editor = Editor::new();
    editor.apply(Command::OpenPath(here)).clear();
    assert!(editor.entrances().is_empty(), "nobody looked into the folder");
    enter(&mut editor, "c");
    assert_eq!((shown(&editor).as_str(), editor.sessions().len()), ("b/1.5/y", 2));
    assert_eq!(crumbs(&editor), ["x", "c"]);
    editor.apply(Command::Leave(1)).clear();
    assert_eq!((shown(&editor).as_str(), editor.sessions().len()), ("a/1/x", 2));
    assert_eq!(editor.entrances(), [NodeId::new("c")]);
    // Round and round: the way is told as far as the tabs go.
    enter(&mut editor, "c");
    enter(&mut editor, "d");
    assert_eq!(shown(&editor), "a/1/x");
    assert!(crumbs(&editor).len() <= 3, "{:?}", crumbs(&editor));
    editor.apply(Command::CloseTab).clear();
    assert_eq!(shown(&editor), "b/1.5/y");
}

#[tokio::test(start_paused = true)]
async fn a_child_run_is_followed_while_it_goes_on() {
    let recording = Recording::of(LEVELS, json!({"teams": ["north", "south", "east"]})).await;
    let all = recording.events(&recording.run).await;
    let called = all.iter().position(|one| matches!(one.event, chalktalk::event::Event::Called { .. })).unwrap();
    let mut editor = Editor::with_text(LEVELS);
    let requests = editor.apply(Command::Run);
    assert!(matches!(&requests[..], [Request::Runner(ToRunner::Start(_))]));
    let run = recording.run.clone();
    editor.receive(FromRunner::Started { ticket: Ticket(1), run: run.clone() });
    let hear = |editor: &mut Editor, from: usize, to: usize| {
        editor.receive(FromRunner::Events { run: run.clone(), events: all[from..to].to_vec() });
        asked(&editor.owed())
    };
    // Entered before anything was called.
    assert!(hear(&mut editor, 0, called).is_empty());
    assert!(asked(&enter(&mut editor, "game")).is_empty());
    assert_eq!((shown(&editor).as_str(), editor.session().mode()), ("club/1.2/game", Mode::Live));
    assert!(editor.session().is_running() && editor.is_enabled(&Command::StopRun));

    let child = |visit| child_run(&run, "game", visit, 1);
    assert_eq!(hear(&mut editor, called, called + 1), [child(1)]);
    // The journal may not have it yet: it is asked for again.
    editor.receive(FromRunner::NotLoaded { run: child(1), message: "no such run".to_owned() });
    let _ = editor.tick(0.2);
    assert_eq!(asked(&editor.owed()), [child(1)]);
    assert!(editor.toasts().is_empty());
    editor.receive(recording.load(&child(1), 4).await);
    assert_eq!(editor.session().watch().unwrap().view().n_events(), 4, "it is followed");
    let rest = recording.events(&child(1)).await[4..].to_vec();
    editor.receive(FromRunner::Events { run: child(1), events: rest });
    let _ = editor.tick(60.0);
    assert!(editor.session().watch().unwrap().view().outcome().is_some());

    // All three go on at once, so the first stays until another is chosen.
    assert!(hear(&mut editor, called + 1, all.len()).is_empty());
    let visits = editor.session().visits().unwrap();
    assert_eq!((visits.calls.len(), visits.chosen), (3, Some(0)));
    assert_eq!(visits.calls[2].sent.to_json(), json!({"team": "east"}).into());
    assert_eq!(asked(&editor.apply(Command::NextVisit)), [child(2)]);
    editor.receive(recording.load(&child(2), usize::MAX).await);
    assert_eq!(asked(&editor.apply(Command::ShowVisit(2))), [child(3)]);
    assert!(!editor.is_enabled(&Command::NextVisit));

    // Two levels down, and the signal or the stop of either goes to where it belongs.
    editor.receive(recording.load(&child(3), usize::MAX).await);
    assert_eq!(asked(&enter(&mut editor, "cheer")), [child_run(&child(3), "cheer", 1, 1)]);
    assert_eq!(crumbs(&editor), ["season", "game", "cheer"]);
    editor.receive(recording.load(&child_run(&child(3), "cheer", 1, 1), usize::MAX).await);
    assert_eq!(editor.session().visits().unwrap().calls.len(), 1);
    editor.apply(Command::Leave(2)).clear();
    assert_eq!(editor.session().watch().unwrap().run(), Some(&run));
    assert_eq!(editor.session().mode(), Mode::Live);

    // An edit down there takes off all levels what finished runs showed.
    enter(&mut editor, "game");
    editor.apply(Command::EditText(LEVELS.replace("retry 2", "retry 3"))).clear();
    assert_eq!(editor.session().mode(), Mode::Editing);
    editor.apply(Command::Leave(1)).clear();
    assert_eq!((shown(&editor).as_str(), editor.session().mode()), ("club/1/season", Mode::Editing));
}

/// Two calls of a second, one after the other, by way of the same node.
const ROUNDS: &str = "play a/1/rounds {
  snap s
  call c = a/1/one
  pass p
  s -> c
  c -> c when (ball.n < 2)
  c -> p otherwise
}
play a/1/one {
  snap s
  fan-out f
  call nap = demo/1/sleep with ({ms: 1000})
  call count = demo/1/echo with ({n: ball.n + 1})
  fan-in j all
  pass p with (ball.count)
  s -> f -> { nap, count } -> j -> p
}
";

#[tokio::test(start_paused = true)]
async fn a_replay_shows_one_instant_on_all_levels() {
    let recording = Recording::of(ROUNDS, json!({"n": 0})).await;
    let parent = recording.run.clone();
    let child = |visit| child_run(&parent, "c", visit, 1);
    let mut editor = Editor::with_text("play b/1/other {\n  snap s\n}\n");
    editor.receive(recording.load(&parent, usize::MAX).await);
    assert_eq!(editor.session().mode(), Mode::Replay);
    editor.apply(Command::Seek(RunMicros::from_ms(1400))).clear();
    assert_eq!(asked(&enter(&mut editor, "c")), [child(2)], "the one that goes on at that instant");
    assert_eq!((shown(&editor).as_str(), editor.session().mode()), ("a/1/one", Mode::Replay));
    assert!(!editor.session().shown().unwrap().editable);
    editor.receive(recording.load(&child(2), usize::MAX).await);
    let time = |editor: &Editor| editor.session().watch().unwrap().playback().time();
    let start = editor.session().visits().unwrap().calls[1].start;
    assert_eq!(time(&editor).0 + start.0, 1_400_000, "the same instant");
    // Nothing was moved: the playhead above is where it was.
    editor.apply(Command::Leave(1)).clear();
    assert_eq!(time(&editor), RunMicros::from_ms(1400));
    // Moved down there, it is moved up here.
    enter(&mut editor, "c");
    editor.receive(recording.load(&child(2), usize::MAX).await);
    editor.apply(Command::Seek(RunMicros::from_ms(700))).clear();
    let states = |editor: &Editor| {
        let visits = editor.session().visits().unwrap();
        visits.calls.iter().map(|call| visits.state(call)).collect::<Vec<_>>()
    };
    assert_eq!(states(&editor), [CallState::Over(CallEnd::Answered), CallState::Running]);
    editor.apply(Command::Leave(1)).clear();
    assert_eq!(time(&editor).0, 700_000 + start.0);
    // A call that is over shows its end.
    enter(&mut editor, "c");
    assert_eq!(asked(&editor.apply(Command::PreviousVisit)), [child(1)]);
    editor.receive(recording.load(&child(1), usize::MAX).await);
    assert!(editor.session().watch().unwrap().view().outcome().is_some());
    // And one that is to come its start.
    editor.apply(Command::JumpToStart).clear();
    assert_eq!(states(&editor), [CallState::Running, CallState::NotYet]);
    // Back to editing leaves all levels: they were those of the run.
    editor.apply(Command::CloseRun).clear();
    assert_eq!((shown(&editor).as_str(), editor.session().depth()), ("b/1/other", 0));
}

#[tokio::test(start_paused = true)]
async fn the_visits_of_a_cycle_are_followed_one_after_the_other() {
    let recording = Recording::of(ROUNDS, json!({"n": 0})).await;
    let all = recording.events(&recording.run).await;
    let child = |visit| child_run(&recording.run, "c", visit, 1);
    let calls: Vec<usize> =
        (0..all.len()).filter(|&n| matches!(all[n].event, chalktalk::event::Event::Called { .. })).collect();
    let started = |editor: &mut Editor| {
        *editor = Editor::with_text(ROUNDS);
        editor.apply(Command::Run).clear();
        editor.receive(FromRunner::Started { ticket: Ticket(1), run: recording.run.clone() });
        let events = all[..calls[1]].to_vec();
        editor.receive(FromRunner::Events { run: recording.run.clone(), events });
        enter(editor, "c");
    };
    let mut editor = Editor::new();
    started(&mut editor);
    editor.receive(recording.load(&child(1), usize::MAX).await);
    let _ = editor.tick(30.0);
    editor.receive(FromRunner::Events { run: recording.run.clone(), events: all[calls[1]..].to_vec() });
    assert_eq!(asked(&editor.owed()), [child(2)]);

    // One that the person chose stays.
    started(&mut editor);
    assert_eq!(asked(&editor.apply(Command::ShowVisit(0))), [child(1)]);
    editor.receive(recording.load(&child(1), usize::MAX).await);
    let _ = editor.tick(30.0);
    editor.receive(FromRunner::Events { run: recording.run.clone(), events: all[calls[1]..].to_vec() });
    assert_eq!(asked(&editor.owed()), []);

    // A run that is not there at all is said so, once.
    started(&mut editor);
    editor.receive(FromRunner::Events { run: recording.run.clone(), events: all[calls[1]..].to_vec() });
    for _ in 0..5 {
        editor.receive(FromRunner::NotLoaded { run: child(1), message: "no".to_owned() });
        let _ = editor.tick(0.4);
        editor.owed().clear();
    }
    let told = editor.toasts().iter().filter(|toast| toast.text.contains("has no run of its own"));
    assert_eq!(told.count(), 1);
}
