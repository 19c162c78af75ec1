use super::{At, Edits, Refusal};
use crate::play::doc::{Line, Play, Stmt};
use crate::play::{Edit, Graph, Splice};

/// Several operations as one gesture: each sees what those before it have made.
///
/// What comes out are edits of the play as it was, by statement: one that is changed and changed back is not touched.
pub struct Steps<'d> {
    old: At<'d>,
    play: Play,
    graph: Graph,
    /// For each statement which one it was, if it still says the same.
    origin: Vec<Option<usize>>,
}

impl<'d> Steps<'d> {
    pub fn new(at: At<'d>) -> Self {
        let origin = (0..at.play.body.len()).map(Some).collect();
        Self { old: at, play: at.play.clone(), graph: at.graph.clone(), origin }
    }

    /// What another body says, and for each of its statements which one it was, if it is unchanged.
    pub(super) fn told(at: At<'d>, body: Vec<Line<Stmt>>, origin: Vec<Option<usize>>) -> Self {
        let play = Play { body, ..at.play.clone() };
        Self { old: at, graph: Graph::new(&play), play, origin }
    }

    /// The play as the steps so far have made it.
    pub const fn at(&self) -> At<'_> {
        At { item: self.old.item, play: &self.play, graph: &self.graph }
    }

    /// # Errors
    /// The step is refused; nothing of it is done.
    pub fn then(&mut self, step: impl FnOnce(At<'_>) -> Edits) -> Result<(), Refusal> {
        let edits = step(self.at())?;
        if edits.is_empty() {
            return Ok(());
        }
        for edit in edits {
            let Edit::Play { splice: Splice { at, remove, insert }, .. } = edit else { continue };
            let end = (at + remove).min(self.play.body.len());
            let at = at.min(end);
            // A statement that only lost its note or the empty line before it is still the same.
            let alike = end - at == insert.len();
            let kept = |(i, new): (usize, &Line<Stmt>)| {
                self.origin[at + i].filter(|_| alike && self.play.body[at + i].kind == new.kind)
            };
            let origins: Vec<_> =
                insert.iter().enumerate().map(|(i, new)| if alike { kept((i, new)) } else { None }).collect();
            self.origin.splice(at..end, origins);
            self.play.body.splice(at..end, insert);
        }
        self.graph = Graph::new(&self.play);
        Ok(())
    }

    /// From the last statement to the first.
    pub fn edits(self) -> Vec<Edit> {
        let Self { old, play, origin, .. } = self;
        let mut edits = Vec::new();
        let mut gap = |from: usize, to: usize, insert: &[Line<Stmt>]| {
            let removed = &old.play.body[from..to];
            if removed == insert {
                return;
            }
            // As many statements as there were are replaced one by one, so that one that stays keeps its bytes.
            if removed.len() == insert.len() {
                let pairs = removed.iter().zip(insert).enumerate().filter(|(_, (old, new))| old != new);
                edits.extend(pairs.map(|(i, (_, new))| Splice::replace(from + i, new.clone())));
            } else {
                edits.push(Splice { at: from, remove: to - from, insert: insert.to_vec() });
            }
        };
        let (mut from, mut first_new) = (0, 0);
        for (n, origin) in origin.iter().enumerate() {
            if let Some(kept) = *origin {
                gap(from, kept, &play.body[first_new..n]);
                let changed = old.play.body[kept] != play.body[n];
                gap(kept, if changed { kept + 1 } else { kept }, if changed { &play.body[n..=n] } else { &[] });
                (from, first_new) = (kept + 1, n + 1);
            }
        }
        gap(from, old.play.body.len(), &play.body[first_new..]);
        edits.reverse();
        edits.into_iter().map(|splice| Edit::Play { item: old.item, splice }).collect()
    }
}
