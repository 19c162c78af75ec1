//! What is really there: versions that workers have, asked before a run starts and by `chalktalk targets`.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(feature = "run")]

#[path = "runner/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the runner")]
mod support;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::{Arc, Mutex};

use chalktalk::base::RunId;
use chalktalk::event::Code;
use chalktalk::play::Formation;
use chalktalk::runner::v1::worker_server::Worker;
use chalktalk::runner::{Asking, Config, Consent, Place, Runner, Start, serve_worker, v1};
use serde_json::json;
use support::{config, failed, passed, prepared_with, start};
use tonic::{Request, Response, Status};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Serves these versions of `stock`, answers with the one that was called, and counts how often it is asked.
#[derive(Default)]
struct Stock {
    versions: Mutex<Vec<&'static str>>,
    n_asked: Mutex<usize>,
    calls: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
}

impl Stock {
    fn of(versions: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { versions: Mutex::new(versions.to_vec()), ..Self::default() })
    }
}

#[tonic::async_trait]
impl Worker for Stock {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        *self.n_asked.lock().unwrap() += 1;
        let versions = self.versions.lock().unwrap().clone();
        let methods = versions.iter().map(|version| v1::Method {
            image: "stock".into(),
            version: (*version).into(),
            method: "reserve".into(),
            summary: "sets goods aside".into(),
            input_schema: "{\"type\": \"object\"}".into(),
            output_schema: String::new(),
        });
        Ok(Response::new(v1::DescribeResponse { worker: "stock-1".into(), methods: methods.collect() }))
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, Status> {
        let v1::InvokeRequest { coordinate, ball } = request.into_inner();
        let ball = ball.unwrap_or_default();
        let version = coordinate.split('/').nth(1).unwrap_or_default().to_owned();
        let method = coordinate.rsplit('/').next().unwrap_or_default();
        if !self.versions.lock().unwrap().contains(&version.as_str()) || method != "reserve" {
            return Err(Status::unimplemented("not here"));
        }
        self.calls.lock().unwrap().entry(ball.run).or_default().insert(ball.node, version.clone());
        let payload = chalktalk::runner::to_any(&json!(version).into()).unwrap();
        Ok(Response::new(v1::InvokeResponse { ball: Some(v1::Ball { payload: Some(payload), ..v1::Ball::default() }) }))
    }
}

fn play(version: &str, bindings: &str) -> Arc<chalktalk::runner::Prepared> {
    let text = format!(
        "play t/1/p {{\n snap a\n call b = stock/{version}/reserve\n pass c\n a -> b -> c\n}}\nformation f {{\n {bindings}\n}}"
    );
    prepared_with(&text, "f")
}

#[tokio::test]
async fn a_requirement_is_met_by_the_best_version_that_is_there() {
    let stock = Stock::of(&["2.9", "3.0.2", "3.1", "4.0"]);
    let served = serve_worker(stock.clone(), ANY_PORT).await.unwrap();
    let binding = format!("stock/* service \"http://{}\"", served.addr);
    let runner = Runner::spawn(config());
    for (wanted, best) in [("^3", "3.1"), ("2.x", "2.9"), ("*", "4.0"), ("^3", "3.1"), ("3.0.2", "3.0.2")] {
        let run = start(&runner, &play(wanted, &binding), json!({})).await;
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(best), "{wanted}");
    }
    // It was asked once for all of them.
    assert_eq!(*stock.n_asked.lock().unwrap(), 1);

    // None that is there: the error names those that are.
    let error = runner.start(Start::new(play("^9", &binding), json!({}))).await.unwrap_err();
    assert_eq!(error.to_string(), "no version of stock meets ^9: known are 2.9, 3.0.2, 3.1, 4.0");
    for (version, words) in
        [("9", "the versions of stock that are there: 2.9, 3.0.2, 3.1, 4.0"), ("x", "are there: 2.9")]
    {
        let run = start(&runner, &play(version, &binding), json!({})).await;
        let failure = failed(&runner.wait(&run).await.unwrap()).1;
        assert_eq!(failure.code, Code::Unimplemented);
        assert!(failure.message.contains(words), "{}", failure.message);
    }
}

#[tokio::test]
async fn two_workers_add_up_and_one_that_is_down_is_told() {
    let (old, new) = (Stock::of(&["3.0.2"]), Stock::of(&["3.4"]));
    let (old, new) = (serve_worker(old, ANY_PORT).await.unwrap(), serve_worker(new, ANY_PORT).await.unwrap());
    let free = tokio::net::TcpListener::bind(ANY_PORT).await.unwrap();
    let gone = free.local_addr().unwrap();
    drop(free);
    let runner = Runner::spawn(config());
    // A line of the formation for a version is known without asking anybody.
    let bindings = format!("stock/3.0.2 service \"http://{}\"\n stock/* service \"http://{}\"", old.addr, new.addr);
    for (wanted, best) in [("^3", "3.4"), ("~3.0", "3.0.2")] {
        let run = start(&runner, &play(wanted, &bindings), json!({})).await;
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(best), "{wanted}");
    }
    let error = runner
        .start(Start::new(play("^3", &format!("stock/* service \"http://{gone}\"")), json!({})))
        .await
        .unwrap_err()
        .to_string();
    let words = format!("no version of stock meets ^3: none is known (http://{gone}: nothing answers");
    assert!(error.starts_with(&words), "{error}");
    // Other runs start meanwhile, and one whose versions are all exact asks nobody.
    let exact = start(&runner, &play("3.0.2", &bindings), json!({})).await;
    passed(&runner.wait(&exact).await.unwrap());
}

fn formation(text: &str) -> Formation {
    let doc = chalktalk::lang::parse(text).doc;
    let (_, formation) = doc.formations().next().unwrap();
    formation.clone()
}

#[tokio::test]
async fn all_that_can_be_called_is_listed_place_by_place() {
    let served = serve_worker(Stock::of(&["3.0.2", "4.0"]), ANY_PORT).await.unwrap();
    let url = format!("http://{}", served.addr);
    let runner = Runner::spawn(config());
    let text = format!(
        "formation f {{
           stock/4.0  pull
           stock/*    service \"{url}\"
           demo/1     builtin
           pay/*      service \"http://pay-{{version}}:1\"
           pay/2      process \"true\"
           gone/*     reflect \"ftp://x\"
           role r = demo/1/echo
         }}"
    );
    let places = runner.targets(Some(&formation(&text)), Asking::All).await.unwrap();
    let short = |place: &Place| {
        let methods: Vec<String> = place.methods.iter().map(|method| method.coord.to_string()).collect();
        (place.line(), methods.join(" "), place.trouble.clone().unwrap_or_default())
    };
    let all: Vec<_> = places.iter().map(short).collect();
    assert_eq!(all[0], ("stock/4.0 pull".into(), String::new(), String::new()));
    // Version 4.0 goes by the line before.
    assert_eq!(all[1], ("stock/* service".into(), "stock/3.0.2/reserve".into(), String::new()));
    assert_eq!((places[1].address.as_str(), places[1].worker.as_str()), (url.as_str(), "stock-1"));
    let method = &places[1].methods[0];
    assert_eq!((method.summary.as_str(), method.input_schema.as_str()), ("sets goods aside", "{\"type\": \"object\"}"));
    assert!(all[2].1.starts_with("demo/1/") && all[2].1.contains("demo/1/echo"), "{:?}", all[2]);
    assert!(all[3].2.contains("it needs a version: name the versions of pay"), "{:?}", all[3]);
    assert!(all[4].2.contains("its first ball starts it"), "{:?}", all[4]);
    assert!(all[5].2.contains("write http://HOST:PORT or https://"), "{:?}", all[5]);
    assert_eq!(all.len(), 6);

    // Nobody beyond this computer is asked unless that is wanted.
    let far = formation("formation f { a/* service \"http://192.0.2.1:1\"\n b/* service \"http://localhost:1\" }");
    let places = runner.targets(Some(&far), Asking::Near).await.unwrap();
    assert!(!places[0].asked && places[0].trouble.as_ref().unwrap().contains("another computer"), "{places:?}");
    assert!(places[1].asked && places[1].trouble.as_ref().unwrap().contains("nothing answers"), "{places:?}");

    // Plays that are registered are targets, but for one that is bound elsewhere.
    let play = |coord: &str| support::prepared(&format!("play {coord} \"Says\" {{ snap a\n pass b\n a -> b }}"));
    runner.register(vec![play("t/1/one"), play("stock/4.0/two")]).await.unwrap();
    let places = runner.targets(Some(&formation(&text)), Asking::All).await.unwrap();
    let plays = places.last().unwrap();
    assert_eq!(short(plays), ("play".into(), "t/1/one".into(), String::new()));
    assert_eq!(plays.methods[0].summary, "Says");

    let builtin = runner.targets(None, Asking::All).await.unwrap();
    assert!(
        builtin.iter().any(|place| place.line() == "payments/* builtin" && place.methods.len() == 2),
        "{builtin:?}"
    );
}

/// To look is not to start: not even what the person has allowed.
#[tokio::test]
async fn nothing_is_started_to_see_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("started");
    let command = format!("touch {}", mark.display());
    let allowed = Consent::none();
    allowed.allow(&command);
    for (consent, asking) in
        [(Consent::none(), Asking::Near), (Consent::none(), Asking::All), (allowed.clone(), Asking::All)]
    {
        let runner = Runner::spawn(Config { consent, ..config() });
        let formation = formation(&format!("formation f {{ mail/1 process \"{command}\" }}"));
        let places = runner.targets(Some(&formation), asking).await.unwrap();
        assert_eq!((places[0].asked, places[0].trouble.as_deref()), (false, Some("its first ball starts it")));
        runner.stop().await.unwrap();
    }
    // Where nobody has allowed it, it is not started either way.
    let runner = Runner::spawn(config());
    let formation = formation(&format!("formation f {{ mail/1 process \"{command}\" }}"));
    let places = runner.targets(Some(&formation), Asking::Starting).await.unwrap();
    assert!(places[0].trouble.as_ref().is_some_and(|why| why.contains("nobody has allowed to start")), "{places:?}");
    assert!(!mark.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_lists_them() {
    let served = serve_worker(Stock::of(&["3.0.2"]), ANY_PORT).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.play");
    let text = format!(
        "play t/1/p \"A play\" {{ snap a\n pass b\n a -> b }}\nformation f {{\n stock/* service \"http://{}\"\n gone/* service \"127.0.0.1:1\"\n}}\n",
        served.addr
    );
    std::fs::write(&path, text).unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chalktalk"));
        command.arg("targets").arg(&path).args(args).env("HOME", folder.path()).env_remove("XDG_DATA_HOME");
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, printed, said) = run(&[]);
    assert_eq!(code, Some(1), "one of them does not answer: {said}");
    let (at, play) = (format!("http://{} (stock-1)", served.addr), "play");
    let wide = at.chars().count();
    let wanted = format!("stock/3.0.2/reserve  {at}  sets goods aside\nt/1/p                {play:wide$}  A play\n");
    assert_eq!(printed, wanted);
    assert!(said.contains("gone/* service: http://127.0.0.1:1: nothing answers"), "{said}");
    let (_, printed, _) = run(&["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(json[0]["methods"][0]["target"], "stock/3.0.2/reserve");
    assert_eq!(json[0]["methods"][0]["input"], json!({"type": "object"}));
    assert!(json[1]["trouble"].as_str().unwrap().contains("nothing answers"), "{printed}");
}

/// 10,000 runs of `95% | 5%`, each by its own id, and two calls of the same mix in each.
#[tokio::test]
async fn a_canary_gets_its_share_and_each_run_stays_with_its_choice() {
    const N: usize = 10_000;
    let stock = Stock::of(&["3.0.2", "4.0"]);
    let mut config = config();
    config.builtin = Some(stock.clone());
    let runner = Runner::spawn(config);
    let mix = "stock/3.0.2/reserve 95% | stock/4.0/reserve 5%";
    let text = format!("play t/1/p {{\n snap a\n call b = {mix}\n call c = {mix}\n pass d\n a -> b -> c -> d\n}}");
    let play = support::prepared(&text);
    let mut n_new = 0;
    let mut ids: Vec<RunId> = Vec::with_capacity(N);
    for _ in 0..N / 100 {
        let mut runs = Vec::new();
        for _ in 0..100 {
            runs.push(start(&runner, &play, json!({})).await);
        }
        for run in &runs {
            n_new += usize::from(passed(&runner.wait(run).await.unwrap()).1 == json!("4.0"));
        }
        ids.extend(runs);
    }
    // Four standard deviations around 500: 4 * sqrt(10,000 * 0.05 * 0.95) = 87.
    assert!((413..=587).contains(&n_new), "{n_new} of {N} runs went to the canary");
    let calls = stock.calls.lock().unwrap();
    for run in &ids {
        let by_node = &calls[run.as_str()];
        assert_eq!(by_node["b"], by_node["c"], "run {run} changed its mind");
    }
}
