//! A worker for Chalktalk: methods that a play calls as image/version/method.
//!
//! `cargo run --example worker -- --listen 127.0.0.1:50051` (port 0: any free one, see its first line of output; 0.0.0.0
//! in a container), bound by `stock/3.0.2 service "http://127.0.0.1:50051"`; or `-- --pull 127.0.0.1:7411`, bound by
//! `stock/3.0.2 pull`; from another computer `--pull https://qb.example:7411 --ca ca.pem --token-file token`. The contract
//! is proto/chalktalk/v1.

mod stock;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use chalktalk::runner::{Bearer, Pulled, Tokens, Trust, pull_worker, serve_worker};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Endpoint;

const N_AT_ONCE: u32 = 4;

#[derive(Parser)]
struct Args {
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    listen: std::net::SocketAddr,
    #[arg(long, value_name = "URL")]
    pull: Option<String>,
    /// PEM, of --pull https://; else what the system trusts
    #[arg(long, value_name = "FILE", requires = "pull")]
    ca: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "pull")]
    token_file: Option<PathBuf>,
}

impl Args {
    /// Where to pull from, and the token for it. Reads the files.
    fn quarterback(&self, address: &str) -> Result<(Endpoint, Bearer), Box<dyn std::error::Error>> {
        let url = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let endpoint = Endpoint::from_shared(url)?;
        let uri = endpoint.uri().clone();
        let token = self.token_file.as_deref().map(Tokens::from_file).transpose()?;
        let bearer = token.map(|token| Bearer::for_server(&token, &uri)).transpose()?.unwrap_or_default();
        let trust = self.ca.iter().try_fold(Trust::default(), |trust, ca| trust.with_ca(ca))?;
        Ok((trust.secure(endpoint, &uri)?, bearer))
    }
}

fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let worker = Arc::new(stock::Stock::default());
    let mut terminated = signal(SignalKind::terminate())?;
    let Some(address) = &args.pull else {
        let served = serve_worker(worker, args.listen).await?;
        say(&format!("listening on {}", served.addr));
        terminated.recv().await;
        served.stop().await;
        return Ok(());
    };
    // What is wrong from the start ends it; later it may be mended.
    args.quarterback(address)?;
    let quarterback = || args.quarterback(address).map_err(|error| Status::failed_precondition(error.to_string()));
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
    pull_worker(worker, quarterback, N_AT_ONCE, stop, told).await;
    Ok(())
}
