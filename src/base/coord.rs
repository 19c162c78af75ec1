use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;

/// The address of a method: `image/version/method`.
///
/// The version is exact (`1.4`, `v3`, `sha-1f2e`) or a requirement (`^3`, `2.x`, `*`), see [`version_kind`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coord {
    pub image: SmolStr,
    pub version: SmolStr,
    pub method: SmolStr,
}

/// What a version text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionKind {
    /// That very version, compared as text.
    Exact,
    /// Any version that a semver requirement allows.
    Requirement(semver::VersionReq),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a coordinate: write image/version/method, as in shop/2.1/validate")]
pub struct BadCoord(pub String);

impl Coord {
    /// Never checks its parts; [`str::parse`] does.
    pub fn new(image: impl AsRef<str>, version: impl AsRef<str>, method: impl AsRef<str>) -> Self {
        Self { image: SmolStr::new(image), version: SmolStr::new(version), method: SmolStr::new(method) }
    }
}

impl fmt::Display for Coord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.image, self.version, self.method)
    }
}

impl FromStr for Coord {
    type Err = BadCoord;

    fn from_str(text: &str) -> Result<Self, BadCoord> {
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(image), Some(version), Some(method), None)
                if is_image(image) && is_version(version) && is_method(method) =>
            {
                Ok(Self::new(image, version, method))
            }
            _ => Err(BadCoord(text.to_owned())),
        }
    }
}

impl Serialize for Coord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Coord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

fn is_word(text: &str, extra: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
}

/// Letters, digits, `.`, `_`, `-`; starts with a letter or a digit.
pub fn is_image(text: &str) -> bool {
    is_word(text, b"._-") && text.as_bytes()[0].is_ascii_alphanumeric()
}

/// Letters, digits, `_`, `.`, `-`; starts with a letter or `_`.
pub fn is_method(text: &str) -> bool {
    is_word(text, b"._-") && (text.as_bytes()[0].is_ascii_alphabetic() || text.starts_with('_'))
}

/// An exact version or a requirement that semver can read.
pub fn is_version(text: &str) -> bool {
    is_word(text, b"._-+^~*<>=,") && version_kind(text).is_ok()
}

/// Tells an exact version from a requirement.
///
/// A requirement starts with an operator, holds `*` or a comma, or has a part `x` after a number.
///
/// # Errors
/// The text looks like a requirement that semver cannot read.
pub fn version_kind(text: &str) -> Result<VersionKind, semver::Error> {
    let numbered = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let open = numbered && text.split('.').any(|part| part == "x" || part == "X");
    if open || text.starts_with(['^', '~', '<', '>', '=']) || text.contains(['*', ',']) {
        semver::VersionReq::parse(text).map(VersionKind::Requirement)
    } else {
        Ok(VersionKind::Exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_exact_versions_and_requirements() {
        for exact in ["1.4", "v3", "sha-1f2e", "1", "2024.11", "x"] {
            assert_eq!(version_kind(exact).unwrap(), VersionKind::Exact, "{exact}");
        }
        for open in ["^3", "2.x", "*", ">=1.2,<3", "~1.4"] {
            assert!(matches!(version_kind(open), Ok(VersionKind::Requirement(_))), "{open}");
        }
        for bad in ["shop", "shop/1", "a/b/c/d", "/1/m", "a//m", "a/^/m", "a/1/", "a b/1/m"] {
            assert!(bad.parse::<Coord>().is_err(), "{bad}");
        }
        assert_eq!("stock/^3/reserve".parse::<Coord>().unwrap().to_string(), "stock/^3/reserve");
    }
}
