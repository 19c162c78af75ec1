//! Where things stand, what lies under the pointer, and what real runs look like on the sample plays.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![allow(
    clippy::float_cmp,
    clippy::format_push_string,
    clippy::cast_possible_truncation,
    reason = "whole numbers; plain texts"
)]

use std::sync::Arc;

use chalktalk::base::{NodeId, RunMicros};
use chalktalk::engine::sim::{Faults, Sim};
use chalktalk::event::Recorded;
use chalktalk::plan::{Plan, choose_formation};
use chalktalk::play::{Document, Graph, Play, Stmt};
use chalktalk::replay::{Film, View};
use chalktalk::scene::{
    Binding, ChipKind, Frame, Geometry, Hit, Instant, Lod, Motion, Point, Rect, StateKind, Tone, Visible, WireState,
};
use proptest::prelude::*;

#[path = "../support/crossings.rs"]
mod crossings;
mod runs;

fn read(text: &str) -> Document {
    // No catalog of versions stands behind the simulator, so the sample's requirement is pinned here.
    let source = chalktalk::lang::parse(text.replace("stock/^3/", "stock/3.0.2/"));
    assert_eq!(source.diagnostics, [], "{text}");
    source.doc
}

fn play_of(text: &str) -> (Play, Graph) {
    let doc = read(text);
    let play = doc.plays().next().unwrap().1.clone();
    let graph = Graph::new(&play);
    (play, graph)
}

/// A play of these statements.
fn shown(body: &str) -> (Play, Graph, Geometry) {
    let (play, graph) = play_of(&format!("play a/1/b {{\n{body}\n}}\n"));
    let geometry = Geometry::new(&play, &graph);
    (play, graph, geometry)
}

fn samples() -> Vec<(String, Document)> {
    let mut names: Vec<_> = std::fs::read_dir("plays")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.extension().unwrap() == "play")
        .collect();
    names.sort();
    assert!(names.len() > 3);
    names.into_iter().map(|path| (path.display().to_string(), read(&std::fs::read_to_string(&path).unwrap()))).collect()
}

/// Without its `layout` blocks.
fn unplaced(play: &Play) -> Play {
    let mut play = play.clone();
    play.body.retain(|line| !matches!(line.kind, Stmt::Layout(_)));
    play
}

fn see(geometry: &Geometry) -> Visible {
    let mut visible = Visible::default();
    geometry.visible(geometry.bounds().grown(100.0), &mut visible);
    visible
}

fn frame(geometry: &Geometry, graph: &Graph, view: &View, time: RunMicros) -> Frame {
    let (mut binding, mut frame) = (Binding::default(), Frame::default());
    binding.update(geometry, graph, view);
    frame.build(geometry, Some(Instant { view, binding: &binding, time }), &see(geometry), Lod::Full);
    frame
}

#[test]
fn a_placed_node_stands_where_the_layout_says_and_others_beside_their_neighbours() {
    let (_, graph, geometry) = shown("snap a\ncall b = x/1/y\npass c\na -> b -> c\nlayout { a 100 60 }");
    let card = |id: &str| geometry.card(graph.find(id).unwrap());
    assert_eq!(card("a").rect.min, Point::new(100.0, 60.0));
    assert!(geometry.is_placed(graph.find("a").unwrap()) && !geometry.is_placed(graph.find("b").unwrap()));
    assert!(card("b").rect.min.x > card("a").rect.max.x && card("c").rect.min.x > card("b").rect.max.x);
    assert!((card("b").port_in().y - card("a").port_out().y).abs() < 1.0, "side by side means one height");
}

#[test]
fn a_new_play_is_laid_out_from_left_to_right_without_overlaps() {
    for (name, doc) in samples() {
        for (_, play) in doc.plays() {
            let play = unplaced(play);
            let graph = Graph::new(&play);
            let geometry = Geometry::new(&play, &graph);
            assert_eq!(geometry.cards(), Geometry::new(&play, &graph).cards(), "{name}: the same each time");
            let cards = geometry.cards();
            for (i, a) in cards.iter().enumerate() {
                for b in &cards[i + 1..] {
                    assert!(!a.rect.touches(&b.rect), "{name}: {} and {}", a.title, b.title);
                }
            }
        }
    }
}

/// What graphviz `dot` makes of the same plays is kept: `cargo bench --bench layout -- --store`.
#[test]
fn arranged_wires_cross_no_more_than_was_reached() {
    let stored = std::fs::read_to_string("tests/scene/dot.txt").unwrap();
    let (mut ours, mut dots) = (0, 0);
    for ((name, play), line) in crossings::subjects().into_iter().zip(stored.lines()) {
        let (dot, of) = line.split_once(' ').unwrap();
        assert_eq!(of, name, "the plays are others: store them anew");
        let n = crossings::n_crossings(&crossings::lines_of(&crossings::arranged(&play).1));
        let dot: usize = dot.parse().unwrap();
        if name.starts_with("random") {
            (ours, dots) = (ours + n, dots + dot);
        } else {
            assert!(n <= dot, "{name} crosses {n} times, by dot {dot}");
        }
    }
    assert!(ours * 100 <= dots * 120, "{ours} crossings, by dot {dots}");
}

#[test]
fn a_play_that_was_arranged_and_written_down_is_drawn_as_before() {
    for (name, play) in crossings::subjects() {
        let (graph, geometry) = crossings::arranged(&play);
        let mut written = play.clone();
        let place = |node: u32| {
            let min = geometry.card(node).rect.min;
            let id = graph.node(&play, node).id.clone();
            chalktalk::play::Place { id, x: min.x as i32, y: min.y as i32 }
        };
        let places =
            (0..u32::try_from(graph.n_nodes()).unwrap()).map(place).map(chalktalk::play::Entry::Node).collect();
        written.body.push(chalktalk::play::Line::new(Stmt::Layout(places)));
        let (_, again) = crossings::arranged(&written);
        assert_eq!(again.wires(), geometry.wires(), "{name}");
    }
}

#[test]
fn arranged_cards_never_overlap_and_stand_the_same_each_time() {
    for n in [1, 2, 30, 300] {
        let play = crossings::random_play(n.max(6), u64::from(n));
        let (_, geometry) = crossings::arranged(&play);
        assert_eq!(geometry.cards(), crossings::arranged(&play).1.cards());
        for (i, a) in geometry.cards().iter().enumerate() {
            assert!(geometry.cards()[i + 1..].iter().all(|b| !a.rect.touches(&b.rect)), "{}", a.title);
        }
    }
}

#[test]
fn what_stays_keeps_its_place_and_the_others_stand_around_it_without_overlaps() {
    for n in [6, 40, 200] {
        let play = crossings::random_play(n, u64::from(n));
        let (graph, arranged) = crossings::arranged(&play);
        let n = usize::try_from(n).unwrap();
        let mut dice = crossings::Dice(n as u64);
        // Some of the cards, far from where they were arranged, and apart from each other.
        let stays: Vec<bool> = (0..n).map(|_| dice.below(4) == 0).collect();
        let mut moved = arranged.clone();
        for (i, node) in (0..u32::try_from(n).unwrap()).enumerate().filter(|(i, _)| stays[*i]) {
            let at = arranged.card(node).rect.min;
            moved.move_node(&graph, node, at + Point::new(300.0, [0.0, 4_000.0, 8_000.0][i % 3]));
        }
        let places = moved.arranged_around(&arranged, &stays);
        assert_eq!(places, moved.arranged_around(&arranged, &stays), "the same each time");
        let rect = |i: usize| Rect::at(places[i], arranged.cards()[i].rect.size());
        for i in 0..n {
            assert!(!stays[i] || places[i] == moved.cards()[i].rect.min);
            let others = (0..i).filter(|other| !(stays[i] && stays[*other]));
            for other in others {
                assert!(!rect(i).touches(&rect(other)), "{n}: {i} and {other}");
            }
        }
        let none = vec![false; n];
        assert_eq!(
            arranged.arranged_around(&arranged, &none),
            arranged.cards().iter().map(|c| c.rect.min).collect::<Vec<_>>()
        );
    }
}

#[test]
fn wires_run_from_port_to_port_and_never_through_the_cards_of_the_samples() {
    for (name, doc) in samples() {
        for (_, play) in doc.plays() {
            for play in [play.clone(), unplaced(play)] {
                let graph = Graph::new(&play);
                let geometry = Geometry::new(&play, &graph);
                for wire in geometry.wires() {
                    let (from, to) = (geometry.card(wire.from), geometry.card(wire.to));
                    assert_eq!(wire.points.first(), Some(&from.port_out()), "{name}");
                    assert_eq!(wire.points.last(), Some(&to.port_in()), "{name}");
                    for card in geometry.cards() {
                        let inside = card.rect.grown(-2.0);
                        let through = wire.points.iter().find(|point| inside.holds(**point));
                        assert_eq!(through, None, "{name}: {} -> {} runs through {}", from.title, to.title, card.title);
                    }
                    let line = wire.points.windows(2).map(|pair| pair[0].distance(pair[1])).sum::<f32>();
                    assert!((line - wire.length).abs() < 0.01);
                }
            }
        }
    }
}

#[test]
fn wires_leave_and_arrive_horizontally_also_back_and_round() {
    let body = "snap a\ncall b = x/1/y\ncall c = x/1/z\npass d\na -> b -> c -> b when (ball.again)\nc -> d otherwise\nb -> b on error";
    let (_, _, geometry) = shown(body);
    for wire in geometry.wires() {
        let (_, out) = wire.at(0.0);
        let (_, into) = wire.at(1.0);
        assert!(out.x > 0.9 && into.x > 0.9, "{wire:?}");
    }
    assert!(geometry.wires().iter().filter(|wire| wire.goes_round()).count() >= 2);
}

#[test]
fn two_wires_between_the_same_nodes_can_be_told_apart() {
    let body = "snap s\nfan-out a one\npass b\ns -> a\na -> b when (ball.x)\na -> b when (ball.y)\na -> b otherwise";
    let (_, _, geometry) = shown(body);
    let middles: Vec<_> = geometry.wires()[1..].iter().map(|wire| wire.at(0.5).0).collect();
    for (i, a) in middles.iter().enumerate() {
        assert!(middles[i + 1..].iter().all(|b| a.distance(*b) > 8.0), "{middles:?}");
    }
}

#[test]
fn conditions_have_chips_that_hide_no_card_and_each_other_not() {
    let text = std::fs::read_to_string("plays/checkout.play").unwrap();
    let (play, graph) = play_of(&text);
    let geometry = Geometry::new(&play, &graph);
    let chips: Vec<_> = geometry.wires().iter().filter_map(|wire| wire.chip.as_ref()).collect();
    let texts: Vec<_> = chips.iter().map(|chip| (chip.kind, chip.text.as_str())).collect();
    assert_eq!(
        texts,
        [
            (ChipKind::Guard, "ball.charge.total > 100"),
            (ChipKind::Otherwise, "otherwise"),
            (ChipKind::Error, "on error"),
            (ChipKind::Timeout, "on timeout"),
        ]
    );
    for (i, chip) in chips.iter().enumerate() {
        assert!(chips[i + 1..].iter().all(|other| !other.rect.touches(&chip.rect)));
        assert!(geometry.cards().iter().all(|card| !card.rect.touches(&chip.rect)));
    }
}

#[test]
fn the_pointer_hits_ports_cards_chips_and_wires_in_that_order() {
    let (_, graph, geometry) = shown(
        "snap a\nfan-out f one\npass b\npass c\na -> f\nf -> b when (ball.x > 1)\nf -> c otherwise\nlayout { a 0 0, f 400 0, b 900 -100, c 900 100 }",
    );
    let node = |id: &str| graph.find(id).unwrap();
    let card = geometry.card(node("f"));
    assert_eq!(geometry.hit(card.rect.centre(), 1.0), Hit::Node(node("f")));
    assert_eq!(geometry.hit(card.port_in() - Point::new(7.0, 0.0), 1.0), Hit::PortIn(node("f")));
    assert_eq!(geometry.hit(card.port_out() + Point::new(4.0, 4.0), 1.0), Hit::PortOut(node("f")));
    assert_eq!(geometry.hit(card.port_in(), 0.1), Hit::Node(node("f")), "ports too small to be seen are not hit");
    let chip = geometry.wire(1).chip.as_ref().unwrap();
    assert_eq!(geometry.hit(chip.rect.centre(), 1.0), Hit::Chip(1));
    let on = geometry.wire(0).at(0.5).0;
    assert_eq!(geometry.hit(on + Point::new(0.0, 5.0), 1.0), Hit::Wire(0));
    assert_eq!(geometry.hit(on + Point::new(0.0, 8.0), 1.0), Hit::Empty);
    assert_eq!(geometry.hit(on + Point::new(0.0, 8.0), 0.5), Hit::Wire(0), "six pixels are more units from far away");
    assert_eq!(geometry.hit(Point::new(-900.0, 900.0), 1.0), Hit::Empty);
    let (snap, pass) = (geometry.card(node("a")), geometry.card(node("b")));
    assert!(!snap.has_port_in && snap.has_port_out && pass.has_port_in && !pass.has_port_out);
}

#[test]
fn a_dragged_node_takes_its_wires_along_and_lines_up_with_others() {
    let (_, graph, mut geometry) =
        shown("snap a\ncall b = x/1/y\npass c\na -> b -> c\nlayout { a 0 6, b 300 0, c 700 6 }");
    let b = graph.find("b").unwrap();
    let near = geometry.snapped(b, Point::new(301.0, 203.0));
    assert_eq!(near.x % 16.0, 0.0);
    assert_eq!(geometry.snapped(b, Point::new(320.0, 5.0)).y, 0.0, "its ports meet those of its neighbours");
    let old = geometry.card(b).rect.centre();
    geometry.move_node(&graph, b, Point::new(3000.0, 2000.0));
    assert_eq!(geometry.hit(old, 1.0), Hit::Empty);
    assert_eq!(geometry.hit(geometry.card(b).rect.centre(), 1.0), Hit::Node(b));
    assert_eq!(geometry.wire(0).points.last(), Some(&geometry.card(b).port_in()));
    assert_eq!(geometry.wire(1).points.first(), Some(&geometry.card(b).port_out()));
    assert!(geometry.bounds().holds_rect(&geometry.card(b).rect));
    assert_eq!(geometry.nodes_within(Rect::at(Point::new(2990.0, 1990.0), Point::new(400.0, 200.0))), [b]);
    let size = Point::new(190.0, 58.0);
    let free = Rect::at(geometry.free_place(Point::new(3000.0, 2000.0), size), size);
    assert!(geometry.cards().iter().all(|card| !card.rect.touches(&free)));
}

#[test]
fn plays_at_the_edges_of_the_world_and_empty_ones_have_a_geometry() {
    let (_, _, geometry) = shown("");
    assert!(geometry.bounds().is_nothing());
    assert_eq!(geometry.hit(Point::ZERO, 1.0), Hit::Empty);
    assert!(see(&geometry).nodes.is_empty());
    let (lo, hi) = (i32::MIN, i32::MAX);
    let body =
        format!("snap a\ncall b = x/1/y\npass c\na -> b -> c -> a\nb -> a\nlayout {{ a {lo} {hi}, b {hi} {lo} }}");
    let (_, _, geometry) = shown(&body);
    let visible = see(&geometry);
    assert_eq!((visible.nodes.len(), visible.wires.len()), (3, 4));
    let mut far = Visible::default();
    geometry.visible(Rect::NOTHING, &mut far);
    geometry.hit(Point::new(f32::NAN, f32::INFINITY), f32::NAN);
    geometry.free_place(Point::new(f32::MAX, f32::MIN), Point::new(100.0, 50.0));
}

/// A play of `n` nodes in places, or none, made of a tape of numbers.
fn random_play(tape: &[(u16, u16, u16)]) -> (Play, Graph) {
    let mut body = String::from("play a/1/b {\n");
    for (i, (kind, ..)) in tape.iter().enumerate() {
        body.push_str(&match kind % 5 {
            0 => format!("fan-out n{i}\n"),
            1 => format!("fan-in n{i} all\n"),
            2 => format!("wait-for-signal n{i} \"s\"\n"),
            _ => format!("call n{i} = x/1/y\n"),
        });
    }
    let n = tape.len().max(1);
    for (i, (a, b, _)) in tape.iter().enumerate() {
        body.push_str(&format!("n{i} -> n{}\n", usize::from(*a) % n));
        if b % 3 == 0 {
            body.push_str(&format!("n{i} -> n{} on error\n", usize::from(*b) % n));
        }
    }
    body.push_str("layout {\n");
    for (i, (_, x, y)) in tape.iter().enumerate().filter(|(_, tape)| tape.2 % 4 != 0) {
        body.push_str(&format!("n{i} {} {}\n", x % 3000, y % 3000));
    }
    body.push_str("}\n}\n");
    play_of(&body)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_visible_is_what_touches_the_rectangle_also_after_drags(
        tape in proptest::collection::vec(any::<(u16, u16, u16)>(), 1..40),
        asked in (-500f32..3500.0, -500f32..3500.0, 1f32..2500.0, 1f32..2500.0),
        drags in proptest::collection::vec((any::<u16>(), -3000f32..3000.0, -3000f32..3000.0), 0..4),
    ) {
        let (play, graph) = random_play(&tape);
        let mut geometry = Geometry::new(&play, &graph);
        for (node, x, y) in drags {
            let node = u32::from(node) % u32::try_from(graph.n_nodes()).unwrap();
            geometry.move_node(&graph, node, Point::new(x, y));
        }
        let rect = Rect::at(Point::new(asked.0, asked.1), Point::new(asked.2, asked.3));
        let mut visible = Visible::default();
        geometry.visible(rect, &mut visible);
        let nodes: Vec<u32> = (0..).zip(geometry.cards()).filter(|(_, card)| card.rect.touches(&rect)).map(|(i, _)| i).collect();
        prop_assert_eq!(&visible.nodes, &nodes);
        for (i, wire) in (0..).zip(geometry.wires()) {
            // The grid knows wires by their lines: one may be passed over only if no part of it can be seen.
            let chip_seen = wire.chip.as_ref().is_some_and(|chip| chip.rect.touches(&rect));
            let line_seen = wire.points.iter().any(|point| rect.holds(*point));
            prop_assert!(!(chip_seen || line_seen) || visible.wires.contains(&i));
        }
        prop_assert!(visible.wires.iter().all(|wire| geometry.wire(*wire).bounds.touches(&rect)));
        for (node, card) in (0..).zip(geometry.cards()) {
            let hit = geometry.hit(card.rect.centre(), 1.0);
            let is_it = matches!(hit, Hit::PortIn(_) | Hit::PortOut(_)) || matches!(hit, Hit::Node(top) if top >= node);
            prop_assert!(is_it, "{:?} at the middle of {}", hit, node);
        }
        for (number, wire) in (0..).zip(geometry.wires()) {
            let hit = geometry.hit(wire.at(0.5).0, 1.0);
            prop_assert!(hit != Hit::Empty, "wire {number}");
        }
    }
}

#[test]
fn notes_cover_no_card_wherever_these_are_arranged() {
    for (name, doc) in samples() {
        for play in doc.plays().map(|(_, play)| play).flat_map(|play| [play.clone(), unplaced(play)]) {
            let graph = Graph::new(&play);
            let geometry = Geometry::new(&play, &graph);
            for note in geometry.notes().iter().filter(|note| !note.is_placed) {
                assert!(geometry.nodes_touching(note.rect).is_empty(), "{name}: {note:?}");
            }
        }
    }
}

/// Around the nodes of that range, in the order of the text.
fn with_frame(play: &mut Play, graph: &Graph, title: &str, range: std::ops::Range<u32>, collapsed: bool) {
    let nodes = range.map(|node| graph.node(play, node).id.clone()).collect();
    let frame = chalktalk::play::Frame { title: title.to_owned(), collapsed, nodes };
    let layout = Stmt::Layout(vec![chalktalk::play::Entry::Frame(frame)]);
    play.body.push(chalktalk::play::Line::new(layout));
}

#[test]
fn a_collapsed_frame_says_what_goes_on_in_it() {
    let mut n_busy = 0;
    for (name, play, events) in runs::runs() {
        let mut play = unplaced(&play);
        let graph = Graph::new(&play);
        let n = u32::try_from(graph.n_nodes()).unwrap();
        with_frame(&mut play, &graph, "Inside", 1..n - 1, true);
        let geometry = Geometry::new(&play, &graph);
        let (card, room) = (geometry.card_of_frame(0).unwrap(), geometry.bounds().grown(40.0));
        let visible = see(&geometry);
        assert_eq!(visible.nodes, [0, card, n - 1], "{name}");
        let (film, _) = Film::from_events(events);
        for step in 0..60 {
            let time = RunMicros(film.end().0 * step / 59);
            let view = film.view_at_time(time);
            let seen = frame(&geometry, &graph, &view, time);
            let mark = seen.nodes.iter().find(|mark| mark.node == card).unwrap();
            assert_eq!(mark.state == StateKind::Idle, mark.caption.text.is_empty(), "{name}: {mark:?}");
            n_busy += usize::from(matches!(mark.state, StateKind::Running | StateKind::WaitingForOthers));
            assert!(seen.balls.iter().all(|ball| room.holds(ball.at)), "{name}: {:?}", seen.balls);
        }
    }
    assert!(n_busy > 10, "{n_busy}");
}

#[test]
fn wires_to_a_collapsed_frame_lead_straight_to_its_card() {
    let (_, graph, geometry) = shown(
        "snap s\nfan-out f\ncall a = x/1/a\ncall b = x/1/b\ncall c = x/1/c\nfan-in j all\npass p\ns -> f -> { a, b, c } -> j -> p\n\
         layout { s 0 200, f 200 200, a 400 0, b 400 200, c 400 400, j 700 200, p 900 200, frame \"F\" collapsed { a, b, c } }",
    );
    let node = |id: &str| graph.find(id).unwrap();
    let card = geometry.card(geometry.card_of_frame(0).unwrap());
    for (from, to) in [("f", "a"), ("f", "b"), ("f", "c")] {
        let wire = (0..).zip(graph.wires()).find(|(_, e)| e.from == node(from) && e.to == node(to)).unwrap().0;
        let path = geometry.wire(wire);
        assert_eq!(path.curves.len(), 1, "{path:?}");
        assert_eq!(path.points.last(), Some(&card.port_in()));
    }
    assert_eq!(geometry.hit(card.rect.centre(), 1.0), Hit::Frame(0));
    assert_eq!(geometry.hit(card.port_out(), 1.0), Hit::Frame(0), "no wire is drawn from a frame");
    assert_eq!(geometry.place_of(node("c")), Point::new(400.0, 400.0));
    assert!(geometry.is_hidden(node("b")) && !geometry.is_hidden(node("j")));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arranged_frames_hold_their_own_nodes_alone(
        tape in proptest::collection::vec(any::<(u16, u16, u16)>(), 4..60), cut: u16, collapsed: (bool, bool)
    ) {
        let (mut play, graph) = random_play(&tape);
        let n = u32::try_from(graph.n_nodes()).unwrap();
        prop_assume!(n > 3);
        let cut = 1 + u32::from(cut) % (n - 2);
        play.body.retain(|line| !matches!(line.kind, Stmt::Layout(_)));
        with_frame(&mut play, &graph, "Outer", 0..cut, collapsed.0);
        with_frame(&mut play, &graph, "Inner", 0..cut.div_ceil(2), collapsed.1);
        let geometry = Geometry::new(&play, &graph);
        let shown: Vec<u32> = see(&geometry).nodes;
        for (i, &a) in shown.iter().enumerate() {
            for &b in &shown[..i] {
                prop_assert!(!geometry.card(a).rect.touches(&geometry.card(b).rect), "{a} {b}");
            }
        }
        for frame in geometry.frames().iter().filter(|frame| !frame.is_hidden) {
            for &node in &shown {
                let card = geometry.card(node).rect;
                let own = frame.nodes.binary_search(&node).is_ok();
                prop_assert!(if own { frame.rect.holds_rect(&card) } else { !frame.rect.touches(&card) }, "{node} {frame:?}");
            }
        }
    }
}
