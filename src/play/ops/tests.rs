use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use super::*;
use crate::base::Coord;
use crate::play::{
    Entry, Expr, Hop, Item, Line, Node, NodeKind, Options, Place, Policy, Spread, Stmt, Target, TargetRef, When, Wire,
};

/// What leaves each node, in the order of the text.
type Outs = BTreeMap<NodeId, Vec<(NodeId, When)>>;

fn outs(play: &Play) -> Outs {
    let graph = Graph::new(play);
    let nodes = 0..u32::try_from(graph.n_nodes()).unwrap();
    let id = |node| graph.node(play, node).id.clone();
    let row = |node| {
        let wires = graph.out(node).iter();
        wires.map(|&wire| (id(graph.wire(wire).to), graph.when(play, wire).clone())).collect()
    };
    nodes.map(|node| (id(node), row(node))).collect()
}

/// Applies the edits, checks that their inverses give the document back, and gives the play after.
fn applied(doc: &Document, edits: Vec<Edit>) -> Play {
    let mut after = doc.clone();
    let mut inverses: Vec<_> = edits.into_iter().map(|edit| after.apply(edit).unwrap()).collect();
    let mut back = after.clone();
    inverses.reverse();
    for inverse in inverses {
        back.apply(inverse).unwrap();
    }
    assert_eq!(back, *doc, "the inverses take the edits back");
    let play = after.play(0).unwrap().clone();
    for line in &play.body {
        match &line.kind {
            Stmt::Wire(wire) => {
                assert!(!wire.from.is_empty() && !wire.hops.is_empty(), "{wire:?}");
                assert!(wire.hops.iter().all(|hop| !hop.to.is_empty()), "{wire:?}");
            }
            Stmt::Layout(entries) => assert!(!entries.is_empty()),
            _ => {}
        }
    }
    play
}

fn kind() -> impl Strategy<Value = NodeKind> {
    let target = Target::One(TargetRef::Role("r".into()));
    prop_oneof![
        Just(NodeKind::Snap),
        Just(NodeKind::Call(target.clone())),
        Just(NodeKind::Call(target.clone())),
        Just(NodeKind::FanOut(Spread::All)),
        Just(NodeKind::FanOut(Spread::One)),
        Just(NodeKind::FanIn(Policy::All)),
        Just(NodeKind::Pass(None)),
        Just(NodeKind::Pass(Some(target))),
    ]
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        Just(When::Always),
        Just(When::Always),
        Just(When::Always),
        Just(When::If(Expr("x".to_owned()))),
        Just(When::Otherwise),
        Just(When::Error),
        Just(When::Timeout),
    ]
}

const N: usize = 6;

fn ids() -> Vec<NodeId> {
    // The last is never defined.
    (0..=N).map(|n| NodeId::new(format!("n{n}"))).collect()
}

fn group() -> impl Strategy<Value = Vec<NodeId>> {
    subsequence(ids(), 1..=3).prop_shuffle()
}

fn wire() -> impl Strategy<Value = Wire> {
    let hop = (group(), when()).prop_map(|(to, when)| Hop { to, when });
    (group(), proptest::collection::vec(hop, 1..4)).prop_map(|(from, hops)| Wire { from, hops })
}

fn document() -> impl Strategy<Value = Document> {
    let kinds = proptest::collection::vec(kind(), N);
    let wires = proptest::collection::vec((wire(), any::<bool>(), proptest::option::of("[a-z]{1,4}")), 0..6);
    let placed = proptest::option::of(subsequence(ids(), 1..=N));
    (kinds, wires, placed).prop_map(|(kinds, wires, placed)| {
        let nodes = ids().into_iter().zip(kinds);
        let node = |(id, kind)| Line::new(Stmt::Node(Node { id, kind, options: Options::default() }));
        let mut body: Vec<_> = nodes.map(node).collect();
        body.insert(2, Line::new(Stmt::Comment("about".to_owned())));
        body.extend(wires.into_iter().map(|(wire, blank, note)| Line { blank, kind: Stmt::Wire(wire), note }));
        let place = |id| Entry::Node(Place { id, x: 1, y: 2 });
        body.extend(placed.map(|ids| Line::after_blank(Stmt::Layout(ids.into_iter().map(place).collect()))));
        let play = Play { coord: Coord::new("a", "1", "b"), title: None, timeout: None, body };
        Document { items: vec![Line::new(Item::Play(play))] }
    })
}

/// A wire of the play with its tail and its place among the wires out of that.
fn pick(play: &Play, graph: &Graph, index: Index) -> Option<(u32, NodeId, usize)> {
    if graph.wires().is_empty() {
        return None;
    }
    let wire = u32::try_from(index.index(graph.wires().len())).unwrap();
    let from = graph.wire(wire).from;
    let nth = graph.out(from).iter().position(|&other| other == wire).unwrap();
    Some((wire, graph.node(play, from).id.clone(), nth))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn disconnecting_takes_that_wire_alone(doc in document(), index: Index) {
        let graph = Graph::new(doc.play(0).unwrap());
        let at = At::new(&doc, 0, &graph).unwrap();
        let Some((wire, from, nth)) = pick(at.play, &graph, index) else { return Ok(()) };
        let mut expected = outs(at.play);
        expected.get_mut(&from).unwrap().remove(nth);
        prop_assert_eq!(outs(&applied(&doc, at.disconnect(&[wire]).unwrap())), expected);
    }

    #[test]
    fn a_condition_is_set_on_one_wire_alone(doc in document(), index: Index, when in when()) {
        let graph = Graph::new(doc.play(0).unwrap());
        let at = At::new(&doc, 0, &graph).unwrap();
        let Some((wire, from, nth)) = pick(at.play, &graph, index) else { return Ok(()) };
        let mut expected = outs(at.play);
        expected.get_mut(&from).unwrap()[nth].1 = when.clone();
        prop_assert_eq!(outs(&applied(&doc, at.set_when(wire, &when).unwrap())), expected);
    }

    #[test]
    fn rerouting_moves_one_end_of_one_wire(doc in document(), index: Index, to in 0..N, tail: bool) {
        let graph = Graph::new(doc.play(0).unwrap());
        let at = At::new(&doc, 0, &graph).unwrap();
        let Some((wire, from, nth)) = pick(at.play, &graph, index) else { return Ok(()) };
        let to = ids()[to].clone();
        let mut expected = outs(at.play);
        if tail {
            let Ok(edits) = at.reroute_tail(wire, &to) else { return Ok(()) };
            let mut found = outs(&applied(&doc, edits));
            if from != to {
                let moved = expected.get_mut(&from).unwrap().remove(nth);
                // It comes somewhere among the wires of its new tail.
                let old = expected.remove(&to).unwrap();
                let new = found.remove(&to).unwrap();
                let fits = (0..new.len()).any(|n| {
                    let mut rest = new.clone();
                    rest.remove(n) == moved && rest == old
                });
                prop_assert!(fits, "{old:?} {new:?}");
            }
            prop_assert_eq!(found, expected);
        } else {
            let Ok(edits) = at.reroute_head(wire, &to) else { return Ok(()) };
            expected.get_mut(&from).unwrap()[nth].0 = to;
            prop_assert_eq!(outs(&applied(&doc, edits)), expected);
        }
    }

    #[test]
    fn deleting_takes_nodes_with_their_wires_and_places(
        doc in document(), gone in subsequence(ids()[..N].to_vec(), 0..=3), indices in proptest::collection::vec(any::<Index>(), 0..3)
    ) {
        let graph = Graph::new(doc.play(0).unwrap());
        let at = At::new(&doc, 0, &graph).unwrap();
        let mut expected = outs(at.play);
        let mut wires: Vec<_> = indices.into_iter().filter_map(|index| pick(at.play, &graph, index)).collect();
        wires.sort_by_key(|(_, from, nth)| std::cmp::Reverse((from.clone(), *nth)));
        wires.dedup();
        for (_, from, nth) in &wires {
            expected.get_mut(from).unwrap().remove(*nth);
        }
        expected.retain(|id, row| {
            row.retain(|(to, _)| !gone.contains(to));
            !gone.contains(id)
        });
        let wires: Vec<_> = wires.into_iter().map(|(wire, ..)| wire).collect();
        let after = applied(&doc, at.delete(&gone, &wires).unwrap());
        prop_assert_eq!(outs(&after), expected);
        for line in &after.body {
            let names: Vec<NodeId> = match &line.kind {
                Stmt::Layout(entries) => entries.iter().filter_map(Entry::place).map(|place| place.id.clone()).collect(),
                Stmt::Wire(wire) => wire.from.iter().chain(wire.hops.iter().flat_map(|hop| &hop.to)).cloned().collect(),
                _ => continue,
            };
            prop_assert!(!names.iter().any(|id| gone.contains(id)));
        }
    }

    #[test]
    fn renaming_keeps_the_graph(doc in document(), node in 0..N) {
        let graph = Graph::new(doc.play(0).unwrap());
        let at = At::new(&doc, 0, &graph).unwrap();
        let old = ids()[node].clone();
        let renamed = |id: NodeId| if id == old { NodeId::new("new") } else { id };
        let row = |row: Vec<(NodeId, When)>| row.into_iter().map(|(to, when)| (renamed(to), when)).collect();
        let expected: Outs = outs(at.play).into_iter().map(|(id, wires)| (renamed(id), row(wires))).collect();
        prop_assert_eq!(outs(&applied(&doc, at.rename(&old, "new").unwrap())), expected);
        prop_assert!(matches!(at.rename(&old, "9"), Err(Refusal::BadName(_))));
        prop_assert!(matches!(at.rename(&old, &ids()[(node + 1) % N]), Err(Refusal::Taken(_))));
    }

    #[test]
    fn connecting_adds_one_wire_and_keeps_what_was_there(doc in document(), from in 0..N, to in 0..N, outlet in 0..3_usize) {
        let graph = Graph::new(doc.play(0).unwrap());
        let at = At::new(&doc, 0, &graph).unwrap();
        let (from, to) = (ids()[from].clone(), ids()[to].clone());
        let outlet = [Outlet::Out, Outlet::Error, Outlet::Timeout][outlet];
        let Ok(edits) = at.connect(&from, outlet, &to) else { return Ok(()) };
        let mut expected = outs(at.play);
        let mut found = outs(&applied(&doc, edits));
        let (mut old, mut new) = (expected.remove(&from).unwrap(), found.remove(&from).unwrap());
        prop_assert_eq!(&found, &expected);
        let (added_to, added_when) = new.pop().unwrap();
        prop_assert_eq!(added_to, to);
        match (outlet, &added_when) {
            (Outlet::Error, when) => prop_assert_eq!(when, &When::Error),
            (Outlet::Timeout, when) => prop_assert_eq!(when, &When::Timeout),
            (Outlet::Out, When::If(expr)) => {
                prop_assert_eq!(&expr.0, "false");
                // Nothing changes until the person writes the condition.
                if let Some(plain) = old.iter().position(|(_, when)| when.is_always())
                    && !old.iter().any(|(_, when)| *when == When::Otherwise)
                {
                    old[plain].1 = When::Otherwise;
                }
            }
            (Outlet::Out, _) => {}
        }
        prop_assert_eq!(new, old);
    }

    #[test]
    fn new_nodes_and_moves_touch_the_node_list_and_the_layout_alone(doc in document(), kind in kind(), node in 0..N) {
        let graph = Graph::new(doc.play(0).unwrap());
        let at = At::new(&doc, 0, &graph).unwrap();
        let (id, edits) = at.add_node(kind.clone(), (7, -8));
        prop_assert!(graph.find(&id).is_none());
        let after = applied(&doc, edits);
        let new = Graph::new(&after);
        prop_assert_eq!(&new.node(&after, new.find(&id).unwrap()).kind, &kind);
        let mut expected = outs(at.play);
        expected.insert(id.clone(), Vec::new());
        prop_assert_eq!(outs(&after), expected);
        let place = |play: &Play, id: &NodeId| {
            let places = play.body.iter().filter_map(|line| match &line.kind {
                Stmt::Layout(places) => Some(places),
                _ => None,
            });
            places.flatten().filter_map(Entry::place).find(|place| place.id == *id).map(|place| (place.x, place.y))
        };
        prop_assert_eq!(place(&after, &id), Some((7, -8)));

        let moved = ids()[node].clone();
        let after = applied(&doc, at.move_nodes(&[(moved.clone(), 30, 40)]).unwrap());
        prop_assert_eq!(place(&after, &moved), Some((30, 40)));
        let rest = |play: &Play| play.body.iter().filter(|line| !matches!(line.kind, Stmt::Layout(_))).cloned().collect::<Vec<_>>();
        prop_assert_eq!(rest(&after), rest(at.play));
    }
}
