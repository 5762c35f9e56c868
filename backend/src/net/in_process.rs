//! Calls a router without a socket: the other side in the same process, for tests.

use super::{Request, Response, Transport, TransportError};
use axum::Router;
use axum::body::Body;
use http::Extensions;
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A transport to a router.
#[derive(Clone)]
pub struct InProcess {
    router: Router,
    severed: fn(&Extensions) -> bool,
}

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

impl InProcess {
    pub fn new(router: Router) -> Self {
        Self { router, severed: |_| false }
    }

    /// The same, where an answer with such extensions stands for a connection that broke.
    #[must_use]
    pub fn severed_where(mut self, severed: fn(&Extensions) -> bool) -> Self {
        self.severed = severed;
        self
    }
}

#[async_trait::async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let lost = |reason: &str| TransportError::NoAnswer(reason.to_owned());
        let mut asked = http::Request::new(Body::from(request.body));
        *asked.method_mut() = request.method;
        *asked.uri_mut() = request
            .url
            .as_str()
            .parse()
            .map_err(|_| TransportError::NotSent("the address is none that HTTP can carry".to_owned()))?;
        *asked.headers_mut() = request.headers;
        if let Ok(host) = http::HeaderValue::from_str(request.url.authority()) {
            asked.headers_mut().insert(http::header::HOST, host);
        }
        let whole = async {
            let Ok(response) = self.router.clone().oneshot(asked).await;
            if (self.severed)(response.extensions()) {
                return Err(lost("the connection broke"));
            }
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|_| lost("the connection broke"))?.to_bytes();
            Ok(Response { status: head.status, headers: head.headers, body })
        };
        tokio::time::timeout(request.time_limit, whole).await.unwrap_or_else(|_| Err(lost("timed out")))
    }
}
