use crate::lang::Source;
use crate::play::{Bind, Item, Stmt};

/// Lines that can be hidden behind the one above them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The line that stays, from 0.
    pub head: usize,
    /// The last line that is hidden; the first is the one after `head`.
    pub last: usize,
}

/// What can be folded: blocks, statements of several lines, and runs of comments. Sorted by their heads, each head once.
pub fn folds(source: &Source) -> Vec<Fold> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(source.text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(n, _)| n + 1))
        .collect();
    let line_of = |offset: u32| starts.partition_point(|&start| start <= offset as usize) - 1;
    let mut found = Vec::new();
    // The closing brace of what is folded stays in sight.
    let mut braced =
        |head: u32, close: u32| found.push(Fold { head: line_of(head), last: line_of(close).saturating_sub(1) });
    for (item, spans) in source.doc.items.iter().zip(&source.map.items) {
        match &item.kind {
            Item::Play(_) | Item::Formation(_) if !spans.close.is_empty() => {
                braced(spans.open.start, spans.close.start);
            }
            _ => {}
        }
        if let Item::Play(play) = &item.kind {
            for (line, spans) in play.body.iter().zip(&spans.body) {
                if matches!(line.kind, Stmt::Layout(_) | Stmt::Scenario(_)) {
                    braced(spans.whole.start, spans.whole.end);
                }
            }
        }
    }
    for spans in source.map.items.iter().flat_map(|item| &item.body) {
        let (head, last) = (line_of(spans.whole.start), line_of(spans.whole.end));
        if last > head {
            found.push(Fold { head, last });
        }
    }
    comments(source, &line_of, &mut found);
    found.retain(|fold| fold.last > fold.head);
    found.sort_by_key(|fold| (fold.head, fold.last));
    found.dedup_by_key(|fold| fold.head);
    found
}

/// Three lines of comments and more, one below the other.
fn comments(source: &Source, line_of: &impl Fn(u32) -> usize, found: &mut Vec<Fold>) {
    let mut run: Option<Fold> = None;
    let mut end = |run: &mut Option<Fold>| found.extend(run.take().filter(|fold| fold.last > fold.head + 1));
    for (item, spans) in source.doc.items.iter().zip(&source.map.items) {
        next(matches!(item.kind, Item::Comment(_)), line_of(spans.line.whole.start), &mut run, &mut end);
        let is_comment = |n: usize| match &item.kind {
            Item::Play(play) => matches!(play.body[n].kind, Stmt::Comment(_)),
            Item::Formation(formation) => matches!(formation.body[n].kind, Bind::Comment(_)),
            Item::Comment(_) | Item::Bad(_) => false,
        };
        for (n, spans) in spans.body.iter().enumerate() {
            next(is_comment(n), line_of(spans.whole.start), &mut run, &mut end);
        }
    }
    end(&mut run);
}

fn next(is_comment: bool, line: usize, run: &mut Option<Fold>, end: &mut impl FnMut(&mut Option<Fold>)) {
    match run {
        Some(fold) if is_comment && line == fold.last + 1 => fold.last = line,
        _ => {
            end(run);
            *run = is_comment.then_some(Fold { head: line, last: line });
        }
    }
}
