//! The bytes of statements that an edit has taken elsewhere.

use std::collections::BTreeMap;

use super::{Part, Source, TextChange, apply_changes};
use crate::base::{NodeId, Span};
use crate::play::{Stmt, Wire};

/// The text of statement `stmt` of item `item` with other names for some nodes, else byte for byte as it is, comments
/// inside of it too. `None` if there is no such statement.
pub fn text_of(source: &Source, (item, stmt): (usize, usize), ids: &BTreeMap<NodeId, NodeId>) -> Option<String> {
    let line = source.map.line(item, stmt)?;
    let kind = &source.doc.play(item)?.body.get(stmt)?.kind;
    let mut text = source.text.get(line.whole.range())?.to_owned();
    let (start, end) = line.parts;
    let mut changes = Vec::new();
    for (part, span) in source.map.parts.get(start as usize..end as usize)? {
        let Some(new) = named(kind, *part).and_then(|id| ids.get(id)) else { continue };
        let span = Span::new(span.start.checked_sub(line.whole.start)?, span.end.checked_sub(line.whole.start)?);
        changes.push(TextChange { span, text: new.to_string() });
    }
    changes.sort_by_key(|change| change.span.start);
    apply_changes(&mut text, &changes);
    Some(text)
}

fn named(stmt: &Stmt, part: Part) -> Option<&NodeId> {
    match (stmt, part) {
        (Stmt::Node(node), Part::Id) => Some(&node.id),
        (Stmt::Wire(Wire { from, .. }), Part::End { group: 0, index }) => from.get(index as usize),
        (Stmt::Wire(Wire { hops, .. }), Part::End { group, index }) => {
            hops.get(group as usize - 1)?.to.get(index as usize)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang;

    #[test]
    fn names_change_and_nothing_else_does() {
        let source = lang::parse(
            "play a/1/b {\n  call   pay =shop/1/pay   with (pay.pay) // why\n  pay  ->{ pay,x }   when (pay)\n}\n"
                .to_owned(),
        );
        let ids = BTreeMap::from([(NodeId::new("pay"), NodeId::new("pay2"))]);
        assert_eq!(text_of(&source, (0, 0), &ids).as_deref(), Some("call   pay2 =shop/1/pay   with (pay.pay)"));
        assert_eq!(text_of(&source, (0, 1), &ids).as_deref(), Some("pay2  ->{ pay2,x }   when (pay)"));
        assert_eq!(text_of(&source, (0, 2), &ids), None);
    }
}
