//! Lets requests out, and links in.

use super::{Limits, Request, Response, Transport, TransportError};
use std::sync::Arc;
use url::{Host, Origin, Url};

/// The allow-list in front of a transport. Whoever holds a door can reach nothing else.
#[derive(Debug, Clone)]
pub struct Door {
    transport: Arc<dyn Transport>,
    allowed: Arc<[Origin]>,
    limits: Limits,
}

impl Door {
    /// A door to these origins (the paths of the addresses do not matter).
    pub fn new(transport: Arc<dyn Transport>, allowed: Vec<Url>, limits: Limits) -> Self {
        Self { transport, allowed: allowed.iter().map(Url::origin).collect(), limits }
    }

    /// Sends a request if it goes to an allowed origin. A redirect is an answer like any other: it is not
    /// followed.
    pub async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        self.check(&request.url)?;
        request.time_limit = request.time_limit.min(self.limits.time);
        let response = self.transport.send(request).await?;
        if response.body.len() > self.limits.answer_bytes {
            return Err(TransportError::TooLarge(self.limits.answer_bytes));
        }
        Ok(response)
    }

    /// The address behind a link that an answer from `base` held (a `nextLink`, a `Location`, the URL of a
    /// batch part), if it stays on the origin of `base` and that is an allowed one.
    pub fn same_origin(&self, base: &Url, link: &str) -> Result<Url, TransportError> {
        let url = base.join(link).map_err(|reason| {
            TransportError::Forbidden(format!(
                "a link from {} is no address: {reason}",
                base.origin().ascii_serialization()
            ))
        })?;
        if url.origin() != base.origin() {
            return Err(TransportError::Forbidden(format!(
                "a link from {} leads to {}",
                base.origin().ascii_serialization(),
                url.origin().ascii_serialization()
            )));
        }
        self.check(&url)?;
        Ok(url)
    }

    fn check(&self, url: &Url) -> Result<(), TransportError> {
        let forbidden = |why: &str| {
            let origin = url.origin().ascii_serialization();
            Err(TransportError::Forbidden(format!("{origin} {why}")))
        };
        if !url.username().is_empty() || url.password().is_some() {
            return forbidden("is called with a user name in the address");
        }
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)) {
            return forbidden("is not https");
        }
        if !self.allowed.contains(&url.origin()) {
            return forbidden("is not on the list");
        }
        Ok(())
    }
}

/// Whether the address is on this machine by its name alone.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method, StatusCode};
    use std::sync::Mutex;
    use std::time::Duration;

    /// Notes what passed, and answers with as many bytes as told.
    #[derive(Debug, Default)]
    struct Witness {
        passed: Mutex<Vec<(Url, Duration)>>,
        answer_bytes: usize,
        status: StatusCode,
    }

    #[async_trait::async_trait]
    impl Transport for Witness {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            self.passed.lock().unwrap().push((request.url, request.time_limit));
            let headers = HeaderMap::from_iter([(
                http::header::LOCATION,
                http::HeaderValue::from_static("https://evil.example/"),
            )]);
            Ok(Response { status: self.status, headers, body: Bytes::from(vec![b'x'; self.answer_bytes]) })
        }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn get(to: &str) -> Request {
        Request {
            method: Method::GET,
            url: url(to),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            time_limit: Duration::from_hours(1),
        }
    }

    fn door(witness: &Arc<Witness>, allowed: &[&str]) -> Door {
        let limits = Limits { answer_bytes: 10, time: Duration::from_secs(7) };
        Door::new(witness.clone(), allowed.iter().map(|text| url(text)).collect(), limits)
    }

    #[tokio::test]
    async fn only_listed_origins_are_reached_and_only_over_https() {
        let witness = Arc::new(Witness::default());
        let allowed = ["https://graph.example/v1.0", "http://insecure.example", "http://127.0.0.1:4001"];
        let door = door(&witness, &allowed);
        for good in ["https://graph.example/me", "https://graph.example:443/x", "http://127.0.0.1:4001/x"] {
            assert!(door.send(get(good)).await.is_ok(), "{good}");
        }
        for bad in [
            "https://evil.example/",
            "https://graph.example:8443/",
            "https://graph.example.evil.example/",
            "https://graph.example@evil.example/",
            "https://me@graph.example/",
            "http://graph.example/",
            "http://insecure.example/",
            "http://127.0.0.1:4002/",
            "http://169.254.169.254/metadata",
            "file:///etc/passwd",
        ] {
            let sent = door.send(get(bad)).await;
            assert!(matches!(sent, Err(TransportError::Forbidden(_))), "{bad}: {sent:?}");
        }
        assert_eq!(witness.passed.lock().unwrap().len(), 3, "nothing forbidden reached the transport");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let witness = Arc::new(Witness { status: StatusCode::FOUND, ..Witness::default() });
        let response = door(&witness, &["https://graph.example"]).send(get("https://graph.example/a")).await;
        assert_eq!(response.map(|r| r.status), Ok(StatusCode::FOUND));
        assert_eq!(witness.passed.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_answer_beyond_the_limit_is_refused_and_no_request_waits_longer_than_the_limit() {
        let witness = Arc::new(Witness { answer_bytes: 11, ..Witness::default() });
        let sent = door(&witness, &["https://graph.example"]).send(get("https://graph.example/")).await;
        assert_eq!(sent.map(|_| ()), Err(TransportError::TooLarge(10)));
        assert_eq!(witness.passed.lock().unwrap()[0].1, Duration::from_secs(7));
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_refused() {
        let door = door(&Arc::default(), &["https://graph.example", "https://crm.example"]);
        let base = url("https://graph.example/v1.0/me/messages");
        let next = door.same_origin(&base, "https://graph.example/v1.0/me/messages?$skip=10");
        assert_eq!(next.map(String::from).as_deref(), Ok("https://graph.example/v1.0/me/messages?$skip=10"));
        let relative = door.same_origin(&base, "/v1.0/x");
        assert_eq!(relative.map(String::from).as_deref(), Ok("https://graph.example/v1.0/x"));
        for evil in [
            "https://evil.example/v1.0/me/messages?$skip=10",
            "//evil.example/x",
            r"\\evil.example\x",
            "https://graph.example.evil.example/",
            "https://graph.example:444/",
            "http://graph.example/",
            "https://token@graph.example/",
            "https://crm.example/api",
            "javascript:alert(1)",
            "https://[",
        ] {
            let followed = door.same_origin(&base, evil);
            assert!(matches!(followed, Err(TransportError::Forbidden(_))), "{evil}: {followed:?}");
        }
        let unlisted = url("https://other.example/");
        assert!(door.same_origin(&unlisted, "/x").is_err(), "its own origin must be listed too");
    }

    #[test]
    fn neither_requests_nor_answers_are_printed() {
        let mut request = get("https://graph.example/users/ada@example.com?$search=secret");
        request.headers.insert("authorization", http::HeaderValue::from_static("Bearer secret"));
        assert_eq!(format!("{request:?}"), "Request(GET https://graph.example)");
        let response = Response {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"Dear Ada"),
        };
        assert_eq!(format!("{response:?}"), "Response(200 OK, 8 bytes)");
    }
}
