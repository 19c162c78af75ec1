//! Which version a requirement takes.

use semver::{Version, VersionReq};

/// The highest of `versions` that meets the requirement.
///
/// `1.4` counts as 1.4.0 and `v3` as 3.0.0; other texts meet only `*`, and come after all that can be read.
pub fn best_version<'v>(requirement: &VersionReq, versions: impl Iterator<Item = &'v str>) -> Option<&'v str> {
    let any = *requirement == VersionReq::STAR;
    versions
        .filter_map(|text| match lenient(text) {
            Some(version) => requirement.matches(&version).then_some((Some(version), text)),
            None => any.then_some((None, text)),
        })
        .max()
        .map(|(_, text)| text)
}

fn lenient(text: &str) -> Option<Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    let missing = match text.bytes().filter(|&b| b == b'.').count() {
        0 => ".0.0",
        1 => ".0",
        _ => return None,
    };
    Version::parse(&format!("{text}{missing}")).ok()
}
