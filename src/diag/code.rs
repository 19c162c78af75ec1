use super::Severity;

/// A code of a diagnostic, what it means and what to do about it, for the reference that people read.
///
/// A code never changes its meaning, and one that is no longer used is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub code: &'static str,
    pub severity: Severity,
    /// A whole sentence without its full stop.
    pub meaning: &'static str,
    /// As [`Self::meaning`].
    pub remedy: &'static str,
}

impl Code {
    pub const fn error(code: &'static str, meaning: &'static str, remedy: &'static str) -> Self {
        Self { code, severity: Severity::Error, meaning, remedy }
    }

    pub const fn warning(code: &'static str, meaning: &'static str, remedy: &'static str) -> Self {
        Self { code, severity: Severity::Warning, meaning, remedy }
    }
}
