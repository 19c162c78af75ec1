use std::borrow::Cow;

use super::selection::Selection;
use crate::base::Span;
use crate::lang::{TextChange, apply_changes};

/// Steps of undo and redo, as changes of the text: bytes come back exactly.
#[derive(Clone, Debug)]
pub struct History {
    steps: Vec<Step>,
    /// Steps before it are done, those from it on are undone.
    at: usize,
    /// The next step is one of its own, even if it goes on with the last.
    broken: bool,
    saved: Option<StateId>,
    next_state: StateId,
}

/// Names a state of the text; never given twice in a session.
type StateId = u64;

#[derive(Clone, Debug)]
struct Step {
    name: Cow<'static, str>,
    goes_on: GoesOn,
    /// In the order in which they were made.
    redo: Vec<Batch>,
    /// In the order in which they take it back.
    undo: Vec<Batch>,
    before: Selection,
    after: Selection,
    /// The state that it leads to.
    state: StateId,
}

/// Whether what is done next may become a part of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoesOn {
    No,
    /// With what is typed where it stopped.
    Typing,
    /// With the same again, of the same selection: a key is held.
    Again,
}

impl Default for History {
    fn default() -> Self {
        Self { steps: Vec::new(), at: 0, broken: false, saved: Some(0), next_state: 1 }
    }
}

/// Changes of one text, sorted and apart from each other.
pub(super) type Batch = Vec<TextChange>;

impl History {
    /// Remembers as one step what was done to the text. What was undone is forgotten.
    pub(super) fn record(&mut self, name: Cow<'static, str>, redo: Vec<Batch>, undo: Vec<Batch>, before: Selection) {
        self.push(Step { name, goes_on: GoesOn::No, redo, undo, before, after: Selection::default(), state: 0 });
    }

    /// As [`Self::record`], but what is done again before a pause becomes a part of the step before.
    pub(super) fn record_again(
        &mut self,
        name: Cow<'static, str>,
        redo: Vec<Batch>,
        mut undo: Vec<Batch>,
        of: Selection,
    ) {
        let is_last = !self.broken && self.at == self.steps.len();
        let last = self.steps.last_mut().filter(|_| is_last);
        if let Some(step) = last.filter(|step| step.goes_on == GoesOn::Again && step.name == name && step.after == of) {
            step.redo.extend(redo);
            undo.append(&mut step.undo);
            step.undo = undo;
            step.state = self.next_state;
            self.next_state += 1;
            return;
        }
        self.push(Step { name, goes_on: GoesOn::Again, redo, undo, before: of, after: Selection::default(), state: 0 });
        self.broken = false;
    }

    /// Makes one change as a step of typing, or as a part of the step before if that stopped at the same place.
    pub(super) fn typed(&mut self, text: &mut String, change: TextChange, before: Selection) {
        let joins = !self.broken
            && self.at == self.steps.len()
            && self.steps.last().is_some_and(|step| step.goes_on == GoesOn::Typing && step.continues_with(&change));
        let breaks_after = change.text.contains('\n') || change.text.len() > 1 && change.span.is_empty();
        let undo = vec![change.apply(text)];
        let redo = vec![change];
        if joins && let Some(step) = self.steps.last_mut() {
            step.redo.push(redo);
            step.undo.insert(0, undo);
            step.state = self.next_state;
            self.next_state += 1;
        } else {
            let (name, after) = ("Type".into(), Selection::default());
            let goes_on = GoesOn::Typing;
            self.push(Step { name, goes_on, redo: vec![redo], undo: vec![undo], before, after, state: 0 });
        }
        self.broken = breaks_after;
    }

    fn push(&mut self, mut step: Step) {
        step.state = self.next_state;
        self.next_state += 1;
        self.steps.truncate(self.at);
        self.steps.push(step);
        self.at = self.steps.len();
        self.broken = true;
    }

    /// Notes what is selected after the last step, for redo.
    pub(super) fn selected_after(&mut self, selection: &Selection) {
        if let Some(step) = self.at.checked_sub(1).and_then(|last| self.steps.get_mut(last)) {
            step.after.clone_from(selection);
        }
    }

    /// Takes the last step back and gives what was selected before it.
    pub(super) fn undo(&mut self, text: &mut String) -> Option<Selection> {
        let at = self.at.checked_sub(1)?;
        let step = self.steps.get(at)?;
        step.undo.iter().for_each(|batch| drop(apply_changes(text, batch)));
        self.at = at;
        self.broken = true;
        Some(step.before.clone())
    }

    pub(super) fn redo(&mut self, text: &mut String) -> Option<Selection> {
        let step = self.steps.get(self.at)?;
        step.redo.iter().for_each(|batch| drop(apply_changes(text, batch)));
        self.at += 1;
        self.broken = true;
        Some(step.after.clone())
    }

    /// What comes next is a step of its own, even if it goes on with the last: a pause was made.
    pub(super) const fn pause(&mut self) {
        self.broken = true;
    }

    pub fn undo_name(&self) -> Option<&str> {
        self.at.checked_sub(1).map(|last| &*self.steps[last].name)
    }

    pub fn redo_name(&self) -> Option<&str> {
        self.steps.get(self.at).map(|step| &*step.name)
    }

    /// The names of all steps, oldest first, and how many of them are done.
    pub fn names(&self) -> (impl Iterator<Item = &str>, usize) {
        (self.steps.iter().map(|step| &*step.name), self.at)
    }

    pub(super) fn mark_saved(&mut self) {
        self.saved = Some(self.state());
        self.broken = true;
    }

    pub fn is_saved(&self) -> bool {
        self.saved == Some(self.state())
    }

    fn state(&self) -> StateId {
        self.at.checked_sub(1).map_or(0, |last| self.steps[last].state)
    }
}

impl Step {
    /// `change` goes on where this step of typing stopped.
    fn continues_with(&self, change: &TextChange) -> bool {
        let last = self.redo.last().and_then(|batch| batch.last());
        let (Some(last), Some(undo)) = (last, self.undo.first().and_then(|batch| batch.first())) else { return false };
        let inserts = |change: &TextChange| change.span.is_empty() && !change.text.is_empty();
        let deletes = |change: &TextChange| !change.span.is_empty() && change.text.is_empty();
        if inserts(last) && inserts(change) {
            change.span.start == undo.span.end
        } else {
            // Backspace ends where the last one started; Delete starts there.
            deletes(last) && deletes(change) && change.span.touches(last.span.start)
        }
    }
}

/// The smallest change that makes `new` out of `old`, or none.
pub fn text_diff(old: &str, new: &str) -> Option<TextChange> {
    if old == new {
        return None;
    }
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let mut start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let mut tail = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(x, y)| x == y).count();
    while !old.is_char_boundary(old.len() - tail) || !new.is_char_boundary(new.len() - tail) {
        tail -= 1;
    }
    let offset = |at: usize| u32::try_from(at).expect("texts are shorter than 4 GiB");
    let span = Span::new(offset(start), offset(old.len() - tail));
    Some(TextChange { span, text: new[start..new.len() - tail].to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_smallest_change() {
        for (old, new, start, end, text) in [
            ("abc", "abXc", 2, 2, "X"),
            ("aaa", "aa", 2, 3, ""),
            ("", "new", 0, 0, "new"),
            ("aé", "aè", 1, 3, "è"),
            ("éa", "Éa", 0, 2, "É"),
            ("один", "одни", 4, 8, "ни"),
        ] {
            let change = text_diff(old, new).unwrap();
            assert_eq!((change.span, change.text.as_str()), (Span::new(start, end), text), "{old} -> {new}");
            let mut changed = old.to_owned();
            let back = change.apply(&mut changed);
            assert_eq!(changed, new);
            let _ = back.apply(&mut changed);
            assert_eq!(changed, old);
        }
        assert_eq!(text_diff("same", "same"), None);
    }

    #[test]
    fn typing_merges_until_a_pause_a_jump_or_a_new_line() {
        let mut history = History::default();
        let mut text = String::new();
        let mut type_to = |history: &mut History, new: &str| {
            let change = text_diff(&text, new).unwrap();
            history.typed(&mut text, change, Selection::default());
            history.names().0.count()
        };
        assert_eq!(type_to(&mut history, "a"), 1);
        assert_eq!(type_to(&mut history, "ab"), 1);
        assert_eq!(type_to(&mut history, "ab\n"), 1);
        assert_eq!(type_to(&mut history, "ab\nc"), 2);
        history.pause();
        assert_eq!(type_to(&mut history, "ab\ncd"), 3);
        assert_eq!(type_to(&mut history, "Xab\ncd"), 4);
        assert_eq!(type_to(&mut history, "Xab\nc"), 5);
        assert_eq!(type_to(&mut history, "Xab\n"), 5);
        let mut seen = vec![text.clone()];
        while history.undo(&mut text).is_some() {
            seen.push(text.clone());
        }
        assert_eq!(seen, ["Xab\n", "Xab\ncd", "ab\ncd", "ab\nc", "ab\n", ""]);
        assert!(history.is_saved());
        while history.redo(&mut text).is_some() {}
        assert_eq!(text, "Xab\n");
    }
}
