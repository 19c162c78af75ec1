use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a ball carries. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Payload {
    /// Any JSON.
    #[serde(rename = "json")]
    Json(Arc<Value>),
    /// A protobuf message that passes through untouched; expressions cannot look into it.
    #[serde(rename = "any")]
    Opaque(Arc<OpaquePayload>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaquePayload {
    pub type_url: String,
    pub value: Vec<u8>,
}

impl Payload {
    pub const fn as_json(&self) -> Option<&Arc<Value>> {
        match self {
            Self::Json(value) => Some(value),
            Self::Opaque(_) => None,
        }
    }

    /// The value, or for an opaque message an object that says what it is.
    pub fn to_json(&self) -> Arc<Value> {
        match self {
            Self::Json(value) => Arc::clone(value),
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
            Self::Opaque(opaque) => Size { bytes: (opaque.type_url.len() + opaque.value.len()) as u64, depth: 0 },
        }
    }

    /// Whether both are the same one in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Json(one), Self::Json(other)) => Arc::ptr_eq(one, other),
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
