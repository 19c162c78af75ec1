use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::listing::{holds, holds_in};

/// A line of a payload that is shown as a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'v> {
    /// From the top: `.items[2].price`, and nothing for the whole.
    pub path: String,
    /// The name or the number within what it is in.
    pub name: String,
    pub value: &'v Value,
    pub depth: u32,
    /// `None` for what holds nothing.
    pub open: Option<bool>,
    /// What was looked for is in this line itself.
    pub found: bool,
}

/// More lines are not made: who wants more looks for it.
pub const MAX_LINES: usize = 2000;

/// The payload as lines, in order. `turned` are the paths that the person opened or closed; all else is open down to two
/// levels, and short. With a `query`, only lines that hold it, and what they are in.
pub fn lines<'v>(value: &'v Value, turned: &BTreeSet<String>, query: &str) -> Vec<Line<'v>> {
    let mut tree = Tree { turned, query: query.trim().to_lowercase(), lines: Vec::new() };
    tree.add("", String::new(), value, 0);
    tree.lines
}

struct Tree<'v, 't> {
    turned: &'t BTreeSet<String>,
    query: String,
    lines: Vec<Line<'v>>,
}

/// What is longer than that is closed at first.
const SHORT: usize = 24;

impl<'v> Tree<'v, '_> {
    fn add(&mut self, path: &str, name: String, value: &'v Value, depth: u32) {
        if self.lines.len() >= MAX_LINES || depth > 200 {
            return;
        }
        let looks = !self.query.is_empty();
        let named = looks && holds(&name, &self.query);
        let found = named || (looks && is_leaf(value) && holds_in(value, &self.query, depth));
        let n = n_inside(value);
        let by_itself = if looks { true } else { depth < 2 && n <= SHORT || depth == 0 };
        let open = (n > 0).then(|| by_itself != self.turned.contains(path));
        self.lines.push(Line { path: path.to_owned(), name, value, depth, open, found });
        if open != Some(true) {
            return;
        }
        let wants = |name: &str, inner: &Value| {
            !looks || named || holds(name, &self.query) || holds_in(inner, &self.query, depth)
        };
        let inner: Vec<(String, String, &'v Value)> = match value {
            Value::Object(members) => members
                .iter()
                .filter(|(name, inner)| wants(name, inner))
                .map(|(name, inner)| (format!("{path}.{name}"), name.clone(), inner))
                .collect(),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .filter(|(_, inner)| wants("", inner))
                .take(MAX_LINES)
                .map(|(nth, inner)| (format!("{path}[{nth}]"), nth.to_string(), inner))
                .collect(),
            _ => Vec::new(),
        };
        for (path, name, value) in inner {
            self.add(&path, name, value, depth + 1);
        }
    }
}

const fn is_leaf(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

fn n_inside(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    }
}

/// How a part of a payload came to be other than it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Changed<'v> {
    Added(&'v Value),
    Removed(&'v Value),
    /// From the first to the second.
    Other(&'v Value, &'v Value),
}

/// What differs, by path as in [`Line::path`], the deepest parts that do. Items of lists are compared by their places. At
/// most [`MAX_LINES`].
pub fn diff<'v>(old: &'v Value, new: &'v Value) -> BTreeMap<String, Changed<'v>> {
    let mut found = BTreeMap::new();
    compare(String::new(), old, new, 0, &mut found);
    found
}

fn compare<'v>(path: String, old: &'v Value, new: &'v Value, depth: u32, found: &mut BTreeMap<String, Changed<'v>>) {
    if old == new || found.len() >= MAX_LINES {
        return;
    }
    match (old, new) {
        (Value::Object(before), Value::Object(after)) if depth <= 200 => {
            for (name, old) in before {
                match after.get(name) {
                    Some(new) => compare(format!("{path}.{name}"), old, new, depth + 1, found),
                    None => drop(found.insert(format!("{path}.{name}"), Changed::Removed(old))),
                }
            }
            for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
                found.insert(format!("{path}.{name}"), Changed::Added(new));
            }
        }
        (Value::Array(before), Value::Array(after)) if depth <= 200 => {
            for (nth, (old, new)) in before.iter().zip(after).enumerate() {
                compare(format!("{path}[{nth}]"), old, new, depth + 1, found);
            }
            for (nth, old) in before.iter().enumerate().skip(after.len()) {
                found.insert(format!("{path}[{nth}]"), Changed::Removed(old));
            }
            for (nth, new) in after.iter().enumerate().skip(before.len()) {
                found.insert(format!("{path}[{nth}]"), Changed::Added(new));
            }
        }
        _ => drop(found.insert(path, Changed::Other(old, new))),
    }
}
