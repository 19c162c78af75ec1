use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::arrange::{Lanes, Pull, around, arrange};
use super::boxes::Boxes;
use super::card::Card;
use super::chip::{Chip, ChipKind, Clash, place_chip};
use super::cluster::arrange_clusters;
use super::frames::Frames;
use super::grid::{Builder, Grid};
use super::notes::{NoteCard, has_comments};
use super::path::WirePath;
use super::route::{Ends, Field, MAX_SEARCHED, by_lanes, forward, route};
use super::shapes::{Cubic, Point, Rect, Vec2};
use crate::play::{Edge, Entry, Graph, Play, Stmt};

/// Cards snap to each other within this many units, else to multiples of [`SNAP_GRID`].
const SNAP_NEAR: f32 = 8.0;
const SNAP_GRID: f32 = 16.0;

/// Where everything of a play stands: what changes with the document and not with the instant.
///
/// Nodes and wires are numbered as in the [`Graph`] that it was built from.
#[derive(Clone, Debug, Default)]
pub struct Geometry {
    pub(super) cards: Vec<Card>,
    pub(super) wires: Vec<WirePath>,
    placed: Vec<bool>,
    pub(super) bounds: Rect,
    nodes_grid: Grid,
    wires_grid: Grid,
    /// Of the wires whose chips they are.
    chips_grid: Grid,
    /// Nodes and wires that were moved since: the grids know them at their old places.
    pub(super) moved: Moved,
    fingerprint: u64,
    pub(super) framed: Option<Frames>,
    pub(super) notes: Vec<NoteCard>,
    pub(super) notes_hidden: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Moved {
    pub nodes: Vec<u32>,
    pub wires: Vec<u32>,
    /// Empty as long as nothing was moved.
    pub is_node: Vec<bool>,
    pub is_wire: Vec<bool>,
}

/// What lies in a rectangle: nodes and wires by number, ascending. Kept from frame to frame for its buffers.
#[derive(Clone, Debug, Default)]
pub struct Visible {
    pub rect: Rect,
    pub nodes: Vec<u32>,
    pub wires: Vec<u32>,
}

impl Geometry {
    /// Puts every node at its place of the `layout` block. Those without one are arranged in layers, left to right.
    ///
    /// `play` is the one that `graph` was built from.
    pub fn new(play: &Play, graph: &Graph) -> Self {
        let mut cards: Vec<Card> = (0..number(graph.n_nodes())).map(|node| Card::new(graph.node(play, node))).collect();
        let mut placed = vec![false; cards.len()];
        for line in &play.body {
            let Stmt::Layout(entries) = &line.kind else { continue };
            for place in entries.iter().filter_map(Entry::place) {
                if let Some(node) = graph.find(&place.id) {
                    let card = &mut cards[node as usize];
                    card.rect = Rect::at(place_point(place.x, place.y), card.rect.size());
                    placed[node as usize] = true;
                }
            }
        }
        let chips: Vec<Option<Chip>> =
            (0..number(graph.wires().len())).map(|wire| Chip::of(graph.when(play, wire))).collect();
        let pulls: Vec<Pull> = chips.iter().map(|chip| pull(chip.as_ref())).collect();
        let notes = if has_comments(play) { NoteCard::all(play, graph) } else { Vec::new() };
        let room = NoteCard::room(&notes, cards.len());
        grow(&mut cards, &room, 1.0);
        let mut framed = Frames::of(play, graph);
        let mut lanes = Lanes::default();
        match &framed {
            Some(frames) if !placed.contains(&true) => arrange_clusters(graph, &mut cards, frames, &pulls),
            _ => lanes = arrange(graph, &mut cards, &placed, &pulls),
        }
        grow(&mut cards, &room, -1.0);
        for node in 0..number(cards.len()) {
            cards[node as usize].show_ports(!graph.into(node).is_empty(), !graph.out(node).is_empty());
        }
        if let Some(frames) = framed.as_mut().filter(|frames| frames.has_collapsed()) {
            frames.collapse(graph, &mut cards);
            lanes = Lanes::default();
        }
        let fingerprint = fingerprint(play, graph);
        let mut geometry = Self { cards, placed, fingerprint, framed, bounds: Rect::NOTHING, ..Self::default() };
        geometry.build_nodes_grid();
        geometry.route_all(graph, chips, &lanes);
        geometry.fit_frames();
        if !notes.is_empty() {
            geometry.place_notes(notes);
            geometry.fit_frames();
        }
        geometry
    }

    pub(super) fn grow_bounds(&mut self, rect: &Rect) {
        self.bounds.add_rect(rect);
    }

    fn build_nodes_grid(&mut self) {
        let mut builder = Builder::with_capacity(self.cards.len() * 2);
        for (card, node) in self.cards.iter().zip(0..) {
            if !self.framed.as_ref().is_some_and(|frames| frames.hides(node)) {
                builder.add(node, &card.rect);
            }
            self.bounds.add_rect(&card.rect);
        }
        self.nodes_grid = builder.build();
    }

    fn route_all(&mut self, graph: &Graph, chips: Vec<Option<Chip>>, lanes: &Lanes) {
        let rect_of = |node: u32| self.cards[node as usize].rect;
        let mut field = Field {
            grid: &self.nodes_grid,
            rect_of: &rect_of,
            lanes: Boxes::default(),
            legs: Boxes::default(),
            searches: self.cards.len() <= MAX_SEARCHED,
        };
        // The card of a collapsed frame is no obstacle to the wires that lead to it.
        let card_of = |node: u32| self.framed.as_ref().map_or(node, |frames| frames.card_of(node));
        let hides = |from: u32, to: u32| self.framed.as_ref().is_some_and(|frames| frames.hides_wire(from, to));
        let edges = graph.wires();
        let ends = |edge: &Edge| {
            let (from_rect, to_rect) = (rect_of(edge.from), rect_of(edge.to));
            Ends { from: card_of(edge.from), to: card_of(edge.to), from_rect, to_rect, nth: edge.nth }
        };
        // Those that look for a way keep off the others, so they come last.
        let looks = (0..edges.len()).any(|wire| lanes.get(wire).is_none());
        let mut wires: Vec<WirePath> = vec![WirePath::default(); edges.len()];
        for known in [true, false] {
            for (number, edge) in edges.iter().enumerate() {
                let given = lanes.get(number);
                if given.is_some() != known {
                    continue;
                }
                let curves = match given {
                    _ if hides(edge.from, edge.to) => {
                        let at = rect_of(edge.from).centre();
                        vec![Cubic::line(at, at)]
                    }
                    Some(given) => by_lanes(&ends(edge), given, looks, &mut field),
                    None => route(&ends(edge), &mut field),
                };
                wires[number] = WirePath::new(edge.from, edge.to, curves);
            }
        }
        let mut builder = Builder::with_capacity(wires.len() * 4);
        for (wire, number) in wires.iter().zip(0..).filter(|(wire, _)| !hides(wire.from, wire.to)) {
            builder.add_line(number, &wire.points);
        }
        self.wires_grid = builder.build();
        self.wires = wires;
        self.place_chips(chips);
        self.wires.iter().for_each(|wire| self.bounds.add_rect(&wire.bounds));
    }

    /// Chips come last, for they keep off all cards, each other, and where they can off other wires.
    fn place_chips(&mut self, chips: Vec<Option<Chip>>) {
        let mut taken = Boxes::default();
        let mut builder = Builder::default();
        for (chip, number) in chips.into_iter().zip(0u32..) {
            let Some(chip) = chip.filter(|_| !self.is_hidden_wire(number)) else { continue };
            let clash = |rect: &Rect| {
                let is_taken = taken.touching(rect).is_some() || touches_a_card(&self.nodes_grid, &self.cards, rect);
                if is_taken { Clash::Hidden } else { self.clash_of_wires(number, rect) }
            };
            let chip = place_chip(chip, &self.wires[number as usize], clash);
            taken.add(chip.rect);
            builder.add(number, &chip.rect);
            let wire = &mut self.wires[number as usize];
            wire.bounds.add_rect(&chip.rect);
            wire.chip = Some(chip);
        }
        self.chips_grid = builder.build();
    }

    fn clash_of_wires(&self, own: u32, rect: &Rect) -> Clash {
        let mut crosses = false;
        self.wires_grid.query(rect, |wire| {
            crosses |= !crosses && wire != own && self.wires[wire as usize].crosses(rect);
        });
        if crosses { Clash::Crossed } else { Clash::None }
    }

    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    pub fn card(&self, node: u32) -> &Card {
        &self.cards[node as usize]
    }

    pub fn wires(&self) -> &[WirePath] {
        &self.wires
    }

    pub fn wire(&self, wire: u32) -> &WirePath {
        &self.wires[wire as usize]
    }

    /// Holds all cards, wires and chips; [`Rect::NOTHING`] for an empty play.
    pub const fn bounds(&self) -> Rect {
        self.bounds
    }

    /// Whether the document gives the node a place; else it was arranged.
    pub fn is_placed(&self, node: u32) -> bool {
        self.placed[node as usize]
    }

    /// A top-left corner for every node: those that stay keep theirs, the others stand as in `arranged`, as near as the
    /// former let them. `arranged` is of the same nodes, `stays` has one for each.
    ///
    /// Deterministic; no card covers another that did not before.
    pub fn arranged_around(&self, arranged: &Self, stays: &[bool]) -> Vec<Point> {
        around(&self.cards, &arranged.cards, stays)
    }

    /// The same for two plays only if their nodes and wires have the same names and numbers.
    pub(super) const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Moves the top-left corner of a node, for a drag: touches only the node and its wires.
    pub fn move_node(&mut self, graph: &Graph, node: u32, to: Point) {
        let card = &mut self.cards[node as usize];
        let by = to - card.rect.min;
        card.rect = Rect::at(to, card.rect.size());
        self.bounds.add_rect(&card.rect);
        self.carry_notes(|moved| (moved == node).then_some(by));
        self.moved.is_node.resize(self.cards.len(), false);
        self.moved.is_wire.resize(self.wires.len(), false);
        if !std::mem::replace(&mut self.moved.is_node[node as usize], true) {
            self.moved.nodes.push(node);
        }
        let into = graph.into(node).iter().filter(|wire| graph.wire(**wire).from != node);
        for &wire in graph.out(node).iter().chain(into) {
            self.reroute(graph, wire);
        }
        self.fit_frames();
    }

    /// Moves many nodes at once: wires between two that move alike go with them as they are.
    pub fn move_nodes(&mut self, graph: &Graph, places: &[(u32, Point)]) {
        let mut by: FxHashMap<u32, Point> = FxHashMap::default();
        for &(node, to) in places {
            by.insert(node, to - self.cards[node as usize].rect.min);
        }
        self.moved.is_node.resize(self.cards.len(), false);
        self.moved.is_wire.resize(self.wires.len(), false);
        for &(node, to) in places {
            let card = &mut self.cards[node as usize];
            card.rect = Rect::at(to, card.rect.size());
            self.bounds.add_rect(&card.rect);
            if !std::mem::replace(&mut self.moved.is_node[node as usize], true) {
                self.moved.nodes.push(node);
            }
        }
        self.carry_notes(|node| by.get(&node).copied());
        let alike = |from: u32, to: u32| {
            let (from, to) = (*by.get(&from)?, *by.get(&to)?);
            (from.distance(to) < 1e-3).then_some(from)
        };
        for &(node, _) in places {
            for &wire in graph.out(node) {
                match alike(node, graph.wire(wire).to) {
                    Some(by) => self.carry(wire, by),
                    None => self.reroute(graph, wire),
                }
            }
            for &wire in graph.into(node) {
                if !by.contains_key(&graph.wire(wire).from) {
                    self.reroute(graph, wire);
                }
            }
        }
        self.fit_frames();
    }

    fn carry(&mut self, wire: u32, by: Point) {
        let path = &mut self.wires[wire as usize];
        path.carry(by);
        self.bounds.add_rect(&path.bounds);
        if !std::mem::replace(&mut self.moved.is_wire[wire as usize], true) {
            self.moved.wires.push(wire);
        }
    }

    fn reroute(&mut self, graph: &Graph, wire: u32) {
        if self.is_hidden_wire(wire) {
            return;
        }
        let card_of = |node: u32| self.framed.as_ref().map_or(node, |frames| frames.card_of(node));
        let edge = graph.wire(wire);
        let rect_of = |node: u32| self.cards[node as usize].rect;
        let mut field = Field {
            grid: &self.nodes_grid,
            rect_of: &rect_of,
            lanes: Boxes::default(),
            legs: Boxes::default(),
            searches: self.cards.len() <= MAX_SEARCHED,
        };
        let (from_rect, to_rect) = (rect_of(edge.from), rect_of(edge.to));
        let ends = Ends { from: card_of(edge.from), to: card_of(edge.to), from_rect, to_rect, nth: edge.nth };
        let mut path = WirePath::new(edge.from, edge.to, route(&ends, &mut field));
        if let Some(chip) = self.wires[wire as usize].chip.take() {
            let clash = |rect: &Rect| {
                if touches_a_card(&self.nodes_grid, &self.cards, rect) { Clash::Hidden } else { Clash::None }
            };
            let chip = place_chip(chip, &path, clash);
            path.bounds.add_rect(&chip.rect);
            path.chip = Some(chip);
        }
        self.bounds.add_rect(&path.bounds);
        self.wires[wire as usize] = path;
        if !std::mem::replace(&mut self.moved.is_wire[wire as usize], true) {
            self.moved.wires.push(wire);
        }
    }

    /// The place near `to` at which the ports and the left edge of the node line up with those of another nearby, or
    /// else with the yard lines. In whole units, as the document keeps them.
    pub fn snapped(&self, node: u32, to: Point) -> Point {
        let size = self.cards[node as usize].rect.size();
        let around = Rect::at(to, size).grown(1024.0);
        let (mut x, mut y) = (None::<f32>, None::<f32>);
        let port = to.y + size.y / 2.0;
        let nearer = |best: Option<f32>, offer: f32, wish: f32| {
            let best_off = best.map_or(SNAP_NEAR, |best| (best - wish).abs());
            if (offer - wish).abs() < best_off { Some(offer) } else { best }
        };
        self.nodes_near(&around, |other| {
            if other != node {
                let rect = &self.cards[other as usize].rect;
                x = nearer(x, rect.min.x, to.x);
                y = nearer(y, rect.centre().y, port);
            }
        });
        let x = x.unwrap_or_else(|| (to.x / SNAP_GRID).round() * SNAP_GRID);
        let y = y.unwrap_or_else(|| (port / SNAP_GRID).round() * SNAP_GRID);
        Point::new(x.round(), (y - size.y / 2.0).round())
    }

    /// A free place for the top-left corner of a new card of `size`, as near to `near` as can be.
    pub fn free_place(&self, near: Point, size: Vec2) -> Point {
        const STEP: f32 = 32.0;
        let start = Point::new((near.x / SNAP_GRID).round() * SNAP_GRID, (near.y / SNAP_GRID).round() * SNAP_GRID);
        let is_free = |at: Point| {
            let room = Rect::at(at, size).grown(16.0);
            let mut free = true;
            self.nodes_near(&room, |node| free &= !self.cards[node as usize].rect.touches(&room));
            free
        };
        // Squares around the start, one larger than the other.
        let ring = |r: i8| {
            (-r..=r).flat_map(move |y| (-r..=r).map(move |x| (x, y))).filter(move |(x, y)| x.abs().max(y.abs()) == r)
        };
        let places = (0..=24i8).flat_map(ring);
        let mut places = places.map(|(x, y)| start + Point::new(f32::from(x), f32::from(y)) * STEP);
        places.find(|at| is_free(*at)).unwrap_or(start)
    }

    /// What lies in `rect` or touches it.
    pub fn visible(&self, rect: Rect, visible: &mut Visible) {
        visible.rect = rect;
        visible.nodes.clear();
        visible.wires.clear();
        if rect.holds_rect(&self.bounds) {
            visible.nodes.extend(0..number(self.cards.len()));
            visible.wires.extend(0..number(self.wires.len()));
            if self.framed.as_ref().is_some_and(Frames::has_collapsed) {
                visible.nodes.retain(|node| !self.is_hidden(*node));
                visible.wires.retain(|wire| !self.is_hidden_wire(*wire));
            }
            return;
        }
        self.nodes_near(&rect, |node| visible.nodes.push(node));
        self.wires_near(&rect, |wire| visible.wires.push(wire));
        visible.nodes.retain(|node| self.cards[*node as usize].rect.touches(&rect));
        visible.wires.retain(|wire| self.wires[*wire as usize].bounds.touches(&rect));
        for found in [&mut visible.nodes, &mut visible.wires] {
            found.sort_unstable();
            found.dedup();
        }
    }

    /// Calls `found` for every node that may touch `rect`, and for some more than once.
    pub(super) fn nodes_near(&self, rect: &Rect, mut found: impl FnMut(u32)) {
        let is_moved = &self.moved.is_node;
        self.nodes_grid.query(rect, |node| {
            if !is_moved.get(node as usize).is_some_and(|moved| *moved) {
                found(node);
            }
        });
        self.moved.nodes.iter().copied().filter(|node| !self.is_hidden(*node)).for_each(found);
    }

    /// Calls `found` for every wire that may touch `rect`, and for some more than once.
    pub(super) fn wires_near(&self, rect: &Rect, mut found: impl FnMut(u32)) {
        let is_moved = &self.moved.is_wire;
        for grid in [&self.wires_grid, &self.chips_grid] {
            grid.query(rect, |wire| {
                if !is_moved.get(wire as usize).is_some_and(|moved| *moved) {
                    found(wire);
                }
            });
        }
        self.moved.wires.iter().copied().filter(|wire| !self.is_hidden_wire(*wire)).for_each(found);
    }

    /// For each node whether a way leads from it to `node`, or it is `node`.
    pub(super) fn leading_to(&self, node: u32) -> Vec<bool> {
        let mut into = vec![Vec::new(); self.cards.len()];
        for wire in &self.wires {
            into[wire.to as usize].push(wire.from);
        }
        let mut leads = vec![false; self.cards.len()];
        let mut todo = vec![node];
        while let Some(node) = todo.pop() {
            if let Some(leads) = leads.get_mut(node as usize)
                && !std::mem::replace(leads, true)
            {
                todo.extend(&into[node as usize]);
            }
        }
        leads
    }

    /// The nodes whose cards lie wholly in `rect`, ascending, for a selection by a box.
    pub fn nodes_within(&self, rect: Rect) -> Vec<u32> {
        self.nodes_where(rect, |card| rect.holds_rect(card))
    }

    /// The nodes whose cards touch `rect`, ascending.
    pub fn nodes_touching(&self, rect: Rect) -> Vec<u32> {
        self.nodes_where(rect, |card| rect.touches(card))
    }

    fn nodes_where(&self, near: Rect, is_one: impl Fn(&Rect) -> bool) -> Vec<u32> {
        let mut nodes = Vec::new();
        self.nodes_near(&near, |node| nodes.push(node));
        nodes.retain(|node| is_one(&self.cards[*node as usize].rect));
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// The curve of a wire that is being drawn from a port out to the pointer, or from the pointer to a port in.
    pub fn loose_wire(&self, from: Point, to: Point) -> Cubic {
        if to.x - from.x > 24.0 {
            return forward(from, to);
        }
        let reach = Point::new(((to - from).length() * 0.4).clamp(24.0, 120.0), 0.0);
        Cubic::new(from, from + reach, to - reach, to)
    }
}

/// Adds room above and below cards, or takes it away. `room` is empty, or has one for each card.
fn grow(cards: &mut [Card], room: &[f32], sign: f32) {
    for (card, room) in cards.iter_mut().zip(room) {
        let by = Point::new(0.0, room * sign);
        card.rect = Rect::new(card.rect.min - by, card.rect.max + by);
    }
}

fn pull(chip: Option<&Chip>) -> Pull {
    let weight = match chip.map(|chip| chip.kind) {
        None | Some(ChipKind::Guard | ChipKind::Otherwise) => 1.0,
        Some(ChipKind::Error | ChipKind::Timeout) => 0.001,
    };
    Pull { chip: chip.map_or(0.0, |chip| chip.rect.width()), weight }
}

fn touches_a_card(grid: &Grid, cards: &[Card], rect: &Rect) -> bool {
    let mut touches = false;
    grid.query(rect, |node| touches |= cards[node as usize].rect.touches(rect));
    touches
}

#[expect(clippy::cast_precision_loss, reason = "a canvas is smaller than 16 million units, or is drawn roughly")]
const fn place_point(x: i32, y: i32) -> Point {
    Point::new(x as f32, y as f32)
}

fn fingerprint(play: &Play, graph: &Graph) -> u64 {
    let mut hasher = FxHasher::default();
    for node in 0..number(graph.n_nodes()) {
        graph.node(play, node).id.hash(&mut hasher);
    }
    for edge in graph.wires() {
        (edge.from, edge.to, edge.nth).hash(&mut hasher);
    }
    hasher.finish()
}

/// A play has fewer than 4 billion parts.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
