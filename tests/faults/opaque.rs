//! Messages that Chalktalk knows nothing of: byte for byte through every kind of node, five plays deep and over the
//! network; and what cannot look into them says so.

use std::sync::Arc;

use chalktalk::base::RunId;
use chalktalk::event::{Code, OpaquePayload, Outcome, Payload};
use chalktalk::runner::{Runner, Start, serve_worker, v1};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prost_types::Any;
use serde_json::json;

use super::raw::RawPuller;
use super::stage::Stage;
use super::support::{Spy, config, failed, prepared};

const CASES: u32 = 64;

/// Each calls the next, on the other server; between them every kind of node that a ball can pass.
const LEVELS: [&str; 5] = [
    "snap a\n call b = NEXT retry 2\n pass c\n a -> b -> c",
    "snap a\n wait-for-worker b = NEXT\n pass c\n a -> b -> c when (true)",
    "snap a\n fan-out s\n call b = NEXT\n wait-for-signal w \"never\"\n fan-in j any\n pass c\n a -> s -> { b, w } -> j -> c",
    "snap a\n call b = NEXT timeout 1h\n fan-out s one\n pass c\n pass d\n a -> b -> s\n s -> c when (run.id != \"\")\n s -> d otherwise",
    "snap a\n call b = demo/1/echo\n call p = pack/1/box\n wait-for-worker q = pack/1/box\n pass c\n a -> b -> p -> q -> c",
];

struct Field {
    home: Stage,
    _away: Stage,
    spy: Arc<Spy>,
    _worker: chalktalk::runner::Served,
}

impl Field {
    async fn new() -> Self {
        let (mut home, mut away) = (Stage::new().await, Stage::new().await);
        let spy = Spy::new();
        let worker = serve_worker(spy.clone(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
        for (level, body) in (1..).zip(LEVELS) {
            let next = format!("t/{}/p", level + 1);
            let (stage, other) = if level % 2 == 1 { (&mut home, away.url()) } else { (&mut away, home.url()) };
            let text = format!(
                "play t/{level}/p {{\n {}\n}}\nformation f {{\n t/* service \"{other}\"\n demo/* service \"http://{}\"\n pack/* pull\n}}",
                body.replace("NEXT", &next),
                worker.addr
            );
            stage.register(&text).await;
        }
        // The last level is played at home, and that is where its worker pulls from.
        let mut puller = RawPuller::join(home.channel().await, "packer", 1).await;
        tokio::spawn(async move {
            loop {
                let handed = puller.handed().await;
                puller.answer(&handed, handed.ball.clone().unwrap().payload);
                puller.ready(1);
            }
        });
        Self { home, _away: away, spy, _worker: worker }
    }

    /// What comes out at the top; and what the worker at the bottom was handed.
    async fn throw(&mut self, any: &Any) -> (Option<Any>, Option<Any>) {
        let ask = v1::StartRunRequest { play: "t/1/p".into(), input: Some(any.clone()), ..Default::default() };
        let run = self.home.client.start_run(ask).await.unwrap().into_inner().run;
        let outcome = self.home.runner.wait(&RunId::new(&run)).await.unwrap();
        assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
        let shown = self.home.client.get_run(v1::GetRunRequest { run }).await.unwrap().into_inner();
        assert_eq!(shown.input.as_ref(), Some(any));
        (shown.result, self.spy.calls().pop().unwrap().payload)
    }
}

/// Names as they are, and such as nobody would choose.
fn any_message() -> impl Strategy<Value = Any> {
    let url = prop_oneof![
        "[a-z]{1,9}\\.[a-z]{2}/([a-z]{1,5}\\.){0,3}[A-Z][a-z]{0,9}",
        Just("type.googleapis.com/google.protobuf.Struct".to_owned()),
        Just("x/".to_owned()),
        Just("/".to_owned()),
        "\\PC{0,20}",
    ];
    let value =
        prop_oneof![proptest::collection::vec(any::<u8>(), 0..40), proptest::collection::vec(any::<u8>(), 4000..9000),];
    (url, value)
        .prop_map(|(type_url, value)| Any { type_url, value })
        .prop_filter("that is JSON", |any| !any.type_url.ends_with("google.protobuf.Value") && *any != Any::default())
}

#[test]
fn any_message_goes_five_plays_deep_and_back_byte_for_byte() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut field = runtime.block_on(Field::new());
    let large = Any { type_url: "x.example/Large".into(), value: (0..=255).cycle().take(1_900_000).collect() };
    let check = |field: &mut Field, any: Any| {
        let (result, handed) = runtime.block_on(field.throw(&any));
        assert!(result.as_ref() == Some(&any) && handed.as_ref() == Some(&any), "{:?}", any.type_url);
    };
    check(&mut field, large);
    let field = std::cell::RefCell::new(field);
    let cases = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
    let done = TestRunner::new(cases).run(&any_message(), |any| {
        check(&mut field.borrow_mut(), any);
        Ok(())
    });
    done.unwrap();
}

const TYPE: &str = "x.example/shop.Order";

#[tokio::test(start_paused = true)]
async fn what_cannot_look_into_it_says_so_and_names_it() {
    let looks = "which an expression cannot look into: let it be JSON";
    let cases = [
        ("call b = demo/1/echo with ({o: ball.id})\n pass c\n a -> b -> c", "b", looks),
        ("call b = demo/1/echo\n pass c\n a -> b -> c when (ball.id == 1)", "b", looks),
        ("wait-for-signal b \"go\" key (ball.id)\n pass c\n a -> b -> c", "b", looks),
        ("fan-out b each (ball.items)\n pass c\n a -> b -> c", "b", looks),
        ("fan-out b one\n pass c\n pass d\n a -> b\n b -> c when (ball == null)\n b -> d otherwise", "b", looks),
        ("pass c with (ball)\n a -> c", "c", looks),
        (
            "fan-out s\n call x = demo/1/echo\n call y = demo/1/echo\n fan-in b all\n pass c\n a -> s -> { x, y } -> b -> c",
            "b",
            "cannot be joined with others, only JSON can: let that branch answer JSON, or write `fan-in b any`",
        ),
        (
            "fan-out s\n call x = demo/1/echo\n call y = demo/1/echo\n fan-in b 2\n pass c\n a -> s -> { x, y } -> b -> c",
            "b",
            "cannot be joined",
        ),
        ("wait-for-signal b \"go\"\n pass c with ({by: signal.name})\n a -> b -> c", "c", "the signal is a"),
        ("wait-for-signal b \"go\"\n pass c\n a -> b -> c when (signal == 1)", "b", "the signal is a"),
    ];
    let runner = Runner::spawn(config());
    let opaque = || Payload::Opaque(OpaquePayload { type_url: TYPE.into(), value: vec![1, 2, 3] }.into());
    for (body, node, words) in cases {
        let play = prepared(&format!("play t/1/p {{\n snap a\n {body}\n}}"));
        let signals = body.contains("signal.") || body.contains("signal ==");
        let input = if signals { json!(1).into() } else { opaque() };
        let run = runner.start(Start { input, ..Start::new(play, json!(null)) }).await.unwrap();
        if signals {
            runner.signal(&run, "go", opaque(), None).await.unwrap();
        }
        let (at, failure) = failed(&runner.wait(&run).await.unwrap());
        assert_eq!((at.as_deref(), failure.code), (Some(node), Code::InvalidArgument), "{body}: {}", failure.message);
        assert!(failure.message.contains(words) && failure.message.contains(TYPE), "{body}: {}", failure.message);
    }
}
