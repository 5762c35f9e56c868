//! The transport of production.

use super::{Limits, Request, Response, Transport, TransportError};
use bytes::BytesMut;
use reqwest::redirect::Policy;
use std::error::Error as _;
use std::time::Duration;

/// A connection that is not there by then never will be.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Which certificate authorities are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Those of the machine.
    System,
    /// Those of the machine and these (PEM), e.g. behind a company's own inspecting proxy.
    SystemAnd(String),
    /// These alone (PEM), and no proxy: for the sandbox.
    Only(String),
}

/// Why there is no transport.
#[derive(Debug, thiserror::Error)]
pub enum NoTransport {
    #[error("the certificate authority's file is no PEM certificate: {0}")]
    Roots(reqwest::Error),
    #[error("TLS cannot be set up: {0}")]
    Tls(reqwest::Error),
}

/// Requests over reqwest: rustls, HTTP/1.1 and HTTP/2, connections kept open.
#[derive(Debug, Clone)]
pub struct Reqwest {
    client: reqwest::Client,
    limits: Limits,
}

impl Reqwest {
    pub fn new(roots: &Roots, limits: Limits) -> Result<Self, NoTransport> {
        let read =
            |pem: &str| reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(NoTransport::Roots);
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .user_agent(concat!("Regarding/", env!("CARGO_PKG_VERSION")));
        let builder = match roots {
            Roots::System => builder,
            Roots::SystemAnd(pem) => builder.tls_certs_merge(read(pem)?),
            Roots::Only(pem) => builder.tls_certs_only(read(pem)?).no_proxy(),
        };
        Ok(Self { client: builder.build().map_err(NoTransport::Tls)?, limits })
    }
}

#[async_trait::async_trait]
impl Transport for Reqwest {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut answer = self
            .client
            .request(request.method, request.url)
            .headers(request.headers)
            .timeout(request.time_limit)
            .body(request.body)
            .send()
            .await
            .map_err(lost)?;
        let limit = self.limits.answer_bytes;
        if answer.content_length().is_some_and(|length| length > limit as u64) {
            return Err(TransportError::TooLarge(limit));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > limit {
                return Err(TransportError::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        Ok(Response { status, headers, body: body.freeze() })
    }
}

/// Whether the request can have arrived. Names no address: queries hold search terms.
fn lost(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        words = format!("{words}: {deeper}");
        cause = deeper.source();
    }
    if error.is_connect() || error.is_builder() {
        TransportError::NotSent(words)
    } else {
        TransportError::NoAnswer(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method, StatusCode};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that reads a request, says `answer` and hangs up.
    async fn server(answer: &'static [u8]) -> url::Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(answer).await;
            }
        });
        format!("http://{address}/secret-path").parse().unwrap()
    }

    async fn send(url: url::Url) -> Result<Response, TransportError> {
        let limits = Limits { answer_bytes: 20, ..Limits::default() };
        let request = Request {
            method: Method::POST,
            url,
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"{}"),
            time_limit: Duration::from_secs(20),
        };
        Reqwest::new(&Roots::System, limits).unwrap().send(request).await
    }

    #[tokio::test]
    async fn a_whole_answer_arrives_also_a_redirect() {
        let url =
            server(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\nok")
                .await;
        let response = send(url).await.unwrap();
        assert_eq!((response.status, &response.body[..]), (StatusCode::FOUND, &b"ok"[..]));
        assert_eq!(response.headers["location"], "http://127.0.0.1:1/");
    }

    #[tokio::test]
    async fn a_refused_connection_is_told_apart_from_a_lost_answer() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let refused = send(format!("http://{free}/secret-path").parse().unwrap()).await.unwrap_err();
        assert!(matches!(refused, TransportError::NotSent(_)), "{refused}");
        let plain = server(b"no TLS here").await;
        let untrusted = send(plain.as_str().replace("http:", "https:").parse().unwrap()).await.unwrap_err();
        assert!(matches!(untrusted, TransportError::NotSent(_)), "{untrusted}");
        let lost = send(server(b"").await).await.unwrap_err();
        assert!(matches!(lost, TransportError::NoAnswer(_)), "{lost}");
        let cut = send(server(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await).await.unwrap_err();
        assert!(matches!(cut, TransportError::NoAnswer(_)), "{cut}");
        for error in [refused, untrusted, lost, cut] {
            assert!(!error.to_string().contains("secret-path"), "{error}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_grows_too_large_is_dropped() {
        let announced = server(b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n123456789012345678901").await;
        assert_eq!(send(announced).await.map(|_| ()), Err(TransportError::TooLarge(20)));
        let streamed = server(b"HTTP/1.1 200 OK\r\n\r\n123456789012345678901").await;
        assert_eq!(send(streamed).await.map(|_| ()), Err(TransportError::TooLarge(20)));
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let no_pem = Roots::Only("-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n".into());
        assert!(Reqwest::new(&no_pem, Limits::default()).is_err());
    }
}
