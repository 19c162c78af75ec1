//! Words for what went wrong, and where.

use std::ops::Range;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, SourceInfo};
use cel::{ExecutionError, ParseErrors, Value};

use super::{BadExpr, EvalError, Var, json};

fn eval_error(message: impl Into<String>) -> EvalError {
    EvalError { message: message.into() }
}

/// `a, b and c`.
pub(super) fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Where the node `id` starts; for a call or a name the first place from there where `name` stands.
pub(super) fn span(source: &str, info: &SourceInfo, id: u64, name: &str) -> Range<usize> {
    let Some((start, stop)) = info.offset_for(id) else { return 0..source.len() };
    let start = byte_of(source, start as usize);
    let stop = byte_of(source, stop as usize + 1).max(start);
    if name.is_empty() {
        return start..stop;
    }
    // The place of a call is that of its bracket, of a name that of its first letter.
    let after = source[start..].find(name).map(|at| start + at);
    let before = source[..start].rfind(name);
    let at = match (after, before) {
        (Some(after), _) if after == start => after,
        (_, Some(before)) => before,
        (Some(after), None) => after,
        (None, None) => return start..stop,
    };
    at..at + name.len()
}

/// The parser counts characters.
fn byte_of(source: &str, n_chars: usize) -> usize {
    source.char_indices().nth(n_chars).map_or(source.len(), |(at, _)| at)
}

pub(super) fn of_parse(source: &str, errors: &ParseErrors) -> BadExpr {
    let Some(first) = errors.errors.first() else {
        return BadExpr { message: "this is no CEL expression".to_owned(), at: 0..source.len() };
    };
    let (line, column) = (first.pos.0.max(1), first.pos.1.max(1));
    let line_start: usize =
        source.split_inclusive('\n').take(usize::try_from(line - 1).unwrap_or(0)).map(str::len).sum();
    let start = line_start + byte_of(&source[line_start..], usize::try_from(column - 1).unwrap_or(0));
    let end = source[start..].chars().next().map_or(start, |c| start + c.len_utf8());
    let message =
        if source[start..].trim().is_empty() { "the expression ends too early".to_owned() } else { plain(&first.msg) };
    BadExpr { message, at: start..end }
}

/// The parser's own words, without its token tables.
fn plain(message: &str) -> String {
    let text = message.trim_start_matches("Syntax error: ");
    if let Some(rest) = text.strip_prefix("mismatched input ").or_else(|| text.strip_prefix("extraneous input ")) {
        let token = rest.split(" expecting").next().unwrap_or(rest);
        return format!("{token} is not expected here");
    }
    if let Some(rest) = text.strip_prefix("no viable alternative at input ") {
        return format!("{rest} makes no sense here");
    }
    if let Some(rest) = text.strip_prefix("token recognition error at: ") {
        return format!("{rest} means nothing in an expression");
    }
    text.to_owned()
}

const fn unbound(var: Var) -> &'static str {
    match var {
        Var::Signal => "there is no 'signal' here: no signal has come to this ball",
        Var::Error => "there is no 'error' here: it exists only after an 'on error' wire",
        Var::Balls => "there is no 'balls' here: it exists only at a fan-in",
        Var::Ball | Var::Run => "the variable is not bound",
    }
}

pub(super) fn spent() -> EvalError {
    eval_error("the expression takes too long: it goes through too many elements or builds too much")
}

/// `absent` are the variables that were null because there was nothing to bind.
pub(super) fn of_run(expr: &IdedExpr, failure: &ExecutionError, absent: &[Var]) -> EvalError {
    eval_error(match failure {
        ExecutionError::NoSuchOverload(overload)
            if !absent.is_empty() && overload.argument_types().iter().any(|name| name == "null_type") =>
        {
            unbound(absent[0]).to_owned()
        }
        ExecutionError::NoSuchKey(key) => no_such_key(expr, key),
        ExecutionError::NoSuchOverload(overload) => {
            let types: Vec<_> = overload.argument_types().iter().map(|name| type_word(name)).collect();
            overload_message(overload.function(), &types, overload.is_member_function())
        }
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => arithmetic(operator, left, right),
        ExecutionError::ValuesNotComparable(left, right) => {
            format!("cannot compare {} with {}", value_word(left), value_word(right))
        }
        ExecutionError::UnexpectedType { got, want } if want == "bool" => {
            format!("a condition must be true or false, not {}", type_word(got))
        }
        ExecutionError::UnexpectedType { got, want } if want == "iterable" => {
            format!("cannot go through {}, only through a list or a map", type_word(got))
        }
        ExecutionError::UnexpectedType { got, want } => {
            format!("{} stands where {} is needed", type_word(got), type_word(want))
        }
        ExecutionError::IndexOutOfBounds(index) => format!("there is no element {} in the list", number(index)),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::Overflow(..) => "the number is too large for 64 bits".to_owned(),
        ExecutionError::UndeclaredReference(name) => format!("there is no '{name}'"),
        ExecutionError::DuplicateKey(key) => format!("the key {} stands twice in a map", number(key)),
        ExecutionError::UnsupportedKeyType(_) => "a key of a map must be text, a whole number or a bool".to_owned(),
        ExecutionError::FunctionError { function, message } => format!("{function}: {message}"),
        other => other.to_string(),
    })
}

fn number(value: &Value) -> String {
    match value {
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        Value::String(text) => format!("'{text}'"),
        other => value_word(other).to_owned(),
    }
}

fn no_such_key(expr: &IdedExpr, key: &str) -> String {
    let owner = owner_of(expr, key).map(|path| format!(" in {path}")).unwrap_or_default();
    let fields = json::last_miss();
    let there = match fields.as_slice() {
        [] => String::new(),
        fields => format!(", only {}", list(&fields.iter().map(String::as_str).collect::<Vec<_>>())),
    };
    format!("there is no '{key}'{owner}{there}")
}

/// The path whose field `key` is read, if the expression reads it from one path only.
fn owner_of(expr: &IdedExpr, key: &str) -> Option<String> {
    let mut owners = Vec::new();
    collect_owners(expr, key, &mut owners);
    owners.sort();
    owners.dedup();
    match owners.as_slice() {
        [owner] => Some(owner.clone()),
        _ => None,
    }
}

fn collect_owners(expr: &IdedExpr, key: &str, owners: &mut Vec<String>) {
    match &expr.expr {
        Expr::Select(select) => {
            if select.field == key && !select.test {
                owners.push(path(&select.operand).unwrap_or_else(|| "the value".to_owned()));
            }
            collect_owners(&select.operand, key, owners);
        }
        Expr::Call(call) => {
            call.target.iter().for_each(|target| collect_owners(target, key, owners));
            call.args.iter().for_each(|arg| collect_owners(arg, key, owners));
        }
        Expr::List(list) => list.elements.iter().for_each(|element| collect_owners(element, key, owners)),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    collect_owners(&entry.key, key, owners);
                    collect_owners(&entry.value, key, owners);
                }
            }
        }
        Expr::Comprehension(each) => {
            for part in [&each.iter_range, &each.accu_init, &each.loop_cond, &each.loop_step, &each.result] {
                collect_owners(part, key, owners);
            }
        }
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {}
    }
}

fn path(expr: &IdedExpr) -> Option<String> {
    match &expr.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => Some(format!("{}.{}", path(&select.operand)?, select.field)),
        _ => None,
    }
}

fn arithmetic(operator: &str, left: &Value, right: &Value) -> String {
    let sign = match operator {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" | "mod" => "%",
        other => other,
    };
    let is_number = |value: &Value| matches!(value, Value::Int(_) | Value::UInt(_) | Value::Float(_));
    let mut message = format!("cannot apply '{sign}' to {} and {}", value_word(left), value_word(right));
    if is_number(left) && is_number(right) {
        message.push_str(": make both alike with double(…) or int(…)");
    } else if sign == "+" && (matches!(left, Value::String(_)) || matches!(right, Value::String(_))) {
        message.push_str(": make both text with string(…)");
    }
    message
}

fn overload_message(function: &str, types: &[&str], is_method: bool) -> String {
    match (function, types) {
        ("_._", [owner, _]) => format!("{owner} has no fields"),
        ("_[_]", [owner, index]) => format!("{owner} cannot be indexed with {index}"),
        ("!_" | "-_", [of]) => format!("cannot apply '{}' to {of}", function.trim_end_matches('_')),
        (_, [left, right]) if function.starts_with('_') || function == "@in" => {
            format!("cannot apply '{}' to {left} and {right}", function.trim_matches(['_', '@']))
        }
        (_, [owner, args @ ..]) if is_method => {
            format!("{owner} has no '{function}' for ({})", args.join(", "))
        }
        _ => format!("there is no '{function}' for ({})", types.join(", ")),
    }
}

fn value_word(value: &Value) -> &'static str {
    match value {
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
        Value::Int(_) => "a whole number",
        Value::UInt(_) => "an unsigned number",
        Value::Float(_) => "a decimal number",
        Value::String(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::Bool(_) => "a bool",
        Value::Null => "null",
        _ => "a value of another type",
    }
}

pub(super) fn type_word(name: &str) -> &str {
    match name {
        "list" => "a list",
        "map" => "an object",
        "int" => "a whole number",
        "uint" => "an unsigned number",
        "double" => "a decimal number",
        "string" => "text",
        "bool" => "a bool",
        "null_type" => "null",
        other => other,
    }
}
