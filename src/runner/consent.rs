//! Which programs plays may start: none that a person has not said yes to.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashSet;

/// The commands that may be started for `process` bindings. Clones share what they know.
///
/// A command is known by its text, as the formation writes it, and is run in the current folder: whoever keeps a yes for
/// later must keep the folder with it.
#[derive(Clone, Debug, Default)]
pub struct Consent {
    all: bool,
    allowed: Arc<Mutex<FxHashSet<String>>>,
}

impl Consent {
    /// To nothing, until [`Self::allow`] is called.
    pub fn none() -> Self {
        Self::default()
    }

    /// To whatever a play may name: for a server whose plays are all its owner's.
    pub fn to_all() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// A person said yes to it.
    pub fn allow(&self, command: &str) {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner).insert(command.to_owned());
    }

    pub fn allows(&self, command: &str) -> bool {
        self.all || self.allowed.lock().unwrap_or_else(PoisonError::into_inner).contains(command)
    }
}
