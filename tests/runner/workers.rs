//! Workers behind gRPC, in this process: over real sockets, so the clock is real too.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use chalktalk::event::{Code, Event, Recorded};
use chalktalk::runner::{Runner, serve_worker};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::support::{Spy, config, failed, kinds, passed, prepared_with, start};

pub const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub fn play(call: &str, bindings: &str) -> Arc<chalktalk::runner::Prepared> {
    let text = format!("play t/1/p {{\n snap a\n {call}\n pass c\n a -> b -> c\n }}\nformation f {{\n {bindings}\n }}");
    prepared_with(&text, "f")
}

#[tokio::test]
async fn a_service_is_called_as_a_built_in_worker_is() {
    let spy = Spy::new();
    let served = serve_worker(spy.clone(), ANY_PORT).await.unwrap();
    let runner = Runner::spawn(config());
    let addr = served.addr;
    let run = start(
        &runner,
        &play("call b = demo/1/upper timeout 5s", &format!("demo/* service \"http://{addr}\"")),
        json!("hut"),
    )
    .await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!("HUT"));
    let ball = spy.calls().remove(0);
    assert_eq!((ball.run.as_str(), ball.node.as_str(), ball.visit, ball.attempt), (run.as_str(), "b", 1, 1));
    assert!(ball.deadline.is_some());

    // Without a scheme, on a pod's port, and with the parts of the coordinate filled in.
    let port = addr.port().to_string();
    let (head, tail) = port.split_at(2);
    let bindings = [
        format!("demo/1 service \"{addr}\""),
        format!("demo/1 pod {port}"),
        format!("demo/1 service \"http://127.0.0.{{version}}:{head}{tail}\""),
    ];
    for binding in bindings {
        let run = start(&runner, &play("call b = demo/1/upper", &binding), json!("hut")).await;
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!("HUT"), "{binding}");
    }

    // Its own error is told word for word.
    let play = play("call b = demo/1/fail", &format!("demo/* service \"http://{addr}\""));
    let run = start(&runner, &play, json!({"code": "DATA_LOSS", "message": "the ball is flat"})).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!((failure.code, failure.message.as_str()), (Code::DataLoss, "the ball is flat"));
    served.stop().await;
}

#[tokio::test]
async fn a_worker_that_is_not_there_is_named_with_its_address() {
    let free = TcpListener::bind(ANY_PORT).await.unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    let runner = Runner::spawn(config());
    let binding = format!("demo/* service \"http://{addr}\"");
    let run = start(&runner, &play("call b = demo/1/echo", &binding), json!(1)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::Unavailable);
    for word in [format!("nothing answers at http://{addr} for demo/1/echo"), "start that worker".to_owned()] {
        assert!(failure.message.contains(&word), "{}", failure.message);
    }

    // One that knows no such method says which target that was.
    let served = serve_worker(Spy::new(), ANY_PORT).await.unwrap();
    let binding = format!("x/* service \"http://{}\"", served.addr);
    let run = start(&runner, &play("call b = x/1/y", &binding), json!(1)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::Unimplemented);
    assert!(
        failure.message.starts_with(&format!("the worker at http://{} has no x/1/y", served.addr)),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn calls_go_round_the_addresses_and_past_those_that_are_down() {
    let (one, two) = (Spy::new(), Spy::new());
    let first = serve_worker(one.clone(), ANY_PORT).await.unwrap();
    let second = serve_worker(two.clone(), ANY_PORT).await.unwrap();
    let free = TcpListener::bind(ANY_PORT).await.unwrap();
    let gone = free.local_addr().unwrap();
    drop(free);
    let runner = Runner::spawn(config());
    let bindings = format!("demo/* service \"http://{}\", \"http://{gone}\", \"http://{}\"", first.addr, second.addr);
    let play = play("call b = demo/1/echo", &bindings);
    for n in 0..9 {
        let run = start(&runner, &play, json!(n)).await;
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(n));
    }
    let counts = (one.calls().len(), two.calls().len());
    assert_eq!(counts.0 + counts.1, 9);
    assert!(counts.0 >= 3 && counts.1 >= 3, "{counts:?}");
}

#[tokio::test]
async fn what_does_not_speak_grpc_is_not_taken_for_a_worker() {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            drop(stream.write_all(b"220 mail.example ESMTP\r\n").await);
        }
    });
    let runner = Runner::spawn(config());
    let run =
        start(&runner, &play("call b = demo/1/echo", &format!("demo/* service \"http://{addr}\"")), json!(1)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::Unavailable, "{}", failure.message);
    assert!(failure.message.contains(&addr.to_string()), "{}", failure.message);
    server.abort();
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_and_not_tried_again() {
    let served = serve_worker(Spy::new(), ANY_PORT).await.unwrap();
    let runner = Runner::spawn(config());
    let binding = format!("demo/* service \"http://{}\"", served.addr);
    // Too much to send; and, as capital letters take more bytes here, too much to take back.
    for text in ["x".repeat(5 << 20), "\u{149}".repeat(1_800_000)] {
        let run = start(&runner, &play("call b = demo/1/upper retry 5", &binding), json!(text)).await;
        let failure = failed(&runner.wait(&run).await.unwrap()).1;
        assert_eq!(failure.code, Code::OutOfRange, "{}", failure.message);
        assert!(failure.message.contains("over the limit of 4 MiB"), "{}", failure.message);
        let events = runner.reader().await.unwrap().events(&run).unwrap().events;
        assert_eq!(kinds(&events).iter().filter(|kind| *kind == "Called").count(), 1);
    }
}

/// On a runtime of its own: when that goes, so do all its connections.
fn serve_on_its_own(worker: Arc<Spy>) -> (SocketAddr, tokio::runtime::Runtime) {
    let serve = move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let served = runtime.block_on(serve_worker(worker, ANY_PORT)).unwrap();
        let addr = served.addr;
        // Serves until its runtime goes.
        std::mem::forget(served);
        (addr, runtime)
    };
    std::thread::spawn(serve).join().unwrap()
}

#[tokio::test]
async fn a_worker_that_dies_with_the_ball_loses_it_to_the_next() {
    let (dies, lives) = (Spy::new(), Spy::new());
    let (first, process) = serve_on_its_own(dies.clone());
    let second = serve_worker(lives.clone(), ANY_PORT).await.unwrap();
    let runner = Runner::spawn(config());
    let bindings = format!("demo/* service \"http://{first}\", \"http://{}\"", second.addr);
    let play = play("wait-for-worker b = demo/1/sleep", &bindings);
    let run = start(&runner, &play, json!({"ms": 300})).await;
    dies.until_called(1).await;
    process.shutdown_background();
    passed(&runner.wait(&run).await.unwrap());
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    assert_eq!(kinds(&events)[3..9], ["Parked", "Caught", "Dropped", "Parked", "Caught", "Answered"]);
    assert_eq!((dies.keys(), lives.keys()), (vec!["b 1 1".to_owned()], vec!["b 1 2".to_owned()]));
    let attempts = events.iter().filter_map(|Recorded { event, .. }| match event {
        Event::Caught { attempt, .. } => Some(*attempt),
        _ => None,
    });
    assert_eq!(attempts.collect::<Vec<_>>(), [1, 2]);
}
