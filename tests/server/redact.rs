//! Fields that are kept out of the journal, while workers get them: live, and after a crash.

use std::path::Path;
use std::sync::Arc;

use chalktalk::base::RunId;
use chalktalk::event::{Code, Detail, Event, Failure, OpaquePayload};
use chalktalk::journal::{Journal, Status};
use chalktalk::runner::v1::worker_server::Worker;
use chalktalk::runner::{Config, Earlier, MARKER, Redact, Runner, World, status, v1};
use serde_json::json;
use tonic::{Request, Response, Status as GrpcStatus};

use super::WAITS;
use super::stage::{Stage, answer, any, call, json_of};
use super::support::{Spy, config, passed};

const SECRET: &str = "hunter2-and-more";

fn redacting(journal: Journal) -> Config {
    Config { redact: Redact::new("password,token").unwrap(), world: World::real(), journal, ..config() }
}

/// Whether any file of the folder has the text in it.
fn holds(dir: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap_or_default());
    files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[tokio::test]
async fn workers_get_the_values_and_nobody_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let spy = Spy::new();
    let builtin = spy.clone();
    let mut stage =
        Stage::with(Config { builtin: Some(builtin), ..redacting(Journal::open(dir.path()).unwrap()) }).await;
    // Through a play that calls a play, a fan-out and a join.
    stage.register("play t/1/inner { snap a\n call b = demo/1/echo\n pass c\n a -> b -> c }").await;
    stage
        .register(
            "play t/1/outer { snap a\n fan-out f\n call x = t/1/inner\n call y = demo/1/echo\n fan-in j all\n pass d
             a -> f -> { x, y } -> j -> d }",
        )
        .await;
    let input = json!({"user": "ann", "login": [{"Password": SECRET}]});
    let mut worker = stage.worker().await;
    let key = ("their-run", "node", 1, 1);
    let result = answer(worker.invoke(call("t/1/outer", input.clone(), key)).await);
    assert_eq!(result, json!({"x": input, "y": input}));
    // Made again at once, the call finds the result; it is not kept for long.
    assert_eq!(answer(worker.invoke(call("t/1/outer", input.clone(), key)).await), result);
    assert_eq!(spy.calls().len(), 2);

    let run = stage.start("t/1/outer", input).await;
    let told = stage.watch(&run, 0).await;
    let shown = stage.client.get_run(v1::GetRunRequest { run: run.clone() }).await.unwrap().into_inner();
    let hidden = json!({"user": "ann", "login": [{"Password": MARKER}]});
    assert_eq!(
        (json_of(shown.input), json_of(shown.result)),
        (hidden.clone(), json!({"x": hidden.clone(), "y": hidden.clone()}))
    );
    assert!(told.iter().all(|event| !event.body.contains(SECRET)), "{told:?}");
    assert!(told.iter().any(|event| event.body.contains(MARKER)));
    // What is shown is no input for another run.
    let ask = v1::StartRunRequest { play: "t/1/inner".into(), input: any(hidden), ..Default::default() };
    let status = stage.client.start_run(ask).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    assert!(status.message().contains("put the real value there"), "{status}");
    stage.runner.stop().await.unwrap();
    assert!(holds(dir.path(), MARKER) && !holds(dir.path(), SECRET));
}

#[tokio::test]
async fn a_run_whose_values_are_gone_is_stopped_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let keyed = "play t/1/k { snap a\n wait-for-signal b \"paid\" key (\"k\")\n pass c with (signal)\n a -> b -> c }";
    let shaped = "play t/1/s { snap a\n fan-out f one with ({\"user\": ball.user})\n wait-for-signal b \"go\"\n pass c\n a -> f -> b -> c }";
    let mut stage = Stage::with(redacting(Journal::open(dir.path()).unwrap())).await;
    for text in [WAITS, keyed, shaped] {
        stage.register(text).await;
    }
    let secret = || json!({"user": "ann", "password": SECRET});
    let lost = stage.start("t/1/waits", secret()).await;
    let fine = stage.start("t/1/waits", json!({"user": "ann"})).await;
    let dropped = stage.start("t/1/s", secret()).await;
    for run in [&lost, &fine, &dropped] {
        stage.until(run, "Parked").await;
    }
    let early = v1::SignalRequest {
        to: Some(v1::signal_request::To::Key("k".into())),
        name: "paid".into(),
        payload: any(secret()),
        signal_id: "s-1".into(),
    };
    stage.client.signal(early.clone()).await.unwrap();
    let done = stage.start("t/1/k", json!(1)).await;
    stage.watch(&done, 0).await;
    stage.client.signal(v1::SignalRequest { signal_id: "s-2".into(), ..early }).await.unwrap();
    let runner = stage.runner.clone();
    drop(stage);
    runner.stop().await.unwrap();
    assert!(!holds(dir.path(), SECRET));

    // By a program that was not even told to keep anything out.
    let config = Config { world: World::real(), ..super::support::config_with(Journal::open(dir.path()).unwrap()) };
    let runner = Runner::spawn(config);
    let recovered = runner.recovered().await.unwrap();
    let why = |run: &str| recovered.iter().find(|one| one.run.as_str() == run).unwrap().result.clone();
    assert_eq!((why(&fine), why(&dropped)), (Ok(()), Ok(())));
    assert!(why(&lost).unwrap_err().contains("holds redacted fields, which were not kept"));
    assert!(why("signals").unwrap_err().contains("'paid' to k was kept without its redacted fields"));
    let info = runner.reader().await.unwrap().run(&RunId::new(&lost)).unwrap();
    assert_eq!(info.status, Status::Stopped);
    assert!(info.reason.unwrap().contains("start it again"));
    // What lost nothing goes on.
    runner.signal(&RunId::new(&dropped), "go", json!(1), None).await.unwrap();
    assert_eq!(passed(&runner.wait(&RunId::new(&dropped)).await.unwrap()).1, json!({"user": "ann"}));
    // A result that is not whole is not given as if it were.
    let error = runner.wait(&RunId::new(&done)).await.unwrap_err();
    assert!(error.to_string().contains("its result holds redacted fields"), "{error}");
    // The signal that lost its value is used by nobody.
    let play = runner.play(&"t/1/k".parse().unwrap()).unwrap();
    let run = runner.start(chalktalk::runner::Start::new(play, json!(1))).await.unwrap();
    runner.signal_key("k", "paid", json!("whole"), None).await.unwrap();
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!("whole"));
}

/// Sends a secret on in a header, or refuses with one in all that may go with an error.
struct Teller;

#[tonic::async_trait]
impl Worker for Teller {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, GrpcStatus> {
        Ok(Response::new(v1::DescribeResponse::default()))
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, GrpcStatus> {
        let v1::InvokeRequest { coordinate, ball } = request.into_inner();
        let ball = ball.unwrap_or_default();
        let headers = match coordinate.rsplit('/').next().unwrap_or_default() {
            "tell" => [("Token".to_owned(), SECRET.to_owned()), ("tenant".to_owned(), "blue".to_owned())].into(),
            "asked" => {
                assert_eq!(ball.headers["Token"], SECRET, "workers get it");
                ball.headers.clone()
            }
            _ => {
                let details = vec![
                    Detail::Info {
                        reason: "WRONG".into(),
                        domain: "d".into(),
                        metadata: [("password".into(), SECRET.into()), ("shelf".into(), "P7".into())].into(),
                    },
                    Detail::BadRequest { violations: vec![("login.password".into(), format!("{SECRET} is wrong"))] },
                    Detail::Other(OpaquePayload { type_url: "x/y".into(), value: SECRET.into() }),
                ];
                return Err(status(Failure { details, ..Failure::new(Code::Aborted, "no") }));
            }
        };
        Ok(Response::new(v1::InvokeResponse {
            ball: Some(v1::Ball { payload: ball.payload, headers, ..Default::default() }),
        }))
    }
}

#[tokio::test]
async fn headers_and_details_of_errors_are_kept_out_too() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Config { builtin: Some(Arc::new(Teller)), ..redacting(Journal::open(dir.path()).unwrap()) };
    let mut stage = Stage::with(open()).await;
    stage
        .register("play t/1/well { snap a\n call b = demo/1/tell\n call c = demo/1/asked\n pass d\n a -> b -> c -> d }")
        .await;
    stage
        .register("play t/1/ill { snap a\n call b = demo/1/refuse retry 1 backoff 1ms..1ms\n pass c\n a -> b -> c }")
        .await;
    stage
        .register(
            "play t/1/parks { snap a\n call b = demo/1/tell\n wait-for-signal c \"go\"\n pass d\n a -> b -> c -> d }",
        )
        .await;
    // Who calls the play gets all of it.
    let mut worker = stage.worker().await;
    let given =
        worker.invoke(call("t/1/well", json!(1), ("theirs", "n", 1, 1))).await.unwrap().into_inner().ball.unwrap();
    assert_eq!((given.headers["Token"].as_str(), given.headers["tenant"].as_str()), (SECRET, "blue"));
    let refused = worker.invoke(call("t/1/ill", json!(1), ("theirs", "n", 1, 2))).await.unwrap_err();
    assert!(refused.details().windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes()), "{refused:?}");
    // A header of a call is one of the run.
    let mut request = call("t/1/parks", json!(1), ("theirs", "n", 1, 3));
    let headers = &mut request.ball.as_mut().unwrap().headers;
    headers.extend([("password".to_owned(), SECRET.to_owned()), ("shift".to_owned(), "late".to_owned())]);
    let parked = chalktalk::runner::child_run("theirs", "n", 1, 3);
    let waiting = tokio::spawn(async move { worker.invoke(request).await });
    stage.until_there(&parked).await;
    stage.until(parked.as_str(), "Parked").await;

    let well = stage.start("t/1/well", json!(1)).await;
    let ill = stage.start("t/1/ill", json!(1)).await;
    for (run, marked) in [
        (&well, vec!["Answered", "Answered", "Finished"]),
        (&ill, vec!["AttemptFailed", "AttemptFailed", "NodeFailed", "Finished"]),
    ] {
        let told = stage.watch(run, 0).await;
        assert!(told.iter().all(|event| !event.body.contains(SECRET)), "{told:?}");
        let with_marker = told.iter().filter(|event| event.body.contains(MARKER)).map(|event| event.kind.as_str());
        assert_eq!(with_marker.collect::<Vec<_>>(), marked);
        assert!(told.iter().any(|event| event.body.contains("blue") || event.body.contains("P7")), "{told:?}");
    }
    waiting.abort();
    let runner = stage.runner.clone();
    drop(stage);
    runner.stop().await.unwrap();
    assert!(holds(dir.path(), MARKER) && !holds(dir.path(), SECRET));

    // A run whose ball has lost a header cannot go on, nor be made again with it.
    let runner = Runner::spawn(open());
    let recovered = runner.recovered().await.unwrap();
    let why = recovered.iter().find(|one| one.run == parked).unwrap().result.clone().unwrap_err();
    assert!(why.contains("holds redacted fields, which were not kept"), "{why}");
    let earlier = Earlier::read(&runner.reader().await.unwrap(), &parked).unwrap();
    let error = earlier.start(Arc::new(earlier.prepared().unwrap()), None).unwrap_err().to_string();
    assert!(error.contains("its input or its headers hold redacted fields"), "{error}");
    let kept = runner.reader().await.unwrap().events(&parked).unwrap().events;
    let Event::Started(started) = &kept[0].event else { panic!("it starts") };
    assert_eq!(started.headers.iter().collect::<Vec<_>>(), [("password", MARKER), ("shift", "late")]);
    let error = runner.wait(&RunId::new(&well)).await.unwrap_err();
    assert!(error.to_string().contains("its result holds redacted fields"), "{error}");
}
