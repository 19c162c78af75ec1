//! TLS, certificates and tokens, over real sockets.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use chalktalk::event::Code as FailureCode;
use chalktalk::runner::v1::quarterback_client::QuarterbackClient;
use chalktalk::runner::v1::worker_client::WorkerClient;
use chalktalk::runner::{Access, Bearer, Config, Runner, Server, Tokens, Trust, World, v1};
use serde_json::json;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::HELLO;
use super::safe::Safe;
use super::support::{config, failed, passed, prepared, prepared_with, start};

const TOKEN: &str = Safe::TOKEN;
const OTHER: &str = Safe::OTHER;

impl Safe {
    fn tls(&self) -> Access {
        Access::default().with_tls(&self.path("server.pem"), &self.path("server.key")).unwrap()
    }

    fn tokens(&self) -> Tokens {
        Tokens::from_file(&self.path("tokens")).unwrap()
    }

    fn trust(&self) -> Trust {
        Trust::default().with_ca(&self.path("ca.pem")).unwrap()
    }

    fn known(&self) -> Trust {
        self.trust().with_identity(&self.path("client.pem"), &self.path("client.key")).unwrap()
    }
}

async fn serve(access: Access) -> (Runner, Server) {
    let runner = Runner::spawn(Config { world: World::real(), ..config() });
    runner.register(vec![prepared(HELLO)]).await.unwrap();
    let server = Server::guarded(&runner, "127.0.0.1:0".parse().unwrap(), access).await.unwrap();
    (runner, server)
}

async fn channel(trust: &Trust, url: &str) -> Result<Channel, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
    let uri = endpoint.uri().clone();
    trust.secure(endpoint, &uri).unwrap().connect().await
}

fn bearer(token: &str, url: &str) -> Bearer {
    Bearer::for_server(&Tokens::new(token, "x").unwrap(), &url.parse().unwrap()).unwrap()
}

/// How each method that a client may call ends.
async fn all(channel: &Channel, bearer: &Bearer) -> Vec<Result<(), Status>> {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    let line = InterceptedService::new(channel.clone(), bearer.clone());
    let mut quarterback = QuarterbackClient::new(line.clone());
    let mut worker = WorkerClient::new(line.clone());
    let mut reflection = ServerReflectionClient::new(line);
    let nothing = || tokio_stream::iter(Vec::<v1::CatchRequest>::new());
    vec![
        quarterback.list_runs(v1::ListRunsRequest::default()).await.map(drop),
        quarterback.list_targets(v1::ListTargetsRequest::default()).await.map(drop),
        quarterback.start_run(v1::StartRunRequest { play: "t/1/hello".into(), ..Default::default() }).await.map(drop),
        quarterback.get_run(v1::GetRunRequest { run: "r".into() }).await.map(drop),
        quarterback.watch_run(v1::WatchRunRequest { run: "r".into(), from: 0 }).await.map(drop),
        quarterback.signal(v1::SignalRequest { name: "s".into(), ..Default::default() }).await.map(drop),
        quarterback.cancel(v1::CancelRequest { run: "r".into(), ..Default::default() }).await.map(drop),
        quarterback
            .register_play(v1::RegisterPlayRequest { document: HELLO.into(), ..Default::default() })
            .await
            .map(drop),
        quarterback.catch(nothing()).await.map(drop),
        worker.describe(v1::DescribeRequest {}).await.map(drop),
        worker.invoke(v1::InvokeRequest::default()).await.map(drop),
        reflection.server_reflection_info(tokio_stream::iter(Vec::new())).await.map(drop),
    ]
}

async fn is_healthy(channel: &Channel) -> bool {
    HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.is_ok()
}

fn is_let_in(result: &Result<(), Status>) -> bool {
    result.as_ref().err().is_none_or(|status| status.code() != Code::Unauthenticated)
}

#[tokio::test]
async fn without_a_token_there_is_only_health() {
    let safe = Safe::new();
    let (_runner, server) = serve(safe.tls().with_tokens(safe.tokens())).await;
    let url = format!("https://{}", server.addr);
    let channel = channel(&safe.trust(), &url).await.unwrap();
    assert!(is_healthy(&channel).await);
    for (shown, words) in
        [(Bearer::default(), "this server wants a token"), (bearer(OTHER, &url), "none of this server's")]
    {
        for result in all(&channel, &shown).await {
            let status = result.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated, "{status}");
            assert!(status.message().contains(words) && !status.message().contains("9f8e"), "{status}");
        }
    }
    let results = all(&channel, &bearer(TOKEN, &url)).await;
    assert!(results.iter().all(is_let_in), "{results:?}");
    assert!(results[..3].iter().all(Result::is_ok), "{results:?}");
    // A client that knows nothing of the CA, and one that speaks no TLS, get nowhere.
    let endpoint = Endpoint::from_shared(url.clone()).unwrap();
    let stranger = Trust::default().with_ca(&Safe::new().path("ca.pem")).unwrap();
    assert!(stranger.secure(endpoint, &url.parse().unwrap()).unwrap().connect().await.is_err());
    let plain = Endpoint::from_shared(url.replace("https", "http")).unwrap().connect_lazy();
    assert!(!is_healthy(&plain).await);
}

#[tokio::test]
async fn a_client_certificate_lets_in() {
    let safe = Safe::new();
    let (_runner, server) = serve(safe.tls().with_client_ca(&safe.path("ca.pem")).unwrap()).await;
    let url = format!("https://{}", server.addr);
    let known = channel(&safe.known(), &url).await.unwrap();
    assert!(all(&known, &Bearer::default()).await.iter().all(is_let_in));
    // One without is told what is missing; a probe has none.
    let unknown = channel(&safe.trust(), &url).await.unwrap();
    assert!(is_healthy(&unknown).await);
    for result in all(&unknown, &bearer(TOKEN, &url)).await {
        let status = result.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert!(status.message().contains("--client-cert and --client-key"), "{status}");
    }
    // One that somebody else has signed ends the connection.
    let other = Safe::new();
    let forged = safe.trust().with_identity(&other.path("client.pem"), &other.path("client.key")).unwrap();
    let gets_in = match channel(&forged, &url).await {
        Ok(channel) => is_healthy(&channel).await,
        Err(_) => false,
    };
    assert!(!gets_in);
    // Either is enough where both are asked for.
    let access = safe.tls().with_client_ca(&safe.path("ca.pem")).unwrap().with_tokens(safe.tokens());
    let (_runner, server) = serve(access).await;
    let url = format!("https://{}", server.addr);
    let (known, unknown) = (channel(&safe.known(), &url).await.unwrap(), channel(&safe.trust(), &url).await.unwrap());
    assert!(all(&known, &Bearer::default()).await.iter().all(is_let_in));
    assert!(all(&unknown, &bearer(TOKEN, &url)).await.iter().all(is_let_in));
    assert!(!all(&unknown, &Bearer::default()).await.iter().any(is_let_in));
}

#[tokio::test]
async fn a_token_is_asked_for_on_this_computer_too_if_there_is_one() {
    let safe = Safe::new();
    let (_runner, server) = serve(Access::default().with_tokens(safe.tokens())).await;
    let url = format!("http://{}", server.addr);
    let channel = channel(&Trust::default(), &url).await.unwrap();
    assert!(!all(&channel, &Bearer::default()).await.iter().any(is_let_in));
    assert!(all(&channel, &bearer(TOKEN, &url)).await.iter().all(is_let_in));
}

#[tokio::test]
async fn a_play_calls_a_guarded_quarterback_over_tls() {
    let safe = Safe::new();
    let access = safe.tls().with_client_ca(&safe.path("ca.pem")).unwrap().with_tokens(safe.tokens());
    let (_away, server) = serve(access).await;
    let port = server.addr.port();
    let tokens = safe.keep("peers", &format!("localhost:{port} {TOKEN}\n"), 0o600);
    let with_token = safe.trust().with_tokens(&tokens).unwrap();
    let elsewhere = safe.keep("peers2", &format!("localhost:1 {TOKEN}\n"), 0o600);
    let with_another = safe.trust().with_tokens(&elsewhere).unwrap();
    let play = |way: &str, method: &str, host: &str| {
        let text = format!(
            "play t/2/p {{ snap a\n call b = {method}\n pass c\n a -> b -> c }}\nformation f {{ */* {way} \"https://{host}:{port}\" }}"
        );
        prepared_with(&text.replace("*/*", method.rsplit_once('/').unwrap().0), "f")
    };
    // A name is looked up and the certificate is held to the name, a number to the number.
    for (trust, host) in [(&with_token, "localhost"), (&safe.known(), "localhost"), (&safe.known(), "127.0.0.1")] {
        let home = Runner::spawn(Config { world: World::real(), trust: trust.clone(), ..config() });
        let run = start(&home, &play("service", "t/1/hello", host), json!("hut")).await;
        assert_eq!(passed(&home.wait(&run).await.unwrap()).1, json!("HUT"), "{host}");
        let run = start(&home, &play("reflect", "x/1/Describe", host), json!({})).await;
        let outcome = home.wait(&run).await.unwrap();
        assert_eq!(passed(&outcome).1["worker"], "quarterback", "{outcome:?}");
    }
    for (trust, code, words) in [
        (safe.trust(), FailureCode::Unauthenticated, "this server wants a token"),
        (with_another, FailureCode::Unauthenticated, "this server wants a token"),
        (Safe::new().trust(), FailureCode::Unavailable, "certificate"),
    ] {
        let home = Runner::spawn(Config { world: World::real(), trust, ..config() });
        let run = start(&home, &play("service", "t/1/hello", "localhost"), json!("hut")).await;
        let failure = failed(&home.wait(&run).await.unwrap()).1;
        assert_eq!(failure.code, code, "{}", failure.message);
        assert!(failure.message.contains(words) && !failure.message.contains("9f8e"), "{}", failure.message);
    }
}

/// Asks again and again until it is answered well: files are looked at every two seconds.
async fn until_let_in(url: &str, trust: &Trust, token: &str) -> Channel {
    loop {
        if let Ok(channel) = channel(trust, url).await {
            let line = InterceptedService::new(channel.clone(), bearer(token, url));
            if QuarterbackClient::new(line).list_runs(v1::ListRunsRequest::default()).await.is_ok() {
                return channel;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn files_that_change_hold_for_what_comes_and_no_connection_is_dropped() {
    let mut safe = Safe::new();
    let (runner, server) = serve(safe.tls().with_tokens(safe.tokens())).await;
    runner.register(vec![prepared(super::WAITS)]).await.unwrap();
    let url = format!("https://{}", server.addr);
    let old = channel(&safe.trust(), &url).await.unwrap();
    let mut client = QuarterbackClient::new(InterceptedService::new(old.clone(), bearer(TOKEN, &url)));
    let ask = v1::StartRunRequest { play: "t/1/waits".into(), ..Default::default() };
    let run = client.start_run(ask).await.unwrap().into_inner().run;
    let mut told = client.watch_run(v1::WatchRunRequest { run: run.clone(), from: 0 }).await.unwrap().into_inner();
    told.message().await.unwrap().unwrap();

    // Something that is no token is no reason to let nobody in.
    safe.keep("tokens", "short", 0o600);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(all(&old, &bearer(TOKEN, &url)).await.iter().all(is_let_in));
    safe.keep("tokens", OTHER, 0o600);
    until_let_in(&url, &safe.trust(), OTHER).await;
    assert!(!all(&old, &bearer(TOKEN, &url)).await.iter().any(is_let_in));
    let before = safe.trust();
    safe.renew();
    until_let_in(&url, &safe.trust(), OTHER).await;
    assert!(channel(&before, &url).await.is_err());

    // What was open is open.
    let to = Some(v1::signal_request::To::Run(run));
    let signal = v1::SignalRequest { to, name: "go".into(), ..Default::default() };
    QuarterbackClient::new(InterceptedService::new(old, bearer(OTHER, &url))).signal(signal).await.unwrap();
    let mut last = String::new();
    while let Some(message) = told.message().await.unwrap() {
        if let Some(v1::watch_run_response::What::Event(event)) = message.what {
            last = event.kind;
        }
    }
    assert_eq!(last, "Finished");
}

#[tokio::test]
async fn whom_a_runner_calls_may_change_certificate_and_token_too() {
    let mut safe = Safe::new();
    let (_away, server) = serve(safe.tls().with_tokens(safe.tokens())).await;
    let peers = |token: &str| safe.keep("peers", &format!("localhost {token}\n"), 0o600);
    let trust = safe.trust().with_tokens(&peers(TOKEN)).unwrap();
    let url = format!("https://localhost:{}", server.addr.port());
    let text = format!(
        "play t/2/p {{ snap a\n call b = t/1/hello\n pass c\n a -> b -> c }}\nformation f {{ t/1 service \"{url}\" }}"
    );
    let home = Runner::spawn(Config { world: World::real(), trust: trust.clone(), ..config() });
    let play = prepared_with(&text, "f");
    let once = async || home.wait(&start(&home, &play, json!("hut")).await).await.unwrap();
    assert_eq!(passed(&once().await).1, json!("HUT"));

    peers(OTHER);
    safe.keep("tokens", OTHER, 0o600);
    safe.renew();
    until_let_in(&url, &safe.trust(), OTHER).await;
    assert_eq!(failed(&once().await).1.code, FailureCode::Unauthenticated);
    assert_eq!((trust.reread(), trust.reread()), (Ok(true), Ok(false)));
    assert_eq!(passed(&once().await).1, json!("HUT"));
    safe.keep("peers", "localhost", 0o600);
    assert!(trust.reread().unwrap_err().to_string().contains("line 1 of"));
    assert_eq!(passed(&once().await).1, json!("HUT"));
}

#[tokio::test]
async fn whoever_guesses_tokens_is_not_heard_for_a_while_but_those_who_are_in_are() {
    let safe = Safe::new();
    let access = safe.tls().with_client_ca(&safe.path("ca.pem")).unwrap().with_tokens(safe.tokens());
    let (_runner, server) = serve(access).await;
    let url = format!("https://{}", server.addr);
    let asks = async |channel: &Channel, bearer: Bearer| {
        let line = InterceptedService::new(channel.clone(), bearer);
        match QuarterbackClient::new(line).list_runs(v1::ListRunsRequest::default()).await {
            Ok(_) => Code::Ok,
            Err(status) => status.code(),
        }
    };
    let known = channel(&safe.trust(), &url).await.unwrap();
    assert_eq!(asks(&known, bearer(TOKEN, &url)).await, Code::Ok);
    let guessing = channel(&safe.trust(), &url).await.unwrap();
    // One wrong token, however often, is a slip.
    for _ in 0..100 {
        assert_eq!(asks(&guessing, bearer(OTHER, &url)).await, Code::Unauthenticated);
    }
    let mut n_heard = 0;
    while asks(&guessing, bearer(&format!("{TOKEN}{n_heard}"), &url)).await == Code::Unauthenticated {
        n_heard += 1;
        assert!(n_heard < 100);
    }
    assert_eq!(asks(&guessing, bearer(TOKEN, &url)).await, Code::ResourceExhausted);
    assert_eq!(asks(&channel(&safe.trust(), &url).await.unwrap(), bearer(TOKEN, &url)).await, Code::ResourceExhausted);
    // To say nothing is no guess, and a certificate none either.
    assert_eq!(asks(&guessing, Bearer::default()).await, Code::Unauthenticated);
    assert_eq!(asks(&known, bearer(TOKEN, &url)).await, Code::Ok);
    assert_eq!(asks(&channel(&safe.known(), &url).await.unwrap(), bearer(TOKEN, &url)).await, Code::Ok);
}

#[test]
fn a_server_says_that_a_file_is_wrong_and_goes_on_with_what_it_had() {
    use std::io::{BufRead, BufReader};

    let safe = Safe::new();
    let folder = safe.path("");
    let mut serve = chalktalk(&folder, &["serve", "--listen", "127.0.0.1:0", "--token-file", "tokens"]);
    serve.args(["--tls-cert", "server.pem", "--tls-key", "server.key"]);
    let mut served = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(served.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let mut log = BufReader::new(served.stderr.take().unwrap()).lines();
    let mut until =
        |words: &str| log.by_ref().map(Result::unwrap).find(|line| line.contains(words)).expect("the server goes on");
    let asks = |token: &str| {
        let args = ["runs", "--server", line.trim().strip_prefix("listening on ").unwrap(), "--ca", "ca.pem"];
        chalktalk(&folder, &args).env("CHALKTALK_TOKEN", token).output().unwrap().status.success()
    };
    assert!(asks(TOKEN));
    safe.keep("tokens", "9f8e", 0o600);
    let told = until("what was read before still holds");
    assert!(told.contains("is shorter than 16 characters") && !told.contains("9f8e"), "{told}");
    assert!(asks(TOKEN));
    safe.keep("tokens", OTHER, 0o600);
    until("hold for what comes now");
    assert!(asks(OTHER) && !asks(TOKEN));
    // A key that does not belong to its certificate.
    safe.keep("server.key", &std::fs::read_to_string(safe.path("client.key")).unwrap(), 0o600);
    let told = until("what was read before still holds");
    assert!(told.contains("belong together"), "{told}");
    assert!(asks(OTHER));
    served.kill().unwrap();
    served.wait().unwrap();
}

/// `chalktalk`, in the folder.
fn chalktalk(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chalktalk"));
    command.current_dir(dir).args(args).env("CHALKTALK_DATA", dir.join("data")).env("NO_COLOR", "1");
    command.env_remove("CHALKTALK_TOKEN").env_remove("CHALKTALK_TOKENS");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_commands_speak_to_a_guarded_server() {
    use std::io::{BufRead, BufReader, Read};

    let safe = Safe::new();
    let folder = safe.path("");
    let dir = folder.as_path();
    let tls = ["--tls-cert", "server.pem", "--tls-key", "server.key"];
    let mut serve = chalktalk(dir, &["serve", "--listen", "127.0.0.1:0", "--token-file", "tokens"]);
    let mut served = serve.args(tls).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(served.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    assert!(url.starts_with("https://127.0.0.1:"), "{line}");
    std::fs::write(dir.join("hello.play"), HELLO).unwrap();

    let run = |args: &[&str], token: Option<&str>| {
        let mut command = chalktalk(dir, args);
        command.envs(token.map(|token| ("CHALKTALK_TOKEN", token))).output().unwrap()
    };
    let server = ["--server", url.as_str(), "--ca", "ca.pem"];
    let with_file = [&server[..], &["--token-file", "tokens"]].concat();
    let hello = ["run", "hello.play", "--input", "\"hut\""];
    let output = run(&[&hello[..], &with_file].concat(), None);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "\"HUT\"\n", "{}", said(&output));
    for args in [&["runs"][..], &["show", "last"], &["targets"]] {
        assert!(run(&[args, &with_file].concat(), None).status.success(), "{args:?}");
        assert!(run(&[args, &server].concat(), Some(TOKEN)).status.success(), "{args:?}");
    }
    // The server that keeps its runs in the data folder.
    assert!(run(&["targets", "--ca", "ca.pem"], Some(TOKEN)).status.success());

    let mut messages = Vec::new();
    let mut refused = |args: &[&str], token: Option<&str>, words: &str| {
        let output = run(args, token);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{args:?}: {}", said(&output));
        messages.push(said(&output));
    };
    refused(&[&["runs"][..], &server].concat(), None, "--token-file FILE, or CHALKTALK_TOKEN");
    refused(&[&["runs"][..], &server].concat(), Some(OTHER), "none of this server's");
    refused(&[&["runs"][..], &server, &["--token-file", "wrong"]].concat(), Some(TOKEN), "none of this server's");
    refused(&["runs", "--server", &url], Some(TOKEN), "cannot be trusted");
    refused(&["runs", "--server", "http://192.0.2.1:1"], Some(TOKEN), "unencrypted");
    refused(&[&["cancel", "last"][..], &server].concat(), Some("short"), "line 1 of CHALKTALK_TOKEN is shorter");
    refused(
        &["serve", "--listen", "0.0.0.0:0", "--data", "other"],
        None,
        "--tls-cert FILE --tls-key FILE; and to know",
    );
    let far = ["serve", "--listen", "0.0.0.0:0", "--data", "other"];
    refused(&[&far[..], &tls].concat(), None, "to know who asks");
    refused(&[&far[..], &["--token-file", "tokens"]].concat(), None, "--tls-cert FILE");
    let swapped =
        ["serve", "--listen", "127.0.0.1:0", "--data", "other", "--tls-cert", "client.pem", "--tls-key", "server.key"];
    refused(&swapped, None, "belong together");
    refused(&["serve", "--data", "other", "--client-ca", "ca.pem"], None, "client certificates come by TLS");
    refused(
        &["serve", "--data", "other", "--tls-cert", "server.key", "--tls-key", "server.key"],
        None,
        "holds no certificate",
    );
    safe.keep("tokens", TOKEN, 0o644);
    refused(&["serve", "--data", "other", "--token-file", "tokens"], None, "chmod 600");
    safe.keep("server.key", "x", 0o644);
    refused(&[&["serve", "--data", "other"][..], &tls].concat(), None, "chmod 600");

    // What is redacted is not on the screen either.
    let args = ["run", "hello2.play", "--redact", "pin", "--input", "{\"pin\": \"9f8e-1\", \"n\": 2}", "--events", "-"];
    std::fs::write(dir.join("hello2.play"), HELLO.replace("upper", "echo")).unwrap();
    let output = run(&args, None);
    assert!(output.status.success(), "{}", said(&output));
    messages.push(String::from_utf8_lossy(&output.stdout).into_owned() + &said(&output));
    assert!(messages.last().unwrap().contains("«redacted»"));

    served.kill().unwrap();
    served.wait().unwrap();
    let mut log = String::new();
    served.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    messages.push(log);
    let help = run(&["serve", "--help"], Some(TOKEN));
    messages.push(String::from_utf8_lossy(&help.stdout).into_owned());
    for message in messages {
        assert!(!message.contains("9f8e") && !message.contains("PRIVATE"), "{message}");
    }
}
