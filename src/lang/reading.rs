use super::{Source, parse, print};
use crate::play::{Bind, Document, Item, Line, Stmt};

/// A document that does not come back from its own text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} is kept as text that cannot be read, but '{text}' can be, or runs into what stands around it")]
pub struct NotText {
    pub place: String,
    /// The start of the bad statement, or of the first item that differs.
    pub text: String,
}

/// The text of a document that comes from elsewhere, a RON file or a journal, and what it says.
///
/// # Errors
/// The text says something else than the document. For a sound document that is so only if a bad statement is none;
/// see [`Document::check_sound`].
pub fn read(doc: &Document) -> Result<Source, NotText> {
    let source = parse(print(doc));
    if source.doc == *doc {
        return Ok(source);
    }
    let n = doc.items.iter().zip(&source.doc.items).take_while(|(old, new)| old == new).count();
    let bad = match doc.items.get(n).map(|line| &line.kind) {
        Some(Item::Play(play)) => {
            let new = source.doc.play(n).map_or(&[][..], |play| &play.body);
            culprit(&play.body, new, |kind| if let Stmt::Bad(text) = kind { Some(text) } else { None })
        }
        Some(Item::Formation(formation)) => {
            let new = source.doc.formation(n).map_or(&[][..], |formation| &formation.body);
            culprit(&formation.body, new, |kind| if let Bind::Bad(text) = kind { Some(text) } else { None })
        }
        Some(Item::Bad(text)) => Some((None, text)),
        _ => None,
    };
    let (stmt, text) = bad.unwrap_or((None, &source.text));
    let place = match stmt {
        Some(stmt) => format!("statement {} of item {}", stmt + 1, n + 1),
        None => format!("item {}", n + 1),
    };
    Err(NotText { place, text: super::parser::short(text) })
}

/// The last bad line up to where `old` and `new` begin to differ: it is the one that reached too far or was none.
fn culprit<'d, K: PartialEq>(
    old: &'d [Line<K>],
    new: &[Line<K>],
    text_of: impl Fn(&'d K) -> Option<&'d String>,
) -> Option<(Option<usize>, &'d String)> {
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let reach = &old[..old.len().min(same + 1)];
    let found = reach.iter().enumerate().rev().find_map(|(i, line)| Some((Some(i), text_of(&line.kind)?)));
    found.or_else(|| old.iter().enumerate().find_map(|(i, line)| Some((Some(i), text_of(&line.kind)?))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Coord;
    use crate::play::Play;

    fn play(bad: &str) -> Document {
        let body = vec![Line::new(Stmt::Role("r".into())), Line::new(Stmt::Bad(bad.to_owned()))];
        let play = Play { coord: Coord::new("a", "1", "b"), title: None, timeout: None, body };
        Document { items: vec![Line::new(Item::Play(play))] }
    }

    #[test]
    fn a_bad_statement_must_be_bad() {
        assert_eq!(read(&play("foo bar")).map(|source| source.doc), Ok(play("foo bar")));
        let error = read(&play("snap x")).unwrap_err().to_string();
        assert!(error.starts_with("statement 2 of item 1 is kept") && error.contains("'snap x'"), "{error}");
        assert!(read(&play("}")).is_err());
        assert!(read(&play("a -> b\nsnap x")).is_err());
    }
}
