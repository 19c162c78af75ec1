//! Workers that pull: credit, order, heartbeats, and what becomes of a ball whose worker is gone.

use std::time::Duration;

use chalktalk::base::Pulling;
use chalktalk::base::RunId;
use chalktalk::event::{Code, Event};
use chalktalk::runner::{Asking, Prepared, v1};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Status, Streaming};

use super::stage::{Stage, any, json_of};
use super::support::{failed, kinds, passed, prepared_with, start};

/// A pulling worker, played by hand.
struct Puller {
    say: mpsc::UnboundedSender<v1::CatchRequest>,
    told: Streaming<v1::CatchResponse>,
}

fn method(version: &str) -> v1::Method {
    v1::Method { image: "pack".into(), version: version.into(), method: "box".into(), ..Default::default() }
}

impl Puller {
    async fn join(stage: &mut Stage, name: &str) -> Self {
        let (say, said) = mpsc::unbounded_channel();
        let hello = v1::Hello { worker: name.into(), methods: vec![method("1.2")] };
        say.send(v1::CatchRequest { what: Some(v1::catch_request::What::Hello(hello)) }).unwrap();
        let told = stage.client.catch(UnboundedReceiverStream::new(said)).await.unwrap().into_inner();
        let mut puller = Self { say, told };
        let welcome = puller.told.message().await.unwrap().unwrap();
        assert!(matches!(welcome.what, Some(v1::catch_response::What::Welcome(_))));
        puller
    }

    fn say(&self, what: v1::catch_request::What) {
        self.say.send(v1::CatchRequest { what: Some(what) }).unwrap();
    }

    fn ready(&self, credit: u32) {
        self.say(v1::catch_request::What::Ready(v1::Ready { credit }));
    }

    /// Says that it is there until it goes.
    fn beats(&self) -> tokio::task::JoinHandle<()> {
        let say = self.say.clone();
        tokio::spawn(async move {
            let beat = || v1::CatchRequest { what: Some(v1::catch_request::What::Heartbeat(v1::Heartbeat {})) };
            while say.send(beat()).is_ok() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        })
    }

    async fn handed(&mut self) -> v1::Handed {
        match self.told.message().await.unwrap().unwrap().what {
            Some(v1::catch_response::What::Handed(handed)) => {
                let headers = &handed.ball.as_ref().unwrap().headers;
                assert!(headers["traceparent"].starts_with("00-"), "{headers:?}");
                handed
            }
            other => panic!("it is handed a ball: {other:?}"),
        }
    }

    fn answer(&self, handed: &v1::Handed, value: Value) {
        let ball = v1::Ball { payload: any(value), ..Default::default() };
        let what = Some(v1::returned::What::Ball(ball));
        self.say(v1::catch_request::What::Returned(v1::Returned { id: handed.id, what }));
    }
}

fn play(node: &str) -> Arc<Prepared> {
    prepared_with(
        &format!("play t/1/p {{ snap a\n {node}\n pass c\n a -> b -> c }}\nformation f {{ pack/* pull }}"),
        "f",
    )
}

const CALL: &str = "call b = pack/1.2/box";
const WAIT: &str = "wait-for-worker b = pack/1.2/box";

/// What the server says of the target, once that is `wanted`.
async fn standing(stage: &mut Stage, wanted: impl Fn(&v1::Target) -> bool) -> v1::Target {
    loop {
        let ask = v1::ListTargetsRequest { image: "pack".into() };
        let targets = stage.client.list_targets(ask).await.unwrap().into_inner().targets;
        if let Some(target) = targets.into_iter().find(&wanted) {
            return target;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn balls_go_out_in_order_and_never_more_than_a_worker_can_hold() {
    let mut stage = Stage::new().await;
    let mut runs = Vec::new();
    for n in 0..6 {
        let node = if n % 2 == 0 { CALL } else { WAIT };
        runs.push(start(&stage.runner, &play(node), json!(n)).await);
        standing(&mut stage, |target| target.queued == n + 1).await;
    }
    let mut one = Puller::join(&mut stage, "one").await;
    let mut two = Puller::join(&mut stage, "two").await;
    let _beats = (one.beats(), two.beats());
    one.ready(1);
    let first = one.handed().await;
    assert_eq!((json_of(first.ball.clone().unwrap().payload), first.coordinate.as_str()), (json!(0), "pack/1.2/box"));
    let target = standing(&mut stage, |target| target.held == 1).await;
    assert_eq!((target.queued, target.credit, target.workers), (5, 0, vec!["one".to_owned(), "two".to_owned()]));
    // As a window or `targets` would see it.
    let pulled = play(CALL).plan.formation.clone();
    let places = stage.runner.targets(pulled.as_ref(), Asking::Near).await.unwrap();
    let method = &places[0].methods[0];
    assert_eq!((places[0].line().as_str(), method.coord.to_string().as_str()), ("pack/* pull", "pack/1.2/box"));
    assert_eq!(method.pulling, Some(Pulling { workers: 2, ready: 0, queued: 5 }));
    two.ready(2);
    let (second, third) = (two.handed().await, two.handed().await);
    // No worker can hold more: the rest waits.
    assert_eq!(standing(&mut stage, |target| target.held == 3).await.queued, 3);
    one.answer(&first, json!("zero"));
    one.ready(9);
    let rest = [one.handed().await, one.handed().await, one.handed().await];
    // What each is given is in order; one that was parked leaves a moment later, when that is kept.
    let numbers = |handed: &[&v1::Handed]| {
        let mut numbers: Vec<i64> =
            handed.iter().map(|handed| json_of(handed.ball.clone().unwrap().payload).as_i64().unwrap()).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(numbers(&[&second, &third]), [1, 2]);
    assert_eq!(numbers(&rest.iter().collect::<Vec<_>>()), [3, 4, 5]);
    for handed in rest {
        one.answer(&handed, json!("one"));
    }
    for handed in [second, third] {
        two.answer(&handed, json!("two"));
    }
    for (run, by) in runs.iter().zip(["zero", "two", "two", "one", "one", "one"]) {
        assert_eq!(passed(&stage.runner.wait(run).await.unwrap()).1, json!(by));
    }
    let target = standing(&mut stage, |target| target.held == 0).await;
    assert_eq!((target.queued, target.credit), (0, 6));
}

#[tokio::test]
async fn a_worker_that_goes_or_falls_silent_loses_its_ball_to_the_next() {
    let mut stage = Stage::new().await;
    for (node, silent) in [(CALL, false), (WAIT, false), (CALL, true), (WAIT, true)] {
        let mut gone = Puller::join(&mut stage, "gone").await;
        gone.ready(1);
        let run = start(&stage.runner, &play(node), json!(1)).await;
        let lost = gone.handed().await.ball.unwrap();
        let mut next = Puller::join(&mut stage, "next").await;
        let beats = next.beats();
        next.ready(1);
        // Either its stream ends, or it stays open and nothing comes.
        let open = if silent { Some(gone) } else { None };
        let handed = next.handed().await;
        let ball = handed.ball.clone().unwrap();
        assert_eq!((&ball.run, &ball.payload), (&lost.run, &lost.payload));
        // A call goes on under its key; a wait notes that the worker is gone, and offers the ball anew.
        assert_eq!(ball.attempt, if node == CALL { 1 } else { 2 });
        next.answer(&handed, json!("done"));
        assert_eq!(passed(&stage.runner.wait(&run).await.unwrap()).1, json!("done"));
        let events = stage.runner.reader().await.unwrap().events(&run).unwrap().events;
        if node == WAIT {
            assert_eq!(kinds(&events)[3..9], ["Parked", "Caught", "Dropped", "Parked", "Caught", "Answered"]);
            let by = |recorded: &chalktalk::event::Recorded| matches!(&recorded.event, Event::Caught { worker, .. } if worker == "next");
            assert!(events.iter().any(by));
        }
        if let Some(mut silent) = open {
            let end = loop {
                match silent.told.message().await {
                    Ok(Some(_)) => {}
                    other => break other,
                }
            };
            assert_eq!(end.unwrap_err().code(), tonic::Code::DeadlineExceeded);
        }
        beats.abort();
    }
}

#[tokio::test]
async fn a_ball_that_is_called_off_is_revoked_and_leaves_the_queue() {
    let mut stage = Stage::new().await;
    let waits = start(&stage.runner, &play(WAIT), json!(1)).await;
    standing(&mut stage, |target| target.queued == 1).await;
    stage.runner.cancel(&waits, "rain").await.unwrap();
    let mut puller = Puller::join(&mut stage, "p").await;
    let _beats = puller.beats();
    puller.ready(1);
    standing(&mut stage, |target| target.queued == 0 && target.credit == 1).await;
    let run = start(&stage.runner, &play(CALL), json!(2)).await;
    let handed = puller.handed().await;
    stage.runner.cancel(&run, "rain").await.unwrap();
    let told = puller.told.message().await.unwrap().unwrap();
    assert_eq!(told.what, Some(v1::catch_response::What::Revoked(v1::Revoked { id: handed.id })));
    // Its answer comes too late, and harms nothing.
    puller.answer(&handed, json!(3));
    puller.ready(1);
    let run = start(&stage.runner, &play(CALL), json!(4)).await;
    let handed = puller.handed().await;
    puller.answer(&handed, json!(5));
    assert_eq!(passed(&stage.runner.wait(&run).await.unwrap()).1, json!(5));
}

#[tokio::test]
async fn its_errors_come_with_their_code_and_versions_are_those_of_who_is_there() {
    let mut stage = Stage::new().await;
    let open = "call b = pack/^1/box";
    let error = stage.runner.start(chalktalk::runner::Start::new(play(open), json!(1))).await.unwrap_err();
    assert!(error.to_string().contains("no version of pack meets ^1"), "{error}");
    let mut puller = Puller::join(&mut stage, "p").await;
    let _beats = puller.beats();
    puller.ready(1);
    standing(&mut stage, |target| target.credit == 1).await;
    let run: RunId = start(&stage.runner, &play(open), json!(1)).await;
    let handed = puller.handed().await;
    assert_eq!(handed.coordinate, "pack/1.2/box");
    let what =
        Some(v1::returned::What::Failed(v1::Failed { code: 3, message: "too wide".into(), details: Vec::new() }));
    puller.say(v1::catch_request::What::Returned(v1::Returned { id: handed.id, what }));
    let failure = failed(&stage.runner.wait(&run).await.unwrap()).1;
    assert_eq!((failure.code, failure.message.as_str()), (Code::InvalidArgument, "too wide"));
}

#[tokio::test]
async fn a_worker_that_does_not_keep_to_the_contract_is_told() {
    let mut stage = Stage::new().await;
    let hello = |methods| v1::catch_request::What::Hello(v1::Hello { worker: String::new(), methods });
    let ready = v1::catch_request::What::Ready(v1::Ready { credit: 1 });
    let cases = [
        (vec![ready], "say Hello first"),
        (vec![hello(Vec::new())], "name from 1 to"),
        (vec![hello(vec![method("^1")])], "has no exact version"),
        (vec![hello(vec![v1::Method::default()])], "write image/version/method"),
        (vec![hello(vec![method("1")]), hello(vec![method("1")])], "only once"),
    ];
    for (said, words) in cases {
        let said = said.into_iter().map(|what| v1::CatchRequest { what: Some(what) }).collect::<Vec<_>>();
        let mut told = stage.client.catch(tokio_stream::iter(said)).await.unwrap().into_inner();
        let status: Status = loop {
            match told.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("it says what is wrong: {words}"),
                Err(status) => break status,
            }
        };
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        assert!(status.message().contains(words), "{status}");
    }
}
