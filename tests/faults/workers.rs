//! Workers that are down, answer nonsense, or send too much.

use std::net::SocketAddr;

use chalktalk::base::RunId;
use chalktalk::event::{Code, Outcome, Payload};
use chalktalk::runner::{Runner, serve_worker, v1};
use prost::Message;
use prost_types::value::Kind;
use prost_types::{Any, ListValue, Value as ProtoValue};
use serde_json::json;

use super::raw::{RawPuller, RawWorker};
use super::stage::Stage;
use super::support::{Spy, config, failed, passed, start};
use super::{events, n_of, play};

const VALUE: &str = "type.googleapis.com/google.protobuf.Value";

/// What a worker says instead of an answer, and what is made of it: the code and words, or the result.
struct Case {
    name: &'static str,
    /// A `Ball`, encoded.
    ball: Vec<u8>,
    told: Result<Payload, (Code, &'static str)>,
}

/// Of `CatchRequest.returned`.
const RETURNED: u8 = 4;

/// A field of that number with these bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut message = vec![number << 3 | 2];
    prost::encode_length_delimiter(bytes.len(), &mut message).unwrap();
    message.extend(bytes);
    message
}

fn ball(value: Vec<u8>) -> Vec<u8> {
    v1::Ball { payload: Some(Any { type_url: VALUE.into(), value }), ..Default::default() }.encode_to_vec()
}

fn value(kind: Kind) -> ProtoValue {
    ProtoValue { kind: Some(kind) }
}

fn nested(levels: usize) -> ProtoValue {
    (0..levels).fold(value(Kind::BoolValue(true)), |inner, _| value(Kind::ListValue(ListValue { values: vec![inner] })))
}

/// 100 MB once they are in a ball.
const TOO_MUCH: usize = 100 << 20;

fn cases() -> Vec<Case> {
    let nonsense = |name, ball| Case { name, ball, told: Err((Code::Internal, "answered nonsense")) };
    let fine = |name, ball, payload| Case { name, ball, told: Ok(payload) };
    let opaque = chalktalk::event::OpaquePayload { type_url: "x.example/nobody.Knows".into(), value: vec![0xff, 0, 7] };
    let any = Any { type_url: opaque.type_url.clone(), value: opaque.value.clone() };
    let unknown = v1::Ball { payload: Some(any), ..Default::default() }.encode_to_vec();
    let other = v1::Ball { run: "another".into(), ..Default::default() }.encode_to_vec();
    let text = value(Kind::StringValue("hut".into())).encode_to_vec();
    let mut cases = vec![
        Case {
            name: "another run's id",
            ball: other,
            told: Err((Code::Internal, "answered for run another, not for ")),
        },
        nonsense("no UTF-8 in a name", field(3, b"\xff\xfe")),
        nonsense("no UTF-8 in a text of the payload", ball(field(3, b"\xc3"))),
        nonsense("a payload that ends too soon", ball(text[..text.len() - 1].to_vec())),
        nonsense("no protobuf at all", b"HTTP/1.1 500".to_vec()),
        nonsense("a payload without a bottom", ball(nested(200).encode_to_vec())),
        nonsense("no number", ball(value(Kind::NumberValue(f64::NAN)).encode_to_vec())),
        fine("nothing", Vec::new(), Payload::default()),
        fine("an unknown field", [ball(text), field(15, b"from tomorrow")].concat(), json!("hut").into()),
        fine("an unknown message", unknown, Payload::Opaque(opaque.into())),
    ];
    cases.push(Case {
        name: "100 MB",
        ball: ball(vec![0; TOO_MUCH]),
        told: Err((Code::OutOfRange, "over the limit of 4 MiB")),
    });
    cases
}

async fn is_told(runner: &Runner, run: &RunId, case: &Case, who: &str) {
    let name = case.name;
    match (runner.wait(run).await.unwrap(), &case.told) {
        (Outcome::Passed { payload, .. }, Ok(expected)) => assert_eq!(payload, *expected, "{name}"),
        (outcome, Err((code, words))) => {
            let failure = failed(&outcome).1;
            assert_eq!(failure.code, *code, "{name}: {}", failure.message);
            assert!(failure.message.contains(words) && failure.message.contains(who), "{name}: {}", failure.message);
        }
        (outcome, Ok(_)) => panic!("{name}: {outcome:?}"),
    }
    // It would be the same the next time.
    let events = events(runner, run).await;
    assert_eq!(n_of("Called", &events) + n_of("Caught", &events), 1, "{name}");
}

#[tokio::test]
async fn what_a_service_answers_is_taken_or_told_and_not_asked_for_again() {
    let runner = Runner::spawn(config());
    for case in cases() {
        let (worker, addr) = RawWorker::serve(field(1, &case.ball)).await;
        let binding = format!("demo/* service \"http://{addr}\"");
        for node in ["call b = demo/1/x retry 3 backoff 1ms..1ms", "wait-for-worker b = demo/1/x"] {
            let run = start(&runner, &play(node, &binding), json!(1)).await;
            is_told(&runner, &run, &case, &addr.to_string()).await;
        }
        assert_eq!(worker.n_calls(), 2, "{}", case.name);
    }
}

#[tokio::test]
async fn what_a_pulling_worker_answers_is_taken_or_told_and_not_handed_to_the_next() {
    let stage = Stage::new().await;
    for case in cases() {
        for node in ["call b = pack/1/box retry 3 backoff 1ms..1ms", "wait-for-worker b = pack/1/box"] {
            let mut puller = RawPuller::join(stage.channel().await, "clumsy", 1).await;
            let run = start(&stage.runner, &play(node, "pack/* pull"), json!(1)).await;
            let handed = puller.handed().await;
            let mut returned = vec![1 << 3];
            prost::encoding::encode_varint(handed.id, &mut returned);
            returned.extend(field(2, &case.ball));
            puller.say.send(field(RETURNED, &returned)).unwrap();
            is_told(&stage.runner, &run, &case, "worker clumsy").await;
        }
    }
}

/// One of several balls that a worker holds was answered with nonsense, and nobody knows which: all go to the next.
#[tokio::test]
async fn a_pulling_worker_that_makes_no_sense_and_holds_several_balls_loses_them_to_the_next() {
    let stage = Stage::new().await;
    let play = play("call b = pack/1/box", "pack/* pull");
    let mut clumsy = RawPuller::join(stage.channel().await, "clumsy", 2).await;
    let runs = [start(&stage.runner, &play, json!(1)).await, start(&stage.runner, &play, json!(2)).await];
    let balls = [clumsy.handed().await, clumsy.handed().await];
    clumsy.say.send(field(RETURNED, b"\xff\xff\xff")).unwrap();
    let status = clumsy.end().await.unwrap_err();
    assert!(status.message().contains("decode"), "{status}");
    let mut next = RawPuller::join(stage.channel().await, "next", 2).await;
    for _ in &balls {
        let handed = next.handed().await;
        next.answer(&handed, handed.ball.clone().unwrap().payload);
    }
    for (run, n) in runs.iter().zip([1, 2]) {
        assert_eq!(passed(&stage.runner.wait(run).await.unwrap()).1, json!(n));
    }
}

/// A port that nobody listens at, for now.
async fn free_port() -> SocketAddr {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_worker_that_is_down_at_the_start_is_called_once_it_is_up() {
    let addr = free_port().await;
    let runner = Runner::spawn(config());
    let binding = format!("demo/* service \"http://{addr}\"");
    let called = play("call b = demo/1/upper retry 1000 backoff 5ms..20ms", &binding);
    let called = start(&runner, &called, json!("hut")).await;
    let waits = start(&runner, &play("wait-for-worker b = demo/1/upper", &binding), json!("hut")).await;
    let mut watch = runner.watch(&called, 0).await.unwrap();
    let mut seen = Vec::new();
    while n_of("AttemptFailed", &seen) < 3 {
        seen.extend_from_slice(&watch.next().await.unwrap().1);
    }
    let spy = Spy::new();
    let _served = serve_worker(spy.clone(), addr).await.unwrap();
    for run in [&called, &waits] {
        assert_eq!(passed(&runner.wait(run).await.unwrap()).1, json!("HUT"));
    }
    assert_eq!(spy.calls().len(), 2);
    for failure in super::failed_attempts(&events(&runner, &called).await) {
        assert_eq!(failure.code, Code::Unavailable, "{}", failure.message);
        assert!(failure.message.contains(&format!("nothing answers at http://{addr}")), "{}", failure.message);
    }
}
