use std::collections::BTreeSet;

use super::place::{Block, Inside, Place, floor};
use super::vars::ExprScene;
use super::{Known, words};
use crate::base::{Span, VersionKind, version_kind};
use crate::lang::Source;
use crate::play::{Bind, Graph, NodeKind, Play, Stmt, Target, TargetRef};

/// What may be written at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// What a chosen one takes the place of: the word up to the cursor.
    pub span: Span,
    /// The best first.
    pub list: Vec<Completion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub label: String,
    pub sort: Sort,
    /// What it is, in a few words.
    pub detail: String,
    /// What is written.
    pub insert: String,
    /// Where the cursor goes, in bytes of `insert`.
    pub caret: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Node,
    Role,
    Target,
    Field,
    Var,
    Option,
    Keyword,
    Value,
}

/// As many as are given.
const MAX: usize = 60;

/// What may be written at `offset`, given the word before it. Empty in comments and texts.
pub fn complete(source: &Source, offset: u32, known: &Known) -> Completions {
    let offset = floor(&source.text, offset as usize);
    let place = Place::new(source, offset);
    let mut offer = Offer { source, known, list: Vec::new() };
    let wide = match place.inside {
        Inside::Comment | Inside::Text | Inside::ExprText | Inside::Value => return Completions::default(),
        Inside::Expr(start) => {
            offer.expr(&place, start, offset);
            false
        }
        _ => offer.statement(&place),
    };
    let typed = typed(&source.text[place.start..offset], wide, matches!(place.inside, Inside::Expr(_)));
    let list = rank(offer.list, typed);
    let start = offset - typed.len();
    Completions { span: span(start, offset), list }
}

fn span(start: usize, end: usize) -> Span {
    let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span::new(at(start), at(end))
}

/// The word that is being typed at the end of a text; `wide` for targets.
fn typed(before: &str, wide: bool, in_expr: bool) -> &str {
    let is = |c: char| {
        c.is_alphanumeric() || c == '_' || (!in_expr && c == '-') || (wide && matches!(c, '/' | '.' | '^' | '*' | '~'))
    };
    let start = before.char_indices().rev().take_while(|(_, c)| is(*c)).last().map_or(before.len(), |(at, _)| at);
    // What follows an arrow starts behind it; the '-' of an arrow that is being typed is no word.
    before[start..].trim_start_matches('-')
}

/// Those that the typed word may become: first those that start with it, then those that hold its letters in order.
fn rank(list: Vec<Completion>, typed: &str) -> Vec<Completion> {
    let typed = typed.to_lowercase();
    let mut seen = BTreeSet::new();
    let mut ranked: Vec<(u8, usize, Completion)> = Vec::new();
    for (n, found) in list.into_iter().enumerate() {
        let label = found.label.to_lowercase();
        let score = if label.starts_with(&typed) {
            0
        } else if label.split(['/', '-', '_']).any(|part| part.starts_with(&typed)) {
            1
        } else if holds(&label, &typed) {
            2
        } else {
            continue;
        };
        if seen.insert((found.label.clone(), found.insert.clone())) {
            ranked.push((score, n, found));
        }
    }
    ranked.sort_by_key(|(score, n, _)| (*score, *n));
    // What is there already in full needs no completion.
    if let [(_, _, only)] = ranked.as_slice()
        && only.insert.to_lowercase() == typed
    {
        return Vec::new();
    }
    ranked.into_iter().take(MAX).map(|(_, _, found)| found).collect()
}

fn holds(label: &str, typed: &str) -> bool {
    let mut chars = label.chars();
    typed.chars().all(|wanted| chars.any(|c| c == wanted))
}

pub(super) struct Offer<'s> {
    source: &'s Source,
    known: &'s Known,
    list: Vec<Completion>,
}

impl<'s> Offer<'s> {
    pub(super) fn add(&mut self, sort: Sort, label: &str, detail: impl Into<String>) {
        self.add_as(sort, label, label, detail);
    }

    /// `insert` has a `|` where the cursor goes; at its end without one.
    pub(super) fn add_as(&mut self, sort: Sort, label: &str, insert: &str, detail: impl Into<String>) {
        let (insert, caret) = match insert.split_once('|') {
            Some((before, after)) => (format!("{before}{after}"), before.len()),
            None => (insert.to_owned(), insert.len()),
        };
        self.list.push(Completion { label: label.to_owned(), sort, detail: detail.into(), insert, caret });
    }

    pub(super) fn play(&self, item: Option<usize>) -> Option<&'s Play> {
        self.source.doc.play(item?)
    }

    /// Whether what is offered are targets.
    fn statement(&mut self, place: &Place<'s>) -> bool {
        let mut said = place.tokens();
        // The word at the cursor is what is being typed, not what stands before it.
        let typing = !place.before.ends_with(|c: char| c.is_whitespace() || matches!(c, '{' | ',' | '=' | '|' | '>'));
        if typing {
            said.pop();
        }
        match place.block {
            Block::Top => self.top(&said),
            Block::Formation(item) => return self.in_formation(&said, item),
            Block::Play(item) => match place.inside {
                Inside::Layout => self.layout(item, &said),
                Inside::Scenario => self.scenario(item, place, &said),
                _ => return self.in_play(&said, item),
            },
        }
        false
    }

    fn top(&mut self, said: &[&str]) {
        match said {
            [] => {
                let play = "play | {\n  snap start\n  pass done\n\n  start -> done\n}";
                self.add_as(Sort::Keyword, "play", play, words::meaning("play").unwrap_or_default());
                let formation = "formation | {\n}";
                self.add_as(Sort::Keyword, "formation", formation, words::meaning("formation").unwrap_or_default());
            }
            ["play", _, ..] => {
                self.add_as(Sort::Option, "timeout", "timeout |1h", "bounds the whole run");
                self.add_as(Sort::Option, "\"title\"", "\"|\"", "what the play is called");
            }
            _ => {}
        }
    }

    fn in_play(&mut self, said: &[&'s str], item: Option<usize>) -> bool {
        let Some((&first, rest)) = said.split_first() else {
            self.nodes(item, &[]);
            for (word, insert, about) in words::STATEMENTS {
                self.add_as(Sort::Keyword, word, insert, about);
            }
            return false;
        };
        let is_wire = said.contains(&"->") || first == "{" || !is_keyword(first);
        if is_wire {
            self.wire(said, item);
            return false;
        }
        match (first, rest) {
            ("layout" | "scenario", _) | ("role", [_, ..]) => false,
            (_, []) => {
                self.missing(item);
                false
            }
            ("call" | "wait-for-worker" | "pass", [_]) => {
                self.add_as(Sort::Value, "=", "= ", "and a target");
                if first == "pass" {
                    self.options(rest);
                }
                false
            }
            ("call" | "wait-for-worker" | "pass", [_, "=", rest @ ..]) => match rest.last() {
                None | Some(&"|") => {
                    self.targets(item);
                    true
                }
                Some(last) if last.ends_with('%') => {
                    self.add_as(Sort::Value, "|", "\u{7c} ", "and another target of the mix");
                    self.options(rest);
                    false
                }
                _ => {
                    self.options(rest);
                    false
                }
            },
            ("fan-in", [_]) => {
                for (word, about) in words::POLICIES {
                    self.add(Sort::Value, word, about);
                }
                false
            }
            ("wait-for-signal", [_]) => {
                for signal in self.signals(item) {
                    self.add(Sort::Value, &format!("\"{signal}\""), "a signal of this file");
                }
                self.add_as(Sort::Value, "\"signal\"", "\"|\"", "the name that the signal is sent by");
                false
            }
            ("fan-out", [_]) => {
                for (word, insert, about) in words::SPREADS {
                    self.add_as(Sort::Value, word, insert, about);
                }
                self.options(rest);
                false
            }
            _ => {
                self.options(rest);
                false
            }
        }
    }

    fn options(&mut self, said: &[&str]) {
        match said.last().copied() {
            Some("timeout") => self.durations(),
            Some("retry") => {
                for count in ["1", "3", "5"] {
                    self.add(Sort::Value, count, "more attempts after the first");
                }
            }
            Some("backoff") => {
                for range in ["100ms..5s", "1s..30s"] {
                    self.add(Sort::Value, range, "the first and the longest wait");
                }
            }
            Some(word @ ("with" | "key")) => {
                self.add_as(Sort::Value, "(…)", "(|)", format!("the expression of '{word}'"));
            }
            _ => {
                for (word, insert, about) in words::OPTIONS {
                    let there =
                        said.contains(&word) || (word.starts_with('"') && said.iter().any(|s| s.starts_with('"')));
                    if !there {
                        self.add_as(Sort::Option, word, insert, about);
                    }
                }
            }
        }
    }

    pub(super) fn durations(&mut self) {
        for (duration, about) in [
            ("500ms", "half a second"),
            ("2s", "2 seconds"),
            ("10s", "10 seconds"),
            ("5m", "5 minutes"),
            ("1h", "an hour"),
        ] {
            self.add(Sort::Value, duration, about);
        }
    }

    fn wire(&mut self, said: &[&str], item: Option<usize>) {
        let in_group =
            said.iter().filter(|word| **word == "{").count() > said.iter().filter(|word| **word == "}").count();
        match said.last().copied() {
            Some("->" | "{" | ",") => {
                // Names that this group or statement has already come last.
                let group: Vec<&str> = said.iter().rev().take_while(|word| **word != "->").copied().collect();
                self.nodes(item, &group);
                if said.last() == Some(&"->") {
                    self.add_as(Sort::Value, "{ … }", "{ | }", "several nodes");
                }
            }
            Some("on") => {
                self.add(Sort::Keyword, "error", "this way if the node fails");
                self.add(Sort::Keyword, "timeout", "this way if the node's timeout is over");
            }
            Some("when") => self.add_as(Sort::Value, "(…)", "(|)", "the condition"),
            Some(_) if in_group => {}
            Some(last) => {
                let has_arrow = said.contains(&"->");
                let ended = last.starts_with('(') || matches!(last, "otherwise" | "error" | "timeout");
                if has_arrow && !ended {
                    for (word, insert, about) in words::CONDITIONS {
                        self.add_as(Sort::Keyword, word, insert, about);
                    }
                }
                self.add_as(Sort::Value, "->", "-> ", "and the next node");
            }
            None => self.nodes(item, &[]),
        }
    }

    fn layout(&mut self, item: Option<usize>, said: &[&str]) {
        let Some(play) = self.play(item) else { return };
        // id x y, parted by commas or lines: a name comes after two numbers.
        let numbers = said.iter().rev().take_while(|word| word.parse::<i32>().is_ok()).count();
        if !matches!(said.last(), Some(&("{" | ","))) && numbers < 2 {
            return;
        }
        for node in nodes_of(play) {
            if !said.contains(&node.id.as_str()) {
                self.add(Sort::Node, &node.id, node.kind.keyword());
            }
        }
    }

    /// Ids of the play; those in `last` at the end.
    fn nodes(&mut self, item: Option<usize>, last: &[&str]) {
        let Some(play) = self.play(item) else { return };
        for again in [false, true] {
            for node in nodes_of(play).filter(|node| last.contains(&node.id.as_str()) == again) {
                let detail = match node.kind.target() {
                    Some(target) => format!("{} {target}", node.kind.keyword()),
                    None => node.kind.keyword().to_owned(),
                };
                self.add(Sort::Node, &node.id, detail);
            }
        }
    }

    /// Names that wires use and no statement defines: what a new node is probably called.
    fn missing(&mut self, item: Option<usize>) {
        let Some(play) = self.play(item) else { return };
        let graph = Graph::new(play);
        for end in &graph.unknown {
            if let Stmt::Wire(wire) = &play.body[end.stmt as usize].kind
                && let Some(id) =
                    super::site::wire_group(wire, end.group).and_then(|ids| ids.get(usize::from(end.index)))
            {
                self.add(Sort::Node, id, "named in a wire, and not there yet");
            }
        }
    }

    pub(super) fn signals(&self, item: Option<usize>) -> BTreeSet<String> {
        let of = |play: &Play| -> Vec<String> {
            nodes_of(play)
                .filter_map(|node| match &node.kind {
                    NodeKind::WaitForSignal(name) => Some(name.clone()),
                    _ => None,
                })
                .collect()
        };
        let here = self.play(item).map(of).unwrap_or_default();
        self.source.doc.plays().flat_map(|(_, play)| of(play)).chain(here).filter(|name| !name.contains('"')).collect()
    }

    /// Roles, then what the file calls, its plays, what is known from elsewhere, what its formations bind.
    fn targets(&mut self, item: Option<usize>) {
        if let Some(play) = self.play(item) {
            for line in &play.body {
                if let Stmt::Role(name) = &line.kind {
                    self.add(Sort::Role, name, "a role of this play");
                }
            }
        }
        let doc = &self.source.doc;
        let mut called = BTreeSet::new();
        for (_, play) in doc.plays() {
            for to in nodes_of(play).filter_map(|node| node.kind.target()).flat_map(Target::refs) {
                if let TargetRef::Coord(coord) = to {
                    called.insert(coord.to_string());
                }
            }
        }
        for coord in called {
            self.add(Sort::Target, &coord, "called in this file");
        }
        for (other, play) in doc.plays() {
            if Some(other) != item {
                self.add(Sort::Target, &play.coord.to_string(), "a play of this file");
            }
        }
        for target in &self.known.targets {
            self.add(Sort::Target, &target.coord.to_string(), target.from.clone());
        }
        for (_, formation) in doc.formations() {
            for binding in formation.bindings() {
                let version = if binding.version == "*" { "1" } else { binding.version.as_str() };
                let start = format!("{}/{version}/", binding.image);
                self.add(Sort::Target, &start, format!("bound in {}", formation.name));
            }
        }
    }

    fn in_formation(&mut self, said: &[&str], item: Option<usize>) -> bool {
        match said {
            [] => {
                self.add_as(Sort::Keyword, "role", "role | = image/version/method", "fills a role of a play");
                self.bindings(item);
                true
            }
            ["role"] => {
                self.roles(item);
                false
            }
            ["role", _] => {
                self.add_as(Sort::Value, "=", "= ", "and a target");
                false
            }
            ["role", _, "=", rest @ ..] if rest.last().is_none_or(|last| *last == "|") => {
                self.targets(None);
                true
            }
            [_] => {
                for (word, insert, about) in words::WAYS {
                    self.add_as(Sort::Keyword, word, insert, about);
                }
                false
            }
            [_, "pod", _] => {
                self.add_as(Sort::Option, "container", "container \"|\"", "the image of the container");
                false
            }
            _ => false,
        }
    }

    /// Images that plays call and that the formation does not bind yet, first.
    fn bindings(&mut self, item: Option<usize>) {
        let doc = &self.source.doc;
        let bound: BTreeSet<&str> = item
            .and_then(|item| doc.formation(item))
            .map(|formation| formation.bindings().map(|binding| binding.image.as_str()).collect())
            .unwrap_or_default();
        let mut called: BTreeSet<(bool, &str, &str)> = BTreeSet::new();
        for to in doc
            .plays()
            .flat_map(|(_, play)| nodes_of(play))
            .filter_map(|node| node.kind.target())
            .flat_map(Target::refs)
        {
            if let TargetRef::Coord(coord) = to {
                called.insert((bound.contains(coord.image.as_str()), &coord.image, &coord.version));
            }
        }
        for (is_bound, image, version) in called {
            let detail = if is_bound { "called by a play" } else { "called by a play, and not bound here yet" };
            self.add(Sort::Target, &format!("{image}/*"), detail);
            if matches!(version_kind(version), Ok(VersionKind::Exact)) {
                self.add(Sort::Target, &format!("{image}/{version}"), detail);
            }
        }
    }

    fn roles(&mut self, item: Option<usize>) {
        let doc = &self.source.doc;
        let filled: BTreeSet<&str> = item
            .and_then(|item| doc.formation(item))
            .map(|formation| {
                let roles = formation.body.iter().filter_map(|line| match &line.kind {
                    Bind::Role(name, _) => Some(name.as_str()),
                    _ => None,
                });
                roles.collect()
            })
            .unwrap_or_default();
        for (_, play) in doc.plays() {
            for line in &play.body {
                if let Stmt::Role(name) = &line.kind
                    && !filled.contains(name.as_str())
                {
                    self.add_as(Sort::Role, name, &format!("{name} = "), format!("a role of {}", play.coord));
                }
            }
        }
    }

    /// In an expression that starts at byte `start`.
    fn expr(&mut self, place: &Place<'s>, start: usize, offset: usize) {
        let before = &self.source.text[start..offset];
        let path = before[..before.len() - typed(before, false, true).len()].trim_end();
        let Block::Play(item) = place.block else { return };
        let scene = self.play(item).map(|play| ExprScene::new(play, &self.source.text[place.start..start]));
        if let Some(base) = path.strip_suffix('.') {
            let base = base.trim_end();
            let name = base.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).next().unwrap_or_default();
            match name {
                "run" => self.fields(&words::RUN_FIELDS),
                "error" => self.fields(&words::ERROR_FIELDS),
                "ball" | "balls" => {
                    for id in scene.iter().flat_map(|scene| scene.keys(name == "balls")) {
                        let field = id.replace('-', "_") == id.as_str();
                        if field {
                            self.add(Sort::Field, &id, "the ball that came from this node");
                        }
                    }
                }
                _ => {}
            }
            if !matches!(name, "run" | "error") {
                for (word, insert, about) in words::METHODS {
                    self.add_as(Sort::Value, word, insert, about);
                }
            }
            return;
        }
        let scene = scene.unwrap_or_default();
        for (name, about) in words::VARS {
            let there = match name {
                "balls" => scene.at_fan_in,
                "error" => scene.has_error,
                "signal" => scene.has_signal,
                _ => true,
            };
            if there {
                self.add(Sort::Var, name, about);
            }
        }
        for (word, insert, about) in words::FUNCTIONS {
            self.add_as(Sort::Value, word, insert, about);
        }
        for word in ["true", "false", "null"] {
            self.add(Sort::Value, word, "");
        }
    }

    fn fields(&mut self, fields: &[(&str, &str)]) {
        for (name, about) in fields {
            self.add(Sort::Field, name, *about);
        }
    }
}

pub(super) fn nodes_of(play: &Play) -> impl Iterator<Item = &crate::play::Node> {
    play.body.iter().filter_map(|line| match &line.kind {
        Stmt::Node(node) => Some(node),
        _ => None,
    })
}

fn is_keyword(word: &str) -> bool {
    words::STATEMENTS.iter().any(|(keyword, ..)| *keyword == word)
}
