//! Looks at who asks, before a message is read.

use std::sync::Arc;

use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::transport::server::TlsConnectInfo;
use tonic::{Code, Request, Status};

use super::super::secure::Access;
use super::conn::Broken;
use super::refuse::Refusal;

/// Stands before every service but health.
#[derive(Clone, Debug)]
pub(super) struct Guard(Arc<Access>);

impl Guard {
    pub fn new(access: Access) -> Self {
        Self(Arc::new(access))
    }
}

impl Interceptor for Guard {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let certificates = request.extensions().get::<TlsConnectInfo<Broken>>().and_then(TlsConnectInfo::peer_certs);
        let has_certificate = certificates.is_some_and(|certificates| !certificates.is_empty());
        // Nobody behind this sees it, nor writes it down.
        let authorization = request.metadata_mut().remove("authorization");
        let authorization = authorization.as_ref().map(MetadataValue::as_encoded_bytes);
        let refused = |why| Status::from(Refusal::new(Code::Unauthenticated, "WHO_ASKS", why));
        self.0.admit(has_certificate, authorization).map_err(refused)?;
        Ok(request)
    }
}
