use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Code, OpaquePayload};

/// How a call, a node or a run went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: Code,
    pub message: String,
    /// What a worker says more of it; at most 16, of 4 KiB together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
}

/// More about a failure, as `google.rpc` has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    /// `ErrorInfo`: why, in a word that programs compare, such as `OUT_OF_STOCK` of `stock.example`.
    Info { reason: String, domain: String, metadata: BTreeMap<String, String> },
    /// `RetryInfo`: when another attempt makes sense, in milliseconds from then on.
    Retry { after_ms: u64 },
    /// `BadRequest`: what is wrong with which field of the payload, by path and words.
    BadRequest { violations: Vec<(String, String)> },
    /// Any other message; passes through untouched.
    Other(OpaquePayload),
}

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new() }
    }

    /// The reason that its `ErrorInfo` gives.
    pub fn reason(&self) -> Option<&str> {
        self.details.iter().find_map(|detail| match detail {
            Detail::Info { reason, .. } => Some(reason.as_str()),
            _ => None,
        })
    }

    /// How long another attempt has to wait at least, in microseconds, as far as it says so. At most an hour.
    pub fn retry_after_us(&self) -> u64 {
        const HOUR_MS: u64 = 3_600_000;
        let after = |detail: &Detail| match detail {
            Detail::Retry { after_ms } => Some(after_ms.min(&HOUR_MS) * 1000),
            _ => None,
        };
        self.details.iter().find_map(after).unwrap_or(0)
    }
}

/// Code, message, and what the details say to a person: `NOT_FOUND: no such shelf (NO_SHELF of stock.example)`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        for detail in &self.details {
            match detail {
                Detail::Info { reason, domain, .. } if domain.is_empty() => write!(f, " ({reason})")?,
                Detail::Info { reason, domain, .. } => write!(f, " ({reason} of {domain})")?,
                Detail::Retry { after_ms } => write!(f, " (again after {after_ms} ms)")?,
                Detail::BadRequest { violations } => {
                    for (field, words) in violations {
                        write!(f, " ({field}: {words})")?;
                    }
                }
                Detail::Other(_) => {}
            }
        }
        Ok(())
    }
}
