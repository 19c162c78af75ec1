//! `reflect`: servers that never heard of Chalktalk, called by what they say of themselves.
//!
//! A server is asked once for its services (`ask.rs`). A ball's JSON becomes the method's message and its answer JSON
//! again, by the JSON mapping of protobuf: names in lower camel case, 64-bit integers and bytes as strings, and fields
//! at their default are there. A message that is not JSON goes through byte for byte, where it is of the method's kind.
//!
//! Must never: guess. A method that is not there, or there twice, is told with all that could be meant.

mod ask;
mod raw;
mod shape;

use std::sync::Arc;
use std::time::Duration;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, SerializeOptions, ServiceDescriptor};
use serde_json::{Map, Value};
use tokio::time::Instant;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;

use super::ball::to_number;
use super::call::{Fault, Job};
use super::peer::{Peer, reason};
use super::v1;
use crate::event::{Answer, Code, Failure, OpaquePayload, Payload};

/// How old what a server said of itself may grow while it is used.
const REFRESH: Duration = Duration::from_mins(1);
/// How often it is asked at most, where a method is missed.
const REFRESH_AT_MOST: Duration = Duration::from_secs(2);
/// Methods that a message names at most.
const MAX_NAMED: usize = 12;
/// Services that servers have beside their own.
const BESIDE: [&str; 3] = ["grpc.reflection.", "grpc.health.", "grpc.channelz."];

/// What the servers of a binding say of themselves.
#[derive(Debug, Default)]
pub(super) struct Reflected {
    /// One question at a time.
    known: tokio::sync::Mutex<Option<(Instant, Arc<Known>)>>,
}

#[derive(Debug)]
struct Known {
    pool: DescriptorPool,
    /// Full names.
    services: Vec<String>,
}

impl Reflected {
    pub async fn invoke(&self, peer: &Peer, job: &Job) -> Result<Answer, Fault> {
        let mut known = self.known(peer, job, REFRESH).await?;
        let method = match known.find(peer, job) {
            Ok(method) => method,
            // It may have learned something since.
            Err(_) => {
                known = self.known(peer, job, REFRESH_AT_MOST).await?;
                known.find(peer, job).map_err(Fault::Failed)?
            }
        };
        let message = encode(&method, job).map_err(Fault::Failed)?;
        if message.len() > peer.max_message {
            return Err(peer.too_large(job, &format!("it has {} bytes", message.len())));
        }
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let path = PathAndQuery::try_from(path).expect("names of protobuf make a path");
        let mut request = peer.request(job, message);
        if let Ok(key) = MetadataValue::try_from(idempotency_key(job)) {
            request.metadata_mut().insert("idempotency-key", key);
        }
        let call = async {
            let mut client = Grpc::new(peer.channel()).max_decoding_message_size(peer.max_message);
            client.ready().await.map_err(|error| tonic::Status::from_error(error.into()))?;
            client.unary(request, path, raw::RawCodec).await
        };
        match peer.attend(job, call).await? {
            Ok(response) => {
                peer.is_back();
                decode(&method, response.into_inner()).map(Answer::from).map_err(|why| {
                    let (to, address) = (&job.to, &peer.address);
                    let message = format!("{to} at {address} answered nonsense: {why}: repair that server");
                    Fault::Failed(Failure::new(Code::Internal, message))
                })
            }
            Err(status) => Err(peer.fault(job, &status)),
        }
    }

    /// All methods that a play can call, with their shapes as JSON schemas.
    ///
    /// # Errors
    /// The server cannot be asked, in words.
    pub async fn describe(&self, peer: &Peer) -> Result<Vec<v1::Method>, String> {
        let known = self.ask(peer, REFRESH_AT_MOST).await.map_err(|status| reason(&status))?;
        let unary = known.methods().filter(|method| !method.is_client_streaming() && !method.is_server_streaming());
        let describe = |method: MethodDescriptor| v1::Method {
            method: full_name(&method),
            input_schema: shape::schema(&method.input()).to_string(),
            output_schema: shape::schema(&method.output()).to_string(),
            ..v1::Method::default()
        };
        Ok(unary.map(describe).collect())
    }

    async fn known(&self, peer: &Peer, job: &Job, age: Duration) -> Result<Arc<Known>, Fault> {
        let asked = peer.attend(job, self.ask(peer, age)).await?;
        asked.map_err(|status| match peer.fault(job, &status) {
            Fault::Failed(_) => {
                let message = format!(
                    "{} does not say what it serves ({}): turn on server reflection there, or bind it to `service`",
                    peer.address,
                    reason(&status)
                );
                Fault::Failed(Failure::new(Code::FailedPrecondition, message))
            }
            unreached => unreached,
        })
    }

    async fn ask(&self, peer: &Peer, age: Duration) -> Result<Arc<Known>, tonic::Status> {
        let mut known = self.known.lock().await;
        if let Some((at, known)) = &*known
            && at.elapsed() < age
        {
            return Ok(Arc::clone(known));
        }
        match (ask::everything(peer.channel(), peer.bearer.clone()).await, &*known) {
            (Ok((pool, services)), _) => {
                let fresh = Arc::new(Known { pool, services });
                *known = Some((Instant::now(), Arc::clone(&fresh)));
                Ok(fresh)
            }
            // What it said before still holds, as far as can be told.
            (Err(_), Some((_, old))) => Ok(Arc::clone(old)),
            (Err(status), None) => Err(status),
        }
    }
}

impl Known {
    fn methods(&self) -> impl Iterator<Item = MethodDescriptor> {
        let own = self.services.iter().filter(|name| !BESIDE.iter().any(|beside| name.starts_with(beside)));
        let services = own.filter_map(|name| self.pool.get_service_by_name(name));
        services.flat_map(|service| service.methods().collect::<Vec<_>>())
    }

    /// By its full name, or by its own where only one method is called so.
    fn find(&self, peer: &Peer, job: &Job) -> Result<MethodDescriptor, Failure> {
        let (to, address, text) = (&job.to, &peer.address, job.to.method.as_str());
        let found: Vec<MethodDescriptor> = match text.rsplit_once('.') {
            Some((service, name)) => {
                let service = self.pool.get_service_by_name(service);
                service.iter().flat_map(ServiceDescriptor::methods).filter(|method| method.name() == name).collect()
            }
            None => self.methods().filter(|method| method.name() == text).collect(),
        };
        let unimplemented = |message| Err(Failure::new(Code::Unimplemented, message));
        match found.as_slice() {
            [method] if method.is_client_streaming() || method.is_server_streaming() => unimplemented(format!(
                "{to} is a streaming method of {address}: a play calls methods with one message in and one out"
            )),
            [method] => Ok(method.clone()),
            [] => unimplemented(format!(
                "{address} has no method {text} for {to}: it has {}; write one of these after {}/{}/",
                named(self.methods()),
                to.image,
                to.version
            )),
            several => Err(Failure::new(
                Code::FailedPrecondition,
                format!(
                    "{address} has several methods {text} for {to}: write one of {} after {}/{}/",
                    named(several.iter().cloned()),
                    to.image,
                    to.version
                ),
            )),
        }
    }
}

/// As a play writes it.
fn full_name(method: &MethodDescriptor) -> String {
    format!("{}.{}", method.parent_service().full_name(), method.name())
}

fn named(methods: impl Iterator<Item = MethodDescriptor>) -> String {
    let mut names: Vec<String> = methods.map(|method| full_name(&method)).collect();
    let n_more = names.len().saturating_sub(MAX_NAMED);
    names.truncate(MAX_NAMED);
    match (names.is_empty(), n_more) {
        (true, _) => "none".to_owned(),
        (_, 0) => names.join(", "),
        _ => format!("{} and {n_more} more", names.join(", ")),
    }
}

/// For servers that look for one, as HTTP services do.
fn idempotency_key(job: &Job) -> String {
    format!("{}/{}/{}/{}", job.run, job.node, job.visit, job.attempt)
}

fn encode(method: &MethodDescriptor, job: &Job) -> Result<Vec<u8>, Failure> {
    let input = method.input();
    let invalid = |message| Failure::new(Code::InvalidArgument, message);
    match &job.payload {
        Payload::Opaque(opaque) if opaque.type_url.rsplit('/').next() == Some(input.full_name()) => {
            Ok(opaque.value.clone())
        }
        Payload::Opaque(opaque) => Err(invalid(format!(
            "{} takes {}, and the ball carries {}: send it JSON or that message",
            job.to,
            input.full_name(),
            opaque.type_url
        ))),
        json => match &*json.to_json() {
            // Nothing is a message with nothing in it.
            Value::Null => Ok(Vec::new()),
            json => match DynamicMessage::deserialize(input.clone(), json) {
                Ok(message) => Ok(message.encode_to_vec()),
                Err(why) => Err(invalid(format!(
                    "what is sent to {} does not fit its message {} ({why}): shape it by `with`",
                    job.to,
                    input.full_name()
                ))),
            },
        },
    }
}

/// # Errors
/// The bytes are not the message that the method gives, in words.
fn decode(method: &MethodDescriptor, bytes: Vec<u8>) -> Result<Payload, String> {
    let output = method.output();
    let message = DynamicMessage::decode(output.clone(), bytes.as_slice())
        .map_err(|error| format!("its payload is not the {} that it says: {error}", output.full_name()))?;
    let options = SerializeOptions::new().skip_default_fields(false);
    Ok(match message.serialize_with_options(serde_json::value::Serializer, &options) {
        Ok(json) => Payload::from(with_integers(json)),
        // It holds what JSON cannot say, such as an `Any` of a kind that the server does not tell.
        Err(_) => Payload::Opaque(Arc::new(OpaquePayload {
            type_url: format!("type.googleapis.com/{}", output.full_name()),
            value: bytes,
        })),
    })
}

/// A whole number is an integer, as in payloads that workers send.
fn with_integers(json: Value) -> Value {
    match json {
        Value::Number(number) => number.as_f64().and_then(|number| to_number(number).ok()).unwrap_or(number).into(),
        Value::Array(items) => items.into_iter().map(with_integers).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, with_integers(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}
