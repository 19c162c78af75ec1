//! A quarterback that runs elsewhere, as the commands ask it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use tokio::runtime::Runtime;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

use super::args::At;
use super::runs::data_dir;
use super::secure::Asking;
use crate::base::RunId;
use crate::event::{Event, Recorded};
use crate::journal::{self, RunInfo};
use crate::runner::v1::quarterback_client::QuarterbackClient;
use crate::runner::{Bearer, v1};

const CONNECT: Duration = Duration::from_secs(5);
/// A server that is gone without a word, as when a cable is cut, is noticed.
const PING: Duration = Duration::from_secs(10);
const PONG: Duration = Duration::from_secs(5);
/// A connection that broke is made again so often, for so long.
const AGAIN: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_mins(2);
/// The file in a data folder in which the server that writes there says where it listens.
const NOTE: &str = "server";
/// What a server may send: it bounds its own messages.
const MAX_MESSAGE: usize = 64 << 20;
/// How many runs an abbreviation is looked for in.
const MAX_SEARCHED: usize = 10_000;

/// Shows its token at each call.
pub(super) type Client = QuarterbackClient<InterceptedService<Channel, Bearer>>;

pub(super) struct Remote {
    pub runtime: Runtime,
    pub client: Client,
}

impl Remote {
    /// # Errors
    /// The text is no address, nothing answers there, or it cannot be trusted.
    pub fn connect(url: &str, asking: &Asking) -> anyhow::Result<Self> {
        let text = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let endpoint = Endpoint::from_shared(text.clone()).ok().filter(|endpoint| endpoint.uri().host().is_some());
        let is_known = |endpoint: &Endpoint| matches!(endpoint.uri().scheme_str(), Some("http" | "https"));
        let Some(endpoint) = endpoint.filter(is_known) else {
            bail!("'{url}' is not an address of a server: write it as in --server http://127.0.0.1:7411");
        };
        let uri = endpoint.uri().clone();
        let token = asking.token()?.map(|token| Bearer::for_server(&token, &uri)).transpose()?.unwrap_or_default();
        let endpoint = asking.certificates.trust()?.secure(endpoint, &uri)?;
        let endpoint = endpoint.http2_keep_alive_interval(PING).keep_alive_timeout(PONG);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let channel = runtime
            .block_on(endpoint.connect_timeout(CONNECT).connect())
            .map_err(|error| unreached(&text, &error, asking))?;
        let client = QuarterbackClient::with_interceptor(channel, token).max_decoding_message_size(MAX_MESSAGE);
        Ok(Self { runtime, client })
    }

    /// The server that is named, or the one that writes the data folder.
    pub fn find(at: &At) -> anyhow::Result<Self> {
        if let Some(url) = &at.server {
            return Self::connect(url, &at.asking);
        }
        let noted = note(at.data.as_deref()).and_then(|path| std::fs::read_to_string(path).ok());
        match noted {
            Some(url) => Self::connect(url.trim(), &at.asking),
            None => {
                bail!(
                    "no server is known that could do that: start one with 'chalktalk serve', or name it with --server URL"
                )
            }
        }
    }

    /// # Errors
    /// What the server says is wrong.
    pub fn ask<T>(&mut self, call: impl AsyncFnOnce(&mut Client) -> Result<Response<T>, Status>) -> anyhow::Result<T> {
        let answer = self.runtime.block_on(call(&mut self.client));
        answer.map(Response::into_inner).map_err(|status| said(&status))
    }

    /// Like [`Self::ask`], for what may be asked twice: a connection that is lost meanwhile is waited for.
    ///
    /// # Errors
    /// What the server says is wrong, or that it does not come back.
    pub async fn ask_again<T>(
        client: &mut Client,
        call: impl AsyncFn(&mut Client) -> Result<Response<T>, Status>,
    ) -> anyhow::Result<T> {
        let since = Instant::now();
        loop {
            match call(client).await {
                Ok(response) => return Ok(response.into_inner()),
                Err(status) if is_lost(&status) && since.elapsed() < PATIENCE => tokio::time::sleep(AGAIN).await,
                Err(status) => return Err(said(&status)),
            }
        }
    }

    /// The last `limit` runs, newest first.
    pub fn runs(&mut self, limit: usize) -> anyhow::Result<Vec<RunInfo>> {
        let mut infos = Vec::new();
        let mut page_token = String::new();
        while infos.len() < limit {
            let page_size = u32::try_from(limit - infos.len()).unwrap_or(u32::MAX);
            let ask = v1::ListRunsRequest { page_size, page_token, ..Default::default() };
            let page = self.ask(async |client| client.list_runs(ask).await)?;
            infos.extend(page.runs.into_iter().map(info).collect::<anyhow::Result<Vec<_>>>()?);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        infos.truncate(limit);
        Ok(infos)
    }

    /// A run by its id, the only one that begins or ends so, or the last.
    pub fn resolve(&mut self, name: &str) -> anyhow::Result<RunId> {
        if name == "last" {
            let last = self.runs(1)?.into_iter().next();
            return last.map(|last| last.run).context("there are no runs yet");
        }
        let ask = v1::GetRunRequest { run: name.to_owned() };
        match self.runtime.block_on(self.client.get_run(ask)) {
            Ok(_) => return Ok(RunId::new(name)),
            Err(status) if status.code() == Code::NotFound => {}
            Err(status) => return Err(said(&status)),
        }
        super::runs::abbreviated(name, self.runs(MAX_SEARCHED)?)
    }

    pub fn run(&mut self, run: &RunId) -> anyhow::Result<RunInfo> {
        let ask = v1::GetRunRequest { run: run.to_string() };
        let got = self.ask(async |client| client.get_run(ask).await)?;
        info(got.run.unwrap_or_default())
    }

    /// The first `n` events of a run.
    pub fn events(&mut self, run: &RunId, n: u64) -> anyhow::Result<Vec<Recorded>> {
        let ask = v1::WatchRunRequest { run: run.to_string(), from: 0 };
        self.runtime.block_on(async {
            let mut told = self.client.watch_run(ask).await.map_err(|status| said(&status))?.into_inner();
            let mut events = Vec::new();
            while (events.len() as u64) < n {
                let Some(message) = told.message().await.map_err(|status| said(&status))? else { break };
                events.extend(event(message)?);
            }
            Ok(events)
        })
    }
}

/// Whether the connection is gone, and not the server that says something: what it says has no other error behind it.
pub(super) fn is_lost(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

/// Why there is no connection, and what to do.
fn unreached(text: &str, error: &tonic::transport::Error, asking: &Asking) -> anyhow::Error {
    let mut why = String::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        why = cause.to_string();
        next = cause.source();
    }
    if !why.contains("certificate") {
        return anyhow!(
            "nothing answers at {text}: start it with 'chalktalk serve', or name another one with --server URL"
        );
    }
    let what = match &asking.certificates.ca {
        Some(ca) => format!("has '{}' signed it, and for that name?", ca.display()),
        None => "name the CA that signed it with --ca FILE".to_owned(),
    };
    anyhow!("{text} cannot be trusted: {why}: {what}")
}

/// What the server said, as a message of ours.
pub(super) fn said(status: &Status) -> anyhow::Error {
    match (status.code(), status.message()) {
        (code, "") => anyhow!("the server says {code:?} and not why"),
        (Code::Unimplemented, _) if status.message().is_empty() => anyhow!("that server cannot do this"),
        (_, message) => anyhow!("{message}"),
    }
}

/// `None` for what is no event, or is too large to be told.
pub(super) fn event(message: v1::WatchRunResponse) -> anyhow::Result<Option<Recorded>> {
    let Some(v1::watch_run_response::What::Event(told)) = message.what else { return Ok(None) };
    let event: Event = if told.omitted_bytes > 0 {
        bail!(
            "event {} has {} bytes, too many to be told: use 'chalktalk show' where the server runs",
            told.seq,
            told.omitted_bytes
        )
    } else {
        serde_json::from_str(&told.body)
            .with_context(|| format!("event {} is of a newer version: use a newer chalktalk", told.seq))?
    };
    Ok(Some(Recorded { seq: told.seq, at: crate::base::RunMicros(told.at_us), event }))
}

fn info(run: v1::Run) -> anyhow::Result<RunInfo> {
    let started = run.started.unwrap_or_default();
    let took = run.took.unwrap_or_default();
    let status = match v1::RunStatus::try_from(run.status) {
        Ok(v1::RunStatus::Passed) => journal::Status::Passed,
        Ok(v1::RunStatus::Failed) => journal::Status::Failed,
        Ok(v1::RunStatus::Cancelled) => journal::Status::Cancelled,
        Ok(v1::RunStatus::Stopped) => journal::Status::Stopped,
        _ => journal::Status::Running,
    };
    let whole = |seconds: i64, nanos: i32, per_second: u64| {
        let parts = u64::try_from(nanos).unwrap_or(0) / (1_000_000_000 / per_second);
        u64::try_from(seconds).unwrap_or(0).saturating_mul(per_second).saturating_add(parts)
    };
    Ok(RunInfo {
        run: RunId::new(run.run),
        play: run.play.parse()?,
        digest: String::new(),
        formation: (!run.formation.is_empty()).then_some(run.formation),
        started_ms: whole(started.seconds, started.nanos, 1000),
        status,
        reason: (!run.reason.is_empty()).then_some(run.reason),
        n_events: run.events,
        duration: crate::base::RunMicros(whole(took.seconds, took.nanos, 1_000_000)),
    })
}

/// Where a server of that data folder notes its address.
pub(super) fn note(data: Option<&Path>) -> Option<PathBuf> {
    data_dir(data).map(|dir| dir.join(NOTE))
}
