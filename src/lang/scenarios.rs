//! Scenarios: what stands for the targets of a play, which signals come, and what is expected of it.

use super::MAX_GROUP;
use super::Part;
use super::lexer::{Kind, to_u32};
use super::nearest::nearest;
use super::parser::{Parsed, Parser, short};
use crate::base::{NodeId, Span};
use crate::diag::Diagnostic;
use crate::play::{Expect, Given, Gives, Mock, Scenario, SentSignal, SignalTo, Step, Stmt, raw};

/// What may follow a node at the start of a step.
pub(super) const CLAUSES: [&str; 4] = ["answers", "fails", "takes", "waits"];
const EXPECTATIONS: [&str; 8] = ["pass", "fail", "result", "visited", "not", "sent", "within", "parked"];
const HELP: &str =
    "a step is: input {…}, NODE answers {…}, NODE fails \"…\", NODE takes 5s, signal NODE {…}, or expect …";

impl Parser<'_> {
    /// What follows the word `scenario`.
    pub fn scenario(&mut self) -> Parsed<Stmt> {
        let help = "write it as in: scenario \"declined\" { charge fails \"declined\", expect pass refused }";
        if !self.more() || !matches!(self.tok.kind, Kind::Str | Kind::OpenStr) {
            return Err(Diagnostic::error("L032", self.here(), "the scenario has no name in quotes").help(help));
        }
        let (name, span) = self.string()?;
        self.part(Part::Title, span);
        if !self.more() || self.tok.kind != Kind::Open {
            return Err(Diagnostic::error("L032", self.here(), "{ is missing after the scenario's name").help(help));
        }
        let open = self.bump();
        let mut steps = Vec::new();
        loop {
            while self.eat(Kind::Comma) {}
            if self.tok.kind == Kind::Close {
                break;
            }
            if self.tok.kind == Kind::Eof || self.starts_block(self.tok, self.lex) {
                return Err(Diagnostic::error("L005", open, "this brace is not closed")
                    .help("write } after the last step of the scenario"));
            }
            let n = u16::try_from(steps.len())
                .ok()
                .filter(|&n| usize::from(n) < MAX_GROUP)
                .ok_or_else(|| Diagnostic::error("L030", open, "too many steps in one scenario"))?;
            let start = self.tok.span.start;
            steps.push(self.step(n)?);
            self.part(Part::Step(n), Span::new(start, self.prev_end));
        }
        self.bump();
        Ok(Stmt::Scenario(Scenario { name, steps }))
    }

    fn step(&mut self, n: u16) -> Parsed<Step> {
        if self.tok.kind != Kind::Word {
            return Err(Diagnostic::error("L033", self.tok.span, "this is no step of a scenario").help(HELP));
        }
        let stands_for_a_target = self.word_after().is_some_and(|next| CLAUSES.contains(&next));
        match self.word() {
            "input" if !stands_for_a_target => {
                self.bump();
                self.given(n, "input").map(Step::Input)
            }
            "signal" if !stands_for_a_target => self.sent_signal(n).map(Step::Signal),
            "expect" if !stands_for_a_target => self.expect(n).map(Step::Expect),
            _ => self.mock(n).map(Step::Mock),
        }
    }

    fn mock(&mut self, n: u16) -> Parsed<Mock> {
        let node = self.step_node(n, "{")?;
        let mut mock = Mock { node, waits: None, takes: None, gives: Gives::Own, times: None };
        let mut n_clauses = 0;
        while self.on_line() && self.tok.kind == Kind::Word && !(n_clauses > 0 && self.begins_step()) {
            let (word, span) = (self.word(), self.bump());
            let twice = match word {
                "answers" => {
                    let old = std::mem::replace(&mut mock.gives, Gives::Answer(self.given(n, word)?));
                    !old.is_own()
                }
                "fails" => {
                    if !self.on_line() || !matches!(self.tok.kind, Kind::Str | Kind::OpenStr) {
                        let help = "write it as in: fails \"declined\", or fails \"UNAVAILABLE: out of order\"";
                        let message = "how it fails is missing after 'fails'";
                        return Err(Diagnostic::error("L028", self.here(), message).help(help));
                    }
                    let old = std::mem::replace(&mut mock.gives, Gives::Failure(self.string()?.0));
                    !old.is_own()
                }
                "takes" => mock.takes.replace(self.duration(word)?.0).is_some(),
                "waits" => mock.waits.replace(self.duration(word)?.0).is_some(),
                "times" => {
                    let what = "for how many attempts this holds, as in: times 2";
                    mock.times.replace(self.number(word, what)?).is_some()
                }
                _ => {
                    let error =
                        Diagnostic::error("L033", span, format!("'{}' is nothing that a target does", short(word)));
                    return Err(match nearest(word, CLAUSES.into_iter().chain(["times"])) {
                        Some(meant) => error.meant(meant),
                        None => error.help(HELP),
                    });
                }
            };
            if twice {
                let message = format!("'{word}' says again what was said before");
                let help = "keep one of them; a second answer is a step of its own";
                return Err(Diagnostic::error("L033", span, message).help(help));
            }
            n_clauses += u32::from(word != "times");
        }
        if n_clauses == 0 {
            let message = format!("it is not said what '{}' does", short(&mock.node));
            return Err(Diagnostic::error("L033", self.here(), message).help(HELP));
        }
        Ok(mock)
    }

    fn sent_signal(&mut self, n: u16) -> Parsed<SentSignal> {
        self.bump();
        let to = if self.on_line() && matches!(self.tok.kind, Kind::Str | Kind::OpenStr) {
            let (name, span) = self.string()?;
            self.part(Part::Signal, span);
            SignalTo::Name(name)
        } else {
            SignalTo::Node(self.step_node(n, "signal")?)
        };
        let payload = if self.on_line() && self.value_starts() { Some(self.given(n, "signal")?) } else { None };
        let at = if self.on_line() && self.is_word("at") {
            self.bump();
            Some(self.duration("at")?.0)
        } else {
            None
        };
        Ok(SentSignal { to, payload, at })
    }

    fn expect(&mut self, n: u16) -> Parsed<Expect> {
        self.bump();
        let span = self.here();
        let word = if self.on_line() && self.tok.kind == Kind::Word { self.word() } else { "" };
        if !EXPECTATIONS.contains(&word) {
            let message = match word {
                "" => "it is not said what is expected".to_owned(),
                word => format!("'{}' cannot be expected", short(word)),
            };
            let error = Diagnostic::error("L033", span, message);
            return Err(match nearest(word, EXPECTATIONS) {
                Some(meant) => error.meant(meant),
                None => error.help(format!("after 'expect' comes one of: {}", EXPECTATIONS.join(", "))),
            });
        }
        self.bump();
        Ok(match word {
            "pass" => Expect::Pass(self.perhaps_node(n)?),
            "fail" => {
                let node = self.perhaps_node(n)?;
                let has_text = self.on_line() && matches!(self.tok.kind, Kind::Str | Kind::OpenStr);
                Expect::Fail { node, said: if has_text { Some(self.string()?.0) } else { None } }
            }
            "result" => Expect::Result(self.given(n, word)?),
            "visited" => {
                let node = self.step_node(n, word)?;
                let has_times = self.on_line() && self.is_word("times");
                let times = if has_times {
                    self.bump();
                    Some(self.number("times", "how many balls come to it, as in: times 2")?)
                } else {
                    None
                };
                Expect::Visited { node, times }
            }
            "not" => Expect::Not(self.step_node(n, word)?),
            "sent" => Expect::Sent { node: self.step_node(n, word)?, value: self.given(n, word)? },
            "within" => Expect::Within(self.duration(word)?.0),
            _ => Expect::Parked(self.step_node(n, word)?),
        })
    }

    /// The node after `pass` or `fail`, unless the word starts the next step.
    fn perhaps_node(&mut self, n: u16) -> Parsed<Option<NodeId>> {
        if !self.on_line() || self.tok.kind != Kind::Word || self.begins_step() {
            return Ok(None);
        }
        self.step_node(n, "expect").map(Some)
    }

    fn step_node(&mut self, n: u16, of: &str) -> Parsed<NodeId> {
        if !self.on_line() && of != "{" {
            return Err(self.no_name(of));
        }
        let (id, span) = self.name(of)?;
        self.part(Part::StepNode(n), span);
        Ok(NodeId::new(id))
    }

    /// A value; `of` is the word before it.
    fn given(&mut self, n: u16, of: &str) -> Parsed<Given> {
        let help = format!("write JSON, as in: {of} {{total: 120}}, or an expression in parentheses: {of} (…)");
        if !self.on_line() {
            let message = format!("a value is missing after '{of}'");
            return Err(Diagnostic::error("L034", self.here(), message).help(help));
        }
        let start = self.tok.span.start;
        let Ok(end) = raw::value_end(self.text, start as usize) else {
            let is_open = matches!(self.tok.kind, Kind::Paren | Kind::Open | Kind::OpenStr) || self.word() == "[";
            let message = if is_open { "this value is not closed" } else { "this is no value" };
            return Err(Diagnostic::error("L034", self.tok.span, message).help(help));
        };
        let whole = Span::new(start, to_u32(end));
        let written = self.slice(whole);
        let (text, inside) = match written.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => {
                let trimmed = raw::trim_expr(inner);
                let lead = inner.len() - inner.trim_start().len();
                let from = start + 1 + to_u32(lead);
                (format!("({trimmed})"), Span::new(from, from + to_u32(trimmed.len())))
            }
            None => (written.to_owned(), whole),
        };
        if inside.is_empty() {
            return Err(Diagnostic::error("L034", whole, "the expression is empty").help(help));
        }
        self.bump_to(whole.end);
        self.part(Part::StepValue(n), inside);
        Ok(Given(text))
    }

    fn value_starts(&self) -> bool {
        raw::value_end(self.text, self.tok.span.start as usize).is_ok()
            || matches!(self.tok.kind, Kind::Paren | Kind::Open | Kind::OpenStr)
            || self.word() == "["
    }

    /// Whether the next token is on the line of the one before it, and goes on with the same step.
    fn on_line(&self) -> bool {
        !self.tok.line_break && !matches!(self.tok.kind, Kind::Comma | Kind::Close | Kind::Eof)
    }

    /// Where the next token is; where the last one ended if that is the end of the step.
    fn here(&self) -> Span {
        if self.on_line() { self.tok.span } else { Span::at(self.prev_end) }
    }

    /// The word behind the next token, if one stands there on its line.
    fn word_after(&self) -> Option<&str> {
        let mut ahead = self.lex;
        let mut comments = Vec::new();
        let next = ahead.next(&mut comments);
        (next.kind == Kind::Word && !next.line_break).then(|| self.slice(next.span))
    }

    /// Whether the next word starts a step of its own: steps on one line may stand side by side.
    fn begins_step(&self) -> bool {
        let mut ahead = self.lex;
        let mut comments = Vec::new();
        let next = ahead.next(&mut comments);
        if next.line_break || matches!(next.kind, Kind::Comma | Kind::Close | Kind::Eof) {
            return false;
        }
        let is_clause = next.kind == Kind::Word && CLAUSES.contains(&self.slice(next.span));
        let own = CLAUSES.contains(&self.word()) || self.is_word("times");
        matches!(self.word(), "input" | "signal" | "expect") || is_clause && !own
    }
}
