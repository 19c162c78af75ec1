use super::blocks::Body;
use super::lexer::{Comment, Kind, Lexer, Token, to_u32};
use super::{ItemSpans, LineSpans, MAX_LINES, MAX_TEXT, Part, Source, SpanMap};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::play::{Document, Item, Line, raw};

/// How many diagnostics a text gets at most; a last one says that there are more.
const MAX_DIAGNOSTICS: usize = 1000;
/// How many bytes are searched for the ends of brackets that never close, before the text is given up as no play at
/// all. Without a bound a hostile text would take time by the square of its length.
const MAX_WASTED: usize = 64 << 20;

/// For how many lines room is made at most before they are read.
const MAX_RESERVED: usize = 50_000;

pub(super) type Parsed<T> = Result<T, Diagnostic>;

/// What a parser of one statement leaves behind in the text.
pub(super) trait LineKind: Sized {
    fn comment(text: String) -> Self;
    fn bad(text: String) -> Self;
}

/// Reads a text. Never fails: what cannot be read is kept word for word, see [`Item::Bad`].
pub fn parse(text: impl Into<String>) -> Source {
    let text = text.into();
    if text.len() > MAX_TEXT {
        return whole_bad(text, "L030", format!("the text is longer than {} MB", MAX_TEXT >> 20));
    }
    let mut parser = Parser::new(&text);
    let mut doc = Document::default();
    parser.items(&mut doc);
    if parser.n_lines > MAX_LINES {
        return whole_bad(text, "L030", format!("the text has more than {MAX_LINES} statements and comments"));
    }
    if parser.wasted > MAX_WASTED {
        return whole_bad(text, "L030", "far too many brackets are never closed".to_owned());
    }
    let (map, mut diagnostics) = (parser.map, parser.diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    Source { text, doc, map, diagnostics }
}

/// A text that is no play, kept as one bad item.
fn whole_bad(text: String, code: &'static str, message: String) -> Source {
    let kept = text.trim();
    let start = text.len() - text.trim_start().len();
    let cut = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let whole = Span::new(cut(start), cut(start + kept.len()));
    let doc = Document { items: vec![Line::new(Item::Bad(kept.to_owned()))] };
    let item = ItemSpans { line: LineSpans { whole, ..LineSpans::default() }, ..ItemSpans::default() };
    let diagnostic = Diagnostic::error(code, Span::new(whole.start, whole.start), message)
        .help("split it into several files, one for each play");
    let map = SpanMap { items: vec![item], parts: Vec::new() };
    Source { text, doc, map, diagnostics: vec![diagnostic] }
}

/// Recursive descent with one token of lookahead. One token is always read: [`Self::tok`].
pub(super) struct Parser<'t> {
    pub text: &'t str,
    pub lex: Lexer<'t>,
    pub tok: Token,
    /// Where the last token that was taken ends.
    pub prev_end: u32,
    /// The last token that was taken makes its statement go on over a newline.
    continues: bool,
    /// Comments between the last token taken and `tok`.
    comments: Vec<Comment>,
    /// Comments inside of the statement that is being read.
    inside: Vec<Comment>,
    pub map: SpanMap,
    diagnostics: Vec<Diagnostic>,
    n_lines: usize,
    /// See [`Self::reserve`].
    reserved_to: u32,
    /// Wires of the play that is being read.
    pub n_wires: usize,
    /// Bytes searched in vain for the ends of brackets.
    wasted: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        let mut lex = Lexer::new(text);
        let mut comments = Vec::new();
        let tok = lex.next(&mut comments);
        Self {
            text,
            lex,
            tok,
            prev_end: 0,
            continues: false,
            comments,
            inside: Vec::new(),
            map: SpanMap::default(),
            diagnostics: Vec::new(),
            n_lines: 0,
            reserved_to: 0,
            n_wires: 0,
            wasted: 0,
        }
    }

    pub fn slice(&self, span: Span) -> &'t str {
        &self.text[span.range()]
    }

    /// The source of the token that is next.
    pub fn word(&self) -> &'t str {
        self.slice(self.tok.span)
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.tok.kind == Kind::Word && self.word() == word
    }

    /// Takes the next token and gives its span.
    pub fn bump(&mut self) -> Span {
        let taken = self.tok;
        if !self.comments.is_empty() {
            self.inside.append(&mut self.comments);
        }
        self.prev_end = taken.span.end;
        self.continues = matches!(taken.kind, Kind::Arrow | Kind::Comma | Kind::Eq | Kind::Bar);
        self.tok = self.lex.next(&mut self.comments);
        taken.span
    }

    /// Takes the bytes from the next token up to `end` as one token.
    pub fn bump_to(&mut self, end: u32) -> Span {
        self.lex.jump(end);
        let start = self.tok.span.start;
        self.bump();
        self.prev_end = end;
        self.continues = false;
        Span::new(start, end)
    }

    pub fn eat(&mut self, kind: Kind) -> bool {
        let found = self.tok.kind == kind;
        if found {
            self.bump();
        }
        found
    }

    /// Whether the next token still belongs to the statement that is being read, outside of brackets.
    pub fn more(&self) -> bool {
        match self.tok.kind {
            Kind::Eof | Kind::Close => false,
            Kind::Arrow | Kind::Bar => true,
            _ => self.continues || !self.tok.line_break,
        }
    }

    pub fn part(&mut self, part: Part, span: Span) {
        self.map.parts.push((part, span));
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        match self.diagnostics.len() {
            n if n < MAX_DIAGNOSTICS => self.diagnostics.push(diagnostic),
            MAX_DIAGNOSTICS => {
                let end = Span::at(to_u32(self.text.len()));
                self.diagnostics.push(Diagnostic::error("L031", end, "there are more problems than are shown"));
            }
            _ => {}
        }
    }

    /// Adds a line for each comment before the next token.
    pub fn flush_comments<K: LineKind>(&mut self, lines: &mut Vec<Line<K>>, spans: &mut Vec<LineSpans>) {
        for i in 0..self.comments.len() {
            let comment = self.comments[i];
            self.push_comment(comment, comment.blank, false, lines, spans);
        }
        self.comments.clear();
    }

    fn push_comment<K: LineKind>(
        &mut self,
        comment: Comment,
        blank: bool,
        inside_next: bool,
        lines: &mut Vec<Line<K>>,
        spans: &mut Vec<LineSpans>,
    ) {
        let text = comment_text(self.slice(comment.span)).to_owned();
        lines.push(Line { blank, kind: K::comment(text), note: None });
        spans.push(LineSpans { whole: comment.span, parts: self.no_parts(), inside_next, ..LineSpans::default() });
        self.n_lines += 1;
    }

    fn no_parts(&self) -> (u32, u32) {
        let n = to_u32(self.map.parts.len());
        (n, n)
    }

    /// Makes room for the lines of a block, to judge by its length: growing lists of thousands of statements costs more
    /// than reading them.
    pub fn reserve<K>(&mut self, lines: &mut Vec<Line<K>>, spans: &mut Vec<LineSpans>) {
        // Only once up to the next brace that starts a line, or many blocks on one line would make room for each other.
        if self.prev_end < self.reserved_to {
            return;
        }
        let rest = &self.text[self.prev_end as usize..];
        let mut braces = rest.match_indices('}').map(|(at, _)| at);
        let len = braces.find(|&at| rest[..at].ends_with('\n')).unwrap_or(rest.len());
        self.reserved_to = self.prev_end + to_u32(len);
        let n_lines = (len / 24).min(MAX_RESERVED);
        lines.reserve(n_lines);
        spans.reserve(n_lines);
        self.map.parts.reserve(2 * n_lines);
    }

    /// Reads one statement by `read`; if that fails, keeps it as bad up to where it seems to end.
    pub fn statement<K: LineKind>(
        &mut self,
        lines: &mut Vec<Line<K>>,
        spans: &mut Vec<LineSpans>,
        read: impl FnOnce(&mut Self) -> Parsed<K>,
        skip: impl FnOnce(&mut Self),
    ) {
        let start = self.tok;
        let first_part = self.map.parts.len();
        // A statement is large: it is moved as seldom as can be.
        let kind = match read(self) {
            Ok(kind) if !self.more() => kind,
            result => {
                let diagnostic = result.err().unwrap_or_else(|| self.unexpected());
                self.report(diagnostic);
                self.map.parts.truncate(first_part);
                self.rewind(start);
                skip(self);
                self.inside.clear();
                K::bad(self.slice(Span::new(start.span.start, self.prev_end)).to_owned())
            }
        };
        self.finish(start, first_part, kind, lines, spans);
    }

    /// Adds the statement that started at `start` and ends before the next token, with its comments.
    #[inline]
    pub fn finish<K: LineKind>(
        &mut self,
        start: Token,
        first_part: usize,
        kind: K,
        lines: &mut Vec<Line<K>>,
        spans: &mut Vec<LineSpans>,
    ) -> LineSpans {
        let whole = Span::new(start.span.start, self.prev_end);
        let mut blank = start.blank;
        if !self.inside.is_empty() {
            let mut inside = std::mem::take(&mut self.inside);
            for comment in inside.drain(..) {
                self.push_comment(comment, std::mem::take(&mut blank), true, lines, spans);
            }
            self.inside = inside;
        }
        let (note, note_span) = self.take_note();
        let parts = (to_u32(first_part), to_u32(self.map.parts.len()));
        let line = LineSpans { whole, note: note_span, parts, inside_next: false };
        lines.push(Line { blank, kind, note });
        spans.push(line);
        self.n_lines += 1;
        line
    }

    /// The comment that follows the last token on its line.
    fn take_note(&mut self) -> (Option<String>, Span) {
        match self.comments.first() {
            Some(comment) if !comment.line_break => {
                let comment = self.comments.remove(0);
                (Some(comment_text(self.slice(comment.span)).to_owned()), comment.span)
            }
            _ => (None, Span::default()),
        }
    }

    pub fn inside_is_empty(&self) -> bool {
        self.inside.is_empty()
    }

    pub fn take_inside(&mut self) -> Vec<Comment> {
        std::mem::take(&mut self.inside)
    }

    pub fn put_inside(&mut self, comments: Vec<Comment>) {
        self.inside = comments;
    }

    /// Whether `text` is one good statement.
    pub fn reads<K>(text: &str, read: impl Fn(&mut Parser) -> Parsed<K>) -> bool {
        let mut parser = Parser::new(text);
        read(&mut parser).is_ok() && !parser.more()
    }

    /// Too much to go on: the rest of the text is only skipped.
    pub fn is_hopeless(&self) -> bool {
        self.n_lines > MAX_LINES || self.wasted > MAX_WASTED
    }

    pub fn rewind(&mut self, to: Token) {
        self.lex.jump(to.span.end);
        self.tok = to;
        self.comments.clear();
        self.inside.clear();
        self.prev_end = to.span.start;
        self.continues = false;
    }

    /// Goes to the end of a statement that could not be read: to where a good one would end if its brackets are
    /// closed, else to the end of the line on which the first open one stands.
    pub fn skip_statement(&mut self) {
        if self.is_scenario() {
            self.skip_scenario();
        } else {
            self.skip_token();
        }
        while self.more() {
            if !self.skip_token() {
                return self.skip_line();
            }
        }
    }

    /// Whether a scenario with its brace starts here: its braces hold others, as no group's do.
    fn is_scenario(&self) -> bool {
        let mut ahead = self.lex;
        let mut next = || {
            let token = ahead.next(&mut Vec::new());
            (token.kind, token.line_break)
        };
        self.is_word("scenario") && next() == (Kind::Str, false) && next() == (Kind::Open, false)
    }

    fn skip_scenario(&mut self) {
        self.bump();
        self.bump();
        let end = self.block_end();
        self.take_brackets(end);
    }

    pub fn skip_line(&mut self) {
        while self.tok.kind != Kind::Eof && !self.tok.line_break && self.comments.is_empty() {
            self.bump();
        }
    }

    /// Skips a token with what it brackets; false if it is a bracket that is not closed, which is then skipped alone.
    pub fn skip_token(&mut self) -> bool {
        let end = match self.tok.kind {
            Kind::Paren => raw::expr_end(self.text, self.tok.span.end as usize).map(|at| at + 1),
            Kind::Open => self.group_end(),
            _ => {
                self.bump();
                return true;
            }
        };
        self.take_brackets(end)
    }

    fn take_brackets(&mut self, end: Result<usize, usize>) -> bool {
        match end {
            Ok(end) => {
                self.bump_to(to_u32(end));
            }
            Err(gave_up) => {
                self.wasted += gave_up - self.tok.span.start as usize;
                self.bump();
            }
        }
        end.is_ok()
    }

    /// The end of the group of names or places whose brace is the next token, or where the search gave up. A place may be
    /// that of a note with its text, or a frame with a title and a group of its own.
    fn group_end(&self) -> Result<usize, usize> {
        let mut ahead = Lexer::at(self.text, self.tok.span.end);
        let mut comments = Vec::new();
        // The word before, and whether a title has come after the word `frame`.
        let (mut word, mut is_titled, mut in_frame) = ("", false, false);
        loop {
            comments.clear();
            let token = ahead.next(&mut comments);
            let here = self.slice(token.span);
            match token.kind {
                Kind::Word if is_titled && here == "collapsed" => continue,
                Kind::Word | Kind::Comma | Kind::Minus => is_titled = false,
                Kind::Str if !in_frame && matches!(word, "note" | "frame") => is_titled = word == "frame",
                Kind::Open if is_titled => (in_frame, is_titled) = (true, false),
                Kind::Close if in_frame => in_frame = false,
                Kind::Close => return Ok(token.span.end as usize),
                _ => return Err(token.span.start as usize),
            }
            word = here;
        }
    }

    pub fn unexpected(&self) -> Diagnostic {
        match self.tok.kind {
            Kind::OpenStr => self.open_string(),
            Kind::Eof => Diagnostic::error("L001", self.tok.span, "the text ends in the middle of a statement"),
            _ if self.tok.span.is_empty() => Diagnostic::error("L001", self.tok.span, "unexpected end"),
            _ => Diagnostic::error("L001", self.tok.span, format!("unexpected '{}'", short(self.word())))
                .help("a statement ends at the end of its line"),
        }
    }

    pub fn open_string(&self) -> Diagnostic {
        Diagnostic::error("L002", self.tok.span, "the string is not closed")
            .help("end it with \" on the same line; write \\n for a line break and \\\" for a quote")
            .fix_at("end it with \"", Span::at(self.tok.span.end), "\"")
    }

    /// The items of a file.
    fn items(&mut self, doc: &mut Document) {
        let mut spans = Vec::new();
        loop {
            let first = spans.len();
            self.flush_comments(&mut doc.items, &mut spans);
            self.push_items(&spans[first..]);
            if self.tok.kind == Kind::Eof || self.is_hopeless() {
                break;
            }
            let first = spans.len();
            let body = self.item(&mut doc.items, &mut spans);
            self.push_items(&spans[first..]);
            if let (Some(body), Some(item)) = (body, self.map.items.last_mut()) {
                *item = ItemSpans {
                    line: item.line,
                    head: body.head,
                    open: body.open,
                    close: body.close,
                    body: body.spans,
                };
            }
        }
    }

    fn push_items(&mut self, lines: &[LineSpans]) {
        let items = lines.iter().map(|&line| ItemSpans { line, ..ItemSpans::default() });
        self.map.items.extend(items);
    }

    fn item(&mut self, items: &mut Vec<Line<Item>>, spans: &mut Vec<LineSpans>) -> Option<Body> {
        let start = self.tok;
        let first_part = self.map.parts.len();
        match self.block() {
            Ok((item, body)) => {
                self.finish(start, first_part, item, items, spans);
                Some(body)
            }
            Err(diagnostic) => {
                self.report(diagnostic);
                self.map.parts.truncate(first_part);
                self.rewind(start);
                self.skip_item();
                self.inside.clear();
                let text = self.slice(Span::new(start.span.start, self.prev_end)).to_owned();
                self.finish(start, first_part, Item::Bad(text), items, spans);
                None
            }
        }
    }

    /// Goes to the end of an item that could not be read; a block is skipped whole if its braces are closed.
    /// Takes whole lines: cut in two, a line could mean something else to a bracket that is open before it.
    fn skip_item(&mut self) {
        if self.tok.kind == Kind::Close {
            self.bump();
            return self.skip_line();
        }
        loop {
            if self.tok.kind == Kind::Open {
                let end = self.block_end();
                self.take_brackets(end);
                return self.skip_line();
            }
            if !self.skip_token() || !self.more() {
                return self.skip_line();
            }
        }
    }

    /// The end of the block whose brace is the next token, or where the search gave up: at the latest where another
    /// block starts.
    fn block_end(&mut self) -> Result<usize, usize> {
        let mut ahead = Lexer::at(self.text, self.tok.span.end);
        let mut comments = Vec::new();
        let mut depth = 0u32;
        loop {
            comments.clear();
            let token = ahead.next(&mut comments);
            let start = token.span.start as usize;
            match token.kind {
                Kind::Eof => return Err(start),
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => return Ok(start + 1),
                Kind::Close => depth -= 1,
                Kind::Paren => match raw::expr_end(self.text, start + 1) {
                    Ok(end) => ahead.jump(to_u32(end + 1)),
                    Err(gave_up) => self.wasted += gave_up - start,
                },
                Kind::Word if token.line_break && self.starts_block(token, ahead) => return Err(start),
                _ => {}
            }
            if self.wasted > MAX_WASTED {
                return Err(start);
            }
        }
    }

    /// Whether `token`, after which `ahead` stands, starts a play or a formation: its word, something like a
    /// coordinate or a brace follow on one line.
    pub fn starts_block(&self, token: Token, mut ahead: Lexer) -> bool {
        if token.kind != Kind::Word || !matches!(self.slice(token.span), "play" | "formation") {
            return false;
        }
        let mut comments = Vec::new();
        let name = ahead.next(&mut comments);
        if name.kind != Kind::Word || name.line_break {
            return false;
        }
        let target = Span::new(name.span.start, ahead.target_end(name.span.start));
        let is_coord = self.slice(token.span) == "play" && self.slice(target).contains('/');
        // `play answers {` is a step of a scenario, for a node of that name.
        is_coord
            || self.slice(name.span) != "answers" && {
                let brace = ahead.next(&mut comments);
                brace.kind == Kind::Open && !brace.line_break
            }
    }

    /// Whether the bad statement at the start of `text` goes on to its end.
    pub fn takes_all(text: &str) -> bool {
        let mut parser = Parser::new(text);
        parser.skip_statement();
        parser.prev_end as usize == text.len()
    }

    /// Whether what follows cannot change where `text` ends as a bad statement, nor text before it where it starts.
    pub fn is_settled(text: &str) -> bool {
        let mut parser = Parser::new(text);
        if matches!(parser.tok.kind, Kind::Arrow | Kind::Bar | Kind::Eof) || !parser.comments.is_empty() {
            return false;
        }
        loop {
            let wasted = parser.wasted;
            let start = parser.tok.span.start as usize;
            if !parser.skip_token() {
                if start + parser.wasted - wasted == text.len() {
                    return false;
                }
                parser.skip_line();
                break;
            }
            if !parser.more() {
                break;
            }
        }
        parser.tok.kind == Kind::Eof && parser.comments.is_empty() && !parser.continues
    }
}

/// What a comment says: without its slashes, one space after them, and the spaces at its end.
fn comment_text(comment: &str) -> &str {
    let text = comment.strip_prefix("//").unwrap_or(comment);
    text.strip_prefix(' ').unwrap_or(text)
}

/// At most the first 40 characters of a text, for a message.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
