//! Places for all nodes of a play with frames: each frame is arranged by itself, then stands as one card among the
//! others, so that nothing else comes between its nodes.
//!
//! Must never: depend on anything but the play and the sizes. Start reading at [`arrange_clusters`].

use std::collections::BTreeMap;

use super::arrange::{Pull, arrange};
use super::card::Card;
use super::frames::{FrameCard, Frames};
use super::shapes::{Point, Rect};
use crate::base::{Coord, NodeId};
use crate::play::{Graph, Hop, Line, Node, NodeKind, Options, Play, Policy, Stmt, When, Wire};

/// Moves all cards. `pulls`: one for each wire.
pub(super) fn arrange_clusters(graph: &Graph, cards: &mut [Card], frames: &Frames, pulls: &[Pull]) {
    let mut home: Vec<Option<u32>> = vec![None; cards.len()];
    let mut by_size: Vec<u32> = (0..number(frames.all.len())).collect();
    by_size.sort_by_key(|f| (std::cmp::Reverse(frames.all[*f as usize].nodes.len()), *f));
    // The smallest comes last, and is the one.
    for &f in &by_size {
        for &node in &frames.all[f as usize].nodes {
            home[node as usize] = Some(f);
        }
    }
    let mut nodes: BTreeMap<Option<u32>, Vec<u32>> = BTreeMap::new();
    home.into_iter().zip(0..).for_each(|(home, node)| nodes.entry(home).or_default().push(node));
    let mut inner: BTreeMap<Option<u32>, Vec<u32>> = BTreeMap::new();
    frames.all.iter().zip(0..).for_each(|(frame, f)| inner.entry(frame.parent).or_default().push(f));
    let mut solver = Solver { graph, cards, frames, pulls, nodes, inner };
    solver.solve(None);
}

struct Solver<'a> {
    graph: &'a Graph,
    cards: &'a mut [Card],
    frames: &'a Frames,
    pulls: &'a [Pull],
    /// The nodes of each frame that are in no smaller one; `None` is outside of all.
    nodes: BTreeMap<Option<u32>, Vec<u32>>,
    /// The frames right in each frame.
    inner: BTreeMap<Option<u32>, Vec<u32>>,
}

/// What is arranged: a node, or a frame with all that is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Node(u32),
    Frame(u32),
}

impl Solver<'_> {
    /// Arranges what is in a frame, or all. Gives the nodes and the rectangle that they take.
    fn solve(&mut self, scope: Option<u32>) -> (Vec<u32>, Rect) {
        let mut units = Vec::new();
        let mut rects = Vec::new();
        let mut unit_of: BTreeMap<u32, usize> = BTreeMap::new();
        let mut held: Vec<Vec<u32>> = Vec::new();
        for node in self.nodes.remove(&scope).unwrap_or_default() {
            unit_of.insert(node, units.len());
            units.push(Unit::Node(node));
            rects.push(self.cards[node as usize].rect);
            held.push(vec![node]);
        }
        for f in self.inner.remove(&scope).unwrap_or_default() {
            let (nodes, inner) = self.solve(Some(f));
            if nodes.is_empty() {
                continue;
            }
            unit_of.extend(nodes.iter().map(|node| (*node, units.len())));
            units.push(Unit::Frame(f));
            let size = if self.frames.all[f as usize].collapsed {
                Frames::card_size(&self.frames.all[f as usize].title)
            } else {
                let (before, after) = FrameCard::padding();
                inner.size() + before + after
            };
            rects.push(Rect::at(inner.min, size));
            held.push(nodes);
        }
        self.order(&units, &mut rects, &unit_of);
        let mut all = Rect::NOTHING;
        for ((unit, rect), nodes) in units.iter().zip(&rects).zip(&held) {
            self.put(*unit, rect, nodes);
            nodes.iter().for_each(|node| all.add_rect(&self.cards[*node as usize].rect));
        }
        (held.concat(), all)
    }

    /// Arranges units by the wires between them.
    fn order(&self, units: &[Unit], rects: &mut [Rect], unit_of: &BTreeMap<u32, usize>) {
        let mut between: BTreeMap<(usize, usize), Pull> = BTreeMap::new();
        let mut wires = Vec::new();
        for (edge, pull) in self.graph.wires().iter().zip(self.pulls) {
            let (Some(&from), Some(&to)) = (unit_of.get(&edge.from), unit_of.get(&edge.to)) else { continue };
            let is_loop = from == to && matches!(units[from], Unit::Frame(_));
            if is_loop {
                continue;
            }
            let known = between.entry((from, to)).or_insert_with(|| {
                wires.push((from, to));
                *pull
            });
            known.weight = known.weight.max(pull.weight);
            known.chip = known.chip.max(pull.chip);
        }
        let id = |unit: usize| NodeId::new(format!("u{unit}"));
        let node = |unit| {
            Line::new(Stmt::Node(Node {
                id: id(unit),
                kind: NodeKind::FanIn(Policy::All),
                options: Options::default(),
            }))
        };
        let mut body: Vec<Line<Stmt>> = (0..units.len()).map(node).collect();
        body.extend(wires.iter().map(|&(from, to)| {
            let hops = vec![Hop { to: vec![id(to)], when: When::Always }];
            Line::new(Stmt::Wire(Wire { from: vec![id(from)], hops }))
        }));
        let play = Play { coord: Coord::new("a", "1", "b"), title: None, timeout: None, body };
        let graph = Graph::new(&play);
        let mut cards: Vec<Card> = (0..number(units.len())).map(|unit| Card::new(graph.node(&play, unit))).collect();
        cards.iter_mut().zip(rects.iter()).for_each(|(card, rect)| card.rect = Rect::at(Point::ZERO, rect.size()));
        let quiet = Pull { chip: 0.0, weight: 1.0 };
        let pull =
            |edge: &crate::play::Edge| between.get(&(edge.from as usize, edge.to as usize)).copied().unwrap_or(quiet);
        let pulls: Vec<Pull> = graph.wires().iter().map(pull).collect();
        let placed = vec![false; cards.len()];
        arrange(&graph, &mut cards, &placed, &pulls);
        rects.iter_mut().zip(&cards).for_each(|(rect, card)| *rect = card.rect);
    }

    fn put(&mut self, unit: Unit, rect: &Rect, nodes: &[u32]) {
        let mut bounds = Rect::NOTHING;
        nodes.iter().for_each(|node| bounds.add_rect(&self.cards[*node as usize].rect));
        let to = match unit {
            Unit::Node(_) => rect.min,
            Unit::Frame(f) if self.frames.all[f as usize].collapsed => {
                Point::new(rect.min.x, rect.centre().y - bounds.height() / 2.0)
            }
            Unit::Frame(_) => rect.min + FrameCard::padding().0,
        };
        let by = Point::new((to.x - bounds.min.x).round(), (to.y - bounds.min.y).round());
        for node in nodes {
            let card = &mut self.cards[*node as usize];
            card.rect = card.rect.moved(by);
        }
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
