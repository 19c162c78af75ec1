//! A folder with a CA, what it has signed, and a token.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};

pub struct Safe {
    folder: tempfile::TempDir,
    ca: CertifiedIssuer<'static, KeyPair>,
    names: Vec<String>,
}

impl Safe {
    pub const TOKEN: &'static str = "9f8e7d6c5b4a39281706";
    pub const OTHER: &'static str = "9f8e7d6c5b4a39281707";

    /// For a server that is called by one of the names, or `localhost` or 127.0.0.1.
    pub fn for_names(names: &[&str]) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // What it signs must not look as if it had signed itself.
        params.distinguished_name.push(DnType::CommonName, "CA of the tests");
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let names = ["localhost", "127.0.0.1"].iter().chain(names).map(|name| (*name).to_owned()).collect();
        let safe = Self { folder: tempfile::tempdir().unwrap(), ca, names };
        safe.keep("ca.pem", &safe.ca.pem(), 0o644);
        safe.sign("server", ExtendedKeyUsagePurpose::ServerAuth);
        safe.sign("client", ExtendedKeyUsagePurpose::ClientAuth);
        safe.keep("tokens", &format!("# of Ann\n{}\n", Self::TOKEN), 0o600);
        safe.keep("wrong", Self::OTHER, 0o600);
        safe
    }

    pub fn new() -> Self {
        Self::for_names(&[])
    }

    fn sign(&self, name: &str, usage: ExtendedKeyUsagePurpose) {
        let mut params = CertificateParams::new(self.names.clone()).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.ca).unwrap();
        self.keep(&format!("{name}.pem"), &certificate.pem(), 0o644);
        self.keep(&format!("{name}.key"), &key.serialize_pem(), 0o600);
    }

    /// A new certificate and key of the server, from a CA that nobody else knows: what is said by the old one's clients
    /// of it tells which one they met. The new CA is in `ca.pem`.
    pub fn renew(&mut self) {
        let other = Self::for_names(&self.names.iter().map(String::as_str).collect::<Vec<_>>());
        for name in ["server.pem", "ca.pem"] {
            self.keep(name, &std::fs::read_to_string(other.path(name)).unwrap(), 0o644);
        }
        self.keep("server.key", &std::fs::read_to_string(other.path("server.key")).unwrap(), 0o600);
        self.ca = other.ca;
    }

    pub fn keep(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
