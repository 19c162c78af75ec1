//! A part of a play becomes a play of its own, and a play takes the place of its call: what a run gives stays the same,
//! and so do the bytes of what is moved.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use chalktalk::app::{Command, Draw, Editor, Gesture, Request, Selection, Sketch, View};
use chalktalk::base::NodeId;
use chalktalk::diag::Severity;
use chalktalk::event::{Outcome, Payload};
use chalktalk::journal::Journal;
use chalktalk::lang;
use chalktalk::runner::{Config, Prepared, Runner, Start};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What the first play of a text gives for an input.
fn result(text: &str, input: Value) -> Result<Value, String> {
    let doc = lang::parse(text.to_owned()).doc;
    let item = doc.plays().next().unwrap().0;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let runner = Runner::spawn(Config::new(Journal::memory()));
        let prepared = Prepared::new(&doc, item, None).map_err(|error| error.to_string())?;
        let run = runner.start(Start::new(Arc::new(prepared), input)).await.map_err(|error| error.to_string())?;
        match runner.wait(&run).await.unwrap() {
            Outcome::Passed { payload: Payload::Json(value), .. } => Ok((*value).clone()),
            Outcome::Failed { failure, .. } => Err(format!("{:?}", failure.code)),
            other => Err(format!("{other:?}")),
        }
    })
}

fn ids(names: &[&str]) -> Vec<NodeId> {
    names.iter().map(|name| NodeId::new(*name)).collect()
}

/// The text after the gesture, or why it was refused.
fn done(text: &str, gesture: Gesture) -> Result<String, String> {
    let mut editor = Editor::with_text(text);
    let n_toasts = editor.toasts().len();
    assert_eq!(editor.apply(Command::Edit(gesture)), []);
    if let Some(toast) = editor.toasts().get(n_toasts) {
        assert_eq!(editor.session().text(), text, "what is refused changes nothing");
        return Err(toast.text.clone());
    }
    let new = editor.session().text().to_owned();
    let errors = |text: &str| {
        let editor = Editor::with_text(text);
        let found = editor.session().diagnostics().iter().filter(|found| found.severity == Severity::Error);
        found.map(|found| found.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(errors(&new), errors(text), "{new}");
    editor.apply(Command::Undo).clear();
    assert_eq!(editor.session().text(), text, "one step takes it back");
    Ok(new)
}

fn extract(text: &str, nodes: &[&str]) -> Result<String, String> {
    done(text, Gesture::Extract { nodes: ids(nodes), name: "part".to_owned() })
}

fn inline(text: &str, call: &str) -> Result<String, String> {
    done(text, Gesture::Inline(NodeId::new(call)))
}

const SHOP: &str = "// A shop.
play shop/1/order \"An order\" {
  role courier
  snap   start
  // Is there enough?
  // It is asked first.
  call   check   =demo/1/echo   with ({n: ball.n,  ok: true})   // the first
  fan-out both
  call   charge  = demo/1/echo with ({paid: ball.n})
  call   reserve = demo/1/echo with ({held: ball.n})  // held
  fan-in joined  all
  call   pack    = courier
  pass   done

  start -> check -> both -> { charge, reserve } -> joined
  // And away.
  joined -> pack -> done

  layout { start 0 100, check 160 94, both 400 94, charge 560 40, reserve 560 160, joined 800 100, pack 960 94, done 1200 100 }
}
";

#[test]
fn a_part_becomes_a_play_and_comes_back() {
    let new = extract(SHOP, &["check", "both", "charge", "reserve", "joined"]).unwrap();
    assert_eq!(
        new,
        "// A shop.
play shop/1/order \"An order\" {
  role courier
  snap   start
  call   joined  = shop/1/part
  call   pack    = courier
  pass   done

  start -> joined
  // And away.
  joined -> pack -> done

  layout { start 0 100, pack 960 94, done 1200 100, joined 160 40 }
}

play shop/1/part {
  snap    start
  // Is there enough?
  // It is asked first.
  call   check   =demo/1/echo   with ({n: ball.n,  ok: true})  // the first
  fan-out both
  call   charge  = demo/1/echo with ({paid: ball.n})
  call   reserve = demo/1/echo with ({held: ball.n})  // held
  fan-in joined  all
  pass    done

  start -> check
  check -> both -> { charge, reserve } -> joined
  joined -> done

  layout {
    start -40 94
    check 160 94
    both 400 94
    charge 560 40
    reserve 560 160
    joined 800 100
    done 1060 100
  }
}
"
    );
    let back = inline(&new, "joined").unwrap();
    for line in
        ["  call   check   =demo/1/echo   with ({n: ball.n,  ok: true})  // the first", "  // It is asked first."]
    {
        assert_eq!(back.matches(line).count(), 2, "{line}\n{back}");
    }
    let lone = back.split("\nplay shop/1/part").next().unwrap();
    for text in [SHOP, &new, &back, lone] {
        let text = text.replace("courier", "demo/1/echo").replace("  role demo/1/echo\n", "");
        assert_eq!(
            result(&text, json!({"n": 4})),
            Ok(json!({"charge": {"paid": 4}, "reserve": {"held": 4}})),
            "{text}"
        );
    }
}

#[test]
fn a_branch_keeps_the_name_that_its_fan_in_knows_it_by() {
    let new = extract(SHOP, &["charge"]).unwrap();
    assert!(new.contains("  start -> check -> both -> { charge, reserve } -> joined\n"), "{new}");
    let text = |text: &str| text.replace("courier", "demo/1/echo").replace("  role demo/1/echo\n", "");
    assert_eq!(result(&text(&new), json!({"n": 4})), result(&text(SHOP), json!({"n": 4})));
    // A role that is used inside goes along.
    let new = extract(SHOP, &["pack"]).unwrap();
    assert!(new.contains("play shop/1/part {\n  role courier\n") && new.matches("role courier").count() == 1, "{new}");
}

#[test]
fn what_speaks_of_the_run_outside_is_weighed_outside() {
    let text = "play a/1/b {
  snap s
  call c = demo/1/echo with ({by: run.play, n: ball})
  call d = demo/1/echo with (ball.by + '!')
  pass p
  s -> c -> d -> p
}
";
    let new = extract(text, &["c", "d"]).unwrap();
    assert!(new.contains("call d = a/1/part  with ({by: run.play, n: ball})"), "{new}");
    assert_eq!(result(&new, json!(1)), Ok(json!("a/1/b!")));
    let back = inline(&new, "d").unwrap();
    assert!(back.contains("call c = demo/1/echo  with ({by: run.play, n: ball})"), "{back}");
    assert_eq!(result(&back, json!(1)), Ok(json!("a/1/b!")));
}

#[test]
fn a_formation_that_sends_the_image_elsewhere_does_not_get_the_new_play() {
    let text = format!(
        "{SHOP}\nformation street {{\n  shop/* service \"http://127.0.0.1:1\"\n  demo/* builtin\n  role courier = demo/1/echo\n}}\n"
    );
    assert!(extract(&text, &["charge"]).unwrap().contains("call   charge  = order/1/part"), "by another image");
    let bound = text.replace("call   pack    = courier", "call   pack    = shop/1/other");
    let other = format!("{bound}play shop/1/other {{\n  snap s\n  pass p\n  s -> p\n}}\n");
    assert!(inline(&other, "pack").unwrap_err().contains("in formation street 'pack' goes elsewhere"));
}

#[test]
fn what_cannot_be_one_call_is_refused_with_the_reason() {
    let text = "play a/1/b {
  snap s
  fan-out f
  call x = demo/1/echo
  call y = demo/1/echo
  fan-in j all
  wait-for-signal w \"go\"
  call g = demo/1/echo with (signal)
  call h = demo/1/echo retry 2
  pass p
  pass q
  s -> f -> { x, y } -> j -> w -> g -> h -> p
  h -> q on error
}
";
    let used = text
        .replace("call h = demo/1/echo retry 2", "call h = demo/1/echo with (signal)")
        .replace("  h -> q on error\n", "");
    assert!(extract(&used, &["g", "h"]).unwrap_err().contains("'h' uses 'signal'"));
    for (nodes, why) in [
        (&["s", "f"][..], "a run starts at 's'"),
        (&["h", "p"], "'p' ends the run"),
        (&["w"], "'w' waits for a signal to this run"),
        (&["x", "y"], "two ways lead in, to 'x' and to 'y'"),
        (&["f", "x", "y"], "are joined at 'j', which is not among the nodes"),
        (&["j"], "'j' joins several balls"),
        (&["h"], "'h' leads to 'q' when it fails"),
        (&[], "no node is selected"),
    ] {
        let said = extract(text, nodes).unwrap_err();
        assert!(said.contains(why), "{nodes:?}: {said}");
    }
    assert!(
        done(text, Gesture::Extract { nodes: ids(&["x"]), name: "no name".to_owned() })
            .unwrap_err()
            .contains("is not a method")
    );
    assert!(
        done(text, Gesture::Extract { nodes: ids(&["x"]), name: "b".to_owned() })
            .unwrap_err()
            .contains("there is a 'a/1/b' already")
    );

    let called = |play: &str| {
        format!("play a/1/b {{\n  snap s\n  call c = a/1/q\n  pass p\n  s -> c -> p\n}}\nplay a/1/q{play}\n")
    };
    for (play, why) in [
        (" timeout 2s {\n snap t\n pass u\n t -> u\n}", "has a timeout of its own"),
        (" {\n snap t\n wait-for-signal w \"x\"\n pass u\n t -> w -> u\n}", "waits for a signal"),
        (
            " {\n snap t\n fan-out f\n call a = demo/1/echo\n pass u\n t -> f -> { a, u }\n a -> u\n}",
            "ends the run while other balls",
        ),
        (" {\n snap t\n call a = demo/1/echo with (run.id)\n pass u\n t -> a -> u\n}", "uses 'run'"),
        (" {\n snap t\n pass u\n pass v\n t -> u when (ball)\n t -> v otherwise\n}", "several wires leave the start"),
    ] {
        let said = inline(&called(play), "c").unwrap_err();
        assert!(said.contains(why), "{play}: {said}");
    }
    let plain = called(" {\n snap t\n call a = demo/1/echo\n pass u\n t -> a -> u\n}");
    assert!(inline(&plain.replace("a/1/q\n", "a/1/q timeout 1s\n"), "c").unwrap_err().contains("'timeout' of 'c'"));
    assert!(
        inline(&plain.replace("a/1/q\n", "a/2/q\n"), "c").unwrap_err().contains("no play of this file is called a/2/q")
    );
    assert!(inline(&plain.replace("a/1/q\n", "a/1/b\n"), "c").unwrap_err().contains("no end of it"));
}

#[test]
fn ids_that_are_taken_get_a_number_and_what_speaks_of_them_too() {
    let text = "play a/1/b {
  snap s
  call x = demo/1/echo
  call c = a/1/q
  pass p
  s -> x -> c -> p
}
play a/1/q {
  snap s
  fan-out f
  call x = demo/1/echo with (ball + 1)
  call y = demo/1/echo with (ball + 2)
  fan-in j all
  pass p
  s -> f -> { x, y } -> j -> p
}
";
    let new = inline(text, "c").unwrap();
    assert!(new.contains("fan-in c  all  with ({'x': ball.x2, 'y': ball.y})"), "{new}");
    assert_eq!(result(&new, json!(1)), Ok(json!({"x": 2, "y": 3})));
    let shaped = text.replace("fan-in j all", "fan-in j all with ([ball.x, ball.y])");
    let new = inline(&shaped, "c").unwrap();
    assert!(new.contains("with ([ball.x2, ball.y])"), "{new}");
    assert_eq!(result(&new, json!(1)), Ok(json!([2, 3])));
    // Several passes, one with a shape: all lead to a node of the call's id.
    let several = text
        .replace("  fan-in j all\n  pass p\n", "  fan-in j all\n  pass p with ({big: ball})\n  pass small\n")
        .replace("-> j -> p", "-> j\n  j -> p when (ball.x > 5)\n  j -> small otherwise");
    let new = inline(&several, "c").unwrap();
    for n in [1, 9] {
        assert_eq!(result(&new, json!(n)), result(&several, json!(n)), "{new}");
    }
}

#[test]
fn the_commands_ask_for_a_name_first() {
    let mut editor = Editor::with_text(SHOP);
    assert!(!editor.is_enabled(&Command::Draw(Draw::Extract)));
    let nodes = ids(&["charge"]);
    editor.apply(Command::Select(Selection { nodes: nodes.iter().cloned().collect(), ..Selection::default() })).clear();
    let asked = editor.apply(Command::Draw(Draw::Extract));
    let name = "order-part1".to_owned();
    assert_eq!(asked, [Request::View(View::Sketch(Sketch::NamePart { nodes: nodes.clone(), name: name.clone() }))]);
    editor.apply(Command::Edit(Gesture::Extract { nodes, name })).clear();
    assert_eq!(editor.session().history().undo_name(), Some("Make a play of one node"));
    assert_eq!(editor.session().selection().single_node(), Some(&NodeId::new("charge")));
    editor.apply(Command::Draw(Draw::Inline)).clear();
    assert_eq!(editor.session().history().undo_name(), Some("Inline the play of charge"));
}

/// Writes plays at random, made of blocks that are entered and left by one node each.
struct Author {
    seed: u64,
    n_nodes: u32,
    nodes: String,
    wires: String,
    /// The numbers of the nodes of each block.
    blocks: Vec<(u32, u32)>,
    /// A play that may be called.
    callee: Option<&'static str>,
}

impl Author {
    fn below(&mut self, end: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % end
    }

    fn node(&mut self, text: &str) -> String {
        let id = format!("n{}", self.n_nodes);
        self.n_nodes += 1;
        let note = if self.below(4) == 0 { format!("  // of {id}") } else { String::new() };
        if self.below(5) == 0 {
            writeln!(self.nodes, "  // About {id}.").unwrap();
        }
        writeln!(self.nodes, "  {}{note}", text.replace("ID", &id)).unwrap();
        id
    }

    fn wire(&mut self, text: &str) {
        writeln!(self.wires, "  {text}").unwrap();
    }

    fn call(&mut self, with: &str) -> String {
        let step = self.below(9);
        let kind = if self.below(6) == 0 { "wait-for-worker" } else { "call" };
        self.node(&format!("{kind} ID = demo/1/echo with ({})", with.replace("STEP", &step.to_string())))
    }

    const NEXT: &'static str = "{i: (ball.i * 3 + STEP) % 1009, t: ball.t + 'STEP,'}";

    /// Gives the first node and the last, which is no fan-out.
    fn block(&mut self, depth: u32) -> (String, String) {
        let first = self.n_nodes;
        let kind = if depth == 0 { 0 } else { self.below(8) };
        let ends = match kind {
            2 | 3 => self.parallel(depth),
            4 => self.choice(depth),
            5 => self.each(depth),
            6 => self.caught(),
            7 if self.callee.is_some() => {
                let callee = self.callee.unwrap();
                let id = self.node(&format!("call ID = {callee}"));
                (id.clone(), id)
            }
            1 => {
                let (a, b) = (self.block(depth - 1), self.block(depth - 1));
                self.wire(&format!("{} -> {}", a.1, b.0));
                (a.0, b.1)
            }
            _ => {
                let id = self.call(Self::NEXT);
                (id.clone(), id)
            }
        };
        self.blocks.push((first, self.n_nodes));
        ends
    }

    fn parallel(&mut self, depth: u32) -> (String, String) {
        let fan_out = self.node("fan-out ID");
        let (a, b) = (self.block(depth - 1), self.block(depth - 1));
        let sum = format!("{{i: (ball.{0}.i + ball.{1}.i) % 1009, t: ball.{0}.t + ball.{1}.t + ';'}}", a.1, b.1);
        let shaped = self.below(2) == 0;
        let fan_in =
            if shaped { self.node(&format!("fan-in ID all with ({sum})")) } else { self.node("fan-in ID all") };
        self.wire(&format!("{fan_out} -> {{ {}, {} }}", a.0, b.0));
        self.wire(&format!("{{ {}, {} }} -> {fan_in}", a.1, b.1));
        if shaped {
            return (fan_out, fan_in);
        }
        let after = self.call(&sum);
        self.wire(&format!("{fan_in} -> {after}"));
        (fan_out, after)
    }

    fn choice(&mut self, depth: u32) -> (String, String) {
        let chooser = self.call(Self::NEXT);
        let (a, b) = (self.block(depth - 1), self.block(depth - 1));
        let after = self.call(Self::NEXT);
        self.wire(&format!("{chooser} -> {} when (ball.i % 2 == 0)", a.0));
        self.wire(&format!("{chooser} -> {} otherwise", b.0));
        self.wire(&format!("{{ {}, {} }} -> {after}", a.1, b.1));
        (chooser, after)
    }

    fn each(&mut self, depth: u32) -> (String, String) {
        let fan_out = self.node("fan-out ID each ([ball, {i: ball.i + 1, t: 'e'}])");
        let inner = self.block(depth - 1);
        let fan_in = self.node("fan-in ID all with ({i: (ball[0].i + ball[1].i) % 1009, t: ball[0].t + ball[1].t})");
        self.wire(&format!("{fan_out} -> {}", inner.0));
        self.wire(&format!("{} -> {fan_in}", inner.1));
        (fan_out, fan_in)
    }

    fn caught(&mut self) -> (String, String) {
        let fails = self.node("call ID = demo/1/fail");
        let help = self.call("{i: 7, t: error.code}");
        let after = self.call(Self::NEXT);
        self.wire(&format!("{fails} -> {help} on error"));
        self.wire(&format!("{{ {fails}, {help} }} -> {after}"));
        (fails, after)
    }

    fn play(seed: u64, coord: &str, depth: u32, callee: Option<&'static str>) -> (String, Vec<(u32, u32)>) {
        let mut author =
            Self { seed, n_nodes: 0, nodes: String::new(), wires: String::new(), blocks: Vec::new(), callee };
        let all = author.block(depth);
        let last = author.block(0);
        let Self { nodes, wires, blocks, .. } = author;
        let text = format!(
            "play {coord} {{\n  snap start\n{nodes}  pass done\n\n  start -> {}\n{wires}  {} -> {} -> done\n}}\n",
            all.0, all.1, last.0
        );
        (text, blocks)
    }
}

/// Every line of a node that was selected stands there as it did.
fn keeps_lines(old: &str, new: &str, nodes: &BTreeSet<String>) -> Result<(), TestCaseError> {
    for line in old.lines().filter(|line| !line.contains("->")) {
        let id = line.split_whitespace().nth(1).unwrap_or_default();
        if nodes.contains(id) {
            prop_assert!(new.lines().any(|other| other == line), "{line:?} is gone from\n{new}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_gives_the_same_before_and_after(seed in any::<u64>(), pick in any::<u64>(), wide in 0u32..4) {
        let (text, blocks) = Author::play(seed, "t/1/p", 3, None);
        let (from, to) = blocks[usize::try_from(pick).unwrap_or(0) % blocks.len()];
        // Sometimes not quite a block.
        let (from, to) = if wide == 0 { (from, to + 1) } else { (from, to) };
        let nodes: BTreeSet<String> = (from..to).map(|n| format!("n{n}")).filter(|id| text.contains(&format!(" {id} "))).collect();
        let names: Vec<&str> = nodes.iter().map(String::as_str).collect();
        let input = json!({"i": pick % 50, "t": ""});
        match extract(&text, &names) {
            Err(why) => prop_assert!(wide == 0 || text.contains("error.code"), "{names:?}: {why}\n{text}"),
            Ok(new) => {
                let before = result(&text, input.clone());
                prop_assert_eq!(&before, &result(&new, input.clone()), "{:?}\n{}\n{}", names, text, new);
                prop_assert!(before.is_ok(), "{:?}\n{}", before, text);
                keeps_lines(&text, &new, &nodes)?;
                let call = new.lines().find(|line| line.contains("= t/1/part")).unwrap().split_whitespace().nth(1).unwrap();
                match inline(&new, call) {
                    Ok(back) => prop_assert_eq!(&before, &result(&back, input), "{}\n{}", new, back),
                    Err(why) => prop_assert!(false, "{why}\n{new}"),
                }
            }
        }
    }

    #[test]
    fn a_play_in_place_of_its_call_gives_the_same(seed in any::<u64>(), other in any::<u64>(), i in 0u32..50) {
        let (caller, _) = Author::play(seed, "t/1/p", 3, Some("t/1/q"));
        let (callee, _) = Author::play(other, "t/1/q", 2, None);
        let text = format!("{caller}\n{callee}");
        let input = json!({"i": i, "t": ""});
        let before = result(&text, input.clone());
        let calls = caller.lines().filter(|line| line.contains("= t/1/q")).filter_map(|line| line.split_whitespace().nth(1));
        for call in calls {
            match inline(&text, call) {
                Ok(new) => prop_assert_eq!(&before, &result(&new, input.clone()), "{}\n{}\n{}", call, text, new),
                Err(why) => prop_assert!(why.contains("tells its balls by names"), "{why}\n{text}"),
            }
        }
    }
}
