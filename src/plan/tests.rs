use super::*;
use crate::base::RunId;
use crate::lang;

fn plan(text: &str) -> Plan {
    let source = lang::parse(text.to_owned());
    assert!(source.diagnostics.is_empty(), "{:?}", source.diagnostics);
    let (_, play) = source.doc.plays().next().expect("the text has a play");
    Plan::compile(play, choose_formation(&source.doc, None).expect("formation")).expect("the play compiles")
}

fn scope_of(plan: &Plan, id: &str) -> Option<String> {
    let node = plan.node(plan.find(id).expect("the node is there"));
    node.scope.map(|scope| plan.node(scope).id.to_string())
}

const NESTED: &str = "play a/1/b {
  snap s
  fan-out outer each (ball.items)
  fan-out inner
  call x = demo/1/echo
  call y = demo/1/echo
  fan-in pair all
  call z = demo/1/echo
  fan-in list all
  pass done
  s -> outer -> inner -> { x, y } -> pair -> z -> list -> done
}";

#[test]
fn a_fan_in_closes_the_nearest_fan_out_that_is_open() {
    let plan = plan(NESTED);
    assert_eq!(scope_of(&plan, "pair").as_deref(), Some("inner"));
    assert_eq!(scope_of(&plan, "list").as_deref(), Some("outer"));
    assert_eq!(scope_of(&plan, "done"), None);
    let node = |id| plan.find(id).unwrap();
    assert_eq!(plan.ahead(node("x")), [node("pair"), node("list")]);
    assert_eq!(plan.ahead(node("z")), [node("list")]);
    assert!(plan.ahead(node("outer")).is_empty());
    assert!(plan.node(node("pair")).closes);
}

#[test]
fn fan_ins_of_one_scope_share_it_until_the_last() {
    let plan = plan(
        "play a/1/b {
           snap s
           fan-out f
           call a = demo/1/echo
           call b = demo/1/echo
           call c = demo/1/echo
           fan-in first any
           fan-in last all
           pass done
           s -> f -> { a, b, c }
           { a, b } -> first
           { first, c } -> last -> done
         }",
    );
    assert_eq!(scope_of(&plan, "first").as_deref(), Some("f"));
    assert_eq!(scope_of(&plan, "last").as_deref(), Some("f"));
    assert!(!plan.node(plan.find("first").unwrap()).closes);
    assert!(plan.node(plan.find("last").unwrap()).closes);
}

#[test]
fn names_what_keeps_a_play_from_running() {
    let source = lang::parse(
        "play a/1/b {
           call x = courier
           call x = demo/1/echo
           x -> nowhere
         }"
        .to_owned(),
    );
    let (_, play) = source.doc.plays().next().unwrap();
    let errors = Plan::compile(play, None).expect_err("three things are wrong");
    assert_eq!(errors.len(), 2, "{errors:?}");
    let source =
        lang::parse("play a/1/b { call x = courier\n call y = demo/1/a 60% | demo/1/b 30%\n x -> y }".to_owned());
    let (_, play) = source.doc.plays().next().unwrap();
    let errors = Plan::compile(play, None).expect_err("roles, shares, entries");
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(text.iter().any(|error| error.contains("no formation fills the role 'courier'")), "{text:?}");
    assert!(text.iter().any(|error| error.contains("add up to 90 %")), "{text:?}");
    assert!(text.iter().any(|error| error.contains("no run can start")), "{text:?}");
}

#[test]
fn pins_are_stable_for_a_run_and_shared_out_over_many() {
    let plan = plan(
        "play a/1/b { snap s\n call x = pay/1.4/charge 95% | pay/2.0/charge 5%\n call y = stock/^3/reserve\n pass p\n s -> x -> y -> p }
         formation f { pay/* builtin\n stock/2.9 builtin\n stock/3.0.2 builtin\n stock/3.1 builtin\n stock/4.0 builtin }",
    );
    let catalog = Catalog::default();
    let mut n_new = 0;
    for i in 0..10_000 {
        let run = RunId::new(format!("run-{i}"));
        let pins = plan.pin(&catalog, &run).unwrap();
        assert_eq!(pins, plan.pin(&catalog, &run).unwrap());
        assert_eq!(pins[1].1.to_string(), "stock/3.1/reserve");
        n_new += u32::from(pins[0].1.version == "2.0");
    }
    // Five standard deviations around 500.
    assert!((391..=609).contains(&n_new), "{n_new} of 10,000 runs took the 5 % branch");
}

#[test]
fn a_version_that_nobody_has_names_those_that_exist() {
    let plan = plan(
        "play a/1/b { snap s\n call x = stock/^9/reserve\n pass p\n s -> x -> p }\nformation f { stock/3.0.2 builtin }",
    );
    let mut catalog = Catalog::default();
    catalog.add("stock", "8.1");
    let error = plan.pin(&catalog, &RunId::new("r")).expect_err("there is no version 9");
    assert_eq!(error.to_string(), "no version of stock meets ^9: known are 3.0.2, 8.1");
}

#[test]
fn the_digest_ignores_comments_and_layout() {
    let base = "play a/1/b { snap s\n pass p\n s -> p }";
    let noted = "// hello\nplay a/1/b {\n // a note\n snap s // here\n pass p\n s -> p\n layout { s 1 2 } }";
    let other = "play a/1/b { snap s\n pass p timeout 2s\n s -> p }";
    assert_eq!(plan(base).digest, plan(noted).digest);
    assert_ne!(plan(base).digest, plan(other).digest);
}
