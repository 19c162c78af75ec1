//! The methods of the image `stock`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chalktalk::event::{Code, Detail, Failure, OpaquePayload, Payload};
use chalktalk::runner::v1::worker_server::Worker;
use chalktalk::runner::{from_any, status, to_any, v1};
use serde_json::{Value, json};
use tonic::{Request, Response, Status};

/// All under `stock/3.0.2`.
const METHODS: [&str; 7] = ["reserve", "slow", "fail", "count", "stamp", "echo", "about"];

#[derive(Default)]
pub struct Stock {
    n_counted: AtomicU64,
    /// What was answered to the last attempts: one may be handed over twice.
    answers: Mutex<HashMap<String, v1::Ball>>,
}

/// A call whose future is dropped was called off, or is late: nobody waits any more.
struct Unfinished(Option<String>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.0.iter().for_each(|key| super::say(&format!("gave up {key}")));
    }
}

impl Stock {
    async fn work(&self, method: &str, ball: &v1::Ball, key: &str) -> Result<Payload, Failure> {
        let refuse = |code, words: &str, details| Err(Failure { details, ..Failure::new(code, words) });
        let payload = from_any(ball.payload.clone()).map_err(|why| Failure::new(Code::InvalidArgument, why))?;
        let given = payload.to_json();
        match method {
            "reserve" if given["order_id"].is_null() => {
                let violations = vec![("order_id".into(), "is missing".into())];
                let details = vec![Detail::BadRequest { violations }];
                refuse(Code::InvalidArgument, "give an order with an order_id", details)
            }
            "reserve" => {
                let n_items = given["items"].as_array().map_or(0, Vec::len);
                Ok(json!({"order_id": given["order_id"], "reserved": n_items, "shelf": "P7"}).into())
            }
            "slow" => {
                let Some(ms) = given["ms"].as_u64() else { return refuse(Code::Unknown, "ms is missing", vec![]) };
                let mut unfinished = Unfinished(Some(key.to_owned()));
                tokio::time::sleep(Duration::from_millis(ms)).await;
                unfinished.0 = None;
                Ok(payload)
            }
            "fail" => {
                let mut details = Vec::new();
                if let Some(reason) = given["reason"].as_str() {
                    let (reason, domain) = (reason.to_owned(), "stock.example".to_owned());
                    details.push(Detail::Info { reason, domain, metadata: [("shelf".into(), "P7".into())].into() });
                }
                details.extend(given["retry_ms"].as_u64().map(|after_ms| Detail::Retry { after_ms }));
                let code = Code::ALL.into_iter().find(|code| given["code"] == code.name()).unwrap_or(Code::Unknown);
                refuse(code, given["message"].as_str().unwrap_or_default(), details)
            }
            "count" => Ok(Value::from(self.n_counted.fetch_add(1, Ordering::Relaxed) + 1).into()),
            "stamp" => {
                let value = prost::Message::encode_to_vec(&prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 });
                let type_url = "type.googleapis.com/google.protobuf.Timestamp".to_owned();
                Ok(Payload::Opaque(Arc::new(OpaquePayload { type_url, value })))
            }
            "echo" => Ok(payload),
            "about" => {
                let (has_deadline, attempt) = (ball.deadline.is_some(), ball.attempt);
                Ok(json!({"headers": ball.headers, "has_deadline": has_deadline, "attempt": attempt}).into())
            }
            _ => {
                let known = METHODS.map(|name| format!("stock/3.0.2/{name}")).join(", ");
                refuse(Code::Unimplemented, &format!("this worker serves {known}"), vec![])
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
        super::say(&format!("invoke {coordinate} {key}"));
        let method = coordinate.strip_prefix("stock/3.0.2/").unwrap_or_default();
        let answered = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if answered.is_some() {
            return Ok(Response::new(v1::InvokeResponse { ball: answered }));
        }
        let payload = self.work(method, &ball, &key).await.and_then(|payload| to_any(&payload)).map_err(status)?;
        let seen = (method == "about").then(|| ("stock-seen".to_owned(), ball.node));
        let answer = v1::Ball { payload: Some(payload), headers: seen.into_iter().collect(), ..v1::Ball::default() };
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() > 10_000 {
            answers.clear();
        }
        answers.insert(key, answer.clone());
        Ok(Response::new(v1::InvokeResponse { ball: Some(answer) }))
    }
}
