//! From CEL's values back to JSON.

use std::cell::Cell;

use cel::ExecutionError;
use cel::common::ast::IdedExpr;
use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelInt, CelMapKey, CelNull, CelOptional, CelString, CelType, CelUInt,
};
use cel::common::value::{CowVal, Val};
use serde_json::{Map, Number, Value};

use super::json::{self, View};
use super::{EvalError, fuel};

/// The most values in a result that the expression put together. One that is handed on whole may be of any size.
const MAX_VALUES: usize = 1_000_000;
/// JSON readers give up at 128.
const MAX_DEPTH: usize = 100;

fn bad(message: impl Into<String>) -> EvalError {
    EvalError { message: message.into() }
}

/// What the result is to be.
#[derive(Clone, Copy, Default)]
pub(super) enum Want {
    #[default]
    Json,
    Bool,
}

/// `@result(value)` leaves `value` as JSON for this thread. The crate's own way out copies, and knows no values but
/// its own.
pub(super) const RESULT: &str = "@result";

thread_local! {
    static WANT: Cell<Want> = const { Cell::new(Want::Json) };
    static DONE: Cell<Option<Result<Value, EvalError>>> = const { Cell::new(None) };
}

pub(super) fn want(want: Want) {
    WANT.set(want);
    DONE.set(None);
}

pub(super) fn take() -> Result<Value, EvalError> {
    DONE.take().unwrap_or_else(|| Err(bad("the expression has no value")))
}

pub(super) fn wrap(expr: &mut IdedExpr) {
    fuel::wrap(expr, RESULT, Vec::new());
}

#[expect(clippy::needless_pass_by_value, reason = "CEL calls it so")]
pub(super) fn result<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let value = args.first().ok_or(ExecutionError::MissingArgumentOrTarget)?.as_ref();
    DONE.set(Some(match WANT.get() {
        Want::Json => to_json(value),
        Want::Bool => to_bool(value),
    }));
    Ok(CowVal::owned(CelNull))
}

fn to_bool(value: &dyn Val) -> Result<Value, EvalError> {
    match value.downcast_ref::<CelBool>() {
        Some(bool) => Ok(Value::Bool(*bool.inner())),
        None => Err(bad(format!("a condition must be true or false, not {}", describe(value)))),
    }
}

fn to_json(value: &dyn Val) -> Result<Value, EvalError> {
    if let Some(whole) = json::borrowed(value) {
        return Ok(whole.clone_whole());
    }
    let mut left = MAX_VALUES;
    build(value, 0, &mut left)
}

fn build(value: &dyn Val, depth: usize, left: &mut usize) -> Result<Value, EvalError> {
    if depth > MAX_DEPTH {
        return Err(bad(format!("the result is nested deeper than {MAX_DEPTH} levels")));
    }
    spend(left, 1)?;
    match json::view(value) {
        View::List(list) => {
            list.inner().iter().map(|element| build(element.as_ref(), depth + 1, left)).collect::<Result<_, _>>()
        }
        View::Map(map) => {
            let mut object = Map::new();
            #[expect(clippy::iter_over_hash_type, reason = "a JSON object sorts its keys")]
            for (key, value) in map.inner() {
                let key = match key {
                    CelMapKey::String(text) => text.inner().to_owned(),
                    CelMapKey::Int(n) => n.inner().to_string(),
                    CelMapKey::UInt(n) => n.inner().to_string(),
                    CelMapKey::Bool(bool) => bool.inner().to_string(),
                };
                object.insert(key, build(value.as_ref(), depth + 1, left)?);
            }
            Ok(Value::Object(object))
        }
        View::Foreign => {
            let whole = json::borrowed(value).ok_or_else(|| bad("the result is no JSON"))?;
            let (count, height) = whole.measure();
            if depth + height > MAX_DEPTH {
                return Err(bad(format!("the result is nested deeper than {MAX_DEPTH} levels")));
            }
            spend(left, count)?;
            Ok(whole.clone_whole())
        }
        View::Other => scalar(value, depth, left),
    }
}

fn scalar(value: &dyn Val, depth: usize, left: &mut usize) -> Result<Value, EvalError> {
    if let Some(text) = value.downcast_ref::<CelString>() {
        spend(left, text.inner().len() / 64)?;
        return Ok(Value::String(text.inner().to_owned()));
    }
    if let Some(int) = value.downcast_ref::<CelInt>() {
        return Ok(Value::from(*int.inner()));
    }
    if let Some(bool) = value.downcast_ref::<CelBool>() {
        return Ok(Value::Bool(*bool.inner()));
    }
    if let Some(float) = value.downcast_ref::<CelDouble>() {
        let float = *float.inner();
        return Number::from_f64(float).map(Value::Number).ok_or_else(|| bad(format!("{float} is no JSON number")));
    }
    if let Some(uint) = value.downcast_ref::<CelUInt>() {
        return Ok(Value::from(*uint.inner()));
    }
    if value.downcast_ref::<CelNull>().is_some() {
        return Ok(Value::Null);
    }
    if let Some(option) = value.downcast_ref::<CelOptional>() {
        return option.option().map_or(Ok(Value::Null), |value| build(value, depth + 1, left));
    }
    if let Some(name) = value.downcast_ref::<CelType>() {
        return Ok(Value::String(name.name().to_owned()));
    }
    if value.downcast_ref::<CelBytes>().is_some() {
        return Err(bad("bytes are no JSON: make them text with string(…)"));
    }
    Err(bad(format!("{} is no JSON", describe(value))))
}

fn spend(left: &mut usize, units: usize) -> Result<(), EvalError> {
    *left = left.checked_sub(units).ok_or_else(|| bad(format!("the result has more than {MAX_VALUES} values")))?;
    Ok(())
}

fn describe(value: &dyn Val) -> &str {
    super::error::type_word(value.get_type().name())
}
