//! A worker for Chalktalk: methods that a play calls as image/version/method.
//!
//! `cargo run --example worker -- --listen 127.0.0.1:50051` (port 0: any free one, see its first line of output; 0.0.0.0
//! in a container), bound by `stock/3.0.2 service "http://127.0.0.1:50051"`; or `-- --pull 127.0.0.1:7411`, bound by
//! `stock/3.0.2 pull`. The contract is proto/chalktalk/v1.

mod stock;

use std::io::Write as _;
use std::sync::Arc;

use chalktalk::runner::{Pulled, pull_worker, serve_worker};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

const N_AT_ONCE: u32 = 4;

fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let worker = Arc::new(stock::Stock::default());
    let mut terminated = signal(SignalKind::terminate())?;
    match args[..] {
        ["--pull", address] => {
            let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
            let stop = CancellationToken::new();
            let stopping = stop.clone();
            tokio::spawn(async move {
                terminated.recv().await;
                stopping.cancel();
            });
            let told = |pulled| match pulled {
                Pulled::Welcome => say(&format!("pulling from {address}")),
                Pulled::Lost(status) => say(&format!("lost {address}: {}", status.message())),
            };
            pull_worker(worker, url.parse()?, N_AT_ONCE, stop, told).await;
        }
        [] | ["--listen", _] => {
            let address = args.get(1).copied().unwrap_or("127.0.0.1:50051");
            let served = serve_worker(worker, address.parse()?).await?;
            say(&format!("listening on {}", served.addr));
            terminated.recv().await;
            served.stop().await;
        }
        _ => return Err("write --listen HOST:PORT or --pull HOST:PORT".into()),
    }
    Ok(())
}
