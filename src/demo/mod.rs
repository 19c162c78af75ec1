//! The methods of the built-in demo workers: what each gives for what it gets, as a function.
//!
//! Real enough to show what plays do, with nothing else to start. Must never: wait, read a clock, draw randomness: how
//! long a method takes is a number, and whatever goes wrong does so in the same way for the same `luck`. Start reading at
//! [`Method::answer`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod shop;
mod table;
mod toys;

use std::time::Duration;

use serde_json::Value;

use crate::event::{Code, Failure, Payload};

pub use table::{BuiltinMethod, builtin_methods, find, of, ready_after};

impl BuiltinMethod {
    /// What it gives for what it gets. `attempt` counts from 1; `luck` is the same for all attempts of one visit.
    ///
    /// # Errors
    /// The method fails, as its table says or because the payload is not what it wants.
    pub fn answer(&self, payload: &Payload, attempt: u32, luck: u64) -> Result<Payload, Failure> {
        if ("demo", "echo") == (self.image, self.method) {
            // It looks at nothing, so that anything goes through.
            return Ok(payload.clone());
        }
        let Payload::Json(json) = payload else {
            return Err(invalid(format!("{} wants JSON, not another protobuf message", self.coord())));
        };
        let input: &Value = json;
        let done = match (self.image, self.method) {
            ("shop", "validate_order") => shop::validate_order(input),
            ("shop", "wrap") => Ok(shop::wrap(input)),
            ("payments", _) => shop::charge(input, self.version, luck),
            ("stock", _) => shop::reserve(input, attempt, luck),
            ("packing", _) => Ok(shop::pack(input, luck)),
            ("shipping", _) => Ok(shop::dispatch(input, luck)),
            ("demo", "sleep") => toys::sleep(input).map(|_| input.clone()),
            ("demo", "fail") => Err(toys::fail(input)),
            ("demo", "flaky") => toys::flaky(input, attempt),
            ("demo", "upper") => toys::upper(input),
            ("demo", "add") => toys::add(input),
            _ => Err(Failure::new(Code::Internal, format!("{} has no code", self.coord()))),
        };
        done.map(Payload::from)
    }

    /// How long it takes until it answers that payload.
    pub fn takes(&self, payload: &Payload) -> Duration {
        let asked = match (self.image, self.method, payload) {
            ("demo", "sleep", Payload::Json(input)) => toys::sleep(input).unwrap_or_default(),
            _ => Duration::ZERO,
        };
        self.takes + asked
    }

    /// Whether it takes no time, whatever it gets.
    pub fn is_at_once(&self) -> bool {
        self.image == "demo" && self.takes.is_zero() && self.method != "sleep"
    }
}

/// The luck of one visit: FNV-1a over its names.
pub fn luck(run: &str, node: &str, visit: u32) -> u64 {
    let names = format!("{run}\0{node}\0{visit}");
    names.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(Code::InvalidArgument, message)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
