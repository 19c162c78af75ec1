use super::*;

fn check(text: &str, found: &str, help: Option<&str>, expected: &str) {
    let start = text.find(found).unwrap();
    let span = Span::new(u32::try_from(start).unwrap(), u32::try_from(start + found.len()).unwrap());
    let mut diagnostic = Diagnostic::error("P001", span, "no such node");
    diagnostic.help = help.map(str::to_owned);
    assert_eq!(to_text(&[diagnostic], "a.play", text, Colour::Off), expected);
}

#[test]
fn points_at_the_place() {
    check(
        "play a/1/b {\n  x -> yy\n}\n",
        "yy",
        Some("did you mean 'y'?"),
        "error[P001]: no such node\n --> a.play:2:8\n  |\n2 |   x -> yy\n  |        ^^\n  = help: did you mean 'y'?\n\n",
    );
}

#[test]
fn tabs_and_wide_characters_keep_the_carets_in_place() {
    check(
        "\t\"宽e\u{301}\" -> yy",
        "yy",
        None,
        "error[P001]: no such node\n --> a.play:1:11\n  |\n1 |   \"宽e\u{301}\" -> yy\n  |            ^^\n\n",
    );
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!("{} yy {}", "a".repeat(1000), "b".repeat(1000));
    let span = Span::new(1001, 1003);
    let shown = to_text(&[Diagnostic::error("P001", span, "no")], "a.play", &text, Colour::Off);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() < 130), "{shown}");
    let caret = lines[4].chars().position(|c| c == '^').unwrap();
    assert_eq!(lines[3].chars().skip(caret).take(2).collect::<String>(), "yy", "{shown}");
}

#[test]
fn nothing_steers_the_terminal() {
    let text = "x\u{1b}[2J\u{202e}y\r\n";
    let diagnostic = Diagnostic::warning("L001", Span::new(0, 50), "no \u{1b}[31m").help("\u{7}");
    let shown = to_text(&[diagnostic], "a\u{1b}.play", text, Colour::Off);
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{shown:?}");
}

#[test]
fn an_empty_text_and_places_outside_are_shown() {
    for (text, span) in
        [("", Span::new(0, 0)), ("a\n", Span::new(2, 2)), ("é", Span::new(1, 9)), ("a", Span::new(7, 8))]
    {
        let shown = to_text(&[Diagnostic::error("L001", span, "no")], "a.play", text, Colour::On);
        assert!(shown.contains('^'), "{shown}");
    }
}

#[test]
fn json_counts_bytes_lines_and_characters() {
    let diagnostic = Diagnostic::warning("P005", Span::new(4, 6), "far").help("nearer");
    let diagnostic = diagnostic.fix_at("change it to 'yz'", Span::new(4, 6), "yz");
    let records = to_records(&[diagnostic], "a.play", "é\n yy\n");
    let json = serde_json::to_value(&records).unwrap();
    assert_eq!(
        json,
        serde_json::json!([{
            "file": "a.play", "code": "P005", "severity": "warning", "message": "far", "help": "nearer",
            "start": {"offset": 4, "line": 2, "column": 2}, "end": {"offset": 6, "line": 2, "column": 4},
            "fixes": [{"title": "change it to 'yz'", "edits": [{
                "start": {"offset": 4, "line": 2, "column": 2}, "end": {"offset": 6, "line": 2, "column": 4}, "text": "yz",
            }]}],
        }])
    );
}

#[test]
fn many_findings_in_one_huge_line_cost_little() {
    let text = "x -> y ".repeat(1 << 20);
    let found: Vec<_> = (0..1000).map(|n| Diagnostic::error("P001", Span::new(n * 7, n * 7 + 1), "no")).collect();
    let shown = to_text(&found, "a.play", &text, Colour::Off);
    assert!(shown.len() < 400_000, "{}", shown.len());
}
