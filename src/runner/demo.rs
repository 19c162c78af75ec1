//! The built-in workers of the demo, served as any other: `crate::demo` says what each method gives.
//!
//! All waits are real.

use tonic::{Request, Response, Status};

use super::ball::{from_any, goes_unchanged, to_any};
use super::details::status;
use super::v1;
use super::v1::worker_server::Worker;
use crate::base::Coord;
pub use crate::demo::{BuiltinMethod, builtin_methods};
use crate::demo::{find, luck, of};
use crate::event::Payload;

/// Serves all of [`builtin_methods`].
#[derive(Clone, Debug, Default)]
pub struct Demo(());

#[tonic::async_trait]
impl Worker for Demo {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        let methods = builtin_methods().iter().map(to_proto).collect();
        Ok(Response::new(v1::DescribeResponse { worker: "built-in".to_owned(), methods }))
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, Status> {
        let v1::InvokeRequest { coordinate, ball } = request.into_inner();
        let method = find(&coordinate).ok_or_else(|| unknown(&coordinate))?;
        let ball = ball.unwrap_or_default();
        if ("demo", "echo") == (method.image, method.method) {
            // Not even read, so that anything goes through.
            let ball = v1::Ball { payload: ball.payload, run: ball.run, ..v1::Ball::default() };
            return Ok(Response::new(v1::InvokeResponse { ball: Some(ball) }));
        }
        let luck = luck(&ball.run, &ball.node, ball.visit);
        let payload = from_any(ball.payload).map_err(Status::invalid_argument)?;
        let takes = method.takes(&payload);
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        let answer = method.answer(&payload, ball.attempt, luck).and_then(|payload| to_any(&payload));
        let payload = answer.map_err(status)?;
        let ball = v1::Ball { payload: Some(payload), run: ball.run, ..v1::Ball::default() };
        Ok(Response::new(v1::InvokeResponse { ball: Some(ball) }))
    }
}

/// What a method that takes no time gives, if it does: the same as by [`Demo::invoke`], without a message between.
pub(super) fn at_once(to: &Coord, payload: &Payload, attempt: u32) -> Option<Payload> {
    let method = of(to).filter(|method| method.is_at_once() && method.method != "fail")?;
    if !goes_unchanged(payload.as_json()?) {
        return None;
    }
    if method.method == "echo" {
        return Some(payload.clone());
    }
    // These methods know no luck.
    let given = method.answer(payload, attempt, 0).ok()?;
    goes_unchanged(given.as_json()?).then_some(given)
}

/// The method as the contract describes it.
pub(super) fn to_proto(method: &BuiltinMethod) -> v1::Method {
    v1::Method {
        image: method.image.to_owned(),
        version: method.version.to_owned(),
        method: method.method.to_owned(),
        summary: method.summary.to_owned(),
        input_schema: method.input_schema.to_owned(),
        output_schema: method.output_schema.to_owned(),
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
