//! Frames and what is moved: which nodes join one, which leave one, which notes a card would cover.

use std::collections::{BTreeMap, BTreeSet};

use super::place::Places;
use super::session::Session;
use crate::base::NodeId;
use crate::play::NoteRef;
use crate::play::ops::At;
use crate::scene::{FrameCard, Geometry, Point, Rect};

impl Session {
    /// The selected frames, else the innermost one that holds all selected nodes.
    pub(super) fn chosen_frames(&self) -> Vec<String> {
        let selection = self.selection();
        if !selection.frames.is_empty() {
            return selection.frames.iter().cloned().collect();
        }
        let Some(play) = self.play().filter(|_| !selection.nodes.is_empty()) else { return Vec::new() };
        let holding = play.frames().filter(|frame| selection.nodes.iter().all(|id| frame.nodes.contains(id)));
        holding.min_by_key(|frame| frame.nodes.len()).map(|frame| frame.title.clone()).into_iter().collect()
    }

    /// The frames that have other nodes once nodes have been moved, with those nodes.
    ///
    /// A node that comes to lie in a frame joins it, one that no longer touches it where it was leaves it; else the frame
    /// grows.
    /// A frame all of whose nodes are moved goes along, and joins or leaves others as one.
    pub(super) fn reframed(&self, places: &Places) -> Vec<(String, Vec<NodeId>)> {
        let (Some(play), geometry) = (self.play(), self.geometry()) else { return Vec::new() };
        let frames = geometry.frames();
        if frames.is_empty() {
            return Vec::new();
        }
        #[expect(clippy::cast_precision_loss, reason = "a canvas is smaller than 16 million units")]
        let at = |x: i32, y: i32| Point::new(x as f32, y as f32);
        let moved: BTreeMap<u32, Rect> = places
            .iter()
            .filter_map(|(id, x, y)| Some((self.graph().find(id)?, at(*x, *y))))
            .map(|(node, to)| (node, Rect::at(to, geometry.card(node).rect.size())))
            .collect();
        let rests: Vec<Option<Rect>> = frames.iter().map(|frame| was(frame, &moved)).collect();
        let mut members: Vec<BTreeSet<u32>> =
            frames.iter().map(|frame| frame.nodes.iter().copied().collect()).collect();
        for (&node, own) in &moved {
            let rect = block(frames, &rests, node, &moved).unwrap_or(*own);
            let is_open = |f: &usize| !frames[*f].collapsed && !frames[*f].is_hidden;
            let inside =
                (0..frames.len()).filter(is_open).filter(|f| rests[*f].is_some_and(|r| r.holds(rect.centre())));
            let inner = inside.min_by_key(|f| frames[*f].nodes.len());
            let chain: BTreeSet<usize> =
                std::iter::successors(inner, |f| frames[*f].parent.map(|f| f as usize)).collect();
            for f in 0..frames.len() {
                // One that is moved as a whole keeps its nodes.
                let Some(rest) = rests[f] else { continue };
                let touches = members[f].contains(&node) && (rest.touches(&rect) || !is_open(&f));
                let is_in = if inner.is_some() { chain.contains(&f) } else { touches };
                if is_in {
                    members[f].insert(node);
                } else {
                    members[f].remove(&node);
                }
            }
        }
        let changed = frames.iter().zip(members).filter(|(frame, now)| !now.iter().eq(&frame.nodes));
        let id = |node: u32| self.graph().node(play, node).id.clone();
        changed.map(|(frame, now)| (frame.title.clone(), now.into_iter().map(id).collect())).collect()
    }
}

/// Where a frame was. `None` if all of it is moved.
fn was(frame: &FrameCard, moved: &BTreeMap<u32, Rect>) -> Option<Rect> {
    let stays = frame.nodes.iter().any(|node| !moved.contains_key(node));
    stays.then_some(frame.rect)
}

/// The largest frame around the node that is moved as a whole, at its new place.
fn block(frames: &[FrameCard], rests: &[Option<Rect>], node: u32, moved: &BTreeMap<u32, Rect>) -> Option<Rect> {
    let whole = frames.iter().zip(rests).filter(|(frame, rest)| rest.is_none() && frame.nodes.contains(&node));
    let frame = whole.map(|(frame, _)| frame).max_by_key(|frame| frame.nodes.len())?;
    let mut all = Rect::NOTHING;
    frame.nodes.iter().filter_map(|node| moved.get(node)).for_each(|rect| all.add_rect(rect));
    Some(all)
}

/// Notes with a place of their own on which a card stands.
pub(super) fn covered_notes(at: &At<'_>) -> Vec<NoteRef> {
    let geometry = Geometry::new(at.play, at.graph);
    let placed = geometry.notes().iter().filter(|note| note.is_placed);
    let covered = placed.filter(|note| !geometry.nodes_touching(note.rect).is_empty());
    covered.map(|note| note.name.clone()).collect()
}
