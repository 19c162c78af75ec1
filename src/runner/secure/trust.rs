//! Whom the program trusts that it calls, and how it shows who it is.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Uri};
use tonic::{Request, Status};

use super::access::{Pair, Pem};
use super::token::{Token, lines, read_secret};
use super::{Error, Tokens};

/// For all that is called by `https://`: the system's roots and a CA file, a certificate to show, and tokens. Cheap to
/// clone; all clones see what [`Self::reread`] finds.
#[derive(Clone, Default)]
pub struct Trust(Arc<Shared>);

#[derive(Default)]
struct Shared {
    held: RwLock<Held>,
    /// Counts what was found anew.
    turn: AtomicU64,
}

/// As the files were when they were read.
#[derive(Clone, Default, PartialEq)]
struct Held {
    ca: Option<Pem>,
    identity: Option<Pair>,
    tokens: Option<PeerTokens>,
}

#[derive(Clone, PartialEq)]
struct PeerTokens {
    file: PathBuf,
    /// By `host:port`, or by `host` for all its ports.
    all: Vec<(String, MetadataValue<Ascii>)>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n_tokens = self.held().tokens.map_or(0, |tokens| tokens.all.len());
        f.debug_struct("Trust").field("n_tokens", &n_tokens).finish_non_exhaustive()
    }
}

impl Held {
    fn again(&self) -> Result<Self, Error> {
        Ok(Self {
            ca: self.ca.as_ref().map(Pem::certificate_again).transpose()?,
            identity: self.identity.as_ref().map(Pair::again).transpose()?,
            tokens: self.tokens.as_ref().map(|tokens| PeerTokens::read(&tokens.file)).transpose()?,
        })
    }

    /// Whether TLS can be spoken by it.
    fn check(&self) -> Result<(), Error> {
        let somewhere = Uri::from_static("https://localhost");
        self.secure(Endpoint::from(somewhere.clone()), &somewhere).map(drop)
    }
}

impl PeerTokens {
    fn read(path: &Path) -> Result<Self, Error> {
        let text = read_secret(path)?;
        let mut all = Vec::new();
        for (number, line) in lines(&text) {
            let wrong = |why: &str| {
                Error(format!("line {number} of '{}' {why}: write HOST TOKEN or HOST:PORT TOKEN", path.display()))
            };
            let (host, token) =
                line.split_once(char::is_whitespace).ok_or_else(|| wrong("has no token after the host"))?;
            let token = Token::new(token.trim()).map_err(|why| wrong(&format!("has a token that {why}")))?;
            all.extend(header(token.text()).map(|value| (host.to_ascii_lowercase(), value)));
        }
        Ok(Self { file: path.to_owned(), all })
    }
}

impl Trust {
    fn held(&self) -> Held {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with(self, change: impl FnOnce(&mut Held)) -> Self {
        let mut held = self.held();
        change(&mut held);
        Self(Arc::new(Shared { held: RwLock::new(held), turn: AtomicU64::new(0) }))
    }

    /// Reads the files again, for connections and requests to come. What is wrong leaves all as it was.
    ///
    /// # Errors
    /// As where it was made, or certificate and key do not belong together.
    pub fn reread(&self) -> Result<bool, Error> {
        let held = self.held();
        let now = held.again()?;
        if now == held {
            return Ok(false);
        }
        now.check()?;
        *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = now;
        self.0.turn.fetch_add(1, Ordering::Release);
        Ok(true)
    }

    /// Another number after each [`Self::reread`] that found something: connections from before know the old.
    pub(in super::super) fn turn(&self) -> u64 {
        self.0.turn.load(Ordering::Acquire)
    }

    /// Trusts what this CA (PEM) has signed, besides what the system trusts.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub fn with_ca(self, ca: &Path) -> Result<Self, Error> {
        let ca = Pem::certificate(ca)?;
        Ok(self.with(|held| held.ca = Some(ca)))
    }

    /// Shows a certificate to servers that want one.
    ///
    /// # Errors
    /// One of the files cannot be read or is none of that kind, or others may read the key.
    pub fn with_identity(self, cert: &Path, key: &Path) -> Result<Self, Error> {
        let identity = Pair::read(cert, key)?;
        Ok(self.with(|held| held.identity = Some(identity)))
    }

    /// Which token each server gets: `HOST TOKEN` or `HOST:PORT TOKEN` a line, `#` for comments.
    ///
    /// A token has its host, since whoever may write a formation may name any host in it.
    ///
    /// # Errors
    /// The file cannot be read, others may read it, or a line is not so.
    pub fn with_tokens(self, path: &Path) -> Result<Self, Error> {
        let tokens = PeerTokens::read(path)?;
        Ok(self.with(|held| held.tokens = Some(tokens)))
    }

    /// The token for a server, as the file has it at each request; none where it would go unencrypted to another
    /// computer.
    pub(in super::super) fn bearer(&self, uri: &Uri) -> Bearer {
        if !keeps_secrets(uri) || self.held().tokens.is_none() {
            return Bearer::default();
        }
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        Bearer(Shows::Of { trust: self.clone(), with_port: format!("{host}:{}", port(uri)).into(), host: host.into() })
    }

    fn token(&self, with_port: &str, host: &str) -> Option<MetadataValue<Ascii>> {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        let found = held.tokens.as_ref()?.all.iter().find(|(name, _)| name == with_port || name == host);
        found.map(|(_, value)| value.clone())
    }

    /// The endpoint with TLS, where the address of the server says `https`. It may stand for another address by itself.
    ///
    /// # Errors
    /// What is wrong with the certificates, and what to do.
    pub fn secure(&self, endpoint: Endpoint, server: &Uri) -> Result<Endpoint, Error> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner).secure(endpoint, server)
    }
}

impl Held {
    fn secure(&self, endpoint: Endpoint, server: &Uri) -> Result<Endpoint, Error> {
        if server.scheme_str() != Some("https") {
            return Ok(endpoint);
        }
        let host = server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let mut tls = ClientTlsConfig::new().domain_name(host);
        if let Some(ca) = &self.ca {
            tls = tls.ca_certificate(Certificate::from_pem(&ca.text));
        }
        if let Some(Pair { cert, key }) = &self.identity {
            tls = tls.identity(Identity::from_pem(&cert.text, &key.text));
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
pub struct Bearer(Shows);

#[derive(Clone, Default)]
enum Shows {
    #[default]
    Nothing,
    Token(MetadataValue<Ascii>),
    /// Whatever stands there for that server.
    Of {
        trust: Trust,
        with_port: Arc<str>,
        host: Arc<str>,
    },
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.value().is_some() { "a token" } else { "no token" })
    }
}

/// A token as it goes over the wire.
fn header(token: &str) -> Option<MetadataValue<Ascii>> {
    let mut value = MetadataValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Bearer {
    fn value(&self) -> Option<MetadataValue<Ascii>> {
        match &self.0 {
            Shows::Nothing => None,
            Shows::Token(value) => Some(value.clone()),
            Shows::Of { trust, with_port, host } => trust.token(with_port, host),
        }
    }

    /// The first of the tokens, for one server.
    ///
    /// # Errors
    /// It would go unencrypted to another computer.
    pub fn for_server(tokens: &Tokens, server: &Uri) -> Result<Self, Error> {
        if keeps_secrets(server) {
            return Ok(Self(header(tokens.first()).map_or(Shows::Nothing, Shows::Token)));
        }
        Err(Error(format!(
            "the token would go to {} unencrypted: name the server by https://, or leave the token out",
            server.host().unwrap_or_default()
        )))
    }

    pub(in super::super) fn put(&self, headers: &mut MetadataMap) {
        if let Some(value) = self.value() {
            headers.insert("authorization", value);
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
        // Who was asked before shows what stands there now.
        let bearer = trust.bearer(&"https://qb.example".parse().unwrap());
        let shown = |bearer: &Bearer| bearer.value().map(|value| value.to_str().unwrap().to_owned());
        std::fs::write(&path, format!("qb.example {TOKEN}9\n")).unwrap();
        assert_eq!((trust.turn(), trust.reread(), trust.reread(), trust.turn()), (0, Ok(true), Ok(false), 1));
        assert_eq!(shown(&bearer), Some(format!("Bearer {TOKEN}9")));
        std::fs::write(&path, "qb.example\n").unwrap();
        assert!(trust.reread().unwrap_err().to_string().contains("line 1 of"));
        assert_eq!(shown(&bearer), Some(format!("Bearer {TOKEN}9")));
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
