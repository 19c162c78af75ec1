//! A worker for Chalktalk: methods that a play calls as image/version/method.
//!
//! Run it with `cargo run --example worker -- 50051` (port 0: any free one, see its first line of output), and bind it
//! in a formation: `stock/3.0.2 service "http://127.0.0.1:50051"`. The contract is proto/chalktalk/v1/worker.proto.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chalktalk::event::{Code, Failure, OpaquePayload, Payload};
use chalktalk::runner::v1::worker_server::Worker;
use chalktalk::runner::{from_any, serve_worker, status, to_any, v1};
use serde_json::{Value, json};
use tonic::{Request, Response, Status};

/// All under `stock/3.0.2`.
const METHODS: [&str; 6] = ["reserve", "slow", "fail", "count", "stamp", "echo"];

#[derive(Default)]
struct Stock {
    n_counted: AtomicU64,
    /// What was answered to the last attempts: one may be handed over twice.
    answers: Mutex<HashMap<String, Payload>>,
}

impl Stock {
    async fn work(&self, method: &str, payload: Payload) -> Result<Payload, Failure> {
        let refuse = |code, words: &str| Err(Failure::new(code, words));
        let given = payload.to_json();
        match method {
            "reserve" if given["order_id"].is_null() => refuse(Code::InvalidArgument, "give an order with an order_id"),
            "reserve" => {
                let n_items = given["items"].as_array().map_or(0, Vec::len);
                Ok(json!({"order_id": given["order_id"], "reserved": n_items, "shelf": "P7"}).into())
            }
            "slow" => {
                let Some(ms) = given["ms"].as_u64() else { return refuse(Code::Unknown, "ms is missing") };
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(payload)
            }
            "fail" => {
                let code = Code::ALL.into_iter().find(|code| given["code"] == code.name()).unwrap_or(Code::Unknown);
                refuse(code, given["message"].as_str().unwrap_or_default())
            }
            "count" => Ok(Value::from(self.n_counted.fetch_add(1, Ordering::Relaxed) + 1).into()),
            "stamp" => {
                let value = prost::Message::encode_to_vec(&prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 });
                let type_url = "type.googleapis.com/google.protobuf.Timestamp".to_owned();
                Ok(Payload::Opaque(Arc::new(OpaquePayload { type_url, value })))
            }
            "echo" => Ok(payload),
            _ => {
                let known = METHODS.map(|name| format!("stock/3.0.2/{name}")).join(", ");
                refuse(Code::Unimplemented, &format!("this worker serves {known}"))
            }
        }
    }
}

#[tonic::async_trait]
impl Worker for Stock {
    async fn describe(&self, _: Request<v1::DescribeRequest>) -> Result<Response<v1::DescribeResponse>, Status> {
        let stock = v1::Method { image: "stock".into(), version: "3.0.2".into(), ..v1::Method::default() };
        let methods = METHODS.map(|method| v1::Method { method: method.into(), ..stock.clone() }).into();
        Ok(Response::new(v1::DescribeResponse { worker: "rust".into(), methods }))
    }

    async fn invoke(&self, request: Request<v1::InvokeRequest>) -> Result<Response<v1::InvokeResponse>, Status> {
        let v1::InvokeRequest { coordinate, ball } = request.into_inner();
        let ball = ball.unwrap_or_default();
        let key = format!("{} {} {} {}", ball.run, ball.node, ball.visit, ball.attempt);
        drop(writeln!(std::io::stdout(), "invoke {coordinate} {key}"));
        let payload = from_any(ball.payload).map_err(Status::invalid_argument)?;
        let method = coordinate.strip_prefix("stock/3.0.2/").unwrap_or_default();
        let answered = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let answer = match answered {
            Some(answer) => answer,
            None => self.work(method, payload).await.map_err(status)?,
        };
        let any = to_any(&answer).map_err(status)?;
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() > 10_000 {
            answers.clear();
        }
        answers.insert(key, answer);
        Ok(Response::new(v1::InvokeResponse { ball: Some(v1::Ball { payload: Some(any), ..v1::Ball::default() }) }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(50051), |port| port.parse())?;
    let served = serve_worker(Arc::new(Stock::default()), ([127, 0, 0, 1], port).into()).await?;
    writeln!(std::io::stdout(), "listening on {}", served.addr)?;
    std::future::pending().await
}
