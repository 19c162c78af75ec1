//! Plays and formations: heads, bodies, bindings.

use smol_str::SmolStr;

use super::LineSpans;
use super::Part;
use super::lexer::Kind;
use super::nearest::nearest;
use super::parser::{LineKind, Parsed, Parser, short};
use super::statements::KEYWORDS;
use crate::base::{Coord, Dur, Span, TextChange, is_image};

use crate::diag::Diagnostic;
use crate::play::sound::is_bound_version;
use crate::play::{Bind, Binding, Formation, Item, Line, Play, Stmt, Via};

/// Where the parts of a block stand.
pub(super) struct Body {
    pub head: Span,
    pub open: Span,
    pub close: Span,
    pub spans: Vec<LineSpans>,
}

impl LineKind for Item {
    fn comment(text: String) -> Self {
        Self::Comment(text)
    }

    fn bad(text: String) -> Self {
        Self::Bad(text)
    }
}

impl LineKind for Stmt {
    fn comment(text: String) -> Self {
        Self::Comment(text)
    }

    fn bad(text: String) -> Self {
        Self::Bad(text)
    }
}

impl LineKind for Bind {
    fn comment(text: String) -> Self {
        Self::Comment(text)
    }

    fn bad(text: String) -> Self {
        Self::Bad(text)
    }
}

impl Parser<'_> {
    /// A play or a formation.
    pub fn block(&mut self) -> Parsed<(Item, Body)> {
        if self.tok.kind == Kind::Word && !self.lex.arrow_follows() {
            match self.word() {
                "play" => return self.play(),
                "formation" => return self.formation(),
                _ => {}
            }
        }
        Err(self.outside())
    }

    fn outside(&self) -> Diagnostic {
        let span = self.tok.span;
        let word = self.word();
        if self.tok.kind == Kind::Close {
            return Diagnostic::error("L007", span, "this } closes nothing").help("remove it").fix_at(
                "remove it",
                span,
                "",
            );
        }
        if self.tok.kind != Kind::Word {
            return self.unexpected();
        }
        if KEYWORDS.contains(&word) || matches!(word, "role" | "layout" | "scenario") || self.lex.arrow_follows() {
            return Diagnostic::error("L010", span, "this statement stands outside of a play")
                .help("put it between the braces of a play");
        }
        let error = Diagnostic::error("L009", span, format!("'{}' starts neither a play nor a formation", short(word)));
        match nearest(word, ["play", "formation"]) {
            Some(meant) => error.meant(meant),
            None => error.help("a file holds plays, as in: play shop/1.2/checkout { … }, and formations"),
        }
    }

    fn play(&mut self) -> Parsed<(Item, Body)> {
        let start = self.bump();
        let coord = self.play_coord(start)?;
        self.n_wires = 0;
        let mut title = None;
        let mut timeout = None;
        let mut lines = Vec::new();
        let mut spans = Vec::new();
        while self.more() && self.tok.kind != Kind::Open {
            let option = self.tok;
            let first_part = self.map.parts.len();
            if let Err(diagnostic) = self.play_option(&mut title, &mut timeout) {
                self.map.parts.truncate(first_part);
                self.rewind(option);
                #[expect(clippy::redundant_closure_for_method_calls, reason = "for any lifetime")]
                self.rest_of_head(diagnostic, &mut lines, &mut spans, |parser| parser.stmt())?;
            }
        }
        let head = Span::new(start.start, self.prev_end);
        let (open, close) = self.body(head, &mut lines, &mut spans, Self::stmt);
        Ok((Item::Play(Play { coord, title, timeout, body: lines }), Body { head, open, close, spans }))
    }

    fn play_coord(&mut self, start: Span) -> Parsed<Coord> {
        let help = "write image/version/method, as in: play shop/1.2/checkout {";
        if !self.more() || self.tok.kind != Kind::Word {
            return Err(Diagnostic::error("L011", Span::at(start.end), "the play has no coordinate").help(help));
        }
        let span = self.target_span();
        let text = self.slice(span);
        let coord = text.parse().map_err(|_| {
            Diagnostic::error("L011", span, format!("'{}' is not a coordinate", short(text))).help(help)
        })?;
        self.bump_to(span.end);
        self.part(Part::Id, span);
        Ok(coord)
    }

    fn play_option(&mut self, title: &mut Option<String>, timeout: &mut Option<Dur>) -> Parsed<()> {
        match self.tok.kind {
            Kind::Str | Kind::OpenStr if title.is_none() => {
                let (text, span) = self.string()?;
                *title = Some(text);
                self.part(Part::Title, span);
            }
            Kind::Word if timeout.is_none() && self.word() == "timeout" => {
                self.bump();
                let (dur, span) = self.duration("timeout")?;
                *timeout = Some(dur);
                self.part(Part::Timeout, span);
            }
            _ => {
                return Err(Diagnostic::error("L012", self.tok.span, "the head of a play ends here").help(
                    "after the coordinate come a title in quotes and a timeout, once each: \"Checkout\" timeout 2h {",
                ));
            }
        }
        Ok(())
    }

    /// Keeps what cannot be read of a head as the first statement of the body; if that would not read back as itself,
    /// the whole block is bad.
    fn rest_of_head<K: LineKind>(
        &mut self,
        diagnostic: Diagnostic,
        lines: &mut Vec<Line<K>>,
        spans: &mut Vec<LineSpans>,
        read: impl Fn(&mut Parser) -> Parsed<K>,
    ) -> Parsed<()> {
        let start = self.tok;
        let first_part = self.map.parts.len();
        if self.starts_block(self.tok, self.lex) {
            return Err(diagnostic);
        }
        while self.more() && self.tok.kind != Kind::Open {
            if !self.skip_token() {
                return Err(diagnostic);
            }
        }
        let text = self.slice(Span::new(start.span.start, self.prev_end));
        // It must not run into the first statement of the body.
        let has_neighbour = matches!(self.lex.clone().next(&mut Vec::new()).kind, Kind::Arrow | Kind::Bar);
        if has_neighbour || !self.inside_is_empty() || !Self::is_settled(text) || Self::reads(text, read) {
            return Err(diagnostic);
        }
        self.report(diagnostic);
        self.finish(start, first_part, K::bad(text.to_owned()), lines, spans);
        Ok(())
    }

    /// The braces and what is in them. Gives where the braces stand.
    fn body<K: LineKind>(
        &mut self,
        head: Span,
        lines: &mut Vec<Line<K>>,
        spans: &mut Vec<LineSpans>,
        read: impl Fn(&mut Self) -> Parsed<K>,
    ) -> (Span, Span) {
        let mut open = Span::at(spans.last().map_or(head.end, |junk| junk.note.end.max(head.end)));
        if self.tok.kind == Kind::Open {
            open = self.bump();
        } else {
            let found =
                Diagnostic::error("L008", Span::at(head.end), "the block has no {").help("write { after its head");
            // Behind what could not be read, the brace may be a part of it.
            let fix = spans.is_empty().then(|| TextChange::new(Span::at(head.end), " {"));
            self.report(found.fix_if("add {", fix));
        }
        // Comments before the brace belong before the whole block.
        let before = self.take_inside();
        let mut close = Span::default();
        self.reserve(lines, spans);
        loop {
            if self.starts_block(self.tok, self.lex) {
                self.report(unclosed(head, self.prev_end));
                break;
            }
            self.flush_comments(lines, spans);
            match self.tok.kind {
                Kind::Close => {
                    close = self.bump();
                    break;
                }
                Kind::Eof => {
                    self.report(unclosed(head, self.prev_end));
                    break;
                }
                _ if self.is_hopeless() => break,
                _ => self.statement(lines, spans, &read, Self::skip_statement),
            }
        }
        if let Some(last) = spans.last().filter(|_| close.is_empty()) {
            self.prev_end = self.prev_end.max(last.whole.end).max(last.note.end);
        }
        self.put_inside(before);
        (open, close)
    }

    fn formation(&mut self) -> Parsed<(Item, Body)> {
        let start = self.bump();
        let (name, span) = if self.more() { self.name("formation")? } else { return Err(self.no_name("formation")) };
        self.part(Part::Id, span);
        let mut lines = Vec::new();
        let mut spans = Vec::new();
        if self.more() && self.tok.kind != Kind::Open {
            let diagnostic = Diagnostic::error("L012", self.tok.span, "the head of a formation ends here")
                .help("after its name comes {");
            #[expect(clippy::redundant_closure_for_method_calls, reason = "for any lifetime")]
            self.rest_of_head(diagnostic, &mut lines, &mut spans, |parser| parser.bind())?;
        }
        let head = Span::new(start.start, self.prev_end);
        let (open, close) = self.body(head, &mut lines, &mut spans, Self::bind);
        Ok((Item::Formation(Formation { name: SmolStr::new(name), body: lines }), Body { head, open, close, spans }))
    }

    fn bind(&mut self) -> Parsed<Bind> {
        if self.is_word("role") {
            let start = self.tok;
            self.bump();
            if self.more() && self.tok.kind == Kind::Word {
                let (name, span) = self.name("role")?;
                self.part(Part::Id, span);
                self.equals("role courier = shipping/1/dispatch")?;
                return Ok(Bind::Role(SmolStr::new(name), self.target()?));
            }
            self.rewind(start);
        }
        let span = self.target_span();
        let pattern = self.slice(span);
        let (image, version) = pattern.split_once('/').unwrap_or((pattern, ""));
        if !is_image(image) || !is_bound_version(version) {
            let span = if span.is_empty() { self.tok.span } else { span };
            return Err(Diagnostic::error(
                "L026",
                span,
                format!("'{}' is not an image and its version", short(self.slice(span))),
            )
            .help(
                "write image/version and how to reach it, as in: payments/1.4 builtin; shop/* stands for all versions",
            ));
        }
        let (image, version) = (SmolStr::new(image), SmolStr::new(version));
        self.bump_to(span.end);
        self.part(Part::Pattern, span);
        let from = self.tok.span.start;
        let via = self.via()?;
        self.part(Part::Via, Span::new(from, self.prev_end));
        Ok(Bind::To(Binding { image, version, via }))
    }

    fn via(&mut self) -> Parsed<Via> {
        const WAYS: [&str; 6] = ["service", "pod", "process", "pull", "builtin", "reflect"];
        let help = "write service \"http://…\", pod PORT, process \"…\", pull, builtin or reflect \"http://…\"";
        if !self.more() || self.tok.kind != Kind::Word {
            let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
            return Err(Diagnostic::error("L027", at, "it is not said how this is reached").help(help));
        }
        let word = self.word();
        let span = self.bump();
        match word {
            "service" => self.addresses(word).map(Via::Service),
            "reflect" => self.addresses(word).map(Via::Reflect),
            "process" => Ok(Via::Process(self.string_after(word)?)),
            "pull" => Ok(Via::Pull),
            "builtin" => Ok(Via::Builtin),
            "pod" => {
                let port = self.number::<u16>("pod", "a port from 1 to 65535, as in: pod 50051")?;
                let container = if self.more() && self.is_word("container") {
                    self.bump();
                    Some(self.string_after("container")?)
                } else {
                    None
                };
                Ok(Via::Pod { port, container })
            }
            _ => {
                let error = Diagnostic::error("L027", span, format!("'{}' is no way to reach a worker", short(word)));
                Err(match nearest(word, WAYS) {
                    Some(meant) => error.meant(meant),
                    None => error.help(help),
                })
            }
        }
    }

    fn addresses(&mut self, word: &str) -> Parsed<Vec<String>> {
        let mut all = vec![self.string_after(word)?];
        while self.more() && self.eat(Kind::Comma) {
            all.push(self.string_after(word)?);
        }
        Ok(all)
    }

    fn string_after(&mut self, word: &str) -> Parsed<String> {
        if self.more() && matches!(self.tok.kind, Kind::Str | Kind::OpenStr) {
            return self.string().map(|(text, _)| text);
        }
        let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
        Err(Diagnostic::error("L028", at, format!("a text in quotes is missing after '{word}'"))
            .help(format!("write it as in: {word} \"…\"")))
    }
}

/// `end` is where its last token ends; a comment after it is on the same line at most.
fn unclosed(head: Span, end: u32) -> Diagnostic {
    Diagnostic::error("L006", head, "this block is never closed").help("write } after its last statement").fix_at(
        "add }",
        Span::at(end),
        "\n}",
    )
}
