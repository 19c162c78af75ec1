//! The built-in workers of the demo: real enough to show what plays do, with nothing else to start.
//!
//! All waits are real. Whatever goes wrong does so in the same way for the same idempotency key.

mod shop;
mod table;
mod toys;

use std::time::Duration;

use serde_json::Value;
use tonic::{Request, Response, Status};

use super::ball::{from_any, goes_unchanged, to_any};
use super::call::fnv;
use super::details::status;
use super::v1;
use super::v1::worker_server::Worker;
use crate::base::Coord;
use crate::event::{Code, Failure, Payload};

pub(super) use table::ready_after;
pub use table::{BuiltinMethod, builtin_methods};

/// Serves all of [`builtin_methods`].
#[derive(Clone, Debug, Default)]
pub struct Demo(());

/// One call.
struct Task {
    method: &'static BuiltinMethod,
    payload: Payload,
    attempt: u32,
    /// The same for all attempts of one visit.
    luck: u64,
}

#[tonic::async_trait]
impl Worker for Demo {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        let methods = builtin_methods().iter().map(BuiltinMethod::to_proto).collect();
        Ok(Response::new(v1::DescribeResponse { worker: "built-in".to_owned(), methods }))
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, Status> {
        let v1::InvokeRequest { coordinate, ball } = request.into_inner();
        let method = table::find(&coordinate).ok_or_else(|| unknown(&coordinate))?;
        let ball = ball.unwrap_or_default();
        if ("demo", "echo") == (method.image, method.method) {
            // It looks at nothing, so that anything goes through.
            let ball = v1::Ball { payload: ball.payload, run: ball.run, ..v1::Ball::default() };
            return Ok(Response::new(v1::InvokeResponse { ball: Some(ball) }));
        }
        let luck = fnv(format!("{}\0{}\0{}", ball.run, ball.node, ball.visit).as_bytes());
        let payload = from_any(ball.payload).map_err(Status::invalid_argument)?;
        let task = Task { method, payload, attempt: ball.attempt, luck };
        let payload = task.work().await.and_then(|payload| to_any(&payload)).map_err(status)?;
        let ball = v1::Ball { payload: Some(payload), run: ball.run, ..v1::Ball::default() };
        Ok(Response::new(v1::InvokeResponse { ball: Some(ball) }))
    }
}

/// What a method that takes no time gives, if it does: the same as by [`Demo::invoke`], without a message between.
pub(super) fn at_once(to: &Coord, payload: &Payload, attempt: u32) -> Option<Payload> {
    let method = table::of(to)?;
    let input = payload.as_json()?;
    if method.image != "demo" || !method.takes.is_zero() || !goes_unchanged(input) {
        return None;
    }
    let done = match method.method {
        "echo" => return Some(payload.clone()),
        "flaky" => toys::flaky(input, attempt),
        "upper" => toys::upper(input),
        "add" => toys::add(input),
        _ => return None,
    };
    done.ok().filter(goes_unchanged).map(Payload::from)
}

impl Task {
    async fn work(self) -> Result<Payload, Failure> {
        if !self.method.takes.is_zero() {
            tokio::time::sleep(self.method.takes).await;
        }
        let Payload::Json(json) = &self.payload else {
            return Err(invalid(format!("{} wants JSON, not another protobuf message", self.method.coord())));
        };
        let input: &Value = json;
        let done = match (self.method.image, self.method.method) {
            ("shop", "validate_order") => shop::validate_order(input),
            ("shop", "wrap") => Ok(shop::wrap(input)),
            ("payments", _) => shop::charge(input, self.method.version, self.luck),
            ("stock", _) => shop::reserve(input, self.attempt, self.luck),
            ("packing", _) => Ok(shop::pack(input, self.luck)),
            ("shipping", _) => Ok(shop::dispatch(input, self.luck)),
            ("demo", "sleep") => toys::sleep(input).await,
            ("demo", "fail") => Err(toys::fail(input)),
            ("demo", "flaky") => toys::flaky(input, self.attempt),
            ("demo", "upper") => toys::upper(input),
            ("demo", "add") => toys::add(input),
            _ => Err(Failure::new(Code::Internal, format!("{} has no code", self.method.coord()))),
        };
        done.map(Payload::from)
    }
}

fn unknown(coordinate: &str) -> Status {
    let coord = coordinate.parse::<Coord>().ok();
    let near: Vec<String> = builtin_methods()
        .iter()
        .filter(|method| coord.as_ref().is_none_or(|coord| coord.image == method.image))
        .map(|method| method.coord().to_string())
        .collect();
    if near.is_empty() {
        let mut images: Vec<&str> = builtin_methods().iter().map(|method| method.image).collect();
        images.dedup();
        let images = images.join(", ");
        return Status::unimplemented(format!(
            "there is no built-in {coordinate} (built-in images are {images}): bind it in a formation, as in `service \"http://HOST:PORT\"`"
        ));
    }
    Status::unimplemented(format!("there is no built-in {coordinate}; there is {}", near.join(", ")))
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(Code::InvalidArgument, message)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn call(coordinate: &str, input: Value, attempt: u32) -> Result<Value, (tonic::Code, String)> {
        let payload = Some(to_any(&input.into()).unwrap());
        let ball = v1::Ball { payload, run: "r".into(), node: "n".into(), visit: 1, attempt, ..v1::Ball::default() };
        let request = v1::InvokeRequest { coordinate: coordinate.into(), ball: Some(ball) };
        match Demo::default().invoke(Request::new(request)).await {
            Ok(response) => {
                let payload = from_any(response.into_inner().ball.unwrap().payload).unwrap();
                Ok(Value::clone(payload.as_json().unwrap()))
            }
            Err(status) => Err((status.code(), status.message().to_owned())),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn orders_are_checked() {
        let order = json!({"order_id": "o-7", "items": [{"sku": "ball", "price": 60, "quantity": 2}]});
        let valid = call("shop/2.1/validate_order", order.clone(), 1).await.unwrap();
        assert_eq!((&valid["order_id"], &valid["total"], &valid["valid"]), (&json!("o-7"), &json!(120), &json!(true)));
        for bad in [json!({}), json!({"items": []}), json!({"items": ["ball"], "amount": -1}), json!(7)] {
            let (code, message) = call("shop/2.1/validate_order", bad.clone(), 1).await.unwrap_err();
            assert_eq!(code, tonic::Code::InvalidArgument, "{bad}: {message}");
        }
        for version in ["1.4", "2.0"] {
            let charged = call(&format!("payments/{version}/charge"), valid.clone(), 1).await.unwrap();
            assert_eq!((&charged["total"], &charged["order_id"]), (&json!(120), &json!("o-7")));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_method_of_the_table_has_code() {
        for method in builtin_methods() {
            let input = json!({"items": ["ball"], "text": "x", "a": 1, "b": 2, "ms": 1, "fails": 0});
            let result = call(&method.coord().to_string(), input, 9).await;
            assert!(result.is_ok() || method.method == "fail", "{} {result:?}", method.coord());
        }
        let (code, message) = call("shop/2.1/nothing", json!({}), 1).await.unwrap_err();
        assert_eq!(code, tonic::Code::Unimplemented);
        assert!(message.contains("there is shop/2.1/validate_order, shop/2.1/wrap"), "{message}");
        let (_, message) = call("else/1/x", json!({}), 1).await.unwrap_err();
        assert!(message.contains("built-in images are shop, payments, stock"), "{message}");
    }

    #[tokio::test(start_paused = true)]
    async fn toys_do_as_they_are_told() {
        assert_eq!(call("demo/1/add", json!({"a": 1, "b": 2.5}), 1).await, Ok(json!(3.5)));
        assert_eq!(call("demo/1/add", json!([1, 2, 3]), 1).await, Ok(json!(6)));
        assert_eq!(call("demo/1/upper", json!({"text": "hut"}), 1).await, Ok(json!("HUT")));
        let (code, message) = call("demo/1/fail", json!({"code": "ABORTED", "message": "no"}), 1).await.unwrap_err();
        assert_eq!((code, message.as_str()), (tonic::Code::Aborted, "no"));
        assert_eq!(call("demo/1/flaky", json!({"fails": 2}), 2).await.unwrap_err().0, tonic::Code::Unavailable);
        assert_eq!(call("demo/1/flaky", json!({"fails": 2}), 3).await.unwrap()["attempt"], 3);
    }
}
