//! Names as Kubernetes and DNS want them.

/// Lower-case letters, digits and `-`, from a letter on, not ending in `-`, at most 63: a label of DNS.
pub(super) fn is_label(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The same for the same text. Two texts may come out alike.
pub(super) fn label(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let mut label: String = text.chars().map(plain).collect();
    if !label.starts_with(|c: char| c.is_ascii_lowercase()) {
        label.insert_str(0, "w-");
    }
    label.truncate(63);
    label.trim_end_matches('-').to_owned()
}

/// A value of a label of an object: letters, digits, `-`, `_` and `.`, at most 63, a letter or digit at both ends.
pub(super) fn label_value(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let mut value: String = text.chars().map(plain).collect();
    value.truncate(63);
    value.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// A host as it is reached from within a cluster: its service's name and namespace. `None`: it is outside.
pub(super) fn service_of(host: &str) -> Option<(String, Option<String>)> {
    let labels: Vec<&str> = host.split('.').collect();
    let namespace = match labels.as_slice() {
        [_] => None,
        [_, space, "svc"] | [_, space, "svc", "cluster", "local"] => Some((*space).to_owned()),
        _ => return None,
    };
    let all_labels = is_label(labels[0]) && namespace.as_deref().is_none_or(is_label);
    (all_labels && labels[0] != "localhost").then(|| (labels[0].to_owned(), namespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_inside_or_outside() {
        let inside = |name: &str, space: Option<&str>| Some((name.to_owned(), space.map(str::to_owned)));
        assert_eq!(service_of("shop-2-1"), inside("shop-2-1", None));
        assert_eq!(service_of("shop-2-1.shop.svc"), inside("shop-2-1", Some("shop")));
        assert_eq!(service_of("shop.shop.svc.cluster.local"), inside("shop", Some("shop")));
        for outside in ["localhost", "127.0.0.1", "shop.example.com", "shop-2.1.shop.svc", "Shop", "[::1]", "-x", ""] {
            assert_eq!(service_of(outside), None, "{outside}");
        }
    }

    #[test]
    fn labels_are_labels() {
        for text in ["1.4", "v3", "sha-1F2e", "_", "", "---", "\u{e4}\u{1f3c8}", &"x.".repeat(99)] {
            assert!(is_label(&label(text)), "{text}: {}", label(text));
            let value = label_value(text);
            assert!(
                value.len() <= 63 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
                "{value}"
            );
        }
        assert_eq!(label("payments-1.4"), "payments-1-4");
    }
}
