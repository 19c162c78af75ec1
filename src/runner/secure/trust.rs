//! Whom the program trusts that it calls, and how it shows who it is.

use std::path::Path;
use std::sync::Arc;

use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Uri};
use tonic::{Request, Status};

use super::access::{certificate, identity};
use super::token::{Token, lines, read_secret};
use super::{Error, Tokens};

/// For all that is called by `https://`: the system's roots and a CA file, a certificate to show, and tokens. Cheap to
/// clone.
#[derive(Clone, Default)]
pub struct Trust {
    ca: Option<Certificate>,
    identity: Option<Identity>,
    /// By `host:port`, or by `host` for all its ports.
    tokens: Arc<[(String, Bearer)]>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl Trust {
    /// Trusts what this CA (PEM) has signed, besides what the system trusts.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub fn with_ca(mut self, ca: &Path) -> Result<Self, Error> {
        self.ca = Some(certificate(ca)?);
        Ok(self)
    }

    /// Shows a certificate to servers that want one.
    ///
    /// # Errors
    /// One of the files cannot be read or is none of that kind, or others may read the key.
    pub fn with_identity(mut self, cert: &Path, key: &Path) -> Result<Self, Error> {
        self.identity = Some(identity(cert, key)?);
        Ok(self)
    }

    /// Which token each server gets: `HOST TOKEN` or `HOST:PORT TOKEN` a line, `#` for comments.
    ///
    /// A token has its host, since whoever may write a formation may name any host in it.
    ///
    /// # Errors
    /// The file cannot be read, others may read it, or a line is not so.
    pub fn with_tokens(mut self, path: &Path) -> Result<Self, Error> {
        let text = read_secret(path)?;
        let mut tokens = Vec::new();
        for (number, line) in lines(&text) {
            let wrong = |why: &str| {
                Error(format!("line {number} of '{}' {why}: write HOST TOKEN or HOST:PORT TOKEN", path.display()))
            };
            let (host, token) =
                line.split_once(char::is_whitespace).ok_or_else(|| wrong("has no token after the host"))?;
            let token = Token::new(token.trim()).map_err(|why| wrong(&format!("has a token that {why}")))?;
            tokens.push((host.to_ascii_lowercase(), Bearer::of(token.text())));
        }
        self.tokens = tokens.into();
        Ok(self)
    }

    /// The token for a server; none where it would go unencrypted to another computer.
    pub(in super::super) fn bearer(&self, uri: &Uri) -> Bearer {
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        if !keeps_secrets(uri) {
            return Bearer::default();
        }
        let with_port = format!("{host}:{}", port(uri));
        let found = self.tokens.iter().find(|(name, _)| *name == with_port || *name == host);
        found.map(|(_, bearer)| bearer.clone()).unwrap_or_default()
    }

    /// The endpoint with TLS, where the address of the server says `https`. It may stand for another address by itself.
    ///
    /// # Errors
    /// What is wrong with the certificates, and what to do.
    pub fn secure(&self, endpoint: Endpoint, server: &Uri) -> Result<Endpoint, Error> {
        if server.scheme_str() != Some("https") {
            return Ok(endpoint);
        }
        let host = server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let mut tls = ClientTlsConfig::new().domain_name(host);
        if let Some(ca) = &self.ca {
            tls = tls.ca_certificate(ca.clone());
        }
        if let Some(identity) = &self.identity {
            tls = tls.identity(identity.clone());
        }
        let with_roots = endpoint.clone().tls_config(tls.clone().with_native_roots());
        match (with_roots, &self.ca) {
            (Ok(endpoint), _) => Ok(endpoint),
            // A container may have no roots of its own.
            (Err(_), Some(_)) => endpoint.tls_config(tls).map_err(|error| Error(cannot(server, &error))),
            (Err(error), None) => Err(Error(format!("{}; name a CA with --ca FILE", cannot(server, &error)))),
        }
    }
}

fn cannot(server: &Uri, error: &dyn std::error::Error) -> String {
    format!("{server} cannot be called by TLS: {}", whole(error))
}

/// An error with all that caused it.
pub(super) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 })
}

/// Whether nobody reads along: by TLS, or on this computer.
fn keeps_secrets(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_near = host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("https") || is_near
}

/// Puts a token on each request, if there is one.
#[derive(Clone, Default)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "a token" } else { "no token" })
    }
}

impl Bearer {
    fn of(token: &str) -> Self {
        let value = MetadataValue::try_from(format!("Bearer {token}")).ok();
        Self(value.map(|mut value| {
            value.set_sensitive(true);
            value
        }))
    }

    /// The first of the tokens, for one server.
    ///
    /// # Errors
    /// It would go unencrypted to another computer.
    pub fn for_server(tokens: &Tokens, server: &Uri) -> Result<Self, Error> {
        if keeps_secrets(server) {
            return Ok(Self::of(tokens.first()));
        }
        Err(Error(format!(
            "the token would go to {} unencrypted: name the server by https://, or leave the token out",
            server.host().unwrap_or_default()
        )))
    }

    pub(in super::super) fn put(&self, headers: &mut MetadataMap) {
        if let Some(value) = &self.0 {
            headers.insert("authorization", value.clone());
        }
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        self.put(request.metadata_mut());
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    #[cfg(unix)]
    #[test]
    fn a_token_goes_to_its_host_and_never_unencrypted_to_another_computer() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        std::fs::write(&path, format!("# peers\nqb.example {TOKEN}\nother:7411   {TOKEN}1\n127.0.0.1 {TOKEN}2\n"))
            .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let trust = Trust::default().with_tokens(&path).unwrap();
        let given = |uri: &str| format!("{:?}", trust.bearer(&uri.parse().unwrap())) == "a token";
        assert!(given("https://qb.example") && given("https://QB.example:9") && given("https://other:7411"));
        assert!(given("http://127.0.0.1:7411"));
        for not in ["http://qb.example", "https://other", "https://evil.qb.example", "https://qb.example.evil"] {
            assert!(!given(not), "{not}");
        }
        assert!(!format!("{trust:?}").contains(TOKEN));
        std::fs::write(&path, "qb.example\n").unwrap();
        assert!(Trust::default().with_tokens(&path).unwrap_err().to_string().contains("line 1 of"));
    }

    #[test]
    fn the_token_for_a_server_needs_tls_or_this_computer() {
        let tokens = Tokens::new(TOKEN, "x").unwrap();
        let is_given = |uri: &str| Bearer::for_server(&tokens, &uri.parse().unwrap()).is_ok();
        for fine in ["https://far", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            assert!(is_given(fine), "{fine}");
        }
        for bad in ["http://far", "http://127.0.0.1.far", "http://10.0.0.1:7411", "http://localhost.far"] {
            assert!(!is_given(bad), "{bad}");
        }
    }
}
