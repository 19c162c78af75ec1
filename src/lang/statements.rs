//! The statements of a play: roles and nodes, and what they are made of.

use std::str::FromStr;

use smol_str::SmolStr;

use super::MAX_GROUP;
use super::Part;
use super::lexer::{Kind, to_u32};
use super::nearest::nearest;
use super::parser::{Parsed, Parser, short};
use crate::base::{Dur, NodeId, Span};
use crate::diag::Diagnostic;
use crate::play::{Expr, Node, NodeKind, Options, Policy, Share, Spread, Stmt, Target, TargetRef, raw};

/// The words that start the statement of a node.
pub(super) const KEYWORDS: [&str; 7] =
    ["snap", "call", "fan-out", "fan-in", "wait-for-signal", "wait-for-worker", "pass"];
const OPTIONS: [&str; 5] = ["with", "key", "timeout", "retry", "backoff"];

impl<'t> Parser<'t> {
    #[inline]
    pub fn stmt(&mut self) -> Parsed<Stmt> {
        match self.tok.kind {
            Kind::Word => {
                let word = self.word();
                let is_keyword = match word.as_bytes()[0] {
                    b's' | b'c' | b'f' | b'w' | b'p' => KEYWORDS.contains(&word) || word == "scenario",
                    b'r' => word == "role",
                    b'l' => word == "layout",
                    _ => false,
                };
                if is_keyword && !self.lex.arrow_follows() { self.keyword_stmt(word) } else { self.wire() }
            }
            Kind::Open => self.wire(),
            Kind::Arrow => Err(Diagnostic::error("L022", self.tok.span, "a wire starts with a node, not with ->")
                .help("write the node that it comes from before the arrow")),
            _ => Err(self.unexpected()),
        }
    }

    fn keyword_stmt(&mut self, keyword: &'t str) -> Parsed<Stmt> {
        self.bump();
        if keyword == "layout" {
            return self.layout();
        }
        if keyword == "scenario" {
            return self.scenario();
        }
        if !self.more() {
            return Err(self.no_name(keyword));
        }
        let (id, span) = self.name(keyword)?;
        self.part(Part::Id, span);
        if keyword == "role" {
            return Ok(Stmt::Role(SmolStr::new(id)));
        }
        let kind = self.node_kind(keyword, id)?;
        let options = self.options()?;
        Ok(Stmt::Node(Node { id: NodeId::new(id), kind, options }))
    }

    fn node_kind(&mut self, keyword: &str, id: &str) -> Parsed<NodeKind> {
        Ok(match keyword {
            "snap" => NodeKind::Snap,
            "call" => {
                self.equals(&format_args!("call {id} = shop/2.1/validate"))?;
                NodeKind::Call(self.target()?)
            }
            "wait-for-worker" => {
                self.equals(&format_args!("wait-for-worker {id} = packing/1/pack"))?;
                NodeKind::WaitForWorker(self.target()?)
            }
            "pass" if self.more() && self.eat(Kind::Eq) => NodeKind::Pass(Some(self.target()?)),
            "pass" => NodeKind::Pass(None),
            "fan-out" => NodeKind::FanOut(self.spread()?),
            "fan-in" => NodeKind::FanIn(self.policy()?),
            _ => NodeKind::WaitForSignal(self.signal()?),
        })
    }

    /// `=`, or a diagnostic with an example of how it is written.
    pub fn equals(&mut self, example: &(impl std::fmt::Display + ?Sized)) -> Parsed<()> {
        if self.more() && self.eat(Kind::Eq) {
            return Ok(());
        }
        let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
        Err(Diagnostic::error("L013", at, "= and a target are missing").help(format!("write it as in: {example}")))
    }

    fn spread(&mut self) -> Parsed<Spread> {
        if !self.more() || self.tok.kind != Kind::Word {
            return Ok(Spread::All);
        }
        match self.word() {
            "one" => {
                let span = self.bump();
                self.part(Part::Policy, span);
                Ok(Spread::One)
            }
            "each" => {
                let span = self.bump();
                self.part(Part::Policy, span);
                self.expr(Part::Each, "each").map(Spread::Each)
            }
            _ => Ok(Spread::All),
        }
    }

    fn policy(&mut self) -> Parsed<Policy> {
        let help = "write all, any or how many balls it waits for, as in: fan-in both all";
        if !self.more() || self.tok.kind != Kind::Word {
            return Err(self.no_policy(help));
        }
        let word = self.word();
        let span = self.tok.span;
        let policy = match word {
            "all" => Policy::All,
            "any" => Policy::Any,
            _ => match word.parse() {
                Ok(count) => Policy::Count(count),
                Err(_) if OPTIONS.contains(&word) => {
                    return Err(self.no_policy(help));
                }
                Err(_) => {
                    return Err(Diagnostic::error("L017", span, format!("'{}' is no policy", short(word)))
                        .help(help)
                        .fix_at("wait for all", span, "all"));
                }
            },
        };
        self.bump();
        self.part(Part::Policy, span);
        Ok(policy)
    }

    fn no_policy(&self, help: &str) -> Diagnostic {
        let at = Span::at(self.prev_end);
        Diagnostic::error("L017", at, "the policy is missing").help(help).fix_at("wait for all", at, " all")
    }

    fn signal(&mut self) -> Parsed<String> {
        if !self.more() || !matches!(self.tok.kind, Kind::Str | Kind::OpenStr) {
            let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
            return Err(Diagnostic::error("L018", at, "the name of the signal is missing")
                .help("write it in quotes, as in: wait-for-signal approve \"manager-approved\""));
        }
        let (name, span) = self.string()?;
        self.part(Part::Signal, span);
        Ok(name)
    }

    fn options(&mut self) -> Parsed<Options> {
        let mut options = Options::default();
        while self.more() {
            let span = self.tok.span;
            let word = self.word();
            let twice = match self.tok.kind {
                Kind::Str | Kind::OpenStr => {
                    let (text, span) = self.string()?;
                    self.part(Part::Title, span);
                    options.title.replace(text).is_some()
                }
                Kind::Word => {
                    self.bump();
                    self.option(word, span, &mut options)?
                }
                Kind::Arrow => {
                    return Err(Diagnostic::error("L021", span, "a node and a wire stand in one statement")
                        .help("write the wire on a line of its own, with the node's name before the arrow"));
                }
                _ => return Err(self.unexpected()),
            };
            if twice {
                let what = if word.starts_with('"') { "the title" } else { word };
                return Err(Diagnostic::error("L020", span, format!("{what} is said twice")).help("keep one of them"));
            }
        }
        Ok(options)
    }

    /// Reads the option `word`, which is taken already. True if it was there before.
    fn option(&mut self, word: &str, span: Span, options: &mut Options) -> Parsed<bool> {
        Ok(match word {
            "with" => options.with.replace(self.expr(Part::With, word)?).is_some(),
            "key" => options.key.replace(self.expr(Part::Key, word)?).is_some(),
            "timeout" => {
                let (dur, span) = self.duration(word)?;
                self.part(Part::Timeout, span);
                options.timeout.replace(dur).is_some()
            }
            "retry" => {
                let at = self.tok.span;
                let count = self.number::<u32>(word, "how often it is tried again, as in: retry 3")?;
                self.part(Part::Retry, at);
                options.retry.replace(count).is_some()
            }
            "backoff" => {
                let (first, from) = self.duration(word)?;
                if self.tok.line_break || !self.eat(Kind::DotDot) {
                    return Err(Diagnostic::error("L015", from, "a backoff has a first and a longest wait")
                        .help(format!("write both, as in: backoff {first}..30s")));
                }
                let (longest, to) = self.duration(word)?;
                self.part(Part::Backoff, from.to(to));
                options.backoff.replace((first, longest)).is_some()
            }
            _ => {
                let error = Diagnostic::error("L020", span, format!("'{}' is no option", short(word)));
                return Err(match nearest(word, OPTIONS) {
                    Some(meant) => error.meant(meant),
                    None => error.help("options are a title in quotes, with (…), key (…), timeout, retry and backoff"),
                });
            }
        })
    }

    /// A name of a node, role or formation.
    pub fn name(&mut self, of: &str) -> Parsed<(&'t str, Span)> {
        let span = self.tok.span;
        if self.tok.kind != Kind::Word {
            return Err(self.no_name(of));
        }
        let text = self.slice(span);
        // Words are made like names, but may start with a digit.
        if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(Diagnostic::error("L014", span, format!("'{}' is not a name", short(text)))
                .help("a name starts with a letter, then come letters, digits and _, with - only between them"));
        }
        self.bump();
        Ok((text, span))
    }

    pub fn no_name(&self, of: &str) -> Diagnostic {
        let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
        Diagnostic::error("L014", at, format!("the name is missing after '{of}'"))
            .help("a name is made of letters, digits, _ and -")
    }

    /// The bytes of a target that starts at the next token.
    pub fn target_span(&self) -> Span {
        let start = self.tok.span.start;
        Span::new(start, self.lex.target_end(start))
    }

    pub fn target(&mut self) -> Parsed<Target> {
        let first = self.target_ref(0)?;
        if !self.has_percent() {
            return if self.more() && self.tok.kind == Kind::Bar {
                Err(self.no_percent())
            } else {
                Ok(Target::One(first))
            };
        }
        let mut shares = vec![Share { to: first, percent: self.percent(0)? }];
        while self.more() && self.eat(Kind::Bar) {
            let n = u16::try_from(shares.len())
                .ok()
                .filter(|&n| usize::from(n) < MAX_GROUP)
                .ok_or_else(|| Diagnostic::error("L030", self.tok.span, "too many targets in one mix"))?;
            let to = self.target_ref(n)?;
            if !self.has_percent() {
                return Err(self.no_percent());
            }
            shares.push(Share { to, percent: self.percent(n)? });
        }
        Ok(Target::Mix(shares))
    }

    fn target_ref(&mut self, n: u16) -> Parsed<TargetRef> {
        let help = "write image/version/method, as in shop/2.1/validate, or the name of a role";
        let span = if self.more() { self.target_span() } else { Span::at(self.prev_end) };
        if span.is_empty() {
            let at = if self.more() { self.tok.span } else { span };
            return Err(Diagnostic::error("L016", at, "the target is missing").help(help));
        }
        let text = self.slice(span);
        let to = TargetRef::from_str(text)
            .map_err(|_| Diagnostic::error("L016", span, format!("'{}' is not a target", short(text))).help(help))?;
        self.bump_to(span.end);
        self.part(Part::Target(n), span);
        Ok(to)
    }

    /// Whether a number and `%` are next.
    fn has_percent(&self) -> bool {
        self.more()
            && self.tok.kind == Kind::Word
            && self.word().as_bytes()[0].is_ascii_digit()
            && self.text.as_bytes()[self.tok.span.end as usize..].trim_ascii_start().starts_with(b"%")
    }

    fn no_percent(&self) -> Diagnostic {
        Diagnostic::error("L019", Span::at(self.prev_end), "the percentage is missing")
            .help("each target of a mix has one, as in: payments/1.4/charge 95% | payments/2.0/charge 5%")
    }

    fn percent(&mut self, n: u16) -> Parsed<u32> {
        let number = self.tok.span;
        let percent = self.word().parse().map_err(|_| {
            Diagnostic::error("L019", number, format!("'{}' is not a percentage", short(self.word())))
                .help("write a whole number from 0 to 100 and %")
        })?;
        self.bump();
        let span = number.to(self.bump());
        self.part(Part::Percent(n), span);
        Ok(percent)
    }

    pub fn duration(&mut self, of: &str) -> Parsed<(Dur, Span)> {
        let help = "write a whole number and ms, s, m, h or d, as in 250ms or 2s";
        if !self.more() {
            return Err(Diagnostic::error(
                "L015",
                Span::at(self.prev_end),
                format!("the duration is missing after '{of}'"),
            )
            .help(help));
        }
        let dur = (self.tok.kind == Kind::Word).then(|| self.word().parse().ok()).flatten().ok_or_else(|| {
            Diagnostic::error("L015", self.tok.span, format!("'{}' is not a duration", short(self.word()))).help(help)
        })?;
        Ok((dur, self.bump()))
    }

    pub fn number<N: FromStr>(&mut self, of: &str, what: &str) -> Parsed<N> {
        let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
        let number = (self.more() && self.tok.kind == Kind::Word).then(|| self.word().parse().ok()).flatten();
        let number = number.ok_or_else(|| {
            Diagnostic::error("L024", at, format!("a number is missing after '{of}'")).help(format!("write {what}"))
        })?;
        self.bump();
        Ok(number)
    }

    /// An expression in parentheses; `part` is its inside.
    pub fn expr(&mut self, part: Part, of: &str) -> Parsed<Expr> {
        if !self.more() || self.tok.kind != Kind::Paren {
            let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
            return Err(Diagnostic::error("L004", at, format!("an expression in parentheses is missing after '{of}'"))
                .help(format!("write it as in: {of} (ball.total > 100)")));
        }
        let open = self.tok.span;
        let Ok(end) = raw::expr_end(self.text, open.end as usize) else {
            return Err(Diagnostic::error("L004", open, "this parenthesis is not closed")
                .help("write ) after the expression; a quote in it must be closed on its line"));
        };
        let inside = Span::new(open.end, to_u32(end));
        let trimmed = raw::trim_expr(self.slice(inside));
        if trimmed.is_empty() {
            return Err(Diagnostic::error("L004", open, "the expression is empty")
                .help(format!("write it as in: {of} (ball.total > 100)")));
        }
        let start = inside.end - to_u32(self.slice(inside).trim_start().len());
        self.bump_to(inside.end + 1);
        self.part(part, Span::new(start, start + to_u32(trimmed.len())));
        Ok(Expr(trimmed.to_owned()))
    }

    /// The text of a string, and its span with the quotes.
    pub fn string(&mut self) -> Parsed<(String, Span)> {
        if self.tok.kind == Kind::OpenStr {
            return Err(self.open_string());
        }
        let span = self.tok.span;
        let source = self.word();
        let inner = &source[1..source.len() - 1];
        let text = if inner.contains('\\') { unescape(inner, span.start + 1)? } else { inner.to_owned() };
        self.bump();
        Ok((text, span))
    }
}

/// The text that the inside of a string stands for.
fn unescape(inner: &str, offset: u32) -> Parsed<String> {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = &rest[at..];
        let (c, len) = read_escape(escape).ok_or_else(|| {
            let start = offset + to_u32(inner.len() - escape.len());
            let len = escape.chars().take(2).map(char::len_utf8).sum();
            Diagnostic::error("L003", Span::new(start, start + to_u32(len)), "there is no such escape")
                .help("escapes are \\\" \\\\ \\n \\r \\t and \\u{…}")
        })?;
        text.push(c);
        rest = &escape[len..];
    }
    text.push_str(rest);
    Ok(text)
}

fn read_escape(escape: &str) -> Option<(char, usize)> {
    Some(match escape.as_bytes().get(1)? {
        b'"' => ('"', 2),
        b'\\' => ('\\', 2),
        b'n' => ('\n', 2),
        b'r' => ('\r', 2),
        b't' => ('\t', 2),
        b'u' => {
            let code = escape[2..].strip_prefix('{')?;
            let end = code.find('}').filter(|end| (1..=6).contains(end))?;
            let valid = code[..end].bytes().all(|b| b.is_ascii_hexdigit());
            let c = u32::from_str_radix(&code[..end], 16).ok().filter(|_| valid).and_then(char::from_u32)?;
            (c, end + 4)
        }
        _ => return None,
    })
}
