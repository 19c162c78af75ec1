//! A document's edit as changes of its text.
//!
//! Only the statements that an edit touches are written anew; comments inside of such a statement come to stand before
//! it. Must never: change a byte of another statement. Start reading at [`patch`], then `block.rs`.

mod block;
mod layout;
mod style;

use self::block::{Block, Context};
use super::{MAX_LINES, MAX_TEXT, Source, TextChange, parse, printer};
use crate::base::Span;
use crate::play::{Document, Edit, EditError, Head, Item, Line, Splice, sound};

/// The changes of the text that do what `edit` does to the document: sorted, apart from each other, and only where
/// statements are touched.
///
/// The changed text reads as the changed document, always. In a text without diagnostics that holds by construction; in
/// others what cannot be read may reach further than it seems, so there the changed text is read to make sure.
///
/// # Errors
/// The edit was made for another document, or what it inserts cannot be written; see [`EditError`].
pub fn patch(source: &Source, edit: &Edit) -> Result<Vec<TextChange>, EditError> {
    let context = Context::new(source);
    let (mut changes, holds_bad) = match edit {
        Edit::Items(splice) => items(&context, splice)?,
        Edit::Play { item, splice } => {
            splice.insert.iter().try_for_each(sound::stmt_line)?;
            let play = source.doc.play(*item).ok_or(EditError::NoItem(*item))?;
            let block = Block::body(&context, &play.body, *item).ok_or(EditError::NoItem(*item))?;
            let end = splice.end(play.body.len())?;
            (block.splice(splice.at, end, &splice.insert), holds_bad(&splice.insert))
        }
        Edit::Formation { item, splice } => {
            splice.insert.iter().try_for_each(sound::bind_line)?;
            let formation = source.doc.formation(*item).ok_or(EditError::NoItem(*item))?;
            let block = Block::body(&context, &formation.body, *item).ok_or(EditError::NoItem(*item))?;
            let end = splice.end(formation.body.len())?;
            (block.splice(splice.at, end, &splice.insert), holds_bad(&splice.insert))
        }
        Edit::Head { item, head } => {
            sound::head(head)?;
            (change_head(&context, *item, head)?, false)
        }
    };
    changes.sort_by_key(|change| change.span.start);
    let added: usize = changes.iter().map(|change| change.text.len()).sum();
    let n_inserted: usize = match edit {
        Edit::Items(splice) => Document { items: splice.insert.clone() }.n_lines(),
        Edit::Play { splice, .. } => splice.insert.len(),
        Edit::Formation { splice, .. } => splice.insert.len(),
        Edit::Head { .. } => 0,
    };
    if source.text.len() + added > MAX_TEXT || source.doc.n_lines() + n_inserted > MAX_LINES {
        return Err(EditError::TooLong);
    }
    if holds_bad || !source.diagnostics.is_empty() {
        verify(source, edit, &changes)?;
    }
    Ok(changes)
}

fn items(context: &Context, splice: &Splice<Line<Item>>) -> Result<(Vec<TextChange>, bool), EditError> {
    splice.insert.iter().try_for_each(|line| sound::item_line(line, true))?;
    let end = splice.end(context.source.doc.items.len())?;
    let holds_bad = splice.insert.iter().any(|line| match &line.kind {
        Item::Bad(_) => true,
        Item::Play(play) => holds_bad(&play.body),
        Item::Formation(formation) => holds_bad(&formation.body),
        Item::Comment(_) => false,
    });
    let spans: Vec<_> = context.source.map.items.iter().map(|item| item.line).collect();
    let block = Block::items(context, &context.source.doc.items, &spans);
    Ok((block.splice(splice.at, end, &splice.insert), holds_bad))
}

fn holds_bad<K: block::Kind>(lines: &[Line<K>]) -> bool {
    lines.iter().any(|line| line.kind.is_bad())
}

fn change_head(context: &Context, item: usize, head: &Head) -> Result<Vec<TextChange>, EditError> {
    let missing = EditError::NoItem(item);
    let line = context.source.doc.items.get(item).ok_or(missing)?;
    match (&line.kind, head) {
        (Item::Play(play), Head::Play { .. }) => {
            Ok(head_changes(context, item, head, &Block::body(context, &play.body, item).ok_or(missing)?))
        }
        (Item::Formation(formation), Head::Formation { .. }) => {
            Ok(head_changes(context, item, head, &Block::body(context, &formation.body, item).ok_or(missing)?))
        }
        _ => Err(missing),
    }
}

fn head_changes<K: block::Kind>(context: &Context, item: usize, head: &Head, block: &Block<K>) -> Vec<TextChange> {
    let span = context.source.map.items[item].head;
    let mut changes = block.empty_head();
    let end = changes.first().map_or(span.end, |junk| junk.span.start);
    let mut text = String::new();
    printer::head(&mut text, head);
    changes.push(TextChange { span: Span::new(span.start, end), text });
    changes
}

/// Whether the changed text reads as the changed document.
fn verify(source: &Source, edit: &Edit, changes: &[TextChange]) -> Result<(), EditError> {
    let mut doc: Document = source.doc.clone();
    doc.apply(edit.clone())?;
    let mut text = source.text.clone();
    apply_changes(&mut text, changes);
    if parse(text).doc == doc { Ok(()) } else { Err(EditError::InTheWay) }
}

/// Makes all changes and gives those that take them back. Both are sorted and apart from each other.
///
/// # Panics
/// A span lies outside of `text` or cuts a character: the changes were made for another text.
pub fn apply_changes(text: &mut String, changes: &[TextChange]) -> Vec<TextChange> {
    let mut new = String::with_capacity(text.len() + changes.iter().map(|change| change.text.len()).sum::<usize>());
    let mut inverse = Vec::with_capacity(changes.len());
    let mut done = 0;
    let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    for change in changes {
        let range = change.span.range();
        new.push_str(&text[done..range.start]);
        let start = offset(new.len());
        new.push_str(&change.text);
        inverse.push(TextChange { span: Span::new(start, offset(new.len())), text: text[range.clone()].to_owned() });
        done = range.end;
    }
    new.push_str(&text[done..]);
    *text = new;
    inverse
}
