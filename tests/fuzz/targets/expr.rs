//! Expressions: the source, then perhaps a zero and the ball as JSON. Compiled and evaluated, both within bounds.

use chalktalk::base::RunId;
use chalktalk::expr::{Program, RunVars, Vars};
use serde_json::{Value, json};

pub fn run(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == 0);
    let (source, ball) = data.split_at(at.unwrap_or(data.len()));
    let source = String::from_utf8_lossy(source);
    let program = match Program::compile(&source) {
        Ok(program) => program,
        Err(bad) => {
            assert!(source.get(bad.at.clone()).is_some(), "{bad:?} does not fit in {source:?}");
            return;
        }
    };
    let ball = serde_json::from_slice(ball.get(1..).unwrap_or_default()).unwrap_or_else(|_| a_ball());
    let run = RunVars { id: RunId::new("r-1"), play: "shop/1/checkout".to_owned(), started_ms: 1_700_000_000_000 };
    let (signal, error) = (json!({"name": "Ann"}), json!({"code": "ABORTED", "message": "no"}));
    let all = Vars { ball: &ball, signal: Some(&signal), run: &run, error: Some(&error), balls: Some(&ball) };
    let few = Vars { signal: None, error: None, balls: None, ..all };
    for vars in [all, few] {
        // A condition and a value are the same work.
        let value = program.eval(&vars);
        if let Ok(is) = program.eval_bool(&vars) {
            assert_eq!(value, Ok(Value::Bool(is)));
        }
    }
}

fn a_ball() -> Value {
    json!({
        "order_id": "o-9", "total": 99.5, "n": 3, "paid": true, "none": null,
        "items": [{"sku": "ball", "price": 60}, {"sku": "hut", "price": -1}],
        "deep": {"a": {"b": [[1], [2, 3]]}}, "text": "é🏈 (x)",
    })
}
