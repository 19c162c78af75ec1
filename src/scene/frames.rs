//! Frames: a rectangle around the cards of nodes, or one card for all of them.
//!
//! The rectangle follows from the cards. A collapsed frame gives all its nodes the same card, so that wires, balls and
//! hits find it without knowing of frames.
//! Must never: keep a place of a frame's own. Start reading at [`Frames::of`].

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::card::{Card, Kind, WIDE_H, width};
use super::geometry::Geometry;
use super::notes::About;
use super::shapes::{Point, Rect};
use crate::play::{Graph, Play};

/// Between cards and the sides of their frame; at the top there is the title too, at the bottom a caption.
const PAD: f32 = 24.0;
const TAB: f32 = 26.0;
const FOOT: f32 = 32.0;
/// The width of an average letter of the title.
const LETTER: f32 = 7.4;
const NONE: u32 = u32::MAX;

/// A frame as it stands on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameCard {
    pub title: String,
    pub rect: Rect,
    /// Its nodes, ascending; those of frames in it too.
    pub nodes: Vec<u32>,
    pub collapsed: bool,
    /// The smallest frame that holds all of this one.
    pub parent: Option<u32>,
    /// It lies in a collapsed one, or has no node that is there.
    pub is_hidden: bool,
}

impl FrameCard {
    /// The title, by which an open frame is taken.
    pub fn tab(&self) -> Rect {
        let wanted = width(&self.title, LETTER) + 70.0;
        Rect::at(self.rect.min, Point::new(wanted.min(self.rect.width()).max(60.0), TAB))
    }

    pub(super) fn padding() -> (Point, Point) {
        (Point::new(PAD, PAD + TAB - 6.0), Point::new(PAD, FOOT))
    }
}

/// The frames of a play, and which of its nodes are shown as one card.
#[derive(Clone, Debug, Default)]
pub(super) struct Frames {
    pub all: Vec<FrameCard>,
    /// For each node the collapsed frame that shows it; empty if none is collapsed.
    inside: Vec<u32>,
    /// How far each node's own place is from that card.
    offsets: Vec<Point>,
    /// For each collapsed frame the node that stands for it.
    first: FxHashMap<u32, u32>,
}

impl Frames {
    /// `None` if the play has no frames.
    pub fn of(play: &Play, graph: &Graph) -> Option<Self> {
        let mut all: Vec<FrameCard> = Vec::new();
        for frame in play.frames() {
            let mut nodes: Vec<u32> = frame.nodes.iter().filter_map(|id| graph.find(id)).collect();
            nodes.sort_unstable();
            nodes.dedup();
            let (title, collapsed) = (frame.title.clone(), frame.collapsed);
            let is_hidden = nodes.is_empty();
            all.push(FrameCard { title, rect: Rect::NOTHING, nodes, collapsed, parent: None, is_hidden });
        }
        if all.is_empty() {
            return None;
        }
        // The smaller first; of equal ones the later is the inner one.
        let mut by_size: Vec<u32> = (0..number(all.len())).collect();
        by_size.sort_by_key(|&f| (all[f as usize].nodes.len(), std::cmp::Reverse(f)));
        let mut holding: FxHashMap<u32, Vec<(usize, u32)>> = FxHashMap::default();
        for (rank, &f) in by_size.iter().enumerate() {
            for &node in &all[f as usize].nodes {
                holding.entry(node).or_default().push((rank, f));
            }
        }
        for (rank, &f) in by_size.iter().enumerate() {
            let own = &all[f as usize].nodes;
            let Some(around) = own.first().and_then(|first| holding.get(first)) else { continue };
            let holds = |other: u32| {
                let other = &all[other as usize].nodes;
                other.len() >= own.len() && own.iter().all(|node| other.binary_search(node).is_ok())
            };
            // Of very many frames on one node only some are compared.
            let larger = around.iter().filter(|(other, _)| *other > rank).take(64);
            let parent = larger.map(|(_, other)| *other).find(|other| holds(*other));
            all[f as usize].parent = parent;
        }
        let mut frames = Self { all, ..Self::default() };
        frames.hide(graph.n_nodes(), &by_size);
        Some(frames)
    }

    fn hide(&mut self, n_nodes: usize, by_size: &[u32]) {
        // The larger first, so that what holds a frame is known before it.
        for &f in by_size.iter().rev() {
            let parent = self.all[f as usize].parent.map(|parent| &self.all[parent as usize]);
            let in_one = parent.is_some_and(|parent| parent.collapsed || parent.is_hidden);
            self.all[f as usize].is_hidden |= in_one;
            let frame = &self.all[f as usize];
            if !frame.collapsed || frame.is_hidden {
                continue;
            }
            self.inside.resize(n_nodes, NONE);
            for &node in &frame.nodes {
                if self.inside[node as usize] == NONE {
                    self.inside[node as usize] = f;
                    self.first.entry(f).or_insert(node);
                }
            }
            if !self.first.contains_key(&f) {
                self.all[f as usize].is_hidden = true;
            }
        }
    }

    pub const fn has_collapsed(&self) -> bool {
        !self.inside.is_empty()
    }

    /// The collapsed frame that shows the node.
    pub fn around(&self, node: u32) -> Option<u32> {
        self.inside.get(node as usize).copied().filter(|f| *f != NONE)
    }

    /// The node is shown by another one's card.
    pub fn hides(&self, node: u32) -> bool {
        self.around(node).is_some_and(|f| self.first.get(&f) != Some(&node))
    }

    pub fn hides_wire(&self, from: u32, to: u32) -> bool {
        self.around(from).is_some_and(|f| self.around(to) == Some(f))
    }

    /// The node that stands for a collapsed frame.
    pub fn first(&self, frame: u32) -> Option<u32> {
        self.first.get(&frame).copied()
    }

    /// The node whose card shows the node.
    pub fn card_of(&self, node: u32) -> u32 {
        self.around(node).and_then(|frame| self.first(frame)).unwrap_or(node)
    }

    /// How large the card of a collapsed frame is.
    pub fn card_size(title: &str) -> Point {
        let wanted = (width(title, 7.6) + 92.0).clamp(150.0, 290.0);
        Point::new((wanted / 2.0).ceil() * 2.0, WIDE_H)
    }

    /// Where the card of a collapsed frame stands whose nodes take `bounds`.
    pub fn card_at(title: &str, bounds: &Rect) -> Rect {
        let size = Self::card_size(title);
        Rect::at(Point::new(bounds.min.x.round(), (bounds.centre().y - size.y / 2.0).round()), size)
    }

    /// Gives the nodes of collapsed frames the frames' cards.
    pub fn collapse(&mut self, graph: &Graph, cards: &mut [Card]) {
        if !self.has_collapsed() {
            return;
        }
        self.offsets = vec![Point::ZERO; cards.len()];
        let mut held: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for node in 0..number(cards.len()) {
            self.around(node).into_iter().for_each(|f| held.entry(f).or_default().push(node));
        }
        for (f, nodes) in held {
            let Some(first) = self.first(f) else { continue };
            let mut bounds = Rect::NOTHING;
            nodes.iter().for_each(|node| bounds.add_rect(&cards[*node as usize].rect));
            let rect = Self::card_at(&self.all[f as usize].title, &bounds);
            let crosses = |from: u32, to: u32| !self.hides_wire(from, to);
            let wired_in = nodes.iter().any(|n| graph.into(*n).iter().any(|w| crosses(graph.wire(*w).from, *n)));
            let wired_out = nodes.iter().any(|n| graph.out(*n).iter().any(|w| crosses(*n, graph.wire(*w).to)));
            for &node in &nodes {
                let card = &mut cards[node as usize];
                self.offsets[node as usize] = card.rect.min - rect.min;
                card.rect = rect;
            }
            let n_nodes = nodes.len();
            cards[first as usize] = Card {
                kind: Kind::Call,
                rect,
                title: self.all[f as usize].title.clone(),
                detail: if n_nodes == 1 { "1 node".to_owned() } else { format!("{n_nodes} nodes") },
                foot: String::new(),
                n_attempts: 1,
                policy: None,
                has_port_in: wired_in,
                has_port_out: wired_out,
                n_held: n_nodes,
            };
        }
    }
}

impl Geometry {
    /// The frames of the play, in the order of its text. Hidden ones keep their numbers.
    pub fn frames(&self) -> &[FrameCard] {
        self.framed.as_ref().map_or(&[], |frames| &frames.all)
    }

    /// The collapsed frame that shows the node.
    pub fn frame_around(&self, node: u32) -> Option<u32> {
        self.framed.as_ref()?.around(node)
    }

    /// The node whose card is that of the collapsed frame.
    pub fn card_of_frame(&self, frame: u32) -> Option<u32> {
        self.framed.as_ref()?.first(frame)
    }

    /// The node has no card of its own: it lies in a collapsed frame.
    pub fn is_hidden(&self, node: u32) -> bool {
        self.framed.as_ref().is_some_and(|frames| frames.hides(node))
    }

    /// Both ends of the wire lie in the same collapsed frame.
    pub fn is_hidden_wire(&self, wire: u32) -> bool {
        let wire = self.wire(wire);
        self.framed.as_ref().is_some_and(|frames| frames.hides_wire(wire.from, wire.to))
    }

    /// Where the top-left corner of a node is, whether it is shown there or in a collapsed frame.
    pub fn place_of(&self, node: u32) -> Point {
        let offset = self.framed.as_ref().and_then(|frames| frames.offsets.get(node as usize));
        self.card(node).rect.min + offset.copied().unwrap_or_default()
    }

    /// The frame whose title is at `at`, or that is collapsed there; the innermost.
    pub fn frame_at(&self, at: Point) -> Option<u32> {
        let holds = |frame: &FrameCard| !frame.is_hidden && !frame.collapsed && frame.tab().holds(at);
        let found = self.frames().iter().enumerate().filter(|(_, frame)| holds(frame));
        let inner = found.min_by_key(|(_, frame)| frame.nodes.len());
        inner.map(|(f, _)| number(f))
    }

    /// Sets the rectangles of frames around what they hold.
    pub(super) fn fit_frames(&mut self) {
        let Some(mut frames) = self.framed.take() else { return };
        let (before, after) = FrameCard::padding();
        let mut order: Vec<usize> = (0..frames.all.len()).collect();
        order.sort_by_key(|f| (frames.all[*f].nodes.len(), std::cmp::Reverse(*f)));
        for frame in &mut frames.all {
            frame.rect = Rect::NOTHING;
        }
        // Notes go with their cards.
        let mut noted: FxHashMap<u32, Rect> = FxHashMap::default();
        for note in self.notes.iter().filter(|note| !note.is_placed) {
            if let Some(About::Node(node)) = note.about {
                noted.entry(node).or_insert(Rect::NOTHING).add_rect(&note.rect);
            }
        }
        for f in order {
            if frames.all[f].is_hidden {
                continue;
            }
            if frames.all[f].collapsed {
                let card = frames.first(number(f)).map(|first| self.card(first).rect);
                frames.all[f].rect = card.unwrap_or(Rect::NOTHING);
            } else {
                // What lies in it has been counted already.
                let mut inner = Rect::NOTHING;
                for node in &frames.all[f].nodes {
                    inner.add_rect(&self.card(*node).rect);
                    noted.get(node).into_iter().for_each(|note| inner.add_rect(note));
                }
                inner = Rect::new(inner.min - before, inner.max + after);
                let own = frames.all[f].rect;
                if !own.is_nothing() {
                    inner.add_rect(&own);
                }
                frames.all[f].rect = inner;
            }
            let rect = frames.all[f].rect;
            if let Some(parent) = frames.all[f].parent
                && !rect.is_nothing()
            {
                let (min, max) = (rect.min - before * 0.5, rect.max + after * 0.5);
                frames.all[parent as usize].rect.add_rect(&Rect::new(min, max));
            }
            self.grow_bounds(&rect);
        }
        self.framed = Some(frames);
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}
