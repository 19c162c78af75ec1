use crate::base::{Span, TextChange};

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Find {
    pub text: String,
    pub match_case: bool,
    /// Only where no letter, digit or `_` stands beside it.
    pub whole_word: bool,
}

/// More hits than anybody goes through.
const MAX_HITS: usize = 100_000;

/// Where it stands, none inside another, in the order of the text.
pub fn find_all(text: &str, find: &Find) -> Vec<Span> {
    let mut found = Vec::new();
    if find.text.is_empty() {
        return found;
    }
    let mut at = 0;
    while let Some(range) = next(text, at, find) {
        at = range.end;
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let alone = !is_word(text[..range.start].chars().next_back()) && !is_word(text[range.end..].chars().next());
        if !find.whole_word || alone {
            let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            found.push(Span::new(offset(range.start), offset(range.end)));
        }
        if found.len() == MAX_HITS {
            break;
        }
    }
    found
}

fn next(text: &str, from: usize, find: &Find) -> Option<std::ops::Range<usize>> {
    if find.match_case {
        return text[from..].find(&find.text).map(|at| from + at..from + at + find.text.len());
    }
    let wanted: Vec<char> = find.text.chars().flat_map(char::to_lowercase).collect();
    let first = wanted[0];
    for (at, c) in text[from..].char_indices() {
        // A character may become several in lower case.
        if c.to_lowercase().next() != Some(first) {
            continue;
        }
        let mut left = wanted.as_slice();
        for (end, c) in text[from + at..].char_indices() {
            for lower in c.to_lowercase() {
                match left.split_first() {
                    Some((next, rest)) if *next == lower => left = rest,
                    _ => {
                        left = &wanted;
                        break;
                    }
                }
            }
            if left.is_empty() {
                return Some(from + at..from + at + end + c.len_utf8());
            }
            if left.len() == wanted.len() {
                break;
            }
        }
    }
    None
}

/// Puts `with` in the place of each.
pub fn replace_all(text: &str, find: &Find, with: &str) -> Vec<TextChange> {
    find_all(text, find).into_iter().map(|span| TextChange::new(span, with)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_case_and_word() {
        let hits = |text: &str, find: &str, match_case, whole_word| {
            let find = Find { text: find.to_owned(), match_case, whole_word };
            find_all(text, &find).iter().map(|span| span.start).collect::<Vec<_>>()
        };
        assert_eq!(hits("Charge charge recharge", "charge", false, false), [0, 7, 16]);
        assert_eq!(hits("Charge charge recharge", "charge", true, false), [7, 16]);
        assert_eq!(hits("Charge charge recharge", "charge", false, true), [0, 7]);
        assert_eq!(hits("aaaa", "aa", true, false), [0, 2]);
        assert_eq!(hits("ÄÖ äö", "Äö", false, false), [0, 5]);
        assert_eq!(hits("abab abc", "abc", false, false), [5]);
        assert!(hits("x", "", false, false).is_empty());
    }
}
