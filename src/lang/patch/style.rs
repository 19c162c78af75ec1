//! Lining up what is written with what stands around it.

use std::ops::Range;

use super::super::Part;
use super::super::printer::Style;
use super::block::Block;
use crate::base::Span;
use crate::play::{Bind, Node, Stmt};

/// How far neighbours are looked for.
const REACH: usize = 8;

/// The lines around `lines`, nearest first, out of `n`.
pub(super) fn around(lines: &Range<usize>, n: usize) -> impl Iterator<Item = usize> + use<> {
    let before: Vec<_> = (lines.start.saturating_sub(REACH)..lines.start.min(n)).rev().collect();
    let after: Vec<_> = (lines.end..n.min(lines.end + REACH)).collect();
    before.into_iter().chain(after)
}

pub(super) fn of_stmt<'a>(
    stmt: &Stmt,
    block: &Block<Stmt>,
    replaced: Option<usize>,
    neighbours: Range<usize>,
    style: Style<'a>,
) -> Style<'a> {
    let Stmt::Node(new) = stmt else { return style };
    let near: Vec<_> = replaced.into_iter().chain(around(&neighbours, block.old.len())).collect();
    let nodes =
        || near.iter().filter_map(|&i| if let Stmt::Node(node) = &block.old[i].kind { Some((i, node)) } else { None });
    let keyword = nodes().find_map(|(i, _)| keyword_column(block, i)).unwrap_or(0);
    let alike = |node: &Node| node.kind.keyword() == new.kind.keyword();
    let name = nodes().filter(|(_, node)| alike(node)).find_map(|(i, node)| {
        let (width, is_padded) = name_column(block, i)?;
        let has_peer =
            || nodes().any(|(j, peer)| j != i && alike(peer) && name_column(block, j).is_some_and(|c| c.0 == width));
        (is_padded || node.id != new.id && has_peer()).then_some(width)
    });
    Style { keyword, name: name.unwrap_or(0), ..style }
}

pub(super) fn of_bind<'a>(
    block: &Block<Bind>,
    replaced: Option<usize>,
    neighbours: Range<usize>,
    style: Style<'a>,
) -> Style<'a> {
    let keyword = replaced.into_iter().chain(around(&neighbours, block.old.len())).find_map(|i| {
        let (pattern, via) = (part(block, i, Part::Pattern)?, part(block, i, Part::Via)?);
        width(block, pattern.start, via.start)?.checked_sub(2)
    });
    Style { keyword: keyword.unwrap_or(0), ..style }
}

/// How wide the keyword of line `i` is with the spaces after it, but one.
fn keyword_column(block: &Block<Stmt>, i: usize) -> Option<usize> {
    let id = part(block, i, Part::Id)?;
    width(block, block.spans[i].whole.start, id.start)?.checked_sub(1)
}

/// How wide the name of line `i` is with the spaces before its `=` but one, and whether there are more than one.
fn name_column(block: &Block<Stmt>, i: usize) -> Option<(usize, bool)> {
    let (id, target) = (part(block, i, Part::Id)?, part(block, i, Part::Target(0))?);
    let text = &block.context.source.text;
    let equals = text[id.end as usize..target.start as usize].find('=')?;
    let name = width(block, id.start, id.end)?;
    let is_blank = text[id.end as usize..id.end as usize + equals].trim_matches(' ').is_empty();
    (is_blank && equals > 0).then_some((name + equals - 1, equals > 1))
}

fn part<K>(block: &Block<K>, i: usize, part: Part) -> Option<Span> {
    block.context.source.map.part(&block.spans[i], part)
}

/// The characters from `start` to `end`, if they stand on one line.
fn width<K>(block: &Block<K>, start: u32, end: u32) -> Option<usize> {
    let text = block.context.source.text.get(start as usize..end as usize)?;
    (!text.contains(['\n', '\t'])).then(|| text.chars().count())
}
