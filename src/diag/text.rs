use std::fmt::Write;

use super::{Diagnostic, Lines, Severity};

/// Columns of the source that are shown around a finding.
const WINDOW: usize = 110;
/// Columns that a tab is wide here, wherever it stands.
const TAB: usize = 2;

/// Whether to colour the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    #[default]
    Off,
    On,
}

impl Colour {
    const fn code(self, code: &'static str) -> &'static str {
        match self {
            Self::On => code,
            Self::Off => "",
        }
    }
}

/// Findings as people read them in a terminal: place, source line, carets, help.
///
/// `name` is what the text is called, as `plays/checkout.play`. Characters that could steer a terminal are shown as
/// pictures of themselves.
///
/// ```text
/// error[P001]: there is no node 'chrage'
///   --> plays/checkout.play:19:22
///    |
/// 19 |   order -> validate -> chrage
///    |                        ^^^^^^
///    = help: did you mean 'charge'?
///    = fix: change it to 'charge'
/// ```
pub fn to_text(diagnostics: &[Diagnostic], name: &str, text: &str, colour: Colour) -> String {
    let lines = Lines::new(text);
    let mut out = String::new();
    for diagnostic in diagnostics {
        one(&mut out, diagnostic, name, &lines, colour);
    }
    out
}

fn one(out: &mut String, diagnostic: &Diagnostic, name: &str, lines: &Lines<'_>, colour: Colour) {
    let (word, tint) = match diagnostic.severity {
        Severity::Error => ("error", colour.code("\x1b[1;31m")),
        Severity::Warning => ("warning", colour.code("\x1b[1;33m")),
    };
    let (bold, blue, reset) = (colour.code("\x1b[1m"), colour.code("\x1b[1;34m"), colour.code("\x1b[0m"));
    let start = lines.place(diagnostic.span.start);
    let number = start.line.to_string();
    let margin = " ".repeat(number.len());
    let line = lines.text_of(start.line);
    let offset = diagnostic.span.start as usize - lines.start_of(start.line).min(diagnostic.span.start as usize);
    let shown = Shown::new(line, offset, diagnostic.span.len());
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{tint}{word}[{code}]{reset}{bold}: {message}{reset}\n\
         {margin}{blue}-->{reset} {name}:{line_number}:{column}\n\
         {margin} {blue}|{reset}\n\
         {blue}{number} |{reset} {source}\n\
         {margin} {blue}|{reset} {indent}{tint}{carets}{reset}\n",
        code = diagnostic.code,
        message = tame(&diagnostic.message),
        name = tame(name),
        line_number = start.line,
        column = start.column,
        source = shown.source,
        indent = " ".repeat(shown.indent),
        carets = "^".repeat(shown.carets),
    );
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "{margin} {blue}={reset} {bold}help{reset}: {}", tame(help));
    }
    for fix in &diagnostic.fixes {
        let _ = writeln!(out, "{margin} {blue}={reset} {bold}fix{reset}: {}", tame(&fix.title));
    }
    out.push('\n');
}

/// A line cut to the window, with what stands under it.
struct Shown {
    source: String,
    indent: usize,
    carets: usize,
}

impl Shown {
    /// `offset` and `len` in bytes of the line; a finding that goes on over its end is cut there.
    fn new(line: &str, offset: usize, len: usize) -> Self {
        let (line, offset) = nearby(line, offset);
        let end = offset.saturating_add(len);
        let (mut before, mut under, mut total) = (0, 0, 0);
        for (at, c) in line.char_indices() {
            let width = width(c);
            if at < offset {
                before += width;
            } else if at < end {
                under += width;
            }
            total += width;
        }
        let carets = under.max(1);
        if total <= WINDOW {
            return Self { source: line.trim_end().chars().map(shown).collect(), indent: before, carets };
        }
        let first = before.saturating_sub(WINDOW / 2);
        let (mut source, mut column, mut start) = (String::new(), 0, None);
        for c in line.chars() {
            if column >= first && column + width(c) <= first + WINDOW {
                start.get_or_insert(column);
                source.push_str(&shown(c));
            }
            column += width(c);
        }
        let start = start.unwrap_or(first);
        let lead = if start > 0 { "…" } else { "" };
        let indent = before - start + lead.chars().count();
        let tail = if column > first + WINDOW { "…" } else { "" };
        let carets = carets.min((start + WINDOW).saturating_sub(before).max(1));
        Self { source: format!("{lead}{source}{tail}"), indent, carets }
    }
}

/// Of a line that is very long, only what may come into the window, so that many findings in it cost little.
fn nearby(line: &str, offset: usize) -> (&str, usize) {
    const BYTES: usize = 8 * WINDOW;
    let offset = offset.min(line.len());
    let floor = |mut at: usize| {
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(offset.saturating_sub(BYTES));
    let end = floor((offset + BYTES).min(line.len()));
    (&line[start..end], offset - start)
}

fn shown(c: char) -> String {
    match c {
        '\t' => " ".repeat(TAB),
        c if is_tame(c) => c.to_string(),
        c => picture(c).to_string(),
    }
}

/// Text that cannot steer a terminal.
fn tame(text: &str) -> String {
    text.chars().map(|c| if is_tame(c) { c } else { picture(c) }).collect()
}

fn is_tame(c: char) -> bool {
    // Marks that turn the direction of writing could show other code than what runs.
    !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn picture(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('�'),
        '\x7f' => '␡',
        _ => '�',
    }
}

/// Columns that a terminal gives the character; near enough for carets.
fn width(c: char) -> usize {
    match c {
        '\t' => TAB,
        // Joined to the character before.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{20d0}'..='\u{20ff}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}
