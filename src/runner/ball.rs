//! Payloads on the wire: JSON as `google.protobuf.Value`, everything else byte for byte.

use std::sync::Arc;

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Any, ListValue, Struct};
use serde_json::{Map, Number, Value};

use crate::event::{Code, Failure, OpaquePayload, Payload};

const VALUE_URL: &str = "type.googleapis.com/google.protobuf.Value";
const VALUE_NAME: &str = "google.protobuf.Value";
/// Protobuf readers stop at 100 messages inside each other, and a level of JSON takes up to three.
const MAX_DEPTH: u32 = 32;

/// The payload as it is put into a ball: JSON as `google.protobuf.Value`, any other message as it is.
///
/// # Errors
/// The JSON is nested too deeply.
pub fn to_any(payload: &Payload) -> Result<Any, Failure> {
    match payload {
        Payload::Opaque(opaque) => Ok(Any { type_url: opaque.type_url.clone(), value: opaque.value.clone() }),
        json => {
            let value = to_value(&json.to_json(), MAX_DEPTH).ok_or_else(|| {
                let message = format!(
                    "the payload is nested deeper than {MAX_DEPTH} levels, which google.protobuf.Value cannot carry: \
                     send less of it by `with`"
                );
                Failure::new(Code::InvalidArgument, message)
            })?;
            Ok(Any { type_url: VALUE_URL.to_owned(), value: value.encode_to_vec() })
        }
    }
}

/// The payload that a ball holds; null if it holds none.
///
/// # Errors
/// It says that it is a `Value` and is none, or holds a number that JSON does not have.
pub fn from_any(any: Option<Any>) -> Result<Payload, String> {
    let Some(any) = any else { return Ok(Payload::default()) };
    let name = any.type_url.rsplit('/').next().unwrap_or_default();
    if any.type_url.is_empty() && any.value.is_empty() {
        return Ok(Payload::default());
    }
    if name != VALUE_NAME {
        return Ok(Payload::Opaque(Arc::new(OpaquePayload { type_url: any.type_url, value: any.value })));
    }
    let value = prost_types::Value::decode(any.value.as_slice())
        .map_err(|error| format!("its payload is not the {VALUE_NAME} that it says: {error}"))?;
    from_value(value).map(Payload::from)
}

/// `None` if it is nested too deeply.
fn to_value(json: &Value, depth: u32) -> Option<prost_types::Value> {
    let kind = match json {
        Value::Null => Kind::NullValue(0),
        Value::Bool(yes) => Kind::BoolValue(*yes),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => {
            let depth = depth.checked_sub(1)?;
            let values = items.iter().map(|item| to_value(item, depth)).collect::<Option<_>>()?;
            Kind::ListValue(ListValue { values })
        }
        Value::Object(members) => {
            let depth = depth.checked_sub(1)?;
            let member = |(name, value): (&String, &Value)| Some((name.clone(), to_value(value, depth)?));
            Kind::StructValue(Struct { fields: members.iter().map(member).collect::<Option<_>>()? })
        }
    };
    Some(prost_types::Value { kind: Some(kind) })
}

/// As deep as the protobuf reader let it be.
fn from_value(value: prost_types::Value) -> Result<Value, String> {
    Ok(match value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(yes)) => Value::Bool(yes),
        Some(Kind::NumberValue(number)) => Value::Number(to_number(number)?),
        Some(Kind::StringValue(text)) => Value::String(text),
        Some(Kind::ListValue(list)) => Value::Array(list.values.into_iter().map(from_value).collect::<Result<_, _>>()?),
        Some(Kind::StructValue(object)) => {
            let member = |(name, value)| Ok::<_, String>((name, from_value(value)?));
            Value::Object(object.fields.into_iter().map(member).collect::<Result<Map<_, _>, _>>()?)
        }
    })
}

/// Whether JSON comes back as it is from a `google.protobuf.Value`.
pub(super) fn goes_unchanged(json: &Value) -> bool {
    fn goes(json: &Value, depth: u32) -> bool {
        match json {
            Value::Number(number) => number.as_f64().is_some_and(|double| to_number(double).as_ref() == Ok(number)),
            Value::Array(items) => depth > 0 && items.iter().all(|item| goes(item, depth - 1)),
            Value::Object(members) => depth > 0 && members.values().all(|member| goes(member, depth - 1)),
            Value::Null | Value::Bool(_) | Value::String(_) => true,
        }
    }
    goes(json, MAX_DEPTH)
}

/// A whole number that a double holds exactly becomes an integer again.
pub(super) fn to_number(number: f64) -> Result<Number, String> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT && !(number == 0.0 && number.is_sign_negative()) {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as was just asked")]
        return Ok(Number::from(number as i64));
    }
    Number::from_f64(number).ok_or_else(|| format!("its payload holds {number}, a number that JSON does not have"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn there_and_back(payload: &Payload) -> Payload {
        from_any(Some(to_any(payload).unwrap())).unwrap()
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-(1_i64 << 53)..1 << 53).prop_map(Value::from),
            any::<f64>()
                .prop_filter("JSON has it, and it is no integer", |n| n.is_finite() && n.fract() != 0.0)
                .prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..6).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    #[test]
    fn what_does_not_go_unchanged_is_told() {
        let mut deep = json!(1);
        for _ in 0..=MAX_DEPTH {
            deep = json!([deep]);
        }
        for changes in [json!({"n": (1_i64 << 53) + 1}), json!([1.0]), json!(u64::MAX), deep] {
            assert!(!goes_unchanged(&changes), "{changes}");
        }
    }

    proptest! {
        #[test]
        fn json_comes_back_as_it_went(json in any_json()) {
            prop_assert!(goes_unchanged(&json));
            let payload = Payload::from(json);
            prop_assert_eq!(there_and_back(&payload), payload);
        }

        #[test]
        fn any_bytes_whatever_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(from_any(Some(Any { type_url: VALUE_URL.into(), value: bytes })));
        }

        #[test]
        fn foreign_messages_pass_untouched(value in prop::collection::vec(any::<u8>(), 0..99)) {
            let payload = Payload::Opaque(Arc::new(OpaquePayload { type_url: "x.com/shop.Order".into(), value }));
            prop_assert_eq!(there_and_back(&payload), payload);
        }
    }

    #[test]
    fn what_cannot_be_carried_is_told() {
        let nest = |levels: u32| {
            (0..levels).fold(
                json!(1),
                |inner, level| {
                    if level % 2 == 0 { json!([inner]) } else { json!({ "in": inner }) }
                },
            )
        };
        let deepest = Payload::from(nest(MAX_DEPTH));
        assert_eq!(there_and_back(&deepest), deepest);
        let failure = to_any(&Payload::from(nest(MAX_DEPTH + 1))).unwrap_err();
        assert!(failure.message.contains("nested deeper than 32"), "{}", failure.message);

        let nan = prost_types::Value { kind: Some(Kind::NumberValue(f64::NAN)) };
        let any = Any { type_url: VALUE_URL.into(), value: nan.encode_to_vec() };
        assert!(from_any(Some(any)).unwrap_err().contains("NaN"));
        assert_eq!(from_any(None).unwrap(), Payload::default());
    }
}
