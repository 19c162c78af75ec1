//! Servers that are there and yet not: silent, unwell, or gone for a while.

use std::net::SocketAddr;
use std::sync::Arc;

use chalktalk::event::{Code, Event, Recorded};
use chalktalk::runner::v1::worker_server::WorkerServer;
use chalktalk::runner::{Demo, Runner, serve_worker};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::support::{Spy, config, kinds, passed, start};
use super::workers::{ANY_PORT, play};

/// A path to a server that can be cut: from then on it takes everything and gives nothing back.
async fn path_to(server: SocketAddr) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (cut, is_cut) = watch::channel(false);
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut near, _)) = listener.accept().await {
            let mut is_cut = is_cut.clone();
            if *is_cut.borrow() {
                silent.push(near);
                continue;
            }
            tokio::spawn(async move {
                let mut far = TcpStream::connect(server).await.unwrap();
                let over = tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => true,
                    _ = is_cut.wait_for(|cut| *cut) => false,
                };
                if !over {
                    // Both ends stay open, and hear nothing.
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (addr, cut)
}

#[tokio::test]
async fn a_silent_worker_loses_the_ball_to_the_next() {
    let (hangs, lives) = (Spy::new(), Spy::new());
    let first = serve_worker(hangs.clone(), ANY_PORT).await.unwrap();
    let (path, cut) = path_to(first.addr).await;
    let second = serve_worker(lives.clone(), ANY_PORT).await.unwrap();
    let bindings = format!("demo/* service \"http://{path}\", \"http://{}\"", second.addr);
    let runner = Runner::spawn(config());
    // None of the two has a timeout.
    let called = play("call b = demo/1/sleep retry 1 backoff 10ms..10ms", &bindings);
    let waited = play("wait-for-worker b = demo/1/sleep", &bindings);
    let called = start(&runner, &called, json!({"ms": 7000})).await;
    hangs.until_called(1).await;
    // By the first address of its turn, which is the same one: a wait does not count as a call.
    let waited = start(&runner, &waited, json!({"ms": 7000})).await;
    hangs.until_called(2).await;
    cut.send_replace(true);
    for (run, names) in [
        (called, &["Called", "AttemptFailed", "Called", "Answered"][..]),
        (waited, &["Parked", "Caught", "Dropped", "Parked", "Caught", "Answered"]),
    ] {
        passed(&runner.wait(&run).await.unwrap());
        let events = runner.reader().await.unwrap().events(&run).unwrap().events;
        assert_eq!(kinds(&events)[3..3 + names.len()], *names);
        let failure = events.iter().find_map(|Recorded { event, .. }| match event {
            Event::AttemptFailed { failure, .. } => Some(failure),
            _ => None,
        });
        if let Some(failure) = failure {
            assert_eq!(failure.code, Code::Unavailable);
            let words = format!("http://{path} stopped answering while demo/1/sleep was called");
            assert!(failure.message.starts_with(&words), "{}", failure.message);
        }
    }
    let mut keys = lives.keys();
    keys.sort();
    assert_eq!(keys, ["b 1 2", "b 1 2"]);
}

/// On a port of its own, with a health service.
async fn serve_with_health(worker: Arc<Spy>) -> (SocketAddr, tonic_health::server::HealthReporter) {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (reporter, health) = tonic_health::server::health_reporter();
    let server = tonic::transport::Server::builder().add_service(health).add_service(WorkerServer::from_arc(worker));
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(async move { server.serve_with_incoming(incoming).await });
    (addr, reporter)
}

#[tokio::test]
async fn a_worker_that_is_not_well_is_passed_over_until_it_is() {
    let (sick, well) = (Spy::new(), Spy::new());
    let (first, reporter) = serve_with_health(sick.clone()).await;
    let second = serve_worker(well.clone(), ANY_PORT).await.unwrap();
    reporter.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    let runner = Runner::spawn(config());

    // Nobody else serves it: the ball waits, and goes to it as soon as it says that it is well.
    let alone = play("wait-for-worker b = demo/1/echo", &format!("demo/* service \"http://{first}\""));
    let waits = start(&runner, &alone, json!("waits")).await;
    let bindings = format!("demo/* service \"http://{first}\", \"http://{}\"", second.addr);
    let both = play("wait-for-worker b = demo/1/echo", &bindings);
    for n in 0..3 {
        let run = start(&runner, &both, json!(n)).await;
        passed(&runner.wait(&run).await.unwrap());
    }
    assert_eq!((sick.calls().len(), well.calls().len()), (0, 3));
    // By now that is known, so that calls too pass it over.
    let called = play("call b = demo/1/echo", &bindings);
    for n in 0..4 {
        let run = start(&runner, &called, json!(n)).await;
        passed(&runner.wait(&run).await.unwrap());
    }
    assert_eq!((sick.calls().len(), well.calls().len()), (0, 7));
    reporter.set_service_status("", tonic_health::ServingStatus::Serving).await;
    assert_eq!(passed(&runner.wait(&waits).await.unwrap()).1, json!("waits"));
    assert_eq!(sick.calls().len(), 1);
}

#[tokio::test]
async fn a_name_is_looked_up_and_one_that_leads_nowhere_is_told() {
    let served = serve_worker(Arc::new(Demo::default()), ANY_PORT).await.unwrap();
    let runner = Runner::spawn(config());
    let binding = format!("demo/* service \"http://localhost:{}\"", served.addr.port());
    for call in ["call b = demo/1/upper", "wait-for-worker b = demo/1/upper"] {
        let run = start(&runner, &play(call, &binding), json!("hut")).await;
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!("HUT"));
    }
    let nowhere = play("call b = demo/1/echo", "demo/* service \"http://demo-{version}.invalid:1\"");
    let run = start(&runner, &nowhere, json!(1)).await;
    let failure = super::support::failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::Unavailable);
    for words in ["the name demo-1.invalid of http://demo-1.invalid:1 leads nowhere", "correct the address"] {
        assert!(failure.message.contains(words), "{}", failure.message);
    }
}
