//! Documents, texts and edits made from a tape of random numbers. A tape is a plain vector, so a failing case shrinks well
//! and costs little to make.

#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "small numbers")]

use chalktalk::base::{Coord, Dur, NodeId, Unit};
use chalktalk::play::{
    Bind, Binding, Document, Edit, Entry, Expect, Expr, Formation, Frame, Given, Gives, Head, Hop, Item, Line, Mock,
    Node, NodeKind, NotePlace, Options, Place, Play, Policy, Scenario, SentSignal, Share, SignalTo, Splice, Spread,
    Step, Stmt, Target, TargetRef, Via, When, Wire,
};

pub struct Tape<'a> {
    numbers: &'a [u16],
    at: usize,
}

const NAMES: [&str; 24] = [
    "a",
    "b",
    "order",
    "charge",
    "both",
    "call",
    "snap",
    "on",
    "when",
    "layout",
    "role",
    "play",
    "formation",
    "_x",
    "x1-2",
    "timeout",
    "each",
    "one",
    "all",
    "größe",
    "数",
    "fan-out",
    "a-name-longer-than-what-fits-in-place",
    "wait-for-signal",
];
const COMMENTS: [&str; 10] = [
    "",
    "a comment",
    "/ three slashes",
    "//// many",
    "  indented",
    "it's \"quoted\" -> (odd",
    "} { ) (",
    "ünïcode 数",
    "play a/1/b {",
    "a\rb",
];
const TEXTS: [&str; 12] = [
    "",
    "Checkout",
    "say \"hi\"",
    "back\\slash",
    "two\nlines",
    "tab\tand\rreturn",
    "a -> b // no comment",
    "数 🏈",
    "\u{1}\u{7f}\u{200b}",
    "{version}",
    "\\u{41}",
    "http://shop-{version}.svc:50051",
];
const VALUES: [&str; 11] = [
    "{}",
    "{total: 120, \"id\": [1, -2.5e3], at: null}",
    "{a: ball.b, c: '}'}",
    "[]",
    "[{\"x\": \"}\"}, \"]\"]",
    "\"text -> \\\"more\\\"\"",
    "7",
    "-0.5",
    "true",
    "null",
    "{\n    \"deep\": {\"er\": [1,\n 2]} // so\n  }",
];

const EXPRS: [&str; 16] = [
    "ball.x > 1",
    "f(a, (b))",
    "'it\\'s ('",
    "\"}\" == x",
    "r'\\' + x",
    "{order: ball.id, by: signal.name}",
    "a // c (\n",
    "'''a\n) b''' + c",
    "[1, 2].map(x, x * 2)",
    "a >= 1 && b <= 2 || c != d",
    "true",
    "ball.items\n    .size() == 0",
    "br\"\\\" + x",
    "// only\nx",
    "\"\"\"->\"\"\"",
    "-x",
];
const COORDS: [&str; 10] = [
    "shop/2.1/validate",
    "payments/1.4/charge",
    "stock/^3/reserve",
    "a/*/b",
    "x.y/>=1.2,<3/m-1",
    "demo/v3/_run",
    "a/2.x/b",
    "i-/sha-1f2e/m-",
    "1/1/m",
    "play/1.0.0-rc.1+build/run",
];
/// Each reads as one bad statement in the body of a play, whatever stands around it.
const BAD_STMTS: [&str; 18] = [
    "foo bar",
    "fan-in both",
    "call x",
    "snap",
    "a -> { b -> c }",
    "a -> {}",
    "@",
    "\"open",
    "layout { a }",
    "call x = shop/2 timeout 2s",
    "a -> b when (x -> y)",
    "retry 3",
    "x -> b on fire",
    "role 5",
    "a, b -> c",
    "call x = shop/2.1/m retry\t3  retry 4",
    "a ->\n      b c",
    "when (x)",
];
const BAD_BINDS: [&str; 6] = ["shop", "shop/1 fly", "shop/^1 pull", "shop/1 pod x", "shop/1 service", "-> x"];
const BAD_ITEMS: [&str; 8] = [
    "}",
    "snap x",
    "foo",
    "ply a/1/b {\n  snap x\n  x -> { y, z }\n}",
    "play shop/1 {\n  call x = 1\n}",
    "formation {\n}",
    "a -> b",
    "\"open",
];

impl<'a> Tape<'a> {
    pub fn new(numbers: &'a [u16]) -> Self {
        Self { numbers, at: 0 }
    }

    /// 0 when the tape is at its end, so that every loop ends.
    fn next(&mut self) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(number)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.next() % n.max(1)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn some<T>(&mut self, one_in: usize, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.one_in(one_in) { Some(make(self)) } else { None }
    }

    fn list<T>(&mut self, least: usize, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let n = least + self.below(most - least + 1);
        (0..n).map(|_| make(self)).collect()
    }

    fn text(&mut self) -> String {
        self.pick(&TEXTS).to_owned()
    }

    fn id(&mut self) -> NodeId {
        NodeId::new(self.pick(&NAMES))
    }

    fn expr(&mut self) -> Expr {
        Expr(self.pick(&EXPRS).to_owned())
    }

    fn dur(&mut self) -> Dur {
        let unit = self.pick(&Unit::ALL);
        Dur::new(u32::try_from(self.next()).unwrap() * 3, unit)
    }

    fn coord(&mut self) -> Coord {
        self.pick(&COORDS).parse().unwrap()
    }

    fn target_ref(&mut self) -> TargetRef {
        if self.one_in(3) { TargetRef::Role(self.pick(&NAMES).into()) } else { TargetRef::Coord(self.coord()) }
    }

    fn target(&mut self) -> Target {
        if self.one_in(3) {
            Target::Mix(self.list(1, 3, |tape| Share { to: tape.target_ref(), percent: tape.below(120) as u32 }))
        } else {
            Target::One(self.target_ref())
        }
    }

    fn line<K>(&mut self, is_comment: impl Fn(&K) -> bool, kind: K) -> Line<K> {
        let blank = self.one_in(4);
        let note = if is_comment(&kind) { None } else { self.some(6, |tape| tape.pick(&COMMENTS).to_owned()) };
        Line { blank, kind, note }
    }

    pub fn stmt(&mut self) -> Line<Stmt> {
        let kind = match self.below(17) {
            0..6 => Stmt::Node(self.node()),
            6..11 => Stmt::Wire(self.wire()),
            11 => Stmt::Comment(self.pick(&COMMENTS).to_owned()),
            12 => Stmt::Role(self.pick(&NAMES).into()),
            13 => {
                let most = if self.one_in(4) { 14 } else { 3 };
                Stmt::Layout(self.list(0, most, Self::entry))
            }
            14 => Stmt::Scenario(Scenario { name: self.text(), steps: self.list(0, 5, Self::step) }),
            _ if self.one_in(3) => Stmt::Bad(self.pick(&BAD_STMTS).to_owned()),
            _ => Stmt::Node(self.node()),
        };
        // A string that is left open would swallow the note.
        self.line(|kind| matches!(kind, Stmt::Comment(_)) || *kind == Stmt::Bad("\"open".into()), kind)
    }

    fn entry(&mut self) -> Entry {
        let (x, y) = (self.below(2000) as i32 - 900, self.below(2000) as i32);
        match self.below(6) {
            0 => Entry::Note(NotePlace { note: self.text(), x, y }),
            1 => {
                let (title, collapsed) = (self.text(), self.one_in(2));
                Entry::Frame(Frame { title, collapsed, nodes: self.list(0, 4, Self::id) })
            }
            _ => Entry::Node(Place { id: self.id(), x, y }),
        }
    }

    fn given(&mut self) -> Given {
        let expr = self.expr();
        if self.one_in(3) { Given(format!("({})", expr.0)) } else { Given(self.pick(&VALUES).to_owned()) }
    }

    fn step(&mut self) -> Step {
        match self.below(14) {
            0 => Step::Input(self.given()),
            1..5 => {
                let gives = match self.below(3) {
                    0 => Gives::Answer(self.given()),
                    1 => Gives::Failure(self.text()),
                    _ => Gives::Own,
                };
                let waits = self.some(4, Self::dur);
                let takes = if waits.is_none() && gives.is_own() { Some(self.dur()) } else { self.some(4, Self::dur) };
                Step::Mock(Mock {
                    node: self.id(),
                    waits,
                    takes,
                    gives,
                    times: self.some(4, |tape| tape.below(9) as u32),
                })
            }
            5 | 6 => {
                let to = if self.one_in(2) { SignalTo::Node(self.id()) } else { SignalTo::Name(self.text()) };
                Step::Signal(SentSignal { to, payload: self.some(2, Self::given), at: self.some(3, Self::dur) })
            }
            7 => Step::Expect(Expect::Pass(self.some(2, Self::id))),
            8 => Step::Expect(Expect::Fail { node: self.some(2, Self::id), said: self.some(2, Self::text) }),
            9 => Step::Expect(Expect::Result(self.given())),
            10 => Step::Expect(Expect::Visited { node: self.id(), times: self.some(2, |tape| tape.below(9) as u32) }),
            11 => Step::Expect(Expect::Not(self.id())),
            12 => Step::Expect(Expect::Sent { node: self.id(), value: self.given() }),
            _ if self.one_in(2) => Step::Expect(Expect::Within(self.dur())),
            _ => Step::Expect(Expect::Parked(self.id())),
        }
    }

    fn node(&mut self) -> Node {
        let kind = match self.below(7) {
            0 => NodeKind::Snap,
            1 => NodeKind::Call(self.target()),
            2 => NodeKind::FanOut(match self.below(3) {
                0 => Spread::All,
                1 => Spread::One,
                _ => Spread::Each(self.expr()),
            }),
            3 => NodeKind::FanIn(match self.below(3) {
                0 => Policy::All,
                1 => Policy::Any,
                _ => Policy::Count(self.below(9) as u32),
            }),
            4 => NodeKind::WaitForSignal(self.text()),
            5 => NodeKind::WaitForWorker(self.target()),
            _ => NodeKind::Pass(self.some(2, Self::target)),
        };
        let options = Options {
            title: self.some(5, Self::text),
            with: self.some(5, Self::expr),
            key: self.some(6, Self::expr),
            timeout: self.some(4, Self::dur),
            retry: self.some(5, |tape| tape.below(9) as u32),
            backoff: self.some(6, |tape| (tape.dur(), tape.dur())),
        };
        Node { id: self.id(), kind, options }
    }

    fn wire(&mut self) -> Wire {
        let hop = |tape: &mut Self| {
            let when = match tape.below(8) {
                0 => When::If(tape.expr()),
                1 => When::Otherwise,
                2 => When::Error,
                3 => When::Timeout,
                _ => When::Always,
            };
            Hop { to: tape.group(), when }
        };
        Wire { from: self.group(), hops: self.list(1, 3, hop) }
    }

    fn group(&mut self) -> Vec<NodeId> {
        let most = if self.one_in(3) { 4 } else { 1 };
        self.list(1, most, Self::id)
    }

    pub fn bind(&mut self) -> Line<Bind> {
        let kind = match self.below(8) {
            0 => Bind::Comment(self.pick(&COMMENTS).to_owned()),
            1 => Bind::Role(self.pick(&NAMES).into(), self.target()),
            2 if self.one_in(3) => Bind::Bad(self.pick(&BAD_BINDS[..5]).to_owned()),
            _ => {
                let image = self.pick(&["shop", "role", "payments-eu", "x.y_z", "play", "formation", "1"]).into();
                let version = self.pick(&["*", "1.4", "v3", "sha-1f2e", "1.0.0+b"]).into();
                let via = match self.below(7) {
                    0 => Via::Service(self.list(1, 3, Self::text)),
                    1 => Via::Reflect(self.list(1, 2, Self::text)),
                    2 => Via::Process(self.text()),
                    3 => Via::Pull,
                    4 => Via::Builtin,
                    _ => Via::Pod { port: self.next() as u16, container: self.some(2, Self::text) },
                };
                Bind::To(Binding { image, version, via })
            }
        };
        self.line(|kind| matches!(kind, Bind::Comment(_)), kind)
    }

    pub fn item(&mut self) -> Line<Item> {
        let kind = match self.below(8) {
            0 => Item::Comment(self.pick(&COMMENTS).to_owned()),
            1 => Item::Formation(Formation { name: self.pick(&NAMES).into(), body: self.list(0, 5, Self::bind) }),
            2 if self.one_in(3) => Item::Bad(self.pick(&BAD_ITEMS).to_owned()),
            _ => Item::Play(Play {
                coord: self.coord(),
                title: self.some(2, Self::text),
                timeout: self.some(3, Self::dur),
                body: self.list(0, 9, Self::stmt),
            }),
        };
        self.line(|kind| matches!(kind, Item::Comment(_)) || *kind == Item::Bad("\"open".into()), kind)
    }

    pub fn document(&mut self) -> Document {
        Document { items: self.list(0, 4, Self::item) }
    }

    fn splice<T>(&mut self, n: usize, make: impl FnMut(&mut Self) -> T) -> Splice<T> {
        let at = self.below(n + 1);
        let remove = self.below(4).min(n - at);
        let insert = if self.one_in(2) { self.list(0, 3, make) } else { self.list(remove, remove, make) };
        Splice { at, remove, insert }
    }

    /// A change of `doc`: lines replaced, inserted, removed, or changed a little.
    pub fn edit(&mut self, doc: &Document) -> Edit {
        let item = self.below(doc.items.len());
        let kind = self.below(8);
        let line = doc.items.get(item);
        match line.map(|line| &line.kind) {
            Some(Item::Play(play)) if kind < 6 => {
                let mut splice = self.splice(play.body.len(), Self::stmt);
                if self.one_in(2) && !play.body.is_empty() {
                    splice.at = self.below(play.body.len());
                    splice.remove = 1;
                    splice.insert = vec![self.change(play.body[splice.at].clone())];
                }
                Edit::Play { item, splice }
            }
            Some(Item::Formation(formation)) if kind < 6 => {
                Edit::Formation { item, splice: self.splice(formation.body.len(), Self::bind) }
            }
            Some(Item::Play(_)) if kind == 6 => {
                let head = Head::Play {
                    coord: self.coord(),
                    title: self.some(2, Self::text),
                    timeout: self.some(2, Self::dur),
                };
                Edit::Head { item, head }
            }
            Some(Item::Formation(_)) if kind == 6 => {
                Edit::Head { item, head: Head::Formation { name: self.pick(&NAMES).into() } }
            }
            _ => {
                let mut splice = self.splice(doc.items.len(), Self::item);
                if let (Some(line), true) = (line, self.one_in(3)) {
                    let mut line = line.clone();
                    if let Item::Play(play) = &mut line.kind {
                        let at = self.below(play.body.len() + 1);
                        play.body.insert(at, self.stmt());
                        play.title = self.some(2, Self::text);
                    }
                    splice = Splice::replace(item, line);
                }
                Edit::Items(splice)
            }
        }
    }

    /// The same line with one thing changed.
    fn change(&mut self, mut line: Line<Stmt>) -> Line<Stmt> {
        match (self.below(6), &mut line.kind) {
            (0, _) => line.blank = !line.blank,
            (1, kind) if !matches!(kind, Stmt::Comment(_)) => {
                line.note = self.some(2, |tape| tape.pick(&COMMENTS).to_owned());
            }
            (_, Stmt::Node(node)) if self.one_in(2) => node.id = self.id(),
            (_, Stmt::Node(node)) => node.options.timeout = self.some(2, Self::dur),
            (_, Stmt::Wire(wire)) => wire.hops[0].when = When::Otherwise,
            (_, Stmt::Layout(entries)) => {
                let at = self.below(entries.len() + 1);
                let entry = self.entry();
                match self.below(3) {
                    0 => entries.insert(at, entry),
                    1 if at < entries.len() => entries[at] = entry,
                    _ if at < entries.len() => drop(entries.remove(at)),
                    _ => entries.push(entry),
                }
            }
            (_, Stmt::Scenario(scenario)) => {
                let at = self.below(scenario.steps.len() + 1);
                let step = self.step();
                scenario.steps.insert(at, step);
            }
            (_, Stmt::Comment(text)) => self.pick(&COMMENTS).clone_into(text),
            _ => line.blank = !line.blank,
        }
        line
    }

    /// `text` as another person could have written it: other spaces, line ends, comments, and perhaps a slip.
    pub fn mess_up(&mut self, text: &str) -> String {
        let mut messy = String::new();
        for line in text.lines() {
            let code = line.trim_start();
            if self.one_in(12) {
                messy.push_str("\t// between\n");
            }
            if self.one_in(16) {
                messy.push_str("   \n\n");
            }
            match self.below(6) {
                0 => messy.push_str("\t "),
                1 => messy.push_str("        "),
                2 => {}
                _ => messy.push_str(&line[..line.len() - code.len()]),
            }
            let mut code = code.to_owned();
            if self.one_in(5) {
                let (from, to) = self.pick(&[
                    (" -> ", "\n      -> "),
                    (" -> ", "->"),
                    (" -> ", " -> // inside\n    "),
                    (", ", ",\n"),
                    (", ", " ,// in\r\n   "),
                    (" = ", "="),
                    (" = ", " = // why\n\n  "),
                    ("  ", " "),
                    (" | ", "\n// or\n    | "),
                    ("{ ", "{"),
                    ("{ ", "{\n// first\n"),
                    (" }", "}"),
                    (" }", "\n }"),
                ]);
                code = code.replace(from, to);
            }
            messy.push_str(&code);
            messy.push_str(self.pick(&["\n", "\n", "\n", " \n", "\n\n", "\t\n"]));
        }
        if self.one_in(3) {
            messy.truncate(messy.trim_end().len());
        }
        if self.one_in(4) {
            messy = messy.replace("{\n", "{ ").replace("\n}", " }");
        }
        if self.one_in(4) {
            messy = messy.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        if self.one_in(20) {
            messy.insert(0, '\u{feff}');
        }
        messy
    }

    /// `text` with some of it lost, doubled or replaced.
    pub fn damage(&mut self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(4) {
            let at = self.below(chars.len() + 1);
            let end = (at + self.below(12)).min(chars.len());
            match self.below(5) {
                0 => drop(chars.drain(at..end)),
                1 => chars.insert(
                    at,
                    self.pick(&['{', '}', '(', ')', '"', '\'', '\\', '/', '\n', '-', '>', '=', '|', ',', '\0']),
                ),
                2 => {
                    let again = chars[at..end].to_vec();
                    drop(chars.splice(at..at, again));
                }
                3 => chars.truncate(end),
                _ => drop(chars.splice(
                    at..at,
                    self.pick(&["play ", "->", "//", "'''", "\r\n", "layout {", "é", "\u{3000}"]).chars(),
                )),
            }
        }
        chars.into_iter().collect()
    }
}
