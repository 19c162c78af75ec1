use super::card::Card;
use super::hit::Hit;
use super::shapes::{Cubic, Point, Rect, Vec2};
use crate::play::{Graph, Play};

/// Where everything of a play stands: what changes with the document and not with the instant.
///
/// Nodes and wires are numbered as in the [`Graph`] that it was built from.
#[derive(Clone, Debug, Default)]
pub struct Geometry {
    cards: Vec<Card>,
    wires: Vec<WirePath>,
    bounds: Rect,
}

/// How a wire runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WirePath {
    pub from: u32,
    pub to: u32,
    /// One curve for a wire that goes forward, several for one that goes round. Never empty.
    pub curves: Vec<Cubic>,
    /// The same as a line of points, fine enough for a zoom of 1.
    pub points: Vec<Point>,
    pub bounds: Rect,
    pub chip: Option<Chip>,
}

/// The label of a wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    pub kind: ChipKind,
    pub text: String,
    pub rect: Rect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChipKind {
    Guard,
    Otherwise,
    Error,
    Timeout,
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
    pub fn new(play: &Play, graph: &Graph) -> Self {
        let mut geometry = Self::default();
        let mut x = 0.0;
        for node in 0..graph.n_nodes() {
            let mut card = Card::new(graph.node(play, u32::try_from(node).unwrap_or(u32::MAX)));
            card.rect = card.rect.moved(Point::new(x, 0.0));
            x += card.rect.width() + 60.0;
            geometry.bounds.add_rect(&card.rect);
            geometry.cards.push(card);
        }
        for edge in graph.wires() {
            let (a, b) = (geometry.cards[edge.from as usize].port_out(), geometry.cards[edge.to as usize].port_in());
            let curve = Cubic::line(a, b);
            geometry.wires.push(WirePath {
                from: edge.from,
                to: edge.to,
                curves: vec![curve],
                points: vec![a, b],
                bounds: curve.bounds(),
                chip: None,
            });
        }
        geometry
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

    /// Holds all cards and wires; [`Rect::NOTHING`] for an empty play.
    pub const fn bounds(&self) -> Rect {
        self.bounds
    }

    /// Whether the document gives the node a place; else it was arranged.
    pub fn is_placed(&self, _node: u32) -> bool {
        false
    }

    /// Moves the top-left corner of a node, for a drag: touches only the node and its wires.
    pub fn move_node(&mut self, graph: &Graph, node: u32, to: Point) {
        let card = &mut self.cards[node as usize];
        card.rect = Rect::at(to, card.rect.size());
        let _ = graph;
    }

    /// The place near `to` at which the ports of the node line up with a port or the yard lines nearby.
    pub fn snapped(&self, _node: u32, to: Point) -> Point {
        Point::new(to.x.round(), to.y.round())
    }

    /// A free place for a new node of `size`, as near to `near` as can be.
    pub fn free_place(&self, near: Point, _size: Vec2) -> Point {
        near
    }

    /// What lies in `rect` or touches it.
    pub fn visible(&self, rect: Rect, visible: &mut Visible) {
        visible.rect = rect;
        visible.nodes.clear();
        visible.wires.clear();
        visible.nodes.extend((0..).zip(&self.cards).filter(|(_, card)| card.rect.touches(&rect)).map(|(i, _)| i));
        visible.wires.extend((0..).zip(&self.wires).filter(|(_, wire)| wire.bounds.touches(&rect)).map(|(i, _)| i));
    }

    /// The nodes whose cards lie wholly in `rect`, for a selection by a box.
    pub fn nodes_within(&self, rect: Rect) -> Vec<u32> {
        (0..).zip(&self.cards).filter(|(_, card)| rect.holds_rect(&card.rect)).map(|(i, _)| i).collect()
    }

    /// What lies under `at`. `zoom`: pixels of the screen for a unit of the canvas.
    pub fn hit(&self, _at: Point, _zoom: f32) -> Hit {
        Hit::Empty
    }

    /// The curve that a wire would take, for a wire that is being drawn from a port to the pointer.
    pub fn loose_wire(&self, from: Point, to: Point) -> Cubic {
        Cubic::line(from, to)
    }
}

impl WirePath {
    /// The point at `t`, 0 to 1 of the wire's length, and the direction there.
    pub fn at(&self, t: f32) -> (Point, Vec2) {
        self.curves.first().map_or((Point::ZERO, Point::new(1.0, 0.0)), |curve| (curve.at(t), curve.heading(t)))
    }
}
