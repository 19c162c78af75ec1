//! Refuses a source that the parser or the evaluator would need a deep stack for. Both recurse, and a stack that
//! runs over ends the process.

use super::{BadExpr, MAX_SOURCE};

/// The deepest nesting of brackets, prefix operators and conditionals.
const MAX_NESTING: usize = 32;
/// The most operators on a path from the root of the tree to a leaf.
const MAX_CHAIN: usize = 300;

/// One open bracket.
#[derive(Clone, Copy, Default)]
struct Level {
    opened_at: usize,
    /// Operators since the last comma, with the deepest of each bracket among them.
    chain: usize,
    /// The longest chain between two commas.
    longest: usize,
    /// `?` since the last comma: each nests what follows it.
    branches: usize,
}

/// Length, brackets and nesting. What is inside strings and comments does not count.
pub(super) fn check(source: &str) -> Result<(), BadExpr> {
    if source.len() > MAX_SOURCE {
        return Err(BadExpr {
            message: format!(
                "the expression is {} bytes long, {MAX_SOURCE} are the most: move the work into a worker",
                source.len()
            ),
            at: 0..source.len(),
        });
    }
    if source.trim().is_empty() {
        return Err(BadExpr { message: "there is no expression".to_owned(), at: 0..source.len() });
    }
    let bytes = source.as_bytes();
    let mut levels = vec![Level::default()];
    let mut i = 0;
    // A prefix operator nests, and `- - - x` or `!!!x` is a chain of them.
    let mut prefixes = 0;
    while let Some(&byte) = bytes.get(i) {
        let nesting = levels.iter().map(|level| 1 + level.branches).sum::<usize>() - 1 + prefixes;
        if nesting > MAX_NESTING {
            return Err(too_deep(source, i));
        }
        let top = levels.len() - 1;
        let level = &mut levels[top];
        if level.chain > MAX_CHAIN {
            return Err(too_long(source, i));
        }
        let mut is_prefix = false;
        match byte {
            b'\'' | b'"' => i = string_end(bytes, i),
            b'/' if bytes.get(i + 1) == Some(&b'/') => {
                while bytes.get(i).is_some_and(|&b| b != b'\n') {
                    i += 1;
                }
                continue;
            }
            b'(' | b'[' | b'{' => {
                level.chain += 1;
                levels.push(Level { opened_at: i, ..Level::default() });
            }
            b')' | b']' | b'}' => {
                let inner = level.longest.max(level.chain);
                if top == 0 {
                    return Err(unbalanced(source, i));
                }
                levels.pop();
                levels[top - 1].chain += inner;
            }
            b',' => {
                level.longest = level.longest.max(level.chain);
                level.chain = 0;
                level.branches = 0;
            }
            b'?' => {
                level.chain += 1;
                level.branches += 1;
            }
            b'!' | b'-' => {
                level.chain += 1;
                is_prefix = true;
            }
            b'+' | b'*' | b'/' | b'%' | b'.' | b'<' | b'>' | b'=' | b'&' | b'|' => level.chain += 1,
            // `in` is an operator too; every word counts rather than none.
            b'i' if bytes.get(i + 1) == Some(&b'n') => level.chain += 1,
            _ => {}
        }
        if is_prefix {
            prefixes += 1;
        } else if !byte.is_ascii_whitespace() {
            prefixes = 0;
        }
        i += 1;
    }
    match levels.as_slice() {
        [level] if level.chain > MAX_CHAIN => Err(too_long(source, source.len())),
        [] | [_] => Ok(()),
        [.., open] => Err(unbalanced(source, open.opened_at)),
    }
}

/// The index of the last byte of the string that opens at `start`, or of the source.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let raw = start > 0 && is_raw(bytes, start);
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut i = start + if triple { 3 } else { 1 };
    while let Some(&byte) = bytes.get(i) {
        if byte == b'\\' && !raw {
            i += 2;
        } else if byte == quote && (!triple || bytes[i..].starts_with(&[quote; 3])) {
            return if triple { i + 2 } else { i };
        } else {
            i += 1;
        }
    }
    bytes.len()
}

/// Whether the quote at `start` follows `r`, `R`, `br` and the like, as a word of its own.
fn is_raw(bytes: &[u8], start: usize) -> bool {
    let word = bytes[..start].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let prefix = &bytes[start - word..start];
    word <= 2 && prefix.iter().any(|b| matches!(b, b'r' | b'R')) && prefix.iter().all(|b| b"rRbB".contains(b))
}

fn unbalanced(source: &str, at: usize) -> BadExpr {
    let bracket = &source[at..=at];
    BadExpr { message: format!("the '{bracket}' has no partner"), at: at..at + 1 }
}

fn too_deep(source: &str, at: usize) -> BadExpr {
    let at = floor(source, at);
    BadExpr {
        message: format!("nested deeper than {MAX_NESTING} levels: split the expression over two nodes"),
        at: at..source.len(),
    }
}

fn too_long(source: &str, at: usize) -> BadExpr {
    let at = floor(source, at);
    BadExpr {
        message: format!("more than {MAX_CHAIN} operators in a row: split the expression over two nodes"),
        at: at..source.len(),
    }
}

fn floor(source: &str, mut at: usize) -> usize {
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}
