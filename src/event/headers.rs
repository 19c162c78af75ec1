use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Payload;

/// How many headers go with a ball.
pub const MAX_HEADERS: usize = 32;
/// Bytes of all names and values together.
pub const MAX_HEADER_BYTES: usize = 8 << 10;

/// Short texts that go with a ball beside its payload, by name. Cheap to clone; never more than fit the bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(Option<Arc<BTreeMap<String, String>>>);

impl Headers {
    /// # Errors
    /// They are too many or too long, in words.
    pub fn new(headers: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let headers: BTreeMap<_, _> = headers.into_iter().collect();
        let (n, n_bytes) = (headers.len(), size(&headers));
        if n > MAX_HEADERS || n_bytes > MAX_HEADER_BYTES {
            return Err(format!(
                "{n} headers of {n_bytes} bytes, and {MAX_HEADERS} of {MAX_HEADER_BYTES} bytes together may go with a ball"
            ));
        }
        Ok(if headers.is_empty() { Self::default() } else { Self(Some(Arc::new(headers))) })
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|headers| headers.iter()).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Of all names and values together.
    pub fn n_bytes(&self) -> usize {
        self.0.as_deref().map_or(0, size)
    }

    /// Takes in newer ones, which win. Older ones stay as far as there is room, in the order of their names.
    pub fn take_in(&mut self, newer: &Self) {
        let (Some(old), Some(new)) = (&self.0, &newer.0) else {
            if !newer.is_empty() {
                self.clone_from(newer);
            }
            return;
        };
        let mut all = BTreeMap::clone(new);
        let mut n_bytes = size(&all);
        for (name, value) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
            n_bytes += name.len() + value.len();
            if all.len() == MAX_HEADERS || n_bytes > MAX_HEADER_BYTES {
                break;
            }
            all.insert(name.clone(), value.clone());
        }
        self.0 = Some(Arc::new(all));
    }
}

fn size(headers: &BTreeMap<String, String>) -> usize {
    headers.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// What a call gives back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub payload: Payload,
    /// Go on with the ball.
    pub headers: Headers,
}

impl From<Payload> for Answer {
    fn from(payload: Payload) -> Self {
        Self { payload, headers: Headers::default() }
    }
}

impl From<serde_json::Value> for Answer {
    fn from(value: serde_json::Value) -> Self {
        Payload::from(value).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&str, &str)]) -> Headers {
        Headers::new(all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
    }

    #[test]
    fn newer_headers_win_and_older_ones_stay_as_far_as_there_is_room() {
        let mut all = headers(&[("a", "1"), ("b", "1")]);
        all.take_in(&headers(&[("b", "2"), ("c", "2")]));
        assert_eq!(all, headers(&[("a", "1"), ("b", "2"), ("c", "2")]));
        let many = |name: &str| (0..MAX_HEADERS).map(|n| (format!("{name}{n}"), String::new())).collect::<Vec<_>>();
        all.take_in(&Headers::new(many("x")).unwrap());
        assert_eq!(all, Headers::new(many("x")).unwrap());
        let mut too_many = many("x");
        too_many.push(("y".to_owned(), String::new()));
        assert!(Headers::new(too_many).is_err());
        let long = "x".repeat(MAX_HEADER_BYTES);
        assert!(Headers::new([("y".to_owned(), long)]).unwrap_err().contains("8193 bytes"));
        assert_eq!(serde_json::to_string(&Headers::default()).unwrap(), "null");
    }
}
