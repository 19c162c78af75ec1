//! Who may ask a server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use super::token::{read_open, read_secret};
use super::{Error, Tokens};

/// In which a client must have shaken hands.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What to do where a certificate or a token is missing.
const CERTIFICATE: &str =
    "connect with a client certificate that its --client-ca has signed (chalktalk: --client-cert and --client-key)";
const TOKEN: &str = "send the header 'authorization: Bearer TOKEN' (chalktalk: --token-file FILE, or CHALKTALK_TOKEN)";

/// What a server asks of those who come. By default nothing, which is enough only on loopback.
#[derive(Clone, Default)]
pub struct Access {
    identity: Option<Identity>,
    client_ca: Option<Certificate>,
    tokens: Option<Arc<Tokens>>,
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
        self.identity = Some(identity(cert, key)?);
        Ok(self)
    }

    /// Lets in who shows a certificate that this CA (PEM) has signed.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub fn with_client_ca(mut self, ca: &Path) -> Result<Self, Error> {
        self.client_ca = Some(certificate(ca)?);
        Ok(self)
    }

    /// Lets in who shows one of the tokens.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = Some(Arc::new(tokens));
        self
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

    /// Those without a certificate get as far as being told what is missing.
    pub(in super::super) fn tls(&self) -> Option<ServerTlsConfig> {
        let mut tls = ServerTlsConfig::new().identity(self.identity.clone()?).timeout(HANDSHAKE);
        if let Some(ca) = &self.client_ca {
            tls = tls.client_ca_root(ca.clone()).client_auth_optional(true);
        }
        Some(tls)
    }

    /// Whether one may go on who has shown a certificate (which TLS has looked at), or `authorization` in a header.
    ///
    /// # Errors
    /// What to do instead.
    pub(in super::super) fn admit(&self, has_certificate: bool, authorization: Option<&[u8]>) -> Result<(), String> {
        if self.is_open() || (has_certificate && self.client_ca.is_some()) {
            return Ok(());
        }
        let Some(tokens) = &self.tokens else {
            return Err(format!("this server wants to know who asks: {CERTIFICATE}"));
        };
        let Some(shown) = authorization.and_then(bearer) else {
            let or = self.client_ca.as_ref().map_or_else(String::new, |_| format!("; or {CERTIFICATE}"));
            return Err(format!("this server wants a token: {TOKEN}{or}"));
        };
        if tokens.knows(shown) {
            return Ok(());
        }
        Err("that token is none of this server's: ask who runs it for one, or look for a slip in yours".to_owned())
    }
}

/// What stands after `Bearer`, in any case.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = header.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| rest.trim_ascii())
}

pub(super) fn certificate(path: &Path) -> Result<Certificate, Error> {
    let pem = read_open(path)?;
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err(Error(format!(
            "'{}' holds no certificate: it must be PEM, -----BEGIN CERTIFICATE-----",
            path.display()
        )));
    }
    Ok(Certificate::from_pem(pem))
}

pub(super) fn identity(cert: &Path, key: &Path) -> Result<Identity, Error> {
    let certificate = certificate(cert)?;
    let pem = read_secret(key)?;
    if !pem.contains("PRIVATE KEY-----") {
        return Err(Error(format!(
            "'{}' holds no private key: it must be PEM, -----BEGIN PRIVATE KEY-----",
            key.display()
        )));
    }
    Ok(Identity::from_pem(certificate, pem))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn with_token() -> Access {
        Access::default().with_tokens(Tokens::new(TOKEN, "x").unwrap())
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
        let identity = Some(Identity::from_pem("", ""));
        let said = Access { identity, ..Access::default() }.check(far).unwrap_err().to_string();
        assert!(!said.contains("--tls-cert") && said.contains("--token-file"), "{said}");
        let client_ca = Some(Certificate::from_pem(""));
        let said = Access { client_ca, ..Access::default() }.check(near).unwrap_err().to_string();
        assert!(said.contains("client certificates come by TLS"), "{said}");
    }

    #[test]
    fn one_is_let_in_by_a_token_or_a_certificate() {
        let header = |text: &str| Some(text.as_bytes().to_vec());
        let admit =
            |access: &Access, certificate, header: Option<Vec<u8>>| access.admit(certificate, header.as_deref());
        assert_eq!(admit(&Access::default(), false, None), Ok(()));
        assert_eq!(admit(&with_token(), false, header(&format!("Bearer {TOKEN}"))), Ok(()));
        assert_eq!(admit(&with_token(), false, header(&format!("bearer  {TOKEN} "))), Ok(()));
        for wrong in ["", "Bearer", "Bearer ", TOKEN, "Basic 0123456789abcdef", "Bearer 0123456789abcdeF"] {
            let said = admit(&with_token(), true, header(wrong)).unwrap_err();
            assert!(!said.contains("0123"), "{said}");
        }
        assert!(admit(&with_token(), false, None).unwrap_err().contains("--token-file"));
        let by_certificate = Access { client_ca: Some(Certificate::from_pem("")), ..Access::default() };
        assert_eq!(admit(&by_certificate, true, None), Ok(()));
        assert!(admit(&by_certificate, false, header("Bearer x")).unwrap_err().contains("--client-cert"));
    }
}
