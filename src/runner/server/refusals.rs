//! Tells of requests that are not served.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::Code;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use tracing::{Level, enabled, info, warn};

use super::super::call::code_of;

/// A service whose refusals are told: which method, and with which code, but not in which words, since a run's failure
/// may hold what its ball carried.
#[derive(Clone, Debug)]
pub(super) struct Refusals<S>(pub S);

impl<S: NamedService> NamedService for Refusals<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<http::Request<Body>> for Refusals<S>
where
    S: Service<http::Request<Body>, Response = http::Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: 'static,
{
    type Response = http::Response<B>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if !enabled!(target: "chalktalk::api", Level::WARN) {
            return Box::pin(self.0.call(request));
        }
        let method = request.uri().path().to_owned();
        let answer = self.0.call(request);
        Box::pin(async move {
            let answer = answer.await;
            if let Ok(response) = &answer {
                tell(&method, response);
            }
            answer
        })
    }
}

fn tell<B>(method: &str, response: &http::Response<B>) {
    // A status that comes before any message is among the headers.
    let Some(status) = response.headers().get("grpc-status") else { return };
    let code = match Code::from_bytes(status.as_bytes()) {
        Code::Ok => return,
        code => code_of(code),
    };
    let serious = matches!(
        code,
        crate::event::Code::Unauthenticated
            | crate::event::Code::PermissionDenied
            | crate::event::Code::ResourceExhausted
            | crate::event::Code::Internal
    );
    if serious {
        warn!(target: "chalktalk::api", method, %code, "request not served");
    } else {
        info!(target: "chalktalk::api", method, %code, "request not served");
    }
}
