//! Workers that pull from a quarterback which lets in only those who show a token, by TLS.

use chalktalk::runner::{Access, Config, Runner, Server, Tokens, World};
use serde_json::json;

use super::safe::Safe;
use super::support::{config, passed, start};
use super::tools::Language::{self, JavaScript, Python, Rust};
use super::{By, Worker};

#[tokio::test(flavor = "multi_thread")]
async fn python_pulls_from_a_guarded_quarterback() {
    pulls_from_a_guarded_quarterback(Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_pulls_from_a_guarded_quarterback() {
    pulls_from_a_guarded_quarterback(JavaScript).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_pulls_from_a_guarded_quarterback() {
    pulls_from_a_guarded_quarterback(Rust).await;
}

/// By TLS and a token, and by others once those in its files are.
async fn pulls_from_a_guarded_quarterback(language: Language) {
    let mut safe = Safe::new();
    let serve = async |safe: &Safe, addr: &str| {
        let access = Access::default().with_tls(&safe.path("server.pem"), &safe.path("server.key")).unwrap();
        let access = access.with_tokens(Tokens::from_file(&safe.path("tokens")).unwrap());
        let runner = Runner::spawn(Config { world: World::real(), ..config() });
        let server = Server::guarded(&runner, addr.parse().unwrap(), access).await.unwrap();
        (runner, server)
    };
    let (runner, server) = serve(&safe, "127.0.0.1:0").await;
    let addr = server.addr;
    let mut command = language.command("--pull", &format!("https://{addr}"));
    command.arg("--ca").arg(safe.path("ca.pem")).arg("--token-file").arg(safe.path("token"));
    safe.keep("token", &format!("{}\n", Safe::TOKEN), 0o600);
    let mut worker = Worker::run(command, By::Pull(addr));
    let play = |worker: &Worker| worker.play(" snap a\n call b = stock/3.0.2/reserve\n pass c\n a -> b -> c");
    let run = start(&runner, &play(&worker), json!({"order_id": "o-1"})).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1["order_id"], "o-1");
    server.stop().await;
    drop(runner);
    while !worker.next_call().starts_with("lost") {}

    safe.renew();
    safe.keep("tokens", Safe::OTHER, 0o600);
    safe.keep("token", Safe::OTHER, 0o600);
    let (runner, _server) = serve(&safe, &addr.to_string()).await;
    while !worker.next_call().starts_with("pulling from https://") {}
    let run = start(&runner, &play(&worker), json!({"order_id": "o-2"})).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1["order_id"], "o-2");
}
