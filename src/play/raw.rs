//! Where the raw source of an expression ends. Knows CEL's strings and comments, and nothing else of it.

/// The longest expression that is looked at.
pub(crate) const MAX_EXPR: usize = 16 * 1024;

/// The offset of the `)` that closes an expression whose first byte is at `from`, or where the search gave up.
///
/// It gives up at what no expression can hold outside of a string or comment: `->`, a lone `=`, a `}` too many, a
/// string that its line leaves open; at a line that starts a play or a formation, even in a string of several lines;
/// and at the end of the text or after [`MAX_EXPR`] bytes.
pub(crate) fn expr_end(text: &str, from: usize) -> Result<usize, usize> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(from.saturating_add(MAX_EXPR));
    let (mut parens, mut braces) = (0u32, 0u32);
    let mut pos = from;
    while pos < limit {
        match bytes[pos] {
            b'\n' if starts_block(&bytes[pos + 1..limit]) => return Err(pos),
            b'(' => parens += 1,
            b')' if parens == 0 => return Ok(pos),
            b')' => parens -= 1,
            b'{' => braces += 1,
            b'}' => braces = braces.checked_sub(1).ok_or(pos)?,
            b'-' if bytes.get(pos + 1) == Some(&b'>') => return Err(pos),
            b'=' if bytes.get(pos + 1) == Some(&b'=') => pos += 1,
            b'=' if !matches!(pos.checked_sub(1).map(|i| bytes[i]), Some(b'!' | b'<' | b'>')) => return Err(pos),
            _ => {
                if let Some(end) = aside_end(&bytes[..limit], from, pos)? {
                    pos = end;
                    continue;
                }
            }
        }
        pos += 1;
    }
    Err(limit)
}

/// Where the string or comment ends that begins at `pos` of an expression from `from` on. `None` if none does.
fn aside_end(bytes: &[u8], from: usize, pos: usize) -> Result<Option<usize>, usize> {
    Ok(match bytes[pos] {
        b'/' if bytes.get(pos + 1) == Some(&b'/') => {
            Some(pos + bytes[pos..].iter().position(|&b| b == b'\n').ok_or(bytes.len())?)
        }
        quote @ (b'"' | b'\'') => Some(string_end(bytes, pos, quote, is_raw(&bytes[from..pos]))?),
        _ => None,
    })
}

/// Where the strings and comments of an expression are.
pub(crate) fn string_ranges(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut ranges = Vec::new();
    let mut pos = 0;
    while pos < bytes.len() {
        let end = match bytes[pos] {
            b'/' if bytes.get(pos + 1) == Some(&b'/') => {
                bytes[pos..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| pos + n)
            }
            quote @ (b'"' | b'\'') => string_end(bytes, pos, quote, is_raw(&bytes[..pos])).unwrap_or(bytes.len()),
            _ => {
                pos += 1;
                continue;
            }
        };
        ranges.push(pos..end);
        pos = end.max(pos + 1);
    }
    ranges
}

/// Whether a line starts with the word `play` or `formation` and another word.
fn starts_block(line: &[u8]) -> bool {
    let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\r');
    let line = &line[line.iter().take_while(|b| is_space(b)).count()..];
    let after = line.strip_prefix(b"play").or_else(|| line.strip_prefix(b"formation"));
    after.is_some_and(|after| {
        let n_spaces = after.iter().take_while(|b| is_space(b)).count();
        n_spaces > 0 && after.get(n_spaces).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 128)
    })
}

/// The offset after the value whose first byte is at `from`, or where the search gave up: at what [`expr_end`] gives
/// up at, and where no value starts.
pub(crate) fn value_end(text: &str, from: usize) -> Result<usize, usize> {
    let bytes = text.as_bytes();
    let rest = text.get(from..).ok_or(from)?;
    match bytes.get(from) {
        Some(b'(') => expr_end(text, from + 1).map(|at| at + 1),
        Some(b'{' | b'[') => brackets_end(text, from),
        Some(b'"') => string_end(&bytes[..bytes.len().min(from.saturating_add(MAX_EXPR))], from, b'"', false),
        Some(b'-' | b'0'..=b'9') => {
            let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-');
            let len = rest.bytes().take_while(is_part).count();
            // As JSON has it, so that an arrow or a name behind it is no part of it.
            let is_number = serde_json::from_str::<serde_json::Number>(&rest[..len]).is_ok();
            if is_number { Ok(from + len) } else { Err(from) }
        }
        _ => {
            let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
            if matches!(&rest[..len], "true" | "false" | "null") { Ok(from + len) } else { Err(from) }
        }
    }
}

/// The offset after the brace or bracket that closes the one at `from`. What is opened inside closes in kind, so that who
/// counts braces alone, to find the end of a statement that cannot be read, comes to the same end.
fn brackets_end(text: &str, from: usize) -> Result<usize, usize> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(from.saturating_add(MAX_EXPR));
    let mut open = Vec::new();
    let mut pos = from;
    while pos < limit {
        match bytes[pos] {
            b'\n' if starts_block(&bytes[pos + 1..limit]) => return Err(pos),
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'(' => pos = expr_end(text, pos + 1)?,
            close @ (b'}' | b']' | b')') => {
                if open.pop() != Some(close) {
                    return Err(pos);
                }
                if open.is_empty() {
                    return Ok(pos + 1);
                }
            }
            b'-' if bytes.get(pos + 1) == Some(&b'>') => return Err(pos),
            _ => {
                if let Some(end) = aside_end(&bytes[..limit], from, pos)? {
                    pos = end;
                    continue;
                }
            }
        }
        pos += 1;
    }
    Err(limit)
}

/// Whether `text` reads back as itself as a value.
pub(crate) fn is_value(text: &str) -> bool {
    match text.strip_prefix('(') {
        Some(rest) => rest.strip_suffix(')').is_some_and(is_expr),
        None => value_end(text, 0) == Ok(text.len()),
    }
}

/// The source between `(` and `)`, without the spaces at its ends; a comment at its end keeps its newline.
pub(crate) fn trim_expr(text: &str) -> &str {
    let trimmed = text.trim();
    if !trimmed.contains("//") || is_closed(trimmed) {
        return trimmed;
    }
    let start = text.len() - text.trim_start().len();
    let end = start + trimmed.len();
    let newline = text[end..].find('\n').map_or(0, |n| n + 1);
    &text[start..end + newline]
}

/// Whether `text` between parentheses reads back as itself.
pub(crate) fn is_expr(text: &str) -> bool {
    !text.is_empty() && is_closed(text) && trim_expr(text) == text
}

fn is_closed(text: &str) -> bool {
    let closed = format!("{text})");
    expr_end(&closed, 0) == Ok(text.len())
}

/// Whether a quote after `before` starts a raw string: an `r` or `br` that is not the end of a longer word.
fn is_raw(before: &[u8]) -> bool {
    let word = before.iter().rev().take(3).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    match &before[before.len() - word..] {
        [r] => r.eq_ignore_ascii_case(&b'r'),
        [b, r] => b.eq_ignore_ascii_case(&b'b') && r.eq_ignore_ascii_case(&b'r'),
        _ => false,
    }
}

/// The offset after the string whose opening quote is at `start`, or where it is broken off.
fn string_end(bytes: &[u8], start: usize, quote: u8, raw: bool) -> Result<usize, usize> {
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut pos = start + if triple { 3 } else { 1 };
    loop {
        match *bytes.get(pos).ok_or(bytes.len())? {
            // A newline is looked at, escaped or not.
            b'\\' if !raw && bytes.get(pos + 1) != Some(&b'\n') => pos += 1,
            b'\n' if !triple || starts_block(&bytes[pos + 1..]) => return Err(pos),
            byte if byte == quote && !triple => return Ok(pos + 1),
            byte if byte == quote && bytes[pos..].starts_with(&[quote; 3]) => return Ok(pos + 3),
            _ => {}
        }
        pos += 1;
    }
}
