//! What the canvas shows of statements that cannot be read just now: what they said when they last could be.
//!
//! The text is the truth, and nothing here goes into it. A statement is kept until the text around it can be read
//! again, or until its nodes are there again in other statements.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use crate::base::NodeId;
use crate::play::{Document, Entry, Graph, Item, Line, Play, Stmt};
use crate::scene::Geometry;

/// The play as it is shown while a part of its text is broken.
#[derive(Debug)]
pub(super) struct Shadow {
    pub play: Play,
    /// Of that very play.
    pub graph: Graph,
    /// What is kept from before, each with the bad statement (counted among those of the play) in whose place it stands.
    kept: Vec<(usize, Line<Stmt>)>,
    /// The nodes that only the kept statements have.
    pub nodes: Vec<NodeId>,
    /// Not a statement but the block itself is broken.
    pub whole: bool,
    geometry: OnceCell<Geometry>,
}

impl Shadow {
    /// What to show of `new`, given what was shown of the same play before. `None` if all of it can be read, or if
    /// nothing is known of what cannot.
    pub fn of(before: &Play, old: Option<&Self>, new: Option<&Play>) -> Option<Self> {
        let Some(new) = new else {
            // The head or a brace: the whole block is as it last was.
            let play = old.map_or(before, |old| &old.play).clone();
            let graph = Graph::new(&play);
            let nodes = nodes(&play).cloned().collect();
            return Some(Self { play, graph, kept: Vec::new(), nodes, whole: true, geometry: OnceCell::new() });
        };
        let bad: Vec<usize> = bads(new).collect();
        if bad.is_empty() {
            return None;
        }
        let same = before.body.iter().zip(&new.body).take_while(|(a, b)| a.kind == b.kind).count();
        let most = before.body.len().min(new.body.len()) - same;
        let tail = before
            .body
            .iter()
            .rev()
            .zip(new.body.iter().rev())
            .take(most)
            .take_while(|(a, b)| a.kind == b.kind)
            .count();
        let (old_middle, new_middle) = (same..before.body.len() - tail, same..new.body.len() - tail);
        let mut kept: Vec<(usize, Line<Stmt>)> = Vec::new();
        // What was kept before stays with its bad statement, wherever that is now.
        for (nth, line) in old.iter().flat_map(|old| &old.kept) {
            let Some(at) = bads(before).nth(*nth) else { continue };
            let now = if at < same {
                Some(at)
            } else if at >= old_middle.end {
                Some(at - old_middle.end + new_middle.end)
            } else {
                new_middle.clone().find(|n| matches!(new.body[*n].kind, Stmt::Bad(_)))
            };
            if let Some(nth) = now.and_then(|now| bad.iter().position(|at| *at == now)) {
                kept.push((nth, line.clone()));
            }
        }
        // What could be read and went where something bad came is what that was.
        if let Some(nth) = bad.iter().position(|at| new_middle.contains(at)) {
            let gone = before.body[old_middle].iter().filter(|line| is_shown(&line.kind));
            let there: Vec<&Stmt> = new.body[new_middle].iter().map(|line| &line.kind).collect();
            kept.extend(gone.filter(|line| !there.contains(&&line.kind)).map(|line| (nth, line.clone())));
        }
        Self::with(new, kept)
    }

    /// Where everything of it stands.
    pub fn geometry(&self) -> &Geometry {
        self.geometry.get_or_init(|| Geometry::new(&self.play, &self.graph))
    }

    fn with(new: &Play, mut kept: Vec<(usize, Line<Stmt>)>) -> Option<Self> {
        let there: FxHashSet<&NodeId> = nodes(new).collect();
        let placed: FxHashSet<(u8, &str)> = new.body.iter().filter_map(entries).flatten().map(subject).collect();
        let mut own = Vec::new();
        kept.retain_mut(|(_, line)| match &mut line.kind {
            Stmt::Node(node) => {
                let is_new = !there.contains(&node.id);
                if is_new {
                    own.push(node.id.clone());
                }
                is_new
            }
            Stmt::Layout(list) => {
                list.retain(|entry| !placed.contains(&subject(entry)));
                !list.is_empty()
            }
            _ => true,
        });
        if kept.is_empty() {
            return None;
        }
        let mut play =
            Play { coord: new.coord.clone(), title: new.title.clone(), timeout: new.timeout, body: Vec::new() };
        let mut nth = 0;
        for line in &new.body {
            let is_bad = matches!(line.kind, Stmt::Bad(_));
            play.body.push(line.clone());
            if is_bad {
                play.body.extend(kept.iter().filter(|(of, _)| *of == nth).map(|(_, line)| line.clone()));
                nth += 1;
            }
        }
        let graph = Graph::new(&play);
        Some(Self { play, graph, kept, nodes: own, whole: false, geometry: OnceCell::new() })
    }
}

/// What the canvas shows of it.
const fn is_shown(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Node(_) | Stmt::Wire(_) | Stmt::Layout(_))
}

fn entries(line: &Line<Stmt>) -> Option<&Vec<Entry>> {
    match &line.kind {
        Stmt::Layout(entries) => Some(entries),
        _ => None,
    }
}

/// What a layout speaks of: a node, a note by its first line, a frame by its title.
fn subject(entry: &Entry) -> (u8, &str) {
    match entry {
        Entry::Node(place) => (0, &place.id),
        Entry::Note(at) => (1, &at.note),
        Entry::Frame(frame) => (2, &frame.title),
    }
}

fn bads(play: &Play) -> impl Iterator<Item = usize> + '_ {
    play.body.iter().enumerate().filter(|(_, line)| matches!(line.kind, Stmt::Bad(_))).map(|(n, _)| n)
}

fn nodes(play: &Play) -> impl Iterator<Item = &NodeId> {
    play.body.iter().filter_map(|line| match &line.kind {
        Stmt::Node(node) => Some(&node.id),
        _ => None,
    })
}

/// Whether a play of the document may be in what cannot be read outside of its blocks.
pub(super) fn has_bad_item(doc: &Document) -> bool {
    doc.items.iter().any(|line| matches!(&line.kind, Item::Bad(text) if text.trim_start().starts_with("play")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types texts one after the other; gives the nodes that are shown and those that are kept.
    fn check(texts: &[&str], shown: &[&str], kept: &[&str]) {
        let parse =
            |text: &str| crate::lang::parse(format!("play a/1/b {{\n{text}\n}}\n")).doc.play(0).unwrap().clone();
        let mut before = parse(texts[0]);
        let mut shadow: Option<Shadow> = None;
        for text in &texts[1..] {
            let new = parse(text);
            shadow = Shadow::of(&before, shadow.as_ref(), Some(&new));
            before = new;
        }
        let play = shadow.as_ref().map_or(&before, |shadow| &shadow.play);
        assert_eq!(nodes(play).map(NodeId::as_str).collect::<Vec<_>>(), shown);
        let own: Vec<&str> = shadow.iter().flat_map(|shadow| &shadow.nodes).map(NodeId::as_str).collect();
        assert_eq!(own, kept);
    }

    #[test]
    fn a_broken_statement_is_shown_as_it_was() {
        let good = "snap a\ncall b = x/1/y\na -> b";
        check(&[good, "snap a\ncall b = \na -> b"], &["a", "b"], &["b"]);
        // Typed on: it stays, however often it changes.
        check(
            &[good, "snap a\ncall b = \na -> b", "snap a\ncall b = x\na -> b -> ", "snap a\ncall b = \na -> b"],
            &["a", "b"],
            &["b"],
        );
        // Mended: it is itself again.
        check(&[good, "snap a\ncall b = \na -> b", good], &["a", "b"], &[]);
        check(&[good, "snap a\ncall b = \na -> b", "snap a\ncall c = x/1/y\na -> b"], &["a", "c"], &[]);
        // Taken away: nothing is kept.
        check(&[good, "snap a\na -> b"], &["a"], &[]);
        // An open bracket swallows what follows: both are kept.
        check(&[good, "snap a (\ncall b = x/1/y\na -> b"], &["a", "b"], &["a"]);
    }
}
