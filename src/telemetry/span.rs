use crate::event::Code;

/// A piece of a run's trace, once it is over.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub trace: u128,
    pub id: u64,
    /// 0 for none.
    pub parent: u64,
    /// The parent is of another program.
    pub is_entry: bool,
    pub flags: u8,
    pub state: String,
    pub name: String,
    pub kind: Kind,
    /// Unix microseconds.
    pub begun_us: u64,
    pub ended_us: u64,
    pub attributes: Vec<(&'static str, Word)>,
    pub notes: Vec<Note>,
    pub failed: Option<Code>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Internal,
    /// It was asked for from outside.
    Server,
    /// It asks a worker.
    Client,
}

/// Something that happened within a span.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Note {
    pub name: &'static str,
    /// Unix microseconds.
    pub at_us: u64,
    pub attributes: Vec<(&'static str, Word)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Text(String),
    Number(i64),
}

impl Word {
    pub fn text(text: &(impl ToString + ?Sized)) -> Self {
        Self::Text(text.to_string())
    }

    pub fn number(number: impl Into<i64>) -> Self {
        Self::Number(number.into())
    }
}

/// What a run's events mean to those who look on from outside.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seen {
    Span(Box<Span>),
    Started {
        play: String,
    },
    /// An attempt is over. Without a code it went well.
    Called {
        to: String,
        code: Option<Code>,
        took_us: u64,
    },
    Ended {
        play: String,
        outcome: &'static str,
        took_us: u64,
    },
}
