use crate::diag::Severity::{self, Error, Warning};

/// A code of a diagnostic and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub code: &'static str,
    pub severity: Severity,
    /// A whole sentence without its full stop.
    pub meaning: &'static str,
}

const fn code(code: &'static str, severity: Severity, meaning: &'static str) -> Code {
    Code { code, severity, meaning }
}

/// Everything that a check looks for, beside the `L…` codes of the parser. A code never changes its meaning, and
/// one that is no longer used is never used again.
pub const CODES: &[Code] = &[
    code("F001", Error, "A formation has no binding for a target of a play, or for a target that fills a role"),
    code("F002", Error, "A formation does not fill a role of a play"),
    code("F003", Warning, "A formation fills a role that no play of the file has"),
    code("F004", Error, "Two formations have the same name"),
    code("F005", Warning, "A binding is never used, because one above it matches the same"),
    code("F006", Error, "A role is filled twice"),
    code("F007", Error, "A role is filled by another role"),
    code("F008", Error, "The address of a binding cannot be called"),
    code("P001", Error, "A wire names a node that is not there"),
    code("P002", Error, "Two nodes have the same id"),
    code("P003", Error, "A play has no snap, and no wait-for-signal without a wire in: no run can start"),
    code("P004", Error, "A play has several snaps"),
    code("P005", Warning, "No ball can come to a node"),
    code("P006", Error, "A node leads nowhere, and is no pass"),
    code("P007", Error, "Several wires leave a node that may have one"),
    code("P008", Error, "An 'otherwise' has no 'when' beside it"),
    code("P009", Error, "A fan-in waits for more balls than can come"),
    code("P010", Warning, "Only one ball can come to a fan-in, so it joins nothing"),
    code("P011", Error, "The percentages of a mix do not add up to 100"),
    code("P012", Error, "No condition lets balls out of a cycle"),
    code("P013", Error, "A target names a role that the play does not have"),
    code("P014", Warning, "A role of a play is never used"),
    code("P015", Error, "Two roles have the same name"),
    code("P016", Error, "A wire 'on timeout' leaves a node without a timeout"),
    code("P017", Warning, "An option does nothing on this kind of node"),
    code("P018", Error, "A wire leads into a snap"),
    code("P019", Error, "A wire leads out of a pass"),
    code("P020", Error, "The same wire is there twice"),
    code("P021", Warning, "A backoff stands without retries"),
    code("P022", Error, "The first wait of a backoff is longer than its longest"),
    code("P023", Error, "Two plays have the same coordinate"),
    code("P024", Warning, "A layout places a node twice, or one that is not there"),
    code("P025", Error, "A timeout is zero"),
    code("P026", Error, "A signal has no name"),
    code("P027", Warning, "A wire of 'fan-out … one' is never taken, because one before it has no condition"),
    code("X001", Error, "An expression cannot be read, or names what is not there"),
    code("X002", Error, "An expression uses 'balls', 'error' or 'signal' where there is none"),
];
