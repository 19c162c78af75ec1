//! A protobuf message as a JSON schema: what a play may send and will get.

use prost_reflect::{Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

/// Messages inside each other that are spelled out; what is deeper is any object.
const MAX_DEPTH: usize = 4;

pub(super) fn schema(message: &MessageDescriptor) -> Value {
    object(message, MAX_DEPTH)
}

fn object(message: &MessageDescriptor, depth: usize) -> Value {
    if let Some(known) = well_known(message.full_name()) {
        return known;
    }
    let Some(depth) = depth.checked_sub(1) else { return json!({"type": "object"}) };
    let property = |field: prost_reflect::FieldDescriptor| {
        let kind = field.kind();
        let shape = if field.is_map() {
            let value = kind.as_message().map(|entry| one(&entry.map_entry_value_field().kind(), depth));
            json!({"type": "object", "additionalProperties": value})
        } else if field.is_list() {
            json!({"type": "array", "items": one(&kind, depth)})
        } else {
            one(&kind, depth)
        };
        (field.json_name().to_owned(), shape)
    };
    let properties: Map<String, Value> = message.fields().map(property).collect();
    json!({"type": "object", "title": message.full_name(), "properties": properties})
}

fn one(kind: &Kind, depth: usize) -> Value {
    match kind {
        Kind::Double | Kind::Float => json!({"type": "number"}),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer"}),
        // JSON's numbers do not hold them all.
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
            json!({"type": ["string", "integer"], "format": "int64"})
        }
        Kind::Bool => json!({"type": "boolean"}),
        Kind::String => json!({"type": "string"}),
        Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Kind::Message(message) => object(message, depth),
        Kind::Enum(names) => json!({"enum": names.values().map(|value| value.name().to_owned()).collect::<Vec<_>>()}),
    }
}

/// Messages whose JSON is not an object of their fields.
fn well_known(name: &str) -> Option<Value> {
    Some(match name.strip_prefix("google.protobuf.")? {
        "Timestamp" => json!({"type": "string", "format": "date-time"}),
        "Duration" | "FieldMask" | "StringValue" => json!({"type": "string"}),
        "BytesValue" => json!({"type": "string", "contentEncoding": "base64"}),
        "BoolValue" => json!({"type": "boolean"}),
        "DoubleValue" | "FloatValue" => json!({"type": "number"}),
        "Int32Value" | "UInt32Value" => json!({"type": "integer"}),
        "Int64Value" | "UInt64Value" => json!({"type": ["string", "integer"], "format": "int64"}),
        "Struct" | "Any" | "Empty" => json!({"type": "object"}),
        "ListValue" => json!({"type": "array"}),
        "Value" => json!({}),
        _ => return None,
    })
}
