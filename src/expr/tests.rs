use serde_json::{Value, json};

use super::*;

fn run_vars() -> RunVars {
    RunVars { id: RunId::new("r1"), play: "shop/1.2/checkout".to_owned(), started_ms: 1_700_000_000_000 }
}

fn eval_with(source: &str, ball: &Value) -> Result<Value, String> {
    let run = run_vars();
    let signal = json!({"name": "ann"});
    let vars = Vars { ball, signal: Some(&signal), run: &run, error: None, balls: None };
    Program::compile(source).map_err(|bad| bad.message)?.eval(&vars).map_err(|error| error.message)
}

fn order() -> Value {
    json!({
        "n": 3, "price": 1.5, "big": u64::MAX, "name": "tea", "ok": true, "none": null,
        "items": [{"id": "a", "n": 1}, {"id": "b", "n": 2}], "tags": ["x", "y"], "charge": {"total": 120},
    })
}

#[test]
fn values_are_right() {
    let cases = [
        ("ball.n + 1", json!(4)),
        ("ball.price * 2.0", json!(3.0)),
        ("ball.big", json!(u64::MAX)),
        ("ball.charge.total > 100", json!(true)),
        ("ball.n < ball.price", json!(false)),
        ("{order: ball.name, by: signal.name}", json!({"order": "tea", "by": "ann"})),
        ("ball.tags.map(t, {t: 1, signal: t})", json!([{"x": 1, "signal": "x"}, {"y": 1, "signal": "y"}])),
        ("{'order': ball.name, 'by': signal.name}", json!({"order": "tea", "by": "ann"})),
        ("ball", order()),
        ("[ball.items, ball.tags]", json!([order()["items"], order()["tags"]])),
        ("ball.items.map(x, x.id)", json!(["a", "b"])),
        ("ball.items.filter(x, x.n > 1)", json!([{"id": "b", "n": 2}])),
        ("ball.items.all(x, x.n > 0) && ball.items.exists(x, x.id == 'b')", json!(true)),
        ("ball.items.exists_one(x, x.n == 2)", json!(true)),
        ("ball.map(k, k)", json!(["big", "charge", "items", "n", "name", "none", "ok", "price", "tags"])),
        ("size(ball.items) + ball.tags.size() + size(ball.name)", json!(7)),
        ("ball.items[1].id", json!("b")),
        ("ball['n']", json!(3)),
        ("has(ball.n) && !has(ball.m)", json!(true)),
        ("'x' in ball.tags && 'n' in ball && !('z' in ball.tags)", json!(true)),
        ("ball.tags + ['z'] == ['x', 'y', 'z'] && ['w'] + ball.tags == ['w', 'x', 'y']", json!(true)),
        ("ball.tags == ['x', 'y'] && ['x', 'y'] == ball.tags && [ball.tags] == [['x', 'y']]", json!(true)),
        ("[['x', 'y']] == [ball.tags] && ball.tags in [['x', 'y']] && ball == ball", json!(true)),
        ("{'total': 120} == ball.charge && ball.charge == {'total': 120.0} && ball.charge != {}", json!(true)),
        ("ball.tags != ['x'] && ball.n != ball.tags && ball.none == null", json!(true)),
        ("ball.?m.orValue(7)", json!(7)),
        ("type(ball.n) == int && type(ball.items) == list", json!(true)),
        ("string(ball.n) + '!'", json!("3!")),
        ("run.play + ' ' + run.id", json!("shop/1.2/checkout r1")),
        ("run.started", json!(1_700_000_000_000_i64)),
        ("[1, 2, 3].map(x, x > 1, x * 10)", json!([20, 30])),
        ("ball.items.map(x, ball.tags.map(t, t + x.id))", json!([["xa", "ya"], ["xb", "yb"]])),
        ("ball.n > 2 ? 'many' : 'few'", json!("many")),
        ("optional.of(ball.n)", json!(3)),
        ("error == null && signal != null ? signal.name : 'nobody'", json!("ann")),
        ("'ü' + \"\\u00fc\" // note", json!("üü")),
    ];
    for (source, expected) in cases {
        assert_eq!(eval_with(source, &order()), Ok(expected), "{source}");
    }
}

#[test]
fn says_what_is_wrong_with_a_source() {
    let cases = [
        ("ball.", "the expression ends too early", ""),
        ("foo + 1", "there is no 'foo' here, only ball, signal, run, error and balls", "foo"),
        ("ball.n +* 2", "'*' is not expected here", "*"),
        ("ball.items.map(x, y.n)", "there is no 'y' here, only ball, signal, run, error, balls and x", "y"),
        (
            "length(ball)",
            "there is no function 'length', only bool, bytes, double, dyn, int, size, string, type and uint",
            "length",
        ),
        (
            "ball.name.lower()",
            "there is no method 'lower', only contains, endsWith, hasValue, or, orValue, size, startsWith and value",
            "lower",
        ),
        (
            "ball.name.matches('a')",
            "there is no 'matches' here: use contains, startsWith or endsWith, or ask a worker",
            "matches",
        ),
        ("(ball.n", "the '(' has no partner", "("),
        ("ball.n)", "the ')' has no partner", ")"),
        (" ", "there is no expression", " "),
        ("'ü' + büll", "", ""),
    ];
    for (source, message, place) in cases {
        let bad = Program::compile(source).unwrap_err();
        if !message.is_empty() {
            assert_eq!((bad.message.as_str(), &source[bad.at.clone()]), (message, place), "{source}");
        }
    }
}

#[test]
fn says_why_there_is_no_value() {
    let cases = [
        ("ball.charge.sum", "there is no 'sum' in ball.charge, only 'total'"),
        (
            "ball.price + 1",
            "cannot apply '+' to a decimal number and a whole number: make both alike with double(…) or int(…)",
        ),
        ("ball.name + ball.n", "cannot apply '+' to text and a whole number: make both text with string(…)"),
        ("ball.items[7]", "there is no element 7 in the list"),
        ("error.code", "there is no 'error' here: it exists only after an 'on error' wire"),
        ("ball.n.x", "a whole number has no fields"),
        ("ball.n / 0", "division by zero"),
        ("ball.n < ball.name", "cannot apply '<' to a whole number and text"),
        ("{'a': 1, 'a': 2}", "the key 'a' stands twice in a map"),
        ("ball.n ? 1 : 2", "a condition must be true or false, not a whole number"),
        ("1.0 / 0.0", "inf is no JSON number"),
    ];
    for (source, message) in cases {
        assert_eq!(eval_with(source, &order()), Err(message.to_owned()), "{source}");
    }
}

#[test]
fn bombs_end_soon() {
    let cases = [
        "[1,2,3,4,5,6,7,8,9,0].all(a, [1,2,3,4,5,6,7,8,9,0].all(b, [1,2,3,4,5,6,7,8,9,0].all(c, \
         [1,2,3,4,5,6,7,8,9,0].all(d, [1,2,3,4,5,6,7,8,9,0].all(e, [1,2,3,4,5,6,7,8,9,0].all(f, \
         [1,2,3,4,5,6,7,8,9,0].all(g, true)))))))",
        "['0123456789'].map(a, a+a+a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a+a+a)\
         .map(a, a+a+a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a+a+a)\
         .map(a, a+a+a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a+a+a)",
        "[1].map(a, [a,a,a,a,a,a,a,a]).map(a, [a,a,a,a,a,a,a,a]).map(a, [a,a,a,a,a,a,a,a]).map(a, [a,a,a,a,a,a,a,a])\
         .map(a, [a,a,a,a,a,a,a,a]).map(a, [a,a,a,a,a,a,a,a]).map(a, [a,a,a,a,a,a,a,a]).map(a, [a,a,a,a,a,a,a,a])",
        "ball.map(a, ball.map(b, ball.map(c, ball.filter(d, ball.exists(e, ball.exists(f, ball == [ball]))))))",
        "ball.map(a, ball.map(b, ball.map(c, ball.map(d, ball))))",
    ];
    let ball: Value = (0..100).map(|n| json!({ "n": n })).collect();
    for source in cases {
        let error = eval_with(source, &ball).unwrap_err();
        assert!(error.starts_with("the expression takes too long"), "{source}: {error}");
    }
    // A large list is no bomb.
    let many: Value = (0..20_000).map(|n| json!({ "n": n })).collect();
    assert_eq!(eval_with("size(ball.filter(x, x.n % 2 == 0).map(x, {'m': x.n}))", &many), Ok(json!(10_000)));
}

/// Two megabytes are what threads of a test and of a runner have.
#[test]
fn deep_sources_are_refused_or_evaluated() {
    let wrap = |n: usize, open: &str, core: &str, close: &str| open.repeat(n) + core + &close.repeat(n);
    let mut sources = Vec::new();
    for n in [1, 10, 20, 24, 25, 40, 200, 900] {
        for (open, core, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{'a': ", "1", "}"),
            ("size([", "1", "])"),
            ("-", "ball.n", ""),
            ("!", "ball.ok", ""),
            ("- ", "1", ""),
            ("true ? 1 : ", "1", ""),
            ("[1].map(x, ", "x", ")"),
            ("ball.a[", "1", "]"),
            ("", "1", " + 1"),
            ("", "1", " - -1"),
            ("", "ball", ".a"),
            ("", "ball", "[0]"),
            ("", "ball", ".map(x, x)"),
            ("", "1", " == 1"),
            ("", "true", " && true"),
            ("", "true", " || true"),
            ("true && (", "true", ") || false"),
            ("", "1", " in [1]"),
        ] {
            sources.push(wrap(n, open, core, close));
        }
    }
    let small = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for source in sources {
            if let Err(error) = eval_with(&source, &order()) {
                assert!(!error.is_empty());
            }
        }
    });
    small.unwrap().join().unwrap();
}

#[test]
fn knows_what_it_uses() {
    let program = Program::compile("[1].map(ball, ball + 1) == balls && signal.x").unwrap();
    let used: Vec<_> = Var::ALL.into_iter().filter(|var| program.uses(*var)).collect();
    assert_eq!(used, [Var::Signal, Var::Balls]);
    assert_eq!(program.source(), "[1].map(ball, ball + 1) == balls && signal.x");
}

mod any_source {
    use proptest::prelude::*;

    use super::*;

    fn check(source: &str) {
        match Program::compile(source) {
            Ok(program) => {
                let run = run_vars();
                let ball = order();
                let vars = Vars { ball: &ball, signal: None, run: &run, error: None, balls: None };
                let _ = program.eval(&vars);
                let _ = program.eval_bool(&vars);
            }
            Err(bad) => assert!(source.get(bad.at.clone()).is_some(), "{:?} in {source:?}", bad.at),
        }
    }

    proptest! {
        #[test]
        fn never_panics(source in any::<String>()) {
            check(&source);
        }

        #[test]
        fn words_in_any_order_never_panic(
            words in prop::collection::vec(prop::sample::select(vec![
                "ball", ".n", ".items", "signal", "x", "1", "2.5", "3u", "'a'", "\"ü", "r'\\'", "b'x'", "'''", "+", "-", "*",
                "/", "%", "==", "!=", "<", ">=", "&&", "||", "!", "?", ":", ",", "(", ")", "[", "]", "{", "}", ".",
                ".map(x, ", ".all(x, ", ".filter(", "has(", "size(", "in", " ", "\n", "//", "true", "null", ".?m", "[?",
                "optional.none()", "type(", "int", "Msg{", "`a`", "\\", "\u{0}", "🏈",
            ]), 0..30)
        ) {
            check(&words.concat());
        }
    }
}
