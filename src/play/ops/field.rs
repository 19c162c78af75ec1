use std::fmt::Display;
use std::str::FromStr;

use super::Refusal;
use crate::base::Dur;
use crate::play::Head;
use crate::play::doc::{Expr, Node, NodeKind, Policy, Spread, Target};
use crate::play::raw::{is_expr, trim_expr};

/// A property of a node that is edited as text. The id is no field: see [`super::At::rename`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeField {
    Title,
    Target,
    Signal,
    /// `all`, `one` or `each (EXPR)`.
    Spread,
    /// `all`, `any` or a number.
    Policy,
    With,
    Key,
    Timeout,
    Retry,
    /// `100ms..5s`
    Backoff,
}

/// A property of a play that is edited as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlayField {
    Coord,
    Title,
    Timeout,
}

impl NodeField {
    /// The properties that a node of the kind may have, in the order of an inspector.
    pub const fn of(kind: &NodeKind) -> &'static [Self] {
        match kind {
            NodeKind::Snap => &[Self::Title, Self::With],
            NodeKind::FanOut(_) => &[Self::Title, Self::Spread, Self::With],
            NodeKind::FanIn(_) => &[Self::Title, Self::Policy, Self::With, Self::Timeout],
            NodeKind::WaitForSignal(_) => &[Self::Title, Self::Signal, Self::Key, Self::With, Self::Timeout],
            NodeKind::Call(_) | NodeKind::WaitForWorker(_) | NodeKind::Pass(_) => {
                &[Self::Title, Self::Target, Self::With, Self::Timeout, Self::Retry, Self::Backoff]
            }
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Target => "target",
            Self::Signal => "signal",
            Self::Spread => "copies",
            Self::Policy => "waits for",
            Self::With => "with",
            Self::Key => "key",
            Self::Timeout => "timeout",
            Self::Retry => "retry",
            Self::Backoff => "backoff",
        }
    }

    /// An example, shown where the field is empty.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Title => "shown instead of the id",
            Self::Target => "shop/2.1/validate",
            Self::Signal => "manager-approved",
            Self::Spread => "all, one or each (ball.items)",
            Self::Policy => "all, any or 2",
            Self::With => "{order: ball.order_id}",
            Self::Key => "ball.order_id",
            Self::Timeout => "2s",
            Self::Retry => "3",
            Self::Backoff => "100ms..5s",
        }
    }

    /// What the node says now; empty if it does not say.
    pub fn text(self, node: &Node) -> String {
        let options = &node.options;
        let shown = |value: Option<&dyn Display>| value.map(ToString::to_string).unwrap_or_default();
        let expr = |expr: &Option<Expr>| expr.as_ref().map(|expr| expr.0.clone()).unwrap_or_default();
        match self {
            Self::Title => options.title.clone().unwrap_or_default(),
            Self::Target => node.kind.target().map(ToString::to_string).unwrap_or_default(),
            Self::Signal => match &node.kind {
                NodeKind::WaitForSignal(name) => name.clone(),
                _ => String::new(),
            },
            Self::Spread => match &node.kind {
                NodeKind::FanOut(Spread::All) => "all".to_owned(),
                NodeKind::FanOut(Spread::One) => "one".to_owned(),
                NodeKind::FanOut(Spread::Each(list)) => format!("each ({})", list.0),
                _ => String::new(),
            },
            Self::Policy => match &node.kind {
                NodeKind::FanIn(Policy::All) => "all".to_owned(),
                NodeKind::FanIn(Policy::Any) => "any".to_owned(),
                NodeKind::FanIn(Policy::Count(n)) => n.to_string(),
                _ => String::new(),
            },
            Self::With => expr(&options.with),
            Self::Key => expr(&options.key),
            Self::Timeout => shown(options.timeout.as_ref().map(|timeout| timeout as _)),
            Self::Retry => shown(options.retry.as_ref().map(|retry| retry as _)),
            Self::Backoff => options.backoff.map(|(first, last)| format!("{first}..{last}")).unwrap_or_default(),
        }
    }

    /// # Errors
    /// The text is no such value, or nodes of that kind do not have the field.
    pub(super) fn set(self, node: &mut Node, text: &str) -> Result<(), Refusal> {
        let text = text.trim();
        let options = &mut node.options;
        match self {
            Self::Title => options.title = optional(text, |text| Ok(text.to_owned()))?,
            Self::With => options.with = optional(text, expr)?,
            Self::Key => options.key = optional(text, expr)?,
            Self::Timeout => options.timeout = optional(text, parsed)?,
            Self::Retry => options.retry = optional(text, retry)?,
            Self::Backoff => options.backoff = optional(text, backoff)?,
            Self::Target => match &mut node.kind {
                NodeKind::Pass(target) => *target = optional(text, parsed::<Target>)?,
                NodeKind::Call(target) | NodeKind::WaitForWorker(target) => *target = parsed(text)?,
                kind => return Err(no_field(kind, self)),
            },
            Self::Signal => match &mut node.kind {
                NodeKind::WaitForSignal(_) if text.is_empty() => {
                    return Err(Refusal::BadValue("a signal needs a name: write what is waited for".to_owned()));
                }
                NodeKind::WaitForSignal(name) => text.clone_into(name),
                kind => return Err(no_field(kind, self)),
            },
            Self::Spread => match &mut node.kind {
                NodeKind::FanOut(spread) => *spread = spread_of(text)?,
                kind => return Err(no_field(kind, self)),
            },
            Self::Policy => match &mut node.kind {
                NodeKind::FanIn(policy) => *policy = policy_of(text)?,
                kind => return Err(no_field(kind, self)),
            },
        }
        Ok(())
    }
}

impl PlayField {
    pub const ALL: [Self; 3] = [Self::Coord, Self::Title, Self::Timeout];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Coord => "coordinate",
            Self::Title => "title",
            Self::Timeout => "timeout",
        }
    }

    /// What the play says now; empty if it does not say.
    pub fn text(self, play: &crate::play::Play) -> String {
        match self {
            Self::Coord => play.coord.to_string(),
            Self::Title => play.title.clone().unwrap_or_default(),
            Self::Timeout => play.timeout.map(|timeout| timeout.to_string()).unwrap_or_default(),
        }
    }

    pub(super) fn set(self, head: &mut Head, text: &str) -> Result<(), Refusal> {
        let text = text.trim();
        if let Head::Play { coord, title, timeout } = head {
            match self {
                Self::Coord => *coord = parsed(text)?,
                Self::Title => *title = optional(text, |text| Ok(text.to_owned()))?,
                Self::Timeout => *timeout = optional(text, parsed)?,
            }
        }
        Ok(())
    }
}

/// # Errors
/// The text could not stand between parentheses.
pub(super) fn check_expr(text: &str) -> Result<(), Refusal> {
    let wrong = match text {
        _ if is_expr(text) => return Ok(()),
        "" => "the expression is empty: write one, as in ball.total > 100".to_owned(),
        _ => format!("'{text}' is no expression: close each quote, bracket and parenthesis that opens"),
    };
    Err(Refusal::BadValue(wrong))
}

fn expr(text: &str) -> Result<Expr, Refusal> {
    let text = trim_expr(text);
    check_expr(text)?;
    Ok(Expr(text.to_owned()))
}

fn optional<T>(text: &str, read: impl Fn(&str) -> Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error: T::Err| Refusal::BadValue(error.to_string()))
}

fn retry(text: &str) -> Result<u32, Refusal> {
    text.parse()
        .map_err(|_| Refusal::BadValue(format!("'{text}' is no number of attempts: write a whole number, as in 3")))
}

fn backoff(text: &str) -> Result<(Dur, Dur), Refusal> {
    let (first, last) = text.split_once("..").ok_or_else(|| {
        Refusal::BadValue(format!("'{text}' is no backoff: write the first and the longest wait, as in 100ms..5s"))
    })?;
    Ok((parsed(first.trim())?, parsed(last.trim())?))
}

fn spread_of(text: &str) -> Result<Spread, Refusal> {
    match text {
        "" | "all" => return Ok(Spread::All),
        "one" => return Ok(Spread::One),
        _ => {}
    }
    let list = text.strip_prefix("each").map(str::trim_start);
    match list.and_then(|list| list.strip_prefix('(')).and_then(|list| list.strip_suffix(')')) {
        Some(list) => expr(list.trim()).map(Spread::Each),
        None => Err(Refusal::BadValue(format!("'{text}' says not how to copy: write all, one or each (ball.items)"))),
    }
}

fn policy_of(text: &str) -> Result<Policy, Refusal> {
    match text {
        "" | "all" => Ok(Policy::All),
        "any" => Ok(Policy::Any),
        number => number.parse().map(Policy::Count).map_err(|_| {
            Refusal::BadValue(format!("'{text}' says not how many to wait for: write all, any or a number"))
        }),
    }
}

fn no_field(kind: &NodeKind, field: NodeField) -> Refusal {
    Refusal::BadValue(format!("a {} has no {}: choose another node", kind.keyword(), field.label()))
}
