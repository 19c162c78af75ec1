//! Small methods for examples and tests.

use std::time::Duration;

use serde_json::{Value, json};

use super::{invalid, ms};
use crate::event::{Code, Failure};

/// A day: nobody means to wait longer.
const LONGEST_MS: f64 = 86_400_000.0;

pub(super) fn sleep(input: &Value) -> Result<Duration, Failure> {
    let wait = input.get("ms").unwrap_or(input).as_f64().unwrap_or(0.0);
    if !(0.0..=LONGEST_MS).contains(&wait) {
        return Err(invalid(format!("cannot sleep {wait} ms: 0 to a day")));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range, as was just asked")]
    Ok(ms(wait as u64))
}

pub(super) fn fail(input: &Value) -> Failure {
    let text = |name| input.get(name).and_then(Value::as_str);
    let code = text("code").and_then(|name| Code::ALL.into_iter().find(|code| code.name() == name));
    Failure::new(code.unwrap_or(Code::Internal), text("message").unwrap_or("asked to fail"))
}

pub(super) fn flaky(input: &Value, attempt: u32) -> Result<Value, Failure> {
    let fails = input.get("fails").and_then(Value::as_u64).unwrap_or(1);
    if u64::from(attempt) <= fails {
        return Err(Failure::new(Code::Unavailable, format!("attempt {attempt} of those that fail, {fails} in all")));
    }
    Ok(json!({ "attempt": attempt }))
}

pub(super) fn upper(input: &Value) -> Result<Value, Failure> {
    let text = input.get("text").unwrap_or(input).as_str();
    text.map(|text| json!(text.to_uppercase()))
        .ok_or_else(|| invalid("give a text, or an object with a text in `text`"))
}

pub(super) fn add(input: &Value) -> Result<Value, Failure> {
    let numbers: Vec<&Value> = match input {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().filter(|value| value.is_number()).collect(),
        _ => return Err(invalid("give a list of numbers, or an object that holds some")),
    };
    if let Some(sum) = numbers.iter().try_fold(0_i64, |sum, n| sum.checked_add(n.as_i64()?)) {
        return Ok(json!(sum));
    }
    let numbers: Option<Vec<f64>> = numbers.into_iter().map(Value::as_f64).collect();
    numbers.map(|numbers| json!(numbers.iter().sum::<f64>())).ok_or_else(|| invalid("give numbers only"))
}
