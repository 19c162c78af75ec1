//! Frames: a title around nodes, in the layout alone.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::{At, Edits, Refusal};
use crate::base::NodeId;
use crate::play::doc::{Entry, Frame, Stmt};

impl At<'_> {
    fn has_frame(self, title: &str) -> Result<(), Refusal> {
        let there = self.play.frames().any(|frame| frame.title == title);
        if there { Ok(()) } else { Err(Refusal::NoFrame(title.to_owned())) }
    }

    /// A frame around nodes, with a title that no other one has, and that title.
    ///
    /// # Errors
    /// There are none, one is not there, or another frame holds some of them but is not held itself: frames lie apart
    /// or in each other.
    pub fn add_frame(self, nodes: &[NodeId]) -> Result<(String, Vec<crate::play::Edit>), Refusal> {
        let nodes = self.in_order(nodes)?;
        if nodes.is_empty() {
            return Err(Refusal::BadValue("a frame goes around nodes: select some first".to_owned()));
        }
        let own: BTreeSet<&NodeId> = nodes.iter().collect();
        for frame in self.play.frames() {
            let other: BTreeSet<&NodeId> = frame.nodes.iter().collect();
            let apart = own.is_disjoint(&other);
            if own == other || !apart && !own.is_subset(&other) && !other.is_subset(&own) {
                let message = format!(
                    "the frame '{}' holds some of these nodes: select all of them, or only such as it holds",
                    frame.title
                );
                return Err(Refusal::BadValue(message));
            }
        }
        let numbered = (2u32..).map(|n| format!("Frame {n}"));
        let is_free = |title: &String| !self.play.frames().any(|frame| frame.title == *title);
        let title = std::iter::once("Frame".to_owned()).chain(numbered).find(is_free).unwrap_or_default();
        let mut draft = Draft::new(self);
        self.draft_entry(&mut draft, Entry::Frame(Frame { title: title.clone(), collapsed: false, nodes }));
        Ok((title, draft.edits()))
    }

    /// # Errors
    /// There is no such frame, the title is empty, or another frame has it.
    pub fn retitle_frame(self, title: &str, to: &str) -> Edits {
        let to: String = to.trim().chars().filter(|c| !c.is_control()).collect();
        self.has_frame(title)?;
        if to.is_empty() {
            return Err(Refusal::BadValue("a frame has a title: type one, or take the frame away".to_owned()));
        }
        if to != title && self.play.frames().any(|frame| frame.title == to) {
            return Err(Refusal::Taken(to));
        }
        Ok(self.with_frame(title, |frame| Some(Frame { title: to, ..frame.clone() })))
    }

    /// # Errors
    /// There is no such frame.
    pub fn collapse_frame(self, title: &str, collapsed: bool) -> Edits {
        self.has_frame(title)?;
        Ok(self.with_frame(title, |frame| Some(Frame { collapsed, ..frame.clone() })))
    }

    /// The frame goes, its nodes stay.
    ///
    /// # Errors
    /// There is no such frame.
    pub fn remove_frame(self, title: &str) -> Edits {
        self.has_frame(title)?;
        Ok(self.with_frame(title, |_| None))
    }

    /// Other nodes for a frame; it goes if there are none.
    ///
    /// # Errors
    /// There is no such frame.
    pub fn fill_frame(self, title: &str, nodes: Vec<NodeId>) -> Edits {
        self.has_frame(title)?;
        Ok(self.with_frame(title, |frame| (!nodes.is_empty()).then(|| Frame { nodes, ..frame.clone() })))
    }

    /// In the order of the text, each once.
    fn in_order(self, nodes: &[NodeId]) -> Result<Vec<NodeId>, Refusal> {
        let mut numbers: Vec<u32> = nodes.iter().map(|id| self.find(id)).collect::<Result<_, _>>()?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers.into_iter().map(|node| self.graph.node(self.play, node).id.clone()).collect())
    }

    /// Another entry at the place of a frame, or none.
    fn with_frame(self, title: &str, change: impl FnOnce(&Frame) -> Option<Frame>) -> Vec<crate::play::Edit> {
        let mut draft = Draft::new(self);
        for (stmt, line) in self.play.body.iter().enumerate() {
            let Stmt::Layout(old) = &line.kind else { continue };
            let found = old
                .iter()
                .enumerate()
                .find_map(|(at, entry)| entry.frame().filter(|frame| frame.title == title).map(|frame| (at, frame)));
            if let Some((at, frame)) = found {
                let mut entries = old.clone();
                entries.splice(at..=at, change(frame).map(Entry::Frame));
                draft.replace(stmt, (!entries.is_empty()).then_some(Stmt::Layout(entries)));
                break;
            }
        }
        draft.edits()
    }
}
