use std::cell::Cell;
use std::sync::Arc;

use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// What a ball carries. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Payload {
    /// Any JSON.
    #[serde(rename = "json")]
    Json(Arc<Value>),
    /// JSON that nobody has looked into, as it stands in a record: see [`unread`]. No run that goes on has any.
    #[serde(rename = "json", serialize_with = "as_it_stands")]
    Text(Arc<str>),
    /// A protobuf message that passes through untouched; expressions cannot look into it.
    #[serde(rename = "any")]
    Opaque(Arc<OpaquePayload>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaquePayload {
    pub type_url: String,
    pub value: Vec<u8>,
}

thread_local! {
    static UNREAD: Cell<bool> = const { Cell::new(false) };
}

/// Payloads that `read` reads from JSON, on this thread, stay text until somebody looks into them: they take a tenth of
/// the memory, and most of the million that a long record holds are never looked at.
pub fn unread<T>(read: impl FnOnce() -> T) -> T {
    let before = UNREAD.replace(true);
    let done = read();
    UNREAD.set(before);
    done
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Read<J> {
            #[serde(rename = "json")]
            Json(J),
            #[serde(rename = "any")]
            Opaque(Arc<OpaquePayload>),
        }
        if UNREAD.get() {
            return Ok(match Read::<Box<RawValue>>::deserialize(deserializer)? {
                Read::Json(raw) => Self::Text(raw.get().into()),
                Read::Opaque(opaque) => Self::Opaque(opaque),
            });
        }
        Ok(match Read::<Arc<Value>>::deserialize(deserializer)? {
            Read::Json(value) => Self::Json(value),
            Read::Opaque(opaque) => Self::Opaque(opaque),
        })
    }
}

fn as_it_stands<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<&RawValue>(text).map_err(S::Error::custom)?.serialize(serializer)
}

impl Payload {
    /// `None` for what is opaque or unread.
    pub const fn as_json(&self) -> Option<&Arc<Value>> {
        match self {
            Self::Json(value) => Some(value),
            Self::Text(_) | Self::Opaque(_) => None,
        }
    }

    /// The value, or for an opaque message an object that says what it is.
    pub fn to_json(&self) -> Arc<Value> {
        match self {
            Self::Json(value) => Arc::clone(value),
            Self::Text(text) => Arc::new(serde_json::from_str(text).unwrap_or_default()),
            Self::Opaque(opaque) => {
                Arc::new(serde_json::json!({"@type": opaque.type_url, "@bytes": opaque.value.len()}))
            }
        }
    }
}

/// How much a payload takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// In memory, roughly.
    pub bytes: u64,
    /// Lists and objects inside each other.
    pub depth: u32,
}

impl Payload {
    pub fn size(&self) -> Size {
        match self {
            Self::Json(value) => {
                let mut size = Size::default();
                size.add(value, 0);
                size
            }
            Self::Text(text) => Size { bytes: text.len() as u64, depth: 0 },
            Self::Opaque(opaque) => Size { bytes: (opaque.type_url.len() + opaque.value.len()) as u64, depth: 0 },
        }
    }

    /// Whether both are the same one in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json(one), Self::Json(other)) => Arc::ptr_eq(one, other),
            (Self::Text(one), Self::Text(other)) => Arc::ptr_eq(one, other),
            (Self::Opaque(one), Self::Opaque(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Size {
    /// What is nested deeper than that is not looked into: it is too deep for whoever asks.
    const DEEPEST: u32 = 1000;

    fn add(&mut self, value: &Value, depth: u32) {
        self.bytes += size_of::<Value>() as u64;
        self.depth = self.depth.max(depth);
        match value {
            Value::String(text) => self.bytes += text.len() as u64,
            Value::Array(items) if depth < Self::DEEPEST => items.iter().for_each(|item| self.add(item, depth + 1)),
            Value::Object(members) if depth < Self::DEEPEST => {
                for (name, member) in members {
                    self.bytes += (size_of::<String>() + name.len()) as u64;
                    self.add(member, depth + 1);
                }
            }
            _ => {}
        }
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self::Json(Arc::new(value))
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::from(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unread_is_written_as_it_stands_and_read_when_it_is_looked_at() {
        for json in
            [r#"{"json":{"b":[1,2.50],"a":"ö"}}"#, r#"{"json":null}"#, r#"{"any":{"type_url":"x/y.Z","value":[1]}}"#]
        {
            let whole: Payload = serde_json::from_str(json).unwrap();
            let text: Payload = unread(|| serde_json::from_str(json)).unwrap();
            assert_eq!(serde_json::to_string(&text).unwrap(), json);
            assert_eq!(text.to_json(), whole.to_json());
            assert_eq!(text == whole, json.contains("any"), "unread and read JSON are not compared");
            assert_eq!(serde_json::from_str::<Payload>(json).unwrap(), whole, "only within");
        }
        assert!(unread(|| serde_json::from_str::<Payload>(r#"{"json":{"#)).is_err());
    }
}
