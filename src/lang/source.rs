use crate::base::Span;
use crate::diag::Diagnostic;
use crate::play::Document;

/// A text, what it says, and where it says it.
#[derive(Clone, Debug, Default)]
pub struct Source {
    pub text: String,
    pub doc: Document,
    /// Parallel to `doc`.
    pub map: SpanMap,
    /// What the lexer and the parser found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where each item and statement of a document stands in its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanMap {
    /// One for each item of the document.
    pub items: Vec<ItemSpans>,
    /// Parts of all lines; see [`LineSpans::parts`].
    pub parts: Vec<(Part, Span)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemSpans {
    /// The item itself; for a block from its keyword to its closing brace, with its parts of the head.
    pub line: LineSpans,
    /// For a block, what stands before its `{`, without the spaces there. Empty elsewhere.
    pub head: Span,
    /// The braces of a block; empty where one is missing. The first is where the body starts, in any case.
    pub open: Span,
    pub close: Span,
    /// For a block, one for each statement of its body.
    pub body: Vec<LineSpans>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineSpans {
    /// From the first to the last byte of the statement, without the trailing comment.
    pub whole: Span,
    /// The trailing comment with its slashes; empty if there is none.
    pub note: Span,
    /// The range of [`SpanMap::parts`] that belongs to the line: `start..end`.
    pub parts: (u32, u32),
    /// This is a comment that stands inside the statement that follows it in the document.
    pub inside_next: bool,
}

/// A part of a statement that a diagnostic, a rename or a completion may point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The id of a node, the name of a role or formation, the coordinate of a play.
    Id,
    /// The n-th target or role reference of a mix; 0 if there is one.
    Target(u16),
    /// The percentage of the n-th share of a mix.
    Percent(u16),
    /// The signal's name with its quotes.
    Signal,
    /// `one`, `each`, `all`, `any` or the number.
    Policy,
    /// The inside of the parentheses of an expression, as in [`crate::play::Expr`].
    Each,
    Title,
    With,
    Key,
    Timeout,
    Retry,
    /// Both durations.
    Backoff,
    /// A node in a wire: group 0 is the first, group n stands after the n-th arrow.
    End {
        group: u16,
        index: u16,
    },
    /// The condition of the n-th hop, from 0: its whole text, as `when (…)` or `on error`.
    When(u16),
    /// The inside of the parentheses of the condition of the n-th hop.
    Guard(u16),
    /// Of the n-th entry of a layout the id, or the word `note` or `frame`.
    Place(u32),
    /// A node in a frame of a layout: which entry that is, and which of its nodes.
    Member {
        entry: u32,
        index: u16,
    },
    /// The n-th step of a scenario, whole.
    Step(u16),
    /// The node that the n-th step of a scenario names.
    StepNode(u16),
    /// The value of the n-th step of a scenario; of an expression the inside of its parentheses.
    StepValue(u16),
    /// The pattern of a binding.
    Pattern,
    /// What follows the pattern of a binding.
    Via,
}

impl SpanMap {
    /// Where `part` of the line stands, if the line has it.
    pub fn part(&self, line: &LineSpans, part: Part) -> Option<Span> {
        let (start, end) = line.parts;
        let parts = self.parts.get(start as usize..end as usize)?;
        if let Part::Place(n) = part {
            // The entries of a layout come first, and there may be thousands.
            return parts.get(n as usize).filter(|(p, _)| *p == part).map(|(_, span)| *span);
        }
        if let Part::Member { entry, index } = part {
            let order = |part: &Part| match part {
                Part::Member { entry, index } => (*entry, *index),
                _ => (0, 0),
            };
            let is_before =
                |(other, _): &(Part, Span)| !matches!(other, Part::Member { .. }) || order(other) < (entry, index);
            let at = parts.partition_point(is_before);
            return parts.get(at).filter(|(p, _)| *p == part).map(|(_, span)| *span);
        }
        parts.iter().find(|(p, _)| *p == part).map(|(_, span)| *span)
    }

    /// The spans of statement `stmt` of item `item`.
    pub fn line(&self, item: usize, stmt: usize) -> Option<&LineSpans> {
        self.items.get(item)?.body.get(stmt)
    }
}
