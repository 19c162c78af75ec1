use crate::base::Span;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, digits and `_` of any script, `-` between them: names, keywords, numbers, durations.
    Word,
    /// A string with its quotes, closed on its line.
    Str,
    /// A string that its line does not close: up to the end of the line.
    OpenStr,
    Arrow,
    Comma,
    Eq,
    Bar,
    Open,
    Close,
    Paren,
    Percent,
    DotDot,
    Minus,
    /// Any other character.
    Other,
    Eof,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
    /// A newline stands between this token and the token before it, comments not counted as tokens.
    pub line_break: bool,
    /// An empty line stands right before it.
    pub blank: bool,
}

/// A comment with its slashes, without the spaces after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    pub span: Span,
    /// A newline stands between it and the token before it.
    pub line_break: bool,
    pub blank: bool,
}

/// Cuts a text into tokens. Holds nothing but its place, so going back is free.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    pos: usize,
}

const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    table
};

impl<'t> Lexer<'t> {
    /// `text` is shorter than 4 GiB.
    pub fn new(text: &'t str) -> Self {
        Self { text, pos: 0 }
    }

    pub fn at(text: &'t str, offset: u32) -> Self {
        Self { text, pos: offset as usize }
    }

    /// The next token; the comments before it are added to `comments`.
    pub fn next(&mut self, comments: &mut Vec<Comment>) -> Token {
        let bytes = self.text.as_bytes();
        let mut pos = self.pos;
        let mut line_break = pos == 0;
        let mut n_breaks = u32::from(pos == 0);
        let kind = loop {
            let Some(&byte) = bytes.get(pos) else { break Kind::Eof };
            match byte {
                b' ' | b'\t' | b'\r' => pos += 1,
                b'\n' => {
                    pos += 1;
                    line_break = true;
                    n_breaks += 1;
                }
                b'/' if bytes.get(pos + 1) == Some(&b'/') => {
                    let end = line_end(bytes, pos);
                    let trimmed = pos + self.text[pos..end].trim_end().len();
                    comments.push(Comment { span: span(pos, trimmed), line_break, blank: n_breaks > 1 });
                    pos = end;
                    n_breaks = 0;
                }
                _ if WORD[byte as usize] => break Kind::Word,
                b'-' if bytes.get(pos + 1) == Some(&b'>') => break Kind::Arrow,
                b'.' if bytes.get(pos + 1) == Some(&b'.') => break Kind::DotDot,
                b',' => break Kind::Comma,
                b'{' => break Kind::Open,
                b'}' => break Kind::Close,
                b'(' => break Kind::Paren,
                b'=' => break Kind::Eq,
                b'|' => break Kind::Bar,
                b'%' => break Kind::Percent,
                b'-' => break Kind::Minus,
                b'"' => break Kind::Str,
                128.. => match self.text[pos..].chars().next() {
                    Some(c) if c.is_alphanumeric() => break Kind::Word,
                    Some(c) if c.is_whitespace() || c == '\u{feff}' => pos += c.len_utf8(),
                    _ => break Kind::Other,
                },
                0x0b | 0x0c => pos += 1,
                _ => break Kind::Other,
            }
        };
        let start = pos;
        let (kind, end) = match kind {
            Kind::Word => (kind, self.word_end(start)),
            Kind::Str => self.string_end(start),
            Kind::Arrow | Kind::DotDot => (kind, start + 2),
            Kind::Eof => (kind, start),
            Kind::Other => (kind, start + self.text[start..].chars().next().map_or(1, char::len_utf8)),
            _ => (kind, start + 1),
        };
        self.pos = end;
        Token { kind, span: span(start, end), line_break, blank: n_breaks > 1 }
    }

    /// Whether `->` is the next token.
    pub fn arrow_follows(&self) -> bool {
        let mut ahead = *self;
        ahead.next(&mut Vec::new()).kind == Kind::Arrow
    }

    fn word_end(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut pos = start;
        loop {
            match bytes.get(pos) {
                Some(&byte) if WORD[byte as usize] => pos += 1,
                Some(b'-') => match self.word_char(pos + 1) {
                    0 => return pos,
                    len => pos += 1 + len,
                },
                Some(128..) => match self.word_char(pos) {
                    0 => return pos,
                    len => pos += len,
                },
                _ => return pos,
            }
        }
    }

    /// The length of the word character at `pos`, or 0.
    fn word_char(&self, pos: usize) -> usize {
        match self.text.as_bytes().get(pos) {
            Some(&byte) if byte < 128 => usize::from(WORD[byte as usize]),
            Some(_) => match self.text[pos..].chars().next() {
                Some(c) if c.is_alphanumeric() => c.len_utf8(),
                _ => 0,
            },
            None => 0,
        }
    }

    fn string_end(&self, start: usize) -> (Kind, usize) {
        let bytes = self.text.as_bytes();
        let mut pos = start + 1;
        loop {
            match bytes.get(pos) {
                Some(b'"') => return (Kind::Str, pos + 1),
                Some(b'\\') if !matches!(bytes.get(pos + 1), None | Some(b'\n' | b'\r')) => pos += 2,
                None | Some(b'\n') => {
                    let end = start + self.text[start..pos].trim_end().len();
                    return (Kind::OpenStr, end);
                }
                Some(_) => pos += 1,
            }
        }
    }

    /// The end of the target that starts at `start`: a role or `image/version/method`, and whatever else looks
    /// like a part of one. `start` if there is none.
    pub fn target_end(&self, start: u32) -> u32 {
        let bytes = self.text.as_bytes();
        let mut pos = start as usize;
        let mut slashes = 0;
        while let Some(&byte) = bytes.get(pos) {
            match byte {
                _ if WORD[byte as usize] => pos += 1,
                b'.' => pos += 1,
                b'-' if bytes.get(pos + 1) != Some(&b'>') => pos += 1,
                b'/' if bytes.get(pos + 1) != Some(&b'/') => {
                    slashes += 1;
                    pos += 1;
                }
                b'+' | b'^' | b'~' | b'*' | b'<' | b'>' | b'=' | b',' if slashes == 1 => pos += 1,
                128.. => match self.word_char(pos) {
                    0 => break,
                    len => pos += len,
                },
                _ => break,
            }
        }
        to_u32(pos)
    }

    /// Goes on at `offset`.
    pub fn jump(&mut self, offset: u32) {
        self.pos = offset as usize;
    }
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| from + n)
}

fn span(start: usize, end: usize) -> Span {
    Span::new(to_u32(start), to_u32(end))
}

/// Texts are shorter than 64 MB, see [`super::MAX_TEXT`].
#[expect(clippy::cast_possible_truncation, reason = "texts are shorter than 64 MB")]
pub(super) const fn to_u32(n: usize) -> u32 {
    n as u32
}
