//! Lines of a block or of a file, and how a splice of them changes the text.

use std::ops::Range;

use super::super::lexer::to_u32;
use super::super::printer::{self, Style};
use super::super::{LineSpans, Source, TextChange};
use super::{layout, style};
use crate::base::Span;
use crate::play::{Bind, Head, Item, Line, Stmt};

pub(super) struct Context<'s> {
    pub source: &'s Source,
    /// The newline that the text uses.
    pub newline: &'static str,
}

impl<'s> Context<'s> {
    pub fn new(source: &'s Source) -> Self {
        let is_crlf = source.text.find('\n').is_some_and(|at| source.text[..at].ends_with('\r'));
        Self { source, newline: if is_crlf { "\r\n" } else { "\n" } }
    }
}

/// What differs between items, statements and bindings.
pub(super) trait Kind: Clone + PartialEq + Sized {
    fn is_comment(&self) -> bool;
    fn is_bad(&self) -> bool;
    fn print(&self, out: &mut String, style: Style);
    /// How it is laid out in place of line `replaced`, or between `neighbours`.
    fn style<'a>(
        &self,
        block: &Block<Self>,
        replaced: Option<usize>,
        neighbours: Range<usize>,
        style: Style<'a>,
    ) -> Style<'a>;
    /// The changes inside of line `i` that make `new` of it, if there are smaller ones than to write it anew.
    fn changes_inside(_block: &Block<Self>, _i: usize, _new: &Self) -> Option<Vec<TextChange>> {
        None
    }
}

impl Kind for Stmt {
    fn is_comment(&self) -> bool {
        matches!(self, Self::Comment(_))
    }

    fn is_bad(&self) -> bool {
        matches!(self, Self::Bad(_))
    }

    fn print(&self, out: &mut String, style: Style) {
        printer::stmt(out, self, style);
    }

    fn style<'a>(
        &self,
        block: &Block<Self>,
        replaced: Option<usize>,
        neighbours: Range<usize>,
        style: Style<'a>,
    ) -> Style<'a> {
        style::of_stmt(self, block, replaced, neighbours, style)
    }

    fn changes_inside(block: &Block<Self>, i: usize, new: &Self) -> Option<Vec<TextChange>> {
        match (&block.old[i].kind, new) {
            (Self::Layout(old), Self::Layout(new)) => layout::changes(block.context, &block.spans[i], old, new),
            _ => None,
        }
    }
}

impl Kind for Bind {
    fn is_comment(&self) -> bool {
        matches!(self, Self::Comment(_))
    }

    fn is_bad(&self) -> bool {
        matches!(self, Self::Bad(_))
    }

    fn print(&self, out: &mut String, style: Style) {
        printer::bind(out, self, style);
    }

    fn style<'a>(
        &self,
        block: &Block<Self>,
        replaced: Option<usize>,
        neighbours: Range<usize>,
        style: Style<'a>,
    ) -> Style<'a> {
        style::of_bind(block, replaced, neighbours, style)
    }
}

impl Kind for Item {
    fn is_comment(&self) -> bool {
        matches!(self, Self::Comment(_))
    }

    fn is_bad(&self) -> bool {
        matches!(self, Self::Bad(_))
    }

    fn print(&self, out: &mut String, style: Style) {
        printer::item(out, self, style.newline);
    }

    fn style<'a>(&self, _: &Block<Self>, _: Option<usize>, _: Range<usize>, style: Style<'a>) -> Style<'a> {
        style
    }

    fn changes_inside(block: &Block<Self>, i: usize, new: &Self) -> Option<Vec<TextChange>> {
        let context = block.context;
        match (&block.old[i].kind, new) {
            (Self::Play(old), Self::Play(new)) => {
                let head_of = |play: &crate::play::Play| Head::Play {
                    coord: play.coord.clone(),
                    title: play.title.clone(),
                    timeout: play.timeout,
                };
                let same_head = (&old.coord, &old.title, old.timeout) == (&new.coord, &new.title, new.timeout);
                let head = (!same_head).then(|| head_of(new));
                inside_block(context, i, head.as_ref(), &old.body, &new.body)
            }
            (Self::Formation(old), Self::Formation(new)) => {
                let head = (old.name != new.name).then(|| Head::Formation { name: new.name.clone() });
                inside_block(context, i, head.as_ref(), &old.body, &new.body)
            }
            _ => None,
        }
    }
}

fn inside_block<K: Kind>(
    context: &Context,
    item: usize,
    head: Option<&Head>,
    old: &[Line<K>],
    new: &[Line<K>],
) -> Option<Vec<TextChange>> {
    let block = Block::body(context, old, item)?;
    if block.n_in_head() > 0 {
        return None;
    }
    let mut changes = block.splice(0, old.len(), new);
    if let Some(head) = head {
        let mut text = String::new();
        printer::head(&mut text, head);
        changes.push(TextChange { span: context.source.map.items[item].head, text });
    }
    Some(changes)
}

/// Lines of the text: the body of a block, or the items of the file.
pub(super) struct Block<'s, K> {
    pub context: &'s Context<'s>,
    pub old: &'s [Line<K>],
    pub spans: &'s [LineSpans],
    /// Where the first line may start: after the `{`, or at the start of the file.
    open: u32,
    /// The lines are the items of the file.
    is_file: bool,
}

impl<'s, K: Kind> Block<'s, K> {
    /// The body of item `item`. None if it is no block.
    pub fn body(context: &'s Context<'s>, old: &'s [Line<K>], item: usize) -> Option<Self> {
        let spans = context.source.map.items.get(item)?;
        Some(Self { context, old, spans: &spans.body, open: spans.open.end, is_file: false })
    }

    pub fn items(context: &'s Context<'s>, old: &'s [Line<K>], spans: &'s [LineSpans]) -> Self {
        let open = if context.source.text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { context, old, spans, open, is_file: true }
    }

    /// How many lines stand in the head: text that cannot be read there.
    pub fn n_in_head(&self) -> usize {
        usize::from(!self.is_file && self.spans.first().is_some_and(|line| line.whole.start < self.open))
    }

    /// The changes that put what stands in the head into the body: the first takes it out.
    pub fn empty_head(&self) -> Vec<TextChange> {
        if self.n_in_head() == 0 { Vec::new() } else { self.write_anew(0, 1, &self.old[..1]) }
    }

    /// The changes that replace the lines `at..end` by `insert`.
    pub fn splice(&self, mut at: usize, mut end: usize, mut insert: &[Line<K>]) -> Vec<TextChange> {
        while at < end && insert.first() == Some(&self.old[at]) {
            at += 1;
            insert = &insert[1..];
        }
        while at < end && insert.last() == Some(&self.old[end - 1]) {
            end -= 1;
            insert = &insert[..insert.len() - 1];
        }
        if at == end && insert.is_empty() {
            return Vec::new();
        }
        let (lo, hi) = self.whole_statements(at, end);
        let new: Vec<_> = [&self.old[lo..at], insert, &self.old[end..hi]].concat();
        if new.len() == hi - lo && (lo > 0 || self.n_in_head() == 0) {
            self.replace_each(lo, hi, &new)
        } else {
            self.write_anew(lo, hi, &new)
        }
    }

    /// Widens a range of lines so that it takes no comment apart from the statement in which it stands.
    fn whole_statements(&self, at: usize, end: usize) -> (usize, usize) {
        let (mut lo, mut hi) = (at, end);
        while lo > 0 && self.spans[lo - 1].inside_next {
            lo -= 1;
        }
        while hi > 0 && hi < self.spans.len() && self.spans[hi - 1].inside_next {
            hi += 1;
        }
        if lo == 0 && hi == 0 {
            hi = self.n_in_head();
        }
        (lo, hi)
    }

    /// Replaces as many lines as there are, each in its place.
    fn replace_each(&self, lo: usize, hi: usize, new: &[Line<K>]) -> Vec<TextChange> {
        let mut changes = Vec::new();
        let mut i = lo;
        while i < hi {
            let mut end = i + 1;
            while self.spans[end - 1].inside_next && end < hi {
                end += 1;
            }
            self.replace(i, end, &new[i - lo..end - lo], &mut changes);
            i = end;
        }
        changes
    }

    /// Replaces one statement, the line `end - 1`, with the comments inside of it.
    fn replace(&self, first: usize, end: usize, new: &[Line<K>], changes: &mut Vec<TextChange>) {
        let old = &self.old[first..end];
        if old == new {
            return;
        }
        let last = end - 1;
        let spans = &self.spans[last];
        let (Some(new_first), Some(new_last)) = (new.first(), new.last()) else { return };
        self.change_blank(first, new_first.blank, changes);
        let comments_stay =
            old[..old.len() - 1].iter().zip(new).enumerate().all(|(i, (old, new))| {
                new.kind.is_comment() && new.note.is_none() && (i == 0 || old.blank == new.blank)
            });
        let blank_stays = first == last || new_last.blank == self.old[last].blank;
        let inside = if self.old[last].kind == new_last.kind {
            Some(Vec::new())
        } else {
            K::changes_inside(self, last, &new_last.kind)
        };
        match inside {
            Some(inside) if comments_stay && blank_stays => {
                for (i, new) in new[..new.len() - 1].iter().enumerate() {
                    if new.kind != old[i].kind {
                        let mut text = String::new();
                        new.kind.print(&mut text, self.plain_style(""));
                        changes.push(TextChange { span: self.spans[first + i].whole, text });
                    }
                }
                changes.extend(inside);
            }
            _ => {
                let indent = self.indent_near(last..end);
                let mut text = String::new();
                for (i, line) in new.iter().enumerate() {
                    if i > 0 {
                        self.break_line(&mut text, line.blank, &indent);
                    }
                    let replaced = if i + 1 == new.len() { Some(last) } else { None };
                    let style = line.kind.style(self, replaced, first..end, self.plain_style(&indent));
                    line.kind.print(&mut text, style);
                    if i + 1 < new.len() {
                        printer::note(&mut text, line.note.as_deref());
                    }
                }
                if new_last.note.is_none() {
                    let is_risky = new_last.kind.is_comment() || new_last.kind.is_bad();
                    text.push_str(&self.tail(self.end_of(last), is_risky, &indent));
                }
                changes.push(TextChange { span: spans.whole, text });
            }
        }
        self.change_note(last, new_last.note.as_deref(), changes);
    }

    fn change_blank(&self, i: usize, blank: bool, changes: &mut Vec<TextChange>) {
        if self.old[i].blank == blank {
            return;
        }
        let newline = self.context.newline;
        let (from, to) = (self.floor(i), self.start_of(i));
        let gap = &self.text()[from as usize..to as usize];
        let at_file_start = self.is_file && i == 0;
        if blank {
            let n_breaks = gap.matches('\n').count() + usize::from(at_file_start);
            let text = newline.repeat(2usize.saturating_sub(n_breaks));
            changes.push(TextChange { span: Span::at(from), text });
        } else {
            let indent = gap.rsplit('\n').next().unwrap_or_default();
            let text = if at_file_start { "" } else { newline };
            changes.push(TextChange { span: Span::new(from, to - to_u32(indent.len())), text: text.to_owned() });
        }
    }

    fn change_note(&self, i: usize, note: Option<&str>, changes: &mut Vec<TextChange>) {
        let old = self.old[i].note.as_deref();
        let LineSpans { whole, note: span, .. } = self.spans[i];
        let mut text = String::new();
        match (old, note) {
            _ if old == note => {}
            (_, None) => changes.push(TextChange { span: Span::new(whole.end, span.end), text }),
            (None, Some(_)) => {
                printer::note(&mut text, note);
                text.push_str(&self.tail(whole.end, true, &self.indent_near(i..i + 1)));
                changes.push(TextChange { span: Span::at(whole.end), text });
            }
            (Some(_), Some(note)) => {
                printer::comment(&mut text, note);
                changes.push(TextChange { span, text });
            }
        }
    }

    /// Takes the lines `lo..hi` out and writes `new` there.
    fn write_anew(&self, lo: usize, hi: usize, new: &[Line<K>]) -> Vec<TextChange> {
        let mut changes = Vec::new();
        if lo == 0 && hi > 0 && self.n_in_head() > 0 {
            let from = self.text()[..self.spans[0].whole.start as usize].trim_end().len();
            let span = Span::new(to_u32(from), self.end_of(0));
            changes.push(TextChange { span, text: String::new() });
        }
        let from = self.floor(lo);
        let to = if hi > lo { self.end_of(hi - 1).max(from) } else { from };
        let at_file_start = self.is_file && lo == 0;
        let indent = self.indent_near(lo..hi);
        let gap = |next: usize| &self.text()[to as usize..self.start_of(next) as usize];
        if new.is_empty() {
            let mut cut = to;
            let mut text = String::new();
            if at_file_start {
                if hi < self.old.len() && !self.old[hi].blank {
                    let indent = gap(hi).rsplit('\n').next().unwrap_or_default();
                    cut = self.start_of(hi) - to_u32(indent.len());
                }
            } else if lo > 0 {
                text = self.tail(to, true, &indent);
            }
            changes.push(TextChange { span: Span::new(from, cut), text });
            return changes;
        }
        let mut text = String::new();
        for (i, line) in new.iter().enumerate() {
            if i > 0 || !at_file_start {
                self.break_line(&mut text, line.blank, &indent);
            } else if line.blank {
                text.push_str(self.context.newline);
            }
            let style = line.kind.style(self, None, lo..hi, self.plain_style(&indent));
            line.kind.print(&mut text, style);
            printer::note(&mut text, line.note.as_deref());
        }
        let is_risky = hi < self.old.len()
            || new.last().is_some_and(|line| line.note.is_some() || line.kind.is_comment() || line.kind.is_bad());
        let tail = self.tail(to, is_risky, &indent);
        if at_file_start && hi == 0 && self.old.first().is_some_and(|next| next.blank) {
            text.push_str(&self.context.newline.repeat(2usize.saturating_sub(gap(0).matches('\n').count())));
        } else if self.old.is_empty() && at_file_start && !self.text()[to as usize..].contains('\n') {
            text.push_str(self.context.newline);
        }
        text.push_str(&tail);
        changes.push(TextChange { span: Span::new(from, to), text });
        changes
    }

    fn break_line(&self, text: &mut String, blank: bool, indent: &str) {
        text.push_str(self.context.newline);
        if blank {
            text.push_str(self.context.newline);
        }
        text.push_str(indent);
    }

    /// A newline if more follows on the line that does not go with what is written before `end`: anything but the
    /// closing brace, and that too if the text is risky, a comment that would swallow it.
    fn tail(&self, end: u32, is_risky: bool, indent: &str) -> String {
        let rest = &self.text()[end as usize..];
        let rest = rest.split('\n').next().unwrap_or_default().trim_start();
        if rest.is_empty() || rest.starts_with('}') && !is_risky && !self.is_file {
            return String::new();
        }
        format!("{}{indent}", self.context.newline)
    }

    fn text(&self) -> &'s str {
        &self.context.source.text
    }

    /// Where line `i` starts, with the statement around it if it is a comment inside of one.
    fn start_of(&self, i: usize) -> u32 {
        let around = self.spans[i..].iter().find(|line| !line.inside_next);
        around.map_or(self.spans[i].whole.start, |line| line.whole.start)
    }

    /// Where line `i` ends, with its note.
    fn end_of(&self, i: usize) -> u32 {
        self.spans[i].whole.end.max(self.spans[i].note.end)
    }

    /// Where what stands before line `i` ends.
    fn floor(&self, i: usize) -> u32 {
        if i == 0 { self.open } else { self.end_of(i - 1).max(self.open) }
    }

    fn plain_style<'a>(&self, indent: &'a str) -> Style<'a> {
        Style { indent, newline: self.context.newline, keyword: 0, name: 0 }
    }

    /// The indentation of the line nearest to `lines` that starts a line of the text.
    fn indent_near(&self, lines: Range<usize>) -> String {
        if self.is_file {
            return String::new();
        }
        let near = lines.clone().chain(style::around(&lines, self.spans.len()));
        let own = near.filter(|&i| !self.spans[i].inside_next).find_map(|i| self.indent_of(self.spans[i].whole.start));
        own.unwrap_or_else(|| {
            let head = self.text()[..self.open as usize].rsplit('\n').next().unwrap_or_default();
            let outer = &head[..head.len() - head.trim_start().len()];
            format!("{outer}{}", if outer.contains('\t') { "\t" } else { "  " })
        })
    }

    fn indent_of(&self, start: u32) -> Option<String> {
        let before = self.text().get(self.open as usize..start as usize)?.rsplit_once('\n')?.1;
        before.trim_start().is_empty().then(|| before.to_owned())
    }
}
