use std::time::Duration;

use super::ms;
use crate::base::Coord;

/// A method that needs no server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinMethod {
    pub image: &'static str,
    pub version: &'static str,
    pub method: &'static str,
    pub summary: &'static str,
    /// A JSON schema.
    pub input_schema: &'static str,
    /// A JSON schema.
    pub output_schema: &'static str,
    pub(super) takes: Duration,
    /// How long its worker needs before it can take a ball of a `wait-for-worker`.
    pub(super) ready_after: Duration,
}

const ORDER: &str = r#"{"type":"object","required":["items"],"properties":{"order_id":{"type":"string"},"items":{"type":"array","minItems":1,"items":{"type":["string","object"],"properties":{"sku":{"type":"string"},"price":{"type":"number"},"quantity":{"type":"integer"}}}},"amount":{"type":"number","minimum":0}}}"#;
const ORDERED: &str = r#"{"type":"object","required":["order_id"],"properties":{"order_id":{"type":"string"}}}"#;
const TOTAL: &str =
    r#"{"type":"object","required":["total"],"properties":{"order_id":{"type":"string"},"total":{"type":"number"}}}"#;
const ANY: &str = "true";

impl BuiltinMethod {
    const fn new(at: (&'static str, &'static str, &'static str), takes_ms: u64, summary: &'static str) -> Self {
        let (image, version, method) = at;
        let (takes, ready_after) = (ms(takes_ms), Duration::ZERO);
        Self { image, version, method, summary, input_schema: ANY, output_schema: ANY, takes, ready_after }
    }

    const fn schemas(mut self, input: &'static str, output: &'static str) -> Self {
        self.input_schema = input;
        self.output_schema = output;
        self
    }

    const fn ready_after(mut self, wait_ms: u64) -> Self {
        self.ready_after = ms(wait_ms);
        self
    }

    pub fn coord(&self) -> Coord {
        Coord::new(self.image, self.version, self.method)
    }
}

static METHODS: [BuiltinMethod; 13] = [
    BuiltinMethod::new(
        ("shop", "2.1", "validate_order"),
        40,
        "refuses an order without items or with a negative amount",
    )
    .schemas(ORDER, TOTAL),
    BuiltinMethod::new(("shop", "2.1", "wrap"), 15, "wraps the goods as a gift"),
    BuiltinMethod::new(("payments", "1.4", "charge"), 120, "takes the money for an order").schemas(ORDERED, TOTAL),
    BuiltinMethod::new(("payments", "2.0", "charge"), 120, "takes the money for an order, with a receipt")
        .schemas(ORDERED, TOTAL),
    BuiltinMethod::new(("stock", "3.0.2", "reserve"), 600, "sets goods aside; often busy at the first attempt")
        .schemas(ORDERED, ORDERED),
    BuiltinMethod::new(("packing", "1", "pack"), 400, "packs a parcel; its worker takes a while to be ready")
        .ready_after(1000),
    BuiltinMethod::new(("shipping", "1", "dispatch"), 80, "hands a parcel to the courier"),
    BuiltinMethod::new(("demo", "1", "echo"), 0, "gives back what it got, whatever it is"),
    BuiltinMethod::new(("demo", "1", "sleep"), 0, "waits and gives back what it got")
        .schemas(r#"{"type":"object","properties":{"ms":{"type":"number","minimum":0}}}"#, ANY),
    BuiltinMethod::new(("demo", "1", "fail"), 0, "fails, with the code and the message that it is given")
        .schemas(r#"{"type":"object","properties":{"code":{"type":"string"},"message":{"type":"string"}}}"#, "false"),
    BuiltinMethod::new(("demo", "1", "flaky"), 0, "is UNAVAILABLE for the first attempts, `fails` of them").schemas(
        r#"{"type":"object","properties":{"fails":{"type":"integer","minimum":0}}}"#,
        r#"{"type":"object","properties":{"attempt":{"type":"integer"}}}"#,
    ),
    BuiltinMethod::new(("demo", "1", "upper"), 0, "turns a text, or the member `text`, into capitals")
        .schemas(r#"{"type":["string","object"],"properties":{"text":{"type":"string"}}}"#, r#"{"type":"string"}"#),
    BuiltinMethod::new(("demo", "1", "add"), 0, "adds the numbers of a list, or all numbers of an object")
        .schemas(r#"{"type":["array","object"]}"#, r#"{"type":"number"}"#),
];

/// All of them, those of an image together.
pub fn builtin_methods() -> &'static [BuiltinMethod] {
    &METHODS
}

/// By `image/version/method`.
pub fn find(coordinate: &str) -> Option<&'static BuiltinMethod> {
    let mut parts = coordinate.splitn(3, '/');
    let (image, version, method) = (parts.next()?, parts.next()?, parts.next()?);
    METHODS.iter().find(|known| known.method == method && known.image == image && known.version == version)
}

pub fn of(to: &Coord) -> Option<&'static BuiltinMethod> {
    METHODS.iter().find(|known| known.method == to.method && known.image == to.image && known.version == to.version)
}

/// How long a worker of it needs before it can take a ball.
pub fn ready_after(to: &Coord) -> Duration {
    let same_worker = |known: &&BuiltinMethod| known.image == to.image && known.version == to.version;
    METHODS.iter().find(same_worker).map_or(Duration::ZERO, |known| known.ready_after)
}
