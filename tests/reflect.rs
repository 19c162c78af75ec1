//! `reflect`: servers that never heard of Chalktalk, in Python with the old protocol of reflection, in Rust with the new.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(feature = "run")]

#[path = "runner/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the runner")]
mod support;
#[path = "runner/tools.rs"]
#[expect(dead_code, reason = "shared with the tests of workers")]
mod tools;

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use chalktalk::event::{Code, Failure, OpaquePayload, Outcome, Payload};
use chalktalk::runner::{Prepared, Runner, Start};
use serde_json::{Value, json};
use support::{config, failed, kinds, passed, prepared_with};

struct Server {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(&tools::tools().python);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("tests/reflect/server.py").args(args);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let url = format!("http://{}", line.strip_prefix("listening on ").unwrap());
        Self { process, lines, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn play(url: &str, node: &str) -> Arc<Prepared> {
    let text = format!(
        "play t/1/p {{\n snap a\n {node}\n pass c\n a -> b -> c\n}}\nformation f {{\n shop/* reflect \"{url}\"\n}}"
    );
    prepared_with(&text, "f")
}

async fn run(runner: &Runner, url: &str, node: &str, input: impl Into<Payload>) -> Outcome {
    let run = runner.start(Start::new(play(url, node), input)).await.unwrap();
    runner.wait(&run).await.unwrap()
}

async fn result(runner: &Runner, url: &str, node: &str, input: Value) -> Value {
    passed(&run(runner, url, node, input).await).1
}

async fn failure(runner: &Runner, url: &str, node: &str, input: impl Into<Payload>) -> Failure {
    failed(&run(runner, url, node, input).await).1
}

fn order() -> Value {
    json!({
        "orderId": "o-1 \u{1f3c8}",
        "items": [
            {
                "sku": "ball", "price": {"cents": "9007199254740993", "currency": "EURO"}, "stock": {"north": -3},
                "label": "AP8=", "weight": 0.43, "part": {"sku": "valve"},
            },
            {"sku": "hut"},
        ],
        "notes": {"any": [1, null, {"json": true}]},
        "cash": true,
    })
}

#[tokio::test]
async fn a_server_in_python_is_called_with_json() {
    let mut server = Server::start(&[]);
    let runner = Runner::spawn(config());
    let url = server.url.as_str();

    // There and back, with the fields that are at their default.
    let echoed = result(&runner, url, "call b = shop/1/Echo", order()).await;
    let mut expected = order();
    expected["items"][0]["part"] = json!({"sku": "valve", "stock": {}, "label": ""});
    expected["items"][1] = json!({"sku": "hut", "stock": {}, "label": ""});
    assert_eq!(echoed, expected);
    // Names as the .proto writes them do too, and so do numbers for 64 bits.
    let given = json!({"order_id": "o-2", "items": [{"price": {"cents": 5, "currency": 1}}], "card": "x"});
    let echoed = result(&runner, url, "call b = shop/1/shop.v1.Orders.Echo", given).await;
    let item = json!({"sku": "", "price": {"cents": "5", "currency": "EURO"}, "stock": {}, "label": ""});
    assert_eq!(echoed, json!({"orderId": "o-2", "items": [item], "card": "x"}));
    // Nothing is a message with nothing in it.
    assert_eq!(result(&runner, url, "call b = shop/1/Echo", json!(null)).await, json!({"orderId": "", "items": []}));

    // With what goes beside a ball, by a full name; a worker is waited for in the same way.
    for node in ["call b = shop/1/shop.v1.Orders.Place", "wait-for-worker b = shop/1/shop.v1.Orders.Place"] {
        let new = runner.start(Start::new(play(url, node), order())).await.unwrap();
        let outcome = runner.wait(&new).await.unwrap();
        let (_, receipt) = passed(&outcome);
        assert_eq!(receipt["total"], json!({"cents": "9007199254740993", "currency": "EURO"}));
        assert_eq!((&receipt["placedAt"], &receipt["isGift"]), (&json!("2023-11-14T22:13:20Z"), &json!(false)));
        assert_eq!(receipt["key"], format!("{new}/b/1/1"));
        assert!(receipt["trace"].as_str().unwrap().starts_with(&format!("00-{}-", new.as_str().replace('-', ""))));
        assert_eq!(server.lines.next().unwrap().unwrap(), "place o-1 \u{1f3c8}");
    }
}

#[tokio::test]
async fn what_cannot_be_called_is_told_with_what_can() {
    let server = Server::start(&[]);
    let runner = Runner::spawn(config());
    let check = async |node: &str, input: Value, code: Code, words: &[&str]| {
        let failure = failure(&runner, &server.url, node, input).await;
        assert_eq!(failure.code, code, "{}", failure.message);
        for word in words {
            assert!(failure.message.contains(word), "{}", failure.message);
        }
    };
    let all = "shop.v1.Orders.Place, shop.v1.Orders.Echo, shop.v1.Orders.Prove, shop.v1.Orders.Refuse, shop.v1.Orders.Follow, shop.v1.Returns.Place";
    let unknown = ["has no method Plce for shop/1/Plce", all, "after shop/1/"];
    check("call b = shop/1/Plce", json!({}), Code::Unimplemented, &unknown).await;
    check("call b = shop/1/shop.v2.Orders.Place", json!({}), Code::Unimplemented, &[all]).await;
    let twice = ["several methods Place", "shop.v1.Orders.Place, shop.v1.Returns.Place after shop/1/"];
    check("call b = shop/1/Place", json!({}), Code::FailedPrecondition, &twice).await;
    check("call b = shop/1/Follow", json!({}), Code::Unimplemented, &["streaming method", "one message in"]).await;
    // It is there, but has no code.
    check("call b = shop/1/shop.v1.Returns.Place", json!({}), Code::Unimplemented, &["shop/1/shop.v1.Returns.Place"])
        .await;
    for (bad, word) in
        [(json!({"orderID": 1}), "orderID"), (json!([1]), "shop.v1.Order"), (json!({"cash": "x"}), "boolean")]
    {
        check("call b = shop/1/Echo", bad, Code::InvalidArgument, &["does not fit its message shop.v1.Order", word])
            .await;
    }
    let refused = ["no room for o-9"];
    check("call b = shop/1/Refuse", json!({"orderId": "o-9"}), Code::ResourceExhausted, &refused).await;
    let slow = json!({"card": "slow"});
    check("call b = shop/1/Echo timeout 300ms", slow, Code::DeadlineExceeded, &[]).await;

    let mute = Server::start(&["--mute"]);
    let failure = failure(&runner, &mute.url, "call b = shop/1/Echo", json!({})).await;
    assert_eq!(failure.code, Code::FailedPrecondition);
    assert!(failure.message.contains("turn on server reflection there"), "{}", failure.message);
}

#[tokio::test]
async fn what_is_not_json_goes_through_byte_for_byte() {
    let server = Server::start(&[]);
    let runner = Runner::spawn(config());
    let opaque = |name: &str, value: &[u8]| {
        let type_url = format!("type.googleapis.com/{name}");
        Payload::Opaque(Arc::new(OpaquePayload { type_url, value: value.to_vec() }))
    };
    // Field 1, the order's id.
    let order = opaque("shop.v1.Order", b"\x0a\x03o-1");
    let outcome = run(&runner, &server.url, "call b = shop/1/Echo", order).await;
    assert_eq!(passed(&outcome).1["orderId"], "o-1");
    let other = failure(&runner, &server.url, "call b = shop/1/Echo", opaque("shop.v1.Item", b"")).await;
    assert_eq!(other.code, Code::InvalidArgument);
    assert!(other.message.contains("takes shop.v1.Order, and the ball carries"), "{}", other.message);
    // The answer holds a message that nobody knows: no JSON says it.
    let outcome = run(&runner, &server.url, "call b = shop/1/Prove", json!({"orderId": "o-2"})).await;
    let Outcome::Passed { payload: Payload::Opaque(opaque), .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(opaque.type_url, "type.googleapis.com/shop.v1.Receipt");
    assert!(opaque.value.windows(17).any(|part| part == b"nobody.knows.This"), "{opaque:?}");
}

#[tokio::test]
async fn one_that_is_down_is_tried_again_and_passed_over() {
    let gone = Server::start(&[]);
    let gone_url = gone.url.clone();
    drop(gone);
    let runner = Runner::spawn(config());
    let down = failure(&runner, &gone_url, "call b = shop/1/Echo", json!({})).await;
    assert_eq!(down.code, Code::Unavailable);
    assert!(down.message.contains(&format!("nothing answers at {gone_url}")), "{}", down.message);
    let server = Server::start(&[]);
    let both = format!("{gone_url}\", \"{}", server.url);
    for _ in 0..3 {
        let start = Start::new(play(&both, "call b = shop/1/Echo"), json!({"orderId": "x"}));
        let run = runner.start(start).await.unwrap();
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1["orderId"], "x");
        let events = runner.reader().await.unwrap().events(&run).unwrap().events;
        assert_eq!(kinds(&events)[3..5], ["Called", "Answered"]);
    }
}

#[tokio::test]
async fn the_new_protocol_is_spoken_too() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .unwrap();
    let (_reporter, health) = tonic_health::server::health_reporter();
    let server = tonic::transport::Server::builder().add_service(reflection).add_service(health);
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(async move { server.serve_with_incoming(incoming).await });
    let runner = Runner::spawn(config());
    let check = "call b = shop/1/grpc.health.v1.Health.Check";
    assert_eq!(result(&runner, &url, check, json!({"service": ""})).await, json!({"status": "SERVING"}));
    let watch = failure(&runner, &url, "call b = shop/1/grpc.health.v1.Health.Watch", json!({})).await;
    assert!(watch.message.contains("streaming"), "{}", watch.message);
}
