//! Who may ask, and who is asked: certificates, tokens and what a server takes at most.
//!
//! Beyond this computer a server wants TLS and either client certificates or tokens ([`Access`]); what calls out trusts
//! what the system trusts, and a CA file ([`Trust`]). A token is compared in constant time. What comes from files is
//! read again when they change.
//!
//! Must never: show a token or a key, not in an error, a log or by `Debug`; send a token unencrypted to another
//! computer.

mod access;
mod limits;
mod token;
mod trust;

pub use access::Access;
pub(super) use access::Admission;
pub use limits::Limits;
pub use token::Tokens;
pub use trust::{Bearer, Trust};

/// Why what is to keep others out cannot be used, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub(super) String);

impl Error {
    /// The certificates are of the right kind, but do not fit.
    pub(super) fn of_tls(error: &dyn std::error::Error) -> Self {
        Self(format!("TLS cannot start: {}: do the certificate and the key belong together?", trust::whole(error)))
    }
}
