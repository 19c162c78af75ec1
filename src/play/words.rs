//! The names in the source of an expression, without reading it as one: outside of its strings and comments.

use super::raw::string_ranges;

/// A name that stands for a value, not for a field of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'e> {
    pub at: usize,
    pub name: &'e str,
    /// The field that follows it at once, and where: `total` of `ball.total`.
    pub field: Option<(usize, &'e str)>,
}

/// All of them, in order. A bare word before the colon of a map is among them.
pub(crate) fn words(expr: &str) -> Vec<Word<'_>> {
    let strings = string_ranges(expr);
    let is_code = |at: usize| !strings.iter().any(|range| range.contains(&at));
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut from = 0;
    while let Some(start) = expr[from..].find(is_name).map(|n| from + n) {
        let name = &expr[start..start + expr[start..].find(|c| !is_name(c)).unwrap_or(expr.len() - start)];
        from = start + name.len();
        let is_field = expr[..start].trim_end().ends_with('.');
        if !is_code(start) || is_field || name.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let field = expr[from..].strip_prefix('.').map(|rest| {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (from + 1, &rest[..end])
        });
        words.push(Word { at: start, name, field: field.filter(|(_, field)| !field.is_empty()) });
    }
    words
}

/// Whether the expression uses the name.
pub(crate) fn uses(expr: &str, name: &str) -> bool {
    words(expr).iter().any(|word| word.name == name)
}

/// Whether an id can follow a dot: one with `-` in it reads as a difference.
pub(crate) fn is_plain(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_fields_strings_and_comments() {
        let names = |expr: &'static str| {
            words(expr).into_iter().map(|word| (word.name, word.field.map(|f| f.1))).collect::<Vec<_>>()
        };
        assert_eq!(names("ball.a.b + signal.x"), [("ball", Some("a")), ("signal", Some("x"))]);
        assert_eq!(names("'ball.a' + run['id'] // error\n + 1"), [("run", None)]);
        assert_eq!(names("ball .a"), [("ball", None)]);
        assert!(uses("{by: signal}", "signal") && !uses("ball.signal + r'signal'", "signal"));
    }
}
