//! Server reflection: which services a server has, and the files that describe them.
//!
//! Both versions of the protocol have the same messages, so one set of types speaks both: the newer is asked first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use prost_reflect::DescriptorPool;
use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::FileDescriptorProto;
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use super::super::secure::Bearer;

const WITHIN: Duration = Duration::from_secs(10);
const MAX_ANSWER: usize = 16 << 20;
const MAX_BYTES: usize = 64 << 20;
const MAX_SERVICES: usize = 1000;
const MAX_FILES: usize = 5000;
const PATHS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The services by their full names, and a pool that knows them.
pub(super) async fn everything(channel: Channel, bearer: Bearer) -> Result<(DescriptorPool, Vec<String>), Status> {
    let late = |_| Status::deadline_exceeded(format!("it did not say what it serves within {WITHIN:?}"));
    timeout(WITHIN, Asking { channel, bearer, path: PATHS[0] }.everything()).await.map_err(late)?
}

struct Asking {
    channel: Channel,
    bearer: Bearer,
    path: &'static str,
}

impl Asking {
    async fn everything(mut self) -> Result<(DescriptorPool, Vec<String>), Status> {
        let list = || vec![MessageRequest::ListServices(String::new())];
        let listed = match self.ask(list()).await {
            Err(status) if status.code() == tonic::Code::Unimplemented => {
                self.path = PATHS[1];
                self.ask(list()).await?
            }
            listed => listed?,
        };
        let mut services = Vec::new();
        for answer in listed {
            if let MessageResponse::ListServicesResponse(list) = answer {
                services.extend(list.service.into_iter().map(|service| service.name));
            }
        }
        services.truncate(MAX_SERVICES);
        let pool = self.files(&services).await?;
        Ok((pool, services))
    }

    /// The files of the services, and those that they need.
    async fn files(&self, services: &[String]) -> Result<DescriptorPool, Status> {
        let mut pool = DescriptorPool::global();
        let mut files: BTreeMap<String, FileDescriptorProto> = BTreeMap::new();
        let mut refused: BTreeSet<String> = BTreeSet::new();
        let mut n_bytes = 0;
        let mut questions: Vec<MessageRequest> =
            services.iter().map(|name| MessageRequest::FileContainingSymbol(name.clone())).collect();
        while !questions.is_empty() {
            for answer in self.ask(questions).await? {
                // What it cannot give is missed below, if it is needed.
                let MessageResponse::FileDescriptorResponse(answer) = answer else { continue };
                for bytes in answer.file_descriptor_proto {
                    n_bytes += bytes.len();
                    let file = FileDescriptorProto::decode(bytes.as_slice())
                        .map_err(|error| Status::internal(format!("it describes itself by nonsense: {error}")))?;
                    files.insert(file.name().to_owned(), file);
                }
            }
            if n_bytes > MAX_BYTES || files.len() > MAX_FILES {
                return Err(Status::resource_exhausted("it describes itself by more than can be kept"));
            }
            let needed = files.values().flat_map(|file| &file.dependency);
            let missing: BTreeSet<&String> = needed
                .filter(|name| !files.contains_key(*name) && pool.get_file_by_name(name).is_none())
                .filter(|name| !refused.contains(*name))
                .collect();
            questions = missing.iter().map(|name| MessageRequest::FileByFilename((*name).clone())).collect();
            refused.extend(missing.into_iter().cloned().collect::<Vec<_>>());
        }
        // Those of protobuf itself are the same everywhere, but for their options.
        files.retain(|name, _| pool.get_file_by_name(name).is_none());
        pool.add_file_descriptor_protos(files.into_values())
            .map_err(|error| Status::internal(format!("it describes itself by nonsense: {error}")))?;
        Ok(pool)
    }

    /// An answer for each question, in order.
    async fn ask(&self, questions: Vec<MessageRequest>) -> Result<Vec<MessageResponse>, Status> {
        let n = questions.len();
        let question = |message| ServerReflectionRequest { host: String::new(), message_request: Some(message) };
        let requests = tokio_stream::iter(questions.into_iter().map(question).collect::<Vec<_>>());
        let mut request = Request::new(requests);
        self.bearer.put(request.metadata_mut());
        let mut client = Grpc::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER);
        client.ready().await.map_err(|error| Status::from_error(error.into()))?;
        let codec: ProstCodec<ServerReflectionRequest, ServerReflectionResponse> = ProstCodec::default();
        let path = PathAndQuery::from_static(self.path);
        let mut answers = client.streaming(request, path, codec).await?.into_inner();
        let mut all = Vec::with_capacity(n);
        while all.len() < n
            && let Some(answer) = answers.message().await?
        {
            all.extend(answer.message_response);
        }
        Ok(all)
    }
}
