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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
