//! Who may ask a server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::token::{read_open, read_secret};
use super::{Error, Tokens};

/// What to do where a certificate or a token is missing.
const CERTIFICATE: &str =
    "connect with a client certificate that its --client-ca has signed (chalktalk: --client-cert and --client-key)";
const TOKEN: &str = "send the header 'authorization: Bearer TOKEN' (chalktalk: --token-file FILE, or CHALKTALK_TOKEN)";

/// What a server asks of those who come. By default nothing, which is enough only on loopback.
///
/// It is as its files were when they were read; [`Self::again`] reads them again.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Access {
    identity: Option<Pair>,
    client_ca: Option<Pem>,
    tokens: Option<Arc<Tokens>>,
}

/// A file, and what was in it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pem {
    path: PathBuf,
    pub text: String,
}

/// A certificate and its key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub cert: Pem,
    pub key: Pem,
}

/// Whether one may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Admission {
    /// By a certificate, or since everybody may.
    Well,
    /// By a token.
    ByToken,
    /// Nothing was shown. What to do instead.
    Missing(String),
    /// What was shown is none of the tokens: it may be a guess.
    Wrong(String),
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl Access {
    /// Speaks TLS, by a certificate (with those between it and its CA) and its key, both PEM.
    ///
    /// # Errors
    /// One of the files cannot be read or is none of that kind, or others may read the key.
    pub fn with_tls(mut self, cert: &Path, key: &Path) -> Result<Self, Error> {
        self.identity = Some(Pair::read(cert, key)?);
        Ok(self)
    }

    /// Lets in who shows a certificate that this CA (PEM) has signed.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub fn with_client_ca(mut self, ca: &Path) -> Result<Self, Error> {
        self.client_ca = Some(Pem::certificate(ca)?);
        Ok(self)
    }

    /// Lets in who shows one of the tokens.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = Some(Arc::new(tokens));
        self
    }

    /// The same, as its files are now.
    ///
    /// # Errors
    /// One of them cannot be read or is not of its kind, or certificate and key do not belong together.
    pub fn again(&self) -> Result<Self, Error> {
        let identity = self.identity.as_ref().map(Pair::again).transpose()?;
        let client_ca = self.client_ca.as_ref().map(|ca| Pem::certificate(&ca.path)).transpose()?;
        let tokens = self.tokens.as_ref().map(|tokens| tokens.again().map(Arc::new)).transpose()?;
        Ok(Self { identity, client_ca, tokens })
    }

    pub const fn has_tls(&self) -> bool {
        self.identity.is_some()
    }

    /// Whether anybody may ask who can connect.
    pub(in super::super) const fn is_open(&self) -> bool {
        self.client_ca.is_none() && self.tokens.is_none()
    }

    /// Whether that is enough for an address.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self, addr: SocketAddr) -> Result<(), Error> {
        const TLS: &str = "TLS: --tls-cert FILE --tls-key FILE";
        const WHO: &str = "to know who asks: --token-file FILE or CHALKTALK_TOKENS, or --client-ca FILE";
        if self.client_ca.is_some() && !self.has_tls() {
            return Err(Error(format!("client certificates come by TLS: add {TLS}")));
        }
        if addr.ip().is_loopback() {
            return Ok(());
        }
        let missing: Vec<&str> =
            [(!self.has_tls()).then_some(TLS), self.is_open().then_some(WHO)].into_iter().flatten().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join("; and ");
        Err(Error(format!(
            "{addr} can be reached from other computers, and that wants {missing}. Or listen on 127.0.0.1"
        )))
    }

    /// What shakes hands with those who come; `None` without TLS. Those without a certificate get as far as being told
    /// what is missing.
    ///
    /// # Errors
    /// Certificate and key do not belong together, or one of the files is damaged.
    pub(in super::super) fn acceptor(&self) -> Result<Option<TlsAcceptor>, Error> {
        let Some(Pair { cert, key }) = &self.identity else { return Ok(None) };
        let provider = Arc::new(default_provider());
        let tls = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let tls = tls.map_err(|error| Error::of_tls(&error))?;
        let tls = match &self.client_ca {
            None => tls.with_no_client_auth(),
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                for root in ca.certificates()? {
                    roots.add(root).map_err(|error| ca.is_damaged(&error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = verifier.allow_unauthenticated().build().map_err(|error| ca.is_damaged(&error))?;
                tls.with_client_cert_verifier(verifier)
            }
        };
        let secret = PrivateKeyDer::from_pem_slice(key.text.as_bytes()).map_err(|error| key.is_damaged(&error))?;
        let mut tls = tls.with_single_cert(cert.certificates()?, secret).map_err(|error| Error::of_tls(&error))?;
        // gRPC is HTTP/2 and nothing else.
        tls.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Some(TlsAcceptor::from(Arc::new(tls))))
    }

    /// Whether one may go on who has shown a certificate (which TLS has looked at), or `authorization` in a header.
    pub(in super::super) fn admit(&self, has_certificate: bool, authorization: Option<&[u8]>) -> Admission {
        if self.is_open() || (has_certificate && self.client_ca.is_some()) {
            return Admission::Well;
        }
        let Some(tokens) = &self.tokens else {
            return Admission::Missing(format!("this server wants to know who asks: {CERTIFICATE}"));
        };
        let Some(shown) = authorization.and_then(bearer) else {
            let or = self.client_ca.as_ref().map_or_else(String::new, |_| format!("; or {CERTIFICATE}"));
            return Admission::Missing(format!("this server wants a token: {TOKEN}{or}"));
        };
        if tokens.knows(shown) {
            return Admission::ByToken;
        }
        let words = "that token is none of this server's: ask who runs it for one, or look for a slip in yours";
        Admission::Wrong(words.to_owned())
    }
}

/// What stands after `Bearer`, in any case.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = header.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| rest.trim_ascii())
}

impl Pem {
    pub fn certificate(path: &Path) -> Result<Self, Error> {
        let text = read_open(path)?;
        if !text.contains("-----BEGIN CERTIFICATE-----") {
            return Err(Error(format!(
                "'{}' holds no certificate: it must be PEM, -----BEGIN CERTIFICATE-----",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned(), text })
    }

    /// As it is now.
    pub fn certificate_again(&self) -> Result<Self, Error> {
        Self::certificate(&self.path)
    }

    fn key(path: &Path) -> Result<Self, Error> {
        let text = read_secret(path)?;
        if !text.contains("PRIVATE KEY-----") {
            return Err(Error(format!(
                "'{}' holds no private key: it must be PEM, -----BEGIN PRIVATE KEY-----",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned(), text })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(self.text.as_bytes()).collect();
        read.map_err(|error| self.is_damaged(&error))
    }

    fn is_damaged(&self, error: &dyn std::error::Error) -> Error {
        Error(format!("'{}' is damaged: {error}: write it again", self.path.display()))
    }
}

impl Pair {
    pub fn read(cert: &Path, key: &Path) -> Result<Self, Error> {
        Ok(Self { cert: Pem::certificate(cert)?, key: Pem::key(key)? })
    }

    /// As they are now.
    pub fn again(&self) -> Result<Self, Error> {
        Self::read(&self.cert.path, &self.key.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn with_token() -> Access {
        Access::default().with_tokens(Tokens::new(TOKEN, "x").unwrap())
    }

    fn pem() -> Pem {
        Pem { path: PathBuf::new(), text: String::new() }
    }

    #[test]
    fn beyond_loopback_it_says_what_is_missing() {
        let far: SocketAddr = "0.0.0.0:1".parse().unwrap();
        let near: SocketAddr = "[::1]:1".parse().unwrap();
        assert_eq!(Access::default().check(near), Ok(()));
        let said = Access::default().check(far).unwrap_err().to_string();
        assert!(said.contains("--tls-cert") && said.contains("--token-file"), "{said}");
        let said = with_token().check(far).unwrap_err().to_string();
        assert!(said.contains("--tls-cert") && !said.contains("--token-file"), "{said}");
        let identity = Some(Pair { cert: pem(), key: pem() });
        let said = Access { identity, ..Access::default() }.check(far).unwrap_err().to_string();
        assert!(!said.contains("--tls-cert") && said.contains("--token-file"), "{said}");
        let said = Access { client_ca: Some(pem()), ..Access::default() }.check(near).unwrap_err().to_string();
        assert!(said.contains("client certificates come by TLS"), "{said}");
    }

    #[test]
    fn one_is_let_in_by_a_token_or_a_certificate() {
        let header = |text: &str| Some(text.as_bytes().to_vec());
        let admit =
            |access: &Access, certificate, header: Option<Vec<u8>>| access.admit(certificate, header.as_deref());
        let is_missing = |admission, words: &str| matches!(admission, Admission::Missing(said) if said.contains(words));
        assert_eq!(admit(&Access::default(), false, None), Admission::Well);
        assert_eq!(admit(&with_token(), false, header(&format!("Bearer {TOKEN}"))), Admission::ByToken);
        assert_eq!(admit(&with_token(), false, header(&format!("bearer  {TOKEN} "))), Admission::ByToken);
        for wrong in ["Bearer ", "Bearer 0123456789abcdeF"] {
            let said = admit(&with_token(), true, header(wrong));
            assert!(matches!(&said, Admission::Wrong(words) if !words.contains("0123")), "{said:?}");
        }
        for none in ["", "Bearer", TOKEN, "Basic 0123456789abcdef"] {
            assert!(is_missing(admit(&with_token(), true, header(none)), "wants a token"), "{none}");
        }
        assert!(is_missing(admit(&with_token(), false, None), "--token-file"));
        let by_certificate = Access { client_ca: Some(pem()), ..Access::default() };
        assert_eq!(admit(&by_certificate, true, None), Admission::Well);
        assert!(is_missing(admit(&by_certificate, false, header("Bearer x")), "--client-cert"));
    }
}
