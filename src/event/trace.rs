use serde::{Deserialize, Serialize};

use crate::base::{NodeId, RunId};

/// The longest `tracestate` that goes along; a longer one stays behind, as the standard allows.
const MAX_STATE: usize = 512;
const SAMPLED: u8 = 1;

/// A span of a trace, as W3C's headers `traceparent` and `tracestate` hand it on.
///
/// All ids follow from names, so that a run that goes on after a crash goes on in its trace. A run that no trace came
/// with starts one: its id is the run's own where that is a UUID, so that either finds the other, else FNV-1a of 128
/// bits over it. A span's id is FNV-1a of 64 bits over the run and what the span stands for, stirred by the finalizer
/// of `MurmurHash3`: short texts that differ in their last letter would else differ in few bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Headers", into = "Headers")]
pub struct TraceContext {
    /// Never 0.
    pub trace: u128,
    /// Never 0.
    pub span: u64,
    pub flags: u8,
    /// May be empty.
    pub state: String,
}

#[derive(Serialize, Deserialize)]
struct Headers {
    parent: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    state: String,
}

impl TraceContext {
    /// Reads the two headers; `None` if the first is not as the standard wants it. The second may be empty.
    pub fn read(traceparent: &str, tracestate: &str) -> Option<Self> {
        let mut parts = traceparent.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = u8::try_from(hex(version, 2)?).ok()?;
        // A later version may add parts, this one has no more.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let (trace, span) = (hex(trace, 32)?, u64::try_from(hex(span, 16)?).ok()?);
        let flags = u8::try_from(hex(flags, 2)?).ok()?;
        let state = tracestate.trim();
        let fits = state.len() <= MAX_STATE && state.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        let state = if fits { state.to_owned() } else { String::new() };
        (trace != 0 && span != 0).then_some(Self { trace, span, flags, state })
    }

    /// The span of a whole run, which was started within `parent`.
    pub fn of_run(run: &RunId, parent: Option<&Self>) -> Self {
        let span = span_id(&["run", run]);
        match parent {
            Some(parent) => Self { span, ..parent.clone() },
            None => Self { trace: trace_id(run), span, flags: SAMPLED, state: String::new() },
        }
    }

    /// The span of one attempt at a node; what the worker does hangs under it.
    pub fn of_attempt(run: &RunId, parent: Option<&Self>, node: &NodeId, visit: u32, attempt: u32) -> Self {
        let (visit, attempt) = (visit.to_string(), attempt.to_string());
        Self { span: span_id(&["attempt", run, node, &visit, &attempt]), ..Self::of_run(run, parent) }
    }

    pub const fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    pub fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl From<TraceContext> for Headers {
    fn from(context: TraceContext) -> Self {
        Self { parent: context.traceparent(), state: context.state }
    }
}

impl TryFrom<Headers> for TraceContext {
    type Error = String;

    fn try_from(headers: Headers) -> Result<Self, String> {
        let Headers { parent, state } = headers;
        Self::read(&parent, &state).ok_or_else(|| format!("'{parent}' is no traceparent"))
    }
}

/// Of a span that stands for what these words name in this order. Never 0.
pub fn span_id(words: &[&str]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for word in words {
        let length = u32::try_from(word.len()).unwrap_or(u32::MAX).to_le_bytes();
        for byte in length.into_iter().chain(word.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (hash ^ (hash >> 33)).max(1)
}

fn trace_id(run: &RunId) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let digits: String = run.chars().filter(|c| *c != '-').collect();
    let own = if run.len() == 36 { hex(&digits, 32) } else { None };
    let hashed = || run.bytes().fold(START, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    own.unwrap_or_else(hashed).max(1)
}

/// So many digits, in small letters.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn headers_are_read_as_the_standard_says() {
        let read = TraceContext::read(PARENT, "a=1,b=2").unwrap();
        assert_eq!((read.traceparent().as_str(), read.state.as_str()), (PARENT, "a=1,b=2"));
        assert!(read.is_sampled());
        assert!(TraceContext::read(&PARENT.replace("00-4b", "cc-4b").replace("-01", "-01-more"), "").is_some());
        let zeros = "0".repeat(16);
        for bad in [
            "",
            "00",
            &PARENT.to_uppercase(),
            &format!("{PARENT}-more"),
            &PARENT.replace("00-4b", "ff-4b"),
            &PARENT.replace("00f067aa0ba902b7", &zeros),
            &PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &zeros.repeat(2)),
            &PARENT.replace("-01", "-1"),
            &PARENT.replace("4b", "+b"),
        ] {
            assert_eq!(TraceContext::read(bad, ""), None, "{bad}");
        }
        assert_eq!(TraceContext::read(PARENT, &"x".repeat(513)).unwrap().state, "");
        assert_eq!(TraceContext::read(PARENT, "a=\u{e9}").unwrap().state, "");
        let json = serde_json::to_string(&read).unwrap();
        assert_eq!(json, format!(r#"{{"parent":"{PARENT}","state":"a=1,b=2"}}"#));
        assert_eq!(serde_json::from_str::<TraceContext>(&json).unwrap(), read);
        assert!(serde_json::from_str::<TraceContext>(r#"{"parent":"x"}"#).is_err());
    }

    #[test]
    fn ids_follow_from_names() {
        let run = RunId::new("018bcfe5-6800-7123-8000-000000000001");
        let own = TraceContext::of_run(&run, None);
        assert_eq!(format!("{:032x}", own.trace), "018bcfe5680071238000000000000001");
        let attempt = |visit, attempt| TraceContext::of_attempt(&run, None, &NodeId::new("a"), visit, attempt);
        assert_eq!(attempt(1, 1), attempt(1, 1));
        assert_eq!(attempt(1, 1).trace, own.trace);
        let mut spans = vec![own.span, attempt(1, 1).span, attempt(1, 2).span, attempt(2, 1).span, attempt(12, 1).span];
        spans.sort_unstable();
        spans.dedup();
        assert_eq!(spans.len(), 5);
        assert_ne!(span_id(&["ab", "c"]), span_id(&["a", "bc"]));

        let parent = TraceContext::read(PARENT, "a=1").unwrap();
        let within = TraceContext::of_attempt(&run, Some(&parent), &NodeId::new("a"), 1, 1);
        assert_eq!((within.trace, within.state.as_str()), (parent.trace, "a=1"));
        assert_eq!(within.span, attempt(1, 1).span);
        assert_ne!(TraceContext::of_run(&RunId::new("any name"), None).trace, own.trace);
    }
}
