//! The canonical layout. Depends on the document alone, so printing what was printed changes nothing.

use std::fmt::Write as _;

use super::parser::Parser;
use super::statements::KEYWORDS;

use crate::base::{Coord, Dur};
use crate::play::{
    Bind, Binding, Document, Entry, Expect, Expr, Given, Gives, Head, Item, Line, Mock, Node, NodeKind, Policy,
    Scenario, SentSignal, SignalTo, Spread, Step, Stmt, Target, Via, When, Wire,
};

/// Longer layouts get a line for each place.
const WIDTH: usize = 100;
/// Longer names are not lined up with others.
const MAX_COLUMN: usize = 32;

/// The text of a document, in the canonical layout.
pub fn print(doc: &Document) -> String {
    let mut out = String::new();
    for line in &doc.items {
        if line.blank {
            out.push('\n');
        }
        item(&mut out, &line.kind, "\n");
        note(&mut out, line.note.as_deref());
        out.push('\n');
    }
    out
}

/// How a statement is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style<'a> {
    /// What stands before it on its line.
    pub indent: &'a str,
    pub newline: &'a str,
    /// How wide the keyword is at least, or the pattern of a binding.
    pub keyword: usize,
    /// How wide the name before `=` is at least.
    pub name: usize,
}

pub(super) fn item(out: &mut String, item: &Item, newline: &str) {
    let mut style = Style { indent: "  ", newline, keyword: 0, name: 0 };
    // Where the lines of bad statements start.
    let mut bad = Vec::new();
    match item {
        Item::Comment(text) => comment(out, text),
        Item::Bad(text) => out.push_str(text),
        Item::Play(play) => {
            play_head(out, &play.coord, play.title.as_deref(), play.timeout);
            open(out, newline);
            let mut names = [0; KEYWORDS.len()];
            for (i, line) in play.body.iter().enumerate() {
                if i == 0 || line.blank || !in_paragraph(&play.body[i - 1].kind) {
                    (style.keyword, names) = paragraph(&play.body[i..]);
                }
                style.name = match &line.kind {
                    Stmt::Node(node) => names[keyword_index(&node.kind)],
                    _ => 0,
                };
                if matches!(line.kind, Stmt::Bad(_)) {
                    bad.push(out.len());
                }
                body_line(out, line, style, |out| stmt(out, &line.kind, style));
            }
            close(out, &bad, newline);
        }
        Item::Formation(formation) => {
            formation_head(out, &formation.name);
            open(out, newline);
            for (i, line) in formation.body.iter().enumerate() {
                if i == 0 || line.blank {
                    style.keyword = patterns(&formation.body[i..]);
                }
                if matches!(line.kind, Bind::Bad(_)) {
                    bad.push(out.len());
                }
                body_line(out, line, style, |out| bind(out, &line.kind, style));
            }
            close(out, &bad, newline);
        }
    }
}

fn open(out: &mut String, newline: &str) {
    out.push_str(" {");
    out.push_str(newline);
}

/// The closing brace. It is left out if a bad statement has an open brace of its own, which it would close: then the
/// block had none to begin with.
fn close(out: &mut String, bad: &[usize], newline: &str) {
    out.push('}');
    if bad.iter().any(|&line| Parser::takes_all(&out[line..])) {
        out.truncate(out.len() - 1 - newline.len());
    }
}

fn body_line<K>(out: &mut String, line: &Line<K>, style: Style, print: impl FnOnce(&mut String)) {
    if line.blank {
        out.push_str(style.newline);
    }
    out.push_str(style.indent);
    print(out);
    note(out, line.note.as_deref());
    out.push_str(style.newline);
}

pub(super) fn note(out: &mut String, note: Option<&str>) {
    if let Some(text) = note {
        out.push_str("  ");
        comment(out, text);
    }
}

pub(super) fn comment(out: &mut String, text: &str) {
    out.push_str("//");
    if !text.is_empty() && !text.starts_with('/') {
        out.push(' ');
    }
    out.push_str(text);
}

/// What stands before the `{` of a block.
pub(super) fn head(out: &mut String, head: &Head) {
    match head {
        Head::Play { coord, title, timeout } => play_head(out, coord, title.as_deref(), *timeout),
        Head::Formation { name } => formation_head(out, name),
    }
}

fn play_head(out: &mut String, coord: &Coord, title: Option<&str>, timeout: Option<Dur>) {
    let _ = write!(out, "play {coord}");
    if let Some(title) = title {
        out.push(' ');
        string(out, title);
    }
    if let Some(timeout) = timeout {
        let _ = write!(out, " timeout {timeout}");
    }
}

fn formation_head(out: &mut String, name: &str) {
    let _ = write!(out, "formation {name}");
}

/// Whether a statement belongs to a run of nodes that are lined up.
fn in_paragraph(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Node(_) | Stmt::Comment(_))
}

/// The widest keyword, and the widest name before `=` for each keyword, of the run of nodes that starts here.
fn paragraph(lines: &[Line<Stmt>]) -> (usize, [usize; KEYWORDS.len()]) {
    let mut keyword = 0;
    let mut names = [0; KEYWORDS.len()];
    for (i, line) in lines.iter().enumerate() {
        if !in_paragraph(&line.kind) || i > 0 && line.blank {
            break;
        }
        if let Stmt::Node(node) = &line.kind {
            keyword = keyword.max(node.kind.keyword().len());
            let width = node.id.chars().count();
            if node.kind.target().is_some() && width <= MAX_COLUMN {
                let widest = &mut names[keyword_index(&node.kind)];
                *widest = width.max(*widest);
            }
        }
    }
    (keyword, names)
}

fn keyword_index(kind: &NodeKind) -> usize {
    KEYWORDS.iter().position(|&keyword| keyword == kind.keyword()).unwrap_or_default()
}

/// The widest pattern of the run of bindings that starts here.
fn patterns(lines: &[Line<Bind>]) -> usize {
    let run = lines.iter().enumerate().take_while(|(i, line)| *i == 0 || !line.blank);
    let widths = run.filter_map(|(_, line)| match &line.kind {
        Bind::To(binding) => Some(binding.image.len() + 1 + binding.version.len()),
        _ => None,
    });
    widths.filter(|&width| width <= MAX_COLUMN).max().unwrap_or(0)
}

pub(super) fn stmt(out: &mut String, stmt: &Stmt, style: Style) {
    match stmt {
        Stmt::Comment(text) => comment(out, text),
        Stmt::Bad(text) => out.push_str(text),
        Stmt::Role(name) => {
            let _ = write!(out, "role {name}");
        }
        Stmt::Node(of) => node(out, of, style),
        Stmt::Wire(of) => wire(out, of),
        Stmt::Layout(entries) => layout(out, entries, style),
        Stmt::Scenario(of) => scenario(out, of, style),
    }
}

fn node(out: &mut String, node: &Node, style: Style) {
    let _ = write!(out, "{:<1$} ", node.kind.keyword(), style.keyword);
    if let Some(target) = node.kind.target() {
        let _ = write!(out, "{:<1$} = ", node.id.as_str(), style.name);
        self::target(out, target);
    } else {
        out.push_str(&node.id);
    }
    match &node.kind {
        NodeKind::FanOut(Spread::One) => out.push_str("  one"),
        NodeKind::FanOut(Spread::Each(list)) => option(out, "each", list),
        NodeKind::FanIn(policy) => {
            out.push_str("  ");
            let _ = match policy {
                Policy::All => out.write_str("all"),
                Policy::Any => out.write_str("any"),
                Policy::Count(count) => write!(out, "{count}"),
            };
        }
        NodeKind::WaitForSignal(name) => {
            out.push(' ');
            string(out, name);
        }
        _ => {}
    }
    options(out, node);
}

fn options(out: &mut String, node: &Node) {
    let options = &node.options;
    if let Some(title) = &options.title {
        out.push_str("  ");
        string(out, title);
    }
    if let Some(with) = &options.with {
        option(out, "with", with);
    }
    if let Some(key) = &options.key {
        option(out, "key", key);
    }
    if let Some(timeout) = options.timeout {
        let _ = write!(out, "  timeout {timeout}");
    }
    if let Some(retry) = options.retry {
        let _ = write!(out, "  retry {retry}");
    }
    if let Some((first, longest)) = options.backoff {
        let gap = if options.retry.is_some() { " " } else { "  " };
        let _ = write!(out, "{gap}backoff {first}..{longest}");
    }
}

fn option(out: &mut String, word: &str, Expr(source): &Expr) {
    let _ = write!(out, "  {word} ({source})");
}

fn target(out: &mut String, target: &Target) {
    let _ = write!(out, "{target}");
}

/// A string in quotes, on one line.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn wire(out: &mut String, wire: &Wire) {
    group(out, &wire.from);
    for hop in &wire.hops {
        out.push_str(" -> ");
        group(out, &hop.to);
        match &hop.when {
            When::Always => {}
            When::If(Expr(source)) => {
                let _ = write!(out, " when ({source})");
            }
            When::Otherwise => out.push_str(" otherwise"),
            When::Error => out.push_str(" on error"),
            When::Timeout => out.push_str(" on timeout"),
        }
    }
}

fn group(out: &mut String, ids: &[crate::base::NodeId]) {
    if let [id] = ids {
        out.push_str(id);
        return;
    }
    out.push_str("{ ");
    for (i, id) in ids.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(id);
    }
    out.push_str(" }");
}

/// On one line if that is short, else a line for each entry: then a moved node changes one line.
fn layout(out: &mut String, entries: &[Entry], style: Style) {
    if entries.is_empty() {
        out.push_str("layout { }");
        return;
    }
    let start = out.len();
    out.push_str("layout {");
    for (i, at) in entries.iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { " " });
        entry(out, at);
        if out.len() - start > WIDTH {
            break;
        }
    }
    out.push_str(" }");
    if out.len() - start <= WIDTH {
        return;
    }
    out.truncate(start);
    let Style { indent, newline, .. } = style;
    let _ = write!(out, "layout {{{newline}");
    for at in entries {
        let _ = write!(out, "{indent}  ");
        entry(out, at);
        out.push_str(newline);
    }
    let _ = write!(out, "{indent}}}");
}

/// An entry of a layout.
pub(super) fn entry(out: &mut String, entry: &Entry) {
    match entry {
        Entry::Node(at) => {
            let _ = write!(out, "{} {} {}", at.id, at.x, at.y);
        }
        Entry::Note(at) => {
            out.push_str("note ");
            string(out, &at.note);
            let _ = write!(out, " {} {}", at.x, at.y);
        }
        Entry::Frame(frame) => {
            out.push_str("frame ");
            string(out, &frame.title);
            out.push_str(if frame.collapsed { " collapsed {" } else { " {" });
            for (i, id) in frame.nodes.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { " " });
                out.push_str(id);
            }
            out.push_str(" }");
        }
    }
}

/// On one line if that is short, else a line for each step.
fn scenario(out: &mut String, scenario: &Scenario, style: Style) {
    out.push_str("scenario ");
    string(out, &scenario.name);
    let steps: Vec<String> = scenario.steps.iter().map(step_text).collect();
    let width: usize = steps.iter().map(|step| step.len() + 2).sum();
    let Style { indent, newline, .. } = style;
    if width <= WIDTH && !steps.iter().any(|step| step.contains('\n')) {
        let _ = write!(out, " {{ {}{}}}", steps.join(", "), if steps.is_empty() { "" } else { " " });
        return;
    }
    let _ = write!(out, " {{{newline}");
    for step in steps {
        let _ = write!(out, "{indent}  {step}{newline}");
    }
    let _ = write!(out, "{indent}}}");
}

fn step_text(step: &Step) -> String {
    let mut out = String::new();
    match step {
        Step::Input(Given(value)) => out = format!("input {value}"),
        Step::Mock(mock) => mock_text(&mut out, mock),
        Step::Signal(SentSignal { to, payload, at }) => {
            out.push_str("signal ");
            match to {
                SignalTo::Node(node) => out.push_str(node),
                SignalTo::Name(name) => string(&mut out, name),
            }
            if let Some(Given(value)) = payload {
                let _ = write!(out, " {value}");
            }
            if let Some(at) = at {
                let _ = write!(out, " at {at}");
            }
        }
        Step::Expect(expect) => expect_text(&mut out, expect),
    }
    out
}

fn mock_text(out: &mut String, mock: &Mock) {
    out.push_str(&mock.node);
    if let Some(waits) = mock.waits {
        let _ = write!(out, " waits {waits}");
    }
    if let Some(takes) = mock.takes {
        let _ = write!(out, " takes {takes}");
    }
    match &mock.gives {
        Gives::Own => {}
        Gives::Answer(Given(value)) => {
            let _ = write!(out, " answers {value}");
        }
        Gives::Failure(said) => {
            out.push_str(" fails ");
            string(out, said);
        }
    }
    if let Some(times) = mock.times {
        let _ = write!(out, " times {times}");
    }
}

fn expect_text(out: &mut String, expect: &Expect) {
    out.push_str("expect ");
    let _ = match expect {
        Expect::Pass(None) => write!(out, "pass"),
        Expect::Pass(Some(node)) => write!(out, "pass {node}"),
        Expect::Fail { node, said } => {
            out.push_str("fail");
            if let Some(node) = node {
                let _ = write!(out, " {node}");
            }
            if let Some(said) = said {
                out.push(' ');
                string(out, said);
            }
            Ok(())
        }
        Expect::Result(Given(value)) => write!(out, "result {value}"),
        Expect::Visited { node, times: None } => write!(out, "visited {node}"),
        Expect::Visited { node, times: Some(times) } => write!(out, "visited {node} times {times}"),
        Expect::Not(node) => write!(out, "not {node}"),
        Expect::Sent { node, value: Given(value) } => write!(out, "sent {node} {value}"),
        Expect::Within(dur) => write!(out, "within {dur}"),
        Expect::Parked(node) => write!(out, "parked {node}"),
    };
}

pub(super) fn bind(out: &mut String, bind: &Bind, style: Style) {
    match bind {
        Bind::Comment(text) => comment(out, text),
        Bind::Bad(text) => out.push_str(text),
        Bind::Role(name, to) => {
            let _ = write!(out, "role {name} = ");
            target(out, to);
        }
        Bind::To(binding) => binding_to(out, binding, style),
    }
}

fn binding_to(out: &mut String, binding: &Binding, style: Style) {
    let pattern = binding.image.len() + 1 + binding.version.len();
    let _ = write!(out, "{}/{}", binding.image, binding.version);
    out.extend(std::iter::repeat_n(' ', style.keyword.saturating_sub(pattern) + 2));
    match &binding.via {
        Via::Service(urls) => strings(out, "service", urls),
        Via::Reflect(urls) => strings(out, "reflect", urls),
        Via::Process(command) => strings(out, "process", std::slice::from_ref(command)),
        Via::Pull => out.push_str("pull"),
        Via::Builtin => out.push_str("builtin"),
        Via::Pod { port, container } => {
            let _ = write!(out, "pod {port}");
            if let Some(container) = container {
                strings(out, "  container", std::slice::from_ref(container));
            }
        }
    }
}

fn strings(out: &mut String, word: &str, texts: &[String]) {
    out.push_str(word);
    for (i, text) in texts.iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { " " });
        string(out, text);
    }
}
