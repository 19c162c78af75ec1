//! Where an offset is, told from the text alone: the text may be broken right there.

use crate::lang::Source;
use crate::play::Item;

/// In which block, and what stands before the offset in its statement.
#[derive(Debug)]
pub(super) struct Place<'s> {
    pub block: Block,
    /// From the start of the statement up to the offset.
    pub before: &'s str,
    /// Where `before` starts.
    pub start: usize,
    pub inside: Inside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Top,
    /// The item, if it can be read.
    Play(Option<usize>),
    Formation(Option<usize>),
}

/// What the statement has open before the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    Plain,
    Comment,
    Text,
    /// An expression that starts at this byte of the text, after its parenthesis.
    Expr(usize),
    /// A text in an expression.
    ExprText,
    /// Names in braces.
    Group,
    Layout,
    /// Between the braces of a scenario, outside of its values.
    Scenario,
    /// In a value of a scenario.
    Value,
}

impl<'s> Place<'s> {
    pub fn new(source: &'s Source, offset: usize) -> Self {
        let text = source.text.as_str();
        let offset = floor(text, offset);
        let block = block(source, offset);
        let start = statement_start(source, block, offset);
        let before = &text[start..offset];
        Self { block, before, start, inside: inside(before, start) }
    }

    /// The words and signs of the statement before the offset.
    pub fn tokens(&self) -> Vec<&'s str> {
        tokens(self.before)
    }
}

fn block(source: &Source, offset: usize) -> Block {
    let items = &source.map.items;
    let n = items.partition_point(|item| (item.line.whole.start as usize) <= offset).checked_sub(1);
    let Some(n) = n else { return Block::Top };
    let item = &items[n];
    let (open, close) = (item.open.end as usize, item.close);
    let inside = offset >= open && (close.is_empty() || offset <= close.start as usize);
    match &source.doc.items[n].kind {
        Item::Play(_) if inside => Block::Play(Some(n)),
        Item::Formation(_) if inside => Block::Formation(Some(n)),
        Item::Bad(_) => by_lines(&source.text[item.line.whole.start as usize..offset]),
        _ => Block::Top,
    }
}

/// The block that a text which cannot be read is in at its end.
fn by_lines(text: &str) -> Block {
    let mut block = Block::Top;
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let trimmed = line.trim_start();
        if trimmed.starts_with("play ") {
            block = Block::Play(None);
        } else if trimmed.starts_with("formation ") {
            block = Block::Formation(None);
        } else if line.starts_with('}') {
            block = Block::Top;
        }
    }
    block
}

/// Where the statement of `offset` starts; its line if a new one starts there.
fn statement_start(source: &Source, block: Block, offset: usize) -> usize {
    let text = source.text.as_str();
    let line_start = text[..offset].rfind('\n').map_or(0, |n| n + 1);
    let (Block::Play(Some(item)) | Block::Formation(Some(item))) = block else { return line_start };
    let body = &source.map.items[item].body;
    let n = body.partition_point(|line| line.whole.start as usize <= offset);
    let Some(line) = n.checked_sub(1).map(|n| body[n]) else { return line_start };
    let (start, end) = (line.whole.start as usize, (line.whole.end as usize).min(offset));
    let between = &text[end..offset];
    if !between.contains('\n') {
        return start;
    }
    let said = without_comment(text[start..end].rsplit('\n').next().unwrap_or_default()).trim_end();
    let goes_on = said.ends_with("->") || said.ends_with(['=', '|', ',']) || said.ends_with('{');
    let next = text[line_start..offset].trim_start();
    let joins = next.starts_with("->") || next.starts_with('|');
    if (goes_on && between[..line_start.max(end) - end].trim().is_empty()) || joins { start } else { line_start }
}

/// The line up to a comment; slashes in texts and in coordinates are none.
pub(super) fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '/' if !quoted && line[at..].starts_with("//") => return &line[..at],
            _ => {}
        }
    }
    line
}

fn inside(before: &str, start: usize) -> Inside {
    let mut parens: Vec<usize> = Vec::new();
    let mut quote = None;
    let mut comment = false;
    let mut skip = 0;
    let (mut braces, mut brackets) = (0_u32, 0_u32);
    for (at, c) in before.char_indices() {
        if at < skip {
            continue;
        }
        if comment {
            comment = c != '\n';
        } else if let Some(end) = quote {
            match c {
                '\\' => skip = at + 2,
                '\n' => quote = None,
                _ if c == end => quote = None,
                _ => {}
            }
        } else {
            match c {
                '/' if before[at..].starts_with("//") => comment = true,
                '"' => quote = Some('"'),
                '\'' if !parens.is_empty() => quote = Some('\''),
                '(' => parens.push(start + at + 1),
                ')' => drop(parens.pop()),
                '{' if parens.is_empty() => braces += 1,
                '}' if parens.is_empty() => braces = braces.saturating_sub(1),
                '[' if parens.is_empty() => brackets += 1,
                ']' if parens.is_empty() => brackets = brackets.saturating_sub(1),
                _ => {}
            }
        }
    }
    match (parens.first(), quote) {
        _ if comment => Inside::Comment,
        (Some(_), Some(_)) => Inside::ExprText,
        (Some(&at), None) => Inside::Expr(at),
        (None, Some(_)) => Inside::Text,
        (None, None) if braces > 0 && before.trim_start().starts_with("layout") => Inside::Layout,
        (None, None) if braces > 0 && before.trim_start().starts_with("scenario") => {
            if braces == 1 && brackets == 0 {
                Inside::Scenario
            } else {
                Inside::Value
            }
        }
        (None, None) if braces > 0 => Inside::Group,
        (None, None) => Inside::Plain,
    }
}

/// Words, coordinates and signs; expressions in parentheses and texts are one token each.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(c) = rest.chars().next() else { return found };
        let len = if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        } else if rest.starts_with("->") {
            2
        } else if c == '"' {
            rest[1..].find('"').map_or(rest.len(), |n| n + 2)
        } else if c == '(' {
            paren_end(rest)
        } else if is_word(c) {
            let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            rest[..end].find("->").filter(|&n| n > 0).unwrap_or(end)
        } else {
            c.len_utf8()
        };
        found.push(&rest[..len]);
        rest = &rest[len..];
    }
}

fn paren_end(text: &str) -> usize {
    let (mut depth, mut quote) = (0_u32, None);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            (c, Some(end)) if c == end => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            ('(', None) => depth += 1,
            (')', None) => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '^' | '*' | '~' | '%')
}

/// The start of the character that `offset` is in.
pub(super) fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The name around a byte: letters, digits, `_`, and `-` between them.
pub(super) fn word_at(text: &str, offset: usize) -> Option<std::ops::Range<usize>> {
    let offset = floor(text, offset);
    let is = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let start = text[..offset].char_indices().rev().take_while(|(_, c)| is(*c)).last().map_or(offset, |(at, _)| at);
    let end = text[offset..].find(|c: char| !is(c)).map_or(text.len(), |n| offset + n);
    let word = &text[start..end];
    // An arrow right behind a name is no part of it.
    let lead = word.len() - word.trim_start_matches('-').len();
    let tail = word.len() - word.trim_end_matches('-').len();
    let range = start + lead..(end - tail).max(start + lead);
    (!range.is_empty() && range.start <= offset && offset <= range.end).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, before: &str, inside: Inside) {
        let offset = text.find('‸').unwrap();
        let text = text.replace('‸', "");
        let source = crate::lang::parse(text);
        let place = Place::new(&source, offset);
        assert_eq!((place.before, place.inside), (before, inside), "{}", source.text);
    }

    #[test]
    fn a_statement_is_found_in_its_lines() {
        let play = |line: &str| format!("play a/1/b {{\n  snap x\n{line}\n}}\n");
        check(&play("  call y = ‸"), "call y = ", Inside::Plain);
        check(&play("  x ->\n    ‸"), "x ->\n    ", Inside::Plain);
        check(&play("  x\n    -> ‸"), "x\n    -> ", Inside::Plain);
        check(&play("  x -> { y,\n  ‸"), "x -> { y,\n  ", Inside::Group);
        check(&play("  call y = a/1/b with (‸"), "call y = a/1/b with (", Inside::Expr(45));
        check(&play("  call y = a/1/b with ({a: \"‸"), "call y = a/1/b with ({a: \"", Inside::ExprText);
        check(&play("  layout { x 1 2, ‸ }"), "layout { x 1 2, ", Inside::Layout);
        check(&play("  layout {\n    x 1 2\n    ‸\n  }"), "layout {\n    x 1 2\n    ", Inside::Layout);
        check(&play("  // no ‸"), "// no ", Inside::Comment);
        check(&play("  snap y \"a‸"), "snap y \"a", Inside::Text);
        check("play a/1/b {\n  ‸", "  ", Inside::Plain);
    }

    #[test]
    fn words_end_at_arrows() {
        assert_eq!(word_at("a-b->c", 1), Some(0..3));
        assert_eq!(word_at("a-b->c", 5), Some(5..6));
        assert_eq!(word_at("  ", 1), None);
        assert_eq!(
            tokens("call x = a/1/b 5% | y with (a (b) ')' )"),
            ["call", "x", "=", "a/1/b", "5%", "|", "y", "with", "(a (b) ')' )"]
        );
    }
}
