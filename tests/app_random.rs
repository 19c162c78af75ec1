//! Random gestures, typing, undo and redo over random plays: text, document and canvas never part.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use chalktalk::app::{Align, Axis, Command, Draw, Editor, Gesture, Request, Selection, Way, Wired, wire_name};
use chalktalk::base::NodeId;
use chalktalk::event::WireRef;
use chalktalk::lang;
use chalktalk::play::ops::{NodeField, Outlet, PlayField, palette};
use chalktalk::play::{Expr, Graph, Item, Node, Options, Stmt, When, notes};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Statements as people and accidents write them: with comments, odd spaces, mistakes.
const STATEMENTS: &[&str] = &[
    "snap n0",
    "  snap    n0 \"Start\"  // here",
    "call n1 = shop/1/charge  timeout 2s",
    "\tcall n1=shop/1/charge",
    "call n2 = a/1/x 60% | a/2/x 40%  // canary",
    "fan-out n3",
    "fan-out n3 each (ball.items)",
    "fan-in n4 all timeout 10s",
    "wait-for-signal n5 \"go\" key (ball.id)",
    "wait-for-worker n6 = pack/1/pack  with ({a: ball, b: 'x'})",
    "pass n7",
    "pass n7 = role",
    "role role",
    "// a comment",
    "",
    "n0 -> n1 -> n2",
    "n3 -> { n1, n2 } -> n4  // both",
    "n3 -> {n1,n2,\n n5} -> n4",
    "n4 -> n7 when (ball.x > 1)",
    "n4 -> n6 otherwise",
    "n1 -> n7 on error",
    "n5 -> n7 on timeout",
    "n6 -> n7",
    "n2 -> n9",
    "n1 -> // odd\n n2",
    "  // two lines\n  // of a comment",
    "layout { n0 0 0, n1 100 -20 }",
    "layout { n2 1 1, note \"a comment\" 3 -4, frame \"F\" { n0, n1, n9 }, n3 4 4 }",
    "layout {\n frame \"G\" collapsed { n2 } // here\n n0 7 7\n note \"two lines\" 1 1\n}",
    "layout {\n n3 5 5 // here\n n4 6 6\n}",
    "call = broken",
    "n1 -> -> n2",
    "what is this (",
];

/// What may be on a clipboard.
const PASTED: &[&str] = &[
    "call n1 = a/1/b\ncall m = a/1/b  // mine\nn1 -> m on error",
    "play x/1/y {\n  snap n0\n  fan-out n3\n  n0 -> n3 -> { n0, n9 }\n  layout { n0 5 5 }\n}",
    "not a play",
    "}",
    "",
];

/// What is done to what is selected.
fn drawn() -> Vec<Draw> {
    let mut all =
        vec![Draw::Copy, Draw::Cut, Draw::Duplicate, Draw::DeleteAndHeal, Draw::Swap, Draw::Add, Draw::WireTo];
    all.extend([Draw::Frame, Draw::Collapse, Draw::Unframe, Draw::AddNote]);
    all.extend([Align::Left, Align::Middle, Align::Bottom].map(Draw::Align));
    all.extend([Axis::Across, Axis::Down].map(Draw::Distribute));
    for way in [Way::Left, Way::Right, Way::Up, Way::Down] {
        all.extend([
            Draw::Step { way, extend: way == Way::Up },
            Draw::StepOntoWire(way),
            Draw::Nudge { way, fine: false },
        ]);
    }
    all
}

fn play_text() -> impl Strategy<Value = String> {
    let body = vec(select(STATEMENTS), 0..14);
    let head = select(&["play a/1/b {", "// About.\nplay a/1/b \"Title\" timeout 1h {", "play a/1/b{"][..]);
    let tail = select(&["}\n", "}", "}\n\nformation f {\n  a/* builtin\n  role role = x/1/y\n}\n", ""][..]);
    (head, body, tail).prop_map(|(head, body, tail)| format!("{head}\n{}\n{tail}", body.join("\n")))
}

#[derive(Clone, Debug)]
enum Step {
    Add(Index, Option<Index>, Outlet),
    Connect(Index, Outlet, Index),
    Disconnect(Index),
    RerouteHead(Index, Index),
    RerouteTail(Index, Index),
    SetWhen(Index, When),
    Delete(Index, Option<Index>, Option<Index>),
    Rename(Index, &'static str),
    Field(Index, NodeField, &'static str),
    Kind(Index, Index),
    /// A new node after one, before one or on a wire.
    Insert(Index, Index, u8, Outlet),
    Splice(Index, Index),
    Heal(Index, Option<Index>),
    Swap(Index, Index),
    ConnectAll(Index, Index, Outlet, Index),
    Paste(&'static str),
    Draw(Draw),
    Arrange,
    ArrangeOthers,
    JumpTo(usize),
    Select(Index, Option<Index>),
    Move(Vec<(Index, i32, i32)>),
    AddNote(Option<Index>, &'static str, bool),
    SetNote(Index, &'static str),
    MoveNote(Index, Option<i32>),
    Erase(Index, Index),
    AddFrame(Vec<Index>),
    Retitle(Index, &'static str),
    Collapse(Index, bool),
    SelectFrame(Index),
    EraseFrame(Index, Option<Index>),
    Play(PlayField, &'static str),
    Role(&'static str),
    Bind(&'static str),
    Formation(&'static str),
    Type(Index, usize, &'static str),
    Format,
    Undo,
    Redo,
}

fn step() -> impl Strategy<Value = Step> {
    let i = any::<Index>;
    let outlet = || select(&[Outlet::Out, Outlet::Out, Outlet::Error, Outlet::Timeout][..]);
    let when = select(vec![
        When::Always,
        When::Otherwise,
        When::Error,
        When::Timeout,
        When::If(Expr("ball.a == ')'".to_owned())),
        When::If(Expr("(".to_owned())),
    ]);
    let fields = vec![
        NodeField::Title,
        NodeField::Target,
        NodeField::Signal,
        NodeField::Spread,
        NodeField::Policy,
        NodeField::With,
        NodeField::Key,
        NodeField::Timeout,
        NodeField::Retry,
        NodeField::Backoff,
    ];
    let values = select(
        &[
            "",
            "x",
            "a/1/b",
            "a/1/b 50% | c/1/d 50%",
            "3",
            "2s",
            "1s..2s",
            "any",
            "each (ball)",
            "{a: 1}",
            "\"quo\\te\n",
            "// c",
            "a) when (b",
        ][..],
    );
    let names = || select(&["n1", "n8", "renamed", "when", "1", "a-b", ""][..]);
    let noted =
        || select(&["", "a comment", "two lines\nof a comment", "/ odd \n\n  é ", "more\nand\nmore", "\u{7}"][..]);
    let typed = select(
        &["", "\n", " ", "x", "}", "{", "(", "\"", "// é\n", "n1 -> n2\n", "call z = a/1/b\n", "play c/1/d {\n"][..],
    );
    prop_oneof![
        (i(), any::<Option<Index>>(), outlet()).prop_map(|(kind, from, outlet)| Step::Add(kind, from, outlet)),
        (i(), outlet(), i()).prop_map(|(from, outlet, to)| Step::Connect(from, outlet, to)),
        (i(), outlet(), i()).prop_map(|(from, outlet, to)| Step::Connect(from, outlet, to)),
        i().prop_map(Step::Disconnect),
        (i(), i()).prop_map(|(wire, to)| Step::RerouteHead(wire, to)),
        (i(), i()).prop_map(|(wire, from)| Step::RerouteTail(wire, from)),
        (i(), when).prop_map(|(wire, when)| Step::SetWhen(wire, when)),
        (i(), any::<Option<Index>>(), any::<Option<Index>>()).prop_map(|(a, b, wire)| Step::Delete(a, b, wire)),
        (i(), names()).prop_map(|(node, to)| Step::Rename(node, to)),
        (i(), select(fields), values).prop_map(|(node, field, text)| Step::Field(node, field, text)),
        (i(), i()).prop_map(|(node, kind)| Step::Kind(node, kind)),
        (i(), i(), 0..4_u8, outlet()).prop_map(|(kind, at, way, outlet)| Step::Insert(kind, at, way, outlet)),
        (i(), i()).prop_map(|(node, wire)| Step::Splice(node, wire)),
        (i(), any::<Option<Index>>()).prop_map(|(a, b)| Step::Heal(a, b)),
        (i(), i()).prop_map(|(a, b)| Step::Swap(a, b)),
        (i(), i(), outlet(), i()).prop_map(|(a, b, outlet, to)| Step::ConnectAll(a, b, outlet, to)),
        select(PASTED).prop_map(Step::Paste),
        select(drawn()).prop_map(Step::Draw),
        select(drawn()).prop_map(Step::Draw),
        Just(Step::Arrange),
        Just(Step::ArrangeOthers),
        (0..9_usize).prop_map(Step::JumpTo),
        (i(), any::<Option<Index>>()).prop_map(|(a, b)| Step::Select(a, b)),
        vec((i(), -99..99, -99..99), 1..4).prop_map(Step::Move),
        (any::<Option<Index>>(), noted(), any::<bool>()).prop_map(|(of, text, at)| Step::AddNote(of, text, at)),
        (i(), noted()).prop_map(|(note, text)| Step::SetNote(note, text)),
        (i(), proptest::option::of(-9..9)).prop_map(|(note, to)| Step::MoveNote(note, to)),
        (i(), i()).prop_map(|(note, node)| Step::Erase(note, node)),
        vec(i(), 0..4).prop_map(Step::AddFrame),
        vec(i(), 0..4).prop_map(Step::AddFrame),
        (i(), select(&["F", "G", "New", "", " \"quo\te\n"][..])).prop_map(|(frame, to)| Step::Retitle(frame, to)),
        (i(), any::<bool>()).prop_map(|(frame, collapsed)| Step::Collapse(frame, collapsed)),
        i().prop_map(Step::SelectFrame),
        (i(), any::<Option<Index>>()).prop_map(|(frame, node)| Step::EraseFrame(frame, node)),
        (select(&PlayField::ALL[..]), select(&["", "x/1/y", "1h", "T"][..]))
            .prop_map(|(field, text)| Step::Play(field, text)),
        names().prop_map(Step::Role),
        select(&["a/* pull", "b/1 process \"x\"", "role role = a/1/b", "}", ""][..]).prop_map(Step::Bind),
        names().prop_map(Step::Formation),
        (i(), 0..4_usize, typed).prop_map(|(at, remove, text)| Step::Type(at, remove, text)),
        Just(Step::Format),
        Just(Step::Undo),
        Just(Step::Redo),
    ]
}

impl Step {
    /// What it means for the play as it is. `None` if there is nothing to do it to.
    fn command(&self, editor: &Editor) -> Option<Command> {
        let session = editor.session();
        let graph = session.graph();
        let node = |index: &Index| -> Option<NodeId> {
            let n = graph.n_nodes().checked_sub(1).map(|last| index.index(last + 1))?;
            Some(graph.node(session.play()?, u32::try_from(n).unwrap()).id.clone())
        };
        let wire = |index: &Index| -> Option<WireRef> {
            let n = graph.wires().len().checked_sub(1).map(|last| index.index(last + 1))?;
            Some(wire_name(session.play()?, graph, u32::try_from(n).unwrap()))
        };
        let note = |index: &Index| {
            let all = notes(session.play()?);
            let n = all.len().checked_sub(1).map(|last| index.index(last + 1))?;
            Some(all[n].name.clone())
        };
        let frame = |index: &Index| {
            let titles: Vec<String> = session.play()?.frames().map(|frame| frame.title.clone()).collect();
            let n = titles.len().checked_sub(1).map(|last| index.index(last + 1))?;
            Some(titles[n].clone())
        };
        let kind = |index: &Index| palette()[index.index(palette().len())].clone();
        Some(Command::Edit(match self {
            Self::Add(of, from, outlet) => {
                let from = from.as_ref().and_then(node).map(|from| (from, *outlet));
                Gesture::AddNode { kind: kind(of), at: (1, 2), from }
            }
            Self::Connect(from, outlet, to) => Gesture::Connect { from: node(from)?, outlet: *outlet, to: node(to)? },
            Self::Disconnect(cut) => Gesture::Disconnect(wire(cut)?),
            Self::RerouteHead(rerouted, to) => Gesture::RerouteHead { wire: wire(rerouted)?, to: node(to)? },
            Self::RerouteTail(rerouted, from) => Gesture::RerouteTail { wire: wire(rerouted)?, from: node(from)? },
            Self::SetWhen(changed, when) => Gesture::SetWhen { wire: wire(changed)?, when: when.clone() },
            Self::Delete(a, b, cut) => Gesture::Delete {
                nodes: std::iter::once(a).chain(b).filter_map(node).collect(),
                wires: cut.iter().filter_map(wire).collect(),
            },
            Self::Rename(of, to) => Gesture::Rename { node: node(of)?, to: (*to).to_owned() },
            Self::Field(of, field, text) => {
                Gesture::SetField { node: node(of)?, field: *field, text: (*text).to_owned() }
            }
            Self::Kind(of, to) => Gesture::SetKind { node: node(of)?, kind: kind(to) },
            Self::Insert(of, place, way, outlet) => {
                let id = NodeId::new(["m1", "m2", "n1"][place.index(3)]);
                let new = Node { id, kind: kind(of), options: Options::default() };
                let wired = match way {
                    0 => Wired::Alone,
                    1 => Wired::Before(node(place)?),
                    2 => Wired::On(wire(place)?),
                    _ => Wired::After { from: vec![node(place)?], outlet: *outlet },
                };
                Gesture::Insert { node: Box::new(new), at: (3, 4), wired }
            }
            Self::Splice(of, on) => Gesture::Splice { node: node(of)?, wire: wire(on)?, at: (7, 8) },
            Self::Heal(a, b) => Gesture::DeleteAndHeal(std::iter::once(a).chain(b).filter_map(node).collect()),
            Self::Swap(a, b) => Gesture::Swap(wire(a)?, wire(b)?),
            Self::ConnectAll(a, b, outlet, to) => {
                Gesture::ConnectAll { from: vec![node(a)?, node(b)?], outlet: *outlet, to: node(to)? }
            }
            Self::Paste(text) => Gesture::Paste { text: (*text).to_owned(), at: (9, 9) },
            Self::Draw(draw) => return Some(Command::Draw(draw.clone())),
            Self::Arrange => return Some(Command::Arrange),
            Self::ArrangeOthers => return Some(Command::ArrangeOthers),
            Self::JumpTo(n) => return Some(Command::Draw(Draw::JumpTo(*n))),
            Self::Select(a, b) => {
                let nodes = std::iter::once(a).chain(b).filter_map(node).collect();
                return Some(Command::Select(Selection { nodes, ..Selection::default() }));
            }
            Self::Move(places) => {
                Gesture::Move(places.iter().filter_map(|(of, x, y)| Some((node(of)?, *x, *y))).collect())
            }
            Self::AddNote(of, text, at) => Gesture::AddNote {
                about: of.as_ref().and_then(node),
                text: (*text).to_owned(),
                at: at.then_some((5, 6)),
            },
            Self::SetNote(of, text) => Gesture::SetNote { note: note(of)?, text: (*text).to_owned() },
            Self::MoveNote(of, to) => Gesture::MoveNote { note: note(of)?, to: to.map(|to| (to, 1)) },
            Self::Erase(of, and) => {
                let nodes = node(and).into_iter().collect();
                let notes = note(of).into_iter().collect();
                Gesture::Erase(Box::new(Selection { nodes, notes, ..Selection::default() }))
            }
            Self::AddFrame(nodes) => Gesture::AddFrame(nodes.iter().filter_map(node).collect()),
            Self::Retitle(of, to) => Gesture::RetitleFrame { title: frame(of)?, to: (*to).to_owned() },
            Self::Collapse(of, collapsed) => Gesture::Collapse { titles: vec![frame(of)?], collapsed: *collapsed },
            Self::SelectFrame(of) => return Some(Command::Select(Selection::frame(frame(of)?))),
            Self::EraseFrame(of, and) => {
                let frames = frame(of).into_iter().collect();
                let nodes = and.iter().filter_map(node).collect();
                Gesture::Erase(Box::new(Selection { nodes, frames, ..Selection::default() }))
            }
            Self::Play(field, text) => Gesture::SetPlay { field: *field, text: (*text).to_owned() },
            Self::Role(name) => Gesture::AddRole((*name).to_owned()),
            Self::Bind(text) => Gesture::Bind { formation: "f".into(), text: (*text).to_owned() },
            Self::Formation(name) => Gesture::AddFormation((*name).to_owned()),
            Self::Type(at, remove, text) => return Some(Command::EditText(typed(session.text(), *at, *remove, text))),
            Self::Format => return Some(Command::FormatText),
            Self::Undo => return Some(Command::Undo),
            Self::Redo => return Some(Command::Redo),
        }))
    }
}

fn typed(old: &str, at: Index, remove: usize, text: &str) -> String {
    let chars: Vec<char> = old.chars().collect();
    let at = at.index(chars.len() + 1);
    let end = (at + remove).min(chars.len());
    chars[..at].iter().copied().chain(text.chars()).chain(chars[end..].iter().copied()).collect()
}

/// Each statement of all plays with its text.
fn statements(editor: &Editor) -> Vec<(Stmt, String)> {
    let source = editor.session().source();
    let plays = source.doc.items.iter().zip(&source.map.items).filter_map(|(line, spans)| match &line.kind {
        Item::Play(play) => Some(play.body.iter().zip(&spans.body)),
        _ => None,
    });
    // A comment inside of a statement is a part of that.
    let own = plays.flatten().filter(|(_, spans)| !spans.inside_next);
    own.map(|(line, spans)| (line.kind.clone(), source.text[spans.whole.range()].to_owned())).collect()
}

/// How many of `after` are not in `before`, as often as they come.
fn n_new<T: PartialEq>(before: impl Iterator<Item = T>, after: impl Iterator<Item = T>) -> usize {
    let mut before: Vec<T> = before.collect();
    let mut is_new = |item: &T| match before.iter().position(|old| old == item) {
        Some(found) => {
            before.swap_remove(found);
            false
        }
        None => true,
    };
    after.filter(|item| is_new(item)).count()
}

fn sweep(editor: &Editor) {
    let session = editor.session();
    assert_eq!(lang::parse(session.text()).doc, *session.doc());
    if let Some(play) = session.play() {
        assert_eq!(Graph::new(play).wires(), session.graph().wires());
    }
    assert!(session.selection().nodes.iter().all(|id| session.graph().find(id).is_some()));
    let noted = session.play().map(notes).unwrap_or_default();
    assert!(session.selection().notes.iter().all(|name| noted.iter().any(|note| note.name == *name)));
    let titles = |title: &String| session.play().is_some_and(|play| play.frames().any(|frame| frame.title == *title));
    assert!(session.selection().frames.iter().all(titles));
    let wires = &session.selection().wires;
    assert!(wires.iter().all(|wire| chalktalk::app::wire_number(session.graph(), wire).is_some()));
}

fn cases() -> u32 {
    if std::env::var_os("CHALKTALK_LONG").is_some() { 10_000 } else { 3000 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_and_canvas_never_part(text in play_text(), steps in vec(step(), 1..12)) {
        let mut editor = Editor::with_text(&text);
        sweep(&editor);
        for step in &steps {
            let Some(command) = step.command(&editor) else { continue };
            let before = statements(&editor);
            let map = &editor.session().source().map;
            let has_inner = map.items.iter().flat_map(|item| &item.body).any(|line| line.inside_next);
            let asked = editor.apply(command.clone());
            // The canvas may be asked to show or to pick something, nobody for anything else.
            let is_all = asked.iter().all(|request| matches!(request, Request::View(_)));
            prop_assert!(is_all, "{:?}", asked);
            sweep(&editor);
            if let Command::Edit(gesture) = &command {
                let after = statements(&editor);
                let changed = n_new(before.iter().map(|(stmt, _)| stmt), after.iter().map(|(stmt, _)| stmt));
                let rewritten = n_new(before.iter().map(|(_, text)| text), after.iter().map(|(_, text)| text));
                // A wire that is cut here and comes again there has a statement that is new, but says nothing new.
                let n_cut = match gesture {
                    Gesture::Delete { wires, .. } => wires.len(),
                    Gesture::Swap(..) => 2,
                    // A comment inside of a statement is a part of its text.
                    Gesture::AddNote { .. } | Gesture::SetNote { .. } | Gesture::Erase(_) => usize::from(has_inner),
                    _ => 0,
                };
                prop_assert!(
                    rewritten <= changed + n_cut,
                    "{command:?} rewrote {rewritten} statements, changed {changed}\n{}", editor.session().text()
                );
            }
        }
        let last = editor.session().text().to_owned();
        let last_selection = editor.session().selection().clone();
        let mut n_steps = 0;
        while editor.is_enabled(&Command::Undo) {
            let _ = editor.apply(Command::Undo);
            n_steps += 1;
        }
        prop_assert_eq!(editor.session().text(), &text, "undo to the start gives the first bytes");
        prop_assert!(!editor.session().is_dirty());
        for _ in 0..n_steps {
            let _ = editor.apply(Command::Redo);
        }
        sweep(&editor);
        while editor.is_enabled(&Command::Redo) {
            let _ = editor.apply(Command::Redo);
        }
        let undone = steps.iter().any(|step| matches!(step, Step::Undo | Step::Redo | Step::JumpTo(_)));
        if !undone {
            prop_assert_eq!(editor.session().text(), &last, "redo to the end gives the last bytes");
            // To select is no step of the history.
            let selected = steps.iter().any(|step| matches!(step, Step::Select(..) | Step::SelectFrame(_) | Step::Draw(_)));
            prop_assert!(selected || *editor.session().selection() == last_selection);
        }
    }
}
