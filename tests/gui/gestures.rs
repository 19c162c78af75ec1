//! `plays/checkout.ron` is drawn from empty: by the mouse in at most 45 actions, by the keys alone in at most 90.
//!
//! Every click, every drag and every key counts, but for the text of names, targets and options that is typed.

use std::collections::BTreeSet;

use chalktalk::play::{Graph, Play, Stmt, ron};
use eframe::egui::{Event, Key, Modifiers, Pos2, pos2};

use crate::stage::Stage;

const EMPTY: &str = "play demo/1/untitled {\n}\n";

/// Counts what the person does.
struct Person {
    stage: Stage,
    n_actions: usize,
}

impl Person {
    fn new() -> Self {
        let mut stage = Stage::new(EMPTY);
        stage.settle();
        Self { stage, n_actions: 0 }
    }

    fn key(&mut self, key: Key) {
        self.chord(Modifiers::NONE, key);
    }

    fn chord(&mut self, modifiers: Modifiers, key: Key) {
        self.n_actions += 1;
        self.stage.key(modifiers, key);
    }

    fn types(&mut self, text: &str) {
        self.stage.harness.event(Event::Text(text.to_owned()));
        self.stage.settle();
    }

    /// Text, then Enter.
    fn answers(&mut self, text: &str) {
        self.types(text);
        self.key(Key::Enter);
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        self.n_actions += 1;
        self.stage.drag(from, to);
    }

    fn click(&mut self, label: &str) {
        self.n_actions += 1;
        self.stage.click(label);
    }

    fn out_of(&self, node: &str) -> Pos2 {
        self.stage.node_rect(node).right_center()
    }

    fn onto(&self, node: &str) -> Pos2 {
        self.stage.node_rect(node).center()
    }

    /// By keys: a node after what is selected.
    fn adds(&mut self, statement: &str) {
        self.key(Key::A);
        self.answers(statement);
    }

    /// A wire to the empty field, and what stands there.
    fn draws(&mut self, from: &str, to: Pos2, statement: &str) {
        self.drag(self.out_of(from), to);
        self.answers(statement);
    }

    fn selected(&self) -> String {
        let selection = self.stage.editor().session().selection();
        selection.single_node().map_or_else(|| format!("{selection:?}"), ToString::to_string)
    }

    /// The coordinate comes last: the other fields belong to the play of that name.
    fn writes_the_head(&mut self) {
        self.key(Key::F2);
        self.key(Key::Tab);
        self.types("Checkout");
        self.key(Key::Tab);
        self.types("2h");
        self.key(Key::Tab);
        self.answers("courier");
        self.key(Key::Escape);
        self.key(Key::F2);
        self.stage.key(Modifiers::COMMAND, Key::A);
        self.answers("shop/1.2/checkout");
    }

    fn finish(self, at_most: usize) {
        let sample = ron::from_ron(include_str!("../../plays/checkout.ron")).unwrap();
        let (_, sample) = sample.plays().next().unwrap();
        let drawn = self.stage.play();
        assert_eq!((&drawn.coord, &drawn.title, drawn.timeout), (&sample.coord, &sample.title, sample.timeout));
        assert_eq!(statements(drawn), statements(sample), "{}", self.stage.text());
        assert!(self.stage.editor().session().diagnostics().is_empty());
        assert!(self.n_actions <= at_most, "{} actions, at most {at_most}", self.n_actions);
    }
}

/// Nodes, roles, and each wire with its condition.
fn statements(play: &Play) -> BTreeSet<String> {
    let graph = Graph::new(play);
    let id = |node| &graph.node(play, node).id;
    let wires = (0u32..).zip(graph.wires());
    let wires = wires.map(|(n, wire)| format!("{} -> {} {:?}", id(wire.from), id(wire.to), graph.when(play, n)));
    let others = play.body.iter().filter_map(|line| match &line.kind {
        Stmt::Node(_) | Stmt::Role(_) => Some(format!("{:?}", line.kind)),
        _ => None,
    });
    wires.chain(others).collect()
}

const VALIDATE: &str = "validate = shop/2.1/validate_order timeout 2s retry 3 backoff 100ms..5s";
const CHARGE: &str = "charge = payments/1.4/charge 95% | payments/2.0/charge 5%";
const RESERVE: &str = "reserve = stock/^3/reserve retry 3";
const GIFT: &str = "gift = shop/2.1/wrap";
const BOTH: &str = "fan-in both all timeout 10s";
const APPROVE: &str = "wait-for-signal approve \"manager-approved\" key (ball.charge.order_id) timeout 1h";
const PACK: &str = "wait-for-worker pack = packing/1/pack with ({order: ball.charge.order_id, by: signal != null && \
                    has(signal.name) ? signal.name : \"nobody\"})";
const GUARD: &str = "ball.charge.total > 100";

#[test]
fn by_the_mouse_in_45_actions() {
    let mut person = Person::new();
    person.writes_the_head();
    person.stage.harness.hover_at(pos2(300.0, 320.0));
    person.stage.settle();
    person.key(Key::A);
    person.answers("snap order");
    // The whole of it will be wider than the window at life size.
    for _ in 0..2 {
        person.click("Zoom out");
    }
    let order = person.onto("snap order");
    let at = |x: f32, y: f32| order + eframe::egui::vec2(x, y);
    person.draws("snap order", at(90.0, 0.0), VALIDATE);
    person.draws("call validate", at(280.0, 0.0), "fan-out split");
    person.draws("fan-out split", at(400.0, -120.0), CHARGE);
    person.draws("fan-out split", at(400.0, 0.0), RESERVE);
    person.draws("fan-out split", at(400.0, 120.0), GIFT);
    person.draws("call gift", at(640.0, 0.0), BOTH);
    for call in ["call charge", "call reserve"] {
        person.drag(person.out_of(call), person.onto("fan-in both"));
    }
    person.draws("fan-in both", at(330.0, 260.0), PACK);
    person.draws("wait-for-worker pack", at(560.0, 260.0), "pass shipped = courier");
    person.draws("fan-in both", at(60.0, 260.0), APPROVE);
    person.answers(GUARD);
    person.drag(person.out_of("call validate"), at(330.0, 340.0));
    person.click("on error");
    person.answers("pass refused");
    person.drag(person.out_of("wait-for-signal approve"), person.onto("pass refused"));
    person.key(Key::T);
    person.drag(person.out_of("wait-for-signal approve"), person.onto("wait-for-worker pack"));
    person.finish(45);
}

#[test]
fn by_the_keys_alone_in_90() {
    let mut person = Person::new();
    person.writes_the_head();
    person.adds("snap order");
    person.adds(VALIDATE);
    person.adds("fan-out split");
    person.adds(CHARGE);
    for call in [RESERVE, GIFT] {
        person.key(Key::ArrowLeft);
        assert_eq!(person.selected(), "split");
        person.adds(call);
    }
    for _ in 0..2 {
        person.chord(Modifiers::SHIFT, Key::ArrowUp);
    }
    assert_eq!(person.stage.editor().session().selection().nodes.len(), 3);
    person.adds(BOTH);
    person.adds(PACK);
    person.adds("pass shipped = courier");
    for _ in 0..2 {
        person.key(Key::ArrowLeft);
    }
    assert_eq!(person.selected(), "both");
    person.adds(APPROVE);
    person.answers(GUARD);
    person.adds("pass refused");
    // The wire to it is the one for timeouts; then the one to go on with.
    person.chord(Modifiers::COMMAND, Key::ArrowLeft);
    person.key(Key::T);
    person.key(Key::ArrowLeft);
    assert_eq!(person.selected(), "approve");
    person.key(Key::W);
    person.answers("pack");
    person.key(Key::ArrowLeft);
    for _ in 0..4 {
        person.key(Key::ArrowLeft);
        if person.selected() == "validate" {
            break;
        }
    }
    assert_eq!(person.selected(), "validate");
    person.key(Key::W);
    person.types("refused");
    person.chord(Modifiers::ALT, Key::E);
    person.key(Key::Enter);
    person.finish(90);
}
