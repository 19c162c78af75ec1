//! Failures on the wire: `google.rpc` details of a gRPC status, or of a pulling worker's `Failed`.
//!
//! Must never: keep more than [`MAX_DETAILS`] of [`MAX_BYTES`] together, take a detail that cannot be read for none.

use prost::Message;
use prost_types::Any;
use tonic::Status;
use tonic_types::pb::{BadRequest, ErrorInfo, RetryInfo, Status as Details, bad_request::FieldViolation};

use super::call::{code_of, status_code};
use super::v1;
use crate::event::{Detail, Failure, OpaquePayload};

const MAX_DETAILS: usize = 16;
/// Of all details together, so that they fit into the headers of a gRPC answer.
const MAX_BYTES: usize = 4 << 10;
const PREFIX: &str = "type.googleapis.com/";

/// The failure that a target's own status stands for, word for word.
pub(super) fn failure_of(status: &Status) -> Failure {
    Failure {
        details: read(decoded(status.details()).details),
        ..Failure::new(code_of(status.code()), status.message())
    }
}

/// The status by which a worker ends a call with this failure.
pub fn status(failure: Failure) -> Status {
    let code = status_code(failure.code);
    if failure.details.is_empty() {
        return Status::new(code, failure.message);
    }
    let details = failure.details.iter().map(any_of).collect();
    let all = Details { code: code as i32, message: failure.message.clone(), details };
    Status::with_details(code, failure.message, all.encode_to_vec().into())
}

/// What a pulling worker says where a served one ends a call with this status.
pub(super) fn failed(status: &Status) -> v1::Failed {
    let details = decoded(status.details()).details;
    let code = u32::try_from(status.code() as i32).unwrap_or(2);
    v1::Failed { code, message: status.message().to_owned(), details }
}

/// Bytes that are no `google.rpc.Status` say nothing.
fn decoded(bytes: &[u8]) -> Details {
    Details::decode(bytes).unwrap_or_default()
}

/// As many as are kept, those of a known kind in words.
pub(super) fn read(details: Vec<Any>) -> Vec<Detail> {
    let mut n_bytes = 0;
    let fits = |any: &Any| {
        n_bytes += any.type_url.len() + any.value.len();
        n_bytes <= MAX_BYTES
    };
    details.into_iter().take(MAX_DETAILS).take_while(fits).map(detail_of).collect()
}

fn detail_of(any: Any) -> Detail {
    let known = match any.type_url.rsplit('/').next().unwrap_or_default() {
        "google.rpc.ErrorInfo" => ErrorInfo::decode(any.value.as_slice()).ok().map(|info| Detail::Info {
            reason: info.reason,
            domain: info.domain,
            metadata: info.metadata.into_iter().collect(),
        }),
        "google.rpc.RetryInfo" => RetryInfo::decode(any.value.as_slice()).ok().map(|info| {
            let delay = info.retry_delay.unwrap_or_default();
            let ms = delay.seconds.saturating_mul(1000).saturating_add(i64::from(delay.nanos) / 1_000_000);
            Detail::Retry { after_ms: u64::try_from(ms).unwrap_or(0) }
        }),
        "google.rpc.BadRequest" => BadRequest::decode(any.value.as_slice()).ok().map(|bad| {
            let violations = bad.field_violations.into_iter().map(|one| (one.field, one.description)).collect();
            Detail::BadRequest { violations }
        }),
        _ => None,
    };
    known.unwrap_or(Detail::Other(OpaquePayload { type_url: any.type_url, value: any.value }))
}

fn any_of(detail: &Detail) -> Any {
    let any = |name: &str, value: Vec<u8>| Any { type_url: format!("{PREFIX}google.rpc.{name}"), value };
    match detail {
        Detail::Info { reason, domain, metadata } => {
            let (reason, domain) = (reason.clone(), domain.clone());
            let info = ErrorInfo { reason, domain, metadata: metadata.clone().into_iter().collect() };
            any("ErrorInfo", info.encode_to_vec())
        }
        Detail::Retry { after_ms } => {
            let retry_delay = prost_types::Duration {
                seconds: i64::try_from(after_ms / 1000).unwrap_or(i64::MAX),
                nanos: i32::try_from(after_ms % 1000 * 1_000_000).unwrap_or_default(),
            };
            any("RetryInfo", RetryInfo { retry_delay: Some(retry_delay) }.encode_to_vec())
        }
        Detail::BadRequest { violations } => {
            let violation = |(field, description): &(String, String)| FieldViolation {
                field: field.clone(),
                description: description.clone(),
                ..FieldViolation::default()
            };
            let bad = BadRequest { field_violations: violations.iter().map(violation).collect() };
            any("BadRequest", bad.encode_to_vec())
        }
        Detail::Other(OpaquePayload { type_url, value }) => Any { type_url: type_url.clone(), value: value.clone() },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Code;

    #[test]
    fn details_come_back_as_they_went_those_of_unknown_kinds_too() {
        let details = vec![
            Detail::Info {
                reason: "SOLD_OUT".into(),
                domain: "stock.example".into(),
                metadata: [("shelf".into(), "P7".into())].into(),
            },
            Detail::Retry { after_ms: 1_250 },
            Detail::BadRequest { violations: vec![("order.id".into(), "is missing".into())] },
            Detail::Other(OpaquePayload { type_url: "type.googleapis.com/x.Y".into(), value: vec![1, 2, 3] }),
        ];
        let failure = Failure { details, ..Failure::new(Code::ResourceExhausted, "none left") };
        assert_eq!(failure_of(&status(failure.clone())), failure);
        assert_eq!((failure.reason(), failure.retry_after_us()), (Some("SOLD_OUT"), 1_250_000));
        let shown =
            "RESOURCE_EXHAUSTED: none left (SOLD_OUT of stock.example) (again after 1250 ms) (order.id: is missing)";
        assert_eq!(failure.to_string(), shown);
    }

    #[test]
    fn they_are_bounded_in_number_and_size() {
        let any = |n_bytes| Any { type_url: "x/y".into(), value: vec![7; n_bytes] };
        assert_eq!(read(vec![any(1); 99]).len(), MAX_DETAILS);
        assert_eq!(read(vec![any(MAX_BYTES / 2 - 3); 3]).len(), 2);
        assert_eq!(read(vec![any(MAX_BYTES), any(1)]).len(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_whatever_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0..4_usize) {
            let url = ["ErrorInfo", "RetryInfo", "BadRequest", "Help"][kind];
            drop(failure_of(&Status::with_details(tonic::Code::Aborted, "no", bytes.clone().into())));
            drop(read(vec![Any { type_url: format!("{PREFIX}google.rpc.{url}"), value: bytes }]));
        }
    }
}
