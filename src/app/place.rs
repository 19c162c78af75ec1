//! Where nodes stand: aligned, evenly apart, a step on, or where a new one has room.

use super::drawing::Picking;
use super::selection::wire_number;
use super::session::Session;
use crate::base::NodeId;
use crate::play::{Node, NodeKind, Options};
use crate::scene::{Geometry, Point, Rect, card_size};

/// An edge or a middle line that nodes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Align {
    Left,
    Centre,
    Right,
    Top,
    Middle,
    Bottom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Left to right.
    Across,
    /// Top to bottom.
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    Left,
    Right,
    Up,
    Down,
}

/// New top-left corners, as a move wants them.
pub(super) type Places = Vec<(NodeId, i32, i32)>;

/// Units of a step by a key, and of the grid.
pub const STEP: i32 = 16;
/// Units between a node and the one that is added after it.
const GAP: f32 = 80.0;

impl Session {
    /// The selected nodes as cards, in the order of the text.
    fn selected_cards(&self) -> Vec<(NodeId, Rect)> {
        let Some(play) = self.play() else { return Vec::new() };
        let geometry = self.geometry();
        let mut nodes: Vec<u32> = self.selection().nodes.iter().filter_map(|id| self.graph().find(id)).collect();
        nodes.retain(|node| geometry.frame_around(*node).is_none());
        nodes.sort_unstable();
        let card = |node: u32| (self.graph().node(play, node).id.clone(), geometry.card(node).rect);
        nodes.into_iter().map(card).collect()
    }

    pub(super) fn aligned(&self, how: Align) -> Places {
        let cards = self.selected_cards();
        if cards.len() < 2 {
            return Places::new();
        }
        let mut all = Rect::NOTHING;
        cards.iter().for_each(|(_, rect)| all.add_rect(rect));
        let to = |rect: &Rect| {
            let size = rect.size();
            match how {
                Align::Left => Point::new(all.min.x, rect.min.y),
                Align::Centre => Point::new(all.centre().x - size.x / 2.0, rect.min.y),
                Align::Right => Point::new(all.max.x - size.x, rect.min.y),
                Align::Top => Point::new(rect.min.x, all.min.y),
                Align::Middle => Point::new(rect.min.x, all.centre().y - size.y / 2.0),
                Align::Bottom => Point::new(rect.min.x, all.max.y - size.y),
            }
        };
        moved(cards.iter().map(|(id, rect)| (id, *rect, to(rect))))
    }

    /// The outer two stay; the gaps between all become the same.
    pub(super) fn distributed(&self, axis: Axis) -> Places {
        let mut cards = self.selected_cards();
        if cards.len() < 3 {
            return Places::new();
        }
        let start = |rect: &Rect| if axis == Axis::Across { rect.min.x } else { rect.min.y };
        let length = |rect: &Rect| if axis == Axis::Across { rect.width() } else { rect.height() };
        cards.sort_by(|(_, a), (_, b)| start(a).total_cmp(&start(b)));
        let (first, last) = (cards[0].1, cards[cards.len() - 1].1);
        let between: f32 = cards[1..cards.len() - 1].iter().map(|(_, rect)| length(rect)).sum();
        let room = start(&last) - start(&first) - length(&first);
        #[expect(clippy::cast_precision_loss, reason = "a selection is small")]
        let gap = (room - between) / (cards.len() - 1) as f32;
        let mut at = start(&first);
        let places: Vec<_> = cards
            .iter()
            .map(|(id, rect)| {
                let to = if axis == Axis::Across { Point::new(at, rect.min.y) } else { Point::new(rect.min.x, at) };
                at += length(rect) + gap;
                (id, *rect, to)
            })
            .collect();
        moved(places.into_iter())
    }

    /// The selected nodes a step on: to the next line of the grid, or by one unit.
    pub(super) fn nudged(&self, way: Way, fine: bool) -> Places {
        let step = if fine { 1 } else { STEP };
        let (dx, dy) = match way {
            Way::Left => (-step, 0),
            Way::Right => (step, 0),
            Way::Up => (0, -step),
            Way::Down => (0, step),
        };
        let Some(play) = self.play() else { return Places::new() };
        let place = |id: NodeId| {
            let (x, y) = corner(self.geometry().place_of(self.graph().find(&id)?));
            Some((id, x.saturating_add(dx), y.saturating_add(dy)))
        };
        self.selection().all_nodes(play).into_iter().filter_map(place).collect()
    }

    /// Where a node of the kind has room: after `from`, or in the middle of what is there if that is empty.
    pub(super) fn room_after(&self, from: &[NodeId], kind: &NodeKind) -> (i32, i32) {
        let geometry = self.geometry();
        let size = card_size(&Node { id: NodeId::new("node"), kind: kind.clone(), options: Options::default() });
        let mut all = Rect::NOTHING;
        let sources = from.iter().filter_map(|id| self.graph().find(id));
        sources.for_each(|node| all.add_rect(&geometry.card(node).rect));
        let near = if from.is_empty() {
            let bounds = geometry.bounds();
            if bounds.is_nothing() { Point::new(64.0, 128.0) } else { Point::new(bounds.min.x, bounds.max.y + GAP) }
        } else {
            Point::new(all.max.x + GAP, all.centre().y - size.y / 2.0)
        };
        corner(free_below(geometry, near, size))
    }

    /// Where a new node of the kind has room that is picked for this.
    pub fn room_for(&self, picking: &Picking, kind: &NodeKind) -> (i32, i32) {
        match picking {
            Picking::After(from) => self.room_after(from, kind),
            Picking::On(wire) => match wire_number(self.graph(), wire) {
                Some(wire) => self.room_on(wire, kind),
                None => self.room_after(&[], kind),
            },
            Picking::Alone | Picking::Before(_) | Picking::Head(_) | Picking::Tail(_) => self.room_after(&[], kind),
        }
    }

    /// For a node on a wire: in the middle between its ends.
    fn room_on(&self, wire: u32, kind: &NodeKind) -> (i32, i32) {
        let geometry = self.geometry();
        let size = card_size(&Node { id: NodeId::new("node"), kind: kind.clone(), options: Options::default() });
        let middle = geometry.wire(wire).at(0.5).0;
        corner(free_below(geometry, Point::new(middle.x - size.x / 2.0, middle.y - size.y / 2.0), size))
    }
}

/// `near`, or as little below it as there is room; else what the scene finds.
fn free_below(geometry: &Geometry, near: Point, size: Point) -> Point {
    let mut rows = (0..12_u8).map(|row| Point::new(near.x, near.y + f32::from(row) * 96.0));
    let is_free = |at: &Point| {
        let room = Rect::at(*at, size).grown(12.0);
        geometry.nodes_touching(room).is_empty()
    };
    rows.find(is_free).unwrap_or_else(|| geometry.free_place(near, size))
}

/// As the layout block keeps it.
#[expect(clippy::cast_possible_truncation, reason = "float casts saturate")]
pub(super) fn corner(at: Point) -> (i32, i32) {
    (at.x.round() as i32, at.y.round() as i32)
}

/// Those that really move.
fn moved<'i>(places: impl Iterator<Item = (&'i NodeId, Rect, Point)>) -> Places {
    let place = |(id, rect, to): (&NodeId, Rect, Point)| {
        let (old, (x, y)) = (corner(rect.min), corner(to));
        (old != (x, y)).then(|| (id.clone(), x, y))
    };
    places.filter_map(place).collect()
}
