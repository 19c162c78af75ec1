//! Moving, adding and removing single entries of a layout, so that a dragged node changes one line.

use super::super::lexer::{Kind, Lexer, to_u32};
use super::super::{LineSpans, Part, TextChange, printer};
use super::block::Context;
use crate::base::Span;
use crate::play::Entry;

/// Longer layouts on one line are written anew, a place a line, when they grow.
const WIDTH: usize = 100;

/// The changes inside of a layout that make `new` of `old`; none if it is better written anew.
pub(super) fn changes(context: &Context, line: &LineSpans, old: &[Entry], new: &[Entry]) -> Option<Vec<TextChange>> {
    let first = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - first;
    let after = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (old.len() - after, new.len() - after);
    let entries = Entries { context, line, old };
    if old_end - first == new_end - first {
        let pairs = (first..old_end).filter(|&i| old[i] != new[i]);
        return pairs.map(|i| Some(TextChange { span: entries.span(i)?, text: print(&new[i]) })).collect();
    }
    if first == new_end {
        return Some(vec![entries.remove(first, old_end, old.len())?]);
    }
    if first == old_end {
        return Some(vec![entries.insert(first, &new[first..new_end], old.len())?]);
    }
    None
}

fn print(entry: &Entry) -> String {
    let mut text = String::new();
    printer::entry(&mut text, entry);
    text
}

struct Entries<'s> {
    context: &'s Context<'s>,
    line: &'s LineSpans,
    old: &'s [Entry],
}

impl Entries<'_> {
    /// Where entry `i` stands, from its first word to its last number or its brace.
    fn span(&self, i: usize) -> Option<Span> {
        let source = self.context.source;
        let first = source.map.part(self.line, Part::Place(u32::try_from(i).ok()?))?;
        let mut lexer = Lexer::at(&source.text, first.end);
        let mut comments = Vec::new();
        let mut end = first.end;
        let is_frame = self.old.get(i)?.frame().is_some();
        let mut n_numbers = 0;
        loop {
            let token = lexer.next(&mut comments);
            end = token.span.end.max(end);
            match token.kind {
                Kind::Close if is_frame => break,
                Kind::Word if !is_frame => {
                    n_numbers += 1;
                    if n_numbers == 2 {
                        break;
                    }
                }
                Kind::Minus | Kind::Str if !is_frame => {}
                Kind::Word | Kind::Str | Kind::Open | Kind::Comma if is_frame => {}
                _ => return None,
            }
        }
        comments.is_empty().then(|| Span::new(first.start, end))
    }

    /// What stands between two entries, if that is no comment.
    fn between(&self, from: u32, to: u32) -> Option<&str> {
        let text = self.context.source.text.get(from as usize..to as usize)?;
        (!text.contains('/')).then_some(text)
    }

    fn remove(&self, first: usize, end: usize, n: usize) -> Option<TextChange> {
        let (start, last) = (self.span(first)?, self.span(end - 1)?);
        let span = if first > 0 {
            Span::new(self.span(first - 1)?.end, last.end)
        } else if end < n {
            Span::new(start.start, self.span(end)?.start)
        } else {
            return None;
        };
        self.between(span.start, span.end)?;
        Some(TextChange { span, text: String::new() })
    }

    /// Inserts entries before entry `at`, parted as the others are.
    fn insert(&self, at: usize, new: &[Entry], n: usize) -> Option<TextChange> {
        if n < 2 || at == 0 {
            return None;
        }
        let pair = at.min(n - 1);
        let previous = self.span(at - 1)?;
        let parted_by = self.between(self.span(pair - 1)?.end, self.span(pair)?.start)?;
        let text: String = new.iter().flat_map(|entry| [parted_by.to_owned(), print(entry)]).collect();
        let is_long = self.line.whole.len() + text.len() > WIDTH;
        if is_long && !parted_by.contains('\n') {
            return None;
        }
        // A comment after the last entry would come to stand after the new one.
        let rest = &self.context.source.text[previous.end as usize..self.line.whole.end as usize];
        let rest = rest.split('\n').next().unwrap_or_default();
        if rest.contains('/') {
            return None;
        }
        let span = Span::at(previous.end);
        debug_assert!(to_u32(self.context.source.text.len()) >= span.end);
        Some(TextChange { span, text })
    }
}
