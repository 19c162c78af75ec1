/// How far from a port's centre it still counts as hit, in units of the canvas: a target 16 units wide.
pub const PORT_TARGET: f32 = 8.0;
/// How far from a wire it still counts as hit, in pixels of the screen.
pub const WIRE_TARGET_PX: f32 = 6.0;

/// What lies under the pointer, the topmost first: ports, then cards, chips, wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hit {
    PortIn(u32),
    PortOut(u32),
    Node(u32),
    /// The chip of a wire.
    Chip(u32),
    Wire(u32),
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
    /// `zoom`: pixels of the screen for a unit of the canvas.
    pub fn at(zoom: f32, n_visible: usize) -> Self {
        match zoom {
            z if z >= 0.6 && n_visible <= 600 => Self::Full,
            z if z >= 0.28 && n_visible <= 2_000 => Self::Title,
            _ => Self::Block,
        }
    }
}
