//! The workers of the checkout play.

use serde_json::{Map, Value, json};

use super::invalid;
use crate::event::{Code, Failure};

pub(super) fn validate_order(input: &Value) -> Result<Value, Failure> {
    let Value::Object(order) = input else {
        return Err(invalid("an order is an object, as in {\"items\": [{\"sku\": \"ball\", \"price\": 60}]}"));
    };
    let has_items = order.get("items").and_then(Value::as_array).is_some_and(|items| !items.is_empty());
    if !has_items {
        return Err(invalid("the order has no items"));
    }
    let total = total_of(input);
    if total < 0.0 {
        return Err(invalid(format!("the order's amount is negative: {total}")));
    }
    let mut valid = order.clone();
    valid.entry("order_id").or_insert_with(|| json!("o-1"));
    valid.insert("total".to_owned(), number(total));
    valid.insert("valid".to_owned(), json!(true));
    Ok(Value::Object(valid))
}

pub(super) fn charge(input: &Value, version: &str, luck: u64) -> Result<Value, Failure> {
    let total = total_of(input);
    if total < 0.0 {
        return Err(invalid(format!("{total} cannot be charged")));
    }
    let mut charged = of_order(input);
    charged.insert("total".to_owned(), number(total));
    charged.insert("payment".to_owned(), json!(format!("pay-{:06x}", luck & 0xff_ffff)));
    charged.insert("by".to_owned(), json!(format!("payments {version}")));
    if version == "2.0" {
        charged.insert("receipt".to_owned(), json!(format!("r-{:04x}", luck >> 48)));
    }
    Ok(Value::Object(charged))
}

/// Busy at six first attempts of ten.
pub(super) fn reserve(input: &Value, attempt: u32, luck: u64) -> Result<Value, Failure> {
    if attempt <= 1 && luck % 10 < 6 {
        return Err(Failure::new(Code::Unavailable, "the warehouse is busy, try again"));
    }
    let mut reserved = of_order(input);
    let items = input.get("items").and_then(Value::as_array).map_or(0, Vec::len);
    reserved.insert("reserved".to_owned(), json!(items));
    reserved
        .insert("shelf".to_owned(), json!(format!("{}{}", ['A', 'B', 'C', 'D'][(luck >> 8) as usize % 4], luck % 40)));
    Ok(Value::Object(reserved))
}

pub(super) fn wrap(input: &Value) -> Value {
    let mut wrapped = of_order(input);
    wrapped.insert("wrapped".to_owned(), json!(true));
    wrapped.insert("paper".to_owned(), json!("chalkboard green"));
    Value::Object(wrapped)
}

pub(super) fn pack(input: &Value, luck: u64) -> Value {
    let mut packed = of_order(input);
    packed.extend(["order", "by"].into_iter().filter_map(|name| Some((name.to_owned(), input.get(name)?.clone()))));
    packed.insert("parcel".to_owned(), json!(format!("p-{:05}", luck % 100_000)));
    Value::Object(packed)
}

pub(super) fn dispatch(input: &Value, luck: u64) -> Value {
    let mut sent = input.as_object().cloned().unwrap_or_default();
    sent.insert("tracking".to_owned(), json!(format!("CT{:08}", luck % 100_000_000)));
    sent.insert("carrier".to_owned(), json!("courier"));
    Value::Object(sent)
}

/// The `amount`, else the sum over the items, 10 for one without a price.
fn total_of(order: &Value) -> f64 {
    let given = ["total", "amount"].into_iter().find_map(|name| order.get(name)?.as_f64());
    given.unwrap_or_else(|| {
        let items = order.get("items").and_then(Value::as_array);
        items.into_iter().flatten().map(price_of).sum()
    })
}

fn price_of(item: &Value) -> f64 {
    let member = |names: &[&str]| names.iter().find_map(|name| item.get(*name)?.as_f64());
    member(&["price"]).unwrap_or(10.0) * member(&["quantity", "qty"]).unwrap_or(1.0)
}

/// A whole number without a fraction.
fn number(n: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "whole and small, as was just asked")]
    if n.fract() == 0.0 && n.abs() < 1e15 { json!(n as i64) } else { json!(n) }
}

fn of_order(input: &Value) -> Map<String, Value> {
    input.get("order_id").map(|id| ("order_id".to_owned(), id.clone())).into_iter().collect()
}
