//! The headless editor: scripts of commands, with invariants swept after each one.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;

use chalktalk::app::port::{FromRunner, LoadedRun, RunState, RunSummary, ToRunner};
use chalktalk::app::{
    Command, Draw, Editor, Gesture, Key, Mode, NeedsRepaint, Request, Selection, Shortcut, View, Way, registry,
};
use chalktalk::base::{BallId, Coord, NodeId, RunId, RunMicros};
use chalktalk::event::{Code, Event, Failure, Outcome, Payload, Recorded, Started, WireRef};
use chalktalk::lang;
use chalktalk::play::ops::{NodeField, Outlet, PlayField, palette};
use chalktalk::play::{Expr, Graph, NodeKind, When};

const CHECKOUT: &str = include_str!("app/checkout.play");

/// What must hold whatever was done.
fn sweep(editor: &Editor) {
    let session = editor.session();
    let parsed = lang::parse(session.text());
    assert_eq!(parsed.doc, *session.doc(), "the document is what the text says");
    assert_eq!(parsed.map, session.source().map);
    if let Some(play) = session.play() {
        let graph = Graph::new(play);
        assert_eq!(graph.wires(), session.graph().wires(), "the graph is that of the play");
        assert_eq!(graph.n_nodes(), session.graph().n_nodes());
    } else {
        assert_eq!(session.doc().plays().count(), 0, "a play is edited if there is one");
    }
    let Selection { nodes, wires, .. } = session.selection();
    let graph = session.shown().map(|shown| shown.graph.clone()).unwrap_or_default();
    for id in nodes {
        assert!(graph.find(id).is_some(), "{id} is selected but not there");
    }
    for wire in wires {
        assert!(chalktalk::app::wire_number(&graph, wire).is_some(), "{wire:?} is selected but not there");
    }
    for found in session.diagnostics() {
        assert!(session.text().get(found.span.range()).is_some(), "{found:?} lies outside of the text");
    }
}

fn apply(editor: &mut Editor, command: Command) -> Vec<Request> {
    let requests = editor.apply(command);
    sweep(editor);
    requests
}

/// A gesture that is done, without a word.
#[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn edit(editor: &mut Editor, gesture: Gesture) {
    let n_toasts = editor.toasts().len();
    assert_eq!(apply(editor, Command::Edit(gesture.clone())), []);
    assert_eq!(editor.toasts().len(), n_toasts, "{gesture:?}: {:?}", editor.toasts().last());
}

/// A gesture that is not done; gives the reason.
fn refused(editor: &mut Editor, gesture: Gesture) -> String {
    let text = editor.session().text().to_owned();
    assert_eq!(apply(editor, Command::Edit(gesture)), []);
    assert_eq!(editor.session().text(), text);
    let toast = editor.toasts().last().expect("a refusal is said");
    let (id, text) = (toast.id, toast.text.clone());
    apply(editor, Command::DismissToast(id));
    text
}

fn undo_to_start(editor: &mut Editor) {
    while editor.is_enabled(&Command::Undo) {
        apply(editor, Command::Undo);
    }
}

fn redo_to_end(editor: &mut Editor) {
    while editor.is_enabled(&Command::Redo) {
        apply(editor, Command::Redo);
    }
}

/// The lines of `new` that `old` does not have, and the other way round.
fn changed_lines(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
    let lines = |text: &str| {
        let mut lines = BTreeMap::<String, i32>::new();
        text.lines().for_each(|line| *lines.entry(line.trim().to_owned()).or_default() += 1);
        lines
    };
    let (old, new) = (lines(old), lines(new));
    let missing = |a: &BTreeMap<String, i32>, b: &BTreeMap<String, i32>| {
        a.iter().filter(|(line, n)| b.get(*line).unwrap_or(&0) < n).map(|(line, _)| line.clone()).collect()
    };
    (missing(&old, &new), missing(&new, &old))
}

fn id(text: &str) -> NodeId {
    NodeId::new(text)
}

fn wire(from: &str, to: &str) -> WireRef {
    WireRef { from: id(from), to: id(to), nth: 0 }
}

fn when(text: &str) -> When {
    When::If(Expr(text.to_owned()))
}

#[test]
fn a_play_is_drawn_from_nothing_as_a_person_would_write_it() {
    let mut editor = Editor::new();
    apply(&mut editor, Command::EditText("play shop/1/buy {\n}\n".to_owned()));
    let kinds = palette();
    let add = |kind: usize, x: i32, from: Option<&str>| Gesture::AddNode {
        kind: kinds[kind].clone(),
        at: (x, 0),
        from: from.map(|from| (id(from), Outlet::Out)),
    };
    edit(&mut editor, add(0, 0, None));
    assert_eq!(editor.session().selection().single_node(), Some(&id("start")));
    edit(&mut editor, add(2, 100, Some("start")));
    for (n, name) in ["charge", "reserve", "gift"].into_iter().enumerate() {
        edit(&mut editor, add(1, 200, Some("split")));
        let new = editor.session().selection().single_node().unwrap().clone();
        let field = |field, text: &str| Gesture::SetField { node: new.clone(), field, text: text.to_owned() };
        edit(&mut editor, field(NodeField::Target, &format!("shop/{n}/{name}")));
        edit(&mut editor, Gesture::Rename { node: new, to: name.to_owned() });
        assert_eq!(editor.session().selection().single_node(), Some(&id(name)), "the selection goes by the new name");
    }
    edit(&mut editor, add(3, 300, Some("charge")));
    for from in ["reserve", "gift"] {
        edit(&mut editor, Gesture::Connect { from: id(from), outlet: Outlet::Out, to: id("join") });
    }
    edit(&mut editor, add(6, 400, Some("join")));
    edit(&mut editor, add(6, 400, None));
    edit(&mut editor, Gesture::Rename { node: id("done2"), to: "refused".to_owned() });
    edit(&mut editor, Gesture::Connect { from: id("charge"), outlet: Outlet::Error, to: id("refused") });
    apply(&mut editor, Command::FormatText);
    assert_eq!(
        editor.session().text(),
        "\
play shop/1/buy {
  snap    start
  fan-out split
  call    charge  = shop/0/charge
  call    reserve = shop/1/reserve
  call    gift    = shop/2/gift
  fan-in  join  all
  pass    done
  pass    refused

  start -> split -> { charge, reserve, gift } -> join -> done
  charge -> refused on error

  layout {
    start 0 0
    split 100 0
    charge 200 0
    reserve 200 0
    gift 200 0
    join 300 0
    done 400 0
    refused 400 0
  }
}
"
    );
    undo_to_start(&mut editor);
}

#[test]
fn a_gesture_touches_its_own_statements_alone() {
    let cases: Vec<(Gesture, &[&str], &[&str])> = vec![
        (
            Gesture::Disconnect(wire("split", "gift")),
            &["order -> validate -> split -> { charge, reserve, gift } -> both"],
            &["order -> validate -> split -> { charge, reserve }", "{ charge, reserve, gift } -> both"],
        ),
        (
            Gesture::SetWhen { wire: wire("both", "approve"), when: when("ball.charge.total > 500") },
            &["both -> approve when (ball.charge.total > 100)"],
            &["both -> approve when (ball.charge.total > 500)"],
        ),
        (
            Gesture::SetWhen { wire: wire("split", "gift"), when: when("ball.gift") },
            &["order -> validate -> split -> { charge, reserve, gift } -> both"],
            &[
                "order -> validate -> split -> { charge, reserve }",
                "split -> gift when (ball.gift)",
                "{ charge, reserve, gift } -> both",
            ],
        ),
        (
            Gesture::RerouteHead { wire: wire("validate", "refused"), to: id("shipped") },
            &["validate -> refused on error"],
            &["validate -> shipped on error"],
        ),
        (
            Gesture::RerouteTail { wire: wire("approve", "refused"), from: id("both") },
            &["approve -> refused on timeout"],
            &["both -> refused on timeout"],
        ),
        (
            Gesture::SetField { node: id("reserve"), field: NodeField::Retry, text: "4".to_owned() },
            &["call            reserve  = stock/^3/reserve  retry 3"],
            &["call            reserve  = stock/^3/reserve  retry 4"],
        ),
        (Gesture::Move(vec![(id("gift"), 700, 420)]), &["gift 620 420"], &["gift 700 420"]),
        (
            Gesture::SetPlay { field: PlayField::Timeout, text: "3h".to_owned() },
            &["play shop/1.2/checkout \"Checkout\" timeout 2h {"],
            &["play shop/1.2/checkout \"Checkout\" timeout 3h {"],
        ),
        (Gesture::AddRole("drone".to_owned()), &[], &["role drone"]),
        (
            Gesture::Bind { formation: "street".into(), text: "packing/* pull".to_owned() },
            &["packing/*   builtin"],
            &["packing/*   pull"],
        ),
        (Gesture::Unbind { formation: "street".into(), stmt: 4 }, &["shipping/*  builtin"], &[]),
        (
            Gesture::Delete { nodes: vec![id("gift")], wires: vec![wire("approve", "refused")] },
            &[
                "approve -> refused on timeout",
                "call            gift     = shop/2.1/wrap",
                "gift 620 420",
                "order -> validate -> split -> { charge, reserve, gift } -> both",
            ],
            &["order -> validate -> split -> { charge, reserve } -> both"],
        ),
    ];
    for (gesture, gone, come) in cases {
        let mut editor = Editor::with_text(CHECKOUT);
        edit(&mut editor, gesture.clone());
        let (old, new) = changed_lines(CHECKOUT, editor.session().text());
        assert_eq!(
            (old, new),
            (gone.iter().map(ToString::to_string).collect(), come.iter().map(ToString::to_string).collect()),
            "{gesture:?}"
        );
        apply(&mut editor, Command::Undo);
        assert_eq!(editor.session().text(), CHECKOUT);
        assert!(!editor.session().is_dirty());
        apply(&mut editor, Command::Redo);
        assert!(editor.session().is_dirty());
    }
}

#[test]
fn a_second_wire_waits_for_its_condition() {
    let mut editor =
        Editor::with_text("play a/1/b {\n  snap s\n  call c = x/1/y\n  pass p\n  pass q\n\n  s -> c -> p\n}\n");
    let second = Command::Edit(Gesture::Connect { from: id("c"), outlet: Outlet::Out, to: id("q") });
    let label = View::Sketch(chalktalk::app::Sketch::Label(wire("c", "q")));
    assert_eq!(apply(&mut editor, second), [Request::View(label)], "the condition is to be written");
    assert!(
        editor.session().text().contains("  s -> c -> p otherwise\n  c -> q when (false)\n"),
        "{}",
        editor.session().text()
    );
    assert_eq!(editor.session().selection().single_wire(), Some(&wire("c", "q")));
    apply(&mut editor, Command::Undo);
    edit(&mut editor, Gesture::SetWhen { wire: wire("c", "p"), when: when("ball.ok") });
    edit(&mut editor, Gesture::Connect { from: id("c"), outlet: Outlet::Out, to: id("q") });
    assert!(editor.session().text().contains("  c -> q otherwise\n"), "{}", editor.session().text());
}

#[test]
fn what_cannot_be_done_is_refused_with_what_to_do() {
    let mut editor = Editor::with_text(CHECKOUT);
    let connect = |from: &str, outlet, to: &str| Gesture::Connect { from: id(from), outlet, to: id(to) };
    let field = |node: &str, field, text: &str| Gesture::SetField { node: id(node), field, text: text.to_owned() };
    let cases = [
        (connect("shipped", Outlet::Out, "pack"), "a pass ends the run"),
        (connect("refused", Outlet::Error, "pack"), "a pass ends the run"),
        (connect("pack", Outlet::Out, "order"), "a run starts at 'order'"),
        (connect("pack", Outlet::Out, "shipped"), "leads to 'shipped' already"),
        (connect("validate", Outlet::Error, "shipped"), "drag the end of that one"),
        (connect("nobody", Outlet::Out, "pack"), "no node 'nobody'"),
        (Gesture::Disconnect(wire("order", "pack")), "that wire is gone"),
        (Gesture::RerouteHead { wire: wire("both", "pack"), to: id("order") }, "a run starts at 'order'"),
        (Gesture::Rename { node: id("gift"), to: "reserve".to_owned() }, "choose another name"),
        (Gesture::Rename { node: id("gift"), to: "a b".to_owned() }, "is not a name"),
        (field("gift", NodeField::Timeout, "soon"), "is not a duration"),
        (field("gift", NodeField::Target, "shop"), ""),
        (field("gift", NodeField::Target, "a/b"), "is not a coordinate"),
        (field("gift", NodeField::With, "f(x"), "close each quote"),
        (field("gift", NodeField::Policy, "2"), "a call has no"),
        (field("both", NodeField::Policy, "some"), "write all, any or a number"),
        (field("split", NodeField::Spread, "two"), "write all, one or each"),
        (field("approve", NodeField::Signal, " "), "a signal needs a name"),
        (Gesture::SetWhen { wire: wire("both", "pack"), when: when("") }, "the expression is empty"),
        (Gesture::RemoveRole("courier".into()), "give it another target first"),
        (Gesture::AddRole("courier".to_owned()), "choose another name"),
        (Gesture::AddFormation("street".to_owned()), "choose another name"),
        (Gesture::Bind { formation: "street".into(), text: "nonsense".to_owned() }, "cannot stand in a play"),
        (Gesture::Bind { formation: "road".into(), text: "a/1 pull".to_owned() }, "no formation 'road'"),
    ];
    for (gesture, says) in cases {
        if says.is_empty() {
            // A word alone is a role: the checks say that it is unknown.
            edit(&mut editor, gesture);
            apply(&mut editor, Command::Undo);
            continue;
        }
        let message = refused(&mut editor, gesture.clone());
        assert!(message.contains(says), "{gesture:?}: {message}");
    }
}

#[test]
fn typing_and_drawing_go_back_step_by_step() {
    let mut editor = Editor::with_text(CHECKOUT);
    let typed = CHECKOUT.replace("// Takes an order", "// Brings an order");
    apply(&mut editor, Command::EditText(typed.clone()));
    edit(&mut editor, Gesture::Rename { node: id("gift"), to: "wrap".to_owned() });
    let renamed = editor.session().text().to_owned();
    assert!(renamed.contains("{ charge, reserve, wrap }") && renamed.contains("wrap 620 420"));
    let broken = renamed.replace("snap            order", "snap            ");
    apply(&mut editor, Command::EditText(broken.clone()));
    assert!(editor.session().graph().find("order").is_none());
    assert!(editor.session().graph().find("wrap").is_some(), "the rest goes on working");
    assert!(editor.session().n_errors() > 0);
    edit(&mut editor, Gesture::Move(vec![(id("wrap"), 0, 0)]));
    let names = |editor: &Editor| editor.session().history().names().0.map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(names(&editor), ["Type", "Rename gift to wrap", "Type", "Move wrap"]);
    let last = editor.session().text().to_owned();
    let mut seen = Vec::new();
    while editor.is_enabled(&Command::Undo) {
        apply(&mut editor, Command::Undo);
        seen.push(editor.session().text().to_owned());
    }
    assert_eq!(seen, [broken, renamed, typed, CHECKOUT.to_owned()]);
    redo_to_end(&mut editor);
    assert_eq!(editor.session().text(), last);
    undo_to_start(&mut editor);
    apply(&mut editor, Command::FormatText);
    assert_eq!(editor.session().text(), lang::print(&lang::parse(CHECKOUT).doc));
}

#[test]
fn a_held_key_moves_in_one_step() {
    let mut editor = Editor::with_text(CHECKOUT);
    let text = editor.session().text().to_owned();
    let ids = [id("gift"), id("both")];
    let n_steps = |editor: &Editor| editor.session().history().names().0.count();
    let right = || Command::Draw(Draw::Nudge { way: Way::Right, fine: false });
    let hold = |editor: &mut Editor, n: u8| {
        for _ in 0..n {
            apply(editor, right());
            let _ = editor.tick(0.05);
        }
    };
    apply(&mut editor, Command::Select(Selection::node(ids[0].clone())));
    hold(&mut editor, 30);
    assert_eq!(n_steps(&editor), 1);
    let held = editor.session().text().to_owned();
    // After a pause, or of other nodes, it is another one.
    let _ = editor.tick(1.5);
    hold(&mut editor, 2);
    assert_eq!(n_steps(&editor), 2);
    apply(&mut editor, Command::Select(Selection::node(ids[1].clone())));
    hold(&mut editor, 2);
    assert_eq!(n_steps(&editor), 3);
    apply(&mut editor, Command::Undo);
    apply(&mut editor, Command::Undo);
    assert_eq!(editor.session().text(), held);
    apply(&mut editor, Command::Undo);
    assert_eq!(editor.session().text(), text);
    apply(&mut editor, Command::Redo);
    assert_eq!(editor.session().text(), held);
    hold(&mut editor, 1);
    apply(&mut editor, Command::Undo);
    assert_eq!(editor.session().text(), held, "what was redone is done");
}

#[test]
fn text_and_canvas_point_at_each_other() {
    let editor = Editor::with_text(CHECKOUT);
    let session = editor.session();
    let at = |text: &str| u32::try_from(CHECKOUT.find(text).unwrap()).unwrap();
    assert_eq!(session.node_at(at("reserve  = stock")), Some(&id("reserve")));
    assert_eq!(session.node_at(at("gift } -> both")), Some(&id("gift")));
    assert_eq!(session.node_at(at("approve 220 580")), Some(&id("approve")));
    assert_eq!(session.node_at(at("// A manager")), None);
    let span = session.span_of(&id("pack")).unwrap();
    assert!(CHECKOUT[span.range()].starts_with("wait-for-worker pack"));
    let span = session.span_of_wire(&wire("both", "pack")).unwrap();
    assert_eq!(&CHECKOUT[span.range()], "both -> pack otherwise");
}

#[test]
fn another_play_of_the_file_can_be_shown_and_stays_shown() {
    let two = "play a/1/one {\n  snap s\n}\n\nplay a/1/two {\n  snap t\n}\n";
    let mut editor = Editor::with_text(two);
    assert!(editor.session().graph().find("s").is_some());
    apply(&mut editor, Command::ShowPlay(1));
    assert!(editor.session().graph().find("t").is_some());
    edit(&mut editor, Gesture::AddNode { kind: NodeKind::Pass(None), at: (0, 0), from: Some((id("t"), Outlet::Out)) });
    assert!(editor.session().graph().find("done").is_some());
    let text = editor.session().text().to_owned();
    apply(&mut editor, Command::EditText(format!("// More.\nplay a/1/zero {{\n}}\n{text}")));
    assert!(editor.session().graph().find("t").is_some(), "found again by its coordinate");
    apply(&mut editor, Command::EditText(String::new()));
    assert!(editor.session().play().is_none());
    assert!(refused(&mut editor, Gesture::AddRole("r".to_owned())).contains("no play"));
    apply(&mut editor, Command::Undo);
    assert!(editor.session().graph().find("t").is_some());
}

fn event(seq: u64, ms: u64, event: Event) -> Recorded {
    Recorded { seq, at: RunMicros::from_ms(ms), event }
}

fn recorded(run: &RunId) -> Vec<Recorded> {
    let started = Started { started_ms: 1, ..Started::new(run.clone(), Coord::new("shop", "1.2", "checkout")) };
    let failure = Failure::new(Code::Unavailable, "nobody there");
    vec![
        event(0, 0, Event::Started(Box::new(started))),
        event(1, 1, Event::Snapped { ball: BallId(0), node: id("order"), payload: Payload::default(), signal: None }),
        event(2, 5, Event::Moved { ball: BallId(0), wire: wire("order", "validate"), payload: None }),
        event(3, 90, Event::Finished { outcome: Outcome::Failed { node: Some(id("validate")), failure } }),
    ]
}

#[test]
fn a_run_is_started_watched_and_stopped() {
    let mut editor = Editor::with_text(&CHECKOUT.replace("// Takes", "// input: {\"order_id\": 7}\n// Takes"));
    assert_eq!(editor.session().input(), "{\"order_id\": 7}", "the play proposes an input");
    apply(&mut editor, Command::SetFormation(Some("street".into())));
    apply(&mut editor, Command::SetFormation(Some("nowhere".into())));
    let requests = apply(&mut editor, Command::Run);
    let [Request::Runner(ToRunner::Start(start))] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((start.input.clone(), start.formation.as_deref()), (serde_json::json!({"order_id": 7}), Some("street")));
    assert_eq!((start.entry.as_ref(), start.item), (None, editor.session().item().unwrap()));
    assert_eq!(editor.session().mode(), Mode::Live);
    assert!(!editor.is_enabled(&Command::StopRun), "it has no name yet");

    let run = RunId::new("r1");
    editor.receive(FromRunner::Started { ticket: start.ticket, run: run.clone() });
    let events = recorded(&run);
    editor.receive(FromRunner::Events { run: run.clone(), events: events[..3].to_vec() });
    editor.receive(FromRunner::Events { run: RunId::new("other"), events: events.clone() });
    assert_eq!(editor.tick(0.016), NeedsRepaint::Yes);
    assert_eq!(editor.session().watch().unwrap().view().n_events(), 3);
    assert_eq!(apply(&mut editor, Command::StopRun), [Request::Runner(ToRunner::Cancel { run: run.clone() })]);
    let signal = |node: &str| Command::SendSignal { node: id(node), payload: serde_json::json!({"name": "Ann"}) };
    assert_eq!(
        apply(&mut editor, signal("approve")),
        [Request::Runner(ToRunner::Signal {
            run: run.clone(),
            name: "manager-approved".to_owned(),
            payload: serde_json::json!({"name": "Ann"})
        })]
    );
    assert_eq!(apply(&mut editor, signal("gift")), []);
    assert!(editor.toasts().last().unwrap().text.contains("waits for no signal"));

    // Editing goes on while it runs.
    edit(&mut editor, Gesture::Move(vec![(id("gift"), 0, 0)]));
    assert_eq!(editor.session().mode(), Mode::Live);
    editor.receive(FromRunner::Events { run, events: events[3..].to_vec() });
    assert!(editor.toasts().last().unwrap().text.contains("failed at validate: UNAVAILABLE: nobody there"));
    assert_eq!(editor.session().mode(), Mode::Live);
    edit(&mut editor, Gesture::Move(vec![(id("gift"), 9, 9)]));
    assert_eq!(editor.session().mode(), Mode::Editing, "what a finished run showed is not what the changed play did");
}

#[test]
fn a_play_may_propose_its_input() {
    let input = |before: &str, inside: &str| {
        let editor = Editor::with_text(&format!("{before}\nplay a/1/b {{\n  {inside}\n  snap s\n}}\n"));
        editor.session().input().to_owned()
    };
    assert_eq!(input("", ""), "{}");
    assert_eq!(input("// input: [1]", ""), "[1]");
    assert_eq!(
        input("// Says hello.\n//   chalktalk run a.play --input '{\"who\": \"it's me\"}'", ""),
        "{\"who\": \"it's me\"}"
    );
    assert_eq!(input("// input: 1", "// input: 2"), "2", "the nearest one");
    assert_eq!(input("// see --input", ""), "{}");
}

#[test]
fn a_run_that_cannot_start_says_why() {
    let mut editor = Editor::with_text(CHECKOUT);
    apply(&mut editor, Command::SetInput("{".to_owned()));
    assert_eq!(apply(&mut editor, Command::Run), [Request::View(View::EditInput)]);
    assert!(editor.toasts().last().unwrap().text.contains("the input is not JSON"));
    apply(&mut editor, Command::SetInput("{}".to_owned()));
    let requests = apply(&mut editor, Command::Run);
    let [Request::Runner(ToRunner::Start(start))] = &requests[..] else { panic!("{requests:?}") };
    editor.receive(FromRunner::NotStarted { ticket: start.ticket, message: "no worker".to_owned() });
    assert_eq!((editor.session().mode(), editor.toasts().last().unwrap().text.as_str()), (Mode::Editing, "no worker"));

    apply(&mut editor, Command::EditText("play a/1/b {\n  snap\n}\n".to_owned()));
    assert_eq!(apply(&mut editor, Command::Run), [Request::View(View::ShowProblems)]);
    apply(&mut editor, Command::EditText(String::new()));
    assert!(!editor.is_enabled(&Command::Run));
    assert_eq!(apply(&mut editor, Command::Run), []);

    let triggered = "play a/1/b {\n  wait-for-signal w \"go\"\n  pass p\n  w -> p\n}\n";
    apply(&mut editor, Command::EditText(triggered.to_owned()));
    let requests = apply(&mut editor, Command::Run);
    let [Request::Runner(ToRunner::Start(start))] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(start.entry, Some(id("w")));
}

#[test]
fn a_replay_shows_what_ran_and_calls_nothing() {
    let mut editor = Editor::with_text("play a/1/b {\n  snap s\n}\n");
    let run = RunId::new("r1");
    let requests = apply(&mut editor, Command::ShowRuns);
    assert!(matches!(requests[..], [Request::Runner(ToRunner::ListRuns { .. }), Request::View(View::ShowRuns)]));
    let summary = RunSummary {
        run: run.clone(),
        play: Coord::new("shop", "1.2", "checkout"),
        started_ms: 1,
        state: RunState::Failed,
        reason: None,
        n_events: 4,
        took_micros: 90_000,
    };
    editor.receive(FromRunner::Runs(vec![summary]));
    assert_eq!(editor.runs().unwrap().len(), 1);
    assert_eq!(
        apply(&mut editor, Command::OpenRun(run.clone())),
        [Request::Runner(ToRunner::LoadRun { run: run.clone() })]
    );
    let doc = std::sync::Arc::new(lang::parse(CHECKOUT).doc);
    let item = doc.plays().next().unwrap().0;
    let loaded =
        LoadedRun { run: run.clone(), doc: Some(doc), item, events: recorded(&run), live: false, stopped: None };
    editor.receive(FromRunner::Loaded(Box::new(loaded)));
    sweep(&editor);
    assert_eq!(editor.session().mode(), Mode::Replay);
    let shown = editor.session().shown().unwrap();
    assert!(!shown.editable && shown.graph.find("validate").is_some());
    assert!(refused(&mut editor, Gesture::AddRole("r".to_owned())).contains("go back to editing first"));
    apply(&mut editor, Command::Select(Selection::node(id("validate"))));
    assert_eq!(editor.session().selection().single_node(), Some(&id("validate")));

    let n_events = |editor: &Editor| editor.session().watch().unwrap().view().n_events();
    apply(&mut editor, Command::JumpToStart);
    assert_eq!(n_events(&editor), 0);
    apply(&mut editor, Command::StepForward);
    apply(&mut editor, Command::StepForward);
    assert_eq!(n_events(&editor), 2);
    apply(&mut editor, Command::StepBack);
    assert_eq!(n_events(&editor), 1);
    apply(&mut editor, Command::Seek(RunMicros::from_ms(5)));
    assert_eq!(n_events(&editor), 3);
    apply(&mut editor, Command::JumpToEnd);
    assert_eq!(n_events(&editor), 4);
    let space = Shortcut::plain(Key::Space);
    assert_eq!(editor.command_for(space, false), Some(Command::PlayPause));
    apply(&mut editor, Command::SetSpeed(1000.0));
    apply(&mut editor, Command::PlayPause);
    let mut frames = 0;
    while editor.tick(0.016) == NeedsRepaint::Yes {
        frames += 1;
        assert!(frames < 10_000, "a replay comes to an end");
    }
    assert_eq!(n_events(&editor), 4);
    apply(&mut editor, Command::SelectNone);
    assert_eq!(editor.command_for(Shortcut::plain(Key::Escape), false), Some(Command::CloseRun));
    apply(&mut editor, Command::CloseRun);
    assert_eq!(editor.session().mode(), Mode::Editing);
    assert_eq!(editor.command_for(space, false), Some(Command::Run));
    assert_eq!(editor.command_for(space, true), None, "Space types a space in a text field");
}

#[test]
fn shortcuts_are_unambiguous_and_titles_are_there() {
    let mut seen = Vec::new();
    for entry in registry::entries() {
        assert!(!entry.title.is_empty() && !entry.does.is_empty(), "{}", entry.id);
        for shortcut in entry.shortcuts {
            assert!(!seen.contains(shortcut), "{shortcut} is used twice");
            seen.push(*shortcut);
        }
    }
    assert_eq!(Command::Redo.shortcut().unwrap().to_string(), "Ctrl+Shift+Z");
    assert_eq!(Command::Run.shortcut().unwrap().to_string(), "Space");
}
