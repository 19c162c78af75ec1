//! Looks at who asks, before a message is read.

use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::{Request, Status};

use super::conn::Line;
use super::door::Door;
use super::refuse::internal;

/// Stands before every service but health.
#[derive(Clone, Debug)]
pub(super) struct Guard(pub Door);

impl Interceptor for Guard {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        // Nobody behind this sees it, nor writes it down.
        let authorization = request.metadata_mut().remove("authorization");
        let line = request.extensions().get::<Line>();
        let line = line.ok_or_else(|| internal("a request came over no connection"))?;
        self.0.admit(line, authorization.as_ref().map(MetadataValue::as_encoded_bytes))?;
        Ok(request)
    }
}
