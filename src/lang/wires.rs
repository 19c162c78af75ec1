//! Wires and layouts.

use super::lexer::{Kind, to_u32};
use super::nearest::nearest;
use super::parser::{Parsed, Parser, short};
use super::statements::KEYWORDS;
use super::{MAX_GROUP, Part};
use crate::base::{NodeId, Span};
use crate::diag::Diagnostic;
use crate::play::{Entry, Frame, Hop, MAX_WIRES, NotePlace, Place, Stmt, When, Wire};

impl Parser<'_> {
    #[inline]
    pub fn wire(&mut self) -> Parsed<Stmt> {
        let first = self.tok;
        let from = self.group(0)?;
        let mut hops = Vec::new();
        while self.tok.kind == Kind::Arrow {
            let arrow = self.bump();
            let n = u16::try_from(hops.len() + 1)
                .ok()
                .filter(|&n| usize::from(n) < MAX_GROUP)
                .ok_or_else(|| too_many(arrow, "nodes in a row"))?;
            let to = self.group(n)?;
            let when = self.when(n - 1)?;
            if hops.is_empty() && self.tok.kind != Kind::Arrow {
                hops.reserve_exact(1);
            }
            hops.push(Hop { to, when });
        }
        if hops.is_empty() {
            return Err(self.no_arrow(first.span, first.kind == Kind::Word));
        }
        let wire = Wire { from, hops };
        self.count_wires(&wire, first.span);
        Ok(Stmt::Wire(wire))
    }

    /// Says so where a play gets more wires than a graph has room for.
    fn count_wires(&mut self, wire: &Wire, at: Span) {
        let mut n_tails = wire.from.len();
        let before = self.n_wires;
        for hop in &wire.hops {
            self.n_wires = self.n_wires.saturating_add(n_tails * hop.to.len());
            n_tails = hop.to.len();
        }
        if before <= MAX_WIRES && self.n_wires > MAX_WIRES {
            let message = format!("the play has more than {MAX_WIRES} wires, and those from here on are left out");
            self.report(Diagnostic::error("L030", at, message).help("put a node between large groups"));
        }
    }

    fn no_arrow(&self, first: Span, is_word: bool) -> Diagnostic {
        let word = self.slice(first);
        let keywords = KEYWORDS.into_iter().chain(["role", "layout", "scenario"]);
        if self.more() && self.tok.kind == Kind::Comma {
            return Diagnostic::error("L022", self.tok.span, "several nodes stand in braces")
                .help("write { a, b } -> c");
        }
        if !is_word || !self.more() && nearest(word, keywords.clone()).is_none() {
            return Diagnostic::error("L022", Span::at(self.prev_end), "-> and a node are missing")
                .help("write a wire as in: order -> validate");
        }
        if matches!(word, "when" | "otherwise" | "on") {
            return Diagnostic::error("L023", first, format!("'{word}' stands alone"))
                .help("a condition follows the wire that it holds for: both -> approve when (ball.total > 100)");
        }
        if self.more() && matches!(self.word(), "when" | "otherwise" | "on") {
            return Diagnostic::error("L023", self.tok.span, "the condition stands before its arrow")
                .help("a condition follows the wire that it holds for: both -> approve when (ball.total > 100)");
        }
        let error = Diagnostic::error("L009", first, format!("'{}' starts no statement", short(word)));
        match nearest(word, keywords) {
            Some(meant) => error.meant(meant),
            None => error.help("a statement starts with a connector, as in: call charge = payments/1.4/charge; a wire is written a -> b"),
        }
    }

    /// One name, or names in braces.
    fn group(&mut self, group: u16) -> Parsed<Vec<NodeId>> {
        if self.tok.kind == Kind::Word && self.more_or_first(group) {
            let (id, span) = self.name("->")?;
            self.part(Part::End { group, index: 0 }, span);
            return Ok(vec![NodeId::new(id)]);
        }
        if self.tok.kind != Kind::Open || !self.more_or_first(group) {
            let at = if self.more_or_first(group) { self.tok.span } else { Span::at(self.prev_end) };
            return Err(Diagnostic::error("L022", at, "a node is missing after ->")
                .help("write a node's name, or several in braces: { charge, reserve }"));
        }
        let open = self.bump();
        let mut ids = Vec::new();
        while self.tok.kind != Kind::Close {
            if self.tok.kind != Kind::Word {
                return Err(self.open_group(open));
            }
            let index = u16::try_from(ids.len())
                .ok()
                .filter(|&n| usize::from(n) < MAX_GROUP)
                .ok_or_else(|| too_many(open, "nodes in braces"))?;
            let (id, span) = self.name("{")?;
            self.part(Part::End { group, index }, span);
            ids.push(NodeId::new(id));
            if self.tok.kind != Kind::Close && !self.eat(Kind::Comma) {
                return Err(self.open_group(open));
            }
        }
        if ids.is_empty() {
            return Err(
                Diagnostic::error("L022", open, "the braces are empty").help("write the names of nodes in them")
            );
        }
        self.bump();
        Ok(ids)
    }

    fn more_or_first(&self, group: u16) -> bool {
        group == 0 || self.more()
    }

    fn open_group(&self, open: Span) -> Diagnostic {
        if self.tok.kind == Kind::Word && !self.tok.line_break {
            return Diagnostic::error("L005", self.tok.span, "a comma is missing")
                .help("write { charge, reserve }")
                .fix_at("add a comma", Span::at(self.prev_end), ",");
        }
        Diagnostic::error("L005", open, "this brace is not closed").help("write } after the last name")
    }

    /// The condition after hop `hop`.
    fn when(&mut self, hop: u16) -> Parsed<When> {
        if self.tok.kind != Kind::Word || !self.more() {
            return Ok(When::Always);
        }
        let from = self.tok.span;
        let when = match self.word() {
            "when" => {
                self.bump();
                When::If(self.expr(Part::Guard(hop), "when")?)
            }
            "otherwise" => {
                self.bump();
                When::Otherwise
            }
            "on" => {
                self.bump();
                let word = if self.more() && self.tok.kind == Kind::Word { self.word() } else { "" };
                let when = match word {
                    "error" => When::Error,
                    "timeout" => When::Timeout,
                    _ => {
                        let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
                        return Err(Diagnostic::error("L023", at, "'on' is followed by error or timeout")
                            .help("write on error or on timeout"));
                    }
                };
                self.bump();
                when
            }
            word => {
                let error = Diagnostic::error("L023", from, format!("'{}' is no condition of a wire", short(word)));
                return Err(match nearest(word, ["when", "otherwise", "on"]) {
                    Some(meant) => error.meant(meant),
                    None => error.help("write when (…), otherwise, on error or on timeout; or -> for another hop"),
                });
            }
        };
        self.part(Part::When(hop), Span::new(from.start, self.prev_end));
        Ok(when)
    }

    pub fn layout(&mut self) -> Parsed<Stmt> {
        if self.tok.kind != Kind::Open || !self.more() {
            let at = if self.more() { self.tok.span } else { Span::at(self.prev_end) };
            return Err(Diagnostic::error("L025", at, "{ is missing after 'layout'")
                .help("write it as in: layout { validate 120 80 }"));
        }
        let open = self.bump();
        let mut entries = Vec::new();
        let mut members = Vec::new();
        while self.tok.kind != Kind::Close {
            if self.tok.kind != Kind::Word {
                return Err(if matches!(self.tok.kind, Kind::Comma | Kind::Minus | Kind::Other) {
                    self.bad_place()
                } else {
                    self.open_group(open)
                });
            }
            let (word, span) = self.name("layout")?;
            let n = to_u32(entries.len());
            // A node may be called `note` or `frame`: those have texts after them.
            let has_text = self.tok.kind == Kind::Str && self.more();
            entries.push(match word {
                "note" if has_text => {
                    let (note, _) = self.string()?;
                    Entry::Note(NotePlace { note, x: self.coordinate()?, y: self.coordinate()? })
                }
                "frame" if has_text => Entry::Frame(self.frame(n, &mut members)?),
                _ => Entry::Node(Place { id: NodeId::new(word), x: self.coordinate()?, y: self.coordinate()? }),
            });
            self.part(Part::Place(n), span);
            if !self.eat(Kind::Comma) && !self.tok.line_break && self.tok.kind != Kind::Close {
                return Err(self.bad_place());
            }
        }
        self.bump();
        self.map.parts.append(&mut members);
        Ok(Stmt::Layout(entries))
    }

    /// What follows the word `frame`: a title, `collapsed` if it is, and its nodes in braces.
    fn frame(&mut self, entry: u32, members: &mut Vec<(Part, Span)>) -> Parsed<Frame> {
        let (title, at) = self.string()?;
        let collapsed = self.is_word("collapsed");
        if collapsed {
            self.bump();
        }
        if self.tok.kind != Kind::Open {
            return Err(Diagnostic::error("L025", at, "{ is missing after the title of a frame")
                .help("write it as in: frame \"Payment\" { charge, reserve }"));
        }
        let open = self.bump();
        let mut nodes = Vec::new();
        while self.tok.kind != Kind::Close {
            if self.tok.kind != Kind::Word {
                return Err(self.open_group(open));
            }
            let index = u16::try_from(nodes.len()).ok().filter(|&n| usize::from(n) < MAX_GROUP);
            let index = index.ok_or_else(|| {
                Diagnostic::error("L030", open, format!("a frame has at most {MAX_GROUP} nodes"))
                    .help("make several frames")
            })?;
            let (id, span) = self.name("{")?;
            members.push((Part::Member { entry, index }, span));
            nodes.push(NodeId::new(id));
            if self.tok.kind != Kind::Close && !self.eat(Kind::Comma) {
                return Err(self.open_group(open));
            }
        }
        self.bump();
        Ok(Frame { title, collapsed, nodes })
    }

    fn coordinate(&mut self) -> Parsed<i32> {
        let start = self.tok.span;
        if self.tok.kind == Kind::Minus {
            self.bump();
        }
        let span = start.to(self.tok.span);
        let number = (self.tok.kind == Kind::Word).then(|| self.slice(span).parse().ok()).flatten();
        let number = number.ok_or_else(|| self.bad_place())?;
        self.bump();
        Ok(number)
    }

    fn bad_place(&self) -> Diagnostic {
        Diagnostic::error("L025", self.tok.span, "a place is a name and two whole numbers")
            .help("write it as in: layout { validate 120 80, split 320 80 }, parted by commas or new lines")
    }
}

fn too_many(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("L030", span, format!("a wire has at most {MAX_GROUP} {what}")).help("write several wires")
}
