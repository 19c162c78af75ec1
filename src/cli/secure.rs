//! The arguments about certificates, tokens and limits, and what they stand for.

use std::path::PathBuf;

use anyhow::bail;

use crate::runner::{Access, Limits, Redact, Tokens, Trust};

/// The environment's token for the server that is asked.
const TOKEN: &str = "CHALKTALK_TOKEN";
/// The environment's names of fields to keep out.
const REDACT: &str = "CHALKTALK_REDACT";
/// The environment's tokens that a server takes.
const TOKENS: &str = "CHALKTALK_TOKENS";

/// Whom the program trusts, and by what it shows who it is.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Certificates {
    /// Trust https:// addresses whose certificate this CA (PEM) has signed, besides those that the system trusts
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Show this certificate (PEM) to servers that want one
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub client_cert: Option<PathBuf>,
    /// The key of --client-cert (PEM); not to be readable by others
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub client_key: Option<PathBuf>,
}

impl Certificates {
    pub fn trust(&self) -> anyhow::Result<Trust> {
        let mut trust = Trust::default();
        if let Some(ca) = &self.ca {
            trust = trust.with_ca(ca)?;
        }
        if let (Some(cert), Some(key)) = (&self.client_cert, &self.client_key) {
            trust = trust.with_identity(cert, key)?;
        }
        Ok(trust)
    }
}

/// How a server that is named is asked.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Asking {
    #[command(flatten)]
    pub certificates: Certificates,
    /// A file with the server's token, not to be readable by others; or the environment's `CHALKTALK_TOKEN`
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl Asking {
    /// The first token of the file, else the one of the environment.
    pub fn token(&self) -> anyhow::Result<Option<Tokens>> {
        Ok(match (&self.token_file, secret(TOKEN)?) {
            (Some(path), _) => Some(Tokens::from_file(path)?),
            (None, Some(text)) => Some(Tokens::new(&text, TOKEN)?),
            (None, None) => None,
        })
    }
}

/// Tokens for the servers that formations name.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct PeerTokens {
    /// Tokens for services of the formations: HOST TOKEN a line; not to be readable by others
    #[arg(long, value_name = "FILE")]
    pub peer_tokens: Option<PathBuf>,
}

impl PeerTokens {
    pub fn add_to(&self, trust: Trust) -> anyhow::Result<Trust> {
        Ok(match &self.peer_tokens {
            Some(path) => trust.with_tokens(path)?,
            None => trust,
        })
    }
}

/// How the editor's own runner calls out, and what it keeps to itself: as of `serve`.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Runs in the editor")]
pub(super) struct Outward {
    #[command(flatten)]
    certificates: Certificates,
    #[command(flatten)]
    peers: PeerTokens,
    #[command(flatten)]
    redacting: Redacting,
}

impl Outward {
    /// # Errors
    /// A file cannot be read, or is not right.
    #[cfg(feature = "gui")]
    pub fn read(&self) -> anyhow::Result<(Trust, Redact)> {
        Ok((self.peers.add_to(self.certificates.trust()?)?, self.redacting.names()?))
    }
}

/// Whom a server lets in.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Guarding {
    /// Speak TLS by this certificate (PEM), followed by those between it and its CA
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of --tls-cert (PEM); not to be readable by others
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Let in who shows a certificate that this CA (PEM) has signed
    #[arg(long, value_name = "FILE")]
    pub client_ca: Option<PathBuf>,
    /// Let in who shows one of these tokens: one a line, # for comments; not to be readable by others. Or the
    /// environment's `CHALKTALK_TOKENS`
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl Guarding {
    pub fn access(&self) -> anyhow::Result<Access> {
        let mut access = Access::default();
        if let (Some(cert), Some(key)) = (&self.tls_cert, &self.tls_key) {
            access = access.with_tls(cert, key)?;
        }
        if let Some(ca) = &self.client_ca {
            access = access.with_client_ca(ca)?;
        }
        match (&self.token_file, secret(TOKENS)?) {
            (Some(path), _) => access = access.with_tokens(Tokens::from_file(path)?),
            (None, Some(text)) => access = access.with_tokens(Tokens::new(&text, TOKENS)?),
            (None, None) => {}
        }
        Ok(access)
    }
}

/// What a server takes at most.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
#[expect(clippy::struct_field_names, reason = "each is a flag, and that is its name")]
pub(super) struct Bounds {
    /// Of one message, such as 4MiB or 500KiB
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value = "4MiB")]
    pub max_message: usize,
    /// Connections at once
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    pub max_connections: usize,
    /// Calls and watches of one connection at once
    #[arg(long, value_name = "N", default_value_t = Limits::default().streams)]
    pub max_streams: u32,
    /// Watches at once
    #[arg(long, value_name = "N", default_value_t = Limits::default().watches)]
    pub max_watches: usize,
    /// Pulling workers at once
    #[arg(long, value_name = "N", default_value_t = Limits::default().catches)]
    pub max_catches: usize,
    /// Unfinished runs at once, those that wait too
    #[arg(long, value_name = "N", default_value_t = Limits::default().runs)]
    pub max_runs: usize,
    /// Of these, those that stay whole in memory while they wait: the others are read again from the journal when they are
    /// woken
    #[arg(long, value_name = "N", default_value_t = Limits::default().awake)]
    pub max_awake: usize,
    /// Unfinished runs at once that one run has started, itself or by those that it started
    #[arg(long, value_name = "N", default_value_t = Limits::default().runs_below)]
    pub max_runs_below: usize,
    /// Of all payloads that one run holds at once
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value = "256MiB")]
    pub max_run_memory: usize,
}

impl Bounds {
    pub fn limits(&self) -> Limits {
        Limits {
            message: self.max_message,
            connections: self.max_connections,
            streams: self.max_streams,
            watches: self.max_watches,
            catches: self.max_catches,
            runs: self.max_runs,
            awake: self.max_awake,
            runs_below: self.max_runs_below,
            run_bytes: self.max_run_memory,
        }
    }
}

/// The least that a message can be of use with, and the most that gRPC can count.
const BYTES: std::ops::RangeInclusive<usize> = 4096..=1 << 31;

fn bytes(text: &str) -> Result<usize, String> {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1), ("", 1)];
    let read = |(unit, size): &(&str, usize)| {
        let number = text.strip_suffix(unit)?.trim_end().parse::<usize>().ok()?;
        number.checked_mul(*size)
    };
    let found = units.iter().find_map(read).filter(|n| BYTES.contains(n));
    found.ok_or_else(|| "write a size from 4KiB to 2GiB, such as 4MiB".to_owned())
}

/// What is kept out of the journal and the screen.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Redacting {
    /// Keep the values of these fields out of the journal, watches and the screen: NAME,NAME or @FILE. Or the
    /// environment's `CHALKTALK_REDACT`, for the editor too. A run that holds such a value does not survive a crash
    #[arg(long, value_name = "NAMES")]
    pub redact: Option<String>,
}

impl Redacting {
    pub fn names(&self) -> anyhow::Result<Redact> {
        let Some(text) = self.redact.clone().or(secret(REDACT)?) else { return Ok(Redact::default()) };
        let text = match text.strip_prefix('@') {
            Some(file) => crate::files::load_text(std::path::Path::new(file))?.0,
            None => text,
        };
        Redact::new(&text).map_err(anyhow::Error::msg)
    }
}

/// A variable that holds a secret: never repeated in a message.
fn secret(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{name} in the environment is no text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(bytes("4MiB"), Ok(4 << 20));
        assert_eq!(bytes("500 KiB"), Ok(500 << 10));
        assert_eq!(bytes("4096"), Ok(4096));
        for wrong in ["", "MiB", "-1", "3GiB", "100", "4MB", "1e9", "99999999999999999999GiB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
