//! Every status by which the quarterback says no: a code, words that say what to do, and `google.rpc` details that a
//! program can go by. `docs/errors.md` lists the reasons.
//!
//! Must never: put what a ball carries into a detail, give one reason two meanings.

use std::collections::HashMap;
use std::time::Duration;

use prost::Message;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::super::Error;
use super::super::peer::in_mib;
use crate::journal;

/// Whose reasons these are.
pub(super) const DOMAIN: &str = "chalktalk";
/// After which a server that was full may have room.
const ROOM: Duration = Duration::from_secs(1);
/// After which a server that stops or a journal that takes nothing may be back.
const BACK: Duration = Duration::from_secs(2);
/// Violations that one answer names: details go into the headers.
const MAX_VIOLATIONS: usize = 8;
/// Bytes of a text that goes into a detail.
const MAX_TEXT: usize = 256;

/// What stands in `ResourceInfo.resource_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Run,
    Play,
}

impl Thing {
    const fn name(self) -> &'static str {
        match self {
            Self::Run => "chalktalk.v1.Run",
            Self::Play => "chalktalk.v1.Play",
        }
    }
}

/// A status with its reason; details are added to it.
#[must_use]
pub(super) struct Refusal {
    code: Code,
    reason: &'static str,
    message: String,
    metadata: HashMap<String, String>,
    details: ErrorDetails,
}

impl Refusal {
    pub fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        let (metadata, details) = (HashMap::new(), ErrorDetails::new());
        Self { code, reason, message: message.into(), metadata, details }
    }

    pub fn with(mut self, key: &str, value: &impl ToString) -> Self {
        self.metadata.insert(key.to_owned(), short(&value.to_string()));
        self
    }

    fn about(mut self, thing: Thing, name: &str) -> Self {
        self.details.set_resource_info(thing.name(), short(name), "", "");
        self
    }

    fn violation(mut self, field: &str, words: &str) -> Self {
        let n = self.details.bad_request().map_or(0, |bad| bad.field_violations.len());
        if n < MAX_VIOLATIONS {
            self.details.add_bad_request_violation(field, short(words));
        }
        self
    }

    fn again_after(mut self, delay: Duration) -> Self {
        self.details.set_retry_info(Some(delay));
        self
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, reason, message, metadata, mut details } = refusal;
        details.set_error_info(reason, DOMAIN, metadata);
        Self::with_error_details(code, message, details)
    }
}

fn short(text: &str) -> String {
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= MAX_TEXT).last().unwrap_or(0);
    if text.len() <= MAX_TEXT { text.to_owned() } else { format!("{}…", &text[..end]) }
}

/// A field of the request that cannot be meant so.
pub(super) fn bad_field(field: &str, message: impl Into<String>) -> Status {
    let message = message.into();
    Refusal::new(Code::InvalidArgument, "BAD_FIELD", &*message).violation(field, &message).into()
}

/// There is no such thing here.
pub(super) fn missing(code: Code, thing: Thing, name: &str, message: impl Into<String>) -> Status {
    let reason = match thing {
        Thing::Run => "NO_SUCH_RUN",
        Thing::Play => "NO_SUCH_PLAY",
    };
    Refusal::new(code, reason, message).about(thing, name).into()
}

/// A run that cannot take what it was sent, as it stands.
pub(super) fn run_stands(run: &str, status: &str, message: impl Into<String>) -> Status {
    let refusal = Refusal::new(Code::FailedPrecondition, "RUN_TAKES_NOTHING", message);
    refusal.with("status", &status).about(Thing::Run, run).into()
}

/// Something is used up; `flag` is how the person at the server allows more.
pub(super) fn used_up(reason: &'static str, flag: &str, message: impl Into<String>) -> Status {
    Refusal::new(Code::ResourceExhausted, reason, message).with("flag", &flag).again_after(ROOM).into()
}

/// Who asks has to be known. `words` say by what.
pub(super) fn who_asks(words: String) -> Status {
    Refusal::new(Code::Unauthenticated, "WHO_ASKS", words).into()
}

/// Too many wrong tokens have come from there.
pub(super) fn not_heard(wait: Duration) -> Status {
    let message =
        format!("too many wrong tokens came from your address: ask again in {} s", wait.as_secs().saturating_add(1));
    Refusal::new(Code::ResourceExhausted, "TOO_MANY_GUESSES", message).again_after(wait).into()
}

pub(super) fn stops() -> Status {
    let message = "the quarterback stops; its runs go on when it is back: ask again then";
    Refusal::new(Code::Unavailable, "STOPPING", message).again_after(BACK).into()
}

/// A failure of the program itself.
pub(super) fn internal(message: impl Into<String>) -> Status {
    Refusal::new(Code::Internal, "INTERNAL", message).into()
}

/// The answer, if it fits into one message. `else_do` is what to do if it does not.
///
/// # Errors
/// `OUT_OF_RANGE`, as gRPC has it.
pub(super) fn fitting<M: Message>(answer: M, limit: usize, what: &str, else_do: &str) -> Result<M, Status> {
    let bytes = answer.encoded_len();
    if bytes <= limit {
        return Ok(answer);
    }
    let message = format!(
        "{what} has {bytes} bytes, and one message may have {}: {else_do}, or raise --max-message where the server is started and what your client takes",
        in_mib(limit)
    );
    let refusal = Refusal::new(Code::OutOfRange, "ANSWER_TOO_LARGE", message);
    Err(refusal.with("flag", &"--max-message").with("bytes", &bytes).with("limit", &limit).into())
}

/// The status for what the runner did not do.
pub(super) fn status_of(error: &Error) -> Status {
    let message = error.to_string();
    match error {
        Error::Plan(bad) => bad
            .iter()
            .fold(Refusal::new(Code::InvalidArgument, "BAD_PLAY", message), |refusal, bad| {
                refusal.violation("document", &bad.to_string())
            })
            .into(),
        Error::TooNested { .. } | Error::RedactedInput => bad_field("input", message),
        Error::NoNode { .. } => bad_field("rerun.from", message),
        Error::TooManyRuns { .. } => used_up("TOO_MANY_RUNS", "--max-runs", message),
        Error::TooManyBelow { .. } => used_up("TOO_MANY_RUNS_BELOW", "--max-runs-below", message),
        Error::TooManySignals { .. } => used_up("TOO_MANY_SIGNALS", "--max-run-memory", message),
        Error::Pin(_) => Refusal::new(Code::FailedPrecondition, "NO_VERSION", message).into(),
        Error::TooDeep { .. } => Refusal::new(Code::FailedPrecondition, "TOO_DEEP", message).into(),
        Error::NotRunning { run } => run_stands(run, "", message),
        Error::StillRunning { run } => {
            Refusal::new(Code::FailedPrecondition, "STILL_RUNNING", message).about(Thing::Run, run).into()
        }
        Error::Redacted { run } => {
            Refusal::new(Code::FailedPrecondition, "REDACTED", message).about(Thing::Run, run).into()
        }
        Error::NotKept { run, .. } => {
            Refusal::new(Code::FailedPrecondition, "NOT_KEPT", message).about(Thing::Run, run).into()
        }
        Error::OtherPlay { run, .. } => {
            Refusal::new(Code::AlreadyExists, "OTHER_PLAY", message).about(Thing::Run, run).into()
        }
        Error::OtherCaller { run, .. } => {
            Refusal::new(Code::AlreadyExists, "OTHER_CALLER", message).about(Thing::Run, run).into()
        }
        Error::Journal(error) => match &**error {
            journal::Error::UnknownRun { run } => missing(Code::NotFound, Thing::Run, run, message),
            journal::Error::Full { .. } => {
                Refusal::new(Code::ResourceExhausted, "DISK_FULL", message).again_after(BACK).into()
            }
            error if error.may_pass() => {
                Refusal::new(Code::Unavailable, "JOURNAL_BUSY", message).again_after(BACK).into()
            }
            _ => Refusal::new(Code::Internal, "JOURNAL", message).into(),
        },
        Error::Stopped => Refusal::new(Code::Unavailable, "STOPPING", message).again_after(BACK).into(),
        Error::Thread(_) | Error::Listen { .. } | Error::Secure(_) => internal(message),
    }
}
