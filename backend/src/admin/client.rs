//! Calls of the service's API.

use super::{Destination, Grounds};
use crate::clock::Clock;
use crate::config::origin_of;
use crate::entra::EntraTokens;
use crate::net::{Door, Limits, Request, Transport};
use crate::outcome::Failure;
use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use shared::api::ProblemDetails;
use shared::rules::{Language, words};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// *Test and enable* sends a mail and waits for it.
const TIME_LIMIT: Duration = Duration::from_secs(45);

/// A service, and somebody who may ask it.
#[derive(Debug)]
pub(super) struct Client {
    door: Door,
    service: Url,
    token: SecretString,
}

/// What the service said instead of doing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub ProblemDetails);

/// An answer of the API: what it is about, or a refusal. `Null`: there is nothing to say.
pub(super) type Answer = Result<Value, Refusal>;

impl Client {
    /// Gets a token where none was handed in.
    pub(super) async fn open(
        destination: Destination,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let Destination { service, grounds, .. } = destination;
        let door = |origins| Door::new(transport.clone(), origins, Limits::default());
        let token = match grounds {
            Grounds::Token(token) => token,
            Grounds::Registration { config, tenant } => {
                let entra = door(vec![config.entra.authority.clone()]);
                let tokens = EntraTokens::new(&config, entra, clock).map_err(anyhow::Error::msg)?;
                tokens.own(tenant).await.map_err(|failure| no_token(&failure, &config.entra.authority))?
            }
        };
        Ok(Self { door: door(vec![service.clone()]), service, token })
    }

    pub(super) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> anyhow::Result<Answer> {
        self.call(Method::GET, path, query, None).await
    }

    pub(super) async fn post(&self, path: &[&str], body: Option<Value>) -> anyhow::Result<Answer> {
        self.call(Method::POST, path, &[], body).await
    }

    pub(super) async fn put(&self, path: &[&str], body: Value) -> anyhow::Result<Answer> {
        self.call(Method::PUT, path, &[], Some(body)).await
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> anyhow::Result<Answer> {
        let request = Request {
            method,
            url: self.url(path, query)?,
            headers: self.headers(body.is_some())?,
            body: bytes_of(body),
            time_limit: TIME_LIMIT,
        };
        let service = origin_of(&self.service);
        let answer = self.door.send(request).await.map_err(|error| {
            anyhow!("{error}").context(format!(
                "the service at {service} cannot be asked. Check that it runs, and its address (--service)"
            ))
        })?;
        if answer.status.is_success() {
            if answer.body.is_empty() {
                return Ok(Ok(Value::Null));
            }
            let read = serde_json::from_slice(&answer.body);
            return Ok(Ok(
                read.with_context(|| format!("{service} answers what is none of the API's answers"))?
            ));
        }
        let problem = serde_json::from_slice(&answer.body).with_context(|| {
            format!(
                "{service} answers {} and not as this API does. Check the address (--service)",
                answer.status
            )
        })?;
        Ok(Err(Refusal(problem)))
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> anyhow::Result<Url> {
        let mut url = self.service.clone();
        url.set_query(None);
        url.path_segments_mut()
            .map_err(|()| anyhow!("{} is no address of a service", self.service))?
            .clear()
            .extend(["api", "admin"])
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    fn headers(&self, has_body: bool) -> anyhow::Result<HeaderMap> {
        let bearer = format!("Bearer {}", self.token.expose_secret());
        let mut bearer = HeaderValue::try_from(bearer).context("the access token cannot be sent")?;
        bearer.set_sensitive(true);
        let json = HeaderValue::from_static("application/json");
        let mut headers = HeaderMap::from_iter([
            (header::AUTHORIZATION, bearer),
            (header::ACCEPT, json.clone()),
            (header::ACCEPT_LANGUAGE, HeaderValue::from_static("en")),
        ]);
        if has_body {
            headers.insert(header::CONTENT_TYPE, json);
        }
        Ok(headers)
    }
}

fn bytes_of(body: Option<Value>) -> Bytes {
    body.map(|body| Bytes::from(body.to_string())).unwrap_or_default()
}

fn no_token(failure: &Failure, authority: &Url) -> anyhow::Error {
    let words = words::words(&failure.problem(), Language::English);
    anyhow!("{} {}", words.title, words.remedy).context(format!(
        "Entra ID at {} gives no token to the service's app registration",
        origin_of(authority)
    ))
}
