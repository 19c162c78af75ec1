use super::geometry::Geometry;
use super::shapes::{Point, Rect};

/// How far from a port's centre it still counts as hit, in units of the canvas: a target 16 units wide.
pub const PORT_TARGET: f32 = 8.0;
/// How far from a wire it still counts as hit, in pixels of the screen.
pub const WIRE_TARGET_PX: f32 = 6.0;

/// What lies under the pointer, the topmost first: ports, then cards, chips, notes, wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hit {
    PortIn(u32),
    PortOut(u32),
    Node(u32),
    /// The chip of a wire.
    Chip(u32),
    Wire(u32),
    Note(u32),
    /// The title of an open frame, or the card of a collapsed one.
    Frame(u32),
    Empty,
}

/// How much of the canvas can be seen at a zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lod {
    /// A coloured block for a node, a straight line for a wire, no text.
    Block,
    /// Bar and title.
    Title,
    /// Everything.
    Full,
}

impl Lod {
    const TITLE_FROM: f32 = 0.28;

    /// `zoom`: pixels of the screen for a unit of the canvas.
    pub fn at(zoom: f32, n_visible: usize) -> Self {
        match zoom {
            z if z >= 0.6 && n_visible <= 600 => Self::Full,
            z if z >= Self::TITLE_FROM && n_visible <= 2_000 => Self::Title,
            _ => Self::Block,
        }
    }
}

impl Geometry {
    /// What lies under `at`; of cards and of wires the one that is drawn last. `zoom`: pixels for a unit of the canvas.
    ///
    /// Ports and chips too small to be seen are not hit.
    pub fn hit(&self, at: Point, zoom: f32) -> Hit {
        let zoom = zoom.max(1e-3);
        let has_details = zoom >= Lod::TITLE_FROM;
        let reach = WIRE_TARGET_PX / zoom;
        let around = Rect::new(at, at).grown(PORT_TARGET.max(reach));
        let mut best = Hit::Empty;
        self.nodes_near(&around, |node| {
            let card = self.card(node);
            let near = |port: Point| has_details && port.distance(at) <= PORT_TARGET;
            let hit = if card.has_port_out && near(card.port_out()) {
                Hit::PortOut(node)
            } else if card.has_port_in && near(card.port_in()) {
                Hit::PortIn(node)
            } else if card.rect.holds(at) {
                Hit::Node(node)
            } else {
                return;
            };
            best = topmost(best, hit);
        });
        if let Hit::PortIn(node) | Hit::PortOut(node) | Hit::Node(node) = best {
            return self.frame_around(node).map_or(best, Hit::Frame);
        }
        if let Some(frame) = self.frame_at(at) {
            return Hit::Frame(frame);
        }
        let mut nearest = reach;
        self.wires_near(&around, |number| {
            let wire = self.wire(number);
            if has_details && wire.chip.as_ref().is_some_and(|chip| chip.rect.holds(at)) {
                best = topmost(best, Hit::Chip(number));
            } else if wire.bounds.grown(reach).holds(at) {
                let distance = wire.distance(at);
                if distance < nearest || (distance <= nearest && !matches!(best, Hit::Wire(other) if other > number)) {
                    nearest = distance;
                    best = topmost(best, Hit::Wire(number));
                }
            }
        });
        match self.note_at(at) {
            Some(note) if !matches!(best, Hit::Chip(_)) => Hit::Note(note),
            _ => best,
        }
    }
}

/// Ports over cards over chips over wires; among equals the later, but the nearer of wires, which comes as `new`.
const fn topmost(old: Hit, new: Hit) -> Hit {
    const fn rank(hit: Hit) -> (u8, u32) {
        match hit {
            Hit::PortIn(node) | Hit::PortOut(node) => (4, node),
            Hit::Node(node) => (3, node),
            Hit::Chip(wire) => (2, wire),
            Hit::Wire(_) => (1, 0),
            Hit::Note(_) | Hit::Frame(_) | Hit::Empty => (0, 0),
        }
    }
    let (old_rank, new_rank) = (rank(old), rank(new));
    if new_rank.0 > old_rank.0 || (new_rank.0 == old_rank.0 && new_rank.1 >= old_rank.1) { new } else { old }
}
