//! A document's edit as changes of its text.

use super::{Source, TextChange, print};
use crate::base::Span;
use crate::play::{Edit, EditError};

/// The changes of the text that do what `edit` does to the document: sorted, apart from each other, and only where
/// statements are touched.
///
/// # Errors
/// The edit was made for another document.
pub fn patch(source: &Source, edit: &Edit) -> Result<Vec<TextChange>, EditError> {
    let mut doc = source.doc.clone();
    doc.apply(edit.clone())?;
    let end = u32::try_from(source.text.len()).unwrap_or(u32::MAX);
    Ok(vec![TextChange { span: Span::new(0, end), text: print(&doc) }])
}

/// Makes all changes and gives those that take them back. Both are sorted and apart from each other.
///
/// # Panics
/// A span lies outside of `text` or cuts a character: the changes were made for another text.
pub fn apply_changes(text: &mut String, changes: &[TextChange]) -> Vec<TextChange> {
    let mut new = String::with_capacity(text.len() + changes.iter().map(|change| change.text.len()).sum::<usize>());
    let mut inverse = Vec::with_capacity(changes.len());
    let mut done = 0;
    for change in changes {
        let range = change.span.range();
        new.push_str(&text[done..range.start]);
        let start = u32::try_from(new.len()).unwrap_or(u32::MAX);
        new.push_str(&change.text);
        let end = u32::try_from(new.len()).unwrap_or(u32::MAX);
        inverse.push(TextChange { span: Span::new(start, end), text: text[range.clone()].to_owned() });
        done = range.end;
    }
    new.push_str(&text[done..]);
    *text = new;
    inverse
}
